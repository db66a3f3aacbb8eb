"""Plan P001A of the flagship case: what its text argues, derived and not asserted.

Source: the essay cited in the case's claims; how it was coded is open in the case file itself.
Everything is seen as the plan's own author sees it; the other plans have a file of their own.
"""

from __future__ import annotations

import pytest

from servanda import sensitivity
from servanda.casefile import find_case, read_case
from servanda.model import Case, PartyId, StatementId
from servanda.selfenforcement import PartyGrade, grade_locally
from servanda.situation import Situation, lay
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import Credible, Effect, ThreatFinding, check_threats
from servanda.worlds import seen_by

PLAN = "P001A"
CAMPS = ("shia", "sadr", "sunni_nat", "kurds")
WHOLE, THREATS, OFFERS, NEITHER = sensitivity.VARIANTS


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def situation(case: Case) -> Situation:
    return lay(seen_by(case, PLAN), PLAN)


@pytest.fixture(scope="module")
def threat(situation: Situation) -> ThreatFinding:
    (found,) = check_threats(situation)
    return found


@pytest.fixture(scope="module")
def target(situation: Situation) -> TargetVerdict:
    found = judge(situation)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def guarded(target: TargetVerdict) -> dict[PartyId, PartyGrade]:
    (state,) = target.states
    parties = [party for party, grade in target.grades.items() if grade is Grade.GUARDED]
    conflict = target.situation.conflict
    return {party: grade_locally(conflict, party, state) for party in parties}


def sticks(situation: Situation) -> bool:
    verdict = judge_in_short(situation)
    assert verdict is not None
    return verdict.sticks


def refusing(situation: Situation) -> set[PartyId]:
    """Return whose consent to the target is missing, spoilers apart."""
    verdict = judge(situation)
    assert verdict is not None
    unsure = {party for party, found in verdict.comparisons.items() if not found.sure}
    return unsure - set(situation.spoilers)


# ----------------------------------------------------------------------------- the threat


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


# ------------------------------------------------------------------- the threat and the carrots


def test_threat_and_carrots_stick_and_carrots_alone_or_neither_fail(situation: Situation) -> None:
    found = {name: sticks(each) for name, each in sensitivity.variants(situation).items()}
    # The text says that bad alternatives do not suffice; by its own fears they do.
    assert {WHOLE: True, THREATS: True, OFFERS: False, NEITHER: False} == found


def test_without_the_threat_it_is_the_armed_camps_that_refuse(situation: Situation) -> None:
    assert set(CAMPS) == refusing(sensitivity.variants(situation)[OFFERS])


def test_with_neither_the_state_that_pays_refuses_as_well(situation: Situation) -> None:
    assert {*CAMPS, "saudi"} == refusing(sensitivity.variants(situation)[NEITHER])


# -------------------------------------------------------------------------------- who stays, why


def test_six_parties_stay_because_others_would_answer(guarded: dict[PartyId, PartyGrade]) -> None:
    assert {"us", "goi", *CAMPS} == set(guarded)
    for graded in guarded.values():
        assert graded.witness is not None
        assert graded.witness.sanction


def test_departure_is_what_keeps_the_armed_factions_from_taking_up_arms_again(
    situation: Situation, guarded: dict[PartyId, PartyGrade]
) -> None:
    space = situation.space
    for party in map(PartyId, ("shia", "sadr", "sunni_nat")):
        witness = guarded[party].witness
        assert witness is not None
        assert witness.sanction is not None
        (answer,) = witness.sanction
        assert "us" == answer.party
        assert "us_withdraw" in space.changes(witness.state, answer.state)


def test_the_shia_stay_only_while_the_threat_stands(target: TargetVerdict) -> None:
    assert ("shia",) == target.lapsing


def test_each_party_stays_in_the_eyes_of_the_local_search_too(
    target: TargetVerdict,
) -> None:
    assert target.sticks
    (state,) = target.states
    conflict = target.situation.conflict
    for party, grade in target.grades.items():
        assert grade is grade_locally(conflict, party, state).grade


# -------------------------------------------------------------------------- what it rests on


def test_that_carrots_are_needed_rests_on_a_premise_the_text_does_not_give(
    situation: Situation,
) -> None:
    cases = sensitivity.variants(situation)
    before = {name: sticks(each) for name, each in cases.items()}
    turned: dict[tuple[str, ...], set[str]] = {}
    for change in sensitivity.changes(situation):
        if change.party not in CAMPS:
            continue
        for name, each in cases.items():
            if sticks(sensitivity.apply(each, change)) != before[name]:
                said = tuple(s.id for s in (*change.first, *change.second))
                turned.setdefault((change.kind, *said), set()).add(name)
    # Only where a truce without a guarantor counts for more than open war are carrots needed.
    assert {
        ("drop", "shia_fear_open_war"): {WHOLE, THREATS},
        ("drop", "sadr_fears_open_war"): {WHOLE, THREATS},
        ("swap", "shia_fear_open_war", "shia_stop_only_guaranteed"): {THREATS},
        ("swap", "sadr_fears_open_war", "sadr_stops_only_guaranteed"): {THREATS},
    } == turned


def test_every_statement_every_neighbouring_pair_and_every_rule_is_to_be_tried(
    situation: Situation,
) -> None:
    groups = [situation.case.statements(party) for party in situation.case.parties]
    drops = sum(len(group) for each in groups for group in each)
    swaps = sum(max(len(each) - 1, 0) for each in groups)
    kinds = [change.kind for change in sensitivity.changes(situation)]
    assert (drops, swaps) == (kinds.count("drop"), kinds.count("swap"))
    assert len(situation.case.never) == kinds.count("rule")


def test_two_assumptions_carry_the_verdict_and_neither_can_be_spared(situation: Situation) -> None:
    pieces = sensitivity.assumptions(situation)
    carried = [
        piece
        for piece in pieces
        if isinstance(piece, tuple) and piece[1].id in {"sadr_fears_open_war", "goi_wants_troops"}
    ]
    assert 2 == len(carried)
    assert len(pieces) > 60
    assert sticks(sensitivity.keep_only(situation, carried))
    assert not sticks(sensitivity.keep_only(situation, carried[:1]))
    assert not sticks(sensitivity.keep_only(situation, carried[1:]))


def test_neither_rests_on_any_assumption(situation: Situation) -> None:
    neither = sensitivity.variants(situation)[NEITHER]
    assert not sticks(sensitivity.keep_only(neither, ()))


def test_no_party_simply_wants_the_settlement(case: Case) -> None:
    for view in case.worldviews:
        seen = seen_by(case, view)
        for party in seen.parties:
            for group in seen.statements(party):
                assert not {"settled", "deal", "compromise"} & {s.wish for s in group}


def test_every_statement_rests_on_a_claim_or_is_marked_an_assumption(case: Case) -> None:
    for view in case.worldviews:
        seen = seen_by(case, view)
        for party in seen.parties:
            for group in seen.statements(party):
                for statement in group:
                    assert statement.claims or statement.assumption, statement.id


def test_the_plans_own_view_is_what_the_common_ground_lacks(case: Case) -> None:
    mine = seen_by(case, PLAN)
    known = {s.id for group in mine.statements(PartyId("shia")) for s in group}
    base = {s.id for group in case.statements(PartyId("shia")) for s in group}
    assert {StatementId("shia_fear_open_war")} == known - base
    assert not sticks(lay(case, PLAN))
