"""What the claims of a case rest on: citations checked, sources, and what stands on what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from servanda.evidence import Evidence, Footing, accusation, later_facts
from servanda.mentions import Mention
from servanda.model import Citation, Claim, ClaimId
from servanda.narrative.phrases import counted, listed, sentence
from servanda.narrative.section import Section, Table
from servanda.quotation import Found, Verdict, told

_CHECK = "`servanda evidence {case} --sources DIR` checks the citations against your documents"
_MARKS = {"yes": "says it", "partly": "says part of it", "no": "does not say it"}


def where(citation: Citation, found: Found | None = None) -> str:
    """Return where a citation points to: ``s001a, lines 141–147``."""
    lines = citation.lines or (found.lines if found else None)
    return f"{citation.source}, {told(lines)}" if lines else citation.source


def cited(evidence: Evidence, claim: ClaimId) -> str:
    """Return where the citations of a claim point to."""
    stated = evidence.case.claims[claim]
    pairs = zip(stated.cite, evidence.checks[claim], strict=True)
    places = dict.fromkeys(where(citation, found) for citation, found in pairs)
    return "; ".join(places) or stated.note or "cites nothing"


# ------------------------------------------------------------------------ in one line


def sources_line(evidence: Evidence, case: str, folder: str = "") -> str:
    """Return in one line whether a case's citations are checked, and how to check them.

    Empty where the case cites nothing.  A `folder` that was named is named again in what to type.
    """
    if not evidence.cites:
        return ""
    counts, many = evidence.counts, counted(evidence.total, "citation")
    ask = _CHECK.format(case=case)
    gone = counts[Verdict.NO_SOURCE]
    if gone == evidence.total:
        left = "its one citation is" if evidence.total == 1 else f"its {many} are"
        return f"No source here, so that {left} not checked: {ask}."
    if evidence.verified:
        return f"All {many} are verified." if evidence.total > 1 else "Its citation is verified."
    bad = sum(n for verdict, n in counts.items() if not verdict.verified) - gone
    said = [f"{counted(bad, 'citation')} of {evidence.total} refused"] if bad else []
    said += [f"{gone} of {evidence.total} without a source here"] if gone else []
    again = f" --sources {folder}" if folder else ""
    return sentence(f"{listed(said)}: see `servanda evidence {case}{again}`")


# ------------------------------------------------------------------------ the claims themselves


def claims_section(evidence: Evidence, case: str = "CASE") -> Section:
    """Return the claims with their citations, the sources, and the facts dated after these."""
    stated = evidence.case.claims
    if not stated:
        return Section("Claims", ("The case cites no claims.",))
    apart = later_facts(evidence.case)
    own = [name for name in stated if name not in apart]
    tables = [Table(_CLAIM_COLUMNS, tuple(_claim_row(evidence, name) for name in own))]
    if evidence.case.sources:
        tables.append(_sources(evidence))
    parts = []
    if apart:
        said = "Dated after every source with a date: no part of what their authors could know."
        rows = tuple(
            (name, claim.date, claim.text, cited(evidence, name)) for name, claim in apart.items()
        )
        table = Table(("Fact", "Date", "What happened", "Where"), rows)
        parts.append(Section("Later facts", (said,), (table,)))
    line = sources_line(evidence, case)
    return Section("Claims", (line,) if line else (), tuple(tables), tuple(parts))


_CLAIM_COLUMNS = ("Claim", "What it says", "Kind", "How sure the author is", "Where", "Used")


def _claim_row(evidence: Evidence, name: ClaimId) -> tuple[str, ...]:
    claim = evidence.case.claims[name]
    kind = f"{claim.type or ''}{', assumed' if claim.assumption else ''}"
    used = "yes" if name in evidence.used else "no"
    return name, claim.text, kind, claim.hedge or "", cited(evidence, name), used


def _sources(evidence: Evidence) -> Table:
    rows = tuple(
        (name, source.title, source.author, source.date, source.where)
        for name, source in evidence.case.sources.items()
    )
    return Table(("Source", "Title", "Author", "Date", "Where kept"), rows)


# ------------------------------------------------------------------------ servanda evidence


def evidence_sections(evidence: Evidence, folder: str) -> tuple[Section, ...]:
    """Return all that is known of a case's evidence.

    Parameters
    ----------
    evidence
        The evidence.
    folder
        Where the sources were looked for; empty where no folder was named.
    """
    sections = (
        _overview(evidence, folder),
        _documents(evidence),
        _refused(evidence),
        _citations(evidence),
        _coverage(evidence),
        _later(evidence),
    )
    return tuple(section for section in sections if not section.empty)


def _overview(evidence: Evidence, folder: str) -> Section:
    if not evidence.cites:
        return Section("Evidence", ("The case cites nothing.",))
    counts = ", ".join(f"{n} {verdict.value}" for verdict, n in evidence.counts.items() if n)
    claims = sum(bool(claim.cite) for claim in evidence.case.claims.values())
    said = [
        f"{counted(evidence.total, 'citation')} of {counted(claims, 'claim')}: {counts}.",
        "All are verified." if evidence.verified else "",
    ]
    if not folder:
        said.append(
            "No folder of sources was named: put the documents below in one, and name it with "
            "--sources DIR, or in SERVANDA_SOURCES."
        )
    return Section("Evidence", tuple(filter(None, said)))


def _documents(evidence: Evidence) -> Section:
    rows = []
    for name, source in evidence.case.sources.items():
        kept = evidence.kept.get(name)
        state = "no source here"
        if kept is not None and kept.document is not None:
            state = "here" + (f", but it {kept.problem}" if kept.problem else "")
        elif kept is not None and kept.problem:
            state = f"no source here: the file {kept.problem}"
        file = kept.file.name if kept and kept.file else ""
        rows.append((name, source.title, source.date, state, file, source.sha256))
    columns = ("Source", "Title", "Date", "Is it here?", "File", "sha256 wanted")
    filled = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    shown = tuple(tuple(row[place] for place in filled) for row in rows)
    table = Table(tuple(columns[place] for place in filled), shown)
    return Section("Sources", (), (table,) if rows else ())


def _each(evidence: Evidence) -> Iterable[tuple[ClaimId, Claim, Citation, Found]]:
    for name, checked in evidence.checks.items():
        claim = evidence.case.claims[name]
        for citation, found in zip(claim.cite, checked, strict=True):
            yield name, claim, citation, found


def _refused(evidence: Evidence) -> Section:
    rows = tuple(
        (name, where(citation), f'"{citation.quote}"', accusation(citation, found))
        for name, _, citation, found in _each(evidence)
        if found.verdict.refused
    )
    if not rows:
        return Section("Refused", ())
    said = "These quotes are not in their sources as they stand in the case:"
    return Section("Refused", (said,), (Table(("Claim", "Where", "Quote", "What is wrong"), rows),))


def _citations(evidence: Evidence) -> Section:
    marked = any(claim.support for claim in evidence.case.claims.values())
    columns = ("Claim", "What it says", "Where", "Quote", "Verdict")
    rows = []
    for name, claim, citation, found in _each(evidence):
        quote = f'"{citation.quote}"'
        row = (name, claim.text, _place(evidence, citation, found), quote, found.verdict.value)
        rows.append((*row, _mark(claim)) if marked else row)
    bare = [name for name, claim in evidence.case.claims.items() if not claim.cite]
    for name in bare:
        claim = evidence.case.claims[name]
        row = (name, claim.text, claim.note, "", evidence.standing_of(name).value)
        rows.append((*row, _mark(claim)) if marked else row)
    heads = (*columns, "The analyst: the passage") if marked else columns
    return Section("Claims", (), (Table(heads, tuple(rows)),) if rows else ())


def _place(evidence: Evidence, citation: Citation, found: Found) -> str:
    """Return where a quote stands; with its page, where there are pages."""
    source = evidence.passages.get(citation.source)
    page = source.document.page_at(found.spans[0][0]) if source and found.spans else None
    return where(citation, found) + (f", page {page}" if page is not None else "")


def _mark(claim: Claim) -> str:
    sure = f" (confidence {claim.confidence})" if claim.confidence else ""
    return _MARKS[claim.support] + sure if claim.support else ""


def _coverage(evidence: Evidence) -> Section:
    columns = ("What", *(footing.value for footing in Footing))
    rows = tuple(
        (each.kind, *(str(each.counts.get(footing, 0)) for footing in Footing))
        for each in evidence.coverage
    )
    said = "How many of each rest on what. A claim is verified if all its citations are."
    return Section("What stands on what", (said,), (Table(columns, rows),) if rows else ())


def _later(evidence: Evidence) -> Section:
    return next(iter(claims_section(evidence).parts), Section("Later facts", ()))


def mentions_section(evidence: Evidence, wanted: str, found: Sequence[Mention]) -> Section:
    """Return where the sources speak of a party or an option, and which claims cite that."""
    title = f"Where the sources speak of {wanted}"
    if not evidence.passages:
        return Section(title, ("No source here: name the folder of them with --sources DIR.",))
    if not found:
        return Section(title, ("Nowhere, by the names and aliases the case gives.",))
    free = sum(not mention.claims for mention in found)
    said = (
        f"{counted(len(found), 'mention')}; no claim cites the sentence of {free} of them. "
        "The names and aliases are the case's own."
    )
    rows = tuple(
        (
            f"{mention.source}, {told(mention.lines)}",
            mention.name,
            mention.passage,
            ", ".join(mention.claims) or "none yet",
        )
        for mention in found
    )
    return Section(title, (said,), (Table(("Where", "Name", "Passage", "Cited by"), rows),))
