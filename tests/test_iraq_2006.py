"""Plan P001A of the flagship case: what its text argues, derived and not asserted.

Source: the essay cited in the case's claims; how it was coded is open in the case file itself.
The conflict is seen as the essay's author sees it; the one question left open makes no difference.
"""

from __future__ import annotations

import pytest

from servanda.casefile import find_case, read_case
from servanda.model import Case, Changes, PartyId, StatementId, WishChange
from servanda.situation import Situation, lay
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import Credible, Effect, ThreatFinding, check_threats
from servanda.worlds import Overlay, laid, seen_by

PARTS = {
    "threats and offers": (),
    "threats alone": ("offers",),
    "offers alone": ("threats",),
    "neither": ("threats", "offers"),
}


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def seen(case: Case) -> Case:
    return seen_by(case, "P001A")


@pytest.fixture(scope="module")
def situation(seen: Case) -> Situation:
    return lay(seen, "P001A")


@pytest.fixture(scope="module")
def threat(situation: Situation) -> ThreatFinding:
    (found,) = check_threats(situation)
    return found


@pytest.fixture(scope="module")
def verdict(situation: Situation) -> TargetVerdict:
    found = judge(situation)
    assert found is not None
    return found


def sticking(case: Case) -> set[str]:
    """Return which parts of the plan make its target stick."""
    found = {name: judge_in_short(lay(case, "P001A", parts)) for name, parts in PARTS.items()}
    return {name for name, each in found.items() if each is not None and each.sticks}


def swapped(case: Case, party: str, wish: str, before: str) -> Case:
    """Return the case with one wish put before another."""
    change = WishChange(move=StatementId(wish), before=StatementId(before))
    changes = Changes(preferences={PartyId(party): (change,)})
    return laid(case, (Overlay((), changes),))


def test_the_withdrawal_hurts_every_addressee(threat: ThreatFinding) -> None:
    assert threat.threat.to
    assert {Effect.HURTS} == {threat.effects[party] for party in threat.threat.to}


def test_the_withdrawal_is_a_gift_to_turkey_and_to_the_jihadists(threat: ThreatFinding) -> None:
    gifts = {party for party, effect in threat.effects.items() if effect is Effect.GIFT}
    assert {"turkey", "aqi"} == gifts
    assert Effect.EMPTY is threat.effects[PartyId("eu")]


def test_the_united_states_would_carry_it_out_because_of_what_it_announced(
    threat: ThreatFinding,
) -> None:
    assert Credible.CREDIBLE is threat.credible
    assert ["us_keeps_its_word"] == [statement.id for statement in threat.rests_on]
    assert threat.bound


def test_it_would_refrain_once_there_is_a_deal_and_the_announcement_matters(
    threat: ThreatFinding,
) -> None:
    assert threat.refrains is True
    assert threat.changes
    assert "threat" == threat.kind


def test_threat_and_carrots_stick_and_carrots_alone_or_neither_fail(seen: Case) -> None:
    # The text says that bad alternatives do not suffice; by its own fears they do.
    assert {"threats and offers", "threats alone"} == sticking(seen)


@pytest.mark.parametrize("answer", ["national_package", "shared_enemy"])
def test_what_wins_the_nationalists_over_makes_no_difference(case: Case, answer: str) -> None:
    found = judge_in_short(lay(seen_by(case, "P001A", {"K7": answer}), "P001A"))
    assert found is not None
    assert found.sticks


def test_six_parties_stay_because_others_would_answer(verdict: TargetVerdict) -> None:
    guarded = {party for party, grade in verdict.grades.items() if grade is Grade.GUARDED}
    assert {"us", "goi", "shia", "sadr", "sunni_nat", "kurds"} == guarded
    assert Grade.GUARDED is verdict.grade


def test_the_shia_guard_lasts_only_while_the_threat_stands(verdict: TargetVerdict) -> None:
    assert ("shia",) == verdict.lapsing


@pytest.mark.parametrize(
    ("party", "wish", "fear"),
    [
        ("shia", "shia_disarm_for_jobs", "shia_fear_open_war"),
        ("sadr", "sadr_disarms_for_jobs", "sadr_fears_open_war"),
        ("sunni_nat", "sunni_stop_for_jobs", "sunni_fear_iran"),
    ],
)
def test_that_carrots_are_needed_rests_on_a_premise_the_text_does_not_give(
    seen: Case, party: str, wish: str, fear: str
) -> None:
    # One armed camp to which disarming unpaid is worse than what it fears is enough.
    assert {"threats and offers"} == sticking(swapped(seen, party, wish, fear))


def test_no_party_simply_wants_the_settlement(case: Case) -> None:
    goals = {"settled", "deal", "compromise"}
    for view in (case, *(seen_by(case, name) for name in case.worldviews)):
        for party in view.parties:
            for group in view.statements(party):
                assert goals.isdisjoint(statement.wish for statement in group)


def test_every_statement_rests_on_a_claim_or_is_marked_an_assumption(case: Case) -> None:
    for view in (case, *(seen_by(case, name) for name in case.worldviews)):
        for party in view.parties:
            for group in view.statements(party):
                for statement in group:
                    assert statement.claims or statement.assumption, statement.id
