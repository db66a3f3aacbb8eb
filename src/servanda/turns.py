"""Shares of the time: how long each part of the work may take, so that none uses up the others'.

A part whose share is used up lapses, and the work goes on with the next.  What a part leaves of
its share is there for those after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from servanda.conflict import Tick, silent
from servanda.errors import Lapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A part of the work, from now on, and its share of the time.

    Called like a `Tick`: it tells what is being done, and ends the part once its share is used up.

    Parameters
    ----------
    seconds
        The share; None for as long as it needs.
    tick
        Told what is being done; may stop the whole work.
    clock
        Tells the time, in seconds.
    """

    seconds: float | None = None
    tick: Tick = field(default=silent, repr=False)
    clock: Callable[[], float] = field(default=monotonic, repr=False)
    _began: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_began", self.clock())

    def __call__(self, doing: str) -> None:
        """Tell what is being done.

        Raises
        ------
        Lapsed
            If the share is used up.
        Stopped
            If the whole work is stopped.
        """
        self.tick(doing)
        if self.left == 0:
            raise Lapsed(self.spent)

    @property
    def spent(self) -> str:
        """What is said of a part that lapses."""
        return f"its share of the time was {spoken(self.seconds or 0)}"

    @property
    def left(self) -> float | None:
        """How many seconds of the share are left; None without a share."""
        if self.seconds is None:
            return None
        return max(self._began + self.seconds - self.clock(), 0)

    @property
    def mostly_used(self) -> bool:
        """Whether less than half of the share is left: what was not settled wanted time."""
        return self.seconds is not None and (self.left or 0) < self.seconds / 2

    def part(self, share: float = 1, most: float | None = None) -> Turn:
        """Return a turn with a share of what is left of this one.

        Parameters
        ----------
        share
            The share, from 0 to 1.
        most
            The most seconds it may have; None for no such limit.

        Examples
        --------
        >>> whole = Turn(seconds=60, clock=lambda: 0)
        >>> whole.part(1 / 4).seconds, whole.part(most=20).seconds, Turn().part(1 / 4).seconds
        (15.0, 20, None)
        """
        left = self.left
        if left is not None:
            left = left * share if most is None else min(left * share, most)
        return Turn(seconds=left, tick=self, clock=self.clock)


def spoken(seconds: float) -> str:
    """Return a time in words: whole seconds, or that it was less than one."""
    return f"{seconds:.0f} s" if seconds >= 1 else "less than 1 s"
