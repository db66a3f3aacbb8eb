"""Whether every required signatory does at least as well as where things go without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np

from servanda.conditions import OptionId
from servanda.model import PartyId, Statement
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.states import Truth

How = Literal["maximin", "nash", "total"]
"""By which gain in points over no deal packages are ordered: the least, the product, the sum."""


class Acceptable(StrEnum):
    """How sure it is that those who must sign will."""

    SURELY = "surely"
    PERHAPS = "perhaps"
    NO = "no"

    @property
    def rank(self) -> int:
        """0 for surely, 2 for no."""
        return list(Acceptable).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a party does under a package, beside no deal.

    Parameters
    ----------
    party
        Whose comparison.
    versus
        ``better``, ``equal``, ``worse`` or ``mixed``, over all outcomes.
    sure, possible, gains
        At least as well as every outcome; as some outcome; strictly better than one.
    decisive
        The statements that decide: first the package satisfies and the best outcome does not, or
        the other way round for a party that does worse.  A package just as good as the best
        outcome is put beside the worst.
    margin
        Points above (below, if negative) the best no-deal outcome; None without points.
    flip
        The nearest single change by others of the best no-deal outcome that would turn the
        comparison.
    """

    party: PartyId
    versus: str
    sure: bool
    possible: bool
    gains: bool
    decisive: tuple[Statement, ...]
    margin: Fraction | None
    flip: tuple[OptionId, int] | None


def signs(situation: Situation, party: PartyId) -> Truth:
    """Return where a party is a required signatory, as a broadcastable boolean array.

    It is, if it is named or has a veto, or owns or is partner of an option that is changed from
    the start; spoilers never sign.  Pure talks have no start: all sign, unless a rule names who.
    """
    space, start = situation.space, situation.start
    never: Truth = np.zeros([1] * len(space.shape), dtype=np.bool_)
    if party in situation.spoilers:
        return never
    rule = situation.case.signatories
    if party in rule.required or party in rule.vetoes:
        return ~never
    if situation.conflict.walk_away is not None:
        return ~never if party in situation.case.talks_end_without else never
    result = never
    for name, option in situation.case.options.items():
        if party in option.owners:
            now = space.level(start, name)
            count = len(option.levels)
            changed = space.along(name, (level != now for level in range(count)))
            result = result | changed
    return result


def acceptance(situation: Situation, no_deal: NoDeal) -> tuple[Truth, Truth]:
    """Return where a state is surely acceptable, and where at least perhaps.

    In a cycle *surely* compares with a signatory's best state of it, *perhaps* with its worst.
    A quota asks at least n of its members, besides all who must sign.
    """
    shape = situation.space.shape
    surely, perhaps, anyone = np.ones(shape, bool), np.ones(shape, bool), np.zeros(shape, bool)
    rule = situation.case.signatories
    sure_members = np.zeros(shape, np.int16)
    possible_members = np.zeros(shape, np.int16)
    for party in situation.conflict.parties:
        bounds = no_deal.bounds(party)
        values = situation.conflict.payoffs[party].values
        sure = values >= max(high for _, high in bounds)
        possible = values >= min(low for low, _ in bounds)
        must = np.broadcast_to(signs(situation, party), shape)
        surely &= sure | ~must
        perhaps &= possible | ~must
        gains = values > min(high for _, high in bounds)
        counted = must
        if party in rule.of:
            sure_members += sure
            possible_members += possible
            counted = must | sure
        anyone |= gains & counted
    if rule.at_least is not None:
        surely &= sure_members >= rule.at_least
        perhaps &= possible_members >= rule.at_least
    surely &= anyone
    return surely, perhaps


def signatories(situation: Situation, state: int) -> tuple[PartyId, ...]:
    """Return who must sign to bring a state about, in file order."""
    changed = situation.space.changes(situation.start, state)
    return tuple(p for p in situation.conflict.parties if _must_sign(situation, p, changed))


def _must_sign(situation: Situation, party: PartyId, changed: Iterable[OptionId]) -> bool:
    """Return whether a party must sign a package with some changes; see `signs`."""
    rule = situation.case.signatories
    if party in situation.spoilers:
        return False
    if party in rule.required or party in rule.vetoes:
        return True
    if situation.conflict.walk_away is not None:
        return party in situation.case.talks_end_without
    return any(party in situation.case.options[option].owners for option in changed)


def compare(situation: Situation, no_deal: NoDeal, party: PartyId, state: int) -> Comparison:
    """Return how a party does in a state beside the no-deal outcomes."""
    value = situation.conflict.value(party, state)
    bounds = no_deal.bounds(party)
    short = _standing(situation, party, state, bounds)
    below = all(value <= low for low, _ in bounds)
    if short.sure and below:
        versus = "equal"
    elif short.sure:
        versus = "better"
    else:
        versus = "worse" if below else "mixed"
    decisive, flip, margin = _why(situation, no_deal, party, state)
    return Comparison(
        party=party,
        versus=versus,
        sure=short.sure,
        possible=short.possible,
        gains=short.gains,
        decisive=decisive,
        margin=margin,
        flip=flip,
    )


def _why(
    situation: Situation, no_deal: NoDeal, party: PartyId, state: int
) -> tuple[tuple[Statement, ...], tuple[OptionId, int] | None, Fraction | None]:
    payoff = situation.conflict.payoffs[party]
    best = no_deal.best_state(party)
    if best is None:
        walk_away = situation.conflict.walk_away or {}
        return (), None, Fraction(payoff.value(state) - walk_away[party], payoff.scale)
    sure = payoff.value(state) >= payoff.value(best)
    beside = best
    if payoff.value(state) == payoff.value(best):
        beside = min(no_deal.states, key=payoff.value)
    high, low = (state, beside) if sure else (best, state)
    decisive = payoff.decisive(high, low)[1]
    return decisive, _flip(situation, party, state, best), payoff.margin(state, best)


def _flip(
    situation: Situation, party: PartyId, state: int, best: int
) -> tuple[OptionId, int] | None:
    """Return the smallest single change of `best` that turns the comparison with `state`."""
    space, conflict = situation.space, situation.conflict
    value = conflict.value(party, state)
    sure, wished = value >= conflict.value(party, best), conflict.wished(party)
    found: list[tuple[int, int, OptionId, int]] = []
    for place, option in enumerate(space.options):
        if party in situation.case.options[option].owners or option not in wished:
            continue
        now = space.level(best, option)
        for level in range(space.shape[space.axis[option]]):
            other = space.put(best, {option: level})
            if level == now or not conflict.can_be(other):
                continue
            if (value >= conflict.value(party, other)) != sure:
                found.append((abs(level - now), place, option, level))
    if not found:
        return None
    _, _, option, level = min(found)
    return option, level


def acceptable(situation: Situation, no_deal: NoDeal, states: Iterable[int]) -> Acceptable:
    """Return how acceptable some states are together, without saying why."""
    bounds = {party: no_deal.bounds(party) for party in situation.conflict.parties}
    worst = Acceptable.SURELY
    for state in states:
        here = {p: _standing(situation, p, state, bounds[p]) for p in bounds}
        worst = max(worst, _of_state(situation, state, here), key=lambda each: each.rank)
        if worst is Acceptable.NO:
            break
    return worst


def verdict(
    situation: Situation, no_deal: NoDeal, states: Iterable[int]
) -> tuple[Acceptable, dict[PartyId, Comparison]]:
    """Return how acceptable some states are together, and each party's comparison in its worst.

    Several states are the completions of a target, or a cycle: each must pass.
    """
    states = tuple(states)
    value = situation.conflict.value
    comparisons: dict[PartyId, Comparison] = {}
    for party in situation.conflict.parties if states else ():
        least = min(states, key=partial(value, party))
        comparisons[party] = compare(situation, no_deal, party, least)
    return acceptable(situation, no_deal, states), comparisons


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a party does beside no deal, in short."""

    party: PartyId
    sure: bool
    possible: bool
    gains: bool


def _standing(
    situation: Situation, party: PartyId, state: int, bounds: tuple[tuple[int, int], ...]
) -> _Standing:
    """Return whether a party does as well as in every outcome, in some, better than in one."""
    value = situation.conflict.value(party, state)
    return _Standing(
        party,
        sure=all(value >= high for _, high in bounds),
        possible=any(value >= low for low, _ in bounds),
        gains=any(value > high for _, high in bounds),
    )


def _of_state(
    situation: Situation, state: int, comparisons: Mapping[PartyId, _Standing]
) -> Acceptable:
    rule = situation.case.signatories
    must = [comparisons[party] for party in signatories(situation, state)]
    members = [comparisons[party] for party in rule.of]
    quota = rule.at_least or 0
    signing = {c.party: c for c in (*must, *(m for m in members if m.sure))}
    if (
        all(c.sure for c in must)
        and sum(c.sure for c in members) >= quota
        and any(c.gains for c in signing.values())
    ):
        return Acceptable.SURELY
    if all(c.possible for c in must) and sum(c.possible for c in members) >= quota:
        return Acceptable.PERHAPS
    return Acceptable.NO
