"""The slow reference for relaxations: every package, every set of parties that give way."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import ceil

from servanda.model import PartyId, Preference
from slow import State
from slow_plans import SlowPlan


class SlowRelaxation:
    """What would have to give in one case under its default plan."""

    def __init__(self, plan: SlowPlan) -> None:
        self.plan = plan
        rule = plan.before.signatories
        self.of, self.least = rule.of, rule.at_least or 0

    # ------------------------------------------------------------------ giving way

    @cached_property
    def somebody_gains(self) -> list[State]:
        return [state for state in self.plan.packages if self._gains(state)]

    def _gains(self, state: State) -> bool:
        must = set(self.plan.signatories(state))
        counted = must | {party for party in self.of if self.plan.sure(party, state)}
        return any(self.plan.gains(party, state) for party in counted)

    def sticking(self, free: Collection[PartyId], gone: Collection[PartyId]) -> list[State]:
        """Return what sticks if some need not accept, and some need not stay."""
        return [
            state
            for state in self.somebody_gains
            if self._accepted(state, free) and self._kept(state, gone)
        ]

    def _accepted(self, state: State, free: Collection[PartyId]) -> bool:
        content = {p for p in self.plan.parties if p in free or self.plan.sure(p, state)}
        return (
            set(self.plan.signatories(state)) <= content
            and len(content.intersection(self.of)) >= self.least
        )

    def _kept(self, state: State, gone: Collection[PartyId]) -> bool:
        stays = {"firm", "guarded"}
        return all(
            party in gone or self.plan.party_grade(party, state) in stays
            for party in self.plan.parties
        )

    def blocks(self, parties: Collection[PartyId]) -> bool:
        """Return whether some parties exclude every package, whatever the others put up with."""
        others = [party for party in self.plan.parties if party not in parties]
        return not self.sticking(others, others)

    # ------------------------------------------------------------------ conceding

    def share(self, party: PartyId, state: State) -> Fraction:
        """Return how far a party falls short of its best outcome, from 0 to 1."""
        plan = self.plan
        best = max(high for _, high in plan.bounds[party])
        here = plan.worth(party, state)
        if here >= best:
            return Fraction(0)
        preference = plan.before.preferences.get(party, Preference())
        if preference.form == "ordered":
            groups = len(best)
            lost = next(place for place in range(groups) if here[place] != best[place])
            return Fraction(groups - lost, groups)
        every = [plan.worth(party, each)[0] for each in plan.slow.states]
        return (best[0] - here[0]) / ((max(every) - min(every)) or self._unit(preference))

    @staticmethod
    def _unit(preference: Preference) -> Fraction:
        return Fraction(1) if preference.form == "none" else Fraction(0)

    def millionths(self, party: PartyId, state: State) -> int:
        return ceil(self.share(party, state) * 10**6)

    def costs(self, state: State) -> tuple[int, int, int]:
        """Return the sum, the largest and the number of concessions, each the least it can be.

        Every way to fill a quota is tried.
        """
        must = set(self.plan.signatories(state))
        found = []
        for size in range(len(self.of) + 1):
            for more in combinations(self.of, size):
                signing = must.union(more)
                if len(signing.intersection(self.of)) >= self.least:
                    found.append([self.millionths(party, state) for party in signing])
        return (
            min(sum(each) for each in found),
            min(max(each, default=0) for each in found),
            min(sum(one > 0 for one in each) for each in found),
        )

    def cheapest(self, *, stays: bool) -> tuple[int, ...] | None:
        """Return the least of each measure; None where no concession helps."""
        states = [s for s in self.somebody_gains if not stays or self._kept(s, ())]
        if not states:
            return None
        return tuple(map(min, zip(*map(self.costs, states), strict=True)))
