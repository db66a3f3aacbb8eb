"""What a file says, and where: a tree in which every word, list and mapping knows its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from servanda.errors import KEY, Path, Problem

Scalar = str | int | float | bool | None

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SIGN = re.compile(r"\S")
_SIGNS: Mapping[str, re.Pattern[str]] = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|.)|\S", re.DOTALL),
}


class WrittenInt(int):
    """A whole number that remembers how it was written: a level may be called 007."""

    written: str

    def __str__(self) -> str:
        return self.written


class WrittenFloat(float):
    """A number that remembers how it was written: a level may be called 0.10."""

    written: str

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True)
class Page:
    """One file: its name as the user gave it, and its text."""

    name: str
    text: str

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each line begins."""
        return (0, *(found.end() for found in _BREAK.finditer(self.text)))

    def problem(self, index: int, message: str, hint: str = "") -> Problem:
        """Return a problem at a place in the text."""
        return self.placed(Problem(message=message, hint=hint), index)

    def placed(self, problem: Problem, index: int) -> Problem:
        """Return the problem with file, line, column and source line for a place in the text."""
        line = bisect_right(self.starts, index)
        start = self.starts[line - 1]
        found = _BREAK.search(self.text, start)
        source = self.text[start : found.start() if found else len(self.text)]
        shown = "".join(sign if sign.isprintable() or sign == "\t" else "\ufffd" for sign in source)
        column = index - start + 1
        return replace(problem, file=self.name, line=line, column=column, source=shown)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A scalar, list or mapping, and from where to where on which page it stands."""

    page: Page
    start: int
    end: int
    content: Scalar | tuple[Node, ...] | dict[str, Entry]
    style: str = ""

    def plain(self) -> Any:
        """Return the data without places."""
        if isinstance(self.content, tuple):
            return [node.plain() for node in self.content]
        if isinstance(self.content, dict):
            return {key: entry.value.plain() for key, entry in self.content.items()}
        return self.content

    def find(self, path: Path) -> tuple[Node, Path]:
        """Return the node a path of the model leads to, and the path as it was written.

        The model writes shorthands out, so its paths may have steps that the file has not: they
        are passed over, as are steps to what is missing.
        """
        node, key, written = self, self, list[str | int]()
        for place, step in enumerate(path):
            content = node.content
            if isinstance(step, int) and isinstance(content, dict) and "tied" in content:
                content = content["tied"].value.content
            elif isinstance(content, tuple) and _lone(path[:place]):
                continue
            if isinstance(content, dict) and step in content:
                entry = content[str(step)]
                node, key = entry.value, entry.key
            elif isinstance(content, tuple) and isinstance(step, int) and step < len(content):
                node = key = content[step]
            elif step == KEY:
                return key, tuple(written)
            else:
                continue
            written.append(step)
        return node, tuple(written)

    def locate(self, problem: Problem) -> Problem:
        """Return the problem with the place its path leads to."""
        node, written = self.find(problem.path)
        return node.page.placed(replace(problem, path=written), node.index(problem.offset))

    def index(self, offset: int) -> int:
        """Return where in the file the character at `offset` of a text stands.

        Folding and escapes change blanks and lengths, so the signs that are not blank are counted;
        where the counts differ, the place is the beginning.
        """
        if not isinstance(self.content, str):
            return self.start
        text, start, end = self.page.text, self.start, self.end
        if self.style in {"'", '"'}:
            start, end = start + 1, end - 1
        elif self.style:  # the first line of a block holds only its mark
            found = _BREAK.search(text, start, end)
            start = found.end() if found else end
        signs = [
            found.start() for found in _SIGNS.get(self.style, _SIGN).finditer(text, start, end)
        ]
        if not signs or len(signs) != len(_SIGN.findall(self.content)):
            return self.start
        before = len(_SIGN.findall(self.content[:offset]))
        return signs[before] if before < len(signs) else signs[-1] + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and what stands under it."""

    key: Node
    value: Node


def _lone(path: Path) -> bool:
    """Return whether a path leads to an entry of a ranking: one state, or several that are tied."""
    return len(path) > 1 and path[-2] == "ranking" and isinstance(path[-1], int)
