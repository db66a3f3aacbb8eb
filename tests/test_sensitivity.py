"""What a verdict rests on: single changes, variants, and the fewest assumptions."""

from __future__ import annotations

import pytest

from servanda.casefile import read_text
from servanda.errors import Stopped
from servanda.model import PartyId
from servanda.sensitivity import (
    Piece,
    apply,
    assumptions,
    changes,
    keep_only,
    smallest,
    turns,
    variants,
    word,
)
from servanda.situation import Situation, lay
from servanda.target import judge

SOUTH = PartyId("south")
FENCE = """
servanda: 1
title: A fence between two farms
parties: {north: North, south: South}
options:
  fence: {by: north}
  pay: {by: south}
  warn: {by: north, only: up}
  sue: {by: north}
status_quo: []
never: [{that: fence and sue, assumption: true}]
claims: {letter: A letter of the farmer}
preferences:
  north:
    - {wish: warn and not pay implies sue, claims: [letter]}
    - {wish: pay, assumption: true}
    - {wish: fence implies pay, claims: [letter]}
    - {wish: not sue, assumption: true}
  south:
    - {wish: not sue, claims: [letter]}
    - {wish: fence, assumption: true}
    - {wish: not pay, claims: [letter]}
plans:
  share:
    title: Share the cost
    offers: [fence]
    threats: [{by: north, announce: warn, act: [sue], if: not pay, to: [south]}]
    target: [fence, pay, not sue]
default_plan: share
"""


@pytest.fixture
def situation() -> Situation:
    return lay(read_text(FENCE, "fence.yaml"))


def verdict(here: Situation) -> str:
    return word(judge(here))


def test_the_four_variants_are_judged_apart(situation: Situation) -> None:
    found = {name: verdict(variant) for name, variant in variants(situation).items()}
    assert ["threats and offers", "threats alone", "offers alone", "neither"] == list(found)
    assert "sticks" == found["threats and offers"]
    assert "sticks" == found["threats alone"]
    assert "sticks" != found["neither"]


def test_a_plan_without_offers_has_only_the_variants_it_can_have() -> None:
    text = FENCE.replace("    offers: [fence]\n", "")
    assert ["threats and offers", "offers alone"] == list(variants(lay(read_text(text, "f.yaml"))))
    bare = FENCE.split("plans:", maxsplit=1)[0]
    assert {} == variants(lay(read_text(bare, "f.yaml")))


def test_every_statement_pair_and_rule_is_changed_once(situation: Situation) -> None:
    kinds = [change.kind for change in changes(situation)]
    assert (7, 5, 1) == tuple(kinds.count(kind) for kind in ("drop", "swap", "rule"))


def test_a_swap_and_a_drop_do_what_they_say(situation: Situation) -> None:
    every = list(changes(situation))
    swap = next(change for change in every if change.kind == "swap" and change.party == SOUTH)
    wishes = [group[0].wish for group in apply(situation, swap).case.statements(SOUTH)]
    assert ["fence", "not sue", "not pay"] == wishes
    drop = next(change for change in every if change.kind == "drop" and change.party == SOUTH)
    left = [group[0].wish for group in apply(situation, drop).case.statements(SOUTH)]
    assert ["fence", "not pay"] == left
    rule = next(change for change in every if change.kind == "rule")
    assert () == apply(situation, rule).case.never
    assert 12 < int(apply(situation, rule).conflict.feasible.sum())


def test_the_turning_changes_are_those_whose_verdict_differs(situation: Situation) -> None:
    before = {name: verdict(variant) == "sticks" for name, variant in variants(situation).items()}
    for turn in turns(situation):
        after = {
            name: verdict(apply(variant, turn.change)) == "sticks"
            for name, variant in variants(situation).items()
        }
        assert after == dict(turn.sticks)
        assert {name for name in after if after[name] != before[name]} == set(turn.turned)


def test_the_fewest_assumptions_keep_the_verdict_and_fewer_do_not(situation: Situation) -> None:
    found = smallest(situation)
    assert found.bound == found.size
    assert len(assumptions(situation)) == found.out_of
    kept: tuple[Piece, ...] = (*found.statements, *found.rules)
    assert verdict(situation) == verdict(keep_only(situation, kept)) == "sticks"


def test_a_short_budget_gives_the_incumbent_and_the_bound(situation: Situation) -> None:
    found = smallest(situation, budget=0)
    assert 0 == found.bound
    assert "sticks" == verdict(keep_only(situation, (*found.statements, *found.rules)))


def test_a_stop_gives_the_incumbent_as_well(situation: Situation) -> None:
    def tick(what: str) -> None:
        raise Stopped(what)

    found = smallest(situation, tick=tick)
    assert (found.out_of, 0) == (found.size, found.bound)
