"""How options and conditions become decision diagrams.

A set of states is one diagram over a few variables for each option; a condition is the set of
states where it holds, and a preference a list of such sets, each outweighing all that follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import inf
from time import sleep

from oxidd.bcdd import BCDDFunction, BCDDManager, BCDDSubstitution

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
from servanda.errors import UsageError
from servanda.model import Case, PartyId, Preference

Diagram = BCDDFunction
"""A set of states; ``&``, ``|`` and ``~`` combine the sets of one engine."""

Worths = Sequence[tuple[Fraction, Diagram]]
"""What something is worth, and where it is worth that."""

_MOST_TOTALS = 2**12
_CACHE = 2**20  # of results: the memory of more is slow to come by
_ZERO, _ONE = Fraction(0), Fraction(1)


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
    _wishes: dict[PartyId, tuple[Diagram, ...]] = field(default_factory=dict, repr=False)

    def seen_by(self, case: Case) -> Spelling:
        """Return the same for a case that differs in the parties' wishes only."""
        new = replace(self, case=case, _wishes={})
        for known in ("manager", "yes", "bits", "coded"):
            new.__dict__[known] = getattr(self, known)
        return new

    @cached_property
    def manager(self) -> BCDDManager:
        """Where all diagrams are kept."""
        # One thread: more of them help within one operation only, and most are short.
        return BCDDManager(self.capacity, min(_CACHE, max(1, self.capacity // 4)), 1)

    def sweep(self) -> None:
        """Free the nodes that no set needs; wait for a sweep that has begun by itself."""
        for _ in range(20):
            if self.manager.gc():
                return
            sleep(0.005)

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

    def renaming(self, options: Iterable[OptionId], *, back: bool = False) -> BCDDSubstitution:
        """Return what turns now into then for some options, or then into now."""
        twins = (
            (bit + back, self.manager.var(bit + 1 - back))
            for option in options
            for bit in self.bits[option]
        )
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

    def totals(self, truths: Iterable[Diagram]) -> dict[int, Diagram]:
        """Return where how many of some conditions hold."""
        found = self._totals(map(self._if, truths))
        return {int(number): states for number, states in found.items()}

    def wishes(self, party: PartyId) -> tuple[Diagram, ...]:
        """Return what a party wishes, each wish outweighing all that follow.

        A statement is one wish; a tied group of m is 'at least m', …, 'at least 1'; points are one
        for every total, and a ranking is one for every rank.
        """
        if party not in self._wishes:
            self._wishes[party] = tuple(self._wished(party))
        return self._wishes[party]

    def _wished(self, party: PartyId) -> Iterator[Diagram]:
        """Yield what a party wishes, the most important first."""
        words, preference = self.case.vocabulary, self._preference(party)
        for tied in preference.ordered:
            truths = [self.truth(words.condition(statement.wish)) for statement in tied]
            yield from self._at_least(self._totals(map(self._if, truths)))
        if preference.form == "points":
            yield from self._at_least(self.points(party))
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

    def _preference(self, party: PartyId) -> Preference:
        return self.case.preferences.get(party, Preference())

    def points(self, party: PartyId) -> dict[Fraction, Diagram]:
        """Return where a party has how many points."""
        words, preference = self.case.vocabulary, self._preference(party)
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
