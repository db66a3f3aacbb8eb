"""The command line where a case cites sources."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from test_cli import run
from test_evidence import CASE, DIARY

ASKING = ("threat", "agreements", "explain", "roadmap", "nodeal", "report")


@pytest.fixture
def case(tmp_path: Path) -> str:
    """Write a case with one false quote, and its source in a folder of its own."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "diary-of-2006.txt").write_text(DIARY, encoding="utf-8")
    known = hashlib.sha256(DIARY.encode()).hexdigest()
    text = CASE.replace("date: 2006-11}", f"date: 2006-11, sha256: {known}}}")
    path = tmp_path / "well.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def papers(case: str) -> str:
    return str(Path(case).parent / "papers")


def test_evidence_shows_every_citation_with_its_verdict(case: str) -> None:
    told = run("evidence", case, "--sources", papers(case), COLUMNS="300").stdout
    assert "4 citations of 3 claims: 3 exact, 1 altered." in told
    assert "diary-of-2006.txt" in told
    assert 'altered (line 2 of diary): the source has "not" right before it' in told
    assert "What stands on what" in told
    assert "Later facts" in told


def test_evidence_without_a_source_names_the_sha256_wanted(case: str) -> None:
    result = run("evidence", case, COLUMNS="300")
    assert 0 == result.exit_code
    assert "4 citations of 3 claims: 4 no source here." in result.stdout
    assert hashlib.sha256(DIARY.encode()).hexdigest() in result.stdout
    assert "--sources DIR" in result.stdout


def test_evidence_as_data_keeps_its_contract(case: str) -> None:
    data = json.loads(run("evidence", case, "--sources", papers(case), "--json").stdout)
    claims = {claim["id"]: claim for claim in data["claims"]}
    (citation,) = claims["dry"]["citations"]
    assert ("diary", [1, 1], "exact") == tuple(citation[k] for k in ("source", "lines", "verdict"))
    assert {
        "exact": 3, "normalised": 0, "joined": 0, "altered": 1, "ambiguous": 0, "missing": 0,
        "no source here": 0,
    } == data["counts"]  # fmt: skip
    assert [3, 3] == claims["help"]["citations"][1]["lines"]  # where it was found
    assert data["sources"][0]["here"]


def test_evidence_is_strict_where_it_is_asked_to_be(case: str) -> None:
    assert 1 == run("evidence", case, "--strict").exit_code
    assert 1 == run("evidence", case, "--strict", "--sources", papers(case)).exit_code
    path = Path(case)
    text = path.read_text(encoding="utf-8").replace("quote: pump by day", "quote: not pump by day")
    path.write_text(text, encoding="utf-8")
    assert 0 == run("evidence", case, "--strict", "--sources", papers(case)).exit_code


def test_check_tells_a_false_quote_with_file_line_and_column(case: str) -> None:
    result = run("check", case, "--sources", papers(case))
    assert 3 == result.exit_code
    line = next(
        number
        for number, text in enumerate(CASE.splitlines(), start=1)
        if "quote: pump by day" in text
    )
    assert f"{case}:{line}:" in result.stdout
    assert "the quote is altered" in result.stdout
    assert "    false_quote:" in result.stdout or "^" in result.stdout
    assert "1 fault, " not in result.stdout
    assert "1 fault\n" in result.stdout


def test_check_without_sources_says_so_in_one_line(case: str) -> None:
    result = run("check", case)
    assert 0 == result.exit_code
    assert 1 == result.stdout.count("No source here")
    assert f"`servanda evidence {case} --sources DIR`" in result.stdout


@pytest.mark.parametrize("verb", ASKING)
def test_every_verb_says_once_that_nothing_is_checked(verb: str, case: str) -> None:
    told = " ".join(run(verb, case, COLUMNS="400").stdout.split())
    assert 1 == told.count("No source here, so that its 4 citations are not checked")


@pytest.mark.parametrize("verb", ASKING)
def test_every_verb_says_once_what_is_refused(verb: str, case: str) -> None:
    told = run(verb, case, "--sources", papers(case), COLUMNS="400").stdout.replace("\\", "")
    assert 1 == told.count("1 citation of 4 refused: see `servanda evidence")


def test_the_short_answer_ends_with_what_it_rests_on(case: str) -> None:
    told = " ".join(run(case, "--sources", papers(case), COLUMNS="400").stdout.split())
    assert "The target sticks because of 2 cited claims and 2 assumptions." in told
    assert "1 citation of 4 refused" in told


def test_sources_are_found_beside_the_case_or_where_the_environment_says(case: str) -> None:
    assert "3 exact" in run("evidence", case, SERVANDA_SOURCES=papers(case)).stdout
    Path(papers(case)).rename(Path(case).parent / "sources")
    assert "3 exact" in run("evidence", case).stdout


def test_a_folder_that_is_not_there_is_told(case: str) -> None:
    result = run("evidence", case, "--sources", "nowhere")
    assert (2, "") == (result.exit_code, result.stdout)
    assert 'there is no folder "nowhere"; --sources or SERVANDA_SOURCES names' in result.stderr


def test_packages_come_with_claims_and_assumptions_apart(case: str) -> None:
    told = " ".join(
        run("agreements", case, "--sources", papers(case), COLUMNS="900").stdout.split()
    )
    assert "[dry: diary, line 1]" in told
    assert "Assumptions: " in told
    data = json.loads(run("agreements", case, "--sources", papers(case), "--json").stdout)
    rests = data["packages"][0]["rests_on"]
    assert {"claims", "assumptions", "signing", "staying", "no_deal"} == set(rests)
    assert all(claim["citations"] or claim["standing"] for claim in rests["claims"])


def test_explain_and_report_list_the_claims_with_source_and_lines(case: str) -> None:
    told = run("explain", case, "--sources", papers(case), COLUMNS="400").stdout
    assert "Claims and assumptions it rests on" in told
    assert "[diary, line 1]" in told
    text = run("report", case, "--sources", papers(case)).stdout
    assert "Claims and assumptions it rests on" in text
    assert "diary, line 1" in text


def test_a_claim_taken_away_no_longer_supports_the_verdict(case: str) -> None:
    path = Path(case)
    before = run("agreements", case, COLUMNS="900").stdout
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    claims: [dry]\n", ""), encoding="utf-8")
    after = run("agreements", case, COLUMNS="900").stdout
    assert "[dry: diary, line 1]" in before
    assert "[dry: diary, line 1]" not in after
    assert before.count('Ben "not ana_pump"') < after.count('Ben "not ana_pump"')


def test_mentions_show_passages_and_who_cites_them(case: str) -> None:
    told = run("evidence", case, "--sources", papers(case), "--mentions", "ben", COLUMNS="300")
    assert "Where the sources speak of ben" in told.stdout
    assert "Ben would not pump by day." in told.stdout
    data = json.loads(
        run("evidence", case, "--sources", papers(case), "--mentions", "ana", "--json").stdout
    )
    assert ("ana", "Ana") == (data["name"], data["mentions"][0]["name"])
    assert ["dry"] == data["mentions"][0]["claims"]
    wrong = run("evidence", case, "--mentions", "bem")
    assert (2, True) == (wrong.exit_code, 'did you mean "ben"' in wrong.stderr)
    none = run("evidence", case, "--mentions", "ben")
    assert "No source here: name the folder" in none.stdout


def test_annotations_follow_the_web_annotation_model(case: str) -> None:
    path = Path(case).parent / "out" / "notes.jsonld"
    result = run("evidence", case, "--sources", papers(case), "--annotations", str(path))
    assert f"Wrote {path}." in result.stdout
    page = json.loads(path.read_text(encoding="utf-8"))
    assert "http://www.w3.org/ns/anno.jsonld" == page["@context"]
    assert 4 == len(page["items"])
    first = page["items"][0]
    quote, lines, place = first["target"]["selector"]
    assert {"type": "TextQuoteSelector", "exact": "the well is dry"} == quote
    assert "line=0,1" == lines["value"]
    assert "the well is dry" == DIARY[place["start"] : place["end"]]
    assert first["target"]["source"].startswith("ni:///sha-256;")
    assert ["identifying", "describing", "assessing"] == [b["purpose"] for b in first["body"]]
    assert "exact" == first["body"][2]["value"]


def test_annotations_never_replace_a_file_of_the_case(case: str) -> None:
    result = run("evidence", case, "--annotations", case)
    assert (2, True) == (result.exit_code, "belongs to the case" in result.stderr)
    assert 2 == run("evidence", case, "--annotations", papers(case)).exit_code


def test_a_case_that_cites_nothing_is_not_troubled() -> None:
    assert "The case cites nothing." in run("evidence", "two-neighbours").stdout
    assert "source here" not in run("agreements", "two-neighbours").stdout
    assert "source here" not in run("check", "two-neighbours").stdout
