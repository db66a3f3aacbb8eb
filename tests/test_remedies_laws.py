"""Remedies on random conflicts with a plan: what the program finds is what trying all finds.

SERVANDA_LAWS says how many; the slow reference shares nothing with the program.
"""

import os
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import permutations

import pytest

from conflicts import random_conflict
from random_plans import random_planned
from servanda.analysis import Request, analyse
from servanda.analysis import nearest as nearest_package
from servanda.carrots import Choice, cheapest, offered
from servanda.checks import faults
from servanda.conditions import OptionId
from servanda.conflict import compile_case
from servanda.errors import UsageError
from servanda.loads import loads
from servanda.model import Case, PartyId, Preference
from servanda.obstacles import blocking, is_blocking, judged, obstacles
from servanda.rankings import inverse
from servanda.remedies import set_apart
from servanda.shifts import (
    Asking,
    Smallest,
    drops,
    new_wishes,
    points,
    reorders,
    smallest,
    wishes_for,
)
from servanda.situation import Situation, lay
from servanda.stability import Concept
from slow import Slow, State
from slow_course import ImpossibleError
from slow_plans import SlowPlan
from slow_remedies import (
    blockers,
    blocks,
    cheapest_sets,
    comes_in,
    fewest_dropped,
    fewest_swaps,
    lowest_ranks,
    wanting,
)

NUMBER = max(40, int(os.environ.get("SERVANDA_LAWS", "2000")) // 50)
FEW_WISHES = 4
MANY = 100_000

Record = Callable[[str, object], None]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - conflicts, not secrets


@cache
def planned(number: int) -> Case | None:
    """Return a random case whose plan has a target that can be judged."""
    case = random_planned(chance(1975 + number))
    if faults(case):
        return None
    slow = SlowPlan(case)
    try:
        _ = slow.start, slow.no_deal, slow.target and slow.completions
    except ImpossibleError:
        return None
    return case if slow.target and slow.slow.states else None


@cache
def blocked(number: int) -> tuple[tuple[Case, PartyId], ...]:
    """Return a random case with each of the parties that block its plan's target."""
    case = planned(number)
    return () if case is None else tuple((case, party) for party in blockers(case))


def asking(case: Case, party: PartyId) -> Asking:
    situation = lay(case)
    verdict = judged(situation, None)
    terms = set_apart(situation, verdict, None)
    return Asking(situation, None, party, about=verdict.states[0], terms=terms, budget=MANY)


def of_form(form: str, number: int) -> Iterator[Asking]:
    for case, party in blocked(number):
        wants = case.preferences.get(party, Preference())
        if wants.form == form and len(wants.ordered) <= FEW_WISHES and len(wants.ranking) <= 4:
            yield asking(case, party)


def size(found: Smallest) -> Fraction | None:
    assert found.proved
    assert not found.undecided
    return found.found[0].shift.size if found.found else None


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_same_parties_block(number: int) -> None:
    case = planned(number)
    if case is None:
        return
    verdict = judged(lay(case), None)
    assert blockers(case) == list(blocking(verdict))
    who = {each.blocker.party for each in obstacles(verdict)}
    assert set(blockers(case)) == who


@pytest.mark.parametrize("form", ["ordered", "ranking"])
@pytest.mark.parametrize("number", range(NUMBER))
def test_the_fewest_swaps_are_those_of_all_orders(
    number: int, form: str, record_property: Record
) -> None:
    for wants in of_form(form, number):
        slow = fewest_swaps(wants.situation.case, wants.party)
        assert slow == size(smallest(wants, "reorder", reorders(wants)))
        record_property("smallest changes in what a party wants", 1)


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_fewest_swaps_for_a_package_are_those_of_all_orders(number: int) -> None:
    case = planned(number)
    if case is None:
        return
    situation, slow = lay(case), SlowPlan(case)
    package = chance(number).choice(slow.packages or [slow.start])
    index = situation.space.index(dict(zip(case.options, package, strict=True)))
    if not situation.conflict.can_be(index):
        return
    verdict = judged(situation, index)
    assert [p for p in slow.parties if blocks(slow, p, [package])] == list(blocking(verdict))
    for party in blocking(verdict):
        wants = case.preferences.get(party, Preference())
        if wants.form == "ordered" and len(wants.ordered) <= FEW_WISHES:
            terms = set_apart(situation, verdict, index)
            asked = Asking(situation, index, party, about=index, terms=terms, budget=MANY)
            found = smallest(asked, "reorder", reorders(asked))
            assert fewest_swaps(case, party, [package]) == size(found)


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_fewest_wishes_dropped_are_those_of_all_subsets(number: int) -> None:
    for wants in of_form("ordered", number):
        slow = fewest_dropped(wants.situation.case, wants.party)
        assert slow == size(smallest(wants, "drop", drops(wants)))


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_lowest_new_wishes_are_those_of_all_ranks(number: int) -> None:
    for wants in of_form("ordered", number):
        texts = wishes_for(wants.situation, wants.terms)
        slow = lowest_ranks(wants.situation.case, wants.party, texts)
        found = smallest(wants, "wish", new_wishes(wants))
        assert (slow and slow[0]) == size(found)
        assert (slow[1] if slow else set()) == {each.shift.condition for each in found.found}


@pytest.mark.parametrize("number", range(NUMBER))
def test_no_fewer_points_do_and_these_do(number: int, record_property: Record) -> None:
    rng = chance(number)
    for wants in of_form("points", number):
        case = wants.situation.case
        tries = list(points(wants))
        found = smallest(wants, "points", tries)
        least = size(found)
        for each in found.found:
            assert comes_in(case, wants.party, each.shift.preference)
        below = [each for each in tries if least is None or each.size < least]
        for shift in rng.sample(below, min(6, len(below))):
            assert not comes_in(case, wants.party, shift.preference)
        for _ in range(6):  # amounts of any size, whether states draw level there or not
            if not tries:
                break
            text, less = rng.choice([(each.condition, each.less) for each in tries])
            most = Fraction(60) if least is None else least
            amount = most * rng.randint(1, 999) / 1000
            if amount < most:
                assert not comes_in(case, wants.party, _with(case, wants.party, text, amount, less))
                record_property("numbers of points", 1)


def _with(case: Case, party: PartyId, text: str, amount: Fraction, less: bool) -> Preference:  # noqa: FBT001 - one half of a pair
    wants = case.preferences.get(party, Preference())
    known = wants.points[text].middle if text in wants.points else Fraction(0)
    worth = str(float(known - amount if less else known + amount))
    told = {wish: each.model_dump() for wish, each in wants.points.items()}
    told[text] = {"worth": worth}
    position = {name: each.model_dump() for name, each in wants.position.items()}
    return Preference.model_validate({"points": told, "position": position})


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_cheapest_carrots_are_those_of_all_sets(number: int, record_property: Record) -> None:
    case = planned(number)
    if case is None:
        return
    situation = lay(case)
    rng = chance(number)
    prices = {option: Fraction(rng.choice((1, 1, 2, 3, 0))) for option in situation.offers}
    if not prices:
        return
    carrots = offered(situation, None, prices)
    found = cheapest(Choice(situation, None, carrots, MANY))
    slow = cheapest_sets(case, list(prices), prices)
    assert found.proved
    assert (slow and slow[0]) == found.price
    options = {frozenset(carrot.option for carrot in each) for each in found.cheapest}
    assert (slow[1] if slow else set()) == options
    record_property("cheapest carrots", 1)


@pytest.mark.parametrize("number", range(NUMBER))
def test_what_carries_the_target_is_found_and_witnessed(number: int) -> None:
    case = planned(number)
    if case is None:
        return
    for load in loads(lay(case)):
        assert SlowPlan(case, load.part.options).sticks() == load.sticks
        if load.verdict is not None and not load.sticks:
            who = {each.blocker.party for each in load.obstacles}
            assert set(blocking(load.verdict)) == who
            parties = load.situation.conflict.parties
            assert who == {party for party in parties if is_blocking(load.verdict, party)}


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_nearest_package_by_weight_is_that_of_all_packages(number: int) -> None:
    case = planned(number)
    if case is None:
        return
    findings = analyse(case, Request(limit=1))
    situation = findings.situation
    assert findings.target is not None
    rng = chance(number)
    weights = {o: Fraction(rng.choice(("0", "0.5", "2", "3"))) for o in situation.terms}
    found, proved = nearest_package(findings, findings.target.states, weights)
    assert proved
    slow = _nearest(situation, SlowPlan(case), weights)
    assert slow == (None if found is None else found[1])


def _nearest(
    situation: Situation, slow: SlowPlan, weights: dict[OptionId, Fraction]
) -> Fraction | None:
    names = slow.slow.names

    def apart(one: State, two: State) -> Fraction:
        return sum(
            (
                weights[o]
                for o, a, b in zip(names, one, two, strict=True)
                if a != b and o in weights
            ),
            Fraction(0),
        )

    assert set(weights) == set(situation.terms)
    every = (apart(p, t) for p in slow.sticking for t in slow.target_states)
    return min(every, default=None)


@pytest.mark.parametrize("number", range(NUMBER * 8))
def test_as_many_rankings_are_stable_as_all_of_them_show(
    number: int, record_property: Record
) -> None:
    case = random_conflict(chance(7200 + number))
    states = Slow(case).states
    if not 2 < len(states) < 6:
        return
    conflict = compile_case(case)
    party = chance(number).choice(conflict.parties)
    for state in states:
        index = conflict.space.index(dict(zip(case.options, state, strict=True)))
        found = inverse(conflict, party, index)
        counts = dict.fromkeys(Concept, 0)
        least: dict[Concept, int] = {}
        for order in permutations(states):
            variant = Slow(wanting(case, party, _ranking(case, order)))
            turned = _turned(Slow(case), party, order)
            for name in variant.concepts(party, state):
                concept = Concept(name)
                counts[concept] += 1
                least[concept] = min(turned, least.get(concept, turned))
        assert counts == dict(found.stable)
        assert least == {c: near.swaps for c, near in found.nearest.items() if near}
        held = {Concept(name) for name in Slow(case).concepts(party, state)}
        assert held == {concept for concept, holds in found.now.items() if holds}
        record_property("inverse counts of rankings", 1)


def _ranking(case: Case, order: tuple[State, ...]) -> Preference:
    named = (
        tuple(
            f"{name} = {option.levels[level]}"
            for (name, option), level in zip(case.options.items(), state, strict=True)
        )
        for state in order
    )
    return Preference(ranking=tuple((terms,) for terms in named))


def _turned(slow: Slow, party: PartyId, order: tuple[State, ...]) -> int:
    values = [slow.utility(party, state) for state in order]
    return sum(
        values[low] > values[high]
        for high in range(len(order))
        for low in range(high + 1, len(order))
    )


def test_too_many_states_to_rank_are_refused() -> None:
    case = next(
        case for case in map(random_conflict, map(chance, range(50))) if len(Slow(case).states) > 14
    )
    conflict = compile_case(case)
    index = int(conflict.feasible.reshape(-1).argmax())
    with pytest.raises(UsageError, match="rankings are counted for up to 14"):
        inverse(conflict, conflict.parties[0], index)
