"""Of every package: who changes something in it, who signs, refuses, gains, and who would leave.

Sets of parties are written as bits, in the order of the case, so that millions of packages fall
into few kinds that differ in these sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from servanda.acceptance import signs
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.settlements import States, Survey
from servanda.stability import Concept
from servanda.states import Cells, Truth

MOST_PARTIES: Final = 62
"""Parties that fit a whole number as bits."""

Bits = NDArray[np.int64]
"""Sets of parties, one bit each."""


@dataclass(frozen=True)
class Stances:
    """Where every party stands on every package.

    Parameters
    ----------
    survey
        All packages, with engine and no deal.
    near
        Of equally good packages the one nearest to one of these states is shown, counted in
        terms; where none is given, the one that changes the fewest options.
    """

    survey: Survey
    near: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.parties)
        if count > MOST_PARTIES:
            message = f"{count} parties are more than {MOST_PARTIES}"
            raise UsageError(message, "ask the solver: --engine solver")

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """Every party, in file order: the first has the lowest bit."""
        return self.survey.situation.conflict.parties

    @property
    def packages(self) -> States:
        """All packages."""
        return self.survey.packages

    def bits(self, parties: Iterable[PartyId]) -> int:
        """Return a set of parties as bits."""
        chosen = set(parties)
        return sum(1 << place for place, p in enumerate(self.parties) if p in chosen)

    def named(self, bits: int) -> tuple[PartyId, ...]:
        """Return the parties of some bits."""
        return tuple(p for place, p in enumerate(self.parties) if bits >> place & 1)

    # ------------------------------------------------------------------ one set per package

    @cached_property
    def owners(self) -> Bits:
        """Who owns, or is partner of, an option that takes an agreement to stand as it does.

        That is one at another level than at the start, and than in every outcome without a deal;
        spoilers are left out.
        """
        situation = self.survey.situation
        found = np.zeros(len(self.packages), np.int64)
        for name, option in situation.case.options.items():
            who = self.bits(set(option.owners) - situation.spoilers)
            level = situation.space.column(self.packages, name)
            found |= np.where(np.isin(level, self.survey.no_deal.unmoved(situation, name)), 0, who)
        return found

    @cached_property
    def signing(self) -> Bits:
        """Who must sign by the rule of the case."""
        return self._gathered([signs(self.survey.situation, party) for party in self.parties])

    @cached_property
    def sure(self) -> Bits:
        """Who does at least as well as in every outcome without a deal."""
        return self._gathered(
            [
                self._values(party) >= max(high for _, high in self.survey.no_deal.bounds(party))
                for party in self.parties
            ]
        )

    @cached_property
    def gaining(self) -> Bits:
        """Who does better than in some outcome without a deal."""
        return self._gathered(
            [
                self._values(party) > min(high for _, high in self.survey.no_deal.bounds(party))
                for party in self.parties
            ]
        )

    @cached_property
    def leaving(self) -> Bits:
        """Who would leave: is neither firm nor guarded."""
        grid = self.survey.grid
        return self._gathered([~grid.stable(party, Concept.SEQ) for party in self.parties])

    def _values(self, party: PartyId) -> Cells:
        return self.survey.situation.conflict.payoffs[party].lean

    def _gathered(self, truths: Sequence[Truth]) -> Bits:
        """Return truths over all states, one a party, as bits over the packages."""
        found = np.zeros(len(self.packages), np.int64)
        for place, truth in enumerate(truths):
            here = np.broadcast_to(truth, self.survey.situation.space.shape)
            found |= here.reshape(-1)[self.packages].astype(np.int64) << place
        return found

    @cached_property
    def signed(self) -> Truth:
        """Where somebody whose acceptance counts gains by the package.

        That is whoever must sign, and whoever of a quota accepts.
        """
        of = self.bits(self.survey.situation.case.signatories.of)
        counted = self.signing | self.sure & of
        return np.asarray((self.gaining & counted) != 0)

    # ------------------------------------------------------------------ kinds of packages

    @cached_property
    def distance(self) -> NDArray[np.int64]:
        """How far each package is from what is wanted: see `near`."""
        situation = self.survey.situation
        space = situation.space
        if not self.near:
            return space.distances(self.packages, situation.start)
        fewest = np.full(len(self.packages), len(space.options) + 1, np.int64)
        for state in self.near:
            differ = np.zeros(len(self.packages), np.int64)
            for option in situation.terms:
                differ += space.column(self.packages, option) != space.level(state, option)
            fewest = np.minimum(fewest, differ)
        return fewest

    def kinds(self, fit: Truth, *sets: Bits) -> Kinds:
        """Return the combinations of some sets that occur among some packages, each once.

        Parameters
        ----------
        fit
            Boolean over the packages: which of them to look at.
        sets
            What makes two packages of one kind: to have all of these in common.
        """
        places = np.flatnonzero(fit)
        keys = [each[places] for each in sets]
        order = np.lexsort((self.packages[places], self.distance[places], *keys[::-1]))
        ordered = [key[order] for key in keys]
        new = np.ones(len(order), np.bool_)
        if len(order):
            new[1:] = np.any([key[1:] != key[:-1] for key in ordered], axis=0)
        first = np.flatnonzero(new)
        best = places[order[first]]
        return Kinds(
            sets=tuple(key[first] for key in ordered),
            counts=np.diff(np.append(first, len(order))),
            states=self.packages[best],
            distances=self.distance[best],
        )


@dataclass(frozen=True)
class Kinds:
    """Kinds of packages: combinations of sets of parties, each once.

    Parameters
    ----------
    sets
        The sets asked for, one entry a kind.
    counts
        How many packages are of each kind.
    states, distances
        The first of each: the nearest, then the first in the order of states.
    """

    sets: tuple[Bits, ...]
    counts: NDArray[Any]
    states: States
    distances: NDArray[np.int64]

    def of(self, fit: Truth) -> tuple[int, int | None]:
        """Return how many packages are of some kinds, and the nearest of them."""
        if not fit.any():
            return 0, None
        chosen = np.flatnonzero(fit)
        best = chosen[np.lexsort((self.states[chosen], self.distances[chosen]))[0]]
        return int(self.counts[chosen].sum()), int(self.states[best])
