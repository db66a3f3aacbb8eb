"""Stability of every state at once, on arrays.

Two primitives do all of it: the best (or worst) value among a party's moves, and the sanction
value, the least fixpoint of what the others can bring a party down to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, silent
from servanda.model import PartyId
from servanda.moves import Reach
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
    _better: dict[PartyId, _Better] = field(default_factory=dict, repr=False)
    _barriers: dict[tuple[np.dtype[Any], np.ufunc], Cells] = field(default_factory=dict, repr=False)
    _sanctions: dict[tuple[PartyId, Concept], Cells] = field(default_factory=dict, repr=False)
    _stable: dict[tuple[PartyId, Concept], Truth] = field(default_factory=dict, repr=False)

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
        for here, there, legal in _ruled_moves(conflict, frozenset({mover})):
            possible = legal & (own[there] > own[here]) if improving else legal
            target = least[here]
            least[here] = np.where(possible, np.minimum(target, values[there]), target)
        return self._only_feasible(least, np.minimum)

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
            open_, shut = _neutral(_OPPOSITE[operation], kind), _neutral(operation, kind)
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
                when = moves.whens[option]
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
            return np.full([1] * values.ndim, _neutral(np.minimum, values.dtype))
        better = self._better.get(party)
        if better is None:
            better = _sort(self.conflict, group, party)
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
            result = _sort(conflict, group, one).read_off(ends, np.maximum) > own
        else:
            result = np.zeros(conflict.space.shape, dtype=np.bool_)
            owns = [conflict.payoffs[party].values for party in group]
            for here, there, legal in _ruled_moves(conflict, group):
                better = legal & conflict.feasible[there]
                for own in owns:
                    better = better & (own[there] > own[here])
                result[here] |= better
        return np.asarray(result & conflict.feasible)


def _same(left: Cells, right: Cells) -> bool:
    """Return whether two broadcastable arrays say the same."""
    one, two = np.broadcast_arrays(left, right)
    return np.array_equal(one, two)


@dataclass(frozen=True, slots=True)
class _Better:
    """Which of the states a group can reach one of its members prefers, for all states at once.

    Parameters
    ----------
    ranked
        Arrays of indices, shape (states a column, columns): each column holds what can be reached
        from some of the states in it, the best for the member first.
    place
        One number a state, shape = levels of each option: where, in columns that begin with one
        more cell, all concatenated, the running extreme over the strictly better states stands.
    """

    ranked: tuple[Cells, ...]
    place: Cells

    def read_off(self, values: Cells, operation: np.ufunc) -> Cells:
        """Return the extreme of the values at better states, a neutral one where none is."""
        flat = np.ascontiguousarray(np.broadcast_to(values, self.place.shape)).reshape(-1)
        parts = []
        for columns in self.ranked:
            height, width = columns.shape
            running = np.empty((height + 1, width), dtype=values.dtype)
            running[0] = _neutral(operation, values.dtype)
            found = flat.take(columns)
            if height > width:
                operation.accumulate(found, axis=0, out=running[1:])
            else:  # the same, line by line: faster where lines are long
                for number, line in enumerate(found):
                    operation(running[number], line, out=running[number + 1])
            parts.append(running.reshape(-1))
        return np.concatenate(parts).take(self.place)


def _sort(conflict: Conflict, group: frozenset[PartyId], member: PartyId) -> _Better:
    """Sort what a group can reach, best for a member first; none of its moves may wait.

    Options without rules are set at will, so all their levels stand in one row.  The others are
    taken level by level: a row then holds the states with the same levels of theirs, where the
    moves start, and after them those with the levels the group can bring these to.
    """
    space, options = conflict.space, conflict.moves.options
    reach = conflict.moves.reach(group)
    falling = {*reach.terms, *(option for _, fallen in reach.packages for option in fallen)}
    one_way = tuple(o for o in reach.free if options[o].only or o in falling)
    bound = sorted({*one_way, *falling}, key=lambda option: space.axis[option])
    first = [space.axis[option] for option in bound]
    last = sorted(space.axis[option] for option in reach.free if option not in one_way)
    rest = [axis for axis in range(len(space.shape)) if axis not in {*first, *last}]
    block = prod(space.shape[axis] for axis in last)
    index = np.arange(space.size).reshape(space.shape).transpose(first + rest + last)
    index = index.reshape(*index.shape[: len(first)], -1, block)
    ranked = []
    place = np.empty(space.size, dtype=np.int64)
    start = 0
    for levels in product(*(range(space.shape[axis]) for axis in first)):
        old = dict(zip(bound, levels, strict=True))
        ends = [old, *(new for new, _ in _targets(conflict, replace(reach, free=one_way), old))]
        rows = np.concatenate([index[tuple(end[o] for o in bound)] for end in ends], axis=1)
        order, better = _best_first(conflict.payoffs[member].flat.take(rows))
        ranked.append(np.ascontiguousarray(rows.take(order).T))
        better = better[:, :block] * len(rows) + np.arange(start, start + len(rows))[:, None]
        place[rows[:, :block].reshape(-1)] = better.reshape(-1)
        start += rows.size + len(rows)
    return _Better(tuple(ranked), place.reshape(space.shape))


def _best_first(rows: Cells) -> tuple[Cells, Cells]:
    """Return which cells stand where if each row is best first, and how many are better than each.

    The first array holds indices into the flattened rows.
    """
    number, length = rows.shape
    # NumPy sorts small integers by their digits, which takes long for short rows.
    keys = ~rows if length > 64 else ~rows.astype(np.int64)
    order = np.argsort(keys, axis=1, kind="stable")
    order += np.arange(0, rows.size, length)[:, None]
    ranked = rows.take(order)
    starts = np.zeros(rows.shape, dtype=np.int64)
    np.multiply(ranked[:, 1:] != ranked[:, :-1], np.arange(1, length), out=starts[:, 1:])
    np.maximum.accumulate(starts, axis=1, out=starts)
    better = np.empty(rows.size, dtype=np.int64)
    better[order.reshape(-1)] = starts.reshape(-1)
    return order, better.reshape(number, length)


def _neutral(operation: np.ufunc, kind: np.dtype[Any]) -> Any:
    """Return what changes nothing: the largest integer for minimum, the smallest for maximum."""
    limits = np.iinfo(kind)
    return kind.type(limits.max if operation is np.minimum else limits.min)


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


def _ruled_moves(
    conflict: Conflict, group: frozenset[PartyId]
) -> list[tuple[tuple[slice | int, ...], tuple[slice | int, ...], NDArray[np.bool_]]]:
    """Return every kind of move of a group: from here, to there, and where that is legal.

    `here` and `there` fix the options the group can touch; the third array says for which levels
    of the others the move is allowed (`when`).  Feasibility of the end is not looked at.
    """
    moves, space = conflict.moves, conflict.space
    reach = moves.reach(group)
    touched = {*reach.free, *reach.terms, *(o for _, fallen in reach.packages for o in fallen)}
    axes = sorted(space.axis[option] for option in touched)
    option_at = [space.axes[axis] for axis in axes]
    full: list[slice | int] = [slice(None)] * len(space.shape)
    found = []
    for levels in product(*(range(space.shape[axis]) for axis in axes)):
        old = dict(zip(option_at, levels, strict=True))
        here = list(full)
        for axis, level in zip(axes, levels, strict=True):
            here[axis] = level
        for new, waiting in _targets(conflict, reach, old):
            there = list(full)
            for axis, option in zip(axes, option_at, strict=True):
                there[axis] = new[option]
            legal: NDArray[np.bool_] = np.array(True)
            for option in waiting:
                when = np.broadcast_to(moves.whens[option], space.shape)[tuple(here)]
                legal = legal & when
            found.append((tuple(here), tuple(there), legal))
    return found


def _targets(
    conflict: Conflict, reach: Reach, old: dict[OptionId, int]
) -> list[tuple[dict[OptionId, int], frozenset[OptionId]]]:
    """Return the levels a group can bring its options and joint options to.

    With each come the options whose `when` must hold for it: those it sets rather than leaves.
    """
    moves = conflict.moves
    options = moves.options

    def allowed(option: OptionId) -> range:
        only, count = options[option].only, len(options[option].levels)
        return range(
            old[option] if only == "up" else 0, old[option] + 1 if only == "down" else count
        )

    leavable = [
        fallen
        for mine, fallen in reach.packages
        if any(old[o] != moves.fallen(o, old[o]) for o in mine)
    ]
    targets: dict[tuple[tuple[int, ...], frozenset[OptionId]], dict[OptionId, int]] = {}
    for leaves in product((False, True), repeat=len(leavable)):
        gone = {o for left, fallen in zip(leaves, leavable, strict=True) if left for o in fallen}
        choices: dict[OptionId, list[int]] = {option: [level] for option, level in old.items()}
        choices |= {option: list(allowed(option)) for option in reach.free}
        for option in reach.terms:
            choices[option] = sorted({*choices[option], moves.fallen(option, old[option])})
        choices |= {o: [moves.fallen(o, old[o])] for o in gone}
        for levels in product(*choices.values()):
            new = dict(zip(choices, levels, strict=True))
            fallen = {o for o in reach.terms if new[o] == moves.fallen(o, old[o])}
            by_hand = {o for o in reach.free if new[o] != old[o]} - gone - fallen
            targets[levels, frozenset(by_hand & moves.whens.keys())] = new
    return [(new, waiting) for (_, waiting), new in targets.items() if new != old]
