"""Where a quote's letters stand in a document, cut into words as they are in the quote.

It may stand in one piece, in pieces with words left out between them, or in two parts where a
column breaks.  Each place is told with the negation that may be cut off beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from servanda.passages import Passages
from servanda.words import Gap, Words

_REACH: Final = 600  # characters of the source that the pieces of a quote with ellipsis may span
_BREAK = re.compile(r"[.,;:!?\u2014\u2026\u2029]|\s[-\u2013]\s|\n\s*\n")
_SENTENCE_END = re.compile(r"[.!?][\"'\u2019\u201d)\]]*\s|\n\s*\n|\u2029")
_LINE_END = re.compile(r"[-\u2010\u2011][ \t]*\n\s*")
_HYPHENS = frozenset("-\u2010\u2011")
_DENYING = ("not", "never", "no", "hardly", "scarcely", "barely")
_NOT_AFTER = frozenset((*_DENYING, "rarely", "seldom"))
_NOT_BEFORE = frozenset(
    (*_DENYING, "cannot", "nor", "neither", "none", "nobody", "nothing", "rarely", "seldom")
)
_ADDING = frozenset(("only", "just", "merely", "simply"))  # "not only" denies nothing
_TWO_WORDS = frozenset((("no", "longer"), ("no", "one")))


@dataclass(frozen=True, slots=True)
class Hit:
    """The first and the last word of a place, and what is told of a negation cut off beside it."""

    first: int
    last: int
    negation: str = ""


class Between(NamedTuple):
    """What stands between two words of a quote: its kind, the signs that matter, any hyphen."""

    gap: Gap
    signs: str
    hyphen: bool


Place = tuple[Hit, ...]
"""Where a quote stands: one hit for each of its parts."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to look for: letters, what stands between them, and how it begins and ends.

    Parameters
    ----------
    letters
        The words of the quote, squashed.
    gaps
        By the place in the letters: what stands between two words.
    before, after
        The signs at the edges; None where that edge is a cut in a column.
    """

    letters: str
    gaps: Mapping[int, Between]
    before: str | None
    after: str | None

    def part(self, start: int, end: int) -> Pattern:
        """Return a part of it; the inner edge is a cut in a column."""
        gaps = {place - start: gap for place, gap in self.gaps.items() if start < place < end}
        before = None if start else self.before
        after = None if end < len(self.letters) else self.after
        return Pattern(self.letters[start:end], gaps, before, after)


def pattern(quote: str) -> Pattern:
    """Return what to look for, of a quote that has a word."""
    words = Words(quote)
    last = len(words.spans) - 1
    gaps = {
        words.begins[word + 1]: Between(
            words.gap(word, pasted=True),
            words.signs(word),
            not _HYPHENS.isdisjoint(words.between(word)),
        )
        for word in range(last)
    }
    return Pattern(words.squashed, gaps, words.sign_before(0), words.sign_after(last))


# ------------------------------------------------------------------------ the three ways to stand


def in_one_piece(passages: Passages, wanted: Pattern, region: tuple[int, int]) -> Iterator[Hit]:
    """Yield where a pattern stands in one piece, within some words."""
    words = passages.words
    low, high = words.begins[region[0]], words.begins[region[1]]
    place = words.squashed.find(wanted.letters, low, high)
    while place >= 0:
        first, after = words.word_at(place), words.word_at(place + len(wanted.letters))
        if first is not None and after is not None and _agrees(words, wanted, first, after - 1):
            yield _hit(passages, wanted, first, after - 1)
        place = words.squashed.find(wanted.letters, place + 1, high)


def in_order(
    passages: Passages, pieces: Sequence[Pattern], region: tuple[int, int]
) -> Sequence[Place]:
    """Return where pieces stand in order, within some 600 characters; each as short as may be."""
    each = [list(in_one_piece(passages, piece, region)) for piece in pieces]
    firsts = [[hit.first for hit in hits] for hits in each]
    spans = passages.words.spans
    shortest: dict[int, Place] = {}
    for start in each[0]:
        chain = [start]
        for hits, begun in zip(each[1:], firsts[1:], strict=True):
            following = bisect_right(begun, chain[-1].last)
            if following == len(hits):
                break
            chain.append(hits[following])
        reach = spans[chain[-1].last][1] - spans[start.first][0]
        if len(chain) == len(each) and reach <= _REACH:
            shortest[chain[-1].last] = tuple(chain)
    return tuple(shortest.values())


def left_out(passages: Passages, place: Place) -> str:
    """Return what is to be looked at in the words left out between pieces; empty if nothing is.

    The pieces are there, in order; whether they may be put together so is for the reader to judge.
    """
    words, told = passages.words, []
    for one, other in pairwise(place):
        between = words.text[words.spans[one.last][1] : words.spans[other.first][0]]
        if _SENTENCE_END.search(between):
            told.append("a sentence ends in the words left out")
        for word in range(one.last + 1, other.first):
            said = _small(words, word, word)
            contracted = said == "t" and words.gap(word - 1) is Gap.APOSTROPHE
            if said in _NOT_BEFORE or contracted:
                told.append(f'the words left out have "{words.each[word - contracted]}"')
    return "; ".join(dict.fromkeys(told))


def in_columns(passages: Passages, wanted: Pattern, region: tuple[int, int]) -> Iterator[Place]:
    """Yield where a pattern stands in two parts: one ends a column, the other begins one.

    A column ends before an empty or an indented line, or with the text, and begins likewise.
    """
    size = len(wanted.letters)
    for cut in range(1, size):
        between = wanted.gaps.get(cut)
        broken = {True} if between is None else {between.hyphen, False}
        if not passages.ending(wanted.letters[:cut]):
            continue
        if wanted.letters[cut - 1].isdigit() and wanted.letters[cut].isdigit():
            continue
        rights = list(_begun(passages, wanted.part(cut, size), region, broken))
        for before in _ended(passages, wanted.part(0, cut), region, broken) if rights else ():
            for after in rights:
                if after.first > before.last + 1 or after.first < before.first:
                    yield before, after


def _ended(
    passages: Passages, part: Pattern, region: tuple[int, int], broken: Collection[bool]
) -> Iterator[Hit]:
    """Yield where a part ends a line in the midst of a sentence.

    `broken` says whether a hyphen may, or must, end the line.
    """
    words = passages.words
    squashed, begins = words.squashed, words.begins
    for last in passages.ending(part.letters):
        place = begins[last + 1] - len(part.letters)
        if not squashed.startswith(part.letters, max(place, 0)):
            continue
        if not region[0] <= last < region[1] or place < begins[region[0]]:
            continue
        if not passages.ends_column(last):
            continue
        first, rest = words.word_at(place), passages.rest_of_line(last)
        if (rest in _HYPHENS) not in broken or any(sign in ".!?" for sign in rest):
            continue
        if first is not None and _agrees(words, part, first, last):
            yield _hit(passages, part, first, last)


def _begun(
    passages: Passages, part: Pattern, region: tuple[int, int], broken: Collection[bool]
) -> Iterator[Hit]:
    """Yield where a part begins a line; it may go on a word `broken` by a hyphen."""
    words, letters = passages.words, part.letters
    squashed, begins = words.squashed, words.begins
    for first in passages.beginning(letters):
        if not squashed.startswith(letters, begins[first]) or not region[0] <= first < region[1]:
            continue
        after = words.word_at(begins[first] + len(letters))
        if after is None or after > region[1] or not passages.begins_column(first):
            continue
        if True not in broken and first and words.gap(first - 1) is Gap.LINE_HYPHEN:
            continue
        if _agrees(words, part, first, after - 1):
            yield _hit(passages, part, first, after - 1)


# ------------------------------------------------------------------------ what stands between


def _agrees(words: Words, wanted: Pattern, first: int, last: int) -> bool:
    """Return whether words are cut as those of a pattern, signs and all; edges included."""
    place = words.begins[first]
    here = {words.begins[word + 1] - place: word for word in range(first, last)}
    for at, said in wanted.gaps.items():
        if at not in here:
            if said.gap is not Gap.LINE_HYPHEN:
                return False
            continue
        found = words.gap(here[at])
        if (found is Gap.APOSTROPHE) != (said.gap is Gap.APOSTROPHE):
            return False
        if found is not Gap.LINE_HYPHEN and words.signs(here[at]) != said.signs:
            return False
    if any(words.gap(here[at]) is not Gap.LINE_HYPHEN for at in here.keys() - wanted.gaps):
        return False
    if wanted.before is not None and not (
        _apart(words, first - 1) and words.sign_before(first) == wanted.before
    ):
        return False
    return wanted.after is None or (_apart(words, last) and words.sign_after(last) == wanted.after)


def _apart(words: Words, before: int) -> bool:
    """Return whether a word and the next are words of their own, not parts of one."""
    if not 0 <= before < len(words.spans) - 1:
        return True
    parts = words.in_number(before) or words.in_compound(before)
    return words.gap(before) is Gap.APART and not parts


def _hit(passages: Passages, wanted: Pattern, first: int, last: int) -> Hit:
    """Return a hit, with what is told of a negation cut off at its outer edges."""
    words = passages.words
    cut = ""
    if wanted.before is not None and first:
        cut = _negation_before(words, first)
    if not cut and wanted.after is not None and last + 1 < len(words.spans):
        cut = _negation_after(words, last)
    return Hit(first, last, cut)


def _negation_before(words: Words, first: int) -> str:
    """Return what is told of a negation right before a word; empty if there is none."""
    between, (start, last) = words.between(first - 1), words.joined(first - 1)
    word = _small(words, start, last)
    if _BREAK.search(between):
        return ""
    former = _small(words, start - 1, start - 1) if start else ""
    contracted = word == "t" and former.endswith("n") and words.gap(start - 1) is Gap.APOSTROPHE
    if contracted or (former, word) in _TWO_WORDS:
        return _told(words, start - 1, last, "before")
    return _told(words, start, last, "before") if word in _NOT_BEFORE else ""


def _negation_after(words: Words, last: int) -> str:
    """Return what is told of a negation right after a word; empty if there is none."""
    between, (start, end) = words.between(last), words.joined(last + 1)
    word = _small(words, start, end)
    adding = _ADDING.intersection(each.lower() for each in words.each[end + 1 : end + 2])
    if word not in _NOT_AFTER or adding or _BREAK.search(between):
        return ""
    return _told(words, start, end, "after")


def _small(words: Words, first: int, last: int) -> str:
    """Return a word in small letters, its parts put together."""
    return "".join(words.each[first : last + 1]).lower()


def _told(words: Words, first: int, last: int, side: str) -> str:
    said = _LINE_END.sub("", words.text[words.spans[first][0] : words.spans[last][1]])
    said = " ".join(said.split())
    return f'the source has "{said}" right {side} it'
