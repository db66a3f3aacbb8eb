"""The package with the greatest gains in points over no deal: the least, the product, or the sum.

A sum is a goal that the solver understands, and so is the least of several numbers.  A product is
not.  In its place stands a sum of logarithms, bounded from above by chords between neighbouring
whole numbers, so that no package looks worse than it is.  Each package found is measured exactly,
adds the chords that it lies on, and excludes whatever is better than it for nobody, until nothing
is left that could be better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, Literal

from servanda.acceptance import How, signatories
from servanda.candidates import Candidates, Optimum
from servanda.conditions import Among, OptionId
from servanda.errors import UsageError
from servanda.model import PartyId

_UNITS: Final = 10**6  # of a logarithm, so that it is a whole number
_SLACK: Final = 3  # units by which rounding may lift a chord, so that it never cuts too deep
_EVERY: Final = 30  # gains up to which every chord is posted at once
_STEP: Final = 1.1  # from there on, from one chord to the next
_MOST: Final = 2**40  # units that a gain may have, for sums to stay within 64 bits


class Gains:
    """The order of packages by what their signatories gain over no deal, in points.

    Parameters
    ----------
    search
        The packages.
    how
        ``maximin`` orders by the least gain, ``nash`` by the product of all, ``total`` by the sum.

    Attributes
    ----------
    unit
        How many units a point has, so that every gain is a whole number of them.
    """

    def __init__(self, search: Candidates, how: How) -> None:
        self.search, self.how = search, how
        conflict, never = search.conflict, search.forms.always.negated().index
        may = [party for party in conflict.parties if search.signs(party).index != never]
        self._pointless = [p for p in may if conflict.payoffs[p].form != "points"]
        self.parties = [p for p in may if conflict.payoffs[p].form == "points"]
        self.unit = math.lcm(*(conflict.payoffs[party].scale for party in self.parties))
        self._ranges = {party: self._range(party) for party in self.parties}
        self._checked = False

    def best(self) -> tuple[Optimum, Fraction]:
        """Return the best package, and the most that the gain by which they are ordered can be.

        Of several as good the one with the fewest changes.

        Raises
        ------
        UsageError
            If some party would sign a package, and has no points.
        """
        if not self._all_have_points():
            return Optimum(status="unknown"), self._most
        return self._nash() if self.how == "nash" else self._greatest()

    # ------------------------------------------------------------------------ measured exactly

    def gain(self, state: int) -> Fraction:
        """Return the gain by which packages are ordered, counted without the solver."""
        signing = signatories(self.search.situation, state)
        gains = [Fraction(self._gain(party, state), self.unit) for party in signing]
        if self.how == "maximin":
            return min(gains, default=Fraction(0))
        if self.how == "total":
            return sum(gains, Fraction(0))
        return math.prod((max(gain, Fraction(0)) for gain in gains), start=Fraction(1))

    def _gain(self, party: PartyId, state: int) -> int:
        """Return what a party has in a state over its best without a deal, in units."""
        scale = self.unit // self.search.conflict.payoffs[party].scale
        return (self.search.conflict.value(party, state) - self._floor(party)) * scale

    def _floor(self, party: PartyId) -> int:
        return max(high for _, high in self.search.no_deal.bounds(party))

    # --------------------------------------------------------------------------- who has points

    def _all_have_points(self) -> bool:
        """Return whether all who sign any package have points; False where time ran out first."""
        if self._checked or not self._pointless:
            return True
        some = self.search.forms.any_of(map(self.search.signs, self._pointless))
        found = self.search.optimum(0, [some], maximise=True)
        if found.state is not None:
            signing = signatories(self.search.situation, found.state)
            case = self.search.situation.case
            names = ", ".join(case.name(p) for p in signing if p in self._pointless)
            raise UsageError(f"--best {self.how} needs points", f"no points for {names}")
        self._checked = found.status == "infeasible"
        return self._checked

    # ------------------------------------------------------------------------ gains, as numbers

    def _range(self, party: PartyId) -> tuple[int, int]:
        """Return the least and the most that a party could gain, in units.

        Raises
        ------
        UsageError
            If its points are so fine that the solver cannot add them up.
        """
        scale = self.search.conflict.payoffs[party].scale
        exclusive: dict[OptionId, list[int]] = {}
        low = high = -self._floor(party)
        options = self.search.situation.case.options
        for wish, worth in self.search.worths[party]:
            weight = int(worth * scale)
            if isinstance(wish, Among):
                each = exclusive.setdefault(wish.option, [0] * len(options[wish.option].levels))
                for level in wish.levels:
                    each[level] += weight
            else:
                low, high = low + min(weight, 0), high + max(weight, 0)
        low += sum(map(min, exclusive.values()))
        high += sum(map(max, exclusive.values()))
        units = self.unit // scale
        if max(-low, high, self.unit) * units > _MOST:
            name = self.search.situation.case.name(party)
            raise UsageError(f"the points of {name} are too fine for the solver", "round them")
        return low * units, high * units

    def _number(self, party: PartyId, otherwise: int) -> Any:
        """Return a party's gain where it signs, in units, and another number where it does not."""
        search, model = self.search, self.search.forms.model
        low, high = self._ranges[party]
        found = model.new_int_var(min(low, otherwise), max(high, otherwise), "")
        scale = self.unit // search.conflict.payoffs[party].scale
        gained = (search.points(party)[0] - self._floor(party)) * scale
        signs = search.signs(party)
        model.add(found == gained).only_enforce_if(signs)
        model.add(found == otherwise).only_enforce_if(signs.negated())
        return found

    @cached_property
    def _most(self) -> Fraction:
        """The most that the gain could be if everybody had the best of everything."""
        highs = [Fraction(max(high, 0), self.unit) for _, high in self._ranges.values()]
        if self.how == "maximin":
            return max(highs, default=Fraction(0))
        if self.how == "total":
            return sum(highs, Fraction(0))
        return math.prod((max(high, Fraction(1)) for high in highs), start=Fraction(1))

    # ----------------------------------------------------------------------- the least, the sum

    @cached_property
    def _goal(self) -> Any:
        """The least gain, or the sum of all, as a goal."""
        if self.how == "total":
            return sum(self._number(party, 0) for party in self.parties)
        forms = self.search.forms
        low = min((low for low, _ in self._ranges.values()), default=0)
        high = max((high for _, high in self._ranges.values()), default=0)
        goal = forms.model.new_int_var(min(low, 0), max(high, 0), "")
        for party in self.parties:
            forms.model.add(goal <= self._number(party, max(high, 0)))
        nobody = forms.any_of(map(self.search.signs, self.parties)).negated()
        forms.model.add(goal <= 0).only_enforce_if(nobody)
        return goal

    def _greatest(self) -> tuple[Optimum, Fraction]:
        """Return the package with the greatest least gain, or sum of gains."""
        found = self.search.optimum(self._goal, maximise=True, adds_up=True)
        bound = self._most if found.bound is None else Fraction(found.bound, self.unit)
        if found.state is None or found.value is None or found.status != "optimal":
            return found, bound
        gain = self.gain(found.state)
        if gain != Fraction(found.value, self.unit):
            raise AssertionError("the solver and the points of a package disagree")
        enough = self.search.at_least(self._goal, found.value)
        return self.search.fewest_changes([enough], found.state), gain

    # ---------------------------------------------------------------------------- the product

    @cached_property
    def _factors(self) -> dict[PartyId, Any]:
        """What each party gains where it signs, one point where it does not; in units."""
        return {party: self._number(party, self.unit) for party in self.parties}

    def _factors_of(self, state: int) -> dict[PartyId, int]:
        """Return the same of one state, counted without the solver."""
        signing = set(signatories(self.search.situation, state))
        return {p: self._gain(p, state) if p in signing else self.unit for p in self.parties}

    @cached_property
    def _logarithms(self) -> Logarithms:
        return Logarithms(self.search, self._factors, self._ranges, self.unit)

    def _nash(self) -> tuple[Optimum, Fraction]:
        """Return the package with the greatest product of gains."""
        logarithms, search = self._logarithms, self.search
        one = self.unit ** len(self.parties)
        assumed = [logarithms.positive]
        state, most, top = None, 0, math.ceil(self._most * one)
        while True:
            found = search.optimum(logarithms.goal, assumed, maximise=True, adds_up=True)
            if found.status == "infeasible":
                break
            if found.bound is not None:
                top = min(top, max(most, _at_most(found.bound)))
            if found.state is not None:
                factors = self._factors_of(found.state)
                product = math.prod(factors.values())
                logarithms.refine(factors)
                if product > most:
                    state, most = found.state, product
                    assumed = [logarithms.positive, logarithms.at_least(product), *assumed[2:]]
                assumed.append(logarithms.better_than(factors))
            if found.status != "optimal":
                status: Literal["feasible", "unknown"] = "unknown" if state is None else "feasible"
                return Optimum(status=status, state=state), Fraction(max(top, most), one)
        return self._as_good(state, most), Fraction(most, one)

    def _as_good(self, state: int | None, product: int) -> Optimum:
        """Return the package with the fewest changes of those with the greatest product."""
        logarithms, search = self._logarithms, self.search
        if state is None:  # no product is above 0: all packages are as good
            return search.fewest_changes([], None)
        wanted = search.forms.model.new_bool_var("")

        def refuse(other: int) -> bool:
            factors = self._factors_of(other)
            if math.prod(factors.values()) >= product:
                return False
            logarithms.refine(factors)
            logarithms.better_than(factors, wanted)
            return True

        enough = [logarithms.positive, logarithms.at_least(product), wanted]
        return search.fewest_changes(enough, state, refuse)


class Logarithms:
    """The logarithms of some numbers of the model, bounded from above, and their sum.

    Parameters
    ----------
    search
        The model.
    factors
        The numbers.
    ranges
        The least and the most that each can be where the party signs.
    unit
        What they are where it does not.

    Attributes
    ----------
    goal
        The sum, in millionths; at least that of the logarithms wherever `positive` holds.
    positive
        A literal that makes all numbers positive, and the bounds hold.
    """

    def __init__(
        self,
        search: Candidates,
        factors: dict[PartyId, Any],
        ranges: dict[PartyId, tuple[int, int]],
        unit: int,
    ) -> None:
        self.model, self.factors = search.forms.model, factors
        self.positive = self.model.new_bool_var("")
        self._highest = {party: max(high, unit) for party, (_, high) in ranges.items()}
        self._bounds: dict[PartyId, Any] = {}
        self._posted: set[tuple[PartyId, int]] = set()
        for party, factor in factors.items():
            self.model.add(factor >= 1).only_enforce_if(self.positive)
            top = math.ceil(_UNITS * math.log(self._highest[party])) + 2 * _SLACK
            self._bounds[party] = self.model.new_int_var(0, top, "")
            for number in _spread(self._highest[party]):
                self._chord(party, number)
        self.goal = sum(self._bounds.values())

    def _chord(self, party: PartyId, number: int) -> None:
        """Post that the logarithm is on or below the chord from a number to the next.

        Both sides are multiplied by that number, so that rounding the slope up to whole numbers
        lifts the chord above the number, and lowers it below by less than the slack allows.
        """
        if not 1 <= number < max(self._highest[party], 2) or (party, number) in self._posted:
            return
        self._posted.add((party, number))
        slope = math.ceil(number * _UNITS * math.log1p(1 / number)) + 1
        height = math.ceil(number * (_UNITS * math.log(number) + _SLACK))
        chord = slope * (self.factors[party] - number) + height
        self.model.add(number * self._bounds[party] <= chord).only_enforce_if(self.positive)

    def refine(self, factors: dict[PartyId, int]) -> None:
        """Post the chords on which some numbers lie."""
        for party, factor in factors.items():
            self._chord(party, factor - 1)
            self._chord(party, factor)

    def at_least(self, product: int) -> Any:
        """Return a literal that excludes what surely has a smaller product."""
        guard = self.model.new_bool_var("")
        least = math.floor(_UNITS * math.log(product)) - 1
        self.model.add(self.goal >= least).only_enforce_if(guard)
        return guard

    def better_than(self, factors: dict[PartyId, int], guard: Any = None) -> Any:
        """Return a literal that makes some number greater than it is among others."""
        made = self.model.new_bool_var("") if guard is None else guard
        greater = []
        for party, factor in factors.items():
            if factor < self._highest[party]:
                literal = self.model.new_bool_var("")
                self.model.add(self.factors[party] >= factor + 1).only_enforce_if(literal)
                greater.append(literal)
        self.model.add_bool_or(greater).only_enforce_if(made)
        return made


def _spread(highest: int) -> Iterator[int]:
    """Yield the numbers from which chords are posted at once: all small ones, then ever fewer."""
    number = 1
    while number < max(highest, 2):
        yield number
        number = number + 1 if number < _EVERY else math.ceil(number * _STEP)


def _at_most(bound: int) -> int:
    """Return a whole number that no product is above whose logarithm is bounded, in millionths."""
    exact = Context(prec=60)
    product = exact.exp(exact.divide(Decimal(bound), Decimal(_UNITS)))
    return math.ceil(exact.multiply(product, 1 + Decimal(10) ** -30))
