"""What stands beside a case: read, checked, copied, and out of the engines' reach."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import servanda
from servanda.casefile import read_case, read_dossier, schema
from servanda.errors import CaseError
from servanda.model import Case
from servanda.record import VERBS, Record, carriers
from servanda.starters import one_file

WELL = """\
servanda: 1
title: A well and a diary
parties: {ana: Ana, ben: Ben}
options: {ana_pump: {by: ana}, meter: {by: ben}}
status_quo: [ana_pump]
facts: {calm: not ana_pump}
preferences: {ana: [{id: ana_meters, wish: meter}, ana_pump], ben: [calm, not meter]}
plans: {clerk: {title: A meter, source: diary, target: [meter, not ana_pump]}}
"""
CLAIMS = """\
sources: {diary: {title: Diary of a well, date: 2006-11}, letter: A letter}
claims:
  dry:  {text: no water, cite: [{source: diary, lines: [1, 1], quote: the well is dry}]}
  help: {text: a meter is useful, cite: [{source: diary, lines: [3, 3], quote: A meter would help}]}
  told: {text: people say so, cite: [{source: letter, quote: they say}]}
"""
HISTORY = """\
events:
  paper: {date: 2007-05-01, what: The village buys a meter., where: The village paper}
  drill: {date: 2006-03 and 04, what: Ana drills., where: The village paper, note: Twice.}
hindsight:
  help: {verdict: borne out, events: [paper], note: It was read every day.}
  dry:  {verdict: contested, events: [drill, paper]}
  told: untested
"""
PROPOSALS = """\
preface: >
  Two texts, read from end to end.

  Nothing is left out.
proposals:
  d.1:
    text: a meter
    kind: proposal
    cite: [{source: diary, lines: [3, 3], quote: A meter would help}]
    carried: [option meter, plan clerk, test reachable]
  d.2:
    text: the well gives no more
    kind: warning
    cite: [{source: diary, lines: [1, 1], quote: well is dry}]
    carried: [fact calm]
    not_modelled: because rain is nobody's option
  l.1:
    text: people talk
    kind: mechanism
    cite: [{source: letter, quote: they say}]
    not_modelled: talk moves nobody
"""


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """Write the case with all that may stand beside it."""
    folder = tmp_path / "well"
    folder.mkdir()
    parts = {"case": WELL, "claims": CLAIMS, "history": HISTORY, "proposals": PROPOSALS}
    for name, text in parts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def problems(path: Path) -> list[str]:
    """Return the faults of a case, each with its file's name, line and column."""
    with pytest.raises(CaseError) as caught:
        read_case(path)
    return [
        f"{Path(each.file).name}:{each.line}:{each.column}: {each.message}"
        for each in caught.value.problems
    ]


def test_history_and_proposals_are_read_beside_the_case(well: Path) -> None:
    record = read_dossier(well).record
    assert ["paper", "drill"] == list(record.events)
    assert {"help": "borne out", "dry": "contested", "told": "untested"} == {
        claim: each.verdict for claim, each in record.hindsight.items()
    }
    assert "Two texts, read from end to end.\nNothing is left out.\n" == record.preface
    assert ("fact calm",) == record.proposals["d.2"].carried


def test_a_case_without_them_has_an_empty_record(well: Path) -> None:
    (well / "history.yaml").unlink()
    (well / "proposals.yaml").unlink()
    assert Record() == read_dossier(well).record


def test_the_engines_get_a_case_that_knows_nothing_of_them(well: Path) -> None:
    case = read_case(well)
    assert Case is type(case)
    assert not {"events", "hindsight", "proposals", "preface"} & set(dir(case))
    (well / "history.yaml").unlink()
    (well / "proposals.yaml").unlink()
    assert case == read_case(well)


def test_no_engine_imports_what_happened() -> None:
    apart = {"record", "record_checks", "hindsight", "proposals"}
    tellers = {
        "casefile", "wording", "asking", "report", "cli", "narrative.record", "narrative.__init__",
        "wire.record", "wire.__init__",
    }  # fmt: skip
    root = Path(servanda.__file__).parent
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        names = {
            node.module.removeprefix("servanda.").partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert module in apart | tellers or not names & apart, module


def test_one_file_holds_the_same_as_the_directory(well: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(one_file(well), encoding="utf-8")
    assert read_dossier(well) == read_dossier(copy)


def test_faults_are_told_with_file_line_and_column(well: Path) -> None:
    history = HISTORY.replace("events: [paper]", "events: [papper]").replace("told:", "tolt:")
    (well / "history.yaml").write_text(history, encoding="utf-8")
    proposals = PROPOSALS.replace("option meter", "option metre").replace("[3, 3]", "[3, 1]")
    (well / "proposals.yaml").write_text(proposals, encoding="utf-8")
    assert [
        'history.yaml:5:39: no event "papper"',
        'history.yaml:7:3: no claim "tolt"',
        "proposals.yaml:9:35: lines 3 to 1 run backwards",
        'proposals.yaml:10:15: no option "metre"',
    ] == problems(well)


def test_a_key_that_belongs_elsewhere_is_refused(well: Path) -> None:
    (well / "history.yaml").write_text("claims: {x: y}\n", encoding="utf-8")
    (well / "proposals.yaml").write_text("- a list\n", encoding="utf-8")
    assert [
        'history.yaml:1:1: unknown key "claims"',
        'proposals.yaml:1:1: expected "preface:" or "proposals:"',
    ] == problems(well)


def test_a_file_that_cannot_be_read_hides_no_fault_of_shape(well: Path) -> None:
    (well / "history.yaml").write_text("events: [\n", encoding="utf-8")
    text = WELL.replace("title: A well and a diary", "titel: A well and a diary")
    (well / "case.yaml").write_text(text, encoding="utf-8")
    told = problems(well)
    assert 'case.yaml:2:1: unknown key "titel"' == told[0]
    assert any(each.startswith("history.yaml:") for each in told)


def test_statements_of_answers_and_authors_may_carry_too(well: Path) -> None:
    beliefs = """\
questions:
  K1:
    asks: Does Ben fear drought?
    answers:
      so: {says: he does, changes: {preferences: {ben: [
        {add: {id: ben_fears, wish: calm}, at: top}]}, facts: {wet: meter},
        never: [{add: {id: r1, that: meter and ana_pump}}]}}
      not_so: he does not
worldviews: {clerk: {title: The clerk, answers: {K1: so}}}
"""
    (well / "case.yaml").write_text(WELL + beliefs, encoding="utf-8")
    known = carriers(read_case(well))
    assert "ben_fears" in known["statement"]
    assert ("calm", "wet") == known["fact"]
    assert ("r1",) == known["rule"]
    assert (("K1",), ("clerk",)) == (known["question"], known["worldview"])


def test_editors_know_the_keys_of_the_record() -> None:
    assert {"events", "hindsight", "preface", "proposals"} <= set(schema()["properties"])


def test_the_program_has_the_verbs_that_may_carry() -> None:
    from servanda.cli import servanda as program  # noqa: PLC0415 - only this test asks

    assert set(VERBS) <= set(program.commands)
