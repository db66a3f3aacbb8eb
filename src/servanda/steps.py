"""Moves by which one party gains, from any state: looked for once, and remembered.

They are the same wherever all that bears on them stands alike: the party's own options, those its
wishes speak of, and what rules and conditions tie to these.  So a party of whom little is said has
few different situations, however many states there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from servanda.conditions import OptionId
from servanda.fan import Fan
from servanda.moves import Moves
from servanda.preferences import Payoff
from servanda.states import States


@dataclass(frozen=True)
class Steps:
    """The moves by which a party gains.

    Parameters
    ----------
    moves
        The legal moves.
    payoff
        What the party wants.
    bearing
        The options that bear on its moves and on what they are worth.
    needed
        Whether to leave out moves of which a part gains at least as much.
    jumps
        What `leap` found, by what bears on it.
    """

    moves: Moves
    payoff: Payoff
    bearing: frozenset[OptionId]
    needed: bool
    jumps: dict[int, tuple[int, ...]] = field(default_factory=dict, repr=False)
    _known: dict[int, States] = field(default_factory=dict, repr=False)

    @cached_property
    def mask(self) -> int:
        """The bits of a packed state that tell how all that bears on the moves stands."""
        return self.moves.space.mask(self.bearing)

    @cached_property
    def anything(self) -> bool:
        """Whether the party has anything at all that it could change."""
        reach = self.moves.reach((self.payoff.party,))
        return bool(reach.free or reach.terms or reach.packages)

    def to(self, state: int) -> States:
        """Return the states a move leads to from a state, in order of index."""
        key = self.moves.space.packed(state) & self.mask
        if not self.moves.can_be(state):
            return self._found(state)  # where a rule is broken, more than what bears on them counts
        if key not in self._known:
            self._known[key] = self._found(state) - state
        return np.asarray(self._known[key] + state)

    def leap(self, packed: int) -> tuple[int, ...]:
        """Return what to add to a packed state that can be, for each move from it; note it down."""
        space = self.moves.space
        reached = self.to(space.unpacked(packed)).tolist()
        found = tuple(space.packed(state) - packed for state in reached)
        self.jumps[packed & self.mask] = found
        return found

    def _found(self, state: int) -> States:
        fan = Fan.of(self.moves, state, (self.payoff.party,))
        assert fan is not None  # noqa: S101 - no party alone may set a joint option
        values = fan.values(self.payoff)
        better = values > values[fan.here]
        if not better.any():
            return fan.ends(better)  # before it is asked which ends can be
        better = better & fan.legal
        if self.needed and np.count_nonzero(better) > 1:
            better = fan.needed(values, better)
        return fan.ends(better)
