"""Does a plan's own target stick?  One verdict over all ways in which the rest may settle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from servanda.acceptance import Acceptable, Comparison, acceptable, compare, verdict
from servanda.conflict import Tick, silent
from servanda.model import PartyId
from servanda.nodeal import NoDeal, base_no_deal, no_deal, no_deal_with
from servanda.play import Outcome
from servanda.selfenforcement import guard_lapses, guarded, weakest
from servanda.situation import Situation
from servanda.stability import Grade
from servanda.threats import ThreatFinding, acts_without_deal, check_threats, completions


@dataclass(frozen=True, kw_only=True)
class TargetVerdict:
    """What becomes of a plan's target.

    Parameters
    ----------
    situation
        The case under the plan, or a variant of it.
    threats, no_deal
        What these rest on.
    completions
        Where the rest settles once the target's terms hold; each must pass.
    acceptable
        The worst over the completions.
    unsigned
        The completions are just the plan's no-deal outcomes: nobody need sign.
    exact
        Whether no deal and the completions are all there are: else that the target sticks is not
        refuted, rather than so.
    """

    situation: Situation
    threats: tuple[ThreatFinding, ...]
    no_deal: NoDeal
    completions: tuple[Outcome, ...]
    acceptable: Acceptable
    unsigned: bool
    exact: bool = True

    @property
    def states(self) -> tuple[int, ...]:
        """Every state of every completion."""
        return tuple(state for end in self.completions for state in end.states)

    @cached_property
    def comparisons(self) -> Mapping[PartyId, Comparison]:
        """Each party's worst comparison with no deal."""
        return verdict(self.situation, self.no_deal, self.states)[1]

    @cached_property
    def grades(self) -> Mapping[PartyId, Grade]:
        """Each party's worst grade: firm, guarded, or breaks for anything weaker."""
        conflict = self.situation.conflict
        return {
            party: max(
                (guarded(conflict, party, state) for state in self.states),
                key=lambda grade: grade.rank,
            )
            for party in conflict.parties
        }

    @property
    def grade(self) -> Grade:
        """The worst party's grade."""
        return max(self.grades.values(), key=lambda grade: grade.rank)

    @cached_property
    def lapsing(self) -> tuple[PartyId, ...]:
        """Guarded parties whose guard is gone, somewhere, without the plan's pressure."""
        return tuple(
            party
            for party, grade in self.grades.items()
            if grade is Grade.GUARDED
            and any(guard_lapses(self.situation, party, state) for state in self.states)
        )

    @cached_property
    def sticks(self) -> bool:
        """Surely acceptable, and firm or guarded."""
        if self.acceptable is not Acceptable.SURELY:
            return False
        return weakest(self.situation.conflict, self.states)[0].sticks


def judge(situation: Situation, tick: Tick = silent) -> TargetVerdict | None:
    """Return whether a plan's target sticks; None where there is no target.

    Raises
    ------
    UsageError
        If no feasible state has the target's terms.
    """
    if situation.target is None:
        return None
    threats = check_threats(situation, tick)
    without = no_deal(situation, threats, tick=tick)
    return judge_against(situation, threats, without, tick)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target's verdict in short.

    Parameters
    ----------
    sticks, acceptable
        Whether it sticks, and how acceptable it is.
    grade
        Firm, guarded, or breaks for anything weaker; None where it is not surely acceptable.
    exact
        Whether no deal and the completions are all there are.
    """

    sticks: bool
    acceptable: Acceptable
    grade: Grade | None
    exact: bool = True


def judge_in_short(situation: Situation, tick: Tick = silent) -> Verdict | None:
    """Return whether a plan's target sticks, without saying why: `judge` in the quickest order.

    Raises
    ------
    UsageError
        If no feasible state has the target's terms, or a threatened act cannot be done.
    """
    if situation.target is None:
        return None
    ends = completions(situation, tick)
    acts, exact = acts_without_deal(situation, tick)
    without = no_deal_with(situation, acts, exact=exact, tick=tick)
    exact = ends.exact and without.exact
    unsigned = set(ends.outcomes) == set(without.outcomes)
    found = Acceptable.SURELY if unsigned else acceptable(situation, without, ends.states)
    if found is not Acceptable.SURELY:
        return Verdict(sticks=False, acceptable=found, grade=None, exact=exact)
    grade = weakest(situation.conflict, ends.states)[0]
    return Verdict(sticks=grade.sticks, acceptable=found, grade=grade, exact=exact)


def judge_against(
    situation: Situation,
    threats: tuple[ThreatFinding, ...],
    without: NoDeal,
    tick: Tick = silent,
) -> TargetVerdict | None:
    """Return the verdict on the target, given the threats and where no deal leads."""
    if situation.target is None:
        return None
    ends = completions(situation, tick)
    unsigned = set(ends.outcomes) == set(without.outcomes)
    found = Acceptable.SURELY if unsigned else acceptable(situation, without, ends.states)
    return TargetVerdict(
        situation=situation,
        threats=threats,
        no_deal=without,
        completions=ends.outcomes,
        exact=ends.exact and without.exact,
        acceptable=found,
        unsigned=unsigned,
    )


def makers(target: TargetVerdict, tick: Tick = silent) -> Mapping[PartyId, Comparison]:
    """Return how the owners of the plan's commitments do beside the case before any plan."""
    situation = target.situation
    options = situation.case.options
    owners = {o for name in situation.commitments for o in options[name].owners}
    if not owners:
        return {}
    base = base_no_deal(situation, tick)
    found: dict[PartyId, Comparison] = {}
    for party in situation.conflict.parties:
        if party in owners:
            worst = min(target.states, key=lambda s: situation.conflict.value(party, s))
            found[party] = compare(situation, base, party, worst)
    return found
