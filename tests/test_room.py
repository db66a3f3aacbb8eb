"""Who must be in the room: the smallest sets of guests, who is pivotal, who does harm."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from random_plans import random_planned
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.errors import Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case
from servanda.nodeal import no_deal
from servanda.room import Rooms, who_must_be_there
from servanda.room_search import RoomSearch
from servanda.searched import Searched
from servanda.settlements import Survey
from servanda.situation import lay
from servanda.stability import Concept
from servanda.target import judge_against
from servanda.threats import check_threats
from slow_plans import SlowPlan
from slow_room import SlowRoom

CONFLICTS = max(300, int(os.environ.get("SERVANDA_LAWS", "2000")) // 5)
CHUNKS = 10
Record = Callable[[str, object], None]

WELL = """\
servanda: 1
title: A well for three
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
  ana_pump: {by: ana}
  ben_pump: {by: ben}
  pipe: {joint: [ana, cho]}
status_quo: [ana_pump, ben_pump]
facts: {dry: ana_pump and ben_pump}
preferences:
  ana: [not dry, pipe, ana_pump]
  ben: [not dry, not pipe, ben_pump]
  cho: [pipe]
"""

PIPES = """\
servanda: 1
title: Two pipes from one well
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
  east: {joint: [ana, ben]}
  west: {joint: [ana, cho]}
status_quo: []
preferences:
  ana: [east or west, not (east and west)]
  ben: [east]
  cho: [west]
"""


def surveyed(case: Case) -> tuple[Survey, Searched, tuple[int, ...]]:
    """Return both engines on a case, and its target."""
    situation = lay(case)
    threats = check_threats(situation)
    without = no_deal(situation, threats)
    target = judge_against(situation, threats, without)
    grid = Survey(Grid(situation.conflict), situation, without)
    return grid, Searched(situation, without), () if target is None else target.states


def found(text: str) -> Rooms:
    survey, _, near = surveyed(read_text(text, "well.yaml"))
    return who_must_be_there(survey, near=near)


def guests(rooms: Rooms) -> list[tuple[str, ...]]:
    return [room.guests for room in rooms.smallest]


def test_only_those_are_needed_who_change_something_and_one_who_gains() -> None:
    rooms = found(WELL)
    assert [("ana", "cho")] == guests(rooms)
    assert ("ana", "cho") == rooms.pivotal
    assert ("optimal", True) == (rooms.status, rooms.complete)


def test_pivotal_is_who_is_in_every_smallest_room() -> None:
    rooms = found(PIPES)
    assert [("ana", "ben"), ("ana", "cho")] == guests(rooms)
    assert ("ana",) == rooms.pivotal
    assert ({}, ()) == (rooms.harmful, rooms.shut_out)


def test_a_party_that_refuses_what_the_room_can_do_is_harmful() -> None:
    rooms = found(WELL)
    assert {"ben": rooms.smallest} == rooms.harmful
    assert ("ben",) == rooms.shut_out


def test_without_anything_to_gain_there_is_no_room() -> None:
    rooms = found(WELL.replace("not dry, pipe, ana_pump", "not dry, ana_pump, not pipe"))
    assert ([], "infeasible", True) == (guests(rooms), rooms.status, rooms.complete)
    assert () == rooms.pivotal


def test_spoilers_are_never_guests() -> None:
    rooms = found(WELL + "spoilers: [ben]\n")
    assert [("ana", "cho")] == guests(rooms)
    assert ({}, ()) == (rooms.harmful, rooms.shut_out)


def test_those_whom_the_case_asks_for_may_be_needless() -> None:
    rooms = found(WELL + "signatories: {required: [ana, ben]}\n")
    assert ("ben",) == rooms.needless


def test_pure_talks_have_no_outside() -> None:
    talks = WELL.replace(
        "status_quo: [ana_pump, ben_pump]\n", "walk_away: {ana: 1, ben: 1, cho: 1}\n"
    )
    for party, option in (("ana", "ana_pump"), ("ben", "ben_pump")):
        talks = talks.replace(f"{option}: {{by: {party}}}", f"{option}: {{joint: [ana, ben]}}")
    for line in ("[not dry, pipe, ana_pump]", "[not dry, not pipe, ben_pump]", "[pipe]"):
        talks = talks.replace(line, "{points: {pipe: 2}}")
    with pytest.raises(UsageError, match="pure talks"):
        found(talks)


def test_a_list_cut_short_says_so() -> None:
    survey, searched, _ = surveyed(read_text(PIPES, "pipes.yaml"))
    for each in (survey, searched):
        first = who_must_be_there(each, limit=1)
        assert (1, False, "feasible") == (len(first.smallest), first.complete, first.status)
        assert "the limit of 1 rooms was reached" == first.stopped


def test_an_interrupted_search_keeps_the_rooms_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    _, searched, _ = surveyed(read_text(WELL, "well.yaml"))
    look = RoomSearch.fewest

    def stops(search: RoomSearch) -> object:
        if search.concept is Concept.SEQ:
            raise KeyboardInterrupt
        return look(search)

    monkeypatch.setattr(RoomSearch, "fewest", stops)
    rooms = who_must_be_there(searched)
    assert [("ana", "cho")] == guests(rooms)
    assert ("feasible", "interrupted") == (rooms.status, rooms.stopped)
    assert not rooms.smallest[0].proved
    assert [None] == [harm.harms for harm in rooms.smallest[0].others]


def test_a_time_limit_that_comes_at_once_leaves_everything_open() -> None:
    _, searched, _ = surveyed(read_text(WELL, "well.yaml"))

    def late(_: str) -> None:
        raise Stopped("the time limit was reached")

    searched.tick = late
    rooms = who_must_be_there(searched)
    assert ("unknown", "the time limit was reached") == (rooms.status, rooms.stopped)
    assert not rooms.complete


@pytest.mark.parametrize("name", ["garrison", "elmira", "iraq-laws-2008", "two-neighbours"])
def test_both_engines_find_the_same_rooms_in_built_in_cases(name: str) -> None:
    survey, searched, near = surveyed(read_case(builtin_cases()[name]))
    agree(who_must_be_there(survey, near=near), who_must_be_there(searched, near=near))


def agree(grid: Rooms, solver: Rooms) -> None:
    assert grid.status == solver.status
    assert guests(grid) == guests(solver)
    assert grid.pivotal == solver.pivotal
    for one, two in zip(grid.smallest, solver.smallest, strict=True):
        assert one.proved
        assert two.proved
        assert [harm.harms for harm in one.others] == [harm.harms for harm in two.others]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_rooms_are_those_that_trying_every_set_of_guests_finds(
    chunk: int, record_property: Record
) -> None:
    tried = rooms = harms = 0
    for seed in range(chunk, CONFLICTS, CHUNKS):
        case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
        if case.walk_away:
            continue
        try:
            survey, searched, near = surveyed(case)
        except UsageError:
            continue  # the plan cannot start, or its threats cannot be done
        slow = SlowRoom(SlowPlan(case))
        grid = who_must_be_there(survey, near=near)
        assert slow.smallest == {frozenset(room.guests) for room in grid.smallest}, seed
        assert slow.pivotal == set(grid.pivotal), seed
        assert slow.shut_out == set(grid.shut_out or ()), seed
        space = survey.situation.space
        for room in grid.smallest:
            carried = slow.carried(frozenset(room.guests))
            assert len(carried) == room.packages, seed
            assert slow.harmful(frozenset(room.guests)) == set(room.harmed_by), seed
            states = {space.index(dict(slow.plan.slow.levels(state))) for state in carried}
            assert room.state in states, seed
            harms += len(room.harmed_by)
        agree(grid, who_must_be_there(searched, near=near))
        tried += 1
        rooms += len(grid.smallest)
    record_property("conflicts for rooms", tried)
    record_property("smallest rooms", rooms)
    record_property("guests that harm a room", harms)
    assert tried
    assert rooms
