"""Who can give how much of a quota, at which cost, and what counts about a coalition.

The question as it is asked, and the same in whole numbers, as the engines take it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from servanda.model import PartyId

Amount = int | Fraction
"""An exact number; a float is refused, because 0.1 is not a tenth."""

Places = frozenset[int]
"""Contributors by their place in the whole-number question."""

NEVER: Final = 1 << 62
"""More than any measure of any coalition."""

LARGEST: Final = 1 << 60
"""The numbers of an engine stay below this."""


class Measure(StrEnum):
    """What is to be small about a coalition."""

    MEMBERS = "members"
    COST = "cost"


class Role(StrEnum):
    """In how many of the minimum coalitions a contributor is."""

    PIVOTAL = "pivotal"
    SOMETIMES = "sometimes"
    NEVER = "never"
    OPEN = "open"

    @classmethod
    def lasting(cls, *, joins: bool) -> Role:
        """Return the role of one who is in all or in none, as it is in one."""
        return cls.PIVOTAL if joins else cls.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Somebody who can give part of a quota.

    Parameters
    ----------
    id
        Who.
    cap
        The most it can give.
    each
        What each unit it gives costs.
    joining
        What its joining costs, however much it gives.
    veto
        Whether no coalition stands without it.
    """

    id: PartyId
    cap: Amount
    each: Amount = 0
    joining: Amount = 0
    veto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalition:
    """Who gives how much, cheapest units first, and what it costs.

    Parameters
    ----------
    shares
        Every member and its share, as the contributors were listed; together they are the quota.
    cost
        The least these members can give the quota for, joining included.
    """

    shares: tuple[tuple[PartyId, Fraction], ...]
    cost: Fraction

    @property
    def members(self) -> tuple[PartyId, ...]:
        """Who is in it."""
        return tuple(member for member, _ in self.shares)

    def value(self, measure: Measure) -> Fraction:
        """Return how many members it has, or what it costs."""
        return self.cost if measure is Measure.COST else Fraction(len(self.shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The question.

    Parameters
    ----------
    contributors
        Who can give how much, at which cost.
    amount
        What is to be given together.
    by
        What is to be least: the first measure, then among those least in it the second.
    without
        Who stays out.
    """

    contributors: tuple[Contributor, ...]
    amount: Fraction
    by: tuple[Measure, ...]
    without: frozenset[PartyId]

    @property
    def willing(self) -> tuple[Contributor, ...]:
        """The contributors that do not stay out."""
        return tuple(one for one in self.contributors if one.id not in self.without)

    @property
    def order(self) -> tuple[Measure, ...]:
        """All measures: those asked for, then the others, which choose among equals."""
        return (*self.by, *(measure for measure in Measure if measure not in self.by))


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeQuota:
    """The question in whole numbers, contributors by the price of a unit, cheapest first.

    In this order a coalition gives the quota at least cost: each member all it can, until nothing
    is needed.  Caps are cut to the quota; `coin` is what one unit of cost stands for.
    """

    question: Quota
    who: tuple[Contributor, ...]
    caps: tuple[int, ...]
    quota: int
    each: tuple[int, ...]
    joining: tuple[int, ...]
    coin: Fraction

    @classmethod
    def of(cls, question: Quota) -> WholeQuota:
        """Return the question in the largest steps and coins that leave whole numbers."""
        who = tuple(sorted(question.willing, key=lambda one: one.each))
        caps = [min(Fraction(one.cap), question.amount) for one in who]
        step = _unit_of([*caps, question.amount])
        joining = [Fraction(one.joining) for one in who]
        each = [one.each * step for one in who]
        coin = _unit_of([*joining, *each])
        return cls(
            question=question,
            who=who,
            caps=tuple(int(cap / step) for cap in caps),
            quota=int(question.amount / step),
            each=tuple(int(price / coin) for price in each),
            joining=tuple(int(price / coin) for price in joining),
            coin=coin,
        )

    def tolls(self, measure: Measure) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return what joining, and each step given, adds to the measure."""
        if measure is Measure.COST:
            return self.joining, self.each
        return (1,) * len(self.who), (0,) * len(self.who)

    def value(self, places: Places, measure: Measure) -> int:
        """Return the measure of a coalition that reaches the quota."""
        joining, each = self.tolls(measure)
        need, value = self.quota, 0
        for place in sorted(places):
            value += joining[place] + each[place] * min(need, self.caps[place])
            need -= min(need, self.caps[place])
        return value

    def worst(self, measure: Measure) -> int:
        """Return a value that no coalition can exceed."""
        joining, each = self.tolls(measure)
        return sum(joining) + sum(a * b for a, b in zip(each, self.caps, strict=True))

    def worth(self, measure: Measure) -> Fraction:
        """Return what one whole unit of the measure stands for."""
        return self.coin if measure is Measure.COST else Fraction(1)

    def with_veto(self) -> Places:
        """Return who is in every coalition."""
        return frozenset(place for place, one in enumerate(self.who) if one.veto)

    def coalition(self, places: Places) -> Coalition:
        """Return a coalition in the user's own numbers."""
        need, cost, shares = self.question.amount, Fraction(0), dict[PartyId, Fraction]()
        for place in sorted(places):
            one = self.who[place]
            shares[one.id] = min(need, Fraction(one.cap))
            need -= shares[one.id]
            cost += one.joining + one.each * shares[one.id]
        listed = (one.id for one in self.question.contributors if one.id in shares)
        return Coalition(shares=tuple((who, shares[who]) for who in listed), cost=cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine found, in whole numbers.

    Parameters
    ----------
    places
        The coalition.
    bounds
        For each measure asked for, what no coalition goes below.
    roles
        What is proved about who is in which minimum coalitions.
    ties
        How many minimum coalitions there are; None where they were not counted.
    stopped
        What cut the work short; empty if nothing did.
    """

    places: Places
    bounds: tuple[int, ...]
    roles: Mapping[PartyId, Role]
    ties: int | None
    stopped: str


def _unit_of(amounts: Sequence[Fraction]) -> Fraction:
    """Return the largest amount of which all are whole multiples; 1 if all are zero."""
    below = math.lcm(*(amount.denominator for amount in amounts))
    above = math.gcd(*(int(amount * below) for amount in amounts))
    return Fraction(above or 1, below)
