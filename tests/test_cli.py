"""The command line, as it is typed."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli_reference
from servanda import cli, terminal
from servanda.casefile import builtin_cases, find_case, read_case, read_text
from servanda.errors import Stopped
from servanda.invocation import ANSWER
from servanda.starters import one_file

FAULTY = """\
servanda: 1
title: Faulty
parties: {ana: Ana}
options:
  sing: {by: anna}
  dance: {by: ana}
preferences:
  ana: [sing and danse]
"""
ODD = """\
servanda: 1
title: Odd
parties: {ana: Ana, ben: Ben}
options:
  sing: {by: ana}
  dance: {by: ana}
preferences:
  ana: [sing or not sing]
"""
VERBS = {
    "init", "check", "evidence", "stability", "nodeal", "threat", "agreements", "explain",
    "remedies", "roadmap", "compare", "report", "cases", "schema",
}  # fmt: skip
ASKING = sorted(VERBS - {"init", "check", "evidence", "compare", "report", "cases", "schema"})


def run(*words: str, **environment: str) -> Result:
    env = {"COLUMNS": "100", "NO_COLOR": None, "SERVANDA_SOURCES": None, **environment}
    return CliRunner(env=env).invoke(cli.servanda, list(words), prog_name="servanda")


def data(*words: str) -> Any:
    result = run(*words, "--json")
    assert 0 == result.exit_code, result.stderr
    return json.loads(result.stdout)


def start(words: Sequence[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, **environment}
    command = [sys.executable, "-m", "servanda", *words]
    return subprocess.run(command, capture_output=True, env=env, check=False, timeout=120)


# ------------------------------------------------------------------------- help and reference


def test_every_verb_is_there_and_none_is_a_stub() -> None:
    assert VERBS == set(cli.servanda.commands) - {ANSWER}


def test_the_reference_is_what_the_program_says_of_itself() -> None:
    told = cli_reference.PLACE.read_text(encoding="utf-8")
    assert cli_reference.reference() == told, "run: python tests/cli_reference.py"


def test_the_reference_has_every_verb_and_every_option() -> None:
    told = cli_reference.PLACE.read_text(encoding="utf-8")
    for name, verb in cli.servanda.commands.items():
        assert f"## servanda {name}\n" in told
        section = told.split(f"## servanda {name}\n")[1].split("\n## ")[0]
        for parameter in verb.params:
            for option in parameter.opts:
                assert not option.startswith("-") or option in section


def test_help_is_quick_and_loads_no_engine() -> None:
    code = (
        "import sys\nfrom servanda.cli import servanda\n"
        "try:\n    servanda(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'scipy', 'ortools', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "[]" == told.stdout.splitlines()[-1]


def test_the_program_is_also_a_module_and_tells_its_version() -> None:
    assert b"servanda 0." in start(["--version"]).stdout


def test_without_a_word_the_program_tells_how_it_is_called() -> None:
    result = run()
    assert 2 == result.exit_code
    assert "servanda CASE" in result.output


# ---------------------------------------------------------------------------------- the verbs


def test_a_case_alone_is_answered_in_five_lines() -> None:
    result = run("two-neighbours", COLUMNS="1000")
    assert 0 == result.exit_code
    title, *lines, gap, note = result.stdout.splitlines()
    assert "Two neighbours and a well" == title
    assert 5 == len(lines)
    assert "" == gap
    assert note.startswith('Beside any "sticks": of 336 peace agreements')
    assert lines[0].startswith("Answer")
    assert "1 of 22 packages sticks" in lines[0]


@pytest.mark.parametrize("name", [name for name in builtin_cases() if name != "iraq-2006"])
@pytest.mark.parametrize("verb", ASKING)
def test_every_verb_answers_every_small_case_in_words_and_as_json(verb: str, name: str) -> None:
    words = run(verb, name)
    assert (0, "") == (words.exit_code, words.stderr)
    assert words.stdout.startswith(read_case(find_case(name)).title)
    assert data(verb, name)


def test_the_options_of_a_case_alone_may_come_first_or_last() -> None:
    assert run("--plan", "budget-alone", "iraq-laws-2008").exit_code == 0
    assert "The budget alone" in run("iraq-laws-2008", "--plan", "budget-alone").stdout


def test_a_case_may_be_a_file_or_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(one_file(find_case("chicken")), encoding="utf-8")
    assert data("chicken") == data(str(path))
    folder = str(find_case("iraq-2006"))
    assert [] == data("threat", folder, "--without", "threats,offers")["threats"]


def test_stability_keeps_its_promise() -> None:
    told = data("stability", "elmira")
    assert {"options", "parties", "states", "equilibria"} <= set(told)
    assert {"state", "taken", "stable"} <= set(told["states"][0])
    assert {"NNNYN", "YNYNY"} <= set(told["equilibria"]["nash"])


def test_stability_shows_states_in_words_with_their_codes() -> None:
    told = run("stability", "chicken").stdout
    assert "YN      First driver: swerves" in told
    assert "Nash" in told


def test_a_state_is_asked_for_by_terms_or_by_code() -> None:
    by_terms = data(
        "stability", "two-neighbours", "--state", "ben_pump, meter, price = low, not ana_pump"
    )
    assert "NYY1" == by_terms["state"]
    assert by_terms == data("stability", "two-neighbours", "--state", "nyy1")
    assert "SEQ" in run("stability", "two-neighbours", "--state", "NYY1").stdout


def test_a_state_that_cannot_be_is_no_error_but_is_told() -> None:
    result = run("stability", "elmira", "--state", "NNNNN")
    assert 0 == result.exit_code
    assert "This cannot be" in result.stdout
    assert 2 == run("explain", "elmira", "--state", "NNNNN").exit_code


def test_large_cases_are_summed_up_unless_all_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    options = "\n".join(f"  o{n}: {{by: {'ab'[n % 2]}}}" for n in range(8))
    parties = "servanda: 1\ntitle: Large\nparties: {a: A, b: B}\noptions:\n"
    path.write_text(f"{parties}{options}\npreferences: {{a: [o0], b: [o1]}}\n", encoding="utf-8")
    short, long = run("stability", str(path)).stdout, run("stability", str(path), "--all").stdout
    assert "256 states" in short
    assert "--all" in short
    assert "YYNNNNNN" in short
    assert "NYNNNNNN" not in short
    assert "NYNNNNNN" in long
    path.write_text(f"{parties}{options}\npreferences: {{}}\n", encoding="utf-8")
    assert "Too many states" in run("stability", str(path)).stdout


def test_agreements_number_the_packages_and_explain_takes_the_number() -> None:
    told = run("agreements", "two-neighbours", "--limit", "2").stdout
    assert told.index("Package 1: sticks") < told.index("Package 2: does not stick")
    assert "Package 3" not in told
    second = data("agreements", "two-neighbours", "--limit", "2")["packages"][1]
    assert second == data("explain", "two-neighbours", "--package", "2")["package"]
    state = second["state"]
    assert second == data("explain", "two-neighbours", "--state", state)["package"]


PROMISE = """
servanda: 1
title: A promise
parties: {ana: Ana, ben: Ben}
options: {give: {by: ana}, pay: {by: ben}}
preferences: {ana: [pay], ben: [give]}
plans: {pact: {title: The pact, commitments: [{take: give}], target: [{take: pay}]}}
default_plan: pact
"""


def test_a_state_that_is_no_package_is_explained_and_does_not_stick(tmp_path: Path) -> None:
    path = tmp_path / "promise.yaml"
    path.write_text(PROMISE, encoding="utf-8")
    broken = "pay"  # the plan's commitment, to give, does not stand
    result = run("explain", str(path), "--state", broken, "--strict")
    assert 1 == result.exit_code
    assert "can be no agreement" in result.stdout
    assert data("explain", "chicken", "--state", "YN")["is_package"]


def test_best_orders_by_points_and_needs_them() -> None:
    result = run("agreements", "two-neighbours", "--best", "nash")
    assert 2 == result.exit_code
    assert "needs points" in result.stderr


def test_explain_tells_what_a_plan_rests_on() -> None:
    told = run("explain", "iraq-laws-2008").stdout
    assert "What the verdict rests on" in told
    assert "What turns a verdict" in told
    assert data("explain", "iraq-laws-2008")["premises"]["turns"]


def test_nodeal_can_be_played_with_foresight() -> None:
    assert data("nodeal", "chicken", "--foresight")["foresight"]
    assert "With foresight" in run("nodeal", "chicken", "--foresight").stdout


def test_threats_are_tested_and_none_is_told() -> None:
    assert "The plan makes no threat" in run("threat", "iraq-laws-2008").stdout
    assert "The case has no plan" in run("threat", "chicken").stdout
    assert "Whom would it hurt?" in run("threat", "iraq-2006").stdout


def test_a_report_is_written_to_a_file_or_told(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.md"
    assert 0 == run("report", "elmira", "-o", str(path)).exit_code
    assert path.read_text(encoding="utf-8") == run("report", "elmira").stdout
    assert 2 == run("report", "elmira", "-o", str(tmp_path)).exit_code
    assert 2 == run("report", "elmira", "-o", "").exit_code


def test_a_report_never_takes_the_place_of_its_case(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    text = run("cases", "two-neighbours").stdout
    case.write_text(text, encoding="utf-8")
    for given in (case, tmp_path):
        result = run("report", str(given), "-o", str(case))
        assert 2 == result.exit_code
        assert "belongs to the case" in result.stderr
    assert text == case.read_text(encoding="utf-8")


def test_plans_that_are_not_used_are_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "laws.yaml"
    text = run("cases", "iraq-laws-2008").stdout
    path.write_text(text.replace("default_plan: one-package\n", ""), encoding="utf-8")
    assert "no plan is used unless it is named" in run("check", str(path)).stdout
    assert "No plan is used; name one with --plan" in run("threat", str(path)).stdout
    assert "No plan was used" in run(str(path), COLUMNS="1000").stdout


# ---------------------------------------------------------------------------- cases of one's own


def test_a_new_case_is_sound_and_says_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("init", "two-villages")
    assert 0 == result.exit_code
    assert "servanda check two-villages.yaml" in result.stdout
    assert "no faults, no warnings\n" == run("check", "two-villages.yaml").stdout
    assert "Two villages" in run("two-villages.yaml").stdout
    assert data("agreements", "two-villages.yaml")["packages"][0]["sticks"]


@pytest.mark.parametrize("name", ["it's: a #test", "žluťoučký", "2024"])
def test_a_new_case_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert 0 == run("init", name).exit_code
    assert 0 == run("check", f"{name}.yaml").exit_code


def test_what_to_type_next_can_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "servanda check 'our valley.yaml'" in run("init", "our valley").stdout


def test_a_new_case_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("precious", encoding="utf-8")
    result = run("init", str(path))
    assert (2, "precious") == (result.exit_code, path.read_text(encoding="utf-8"))
    assert "exists already" in result.stderr
    assert 2 == run("init", str(tmp_path / "no" / "folder")).exit_code


def test_check_tells_every_fault_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    result = run("check", str(path))
    assert 3 == result.exit_code
    assert f"{path}:5:14: " in result.stdout
    assert f"{path}:8:18: " in result.stdout
    assert "^" in result.stdout
    assert "2 faults" == result.stdout.splitlines()[-1]
    problems = json.loads(run("check", str(path), "--json").stdout)
    assert (2, 0) == (problems["faults"], problems["warnings"])
    assert [5, 8] == [each["line"] for each in problems["problems"]]


def test_check_tells_warnings_where_there_are_no_faults(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(ODD, encoding="utf-8")
    result = run("check", str(path))
    assert 0 == result.exit_code
    assert f"{path}:3:21: warning: " in result.stdout
    assert "no faults, 3 warnings" == result.stdout.splitlines()[-1]
    assert 1 == run("check", str(path), "--strict").exit_code


def test_a_case_too_large_for_the_engine_is_checked_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    options = "\n".join(f"  o{n}: {{by: ana}}" for n in range(27))
    wishes = ", ".join(f"o{n}" for n in range(26))
    path.write_text(
        "servanda: 1\ntitle: Huge\nparties: {ana: Ana}\noptions:\n"
        f"{options}\npreferences: {{ana: [{wishes}]}}\n",
        encoding="utf-8",
    )
    told = run("check", str(path)).stdout
    assert "no faults, 1 warning" in told
    assert 'no statement mentions option "o26"' in told
    assert 2 == run(str(path)).exit_code


def test_a_faulty_case_stops_every_verb(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    for verb in ([], ["agreements"], ["report"]):
        result = run(*verb, str(path))
        assert (3, "") == (result.exit_code, result.stdout)
        assert 2 == result.stderr.count(f"{path}:")


@pytest.mark.parametrize("name", builtin_cases())
def test_every_built_in_case_is_listed_can_be_copied_and_gives_no_warning(name: str) -> None:
    listed = run("cases").stdout
    case = read_case(find_case(name))
    assert f"{name} " in listed
    assert case.title in listed
    copied = run("cases", name)
    assert case == read_text(copied.stdout_bytes.decode(), "copy.yaml")


def test_the_schema_is_a_schema() -> None:
    schema = json.loads(run("schema").stdout)
    assert "$schema" in schema
    assert {"parties", "options", "preferences"} <= set(schema["properties"])


# --------------------------------------------------------------------------------- exit codes


def test_strict_turns_a_no_into_exit_code_1() -> None:
    assert 1 == run("elmira", "--strict").exit_code
    assert 0 == run("two-neighbours", "--strict").exit_code
    assert 1 == run("agreements", "elmira", "--strict").exit_code
    assert 1 == run("explain", "two-neighbours", "--package", "2", "--strict").exit_code
    assert 0 == run("stability", "chicken", "--strict").exit_code
    assert 0 == run("threat", "iraq-2006", "--strict").exit_code
    assert 0 == run("roadmap", "elmira", "--strict").exit_code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("two-neighbors", 'did you mean "two-neighbours"?'),
        ("stabilty two-neighbours", 'did you mean "stability"?'),
        ("stabilty", 'did you mean "stability"?'),
        ("two-neighbours stability", "the verb comes first: servanda stability two-neighbours"),
        ("nowhere.yaml", "`servanda cases`"),
        ("chicken --plan budget", "this case has no plans"),
        ("iraq-laws-2008 --plan budget", 'did you mean "budget-alone"?'),
        ("iraq-2006 --without treats", 'did you mean "threats"?'),
        ("chicken --without offers", "there is no plan"),
        ("stability chicken --state flies", 'no option "flies"'),
        ("stability chicken --state YY,NN", 'no option "YY"'),
        ("stability two-neighbours --state NNN7", 'no option "NNN7"'),
        ("stability two-neighbours --state meter,,meter", 'option "meter" is named twice'),
        ("explain chicken --package 9", "there is no package 9"),
        ("agreements chicken --limit 0", "--limit"),
        ("agreements", "CASE"),
        ("chicken --time-limit 0.000001", "allow more time"),
        ("", "Usage"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told_with_a_hint(words: str, told: str) -> None:
    result = run(*words.split())
    assert 2 == result.exit_code
    assert told in result.output
    assert "Traceback" not in result.output


# --------------------------------------------------------------------------- work cut short


def test_a_time_limit_shows_what_is_known_and_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_: terminal.Progress, doing: str) -> None:
        if "describing" in doing:
            raise Stopped("the time limit of 5 s was reached")

    monkeypatch.setattr(terminal.Progress, "__call__", stop)
    result = run("agreements", "elmira", "--time-limit", "5")
    assert 0 == result.exit_code
    assert "Partial" in result.stdout
    assert "the packages" in result.stdout
    told = data("agreements", "elmira")
    assert ("the time limit of 5 s was reached", "unknown") == (told["stopped"], told["status"])


def test_an_interruption_shows_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: terminal.Progress, doing: str) -> None:
        if "describing" in doing:
            raise KeyboardInterrupt

    monkeypatch.setattr(terminal.Progress, "__call__", interrupt)
    for verb in ([], ["agreements"], ["explain"], ["report"]):
        result = run(*verb, "elmira")
        assert 0 == result.exit_code
        assert "interrupted" in result.output


def test_an_interruption_before_anything_is_known_ends_with_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(_: terminal.Progress, doing: str) -> None:
        del doing
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal.Progress, "__call__", interrupt)
    for verb in ([], ["agreements"], ["stability"], ["nodeal"]):
        result = run(*verb, "elmira")
        assert (130, "") == (result.exit_code, result.stdout)
        assert "nothing is known yet" in result.stderr


def test_progress_says_nothing_of_quick_work_and_stops_at_the_limit() -> None:
    with terminal.Progress(1e9) as progress:
        progress("quick")
        assert progress.bars is None
    with terminal.Progress(1e-9) as progress, pytest.raises(Stopped, match="1e-09 s"):
        progress("slow")


def test_progress_tells_a_terminal_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with terminal.Progress() as progress:
        progress.began -= 5
        progress("no-deal play: 256 states seen [of many]")
        assert progress.bars is not None
    told = capsys.readouterr().err
    assert "[of many]" in told
    assert "━" not in told


def test_progress_has_a_bar_where_it_is_known_how_much_there_is_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with terminal.Progress() as progress:
        progress.began -= 5
        progress("worlds: 1,200 of 2,400")
        assert progress.bars is not None
        (task,) = progress.bars.tasks
        assert [50.0, "worlds: 1,200 of 2,400"] == [task.percentage, task.description]
    assert "━" in capsys.readouterr().err


# ------------------------------------------------------------------------------ any terminal


def test_a_pipe_gets_plain_text_of_full_width() -> None:
    told = start(["agreements", "two-neighbours"], COLUMNS="").stdout.decode()
    assert "\x1b" not in told
    whole = "Ana: no longer pumps at night; Ben: installs a meter; water price from none to low"
    assert any(whole in line for line in told.splitlines())
    assert not any(line.endswith(" ") for line in told.splitlines())


def test_a_terminal_gets_colours_unless_it_asks_for_none() -> None:
    assert "\x1b[" in run("two-neighbours", FORCE_COLOR="1", TERM="xterm").stdout
    for none in (["--no-color"], []):
        environment = {"FORCE_COLOR": "1", "TERM": "xterm"} | ({} if none else {"NO_COLOR": "1"})
        assert "\x1b" not in run("two-neighbours", *none, **environment).stdout


@pytest.mark.parametrize("verb", [(), ("agreements",), ("stability",), ("explain",)])
def test_a_narrow_terminal_loses_no_word(verb: tuple[str, ...]) -> None:
    wide = run(*verb, "two-neighbours", COLUMNS="500").stdout
    narrow = run(*verb, "two-neighbours", COLUMNS="40").stdout
    assert max(map(len, narrow.splitlines())) <= 40
    assert words_of(wide) == words_of(narrow)


def words_of(text: str) -> set[str]:
    return {word.strip("─:") for word in text.split()} - {""}


@pytest.mark.parametrize("verb", [[], ["stability"], ["agreements"], ["check"], ["report"]])
def test_a_terminal_without_unicode_gets_plain_letters(verb: list[str], tmp_path: Path) -> None:
    path = tmp_path / "kurdistan.yaml"
    text = one_file(find_case("two-neighbours")).replace("Ana,", '"Şîrîn “the 1st” – Ω",')
    path.write_text(text, encoding="utf-8")
    done = start([*verb, str(path)], PYTHONIOENCODING="ascii", LANG="C", PYTHONUTF8="0")
    assert (0, b"") == (done.returncode, done.stderr)
    if verb != ["report"]:
        assert done.stdout.isascii()
    if not verb:
        assert b'Sirin "the 1st" - ?' in done.stdout


def test_faults_with_foreign_letters_are_told_on_any_terminal(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(FAULTY.replace("Ana}", "Şîrîn}"), encoding="utf-8")
    done = start([str(path)], PYTHONIOENCODING="ascii", LANG="C", PYTHONUTF8="0")
    assert 3 == done.returncode
    assert b"Traceback" not in done.stderr


def test_json_is_utf_8_or_ascii() -> None:
    done = start(["nodeal", "chicken", "--json"], PYTHONIOENCODING="latin-1")
    assert json.loads(done.stdout.decode("ascii"))


def test_signs_that_steer_a_terminal_are_not_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    text = one_file(find_case("chicken")).replace("title: Chicken", 'title: "\\e[31mRed [bold]"')
    path.write_text(text, encoding="utf-8")
    told = run(str(path)).stdout
    assert "\x1b" not in told
    assert "[31mRed [bold]" in told


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m servanda stability garrison --json | head -1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False, timeout=60)
    assert (b"{\n", b"") == (done.stdout, done.stderr)
