"""The solver finds what looking at every state finds: whether there is a package, and the best."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import numpy as np
import pytest

from random_plans import random_planned
from servanda.acceptance import acceptance
from servanda.errors import UsageError
from servanda.grid import Grid
from servanda.leximin import standings
from servanda.nodeal import NoDeal, no_deal
from servanda.play import reachable
from servanda.situation import Situation, lay
from servanda.solver import Best, Search
from servanda.stability import Concept
from servanda.threats import check_threats

CONFLICTS = max(3_000, int(os.environ.get("SERVANDA_LAWS", "2000")) * 3 // 5)
CHUNKS = 60
Record = Callable[[str, object], None]


def candidates(situation: Situation, without: NoDeal, concept: Concept) -> list[int]:
    """Return every package that is surely acceptable and stable, by looking at every state."""
    surely, _ = acceptance(situation, without)
    fit = reachable(situation.conflict, situation.start, situation.commitments)
    stable = Grid(situation.conflict).equilibria(concept).reshape(-1)
    found: list[int] = np.flatnonzero(fit & surely.reshape(-1) & stable).tolist()
    return found


def rank(search: Search, situation: Situation, state: int) -> tuple[tuple[int, ...], int]:
    """Return how good a package is: the standings, the worst-off first; then fewest changes."""
    changes = len(situation.space.changes(situation.start, state))
    return tuple(sorted(standings(search, state))), -changes


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_solver_and_the_grid_agree(chunk: int, record_property: Record) -> None:
    found = 0
    for seed in range(chunk, CONFLICTS, CHUNKS):
        case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
        try:
            situation = lay(case)
            without = no_deal(situation, check_threats(situation))
        except UsageError:
            continue  # the plan cannot start, or its threats cannot be done
        concept = list(Concept)[seed // CHUNKS % 4]
        search = Search(situation, without, concept=concept)
        best = search.best()
        every = candidates(situation, without, concept)
        assert best.status == ("optimal" if every else "infeasible"), seed
        if best.state is None:
            continue
        found += 1
        assert best.state in every, seed
        first = max(rank(search, situation, state) for state in every)
        assert first == rank(search, situation, best.state), seed
        assert best.standings == first[0]
    record_property("solver packages", found)
    assert found


def packages(seed: int, concept: Concept) -> tuple[list[Best], list[int], Situation]:
    case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
    situation = lay(case)
    without = no_deal(situation, check_threats(situation))
    search = Search(situation, without, concept=concept)
    return list(search.packages(60)), candidates(situation, without, concept), situation


@pytest.mark.parametrize("seed", range(12))
def test_all_packages_come_one_after_another_until_none_is_left(seed: int) -> None:
    try:
        found, every, situation = packages(seed, Concept.SEQ)
    except UsageError:
        return
    space = situation.space

    def terms(state: int) -> tuple[int, ...]:
        return tuple(space.level(state, option) for option in situation.terms)

    named = [terms(best.state) for best in found if best.state is not None]
    assert len(set(named)) == len(named)
    if len(found) < 60:
        assert "infeasible" == found[-1].status
        assert {terms(state) for state in every} == set(named)
