"""The symbolic engine: the same answers as the grid's, and answers where the grid has none."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pytest

from conflicts import as_yaml, features_of, random_conflict
from servanda import symbolic
from servanda.casefile import builtin_cases, find_case, read_case, read_text
from servanda.conditions import Always, OptionId, holds
from servanda.conflict import Conflict, compile_case, freeze
from servanda.errors import Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case, PartyId
from servanda.stability import Concept
from servanda.states import Truth
from servanda.symbolic import Diagram, Symbolic

SEED = 1993
NUMBER = max(3_000, int(os.environ.get("SERVANDA_LAWS", "2000")) * 3 // 5)
CHUNKS = 30
FEW = 60
FEATURES = ("one-way up", "one-way down", "joint", "levels", "infeasible", "ties", "points")
SMALL = 2**16

Record = Callable[[str, object], None]
State = dict[OptionId, int]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - conflicts, not secrets


@dataclass(frozen=True)
class Pair:
    """One random conflict, ready for both engines."""

    number: int
    case: Case

    @cached_property
    def conflict(self) -> Conflict:
        return compile_case(self.case)

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.conflict)

    @cached_property
    def symbolic(self) -> Symbolic:
        return Symbolic(self.case, capacity=SMALL)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """Every combination of levels, feasible or not."""
        space = self.conflict.space
        return tuple(space.levels(index) for index in range(space.size))

    def about(self, *where: object) -> str:
        """Return where a law fails, with the case as a file."""
        return f"conflict {self.number}: {where}\n{as_yaml(self.case)}"

    def set_of(self, truth: Truth) -> list[State]:
        """Return the states of a set of the grid's."""
        spread = np.broadcast_to(truth, self.conflict.space.shape).reshape(-1)
        return [self.states[int(index)] for index in spread.nonzero()[0]]

    def found(self, diagram: Diagram, engine: Symbolic | None = None) -> list[State]:
        """Return the states of a set of the symbolic engine's."""
        known = engine or self.symbolic
        return [state for state in self.states if known.holds(diagram, state)]


def pairs(number: int, first: int = 0, step: int = 1) -> Iterator[Pair]:
    for count in range(first, number, step):
        yield Pair(count, random_conflict(chance(SEED + count)))


uncovered = (pytest.param(chunk, marks=pytest.mark.no_cover) for chunk in range(1, CHUNKS))


# ---------------------------------------------------------------------------- as the grid


@pytest.mark.parametrize("chunk", [0, *uncovered])
def test_grid_and_symbolic_find_the_same_stable_states(chunk: int, record_property: Record) -> None:
    counts, compared = Counter[str](), Counter[str]()
    for pair in pairs(NUMBER, chunk, CHUNKS):
        counts.update(["conflicts", *features_of(pair.conflict)])
        for concept in Concept:
            for party in pair.case.parties:
                expected = pair.set_of(pair.grid.stable(party, concept))
                found = pair.symbolic.stable(party, concept)
                assert expected == pair.found(found), pair.about(party, concept)
                assert len(expected) == pair.symbolic.count(found), pair.about(party, concept)
                compared[f"symbolic, stable states of a party {concept.name}"] += 1
            listed, all_stay = pair.grid.equilibria(concept), pair.symbolic.equilibria(concept)
            assert pair.set_of(listed) == pair.found(all_stay), pair.about(concept)
            assert int(listed.sum()) == pair.symbolic.count(all_stay), pair.about(concept)
            compared[f"symbolic, set {concept.name}"] += 1
    record_property("symbolic features", dict(counts))
    for name, value in compared.items():
        record_property(name, value)


def test_a_quarter_of_the_conflicts_have_each_feature() -> None:
    number = 400
    counts = Counter(feature for pair in pairs(number) for feature in features_of(pair.conflict))
    assert [] == [feature for feature in FEATURES if 4 * counts[feature] < number]


def test_grid_and_symbolic_find_the_same_equilibria_and_where_conditions_hold() -> None:
    for pair in pairs(FEW):
        assert pair.set_of(pair.conflict.feasible) == pair.found(pair.symbolic.feasible)
        for concept in Concept:
            expected = pair.set_of(pair.grid.equilibria(concept))
            assert expected == pair.found(pair.symbolic.equilibria(concept)), pair.about(concept)
        for party in pair.case.parties:
            for group in pair.case.statements(party):
                condition = pair.case.vocabulary.condition(group[0].wish)
                truth = np.logical_and(pair.conflict.space.truth(condition), pair.conflict.feasible)
                assert pair.set_of(truth) == pair.found(pair.symbolic.where(condition))


def test_grid_and_symbolic_agree_with_options_frozen() -> None:
    for pair in pairs(FEW):
        options = list(pair.case.options)
        frozen = frozenset(chance(pair.number).sample(options, len(options) // 2))
        grid = Grid(freeze(pair.conflict, frozen))
        engine = Symbolic(pair.case, frozen, capacity=SMALL)
        for party, concept in product(pair.case.parties, Concept):
            expected = pair.set_of(grid.stable(party, concept))
            found = pair.found(engine.stable(party, concept), engine)
            assert expected == found, pair.about(party, concept, frozen)


def test_nobody_moves_what_is_held() -> None:
    for pair in pairs(FEW):
        options = list(pair.case.options)
        held = frozenset(chance(pair.number).sample(options, len(options) // 2))
        conflict = replace(pair.conflict, moves=pair.conflict.moves.holding(held), _improved={})
        engine = Symbolic(pair.case, held=held, capacity=SMALL)
        for party in pair.case.parties:
            expected = [
                state
                for index, state in enumerate(pair.states)
                if conflict.feasible.reshape(-1)[index]
                and not len(conflict.improvements(party, index))
            ]
            found = pair.found(engine.stable(party, Concept.NASH), engine)
            assert expected == found, pair.about(party, held)


def test_counts_shares_and_picks_are_those_of_the_listed_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for pair in pairs(FEW):
        engine, sizes = pair.symbolic, pair.conflict.space
        for concept in Concept:
            found = engine.equilibria(concept)
            listed = pair.set_of(pair.grid.equilibria(concept))
            assert len(listed) == engine.count(found)
            shares = {
                option: {
                    level: Fraction(sum(s[option] == level for s in listed), len(listed) or 1)
                    for level in range(sizes.shape[sizes.axis[option]])
                }
                for option in pair.case.options
            }
            assert shares == engine.share(found)
            with monkeypatch.context() as patched:
                patched.setattr(symbolic, "_MOST_TALLIED", 0)  # as of sets too large to go over
                assert shares == engine.share(found)
            picked = engine.pick(found)
            assert (picked in listed) if listed else picked is None
            assert picked is None or list(pair.case.options) == list(picked)


def test_what_is_not_feasible_is_in_no_answer() -> None:
    for pair in pairs(FEW):
        engine = pair.symbolic
        stable = engine.equilibria(Concept.NASH)
        rest = len(pair.set_of(pair.conflict.feasible)) - engine.count(stable)
        assert rest == engine.count(~stable)
        assert rest == len(pair.found(~stable))


# ---------------------------------------------------------------------- published conflicts


@pytest.mark.parametrize("name", [name for name in builtin_cases() if name != "iraq-2006"])
@pytest.mark.parametrize("concept", Concept)
def test_grid_and_symbolic_agree_on_the_built_in_cases(name: str, concept: Concept) -> None:
    case = read_case(find_case(name))
    conflict, engine = compile_case(case), Symbolic(case, capacity=2**18)
    grid, space = Grid(conflict), conflict.space
    for party in case.parties:
        expected, found = grid.stable(party, concept), engine.stable(party, concept)
        assert int(np.count_nonzero(expected)) == engine.count(found)
        some = chance(SEED).sample(range(space.size), min(space.size, 500))
        for index in some:
            assert expected.reshape(-1)[index] == engine.holds(found, space.levels(index))


# ------------------------------------------------------------------------- many options


def many_options(options: int, parties: int) -> Case:
    """Return a conflict of ten ordered statements a party, over one to four options each."""
    drawn = chance(1)
    owners = [f"p{number}" for number in range(parties)]
    told: dict[str, dict[str, Any]] = {
        f"o{number}": {"by": owners[number * parties // options]} for number in range(options)
    }

    def wish() -> str:
        chosen = drawn.sample(list(told), drawn.randint(1, 4))
        join = drawn.choice((" and ", " or "))
        return join.join(f"not {name}" if drawn.random() < 0.5 else name for name in chosen)

    preferences = {owner: [wish() for _ in range(10)] for owner in owners}
    told["o3"]["only"] = "up"
    told[f"o{options - 1}"] = {"joint": owners[:2]}
    return Case.model_validate(
        {
            "servanda": 1,
            "title": f"{options} options, {parties} parties",
            "parties": {owner: owner for owner in owners},
            "options": told,
            "never": [" and ".join(drawn.sample(list(told), 3)) for _ in range(3)],
            "preferences": preferences,
        }
    )


def improves(case: Case, party: PartyId, state: Mapping[OptionId, int]) -> bool:
    """Return whether a party of such a conflict has an improvement, looking at all its moves."""
    words = case.vocabulary
    rules = [words.condition(rule.that) for rule in case.never]
    wishes = [words.condition(s.wish) for group in case.statements(party) for s in group]
    choices = {}
    for name, option in case.options.items():
        if option.by == party:
            choices[name] = range(state[name] if option.only == "up" else 0, 2)
        elif party in option.joint:
            choices[name] = range(state[name] + 1)
    now = [holds(wish, state) for wish in wishes]
    for levels in product(*choices.values()):
        after = {**state, **dict(zip(choices, levels, strict=True))}
        better = [holds(wish, after) for wish in wishes] > now
        if better and not any(holds(rule, after) for rule in rules):
            return True
    return False


def test_sixty_options_are_counted_and_single_states_looked_at_tell_the_same() -> None:
    case = many_options(60, 5)
    engine = Symbolic(case, capacity=2**20)
    everything = engine.count(engine.feasible)
    assert 2**53 < everything < 2**60
    left = engine.feasible
    for party in case.parties:
        stable = engine.stable(party, Concept.NASH)
        left &= stable
        assert everything == engine.count(stable) + engine.count(engine.feasible & ~stable)
        one, other = engine.pick(stable), engine.pick(engine.feasible & ~stable)
        assert one is not None
        assert other is not None
        assert not improves(case, party, one)
        assert improves(case, party, other)
    found = engine.equilibria(Concept.NASH)
    assert left == found
    assert 0 < engine.count(found) < everything
    assert all(sum(levels.values()) == 1 for levels in engine.share(found).values())
    assert 0 < engine.nodes < 2**20


@pytest.mark.parametrize("parties", [5, 20])
def test_a_hundred_options_keep_the_order_of_the_concepts(parties: int) -> None:
    engine = Symbolic(many_options(100, parties), capacity=2**21)
    nash, gmr, smr = (
        engine.equilibria(concept) for concept in (Concept.NASH, Concept.GMR, Concept.SMR)
    )
    assert not (nash & ~smr).satisfiable()
    assert not (smr & ~gmr).satisfiable()
    assert 0 < engine.count(nash) < engine.count(smr) <= engine.count(gmr)


# ------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("capacity", [1, 100, 3000])
def test_diagrams_that_outgrow_their_room_are_told_of(capacity: int) -> None:
    engine = Symbolic(many_options(40, 5), capacity=capacity)
    with pytest.raises(UsageError, match=f"outgrow {capacity:,} nodes"):
        engine.equilibria(Concept.SEQ)


def test_an_engine_out_of_room_still_answers_what_takes_less() -> None:
    case = many_options(40, 5)
    engine = Symbolic(case, capacity=2**15)
    with pytest.raises(UsageError, match="SEQ takes by far the most"):
        engine.equilibria(Concept.SEQ)
    roomy = Symbolic(case, capacity=2**20)
    expected = roomy.count(roomy.equilibria(Concept.NASH))
    assert expected == engine.count(engine.equilibria(Concept.NASH))


def small_case(**more: Any) -> Case:
    """Return a case of two parties with one option each, or as told."""
    told = {
        "servanda": 1,
        "title": "Small",
        "parties": {"ana": "Ana", "ben": "Ben"},
        "options": {"work": {"by": "ana"}, "rest": {"by": "ben"}},
        "preferences": {"ana": ["work"], "ben": ["work", "rest"]},
    }
    return Case.model_validate({**told, **more})


def test_points_with_too_many_totals_are_refused() -> None:
    case = small_case(
        options={f"o{number}": {"by": "ana"} for number in range(13)},
        preferences={"ana": {"points": {f"o{n}": 2**n for n in range(13)}}, "ben": ["o1"]},
    )
    engine = Symbolic(case, capacity=SMALL)
    assert 2**13 == engine.count(engine.stable(PartyId("ben"), Concept.NASH))
    with pytest.raises(UsageError, match="needs ordered statements, or rounder numbers"):
        engine.stable(PartyId("ana"), Concept.NASH)


def test_a_case_without_a_feasible_state_is_refused() -> None:
    engine = Symbolic(small_case(never=["work", "not work"]), capacity=SMALL)
    with pytest.raises(UsageError, match="the rules under `never` exclude every state"):
        engine.equilibria(Concept.NASH)
    frozen = frozenset({OptionId("work")})
    engine = Symbolic(small_case(never=["not work"]), frozen, capacity=SMALL)
    with pytest.raises(UsageError, match="no state is feasible without these options"):
        engine.equilibria(Concept.NASH)


# ----------------------------------------------------------------------------- and the rest


TALKS = """\
servanda: 1
title: Pure talks
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
  price: {joint: [ana, ben], levels: [none, low, high]}
  date: {joint: [ana, ben, cho]}
preferences:
  ana: {points: {"price = low": 4, date: 1.5, "price = none": -1}}
  ben: {position: {price: {at: high, salience: 2}}}
  cho: {points: {date: 1}}
walk_away: {ana: 1.5, ben: -2, cho: 1}
signatories: {required: [ana, ben]}
"""


@pytest.mark.parametrize("concept", Concept)
def test_grid_and_symbolic_agree_on_pure_talks(concept: Concept) -> None:
    pair = Pair(0, read_text(TALKS, "case.yaml"))
    for party in pair.case.parties:
        expected = pair.set_of(pair.grid.stable(party, concept))
        assert expected == pair.found(pair.symbolic.stable(party, concept))


def test_nothing_is_picked_from_no_states() -> None:
    engine = Symbolic(small_case(), capacity=SMALL)
    nowhere = engine.where(Always(truth=False))
    assert 0 == engine.count(nowhere)
    assert engine.pick(nowhere) is None
    assert {"work": {0: 0, 1: 0}, "rest": {0: 0, 1: 0}} == engine.share(nowhere)
    assert engine.feasible == engine.where(Always(truth=True))


def test_a_party_without_wishes_stays_everywhere() -> None:
    case = small_case(preferences={"ben": ["work", "rest"]})
    engine = Symbolic(case, capacity=SMALL)
    for concept in Concept:
        assert engine.feasible == engine.stable(PartyId("ana"), concept)
    assert 2 == engine.count(engine.equilibria(Concept.NASH))


def test_what_is_computed_is_told_once_and_can_be_stopped() -> None:
    said: list[str] = []
    engine = Symbolic(small_case(), tick=said.append, capacity=SMALL)
    engine.equilibria(Concept.SEQ)
    once = ["SEQ stability: Ana", "SEQ stability: Ben"]
    assert once == [told for told in said if told.startswith("SEQ")]
    told = list(said)
    engine.equilibria(Concept.SEQ)
    assert told == said

    def stop(_: str) -> None:
        raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        Symbolic(small_case(), tick=stop, capacity=SMALL).equilibria(Concept.NASH)
