"""What every state's movers can reach, for all states at once.

Where moves follow the same rules everywhere, what can be reached is sorted once, best first, and
running extremes are read off; where `when` makes them wait, they are listed move by move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servanda.conditions import OptionId
from servanda.conflict import Conflict
from servanda.model import PartyId
from servanda.moves import Reach
from servanda.states import Cells

Place = tuple[slice | int, ...]
Ruled = tuple[Place, Place, NDArray[np.bool_]]
"""A kind of move: from here, to there, and for which levels of the others it is legal."""


@dataclass(frozen=True, slots=True)
class Better:
    """Which of the states a group can reach one of its members prefers, for all states at once.

    Parameters
    ----------
    ranked
        Arrays of indices, shape (states a column, columns): each column holds what can be reached
        from some of the states in it, the best for the member first.
    place
        One number a state, shape = levels of each option: where, in columns that begin with one
        more cell, all concatenated, the running extreme over the strictly better states stands.
    """

    ranked: tuple[Cells, ...]
    place: Cells

    def read_off(self, values: Cells, operation: np.ufunc) -> Cells:
        """Return the extreme of the values at better states, a neutral one where none is."""
        flat = np.ascontiguousarray(np.broadcast_to(values, self.place.shape)).reshape(-1)
        parts = []
        for columns in self.ranked:
            height, width = columns.shape
            running = np.empty((height + 1, width), dtype=values.dtype)
            running[0] = neutral(operation, values.dtype)
            found = flat.take(columns)
            if height > width:
                operation.accumulate(found, axis=0, out=running[1:])
            else:  # the same, line by line: faster where lines are long
                for number, line in enumerate(found):
                    operation(running[number], line, out=running[number + 1])
            parts.append(running.reshape(-1))
        return np.concatenate(parts).take(self.place)


def sorted_reach(conflict: Conflict, group: frozenset[PartyId], member: PartyId) -> Better:
    """Sort what a group can reach, best for a member first; none of its moves may wait.

    Options without rules are set at will, so all their levels stand in one row.  The others are
    taken level by level: a row then holds the states with the same levels of theirs, where the
    moves start, and after them those with the levels the group can bring these to.
    """
    space, options = conflict.space, conflict.moves.options
    reach = conflict.moves.reach(group)
    falling = {*reach.terms, *(option for _, fallen in reach.packages for option in fallen)}
    one_way = tuple(o for o in reach.free if options[o].only or o in falling)
    bound = sorted({*one_way, *falling}, key=lambda option: space.axis[option])
    first = [space.axis[option] for option in bound]
    last = sorted(space.axis[option] for option in reach.free if option not in one_way)
    rest = [axis for axis in range(len(space.shape)) if axis not in {*first, *last}]
    block = prod(space.shape[axis] for axis in last)
    index = np.arange(space.size).reshape(space.shape).transpose(first + rest + last)
    index = index.reshape(*index.shape[: len(first)], -1, block)
    ranked = []
    place = np.empty(space.size, dtype=np.int64)
    start = 0
    for levels in product(*(range(space.shape[axis]) for axis in first)):
        old = dict(zip(bound, levels, strict=True))
        ends = [old, *(new for new, _ in _targets(conflict, replace(reach, free=one_way), old))]
        rows = np.concatenate([index[tuple(end[o] for o in bound)] for end in ends], axis=1)
        order, better = _best_first(conflict.payoffs[member].flat.take(rows))
        ranked.append(np.ascontiguousarray(rows.take(order).T))
        better = better[:, :block] * len(rows) + np.arange(start, start + len(rows))[:, None]
        place[rows[:, :block].reshape(-1)] = better.reshape(-1)
        start += rows.size + len(rows)
    return Better(tuple(ranked), place.reshape(space.shape))


def _best_first(rows: Cells) -> tuple[Cells, Cells]:
    """Return which cells stand where if each row is best first, and how many are better than each.

    The first array holds indices into the flattened rows.
    """
    number, length = rows.shape
    # NumPy sorts small integers by their digits, which takes long for short rows.
    keys = ~rows if length > 64 else ~rows.astype(np.int64)
    order = np.argsort(keys, axis=1, kind="stable")
    order += np.arange(0, rows.size, length)[:, None]
    ranked = rows.take(order)
    starts = np.zeros(rows.shape, dtype=np.int64)
    np.multiply(ranked[:, 1:] != ranked[:, :-1], np.arange(1, length), out=starts[:, 1:])
    np.maximum.accumulate(starts, axis=1, out=starts)
    better = np.empty(rows.size, dtype=np.int64)
    better[order.reshape(-1)] = starts.reshape(-1)
    return order, better.reshape(number, length)


def neutral(operation: np.ufunc, kind: np.dtype[Any]) -> Any:
    """Return what changes nothing: the largest integer for minimum, the smallest for maximum."""
    limits = np.iinfo(kind)
    return kind.type(limits.max if operation is np.minimum else limits.min)


def ruled_moves(conflict: Conflict, group: frozenset[PartyId]) -> tuple[Ruled, ...]:
    """Return every kind of move of a group: from here, to there, and where that is legal.

    `here` and `there` fix the options the group can touch; the third array says for which levels
    of the others the move is allowed (`when`).  Feasibility of the end is not looked at.
    """
    moves, space = conflict.moves, conflict.space
    reach = moves.reach(group)
    touched = {*reach.free, *reach.terms, *(o for _, fallen in reach.packages for o in fallen)}
    axes = sorted(space.axis[option] for option in touched)
    option_at = [space.axes[axis] for axis in axes]
    full: list[slice | int] = [slice(None)] * len(space.shape)
    found: list[Ruled] = []
    for levels in product(*(range(space.shape[axis]) for axis in axes)):
        old = dict(zip(option_at, levels, strict=True))
        here = list(full)
        for axis, level in zip(axes, levels, strict=True):
            here[axis] = level
        for new, waiting in _targets(conflict, reach, old):
            there = list(full)
            for axis, option in zip(axes, option_at, strict=True):
                there[axis] = new[option]
            legal: NDArray[np.bool_] = np.array(True)
            for option in waiting:
                when = np.broadcast_to(space.truth(moves.whens[option]), space.shape)[tuple(here)]
                legal = legal & when
            found.append((tuple(here), tuple(there), legal))
    return tuple(found)


def _targets(
    conflict: Conflict, reach: Reach, old: dict[OptionId, int]
) -> list[tuple[dict[OptionId, int], frozenset[OptionId]]]:
    """Return the levels a group can bring its options and joint options to.

    With each come the options whose `when` must hold for it: those it sets rather than leaves.
    """
    moves = conflict.moves
    options = moves.options

    def allowed(option: OptionId) -> range:
        only, count = options[option].only, len(options[option].levels)
        return range(
            old[option] if only == "up" else 0, old[option] + 1 if only == "down" else count
        )

    leavable = [
        fallen
        for mine, fallen in reach.packages
        if any(old[o] != moves.fallen(o, old[o]) for o in mine)
    ]
    targets: dict[tuple[tuple[int, ...], frozenset[OptionId]], dict[OptionId, int]] = {}
    for leaves in product((False, True), repeat=len(leavable)):
        gone = {o for left, fallen in zip(leaves, leavable, strict=True) if left for o in fallen}
        choices: dict[OptionId, list[int]] = {option: [level] for option, level in old.items()}
        choices |= {option: list(allowed(option)) for option in reach.free}
        for option in reach.terms:
            choices[option] = sorted({*choices[option], moves.fallen(option, old[option])})
        choices |= {o: [moves.fallen(o, old[o])] for o in gone}
        for levels in product(*choices.values()):
            new = dict(zip(choices, levels, strict=True))
            fallen = {o for o in reach.terms if new[o] == moves.fallen(o, old[o])}
            by_hand = {o for o in reach.free if new[o] != old[o]} - gone - fallen
            targets[levels, frozenset(by_hand & moves.whens.keys())] = new
    return [(new, waiting) for (_, waiting), new in targets.items() if new != old]
