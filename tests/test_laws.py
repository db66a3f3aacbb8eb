"""What holds in every conflict, tried on many random small ones.

The engines are compared with the slow reference state by state.  SERVANDA_LAWS says on how many
conflicts; the end of the run tells which features they had and how much was compared.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product

import pytest

from conflicts import (
    FEATURES,
    as_yaml,
    features,
    plain,
    random_conflict,
    relabelled,
    with_more_moves,
)
from servanda.acceptance import acceptance
from servanda.conditions import OptionId
from servanda.conflict import Conflict, compile_case
from servanda.grid import Grid
from servanda.groups import grade_as_told, grade_groups
from servanda.model import Case, PartyId
from servanda.nodeal import no_deal
from servanda.play import Play
from servanda.roadmap import roadmap
from servanda.selfenforcement import grade_party
from servanda.situation import lay
from servanda.stability import Concept
from servanda.temptation import on_arrays
from slow import Group, Outcome, Slow, State, Utility
from slow_roadmap import SlowRoadmap

SEED = 1993
NUMBER = int(os.environ.get("SERVANDA_LAWS", "2000"))
CHUNKS = max(1, min(16, NUMBER // 100))
FEW = 5
MOST_CHANGES = 4

Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Twin:
    """One conflict, ready for the slow reference and for the engines."""

    number: int
    case: Case

    @cached_property
    def slow(self) -> Slow:
        return Slow(self.case)

    @cached_property
    def fast(self) -> Conflict:
        return compile_case(self.case)

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.fast)

    def about(self, *where: object) -> str:
        """Return where a law fails, with the case as a file."""
        place = ", ".join(map(str, where))
        return f"conflict {self.number}: {place}\n{as_yaml(self.case)}"

    @property
    def parties(self) -> tuple[PartyId, ...]:
        return self.slow.parties

    @property
    def joint(self) -> tuple[OptionId, ...]:
        return tuple(name for name, option in self.case.options.items() if option.joint)

    @property
    def pairs(self) -> tuple[Group, ...]:
        return tuple(frozenset(pair) for pair in combinations(self.parties, 2))

    @cached_property
    def indices(self) -> dict[State, int]:
        """Feasible states as the engines know them."""
        space = self.fast.space
        return {state: space.index(dict(self.slow.levels(state))) for state in self.slow.states}

    @cached_property
    def known(self) -> dict[int, State]:
        """The same the other way round."""
        return {index: state for state, index in self.indices.items()}

    def index(self, state: State) -> int:
        return self.indices[state]

    def states(self, indices: Iterable[int]) -> frozenset[State]:
        """Return states as the slow reference knows them."""
        return frozenset(self.known[int(index)] for index in indices)

    def few(self, number: int = FEW) -> list[State]:
        """Return some of the feasible states."""
        chance = random.Random(self.number)  # noqa: S311 - conflicts, not secrets
        return chance.sample(self.slow.states, min(number, len(self.slow.states)))

    def slowly_stable(self, party: PartyId, concept: Concept) -> frozenset[State]:
        test = getattr(self.slow, concept)
        return frozenset(state for state in self.slow.states if test(party, state))

    def stable(self, party: PartyId, concept: Concept) -> frozenset[State]:
        return self.states(self.grid.stable(party, concept).reshape(-1).nonzero()[0])


def of_number(number: int) -> Twin:
    chance = random.Random(SEED + number)  # noqa: S311 - conflicts, not secrets
    return Twin(number, random_conflict(chance))


unmeasured = (pytest.param(chunk, marks=pytest.mark.no_cover) for chunk in range(1, CHUNKS))


@pytest.fixture(scope="module", params=[0, *unmeasured])
def twins(request: pytest.FixtureRequest) -> tuple[Twin, ...]:
    """Return some of the conflicts; the chunks together hold all of them.

    Coverage is measured on the first chunk only, because it takes as long again.
    """
    return tuple(of_number(number) for number in range(request.param, NUMBER, CHUNKS))


# --------------------------------------------------------------------- the conflicts drawn


def test_a_quarter_of_the_conflicts_have_each_feature(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    counts = Counter(feature for twin in twins for feature in features(twin.case, twin.slow))
    counts["conflicts"] = len(twins)
    record_property("features", dict(counts))
    assert [] == [feature for feature in FEATURES if 4 * counts[feature] < len(twins)]


# -------------------------------------------------------------------- fast and slow agree


def test_fast_and_slow_find_the_same_feasible_states(twins: tuple[Twin, ...]) -> None:
    for twin in twins:
        found = twin.states(twin.fast.feasible.reshape(-1).nonzero()[0])
        assert frozenset(twin.slow.states) == found, twin.about()


def test_fast_and_slow_order_the_states_alike(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for party in twin.parties:
            values = {
                state: twin.fast.value(party, twin.index(state)) for state in twin.slow.states
            }
            slowly = {state: twin.slow.utility(party, state) for state in twin.slow.states}
            rank = {value: place for place, value in enumerate(sorted(set(values.values())))}
            slow_rank = {value: place for place, value in enumerate(sorted(set(slowly.values())))}
            expected = {state: slow_rank[value] for state, value in slowly.items()}
            assert expected == {state: rank[value] for state, value in values.items()}, twin.about()
            compared += len(values)
    record_property("utilities", compared)


def test_fast_and_slow_make_the_same_moves(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for party, state in product(twin.parties, twin.slow.states):
            found = twin.fast.moves.destinations(twin.index(state), party)
            assert twin.slow.moves(party, state) == twin.states(found), twin.about(party, state)
            compared += 1
    record_property("moves", compared)


@pytest.mark.parametrize("concept", Concept)
def test_fast_and_slow_find_the_same_stable_states(
    twins: tuple[Twin, ...], concept: Concept, record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for party in twin.parties:
            expected = twin.slowly_stable(party, concept)
            assert expected == twin.stable(party, concept), twin.about(party)
            compared += len(twin.slow.states)
    record_property(concept.value, compared)


def test_fast_and_slow_find_the_same_group_moves(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for pair, state in product(twin.pairs, twin.few()):
            found = twin.fast.moves.destinations(twin.index(state), pair)
            expected = twin.slow.group_moves(pair, state)
            assert expected == twin.states(found), twin.about(pair, state)
            compared += 1
    record_property("group moves", compared)


def test_fast_and_slow_find_the_same_states_that_a_pair_leaves(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        pair = twin.pairs[twin.number % len(twin.pairs)]
        improves = twin.grid.group_improves(pair).reshape(-1)
        for state in twin.slow.states:
            firm = not improves[twin.index(state)]
            assert twin.slow.group_firm(pair, state) == firm, twin.about(pair, state)
            compared += 1
    record_property("pairs", compared)


def test_fast_and_slow_play_without_a_deal_ends_alike(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        chance = random.Random(twin.number)  # noqa: S311 - conflicts, not secrets
        for state in (twin.slow.base, *twin.few(2)):
            held = frozenset(name for name in twin.slow.names if chance.random() < 0.25)
            expected = twin.slow.no_deal(state, held)
            found = fast_outcomes(twin, state, held)
            assert expected == found, twin.about(state, held)
            compared += 1
    record_property("no deal", compared)


def fast_outcomes(twin: Twin, state: State, held: Iterable[str]) -> frozenset[Outcome]:
    outcomes = Play(twin.fast, frozenset(held)).outcomes([twin.index(state)])  # type: ignore[arg-type]
    return frozenset(twin.states(outcome.states) for outcome in outcomes)


def test_fast_and_slow_grade_the_parties_alike(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for party, state in product(twin.parties, twin.few()):
            graded = grade_party(twin.grid, party, twin.index(state))
            expected = twin.slow.grade(party, state), twin.slow.concepts(party, state)
            found = graded.grade, frozenset(graded.concepts)
            assert expected == found, twin.about(party, state)
            compared += 1
    record_property("grades", compared)


def test_fast_and_slow_grade_groups_of_two_alike(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        for state in twin.few():
            graded = grade_groups(twin.fast, twin.index(state), 2)
            assert slow_group_grade(twin, state) == graded.grade, twin.about(state)
            assert graded == grade_as_told(twin.fast, twin.index(state), 2)
            compared += 1
    record_property("group grades", compared)


def slow_group_grade(twin: Twin, state: State) -> str:
    if all(twin.slow.group_firm(pair, state) for pair in twin.pairs):
        return "firm"
    if all(twin.slow.group_guarded(pair, state) for pair in twin.pairs):
        return "guarded"
    return "breaks"


def test_fast_and_slow_find_the_same_packages_acceptable(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        situation = lay(twin.case)
        surely, perhaps = acceptance(situation, no_deal(situation))
        outcomes = twin.slow.no_deal(twin.slow.base, twin.joint)
        for state in twin.slow.states:
            signing = twin.slow.signatories(twin.slow.base, state)
            expected = twin.slow.acceptable(state, signing, outcomes)
            cell = twin.index(state)
            found = ("no", "perhaps", "surely")[
                int(perhaps.reshape(-1)[cell]) + int(surely.reshape(-1)[cell])
            ]
            assert expected == found, twin.about(state)
            compared += 1
    record_property("acceptability", compared)


def test_fast_and_slow_find_the_same_least_worst_roadmaps(
    twins: tuple[Twin, ...], record_property: Record
) -> None:
    compared = 0
    for twin in twins:
        situation = lay(twin.case)
        ends = no_deal(situation)
        outcomes = twin.slow.no_deal(twin.slow.base, twin.joint)
        for package in twin.few(3):
            ways = SlowRoadmap(
                twin.slow,
                twin.slow.base,
                package,
                signatories=twin.slow.signatories(twin.slow.base, package),
                outcomes=outcomes,
            )
            if not 1 < len(ways.changes) <= MOST_CHANGES:
                continue
            if not twin.slow.reachable(twin.slow.base, package):
                continue
            counting = on_arrays(twin.grid)
            found = roadmap(situation, ends, counting, goal=twin.index(package))
            assert found is not None
            assert slow_severities(ways) == {
                size: route.severity for size, route in found.routes.items()
            }, twin.about(package)
            compared += 1
    record_property("roadmaps", compared)


def slow_severities(ways: SlowRoadmap) -> dict[int, Fraction]:
    """Return the severity for each largest exchange, up to the first that exposes nobody."""
    found: dict[int, Fraction] = {}
    for size in range(1, len(ways.changes) + 1):
        severity = ways.least_worst(size)
        if severity is not None:
            found[size] = severity
        if severity == 0:
            break
    return found


# -------------------------------------------------------------------------- the theorems


def test_nash_implies_seq_and_smr_and_each_of_these_gmr(twins: tuple[Twin, ...]) -> None:
    for twin in twins:
        for party in twin.parties:
            nash, gmr, smr, seq = (twin.stable(party, concept) for concept in Concept)
            assert nash <= seq <= gmr, twin.about(party)
            assert nash <= smr <= gmr, twin.about(party)


def test_new_names_and_another_order_change_nothing(twins: tuple[Twin, ...]) -> None:
    for twin in twins[::4]:
        chance = random.Random(twin.number)  # noqa: S311 - conflicts, not secrets
        case, new = relabelled(twin.case, chance)
        other = Twin(twin.number, case)
        order = [other.slow.names.index(new[name]) for name in twin.slow.names]
        for party, concept in product(twin.parties, Concept):
            renamed = other.stable(PartyId(new[party]), concept)
            back = {tuple(state[index] for index in order) for state in renamed}
            assert twin.stable(party, concept) == back, twin.about(party)


def test_another_move_never_makes_a_state_nash_stable(twins: tuple[Twin, ...]) -> None:
    for twin in twins[::2]:
        states = frozenset(twin.slow.states)
        for case in with_more_moves(twin.case):
            freer = Twin(twin.number, case)
            for party in twin.parties:
                nash = freer.stable(party, Concept.NASH) & states
                assert nash <= twin.stable(party, Concept.NASH), freer.about(party)


def test_where_nothing_is_barred_gmr_is_maximin_and_smr_is_minimax(
    twins: tuple[Twin, ...],
) -> None:
    for twin in twins[::2]:
        free = Twin(twin.number, plain(twin.case))
        for party in free.parties:
            best_of_worst, worst_of_best = bounds(free, party)
            worth = {state: free.slow.utility(party, state) for state in free.slow.states}
            maximin = {state for state, value in worth.items() if best_of_worst <= value}
            minimax = {state for state, value in worth.items() if worst_of_best <= value}
            assert maximin == free.stable(party, Concept.GMR), free.about(party)
            assert minimax == free.stable(party, Concept.SMR), free.about(party)


def bounds(twin: Twin, party: PartyId) -> tuple[Utility, Utility]:
    """Return the party's maximin (it chooses first) and minimax (it chooses last)."""
    slow = twin.slow
    own = [index for index, option in enumerate(slow.options) if option.by == party]
    mine: dict[State, list[Utility]] = {}
    theirs: dict[State, list[Utility]] = {}
    for state in slow.states:
        choice = tuple(state[index] for index in own)
        rest = tuple(level for index, level in enumerate(state) if index not in own)
        mine.setdefault(choice, []).append(slow.utility(party, state))
        theirs.setdefault(rest, []).append(slow.utility(party, state))
    return max(map(min, mine.values())), min(map(max, theirs.values()))


def test_a_group_of_one_is_the_single_party_test(twins: tuple[Twin, ...]) -> None:
    for twin in twins:
        for party in twin.parties:
            improves = twin.grid.group_improves(frozenset({party})).reshape(-1)
            firm = {state for state in twin.slow.states if not improves[twin.index(state)]}
            assert firm == twin.stable(party, Concept.NASH), twin.about(party)
