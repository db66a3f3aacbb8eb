"""The smallest change in what a party wants that would bring it in.

With points: the fewest points, on a condition it counts already or on a term of the package.  With
ordered wishes: the fewest swaps of neighbours, the lowest rank of one new wish, the fewest wishes
dropped.  With a ranking: the fewest swaps.  Changes are tried by size, each by judging anew, so
that what comes first is smallest; where the work allowed runs out, the bound says how far it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, groupby, pairwise
from typing import Literal

import numpy as np

from servanda.conditions import OptionId, holds
from servanda.conflict import Conflict, Tick, silent, with_preference
from servanda.errors import ConditionError, Stopped, Undecided, UsageError
from servanda.model import PartyId, Preference, Statement, Worth
from servanda.obstacles import blocking, judged
from servanda.situation import Situation
from servanda.target import TargetVerdict

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
    """

    kind: Kind
    found: tuple[Found, ...]
    bound: Fraction | None
    tried: int
    undecided: int = 0

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
    tick
        Told what is being done; may stop it.
    """

    situation: Situation
    state: int | None
    party: PartyId
    about: int
    terms: Mapping[OptionId, int]
    whole: bool = False
    budget: int = BUDGET
    tick: Tick = field(default=silent, repr=False)

    @property
    def preference(self) -> Preference:
        """What the party wants now."""
        return self.situation.case.preferences.get(self.party, Preference())

    def judge(self, preference: Preference) -> TargetVerdict:
        """Return the verdict if the party wanted something else."""
        conflict = with_preference(self.situation.conflict, self.party, preference)
        return judged(replace(self.situation, conflict=conflict), self.state, self.tick)

    def brought_in(self, shift: Shift) -> Found | None:
        """Return what is left once a change is made; None if it does not bring the party in."""
        verdict = self.judge(shift.preference)
        still = blocking(verdict)
        if self.party in still or (self.whole and not verdict.sticks):
            return None
        return Found(shift=shift, sticks=verdict.sticks, still=still)


def shifts(asking: Asking) -> Iterator[Smallest]:
    """Yield the smallest changes in what a party wants that bring it in, kind by kind.

    Raises
    ------
    Stopped, KeyboardInterrupt
        If the work was stopped; what was found until then has been yielded.
    """
    for kind, tries, few in _kinds(asking):
        work = _Work(asking)
        yield work.smallest(kind, tries, few)
        if work.stopped is not None:
            raise work.stopped


def _kinds(asking: Asking) -> list[tuple[Kind, Iterator[Shift], Iterator[Shift]]]:
    """Return the kinds of change there are to what a party wants, each with all and with some."""
    form = asking.preference.form
    none = iter(())
    if form == "points" or (form == "none" and asking.situation.conflict.walk_away is not None):
        return [("points", points(asking), none)]
    found: list[tuple[Kind, Iterator[Shift], Iterator[Shift]]] = []
    if form != "none":
        found.append(("reorder", reorders(asking), moves(asking)))
    if form != "ranking":
        found.append(("wish", new_wishes(asking), none))
    if form == "ordered":
        found.append(("drop", drops(asking), none))
    return found


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

    def smallest(self, kind: Kind, tries: Iterable[Shift], few: Iterable[Shift] = ()) -> Smallest:
        """Return the smallest changes that bring the party in.

        Parameters
        ----------
        kind
            The kind of change.
        tries
            Every change of the kind, by size.
        few
            Some of them, by size, to be tried where not all can be.
        """
        bound: Fraction | None = Fraction(0)
        found: list[Found] = []
        try:
            found, bound = self.first(tries)
            if not found and bound is not None and self.stopped is None:
                self.left, least = self.asking.budget, bound
                found, _ = self.first(shift for shift in few if shift.size >= least)
        except Undecided:
            self.undecided += 1
        found.sort(key=lambda each: (not each.sticks, len(each.still)))
        return Smallest(
            kind=kind, found=tuple(found), bound=bound, tried=self.tried, undecided=self.undecided
        )

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
                    self.stopped = stop
                    return found, size
            if found:
                return found, size
        return [], None

    def judged(self, shift: Shift) -> list[Found]:
        """Return a change with what is then left, if it brings the party in."""
        self.tried += 1
        name = self.asking.situation.case.name(self.asking.party)
        self.asking.tick(f"what would bring in {name}: {self.tried} changes tried")
        try:
            found = self.asking.brought_in(shift)
        except Undecided:
            self.undecided += 1
            return []
        except UsageError:
            return []
        return [found] if found else []


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
    preference = asking.preference
    named = asking.situation.case.statements(asking.party)
    places = [(n, k) for n, group in enumerate(preference.ordered) for k in range(len(group))]
    for size in range(1, len(places) + 1):
        for gone in combinations(places, size):
            kept = (
                tuple(each for k, each in enumerate(group) if (n, k) not in gone)
                for n, group in enumerate(preference.ordered)
            )
            changed = preference.model_copy(
                update={"ordered": tuple(group for group in kept if group)}
            )
            dropped = tuple(named[n][k] for n, k in gone)
            yield Shift(kind="drop", size=Fraction(size), preference=changed, dropped=dropped)


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
