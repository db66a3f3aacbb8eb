"""The page on the flagship case: seven plans, seven worldviews, and what each verdict rests on.

Write it with ``python tests/iraq_page.py``; it takes minutes.  A test holds the quick parts of the
page to what is printed here, and looks at the others here and there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from servanda.analysis import silent_parties
from servanda.casefile import find_case, read_dossier
from servanda.cells import Cell, Row, RowWork, World, own_cells
from servanda.compare import Compared, compare
from servanda.missing_premises import Missing
from servanda.model import Case, Statement
from servanda.narrative import Premises, Section, Table, hindsight_section
from servanda.narrative.compare import (
    none_words,
    premise_words,
    reason_words,
    remedy_words,
    rests_words,
    table_section,
    threats_section,
    works_section,
)
from servanda.narrative.phrases import counted, listed, names, resting, sentence
from servanda.narrative.premises import fewest_section, turns_section
from servanda.narrative.steps import way_section
from servanda.record import Dossier
from servanda.report import page
from servanda.roadmap import roadmap
from servanda.sensitivity import changes, smallest, turns
from servanda.situation import Situation
from servanda.switches import Switched, dials, with_switches
from servanda.target import judge
from servanda.temptation import on_diagrams
from servanda.worlds import every_answer, open_questions, own_view, seen_by

CASE = "iraq-2006"
PLACE = Path(__file__).parents[1] / "docs" / "iraq-2006.md"
SETS = 75  # sets of assumptions tried for each verdict: all single ones, where there are 74
WHOLE = "threats and offers"
_ARGUABLE = "arguable:"
_JOBS = 2
_NEAREST = 120.0  # seconds, so that a busy machine finds the same

OPENING = (
    (
        "This page is conditional reasoning about texts: it says what follows if somebody's "
        "beliefs hold, as five essays state them and as the case reads them. It is not a "
        "judgement on the war, on the authors, or on anybody named, and no forecast."
    ),
    (
        "A plan is judged by the beliefs of its own author first, then by those of the others. It "
        "sticks if everybody who must sign does at least as well as without a deal, and nobody "
        "gains by leaving it, or those who would are held back by what others would do."
    ),
    (
        "What the texts propose, item by item, stands on "
        "[a page of its own](iraq-2006-proposals.md); what the words mean, in the "
        "[definitions](definitions.md)."
    ),
)


def fingerprint(case: Case) -> str:
    """Return the sha256 of a case as it is read, so that remarks in its files do not count."""
    return sha256(case.model_dump_json().encode()).hexdigest()


def view_of(case: Case, plan: str) -> str:
    """Return the worldview of a plan's author."""
    view = own_view(case, plan)
    assert view is not None
    return view


# ------------------------------------------------------------------- read off the case


def quick_parts(dossier: Dossier, plan: str) -> tuple[Section, ...]:
    """Return what is told of a plan without judging anything."""
    case = dossier.case
    return (
        _about(case, plan),
        _hindsight(dossier, plan),
        _statements(case, plan),
        _silent(case, plan),
    )


def _about(case: Case, plan: str) -> Section:
    stated, view = case.plans[plan], case.worldviews[view_of(case, plan)]
    said, arguable = _split(stated.note)
    about, other = _split(view.note)
    by = "Author unknown" if stated.author == "unknown" else f"By {stated.author}"
    lead = f"{by}, {stated.date}; source {stated.source}. {said}".strip()
    answers = "; ".join(
        f"{name} = {answer} ({case.questions[name].answers[answer].says})"
        for name, answer in view.answers.items()
    )
    still = open_questions(case, view_of(case, plan))
    beliefs = f"Its author's answers: {answers}. Left open: {listed(still) if still else 'none'}."
    rows = tuple((each,) for each in (*arguable, *other))
    table = Table(("Where another reading or order is arguable",), rows)
    paragraphs = tuple(filter(None, (lead, beliefs, about)))
    return Section("The plan and its author's beliefs", paragraphs, (table,) if rows else ())


def _split(note: str) -> tuple[str, tuple[str, ...]]:
    """Return a note, and apart from it each thing it calls arguable."""
    said, *arguable = note.split(_ARGUABLE)
    return said.strip(), tuple(sentence(each.strip()) for each in arguable)


def _hindsight(dossier: Dossier, plan: str) -> Section:
    title = "What happened beside it, kept apart"
    for part in hindsight_section(dossier.case, dossier.record).parts:
        if f"Plan {plan}: " in part.title:
            apart = "No verdict on this page rests on it."
            return Section(title, (*part.paragraphs, apart), part.tables)
    return Section(title, ("No claim of its source was looked at.",))


def _statements(case: Case, plan: str) -> Section:
    view = view_of(case, plan)
    seen, whence = seen_by(case, view), _whence(case, view)
    rows = []
    for party in case.parties:
        for order, group in enumerate(seen.statements(party), start=1):
            for wish in group:
                rests = _rests(wish)
                told = whence.get(wish.id, "common ground")
                row = (case.name(party), str(order), wish.id, wish.wish, rests, told, wish.note)
                rows.append(row)
    facts = [
        (name, fact.means, resting(fact))
        for name, fact in seen.facts.items()
        if fact != case.facts.get(name)
    ]
    said = (
        f"{counted(len(rows), 'statement')} in force, most important first; equal numbers are "
        "tied. Questions the author leaves open change nothing here."
    )
    heads = ("Whose", "Order", "Statement", "Wish", "Rests on", "Said by", "Note")
    tables = [Table(heads, tuple(rows))]
    if facts:
        tables.append(Table(("Fact the author changes", "Means", "Rests on"), tuple(facts)))
    return Section("Every statement in force", (said,), tuple(tables))


def _rests(wish: Statement) -> str:
    return resting(wish)


def _whence(case: Case, view: str) -> Mapping[str, str]:
    """Return which answer or author has put each statement where it is, or as it is."""
    found: dict[str, str] = {}
    stated = case.worldviews[view]
    layers = [
        (f"{name} = {answer}", case.questions[name].answers[answer].changes)
        for name, answer in stated.answers.items()
    ]
    for told, layer in (*layers, ("the author", stated.changes)):
        for each in layer.preferences.values():
            found |= {change.subject: told for change in each}
    return found


def _silent(case: Case, plan: str) -> Section:
    seen = seen_by(case, view_of(case, plan))
    quiet = [party for party in case.parties if not seen.statements(party)]
    said = f"The texts give these no wish: {names(case, quiet)}." if quiet else "None."
    return Section("Parties without a wish", (said,))


def readings(case: Case) -> Section:
    """Return every note on an option, fact, rule or question: where the coding is open."""
    rows = [(str(name), option.note) for name, option in case.options.items() if option.note]
    rows += [(str(name), fact.note) for name, fact in case.facts.items() if fact.note]
    rows += [(rule.id, rule.note) for rule in case.never if rule.note]
    rows += [(name, question.note) for name, question in case.questions.items() if question.note]
    rows += [(str(p), party.note) for p, party in case.parties.items() if party.note]
    said = "Choices of the case that are not one author's, and could be made otherwise."
    return Section(
        "How the common ground was read", (said,), (Table(("What", "Note"), tuple(rows)),)
    )


# ------------------------------------------------------------------------ judged


def own_cell(case: Case, plan: str, *, first: bool = False) -> Cell:
    """Return a plan as its own author sees it, perhaps in the first world left open only."""
    view = view_of(case, plan)
    work = RowWork(case, plan, (view,), _NEAREST)
    fixed = dict(case.worldviews[view].answers)
    if first:
        fixed = next(every_answer(case, fixed))
    worlds = tuple(work.world(view, each) for each in every_answer(case, fixed))
    questions = {name: tuple(stated.answers) for name, stated in case.questions.items()}
    return work.cell(Row(plan=plan, worlds=worlds, questions=questions), view)


def verdict_section(case: Case, cell: Cell, missing: Missing | None = None) -> Section:
    """Return the verdict on a plan by its author's beliefs, with all that decides it."""
    holding, among = cell.share
    verdict = {"yes": "It sticks", "no": "It does not stick"}.get(cell.sticks, "It depends")
    said = [f"{verdict}: in {holding} of the {counted(among, 'world')} its author leaves open."]
    if cell.sticks == "yes":
        said[0] = f"It sticks in all {counted(among, 'world')} its author leaves open."
    if among == 1:
        said[0] = f"{verdict}."
    said += [sentence(reason_words(case, cell, each)) for each in cell.why]
    if cell.sticks == "no":
        said.append(f"The nearest package that sticks: {remedy_words(case, cell)}.")
    if cell.rests_on is not None:
        said.append(f"What decides the verdict rests on {rests_words(cell)}.")
    if missing is not None and missing.sets:
        lead = "It would stick with any one of these premises, none of which is claimed to be true:"
        rows = tuple(("; ".join(premise_words(case, p) for p in each),) for each in missing.sets)
        said.append(lead)
        return Section("The verdict", tuple(said), (Table(("Missing premise",), rows),))
    if missing is not None:
        said.append(sentence(none_words(missing)))
    return Section("The verdict", tuple(said))


def telling_worlds(cell: Cell) -> Iterator[World]:
    """Yield the first world in which a plan sticks, and the first in which it does not."""
    for wanted in (True, False):
        yield from [world for world in cell.counted if world.sticks is wanted][:1]


def rests_sections(case: Case, cell: Cell) -> Iterator[Section]:
    """Yield, for a world of each verdict, the fewest assumptions and the changes that turn it."""
    work = RowWork(case, cell.plan, ())
    for world in telling_worlds(cell):
        situation = work.worlds.situation(cell.plan, cell.worldview, world.answers)
        verdict = judge(situation)
        found = premises(situation)
        still = open_questions(case, cell.worldview)
        answers = listed(f"{name} = {world.answers[name]}" for name in still) if still else ""
        where = f", where {answers}" if answers else ""
        said = []
        if verdict is not None:
            quiet = silent_parties(situation, verdict.states[0])
            if quiet:
                said.append(
                    f"No wish of these mentions what the target changes: {names(case, quiet)}."
                )
        if world.sticks:
            yield road_section(situation, where)
        title = f"What it rests on{where}"
        parts = (fewest_section(situation.case, found), turns_section(situation.case, found))
        yield Section(title, tuple(said), (), parts)


def road_section(situation: Situation, where: str = "") -> Section:
    """Return the way to a plan's target, and what its author's own order risks."""
    target = judge(situation)
    assert target is not None
    counting = on_diagrams(situation.conflict)
    way = roadmap(situation, target.no_deal, counting, goal=target.states[0])
    assert way is not None
    found = way_section(situation, way)
    return replace(found, title=f"{found.title}{where}")


def premises(situation: Situation) -> Premises:
    """Return every single change to the plan as it is, and the fewest assumptions it needs."""
    found = turns(situation, tried=list(changes(situation)))
    few = smallest(situation, SETS)
    return Premises(judged={WHOLE: judge(situation)}, turns=found, fewest={WHOLE: few})


def switches_section(case: Case, found: tuple[Switched, ...]) -> Section:
    """Return what becomes of each plan under its author's beliefs if dials were switches."""
    rows = []
    for each in found:
        share = ["{} of {}".format(*cell.share) for cell in (each.dial, each.switch)]
        why = " ".join(sentence(reason_words(case, each.switch, reason)) for reason in each.why)
        turned = f"in {each.turned} of {len(each.dial.worlds)}" if each.turned else "in none"
        rows.append((each.dial.plan, *share, turned, ", ".join(each.single) or "-", why))
    named = [f"{name} ({', '.join(case.options[name].levels)})" for name in dials(case)]
    said = (
        f"{counted(len(named), 'option')} of the case are dials: {listed(named)}. Here each is "
        "made a switch: its middle levels cannot be, what a plan sets to a middle level is set to "
        "the highest, and no wish is reworded. The numbers are worlds that the author leaves "
        "open; the last columns name the dials that turn a verdict when they alone become "
        "switches, and what decides in the first world that turns."
    )
    columns = ("Plan", "Sticks, with dials", "With switches", "Turned", "Dials alone", "Because")
    return Section("Dials, not switches", (said,), (Table(columns, tuple(rows)),))


def deciding_section(compared: Compared) -> Section:
    """Return which question decides most, over all plans."""
    case = compared.case
    rows = []
    for name, question in case.questions.items():
        found = [sway for row in compared.rows for sway in row.deciding if sway.factor == name]
        turned, contexts = sum(s.turned for s in found), sum(s.contexts for s in found)
        most = [row.plan for row in compared.rows if row.deciding[0].factor == name]
        rows.append(
            (
                turned / contexts if contexts else 0,
                (name, question.asks, f"{turned} of {contexts}", ", ".join(most)),
            )
        )
    rows.sort(key=lambda row: -row[0])
    columns = ("Question", "Asks", "Contexts in which it turns a verdict", "Decides most for")
    said = (
        "A context is a plan with an answer to every other question; the question turns the "
        "verdict there if some of its answers make the plan stick and some do not."
    )
    table = Table(columns, tuple(row for _, row in rows))
    return Section("Which question decides most", (said,), (table,))


# ------------------------------------------------------------------------ the page


def _rested(plan: str) -> tuple[Section, ...]:
    case = read_dossier(find_case(CASE)).case
    return tuple(rests_sections(case, own_cell(case, plan)))


def _switched(plan: str) -> tuple[Switched, ...]:
    case = read_dossier(find_case(CASE)).case
    return tuple(with_switches(case, (plan,), singly=True))


def iraq() -> str:
    """Return the page as Markdown; this takes minutes."""
    dossier = read_dossier(find_case(CASE))
    case = dossier.case
    compared = compare(case, seconds=_NEAREST, jobs=_JOBS)
    with ProcessPoolExecutor(_JOBS, mp_context=get_context("spawn")) as pool:
        rests = dict(zip(case.plans, pool.map(_rested, case.plans), strict=True))
        switched = tuple(each for some in pool.map(_switched, case.plans) for each in some)
    cells, missing = own_cells(case, compared.rows), {each.plan: each for each in compared.premises}
    plans = []
    for plan, stated in case.plans.items():
        about, *others = quick_parts(dossier, plan)
        verdict = verdict_section(case, cells[plan], missing.get(plan))
        parts = (about, verdict, *rests[plan], *others)
        plans.append(Section(f"{plan}: {stated.title}", (), (), parts))
    sections = (
        Section("What this page is", (*OPENING, made_from(case))),
        table_section(compared),
        works_section(compared),
        deciding_section(compared),
        threats_section(compared),
        switches_section(case, switched),
        *plans,
        readings(case),
    )
    return page(dossier.title, sections)


def made_from(case: Case) -> str:
    """Return what the page was made from, and how."""
    return (
        "The page is written by tests/iraq_page.py from the case with the fingerprint "
        f"{fingerprint(case)}. Single changes are all tried, one at a time, in the first world of "
        f"each verdict that the author leaves open; sets of assumptions up to {SETS} for each, so "
        "that the bound may be lower than the set found."
    )


if __name__ == "__main__":
    sys.stdout.write(f"writing {PLACE.name}; this takes minutes\n")
    PLACE.write_text(iraq(), encoding="utf-8")
