"""Whether a party or a group gains by any move, asked of the solver where moves are too many."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ortools.sat.python import cp_model

from servanda.conditions import Condition, OptionId, holds
from servanda.conflict import Conflict
from servanda.errors import Undecided
from servanda.formulas import Formulas, wishes_of, worths_of
from servanda.interruption import solved
from servanda.model import PartyId

_SECONDS = 20.0


def better_move(
    conflict: Conflict, movers: PartyId | Collection[PartyId], state: int
) -> int | None:
    """Return some state that a party can move to and prefers; None if it is proved there is none.

    Of a group every member must prefer it.

    Raises
    ------
    Undecided
        If the solver did not settle it in time.
    """
    group = (movers,) if isinstance(movers, str) else tuple(movers)
    forms = Formulas(conflict.case)
    _legal(forms, conflict, group, state)
    for rule in conflict.case.never:
        forms.forbid(forms.literal(conflict.case.vocabulary.condition(rule.that)))
    for party in group:
        _prefers(forms, conflict, PartyId(party), state)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = _SECONDS
    code = solved(solver, forms.model)
    if code == cp_model.INFEASIBLE:
        return None
    if code not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        who = " and ".join(conflict.case.name(PartyId(party)) for party in group)
        raise Undecided(f"whether {who} can gain by a move was not settled")
    levels = {
        option: next(n for n, literal in enumerate(each) if solver.boolean_value(literal))
        for option, each in forms.levels.items()
    }
    return conflict.space.index(levels)


def _legal(forms: Formulas, conflict: Conflict, group: Collection[PartyId], state: int) -> None:
    """Post that one legal move leads there: what the movers may set or leave, all else still."""
    moves, space = conflict.moves, conflict.space
    reach = moves.reach(group)
    now = space.levels(state)
    may: dict[OptionId, set[int]] = {option: {level} for option, level in now.items()}
    for option in reach.free:
        may[option] |= set(moves.allowed(state, option).tolist())
    for option in reach.terms:
        may[option].add(moves.fallen(option, now[option]))
    together: list[tuple[Any, list[OptionId]]] = []
    for mine, fallen in reach.packages:
        changes = any(moves.fallen(o, now[o]) != now[o] for o in mine)
        barred = any(o in moves.held and moves.fallen(o, now[o]) != now[o] for o in fallen)
        if changes and not barred:
            together.append((forms.model.new_bool_var(""), list(fallen)))
    packed = {option for _, fallen in together for option in fallen}
    for option, levels in forms.levels.items():
        if option in conflict.frozen or option in moves.held:
            may[option] = {now[option]}
        if option not in packed:
            forms.model.add_bool_or([levels[level] for level in sorted(may[option])])
    for option in packed:
        gone = forms.any_of(left for left, fallen in together if option in fallen)
        level = forms.levels[option][moves.fallen(option, now[option])]
        forms.model.add_implication(gone, level)
        stays = [forms.levels[option][each] for each in sorted(may[option])]
        forms.model.add_bool_or([gone, *stays])


def _prefers(forms: Formulas, conflict: Conflict, party: PartyId, state: int) -> None:
    """Post that the party prefers where it goes to where it is."""
    levels = conflict.space.levels(state)

    def met(wish: Condition) -> Condition:
        return forms.constant(holds(wish, levels))

    if conflict.payoffs[party].form == "points":
        worths = worths_of(conflict.case, party)
        better = forms.gains_points([((met(wish), wish), worth) for wish, worth in worths])
    else:
        there = wishes_of(conflict.case, party)
        better = forms.prefers([[met(wish) for wish in group] for group in there], there)
    forms.require(better)
