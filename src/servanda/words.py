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

_APOSTROPHES = frozenset("'\u2019\u2018\u02bc\u00b4`\u2032")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_LINE_HYPHEN = re.compile(r"[-\u2010\u2011][ \t]*\n\s*")
_PASTED_HYPHEN = re.compile(r"[-\u2010\u2011]\s+")
_SIGN = re.compile(r"[%\u2030\u00b0&+=<>\u2264\u2265\u2260\u2248~\u00b1\u00d7\u00f7$\u20ac\u00a3]")
_QUOTED_LINE = re.compile(r"\n[ \t]*[>+][> \t]*")
_BEFORE_NUMBER = frozenset(
    "-\u2010\u2011\u2012\u2013\u2212+<>=~$\u20ac\u00a3\u00b1\u2264\u2265\u2260\u2248"
)
_AFTER_NUMBER = re.compile(r"[ \u00a0\u202f]?([%\u2030\u00b0])")
_IN_NUMBER = re.compile(r"[.,:/'\u2019\u00a0\u2009\u202f\-\u2010-\u2014\u2212]")
_BROKEN_RANGE = re.compile(r"(?<=-)\s*\n\s*")


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
            return re.sub(r"\s+", " ", _BROKEN_RANGE.sub("", between.translate(_DASHES)))
        found = "".join(_SIGN.findall(_QUOTED_LINE.sub(" ", between)))
        return found + ("-" if "-" in self.sign_before(before + 1) else "")

    def sign_before(self, word: int) -> str:
        """Return the signs right before a number; empty where there are none, or no number."""
        place = start = self.spans[word][0]
        if not self.text[start].isdigit():
            return ""
        while place and self.text[place - 1] in _BEFORE_NUMBER:
            place -= 1
        signs = self.text[place:start].translate(_DASHES)
        joins = place > 0 and self.text[place - 1].isalnum()
        return signs.removeprefix("-") if joins else signs

    def sign_after(self, word: int) -> str:
        """Return the per cent sign or the like right after a number; empty where there is none."""
        end = self.spans[word][1]
        found = _AFTER_NUMBER.match(self.text, end) if self.text[end - 1].isdigit() else None
        return found[1] if found else ""

    def in_number(self, before: int) -> bool:
        """Return whether a word and the next are parts of one number, such as ``32,000``."""
        if not 0 <= before < len(self.spans) - 1:
            return False
        end, start = self.spans[before][1], self.spans[before + 1][0]
        digits = self.text[end - 1].isdigit() and self.text[start].isdigit()
        return digits and bool(_IN_NUMBER.fullmatch(self.text[end:start]))
