"""What it would take for a plan's target, or a package, to stick; and what it cannot do without.

The nearest package that sticks; the smallest change in what each blocker wants; the rankings that
would keep each party; the cheapest carrots; what each part of the plan carries; the group that
breaks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING

from servanda import analysis
from servanda.acceptance import signatories
from servanda.analysis import Findings, Request, survey_of
from servanda.carrots import Carrots, Choice, addable, cheapest, offered
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent, with_preference
from servanda.errors import Stopped, Undecided, UsageError
from servanda.grounds import Grounds, grounds
from servanda.groups import GroupGrade, grade_groups
from servanda.loads import Load, loads
from servanda.model import PartyId
from servanda.obstacles import Obstacle, by_party, judged, obstacles
from servanda.quotas import Meeting, meetings
from servanda.rankings import Inverse, inverse
from servanda.relaxation import Relaxation, what_must_give
from servanda.room import Rooms, who_must_be_there
from servanda.settlements import Survey
from servanda.shifts import BUDGET, Asking, Shift, Smallest, shifts
from servanda.situation import Situation
from servanda.target import TargetVerdict

if TYPE_CHECKING:
    from servanda.searched import Searched

_MOST_TOGETHER = 100
_BUDGET_AT_SIZE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What remedies are wanted.

    Parameters
    ----------
    weights
        How much a change of each term counts for the nearest package; 1 where nothing is said.
    prices
        What each carrot costs; 1 where nothing is said.
    more
        Whether to try also carrots that no plan offers.
    group_size
        The largest group tried.
    budget
        How many changes of one kind, and how many sets of carrots, may be tried; None for fewer
        where there are too many states for an array, and each takes longer.
    seconds
        How long a solver may look for the nearest package.
    """

    weights: Mapping[OptionId, Fraction] = field(default_factory=dict)
    prices: Mapping[OptionId, Fraction] = field(default_factory=dict)
    more: bool = False
    group_size: int = 2
    budget: int | None = None
    seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The sticking package nearest to the one asked about.

    Parameters
    ----------
    state
        The package.
    apart
        The terms in which it differs, with its levels.
    weight
        What these terms weigh.
    grounds
        Why it sticks.
    """

    state: int
    apart: Mapping[OptionId, int]
    weight: Fraction
    grounds: Grounds


@dataclass(frozen=True, kw_only=True)
class Remedies:
    """What it would take.

    Parameters
    ----------
    situation, state
        The case under its plan; the package, or None for the plan's target.
    verdict, is_package
        The verdict on it, and whether it could be agreed at all.
    obstacles
        Who blocks, with witness.
    nearest, nearest_proved
        The nearest package that sticks; None where there is none, or none was found; and whether
        that is certain.
    help
        For each blocker the smallest changes in what it wants that bring it in; where nobody
        blocks and nobody gains, for each signatory those with which it sticks.
    together
        One of these changes for each of several blockers, with which the whole sticks once all are
        made; empty where no choice of those tried does, None where that is not asked.
    inverses
        For each party, the rankings that keep it where it is; empty where that is not asked.
    unranked
        Why rankings are not counted; empty where they are.
    carrots
        The cheapest carrots; None where there are none to choose from.
    loads
        What becomes of it without each part of the plan.
    group
        What groups can do; None where that is not known.
    relaxation
        What would have to give; None where it sticks, or that was not reached.
    rooms
        Who must be in the room; None where that cannot be asked, or was not reached.
    meetings
        Who could meet each quota that the case speaks of.
    stopped
        Why the work ended early; empty if it did not.
    """

    situation: Situation
    state: int | None
    verdict: TargetVerdict
    is_package: bool = True
    obstacles: tuple[Obstacle, ...] = ()
    nearest: Nearest | None = None
    nearest_proved: bool = False
    help: Mapping[PartyId, tuple[Smallest, ...]] = field(default_factory=dict)
    together: Mapping[PartyId, Shift] | None = None
    inverses: Mapping[PartyId, Inverse] = field(default_factory=dict)
    unranked: str = ""
    carrots: Carrots | None = None
    loads: tuple[Load, ...] = ()
    group: GroupGrade | None = None
    relaxation: Relaxation | None = None
    rooms: Rooms | None = None
    meetings: tuple[Meeting, ...] = ()
    stopped: str = ""

    @property
    def sticks(self) -> bool:
        """Whether it sticks as it is."""
        return self.is_package and self.verdict.sticks


def remedies(
    findings: Findings, state: int | None, wanted: Wanted | None = None, tick: Tick = silent
) -> Remedies:
    """Return the remedies for a plan's target or a package; what is known if `tick` stops the work.

    Parameters
    ----------
    findings
        What was found of the case; no deal must be known.
    state
        The package; None for the plan's target.
    wanted
        What remedies are wanted.
    tick
        Told what is being done; may stop it.

    Raises
    ------
    UsageError
        If there is no target, or the verdict cannot be told.
    Stopped
        If the work was stopped before the verdict was known.
    """
    if findings.no_deal is None:
        raise Stopped("no deal is not known, so nothing can be compared with it")
    situation = findings.situation
    verdict = findings.target if state is None else judged(situation, state, tick)
    if verdict is None:
        raise UsageError("there is no target", "name a package with --package or --state")
    known: dict[str, object] = {}
    try:
        _find(_Subject(findings, state, verdict, wanted or Wanted(), tick), known)
    except Stopped as stopped:
        known["stopped"] = str(stopped)
    except KeyboardInterrupt:
        known["stopped"] = "interrupted"
    return Remedies(situation=situation, state=state, verdict=verdict, **known)  # type: ignore[arg-type]  # fields by name


@dataclass(frozen=True)
class _Subject:
    """What remedies are sought for."""

    findings: Findings
    state: int | None
    verdict: TargetVerdict
    wanted: Wanted
    tick: Tick

    @property
    def situation(self) -> Situation:
        return self.findings.situation

    @property
    def budget(self) -> int:
        if self.wanted.budget is not None:
            return self.wanted.budget
        return BUDGET if self.situation.space.dense else _BUDGET_AT_SIZE


def _find(about: _Subject, known: dict[str, object]) -> None:
    """Fill `known` with remedies, the most wanted first, so that a stop loses little."""
    verdict, state = about.verdict, about.state
    known["meetings"] = meetings(about.situation, about.wanted.prices)
    is_package = state is None or analysis.is_package(about.findings, state)
    known["is_package"] = is_package
    witnesses = known["obstacles"] = () if verdict.sticks else obstacles(verdict)
    first = about.situation.space.dense or verdict.sticks  # else a solver takes its time over it
    if first:
        known["nearest"], known["nearest_proved"] = nearest(about, is_package=is_package)
    if is_package and not verdict.sticks:
        helped: dict[PartyId, tuple[Smallest, ...]] = {}
        known["help"] = helped
        for party, whole in _asked(verdict, witnesses):
            for each in shifts(_asking(about, party, whole=whole)):
                helped[party] = (*helped.get(party, ()), each)
        if len(witnesses) and len(helped) > 1 and all(map(_any_found, helped.values())):
            known["together"] = together(about, helped)
    carrots = known["carrots"] = _carrots(about)
    if carrots is not None and carrots.stopped is not None:
        raise carrots.stopped
    known["loads"] = loads(about.situation, state, about.tick)
    known["inverses"], known["unranked"] = _inverses(about)
    if len(verdict.states) == 1:
        known["group"] = _group(about)
    _find_among_all(about, known)
    if not first:
        known["nearest"], known["nearest_proved"] = nearest(about, is_package=is_package)


def _asked(verdict: TargetVerdict, witnesses: tuple[Obstacle, ...]) -> list[tuple[PartyId, bool]]:
    """Return who is to be brought in; everybody who signs, to gain, where nobody blocks."""
    blockers = by_party(witnesses)
    if blockers:
        return [(party, False) for party in blockers]
    signing = {p: None for s in verdict.states for p in signatories(verdict.situation, s)}
    return [(party, True) for party in signing]


def _any_found(kinds: tuple[Smallest, ...]) -> bool:
    return any(kind.found for kind in kinds)


def together(
    about: _Subject, helped: Mapping[PartyId, tuple[Smallest, ...]]
) -> Mapping[PartyId, Shift]:
    """Return one of each blocker's smallest changes, with which all together it sticks."""
    choices = [[each.shift for kind in kinds for each in kind.found] for kinds in helped.values()]
    for chosen in islice(product(*choices), _MOST_TOGETHER):
        about.tick("what would bring in all blockers together")
        conflict = about.situation.conflict
        for party, shift in zip(helped, chosen, strict=True):
            conflict = with_preference(conflict, party, shift.preference)
        try:
            found = judged(replace(about.situation, conflict=conflict), about.state)
        except UsageError:
            continue
        if found.sticks:
            return dict(zip(helped, chosen, strict=True))
    return {}


def _asking(about: _Subject, party: PartyId, *, whole: bool) -> Asking:
    return Asking(
        about.situation,
        about.state,
        party,
        about=about.verdict.states[0],
        terms=set_apart(about.situation, about.verdict, about.state),
        whole=whole,
        budget=about.budget,
        tick=about.tick,
    )


def set_apart(
    situation: Situation, verdict: TargetVerdict, state: int | None
) -> Mapping[OptionId, int]:
    """Return the terms of a target or package that differ from the start, or from no deal."""
    space = situation.space
    if state is None:
        terms = situation.target or {}
    else:
        terms = {option: space.level(state, option) for option in situation.terms}
    if situation.conflict.walk_away is not None:
        return terms
    others = (situation.start, *verdict.no_deal.states)
    return {o: n for o, n in terms.items() if any(space.level(s, o) != n for s in others)}


def nearest(about: _Subject, *, is_package: bool) -> tuple[Nearest | None, bool]:
    """Return the nearest package that sticks, this one if it does; and whether that is proved."""
    situation, states = about.situation, about.verdict.states
    if about.verdict.sticks and is_package:
        why = grounds(situation, about.verdict.no_deal, states)
        return Nearest(state=states[0], apart={}, weight=Fraction(0), grounds=why), True
    weights = about.wanted.weights
    found, proved = analysis.nearest(
        about.findings, states, weights, seconds=about.wanted.seconds, tick=about.tick
    )
    if found is None:
        return None, proved
    state, weight = found
    each = (
        {o: n for o, n in situation.space.changes(old, state).items() if o in situation.terms}
        for old in states
    )
    apart = min(each, key=lambda terms: sum(weights.get(o, Fraction(1)) for o in terms))
    why = grounds(situation, about.findings.no_deal or about.verdict.no_deal, [state])
    return Nearest(state=state, apart=apart, weight=weight, grounds=why), proved


def _carrots(about: _Subject) -> Carrots | None:
    situation, prices = about.situation, about.wanted.prices
    found = offered(situation, about.state, prices)
    if about.wanted.more and situation.conflict.walk_away is None:
        found += addable(situation, about.verdict, prices)
    if not found:
        return None
    return cheapest(Choice(situation, about.state, found, about.budget, about.tick))


def _inverses(about: _Subject) -> tuple[dict[PartyId, Inverse], str]:
    conflict, states = about.situation.conflict, about.verdict.states
    if conflict.walk_away is not None or len(states) != 1:
        return {}, ""
    try:
        return {p: inverse(conflict, p, states[0], about.tick) for p in conflict.parties}, ""
    except UsageError as error:
        return {}, str(error)


def _find_among_all(about: _Subject, known: dict[str, object]) -> None:
    """Fill in what is asked of all packages: what would have to give, who must be in the room."""
    if not about.verdict.sticks:
        known["relaxation"] = what_must_give(_survey(about), near=about.verdict.states)
    if about.situation.conflict.walk_away is None:
        known["rooms"] = who_must_be_there(_survey(about), near=about.verdict.states)


def _survey(about: _Subject) -> Survey | Searched:
    """Return all packages, or a search for them that ends in a share of the time."""
    asked = Request(engine=about.findings.engine, seconds=about.wanted.seconds / 2)
    return survey_of(about.situation, about.verdict.no_deal, asked, about.tick)


def _group(about: _Subject) -> GroupGrade | None:
    state = about.verdict.states[0]
    try:
        return grade_groups(about.situation.conflict, state, about.wanted.group_size)
    except Undecided:
        return None
