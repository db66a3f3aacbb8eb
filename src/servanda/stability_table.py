"""Which states are stable, for whom, in which sense?  The table in which the field publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from servanda.conditions import Condition
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.stability import Concept
from servanda.states import States, StateSpace, Truth

LONGEST = 4096
"""States, or equilibria, listed one by one without being asked to."""


@dataclass(frozen=True)
class StabilityTable:
    """The stability of every feasible state, or of those that meet a condition.

    Parameters
    ----------
    grid
        The engine.
    where
        The condition; None for all states.
    """

    grid: Grid
    where: Condition | None = None

    @property
    def space(self) -> StateSpace:
        """The states."""
        return self.grid.conflict.space

    @cached_property
    def looked_at(self) -> Truth:
        """Where a state is feasible and meets the condition; broadcastable."""
        feasible = self.grid.conflict.feasible
        return feasible if self.where is None else feasible & self.space.truth(self.where)

    @cached_property
    def states(self) -> tuple[int, ...]:
        """Every state looked at in the published order, see `in_order`."""
        return self.in_order(np.flatnonzero(self.looked_at.reshape(-1)))

    @cached_property
    def count(self) -> int:
        """Number of states looked at."""
        return int(self.looked_at.sum())

    def in_order(self, states: States) -> tuple[int, ...]:
        """Return states in the published order.

        A state counts as a number whose digits are the levels, the first option of the file the
        least significant one: with yes/no options the sum of 2^i over the options i taken.
        """
        space = self.space
        number = np.zeros(len(states), dtype=np.int64)
        weight = 1
        for option in space.options:
            axis = space.axis[option]
            number += states // space.strides[axis] % space.shape[axis] * weight
            weight *= space.shape[axis]
        return tuple(states[np.argsort(number)].tolist())

    def stable(self, state: int) -> dict[Concept, tuple[PartyId, ...]]:
        """Return for each concept the parties for which a state is stable."""
        return {
            concept: tuple(
                party
                for party in self.grid.conflict.parties
                if bool(self.grid.stable(party, concept).reshape(-1)[state])
            )
            for concept in Concept
        }

    @cached_property
    def counts(self) -> Mapping[Concept, int]:
        """Number of equilibria in each sense."""
        return {concept: int(self._stable_for_all(concept).sum()) for concept in Concept}

    def equilibria(self, concept: Concept, longest: int = LONGEST) -> tuple[int, ...] | None:
        """Return the states stable for every party; None where there are more than `longest`."""
        if self.counts[concept] > longest:
            return None
        return self.in_order(np.flatnonzero(self._stable_for_all(concept).reshape(-1)))

    def _stable_for_all(self, concept: Concept) -> Truth:
        found = self.grid.equilibria(concept)
        return found if self.where is None else found & self.looked_at
