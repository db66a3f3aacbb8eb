"""What a plan comes to, in every conflict: the program and the slow reference must agree.

A quarter as many random conflicts as in test_laws, each with a plan; SERVANDA_LAWS says how many.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from conflicts import as_yaml
from random_plans import plan_features, random_planned
from servanda.analysis import Findings, Lapse, Request, analyse, load_bearing
from servanda.checks import faults
from servanda.errors import UsageError
from servanda.grid import Grid
from servanda.model import Case
from servanda.nodeal import no_deal
from servanda.play import Outcome as FastOutcome
from servanda.roadmap import roadmap
from servanda.selfenforcement import grade_party, with_lapse
from servanda.settlements import BEST, Survey
from servanda.situation import Situation, lay, leave_out
from servanda.stability import Concept
from servanda.target import judge
from servanda.temptation import on_arrays
from slow import Outcome, Slow, State
from slow_course import ImpossibleError
from slow_plans import SlowPlan
from slow_roadmap import SlowRoadmap
from test_laws import MOST_CHANGES, slow_severities

SEED = 1648
NUMBER = int(os.environ.get("SERVANDA_LAWS", "2000")) // 4
CHUNKS = max(1, min(16, NUMBER // 25))
FEW = 3
PARTS = ("commitments", "pressure", "offers", "threats")

Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Pair:
    """One conflict with its plan, as the program and as the slow reference have it."""

    number: int
    case: Case
    without: tuple[str, ...] = ()

    @cached_property
    def slow(self) -> SlowPlan:
        return SlowPlan(self.case, self.without)

    @cached_property
    def fast(self) -> Situation:
        return leave_out(lay(self.case), self.without)

    @cached_property
    def findings(self) -> Findings:
        return analyse(self.case, Request(without=self.without, limit=FEW))

    @cached_property
    def survey(self) -> Survey:
        ends = self.findings.no_deal
        assert ends is not None
        return Survey(Grid(self.fast.conflict), self.fast, ends)

    @cached_property
    def possible(self) -> bool:
        """Whether the plan can start, and its threats and its target can be."""
        if not self.slow.slow.states:
            return False
        try:
            _ = self.slow.start, self.slow.no_deal, self.slow.target and self.slow.completions
        except ImpossibleError:
            return False
        return True

    @cached_property
    def known(self) -> dict[int, State]:
        space, slow = self.fast.space, self.slow.slow
        return {space.index(dict(slow.levels(state))): state for state in slow.states}

    def index(self, state: State) -> int:
        return self.fast.space.index(dict(self.slow.slow.levels(state)))

    def state(self, index: int) -> State:
        levels = self.fast.space.levels(int(index))
        return tuple(levels[name] for name in self.slow.slow.names)

    def ends(self, outcomes: Iterable[FastOutcome]) -> frozenset[Outcome]:
        return frozenset(frozenset(map(self.state, outcome.states)) for outcome in outcomes)

    def about(self, *where: object) -> str:
        """Return where a law fails, with the case as a file."""
        place = ", ".join(map(str, (*self.without, *where)))
        return f"planned conflict {self.number}: {place}\n{as_yaml(self.case)}"


def of_number(number: int) -> Pair:
    chance = random.Random(SEED + number)  # noqa: S311 - conflicts, not secrets
    return Pair(number, random_planned(chance))


unmeasured = (pytest.param(chunk, marks=pytest.mark.no_cover) for chunk in range(1, CHUNKS))


@pytest.fixture(scope="module", params=[0, *unmeasured])
def drawn(request: pytest.FixtureRequest) -> tuple[Pair, ...]:
    """Return some of the conflicts; the chunks together hold all of them.

    Coverage is measured on the first chunk only, because it takes as long again.
    """
    return tuple(of_number(number) for number in range(request.param, NUMBER, CHUNKS))


@pytest.fixture(scope="module")
def pairs(drawn: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return those whose plan can be."""
    return tuple(pair for pair in drawn if pair.possible)


# --------------------------------------------------------------------- the conflicts drawn


def test_the_plans_drawn_are_sound(drawn: tuple[Pair, ...], record_property: Record) -> None:
    counts: Counter[str] = Counter()
    for pair in drawn:
        assert [] == faults(pair.case) or not pair.possible, pair.about()
        counts.update(plan_features(pair.case, Slow(pair.case)))
    counts["conflicts"] = len(drawn)
    record_property("plan features", dict(counts))


def test_a_plan_that_cannot_be_is_refused_by_both(
    drawn: tuple[Pair, ...], record_property: Record
) -> None:
    refused = 0
    for pair in drawn:
        if pair.possible:
            assert not pair.findings.stopped
        else:
            assert refused_by_program(pair), pair.about()
            refused += 1
    record_property("refused plans", refused)


def refused_by_program(pair: Pair) -> bool:
    """Return whether the program says that this cannot be."""
    try:
        _ = pair.findings
    except UsageError:
        return True
    return False


# ------------------------------------------------------------------------ start and play


def test_both_start_alike(pairs: tuple[Pair, ...]) -> None:
    for pair in pairs:
        assert pair.slow.start == pair.state(pair.fast.start), pair.about()
        assert pair.slow.held == pair.fast.held, pair.about()


def test_both_find_the_same_no_deal(pairs: tuple[Pair, ...], record_property: Record) -> None:
    compared = 0
    for pair in pairs:
        found = pair.findings.no_deal
        assert found is not None
        assert pair.slow.no_deal == pair.ends(found.outcomes), pair.about()
        compared += 1
    record_property("no deal under a plan", compared)


def test_both_find_the_same_no_deal_with_foresight(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        if pair.slow.talks:
            continue
        grid, shape = pair.survey.grid, pair.fast.space.shape
        values = {
            party: np.broadcast_to(grid.sanction_value(party, Concept.SEQ), shape).reshape(-1)
            for party in pair.slow.parties
        }
        wise = no_deal(pair.fast, pair.findings.threats, sanctions=values)
        assert pair.slow.wise_no_deal == pair.ends(wise.outcomes), pair.about()
        compared += 1
    record_property("no deal with foresight", compared)


# --------------------------------------------------------------------------------- threats


def test_both_say_the_same_of_every_threat(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        for number, found in enumerate(pair.findings.threats):
            slow = pair.slow
            assert slow.credible(number) == found.credible, pair.about(number)
            assert slow.bound(number) == found.bound, pair.about(number)
            assert slow.changes(number) == found.changes, pair.about(number)
            assert slow.refrains(number) == found.refrains, pair.about(number)
            assert slow.ways(number) == found.done_in_no_deal, pair.about(number)
            effects = {party: slow.effect(number, party) for party in found.effects}
            assert effects == dict(found.effects), pair.about(number)
            compared += 1
    record_property("threats", compared)


# -------------------------------------------------------------------------------- packages


def test_both_find_the_same_packages_and_verdicts(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        survey, slow = pair.survey, pair.slow
        found = {
            pair.state(state): (
                ("surely", "perhaps", "no")[survey.acceptable[state]],
                ("firm", "guarded", "brittle", "breaks")[survey.grade[state]],
                bool(survey.sticks[state]),
            )
            for state in survey.packages
        }
        assert dict(slow.verdicts) == found, pair.about()
        cores = {pair.state(s) for s in survey.packages if survey.core(int(s))}
        assert {package for package in slow.packages if slow.core(package)} == cores, pair.about()
        compared += len(found)
    record_property("packages", compared)


def test_both_put_the_packages_in_the_same_order(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        order = [pair.state(state) for state in pair.survey.first(len(pair.survey.packages))]
        assert sorted(order) == sorted(pair.slow.packages), pair.about()
        places = [pair.slow.place(package) for package in order]
        assert sorted(places) == places, pair.about()
        compared += len(order)
    record_property("places in order", compared)


def test_both_put_them_in_the_same_order_by_points(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        signing = {p for package in pair.slow.packages for p in pair.slow.signatories(package)}
        known = pair.case.preferences
        if any(p not in known or known[p].form != "points" for p in signing):
            continue
        for best in BEST:
            survey = Survey(pair.survey.grid, pair.fast, pair.survey.no_deal, best)
            order = [pair.state(state) for state in survey.first(len(survey.packages))]
            places = [
                (pair.slow.rank(p), -pair.slow.gain(p, best), pair.slow.changed(p)) for p in order
            ]
            assert sorted(places) == places, pair.about(best)
            compared += 1
    record_property("orders by points", compared)


def test_both_compare_the_parties_with_no_deal_alike(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        for package in pair.findings.packages:
            state = pair.state(package.state)
            assert pair.slow.signatories(state) == list(package.signing), pair.about(state)
            for party, found in package.comparisons.items():
                assert pair.slow.versus(party, state) == found.versus, pair.about(party, state)
                assert pair.slow.gains(party, state) == found.gains, pair.about(party, state)
                compared += 1
    record_property("comparisons", compared)


def test_both_say_alike_whether_a_guard_lapses_once_signed(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        if pair.slow.talks or not pair.slow.pressure:
            continue
        for state in pair.slow.slow.states[:: max(1, len(pair.slow.slow.states) // 8)]:
            for party in pair.slow.parties:
                graded = grade_party(pair.survey.grid, party, pair.index(state))
                found = with_lapse(pair.fast, graded, pair.index(state)).lapses
                assert pair.slow.lapses(party, state) == found, pair.about(party, state)
                compared += found is not None
    record_property("guards that may lapse", compared)


def test_both_say_alike_what_is_left_after_each_lapse(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        for package in pair.findings.packages:
            expected = pair.slow.after(pair.state(package.state))
            assert expected == [lapsed(pair, each) for each in package.after], pair.about(package)
            compared += len(expected)
    record_property("lapses", compared)


def lapsed(pair: Pair, lapse: Lapse) -> tuple[str, State, tuple[str, str, bool], frozenset[str]]:
    verdict = (str(lapse.acceptable), str(lapse.grade)) if lapse.feasible else ("", "")
    return lapse.when, pair.state(lapse.state), (*verdict, lapse.sticks), frozenset(lapse.reopens)


def test_both_find_the_same_roadmaps_under_a_plan(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        for package in () if pair.slow.talks else pair.findings.packages:
            ways = SlowRoadmap(
                pair.slow.slow,
                pair.slow.start,
                pair.state(package.state),
                signatories=package.signing,
                outcomes=pair.slow.no_deal,
            )
            if not 1 < len(ways.changes) <= MOST_CHANGES:
                continue
            counting = on_arrays(pair.survey.grid)
            found = roadmap(pair.fast, pair.survey.no_deal, counting, goal=package.state)
            assert found is not None
            routes = {size: route.severity for size, route in found.routes.items()}
            assert slow_severities(ways) == routes, pair.about(ways.package)
            compared += 1
    record_property("roadmaps under a plan", compared)


# ---------------------------------------------------------------------------------- target


def test_both_judge_the_target_alike(pairs: tuple[Pair, ...], record_property: Record) -> None:
    compared = 0
    for pair in pairs:
        found = pair.findings.target
        assert bool(pair.slow.target) == (found is not None)
        if found is None:
            continue
        assert pair.slow.completions == pair.ends(found.completions), pair.about()
        assert pair.slow.unsigned == found.unsigned, pair.about()
        acceptable, grade, sticks = pair.slow.target_verdict
        grade = "breaks" if grade == "brittle" else grade
        assert (acceptable, grade) == (found.acceptable, found.grade), pair.about()
        assert sticks == found.sticks, pair.about()
        nothing = not sticks and not pair.slow.sticking
        assert nothing == (pair.findings.status == "infeasible"), pair.about()
        assert pair.slow.makers() == {
            party: each.versus for party, each in pair.findings.makers.items()
        }, pair.about()
        for party, each in found.comparisons.items():
            worst = min(pair.slow.target_states, key=lambda s: pair.slow.worth(party, s))
            assert pair.slow.versus(party, worst) == each.versus, pair.about(party)
            assert pair.slow.gains(party, worst) == each.gains, pair.about(party)
        compared += 1
    record_property("targets", compared)


def test_both_find_the_same_nearest_package(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        if not pair.slow.target:
            continue
        expected, found = pair.slow.nearest(pair.slow.target_states), pair.findings.nearest
        assert (expected is None) == (found is None), pair.about()
        if expected is None or found is None:
            continue
        assert expected[0] == found[1], pair.about()
        package = pair.state(found[0].state)
        assert package in expected[1], pair.about(package)
        best = min(map(pair.slow.place, expected[1]))
        assert pair.slow.rank(package) == best[0], pair.about(package)
        compared += 1
    record_property("nearest packages", compared)


def test_both_judge_the_target_alike_with_parts_left_out(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        for part in PARTS:
            if not getattr(pair.case.plans["plan"], part):
                continue
            other = Pair(pair.number, pair.case, (part,))
            if not other.possible:
                assert refused_by_program(other), other.about()
                continue
            found = judge(other.fast)
            assert (found is not None and found.sticks) == other.slow.sticks(), other.about()
            if found is not None:
                assert other.slow.no_deal == other.ends(found.no_deal.outcomes), other.about()
                assert other.slow.completions == other.ends(found.completions), other.about()
            compared += 1
    record_property("variants", compared)


def test_both_find_the_same_parts_load_bearing(
    pairs: tuple[Pair, ...], record_property: Record
) -> None:
    compared = 0
    for pair in pairs:
        if pair.findings.target is None or not pair.findings.target.sticks:
            continue
        found = load_bearing(pair.fast, pair.findings.target)
        assert pair.slow.load_bearing() == set(found), pair.about()
        compared += 1
    record_property("load-bearing parts", compared)
