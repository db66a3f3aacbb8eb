"""What no package can do, whose price is paid, and who contributes: the flagship, plan by plan.

What is found beside the text's conclusion is held as well: the difference is the finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from servanda.acceptance import Acceptable
from servanda.casefile import find_case, read_case
from servanda.conditions import OptionId
from servanda.contributors import Contributor, smallest_coalition
from servanda.model import Case, Changes, PartyId
from servanda.nodeal import no_deal
from servanda.quotas import meetings
from servanda.selfenforcement import grade_locally
from servanda.situation import Situation, lay
from servanda.solver import Search
from servanda.stability import Concept, Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import Credible, Effect, ThreatFinding, check_threats
from servanda.worlds import Overlay, every_answer, laid, open_questions, own_view, seen_by

PLANS = ("P000", "P001A", "P001B", "P001C", "P002", "P003", "P004")
NEIGHBOURS = ("iran_coop", "syria_coop", "neighbours_coop")
IRAN, SYRIA = PartyId("iran"), PartyId("syria")


@cache
def case() -> Case:
    return read_case(find_case("iraq-2006"))


def seen(plan: str, view: str = "", answers: Mapping[str, str] | None = None) -> Case:
    """Return the case as the plan's author sees it, or another, some answers changed."""
    return seen_by(case(), view or own_view(case(), plan), answers)


@cache
def verdict(plan: str, *without: str, view: str = "") -> TargetVerdict:
    return judged(lay(seen(plan, view), plan, without))


def judged(situation: Situation) -> TargetVerdict:
    found = judge(situation)
    assert found is not None
    return found


def refusing(found: TargetVerdict) -> dict[str, list[str]]:
    """Return who does not consent to a target, and what decides; spoilers are not asked."""
    return {
        party: [statement.id for statement in compared.decisive]
        for party, compared in found.comparisons.items()
        if not compared.sure and party not in found.situation.spoilers
    }


def leaving(found: TargetVerdict) -> set[str]:
    """Return who would leave a target."""
    return {party for party, grade in found.grades.items() if not grade.sticks}


def threat_of(plan: str) -> ThreatFinding:
    (found,) = check_threats(lay(seen(plan), plan))
    return found


def taken(found: TargetVerdict) -> dict[str, object]:
    """Return what a target is in full: where the rest settles once its terms hold."""
    (state,) = found.states
    space = found.situation.space
    return {str(option): said for option, said in space.named(space.levels(state)).items()}


def without_deal(found: TargetVerdict) -> dict[str, object]:
    (state,) = found.no_deal.states
    space = found.situation.space
    return {str(option): said for option, said in space.named(space.levels(state)).items()}


def packages_with(situation: Situation, terms: Sequence[str], concept: Concept) -> str:
    """Return whether any package with some terms sticks in a sense: what the solver proves."""
    search = Search(situation, no_deal(situation, ()), concept=concept)
    for term in terms:
        search.forms.require(search.forms.levels[OptionId(term)][1])
    return search.optimum(search.changes, maximise=False).status


# ------------------------------------------------------------------------------ all of them


def test_six_plans_stick_as_their_authors_see_it_and_the_ultimatum_does_not() -> None:
    assert {plan: plan != "P002" for plan in PLANS} == {
        plan: verdict(plan).sticks for plan in PLANS
    }


def test_the_table_of_the_readme_holds_in_a_world_that_each_author_allows() -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip().strip("*") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith(("| P0", "| Plan | P0"))
    ]
    (_, *views), *table = rows
    assert list(PLANS) == views == [plan for plan, *_ in table]
    for plan, *cells in table:
        for view, told in zip(views, cells, strict=True):
            known = case().worldviews[view].answers
            world = next(every_answer(case(), known))
            if told not in {"yes", "no"}:
                assert open_questions(case(), view)
                continue
            found = judge_in_short(lay(seen(plan, view, world), plan))
            assert found is not None
            assert (told == "yes") == found.sticks, f"{plan} as {view} sees it"


# ------------------------------------------------------------------------------------- P000


@pytest.mark.parametrize(
    "kept_back", [["us_no_bases"], ["us_withdraw"], ["us_no_bases", "us_withdraw"]], ids=" ".join
)
def test_unless_bases_are_renounced_and_departure_pledged_no_help_of_neighbours_sticks(
    kept_back: list[str],
) -> None:
    situation = lay(seen("P000"), "P000", kept_back)
    for concept in (Concept.NASH, Concept.SEQ):  # firm packages, then guarded ones
        assert "infeasible" == packages_with(situation, NEIGHBOURS, concept)
    found = verdict("P000", *kept_back)
    assert {"iran", "syria"} <= set(refusing(found))
    assert not found.sticks


def test_with_both_the_package_of_p000_sticks_and_the_neighbours_help_in_it() -> None:
    found = verdict("P000")
    assert found.sticks
    assert {"yes"} == {taken(found)[option] for option in NEIGHBOURS}
    assert {"us"} == {p for p, grade in found.grades.items() if grade is not Grade.FIRM}


def test_what_p000_pledges_takes_away_what_the_mahdi_army_fights_for() -> None:
    assert [["sadr_fights_bases"], ["sadr_likes_war"]] == [
        refusing(verdict("P000", part))["sadr"] for part in ("us_no_bases", "us_withdraw")
    ]
    assert "sadr" not in refusing(verdict("P000"))


def test_without_talks_iran_and_syria_do_not_help_in_p000() -> None:
    found = verdict("P000", "us_engage_neighbours")
    assert {"iran": ["iran_helps_at_a_table"], "syria": ["syria_helps_at_a_table"]} == refusing(
        found
    )


# ------------------------------------------------------------------------------------ P001B


def test_once_reassured_the_nationalists_turn_on_the_jihadists_and_stay_by_themselves() -> None:
    found = verdict("P001B")
    assert found.sticks
    assert ("yes", "no") == (taken(found)["sunni_turn"], taken(found)["sunni_fight"])
    assert Grade.FIRM is found.grades[PartyId("sunni_nat")]


@pytest.mark.parametrize(
    "reassurance", ["us_no_bases", "us_withdraw", "goi_amnesty", "goi_oil_share", "goi_debaath"]
)
def test_without_any_one_reassurance_the_nationalists_do_not_turn(reassurance: str) -> None:
    found = verdict("P001B", reassurance)
    assert ["sunni_turn_only_reassured"] == refusing(found)["sunni_nat"]
    (state,) = found.states
    grade = grade_locally(found.situation.conflict, PartyId("sunni_nat"), state).grade
    assert not grade.sticks


def test_without_a_deal_of_their_own_with_the_us_the_nationalists_do_not_turn() -> None:
    refused = refusing(verdict("P001B", "us_deal_insurgents"))
    assert ["sunni_turn_after_a_deal"] == refused["sunni_nat"]


def test_iran_and_syria_press_for_compromise_once_assured_even_without_a_deal() -> None:
    alone = without_deal(verdict("P001B"))
    assert ("yes", "yes") == (alone["iran_press"], alone["syria_press"])


def test_without_talks_and_assurance_iran_and_syria_do_not_press() -> None:
    found = verdict("P001B", "us_engage_neighbours")
    alone = without_deal(found)
    assert ("no", "no") == (alone["iran_press"], alone["syria_press"])
    refused = refusing(found)
    assert ["iran_presses_only_if_assured"] == refused["iran"]
    assert ["syria_presses_only_if_assured"] == refused["syria"]
    # The Shia give their region up only where Iran presses them.
    assert ["shia_want_region"] == refused["shia"]


def test_talks_without_the_assurance_do_not_bring_their_pressure_about() -> None:
    told = seen("P001B")
    plan = told.plans["P001B"]
    talks = tuple(
        term.model_copy(update={"take": term.take.replace("assurance", "talks")})
        for term in plan.commitments
    )
    assert talks != plan.commitments
    weaker = plan.model_copy(update={"commitments": talks})
    found = judged(lay(told.model_copy(update={"plans": {"P001B": weaker}}), "P001B"))
    assert {"iran", "syria"} <= set(refusing(found))
    assert "no" == without_deal(found)["iran_press"]


def test_p001b_needs_its_pressure_on_the_kurds_and_not_its_mediators() -> None:
    assert {"kurds": ["kurds_want_statehood"]} == refusing(verdict("P001B", "us_press_kurds"))
    assert verdict("P001B", "eu_un_mediate").sticks


# ------------------------------------------------------------------------------------ P001C


def test_the_deal_and_departure_of_p001c_follow_from_the_shared_enemy() -> None:
    found = verdict("P001C")
    assert found.sticks
    assert {Grade.FIRM} == set(found.grades.values())
    (state,) = found.states
    (alone,) = found.no_deal.states
    payoffs = found.situation.conflict.payoffs
    for party, wish in (
        ("us", "us_wants_jihadists_beaten"),
        ("sunni_nat", "sunni_want_jihadists_out"),
    ):
        _, decisive = payoffs[PartyId(party)].decisive(state, alone)
        assert [wish] == [statement.id for statement in decisive]


def test_without_the_deal_the_shared_enemy_does_not_bring_the_turn_about() -> None:
    assert not verdict("P001C", "us_deal_insurgents").sticks
    assert "no" == without_deal(verdict("P001C"))["sunni_turn"]


def test_p001b_and_p001c_contradict_each_other_on_the_timetable() -> None:
    theirs = verdict("P001C", view="P001B")
    assert {"sunni_nat": ["sunni_fear_haste"]} == {
        party: why for party, why in refusing(theirs).items() if party in {"us", "sunni_nat"}
    }
    back = verdict("P001B", view="P001C")
    assert "us" in leaving(back)
    (state,) = back.states
    witness = grade_locally(back.situation.conflict, PartyId("us"), state).witness
    assert witness is not None
    gained = back.situation.conflict.payoffs[PartyId("us")].decisive(witness.state, state)[1]
    assert ["us_wants_out_soon"] == [statement.id for statement in gained]


# ------------------------------------------------------------------------------------- P002


def test_the_departure_that_p002_threatens_is_a_gift_to_those_it_is_addressed_to() -> None:
    found = threat_of("P002")
    assert ("goi", "shia") == found.threat.to
    communities = ("goi", "shia", "sadr", "sunni_nat", "sunni_pol")
    assert {Effect.GIFT} == {found.effects[PartyId(party)] for party in communities}


def test_the_ultimatum_of_p002_is_credible_and_yet_only_a_forecast() -> None:
    found = threat_of("P002")
    assert Credible.CREDIBLE is found.credible
    assert ["us_cuts_its_losses"] == [statement.id for statement in found.rests_on]
    assert ("forecast", False) == (found.kind, found.refrains)


def test_its_addressees_and_the_us_itself_refuse_the_deal_that_p002_asks_for() -> None:
    found = verdict("P002")
    assert Acceptable.NO is found.acceptable
    refused = refusing(found)
    assert ["us_cuts_its_losses"] == refused["us"]
    assert ["goi_wants_departure"] == refused["goi"]
    assert ["shia_want_departure"] == refused["shia"]
    assert ["sunni_want_departure"] == refused["sunni_nat"]


def test_what_remains_of_p002_is_the_way_out_it_ends_with() -> None:
    alone = without_deal(verdict("P002"))
    assert "at_once" == alone["us_withdraw"]
    assert ("yes", "yes") == (alone["us_extricate"], alone["us_safe_areas"])


# ------------------------------------------------------------------------------------- P003


def test_the_force_needs_the_compromise_and_the_compromise_needs_the_force() -> None:
    assert verdict("P003").sticks
    without_force = refusing(verdict("P003", "nato_deploy"))
    assert {"shia", "sadr", "sunni_nat"} <= set(without_force)
    found = verdict("P003")
    (state,) = found.states
    space, conflict = found.situation.space, found.situation.conflict
    at_war = space.put(state, {OptionId("shia_fight"): 1})
    witness = grade_locally(conflict, PartyId("nato"), at_war).witness
    assert witness is not None
    assert {"nato_deploy": "no"} == space.named(space.changes(at_war, witness.state))
    _, why = conflict.payoffs[PartyId("nato")].decisive(witness.state, at_war)
    assert ["nato_needs_compromise"] == [statement.id for statement in why]


@pytest.mark.parametrize(
    ("price", "party", "wish"),
    [("us_admit_error", "eu", "eu_price"), ("us_aid", "new_eu", "new_eu_paid")],
)
def test_each_price_of_the_contributors_has_to_be_paid(price: str, party: str, wish: str) -> None:
    found = verdict("P003", price)
    assert [wish] == refusing(found)[party]
    assert party in leaving(found)


def contributors(*barred: str) -> list[Contributor]:
    """Return who could send how many troops; what they cost is not in the text."""
    found = []
    for name, option in case().options.items():
        if option.unit == "troops" and name not in barred:
            (owner,) = option.owners
            found.append(Contributor(id=owner, cap=int(max(option.values))))
    return found


def test_contributors_to_the_force_of_p003_are_found_and_the_neighbour_in_the_north_is_one() -> (
    None
):
    found = smallest_coalition(contributors(), 32_000)
    assert found.proved
    assert found.coalition is not None
    assert {"turkey": 8_000, "new_eu": 8_000, "eu": 16_000} == dict(found.coalition.shares)
    assert {"turkey", "new_eu", "eu"} == set(found.pivotal)


def test_contributors_to_the_force_of_p003_have_caps_and_prices_and_the_rest_is_assumed() -> None:
    found = verdict("P003")
    prices = {OptionId("us_admit_error"): Fraction(3)}
    (meeting,) = meetings(found.situation, prices)
    assert [32_000, "troops", 36_000] == [meeting.amount, meeting.unit, meeting.most]
    by_party = {each.contributor.id: each for each in meeting.givers}
    asked = {party: [ask.id for ask in each.asks][:1] for party, each in by_party.items()}
    assert {
        "jordan": ["jordan_goes_invited"],
        "turkey": ["turkey_goes_invited"],
        "new_eu": ["new_eu_paid"],
        "eu": ["eu_price"],
    } == asked
    priced = {party: each.contributor.joining for party, each in by_party.items()}
    assert {"jordan": 0, "turkey": 0, "new_eu": 1, "eu": 3} == priced
    assert meeting.smallest.coalition is not None
    assert 4 == meeting.smallest.coalition.cost
    assert set(meeting.smallest.pivotal) == {"turkey", "new_eu", "eu"}
    assert {4_000, 8_000, 16_000} == {each.given for each in meeting.givers}
    caps = [option for option in case().options.values() if option.unit == "troops"]
    assert all(option.assumption for option in caps)


def test_the_contingents_that_p003_asks_for_make_up_its_force_to_a_man() -> None:
    found = verdict("P003")
    asked = {
        option: stated.values[found.situation.target[option]]
        for option, stated in case().options.items()
        if stated.unit == "troops" and found.situation.target is not None
    }
    assert 32_000 == sum(asked.values())
    (state,) = found.states
    space, conflict = found.situation.space, found.situation.conflict
    for option in asked:
        fewer = space.put(state, {option: space.level(state, option) - 1})
        witness = grade_locally(conflict, PartyId("nato"), fewer).witness
        assert witness is not None
        _, why = conflict.payoffs[PartyId("nato")].decisive(witness.state, fewer)
        assert ["nato_needs_force"] == [statement.id for statement in why]


def test_without_the_neighbours_consented_to_no_force_of_that_size_can_be_had() -> None:
    found = smallest_coalition(contributors("jordan_troops", "turkey_troops"), 32_000)
    assert found.none is not None
    assert 8_000 == found.none.short


@pytest.mark.parametrize(
    ("consent", "gone"), [("distant", {"turkey"}), ("none", {"turkey", "eu", "new_eu"})]
)
def test_the_hosts_consent_decides_whose_troops_drop_out(consent: str, gone: set[str]) -> None:
    found = verdict("P003")
    (state,) = found.states
    space, conflict = found.situation.space, found.situation.conflict
    level = case().options[OptionId("goi_consent")].levels.index(consent)
    refused = space.put(state, {OptionId("goi_consent"): level})
    graded = {party: grade_locally(conflict, party, refused) for party in conflict.parties}
    assert gone == {party for party, found in graded.items() if not found.grade.sticks}
    jordan = graded[PartyId("jordan")]  # would leave too, and is kept by NATO's leaving after it
    assert jordan.witness is not None
    left = conflict.payoffs[PartyId("jordan")].decisive(jordan.witness.state, refused)[1]
    assert ["jordan_goes_invited"] == [statement.id for statement in left]


def test_a_host_that_refuses_neighbours_before_all_else_ends_p003() -> None:
    wish = {"id": "goi_refuses_neighbours", "wish": "goi_consent < neighbours", "claims": ["f18"]}
    told = Changes.model_validate({"preferences": {"goi": [{"add": wish, "at": "top"}]}})
    found = judged(lay(laid(seen("P003"), [Overlay(("a test",), told)]), "P003"))
    assert {"goi": ["goi_refuses_neighbours"]} == refusing(found)
    assert {"goi"} == leaving(found)


# ------------------------------------------------------------------------------------- P004


def test_with_the_commitment_to_leave_iran_and_syria_cooperate() -> None:
    found = verdict("P004")
    assert found.sticks
    assert ("yes", "yes") == (taken(found)["iran_coop"], taken(found)["syria_coop"])
    assert (Grade.FIRM, Grade.FIRM) == (found.grades[IRAN], found.grades[SYRIA])


def test_without_the_commitment_to_leave_they_do_not() -> None:
    found = verdict("P004", "us_withdraw")
    assert not found.sticks
    refused = refusing(found)
    assert ["iran_helps_only_if_pledged"] == refused["iran"]
    assert ["syria_helps_only_if_pledged"] == refused["syria"]


def test_without_the_commitment_no_package_with_their_help_sticks() -> None:
    situation = lay(seen("P004"), "P004", ["us_withdraw"])
    for concept in (Concept.NASH, Concept.SEQ):
        assert "infeasible" == packages_with(situation, ("iran_coop", "syria_coop"), concept)


def test_what_p001a_believes_of_the_neighbours_turns_p004_over() -> None:
    found = judged(lay(seen("P004", answers={"K2": "stay"}), "P004"))
    assert not found.sticks
    assert {"iran": ["iran_keeps_us_tied"], "syria": ["syria_keeps_us_tied"]} == refusing(found)


def test_the_ministers_table_is_more_than_p004_needs() -> None:
    assert verdict("P004", "regional_talks").sticks
    assert not verdict("P004", "us_engage_neighbours").sticks
