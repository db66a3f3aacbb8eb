"""Ctrl-C while a solver works: it ends the search, and works afterwards as it did before."""

from __future__ import annotations

import signal
import socket
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_AGAIN = 0.05  # seconds after which a search that has only just begun is told once more


def solved(
    solver: cp_model.CpSolver,
    model: cp_model.CpModel,
    callback: cp_model.CpSolverSolutionCallback | None = None,
) -> Any:
    """Solve, and return the solver's status; Ctrl-C ends the search.

    OR-Tools can catch Ctrl-C itself, and then leaves another handler behind.  So it is told not
    to, and a thread tells it to stop.  Who ignores Ctrl-C, as work in the background does, goes on
    ignoring it.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came and the search was over by itself before it could be ended.
    """
    solver.parameters.catch_sigint_signal = False
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) in {signal.SIG_IGN, signal.SIG_DFL, None}:
        return solver.solve(model, callback)
    watch = _Watch(solver)
    try:
        code = solver.solve(model, callback)
    finally:
        watch.end()
    if watch.interrupted and solver.status_name(code) in {"OPTIMAL", "INFEASIBLE"}:
        signal.raise_signal(signal.SIGINT)
    return code


class _Watch:
    """A thread that ends a search when Ctrl-C is pressed."""

    def __init__(self, solver: cp_model.CpSolver) -> None:
        self.interrupted = False
        self._solver, self._over = solver, threading.Event()
        self._heard, self._told = socket.socketpair()
        self._told.setblocking(False)
        self._before = signal.signal(signal.SIGINT, self._note)
        self._fd = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupted = True

    def _listen(self) -> None:
        """Wait for Ctrl-C, then tell the solver until it has stopped."""
        while signals := self._heard.recv(1):
            while signal.SIGINT in signals and not self._over.wait(_AGAIN):
                self._solver.stop_search()

    def end(self) -> None:
        """Let Ctrl-C do again what it did before."""
        self._over.set()
        signal.set_wakeup_fd(self._fd)
        signal.signal(signal.SIGINT, self._before)
        self._told.close()
        self._thread.join()
        self._heard.close()
