"""A party's moves side by side: the same as one by one, however many there are."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from conflicts import random_conflict
from large_cases import wide_case
from servanda import states
from servanda.casefile import read_text
from servanda.conflict import Conflict, compile_case, with_preference
from servanda.errors import Undecided
from servanda.fan import Fan
from servanda.model import Case, PartyId, Preference
from servanda.selfenforcement import deterred, guarded, improvements, sanction
from servanda.situation import lay
from servanda.stability import Concept
from servanda.target import judge


def small(seed: int) -> Case | None:
    """Return a random conflict that can do without arrays."""
    case = random_conflict(random.Random(seed))  # noqa: S311 - no secret depends on it
    ranked = any(preference.ranking for preference in case.preferences.values())
    return None if ranked else case


def some_states(conflict: Conflict, count: int = 12) -> list[int]:
    every = [s for s in range(conflict.space.size) if conflict.can_be(s)]
    return every[:: max(1, len(every) // count)]


def needed_one_by_one(conflict: Conflict, party: PartyId, state: int) -> list[int]:
    """Return the improvements without a part that gains as much, each beside each."""
    space, value = conflict.space, conflict.value
    here = space.levels(state)
    better = [
        int(s)
        for s in conflict.moves.destinations(state, party)
        if value(party, int(s)) > value(party, state)
    ]

    def is_part(part: int, whole: int) -> bool:
        ends = space.levels(whole)
        return part != whole and all(
            min(here[o], ends[o]) <= level <= max(here[o], ends[o])
            for o, level in space.levels(part).items()
        )

    return [
        whole
        for whole in better
        if not any(is_part(p, whole) and value(party, p) >= value(party, whole) for p in better)
    ]


@pytest.mark.parametrize("size", [0, 2**26])
def test_needed_improvements_are_those_found_one_by_one(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LARGEST", size)
    compared = 0
    for seed in range(80):
        case = small(seed)
        if case is None:
            continue
        conflict = compile_case(case)
        for state in some_states(conflict):
            for party in conflict.parties:
                expected = needed_one_by_one(conflict, party, state)
                assert expected == conflict.needed(party, state).tolist(), (seed, party, state)
                compared += len(expected)
    assert compared > 500


@pytest.mark.parametrize("seed", range(60))
def test_the_ends_of_a_fan_are_the_destinations(seed: int) -> None:
    conflict = compile_case(random_conflict(random.Random(seed)))  # noqa: S311 - no secret
    pairs = [frozenset(pair) for pair in pairwise(conflict.parties)]
    for group in [*({party} for party in conflict.parties), *pairs]:
        for state in some_states(conflict, 6):
            fan = Fan.of(conflict.moves, state, group)
            if fan is not None:
                expected = conflict.moves.destinations(state, group).tolist()
                assert expected == fan.ends(fan.elsewhere).tolist()


@pytest.mark.parametrize("concept", list(Concept)[1:])
def test_answers_tried_on_all_improvements_deter_those_that_are_deterred_one_by_one(
    concept: Concept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LARGEST", 0)
    found = {True: 0, False: 0}
    for seed in range(200):
        case = small(seed)
        if case is None:
            continue
        conflict = compile_case(case)
        for state in some_states(conflict, 6):
            for party in conflict.parties:
                ways = np.array(improvements(conflict, party, state), dtype=np.int64)
                answers = [
                    sanction(conflict, party, state, after=int(after), concept=concept)
                    for after in ways
                ]
                expected = next((n for n, a in enumerate(answers) if a is None), len(ways))
                first, count = deterred(conflict, party, state, ways=ways, concept=concept)
                assert expected == count, (seed, party, state)
                assert (first is None) == (not expected)
                if len(ways) > 1:
                    found[count == len(ways)] += 1
    assert min(found.values()) > 5


def test_another_preference_of_one_party_leaves_what_is_known_of_the_others() -> None:
    case = wide_case(random.Random(3), options=34, parties=8, widest=10)  # noqa: S311 - no secret
    conflict = compile_case(case)
    state = conflict.space.index(case.base)
    for party in conflict.parties:
        conflict.needed(party, state)
    first, *others = conflict.parties
    wishes = Preference.model_validate(list(reversed(case.preferences[first].ordered)))
    changed = with_preference(conflict, first, wishes)
    fresh = compile_case(changed.case)
    for party in conflict.parties:
        assert fresh.needed(party, state).tolist() == changed.needed(party, state).tolist()
        assert guarded(fresh, party, state) is guarded(changed, party, state)
    for party in others:
        known = conflict.steps(party, conflict.idle(party), needed=True)
        assert known is changed.steps(party, changed.idle(party), needed=True)


def test_a_plan_with_a_party_of_sixteen_options_is_judged() -> None:
    case = wide_case(random.Random(2))  # noqa: S311 - no secret
    found = judge(lay(case))
    assert found is not None
    assert ("surely", True) == (found.acceptable.value, found.sticks)


def test_more_moves_than_can_be_looked_at_are_refused() -> None:
    options = "".join(f"  o{n}: {{by: ana}}\n" for n in range(40))
    text = f"servanda: 1\ntitle: T\nparties: {{ana: Ana}}\noptions:\n{options}"
    wishes = ", ".join(f"o{n} or o{n + 1}" for n in range(39))
    conflict = compile_case(read_text(f"{text}preferences: {{ana: [{wishes}]}}\n", "many.yaml"))
    with pytest.raises(Undecided, match="Ana may move in 1,099,511,627,776 ways at once"):
        conflict.needed(PartyId("ana"), 0)
