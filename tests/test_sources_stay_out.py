"""No sentence of a source is in the repository: at most six of its words in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT.parent / "shared" / "seeds"
MOST = 6
TEXTS = {".py", ".md", ".yaml", ".yml", ".toml", ".cff", ".txt", ".cfg"}
SKIPPED = {".venv", ".git", "build", "requirements"}


def words(text: str) -> list[str]:
    """Return the words of a text, a word cut at the end of a line made whole.

    What stands between blanks or dashes is one word: "U.S." and "long-term" are.
    """
    joined = re.sub(r"(\w)-\s*\n\s*(\w)", r"\1\2", text)
    parts = (re.sub(r"[^a-z0-9]", "", part) for part in re.split(r"[\s–—]+", joined.lower()))
    return [part for part in parts if part]


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every run of one word more than may carry over."""
    found = words(text)
    return zip(*(found[start:] for start in range(MOST + 1)), strict=False)


def test_no_more_than_six_words_in_a_row_carry_over_from_a_source() -> None:
    if not SOURCES.exists():
        pytest.skip("the source documents are not beside this checkout (shared/seeds)")
    known = {
        run
        for source in SOURCES.glob("*.txt")
        for run in runs(source.read_text(encoding="utf-8", errors="replace"))
    }
    assert known
    found = [
        f"{path.relative_to(ROOT)}: {' '.join(run)}"
        for path in ROOT.rglob("*")
        if path.suffix in TEXTS and not SKIPPED & set(path.relative_to(ROOT).parts)
        for run in runs(path.read_text(encoding="utf-8", errors="replace"))
        if run in known
    ]
    assert [] == found
