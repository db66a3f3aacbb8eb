"""What it would take for a deal to stick, as `servanda remedies` tells it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from servanda import terminal
from servanda.analysis import Findings, analyse
from servanda.asking import target_alone
from servanda.casefile import find_case, read_case
from servanda.conditions import OptionId
from servanda.conflict import Conflict, silent
from servanda.errors import Stopped, Undecided, UsageError
from servanda.groups import group_gains
from servanda.invocation import Asked
from servanda.model import PartyId
from servanda.obstacles import judged
from servanda.remedies import Wanted, remedies
from servanda.situation import lay
from servanda.turns import Turn
from test_cli import data, run
from test_searched import large
from test_sensitivity import FENCE

TALKS = """\
servanda: 1
title: The price of a horse
parties: {seller: Seller, buyer: Buyer}
options:
  price:  {joint: [seller, buyer], levels: [low, fair, high], does: price}
  saddle: {joint: [seller, buyer], does: saddle included}
preferences:
  seller: {points: {price = fair: 20, price = high: 30, not saddle: 5}}
  buyer:  {points: {price = low: 30, price = fair: 15, saddle: 10}}
walk_away: {seller: 15, buyer: 18}
"""
THREAT = """\
servanda: 1
title: A threat at the well
parties: {ana: Ana, ben: Ben}
options:
  warning: {by: ana, does: warns that she will dig, only: up}
  dig:     {by: ana, does: digs a deeper well}
  mend:    {by: ana, does: mends the pipe}
  meter:   {by: ben, does: keeps a meter}
preferences:
  ana: [warning and not meter implies dig, not dig, meter]
  ben: [meter implies mend, not dig, not meter]
signatories: {required: [ana, ben]}
claims: {letter: A letter of the farmer}
default_plan: ultimatum
plans:
  ultimatum:
    title: A meter, or a deeper well
    commitments: [{take: mend, claims: [letter]}]
    threats: [{by: ana, announce: warning, act: [dig], if: not meter, to: [ben]}]
    target: [meter, not dig]
"""
CARROTS = """\
servanda: 1
title: Quiet nights
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
  drum:  {by: ben, does: drums at night}
  pay:   {by: ana, does: pays}
  bread: {by: cho, does: bakes for Ben}
  wood:  {by: cho, does: brings wood}
  sing:  {by: cho, does: sings}
status_quo: [drum]
preferences:
  ana: [pay implies not drum, not drum implies pay, not drum]
  ben: [not drum implies (BEN), BEN, drum]
  cho:
    - bread or wood or sing implies not drum
    - not drum implies bread and wood
    - not drum implies sing
    - not drum
signatories: {required: [ben]}
plans:
  quiet:
    title: Quiet for gifts
    offers: [pay, {take: bread, assumption: true}, wood]
    target: [not drum, pay, bread, wood]
    guarantors: [{who: [cho], via: [bread]}]
default_plan: quiet
"""


def told(text: str, tmp_path: Path, *words: str) -> Any:
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    return data("remedies", str(path), *words)


def said(text: str, tmp_path: Path, *words: str) -> str:
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    result = run("remedies", str(path), *words, COLUMNS="1000")
    assert 0 == result.exit_code, result.output
    return result.stdout


# ------------------------------------------------------------------------------ carrots


def test_of_the_plans_carrots_the_cheapest_set_is_named(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "pay or bread and wood")
    found = told(text, tmp_path, "--price", "pay=3,bread=0.5")["carrots"]
    assert [["bread", "wood"]] == found["cheapest"]
    assert (1.5, 1.5, True, True) == (
        found["price"],
        found["bound"],
        found["proved"],
        found["sticks"],
    )
    shown = said(text, tmp_path, "--price", "pay=3,bread=0.5")
    assert "It sticks with Cho: bakes for Ben, brings wood, which costs 1.5." in shown
    assert "No cheaper set does: 5 sets tried." in shown


def test_a_carrot_that_no_plan_offers_can_make_it_stick(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "wood and sing").replace("    - not drum implies sing\n", "")
    assert [] == told(text, tmp_path)["carrots"]["cheapest"]
    found = told(text, tmp_path, "--more")["carrots"]
    assert (False, [["bread", "wood", "sing"]]) == (found["sticks"], found["cheapest"])
    assert {"bread": "yes", "wood": "yes", "sing": "yes"} == found["sets"][0]
    assert "It sticks with Cho: bakes for Ben, brings wood, sings." in said(
        text, tmp_path, "--more"
    )
    one = told(text, tmp_path, "--more", "--state", "pay, bread, wood")["carrots"]
    assert [["bread", "wood", "sing"]] == one["cheapest"]


def test_what_moves_by_itself_is_no_carrot(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "wood and sing")
    found = told(text, tmp_path, "--more")["carrots"]
    assert ["pay", "bread", "wood"] == [each["option"] for each in found["from"]]


def test_carrots_as_cheap_and_carrots_for_nothing_are_told(tmp_path: Path) -> None:
    assert "It sticks with none of them given." in said(FENCE, tmp_path)
    assert "the plan offers more than it needs" in said(FENCE, tmp_path)
    text = CARROTS.replace("BEN", "bread or wood").replace("implies bread and wood", "implies BEN")
    shown = said(text.replace("BEN", "(bread or wood)"), tmp_path)
    assert "It sticks with Cho: brings wood.\n  As cheap: Cho: bakes for Ben.\n" in shown


def test_where_not_every_set_is_tried_the_bound_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CARROTS.replace("BEN", "pay or bread and wood")
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, budget=4))
    found = told(text, tmp_path)["carrots"]
    assert (2, 0, False) == (found["price"], found["bound"], found["proved"])
    shown = said(text, tmp_path)
    assert "Cheaper ones may do, though none below 0: 4 sets tried." in shown
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, budget=2))
    fails = CARROTS.replace("BEN", "not bread")
    shown = said(fails, tmp_path)
    assert "It sticks with no set that costs less than 1; 2 sets tried, no dearer ones." in shown


def test_sets_that_cannot_be_settled_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise Undecided("too many")

    monkeypatch.setattr("servanda.carrots.Choice.sticks", refuse)
    text = CARROTS.replace("BEN", "pay")
    assert (8, False) == tuple(told(text, tmp_path)["carrots"][k] for k in ("undecided", "proved"))
    assert "Of 8 sets it could not be told" in said(text, tmp_path)


# ------------------------------------------------------------------------------ loads


def test_what_fails_without_a_part_is_told_with_its_witness(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "wood and sing")
    loads = {tuple(each["options"]): each for each in told(text, tmp_path)["loads"]}
    assert loads["pay",]["sticks"]
    without = loads["wood",]
    assert {"acceptable", "self-enforcing"} == {
        each["test"] for each in without["blockers"] if each["party"] == "ben"
    }
    assert {"drum": "yes"} == without["blockers"][-1]["move"]
    assert ("ben.1", True) == tuple(
        without["blockers"][-1]["statements"][0][key] for key in ("id", "assumption")
    )


def test_a_part_without_which_it_would_stick_is_told(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "wood and not pay")
    shown = said(text, tmp_path)
    assert "Without this it would stick: the offer (Ana: pays) [assumption]." in shown


def test_a_threat_and_a_commitment_are_parts_as_well(tmp_path: Path) -> None:
    failing = [each for each in told(THREAT, tmp_path)["loads"] if not each["sticks"]]
    assert [("commitment", ["mend"]), ("threat", ["warning"])] == [
        (each["part"], each["options"]) for each in failing
    ]
    assert {"meter": "no"} in [each["move"] for each in failing[1]["blockers"]]
    shown = said(THREAT, tmp_path)
    assert "It fails without the commitment (Ana: mends the pipe) [letter]\n" in shown
    assert "It fails without the threat (Ana: warns that she will dig) [assumption]\n" in shown
    gone = "Ben would leave, and no answer that others want deters it: Ben: no longer keeps a meter"
    assert f'{gone} (meter); it meets the wish "not meter" [assumption]' in shown


def test_a_plan_that_cannot_be_judged_without_a_part_says_why(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "pay").replace(
        "preferences:", "never: [not pay and not drum]\npreferences:"
    )
    loads = {tuple(each["options"]): each for each in told(text, tmp_path)["loads"]}
    assert loads["pay",]["verdict"] is None
    assert "no feasible state has all these terms" in loads["pay",]["reason"]
    assert "No feasible state has all these terms." in said(text, tmp_path)


# ------------------------------------------------------------------------------ bringing in


def test_changes_in_points_are_told() -> None:
    shown = run("remedies", "two-neighbours", "--package", "2", COLUMNS="1000").stdout
    assert "By points: 5 points less on" in shown
    assert "Ben might not sign: better at best without a deal (Ben: pumps at night), 5 " in shown
    assert "Then it sticks." in shown


def test_where_all_blockers_must_come_in_one_choice_for_each_is_told() -> None:
    found = data("remedies", "chicken")
    assert {"first", "second"} == set(found["bring_in"]) == set(found["together"])
    first = found["bring_in"]["first"]
    assert (1, ["second"], True) == (
        first["drop"]["found"][0]["size"],
        first["drop"]["found"][0]["still"],
        first["drop"]["proved"],
    )
    assert ["textbook"] == first["drop"]["found"][0]["dropped"][0]["claims"]
    shown = run("remedies", "chicken", COLUMNS="1000").stdout
    assert "It would stick, for example so. First driver: by one new wish, " in shown
    assert "It would still not stick: Second driver would still block." in shown
    assert "By another order of what it wants: none does (5 changes tried, and there are" in shown


def test_where_nobody_gains_each_is_asked_what_would_be_worth_signing_for(tmp_path: Path) -> None:
    text = CARROTS.replace("[not drum implies (BEN), BEN, drum]", "[pay or not pay]")
    text = text.replace(
        "[pay implies not drum, not drum implies pay, not drum]", "[pay or not pay]"
    )
    text = text[: text.index("  cho:\n    - bread")] + text[text.index("signatories:") :]
    found = told(text, tmp_path)
    assert ([], "perhaps") == (found["blockers"], found["acceptable"])
    assert "What would make it worth signing for Ben" in said(text, tmp_path)
    assert found["bring_in"]["ben"]["wish"]["found"][0]["sticks"]


def test_bounds_are_told_where_not_all_changes_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("remedies", "elmira", "--state", "abandon, modify", COLUMNS="1000").stdout
    assert "up 6 places, to just above (delay, insist) (nothing below " in shown
    assert "swaps of neighbours does; not all between were tried)" in shown
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, budget=8))
    shown = run("remedies", "two-neighbours", "--state", "ana_pump", COLUMNS="1000").stdout
    assert "By points: none was found; nothing below 5 points does (8 changes tried)." in shown
    shown = run("remedies", "euphrates-1975", "--state", "release_water", COLUMNS="1000").stdout
    assert 'By one new wish: "not escalate", just above "escalate"' in shown
    assert "(nothing below place 3 from the bottom does; not all between were tried)" in shown


def test_single_wishes_moved_far_are_told_by_where_they_go(tmp_path: Path) -> None:
    text = CARROTS.replace(
        "[not drum implies (BEN), BEN, drum]", "[drum, not pay, not bread, pay and not drum]"
    )
    shown = said(text, tmp_path, "--state", "pay, bread, wood")
    assert '"pay and not drum" [assumption] up 3 places, to just above "drum" [assumption]' in shown
    assert "place" in shown
    down = CARROTS.replace(
        "[not drum implies (BEN), BEN, drum]",
        "[drum, not drum and pay, not drum and bread, not bread or pay]",
    )
    shown = said(down, tmp_path, "--state", "pay, bread, wood")
    assert '"not drum and pay" [assumption] above "drum" [assumption]' in shown


# ------------------------------------------------------------------------------ rankings


def test_inverse_counts_are_told_for_a_state_of_a_small_case() -> None:
    found = data("remedies", "euphrates-1975", "--state", "release_water")["rankings"]["syria"]
    assert {"nash": 240, "seq": 384, "gmr": 384, "smr": 300} == found["stable"]
    assert (720, []) == (found["rankings"], found["now"])
    assert {"swaps": 1, "falls": [{"escalate": "yes", "attack": "yes"}]} == found["nearest"]["seq"]
    shown = run("remedies", "euphrates-1975", "--state", "release_water", COLUMNS="1000").stdout
    assert "Of all 720 rankings of the 6 states by one party" in shown
    assert "Syria would stay (SEQ, GMR, SMR): were it to rank this no higher: " in shown


def test_a_ranked_case_with_too_many_states_says_so() -> None:
    shown = run("remedies", "garrison", COLUMNS="1000").stdout
    assert "Not counted: there are 23 states to rank; rankings are counted for up to 14" in shown
    assert {} == data("remedies", "garrison")["rankings"]


# ------------------------------------------------------------------------------ the rest


def test_the_nearest_package_may_be_weighted() -> None:
    words = ("remedies", "two-neighbours", "--state", "ana_pump, ben_pump, meter")
    plain = data(*words)["nearest"]
    heavy = data(*words, "--weight", "price=2.5")["nearest"]
    assert (plain["differs"], plain["weight"]) == (heavy["differs"], 2)
    assert (2, 3.5) == (heavy["differs_in"], heavy["weight"])
    shown = run(*words, "--weight", "price=2.5", COLUMNS="1000").stdout
    assert "It differs in 2 terms, of weight 3.5: " in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--weight prize=2", 'no option: "prize"; did you mean "price"?'),
        ("--weight price=x", '"x" is no number for "price"'),
        ("--weight price", "is not of the form OPTION=NUMBER"),
        ("--price meter=2,meter=3", 'option "meter" is given two numbers'),
        ("--price meter=-2", '"-2" is no number for "meter"'),
        ("--package 99", "there is no package 99"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_hint(words: str, message: str) -> None:
    result = run("remedies", "two-neighbours", *words.split())
    assert 2 == result.exit_code
    assert message in result.output


def test_a_spoilers_option_is_no_term(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    text = CARROTS.replace("signatories:", "spoilers: [cho]\nsignatories:")
    path.write_text(text.replace("BEN", "pay"), encoding="utf-8")
    result = run("remedies", str(path), "--weight", "sing=2")
    assert (2, True) == (result.exit_code, 'no term of an agreement: "sing"' in result.output)


def test_a_state_that_is_no_package_is_not_to_be_mended_by_wishes(tmp_path: Path) -> None:
    text = CARROTS.replace("offers: [pay, ", "commitments: [pay]\n    offers: [")
    text = text.replace("BEN", "pay")
    found = told(text, tmp_path, "--state", "drum")
    assert (False, False, {}) == (found["is_package"], found["sticks"], found["bring_in"])
    assert "It can be no agreement" in said(text, tmp_path, "--state", "drum")


def test_pure_talks_have_remedies_too(tmp_path: Path) -> None:
    found = told(TALKS, tmp_path, "--state", "price = high", "--more")
    assert {"price": "fair", "saddle": "yes"} == found["nearest"]["differs"]
    assert 18 == found["bring_in"]["buyer"]["points"]["found"][0]["size"]
    assert (None, {}, []) == (found["carrots"], found["rankings"], found["loads"])
    shown = said(TALKS, tmp_path, "--state", "price = high")
    assert "Buyer would walk away." in shown
    assert "better at best without a deal (walking away), 18 points more" in shown


def test_a_party_without_points_may_be_given_some_in_talks(tmp_path: Path) -> None:
    text = TALKS.replace(
        "  buyer:  {points: {price = low: 30, price = fair: 15, saddle: 10}}\n", ""
    )
    found = told(text, tmp_path, "--state", "price = high")["bring_in"]["buyer"]["points"]
    assert 18 == found["found"][0]["size"]


def test_strictly_no_is_an_exit_code() -> None:
    assert 1 == run("remedies", "chicken", "--strict").exit_code
    assert 0 == run("remedies", "two-neighbours", "--strict").exit_code


def test_the_smallest_group_that_breaks_it_is_told() -> None:
    shown = run("remedies", "elmira", "--state", "delay, insist", COLUMNS="1000").stdout
    assert "Ministry of the Environment and Uniroyal Chemical would gain by this: " in shown
    found = data("remedies", "elmira", "--state", "delay, insist")["group"]
    assert ["moe", "uniroyal"] == found["breaker"]
    assert {"modify": "yes", "delay": "no", "accept": "yes"} == found["move"]


def test_a_large_case_is_answered_without_arrays(tmp_path: Path) -> None:
    found = told(large(24), tmp_path, "--state", "ana_pump, meter", "--time-limit", "6")
    assert not found["sticks"]
    assert found["bring_in"]["ben"]["wish"]["found"]
    assert {} == found["rankings"]
    assert found["nearest"]["differs_in"] > 0


def test_a_time_limit_shows_what_is_known_and_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_: terminal.Progress, doing: str) -> None:
        if "what would bring in" in doing:
            raise Stopped("the time limit of 5 s was reached")

    monkeypatch.setattr(terminal.Progress, "__call__", stop)
    result = run("remedies", "chicken", "--time-limit", "5", COLUMNS="1000")
    assert 0 == result.exit_code
    assert "Second driver might not sign" in result.stdout
    missing = "what would bring some blockers in, what would bring them in together, the cheapest"
    assert f"missing: {missing}" in result.stdout
    assert "the rankings" in data("remedies", "chicken")["missing"]


def test_an_interruption_shows_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: terminal.Progress, doing: str) -> None:
        if "rankings" in doing:
            raise KeyboardInterrupt

    monkeypatch.setattr(terminal.Progress, "__call__", interrupt)
    result = run("remedies", "chicken")
    assert (0, True) == (result.exit_code, "interrupted" in result.stdout)


@pytest.mark.parametrize("reason", [Stopped("time is up"), KeyboardInterrupt()])
def test_a_stop_keeps_what_was_found_and_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: BaseException
) -> None:
    def stop_at(words: str) -> None:
        def tick(_: terminal.Progress, doing: str) -> None:
            if doing.endswith(words):
                raise reason

        monkeypatch.setattr(terminal.Progress, "__call__", tick)

    stop_at("4 changes tried")
    found = told(CARROTS.replace("BEN", "not bread"), tmp_path)
    assert {"reorder"} == set(found["bring_in"]["ben"])
    swapped = found["bring_in"]["ben"]["reorder"]
    assert (4, 2, False) == (swapped["tried"], swapped["bound"], swapped["proved"])
    assert found["stopped"] in {"time is up", "interrupted"}
    stop_at("3 sets tried")
    carrots = told(CARROTS.replace("BEN", "pay or bread and wood"), tmp_path)["carrots"]
    assert [["bread", "wood"]] == carrots["cheapest"]
    assert (2, 0, False) == (carrots["price"], carrots["bound"], carrots["proved"])
    stop_at("0 sets tried")
    shown = said(CARROTS.replace("BEN", "pay or bread and wood"), tmp_path)
    assert "The work was stopped: it sticks with none of the 0 sets tried." in shown


def test_where_it_cannot_be_told_no_answer_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Undecided("too many")

    monkeypatch.setattr("servanda.shifts.Asking.judge", refuse)
    shown = run("remedies", "chicken", COLUMNS="1000").stdout
    assert "By another order of what it wants: none was found; of 5 it could not be told." in shown


def test_what_has_no_target_or_cannot_be_is_refused() -> None:
    situation = lay(read_case(find_case("two-neighbours")))
    with pytest.raises(UsageError, match="nothing is left of the target"):
        judged(situation, None)
    dry = situation.space.put(0, {OptionId("meter"): 1})
    with pytest.raises(UsageError, match="this state cannot be"):
        judged(situation, dry)
    findings = analyse(situation.case)
    with pytest.raises(UsageError, match="there is no target"):
        remedies(findings, None)
    with pytest.raises(Stopped, match="no deal is not known"):
        remedies(Findings(situation=situation), None)


def test_any_number_of_points_may_be_enough(tmp_path: Path) -> None:
    text = CARROTS.replace("[not drum implies (BEN), BEN, drum]", "{points: {sing: 5}}")
    text = text.replace(
        "[pay implies not drum, not drum implies pay, not drum]", "[drum or not drum]"
    )
    text = text[: text.index("  cho:\n    - bread")] + text[text.index("signatories:") :]
    shown = said(text.replace("offers: [pay, ", "offers: ["), tmp_path)
    assert "What would make it worth signing for Ben" in shown
    assert "By points: any number of points" in shown


def test_a_spoiler_alone_may_keep_the_same_terms_from_sticking(tmp_path: Path) -> None:
    text = CARROTS.replace("BEN", "pay").replace("signatories:", "spoilers: [cho]\nsignatories:")
    start, end = text.index("  cho:\n    - bread"), text.index("spoilers:")
    text = f"{text[:start]}  cho: [sing]\n{text[end : text.index('plans:')]}"
    found = told(text, tmp_path, "--state", "pay")
    assert (False, {}) == (found["sticks"], found["nearest"]["differs"])
    assert "yes" == found["nearest"]["context"]["sing"]
    assert "It has the same terms." in said(text, tmp_path, "--state", "pay")


# ------------------------------------------------------------------------------ shares of the time


def test_a_remedy_that_takes_long_leaves_the_others_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    def slow(doing: str) -> None:
        now[0] += "what would bring in" in doing

    monkeypatch.setattr("servanda.remedies.Turn", partial(Turn, clock=lambda: now[0]))
    path = tmp_path / "case.yaml"
    path.write_text(CARROTS.replace("BEN", "not bread"), encoding="utf-8")
    findings = target_alone(Asked(case=str(path)), silent)
    whole = remedies(findings, None)
    assert ({}, "") == (whole.cut, whole.stopped)
    found = remedies(findings, None, Wanted(seconds=40), slow)
    assert ("", True) == (found.stopped, found.nearest_proved)
    assert [load.sticks for load in whole.loads] == [load.sticks for load in found.loads]
    assert all(load.settled for load in found.loads)
    assert set(whole.help) == set(found.help)
    assert whole.inverses == found.inverses
    cut = [each for kinds in found.help.values() for each in kinds if each.lapsed]
    assert cut
    assert all(each.tried < 40 for each in cut)


def test_where_not_all_changes_can_be_tried_one_that_does_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CARROTS.replace("BEN, drum]", "BEN, bread, wood, sing, drum]")
    text = text.replace("BEN", "not bread")
    whole = told(text, tmp_path)["bring_in"]["ben"]
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, budget=6))
    some = told(text, tmp_path)["bring_in"]["ben"]
    for kind in ("wish", "drop"):
        assert some[kind]["found"]
        assert not some[kind]["proved"]
        least = whole[kind]["found"][0]["size"]
        assert some[kind]["bound"] <= least <= some[kind]["found"][0]["size"]


def test_what_there_was_no_time_for_is_told_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CARROTS.replace("BEN", "pay or bread and wood")
    loads = told(text, tmp_path)["loads"]
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, seconds=0))
    found = told(text, tmp_path)
    assert {"carrots", "rooms"} == set(found["cut"])
    assert len(loads) == len(found["loads"])
    assert {None} == {load["sticks"] for load in found["loads"]}
    assert ([], 3) == (found["group"]["untold"], found["group"]["untried"])
    shown = said(text, tmp_path)
    assert "Not settled: without the offer (Ana: pays) [assumption]; its share of the" in shown
    assert "It fails without" not in shown
    assert "There was no time for 3 groups, the largest last" in shown
    assert "a longer --time-limit gives it more" in shown


def test_what_would_bring_a_blocker_in_may_be_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servanda.asking.Wanted", partial(Wanted, seconds=0))
    text = CARROTS.replace("BEN", "not bread")
    found = told(text, tmp_path)
    assert all(kind["cut"] and not kind["tried"] for kind in found["bring_in"]["ben"].values())
    shown = said(text, tmp_path)
    assert "Time was short for some of these" in shown
    assert "would not without any one of those that could be settled." in shown
    assert "None was found so far; there may be one." in shown


def test_groups_of_which_it_cannot_be_told_leave_the_others_to_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(conflict: Conflict, group: tuple[PartyId, ...], state: int) -> object:
        if "cho" in group:
            raise Undecided("too many moves")
        return group_gains(conflict, group, state)

    text = CARROTS.replace("BEN", "pay or bread and wood")
    whole = told(text, tmp_path)["group"]
    monkeypatch.setattr("servanda.groups.group_gains", refuse)
    found = told(text, tmp_path)["group"]
    assert [["ana", "cho"], ["ben", "cho"]] == found["untold"]
    assert whole["breaker"] == found["breaker"]
    shown = said(text, tmp_path)
    assert "Of 2 groups it could not be told, as there are too many moves to look at" in shown
