"""What the texts of a case propose, beside what carries it: every citation checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from servanda.errors import Path, Problem
from servanda.evidence import Evidence, accusation
from servanda.quotation import Found, Verdict
from servanda.record import CARRIERS, Proposal, Record, carrier, carriers


@dataclass(frozen=True)
class Proposals:
    """The proposals of a record beside the case that carries them and the sources at hand.

    Parameters
    ----------
    record
        What stands beside the case.
    evidence
        The case with its sources.
    """

    record: Record
    evidence: Evidence

    @cached_property
    def checks(self) -> Mapping[str, tuple[Found, ...]]:
        """What came of each citation of each proposal."""
        return {
            name: tuple(self.evidence.look_up(citation) for citation in proposal.cite)
            for name, proposal in self.record.proposals.items()
        }

    @cached_property
    def counts(self) -> Mapping[Verdict, int]:
        """How many citations have come to each verdict."""
        found = Counter(found.verdict for checked in self.checks.values() for found in checked)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def total(self) -> int:
        """How many citations there are."""
        return sum(self.counts.values())

    @property
    def verified(self) -> bool:
        """Whether every citation is verified."""
        return all(verdict.verified for verdict, count in self.counts.items() if count)

    @property
    def unchecked(self) -> bool:
        """Whether no citation could be checked, for want of sources."""
        return self.counts[Verdict.NO_SOURCE] == self.total

    @cached_property
    def by_source(self) -> Mapping[str, Mapping[str, Proposal]]:
        """The proposals of each source, in the order of the case's sources; by the first cited."""
        found: dict[str, dict[str, Proposal]] = {name: {} for name in self.evidence.case.sources}
        for name, proposal in self.record.proposals.items():
            found[proposal.cite[0].source][name] = proposal
        return {source: proposals for source, proposals in found.items() if proposals}

    @cached_property
    def carried_by(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Which proposals each thing carries, by kind and name, in the order of the case."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, proposal in self.record.proposals.items():
            for text in proposal.carried:
                found.setdefault(carrier(text), []).append(name)
        known = carriers(self.evidence.case)
        order = {(kind, name): None for kind in CARRIERS for name in known[kind]}
        return {each: tuple(found[each]) for each in order if each in found}

    @property
    def options_unnamed(self) -> tuple[str, ...]:
        """The options of the case that carry no proposal: what the modeller added."""
        carried = self.carried_by
        return tuple(o for o in self.evidence.case.options if ("option", o) not in carried)

    def problems(self) -> list[Problem]:
        """Return the false quotes as faults, and what a quote leaves out as warnings."""
        found = []
        for name, checked in self.checks.items():
            for place, each in enumerate(checked):
                path: Path = ("proposals", name, "cite", place, "quote")
                if each.verdict.refused:
                    citation = self.record.proposals[name].cite[place]
                    message = f"the quote is {accusation(citation, each)}"
                    found.append(Problem(message=message, path=path))
                elif each.verdict.verified and each.note:
                    message = f"look at what the quote leaves out: {each.note}"
                    found.append(Problem(message=message, path=path, severity="warning"))
        return found
