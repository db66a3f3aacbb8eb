"""Findings for small cases: what sticks, who blocks, and what a stop leaves."""

from __future__ import annotations

from fractions import Fraction

import pytest

from servanda.acceptance import Acceptable
from servanda.analysis import Findings, Request, analyse, describe
from servanda.casefile import find_case, read_case, read_text
from servanda.conditions import OptionId
from servanda.errors import Stopped, UsageError
from servanda.model import PartyId
from servanda.stability import Grade
from servanda.target import makers


def findings(name: str, **asked: object) -> Findings:
    return analyse(read_case(find_case(name)), Request(**asked))  # type: ignore[arg-type]  # fields by name


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
    assert {"packages": 22, "acceptable": 1, "firm": 1, "sticking": 1} == found.counts


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


def test_a_plans_own_step_that_cannot_be_made_is_marked() -> None:
    text = """
servanda: 1
title: First things first
parties: {one: One, two: Two}
options: {tear: {by: one}, build: {by: two, when: tear}}
never: [build and not tear]
preferences: {one: [build, not tear], two: [build]}
plans:
  wrong: {title: Wrong way round, target: [tear, build], steps: [build, tear]}
  right: {title: Right way round, target: [tear, build], steps: [tear, build]}
"""
    case = read_text(text, "first.yaml")
    barred = {}
    for plan in case.plans:
        package = analyse(case, Request(plan=plan)).target_package
        assert package is not None
        assert package.roadmap is not None
        assert package.roadmap.author is not None
        barred[plan] = package.roadmap.author.barred
    assert {"wrong": (1,), "right": ()} == barred


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


TALKS = """
servanda: 1
title: Half a point short
parties: {one: One, two: Two}
options: {deal: {joint: [one, two], only: down, until: 2009}}
preferences: {one: {points: {deal: 2}}, two: {points: {deal: 1}}}
walk_away: {one: %s, two: 0}
plans: {sign: {title: Sign, target: [deal]}}
default_plan: sign
"""


@pytest.mark.parametrize(("walk_away", "sticks"), [("2.25", False), ("2", True), ("1.75", True)])
def test_part_of_a_point_short_of_walking_away_is_short(walk_away: str, *, sticks: bool) -> None:
    found = analyse(read_text(TALKS % walk_away, "talks.yaml"))
    assert found.target is not None
    assert sticks is found.target.sticks
    margin = found.target.comparisons[PartyId("one")].margin
    assert 2 - Fraction(walk_away) == margin


def test_who_would_walk_away_once_a_term_lapses_reopens_the_talks() -> None:
    found = analyse(read_text(TALKS % "1.75", "talks.yaml"))
    assert found.target_package is not None
    (lapse,) = found.target_package.after
    assert not lapse.sticks
    assert [PartyId("one")] == list(lapse.reopens)


def test_what_cannot_be_after_a_lapse_does_not_stick() -> None:
    text = """
servanda: 1
title: A lease on ground that cannot stay empty
parties: {one: One, two: Two}
options: {lease: {by: one, until: 2009}, house: {by: two, only: up}}
never: [house and not lease]
preferences: {one: [house], two: [house]}
"""
    found = analyse(read_text(text, "lease.yaml"))
    assert found.best is not None
    (lapse,) = found.best.after
    assert not lapse.feasible
    assert not lapse.sticks
    assert {} == lapse.reopens


CONDITION = """
servanda: 1
title: A gift, and thanks that the plan ties to it
parties: {giver: Giver, taker: Taker}
options: {gift: {by: giver}, thanks: {by: taker}}
preferences: {giver: [thanks, not gift], taker: [thanks]}
plans:
  give: {title: Give first, commitments: [gift], target: [{take: thanks, when: gift}]}
default_plan: give
"""


def test_the_maker_is_compared_with_a_base_that_knows_no_condition_of_the_plan() -> None:
    found = analyse(read_text(CONDITION, "gift.yaml"))
    assert "worse" == found.makers[PartyId("giver")].versus


def test_a_target_that_needs_no_signature_is_not_told_as_one_that_nobody_signs() -> None:
    text = CONDITION.replace("gift: {by: giver}", "gift: {by: giver, only: up}")
    found = analyse(read_text(text, "gift.yaml"))
    assert found.target is not None
    assert found.target.unsigned
    assert found.target.sticks
    assert "optimal" == found.status
    assert found.target_package is not None
    assert found.target_package.sticks
    assert () == found.blockers


def test_a_target_never_undoes_a_commitment_to_make_room() -> None:
    text = CONDITION.replace("title: A gift", "never: [gift and thanks]\ntitle: A gift")
    with pytest.raises(UsageError, match="can be reached from the start with all these terms"):
        analyse(read_text(text, "gift.yaml"))


def test_of_several_ways_to_settle_each_party_is_told_its_worst() -> None:
    text = """
servanda: 1
title: Whoever settles it
parties: {one: One, two: Two, sun: Sun}
options: {plant: {by: one}, rain: {by: sun}, wind: {by: sun}}
never: [rain and wind]
preferences: {one: [plant, rain], two: [plant], sun: [rain or wind]}
plans: {p: {title: Plant, offers: [plant], target: [plant]}}
default_plan: p
"""
    found = analyse(read_text(text, "sun.yaml"))
    assert found.target is not None
    assert 2 == len(found.target.completions)
    one = found.target.comparisons[PartyId("one")]
    values = [found.situation.conflict.value(PartyId("one"), s) for s in found.target.states]
    assert min(values) != max(values)
    assert ["one.1"] == [statement.id for statement in one.decisive]


def test_the_best_sum_of_points_asks_points_only_of_those_who_sign() -> None:
    text = """
servanda: 1
title: A spoiler ranks, the others count
parties: {one: One, two: Two, out: Out}
options: {deal: {joint: [one, two]}, noise: {by: out}}
spoilers: [out]
preferences: {one: {points: {deal: 2}}, two: {points: {deal: 1}}, out: [noise]}
"""
    found = analyse(read_text(text, "spoiler.yaml"), Request(best="nash"))
    assert found.best is not None
    assert {"deal": "yes", "noise": "yes"} == found.situation.space.taken(found.best.state)


def test_of_packages_equally_near_the_firm_one_is_named() -> None:
    text = """
servanda: 1
title: A better deal that needs watching, and a plain one
parties: {one: One, two: Two}
options:
  better: {joint: [one, two], leave: never}
  plain: {joint: [one, two], leave: never}
  cheat: {by: one}
  punish: {by: two}
never: [better and plain]
preferences:
  one: [better or plain, not punish, better and cheat, better]
  two: [better or plain, punish iff (better and cheat), better]
plans: {p: {title: Neither, target: [not better, not plain, not cheat, not punish]}}
default_plan: p
"""
    found = analyse(read_text(text, "deals.yaml"))
    assert found.nearest is not None
    package, terms = found.nearest
    assert 1 == terms
    assert {"plain": "yes"} == found.situation.space.taken(package.state)
    other = describe(found, found.situation.space.index({**found.case.base, OptionId("better"): 1}))
    assert other.sticks
    assert Grade.GUARDED is other.grade
