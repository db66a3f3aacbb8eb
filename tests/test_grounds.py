"""What a verdict rests on: the wishes and rules that decide it, and nothing else."""

from __future__ import annotations

import random

import pytest

from conflicts import random_conflict
from servanda.acceptance import Acceptable, verdict
from servanda.analysis import Findings, Request, analyse
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.grounds import Grounds, grounds
from servanda.model import Case
from servanda.nodeal import NoDeal
from servanda.selfenforcement import guarded
from servanda.situation import lay

WELL = """\
servanda: 1
title: A well
parties: {ana: Ana, ben: Ben}
options:
  ana_pump: {by: ana}
  ben_pump: {by: ben}
  gate: {by: ben}
status_quo: [ana_pump, ben_pump]
never: [gate and not ben_pump]
preferences:
  ana: [not (ana_pump and ben_pump), {wish: ana_pump, claims: [thirst]}, not gate]
  ben: [{wish: not ana_pump, claims: [thirst]}, ben_pump, gate]
claims: {thirst: Ana is thirsty}
"""


def found(text: str) -> Findings:
    return analyse(read_text(text, "well.yaml"))


def wishes(found: Grounds, part: str) -> set[tuple[str | None, str]]:
    return {(ground.party, ground.text) for ground in getattr(found, part)}


def test_signing_rests_on_the_wish_that_tells_a_deal_from_no_deal() -> None:
    findings = found(WELL)
    assert findings.no_deal is not None
    space = findings.situation.space
    deal = space.index({option: option != "ana_pump" for option in space.options})
    rests = grounds(findings.situation, findings.no_deal, [deal])
    assert {"thirst"} >= set(rests.claims)
    assert rests.every


def test_a_rule_that_bars_a_gain_is_a_ground_to_stay() -> None:
    text = """\
servanda: 1
title: A barred gate
parties: {ana: Ana, ben: Ben}
options: {lock: {joint: [ana, ben]}, raid: {by: ben}}
status_quo: [raid]
never: [{that: lock and raid, claims: [strong]}]
preferences: {ana: [lock], ben: [lock, raid]}
claims: {strong: the lock holds}
"""
    findings = found(text)
    space = findings.situation.space
    deal = space.index({option: option == "lock" for option in space.options})
    assert findings.no_deal is not None
    rests = grounds(findings.situation, findings.no_deal, [deal])
    assert (None, "lock and raid") in {(ground.party, ground.text) for ground in rests.every}
    assert ("strong",) == rests.claims


def test_what_does_not_stick_is_told_by_what_fails_alone() -> None:
    case = read_case(builtin_cases()["iraq-laws-2008"])
    findings = analyse(case, Request(plan="budget-alone"))
    assert findings.target is not None
    assert not findings.target.sticks
    rests = findings.target_grounds
    assert rests is not None
    assert {"sunnis", "shia"} >= {ground.party for ground in rests.signing}


def test_in_pure_talks_the_points_as_a_whole_decide() -> None:
    text = """\
servanda: 1
title: Talks
parties: {ana: Ana, ben: Ben}
options: {price: {joint: [ana, ben], levels: [none, low, high]}}
preferences:
  ana: {points: {price = high: 10, price = low: 6}}
  ben: {points: {price = low: 10, price = high: 2}}
walk_away: {ana: 1, ben: 5}
"""
    best = found(text).best
    assert best is not None
    assert {("ana", "its points taken together"), ("ben", "its points taken together")} == wishes(
        best.grounds, "signing"
    )
    assert best.grounds.assumptions == best.grounds.every


@pytest.mark.parametrize("name", [name for name in builtin_cases() if name != "iraq-2006"])
def test_every_ground_is_a_wish_or_a_rule_of_the_case(name: str) -> None:
    case = read_case(builtin_cases()[name])
    findings = analyse(case, Request(plan=case.default_plan))
    said: set[tuple[str | None, str]]
    said = {(p, s.wish) for p in case.parties for group in case.statements(p) for s in group}
    said |= {(None, rule.that) for rule in case.never}
    for package in findings.packages:
        for ground in package.grounds.every:
            assert (ground.party, ground.text) in said or ground.text.startswith("its ")


def without_the_rest(case: Case, rests: Grounds) -> Case:
    """Return a case with the wishes that a verdict rests on, and no others."""
    kept = {(ground.party, ground.text) for ground in rests.every}
    changed = {}
    for party, preference in case.preferences.items():
        groups = (
            tuple(wish for wish in group if (party, wish.wish) in kept)
            for group in preference.ordered
        )
        points = {w: worth for w, worth in preference.points.items() if (party, w) in kept}
        changed[party] = preference.model_copy(
            update={"ordered": tuple(filter(None, groups)), "points": points}
        )
    return case.model_copy(update={"preferences": changed})


@pytest.mark.parametrize("seed", range(120))
def test_a_package_still_sticks_when_all_wishes_but_its_grounds_are_dropped(seed: int) -> None:
    case = random_conflict(random.Random(seed))  # noqa: S311 - no secret depends on it
    findings = analyse(case, Request(limit=3))
    assert findings.no_deal is not None
    for package in findings.packages:
        if not package.sticks:
            continue
        situation = lay(without_the_rest(case, package.grounds))
        without = NoDeal(situation.conflict, findings.no_deal.outcomes)
        acceptable, _ = verdict(situation, without, [package.state])
        assert Acceptable.SURELY is acceptable
        for party in case.parties:
            assert guarded(situation.conflict, party, package.state).sticks, party


def test_enough_random_packages_stick() -> None:
    found = 0
    for seed in range(120):
        case = random_conflict(random.Random(seed))  # noqa: S311 - no secret depends on it
        found += sum(package.sticks for package in analyse(case, Request(limit=3)).packages)
    assert found > 60
