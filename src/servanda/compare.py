"""Which plan sticks under whose beliefs: every plan of a case under every worldview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from signal import SIG_IGN, SIGINT, signal

from servanda.cells import Row, RowWork, own_cells
from servanda.conflict import Tick, silent
from servanda.errors import Stopped, UsageError
from servanda.extent import NEAREST_SECONDS
from servanda.missing_premises import Missing, missing_premises
from servanda.model import Case
from servanda.world_situations import Worlds

_GLANCE = 0.2  # seconds between two looks at what other processes have done


@dataclass(frozen=True, kw_only=True)
class Compared:
    """All plans of a case under all worldviews.

    Parameters
    ----------
    case
        The case.
    worldviews
        The columns; None is the base case, where no author has a view.
    rows
        One for each plan that has a target.
    missing
        Plans without a target, which nothing can be said of.
    premises
        For each plan that does not stick as its own author sees it, what would have to be added.
    stopped
        Why the work was stopped before its end; empty if it was not.
    """

    case: Case
    worldviews: tuple[str | None, ...]
    rows: tuple[Row, ...] = ()
    missing: tuple[str, ...] = ()
    premises: tuple[Missing, ...] = ()
    stopped: str = ""


def compare(
    case: Case,
    plans: Iterable[str] = (),
    worldviews: Iterable[str] = (),
    *,
    most_premises: int = 1,
    seconds: float = NEAREST_SECONDS,
    jobs: int = 1,
    tick: Tick = silent,
) -> Compared:
    """Return every plan under every worldview; what is known so far if `tick` stops the work.

    Parameters
    ----------
    case
        A case without faults, nothing laid over it.
    plans, worldviews
        Which ones; all where empty.
    most_premises
        How many missing premises to try together; 0 for none.
    seconds
        How long to look, for each cell, for the nearest package that sticks; 0 for not at all.
    jobs
        How many processes may work at once, each on one plan.
    tick
        Told how far the work is; may stop it.

    Raises
    ------
    UsageError
        If no plan has a target, or one named is not there.
    """
    chosen = tuple(plans) or tuple(case.plans)
    views: tuple[str | None, ...] = tuple(worldviews) or tuple(case.worldviews) or (None,)
    aimed = tuple(name for name in chosen if case.plans[name].target)
    if not aimed:
        raise UsageError("there is nothing to compare", "no plan has a target")
    work = tuple(RowWork(case, plan, views, seconds) for plan in aimed)
    rows: dict[str, Row] = {}
    premises: list[Missing] = []
    stopped = ""
    try:
        for row in _together(work, jobs, tick) if jobs > 1 else _one_by_one(work, tick):
            rows[row.plan] = row
        premises += _premises(case, rows.values(), most_premises, tick)
    except Stopped as error:
        stopped = str(error)
    except KeyboardInterrupt:
        stopped = "interrupted"
    return Compared(
        case=case,
        worldviews=views,
        rows=tuple(rows[plan] for plan in aimed if plan in rows),
        missing=tuple(name for name in chosen if name not in aimed),
        premises=tuple(premises),
        stopped=stopped,
    )


def _premises(case: Case, rows: Iterable[Row], most: int, tick: Tick) -> Iterator[Missing]:
    """Yield what is missing where a plan does not stick as its own author sees it."""
    worlds = Worlds(case)
    for cell in own_cells(case, rows).values() if most else ():
        if cell.sticks != "yes":
            yield missing_premises(worlds, cell.plan, cell.worldview, most=most, tick=tick)


def _one_by_one(work: Iterable[RowWork], tick: Tick) -> Iterator[Row]:
    for each in work:
        yield RowWork(each.case, each.plan, each.views, each.seconds, tick).row()


_passed: list[Synchronized[int]] = []  # in a process at work: what it shares with the others


def _begin(passed: Synchronized[int]) -> None:
    """Let a process count what it has passed; Ctrl-C is for the one that waits."""
    signal(SIGINT, SIG_IGN)
    _passed.append(passed)


def _count() -> None:
    (passed,) = _passed
    with passed.get_lock():
        passed.value += 1


def _row(work: RowWork) -> Row:
    return replace(work, passed=_count).row()


def _together(work: tuple[RowWork, ...], jobs: int, tick: Tick) -> Iterator[Row]:
    """Yield the rows as they come in from some processes; all of them end if `tick` stops."""
    processes = get_context("spawn")
    passed = processes.Value("L", 0)
    pool = ProcessPoolExecutor(
        min(jobs, len(work)), mp_context=processes, initializer=_begin, initargs=(passed,)
    )
    waiting: set[Future[Row]] = {pool.submit(_row, each) for each in work}
    stages = sum(each.stages for each in work)
    try:
        while waiting:
            done, waiting = wait(waiting, timeout=_GLANCE, return_when="FIRST_COMPLETED")
            for each in done:
                yield each.result()
            plans = f"plans worked out: {len(work) - len(waiting)}"
            tick(f"{plans}; worlds and views: {passed.value:,} of {stages:,}")
    finally:
        workers = list(pool._processes.values()) if waiting else []  # noqa: SLF001 - no other way
        pool.shutdown(wait=not waiting, cancel_futures=True)
        for process in workers:
            process.terminate()
