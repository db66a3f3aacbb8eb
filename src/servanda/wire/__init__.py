"""Findings as plain data for other programs: the JSON that every verb writes with ``--json``.

The keys are a contract: new ones may come, none is renamed.  Parties, options and claims go by
their ids, levels by their names, and order is that of the case file.
"""

from servanda.wire.agreements import agreements, missing
from servanda.wire.compare import compare
from servanda.wire.course import no_deal_alone, roadmap, threats
from servanda.wire.evidence import evidence, web_annotations
from servanda.wire.explanation import explain
from servanda.wire.record import hindsight, proposals
from servanda.wire.relaxation import relaxation
from servanda.wire.remedies import lacking, remedies
from servanda.wire.room import room
from servanda.wire.stable import stability, stable_sets, witnesses
from servanda.wire.text import problems, written

__all__ = [
    "agreements",
    "compare",
    "evidence",
    "explain",
    "hindsight",
    "lacking",
    "missing",
    "no_deal_alone",
    "problems",
    "proposals",
    "relaxation",
    "remedies",
    "roadmap",
    "room",
    "stability",
    "stable_sets",
    "threats",
    "web_annotations",
    "witnesses",
    "written",
]
