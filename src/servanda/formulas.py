"""Conditions, wishes and moves as constraints of a solver (OR-Tools CP-SAT).

Every condition becomes one literal that is true exactly where the condition holds; a preference
between a state and where a move leads becomes constraints on such literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from ortools.sat.python import cp_model

from servanda.conditions import (
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
    all_of,
    among,
    any_of,
)
from servanda.model import Case, PartyId

Literal = Any
"""A Boolean variable of the solver, or the negation of one."""


class Formulas:
    """A model over the states of a case.

    Parameters
    ----------
    case
        The case; only its options are used.

    Attributes
    ----------
    model
        The solver's model, to add constraints to.
    levels
        For each option one literal a level; exactly one is true.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.model = cp_model.CpModel()
        self.always = self.model.new_constant(1)
        self.levels: dict[OptionId, tuple[Literal, ...]] = {}
        self._literals: dict[Condition, Literal] = {}
        for name, option in case.options.items():
            if len(option.levels) == 2:
                high = self.model.new_bool_var(name)
                self.levels[name] = (high.negated(), high)
            else:
                each = tuple(self.model.new_bool_var(f"{name}={n}") for n in option.levels)
                self.model.add_exactly_one(each)
                self.levels[name] = each

    def literal(self, condition: Condition) -> Literal:
        """Return a literal that is true exactly where a condition holds."""
        if condition not in self._literals:
            self._literals[condition] = self._literal(condition)
        return self._literals[condition]

    def _literal(self, condition: Condition) -> Literal:
        match condition:
            case Always(truth):
                return self.always if truth else self.always.negated()
            case Among(option, levels):
                return self.any_of(self.levels[option][level] for level in sorted(levels))
            case Not(part):
                return self.literal(part).negated()
            case AllOf(parts):
                return self.all_of(map(self.literal, parts))
            case AnyOf(parts):
                return self.any_of(map(self.literal, parts))
            case Iff(left, right):
                return self.same(self.literal(left), self.literal(right))
            case Count(low, high, parts):
                return self.within(sum(map(self.literal, parts)), low, high, len(parts))
            case Total():
                return self._total(condition)

    def _total(self, condition: Total) -> Literal:
        """Return where a sum of values compares so with a bound, counted in whole numbers."""
        numbers = [condition.bound, *(v for _, values in condition.terms for v in values)]
        scale = lcm(*(number.denominator for number in numbers))
        total = sum(
            int(value * scale) * literal
            for option, values in condition.terms
            for value, literal in zip(values, self.levels[option], strict=True)
        )
        bound = int(condition.bound * scale)
        most = int(sum(max(map(abs, values)) for _, values in condition.terms) * scale) + 1
        most = max(most, abs(bound) + 1)
        ranges = {
            "=": (bound, bound), "<": (-most, bound - 1), "<=": (-most, bound),
            ">": (bound + 1, most), ">=": (bound, most),
        }  # fmt: skip
        if condition.sign == "!=":
            return self.within(total, bound, bound, most).negated()
        return self.within(total, *ranges[condition.sign], most)

    # ------------------------------------------------------------------ joining literals

    def all_of(self, literals: Iterable[Literal]) -> Literal:
        """Return a literal that is true exactly where all of some are."""
        return self.any_of(each.negated() for each in literals).negated()

    def any_of(self, literals: Iterable[Literal]) -> Literal:
        """Return a literal that is true exactly where some of several are."""
        each = list(literals)
        if not each:
            return self.always.negated()
        if len(each) == 1:
            return each[0]
        found = self.model.new_bool_var("")
        self.model.add_bool_or(each).only_enforce_if(found)
        for literal in each:
            self.model.add_implication(literal, found)
        return found

    def same(self, one: Literal, other: Literal) -> Literal:
        """Return a literal that is true exactly where two agree."""
        found = self.model.new_bool_var("")
        self.model.add_bool_or([one, other.negated()]).only_enforce_if(found)
        self.model.add_bool_or([one.negated(), other]).only_enforce_if(found)
        self.model.add_bool_or([one, other]).only_enforce_if(found.negated())
        self.model.add_bool_or([one.negated(), other.negated()]).only_enforce_if(found.negated())
        return found

    def within(self, total: Any, low: int, high: int, most: int) -> Literal:
        """Return a literal that is true exactly where a sum lies between two numbers.

        `most` bounds the sum's absolute value.
        """
        found = self.model.new_bool_var("")
        inside = cp_model.Domain(low, max(low, high))
        outside = inside.complement().intersection_with(cp_model.Domain(-most - 1, most + 1))
        if high < low:
            return self.always.negated()
        self.model.add_linear_expression_in_domain(total, inside).only_enforce_if(found)
        self.model.add_linear_expression_in_domain(total, outside).only_enforce_if(found.negated())
        return found

    # ------------------------------------------------------------------ wishes

    def prefers(
        self, here: Sequence[Sequence[Condition]], there: Sequence[Sequence[Condition]]
    ) -> Literal:
        """Return where the second of two ordered lists of tied wishes is met better.

        Parameters
        ----------
        here, there
            Groups of wishes, most important first, as conditions on one and the same state: what
            is met in it, and what is met in another that belongs to it.
        """
        better: list[Literal] = []
        so_far: list[Literal] = []
        for mine, yours in zip(here, there, strict=True):
            pairs = [(a, b) for a, b in zip(mine, yours, strict=True) if a != b]
            if not pairs:
                continue
            if len(pairs) == 1:
                old, new = (self.literal(each) for each in pairs[0])
                gains = self.all_of((new, old.negated()))
                even = self.same(old, new)
            else:
                difference = sum(self.literal(b) - self.literal(a) for a, b in pairs)
                gains = self.within(difference, 1, len(pairs), len(pairs))
                even = self.within(difference, 0, 0, len(pairs))
            better.append(self.all_of((*so_far, gains)))
            so_far.append(even)
        return self.any_of(better)

    def gains_points(
        self, gains: Iterable[tuple[tuple[Condition, Condition], Fraction]]
    ) -> Literal:
        """Return where wishes met elsewhere are worth more than those met here.

        Parameters
        ----------
        gains
            For each wish: where it is met here, where it is met there, and what it is worth.
        """
        pairs = [(pair, worth) for pair, worth in gains if pair[0] != pair[1] and worth]
        if not pairs:
            return self.always.negated()
        scale = lcm(*(worth.denominator for _, worth in pairs))
        weights = [(pair, int(worth * scale)) for pair, worth in pairs]
        most = sum(abs(weight) for _, weight in weights) + 1
        total = sum(
            weight * (self.literal(there) - self.literal(here)) for (here, there), weight in weights
        )
        return self.within(total, 1, most, most)

    def require(self, literal: Literal) -> None:
        """Post that a literal is true."""
        self.model.add_bool_or([literal])

    def forbid(self, literal: Literal) -> None:
        """Post that a literal is false."""
        self.model.add_bool_or([literal.negated()])

    @staticmethod
    def constant(truth: bool) -> Condition:  # noqa: FBT001 - it is what it says
        """Return the condition that always holds, or never."""
        return Always(truth)


def wishes_of(case: Case, party: PartyId) -> tuple[tuple[Condition, ...], ...]:
    """Return a party's ordered wishes as conditions; of a ranking, to be among its first ones."""
    words, preference = case.vocabulary, case.preferences.get(party)
    if preference is None or not preference.ranking:
        groups = case.statements(party)
        return tuple(tuple(words.condition(wish.wish) for wish in group) for group in groups)
    found: list[tuple[Condition, ...]] = []
    listed: list[Condition] = []
    for tied in preference.ranking:
        for state in tied:
            levels = dict.fromkeys(case.options, 0) | dict(words.term(text) for text in state)
            here = (
                among(o, frozenset((level,)), len(case.options[o].levels))
                for o, level in levels.items()
            )
            listed.append(all_of(here))
        found.append((any_of(listed),))
    return tuple(found)


def worths_of(case: Case, party: PartyId) -> tuple[tuple[Condition, Fraction], ...]:
    """Return a party's points: what holds, and what that is worth; each level a position has."""
    words, preference = case.vocabulary, case.preferences[party]
    gains = [(words.condition(w), worth.middle) for w, worth in preference.points.items()]
    for option, position in preference.position.items():
        levels = case.options[option].levels
        scale = words.values.get(option, tuple(map(Fraction, range(len(levels)))))
        at, salience = scale[levels.index(position.at)], Fraction(str(position.salience))
        for level, value in enumerate(scale):
            here = among(option, frozenset((level,)), len(levels))
            gains.append((here, -salience * abs(value - at)))
    return tuple(gains)


def ended_early(solver: cp_model.CpSolver, seconds: float | None, code: Any) -> bool:
    """Return whether a search was ended from outside, as by Ctrl-C, before its time was up."""
    if code not in {cp_model.FEASIBLE, cp_model.UNKNOWN}:
        return False
    return seconds is None or solver.wall_time < 0.95 * seconds
