"""Who must be in the room: the smallest sets of signatories that can make a package stick.

Guests sign, and what a package changes is theirs to change.  Whoever stays outside signs nothing,
and does what it does today or would do without a deal in any case; it may still answer, or take
its advantage, once the deal stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.settlements import Survey
from servanda.situation import Situation
from servanda.stances import Bits, Kinds, Stances
from servanda.states import Truth

if TYPE_CHECKING:
    from servanda.room_search import RoomsSearched
    from servanda.searched import Searched

Guests = frozenset[PartyId]

MOST_ROOMS: Final = 50
"""Smallest rooms that are looked for and listed, unless more are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What a party does to a room by joining it.

    Parameters
    ----------
    party
        Who joins.
    harms
        True: with it no package sticks any more; False: some package still does; None: not known.
    state
        The package that sticks with it; None if there is none, or none is known.
    """

    party: PartyId
    harms: bool | None
    state: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A set of guests that carries a package, no part of it carrying any.

    Parameters
    ----------
    guests
        Who is in it, in file order.
    state
        The package nearest to what is wanted; None where time ran out.
    packages
        How many packages it carries; None where they were not counted.
    proved
        Whether it is proved that no part of it carries a package.
    others
        What each other party would do to it by joining; spoilers aside.
    """

    guests: tuple[PartyId, ...]
    state: int | None
    packages: int | None
    proved: bool
    others: tuple[Harm, ...]

    @property
    def harmed_by(self) -> tuple[PartyId, ...]:
        """Whose joining leaves the room without a package that sticks."""
        return tuple(harm.party for harm in self.others if harm.harms)


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """Who must be in the room, who may be, and who had better not be.

    Parameters
    ----------
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    near
        What the packages shown should be near to; nothing for fewest changes.
    smallest
        The smallest rooms, those with the fewest guests first.
    total
        How many smallest rooms there are; None where that is not known.
    shut_out
        Parties that no room with a package can hold; None where that was not looked into.
    firm_complete
        Whether every smallest room with a firm package is known.
    method
        ``grid``: every package looked at; ``solver``.
    bound
        No further room has fewer guests; None where there is none, or nothing is known.
    stopped
        Why not all were found; empty if they were.
    """

    situation: Situation
    no_deal: NoDeal
    near: tuple[int, ...]
    smallest: tuple[Room, ...]
    total: int | None
    shut_out: tuple[PartyId, ...] | None
    firm_complete: bool
    method: Literal["grid", "solver"]
    bound: int | None = None
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether every smallest room is known."""
        return self.total is not None and self.total == len(self.smallest)

    @property
    def status(self) -> Literal["optimal", "feasible", "infeasible", "unknown"]:
        """All rooms found, some found, none there (proved), or nothing known."""
        if self.smallest:
            return "optimal" if self.complete else "feasible"
        return "infeasible" if self.complete else "unknown"

    @cached_property
    def pivotal(self) -> tuple[PartyId, ...]:
        """Who is in every room found: if all were found, nothing sticks without it."""
        if not self.smallest:
            return ()
        found = frozenset.intersection(*(frozenset(room.guests) for room in self.smallest))
        return tuple(party for party in self.situation.conflict.parties if party in found)

    @cached_property
    def harmful(self) -> dict[PartyId, tuple[Room, ...]]:
        """Each party that harms some smallest room by joining it, with these rooms."""
        found = {
            party: tuple(room for room in self.smallest if party in room.harmed_by)
            for party in self.situation.conflict.parties
        }
        return {party: rooms for party, rooms in found.items() if rooms}

    @cached_property
    def needless(self) -> tuple[PartyId, ...]:
        """Whom the rule of the case asks for, and whom some smallest room does without."""
        rule = self.situation.case.signatories
        asked = {*rule.required, *rule.vetoes}
        without = {p for p in asked for room in self.smallest if p not in room.guests}
        return tuple(party for party in self.situation.conflict.parties if party in without)


def who_must_be_there(
    survey: Survey | Searched,
    *,
    near: Iterable[int] = (),
    limit: int = MOST_ROOMS,
) -> Rooms:
    """Find the smallest rooms, and what every other party would do to each by joining it.

    A package that sticks in a room takes the agreement of some guest, and of nobody outside: all
    options of those outside stand as at the start or as in every outcome without a deal, but for
    the spoilers'.  Every guest surely accepts it, and one of them gains by it; and everybody,
    inside or outside, is firm or guarded.

    Parameters
    ----------
    survey
        All packages, or the solver's search where there are too many.
    near
        States, such as a target's, that the packages shown should be near to.
    limit
        How many rooms to look for and describe.

    Raises
    ------
    UsageError
        In pure talks, which have no state of affairs that those outside could stay in.
    """
    situation = survey.situation
    if situation.conflict.walk_away is not None:
        raise UsageError(
            "who must be in the room cannot be asked of pure talks",
            "there is no status quo in which those outside could stay",
        )
    states = tuple(near)
    if isinstance(survey, Survey):
        return _by_grid(survey, states, limit)
    return _by_solver(survey, states, limit)


# --------------------------------------------------------------------------- on arrays


@dataclass(frozen=True)
class _Carried:
    """What the packages that nobody would leave ask of a room."""

    stances: Stances

    @cached_property
    def kinds(self) -> Kinds:
        """Packages that some room carries, by who must be in it, who may, and who gains."""
        stances = self.stances
        open_to = self.all_but_spoilers & stances.sure
        gaining = stances.gaining & open_to
        fit = (stances.leaving == 0) & (stances.owners != 0) & (gaining != 0)
        fit &= stances.owners & ~open_to == 0
        return stances.kinds(fit, stances.owners, open_to, gaining)

    @cached_property
    def all_but_spoilers(self) -> int:
        """Everybody who could be a guest."""
        spoilers = self.stances.survey.situation.spoilers
        return self.stances.bits(p for p in self.stances.parties if p not in spoilers)

    def by(self, room: int) -> Truth:
        """Return which kinds of packages a room carries."""
        must, may, gain = self.kinds.sets
        return np.asarray((must & ~room == 0) & (room & ~may == 0) & (gain & room != 0))

    @cached_property
    def smallest(self) -> list[int]:
        """Every room that carries a package while no part of it does; the fewest guests first."""
        must, _, gain = self.kinds.sets
        rooms = set(must[must & gain != 0].tolist())
        for needed, gainers in zip(must.tolist(), gain.tolist(), strict=True):
            if needed & gainers:
                continue
            rooms |= {needed | 1 << place for place in _set_bits(gainers)}
        return _without_larger(rooms)

    @cached_property
    def holdable(self) -> int:
        """Everybody whom some room with a package can hold."""
        _, may, _ = self.kinds.sets
        return int(np.bitwise_or.reduce(may)) if len(may) else 0


def _without_larger(rooms: Iterable[int]) -> list[int]:
    """Return the sets that hold no other, those with the fewest members first."""
    kept: Bits = np.zeros(0, np.int64)
    for room in sorted(rooms, key=lambda bits: (bits.bit_count(), _set_bits(bits))):
        if not (kept & ~room == 0).any():
            kept = np.append(kept, room)
    return [int(room) for room in kept]


def _set_bits(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _by_grid(survey: Survey, near: tuple[int, ...], limit: int) -> Rooms:
    """Look at every package once, then at sets of parties only."""
    stances = Stances(survey, near)
    carried = _Carried(stances)
    found = carried.smallest
    outside = stances.named(carried.all_but_spoilers & ~carried.holdable)
    return Rooms(
        situation=survey.situation,
        no_deal=survey.no_deal,
        near=near,
        smallest=tuple(_room(carried, bits) for bits in found[:limit]),
        total=len(found),
        shut_out=outside,
        firm_complete=len(found) <= limit,
        method="grid",
        stopped="" if len(found) <= limit else f"the limit of {limit} rooms was reached",
    )


def _room(carried: _Carried, bits: int) -> Room:
    stances = carried.stances
    count, state = carried.kinds.of(carried.by(bits))
    others = []
    for party in stances.named(carried.all_but_spoilers & ~bits):
        _, still = carried.kinds.of(carried.by(bits | stances.bits([party])))
        others.append(Harm(party=party, harms=still is None, state=still))
    return Room(
        guests=stances.named(bits),
        state=state,
        packages=count,
        proved=True,
        others=tuple(others),
    )


# --------------------------------------------------------------------------- by the solver


def _by_solver(survey: Searched, near: tuple[int, ...], limit: int) -> Rooms:
    """Ask the solver for the fewest guests, again and again."""
    from servanda.room_search import RoomsSearched  # noqa: PLC0415  # the solver is slow to import

    situation = survey.situation
    search = RoomsSearched(
        situation,
        survey.no_deal,
        near,
        limit=limit,
        seed=survey.seed,
        seconds=survey.seconds,
        tick=survey.tick,
    )
    search.look()
    rooms = sorted(search.rooms, key=lambda room: (len(room), _places(situation, room)))
    return Rooms(
        situation=situation,
        no_deal=survey.no_deal,
        near=near,
        smallest=tuple(_described(search, room) for room in rooms),
        total=len(rooms) if search.complete else None,
        firm_complete=search.firm_complete,
        shut_out=None,
        method="solver",
        bound=search.bound,
        stopped=search.stopped,
    )


def _places(situation: Situation, room: Guests) -> list[int]:
    return [place for place, party in enumerate(situation.conflict.parties) if party in room]


def _described(search: RoomsSearched, room: Guests) -> Room:
    """Return a room with what each other party would do to it."""
    others = []
    for party in search.everybody:
        if party not in room:
            known = (room, party) in search.joined
            state = search.joined.get((room, party))
            others.append(Harm(party=party, harms=state is None if known else None, state=state))
    return Room(
        guests=tuple(party for party in search.everybody if party in room),
        state=search.rooms[room],
        packages=None,
        proved=room in search.proved,
        others=tuple(others),
    )
