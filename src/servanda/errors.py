"""What can go wrong, and how it is told.

ServandaError
├── ConditionError   a condition that cannot be read (becomes a Problem)
├── CaseError        the case is faulty: carries every Problem at once (exit code 3)
├── UsageError       the question cannot be asked of this case (exit code 2)
│   └── Contradictory    answers and authors change what cannot be changed together
├── Undecided        a question too large to settle (not to be taken for a no)
│   └── OutOfRoom    its decision diagrams take more nodes than they may
└── Stopped          the time limit or Ctrl-C came first (findings so far are kept)
    └── Lapsed           a part of the work used up its share of the time; the rest goes on
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal
from unicodedata import category, east_asian_width

type_of_step = str | int
Path = tuple[type_of_step, ...]
KEY: Final = "[key]"
"""Last step of a path that means the key itself, not what stands under it."""

_WIDEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault or warning in the user's files.

    Parameters
    ----------
    message
        What is wrong, in one clause.
    path
        Where in the case, as keys and list positions: ``("preferences", "ana", 2)``;
        a last step `KEY` means the key.
    offset
        Characters into the text at `path` where the fault begins.
    hint
        What to write instead; empty where there is nothing sensible to say.
    severity
        ``"fault"`` stops the run; ``"warning"`` does not.
    file, line, column, source
        Filled in by the reader: 1-based line and column, and the line itself.
    """

    message: str
    path: Path = ()
    offset: int = 0
    hint: str = ""
    severity: Literal["fault", "warning"] = "fault"
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""

    def __str__(self) -> str:
        """Return the problem as an editor expects it, with the source line and a caret."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        where = f"{place}: " if place else ""
        mark = "warning: " if self.severity == "warning" else ""
        lines = [f"{where}{mark}{self.message}" + (f"; {self.hint}" if self.hint else "")]
        if self.source:
            start = max(0, self.column - _WIDEST // 2) if len(self.source) > _WIDEST else 0
            shown = self.source[start : start + _WIDEST]
            lines += [f"    {shown}", f"    {_blank(shown[: self.column - 1 - start])}^"]
        return "\n".join(lines)


def _blank(text: str) -> str:
    """Return blanks as wide as the text: tabs stay, wide signs take two, combining ones none."""
    return "".join("\t" if sign == "\t" else " " * _width(sign) for sign in text)


def _width(sign: str) -> int:
    if category(sign) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(sign) in {"W", "F"} else 1


class ServandaError(Exception):
    """Any error a user can meet; its text is fit to print."""


class ConditionError(ServandaError):
    """A condition that cannot be read, with the place inside its text.

    `within` names the facts the fault lies in: none where it lies in the text itself, and all of
    the circle where facts go in one.
    """

    def __init__(
        self, message: str, offset: int, hint: str = "", *, within: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.within = tuple(within)


class CaseError(ServandaError):
    """A case with faults: all of them, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(ServandaError):
    """A question that cannot be asked of this case, with a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


class Contradictory(UsageError):
    """Changes that cannot be laid over a case together; `path` is where the last of them stands."""

    def __init__(self, message: str, hint: str = "", path: Path = ()) -> None:
        super().__init__(message, hint)
        self.path = path


class Undecided(UsageError):
    """A question that would take looking at too many states."""


class OutOfRoom(Undecided):
    """Decision diagrams that outgrow the nodes they may have; more may do."""


class Stopped(ServandaError):
    """The time limit was reached before the work was done."""


class Lapsed(Stopped):
    """A part of the work used up its share of the time; the rest of it goes on."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint naming the closest known word, or what is known if there are few.

    >>> did_you_mean("amnesy", ["amnesty", "oil"])
    'did you mean "amnesty"?'
    """
    known = list(dict.fromkeys(known))
    spelled = {name.casefold(): name for name in reversed(known)}
    close = get_close_matches(word.casefold(), spelled, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{spelled[close[0]]}"?'
    if 0 < len(known) <= 8:
        return "known: " + ", ".join(known)
    return ""
