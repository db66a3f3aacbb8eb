"""The stability table as data, and the witnesses of one state."""

from __future__ import annotations

from collections.abc import Mapping

from servanda.model import PartyId
from servanda.selfenforcement import PartyGrade
from servanda.situation import Situation
from servanda.stability import Concept
from servanda.stability_table import LONGEST, StabilityTable
from servanda.stable_sets import StableSets
from servanda.wire.parts import Data, party_grade


def stability(table: StabilityTable, *, every: bool = False, where: str | None = None) -> Data:
    """Return the stability table of a case; beyond 4,096 states only with `every`.

    `where` is the condition of the table as it was typed.
    """
    space, case = table.space, table.grid.conflict.case
    longest = table.space.size if every else LONGEST
    equilibria = {concept: table.equilibria(concept, longest) for concept in Concept}
    states = None
    if table.count <= longest:
        states = [
            {
                "state": space.spelled(state),
                "taken": space.taken(state),
                "stable": {
                    concept.value: list(who) for concept, who in table.stable(state).items()
                },
            }
            for state in table.states
        ]
    return {
        "title": case.title,
        "options": list(space.options),
        "parties": list(case.parties),
        "states": states,
        "equilibria": {
            concept.value: None if found is None else [space.spelled(state) for state in found]
            for concept, found in equilibria.items()
        },
        "counts": {
            "states": table.count,
            **{concept.value: number for concept, number in table.counts.items()},
        },
        "where": where,
        "engine": "grid",
    }


def stable_sets(found: StableSets, where: str | None = None) -> Data:
    """Return the counts of a case too large to list its states, and what is done in them.

    `where` is the condition that the states meet, as it was typed.
    """
    situation = found.situation
    case = situation.case
    return {
        "title": case.title,
        "options": list(situation.space.options),
        "parties": list(case.parties),
        "states": None,
        "equilibria": {concept.value: None for concept in Concept},
        "counts": {
            "states": found.feasible,
            **{concept.value: found.counts.get(concept) for concept in Concept},
        },
        "shares": {
            concept.value: {
                option: {case.options[option].levels[n]: float(each) for n, each in levels.items()}
                for option, levels in shares.items()
            }
            for concept, shares in found.shares.items()
        },
        "refused": {concept.value: why for concept, why in found.refused.items()},
        "bounds": {concept.value: list(both) for concept, both in found.bounds.items()},
        "where": where,
        "engine": "symbolic",
        "stopped": found.stopped or None,
    }


def witnesses(
    situation: Situation, state: int, grades: Mapping[PartyId, PartyGrade] | None
) -> Data:
    """Return how firmly each party stays in one state, with the moves that decide.

    `grades` is None for a state that cannot be.
    """
    space = situation.space
    return {
        "title": situation.case.title,
        "state": space.spelled(state),
        "taken": space.taken(state),
        "feasible": grades is not None,
        "parties": {p: party_grade(situation, state, each) for p, each in (grades or {}).items()},
    }
