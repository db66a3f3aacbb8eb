"""How far a package leaves a party short of its best outcome without a deal, from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from servanda.acceptance import signatories
from servanda.model import PartyId, Statement
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.states import States

WHOLE: Final = 10**6
"""Shares are compared in millionths, rounded up, so that every engine counts alike."""

Shares = NDArray[Any]
"""Shares in `WHOLE`, one a state or package; whole numbers."""


class Measure(StrEnum):
    """What is to be least about concessions: their sum, the largest, or how many concede."""

    TOTAL = "total"
    MOST = "most"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession:
    """What a party concedes to a package: how far it falls short of its best no-deal outcome.

    Parameters
    ----------
    party
        Who.
    share
        With ordered wishes (G - g + 1) / G, where the g-th of G groups is the first that fares
        worse; with points, the points missing as a share of all there are between best and worst.
    place, groups
        With ordered wishes: g and G; None otherwise.
    points
        With points: how many are missing; None otherwise.
    lost
        The wishes that decide: met without a deal and not here.
    """

    party: PartyId
    share: Fraction
    place: int | None
    groups: int | None
    points: Fraction | None
    lost: tuple[Statement, ...]


def concession(
    situation: Situation, no_deal: NoDeal, party: PartyId, state: int
) -> Concession | None:
    """Return what a party concedes in a state; None where it falls short of nothing."""
    payoff = situation.conflict.payoffs[party]
    missing = aim(no_deal, party) - payoff.value(state)
    if missing <= 0:
        return None
    best = no_deal.best_state(party)
    place, lost = (0, ()) if best is None else payoff.decisive(best, state)
    if payoff.form == "ordered":
        groups = len(payoff.groups)
        share = Fraction(groups - place + 1, groups)
        return Concession(
            party=party, share=share, place=place, groups=groups, points=None, lost=lost
        )
    return Concession(
        party=party,
        share=Fraction(missing, span(situation, party)),
        place=None,
        groups=None,
        points=Fraction(missing, payoff.scale) if payoff.form == "points" else None,
        lost=lost,
    )


def aim(no_deal: NoDeal, party: PartyId) -> int:
    """Return the value of a party's best outcome without a deal: what it must not fall below."""
    return max(high for _, high in no_deal.bounds(party))


def span(situation: Situation, party: PartyId) -> int:
    """Return what lies between a party's best and worst; at size, the most that could."""
    payoff = situation.conflict.payoffs[party]
    if payoff.form == "none":
        return 1
    if payoff.cells is None:
        return max(payoff.most + _dials(situation, party), 1)
    values = payoff.flat[situation.conflict.feasible.reshape(-1)]
    return max(int(values.max()) - int(values.min()), 1)


def _dials(situation: Situation, party: PartyId) -> int:
    """Return what all levels of a party's positions can be worth together, in units of value."""
    case = situation.case
    total = Fraction(0)
    for option, position in case.preferences[party].position.items():
        values = case.vocabulary.values.get(option, range(len(case.options[option].levels)))
        total += Fraction(str(position.salience)) * (max(values) - min(values))
    return int(total * situation.conflict.payoffs[party].scale)


def millionths(part: int, whole: int) -> int:
    """Return a share in millionths, rounded up."""
    return -(-WHOLE * part // whole)


def shares(situation: Situation, no_deal: NoDeal, party: PartyId, states: States) -> Shares:
    """Return what a party concedes in each of some states, in millionths.

    Parameters
    ----------
    states
        States of a space of any size.
    """
    payoff = situation.conflict.payoffs[party]
    values = payoff.of(states)
    kinds, first, which = np.unique(values, return_index=True, return_inverse=True)
    if payoff.form == "ordered":
        return _of_ordered(situation, no_deal, party, states[first])[which]
    best, whole = aim(no_deal, party), span(situation, party)
    found = [millionths(max(best - int(value), 0), whole) for value in kinds.tolist()]
    return np.array(found, dtype=np.int64)[which]


def _of_ordered(situation: Situation, no_deal: NoDeal, party: PartyId, states: States) -> Shares:
    """Return (G - g + 1) / G, with g the first of G groups that fares worse than at best."""
    payoff, words = situation.conflict.payoffs[party], situation.case.vocabulary
    best = no_deal.best_state(party)
    assert best is not None  # noqa: S101 - only pure talks have none, and they go by points
    had = payoff.satisfied(best)
    found = np.zeros(len(states), np.int64)
    even = np.ones(len(states), np.bool_)
    for place, (group, before) in enumerate(zip(payoff.groups, had, strict=True)):
        met = np.zeros(len(states), np.int64)
        for statement in group:
            met += situation.space.holds(words.condition(statement.wish), states)
        groups = len(payoff.groups)
        found[even & (met < sum(before))] = millionths(groups - place, groups)
        even &= met == sum(before)
    return found


# ------------------------------------------------------------------------ what all concede


def conceding(situation: Situation, no_deal: NoDeal, state: int) -> tuple[Concession, ...]:
    """Return what must be conceded for a package to be accepted by all whom it takes.

    All who must sign; and of a quota's further members, as many as are missing, those who
    concede least.
    """
    must = signatories(situation, state)
    rule = situation.case.signatories
    found = {p: concession(situation, no_deal, p, state) for p in situation.conflict.parties}
    members = [party for party in rule.of if party not in must]
    missing = max((rule.at_least or 0) - len(set(rule.of) & set(must)), 0)
    members.sort(key=lambda p: (_share(found[p]), situation.conflict.parties.index(p)))
    who = {*must, *members[:missing]}
    each = (found[party] for party in situation.conflict.parties if party in who)
    return tuple(one for one in each if one is not None)


def _share(one: Concession | None) -> Fraction:
    return Fraction(0) if one is None else one.share


def taken(measure: Measure, concessions: Sequence[Concession]) -> int:
    """Return what is conceded by one measure: millionths, or a number of parties."""
    if measure is Measure.LEFT_OUT:
        return len(concessions)
    each = [millionths(one.share.numerator, one.share.denominator) for one in concessions]
    return sum(each) if measure is Measure.TOTAL else max(each, default=0)
