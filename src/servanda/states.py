"""States: one level for every option, numbered as the cells of one array.

Axes are grouped by owner (joint options first), so that the states a party can choose between lie
in one block; users only ever see options by name, in the order of their file.  Where there are too
many states for an array, single states and lists of them are still looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from servanda.errors import UsageError
from servanda.model import Case

Truth = NDArray[np.bool_]
Cells = NDArray[Any]
States = NDArray[Any]
"""Indices of states: int64, or Python's own integers where these would not do."""

LARGEST = 2**26
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TAIL = 512
_PART = 2**62


@dataclass(frozen=True)
class StateSpace:
    """All combinations of levels of a case's options.

    Parameters
    ----------
    case
        The case; only its options are used.

    Notes
    -----
    A state is an index into the flattened array of shape `shape` (C order, axes as in `axes`).
    Truth arrays are boolean, with one dimension for every option and size 1 along the axes that
    do not matter, so they broadcast against any array over the states.  They are for spaces that
    are `dense`; `holds` answers for any states of any space.
    """

    case: Case
    _truths: dict[Condition, Truth] = field(default_factory=dict, repr=False)

    @cached_property
    def options(self) -> tuple[OptionId, ...]:
        """Options in the order of the file."""
        return tuple(self.case.options)

    @cached_property
    def axes(self) -> tuple[OptionId, ...]:
        """Options in the order of the array: joint ones, then party by party."""
        owners = list(self.case.parties)
        options = self.case.options

        def block(option: OptionId) -> int:
            by = options[option].by
            return -1 if by is None else owners.index(by)

        return tuple(sorted(self.options, key=block))

    @cached_property
    def axis(self) -> Mapping[OptionId, int]:
        """The axis of each option."""
        return {option: axis for axis, option in enumerate(self.axes)}

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of levels along each axis."""
        return tuple(len(self.case.options[option].levels) for option in self.axes)

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """How far apart two neighbouring levels lie in the flattened array, along each axis."""
        return tuple(prod(self.shape[axis + 1 :]) for axis in range(len(self.shape)))

    @cached_property
    def folded(self) -> tuple[tuple[int, int], ...]:
        """For each axis, in which part of an index it is told, and how far apart there."""
        found, fold, stride = [], 0, 1
        for levels in reversed(self.shape):
            if stride * levels > _PART:
                fold, stride = fold + 1, 1
            found.append((fold, stride))
            stride *= levels
        return tuple(reversed(found))

    @cached_property
    def folds(self) -> tuple[int, ...]:
        """How many values each part of an index has, from the last axis on; the first has 0."""
        sizes = [1] * (self.folded[0][0] + 1) if self.folded else [0]
        for (fold, _), levels in zip(self.folded, self.shape, strict=True):
            sizes[fold] *= levels
        return (*sizes[:-1], 0)

    @cached_property
    def size(self) -> int:
        """Number of states, feasible or not."""
        return prod(self.shape)

    @cached_property
    def dense(self) -> bool:
        """Whether arrays over all states fit."""
        return self.size <= LARGEST

    def must_be_dense(self) -> None:
        """Refuse what takes an array over all states where there are too many of them.

        Raises
        ------
        UsageError
            If the space is not `dense`.
        """
        if not self.dense:
            size = f"{self.size:,}" if self.size < 10**15 else f"some 10^{len(str(self.size)) - 1}"
            message = f"{len(self.options)} options make {size} states"
            raise UsageError(message, f"the grid engine holds {LARGEST:,}; leave some options out")

    @cached_property
    def kind(self) -> type[np.int64 | object]:
        """What an array of states is made of."""
        return np.int64 if self.size < 2**62 else object

    def listed(self, states: Iterable[int]) -> States:
        """Return states as an array."""
        return np.array(list(states), dtype=self.kind)

    def column(self, states: States, option: OptionId) -> NDArray[np.int64]:
        """Return the level index of one option in each of some states."""
        axis = self.axis[option]
        levels = states // self.strides[axis] % self.shape[axis]
        return levels.astype(np.int64, copy=False)

    def index(self, levels: Mapping[OptionId, int]) -> int:
        """Return the index of the state with these level indices."""
        return sum(
            levels[option] * stride for option, stride in zip(self.axes, self.strides, strict=True)
        )

    def level(self, state: int, option: OptionId) -> int:
        """Return the level index of one option in a state."""
        axis = self.axis[option]
        return state // self.strides[axis] % self.shape[axis]

    def standing(self, state: int) -> tuple[int, ...]:
        """Return every option's level index in a state, in the order of the axes."""
        return tuple([state // stride % count for stride, count in self._places])

    @cached_property
    def _places(self) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self.strides, self.shape, strict=True))

    @cached_property
    def bits(self) -> tuple[tuple[int, int], ...]:
        """Where each option's level begins in a packed state, and its bits there; by axis."""
        places: list[tuple[int, int]] = []
        place = 0
        for count in reversed(self.shape):
            width = (count - 1).bit_length()
            places.append((place, (1 << width) - 1))
            place += width
        return tuple(reversed(places))

    @cached_property
    def _even(self) -> bool:
        """Whether a state's index is packed already."""
        return all(
            count & (count - 1) == 0 and stride == 1 << place
            for count, stride, (place, _) in zip(self.shape, self.strides, self.bits, strict=True)
        )

    def packed(self, state: int) -> int:
        """Return a state as a number in which each option's level has bits of its own."""
        if self._even:
            return state
        standing = zip(self.standing(state), self.bits, strict=True)
        return sum(level << place for level, (place, _) in standing)

    def unpacked(self, packed: int) -> int:
        """Return the index of a packed state."""
        if self._even:
            return packed
        return sum(
            (packed >> place & ones) * stride
            for (place, ones), stride in zip(self.bits, self.strides, strict=True)
        )

    def mask(self, options: Iterable[OptionId]) -> int:
        """Return the bits of some options in a packed state."""
        places = (self.bits[self.axis[option]] for option in set(options))
        return sum(ones << place for place, ones in places)

    def columns(self, states: States) -> Mapping[int, NDArray[np.int64]]:
        """Return the levels of each option in some states, by axis; read only where asked for."""
        return _Columns(self, states)

    def levels(self, state: int) -> dict[OptionId, int]:
        """Return every option's level index in a state, in file order."""
        return {option: self.level(state, option) for option in self.options}

    def put(self, state: int, terms: Mapping[OptionId, int]) -> int:
        """Return the state with some options set to other levels."""
        for option, level in terms.items():
            state += (level - self.level(state, option)) * self.strides[self.axis[option]]
        return state

    def changes(self, old: int, new: int) -> dict[OptionId, int]:
        """Return the options on which two states differ, with their new level indices."""
        return {
            option: level
            for option in self.options
            if (level := self.level(new, option)) != self.level(old, option)
        }

    def distances(self, states: States, state: int) -> NDArray[np.int64]:
        """Return on how many options each of some states differs from a state."""
        count = np.zeros(len(states), dtype=np.int64)
        columns = self.columns(states)
        for axis, option in enumerate(self.axes):
            count += columns[axis] != self.level(state, option)
        return count

    def holds(self, condition: Condition, states: States) -> Truth:
        """Return in which of some states a condition holds; in a space of any size."""
        match condition:
            case Always(truth):
                return np.full(len(states), truth)
            case Among(option, levels):
                known = np.zeros(len(self.case.options[option].levels), dtype=np.bool_)
                known[list(levels)] = True
                return np.asarray(known[self.column(states, option)])
            case Not(part):
                return np.logical_not(self.holds(part, states))
            case AllOf(parts):
                return np.asarray(np.all([self.holds(part, states) for part in parts], axis=0))
            case AnyOf(parts):
                return np.asarray(np.any([self.holds(part, states) for part in parts], axis=0))
            case Iff(left, right):
                return np.equal(self.holds(left, states), self.holds(right, states))
            case Count(low, high, parts):
                number = sum(self.holds(part, states).astype(np.int64) for part in parts)
                return np.logical_and(number >= low, number <= high)
            case Total(sign, bound, terms):
                scale = lcm(bound.denominator, *(v.denominator for _, vs in terms for v in vs))
                total = np.zeros(len(states), dtype=np.int64)
                for option, values in terms:
                    whole = np.array([int(value * scale) for value in values])
                    total += whole[self.column(states, option)]
                compared = COMPARE[sign](total, int(bound * scale))  # type: ignore[arg-type]  # works on arrays alike
                return np.asarray(compared)

    def spelled(self, state: int) -> str:
        """Return one character an option in file order: Y or N, or the level in base 36."""
        return "".join(
            "NY"[level] if self.case.options[option].yes_no else _DIGITS[level]
            for option, level in self.levels(state).items()
        )

    def taken(self, state: int) -> dict[OptionId, str]:
        """Return the options above their lowest level, with the level's name."""
        return self.named({o: level for o, level in self.levels(state).items() if level})

    def named(self, levels: Mapping[OptionId, int]) -> dict[OptionId, str]:
        """Return level names for level indices."""
        return {o: self.case.options[o].levels[level] for o, level in levels.items()}

    def at(self, cells: Cells, state: int) -> Any:
        """Return the value of a broadcastable array at a state."""
        place = tuple(
            state // stride % levels if size > 1 else 0
            for size, levels, stride in zip(cells.shape, self.shape, self.strides, strict=True)
        )
        return cells[place]

    def along(self, option: OptionId, values: Iterable[Any]) -> Cells:
        """Return one value a level as an array along the option's axis, size 1 elsewhere."""
        line = np.array(list(values))
        shape = [1] * len(self.shape)
        shape[self.axis[option]] = len(line)
        return line.reshape(shape)

    def truth(self, condition: Condition) -> Truth:
        """Return where a condition holds, as a broadcastable boolean array."""
        if condition not in self._truths:
            self._truths[condition] = self._truth(condition)
        return self._truths[condition]

    def _truth(self, condition: Condition) -> Truth:
        match condition:
            case Always(truth):
                return np.full([1] * len(self.shape), truth)
            case Among(option, levels):
                count = len(self.case.options[option].levels)
                return self.along(option, (level in levels for level in range(count)))
            case Not(part):
                return np.logical_not(self.truth(part))
            case AllOf(parts) | AnyOf(parts):
                join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
                result = self.truth(parts[0])
                for part in parts[1:]:
                    result = combine(join, result, self.truth(part))
                return result
            case Iff(left, right):
                return combine(np.equal, self.truth(left), self.truth(right))
            case Count(low, high, parts):
                number = self.truth(parts[0]).astype(np.int16)
                for part in parts[1:]:
                    number = combine(np.add, number, self.truth(part))
                return np.logical_and(number >= low, number <= high)
            case Total(sign, bound, terms):
                return self._total(sign, bound, terms)

    def _total(
        self, sign: str, bound: Fraction, terms: tuple[tuple[OptionId, tuple[Fraction, ...]], ...]
    ) -> Truth:
        """Compare a sum of values with a bound in whole numbers, so that nothing is rounded."""
        numbers = [bound, *(value for _, values in terms for value in values)]
        scale = lcm(*(number.denominator for number in numbers))
        total: Cells = np.zeros([1] * len(self.shape), dtype=np.int64)
        for option, values in terms:
            total = combine(np.add, total, self.along(option, (int(v * scale) for v in values)))
        result: Truth = np.asarray(COMPARE[sign](total, int(bound * scale)))  # type: ignore[arg-type]  # works on arrays alike
        return result


class _Columns(dict[int, NDArray[np.int64]]):
    """The levels of the options in some states, each read when it is asked for.

    Indices past int64 are first taken apart into numbers of that size, for it is far quicker.
    """

    def __init__(self, space: StateSpace, states: States) -> None:
        super().__init__()
        self._space, self._states = space, states
        self._parts: list[NDArray[np.int64]] = []

    def __missing__(self, axis: int) -> NDArray[np.int64]:
        if not self._parts:
            left = self._states
            for size in self._space.folds:
                left, part = (left // size, left % size) if size else (left, left)
                self._parts.append(part.astype(np.int64, copy=False))
        fold, stride = self._space.folded[axis]
        column = self[axis] = self._parts[fold] // stride % self._space.shape[axis]
        return column


def lean(cells: Cells) -> Cells:
    """Return the same array with size 1 along the axes that make no difference."""
    for axis in range(cells.ndim):
        first = cells[(slice(None),) * axis + (slice(0, 1),)]
        if bool((cells == first).all()):
            cells = np.ascontiguousarray(first)
    return cells


def combine(operation: np.ufunc, left: Cells, right: Cells) -> Cells:
    """Return ``operation(left, right)`` for two broadcastable arrays.

    Large results are computed with the last few axes joined into one, because NumPy is slow when
    its innermost loop runs over an axis of two levels.
    """
    shape = np.broadcast_shapes(left.shape, right.shape)
    if prod(shape) < _TAIL * 16:
        return np.asarray(operation(left, right))
    cut = len(shape)
    while prod(shape[cut:]) < _TAIL:
        cut -= 1
    tail = shape[cut:]

    def joined(cells: Cells) -> Cells:
        spread = np.broadcast_to(cells, (*cells.shape[:cut], *tail))
        return np.ascontiguousarray(spread).reshape((*cells.shape[:cut], prod(tail)))

    return np.asarray(operation(joined(left), joined(right))).reshape(shape)
