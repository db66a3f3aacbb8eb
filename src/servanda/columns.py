"""Conditions over columns of levels: one level, or an array of levels, for every option.

A condition is read once into a function; asked with single levels it answers with a truth value,
asked with arrays that broadcast against each other, with an array no larger than it needs to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

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

Columns = Sequence[Any] | Mapping[int, Any]
"""For each option, by its place, its level or an array of its levels."""

Holds = Callable[[Columns], Any]
"""Tells where a condition holds: True or False, or an array of them."""


def over_columns(condition: Condition, axis: Mapping[OptionId, int]) -> Holds:
    """Return a condition as a function of columns of levels.

    Parameters
    ----------
    condition
        What is to hold.
    axis
        The place of each option among the columns.

    Examples
    --------
    >>> both = AllOf((Among(OptionId("a"), frozenset({1})), Among(OptionId("b"), frozenset({0}))))
    >>> holds = over_columns(both, {OptionId("a"): 0, OptionId("b"): 1})
    >>> holds([1, 0]), holds([1, np.array([0, 1])])
    (True, array([ True, False]))
    """
    match condition:
        case Always(truth):
            return lambda _: truth
        case Among(option, levels):
            return _among(axis[option], levels)
        case Not(part):
            inner = over_columns(part, axis)
            return lambda columns: inner(columns) ^ True
        case AllOf(parts):
            return _joined([over_columns(part, axis) for part in parts], every=True)
        case AnyOf(parts):
            return _joined([over_columns(part, axis) for part in parts], every=False)
        case Iff(left, right):
            one, two = over_columns(left, axis), over_columns(right, axis)
            return lambda columns: (one(columns) ^ two(columns)) ^ True
        case Count(low, high, parts):
            each = [over_columns(part, axis) for part in parts]
            return lambda columns: _between(low, sum(1 * holds(columns) for holds in each), high)
        case Total(sign, bound, terms):
            return _total(sign, bound, [(axis[option], values) for option, values in terms])


def _among(place: int, levels: frozenset[int]) -> Holds:
    first, *others = sorted(levels)

    def holds(columns: Columns) -> Any:
        column = columns[place]
        found = column == first
        for level in others:
            found |= column == level
        return found

    return holds


def _joined(parts: Sequence[Holds], *, every: bool) -> Holds:
    """Return all of some conditions, or any of them; what is settled early is not looked at."""

    def holds(columns: Columns) -> Any:
        found: Any = every
        for part in parts:
            here = part(columns)
            if here is every:
                continue
            if isinstance(here, bool):
                return not every
            found = here if found is every else (found & here if every else found | here)
        return found

    return holds


def _between(low: int, count: Any, high: int) -> Any:
    return (count >= low) & (count <= high)


def _total(sign: str, bound: Fraction, terms: Sequence[tuple[int, tuple[Fraction, ...]]]) -> Holds:
    """Compare a sum of values with a bound in whole numbers, so that nothing is rounded."""
    scale = lcm(bound.denominator, *(v.denominator for _, values in terms for v in values))
    whole = [(place, [int(value * scale) for value in values]) for place, values in terms]
    compare, limit = COMPARE[sign], int(bound * scale)

    def holds(columns: Columns) -> Any:
        total = sum(valued(values, columns[place]) for place, values in whole)
        return compare(total, limit)  # type: ignore[arg-type]  # works on arrays alike

    return holds


def valued(values: Sequence[int], column: Any) -> Any:
    """Return what stands for a level, or for each of an array of levels."""
    if isinstance(column, np.ndarray):
        return np.array(values)[column]
    return values[column]
