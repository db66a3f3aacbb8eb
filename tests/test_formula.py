"""The shortest formula: published truth tables, and slow and obvious code on random ones."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pytest

from servanda.errors import Undecided, UsageError
from servanda.formula import Formula, Term, prime_implicants, shortest_formula
from servanda.truth_table import Combination, OneOf, TruthTable, tabulate
from slow_formula import Cube, fewest, implicants, in_file_order, measure, primes, random_table

SEED = 1987


def binary(names: str, holds: str, unknown: str = "") -> TruthTable:
    """Return a table of factors 0 and 1 from the rows that hold, as `101`, in names' order."""
    factors = dict.fromkeys(names.split(), ("0", "1"))

    def judge(row: Combination) -> bool | None:
        spelled = "".join(row.values())
        return None if spelled in unknown.split() else spelled in holds.split()

    return tabulate(factors, judge)


def numbered(names: str, holds: Iterable[int], unknown: Iterable[int] = ()) -> TruthTable:
    """Return a table of factors 0 and 1 from the numbers that its rows spell."""
    width = len(names.split())

    def spell(rows: Iterable[int]) -> str:
        return " ".join(f"{row:0{width}b}" for row in rows)

    return binary(names, spell(holds), spell(unknown))


def cubes(table: TruthTable, formula: Formula) -> frozenset[Cube]:
    return frozenset(cube(table, term) for term in formula.terms)


def cube(table: TruthTable, term: Term) -> Cube:
    said = {part.factor: part.answers for part in term.parts}
    return tuple(frozenset(said.get(name, every)) for name, every in table.factors.items())


def agrees(table: TruthTable, formula: Formula) -> bool:
    return all(
        formula.holds(row) == verdict for row, verdict in table.rows() if verdict is not None
    )


# Published truth tables. Capital letters in the books are 1 here, small letters 0.


def test_ragin_1987_strikes_succeed_exactly_when_ac_or_b_without_c() -> None:
    # Ragin (1987), The Comparative Method, chapter 6: a booming market for the product (A), the
    # threat of sympathy strikes (B), a large strike fund (C).
    table = binary("A B C", "101 010 110 111")
    assert ["A = 1 and B = 1", "A = 1 and C = 1", "B = 1 and C = 0"] == [
        str(term) for term in prime_implicants(table)
    ]
    formula = shortest_formula(table)
    assert "(A = 1 and C = 1) or (B = 1 and C = 0)" == str(formula)
    assert (1, True, True) == (formula.equally_short, formula.all_counted, formula.shortest)


def test_ragin_1987_regimes_fail_exactly_when_a_or_b_or_c() -> None:
    # Ragin (1987), chapter 6: conflict between officers (A), death of a dictator (B), CIA
    # dissatisfaction (C); the regime fails in every row but the one without any.
    table = binary("A B C", "100 010 001 110 101 011 111")
    assert "A = 1 or B = 1 or C = 1" == str(shortest_formula(table))


LIPSET = {
    "holds": "11111 10101 10111",
    "fails": "00000 00001 00100 00101 10110 11110",
}
"""Survival of democracies between the wars, after Rihoux & De Meur (2009)."""


def lipset(outcome: str, *, remainders: bool) -> TruthTable:
    """Return the table of an outcome, with the unobserved rows as unknown or as false."""
    observed = " ".join(LIPSET.values())
    everything = [f"{row:05b}" for row in range(32)]
    unknown = [row for row in everything if row not in observed] if remainders else []
    return binary("DEV URB LIT IND STB", LIPSET[outcome], " ".join(unknown))


@pytest.mark.parametrize(
    ("terms", "outcome", "remainders"),
    [
        (
            [
                "(DEV = 1 and URB = 0 and LIT = 1 and STB = 1)",
                "(DEV = 1 and LIT = 1 and IND = 1 and STB = 1)",
            ],
            "holds",
            False,
        ),
        (["DEV = 1 and STB = 1"], "holds", True),
        (
            [
                "(DEV = 0 and URB = 0 and IND = 0)",
                "(DEV = 1 and LIT = 1 and IND = 1 and STB = 0)",
            ],
            "fails",
            False,
        ),
        (["DEV = 0", "STB = 0"], "fails", True),
    ],
)
def test_rihoux_and_de_meur_2009_on_the_survival_of_democracies(
    terms: list[str], outcome: str, *, remainders: bool
) -> None:
    # Rihoux & De Meur (2009), Crisp-set QCA; the table and all four formulas also stand in the
    # manual of Duşa's QCA package for R (2019).
    formula = shortest_formula(lipset(outcome, remainders=remainders))
    assert (" or ".join(terms), 1) == (str(formula), formula.equally_short)


MULTI_VALUE = {"DEV": ("0", "1", "2"), "URB": ("0", "1"), "LIT": ("0", "1"), "IND": ("0", "1")}
SURVIVES = {"2011", "2111", "1010"}
BREAKS_DOWN = {"0000", "0010", "1011"}
MIXED = {"1111"}
"""Czechoslovakia and Germany: one survived, one did not; counted for neither outcome."""


def multi_value(holds: set[str], fails: set[str], *, remainders: bool) -> TruthTable:
    def judge(row: Combination) -> bool | None:
        spelled = "".join(row.values())
        return None if remainders and spelled not in holds | fails | MIXED else spelled in holds

    return tabulate(MULTI_VALUE, judge)


def test_cronqvist_and_berg_schlosser_2009_on_observed_rows_alone() -> None:
    # Cronqvist & Berg-Schlosser (2009), Multi-value QCA, with development in three levels; the
    # formulas as in the manual of Duşa's QCA package for R (2019).
    survives = shortest_formula(multi_value(SURVIVES, BREAKS_DOWN, remainders=False))
    assert (
        "(DEV = 1 and URB = 0 and LIT = 1 and IND = 0) or (DEV = 2 and LIT = 1 and IND = 1)"
    ) == str(survives)
    breaks_down = shortest_formula(multi_value(BREAKS_DOWN, SURVIVES, remainders=False))
    assert (
        "(DEV = 0 and URB = 0 and IND = 0) or (DEV = 1 and URB = 0 and LIT = 1 and IND = 1)"
    ) == str(breaks_down)


@pytest.mark.parametrize(
    ("published", "ours", "holds", "fails"),
    [
        (
            lambda row: row["DEV"] == "2" or (row["DEV"] == "1" and row["IND"] == "0"),
            "(not DEV = 0 and IND = 0) or DEV = 2",
            SURVIVES,
            BREAKS_DOWN,
        ),
        (
            lambda row: (
                row["DEV"] == "0" or (row["DEV"], row["URB"], row["IND"]) == ("1", "0", "1")
            ),
            "DEV = 0 or (not DEV = 2 and URB = 0 and IND = 1)",
            BREAKS_DOWN,
            SURVIVES,
        ),
    ],
)
def test_cronqvist_and_berg_schlosser_2009_with_remainders(
    published: Callable[[Combination], bool], ours: str, holds: set[str], fails: set[str]
) -> None:
    # Published as DEV{2} + DEV{1}*IND{0} and DEV{0} + DEV{1}*URB{0}*IND{1}. There a condition
    # names one value; here it may name several, so the second terms are wider, but the formulas
    # hold in the same rows.
    table = multi_value(holds, fails, remainders=True)
    formula = shortest_formula(table)
    assert ours == str(formula)
    assert [published(row) for row, _ in table.rows()] == [
        formula.holds(row) for row, _ in table.rows()
    ]


def test_a_textbook_table_with_two_unknown_rows_has_two_shortest_formulas() -> None:
    # The worked example of encyclopaedias for the method of Quine (1952) and McCluskey (1956).
    table = numbered("A B C D", {4, 8, 10, 11, 12, 15}, {9, 14})
    assert [
        "A = 1 and B = 0",
        "A = 1 and C = 1",
        "A = 1 and D = 0",
        "B = 1 and C = 0 and D = 0",
    ] == [str(term) for term in prime_implicants(table)]
    formula = shortest_formula(table)
    assert 2 == formula.equally_short
    assert "(A = 1 and B = 0) or (A = 1 and C = 1) or (B = 1 and C = 0 and D = 0)" == str(formula)


def test_a_ring_of_six_terms_is_covered_by_every_second_one() -> None:
    table = numbered("A B C", {0, 1, 2, 5, 6, 7})
    assert 6 == len(prime_implicants(table))
    formula = shortest_formula(table)
    assert (3, 6, 2) == (len(formula.terms), formula.literals, formula.equally_short)


# Against slow and obvious code.

SMALL = [(2, 2), (2, 3), (3, 2), (3, 3), (4, 2), (2, 2, 2), (2, 2, 3)]
MIDDLE = [(3, 3, 2), (4, 3), (4, 4), (2, 2, 2, 2), (3, 3, 3), (4, 2, 2), (1, 4, 2)]
TIMES = dict.fromkeys(SMALL, 120) | dict.fromkeys(MIDDLE, 60)


def tables(shapes: list[tuple[int, ...]], times: int) -> list[TruthTable]:
    rng = np.random.default_rng(SEED)
    return [
        random_table(rng, shape, holds=rng.uniform(0.1, 0.9), unknown=rng.choice([0, 0.1, 0.4]))
        for shape in shapes
        for _ in range(times)
    ]


def decided(table: TruthTable) -> bool:
    return any(verdict is not None for verdict in table.verdicts)


@pytest.mark.parametrize("shape", SMALL)
def test_no_set_of_implicants_has_fewer_terms_or_as_many_and_fewer_conditions(
    shape: tuple[int, ...],
) -> None:
    for table in filter(decided, tables([shape], 150)):
        formula = shortest_formula(table)
        assert agrees(table, formula)
        every = {measure(table, some)[:2] for some in fewest(table, implicants(table))}
        assert min(every) == (len(formula.terms), formula.literals)


def test_with_two_answers_each_all_shortest_sets_of_implicants_are_counted() -> None:
    for table in filter(decided, tables([(2,), (2, 2), (2, 2, 2)], 200)):
        every = fewest(table, implicants(table))
        least = min(measure(table, some) for some in every)
        formula = shortest_formula(table)
        assert sum(measure(table, some) == least for some in every) == formula.equally_short


@pytest.mark.parametrize("shape", SMALL + MIDDLE)
@pytest.mark.parametrize("steps", [None, 0], ids=["search", "solver"])
def test_the_formula_is_the_first_of_all_shortest_and_they_are_counted(
    shape: tuple[int, ...], steps: int | None
) -> None:
    limits: Mapping[str, int] = {} if steps is None else {"steps": steps}
    for table in filter(decided, tables([shape], 20 if steps == 0 else TIMES[shape])):
        cover = primes(table)
        assert cover == {cube(table, term) for term in prime_implicants(table)}
        every = fewest(table, sorted(cover, key=str))
        least = min(measure(table, some) for some in every)
        shortest = [some for some in every if measure(table, some) == least]
        first = min(shortest, key=lambda some: in_file_order(table, some))
        formula = shortest_formula(table, **limits)
        assert least == (len(formula.terms), formula.literals, formula.answers_named)
        assert len(shortest) == formula.equally_short
        assert first == cubes(table, formula)
        assert in_file_order(table, first) == [
            in_file_order(table, frozenset([cube(table, term)]))[0] for term in formula.terms
        ]
        assert (True, True, least[0]) == (
            formula.shortest,
            formula.all_counted,
            formula.fewest_terms,
        )


def hidden_formula(rng: np.random.Generator, blank: TruthTable, unknown: float) -> TruthTable:
    """Return the table of four terms by chance, with a share of its rows hidden."""
    terms = [
        {
            name: rng.choice(every, rng.integers(1, len(every)), replace=False)
            for name, every in blank.factors.items()
            if rng.random() < 0.5
        }
        for _ in range(4)
    ]

    def judge(row: Combination) -> bool | None:
        if rng.random() < unknown:
            return None
        return any(all(row[name] in some for name, some in term.items()) for term in terms)

    return tabulate(blank.factors, judge)


@pytest.mark.parametrize("unknown", [0.0, 0.1])
@pytest.mark.parametrize("shape", [(2, 2, 2, 2, 3, 4), (2,) * 7, (4, 4, 4, 2), (2,) * 9 + (4,)])
def test_a_large_table_of_few_terms_is_solved_whole(shape: tuple[int, ...], unknown: float) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(5):
        table = hidden_formula(rng, random_table(rng, shape), unknown)
        formula = shortest_formula(table)
        assert agrees(table, formula)
        assert formula.shortest
        assert len(formula.terms) <= 4


def test_a_large_table_of_chance_gets_a_formula_and_a_bound() -> None:
    table = random_table(np.random.default_rng(SEED), (2, 2, 2, 2, 2, 2, 3, 4), holds=0.8)
    formula = shortest_formula(table, steps=1, work=0.001)
    assert agrees(table, formula)
    assert not formula.shortest
    assert not formula.all_counted
    assert 1 < formula.fewest_terms < len(formula.terms)
    remark = "A shorter formula may say the same, but none with fewer than"
    assert f"{remark} {formula.fewest_terms} terms." in formula.in_words()


# Words.


def test_a_table_that_holds_everywhere_or_where_it_is_known_is_always() -> None:
    for verdicts in [(True, True, True), (True, None, True)]:
        formula = shortest_formula(TruthTable(factors={"K1": ("a", "b", "c")}, verdicts=verdicts))
        assert "always" == str(formula)
        assert "Works under all answers." == formula.in_words()
        assert [{}] == formula.data["terms"]
        assert formula.holds({"K1": "b"})


def test_a_table_that_holds_nowhere_is_never() -> None:
    for verdicts in [(False, False, False), (False, None, False)]:
        formula = shortest_formula(TruthTable(factors={"K1": ("a", "b", "c")}, verdicts=verdicts))
        assert "never" == str(formula)
        assert "Works under no answers." == formula.in_words()
        assert (1, 0, []) == (formula.equally_short, formula.fewest_terms, formula.data["terms"])
        assert not formula.holds({"K1": "b"})


def test_a_table_without_questions_is_always_or_never() -> None:
    assert "always" == str(shortest_formula(TruthTable(factors={}, verdicts=(True,))))
    assert "never" == str(shortest_formula(TruthTable(factors={}, verdicts=(False,))))


def test_a_table_that_contradicts_itself_everywhere_has_no_formula() -> None:
    with pytest.raises(UsageError, match="every combination of answers contradicts itself"):
        shortest_formula(TruthTable(factors={"K1": ("a", "b")}, verdicts=(None, None)))


QUESTIONS = {
    "K1": ("stay", "leave"),
    "K2": ("stay", "leave", "both", "neither"),
    "K5": ("nato", "un", "league"),
}


def test_the_formula_reads_as_a_sentence_and_names_the_fewest_answers() -> None:
    table = tabulate(
        QUESTIONS,
        lambda row: (row["K1"] == "stay" and row["K2"] in {"stay", "both"}) or row["K5"] != "nato",
    )
    formula = shortest_formula(table)
    assert "(K1 = stay and (K2 = stay or both)) or not K5 = nato" == str(formula)
    assert (
        "Works exactly when K1 is stay and K2 is stay or both, or when K5 is not nato."
        == formula.in_words()
    )
    assert {
        "formula": "(K1 = stay and (K2 = stay or both)) or not K5 = nato",
        "equally_short": 1,
        "all_counted": True,
        "shortest": True,
        "fewest_terms": 2,
        "terms": [{"K1": ["stay"], "K2": ["stay", "both"]}, {"K5": ["un", "league"]}],
    } == formula.data


def test_terms_are_as_wide_as_can_be() -> None:
    table = tabulate(
        {"K1": ("a", "b", "c", "d"), "K2": ("x", "y")},
        lambda row: row["K1"] == "a" or (row["K1"], row["K2"]) == ("b", "x"),
    )
    assert "K1 = a or ((K1 = a or b) and K2 = x)" == str(shortest_formula(table))


def test_alternatives_stand_in_parentheses_beside_other_terms() -> None:
    table = tabulate(QUESTIONS, lambda row: row["K2"] in {"stay", "both"} or row["K1"] == "stay")
    assert "K1 = stay or (K2 = stay or both)" == str(shortest_formula(table))
    table = tabulate(QUESTIONS, lambda row: row["K2"] in {"stay", "both"})
    assert "K2 = stay or both" == str(shortest_formula(table))


def test_several_excluded_answers_stand_in_parentheses() -> None:
    among = ("a", "b", "c", "d", "e")
    assert "not (K = a or b)" == str(OneOf("K", ("c", "d", "e"), among))
    assert "K is not a or b" == OneOf("K", ("c", "d", "e"), among).in_words()


@pytest.mark.parametrize(
    ("remark", "count", "counted"),
    [
        ("", 1, True),
        (" 1 other formula would be as short.", 2, True),
        (" 7 other formulas would be as short.", 8, True),
        (" At least 7 other formulas would be as short.", 8, False),
        (" Others may be as short; they were not counted.", 1, False),
    ],
)
def test_the_sentence_says_how_many_others_are_as_short(
    remark: str, count: int, *, counted: bool
) -> None:
    formula = Formula(
        terms=(Term((OneOf("K1", ("stay",), ("stay", "leave")),)),),
        equally_short=count,
        all_counted=counted,
        shortest=True,
        fewest_terms=1,
    )
    assert f"Works exactly when K1 is stay.{remark}" == formula.in_words()


# Limits.


def test_too_many_answers_are_told() -> None:
    factors = {f"K{number}": tuple("abcd") for number in range(7)}
    with pytest.raises(Undecided, match="170,859,375 terms, more than can be looked at"):
        shortest_formula(tabulate(factors, lambda _: True))


def test_too_many_prime_implicants_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servanda.formula.MOST", 5)
    with pytest.raises(Undecided, match="6 terms could stand in the formula"):
        shortest_formula(numbered("A B C", {0, 1, 2, 5, 6, 7}))


def test_an_easy_table_does_not_load_the_solver() -> None:
    program = (
        "import sys; from servanda.formula import shortest_formula as s;"
        "from servanda.truth_table import tabulate as t;"
        "s(t({'A': ('0', '1'), 'B': ('0', '1')}, lambda row: row['A'] != row['B']));"
        "print('ortools' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert "False" == done.stdout.strip()
