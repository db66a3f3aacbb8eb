"""What the verdict on a package rests on: the wishes and rules that decide it.

Two states compare as they do because of the first wish that tells them apart; whatever is wished
below it does not matter.  So a verdict rests on the deciding wish of every comparison it makes:
signing beside no deal, staying beside every move.  All other wishes may be dropped, and a package
that sticks still does, as long as no deal leads where it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from servanda.acceptance import signatories
from servanda.conditions import holds
from servanda.conflict import Conflict, Looked
from servanda.model import Case, ClaimId, PartyId, Resting
from servanda.moves import Moves
from servanda.nodeal import NoDeal
from servanda.selfenforcement import (
    Response,
    engine_of,
    held_back,
    improvements,
    sanction,
)
from servanda.situation import Situation
from servanda.stability import Concept


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A wish or a rule that decides something.

    Parameters
    ----------
    party
        Whose wish; None for a rule.
    text
        The wish or the rule, as the case words it.
    claims
        What it rests on.
    assumed
        Whether the modeller added it, or part of it, or nothing is said to stand behind it.
    """

    party: PartyId | None
    text: str
    claims: tuple[ClaimId, ...]
    assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What decides a verdict, each wish once in each part.

    Parameters
    ----------
    signing
        Why those who must sign do as well as without a deal, or who does not.
    staying
        Why nobody gains by leaving, or somebody does; the wishes of those who would answer a
        move are among them, and the rules that bar a move which would gain.
    no_deal
        Why nobody moves on from where the conflict goes without a deal.
    """

    signing: tuple[Ground, ...] = ()
    staying: tuple[Ground, ...] = ()
    no_deal: tuple[Ground, ...] = ()

    @property
    def every(self) -> tuple[Ground, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.signing, *self.staying, *self.no_deal)))

    @property
    def claims(self) -> tuple[ClaimId, ...]:
        """The claims they rest on, each once."""
        return tuple(dict.fromkeys(claim for ground in self.every for claim in ground.claims))

    @property
    def assumptions(self) -> tuple[Ground, ...]:
        """Those that are assumed, wholly or in part."""
        return tuple(ground for ground in self.every if ground.assumed)


def grounds(situation: Situation, no_deal: NoDeal, states: Sequence[int]) -> Grounds:
    """Return what decides the verdict on a package, or on the completions of a target.

    Where it does not stick, only what keeps it from sticking is told.  In a conflict past arrays
    one answered move is looked at for each party that is held back, not all of them.

    Parameters
    ----------
    situation
        The case, perhaps under a plan.
    no_deal
        Where the conflict goes without agreement.
    states
        The package, or every state of every completion.
    """
    signing: list[tuple[bool, Ground]] = []
    staying: list[tuple[bool, Ground]] = []
    for state in states:
        for party in signatories(situation, state):
            signing += _signs(situation.conflict, no_deal, party, state)
        for party in situation.conflict.parties:
            staying += _stays(situation.conflict, party, state)
    failing = [ground for good, ground in (*signing, *staying) if not good]
    return Grounds(
        signing=_once(ground for good, ground in signing if not (good and failing)),
        staying=_once(ground for good, ground in staying if not (good and failing)),
        no_deal=_once(_rests(situation, no_deal)),
    )


def _once(found: Iterable[Ground]) -> tuple[Ground, ...]:
    return tuple(dict.fromkeys(found))


def _signs(
    conflict: Conflict, no_deal: NoDeal, party: PartyId, state: int
) -> Iterator[tuple[bool, Ground]]:
    """Yield what makes a party do as well as in each outcome without a deal, or worse."""
    value = conflict.value
    for outcome in no_deal.states:
        good = value(party, state) >= value(party, outcome)
        yield from ((good, ground) for ground in _deciding(conflict, party, state, outcome))
    if not no_deal.outcomes:
        good = not conflict.walks_away(party, state)
        yield from ((good, ground) for ground in _whole(conflict, party))


def _stays(conflict: Conflict, party: PartyId, state: int) -> Iterator[tuple[bool, Ground]]:
    """Yield what keeps a party from each move, or makes it gain by one that nothing deters."""
    if not conflict.space.dense:
        yield from _stays_at_size(conflict, party, state)
        return
    value = conflict.value
    for after in conflict.moves.destinations(state, party).tolist():
        if value(party, after) <= value(party, state):
            found = _deciding(conflict, party, state, after)
            yield from ((True, ground) for ground in found)
    for after in improvements(conflict, party, state):
        answer = sanction(conflict, party, state, after=after, concept=Concept.SEQ, tidy=True)
        yield from _answered(conflict, party, state, after=after, answer=answer)
    yield from ((True, ground) for ground in _barring(conflict, party, state))


def _answered(
    conflict: Conflict,
    party: PartyId,
    state: int,
    *,
    after: int,
    answer: Sequence[Response] | None,
) -> Iterator[tuple[bool, Ground]]:
    """Yield what makes the others answer a move, and the party regret it; or gain by it."""
    if answer is None:
        found = _deciding(conflict, party, after, state)
        yield from ((False, ground) for ground in found)
        return
    steps = ((party, after), *((each.party, each.state) for each in answer))
    for (_, before), (mover, reached) in pairwise(steps):
        yield from ((True, g) for g in _deciding(conflict, mover, reached, before))
    found = _deciding(conflict, party, state, steps[-1][1])
    yield from ((True, ground) for ground in found)


def _stays_at_size(conflict: Conflict, party: PartyId, state: int) -> Iterator[tuple[bool, Ground]]:
    """Yield the same where there are too many moves to look at: read off diagrams.

    Of the moves a party gains by, the best is looked at, or one that nothing answers.
    """
    engine, space = engine_of(conflict), conflict.space
    levels = space.levels(state)
    for statement in engine.telling(party, levels):
        yield True, _ground(conflict.case, party, statement.wish, statement)
    move = held_back(conflict, party, state)
    if move is not None:
        answer = move.sanction
        yield from _answered(conflict, party, state, after=move.state, answer=answer)
    for rule in engine.barring(party, levels):
        yield True, _ground(conflict.case, None, rule.that, rule)


def _rests(situation: Situation, no_deal: NoDeal) -> Iterator[Ground]:
    """Yield what keeps each party, in the outcomes without a deal, from moving on."""
    conflict = situation.conflict
    if not conflict.space.dense:
        yield from _rests_at_size(situation, no_deal)
        return
    moves = conflict.moves.holding(situation.held)
    for end in no_deal.outcomes:
        inside = frozenset(end.states)
        for state in end.states:
            for party in conflict.parties:
                for after in moves.destinations(state, party).tolist():
                    worse = conflict.value(party, after) < conflict.value(party, state)
                    if after not in inside and worse:
                        yield from _deciding(conflict, party, state, after)


def _rests_at_size(situation: Situation, no_deal: NoDeal) -> Iterator[Ground]:
    """Yield the same where there are too many moves to look at; each situation of a party once."""
    conflict, space = situation.conflict, situation.space
    engine, seen = engine_of(conflict), set[tuple[PartyId, int]]()
    for end in no_deal.outcomes:
        for state in end.states:
            for party in conflict.parties:
                steps = conflict.steps(party, situation.held | conflict.idle(party), needed=True)
                key = (party, space.packed(state) & steps.mask)
                if key in seen:
                    continue
                seen.add(key)
                for statement in engine.telling(party, space.levels(state), held=situation.held):
                    yield _ground(conflict.case, party, statement.wish, statement)


def _deciding(conflict: Conflict, party: PartyId, one: int, two: int) -> tuple[Ground, ...]:
    """Return the wishes for which a party prefers one state to another, or is indifferent.

    Of ordered wishes those down to the first that tells the two apart; in a tied group all that
    differ count, for they are weighed against each other.  Points add up, so that all count.
    """
    payoff = conflict.payoffs[party]
    if payoff.form not in {"ordered", "points"}:
        return _whole(conflict, party) if payoff.value(one) != payoff.value(two) else ()
    found: list[Ground] = []
    pairs = zip(payoff.groups, payoff.satisfied(one), payoff.satisfied(two), strict=True)
    for group, mine, yours in pairs:
        found += [
            _ground(conflict.case, party, statement.wish, statement)
            for statement, here, there in zip(group, mine, yours, strict=True)
            if here != there
        ]
        if payoff.form == "ordered" and sum(mine) != sum(yours):
            break
    return tuple(found)


def _whole(conflict: Conflict, party: PartyId) -> tuple[Ground, ...]:
    """Return a party's preference as a whole, where no single wish decides."""
    preference = conflict.case.preferences.get(party)
    if preference is None or preference.form == "none":
        return ()
    kind = "ranking of the states" if preference.form == "ranking" else "points taken together"
    claims = preference.claims
    return (Ground(party=party, text=f"its {kind}", claims=claims, assumed=not claims),)


def _barring(conflict: Conflict, party: PartyId, state: int) -> Iterator[Ground]:
    """Yield the rules that bar a party from a move by which it would gain."""
    payoff, space = conflict.payoffs[party], conflict.space
    if payoff.form == "ranking" or conflict.walk_away is not None or not conflict.case.never:
        return
    anything = Moves(space, Looked(space, ()), conflict.moves.held)
    reached = anything.destinations(state, party)
    gains = payoff.of(reached) > payoff.value(state)
    barred = reached[~conflict.moves.feasible[reached] & gains]
    words = conflict.case.vocabulary
    for after in barred.tolist():
        levels = space.levels(after)
        for rule in conflict.case.never:
            if holds(words.condition(rule.that), levels):
                yield _ground(conflict.case, None, rule.that, rule)


def _ground(case: Case, party: PartyId | None, text: str, thing: Resting) -> Ground:
    """Return a wish or a rule with what it rests on; a claim may itself be an assumption."""
    claims = tuple(name for name in thing.claims if not _assumes(case, name))
    assumed = thing.assumption or not claims or claims != thing.claims
    return Ground(party=party, text=text, claims=claims, assumed=assumed)


def _assumes(case: Case, name: ClaimId) -> bool:
    claim = case.claims.get(name)
    return claim is not None and claim.assumption
