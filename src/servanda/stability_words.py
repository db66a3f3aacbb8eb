"""The stability of states in words: a table of a small case, a summary of a large one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from servanda.model import PartyId
from servanda.narrative import Section, Table
from servanda.narrative.phrases import counted, deed, listed, taken
from servanda.stability import Concept
from servanda.stability_table import StabilityTable
from servanda.stable_sets import StableSets

SHORT = 64
"""States shown one by one without being asked to."""

_ORDER = (Concept.NASH, Concept.SEQ, Concept.SMR, Concept.GMR)
_SENSES = (
    "Nash: no move of its own would make the party better off. "
    "SEQ: one would, but the others would answer by moves they want themselves. "
    "SMR, GMR: the others could answer; under SMR it could not escape the answer."
)


def stability_section(table: StabilityTable, *, every: bool = False) -> Section:
    """Return the states of a case, who stays in them in which sense, and the equilibria.

    Beyond `SHORT` states only those stable for all are listed, unless `every` is asked for.
    """
    paragraphs = [f"{counted(table.count, 'state')}. {_counted(table)}", _SENSES]
    states: Sequence[int] | None = table.states
    if table.count > SHORT and not every:
        states = table.equilibria(Concept.GMR, SHORT)  # every state stable for all is GMR stable
        only = "Only states stable for all are listed; --all lists every state."
        many = "Too many states are stable for all to list them here; --all lists every state."
        paragraphs.append(many if states is None else only)
    columns = ("State", "What is done", *_names(table), "Stable for all")
    rows = tuple(_row(table, state) for state in states or ())
    return Section("Stability", tuple(paragraphs), (Table(columns, rows),) if rows else ())


def stable_sets_section(found: StableSets) -> Section:
    """Return how many states are stable, in which sense, and what is done in them."""
    case = found.situation.case
    said = [f"{counted(found.feasible, 'state')} that can be: too many to list.", _SENSES]
    for concept, number in found.counts.items():
        said.append(f"Stable for all parties ({named(concept)}): {number:,}.")
    said += [
        f"{named(concept)} was not worked out: {why}." for concept, why in found.refused.items()
    ]
    tables = []
    for concept, shares in found.shares.items():
        rows = tuple(
            (option, deed(case, option), case.options[option].levels[level], _percent(share))
            for option, levels in shares.items()
            for level, share in levels.items()
            if level
        )
        if rows:
            columns = ("Option", "What it is", "Level", f"Share of {named(concept)} stable states")
            tables.append(Table(columns, rows))
    return Section("Stability", tuple(said), tuple(tables))


def _percent(share: Fraction) -> str:
    """Return a share in per cent; all and none only where it is all or none."""
    if share in {0, 1}:
        return "all" if share else "none"
    return (
        f"{float(share):.1%}"
        if Fraction(1, 1000) < share < Fraction(999, 1000)
        else ("nearly none" if share < Fraction(1, 2) else "nearly all")
    )


def _names(table: StabilityTable) -> tuple[str, ...]:
    case = table.grid.conflict.case
    return tuple(case.name(party) for party in case.parties)


def _counted(table: StabilityTable) -> str:
    """Return how many states are stable for all in each sense."""
    numbers = [f"{table.counts[concept]:,} ({named(concept)})" for concept in _ORDER]
    return f"Stable for all parties: {listed(numbers)}."


def named(concept: Concept) -> str:
    """Return a concept as it is written."""
    return "Nash" if concept is Concept.NASH else concept.value.upper()


def _row(table: StabilityTable, state: int) -> tuple[str, ...]:
    stable = table.stable(state)
    parties: Sequence[PartyId] = table.grid.conflict.parties
    cells = (_senses([c for c in _ORDER if party in stable[c]]) for party in parties)
    everyone = _senses([c for c in _ORDER if len(stable[c]) == len(parties)])
    space = table.space
    return (space.spelled(state), taken(space, state), *cells, everyone)


def _senses(concepts: Sequence[Concept]) -> str:
    """Return the senses in which something is stable; Nash stands for all of them."""
    if Concept.NASH in concepts:
        return "Nash"
    return " ".join(named(concept) for concept in concepts) or "no"
