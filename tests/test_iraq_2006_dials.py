"""The flagship case with its dials collapsed to switches: what levels are good for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from servanda.casefile import find_case, read_case
from servanda.model import Case
from servanda.situation import lay
from servanda.target import judge_in_short
from servanda.worlds import seen_by

LEVELS = {
    "us_withdraw": ["open_ended", "on_events", "within_a_year", "at_once"],
    "us_engage_neighbours": ["none", "talks", "assurance"],
    "goi_oil_share": ["none", "some", "fair"],
    "goi_amnesty": ["none", "some", "most"],
    "goi_autonomy_center": ["none", "some", "wide"],
}
OPEN = {
    "K1": "leave",
    "K2": "chaos",
    "K3": "contains",
    "K4": "credible",
    "K5": "un",
    "K7": "national_package",
}
"""Answers where an author gives none."""


def collapsed(text: str, option: str) -> str:
    """Return a file of the case with one dial a switch: any level above the lowest is taken.

    Where a wish or a plan asks for some level, or more, it asks for the switch; where it asks for
    less, for the switch undone.
    """
    lowest, *_ = LEVELS[option]
    text = text.replace(f"    levels: [{', '.join(LEVELS[option])}]\n", "")

    def switch(found: re.Match[str]) -> str:
        low = found["level"] == lowest
        taken = {"=": not low, "!=": low}.get(found["sign"], found["sign"] in {">", ">="})
        return option if taken else f"not {option}"

    return re.sub(rf"\b{option} (?P<sign>[<>!]=|[<>=]) (?P<level>\w+)", switch, text)


def with_switches(folder: Path, options: Iterable[str]) -> Case:
    """Return the case with some dials collapsed, written to a folder and read."""
    source = Path(find_case("iraq-2006"))
    files = [source / "case.yaml", source / "claims.yaml"]
    for file in (*files, *source.glob("plans/*.yaml"), *source.glob("worldviews/*.yaml")):
        text = file.read_text(encoding="utf-8")
        for option in options if file.name != "claims.yaml" else ():
            text = collapsed(text, option)
        place = folder / file.relative_to(source)
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return read_case(folder)


def sticking(case: Case) -> set[str]:
    """Return the plans that stick as their own authors see them, open questions answered alike."""
    found = set()
    for plan, view in case.worldviews.items():
        answers = {name: answer for name, answer in OPEN.items() if name not in view.answers}
        verdict = judge_in_short(lay(seen_by(case, plan, answers), plan))
        if verdict is not None and verdict.sticks:
            found.add(plan)
    return found


@pytest.fixture(scope="module")
def whole() -> set[str]:
    return sticking(read_case(find_case("iraq-2006")))


def test_six_plans_stick_as_their_authors_see_them(whole: set[str]) -> None:
    assert {"P000", "P001A", "P001B", "P001C", "P003", "P004"} == whole


def test_as_one_switch_departure_undoes_four_plans(whole: set[str], tmp_path: Path) -> None:
    # To promise departure would then be to leave, and whoever leaves soon would leave at once.
    assert {"P000", "P001B", "P001C", "P004"} == whole - sticking(
        with_switches(tmp_path, ["us_withdraw"])
    )


def test_the_other_dials_turn_no_plan_for_its_own_author(whole: set[str], tmp_path: Path) -> None:
    others = [option for option in LEVELS if option != "us_withdraw"]
    assert whole == sticking(with_switches(tmp_path, others))
