"""What a search may still do, until when, and what stopped it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Final

_BLINK: Final = 0.05


@dataclass(slots=True)
class Budget:
    """What the solver may still do, until when, and what stopped it."""

    seconds: float | None
    allowed: float
    work: float
    until: float
    stopped: str = ""

    @classmethod
    def of(cls, seconds: float | None, work: float) -> Budget:
        """Return a whole budget, from now on."""
        until = math.inf if seconds is None else time.monotonic() + seconds
        return cls(seconds, work, work, until)

    def part(self, work: float) -> Budget:
        """Return a smaller budget."""
        return replace(self, allowed=min(work, self.work), work=min(work, self.work))

    def spend(self, work: float, *, final: bool) -> None:
        """Count what a run did; one that came to no end was stopped, and by what is said."""
        self.work -= work
        if not final and not self.late:
            self.stopped = "interrupted"

    @property
    def late(self) -> bool:
        """Whether time or work is used up; then says so."""
        if not self.stopped and time.monotonic() >= self.until - _BLINK:
            self.stopped = f"the time limit of {self.seconds:g} s was reached"
        if not self.stopped and self.work <= self.allowed / 100:
            self.stopped = f"the work limit of {self.allowed:g} was reached"
        return bool(self.stopped)
