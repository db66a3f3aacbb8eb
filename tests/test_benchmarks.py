"""The benchmarks run; how long anything takes is not tested."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "benchmarks" / "bench.py"


def test_the_quick_benchmarks_print_a_table() -> None:
    found = subprocess.run(
        [sys.executable, str(BENCH), "--quick"], check=True, capture_output=True, text=True
    )
    machine, _, head, rule, *rows = found.stdout.rstrip().splitlines()
    assert machine.startswith("Machine: ")
    assert head.startswith("| What ")
    assert {"|", "-", ":"} == set(rule)
    assert len(rows) >= 5
    assert {head.count("|")} == {row.count("|") for row in rows}
