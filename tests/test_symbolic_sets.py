"""Packages and stable states counted on decision diagrams, beside the arrays, state by state."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from conflicts import as_yaml
from random_plans import random_planned
from servanda import cli
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
from servanda.terminal import Progress
from servanda.threats import check_threats
from servanda.workroom import Workroom

SEED = 2005
NUMBER = max(200, int(os.environ.get("SERVANDA_LAWS", "2000")) // 10)
FEW = 50
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
        start = looked_at(engine, pair.situation, no_deal=pair.ends)
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
        exactly = pair.survey.counts["sticking"]
        least, most = counts.bounds.get("sticking", (exactly, exactly))
        assert least <= exactly <= most
        assert exactly == counts.counts.get("sticking", exactly)
        assert ("sticking" in counts.uncounted) == ("sticking" not in counts.counts)
    assert stopped > 3 or after > 1


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
                room=Workroom(pair.situation, effort=Effort(20), rooms=(SMALL,)),
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
    room = Workroom(situation, rooms=(100, 200))
    found = stable_sets(situation, room=room)
    assert "outgrow 200 nodes; fewer options" in found.refused[Concept.NASH]
    assert (0, found.feasible) == found.bounds[Concept.NASH]
    with pytest.raises(OutOfRoom, match="outgrow 10 nodes"):
        stable_sets(situation, room=Workroom(situation, rooms=(10,)))
    found = stable_sets(situation, tuple(Concept), room=Workroom(situation, rooms=(800,)))
    assert "outgrow 800 nodes" in found.refused[Concept.GMR]
    assert found.counts[Concept.NASH] <= found.bounds[Concept.GMR][0]


def test_sixty_options_have_counts_that_fit_together() -> None:
    situation = many_options(60, 6)
    ends = no_deal(situation)
    found = count_packages(situation, ends, Workroom(situation, effort=Effort(2**22)))
    counts = found.counts
    assert 2**60 == counts["packages"]
    assert 0 < counts["firm"] <= counts["acceptable"] < counts["packages"]
    least, most = found.bounds.get("sticking", (counts.get("sticking", 0),) * 2)
    assert counts["firm"] <= least <= most <= counts["acceptable"]


# ------------------------------------------------------------------------ the command line


WELL = ("stability", "two-neighbours")


def run(*words: str) -> Result:
    env = {"COLUMNS": "120", "NO_COLOR": None, "SERVANDA_SOURCES": None}
    return CliRunner(env=env).invoke(cli.servanda, list(words), prog_name="servanda")


def data(*words: str) -> Any:
    result = run(*words, "--json")
    assert 0 == result.exit_code, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("where", ["meter", "ana_pump iff ben_pump", "price < high or not dry"])
def test_both_engines_count_the_states_where_a_condition_holds(where: str) -> None:
    listed = data(*WELL, "--where", where)
    counted = data(*WELL, "--where", where, "--engine", "symbolic", "--all")
    assert listed["counts"] == counted["counts"]
    assert (where, "grid") == (listed["where"], listed["engine"])
    assert (where, "symbolic") == (counted["where"], counted["engine"])
    every = {state["state"] for state in data(*WELL)["states"]}
    assert {state["state"] for state in listed["states"]} < every
    equilibria = data(*WELL)["equilibria"]
    for concept, states in listed["equilibria"].items():
        shown = {state["state"] for state in listed["states"]}
        assert [state for state in equilibria[concept] if state in shown] == states


def test_a_condition_is_told_with_the_states_that_meet_it() -> None:
    assert "10 states where meter." in run(*WELL, "--where", "meter").stdout
    told = run(*WELL, "--where", "meter", "--engine", "symbolic").stdout
    assert "10 states that can be where meter" in told
    none = run(*WELL, "--where", "meter and not meter", "--engine", "symbolic", "--strict")
    assert (1, True) == (
        none.exit_code,
        "No state can be where meter and not meter." in none.stdout,
    )
    none = run(*WELL, "--where", "meter and not meter", "--strict")
    assert (1, True) == (none.exit_code, "0 states where meter and not meter." in none.stdout)


@pytest.mark.parametrize("engine", ["grid", "symbolic"])
@pytest.mark.parametrize(
    ("where", "place", "hint"),
    [
        ("meter and metre", 11, 'did you mean "meter"?'),
        ("meter and", 10, ""),
        ("price = lov", 9, 'did you mean "low"?'),
        ("", 1, ""),
    ],
)
def test_a_condition_that_cannot_be_read_is_told_with_its_place(
    engine: str, where: str, place: int, hint: str
) -> None:
    result = run(*WELL, "--where", where, "--engine", engine)
    assert (2, "") == (result.exit_code, result.stdout)
    first, *rest = result.stderr.splitlines()
    assert first.startswith(f"--where:1:{place}: ")
    assert hint in first
    assert not where or [f"    {where}", f"    {' ' * (place - 1)}^"] == rest


def test_one_state_and_a_condition_are_not_asked_at_once() -> None:
    result = run(*WELL, "--state", "meter", "--where", "meter")
    assert (2, True) == (result.exit_code, "use one of them" in result.stderr)


def large_file(folder: Path) -> str:
    path = folder / "many.yaml"
    path.write_text(as_yaml(many_options(60, 6).case), encoding="utf-8")
    return str(path)


def test_a_large_case_is_counted_with_what_is_done_in_its_states(tmp_path: Path) -> None:
    path = large_file(tmp_path)
    told = run("stability", path, "--where", "not o1").stdout
    assert "where not o1: counted, not listed." in told
    assert "Stable for all parties   States" in told
    found = data("stability", path, "--where", "not o1")
    assert 2**59 == found["counts"]["states"]
    assert 0 < found["counts"]["nash"] <= found["counts"]["gmr"]
    assert {"no": 1.0, "yes": 0.0} == found["shares"]["nash"]["o1"]
    least, most = found["bounds"].get("seq", [found["counts"]["seq"]] * 2)
    assert found["counts"]["nash"] <= least <= most <= found["counts"]["gmr"]


def test_packages_of_a_large_case_are_counted_unless_only_the_solver_is_asked(
    tmp_path: Path,
) -> None:
    path = large_file(tmp_path)
    counts = data("agreements", path, "--limit", "1")
    assert 2**60 == counts["counts"]["packages"]
    assert counts["counts"]["firm"] <= counts["counts"]["acceptable"]
    assert ("sticking" in counts["counts"]) != ("sticking" in counts["uncounted"])
    assert {} == data("agreements", path, "--limit", "1", "--engine", "solver")["counts"]


def test_the_symbolic_engine_counts_the_packages_of_a_small_case_as_the_grid_does() -> None:
    grid, symbolic = (
        data("agreements", "two-neighbours", "--engine", engine) for engine in ("grid", "symbolic")
    )
    assert grid["counts"] == symbolic["counts"]
    told = run("agreements", "two-neighbours", "--engine", "symbolic").stdout
    assert "Counted exactly: 22 packages; surely acceptable: 1;" in " ".join(told.split())


def test_a_stop_while_states_are_counted_shows_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = large_file(tmp_path)
    tell = Progress.__call__

    def interrupted(self: Progress, doing: str) -> None:
        if doing.startswith("SMR"):
            raise KeyboardInterrupt
        tell(self, doing)

    monkeypatch.setattr(Progress, "__call__", interrupted)
    result = run("stability", path)
    assert 0 == result.exit_code
    assert "interrupted; missing: how many states are GMR stable" not in result.stdout
    assert "interrupted; missing: how many states are SMR stable" in result.stdout
    told = data("stability", path)
    assert ("interrupted", None) == (told["stopped"], told["counts"]["smr"])
    assert told["counts"]["nash"] == told["bounds"]["smr"][0]


def test_one_state_of_a_large_case_is_looked_at_alone(tmp_path: Path) -> None:
    deals = "\n".join(f"  deal{n}: {{joint: [ana, ben], only: up}}" for n in range(40))
    path = tmp_path / "deals.yaml"
    path.write_text(
        "servanda: 1\ntitle: Deals\nparties: {ana: Ana, ben: Ben}\n"
        f"options:\n  sing: {{by: ana}}\n  dance: {{by: ben}}\n{deals}\n"
        "preferences: {ana: [not dance, sing, deal3], ben: [not sing, dance, deal4]}\n",
        encoding="utf-8",
    )
    result = run("stability", str(path), "--state", "deal3")
    assert 0 == result.exit_code, result.stderr
    assert "Nash: not stable for Ana and Ben." in result.stdout
    assert "SEQ: an equilibrium, stable for all." in result.stdout
    assert "Ana: sing; answered by Ben: dance" in " ".join(result.stdout.split())
    assert 1 == run("stability", str(path), "--state", "deal3, sing", "--strict").exit_code
