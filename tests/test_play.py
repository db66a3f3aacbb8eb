"""Where a conflict goes by itself: needed changes, cycles, and play with foresight."""

from __future__ import annotations

import numpy as np

from servanda.casefile import read_text
from servanda.conditions import OptionId
from servanda.conflict import Conflict, compile_case
from servanda.grid import Grid
from servanda.nodeal import no_deal
from servanda.play import Play
from servanda.situation import lay
from servanda.stability import Concept

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
