"""Who would leave a state, by which move, and what deters it.

Local search at one state: it uses moves and payoffs only, none of the array engine, so each is a
check on the other.  Every "breaks" comes with the move, every "guarded" with its guard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from servanda.conditions import OptionId
from servanda.conflict import Conflict
from servanda.errors import Undecided
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.situation import Situation
from servanda.stability import Concept, Grade, grade_of
from servanda.states import States, Truth

if TYPE_CHECKING:
    from servanda.deterrence import Deterrence

_DEAR = 256  # moves that are looked at together in the time one state takes
_MOST_SEEN = 2_000  # states that the answers to a move may lead to, where there is no array


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


Goal = Callable[[States], Truth]
"""Tells which of some states are what is looked for."""


def search(
    conflict: Conflict,
    start: int,
    movers: Collection[PartyId],
    goal: Goal,
    *,
    how: Responding,
    tidy: bool = False,
    confirmed: Callable[[int], bool] = lambda _: True,
) -> tuple[Response, ...] | None:
    """Return the shortest legal sequence of the movers' moves to a state that meets the goal.

    Nobody moves twice in a row.  With `tidy` moves that change fewer options are tried first, so
    that no step is idle.  What meets the goal must be `confirmed` as well, which may take longer.

    Raises
    ------
    Undecided
        If too many states would have to be looked at, where there are too many for an array.
    """
    space = conflict.space
    if goal(space.listed([start]))[0] and confirmed(start):
        return ()
    seen = {(start, PartyId(""))}
    queue: deque[tuple[int, PartyId, tuple[Response, ...]]] = deque([(start, PartyId(""), ())])
    ordered, looked, tried = conflict.moves.waits, 0, 0
    while queue:
        state, last, path = queue.popleft()
        ways = []
        for party in movers:
            if party == last:
                continue
            reached = responses(conflict, party, state, how)
            looked += len(reached)
            for other in _in_order(conflict, state, reached[goal(reached)], tidy=tidy).tolist():
                tried += 1
                _must_be_few(conflict, tried)
                if confirmed(other):
                    return (*path, Response(party, other))
            ways.append((party, reached))
        for party, reached in ways:
            _must_be_few(conflict, max(len(reached), looked // _DEAR))
            for other in _in_order(conflict, state, reached, tidy=tidy).tolist():
                key = (other, party if ordered else PartyId(""))
                if key not in seen:
                    seen.add(key)
                    queue.append((other, party, (*path, Response(party, other))))
            _must_be_few(conflict, len(seen))
    return None


def _in_order(conflict: Conflict, state: int, reached: States, *, tidy: bool) -> States:
    """Return states in order of index, or those with fewer changes first."""
    if not tidy or len(reached) < 2:
        return reached
    ordered: States = reached[np.argsort(conflict.space.distances(reached, state), kind="stable")]
    return ordered


class Responding(StrEnum):
    """Which moves others answer with: all, or those they gain by."""

    ANYHOW = "anyhow"
    GAINING = "gaining"


def responses(conflict: Conflict, party: PartyId, state: int, how: Responding) -> States:
    """Return where a party may move in answer; at size not by what nobody cares about."""
    if how is Responding.GAINING:
        return conflict.improvements(party, state)
    return conflict.ways(party, state)


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
    """Return how the others answer a party's move from `state` to `after`; None if they cannot.

    Where the answers lead to too many states to look at, the answer is read off diagrams.

    Raises
    ------
    Undecided
        If it still cannot be told.
    """
    payoff = conflict.payoffs[party]
    bound = payoff.value(state)
    others = [other for other in conflict.parties if other != party]

    def goal(reached: States) -> Truth:
        return np.asarray(payoff.of(reached) <= bound)

    def confirmed(reached: int) -> bool:
        if concept is not Concept.SMR:
            return True
        return conflict.best_way(party, reached) <= bound

    how = Responding.GAINING if concept is Concept.SEQ else Responding.ANYHOW
    try:
        return search(conflict, after, others, goal, how=how, tidy=tidy, confirmed=confirmed)
    except Undecided:
        if conflict.least(party, after) > bound:
            return None
        if conflict.moves.waits:
            raise
        space = conflict.space
        levels = space.levels(state), space.levels(after)
        path = engine_of(conflict).answer(party, *levels, concept)
        return None if path is None else tuple(Response(w, space.index(to)) for w, to in path)


def deterred(
    conflict: Conflict, party: PartyId, state: int, *, ways: States, concept: Concept
) -> tuple[tuple[Response, ...] | None, int]:
    """Return how the first of some improvements is answered, and how many are, one after another.

    The answer to one improvement is tried on all others, so that few need be searched.

    Parameters
    ----------
    conflict
        The conflict.
    party, state
        Who moves, from where.
    ways
        Its improvements.
    concept
        In which sense they are to be answered.
    """
    payoff, simple = conflict.payoffs[party], conflict.moves.simple(frozenset((party,)))
    bound = payoff.value(state)
    left = np.ones(len(ways), dtype=np.bool_)
    first = None
    while left.any():
        place = int(np.argmax(left))
        after = int(ways[place])
        answer = sanction(conflict, party, state, after=after, concept=concept, tidy=True)
        if answer is None:
            return first, place
        first = answer if place == 0 else first
        left[place] = False
        rest = np.flatnonzero(left)
        if concept is Concept.SMR and not simple:
            continue  # what is left to it to make its loss good may differ from one to the other
        gaining = concept is Concept.SEQ
        for ends in answered_alike(conflict, ways[rest], (after, answer), gaining=gaining):
            last = ends.number == len(answer)
            if last or concept is not Concept.SMR:
                left[rest[ends.legal & (payoff.of(ends.states) <= bound)]] = False
    return first, len(ways)


@dataclass(frozen=True, slots=True)
class Alike:
    """Where the same answers lead from other states.

    Parameters
    ----------
    number
        How many answers have been given.
    states
        The states then.
    legal
        Where each answer was a legal move, and a gain to its mover if that was asked.
    """

    number: int
    states: States
    legal: Truth


def answered_alike(
    conflict: Conflict,
    ways: States,
    known: tuple[int, tuple[Response, ...]],
    *,
    gaining: bool,
) -> Iterator[Alike]:
    """Yield where the answers given from one state lead from others, step by step the same.

    Parameters
    ----------
    conflict
        The conflict.
    ways
        The other states.
    known
        The state that was answered, and the answers to it.
    gaining
        Whether each answer must be a gain to its mover.
    """
    before, answers = known
    legal = np.ones(len(ways), dtype=np.bool_)
    for number, answer in enumerate(answers, start=1):
        changes = conflict.space.changes(before, answer.state)
        after, moved = _moved_alike(conflict, answer.party, ways, changes)
        legal = legal & moved
        if gaining:
            payoff = conflict.payoffs[answer.party]
            legal &= payoff.of(after) > payoff.of(ways)
        yield Alike(number, after, legal)
        ways, before = after, answer.state


def _moved_alike(
    conflict: Conflict, party: PartyId, states: States, changes: Mapping[OptionId, int]
) -> tuple[States, Truth]:
    """Return some states with the changes of a party's move elsewhere, and where that is a move.

    Whether it is where a package falls is not told.
    """
    space, moves = conflict.space, conflict.moves
    reach = moves.reach((party,))
    after, legal = states.copy(), np.ones(len(states), dtype=np.bool_)
    for option, level in changes.items():
        now, only = space.column(states, option), moves.options[option].only
        may = np.zeros(len(states), dtype=np.bool_)
        if option in reach.free:
            may |= (only is None) | ((now <= level) if only == "up" else (now >= level))
            if option in moves.whens:
                may &= space.holds(moves.whens[option], states)
        if option in reach.terms:
            falls = [
                moves.fallen(option, old) == level
                for old in range(len(moves.options[option].levels))
            ]
            may |= np.array(falls)[now]
        legal &= may | (now == level)
        step = (level - now).astype(space.kind, copy=False)
        after += step * space.strides[space.axis[option]]
    legal &= (after != states) & moves.feasible[after]
    return after, legal


def improvements(conflict: Conflict, party: PartyId, state: int) -> list[int]:
    """Return a party's improvements, best first, then fewest changes; pure talks have none."""
    ranked: list[int] = _ranked(conflict, party, state).tolist()
    return ranked


def _ranked(conflict: Conflict, party: PartyId, state: int) -> States:
    """Return a party's improvements, best first, then fewest changes."""
    reached = conflict.improvements(party, state)
    if not len(reached):
        return reached
    ranks = np.unique(conflict.payoffs[party].of(reached), return_inverse=True)[1]
    far = conflict.space.distances(reached, state)
    ranked: States = reached[np.lexsort((far, -ranks.reshape(-1)))]
    return ranked


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
    if not conflict.space.dense:
        return _guarded_at_size(conflict, party, state)
    if a_gain(conflict, party, state) is None:
        return Grade.FIRM
    ways = _ranked(conflict, party, state)
    answered = deterred(conflict, party, state, ways=ways, concept=Concept.SEQ)[1]
    return Grade.GUARDED if answered == len(ways) else Grade.BREAKS


def engine_of(conflict: Conflict) -> Deterrence:
    """Return the engine for questions about single states, shared by variants of one conflict."""
    from servanda.deterrence import Deterrence  # noqa: PLC0415  # its diagrams are slow to import

    found: Deterrence | None = conflict.played.get(Deterrence)
    if found is None:
        first: Deterrence | None = conflict.engines.get("deterrence")
        found = (
            first.seen_by(conflict.case) if first else Deterrence(conflict.case, conflict.frozen)
        )
        conflict.engines.setdefault("deterrence", found)
        conflict.played[Deterrence] = found
    return found


def _guarded_at_size(conflict: Conflict, party: PartyId, state: int) -> Grade:
    """Return the same where there are too many states for arrays."""
    engine, levels = engine_of(conflict), conflict.space.levels(state)
    if engine.gain(party, levels) is None:
        return Grade.FIRM
    free = engine.undeterred(party, levels, Concept.SEQ)
    return Grade.GUARDED if free is None else Grade.BREAKS


def departure(conflict: Conflict, party: PartyId, state: int) -> int | None:
    """Return where a party would go whom no answer wanted by the others deters; None if nowhere.

    The best such move; where there are too many states for arrays, one that changes little.
    Whether unwanted answers would deter it is not asked, which can take long.
    """
    if conflict.walk_away is not None:
        return None
    if not conflict.space.dense:
        engine, levels = engine_of(conflict), conflict.space.levels(state)
        free = engine.undeterred(party, levels, Concept.SEQ)
        return None if free is None else conflict.space.index(free)
    ways = _ranked(conflict, party, state)
    answered = deterred(conflict, party, state, ways=ways, concept=Concept.SEQ)[1]
    return None if answered == len(ways) else int(ways[answered])


def held_back(conflict: Conflict, party: PartyId, state: int) -> Improvement | None:
    """Return the move by which a party would leave a state, or one from which it is held back.

    Only answers that the others want are looked at; None for a party that gains by no move.
    """
    if conflict.walk_away is not None:
        return None
    free = departure(conflict, party, state)
    if free is not None:
        return Improvement(party=party, state=free, sanction=None, concept=None)
    if conflict.space.dense:
        ways = _ranked(conflict, party, state)
        if not len(ways):
            return None
        after = int(ways[0])
    else:
        levels = engine_of(conflict).gain(party, conflict.space.levels(state))
        if levels is None:
            return None
        after = _best_or(conflict, party, state, conflict.space.index(levels))
    answer = sanction(conflict, party, state, after=after, concept=Concept.SEQ, tidy=True)
    return Improvement(party=party, state=after, sanction=answer, concept=Concept.SEQ)


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
    if not conflict.space.dense:
        return _graded_at_size(conflict, party, state)
    if a_gain(conflict, party, state) is None:
        return PartyGrade(party=party, concepts=every, witness=None)
    ways = _ranked(conflict, party, state)
    found = {
        concept: deterred(conflict, party, state, ways=ways, concept=concept)
        for concept in (Concept.SEQ, Concept.SMR, Concept.GMR)
    }
    held = {concept for concept, (_, answered) in found.items() if answered == len(ways)}
    concepts = tuple(concept for concept in every if concept in held)
    for concept, (answer, _) in found.items():
        if concept in held:
            first = int(ways[0])
            move = Improvement(party=party, state=first, sanction=answer, concept=concept)
            return PartyGrade(party=party, concepts=concepts, witness=move)
    free = int(ways[found[Concept.GMR][1]])
    move = Improvement(party=party, state=free, sanction=None, concept=None)
    return PartyGrade(party=party, concepts=(), witness=move)


def _graded_at_size(conflict: Conflict, party: PartyId, state: int) -> PartyGrade:
    """Return the same where there are too many states for arrays, with its best or nearest move."""
    engine, space = engine_of(conflict), conflict.space
    levels = space.levels(state)
    gain = engine.gain(party, levels)
    if gain is None:
        return PartyGrade(party=party, concepts=tuple(Concept), witness=None)
    senses = (Concept.SEQ, Concept.SMR, Concept.GMR)
    free = {concept: engine.undeterred(party, levels, concept) for concept in senses}
    concepts = tuple(each for each in Concept if each in free and free[each] is None)
    for concept in senses:
        if concept in concepts:
            after = _best_or(conflict, party, state, space.index(gain))
            answer = sanction(conflict, party, state, after=after, concept=concept, tidy=True)
            move = Improvement(party=party, state=after, sanction=answer, concept=concept)
            return PartyGrade(party=party, concepts=concepts, witness=move)
    undeterred = free[Concept.GMR]
    assert undeterred is not None  # noqa: S101 - GMR is held by whatever SEQ or SMR hold
    move = Improvement(party=party, state=space.index(undeterred), sanction=None, concept=None)
    return PartyGrade(party=party, concepts=(), witness=move)


def _best_or(conflict: Conflict, party: PartyId, state: int, near: int) -> int:
    """Return a party's best move, or one near where there are too many to compare."""
    try:
        gains = conflict.gains(party, state)
    except Undecided:
        return near
    return int(gains[int(np.argmax(conflict.payoffs[party].of(gains)))]) if len(gains) else near


def _deterred(grid: Grid, party: PartyId, state: int, concept: Concept) -> Improvement:
    """Return the best improvement with the sequence that deters it; every other is deterred too."""
    conflict = grid.conflict
    ways = _ranked(conflict, party, state)
    if concept is not Concept.SEQ:
        ways = ways[:1]
    answer, answered = deterred(conflict, party, state, ways=ways, concept=concept)
    if answered != len(ways):
        raise AssertionError(f"no sanction found for {party} where {concept} stability holds")
    return Improvement(party=party, state=int(ways[0]), sanction=answer, concept=concept)


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


def grades(grid: Grid, situation: Situation, state: int) -> Mapping[PartyId, PartyGrade]:
    """Return every party's grade in a state."""
    return {
        party: with_lapse(situation, grade_party(grid, party, state), state)
        for party in grid.conflict.parties
    }
