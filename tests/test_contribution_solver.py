"""The solver's side of the smallest coalition: limits, Ctrl-C, threads, and when it is loaded."""

import random
import subprocess
import sys
import threading
from typing import Any

import pytest

from servanda import contribution_solver, contributors
from servanda.contributors import (
    Contributor,
    Listing,
    Measure,
    Role,
    Smallest,
    every_smallest,
    smallest_coalition,
)
from servanda.errors import UsageError
from servanda.model import PartyId

SEED = 1962
COST = Measure.COST


def one(who: str, cap: int, **more: Any) -> Contributor:
    return Contributor(id=PartyId(who), cap=cap, **more)


TROOPS = (one("usa", 20), one("uk", 8), one("france", 8), one("poland", 3), one("fiji", 0))
HARD = tuple(
    one(f"c{number}", cap, joining=cap)
    for number, cap in enumerate(
        random.Random(SEED).sample(range(10**9 // 2, 10**9), 200)  # noqa: S311 - no secrets
    )
)
HALF = sum(each.cap for each in HARD) // 2


@pytest.fixture(scope="module")
def many_ties() -> Smallest:
    return smallest_coalition(HARD, HALF)


def test_numbers_too_large_for_a_table_are_left_to_the_solver(many_ties: Smallest) -> None:
    found = many_ties
    assert ("solver", "optimal") == (found.method, found.status)
    with pytest.raises(UsageError, match="too large for a table; use the solver"):
        smallest_coalition(HARD, HALF, engine="table")


@pytest.mark.parametrize(
    ("limits", "stopped"),
    [
        ({"seconds": 0}, "the time limit of 0 s was reached"),
        ({"seconds": 0.3}, "the time limit of 0.3 s was reached"),
        ({"work": 0}, "the work limit of 0 was reached"),
        ({"work": 0.01}, "the work limit of 0.01 was reached"),
    ],
    ids=str,
)
def test_a_limit_leaves_the_best_so_far_and_a_bound(limits: dict[str, Any], stopped: str) -> None:
    found = smallest_coalition(HARD, HALF, by=[COST], **limits)
    assert ("feasible", stopped) == (found.status, found.stopped)
    assert found.coalition is not None
    assert HALF <= found.bounds[0] < found.coalition.cost < 1.01 * HALF
    assert {Role.OPEN} == {role for _, role in found.roles}
    with pytest.raises(UsageError, match="cannot be listed before one is proved least"):
        every_smallest(found)


def test_even_with_no_time_it_is_known_without_whom_nothing_goes() -> None:
    given = [one("a", 10**9 + 7, veto=True), one("b", 10**9 + 9, joining=3), one("c", 5)]
    found = smallest_coalition(given, 2 * 10**9, by=[COST], engine="solver", seconds=0)
    assert ("a", "b") == found.pivotal


def test_the_same_work_gives_the_same_answer() -> None:
    first, second = (smallest_coalition(HARD, HALF, by=[COST], work=0.02) for _ in range(2))
    assert first == second


def test_a_list_that_is_cut_by_time_or_work_says_so(many_ties: Smallest) -> None:
    late = every_smallest(many_ties, seconds=0)
    assert (False, "the time limit of 0 s was reached") == (late.complete, late.stopped)
    tired = every_smallest(many_ties, work=0.01)
    assert (False, "the work limit of 0.01 was reached") == (tired.complete, tired.stopped)


INTERRUPTED = """
import os, signal, sys, threading, time
sys.path.insert(0, "tests")
from test_contribution_solver import COST, HALF, HARD
from servanda.contributors import smallest_coalition
import ortools.sat.python.cp_model

signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored

def interrupt_after(seconds):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()

interrupt_after(1)
found = smallest_coalition(HARD, HALF, by=[COST], work=1000)
print(found.status, found.stopped, HALF <= found.bounds[0] < found.coalition.cost)
try:
    interrupt_after(0.1)
    time.sleep(60)
except KeyboardInterrupt:
    print("Ctrl-C works as before")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal for itself")
def test_ctrl_c_leaves_the_best_so_far_and_works_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False
    )
    assert "feasible interrupted True\nCtrl-C works as before\n" == done.stdout, done.stderr


def test_ctrl_c_between_two_searches_leaves_the_best_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(contribution_solver, "_roles", interrupt)
    found = smallest_coalition(TROOPS, 25, engine="solver")
    assert ("optimal", "interrupted") == (found.status, found.stopped)
    monkeypatch.setattr(contributors, "_each", interrupt)
    listing = every_smallest(found)
    assert (False, "interrupted") == (listing.complete, listing.stopped)


def test_the_solver_runs_in_any_thread() -> None:
    found = smallest_coalition(TROOPS, 25, engine="solver")
    listings: list[Listing] = []
    thread = threading.Thread(target=lambda: listings.append(every_smallest(found)))
    thread.start()
    thread.join()
    assert [[("usa", "uk"), ("usa", "france")]] == [
        [each.members for each in listing.coalitions] for listing in listings
    ]


UNLOADED = """
import sys
from servanda.contributors import Contributor, every_smallest, smallest_coalition
every_smallest(smallest_coalition([Contributor(id="a", cap=3)], 2))
print([name for name in sys.modules if name.startswith("ortools")])
"""


def test_the_solver_is_not_loaded_where_a_table_suffices() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNLOADED], capture_output=True, text=True, check=False
    )
    assert "[]\n" == done.stdout, done.stderr
