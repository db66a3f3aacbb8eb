"""A party would leave every state that is like one it would leave: as looking at each one says."""

import random

import pytest

from conflicts import random_conflict
from servanda import candidates, departures, states
from servanda.conflict import Conflict, compile_case
from servanda.deterrence import Deterrence
from servanda.errors import UsageError
from servanda.model import Case, PartyId
from servanda.nodeal import no_deal
from servanda.selfenforcement import improvements, sanction
from servanda.situation import lay
from servanda.solver import Best, Search
from servanda.stability import Concept

ANSWERS = (Concept.GMR, Concept.SMR, Concept.SEQ)


def leaves(conflict: Conflict, party: PartyId, state: int, concept: Concept) -> bool:
    """Return whether some improvement is not answered, by looking at each."""
    return any(
        sanction(conflict, party, state, after=after, concept=concept) is None
        for after in improvements(conflict, party, state)
    )


@pytest.mark.parametrize("chunk", range(8))
def test_what_makes_a_party_leave_one_state_makes_it_leave_all_that_are_like_it(chunk: int) -> None:
    left = like = higher = 0
    for number in range(chunk * 15, chunk * 15 + 15):
        rng = random.Random(number)  # noqa: S311 - conflicts, not secrets
        conflict = compile_case(random_conflict(rng))
        space, value = conflict.space, conflict.value
        if conflict.walk_away is not None:
            continue
        every = [state for state in range(space.size) if conflict.can_be(state)]
        engine = Deterrence(conflict.case, capacity=2**18)
        for state in rng.sample(every, min(3, len(every))):
            for party in conflict.parties:
                for concept in ANSWERS:
                    found = engine.leaving(party, space.levels(state), concept)
                    assert leaves(conflict, party, state, concept) == (found is not None)
                    if found is None:
                        continue
                    kept, height = found
                    top = value(party, space.index(height))
                    assert value(party, state) <= top
                    alike = [
                        other
                        for other in every
                        if value(party, other) <= top
                        and all(space.level(other, o) == level for o, level in kept.items())
                    ]
                    assert state in alike
                    for other in alike[:: len(alike) // 6 + 1]:
                        assert leaves(conflict, party, other, concept), (number, party, concept)
                    left, like = left + 1, like + len(alike) - 1
                    higher += top > value(party, state)
    assert left > 20
    assert like > left
    assert higher > 5


Found = tuple[Best, int | None, str]


def found_of(case: Case, concept: Concept) -> Found:
    """Return the best package in a sense, the changes to the nearest one, and what is proved."""
    situation = lay(case)
    ends = no_deal(situation)

    def search() -> Search:
        return Search(situation, ends, concept=concept)

    near = search().nearest([situation.start])
    return search().best(), near and near[1], search().extreme(most=True)[1]


@pytest.mark.parametrize("nodes", [6, 4_000])
@pytest.mark.parametrize("concept", ANSWERS)
@pytest.mark.parametrize("chunk", range(4))
def test_the_same_packages_are_found_with_arrays_and_without(
    nodes: int, concept: Concept, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few nodes all parties are put off as too dear, and asked again."""
    monkeypatch.setattr(departures, "_HIGH", nodes)
    monkeypatch.setattr(candidates, "_DEAR", nodes)
    some = compared = 0
    for seed in range(chunk * 15, chunk * 15 + 15):
        case = random_conflict(random.Random(f"packages {seed}"))  # noqa: S311 - conflicts
        ranked = any(preference.ranking for preference in case.preferences.values())
        if ranked or case.walk_away:
            continue
        monkeypatch.setattr(states, "LARGEST", 2**22)
        try:
            one = found_of(case, concept)
        except UsageError:
            continue
        monkeypatch.setattr(states, "LARGEST", 0)
        two = found_of(case, concept)
        best = [(each.status, each.standings, each.bound) for each in (one[0], two[0])]
        assert best[0] == best[1], seed
        assert one[1:] == two[1:], seed
        compared += 1
        some += one[0].state is not None
    assert compared > 4
    assert some > 1
