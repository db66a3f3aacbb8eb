"""Findings in, plain sentences out: no printing, no colour, plain text as data."""

from servanda.narrative.agreement import (
    blockers_section,
    package_section,
    packages_section,
    refusals_section,
    target_section,
)
from servanda.narrative.basis import (
    assumptions_section,
    names_section,
    wishes_section,
)
from servanda.narrative.compare import compare_sections
from servanda.narrative.course import no_deal_section, threat_sections
from servanda.narrative.evidence import (
    claims_section,
    evidence_sections,
    mentions_section,
    sources_line,
)
from servanda.narrative.grounds import because, grounds_section, rests_line
from servanda.narrative.lines import five_lines, how_long_deals_last
from servanda.narrative.premises import Premises, gather, premises_sections
from servanda.narrative.record import hindsight_section, proposals_line, proposals_section
from servanda.narrative.relaxation import relaxation_section
from servanda.narrative.remedies import remedies_sections
from servanda.narrative.room import room_section
from servanda.narrative.section import Line, Section, Table, Tone
from servanda.narrative.stable import explain_state
from servanda.narrative.steps import roadmap_section

__all__ = [
    "Line",
    "Premises",
    "Section",
    "Table",
    "Tone",
    "assumptions_section",
    "because",
    "blockers_section",
    "claims_section",
    "compare_sections",
    "evidence_sections",
    "explain_state",
    "five_lines",
    "gather",
    "grounds_section",
    "hindsight_section",
    "how_long_deals_last",
    "mentions_section",
    "names_section",
    "no_deal_section",
    "package_section",
    "packages_section",
    "premises_sections",
    "proposals_line",
    "proposals_section",
    "refusals_section",
    "relaxation_section",
    "remedies_sections",
    "rests_line",
    "roadmap_section",
    "room_section",
    "sources_line",
    "target_section",
    "threat_sections",
    "wishes_section",
]
