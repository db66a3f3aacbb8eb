"""Why nothing is acceptable, or nothing sticks: what would have to give, and whose.

The least that the signatories would have to concede; a set of parties that together exclude every
package, none of them needless; and for each party alone, what its giving way would make stick.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from servanda.concessions import Concession, Measure, Shares, conceding, shares, taken
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.settlements import Survey
from servanda.situation import Situation
from servanda.stances import Kinds, Stances
from servanda.states import Truth

if TYPE_CHECKING:
    from servanda.relaxation_search import RelaxationSearched
    from servanda.searched import Searched

_FIRST = 0.3  # of the time goes into whether anything sticks

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


class Waiver(StrEnum):
    """What one party no longer insists on."""

    SIGNATURE = "signature"
    STAYING = "staying"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The package for which least must be conceded.

    Parameters
    ----------
    measure
        What is least: the sum of what is conceded, the most that one party concedes, or how many
        concede at all, who could as well be left out.
    status
        ``optimal``: proved least; ``feasible``: there may be less; ``infeasible``: proved that no
        concession helps; ``unknown``.
    state
        The package; None if there is none, or none is known.
    value, bound
        What is conceded, and the least that it could be: millionths, or a number of parties; None
        where nothing is known.
    concessions
        Who falls short there, and how far.
    """

    measure: Measure
    status: Status
    state: int | None = None
    value: int | None = None
    bound: int | None = None
    concessions: tuple[Concession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """Parties that together exclude every package, whatever all others put up with.

    Parameters
    ----------
    members
        Each with a package that would stick for all other members, and so proves that the set
        does not block without it; None where none is known.
    proved
        Whether it is proved that the set blocks, and that no member is needless.
    """

    members: tuple[tuple[PartyId, int | None], ...]
    proved: bool

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """The members, in file order."""
        return tuple(party for party, _ in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblocked:
    """What sticks for all others once one party waives something.

    Parameters
    ----------
    party, waiver
        Who, and what.
    packages
        How many packages then stick; None where they were not counted.
    state
        The nearest of them; None if there is none, or none is known.
    proved
        Whether a "none" is proved.
    """

    party: PartyId
    waiver: Waiver
    packages: int | None
    state: int | None
    proved: bool = True


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """What would have to give for something to stick.

    Parameters
    ----------
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    near
        What the packages shown should be near to; nothing for fewest changes.
    sticks
        A package that sticks as things are: then nothing has to give; None if there is none, or
        none is known.
    proved
        Whether it is known for certain if anything sticks.
    to_stick
        The least concessions with which some package sticks: nobody would leave it.
    to_sign
        The same where only signing is asked for, whoever may leave afterwards.
    blocking
        A minimal blocking set; None where something sticks.  Without members: even if nobody
        insisted on anything, no package would make anybody better off who must sign.
    unblocked
        For each party alone; nothing where something sticks.
    method
        ``grid``: every package looked at; ``solver``.
    firm_only
        Whether all but `to_sign` is about firm packages only, because whether a guarded package
        sticks was not settled.
    stopped
        Why the work ended early; empty if it did not.
    """

    situation: Situation
    no_deal: NoDeal
    near: tuple[int, ...]
    sticks: int | None
    proved: bool
    to_stick: tuple[Least, ...]
    to_sign: tuple[Least, ...]
    blocking: Blocking | None
    unblocked: tuple[Unblocked, ...]
    method: Literal["grid", "solver"]
    firm_only: bool = False
    stopped: str = ""

    @cached_property
    def keys(self) -> tuple[PartyId, ...]:
        """Parties whose giving way alone makes something stick: they are in every blocking set."""
        both = {each.party for each in self.unblocked if each.state is not None}
        return tuple(party for party in self.situation.conflict.parties if party in both)


def what_must_give(survey: Survey | Searched, *, near: Iterable[int] = ()) -> Relaxation:
    """Find what would have to give for a package to stick.

    Parameters
    ----------
    survey
        All packages, or the solver's search where there are too many.
    near
        States, such as a target's, that the packages shown should be near to.
    """
    if isinstance(survey, Survey):
        return _by_grid(survey, tuple(near))
    return _by_solver(survey, tuple(near))


# --------------------------------------------------------------------------- on arrays


def _by_grid(survey: Survey, near: tuple[int, ...]) -> Relaxation:
    """Look at every package once, then at what kinds of them there are."""
    stances = Stances(survey, near)
    conceded = _Conceded(stances)
    waived = _Waived(stances)
    count, state = waived.sticking(0, 0)
    return Relaxation(
        situation=survey.situation,
        no_deal=survey.no_deal,
        near=near,
        sticks=state,
        proved=True,
        to_stick=conceded.least(stances.signed & (stances.leaving == 0)),
        to_sign=conceded.least(stances.signed),
        blocking=None if count else waived.blocking(),
        unblocked=() if count else waived.unblocked(),
        method="grid",
    )


@dataclass(frozen=True)
class _Conceded:
    """What every package costs those whom it takes to sign."""

    stances: Stances

    def least(self, fit: Truth) -> tuple[Least, ...]:
        """Return, for each measure, the package of some for which least must be conceded."""
        if not fit.any():
            return tuple(Least(measure=each, status="infeasible") for each in Measure)
        return tuple(self._least(measure, np.flatnonzero(fit)) for measure in Measure)

    def _least(self, measure: Measure, places: Shares) -> Least:
        values = self.values[measure][places]
        stances = self.stances
        best = np.lexsort((stances.packages[places], stances.distance[places], values))[0]
        state, value = int(stances.packages[places[best]]), int(values[best])
        survey = stances.survey
        return Least(
            measure=measure,
            status="optimal",
            state=state,
            value=value,
            bound=value,
            concessions=conceding(survey.situation, survey.no_deal, state),
        )

    @cached_property
    def values(self) -> dict[Measure, Shares]:
        """What each package takes, by each measure."""
        each = self._each
        return {
            Measure.TOTAL: self._joined(each, np.add),
            Measure.MOST: self._joined(each, np.maximum),
            Measure.LEFT_OUT: self._joined([np.minimum(share, 1) for share in each], np.add),
        }

    @cached_property
    def _each(self) -> list[Shares]:
        survey, packages = self.stances.survey, self.stances.packages
        return [
            shares(survey.situation, survey.no_deal, party, packages)
            for party in self.stances.parties
        ]

    def _joined(self, each: Sequence[Shares], join: np.ufunc) -> Shares:
        """Return the shares of all who must sign, and of as many members as a quota lacks."""
        stances, rule = self.stances, self.stances.survey.situation.case.signatories
        found = np.zeros(len(stances.packages), np.int64)
        missing = np.full(len(stances.packages), rule.at_least or 0)
        further: list[Shares] = []
        for place, (party, share) in enumerate(zip(stances.parties, each, strict=True)):
            must = (stances.signing >> place & 1).astype(np.bool_)
            found = join(found, np.where(must, share, 0))
            if party in rule.of:
                missing -= must
                further.append(np.where(must, np.iinfo(np.int64).max, share))
        if not further:
            return found
        rising = np.sort(np.array(further), axis=0)
        for place, share in enumerate(rising):
            found = join(found, np.where(missing > place, share, 0))
        return found


@dataclass(frozen=True)
class _Waived:
    """What sticks once some parties need not accept, or need not stay."""

    stances: Stances

    @cached_property
    def _quota(self) -> tuple[int, int]:
        rule = self.stances.survey.situation.case.signatories
        return rule.at_least or 0, self.stances.bits(rule.of) if rule.at_least else 0

    @cached_property
    def kinds(self) -> Kinds:
        """Packages somebody gains by: who would leave, who refuses, which members accept."""
        stances = self.stances
        _, of = self._quota
        refusing = stances.signing & ~stances.sure
        return stances.kinds(stances.signed, stances.leaving, refusing, stances.sure & of)

    def sticking(self, free: int, gone: int) -> tuple[int, int | None]:
        """Return how many packages stick, and the nearest, if some parties waive something.

        Parameters
        ----------
        free, gone
            Who need not accept, and who need not stay; as bits.
        """
        least, of = self._quota
        leaving, refusing, accepting = self.kinds.sets
        fit = (leaving & ~gone == 0) & (refusing & ~free == 0)
        fit &= np.bitwise_count(accepting | free & of) >= least
        return self.kinds.of(fit)

    def blocking(self) -> Blocking:
        """Drop one party after another that the rest block without, the last first."""
        everybody = self.stances.bits(self.stances.parties)
        kept = everybody
        for party in reversed(self.stances.parties):
            rest = kept & ~self.stances.bits([party])
            if not self.sticking(everybody & ~rest, everybody & ~rest)[0]:
                kept = rest
        members = []
        for party in self.stances.named(kept):
            waived = everybody & ~kept | self.stances.bits([party])
            members.append((party, self.sticking(waived, waived)[1]))
        return Blocking(members=tuple(members), proved=True)

    def unblocked(self) -> tuple[Unblocked, ...]:
        """Return what each party alone could unblock."""
        found = []
        for party in self.stances.parties:
            me = self.stances.bits([party])
            for waiver in Waiver:
                free = 0 if waiver is Waiver.STAYING else me
                gone = 0 if waiver is Waiver.SIGNATURE else me
                count, state = self.sticking(free, gone)
                found.append(Unblocked(party=party, waiver=waiver, packages=count, state=state))
        return tuple(found)


# --------------------------------------------------------------------------- by the solver


def _by_solver(survey: Searched, near: tuple[int, ...]) -> Relaxation:
    """Ask the solver one question after another, the most wanted first."""
    from servanda.relaxation_search import RelaxationSearched  # noqa: PLC0415  # slow to import

    search = RelaxationSearched(
        survey.situation,
        survey.no_deal,
        near,
        seed=survey.seed,
        seconds=survey.seconds,
        tick=survey.tick,
    )
    state, known = search.sticking(share=_FIRST)
    settled = known
    if not known:
        search.firm_only = True
        _, settled = search.sticking()
    blocking = _blocking_by(search, proved=settled) if state is None else None
    to_sign = tuple(_asked(search, measure, stays=False) for measure in Measure)
    to_stick = tuple(_asked(search, measure, stays=True) for measure in Measure)
    return Relaxation(
        situation=survey.situation,
        no_deal=survey.no_deal,
        near=near,
        sticks=state,
        proved=known,
        to_stick=to_stick,
        to_sign=to_sign,
        blocking=blocking,
        unblocked=() if blocking is None else _unblocked_by(search, blocking),
        firm_only=search.firm_only,
        method="solver",
        stopped=search.stopped,
    )


def _asked(search: RelaxationSearched, measure: Measure, *, stays: bool) -> Least:
    """Return the least concessions that the solver finds, counted again by looking at them."""
    ask = search.least_to_stick if stays else search.least_to_sign
    state, bound, status = ask(measure)
    if state is None:
        return Least(measure=measure, status=status, bound=bound)
    concessions = conceding(search.situation, search.no_deal, state)
    value = taken(measure, concessions)
    if status == "optimal" and value != bound:
        raise AssertionError("the solver and the local count disagree on a concession")
    return Least(
        measure=measure,
        status=status,
        state=state,
        value=value,
        bound=bound,
        concessions=concessions,
    )


def _blocking_by(search: RelaxationSearched, *, proved: bool) -> Blocking:
    """Drop one party after another that the rest are proved to block without, the last first."""
    parties = search.situation.conflict.parties
    if not proved:
        return Blocking(members=tuple((party, None) for party in parties), proved=False)
    kept, witnesses = list(parties), dict[PartyId, int | None]()
    for party in reversed(parties):
        waived = [p for p in parties if p not in kept or p == party]
        state, known = search.sticking(waived, waived)
        if state is None and known:
            kept.remove(party)
            continue
        witnesses[party] = state
        proved &= known
    members = tuple((party, witnesses[party]) for party in kept)
    return Blocking(members=members, proved=proved)


def _unblocked_by(search: RelaxationSearched, blocking: Blocking) -> tuple[Unblocked, ...]:
    """Ask for each party alone what its giving way would make stick.

    Who is not in a blocking set cannot unblock anything alone; and who cannot by waiving both
    cannot by waiving either.
    """
    found = []
    for party in search.situation.conflict.parties:
        states: dict[Waiver, tuple[int | None, bool]] = dict.fromkeys(Waiver, (None, True))
        if party in blocking.parties:
            states[Waiver.BOTH] = search.sticking((party,), (party,))
        if states[Waiver.BOTH] != (None, True):
            states[Waiver.SIGNATURE] = search.sticking((party,), ())
            states[Waiver.STAYING] = search.sticking((), (party,))
        for waiver, (state, known) in states.items():
            found.append(
                Unblocked(party=party, waiver=waiver, packages=None, state=state, proved=known)
            )
    return tuple(found)
