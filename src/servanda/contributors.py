"""Which contributors together reach a quota: the fewest of them, or those that cost least.

A coalition holds everybody with a veto and can give the quota; a minimum coalition is one that no
other beats.  A table over what is still needed finds it and counts the ties; where the numbers are
too large for a table, OR-Tools CP-SAT does, with an incumbent and a bound at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from servanda.budget import Budget
from servanda.contribution_solver import SEED, by_solver, each_by_solver
from servanda.contribution_table import Table, by_table, fits
from servanda.errors import UsageError, did_you_mean
from servanda.model import PartyId
from servanda.quota import (
    Amount,
    Coalition,
    Contributor,
    Found,
    Measure,
    Places,
    Quota,
    Role,
    WholeQuota,
)

__all__ = [
    "SEED",
    "WORK",
    "Amount",
    "Coalition",
    "Contributor",
    "Listing",
    "Measure",
    "NoCoalition",
    "Places",
    "Quota",
    "Role",
    "Smallest",
    "every_smallest",
    "smallest_coalition",
]

WORK: Final = 10.0
"""What the solver may do by default, in its own units: from some seconds to about a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCoalition:
    """Why no coalition reaches the quota.

    Parameters
    ----------
    vetoes
        Who has a veto and stays out.
    short
        By how much all caps together miss the quota; zero if they do not.
    """

    vetoes: tuple[PartyId, ...]
    short: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """A minimum coalition, or the best found so far, or why there is none.

    Parameters
    ----------
    quota
        The question.
    method
        How it was answered.
    coalition
        The one found; among equals it is also least in the measure not asked for.
    bounds
        For each measure asked for: among the coalitions least in the measures before it, none has
        less than this.
    none
        Why there is none; a proof.
    roles
        In which minimum coalitions each contributor is, as far as that is proved.
    ties
        How many minimum coalitions there are; None where they were not counted.
    stopped
        What cut the work short: a limit, or an interrupt; empty if nothing did.
    """

    quota: Quota
    method: Literal["arithmetic", "table", "solver"]
    coalition: Coalition | None
    bounds: tuple[Fraction, ...]
    none: NoCoalition | None
    roles: tuple[tuple[PartyId, Role], ...]
    ties: int | None
    stopped: str

    @property
    def status(self) -> Literal["optimal", "feasible", "infeasible"]:
        """Whether a least coalition is proved, one is found, or there is proved to be none."""
        if self.coalition is None:
            return "infeasible"
        found = tuple(self.coalition.value(measure) for measure in self.quota.by)
        return "optimal" if found == self.bounds else "feasible"

    @property
    def proved(self) -> bool:
        """Whether the answer is final."""
        return self.status != "feasible"

    def those(self, role: Role) -> tuple[PartyId, ...]:
        """Return the contributors of one role, as they were listed."""
        return tuple(who for who, had in self.roles if had is role)

    @property
    def pivotal(self) -> tuple[PartyId, ...]:
        """Who is proved to be in every minimum coalition; every veto is."""
        return self.those(Role.PIVOTAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The minimum coalitions, each once.

    Parameters
    ----------
    smallest
        What was found before.
    coalitions
        Those listed, in the order in which their members were.
    limit
        The most to be listed; None for all.
    complete
        Whether these are proved to be all.
    stopped
        What cut the list short: the limit, another limit, or an interrupt; empty if nothing did.
    """

    smallest: Smallest
    coalitions: tuple[Coalition, ...]
    limit: int | None
    complete: bool
    stopped: str


def smallest_coalition(
    contributors: Sequence[Contributor],
    quota: Amount,
    *,
    by: Sequence[Measure] = (Measure.MEMBERS,),
    without: Iterable[PartyId] = (),
    engine: Literal["auto", "table", "solver"] = "auto",
    seconds: float | None = None,
    work: float = WORK,
) -> Smallest:
    """Find a coalition that reaches the quota and that none beats.

    By members alone, cost does not matter; by cost alone, whoever may join for nothing is in some
    minimum coalitions and out of others.  By cost and then by members nobody is idle but vetoes.

    Parameters
    ----------
    contributors
        Who can give how much.
    quota
        What is to be given together.
    by
        What is to be least, most important first.
    without
        Who stays out, whatever happens.
    engine
        ``table`` needs a cell for each contributor and step of the quota, twenty million at most;
        ``auto`` leaves what does not fit to the ``solver``.
    seconds
        How long the solver may take by the clock.
    work
        How much the solver may do, in its own units: the same end on every machine.

    Returns
    -------
    Smallest
        With the coalition and bounds so far if a limit or Ctrl-C came first.

    Raises
    ------
    UsageError
        If the question makes no sense, or its numbers do not fit the engine.

    References
    ----------
    [R1962]_ for the idea that coalitions are no larger than they need be; [MT1990]_ for the table
    and for the bound by fractions of contributors.

    Examples
    --------
    >>> troops = [Contributor(id=PartyId(who), cap=cap) for who, cap in [("a", 5), ("b", 4)]]
    >>> found = smallest_coalition(troops, 7)
    >>> found.coalition.members, found.pivotal, found.status
    (('a', 'b'), ('a', 'b'), 'optimal')
    """
    question = _question(contributors, quota, by, without)
    none = _no_coalition(question)
    if none is not None:
        return Smallest(
            quota=question,
            method="arithmetic",
            coalition=None,
            bounds=(),
            none=none,
            roles=(),
            ties=0,
            stopped="",
        )
    whole = WholeQuota.of(question)
    if engine == "table" or (engine == "auto" and fits(whole)):
        return _answer(whole, "table", by_table(whole))
    return _answer(whole, "solver", by_solver(whole, Budget.of(seconds, work)))


def every_smallest(
    smallest: Smallest,
    *,
    limit: int | None = None,
    seconds: float | None = None,
    work: float = WORK,
) -> Listing:
    """List every minimum coalition once, by the same engine.

    Parameters
    ----------
    smallest
        What `smallest_coalition` found.
    limit
        The most to list; None for all.
    seconds, work
        As for `smallest_coalition`.

    Raises
    ------
    UsageError
        If the least is not proved yet.

    Examples
    --------
    >>> troops = [Contributor(id=PartyId(who), cap=4) for who in ("a", "b", "c")]
    >>> listing = every_smallest(smallest_coalition(troops, 7), limit=2)
    >>> [one.members for one in listing.coalitions], listing.stopped
    ([('a', 'b'), ('a', 'c')], 'the limit of 2 was reached')
    """
    if not smallest.proved:
        raise UsageError(
            "the minimum coalitions cannot be listed before one is proved least",
            "give smallest_coalition more time or work",
        )
    if limit is not None and limit < 0:
        raise UsageError(f"a list cannot have {limit} entries", "write 0 or more, or leave it out")
    budget = Budget.of(seconds, work)
    whole = WholeQuota.of(smallest.quota)
    found: list[Places] = []
    try:
        for places in _each(smallest, whole, budget):
            if budget.late or len(found) == limit:
                budget.stopped = budget.stopped or f"the limit of {limit} was reached"
                break
            found.append(places)
    except KeyboardInterrupt:
        budget.stopped = "interrupted"
    at = {one.id: place for place, one in enumerate(smallest.quota.contributors)}
    listed = (whole.coalition(places) for places in found)
    return Listing(
        smallest=smallest,
        coalitions=tuple(sorted(listed, key=lambda one: [at[who] for who in one.members])),
        limit=limit,
        complete=not budget.stopped,
        stopped=budget.stopped,
    )


def _question(
    contributors: Sequence[Contributor],
    quota: Amount,
    by: Sequence[Measure],
    without: Iterable[PartyId],
) -> Quota:
    """Return the question, or say what is wrong with it."""
    names = [one.id for one in contributors]
    out = frozenset(without)
    _check_amount("the quota", quota)
    for number, one in enumerate(contributors):
        if one.id in names[:number]:
            raise UsageError(f'"{one.id}" is listed twice', "give each contributor its own id")
        for what, amount in (("cap", one.cap), ("each", one.each), ("joining", one.joining)):
            _check_amount(f'{what} of "{one.id}"', amount)
    for who in sorted(out.difference(names)):
        raise UsageError(f'"{who}" is no contributor', did_you_mean(who, names))
    if not by or len(set(by)) < len(by):
        raise UsageError("what is to be least is not clear", "name each measure once")
    return Quota(
        contributors=tuple(contributors),
        amount=Fraction(quota),
        by=tuple(Measure(measure) for measure in by),
        without=out,
    )


def _check_amount(what: str, amount: Amount) -> None:
    """Refuse what is not an exact number of at least zero."""
    if not isinstance(amount, int | Fraction):
        raise UsageError(f"{what} is {amount!r}", 'write it exactly, as 3 or Fraction("0.3")')
    if amount < 0:
        raise UsageError(f"{what} is {amount}", "write 0 or more")


def _no_coalition(question: Quota) -> NoCoalition | None:
    """Return why no coalition reaches the quota, or None if that of all the willing does."""
    vetoes = (one for one in question.contributors if one.veto)
    absent = tuple(one.id for one in vetoes if one.id in question.without)
    together = sum((Fraction(one.cap) for one in question.willing), Fraction(0))
    short = max(question.amount - together, Fraction(0))
    return NoCoalition(vetoes=absent, short=short) if absent or short else None


def _answer(whole: WholeQuota, method: Literal["table", "solver"], found: Found) -> Smallest:
    """Return what was found in the user's own numbers, in the order of the contributors."""
    question = whole.question
    bounds = zip(question.by, found.bounds, strict=True)
    return Smallest(
        quota=question,
        method=method,
        coalition=whole.coalition(found.places),
        bounds=tuple(bound * whole.worth(measure) for measure, bound in bounds),
        none=None,
        roles=tuple((one.id, found.roles[one.id]) for one in question.willing),
        ties=found.ties,
        stopped=found.stopped,
    )


def _each(smallest: Smallest, whole: WholeQuota, budget: Budget) -> Iterator[Places]:
    """Give each minimum coalition once, by the engine that found the first."""
    if smallest.coalition is None:
        return
    if smallest.method == "table":
        yield from Table(whole, smallest.quota.by).walk()
        return
    members = smallest.coalition.members
    best = frozenset(place for place, one in enumerate(whole.who) if one.id in members)
    yield from each_by_solver(whole, best, budget)
