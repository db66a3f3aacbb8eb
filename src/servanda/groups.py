"""What several parties can do together: the smallest group that breaks a state, and its move.

Where all moves of a group can be looked at side by side they are; else the solver tells whether
there is any by which every member gains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, silent
from servanda.errors import Lapsed, Undecided
from servanda.fan import Fan
from servanda.model import PartyId
from servanda.selfenforcement import Responding, Response, answered_alike, search
from servanda.stability import Grade
from servanda.states import States, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGrade:
    """What groups up to some size can do.

    Parameters
    ----------
    size
        Largest group tried (named groups besides).
    grade
        Firm: no group has an improvement; guarded: each is deterred; breaks otherwise.
    breaker, state
        The smallest group with an improvement that counts for the grade, and where it goes.
    untold
        Groups that were tried but of which it could not be told: the grade leaves them out.
    untried
        How many groups there was no time for: the grade leaves them out.
    """

    size: int
    grade: Grade
    breaker: tuple[PartyId, ...] = ()
    state: int | None = None
    untold: tuple[tuple[PartyId, ...], ...] = ()
    untried: int = 0


def group_improvements(conflict: Conflict, group: Collection[PartyId], state: int) -> list[int]:
    """Return the states a group can move to that every member prefers.

    Where there are too many states for an array, what nobody cares about stays as it is.

    Raises
    ------
    Undecided
        If there are too many moves to look at.
    """
    held = frozenset() if conflict.space.dense else conflict.uncared
    found: list[int] = _ranked(conflict, _better(conflict, group, state, held), state).tolist()
    return found


def _ranked(conflict: Conflict, reached: States, state: int) -> States:
    """Return states in order of how many options they change."""
    order = np.argsort(conflict.space.distances(reached, state), kind="stable")
    ranked: States = reached[order]
    return ranked


def _better(
    conflict: Conflict, group: Collection[PartyId], state: int, held: frozenset[OptionId]
) -> States:
    """Return where a group can move with some options held, and every member gains."""
    moves = conflict.moves.holding(held | conflict.frozen)
    payoffs = [conflict.payoffs[party] for party in group]
    fan = None if conflict.space.dense else Fan.of(moves, state, group)
    if fan is not None:
        return fan.ends(fan.better(payoffs))
    reached = moves.destinations(state, group)
    for payoff in payoffs:
        reached = reached[payoff.of(reached) > payoff.value(state)]
    return reached


def group_gains(conflict: Conflict, group: Collection[PartyId], state: int) -> tuple[States, bool]:
    """Return improvements of a group, and whether they are all that need be answered.

    There are some wherever there is any.

    Raises
    ------
    Undecided
        If the solver did not tell in time.
    """
    idle = frozenset.intersection(*(conflict.idle(party) for party in group))
    try:
        gains = _better(conflict, group, state, idle)
    except Undecided:
        from servanda.escape import better_move  # noqa: PLC0415  # the solver is slow to import

        found = better_move(conflict, group, state)
        return conflict.space.listed([] if found is None else [found]), found is None
    if not len(gains):
        return gains, True
    try:
        return _better(conflict, group, state, conflict.uncared), True
    except Undecided:
        return gains, False


def group_sanction(
    conflict: Conflict, group: Collection[PartyId], state: int, after: int
) -> tuple[Response, ...] | None:
    """Return improvements of the others that leave some member no better off than before."""
    others = [party for party in conflict.parties if party not in group]
    worse = _Worse(conflict, tuple(group), state)
    return search(conflict, after, others, worse.of, how=Responding.GAINING)


@dataclass(frozen=True)
class _Worse:
    """Tells where some member of a group is no better off than in a state."""

    conflict: Conflict
    group: tuple[PartyId, ...]
    state: int

    def of(self, reached: States) -> Truth:
        """Return where that is so."""
        meets = np.zeros(len(reached), dtype=np.bool_)
        for party in self.group:
            payoff = self.conflict.payoffs[party]
            meets |= payoff.of(reached) <= payoff.value(self.state)
        return meets


def _undeterred(
    conflict: Conflict, group: tuple[PartyId, ...], state: int, ways: States
) -> int | None:
    """Return the first of a group's improvements that nothing deters; None if each is answered.

    The answer to one is tried on all others.
    """
    left = np.ones(len(ways), dtype=np.bool_)
    worse = _Worse(conflict, group, state)
    while left.any():
        after = int(ways[int(np.argmax(left))])
        answer = group_sanction(conflict, group, state, after)
        if answer is None:
            return after
        left[int(np.argmax(left))] = False
        rest = np.flatnonzero(left)
        for ends in answered_alike(conflict, ways[rest], (after, answer), gaining=True):
            left[rest[ends.legal & worse.of(ends.states)]] = False
    return None


def _groups(conflict: Conflict, size: int) -> Iterator[tuple[PartyId, ...]]:
    """Yield groups of two to `size` parties, and the case's named groups, the smallest first."""
    groups: dict[frozenset[PartyId], None] = {}
    for count in range(2, size + 1):
        groups |= dict.fromkeys(map(frozenset, combinations(conflict.parties, count)))
    groups |= dict.fromkeys(map(frozenset, conflict.case.groups))
    for group in sorted(groups, key=len):
        yield tuple(party for party in conflict.parties if party in group)


def grade_groups(conflict: Conflict, state: int, size: int = 2) -> GroupGrade:
    """Return what groups of two to `size` parties, and the case's named groups, can do.

    Raises
    ------
    Undecided
        If that cannot be told, in a space too large for arrays.
    """
    guarded_by: GroupGrade | None = None
    for members in _groups(conflict, size):
        found = _graded(conflict, members, state, size)
        if found is not None and found.grade is Grade.BREAKS:
            return found
        guarded_by = guarded_by or found
    return guarded_by or GroupGrade(size=size, grade=Grade.FIRM)


def grade_as_told(conflict: Conflict, state: int, size: int = 2, tick: Tick = silent) -> GroupGrade:
    """Return what groups can do as far as it can be told, and of which groups it cannot.

    Parameters
    ----------
    conflict, state, size
        As for `grade_groups`.
    tick
        Told what is being done; where it lets the work lapse, the groups left are untried.
    """
    every = tuple(_groups(conflict, size))
    firm = GroupGrade(size=size, grade=Grade.FIRM)
    guarded_by: GroupGrade | None = None
    untold: list[tuple[PartyId, ...]] = []
    for place, members in enumerate(every):
        try:
            tick(f"what groups can do: {place} of {len(every)} tried")
            found = _graded(conflict, members, state, size)
        except Undecided:
            untold.append(members)
            continue
        except Lapsed:
            left = len(every) - place
            return replace(guarded_by or firm, untold=tuple(untold), untried=left)
        if found is not None and found.grade is Grade.BREAKS:
            smaller = tuple(group for group in untold if len(group) < len(members))
            return replace(found, untold=smaller)
        guarded_by = guarded_by or found
    return replace(guarded_by or firm, untold=tuple(untold))


def _graded(
    conflict: Conflict, members: tuple[PartyId, ...], state: int, size: int
) -> GroupGrade | None:
    """Return what one group can do; None where it gains by nothing.

    Raises
    ------
    Undecided
        If that cannot be told.
    """
    ways, complete = group_gains(conflict, members, state)
    if not len(ways):
        return None
    ways = _ranked(conflict, ways, state)
    free = _undeterred(conflict, members, state, ways)
    if free is not None:
        return GroupGrade(size=size, grade=Grade.BREAKS, breaker=members, state=free)
    if not complete:
        who = " and ".join(conflict.case.name(party) for party in members)
        raise Undecided(f"{who} can move together in too many ways to look at each")
    return GroupGrade(size=size, grade=Grade.GUARDED, breaker=members, state=int(ways[0]))
