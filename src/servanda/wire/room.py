"""Who must be in the room, as data."""

from __future__ import annotations

from servanda.room import Room, Rooms
from servanda.situation import Situation
from servanda.wire.parts import Data, asked, terms


def room(rooms: Rooms) -> Data:
    """Return the smallest rooms, who is pivotal and who does harm."""
    situation = rooms.situation
    return {
        **asked(situation),
        "rooms": [_room(situation, each) for each in rooms.smallest],
        "total": rooms.total,
        "pivotal": list(rooms.pivotal),
        "harmful": {
            party: [list(each.guests) for each in harmed] for party, harmed in rooms.harmful.items()
        },
        "shut_out": None if rooms.shut_out is None else list(rooms.shut_out),
        "needless": list(rooms.needless),
        "status": rooms.status,
        "bound": rooms.bound,
        "firm_complete": rooms.firm_complete,
        "engine": rooms.method,
        "stopped": rooms.stopped or None,
    }


def _room(situation: Situation, found: Room) -> Data:
    return {
        "guests": list(found.guests),
        "package": None if found.state is None else terms(situation, found.state),
        "packages": found.packages,
        "proved": found.proved,
        "harmed_by": list(found.harmed_by),
        "unknown": [harm.party for harm in found.others if harm.harms is None],
    }
