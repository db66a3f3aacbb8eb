"""Where things go, as data: no deal, threats, and the steps of a roadmap."""

from __future__ import annotations

from servanda.analysis import Findings, Package
from servanda.roadmap import Roadmap, Route
from servanda.situation import Situation
from servanda.threats import ThreatFinding
from servanda.wire.parts import Data, asked, statement_data, term, terms


def no_deal(findings: Findings) -> Data:
    """Return where the conflict goes without an agreement."""
    found = findings.no_deal
    if found is None:
        return {
            "no_deal": [],
            "no_deal_exact": False,
            "no_deal_paths": None,
        }  # not reached before the work was stopped
    if findings.case.walk_away:
        outcomes: list[Data] = [{"walk_away": dict(findings.case.walk_away)}]
    else:
        space = findings.situation.space
        outcomes = [
            {"states": [{"taken": space.taken(s)} for s in end.states], "cycle": end.cycle}
            for end in found.outcomes
        ]
    return {"no_deal": outcomes, "no_deal_exact": found.exact, "no_deal_paths": found.paths}


def no_deal_alone(findings: Findings, *, foresight: bool = False) -> Data:
    """Return where the conflict goes without an agreement, and how each threat was played."""
    rules = [
        {
            "by": found.threat.by,
            "announce": found.threat.announce,
            "act": findings.situation.space.named(findings.situation.acts[number]),
            "credible": found.credible.value,
            "bound": found.bound,
            "no_deal_play": played(found),
        }
        for number, found in enumerate(findings.threats)
    ]
    return {
        **asked(findings.situation),
        "foresight": foresight,
        **no_deal(findings),
        "threats": rules,
        "stopped": findings.stopped or None,
    }


def threats(findings: Findings) -> Data:
    """Return what the threat test says of each of the plan's threats."""
    situation = findings.situation
    return {
        **asked(situation),
        "threats": [
            _threat(situation, number, found) for number, found in enumerate(findings.threats)
        ],
        "stopped": findings.stopped or None,
    }


def _threat(situation: Situation, number: int, found: ThreatFinding) -> Data:
    threat = found.threat
    return {
        "by": threat.by,
        "announce": threat.announce,
        "act": situation.space.named(situation.acts[number]),
        "if": threat.condition,
        "to": list(threat.to),
        "credible": found.credible.value,
        "bound": found.bound,
        "targets": {party: effect.value for party, effect in found.effects.items()},
        "refrains": found.refrains,
        "changes": found.changes,
        "kind": found.kind,
        "exact": found.exact,
        "rests_on": [statement_data(statement) for statement in found.rests_on],
        "because": {
            party: [statement_data(statement) for statement in statements]
            for party, statements in found.because.items()
        },
        "no_deal_play": played(found),
    }


def played(found: ThreatFinding) -> str:
    """Return how no-deal play treats the threatened act."""
    words = {(True,): "done", (False,): "not done", (True, False): "both ways"}
    return words[found.done_in_no_deal]


def roadmap(findings: Findings, found: Package) -> Data:
    """Return the roadmap to a package, with every order it compares."""
    situation, way = findings.situation, found.roadmap
    data: Data = {
        **asked(situation),
        "package": terms(situation, found.state),
        "roadmap": None,
        "note": found.roadmap_note or None,
        "stopped": findings.stopped or None,
    }
    if way is not None:
        data["roadmap"] = {
            **road(situation, way),
            "changes": situation.space.named(way.changes),
            "routes": {str(size): _route(situation, each) for size, each in way.routes.items()},
            "author": None if way.author is None else _route(situation, way.author),
            "deadlock": list(way.deadlock),
        }
    return data


def road(situation: Situation, way: Roadmap) -> Data:
    """Return the roadmap in short: `steps` are those of the order that exposes least."""
    best = least_exposed(way)
    return {
        "exchange": way.exchange,
        "severity": {str(size): float(each.severity) for size, each in way.routes.items()},
        "bounds": {str(size): float(bound) for size, bound in way.bounds.items()},
        "steps": [] if best is None else _steps(situation, way, best),
    }


def least_exposed(way: Roadmap) -> Route | None:
    """Return the order with the least worst severity, with the smallest exchange for it."""
    return min(way.routes.values(), key=lambda route: (route.severity, route.largest), default=None)


def _steps(situation: Situation, way: Roadmap, route: Route) -> list[list[str]]:
    return [
        [term(situation, option, way.changes[option]) for option in step] for step in route.steps
    ]


def _route(situation: Situation, route: Route) -> Data:
    space = situation.space
    steps = []
    before = situation.start
    for after in route.states:
        changes = space.changes(before, after)
        steps.append([term(situation, option, level) for option, level in changes.items()])
        before = after
    return {
        "severity": float(route.severity),
        "barred": list(route.barred),
        "steps": steps,
        "exposures": [
            {
                "party": each.party,
                "kind": each.kind,
                "severity": float(each.severity),
                "after_step": route.states.index(each.state) + 1,
                "taken": space.taken(each.state),
            }
            for each in route.exposures
        ],
    }
