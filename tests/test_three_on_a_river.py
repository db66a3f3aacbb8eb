"""The small case of the tutorial: what one plan or the other works on, and what is missing."""

from __future__ import annotations

import pytest

from servanda.casefile import find_case, read_case
from servanda.compare import Compared, compare
from servanda.model import Case, PartyId
from servanda.situation import lay
from servanda.threats import Effect, check_threats
from servanda.worlds import seen_by

VALLEY = PartyId("valley")


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("three-on-a-river"))


@pytest.fixture(scope="module")
def compared(case: Case) -> Compared:
    return compare(case)


def cells(compared: Compared) -> dict[tuple[str, str | None], str]:
    return {(cell.plan, cell.worldview): cell.sticks for row in compared.rows for cell in row.cells}


def test_each_plan_works_under_one_answer(compared: Compared) -> None:
    formulas = {row.plan: str(row.works) for row in compared.rows}
    assert "river = flood" in formulas["warning"]
    assert "harbour = ships" in formulas["payment"]


def test_the_engineers_plan_sticks_and_the_clerks_depends(compared: Compared) -> None:
    expected = {
        ("warning", "warning"): "yes",
        ("warning", "payment"): "no",
        ("payment", "warning"): "no",
        ("payment", "payment"): "depends",
    }
    assert expected == cells(compared)


def test_one_threat_hurts_who_fears_floods_and_is_a_gift_to_who_likes_silt(case: Case) -> None:
    effects = {}
    for view in case.worldviews:
        (found,) = check_threats(lay(seen_by(case, view), "warning"))
        effects[view] = found.effects[VALLEY]
    assert {"warning": Effect.HURTS, "payment": Effect.GIFT} == effects


def test_one_premise_closes_the_clerks_argument(compared: Compared) -> None:
    (missing,) = compared.premises
    assert "payment" == missing.plan
    assert {1} == {len(each) for each in missing.sets}
    added = {premise.answer or premise.kind for each in missing.sets for premise in each}
    assert {"ships", "statement"} == added
