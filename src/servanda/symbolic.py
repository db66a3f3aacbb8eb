"""Where each party stays, in conflicts with too many states to list: on decision diagrams.

A set of states is one diagram over a few variables for each option.  By the definitions of the
grid engine it gives the same sets, counted exactly, where no array would hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from fractions import Fraction
from functools import cached_property, wraps
from math import inf
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from oxidd.bcdd import BCDDFunction, BCDDManager, BCDDSubstitution
from oxidd.util import BooleanOperator, DDMemoryError

from servanda.conditions import (
    COMPARE,
    AllOf,
    Always,
    Among,
    AnyOf,
    Condition,
    Count,
    Iff,
    Not,
    OptionId,
    Total,
    mentions,
)
from servanda.conflict import Tick, silent
from servanda.errors import Undecided, UsageError
from servanda.model import Case, PartyId, Preference
from servanda.moves import Moves
from servanda.stability import Concept
from servanda.states import StateSpace

Diagram = BCDDFunction
"""A set of states; ``&``, ``|`` and ``~`` combine the sets of one engine."""

Worths = Sequence[tuple[Fraction, Diagram]]
"""What something is worth, and where it is worth that."""

_MOST_TOTALS = 2**12
_ZERO, _ONE = Fraction(0), Fraction(1)
_AND = BooleanOperator.AND

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_Engine = TypeVar("_Engine", bound="Symbolic")


# ------------------------------------------------------------------ how states are spelled


@dataclass(frozen=True)
class Spelling:
    """How the states of a case are spelled in variables, and where conditions hold.

    Parameters
    ----------
    case
        The case.
    by_owner
        Its options, those of one owner side by side.
    capacity
        How many nodes all diagrams may have together.

    Notes
    -----
    An option of n levels takes as many variables as n - 1 has binary digits.  Conditions say
    nothing sensible of codes beyond the last level: what is `coded` must be asked for besides.
    """

    case: Case = field(repr=False)
    by_owner: tuple[OptionId, ...]
    capacity: int
    _truths: dict[Condition, Diagram] = field(default_factory=dict, repr=False)

    @cached_property
    def manager(self) -> BCDDManager:
        """Where all diagrams are kept."""
        # One thread: more of them help within one operation only, and most are short.
        return BCDDManager(self.capacity, max(1, self.capacity // 4), 1)

    @cached_property
    def yes(self) -> Diagram:
        """Everywhere."""
        return self.manager.true()

    def every(self, parts: Iterable[Diagram]) -> Diagram:
        """Return where all parts hold."""
        result = self.yes
        for part in parts:
            result &= part
        return result

    def some(self, parts: Iterable[Diagram]) -> Diagram:
        """Return where some part holds."""
        result = ~self.yes
        for part in parts:
            result |= part
        return result

    @cached_property
    def bits(self) -> Mapping[OptionId, Sequence[int]]:
        """The variables of each option, lowest binary digit of its level first.

        The variable after each is its twin, for the same digit *then*, after a move: side by side
        they keep what is said of both small.
        """
        words, options = self.case.vocabulary, self.case.options
        tied = [group for party in self.case.parties for group in self.case.statements(party)]
        texts = [statement.wish for group in tied for statement in group]
        texts += [rule.that for rule in self.case.never]
        texts += [option.when for option in options.values() if option.when is not None]
        bits = {}
        for option in pulled_together(self.by_owner, [mentions(words.condition(t)) for t in texts]):
            found = self.manager.add_vars(2 * (self.size(option) - 1).bit_length())
            bits[option] = range(found.start, found.stop, 2)
        return bits

    def size(self, option: OptionId) -> int:
        """Return how many levels an option has."""
        return len(self.case.options[option].levels)

    def at(self, option: OptionId, level: int, *, then: bool = False) -> Diagram:
        """Return where an option stands at a level, now or then."""
        digits = (self.manager.var(bit + then) for bit in self.bits[option])
        return self.every(d if level >> place & 1 else ~d for place, d in enumerate(digits))

    def among(self, option: OptionId, levels: Iterable[int], *, then: bool = False) -> Diagram:
        """Return where an option stands at one of some levels, now or then."""
        return self.some(self.at(option, level, then=then) for level in levels)

    def unchanged(self, options: Iterable[OptionId]) -> Diagram:
        """Return where options stand alike now and then."""
        var = self.manager.var
        return self.every(var(b).equiv(var(b + 1)) for o in options for b in self.bits[o])

    def variables(self, options: Iterable[OptionId], *, then: bool = False) -> Diagram:
        """Return the variables of options, as quantifiers take them."""
        return self.every(self.manager.var(b + then) for o in options for b in self.bits[o])

    def renaming(self, options: Iterable[OptionId]) -> BCDDSubstitution:
        """Return what turns now into then for some options."""
        twins = ((bit, self.manager.var(bit + 1)) for o in options for bit in self.bits[o])
        return BCDDFunction.make_substitution(twins)

    @cached_property
    def coded(self) -> Diagram:
        """Where every option stands at one of its levels."""
        return self.every(self.among(option, range(self.size(option))) for option in self.bits)

    def count(self, states: Diagram) -> int:
        """Return how many states there are in a set of states that are coded."""
        # Counted over all variables, twins and bar too, which then divide out exactly.
        every = self.manager.num_vars()
        return states.sat_count(every) >> (every - sum(map(len, self.bits.values())))

    def truth(self, condition: Condition) -> Diagram:
        """Return where a condition holds."""
        if condition not in self._truths:
            self._truths[condition] = self._truth(condition)
        return self._truths[condition]

    def _truth(self, condition: Condition) -> Diagram:
        match condition:
            case Always(truth):
                return self.yes if truth else ~self.yes
            case Among(option, levels):
                return self.among(option, levels)
            case Not(part):
                return ~self.truth(part)
            case AllOf(parts):
                return self.every(map(self.truth, parts))
            case AnyOf(parts):
                return self.some(map(self.truth, parts))
            case Iff(left, right):
                return self.truth(left).equiv(self.truth(right))
            case Count(low, high, parts):
                numbers = self._totals(self._if(self.truth(part)) for part in parts)
                return self.some(d for number, d in numbers.items() if low <= number <= high)
            case Total(sign, bound, terms):
                totals = self._totals(self._along(option, values) for option, values in terms)
                return self.some(d for total, d in totals.items() if COMPARE[sign](total, bound))

    def _if(self, truth: Diagram, worth: Fraction = _ONE) -> Worths:
        """Return a worth where something holds, zero elsewhere."""
        return ((worth, truth), (_ZERO, ~truth))

    def _along(self, option: OptionId, values: Iterable[Fraction]) -> Worths:
        """Return one worth for each level of an option."""
        return [(value, self.at(option, level)) for level, value in enumerate(values)]

    def _totals(self, terms: Iterable[Worths]) -> dict[Fraction, Diagram]:
        """Return where worths add up to each total.

        Raises
        ------
        UsageError
            If there are too many totals.
        """
        totals = {_ZERO: self.yes}
        for term in terms:
            fresh: dict[Fraction, list[Diagram]] = {}
            for total, states in totals.items():
                for worth, truth in term:
                    met = states & truth
                    if met.satisfiable():
                        fresh.setdefault(total + worth, []).append(met)
            if len(fresh) > _MOST_TOTALS:
                message = f"what is added up comes to more than {_MOST_TOTALS:,} different totals"
                hint = "the symbolic engine needs ordered statements, or rounder numbers"
                raise UsageError(message, hint)
            totals = {total: self.some(found) for total, found in fresh.items()}
        return totals

    def wishes(self, preference: Preference) -> Iterator[Diagram]:
        """Yield what a party wishes, each wish outweighing all that follow.

        A statement is one wish; a tied group of m is 'at least m', …, 'at least 1'; points are one
        for every total, and a ranking is one for every rank.
        """
        words = self.case.vocabulary
        for tied in preference.ordered:
            truths = [self.truth(words.condition(statement.wish)) for statement in tied]
            yield from self._at_least(self._totals(map(self._if, truths)))
        if preference.form == "points":
            yield from self._at_least(self.points(preference))
        so_far = ~self.yes
        for rank in preference.ranking:
            for state in rank:
                terms = dict.fromkeys(self.case.options, 0) | dict(map(words.term, state))
                so_far |= self.every(self.at(option, level) for option, level in terms.items())
            yield so_far

    def _at_least(self, totals: Mapping[Fraction, Diagram]) -> Iterator[Diagram]:
        """Yield where a total is the highest, at least the next one, and so on; not the lowest."""
        so_far = ~self.yes
        for total in sorted(totals, reverse=True)[:-1]:
            so_far |= totals[total]
            yield so_far

    def points(self, preference: Preference) -> dict[Fraction, Diagram]:
        """Return where a party has how many points."""
        words = self.case.vocabulary
        terms = [
            self._if(self.truth(words.condition(wish)), worth.middle)
            for wish, worth in preference.points.items()
        ]
        for option, position in preference.position.items():
            values = words.values.get(option, tuple(map(Fraction, range(self.size(option)))))
            ideal = values[self.case.options[option].levels.index(position.at)]
            salience = Fraction(str(position.salience))
            terms.append(self._along(option, (-salience * abs(v - ideal) for v in values)))
        return self._totals(terms)

    def outweighs(self, pairs: Sequence[tuple[Diagram, Diagram]], *, equal: bool) -> Diagram:
        """Return where one list of wishes outweighs another, or is as good if `equal` will do.

        Each pair is one wish of both lists, the most important first.
        """
        result = self.yes if equal else ~self.yes
        for one, other in reversed(pairs):
            result = (one ^ other).ite(one, result)
        return result


def pulled_together(
    options: tuple[OptionId, ...], bundles: Iterable[frozenset[OptionId]]
) -> tuple[OptionId, ...]:
    """Return options in an order in which those of one bundle stand close together.

    Each option moves to the middle of its bundles, again and again, as long as that brings their
    members closer: the FORCE order [AMS2003]_.  Diagrams of conditions
    are small where what a condition speaks of stands close together.
    """
    bundles = [bundle for bundle in bundles if bundle]
    best, order, shortest = options, options, inf
    while True:
        place = {option: number for number, option in enumerate(order)}
        places = [sorted(place[option] for option in bundle) for bundle in bundles]
        length = sum(found[-1] - found[0] for found in places)
        if length >= shortest:
            return best
        best, shortest = order, length
        pulls: dict[OptionId, list[float]] = {option: [] for option in order}
        for bundle, found in zip(bundles, places, strict=True):
            for option in bundle:
                pulls[option].append(sum(found) / len(found))
        middle = {o: sum(found) / len(found) if found else place[o] for o, found in pulls.items()}
        order = tuple(sorted(order, key=middle.__getitem__))


# -------------------------------------------------------------------------------- the engine


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
        self._spelling.manager.gc()
        message = f"the decision diagrams of this case outgrow {self.capacity:,} nodes"
        hint = "SEQ takes by far the most; ask for another concept, or leave some options out"
        raise Undecided(message, hint)

    return told


@dataclass(frozen=True, slots=True)
class Step:
    """Some of a party's moves, as a relation between a state *now* and another *then*.

    Options that `stand_then` are spelled twice in the relation, now and then; those that are
    `idle` may come to stand anywhere, whatever the others do; all the rest stay.
    """

    relation: Diagram
    idle: Diagram
    stand_then: Diagram
    renaming: BCDDSubstitution


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
        How many nodes all diagrams may have together, at some 30 bytes each once in use.

    Raises
    ------
    UsageError
        From any method, if no state is feasible or the diagrams outgrow their capacity.

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
    _bar: list[int] = field(default_factory=list, repr=False)
    _wished: dict[PartyId, tuple[Diagram, ...]] = field(default_factory=dict, repr=False)
    _steps: dict[tuple[PartyId, bool, bool], Step] = field(default_factory=dict, repr=False)
    _stable: dict[tuple[PartyId, Concept], Diagram] = field(default_factory=dict, repr=False)

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
    def stable(self, party: PartyId, concept: Concept) -> Diagram:
        """Return the feasible states where a party stays put."""
        key = (party, concept)
        if key not in self._stable:
            self.tick(f"{concept.upper()} stability: {self.case.name(party)}")
            if self.case.walk_away:
                self._stable[key] = self._stays_in_talks(party)
            elif concept is Concept.NASH:
                self._stable[key] = self._nash(party)
            else:
                self._stable[key] = self._deterred(party, concept)
        return self._stable[key]

    @in_room
    def equilibria(self, concept: Concept) -> Diagram:
        """Return the feasible states where every party stays put."""
        return self._spelling.every(self.stable(party, concept) for party in self.case.parties)

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
        shares = {}
        for option in self.case.options:
            *lower, last = range(spelling.size(option))
            counts = {at: spelling.count(states & spelling.at(option, at)) for at in lower}
            counts[last] = total - sum(counts.values())
            shares[option] = {at: Fraction(number, total or 1) for at, number in counts.items()}
        return shares

    @in_room
    def holds(self, diagram: Diagram, levels: Mapping[OptionId, int]) -> bool:
        """Return whether a set has a feasible state, given by every option's level index."""
        state = [
            (bit, bool(levels[option] >> place & 1))
            for option, bits in self._spelling.bits.items()
            for place, bit in enumerate(bits)
        ]
        return self.feasible.eval(state) and diagram.eval(state)

    @property
    def nodes(self) -> int:
        """How many nodes all diagrams have together, those not yet swept away included."""
        return self._spelling.manager.num_inner_nodes()

    # ---------------------------------------------------------------------- states and wishes

    @cached_property
    def _moves(self) -> Moves:
        """What each party can touch; which states are feasible the diagrams say."""
        return Moves(StateSpace(self.case), np.empty(0, dtype=np.bool_), self.held)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self.case, self._moves.space.axes, self.capacity)

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

    def _wishes(self, party: PartyId) -> tuple[Diagram, ...]:
        """Return what a party wishes, each wish outweighing all that follow."""
        if party not in self._wished:
            preference = self.case.preferences.get(party, Preference())
            self._wished[party] = tuple(self._spelling.wishes(preference))
        return self._wished[party]

    def _find_bar(self, length: int) -> list[Diagram]:
        """Return some variables in which to keep what a state grants while others move on from it.

        They come below all others, where they keep diagrams smallest.
        """
        manager = self._spelling.manager
        self._bar.extend(manager.add_vars(max(0, length - len(self._bar))))
        return [manager.var(variable) for variable in self._bar[:length]]

    # -------------------------------------------------------------------------------- moves

    def _step(self, party: PartyId, *, improving: bool = False, moving: bool = False) -> Step:
        """Return a party's moves and staying; or its improvements; or moves without staying."""
        key = (party, improving, moving)
        if key not in self._steps:
            self._steps[key] = self._find_step(party, improving=improving, moving=moving)
        return self._steps[key]

    def _find_step(self, party: PartyId, *, improving: bool, moving: bool) -> Step:
        spelling, reach = self._spelling, self._moves.reach((party,))
        wishes = self._wishes(party) if improving else ()
        bound = {o for o in reach.free if self.case.options[o].only or o in self._moves.whens}
        bound |= {*reach.terms, *(o for _, falling in reach.packages for o in falling)}
        bound |= {o for o in reach.free if moving or self._matters(wishes, o)}
        renaming = spelling.renaming(bound)
        relation = self._legal(party)
        if moving:
            relation &= ~spelling.unchanged(bound)
        if improving:
            pairs = [(wish.substitute(renaming), wish) for wish in wishes]
            relation &= spelling.outweighs(pairs, equal=False)
        idle = spelling.variables(option for option in reach.free if option not in bound)
        return Step(relation, idle, spelling.variables(bound, then=True), renaming)

    def _matters(self, wishes: Iterable[Diagram], option: OptionId) -> bool:
        """Return whether an option makes a difference to some wish."""
        variables = self._spelling.variables((option,))
        return any(wish.exists(variables) != wish for wish in wishes)

    def _legal(self, party: PartyId) -> Diagram:
        """Return which changes a party may make at once, staying included."""
        spelling, reach, fallen = self._spelling, self._moves.reach((party,)), self._moves.fallen
        relation = spelling.every(map(self._may_set, reach.free))
        for option in reach.terms:
            relation &= spelling.unchanged((option,)) | self._falls(option)
        for mine, falling in reach.packages:
            raised = {
                option: spelling.among(
                    option, (n for n in range(spelling.size(option)) if n != fallen(option, n))
                )
                for option in falling
            }
            left = spelling.some(raised[option] for option in mine)
            left &= spelling.every(map(self._falls, falling))
            left &= ~spelling.some(raised[option] for option in falling if option in self.held)
            relation &= spelling.unchanged(falling) | left
        return relation

    def _may_set(self, option: OptionId) -> Diagram:
        """Return from which level an owner may set an option to which, and where."""
        spelling, only = self._spelling, self.case.options[option].only
        count, result = spelling.size(option), spelling.yes
        if only is not None:
            result = spelling.some(
                spelling.at(option, n)
                & spelling.among(
                    option, range(n, count) if only == "up" else range(n + 1), then=True
                )
                for n in range(count)
            )
        if option in self._moves.whens:
            result &= spelling.truth(self._moves.whens[option])
            result |= spelling.unchanged((option,))
        return result

    def _falls(self, option: OptionId) -> Diagram:
        """Return where a joint option stands now and, once left, then."""
        spelling, fallen = self._spelling, self._moves.fallen
        return spelling.some(
            spelling.at(option, level) & spelling.at(option, fallen(option, level), then=True)
            for level in range(spelling.size(option))
        )

    def _before(self, step: Step, states: Diagram) -> Diagram:
        """Return the feasible states from which a step leads to some feasible ones."""
        there = states.exists(step.idle).substitute(step.renaming)
        return step.relation.apply_exists(_AND, there, step.stand_then) & self.feasible

    # ---------------------------------------------------------------------------- stability

    def _nash(self, party: PartyId) -> Diagram:
        """Return where a party has no improvement."""
        if not self._moves.simple(frozenset({party})):
            improving = self._step(party, improving=True)
            return self.feasible & ~self._before(improving, self.feasible)
        # Its moves are the same from everywhere, so it stays in the best of what it can choose:
        # wish by wish, in what grants the wish; in all that is left where nothing does.
        best = self.feasible
        own = self._spelling.variables(self._moves.reach((party,)).free)
        for wish in self._wishes(party):
            best &= wish | ~best.apply_exists(_AND, wish, own)
        return best

    def _deterred(self, party: PartyId, concept: Concept) -> Diagram:
        """Return where each improvement of a party can be sanctioned.

        Three sets of states are found for every height of the *bar*, which wishes are granted:

        1. *below*: no better for the party than the bar;
        2. *sanctions*: those, for SMR without those from where it can rise above the bar;
        3. *sanctioned*: from where the others can bring about a sanction.

        The party moves where, with the bar at what it has, it can move out of 1 and 3.
        """
        spelling, feasible = self._spelling, self.feasible
        wishes, moves = self._wishes(party), self._step(party)
        bar = self._find_bar(len(wishes))
        pairs = list(zip(bar, wishes, strict=True))
        below = feasible & spelling.outweighs(pairs, equal=True)
        sanctions = below
        if concept is Concept.SMR:
            sanctions &= ~self._before(moves, feasible & ~below)
        sanctioned = self._brought_about(sanctions, party, improving=concept is Concept.SEQ)
        tempted = self._before(moves, feasible & ~below & ~sanctioned)
        present = spelling.every(mark.equiv(wish) for mark, wish in pairs)
        return feasible & ~present.apply_exists(_AND, tempted, spelling.every(bar))

    def _brought_about(self, goal: Diagram, party: PartyId, *, improving: bool) -> Diagram:
        """Return from where a party's opponents can bring about a goal, nobody twice in a row.

        Where two moves of one party in a row make one move, that is the least set that contains
        the goal and all from where one of them can move into the set.
        """
        movers = [other for other in self.case.parties if other != party]
        if self._moves.waits:
            return self._turn_by_turn(goal, movers, improving=improving)
        found, settled = goal, 0
        while settled < len(movers):
            for mover in movers:
                self.tick(f"sanctions by {self.case.name(mover)}")
                wider = found | self._before(self._step(mover, improving=improving), found)
                settled = settled + 1 if wider == found else 1
                found = wider
                if settled >= len(movers):
                    break
        return found

    def _turn_by_turn(
        self, goal: Diagram, movers: Sequence[PartyId], *, improving: bool
    ) -> Diagram:
        """Return the same where `when` makes it matter that nobody moves twice in a row.

        ``after[j]`` is from where the goal can be brought about once j has just moved.
        """
        steps = {k: self._step(k, improving=improving, moving=not improving) for k in movers}
        some, after = self._spelling.some, dict.fromkeys(movers, goal)
        while True:
            self.tick(f"sanctions by {' and '.join(map(self.case.name, movers))}")
            through = {k: self._before(steps[k], after[k]) for k in movers}
            wider = {j: goal | some(through[k] for k in movers if k != j) for j in movers}
            if wider == after:
                return goal | some(through.values())
            after = wider

    def _stays_in_talks(self, party: PartyId) -> Diagram:
        """Return where a party would not rather end pure talks, or cannot end them."""
        if party not in self.case.talks_end_without:
            return self.feasible
        least = Fraction(str(self.case.walk_away[party]))
        points = self._spelling.points(self.case.preferences.get(party, Preference()))
        return self.feasible & self._spelling.some(d for n, d in points.items() if n >= least)
