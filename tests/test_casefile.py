"""Cases are read from texts, files and directories; whatever is wrong is told with its place."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from servanda.casefile import builtin_cases, find_case, located, read_case, read_text, schema
from servanda.conditions import OptionId
from servanda.errors import CaseError, Problem, UsageError
from servanda.model import PartyId
from servanda.syntax import parse
from servanda.written import Page

SKETCH = """\
servanda: 1
title: Two neighbours and a well
parties: {ana: Ana, ben: Ben}
options:
  ana_pump: {by: ana, does: pumps at night}
  ben_pump: {by: ben, does: pumps at night}
  meter:    {by: ben, does: installs a meter, only: up}
  price:    {joint: [ana, ben], levels: [none, low, high], does: water price}
status_quo: [ana_pump, ben_pump]
facts: {dry: ana_pump and ben_pump}
never: [meter and price = none and not ben_pump]
preferences:                       # most important first
  ana: [not dry, meter, ana_pump, price < high]
  ben: {points: {not dry: 40, ben_pump: 25, "price = low": 10..20, not meter: 5}}
signatories: {required: [ana, ben]}
"""
SOUND = Path(__file__).parent / "sound.yaml"
OPTION = OptionId("pump")
HEAD = """\
servanda: 1
title: A well
parties: {ana: Ana}
preferences: {ana: [pump]}
"""
WELL = HEAD + "options: {pump: {by: ana}}\n"


def told(path: Path | str) -> str:
    """Return all faults of a case that cannot be read."""
    with pytest.raises(CaseError) as caught:
        read_case(path)
    return str(caught.value)


def told_of(text: str) -> str:
    """Return all faults of a text."""
    with pytest.raises(CaseError) as caught:
        read_text(text, "case.yaml")
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory that is called ``case`` from where we are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case" / "plans").mkdir(parents=True)
    return Path("case")


# --------------------------------------------------------------------------------- what is read


def test_the_sketch_is_read_as_it_is_meant() -> None:
    case = read_text(SKETCH, "well.yaml")
    assert {"ana": "Ana", "ben": "Ben"} == {party: case.name(party) for party in case.parties}
    assert {"ana_pump": 1, "ben_pump": 1, "meter": 0, "price": 0} == case.base
    wishes = [group[0].wish for group in case.statements(PartyId("ben"))]
    assert ["not dry", "ben_pump", "price = low", "not meter"] == wishes
    assert case.preferences[PartyId("ben")].points["price = low"].uncertain


LEVELS = [
    "yes", "no", "on", "off", "0.10", "007", "1_000", "12:30:00", "2007-01-02", "0o14", "0x1F",
    "1e3", ".5", "5.", "-3", "+3", ".inf", "-.INF", "10..20", "=", "1.2.3", "y", "08",
]  # fmt: skip


def test_levels_are_what_was_written() -> None:
    options = f"options: {{pump: {{by: ana, levels: [{', '.join(LEVELS)}]}}}}"
    case = read_text(HEAD + options, "case.yaml")
    assert tuple(LEVELS) == case.options[OPTION].levels


@pytest.mark.parametrize(
    ("written", "expected"),
    [("12", 12), ("-3", -3), ("0o14", 12), ("0x1F", 31), ("1e3", 1000), (".5", 0.5), ("012", 12)],
)
def test_numbers_are_those_of_yaml_1_2(written: str, expected: float) -> None:
    text = HEAD + f"options: {{pump: {{by: ana, values: [0, {written}]}}}}"
    assert (0, expected) == read_text(text, "case.yaml").options[OPTION].values


@pytest.mark.parametrize("word", ["null", "Null", "~", ""])
def test_nothing_is_written_in_several_ways(word: str) -> None:
    text = HEAD + f"options:\n  pump:\n    when: {word}\n    by: ana\n"
    assert read_text(text, "case.yaml").options[OPTION].when is None


@pytest.mark.parametrize(
    ("word", "expected"), [("true", True), ("FALSE", False), ("yes", True), ("no", False)]
)
def test_truth_may_be_said_in_words(word: str, *, expected: bool) -> None:
    text = HEAD + f"options: {{pump: {{by: ana, assumption: {word}}}}}"
    assert expected is read_text(text, "case.yaml").options[OPTION].assumption


def test_a_byte_order_mark_and_other_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + WELL.replace("\n", "\r\n").encode())
    assert "A well" == read_case(path).title
    assert "A well" == read_text("\ufeff" + WELL, "case.yaml").title


def test_places_are_right_after_a_byte_order_mark_and_other_line_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = WELL.replace("[pump]", "[pomp]").replace("A well", "A wéll").replace("\n", "\r\n")
    Path("case.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    expected = """\
case.yaml:4:21: no option or fact "pomp"; did you mean "pump"?
    preferences: {ana: [pomp]}
                        ^"""
    assert expected == told("case.yaml")


@pytest.mark.parametrize(
    ("condition", "line", "column"),
    [
        ("pump and pomp", 6, 22),
        ("'pump and pomp'", 6, 23),
        ('"pump and pomp"', 6, 23),
        ("'pump = ''no'' and pomp'", 6, 32),
        ('"\\x70ump \\u0061nd pomp"', 6, 31),
        ("pump and\n    pomp", 7, 5),
        ("'pump and\n\n    pomp'", 8, 5),
        (">\n      pump and\n      pomp", 8, 7),
        ("|-\n      pump and pomp", 7, 16),
        (">-  # folded\n      pump and\n\n      pomp\n  # done", 9, 7),
        ('"pump and\\\n    pomp"', 6, 13),
        ('"pump \\x61nd\\x20pomp"', 6, 13),
        ("pump and", 6, 21),
        (">\n", 6, 13),
    ],
)
def test_a_fault_inside_a_text_is_found_inside_it(condition: str, line: int, column: int) -> None:
    with pytest.raises(CaseError) as caught:
        read_text(f"{WELL}never:\n  - that:   {condition}\n", "case.yaml")
    (problem,) = caught.value.problems
    assert (line, column) == (problem.line - 1, problem.column)


def test_signs_that_cannot_be_shown_are_replaced_in_the_source_line() -> None:
    text = WELL + 'about: "\u202e\u200b"\ncolour: 3 # \u202e\n'
    expected = """\
case.yaml:7:1: unknown key "colour"
    colour: 3 # \ufffd
    ^"""
    assert expected == told_of(text)


# ------------------------------------------------------------------------ files that are no case


def test_a_file_that_is_not_there(folder: Path) -> None:
    assert "case/none.yaml: there is no such file" == told(folder / "none.yaml").replace("\\", "/")


def test_a_path_that_can_be_none(folder: Path) -> None:
    assert "cannot be read" in told(f"{folder}/\0.yaml")
    assert "cannot be read" in told("x" * 5_000)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 'a:1:1: the file is empty; begin with "servanda: 1"'),
        (b"\xef\xbb\xbf", 'a:1:1: the file is empty; begin with "servanda: 1"'),
        (b"\x89PNG\r\n\0\0", "a: not a text file"),
        ("title: A well".encode("utf-16"), "a: UTF-16 text; save it as UTF-8"),
        (
            b"a: w\xe9ll",
            "a:1:5: byte 0xE9 is not UTF-8; save the file as UTF-8\n    a: w\ufffdll\n        ^",
        ),
        (
            b"a: \x1b",
            "a:1:4: a character that text files do not hold: U+001B\n    a: \ufffd\n       ^",
        ),
        (b"# " + b"x" * 2**21, "a: larger than 2 MiB; a case does not hold its sources"),
    ],
    ids=["empty", "mark-only", "binary", "utf-16", "latin-1", "control", "large"],
)
def test_a_file_that_is_no_text(
    data: bytes, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(data)
    assert expected == told("a")


def test_a_lone_surrogate_is_no_text() -> None:
    assert "U+D800" in told_of("title: \ud800")


# ----------------------------------------------------------------------------------- directories


def test_a_directory_is_read_as_one_case(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL + "plans: {late: {title: Late}}\nclaims: {c0: C}\n")
    (folder / "claims.yaml").write_text(
        "sources: {s: S}\nclaims: {c1: {text: T, cite: [{source: s, lines: [1, 1], quote: q}]}}\n"
    )
    (folder / "plans" / "b.yaml").write_text("title: B\ntarget: [{take: pump, claims: [c1]}]\n")
    (folder / "plans" / "a.yaml").write_text("title: A\nsource: s\n")
    (folder / "plans" / ".a.yaml").write_text("half a fi")
    case = read_case(folder)
    assert ["a", "b", "late"] == sorted(case.plans)
    assert ["c0", "c1"] == sorted(case.claims)
    assert ["s"] == list(case.sources)


def test_a_directory_without_parts_is_read(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL)
    (folder / "plans").rmdir()
    assert {} == read_case(folder).plans


def test_faults_of_a_directory_come_in_the_order_of_its_files(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL + "never: [pomp]\ndefault_plan: c\nclaims: {c: C}\n")
    (folder / "claims.yaml").write_text("sources: {s: S}\nclaims: {c: D, d: 3}\nfacts: {}\n")
    (folder / "plans" / "b.yaml").write_text("title: B\ntarget: [pimp]\nnoet: x\n")
    (folder / "plans" / "a.yaml").write_text("author: A\nauthor: B\n")
    (folder / "plans" / "c.yaml").write_text("title: [\n")
    (folder / "plans" / "d.yml").write_text("title: D\n")
    expected = """\
case/case.yaml:6:9: no option or fact "pomp"; did you mean "pump"?
    never: [pomp]
            ^
case/claims.yaml:2:10: "c" stands in case/case.yaml already; keep one of them
    claims: {c: D, d: 3}
             ^
case/claims.yaml:2:19: claims.d: expected text, found 3; put it in quotes: "3"
    claims: {c: D, d: 3}
                      ^
case/claims.yaml:3:1: unknown key "facts"; this file holds sources and claims
    facts: {}
    ^
case/plans/d.yml: this file is not read; rename it to d.yaml
case/plans/a.yaml:1:1: missing key "title" in plans.a
    author: A
    ^
case/plans/a.yaml:2:1: key "author" is written twice; it stands on line 1 already
    author: B
    ^
case/plans/b.yaml:2:10: no option "pimp"; did you mean "pump"?
    target: [pimp]
             ^
case/plans/b.yaml:3:1: unknown key "noet" in plans.b; did you mean "note"?
    noet: x
    ^
case/plans/c.yaml:2:1: expected a value, found the end; put the text in quotes"""
    assert expected == told(folder).replace("\\", "/")


def test_a_plan_may_not_be_in_two_places(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL + "plans: {a: {title: A}}\n")
    (folder / "plans" / "a.yaml").write_text("title: A\n")
    expected = """\
case/plans/a.yaml:1:1: "a" stands in case/case.yaml already; keep one of them
    title: A
    ^"""
    assert expected == told(folder).replace("\\", "/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- c", 'case/claims.yaml:1:1: expected "sources:" or "claims:"\n    - c\n    ^'),
        ("c: [", "case/claims.yaml:1:5: "),
        ("claims: [c]", "case/claims.yaml:1:9: claims: expected a mapping, found a list"),
    ],
)
def test_what_rests_on_claims_is_left_unsaid_where_claims_cannot_be_read(
    text: str, expected: str, folder: Path
) -> None:
    (folder / "case.yaml").write_text(WELL + "facts: {dry: {means: pump, claims: [c]}}\n")
    (folder / "claims.yaml").write_text(text)
    found = told(folder).replace("\\", "/")
    assert found.startswith(expected)
    assert 1 == found.count(".yaml:")


def test_parts_that_are_no_mappings_are_told_where_they_stand(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL + "claims: [c]\nplans: 3\n")
    (folder / "claims.yaml").write_text("claims: {c: C}\n")
    (folder / "plans" / "a.yaml").write_text("title: A\n")
    expected = """\
case/case.yaml:6:9: claims: expected a mapping, found a list
    claims: [c]
            ^
case/case.yaml:7:8: plans: expected a mapping, found 3
    plans: 3
           ^"""
    assert expected == told(folder).replace("\\", "/")


def test_a_faulty_case_does_not_hide_the_syntax_of_its_plans(folder: Path) -> None:
    (folder / "case.yaml").write_text("title: [\n")
    (folder / "plans" / "a.yaml").write_text("title: {\n")
    found = told(folder).replace("\\", "/")
    assert "case/case.yaml:2:1: " in found
    assert "case/plans/a.yaml:2:1: " in found


def test_a_directory_without_a_case_says_what_a_case_is(folder: Path) -> None:
    hint = "a case is a YAML file, or a directory with a case.yaml"
    assert f"case: a directory without case.yaml; {hint}" == told(folder)


def test_warnings_are_placed_in_the_files_they_are_about(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL + "never: [pump]\n")
    (folder / "plans" / "a.yaml").write_text("title: A\n")
    warnings = [
        Problem(message="late", path=("plans", "a", "title"), severity="warning"),
        Problem(message="never true", path=("never", 0, "that"), severity="warning"),
    ]
    found = located(folder, warnings)
    assert [("case.yaml", 6, 9), ("a.yaml", 1, 8)] == [
        (Path(warning.file).name, warning.line, warning.column) for warning in found
    ]
    (folder / "case.yaml").unlink()
    assert warnings == located(folder, warnings)


def test_a_plan_that_is_a_directory_cannot_be_read(folder: Path) -> None:
    (folder / "case.yaml").write_text(WELL)
    (folder / "plans" / "a.yaml").mkdir()
    assert told(folder).replace("\\", "/").startswith("case/plans/a.yaml: cannot be read: ")


# -------------------------------------------------------------------------------- built-in cases


def test_a_case_is_found_by_path_or_by_name(folder: Path) -> None:
    assert folder == find_case("case")
    assert folder == find_case(folder)
    assert builtin_cases()["elmira"] == find_case("elmira")


def test_built_in_cases_are_files_or_directories_with_a_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.yaml", "b/case.yaml", "c/claims.yaml", "d.txt"):
        path = tmp_path / "cases" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    monkeypatch.setattr("servanda.casefile.files", lambda _: tmp_path)
    assert ["a", "b"] == list(builtin_cases())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("elmyra", 'did you mean "elmira"?'),
        ("", "`servanda cases` lists the built-in ones"),
        ("\0", "`servanda cases` lists the built-in ones"),
        ("x" * 5_000, "`servanda cases` lists the built-in ones"),
    ],
)
def test_a_case_that_is_nowhere_may_be_misspelt(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_case(name)
    assert f'no file, directory or built-in case "{name}"' == caught.value.message
    assert hint == caught.value.hint


# ---------------------------------------------------------------------------------------- schema


WHOLE = schema()
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "null": type(None),
    "boolean": bool,
    "number": (int, float),
    "integer": int,
}


def fits(value: Any, form: Mapping[str, Any]) -> bool:
    """Return whether a value fits a form, in the few words of JSON Schema that ours uses."""
    kinds = [form["type"]] if isinstance(form.get("type"), str) else form.get("type", KINDS)
    if isinstance(value, bool) and "boolean" not in kinds:
        return False
    if not any(isinstance(value, KINDS[kind]) for kind in kinds):
        return False
    return all(WORDS[word](value, said, form) for word, said in form.items() if word in WORDS)


def inner_fits(value: Mapping[str, Any], said: Any, form: Mapping[str, Any]) -> bool:
    """Return whether the keys without a form of their own fit."""
    others = [value[key] for key in value if key not in form.get("properties", ())]
    return all(fits(part, said) for part in others) if said else not others


Test = Callable[[Any, Any, Mapping[str, Any]], bool]
WORDS: Mapping[str, Test] = {
    "$ref": lambda value, said, _: fits(value, WHOLE["$defs"][said.removeprefix("#/$defs/")]),
    "anyOf": lambda value, said, _: any(fits(value, part) for part in said),
    "enum": lambda value, said, _: value in said,
    "const": lambda value, said, _: value == said,
    "required": lambda value, said, _: all(key in value for key in said),
    "properties": lambda value, said, _: all(
        fits(value[key], said[key]) for key in said if key in value
    ),
    "additionalProperties": inner_fits,
    "items": lambda value, said, _: all(fits(part, said) for part in value),
    "prefixItems": lambda value, said, _: all(map(fits, value, said)),
    "minItems": lambda value, said, _: len(value) >= said,
    "maxItems": lambda value, said, _: len(value) <= said,
}


def data_of(text: str) -> Any:
    """Return what a text says, as an editor reads it."""
    root, _ = parse(Page("case.yaml", text))
    assert root is not None
    return root.plain()


SINGLE = [path for path in [*builtin_cases().values(), SOUND] if path.is_file()]


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: str(path.stem))
def test_the_schema_accepts_what_the_reader_accepts(path: Path) -> None:
    assert read_case(path).title
    assert fits(data_of(path.read_text(encoding="utf-8")), WHOLE)


def test_the_schema_accepts_the_sketch() -> None:
    assert fits(data_of(SKETCH), WHOLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("servanda: 1", "servanda: 2"),
        ("title: Two", "titel: Two"),
        ("ana: Ana", "ana: 3"),
        ("does: installs", "deos: installs"),
        ("only: up", "only: sideways"),
        ("[ana_pump, ben_pump]", "ana_pump"),
        ("[none, low, high]", "[none, low, true]"),
        ("[not dry, meter", "[not dry, 3"),
        ("[not dry, meter", "[not dry, {wihs: meter}"),
        ("10..20", "[10, 20]"),
        ("{required: [ana, ben]}", "{required: [ana, ben], at_least: 1.5}"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(old: str, new: str) -> None:
    text = SKETCH.replace(old, new)
    assert text != SKETCH
    assert told_of(text)
    assert not fits(data_of(text), WHOLE)


def test_the_schema_uses_no_words_that_these_tests_do_not_know() -> None:
    told = {"$schema", "$defs", "type", "title", "description", "default"}

    def words(form: Any) -> Iterator[str]:
        if isinstance(form, list):
            for part in form:
                yield from words(part)
        elif isinstance(form, dict):
            for key, part in form.items():
                yield key
                yield from (
                    chain.from_iterable(words(one) for one in part.values())
                    if key in {"properties", "$defs"}
                    else words(part)
                    if key not in {"default", "enum", "required"}
                    else ()
                )

    assert set(words(WHOLE)) <= {*told, *WORDS}
