"""What each part of a plan carries: what fails without it, who then blocks, and by which move.

A part is held at base and struck from the plan, as by `--without`, and the verdict found anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from servanda.conditions import OptionId
from servanda.errors import Lapsed, Undecided, UsageError
from servanda.model import ClaimId, PartyId, Resting
from servanda.obstacles import Obstacle, judged, obstacles
from servanda.situation import Situation, leave_out
from servanda.target import TargetVerdict
from servanda.turns import Turn

Kind = Literal["commitment", "offer", "guarantor", "threat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a plan that can be left out.

    Parameters
    ----------
    kind
        ``commitment``, ``offer``, ``guarantor`` or ``threat``.
    options
        What is left out: for a guarantor all it guarantees by, for a threat its announcement.
    who
        The guarantors, or the threatener.
    claims, assumption
        What the plan rests it on.
    """

    kind: Kind
    options: tuple[OptionId, ...]
    who: tuple[PartyId, ...] = ()
    claims: tuple[ClaimId, ...] = ()
    assumption: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What becomes of the target, or of a package, without a part.

    Parameters
    ----------
    part
        The part.
    situation
        The case without it.
    verdict
        The verdict without it; None where there is none, for the reason told.
    obstacles
        Who then blocks, with witness.
    reason
        Why it cannot be judged.
    settled
        Whether that was told: else time, or the number of states that may be looked at, ran out.
    """

    part: Part
    situation: Situation
    verdict: TargetVerdict | None
    obstacles: tuple[Obstacle, ...] = ()
    reason: str = ""
    settled: bool = True

    @property
    def sticks(self) -> bool:
        """Whether it sticks without the part."""
        return self.verdict is not None and self.verdict.sticks


def parts(situation: Situation) -> Iterator[Part]:
    """Yield what can be left out of a plan, one by one."""
    plan = situation.plan
    if plan is None:
        return
    term = situation.case.vocabulary.term
    for commitment in plan.commitments:
        yield _part("commitment", (term(commitment.take)[0],), (), commitment)
    for offer in plan.offers:
        yield _part("offer", (term(offer.take)[0],), (), offer)
    for guarantor in plan.guarantors:
        yield _part("guarantor", guarantor.via, guarantor.who, guarantor)
    for threat in plan.threats:
        yield _part("threat", (threat.announce,), (threat.by,), threat)


def _part(
    kind: Kind, options: tuple[OptionId, ...], who: tuple[PartyId, ...], rests: Resting
) -> Part:
    return Part(kind=kind, options=options, who=who, claims=rests.claims, assumption=rests.assumed)


def loads(
    situation: Situation, state: int | None = None, turn: Turn | None = None
) -> Iterator[Load]:
    """Yield what becomes of the plan's target, or of a package, without each part of the plan.

    Each part has its share of the time, so that one that takes long leaves the others theirs.
    """
    turn = turn or Turn()
    every = tuple(parts(situation))
    for place, part in enumerate(every):
        yield load(situation, state, part, turn.part(1 / (len(every) - place)))


def load(situation: Situation, state: int | None, part: Part, turn: Turn) -> Load:
    """Return what becomes of the plan's target, or of a package, without one part."""
    variant = leave_out(situation, part.options)
    package = state
    if state is not None:
        gone = variant.conflict.frozen - situation.conflict.frozen
        base = situation.case.base
        package = situation.space.put(state, {option: base[option] for option in gone})
    try:
        turn(f"what carries it: without {', '.join(part.options)}")
        verdict = judged(variant, package, turn)
        witnesses = () if verdict.sticks else obstacles(verdict)
    except (Lapsed, Undecided) as short:
        return Load(part=part, situation=variant, verdict=None, reason=str(short), settled=False)
    except UsageError as error:
        return Load(part=part, situation=variant, verdict=None, reason=error.message)
    return Load(part=part, situation=variant, verdict=verdict, obstacles=witnesses)
