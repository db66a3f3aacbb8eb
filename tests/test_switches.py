"""Dials made switches: what is kept, what is lifted, and which verdicts that turns."""

from __future__ import annotations

import pytest

from servanda.casefile import find_case, read_case, read_text
from servanda.conditions import OptionId
from servanda.model import Case
from servanda.situation import lay
from servanda.switches import collapsed, dials, with_switches
from servanda.target import judge

LEASE = """
servanda: 1
title: A well let for some years
parties: {ana: Ana, ben: Ben}
options:
  lease:
    by: ana
    does: lets the well
    levels: [no_lease, one_year, five_years, for_good]
  rent: {by: ben, does: rent paid, levels: [none, low, high]}
  tap: {by: ben, does: taps the well at night}
status_quo: [tap, rent = low]
preferences:
  ana:
    - lease < for_good
    - lease implies rent
    - not tap
    - lease = no_lease
  ben:
    - tap iff not lease
    - lease implies rent
    - lease
    - rent = none
plans:
  some_years:
    title: Let it for a year at a low rent
    worldview: ana
    commitments: [lease = one_year]
    target: [not tap, rent = low]
    steps: [{take: lease = one_year}, {take: [not tap, rent = low]}]
  no_tap: {title: No lease, worldview: ana, target: [tap, rent = none]}
worldviews: {ana: {title: As Ana sees it}}
"""


@pytest.fixture(scope="module")
def lease() -> Case:
    return read_text(LEASE, "lease.yaml")


@pytest.fixture(scope="module")
def iraq() -> Case:
    return read_case(find_case("iraq-2006"))


def test_middle_levels_cannot_be_and_nothing_is_reworded(lease: Case) -> None:
    switched = collapsed(lease)
    assert ("lease", "rent") == dials(lease) == dials(switched)
    assert lease.preferences == switched.preferences
    assert lease.facts == switched.facts
    rules = ["lease > no_lease and lease < for_good", "rent > none and rent < high"]
    assert rules == [rule.that for rule in switched.never]
    assert all(rule.assumed for rule in switched.never)
    conflict = lay(switched, "no_tap").conflict
    possible = [
        level
        for level in range(4)
        if conflict.can_be(conflict.space.index({**switched.base, OptionId("lease"): level}))
    ]
    assert [0, 3] == possible


def test_what_stands_at_a_middle_level_stands_at_the_highest(lease: Case) -> None:
    switched = collapsed(lease)
    assert ("tap", "rent = high") == switched.status_quo
    assert 2 == switched.base[OptionId("rent")]
    plan = switched.plans["some_years"]
    assert ["lease = for_good"] == [term.take for term in plan.commitments]
    assert ["not tap", "rent = high"] == [term.take for term in plan.target]
    assert [("lease = for_good",), ("not tap", "rent = high")] == [s.take for s in plan.steps]


def test_one_dial_alone_leaves_the_other_as_it_is(lease: Case) -> None:
    switched = collapsed(lease, (OptionId("rent"),))
    assert ["rent > none and rent < high"] == [rule.that for rule in switched.never]
    assert "lease = one_year" == switched.plans["some_years"].commitments[0].take


def test_a_case_of_switches_only_is_left_as_it_is() -> None:
    case = read_case(find_case("chicken"))
    assert collapsed(case) is case


def test_a_lease_for_a_year_sticks_and_one_for_good_or_none_does_not(lease: Case) -> None:
    first, second = with_switches(lease, singly=True)
    assert ("some_years", (1, 1), (0, 1), 1) == (
        first.dial.plan,
        first.dial.share,
        first.switch.share,
        first.turned,
    )
    assert ("lease",) == first.single
    assert "ana" in [reason.party for reason in first.why]
    assert ("no_tap", 0, (), ()) == (second.dial.plan, second.turned, second.single, second.why)


def test_the_verdict_with_switches_is_that_of_a_case_written_with_switches(lease: Case) -> None:
    """Written out by hand: two levels each, and wishes that say the same of them."""
    text = LEASE.replace("no_lease, one_year, five_years, for_good", "no_lease, for_good")
    text = text.replace("[none, low, high]", "[none, high]").replace("= low", "= high")
    text = text.replace("one_year", "for_good")
    written = read_text(text, "lease.yaml")
    for plan in lease.plans:
        by_hand = judge(lay(written, plan))
        by_rule = judge(lay(collapsed(lease), plan))
        assert by_hand is not None
        assert by_rule is not None
        assert by_hand.sticks == by_rule.sticks
        assert by_hand.grades == by_rule.grades
        assert by_hand.acceptable == by_rule.acceptable


def test_departure_as_a_switch_turns_three_plans_of_the_flagship_case(iraq: Case) -> None:
    """P002 does not stick either way; of the others P001A and P003 stick either way."""
    found = {each.dial.plan: each for each in with_switches(iraq, ("P000", "P001A", "P001B"))}
    assert {"P000": True, "P001A": False, "P001B": True} == {
        plan: bool(each.turned) for plan, each in found.items()
    }
    assert all("us" in [reason.party for reason in found[p].why] for p in ("P000", "P001B"))
