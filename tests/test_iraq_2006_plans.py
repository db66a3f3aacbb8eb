"""The seven plans of the flagship case, each as its own author sees it, and where others differ.

What a text argues is to follow from the motives it names, or what is missing is told.
"""

from __future__ import annotations

import pytest

from servanda.acceptance import Acceptable
from servanda.casefile import find_case, read_case
from servanda.conditions import OptionId
from servanda.model import Case, PartyId
from servanda.situation import Situation, lay
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import Credible, Effect, ThreatFinding, check_threats
from servanda.worlds import every_answer, seen_by


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


def situation(case: Case, plan: str, view: str, *without: str, **answers: str) -> Situation:
    return lay(seen_by(case, view, answers), plan, without)


def sticks(case: Case, plan: str, view: str, *without: str, **answers: str) -> bool:
    found = judge_in_short(situation(case, plan, view, *without, **answers))
    assert found is not None
    return found.sticks


def verdict(case: Case, plan: str, view: str, *without: str, **answers: str) -> TargetVerdict:
    found = judge(situation(case, plan, view, *without, **answers))
    assert found is not None
    return found


def refusing(found: TargetVerdict) -> dict[str, set[str]]:
    """Return who does worse than without a deal, with the wishes that decide."""
    return {
        party: {statement.id for statement in each.decisive}
        for party, each in found.comparisons.items()
        if not each.sure
    }


def candidate(case: Case, name: str, view: str) -> Case:
    """Return the case as an author sees it, with one statement that the case proposes."""
    seen = seen_by(case, view)
    ((party, added),) = [
        (party, each) for party, of in case.candidates.items() for each in of if each.id == name
    ]
    groups = [list(group) for group in seen.statements(party)]
    places = [statement.id for group in groups for statement in group]
    at = 0 if added.at == "top" else places.index(added.before or added.after or added.id)
    groups.insert(at + (added.after is not None), [added])
    ordered = seen.preferences[party].model_copy(update={"ordered": tuple(map(tuple, groups))})
    return seen.model_copy(update={"preferences": {**seen.preferences, party: ordered}})


# ------------------------------------------------------------------- P000: renounce and commit


def test_p000_with_both_commitments_the_neighbours_help_and_it_sticks(case: Case) -> None:
    assert all(
        sticks(case, "P000", "P000", **answers)
        for answers in every_answer(case, case.worldviews["P000"].answers)
    )


@pytest.mark.parametrize("missing", ["us_no_bases", "us_withdraw", "commitments"])
def test_p000_without_either_commitment_the_neighbours_refuse(case: Case, missing: str) -> None:
    found = verdict(case, "P000", "P000", missing)
    assert Acceptable.NO is found.acceptable
    assert {"iran_helps_only_if_pledged"} == refusing(found)["iran"]
    assert {"syria_helps_only_if_pledged"} == refusing(found)["syria"]


def test_p000_the_small_embassy_is_not_what_the_rest_hangs_on(case: Case) -> None:
    assert sticks(case, "P000", "P000", "us_shrink_embassy")


# ------------------------------------------------------- P001B: split the insurgency by a bargain


@pytest.mark.parametrize("answer", ["credible", "empty"])
def test_p001b_with_the_reassurances_turning_on_the_jihadists_sticks(
    case: Case, answer: str
) -> None:
    found = verdict(case, "P001B", "P001B", K4=answer)
    assert Acceptable.SURELY is found.acceptable
    assert Grade.FIRM is found.grades[PartyId("sunni_nat")]
    assert found.sticks


@pytest.mark.parametrize(
    "missing", ["us_no_bases", "us_withdraw", "goi_amnesty", "goi_oil_share", "goi_debaath"]
)
def test_p001b_without_one_of_them_the_insurgents_do_not_turn(case: Case, missing: str) -> None:
    found = verdict(case, "P001B", "P001B", missing)
    assert not found.sticks
    assert {"sunni_turn_only_reassured"} == refusing(found)["sunni_nat"]


def test_p001b_iran_and_syria_press_only_with_talks_and_assurance(case: Case) -> None:
    found = verdict(case, "P001B", "P001B", "us_engage_neighbours")
    assert {"iran_presses_only_if_assured"} == refusing(found)["iran"]
    assert {"syria_presses_only_if_assured"} == refusing(found)["syria"]


def test_p001b_nobody_would_hold_to_the_bargain_if_the_insurgents_turned_anyway(case: Case) -> None:
    found = verdict(case, "P001B", "P001B", K7="shared_enemy")
    assert Acceptable.SURELY is found.acceptable
    assert not found.sticks


# --------------------------------------------------------------------- P001C: a shared enemy


def test_p001c_deal_and_departure_follow_from_the_shared_enemy(case: Case) -> None:
    found = verdict(case, "P001C", "P001C")
    assert found.sticks
    assert Grade.FIRM is found.grade
    assert {"sunni_want_jihadists_out"} == {
        statement.id for statement in found.comparisons[PartyId("sunni_nat")].decisive
    }


def test_p001c_contradicts_p001b_on_the_timetable(case: Case) -> None:
    found = verdict(case, "P001C", "P001B")
    assert {"sunni_fear_haste"} == refusing(found)["sunni_nat"]
    assert not found.sticks


# ------------------------------------------------------------------------ P002: an ultimatum


@pytest.fixture(scope="module")
def ultimatum(case: Case) -> ThreatFinding:
    (found,) = check_threats(situation(case, "P002", "P002"))
    return found


def test_p002_threatens_both_communities_with_what_they_want(ultimatum: ThreatFinding) -> None:
    wanting = ["goi", "shia", "sadr", "sunni_nat", "sunni_pol"]
    assert {Effect.GIFT} == {ultimatum.effects[PartyId(party)] for party in wanting}


def test_p002_is_a_forecast_for_the_united_states_would_leave_anyway(
    ultimatum: ThreatFinding,
) -> None:
    assert Credible.CREDIBLE is ultimatum.credible
    assert ["us_cuts_its_losses"] == [statement.id for statement in ultimatum.rests_on]
    assert "forecast" == ultimatum.kind


def test_p002_what_remains_is_the_extrication(case: Case) -> None:
    found = verdict(case, "P002", "P002")
    assert Acceptable.NO is found.acceptable
    assert {"goi_wants_departure"} == refusing(found)["goi"]
    assert {"shia_want_departure"} == refusing(found)["shia"]
    space = found.situation.space
    for state in found.no_deal.states:
        taken = space.named(space.changes(found.situation.start, state))
        assert "at_once" == taken[OptionId("us_withdraw")]
        assert "yes" == taken[OptionId("us_extricate")]


@pytest.mark.parametrize("view", ["P001A", "P001B"])
def test_p002_the_same_threat_hurts_those_who_fear_departure(case: Case, view: str) -> None:
    (found,) = check_threats(situation(case, "P002", view, K4="credible"))
    assert {Effect.HURTS} == {found.effects[party] for party in found.threat.to}
    assert sticks(case, "P002", view, K4="credible")


# ------------------------------------------------------------- P003: a force and a compromise


def test_p003_force_and_compromise_together_stick_by_their_own_premises(case: Case) -> None:
    found = verdict(case, "P003", "P003")
    assert found.sticks
    guarded = {party for party, grade in found.grades.items() if grade is Grade.GUARDED}
    assert {"shia", "sadr", "sunni_nat", "eu", "jordan", "turkey"} <= guarded


def test_p003_the_compromise_needs_the_force(case: Case) -> None:
    found = verdict(case, "P003", "P003", "nato_deploy")
    refused = refusing(found)
    assert {"shia_stop_only_guaranteed"} == refused["shia"]
    assert {"sadr_stops_only_guaranteed"} == refused["sadr"]
    assert "sunni_nat" in refused


def test_p003_the_force_needs_the_compromise(case: Case) -> None:
    found = verdict(case, "P003", "P003", "shia_fight", "sadr_fight", "sunni_fight")
    assert {"nato_needs_compromise"} == refusing(found)["nato"]


def test_p003_without_the_hosts_consent_the_neighbours_drop_out_and_too_few_are_left(
    case: Case,
) -> None:
    found = judge(lay(candidate(case, "goi_refuses_neighbours", "P003"), "P003"))
    assert found is not None
    assert {"goi_refuses_neighbours"} == refusing(found)["goi"]
    most = {
        name: max(option.values) for name, option in case.options.items() if option.unit == "troops"
    }
    distant = sum(troops for name, troops in most.items() if name in {"neweu_troops", "eu_troops"})
    assert distant < 32_000 <= sum(most.values())


def test_p003_rests_on_another_force_deterring_turkey_too(case: Case) -> None:
    found = judge(lay(candidate(case, "turkey_minds_us_troops_alone", "P003"), "P003"))
    assert found is not None
    assert {"kurds_fear_turkey"} == refusing(found)["kurds"]


# ------------------------------------------------------------ P004: talks, then a commitment


def test_p004_with_the_commitment_iran_and_syria_help(case: Case) -> None:
    found = verdict(case, "P004", "P004", K1="leave")
    assert found.sticks


def test_p004_without_the_commitment_they_do_not(case: Case) -> None:
    found = verdict(case, "P004", "P004", "us_withdraw", K1="leave")
    assert {"iran_helps_only_if_pledged"} == refusing(found)["iran"]
    assert {"syria_helps_only_if_pledged"} == refusing(found)["syria"]


def test_p004_what_p001a_believes_of_the_neighbours_turns_it_over(case: Case) -> None:
    found = verdict(case, "P004", "P004", K1="leave", K2="stay")
    assert {"iran_keeps_us_tied"} == refusing(found)["iran"]
    assert not found.sticks


def test_p004_leaves_open_what_the_factions_want_and_hangs_on_it(case: Case) -> None:
    assert not sticks(case, "P004", "P004", K1="stay")
