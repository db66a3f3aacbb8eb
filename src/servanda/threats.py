"""Whether a threat is credible, whom it hurts, and what announcing it changes.

N1 and N0 are no-deal play with the act held done and held not done.  A threat hurts a party that
does worse in every outcome of N1 than in any of N0; it is a gift the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from servanda.conditions import OptionId, holds
from servanda.conflict import Conflict, Tick, silent
from servanda.errors import UsageError
from servanda.model import PartyId, Statement, Threat
from servanda.play import Outcome, Play, Settled, place
from servanda.situation import Situation
from servanda.states import Cells


class Credible(StrEnum):
    """Whether the threatener would rather carry the act out."""

    CREDIBLE = "credible"
    DOUBTFUL = "doubtful"
    BLUFF = "bluff"


class Effect(StrEnum):
    """What the act does to an addressee."""

    HURTS = "hurts"
    GIFT = "gift"
    EMPTY = "empty"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatFinding:
    """What the test says of one threat.

    Parameters
    ----------
    threat
        The threat.
    credible, bound
        Whether the threatener prefers the act done; whether free play with the announcement made
        carries it out everywhere.
    effects
        What the act does to each party but the threatener.
    refrains
        Whether, at every completion of the target, the threatener has no improvement that
        carries the act out; None without a target.
    changes
        Whether free play with the announcement differs from free play without.
    rests_on
        The statements that decide `credible` (and, for a doubtful one, those that pull apart).
    because
        For each addressee the statements that decide its effect.
    done, undone, announced, silent
        Outcomes of N1, of N0, and of free play with and without the announcement.
    exact
        Whether these are all there are: else what is said is not refuted, rather than so.
    """

    threat: Threat
    credible: Credible
    bound: bool
    effects: Mapping[PartyId, Effect]
    refrains: bool | None
    changes: bool
    rests_on: tuple[Statement, ...]
    because: Mapping[PartyId, tuple[Statement, ...]]
    done: tuple[Outcome, ...]
    undone: tuple[Outcome, ...]
    announced: tuple[Outcome, ...]
    silent: tuple[Outcome, ...]
    exact: bool = True

    @property
    def kind(self) -> str:
        """Return what the announcement amounts to: a threat, a forecast or cheap talk."""
        if self.changes:
            return "threat"
        return "forecast" if self.bound else "cheap talk"

    @property
    def done_in_no_deal(self) -> Done:
        """Whether no-deal play has the act done, not done, or must be played both ways."""
        return _done(bound=self.bound, credible=self.credible)


Done = tuple[bool, ...]
"""Whether an act is done without a deal: ``(True,)``, ``(False,)``, or both where that is open."""


def _done(*, bound: bool, credible: Credible) -> Done:
    if bound or credible is Credible.CREDIBLE:
        return (True,)
    return (False,) if credible is Credible.BLUFF else (True, False)


def completions(situation: Situation, tick: Tick = silent) -> Settled:
    """Return where play settles once the target's terms are put on the start and held.

    Offers and joint options the target does not name stay at base, unless its terms cannot be
    without them.  Empty without a target.
    """
    if situation.target is None:
        return Settled()
    starts = place(
        situation.conflict, situation.start, situation.target, fixed=situation.commitments
    )
    held = situation.held | frozenset(situation.target)
    return playing(situation, held, tick).settle(starts)


def playing(situation: Situation, held: frozenset[OptionId], tick: Tick = silent) -> Play:
    """Return play in a situation with some options held, followed as far as that says."""
    return Play(situation.conflict, held, tick=tick, extent=situation.extent)


def play_with_acts(
    situation: Situation,
    done: Iterable[bool],
    *,
    sanctions: Mapping[PartyId, Cells] | None = None,
    tick: Tick = silent,
) -> Settled:
    """Return where no-deal play ends with each threatened act held done or not done.

    Raises
    ------
    UsageError
        If the acts exclude each other, or cannot be done while all else that needs agreement, and
        what the plan does in any event, stays as it is.
    """
    terms = {option: situation.case.base[option] for act in situation.acts for option in act}
    carried = [act for act, so in zip(situation.acts, done, strict=True) if so]
    for act in carried:
        terms |= act
    if any(terms[option] != level for act in carried for option, level in act.items()):
        raise UsageError("the threatened acts exclude each other")
    starts = place(situation.conflict, situation.start, terms, fixed=situation.held)
    held = situation.held | frozenset(terms)
    return replace(playing(situation, held, tick), sanctions=sanctions).settle(starts)


def check_threats(situation: Situation, tick: Tick = silent) -> tuple[ThreatFinding, ...]:
    """Return what the test says of each of a plan's threats."""
    ends = completions(situation, tick)
    return tuple(_test(situation, number, ends, tick) for number in range(len(situation.threats)))


def acts_without_deal(situation: Situation, tick: Tick = silent) -> tuple[tuple[Done, ...], bool]:
    """Return for each threat whether its act is done without a deal: the test in short.

    Beside it, whether that is for certain.
    """
    if not situation.threats:
        return (), True
    conflict = situation.conflict
    announced = playing(situation, situation.held, tick).settle((situation.start,))
    found, exact = [], announced.exact
    for number, (threat, act) in enumerate(zip(situation.threats, situation.acts, strict=True)):
        settled = _with_and_without(situation, number, tick)
        exact &= all(each.exact for pair in settled for each in pair)
        pairs = [(one.outcomes, none.outcomes) for one, none in settled]
        bound = all(_carried(conflict, act, state) for state in announced.states)
        credible = Credible.CREDIBLE if bound else _credible(conflict, threat.by, pairs)[0]
        found.append(_done(bound=bound, credible=credible))
    return tuple(found), exact


def _test(situation: Situation, number: int, ends: Settled, tick: Tick) -> ThreatFinding:
    conflict, threat, act = situation.conflict, situation.threats[number], situation.acts[number]
    settled = _with_and_without(situation, number, tick)
    pairs = [(one.outcomes, none.outcomes) for one, none in settled]
    parties = [party for party in conflict.parties if party != threat.by]
    effects, because = {}, {}
    for party in parties:
        effects[party], because[party] = _effect(conflict, party, pairs)
    credible, rests_on = _credible(conflict, threat.by, pairs)
    play = playing(situation, situation.held, tick)
    announced = play.settle((situation.start,))
    quiet = situation.space.put(
        situation.start, {threat.announce: situation.case.base[threat.announce]}
    )
    unannounced = announced
    if quiet != situation.start and conflict.can_be(quiet):
        unannounced = play.settle((quiet,))
    return ThreatFinding(
        threat=threat,
        credible=credible,
        bound=all(_carried(conflict, act, state) for state in announced.states),
        effects=effects,
        refrains=_refrains(situation, number, ends),
        changes=_projected(situation, announced.outcomes, threat)
        != _projected(situation, unannounced.outcomes, threat),
        rests_on=rests_on,
        because=because,
        done=tuple(dict.fromkeys(end for one, _ in pairs for end in one)),
        undone=tuple(dict.fromkeys(end for _, none in pairs for end in none)),
        announced=announced.outcomes,
        silent=unannounced.outcomes,
        exact=all(
            each.exact for each in (ends, announced, unannounced, *(e for p in settled for e in p))
        ),
    )


Pairs = list[tuple[tuple[Outcome, ...], tuple[Outcome, ...]]]


def _with_and_without(
    situation: Situation, number: int, tick: Tick
) -> list[tuple[Settled, Settled]]:
    """Return N1 and N0 for every way the other threats may go.

    Acts that exclude each other are not compared, and no act with others that carry it out.
    """
    pairs: list[tuple[Settled, Settled]] = []
    others = [act for place, act in enumerate(situation.acts) if place != number]
    for rest in product((True, False), repeat=len(others)):
        if _carried_by(situation, number, [a for a, so in zip(others, rest, strict=True) if so]):
            continue
        both = []
        for carried in (True, False):
            done = [*rest[:number], carried, *rest[number:]]
            try:
                both.append(play_with_acts(situation, done, tick=tick))
            except UsageError:
                break
        if len(both) == 2:
            pairs.append((both[0], both[1]))
    if not pairs:
        act = ", ".join(situation.threats[number].act)
        hint = "not while all else is as the plan has it, and nothing is agreed"
        raise UsageError(f"the threatened act cannot be done: {act}", hint)
    return pairs


def _carried_by(situation: Situation, number: int, acts: Iterable[Mapping[OptionId, int]]) -> bool:
    """Return whether a threatened act is done once other acts are, though it was not before."""
    base = situation.case.base
    after = {**base, **{option: level for act in acts for option, level in act.items()}}
    act = situation.acts[number].items()
    return act <= after.items() and not act <= base.items()


def _ends(conflict: Conflict, party: PartyId, outcomes: Iterable[Outcome]) -> list[tuple[int, int]]:
    """Return value and state of every state play can end in, worst first."""
    return sorted((conflict.value(party, s), s) for end in outcomes for s in end.states)


def _effect(
    conflict: Conflict, party: PartyId, pairs: Pairs
) -> tuple[Effect, tuple[Statement, ...]]:
    found = set()
    because: tuple[Statement, ...] = ()
    payoff = conflict.payoffs[party]
    for done, undone in pairs:
        with_act, without = _ends(conflict, party, done), _ends(conflict, party, undone)
        if with_act[-1][0] < without[0][0]:
            found.add(Effect.HURTS)
            because = payoff.decisive(without[0][1], with_act[-1][1])[1]
        elif without[-1][0] < with_act[0][0]:
            found.add(Effect.GIFT)
            because = payoff.decisive(with_act[0][1], without[-1][1])[1]
        elif len({value for value, _ in with_act + without}) == 1:
            found.add(Effect.EMPTY)
        else:
            found.add(Effect.MIXED)
            because = payoff.decisive(without[-1][1], with_act[0][1])[1]
    return (found.pop(), because) if len(found) == 1 else (Effect.MIXED, because)


def _credible(
    conflict: Conflict, party: PartyId, pairs: Pairs
) -> tuple[Credible, tuple[Statement, ...]]:
    found = set()
    payoff = conflict.payoffs[party]
    rests: list[Statement] = []
    for done, undone in pairs:
        with_act, without = _ends(conflict, party, done), _ends(conflict, party, undone)
        if with_act[0][0] > without[-1][0]:
            found.add(Credible.CREDIBLE)
            rests += payoff.decisive(with_act[0][1], without[-1][1])[1]
        elif without[0][0] > with_act[-1][0]:
            found.add(Credible.BLUFF)
            rests += payoff.decisive(without[0][1], with_act[-1][1])[1]
        else:
            found.add(Credible.DOUBTFUL)
            rests += payoff.decisive(with_act[-1][1], without[0][1])[1]
            rests += payoff.decisive(without[-1][1], with_act[0][1])[1]
    unique = tuple({statement.id: statement for statement in rests}.values())
    return (found.pop() if len(found) == 1 else Credible.DOUBTFUL), unique


def _carried(conflict: Conflict, act: Mapping[OptionId, int], state: int) -> bool:
    return all(conflict.space.level(state, option) == level for option, level in act.items())


def _refrains(situation: Situation, number: int, ends: Settled) -> bool | None:
    """Return whether the threatener leaves the act undone wherever the target settles."""
    if not ends.outcomes:
        return None
    conflict, act = situation.conflict, situation.acts[number]
    by = situation.threats[number].by
    return not any(
        _carried(conflict, act, state)
        or any(_carried(conflict, act, int(t)) for t in conflict.improvements(by, state))
        for state in ends.states
    )


def triggered(situation: Situation, threat: Threat, state: int) -> bool:
    """Return whether the threat's own condition for carrying it out holds in a state."""
    condition = situation.case.vocabulary.condition(threat.condition)
    return holds(condition, situation.space.levels(state))


def _projected(
    situation: Situation, outcomes: Iterable[Outcome], threat: Threat
) -> frozenset[frozenset[int]]:
    """Return outcomes with the announcement itself taken out, so that only its effects differ."""
    blank = {threat.announce: 0}
    return frozenset(
        frozenset(situation.space.put(state, blank) for state in end.states) for end in outcomes
    )
