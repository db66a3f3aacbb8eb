"""Who must be in the room, where there are too many packages to look at: asked of the solver.

Guests are literals.  The fewest that carry a package are sought, then the fewest among all that
do not hold these, and so on until it is proved that no more are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from servanda.candidates import Status
from servanda.conflict import Tick, silent
from servanda.errors import Stopped
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.solver import Search
from servanda.stability import Concept

Guests = frozenset[PartyId]


class RoomSearch(Search):
    """A search for packages that some guests sign and carry, all others at the start.

    The parameters are those of `Search`; `near` is what a package shown should be near to.
    """

    def __init__(
        self,
        situation: Situation,
        no_deal: NoDeal,
        *,
        concept: Concept,
        near: Sequence[int] = (),
        seed: int = 1,
        seconds: float | None = None,
        tick: Tick = silent,
    ) -> None:
        self._guests: dict[PartyId, Any] = {}
        super().__init__(situation, no_deal, concept=concept, seed=seed, seconds=seconds, tick=tick)
        self._fresh = self.forms.model.new_bool_var("")
        self._distance = self.apart(near)

    def signs(self, party: PartyId) -> Any:
        """Return where a party is a guest: then it signs."""
        if party not in self._guests:
            never = self.forms.always.negated()
            spoils = party in self.situation.spoilers
            self._guests[party] = never if spoils else self.forms.model.new_bool_var(party)
        return self._guests[party]

    def _acceptable(self) -> None:
        """Post that guests change something, do as well as in every outcome, one of them better."""
        forms, gains = self.forms, []
        for party in self.conflict.parties:
            sure, gain = self._compared(party)
            forms.model.add_implication(self.signs(party), sure)
            gains.append(forms.all_of((self.signs(party), gain)))
        forms.model.add_bool_or(gains)
        changes = []
        for name, option in self.situation.case.options.items():
            levels = self.no_deal.unmoved(self.situation, name)
            as_before = forms.any_of(forms.levels[name][level] for level in levels)
            owners = [party for party in option.owners if party not in self.situation.spoilers]
            for party in owners:
                forms.model.add_bool_or([as_before, self.signs(party)])
            changes += [as_before.negated()] if owners else []
        forms.model.add_bool_or(changes)

    def fewest(self) -> tuple[Guests | None, int | None, Status]:
        """Return a smallest room that holds none of those barred; the number bounds its size."""
        size = sum(self.signs(party) for party in self.conflict.parties)
        found = self.optimum(size, [self._fresh], maximise=False)
        return None if found.state is None else self._room, found.bound, found.status

    def _state(self, solver: Any) -> int:
        guests = (p for p in self.conflict.parties if solver.boolean_value(self.signs(p)))
        self._room: Guests = frozenset(guests)
        return super()._state(solver)

    def bar(self, room: Guests) -> None:
        """Leave out a room, and all that hold it."""
        away = (self.signs(party).negated() for party in room)
        self.forms.model.add_bool_or([self._fresh.negated(), *away])

    def deal(self, room: Iterable[PartyId]) -> tuple[int | None, Status]:
        """Return the nearest package that exactly these guests sign and that sticks."""
        inside = set(room)
        fixed = [
            self.signs(party) if party in inside else self.signs(party).negated()
            for party in self.conflict.parties
        ]
        apart, guard = self._distance
        found = self.optimum(apart, [*fixed, guard], maximise=False)
        return found.state, found.status


@dataclass
class RoomsSearched:
    """The smallest rooms that the solver finds, and what others would do to them by joining.

    Parameters
    ----------
    situation, no_deal, near
        As for `RoomSearch`.
    limit
        How many rooms to look for at most.
    seed, seconds, tick
        The solver's seed, how long it may take in all, and who is told.

    Attributes
    ----------
    rooms
        Each with a package that it carries; None where time ran out.
    proved
        Those proved to have no smaller room in them.
    complete, firm_complete
        Whether it is proved that there are no more; that no more have a firm package.
    bound
        No further room is smaller; None where nothing is known, or there is none.
    joined
        For a room and one party more: a package, or None if it is proved that there is none.
        What is not known is not in it.
    stopped
        Why the search ended early; empty if it did not.
    """

    situation: Situation
    no_deal: NoDeal
    near: tuple[int, ...] = ()
    limit: int = 50
    seed: int = 1
    seconds: float | None = None
    tick: Tick = silent
    rooms: dict[Guests, int | None] = field(default_factory=dict)
    proved: set[Guests] = field(default_factory=set)
    complete: bool = False
    firm_complete: bool = False
    bound: int | None = None
    joined: dict[tuple[Guests, PartyId], int | None] = field(default_factory=dict)
    stopped: str = ""

    def __post_init__(self) -> None:
        self._began = monotonic()
        self._firm, self._either = (
            RoomSearch(
                self.situation,
                self.no_deal,
                concept=concept,
                near=self.near,
                seed=self.seed,
                tick=self.tick,
            )
            for concept in (Concept.NASH, Concept.SEQ)
        )

    def look(self) -> None:
        """Find the smallest rooms: first those with a firm package, then with a guarded one.

        Guarded packages may be hard to prove away; so that this leaves time for what is quick,
        each part of the work has its share of it.
        """
        steps = (
            (self._firm, 0.35, self._collect),
            (self._firm, 0.6, self._join),
            (self._either, 0.85, self._collect),
            (self._either, 1.0, self._join),
        )
        try:
            for search, share, work in steps:
                if self.seconds is not None:
                    search.until = self._began + share * self.seconds
                work(search)
        except (KeyboardInterrupt, Stopped) as cut:
            self.stopped = str(cut) or "interrupted"
        if self.complete:
            self.proved, self.bound = set(self.rooms), None

    def _collect(self, search: RoomSearch) -> None:
        """Add rooms one by one, the smallest first, until none is left or time is up."""
        last = search is self._either
        while len(self.rooms) < self.limit and not self._firm.interrupted:
            room, number, status = search.fewest()
            if last and number is not None:
                self.bound = number
            if room is not None:
                self._add(room)
            if status == "infeasible":
                self.firm_complete, self.complete = True, last
            if status != "optimal":
                why = "" if status == "infeasible" else search.why_early
                self.stopped = self.stopped or why
                return
            if last and room is not None:
                self.proved.add(room)
        if not self._firm.interrupted:
            self.stopped = self.stopped or f"the limit of {self.limit} rooms was reached"

    def _add(self, room: Guests) -> None:
        for other in [known for known in self.rooms if room < known]:
            del self.rooms[other]
        self.rooms[room] = None
        for search in (self._firm, self._either):
            search.bar(room)

    def _join(self, search: RoomSearch) -> None:
        """Look for a package of each room, and of each room with one party more."""
        last = search is self._either
        for room in self.rooms:
            if self.rooms[room] is None:
                self.rooms[room], _ = search.deal(room)
            for party in self.everybody:
                if party in room or self.joined.get((room, party)) is not None:
                    continue
                state, status = search.deal(room | {party})
                if state is not None or (last and status == "infeasible"):
                    self.joined[room, party] = state

    @property
    def everybody(self) -> tuple[PartyId, ...]:
        """Everybody who could be a guest."""
        spoilers = self.situation.spoilers
        return tuple(p for p in self.situation.conflict.parties if p not in spoilers)
