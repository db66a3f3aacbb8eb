"""What one party wants and can do, cut into parts that have nothing to do with each other.

For the slow reference where there are too many states to list, and too many moves.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from operator import itemgetter

from servanda.conditions import (
    COMPARE,
    AllOf,
    Always,
    Among,
    AnyOf,
    Condition,
    Count,
    Iff,
    Not,
    OptionId,
    Total,
)
from slow import State

Test = Callable[[State], bool]
Change = tuple[tuple[int, int], ...]
"""Places of options, each with the level it comes to."""


def tested(condition: Condition, place: Mapping[OptionId, int]) -> Test:
    """Return a condition as a test of states; `place` says where each option stands in one."""
    match condition:
        case Always(truth):
            return lambda _: truth
        case Among(option, levels):
            index = place[option]
            return lambda state: state[index] in levels
        case Not(part):
            denied = tested(part, place)
            return lambda state: not denied(state)
        case AllOf(parts):
            tests = [tested(part, place) for part in parts]
            return lambda state: all(test(state) for test in tests)
        case AnyOf(parts):
            tests = [tested(part, place) for part in parts]
            return lambda state: any(test(state) for test in tests)
        case Iff(left, right):
            one, two = tested(left, place), tested(right, place)
            return lambda state: one(state) == two(state)
        case Count(low, high, parts):
            tests = [tested(part, place) for part in parts]
            return lambda state: low <= sum(test(state) for test in tests) <= high
        case Total(sign, bound, terms):
            compare = COMPARE[sign]
            sums = [(place[option], values) for option, values in terms]
            return lambda state: compare(
                sum((values[state[index]] for index, values in sums), Fraction(0)), bound
            )


def seen_at(places: Collection[int]) -> Callable[[State], State]:
    """Return what tells how some options stand."""
    listed = sorted(places)
    if not listed:
        return lambda _: ()
    if len(listed) == 1:
        only = listed[0]
        return lambda state: (state[only],)
    return itemgetter(*listed)


@dataclass(frozen=True)
class Wish:
    """One thing that adds to a party's utility: at which rank, how much, told by which options."""

    rank: int
    told_by: frozenset[int]
    worth: Callable[[State], Fraction | int]


Worth = tuple[Fraction | int, ...]
"""What some wishes add up to at each rank, the highest first."""

Way = tuple[Change, Worth]
"""What a party can do, and what it gains at each rank."""


def added(wishes: Iterable[Wish], state: State, ranks: int) -> Worth:
    """Return what some wishes add up to at each rank."""
    total: list[Fraction | int] = [0] * ranks
    for wish in wishes:
        total[wish.rank] += wish.worth(state)
    return tuple(total)


@dataclass(frozen=True)
class Part:
    """Options of one party that hang together, with the wishes and rules that speak of them.

    Parameters
    ----------
    options
        Places of what the party may change here, by setting it or by leaving.
    wishes, rules
        What speaks of any of them; a part that no wish speaks of changes nothing for the party.
    bearing
        Places of all that bears on what the party can do and gain here.
    """

    options: frozenset[int]
    wishes: tuple[Wish, ...]
    rules: tuple[Test, ...]
    bearing: tuple[int, ...]
    ways: dict[State, tuple[Way, ...]] = field(default_factory=dict)
    chosen: dict[object, tuple[Change, ...]] = field(default_factory=dict)

    @cached_property
    def tells(self) -> Callable[[State], State]:
        """Return how all that bears on it stands."""
        return seen_at(self.bearing)

    def worth(self, state: State, ranks: int) -> Worth:
        """Return what the wishes add up to at each rank."""
        return added(self.wishes, state, ranks)


@dataclass
class Known:
    """What many worlds of one case share: conditions read, and parties that want the same."""

    tests: dict[object, tuple[Test, frozenset[int]]] = field(default_factory=dict)
    wants: dict[object, "Wants"] = field(default_factory=dict)
    numbers: dict[object, int] = field(default_factory=dict)

    def number(self, thing: object) -> int:
        """Return a number that stands for a thing."""
        return self.numbers.setdefault(thing, len(self.numbers))


@dataclass(frozen=True)
class Wants:
    """What a party wants, and the parts of what it can do."""

    wishes: tuple[Wish, ...]
    parts: tuple[Part, ...]
    ranks: int
    tells: Callable[[State], State]
    known: dict[State, Worth] = field(default_factory=dict)

    def worth(self, state: State) -> Worth:
        """Return how well the party does: larger is better, compared from the left."""
        seen = self.tells(state)
        if seen not in self.known:
            self.known[seen] = added(self.wishes, state, self.ranks)
        return self.known[seen]


def changed(state: State, change: Change) -> State:
    """Return a state with some options at other levels."""
    levels = list(state)
    for index, level in change:
        levels[index] = level
    return tuple(levels)
