"""The report: the same bytes every time, whole or not at all, and honest about its limits."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from servanda import __version__
from servanda.analysis import Findings, Request, analyse
from servanda.asking import without_deal
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.invocation import Asked
from servanda.narrative import Premises, five_lines, gather
from servanda.report import markdown, write_report

SIGNS = """
servanda: 1
title: "*Stars* and `ticks` | <b>bold</b>"
about: "# Not a heading"
parties: {a: A | B, b: <i>}
options:
  x: {by: a, does: "_gives_ 1 * 2 < 3"}
  y: {by: b, does: "> quotes"}
preferences: {a: [y, not x], b: [x, not y]}
"""


@cache
def found(name: str, plan: str | None = None) -> tuple[Findings, Premises]:
    findings = analyse(read_case(builtin_cases()[name]), Request(plan=plan))
    return findings, gather(findings.situation)


def test_the_report_begins_with_the_five_lines() -> None:
    findings, premises = found("iraq-laws-2008")
    text = markdown(findings, premises)
    expected = [f"- **{line.label}:** {line.text}" for line in five_lines(findings)]
    assert expected == [line for line in text.splitlines() if line.startswith("- ")]
    assert text.startswith("# Three laws in one vote, Iraq 2008\n")
    assert text.index("- **Answer:**") < text.index("\n## ")


def test_chapters_follow_in_order() -> None:
    text = markdown(*found("iraq-laws-2008", "budget-alone"))
    assert [
        "How often agreements last",
        "Without a deal",
        "The target",
        "The nearest package that sticks",
        "Packages, best first",
        "Who blocks how many",
        "What the verdict rests on",
        "Wishes, most important first",
        "Assumptions",
        "Silent parties",
        "Claims",
        "Names used in wishes",
        "Method",
        "Provenance",
    ] == re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_a_report_never_takes_the_place_of_a_folder_or_a_device(tmp_path: Path) -> None:
    findings = analyse(read_case(builtin_cases()["chicken"]))
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    for path in (tmp_path, "", fifo):
        with pytest.raises(OSError, match="it is"):
            write_report(path, findings)
    assert [fifo] == list(tmp_path.iterdir())


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    for path in (one, two):
        findings = analyse(read_case(builtin_cases()["iraq-laws-2008"]))
        write_report(path, findings, gather(findings.situation), sha256="0" * 64)
    assert one.read_bytes() == two.read_bytes()
    assert b"\r" not in one.read_bytes()


def test_nothing_of_the_machine_or_the_day_is_in_it(tmp_path: Path) -> None:
    write_report(tmp_path / "report.md", *found("two-neighbours"))
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert not re.search(r"\b20[2-9]\d-\d\d-\d\d|\d\d:\d\d", text)


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "build" / "deep" / "report.md"
    write_report(path, *found("two-neighbours"))
    write_report(path, *found("chicken"))
    assert [path] == list(path.parent.iterdir())
    assert path.read_text(encoding="utf-8").startswith("# Chicken\n")


def test_a_report_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "report.md"
    taken.mkdir()
    (taken / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        write_report(taken, *found("two-neighbours"))
    assert [taken] == list(tmp_path.iterdir())
    assert "mine" == (taken / "kept.txt").read_text(encoding="utf-8")


def test_every_verdict_stands_beside_the_base_rates() -> None:
    for name in ("two-neighbours", "chicken"):
        text = markdown(*found(name))
        assert "| all | .77 | .68 | .65 |" in text
        assert "| full agreements | .82 | .77 | .77 |" in text
        assert "| process agreements | .73 | .56 | .54 |" in text
        assert "It is not a prophecy and gives no probability of peace." in text


def test_claims_are_said_not_to_be_checked_where_there_is_no_source() -> None:
    text = markdown(without_deal(Asked(case="iraq-2006"), lambda _: None))
    assert "No source here, so that its 171 citations are not checked" in text
    assert 1 == text.count("No source here")
    assert "| c001a.9 | for the Shia, open war without US cover is worse" in text


def test_it_says_where_it_comes_from() -> None:
    text = markdown(*found("iraq-laws-2008"), sha256="ab" * 32)
    assert f"| Servanda | {__version__} |" in text
    assert f"| SHA-256 of the case | {'ab' * 32} |" in text
    assert "| Plan | All three laws in one vote (one-package) |" in text
    assert "Inohara, T., & Hipel, K. W. (2008)" in text
    findings = analyse(read_case(builtin_cases()["two-neighbours"]))
    assert "SHA-256" not in markdown(findings)
    assert "What the verdict rests on" not in markdown(findings)


def test_work_stopped_early_is_told() -> None:
    whole, _ = found("two-neighbours")
    text = markdown(Findings(situation=whole.situation, stopped="time limit"))
    assert "There is no answer yet (time limit)." in text
    assert "| Stopped early | time limit |" in text


@pytest.mark.parametrize("name", ["two-neighbours", "garrison", "iraq-laws-2008"])
def test_tables_are_whole(name: str) -> None:
    width = 0
    for line in markdown(*found(name)).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert cells in {0, width} or not width, line
        width = cells


def test_signs_of_markdown_are_shown_as_they_are() -> None:
    text = markdown(analyse(read_text(SIGNS, "case.yaml")))
    assert r"# \*Stars\* and \`ticks\` | \<b>bold\</b>" in text
    assert r"\# Not a heading" in text
    assert r"| A \| B |" in text
    assert r"\_gives\_ 1 \* 2 \< 3" in text
    assert not re.search(r"(?<!\\)<[a-z/]", text)
