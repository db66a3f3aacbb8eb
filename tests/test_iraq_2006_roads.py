"""The way to the targets of the flagship: what must happen at once, and what each order risks.

Who is left stranded is counted again by code that shares nothing with the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from servanda.casefile import find_case, read_case
from servanda.conditions import OptionId
from servanda.model import PartyId
from servanda.roadmap import Roadmap, Route, roadmap
from servanda.situation import Situation, lay
from servanda.target import judge
from servanda.temptation import on_diagrams
from servanda.worlds import seen_by
from slow import State, Utility
from slow_far_plans import FarPlan

CONTINGENTS = {"jordan_troops", "turkey_troops", "neweu_troops", "eu_troops"}
COMPROMISE = {"shia_fight", "sadr_fight", "sunni_fight"}


@cache
def way_of(plan: str) -> tuple[Situation, Roadmap]:
    """Return the way to a plan's target as its own author sees things."""
    situation = lay(seen_by(read_case(find_case("iraq-2006")), plan), plan)
    target = judge(situation)
    assert target is not None
    (goal,) = target.states
    found = roadmap(situation, target.no_deal, on_diagrams(situation.conflict), goal=goal)
    assert found is not None
    return situation, found


def stranded(route: Route) -> set[str]:
    return {each.party for each in route.exposures if each.kind == "stranded"}


def test_one_by_one_the_force_and_the_compromise_of_p003_leave_somebody_stranded() -> None:
    _, way = way_of("P003")
    assert 1 == way.routes[1].severity
    assert {"shia", "nato"} <= stranded(way.routes[1])
    assert all(route.severity for size, route in way.routes.items() if size < 11)


def test_the_smallest_exchange_that_closes_p003_joins_the_force_and_the_compromise() -> None:
    situation, way = way_of("P003")
    assert 11 == way.exchange
    assert 16 == len(way.changes)
    closing = way.routes[11]
    assert not closing.exposures
    at_once = {str(option) for step in closing.steps if len(step) == 11 for option in step}
    paid = {"us_admit_error", "us_aid", "us_withdraw"}
    assert {*CONTINGENTS, *COMPROMISE, *paid, "nato_deploy"} == at_once
    assert OptionId("goi_consent") in closing.steps[0]
    assert situation.plan is not None


def test_the_authors_own_order_of_p003_strands_those_who_lay_down_their_arms_first() -> None:
    _, way = way_of("P003")
    assert way.author is not None
    assert [1, 7] == [way.author.severity, way.author.largest]
    assert not way.author.barred
    compromise = way.author.states[1]
    worst = {each.party for each in way.author.exposures if each.severity == 1}
    assert {"shia", "sadr", "sunni_nat"} == worst
    assert all(e.state == compromise for e in way.author.exposures if e.severity == 1)


@pytest.mark.parametrize(("plan", "exchange"), [("P001A", 1), ("P001C", 1), ("P004", 1)])
def test_plans_that_can_be_carried_out_one_step_at_a_time(plan: str, exchange: int) -> None:
    _, way = way_of(plan)
    assert exchange == way.exchange


def test_no_smaller_exchange_leaves_nobody_stranded_on_the_way_of_p003() -> None:
    """All 65,536 sets of changes are looked at; temptation could only make fewer of them safe."""
    case = seen_by(read_case(find_case("iraq-2006")), "P003")
    far = FarPlan(case.model_copy(update={"default_plan": "P003"}))
    (goal,) = far.target_states
    changes = [i for i, level in enumerate(far.start) if level != goal[i]]
    safe = {made for made, state in between(far.start, goal, changes) if is_safe(far, goal, state)}
    assert 24 == len(safe)
    assert not leads(safe, len(changes), 10)
    assert leads(safe, len(changes), 11)
    _, way = way_of("P003")
    names = [far.slow.names[i] for i in changes]
    made = 0
    for step in way.routes[11].steps:
        made |= sum(1 << names.index(option) for option in step)
        assert made in safe


def between(start: State, goal: State, changes: list[int]) -> Iterator[tuple[int, State]]:
    """Yield every set of changes, as bits, with the state it leads to."""
    for made in range(1 << len(changes)):
        state = list(start)
        for bit, index in enumerate(changes):
            if made >> bit & 1:
                state[index] = goal[index]
        yield made, tuple(state)


def is_safe(far: FarPlan, goal: State, state: State) -> bool:
    """Return whether no signatory is worse off than at the start and in every outcome."""
    if state in {far.start, goal}:
        return True
    return all(
        far.slow.utility(party, state) >= floor(far, party) for party in far.signatories(goal)
    )


@cache
def floor(far: FarPlan, party: PartyId) -> Utility:
    outcomes = {state for outcome in far.no_deal for state in outcome}
    return min(far.slow.utility(party, state) for state in {far.start, *outcomes})


def leads(safe: set[int], count: int, largest: int) -> bool:
    """Return whether safe sets lead from none to all by exchanges of at most so many changes."""
    ahead, seen = [0], {0}
    while ahead:
        made = ahead.pop()
        for other in safe - seen:
            if other & made == made and (other ^ made).bit_count() <= largest:
                seen.add(other)
                ahead.append(other)
    return (1 << count) - 1 in seen
