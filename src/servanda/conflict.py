"""A case made ready for the engines: states, what is feasible, moves and payoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from servanda.conditions import OptionId
from servanda.errors import UsageError
from servanda.model import Case, PartyId, Preference, Rule
from servanda.moves import Moves, States
from servanda.preferences import Payoff, payoff
from servanda.states import StateSpace

Tick = Callable[[str], None]
"""Called now and then with what is being done; may raise `Stopped`."""


def silent(_: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Conflict:
    """A case, ready for the engines.

    Parameters
    ----------
    case
        The case.
    space
        Its states; shared between variants of one case.
    feasible
        Boolean, shape = levels of each option: which states can be.
    payoffs
        Each party's preference over all states.
    moves
        Legal moves between feasible states.
    frozen
        Options that stay at base in this variant.
    """

    case: Case = field(repr=False)
    space: StateSpace = field(repr=False)
    feasible: NDArray[np.bool_] = field(repr=False)
    payoffs: Mapping[PartyId, Payoff] = field(repr=False)
    moves: Moves = field(repr=False)
    frozen: frozenset[OptionId] = frozenset()
    _improved: dict[tuple[PartyId, int], States] = field(default_factory=dict, repr=False)
    _spreads: dict[PartyId, int] = field(default_factory=dict, repr=False)

    @cached_property
    def parties(self) -> tuple[PartyId, ...]:
        """Every party, in file order."""
        return tuple(self.case.parties)

    @cached_property
    def walk_away(self) -> Mapping[PartyId, int] | None:
        """What leaving the talks gives each party, on the scale of its payoff; None if no talks."""
        if not self.case.walk_away:
            return None
        return {
            party: int(Fraction(str(points)) * self.payoffs[party].scale)
            for party, points in self.case.walk_away.items()
        }

    def walks_away(self, party: PartyId, state: int) -> bool:
        """Return whether a party would rather end pure talks than have this state."""
        walk_away = self.walk_away
        if walk_away is None or party not in self.case.talks_end_without:
            return False
        return self.value(party, state) < walk_away[party]

    def severity(self, party: PartyId, worse: int, better: int) -> Fraction:
        """Return how much a party has between two values, from 0 to 1."""
        payoff = self.payoffs[party]
        if party not in self._spreads:
            values = payoff.flat[self.feasible.reshape(-1)]
            self._spreads[party] = int(values.max()) - int(values.min())
        return payoff.severity(worse, better, self._spreads[party])

    def value(self, party: PartyId, state: int) -> int:
        """Return a party's payoff at a state."""
        return self.payoffs[party].value(state)

    def improvements(self, party: PartyId, state: int) -> States:
        """Return the states a party can move to and prefers."""
        key = (party, state)
        if key not in self._improved:
            reached = self.moves.destinations(state, party)
            flat = self.payoffs[party].flat
            self._improved[key] = reached[flat[reached] > flat[state]]
        return self._improved[key]


def compile_case(case: Case) -> Conflict:
    """Return a case ready for the engines.

    Parameters
    ----------
    case
        A case without faults.

    Raises
    ------
    UsageError
        If there are more states than the grid engine holds, or none is feasible.
    """
    space = StateSpace(case)
    payoffs = {
        party: payoff(space, party, case.preferences.get(party, Preference()), case)
        for party in case.parties
    }
    feasible = feasible_states(space, case.never)
    return Conflict(case, space, feasible, payoffs, Moves(space, feasible.reshape(-1)))


def feasible_states(space: StateSpace, never: Iterable[Rule]) -> NDArray[np.bool_]:
    """Return which states satisfy none of the rules; shape = levels of each option."""
    feasible = np.ones(space.shape, dtype=np.bool_)
    for rule in never:
        feasible &= ~space.truth(space.case.vocabulary.condition(rule.that))
    if not feasible.any():
        raise UsageError("no state is feasible", "the rules under `never` exclude every state")
    return feasible


def freeze(conflict: Conflict, options: Iterable[OptionId]) -> Conflict:
    """Return the conflict with some options held at base in every state."""
    options = frozenset(options)
    feasible = conflict.feasible.copy()
    for option in options:
        count = len(conflict.case.options[option].levels)
        base = conflict.case.base[option]
        feasible &= conflict.space.along(option, (level == base for level in range(count)))
    if not feasible.any():
        raise UsageError("no state is feasible without these options")
    return _fitted(replace(conflict, frozen=conflict.frozen | options), feasible)


def with_preference(conflict: Conflict, party: PartyId, preference: Preference) -> Conflict:
    """Return the conflict with one party's preference replaced."""
    case = conflict.case.model_copy(
        update={"preferences": {**conflict.case.preferences, party: preference}}
    )
    changed = payoff(conflict.space, party, preference, case)
    payoffs = {**conflict.payoffs, party: changed}
    return replace(conflict, case=case, payoffs=payoffs, _improved={}, _spreads={})


def with_rules(conflict: Conflict, never: tuple[Rule, ...]) -> Conflict:
    """Return the conflict with other rules about what cannot be, options frozen as before."""
    case = conflict.case.model_copy(update={"never": never})
    feasible = feasible_states(conflict.space, never)
    fresh = _fitted(replace(conflict, case=case, frozen=frozenset()), feasible)
    return freeze(fresh, conflict.frozen) if conflict.frozen else fresh


def _fitted(conflict: Conflict, feasible: NDArray[np.bool_]) -> Conflict:
    """Return the conflict with other feasible states and the moves between them."""
    moves = Moves(conflict.space, feasible.reshape(-1))
    return replace(conflict, feasible=feasible, moves=moves, _improved={}, _spreads={})
