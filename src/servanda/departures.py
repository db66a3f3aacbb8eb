"""Which states would a party leave as it would leave one?  In conflicts with too many to list.

A party leaves a state by a move to where it is better off, and from where the others cannot lead
it to anywhere no better.  What makes it leave one state makes it leave many others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from oxidd.util import BooleanOperator

from servanda.conditions import OptionId, mentions
from servanda.model import PartyId
from servanda.relations import Step
from servanda.spelling import Diagram
from servanda.stability import Concept
from servanda.symbolic import Symbolic, in_room

Levels = Mapping[OptionId, int]
"""A state, as the level index of every option."""

GoOn = Callable[[], None]
"""Called again and again in the course of long work; may stop it."""

Answered = dict[tuple[PartyId, Concept], dict[tuple[bool, ...], Diagram]]
"""Which states the others can answer, by what a state grants of a party's wishes."""

_HIGH: Final = 4_000  # nodes, for a height above that of the state that is asked about
_AND: Final = BooleanOperator.AND


def _always() -> None:
    """Let work go on."""


class TooDear(Exception):
    """The diagrams have grown larger than they were to be, and what was asked is not known yet."""


@dataclass(frozen=True, slots=True)
class Layer:
    """From where the others can lead to a goal: the last of them to be counted in, and the set."""

    mover: PartyId | None
    states: Diagram


@dataclass(frozen=True)
class Departures(Symbolic):
    """Questions about who would leave a state, put to the symbolic engine."""

    _known: Answered = field(default_factory=dict, repr=False)
    _begun: Answered = field(default_factory=dict, repr=False)

    @in_room
    def leaving(
        self,
        party: PartyId,
        state: Levels,
        concept: Concept,
        go_on: GoOn = _always,
        *,
        most: int | None = None,
    ) -> tuple[Levels, Levels] | None:
        """Return because of which levels a party would leave a state unanswered; None if it stays.

        Parameters
        ----------
        party, state
            Who might leave which state; it must be feasible.
        concept
            GMR, SMR or SEQ.
        go_on
            Called again and again; may stop the work.
        most
            How many nodes a diagram may have; None for as many as it takes.

        Raises
        ------
        TooDear
            If one has more.  What was found is kept for the next time.

        Returns
        -------
        (levels, height) or None
            It would leave any state that has these levels, as few as can be dropped one by one,
            unless that is better for it than a certain state, the height, which is as high as
            could be found.
        """
        here = self._state(state)
        # What no answer deters, no answer that is wanted deters, and that is told far quicker.
        for sense in (Concept.GMR, concept):
            leaves = self._from_where(party, state, sense, (go_on, most))
            if leaves.eval(here):
                kept = self._telling_levels(party, state, leaves)
                among = self._alone(kept) & self.feasible
                return kept, self._height(party, state, sense, among, go_on=go_on)
        return None

    def _telling_levels(
        self, party: PartyId, state: Levels, leaves: Diagram
    ) -> dict[OptionId, int]:
        """Return levels of a state with which a party leaves any that is no better for it."""
        kept, options = dict(state), self.case.options
        stays = self._below(party, state) & ~leaves
        for option in sorted(state, key=lambda each: party not in options[each].owners):
            rest = {o: level for o, level in kept.items() if o != option}
            if not (self._alone(rest) & stays).satisfiable():
                kept = rest
        return kept

    def _from_where(
        self, party: PartyId, state: Levels, concept: Concept, limits: tuple[GoOn, int | None]
    ) -> Diagram:
        """Return from where a party can move to what is better than a state and unanswered.

        Nowhere, if it cannot from that state.
        """
        better = self.feasible & ~self._below(party, state)
        ends, (go_on, most) = self._ends(party, state) & better, limits

        def enough(answered: Diagram) -> bool:
            go_on()
            if most is not None and answered.node_count() > most:
                raise TooDear
            return not (ends & ~answered).satisfiable()

        answered = self._answered(party, state, concept, enough, go_on=go_on)
        if not (ends & ~answered).satisfiable():
            return ~self._spelling.yes
        return self._before(self._relations.step(party), better & ~answered)

    def _answered(
        self,
        party: PartyId,
        state: Levels,
        concept: Concept,
        enough: Callable[[Diagram], bool],
        *,
        go_on: GoOn = _always,
    ) -> Diagram:
        """Return a set of states that tells which gains from a state the others can answer.

        1. What deters from a state deters from any that is better for the party.  So the work
           begins with what is known to be answered in a worse state, or is known of this one.
        2. A gain that even for a better state nothing answers is not answered here: unless that
           is `enough`, what is known of that one will do.  So will a part that is enough.
        """
        granted = self._granted(party, state)
        known = self._known.setdefault((party, concept), {})
        begun = self._begun.setdefault((party, concept), {})
        if granted in known:
            return known[granted]
        above = min((wishes for wishes in known if wishes > granted), default=None)
        if above is not None and not enough(known[above]):
            return known[above]
        found, improving = self._goal(party, state, concept), concept is Concept.SEQ
        if self._moves.waits:
            known[granted] = self._responses(party, improving=improving).into(found)
            return known[granted]
        under = {wishes: sets for wishes, sets in (known | begun).items() if wishes <= granted}
        found |= under[max(under)] if under else found
        wider = self._widened(found, party, improving=improving, go_on=go_on)
        begun[granted] = found
        while not enough(begun[granted]):
            layer = next(wider, None)
            if layer is None:
                known[granted] = begun.pop(granted)
                return known[granted]
            begun[granted] = layer.states
        return begun[granted]

    def _widened(
        self, goal: Diagram, party: PartyId, *, improving: bool, go_on: GoOn = _always
    ) -> Iterator[Layer]:
        """Yield from where the others can lead to a goal, wider and wider, mover by mover."""
        movers, found, settled = self._others_by_bearing(party), goal, 0
        while settled < len(movers):
            for mover in movers:
                self.tick(f"answers by {self.case.name(mover)}")
                go_on()
                step = self._relations.step(mover, improving=improving)
                wider = found | self._before(step, found)
                settled = settled + 1 if wider == found else 1
                if wider != found:
                    found = wider
                    yield Layer(mover, wider)
                if settled >= len(movers):
                    break

    def _goal(self, party: PartyId, state: Levels, concept: Concept) -> Diagram:
        """Return which states deter a party from leaving one, if the others lead there."""
        goal = self._below(party, state)
        if concept is Concept.SMR:
            goal &= ~self._before(self._relations.step(party), self.feasible & ~goal)
        return goal

    def _ends(self, party: PartyId, state: Levels) -> Diagram:
        """Return to where a party can move from a state, feasible or not, itself included."""
        step, spelling = self._relations.step(party), self._spelling
        twice = [option for option in state if self._stands_twice(step, option)]
        ends = step.relation.apply_exists(
            _AND, self._alone(state), spelling.variables(self.case.options)
        )
        ends = ends.substitute(spelling.renaming(twice, back=True))
        own = {*twice, *self._moves.reach((party,)).free}
        return ends & self._alone({o: n for o, n in state.items() if o not in own})

    def _height(
        self,
        party: PartyId,
        state: Levels,
        concept: Concept,
        among: Diagram,
        *,
        go_on: GoOn,
    ) -> Levels:
        """Return how high a state may be for a party to leave it still, of some states.

        From those no better than a given one it would leave.  Tried are the best of those that
        grant the same of its wishes but for the last, but for the last two, and so on.
        """
        wishes, bits = self._spelling.wishes(party), self._state(state)
        granted = [wish if wish.eval(bits) else ~wish for wish in wishes]
        height, below = state, self._below(party, state)
        for length in reversed(range(len(wishes))):
            if wishes[length].eval(bits):
                continue
            above = among & self._spelling.every(granted[:length]) & ~below
            if not above.satisfiable():
                continue
            top = above
            for wish in wishes[length:]:
                top = (top & wish) if (top & wish).satisfiable() else top
            tried = self.pick(top)
            assert tried is not None  # noqa: S101 - it is not empty
            try:
                leaves = self._from_where(party, tried, concept, (go_on, _HIGH))
            except TooDear:
                return height
            if (above & ~leaves).satisfiable():
                return height
            height, below = tried, self._below(party, tried)
        return height

    def _alone(self, state: Levels) -> Diagram:
        """Return a single state as a set."""
        return self._spelling.every(self._spelling.at(o, level) for o, level in state.items())

    def _granted(self, party: PartyId, state: Levels) -> tuple[bool, ...]:
        """Return which of a party's wishes hold in a state."""
        bits = self._state(state)
        return tuple(bool(wish.eval(bits)) for wish in self._spelling.wishes(party))

    def _below(self, party: PartyId, state: Levels) -> Diagram:
        """Return where a party is no better off than in a state."""
        return self.feasible & ~self.at_least(party, state, better=True)

    def _others_by_bearing(self, party: PartyId) -> list[PartyId]:
        """Return the other parties, first those whose options a party's wishes speak of."""
        words, options = self.case.vocabulary, self.case.options
        told: set[OptionId] = set()
        for group in self.case.statements(party):
            for statement in group:
                told |= mentions(words.condition(statement.wish))
        bearing = {owner for option in told for owner in options[option].owners}
        others = [other for other in self.case.parties if other != party]
        return sorted(others, key=lambda other: other not in bearing)

    def _stands_twice(self, step: Step, option: OptionId) -> bool:
        """Return whether a step spells an option twice, now and then."""
        top = self._spelling.at(option, 1)
        return bool(top.substitute(step.renaming) != top)
