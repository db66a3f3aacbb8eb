"""The JSON contract: keys stay, values are plain, order is that of the case file."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from servanda import wire
from servanda.analysis import Findings, Package, Request, analyse
from servanda.asking import without_deal
from servanda.casefile import builtin_cases, find_case, read_case, read_text
from servanda.errors import Stopped
from servanda.grid import Grid
from servanda.invocation import Asked
from servanda.narrative import gather
from servanda.selfenforcement import grades
from servanda.situation import lay
from servanda.stability import Concept
from servanda.stability_table import StabilityTable
from servanda.starters import starter

CASES = tuple(builtin_cases())
SMALL = tuple(name for name in CASES if name != "iraq-2006")
TALKS = """\
servanda: 1
title: A sale
parties: {seller: Seller, buyer: Buyer}
options:
  price: {joint: [seller, buyer], levels: [none, low, high]}
  extra: {joint: [seller, buyer]}
preferences:
  seller: {points: {price = low: 10, price = high: 30, extra: -5}}
  buyer: {points: {price = low: 20.5, price = high: 5, extra: 4}}
walk_away: {seller: 6, buyer: 8}
"""
LEVELS = """\
servanda: 1
title: Levels in the middle
parties: {ana: Ana, ben: Ben}
options:
  sing:  {by: ana}
  tune:  {by: ana, levels: [none, low, high]}
  dance: {by: ben}
never: [tune = high and dance]
preferences: {ana: [sing], ben: [dance]}
"""


def made(name: str) -> Findings:
    """Return the threats and no deal of a case, which are found quickly."""
    return without_deal(Asked(case=name), lambda _: None)


@cache
def found(name: str, plan: str | None = None) -> Findings:
    return analyse(read_case(find_case(name)), Request(plan=plan, limit=3))


def table(text: str) -> StabilityTable:
    return StabilityTable(Grid(lay(read_text(text, "case.yaml")).conflict))


def numbers(data: Any) -> Iterator[float]:
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for each in data:
            yield from numbers(each)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield data


def aimed(findings: Findings) -> Package:
    package = findings.target_package or next(iter(findings.packages))
    assert isinstance(package, Package)
    return package


# -------------------------------------------------------------------------------- stability


def test_the_stability_table_has_the_promised_keys() -> None:
    data = wire.stability(StabilityTable(Grid(found("chicken").situation.conflict)))
    assert ["first_swerves", "second_swerves"] == data["options"]
    assert ["first", "second"] == data["parties"]
    assert ["NN", "YN", "NY", "YY"] == [each["state"] for each in data["states"]]
    yes_no = data["states"][1]
    assert {"first_swerves": "yes"} == yes_no["taken"]
    assert {c.value: ["first", "second"] for c in Concept} == yes_no["stable"]
    assert ["YN", "NY"] == data["equilibria"]["nash"]
    assert ["YN", "NY", "YY"] == data["equilibria"]["gmr"]
    assert 4 == data["counts"]["states"]


def test_the_first_option_is_the_least_significant_digit_and_levels_are_digits() -> None:
    data = wire.stability(table(LEVELS))
    spelled = [each["state"] for each in data["states"]]
    assert ["N0N", "Y0N", "N1N", "Y1N", "N2N", "Y2N", "N0Y", "Y0Y", "N1Y", "Y1Y"] == spelled
    assert {"sing": "yes", "tune": "high"} == data["states"][5]["taken"]


def test_more_than_4096_states_are_listed_only_on_request() -> None:
    options = "\n".join(f"  o{n}: {{by: {'ab'[n % 2]}}}" for n in range(13))
    wishes = ", ".join(f"o{n}" for n in range(13))
    text = (
        "servanda: 1\ntitle: Many\nparties: {a: A, b: B}\noptions:\n"
        f"{options}\npreferences: {{a: [{wishes}], b: [{wishes}]}}\n"
    )
    data = wire.stability(table(text))
    assert data["states"] is None
    assert 8192 == data["counts"]["states"]
    assert ["Y" * 13] == data["equilibria"]["nash"]
    assert 8192 == len(wire.stability(table(text), every=True)["states"])


def test_more_than_4096_equilibria_are_only_counted() -> None:
    options = "\n".join(f"  o{n}: {{by: a}}" for n in range(13))
    text = (
        "servanda: 1\ntitle: Indifferent\nparties: {a: A}\noptions:\n"
        f"{options}\npreferences: {{}}\n"
    )
    data = wire.stability(table(text))
    assert data["equilibria"]["nash"] is None
    assert 8192 == data["counts"]["nash"]


def test_one_state_comes_with_the_moves_that_decide() -> None:
    situation = found("chicken").situation
    state = situation.space.index({"first_swerves": 0, "second_swerves": 0})  # type: ignore[dict-item]  # ids by name
    described = Grid(situation.conflict)
    data = wire.witnesses(situation, state, grades(described, situation, state))
    assert "NN" == data["state"]
    assert {"first_swerves": "yes"} == data["parties"]["first"]["witness"]["move"]
    assert {} == wire.witnesses(situation, state, None)["parties"]


# ------------------------------------------------------------------------------- agreements

PACKAGE = {
    "terms", "context", "sticks", "core", "acceptable", "grade", "group", "parties", "after",
    "roadmap", "changes", "taken", "signatories", "silent",
}  # fmt: skip
PARTY = {"grade", "concepts", "versus_no_deal", "decisive", "margin", "guard"}


@pytest.mark.parametrize("name", SMALL)
def test_agreements_have_the_promised_keys_and_values(name: str) -> None:
    data = wire.agreements(found(name))
    assert {"no_deal", "no_deal_exact", "target", "packages", "status", "bound"} <= set(data)
    assert {"blockers", "silent"} <= set(data)
    assert data["status"] in {"optimal", "feasible", "infeasible", "unknown"}
    for end in data["no_deal"]:
        assert {"states", "cycle"} == set(end)
    for package in data["packages"]:
        assert set(package) >= PACKAGE
        assert package["acceptable"] in {"surely", "perhaps", "no"}
        assert package["grade"] in {"firm", "guarded", "brittle", "breaks"}
        assert {"size", "grade", "breaker"} <= set(package["group"])
        for party in package["parties"].values():
            assert set(party) >= PARTY
            assert party["versus_no_deal"] in {"better", "equal", "worse", "mixed"}
        assert {"exchange", "severity", "steps"} <= set(package["roadmap"])
        for after in package["after"]:
            keys = {"when", "lapsed", "grade", "acceptable", "sticks", "reopens"}
            assert keys <= set(after)
    for blocker in data["blockers"]:
        assert {"party", "why", "move", "claims"} <= set(blocker)
    sticking = [package["sticks"] for package in data["packages"]]
    assert sorted(sticking, reverse=True) == sticking


def test_the_neighbours_agree_on_a_meter_and_a_low_price() -> None:
    data = wire.agreements(found("two-neighbours"))
    first = data["packages"][0]
    assert {"ana_pump": "no", "ben_pump": "yes", "meter": "yes", "price": "low"} == first["terms"]
    assert {"ana_pump": "no", "meter": "yes", "price": "low"} == first["changes"]
    assert {} == first["context"]
    assert (True, True, "surely", "firm") == tuple(
        first[key] for key in ("sticks", "core", "acceptable", "grade")
    )
    assert 10.0 == first["parties"]["ben"]["margin"]
    assert first["parties"]["ana"]["margin"] is None
    assert "meter" == first["parties"]["ana"]["decisive"]["statement"]
    assert {"exchange": 1, "severity": {"1": 0.0}} == {
        key: first["roadmap"][key] for key in ("exchange", "severity")
    }
    assert [["not ana_pump"], ["meter"], ["price = low"]] == first["roadmap"]["steps"]
    assert [{"ben_pump": "yes"}, {"ana_pump": "yes"}] == [
        end["states"][0]["taken"] for end in data["no_deal"]
    ]
    assert (None, "optimal", None) == (data["target"], data["status"], data["stopped"])


def test_a_guard_names_who_answers_and_by_which_moves() -> None:
    findings = analyse(read_text(starter("A road"), "road.yaml"))
    package = wire.agreements(findings)["packages"][3]
    assert "guarded" == package["grade"]
    guards = {p: each["guard"] for p, each in package["parties"].items() if each["guard"]}
    assert guards
    for guard in guards.values():
        assert {"by", "moves", "lapses"} == set(guard)
        assert len(guard["by"]) == len(guard["moves"]) > 0


def test_a_target_is_told_with_its_completions() -> None:
    target = wire.agreements(found("iraq-laws-2008"))["target"]
    keys = {"completions", "acceptable", "grade", "sticks", "unsigned"}
    assert keys <= set(target)
    assert 1 == target["completions"]


def test_pure_talks_tell_what_walking_away_gives() -> None:
    findings = analyse(read_text(TALKS, "talks.yaml"))
    data = wire.agreements(findings)
    assert [{"walk_away": {"seller": 6.0, "buyer": 8.0}}] == data["no_deal"]
    assert data["packages"][0]["sticks"]
    assert data["packages"][0]["roadmap"] is None
    margins = {p: each["margin"] for p, each in data["packages"][0]["parties"].items()}
    assert {"seller": 4.0, "buyer": 12.5} == margins


def test_work_that_was_stopped_says_why_and_what_is_missing() -> None:
    def stop(doing: str) -> None:
        if "order of packages" in doing:
            raise Stopped("enough")

    data = wire.agreements(analyse(read_case(find_case("two-neighbours")), tick=stop))
    assert ("enough", "unknown", []) == (data["stopped"], data["status"], data["packages"])
    assert "the packages" in data["missing"]


def test_work_stopped_at_once_gives_the_same_keys() -> None:
    whole = found("chicken")
    data = wire.agreements(Findings(situation=whole.situation, stopped="enough"))
    assert set(wire.agreements(whole)) == set(data)
    assert ([], False, "enough") == (data["no_deal"], data["no_deal_exact"], data["stopped"])
    assert "where it goes without a deal" in data["missing"]


# ------------------------------------------------------------- threats, no deal, steps, reasons


def test_threats_have_the_promised_keys() -> None:
    (threat,) = wire.threats(made("iraq-2006"))["threats"]
    keys = {"by", "announce", "act", "credible", "bound", "targets", "refrains", "changes"}
    assert keys | {"rests_on"} <= set(threat)
    assert ("us", "us_threat", {"us_withdraw": "at_once"}) == (
        threat["by"],
        threat["announce"],
        threat["act"],
    )
    assert threat["credible"] in {"credible", "doubtful", "bluff"}
    assert set(threat["targets"].values()) <= {"hurts", "gift", "empty", "mixed"}
    assert {"statement", "id", "claims", "assumption"} <= set(threat["rests_on"][0])
    assert [] == wire.threats(found("chicken"))["threats"]


def test_no_deal_alone_says_how_each_threat_was_played() -> None:
    data = wire.no_deal_alone(made("iraq-2006"))
    assert "done" == data["threats"][0]["no_deal_play"]
    assert [False] == [end["cycle"] for end in data["no_deal"]]


def test_a_roadmap_tells_every_order_it_compares() -> None:
    findings = found("elmira")
    data = wire.roadmap(findings, findings.packages[1])
    way = data["roadmap"]
    assert {"2", "3", "4"} == set(way["routes"])
    assert {"party", "kind", "severity", "after_step"} <= set(way["routes"]["2"]["exposures"][0])
    assert 4 == way["exchange"]


def test_an_explanation_tells_the_variants_and_what_turns_them() -> None:
    findings = found("iraq-laws-2008")
    premises = gather(findings.situation)
    data = wire.explain(findings, aimed(findings), premises)
    assert {"package", "threats", "blockers", "target", "premises"} <= set(data)
    assert set(premises.judged) == set(data["premises"]["variants"])
    assert data["premises"]["turns"]
    assert wire.explain(findings, None)["premises"] is None


# ------------------------------------------------------------------------------------ as text


@pytest.mark.parametrize("name", SMALL)
def test_everything_becomes_json_without_giant_numbers(name: str) -> None:
    findings = found(name)
    everything = [
        wire.agreements(findings),
        wire.threats(findings),
        wire.no_deal_alone(findings),
        wire.roadmap(findings, aimed(findings)),
        wire.explain(findings, aimed(findings)),
    ]
    for data in everything:
        assert data == json.loads(wire.written(data))
        assert max(map(abs, numbers(data)), default=0) < 100_000


@pytest.mark.parametrize("name", SMALL)
def test_the_same_case_gives_the_same_text(name: str) -> None:
    again = analyse(read_case(find_case(name)), Request(limit=3))
    first = wire.written(wire.agreements(found(name)))
    assert first == wire.written(wire.agreements(again))


def test_letters_stay_in_utf_8_and_are_escaped_elsewhere() -> None:
    assert "Šiʿa" in wire.written({"name": "Šiʿa"})
    assert wire.written({"name": "Šiʿa"}, "latin-1").isascii()


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.written({"margin": float("nan")})
