"""Threats: credible or bluff, hurting or a gift, and what announcing them changes."""

from __future__ import annotations

import pytest

from servanda.casefile import read_text
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.nodeal import no_deal
from servanda.situation import Situation, lay
from servanda.threats import Credible, Effect, ThreatFinding, check_threats, triggered

LANDLORD = """
servanda: 1
title: A landlord threatens to sell
parties: {landlord: Landlord, tenant: Tenant, buyer: Buyer}
options:
  announce: {by: landlord, only: up}
  sell: {by: landlord}
  repair: {by: tenant}
  bid: {by: buyer}
preferences:
  landlord: [%s]
  tenant: [%s]
  buyer: [not sell]
plans:
  squeeze:
    title: Sell unless it is repaired
    threats: [{by: landlord, announce: announce, act: [sell], if: not repair, to: [tenant]}]
    target: [repair, not sell]
default_plan: squeeze
"""
WORD = "announce and not repair implies sell, repair, not sell"
FEAR = "not sell, not repair"


def situation(landlord: str = WORD, tenant: str = FEAR) -> Situation:
    return lay(read_text(LANDLORD % (landlord, tenant), "landlord.yaml"))


def finding(landlord: str = WORD, tenant: str = FEAR) -> ThreatFinding:
    (found,) = check_threats(situation(landlord, tenant))
    return found


def test_a_threat_kept_for_the_sake_of_ones_word_is_credible_and_bound() -> None:
    found = finding()
    assert Credible.CREDIBLE is found.credible
    assert found.bound
    assert "threat" == found.kind
    assert ["landlord.1"] == [statement.id for statement in found.rests_on]


def test_a_threat_that_costs_its_maker_more_than_silence_is_a_bluff() -> None:
    found = finding(landlord="not sell, repair")
    assert Credible.BLUFF is found.credible
    assert not found.bound
    assert "cheap talk" == found.kind
    assert (False,) == found.done_in_no_deal


def test_an_act_wanted_for_its_own_sake_is_a_forecast_and_would_be_done_anyway() -> None:
    found = finding(landlord="sell, repair")
    assert Credible.CREDIBLE is found.credible
    assert not found.changes
    assert "forecast" == found.kind
    assert found.refrains is False


def test_a_maker_who_does_not_care_is_doubtful_and_no_deal_is_played_both_ways() -> None:
    found = finding(landlord="repair")
    assert Credible.DOUBTFUL is found.credible
    assert (True, False) == found.done_in_no_deal
    here = situation(landlord="repair")
    ends = no_deal(here, (found,)).outcomes
    assert {0, 1} == {here.space.level(end.states[0], "sell") for end in ends}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tenant", "effect"),
    [
        ("not sell, not repair", Effect.HURTS),
        ("sell, not repair", Effect.GIFT),
        ("not repair", Effect.EMPTY),
    ],
)
def test_the_act_hurts_is_a_gift_or_is_empty(tenant: str, effect: Effect) -> None:
    assert effect is finding(tenant=tenant).effects[PartyId("tenant")]


def test_an_act_that_hurts_in_one_outcome_only_is_mixed() -> None:
    cyclic = "bid iff repair, not sell"
    here = lay(
        read_text(
            (LANDLORD % (WORD, cyclic)).replace("buyer: [not sell]", "buyer: [bid iff not repair]"),
            "landlord.yaml",
        )
    )
    (found,) = check_threats(here)
    assert any(end.cycle for end in found.undone)
    assert Effect.MIXED is found.effects[PartyId("tenant")]


def test_it_refrains_where_the_target_meets_its_condition() -> None:
    here = situation()
    (found,) = check_threats(here)
    assert found.refrains is True
    assert triggered(here, found.threat, here.start)
    settled = here.space.put(here.start, {here.space.options[2]: 1})
    assert not triggered(here, found.threat, settled)


def test_without_a_target_nothing_is_said_of_refraining() -> None:
    text = (LANDLORD % (WORD, FEAR)).replace("    target: [repair, not sell]\n", "")
    (found,) = check_threats(lay(read_text(text, "landlord.yaml")))
    assert found.refrains is None


def test_two_threats_are_compared_for_every_way_the_other_may_go() -> None:
    text = LANDLORD % (WORD, FEAR) + ""
    text = text.replace("  bid: {by: buyer}", "  bid: {by: buyer}\n  warn: {by: buyer, only: up}")
    text = text.replace(
        "if: not repair, to: [tenant]}]",
        "if: not repair, to: [tenant]}, {by: buyer, announce: warn, act: [bid], if: not repair}]",
    )
    found = check_threats(lay(read_text(text, "landlord.yaml")))
    assert ["landlord", "buyer"] == [each.threat.by for each in found]
    assert 2 == len(found[0].done)


def test_an_act_that_can_never_be_done_is_refused() -> None:
    text = LANDLORD % (WORD, FEAR) + "never: [sell]\n"
    with pytest.raises(UsageError, match="the threatened act cannot be done: sell"):
        check_threats(lay(read_text(text, "landlord.yaml")))


def test_an_act_that_needs_agreement_cannot_be_done_without_a_deal() -> None:
    text = LANDLORD % (WORD, FEAR) + "never: [sell and not deed]\n"
    text = text.replace("  bid:", "  deed: {joint: [landlord, buyer]}\n  bid:")
    with pytest.raises(UsageError, match="nothing is agreed"):
        check_threats(lay(read_text(text, "landlord.yaml")))


def test_two_announcements_of_one_act_leave_its_effect_what_it_is() -> None:
    twice = "{by: landlord, announce: again, act: [sell], if: not repair}]"
    text = (LANDLORD % (WORD, FEAR)).replace("to: [tenant]}]", "to: [tenant]}, " + twice)
    text = text.replace("  sell:", "  again: {by: landlord, only: up}\n  sell:")
    for found in check_threats(lay(read_text(text, "landlord.yaml"))):
        assert Credible.CREDIBLE is found.credible
        assert Effect.HURTS is found.effects[PartyId("tenant")]


def test_acts_that_exclude_each_other_are_not_compared() -> None:
    other = "{by: landlord, announce: again, act: [rent = half], if: not repair}]"
    text = (LANDLORD % ("sell, rent = full, repair", FEAR)).replace(
        "act: [sell], if: not repair, to: [tenant]}]",
        "act: [rent = full], if: not repair, to: [tenant]}, " + other,
    )
    text = text.replace(
        "  sell:",
        "  again: {by: landlord}\n  rent: {by: landlord, levels: [none, half, full]}\n  sell:",
    )
    one, two = check_threats(lay(read_text(text, "landlord.yaml")))
    assert 1 == len(one.done)
    assert [Credible.CREDIBLE, Credible.DOUBTFUL] == [one.credible, two.credible]
