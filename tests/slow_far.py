"""The slow reference where there are far too many states to list: the same, seen only as needed.

It shares nothing with the engines but the case and what a condition is made of.
A party's options fall into parts that no wish, rule or condition of its own ties together.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product

from servanda.conditions import OptionId, mentions
from servanda.model import Case, PartyId, Preference
from slow import Outcome, Slow, State, Utility
from slow_parts import (
    Change,
    Known,
    Part,
    Test,
    Wants,
    Way,
    Wish,
    Worth,
    changed,
    seen_at,
    tested,
)


class Far(Slow):
    """One case of any size, with everything about it found by looking where one must.

    Parameters
    ----------
    case
        A case.
    known
        What was found of other worlds of the same case.
    """

    def __init__(self, case: Case, known: Known | None = None) -> None:
        super().__init__(case)
        self.place = {name: index for index, name in enumerate(self.names)}
        self.known = known or Known()
        facts = tuple((name, fact.means) for name, fact in case.facts.items())
        ways = tuple(
            (o.owners, o.levels, o.values, o.unit, o.only, o.when, o.without, o.leave, o.package)
            for o in case.options.values()
        )
        self._words = self.known.number((self.names, facts))
        never = tuple(rule.that for rule in case.never)
        self._frame = self.known.number((self._words, ways, self.base, never))
        self.rules = [self.test(rule.that) for rule in case.never]
        self.wants = {party: self._wanted(party) for party in self.parties}

    def test(self, text: str) -> tuple[Test, frozenset[int]]:
        """Return a condition as a test, and the places of the options it speaks of."""
        key = self._words, text
        if key not in self.known.tests:
            condition = self.case.vocabulary.condition(text)
            told_by = frozenset(self.place[name] for name in mentions(condition))
            self.known.tests[key] = tested(condition, self.place), told_by
        return self.known.tests[key]

    def holds(self, text: str, state: State) -> bool:
        """Return whether the condition holds in the state."""
        return self.test(text)[0](state)

    def is_feasible(self, state: State) -> bool:
        """Return whether no rule forbids the state."""
        return not any(test(state) for test, _ in self.rules)

    def utility(self, party: PartyId, state: State) -> Utility:
        """Return how well the party does: larger is better, compared from the left."""
        return tuple(map(Fraction, self.wants[party].worth(state)))

    # ------------------------------------------------------------------ what a party wants

    def _wanted(self, party: PartyId) -> Wants:
        preference = self.case.preferences.get(party, Preference())
        told = tuple(tuple(s.wish for s in group) for group in preference.ordered)
        key = self._frame, party, told or repr(preference)
        if key not in self.known.wants:
            wishes = tuple(self._wishes(preference))
            told_by = frozenset[int]().union(*(wish.told_by for wish in wishes))
            ranks = max((wish.rank for wish in wishes), default=-1) + 1
            parts = tuple(self._parts(party, wishes))
            self.known.wants[key] = Wants(wishes, parts, ranks, seen_at(told_by))
        return self.known.wants[key]

    def _wishes(self, preference: Preference) -> Iterator[Wish]:
        match preference.form:
            case "ordered":
                for rank, group in enumerate(preference.ordered):
                    for statement in group:
                        test, told_by = self.test(statement.wish)
                        yield Wish(rank, told_by, test)
            case "points":
                for text, worth in preference.points.items():
                    test, told_by = self.test(text)
                    low, high = worth.range
                    yield Wish(0, told_by, _scored(test, (low + high) / 2))
                yield from self._positions(preference)
            case "ranking":
                everything = frozenset(range(len(self.names)))
                yield Wish(0, everything, lambda state: -self._place(preference, state))
            case "none":
                return

    def _positions(self, preference: Preference) -> Iterator[Wish]:
        for name, position in preference.position.items():
            index = self.place[name]
            values = self._values[index]
            ideal = values[self.options[index].levels.index(position.at)]
            cost = Fraction(str(position.salience))
            lost = tuple(-cost * abs(value - ideal) for value in values)
            yield Wish(0, frozenset({index}), _dialled(index, lost))

    # ------------------------------------------------------------------- what a party can do

    def _can_set(self, party: PartyId) -> list[int]:
        return [i for i, o in enumerate(self.options) if frozenset({party}).issuperset(o.owners)]

    def _falling(self, party: PartyId) -> list[frozenset[int]]:
        """Return the joint options the party may leave: one by one, or a package at once."""
        mine = [i for i, option in enumerate(self.options) if party in option.joint]
        found = [frozenset({i}) for i in mine if self.options[i].leave == "term"]
        packages = {self.options[i].package for i in mine if self.options[i].leave == "package"}
        return found + [
            frozenset(
                i
                for i, option in enumerate(self.options)
                if option.leave == "package" and option.package == package and option.leavable
            )
            for package in packages
        ]

    def _parts(self, party: PartyId, wishes: Sequence[Wish]) -> Iterator[Part]:
        """Yield the parts of what a party can do: what one changes matters in no other."""
        bunches = [frozenset({i}) for i in self._can_set(party)]
        bunches += [fall for fall in self._falling(party) if fall]
        waits = self._waits(bunches)
        rules = [told_by for _, told_by in self.rules]
        for tie in (*waits, *(wish.told_by for wish in wishes), *rules):
            tied = [bunch for bunch in bunches if bunch & tie]
            bunches = [b for b in bunches if b not in tied]
            bunches += [frozenset[int]().union(*tied)] if tied else []
        for bunch in _apart(bunches):
            mine = tuple(wish for wish in wishes if wish.told_by & bunch)
            ruled = [(test, told_by) for test, told_by in self.rules if told_by & bunch]
            bearing = bunch.union(
                *(wish.told_by for wish in mine),
                *(told_by for _, told_by in ruled),
                *(wait for wait in waits if wait & bunch),
            )
            yield Part(bunch, mine, tuple(test for test, _ in ruled), tuple(sorted(bearing)))

    def _waits(self, bunches: Iterable[frozenset[int]]) -> list[frozenset[int]]:
        """Return each of these options that waits for a condition, with what that speaks of."""
        found = []
        for index in frozenset[int]().union(*bunches):
            when = self.options[index].when
            if when is not None:
                found.append(self.test(when)[1] | {index})
        return found

    def ways(self, party: PartyId, part: Part, state: State) -> tuple[Way, ...]:
        """Return what the party can do in one part, and what it gains; doing nothing included."""
        seen = part.tells(state)
        if seen not in part.ways:
            ranks = self.wants[party].ranks
            now = part.worth(state, ranks)
            part.ways[seen] = tuple(
                (
                    _change(state, after),
                    tuple(a - b for a, b in zip(part.worth(after, ranks), now, strict=True)),
                )
                for after in self._within(party, part, state)
                if not any(rule(after) for rule in part.rules)
            )
        return part.ways[seen]

    def _within(self, party: PartyId, part: Part, state: State) -> set[State]:
        own = frozenset({party})
        pieces = [frozenset({index}) for index in self._left_singly(own, state)]
        pieces = [p for p in (*pieces, *self._left_together(own, state)) if p & part.options]
        found: set[State] = set()
        for size in range(len(pieces) + 1):
            for chosen in combinations(pieces, size):
                left = frozenset[int]().union(*chosen)
                choices = zip(state, self._choices(own, state, left), strict=True)
                found.update(
                    product(
                        *(
                            levels if index in part.options else (now,)
                            for index, (now, levels) in enumerate(choices)
                        )
                    )
                )
        return found

    def gains(
        self, party: PartyId, state: State, held: frozenset[int] = frozenset(), *, needed: bool
    ) -> Iterator[Change]:
        """Yield the improvements within one part each, perhaps only the needed ones.

        1. What a move gains is the sum of what it gains in each part.  So where no part alone
           gains, nothing does.
        2. A needed improvement makes a needed one in each part that it touches, and these lead to
           the same state one after the other.  So play ends where it would with all of them.
        """
        for part in self.wants[party].parts:
            if not part.wishes:
                continue
            key = part.tells(state), held, needed
            if key not in part.chosen:
                part.chosen[key] = self._gains(party, part, state, held, needed=needed)
            yield from part.chosen[key]

    def _gains(
        self, party: PartyId, part: Part, state: State, held: frozenset[int], *, needed: bool
    ) -> tuple[Change, ...]:
        ways = [
            way for way in self.ways(party, part, state) if held.isdisjoint(i for i, _ in way[0])
        ]
        nothing = (0,) * self.wants[party].ranks
        return tuple(
            change
            for change, gain in ways
            if gain > nothing
            and not (needed and any(_spares(change, gain, other, state) for other in ways))
        )

    def nash(self, party: PartyId, state: State) -> bool:
        """Return whether the party has no improvement."""
        return next(self.gains(party, state, needed=False), None) is None

    # ----------------------------------------------------------------------------- no deal

    def no_deal(self, start: State, held: Iterable[OptionId] = ()) -> frozenset[Outcome]:
        """Return where free play ends: the terminal strongly connected components."""
        fixed = frozenset(self.place[name] for name in held)
        ahead: dict[State, set[State]] = {}
        queue = [start]
        while queue:
            here = queue.pop()
            if here not in ahead:
                ahead[here] = {
                    changed(here, change)
                    for party in self.parties
                    for change in self.gains(party, here, fixed, needed=True)
                }
                queue.extend(ahead[here])
        return frozenset(_ends(ahead))


def _scored(test: Test, points: Fraction) -> Callable[[State], Fraction]:
    return lambda state: points if test(state) else Fraction(0)


def _dialled(index: int, worth: Sequence[Fraction]) -> Callable[[State], Fraction]:
    return lambda state: worth[state[index]]


def _apart(bunches: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Return sets of options, those that overlap joined."""
    found: list[frozenset[int]] = []
    for bunch in bunches:
        near = [other for other in found if other & bunch]
        found = [other for other in found if other not in near]
        found.append(bunch.union(*near))
    return found


def _spares(change: Change, gain: Worth, other: Way, state: State) -> bool:
    """Return whether another way is a part of a change and gains at least as much."""
    part, gained = other
    if part == change or gained < gain:
        return False
    new = dict(change)
    return all(
        index in new and min(state[index], new[index]) <= level <= max(state[index], new[index])
        for index, level in part
    )


def _change(state: State, after: State) -> Change:
    """Return what differs between two states."""
    pairs = zip(state, after, strict=True)
    return tuple((index, new) for index, (old, new) in enumerate(pairs) if old != new)


def _ends(ahead: Mapping[State, Collection[State]]) -> Iterator[Outcome]:
    """Yield the terminal strongly connected components of a graph.

    From any state, go on to where there is no way back from, until there is a way back from all.
    """
    behind: dict[State, set[State]] = {state: set() for state in ahead}
    for state, later in ahead.items():
        for other in later:
            behind[other].add(state)
    left = set(ahead)
    while left:
        state = next(iter(left))
        while further := _along({state}, ahead) - _along({state}, behind):
            state = next(iter(further))
        end = _along({state}, ahead)
        yield frozenset(end)
        left -= _along(end, behind)


def _along(states: Iterable[State], edges: Mapping[State, Collection[State]]) -> set[State]:
    """Return what edges lead to from some states, these included."""
    found = set(states)
    queue = list(found)
    while queue:
        new = set(edges[queue.pop()]) - found
        found |= new
        queue.extend(new)
    return found
