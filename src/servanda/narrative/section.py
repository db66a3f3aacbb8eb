"""What a told finding is made of: lines, sections and tables of plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "warn", "plain"]


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line of the short answer; the tone is for colour, never colour alone."""

    label: str
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plain text: every row has one cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled piece of explanation: paragraphs first, then tables, then parts of its own."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple[Section, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.paragraphs or self.tables or self.parts)
