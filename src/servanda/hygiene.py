"""What is sound but odd: wishes that decide nothing, options nobody cares for, idle parties."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from servanda.conditions import OptionId, mentions
from servanda.conflict import Conflict
from servanda.errors import KEY, Path, Problem
from servanda.model import Case, PartyId
from servanda.worlds import seen_by


def warnings(case: Case, conflict: Conflict | None = None) -> list[Problem]:
    """Return what an analyst should look at twice in a case without faults.

    Parameters
    ----------
    case
        The case before any plan.
    conflict
        The same, ready for the engines; without it no wish is tried on the states.

    Returns
    -------
    list of Problem
        Warnings with their paths, but without files and lines.
    """
    return [
        Problem(message=message, path=path, hint=hint, severity="warning")
        for path, message, hint in (
            *_idle(case),
            *_unused_plans(case),
            *_unmentioned(case),
            *(() if conflict is None else _undecided(conflict)),
        )
    ]


Told = tuple[Path, str, str]
"""Path, message and hint of a warning."""


def _idle(case: Case) -> Iterator[Told]:
    """Yield the parties that own nothing."""
    owners = {owner for option in case.options.values() for owner in option.owners}
    for party in case.parties:
        if party not in owners and party not in case.signatories.of:
            message = f'party "{party}" owns no option'
            yield ("parties", party, KEY), message, "it can sign, but never act"


def _unused_plans(case: Case) -> Iterator[Told]:
    """Yield a word on plans of which none is used unless it is asked for."""
    if case.plans and case.default_plan is None:
        known = ", ".join(case.plans)
        yield ("plans", KEY), "no plan is used unless it is named", f"write default_plan: {known}"


def _unmentioned(case: Case) -> Iterator[Told]:
    """Yield the options no statement mentions, facts written out; a ranking mentions all."""
    if any(preference.form == "ranking" for preference in case.preferences.values()):
        return
    mentioned: set[OptionId] = set()
    for view in (case, *_answered(case)):
        for _, _, wish in _wishes(view):
            mentioned |= mentions(view.vocabulary.condition(wish))
        for preference in view.preferences.values():
            mentioned |= set(preference.position)
    for option in case.options:
        if option not in mentioned:
            message = f'no statement mentions option "{option}"'
            yield ("options", option, KEY), message, "nobody cares whether it is taken"


def _answered(case: Case) -> Iterator[Case]:
    """Yield the case under each single answer, and as each author sees it."""
    for question, stated in case.questions.items():
        for answer in stated.answers:
            yield seen_by(case, None, {question: answer})
    for worldview in case.worldviews:
        yield seen_by(case, worldview)


def _undecided(conflict: Conflict) -> Iterator[Told]:
    """Yield the wishes that are never true, or always, in the states that can be."""
    case, feasible = conflict.case, conflict.feasible
    for path, party, wish in _wishes(case):
        truth = conflict.space.truth(case.vocabulary.condition(wish))
        if not np.logical_and(truth, feasible).any():
            message = f'the wish "{wish}" of "{party}" can never be true'
        elif not np.logical_and(~truth, feasible).any():
            message = f'the wish "{wish}" of "{party}" is always true'
        else:
            continue
        yield path, message, "it decides nothing"


def _wishes(case: Case) -> Iterator[tuple[Path, PartyId, str]]:
    """Yield every statement's path, party and text."""
    for party, preference in case.preferences.items():
        path: Path = ("preferences", party)
        for place, group in enumerate(preference.ordered):
            for member, statement in enumerate(group):
                yield (*path, "ordered", place, member, "wish"), party, statement.wish
        for wish in preference.points:
            yield (*path, "points", wish, KEY), party, wish
