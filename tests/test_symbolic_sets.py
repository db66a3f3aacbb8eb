"""Packages and stable states counted on decision diagrams, beside the arrays, state by state."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from conflicts import as_yaml
from random_plans import random_planned
from servanda.acceptance import acceptance, signs
from servanda.conditions import Condition, OptionId
from servanda.errors import OutOfRoom, Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case
from servanda.nodeal import NoDeal, no_deal
from servanda.package_counts import count_packages
from servanda.package_sets import PackageSets
from servanda.settlements import Survey
from servanda.situation import Situation, lay
from servanda.stability import Concept
from servanda.stable_sets import looked_at, stable_sets
from servanda.states import Truth
from servanda.symbolic import Diagram, Effort, Symbolic
from servanda.threats import check_threats
from servanda.workroom import Workroom

SEED = 2005
NUMBER = max(300, int(os.environ.get("SERVANDA_LAWS", "2000")) // 8)
FEW = 80
SMALL = 2**16

Record = Callable[[str, object], None]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - conflicts, not secrets


@dataclass(frozen=True)
class Pair:
    """One random conflict under its plan, ready for arrays and for diagrams."""

    number: int
    situation: Situation
    ends: NoDeal

    @cached_property
    def survey(self) -> Survey:
        return Survey(Grid(self.situation.conflict), self.situation, self.ends)

    @cached_property
    def sets(self) -> PackageSets:
        conflict = self.situation.conflict
        engine = Symbolic(conflict.case, conflict.frozen, capacity=SMALL)
        return PackageSets(engine, self.situation, self.ends)

    @cached_property
    def states(self) -> tuple[dict[OptionId, int], ...]:
        space = self.situation.space
        return tuple(space.levels(index) for index in range(space.size))

    def about(self, *where: object) -> str:
        return f"conflict {self.number}: {where}\n{as_yaml(self.situation.case)}"

    def set_of(self, truth: Truth) -> list[int]:
        """Return the feasible states of a set of the grid's."""
        flat = np.broadcast_to(truth, self.situation.space.shape).reshape(-1)
        found: list[int] = np.flatnonzero(
            flat & self.situation.conflict.feasible.reshape(-1)
        ).tolist()
        return found

    def found(self, diagram: Diagram) -> list[int]:
        """Return the states of a set of the symbolic engine's."""
        holds = self.sets.engine.holds
        return [index for index, state in enumerate(self.states) if holds(diagram, state)]


def pairs(number: int) -> Iterator[Pair]:
    """Yield conflicts whose plan can be played; most can."""
    for count in range(number):
        try:
            situation = lay(random_planned(chance(SEED + count)))
            if situation.conflict.walk_away is None:
                _ = situation.start
            ends = no_deal(situation, check_threats(situation))
        except UsageError:
            continue
        yield Pair(count, situation, ends)


# ------------------------------------------------------------------------- state by state


def test_packages_and_who_accepts_them_are_the_same_sets(record_property: Record) -> None:
    compared, seen = 0, Counter[str]()
    for pair in pairs(NUMBER):
        surely, perhaps = acceptance(pair.situation, pair.ends)
        sets = pair.sets
        packages = pair.survey.packages.tolist()
        assert packages == pair.found(sets.packages), pair.about("packages")
        assert pair.set_of(surely) == pair.found(sets.surely), pair.about("surely")
        assert pair.set_of(perhaps) == pair.found(sets.perhaps), pair.about("perhaps")
        for party in pair.situation.conflict.parties:
            expected = pair.set_of(signs(pair.situation, party))
            assert expected == pair.found(sets.signs(party)), pair.about("signs", party)
        compared += len(pair.states)
        case = pair.situation.case
        seen.update({preference.form for preference in case.preferences.values()})
        seen.update(talks=bool(case.walk_away), quota=case.signatories.at_least is not None)
        seen.update(vetoes=bool(case.signatories.vetoes))
    assert compared > 10 * NUMBER
    kinds = {"ordered", "points", "ranking", "talks", "quota", "vetoes"}
    assert min(seen[kind] for kind in kinds) > NUMBER / 40, seen
    record_property("acceptable, symbolic", compared)


def test_what_is_acceptable_and_stable_is_the_same_set_in_every_sense() -> None:
    for pair in pairs(FEW):
        within = np.zeros(pair.situation.space.size, dtype=np.bool_)
        within[pair.survey.packages] = True
        within &= acceptance(pair.situation, pair.ends)[0].reshape(-1)
        engine = pair.sets.engine
        start = looked_at(engine, pair.situation, None, pair.ends)
        for concept in Concept:
            stable = pair.survey.grid.equilibria(concept).reshape(-1)
            found = engine.equilibria(concept, start)
            assert pair.set_of((within & stable).reshape(pair.situation.space.shape)) == pair.found(
                found
            ), pair.about(concept)


def test_counts_of_packages_are_those_of_the_arrays() -> None:
    for pair in pairs(FEW):
        found = count_packages(pair.situation, pair.ends, Workroom(pair.situation))
        assert pair.survey.counts == found.counts, pair.about("counts")
        assert not found.uncounted
        assert not found.bounds


def some_condition(rng: random.Random, case: Case) -> Condition:
    """Return a condition that speaks of one or two options."""
    names = rng.sample(list(case.options), min(2, len(case.options)))
    parts = [f"{name} {'=' if rng.random() < 0.6 else '!='} {case.options[name].levels[-1]}"
             for name in names]  # fmt: skip
    return case.vocabulary.condition(rng.choice((" and ", " or ", " implies ")).join(parts))


def test_counts_and_shares_under_a_condition_are_those_of_the_listed_states() -> None:
    for pair in pairs(FEW):
        situation = pair.situation
        where = some_condition(chance(pair.number), situation.case)
        accepted = pair.ends if pair.number % 2 else None
        found = stable_sets(situation, tuple(Concept), where=where, no_deal=accepted)
        meets = np.broadcast_to(situation.space.truth(where), situation.space.shape).reshape(-1)
        meets = meets & situation.conflict.feasible.reshape(-1)
        if accepted is not None:
            packages = np.zeros(len(meets), dtype=np.bool_)
            packages[pair.survey.packages] = True
            meets &= packages & acceptance(situation, pair.ends)[0].reshape(-1)
        assert int(meets.sum()) == found.feasible, pair.about(where)
        for concept in Concept:
            stable = pair.survey.grid.equilibria(concept).reshape(-1) & meets
            listed = [pair.states[index] for index in np.flatnonzero(stable)]
            assert len(listed) == found.counts[concept], pair.about(where, concept)
            shares = {
                option: {
                    level: Fraction(sum(s[option] == level for s in listed), len(listed))
                    for level in range(len(stated.levels))
                }
                for option, stated in situation.case.options.items()
                if listed
            }
            assert shares == found.shares[concept], pair.about(where, concept)


# ------------------------------------------------------- what is not worked out is bounded


def stopping(after: int, error: BaseException) -> Callable[[str], None]:
    """Return what stops the work once it has been told so often of SEQ's sanctions."""
    told: list[str] = []

    def tick(doing: str) -> None:
        told.append(doing)
        if sum("SEQ" in each for each in told) > after:
            raise error

    return tick


@pytest.mark.parametrize(
    ("error", "said"), [(Stopped("the time is up"), "the time is up"), (KeyboardInterrupt(), "in")]
)
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_stop_keeps_what_is_known_and_bounds_the_rest(
    error: BaseException, said: str, after: int
) -> None:
    stopped = 0
    for pair in pairs(FEW // 2):
        exact = stable_sets(pair.situation, tuple(Concept))
        order = (Concept.NASH, Concept.GMR, Concept.SMR, Concept.SEQ)
        found = stable_sets(pair.situation, order, stopping(after, error))
        if not found.stopped:
            continue
        stopped += 1
        assert found.stopped.startswith(said)
        assert {Concept.SEQ} == set(found.refused) == set(found.bounds)
        least, most = found.bounds[Concept.SEQ]
        assert least <= exact.counts[Concept.SEQ] <= most
        known = {concept: exact.counts[concept] for concept in order[:3]}
        assert known == found.counts
        counts = count_packages(
            pair.situation, pair.ends, Workroom(pair.situation, stopping(after, error))
        )
        if counts.stopped:
            least, most = counts.bounds["sticking"]
            assert least <= pair.survey.counts["sticking"] <= most
            assert "sticking" in counts.uncounted
    assert stopped > 5 or after > 1


def test_a_stop_at_once_still_says_what_was_not_counted() -> None:
    def stop(_: str) -> None:
        raise Stopped("at once")

    pair = next(pairs(5))
    found = count_packages(pair.situation, pair.ends, Workroom(pair.situation, stop))
    assert "at once" == found.stopped
    assert set(found.uncounted) == {"packages", "acceptable", "firm", "sticking"} - set(
        found.counts
    )


def test_effort_ends_only_seq_and_gives_the_same_bounds_every_time() -> None:
    cut = 0
    for pair in pairs(FEW // 2):
        exact = stable_sets(pair.situation, tuple(Concept))
        twice = [
            stable_sets(
                pair.situation,
                tuple(Concept),
                room=Workroom(pair.situation, effort=Effort(60), rooms=(SMALL,)),
            )
            for _ in range(2)
        ]
        first, second = twice
        assert first.counts == second.counts
        assert first.bounds == second.bounds
        assert set(first.refused) <= {Concept.SEQ}
        for concept, (least, most) in first.bounds.items():
            cut += 1
            assert least <= exact.counts[concept] <= most
            assert "more work than is done unasked" in first.refused[concept]
    assert cut > 5


def many_options(options: int, parties: int) -> Situation:
    """Return a conflict of six ordered statements a party, over one to three options each."""
    drawn = chance(3)
    owners = [f"p{number}" for number in range(parties)]
    told: dict[str, Any] = {f"o{n}": {"by": owners[n * parties // options]} for n in range(options)}

    def wish() -> str:
        chosen = drawn.sample(list(told), drawn.randint(1, 3))
        join = drawn.choice((" and ", " or "))
        return join.join(f"not {name}" if drawn.random() < 0.5 else name for name in chosen)

    case = Case.model_validate(
        {
            "servanda": 1,
            "title": "Many options",
            "parties": {owner: owner for owner in owners},
            "options": told,
            "preferences": {owner: [wish() for _ in range(6)] for owner in owners},
        }
    )
    return lay(case)


def test_work_goes_on_with_more_nodes_where_they_run_out() -> None:
    situation = many_options(40, 5)
    expected = stable_sets(situation).counts
    room = Workroom(situation, rooms=(100, 1000, 2**18))
    assert expected == stable_sets(situation, room=room).counts


def test_diagrams_that_outgrow_all_room_are_told_of_with_the_limit() -> None:
    situation = many_options(40, 5)
    room = Workroom(situation, rooms=(100, 1000))
    with pytest.raises(OutOfRoom, match="outgrow 1,000 nodes; fewer options"):
        stable_sets(situation, room=room)
    found = stable_sets(situation, tuple(Concept), room=Workroom(situation, rooms=(2**15,)))
    assert {Concept.SEQ} == set(found.refused)
    assert "outgrow 32,768 nodes" in found.refused[Concept.SEQ]
    assert found.counts[Concept.NASH] == found.bounds[Concept.SEQ][0]
    assert found.bounds[Concept.SEQ][1] <= found.counts[Concept.GMR]


def test_sixty_options_have_counts_that_fit_together() -> None:
    situation = many_options(60, 6)
    ends = no_deal(situation)
    found = count_packages(situation, ends, Workroom(situation, effort=Effort(2**22)))
    counts = found.counts
    assert 2**60 == counts["packages"]
    assert 0 < counts["firm"] <= counts["acceptable"] < counts["packages"]
    least, most = found.bounds.get("sticking", (counts.get("sticking", 0),) * 2)
    assert counts["firm"] <= least <= most <= counts["acceptable"]
