"""Ctrl-C while a solver works: it ends the search, and works afterwards as it did before."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from ortools.sat.python import cp_model

from servanda.interruption import solved

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.fixture(autouse=True)
def _heeding() -> Iterator[None]:
    """Let Ctrl-C be heeded, as it is not where tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@dataclass
class Slow:
    """A solver during whose work Ctrl-C is pressed."""

    code: str
    waits: bool = True
    pressed: bool = True
    parameters: Any = field(default_factory=SimpleNamespace)
    stopped: threading.Event = field(default_factory=threading.Event)

    def solve(self, _model: object, _callback: object) -> str:
        if self.pressed:
            signal.raise_signal(signal.SIGINT)
        if self.waits:
            assert self.stopped.wait(20)
        return self.code

    def stop_search(self) -> None:
        self.stopped.set()

    def status_name(self, code: str) -> str:
        return code


def run(slow: Slow) -> Any:
    solver: Any = slow
    return solved(solver, cp_model.CpModel())


def test_ctrl_c_stops_the_search_and_what_it_found_is_kept() -> None:
    before = signal.getsignal(signal.SIGINT)
    slow = Slow("FEASIBLE")
    assert "FEASIBLE" == run(slow)
    assert slow.stopped.is_set()
    assert not slow.parameters.catch_sigint_signal
    assert before == signal.getsignal(signal.SIGINT)
    assert -1 == signal.set_wakeup_fd(-1)


@pytest.mark.parametrize("code", ["OPTIMAL", "INFEASIBLE"])
def test_ctrl_c_is_not_lost_where_a_search_ends_by_itself(code: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Slow(code, waits=False))
    assert "UNKNOWN" == run(Slow("UNKNOWN", waits=False, pressed=False))


def test_a_search_in_another_thread_leaves_ctrl_c_alone() -> None:
    found: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    slow = Slow("FEASIBLE", waits=False, pressed=False)
    thread = threading.Thread(target=lambda: found.append(run(slow)))
    thread.start()
    thread.join()
    assert ["FEASIBLE"] == found
    assert before == signal.getsignal(signal.SIGINT)


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert "FEASIBLE" == run(Slow("FEASIBLE", waits=False))
        assert signal.SIG_IGN == signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
