"""The smallest change in what a party wants that would bring it in.

With points: the fewest points, on a condition it counts already or on a term of the package.  With
ordered wishes: the fewest swaps of neighbours, the lowest rank of one new wish, the fewest wishes
dropped.  With a ranking: the fewest swaps.  Changes are tried by size, each by judging anew, so
that what comes first is smallest; where the work allowed runs out, the bound says how far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, groupby, pairwise
from typing import Literal

import numpy as np

from servanda.conditions import OptionId, holds
from servanda.conflict import Conflict, with_preference
from servanda.errors import ConditionError, Lapsed, Stopped, Undecided, UsageError
from servanda.halving import halved, thinned
from servanda.model import PartyId, Preference, Statement, Worth
from servanda.obstacles import blocking, is_blocking, judged
from servanda.situation import Situation
from servanda.target import TargetVerdict
from servanda.turns import Turn

Kind = Literal["points", "reorder", "wish", "drop"]
BUDGET = 400
"""How many changes of one kind are tried for one party."""
_MOST_AMOUNTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One change in what a party wants.

    Parameters
    ----------
    kind
        ``points`` on a condition, wishes or ranked states in another order (``reorder``), a new
        ``wish``, or wishes dropped (``drop``).
    size
        How many points; swaps of neighbours; places from the bottom; wishes dropped.
    over
        For points: whether just so many are not enough, but any number above them is, up to the
        next at which some comparison turns.
    condition
        The condition that is worth more or (`less`) less, or the new wish.
    less
        Whether its worth goes down.
    preference
        What the party would want.
    order
        Where each wish or ranked state stood before, in the new order.
    dropped
        The wishes dropped.
    """

    kind: Kind
    size: Fraction
    preference: Preference
    order: tuple[int, ...] = ()
    condition: str = ""
    over: bool = False
    less: bool = False
    dropped: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A change that brings a party in, and what is then left.

    Parameters
    ----------
    shift
        The change.
    sticks
        Whether the target or package then sticks.
    still
        Who then blocks.
    """

    shift: Shift
    sticks: bool
    still: tuple[PartyId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """The smallest changes of one kind that bring a party in.

    Parameters
    ----------
    kind
        The kind.
    found
        Those of the smallest size found, first those with which the whole sticks.
    bound
        No smaller change of this kind does; None where every one was tried and none does.
    tried, undecided
        How many were judged, and how many of these would take too many states to settle.
    lapsed
        Whether its share of the time was used up before its work was done.
    """

    kind: Kind
    found: tuple[Found, ...]
    bound: Fraction | None
    tried: int
    undecided: int = 0
    lapsed: bool = False

    @property
    def proved(self) -> bool:
        """Whether it is known for certain what is smallest, or that there is none."""
        if self.undecided:
            return False
        return self.bound is None or any(each.shift.size == self.bound for each in self.found)


@dataclass(frozen=True)
class Asking:
    """A target or package, and the party that should be brought in.

    Parameters
    ----------
    situation
        The case under its plan.
    state
        The package; None for the plan's target.
    party
        The party.
    about
        A state of it: a condition that holds there may gain points, another may lose some.
    terms
        What sets it apart: what a new wish may speak of.
    whole
        Whether the party counts as brought in only once the whole sticks: where nobody blocks,
        and nobody gains.
    budget
        How many changes of one kind may be tried.
    turn
        How long it may take, each kind of change a share of it; told what is being done.
    """

    situation: Situation
    state: int | None
    party: PartyId
    about: int
    terms: Mapping[OptionId, int]
    whole: bool = False
    budget: int = BUDGET
    turn: Turn = field(default_factory=Turn, repr=False)

    @property
    def preference(self) -> Preference:
        """What the party wants now."""
        return self.situation.case.preferences.get(self.party, Preference())

    def judge(self, preference: Preference) -> TargetVerdict:
        """Return the verdict if the party wanted something else."""
        conflict = with_preference(self.situation.conflict, self.party, preference)
        return judged(replace(self.situation, conflict=conflict), self.state, self.turn)

    def brought_in(self, shift: Shift) -> Found | None:
        """Return what is left once a change is made; None if it does not bring the party in."""
        verdict = self.judge(shift.preference)
        if is_blocking(verdict, self.party) or (self.whole and not verdict.sticks):
            return None
        return Found(shift=shift, sticks=verdict.sticks, still=blocking(verdict))


def shifts(asking: Asking) -> Iterator[Smallest]:
    """Yield the smallest changes in what a party wants that bring it in, kind by kind.

    A kind that uses up its share of the time leaves the others theirs.

    Raises
    ------
    Stopped, KeyboardInterrupt
        If the work was stopped; what was found until then has been yielded.
    """
    kinds = _kinds(asking)
    for place, (kind, tries, instead) in enumerate(kinds):
        turn = asking.turn.part(1 / (len(kinds) - place))
        work = _Work(replace(asking, turn=turn))
        yield work.smallest(kind, tries, instead)
        if work.stopped is not None and not isinstance(work.stopped, Lapsed):
            raise work.stopped


def _kinds(asking: Asking) -> list[tuple[Kind, Iterator[Shift], Instead | None]]:
    """Return the kinds of change there are to what a party wants.

    With all changes of each kind, and where not all can be tried, how else to find one.
    """
    form = asking.preference.form
    if form == "points" or (form == "none" and asking.situation.conflict.walk_away is not None):
        return [("points", points(asking), None)]
    found: list[tuple[Kind, Iterator[Shift], Instead | None]] = []
    if form != "none":
        found.append(("reorder", reorders(asking), _one_moved))
    if form != "ranking":
        found.append(("wish", new_wishes(asking), _wish_by_halving))
    if form == "ordered":
        found.append(("drop", drops(asking), _needed_drops))
    return found


def _one_moved(work: _Work, least: Fraction) -> Iterator[list[Found]]:
    yield work.first(each for each in moves(work.asking) if each.size >= least)[0]


def _wish_by_halving(work: _Work, least: Fraction) -> Iterator[list[Found]]:
    by_rank = groupby(new_wishes(work.asking), key=lambda each: each.size)
    return halved([list(same) for rank, same in by_rank if rank >= least], work.fitting)


def _needed_drops(work: _Work, least: Fraction) -> Iterator[list[Found]]:
    def fits(gone: Sequence[tuple[int, int]]) -> Found | None:
        return work.fitting(_dropping(work.asking, gone)) if len(gone) >= least else None

    for found in thinned(_places(work.asking.preference), fits):
        yield [found]


def smallest(asking: Asking, kind: Kind, tries: Iterable[Shift]) -> Smallest:
    """Return the smallest of some changes of one kind, given by size, that bring the party in."""
    return _Work(asking).smallest(kind, tries)


class _Work:
    """Changes judged one by one, as many as may be, until the work is stopped."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.left = asking.budget
        self.tried = self.undecided = 0
        self.stopped: Stopped | KeyboardInterrupt | None = None

    def smallest(
        self, kind: Kind, tries: Iterable[Shift], instead: Instead | None = None
    ) -> Smallest:
        """Return the smallest changes that bring the party in.

        Parameters
        ----------
        kind
            The kind of change.
        tries
            Every change of the kind, by size.
        instead
            How to find one of at least some size where not all can be tried, in half of the time;
            what it yields last is the best.  None where there is no such way.
        """
        bound: Fraction | None = Fraction(0)
        found: list[Found] = []
        asking = self.asking
        try:
            half = asking.turn if instead is None else asking.turn.part(1 / 2)
            self.asking = replace(asking, turn=half)
            found, bound = self.first(tries)
            self.asking = asking
            going = self.stopped is None or isinstance(self.stopped, Lapsed)
            if instead is not None and not found and bound is not None and going:
                self.left = asking.budget
                for better in instead(self, bound):
                    found = better
        except Undecided:
            self.undecided += 1
        except (Stopped, KeyboardInterrupt) as stop:
            self.stop(stop)
        found.sort(key=lambda each: (not each.sticks, len(each.still)))
        return Smallest(
            kind=kind,
            found=tuple(found),
            bound=bound,
            tried=self.tried,
            undecided=self.undecided,
            lapsed=isinstance(self.stopped, Lapsed),
        )

    def stop(self, why: Stopped | KeyboardInterrupt) -> None:
        """Keep in mind what stopped the work; where time was short, the last was not judged."""
        self.stopped = why
        self.tried -= isinstance(why, Lapsed)

    def fitting(self, shift: Shift) -> Found | None:
        """Return a change with what is then left, if it may still be tried and brings it in."""
        if not self.left:
            return None
        self.left -= 1
        return next(iter(self.judged(shift)), None)

    def first(self, tries: Iterable[Shift]) -> tuple[list[Found], Fraction | None]:
        """Return the first changes of one size that do, and their size; None if all were tried."""
        for (size, _), same in groupby(tries, key=lambda shift: (shift.size, shift.over)):
            found: list[Found] = []
            for shift in same:
                if not self.left:
                    return found, size
                self.left -= 1
                try:
                    found += self.judged(shift)
                except (Stopped, KeyboardInterrupt) as stop:
                    self.stop(stop)
                    return found, size
            if found:
                return found, size
        return [], None

    def judged(self, shift: Shift) -> list[Found]:
        """Return a change with what is then left, if it brings the party in."""
        self.tried += 1
        name = self.asking.situation.case.name(self.asking.party)
        self.asking.turn(f"what would bring in {name}: {self.tried} changes tried")
        try:
            found = self.asking.brought_in(shift)
        except Undecided:
            self.undecided += 1
            return []
        except UsageError:
            return []
        return [found] if found else []


Instead = Callable[[_Work, Fraction], Iterator[list[Found]]]
"""How to find changes of at least some size without trying all: ever smaller ones."""


# ------------------------------------------------------------------------ orders of wishes


def reorders(asking: Asking) -> Iterator[Shift]:
    """Yield the party's wishes, or ranked states, in every other order, fewest swaps first."""
    preference = asking.preference
    form = "ordered" if preference.ordered else "ranking"
    groups: Sequence[object] = preference.ordered or preference.ranking
    for swaps, order in orders(len(groups)):
        if swaps:
            moved = tuple(groups[place] for place in order)
            changed = preference.model_copy(update={form: moved})
            yield Shift(kind="reorder", size=Fraction(swaps), preference=changed, order=order)


def orders(count: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield every order of so many things with the swaps of neighbours it takes, fewest first.

    >>> list(orders(2))
    [(0, (0, 1)), (1, (1, 0))]
    """
    level = {tuple(range(count)): None}
    swaps = 0
    while level:
        yield from ((swaps, order) for order in level)
        further: dict[tuple[int, ...], None] = {}
        for order in level:
            for place, (one, two) in enumerate(pairwise(order)):
                if one < two:  # each such swap adds one inversion
                    further[(*order[:place], two, one, *order[place + 2 :])] = None
        level, swaps = further, swaps + 1


def moves(asking: Asking) -> Iterator[Shift]:
    """Yield what the party wants with one wish, or ranked state, moved, nearest first."""
    preference = asking.preference
    form = "ordered" if preference.ordered else "ranking"
    groups: Sequence[object] = preference.ordered or preference.ranking
    for swaps in range(1, len(groups)):
        for place in range(len(groups) - swaps):
            far = place + swaps
            for old, new in ((place, far), (far, place))[: 2 if swaps > 1 else 1]:
                order = [each for each in range(len(groups)) if each != old]
                order.insert(new, old)
                changed = preference.model_copy(update={form: tuple(groups[n] for n in order)})
                yield Shift(
                    kind="reorder", size=Fraction(swaps), preference=changed, order=tuple(order)
                )


def drops(asking: Asking) -> Iterator[Shift]:
    """Yield what the party wants without some of its wishes, fewest dropped first."""
    places = _places(asking.preference)
    for size in range(1, len(places) + 1):
        for gone in combinations(places, size):
            yield _dropping(asking, gone)


def _places(preference: Preference) -> list[tuple[int, int]]:
    """Return where each wish stands: the place of its group, and its own in that."""
    return [(n, k) for n, group in enumerate(preference.ordered) for k in range(len(group))]


def _dropping(asking: Asking, gone: Sequence[tuple[int, int]]) -> Shift:
    """Return what the party wants without the wishes at some places."""
    preference = asking.preference
    named = asking.situation.case.statements(asking.party)
    kept = (
        tuple(each for k, each in enumerate(group) if (n, k) not in gone)
        for n, group in enumerate(preference.ordered)
    )
    changed = preference.model_copy(update={"ordered": tuple(group for group in kept if group)})
    dropped = tuple(named[n][k] for n, k in gone)
    return Shift(kind="drop", size=Fraction(len(gone)), preference=changed, dropped=dropped)


def new_wishes(asking: Asking) -> Iterator[Shift]:
    """Yield what the party wants with one more wish, for a term or all of them, lowest rank first.

    Rank 1 is below all other wishes.
    """
    preference, texts = asking.preference, wishes_for(asking.situation, asking.terms)
    for rank in range(1, len(preference.ordered) + 2):
        place = len(preference.ordered) + 1 - rank
        for text in texts:
            new = (Statement(wish=text, assumption=True),)
            ordered = (*preference.ordered[:place], new, *preference.ordered[place:])
            changed = preference.model_copy(update={"ordered": ordered})
            yield Shift(kind="wish", size=Fraction(rank), preference=changed, condition=text)


def wishes_for(situation: Situation, terms: Mapping[OptionId, int]) -> tuple[str, ...]:
    """Return terms as conditions: each by itself, and all of them at once."""
    texts = [text_of(situation, option, level) for option, level in terms.items()]
    return (*texts, " and ".join(texts)) if len(texts) > 1 else tuple(texts)


def text_of(situation: Situation, option: OptionId, level: int) -> str:
    """Return a term as a condition: ``x``, ``not x`` or ``x = level``, in quotes where needed."""
    stated = situation.case.options[option]
    if stated.yes_no:
        return option if level else f"not {option}"
    plain = f"{option} = {stated.levels[level]}"
    try:
        situation.case.vocabulary.condition(plain)
    except ConditionError:
        return f"{option} = '{stated.levels[level]}'"
    return plain


# ------------------------------------------------------------------------ points


def points(asking: Asking) -> Iterator[Shift]:
    """Yield what the party wants with more points on a condition, fewest points first.

    A condition that holds in the package gains, one that does not loses.  How the party compares
    two states changes only where they draw level, so these numbers of points are tried, and one
    between each and the next.
    """
    conflict = asking.situation.conflict
    words = conflict.case.vocabulary
    levels = conflict.space.levels(asking.about)
    known = list(asking.preference.points)
    fresh = [
        text
        for text in wishes_for(asking.situation, asking.terms)
        if words.condition(text) not in {words.condition(each) for each in known}
    ]
    less = {text: not holds(words.condition(text), levels) for text in known}
    less |= dict.fromkeys(fresh, False)
    level = {text: _draws_level(conflict, asking.party, text, less[text]) for text in less}
    every = sorted(frozenset[Fraction]().union(*level.values()))
    for number, least in enumerate(every):
        higher = every[number + 1] if number + 1 < len(every) else least + 1
        for over, amount in ((False, least), (True, (least + higher) / 2)):
            for text in less:
                if amount and least in level[text]:
                    gain = -amount if less[text] else amount
                    changed = _with_points(asking.preference, text, gain)
                    yield Shift(
                        kind="points",
                        size=least,
                        preference=changed,
                        condition=text,
                        over=over,
                        less=less[text],
                    )


def _with_points(preference: Preference, text: str, gain: Fraction) -> Preference:
    known = preference.points.get(text, Worth(worth="0", assumption=True))
    worth = known.model_copy(update={"worth": _decimal(known.middle + gain)})
    return preference.model_copy(update={"points": {**preference.points, text: worth}})


def _decimal(value: Fraction) -> str:
    """Return a number with finitely many decimals, as half of any worth has, without rounding."""
    shift = 0
    while (value * 10**shift).denominator > 1:
        shift += 1
    digits = str(abs(value * 10**shift)).rjust(shift + 1, "0")
    place = len(digits) - shift
    return f"{'-' if value < 0 else ''}{digits[:place]}.{digits[place:] or '0'}"


def _draws_level(
    conflict: Conflict,
    party: PartyId,
    text: str,
    less: bool,  # noqa: FBT001  # told with the text it belongs to
) -> frozenset[Fraction]:
    """Return how many points it takes for two states to draw level, one with and one without them.

    In pure talks: for a state to draw level with walking away.
    """
    payoff = conflict.payoffs[party]
    if not conflict.space.dense:
        return _every_amount(conflict, party)
    condition = conflict.case.vocabulary.condition(text)
    meets = np.broadcast_to(conflict.space.truth(condition), conflict.space.shape) != less
    gaining = np.unique(payoff.values[conflict.feasible & meets]).tolist()
    if conflict.walk_away is not None:
        others = [] if less else [conflict.walk_away[party]]
    else:
        others = np.unique(payoff.values[conflict.feasible & ~meets]).tolist()
    gaps = {other - value for value in gaining for other in others if other >= value}
    return frozenset(Fraction(gap, payoff.scale) for gap in gaps)


def _every_amount(conflict: Conflict, party: PartyId) -> frozenset[Fraction]:
    """Return every difference there can be, where states are too many to look at all of them."""
    payoff, case = conflict.payoffs[party], conflict.case
    preference = case.preferences.get(party, Preference())
    most = sum((abs(worth.middle) for worth in preference.points.values()), Fraction(0))
    for option, position in preference.position.items():
        scale = case.vocabulary.values.get(option, (Fraction(len(case.options[option].levels)),))
        spread = max(scale) - min(*scale, Fraction(0))
        most += abs(Fraction(str(position.salience))) * spread
    most += abs(Fraction(str(case.walk_away.get(party, 0))))
    if most * payoff.scale > _MOST_AMOUNTS:
        raise Undecided(f"there are more than {_MOST_AMOUNTS:,} numbers of points to try")
    return frozenset(Fraction(gap, payoff.scale) for gap in range(int(most * payoff.scale) + 1))
