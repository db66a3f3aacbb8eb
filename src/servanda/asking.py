"""What a command line asks, put to the engines: a case, its findings, a state, a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from os import cpu_count
from os.path import isdir
from pathlib import Path
from re import fullmatch
from string import ascii_lowercase, digits

import numpy as np

from servanda import analysis
from servanda.analysis import Findings, Package, Request, analyse, describe
from servanda.casefile import find_case, read_case, read_dossier
from servanda.compare import Compared, compare
from servanda.conditions import Condition, OptionId
from servanda.conflict import Tick, compile_case
from servanda.errors import ConditionError, Problem, Stopped, UsageError, did_you_mean
from servanda.evidence import Evidence
from servanda.extent import Extent
from servanda.grid import Grid
from servanda.hygiene import warnings
from servanda.invocation import Asked
from servanda.model import Case, PartyId
from servanda.narrative.lines import subject
from servanda.nodeal import no_deal
from servanda.proposals import Proposals
from servanda.record import Record
from servanda.remedies import Remedies, Wanted, remedies
from servanda.selfenforcement import PartyGrade, grade_locally, grades, with_lapse
from servanda.settlements import BEST
from servanda.situation import Situation, lay
from servanda.sources import Kept, find_sources
from servanda.stability import Concept
from servanda.starters import one_file
from servanda.states import StateSpace
from servanda.target import judge_against
from servanda.threats import check_threats
from servanda.worlds import BASE, every_answer, seen_by

_SHARE = 0.3  # of the time goes into finding the package that remedies are asked for
_MOST = 0.95  # of what is left then goes into them

_SOON = 2**18  # states of all worlds together that one process compares in no time
_SEARCH = 3.0  # seconds in which a solver looks for packages where no time is given


def case_of(asked: Asked) -> Case:
    """Return the case asked about, as written."""
    return read_case(find_case(asked.case))


def seen(asked: Asked) -> Case:
    """Return the case asked about, as the author sees it whose worldview is asked for.

    Without a worldview it is seen as the plan says; else it is the base case.
    """
    case = case_of(asked)
    name = asked.worldview
    plan = case.plans.get(asked.plan or case.default_plan or "")
    if name is None and plan is not None:
        name = plan.worldview or None
    return seen_by(case, None if name == BASE else name, dict(asked.answers))


def fingerprint(asked: Asked) -> str:
    """Return the sha256 of the case: of its file, or of its files one below the other."""
    path = find_case(asked.case)
    data = path.read_bytes() if path.is_file() else one_file(path).encode()
    return sha256(data).hexdigest()


def folder_of(asked: Asked) -> Path | None:
    """Return the folder of source documents: the one named, or ``sources`` beside the case.

    Raises
    ------
    UsageError
        If the folder named is none.
    """
    if asked.sources:
        folder = Path(asked.sources)
        if not isdir(folder):  # noqa: PTH112  # it tells no also where a name is too long
            hint = "--sources or SERVANDA_SOURCES names the folder of source documents"
            raise UsageError(f'there is no folder "{folder}"', hint)
        return folder
    path = find_case(asked.case)
    beside = (path if path.is_dir() else path.parent) / "sources"
    return beside if beside.is_dir() else None


def kept_of(asked: Asked, case: Case) -> Mapping[str, Kept]:
    """Return what is at hand of a case's sources; empty where there is no folder of them."""
    folder = folder_of(asked) if case.sources else None
    return {} if folder is None else find_sources(case, folder)


def evidence_of(asked: Asked) -> Evidence:
    """Return the claims of the case asked about beside the sources at hand."""
    case = case_of(asked)
    return Evidence(case, kept_of(asked, case))


def record_of(asked: Asked) -> Record:
    """Return what stands beside the case asked about: what happened, and what its texts propose."""
    return read_dossier(find_case(asked.case)).record


def proposals_of(asked: Asked, evidence: Evidence) -> Proposals:
    """Return what the texts of the case propose, beside the case and the sources at hand."""
    return Proposals(record_of(asked), evidence)


def situation_of(asked: Asked) -> Situation:
    """Return the case under the plan asked for."""
    extent = Extent(states=asked.no_deal_limit, seed=asked.seed)
    return lay(seen(asked), asked.plan, asked.without, extent=extent)


def findings_of(asked: Asked, tick: Tick) -> Findings:
    """Return what is found of the case.

    Raises
    ------
    Stopped, KeyboardInterrupt
        If the work was stopped before anything was known.
    """
    request = Request(
        plan=asked.plan,
        without=asked.without,
        best=next((order for order in BEST if order == asked.best), None),
        limit=max(asked.limit, asked.package or 1),
        apart=asked.apart,
        group_size=asked.group_size,
        engine=asked.engine,
        seed=asked.seed,
        no_deal_limit=asked.no_deal_limit,
        seconds=asked.time_limit,
        search=None if asked.time_limit else _SEARCH,
        roads=asked.roads,
    )
    case = seen(asked)
    kept = kept_of(asked, case)
    found = replace(analyse(case, request, tick), kept=kept)
    if found.stopped and found.no_deal is None:
        raise KeyboardInterrupt if found.stopped == "interrupted" else Stopped(found.stopped)
    return found


def compared(asked: Asked, tick: Tick) -> Compared:
    """Return every plan under every worldview, or those asked for.

    Raises
    ------
    UsageError
        If a plan or worldview is not there.
    """
    case = case_of(asked)
    for kind, names, known in (
        ("plan", asked.plans, case.plans),
        ("worldview", asked.worldviews, case.worldviews),
    ):
        for name in names:
            if name not in known:
                raise UsageError(f'no {kind} "{name}"', did_you_mean(name, [*known]))
    found = compare(
        case,
        asked.plans,
        asked.worldviews,
        most_premises=asked.premises,
        seconds=asked.nearest,
        jobs=asked.jobs or _jobs(case),
        tick=tick,
    )
    if found.stopped and not found.rows:
        raise KeyboardInterrupt if found.stopped == "interrupted" else Stopped(found.stopped)
    return found


def _jobs(case: Case) -> int:
    """Return how many processes are worth starting: one where all is soon done."""
    plans = sum(bool(plan.target) for plan in case.plans.values())
    worlds = plans * len([*every_answer(case)])
    soon = StateSpace(case).size * worlds <= _SOON
    return 1 if soon else cpu_count() or 1


def without_deal(asked: Asked, tick: Tick) -> Findings:
    """Return only what the threats amount to, and where the conflict goes without a deal.

    With foresight nobody makes an improvement that the others' own improvements can undo.
    """
    situation = situation_of(asked)
    tick("where it goes without a deal")
    threats = check_threats(situation, tick)
    sanctions = None
    if asked.foresight and situation.conflict.walk_away is None:
        grid, shape = Grid(situation.conflict, tick), situation.space.shape
        sanctions = {
            party: np.broadcast_to(grid.sanction_value(party, Concept.SEQ), shape).reshape(-1)
            for party in situation.conflict.parties
        }
    ends = no_deal(situation, threats, sanctions=sanctions, tick=tick)
    kept = kept_of(asked, situation.case)
    return Findings(situation=situation, kept=kept, threats=threats, no_deal=ends)


def package_of(asked: Asked, findings: Findings, tick: Tick) -> Package | None:
    """Return the package asked about: by state, by number, or the one the answer is about.

    Raises
    ------
    UsageError
        If there is no such package.
    """
    if asked.state is not None:
        state = _possible(asked, findings.situation, asked.state)
        return describe(findings, state, asked.group_size, tick)
    if asked.package is not None:
        if asked.package > len(findings.packages):
            known = f"{len(findings.packages)} known"
            raise UsageError(f"there is no package {asked.package}", known)
        return findings.packages[asked.package - 1]
    return subject(findings)


def _possible(asked: Asked, situation: Situation, text: str) -> int:
    """Return a state that is named, and can be."""
    state = state_of(situation.space, text)
    if not situation.conflict.can_be(state):
        hint = f'`servanda stability {asked.case} --state "{text}"` tells why'
        raise UsageError("this state cannot be", hint)
    return state


def target_alone(asked: Asked, tick: Tick) -> Findings:
    """Return only no deal and the verdict on the target, no package described."""
    found = without_deal(asked, tick)
    situation, ends = found.situation, found.no_deal
    assert ends is not None  # noqa: S101 - it has just been found
    target = judge_against(situation, found.threats, ends, tick)
    chosen = "grid" if situation.space.dense else "solver"
    engine = chosen if asked.engine == "auto" else asked.engine
    return replace(found, target=target, engine=engine)


def remedies_of(
    asked: Asked, tick: Tick, left: Callable[[], float | None] = lambda: None
) -> tuple[Findings, Remedies]:
    """Return the remedies for the package asked about; for the plan's target if none is named.

    With them what they are found from: packages only where one must be chosen among them.

    Parameters
    ----------
    asked
        What the command line asks.
    tick
        Told what is being done; may stop it.
    left
        Tells how many seconds are left: what is asked about has a part of them, and each remedy
        its share of the rest.

    Raises
    ------
    UsageError
        If there is no such package, or an option or number is none.
    """
    findings = target_alone(asked, tick)
    case = findings.case
    terms = findings.situation.terms
    wanted = Wanted(
        weights=_numbers(asked.weight, case, terms, "no term of an agreement"),
        prices=_numbers(asked.price, case, tuple(case.options), "no option"),
        more=asked.more,
        group_size=asked.group_size,
    )
    state = None
    if asked.state is not None:
        state = _possible(asked, findings.situation, asked.state)
    elif asked.package is not None or findings.target is None:
        some = None if asked.time_limit is None else _SHARE * (left() or asked.time_limit)
        findings = findings_of(replace(asked, time_limit=some), tick)
        package = package_of(asked, findings, tick)
        if package is None:
            raise Stopped(findings.stopped or "there is no package to find remedies for")
        state = package.state
    seconds = left()
    if seconds is not None:
        wanted = replace(wanted, seconds=_MOST * seconds)
    return findings, remedies(findings, state, wanted, tick)


def _numbers(
    given: Sequence[tuple[str, str]], case: Case, known: Sequence[OptionId], lacking: str
) -> dict[OptionId, Fraction]:
    """Return a number for each option named, at least 0, with at most six digits either side."""
    found: dict[OptionId, Fraction] = {}
    for name, text in given:
        option = OptionId(name)
        if option not in known:
            missing = lacking if option in case.options else "no option"
            raise UsageError(f'{missing}: "{name}"', did_you_mean(name, known))
        if option in found:
            raise UsageError(f'option "{name}" is given two numbers', "keep one of them")
        if not fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
            hint = "write a number from 0 to 999999, such as 2 or 0.5"
            raise UsageError(f'"{text}" is no number for "{name}"', hint)
        found[option] = Fraction(text)
    return found


def is_package(findings: Findings, state: int) -> bool:
    """Return whether the commitments stand in a state, and it can be reached from the start."""
    return analysis.is_package(findings, state)


def is_of_the_case(asked: Asked, output: str) -> bool:
    """Return whether a file to write is one the case is read from, or stands among its sources."""
    path, written = find_case(asked.case).resolve(), Path(output).resolve()
    folder = folder_of(asked)
    if folder is not None and folder.resolve() in written.parents and written.exists():
        return True
    return written == path or (path.is_dir() and path in written.parents)


def no_threat(findings: Findings) -> str:
    """Return why there is no threat to test: no plan is used, or it makes none."""
    plans = ", ".join(findings.case.plans)
    if findings.situation.plan is not None:
        return "The plan makes no threat."
    return f"No plan is used; name one with --plan: {plans}." if plans else "The case has no plan."


def lacking(situation: Situation, state: int) -> str:
    """Return what a state lacks of the plan's commitments and pressure; empty if nothing."""
    space = situation.space
    asked = {**situation.commitments, **situation.pressure}
    gone = {o: level for o, level in asked.items() if space.level(state, o) != level}
    named = ", ".join(f"{o} = {level}" for o, level in space.named(gone).items())
    return f" The plan sets what it lacks: {named}." if named else ""


def state_of(space: StateSpace, text: str) -> int:
    """Return the state in which the terms hold and nothing else is done, or that of a code.

    Raises
    ------
    UsageError
        If the text is neither.
    """
    code = None if text.strip() in space.options else _spelled(space, text.strip())
    if code is not None:
        return code
    levels = dict.fromkeys(space.options, 0)
    named = set()
    for part in text.split(","):
        if not part.strip():
            continue
        try:
            option, level = space.case.vocabulary.term(part.strip())
        except ConditionError as error:
            raise UsageError(f'in "{part.strip()}": {error.message}', error.hint) from error
        if option in named:
            raise UsageError(f'option "{option}" is named twice', "keep one of them")
        named.add(option)
        levels[option] = level
    return space.index(levels)


def condition_of(case: Case, text: str | None) -> Condition | None:
    """Return a condition typed on the command line; None where there is none.

    Raises
    ------
    UsageError
        If it cannot be read: where, and what to write instead.
    """
    if text is None:
        return None
    try:
        return case.vocabulary.condition(text)
    except ConditionError as error:
        shown = Problem(
            message=error.message,
            hint=error.hint,
            file="--where",
            line=1,
            column=error.offset + 1,
            source=text,
        )
        raise UsageError(str(shown)) from error


def _spelled(space: StateSpace, code: str) -> int | None:
    """Return the state a code such as ``YN1`` stands for, if it is one."""
    if len(code) != len(space.options):
        return None
    levels = {}
    for option, sign in zip(space.options, code, strict=True):
        stated = space.case.options[option]
        signs = "ny" if stated.yes_no else digits + ascii_lowercase
        levels[option] = signs.find(sign.lower())
        if not 0 <= levels[option] < len(stated.levels):
            return None
    return space.index(levels)


def grades_of(situation: Situation, state: int, tick: Tick) -> Mapping[PartyId, PartyGrade] | None:
    """Return how firmly each party stays in a state; None where it cannot be."""
    conflict = situation.conflict
    if not conflict.can_be(state):
        return None
    if situation.space.dense:
        return grades(Grid(conflict, tick), situation, state)
    return {
        party: with_lapse(situation, grade_locally(conflict, party, state), state)
        for party in conflict.parties
    }


def oddities(case: Case) -> list[Problem]:
    """Return the warnings about a case, also where it is too large to try its wishes."""
    try:
        conflict = compile_case(case)
    except UsageError as error:
        odd = Problem(message=error.message, hint=error.hint, severity="warning")
        return [odd, *warnings(case)]
    return warnings(case, conflict if conflict.space.dense else None)
