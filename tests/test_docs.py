"""The README and the pages under docs/ keep their word: what they show is what one gets.

A page is replayed from top to bottom in an empty directory.  A ```yaml block that begins with
``servanda: 1``, or a ```text block, is typed into the file last named in `backticks`; a ```diff
block changes that file; every ``$ servanda`` of a ```console block is run, and what follows it
must be its output (a line of three dots stands for any lines).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from servanda.casefile import builtin_cases, read_text
from servanda.cli import servanda
from servanda.invocation import ANSWER
from servanda.syntax import parse
from servanda.written import Page

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
GENERATED = {"cli.md"}  # checked against the program by a test of its own
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
WIDTH = "80"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file last named before it."""

    language: str
    text: str
    file: str
    line: int

    @property
    def whole(self) -> bool:
        return self.language == "yaml" and self.text.startswith("servanda: 1\n")

    def write(self, folder: Path) -> None:
        """Type the block into its file."""
        path = folder / self.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.text, encoding="utf-8")


def blocks(page: Path) -> Iterator[Block]:
    file, opened, inside = "", None, list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if opened is None and line.startswith("```"):
            opened, inside = (line[3:], number), []
        elif opened is None:
            file = (re.findall(r"`([\w./-]+\.(?:yaml|txt))`", line) or [file])[-1]
        elif line == "```":
            yield Block(opened[0], "".join(f"{each}\n" for each in inside), file, opened[1])
            opened = None
        else:
            inside.append(line)
    assert opened is None, f"{page.name}:{opened} is never closed"


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands of a console block, each with the output shown."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line.rstrip())
    yield from found


def output(command: str, folder: Path) -> list[str]:
    """Return what a command prints, messages included; ``> FILE`` writes it there."""
    words = shlex.split(command)
    target = words.pop() if ">" in words else ""
    words = [word for word in words if word != ">"]
    start = {"servanda": 1, "python": 3}[words[0]]
    done = subprocess.run(
        [sys.executable, "-m", "servanda", *words[start:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if target:
        (folder / target).write_text(done.stdout, encoding="utf-8")
        return []
    return [line.rstrip() for line in done.stdout.rstrip().splitlines()]


def changed(text: str, diff: str) -> str:
    """Return a text with a diff applied: lines that go, each run replaced by those that come."""
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", diff, re.MULTILINE):
        gone, come = (re.sub(r"^[-+]", "", part, flags=re.MULTILINE) for part in (old, new))
        assert text.count(gone) == 1, f"not in the file: {gone}"
        text = text.replace(gone, come)
    return text


def fits(expected: list[str], actual: list[str]) -> bool:
    pattern = "\n".join("[^\0]*?" if line == "..." else re.escape(line) for line in expected)
    return re.fullmatch(pattern, "\n".join(actual)) is not None


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_one_gets(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.whole:
            assert block.file, f"{page.name}:{block.line}: no file is named for this case"
            read_text(block.text, block.file)
            block.write(tmp_path)
        elif block.language == "text":
            block.write(tmp_path)
        elif block.language == "diff":
            file = tmp_path / block.file
            text = changed(file.read_text(encoding="utf-8"), block.text)
            file.write_text(text, encoding="utf-8")
        elif block.language == "console":
            for command, expected in commands(block):
                if not command.startswith(("servanda ", "python -m servanda ")):
                    assert not expected, f"{page.name}:{block.line}: only servanda is run"
                    continue
                actual = output(command, tmp_path)
                if not fits(expected, actual):
                    assert expected == actual, f"{page.name}:{block.line}: {command}"


def test_the_first_answer_takes_fifteen_lines_and_one_command() -> None:
    first, second = [
        block for block in blocks(README) if block.whole or "$ servanda" in block.text
    ][:2]
    assert first.whole
    assert len(first.text.splitlines()) <= 15
    command, shown = next(commands(second))
    assert f"servanda {first.file}" == command
    assert shown


def test_every_example_of_the_case_format_fits_into_the_well() -> None:
    text = builtin_cases()["two-neighbours"].read_text(encoding="utf-8")
    tree, _ = parse(Page("well", text))
    assert tree is not None
    for block in blocks(ROOT / "docs" / "case-format.md"):
        if block.language != "yaml" or block.whole:
            continue
        piece, faults = parse(Page(f"case-format.md, block of line {block.line}", block.text))
        assert [] == faults
        assert piece is not None
        well = tree.plain()
        for key, value in piece.plain().items():
            well[key] = {**well.get(key, {}), **value} if isinstance(value, dict) else value
        read_text(json.dumps(well), piece.page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists(), f"{page.name}: {target}"
        if heading:
            assert heading in anchors(other), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page are linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_names_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| `servanda (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {ANSWER, *rows} == {*servanda.commands}


def test_the_readme_names_every_built_in_case() -> None:
    text = README.read_text(encoding="utf-8")
    assert [] == [name for name in builtin_cases() if f"`{name}`" not in text]
