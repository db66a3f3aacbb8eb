"""How the claims of each plan's source look beside what happened, without a word to the engines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from servanda.evidence import later
from servanda.model import Case, ClaimId
from servanda.record import Hindsight, Record

VERDICTS: tuple[str, ...] = get_args(Hindsight.model_fields["verdict"].annotation)
_FIRST = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What hindsight says of the claims of one source.

    Parameters
    ----------
    source
        The source.
    plans
        The plans taken from it.
    judged
        Its claims with a verdict, in the order of the case.
    claims
        How many claims it makes in all.
    """

    source: str
    plans: tuple[str, ...]
    judged: Mapping[ClaimId, Hindsight]
    claims: int

    @property
    def counts(self) -> Mapping[str, int]:
        """How many claims there are of each verdict."""
        return counts(self.judged)


def counts(judged: Mapping[ClaimId, Hindsight]) -> Mapping[str, int]:
    """Return how many claims there are of each verdict."""
    found = Counter[str](each.verdict for each in judged.values())
    return {verdict: found[verdict] for verdict in VERDICTS}


def beside_plans(case: Case, record: Record) -> tuple[Beside, ...]:
    """Return the verdicts beside the plans, source by source; none of a case without hindsight.

    A source has its place where a plan is taken from it, or a claim of it has a verdict.
    """
    if not record.hindsight:
        return ()
    found = []
    for source in case.sources:
        plans = tuple(name for name, plan in case.plans.items() if plan.source == source)
        claims = [name for name in case.claims if source in sources_of(case, name)]
        judged = {name: record.hindsight[name] for name in claims if name in record.hindsight}
        if judged or (plans and claims):
            found.append(Beside(source=source, plans=plans, judged=judged, claims=len(claims)))
    return tuple(found)


def sources_of(case: Case, claim: ClaimId) -> tuple[str, ...]:
    """Return the sources a claim cites."""
    return tuple(dict.fromkeys(citation.source for citation in case.claims[claim].cite))


def begun_before(case: Case, record: Record, event: str, source: str) -> bool:
    """Return whether an event began before a source was written, as far as both dates tell."""
    first = _FIRST.match(record.events[event].date)
    return first is not None and later(case.sources[source].date, first[0])
