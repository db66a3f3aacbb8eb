"""A party would leave every state that is like one it would leave: as looking at each one says."""

import random

import pytest

from conflicts import random_conflict
from servanda import states
from servanda.conflict import Conflict, compile_case
from servanda.deterrence import Deterrence
from servanda.errors import UsageError
from servanda.model import PartyId
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


def best(seed: int) -> Best | None:
    """Return the best guarded package of a random conflict; None of one without a start."""
    case = random_conflict(random.Random(seed))  # noqa: S311 - conflicts, not secrets
    ranked = any(preference.ranking for preference in case.preferences.values())
    if ranked or case.walk_away:
        return None
    situation = lay(case)
    return Search(situation, no_deal(situation), concept=Concept.SEQ).best()


@pytest.mark.parametrize("chunk", range(8))
def test_the_best_guarded_package_is_as_good_with_arrays_and_without(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = 0
    for seed in range(chunk * 10, chunk * 10 + 10):
        monkeypatch.setattr(states, "LARGEST", 2**22)
        try:
            one = best(seed)
        except UsageError:
            continue
        monkeypatch.setattr(states, "LARGEST", 0)
        two = best(seed)
        if one is None or two is None:
            continue
        assert (one.status, one.standings, one.bound) == (two.status, two.standings, two.bound)
        found += one.state is not None
    assert found > 1
