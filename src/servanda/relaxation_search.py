"""What would have to give, where there are too many packages to look at: asked of the solver.

Whether a party waives its signature, waives staying, or concedes something is a literal each; so
one model answers every question, and what one question rules out helps with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from servanda.candidates import Status
from servanda.concessions import WHOLE, Measure, aim, conceding, millionths, span, taken
from servanda.conflict import Tick, silent
from servanda.errors import Stopped
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.situation import Situation
from servanda.solver import Search
from servanda.stability import Concept

Answer = tuple[int | None, int | None, Status]
"""The package, what it takes (or a bound on that, unless the status is ``optimal``), the status."""


class RelaxedSearch(Search):
    """A search for packages in which some parties give way.

    The parameters are those of `Search`; `near` is what a package shown should be near to.
    """

    def __init__(
        self,
        situation: Situation,
        no_deal: NoDeal,
        *,
        concept: Concept | None,
        near: Sequence[int] = (),
        seed: int = 1,
        seconds: float | None = None,
        tick: Tick = silent,
    ) -> None:
        self._flags: dict[tuple[str, PartyId], Any] = {}
        self._costs: dict[PartyId, Any] = {}
        self._gone: frozenset[PartyId] = frozenset()
        super().__init__(situation, no_deal, concept=concept, seed=seed, seconds=seconds, tick=tick)
        self._distance = self.apart(near)
        self._top = self.forms.model.new_int_var(0, 1 << 40, "")
        for cost in self._costs.values():
            self.forms.model.add(self._top >= cost)

    def _flag(self, what: str, party: PartyId) -> Any:
        """Return the literal that a party is free not to sign, gone, or concedes something."""
        key = what, party
        if key not in self._flags:
            self._flags[key] = self.forms.model.new_bool_var(f"{what} {party}")
        return self._flags[key]

    @property
    def staying(self) -> tuple[PartyId, ...]:
        """Who must not gain by leaving, in the question now asked."""
        return tuple(party for party in self.conflict.parties if party not in self._gone)

    def excused(self, party: PartyId) -> tuple[Any, ...]:
        """Return the literal that frees a party from having to stay."""
        return (self._flag("gone", party),)

    # ------------------------------------------------------------------ what is conceded

    def _acceptable(self) -> None:
        """Post that who must sign accepts, concedes or is free; that somebody gains as ever."""
        forms, rule = self.forms, self.situation.case.signatories
        gains, members = [], []
        for party in self.conflict.parties:
            sure, gain = self._compared(party)
            signs = self.signs(party)
            gives = (self._flag("free", party), self._flag("concedes", party))
            settles = forms.any_of((sure, *gives))
            forms.model.add_implication(signs, settles)
            counted = signs
            if party in rule.of:
                counted = forms.any_of((signs, sure))
                member = forms.model.new_bool_var("")
                forms.model.add_implication(member, settles)
                members.append(member)
            gains.append(forms.all_of((counted, gain)))
            self._concede(party)
        if rule.at_least is not None:
            forms.model.add(sum(members) >= rule.at_least)
        forms.model.add_bool_or(gains)

    def _concede(self, party: PartyId) -> None:
        """Post what it costs a party to concede: at least its share, in millionths."""
        model, concedes = self.forms.model, self._flag("concedes", party)
        payoff, best = self.conflict.payoffs[party], aim(self.no_deal, party)
        if payoff.form == "ordered":
            cost = model.new_int_var(0, WHOLE, "")
            for share, lost in self._losses(party):
                model.add(cost >= share).only_enforce_if(concedes, lost)
        else:
            whole = span(self.situation, party)
            total, most = self._total(party)
            cost = model.new_int_var(0, millionths(abs(best) + most, whole), "")
            model.add(cost * whole >= WHOLE * (best - total)).only_enforce_if(concedes)
        model.add(cost == 0).only_enforce_if(concedes.negated())
        self._costs[party] = cost

    def _total(self, party: PartyId) -> tuple[Any, int]:
        """Return a party's value as the arrays count it, and the most it can be."""
        if self.conflict.payoffs[party].form == "ranking":
            each = [self.forms.literal(wish) for (wish,) in self.wishes[party]]
            return sum(each), len(each)
        return self.points(party)

    def _losses(self, party: PartyId) -> list[tuple[int, Any]]:
        """Return for each group of wishes: its share, and where it is the first to fare worse."""
        forms, best = self.forms, self.no_deal.best_state(party)
        assert best is not None  # noqa: S101 - only pure talks have none, and they go by points
        had = [sum(met) for met in self.conflict.payoffs[party].satisfied(best)]
        groups = self.wishes[party]
        found = []
        even: list[Any] = []
        for place, (group, before) in enumerate(zip(groups, had, strict=True)):
            met = sum(forms.literal(wish) for wish in group)
            fewer = forms.within(met, 0, before - 1, len(group))
            share = millionths(len(groups) - place, len(groups))
            found.append((share, forms.all_of((*even, fewer))))
            even = [forms.all_of((*even, forms.within(met, before, before, len(group))))]
        return found

    # ------------------------------------------------------------------ questions

    def least(self, measure: Measure, below: int | None = None) -> Answer:
        """Return the package for which least must be conceded; less than some number."""
        goal = self._goal(measure)
        self._gone = frozenset()
        assumed = self._assumed((), ())
        if below is not None:
            assumed = [*assumed, self._at_most(goal, below - 1)]
        state, number, status = self._fewest(goal, assumed)
        if state is None or number is None or status != "optimal":
            return state, number, status
        apart, guard = self._distance
        fixed = [*assumed, self._at_most(goal, number), guard]
        nearest = self.optimum(apart, fixed, maximise=False).state
        return state if nearest is None else nearest, number, status

    def _goal(self, measure: Measure) -> Any:
        if measure is Measure.TOTAL:
            return sum(self._costs.values())
        if measure is Measure.MOST:
            return self._top
        return sum(self._flag("concedes", party) for party in self.conflict.parties)

    def _at_most(self, goal: Any, value: int) -> Any:
        guard = self.forms.model.new_bool_var("")
        self.forms.model.add(goal <= value).only_enforce_if(guard)
        return guard

    def sticking(self, free: Collection[PartyId], gone: Collection[PartyId]) -> Answer:
        """Return the nearest package that sticks if some need not accept, and some not stay."""
        self._gone = frozenset(gone)
        none = [self._flag("concedes", party).negated() for party in self.conflict.parties]
        apart, guard = self._distance
        return self._fewest(apart, [*self._assumed(free, gone), *none, guard])

    def _fewest(self, goal: Any, assumed: Sequence[Any]) -> Answer:
        """Return the package for which a goal is least, and a bound on that least."""
        found = self.optimum(goal, assumed, maximise=False)
        return found.state, found.bound, found.status

    def _assumed(self, free: Collection[PartyId], gone: Collection[PartyId]) -> list[Any]:
        found = []
        for what, who in (("free", free), ("gone", gone)):
            for party in self.conflict.parties:
                flag = self._flag(what, party)
                found.append(flag if party in who else flag.negated())
        return found


@dataclass
class RelaxationSearched:
    """Questions about giving way, each asked for firm packages first, then for guarded ones.

    Guarded packages may be hard to prove away, so each question has its share of the time left.

    Parameters
    ----------
    situation, no_deal, near
        As for `RelaxedSearch`.
    seed, seconds, tick
        The solver's seed, how long it may take in all, and who is told.

    Attributes
    ----------
    stopped
        Why some answer is not final; empty if all are.
    firm_only
        Whether guarded packages are left out of account.
    cut
        Whether somebody ended the work: nothing more is then looked for.
    """

    situation: Situation
    no_deal: NoDeal
    near: tuple[int, ...] = ()
    seed: int = 1
    seconds: float | None = None
    tick: Tick = silent
    stopped: str = ""
    firm_only: bool = False
    cut: bool = field(default=False, init=False)
    _searches: dict[Concept | None, RelaxedSearch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._until = None if self.seconds is None else monotonic() + self.seconds

    def _search(self, concept: Concept | None) -> RelaxedSearch:
        if concept not in self._searches:
            self._searches[concept] = RelaxedSearch(
                self.situation,
                self.no_deal,
                concept=concept,
                near=self.near,
                seed=self.seed,
                tick=self.tick,
            )
        return self._searches[concept]

    def sticking(
        self, free: Collection[PartyId] = (), gone: Collection[PartyId] = (), share: float = 0.05
    ) -> tuple[int | None, bool]:
        """Return a package that sticks with some waivers, and whether a "none" is proved.

        `share` is the part of the time left that may go into proving that there is none.
        """
        status: Status = "unknown"
        for concept in (Concept.NASH,) if self.firm_only else (Concept.NASH, Concept.SEQ):
            state, _, status = self._ask(
                concept, lambda search: search.sticking(free, gone), share=share
            )
            if state is not None:
                return state, True
        return None, status == "infeasible"

    def least_to_sign(self, measure: Measure) -> Answer:
        """Return the least that must be conceded for a package to be accepted."""
        return self._ask(None, lambda search: search.least(measure))

    def least_to_stick(self, measure: Measure) -> Answer:
        """Return the least that must be conceded for a package to stick."""
        answer = self._ask(Concept.NASH, lambda search: search.least(measure))
        if self.firm_only:
            return answer
        firm, below = answer[0], None
        if firm is not None:
            below = taken(measure, conceding(self.situation, self.no_deal, firm))
            if not below:
                return firm, below, "optimal"
        found, bound, status = self._ask(Concept.SEQ, lambda search: search.least(measure, below))
        if firm is None or found is not None:
            return found, bound, status
        return (firm, below, "optimal") if status == "infeasible" else (firm, bound, "feasible")

    def _ask(
        self,
        concept: Concept | None,
        question: Callable[[RelaxedSearch], Answer],
        share: float = 0.1,
    ) -> Answer:
        """Ask one search; whatever cuts it short leaves what is known."""
        if self.cut:
            return None, None, "unknown"
        try:
            search = self._search(concept)
            if self._until is not None:
                search.until = monotonic() + share * (self._until - monotonic())
            answer = question(search)
        except (KeyboardInterrupt, Stopped) as cut:
            self.stopped, self.cut = str(cut) or "interrupted", True
            return None, None, "unknown"
        self.cut = search.interrupted
        if answer[2] not in {"optimal", "infeasible"}:
            self.stopped = self.stopped or search.why_early
        return answer
