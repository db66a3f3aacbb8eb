"""Who keeps a target or a package from sticking: by refusing or by leaving, and by which move.

Everything is looked at state by state, so that it can be asked of a case of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from servanda.acceptance import acceptable, compare, signatories
from servanda.analysis import Blocker
from servanda.conflict import Tick, silent
from servanda.errors import UsageError
from servanda.model import PartyId, Statement
from servanda.nodeal import no_deal
from servanda.play import Outcome
from servanda.selfenforcement import Improvement, departure, guarded
from servanda.situation import Situation
from servanda.target import TargetVerdict, judge
from servanda.threats import check_threats


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A party that blocks, and in which of the states judged.

    Parameters
    ----------
    state
        Where it refuses to sign, or from where it would move.
    blocker
        The party, the test it fails, and its witness: a move that no answer wanted by the others
        deters.
    """

    state: int
    blocker: Blocker


def judged(situation: Situation, state: int | None, tick: Tick = silent) -> TargetVerdict:
    """Return the verdict on the plan's target, or on one state, all of it worked out anew.

    Parameters
    ----------
    situation
        The case under its plan, or a variant of it.
    state
        The state; None for the plan's target.
    tick
        Told what is being done; may stop it.

    Raises
    ------
    UsageError
        If there is no target, or it cannot be.
    """
    if state is None:
        found = judge(situation, tick)
        if found is None:
            raise UsageError("nothing is left of the target")
        return found
    if not situation.conflict.can_be(state):
        raise UsageError("this state cannot be")
    threats = check_threats(situation, tick)
    without = no_deal(situation, threats, tick=tick)
    return TargetVerdict(
        situation=situation,
        threats=threats,
        no_deal=without,
        completions=(Outcome((state,)),),
        acceptable=acceptable(situation, without, [state]),
        unsigned=False,
    )


def blocking(found: TargetVerdict) -> tuple[PartyId, ...]:
    """Return the parties that would not surely sign, or would leave, in file order."""
    who = set()
    for state in found.states:
        who |= set(refusing(found, state))
        who |= {
            party
            for party in found.situation.conflict.parties
            if party not in who and not guarded(found.situation.conflict, party, state).sticks
        }
    return tuple(party for party in found.situation.conflict.parties if party in who)


def is_blocking(found: TargetVerdict, party: PartyId) -> bool:
    """Return whether one party would not surely sign, or would leave."""
    conflict = found.situation.conflict
    return any(
        party in refusing(found, state) or not guarded(conflict, party, state).sticks
        for state in found.states
    )


def refusing(found: TargetVerdict, state: int) -> tuple[PartyId, ...]:
    """Return who is asked to sign a state and may do worse by it; where a quota fails, members."""
    if found.unsigned:
        return ()
    situation = found.situation
    rule = situation.case.signatories
    sure = {party: _sure(found, party, state) for party in situation.conflict.parties}
    asked = set(signatories(situation, state))
    if sum(sure[party] for party in rule.of) < (rule.at_least or 0):
        asked |= set(rule.of)
    return tuple(
        party for party in situation.conflict.parties if party in asked and not sure[party]
    )


def _sure(found: TargetVerdict, party: PartyId, state: int) -> bool:
    value = found.situation.conflict.value(party, state)
    return all(value >= high for _, high in found.no_deal.bounds(party))


def obstacles(found: TargetVerdict) -> tuple[Obstacle, ...]:
    """Return every party that blocks, with its witness; each party and test once."""
    known: dict[tuple[PartyId, str], Obstacle] = {}
    for state in found.states:
        for blocker in (*_refusals(found, state), *_departures(found, state)):
            known.setdefault((blocker.party, blocker.test), Obstacle(state=state, blocker=blocker))
    return tuple(known.values())


def _refusals(found: TargetVerdict, state: int) -> list[Blocker]:
    said = []
    for party in refusing(found, state):
        beside = compare(found.situation, found.no_deal, party, state)
        said.append(Blocker(party=party, test="acceptable", why=beside.decisive, comparison=beside))
    return said


def _departures(found: TargetVerdict, state: int) -> list[Blocker]:
    conflict, said = found.situation.conflict, []
    for party in conflict.parties:
        if guarded(conflict, party, state).sticks:
            continue
        after, move = departure(conflict, party, state), None
        why: tuple[Statement, ...] = ()
        if after is not None:
            move = Improvement(party=party, state=after, sanction=None, concept=None)
            why = conflict.payoffs[party].decisive(after, state)[1]
        said.append(Blocker(party=party, test="self-enforcing", why=why, move=move))
    return said


def by_party(found: tuple[Obstacle, ...]) -> Mapping[PartyId, tuple[Obstacle, ...]]:
    """Return the obstacles of each party that blocks."""
    parties = dict.fromkeys(each.blocker.party for each in found)
    return {
        party: tuple(each for each in found if each.blocker.party == party) for party in parties
    }
