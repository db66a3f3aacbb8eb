"""The shortest formulas by slow and obvious means: all terms, all sets of terms, no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

import numpy as np

from servanda.truth_table import Combination, TruthTable

Cube = tuple[frozenset[str], ...]
"""The answers that a term admits, for every factor."""

Measure = tuple[int, int, int]


def random_table(
    rng: np.random.Generator, shape: Sequence[int], *, holds: float = 0.5, unknown: float = 0.0
) -> TruthTable:
    """Return a table with so many answers, and such shares of rows that hold or are unknown."""
    factors = {f"K{number}": tuple("abcd"[:count]) for number, count in enumerate(shape, 1)}
    rows = int(np.prod(shape))
    verdicts = zip(rng.random(rows) < holds, rng.random(rows) < unknown, strict=True)
    return TruthTable(
        factors=factors,
        verdicts=tuple(None if hidden else bool(verdict) for verdict, hidden in verdicts),
    )


def admits(cube: Cube, row: Combination) -> bool:
    return all(answer in some for some, answer in zip(cube, row.values(), strict=True))


def implicants(table: TruthTable) -> list[Cube]:
    """Return every term that admits a row that holds, and none that does not."""
    rows = list(table.rows())
    sides = [
        [frozenset(some) for size in range(1, len(all_) + 1) for some in combinations(all_, size)]
        for all_ in table.factors.values()
    ]
    found = []
    for cube in product(*sides):
        inside = {verdict for row, verdict in rows if admits(cube, row)}
        if True in inside and False not in inside:
            found.append(cube)
    return found


def primes(table: TruthTable) -> set[Cube]:
    """Return the implicants that no other implicant contains."""
    every = implicants(table)
    return {cube for cube in every if not any(wider(other, cube) for other in every)}


def wider(one: Cube, other: Cube) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def fewest(table: TruthTable, cubes: Sequence[Cube]) -> set[frozenset[Cube]]:
    """Return every set of the terms that admits all rows that hold, and has no term too many."""
    rows = [row for row, verdict in table.rows() if verdict]
    size = 0
    while True:
        found = set(sets(rows, cubes, size))
        if found:
            return found
        size += 1


def sets(
    rows: Sequence[Mapping[str, str]], cubes: Sequence[Cube], size: int
) -> Iterator[frozenset[Cube]]:
    """Give the sets of so many terms that admit all rows: some term must admit the first row."""
    if not rows:
        yield frozenset()
    elif size:
        for cube in cubes:
            if admits(cube, rows[0]):
                rest = [row for row in rows[1:] if not admits(cube, row)]
                for others in sets(rest, cubes, size - 1):
                    yield others | {cube}


def measure(table: TruthTable, cubes: frozenset[Cube]) -> Measure:
    """Return how many terms, conditions and named answers a formula has."""
    pairs = [
        (len(some), len(every))
        for cube in cubes
        for some, every in zip(cube, table.factors.values(), strict=True)
        if len(some) < len(every)
    ]
    return len(cubes), len(pairs), sum(min(some, every - some) for some, every in pairs)


def in_file_order(table: TruthTable, cubes: frozenset[Cube]) -> list[list[list[int]]]:
    """Return what formulas as short are compared by; what a term does not say comes last."""
    return sorted(
        [
            sorted(every.index(answer) for answer in some)
            if len(some) < len(every)
            else [len(every)]
            for some, every in zip(cube, table.factors.values(), strict=True)
        ]
        for cube in cubes
    )
