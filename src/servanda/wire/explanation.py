"""The explanation of a package as data, and what a verdict rests on."""

from __future__ import annotations

from servanda.analysis import Findings, Package
from servanda.narrative import Premises
from servanda.sensitivity import Smallest, Turn
from servanda.wire.agreements import agreements, package, verdict
from servanda.wire.course import threats
from servanda.wire.parts import Data, statement_data


def explain(
    findings: Findings,
    found: Package | None,
    premises: Premises | None = None,
    *,
    is_package: bool = True,
) -> Data:
    """Return the explanation of a package or state, and what the plan's verdict rests on."""
    data = agreements(findings)
    counts = ("counts", "count_bounds", "uncounted")
    gone = ("packages", "status", "bound", *counts, "refuse", "leave")
    return {
        **{key: value for key, value in data.items() if key not in gone},
        "package": None if found is None else package(findings, found),
        "is_package": found is not None and is_package,
        "threats": threats(findings)["threats"],
        "premises": None if premises is None else _premises(premises),
        "stopped": findings.stopped or (premises.stopped if premises else "") or None,
    }


def _premises(premises: Premises) -> Data:
    return {
        "variants": {
            name: {"verdict": premises.verdicts[name], **({} if each is None else verdict(each))}
            for name, each in premises.judged.items()
        },
        "tried": len(premises.turns),
        "untried": premises.untried,
        "turns": [_turn(turn) for turn in premises.turns if turn.turned],
        "fewest": {name: _smallest(found) for name, found in premises.fewest.items()},
    }


def _turn(turn: Turn) -> Data:
    change = turn.change
    return {
        "change": change.kind,
        "party": change.party,
        "statements": [statement_data(each) for each in change.first],
        "with": [statement_data(each) for each in change.second],
        "rule": None if change.rule is None else change.rule.that,
        "turned": dict(turn.turned),
    }


def _smallest(found: Smallest) -> Data:
    return {
        "size": found.size,
        "bound": found.bound,
        "out_of": found.out_of,
        "statements": [
            {"party": party, **statement_data(statement)} for party, statement in found.statements
        ],
        "rules": [rule.that for rule in found.rules],
    }
