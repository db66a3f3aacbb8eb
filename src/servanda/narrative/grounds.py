"""What a verdict rests on: the cited claims with their places, and the assumptions apart."""

from __future__ import annotations

from servanda.analysis import Findings
from servanda.evidence import Evidence, Standing
from servanda.grounds import Ground, Grounds
from servanda.model import Case, ClaimId
from servanda.narrative.evidence import cited, sources_line
from servanda.narrative.lines import subject
from servanda.narrative.phrases import counted, listed
from servanda.narrative.section import Section, Table


def because(findings: Findings, found: Grounds, *, sticks: bool) -> tuple[str, ...]:
    """Return in sentences what a verdict rests on: the claims with their places, the assumptions.

    ``It sticks because of 9 cited claims and 3 assumptions.``
    """
    evidence = findings.evidence
    said = [f"It {_verb(sticks)} because of {_counts(findings.case, found)}."]
    if found.claims:
        shown = (f"[{claim}: {_cited(evidence, claim)}]" for claim in found.claims)
        said.append(f"Claims: {', '.join(shown)}.")
    if found.assumptions:
        assumed = (f"{_whose(findings.case, each)} {_wish(each)}" for each in found.assumptions)
        said.append(f"Assumptions: {'; '.join(assumed)}.")
    return tuple(said)


def rests_line(findings: Findings, case: str, folder: str = "") -> str:
    """Return in one line how many cited claims and assumptions the short answer rests on.

    And whether the citations are checked; empty where no claim is cited.
    """
    package = subject(findings)
    found = findings.target_grounds or (package.grounds if package else None)
    if found is None or not found.claims:
        return sources_line(findings.evidence, case, folder)
    sticks = findings.target.sticks if findings.target else bool(package and package.sticks)
    about = "The target" if findings.target else "It"
    said = f"{about} {_verb(sticks)} because of {_counts(findings.case, found)}."
    return f"{said} {sources_line(findings.evidence, case, folder)}".strip()


def _verb(sticks: bool) -> str:  # noqa: FBT001  # the one thing it puts into words
    return "sticks" if sticks else "does not stick"


def grounds_section(findings: Findings, found: Grounds, *, sticks: bool) -> Section:
    """Return what a verdict rests on as tables: claims with their sources, assumptions apart."""
    evidence, case = findings.evidence, findings.case
    title = "Claims and assumptions it rests on"
    said = f"It {_verb(sticks)} because of {_counts(findings.case, found)}."
    tables = [_claims(evidence, found)] if found.claims else []
    if found.assumptions:
        tables.append(_assumptions(case, found))
    return Section(title, (said,), tuple(tables))


def _assumptions(case: Case, found: Grounds) -> Table:
    """Return the assumptions apart, with the claims that stand beside some of them."""
    beside = any(ground.claims for ground in found.assumptions)
    rows = []
    for ground in found.assumptions:
        row = [_whose(case, ground), _wish(ground), _uses(found, frozenset((ground,)))]
        claims = f"[{', '.join(ground.claims)}]" if ground.claims else ""
        rows.append((*row, *([claims] if beside else [])))
    columns = ("Whose", "Assumption", "For what") + (("Beside",) if beside else ())
    return Table(columns, tuple(rows))


def _claims(evidence: Evidence, found: Grounds) -> Table:
    """Return the claims with their sources; whether they are verified, where any is checked."""
    checked = any(evidence.standing_of(claim) is not Standing.UNCHECKED for claim in found.claims)
    rows = []
    for claim in found.claims:
        where = f"[{cited(evidence, claim)}]"
        row = [f"[{claim}]", evidence.case.claims[claim].text, where]
        row.append(_uses(found, frozenset(g for g in found.every if claim in g.claims)))
        rows.append((*row, *([evidence.standing_of(claim).value] if checked else [])))
    columns = ("Claim", "What it says", "Where", "For what") + (("Checked",) if checked else ())
    return Table(columns, tuple(rows))


def _counts(case: Case, found: Grounds) -> str:
    """Return how many claims and assumptions a verdict rests on."""
    if not found.every:
        return "no wish at all: nobody has a move, and nothing is compared"
    bare = sum(not case.claims[claim].cite for claim in found.claims)
    said = []
    if len(found.claims) > bare:
        said.append(counted(len(found.claims) - bare, "cited claim"))
    if bare:
        said.append(counted(bare, "claim without a citation", "claims without a citation"))
    said.append(counted(len(found.assumptions), "assumption"))
    return listed(said) if found.claims else f"{said[-1]}; no claim is cited"


def _whose(case: Case, ground: Ground) -> str:
    return "(a rule)" if ground.party is None else case.name(ground.party)


def _wish(ground: Ground) -> str:
    return f'{"never " if ground.party is None else ""}"{ground.text}"'


def _cited(evidence: Evidence, claim: ClaimId) -> str:
    """Return where a claim is cited from, and whether its quote is refused."""
    refused = evidence.standing_of(claim) is Standing.REFUSED
    return f"{cited(evidence, claim)}{'; refused' if refused else ''}"


def _uses(found: Grounds, these: frozenset[Ground]) -> str:
    """Return what some grounds count for: signing, staying, no deal."""
    kinds = (("signing", found.signing), ("staying", found.staying), ("no deal", found.no_deal))
    return ", ".join(kind for kind, grounds in kinds if not these.isdisjoint(grounds))
