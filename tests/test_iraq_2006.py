"""Plan P001A of the flagship case: what its text argues, derived and not asserted.

Source: the essay cited in the case's claims; how it was coded is open in the case file itself.
"""

from __future__ import annotations

import pytest

from servanda import sensitivity
from servanda.analysis import Findings, analyse
from servanda.casefile import find_case, read_case
from servanda.model import Case, PartyId
from servanda.sensitivity import Smallest, Turn
from servanda.situation import Situation, lay
from servanda.stability import Grade
from servanda.target import judge
from servanda.threats import Credible, Effect, ThreatFinding, check_threats


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def situation(case: Case) -> Situation:
    return lay(case)


@pytest.fixture(scope="module")
def threat(situation: Situation) -> ThreatFinding:
    (found,) = check_threats(situation)
    return found


@pytest.fixture(scope="module")
def turns(situation: Situation) -> list[Turn]:
    return sensitivity.turns(situation)


@pytest.fixture(scope="module")
def findings(case: Case) -> Findings:
    return analyse(case)


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
    assert threat.kind == "threat"


def test_threat_and_carrots_stick_and_carrots_alone_or_neither_fail(situation: Situation) -> None:
    sticks = {}
    for name, variant in sensitivity.variants(situation).items():
        verdict = judge(variant)
        assert verdict is not None
        sticks[name] = verdict.sticks
    assert sticks["threats and offers"]
    assert not sticks["offers alone"]
    assert not sticks["neither"]
    # The text says that bad alternatives do not suffice; by its own fears they do.
    assert sticks["threats alone"]


def test_four_parties_stay_because_others_would_answer(findings: Findings) -> None:
    assert findings.target_package is not None
    guarded = {
        party: graded
        for party, graded in findings.target_package.grades.items()
        if graded.grade is Grade.GUARDED
    }
    assert {"goi", "shia", "sunni_nat", "kurds"} == set(guarded)
    for graded in guarded.values():
        assert graded.witness is not None
        assert graded.witness.sanction


def test_the_shia_and_kurdish_guards_last_only_while_the_threat_stands(findings: Findings) -> None:
    assert findings.target_package is not None
    grades = findings.target_package.grades
    assert {"shia", "kurds"} == {party for party, graded in grades.items() if graded.lapses}
    for party in (PartyId("shia"), PartyId("kurds")):
        witness = grades[party].witness
        assert witness is not None
        assert witness.sanction is not None
        assert "us" == witness.sanction[0].party


def test_that_carrots_are_needed_rests_on_a_premise_the_text_does_not_give(
    turns: list[Turn],
) -> None:
    swaps = {
        tuple(statement.id for statement in (*turn.change.first, *turn.change.second))
        for turn in turns
        if turn.change.kind == "swap" and turn.only_whole
    }
    expected = {
        ("shia_fear_open_war", "shia_disarm_for_jobs"),
        ("sunni_fear_iran", "sunni_stop_for_jobs"),
    }
    assert expected == swaps


def test_every_statement_and_every_neighbouring_pair_is_tried(
    situation: Situation, turns: list[Turn]
) -> None:
    groups = [situation.case.statements(party) for party in situation.case.parties]
    drops = sum(len(group) for each in groups for group in each)
    swaps = sum(max(len(each) - 1, 0) for each in groups)
    assert drops + swaps + len(situation.case.never) == len(turns)


def test_the_smallest_sets_of_assumptions_are_proved_and_keep_their_verdicts(
    situation: Situation,
) -> None:
    sizes = {}
    for name, variant in sensitivity.variants(situation).items():
        found: Smallest = sensitivity.smallest(variant)
        assert found.size == found.bound
        sizes[name] = found.size
        kept = sensitivity.keep_only(variant, (*found.statements, *found.rules))
        before, after = judge(variant), judge(kept)
        assert before is not None
        assert after is not None
        assert before.sticks == after.sticks
    expected = {"threats and offers": 1, "threats alone": 1, "offers alone": 0, "neither": 0}
    assert expected == sizes


def test_no_party_simply_wants_the_settlement(case: Case) -> None:
    for party in case.parties:
        for group in case.statements(party):
            assert "settled" not in {statement.wish for statement in group}


def test_every_statement_rests_on_a_claim_or_is_marked_an_assumption(case: Case) -> None:
    for party in case.parties:
        for group in case.statements(party):
            for statement in group:
                assert statement.claims or statement.assumption, statement.id


def test_the_reported_packages_stick_in_the_engine_and_in_the_local_search(
    findings: Findings,
) -> None:
    assert "optimal" == findings.status
    assert findings.target is not None
    assert findings.target.sticks
    assert any(package.sticks for package in findings.packages)
