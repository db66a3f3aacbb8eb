"""What a signatory can count on half-way to a package, by stopping there or turning back.

That is its SEQ sanction value: what is left of the best it can move to once the others have
answered by improvements.  Arrays hold it for every state; where there are too many states, decision
diagrams tell it for the states on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servanda.columns import over_columns
from servanda.conditions import Condition, OptionId
from servanda.conflict import Conflict
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.preferences import Payoff
from servanda.selfenforcement import engine_of
from servanda.stability import Concept
from servanda.states import Cells, States, StateSpace, Truth


@dataclass(frozen=True)
class Way:
    """The states that some changes lead through: one for each set of those already made.

    Parameters
    ----------
    space
        The states.
    start
        The state before any change.
    changes
        The options that change, with their new level indices.
    """

    space: StateSpace
    start: int
    changes: Mapping[OptionId, int]

    @cached_property
    def columns(self) -> Mapping[int, Any]:
        """Each option's level, by its axis: one level, or one for each set of changes."""
        axis, levels = self.space.axis, self.space.levels(self.start)
        columns: dict[int, Any] = {axis[option]: level for option, level in levels.items()}
        sets = np.arange(1 << len(self.changes))
        for number, (option, level) in enumerate(self.changes.items()):
            columns[axis[option]] = np.where(sets >> number & 1, level, levels[option])
        return columns

    def holds(self, condition: Condition) -> Truth:
        """Return in which of the states a condition holds."""
        found = over_columns(condition, self.space.axis)(self.columns)
        return np.array(np.broadcast_to(found, 1 << len(self.changes)))

    def values(self, payoff: Payoff) -> Cells:
        """Return what each state is worth to a party."""
        if payoff.reckon is None:
            return payoff.of(self.states)
        found = np.asarray(payoff.reckon.over(self.columns), dtype=payoff.reckon.kind)
        return np.array(np.broadcast_to(found, 1 << len(self.changes)))

    @cached_property
    def states(self) -> States:
        """The state once each set of changes is made; sets as bits in the order of the changes."""
        states = self.space.listed([self.start])
        for option, level in self.changes.items():
            step = self.space.put(self.start, {option: level}) - self.start
            states = np.concatenate([states, states + step])
        return states


Counting = Callable[[PartyId, int, Way], Cells]
"""Tells what a party can count on in each state on the way to a goal, as values of its payoff.

Only what is above the value of the goal counts; what is not may come out as any such value.
"""


def on_arrays(grid: Grid) -> Counting:
    """Return what parties can count on, read off arrays over all states."""

    def counting(party: PartyId, _: int, way: Way) -> Cells:
        worth: Cells = grid.best_sanctioned(party, Concept.SEQ).reshape(-1)[way.states]
        return worth

    return counting


def on_diagrams(conflict: Conflict) -> Counting:
    """Return what parties can count on, worked out on decision diagrams.

    Of what is above a party's aim only the first wish counts by which it is.  A value is then that
    of some state that is above the aim by this wish: for ordered statements it has the same
    severity, for points it is exact.

    Raises
    ------
    OutOfRoom
        From the function returned, if the diagrams outgrow their room.
    UsageError
        From the function returned, if there are too many totals of points.
    """
    engine, levels = engine_of(conflict), conflict.space.levels

    def counting(party: PartyId, goal: int, way: Way) -> Cells:
        start, aim, value = levels(way.start), levels(goal), conflict.payoffs[party].value

        def counted(first: int | None = None) -> NDArray[np.bool_]:
            more = engine.counting_on_more(party, aim, first)
            return engine.table(more, start, way.changes)

        worth = np.full(1 << len(way.changes), value(goal), dtype=object)

        def sort(among: NDArray[np.bool_], wishes: tuple[int, ...]) -> None:
            """Find by which of some wishes the states of a set are above the aim."""
            if not among.any():
                return
            if len(wishes) == 1:
                above = engine.just_above(party, aim, wishes[0])
                assert above is not None  # noqa: S101 - it is what the party can count on
                worth[among] = value(conflict.space.index(above))
                return
            half = len(wishes) // 2
            early = counted(wishes[half - 1])
            sort(among & early, wishes[:half])
            sort(among & ~early, wishes[half:])

        sort(counted(), engine.wishes_lacking(party, aim))
        return worth

    return counting
