"""The order of steps from the start to a package, and who is exposed on the way."""

from __future__ import annotations

from servanda.analysis import Findings, Package
from servanda.narrative.phrases import changed, counted, deed, listed, number
from servanda.narrative.section import Section, Table
from servanda.roadmap import Exposure, Roadmap, Route
from servanda.situation import Situation

_TITLE = "The way there"
_LONG = 2
_MEANING = (
    "Severity runs from 0 (nobody is exposed) to 1. Stranded: left worse off than at the start and "
    "than without a deal, if the others stop there. Tempted: able to do better by stopping or "
    "turning back than by finishing."
)


def roadmap_section(findings: Findings, package: Package) -> Section:
    """Return the smallest exchange that closes a package, its steps, and who is exposed."""
    way = package.roadmap
    if way is None:
        note = package.roadmap_note or "pure talks are settled in one stroke"
        return Section(_TITLE, (f"No order of steps: {note}.",))
    return way_section(findings.situation, way)


def way_section(situation: Situation, way: Roadmap) -> Section:
    """Return the smallest exchange that closes a package, its steps, and who is exposed."""
    if not way.changes:
        return Section(_TITLE, ("Nothing needs to change.",))
    if way.deadlock:
        waiting = listed(f'"{deed(situation.case, option)}"' for option in way.deadlock)
        if len(way.deadlock) == 1:
            return Section(_TITLE, (f"Blocked: {waiting} waits for what no step brings about.",))
        return Section(_TITLE, (f"A deadlock: these wait on each other: {waiting}.",))
    paragraphs = [
        _closing(way),
        *_at_once(situation, way),
        *_unsettled(way),
        *_author(situation, way),
        _MEANING,
    ]
    rows = tuple(
        (str(size), number(route.severity), _exposed(situation, route))
        for size, route in way.routes.items()
    )
    columns = ("Largest exchange", "Worst severity", "Who is exposed, and where")
    return Section(_TITLE, tuple(paragraphs), (Table(columns, rows), *_steps(situation, way)))


def _unsettled(way: Roadmap) -> list[str]:
    """Return what is not proved of the orders, where they are too many to look at each."""
    said = []
    if way.bounds:
        sizes = listed(map(str, way.bounds))
        said.append(f"With exchanges of up to {sizes} there may be better orders than was found.")
    if way.open_sizes and way.exchange is not None:
        said.append("Whether smaller exchanges would do is not settled.")
    return said


def _closing(way: Roadmap) -> str:
    if len(way.changes) == 1:
        return "1 change leads there; nobody is exposed on the way."
    many = counted(len(way.changes), "change")
    if way.exchange is None:
        what = "was found that leaves" if way.bounds else "of them leaves"
        return f"{many} lead there. No order {what} everybody unexposed."
    if way.exchange == 1:
        return f"{many} lead there. They can be made one at a time; nobody is exposed on the way."
    if way.exchange == len(way.changes):
        if way.open_sizes:
            return f"{many} lead there. Made all at once, they leave nobody exposed on the way."
        return f"{many} lead there. All must be made at once, or somebody is exposed on the way."
    smaller = "" if way.open_sizes else "; with smaller exchanges somebody is"
    return (
        f"{many} lead there. If up to {way.exchange} of them are made at once, "
        f"nobody is exposed on the way{smaller}."
    )


def _at_once(situation: Situation, way: Roadmap) -> list[str]:
    """Return what must happen at once, where the smallest exchange joins several changes."""
    if way.exchange is None or way.exchange < _LONG:
        return []
    route = way.routes[way.exchange]
    place = max(range(len(route.steps)), key=lambda n: len(route.steps[n]))
    before, after = ([situation.start, *route.states][n] for n in (place, place + 1))
    return [f"What must happen at once: {changed(situation.space, before, after)}."]


def _steps(situation: Situation, way: Roadmap) -> list[Table]:
    """Return the steps of the order that exposes least, and of the plan's own."""
    routes = way.routes.values()
    best = min(routes, key=lambda route: (route.severity, route.largest), default=None)
    tables = [] if best is None else [_order(situation, best, "Step")]
    if way.author is not None and (best is None or way.author.states != best.states):
        tables.append(_order(situation, way.author, "Step of the plan"))
    return tables


def _order(situation: Situation, route: Route, title: str) -> Table:
    before = situation.start
    rows = []
    for place, after in enumerate(route.states, start=1):
        step = changed(situation.space, before, after)
        exposed = [
            f"{situation.case.name(each.party)} ({each.kind}, {number(each.severity)})"
            for each in route.exposures
            if each.state == after
        ]
        barred = "cannot be made so" if place in route.barred else ""
        rows.append((str(place), step, barred or ", ".join(exposed) or "nobody"))
        before = after
    return Table((title, "What changes", "Who is then exposed"), tuple(rows))


def _exposed(situation: Situation, route: Route) -> str:
    seen = [
        _exposure(situation, route, exposure)
        for exposure in route.exposures
        if exposure.severity == route.severity
    ]
    rest = len(route.exposures) - len(seen)
    more = f"; {counted(rest, 'lesser exposure')} besides" if rest else ""
    return "; ".join(seen) + more if seen else "nobody"


def _exposure(situation: Situation, route: Route, exposure: Exposure) -> str:
    place = route.states.index(exposure.state) + 1
    before = situation.start if place == 1 else route.states[place - 2]
    name = situation.case.name(exposure.party)
    said = f"{name}: {exposure.kind} after step {place}"
    space = situation.space
    if len(space.changes(before, exposure.state)) > _LONG:
        return said
    return f"{said} ({changed(space, before, exposure.state)})"


def _author(situation: Situation, way: Roadmap) -> list[str]:
    route = way.author
    if route is None:
        return []
    plan = situation.plan
    stated = len(plan.steps) if plan else len(route.steps)
    order = f"The plan's own order takes {counted(len(route.steps), 'step')}"
    if stated > len(route.steps):
        order = f"Of the plan's {stated} steps, {len(route.steps)} lead on from the start"
    largest = counted(route.largest, "change")
    if route.barred:
        which = listed(str(number) for number in route.barred)
        said = "cannot be made so: what comes of it cannot be, or must wait"
        return [f"{order}, the largest of {largest}; step {which} {said}."]
    if not route.severity:
        return [f"{order}, the largest of {largest}; nobody is exposed on the way."]
    worst = f"its worst severity is {number(route.severity)}: {_exposed(situation, route)}"
    return [f"{order}, the largest of {largest}; {worst}."]
