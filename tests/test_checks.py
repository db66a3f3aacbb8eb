"""Faults of a case that is not in any file: each with the path and offset it is found at."""

from pathlib import Path as File
from typing import Any

import pytest
import yaml

from servanda.casefile import builtin_cases, read_case
from servanda.checks import faults
from servanda.errors import KEY, Path, Problem
from servanda.model import Case, Statement

WELL = """
servanda: 1
title: A well
parties: {ana: Ana, ben: Ben}
options:
  pump:  {by: ana}
  meter: {by: ben, only: up}
  price: {joint: [ana, ben], levels: [none, low, high]}
preferences:
  ana: [meter, pump]
  ben: [not meter]
"""
TALKS = """
servanda: 1
title: Talks
parties: {ana: Ana, ben: Ben}
options: {price: {joint: [ana, ben], levels: [none, low, high]}}
preferences:
  ana: {position: {price: {at: high, salience: 2}}}
  ben: {points: {price = low: 10..20}}
walk_away: {ana: -1, ben: 5}
never: [price = none]
"""


def case_of(text: str, **sections: Any) -> Case:
    return Case.model_validate(yaml.safe_load(text) | sections)


def told(case: Case) -> list[tuple[str, Path, int]]:
    return [(problem.message, problem.path, problem.offset) for problem in faults(case)]


@pytest.mark.parametrize("path", builtin_cases().values(), ids=lambda path: str(path.stem))
def test_built_in_cases_have_no_faults(path: File) -> None:
    assert [] == faults(read_case(path))


@pytest.mark.parametrize("text", [WELL, TALKS], ids=["well", "talks"])
def test_a_sound_case_has_no_faults(text: str) -> None:
    assert [] == faults(case_of(text))


def test_a_fault_has_no_file_and_no_line() -> None:
    expected = [
        Problem(
            message='no party "bob"', path=("spoilers", 0), hint="known: ana, ben", severity="fault"
        )
    ]
    assert expected == faults(case_of(WELL, spoilers=["bob"]))


def test_a_case_changed_in_memory_is_checked_alike() -> None:
    case = case_of(WELL)
    wish = Statement(wish="meter and dry")
    ana = case.preferences["ana"].model_copy(update={"ordered": ((wish,),)})  # type: ignore[index]  # an id by its text
    changed = case.model_copy(update={"preferences": {"ana": ana}})
    path = ("preferences", "ana", "ordered", 0, 0, "wish")
    assert [('no option or fact "dry"', path, 10)] == told(changed)


def test_a_condition_that_is_a_key_is_told_at_the_key() -> None:
    case = case_of(WELL, preferences={"ana": {"points": {"not metre": 3}}})
    path = ("preferences", "ana", "points", "not metre", KEY)
    assert [('no option or fact "metre"', path, 4)] == told(case)


def test_an_unreadable_fact_is_told_once_however_often_it_is_used() -> None:
    case = case_of(WELL, facts={"dry": "pump and"}, never=["dry", "not dry"])
    message = "expected an option or a fact, found the end"
    assert [(message, ("facts", "dry", "means"), 8)] == told(case)


def test_each_circle_of_facts_is_told_once_at_its_first_fact() -> None:
    facts = {"a": "pump or b", "b": "not a", "c": "d and a", "d": "not c", "e": "a or c"}
    expected = [
        ("facts go in a circle: a -> b -> a", ("facts", "a", "means"), 8),
        ("facts go in a circle: c -> d -> c", ("facts", "c", "means"), 0),
    ]
    assert expected == told(case_of(WELL, facts=facts))


def test_a_status_quo_that_a_rule_forbids_is_told_with_the_rule() -> None:
    message = 'the status quo breaks the rule "pump and not meter"'
    case = case_of(WELL, status_quo=["pump"], never=["meter", "pump and not meter"])
    assert [(message, ("status_quo",), 0)] == told(case)


def test_a_status_quo_left_unsaid_is_told_at_the_rule() -> None:
    message = 'the status quo breaks the rule "not pump"'
    assert [(message, ("never", 1), 0)] == told(case_of(WELL, never=["meter", "not pump"]))


def test_feasibility_is_left_unsaid_while_rules_cannot_be_read() -> None:
    preferences = {"ana": {"ranking": [["pump"], ["meter"]]}}
    case = case_of(WELL, never=["not pump", "metre"], preferences=preferences)
    assert [('no option or fact "metre"', ("never", 1, "that"), 0)] == told(case)


def test_a_ranking_names_states_once_and_only_states_that_can_be() -> None:
    ranking = [["pump"], {"tied": [["meter"], ["not meter", "pump"]]}, ["price = high", "meter"]]
    case = case_of(WELL, preferences={"ana": {"ranking": ranking}}, never=["meter and price"])
    path: Path = ("preferences", "ana", "ranking")
    expected = [
        ('party "ana" ranks this state twice', (*path, 1, 1), 0),
        ('this state breaks the rule "meter and price"', (*path, 2, 0), 0),
    ]
    assert expected == told(case)


@pytest.mark.parametrize(
    ("sections", "paths"),
    [
        ({"options": {"pump": {"by": "ana", "claims": ["x"]}}}, ("options", "pump", "claims", 0)),
        ({"facts": {"f": {"means": "pump", "claims": ["x"]}}}, ("facts", "f", "claims", 0)),
        ({"never": [{"that": "meter", "claims": ["x"]}]}, ("never", 0, "claims", 0)),
        (
            {"preferences": {"ana": {"ordered": ["meter"], "claims": ["x"]}}},
            ("preferences", "ana", "claims", 0),
        ),
        (
            {"preferences": {"ana": {"points": {"meter": {"worth": 3, "claims": ["x"]}}}}},
            ("preferences", "ana", "points", "meter", "claims", 0),
        ),
        (
            {"plans": {"p": {"title": "P", "target": [{"take": "meter", "claims": ["x"]}]}}},
            ("plans", "p", "target", 0, "claims", 0),
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value[0]),
)
def test_claims_are_looked_up_wherever_anything_rests_on_them(
    sections: dict[str, Any], paths: Path
) -> None:
    found = [problem for problem in told(case_of(WELL, **sections)) if "claim" in problem[0]]
    assert [('no claim "x"', paths, 0)] == found


def test_an_id_may_not_be_that_of_a_statement_counted_elsewhere() -> None:
    preferences = {
        "ana": [{"wish": "pump", "id": "ben.1"}, "meter"],
        "ben": {"points": {"meter": 3, "pump": {"worth": 5, "id": "own"}}},
    }
    assert [] == told(case_of(WELL, preferences=preferences))
    preferences["ana"] = [{"wish": "pump", "id": "ben.2"}, "meter"]
    path = ("preferences", "ana", "ordered", 0, 0, "id")
    message = 'statement id "ben.2" is also that of a statement without one'
    assert [(message, path, 0)] == told(case_of(WELL, preferences=preferences))


def test_talks_have_points_on_both_sides_and_joint_options_only() -> None:
    case = case_of(
        TALKS,
        status_quo=["price = low"],
        options={
            "price": {"joint": ["ana", "ben"], "levels": ["none", "low", "high"]},
            "pump": {"by": "ana"},
        },
        walk_away={"ana": 3, "bob": 2},
        preferences={"ana": ["pump"], "ben": {"points": {"pump": 3}}},
    )
    expected = [
        ('a case has "status_quo" or "walk_away", not both', ("walk_away", KEY), 0),
        ('no party "bob"', ("walk_away", "bob", KEY), 0),
        ('party "ben" has no "walk_away" points', ("walk_away", KEY), 0),
        (
            'party "ana" has no points to compare with its "walk_away"',
            ("preferences", "ana", KEY),
            0,
        ),
        (
            'option "pump" is not joint, as in a case with "walk_away" all are',
            ("options", "pump", "by", KEY),
            0,
        ),
    ]
    assert expected == told(case)


def test_an_option_without_owner_is_told_once() -> None:
    plan = {
        "title": "P",
        "threats": [{"by": "ana", "announce": "flood", "act": ["flood"], "if": "true"}],
        "guarantors": [{"who": ["ana"], "via": ["flood"]}],
    }
    case = case_of(WELL, options={"flood": {}, "meter": {"by": "ben"}, "pump": {"by": "ana"}})
    case = case.model_copy(update={"plans": case_of(WELL, plans={"p": plan}).plans})
    expected = [('option "flood" has no owner', ("options", "flood", KEY), 0)]
    assert expected == told(case)


def test_a_plan_may_lift_its_own_pressure_and_reach_its_target_by_offers() -> None:
    plan = {
        "title": "P",
        "by": "ana",
        "commitments": ["pump"],
        "pressure": ["meter"],
        "offers": [{"take": "price = low", "when": "meter"}],
        "target": ["pump", "not meter", "price = high"],
        "steps": ["meter", {"take": ["price = high", "not meter"]}],
        "threats": [],
        "guarantors": [{"who": ["ana"], "via": ["pump", "price"]}],
    }
    assert [] == told(case_of(WELL, plans={"p": plan}, default_plan="p"))
