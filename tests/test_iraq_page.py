"""The page on the flagship case says what the program says of the case as it is now."""

from __future__ import annotations

import pytest

import iraq_page
from servanda.casefile import find_case, read_dossier
from servanda.cells import Cell
from servanda.narrative import Section
from servanda.narrative.phrases import sentence
from servanda.narrative.premises import change_words
from servanda.record import Dossier
from servanda.report import page
from servanda.sensitivity import Turn, telling_first, turns
from servanda.target import judge
from servanda.world_situations import Worlds

QUICK = ("P000", "P001A", "P001B")  # whose authors leave few worlds open


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return read_dossier(find_case(iraq_page.CASE))


@pytest.fixture(scope="module")
def text() -> str:
    return iraq_page.PLACE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cells(dossier: Dossier) -> dict[str, Cell]:
    return {plan: iraq_page.own_cell(dossier.case, plan) for plan in QUICK}


def written(section: Section) -> str:
    """Return a part of a chapter as it stands in the page."""
    whole = page("", [Section("chapter", (), (), (section,))])
    return whole[whole.index("\n### ") :].rstrip()


def chapter(text: str, title: str) -> str:
    """Return one chapter of the page."""
    (found,) = [part for part in text.split("\n## ") if part.startswith(title)]
    return found


def test_the_page_is_of_the_case_as_it_is_now(dossier: Dossier, text: str) -> None:
    assert iraq_page.fingerprint(dossier.case) in text


def test_it_opens_by_saying_what_it_is(dossier: Dossier, text: str) -> None:
    assert text.startswith(f"# {dossier.title}\n\n## What this page is\n\nThis page is conditional")
    assert "(iraq-2006-proposals.md)" in text


def test_what_is_read_off_the_case_stands_in_it_word_for_word(dossier: Dossier, text: str) -> None:
    for plan in dossier.plans:
        told = chapter(text, f"{plan}: ")
        places = [told.index(written(part)) for part in iraq_page.quick_parts(dossier, plan)]
        assert sorted(places) == places
    common = page("", [iraq_page.readings(dossier.case)])
    assert common[common.index("\n## ") :].rstrip() in text


def test_the_verdicts_of_some_plans_are_what_is_found_now(
    dossier: Dossier, text: str, cells: dict[str, Cell]
) -> None:
    for plan, cell in cells.items():
        verdict = iraq_page.verdict_section(dossier.case, cell)
        assert written(verdict) in chapter(text, f"{plan}: ")


def test_every_plan_has_its_verdict_and_what_turns_it(dossier: Dossier, text: str) -> None:
    for plan in dossier.plans:
        told = chapter(text, f"{plan}: ")
        for title in ("The verdict", "What it rests on", "What happened beside it, kept apart"):
            assert f"\n### {title}" in told
        assert "single changes tried" in told


def test_some_changes_said_to_turn_a_verdict_do_and_others_do_not(
    dossier: Dossier, text: str
) -> None:
    case = dossier.case
    told = chapter(text, "P003: ")
    cell = iraq_page.own_cell(case, "P003", first=True)
    situation = Worlds(case).situation("P003", cell.worldview, cell.worlds[0].answers)
    verdict = judge(situation)
    assert verdict is not None
    assert cell.rests_on is not None
    tried = telling_first(situation, cell.rests_on)[:12]
    found = turns(situation, tried=tried)
    assert {True, False} == {bool(turn.turned) for turn in found}
    for turn in found:
        assert bool(turn.turned) == (said_of(dossier, turn) in told)


def said_of(dossier: Dossier, turn: Turn) -> str:
    said = sentence(change_words(dossier.case, turn.change)).removesuffix(".")
    whole = page("", [Section("x", (said,))])
    return "\n" + whole[whole.index("## x\n\n") + 6 :].rstrip() + ": the target then"
