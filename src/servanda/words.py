"""The words of a text, and what stands between them.

A word is a run of letters and digits.  Texts are compared word by word: what stands between two
words counts only where it bears on the meaning: an apostrophe, a hyphen that may merely break a
line, a sign or a separator beside a digit.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from itertools import accumulate
from unicodedata import category, normalize

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Scripts that put no blank between words: each letter counts as a word."""

_APOSTROPHES = frozenset("'\u2019\u2018\u00b4`\u2032")
_LINE_HYPHEN = re.compile(r"[-\u2010\u2011][ \t]*\n\s*")
_PASTED_HYPHEN = re.compile(r"[-\u2010\u2011]\s+")
_QUOTED_LINE = re.compile(r"\n[ \t]*[>+][> \t]*")
_PER_CENT = frozenset("%\u066a\ufe6a\uff05\u2030\u2031\u00b0")
_IN_NUMBER = frozenset(".,:/'^\u2019\u00b7\u066b\u066c\u00a0\u2009\u202f")
_GROUP = re.compile(r"\d{3}(?!\d)")
_BROKEN_RANGE = re.compile(r"(?<=-)\s*\n\s*")
_INITIAL = re.compile(r"[^\W\d_]")


def _is_dash(sign: str) -> bool:
    return category(sign) == "Pd" or sign == "\u2212"


def _is_sign(sign: str) -> bool:
    """Return whether a sign bears on a number: money, mathematics, per cent, degrees."""
    return sign in _PER_CENT or (category(sign) in {"Sc", "Sm"} and sign != "|")


def _even(text: str) -> str:
    """Return a text with all dashes alike."""
    return "".join("-" if _is_dash(sign) else sign for sign in text)


class Gap(Enum):
    """What stands between two words that follow each other."""

    APART = "apart"
    APOSTROPHE = "apostrophe"
    LINE_HYPHEN = "line hyphen"


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a word; marks such as vowel signs belong to their letter."""
    marks, start = [], None
    for code in range(0x300, 0x10000):
        marked = category(chr(code))[0] == "M"
        if marked and start is None:
            start = code
        if not marked and start is not None:
            marks.append(f"{chr(start)}-{chr(code - 1)}")
            start = None
    joined = "".join(marks)
    letter = rf"(?:(?![{_UNSPACED}])[^\W_])"
    return re.compile(rf"[{_UNSPACED}]|{letter}(?:{letter}|[{joined}])*")


def _folded(word: str) -> str:
    """Return a word with its joined letters parted: ``ﬁnd`` becomes ``find``."""
    if word.isascii():
        return word
    return "".join(normalize("NFKC", sign) if category(sign)[0] == "L" else sign for sign in word)


@dataclass(frozen=True)
class Words:
    """The words of a text, in order.

    Parameters
    ----------
    text
        The text.
    """

    text: str

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each word begins and ends in the text."""
        return tuple(found.span() for found in _word().finditer(self.text))

    @cached_property
    def each(self) -> tuple[str, ...]:
        """The words; their joined letters are parted."""
        return tuple(_folded(self.text[start:end]) for start, end in self.spans)

    @cached_property
    def squashed(self) -> str:
        """All words without anything between them."""
        return "".join(self.each)

    @cached_property
    def begins(self) -> tuple[int, ...]:
        """Where each word begins in the squashed text, and the length of that."""
        return tuple(accumulate((len(word) for word in self.each), initial=0))

    def word_at(self, place: int) -> int | None:
        """Return the word that begins at a place of the squashed text, None if none does."""
        found = bisect_left(self.begins, place)
        return found if found < len(self.begins) and self.begins[found] == place else None

    def between(self, before: int) -> str:
        """Return what stands between a word and the next; also before the first, after the last."""
        start = self.spans[before][1] if before >= 0 else 0
        return self.text[
            start : self.spans[before + 1][0] if before + 1 < len(self.spans) else None
        ]

    def gap(self, before: int, *, pasted: bool = False) -> Gap:
        """Return what stands between a word and the next.

        Parameters
        ----------
        before
            The first of the two words.
        pasted
            Whether the line ends may have become blanks, as in a text pasted from elsewhere.
        """
        between = self.between(before)
        if between in _APOSTROPHES:
            return Gap.APOSTROPHE
        hyphen = _PASTED_HYPHEN if pasted else _LINE_HYPHEN
        end, start = self.spans[before][1], self.spans[before + 1][0]
        letters = self.text[end - 1].isalpha() and self.text[start].isalpha()
        # Over an empty line, as where a column goes on, a word goes on with a small letter.
        near = between.count("\n") < 2 or self.text[start].islower()
        return Gap.LINE_HYPHEN if letters and near and hyphen.fullmatch(between) else Gap.APART

    def joined(self, word: int) -> tuple[int, int]:
        """Return the first and the last of the parts of a word that is broken at line ends."""
        first = last = word
        while first and self.gap(first - 1) is Gap.LINE_HYPHEN:
            first -= 1
        while last + 1 < len(self.spans) and self.gap(last) is Gap.LINE_HYPHEN:
            last += 1
        return first, last

    def signs(self, before: int) -> str:
        """Return the signs that bear on the meaning between a word and the next."""
        end, start = self.spans[before][1], self.spans[before + 1][0]
        between = self.text[end:start]
        if self.text[end - 1].isdigit() and self.text[start].isdigit():
            return re.sub(r"\s+", " ", _BROKEN_RANGE.sub("", _even(between)))
        found = "".join(filter(_is_sign, _QUOTED_LINE.sub(" ", between)))
        before_number = self.sign_before(before + 1)
        return found + "".join(sign for sign in before_number if sign in "-.")

    def sign_before(self, word: int) -> str:
        """Return the signs right before a number; empty where there are none, or no number.

        A point that begins it, as in ``.5``, is one.
        """
        place = start = self.spans[word][0]
        if not self.text[start].isdigit():
            return ""
        if place and self.text[place - 1] in ".,":
            place -= 1
        while place and (_is_dash(self.text[place - 1]) or _is_sign(self.text[place - 1])):
            place -= 1
        signs = _even(self.text[place:start])
        if place and self.text[place - 1].isalnum():
            return signs.lstrip("-.,")
        return signs

    def sign_after(self, word: int) -> str:
        """Return the per cent sign, the money or the like right after a number; or nothing."""
        end = self.spans[word][1]
        if not self.text[end - 1].isdigit():
            return ""
        rest = self.text[end : end + 8].lstrip()[:1]
        money = bool(rest) and category(rest) == "Sc" and self.text[end : end + 1] == rest
        return rest if rest in _PER_CENT or money else ""

    def in_number(self, before: int) -> bool:
        """Return whether a word and the next are one number or range: ``32,000``, ``5-10``."""
        if not 0 <= before < len(self.spans) - 1:
            return False
        end, start = self.spans[before][1], self.spans[before + 1][0]
        if not (self.text[end - 1].isdigit() and self.text[start].isdigit()):
            return False
        between = self.text[end:start]
        sign = between.strip() or between
        if len(sign) == 1 and (sign in _IN_NUMBER or _is_dash(sign) or _is_sign(sign)):
            return sign not in ".,:" or between == sign or "\n" in between
        thousands = self.spans[before][1] - self.spans[before][0] <= 3
        return not sign.strip() and thousands and bool(_GROUP.match(self.text, start))

    def in_compound(self, before: int) -> bool:
        """Return whether a word and the next are parts of one: ``anti-war``, ``U.S.S.R.``."""
        if not 0 <= before < len(self.spans) - 1:
            return False
        end, start = self.spans[before][1], self.spans[before + 1][0]
        between = self.text[end:start]
        if len(between) == 1 and _is_dash(between):
            return between not in "\u2014\u2015"
        initials = _INITIAL.fullmatch(self.each[before]) and _INITIAL.fullmatch(
            self.each[before + 1]
        )
        return between == "." and bool(initials)
