"""What it would take, as data."""

from __future__ import annotations

from fractions import Fraction

from servanda.analysis import Findings
from servanda.carrots import Carrot, Carrots
from servanda.contributors import Smallest as Coalitions
from servanda.loads import Load
from servanda.obstacles import Obstacle, by_party
from servanda.quotas import Meeting
from servanda.rankings import Inverse, NearestRanking
from servanda.remedies import Nearest, Remedies
from servanda.shifts import Found, Shift, Smallest
from servanda.situation import Situation
from servanda.states import StateSpace
from servanda.wire.agreements import verdict
from servanda.wire.evidence import rests_on
from servanda.wire.parts import Data, asked, changes, statement_data, terms
from servanda.wire.relaxation import relaxation
from servanda.wire.room import room


def remedies(findings: Findings, found: Remedies) -> Data:
    """Return the remedies for a target or a package."""
    situation = found.situation
    return {
        **asked(situation),
        "target": None
        if found.state is not None
        else situation.space.named(situation.target or {}),
        "package": None if found.state is None else terms(situation, found.state),
        "is_package": found.is_package,
        **verdict(found.verdict),
        "sticks": found.sticks,
        "blockers": [_obstacle(situation, each) for each in found.obstacles],
        "nearest": _nearest(findings, found.nearest),
        "nearest_proved": found.nearest_proved,
        "bring_in": {
            party: {kind.kind: _smallest(kind) for kind in kinds}
            for party, kinds in found.help.items()
        },
        "together": None
        if found.together is None
        else {party: _shift(shift) for party, shift in found.together.items()},
        "carrots": None if found.carrots is None else _carrots(situation, found.carrots),
        "loads": [_load(each) for each in found.loads],
        "rankings": {
            party: _inverse(situation.space, each) for party, each in found.inverses.items()
        },
        "rankings_note": found.unranked or None,
        "group": None
        if found.group is None
        else {
            "size": found.group.size,
            "grade": found.group.grade.value,
            "breaker": list(found.group.breaker),
            "move": None
            if found.group.state is None
            else changes(situation.space, found.verdict.states[0], found.group.state),
            "untold": [list(group) for group in found.group.untold],
            "untried": found.group.untried,
        },
        "relaxation": None if found.relaxation is None else relaxation(found.relaxation),
        "rooms": None if found.rooms is None else room(found.rooms),
        "quotas": [_meeting(each) for each in found.meetings],
        "cut": {remedy.value: why for remedy, why in found.cut.items()},
        "stopped": findings.stopped or found.stopped or None,
        "missing": list(lacking(found)),
    }


def _meeting(found: Meeting) -> Data:
    return {
        "amount": float(found.amount),
        "unit": found.unit,
        "givers": {
            each.contributor.id: {
                "most": float(each.contributor.cap),
                "price": float(each.contributor.joining),
                "target": None if each.given is None else float(each.given),
                "asks_for": [statement_data(ask) for ask in each.asks],
                "offers": list(each.offers),
            }
            for each in found.givers
        },
        "fewest": _coalition(found.smallest),
        "cheapest": _coalition(found.cheapest),
    }


def _coalition(found: Coalitions) -> Data:
    return {
        "status": found.status,
        "shares": None
        if found.coalition is None
        else {party: float(share) for party, share in found.coalition.shares},
        "price": None if found.coalition is None else float(found.coalition.cost),
        "short": None if found.none is None else float(found.none.short),
        "pivotal": list(found.pivotal),
        "as_good": found.ties,
    }


def lacking(found: Remedies) -> tuple[str, ...]:
    """Return which remedies are not known because the work was stopped."""
    if not found.stopped:
        return ()
    one, several = len(found.verdict.states) == 1, len(by_party(found.obstacles)) > 1
    parts = {
        "the nearest package that sticks": found.nearest is None and not found.nearest_proved,
        "what would bring some blockers in": len(found.help) < len(by_party(found.obstacles)),
        "what would bring them in together": several and found.together is None,
        "the cheapest carrots": found.carrots is None,
        "what each part of the plan carries": not found.loads,
        "the rankings": not found.inverses,
        "the smallest group": one and found.group is None,
        "what would have to give": not found.sticks and found.relaxation is None,
        "who must be in the room": found.rooms is None,
    }
    return tuple(part for part, gone in parts.items() if gone)


def _obstacle(situation: Situation, found: Obstacle) -> Data:
    blocker, space = found.blocker, situation.space
    beside = blocker.comparison
    return {
        "party": blocker.party,
        "test": blocker.test,
        "move": None if blocker.move is None else changes(space, found.state, blocker.move.state),
        "versus_no_deal": None if beside is None else beside.versus,
        "margin": None if beside is None or beside.margin is None else float(beside.margin),
        "statements": [statement_data(statement) for statement in blocker.why],
        "claims": list(dict.fromkeys(c for statement in blocker.why for c in statement.claims)),
    }


def _nearest(findings: Findings, found: Nearest | None) -> Data | None:
    if found is None:
        return None
    situation = findings.situation
    return {
        **terms(situation, found.state),
        "differs": situation.space.named(found.apart),
        "differs_in": len(found.apart),
        "weight": _number(found.weight),
        "rests_on": rests_on(findings.evidence, found.grounds),
    }


def _number(value: Fraction | None) -> int | float | None:
    """Return a whole number where it is one."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def _smallest(found: Smallest) -> Data:
    return {
        "found": [_found(each) for each in found.found],
        "bound": _number(found.bound),
        "proved": found.proved,
        "tried": found.tried,
        "undecided": found.undecided,
        "cut": found.lapsed,
    }


def _found(found: Found) -> Data:
    return {**_shift(found.shift), "sticks": found.sticks, "still": list(found.still)}


def _shift(shift: Shift) -> Data:
    return {
        "kind": shift.kind,
        "size": _number(shift.size),
        "more_than": shift.over,
        "condition": shift.condition or None,
        "less": shift.less,
        "order": list(shift.order),
        "dropped": [statement_data(statement) for statement in shift.dropped],
    }


def _carrots(situation: Situation, found: Carrots) -> Data:
    return {
        "from": [_carrot(situation, carrot) for carrot in found.tried_with],
        "sticks": found.sticks,
        "cheapest": [[carrot.option for carrot in each] for each in found.cheapest],
        "sets": [
            situation.space.named({carrot.option: carrot.level for carrot in each})
            for each in found.cheapest
        ],
        "price": _number(found.price),
        "bound": _number(found.bound),
        "proved": found.proved,
        "tried": found.sets,
        "undecided": found.undecided,
    }


def _carrot(situation: Situation, carrot: Carrot) -> Data:
    return {
        "option": carrot.option,
        "level": situation.case.options[carrot.option].levels[carrot.level],
        "price": _number(carrot.price),
        "offered": carrot.offered,
    }


def _load(found: Load) -> Data:
    return {
        "part": found.part.kind,
        "options": list(found.part.options),
        "who": list(found.part.who),
        "claims": list(found.part.claims),
        "assumption": found.part.assumption,
        "sticks": found.sticks if found.settled else None,
        "reason": found.reason or None,
        "verdict": None if found.verdict is None else verdict(found.verdict),
        "blockers": [_obstacle(found.situation, each) for each in found.obstacles],
    }


def _inverse(space: StateSpace, found: Inverse) -> Data:
    return {
        "states": found.states,
        "rankings": found.rankings,
        "stable": {concept.value: count for concept, count in found.stable.items()},
        "now": [concept.value for concept, held in found.now.items() if held],
        "nearest": {
            concept.value: None if near is None else _ranking(space, near)
            for concept, near in found.nearest.items()
        },
    }


def _ranking(space: StateSpace, near: NearestRanking) -> Data:
    return {
        "swaps": near.swaps,
        "falls": [space.taken(state) for state in near.falls],
    }
