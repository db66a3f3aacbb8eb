"""Single states are looked at alike in spaces of every size: array or no array."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from conflicts import random_conflict
from random_plans import random_planned
from servanda import states
from servanda.casefile import read_text
from servanda.conflict import Conflict, compile_case
from servanda.errors import UsageError
from servanda.escape import better_move
from servanda.grid import Grid
from servanda.groups import grade_groups, group_improvements
from servanda.model import Case
from servanda.nodeal import no_deal
from servanda.play import is_open
from servanda.roadmap import roadmap
from servanda.roadmap_search import search_roadmap
from servanda.selfenforcement import guarded
from servanda.situation import Situation, lay
from servanda.target import judge
from servanda.temptation import on_arrays, on_diagrams

HUGE = """\
servanda: 1
title: Huge
parties: {{ana: Ana, ben: Ben}}
options:
{options}
preferences: {{ana: [o1 and not o2, o{last}], ben: [o{last} implies o3, not o1]}}
"""


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret depends on it


@pytest.fixture
def without_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every space count as too large for an array."""
    monkeypatch.setattr(states, "LARGEST", 0)


def rankless(seed: int) -> Case | None:
    case = random_conflict(chance(seed))
    ranked = any(preference.ranking for preference in case.preferences.values())
    return None if ranked else case


@pytest.mark.parametrize("seed", range(40))
def test_feasibility_values_and_moves_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = rankless(seed)
    if case is None:
        return
    dense = compile_case(case)
    monkeypatch.setattr(states, "LARGEST", 0)
    sparse = compile_case(case)
    every = np.arange(dense.space.size)
    assert dense.feasible.reshape(-1).tolist() == sparse.moves.feasible[every].tolist()
    for party in dense.parties:
        order = np.argsort(dense.payoffs[party].of(every), kind="stable").tolist()
        assert order == np.argsort(sparse.payoffs[party].of(every), kind="stable").tolist()
        for state in np.flatnonzero(dense.feasible.reshape(-1))[:40].tolist():
            ways = dense.improvements(party, state).tolist()
            needed = [to for to in ways if not dense.uncared & set(dense.space.changes(state, to))]
            assert needed == sparse.improvements(party, state).tolist()
            assert bool(ways) == bool(len(sparse.gains(party, state)))


@pytest.mark.parametrize("seed", range(30))
def test_no_deal_and_who_would_leave_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = rankless(seed)
    if case is None:
        return
    dense = lay(case)
    ends = no_deal(dense).outcomes
    grades = _grades(dense.conflict, dense)
    monkeypatch.setattr(states, "LARGEST", 0)
    sparse = lay(case)
    assert ends == no_deal(sparse).outcomes
    assert grades == _grades(sparse.conflict, sparse)


def _grades(conflict: Conflict, situation: Situation) -> list[str]:
    some = range(0, situation.space.size, max(1, situation.space.size // 7))
    return [
        guarded(conflict, party, state).value
        for party in conflict.parties
        for state in some
        if conflict.can_be(state)
    ]


@pytest.mark.parametrize("seed", range(30))
def test_threats_and_targets_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_planned(chance(seed))
    if case.walk_away or any(p.ranking for p in case.preferences.values()):
        return

    def verdict() -> object:
        try:
            found = judge(lay(case, next(iter(case.plans))))
        except UsageError as error:
            return "place" if "nearest" in str(error) or "states" in str(error) else str(error)
        if found is None:
            return None
        return found.acceptable, found.sticks, [finding.kind for finding in found.threats]

    expected = verdict()
    monkeypatch.setattr(states, "LARGEST", 0)
    actual = verdict()
    assert (
        actual in {expected, "place"}
        if isinstance(expected, str)
        else actual
        in (
            expected,
            "place",
        )
    )


@pytest.mark.parametrize("count", [40, 100, 300])
def test_a_conflict_of_any_size_has_states_moves_and_a_no_deal(count: int) -> None:
    options = "\n".join(f"  o{n}: {{by: {'ana' if n < 4 else 'ben'}}}" for n in range(1, 8))
    options += "\n" + "\n".join(f"  o{n}: {{joint: [ana, ben]}}" for n in range(8, count + 1))
    case = read_text(HUGE.format(options=options, last=count), "huge.yaml")
    situation = lay(case)
    assert object is situation.space.kind or count == 40
    assert situation.conflict.can_be(situation.start)
    (end,) = no_deal(situation).outcomes
    assert {"o1": "yes"} == situation.space.taken(end.states[0])
    with pytest.raises(UsageError, match=f"{count} options make"):
        Grid(situation.conflict)


def test_a_ranking_of_states_needs_an_array(without_arrays: None) -> None:
    del without_arrays
    text = (
        "servanda: 1\ntitle: T\nparties: {ana: Ana}\noptions: {o: {by: ana}}\n"
        "preferences: {ana: {ranking: [[o], []]}}\n"
    )
    with pytest.raises(UsageError, match="ranks single states"):
        compile_case(read_text(text, "ranked.yaml"))


@pytest.mark.parametrize("chunk", range(4))
def test_what_groups_can_do_is_the_same_with_arrays_and_without(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: set[str] = set()
    for seed in range(chunk, 80, 4):
        case = rankless(seed)
        if case is None:
            continue
        monkeypatch.setattr(states, "LARGEST", 2**26)
        dense = compile_case(case)
        some = [s for s in range(dense.space.size) if dense.can_be(s)][:: dense.space.size // 6 + 1]
        expected = [(g.grade, g.breaker) for g in (grade_groups(dense, s, 3) for s in some)]
        monkeypatch.setattr(states, "LARGEST", 0)
        sparse = compile_case(case)
        graded = [grade_groups(sparse, state, 3) for state in some]
        assert expected == [(g.grade, g.breaker) for g in graded], seed
        found |= {each.grade.value for each in graded}
    assert {"firm", "breaks"} <= found


@pytest.mark.parametrize("seed", range(12))
def test_the_solver_tells_whether_a_group_can_gain(seed: int) -> None:
    case = rankless(seed)
    if case is None:
        return
    conflict = compile_case(case)
    some = [s for s in range(conflict.space.size) if conflict.can_be(s)]
    for state in some[:: len(some) // 4 + 1]:
        for group in combinations(conflict.parties, 2):
            ways = group_improvements(conflict, group, state)
            to = better_move(conflict, group, state)
            assert bool(ways) == (to is not None)
            assert to is None or to in ways


def test_a_group_with_too_many_moves_to_look_at_is_asked_of_the_solver() -> None:
    names = [f"{party}{n}" for party in ("a", "b") for n in range(12)]
    options = "".join(f"  {name}: {{by: {name[0]}}}\n" for name in names)
    pact = " and ".join(names)
    wishes = ", ".join(f"not {name}" for name in names)
    text = (
        f"servanda: 1\ntitle: All or nothing\nparties: {{a: Ann, b: Bob, c: Cid}}\n"
        f"options:\n{options}  c0: {{by: c}}\n  c1: {{by: c}}\n  c2: {{by: c}}\n"
        f"preferences: {{a: [{pact}, {wishes}], b: [{pact}, {wishes}], c: [c0, c1, c2]}}\n"
    )
    conflict = compile_case(read_text(text, "pact.yaml"))
    nobody = conflict.space.index(conflict.case.base)
    found = grade_groups(conflict, nobody)
    assert ("breaks", ("a", "b")) == (found.grade.value, found.breaker)
    assert found.state is not None
    assert all(conflict.value(p, found.state) > conflict.value(p, nobody) for p in found.breaker)
    assert "firm" == grade_groups(conflict, found.state).grade.value


@pytest.mark.parametrize("chunk", range(4))
def test_roadmaps_are_the_same_with_arrays_and_without(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = exposed = 0
    for seed in range(chunk, 120, 4):
        case = rankless(seed)
        if case is None or any(p.form == "points" for p in case.preferences.values()):
            continue
        monkeypatch.setattr(states, "LARGEST", 2**26)
        here = lay(case)
        grid, ends = Grid(here.conflict), no_deal(here)
        goals = [s for s in range(here.space.size) if here.conflict.can_be(s)]
        goals = [s for s in goals if is_open(here.conflict, here.start, s, {})]
        goals = goals[:: len(goals) // 5 + 1]
        every = [roadmap(here, ends, on_arrays(grid), goal=goal) for goal in goals]
        monkeypatch.setattr(states, "LARGEST", 0)
        sparse = lay(case)
        settled = no_deal(sparse)
        for goal, one in zip(goals, every, strict=True):
            counting = on_diagrams(sparse.conflict)
            two = search_roadmap(sparse, settled, counting, goal=goal)
            assert one == roadmap(sparse, settled, counting, goal=goal), (seed, goal)
            assert one is not None
            assert two is not None
            assert {} == two.bounds
            assert (one.exchange, one.deadlock) == (two.exchange, two.deadlock), (seed, goal)
            severities = [{n: r.severity for n, r in way.routes.items()} for way in (one, two)]
            assert severities[0] == severities[1], (seed, goal)
            compared += 1
            exposed += any(severities[0].values())
    assert compared > 20
    assert exposed > 3


@pytest.mark.parametrize("options", [3, 62, 63, 130, 200])
def test_levels_are_read_off_indices_of_any_length(options: int) -> None:
    levels = "levels: [none, low, high]"
    lines = "\n".join(
        f"  o{n}: {{by: ana{', ' + levels if n % 3 else ''}}}" for n in range(1, options + 1)
    )
    space = compile_case(read_text(HUGE.format(options=lines, last=options), "huge.yaml")).space
    rng = chance(options)
    some = [rng.randrange(space.size) for _ in range(50)]
    listed, columns = space.listed(some), space.columns(space.listed(some))
    for option, axis in space.axis.items():
        assert [space.level(state, option) for state in some] == columns[axis].tolist()
        assert columns[axis].tolist() == space.column(listed, option).tolist()
    apart = [len(space.changes(some[0], state)) for state in some]
    assert apart == space.distances(listed, some[0]).tolist()
