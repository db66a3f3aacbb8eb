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
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.stability import Concept

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


@dataclass(frozen=True)
class _Walk:
    """Everything about the sets of changes on the way to `goal`; arrays have one entry a set."""

    grid: Grid
    situation: Situation
    no_deal: NoDeal
    goal: int
    tick: Tick

    @cached_property
    def changes(self) -> dict[OptionId, int]:
        return self.situation.space.changes(self.situation.start, self.goal)

    @cached_property
    def options(self) -> list[OptionId]:
        return list(self.changes)

    @cached_property
    def full(self) -> int:
        return (1 << len(self.options)) - 1

    @cached_property
    def signing(self) -> tuple[PartyId, ...]:
        return signatories(self.situation, self.goal)

    @cached_property
    def states(self) -> Sets:
        """The state once each set of changes is made."""
        space, start = self.situation.space, self.situation.start
        states = space.listed([start])
        for option, level in self.changes.items():
            step = space.put(start, {option: level}) - start
            states = np.concatenate([states, states + step])
        return states

    @cached_property
    def feasible(self) -> NDArray[np.bool_]:
        return self.situation.conflict.moves.feasible[self.states]

    @cached_property
    def waiting(self) -> Sets:
        """The changes whose `when` does not hold in each set's state, as bits."""
        space, whens = self.situation.space, self.situation.conflict.moves.whens
        bits = np.zeros(len(self.states), dtype=np.int64)
        for number, option in enumerate(self.options):
            if option in whens:
                holds = space.holds(whens[option], self.states)
                bits |= np.where(holds, 0, 1 << number)
        return bits

    @cached_property
    def unsigned(self) -> tuple[tuple[int, PartyId], ...]:
        """Changes made by a party that does not sign: they must be improvements to it."""
        options = self.situation.case.options
        return tuple(
            (1 << number, owner)
            for number, name in enumerate(self.options)
            for owner in options[name].owners
            if owner not in self.signing
        )

    def after(self, made: int, size: int) -> Sets:
        """Return the sets reached from `made` by one legal exchange of at most `size` changes."""
        steps = np.array([0], dtype=np.int64)
        for number in range(len(self.options)):
            if not made >> number & 1:
                steps = np.concatenate([steps, steps | 1 << number])
        steps = steps[(self.count[steps] <= size) & (steps > 0) & (steps & self.waiting[made] == 0)]
        sets = steps | made
        legal = self.feasible[sets]
        for bit, owner in self.unsigned:
            payoff = self.situation.conflict.payoffs[owner]
            better = payoff.of(self.states[sets]) > payoff.value(int(self.states[made]))
            legal &= better | (steps & bit == 0)
        return np.asarray(sets[legal])

    @cached_property
    def count(self) -> Sets:
        """How many changes each set holds."""
        count = np.array([0], dtype=np.int64)
        for _ in self.options:
            count = np.concatenate([count, count + 1])
        return count

    # ---------------------------------------------------------------------------- exposure

    def able(self, party: PartyId) -> NDArray[np.bool_]:
        """Return where a party has a change still to make, or one it can still take back."""
        sets = np.arange(self.full + 1)
        able = np.zeros(len(sets), dtype=np.bool_)
        for number, name in enumerate(self.options):
            option = self.situation.case.options[name]
            if party in option.owners:
                level, moves = self.changes[name], self.situation.conflict.moves
                ends = option.leavable and moves.fallen(name, level) != level
                revocable = ends if option.joint else option.only is None
                able |= revocable or (sets >> number & 1 == 0)
        return able

    @cached_property
    def risks(self) -> dict[tuple[PartyId, str], dict[int, Fraction]]:
        """Severity above zero by party and kind, for each interior set."""
        return {
            (party, kind): found
            for party in self.signing
            for kind, found in (
                ("stranded", self._stranded(party)),
                ("tempted", self._tempted(party)),
            )
        }

    def _stranded(self, party: PartyId) -> dict[int, Fraction]:
        payoff = self.situation.conflict.payoffs[party]
        floor = payoff.value(self.situation.start)
        floor = min(floor, *(low for low, _ in self.no_deal.bounds(party)))
        values = payoff.of(self.states)
        return self._severities(values < floor, lambda n: (int(values[n]), floor), party)

    def _tempted(self, party: PartyId) -> dict[int, Fraction]:
        """W is the SEQ sanction value: what a party can count on once the others have answered."""
        goal = self.situation.conflict.value(party, self.goal)
        worth = self.grid.best_sanctioned(party, Concept.SEQ).reshape(-1)[self.states]
        return self._severities(
            (worth > goal) & self.able(party), lambda n: (goal, int(worth[n])), party
        )

    def _severities(
        self,
        exposed: NDArray[np.bool_],
        pair: Callable[[int], tuple[int, int]],
        party: PartyId,
    ) -> dict[int, Fraction]:
        conflict = self.situation.conflict
        known: dict[tuple[int, int], Fraction] = {}
        found = {}
        for number in np.flatnonzero(exposed & self.feasible):
            if number in {0, self.full}:
                continue
            values = pair(int(number))
            if values not in known:
                known[values] = conflict.severity(party, *values)
            found[int(number)] = known[values]
        return found

    @cached_property
    def worst(self) -> tuple[list[Fraction], Sets]:
        """Return the severities that occur, in order, and for each set the place of its worst."""
        worst: dict[int, Fraction] = {}
        for found in self.risks.values():
            for number, severity in found.items():
                worst[number] = max(worst.get(number, Fraction(0)), severity)
        scale = sorted({Fraction(0), *worst.values()})
        ranks = np.zeros(self.full + 1, dtype=np.int64)
        for number, severity in worst.items():
            ranks[number] = scale.index(severity)
        return scale, ranks

    @cached_property
    def exposed(self) -> Sets:
        """How many exposures each set has."""
        number = np.zeros(self.full + 1, dtype=np.int64)
        for found in self.risks.values():
            for made in found:
                number[made] += 1
        return number

    # ------------------------------------------------------------------------------ routes

    def best(self, size: int) -> Route | None:
        """Return the route with the least worst severity, then fewest exposed, then most steps.

        Two passes over the sets of changes in order of size: the least worst severity of any
        way to each set; then, among sets no worse than the goal's, the cheapest way.
        """
        far = len(self.worst[0])
        ranks = self.worst[1]
        worst = np.full(self.full + 1, far, dtype=np.int64)
        worst[0] = 0
        for made in range(self.full):
            if worst[made] < far:
                self.tick(f"roadmap: exchanges of up to {size}")
                sets = self.after(made, size)
                found = np.maximum(worst[made], ranks[sets])
                worst[sets] = np.minimum(worst[sets], found)
        limit = worst[self.full]
        if limit == far:
            return None
        dear = np.iinfo(np.int64).max
        cost = np.full(self.full + 1, dear, dtype=np.int64)
        came = np.zeros(self.full + 1, dtype=np.int64)
        cost[0] = 0
        for made in range(self.full):
            if cost[made] == dear:
                continue
            sets = self.after(made, size)
            sets = sets[ranks[sets] <= limit]
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
        exposures = [
            Exposure(found[made], party, int(self.states[made]), kind)
            for made in sets
            for (party, kind), found in self.risks.items()
            if made in found
        ]
        return Route(
            steps=tuple(steps),
            states=tuple(int(self.states[made]) for made in sets),
            exposures=tuple(sorted(exposures, reverse=True)),
        )

    def author(self) -> Route | None:
        """Return the plan's own order of the changes; those it leaves out come last, at once."""
        sets = author_sets(self.situation, self.changes)
        if not sets:
            return None
        before = [0, *sets]
        barred = (
            number
            for number, (old, new) in enumerate(pairwise(before), start=1)
            if new not in self.after(old, len(self.options))
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
    grid: Grid, situation: Situation, no_deal: NoDeal, *, goal: int, tick: Tick = silent
) -> Roadmap | None:
    """Return the best orders of steps from the start to a package.

    Parameters
    ----------
    grid
        The engine, for the sanction values that decide temptation.
    situation, no_deal
        The case under its plan, and where it goes without agreement.
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
    if situation.conflict.walk_away is not None:
        return None
    walk = _Walk(grid, situation, no_deal, goal, tick)
    if len(walk.options) > MOST_CHANGES:
        message = f"the package changes {len(walk.options)} options"
        raise UsageError(message, f"orders of at most {MOST_CHANGES} changes are searched")
    routes: dict[int, Route] = {}
    exchange = None
    for size in range(1, len(walk.options) + 1):
        route = walk.best(size)
        if route is None:
            continue
        routes[size] = route
        if not route.severity:
            exchange = size
            break
    return Roadmap(
        changes=walk.changes,
        routes=routes,
        exchange=exchange if walk.options else 0,
        author=walk.author(),
        deadlock=() if routes or not walk.options else walk.deadlock(),
    )
