"""What happened beside each plan: counted, dated, and in words that take no side."""

from __future__ import annotations

import json
from pathlib import Path

from servanda.casefile import read_dossier
from servanda.hindsight import begun_before, beside_plans
from servanda.narrative import hindsight_section
from test_cli import run
from test_record import well

__all__ = ["well"]  # a fixture


def test_verdicts_stand_beside_the_plan_of_their_source(well: Path) -> None:
    dossier = read_dossier(well)
    diary, letter = beside_plans(dossier.case, dossier.record)
    assert ("diary", ("clerk",), 2) == (diary.source, diary.plans, diary.claims)
    assert ["dry", "help"] == list(diary.judged)
    assert {"borne out": 1, "contested": 1} == {v: n for v, n in diary.counts.items() if n}
    assert ("letter", (), ["told"]) == (letter.source, letter.plans, list(letter.judged))


def test_a_plan_none_of_whose_claims_was_looked_at_is_named_too(well: Path) -> None:
    text = "events: {}\nhindsight: {told: untested}\n"
    (well / "history.yaml").write_text(text, encoding="utf-8")
    dossier = read_dossier(well)
    section = hindsight_section(dossier.case, dossier.record)
    assert "Plan clerk: A meter" == section.parts[0].title
    assert ("2 claims from diary; none was looked at.",) == section.parts[0].paragraphs


def test_events_that_began_before_the_text_are_marked(well: Path) -> None:
    dossier = read_dossier(well)
    assert begun_before(dossier.case, dossier.record, "drill", "diary")
    assert not begun_before(dossier.case, dossier.record, "paper", "diary")
    assert not begun_before(dossier.case, dossier.record, "drill", "letter")  # it has no date


def test_contested_stays_contested(well: Path) -> None:
    told = run("evidence", str(well), "--hindsight", COLUMNS="300").stdout
    assert "3 claims looked at: 1 borne out, 1 untested and 1 contested." in told
    assert "contested" in told
    assert "scholars differ, and it is left so" in told
    assert "drill (2006-03 and 04, begun before the text); paper (2007-05-01)" in told
    assert "No engine reads them" in told


def test_a_case_without_history_says_so() -> None:
    result = run("evidence", "two-neighbours", "--hindsight")
    assert (0, True) == (result.exit_code, "tells of nothing that happened" in result.stdout)


def test_hindsight_as_data_names_the_plans_of_each_claim(well: Path) -> None:
    data = json.loads(run("evidence", str(well), "--hindsight", "--json").stdout)
    assert ["paper", "drill"] == [event["id"] for event in data["events"]]
    told = {each["claim"]: each for each in data["hindsight"]}
    assert ("borne out", ["paper"], ["diary"], ["clerk"]) == tuple(
        told["help"][key] for key in ("verdict", "events", "sources", "plans")
    )
    assert [] == told["told"]["plans"]
    assert 1 == data["hindsight_counts"]["contested"]
    plain = json.loads(run("evidence", str(well), "--json").stdout)
    assert not {"events", "hindsight", "proposals"} & set(plain)


def test_the_report_tells_it_in_a_chapter_of_its_own(well: Path) -> None:
    text = run("report", str(well)).stdout
    assert 1 == text.count("\n## What happened, kept apart\n")
    assert text.index("## Claims") < text.index("## What happened") < text.index("## Names used")
    assert "### Plan clerk: A meter" in text
    (well / "history.yaml").unlink()
    without = run("report", str(well)).stdout
    assert "What happened" not in without
    head, tail = text.split("## What happened, kept apart")
    assert without.startswith(head.rstrip())  # no verdict rests on it
    assert "## Names used" in tail


def test_events_alone_are_told_without_verdicts(well: Path) -> None:
    events = "events: {rain: {date: 2007, what: It rains., where: The village paper}}\n"
    (well / "history.yaml").write_text(events, encoding="utf-8")
    dossier = read_dossier(well)
    section = hindsight_section(dossier.case, dossier.record)
    assert ["The events"] == [part.title for part in section.parts]
    assert () == beside_plans(dossier.case, dossier.record)
