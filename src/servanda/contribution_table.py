"""The minimum coalitions by a table over what is still needed: exact, and the ties are counted.

It needs a cell for each contributor and each step of the quota; the table is that of [MT1990]_.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.quota import LARGEST, NEVER, Found, Measure, Places, Role, WholeQuota

_CELLS: Final = 20_000_000
_COUNTABLE: Final = 1 << 53


def fits(whole: WholeQuota) -> bool:
    """Whether a table has room for the question, and its cells for the numbers."""
    highest = math.prod(whole.worst(measure) + 1 for measure in Measure)
    return (len(whole.who) + 1) * (whole.quota + 1) <= _CELLS and highest < LARGEST


def by_table(whole: WholeQuota) -> Found:
    """Find a minimum coalition, and count them all."""
    if not fits(whole):
        raise UsageError("the numbers are too large for a table", "use the solver")
    roles, ties = Table(whole, whole.question.by).roles()
    best = next(Table(whole, whole.question.order).walk())
    bounds = tuple(whole.value(best, measure) for measure in whole.question.by)
    return Found(places=best, bounds=bounds, roles=roles, ties=ties, stopped="")


class Table:
    """The least still to come, for every need that remains and every contributor still to ask.

    `least` is int64, shape = contributors + 1, steps of the quota + 1: the least that the
    contributors from this one on add while so many steps are needed.
    """

    def __init__(self, whole: WholeQuota, order: Sequence[Measure]) -> None:
        self.whole = whole
        self.joining, self.each = _weighed(whole, order)
        self.need = np.arange(whole.quota + 1, dtype=np.int64)
        self.least = np.full((len(whole.who) + 1, whole.quota + 1), NEVER, dtype=np.int64)
        self.least[-1, 0] = 0
        for place in reversed(range(len(whole.who))):
            joined = self.joined(place)
            stays_out = NEVER if whole.who[place].veto else self.least[place + 1]
            self.least[place] = np.minimum(joined, stays_out)

    def joined(self, place: int) -> NDArray[np.int64]:
        """Return the least still to come at each need if this contributor joins."""
        cap = self.whole.caps[place]
        given = np.minimum(self.need, cap)
        after: NDArray[np.int64] = self.least[place + 1][self.need - given]
        return self.joining[place] + self.each[place] * given + after

    def walk(self) -> Iterator[Places]:
        """Give each minimum coalition once; no step is in vain."""
        stack: list[tuple[int, int, tuple[int, ...]]] = [(0, self.whole.quota, ())]
        while stack:
            place, need, chosen = stack.pop()
            if place == len(self.whole.who):
                yield frozenset(chosen)
                continue
            least, given = self.least[place, need], min(need, self.whole.caps[place])
            if not self.whole.who[place].veto and self.least[place + 1, need] == least:
                stack.append((place + 1, need, chosen))
            toll = self.joining[place] + self.each[place] * given
            if toll + self.least[place + 1, need - given] == least:
                stack.append((place + 1, need - given, (*chosen, place)))

    def roles(self) -> tuple[dict[PartyId, Role], int | None]:
        """Return who is in all, some or none of the minimum coalitions, and how many there are.

        The number of ways to each need is followed from contributor to contributor, along minimum
        coalitions only; in floating point, exact up to 2^53.
        """
        roles = {}
        ways = np.zeros(self.whole.quota + 1)
        ways[-1] = 1
        for place, one in enumerate(self.whole.who):
            cap, least = self.whole.caps[place], self.least[place]
            into = np.where(self.joined(place) == least, ways, 0)
            past = np.where((self.least[place + 1] == least) & (not one.veto), ways, 0)
            both = into.any() and past.any()
            roles[one.id] = Role.SOMETIMES if both else Role.lasting(joins=bool(into.any()))
            with np.errstate(over="ignore"):
                ways = past
                ways[0] += into[:cap].sum()
                ways[: len(ways) - cap] += into[cap:]
        return roles, int(ways[0]) if ways[0] < _COUNTABLE else None


def _weighed(whole: WholeQuota, order: Sequence[Measure]) -> tuple[list[int], list[int]]:
    """Return joining and price of a step, each measure outweighing all those after it."""
    joining, each = [0] * len(whole.who), [0] * len(whole.who)
    for measure in order:
        scale = whole.worst(measure) + 1
        more = whole.tolls(measure)
        joining = [a * scale + b for a, b in zip(joining, more[0], strict=True)]
        each = [a * scale + b for a, b in zip(each, more[1], strict=True)]
    return joining, each
