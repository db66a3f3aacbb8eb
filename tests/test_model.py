"""The objects of a case: shorthands, what is derived from them, and what they refuse."""

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from servanda.conditions import OptionId
from servanda.model import Case, Fact, Option, PartyId, Preference, Step, Worth

ANA, BEN = PartyId("ana"), PartyId("ben")


def case(**sections: Any) -> Case:
    known = {
        "servanda": 1,
        "title": "A well",
        "parties": {"ana": "Ana", "ben": {"name": "Ben"}},
        "options": {"pump": {"by": "ana"}, "price": {"joint": ["ana", "ben"], "levels": [0, 1, 2]}},
        "preferences": {"ana": ["pump"]},
    }
    return Case.model_validate(known | sections)


def test_a_shorthand_stands_for_its_one_field() -> None:
    assert Fact(means="pump") == Fact.model_validate("pump")
    assert Step(take=("pump",)) == Step.model_validate("pump")
    assert Step(take=("pump", "not meter")) == Step.model_validate({"take": ["pump", "not meter"]})
    assert ["Ana", "Ben"] == [case().name(party) for party in (ANA, BEN)]


@pytest.mark.parametrize(
    ("worth", "expected"),
    [
        (3, (3, 3)),
        (0.1, (Fraction(1, 10), Fraction(1, 10))),
        ("-2", (-2, -2)),
        ("10..20", (10, 20)),
        (" -1.5 .. +2 ", (Fraction(-3, 2), 2)),
        (".5...75", (Fraction(1, 2), Fraction(3, 4))),
        ("2e3", (2000, 2000)),
    ],
)
def test_points_are_exact_numbers_or_ranges(worth: object, expected: object) -> None:
    read = Worth.model_validate(worth)
    assert expected == read.range
    assert sum(read.range, Fraction(0)) / 2 == read.middle
    assert (read.range[0] != read.range[1]) is read.uncertain


@pytest.mark.parametrize("worth", ["", "many", "1..", "1..2..3", "3..1", "1/0", "1e999", "9" * 99])
def test_other_points_are_refused(worth: str) -> None:
    with pytest.raises(ValidationError):
        Worth.model_validate(worth)


@pytest.mark.parametrize(
    ("option", "owners", "yes_no", "leavable"),
    [
        (Option(by=ANA), (ANA,), True, False),
        (Option(joint=(ANA, BEN)), (ANA, BEN), True, True),
        (Option(joint=(ANA, BEN), levels=("none", "some")), (ANA, BEN), False, True),
        (Option(joint=(ANA, BEN), leave="never"), (ANA, BEN), True, False),
        (Option(joint=(ANA, BEN), only="up"), (ANA, BEN), True, False),
        (Option(), (), True, False),
    ],
)
def test_an_option_knows_its_owners_and_who_can_end_it(
    option: Option, owners: tuple[PartyId, ...], *, yes_no: bool, leavable: bool
) -> None:
    assert (owners, yes_no, leavable) == (option.owners, option.yes_no, option.leavable)


@pytest.mark.parametrize(
    ("rests", "assumed", "basis"),
    [
        ({}, True, "assumption"),
        ({"claims": ["c1", "c2"]}, False, "c1, c2"),
        ({"claims": ["c1"], "assumption": True}, True, "c1, and assumption"),
        ({"assumption": "yes"}, True, "assumption"),
    ],
)
def test_what_nothing_cited_stands_behind_is_assumed(
    rests: dict[str, Any], *, assumed: bool, basis: str
) -> None:
    fact = Fact.model_validate({"means": "pump", **rests})
    assert (assumed, basis) == (fact.assumed, fact.basis)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (["pump"], "ordered"),
        ({"ordered": ["pump", ["price", "not pump"]]}, "ordered"),
        ({"points": {"pump": 3}}, "points"),
        ({"position": {"price": {"at": 1}}}, "points"),
        ({"ranking": [["pump"], {"tied": [["price = 1"], []]}]}, "ranking"),
        ({}, "none"),
    ],
)
def test_a_preference_has_one_form(written: object, form: str) -> None:
    assert form == Preference.model_validate(written).form


def test_statements_are_numbered_where_they_have_no_id() -> None:
    wishes = ["pump", ["price", {"wish": "not pump", "id": "own"}], "price = 2"]
    groups = case(preferences={"ana": wishes}).statements(ANA)
    expected = [["ana.1"], ["ana.2", "own"], ["ana.4"]]
    assert expected == [[statement.id for statement in group] for group in groups]


def test_points_become_statements_most_points_first() -> None:
    points = {"pump": 3, "price": "5..15", "price = 2": {"worth": 4, "id": "two", "note": "n"}}
    groups = case(preferences={"ana": {"points": points}}).statements(ANA)
    found = [(s.wish, s.id, s.note) for group in groups for s in group]
    assert [("price", "ana.1", ""), ("price = 2", "two", "n"), ("pump", "ana.3", "")] == found


def test_a_ranking_has_no_statements_and_a_silent_party_neither() -> None:
    ranked = case(preferences={"ana": {"ranking": [["pump"]]}})
    assert ((), ()) == (ranked.statements(ANA), ranked.statements(BEN))


def test_numbers_as_levels_are_words() -> None:
    assert ("0", "1", "2") == case().options[OptionId("price")].levels


def test_units_collect_the_options_that_are_counted_in_them() -> None:
    options = {
        "pump": {"by": "ana", "values": [0, 2.5], "unit": "litres"},
        "well": {"by": "ben", "values": [1, 3], "unit": "litres"},
        "meter": {"by": "ben"},
    }
    words = case(options=options).vocabulary
    assert {"litres": ("pump", "well")} == words.units
    values = [[Fraction(0), Fraction(5, 2)], [Fraction(1), Fraction(3)]]
    assert values == [list(numbers) for numbers in words.values.values()]


def test_the_base_is_the_status_quo_and_the_lowest_levels_elsewhere() -> None:
    assert {"pump": 0, "price": 2} == case(status_quo=["price = 2"]).base


@pytest.mark.parametrize(
    ("signatories", "expected"),
    [
        ({}, {"ana", "ben"}),
        ({"required": ["ana"]}, {"ana"}),
        ({"at_least": 1, "of": ["ana", "ben"]}, set()),
        ({"at_least": 1, "of": ["ana", "ben"], "vetoes": ["ben"]}, {"ben"}),
    ],
)
def test_talks_end_without_those_who_must_agree(
    signatories: dict[str, Any], expected: set[str]
) -> None:
    assert expected == case(signatories=signatories).talks_end_without
