"""The stability of states in words: a table of a small case, a summary of a large one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from servanda.conditions import OptionId
from servanda.model import Case, PartyId
from servanda.narrative import Section, Table
from servanda.narrative.phrases import counted, deed, listed, names, roughly, taken
from servanda.stability import Concept
from servanda.stability_table import StabilityTable
from servanda.stable_sets import StableSets

SHORT = 64
"""States shown one by one without being asked to."""

_FEW = 8

_ORDER = (Concept.NASH, Concept.SEQ, Concept.SMR, Concept.GMR)
_SENSES = (
    "Nash: no move of its own would make the party better off. "
    "SEQ: one would, but the others would answer by moves they want themselves. "
    "SMR, GMR: the others could answer; under SMR it could not escape the answer."
)


def stability_section(
    table: StabilityTable, *, every: bool = False, where: str | None = None
) -> Section:
    """Return the states of a case, who stays in them in which sense, and the equilibria.

    Beyond `SHORT` states only those stable for all are listed, unless `every` is asked for.
    `where` is the condition of the table as it was typed.
    """
    paragraphs = [f"{counted(table.count, 'state')}{_where(where)}. {_counted(table)}", _SENSES]
    states: Sequence[int] | None = table.states
    if table.count > SHORT and not every:
        states = table.equilibria(Concept.GMR, SHORT)  # every state stable for all is GMR stable
        only = "Only states stable for all are listed; --all lists every state."
        many = "Too many states are stable for all to list them here; --all lists every state."
        paragraphs.append(many if states is None else only)
    columns = ("State", "What is done", *_names(table), "Stable for all")
    rows = tuple(_row(table, state) for state in states or ())
    return Section("Stability", tuple(paragraphs), (Table(columns, rows),) if rows else ())


def _where(where: str | None) -> str:
    return "" if where is None else f" where {where}"


def stable_sets_section(found: StableSets, where: str | None = None) -> Section:
    """Return how many states are stable, in which sense, and what is done in them.

    `where` is the condition that the states meet, as it was typed.
    """
    many = f"{_states(found.feasible)} that can be{_where(where)}"
    said = [f"{many}: counted, not listed.", _SENSES]
    if not found.feasible:
        return Section("Stability", (f"No state can be{_where(where)}.",))
    senses = [c for c in _ORDER if c in found.counts or c in found.bounds]
    rows = tuple(_count_row(found, concept) for concept in senses)
    columns = ("Stable for all parties", "States", "Share of those", "Known")
    return Section(
        "Stability",
        (*said, *_uncounted(found)),
        (Table(columns, rows),) if rows else (),
        _shares_parts(found),
    )


def missing_senses(found: StableSets) -> tuple[str, ...]:
    """Return what was not counted because the work was stopped."""
    return tuple(f"how many states are {named(concept)} stable" for concept in found.refused)


def _states(number: int) -> str:
    """Return how many states, in full and, where that is too long to be read, roughly."""
    about = "" if number < 10**9 else f" (about {roughly(number)})"
    return f"{number:,}{about} {'state' if number == 1 else 'states'}"


def _count_row(found: StableSets, concept: Concept) -> tuple[str, ...]:
    """Return how many states are stable in a sense, or between what bounds."""
    if concept in found.counts:
        number = found.counts[concept]
        share = _percent(Fraction(number, found.feasible))
        return named(concept), roughly(number), share, "exactly"
    least, most = found.bounds[concept]
    shares = (_percent(Fraction(bound, found.feasible)) for bound in (least, most))
    return (
        named(concept),
        f"{roughly(least)} to {roughly(most)}",
        " to ".join(shares),
        "between these bounds",
    )


def _uncounted(found: StableSets) -> list[str]:
    """Return why some senses were not counted; a stop is told of elsewhere."""
    said = []
    for concept, why in found.refused.items():
        if why != found.stopped:
            more = "; --all does it all the same" if "unasked" in why else ""
            said.append(f"{named(concept)} is not counted exactly: {why}{more}.")
    return said


def _shares_parts(found: StableSets) -> tuple[Section, ...]:
    """Return in what share of the stable states each thing is done."""
    case = found.situation.case
    senses = [concept for concept in _ORDER if found.shares.get(concept)]
    rows = tuple(
        (option, _owners(case, option), _done(case, option, level), *shares)
        for option, stated in case.options.items()
        for level in range(1, len(stated.levels))
        for shares in [tuple(_percent(found.shares[c][option][level]) for c in senses)]
    )
    if not senses:
        return ()
    said = [
        f"{verb} of the {named(concept)} stable states: {_listed(case, found, concept, share)}."
        for concept in senses[:1]
        for verb, share in (("Done in all", Fraction(1)), ("Done in none", Fraction(0)))
    ]
    columns = ("Option", "Whose", "What is done", *map(named, senses))
    title = "In what share of the stable states each thing is done"
    return (Section(title, tuple(said), (Table(columns, rows),)),)


def _listed(case: Case, found: StableSets, concept: Concept, share: Fraction) -> str:
    """Return what is done in all, or in none, of the states that are stable in a sense."""
    done = [
        _done(case, option, level)
        for option, levels in found.shares[concept].items()
        for level, each in levels.items()
        if level and each == share
    ]
    if len(done) > _FEW:
        return f"{len(done)} things of the {_things(case)} below"
    return "; ".join(done) or "nothing"


def _things(case: Case) -> int:
    return sum(len(option.levels) - 1 for option in case.options.values())


def _done(case: Case, option: OptionId, level: int) -> str:
    """Return an option at a level, without its owner."""
    stated = case.options[option]
    return deed(case, option) + ("" if stated.yes_no else f" = {stated.levels[level]}")


def _owners(case: Case, option: OptionId) -> str:
    return names(case, case.options[option].owners)


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
