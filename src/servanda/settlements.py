"""All packages at once: which stick, and in what order the others come near.

A package is a feasible state in which the plan's commitments stand, reachable from the start.
Order: sticks; surely, perhaps, no; grade; undominated for its signatories; leximin of their
standing; fewest changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from servanda.acceptance import Acceptable, How, acceptance, signs
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import UsageError
from servanda.grid import Grid
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.play import reachable
from servanda.roadmap import Exchange, Roadmap, roadmap, smallest_exchange
from servanda.selfenforcement import PartyGrade, grades
from servanda.situation import Situation
from servanda.stability import Concept, Grade, grade_of
from servanda.states import Truth
from servanda.temptation import on_arrays

BEST: tuple[How, ...] = get_args(How)
States = NDArray[np.int64]


@dataclass(frozen=True)
class Survey:
    """Every package of a situation, with its verdict.

    Parameters
    ----------
    grid, situation, no_deal
        The engine, the case under its plan, and where it goes without agreement.
    best
        ``maximin``, ``nash`` or ``total`` gain in points instead of leximin standing.
    apart
        In how many terms at least each of the first packages differs from those before it.
    tick
        Told what is being computed.
    """

    grid: Grid
    situation: Situation
    no_deal: NoDeal
    best: How | None = None
    apart: int = 0
    tick: Tick = silent

    @cached_property
    def is_package(self) -> Truth:
        """Where a state is a package; flattened."""
        situation = self.situation
        return reachable(situation.conflict, situation.start, situation.commitments)

    @cached_property
    def packages(self) -> States:
        """All packages."""
        return np.flatnonzero(self.is_package)

    @cached_property
    def acceptable(self) -> NDArray[np.int8]:
        """Rank of acceptability of every state; flattened."""
        surely, perhaps = acceptance(self.situation, self.no_deal)
        ranks = np.where(surely, Acceptable.SURELY.rank, Acceptable.NO.rank).astype(np.int8)
        ranks[perhaps & ~surely] = Acceptable.PERHAPS.rank
        return ranks.reshape(-1)

    @cached_property
    def grade(self) -> NDArray[np.int8]:
        """Rank of the worst party's grade in every state; flattened."""
        ranks = np.full(self.situation.space.size, Grade.BREAKS.rank, dtype=np.int8)
        for concept, grade in (
            (Concept.GMR, Grade.BRITTLE),
            (Concept.SEQ, Grade.GUARDED),
            (Concept.NASH, Grade.FIRM),
        ):
            ranks[self.grid.equilibria(concept).reshape(-1)] = grade.rank
        return ranks

    @cached_property
    def sticks(self) -> Truth:
        """Where a package sticks; flattened."""
        return np.asarray(
            self.is_package
            & (self.acceptable == Acceptable.SURELY.rank)
            & (self.grade <= Grade.GUARDED.rank)
        )

    @cached_property
    def sticking(self) -> States:
        """All packages that stick."""
        return np.flatnonzero(self.sticks)

    def first(self, limit: int) -> list[int]:
        """Return the first packages in order: those that stick, then near misses."""
        return self._first(self.packages, limit, self.apart)

    def _first(self, states: States, limit: int, apart: int = 0) -> list[int]:
        """Return the first of some packages in order, each so many terms from those before it."""
        classes = (self.acceptable[states].astype(np.int64) * 8 + self.grade[states]) + np.where(
            self.sticks[states], 0, 64
        )
        chosen: list[int] = []
        for rank in np.unique(classes):
            if len(chosen) >= limit:
                break
            self.tick("order of packages")
            for state in self._ordered(states[classes == rank]):
                if not apart or all(self._between(state, other) >= apart for other in chosen):
                    chosen.append(state)
                if len(chosen) >= limit:
                    break
        return chosen

    def _between(self, state: int, other: int) -> int:
        """Return in how many terms two packages differ."""
        return len(self.situation.space.changes(state, other).keys() & set(self.situation.terms))

    # --------------------------------------------------------------------- within a class

    def _ordered(self, states: States) -> list[int]:
        """Return packages of one class in order."""
        signing = self._signing(states)
        changes = self._changes(states)
        if self.best:
            gain = self._gain(signing, states)
            order = sorted(range(len(states)), key=lambda n: (-gain[n], changes[n], states[n]))
            return [int(states[n]) for n in order]
        dominated = self._dominated(states, signing)
        standing = self._standing(states)
        ascending = np.sort(np.where(signing, standing, 1.0), axis=1)
        keys = (states, changes, *(-ascending[:, ::-1].T), dominated)
        return [int(states[n]) for n in np.lexsort(keys)]

    def _signing(self, states: States) -> Truth:
        """Return who signs each package; shape = packages by parties."""
        shape = self.situation.space.shape
        return np.array(
            [
                np.broadcast_to(signs(self.situation, party), shape).reshape(-1)[states]
                for party in self.situation.conflict.parties
            ]
        ).T

    def _changes(self, states: States) -> NDArray[np.int64]:
        """Return how many options each package changes."""
        return self.situation.space.distances(states, self.situation.start)

    def _values(self, states: States) -> NDArray[np.int64]:
        """Return payoffs; shape = packages by parties."""
        payoffs = self.situation.conflict.payoffs
        return np.array([payoffs[p].flat[states] for p in self.situation.conflict.parties]).T

    def _standing(self, states: States) -> NDArray[np.float64]:
        """Return each party's standing: the share of packages it ranks below."""
        columns = []
        for party in self.situation.conflict.parties:
            flat = self.situation.conflict.payoffs[party].flat
            every = np.sort(flat[self.packages])
            columns.append(np.searchsorted(every, flat[states]) / len(every))
        return np.array(columns).T

    def _dominated(self, states: States, signing: Truth) -> Truth:
        """Return which packages some other of the class beats for all who sign them."""
        values = self._values(states)
        dominated = np.zeros(len(states), dtype=np.bool_)
        for who in np.unique(signing, axis=0):
            mine = np.flatnonzero((signing == who).all(axis=1))
            if not who.any():
                continue
            front = _undominated(values[:, who])
            beaten = _beaten(values[np.ix_(mine, who)], front)
            dominated[mine] = beaten
        return dominated

    def _gain(self, signing: Truth, states: States) -> list[Fraction]:
        """Return the chosen sum of points above no deal."""
        parties = self.situation.conflict.parties
        payoffs = self.situation.conflict.payoffs
        pointless = [
            party
            for party, where in zip(parties, signing.T, strict=True)
            if where.any() and payoffs[party].form != "points"
        ]
        if pointless:
            names = ", ".join(self.situation.case.name(p) for p in pointless)
            raise UsageError(f"--best {self.best} needs points", f"no points for {names}")
        floors = [max(high for _, high in self.no_deal.bounds(p)) for p in parties]
        scales = [payoffs[p].scale for p in parties]
        return [
            self._combined(
                [
                    Fraction(int(value) - floor, scale)
                    for value, floor, scale, must in zip(row, floors, scales, who, strict=True)
                    if must
                ]
            )
            for row, who in zip(self._values(states), signing, strict=True)
        ]

    def _combined(self, gains: Sequence[Fraction]) -> Fraction:
        if self.best == "maximin":
            return min(gains, default=Fraction(0))
        if self.best == "total":
            return sum(gains, Fraction(0))
        product = Fraction(1)
        for gain in gains:
            product *= max(gain, Fraction(0))
        return product

    # --------------------------------------------------------------------------- relations

    def party_grades(self, state: int) -> Mapping[PartyId, PartyGrade]:
        """Return every party's grade in a state."""
        return grades(self.grid, self.situation, state)

    def grade_at(self, state: int) -> Grade:
        """Return the worst party's grade in a state."""
        return Grade(list(Grade)[int(self.grade[state])])

    def worst_grades(self, states: Sequence[int]) -> Mapping[PartyId, Grade]:
        """Return each party's worst grade over some states."""
        found: dict[PartyId, Grade] = {}
        for party in self.situation.conflict.parties:
            held = {c: self.grid.stable(party, c).reshape(-1) for c in Concept}
            each = (grade_of(c for c in Concept if held[c][state]) for state in states)
            found[party] = max(each, key=lambda grade: grade.rank)
        return found

    def is_package_at(self, state: int) -> bool:
        """Return whether a state is a package."""
        return bool(self.is_package[state])

    def confirm(self, state: int, acceptable: Acceptable, grade: Grade) -> None:
        """Hold what local search says of a package against the arrays.

        Raises
        ------
        AssertionError
            If they disagree: a fault in the program.
        """
        same = self.acceptable[state] == acceptable.rank and self.grade[state] == grade.rank
        if self.is_package[state] and not same:
            raise AssertionError("the engine and the local check disagree on a package")

    def road(self, state: int) -> tuple[Roadmap | None, str]:
        """Return the orders of steps to a package, or why there are none."""
        try:
            found = roadmap(
                self.situation, self.no_deal, on_arrays(self.grid), goal=state, tick=self.tick
            )
        except UsageError as error:
            return None, str(error)
        return found, ""

    def exchange(self, state: int) -> Exchange | None:
        """Return the smallest exchange that leaves nobody exposed; None if there are no steps."""
        counting = on_arrays(self.grid)
        try:
            return smallest_exchange(
                self.situation, self.no_deal, counting, goal=state, tick=self.tick
            )
        except UsageError:
            return None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many packages there are, are surely acceptable, are firm besides, and stick."""
        surely = self.acceptable[self.packages] == Acceptable.SURELY.rank
        firm = self.grade[self.packages] == Grade.FIRM.rank
        return {
            "packages": len(self.packages),
            "acceptable": int(surely.sum()),
            "firm": int((surely & firm).sum()),
            "sticking": len(self.sticking),
        }

    @property
    def status(self) -> str:
        """Whether anything sticks, which is known for certain."""
        return "optimal" if len(self.sticking) else "infeasible"

    @property
    def bound(self) -> float | None:
        """Nothing is left to bound: every package has been looked at."""
        return None

    @property
    def why_not(self) -> tuple[Mapping[PartyId, int], Mapping[PartyId, int]]:
        """For each party, how many of the others it refuses, and how many it would leave."""
        situation = self.situation
        others = self.packages[~self.sticks[self.packages]]
        refuse, leave = {}, {}
        for party in situation.conflict.parties:
            bounds = self.no_deal.bounds(party)
            flat = situation.conflict.payoffs[party].flat
            signing = np.broadcast_to(signs(situation, party), situation.space.shape)
            signing = signing.reshape(-1)[others]
            sure = flat[others] >= max(high for _, high in bounds)
            refuse[party] = int((signing & ~sure).sum())
            stays = self.grid.stable(party, Concept.SEQ).reshape(-1)[others]
            leave[party] = int((~stays).sum())
        return refuse, leave

    @property
    def nearest_proved(self) -> bool:
        """What is nearest is known for certain."""
        return True

    @property
    def interrupted(self) -> bool:
        """A survey is whole; what interrupts it ends the work elsewhere."""
        return False

    def core(self, state: int) -> bool:
        """Return whether no proper subset of a sticking package's changes still sticks."""
        space, start = self.situation.space, self.situation.start
        inside = np.ones(len(self.sticking), dtype=np.bool_)
        for stride, levels in zip(space.strides, space.shape, strict=True):
            level = self.sticking // stride % levels
            inside &= (level == state // stride % levels) | (level == start // stride % levels)
        return bool(self.sticks[state]) and int(inside.sum()) == 1

    def nearest(
        self, states: Sequence[int], weights: Mapping[OptionId, int] | None = None
    ) -> tuple[int, int] | None:
        """Return the sticking package that differs from one of `states` in the fewest terms.

        Of several that differ in as few, the first in order.

        Parameters
        ----------
        states
            The states.
        weights
            How much a change of each term counts; 1 where nothing is said.

        Returns
        -------
        (package, weight of the terms) or None
            None where nothing sticks.
        """
        if not len(self.sticking):
            return None
        space, counts = self.situation.space, weights or {}
        most = np.iinfo(np.int64).max
        fewest = np.full(len(self.sticking), most, dtype=np.int64)
        for state in states:
            differ = np.zeros(len(self.sticking), dtype=np.int64)
            for option in self.situation.terms:
                axis = space.axis[option]
                stride, levels = space.strides[axis], space.shape[axis]
                apart = self.sticking // stride % levels != state // stride % levels
                differ += apart * counts.get(option, 1)
            fewest = np.minimum(fewest, differ)
        least = int(fewest.min())
        return self._first(self.sticking[fewest == least], 1)[0], least


def _undominated(values: NDArray[Any]) -> NDArray[Any]:
    """Return the rows no other row beats (at least as high everywhere, higher somewhere)."""
    rows = np.unique(values, axis=0)
    rows = rows[np.argsort(-rows.astype(np.float64).sum(axis=1), kind="stable")]
    front: list[NDArray[Any]] = []
    while len(rows):
        best = rows[0]
        front.append(best)
        rows = rows[1:][(rows[1:] > best).any(axis=1)]
    kept = np.array(front)
    return kept[~_beaten(kept, kept)]


def _beaten(values: NDArray[Any], front: NDArray[Any]) -> Truth:
    """Return which rows some row of the front beats."""
    beaten = np.zeros(len(values), dtype=np.bool_)
    for row in front:
        beaten |= (row >= values).all(axis=1) & (row > values).any(axis=1)
    return beaten
