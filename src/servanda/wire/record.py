"""What happened and what the texts propose, as data."""

from __future__ import annotations

from servanda.hindsight import counts, sources_of
from servanda.model import Case
from servanda.proposals import Proposals
from servanda.record import Record, carrier
from servanda.wire.evidence import citation_data
from servanda.wire.parts import Data


def hindsight(case: Case, record: Record) -> Data:
    """Return the dated events, and the verdicts on claims with the plans that rest on each."""
    return {
        "events": [
            {
                "id": name,
                "date": event.date,
                "what": event.what,
                "where": event.where,
                "note": event.note or None,
            }
            for name, event in record.events.items()
        ],
        "hindsight": [
            {
                "claim": name,
                "verdict": judged.verdict,
                "events": list(judged.events),
                "note": judged.note or None,
                "sources": list(sources := sources_of(case, name)),
                "plans": [plan for plan, p in case.plans.items() if p.source in sources],
            }
            for name, judged in record.hindsight.items()
        ],
        "hindsight_counts": dict(counts(record.hindsight)),
    }


def proposals(found: Proposals) -> Data:
    """Return what the texts propose, with citations and what carries each."""
    return {
        "preface": found.record.preface,
        "proposals": [
            {
                "id": name,
                "text": proposal.text,
                "kind": proposal.kind,
                "citations": [
                    citation_data(cited, check)
                    for cited, check in zip(proposal.cite, found.checks[name], strict=True)
                ],
                "carried": [
                    dict(zip(("kind", "name"), carrier(text), strict=True))
                    for text in proposal.carried
                ],
                "not_modelled": proposal.not_modelled or None,
                "note": proposal.note or None,
            }
            for name, proposal in found.record.proposals.items()
        ],
        "proposal_counts": {verdict.value: n for verdict, n in found.counts.items()},
        "options_unnamed": list(found.options_unnamed),
    }
