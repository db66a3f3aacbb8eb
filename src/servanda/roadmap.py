"""An order of steps from the start to a package that leaves nobody stranded or tempted.

Changes are made singly or in simultaneous exchanges.  For each largest exchange size the order
with the least worst severity is found (a minimax path over the sets of changes already made), and
with it the smallest exchange after which nobody is exposed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from servanda.acceptance import signatories
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.states import Cells
from servanda.temptation import Counting, Way

MOST_CHANGES = 18
Sets = NDArray[np.int64]
"""Sets of changes already made, as bits in the order of the changes."""


@dataclass(frozen=True, slots=True, order=True)
class Exposure:
    """A signatory at risk at an interior state.

    Parameters
    ----------
    severity
        From 0 to 1.
    party, state
        Who, where.
    kind
        ``stranded`` or ``tempted``.
    """

    severity: Fraction
    party: PartyId
    state: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One order of steps.

    Parameters
    ----------
    steps
        Options changed at each step.
    states
        The state after each step.
    exposures
        Who is exposed on the way, worst first.
    barred
        Steps, counted from 1, that cannot be made so: to a state that cannot be, against a
        `when`, or by a party that neither signs nor gains.  Only a plan's own order has any.
    """

    steps: tuple[tuple[OptionId, ...], ...]
    states: tuple[int, ...]
    exposures: tuple[Exposure, ...]
    barred: tuple[int, ...] = ()

    @property
    def severity(self) -> Fraction:
        """The worst severity on the way."""
        return max((each.severity for each in self.exposures), default=Fraction(0))

    @property
    def largest(self) -> int:
        """The largest exchange."""
        return max((len(step) for step in self.steps), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roadmap:
    """The best order for each largest exchange size.

    Parameters
    ----------
    changes
        Options that change, with their new level indices.
    routes
        Best route for each largest exchange size that gives one, up to the first without
        exposure.
    exchange
        The smallest exchange that leaves nobody exposed; None if none does.
    author
        The plan's own order, scored; None if it gives none.
    deadlock
        Options whose `when` conditions wait on each other.
    bounds
        For exchange sizes whose best order is not proved: what the worst severity of any order
        is at least.
    """

    changes: Mapping[OptionId, int]
    routes: Mapping[int, Route]
    exchange: int | None
    author: Route | None
    deadlock: tuple[OptionId, ...]
    bounds: Mapping[int, Fraction] = field(default_factory=dict)

    @property
    def open_sizes(self) -> tuple[int, ...]:
        """Exchange sizes below the one that leaves nobody exposed that might do so as well."""
        return tuple(
            size
            for size, bound in self.bounds.items()
            if not bound and (self.exchange is None or size < self.exchange)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The smallest exchange that leaves nobody exposed on the way to a package.

    Parameters
    ----------
    changes
        How many changes lead to the package.
    size
        How many of them must be made at once; None where every order exposes somebody, or none
        was found that does not.
    proved
        Whether no smaller exchange does.
    """

    changes: int
    size: int | None
    proved: bool = True


@dataclass(frozen=True)
class _Walk:
    """Everything about the sets of changes on the way to `goal`; arrays have one entry a set."""

    situation: Situation
    no_deal: NoDeal
    goal: int
    counting: Counting
    tick: Tick
    _severities: dict[Fraction, int] = field(default_factory=lambda: {Fraction(0): 0})

    @cached_property
    def way(self) -> Way:
        space, start = self.situation.space, self.situation.start
        return Way(space, start, space.changes(start, self.goal))

    @cached_property
    def options(self) -> list[OptionId]:
        return list(self.way.changes)

    @cached_property
    def full(self) -> int:
        return (1 << len(self.options)) - 1

    @cached_property
    def signing(self) -> tuple[PartyId, ...]:
        return signatories(self.situation, self.goal)

    @cached_property
    def feasible(self) -> NDArray[np.bool_]:
        feasible = np.ones(self.full + 1, dtype=np.bool_)
        conflict, words = self.situation.conflict, self.situation.case.vocabulary
        for rule in conflict.case.never:
            feasible &= ~self.way.holds(words.condition(rule.that))
        for option in conflict.frozen & set(self.options):
            feasible &= np.arange(self.full + 1) >> self.options.index(option) & 1 == 0
        return feasible

    @cached_property
    def waiting(self) -> Sets:
        """The changes whose `when` does not hold in each set's state, as bits."""
        whens = self.situation.conflict.moves.whens
        bits = np.zeros(self.full + 1, dtype=np.int64)
        for number, option in enumerate(self.options):
            if option in whens:
                holds = self.way.holds(whens[option])
                bits |= np.where(holds, 0, 1 << number)
        return bits

    @cached_property
    def unsigned(self) -> tuple[tuple[int, Cells], ...]:
        """Changes made by a party that does not sign, and its values: they must improve these."""
        options, payoffs = self.situation.case.options, self.situation.conflict.payoffs
        return tuple(
            (1 << number, self.way.values(payoffs[owner]))
            for number, name in enumerate(self.options)
            for owner in options[name].owners
            if owner not in self.signing
        )

    # ------------------------------------------------------------------------------- steps

    def after(self, made: int, size: int, among: Sets) -> Sets:
        """Return the sets, of some, reached from `made` by one legal exchange of at most `size`.

        What is gone through is the shortest list of three: those sets, the exchanges, and all that
        can still be added.
        """
        left = self.full & ~made
        near = self.exchanges[: self.within[size]]
        if 1 << left.bit_count() < min(len(near), len(among)):
            steps = np.array([0], dtype=np.int64)
            for bit in (1 << n for n in range(len(self.options)) if left >> n & 1):
                steps = np.concatenate([steps, steps | bit])
            steps = steps[(self.count[steps] <= size) & (steps > 0)]
        elif len(near) < len(among):
            steps = near[near & made == 0]
        else:
            steps = among[among & made == made] ^ made
            steps = steps[(self.count[steps] <= size) & (steps > 0)]
        return self._legal(made, steps[steps & self.waiting[made] == 0])

    def _legal(self, made: int, steps: Sets) -> Sets:
        sets = steps | made
        legal = self.feasible[sets]
        for bit, values in self.unsigned:
            legal &= (values[sets] > values[made]) | (steps & bit == 0)
        return np.asarray(sets[legal])

    @cached_property
    def count(self) -> Sets:
        """How many changes each set holds."""
        count = np.array([0], dtype=np.int64)
        for _ in self.options:
            count = np.concatenate([count, count + 1])
        return count

    @cached_property
    def exchanges(self) -> Sets:
        """Every set of changes that is not empty, the smallest first."""
        return np.argsort(self.count, kind="stable")[1:]

    @cached_property
    def within(self) -> list[int]:
        """How many exchanges have at most so many changes."""
        return [int(many) for many in np.cumsum(np.bincount(self.count)) - 1]

    # ---------------------------------------------------------------------------- exposure

    def able(self, party: PartyId) -> NDArray[np.bool_]:
        """Return where a party has a change still to make, or one it can still take back."""
        sets = np.arange(self.full + 1)
        able = np.zeros(len(sets), dtype=np.bool_)
        for number, name in enumerate(self.options):
            option = self.situation.case.options[name]
            if party in option.owners:
                level, moves = self.way.changes[name], self.situation.conflict.moves
                ends = option.leavable and moves.fallen(name, level) != level
                revocable = ends if option.joint else option.only is None
                able |= revocable or (sets >> number & 1 == 0)
        return able

    @cached_property
    def risks(self) -> dict[tuple[PartyId, str], Sets]:
        """How severely each signatory is exposed at the interior sets, by kind.

        Severities are told by their number in `_severities`; 0 is none.
        """
        found = {}
        for party in self.signing:
            self.tick(f"roadmap: what {self.situation.case.name(party)} risks")
            found[party, "stranded"] = self._stranded(party)
            found[party, "tempted"] = self._tempted(party)
        return found

    def _stranded(self, party: PartyId) -> Sets:
        payoff = self.situation.conflict.payoffs[party]
        floor = payoff.value(self.situation.start)
        floor = min(floor, *(low for low, _ in self.no_deal.bounds(party)))
        return self._severe(party, self.way.values(payoff), lambda value: (value, floor))

    def _tempted(self, party: PartyId) -> Sets:
        aim = self.situation.conflict.value(party, self.goal)
        able = self.able(party)
        if not able.any():
            return np.zeros(self.full + 1, dtype=np.int64)
        worth = np.where(able, self.counting(party, self.goal, self.way), aim)
        return self._severe(party, worth, lambda value: (aim, value))

    def _severe(
        self, party: PartyId, values: Cells, pair: Callable[[int], tuple[int, int]]
    ) -> Sets:
        different, places = np.unique(values, return_inverse=True)
        severity, known = self.situation.conflict.severity, self._severities
        each = (severity(party, *pair(int(value))) for value in different)
        numbers = np.array([known.setdefault(found, len(known)) for found in each])
        found = numbers[places.reshape(-1)]
        found[~self.feasible] = found[0] = found[self.full] = 0
        return np.asarray(found)

    @cached_property
    def worst(self) -> tuple[list[Fraction], Sets]:
        """Return the severities that occur, in order, and for each set the place of its worst."""
        risks, scale = self.risks.values(), sorted(self._severities)
        places = np.array([scale.index(severity) for severity in self._severities])
        ranks = np.zeros(self.full + 1, dtype=np.int64)
        for found in risks:
            np.maximum(ranks, places[found], out=ranks)
        return scale, ranks

    @cached_property
    def exposed(self) -> Sets:
        """How many exposures each set has."""
        number = np.zeros(self.full + 1, dtype=np.int64)
        for found in self.risks.values():
            number += (found > 0).astype(np.int64)
        return number

    # ------------------------------------------------------------------------------ routes

    def reaches(self, size: int, worst: int) -> bool:
        """Return whether some order has no exposure above a place on the scale.

        Each set is left once; those with most changes made are gone on from first.
        """
        fresh = self.worst[1] <= worst
        left, ahead, seen = np.flatnonzero(fresh), [0], 0
        while ahead:
            made = ahead.pop()
            if made == self.full:
                return True
            self.tick(f"roadmap: exchanges of up to {size}")
            sets = self.after(made, size, left)
            sets = sets[fresh[sets]]
            fresh[sets] = False
            seen += len(sets)
            if 2 * seen > len(left):
                left, seen = left[fresh[left]], 0
            ahead += sets[np.argsort(self.count[sets], kind="stable")].tolist()
        return False

    def least_worst(self, size: int, most: int) -> int | None:
        """Return the place of the least worst severity, at most `most`; None if no order leads."""
        low, high = 0, most
        if not self.reaches(size, high):
            return None
        while low < high:
            middle = (low + high) // 2
            if self.reaches(size, middle):
                high = middle
            else:
                low = middle + 1
        return low

    def best(self, size: int, worst: int) -> Route:
        """Return the route with fewest exposed, then most steps, none exposed above `worst`.

        The sets are gone through in order, for each the cheapest way to it.
        """
        ranks = self.worst[1]
        among = np.flatnonzero(ranks <= worst)
        dear = np.iinfo(np.int64).max
        cost = np.full(self.full + 1, dear, dtype=np.int64)
        came = np.zeros(self.full + 1, dtype=np.int64)
        cost[0] = 0
        for made in among.tolist():
            if cost[made] == dear or made == self.full:
                continue
            self.tick(f"roadmap: exchanges of up to {size}")
            sets = self.after(made, size, among)
            sets = sets[ranks[sets] <= worst]
            price = cost[made] + self.exposed[sets] * 64 - 1
            cheaper = price < cost[sets]
            cost[sets[cheaper]] = price[cheaper]
            came[sets[cheaper]] = made
        path, made = [], self.full
        while made:
            path.append(made)
            made = int(came[made])
        return self.route(path[::-1])

    def route(self, sets: Sequence[int]) -> Route:
        """Return the route through these sets of changes."""
        steps, before = [], 0
        for made in sets:
            steps.append(tuple(o for n, o in enumerate(self.options) if (made & ~before) >> n & 1))
            before = made
        severities = tuple(self._severities)
        exposures = [
            Exposure(severities[found[made]], party, int(self.way.states[made]), kind)
            for made in sets
            for (party, kind), found in self.risks.items()
            if found[made]
        ]
        return Route(
            steps=tuple(steps),
            states=tuple(int(self.way.states[made]) for made in sets),
            exposures=tuple(sorted(exposures, reverse=True)),
        )

    def author(self) -> Route | None:
        """Return the plan's own order of the changes; those it leaves out come last, at once."""
        sets = author_sets(self.situation, self.way.changes)
        if not sets:
            return None
        before = [0, *sets]
        barred = (
            number
            for number, (old, new) in enumerate(pairwise(before), start=1)
            if new not in self.after(old, len(self.options), np.array([new]))
        )
        return replace(self.route(sets), barred=tuple(barred))

    def deadlock(self) -> tuple[OptionId, ...]:
        """Return the changes that wait on each other, never made however the steps are ordered."""
        made = 0
        while (ready := self.full & ~made & ~int(self.waiting[made])) != 0:
            made |= ready
        return tuple(o for n, o in enumerate(self.options) if not made >> n & 1)


def author_sets(situation: Situation, changes: Mapping[OptionId, int]) -> list[int]:
    """Return the sets of changes made after each of a plan's own steps, as bits in their order.

    Changes that the steps leave out come last, at once.  Empty where the plan gives no order.
    """
    if situation.plan is None:
        return []
    words = situation.case.vocabulary
    sets: list[int] = []
    made = 0
    for stated in situation.plan.steps:
        terms = dict(words.term(text) for text in stated.take)
        for number, (option, level) in enumerate(changes.items()):
            made |= (terms.get(option) == level) << number
        if made and (not sets or made != sets[-1]):
            sets.append(made)
    full = (1 << len(changes)) - 1
    return [*sets, full] if sets and made != full else sets


def roadmap(
    situation: Situation, no_deal: NoDeal, counting: Counting, *, goal: int, tick: Tick = silent
) -> Roadmap | None:
    """Return the best orders of steps from the start to a package.

    Parameters
    ----------
    situation, no_deal
        The case under its plan, and where it goes without agreement.
    counting
        What a party can count on by stopping or turning back, which decides temptation.
    goal
        The package.
    tick
        Told how far the search is.

    Returns
    -------
    Roadmap or None
        None for pure talks, which have no steps.

    Raises
    ------
    UsageError
        If the package changes more options than all orders can be searched for.
    """
    walk = _of_few(_Walk(situation, no_deal, goal, counting, tick))
    if walk is None:
        return None
    routes: dict[int, Route] = {}
    most = len(walk.worst[0]) - 1
    for size in range(1, len(walk.options) + 1):
        worst = walk.least_worst(size, most)
        if worst is None:
            continue
        routes[size] = walk.best(size, worst)
        most = worst
        if not worst:
            break
    return Roadmap(
        changes=walk.way.changes,
        routes=routes,
        exchange=_closing(walk.options, routes),
        author=walk.author(),
        deadlock=() if routes or not walk.options else walk.deadlock(),
    )


def _closing(options: Sequence[OptionId], routes: Mapping[int, Route]) -> int | None:
    """Return the largest exchange of the first route that exposes nobody."""
    sizes = (size for size, route in routes.items() if not route.severity)
    return next(sizes, None) if options else 0


def smallest_exchange(
    situation: Situation, no_deal: NoDeal, counting: Counting, *, goal: int, tick: Tick = silent
) -> Exchange | None:
    """Return the smallest exchange that leaves nobody exposed on the way to a package.

    Parameters
    ----------
    situation, no_deal, counting, goal, tick
        As for `roadmap`.

    Returns
    -------
    Exchange or None
        Of size 0 where nothing changes; None for pure talks.

    Raises
    ------
    UsageError
        As `roadmap`.
    """
    walk = _of_few(_Walk(situation, no_deal, goal, counting, tick))
    if walk is None:
        return None
    many = len(walk.options)
    if not many:
        return Exchange(changes=0, size=0)
    if not walk.reaches(many, 0):
        return Exchange(changes=many, size=None)
    low, high = 1, many
    while low < high:
        middle = (low + high) // 2
        if walk.reaches(middle, 0):
            high = middle
        else:
            low = middle + 1
    return Exchange(changes=many, size=low)


def _of_few(walk: _Walk) -> _Walk | None:
    """Return a walk of which every set of changes can be gone through; None for pure talks."""
    if walk.situation.conflict.walk_away is not None:
        return None
    if len(walk.options) > MOST_CHANGES:
        message = f"the package changes {len(walk.options)} options"
        raise UsageError(message, f"orders of at most {MOST_CHANGES} changes are searched")
    return walk
