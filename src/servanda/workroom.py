"""Room for the decision diagrams of a case: more of it where they need more, up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from oxidd.util import DDMemoryError

from servanda.conflict import Tick, silent
from servanda.errors import OutOfRoom
from servanda.situation import Situation
from servanda.symbolic import Effort, Symbolic

ROOMS: Final = (2**20, 2**23, 2**25)
"""How many nodes are tried, one after the other; the last take some 2 GiB of memory."""

_Found = TypeVar("_Found")


@dataclass
class Workroom:
    """The symbolic engine of a situation, exchanged for a larger one where it does not do.

    Parameters
    ----------
    situation
        The case, perhaps under a plan; of any size.
    tick
        Told what is being done; may stop it.
    effort
        How much work may go into SEQ.
    rooms
        How many nodes are tried, one after the other.
    asked
        Whether somebody asked for this work, and may want all the room there is.
    """

    situation: Situation
    tick: Tick = silent
    effort: Effort = field(default_factory=Effort)
    rooms: tuple[int, ...] = ROOMS
    asked: bool = True
    _place: int = 0
    _engine: Symbolic | None = None

    def done(self, work: Callable[[Symbolic], _Found]) -> _Found:
        """Return what some work on the engine gives; it is begun anew where nodes run out.

        Raises
        ------
        OutOfRoom
            If it takes more nodes than the last of the rooms has.
        UsageError
            From the engine.
        """
        while True:
            try:
                return work(self._present())
            except (OutOfRoom, DDMemoryError):
                if self._place + 1 == len(self.rooms):
                    self._engine = None
                    raise self._too_many() from None
                self._engine, self._place = None, self._place + 1

    def _present(self) -> Symbolic:
        """Return the engine with as many nodes as are allowed now."""
        if self._engine is None:
            conflict, capacity = self.situation.conflict, self.rooms[self._place]
            self._engine = Symbolic(
                conflict.case,
                conflict.frozen,
                tick=self.tick,
                capacity=capacity,
                effort=self.effort,
            )
        return self._engine

    def _too_many(self) -> OutOfRoom:
        if not self.asked:
            return OutOfRoom("that would take more memory than is used unasked")
        message = f"the decision diagrams of this case outgrow {self.rooms[-1]:,} nodes"
        return OutOfRoom(message, "fewer options, or fewer and shorter wishes, take less")
