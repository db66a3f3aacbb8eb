"""Which rankings of the states would keep a party where it is: the inverse question.

A ranking makes a state stable or not only by which states it puts above that one: to these alone
the party would move, and to one of the others it must be led back.  So instead of all rankings
(n! of n states) the sets of states above are tried (2 to the power of n - 1), each counted with
the number of rankings that have it.  Fewer states above never do worse.  The question is
[K2014]_'s, the definitions are [KH2005]_'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from servanda.conflict import Conflict, Tick, silent
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.selfenforcement import Responding, search
from servanda.stability import Concept
from servanda.states import States, Truth

MOST_STATES = 14
"""Of more feasible states the rankings are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRanking:
    """The ranking nearest to a party's own under which the state is stable.

    Parameters
    ----------
    swaps
        In how many pairs of states its order is turned round: the fewest swaps of neighbours
        that lead there.  Ties may be broken either way, and cost none.
    falls
        The states above this one that come below, as few as may be; to raise any never helps.
    """

    swaps: int
    falls: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse:
    """Of all rankings of the states by one party, those under which a state is stable for it.

    Parameters
    ----------
    party, state
        Whose rankings, and which state.
    states
        How many feasible states there are to rank.
    stable
        For each concept, how many of the rankings without ties make the state stable.
    now
        For each concept, whether the state is stable as the party ranks now.
    nearest
        For each concept, the nearest ranking that makes it so; None where no ranking does.
    """

    party: PartyId
    state: int
    states: int
    stable: Mapping[Concept, int]
    now: Mapping[Concept, bool]
    nearest: Mapping[Concept, NearestRanking | None]

    @property
    def rankings(self) -> int:
        """How many rankings without ties there are."""
        return factorial(self.states)


def inverse(conflict: Conflict, party: PartyId, state: int, tick: Tick = silent) -> Inverse:
    """Return which rankings by a party make a state stable for it, the others' wishes as they are.

    Parameters
    ----------
    conflict
        The conflict.
    party, state
        Whose rankings, and which state.
    tick
        Told what is being done; may stop it.

    Raises
    ------
    UsageError
        If there are too many states to rank, the state cannot be, or the case is pure talks.
    """
    if conflict.walk_away is not None:
        raise UsageError("in pure talks there are no moves to be kept from")
    if not conflict.can_be(state):
        raise UsageError("this state cannot be")
    feasible = _feasible(conflict)
    others = [each for each in feasible if each != state]
    ways = _Ways.of(conflict, party, state)
    above = frozenset(each for each in others if _gap(conflict, party, each, state) > 0)
    stable = dict.fromkeys(Concept, 0)
    nearest: dict[Concept, NearestRanking | None] = dict.fromkeys(Concept)
    for size in range(len(others) + 1):
        tick(f"rankings with {size} states above")
        rankings = factorial(size) * factorial(len(others) - size)
        for chosen in map(frozenset, combinations(others, size)):
            held = ways.concepts(chosen)
            for concept in held:
                stable[concept] += rankings
            if held and chosen <= above:
                swaps = _swaps(conflict, party, state, above=chosen, below=set(others) - chosen)
                near = NearestRanking(swaps=swaps, falls=tuple(sorted(above - chosen)))
                for concept in held:
                    nearest[concept] = _nearer(nearest[concept], near)
    now = ways.concepts(above)
    return Inverse(
        party=party,
        state=state,
        states=len(feasible),
        stable=stable,
        now={concept: concept in now for concept in Concept},
        nearest=nearest,
    )


def _nearer(one: NearestRanking | None, two: NearestRanking) -> NearestRanking:
    """Return the nearer of two rankings; of two as near the one in which fewer states fall."""
    if one is None or (two.swaps, len(two.falls)) < (one.swaps, len(one.falls)):
        return two
    return one


def _feasible(conflict: Conflict) -> list[int]:
    """Return all feasible states, where they are few enough."""
    found = [] if not conflict.space.dense else np.flatnonzero(conflict.feasible).tolist()
    if not 0 < len(found) <= MOST_STATES:
        many = f"{len(found):,}" if found else "too many"
        hint = f"rankings are counted for up to {MOST_STATES} feasible states"
        raise UsageError(f"there are {many} states to rank", hint)
    return found


def _gap(conflict: Conflict, party: PartyId, state: int, other: int) -> int:
    return conflict.value(party, state) - conflict.value(party, other)


def _swaps(
    conflict: Conflict, party: PartyId, state: int, *, above: frozenset[int], below: set[int]
) -> int:
    """Return how many pairs must be turned round for just these states to be above the state."""
    must = [(high, state) for high in above] + [(state, low) for low in below]
    must += [(high, low) for high in above for low in below]
    return sum(_gap(conflict, party, low, high) > 0 for high, low in must)


@dataclass(frozen=True, slots=True)
class _Ways:
    """What can happen from a state whatever the party's ranking: its moves, the others' answers.

    Parameters
    ----------
    moves
        Where the party can move from the state, and from every state the others can lead to.
    answers, wanted
        Where the others can lead by any moves after each of its moves; by improvements alone.
    """

    state: int
    moves: Mapping[int, frozenset[int]]
    answers: Mapping[int, frozenset[int]]
    wanted: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, conflict: Conflict, party: PartyId, state: int) -> _Ways:
        others = [each for each in conflict.parties if each != party]

        def led_to(after: int, *, improving: bool) -> frozenset[int]:
            seen: set[int] = set()

            def note(reached: States) -> Truth:
                seen.update(reached.tolist())
                return np.zeros(len(reached), dtype=np.bool_)

            how = Responding.GAINING if improving else Responding.ANYHOW
            search(conflict, after, others, note, how=how)
            return frozenset(seen)

        first = conflict.moves.destinations(state, party).tolist()
        answers = {after: led_to(after, improving=False) for after in first}
        places = {state}.union(*answers.values())
        return cls(
            state,
            {each: frozenset(conflict.moves.destinations(each, party).tolist()) for each in places},
            answers,
            {after: led_to(after, improving=True) for after in first},
        )

    def concepts(self, above: frozenset[int]) -> frozenset[Concept]:
        """Return the concepts that hold where just these states are ranked above the state."""
        gains = self.moves[self.state] & above
        if not gains:
            return frozenset(Concept)
        held = set()
        if all(self.wanted[after] - above for after in gains):
            held.add(Concept.SEQ)
        back = {after: self.answers[after] - above for after in gains}
        if all(back.values()):
            held.add(Concept.GMR)
        if all(any(not self.moves[x] & above for x in reached) for reached in back.values()):
            held.add(Concept.SMR)
        return frozenset(held)
