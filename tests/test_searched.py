"""Where there are too many states to look at, the solver answers what a survey of all answers."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations
from math import prod
from pathlib import Path

import numpy as np
import pytest
from ortools.sat.python import cp_model

from random_plans import random_planned
from servanda import candidates, formulas
from servanda.acceptance import How
from servanda.analysis import Request, analyse
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.errors import Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case
from servanda.narrative.verdicts import shares
from servanda.nodeal import no_deal
from servanda.searched import Searched
from servanda.selfenforcement import grade_locally, grades
from servanda.settlements import BEST, Survey
from servanda.situation import lay
from servanda.solver import Search
from servanda.stability import Concept
from servanda.stable_sets import stable_sets
from servanda.threats import check_threats
from test_cli import run

LARGE = """\
servanda: 1
title: Two neighbours and many wells
parties: {{ana: Ana, ben: Ben}}
options:
  ana_pump: {{by: ana, does: pumps at night}}
  ben_pump: {{by: ben, does: pumps at night}}
  meter: {{by: ben, does: installs a meter, only: up}}
{wells}
status_quo: [ana_pump, ben_pump]
preferences:
  ana: [meter, {first}]
  ben: [not ana_pump, ben_pump, not meter, {second}]
"""


def large(count: int = 60) -> str:
    wells = "\n".join(f"  well_{n}: {{joint: [ana, ben]}}" for n in range(count))
    first = ", ".join(f"well_{n} implies well_{n + 1}" for n in range(0, count - 1, 2))
    second = ", ".join(f"well_{n} or not well_{n + 1}" for n in range(0, count - 1, 3))
    return LARGE.format(wells=wells, first=first, second=second)


@pytest.mark.parametrize("seed", range(80))
def test_the_solver_and_the_survey_give_the_same_answer(seed: int) -> None:
    case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
    if any(preference.ranking for preference in case.preferences.values()):
        return
    try:
        one = analyse(case, Request(limit=3, engine="grid"))
    except UsageError:
        return
    two = analyse(case, Request(limit=3, engine="solver"))
    assert (one.status, "solver") == (two.status, two.engine)
    firsts = [found.packages[0] if found.packages else None for found in (one, two)]
    assert len({first is not None and first.sticks for first in firsts}) == 1
    if firsts[0] is not None and firsts[0].sticks and firsts[1] is not None:
        assert firsts[0].grade is firsts[1].grade
    near = [None if found.nearest is None else found.nearest[1] for found in (one, two)]
    assert near[0] == near[1]


@pytest.mark.parametrize("seed", range(60))
def test_grades_by_local_search_are_those_of_the_arrays(seed: int) -> None:
    case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
    try:
        situation = lay(case)
    except UsageError:
        return
    grid = Grid(situation.conflict)
    states = [s for s in range(situation.space.size) if situation.conflict.can_be(s)][:12]
    for state in states:
        for party, graded in grades(grid, situation, state).items():
            local = grade_locally(situation.conflict, party, state)
            assert (graded.concepts, graded.grade) == (local.concepts, local.grade)
            if graded.witness is not None and local.witness is not None:
                assert graded.witness.state == local.witness.state


def test_a_case_too_large_to_enumerate_is_answered_with_a_proof() -> None:
    found = analyse(read_text(large(), "large.yaml"), Request(limit=2, engine="solver"))
    assert ("solver", "optimal") == (found.engine, found.status)
    assert all(package.sticks for package in found.packages)
    assert {} == found.counts
    assert found.bound is not None
    assert 0 <= found.bound <= 1


def test_that_nothing_sticks_is_proved_at_any_size() -> None:
    text = large().replace("ben: [not ana_pump, ben_pump,", "ben: [not (ana_pump iff ben_pump),")
    text = text.replace("ana: [meter, ", "ana: [ana_pump iff ben_pump, ")
    found = analyse(read_text(text, "large.yaml"))
    assert ("solver", "infeasible") == (found.engine, found.status)
    assert not any(package.sticks for package in found.packages)


def test_the_same_seed_gives_the_same_answer() -> None:
    case = read_text(large(), "large.yaml")
    one, two = (analyse(case, Request(limit=2, seed=7)) for _ in range(2))
    assert [p.state for p in one.packages] == [p.state for p in two.packages]


def test_the_command_line_answers_a_large_case(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    told = run(str(path), COLUMNS="400").stdout
    assert "the best is found and proved" in told
    assert "Who blocks the others is not counted at this size." in told
    data = json.loads(run("agreements", str(path), "--limit", "1", "--json").stdout)
    assert ("solver", "optimal") == (data["engine"], data["status"])
    assert data["packages"][0]["sticks"]
    assert data["packages"][0]["rests_on"]["assumptions"]
    report = run("report", str(path), "--limit", "1").stdout
    assert "| Packages | found by the solver; the best is proved |" in report
    assert "no faults, no warnings" in run("check", str(path)).stdout


def test_the_grid_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    result = run(str(path), "--engine", "grid")
    assert (2, True) == (result.exit_code, "63 options make" in result.stderr)


def test_a_time_limit_gives_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    result = run("agreements", str(path), "--time-limit", "0.4", COLUMNS="400")
    assert result.exit_code in {0, 2}
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", [n for n in builtin_cases() if n != "iraq-2006"])
def test_built_in_cases_stick_or_not_whatever_the_engine(name: str) -> None:
    case = read_case(builtin_cases()[name])
    one, two = (analyse(case, Request(limit=1, engine=e)) for e in ("grid", "solver"))
    assert one.status == two.status
    assert bool(one.best) == bool(two.best)


def test_stable_states_are_counted_where_they_are_too_many_to_list(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    told = run("stability", str(path), COLUMNS="200").stdout
    assert "9,223,372,036,854,775,808 (about 9.2 × 10^18) states that can be" in told
    assert "Stable for all parties   States " in told
    data = json.loads(run("stability", str(path), "--json").stdout)
    assert (None, "symbolic") == (data["states"], data["engine"])
    assert 2**63 == data["counts"]["states"]
    assert 0 < data["counts"]["nash"] < 2**63
    assert 0.5 == data["shares"]["nash"]["meter"]["yes"]  # it can never be taken away


@pytest.mark.parametrize("seed", range(40))
def test_stable_sets_have_as_many_states_as_the_arrays(seed: int) -> None:
    case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
    if case.walk_away or any(preference.ranking for preference in case.preferences.values()):
        return
    try:
        situation = lay(case)
    except UsageError:
        return
    found = stable_sets(situation, tuple(Concept))
    grid = Grid(situation.conflict)
    assert {} == found.refused
    for concept in Concept:
        states = np.flatnonzero(grid.equilibria(concept).reshape(-1))
        assert len(states) == found.counts[concept]
        for option, levels in found.shares[concept].items():
            column = situation.space.column(states, option)
            for level, share in levels.items():
                assert Fraction(int((column == level).sum()), len(states)) == share


def test_an_interrupted_search_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ended_early", lambda *_: True)
    found = analyse(read_text(large(), "large.yaml"), Request(limit=3))
    assert "interrupted" == found.stopped
    assert found.status in {"feasible", "unknown"}
    assert len(found.packages) <= 1


def test_only_what_ends_before_its_time_without_an_answer_was_interrupted() -> None:
    done = cp_model.CpSolver()
    model = cp_model.CpModel()
    model.new_bool_var("a")
    done.solve(model)
    assert not formulas.ended_early(done, None, cp_model.OPTIMAL)
    assert formulas.ended_early(done, 60.0, cp_model.UNKNOWN)
    assert formulas.ended_early(done, None, cp_model.FEASIBLE)
    assert not formulas.ended_early(done, 0.0, cp_model.UNKNOWN)


def test_a_party_with_many_options_of_its_own_is_described_all_the_same() -> None:
    wells = [f"  own_{n}: {{by: ben}}" for n in range(30)]
    text = large().replace("status_quo", "\n".join(wells) + "\nstatus_quo")
    cares = ", ".join(f"not own_{n}" for n in range(30))
    text = text.replace("  ana: [meter, ", f"  ana: [meter, {cares}, ")
    found = analyse(read_text(text, "large.yaml"), Request(limit=1))
    assert ("optimal", "") == (found.status, found.stopped)
    assert found.best is not None
    assert found.best.grounds.every


@pytest.mark.parametrize("chunk", range(4))
def test_core_and_full_packages_are_those_found_among_all(chunk: int) -> None:
    found: Counter[object] = Counter()
    for seed in range(chunk, 60, 4):
        case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
        if any(preference.ranking for preference in case.preferences.values()):
            continue
        try:
            situation = lay(case)
            without = no_deal(situation, check_threats(situation))
        except UsageError:
            continue
        survey = Survey(Grid(situation.conflict), situation, without)
        searched = Searched(situation, without)
        space, start = situation.space, situation.start
        for state in searched.first(3):
            if not survey.sticks[state]:
                continue
            assert survey.core(state) == searched.core(state), seed
            changes = space.changes(start, state)
            more = [
                len(space.changes(start, int(other)))
                for other in survey.sticking
                if changes.items() <= space.changes(start, int(other)).items()
            ]
            package, proved = searched.full(state)
            assert proved
            assert max(more) == len(space.changes(start, package))
            found["core" if survey.core(state) else "no core"] += 1
            found["full" if package == state else "can grow"] += 1
    assert found["core"]
    assert found["can grow"]


# ------------------------------------------------------------------------ gains in points

TALKS = """\
servanda: 1
title: Many terms
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
PLACES
preferences:
ANA
BEN
CHO
walk_away: {ana: 20, ben: 20.5, cho: 30}
"""


def many_terms(count: int = 40) -> Case:
    """Return talks of three about many terms, too many for an array."""
    chance = random.Random(count)  # noqa: S311 - talks, not secrets
    text = TALKS.replace(
        "PLACES", "\n".join(f"  term_{n}: {{joint: [ana, ben, cho]}}" for n in range(count))
    )
    for party in ("ana", "ben", "cho"):
        worths = ", ".join(
            f"{chance.choice(('', 'not '))}term_{n}: {chance.randint(1, 9)}" for n in range(count)
        )
        text = text.replace(party.upper(), f"  {party}: {{points: {{{worths}}}}}")
    return read_text(text, "terms.yaml")


@pytest.mark.parametrize("best", BEST)
def test_packages_of_a_large_case_are_ordered_by_gain_and_proved(best: How) -> None:
    found = analyse(many_terms(), Request(best=best, limit=2))
    assert ("solver", "optimal", best) == (found.engine, found.status, found.order)
    one, two = (
        [each.margin for each in package.comparisons.values() if each.margin is not None]
        for package in found.packages
    )
    measures: dict[How, Callable[[Iterable[Fraction]], Fraction | int]] = {
        "maximin": min,
        "nash": prod,
        "total": sum,
    }
    assert found.bound is not None
    assert Fraction(found.bound) == measures[best](one) >= measures[best](two)


def test_gains_need_points_of_those_who_sign_a_package(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    result = run("agreements", str(path), "--best", "nash")
    assert (2, True) == (result.exit_code, "--best nash needs points" in result.stderr)
    assert "no points for Ana" in result.stderr


def test_who_never_signs_needs_no_points() -> None:
    text = large().replace("servanda: 1", "servanda: 1\nspoilers: [cho]")
    text = text.replace("ben: Ben}", "ben: Ben, cho: Cho}")
    text = text.replace("  meter:", "  raid: {by: cho}\n  meter:")
    text = text.split("preferences:")[0] + (
        "preferences:\n  ana: {points: {meter: 4, not ana_pump: -1}}\n"
        "  ben: {points: {not ana_pump: 5.5, well_1: 1}}\n  cho: [raid]\n"
    )
    found = analyse(read_text(text, "large.yaml"), Request(best="total", limit=1))
    assert ("optimal", 5.0) == (found.status, found.bound)


def test_points_too_fine_for_the_solver_are_refused() -> None:
    case = many_terms()
    told = case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["walk_away"]["ana"] = 0.123456789012345678
    with pytest.raises(UsageError, match="too fine for the solver"):
        analyse(Case.model_validate({"servanda": 1, **told}), Request(best="nash"))


def interrupting(calls: int, error: BaseException) -> Callable[[str], None]:
    """Return what is told of the work, and ends it at one of the calls."""
    left = iter(range(calls))

    def tick(_: str) -> None:
        if next(left, None) is None:
            raise error

    return tick


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stopped("too late")])
@pytest.mark.parametrize("best", [None, *BEST])
@pytest.mark.parametrize("calls", [0, 1])
def test_a_search_that_is_ended_gives_what_it_has_and_a_bound(
    calls: int, best: How | None, error: BaseException
) -> None:
    situation = lay(many_terms(12))
    without = no_deal(situation)
    whole = Search(situation, without).best(best)
    assert "optimal" == whole.status
    found = Search(situation, without, tick=interrupting(calls, error)).best(best)
    assert found.status == ("unknown" if calls == 0 else "feasible")
    assert (found.state is None) == (calls == 0)
    if best is None:
        assert found.bound >= whole.bound
        return
    assert whole.most is not None
    assert found.most is not None
    assert found.most >= whole.most
    if found.gain is not None:
        assert found.gain <= found.most


def test_no_time_at_all_gives_a_bound_all_the_same() -> None:
    situation = lay(many_terms())
    found = Search(situation, no_deal(situation), seconds=1e-9).best("nash")
    assert found.status in {"unknown", "feasible"}
    assert found.most is None or found.most > 0


def test_an_interrupted_order_by_gain_says_what_it_can_be_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "ended_early", lambda *_: True)
    found = analyse(many_terms(), Request(best="nash", limit=3))
    assert ("interrupted", "feasible") == (found.stopped, found.status)
    (package,) = found.packages
    margins = [each.margin for each in package.comparisons.values() if each.margin is not None]
    assert found.bound is not None
    assert prod(margins) <= found.bound
    assert f"product of gains in points can be {found.bound:,.10g} at most" in shares(found)


def test_listed_packages_are_as_far_apart_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(large(), encoding="utf-8")
    data = json.loads(run("agreements", str(path), "--limit", "3", "--apart", "5", "--json").stdout)
    terms = [package["terms"] for package in data["packages"]]
    options = {option for each in terms for option in each}
    for one, two in combinations(terms, 2):
        assert 5 <= sum(one.get(option) != two.get(option) for option in options)
    assert 3 == len(terms)


@pytest.mark.parametrize("name", ["two-neighbours", "garrison"])
@pytest.mark.parametrize("apart", [2, 3])
def test_both_engines_keep_packages_apart(name: str, apart: int) -> None:
    case = read_case(builtin_cases()[name])
    for engine in ("grid", "solver"):
        found = analyse(case, Request(limit=4, engine=engine, apart=apart))
        space, terms = found.situation.space, set(found.situation.terms)
        for one, two in combinations((package.state for package in found.packages), 2):
            assert apart <= len(terms & space.changes(one, two).keys())
