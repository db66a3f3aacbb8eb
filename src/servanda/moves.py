"""Which states a party, or a group, can reach in one move.

A party changes its own options and leaves joint ones; `only` makes an option one-way and `when`
bars a change where it does not hold.  A group also changes the joint options whose partners are
all in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, Protocol

import numpy as np

from servanda.columns import Columns
from servanda.conditions import Condition, OptionId, holds
from servanda.errors import Undecided
from servanda.model import Option, PartyId
from servanda.states import States, StateSpace, Truth

_MOST_MOVES = 2**12  # of one mover, where there are too many states for an array


class Looks(Protocol):
    """What looks at the states asked about, and tells which can be."""

    def __getitem__(self, states: States, /) -> Truth:
        """Return which of some states can be."""
        ...

    def over(self, columns: Columns) -> Any:
        """Return which can be, given columns of levels: True or False, or an array of them."""
        ...


Feasible = Truth | Looks
"""Which states can be: a flattened array over all of them, or what looks at those asked about."""


@dataclass(frozen=True)
class Reach:
    """What a mover can touch.

    Parameters
    ----------
    free
        Options it sets as it likes, within `only` and `when`.
    terms
        Joint options it can leave one by one.
    packages
        For each package it has a part in: the options it is partner of, and all that fall.
    """

    free: tuple[OptionId, ...]
    terms: tuple[OptionId, ...]
    packages: tuple[tuple[tuple[OptionId, ...], tuple[OptionId, ...]], ...]

    @cached_property
    def touched(self) -> frozenset[OptionId]:
        """All that may change by a move, those that fall with a package included."""
        fallen = (option for _, falls in self.packages for option in falls)
        return frozenset((*self.free, *self.terms, *fallen))


@dataclass(frozen=True)
class Moves:
    """Legal moves between feasible states.

    Parameters
    ----------
    space
        The states.
    feasible
        Asked with states, tells which of them can be; a flattened array does.
    held
        Options nobody may change.
    """

    space: StateSpace
    feasible: Feasible
    held: frozenset[OptionId] = frozenset()
    _reaches: dict[frozenset[PartyId], Reach] = field(default_factory=dict, repr=False)
    _offsets: dict[frozenset[PartyId], States] = field(default_factory=dict, repr=False)
    _holdings: dict[frozenset[OptionId], Moves] = field(default_factory=dict, repr=False)

    def feasible_over(self, columns: Columns, states: Callable[[], States]) -> Truth:
        """Return which states can be, from columns of levels or, where an array tells, by index."""
        if isinstance(self.feasible, np.ndarray):
            return np.asarray(self.feasible[states()])
        return np.asarray(self.feasible.over(columns))

    def can_be(self, state: int) -> bool:
        """Return whether a state is feasible."""
        if isinstance(self.feasible, np.ndarray):
            return bool(self.feasible[state])
        return bool(self.feasible.over(self.space.standing(state)))

    @cached_property
    def options(self) -> Mapping[OptionId, Option]:
        """The case's options."""
        return self.space.case.options

    def holding(self, held: Iterable[OptionId]) -> Moves:
        """Return the moves that leave these options alone as well."""
        held = self.held | frozenset(held)
        if held not in self._holdings:
            self._holdings[held] = Moves(self.space, self.feasible, held)
        return self._holdings[held]

    def without(self, option: OptionId) -> int:
        """Return the level index a left or lapsed option falls to."""
        stated = self.options[option].without
        if stated is None:
            return self.space.case.base[option]
        return self.options[option].levels.index(stated)

    def fallen(self, option: OptionId, level: int) -> int:
        """Return where a joint option stands once left: below, unless `only` forbids the way."""
        without = self.without(option)
        barred = self.options[option].only == "down" and without > level
        return level if barred else without

    @cached_property
    def whens(self) -> Mapping[OptionId, Condition]:
        """When each conditional option may be changed."""
        words = self.space.case.vocabulary
        return {
            name: words.condition(option.when)
            for name, option in self.options.items()
            if option.when is not None
        }

    @cached_property
    def waits(self) -> bool:
        """Whether some party's own option waits for a condition.

        Only then can one party's two moves in a row do what no single move of it can.
        """
        return any(not self.options[option].joint for option in self.whens)

    def reach(self, movers: Iterable[PartyId]) -> Reach:
        """Return what a party (a group of one) or a group can touch."""
        group = frozenset(movers)
        if group not in self._reaches:
            self._reaches[group] = self._reach(group)
        return self._reaches[group]

    def _reach(self, group: frozenset[PartyId]) -> Reach:
        free, terms = [], []
        packages: dict[str, list[OptionId]] = {}
        touched: dict[str, list[OptionId]] = {}
        for name, option in self.options.items():
            leavable = option.leavable and not self.space.case.walk_away
            if leavable and option.leave == "package":
                packages.setdefault(option.package, []).append(name)
            if name in self.held:
                continue
            partner = not group.isdisjoint(option.joint)
            if option.by in group or (option.joint and group >= set(option.joint)):
                free.append(name)
            at_will = name in free and option.when is None
            if leavable and option.leave == "term" and partner and not at_will:
                terms.append(name)
            if leavable and option.leave == "package" and partner:
                touched.setdefault(option.package, []).append(name)
        fallen = tuple((tuple(mine), tuple(packages[package])) for package, mine in touched.items())
        return Reach(tuple(free), tuple(terms), fallen)

    def simple(self, group: frozenset[PartyId]) -> bool:
        """Return whether the group's moves are the same from everywhere: no rule to look up."""
        reach = self.reach(group)
        one_way = any(self.options[option].only for option in reach.free)
        waiting = any(option in self.whens for option in reach.free)
        return not (one_way or waiting or reach.terms or reach.packages)

    def destinations(self, state: int, movers: PartyId | Iterable[PartyId]) -> States:
        """Return every feasible state one legal move away, in order of index.

        Parameters
        ----------
        state
            Where the move starts.
        movers
            A party, or the members of a group.
        """
        group = frozenset((movers,)) if isinstance(movers, str) else frozenset(movers)
        self._must_be_few(state, group)
        if self.simple(group):
            reached = self._simple_destinations(state, group)
        else:
            reached = self._ruled_destinations(state, self.reach(group))
        reached = reached[reached != state]
        legal: States = reached[self.feasible[reached]]
        return legal

    def _must_be_few(self, state: int, group: frozenset[PartyId]) -> None:
        """Refuse a mover with too many moves, in a space too large for arrays.

        Raises
        ------
        Undecided
            If there are more moves than can be looked at one by one.
        """
        if self.space.dense:
            return
        reach = self.reach(group)
        count = prod(len(self.options[option].levels) for option in reach.free)
        level = self.space.level
        falls = [o for o in reach.terms if self.fallen(o, level(state, o)) != level(state, o)]
        count *= 2 ** (len(falls) + len(reach.packages))
        if count > _MOST_MOVES:
            who = " and ".join(self.space.case.name(party) for party in sorted(group))
            hint = f"{_MOST_MOVES:,} can be looked at one by one"
            raise Undecided(f"{who} may move in {count:,} ways at once", hint)

    def _simple_destinations(self, state: int, group: frozenset[PartyId]) -> States:
        space = self.space
        free = self.reach(group).free
        if group not in self._offsets:
            steps = [
                self._steps(range(len(self.options[option].levels)), option) for option in free
            ]
            self._offsets[group] = np.sort(self._sums(0, steps))
        lowest = space.put(state, dict.fromkeys(free, 0))
        return lowest + self._offsets[group]

    def _ruled_destinations(self, state: int, reach: Reach) -> States:
        level, space = self.space.level, self.space

        def fall(option: OptionId) -> int:
            now = level(state, option)
            return (self.fallen(option, now) - now) * space.strides[space.axis[option]]

        found = []
        leavable = [
            fallen
            for mine, fallen in reach.packages
            if any(fall(option) for option in mine)
            and not any(fall(option) for option in fallen if option in self.held)
        ]
        for leaves in product((False, True), repeat=len(leavable)):
            gone = {
                o for left, fallen in zip(leaves, leavable, strict=True) if left for o in fallen
            }
            steps = {
                option: self._steps(self.allowed(state, option) - level(state, option), option)
                for option in reach.free
            }
            for option in reach.terms:
                both = {*steps.get(option, space.listed([0])).tolist(), fall(option)}
                steps[option] = space.listed(sorted(both))
            steps = {option: step for option, step in steps.items() if option not in gone}
            start = state + sum(fall(option) for option in gone)
            found.append(self._sums(start, list(steps.values())))
        return np.unique(np.concatenate(found))

    def _steps(self, changes: Iterable[int], option: OptionId) -> States:
        """Return how far some changes of level move a state."""
        stride = self.space.strides[self.space.axis[option]]
        return self.space.listed(int(change) * stride for change in changes)

    def _sums(self, start: int, steps: Sequence[States]) -> States:
        """Return `start` plus one entry of each array of steps, in every combination."""
        total = self.space.listed([start])
        for step in steps:
            total = (total[:, None] + step[None, :]).reshape(-1)
        return total

    def allowed(self, state: int, option: OptionId) -> States:
        """Return the levels an owner may set an option to, the present one included."""
        now = self.space.level(state, option)
        if option in self.whens and not holds(self.whens[option], self.space.levels(state)):
            return np.array([now])
        only = self.options[option].only
        count = len(self.options[option].levels)
        low = now if only == "up" else 0
        high = now + 1 if only == "down" else count
        return np.arange(low, high)
