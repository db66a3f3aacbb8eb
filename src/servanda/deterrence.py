"""Is every gain of a party answered?  The definitions of stability at one state, in any conflict.

From the states that leave the party no better off one goes back, step by step, to all from which
the others can lead there.  On decision diagrams that is exact where there are far too many states
to look at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from oxidd.util import BooleanOperator

from servanda.conditions import OptionId
from servanda.departures import Departures, Layer, Levels
from servanda.model import Case, PartyId, Preference, Rule, Statement
from servanda.relations import Relations, Step
from servanda.spelling import Diagram
from servanda.stability import Concept
from servanda.symbolic import in_room

_AND: Final = BooleanOperator.AND


Pool = dict[tuple[PartyId, str, bool, bool], Step]
"""Relations of parties, by what the party wants where that matters."""


@dataclass(frozen=True)
class _Shared(Relations):
    """The moves of every party, shared by all who see the parties want the same."""

    pool: Pool = field(default_factory=dict, repr=False)
    _words: dict[PartyId, str] = field(default_factory=dict, repr=False)

    def step(self, party: PartyId, *, improving: bool = False, moving: bool = False) -> Step:
        """Return a party's moves; they hang on its wishes only where they are improvements."""
        key = (party, self._said(party) if improving else "", improving, moving)
        if key not in self.pool:
            self.pool[key] = super().step(party, improving=improving, moving=moving)
        return self.pool[key]

    def _said(self, party: PartyId) -> str:
        """Return a party's wishes as text."""
        if party not in self._words:
            preference = self.spelling.case.preferences.get(party)
            self._words[party] = "" if preference is None else preference.model_dump_json()
        return self._words[party]


@dataclass(frozen=True)
class Deterrence(Departures):
    """Questions about single states, put to the symbolic engine.

    Notes
    -----
    Conflicts without a state of affairs, pure talks, have no moves and nothing to deter.
    """

    _layers: dict[tuple[PartyId, Concept, tuple[bool, ...]], tuple[Layer, ...]] = field(
        default_factory=dict, repr=False
    )
    _pool: Pool = field(default_factory=dict, repr=False)
    _counted: dict[tuple[PartyId, int | None, tuple[bool, ...]], Diagram] = field(
        default_factory=dict, repr=False
    )

    def seen_by(self, case: Case) -> Deterrence:
        """Return the same for a case that differs in the parties' wishes only.

        What is found out of a party's moves is kept for every engine that came from one, by the
        party's wishes.

        Parameters
        ----------
        case
            The same options, rules and facts.
        """
        new = replace(
            self,
            case=case,
            _stable={},
            _equilibria={},
            _layers={},
            _known={},
            _begun={},
            _counted={},
        )
        for known in ("_moves", "feasible"):
            new.__dict__[known] = getattr(self, known)
        new.__dict__["_spelling"] = self._spelling.seen_by(case)
        return new

    @cached_property
    def _relations(self) -> Relations:
        return _Shared(self._spelling, self._moves, pool=self._pool)

    def gain(self, party: PartyId, state: Levels) -> dict[OptionId, int] | None:
        """Return an improvement of a party; None if it has none."""
        better = self.feasible & ~self._below(party, state)
        return self._to(party, state, better, improving=False)

    @in_room
    def undeterred(
        self, party: PartyId, state: Levels, concept: Concept
    ) -> dict[OptionId, int] | None:
        """Return an improvement of a party that nothing answers in a sense; None if there is none.

        Parameters
        ----------
        party, state
            Who would move, and from where; the state must be feasible.
        concept
            GMR, SMR or SEQ; for Nash any improvement counts.
        """
        better = self.feasible & ~self._below(party, state)
        if concept is Concept.NASH:
            return self._to(party, state, better, improving=False)
        ends = better & self._ends(party, state)

        def enough(answered: Diagram) -> bool:
            return not (ends & ~answered).satisfiable()

        answered = self._answered(party, state, concept, enough)
        return self._to(party, state, better & ~answered, improving=False)

    @in_room
    def answer(
        self, party: PartyId, state: Levels, after: Levels, concept: Concept
    ) -> tuple[tuple[PartyId, dict[OptionId, int]], ...] | None:
        """Return a sequence of the others' moves that answers a move; None if there is none.

        Each step is who moves, and the state it leads to; the moves change as little as they can.
        Where conditions on moves make it matter who moved last, the sequence is not worked out.
        """
        if self._moves.waits:
            return None
        layers = self._layered(party, state, concept)
        improving = concept is Concept.SEQ
        path: list[tuple[PartyId, dict[OptionId, int]]] = []
        here = dict(after)
        while not self.holds(layers[0].states, here):
            place = next(
                (n for n, each in enumerate(layers) if self.holds(each.states, here)), None
            )
            if place is None:
                return None
            mover, before = layers[place].mover, layers[place - 1].states
            assert mover is not None  # noqa: S101 - only the first layer has none
            found = self._to(mover, here, before, improving=improving)
            assert found is not None  # noqa: S101 - it is from where the mover can lead there
            path.append((mover, found))
            here = found
        return tuple(path)

    @in_room
    def telling(
        self, party: PartyId, state: Levels, *, held: Iterable[OptionId] | None = None
    ) -> tuple[Statement, ...]:
        """Return the wishes that tell a state from where a party could move and would not gain.

        Of two states those wishes tell that differ, down to the first tied group of which one
        state meets more; points tell together.

        Parameters
        ----------
        party, state
            Who might move, and from where.
        held
            Options nobody changes; then only moves count by which the party loses.
        """
        spelling, words, bits = self._spelling, self.case.vocabulary, self._state(state)
        ends = self._below(party, state)
        if held is not None:
            ends &= ~self.at_least(party, state)
            ends &= spelling.every(spelling.at(option, state[option]) for option in held)
        points = self.case.preferences.get(party, Preference()).form == "points"
        found = []
        for group in self.case.statements(party):
            truths = [spelling.truth(words.condition(each.wish)) for each in group]
            met = [bool(truth.eval(bits)) for truth in truths]
            for statement, truth, mine in zip(group, truths, met, strict=True):
                other = ~truth if mine else truth
                if self._leads(party, state, ends & other):
                    found.append(statement)
            if not points:
                totals = spelling.totals(truths)
                ends &= totals.get(sum(met), ~spelling.yes)
        return tuple(found)

    @in_room
    def barring(self, party: PartyId, state: Levels) -> tuple[Rule, ...]:
        """Return the rules that bar a party from a move by which it would gain."""
        spelling, words, bits = self._spelling, self.case.vocabulary, self._state(state)
        yes = spelling.yes
        pairs = [(w, yes if w.eval(bits) else ~yes) for w in spelling.wishes(party)]
        better = spelling.coded & spelling.outweighs(pairs, equal=False)
        return tuple(
            rule
            for rule in self.case.never
            if self._leads(party, state, better & spelling.truth(words.condition(rule.that)))
        )

    # --------------------------------------------------------------- what can be counted on

    def wishes_lacking(self, party: PartyId, state: Levels) -> tuple[int, ...]:
        """Return which of a party's wishes a state does not grant, counted from 1 downwards."""
        granted = self._granted(party, state)
        return tuple(number for number, met in enumerate(granted, start=1) if not met)

    @in_room
    def counting_on_more(self, party: PartyId, state: Levels, first: int | None = None) -> Diagram:
        """Return from where a party can count on more than it has in a state.

        By a move or by staying it comes to where no sequence of the others' improvements leaves
        it no better off than in the state: its SEQ sanction value there is above what it has.

        Parameters
        ----------
        party, state
            Who counts on it, and the state beside which it is more.
        first
            Better by its `first` wishes already, whatever the others say; None for all of them.
        """
        key = (party, first, self._granted(party, state))
        if key not in self._counted:
            goal = self.feasible & ~self._above(party, state, first)
            if self._moves.waits:
                left = self._responses(party, improving=True).into(goal) | goal
            else:
                wider = self._widened(goal, party, improving=True)
                *_, left = (goal, *(layer.states for layer in wider))
            more = self.feasible & ~left
            self._counted[key] = self._before(self._relations.step(party), more) | more
        return self._counted[key]

    @in_room
    def just_above(self, party: PartyId, state: Levels, first: int) -> dict[OptionId, int] | None:
        """Return a state that a party prefers to another by one of its wishes, and no earlier one.

        Parameters
        ----------
        party, state
            Who prefers it, to which.
        first
            The number of the wish, counted from 1.
        """
        return self.pick(self._above(party, state, first) & ~self._above(party, state, first - 1))

    def table(self, states: Diagram, start: Levels, changes: Levels) -> NDArray[np.bool_]:
        """Return which states on the way are in a set.

        Parameters
        ----------
        states
            The set.
        start, changes
            From where, and which options come to stand at which levels.

        Returns
        -------
        (2^n,) bool
            An entry for each set of the n changes, as bits in their order.
        """
        spelling = self._spelling
        kept = {o: level for o, level in start.items() if o not in changes}
        known: dict[tuple[int, Diagram], NDArray[np.bool_]] = {}
        twins = [(o, spelling.at(o, start[o]), spelling.at(o, n)) for o, n in changes.items()]

        def among(left: Diagram, number: int) -> NDArray[np.bool_]:
            if not number or not left.satisfiable():
                return np.full(1 << number, left.satisfiable())
            if (number, left) not in known:
                option, before, after = twins[number - 1]
                variables = spelling.variables((option,))
                parts = (
                    among(left.apply_exists(_AND, here, variables), number - 1)
                    for here in (before, after)
                )
                known[number, left] = np.concatenate([*parts])
            return known[number, left]

        fixed = self.feasible & states
        rest = fixed.apply_exists(_AND, self._alone(kept), spelling.variables(kept))
        return among(rest, len(twins))

    # ------------------------------------------------------------------------------- sets

    def _above(self, party: PartyId, state: Levels, first: int | None = None) -> Diagram:
        """Return what a party prefers to a state, by some of its first wishes or by all."""
        spelling = self._spelling
        pairs = [
            (wish, spelling.yes if met else ~spelling.yes)
            for wish, met in zip(spelling.wishes(party), self._granted(party, state), strict=True)
        ]
        return self.feasible & spelling.outweighs(pairs[:first], equal=False)

    def _leads(self, party: PartyId, state: Levels, goal: Diagram) -> bool:
        """Return whether a party can move from a state into a set, feasible or not."""
        before = self._relations.step(party).before(goal)
        return bool(before.eval(self._state(state)))

    def _own(self, party: PartyId) -> dict[OptionId, None]:
        """Return the options that a party may change, joint ones it may leave included."""
        reach = self._moves.reach((party,))
        fallen = (option for _, falling in reach.packages for option in falling)
        return dict.fromkeys((*reach.free, *reach.terms, *fallen))

    def _layered(self, party: PartyId, state: Levels, concept: Concept) -> tuple[Layer, ...]:
        """Return from where the others can lead to what deters, layer by layer."""
        key = (party, concept, self._granted(party, state))
        if key not in self._layers:
            goal = self._goal(party, state, concept)
            wider = self._widened(goal, party, improving=concept is Concept.SEQ)
            self._layers[key] = (Layer(None, goal), *wider)
        return self._layers[key]

    def _to(
        self, party: PartyId, state: Levels, goal: Diagram, *, improving: bool
    ) -> dict[OptionId, int] | None:
        """Return a state of a set that a party can move to, changing as little as it can.

        1. The step at this state says how the options that it spells twice may come to stand.
        2. Idle options may come to stand anywhere, and all that is not the party's own stays.
        3. Option by option the level nearest to the present one is kept that still leads there.
        """
        step, spelling = self._relations.step(party, improving=improving), self._spelling
        own = self._own(party)
        then = {o: self._stands_twice(step, o) for o in own}
        every = spelling.variables(self.case.options)
        left = step.relation.apply_exists(_AND, self._alone(state), every)
        left &= goal.substitute(step.renaming)
        left &= spelling.every(spelling.at(o, n) for o, n in state.items() if o not in own)
        if not left.satisfiable():
            return None
        found = dict(state)
        for option, twice in then.items():
            found[option], left = self._nearest(option, state[option], left, then=twice)
        return found

    def _nearest(
        self, option: OptionId, now: int, among: Diagram, *, then: bool
    ) -> tuple[int, Diagram]:
        """Return the level nearest to the present one that a set has, and the set at that level."""
        levels = sorted(range(self._spelling.size(option)), key=lambda n: (abs(n - now), n))
        for level in levels:
            at = among & self._spelling.at(option, level, then=then)
            if at.satisfiable():
                return level, at
        raise AssertionError("a set that is not empty has no level of an option")
