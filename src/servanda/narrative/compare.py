"""Every plan under every view: the table, when each plan works, and what decides each cell."""

from __future__ import annotations

from collections.abc import Iterable

from servanda.cells import Cell, Reason, Row
from servanda.compare import Compared
from servanda.missing_premises import Missing, Premise
from servanda.model import Case
from servanda.narrative.phrases import (
    changed,
    counted,
    listed,
    names,
    sentence,
    terms,
    wish,
    wishes,
)
from servanda.narrative.section import Section, Table
from servanda.roadmap import Exchange
from servanda.states import StateSpace
from servanda.threats import ThreatFinding
from servanda.worlds import own_view

_OWN = " *"
_FEW = 3
_MANY = 6


def compare_sections(compared: Compared) -> tuple[Section, ...]:
    """Return the comparison: the table, when each plan works, the cells, the threats."""
    return (
        table_section(compared),
        works_section(compared),
        *(_plan_section(compared, row) for row in compared.rows),
        threats_section(compared),
        missing_section(compared),
    )


def _view(view: str | None) -> str:
    return view if view is not None else "base"


def table_section(compared: Compared) -> Section:
    """Return whether each plan sticks under each view, in one table."""
    case = compared.case
    columns = ("Plan", *(_view(view) for view in compared.worldviews))
    rows = tuple((row.plan, *(_cell(case, cell) for cell in row.cells)) for row in compared.rows)
    said = ["Each row is a plan, each column whose beliefs it is judged by."]
    if any(own_view(case, row.plan) in compared.worldviews for row in compared.rows):
        said.append("The star marks a plan under its own author's beliefs.")
    if any(cell.sticks == "depends" for row in compared.rows for cell in row.cells):
        said.append(
            "Where an author leaves questions open, the cell says in how many of the worlds "
            "they allow the plan sticks."
        )
    if compared.missing:
        said.append(f"Without a target, and so left out: {listed(compared.missing)}.")
    return Section(
        "Which plan sticks under whose beliefs", (" ".join(said),), (Table(columns, rows),)
    )


def _cell(case: Case, cell: Cell) -> str:
    own = _OWN if cell.worldview is not None and own_view(case, cell.plan) == cell.worldview else ""
    return f"{_verdict(cell)}{own}"


def _verdict(cell: Cell) -> str:
    """Return a cell's verdict in a word or two."""
    if cell.sticks == "depends":
        holding, among = cell.share
        return f"{holding} of {among}"
    return cell.sticks


def works_section(compared: Compared) -> Section:
    """Return when each plan works, whoever is right."""
    if not compared.case.questions:
        return Section("When each plan works")
    asked = tuple(
        (name, stated.asks, " / ".join(f"{a}: {r.says}" for a, r in stated.answers.items()))
        for name, stated in compared.case.questions.items()
    )
    rows = []
    for row in compared.rows:
        formula = row.works
        if formula is None:
            rows.append((row.plan, "no answers fit together", "", ""))
            continue
        decides = row.deciding[0] if row.deciding and row.deciding[0].turned else None
        worlds = [world for world in row.worlds if world.sticks is not None]
        share = f"{sum(bool(world.sticks) for world in worlds)} of {len(worlds)}"
        rows.append((row.plan, str(formula), share, str(decides) if decides else "none"))
    short = [
        f"{row.plan}: {row.works.equally_short - 1} other"
        for row in compared.rows
        if row.works is not None and row.works.equally_short > 1
    ]
    said = (
        "Over every combination of answers to the open questions, and nothing else changed. The "
        "formula is the shortest one that says the same as the whole table."
    )
    others = (f"Formulas just as short: {listed(short)}.",) if short else ()
    return Section(
        "When each plan works",
        (said, *others),
        (
            Table(("Plan", "Works exactly when", "Worlds", "Decides most"), tuple(rows)),
            Table(("Question", "Asks", "Answers"), asked),
        ),
    )


def _plan_section(compared: Compared, row: Row) -> Section:
    """Return what decides each cell of a plan."""
    case = compared.case
    rows = []
    for cell in row.cells:
        why = " ".join(sentence(reason_words(case, cell, each)) for each in cell.why[:_FEW])
        more = len(cell.why) - _FEW
        if more > 0:
            why += f" And so on for {more} more."
        rows.append((_view(cell.worldview), _verdict(cell), _grade(cell), why, rests_words(cell)))
    columns = ("View", "Sticks", "Test", "What decides", "Rests on")
    near = tuple(
        (_view(cell.worldview), words) for cell in row.cells if (words := remedy_words(case, cell))
    )
    tables = [Table(columns, tuple(rows))]
    if near:
        tables.append(Table(("View", "The nearest package that sticks, and the way there"), near))
    return Section(f"{row.plan}: {case.plans[row.plan].title}", (), tuple(tables))


def remedy_words(case: Case, cell: Cell) -> str:
    """Return how to get to a target that sticks; or the terms of the nearest package that does."""
    if cell.exchange is not None:
        return _way(cell.exchange)
    if cell.proved is None:
        return ""
    if cell.nearest is None:
        return "none sticks" if cell.proved else "not found in the time that --nearest gives"
    levels = {
        option: case.options[option].levels.index(level) for option, level in cell.nearest.items()
    }
    best = "" if cell.proved else ", unless a nearer one does"
    if not levels:
        return f"with the same terms, the rest otherwise{best}"
    return f"with this instead: {terms(case, levels.items())}{best}"


def _way(way: Exchange) -> str:
    """Return how many changes lead to a target, and how many must be made at once."""
    if not way.changes:
        return "itself: nothing changes"
    many = counted(way.changes, "change")
    if way.size is None:
        return f"itself: {many}; every order exposes somebody"
    least = "" if way.proved else " at most"
    if way.size == 1:
        return f"itself: {many}, one at a time"
    return f"itself: {many}, {way.size} of them at once{least}"


def rests_words(cell: Cell) -> str:
    """Return how many claims and assumptions a cell's verdict rests on."""
    if cell.rests_on is None:
        return ""
    claims = counted(len(cell.rests_on.claims), "claim")
    return f"{claims}, {counted(len(cell.rests_on.assumptions), 'assumption')}"


def _grade(cell: Cell) -> str:
    """Return how far a cell gets: how acceptable it is, and how firmly it is kept."""
    if cell.acceptable is None:
        return ""
    said = {"surely": "acceptable", "perhaps": "a gamble to sign", "no": "refused"}
    kept = "" if cell.grade is None else f", {cell.grade}"
    return f"{said[cell.acceptable.value]}{kept}"


def reason_words(case: Case, cell: Cell, reason: Reason) -> str:
    """Return what decides a cell as a sentence."""
    if reason.question is not None:
        return f"open: {reason.question} ({case.questions[reason.question].asks})"
    if reason.party is None:
        return reason.told
    name = case.name(reason.party)
    why = wishes(case, reason.party, reason.statements)
    because = f", because of {why}" if why else ""
    if reason.test == "acceptable":
        if cell.sticks == "yes":
            return f"{name} would do at least as well as without a deal{because}"
        return f"{name} would do better without a deal{because}"
    move = reason.move
    if move is None:
        return f"{name} would leave{because}"
    what = changed(StateSpace(case), reason.origin, move.state, (reason.party,))
    if cell.sticks == "yes":
        who = names(case, dict.fromkeys(each.party for each in move.sanction or ()))
        return f"what {who} would do holds {name} back from this: {what}"
    return f"{name} would leave by this: {what}{because}"


def threats_section(compared: Compared) -> Section:
    """Return what each threat amounts to under each view: for its maker, for each addressee."""
    parts = []
    for row in compared.rows:
        plan = compared.case.plans[row.plan]
        for number, threat in enumerate(plan.threats):
            case = compared.case
            acts = terms(case, (case.vocabulary.term(text) for text in threat.act))
            columns = ("", *(_view(cell.worldview) for cell in row.cells))
            found = [[each[number] for each in cell.threats] for cell in row.cells]
            maker = case.name(threat.by)
            rows = [
                (maker, *(_each(finding.credible.value for finding in each) for each in found)),
                ("announcing", *(_each(finding.kind for finding in each) for each in found)),
            ]
            for party in threat.to or [p for p in case.parties if p != threat.by]:
                effects = (_each(_effect(finding, party) for finding in each) for each in found)
                rows.append((case.name(party), *effects))
            title = f"{row.plan}: {maker} threatens: {acts}"
            parts.append(Section(title, (), (Table(columns, tuple(rows)),)))
    if not parts:
        return Section("The threats under each view")
    said = (
        "For whoever threatens: credible, doubtful or a bluff. For each addressee the act hurts, "
        "is a gift, is empty, or mixed. Where questions are open, all that may be is named."
    )
    return Section("The threats under each view", (said,), (), tuple(parts))


def _effect(finding: ThreatFinding, party: str) -> str:
    return next(effect.value for who, effect in finding.effects.items() if who == party)


def _each(words: Iterable[str]) -> str:
    return listed(dict.fromkeys(words), "or") if (words := tuple(words)) else "cannot be tested"


def missing_section(compared: Compared) -> Section:
    """Return which premises are missing where a plan fails under its own author's beliefs."""
    case = compared.case
    rows = []
    for found in compared.premises:
        rows += [
            (found.plan, "; ".join(premise_words(case, each) for each in chosen))
            for chosen in found.sets[:_MANY]
        ]
        more = len(found.sets) - _MANY
        if more > 0:
            rows.append((found.plan, f"and {more} more that would do as well"))
        if not found.sets:
            rows.append((found.plan, none_words(found)))
    if not rows:
        return Section("What the authors would have to add")
    said = (
        "Plans that do not stick under their own author's beliefs, and the fewest premises with "
        "which they would: another answer, two neighbouring wishes swapped, or a wish that another "
        "author, or the case, proposes. Each line is enough by itself; none is claimed to be true."
    )
    table = Table(("Plan", "It would stick with"), tuple(rows))
    return Section("What the authors would have to add", (said,), (table,))


def none_words(found: Missing) -> str:
    """Return that nothing was found, and how far that was looked for."""
    if not found.tried:
        return f"not known: the search of {found.out_of} candidates was stopped"
    sets = "single one" if found.tried == 1 else f"set of up to {found.tried}"
    stopped = "; larger sets were begun and not finished" if found.stopped else ""
    return f"no {sets} of {found.out_of} candidates would carry it{stopped}"


def premise_words(case: Case, premise: Premise) -> str:
    """Return a premise in words."""
    if premise.kind == "answer":
        says = case.questions[premise.question].answers[premise.answer].says
        return f"{premise.question} = {premise.answer} ({says})"
    name = case.name(premise.party) if premise.party is not None else ""
    if premise.kind == "swap" and premise.first is not None and premise.second is not None:
        return f"to {name}, {wish(premise.second)} weighs more than {wish(premise.first)}"
    source = f"as {premise.author} has it" if premise.author else "proposed with the case"
    added = "" if premise.first is None else wish(premise.first)
    return f"{name} also wants {added}, {source}"
