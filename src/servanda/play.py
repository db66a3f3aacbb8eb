"""Where a conflict goes by itself: play along the parties' own improvements.

Only *needed* changes are made: a move is dropped if a part of it gains at least as much.  The
outcomes are the terminal strongly connected components of what can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, silent
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.moves import Moves
from servanda.states import Cells, States, Truth

_TELL_EVERY = 256


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where play can end: one state, or a cycle of states it never leaves."""

    states: tuple[int, ...]

    @property
    def cycle(self) -> bool:
        """Whether play goes round."""
        return len(self.states) > 1


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
    """

    conflict: Conflict
    held: frozenset[OptionId] = frozenset()
    sanctions: Mapping[PartyId, Cells] | None = None
    tick: Tick = silent
    _steps: dict[int, tuple[int, ...]] = field(default_factory=dict, repr=False)

    def outcomes(self, starts: Iterable[int]) -> tuple[Outcome, ...]:
        """Return every outcome play can reach from these states, in order of index."""
        moves = self.conflict.moves.holding(self.held) if self.held else self.conflict.moves
        components = _terminal_components(tuple(starts), lambda state: self._after(state, moves))
        return tuple(Outcome(component) for component in sorted(components))

    def _after(self, state: int, moves: Moves) -> tuple[int, ...]:
        """Return the states one needed improvement of anybody away."""
        if state not in self._steps:
            reached: set[int] = set()
            for party in self.conflict.parties:
                reached.update(self.needed(state, party, moves))
            self._steps[state] = tuple(sorted(reached))
            if len(self._steps) % _TELL_EVERY == 0:
                self.tick(f"no-deal play: {len(self._steps)} states seen")
        return self._steps[state]

    def needed(self, state: int, party: PartyId, moves: Moves) -> list[int]:
        """Return the improvements of a party of which no part gains at least as much.

        A part that foresight forbids does not count: it would not be made instead.
        """
        if not self.conflict.space.dense:
            moves = moves.holding(self.conflict.idle(party))
        reached = moves.destinations(state, party)
        if not len(reached):
            return []
        payoff = self.conflict.payoffs[party]
        values, before = payoff.of(reached), payoff.value(state)
        better = values > before
        if self.sanctions is not None:
            better &= self.sanctions[party][reached] > before
        if not better.any():
            return []
        reached, values = reached[better], values[better]
        levels = self._levels(reached, party, moves)
        now = self._levels(self.conflict.space.listed([state]), party, moves)[0]
        low, high = np.minimum(levels, now), np.maximum(levels, now)
        found = []
        for place in range(len(reached)):
            inside = (levels >= low[place]) & (levels <= high[place])
            part = inside.all(axis=1) & (values >= values[place])
            part[place] = False
            if not part.any():
                found.append(int(reached[place]))
        return found

    def _levels(self, states: States, party: PartyId, moves: Moves) -> Cells:
        """Return the levels of the options a party can touch; shape = states by options."""
        space = self.conflict.space
        reach = moves.reach((party,))
        fallen = (option for _, falls in reach.packages for option in falls)
        touched = sorted({*reach.free, *reach.terms, *fallen}, key=lambda o: space.axis[o])
        return np.stack([space.column(states, option) for option in touched], axis=1)


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


def _terminal_components(
    starts: tuple[int, ...], follow: Callable[[int], tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Return the strongly connected components without a way out (Tarjan 1972, iterative)."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    component: dict[int, int] = {}
    stack: list[int] = []
    groups: list[tuple[int, ...]] = []
    for start in starts:
        if start in number:
            continue
        work = [(start, iter(follow(start)))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        while work:
            state, rest = work[-1]
            for other in rest:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    stack.append(other)
                    work.append((other, iter(follow(other))))
                    break
                if other not in component:
                    lowest[state] = min(lowest[state], number[other])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[state])
                if lowest[state] == number[state]:
                    cut = stack.index(state)
                    members = tuple(sorted(stack[cut:]))
                    del stack[cut:]
                    component.update(dict.fromkeys(members, len(groups)))
                    groups.append(members)
    return [
        members
        for members in groups
        if all(component[other] == component[s] for s in members for other in follow(s))
    ]
