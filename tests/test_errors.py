"""Problems are printed as editors expect them, with a caret right under the fault."""

import pytest

from servanda.errors import CaseError, ConditionError, Problem, UsageError, did_you_mean


def caret(source: str, column: int) -> str:
    """Return the line with the caret as it is printed under a source line."""
    problem = Problem(message="m", file="c.yaml", line=1, column=column, source=source)
    return str(problem).splitlines()[2].removeprefix("    ")


def test_a_problem_names_file_line_column_message_and_hint() -> None:
    problem = Problem(
        message='party "shia" has no option "amnesy"',
        hint='did you mean "amnesty"?',
        file="case.yaml",
        line=41,
        column=7,
        source="shia: amnesy",
    )
    expected = """\
case.yaml:41:7: party "shia" has no option "amnesy"; did you mean "amnesty"?
    shia: amnesy
          ^"""
    assert expected == str(problem)


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    assert "case.yaml: not a text file" == str(Problem(message="not a text file", file="case.yaml"))


def test_a_problem_without_a_place_is_its_message() -> None:
    assert "the case has no parties" == str(Problem(message="the case has no parties"))


def test_a_warning_says_so() -> None:
    warning = Problem(message="never true", file="case.yaml", line=3, severity="warning")
    assert "case.yaml:3: warning: never true" == str(warning)


@pytest.mark.parametrize(
    ("source", "column", "expected"),
    [
        ("abc", 1, "^"),
        ("abc", 3, "  ^"),
        ("abc", 4, "   ^"),
        ("\tabc", 3, "\t ^"),
        ("水: x", 4, "    ^"),
        ("e\u0301: x", 5, "   ^"),
    ],
)
def test_the_caret_stands_right_under_the_fault(source: str, column: int, expected: str) -> None:
    assert expected == caret(source, column)


def test_a_long_line_is_cut_to_where_the_fault_is() -> None:
    problem = Problem(message="m", line=1, column=301, source="a" * 300 + "X" + "b" * 300)
    _, source, mark = str(problem).splitlines()
    assert 4 + 120 == len(source)
    assert source.index("X") == mark.index("^")


def test_the_beginning_of_a_long_line_is_not_cut() -> None:
    problem = Problem(message="m", line=1, column=3, source="ab" + "X" * 200)
    _, source, mark = str(problem).splitlines()
    assert source.index("X") == mark.index("^")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("amnesy", ["oil", "amnesty"], 'did you mean "amnesty"?'),
        ("AMNESTY", ["oil", "Amnesty"], 'did you mean "Amnesty"?'),
        ("jobs", ["oil", "amnesty", "oil"], "known: oil, amnesty"),
        ("jobs", [f"option_{number}" for number in range(9)], ""),
        ("jobs", [], ""),
    ],
)
def test_a_hint_names_the_closest_word_or_all_if_they_are_few(
    word: str, known: list[str], expected: str
) -> None:
    assert expected == did_you_mean(word, known)


def test_a_faulty_case_shows_every_problem() -> None:
    error = CaseError([Problem(message="one"), Problem(message="two")])
    assert ("one", "two") == tuple(problem.message for problem in error.problems)
    assert "one\ntwo" == str(error)


def test_a_usage_error_shows_its_hint() -> None:
    assert "no such plan" == str(UsageError("no such plan"))
    assert "no such plan; known: a" == str(UsageError("no such plan", "known: a"))


def test_a_condition_error_knows_its_place_and_the_facts_it_lies_in() -> None:
    error = ConditionError("facts go in a circle", 3, "break it", within=["a", "b"])
    assert ("facts go in a circle", 3, "break it") == (str(error), error.offset, error.hint)
    assert ("a", "b") == error.within
