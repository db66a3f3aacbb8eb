"""The smallest coalition that reaches a quota: every engine against all subsets, one by one."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations
from typing import Any, Literal

import pytest

from servanda.contributors import (
    Amount,
    Contributor,
    Listing,
    Measure,
    Role,
    Smallest,
    every_smallest,
    smallest_coalition,
)
from servanda.errors import UsageError
from servanda.model import PartyId

SEED = 1962
NUMBER = 400
MEMBERS, COST = Measure.MEMBERS, Measure.COST
ORDERS = ((MEMBERS,), (COST,), (MEMBERS, COST), (COST, MEMBERS))
ENGINES: tuple[Literal["table", "solver"], ...] = ("table", "solver")
Names = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One random question."""

    given: tuple[Contributor, ...]
    quota: Amount
    by: tuple[Measure, ...]
    without: frozenset[PartyId]

    @cache  # noqa: B019 - as many questions as there are tests
    def ask(self, engine: Literal["auto", "table", "solver"]) -> Smallest:
        return smallest_coalition(
            self.given, self.quota, by=self.by, without=self.without, engine=engine
        )


def one(who: str, cap: Amount, **more: Any) -> Contributor:
    return Contributor(id=PartyId(who), cap=cap, **more)


def random_question(chance: random.Random) -> Question:
    """Return up to seven contributors with small numbers, so that ties and zeros come often."""
    given = tuple(
        one(
            f"c{number}",
            chance.choice([Fraction(chance.randint(0, 6)), Fraction(chance.randint(0, 12), 3)]),
            each=chance.choice([0, 1, chance.randint(0, 3), Fraction(1, 3)]),
            joining=chance.choice([0, 0, chance.randint(0, 4), Fraction(1, 2)]),
            veto=chance.random() < 0.15,
        )
        for number in range(chance.randint(0, 7))
    )
    return Question(
        given=given,
        quota=Fraction(chance.choice([0, 3 * chance.randint(0, 15), chance.randint(0, 40)]), 3),
        by=chance.choice(ORDERS),
        without=frozenset(each.id for each in given if chance.random() < 0.08),
    )


@cache
def random_questions() -> tuple[Question, ...]:
    chance = random.Random(SEED)  # noqa: S311 - contributors, not secrets
    return tuple(random_question(chance) for _ in range(NUMBER))


def least_cost(members: Sequence[Contributor], quota: Amount) -> Fraction:
    """Return the least the members can give the quota for: the best of all orders of filling."""
    return min(filled(order, quota) for order in permutations(members))


def filled(members: Sequence[Contributor], quota: Amount) -> Fraction:
    need, cost = Fraction(quota), Fraction(0)
    for member in members:
        cost += member.joining + member.each * min(need, member.cap)
        need -= min(need, member.cap)
    return cost


@cache
def by_hand(question: Question, by: tuple[Measure, ...]) -> dict[Names, tuple[Amount, ...]]:
    """Return every minimum coalition with its measures: all subsets are tried."""
    found: dict[Names, tuple[Amount, ...]] = {}
    vetoes = {each for each in question.given if each.veto}
    for size in range(len(question.given) + 1):
        for members in combinations(question.given, size):
            out = any(each.id in question.without for each in members)
            if out or vetoes - {*members} or sum(each.cap for each in members) < question.quota:
                continue
            cheapest = sorted(members, key=lambda each: each.each)
            cost = filled(cheapest, question.quota)
            names = tuple(each.id for each in members)
            found[names] = tuple(cost if measure is COST else size for measure in by)
    least = min(found.values(), default=None)
    return {names: values for names, values in found.items() if values == least}


def test_cheapest_units_first_is_the_least_cost() -> None:
    chance = random.Random(SEED)  # noqa: S311 - contributors, not secrets
    for _ in range(100):
        question = random_question(chance)
        members = question.given[:5]
        quota = min(Fraction(question.quota), sum((Fraction(m.cap) for m in members), Fraction(0)))
        cheapest = sorted(members, key=lambda each: each.each)
        assert least_cost(members, quota) == filled(cheapest, quota)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_answer_is_that_of_all_subsets(engine: Literal["table", "solver"]) -> None:
    for question in random_questions():
        expected = by_hand(question, question.by)
        found = question.ask(engine)
        assert ("optimal" if expected else "infeasible") == found.status, question
        if found.coalition is not None:
            values = tuple(found.coalition.value(measure) for measure in question.by)
            assert {values} == {*expected.values()}, question
            assert values == found.bounds, question
            assert "" == found.stopped, question


@pytest.mark.parametrize("engine", ENGINES)
def test_the_one_shown_is_least_in_the_other_measure_too(
    engine: Literal["table", "solver"],
) -> None:
    for question in random_questions():
        found = question.ask(engine)
        order = (*question.by, *(measure for measure in Measure if measure not in question.by))
        if found.coalition is not None:
            assert found.coalition.members in by_hand(question, order), question


@pytest.mark.parametrize("engine", ENGINES)
def test_the_list_holds_every_minimum_coalition_once(engine: Literal["table", "solver"]) -> None:
    for question in random_questions():
        expected = by_hand(question, question.by)
        listing = every_smallest(question.ask(engine))
        assert sorted(expected) == sorted(each.members for each in listing.coalitions), question
        assert listing.complete, question


@pytest.mark.parametrize("engine", ENGINES)
def test_roles_say_who_is_in_all_some_or_none(engine: Literal["table", "solver"]) -> None:
    for question in random_questions():
        expected = by_hand(question, question.by)
        found = question.ask(engine)
        for who, role in found.roles:
            times = sum(who in names for names in expected)
            kinds = {0: Role.NEVER, len(expected): Role.PIVOTAL}
            assert kinds.get(times, Role.SOMETIMES) == role, (question, who)
        staying = [each.id for each in question.given if each.id not in question.without]
        assert (staying if expected else []) == [who for who, _ in found.roles], question


def test_the_table_counts_the_ties() -> None:
    for question in random_questions():
        assert len(by_hand(question, question.by)) == question.ask("table").ties, question


@pytest.mark.parametrize("engine", ENGINES)
def test_shares_keep_the_caps_and_add_up_to_the_quota(engine: Literal["table", "solver"]) -> None:
    for question in random_questions():
        found = question.ask(engine)
        caps = {each.id: each.cap for each in question.given}
        if found.coalition is not None:
            shares = found.coalition.shares
            assert question.quota == sum(share for _, share in shares), question
            assert all(0 <= share <= caps[who] for who, share in shares), question


def test_who_comes_first_changes_no_role() -> None:
    for question in random_questions()[:100]:
        turned = smallest_coalition(
            question.given[::-1], question.quota, by=question.by, without=question.without
        )
        found = question.ask("auto")
        assert dict(found.roles) == dict(turned.roles), question
        assert (found.bounds, found.ties) == (turned.bounds, turned.ties), question


def test_other_units_of_troops_and_money_change_nothing() -> None:
    for question in random_questions()[:100]:
        larger = tuple(
            one(
                each.id,
                each.cap * Fraction(7, 3),
                each=each.each * Fraction(3, 7) * 1000,
                joining=each.joining * 1000,
                veto=each.veto,
            )
            for each in question.given
        )
        found = question.ask("auto")
        turned = smallest_coalition(
            larger, question.quota * Fraction(7, 3), by=question.by, without=question.without
        )
        assert (found.roles, found.ties) == (turned.roles, turned.ties), question


TROOPS = (one("usa", 20), one("uk", 8), one("france", 8), one("poland", 3), one("fiji", 0))


def names(listing: Listing) -> list[str]:
    return [" ".join(each.members) for each in listing.coalitions]


def test_a_tie_is_told_with_who_is_in_all_some_and_none() -> None:
    found = smallest_coalition(TROOPS, 25)
    assert ("usa",) == found.pivotal
    assert ("uk", "france") == found.those(Role.SOMETIMES)
    assert ("poland", "fiji") == found.those(Role.NEVER)
    assert 2 == found.ties
    assert ["usa uk", "usa france"] == names(every_smallest(found))


def test_the_last_to_be_asked_gives_the_rest() -> None:
    found = smallest_coalition(TROOPS, Fraction(57, 2))
    assert found.coalition is not None
    expected = {"usa": 20, "uk": 8, "france": Fraction(1, 2)}
    assert expected == dict(found.coalition.shares)


def test_a_quota_of_zero_needs_nobody() -> None:
    found = smallest_coalition(TROOPS, 0)
    assert found.coalition is not None
    assert () == found.coalition.members
    assert ("optimal", 1) == (found.status, found.ties)


def test_vetoes_that_reach_the_quota_are_the_coalition() -> None:
    found = smallest_coalition([*TROOPS, one("russia", 5, veto=True)], 5)
    assert ("russia",) == found.pivotal
    assert ["russia"] == names(every_smallest(found))


def test_a_veto_without_means_is_in_and_gives_nothing() -> None:
    found = smallest_coalition([*TROOPS, one("iraq", 0, veto=True, joining=3)], 20, by=[COST])
    assert found.coalition is not None
    assert {"usa": 20, "iraq": 0} == dict(found.coalition.shares)
    assert 3 == found.coalition.cost


def test_caps_that_add_up_to_less_are_the_reason_why_there_is_none() -> None:
    found = smallest_coalition(TROOPS, 40, without=[PartyId("poland")])
    assert ("infeasible", True) == (found.status, found.proved)
    assert found.none is not None
    assert () == found.none.vetoes
    assert 4 == found.none.short
    assert (0, (), ()) == (found.ties, found.roles, found.bounds)
    assert every_smallest(found).complete


def test_a_veto_that_stays_out_is_the_reason_why_there_is_none() -> None:
    given = [*TROOPS, one("russia", 5, veto=True)]
    found = smallest_coalition(given, 10, without=[PartyId("russia")])
    assert found.none is not None
    assert ("russia",) == found.none.vetoes
    assert 0 == found.none.short


def test_few_and_dear_or_many_and_cheap() -> None:
    given = [one("rich", 10, each=3), one("a", 5, each=1), one("b", 5, joining=4)]
    assert ["rich"] == names(every_smallest(smallest_coalition(given, 10)))
    assert ["a b"] == names(every_smallest(smallest_coalition(given, 10, by=[COST, MEMBERS])))


@pytest.mark.parametrize("engine", ENGINES)
def test_by_cost_alone_who_joins_for_nothing_may_be_in(engine: Literal["table", "solver"]) -> None:
    given = [one("a", 5), one("b", 5), one("c", 5, joining=1)]
    by_cost = smallest_coalition(given, 5, by=[COST], engine=engine)
    assert by_cost.coalition is not None
    assert 1 == len(by_cost.coalition.members)
    assert ["a", "a b", "b"] == names(every_smallest(by_cost))
    by_both = smallest_coalition(given, 5, by=[COST, MEMBERS], engine=engine)
    assert ["a", "b"] == names(every_smallest(by_both))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_a_list_says_when_the_limit_cut_it(engine: Literal["table", "solver"], limit: int) -> None:
    listing = every_smallest(smallest_coalition(TROOPS, 25, engine=engine), limit=limit)
    assert min(limit, 2) == len(listing.coalitions)
    assert (limit >= 2) == listing.complete
    assert ("" if limit >= 2 else f"the limit of {limit} was reached") == listing.stopped


def test_more_ties_than_can_be_counted_are_not_counted() -> None:
    many = [one(f"c{number}", 1) for number in range(1100)]
    found = smallest_coalition(many, 550)
    assert found.ties is None
    assert 1100 == len(found.those(Role.SOMETIMES))
    assert 3 == len(every_smallest(found, limit=3).coalitions)


def two_hundred(kind: str) -> tuple[Contributor, ...]:
    """Return contributors of one kind, some of them hard to choose from."""
    chance = random.Random(SEED)  # noqa: S311 - contributors, not secrets
    kinds: dict[str, Callable[[int], tuple[int, int]]] = {
        "free": lambda _: (chance.randint(0, 1000), chance.randint(0, 20)),
        "near": lambda cap: (cap + chance.randint(0, 100), chance.randint(0, 3)),
        "alike": lambda cap: (cap + 100, 0),
        "equal": lambda cap: (cap, 0),
    }
    found = []
    for number in range(200):
        cap = chance.randint(1, 1000)
        joining, each = kinds[kind](cap)
        veto = number % 50 == 0
        found.append(one(f"c{number}", cap, joining=joining, each=each, veto=veto))
    return tuple(found)


@pytest.mark.parametrize("by", ORDERS, ids=" ".join)
@pytest.mark.parametrize("kind", ["free", "near", "alike", "equal"])
def test_two_hundred_contributors_are_soon_decided(kind: str, by: tuple[Measure, ...]) -> None:
    given = two_hundred(kind)
    begun = time.process_time()
    found = smallest_coalition(given, sum(each.cap for each in given) // 2, by=by)
    assert ("optimal", ()) == (found.status, found.those(Role.OPEN))
    assert 3 > time.process_time() - begun


@pytest.mark.parametrize("by", ORDERS, ids=" ".join)
def test_table_and_solver_agree_on_two_hundred_contributors(by: tuple[Measure, ...]) -> None:
    given = two_hundred("free")
    quota = sum(each.cap for each in given) // 2
    table, solver = (smallest_coalition(given, quota, by=by, engine=engine) for engine in ENGINES)
    assert (table.bounds, table.roles) == (solver.bounds, solver.roles)
    assert table.coalition is not None
    assert solver.coalition is not None
    assert table.coalition.cost == solver.coalition.cost


@pytest.mark.parametrize(
    ("given", "quota", "more", "message"),
    [
        (
            [one("a", 1), one("a", 2)],
            1,
            {},
            '"a" is listed twice; give each contributor its own id',
        ),
        ([one("a", -1)], 1, {}, 'cap of "a" is -1; write 0 or more'),
        ([one("a", 1, each=-2)], 1, {}, 'each of "a" is -2; write 0 or more'),
        ([one("a", 1)], -1, {}, "the quota is -1; write 0 or more"),
        (
            [one("a", 1)],
            0.5,
            {},
            'the quota is 0.5; write it exactly, as 3 or Fraction("0.3")',
        ),
        (
            [one("iran", 1)],
            1,
            {"without": ["irn"]},
            '"irn" is no contributor; did you mean "iran"?',
        ),
        ([one("a", 1)], 1, {"by": []}, "what is to be least is not clear; name each measure once"),
        (
            [one("a", 3, joining=10**18), one("b", 2, joining=10**18 + 1)],
            1,
            {"by": [COST]},
            (
                "the numbers are too large or too fine for the solver; "
                "round caps and costs to fewer digits"
            ),
        ),
    ],
)
def test_a_question_without_sense_is_refused(
    given: Sequence[Contributor], quota: Any, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        smallest_coalition(given, quota, **more)
    assert message == str(refused.value)


def test_a_list_with_less_than_no_entries_is_refused() -> None:
    with pytest.raises(UsageError, match="a list cannot have -1 entries; write 0 or more"):
        every_smallest(smallest_coalition(TROOPS, 25), limit=-1)
