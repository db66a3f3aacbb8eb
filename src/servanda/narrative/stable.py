"""Why a single state is stable or not, for each party and in each sense."""

from __future__ import annotations

from collections.abc import Mapping

from servanda.conditions import holds
from servanda.conflict import Conflict
from servanda.model import PartyId
from servanda.narrative.phrases import answers, changed, names, taken
from servanda.narrative.section import Section, Table
from servanda.selfenforcement import PartyGrade, improvements, sanction
from servanda.stability import Concept

_ORDER = (Concept.NASH, Concept.SEQ, Concept.SMR, Concept.GMR)
_YES = {True: "yes", False: "no"}
_SENSE = (
    "Nash: no move of its own would gain. SEQ: every gain is answered by moves the others gain by. "
    "SMR: every gain is answered by some moves of the others, and the mover cannot escape. "
    "GMR: every gain is answered by some moves of the others."
)


def explain_state(
    conflict: Conflict, state: int, found: Mapping[PartyId, PartyGrade] | None
) -> Section:
    """Return, for each party and concept, whether a state is stable, with its witness.

    Parameters
    ----------
    conflict
        The conflict.
    state
        The state, as an index of `StateSpace`.
    found
        How firmly each party stays in it; None for a state that cannot be.
    """
    title = f"State: {taken(conflict.space, state)}"
    if found is None:
        return Section(title, (_infeasible(conflict, state),))
    rows = []
    for party, graded in found.items():
        stable = {c: c in graded.concepts for c in _ORDER}
        words = _witnesses(conflict, party, state, stable)
        rows.append((conflict.case.name(party), *(_YES[stable[c]] for c in _ORDER), words))
    columns = ("Party", *(_spelled(concept) for concept in _ORDER), "Witness")
    summary = tuple(_summary(conflict, found, concept) for concept in _ORDER)
    return Section(title, (*summary, _SENSE), (Table(columns, tuple(rows)),))


def _spelled(concept: Concept) -> str:
    return "Nash" if concept is Concept.NASH else concept.value.upper()


def _summary(conflict: Conflict, found: Mapping[PartyId, PartyGrade], concept: Concept) -> str:
    moving = [party for party, graded in found.items() if concept not in graded.concepts]
    if not moving:
        return f"{_spelled(concept)}: an equilibrium, stable for all."
    return f"{_spelled(concept)}: not stable for {names(conflict.case, moving)}."


def _infeasible(conflict: Conflict, state: int) -> str:
    case, levels = conflict.case, conflict.space.levels(state)
    broken = next(
        (r.that for r in case.never if holds(case.vocabulary.condition(r.that), levels)), None
    )
    return f'This cannot be: never "{broken}".' if broken else "This cannot be in this variant."


def _witnesses(
    conflict: Conflict, party: PartyId, state: int, stable: Mapping[Concept, bool]
) -> str:
    """Return the moves that decide, with the answers to them, each once."""
    if conflict.walk_away is not None:
        return "stays" if stable[Concept.NASH] else "would walk away"
    if stable[Concept.NASH]:
        return "no move of its own would gain"
    told: dict[str, list[str]] = {}
    for concept in _ORDER[1:]:
        said = _witness(conflict, party, state, concept, stable=stable[concept])
        told.setdefault(said, []).append(_spelled(concept))
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"{', '.join(concepts)}: {said}" for said, concepts in told.items())


def _witness(
    conflict: Conflict, party: PartyId, state: int, concept: Concept, *, stable: bool
) -> str:
    """Return an improvement with the answer that deters it, or one that nothing answers."""
    space = conflict.space
    for after in improvements(conflict, party, state):
        answer = sanction(conflict, party, state, after=after, concept=concept, tidy=True)
        move = changed(space, state, after, (party,))
        if stable and answer:
            return f"{move}; answered by {answers(space, after, answer)}"
        if not stable and answer is None:
            return f"{move}; no answer deters it"
    return "every gain undoes itself"
