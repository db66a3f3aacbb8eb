"""Where each party stays, in conflicts with too many states to list: on decision diagrams.

A set of states is one diagram over a few variables for each option.  By the definitions of the
grid engine it gives the same sets, counted exactly, where no array would hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from fractions import Fraction
from functools import cached_property, wraps
from itertools import pairwise
from math import inf
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from oxidd.util import BooleanOperator, DDMemoryError

from servanda.conditions import Condition, OptionId
from servanda.conflict import Tick, silent
from servanda.errors import OutOfRoom, Undecided, UsageError
from servanda.model import Case, PartyId
from servanda.moves import Moves
from servanda.relations import Relations, Step
from servanda.responses import Responses
from servanda.spelling import Diagram, Spelling
from servanda.stability import Concept
from servanda.states import StateSpace
from servanda.tally import tally

__all__ = ["Diagram", "Effort", "Symbolic"]

_AND = BooleanOperator.AND

_MOST_TALLIED = 2**19
"""How many nodes are gone over one by one, at some 300 bytes each."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_Engine = TypeVar("_Engine", bound="Symbolic")


@dataclass(slots=True)
class Effort:
    """How much work may go into SEQ, told in nodes gone over, and how much has.

    It is the same on every machine, as a time limit is not.
    """

    most: float = inf
    spent: int = 0

    def spend(self, nodes: int) -> None:
        """Count some work.

        Raises
        ------
        Undecided
            If that was too much.
        """
        self.spent += nodes
        if self.spent > self.most:
            raise Undecided("that would take more work than is done unasked")


def in_room(
    method: Callable[Concatenate[_Engine, _Given], _Found],
) -> Callable[Concatenate[_Engine, _Given], _Found]:
    """Tell the user when a method runs out of nodes; what it found before stays."""

    @wraps(method)
    def told(self: _Engine, /, *given: _Given.args, **more: _Given.kwargs) -> _Found:
        try:
            return method(self, *given, **more)
        except DDMemoryError:
            pass  # what the method held is let go of first, so that it can be swept away
        self._spelling.sweep()
        message = f"the decision diagrams of this case outgrow {self.capacity:,} nodes"
        hint = "SEQ takes by far the most; ask for another concept, or leave some options out"
        raise OutOfRoom(message, hint)

    return told


@dataclass(frozen=True)
class Symbolic:
    """The symbolic engine for one case.

    Parameters
    ----------
    case
        A case without faults, of any size.
    frozen
        Options that stay at base in every state.
    held
        Options nobody may change.
    tick
        Told what is being computed; may stop it.
    capacity
        How many nodes all diagrams may have together, at some 60 bytes each once in use.
    effort
        How much work may go into SEQ.

    Raises
    ------
    UsageError
        From any method, if no state is feasible, there are too many totals of points, or the
        work is more than the effort allowed.
    OutOfRoom
        From any method, if the diagrams outgrow their capacity; what was found before stays.

    Notes
    -----
    Sets are sets of feasible states: what else is in one made with ``~`` is in no answer.

    Examples
    --------
    >>> from servanda.casefile import find_case, read_case
    >>> engine = Symbolic(read_case(find_case("chicken")))
    >>> engine.count(engine.equilibria(Concept.NASH))
    2
    """

    case: Case = field(repr=False)
    frozen: frozenset[OptionId] = frozenset()
    _: KW_ONLY
    held: frozenset[OptionId] = frozenset()
    tick: Tick = field(default=silent, repr=False)
    capacity: int = 2**24
    effort: Effort = field(default_factory=Effort, repr=False)
    _bar: list[int] = field(default_factory=list, repr=False)
    _stable: dict[tuple[PartyId, Concept], Diagram] = field(default_factory=dict, repr=False)
    _equilibria: dict[Concept, Diagram] = field(default_factory=dict, repr=False)
    _too_large: set[PartyId] = field(default_factory=set, repr=False)

    # ------------------------------------------------------------------ what users ask for

    @cached_property
    def feasible(self) -> Diagram:
        """The states that break no rule and leave the frozen options at base."""
        return self._find_feasible()

    @in_room
    def where(self, condition: Condition) -> Diagram:
        """Return the feasible states where a condition holds."""
        return self.feasible & self._spelling.truth(condition)

    @in_room
    def stable(self, party: PartyId, concept: Concept, within: Diagram | None = None) -> Diagram:
        """Return the feasible states where a party stays put; of those within a set, if given.

        SEQ takes the less the smaller that set.
        """
        key, among = (party, concept), self.feasible if within is None else within
        if key in self._stable:
            return among & self._stable[key]
        self.tick(f"{concept.upper()} stability: {self.case.name(party)}")
        if concept is Concept.SEQ and not self.case.walk_away:
            found = self._guarded(party, among & self.feasible)
            if within is None:
                self._stable[key] = found
            return found
        if self.case.walk_away:
            self._stable[key] = self._stays_in_talks(party)
        elif concept is Concept.NASH:
            self._stable[key] = self._nash(party)
        else:
            self._stable[key] = self._deterred(party, concept)
        return among & self._stable[key]

    def equilibria(self, concept: Concept, within: Diagram | None = None) -> Diagram:
        """Return the feasible states where every party stays put; of those within a set."""
        if within is not None or concept not in self._equilibria:
            *_, last = self.narrowing(concept, within)
            if within is not None:
                return last
            self._equilibria[concept] = last
        return self._equilibria[concept]

    def narrowing(self, concept: Concept, within: Diagram | None = None) -> Iterator[Diagram]:
        """Yield what is left of a set of states once one party more stays; at last, once all do.

        Each is a bound on the last, for whoever cannot wait.
        """
        left = self.feasible if within is None else self.every((within, self.feasible))
        for party in self.case.parties if concept is Concept.SEQ else ():
            left = self._perhaps(party, left)
        yield left
        for party in self.case.parties:
            left = self.stable(party, concept, left)
            yield left

    @in_room
    def at_least(
        self, party: PartyId, levels: Mapping[OptionId, int], *, better: bool = False
    ) -> Diagram:
        """Return the feasible states that are as good for a party as some state, or better.

        Parameters
        ----------
        party
            For whom.
        levels
            The state they are beside: every option's level index.
        better
            Whether they must be better.
        """
        spelling, state = self._spelling, self._state(levels)
        yes = spelling.yes
        pairs = [(w, yes if w.eval(state) else ~yes) for w in spelling.wishes(party)]
        return self.feasible & spelling.outweighs(pairs, equal=not better)

    @in_room
    def with_points(self, party: PartyId, least: Fraction, *, more: bool = False) -> Diagram:
        """Return the feasible states that give a party so many points, or `more`."""
        points = self._spelling.points(party)
        enough = (d for n, d in points.items() if n > least or (n == least and not more))
        return self.feasible & self._spelling.some(enough)

    @in_room
    def every(self, sets: Iterable[Diagram]) -> Diagram:
        """Return the feasible states that are in all of some sets."""
        return self.feasible & self._spelling.every(sets)

    @in_room
    def some(self, sets: Iterable[Diagram]) -> Diagram:
        """Return the feasible states that are in some of some sets."""
        return self.feasible & self._spelling.some(sets)

    @in_room
    def at_least_of(self, number: int, sets: Sequence[Diagram]) -> Diagram:
        """Return the feasible states that are in so many of some sets."""
        yes = self._spelling.yes
        met = [yes] + [~yes] * number
        for states in sets:
            met = [yes, *(more | (fewer & states) for fewer, more in pairwise(met))]
        return self.feasible & met[number]

    @in_room
    def count(self, diagram: Diagram) -> int:
        """Return how many feasible states a set has, exactly."""
        return self._spelling.count(diagram & self.feasible)

    @in_room
    def pick(self, diagram: Diagram) -> dict[OptionId, int] | None:
        """Return one feasible state of a set, as level indices in file order; None if empty."""
        found = (diagram & self.feasible).pick_cube()
        if found is None:
            return None
        # A variable left open may be set as one likes: codes of no level are not feasible.
        bits = self._spelling.bits
        return {
            option: sum(1 << place for place, bit in enumerate(bits[option]) if found[bit])
            for option in self.case.options
        }

    @in_room
    def share(self, diagram: Diagram) -> dict[OptionId, dict[int, Fraction]]:
        """Return in which share of a set's feasible states each option stands at each level.

        Options in file order, levels by index; every share is 0 where the set is empty.
        """
        spelling, states = self._spelling, diagram & self.feasible
        total = spelling.count(states)
        at_once = states.node_count() <= _MOST_TALLIED
        bits = [bit for each in spelling.bits.values() for bit in each]
        true = tally(states, bits) if at_once else {}
        shares = {}
        for option in self.case.options:
            *lower, last = range(spelling.size(option))
            first = spelling.bits[option][:1]
            if len(lower) == 1 and at_once:
                counts = {0: total - true[first[0]]}
            else:
                counts = {at: spelling.count(states & spelling.at(option, at)) for at in lower}
            counts[last] = total - sum(counts.values())
            shares[option] = {at: Fraction(number, total or 1) for at, number in counts.items()}
        return shares

    @in_room
    def holds(self, diagram: Diagram, levels: Mapping[OptionId, int]) -> bool:
        """Return whether a set has a feasible state, given by every option's level index."""
        state = self._state(levels)
        return self.feasible.eval(state) and diagram.eval(state)

    def _state(self, levels: Mapping[OptionId, int]) -> list[tuple[int, bool]]:
        """Return a state as the values of variables."""
        return [
            (bit, bool(levels[option] >> place & 1))
            for option, bits in self._spelling.bits.items()
            for place, bit in enumerate(bits)
        ]

    @property
    def nodes(self) -> int:
        """How many nodes all diagrams have together, those not yet swept away included."""
        return self._spelling.manager.num_inner_nodes()

    # --------------------------------------------------------------------- states and moves

    @cached_property
    def _moves(self) -> Moves:
        """What each party can touch; which states are feasible the diagrams say."""
        return Moves(StateSpace(self.case), np.empty(0, dtype=np.bool_), self.held)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self.case, self._moves.space.axes, self.capacity)

    @cached_property
    def _relations(self) -> Relations:
        return Relations(self._spelling, self._moves)

    @in_room
    def _find_feasible(self) -> Diagram:
        spelling, words = self._spelling, self.case.vocabulary
        broken = (spelling.truth(words.condition(rule.that)) for rule in self.case.never)
        allowed = spelling.coded & ~spelling.some(broken)
        if not allowed.satisfiable():
            raise UsageError("no state is feasible", "the rules under `never` exclude every state")
        still = (spelling.at(option, self.case.base[option]) for option in self.frozen)
        allowed &= spelling.every(still)
        if not allowed.satisfiable():
            raise UsageError("no state is feasible without these options")
        return allowed

    def _find_bar(self, length: int) -> list[Diagram]:
        """Return some variables in which to keep what a state grants while others move on from it.

        They come below all others, where they keep diagrams smallest.
        """
        manager = self._spelling.manager
        self._bar.extend(manager.add_vars(max(0, length - len(self._bar))))
        return [manager.var(variable) for variable in self._bar[:length]]

    def _before(self, step: Step, states: Diagram) -> Diagram:
        """Return the feasible states from which a step leads to some feasible ones."""
        return step.before(states) & self.feasible

    # ---------------------------------------------------------------------------- stability

    def _nash(self, party: PartyId) -> Diagram:
        """Return where a party has no improvement."""
        if not self._moves.simple(frozenset({party})):
            improving = self._relations.step(party, improving=True)
            return self.feasible & ~self._before(improving, self.feasible)
        # Its moves are the same from everywhere, so it stays in the best of what it can choose:
        # wish by wish, in what grants the wish; in all that is left where nothing does.
        best = self.feasible
        own = self._spelling.variables(self._moves.reach((party,)).free)
        for wish in self._spelling.wishes(party):
            best &= wish | ~best.apply_exists(_AND, wish, own)
        return best

    def _deterred(self, party: PartyId, concept: Concept) -> Diagram:
        """Return where each improvement of a party can be sanctioned in the sense GMR or SMR.

        Three sets of states are found for every height of the *bar*, which wishes are granted:

        1. *below*: no better for the party than the bar;
        2. *sanctions*: those, for SMR without those from where it can rise above the bar;
        3. *sanctioned*: from where the others can bring about a sanction.

        The party moves where, with the bar at what it has, it can move out of 1 and 3.
        """
        spelling, feasible = self._spelling, self.feasible
        wishes, moves = spelling.wishes(party), self._relations.step(party)
        bar = self._find_bar(len(wishes))
        pairs = list(zip(bar, wishes, strict=True))
        below = feasible & spelling.outweighs(pairs, equal=True)
        sanctions = below
        if concept is Concept.SMR:
            sanctions &= ~self._before(moves, feasible & ~below)
        sanctioned = self._responses(party).into(sanctions)
        tempted = self._before(moves, feasible & ~below & ~sanctioned)
        present = spelling.every(mark.equiv(wish) for mark, wish in pairs)
        return feasible & ~present.apply_exists(_AND, tempted, spelling.every(bar))

    def _guarded(self, party: PartyId, among: Diagram) -> Diagram:
        """Return in which of some states each improvement of a party is sanctioned by improvements.

        As in `_deterred`, but for one height of the bar after the other, the lowest first: no
        diagram then need tell heights apart.  What can be brought about at one height can be at
        all higher ones, so each search goes on where the last one ended.
        """
        nash, moves = self.stable(party, Concept.NASH), self._relations.step(party)
        responses = self._responses(party, improving=True)
        found = among & nash
        for states, below in self._by_worth(party, self._perhaps(party, among) & ~nash):
            sanctioned = responses.into(below)
            found |= states & ~self._before(moves, self.feasible & ~sanctioned)
        return found

    def _perhaps(self, party: PartyId, states: Diagram) -> Diagram:
        """Return those of some states that can be SEQ stable for a party, for they are GMR stable.

        All of them, where there is no room to tell; that is tried once.
        """
        if self._too_large:
            return states
        try:
            return self.stable(party, Concept.GMR, states)
        except OutOfRoom:
            self._too_large.add(party)
            return states

    def _by_worth(self, party: PartyId, states: Diagram) -> Iterator[tuple[Diagram, Diagram]]:
        """Yield some states by what they are worth to a party, the worst first.

        Beside those worth the same stand all feasible states that are worth no more.
        """
        wishes, below = self._spelling.wishes(party), ~self._spelling.yes
        left = [(0, states, self.feasible)]
        while left:
            place, some, like = left.pop()
            if some.satisfiable() and place < len(wishes):
                wish = wishes[place]
                left.append((place + 1, some & wish, like & wish))
                left.append((place + 1, some & ~wish, like & ~wish))
                continue
            below |= like
            if some.satisfiable():
                yield some, below

    def _responses(self, party: PartyId, *, improving: bool = False) -> Responses:
        """Return what the opponents of a party can bring about."""
        spend = self.effort.spend if improving else None
        return Responses(self._relations, self.feasible, party, improving, self.tick, spend)

    def _stays_in_talks(self, party: PartyId) -> Diagram:
        """Return where a party would not rather end pure talks, or cannot end them."""
        if party not in self.case.talks_end_without:
            return self.feasible
        return self.with_points(party, Fraction(str(self.case.walk_away[party])))
