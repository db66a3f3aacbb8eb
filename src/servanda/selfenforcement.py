"""Who would leave a state, by which move, and what deters it.

Local search at one state: it uses moves and payoffs only, none of the array engine, so each is a
check on the other.  Every "breaks" comes with the move, every "guarded" with its guard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from servanda.conflict import Conflict
from servanda.errors import Undecided
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.situation import Situation
from servanda.stability import Concept, Grade, grade_of

_MOST_SEEN = 500  # states that the answers to a move may lead to, where there is no array


@dataclass(frozen=True, slots=True)
class Response:
    """One answer in a sanctioning sequence."""

    party: PartyId
    state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A move that makes its mover better off, and the answer that deters it, if any.

    Parameters
    ----------
    party, state
        Who moves, to which state.
    sanction
        The shortest sequence of the others' moves that leaves the mover no better off than
        before; None if there is none.
    concept
        In which sense the sanction deters: SEQ, SMR or GMR; None without a sanction.
    """

    party: PartyId
    state: int
    sanction: tuple[Response, ...] | None
    concept: Concept | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyGrade:
    """How firmly one party stays in a state.

    Parameters
    ----------
    party
        The party.
    concepts
        Every concept that holds.
    witness
        For a party that is not firm: the improvement that decides (undeterred where there is
        one), with its sanction.
    lapses
        Whether the grade falls once announcements and pressure are gone; None where that does
        not arise.
    """

    party: PartyId
    concepts: tuple[Concept, ...]
    witness: Improvement | None
    lapses: bool | None = None

    @property
    def grade(self) -> Grade:
        """The grade of the concepts that hold."""
        return grade_of(self.concepts)


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
    """

    size: int
    grade: Grade
    breaker: tuple[PartyId, ...] = ()
    state: int | None = None


def search(
    conflict: Conflict,
    start: int,
    movers: Collection[PartyId],
    goal: Callable[[int], bool],
    *,
    improving: bool,
    tidy: bool = False,
) -> tuple[Response, ...] | None:
    """Return the shortest legal sequence of the movers' moves to a state that meets the goal.

    Nobody moves twice in a row; with `improving` every step is an improvement of its mover.  With
    `tidy` moves that change fewer options are tried first, so that no step is idle.

    Raises
    ------
    Undecided
        If too many states would have to be looked at, where there are too many for an array.
    """
    if goal(start):
        return ()
    seen = {(start, PartyId(""))}
    queue: deque[tuple[int, PartyId, tuple[Response, ...]]] = deque([(start, PartyId(""), ())])
    ordered = conflict.moves.waits
    while queue:
        state, last, path = queue.popleft()
        for party in movers:
            if party == last:
                continue
            if improving:
                reached = conflict.improvements(party, state)
            else:
                reached = conflict.moves.destinations(state, party)
            if tidy and len(reached) > 1:
                reached = reached[
                    np.argsort(conflict.space.distances(reached, state), kind="stable")
                ]
            for other in reached.tolist():
                key = (other, party if ordered else PartyId(""))
                if key in seen:
                    continue
                seen.add(key)
                _must_be_few(conflict, len(seen))
                longer = (*path, Response(party, other))
                if goal(other):
                    return longer
                queue.append((other, party, longer))
    return None


def _must_be_few(conflict: Conflict, seen: int) -> None:
    """Give a search up where it would take looking at too many states."""
    if seen > _MOST_SEEN and not conflict.space.dense:
        raise Undecided(f"the answers to a move lead to more than {_MOST_SEEN:,} states")


def sanction(
    conflict: Conflict,
    party: PartyId,
    state: int,
    *,
    after: int,
    concept: Concept,
    tidy: bool = False,
) -> tuple[Response, ...] | None:
    """Return how the others answer a party's move from `state` to `after`; None if they cannot."""
    payoff = conflict.payoffs[party]
    bound = payoff.value(state)
    others = [other for other in conflict.parties if other != party]

    def goal(reached: int) -> bool:
        if payoff.value(reached) > bound:
            return False
        if concept is not Concept.SMR:
            return True
        again = conflict.moves.destinations(reached, party)
        return not len(again) or int(payoff.of(again).max()) <= bound

    improving = concept is Concept.SEQ
    return search(conflict, after, others, goal, improving=improving, tidy=tidy)


def improvements(conflict: Conflict, party: PartyId, state: int) -> list[int]:
    """Return a party's improvements, best first, then fewest changes; pure talks have none."""
    reached = conflict.improvements(party, state)
    far = conflict.space.distances(reached, state).tolist()
    values = conflict.payoffs[party].of(reached).tolist()
    ranked = sorted(zip(values, far, reached.tolist(), strict=True), key=lambda w: (-w[0], *w[1:]))
    return [after for _, _, after in ranked]


def a_gain(conflict: Conflict, party: PartyId, state: int) -> int | None:
    """Return the best move that a party gains by, of those without idle changes; None if none.

    Where there are too many moves to look at, the solver settles whether there is any.
    """
    try:
        gains = conflict.gains(party, state)
    except Undecided:
        from servanda.escape import better_move  # noqa: PLC0415  # the solver is slow to import

        return better_move(conflict, party, state)
    if not len(gains):
        return None
    return int(gains[int(np.argmax(conflict.payoffs[party].of(gains)))])


def guarded(conflict: Conflict, party: PartyId, state: int) -> Grade:
    """Return firm, guarded, or breaks for anything weaker: all a *sticks* needs to know."""
    if conflict.walk_away is not None:
        return Grade.BREAKS if conflict.walks_away(party, state) else Grade.FIRM
    if a_gain(conflict, party, state) is None:
        return Grade.FIRM
    for after in conflict.improvements(party, state).tolist():
        if sanction(conflict, party, state, after=after, concept=Concept.SEQ) is None:
            return Grade.BREAKS
    return Grade.GUARDED


def weakest(conflict: Conflict, states: Iterable[int]) -> tuple[Grade, PartyId | None]:
    """Return the worst of firm, guarded, breaks over parties and states, and whose it is."""
    worst, who = Grade.FIRM, None
    for state in states:
        for party in conflict.parties:
            grade = guarded(conflict, party, state)
            if grade.rank > worst.rank:
                worst, who = grade, party
            if worst is Grade.BREAKS:
                return worst, who
    return worst, who


def grade_party(grid: Grid, party: PartyId, state: int) -> PartyGrade:
    """Return how firmly a party stays, with its witness.

    Raises
    ------
    AssertionError
        If local search and the array engine disagree: a fault in the program.
    """
    conflict = grid.conflict
    concepts = tuple(
        concept for concept in Concept if bool(grid.stable(party, concept).reshape(-1)[state])
    )
    if conflict.walk_away is not None or Concept.NASH in concepts:
        if conflict.walk_away is None and len(conflict.improvements(party, state)):
            raise AssertionError(f"{party} has an improvement at a Nash-stable state")
        return PartyGrade(party=party, concepts=concepts, witness=None)
    for concept in (Concept.SEQ, Concept.SMR, Concept.GMR):
        if concept in concepts:
            return PartyGrade(
                party=party, concepts=concepts, witness=_deterred(grid, party, state, concept)
            )
    return PartyGrade(party=party, concepts=concepts, witness=_undeterred(grid, party, state))


def grade_locally(conflict: Conflict, party: PartyId, state: int) -> PartyGrade:
    """Return how firmly a party stays, by looking at its moves and the answers to them alone.

    In a conflict of any size; slower than with the array engine, where that can be used.
    """
    every = tuple(Concept)
    if conflict.walk_away is not None:
        leaves = conflict.walks_away(party, state)
        return PartyGrade(party=party, concepts=() if leaves else every, witness=None)
    if a_gain(conflict, party, state) is None:
        return PartyGrade(party=party, concepts=every, witness=None)
    ways = improvements(conflict, party, state)
    found: dict[Concept, list[Improvement]] = {}
    for concept in (Concept.SEQ, Concept.SMR, Concept.GMR):
        found[concept] = []
        for after in ways:
            answer = sanction(conflict, party, state, after=after, concept=concept, tidy=True)
            if answer is None:
                break
            found[concept].append(
                Improvement(party=party, state=after, sanction=answer, concept=concept)
            )
    held = {concept for concept, deterred in found.items() if len(deterred) == len(ways)}
    concepts = tuple(concept for concept in every if concept in held)
    for concept in (Concept.SEQ, Concept.SMR, Concept.GMR):
        if concept in held:
            return PartyGrade(party=party, concepts=concepts, witness=found[concept][0])
    free = ways[len(found[Concept.GMR])]
    move = Improvement(party=party, state=free, sanction=None, concept=None)
    return PartyGrade(party=party, concepts=(), witness=move)


def _deterred(grid: Grid, party: PartyId, state: int, concept: Concept) -> Improvement:
    """Return the best improvement with the sequence that deters it; every other is deterred too."""
    conflict = grid.conflict
    found = []
    for after in improvements(conflict, party, state):
        answer = sanction(conflict, party, state, after=after, concept=concept, tidy=True)
        if answer is None:
            raise AssertionError(f"no sanction found for {party} where {concept} stability holds")
        found.append(Improvement(party=party, state=after, sanction=answer, concept=concept))
        if concept is not Concept.SEQ:
            break
    return found[0]


def _undeterred(grid: Grid, party: PartyId, state: int) -> Improvement:
    """Return the best improvement that nothing deters: its sanction value stays above."""
    conflict = grid.conflict
    worth = grid.sanction_value(party, Concept.GMR)
    bound = conflict.value(party, state)
    for after in improvements(conflict, party, state):
        if int(grid.conflict.space.at(worth, after)) > bound:
            return Improvement(party=party, state=after, sanction=None, concept=None)
    raise AssertionError(f"no undeterred improvement of {party} where it is unstable")


def with_lapse(situation: Situation, graded: PartyGrade, state: int) -> PartyGrade:
    """Return a guarded party's grade with word on whether its guard outlives signature.

    The guard lapses if the grade falls once announcements and pressure are back at base.
    """
    if graded.grade is not Grade.GUARDED:
        return graded
    return replace(graded, lapses=guard_lapses(situation, graded.party, state))


def guard_lapses(situation: Situation, party: PartyId, state: int) -> bool | None:
    """Return whether what guards a party in a state is gone without the plan's pressure.

    None where the plan presses with nothing, or the state cannot be without it.
    """
    conflict = situation.conflict
    base = {option: situation.case.base[option] for option in situation.pressure}
    bare = situation.space.put(state, base)
    if bare == state or not conflict.can_be(bare):
        return None
    return guarded(conflict, party, bare).rank > Grade.GUARDED.rank


# ------------------------------------------------------------------------------------ groups


def group_improvements(conflict: Conflict, group: Collection[PartyId], state: int) -> list[int]:
    """Return the states a group can move to that every member prefers."""
    reached = conflict.moves.destinations(state, group)
    for party in group:
        payoff = conflict.payoffs[party]
        reached = reached[payoff.of(reached) > payoff.value(state)]
    order = np.argsort(conflict.space.distances(reached, state), kind="stable")
    found: list[int] = reached[order].tolist()
    return found


def group_sanction(
    conflict: Conflict, group: Collection[PartyId], state: int, after: int
) -> tuple[Response, ...] | None:
    """Return improvements of the others that leave some member no better off than before."""
    others = [party for party in conflict.parties if party not in group]
    bounds = {party: conflict.value(party, state) for party in group}

    def goal(reached: int) -> bool:
        return any(conflict.value(party, reached) <= bound for party, bound in bounds.items())

    return search(conflict, after, others, goal, improving=True)


def grade_groups(conflict: Conflict, state: int, size: int = 2) -> GroupGrade:
    """Return what groups of two to `size` parties, and the case's named groups, can do."""
    groups: dict[frozenset[PartyId], None] = {}
    for count in range(2, size + 1):
        groups |= dict.fromkeys(map(frozenset, combinations(conflict.parties, count)))
    groups |= dict.fromkeys(map(frozenset, conflict.case.groups))
    guarded_by: GroupGrade | None = None
    for group in sorted(groups, key=len):
        members = tuple(party for party in conflict.parties if party in group)
        for after in group_improvements(conflict, members, state):
            if group_sanction(conflict, members, state, after) is None:
                return GroupGrade(size=size, grade=Grade.BREAKS, breaker=members, state=after)
            guarded_by = guarded_by or GroupGrade(
                size=size, grade=Grade.GUARDED, breaker=members, state=after
            )
    return guarded_by or GroupGrade(size=size, grade=Grade.FIRM)


def grades(grid: Grid, situation: Situation, state: int) -> Mapping[PartyId, PartyGrade]:
    """Return every party's grade in a state."""
    return {
        party: with_lapse(situation, grade_party(grid, party, state), state)
        for party in grid.conflict.parties
    }
