"""Which coalitions could meet each quota that a case speaks of, and what their members ask for.

A quota is a sum over options of several parties that must reach something, like 32,000 troops.
What a party can give at most, its cap, is read off its options; its price are those offers of the
plan without which, by its own wishes, it would rather not give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from servanda.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Count,
    Iff,
    Not,
    OptionId,
    Total,
    mentions,
)
from servanda.contributors import Contributor, Smallest, smallest_coalition
from servanda.model import Case, PartyId, Statement
from servanda.quota import Measure
from servanda.situation import Situation

_ONE = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """A party that could give part of a quota.

    Parameters
    ----------
    contributor
        Its cap, and what the offers that it asks for cost together.
    asks
        Its wishes that tie what it gives to what others do.
    offers
        The plan's offers that these wishes speak of.
    given
        How much the plan's target has it give; None where the target does not say.
    """

    contributor: Contributor
    asks: tuple[Statement, ...]
    offers: tuple[OptionId, ...]
    given: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A quota of a case, and who could meet it.

    Parameters
    ----------
    amount, unit
        How much of what; the unit may be empty.
    givers
        Who could give how much.
    smallest
        A coalition of the fewest that meets it, of these the cheapest; or why there is none.
    cheapest
        One that costs least, of these one of the fewest.
    """

    amount: Fraction
    unit: str
    givers: tuple[Giver, ...]
    smallest: Smallest
    cheapest: Smallest

    @property
    def most(self) -> Fraction:
        """How much all could give together."""
        return sum((Fraction(each.contributor.cap) for each in self.givers), Fraction(0))


def meetings(
    situation: Situation, prices: Mapping[OptionId, Fraction] | None = None
) -> tuple[Meeting, ...]:
    """Return who could meet each quota that facts, rules and wishes speak of.

    Parameters
    ----------
    situation
        The case under its plan.
    prices
        What each of the plan's offers costs; 1 where nothing is said.
    """
    return tuple(_meeting(situation, quota, prices or {}) for quota in quotas(situation.case))


def quotas(case: Case) -> tuple[Total, ...]:
    """Return the sums that must reach something, each once: those that several parties add to."""
    words = case.vocabulary
    stated = [fact.means for fact in case.facts.values()]
    stated += [rule.that for rule in case.never]
    stated += [
        statement.wish
        for party in case.parties
        for group in case.statements(party)
        for statement in group
    ]
    found = dict.fromkeys(total for text in stated for total in _totals(words.condition(text)))
    return tuple(total for total in found if len(_owned(case, total)) > 1)


def _totals(condition: Condition) -> Iterator[Total]:
    """Yield the sums in a condition that must reach a bound."""
    match condition:
        case Total(sign, bound, terms):
            grows = all(value >= 0 for _, values in terms for value in values)
            if sign == ">=" and bound > 0 and grows:
                yield condition
        case Not(part):
            yield from _totals(part)
        case AllOf(parts) | AnyOf(parts) | Count(_, _, parts):
            for each in parts:
                yield from _totals(each)
        case Iff(left, right):
            yield from _totals(left)
            yield from _totals(right)
        case _:
            return


def _besides(condition: Condition, quota: Total) -> frozenset[OptionId]:
    """Return the options that a condition speaks of outside a sum."""
    match condition:
        case Not(part):
            return _besides(part, quota)
        case AllOf(parts) | AnyOf(parts) | Count(_, _, parts):
            return frozenset[OptionId]().union(*(_besides(each, quota) for each in parts))
        case Iff(left, right):
            return _besides(left, quota) | _besides(right, quota)
        case _:
            return frozenset() if condition == quota else mentions(condition)


def _owned(case: Case, quota: Total) -> dict[PartyId, dict[OptionId, tuple[Fraction, ...]]]:
    """Return which options of a sum are whose, with what each level adds; joint ones left out."""
    found: dict[PartyId, dict[OptionId, tuple[Fraction, ...]]] = {}
    for option, values in quota.terms:
        if not case.options[option].joint:
            (owner,) = case.options[option].owners
            found.setdefault(owner, {})[option] = values
    return found


def _meeting(situation: Situation, quota: Total, prices: Mapping[OptionId, Fraction]) -> Meeting:
    case = situation.case
    owned = _owned(case, quota)
    givers = tuple(_giver(situation, quota, each, prices) for each in owned.items())
    contributors = [each.contributor for each in givers]
    units = {case.options[option].unit for option, _ in quota.terms}
    few, cheap = (Measure.MEMBERS, Measure.COST), (Measure.COST, Measure.MEMBERS)
    return Meeting(
        amount=quota.bound,
        unit=units.pop() if len(units) == 1 else "",
        givers=givers,
        smallest=smallest_coalition(contributors, quota.bound, by=few),
        cheapest=smallest_coalition(contributors, quota.bound, by=cheap),
    )


def _giver(
    situation: Situation,
    quota: Total,
    whose: tuple[PartyId, Mapping[OptionId, tuple[Fraction, ...]]],
    prices: Mapping[OptionId, Fraction],
) -> Giver:
    party, options = whose
    case, target = situation.case, situation.target or {}
    words, own = case.vocabulary, set(options)
    told = {
        statement: _besides(words.condition(statement.wish), quota)
        for group in case.statements(party)
        for statement in group
    }
    asks = tuple(s for s, named in told.items() if named & own and named - own)
    offers = tuple(o for o in situation.offers if any(o in told[ask] for ask in asks))
    given = [values[target[option]] for option, values in options.items() if option in target]
    return Giver(
        contributor=Contributor(
            id=party,
            cap=sum((max(values) for values in options.values()), Fraction(0)),
            joining=sum((prices.get(offer, _ONE) for offer in offers), Fraction(0)),
        ),
        asks=asks,
        offers=offers,
        given=sum(given, Fraction(0)) if given else None,
    )
