"""Who would leave, by which move, and what deters it: at one state, with witnesses."""

from __future__ import annotations

import pytest

from servanda.casefile import find_case, read_case, read_text
from servanda.conflict import Conflict, compile_case
from servanda.grid import Grid
from servanda.groups import grade_groups, group_improvements, group_sanction
from servanda.model import PartyId
from servanda.selfenforcement import (
    Response,
    grade_party,
    guarded,
    improvements,
    sanction,
    weakest,
)
from servanda.stability import Concept, Grade

FIRST, SECOND = PartyId("first"), PartyId("second")


@pytest.fixture
def dilemma() -> Conflict:
    return compile_case(read_case(find_case("prisoners-dilemma")))


def at(made: Conflict, *taken: str) -> int:
    """Return the state in which just these options are taken."""
    return made.space.index({option: int(option in taken) for option in made.space.options})


def test_mutual_silence_is_guarded_by_the_others_confession(dilemma: Conflict) -> None:
    both = at(dilemma, "first_silent", "second_silent")
    found = grade_party(Grid(dilemma), FIRST, both)
    assert Grade.GUARDED is found.grade
    assert found.witness is not None
    assert at(dilemma, "second_silent") == found.witness.state
    assert (Response(SECOND, at(dilemma)),) == found.witness.sanction
    assert Grade.GUARDED is guarded(dilemma, FIRST, both)


def test_being_left_alone_in_silence_breaks(dilemma: Conflict) -> None:
    alone = at(dilemma, "first_silent")
    found = grade_party(Grid(dilemma), FIRST, alone)
    assert Grade.BREAKS is found.grade
    assert found.witness is not None
    assert found.witness.sanction is None
    assert [at(dilemma)] == improvements(dilemma, FIRST, alone)
    assert (Grade.BREAKS, FIRST) == weakest(dilemma, [alone])


def test_both_together_leave_mutual_confession(dilemma: Conflict) -> None:
    nobody = at(dilemma)
    both = at(dilemma, "first_silent", "second_silent")
    assert [both] == group_improvements(dilemma, (FIRST, SECOND), nobody)
    found = grade_groups(dilemma, nobody)
    assert Grade.BREAKS is found.grade
    assert (FIRST, SECOND) == found.breaker
    assert both == found.state


def test_a_third_partys_answer_guards_against_a_group() -> None:
    text = """
servanda: 1
title: Two smugglers and a guard
parties: {ann: Ann, bob: Bob, guard: Guard}
options: {carry: {by: ann}, drive: {by: bob}, arrest: {by: guard}}
preferences:
  ann: [not arrest, carry and drive]
  bob: [not arrest, carry and drive]
  guard: [carry and drive implies arrest, not arrest]
"""
    made = compile_case(read_text(text, "case.yaml"))
    group = (PartyId("ann"), PartyId("bob"))
    running = at(made, "carry", "drive")
    assert [running] == group_improvements(made, group, at(made))
    answer = group_sanction(made, group, at(made), running)
    assert (Response(PartyId("guard"), at(made, "carry", "drive", "arrest")),) == answer
    assert Grade.GUARDED is grade_groups(made, at(made)).grade


def test_a_named_group_larger_than_the_size_is_tried_as_well() -> None:
    text = """
servanda: 1
title: Three must push together
parties: {ann: Ann, bob: Bob, cid: Cid}
options: {a: {by: ann}, b: {by: bob}, c: {by: cid}}
preferences: {ann: [a and b and c], bob: [a and b and c], cid: [a and b and c]}
%s
"""
    alone = compile_case(read_text(text % "", "case.yaml"))
    named = compile_case(read_text(text % "groups: [[ann, bob, cid]]", "case.yaml"))
    assert Grade.FIRM is grade_groups(alone, 0).grade
    assert Grade.BREAKS is grade_groups(alone, 0, size=3).grade
    assert ("ann", "bob", "cid") == grade_groups(named, 0).breaker


def test_a_brittle_party_is_deterred_only_by_an_answer_that_hurts_the_answerer() -> None:
    made = compile_case(read_case(find_case("chicken")))
    both = at(made, "first_swerves", "second_swerves")
    found = grade_party(Grid(made), FIRST, both)
    assert Grade.BRITTLE is found.grade
    assert found.witness is not None
    assert Concept.SMR is found.witness.concept
    assert found.witness.sanction is not None
    away = found.witness.state
    assert sanction(made, FIRST, both, after=away, concept=Concept.SEQ) is None
    last = found.witness.sanction[-1]
    assert made.value(last.party, last.state) < made.value(last.party, away)


def test_nobody_answers_twice_running_where_a_condition_must_hold_first() -> None:
    text = """
servanda: 1
title: A guard who must first fetch the key
parties: {thief: Thief, guard: Guard}
options:
  steal: {by: thief}
  fetch: {by: guard}
  lock: {by: guard, when: fetch}
preferences:
  thief: [not lock, steal]
  guard: [steal implies lock, steal implies fetch, not fetch]
"""
    made = compile_case(read_text(text, "case.yaml"))
    thief = PartyId("thief")
    found = grade_party(Grid(made), thief, at(made))
    assert Grade.BREAKS is found.grade
    assert sanction(made, thief, at(made), after=at(made, "steal"), concept=Concept.GMR) is None
