"""The solver finds what looking at every state finds: whether there is a package, and the best.

Conflicts that cannot be asked - the plan cannot start, or its threats cannot be done - are drawn
again, so that the number of those compared is the number told.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np
import pytest

from conflicts import features_of
from random_plans import random_planned
from servanda.acceptance import How, acceptance, signatories
from servanda.errors import UsageError
from servanda.grid import Grid
from servanda.leximin import standings
from servanda.nodeal import NoDeal, no_deal
from servanda.play import reachable
from servanda.settlements import BEST
from servanda.situation import Situation, lay
from servanda.solver import Search
from servanda.stability import Concept
from servanda.threats import check_threats

LAWS = int(os.environ.get("SERVANDA_LAWS", "2000"))
CONFLICTS = max(3_000, LAWS * 3 // 5)
PRICED = max(600, LAWS // 10)
CHUNKS = 60
SENSES = tuple(Concept)
FEATURES = ("one-way up", "one-way down", "joint", "levels", "infeasible", "ties", "points")
Record = Callable[[str, object], None]

uncovered = (pytest.param(chunk, marks=pytest.mark.no_cover) for chunk in range(1, CHUNKS))
chunks = pytest.mark.parametrize("chunk", [0, *uncovered])


@dataclass(frozen=True)
class Asked:
    """One random conflict that can be asked, looked at state by state."""

    seed: int
    situation: Situation
    without: NoDeal

    @cached_property
    def fit(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Where a state is a package that is surely acceptable."""
        situation = self.situation
        surely, _ = acceptance(situation, self.without)
        fit = reachable(situation.conflict, situation.start, situation.commitments)
        return np.asarray(fit & surely.reshape(-1))

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.situation.conflict)

    def candidates(self, concept: Concept) -> list[int]:
        """Return every package that is surely acceptable and stable."""
        stable = self.grid.equilibria(concept).reshape(-1)
        found: list[int] = np.flatnonzero(self.fit & stable).tolist()
        return found

    def changes(self, state: int) -> int:
        return len(self.situation.space.changes(self.situation.start, state))

    def terms(self, state: int) -> tuple[int, ...]:
        space = self.situation.space
        return tuple(space.level(state, option) for option in self.situation.terms)

    def gain(self, state: int, how: How) -> Fraction:
        """Return what the signatories have over no deal: the least, the product or the sum."""
        conflict = self.situation.conflict
        gains = []
        for party in signatories(self.situation, state):
            floor = max(high for _, high in self.without.bounds(party))
            units = conflict.value(party, state) - floor
            gains.append(Fraction(units, conflict.payoffs[party].scale))
        if how == "maximin":
            return min(gains, default=Fraction(0))
        if how == "total":
            return sum(gains, Fraction(0))
        return prod((max(gain, Fraction(0)) for gain in gains), start=Fraction(1))


def drawn(chunk: int, number: int, *, points: bool = False) -> Iterator[Asked]:
    """Yield so many random conflicts that can be asked; no two chunks have one in common."""
    seed = chunk
    while number:
        case = random_planned(random.Random(seed), points=points)  # noqa: S311 - no secret
        try:
            situation = lay(case)
            yield Asked(seed, situation, no_deal(situation, check_threats(situation)))
        except UsageError:
            pass
        else:
            number -= 1
        seed += CHUNKS


def rank(search: Search, asked: Asked, state: int) -> tuple[tuple[int, ...], int]:
    """Return how good a package is: the standings, the worst-off first; then fewest changes."""
    return tuple(sorted(standings(search, state))), -asked.changes(state)


# ------------------------------------------------------------------------ one after another


@chunks
def test_the_solver_and_the_grid_agree(chunk: int, record_property: Record) -> None:
    counts, compared = Counter[str](), Counter[str]()
    for number, asked in enumerate(drawn(chunk, CONFLICTS // CHUNKS)):
        counts.update(features_of(asked.situation.conflict))
        concept = SENSES[number % len(SENSES)]
        search = Search(asked.situation, asked.without, concept=concept)
        best, every = search.best(), asked.candidates(concept)
        assert best.status == ("optimal" if every else "infeasible"), asked.seed
        compared[f"solver, existence {concept.name}"] += 1
        if best.state is None:
            continue
        assert best.state in every, asked.seed
        first = max(rank(search, asked, state) for state in every)
        assert first == rank(search, asked, best.state), asked.seed
        assert best.standings == first[0]
        assert best.bound == first[0][0]
        compared[f"solver, optimum {concept.name}"] += 1
    told(record_property, "solver features", counts, compared)


@chunks
def test_the_solver_and_the_grid_agree_on_gains(chunk: int, record_property: Record) -> None:
    compared = Counter[str]()
    for number, asked in enumerate(drawn(chunk, PRICED // CHUNKS, points=True)):
        concept = SENSES[number % len(SENSES)]
        search = Search(asked.situation, asked.without, concept=concept)
        every = asked.candidates(concept)
        for how in BEST:
            best = search.best(how)
            assert best.status == ("optimal" if every else "infeasible"), (asked.seed, how)
            compared[f"solver, existence by {how}"] += 1
            if best.state is None:
                continue
            assert best.state in every, (asked.seed, how)
            first = max((asked.gain(s, how), -asked.changes(s)) for s in every)
            found = asked.gain(best.state, how), -asked.changes(best.state)
            assert first == found, (asked.seed, how)
            assert first[0] == best.gain == best.most
            compared[f"solver, optimum by {how}"] += 1
    for name, value in compared.items():
        record_property(name, value)


def told(record_property: Record, kind: str, counts: Counter[str], compared: Counter[str]) -> None:
    """Record what was compared, on conflicts of which a quarter have each feature."""
    number = sum(value for name, value in compared.items() if "existence" in name)
    record_property(kind, {**counts, "conflicts": number})
    for name, value in compared.items():
        record_property(name, value)


def test_a_quarter_of_the_conflicts_have_each_feature() -> None:
    counts = Counter[str]()
    number = 400
    for asked in drawn(0, number):
        counts.update(features_of(asked.situation.conflict))
    assert [] == [feature for feature in FEATURES if 4 * counts[feature] < number]


# ---------------------------------------------------------------------------- several packages


@pytest.mark.parametrize("seed", range(12))
def test_all_packages_come_one_after_another_until_none_is_left(seed: int) -> None:
    (asked,) = drawn(seed, 1)
    search = Search(asked.situation, asked.without, concept=Concept.SEQ)
    found = list(search.packages(60))
    named = [asked.terms(best.state) for best in found if best.state is not None]
    assert len(set(named)) == len(named)
    if len(found) < 60:
        assert "infeasible" == found[-1].status
        assert {asked.terms(state) for state in asked.candidates(Concept.SEQ)} == set(named)


@pytest.mark.parametrize("how", [None, *BEST])
@pytest.mark.parametrize("apart", [1, 2, 3])
def test_each_package_is_the_best_of_those_far_enough_from_the_others(
    apart: int, how: How | None
) -> None:
    listed = 0
    for asked in drawn(apart, 8, points=True):
        search = Search(asked.situation, asked.without, concept=Concept.GMR)
        left = asked.candidates(Concept.GMR)

        def worth(state: int, search: Search = search, asked: Asked = asked) -> object:
            if how is None:
                return rank(search, asked, state)
            return asked.gain(state, how), -asked.changes(state)

        for best in search.packages(6, by=how, apart=apart):
            if best.state is None:
                assert ("infeasible", []) == (best.status, left)
                break
            assert best.state in left
            assert max(map(worth, left)) == worth(best.state)  # type: ignore[type-var]
            terms = asked.terms(best.state)
            left = [
                state
                for state in left
                if sum(a != b for a, b in zip(asked.terms(state), terms, strict=True)) >= apart
            ]
            listed += 1
    assert listed > 8
