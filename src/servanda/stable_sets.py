"""How many states are stable, and what is done in them, where there are too many to list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from servanda.conditions import Condition, OptionId
from servanda.conflict import Tick, silent
from servanda.errors import Stopped, UsageError
from servanda.nodeal import NoDeal
from servanda.package_sets import PackageSets
from servanda.situation import Situation
from servanda.spelling import Diagram
from servanda.stability import Concept
from servanda.symbolic import Effort, Symbolic
from servanda.workroom import Workroom

Shares = Mapping[OptionId, Mapping[int, Fraction]]
"""For each option, in what share of some states it stands at each level."""

QUICK: Final = (Concept.NASH, Concept.GMR, Concept.SMR)
"""The senses that take no time to speak of; SEQ may take very long."""

EVERY: Final = (*QUICK, Concept.SEQ)
"""All senses, in the order in which they are best worked out."""

UNASKED: Final = 2**21
"""How much work goes into SEQ where nobody asked for it: some seconds."""

_STRONGER: Final[Mapping[Concept, tuple[Concept, ...]]] = {
    Concept.NASH: (),
    Concept.SEQ: (Concept.NASH,),
    Concept.SMR: (Concept.NASH,),
    Concept.GMR: (Concept.NASH, Concept.SEQ, Concept.SMR),
}
"""In which senses a state is stable only if it is in another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StableSets:
    """The sets of states that are stable for all parties, counted exactly.

    Parameters
    ----------
    situation
        The case, perhaps under a plan.
    feasible
        How many states there are that can be, and are looked at.
    counts
        How many of them are stable, in each sense that was asked for and could be worked out.
    shares
        What is done in them; nothing where there are none.
    refused
        Why a sense could not be worked out.
    bounds
        How many states are stable in such a sense at the least and at the most.
    where
        The condition that all states looked at meet; None where all are looked at.
    no_deal
        Where the case goes without a deal, if only packages that are surely acceptable beside
        that are looked at.
    stopped
        What ended the work early, if anything did.
    too_many
        Why those looked at could not be told from others that can be, if so: `feasible` is then
        how many there are at most.
    """

    situation: Situation
    feasible: int
    counts: Mapping[Concept, int]
    shares: Mapping[Concept, Shares]
    refused: Mapping[Concept, str]
    bounds: Mapping[Concept, tuple[int, int]]
    where: Condition | None = None
    no_deal: NoDeal | None = None
    stopped: str = ""
    too_many: str = ""

    @property
    def none_is_kept(self) -> bool:
        """Whether it is established that no state is stable in the sense Nash or SEQ."""
        return not self.counts.get(Concept.SEQ, self.bounds.get(Concept.SEQ, (0, 1))[1])


def stable_sets(
    situation: Situation,
    concepts: Sequence[Concept] = QUICK,
    tick: Tick = silent,
    *,
    where: Condition | None = None,
    no_deal: NoDeal | None = None,
    room: Workroom | None = None,
) -> StableSets:
    """Return how many states are stable for all, and what is done in them, without listing any.

    Parameters
    ----------
    situation
        The case, perhaps under a plan; of any size.
    concepts
        The senses asked for, in the order in which they are worked out.
    tick
        Told what is being done; may stop it: then what is known so far is returned.
    where
        A condition: only states that meet it are looked at.
    no_deal
        Where the case goes without a deal: only packages that are surely acceptable are looked at.
    room
        Where to work, for how long.

    Raises
    ------
    UsageError
        If not even the states looked at can be counted.

    Examples
    --------
    >>> from servanda.casefile import find_case, read_case
    >>> from servanda.situation import lay
    >>> found = stable_sets(lay(read_case(find_case("chicken"))))
    >>> found.feasible, found.counts[Concept.NASH]
    (4, 2)
    """
    counting = _Counting(situation, where, no_deal, room or Workroom(situation, tick))
    counting.count_all()
    stopped = ""
    try:
        for concept in concepts:
            counting.count(concept)
    except Stopped as error:
        stopped = str(error)
    except KeyboardInterrupt:
        stopped = "interrupted"
    missing = [concept for concept in concepts if concept not in counting.counts]
    return StableSets(
        situation=situation,
        feasible=counting.every,
        too_many=counting.not_all,
        counts=counting.counts,
        shares=counting.shares,
        refused={c: counting.refused.get(c, stopped) for c in missing},
        bounds={c: counting.bounds(c) for c in missing},
        where=where,
        no_deal=no_deal,
        stopped=stopped,
    )


def looked_at(
    engine: Symbolic,
    situation: Situation,
    where: Condition | None = None,
    no_deal: NoDeal | None = None,
    *,
    among: Diagram | None = None,
) -> Diagram:
    """Return the feasible states that meet a condition and, given no deal, surely acceptable.

    Parameters
    ----------
    engine, situation
        The symbolic engine of a situation's case.
    where, no_deal
        The condition, and where it goes without a deal.
    among
        The states that are looked at in the first place; None for all.
    """
    states = engine.feasible if among is None else among
    if where is not None:
        states = engine.every((states, engine.where(where)))
    if no_deal is None:
        return states
    found = PackageSets(engine, situation, no_deal)
    return found.surely_among(engine.every((states, found.packages)))


@dataclass
class _Counting:
    """The counts as they become known."""

    situation: Situation
    where: Condition | None
    no_deal: NoDeal | None
    room: Workroom
    every: int = 0
    not_all: str = ""
    counts: dict[Concept, int] = field(default_factory=dict)
    shares: dict[Concept, Shares] = field(default_factory=dict)
    refused: dict[Concept, str] = field(default_factory=dict)
    most: dict[Concept, int] = field(default_factory=dict)

    def states(self, engine: Symbolic, among: Diagram | None = None) -> Diagram:
        return looked_at(engine, self.situation, self.where, self.no_deal, among=among)

    def count_all(self) -> None:
        """Count the states looked at; where that takes too much room, all that may be among them.

        With Nash stable states it may take less, for they are fewer to begin with.
        """
        try:
            self.every = self.room.done(lambda engine: engine.count(self.states(engine)))
        except UsageError as error:
            if self.no_deal is None:
                raise
            self.not_all = str(error)
            free = replace(self, no_deal=None)
            self.every = self.room.done(lambda engine: engine.count(free.states(engine)))

    def count(self, concept: Concept) -> None:
        """Count the states that are stable for all, or note why they cannot be counted."""

        def work(engine: Symbolic) -> tuple[int, Shares]:
            if concept is not Concept.SEQ:
                left = self.states(engine, engine.equilibria(concept))
                return engine.count(left), engine.share(left)
            left = states = self.states(engine)
            for left in engine.narrowing(concept, states):
                self.most[concept] = engine.count(left)
            return engine.count(left), engine.share(left)

        try:
            self.counts[concept], shares = self.room.done(work)
        except UsageError as error:
            self.refused[concept] = str(error)
        else:
            self.shares[concept] = shares if self.counts[concept] else {}

    def bounds(self, concept: Concept) -> tuple[int, int]:
        """Return how many states are stable at the least and at the most, by what is known."""
        least = max(self._known(_STRONGER[concept]), default=0)
        weaker = (other for other, stronger in _STRONGER.items() if concept in stronger)
        most = min(self._known(weaker), default=self.every)
        return least, min(most, self.most.get(concept, self.every))

    def _known(self, concepts: Iterable[Concept]) -> list[int]:
        return [self.counts[concept] for concept in concepts if concept in self.counts]


def unasked(situation: Situation, tick: Tick = silent) -> Workroom:
    """Return room for what nobody asked for in so many words: it takes seconds, not minutes."""
    return Workroom(situation, tick, Effort(UNASKED), rooms=(2**20,), asked=False)
