"""How many states are stable, and what is done in them, where there are too many to list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import UsageError
from servanda.situation import Situation
from servanda.stability import Concept

Shares = Mapping[OptionId, Mapping[int, Fraction]]
"""For each option, in what share of some states it stands at each level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StableSets:
    """The sets of states that are stable for all parties, counted exactly.

    Parameters
    ----------
    situation
        The case, perhaps under a plan.
    feasible
        How many states there are that can be.
    counts
        How many are stable, in each sense that was asked for and could be worked out.
    shares
        What is done in them; nothing where there are none.
    refused
        Why a sense could not be worked out.
    """

    situation: Situation
    feasible: int
    counts: Mapping[Concept, int]
    shares: Mapping[Concept, Shares]
    refused: Mapping[Concept, str]


QUICK: Final = (Concept.NASH, Concept.GMR, Concept.SMR)
"""The senses that take no time to speak of; SEQ may take very long."""


def stable_sets(
    situation: Situation, concepts: Sequence[Concept] = QUICK, tick: Tick = silent
) -> StableSets:
    """Return how many states are stable for all, and what is done in them, without listing any.

    Parameters
    ----------
    situation
        The case, perhaps under a plan; of any size.
    concepts
        The senses asked for.
    tick
        Told what is being done; may stop it.
    """
    from servanda.symbolic import Symbolic  # noqa: PLC0415  # its library is needed here only

    conflict = situation.conflict
    engine = Symbolic(conflict.case, conflict.frozen, tick=tick)
    counts: dict[Concept, int] = {}
    shares: dict[Concept, Shares] = {}
    refused: dict[Concept, str] = {}
    for concept in concepts:
        try:
            found = engine.equilibria(concept)
            counts[concept] = engine.count(found)
            shares[concept] = engine.share(found) if counts[concept] else {}
        except UsageError as error:
            refused[concept] = str(error)
    return StableSets(
        situation=situation,
        feasible=engine.count(engine.feasible),
        counts=counts,
        shares=shares,
        refused=refused,
    )
