"""The slow reference for guards where there are too many moves to list, and too many answers.

A party is guarded in a state if each of its improvements has an answer that others want to give.
Found by looking: an answer is looked for, and tried again wherever what it was told by is the same;
that there is none is shown by how far the others' improvements could at most lead.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod

from servanda.model import PartyId
from slow import State
from slow_far import Far
from slow_parts import Change, Part, Way, Wish, Worth, added, changed

Step = tuple[PartyId, Change]

NEAR = 1_000
"""Moves looked at in search of a plain answer before it is asked whether there can be any."""

MOST = 200_000
"""Moves that are looked at before a question counts as undecided."""

WIDE = 5_000
"""Combinations of levels that are gone through to tell what somebody could come to do."""


class UndecidedError(Exception):
    """It would take too long to look."""


Kind = Callable[[Far, PartyId, State], Iterable[Change | None]]
"""A kind of improvements of a party in a state; None is something else that was looked at."""


def plainly(far: Far, party: PartyId, state: State) -> Iterator[Change]:
    """Yield the needed improvements within one part of what a party can do."""
    return far.gains(party, state, needed=True)


def singly(far: Far, party: PartyId, state: State) -> Iterator[Change]:
    """Yield all improvements within one part."""
    return far.gains(party, state, needed=False)


def doubly(far: Far, party: PartyId, state: State) -> Iterator[Change | None]:
    """Yield improvements within one part that carry along what is done in another."""
    ways = [(part, *way) for part in far.wants[party].parts for way in far.ways(party, part, state)]
    nothing = (0,) * far.wants[party].ranks
    for part, change, gain in ways:
        if gain > nothing:
            yield change
            for other, more, lost in ways:
                whole = tuple(a + b for a, b in zip(gain, lost, strict=True))
                yield change + more if other != part and more and whole > nothing else None


def anyhow(far: Far, party: PartyId, state: State) -> Iterator[Change | None]:
    """Yield every improvement of a party, whatever it does besides."""
    wants = far.wants[party]
    nothing = (0,) * wants.ranks
    for ways in product(*(far.ways(party, part, state) for part in wants.parts)):
        total = tuple(sum(each) for each in zip(*(gain for _, gain in ways), strict=True))
        yield tuple(put for change, _ in ways for put in change) if total > nothing else None


@dataclass
class Kept:
    """Whether others' answers keep a party in a state.

    Parameters
    ----------
    far, party, state
        Where, and who might leave.
    """

    far: Far
    party: PartyId
    state: State
    cubes: int = 0
    undecided: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wants = self.far.wants[self.party]
        self.now = self.wants.worth(self.state)
        self.others = self.far.others([self.party])

    def guarded(self) -> bool:
        """Return whether each improvement has an answer.

        Improvements are gone through in bunches.  What was answered once is answered wherever all
        that told the answer is the same; the rest is split by the options that told it.

        Raises
        ------
        UndecidedError
            If no improvement was found without an answer, but one of which that is not known.
        """
        if self.breaks_plainly():
            return False
        open_to: list[dict[int, int]] = [{}]
        while open_to:
            fixed = open_to.pop()
            move = self._improvement(fixed)
            if move is None:
                continue
            self.cubes += 1
            told_by = self._answered(move)
            if told_by is None:
                return False
            told = sorted(told_by & self._own - fixed.keys())
            for index in told:
                levels = range(len(self.far.options[index].levels))
                open_to += [{**fixed, index: n} for n in levels if n != move[index]]
                fixed = {**fixed, index: move[index]}
        if self.undecided:
            raise UndecidedError
        return True

    def breaks_plainly(self) -> bool:
        """Return whether a needed improvement is soon seen to have no answer."""
        moves = (
            changed(self.state, change)
            for change in self.far.gains(self.party, self.state, needed=True)
        )
        return any(
            self._answer(move, (plainly,), NEAR) is None and self.is_hopeless(move)
            for move in moves
        )

    @property
    def _own(self) -> frozenset[int]:
        return frozenset[int]().union(*(part.options for part in self.wants.parts))

    def _improvement(self, fixed: Mapping[int, int]) -> State | None:
        """Return the best of the moves with some own options at given levels, if it gains.

        Parts have nothing to do with each other, so the best is made of the best of each.
        """
        state = self.state
        total: list[Fraction | int] = [0] * self.wants.ranks
        for part in self.wants.parts:
            mine = {index: level for index, level in fixed.items() if index in part.options}
            ways = [
                way for way in self.far.ways(self.party, part, self.state) if self._fits(way, mine)
            ]
            if not ways:
                return None
            best, gain = max(ways, key=lambda way: (way[1], -len(way[0])))
            state = changed(state, best)
            total = [a + b for a, b in zip(total, gain, strict=True)]
        return state if tuple(total) > (0,) * self.wants.ranks else None

    def _fits(self, way: Way, fixed: Mapping[int, int]) -> bool:
        new = dict(way[0])
        return all(new.get(index, self.state[index]) == n for index, n in fixed.items())

    def _answered(self, move: State) -> frozenset[int] | None:
        """Return what an answer to a move is told by; None where there is no answer.

        Where that cannot be told, the move itself is noted as undecided, with all own options.
        """
        path = self._answer(move, (plainly, singly), NEAR)
        if path is None and self.is_hopeless(move):
            return None
        if path is None:
            path = self._answer(move, (doubly,), MOST)
        if path is None:
            try:
                path = self._search(move, anyhow, MOST)
            except UndecidedError:
                self.undecided.append(move)
                return self._own
        return None if path is None else self._told_by(move, path)

    # ------------------------------------------------------------------------ to find one

    def _deters(self, state: State) -> bool:
        return self.wants.worth(state) <= self.now

    def _answer(self, move: State, kinds: Iterable[Kind], most: int) -> list[Step] | None:
        """Return others' improvements to where the mover is no better off; None if none is found.

        Those of one kind first, then those of another, each until so many were looked at.
        """
        for kind in kinds:
            try:
                found = self._search(move, kind, most)
            except UndecidedError:
                continue
            if found is not None:
                return found
        return None

    def _search(self, move: State, kind: Kind, most: int) -> list[Step] | None:
        """Return the shortest answer made of improvements of a kind; None where there is none.

        Raises
        ------
        UndecidedError
            If more were looked at than may be.
        """
        queue: deque[tuple[State, PartyId | None, list[Step]]] = deque([(move, None, [])])
        seen: set[tuple[State, PartyId | None]] = {(move, None)}
        looked = 0
        while queue:
            here, last, path = queue.popleft()
            for other in self.others:
                if other == last or self.far.nash(other, here):
                    continue
                for change in kind(self.far, other, here):
                    looked += 1
                    if looked > most:
                        raise UndecidedError
                    if change is None:
                        continue
                    after = changed(here, change)
                    if (after, other) in seen:
                        continue
                    seen.add((after, other))
                    way = [*path, (other, change)]
                    if self._deters(after):
                        return way
                    queue.append((after, other, way))
        return None

    # --------------------------------------------------------------- what an answer is told by

    def _told_by(self, move: State, path: Iterable[Step]) -> frozenset[int]:
        """Return places of options such that the answer works wherever these stand as here."""
        found: set[int] = set()
        here = move
        for mover, change in path:
            after = changed(here, change)
            found |= self._compared(self.far.wants[mover].wishes, here, after)
            touched = {index for index, _ in change}
            for part in self.far.wants[mover].parts:
                if touched & part.options:
                    found |= self._bars(part)
            here = after
        return frozenset(found | self._compared(self.wants.wishes, self.state, here))

    def _compared(self, wishes: Sequence[Wish], one: State, two: State) -> set[int]:
        """Return what tells which of two states suits better: wishes down to where they part.

        A wish that speaks of nothing that differs is the same in both, whatever it speaks of;
        what the party itself can do counts as differing.
        """
        apart = {i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b}
        if one == self.state:
            apart |= self._own
        found: set[int] = set()
        for rank in sorted({wish.rank for wish in wishes}):
            mine = [wish for wish in wishes if wish.rank == rank and wish.told_by & apart]
            found = found.union(*(wish.told_by for wish in mine))
            if added(mine, one, rank + 1) != added(mine, two, rank + 1):
                break
        return found

    def _bars(self, part: Part) -> set[int]:
        """Return what may bar a change in a part: rules and conditions that speak of it."""
        found: set[int] = set()
        for test, told_by in self.far.rules:
            if test in part.rules:
                found |= told_by
        for index in part.options:
            when = self.far.options[index].when
            if when is not None:
                found |= self.far.test(when)[1]
        return found | part.options

    # ------------------------------------------------------------------- that there is none

    def is_hopeless(self, move: State) -> bool:
        """Return whether the others' improvements can lead nowhere that deters.

        1. Each option may stand where it stands after the move.
        2. Whoever could come to gain, the options standing anywhere they may, may put its options
           where such an improvement puts them; again until nothing is added.  Where that would
           take too long to tell, it may put them anywhere.
        3. The mover is better off wherever the options may stand.
        """
        may = [{level} for level in move]
        grown = True
        while grown:
            grown = False
            for other in self.others:
                for index, level in self._could(other, move, may):
                    if level not in may[index]:
                        may[index].add(level)
                        grown = True
        worst = self._worst(move, may)
        return worst is not None and worst > self.now

    def _could(
        self, other: PartyId, move: State, may: Sequence[Collection[int]]
    ) -> set[tuple[int, int]]:
        """Return to which levels an improvement of a party could bring its options."""
        wants = self.far.wants[other]
        nothing: Worth = (0,) * wants.ranks
        best: list[dict[tuple[int, int], Worth]] = []
        most: list[Worth] = []
        for part in wants.parts:
            states = among(move, part.bearing, may)
            if states is None:
                return self._anywhere(other)
            gained: dict[tuple[int, int], Worth] = {}
            top = nothing
            for state in states:
                if any(rule(state) for rule in part.rules):
                    continue
                for change, gain in self.far.ways(other, part, state):
                    top = max(top, gain)
                    for put in change:
                        gained[put] = max(gained.get(put, gain), gain)
            best.append(gained)
            most.append(top)
        total = [sum(each) for each in zip(*most, strict=True)] if most else []
        found = set()
        for gained, top in zip(best, most, strict=True):
            for put, gain in gained.items():
                whole = tuple(t - a + b for t, a, b in zip(total, top, gain, strict=True))
                if whole > nothing:
                    found.add(put)
        return found

    def _anywhere(self, other: PartyId) -> set[tuple[int, int]]:
        options = self.far.options
        mine = frozenset[int]().union(*(part.options for part in self.far.wants[other].parts))
        return {(index, level) for index in mine for level in range(len(options[index].levels))}

    def _worst(self, move: State, may: Sequence[Collection[int]]) -> Worth | None:
        """Return no more than the least the mover may have; None where that cannot be told.

        Wishes that share nothing open are told apart, and so are those that share too much.
        """
        loose = frozenset(index for index, levels in enumerate(may) if len(levels) > 1)
        bunches: list[tuple[frozenset[int], list[Wish]]] = []
        for wish in self.wants.wishes:
            near = [b for b in bunches if b[0] & wish.told_by & loose]
            bunches = [b for b in bunches if b not in near]
            places = wish.told_by.union(*(b[0] for b in near))
            bunches.append((places, [wish, *(w for b in near for w in b[1])]))
        total: list[Fraction | int] = [0] * self.wants.ranks
        for places, wishes in bunches:
            apart = [wishes]
            if prod(len(may[index]) for index in places) > WIDE:
                apart = [[wish] for wish in wishes]
            for together in apart:
                told_by = frozenset[int]().union(*(wish.told_by for wish in together))
                states = among(move, sorted(told_by), may)
                if states is None:
                    return None
                least = min(added(together, state, self.wants.ranks) for state in states)
                total = [a + b for a, b in zip(total, least, strict=True)]
        return tuple(total)


def among(
    state: State, places: Sequence[int], may: Sequence[Collection[int]]
) -> list[State] | None:
    """Return a state with some options at all levels they may have; None where that is too many."""
    if prod(len(may[index]) for index in places) > WIDE:
        return None
    return [
        changed(state, tuple(zip(places, levels, strict=True)))
        for levels in product(*(sorted(may[index]) for index in places))
    ]


def guarded(far: Far, party: PartyId, state: State) -> bool:
    """Return whether each of a party's improvements has an answer that others want to give."""
    return Kept(far, party, state).guarded()
