"""Truth tables: verdicts, which question decides, and what open questions leave."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from servanda.errors import UsageError
from servanda.truth_table import (
    OneOf,
    Sway,
    TruthTable,
    single_conditions,
    sways,
    tabulate,
    under,
)
from slow_formula import random_table

SEED = 1987
FACTORS = {"K1": ("stay", "leave"), "K2": ("un", "nato", "league")}
ROWS = {
    ("stay", "un"): True,
    ("stay", "nato"): False,
    ("stay", "league"): None,
    ("leave", "un"): True,
    ("leave", "nato"): True,
    ("leave", "league"): None,
}


@pytest.fixture(name="table")
def small_table() -> TruthTable:
    return tabulate(FACTORS, lambda row: ROWS[row["K1"], row["K2"]])


def random_tables(times: int) -> list[TruthTable]:
    rng = np.random.default_rng(SEED)
    return [
        random_table(
            rng,
            [int(rng.integers(1, 5)) for _ in range(3)],
            holds=rng.uniform(0.1, 0.9),
            unknown=0.2,
        )
        for _ in range(times)
    ]


def test_every_combination_has_its_verdict(table: TruthTable) -> None:
    assert ROWS == {tuple(row.values()): verdict for row, verdict in table.rows()}
    for row, verdict in table.rows():
        assert verdict is table.verdict(dict(reversed(row.items())))


def test_a_table_is_frozen(table: TruthTable) -> None:
    with pytest.raises(TypeError):
        table.factors["K3"] = ("no",)  # type: ignore[index]


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ('there is no question "k1"; did you mean "K1"', {"k1": "stay", "K2": "un"}),
        ('"K1" has no answer "staying"; did you mean "stay"', {"K1": "staying", "K2": "un"}),
        ('"K2" has no answer$', {"K1": "stay"}),
    ],
)
def test_a_combination_must_answer_every_question(
    message: str, answers: dict[str, str], table: TruthTable
) -> None:
    with pytest.raises(UsageError, match=message):
        table.verdict(answers)


@pytest.mark.parametrize(
    ("message", "factors", "verdicts"),
    [
        ("combine in 6 ways, and there are 5 verdicts", FACTORS, (True,) * 5),
        ('"K1" needs at least one answer', {"K1": ()}, ()),
        ('"K1" needs at least one answer, and each only once', {"K1": ("a", "a")}, (True,) * 2),
    ],
)
def test_a_table_needs_answers_and_a_verdict_for_each_combination(
    message: str, factors: dict[str, tuple[str, ...]], verdicts: tuple[bool, ...]
) -> None:
    with pytest.raises(UsageError, match=message):
        TruthTable(factors=factors, verdicts=verdicts)


def test_the_question_that_decides_most_comes_first(table: TruthTable) -> None:
    # Under "un" and "nato" both answers to K1 have a verdict, and "nato" turns; under "league"
    # neither has. With "stay" K2 turns the verdict, with "leave" it does not.
    assert (
        Sway(factor="K1", turned=1, contexts=2),
        Sway(factor="K2", turned=1, contexts=2),
    ) == sways(table)
    assert "K1 decides in 1 of 2 contexts" == str(sways(table)[0])


def test_a_question_with_more_sway_comes_before_one_asked_earlier() -> None:
    table = tabulate(FACTORS, lambda row: row["K2"] == "un")
    assert [("K2", Fraction(1)), ("K1", Fraction(0))] == [
        (sway.factor, sway.share) for sway in sways(table)
    ]


def test_sway_is_counted_pair_by_pair() -> None:
    for table in random_tables(100):
        rows = [(row, verdict) for row, verdict in table.rows() if verdict is not None]
        for sway in sways(table):
            compared, turned = set(), set()
            for (one, first), (other, second) in combinations(rows, 2):
                if {name for name in one if one[name] != other[name]} == {sway.factor}:
                    context = tuple(one[name] for name in one if name != sway.factor)
                    compared.add(context)
                    turned |= {context} if first != second else set()
            assert (len(turned), len(compared)) == (sway.turned, sway.contexts)


def test_a_single_question_may_be_necessary_or_sufficient(table: TruthTable) -> None:
    found = single_conditions(table)
    assert () == found.necessary
    assert ["K1 = leave", "K2 = un"] == [str(one) for one in found.sufficient]
    found = single_conditions(tabulate(FACTORS, lambda row: tuple(row.values()) == ("stay", "un")))
    assert ["K1 = stay", "K2 = un"] == [str(one) for one in found.necessary]
    assert () == found.sufficient


def test_no_single_question_matters_where_the_verdict_never_changes() -> None:
    for always in (True, False):
        found = single_conditions(tabulate(FACTORS, lambda _: always))  # noqa: B023 - used at once
        assert ((), ()) == (found.necessary, found.sufficient)


def test_single_conditions_are_the_narrowest_and_the_widest_that_the_rows_bear_out() -> None:
    for table in random_tables(200):
        rows = [(row, verdict) for row, verdict in table.rows() if verdict is not None]
        if len({verdict for _, verdict in rows}) < 2:
            continue
        necessary, sufficient = [], []
        for name, among in table.factors.items():
            told = {
                answer: [verdict for row, verdict in rows if row[name] == answer]
                for answer in among
            }
            left = tuple(answer for answer in among if any(told[answer]) or not told[answer])
            enough = tuple(answer for answer in among if told[answer] and all(told[answer]))
            necessary += [OneOf(name, left, among)] if left != among else []
            sufficient += [OneOf(name, enough, among)] if enough else []
        found = single_conditions(table)
        assert (tuple(necessary), tuple(sufficient)) == (found.necessary, found.sufficient)
        for one in found.necessary:
            assert all(one.holds(row) for row, verdict in rows if verdict)
        for one in found.sufficient:
            assert all(verdict for row, verdict in rows if one.holds(row))


def test_what_is_answered_may_settle_what_is_open(table: TruthTable) -> None:
    leaving = under(table, {"K1": "leave"})
    assert ("yes", "yes", 2, 2, 1) == (
        str(leaving),
        leaving.verdict,
        leaving.holds,
        leaving.worlds,
        leaving.contradictory,
    )
    assert () == leaving.sways
    assert "no" == str(under(table, {"K1": "stay", "K2": "nato"}))


def test_what_stays_open_decides_within_what_is_left(table: TruthTable) -> None:
    staying = under(table, {"K1": "stay"})
    assert "depends (1 of 2)" == str(staying)
    assert (Sway(factor="K2", turned=1, contexts=1),) == staying.sways
    everything = under(table, {})
    assert "depends (3 of 4)" == str(everything)
    assert sways(table) == everything.sways


def test_answers_that_contradict_each_other_everywhere_have_no_verdict(table: TruthTable) -> None:
    with pytest.raises(UsageError, match="these answers contradict each other"):
        under(table, {"K2": "league"})


def test_unknown_answers_are_refused(table: TruthTable) -> None:
    with pytest.raises(UsageError, match='there is no question "K9"; known: K1, K2'):
        under(table, {"K9": "stay"})
