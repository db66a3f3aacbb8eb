"""A conflict with one plan laid over it: where it starts, what is held, what is on offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from servanda.conditions import OptionId, holds
from servanda.conflict import Conflict, compile_case, freeze
from servanda.errors import UsageError
from servanda.extent import Extent
from servanda.model import Case, Option, PartyId, Plan, Threat
from servanda.plans import choose_plan, dated, levels, strike, touched
from servanda.states import StateSpace


@dataclass(frozen=True)
class Situation:
    """A conflict and perhaps a plan.

    Parameters
    ----------
    conflict
        The conflict, with whatever a variant leaves out frozen at base.
    plan_id, plan
        The plan, struck of what the variant leaves out; None for the base case.
    without
        What the variant leaves out, in the user's words.
    undated
        The options as they are before the plan writes its dates and conditions on them.
    extent
        How far play without a deal is followed.
    """

    conflict: Conflict
    plan_id: str | None = None
    plan: Plan | None = None
    without: tuple[str, ...] = ()
    undated: Mapping[OptionId, Option] | None = None
    extent: Extent = field(default_factory=Extent)

    @property
    def case(self) -> Case:
        """The case."""
        return self.conflict.case

    @property
    def space(self) -> StateSpace:
        """The states."""
        return self.conflict.space

    @cached_property
    def commitments(self) -> Mapping[OptionId, int]:
        """What the plan does in any event."""
        return levels(self.case, self.plan.commitments) if self.plan else {}

    @cached_property
    def pressure(self) -> Mapping[OptionId, int]:
        """What the plan presses with, announcements of threats included."""
        if self.plan is None:
            return {}
        announced = {
            threat.announce: self._announced(threat)
            for threat in self.plan.threats
            if threat.announce not in self.commitments
        }
        return {**announced, **levels(self.case, self.plan.pressure)}

    def _announced(self, threat: Threat) -> int:
        return len(self.case.options[threat.announce].levels) - 1

    @cached_property
    def offers(self) -> Mapping[OptionId, int]:
        """What is given only with agreement."""
        return levels(self.case, self.plan.offers) if self.plan else {}

    @cached_property
    def threats(self) -> tuple[Threat, ...]:
        """The plan's threats."""
        return self.plan.threats if self.plan else ()

    @cached_property
    def acts(self) -> tuple[Mapping[OptionId, int], ...]:
        """What each threat would do."""
        return tuple(levels(self.case, threat.act) for threat in self.threats)

    @cached_property
    def target(self) -> Mapping[OptionId, int] | None:
        """The terms the plan wants agreed; None where it states none."""
        if self.plan is None or not self.plan.target:
            return None
        return levels(self.case, self.plan.target)

    @cached_property
    def start(self) -> int:
        """The base status quo with the plan's commitments and pressure.

        Raises
        ------
        UsageError
            If that state cannot be.
        """
        terms = {**self.case.base, **self.commitments, **self.pressure}
        state = self.space.index(terms)
        if self.conflict.walk_away is None and not self.conflict.can_be(state):
            broken = [
                rule.that
                for rule in self.case.never
                if holds(self.case.vocabulary.condition(rule.that), terms)
            ]
            why = f"never: {broken[0]}" if broken else "it needs what is left out"
            raise UsageError("the plan cannot start from the status quo", why)
        return state

    @cached_property
    def held(self) -> frozenset[OptionId]:
        """Options that stay put while no deal is struck: commitments, pressure, offers, joint."""
        joint = {name for name, option in self.case.options.items() if option.joint}
        return frozenset({*self.commitments, *self.pressure, *self.offers, *joint})

    @cached_property
    def spoilers(self) -> frozenset[PartyId]:
        """Parties that act in every test and never sign."""
        return frozenset(self.case.spoilers)

    @cached_property
    def terms(self) -> tuple[OptionId, ...]:
        """Options whose levels can be terms: all but the spoilers' own."""
        options = self.case.options
        return tuple(name for name in options if options[name].by not in self.spoilers)


def lay(
    case: Case,
    plan: str | None = None,
    without: Iterable[str] = (),
    extent: Extent | None = None,
) -> Situation:
    """Return the situation of a case under a plan, with some of its parts left out.

    Parameters
    ----------
    case
        A case without faults.
    plan
        Name of the plan; the case's default plan where None.
    without
        Parts of the plan, or options, held at base and struck from its terms.
    extent
        How far play without a deal is followed.
    """
    extent = extent or Extent()
    plan_id, chosen = choose_plan(case, plan)
    if chosen is None:
        if tuple(without):
            raise UsageError("nothing to leave out", "there is no plan; name one with --plan")
        return Situation(compile_case(case), extent=extent)
    conflict = compile_case(dated(case, chosen))
    laid = Situation(conflict, plan_id, chosen, undated=case.options, extent=extent)
    return leave_out(laid, without)


def leave_out(situation: Situation, without: Iterable[str]) -> Situation:
    """Return the situation with parts of its plan, or single options, held at base and struck."""
    without = tuple(without)
    plan, case = situation.plan, situation.case
    if plan is None or not without:
        return situation
    options: set[OptionId] = set()
    for word in without:
        named = OptionId(word)
        options |= {named} if named in case.options else touched(case, plan, word)
    for threat, act in zip(situation.threats, situation.acts, strict=True):
        if threat.announce in options or not options.isdisjoint(act):
            options |= {threat.announce, *act}
    gone = frozenset(options)
    return replace(
        situation,
        conflict=freeze(situation.conflict, gone),
        plan=strike(case, plan, gone),
        without=(*situation.without, *without),
    )
