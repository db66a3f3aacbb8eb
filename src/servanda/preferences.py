"""What each party wants, as one whole number a state: higher is preferred.

Ordered statements count like digits: a statement outweighs all below it, a tied group counts the
members satisfied.  Points are scaled to whole numbers.  Only these numbers are compared; the
statements themselves are kept for explanations and severities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm, prod
from typing import Any

import numpy as np

from servanda.columns import Columns, Holds, over_columns, valued
from servanda.conditions import Condition, OptionId, holds
from servanda.errors import UsageError
from servanda.model import Case, PartyId, Preference, Statement
from servanda.states import Cells, States, StateSpace, Truth, combine

_MOST = 2**62


@dataclass(frozen=True)
class Reckoning:
    """What a party's wishes add up to, counted for the states asked about.

    Parameters
    ----------
    space
        The states.
    gains
        What is to hold, and what that is worth.
    losses
        For each option that counts by itself, what each of its levels is worth.
    kind
        What the values are made of: int64, or Python's own integers where these would not do.
    """

    space: StateSpace
    gains: tuple[tuple[Condition, int], ...]
    losses: tuple[tuple[OptionId, tuple[int, ...]], ...]
    kind: type[np.int64 | object]

    @cached_property
    def _read(self) -> tuple[tuple[Holds, int], ...]:
        axis = self.space.axis
        return tuple((over_columns(wish, axis), worth) for wish, worth in self.gains)

    def __call__(self, states: States) -> Cells:
        """Return the values of some states."""
        found = np.asarray(self.over(self.space.columns(states)), dtype=self.kind)
        return np.array(np.broadcast_to(found, len(states)))

    def over(self, columns: Columns) -> Any:
        """Return the values over columns of levels: one number, or an array of them."""
        constant: int = 0
        varying: Any = 0
        for holds_over, worth in self._read:
            truth = holds_over(columns)
            if isinstance(truth, bool):
                constant += worth if truth else 0
            elif self.kind is object:
                varying = varying + truth.astype(object) * worth
            else:
                varying = varying + truth * np.int64(worth)
        for option, worths in self.losses:
            varying = varying + valued(worths, columns[self.space.axis[option]])
        return varying + constant


@dataclass(frozen=True)
class Payoff:
    """One party's preference over all states.

    Parameters
    ----------
    party
        Whose preference.
    space
        The states.
    groups
        Tied groups of statements, most important first (points: one statement each).
    form
        ``ordered``, ``points``, ``ranking`` or ``none``.
    cells
        Integers, broadcastable over the states: size 1 along the options no wish is about;
        higher is preferred.  None where there are too many states: then `of` counts for those
        asked about.
    scale
        For points: how many units of value make one point.
    reckon
        Counts the values of the states asked about; None where `cells` holds them all.
    """

    party: PartyId
    space: StateSpace
    groups: tuple[tuple[Statement, ...], ...]
    form: str
    cells: Cells | None
    scale: int = 1
    reckon: Reckoning | None = field(default=None, repr=False)
    _found: dict[int, int] = field(default_factory=dict, repr=False)
    _known: dict[int, int] = field(default_factory=dict, repr=False)

    @property
    def lean(self) -> Cells:
        """The values of all states, broadcastable: size 1 along options no wish is about.

        Raises
        ------
        UsageError
            If there are too many states for an array.
        """
        self.space.must_be_dense()
        assert self.cells is not None  # noqa: S101 - a dense space has them
        return self.cells

    @cached_property
    def values(self) -> Cells:
        """`lean` for every state; shape = levels of each option."""
        return np.ascontiguousarray(np.broadcast_to(self.lean, self.space.shape))

    @cached_property
    def flat(self) -> Cells:
        """`values` as one line."""
        return self.values.reshape(-1)

    @cached_property
    def truths(self) -> tuple[tuple[Truth, ...], ...]:
        """Where each statement holds."""
        words = self.space.case.vocabulary
        return tuple(
            tuple(self.space.truth(words.condition(statement.wish)) for statement in group)
            for group in self.groups
        )

    def of(self, states: States) -> Cells:
        """Return the values of some states, in a space of any size."""
        if self.reckon is None:
            return np.asarray(self.flat[states])
        return self.reckon(states)

    def value(self, state: int) -> int:
        """Return the value of a state."""
        if self.reckon is None:
            return int(self.flat[state])
        if state not in self._known:
            self._known[state] = int(self.reckon.over(self.space.standing(state)))
        return self._known[state]

    def satisfied(self, state: int) -> tuple[tuple[bool, ...], ...]:
        """Return which statements hold in a state, group by group."""
        if self.cells is not None:
            return tuple(
                tuple(bool(self.space.at(truth, state)) for truth in group) for group in self.truths
            )
        levels, words = self.space.levels(state), self.space.case.vocabulary
        return tuple(
            tuple(holds(words.condition(statement.wish), levels) for statement in group)
            for group in self.groups
        )

    def decisive(self, better: int, worse: int) -> tuple[int, tuple[Statement, ...]]:
        """Return the first group (1-based) that tells two states apart, and what it gains.

        The statements are those of the group satisfied in `better` and not in `worse`.  Returns
        ``(0, ())`` where no group differs.  For points the group with the largest difference
        stands first, because points add up.
        """
        high, low = self.satisfied(better), self.satisfied(worse)
        for number, (group, mine, yours) in enumerate(
            zip(self.groups, high, low, strict=True), start=1
        ):
            if sum(mine) > sum(yours) or (self.form == "points" and mine != yours and mine[0]):
                return number, tuple(
                    s for s, a, b in zip(group, mine, yours, strict=True) if a and not b
                )
        return 0, ()

    @cached_property
    def most(self) -> int:
        """How far apart two values can lie at most, where they are not all known."""
        return sum(abs(worth) for _, worth in self.reckon.gains) if self.reckon else 0

    def margin(self, state: int, other: int) -> Fraction | None:
        """Return how many points `state` is better than `other`; None where there are no points."""
        if self.form != "points":
            return None
        return Fraction(self.value(state) - self.value(other), self.scale)

    def state_worth(self, value: int) -> int:
        """Return some state of this value (a value that occurs)."""
        if value not in self._found:
            self._found[value] = int(np.argmax(self.flat == value))
        return self._found[value]

    def _met(self, value: int) -> tuple[int, ...]:
        """Return how many wishes of each group are met in a state of a value that occurs."""
        if self.cells is not None:
            return tuple(map(sum, self.satisfied(self.state_worth(value))))
        met = []
        for group in reversed(self.groups):
            value, count = divmod(value, len(group) + 1)
            met.append(count)
        return tuple(reversed(met))

    def severity(self, worse: int, better: int, spread: int) -> Fraction:
        """Return how much lies between two *values*, from 0 to 1.

        Ordered statements: (G - g + 1) / G with g the first of G groups in which they differ.
        Otherwise the difference as a share of `spread`, the largest there is between two states.
        """
        if worse >= better:
            return Fraction(0)
        if self.form == "ordered":
            groups = len(self.groups)
            one, two = self._met(worse), self._met(better)
            first = next(g for g in range(groups) if one[g] != two[g])
            return Fraction(groups - first, groups)
        return Fraction(better - worse, spread)


def payoff(space: StateSpace, party: PartyId, preference: Preference, case: Case) -> Payoff:
    """Return a party's preference as numbers over all states.

    Parameters
    ----------
    space
        The states.
    party
        Whose preference.
    preference
        What the case says of it.
    case
        The case with that preference in it, for its statements and their ids.
    """
    groups = case.statements(party)
    if not space.dense:
        return _sparse(space, party, preference, case)
    walk_away = Fraction(str(case.walk_away.get(party, 0)))
    scale = walk_away.denominator
    if preference.form == "ordered":
        values = _ordered(space, groups)
    elif preference.form == "points":
        values, scale = _points(space, preference, walk_away)
    elif preference.form == "ranking":
        values = _ranking(space, preference)
    else:
        values = np.zeros([1] * len(space.shape), dtype=np.int8)
    return Payoff(party, space, groups, preference.form, _compact(values), scale)


def _sparse(space: StateSpace, party: PartyId, preference: Preference, case: Case) -> Payoff:
    """Return a preference that is counted for the states asked about only.

    Ordered wishes are digits of a number of any length.
    """
    groups, words = case.statements(party), space.case.vocabulary
    walk_away = Fraction(str(case.walk_away.get(party, 0)))
    parts: list[tuple[Condition, int]] = []
    costs: list[tuple[OptionId, list[int]]] = []
    unit = 1
    if preference.form == "ranking":
        raise UsageError(
            f'party "{party}" ranks single states', "a case of this size needs wishes or points"
        )
    if preference.form == "ordered":
        weight = 1
        for group in reversed(groups):
            parts += [(words.condition(statement.wish), weight) for statement in group]
            weight *= len(group) + 1
    elif preference.form == "points":
        gains, positions, unit = _worths(space, preference, walk_away)
        parts = [(condition, int(worth * unit)) for condition, worth in gains]
        costs = [(option, [int(cost * unit) for cost in each]) for option, each in positions]
    total = sum(abs(weight) for _, weight in parts)
    total += sum(max(map(abs, each)) for _, each in costs)
    kind = np.int64 if total < _MOST else object

    losses = tuple((option, tuple(each)) for option, each in costs)
    reckoning = Reckoning(space, tuple(parts), losses, kind)
    return Payoff(party, space, groups, preference.form, None, unit, reckoning)


def _ordered(space: StateSpace, groups: Sequence[tuple[Statement, ...]]) -> Cells:
    """Return statements as digits of a number; ranks where the number would be too long."""
    words = space.case.vocabulary
    counts = []
    for group in groups:
        truths = [space.truth(words.condition(statement.wish)) for statement in group]
        counts.append((truths, len(group) + 1))
    total: Cells | None = None
    while counts:
        chunk: list[tuple[Sequence[Truth], int]] = []
        while counts and prod(base for _, base in chunk) * counts[0][1] < _MOST:
            chunk.append(counts.pop(0))
        digits = _digits(chunk)
        if total is None:
            total = digits
        else:
            high, low = _ranks(total), _ranks(digits)
            total = combine(np.add, high * (int(low.max()) + 1), low)
    return np.zeros([1] * len(space.shape), np.int8) if total is None else total


def _digits(chunk: Sequence[tuple[Sequence[Truth], int]]) -> Cells:
    """Return the weighted sum of a chunk's statements, merged from the smallest arrays up."""
    most = prod(base for _, base in chunk) - 1
    kind = _smallest(most)
    parts: list[tuple[int, Cells]] = []
    weight = most + 1
    for truths, base in chunk:
        weight //= base
        parts += [(_mask(truth), truth.astype(kind) * kind(weight)) for truth in truths]
    while len(parts) > 1:
        pairs = ((a, b) for a in range(len(parts)) for b in range(a))
        one, two = min(pairs, key=lambda ab: (parts[ab[0]][0] | parts[ab[1]][0]).bit_count())
        (mask, left), (other, right) = parts.pop(one), parts.pop(two)
        parts.append((mask | other, combine(np.add, left, right)))
    return parts[0][1]


def _mask(cells: Cells) -> int:
    """Return the axes that matter to an array, as bits."""
    return sum(1 << axis for axis, size in enumerate(cells.shape) if size > 1)


def _points(space: StateSpace, preference: Preference, walk_away: Fraction) -> tuple[Cells, int]:
    """Return points as whole numbers, and how many units make one point.

    The units are so small that what walking away gives is a whole number of them as well.
    """
    gains, losses, unit = _worths(space, preference, walk_away)
    total: Cells = np.zeros([1] * len(space.shape), dtype=np.int64)
    for condition, worth in gains:
        total = combine(np.add, total, space.truth(condition) * np.int64(int(worth * unit)))
    for option, costs in losses:
        total = combine(np.add, total, space.along(option, (int(cost * unit) for cost in costs)))
    return total, unit


Gains = list[tuple[Condition, Fraction]]
Losses = list[tuple[OptionId, list[Fraction]]]


def _worths(
    space: StateSpace, preference: Preference, walk_away: Fraction
) -> tuple[Gains, Losses, int]:
    """Return what each wish is worth, what each level costs, and the units of a point."""
    words = space.case.vocabulary
    gains = [(words.condition(wish), worth.middle) for wish, worth in preference.points.items()]
    losses = []
    for option, position in preference.position.items():
        count = len(space.case.options[option].levels)
        scale = words.values.get(option, tuple(Fraction(level) for level in range(count)))
        at = scale[space.case.options[option].levels.index(position.at)]
        salience = Fraction(str(position.salience))
        losses.append((option, [-salience * abs(value - at) for value in scale]))
    numbers = [worth for _, worth in gains] + [cost for _, costs in losses for cost in costs]
    unit = lcm(walk_away.denominator, *(number.denominator for number in numbers))
    return gains, losses, unit


def _ranking(space: StateSpace, preference: Preference) -> Cells:
    """Return a ranking as numbers: unlisted states 0, the best listed the highest."""
    values = np.zeros(space.size, dtype=np.int64)
    words = space.case.vocabulary
    for height, tied in enumerate(reversed(preference.ranking), start=1):
        for state in tied:
            terms = dict.fromkeys(space.options, 0) | dict(words.term(text) for text in state)
            values[space.index(terms)] = height
    return values.reshape(space.shape)


def _ranks(cells: Cells) -> Cells:
    """Return the numbers replaced by their ranks, 0 lowest: the order is all that counts."""
    ranks = np.unique(cells, return_inverse=True)[1]
    return np.asarray(ranks.reshape(cells.shape).astype(np.int64))


def _compact(cells: Cells) -> Cells:
    """Return the same numbers, from 0 up if ordinal sense allows, in the smallest integers."""
    low, high = int(cells.min()), int(cells.max())
    if low >= 0:
        return cells.astype(_smallest(high), copy=False)
    return cells.astype(np.int64, copy=False)


def _smallest(most: int) -> type[np.signedinteger]:
    """Return the smallest integer type that holds `most` with one number to spare above it."""
    for kind in (np.int8, np.int16, np.int32):
        if most < np.iinfo(kind).max:
            return kind
    return np.int64
