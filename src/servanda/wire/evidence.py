"""Claims and citations as data: what each is worth, and as Web Annotations for other programs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from servanda.evidence import Evidence
from servanda.grounds import Ground, Grounds
from servanda.mentions import Mention
from servanda.model import Citation, Claim, ClaimId, Source
from servanda.quotation import Found
from servanda.wire.parts import Data


def evidence(
    found: Evidence, wanted: str | None = None, named: Sequence[Mention] | None = None
) -> Data:
    """Return every claim with its citations, the sources, and what stands on what.

    Parameters
    ----------
    found
        The evidence.
    wanted, named
        The party or option asked about, and where the sources speak of it; None if not asked for.
    """
    asked: Data = (
        {} if named is None else {"name": wanted, "mentions": [_mention(m) for m in named]}
    )
    return {
        "title": found.case.title,
        "claims": [claim(found, name) for name in found.case.claims],
        "counts": {verdict.value: number for verdict, number in found.counts.items()},
        "verified": found.cites and found.verified,
        "sources": [_source(found, name) for name in found.case.sources],
        "coverage": {
            each.kind: {footing.value: number for footing, number in each.counts.items()}
            for each in found.coverage
        },
        **asked,
    }


def claim(found: Evidence, name: ClaimId) -> Data:
    """Return a claim with what came of its citations."""
    stated = found.case.claims[name]
    pairs = zip(stated.cite, found.checks[name], strict=True)
    return {
        "id": name,
        "text": stated.text,
        "type": stated.type,
        "about": list(stated.about),
        "hedge": stated.hedge,
        "assumption": stated.assumption,
        "support": stated.support,
        "confidence": stated.confidence,
        "date": stated.date or None,
        "standing": found.standing_of(name).value,
        "used": name in found.used,
        "citations": [citation_data(cited, check) for cited, check in pairs],
    }


def citation_data(cited: Citation, check: Found) -> Data:
    """Return a citation with what came of it."""
    return {
        "source": cited.source,
        "lines": list(cited.lines or check.lines or ()) or None,
        "quote": cited.quote,
        "verdict": check.verdict.value,
        "found": None if check.lines is None else list(check.lines),
        "note": check.note or None,
    }


def _source(found: Evidence, name: str) -> Data:
    source, kept = found.case.sources[name], found.kept.get(name)
    return {
        "id": name,
        "title": source.title,
        "sha256": source.sha256 or None,
        "here": kept is not None and kept.document is not None,
        "file": kept.file.name if kept and kept.file else None,
        "problem": (kept.problem if kept else "") or None,
    }


def _mention(mention: Mention) -> Data:
    return {
        "source": mention.source,
        "lines": list(mention.lines),
        "name": mention.name,
        "passage": mention.passage,
        "claims": list(mention.claims),
    }


def rests_on(found: Evidence, grounds: Grounds) -> Data:
    """Return what a verdict rests on: the claims with their citations, and the assumptions."""
    return {
        "claims": [
            {
                "id": name,
                "standing": found.standing_of(name).value,
                "citations": [
                    citation_data(cited, check)
                    for cited, check in zip(
                        found.case.claims[name].cite, found.checks[name], strict=True
                    )
                ],
            }
            for name in grounds.claims
        ],
        "assumptions": [_ground(ground) for ground in grounds.assumptions],
        **{
            part: [_ground(ground) for ground in getattr(grounds, part)]
            for part in ("signing", "staying", "no_deal")
        },
    }


def _ground(ground: Ground) -> Data:
    return {
        "party": ground.party,
        "statement": ground.text,
        "claims": list(ground.claims),
        "assumption": ground.assumed,
    }


# ------------------------------------------------------------------------ Web Annotations


def web_annotations(found: Evidence) -> Data:
    """Return every citation as a W3C Web Annotation, each claim the body of its own.

    A target is known by the sha256 of its source.  Lines are those of the file (RFC 5147); where
    the quote was found, its place counts the characters of the source's text as it is read, and
    a text with a reading order has none.  More words than the quote do not travel.
    """
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "AnnotationPage",
        "items": list(_annotations(found)),
    }


def _annotations(found: Evidence) -> Iterator[Data]:
    for name, stated in found.case.claims.items():
        for cited, check in zip(stated.cite, found.checks[name], strict=True):
            source = found.case.sources[cited.source]
            yield {
                "type": "Annotation",
                "motivation": "assessing",
                "body": _bodies(name, stated, check),
                "target": {
                    "source": _address(cited.source, source),
                    "selector": list(_selectors(found, cited, check)),
                },
            }


def _bodies(name: ClaimId, stated: Claim, check: Found) -> list[Data]:
    said = {"identifying": name, "describing": stated.text, "assessing": check.verdict.value}
    return [
        {"type": "TextualBody", "purpose": purpose, "value": value}
        for purpose, value in said.items()
    ]


def _address(name: str, source: Source) -> str:
    """Return an address of a source: its sha256 as in RFC 6920, else its id in this case."""
    try:
        digest = bytes.fromhex(source.sha256)
    except ValueError:
        digest = b""
    if not digest:
        return f"urn:x-servanda:{name}"
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _selectors(found: Evidence, cited: Citation, check: Found) -> Iterator[Data]:
    yield {"type": "TextQuoteSelector", "exact": cited.quote}
    lines = cited.lines or check.lines
    if lines and lines[0] <= lines[1]:
        yield {
            "type": "FragmentSelector",
            "conformsTo": "http://tools.ietf.org/rfc/rfc5147",
            "value": f"line={lines[0] - 1},{lines[1]}",
        }
    source = found.passages.get(cited.source)
    if source is not None and not source.document.ordered and check.verdict.verified:
        for start, end in check.spans:
            yield {"type": "TextPositionSelector", "start": start, "end": end}
