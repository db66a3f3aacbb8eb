"""A document as it is read: its lines in reading order, each with its number in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from unicodedata import normalize

_LINE_END = re.compile(r"\r\n?|\n")
_SOFT_AT_END = re.compile(r"\u00ad(?=[ \t]*(?:\r|\n|$))")
_APOSTROPHE = {0x2BC: "\u2019", 0xFF07: "\u2019"}  # letters by their class, not by their use
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Document:
    """The text of a source.

    Parameters
    ----------
    lines
        The lines in the order in which they are to be read, signs that nobody sees left out.
    numbers
        The number of each line in the file, counted from 1.
    pages
        The page each line stands on; empty where there are no pages.
    ordered
        Whether the order was given for it, so that no column is cut.
    """

    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    pages: tuple[int, ...] = ()
    ordered: bool = False

    @cached_property
    def text(self) -> str:
        """The whole text, one line below the other."""
        return "\n".join(self.lines)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each line begins in the text."""
        return tuple(accumulate((len(line) + 1 for line in self.lines[:-1]), initial=0))

    @cached_property
    def places(self) -> dict[int, int]:
        """The place in reading order of each line number."""
        return {number: place for place, number in enumerate(self.numbers)}

    def line_at(self, offset: int) -> int:
        """Return the place in reading order of the line that holds a character of the text."""
        return bisect_right(self.starts, offset) - 1

    def numbers_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the numbers of the first and the last line of a stretch of the text."""
        last = self.line_at(max(start, end - 1))
        return self.numbers[self.line_at(start)], self.numbers[last]

    def page_at(self, offset: int) -> int | None:
        """Return the page of a character of the text, None where there are no pages."""
        return self.pages[self.line_at(offset)] if self.pages else None

    def seamless(self, start: int, end: int) -> bool:
        """Return whether a stretch of the text lies in lines that follow each other in the file."""
        first, last = self.line_at(start), self.line_at(max(start, end - 1))
        return self.numbers[last] - self.numbers[first] == last - first

    def read(self, order: Sequence[tuple[int, int]]) -> Document:
        """Return the document in a reading order: ranges of line numbers, first and last.

        Line numbers that the file has not got are left out.
        """
        if not order:
            return self
        kept = [
            self.places[number]
            for first, last in order
            for number in range(first, min(last, self.numbers[-1]) + 1)
            if number in self.places
        ]
        return Document(
            tuple(self.lines[place] for place in kept),
            tuple(self.numbers[place] for place in kept),
            tuple(self.pages[place] for place in kept) if self.pages else (),
            ordered=True,
        )


def plain(text: str) -> str:
    r"""Return text as it is seen: letters composed, signs without width left out.

    A soft hyphen is seen at the end of a line only, as a hyphen.

    >>> plain("co\u00adope\u00ad\nrate\u200b")
    'coope-\nrate'
    """
    return _UNSEEN.sub("", _SOFT_AT_END.sub("-", normalize("NFC", text))).translate(_APOSTROPHE)


def document(text: str) -> Document:
    """Return a text as a document, its lines counted from 1."""
    lines = tuple(_LINE_END.split(plain(text)))
    return Document(lines, tuple(range(1, len(lines) + 1)))
