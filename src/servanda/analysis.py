"""A case in, findings out: everything `servanda CASE` has to say, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import lcm
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from servanda import selfenforcement
from servanda.acceptance import Acceptable, Comparison, How, compare, signatories, verdict
from servanda.conditions import OptionId, mentions
from servanda.conflict import Tick, silent
from servanda.errors import Stopped, Undecided, UsageError
from servanda.evidence import Evidence
from servanda.extent import MOST_STATES, Extent
from servanda.grid import Grid
from servanda.grounds import Grounds, grounds
from servanda.groups import GroupGrade, grade_groups
from servanda.model import Case, PartyId, Statement
from servanda.nodeal import NoDeal, no_deal
from servanda.roadmap import Roadmap
from servanda.selfenforcement import Improvement, PartyGrade
from servanda.settlements import Survey
from servanda.situation import Situation, lay, leave_out
from servanda.sources import Kept
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_against, makers
from servanda.threats import ThreatFinding, check_threats

if TYPE_CHECKING:
    from servanda.searched import Searched

Roads = Literal["none", "subject", "all"]
_NO_ROAD: Final = "`servanda roadmap` works out the order of steps in a case of this size"
_BESIDE: Final = 3.0  # seconds for what sticks beside a plan's target, if nothing else is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """What is left of a package once some of its terms have run out.

    Parameters
    ----------
    when
        The period or date.
    lapsed
        The options that fall, this time.
    state
        The state then; `feasible` tells whether it can be.
    acceptable, grade, sticks
        The verdict then.
    reopens
        Parties with an improvement there that they lacked before, with the best one.
    """

    when: str
    lapsed: tuple[OptionId, ...]
    state: int
    feasible: bool
    acceptable: Acceptable
    grade: Grade
    sticks: bool
    reopens: Mapping[PartyId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package and everything found out about it."""

    state: int
    sticks: bool
    core: bool
    acceptable: Acceptable
    grade: Grade
    signing: tuple[PartyId, ...]
    grades: Mapping[PartyId, PartyGrade]
    comparisons: Mapping[PartyId, Comparison]
    group: GroupGrade
    after: tuple[Lapse, ...]
    roadmap: Roadmap | None
    roadmap_note: str
    silent: tuple[PartyId, ...]
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A party that keeps a package from sticking.

    Parameters
    ----------
    party
        Who.
    test
        ``acceptable`` or ``self-enforcing``.
    why
        The statements that decide: what it loses by signing, or gains by leaving.
    move
        The improvement, for a party that would leave.
    comparison
        How it does beside no deal, for a party that would not sign.
    """

    party: PartyId
    test: str
    why: tuple[Statement, ...]
    move: Improvement | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything found out about a case under a plan.

    Parameters
    ----------
    situation
        The inputs.
    kept
        The sources of the case that are at hand.
    threats, no_deal
        The threat test, and where the conflict goes without agreement.
    target, target_package, makers
        The verdict on the plan's target, its first completion in full, and how the owners of its
        commitments do beside the case before any plan.
    target_grades, target_grounds
        Each party's worst grade over the target's completions, and what decides the verdict.
    packages
        The first packages in order.
    counts
        How many packages there are, are surely acceptable, are firm besides, and stick.
    count_bounds, uncounted
        How many there are at the least and at the most of what was not counted, and why not.
    refuse, leave
        For each party, how many of the packages that do not stick it refuses or would leave.
    nearest
        The sticking package nearest to the target, and in how many terms it differs.
    blockers
        Who keeps the target (or the best package, if nothing sticks) from sticking.
    load_bearing
        Offers, commitments, guarantors and threats without which the target no longer sticks.
    status
        ``optimal``, ``feasible``, ``infeasible`` or ``unknown``.
    order
        What packages are ordered by: ``standing``, or a gain in points: ``maximin``, ``nash``,
        ``total``.
    bound
        The best standing, from 0 to 1, that the worst-off of a package that sticks could have, or
        the most that such a gain could be; None where every package has been looked at.
    engine
        ``grid`` or ``solver``.
    stopped
        Why the work ended early; empty if it did not.
    """

    situation: Situation
    kept: Mapping[str, Kept] = field(default_factory=dict)
    threats: tuple[ThreatFinding, ...] = ()
    no_deal: NoDeal | None = None
    target: TargetVerdict | None = None
    target_package: Package | None = None
    makers: Mapping[PartyId, Comparison] = field(default_factory=dict)
    target_grades: Mapping[PartyId, Grade] = field(default_factory=dict)
    target_grounds: Grounds | None = None
    packages: tuple[Package, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    count_bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    uncounted: Mapping[str, str] = field(default_factory=dict)
    refuse: Mapping[PartyId, int] = field(default_factory=dict)
    leave: Mapping[PartyId, int] = field(default_factory=dict)
    nearest: tuple[Package, int] | None = None
    blockers: tuple[Blocker, ...] = ()
    load_bearing: tuple[str, ...] = ()
    status: str = "unknown"
    searched: str = "unknown"
    order: str = "standing"
    bound: float | None = None
    engine: str = "auto"
    stopped: str = ""

    @cached_property
    def evidence(self) -> Evidence:
        """The claims of the case beside the sources at hand."""
        return Evidence(self.case, self.kept)

    @property
    def case(self) -> Case:
        """The case."""
        return self.situation.case

    @property
    def best(self) -> Package | None:
        """The first package that sticks, if any."""
        return next((package for package in self.packages if package.sticks), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask of a case.

    Parameters
    ----------
    plan, without
        The plan, and what to leave out of it.
    best
        Order sticking packages by gain in points: ``maximin``, ``nash`` or ``total``.
    limit
        How many packages to describe in full.
    apart
        In how many terms at least each differs from those before it.
    group_size
        The largest group tested.
    engine
        ``grid``; ``solver``; ``symbolic``: the solver, and packages counted however long it
        takes; or ``auto``: the grid where all states fit an array, else the solver, and packages
        counted as far as that takes seconds.
    seed, seconds, until
        For the solver: its seed, how long the work may take, and until when that is.
    search
        How long a solver may look for packages; None for as long as it needs.
    roads
        To which packages to order the steps where that takes a search of its own, past arrays:
        ``none``, the ``subject`` that the answer is about, or ``all``.
    no_deal_limit
        Up to how many states every move without a deal is followed.
    """

    plan: str | None = None
    without: tuple[str, ...] = ()
    best: How | None = None
    limit: int = 5
    apart: int = 0
    group_size: int = 2
    engine: str = "auto"
    seed: int = 1
    no_deal_limit: int = MOST_STATES
    seconds: float | None = None
    search: float | None = None
    roads: Roads = "none"
    until: float | None = None


def analyse(case: Case, request: Request | None = None, tick: Tick = silent) -> Findings:
    """Return everything found out about a case; what is known so far if `tick` stops the work.

    Raises
    ------
    UsageError
        If the question cannot be asked of this case.
    """
    asked = request or Request()
    tick("reading the case into states")
    until = None if asked.seconds is None else monotonic() + asked.seconds
    extent = Extent(states=asked.no_deal_limit, seed=asked.seed)
    situation = lay(case, asked.plan, asked.without, extent=extent)
    known: dict[str, object] = {}
    try:
        _find(situation, replace(asked, until=until), known, tick)
    except Stopped as stopped:
        known["stopped"] = str(stopped)
        known["status"] = "feasible" if known.get("packages") else "unknown"
    except KeyboardInterrupt:
        known["stopped"] = "interrupted"
        known["status"] = "feasible" if known.get("packages") else "unknown"
    return Findings(situation=situation, **known)  # type: ignore[arg-type]  # fields by name


def _find(situation: Situation, asked: Request, known: dict[str, object], tick: Tick) -> None:
    """Fill `known` with findings, the most wanted first, so that a stop loses little."""
    if situation.conflict.walk_away is None:
        _ = situation.start
    threats = known["threats"] = check_threats(situation, tick)
    without = known["no_deal"] = no_deal(situation, threats, tick=tick)
    target = known["target"] = judge_against(situation, threats, without, tick)
    survey = survey_of(situation, without, asked, tick)
    known["engine"] = "grid" if isinstance(survey, Survey) else "solver"
    known["counts"], known["order"] = survey.counts, asked.best or "standing"
    examine = _Examiner(survey, asked.group_size, tick, roads=asked.roads)
    if target is not None and not situation.space.dense:
        _tell_target(examine, target, known)
        if asked.seconds is None and asked.search is None:
            asked = replace(asked, search=_BESIDE)
        survey = survey_of(situation, without, asked, tick)
        examine = replace(examine, survey=survey)
    _tell_packages(examine, asked, known)
    if target is not None:
        if situation.space.dense:
            _tell_target(examine, target, known)
        elif not target.sticks:
            survey = survey_of(situation, without, asked, tick)
        near = survey.nearest(target.states) if situation.space.dense or not target.sticks else None
        if near is not None:
            known["nearest"] = (examine.package(near[0]), near[1])
        if target.sticks:
            settled = situation.space.dense or known["status"] in {"optimal", "infeasible"}
            known["status"] = "optimal" if settled else "feasible"
    if not isinstance(survey, Survey) and asked.engine != "solver":
        _count(survey, asked, known)


def _tell_packages(examine: _Examiner, asked: Request, known: dict[str, object]) -> None:
    """Fill `known` with the first packages, and who blocks where there is no plan's target.

    Raises
    ------
    KeyboardInterrupt
        If the search was ended from outside.
    """
    survey = examine.survey
    packages: list[Package] = []
    first = survey.first(asked.limit)
    known["bound"] = survey.bound
    for state in first:
        try:
            leads = known["target"] is None and not packages
            packages.append(examine.package(state, subject=leads))
        except Undecided as error:
            known["stopped"] = f"a package is left out: {error}"
            continue
        known["packages"] = tuple(packages)
    known["status"] = known["searched"] = survey.status
    if survey.interrupted:
        raise KeyboardInterrupt
    known["refuse"], known["leave"] = survey.why_not
    if known["target"] is None and packages and not packages[0].sticks:
        known["blockers"] = blockers(survey.situation, packages[0])


def _tell_target(examine: _Examiner, target: TargetVerdict, known: dict[str, object]) -> None:
    """Fill `known` with what is found of a plan's target."""
    situation, tick = target.situation, examine.tick
    whole = known["target_package"] = _completion(examine, target)
    known["makers"] = makers(target, tick)
    known["target_grades"] = examine.survey.worst_grades(target.states)
    alone = len(target.states) == 1
    known["target_grounds"] = (
        whole.grounds if alone else grounds(situation, target.no_deal, target.states)
    )
    known["load_bearing"] = load_bearing(situation, target, tick)
    if not target.sticks:
        known["blockers"] = _target_blockers(examine, target)


def _count(survey: Searched, asked: Request, known: dict[str, object]) -> None:
    """Count the packages that were searched one by one, last of all: it is wanted least.

    Raises
    ------
    AssertionError
        If search and counts disagree: a fault in the program.
    """
    from servanda.package_counts import count_packages  # noqa: PLC0415  # its diagrams are slow to import
    from servanda.stable_sets import unasked  # noqa: PLC0415  # the same
    from servanda.workroom import Workroom  # noqa: PLC0415  # the same

    situation, tick = survey.situation, survey.tick
    room = Workroom(situation, tick) if asked.engine == "symbolic" else unasked(situation, tick)
    found = count_packages(situation, survey.no_deal, room)
    known["counts"], known["count_bounds"] = found.counts, found.bounds
    known["uncounted"], known["stopped"] = found.uncounted, known.get("stopped") or found.stopped
    most = found.counts.get("sticking", found.bounds.get("sticking", (0, 1))[1])
    least = found.counts.get("sticking", found.bounds.get("sticking", (0, 1))[0])
    if (survey.status == "infeasible" and least) or (survey.found_some and not most):
        raise AssertionError("the solver and the decision diagrams disagree on what sticks")


def survey_of(
    situation: Situation, without: NoDeal, asked: Request, tick: Tick
) -> Survey | Searched:
    """Return what finds packages: the arrays where they fit, else the solver; or as asked."""
    if asked.engine == "grid" or (asked.engine == "auto" and situation.space.dense):
        grid = Grid(situation.conflict, tick)
        return Survey(grid, situation, without, asked.best, apart=asked.apart, tick=tick)
    from servanda.searched import Searched  # noqa: PLC0415  # the solver is slow to import

    left = asked.seconds if asked.until is None else max(asked.until - monotonic(), 0.1)
    if asked.search is not None:
        left = asked.search if left is None else min(left, asked.search)
    return Searched(
        situation,
        without,
        best=asked.best,
        apart=max(asked.apart, 1),
        seed=asked.seed,
        seconds=left,
        tick=tick,
    )


@dataclass(frozen=True)
class _Examiner:
    """Describes packages in full, each once."""

    survey: Survey | Searched
    group_size: int
    tick: Tick
    _known: dict[int, Package] = field(default_factory=dict)
    roads: Roads = "all"

    def package(self, state: int, *, subject: bool = False) -> Package:
        """Return a package in full; whether it is the subject tells if its road is wanted."""
        if state not in self._known:
            self._known[state] = self._package(state)
        found = self._known[state]
        wanted = self.roads == "all" or (subject and self.roads == "subject")
        if found.roadmap_note == _NO_ROAD and wanted:
            self.tick("ordering the steps")
            steps, note = self.survey.road(state)
            found = self._known[state] = replace(found, roadmap=steps, roadmap_note=note)
        return found

    def _package(self, state: int) -> Package:
        survey, situation = self.survey, self.survey.situation
        self.tick("describing packages")
        acceptable, comparisons = verdict(situation, survey.no_deal, [state])
        grades = survey.party_grades(state)
        grade = max((each.grade for each in grades.values()), key=lambda each: each.rank)
        survey.confirm(state, acceptable, grade)
        steps, note = None, _NO_ROAD
        if situation.space.dense:
            steps, note = survey.road(state)
        return Package(
            state=state,
            sticks=acceptable is Acceptable.SURELY and grade.sticks,
            core=survey.core(state),
            acceptable=acceptable,
            grade=grade,
            signing=signatories(situation, state),
            grades=grades,
            comparisons=comparisons,
            group=self._groups(state),
            after=self.lapses(state),
            roadmap=steps,
            roadmap_note=note,
            silent=silent_parties(situation, state),
            grounds=grounds(situation, survey.no_deal, [state]),
        )

    def _groups(self, state: int) -> GroupGrade:
        """Return what groups can do; a size of 1 where it would take too many states to tell."""
        try:
            return grade_groups(self.survey.situation.conflict, state, self.group_size)
        except Undecided:
            return GroupGrade(size=1, grade=Grade.FIRM)

    def lapses(self, state: int) -> tuple[Lapse, ...]:
        """Return the verdict after each term with `until` has fallen, in order of date."""
        situation = self.survey.situation
        conflict, space = situation.conflict, situation.space
        dates: dict[str, list[OptionId]] = {}
        for name, option in situation.case.options.items():
            if option.until and space.level(state, name) != conflict.moves.without(name):
                dates.setdefault(option.until, []).append(name)
        found = []
        now = state
        for when in sorted(dates):
            before, now = (
                now,
                space.put(now, {option: conflict.moves.without(option) for option in dates[when]}),
            )
            found.append(self._lapse(when, tuple(dates[when]), before, now))
        return tuple(found)

    def _lapse(self, when: str, lapsed: tuple[OptionId, ...], before: int, now: int) -> Lapse:
        situation = self.survey.situation
        conflict = situation.conflict
        acceptable, _ = verdict(situation, self.survey.no_deal, [now])
        feasible = conflict.can_be(now)
        worst, _ = selfenforcement.weakest(conflict, [now])
        grade = worst if worst.sticks or not feasible else self.survey.grade_at(now)
        return Lapse(
            when=when,
            lapsed=lapsed,
            state=now,
            feasible=feasible,
            acceptable=acceptable,
            grade=grade,
            sticks=feasible and acceptable is Acceptable.SURELY and grade.sticks,
            reopens=self.reopens(before, now) if feasible else {},
        )

    def reopens(self, before: int, now: int) -> dict[PartyId, int]:
        """Return who has an improvement now that it lacked before, with the best one.

        Where talks are all there is, that is to walk away, and no state comes of it but this one.
        """
        conflict = self.survey.situation.conflict
        if not conflict.can_be(before):
            return {}
        found = {}
        for party in conflict.parties:
            if conflict.walks_away(party, now) and not conflict.walks_away(party, before):
                found[party] = now
            ways = selfenforcement.improvements(conflict, party, now)
            if ways and not selfenforcement.improvements(conflict, party, before):
                found[party] = ways[0]
        return found


def describe(findings: Findings, state: int, group_size: int = 2, tick: Tick = silent) -> Package:
    """Return any feasible state described as a package; one that is no package does not stick.

    Parameters
    ----------
    findings
        What was found of the case; no deal must be known.
    state
        The state.
    group_size
        The largest group tested.
    tick
        Told what is being done; may stop it.
    """
    if findings.no_deal is None:
        raise Stopped("no deal is not known, so no package can be compared with it")
    asked = Request(engine=findings.engine)
    survey = survey_of(findings.situation, findings.no_deal, asked, tick)
    found = _Examiner(survey, group_size, tick).package(state)
    return found if survey.is_package_at(state) else replace(found, sticks=False, core=False)


def is_package(findings: Findings, state: int) -> bool:
    """Return whether the commitments stand in a state, and it can be reached from the start."""
    if findings.no_deal is None:
        return False
    asked = Request(engine=findings.engine)
    survey = survey_of(findings.situation, findings.no_deal, asked, silent)
    return survey.is_package_at(state)


def nearest(
    findings: Findings,
    states: Sequence[int],
    weights: Mapping[OptionId, Fraction] | None = None,
    *,
    seconds: float | None = None,
    tick: Tick = silent,
) -> tuple[tuple[int, Fraction] | None, bool]:
    """Return the sticking package that differs least from one of some states, and by how much.

    Parameters
    ----------
    findings
        What was found of the case; no deal must be known.
    states
        The states.
    weights
        How much a change of each term counts; 1 where nothing is said.
    seconds
        How long a solver may look for it.
    tick
        Told what is being done; may stop it.

    Returns
    -------
    (package, weight of the terms) or None
        None where nothing sticks, or nothing was found that does.
    proved
        Whether there is for certain nothing nearer.
    """
    if findings.no_deal is None:
        return None, False
    given = weights or {}
    scale = lcm(*(weight.denominator for weight in given.values()))
    whole = {o: int(given.get(o, Fraction(1)) * scale) for o in findings.situation.terms}
    asked = Request(engine=findings.engine, seconds=seconds)
    survey = survey_of(findings.situation, findings.no_deal, asked, tick)
    found = survey.nearest(states, whole)
    near = None if found is None else (found[0], Fraction(found[1], scale))
    return near, survey.nearest_proved


def silent_parties(situation: Situation, state: int) -> tuple[PartyId, ...]:
    """Return the parties no statement of which mentions an option changed from the start."""
    case = situation.case
    changed = set(situation.space.changes(situation.start, state))
    quiet: list[PartyId] = []
    for party in case.parties if changed else ():
        preference = case.preferences.get(party)
        speaks = set() if preference is None else set(preference.position)
        if preference is not None and preference.form == "ranking":
            continue
        for group in case.statements(party):
            for statement in group:
                speaks |= mentions(case.vocabulary.condition(statement.wish))
        if not speaks & changed:
            quiet.append(party)
    return tuple(quiet)


def blockers(situation: Situation, package: Package) -> tuple[Blocker, ...]:
    """Return who keeps a package from sticking: those who would not sign, those who would leave."""
    found = []
    rule = situation.case.signatories
    short = sum(package.comparisons[party].sure for party in rule.of) < (rule.at_least or 0)
    asked = {*package.signing, *(rule.of if short else ())}
    for party in situation.conflict.parties:
        comparison = package.comparisons[party]
        if party in asked and not comparison.sure:
            found.append(
                Blocker(
                    party=party,
                    test="acceptable",
                    why=comparison.decisive,
                    comparison=comparison,
                )
            )
    for party, graded in package.grades.items():
        if graded.grade.sticks:
            continue
        move = graded.witness
        why: tuple[Statement, ...] = ()
        if move is not None:
            why = situation.conflict.payoffs[party].decisive(move.state, package.state)[1]
        found.append(Blocker(party=party, test="self-enforcing", why=why, move=move))
    return tuple(found)


def _completion(examine: _Examiner, target: TargetVerdict) -> Package:
    """Return a target's first completion in full; where nobody need sign, it is acceptable."""
    package = examine.package(target.states[0], subject=True)
    if not target.unsigned:
        return package
    return replace(package, acceptable=Acceptable.SURELY, sticks=package.grade.sticks)


def _target_blockers(examine: _Examiner, target: TargetVerdict) -> tuple[Blocker, ...]:
    """Return the blockers of every completion, each party and test once.

    Nobody blocks by not signing where nobody need sign.
    """
    found: dict[tuple[PartyId, str], Blocker] = {}
    for state in target.states:
        for blocker in blockers(target.situation, examine.package(state)):
            if target.unsigned and blocker.test == "acceptable":
                continue
            found.setdefault((blocker.party, blocker.test), blocker)
    return tuple(found.values())


def load_bearing(
    situation: Situation, target: TargetVerdict, tick: Tick = silent
) -> tuple[str, ...]:
    """Return what the target does not stick without: single offers, commitments, threats.

    Each is held at base and struck from the plan; only a target that sticks has any.
    """
    if situation.plan is None or not target.sticks:
        return ()
    words: dict[str, None] = dict.fromkeys((*situation.commitments, *situation.offers))
    for guarantor in situation.plan.guarantors:
        words |= dict.fromkeys(guarantor.via)
    words |= dict.fromkeys(threat.announce for threat in situation.threats)
    found = []
    for word in words:
        tick(f"load-bearing: without {word}")
        try:
            variant = leave_out(situation, [word])
            fallen = judge(variant, tick)
        except UsageError:
            found.append(word)
            continue
        if fallen is None or not fallen.sticks:
            found.append(word)
    return tuple(found)


def against_no_deal(findings: Findings, state: int) -> Mapping[PartyId, Comparison]:
    """Return how every party does in any state beside no deal."""
    if findings.no_deal is None:
        return {}
    return {
        party: compare(findings.situation, findings.no_deal, party, state)
        for party in findings.situation.conflict.parties
    }
