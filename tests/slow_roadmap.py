"""The slow reference for roadmaps: every order of the changes, singly and in exchanges."""

from collections.abc import Collection, Iterator
from fractions import Fraction
from itertools import combinations

from servanda.model import PartyId
from slow import Outcome, Slow, State, Utility


class SlowRoadmap:
    """The ways from one state to a package.

    Parameters
    ----------
    slow
        The conflict.
    start
        Where the roadmap begins.
    package
        Where it ends.
    signatories
        Who signs the package.
    outcomes
        Where the conflict goes without a deal.
    """

    def __init__(
        self,
        slow: Slow,
        start: State,
        package: State,
        *,
        signatories: Collection[PartyId],
        outcomes: Collection[Outcome],
    ) -> None:
        self.slow = slow
        self.start = start
        self.package = package
        self.signatories = signatories
        self.outcomes = outcomes
        self.changes = frozenset(
            index for index in range(len(start)) if start[index] != package[index]
        )
        self._exposure: dict[State, Fraction] = {}

    def least_worst(self, largest: int) -> Fraction | None:
        """Return the least worst severity with exchanges of at most `largest` options.

        None where no order leads through legal steps.
        """
        worsts = [
            max((self.exposure(state) for state in route[1:-1]), default=Fraction(0))
            for route in self.routes(self.start, self.changes, largest)
        ]
        return min(worsts, default=None)

    def routes(
        self, state: State, left: frozenset[int], largest: int
    ) -> Iterator[tuple[State, ...]]:
        """Yield every legal row of states that makes the changes `left`, from `state` on."""
        if not left:
            yield (state,)
        for size in range(1, min(largest, len(left)) + 1):
            for exchange in combinations(sorted(left), size):
                after = tuple(
                    self.package[index] if index in exchange else level
                    for index, level in enumerate(state)
                )
                if self.is_legal(state, after):
                    for rest in self.routes(after, left.difference(exchange), largest):
                        yield (state, *rest)

    def is_legal(self, state: State, after: State) -> bool:
        """Return whether the exchange is feasible, due, and wanted by those who do not sign."""
        slow = self.slow
        if after not in slow.feasible:
            return False
        for option, old, new in zip(slow.options, state, after, strict=True):
            if old != new and option.when is not None and not slow.holds(option.when, state):
                return False
            if old != new and not all(
                party in self.signatories or slow.utility(party, after) > slow.utility(party, state)
                for party in option.owners
            ):
                return False
        return True

    def exposure(self, state: State) -> Fraction:
        """Return the worst severity for a signatory of being stopped at an interior state."""
        if state not in self._exposure:
            self._exposure[state] = max(
                (
                    severity
                    for party in self.signatories
                    for severity in (self.stranded(party, state), self.tempted(party, state))
                ),
                default=Fraction(0),
            )
        return self._exposure[state]

    def stranded(self, party: PartyId, state: State) -> Fraction:
        """Return how badly the party is left there, worse than today and than any outcome."""
        least = min(self.slow.utility(party, other) for other in {self.start}.union(*self.outcomes))
        return self.severity(party, self.slow.utility(party, state), least)

    def tempted(self, party: PartyId, state: State) -> Fraction:
        """Return how much the party gains there by staying or moving, as others then respond."""
        if not self.can_still_change(party, state):
            return Fraction(0)
        best = max(
            self.sanctioned(party, after) for after in {state} | self.slow.moves(party, state)
        )
        return self.severity(party, self.slow.utility(party, self.package), best)

    def can_still_change(self, party: PartyId, state: State) -> bool:
        """Return whether the party has a change of the package still to make, or to take back."""
        return any(
            party in self.slow.options[index].owners
            and (state[index] != self.package[index] or self._revocable(index, state))
            for index in self.changes
        )

    def _revocable(self, index: int, state: State) -> bool:
        option = self.slow.options[index]
        return self.slow.falls(index, state) if option.joint else option.only is None

    def sanctioned(self, party: PartyId, state: State) -> Utility:
        """Return the least the party gets after the others' improvements from the state."""
        slow = self.slow
        reached = slow.reached(state, slow.others([party]), slow.improvements)
        return min(slow.utility(party, response) for response in reached)

    def severity(self, party: PartyId, worse: Utility, better: Utility) -> Fraction:
        """Return how much lies between two utilities, from 0 to 1."""
        if worse >= better:
            return Fraction(0)
        preference = self.slow.case.preferences[party]
        if preference.form == "ordered":
            first = next(
                place
                for place, (one, two) in enumerate(zip(worse, better, strict=True))
                if one != two
            )
            return Fraction(len(better) - first, len(better))
        known = [self.slow.utility(party, state)[0] for state in self.slow.states]
        return (better[0] - worse[0]) / (max(known) - min(known))
