"""Every cell of the flagship's table is found again by code that shares nothing with its engine.

A cell is a plan as an author sees it, in every world that the author leaves possible: what both
say of each world is whether it can be, how acceptable the target is, its grade, and whether it
sticks.  The code is first tried on many small conflicts, where every state can be listed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from conflicts import random_conflict
from random_plans import random_planned
from servanda.casefile import find_case, read_case
from servanda.cells import Cell, World
from servanda.compare import compare
from servanda.errors import Contradictory
from servanda.model import Case
from servanda.worlds import seen_by
from slow import Slow
from slow_answers import Kept, guarded
from slow_course import ImpossibleError
from slow_far import Far
from slow_far_plans import FarPlan, Short
from slow_parts import Known
from slow_plans import GRADES, SlowPlan
from slow_worlds import ClashError, SlowWorlds
from test_compare import random_questions

PLANS = ("P000", "P001A", "P001B", "P001C", "P002", "P003", "P004")
VIEWS = PLANS


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def worlds(case: Case) -> SlowWorlds:
    return SlowWorlds(case)


@pytest.fixture(scope="module")
def known() -> Known:
    return Known()


def test_the_table_has_every_plan_under_every_view(case: Case) -> None:
    assert (PLANS, VIEWS) == (tuple(case.plans), tuple(case.worldviews))


@pytest.mark.parametrize("plan", PLANS)
def test_every_cell_is_found_again_in_each_of_its_worlds(
    plan: str,
    worlds: SlowWorlds,
    known: Known,
    record_property: Callable[[str, object], None],
) -> None:
    (row,) = compare(worlds.case, [plan], most_premises=0, seconds=0).rows
    assert VIEWS == tuple(cell.worldview for cell in row.cells)
    seen: Counter[str] = Counter()
    for cell in row.cells:
        expected = {
            tuple(answers.items()): again(worlds, known, cell, answers)
            for answers in worlds.of_view(str(cell.worldview))
        }
        found = {tuple(world.answers.items()): said_of_world(world) for world in cell.worlds}
        assert expected == found, (plan, cell.worldview)
        assert said_of_cell(expected.values()) == (cell.sticks, cell.share)
        seen["cells"] += 1
        seen["worlds of cells"] += len(expected)
        seen["undecided worlds"] += sum(each[0] is None for each in expected.values() if each)
    assert not seen["undecided worlds"]
    for name, count in seen.items():
        record_property(name, count)


def again(worlds: SlowWorlds, known: Known, cell: Cell, answers: dict[str, str]) -> Short | None:
    """Return what becomes of a plan in one world of a cell, found anew; None if it cannot be."""
    try:
        laid = worlds.world(cell.plan, cell.worldview, answers)
    except ClashError:
        return None
    return FarPlan(laid, known).in_short()


def said_of_world(world: World) -> Short | None:
    """Return what the program says of a plan in one world."""
    if world.sticks is None:
        return None
    return world.sticks, _word(world.acceptable), _word(world.grade)


def _word(found: object) -> str | None:
    return None if found is None else str(found)


def said_of_cell(found: Iterable[Short | None]) -> tuple[str, tuple[int, int]]:
    """Return what a cell says of its worlds, and in how many of how many the target sticks."""
    sticks = [bool(each[0]) for each in found if each is not None]
    share = sum(sticks), len(sticks)
    if not sticks:
        return "contradictory", share
    return ("yes" if all(sticks) else "depends" if any(sticks) else "no"), share


def test_answers_are_laid_as_the_program_lays_them(worlds: SlowWorlds) -> None:
    for view in VIEWS:
        for answers in worlds.of_view(view):
            assert_laid_alike(worlds, "P000", view, answers)


@pytest.mark.parametrize("chunk", range(4))
def test_answers_to_made_up_questions_are_laid_as_the_program_lays_them(chunk: int) -> None:
    clashes = laid = 0
    for number in range(chunk * 25, chunk * 25 + 25):
        drawn = random_questions(random.Random(f"laid {number}"))  # noqa: S311 - no secret
        if drawn is None:
            continue
        worlds = SlowWorlds(drawn[0])
        for answers in worlds.of_view(None):
            clashes += not assert_laid_alike(worlds, "plan", None, answers)
            laid += 1
    assert 0 < clashes < laid


def assert_laid_alike(
    worlds: SlowWorlds, plan: str, view: str | None, answers: dict[str, str]
) -> bool:
    """Check that a world is the same by both ways; return whether it can be."""
    try:
        expected = worlds.world(plan, view, answers)
    except ClashError:
        with pytest.raises(Contradictory):
            seen_by(worlds.case, view, answers)
        return False
    found = seen_by(worlds.case, view, answers)
    for party in found.parties:
        wishes = [[s.wish for s in group] for group in found.statements(party)]
        assert [[s.wish for s in group] for group in expected.statements(party)] == wishes
    for name, fact in found.facts.items():
        assert expected.facts[name].means == fact.means
    assert [rule.that for rule in expected.never] == [rule.that for rule in found.never]
    assert [o.owners for o in expected.options.values()] == [
        o.owners for o in found.options.values()
    ]
    return True


# --------------------------------------------------------------- the code that looks again


@pytest.mark.parametrize("chunk", range(8))
def test_plans_looked_at_lazily_fare_as_where_every_state_is_listed(
    chunk: int, record_property: Callable[[str, object], None]
) -> None:
    compared: Counter[str] = Counter()
    for number in range(chunk * 50, chunk * 50 + 50):
        planned = random_planned(random.Random(f"far {number}"))  # noqa: S311 - no secret
        slow, far = SlowPlan(planned), FarPlan(planned)
        for what in ("start", "no_deal", "completions"):
            assert _tried(slow, what) == _tried(far, what), (number, what)
        if planned.plans["plan"].target:
            assert _in_short(slow) == far.in_short(), number
            compared["plans looked at lazily"] += 1
    for name, count in compared.items():
        record_property(name, count)


def _tried(plan: SlowPlan, what: str) -> object:
    try:
        return getattr(plan, what)
    except ImpossibleError:
        return "impossible"


def _in_short(plan: SlowPlan) -> Short:
    try:
        acceptable, grade, sticks = plan.target_verdict
    except ImpossibleError:
        return False, None, None
    grade = GRADES[-1] if grade == "brittle" else grade
    return sticks, acceptable, grade if acceptable == "surely" else None


@pytest.mark.parametrize("chunk", range(8))
def test_guards_looked_for_lazily_are_those_found_where_every_state_is_listed(
    chunk: int, record_property: Callable[[str, object], None]
) -> None:
    compared: Counter[str] = Counter()
    for number in range(chunk * 50, chunk * 50 + 50):
        rng = random.Random(f"guards {number}")  # noqa: S311 - no secret
        conflict = random_conflict(rng)
        slow, far = Slow(conflict), Far(conflict)
        for state in rng.sample(slow.states, min(12, len(slow.states))):
            for party in slow.parties:
                firm = slow.nash(party, state)
                assert firm == far.nash(party, state), (number, party, state)
                if not firm:
                    expected = slow.seq(party, state)
                    assert expected == guarded(far, party, state), (number, party, state)
                    compared[f"guards {'there' if expected else 'not there'}"] += 1
    for name, count in compared.items():
        record_property(name, count)


@pytest.mark.parametrize("chunk", range(4))
def test_a_move_that_is_found_to_have_no_answer_has_none_anywhere(
    chunk: int, record_property: Callable[[str, object], None]
) -> None:
    hopeless = 0
    for number in range(chunk * 50, chunk * 50 + 50):
        rng = random.Random(f"hopeless {number}")  # noqa: S311 - no secret
        conflict = random_conflict(rng)
        slow, far = Slow(conflict), Far(conflict)
        for state in rng.sample(slow.states, min(6, len(slow.states))):
            for party in slow.parties:
                kept = Kept(far, party, state)
                for move in slow.improvements(party, state):
                    reached = slow.reached(move, slow.others([party]), slow.improvements)
                    worst = min(slow.utility(party, later) for later in reached)
                    if kept.is_hopeless(move):
                        assert worst > slow.utility(party, state), (number, party, state, move)
                        hopeless += 1
    assert hopeless
    record_property("hopeless moves", hopeless)
