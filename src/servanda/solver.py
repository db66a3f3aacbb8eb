"""Packages in conflicts too large to enumerate: found, ordered and proved by constraint solving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from time import monotonic
from typing import Any, Final

from servanda.acceptance import How
from servanda.candidates import Candidates, Status
from servanda.conditions import OptionId
from servanda.gains import Gains
from servanda.leximin import SCALE, Leximin, standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best package found, and how good it is known to be.

    Parameters
    ----------
    state
        The package; None if none is known.
    status
        ``optimal``: proved; ``feasible``: there may be a better one; ``infeasible``: it is
        proved that there is none; ``unknown``: nothing is known.
    standings
        Each signatory's standing, the worst-off first: shares of `SCALE`.
    bound
        The best that the worst-off signatory's standing can be, where that is the order.
    gain, most
        Where packages are ordered by gain in points: that of this one, and the most that it can
        be; None otherwise.
    cuts
        Moves and candidates excluded on the way.
    seconds
        How long it took.
    """

    state: int | None
    status: Status
    standings: tuple[int, ...] = ()
    bound: int = SCALE
    gain: Fraction | None = None
    most: Fraction | None = None
    cuts: int = 0
    seconds: float = 0.0


class Search(Candidates):
    """A search for packages of a situation, in order; a standing of 1 counts as `FULL`.

    Attributes
    ----------
    proved
        Whether what `nearest` returned last is for certain.
    """

    FULL: Final = SCALE
    proved: bool = False

    @cached_property
    def _leximin(self) -> Leximin:
        return Leximin(self)

    @cached_property
    def _by_gain(self) -> dict[How, Gains]:
        return {}

    def packages(self, limit: int = 1, *, by: How | None = None, apart: int = 1) -> Iterator[Best]:
        """Yield the best package, the next best, and so on; the last says why there are no more.

        Each differs from those before in at least so many terms; packages with the same terms
        count as one.
        """
        for _ in range(limit):
            found = self.best(by)
            yield found
            if found.state is None or found.status != "optimal":
                return
            self.leave_out(found.state, apart=apart)

    def leave_out(self, state: int, *, apart: int = 1) -> None:
        """Exclude all packages that differ from one in fewer than so many terms."""
        self.exclude(state, self.situation.terms, apart=apart)

    def among(self, levels: Mapping[OptionId, Iterable[int]]) -> None:
        """Let some options stand at some of their levels only."""
        for option, allowed in levels.items():
            each = self.forms.levels[option]
            self.forms.model.add_bool_or([each[level] for level in sorted(set(allowed))])

    def other_than(self, state: int) -> None:
        """Exclude one state."""
        self.exclude(state)

    def extreme(self, *, most: bool = False) -> tuple[int | None, Status]:
        """Return the package with the fewest changes, or with the most, and what is proved."""
        found = self.optimum(self.changes, [], maximise=most)
        return found.state, found.status

    def nearest(
        self,
        states: Sequence[int],
        weights: Mapping[OptionId, int] | None = None,
        below: int | None = None,
    ) -> tuple[int, int] | None:
        """Return the package that differs from one of some states in the fewest terms.

        Parameters
        ----------
        states
            The states.
        weights
            How much a change of each term counts; 1 where nothing is said.
        below
            Look only for what weighs less than this.

        Returns
        -------
        (package, weight of the terms) or None
            None where there is none, or none was found in time: `proved` tells which.
        """
        terms = dict.fromkeys(self.situation.terms, 1) | dict(weights or {})
        apart, chosen = self.apart(states, terms)
        assumed = [chosen]
        if below is not None:
            assumed.append(self.at_least(-apart, 1 - below))
        best = self.optimum(apart, assumed, maximise=False)
        self.proved = best.status in {"optimal", "infeasible"}
        found = best.state
        if found is None:
            return None
        space = self.conflict.space
        least = min(
            sum(w for o, w in terms.items() if space.level(found, o) != space.level(state, o))
            for state in states
        )
        return found, least

    def apart(
        self, states: Sequence[int], weights: Mapping[OptionId, int] | None = None
    ) -> tuple[Any, Any]:
        """Return in how many terms a package differs from one of some states, if a literal holds.

        Where no state is given: how many options it changes.  With weights, what the terms in
        which it differs weigh together.
        """
        if not states:
            return self.changes, self.forms.always
        model = self.forms.model
        terms = dict.fromkeys(self.situation.terms, 1) if weights is None else dict(weights)
        apart = model.new_int_var(0, sum(terms.values()), "")
        chosen = []
        for state in states:
            levels = self.conflict.space.levels(state)
            differs = sum(w * self.forms.levels[o][levels[o]].negated() for o, w in terms.items())
            this = model.new_bool_var("")
            model.add(apart == differs).only_enforce_if(this)
            chosen.append(this)
        return apart, self.forms.any_of(chosen)

    def best(self, by: How | None = None) -> Best:
        """Return the best package; of several as good the one with the fewest changes.

        Parameters
        ----------
        by
            The gain in points by which packages are ordered; None to order them by standing, the
            worst-off signatory first.

        Raises
        ------
        UsageError
            If packages are to be ordered by points, and some party would sign one and has none.
        """
        began = monotonic()
        if by is None:
            found, bound = self._leximin.best()
            gain = most = None
        else:
            if by not in self._by_gain:
                self._by_gain[by] = Gains(self, by)
            gains = self._by_gain[by]
            found, most = gains.best()
            bound = SCALE
            gain = None if found.state is None else gains.gain(found.state)
        state = found.state
        return Best(
            state=state,
            status=found.status,
            standings=() if state is None else tuple(sorted(standings(self, state))),
            bound=bound,
            gain=gain,
            most=most,
            cuts=self.cuts,
            seconds=monotonic() - began,
        )
