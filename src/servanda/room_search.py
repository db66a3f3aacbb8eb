"""Who must be in the room, where there are too many packages to look at: asked of the solver.

Guests are literals.  The fewest that carry a package are sought, then the fewest among all that
do not hold these, and so on until it is proved that no more are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

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
        """Post that guests do as well as in every outcome, one better, by a change of theirs."""
        forms, gains = self.forms, []
        for party in self.conflict.parties:
            sure, gain = self._compared(party)
            forms.model.add_implication(self.signs(party), sure)
            gains.append(forms.all_of((self.signs(party), gain)))
        forms.model.add_bool_or(gains)
        start, changes = self.conflict.space.levels(self.situation.start), []
        for name, option in self.situation.case.options.items():
            as_before = forms.levels[name][start[name]]
            owners = [party for party in option.owners if party not in self.situation.spoilers]
            for party in owners:
                forms.model.add_bool_or([as_before, self.signs(party)])
            changes += [as_before.negated()] if owners else []
        forms.model.add_bool_or(changes)

    def fewest(self) -> tuple[Guests | None, int | None, str]:
        """Return a smallest room that holds none of those barred; the number bounds its size."""
        size = sum(self.signs(party) for party in self.conflict.parties)
        found = self.optimum(size, [self._fresh], maximise=False)
        if found.state is None:
            return None, found.bound, found.status
        return self._room, found.value, found.status

    def _state(self, solver: Any) -> int:
        guests = (p for p in self.conflict.parties if solver.boolean_value(self.signs(p)))
        self._room: Guests = frozenset(guests)
        return super()._state(solver)

    def bar(self, room: Guests) -> None:
        """Leave out a room, and all that hold it."""
        away = (self.signs(party).negated() for party in room)
        self.forms.model.add_bool_or([self._fresh.negated(), *away])

    def deal(self, room: Iterable[PartyId]) -> tuple[int | None, str]:
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
    """The smallest rooms that the solver finds.

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
        Each with a package, in the order found.
    proved
        Those proved to have no smaller room in them.
    complete
        Whether it is proved that there are no more.
    bound
        No further room is smaller; None where nothing is known, or there is none.
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
    bound: int | None = None
    stopped: str = ""

    def __post_init__(self) -> None:
        until = None if self.seconds is None else monotonic() + self.seconds
        self._firm, self._either = (
            RoomSearch(
                self.situation,
                self.no_deal,
                concept=concept,
                near=self.near,
                seed=self.seed,
                seconds=None if until is None else max(until - monotonic(), 0.01),
                tick=self.tick,
            )
            for concept in (Concept.NASH, Concept.SEQ)
        )

    def look(self) -> None:
        """Find the smallest rooms: first those with a firm package, then with a guarded one."""
        for search in (self._firm, self._either):
            try:
                self._collect(search)
            except (KeyboardInterrupt, Stopped) as cut:
                self.stopped = str(cut) or "interrupted"
                self._firm.interrupted = self._either.interrupted = True
        if self.complete:
            self.proved, self.bound = set(self.rooms), None
        for room in self.rooms:
            self.rooms[room], _ = self.deal(room)

    def _collect(self, search: RoomSearch) -> None:
        """Add rooms one by one, the smallest first, until none is left or time is up."""
        last = search is self._either
        while not self.stopped:
            if len(self.rooms) >= self.limit:
                self.stopped = f"the limit of {self.limit} rooms was reached"
                return
            room, number, status = search.fewest()
            if last and number is not None:
                self.bound = number
            if room is None:
                self.complete = last and status == "infeasible"
                if status != "infeasible":
                    self.stopped = search.why_early
                return
            self._add(room)
            if status != "optimal":
                self.stopped = search.why_early
            elif last:
                self.proved.add(room)

    def _add(self, room: Guests) -> None:
        for other in [known for known in self.rooms if room < known]:
            del self.rooms[other]
        self.rooms[room] = None
        for search in (self._firm, self._either):
            search.bar(room)

    def deal(self, room: Iterable[PartyId]) -> tuple[int | None, bool]:
        """Return a package that a room carries, and whether the answer is known to be right."""
        guests = frozenset(room)
        for search in (self._firm, self._either):
            state, status = search.deal(guests)
            if state is not None:
                return state, True
        return None, status == "infeasible"
