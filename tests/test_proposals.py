"""What the texts propose beside what carries it: cited, checked, and nothing left without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from servanda.casefile import read_dossier
from servanda.evidence import Evidence
from servanda.proposals import Proposals
from test_cli import run
from test_record import PROPOSALS, well

__all__ = ["well"]  # a fixture
DIARY = "Ana wrote: the well is dry.\nBen would not pump by day.\nA meter would help us both."


@pytest.fixture
def papers(well: Path) -> str:
    """Write the sources beside the case."""
    folder = well.parent / "papers"
    folder.mkdir()
    (folder / "diary.txt").write_text(DIARY, encoding="utf-8")
    (folder / "letter.txt").write_text("This is what they say.", encoding="utf-8")
    return str(folder)


def found(well: Path) -> Proposals:
    dossier = read_dossier(well)
    return Proposals(dossier.record, Evidence(dossier.case))


def test_every_proposal_is_told_with_what_carries_it_or_why_nothing_does(well: Path) -> None:
    told = run("evidence", str(well), "--proposals", COLUMNS="300").stdout
    assert "Two texts, read from end to end." in told
    assert "3 items: 1 proposal, 1 mechanism and 1 warning." in told
    assert "Carried in full: 1; in part: 1; not modelled: 1." in told
    assert "option meter; plan clerk; test reachable" in told
    assert "fact calm; left out, because rain is nobody's option" in told
    assert "not modelled, because talk moves nobody" in told
    assert "--proposals --sources DIR` holds each quote against your documents" in told


def test_what_carries_is_told_the_other_way_round_in_the_order_of_the_case(well: Path) -> None:
    carried = found(well).carried_by
    assert [
        ("option", "meter"),
        ("fact", "calm"),
        ("plan", "clerk"),
        ("test", "reachable"),
    ] == list(carried)
    assert ("ana_pump",) == found(well).options_unnamed
    told = run("evidence", str(well), "--proposals").stdout
    assert "Options of the case that carry no item: ana_pump." in told


def test_quotes_of_proposals_are_held_against_the_sources(well: Path, papers: str) -> None:
    told = run("evidence", str(well), "--proposals", "--sources", papers, COLUMNS="400").stdout
    assert "3 citations: 3 exact." in told
    data = json.loads(
        run("evidence", str(well), "--proposals", "--json", "--sources", papers).stdout
    )
    assert ["d.1", "d.2", "l.1"] == [each["id"] for each in data["proposals"]]
    first = data["proposals"][0]
    assert {"kind": "option", "name": "meter"} == first["carried"][0]
    assert "exact" == first["citations"][0]["verdict"]
    assert 3 == data["proposal_counts"]["exact"]
    assert ["ana_pump"] == data["options_unnamed"]
    assert 0 == run("evidence", str(well), "--proposals", "--strict", "--sources", papers).exit_code


def test_a_false_quote_of_a_proposal_is_a_fault_with_its_place(well: Path, papers: str) -> None:
    sound = run("check", str(well), "--sources", papers)
    assert (0, True) == (sound.exit_code, "propose: 3 citations: 3 exact." in sound.stdout)
    text = PROPOSALS.replace("quote: well is dry", "quote: well is full")
    (well / "proposals.yaml").write_text(text, encoding="utf-8")
    result = run("check", str(well), "--sources", papers)
    assert 3 == result.exit_code
    (line,) = [line for line in text.splitlines() if "well is full" in line]
    place = f"{text.splitlines().index(line) + 1}:{line.index('well is full') + 1}"
    assert f"proposals.yaml:{place}: the quote is altered" in result.stdout
    strict = ("evidence", str(well), "--strict", "--sources", papers)
    assert (0, 1) == (run(*strict).exit_code, run(*strict, "--proposals").exit_code)


def test_both_are_written_as_a_page_of_markdown(well: Path, tmp_path: Path) -> None:
    page = tmp_path / "out" / "page.md"
    asked = ("evidence", str(well), "--hindsight", "--proposals", "-o", str(page))
    result = run(*asked)
    assert f"Wrote {page}.\n" == result.stdout
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# A well and a diary\n\n## What happened, kept apart\n")
    assert "\n## What the texts propose, and where it is\n" in text
    assert "| d.1 | a meter | proposal | diary, line 3 |" in text
    data = json.loads(run(*asked, "--json").stdout)
    assert {"hindsight", "proposals"} <= set(data)
    refused = run(*asked[:-1], str(well / "history.yaml"))
    assert (2, True) == (refused.exit_code, "belongs to the case" in refused.stderr)


def test_a_case_without_proposals_says_so() -> None:
    told = run("evidence", "two-neighbours", "--proposals").stdout
    assert "The case has no list of what its texts propose." in told


def test_what_a_quote_leaves_out_is_a_warning_with_its_place(well: Path, papers: str) -> None:
    text = PROPOSALS.replace("quote: A meter would help", "quote: by day ... would help")
    text = text.replace("lines: [3, 3]", "lines: [2, 3]")
    (well / "proposals.yaml").write_text(text, encoding="utf-8")
    result = run("check", str(well), "--sources", papers)
    assert 0 == result.exit_code
    (told,) = [line for line in result.stdout.splitlines() if "proposals.yaml:" in line]
    assert "warning: look at what the quote leaves out" in told
    assert "proposals.yaml:9:" in told


def test_a_case_all_of_whose_options_carry_something_says_so(well: Path) -> None:
    text = PROPOSALS.replace("[fact calm]", "[option ana_pump]")
    (well / "proposals.yaml").write_text(text, encoding="utf-8")
    told = run("evidence", str(well), "--proposals").stdout
    assert "Every option of the case carries an item." in told
