"""Stability of every state at once, on arrays.

Two primitives do all of it: the best (or worst) value among a party's moves, and the sanction
value, the least fixpoint of what the others can bring a party down to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, silent
from servanda.model import PartyId
from servanda.moves import Reach
from servanda.reached import Better, Ruled, neutral, ruled_moves, sorted_reach
from servanda.stability import Concept
from servanda.states import Cells, Truth, combine, lean

_KEEP = 2**22
_OPPOSITE: dict[np.ufunc, np.ufunc] = {np.minimum: np.maximum, np.maximum: np.minimum}


@dataclass(frozen=True)
class Grid:
    """The grid engine for one conflict.

    Parameters
    ----------
    conflict
        The conflict.
    tick
        Told what is being computed; may stop it.
    """

    conflict: Conflict
    tick: Tick = silent
    _better: dict[PartyId, Better] = field(default_factory=dict, repr=False)
    _ruled: dict[PartyId, tuple[Ruled, ...]] = field(default_factory=dict, repr=False)
    _barriers: dict[tuple[np.dtype[Any], np.ufunc], Cells] = field(default_factory=dict, repr=False)
    _sanctions: dict[tuple[PartyId, Concept], Cells] = field(default_factory=dict, repr=False)
    _stable: dict[tuple[PartyId, Concept], Truth] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse a conflict that is too large.

        Raises
        ------
        UsageError
            If there are more states than an array holds.
        """
        self.conflict.space.must_be_dense()

    # ------------------------------------------------------------------ what users ask for

    def stable(self, party: PartyId, concept: Concept) -> Truth:
        """Return where a party stays put; shape = levels of each option, False if infeasible.

        A state s is stable iff no improvement t has a sanction value above u(s); because the
        smaller of sanction value and u(t) is compared, all moves may be looked at alike.
        """
        key = (party, concept)
        if key not in self._stable:
            self._stable[key] = self._find_stable(party, concept)
        return self._stable[key]

    def _find_stable(self, party: PartyId, concept: Concept) -> Truth:
        values = self.conflict.payoffs[party].lean
        walk_away = self.conflict.walk_away
        if walk_away is not None:
            stays = party not in self.conflict.case.talks_end_without
            return np.asarray(((values >= walk_away[party]) | stays) & self.conflict.feasible)
        self.tick(f"{concept.upper()} stability: {self.conflict.case.name(party)}")
        if concept is Concept.NASH:
            sanctioned = values
        else:
            sanctioned = combine(np.minimum, self.sanction_value(party, concept), values)
        best = self.over_moves(self._only_feasible(sanctioned, np.maximum), party, np.maximum)
        return combine(np.logical_and, combine(np.less_equal, best, values), self.conflict.feasible)

    def equilibria(self, concept: Concept) -> Truth:
        """Return where every party stays put."""
        result = self.conflict.feasible.copy()
        for party in self.conflict.parties:
            result &= self.stable(party, concept)
        return result

    def sanction_value(self, party: PartyId, concept: Concept) -> Cells:
        """Return the worst each state can be made for a party by the others' answers.

        The least fixpoint of W <- min(W, W over the moves of each other party), which starts from
        the party's own payoff (GMR, SEQ) or what it can still reach from there (SMR); for SEQ
        only improvements of the mover count.  Values at infeasible states mean nothing.
        """
        key = (party, concept)
        if key in self._sanctions:
            return self._sanctions[key]
        values = self.conflict.payoffs[party].lean
        start = values
        if concept is Concept.SMR:
            reached = self.over_moves(self._only_feasible(values, np.maximum), party, np.maximum)
            start = combine(np.maximum, values, reached)
        start = self._only_feasible(start, np.minimum)
        others = [other for other in self.conflict.parties if other != party]
        improving = concept is Concept.SEQ
        if self.conflict.moves.waits:
            result = self._turn_by_turn(start, others, improving=improving)
        else:
            result = self._fixpoint(start, others, improving=improving)
        if result.size <= _KEEP:
            self._sanctions[key] = result
        return result

    def best_sanctioned(self, party: PartyId, concept: Concept) -> Cells:
        """Return the best sanction value among a party's moves, staying included."""
        worth = self.sanction_value(party, concept)
        best = self.over_moves(self._only_feasible(worth, np.maximum), party, np.maximum)
        return np.broadcast_to(best, self.conflict.space.shape)

    # ------------------------------------------------------------------------- fixpoints

    def _fixpoint(self, values: Cells, movers: list[PartyId], *, improving: bool) -> Cells:
        """Return the least fixpoint where two moves of one party in a row make one move."""
        settled = 0
        while movers and settled < len(movers):
            for mover in movers:
                lowered = self._lowered(values, mover, improving=improving)
                same = lowered.shape == values.shape and np.array_equal(lowered, values)
                settled = settled + 1 if same else 1
                values = lowered
                if settled >= len(movers):
                    break
        return values

    def _turn_by_turn(self, start: Cells, movers: list[PartyId], *, improving: bool) -> Cells:
        """Return the sanction values where `when` makes it matter that nobody moves twice running.

        ``after[j]`` holds the worst reachable once j has just moved; the next mover is another.
        """
        after = dict.fromkeys(movers, start)
        while True:
            through = {k: self._moved(after[k], k, improving=improving) for k in movers}
            fresh = {}
            for mover in movers:
                worst = start
                for other in movers:
                    if other != mover:
                        worst = combine(np.minimum, worst, through[other])
                fresh[mover] = worst
            if all(_same(fresh[k], after[k]) for k in movers):
                break
            after = fresh
        result = start
        for mover in movers:
            result = combine(np.minimum, result, through[mover])
        return result

    def _moved(self, values: Cells, mover: PartyId, *, improving: bool) -> Cells:
        """Return the least value a mover can take each state to by a move, staying left out."""
        conflict = self.conflict
        own = conflict.payoffs[mover].values
        values = np.broadcast_to(values, own.shape)
        least = np.full(own.shape, np.iinfo(values.dtype).max, dtype=values.dtype)
        for here, there, legal in self._ruled_moves(mover):
            possible = legal & (own[there] > own[here]) if improving else legal
            target = least[here]
            least[here] = np.where(possible, np.minimum(target, values[there]), target)
        return self._only_feasible(least, np.minimum)

    def _ruled_moves(self, mover: PartyId) -> tuple[Ruled, ...]:
        if mover not in self._ruled:
            self._ruled[mover] = ruled_moves(self.conflict, frozenset({mover}))
        return self._ruled[mover]

    def _lowered(self, values: Cells, mover: PartyId, *, improving: bool) -> Cells:
        """Return the smaller of each state's value and the least the mover can take it to."""
        if not improving:
            lowered = self.over_moves(values, mover, np.minimum)
            if self._all_feasible and self.conflict.moves.simple(frozenset({mover})):
                return lowered
            lowered = combine(np.minimum, values, lowered)
        else:
            lowered = combine(np.minimum, values, self._over_improvements(values, mover))
        return self._only_feasible(lowered, np.minimum)

    @cached_property
    def _feasible(self) -> Truth:
        """Which states are feasible, broadcastable over the states."""
        return lean(self.conflict.feasible)

    @property
    def _all_feasible(self) -> bool:
        return self._feasible.size == 1

    def _only_feasible(self, values: Cells, operation: np.ufunc) -> Cells:
        """Return the values with infeasible states never the best of `operation`."""
        if self._all_feasible:
            return values
        return combine(_OPPOSITE[operation], values, self._barrier(values.dtype, operation))

    def _barrier(self, kind: np.dtype[Any], operation: np.ufunc) -> Cells:
        """Return what keeps infeasible states from being the best of `operation`."""
        key = (kind, operation)
        if key not in self._barriers:
            open_, shut = neutral(_OPPOSITE[operation], kind), neutral(operation, kind)
            self._barriers[key] = np.where(self._feasible, open_, shut)
        return self._barriers[key]

    # ---------------------------------------------------------------- values over moves

    def over_moves(self, values: Cells, party: PartyId, operation: np.ufunc) -> Cells:
        """Return the best or worst value among a party's moves, staying included.

        Parameters
        ----------
        values
            Integers, broadcastable over the states; infeasible states must be neutral.
        party
            The mover.
        operation
            ``numpy.minimum`` or ``numpy.maximum``.

        Returns
        -------
        ndarray
            Broadcastable; size 1 along the options the mover sets at will.
        """
        moves = self.conflict.moves
        reach = moves.reach((party,))
        waiting = [option for option in reach.free if option in moves.whens]
        if not waiting:
            return self._over(values, reach, frozenset(), operation)
        result = None
        for allowed in product((True, False), repeat=len(waiting)):
            barred = frozenset(o for o, may in zip(waiting, allowed, strict=True) if not may)
            part = self._over(values, reach, barred, operation)
            if result is None:
                result = part
                continue
            here: Truth = np.ones([1] * values.ndim, dtype=np.bool_)
            for option, may in zip(waiting, allowed, strict=True):
                when = self.conflict.space.truth(moves.whens[option])
                here = combine(np.logical_and, here, when if may else ~when)
            result = np.where(here, part, result)
        assert result is not None  # noqa: S101 - `product` yields at least once
        return result

    def _over(
        self, values: Cells, reach: Reach, barred: frozenset[OptionId], operation: np.ufunc
    ) -> Cells:
        moves, space = self.conflict.moves, self.conflict.space
        free = sorted((o for o in reach.free if o not in barred), key=lambda o: space.axis[o])
        for option in free:
            only = moves.options[option].only
            values = _along(values, space.axis[option], only, operation)
        for option in reach.terms:
            values = _or_left(values, self._falls((option,)), None, operation)
        for mine, fallen in reach.packages:
            raised: Truth = np.zeros([1] * values.ndim, dtype=np.bool_)
            for option in mine:
                count = space.shape[space.axis[option]]
                up = space.along(option, (n != moves.fallen(option, n) for n in range(count)))
                raised = combine(np.logical_or, raised, up)
            values = _or_left(values, self._falls(fallen), raised, operation)
        return values

    def _falls(self, options: Iterable[OptionId]) -> dict[int, list[int]]:
        """Return, for the axis of each option, where each of its levels falls once it is left."""
        space, fallen = self.conflict.space, self.conflict.moves.fallen
        axes = {option: space.axis[option] for option in options}
        return {
            axis: [fallen(option, level) for level in range(space.shape[axis])]
            for option, axis in axes.items()
        }

    def _waits(self, group: frozenset[PartyId]) -> bool:
        """Return whether what a group can set depends on `when` conditions."""
        moves = self.conflict.moves
        return any(option in moves.whens for option in moves.reach(group).free)

    def _over_improvements(self, values: Cells, party: PartyId) -> Cells:
        """Return the least value among a party's improvements; a neutral one where it has none."""
        group = frozenset({party})
        if self.conflict.moves.reach(group) == Reach((), (), ()):
            return np.full([1] * values.ndim, neutral(np.minimum, values.dtype))
        better = self._better.get(party)
        if better is None:
            better = sorted_reach(self.conflict, group, party)
            if self.conflict.space.size <= _KEEP:
                self._better[party] = better
        return better.read_off(values, np.minimum)

    # ---------------------------------------------------------------------------- groups

    def group_improves(self, group: frozenset[PartyId]) -> Truth:
        """Return where a group has a move that makes every member strictly better off."""
        conflict = self.conflict
        if len(group) == 2 and not self._waits(group):
            one, two = sorted(group)
            own = conflict.payoffs[two].values
            ends = self._only_feasible(own, np.maximum)
            result = sorted_reach(conflict, group, one).read_off(ends, np.maximum) > own
        else:
            result = np.zeros(conflict.space.shape, dtype=np.bool_)
            owns = [conflict.payoffs[party].values for party in group]
            for here, there, legal in ruled_moves(conflict, group):
                better = legal & conflict.feasible[there]
                for own in owns:
                    better = better & (own[there] > own[here])
                result[here] |= better
        return np.asarray(result & conflict.feasible)


def _same(left: Cells, right: Cells) -> bool:
    """Return whether two broadcastable arrays say the same."""
    one, two = np.broadcast_arrays(left, right)
    return np.array_equal(one, two)


def _along(values: Cells, axis: int, only: str | None, operation: np.ufunc) -> Cells:
    """Return the extreme over the levels an owner may set along one axis."""
    count = values.shape[axis]
    if count == 1:
        return values
    after = prod(values.shape[axis + 1 :])
    levels = np.ascontiguousarray(values).reshape(-1, count, after)
    if only is None:
        result = levels[:, 0]
        for level in range(1, count):
            result = operation(result, levels[:, level])
        return result.reshape((*values.shape[:axis], 1, *values.shape[axis + 1 :]))
    spread = levels.copy()
    steps = range(count - 2, -1, -1) if only == "up" else range(1, count)
    nearer = 1 if only == "up" else -1
    for level in steps:
        operation(spread[:, level], spread[:, level + nearer], out=spread[:, level])
    return spread.reshape(values.shape)


def _or_left(
    values: Cells, falls: dict[int, list[int]], possible: Truth | None, operation: np.ufunc
) -> Cells:
    """Return the extreme of each value and the value with some joint options fallen."""
    left = values
    for axis, levels in falls.items():
        if values.shape[axis] > 1:
            left = left.take(levels, axis=axis)
    left = combine(operation, values, left)
    if possible is None:
        return left
    return np.where(possible, left, values)
