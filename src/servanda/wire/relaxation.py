"""What would have to give for something to stick, as data."""

from __future__ import annotations

from servanda.concessions import Concession, Measure
from servanda.relaxation import Least, Relaxation, Unblocked
from servanda.situation import Situation
from servanda.wire.parts import Data, asked, statement_data, terms


def relaxation(found: Relaxation) -> Data:
    """Return the least concessions, a minimal blocking set, and what each party could unblock."""
    situation, blocking = found.situation, found.blocking
    return {
        **asked(situation),
        "sticks": None if found.sticks is None else terms(situation, found.sticks),
        "proved": found.proved,
        "to_stick": {each.measure.value: _least(situation, each) for each in found.to_stick},
        "to_sign": {each.measure.value: _least(situation, each) for each in found.to_sign},
        "blocking": None
        if blocking is None
        else {
            "parties": list(blocking.parties),
            "but_for": {
                party: None if state is None else terms(situation, state)
                for party, state in blocking.members
            },
            "proved": blocking.proved,
        },
        "unblocked": {
            party: {
                each.waiver.value: _unblocked(situation, each)
                for each in found.unblocked
                if each.party == party
            }
            for party in situation.conflict.parties
            if found.unblocked
        },
        "firm_only": found.firm_only,
        "engine": found.method,
        "stopped": found.stopped or None,
    }


def _least(situation: Situation, least: Least) -> Data:
    return {
        "status": least.status,
        "value": _value(least, least.value),
        "bound": _value(least, least.bound),
        "package": None if least.state is None else terms(situation, least.state),
        "concessions": {one.party: _concession(one) for one in least.concessions},
    }


def _value(least: Least, value: int | None) -> float | int | None:
    """Return a share from 0 to 1, or a number of parties."""
    if value is None or least.measure is Measure.LEFT_OUT:
        return value
    return value / 10**6


def _concession(one: Concession) -> Data:
    return {
        "share": float(one.share),
        "place": one.place,
        "groups": one.groups,
        "points": None if one.points is None else float(one.points),
        "lost": [statement_data(statement) for statement in one.lost],
    }


def _unblocked(situation: Situation, each: Unblocked) -> Data:
    return {
        "packages": each.packages,
        "package": None if each.state is None else terms(situation, each.state),
        "proved": each.proved,
    }
