"""Which sets of pieces cover every row at the least price, and how many they are.

A minimum set cover, counted: what is forced and what is dominated goes first, then a search
branches on the row that the fewest pieces cover. Where that takes too many steps, OR-Tools CP-SAT
finds a cover and a bound, and lists the covers as cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from servanda.interruption import solved

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

STEPS: Final = 200
"""How much the search may do before the solver takes over."""

WORK: Final = 0.5
"""How much the solver may do for each question, in its own measure (about seconds)."""

LISTED: Final = 1_000
"""How many covers of one part the solver lists before it stops counting."""

_COMPARED: Final = 2_500
_LISTING: Final = 0.2
_SEED: Final = 1956

Bools = NDArray[np.bool_]
Prices = NDArray[np.int64]
"""What pieces cost, shape = (pieces, measures): the first measure outweighs all that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A cover of the least price found.

    Parameters
    ----------
    pieces
        Its pieces, by place. Of two covers as cheap the one is taken that has the first piece in
        which they differ; that is sure only if all are counted.
    price
        What its pieces cost together, in each measure.
    bound
        No cover costs less.
    ways
        How many covers cost no more than this one.
    all_counted
        Whether there are exactly so many; otherwise at least so many.
    """

    pieces: tuple[int, ...]
    price: tuple[int, ...]
    bound: tuple[int, ...]
    ways: int
    all_counted: bool


def cheapest_cover(
    covers: Bools, prices: Prices, *, steps: int = STEPS, work: float = WORK
) -> Cover:
    """Return the cheapest cover of all rows, and the number of covers as cheap.

    Parameters
    ----------
    covers
        bool, shape = (pieces, rows): whether a piece covers a row. Every row has a piece.
    prices
        int64, shape = (pieces, measures): what each piece costs; the sum over all pieces of the
        first measure decides, then that of the second, and so on. The first is above 0.
    steps, work
        How much the search, and after it the solver, may do on each part of the chart.
    """
    unit = 1 + int(prices.sum())  # no sum over pieces in one measure reaches it
    reduced = _reduced(_Chart.of(covers, prices, unit))
    if reduced is None or unit ** prices.shape[1] >= 1 << 63:
        raise ValueError("a row has no piece, or prices are too large")
    taken, chart = reduced
    found = [_Found(taken, taken.price)]
    for part in _parts(chart):
        try:
            best = _Search(steps).best(part, limit=_greedy(part).price)
        except _TooLongError:
            found.append(_Solver(part, unit, prices.shape[1], work).found())
        else:
            found += [_Found(best, best.price)] if best is not None else []
    best = reduce(_Best.with_, (one.best for one in found))
    last = len(prices) - 1
    return Cover(
        pieces=tuple(piece for piece in range(len(prices)) if best.chosen >> (last - piece) & 1),
        price=_measures(best.price, unit, prices.shape[1]),
        bound=_measures(sum(one.bound for one in found), unit, prices.shape[1]),
        ways=best.ways,
        all_counted=all(one.all_counted for one in found),
    )


def _measures(price: int, unit: int, count: int) -> tuple[int, ...]:
    """Return the price in each measure."""
    return tuple(price // unit**power % unit for power in reversed(range(count)))


@dataclass(frozen=True, slots=True)
class _Best:
    """The cheapest covers: their price, the first of them as bits, and their number.

    The price is one number, in which the first measure outweighs the others. The first piece has
    the highest bit, so the larger number is the cover that comes first.
    """

    price: int = 0
    chosen: int = 0
    ways: int = 1

    def with_(self, other: _Best) -> _Best:
        """Return both together, for rows that have nothing to do with each other."""
        both = self.price + other.price, self.chosen | other.chosen, self.ways * other.ways
        return _Best(*both)

    def or_(self, other: _Best) -> _Best:
        """Return what is cheaper, and both if neither is."""
        if self.price != other.price:
            return min(self, other, key=lambda one: one.price)
        return replace(self, chosen=max(self.chosen, other.chosen), ways=self.ways + other.ways)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of the cheapest covers of one part."""

    best: _Best
    bound: int
    all_counted: bool = True


@dataclass(frozen=True, slots=True)
class _Chart:
    """The pieces and rows that are left.

    Parameters
    ----------
    covers
        bool, shape = (pieces, rows): whether a piece covers a row.
    best
        What it means to choose a piece: like pieces are merged, and then count as several ways.
    prices
        int64, shape = (pieces,): the prices of `best`.
    """

    covers: Bools
    best: tuple[_Best, ...]
    prices: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", np.array([one.price for one in self.best], np.int64))

    @classmethod
    def of(cls, covers: Bools, prices: Prices, unit: int) -> Self:
        last = len(prices) - 1
        whole = [reduce(lambda sum_, one: sum_ * unit + one, map(int, row), 0) for row in prices]
        return cls(
            np.asarray(covers, bool),
            tuple(_Best(price, 1 << (last - place)) for place, price in enumerate(whole)),
        )

    def part(self, pieces: Bools, rows: Bools) -> _Chart:
        best = tuple(self.best[place] for place in np.flatnonzero(pieces))
        return _Chart(self.covers[np.ix_(pieces, rows)], best)

    def like(self) -> Iterable[list[int]]:
        """Return the groups of pieces that cover the same rows at the same price."""
        groups: dict[tuple[bytes, int], list[int]] = {}
        for place, rows in enumerate(np.packbits(self.covers, axis=1)):
            key = rows.tobytes(), self.best[place].price
            groups.setdefault(key, []).append(place)
        return groups.values()


class _TooLongError(Exception):
    """The search has used up its steps."""


class _Search:
    """A search for all cheapest covers, in a limited number of steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def best(self, chart: _Chart, limit: int) -> _Best | None:
        """Return the cheapest covers of a chart, or None if all cost more than the limit."""
        self.steps -= 1 + chart.covers.size // 10_000
        if self.steps < 0:
            raise _TooLongError
        reduced = _reduced(chart)
        if reduced is None:
            return None
        found, chart = reduced
        parts = list(_parts(chart))
        floors = [_floor(part) for part in parts]
        spare = limit - found.price - sum(floors)
        for part, floor in zip(parts, floors, strict=True):
            best = self._branch(part, floor + spare) if spare >= 0 else None
            if best is None:
                return None
            spare -= best.price - floor
            found = found.with_(best)
        return found if spare >= 0 else None

    def _branch(self, chart: _Chart, limit: int) -> _Best | None:
        """Try each piece of one row, and never again those tried before."""
        row = int(chart.covers.sum(0).argmin())
        pieces = np.flatnonzero(chart.covers[:, row])
        best, left = None, np.ones(len(chart.prices), bool)
        order = np.lexsort([-chart.covers[pieces].sum(1), chart.prices[pieces]])
        for piece in pieces[order]:
            left[piece] = False
            rest = chart.part(left, ~chart.covers[piece])
            found = self.best(rest, limit - int(chart.prices[piece]))
            if found is not None:
                found = found.with_(chart.best[piece])
                best = found if best is None else best.or_(found)
                limit = best.price
        return best


def _any(covers: Bools, axis: int) -> Bools:
    """Return which rows a piece covers (axis 0), or which pieces cover a row (axis 1)."""
    return np.asarray(covers.any(axis))


def _reduced(chart: _Chart) -> tuple[_Best, _Chart] | None:
    """Take what is forced and drop what no cheapest cover needs; None if a row has no piece.

    1. A row that must be covered whenever another is may be forgotten.
    2. A piece that is alone in covering a row is taken.
    3. Pieces that cover the same rows at the same price are merged: no cheapest cover has two.
    4. A piece is dropped if a cheaper one covers the same rows or more.
    """
    taken, before = _Best(), (-1, -1)
    while chart.covers.shape != before:
        before = chart.covers.shape
        count = chart.covers.sum(0)
        if not count.all():
            return None
        chart = _forget_rows(chart)
        alone = _any(chart.covers[:, chart.covers.sum(0) == 1], 1)
        for place in np.flatnonzero(alone):
            taken = taken.with_(chart.best[place])
        left = ~_any(chart.covers[alone], 0)
        chart = chart.part(~alone & _any(chart.covers[:, left], 1), left)
        chart = _drop_pieces(_merge_pieces(chart))
    return taken, chart


def _forget_rows(chart: _Chart) -> _Chart:
    numbers = chart.covers.astype(np.float32)
    shared, size = numbers.T @ numbers, numbers.sum(0)
    implied = shared == size[:, None]  # [row, other]: whatever covers the row covers the other
    same = implied & implied.T
    gone = (implied & ~same).any(0) | np.triu(same, 1).any(0)
    return chart.part(np.ones(len(chart.prices), bool), ~gone)


def _merge_pieces(chart: _Chart) -> _Chart:
    merged = {
        group[0]: reduce(_Best.or_, (chart.best[place] for place in group))
        for group in chart.like()
    }
    return _Chart(chart.covers[list(merged)], tuple(merged.values()))


def _drop_pieces(chart: _Chart) -> _Chart:
    if not 1 < len(chart.prices) <= _COMPARED:
        return chart
    numbers = chart.covers.astype(np.float32)
    shared, size = numbers @ numbers.T, numbers.sum(1)
    within = shared == size[:, None]  # [piece, other]: the other covers all that the piece does
    worse = (within & (chart.prices[None, :] < chart.prices[:, None])).any(1)
    return chart.part(~worse, np.ones(chart.covers.shape[1], bool))


def _parts(chart: _Chart) -> Iterator[_Chart]:
    """Give the parts of a chart that share neither rows nor pieces."""
    rows = np.ones(chart.covers.shape[1], bool)
    while rows.any():
        near = np.zeros_like(rows)
        near[rows.argmax()] = True
        size = 0
        while near.sum() > size:
            size = near.sum()
            pieces = _any(chart.covers[:, near], 1)
            near = _any(chart.covers[pieces], 0)
        yield chart.part(pieces, near)
        rows &= ~near


def _floor(chart: _Chart) -> int:
    """Return a price that no cover goes below.

    Each row in turn asks the pieces that cover it for as much as all of them still have; what the
    rows get together, any cover must pay (a solution of the dual linear program).
    """
    left, total = chart.prices.copy(), 0
    for row in np.argsort(chart.covers.sum(0), kind="stable"):
        pieces = chart.covers[:, row]
        share = left[pieces].min()
        left[pieces] -= share
        total += int(share)
    return total


def _greedy(chart: _Chart) -> _Best:
    """Return a cover: always the piece next that covers a row for the least price."""
    rows, best = np.ones(chart.covers.shape[1], bool), _Best()
    while rows.any():
        gain = chart.covers[:, rows].sum(1)
        each = np.where(gain, chart.prices / np.maximum(gain, 1), np.inf)
        place = int(each.argmin())
        best = best.with_(chart.best[place])
        rows &= ~chart.covers[place]
    return best


class _Solver:
    """The same question for OR-Tools CP-SAT, one measure after the other.

    One thread, and linear relaxation throughout: on charts the bound is worth more than haste.
    """

    def __init__(self, chart: _Chart, unit: int, measures: int, work: float) -> None:
        from ortools.sat.python import cp_model  # noqa: PLC0415 - takes most of a second to load

        self.sat = cp_model
        self.chart = chart
        self.work = work
        self.prices = [_measures(int(price), unit, measures) for price in chart.prices]
        self.weights = [unit**power for power in reversed(range(measures))]
        self.model = cp_model.CpModel()
        self.taken = [self.model.new_bool_var("") for _ in chart.prices]
        for row in chart.covers.T:
            self.model.add_bool_or([self.taken[piece] for piece in np.flatnonzero(row)])

    def found(self) -> _Found:
        """Take one measure after the other to its least; if all are proved, count."""
        best, bound = _greedy(self.chart), 0
        for measure, weight in enumerate(self.weights):
            cost = self._cost(measure)
            self.model.minimize(cost)
            solver = self._solver()
            status = solved(solver, self.model)
            if status in {self.sat.OPTIMAL, self.sat.FEASIBLE}:
                taken = self._best([solver.boolean_value(one) for one in self.taken])
                best = min(best, taken, key=lambda one: one.price)
            if status != self.sat.OPTIMAL:
                bound += weight * max(0, round(solver.best_objective_bound))
                return _Found(best, max(bound, _floor(self.chart)), all_counted=False)
            least = round(solver.objective_value)
            bound += weight * least
            self.model.add(cost == least)
        return self._counted(best)

    def _cost(self, measure: int) -> cp_model.LinearExprT:
        each = [price[measure] for price in self.prices]
        return self.sat.LinearExpr.weighted_sum(self.taken, each)

    def _solver(self, share: float = 1) -> cp_model.CpSolver:
        solver = self.sat.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = _SEED
        solver.parameters.max_deterministic_time = self.work * share
        return solver

    def _best(self, taken: Iterable[bool]) -> _Best:
        chosen = (best for best, one in zip(self.chart.best, taken, strict=True) if one)
        return reduce(_Best.with_, chosen, _Best())

    def _counted(self, best: _Best) -> _Found:
        """List the covers that are as cheap, up to a limit."""
        self.model.clear_objective()  # type: ignore[no-untyped-call]  # the package forgot it
        listing = _listing(self.taken)
        solver = self._solver(_LISTING)
        solver.parameters.enumerate_all_solutions = True
        status = solved(solver, self.model, listing)
        complete = status == self.sat.OPTIMAL and len(listing.found) < LISTED
        listed = [self._best(taken) for taken in sorted(listing.found, reverse=True)]
        return _Found(reduce(_Best.or_, listed) if listed else best, best.price, complete)


def _listing(taken: list[cp_model.IntVar]) -> Any:
    """Return what takes down the solutions of the solver, each once."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - as above

    class Listing(cp_model.CpSolverSolutionCallback):
        def __init__(self) -> None:
            super().__init__()
            self.found = set[tuple[bool, ...]]()

        def on_solution_callback(self) -> None:
            self.found.add(tuple(self.boolean_value(one) for one in taken))
            if len(self.found) >= LISTED:
                self.stop_search()

    return Listing()
