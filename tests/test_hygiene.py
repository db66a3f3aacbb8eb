from pathlib import Path

from servanda.casefile import located, read_case, read_text
from servanda.conflict import compile_case
from servanda.errors import KEY, Problem
from servanda.hygiene import warnings

CASE = """\
servanda: 1
title: Two who wait
parties: {ana: Ana, ben: Ben, cem: Cem}
options:
  sing:  {by: ana, does: sings}
  dance: {by: ben, does: dances}
  price: {joint: [ana, ben], levels: [none, low, high]}
facts: {party: sing and dance}
never: [sing and not dance]
preferences:
  ana: [not sing or dance, sing]
  ben:
    points: {party and not dance: 5, sing: 2}
"""


def found(text: str) -> list[Problem]:
    case = read_text(text, "case.yaml")
    return warnings(case, compile_case(case))


def test_a_wish_that_no_state_can_meet_is_told() -> None:
    told = [p for p in found(CASE) if "never" in p.message]
    path = ("preferences", "ben", "points", "party and not dance", KEY)
    assert [path] == [p.path for p in told]
    assert 'the wish "party and not dance" of "ben" can never be true' == told[0].message


def test_a_wish_that_every_state_meets_is_told() -> None:
    told = [p for p in found(CASE) if "always" in p.message]
    assert [("preferences", "ana", "ordered", 0, 0, "wish")] == [p.path for p in told]


def test_only_feasible_states_count() -> None:
    without_rule = CASE.replace("never: [sing and not dance]\n", "")
    assert not [p for p in found(without_rule) if "always" in p.message]


def test_an_option_nobody_speaks_of_is_told_and_facts_are_looked_into() -> None:
    told = [p.path for p in found(CASE) if "mentions" in p.message]
    assert [("options", "price", KEY)] == told


def test_a_ranking_and_a_position_speak_of_options() -> None:
    ranked = CASE + "  cem: {ranking: [[dance], [sing, dance]]}\n"
    placed = CASE + "  cem: {position: {price: {at: low}}}\n"
    for text in (ranked, placed):
        assert not [p for p in found(text) if "mentions" in p.message]


def test_a_party_that_owns_nothing_is_told_and_a_partner_owns_something() -> None:
    told = [p.path for p in found(CASE) if "owns" in p.message]
    assert [("parties", "cem", KEY)] == told


def test_all_are_warnings_and_none_is_given_without_reason() -> None:
    assert {"warning"} == {p.severity for p in found(CASE)}
    sound = CASE.replace(", cem: Cem", "").replace("[not sing or dance, sing]", "[price > low]")
    assert [] == found(sound.replace("party and not dance: 5", "party: 5"))


def test_a_case_too_large_for_the_engine_is_still_looked_at() -> None:
    case = read_text(CASE, "case.yaml")
    assert ["parties", "options"] == [p.path[0] for p in warnings(case)]


def test_warnings_have_places_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    case = read_case(path)
    told = located(path, warnings(case, compile_case(case)))
    assert [3, 7, 11, 13] == [p.line for p in told]
    assert "    parties: {ana: Ana, ben: Ben, cem: Cem}" in str(told[0])
    assert sorted(told, key=lambda p: (p.line, p.column)) == told
