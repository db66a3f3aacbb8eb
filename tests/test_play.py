"""Where a conflict goes by itself: needed changes, cycles, and play with foresight."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conflicts import random_conflict
from large_cases import wide_case
from random_plans import random_planned
from servanda import wire
from servanda.analysis import Request, analyse
from servanda.casefile import read_text
from servanda.conditions import OptionId
from servanda.conflict import Conflict, compile_case
from servanda.errors import Undecided, UsageError
from servanda.extent import Extent
from servanda.grid import Grid
from servanda.narrative import five_lines, no_deal_section
from servanda.nodeal import no_deal
from servanda.play import Play
from servanda.situation import lay
from servanda.stability import Concept
from servanda.target import judge
from servanda.threats import check_threats
from test_cli import run

CHASE = """
servanda: 1
title: One wants to match, the other to differ
parties: {hound: Hound, hare: Hare}
options: {left: {by: hound}, west: {by: hare}}
preferences: {hound: [left iff west], hare: [not (left iff west)]}
"""
IDLE = """
servanda: 1
title: Two options nobody minds
parties: {one: One, two: Two}
options:
  act: {by: one}
  hum: {by: one}
  dial: {by: one, levels: [low, middle, high]}
  sit: {by: two}
preferences: {one: [act or dial > low, dial < high], two: [not sit]}
"""


def conflict(text: str) -> Conflict:
    return compile_case(read_text(text, "case.yaml"))


def ends(text: str, *held: str) -> list[list[dict[OptionId, str]]]:
    made = conflict(text)
    outcomes = Play(made, frozenset(map(OptionId, held))).outcomes([0])
    return [[made.space.taken(state) for state in end.states] for end in outcomes]


def test_a_chase_without_end_is_one_outcome_of_four_states() -> None:
    (end,) = ends(CHASE)
    assert 4 == len(end)


def test_only_needed_changes_are_made() -> None:
    assert [[{"dial": "middle"}], [{"act": "yes"}]] == sorted(ends(IDLE), key=str, reverse=True)


def test_a_held_option_stays_put() -> None:
    assert [[{"dial": "middle"}]] == ends(IDLE, "act")
    assert [[{}]] == ends(IDLE, "act", "dial")


def test_the_state_is_its_own_outcome_where_nobody_gains() -> None:
    assert [[{}]] == ends(CHASE.replace("left iff west", "not left").replace("not (not", "(not"))


def test_with_foresight_nobody_makes_a_move_that_would_be_undone_to_its_cost() -> None:
    text = """
servanda: 1
title: A provocation
parties: {young: Young, old: Old}
options: {provoke: {by: young}, hit: {by: old}}
preferences: {young: [not hit, provoke], old: [provoke implies hit, not hit]}
"""
    made = conflict(text)
    grid = Grid(made)
    values = {party: grid.sanction_value(party, Concept.SEQ).reshape(-1) for party in made.parties}
    blind = Play(made).outcomes([0])
    wise = Play(made, sanctions=values).outcomes([0])
    assert [{"provoke": "yes", "hit": "yes"}, {"hit": "yes"}] != [
        dict(made.space.taken(state)) for state in wise[0].states
    ]
    assert (0,) == wise[0].states
    assert blind != wise


def test_with_foresight_a_part_that_is_not_made_keeps_nobody_from_the_whole() -> None:
    text = """
servanda: 1
title: One thing alone is answered, two together are not
parties: {one: One, two: Two}
options: {a: {by: one}, b: {by: one}, c: {by: two}}
preferences: {one: [a and not c], two: [c iff (a and not b)]}
"""
    made = conflict(text)
    grid = Grid(made)
    values = {
        party: np.broadcast_to(grid.sanction_value(party, Concept.SEQ), made.space.shape).reshape(
            -1
        )
        for party in made.parties
    }
    (wise,) = Play(made, sanctions=values).outcomes([0])
    assert [{"a": "yes", "b": "yes"}] == [made.space.taken(state) for state in wise.states]
    assert not any(grid.equilibria(Concept.SEQ).reshape(-1)[[0]])


def test_no_deal_of_a_case_without_a_plan_is_free_play_with_joint_options_at_base() -> None:
    text = IDLE.replace("  sit: {by: two}", "  sit: {by: two}\n  pact: {joint: [one, two]}")
    here = lay(read_text(text.replace("two: [not sit]", "two: [pact]"), "case.yaml"))
    found = no_deal(here)
    assert found.exact
    assert all(not here.space.level(state, OptionId("pact")) for state in found.states)


# ------------------------------------------------------------------------ play by chance


def test_what_chance_finds_of_no_deal_is_among_what_a_search_finds() -> None:
    sampled = missed = 0
    for seed in range(300):
        here = lay(random_conflict(random.Random(seed)))  # noqa: S311 - no secret depends on it
        if here.conflict.walk_away is not None:
            continue
        play = Play(here.conflict)
        every = play.settle((here.start,))
        assert every.exact
        assert every.paths is None
        few = Play(here.conflict, extent=Extent(states=2, paths=8, seed=seed))
        found = few.settle((here.start,))
        assert set(found.outcomes) <= set(every.outcomes), seed
        if not found.exact:
            assert 8 == found.paths
            sampled += 1
            missed += found.outcomes != every.outcomes
    assert sampled > 50
    assert missed > 0


def test_the_same_seed_follows_the_same_paths() -> None:
    case = wide_case(random.Random(2))  # noqa: S311 - no secret depends on it
    one, two = (lay(case, extent=Extent(states=100, paths=20, seed=5)) for _ in range(2))
    first, second = (no_deal(here, check_threats(here)) for here in (one, two))
    assert first.outcomes == second.outcomes
    assert 20 == first.paths == second.paths


def test_a_limit_that_play_exceeds_is_carried_into_threats_and_targets() -> None:
    flagged = 0
    for seed in range(60):
        case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
        try:
            whole = lay(case, next(iter(case.plans)))
            exact = judge(whole)
            sampled = judge(replace(whole, extent=Extent(states=1, paths=5)))
        except UsageError:
            continue
        if exact is None or sampled is None or case.walk_away:
            continue
        assert exact.exact
        assert all(finding.exact for finding in exact.threats)
        assert sampled.no_deal.exact or not sampled.exact
        if not sampled.no_deal.exact:
            flagged += 1
            assert sampled.no_deal.states <= exact.no_deal.states or exact.threats
    assert flagged > 10


def test_play_that_ends_nowhere_as_far_as_it_is_followed_is_undecided() -> None:
    options = "".join(f"  o{n}: {{by: p{n}}}\n" for n in range(20))
    parties = ", ".join(f"p{n}: P{n}" for n in range(20))
    wishes = "".join(
        f"  p{n}: [o{n} iff o{n + 1}]\n  p{n + 1}: [not (o{n} iff o{n + 1})]\n"
        for n in range(0, 20, 2)
    )
    text = (
        f"servanda: 1\ntitle: Ten chases at once\nparties: {{{parties}}}\n"
        f"options:\n{options}preferences:\n{wishes}"
    )
    here = lay(read_text(text, "chase.yaml"), extent=Extent(states=50, paths=3))
    with pytest.raises(Undecided, match="no outcome without a deal was found on 3 paths"):
        no_deal(here)


def test_a_verdict_against_a_sampled_no_deal_is_not_refuted_rather_than_yes(tmp_path: Path) -> None:
    text = IDLE.replace("  sit: {by: two}", "  pact: {joint: [one, two]}")
    text = text.replace("one: [", "one: [pact, ").replace("two: [not sit]", "two: [pact]")
    plan = "plans: {one_pact: {title: One pact, target: [{take: pact}]}}\ndefault_plan: one_pact\n"
    case = read_text(f"{text}{plan}", "case.yaml")
    findings = analyse(case, Request(limit=1, no_deal_limit=2))
    assert findings.no_deal is not None
    assert not findings.no_deal.exact
    told = wire.agreements(findings)
    assert (False, 200) == (told["no_deal_exact"], told["no_deal_paths"])
    assert not told["target"]["exact"]
    (answer, *_) = five_lines(findings)
    assert "is not refuted: no outcome without a deal was found" in answer.text
    assert "200 paths were followed by chance" in " ".join(no_deal_section(findings).paragraphs)
    path = tmp_path / "case.yaml"
    path.write_text(IDLE, encoding="utf-8")
    data = json.loads(run("nodeal", str(path), "--no-deal-limit", "1", "--json").stdout)
    assert (False, 200) == (data["no_deal_exact"], data["no_deal_paths"])
