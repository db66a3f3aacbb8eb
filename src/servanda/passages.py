"""A document made ready to be searched: its words, its lines and its sentences, indexed once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from servanda.documents import Document, plain
from servanda.words import Gap, Words

_SENTENCE_END = re.compile(r"[.!?][\"'\u2019\u201d)\]]*(?=\s)|\n[ \t]*\n")
_EDGE = 32  # letters by which the beginnings and the ends of lines are kept
_LAST = chr(0x10FFFF)


@dataclass(frozen=True)
class Passages:
    """A document with what is needed to find words in it; each part is built when first used.

    Parameters
    ----------
    document
        The document.
    """

    document: Document
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", Words(self.document.text))

    @property
    def whole(self) -> tuple[int, int]:
        """All words: the first, and one past the last."""
        return 0, len(self.words.spans)

    def region(self, first_line: int, last_line: int) -> tuple[int, int]:
        """Return the first word of some lines, by their places in reading order, and one past."""
        starts, spans = self.document.starts, self.words.spans
        after = last_line + 1
        end = starts[after] if after < len(starts) else len(self.document.text) + 1
        return bisect_left(spans, (starts[first_line], 0)), bisect_left(spans, (end, 0))

    @cached_property
    def positions(self) -> Mapping[str, Sequence[int]]:
        """The places of each word, in small letters."""
        found: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self.words.each):
            found[word.lower()].append(place)
        return dict(found)

    @cached_property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """The first and the last word of every line that has any."""
        starts = [start for start, _ in self.words.spans]
        edges = [bisect_left(starts, start) for start in self.document.starts]
        pairs = zip(edges, [*edges[1:], len(starts)], strict=True)
        return tuple((first, after - 1) for first, after in pairs if first < after)

    def beginning(self, letters: str) -> Sequence[int]:
        """Return the words that begin a line which may go on with some letters."""
        return _with_prefix(*self._heads, letters[:_EDGE])

    def ending(self, letters: str) -> Sequence[int]:
        """Return the words that end a line which may close with some letters."""
        return _with_prefix(*self._tails, letters[: -_EDGE - 1 : -1])

    @cached_property
    def _heads(self) -> tuple[Sequence[str], Sequence[int]]:
        """How each line begins, sorted, with its first word."""
        begins, letters = self.words.begins, self.words.squashed
        found = ((letters[begins[first] : begins[first] + _EDGE], first) for first, _ in self.lines)
        return _sorted(found)

    @cached_property
    def _tails(self) -> tuple[Sequence[str], Sequence[int]]:
        """How each line ends, read backwards, sorted, with its last word."""
        begins, letters = self.words.begins, self.words.squashed
        ends = ((begins[last + 1], last) for _, last in self.lines)
        found = ((letters[max(0, end - _EDGE) : end][::-1], last) for end, last in ends)
        return _sorted(found)

    def ends_column(self, word: int) -> bool:
        """Return whether the line of a word is followed by an empty or indented one, or none."""
        lines = self.document.lines
        after = self.document.line_at(self.words.spans[word][0]) + 1
        return after == len(lines) or not lines[after][:1].strip()

    def begins_column(self, word: int) -> bool:
        """Return whether the line of a word is indented, or comes after an empty one, or none."""
        lines = self.document.lines
        here = self.document.line_at(self.words.spans[word][0])
        return not here or not lines[here][:1].strip() or not lines[here - 1].strip()

    def rest_of_line(self, word: int) -> str:
        """Return what stands between a word and the end of its line, blanks left out."""
        start = self.words.spans[word][1]
        end = self.document.text.find("\n", start)
        return self.document.text[start : end if end >= 0 else None].strip()

    def prepare(self) -> None:
        """Build every part now."""
        _ = self.words.begins, self.words.squashed, self.positions, self._heads, self._tails

    # ------------------------------------------------------------------ names

    @cached_property
    def sentence_ends(self) -> tuple[int, ...]:
        """Where each sentence ends in the document's text."""
        return tuple(found.end() for found in _SENTENCE_END.finditer(self.document.text))

    @cached_property
    def _small(self) -> str:
        """The squashed text in small letters, as long as it is."""
        letters = self.words.squashed
        small = letters.lower()
        if len(small) == len(letters):
            return small
        return "".join(s.lower() if len(s.lower()) == 1 else s for s in letters)

    def occurrences(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield where a name stands in the text, in order.

        A name without small letters, such as an acronym, is found as it is written, any other in
        any case.  It may be broken at the end of a line.
        """
        wanted, words = Words(plain(name)), self.words
        exact = wanted.squashed.upper() == wanted.squashed
        text = words.squashed if exact else self._small
        letters = wanted.squashed if exact else wanted.squashed.lower()
        place = text.find(letters) if letters else -1
        while place >= 0:
            first, after = words.word_at(place), words.word_at(place + len(letters))
            if first is not None and after is not None and self._apart(first, after - 1, wanted):
                yield words.spans[first][0], words.spans[after - 1][1]
            place = text.find(letters, place + 1)

    def _apart(self, first: int, last: int, wanted: Words) -> bool:
        """Return whether words are cut as those of a name, but for a break at the end of a line."""
        words, broken = self.words, Gap.LINE_HYPHEN
        cuts = set(wanted.begins[1:-1])
        place = words.begins[first]
        here = {words.begins[word + 1] - place: word for word in range(first, last)}
        if any(words.gap(here[at]) is not broken for at in here.keys() - cuts):
            return False
        edges = (edge for edge in (first - 1, last) if 0 <= edge < len(words.spans) - 1)
        return cuts <= here.keys() and all(words.gap(edge) is not broken for edge in edges)


def _sorted(found: Iterable[tuple[str, int]]) -> tuple[Sequence[str], Sequence[int]]:
    """Return pairs in order, as two sequences."""
    pairs = sorted(found)
    return [key for key, _ in pairs], [word for _, word in pairs]


def _with_prefix(keys: Sequence[str], words: Sequence[int], prefix: str) -> Sequence[int]:
    """Return the words whose keys begin with some letters."""
    return words[bisect_left(keys, prefix) : bisect_left(keys, prefix + _LAST)]
