"""Findings for small cases: what sticks, who blocks, and what a stop leaves."""

from __future__ import annotations

from fractions import Fraction

import pytest

from servanda.acceptance import Acceptable
from servanda.analysis import Findings, Request, analyse
from servanda.casefile import find_case, read_case, read_text
from servanda.conditions import OptionId
from servanda.errors import Stopped, UsageError
from servanda.model import PartyId
from servanda.stability import Grade
from servanda.target import makers


def findings(name: str, **asked: object) -> Findings:
    return analyse(read_case(find_case(name)), Request(**asked))  # type: ignore[arg-type]


def taken(found: Findings, place: int = 0) -> dict[OptionId, str]:
    return found.situation.space.taken(found.packages[place].state)


def test_exactly_one_package_sticks_between_the_two_neighbours() -> None:
    found = findings("two-neighbours")
    assert "optimal" == found.status
    assert 1 == found.counts["sticking"]
    assert {"ben_pump": "yes", "meter": "yes", "price": "low"} == taken(found)
    assert found.no_deal is not None
    assert 2 == len(found.no_deal.outcomes)
    best = found.best
    assert best is not None
    assert best.core
    assert Grade.FIRM is best.grade
    assert Fraction(10) == best.comparisons[PartyId("ben")].margin


def test_a_near_miss_says_who_gambles() -> None:
    found = findings("two-neighbours")
    miss = found.packages[1]
    assert Acceptable.PERHAPS is miss.acceptable
    ben = miss.comparisons[PartyId("ben")]
    assert ben.possible
    assert not ben.sure
    assert "mixed" == ben.versus


def test_in_chicken_nothing_sticks() -> None:
    found = findings("chicken")
    assert "infeasible" == found.status
    assert 0 == found.counts["sticking"]
    assert not any(package.sticks for package in found.packages)


def test_the_time_limit_keeps_what_was_found() -> None:
    case = read_case(find_case("two-neighbours"))

    def tick(what: str) -> None:
        if what == "describing packages":
            raise Stopped("the time limit of 0 s was reached")

    found = analyse(case, tick=tick)
    assert "the time limit of 0 s was reached" == found.stopped
    assert "unknown" == found.status
    assert found.no_deal is not None
    assert {"packages": 22, "acceptable": 1, "sticking": 1} == found.counts


def test_an_interrupt_keeps_the_packages_described_so_far() -> None:
    case = read_case(find_case("two-neighbours"))
    seen = 0

    def tick(what: str) -> None:
        nonlocal seen
        seen += what == "describing packages"
        if seen > 2:
            raise KeyboardInterrupt

    found = analyse(case, tick=tick)
    assert "interrupted" == found.stopped
    assert "feasible" == found.status
    assert 2 == len(found.packages)


def test_the_best_sum_of_points_needs_points() -> None:
    with pytest.raises(UsageError, match="--best nash needs points; no points for Ana"):
        findings("two-neighbours", best="nash")


QUOTA = """
servanda: 1
title: A dam for three villages
parties: {up: Upper, mid: Middle, low: Lower, town: Town}
options:
  dam: {by: town}
  pay: {by: town}
preferences:
  up: [dam]
  mid: [not dam]
  low: [dam]
  town: [dam, not pay]
signatories: {required: [town], at_least: %d, of: [up, mid, low], vetoes: [%s]}
"""


@pytest.mark.parametrize(
    ("number", "vetoes", "expected"),
    [(2, "", Acceptable.SURELY), (3, "", Acceptable.NO), (2, "mid", Acceptable.NO)],
)
def test_a_quota_asks_enough_members_and_every_veto(
    number: int, vetoes: str, expected: Acceptable
) -> None:
    text = (
        QUOTA % (number, vetoes)
        + """
plans:
  wait: {title: The town waits, pressure: [pay], target: [not dam]}
  build: {title: The town pays first, offers: [dam], target: [dam]}
default_plan: build
"""
    )
    found = analyse(read_text(text, "dam.yaml"))
    assert found.target is not None
    assert expected is found.target.acceptable


def test_the_owner_of_a_commitment_is_compared_with_the_base() -> None:
    text = """
servanda: 1
title: A promise kept in any event
parties: {giver: Giver, taker: Taker}
options: {gift: {by: giver}, thanks: {by: taker}}
preferences: {giver: [thanks, not gift], taker: [gift, gift implies thanks]}
plans:
  give: {title: Give first, commitments: [gift], target: [thanks]}
default_plan: give
"""
    found = analyse(read_text(text, "gift.yaml"))
    assert found.target is not None
    assert found.target.unsigned
    assert "better" == makers(found.target)[PartyId("giver")].versus
    assert "better" == found.makers[PartyId("giver")].versus


def test_terms_that_wait_on_each_other_are_a_deadlock() -> None:
    text = """
servanda: 1
title: After you
parties: {one: One, two: Two}
options: {first: {by: one, when: second}, second: {by: two, when: first}}
preferences: {one: [first and second], two: [first and second]}
plans: {both: {title: Both, target: [first, second]}}
default_plan: both
"""
    found = analyse(read_text(text, "after.yaml"))
    assert found.target_package is not None
    steps = found.target_package.roadmap
    assert steps is not None
    assert ("first", "second") == steps.deadlock
    assert {} == dict(steps.routes)
