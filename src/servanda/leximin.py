"""The package whose worst-off signatory stands best, then the next worst-off, and so on.

A standing is how much of what a party wants it gets, from 0 to `SCALE`: of ordered statements the
share met before the first that is not, of points where they lie between the least and the most
that there could be.
"""

from __future__ import annotations

from typing import Any, Final

from servanda.acceptance import signatories
from servanda.candidates import Candidates, Optimum
from servanda.conditions import holds
from servanda.model import PartyId

SCALE: Final = 10**6


class Leximin:
    """The order of packages in which the worst-off signatory counts first.

    Parameters
    ----------
    search
        The packages.
    """

    def __init__(self, search: Candidates) -> None:
        self.search = search
        self._standings = [standing(search, party) for party in search.conflict.parties]
        self._worst: dict[int, tuple[Any, Any]] = {}

    def best(self) -> tuple[Optimum, int]:
        """Return the best package, and a bound on the worst-off signatory's standing.

        Of several as good the one with the fewest changes.
        """
        search = self.search
        fixed: list[Any] = []
        state, bound, firm = None, SCALE, None
        for place in range(len(self._standings)):
            goal, guard = self._nth_worst(place)
            if place == 0:
                firm = search.firm(goal, [guard], maximise=True)
            found = search.optimum(goal, [*fixed, guard], maximise=True)
            if place == 0 and found.bound is not None:
                bound = found.bound
            if found.state is None and state is None:
                if firm is None or firm.state is None or found.status == "infeasible":
                    return found, bound
                return Optimum(status="feasible", state=firm.state), bound
            if found.status != "optimal" or found.state is None or found.value is None:
                best = found.state if state is None else state
                return Optimum(status="feasible", state=best), bound
            state = found.state
            fixed += [guard, search.at_least(goal, found.value)]
            if found.value == SCALE:
                break
        return search.fewest_changes(fixed, state), bound

    def _nth_worst(self, place: int) -> tuple[Any, Any]:
        """Return a number that all standings but `place` reach, and what makes it so."""
        if place not in self._worst:
            model = self.search.forms.model
            goal = model.new_int_var(0, SCALE, "")
            guard = model.new_bool_var("")
            reach = [model.new_bool_var("") for _ in self._standings]
            for each, reached in zip(self._standings, reach, strict=True):
                model.add(each >= goal).only_enforce_if(reached)
            model.add(sum(reach) >= len(reach) - place).only_enforce_if(guard)
            self._worst[place] = goal, guard
        return self._worst[place]


def standing(search: Candidates, party: PartyId) -> Any:
    """Return a party's standing where it signs, and the highest where it does not."""
    forms, payoff = search.forms, search.conflict.payoffs[party]
    model = forms.model
    found = model.new_int_var(0, SCALE, "")
    signs = search.signs(party)
    model.add(found == SCALE).only_enforce_if(signs.negated())
    if payoff.form == "ordered":
        steps = []
        met: list[Any] = []
        for place, group in enumerate(search.wishes[party]):
            met += [forms.literal(wish) for wish in group]
            steps.append(_share(place + 1, len(payoff.groups)) - _share(place, len(payoff.groups)))
            met = [forms.all_of(met)]
            steps[-1] = steps[-1] * met[0]
        model.add(found == sum(steps)).only_enforce_if(signs)
    elif payoff.form == "points":
        total, low, high = _spread(search, party)
        span = max(high - low, 1)
        model.add(found * span <= SCALE * (total - low)).only_enforce_if(signs)
        model.add((found + 1) * span >= SCALE * (total - low) + 1).only_enforce_if(signs)
    else:
        model.add(found == SCALE)
    return found


def _spread(search: Candidates, party: PartyId) -> tuple[Any, int, int]:
    """Return a party's points, and the least and the most that they could ever add up to."""
    scale = search.conflict.payoffs[party].scale
    weights = [int(worth * scale) for _, worth in search.worths[party]]
    low, high = sum(w for w in weights if w < 0), sum(w for w in weights if w > 0)
    return search.points(party)[0], low, high


def standings(search: Candidates, state: int) -> list[int]:
    """Return every party's standing in a state, counted without the solver."""
    levels = search.conflict.space.levels(state)
    signing = signatories(search.situation, state)
    found = []
    for party in search.conflict.parties:
        payoff = search.conflict.payoffs[party]
        if party not in signing or payoff.form not in {"ordered", "points"}:
            found.append(SCALE)
        elif payoff.form == "ordered":
            groups = search.wishes[party]
            met = (all(holds(wish, levels) for wish in group) for group in groups)
            first = next((n for n, each in enumerate(met) if not each), len(groups))
            found.append(_share(first, len(groups)))
        else:
            scale = payoff.scale
            worths = [(w, int(worth * scale)) for w, worth in search.worths[party]]
            low = sum(worth for _, worth in worths if worth < 0)
            high = sum(worth for _, worth in worths if worth > 0)
            total = sum(worth for wish, worth in worths if holds(wish, levels))
            found.append(SCALE * (total - low) // max(high - low, 1))
    return found


def _share(part: int, whole: int) -> int:
    return SCALE * part // whole if whole else SCALE
