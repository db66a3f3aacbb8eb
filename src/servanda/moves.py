"""Which states a party, or a group, can reach in one move.

A party changes its own options and leaves joint ones; `only` makes an option one-way and `when`
bars a change where it does not hold.  A group also changes the joint options whose partners are
all in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from servanda.conditions import OptionId
from servanda.model import Option, PartyId
from servanda.states import StateSpace, Truth

States = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True)
class Moves:
    """Legal moves between feasible states.

    Parameters
    ----------
    space
        The states.
    feasible
        Boolean, one cell a state (flattened).
    held
        Options nobody may change.
    """

    space: StateSpace
    feasible: NDArray[np.bool_]
    held: frozenset[OptionId] = frozenset()
    _reaches: dict[frozenset[PartyId], Reach] = field(default_factory=dict, repr=False)
    _offsets: dict[frozenset[PartyId], States] = field(default_factory=dict, repr=False)

    @cached_property
    def options(self) -> Mapping[OptionId, Option]:
        """The case's options."""
        return self.space.case.options

    def holding(self, held: Iterable[OptionId]) -> Moves:
        """Return the moves that leave these options alone as well."""
        return Moves(self.space, self.feasible, self.held | frozenset(held))

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
    def whens(self) -> Mapping[OptionId, Truth]:
        """Where each conditional option may be changed."""
        words = self.space.case.vocabulary
        return {
            name: self.space.truth(words.condition(option.when))
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
        if self.simple(group):
            reached = self._simple_destinations(state, group)
        else:
            reached = self._ruled_destinations(state, self.reach(group))
        legal: States = reached[self.feasible[reached] & (reached != state)]
        return legal

    def _simple_destinations(self, state: int, group: frozenset[PartyId]) -> States:
        space = self.space
        free = self.reach(group).free
        if group not in self._offsets:
            steps = [
                np.arange(len(self.options[option].levels)) * space.strides[space.axis[option]]
                for option in free
            ]
            self._offsets[group] = np.sort(_sums(0, steps))
        lowest = space.put(state, dict.fromkeys(free, 0))
        return lowest + self._offsets[group]

    def _ruled_destinations(self, state: int, reach: Reach) -> States:
        level = self.space.level
        stride = {option: self.space.strides[self.space.axis[option]] for option in self.options}

        def fall(option: OptionId) -> int:
            now = level(state, option)
            return (self.fallen(option, now) - now) * stride[option]

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
                option: (self.allowed(state, option) - level(state, option)) * stride[option]
                for option in reach.free
            }
            for option in reach.terms:
                steps[option] = np.union1d(steps.get(option, [0]), [fall(option)])
            steps = {option: step for option, step in steps.items() if option not in gone}
            start = state + sum(fall(option) for option in gone)
            found.append(_sums(start, list(steps.values())))
        return np.unique(np.concatenate(found))

    def allowed(self, state: int, option: OptionId) -> States:
        """Return the levels an owner may set an option to, the present one included."""
        now = self.space.level(state, option)
        if option in self.whens and not self.space.at(self.whens[option], state):
            return np.array([now])
        only = self.options[option].only
        count = len(self.options[option].levels)
        low = now if only == "up" else 0
        high = now + 1 if only == "down" else count
        return np.arange(low, high)


def _sums(start: int, steps: Sequence[States]) -> States:
    """Return `start` plus one entry of each array of steps, in every combination."""
    total = np.array([start], dtype=np.int64)
    for step in steps:
        total = (total[:, None] + step[None, :]).reshape(-1)
    return total
