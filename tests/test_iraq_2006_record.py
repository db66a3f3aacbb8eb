"""What happened and what the five texts propose, in the flagship case."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

import proposals_page
from servanda.casefile import find_case, read_dossier
from servanda.evidence import Evidence
from servanda.proposals import Proposals
from servanda.record import Dossier
from servanda.sources import find_sources
from test_cli import run

SHARED = Path(__file__).parents[2] / "shared"
PLANS = SHARED / "iraq" / "plans.yaml"
SEEDS = SHARED / "seeds"


@pytest.fixture(scope="module")
def iraq() -> Dossier:
    return read_dossier(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def reading() -> Any:
    if not PLANS.exists():
        pytest.skip("the reading of the plans is not beside this checkout (shared/iraq)")
    return yaml.safe_load(PLANS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def seeds() -> Path:
    if not SEEDS.exists():
        pytest.skip("the source documents are not beside this checkout (shared/seeds)")
    return SEEDS


def words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()


# ------------------------------------------------------------------------ what happened


def test_every_event_of_the_reading_is_there_under_its_id(iraq: Dossier, reading: Any) -> None:
    facts = {fact["id"]: fact for fact in reading["facts"]}
    assert facts.keys() == iraq.events.keys()
    for name, fact in facts.items():
        assert str(fact["date"])[:4] == iraq.events[name].date[:4], name


def test_every_verdict_of_the_reading_is_there_with_its_events(iraq: Dossier, reading: Any) -> None:
    verdicts = {each["claim"]: each for each in reading["retrodiction"]}
    assert verdicts.keys() == iraq.hindsight.keys()
    for claim, each in verdicts.items():
        mine = iraq.hindsight[claim]
        assert each["verdict"].replace("_", " ") == mine.verdict, claim
        assert set(each["facts"]) <= set(mine.events), claim


def test_events_and_notes_are_told_in_other_words(iraq: Dossier, reading: Any) -> None:
    """No run of seven words is that of the reading."""
    theirs = [fact["what"] for fact in reading["facts"]]
    theirs += [each.get("note", "") for each in reading["retrodiction"]]
    mine = [event.what for event in iraq.events.values()]
    mine += [judged.note for judged in iraq.hindsight.values()]

    def runs(texts: list[str]) -> set[tuple[str, ...]]:
        found = (words(text) for text in texts)
        return {tuple(each[n : n + 7]) for each in found for n in range(len(each) - 6)}

    assert set() == runs(theirs) & runs(mine)


def test_what_scholars_contest_is_left_contested(iraq: Dossier) -> None:
    contested = {claim for claim, each in iraq.hindsight.items() if each.verdict == "contested"}
    assert {"c001a.8", "c001a.9", "c003.2"} == contested


def test_verdicts_stand_beside_the_plan_whose_source_makes_the_claim() -> None:
    data = json.loads(run("evidence", "iraq-2006", "--hindsight", "--json").stdout)
    told = {each["claim"]: each for each in data["hindsight"]}
    assert ("not borne out", ["F11"], ["P001A"]) == tuple(
        told["c001a.15"][key] for key in ("verdict", "events", "plans")
    )
    assert {"borne out": 6, "partly": 11, "not borne out": 5, "untested": 6, "contested": 3} == (
        data["hindsight_counts"]
    )


# ------------------------------------------------------------------------ what the texts propose


def test_every_citation_of_a_proposal_is_verified(iraq: Dossier, seeds: Path) -> None:
    found = Proposals(iraq.record, Evidence(iraq.case, find_sources(iraq.case, seeds)))
    assert [] == found.problems()
    assert found.verified
    assert len(found.record.proposals) == found.total
    kept = set(found.by_source)
    assert set(iraq.sources) == kept


def test_no_line_of_the_shuffled_file_is_passed_over(iraq: Dossier, seeds: Path) -> None:
    """But for a remark on who still disagrees, and for an opening clause."""
    passed_over = set()
    for name, source in iraq.sources.items():
        order = [n for first, last in source.reading for n in range(first, last + 1)]
        place = {number: at for at, number in enumerate(order)}
        cited = {
            number
            for proposal in iraq.proposals.values()
            for cite in proposal.cite
            if cite.source == name and cite.lines is not None and order
            for number in order[place[cite.lines[0]] : place[cite.lines[1]] + 1]
        }
        text = next(seeds.glob("001_*")).read_text(encoding="utf-8").split("\n")
        passed_over |= {n for n in order if n not in cited and text[n - 1].strip()}
    assert {104, 119, 120, 140} == passed_over


def test_every_citation_of_the_plans_lies_in_what_is_listed(iraq: Dossier, reading: Any) -> None:
    """Claims, steps, threats and carrots of the reading are among the proposals, by lines."""

    def lines(source: str, first: int, last: int) -> set[int]:
        order = [n for a, b in iraq.sources[source].reading for n in range(a, b + 1)]
        if not order:
            return {first, last}  # a line is a paragraph there
        return set(order[order.index(first) : order.index(last) + 1])

    listed: dict[str, set[int]] = {}
    for proposal in iraq.proposals.values():
        for cite in proposal.cite:
            assert cite.lines is not None
            listed.setdefault(cite.source, set()).update(lines(cite.source, *cite.lines))
    for plan in reading["plans"]:
        source = plan["id"].replace("P", "s").lower()
        for part in (*plan["claims"], *plan["steps"], *plan["threats"], *plan["carrots"]):
            if "cite" in part:
                _, first, last, _ = part["cite"]
                assert lines(source, first, last) <= listed[source], (plan["id"], part)


def test_every_kind_of_thing_is_proposed_and_each_text_speaks(iraq: Dossier) -> None:
    kinds = Counter(proposal.kind for proposal in iraq.proposals.values())
    assert {"proposal", "mechanism", "condition", "warning"} == set(kinds)
    assert min(kinds.values()) >= 30
    sources = Counter(p.cite[0].source for p in iraq.proposals.values())
    assert min(sources.values()) >= 10
    assert len(iraq.proposals) >= 200


def test_what_is_not_modelled_says_because(iraq: Dossier) -> None:
    reasons = [p.not_modelled for p in iraq.proposals.values() if p.not_modelled]
    assert all(reason.startswith("because ") for reason in reasons)
    alone = [n for n, p in iraq.proposals.items() if not p.carried]
    assert len(alone) <= 10, alone


def test_everything_that_is_said_to_carry_a_proposal_is_in_the_case(iraq: Dossier) -> None:
    assert [] == list(proposals_page.lacking(iraq.record, iraq.case))


def test_what_the_case_lacks_is_named(iraq: Dossier) -> None:
    told = iraq.case.model_copy(update={"options": {}})
    missing = list(proposals_page.lacking(iraq.record, told))
    assert missing
    assert all(text.startswith("option ") for _, text in missing)


def test_the_page_is_what_the_generator_writes() -> None:
    assert proposals_page.proposals() == proposals_page.PLACE.read_text(encoding="utf-8")


def test_the_page_says_first_that_the_texts_describe_no_software() -> None:
    lines = proposals_page.PLACE.read_text(encoding="utf-8").splitlines()
    assert "What the texts propose, and where it is" in lines[2]
    assert "None of them describes software" in lines[4]
    assert "read paragraph by paragraph" in lines[6]
    assert "shuffled columns" in lines[6]


def test_the_command_shows_the_same_page(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    run("evidence", "iraq-2006", "--proposals", "-o", str(path))
    assert proposals_page.PLACE.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
