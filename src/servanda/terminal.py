"""The program at a terminal: text laid out for its width, its letters and its colours.

A pipe or file gets plain text, as wide as it needs.  Work that takes longer than a second says on
the terminal what it is doing, with a bar where it is known how much there is to do.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from time import monotonic
from types import TracebackType
from typing import ClassVar, Final, Self

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table as Grid
from rich.text import Text

from servanda.errors import Stopped
from servanda.narrative.section import Line, Section, Table

_WIDEST = 100_000  # a pipe has no margin
_NARROW = 60
_CUT = 24
_PATIENCE = 1.0
_BAR = 24  # letters wide
_SO_FAR: Final = re.compile(r"([\d,]+) of ([\d,]+)$")
_COLOURS: Final = {"good": "green", "bad": "red", "warn": "yellow", "plain": ""}


def console(*, color: bool = True, stderr: bool = False) -> Console:
    """Return a console on standard output, or standard error."""
    stream = sys.stderr if stderr else sys.stdout
    plain = not color or bool(os.environ.get("NO_COLOR"))
    found = Console(
        file=stream,
        color_system=None if plain else "auto",
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )
    if not found.is_terminal and not os.environ.get("COLUMNS"):
        found.width = _WIDEST
    return found


class Screen:
    """Where findings are shown.

    Parameters
    ----------
    color
        Whether colours may be used at all.
    """

    def __init__(self, *, color: bool = True) -> None:
        self.console = console(color=color)

    def text(self, text: str = "", style: str = "", *, indent: int = 0) -> None:
        """Show a paragraph; an empty one is a line of room."""
        self._print(Padding(Text(_clean(text), style), (0, 0, 0, indent)))

    def raw(self, text: str) -> None:
        """Show text as it is, lines and blanks included."""
        for line in text.splitlines():
            self.console.file.write(f"{_clean(line)}\n")

    def title(self, text: str, level: int = 1) -> None:
        """Show a title, with a line of room above it."""
        if level > 1:
            self.text()
        self.text(text, "bold underline" if level == 1 else "bold")

    def lines(self, lines: Sequence[Line]) -> None:
        """Show labelled lines; on a narrow terminal each label stands above its text."""
        wide = max((len(line.label) for line in lines), default=0) + 2
        for line in lines:
            label = Text(_clean(line.label), f"bold {_COLOURS[line.tone]}".strip())
            text = Text(_clean(line.text))
            if self.console.width < _NARROW:
                self._print(label)
                self._print(Padding(text, (0, 0, 0, 2)))
                continue
            row = Grid.grid()
            row.add_column(width=wide)
            row.add_column(overflow="fold")
            row.add_row(label, text)
            self._print(row)

    def section(self, section: Section, level: int = 2) -> None:
        """Show a section with its parts."""
        self.title(section.title, level)
        for paragraph in section.paragraphs:
            self.text(paragraph, indent=2)
        for table in section.tables:
            self.table(table)
        for part in section.parts:
            self.section(part, level + 1)

    def table(self, table: Table) -> None:
        """Show a table; where it is too wide, each row as a block of its own."""
        if not table.rows:
            return
        rows = [[_clean(cell) for cell in row] for row in table.rows]
        heads = [_clean(head) for head in table.columns]
        sizes = _sizes(heads, rows, self.console.width - 2)
        self.text()
        if sizes is None:
            self._blocks(heads, rows)
            return
        shown = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        for head, size in zip(heads, sizes, strict=True):
            shown.add_column(Text(head), overflow="fold", min_width=size)
        for row in rows:
            shown.add_row(*(Text(cell) for cell in row))
        self._print(Padding(shown, (0, 0, 0, 2)))

    def _blocks(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            first, *rest = row
            self.text(f"{heads[0]}: {first}" if heads[0] else first, "bold", indent=2)
            for head, cell in zip(heads[1:], rest, strict=True):
                if cell:
                    self.text(f"{head}: {cell}", indent=4)

    def _print(self, thing: Padding | Text | Grid) -> None:
        """Print, without the blanks that only fill a line up."""
        if self.console.is_terminal:
            self.console.print(thing)
            return
        with self.console.capture() as caught:
            self.console.print(thing)
        for line in caught.get().splitlines():
            self.console.file.write(f"{line.rstrip()}\n")


def _sizes(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """Return the least width of each column that cuts no word; None where there is no room.

    Very long words may be cut where nothing else helps.
    """
    columns = zip(heads, *rows, strict=True)
    words = [max((len(w) for cell in cells for w in cell.split()), default=1) for cells in columns]
    for most in range(max(*words, _CUT), _CUT - 1, -1):
        sizes = [min(word, most) for word in words]
        if sum(sizes) + 3 * len(sizes) <= width:
            return sizes
    return None


def _clean(text: str) -> str:
    """Return text without signs that would steer the terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)


class Progress:
    """Told what is being done; says so on a terminal, and stops at the time limit.

    Parameters
    ----------
    limit
        Seconds the work may take; None for as long as it needs.
    color
        Whether colours may be used.
    """

    def __init__(self, limit: float | None = None, *, color: bool = True) -> None:
        self.limit = limit
        self.console = console(color=color, stderr=True)
        self.began = monotonic()
        self.bars: Bars | None = None

    def __call__(self, doing: str) -> None:
        """Say what is being done, once it has taken a while.

        Where that ends in something like ``3 of 12`` there is a bar besides.

        Raises
        ------
        Stopped
            If the time limit has passed.
        """
        took = monotonic() - self.began
        if self.limit is not None and took >= self.limit:
            raise Stopped(f"the time limit of {self.limit:g} s was reached")
        if took < _PATIENCE or not self.console.is_terminal:
            return
        if self.bars is None:
            columns = (
                SpinnerColumn("line"),
                TextColumn("{task.description}", markup=False),
                _Bar(),
            )
            self.bars = Bars(*columns, console=self.console, transient=True)
            self.bars.add_task("", total=None)
            self.bars.start()
        found = _SO_FAR.search(doing)
        done, out_of = (int(n.replace(",", "")) for n in found.groups()) if found else (0, None)
        (task,) = self.bars.task_ids
        self.bars.update(task, description=_clean(doing), completed=done, total=out_of)

    @property
    def left(self) -> float | None:
        """How many seconds are left, a blink at least; None without a limit."""
        took = monotonic() - self.began
        return None if self.limit is None else max(self.limit - took, 0.1)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the line."""
        if self.bars is not None:
            self.bars.stop()


class _Bar(ProgressColumn):
    """A bar for work of which it is known how much there is; else nothing."""

    _column: ClassVar = BarColumn(bar_width=_BAR)

    def render(self, task: Task) -> RenderableType:
        """Return the bar."""
        return Text("") if task.total is None else self._column.render(task)
