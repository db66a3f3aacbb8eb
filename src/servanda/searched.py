"""Packages of a conflict too large to look at every state: what the solver finds and proves.

It answers the questions that a `Survey` of all states answers.  What takes every state - how many
packages there are, who blocks how many - is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from servanda.acceptance import Acceptable, How, verdict
from servanda.candidates import Status
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import UsageError
from servanda.extent import SEARCH_SHARE
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.play import is_open
from servanda.roadmap import MOST_CHANGES, Exchange, Roadmap, roadmap, smallest_exchange
from servanda.roadmap_search import search_roadmap
from servanda.selfenforcement import PartyGrade, grade_locally, guarded, with_lapse
from servanda.situation import Situation
from servanda.solver import Search
from servanda.stability import Concept, Grade
from servanda.temptation import on_diagrams

_CORE_SECONDS = 10.0  # to settle whether a part of a package sticks


@dataclass
class Searched:
    """What the solver finds of a situation's packages.

    Parameters
    ----------
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    best
        ``maximin``, ``nash`` or ``total`` gain in points instead of the standing of the worst-off.
    apart
        In how many terms at least a package differs from those before it.
    seed, seconds
        The solver's seed, and how long the work may take; None for as long as it needs.  Some of
        that is left for describing what is found.
    tick
        Told how far the work is; may stop it.

    Attributes
    ----------
    status
        ``optimal``: the first package is the best; ``infeasible``: it is proved that none
        sticks; ``feasible`` or ``unknown`` where time ran out.
    bound
        Of any package that sticks, of the grades that were searched: the best standing, from 0
        to 1, that its worst-off signatory could have; or the most that the gain could be by which
        packages are ordered.  None where none was searched.
    interrupted
        Whether somebody ended the search before it was done.
    nearest_proved
        Whether what `nearest` returned last is for certain.
    """

    situation: Situation
    no_deal: NoDeal
    best: How | None = None
    apart: int = 1
    seed: int = 1
    seconds: float | None = None
    tick: Tick = silent
    status: Status = "unknown"
    bound: float | None = None
    interrupted: bool = False
    nearest_proved: bool = False
    _sticking: list[int] = field(default_factory=list)
    _graded: dict[int, Mapping[PartyId, PartyGrade]] = field(default_factory=dict, repr=False)
    _until: float | None = field(init=False)

    def __post_init__(self) -> None:
        self._until = None if self.seconds is None else monotonic() + SEARCH_SHARE * self.seconds

    @property
    def found_some(self) -> bool:
        """Whether some package that sticks was found."""
        return bool(self._sticking)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many packages there are is not known from search, see `package_counts`."""
        return {}

    @property
    def why_not(self) -> tuple[Mapping[PartyId, int], Mapping[PartyId, int]]:
        """Who blocks how many packages is not known."""
        return {}, {}

    def first(self, limit: int) -> list[int]:
        """Return the first packages that stick: firm ones, then guarded ones; else near misses."""
        proved = True
        found: list[int] = []
        for concept in (Concept.NASH, Concept.SEQ):
            search = self._search(concept)
            for state in found:
                search.leave_out(state, apart=self.apart)
            for best in search.packages(limit - len(found), by=self.best, apart=self.apart):
                bound = best.bound / Search.FULL if best.most is None else float(best.most)
                self.bound = bound if self.bound is None else max(self.bound, bound)
                proved &= best.status in {"optimal", "infeasible"}
                if best.state is not None:
                    found.append(best.state)
                    if len(found) == 1:
                        self.status = "optimal" if proved else "feasible"
            self.interrupted = search.interrupted
            if len(found) >= limit or self.interrupted:
                break
        self._sticking = list(found)
        if found:
            return found
        self.status = "infeasible" if proved else "unknown"
        return [] if self.interrupted else self._near_misses(limit)

    def _near_misses(self, limit: int) -> list[int]:
        """Return packages that are acceptable, though somebody would leave them."""
        found = self._search(None).packages(limit, by=self.best, apart=self.apart)
        return [best.state for best in found if best.state is not None]

    def _search(self, concept: Concept | None, most: float | None = None) -> Search:
        """Return a search that ends with the time there is, or after `most` seconds."""
        left = [] if self._until is None else [max(self._until - monotonic(), 0.01)]
        left += [] if most is None else [most]
        return Search(
            self.situation,
            self.no_deal,
            concept=concept,
            seed=self.seed,
            seconds=min(left, default=None),
            tick=self.tick,
        )

    def nearest(
        self, states: Sequence[int], weights: Mapping[OptionId, int] | None = None
    ) -> tuple[int, int] | None:
        """Return the sticking package that differs from one of some in the fewest terms.

        With weights, by the least weight of the terms in which it differs.
        """
        found: list[tuple[int, int]] = []
        self.nearest_proved = True
        for concept in (Concept.NASH, Concept.SEQ):
            search = self._search(concept)
            below = min((weight for _, weight in found), default=None)
            near = search.nearest(states, weights, below)
            self.nearest_proved &= search.proved
            if near is not None:
                found.append(near)
        return min(found, key=lambda each: each[1], default=None)

    def core(self, state: int) -> bool:
        """Return whether no part of a sticking package's changes still sticks: a proof.

        Where the solver does not settle it in time, the package is not said to be a core deal.
        """
        if state not in self._sticking:
            return False
        space, start = self.situation.space, self.situation.start
        for concept in (Concept.NASH, Concept.SEQ):
            search = self._search(concept, _CORE_SECONDS)
            search.among({o: (space.level(start, o), space.level(state, o)) for o in space.options})
            search.other_than(state)
            if search.extreme()[1] != "infeasible":
                return False
        return True

    def full(self, state: int) -> tuple[int, bool]:
        """Return the package that sticks, keeps all changes of one that does, and makes most more.

        Returns
        -------
        (package, proved)
            The package itself where nothing can be added; and whether that is proved.
        """
        space, start = self.situation.space, self.situation.start
        kept = {option: (level,) for option, level in space.changes(start, state).items()}
        best, proved = state, True
        for concept in (Concept.NASH, Concept.SEQ):
            search = self._search(concept, _CORE_SECONDS)
            search.among(kept)
            found, status = search.extreme(most=True)
            proved &= status in {"optimal", "infeasible"}
            if found is not None:
                best = max(best, found, key=lambda each: len(space.changes(start, each)))
        return best, proved

    def sticks(self, state: int) -> bool:
        """Return whether a state is a package that sticks, by looking at it alone."""
        if not self.is_package_at(state):
            return False
        acceptable, _ = verdict(self.situation, self.no_deal, [state])
        if acceptable is not Acceptable.SURELY:
            return False
        conflict = self.situation.conflict
        return all(guarded(conflict, party, state).sticks for party in conflict.parties)

    def is_package_at(self, state: int) -> bool:
        """Return whether the commitments stand in a state, and it can be reached."""
        conflict, start = self.situation.conflict, self.situation.start
        stands = is_open(conflict, start, state, self.situation.commitments)
        return conflict.can_be(state) and stands

    def party_grades(self, state: int) -> Mapping[PartyId, PartyGrade]:
        """Return every party's grade in a state."""
        conflict = self.situation.conflict
        if state not in self._graded:
            self._graded[state] = {
                party: with_lapse(self.situation, grade_locally(conflict, party, state), state)
                for party in conflict.parties
            }
        return self._graded[state]

    def grade_at(self, state: int) -> Grade:
        """Return the worst party's grade in a state."""
        found = (graded.grade for graded in self.party_grades(state).values())
        return max(found, key=lambda grade: grade.rank)

    def worst_grades(self, states: Iterable[int]) -> Mapping[PartyId, Grade]:
        """Return each party's worst grade over some states."""
        worst: dict[PartyId, Grade] = {}
        for state in states:
            for party, graded in self.party_grades(state).items():
                known = worst.get(party, graded.grade)
                worst[party] = max(known, graded.grade, key=lambda grade: grade.rank)
        return worst

    def confirm(self, state: int, acceptable: Acceptable, grade: Grade) -> None:
        """Hold a package that the solver found against what looking at it alone says.

        Raises
        ------
        AssertionError
            If they disagree: a fault in the program.
        """
        sticks = acceptable is Acceptable.SURELY and grade.sticks
        if state in self._sticking and not sticks:
            raise AssertionError("the solver and the local check disagree on a package")

    def road(self, state: int) -> tuple[Roadmap | None, str]:
        """Return the orders of steps to a package, as far as they are searched."""
        situation, counting = self.situation, on_diagrams(self.situation.conflict)
        many = len(situation.space.changes(situation.start, state))
        work = roadmap if many <= MOST_CHANGES else search_roadmap
        try:
            found = work(situation, self.no_deal, counting, goal=state, tick=self.tick)
        except UsageError as error:
            return None, str(error)
        if found is None or not found.bounds:
            return found, ""
        sizes = ", ".join(map(str, found.bounds))
        note = f"for exchanges of {sizes} the best order is not proved to be the best there is"
        return found, note

    def exchange(self, state: int) -> Exchange | None:
        """Return the smallest exchange that leaves nobody exposed, as far as it is searched.

        None where there are no steps, or it cannot be told.
        """
        situation, counting = self.situation, on_diagrams(self.situation.conflict)
        many = len(situation.space.changes(situation.start, state))
        if many > MOST_CHANGES:
            way = self.road(state)[0]
            if way is None:
                return None
            return Exchange(changes=many, size=way.exchange, proved=not way.open_sizes)
        try:
            return smallest_exchange(situation, self.no_deal, counting, goal=state, tick=self.tick)
        except UsageError:
            return None
