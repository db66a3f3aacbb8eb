"""What single states are asked of decision diagrams: the same as looking at every move says."""

import random

import pytest

from conflicts import random_conflict
from servanda.casefile import read_text
from servanda.conflict import Conflict, compile_case
from servanda.deterrence import Deterrence
from servanda.model import Case, PartyId
from servanda.selfenforcement import improvements, sanction
from servanda.stability import Concept

ANSWERS = (Concept.GMR, Concept.SMR, Concept.SEQ)

GARRISON = """
servanda: 1
title: Two houses and a garrison
parties: {east: East, west: West, guard: The garrison}
options:
  raid: {by: east, does: raids}
  march: {by: guard, does: marches out}
  tax: {by: west, does: pays the tax}
preferences:
  east: [not march, raid, tax]
  west: [not raid, not tax]
  guard: [raid iff march, tax]
"""


def deterrence(case: Case) -> Deterrence:
    return Deterrence(case, capacity=2**18)


def test_a_gain_is_answered_by_who_wants_to() -> None:
    case = read_text(GARRISON, "garrison.yaml")
    east, _, guard = case.parties
    engine = deterrence(case)
    quiet = dict.fromkeys(case.options, 0)
    raid = engine.gain(east, quiet)
    assert raid == {"raid": 1, "march": 0, "tax": 0}
    assert engine.undeterred(east, quiet, Concept.SEQ) is None
    assert raid is not None
    assert ((guard, {"raid": 1, "march": 1, "tax": 0}),) == engine.answer(
        east, quiet, raid, Concept.SEQ
    )


def test_a_gain_that_nobody_answers_is_named() -> None:
    case = read_text(GARRISON, "garrison.yaml")
    west = [*case.parties][1]
    raided = {**dict.fromkeys(case.options, 1), **dict.fromkeys([*case.options][1:2], 0)}
    assert {"raid": 1, "march": 0, "tax": 1} == raided
    free = deterrence(case).undeterred(west, raided, Concept.SEQ)
    assert {"raid": 1, "march": 0, "tax": 0} == free


def test_another_view_keeps_what_is_known_of_the_parties_it_shares() -> None:
    case = read_text(GARRISON, "garrison.yaml")
    other = read_text(GARRISON.replace("[raid iff march, tax]", "[not march]"), "garrison.yaml")
    east = next(iter(case.parties))
    quiet = dict.fromkeys(case.options, 0)
    engine = deterrence(case)
    assert engine.undeterred(east, quiet, Concept.SEQ) is None
    seen = engine.seen_by(other)
    assert seen.undeterred(east, quiet, Concept.SEQ) is not None
    assert engine.undeterred(east, quiet, Concept.SEQ) is None


def drawn(number: int) -> tuple[Case, Conflict, list[int]]:
    """Return a random conflict and some of its states."""
    rng = random.Random(number)  # noqa: S311 - conflicts, not secrets
    conflict = compile_case(random_conflict(rng))
    states = [state for state in range(conflict.space.size) if conflict.can_be(state)]
    return conflict.case, conflict, rng.sample(states, min(4, len(states)))


@pytest.mark.parametrize("chunk", range(8))
def test_it_says_what_looking_at_every_move_says(chunk: int) -> None:
    asked = deterred = answered = 0
    for number in range(chunk * 20, chunk * 20 + 20):
        case, conflict, states = drawn(number)
        if case.walk_away:
            continue
        engine = deterrence(case)
        for state in states:
            levels = conflict.space.levels(state)
            for party in conflict.parties:
                ways = improvements(conflict, party, state)
                gain = engine.gain(party, levels)
                assert (gain is None) == (not ways)
                assert gain is None or conflict.space.index(gain) in ways
                for concept in ANSWERS:
                    answers = [
                        sanction(conflict, party, state, after=after, concept=concept)
                        for after in ways
                    ]
                    free = engine.undeterred(party, levels, concept)
                    assert (free is None) == all(each is not None for each in answers)
                    if free is not None:
                        assert answers[ways.index(conflict.space.index(free))] is None
                    asked += 1
                    deterred += bool(ways) and free is None
                    answered += follow(engine, conflict, party, state, concept)
    assert asked > 200
    assert deterred > 10
    assert answered > 5


def follow(
    engine: Deterrence, conflict: Conflict, party: PartyId, state: int, concept: Concept
) -> int:
    """Check every answer step by step; return how many there are."""
    levels, found = conflict.space.levels(state), 0
    for after in improvements(conflict, party, state)[:3]:
        path = engine.answer(party, levels, conflict.space.levels(after), concept)
        if conflict.moves.waits:
            assert path is None
            continue
        shortest = sanction(conflict, party, state, after=after, concept=concept)
        assert (path is None) == (shortest is None)
        here, last = after, party
        for mover, there in path or ():
            assert mover != last
            last, new = mover, conflict.space.index(there)
            moves = conflict.moves.destinations(here, mover).tolist()
            assert new in moves
            if concept is Concept.SEQ:
                assert new in conflict.improvements(mover, here)
            here = new
        if path is not None:
            assert conflict.value(party, here) <= conflict.value(party, state)
            found += 1
    return found
