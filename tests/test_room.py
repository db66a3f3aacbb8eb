"""Who must be in the room: the smallest sets of guests, who is pivotal, who does harm."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from random_plans import random_planned
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.conditions import OptionId
from servanda.errors import Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case
from servanda.narrative.room import room_section
from servanda.narrative.section import Section
from servanda.nodeal import no_deal
from servanda.room import Rooms, who_must_be_there
from servanda.room_search import RoomSearch
from servanda.searched import Searched
from servanda.settlements import Survey
from servanda.situation import lay
from servanda.stability import Concept
from servanda.target import judge_against
from servanda.threats import check_threats
from servanda.wire.room import room as wired
from slow_plans import SlowPlan
from slow_room import SlowRoom

CONFLICTS = max(300, int(os.environ.get("SERVANDA_LAWS", "2000")) // 5)
CHUNKS = 10
SOLVED = 3  # every third conflict is asked of the solver as well
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
        if seed // CHUNKS % SOLVED == 0:
            agree(grid, who_must_be_there(searched, near=near))
        tried += 1
        rooms += len(grid.smallest)
    record_property("conflicts for rooms", tried)
    record_property("smallest rooms", rooms)
    record_property("guests that harm a room", harms)
    assert tried
    assert rooms


# --------------------------------------------------------------------------- as text and data


def read(section: Section) -> str:
    """Return all paragraphs and cells of a section."""
    cells = [cell for table in section.tables for row in table.rows for cell in row]
    return "\n".join((section.title, *section.paragraphs, *cells, *map(read, section.parts)))


def test_the_text_names_rooms_pivotal_and_harmful_guests() -> None:
    text = read(room_section(found(PIPES)))
    assert "There are 2 smallest rooms for which a package sticks." in text
    assert "Nothing sticks without Ana: in every such room." in text
    assert "Something still sticks if one more joins: Cho." in text
    text = read(room_section(found(WELL + "signatories: {required: [ben]}\n")))
    assert "One room is enough and no smaller one is: Ana and Cho." in text
    assert "asks for the signature of Ben; a package sticks without that signature." in text
    assert "No room that holds Ben has a package that sticks." in text
    assert 'worse than without a deal, because of the wish "not pipe" [assumption].' in text


def rooms_of_nobody() -> Rooms:
    """Return what is known where no room has a firm package, and guarded ones were not settled."""
    return replace(found(WELL), smallest=(), total=None)


def test_the_text_says_when_no_room_will_do() -> None:
    text = read(room_section(found(WELL.replace("cho: [pipe]", "cho: [not pipe]"))))
    assert "Whoever is in the room, no package sticks" in text


def test_the_text_says_what_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    _, searched, _ = surveyed(read_text(PIPES, "pipes.yaml"))
    text = read(room_section(who_must_be_there(searched, limit=1)))
    assert "1 room found; the limit of 1 rooms was reached." in text
    assert "It is not proved that part of this room would not do." in text
    monkeypatch.setattr(RoomSearch, "deal", lambda *_: (None, "unknown"))
    text = read(room_section(who_must_be_there(searched)))
    assert "Not known: whether anything still sticks if one more joins: Cho." in text
    monkeypatch.setattr(RoomSearch, "fewest", lambda _: (None, None, "unknown"))
    text = read(room_section(who_must_be_there(searched)))
    assert "No room was found for which a package sticks; the time limit was reached" in text
    text = read(room_section(replace(rooms_of_nobody(), stopped="the time limit was reached")))
    assert "no package is firm. That none sticks because" in text


def test_what_only_firm_packages_prove_is_said() -> None:
    rooms = replace(found(PIPES), total=None, bound=2, stopped="the time limit was reached")
    text = read(room_section(rooms))
    assert "There is no other smallest room with a firm package" in text
    assert "Any further one has at least 2 guests." in text
    assert "Ana: in every room found so far." in text


def test_many_rooms_are_listed_in_a_table() -> None:
    others = [f"p{number}" for number in range(7)]
    wells = ", ".join(f"well_{party}" for party in others)
    text = f"""\
servanda: 1
title: A well for one of many
parties: {{hub: Hub, {", ".join(f"{party}: {party.title()}" for party in others)}}}
options:
{chr(10).join(f"  well_{party}: {{joint: [hub, {party}]}}" for party in others)}
status_quo: []
preferences:
  hub: ["exactly 1 of ({wells})"]
{chr(10).join(f"  {party}: [well_{party}]" for party in others)}
"""
    told = room_section(found(text))
    assert ("Hub and P0", "1", "nobody") == told.tables[0].rows[0]
    assert [7, 6] == [len(told.tables[0].rows), len(told.parts)]
    assert "Nothing sticks without Hub: in every such room." in told.paragraphs


def test_what_is_done_without_a_deal_takes_nobody_into_the_room() -> None:
    text = PIPES.replace("cho: Cho}", "cho: Cho, dan: Dan}").replace(
        "  east", "  sow: {by: dan}\n  east"
    )
    rooms = found(text + "  dan: [sow]\n")
    assert [("ana", "ben"), ("ana", "cho")] == guests(rooms)
    assert rooms.smallest[0].state is not None
    assert "yes" == rooms.situation.space.taken(rooms.smallest[0].state)[OptionId("sow")]


def test_rooms_are_plain_data() -> None:
    data = json.loads(json.dumps(wired(found(WELL))))
    assert [["ana", "cho"], ["ben"]] == [data["rooms"][0]["guests"], data["rooms"][0]["harmed_by"]]
    assert {"ben": [["ana", "cho"]]} == data["harmful"]
    assert ("optimal", "grid", None) == (data["status"], data["engine"], data["stopped"])
    assert {"ana_pump": "no", "pipe": "yes"} == data["rooms"][0]["package"]["changes"]
