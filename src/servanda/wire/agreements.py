"""Packages as data: which stick, for whom, and who blocks them."""

from __future__ import annotations

from servanda.acceptance import Comparison
from servanda.analysis import Blocker, Findings, Lapse, Package
from servanda.selfenforcement import PartyGrade
from servanda.situation import Situation
from servanda.target import TargetVerdict
from servanda.wire.course import no_deal, road
from servanda.wire.evidence import rests_on
from servanda.wire.parts import Data, asked, changes, decisive, party_grade, statement_data, terms


def agreements(findings: Findings) -> Data:
    """Return what `servanda agreements` found."""
    nearest = findings.nearest
    first = findings.target_package or next(iter(findings.packages), None)
    return {
        **asked(findings.situation),
        **no_deal(findings),
        "target": _target(findings, findings.target),
        "packages": [package(findings, each) for each in findings.packages],
        "status": findings.status,
        "order": findings.order,
        "bound": findings.bound,
        "engine": findings.engine,
        "counts": dict(findings.counts),
        "count_bounds": {name: list(both) for name, both in findings.count_bounds.items()},
        "uncounted": dict(findings.uncounted),
        "nearest": None
        if nearest is None
        else {"package": package(findings, nearest[0]), "differs_in": nearest[1]},
        "blockers": [_blocker(findings.situation, each) for each in findings.blockers],
        "refuse": dict(findings.refuse),
        "leave": dict(findings.leave),
        "load_bearing": list(findings.load_bearing),
        "silent": [] if first is None else list(first.silent),
        "stopped": findings.stopped or None,
        "missing": list(missing(findings)),
    }


def missing(findings: Findings) -> tuple[str, ...]:
    """Return what is not known because the work was stopped."""
    if not findings.stopped:
        return ()
    aimed = findings.situation.target is not None
    parts = {
        "where it goes without a deal": findings.no_deal is None,
        "the verdict on the target": aimed and findings.target is None,
        "how many packages stick": "sticking" in findings.uncounted
        or (not findings.counts and findings.engine != "solver"),
        "the packages": not findings.packages,
        "who blocks how many packages": not findings.refuse and findings.engine != "solver",
        "the target in full": aimed and findings.target_package is None,
        "the sticking package nearest to the target": aimed and findings.nearest is None,
        "what the target cannot do without": aimed and not findings.load_bearing,
    }
    lacking = tuple(part for part, gone in parts.items() if gone)
    return lacking or ("further packages",)


def package(findings: Findings, found: Package) -> Data:
    """Return one package with all that is known of it."""
    situation, group = findings.situation, found.group
    return {
        **terms(situation, found.state),
        "sticks": found.sticks,
        "core": found.core,
        "acceptable": found.acceptable.value,
        "grade": found.grade.value,
        "group": {
            "size": group.size,
            "grade": group.grade.value,
            "breaker": list(group.breaker),
            "move": None
            if group.state is None
            else changes(situation.space, found.state, group.state),
        },
        "signatories": list(found.signing),
        "parties": {
            party: _party(situation, found.state, graded, found.comparisons[party])
            for party, graded in found.grades.items()
        },
        "after": [_lapse(situation, found.state, each) for each in found.after],
        "roadmap": None if found.roadmap is None else road(situation, found.roadmap),
        "roadmap_note": found.roadmap_note or None,
        "silent": list(found.silent),
        "rests_on": rests_on(findings.evidence, found.grounds),
    }


def _party(situation: Situation, state: int, graded: PartyGrade, comparison: Comparison) -> Data:
    return {
        **party_grade(situation, state, graded),
        "versus_no_deal": comparison.versus,
        "gains": comparison.gains,
        "decisive": decisive(comparison.decisive),
        "margin": None if comparison.margin is None else float(comparison.margin),
        "flip": None if comparison.flip is None else situation.space.named(dict([comparison.flip])),
    }


def _lapse(situation: Situation, state: int, lapse: Lapse) -> Data:
    space = situation.space
    return {
        "when": lapse.when,
        "lapsed": list(lapse.lapsed),
        "grade": lapse.grade.value,
        "acceptable": lapse.acceptable.value,
        "sticks": lapse.sticks,
        "reopens": list(lapse.reopens),
        "feasible": lapse.feasible,
        "taken": space.taken(lapse.state),
        "changes": changes(space, state, lapse.state),
        "moves": {p: changes(space, lapse.state, to) for p, to in lapse.reopens.items()},
    }


def _target(findings: Findings, target: TargetVerdict | None) -> Data | None:
    situation = findings.situation
    if target is None or situation.target is None:
        return None
    return {
        "terms": situation.space.named(situation.target),
        **verdict(target),
        **_grades(findings, target),
        "versus_no_deal": {party: each.versus for party, each in target.comparisons.items()},
        "makers": {party: each.versus for party, each in findings.makers.items()},
        "rests_on": None
        if findings.target_grounds is None
        else rests_on(findings.evidence, findings.target_grounds),
    }


def _grades(findings: Findings, target: TargetVerdict) -> Data:
    grades = findings.target_grades or target.grades
    worst = max(grades.values(), key=lambda grade: grade.rank)
    return {"grade": worst.value, "grades": {party: each.value for party, each in grades.items()}}


def verdict(target: TargetVerdict) -> Data:
    """Return the verdict on a target in short."""
    return {
        "completions": len(target.completions),
        "exact": target.exact,
        "acceptable": target.acceptable.value,
        "grade": target.grade.value,
        "sticks": target.sticks,
        "unsigned": target.unsigned,
    }


def _blocker(situation: Situation, blocker: Blocker) -> Data:
    move = blocker.move
    return {
        "party": blocker.party,
        "test": blocker.test,
        "why": "; ".join(statement.wish for statement in blocker.why),
        "move": None if move is None else situation.space.taken(move.state),
        "claims": list(dict.fromkeys(c for statement in blocker.why for c in statement.claims)),
        "statements": [statement_data(statement) for statement in blocker.why],
    }
