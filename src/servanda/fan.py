"""All moves of one party from one state, side by side: a fan.

The fan is a small grid with one axis for every option the party can touch.  What each end is worth
is told by broadcasting, and a move of which a part gains as much is found by running maxima, so
that a party with sixteen options of its own is looked at in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from servanda.conditions import OptionId
from servanda.errors import Undecided
from servanda.model import PartyId
from servanda.moves import Moves
from servanda.preferences import Payoff
from servanda.states import Cells, States, StateSpace, Truth

MOST_ENDS = 2**20
"""Ends of a fan that are looked at at once."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing a party may do: bring an option to some level, or let a package fall.

    Parameters
    ----------
    places
        The options it touches, as places among the columns.
    levels
        For each of them its levels along the axis.
    steps
        How far each brings a state.
    now
        Where along the axis the state stands.
    """

    places: tuple[int, ...]
    levels: tuple[tuple[int, ...], ...]
    steps: States
    now: int


@dataclass(frozen=True)
class Fan:
    """All moves of a party from a state; arrays have one cell an end, one dimension an axis.

    Parameters
    ----------
    space
        The states.
    start
        Where the moves begin.
    axes
        What the party can do.
    moves
        The moves, for what can be.
    """

    space: StateSpace
    start: int
    axes: tuple[Axis, ...]
    moves: Moves

    @classmethod
    def of(cls, moves: Moves, state: int, group: Iterable[PartyId]) -> Fan | None:
        """Return the moves of a party, or a group, from a state.

        None where they are no grid: where a group may set an option that falls with a package.

        Raises
        ------
        Undecided
            If there are too many moves to look at.
        """
        group = frozenset(group)
        axes = _axes(moves, state, group)
        if axes is None:
            return None
        count = prod(len(axis.steps) for axis in axes)
        if count > MOST_ENDS:
            who = " and ".join(moves.space.case.name(party) for party in sorted(group))
            hint = f"{MOST_ENDS:,} can be looked at one by one"
            raise Undecided(f"{who} may move in {count:,} ways at once", hint)
        return cls(moves.space, state, axes, moves)

    @classmethod
    def free(cls, moves: Moves, state: int, options: Iterable[OptionId]) -> Fan:
        """Return all settings of some options, as far as `only` lets them come there.

        Raises
        ------
        Undecided
            If there are too many to look at.
        """
        space, axes = moves.space, []
        standing = space.standing(state)
        for option in options:
            now, stated = standing[space.axis[option]], moves.options[option]
            low = now if stated.only == "up" else 0
            high = now + 1 if stated.only == "down" else len(stated.levels)
            if high - low > 1:
                axes.append(_axis(space, standing, [option], [range(low, high)]))
        if prod(len(axis.steps) for axis in axes) > MOST_ENDS:
            raise Undecided("too many settings of options to look at")
        return cls(space, state, tuple(axes), moves)

    def worst(self, payoff: Payoff) -> int:
        """Return the least that any end is worth to a party, whether it can be or not."""
        return int(self.values(payoff).min())

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many levels there are along each axis."""
        return tuple(len(axis.steps) for axis in self.axes)

    @cached_property
    def columns(self) -> list[Any]:
        """Every option's level, or its levels along an axis, as `over_columns` takes them."""
        columns: list[Any] = list(self.space.standing(self.start))
        for number, axis in enumerate(self.axes):
            for place, levels in zip(axis.places, axis.levels, strict=True):
                columns[place] = self._along(number, np.array(levels))
        return columns

    def _along(self, number: int, line: Cells) -> Cells:
        shape = [1] * len(self.axes)
        shape[number] = len(line)
        return line.reshape(shape)

    @cached_property
    def states(self) -> States:
        """The state at each end."""
        found = np.full((1,) * len(self.axes), self.start, dtype=self.space.kind)
        for number, axis in enumerate(self.axes):
            found = found + self._along(number, axis.steps)
        return found

    @cached_property
    def legal(self) -> Truth:
        """Which ends can be; the state itself is among them if it can."""
        return np.broadcast_to(
            self.moves.feasible_over(self.columns, lambda: self.states), self.shape
        )

    def values(self, payoff: Payoff) -> Cells:
        """Return what each end is worth to a party."""
        if payoff.reckon is None:
            return np.asarray(payoff.flat[self.states])
        return np.broadcast_to(np.asarray(payoff.reckon.over(self.columns)), self.shape)

    @property
    def here(self) -> tuple[int, ...]:
        """Where among the ends the state itself stands."""
        return tuple(axis.now for axis in self.axes)

    @property
    def elsewhere(self) -> Truth:
        """Which ends can be and are not the state itself."""
        found = self.legal.copy()
        found[self.here] = False
        return found

    def better(self, payoffs: Iterable[Payoff]) -> Truth:
        """Return which ends can be, and are better for everybody named."""
        better = self.legal
        for payoff in payoffs:
            values = self.values(payoff)
            better = better & (values > values[self.here])
        return better

    def needed(self, values: Cells, better: Truth) -> Truth:
        """Return the better ends of which no part is better and worth as much.

        A part has each changed option at its old level, its new one, or one between.
        """
        if not better.any():
            return better
        if values.dtype == object:
            values = np.unique(values, return_inverse=True)[1].reshape(values.shape)
        lowest = np.iinfo(np.int64).min
        inside = np.where(better, values, lowest)
        for number, axis in enumerate(self.axes):
            _spread(inside, number, axis.now)
        parts = np.full(self.shape, lowest)
        for number, axis in enumerate(self.axes):
            line = np.moveaxis(parts, number, 0)
            whole = np.moveaxis(inside, number, 0)
            up, down = slice(axis.now + 1, None), slice(0, axis.now)
            np.maximum(line[up], whole[axis.now : -1], out=line[up])
            np.maximum(line[down], whole[1 : axis.now + 1], out=line[down])
        found: Truth = better & (np.asarray(values) > parts)
        return found

    def ends(self, chosen: Truth) -> States:
        """Return the states at some ends, in order of index."""
        if not self.axes:
            return self.space.listed([self.start] if chosen else [])
        found: States = np.full(int(chosen.sum()), self.start, dtype=self.space.kind)
        for axis, place in zip(self.axes, np.nonzero(chosen), strict=True):
            found += axis.steps[place]
        found.sort()
        return found


def _spread(inside: Cells, number: int, now: int) -> None:
    """Let each cell along an axis hold the most of all from `now` to it."""
    line = np.moveaxis(inside, number, 0)
    if len(line) == 2:
        other = line[1 - now : 2 - now]
        np.maximum(other, line[now : now + 1], out=other)
        return
    np.maximum.accumulate(line[now:], axis=0, out=line[now:])
    back = line[now::-1] if now else line[:1]
    np.maximum.accumulate(back, axis=0, out=back)


def _axes(moves: Moves, state: int, group: frozenset[PartyId]) -> tuple[Axis, ...] | None:
    """Return what a group can do from a state; None where that is no grid."""
    space, reach = moves.space, moves.reach(group)
    levels = space.standing(state)
    choices: dict[OptionId, list[int]] = {}
    for option in reach.free:
        choices[option] = moves.allowed(state, option).tolist()
    for option in reach.terms:
        now = levels[space.axis[option]]
        known = choices.get(option, [now])
        choices[option] = sorted({*known, moves.fallen(option, now)})
    axes = []
    for option, allowed in choices.items():
        if len(allowed) > 1:
            axes.append(_axis(space, levels, [option], [allowed]))
    for mine, fallen in reach.packages:
        falls = {o: moves.fallen(o, levels[space.axis[o]]) for o in fallen}
        changed = [o for o in fallen if falls[o] != levels[space.axis[o]]]
        if set(mine).isdisjoint(changed) or not moves.held.isdisjoint(changed):
            continue
        if not choices.keys().isdisjoint(fallen):
            return None
        both = [[levels[space.axis[o]], falls[o]] for o in changed]
        axes.append(_axis(space, levels, changed, both))
    return tuple(axes)


def _axis(
    space: StateSpace,
    standing: Sequence[int],
    options: Sequence[OptionId],
    levels: Sequence[Sequence[int]],
) -> Axis:
    """Return an axis along which some options change together."""
    places = tuple(space.axis[option] for option in options)
    now = levels[0].index(standing[places[0]])
    steps = [
        sum(
            (levels[n][step] - standing[place]) * space.strides[place]
            for n, place in enumerate(places)
        )
        for step in range(len(levels[0]))
    ]
    return Axis(places, tuple(map(tuple, levels)), space.listed(steps), now)
