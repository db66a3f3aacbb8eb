"""The minimum coalitions by OR-Tools CP-SAT: for numbers of any size, stopped at any time.

A bound by fractions of contributors [MT1990]_ often decides before the solver is asked.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from servanda.budget import Budget
from servanda.errors import UsageError
from servanda.interruption import solved
from servanda.model import PartyId
from servanda.quota import LARGEST, NEVER, Found, Measure, Places, Role, WholeQuota

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SEED: Final = 1996
_TIE_BREAK: Final = 0.25


def by_solver(whole: WholeQuota, budget: Budget) -> Found:
    """Take one measure after the other to its least, then ask who can be in or out."""
    by, order = whole.question.by, whole.question.order
    best = _Fractions(whole, order).guess()
    bounds = {measure: _Fractions(whole, [measure]).floor() for measure in order}
    roles = _sure_roles(whole)
    try:
        model = _Model(whole)
        for measure in by:
            best, bounds[measure] = _least(model, measure, best, budget)
            if whole.value(best, measure) > bounds[measure]:
                break
            model.require(measure, bounds[measure])
        else:
            roles |= _roles(whole, by, best, budget)
            for measure in order[len(by) :]:
                best, _ = _least(model, measure, best, budget.part(_TIE_BREAK))
    except KeyboardInterrupt:
        budget.stopped = "interrupted"
    return Found(
        places=best,
        bounds=tuple(bounds[measure] for measure in by),
        roles=roles,
        ties=None,
        stopped=budget.stopped,
    )


def each_by_solver(whole: WholeQuota, best: Places, budget: Budget) -> Iterator[Places]:
    """Give each minimum coalition once, beginning with the one found."""
    model = _Model(whole)
    for measure in whole.question.by:
        model.require(measure, whole.value(best, measure))
    found: Places | None = best
    while found is not None:
        yield found
        found = model.other(found, budget).places


def _least(model: _Model, measure: Measure, best: Places, budget: Budget) -> tuple[Places, int]:
    """Return the least coalition found that keeps what is required, and a bound."""
    value, bound = model.whole.value(best, measure), _Fractions(model.whole, [measure]).floor()
    if value > bound:
        outcome = model.least(measure, best, budget)
        bound = max(bound, outcome.bound)
        if outcome.places is not None and model.whole.value(outcome.places, measure) < value:
            best = outcome.places
    return best, bound


def _sure_roles(whole: WholeQuota) -> dict[PartyId, Role]:
    """Return the roles that need no search: vetoes, and those without whom all give too little."""
    spare = sum(whole.caps) - whole.quota
    return {
        one.id: Role.PIVOTAL if one.veto or cap > spare else Role.OPEN
        for one, cap in zip(whole.who, whole.caps, strict=True)
    }


def _roles(
    whole: WholeQuota, by: Sequence[Measure], best: Places, budget: Budget
) -> dict[PartyId, Role]:
    """Return what is proved about who is in all, some or none of the minimum coalitions.

    Each round of the solver looks for a minimum coalition that differs from the best where none
    did before, until there is none.
    """
    roles = _easy_roles(whole, by, best)
    unknown = [place for place, one in enumerate(whole.who) if one.id not in roles]
    model = _Model(whole)
    for measure in by:
        model.require(measure, whole.value(best, measure))
    while unknown and not budget.late:
        outcome = model.farthest(best, unknown, budget)
        if outcome.places is None:
            for place in unknown if outcome.final else ():
                roles[whole.who[place].id] = Role.lasting(joins=place in best)
            return roles
        moved = best ^ outcome.places
        roles |= {whole.who[place].id: Role.SOMETIMES for place in unknown if place in moved}
        unknown = [place for place in unknown if place not in moved]
    return roles


def _easy_roles(whole: WholeQuota, by: Sequence[Measure], best: Places) -> dict[PartyId, Role]:
    """Return the roles that need no solver: put one in or out, and guess, or bound by fractions."""
    fractions, roles = _Fractions(whole, by), dict[PartyId, Role]()
    least = [whole.value(best, measure) for measure in by]
    for place, one in enumerate(whole.who):
        change = {"outside" if place in best else "inside": place}
        if one.veto or fractions.floor(**change) > least[0]:
            roles[one.id] = Role.lasting(joins=place in best)
        else:
            guess = fractions.guess(**change)
            if [whole.value(guess, measure) for measure in by] == least:
                roles[one.id] = Role.SOMETIMES
    return roles


class _Fractions:
    """The question with contributors taken by fractions: easy, and a bound for the real one.

    A step then costs its price and its part of the joining; for a sure member only its price.
    """

    def __init__(self, whole: WholeQuota, order: Sequence[Measure]) -> None:
        self.whole = whole
        self.tolls = whole.tolls(order[0])
        self.sure = whole.with_veto()
        prices = [self._prices(*whole.tolls(measure)) for measure in order]
        self.prices = prices[0]
        self.ranked = sorted(self.prices, key=lambda place: [price[place] for price in prices])

    def _prices(self, joining: Sequence[int], each: Sequence[int]) -> dict[int, Fraction]:
        return {
            place: each[place] + Fraction(0 if place in self.sure else joining[place], cap)
            for place, cap in enumerate(self.whole.caps)
            if cap
        }

    def floor(self, inside: int | None = None, outside: int | None = None) -> int:
        """Return what nobody goes below in the first measure, with one made sure or left out."""
        joining, each = self.tolls
        sure, prices, ranked = self.sure, self.prices, self.ranked
        if inside is not None:
            sure = sure | {inside}
            prices = prices | {inside: Fraction(each[inside])}
            ranked = sorted(ranked, key=lambda place: prices[place])
        value, need = Fraction(sum(joining[place] for place in sure)), self.whole.quota
        for place in ranked:
            if need and place != outside:
                given = min(need, self.whole.caps[place])
                value += prices[place] * given
                need -= given
        return NEVER if need else math.ceil(value)

    def guess(self, inside: int | None = None, outside: int | None = None) -> Places:
        """Return the best value for the price, without those that can be spared.

        What it gives may be too little if one is left out.
        """
        whole = self.whole
        sure = self.sure if inside is None else self.sure | {inside}
        chosen, given = [], sum(whole.caps[place] for place in sure)
        for place in self.ranked:
            if given < whole.quota and place != outside and place not in sure:
                chosen.append(place)
                given += whole.caps[place]
        for place in reversed(chosen):
            if given - whole.caps[place] >= whole.quota:
                chosen.remove(place)
                given -= whole.caps[place]
        return sure.union(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What one run of the solver found: a coalition perhaps, a bound, and whether it is final."""

    final: bool
    places: Places | None
    bound: int


class _Model:
    """The question for CP-SAT: who joins, and how much is bought at more than the lowest price.

    What is bought at the lowest price needs no variable: all else is paid on top of it.
    """

    def __init__(self, whole: WholeQuota) -> None:
        from ortools.sat.python import cp_model  # noqa: PLC0415  # slow to import

        if max(whole.worst(Measure.COST), whole.quota, sum(whole.caps)) >= LARGEST:
            raise UsageError(
                "the numbers are too large or too fine for the solver",
                "round caps and costs to fewer digits",
            )
        self.whole = whole
        self.model = cp_model.CpModel()
        self.joins = [self.model.new_bool_var("") for _ in whole.who]
        cheapest = min(whole.each, default=0)
        gives: list[cp_model.LinearExpr] = []
        costs: list[cp_model.LinearExpr] = []
        for place, joins in enumerate(self.joins):
            cap, more = whole.caps[place], whole.each[place] - cheapest
            if whole.who[place].veto:
                self.model.add(joins == 1)
            share: cp_model.LinearExpr = cap * joins
            if more:
                share = self.model.new_int_var(0, cap, "")
                self.model.add(share <= cap * joins)
            gives.append(share)
            costs.append(more * share + whole.joining[place] * joins)
        self.add_up = add_up = cp_model.LinearExpr.sum
        self.model.add(add_up(gives) >= whole.quota)
        self.model.add(cp_model.LinearExpr.weighted_sum(self.joins, whole.caps) >= whole.quota)
        self.sums = {Measure.MEMBERS: add_up(self.joins), Measure.COST: add_up(costs)}
        self.apart = {Measure.MEMBERS: 0, Measure.COST: cheapest * whole.quota}

    def require(self, measure: Measure, value: int) -> None:
        """Allow no coalition above this value."""
        self.model.add(self.sums[measure] <= value - self.apart[measure])

    def least(self, measure: Measure, guess: Places, budget: Budget) -> _Outcome:
        """Look for the least, beginning with a guess."""
        self.model.minimize(self.sums[measure])
        self.model.clear_hints()  # type: ignore[no-untyped-call]  # the package forgot it
        for place, joins in enumerate(self.joins):
            self.model.add_hint(joins, place in guess)
        outcome = self.solve(budget)
        return replace(outcome, bound=outcome.bound + self.apart[measure])

    def other(self, than: Places, budget: Budget) -> _Outcome:
        """Look for any coalition but this one, which is not found again."""
        self.model.add_bool_or(self._changes(than, range(len(self.joins))))
        return self.solve(budget)

    def farthest(self, than: Places, at: Sequence[int], budget: Budget) -> _Outcome:
        """Look for a coalition that differs at one of these places, and at as many as may be."""
        changes = self._changes(than, at)
        self.model.add_bool_or(changes)
        self.model.maximize(self.add_up(changes))
        return self.solve(budget)

    def _changes(self, than: Places, at: Iterable[int]) -> list[cp_model.BoolVarT]:
        return [~self.joins[place] if place in than else self.joins[place] for place in at]

    def solve(self, budget: Budget) -> _Outcome:
        """Run the solver, with one worker: the same answer every time, and soonest.

        Eight workers that take turns on two cores took a hundred times as long.  In the main thread
        Ctrl-C ends the search and keeps what it found; in another the solver leaves it alone.
        """
        from ortools.sat.python import cp_model  # noqa: PLC0415  # slow to import

        if budget.late:
            return _Outcome(final=False, places=None, bound=-NEVER)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        solver.parameters.max_deterministic_time = budget.work
        solver.parameters.max_time_in_seconds = budget.until - time.monotonic()
        status = solved(solver, self.model)
        response = solver.response_proto
        final = status in {cp_model.OPTIMAL, cp_model.INFEASIBLE}
        budget.spend(response.deterministic_time, final=final)
        places = None
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            places = frozenset(n for n, joins in enumerate(self.joins) if solver.value(joins))
        return _Outcome(final=final, places=places, bound=response.inner_objective_lower_bound)
