"""What the data of several verbs is made of: states, moves, wishes, grades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from servanda.conditions import OptionId
from servanda.model import Statement
from servanda.selfenforcement import Improvement, PartyGrade
from servanda.situation import Situation
from servanda.stability import Grade
from servanda.states import StateSpace

Data = dict[str, Any]
"""What becomes a JSON object."""


def asked(situation: Situation) -> Data:
    """Return what was asked: which case, under which plan, without what."""
    return {
        "title": situation.case.title,
        "plan": situation.plan_id,
        "without": list(situation.without),
    }


def terms(situation: Situation, state: int) -> Data:
    """Return the levels of a state: what is agreed, what spoilers do, what is new."""
    space = situation.space
    named = space.named(space.levels(state))
    mine = set(situation.terms)
    return {
        "terms": {option: level for option, level in named.items() if option in mine},
        "context": {option: level for option, level in named.items() if option not in mine},
        "changes": changes(space, situation.start, state),
        "taken": space.taken(state),
        "state": space.spelled(state),
    }


def changes(space: StateSpace, old: int, new: int) -> dict[OptionId, str]:
    """Return the options on which two states differ, with their new levels."""
    return space.named(space.changes(old, new))


def term(situation: Situation, option: OptionId, level: int) -> str:
    """Return a term as a plan would write it: ``x``, ``not x`` or ``x = level``."""
    stated = situation.case.options[option]
    if stated.yes_no:
        return option if level else f"not {option}"
    return f"{option} = {stated.levels[level]}"


def statement_data(statement: Statement) -> Data:
    """Return a wish with what it rests on."""
    return {
        "statement": statement.wish,
        "id": statement.id,
        "claims": list(statement.claims),
        "assumption": statement.assumed,
    }


def decisive(statements: Sequence[Statement]) -> Data | None:
    """Return the statement that decides; where some of a tied group do, the others beside it."""
    if not statements:
        return None
    first, *others = statements
    return {**statement_data(first), "tied_with": [other.id for other in others]}


def party_grade(situation: Situation, state: int, graded: PartyGrade) -> Data:
    """Return how firmly a party stays, with its guard or the move that decides."""
    move = graded.witness
    guard = None
    if move is not None and move.sanction and graded.grade is Grade.GUARDED:
        replies = answers(situation.space, move)
        guard = {
            "by": [reply["party"] for reply in replies],
            "moves": [reply["move"] for reply in replies],
            "lapses": graded.lapses,
        }
    return {
        "grade": graded.grade.value,
        "concepts": [concept.value for concept in graded.concepts],
        "guard": guard,
        "witness": None if move is None else improvement(situation.space, state, move),
    }


def improvement(space: StateSpace, state: int, move: Improvement) -> Data:
    """Return a move that makes its mover better off, and what answers it."""
    return {
        "move": changes(space, state, move.state),
        "taken": space.taken(move.state),
        "deterred": None if move.concept is None else move.concept.value,
        "answers": answers(space, move),
    }


def answers(space: StateSpace, move: Improvement) -> list[Data]:
    """Return the others' answers to a move, in order."""
    found = []
    before = move.state
    for response in move.sanction or ():
        move_made = changes(space, before, response.state)
        found.append({"party": response.party, "move": move_made})
        before = response.state
    return found
