"""The small language of conditions: what it means, and how its faults are told."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import product

import pytest

from servanda.conditions import (
    AllOf,
    Always,
    Among,
    AnyOf,
    Condition,
    Iff,
    Not,
    OptionId,
    holds,
    mentions,
)
from servanda.errors import ConditionError
from servanda.grammar import Vocabulary
from servanda.tokens import is_word

A, B, C, PRICE, TROOPS = (OptionId(name) for name in ("a", "b", "c", "price", "troops"))
WORDS = Vocabulary(
    levels={
        A: ("no", "yes"),
        B: ("no", "yes"),
        C: ("no", "yes"),
        PRICE: ("none", "low", "very high", "5-year", "and", "five'"),
        TROOPS: ("few", "some", "many"),
    },
    values={TROOPS: (Fraction(10), Fraction(20), Fraction(45, 2))},
    units={"men": (TROOPS,), "mixed": (TROOPS, A)},
    facts={
        "both": "a and b",
        "either": "a or both",
        "broken": "a andd b",
        "uses": "not broken",
        "one": "two",
        "two": "three and a",
        "three": "not one",
        "four": "three",
    },
)
YES_NO = [dict(zip((A, B, C), levels, strict=True)) for levels in product((0, 1), repeat=3)]


def truth(text: str) -> list[bool]:
    """Return whether the text holds, for every choice of a, b and c."""
    rest = {PRICE: 0, TROOPS: 0}
    return [holds(WORDS.condition(text), levels | rest) for levels in YES_NO]


def levels_where(text: str, option: OptionId) -> set[str]:
    """Return the levels of one option at which the text holds, all others at the lowest."""
    names = WORDS.levels[option]
    base = dict.fromkeys(WORDS.levels, 0)
    condition = WORDS.condition(text)
    return {name for level, name in enumerate(names) if holds(condition, base | {option: level})}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("a and b or c", "(a and b) or c"),
        ("a or b implies c", "(a or b) implies c"),
        ("a implies b implies c", "a implies (b implies c)"),
        ("a iff b implies c", "a iff (b implies c)"),
        ("a implies b iff c", "(a implies b) iff c"),
        ("a iff b iff c", "(a iff b) iff c"),
        ("not not a", "a"),
        ("not not not a", "not a"),
        ("not a or b", "a implies b"),
        ("exactly 1 of (a, b)", "not (a iff b)"),
        ("at least 1 of (a, b, c)", "a or b or c"),
        ("at least 3 of (a, b, c)", "a and b and c"),
        ("at most 0 of (a, b)", "not a and not b"),
        ("at most 2 of (a, b, c)", "not (a and b and c)"),
        ("at least 1 of (a and b, not c)", "a and b or not c"),
        ("both", "a and b"),
        ("either", "a"),
        ("a = yes", "a"),
        ("a == no", "not a"),
        ("a != yes", "not a"),
        ("true", "a or not a"),
        ("false", "a and not a"),
    ],
)
def test_two_ways_to_say_the_same(text: str, same: str) -> None:
    assert truth(same) == truth(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price", {"low", "very high", "5-year", "and", "five'"}),
        ("price = low", {"low"}),
        ("price = 'very high'", {"very high"}),
        ('price = "five\'"', {"five'"}),
        ("price != 5-year", {"none", "low", "very high", "and", "five'"}),
        ("price < low", {"none"}),
        ("price <= low", {"none", "low"}),
        ("price > and", {"five'"}),
        ("price >= and", {"and", "five'"}),
    ],
)
def test_an_option_is_compared_by_the_order_of_its_levels(text: str, expected: set[str]) -> None:
    assert expected == levels_where(text, PRICE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("troops > 10", {"some", "many"}),
        ("troops >= 22.5", {"many"}),
        ("troops < -1", set()),
        ("troops = 7", set()),
        ("troops = some", {"some"}),
        ("sum(men) <= 20", {"few", "some"}),
        ("sum(troops, men) == 40", {"some"}),
        ("sum(men) != 1_0", {"some", "many"}),
    ],
)
def test_numbers_are_compared_with_the_values_of_levels(text: str, expected: set[str]) -> None:
    assert expected == levels_where(text, TROOPS)


def test_conditions_become_small_trees() -> None:
    yes = frozenset({1})
    expected: Condition = Iff(
        AnyOf((Not(Among(A, yes)), AllOf((Among(B, yes), Among(C, yes))))), Always(truth=True)
    )
    assert expected == WORDS.condition("a implies b and c iff true")


def test_a_condition_mentions_the_options_in_its_facts() -> None:
    text = "either iff true or at most 1 of (not c, sum(men) > 3)"
    assert {A, B, C, TROOPS} == mentions(WORDS.condition(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", (A, 1)),
        ("not a", (A, 0)),
        ("a = no", (A, 0)),
        ("price = 'very high'", (PRICE, 2)),
        ("not price", (PRICE, 0)),
        ("troops = 20", (TROOPS, 1)),
    ],
)
def test_a_term_sets_one_option_to_one_level(text: str, expected: tuple[OptionId, int]) -> None:
    assert expected == WORDS.term(text)


def fault(text: str) -> tuple[str, int, str]:
    with pytest.raises(ConditionError) as caught:
        WORDS.condition(text)
    return caught.value.message, caught.value.offset, caught.value.hint


ENDING = 'expected "and", "or", "implies" or the end, found '


@pytest.mark.parametrize(
    ("text", "message", "offset", "hint"),
    [
        ("", "an empty condition", 0, "write an option, or true"),
        ("  ", "an empty condition", 0, "write an option, or true"),
        ("a b", ENDING + '"b"', 2, "known: and, or, implies, iff"),
        ("a an b", ENDING + '"an"', 2, 'did you mean "and"?'),
        ("a 'b'", ENDING + "'b'", 2, ""),
        ("a and", "expected an option or a fact, found the end", 5, ""),
        ("a and or b", 'expected an option or a fact, found "or"', 6, ""),
        ("'a'", "expected an option or a fact, found 'a'", 0, ""),
        ("(a", 'expected ")" to close the parenthesis, found the end', 2, ""),
        ("a $ b", 'unexpected "$"', 2, ""),
        ("a || b", 'unexpected "|"', 2, 'write "or"'),
        ("!a", 'unexpected "!"', 0, 'write "not"'),
        ("price ≥ low", 'unexpected "≥"', 6, 'write ">="'),
        ("price = 'low", "a quotation mark is never closed", 8, ""),
        ("price =", 'expected a level of "price", found the end', 7, ""),
        ("price => low", 'expected a level of "price", found ">"', 7, ""),
        ("both > a", 'fact "both" has no levels to compare', 5, ""),
        ("at a", 'expected "least" or "most" after "at"', 3, ""),
        ("at most of (a)", "expected a whole number", 8, ""),
        ("at most 1.5 of (a)", "expected a whole number", 8, ""),
        ("at most -1 of (a)", "expected a whole number", 8, ""),
        ("at most 1 (a)", 'expected "of" after the number, found "("', 10, ""),
        ("exactly 1 of a", 'expected "(" after "of", found "a"', 13, ""),
        ("exactly 3 of (a, b)", "3 of 2 can never hold", 0, "lower the number"),
        ("sum men", 'expected "(" after "sum", found "men"', 4, ""),
        ("sum(", "expected a unit or an option, found the end", 4, "known: men, mixed, troops"),
        ("sum(man) > 3", 'no unit or option "man"', 4, 'did you mean "men"?'),
        ("sum(a) > 3", 'option "a" has no values to add up', 4, 'give it "values"'),
        ("sum(mixed) > 3", 'option "a" has no values to add up', 4, 'give it "values"'),
        ("sum(men)", "expected a comparison after the sum", 8, 'such as ">= 3"'),
        ("sum(men) > a", "expected a number after the comparison", 11, ""),
        ("troops > 1" + "0" * 40, "a number with too many digits", 9, ""),
        ("ä", 'no option or fact "ä"', 0, ""),
    ],
)
def test_a_fault_is_told_at_its_place(text: str, message: str, offset: int, hint: str) -> None:
    found = fault(text)
    assert (message, offset) == found[:2]
    assert hint in {found[2], ""}


@pytest.mark.parametrize("text", ["at least 1 of (a", "sum(men"])
def test_a_list_that_is_cut_off_may_lack_quotes_around_it(text: str) -> None:
    assert "inside [ ] or { }, put a condition with commas in quotes" == fault(text)[2]


def test_a_level_of_several_words_wants_quotes() -> None:
    expected = ('option "price" has no level "very"', 8, "write 'very high' in quotes")
    assert expected == fault("price = very high")


@pytest.mark.parametrize(
    ("text", "message", "offset", "within"),
    [
        ("a and broken", f'fact "broken" cannot be read: {ENDING}"andd"', 6, ("broken",)),
        ("not uses", f'fact "broken" cannot be read: {ENDING}"andd"', 4, ("broken",)),
        (
            "a or one",
            "facts go in a circle: one -> two -> three -> one",
            5,
            ("one", "two", "three"),
        ),
        ("four", "facts go in a circle: three -> one -> two -> three", 0, ("three", "one", "two")),
    ],
)
def test_a_fault_in_a_fact_names_the_fact(
    text: str, message: str, offset: int, within: tuple[str, ...]
) -> None:
    with pytest.raises(ConditionError) as caught:
        WORDS.condition(text)
    assert (message, offset) == (caught.value.message, caught.value.offset)
    assert within == caught.value.within


TERM_HINT = 'write each term by itself: "x", "not x" or "x = level"'


@pytest.mark.parametrize(
    ("text", "message", "offset", "hint"),
    [
        ("", "expected an option", 0, ""),
        ("not", "expected an option", 3, ""),
        ("(a)", "expected an option", 0, ""),
        ("both", 'no option "both"', 0, "known: a, b, c, price, troops"),
        ("not prise", 'no option "prise"', 4, 'did you mean "price"?'),
        ("price", 'option "price" has several levels', 0, 'write "price = five\'"'),
        ("price < low", 'a term sets one level: use "="', 6, ""),
        ("price = lo", 'option "price" has no level "lo"', 8, 'did you mean "low"?'),
        ("troops = 7", 'no level of "troops" has this value', 9, "known: few, some, many"),
        ("a and b", 'expected one term, found "and" after it', 2, TERM_HINT),
        ("not a = yes", 'expected one term, found "=" after it', 6, TERM_HINT),
    ],
)
def test_a_faulty_term_is_told_at_its_place(
    text: str, message: str, offset: int, hint: str
) -> None:
    with pytest.raises(ConditionError) as caught:
        WORDS.term(text)
    assert (message, offset, hint) == (
        caught.value.message,
        caught.value.offset,
        caught.value.hint,
    )


# ------------------------------------------------------------------------ nothing runs away

DEEP = ("too deeply nested", "name a part as a fact")


@pytest.mark.parametrize(
    "text", ["(" * 1_000 + "a" + ")" * 1_000, " iff ".join("a" * 1_000)], ids=["nested", "chained"]
)
def test_deep_conditions_are_refused(text: str) -> None:
    message, _, hint = fault(text)
    assert DEEP == (message, hint)


def test_long_chains_are_not_deep() -> None:
    for word in ("and", "or", "implies"):
        assert holds(WORDS.condition(f" {word} ".join("a" * 1_000)), {A: 1})


def test_long_conditions_are_refused() -> None:
    assert "too long once its facts are written out" == fault(" and ".join("a" * 6_000))[0]


def refused(words: Vocabulary, names: Iterable[str]) -> dict[str, ConditionError]:
    """Return the facts that cannot be read, and why."""
    errors = {}
    for name in names:
        try:
            words.condition(name)
        except ConditionError as error:
            errors[name] = error
    return errors


@pytest.mark.parametrize("step", [1, -1])
def test_facts_that_double_at_each_step_are_refused_wherever_they_are_read_first(step: int) -> None:
    facts = {f"f{n}": f"f{n - 1} or f{n - 1}" for n in range(1, 40)} | {"f0": "a or a"}
    errors = refused(Vocabulary(levels={A: ("no", "yes")}, facts=facts), list(facts)[::step])
    assert {f"f{n}" for n in range(11, 40)} == errors.keys()
    assert {("too long once its facts are written out", ())} == {
        (error.message, error.within) for error in errors.values()
    }


@pytest.mark.parametrize("step", [1, -1])
def test_facts_that_lean_on_each_other_too_long_are_refused(step: int) -> None:
    facts = {"f0": "a"} | {f"f{n}": f"f{n - 1}" for n in range(1, 100)}
    errors = refused(Vocabulary(levels={A: ("no", "yes")}, facts=facts), list(facts)[::step])
    assert {f"f{n}" for n in range(59, 100)} == errors.keys()
    assert {(*DEEP, ())} == {(e.message, e.hint, e.within) for e in errors.values()}


@pytest.mark.parametrize("word", ["a", "_a", "a.b", "a-b", "été", "least", "A1"])
def test_plain_words_are_names(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("word", ["", "1a", "a b", "a-", "-a", "not", "sum", "a!", "3", "a\n"])
def test_other_words_are_not(word: str) -> None:
    assert not is_word(word)
