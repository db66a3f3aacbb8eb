"""What a case's claims rest on: every citation checked, and what then stands behind each wish."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from servanda.basis import Part, parts
from servanda.errors import Path, Problem
from servanda.model import Case, Citation, Claim, ClaimId, PartyId
from servanda.passages import Passages
from servanda.quotation import Found, Verdict, check, told
from servanda.sources import Kept

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


class Standing(Enum):
    """What stands behind a claim."""

    VERIFIED = "verified"
    REFUSED = "refused"
    UNCHECKED = "no source here"
    ASSUMED = "assumption"
    UNCITED = "cites nothing"


class Footing(Enum):
    """What stands behind a part of the model."""

    VERIFIED = "verified claims"
    UNVERIFIED = "unverified claims"
    PARTLY = "claims and an assumption"
    ASSUMED = "an assumption"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What stands behind the parts of one kind: how many on each footing."""

    kind: str
    counts: Mapping[Footing, int]


@dataclass(frozen=True)
class Evidence:
    """The claims of a case beside the sources at hand.

    Parameters
    ----------
    case
        The case.
    kept
        Every source, found or not; empty where no folder was looked in.
    """

    case: Case
    kept: Mapping[str, Kept] = field(default_factory=dict)

    @cached_property
    def checks(self) -> Mapping[ClaimId, tuple[Found, ...]]:
        """What came of each citation of each claim."""
        return {
            name: tuple(self.look_up(citation) for citation in claim.cite)
            for name, claim in self.case.claims.items()
        }

    @cached_property
    def passages(self) -> Mapping[str, Passages]:
        """The sources at hand, ready to be searched."""
        texts = ((name, kept.document) for name, kept in self.kept.items())
        return {name: Passages(text) for name, text in texts if text is not None}

    def look_up(self, citation: Citation) -> Found:
        """Return what comes of looking for a citation's quote in its source."""
        source = self.passages.get(citation.source)
        if source is not None:
            return check(source, citation.quote, citation.lines)
        kept = self.kept.get(citation.source)
        return Found(verdict=Verdict.NO_SOURCE, note=kept.problem if kept else "")

    @property
    def cites(self) -> bool:
        """Whether the case cites anything at all."""
        return any(claim.cite for claim in self.case.claims.values())

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

    def standing_of(self, claim: ClaimId) -> Standing:
        """Return what stands behind a claim."""
        stated = self.case.claims.get(claim)
        verdicts = [found.verdict for found in self.checks.get(claim, ())]
        if stated is not None and stated.assumption:
            return Standing.ASSUMED
        if not verdicts:
            return Standing.UNCITED
        if any(verdict.refused for verdict in verdicts):
            return Standing.REFUSED
        return Standing.VERIFIED if all(v.verified for v in verdicts) else Standing.UNCHECKED

    def footing(self, claims: Sequence[ClaimId], *, assumption: bool) -> Footing:
        """Return what stands behind something that rests on claims, or is an assumption."""
        standings = {self.standing_of(claim) for claim in claims if claim in self.case.claims}
        cited = standings - {Standing.ASSUMED}
        if not cited:
            return Footing.ASSUMED if assumption or standings else Footing.NOTHING
        if assumption or Standing.ASSUMED in standings:
            return Footing.PARTLY
        return Footing.VERIFIED if cited == {Standing.VERIFIED} else Footing.UNVERIFIED

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """What the parts of the model and of each plan stand on, kind by kind."""
        kinds: dict[str, Counter[Footing]] = {}
        for part in parts(self.case):
            if not part.whole or self._ranks(part):
                kind = f"{part.kind} of {part.plan}" if part.plan else part.kind
                footing = self.footing(part.claims, assumption=part.assumption)
                kinds.setdefault(kind, Counter())[footing] += 1
        return tuple(Coverage(kind=kind, counts=dict(found)) for kind, found in kinds.items())

    def _ranks(self, part: Part) -> bool:
        """Return whether a preference ranks the states, so that it has no wishes of its own."""
        return bool(self.case.preferences[PartyId(str(part.path[1]))].ranking)

    @cached_property
    def used(self) -> frozenset[ClaimId]:
        """The claims that some part of the model or of a plan rests on."""
        return frozenset(claim for part in parts(self.case) for claim in part.claims)

    # ------------------------------------------------------------------ what is wrong

    def problems(self) -> list[Problem]:
        """Return the false quotes as faults; sources that differ, and later facts, as warnings."""
        found = [*self._false_quotes(), *self._odd_sources()]
        return [*found, *_later_facts(self.case)]

    def _false_quotes(self) -> Iterator[Problem]:
        path: Path
        for name, checked in self.checks.items():
            for place, found in enumerate(checked):
                if found.verdict.verified and found.note:
                    path = ("claims", name, "cite", place, "quote")
                    message = f"look at what the quote leaves out: {found.note}"
                    yield Problem(message=message, path=path, severity="warning")
                if not found.verdict.refused:
                    continue
                citation = self.case.claims[name].cite[place]
                path = ("claims", name, "cite", place, "quote")
                yield Problem(message=f"the quote is {accusation(citation, found)}", path=path)

    def _odd_sources(self) -> Iterator[Problem]:
        for name, kept in self.kept.items():
            if kept.file is None and kept.document is None:
                wanted = self.case.sources[name]
                known = f"with the sha256 {wanted.sha256}" if wanted.sha256 else "of its name"
                message = f"no file {known} is among the sources"
                yield Problem(message=message, path=("sources", name), severity="warning")
            if kept.problem:
                file = f'the file "{kept.file.name}"' if kept.file else "its file"
                message = f"{file} {kept.problem}"
                yield Problem(message=message, path=("sources", name), severity="warning")


def accusation(citation: Citation, found: Found) -> str:
    """Return what is wrong with a quote: ``altered (lines 4–5): it has "x" ...``."""
    kind = {Verdict.MISSING: "not there", Verdict.AMBIGUOUS: "ambiguous"}
    lines = found.lines or citation.lines
    place = f" ({told(lines)} of {citation.source})" if lines else f" (in {citation.source})"
    return f"{kind.get(found.verdict, found.verdict.value)}{place}: {found.note}"


# ------------------------------------------------------------------------ facts dated later


def later(date: str, than: str) -> bool:
    """Return whether a date is later than another, as far as both are precise.

    >>> later("2008-11-17", "2006-11"), later("2006-11-30", "2006-11")
    (True, False)
    """
    if not (_DATE.fullmatch(date) and _DATE.fullmatch(than)):
        return False
    known = min(len(date), len(than))
    return date[:known] > than[:known]


def later_facts(case: Case) -> Mapping[ClaimId, Claim]:
    """Return the facts dated after every source that has a date: no part of what authors knew."""
    dates = [source.date for source in case.sources.values() if _DATE.fullmatch(source.date)]
    return {
        name: claim
        for name, claim in case.claims.items()
        if claim.type == "fact" and dates and all(later(claim.date, date) for date in dates)
    }


def _later_facts(case: Case) -> Iterator[Problem]:
    """Yield a warning for each part of the model that rests on a fact its source could not know."""
    for part in parts(case):
        dates = _dates(case, part)
        for place, name in enumerate(part.own):
            fact = case.claims.get(name)
            if fact is None or fact.type != "fact":
                continue
            early = [date for date in dates if later(fact.date, date)]
            if early:
                message = f'fact "{name}" of {fact.date} is later than the source of {min(early)}'
                hint = "keep what came later apart from what the author knew"
                path: Path = (*part.path, "claims", place)
                yield Problem(message=message, path=path, hint=hint, severity="warning")


def _dates(case: Case, part: Part) -> Sequence[str]:
    """Return the dates of the sources that a part rests on, and that of the plan it belongs to."""
    cited = (case.claims[name].cite for name in part.claims if name in case.claims)
    dates = [case.sources[each.source].date for cite in cited for each in cite]
    if part.plan is not None:
        plan = case.plans[part.plan]
        source = case.sources.get(plan.source)
        dates.append(source.date if source else plan.date)
    return dates
