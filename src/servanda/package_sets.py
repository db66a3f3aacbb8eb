"""Which states are packages, and which of them all who must sign would take: sets of states.

By the definitions of `acceptance`, for conflicts with too many states to list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from servanda.conditions import Among, Condition, OptionId, all_of, among, any_of
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.spelling import Diagram
from servanda.symbolic import Symbolic


@dataclass(frozen=True)
class PackageSets:
    """The packages of a situation, as sets of states.

    Parameters
    ----------
    engine
        The symbolic engine of the situation's case.
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    """

    engine: Symbolic
    situation: Situation
    no_deal: NoDeal

    @cached_property
    def packages(self) -> Diagram:
        """Where the commitments stand, in what can be reached from the start."""
        return self.engine.where(
            all_of(self._open(name, self._levels(name)) for name in self.situation.case.options)
        )

    def _open(self, option: OptionId, count: int) -> Condition:
        """Return at which levels an option may stand in a package; all of them in pure talks."""
        situation, levels = self.situation, set(range(count))
        if option in situation.commitments:
            levels = {situation.commitments[option]}
        only = situation.case.options[option].only
        if only is not None and situation.conflict.walk_away is None:
            now = situation.space.level(situation.start, option)
            levels &= set(range(now, count) if only == "up" else range(now + 1))
        return among(option, frozenset(levels), count)

    def _levels(self, option: OptionId) -> int:
        return len(self.situation.case.options[option].levels)

    @cached_property
    def surely(self) -> Diagram:
        """Where a state is surely acceptable, be it a package or not."""
        return self.surely_among(self.engine.feasible)

    def surely_among(self, states: Diagram) -> Diagram:
        """Return which of some states are surely acceptable; the fewer, the less it takes."""
        left, parties = states, self.situation.case.parties
        for party in parties:
            left = self.engine.every((left, self._signed(party, self.sure(party))))
        left = nobody = self.engine.every((left, self._quota(self.sure)))
        for party in parties:
            nobody = self.engine.every((nobody, ~self._gains(party)))
        return self.engine.every((left, ~nobody))

    @cached_property
    def perhaps(self) -> Diagram:
        """Where a state is acceptable at least perhaps."""
        signed = [self._signed(p, self.possible(p)) for p in self.situation.case.parties]
        return self.engine.every((*signed, self._quota(self.possible)))

    def signs(self, party: PartyId) -> Diagram:
        """Return where a party is a required signatory, see `acceptance.signs`."""
        situation, case = self.situation, self.situation.case
        everywhere, nowhere = self.engine.feasible, self.engine.some(())
        if party in situation.spoilers:
            return nowhere
        if party in case.signatories.required or party in case.signatories.vetoes:
            return everywhere
        if situation.conflict.walk_away is not None:
            return everywhere if party in case.talks_end_without else nowhere
        own = (name for name, option in case.options.items() if party in option.owners)
        return self.engine.where(any_of(self._changed(name) for name in own))

    def _changed(self, option: OptionId) -> Condition:
        now = self.situation.space.level(self.situation.start, option)
        return Among(option, frozenset(range(self._levels(option))) - {now})

    def sure(self, party: PartyId) -> Diagram:
        """Return where a party does at least as well as in every state without a deal."""
        if self.situation.conflict.walk_away is not None:
            return self.engine.with_points(party, self._walk_away(party))
        value = self.situation.conflict.value
        best = max(self.no_deal.states, key=lambda state: value(party, state))
        return self._at_least(party, best)

    def possible(self, party: PartyId) -> Diagram:
        """Return where a party does at least as well as in some state without a deal."""
        if self.situation.conflict.walk_away is not None:
            return self.sure(party)
        value = self.situation.conflict.value
        worst = min(self.no_deal.states, key=lambda state: value(party, state))
        return self._at_least(party, worst)

    def _at_least(self, party: PartyId, state: int, *, better: bool = False) -> Diagram:
        levels = self.situation.space.levels(state)
        return self.engine.at_least(party, levels, better=better)

    def _gains(self, party: PartyId) -> Diagram:
        """Return where a party signs and does better than in some outcome without a deal."""
        better = self._better(party)
        willing = (self.sure(party),) if party in self.situation.case.signatories.of else ()
        return self.engine.every((better, self.engine.some((self.signs(party), *willing))))

    def _better(self, party: PartyId) -> Diagram:
        """Return where a party does better than in all states of some outcome."""
        if self.situation.conflict.walk_away is not None:
            return self.engine.with_points(party, self._walk_away(party), more=True)

        def value(state: int) -> int:
            return self.situation.conflict.value(party, state)

        bests = (max(outcome.states, key=value) for outcome in self.no_deal.outcomes)
        return self._at_least(party, min(bests, key=value), better=True)

    def _walk_away(self, party: PartyId) -> Fraction:
        return Fraction(str(self.situation.case.walk_away[party]))

    def _signed(self, party: PartyId, willing: Diagram) -> Diagram:
        """Return where a party is willing, or need not sign."""
        return self.engine.some((willing, ~self.signs(party)))

    def _quota(self, willing: Callable[[PartyId], Diagram]) -> Diagram:
        """Return where as many members are willing as the quota asks for."""
        rule = self.situation.case.signatories
        if rule.at_least is None:
            return self.engine.feasible
        return self.engine.at_least_of(rule.at_least, [willing(p) for p in dict.fromkeys(rule.of)])
