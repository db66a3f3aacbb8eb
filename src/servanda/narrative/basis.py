"""What a case itself rests on: assumptions, claims and sources, and what its names stand for."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.model import Case, PartyId, Rule, Term
from servanda.narrative.phrases import counted, listed, points, resting, sentence
from servanda.narrative.section import Section, Table
from servanda.narrative.verdicts import uncertain
from servanda.sensitivity import assumptions
from servanda.situation import Situation


def assumptions_section(situation: Situation) -> Section:
    """Return what rests on no claim, counted beside what does."""
    case = situation.case
    pieces = assumptions(situation)
    every = [s for party in case.parties for group in case.statements(party) for s in group]
    free = [piece for piece in pieces if not isinstance(piece, Rule)]
    lead = f"{counted(len(every), 'statement')}: {len(every) - len(free)} resting on claims alone"
    said = [f"{lead}, {len(free)} assumed by the modeller, wholly or in part."]
    if case.never:
        assumed = len(pieces) - len(free)
        said.append(f"{counted(len(case.never), 'rule')} on what cannot be: {assumed} assumed.")
    said += [sentence(clause) for clause in uncertain(case)]
    rows = [
        (case.name(party), f'"{statement.wish}"', resting(statement), statement.note)
        for party, statement in free
    ]
    rows += [
        ("(a rule)", f'never "{piece.that}"', resting(piece), piece.note)
        for piece in pieces
        if isinstance(piece, Rule)
    ]
    rows += [
        ("(the plan)", f'"{term.take}"', resting(term), term.note)
        for term in _plan_terms(situation)
        if term.assumed
    ]
    table = (Table(("Whose", "Assumption", "Rests on", "Note"), tuple(rows)),) if rows else ()
    return Section("Assumptions", tuple(said), table)


def _plan_terms(situation: Situation) -> tuple[Term, ...]:
    plan = situation.plan
    if plan is None:
        return ()
    return (*plan.commitments, *plan.pressure, *plan.offers, *plan.target)


def wishes_section(case: Case) -> Section:
    """Return every wish in its place, most important first, with what it rests on."""
    rows = []
    for party in case.parties:
        preference = case.preferences.get(party)
        if preference is None or preference.form in {"none", "ranking"}:
            told = "a ranking of the states" if preference and preference.ranking else "none stated"
            rows.append((case.name(party), "", told, ""))
        for place, group in enumerate(case.statements(party), start=1):
            for statement in group:
                worth = preference.points.get(statement.wish) if preference else None
                order = points(worth.middle) if worth else str(place)
                rows.append((case.name(party), order, statement.wish, resting(statement)))
        for option, position in preference.position.items() if preference else ():
            told = f"{option} at {position.at}, {position.salience:g} a step"
            rows.append((case.name(party), "", told, resting(position)))
    return Section(
        "Wishes, most important first",
        ("Equal numbers are tied. The wishes are conditions in the case's own words.",),
        (Table(("Whose", "Order", "Wish", "Rests on"), tuple(rows)),),
    )


def names_section(case: Case) -> Section:
    """Return what the short names in quoted wishes stand for: options and facts."""
    options = tuple(
        (name, _owners(case, option.owners), _said(option.does, option.levels, yes=option.yes_no))
        for name, option in case.options.items()
    )
    tables = [Table(("Option", "Whose", "What it is"), options)]
    if case.facts:
        facts = tuple((name, fact.means, resting(fact)) for name, fact in case.facts.items())
        tables.append(Table(("Fact", "Means", "Rests on"), facts))
    return Section("Names used in wishes", (), tuple(tables))


def _owners(case: Case, owners: Sequence[PartyId]) -> str:
    return listed(case.name(party) for party in owners) if owners else ""


def _said(does: str, levels: Sequence[str], *, yes: bool) -> str:
    return does if yes else f"{does} ({', '.join(levels)})".strip()
