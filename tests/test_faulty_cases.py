"""Every file in ``faulty/`` is told in full, as stands beside it; nothing else ever comes out."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from servanda.casefile import builtin_cases, read_case, read_text
from servanda.errors import CaseError
from servanda.model import Case

FAULTY = sorted((Path(__file__).parent / "faulty").glob("*.yaml"))
SOUND = [
    path.read_text(encoding="utf-8")
    for path in [*builtin_cases().values(), Path(__file__).parent / "sound.yaml"]
    if path.is_file()
]
quick = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: str(path.stem))
def test_a_faulty_file_is_told_in_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    expected = path.with_suffix(".txt").read_text(encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_case(path.name)
    assert expected == f"{caught.value}\n"


def test_many_kinds_of_fault_are_told_and_many_at_once() -> None:
    faults = Counter[int]()
    for path in FAULTY:
        with pytest.raises(CaseError) as caught:
            read_case(path)
        faults[min(2, len(caught.value.problems))] += 1
    assert faults[1] + faults[2] >= 80
    assert faults[2] >= 40


# ------------------------------------------------------------------------------ nothing else


def faults_of(text: str) -> CaseError | None:
    """Return the faults of a text; use the case if there are none."""
    try:
        use(read_text(text, "fuzz.yaml"))
    except CaseError as error:
        return error
    return None


def read_or_refuse(text: str) -> None:
    """Read a text: either its faults can be printed, or all of it can be used."""
    error = faults_of(text)
    if error is not None:
        assert str(error)
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)


def use(case: Case) -> None:
    """Read every condition of a case that was found sound."""
    words = case.vocabulary
    assert case.base.keys() == case.options.keys()
    for text in [*words.facts.values(), *(rule.that for rule in case.never)]:
        words.condition(text)
    for party in case.parties:
        for group in case.statements(party):
            for statement in group:
                words.condition(statement.wish)


@quick
@given(st.binary())
@example(b"\xff")
@example(b"a: \xe9")
@example(b"\xef\xbb\xbf")
def test_no_bytes_bring_the_reader_down(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(data)
    with pytest.raises(CaseError):
        read_case(path)


@quick
@given(st.text(st.characters() | st.sampled_from("[]{}:,-?!&*#|>'\"%@`\n\t \ufeff\x85\u2028")))
@example("\ud800")
@example("a: \ufeffb")
@example("%YAML 9.9\n---\n")
@example("[" * 5_000)
@example("? " * 5_000)
def test_no_text_brings_the_reader_down(text: str) -> None:
    with pytest.raises(CaseError):
        read_text(text, "fuzz.yaml")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        ["pump", "not pump", "ana", "price = low", "10..20", "sum(pump) > 3", "p and"]
    )
)
KEYS = st.text(max_size=3) | st.sampled_from(
    ["ana", "by", "joint", "levels", "values", "ordered", "points", "ranking", "tied", "take", "if"]
)
TREES = st.recursive(
    SCALARS,
    lambda tree: st.lists(tree, max_size=4) | st.dictionaries(KEYS, tree, max_size=4),
    max_leaves=12,
)


@quick
@given(st.data())
def test_no_tree_in_place_of_a_part_brings_the_reader_down(data: st.DataObject) -> None:
    case: dict[str, Any] = yaml.safe_load(SOUND[-1])
    part: Any = case
    while True:
        key = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else range(len(part))))
        inner = part[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        part = inner
    part[key] = data.draw(TREES)
    read_or_refuse(yaml.dump(case, allow_unicode=True, sort_keys=False))


@quick
@given(
    text=st.sampled_from(SOUND),
    cuts=st.lists(
        st.tuples(
            st.integers(0, 6_000),
            st.integers(0, 12),
            st.text(max_size=3) | st.sampled_from(["- ", ": ", "[", "}", "not ", "\n", "&a ", "3"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_no_slip_of_the_hand_brings_the_reader_down(
    text: str, cuts: list[tuple[int, int, str]]
) -> None:
    for place, length, word in cuts:
        start = place % len(text)
        text = text[:start] + word + text[start + length :]
    read_or_refuse(text)
