"""What it would take for a plan's target, or a package, to stick; and what it cannot do without.

The nearest package that sticks; the smallest change in what each blocker wants; the rankings that
would keep each party; the cheapest carrots; what each part of the plan carries; the group that
breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from servanda import analysis
from servanda.acceptance import signatories
from servanda.analysis import Findings, Request, survey_of
from servanda.carrots import Carrots, Choice, addable, cheapest, offered
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent, with_preference
from servanda.errors import Lapsed, Stopped, UsageError
from servanda.grounds import Grounds, grounds
from servanda.groups import GroupGrade, grade_as_told
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
from servanda.turns import Turn

if TYPE_CHECKING:
    from servanda.searched import Searched

_MOST_TOGETHER = 100
_BUDGET_AT_SIZE = 150
SECONDS_AT_SIZE: Final = 60.0
"""For all remedies together, where there are too many states for an array and nothing is said."""
_MOST = 0.4  # of these for one search by the solver, which may have no end


class Remedy(StrEnum):
    """A part of the answer, with a share of the time."""

    NEAREST = "nearest"
    BRING_IN = "bring_in"
    TOGETHER = "together"
    CARROTS = "carrots"
    LOADS = "loads"
    RANKINGS = "rankings"
    GROUP = "group"
    RELAXATION = "relaxation"
    ROOMS = "rooms"


_SHARES = {
    Remedy.NEAREST: 3,
    Remedy.BRING_IN: 6,
    Remedy.CARROTS: 3,
    Remedy.LOADS: 4,
    Remedy.GROUP: 2,
    Remedy.RELAXATION: 2,
    Remedy.ROOMS: 3,
}
"""How large the share of each is beside the others; 1 where nothing is said."""


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
        How long all remedies may take together, each with its share; None for as long as they
        need, but a minute where there are too many states for an array.
    """

    weights: Mapping[OptionId, Fraction] = field(default_factory=dict)
    prices: Mapping[OptionId, Fraction] = field(default_factory=dict)
    more: bool = False
    group_size: int = 2
    budget: int | None = None
    seconds: float | None = None


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
    cut
        The remedies that were cut short, and why: the others had their share of the time.
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
    cut: Mapping[Remedy, str] = field(default_factory=dict)
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
    about = _Subject(findings, state, verdict, wanted or Wanted(), Turn(tick=tick))
    known: dict[str, object] = {}
    try:
        _find(about, known)
    except Stopped as stopped:
        known["stopped"] = str(stopped)
    except KeyboardInterrupt:
        known["stopped"] = "interrupted"
    return Remedies(situation=situation, state=state, verdict=verdict, **known)  # type: ignore[arg-type]  # fields by name


@dataclass(frozen=True)
class _Subject:
    """What remedies are sought for, and whose turn it is."""

    findings: Findings
    state: int | None
    verdict: TargetVerdict
    wanted: Wanted
    turn: Turn
    is_package: bool = True

    @property
    def situation(self) -> Situation:
        return self.findings.situation

    @property
    def at_size(self) -> bool:
        """Whether the answers take searches that may have no end."""
        return not self.situation.space.dense or self.findings.engine == "solver"

    @property
    def budget(self) -> int:
        if self.wanted.budget is not None:
            return self.wanted.budget
        return BUDGET if self.situation.space.dense else _BUDGET_AT_SIZE


def _find(about: _Subject, known: dict[str, object]) -> None:
    """Fill `known` with remedies, the most wanted first, so that a stop loses little.

    Each has its share of the time; what one leaves is there for those after it.
    """
    verdict = about.verdict
    known["meetings"] = meetings(about.situation, about.wanted.prices)
    is_package = about.state is None or analysis.is_package(about.findings, about.state)
    about = replace(about, is_package=is_package)
    known["is_package"] = is_package
    known["obstacles"] = () if verdict.sticks else obstacles(verdict)
    cut = known["cut"] = dict[Remedy, str]()
    seconds = about.wanted.seconds
    most: float | None = None
    if seconds is None and about.at_size:
        seconds, most = SECONDS_AT_SIZE, _MOST * SECONDS_AT_SIZE
    whole = Turn(seconds=seconds, tick=about.turn.tick)
    left = _in_order(about)
    while left:
        weight = sum(_SHARES.get(remedy, 1) for remedy in left)
        remedy = left.pop(0)
        turn = whole.part(_SHARES.get(remedy, 1) / weight, most if remedy in _SEARCHED else None)
        try:
            _FINDERS[remedy](replace(about, turn=turn), known)
        except Lapsed as lapsed:
            cut[remedy] = str(lapsed)
        if remedy in _SEARCHED and turn.mostly_used and not _SEARCHED[remedy](known):
            cut[remedy] = turn.spent


def _in_order(about: _Subject) -> list[Remedy]:
    """Return which remedies there can be, in the order in which they are looked for."""
    verdict, talks = about.verdict, about.situation.conflict.walk_away is not None
    needless = {
        Remedy.BRING_IN: verdict.sticks or not about.is_package,
        Remedy.TOGETHER: verdict.sticks or not about.is_package,
        Remedy.RANKINGS: talks or len(verdict.states) != 1,
        Remedy.GROUP: len(verdict.states) != 1,
        Remedy.RELAXATION: verdict.sticks,
        Remedy.ROOMS: talks,
    }
    every = [remedy for remedy in Remedy if not needless.get(remedy)]
    if not about.situation.space.dense and not verdict.sticks:
        every.sort(key=_ENDLESS.__contains__)
    return every


_ENDLESS = {Remedy.NEAREST, Remedy.BRING_IN, Remedy.TOGETHER}
"""What has a use for all the time that the others leave."""


def _find_nearest(about: _Subject, known: dict[str, object]) -> None:
    known["nearest"], known["nearest_proved"] = nearest(about, is_package=about.is_package)


def _find_help(about: _Subject, known: dict[str, object]) -> None:
    """Fill in what would bring in each blocker, who all have the same share of the time."""
    witnesses = known["obstacles"]
    assert isinstance(witnesses, tuple)  # noqa: S101 - as it was filled in
    helped: dict[PartyId, tuple[Smallest, ...]] = {}
    known["help"] = helped
    asked = _asked(about.verdict, witnesses)
    for place, (party, whole) in enumerate(asked):
        turn = about.turn.part(1 / (len(asked) - place))
        for each in shifts(_asking(replace(about, turn=turn), party, whole=whole)):
            helped[party] = (*helped.get(party, ()), each)


def _find_together(about: _Subject, known: dict[str, object]) -> None:
    helped = known["help"]
    assert isinstance(helped, dict)  # noqa: S101 - as it was filled in
    if known["obstacles"] and len(helped) > 1 and all(map(_any_found, helped.values())):
        known["together"] = together(about, helped)


def _find_carrots(about: _Subject, known: dict[str, object]) -> None:
    carrots = known["carrots"] = _carrots(about)
    if carrots is not None and carrots.stopped is not None:
        raise carrots.stopped


def _find_loads(about: _Subject, known: dict[str, object]) -> None:
    found: tuple[Load, ...] = ()
    for each in loads(about.situation, about.state, about.turn):
        found = known["loads"] = (*found, each)


def _find_rankings(about: _Subject, known: dict[str, object]) -> None:
    known["inverses"], known["unranked"] = _inverses(about)


def _find_group(about: _Subject, known: dict[str, object]) -> None:
    conflict, state = about.situation.conflict, about.verdict.states[0]
    known["group"] = grade_as_told(conflict, state, about.wanted.group_size, about.turn)


def _find_relaxation(about: _Subject, known: dict[str, object]) -> None:
    known["relaxation"] = what_must_give(_survey(about), near=about.verdict.states)


def _find_rooms(about: _Subject, known: dict[str, object]) -> None:
    known["rooms"] = who_must_be_there(_survey(about), near=about.verdict.states)


def _all_settled(rooms: object) -> bool:
    """Return whether all rooms are known, and what whoever joins one does to it."""
    if not isinstance(rooms, Rooms) or rooms.stopped:
        return False
    return all(harm.harms is not None for room in rooms.smallest for harm in room.others)


_FINDERS: Mapping[Remedy, Callable[[_Subject, dict[str, object]], None]] = {
    Remedy.NEAREST: _find_nearest,
    Remedy.BRING_IN: _find_help,
    Remedy.TOGETHER: _find_together,
    Remedy.CARROTS: _find_carrots,
    Remedy.LOADS: _find_loads,
    Remedy.RANKINGS: _find_rankings,
    Remedy.GROUP: _find_group,
    Remedy.RELAXATION: _find_relaxation,
    Remedy.ROOMS: _find_rooms,
}
_SEARCHED: Mapping[Remedy, Callable[[dict[str, object]], bool]] = {
    Remedy.NEAREST: lambda known: bool(known.get("nearest_proved")),
    Remedy.RELAXATION: lambda known: not getattr(known.get("relaxation"), "stopped", ""),
    Remedy.ROOMS: lambda known: _all_settled(known.get("rooms")),
}
"""Whether a search that minds the time itself came to its end."""


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
        about.turn("what would bring in all blockers together")
        conflict = about.situation.conflict
        for party, shift in zip(helped, chosen, strict=True):
            conflict = with_preference(conflict, party, shift.preference)
        try:
            found = judged(replace(about.situation, conflict=conflict), about.state, about.turn)
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
        turn=about.turn,
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
        about.findings, states, weights, seconds=about.turn.left, tick=about.turn
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
    return cheapest(Choice(situation, about.state, found, about.budget, about.turn))


def _inverses(about: _Subject) -> tuple[dict[PartyId, Inverse], str]:
    conflict, states = about.situation.conflict, about.verdict.states
    if conflict.walk_away is not None or len(states) != 1:
        return {}, ""
    try:
        return {p: inverse(conflict, p, states[0], about.turn) for p in conflict.parties}, ""
    except UsageError as error:
        return {}, str(error)


def _survey(about: _Subject) -> Survey | Searched:
    """Return all packages, or a search for them that ends in a share of the time."""
    asked = Request(engine=about.findings.engine, seconds=about.turn.left)
    return survey_of(about.situation, about.verdict.no_deal, asked, about.turn)
