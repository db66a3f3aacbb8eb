"""Where a conflict goes by itself: play along the parties' own improvements.

Only *needed* changes are made: a move is dropped if a part of it gains at least as much.  The
outcomes are the terminal strongly connected components of what can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, silent
from servanda.errors import Undecided, UsageError
from servanda.extent import Extent
from servanda.model import PartyId
from servanda.states import Cells, Truth

_TELL_EVERY = 256

Follow = Callable[[int], Sequence[int]]
"""Tells where one needed improvement of anybody leads from a state."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where play can end: one state, or a cycle of states it never leaves."""

    states: tuple[int, ...]

    @property
    def cycle(self) -> bool:
        """Whether play goes round."""
        return len(self.states) > 1


@dataclass(frozen=True, slots=True)
class Settled:
    """Where play ends, and how far that is known.

    Parameters
    ----------
    outcomes
        The outcomes, in order of index.
    paths
        None if these are all there are; else how many paths were followed by chance.
    """

    outcomes: tuple[Outcome, ...] = ()
    paths: int | None = None

    @property
    def exact(self) -> bool:
        """Whether the outcomes are all there are."""
        return self.paths is None

    @property
    def states(self) -> tuple[int, ...]:
        """Every state of every outcome."""
        return tuple(state for end in self.outcomes for state in end.states)


@dataclass(frozen=True)
class Play:
    """Play from some states with some options held.

    Parameters
    ----------
    conflict
        The conflict.
    held
        Options nobody changes.
    sanctions
        SEQ sanction values of each party (flattened), for play with foresight: an improvement
        that the others' improvements would undo is not made.
    tick
        Told how far the search is; may stop it.
    extent
        How far play is followed.
    """

    conflict: Conflict
    held: frozenset[OptionId] = frozenset()
    sanctions: Mapping[PartyId, Cells] | None = None
    tick: Tick = silent
    extent: Extent = field(default_factory=Extent)

    def outcomes(self, starts: Iterable[int]) -> tuple[Outcome, ...]:
        """Return the outcomes play can reach from these states, in order of index."""
        return self.settle(starts).outcomes

    def settle(self, starts: Iterable[int]) -> Settled:
        """Return where play ends from these states: all outcomes, or those that chance finds.

        Raises
        ------
        Undecided
            If it ends nowhere as far as it is followed.
        """
        starts, space = tuple(starts), self.conflict.space
        if self.sanctions is not None:
            return self._settle(starts, self._foreseeing)
        key = (self.held, starts, self.extent)
        known = self.conflict.played
        if key not in known:
            found = self._settle(tuple(map(space.packed, starts)), self._after())
            ends = (tuple(map(space.unpacked, end.states)) for end in found.outcomes)
            known[key] = Settled(_ends(ends), found.paths)
        settled: Settled = known[key]
        return settled

    def _settle(self, starts: tuple[int, ...], follow: Follow) -> Settled:
        """Return where play ends, with states as `follow` takes them."""
        walk = _Walk(follow, self.extent.states)
        try:
            for start in starts:
                walk.from_(start)
        except _TooFar:
            return self._sampled(starts, follow)
        return Settled(_ends(walk.found))

    def _sampled(self, starts: tuple[int, ...], follow: Follow) -> Settled:
        """Follow paths by chance, each to where play ends: nothing it finds is no outcome.

        A path is followed until nobody moves on, or for so long that it may be going round; then
        all that can be reached from there is looked at, as far as that is not too much.
        """
        chance = np.random.default_rng(self.extent.seed)
        long = 4 * len(self.conflict.space.options)
        near = max(self.extent.states // self.extent.paths, 2 * long)
        found: set[tuple[int, ...]] = set()
        for number in range(self.extent.paths):
            self.tick(f"no-deal play: path {number + 1} of {self.extent.paths}")
            state = starts[number % len(starts)]
            for _ in range(long):
                ways = sorted(set(follow(state)))
                if not ways:
                    break
                state = ways[int(chance.integers(len(ways)))]
            walk = _Walk(follow, near)
            with suppress(_TooFar):
                walk.from_(state)
                found.update(tuple(sorted(end)) for end in walk.found)
        if not found:
            message = f"no outcome without a deal was found on {self.extent.paths:,} paths"
            raise Undecided(message, "play goes on too long; hold some options")
        return Settled(_ends(found), self.extent.paths)

    def _after(self) -> Follow:
        """Return what tells where one needed improvement of anybody leads; states are packed."""
        conflict, seen = self.conflict, 0
        every = (
            conflict.steps(party, self.held | conflict.idle(party), needed=True)
            for party in conflict.parties
        )
        steps = [(each.mask, each.jumps, each.leap) for each in every if each.anything]

        def follow(state: int) -> list[int]:
            nonlocal seen
            seen += 1
            if seen % _TELL_EVERY == 0:
                self.tick(f"no-deal play: {seen} states seen")
            reached: list[int] = []
            for mask, jumps, leap in steps:
                found = jumps.get(state & mask)
                if found is None:
                    found = leap(state)
                if found:
                    reached += [state + jump for jump in found]
            return reached

        return follow

    def _foreseeing(self, state: int) -> list[int]:
        """Return where the needed improvements lead that nothing will undo."""
        assert self.sanctions is not None  # noqa: S101 - asked only where they are known
        conflict = self.conflict
        return [
            after
            for party in conflict.parties
            for after in conflict.foreseen(party, state, self.held, self.sanctions[party]).tolist()
        ]


def _ends(components: Iterable[tuple[int, ...]]) -> tuple[Outcome, ...]:
    """Return components as outcomes, in order of index."""
    return tuple(map(Outcome, sorted(tuple(sorted(each)) for each in components)))


def place(
    conflict: Conflict,
    state: int,
    terms: Mapping[OptionId, int],
    fixed: Iterable[OptionId] = (),
) -> tuple[int, ...]:
    """Return the state with some terms put on it, or else the feasible ones nearest to that.

    Parameters
    ----------
    conflict
        The conflict.
    state
        Where to put the terms.
    terms
        Level indices of some options.
    fixed
        Options that stay as they are, unless they are among the terms.

    Raises
    ------
    UsageError
        If no feasible state has the terms, or one-way and fixed options bar the way to all of
        them.
    """
    space = conflict.space
    stay = {option: space.level(state, option) for option in fixed}
    put = space.put(state, terms)
    if conflict.can_be(put) and is_open(conflict, state, put, {**stay, **terms}):
        return (put,)
    space.must_be_dense()
    fit = reachable(conflict, state, {**stay, **terms})
    states = np.flatnonzero(fit)
    if not len(states):
        named = ", ".join(f"{o} = {level}" for o, level in space.named(terms).items())
        known = (
            space.along(o, np.arange(space.shape[space.axis[o]]) == n) for o, n in terms.items()
        )
        possible = conflict.feasible.copy()
        for holds in known:
            possible &= holds
        what = "can be reached from the start with" if possible.any() else "has"
        raise UsageError(f"no feasible state {what} all these terms", named)
    changed = space.distances(states, put)
    return tuple(int(s) for s in states[changed == changed.min()])


def is_open(conflict: Conflict, state: int, other: int, terms: Mapping[OptionId, int]) -> bool:
    """Return whether another state has some terms, and no one-way option bars the way to it."""
    space = conflict.space
    for name, option in conflict.case.options.items():
        now, then = space.level(state, name), space.level(other, name)
        if then != terms.get(name, then):
            return False
        barred = then < now if option.only == "up" else option.only == "down" and then > now
        if barred and conflict.walk_away is None:
            return False
    return True


def reachable(conflict: Conflict, state: int, terms: Mapping[OptionId, int]) -> Truth:
    """Return the feasible states with some terms that no one-way option bars; flattened.

    Pure talks have no state of affairs that anything could not go back to.
    """
    space = conflict.space
    fit = conflict.feasible.copy()
    for name, option in conflict.case.options.items():
        now, term = space.level(state, name), terms.get(name)
        only = None if conflict.walk_away is not None else option.only
        if term is None and only is None:
            continue
        levels = np.arange(len(option.levels))
        fits = np.ones(len(levels), np.bool_) if term is None else levels == term
        if only is not None:
            fits &= levels >= now if only == "up" else levels <= now
        fit &= space.along(name, fits)
    return fit.reshape(-1)


class _TooFar(Exception):
    """More states were reached than are to be followed."""


@dataclass
class _Walk:
    """A walk through a graph, depth first, that finds its components (Tarjan 1972, iterative).

    A component is closed before any from which it can be reached.  So whether there is a way out
    of it is known once it is closed: into a component that was closed before.
    """

    follow: Follow
    most: int
    number: dict[int, int] = field(default_factory=dict)
    found: list[tuple[int, ...]] = field(default_factory=list)
    _lowest: dict[int, int] = field(default_factory=dict)
    _closed: set[int] = field(default_factory=set)
    _leads_out: set[int] = field(default_factory=set)
    _open: list[int] = field(default_factory=list)

    def from_(self, start: int) -> None:
        """Walk through all that can be reached from a state.

        Raises
        ------
        _TooFar
            If that is more than `most` states, with those reached before.
        """
        if start in self.number:
            return
        work = [self._enter(start)]
        while work:
            state, rest = work[-1]
            fresh = next((other for other in rest if self._is_new(state, other)), None)
            if fresh is not None:
                work.append(self._enter(fresh))
                continue
            work.pop()
            closes = self._lowest[state] == self.number[state]
            if closes:
                self._close(state)
            if work:
                before = work[-1][0]
                self._lowest[before] = min(self._lowest[before], self._lowest[state])
                if closes:
                    self._leads_out.add(before)

    def _enter(self, state: int) -> tuple[int, Iterator[int]]:
        if len(self.number) >= self.most:
            raise _TooFar
        self.number[state] = self._lowest[state] = len(self.number)
        self._open.append(state)
        return state, iter(self.follow(state))

    def _is_new(self, state: int, other: int) -> bool:
        """Return whether a state was not seen before; note what the edge to it tells if it was."""
        seen = self.number.get(other)
        if seen is None:
            return True
        if other in self._closed:
            self._leads_out.add(state)
        elif seen < self._lowest[state]:
            self._lowest[state] = seen
        return False

    def _close(self, state: int) -> None:
        members = [self._open.pop()]
        while members[-1] != state:
            members.append(self._open.pop())
        self._closed.update(members)
        if self._leads_out.isdisjoint(members):
            self.found.append(tuple(members))
