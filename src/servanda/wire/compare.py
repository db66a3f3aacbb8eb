"""The comparison of plans across worldviews, as data."""

from __future__ import annotations

from servanda.cells import Cell, Reason, Row, World
from servanda.compare import Compared
from servanda.missing_premises import Missing, Premise
from servanda.states import StateSpace
from servanda.wire.parts import Data, changes, statement_data


def compare(compared: Compared, *, worlds: bool = False) -> Data:
    """Return every plan under every worldview.

    Parameters
    ----------
    compared
        The findings.
    worlds
        Whether to write out the truth table of each plan.
    """
    space = StateSpace(compared.case)
    data: Data = {
        "title": compared.case.title,
        "plans": [row.plan for row in compared.rows],
        "worldviews": [view or "base" for view in compared.worldviews],
        "cells": [_cell(space, cell) for row in compared.rows for cell in row.cells],
        "works_exactly_when": {row.plan: _works(row) for row in compared.rows},
        "threats": [
            _threat(cell) for row in compared.rows for cell in row.cells if any(cell.threats)
        ],
        "missing_premises": [_missing(each) for each in compared.premises],
        "without_target": list(compared.missing),
        "stopped": compared.stopped or None,
    }
    if worlds:
        data["worlds"] = {row.plan: [_world(each) for each in row.worlds] for row in compared.rows}
    return data


def _cell(space: StateSpace, cell: Cell) -> Data:
    nearest, way = cell.nearest, cell.exchange
    return {
        "plan": cell.plan,
        "worldview": cell.worldview or "base",
        "sticks": cell.sticks,
        "worlds": list(cell.share),
        "acceptable": None if cell.acceptable is None else cell.acceptable.value,
        "grade": None if cell.grade is None else cell.grade.value,
        "exchange": None if way is None else way.size,
        "exchange_proved": None if way is None else way.proved,
        "changes": None if way is None else way.changes,
        "why": [_reason(space, each) for each in cell.why],
        "nearest": None if nearest is None else dict(nearest),
        "nearest_proved": cell.proved,
        "rests_on": None
        if cell.rests_on is None
        else {
            "claims": list(cell.rests_on.claims),
            "assumptions": [
                {"party": each.party, "text": each.text} for each in cell.rests_on.assumptions
            ],
        },
    }


def _reason(space: StateSpace, reason: Reason) -> Data:
    move = None
    if reason.move is not None:
        move = changes(space, reason.origin, reason.move.state)
    claims = dict.fromkeys(claim for each in reason.statements for claim in each.claims)
    return {
        "party": reason.party,
        "test": reason.test,
        "move": move,
        "claims": list(claims),
        "statements": [statement_data(each) for each in reason.statements],
        "question": reason.question,
        "told": reason.told or None,
    }


def _works(row: Row) -> Data:
    formula = row.works
    if formula is None:
        return {"formula": None, "equally_short": 0}
    decides = [
        {"question": sway.factor, "turned": sway.turned, "contexts": sway.contexts}
        for sway in row.deciding
    ]
    return {**formula.data, "decides": decides}


def _threat(cell: Cell) -> Data:
    return {
        "plan": cell.plan,
        "worldview": cell.worldview or "base",
        "threats": [
            {
                "by": each[0].threat.by,
                "announce": each[0].threat.announce,
                "credible": list(dict.fromkeys(found.credible.value for found in each)),
                "kind": list(dict.fromkeys(found.kind for found in each)),
                "targets": {
                    party: list(dict.fromkeys(found.effects[party].value for found in each))
                    for party in each[0].effects
                },
            }
            for each in zip(*cell.threats, strict=True)
        ],
    }


def _missing(found: Missing) -> Data:
    return {
        "plan": found.plan,
        "worldview": found.worldview or "base",
        "sets": [[_premise(each) for each in chosen] for chosen in found.sets],
        "tried": found.tried,
        "out_of": found.out_of,
        "stopped": found.stopped,
    }


def _premise(premise: Premise) -> Data:
    if premise.kind == "answer":
        return {"kind": premise.kind, "question": premise.question, "answer": premise.answer}
    return {
        "kind": premise.kind,
        "party": premise.party,
        "first": None if premise.first is None else statement_data(premise.first),
        "second": None if premise.second is None else statement_data(premise.second),
        "author": premise.author or None,
    }


def _world(world: World) -> Data:
    return {
        "answers": dict(world.answers),
        "sticks": world.sticks,
        "acceptable": None if world.acceptable is None else world.acceptable.value,
        "grade": None if world.grade is None else world.grade.value,
        "told": world.told or None,
    }
