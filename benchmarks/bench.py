"""Measure how fast it is, with how much memory, and how far that is from copying payoffs.

``make bench`` measures every row of `rows` side by side, prints the table and writes it to
``benchmarks/results.md``; ``--quick`` measures the small rows only and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
HEAD = (
    "What", "Runs", "Median", "Best", "Peak", "Above import",
    "Reach", "Time / reach", "Memory / reach", "Passes", "Found",
)  # fmt: skip

ABOUT = """\
# Benchmarks

Written by `make bench`.

Each row runs in a process of its own, one thread, every run from a fresh case.
*Stability* goes from the case to where every party stays: conditions read, payoffs, moves, concepts.
*Pairs* are the group tests alone, on a case already compiled; *iraq-2006* starts from the case as read.
*Best packages* are found, ordered and proved by the solver among all that are surely acceptable; where no deal leads is worked out before.
*In 30 s* means that the search ends then: `feasible` is a package found, not proved to be the best, beside the most that is not excluded.
*Best by maximin* and *by nash* are the packages with the greatest least gain, and product of gains, over walking away in made-up talks: joint issues of two to five levels, what each level gives each party in points.
The *scored role-play* is measured only where it lies beside the checkout, see `tests/test_role_plays.py`.
*Found* is what the solver says: `optimal` is a proof; the worst-off signatory's standing, or the gain, beside the most that it can be.
*Stable states counted* is the exact number of all Nash, GMR and SMR stable states, and in what share of each each option is taken.
*Firm and acceptable counted* is the same for the packages that are firm and surely acceptable; where no deal leads is worked out before.
*Evidence* looks for quotes in a made-up text of one megabyte, no lines cited; a thousand in one second are one millisecond a quote.
*With rules* means one one-way option and, for stability, three infeasible conditions; for pairs, one joint option.
*Above import* is the peak memory less that of Python with Servanda loaded.
*Reach* is what a row should take at most; the ratios to it are of the median time and of the peak.
*Passes* is the best time told as copies: how often one payoff for each party and state, in the integers used, could have been copied in it.
It is below 1 where payoffs need not be written out for every state, because no wish is about some options.
"""  # noqa: E501 - one sentence a line


def ask(*words: str) -> Any:
    """Return what `rows` answers in a fresh process.

    This process stays small (no NumPy), because a child's peak memory begins with its parent's.
    """
    command = [sys.executable, str(HERE / "rows.py"), *words]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very program
    return json.loads(found.stdout)


def machine(bandwidth: float) -> str:
    """Return the facts of the machine that matter to the numbers."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Machine: {platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB of memory; Python {platform.python_version()}, "
        f"NumPy {version('numpy')}; copies {bandwidth / 1e9:.1f} GB a second.\n"
    )


def line(name: str, found: dict[str, Any], bandwidth: float) -> list[str]:
    """Return one row of the table."""
    seconds, reach, payoffs = found["seconds"], found["reach"], found["payoffs"]
    typical, best = median(seconds), min(seconds)
    limits = [f"{reach['seconds'] * 1000:,g} ms"] if reach["seconds"] else []
    limits += [f"{reach['mebibytes']:,} MiB"] if reach["mebibytes"] else []
    return [
        name,
        str(len(seconds)),
        duration(typical),
        duration(best),
        f"{found['peak']:,.0f} MiB",
        f"{found['peak'] - found['imported']:,.0f} MiB",
        ", ".join(limits) or "–",
        ratio(typical, reach["seconds"]),
        ratio(found["peak"], reach["mebibytes"]),
        f"{best * bandwidth / payoffs:,.1f}" if payoffs else "–",
        found["found"] or "–",
    ]


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def ratio(found: float, reach: float | None) -> str:
    """Return how much of the reach is taken."""
    return f"{found / reach:.2f}" if reach else "–"


def table(lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its columns as wide as their widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]

    def row(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return " | ".join((f"| {first.ljust(widths[0])}", *padded)) + " |"

    rule = [f"|{'-' * (widths[0] + 2)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])]
    head, *body = lines
    return "\n".join((row(head), "|".join(rule) + "|", *map(row, body))) + "\n"


def replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def main() -> None:
    """Measure, print, and write the results unless only the small rows are wanted."""
    parser = argparse.ArgumentParser(description="Measure Servanda.")
    parser.add_argument("--quick", action="store_true", help="small rows only; write nothing")
    quick: bool = parser.parse_args().quick
    bandwidth = ask("copy", "64" if quick else "512")
    lines = [list(HEAD)]
    for name, small in ask("list").items():
        if small or not quick:
            print(f"measuring {name}", file=sys.stderr)
            lines.append(line(name, ask("row", name), bandwidth))
    text = f"{machine(bandwidth)}\n{table(lines)}"
    print(text)
    if not quick:
        replace(HERE / "results.md", f"{ABOUT}\n{text}")


if __name__ == "__main__":
    main()
