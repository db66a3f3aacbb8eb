"""Roadmaps where states are too many for an array: sets of changes are looked at as they come up.

An order without exposure is found by going on from the sets with least at stake, most changes
made first.  Up to a stated number of sets the least
worst severity is proved; beyond it the order that looks best step by step is an incumbent, beside
a bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from heapq import heappop, heappush
from itertools import combinations, pairwise
from math import comb

from servanda.acceptance import signatories
from servanda.conditions import OptionId, holds
from servanda.conflict import Conflict, Tick, silent
from servanda.errors import Undecided
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.roadmap import Exposure, Roadmap, Route, author_sets
from servanda.situation import Situation
from servanda.temptation import Counting, Way

MOST_SETS = 4_000
"""Sets of changes of which it is looked at who is exposed there."""

_MOST_EXCHANGES = 4_000  # of the same size, from one set of changes

Risks = dict[tuple[PartyId, str], Fraction]


def search_roadmap(
    situation: Situation, no_deal: NoDeal, counting: Counting, *, goal: int, tick: Tick = silent
) -> Roadmap | None:
    """Return the best orders of steps from the start to a package, as far as they are searched.

    Parameters
    ----------
    situation, no_deal
        The case under its plan, and where it goes without agreement.
    counting
        What a party can count on by stopping or turning back.
    goal
        The package.
    tick
        Told how far the search is; may stop it.

    Returns
    -------
    Roadmap or None
        None for pure talks, which have no steps.
    """
    if situation.conflict.walk_away is not None:
        return None
    walk = _Walk(situation, no_deal, counting, goal, tick)
    count = len(walk.options)
    routes: dict[int, Route] = {}
    bounds: dict[int, Fraction] = {}
    for size in range(1, count + 1):
        if size < count and not walk.can_search(size):
            bounds[size] = Fraction(0)
            continue
        route, bound = walk.best(size)
        if bound is not None:
            bounds[size] = bound
        if route is not None:
            routes[size] = route
            if not route.severity:
                break
    closing = [size for size, route in routes.items() if not route.severity]
    return Roadmap(
        changes=walk.changes,
        routes=routes,
        exchange=min(closing, default=None) if walk.options else 0,
        author=walk.author(),
        deadlock=() if routes or bounds or not walk.options else walk.deadlock(),
        bounds=bounds,
    )


@dataclass
class _Walk:
    """The sets of changes on the way to `goal`, as bits in the order of the changes."""

    situation: Situation
    no_deal: NoDeal
    counting: Counting
    goal: int
    tick: Tick
    _risks: dict[int, Risks | None] = field(default_factory=dict)

    @cached_property
    def conflict(self) -> Conflict:
        return self.situation.conflict

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

    def state(self, made: int) -> int:
        """Return the state once some changes are made."""
        terms = {o: self.changes[o] for n, o in enumerate(self.options) if made >> n & 1}
        return self.situation.space.put(self.situation.start, terms)

    def waiting(self, made: int) -> int:
        """Return the changes whose `when` does not hold yet, as bits."""
        whens = self.conflict.moves.whens
        levels = self.situation.space.levels(self.state(made))
        return sum(
            1 << number
            for number, option in enumerate(self.options)
            if option in whens and not holds(whens[option], levels)
        )

    # ------------------------------------------------------------------------------- steps

    def legal(self, before: int, after: int) -> bool:
        """Return whether one exchange may lead from some changes made to others."""
        step, to = after & ~before, self.state(after)
        if step & self.waiting(before) or not self.conflict.can_be(to):
            return False
        options, value = self.situation.case.options, self.conflict.value
        movers = {
            owner
            for number, name in enumerate(self.options)
            if step >> number & 1
            for owner in options[name].owners
            if owner not in self.signing
        }
        return all(value(party, to) > value(party, self.state(before)) for party in movers)

    def after(self, made: int, size: int) -> Iterator[int]:
        """Yield the sets reached by one legal exchange of at most `size` changes."""
        if size == len(self.options) and made == 0 and not self.can_search(size):
            left: list[tuple[int, ...]] = [tuple(range(len(self.options)))]
        else:
            rest = [n for n in range(len(self.options)) if not made >> n & 1]
            left = [each for many in range(1, size + 1) for each in combinations(rest, many)]
        for each in left:
            to = made | sum(1 << number for number in each)
            if self.legal(made, to):
                yield to

    def can_search(self, size: int) -> bool:
        """Return whether the exchanges of so many changes can all be looked at."""
        count = len(self.options)
        return sum(comb(count, many) for many in range(1, size + 1)) <= _MOST_EXCHANGES

    # ---------------------------------------------------------------------------- exposure

    def risks(self, made: int) -> Risks | None:
        """Return who is exposed once some changes are made, and how; None if it cannot be told."""
        if made in {0, self.full}:
            return {}
        if made not in self._risks:
            self.tick(f"roadmap: {len(self._risks)} sets of changes looked at")
            try:
                self._risks[made] = self._exposed(made)
            except Undecided:
                self._risks[made] = None
        return self._risks[made]

    def _exposed(self, made: int) -> Risks:
        found: Risks = {}
        here = self.state(made)
        for party in self.signing:
            value, severity = self.conflict.value, self.conflict.severity
            floor = min(
                value(party, self.situation.start),
                *(low for low, _ in self.no_deal.bounds(party)),
            )
            if value(party, here) < floor:
                found[party, "stranded"] = severity(party, value(party, here), floor)
            aim = value(party, self.goal)
            if self._able(party, made):
                worth = self.counting(party, self.goal, Way(self.situation.space, here, {}))[0]
                if worth > aim:
                    found[party, "tempted"] = severity(party, aim, int(worth))
        return found

    def _able(self, party: PartyId, made: int) -> bool:
        """Return whether a party has a change still to make, or one it can still take back."""
        moves = self.conflict.moves
        for number, name in enumerate(self.options):
            option = self.situation.case.options[name]
            if party not in option.owners:
                continue
            level = self.changes[name]
            ends = option.leavable and moves.fallen(name, level) != level
            revocable = ends if option.joint else option.only is None
            if revocable or not made >> number & 1:
                return True
        return False

    # ------------------------------------------------------------------------------ routes

    def best(self, size: int) -> tuple[Route | None, Fraction | None]:
        """Return the order with the least worst severity; and a bound where that is not proved.

        Sets are taken up by the worst severity on the way to them, most changes first.
        """
        came: dict[int, int] = {}
        queue: list[tuple[Fraction, int, int, int]] = [(Fraction(0), 0, 0, 0)]
        untold = False
        while queue:
            severity, _, made, before = heappop(queue)
            if made in came:
                continue
            known = made in self._risks or made in {0, self.full}
            if not known and len(self._risks) >= MOST_SETS:
                route = self._step_by_step(size)
                proved = route is not None and route.severity <= severity
                return route, None if proved else severity
            risks = self.risks(made)
            if risks is None:
                untold, came[made] = True, before
                continue
            worst = max(severity, *risks.values(), Fraction(0))
            if worst > severity:
                heappush(queue, (worst, -made.bit_count(), made, before))
                continue
            came[made] = before
            if made == self.full:
                return self._route_back(came), Fraction(0) if untold and severity else None
            for to in self.after(made, size):
                if to not in came:
                    heappush(queue, (severity, -to.bit_count(), to, made))
        return None, Fraction(0) if untold else None

    def _step_by_step(self, size: int) -> Route | None:
        """Return the order that exposes least at each next step, if it leads there."""
        sets, made = [], 0
        while made != self.full:
            found = []
            for to in self.after(made, size):
                risks = self.risks(to)
                if risks is not None:
                    worst = max(risks.values(), default=Fraction(0))
                    found.append((worst, -to.bit_count(), to))
            if not found:
                return None
            made = min(found)[2]
            sets.append(made)
        return self.route(sets)

    def _route_back(self, came: dict[int, int]) -> Route:
        path, made = [], self.full
        while made:
            path.append(made)
            made = came[made]
        return self.route(path[::-1])

    def route(self, sets: list[int]) -> Route:
        """Return the route through these sets of changes."""
        exposures = [
            Exposure(severity, party, self.state(made), kind)
            for made in sets
            for (party, kind), severity in (self.risks(made) or {}).items()
        ]
        return Route(
            steps=tuple(
                tuple(o for n, o in enumerate(self.options) if (made & ~before) >> n & 1)
                for before, made in pairwise([0, *sets])
            ),
            states=tuple(self.state(made) for made in sets),
            exposures=tuple(sorted(exposures, reverse=True)),
        )

    def author(self) -> Route | None:
        """Return the plan's own order of the changes; those it leaves out come last, at once."""
        sets = author_sets(self.situation, self.changes)
        if not sets:
            return None
        barred = (
            number
            for number, (old, new) in enumerate(pairwise([0, *sets]), start=1)
            if not self.legal(old, new)
        )
        return replace(self.route(sets), barred=tuple(barred))

    def deadlock(self) -> tuple[OptionId, ...]:
        """Return the changes that wait on each other, never made however the steps are ordered."""
        made = 0
        while (ready := self.full & ~made & ~self.waiting(made)) != 0:
            made |= ready
        return tuple(o for n, o in enumerate(self.options) if not made >> n & 1)
