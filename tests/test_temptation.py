"""What signatories can count on half-way: arrays and decision diagrams tell the same."""

from __future__ import annotations

import random

import numpy as np
import pytest

from conflicts import random_conflict
from servanda.casefile import read_text
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.nodeal import no_deal
from servanda.play import is_open
from servanda.roadmap import smallest_exchange
from servanda.situation import lay
from servanda.temptation import Way, on_arrays, on_diagrams

STAG = """\
servanda: 1
title: A hunt
parties: {ana: Ana, ben: Ben}
options:
  ana_stag: {by: ana, does: waits for the stag}
  ben_stag: {by: ben, does: waits for the stag}
preferences:
  ana: {points: {ana_stag and ben_stag: 5, not ana_stag: 3}}
  ben: {points: {ana_stag and ben_stag: 5, not ben_stag: 3}}
"""


def test_half_way_to_the_stag_nobody_can_count_on_more_but_who_waits_alone_has_nothing() -> None:
    conflict = lay(read_text(STAG, "stag.yaml")).conflict
    space = conflict.space
    way = Way(space, 0, space.changes(0, space.size - 1))
    worth = on_diagrams(conflict)(PartyId("ana"), space.size - 1, way)
    assert [5, 5, 5, 5] == worth.tolist()
    assert [3, 0, 3, 5] == [int(value) for value in way.values(conflict.payoffs[PartyId("ana")])]


@pytest.mark.parametrize("chunk", range(4))
def test_arrays_and_diagrams_tell_the_same_worth_and_the_same_exchange(chunk: int) -> None:
    above = exchanges = 0
    forms = set()
    for seed in range(chunk, 240, 4):
        case = random_conflict(random.Random(seed))  # noqa: S311 - no secret depends on it
        here = lay(case)
        conflict, space, start = here.conflict, here.space, here.start
        settled, arrays, diagrams = no_deal(here), on_arrays(Grid(conflict)), on_diagrams(conflict)
        goals = [s for s in range(space.size) if conflict.can_be(s)]
        goals = [s for s in goals if is_open(conflict, start, s, {})]
        for goal in goals[:: len(goals) // 3 + 1]:
            way = Way(space, start, space.changes(start, goal))
            for party in conflict.parties:
                value, payoff = conflict.value(party, goal), conflict.payoffs[party]
                one, two = arrays(party, goal, way), diagrams(party, goal, way)
                can_be = np.array([conflict.can_be(int(state)) for state in way.states])
                both = list(zip(one[can_be].tolist(), two[can_be].tolist(), strict=True))
                told = [[conflict.severity(party, value, int(w)) for w in each] for each in both]
                assert all(first == second for first, second in told), (seed, goal, party)
                assert way.values(payoff).tolist() == payoff.of(way.states).tolist()
                above += sum(first > value for first, _ in both)
                forms |= {payoff.form} if any(first > value for first, _ in both) else set()
            found = [smallest_exchange(here, settled, how, goal=goal) for how in (arrays, diagrams)]
            assert found[0] == found[1], (seed, goal)
            exchanges += found[0] is not None and bool(found[0].size and found[0].size > 1)
    assert {"ordered", "points"} <= forms
    assert above > 20
    assert exchanges > 3
