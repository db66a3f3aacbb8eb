"""States as cells of one array: names in, names out, and where conditions hold."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from servanda.casefile import read_text
from servanda.conditions import OptionId, holds
from servanda.errors import UsageError
from servanda.states import StateSpace, combine

CASE = """
servanda: 1
title: States
parties: {ana: Ana, ben: Ben}
options:
  b1: {by: ben}
  a1: {by: ana, levels: [low, middle, high], values: [0.1, 0.25, 3], unit: tons}
  deal: {joint: [ana, ben]}
  b2: {by: ben, values: [0, 0.2], unit: tons}
preferences: {ana: [a1 = high], ben: [b1]}
"""


@pytest.fixture
def space() -> StateSpace:
    return StateSpace(read_text(CASE, "case.yaml"))


def test_axes_go_by_owner_and_names_by_the_file(space: StateSpace) -> None:
    assert ("deal", "a1", "b1", "b2") == space.axes
    assert ("b1", "a1", "deal", "b2") == space.options
    state = space.index(
        {OptionId("b1"): 1, OptionId("a1"): 2, OptionId("deal"): 0, OptionId("b2"): 1}
    )
    assert "Y2NY" == space.spelled(state)
    assert {"b1": "yes", "a1": "high", "b2": "yes"} == space.taken(state)


def test_every_state_has_its_own_index(space: StateSpace) -> None:
    seen = {space.index(space.levels(state)) for state in range(space.size)}
    assert set(range(24)) == seen


def test_puts_and_changes_undo_each_other(space: StateSpace) -> None:
    for old, new in product(range(space.size), repeat=2):
        changes = space.changes(old, new)
        assert new == space.put(old, changes)
        assert len(changes) == space.distances(np.array([new]), old)[0]


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "not false",
        "a1 > low and not b1",
        "b1 or b2 or deal",
        "b1 iff b2",
        "deal implies a1 = middle",
        "at least 2 of (b1, b2, deal)",
        "exactly 1 of (b1, b2)",
        "at most 1 of (b1, deal)",
        "sum(tons) >= 0.45",
        "sum(tons) = 0.3",
        "sum(a1) < 3",
    ],
)
def test_a_condition_holds_in_the_array_where_it_holds_by_name(
    space: StateSpace, text: str
) -> None:
    condition = space.case.vocabulary.condition(text)
    truth = np.broadcast_to(space.truth(condition), space.shape).reshape(-1)
    expected = [holds(condition, space.levels(state)) for state in range(space.size)]
    assert expected == truth.tolist()
    assert expected == [bool(space.at(space.truth(condition), s)) for s in range(space.size)]


def test_large_arrays_are_combined_as_numpy_would() -> None:
    rng = np.random.default_rng(1993)
    left = rng.integers(0, 9, size=(2,) * 14)
    right = rng.integers(0, 9, size=(1, 2) * 7)
    assert (left + right == combine(np.add, left, right)).all()
    assert (np.minimum(right, left) == combine(np.minimum, right, left)).all()


def test_too_many_states_are_refused_with_the_number_the_engine_holds() -> None:
    options = "\n".join(f"  o{number}: {{by: ana}}" for number in range(27))
    text = (
        "servanda: 1\ntitle: Many\nparties: {ana: Ana}\noptions:\n"
        f"{options}\npreferences: {{ana: [o1]}}\n"
    )
    with pytest.raises(UsageError, match="27 options make 134,217,728 states"):
        StateSpace(read_text(text, "many.yaml")).must_be_dense()
