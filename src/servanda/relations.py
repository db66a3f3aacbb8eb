"""How parties move, as decision diagrams: relations between a state *now* and another *then*.

They are the moves of `Moves`, all at once; what is asked of them is from where a party can move
into a set of states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from oxidd.bcdd import BCDDSubstitution
from oxidd.util import BooleanOperator

from servanda.conditions import OptionId
from servanda.model import PartyId
from servanda.moves import Moves
from servanda.spelling import Diagram, Spelling

_AND = BooleanOperator.AND


@dataclass(frozen=True, slots=True)
class Step:
    """Some of a party's moves.

    Options that `stand_then` are spelled twice in the relation, now and then; those that are
    `idle` may come to stand anywhere, whatever the others do; all the rest stay.
    """

    relation: Diagram
    idle: Diagram
    stand_then: Diagram
    renaming: BCDDSubstitution

    def before(self, states: Diagram) -> Diagram:
        """Return from where the step leads to some states, feasible or not."""
        there = states.exists(self.idle).substitute(self.renaming)
        return self.relation.apply_exists(_AND, there, self.stand_then)


@dataclass(frozen=True)
class Relations:
    """The moves of every party.

    Parameters
    ----------
    spelling
        How states are spelled.
    moves
        What each party can touch; which states are feasible it need not know.
    """

    spelling: Spelling
    moves: Moves
    _steps: dict[tuple[PartyId, bool, bool], Step] = field(default_factory=dict, repr=False)

    def step(self, party: PartyId, *, improving: bool = False, moving: bool = False) -> Step:
        """Return a party's moves and staying; or its improvements; or moves without staying."""
        key = (party, improving, moving)
        if key not in self._steps:
            self._steps[key] = self._step(party, improving=improving, moving=moving)
        return self._steps[key]

    def _step(self, party: PartyId, *, improving: bool, moving: bool) -> Step:
        spelling, options = self.spelling, self.spelling.case.options
        reach = self.moves.reach((party,))
        wishes = spelling.wishes(party) if improving else ()
        bound = {o for o in reach.free if options[o].only or o in self.moves.whens}
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
        variables = self.spelling.variables((option,))
        return any(wish.exists(variables) != wish for wish in wishes)

    def _legal(self, party: PartyId) -> Diagram:
        """Return which changes a party may make at once, staying included."""
        spelling, reach, fallen = self.spelling, self.moves.reach((party,)), self.moves.fallen
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
            held = (raised[option] for option in falling if option in self.moves.held)
            relation &= spelling.unchanged(falling) | (left & ~spelling.some(held))
        return relation

    def _may_set(self, option: OptionId) -> Diagram:
        """Return from which level an owner may set an option to which, and where."""
        spelling, only = self.spelling, self.spelling.case.options[option].only
        count, result = spelling.size(option), spelling.yes
        if only is not None:
            result = spelling.some(
                spelling.at(option, n)
                & spelling.among(
                    option, range(n, count) if only == "up" else range(n + 1), then=True
                )
                for n in range(count)
            )
        if option in self.moves.whens:
            result &= spelling.truth(self.moves.whens[option])
            result |= spelling.unchanged((option,))
        return result

    def _falls(self, option: OptionId) -> Diagram:
        """Return where a joint option stands now and, once left, then."""
        spelling, fallen = self.spelling, self.moves.fallen
        return spelling.some(
            spelling.at(option, level) & spelling.at(option, fallen(option, level), then=True)
            for level in range(spelling.size(option))
        )
