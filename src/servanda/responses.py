"""From where a party's opponents can bring about what it would not like, by whatever moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from servanda.conflict import Tick, silent
from servanda.model import PartyId
from servanda.relations import Relations, Step
from servanda.spelling import Diagram


@dataclass
class Responses:
    """What a party's opponents can bring about, nobody moving twice in a row.

    Parameters
    ----------
    relations
        The moves of every party.
    feasible
        The states that can be.
    party
        Whose opponents move.
    improving
        Whether they make improvements only.
    tick
        Told who moves; may stop it.
    spend
        Told how many nodes were gone over; may stop it.
    """

    relations: Relations
    feasible: Diagram
    party: PartyId
    improving: bool
    tick: Tick = silent
    spend: Callable[[int], None] | None = None
    _found: Diagram = field(init=False, repr=False)
    _after: dict[PartyId, Diagram] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        case = self.relations.spelling.case
        self._found = ~self.relations.spelling.yes
        self._after = {other: self._found for other in case.parties if other != self.party}

    def into(self, goal: Diagram) -> Diagram:
        """Return from where the opponents can bring about a goal, which may grow from call to call.

        Where two moves of one party in a row make one move, that is the least set that contains
        the goal and all from where one of them can move into the set.
        """
        if self.relations.moves.waits:
            return self._turn_by_turn(goal)
        case, movers = self.relations.spelling.case, tuple(self._after)
        found, settled = self._found | goal, 0
        if found == self._found:
            return found
        while settled < len(movers):
            for mover in movers:
                self.tick(f"sanctions by {case.name(mover)}")
                step = self.relations.step(mover, improving=self.improving)
                wider = found | self._before(step, found)
                settled = settled + 1 if wider == found else 1
                found = wider
                if settled >= len(movers):
                    break
        self._found = found
        return found

    def _turn_by_turn(self, goal: Diagram) -> Diagram:
        """Return the same where `when` makes it matter that nobody moves twice in a row.

        ``after[j]`` is from where the goal can be brought about once j has just moved.
        """
        movers, some = tuple(self._after), self.relations.spelling.some
        names = " and ".join(map(self.relations.spelling.case.name, movers))
        steps = {
            mover: self.relations.step(mover, improving=self.improving, moving=not self.improving)
            for mover in movers
        }
        after = {mover: goal | known for mover, known in self._after.items()}
        while True:
            self.tick(f"sanctions by {names}")
            through = {k: self._before(steps[k], after[k]) for k in movers}
            wider = {j: goal | some(through[k] for k in movers if k != j) for j in movers}
            if wider == after:
                self._after = after
                return goal | some(through.values())
            after = wider

    def _before(self, step: Step, states: Diagram) -> Diagram:
        """Return the feasible states from which a step leads to some feasible ones."""
        if self.spend is not None:
            self.spend(states.node_count())
        return step.before(states) & self.feasible
