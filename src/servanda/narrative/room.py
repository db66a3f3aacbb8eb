"""Who must be in the room, who may be, and who had better not be, in plain sentences."""

from __future__ import annotations

from servanda.acceptance import compare
from servanda.model import PartyId
from servanda.narrative.phrases import agreed, counted, names, sentence, wishes
from servanda.narrative.section import Section, Table
from servanda.room import Room, Rooms

_MOST = 6
_OUTSIDE = (
    "Whoever is in the room signs, and what is agreed is theirs to do. Whoever is outside signs "
    "nothing and does what it would do without a deal in any case; it may still act on the deal."
)


def room_section(rooms: Rooms) -> Section:
    """Return the smallest rooms for which a package sticks, with what each agrees on."""
    title = "Who must be in the room"
    if not rooms.smallest:
        return Section(title, (_none(rooms),))
    paragraphs = [_OUTSIDE, _how_many(rooms), *_pivotal(rooms), *_needless(rooms)]
    shown = rooms.smallest[:_MOST]
    parts = tuple(_part(rooms, room) for room in shown)
    if len(rooms.smallest) > _MOST:
        return Section(title, (*paragraphs, *_shut_out(rooms)), (_table(rooms),), parts)
    return Section(title, (*paragraphs, *_shut_out(rooms)), (), parts)


def _none(rooms: Rooms) -> str:
    if rooms.complete:
        return (
            "Whoever is in the room, no package sticks: each is refused by somebody who would "
            "have to sign it, or left by somebody, or makes no signatory better off."
        )
    if rooms.firm_complete:
        return (
            "Whoever is in the room, no package is firm. That none sticks because others would "
            f"want to answer whoever leaves it was not proved: {rooms.stopped}."
        )
    return f"No room was found for which a package sticks; {rooms.stopped}, so there may be one."


def _how_many(rooms: Rooms) -> str:
    case, count = rooms.situation.case, len(rooms.smallest)
    if rooms.complete and count == 1:
        who = names(case, rooms.smallest[0].guests)
        return f"One room is enough and no smaller one is: {who}."
    if rooms.complete:
        return f"There are {count} smallest rooms for which a package sticks."
    known = counted(count, "room")
    of = "" if rooms.total is None else f" of {rooms.total:,}"
    said = [sentence(f"{known}{of} found; {rooms.stopped}")]
    if rooms.firm_complete:
        said.append(
            "There is no other smallest room with a firm package; "
            "that guarded ones do not need fewer guests, or others, is not proved."
        )
    if rooms.bound is not None:
        said.append(f"Any further one has at least {counted(rooms.bound, 'guest')}.")
    return " ".join(said)


def _pivotal(rooms: Rooms) -> list[str]:
    if len(rooms.smallest) < 2:
        return []
    if not rooms.pivotal:
        return ["Nobody is in all of them: each party can be done without."]
    who = names(rooms.situation.case, rooms.pivotal)
    if rooms.complete:
        return [f"Nothing sticks without {who}: in every such room."]
    return [f"{who}: in every room found so far."]


def _needless(rooms: Rooms) -> list[str]:
    if not rooms.needless:
        return []
    who = names(rooms.situation.case, rooms.needless)
    word = "that signature" if len(rooms.needless) == 1 else "those signatures"
    return [f"The case asks for the signature of {who}; a package sticks without {word}."]


def _shut_out(rooms: Rooms) -> list[str]:
    if not rooms.shut_out:
        return []
    who = names(rooms.situation.case, rooms.shut_out, "or")
    return [f"No room that holds {who} has a package that sticks."]


def _part(rooms: Rooms, room: Room) -> Section:
    """Return one room: what it agrees on, and who harms it."""
    situation = rooms.situation
    paragraphs = []
    if room.state is not None:
        paragraphs.append(f"What changes: {agreed(situation, room.state)}.")
    if room.packages is not None and room.packages > 1:
        paragraphs.append(
            f"{room.packages:,} packages stick in this room; the {_first(rooms)} is shown."
        )
    if not room.proved and not rooms.firm_complete:
        paragraphs.append("It is not proved that part of this room would not do.")
    paragraphs += [_harm(rooms, room, party) for party in room.harmed_by]
    welcome = [harm.party for harm in room.others if harm.harms is False]
    if welcome:
        who = names(situation.case, welcome, "or")
        paragraphs.append(f"Something still sticks if one more joins: {who}.")
    unknown = [harm.party for harm in room.others if harm.harms is None]
    if unknown:
        who = names(situation.case, unknown, "or")
        paragraphs.append(f"Not known: whether anything still sticks if one more joins: {who}.")
    return Section(names(situation.case, room.guests), tuple(paragraphs))


def _first(rooms: Rooms) -> str:
    return "one nearest to the target" if rooms.near else "one with the fewest changes"


def _harm(rooms: Rooms, room: Room, party: PartyId) -> str:
    """Return that nothing sticks with one party more, and what that party holds against it."""
    case = rooms.situation.case
    said = f"Nothing sticks any more if {case.name(party)} joins"
    if room.state is None:
        return f"{said}."
    found = compare(rooms.situation, rooms.no_deal, party, room.state)
    because = wishes(case, party, found.decisive)
    why = f", because of {because}" if because else ""
    worse = "would do worse than in some outcome without a deal"
    if found.versus == "worse":
        worse = "would do worse than without a deal"
    return f"{said}: as a signatory of this package it {worse}{why}."


def _table(rooms: Rooms) -> Table:
    """Return all rooms found, with who harms each."""
    case = rooms.situation.case
    rows = []
    for room in rooms.smallest:
        harmed = names(case, room.harmed_by) if room.harmed_by else "nobody"
        count = "not counted" if room.packages is None else f"{room.packages:,}"
        rows.append((names(case, room.guests), count, harmed))
    return Table(("Room", "Packages that stick", "Harmed by"), tuple(rows))
