"""The slow reference for rooms: every set of guests tried on every package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations

from servanda.model import PartyId
from slow import State
from slow_plans import SlowPlan

Guests = frozenset[PartyId]


class SlowRoom:
    """The rooms of one case under its default plan."""

    def __init__(self, plan: SlowPlan) -> None:
        self.plan = plan
        self.spoilers = frozenset(plan.before.spoilers)
        self.invited = [party for party in plan.parties if party not in self.spoilers]

    @cached_property
    def kept(self) -> list[State]:
        """Packages that nobody would leave."""
        grades = {"firm", "guarded"}
        return [state for state in self.plan.packages if self.plan.grade(state) in grades]

    def carried(self, room: Guests) -> list[State]:
        """Return the packages that stick if just these parties are in the room."""
        return [state for state in self.kept if self.carries(room, state)]

    def carries(self, room: Guests, state: State) -> bool:
        changers: set[PartyId] = set()
        for place, (option, new) in enumerate(zip(self.plan.slow.options, state, strict=True)):
            anyway = {end[place] for outcome in self.plan.no_deal for end in outcome}
            if new != self.plan.start[place] and {new} != anyway:
                changers |= set(option.owners) - self.spoilers
        if not changers or not changers <= room:
            return False
        gains = any(self.plan.gains(party, state) for party in room)
        return gains and all(self.plan.sure(party, state) for party in room)

    def rooms(self) -> Iterator[Guests]:
        for size in range(len(self.invited) + 1):
            yield from map(frozenset, combinations(self.invited, size))

    @cached_property
    def working(self) -> list[Guests]:
        """Every room that carries a package."""
        return [room for room in self.rooms() if self.carried(room)]

    @cached_property
    def smallest(self) -> set[Guests]:
        return {room for room in self.working if not any(other < room for other in self.working)}

    @cached_property
    def pivotal(self) -> set[PartyId]:
        """Who is in every room that carries a package, however large."""
        return set(frozenset.intersection(*self.working)) if self.working else set()

    @cached_property
    def shut_out(self) -> set[PartyId]:
        return set(self.invited).difference(*self.working)

    def harmful(self, room: Guests) -> set[PartyId]:
        return {p for p in self.invited if p not in room and not self.carried(room | {p})}
