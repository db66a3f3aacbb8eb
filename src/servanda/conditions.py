"""Conditions on states: what they are made of, and where they hold.

They speak of options alone: the facts a case names are written out when its text is read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NewType

OptionId = NewType("OptionId", str)


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that holds everywhere, or nowhere."""

    truth: bool


@dataclass(frozen=True, slots=True)
class Among:
    """The option stands at one of these levels (by index)."""

    option: OptionId
    levels: frozenset[int]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Iff:
    """Both parts hold, or neither."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Count:
    """Between `low` and `high` of the parts hold (both included)."""

    low: int
    high: int
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The values of these options' levels add up to something that compares so with `bound`."""

    sign: str
    bound: Fraction
    terms: tuple[tuple[OptionId, tuple[Fraction, ...]], ...]


Condition = Always | Among | Not | AllOf | AnyOf | Iff | Count | Total

COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, state: Mapping[OptionId, int]) -> bool:
    """Return whether `condition` holds where each option stands at the level index in `state`."""
    match condition:
        case Always(truth):
            return truth
        case Among(option, levels):
            return state[option] in levels
        case Not(part):
            return not holds(part, state)
        case AllOf(parts):
            return all(holds(part, state) for part in parts)
        case AnyOf(parts):
            return any(holds(part, state) for part in parts)
        case Iff(left, right):
            return holds(left, state) == holds(right, state)
        case Count(low, high, parts):
            return low <= sum(holds(part, state) for part in parts) <= high
        case Total(sign, bound, terms):
            total = sum((values[state[option]] for option, values in terms), Fraction(0))
            return COMPARE[sign](total, bound)


def mentions(condition: Condition) -> frozenset[OptionId]:
    """Return the options a condition speaks of."""
    match condition:
        case Always():
            return frozenset()
        case Among(option, _):
            return frozenset({option})
        case Not(part):
            return mentions(part)
        case AllOf(parts) | AnyOf(parts) | Count(_, _, parts):
            return frozenset().union(*(mentions(part) for part in parts))
        case Iff(left, right):
            return mentions(left) | mentions(right)
        case Total(_, _, terms):
            return frozenset(option for option, _ in terms)


def moved(condition: Condition, after: Mapping[OptionId, Sequence[int]]) -> Condition:
    """Return what a state must meet for the condition to hold once some options have moved.

    Parameters
    ----------
    condition
        What is to hold afterwards.
    after
        For each option that moves: the level it comes to from each level.

    Examples
    --------
    >>> moved(Among(OptionId("a"), frozenset({1})), {OptionId("a"): (1, 1)})
    Always(truth=True)
    """
    match condition:
        case Always():
            return condition
        case Among(option, levels):
            if option not in after:
                return condition
            from_ = frozenset(old for old, new in enumerate(after[option]) if new in levels)
            return among(option, from_, len(after[option]))
        case Not(part):
            return denied(moved(part, after))
        case AllOf(parts):
            return all_of(moved(part, after) for part in parts)
        case AnyOf(parts):
            return any_of(moved(part, after) for part in parts)
        case Iff(left, right):
            return Iff(moved(left, after), moved(right, after))
        case Count(low, high, parts):
            return Count(low, high, tuple(moved(part, after) for part in parts))
        case Total(sign, bound, terms):
            turned = (
                (option, tuple(values[new] for new in after.get(option, range(len(values)))))
                for option, values in terms
            )
            return Total(sign, bound, tuple(turned))


def among(option: OptionId, levels: frozenset[int], count: int) -> Condition:
    """Return that an option with so many levels stands at one of some."""
    if not levels or len(levels) == count:
        return Always(truth=bool(levels))
    return Among(option, levels)


def denied(part: Condition) -> Condition:
    """Return that a condition does not hold."""
    return Always(not part.truth) if isinstance(part, Always) else Not(part)


def all_of(parts: Iterable[Condition]) -> Condition:
    """Return that all conditions hold, what goes without saying left out."""
    kept = [part for part in parts if part != Always(truth=True)]
    if any(isinstance(part, Always) for part in kept):
        return Always(truth=False)
    return AllOf(tuple(kept)) if len(kept) > 1 else (kept or [Always(truth=True)])[0]


def any_of(parts: Iterable[Condition]) -> Condition:
    """Return that some condition holds, what cannot be left out."""
    kept = [part for part in parts if part != Always(truth=False)]
    if any(isinstance(part, Always) for part in kept):
        return Always(truth=True)
    return AnyOf(tuple(kept)) if len(kept) > 1 else (kept or [Always(truth=False)])[0]
