"""Where the sources speak of a party or an option: the passages that no claim may cite yet."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from servanda.errors import UsageError, did_you_mean
from servanda.evidence import Evidence
from servanda.model import Case, ClaimId
from servanda.passages import Passages


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a source names somebody or something.

    Parameters
    ----------
    source
        Which source.
    name
        The name or alias found.
    span
        Where the name stands in the source's text.
    lines
        The numbers of the first and the last line of it.
    passage
        The sentence around it, on one line.
    claims
        The claims that cite words of this sentence.
    """

    source: str
    name: str
    span: tuple[int, int]
    lines: tuple[int, int]
    passage: str
    claims: tuple[ClaimId, ...]


def names_of(case: Case, wanted: str) -> tuple[str, ...]:
    """Return the names by which a party or an option is looked for, the longest first.

    Parameters
    ----------
    case
        The case.
    wanted
        The id of a party or an option, or a party's name.

    Raises
    ------
    UsageError
        If there is no such party or option, or an option has no aliases and does nothing.
    """
    by_name = {party.name: name for name, party in case.parties.items()}
    known = {str(name): name for name in case.parties}
    party = known.get(wanted, by_name.get(wanted))
    options = {str(name): option for name, option in case.options.items()}
    if party is not None:
        names = (case.name(party), *case.parties[party].aliases)
    elif wanted in options:
        names = tuple(filter(None, (options[wanted].does, *options[wanted].aliases)))
    else:
        hint = did_you_mean(wanted, [*known, *by_name, *options])
        raise UsageError(f'no party or option "{wanted}"', hint)
    return tuple(sorted(dict.fromkeys(names), key=len, reverse=True))


def mentions(evidence: Evidence, wanted: str) -> tuple[Mention, ...]:
    """Return where the sources at hand name a party or an option, in reading order.

    A name in capitals, such as an acronym, is found in capitals only.  A name may be broken at the
    end of a line.  Of names that lie in one another only the longest counts.

    Raises
    ------
    UsageError
        If there is no such party or option.
    """
    names = names_of(evidence.case, wanted)
    found: list[Mention] = []
    for source, passages in evidence.passages.items():
        taken: list[tuple[int, int]] = []
        here = []
        for name in names:
            for span in passages.occurrences(name):
                if any(start < span[1] and span[0] < end for start, end in taken):
                    continue
                taken.append(span)
                here.append((span, name))
        found += [_mention(evidence, source, span, name) for span, name in sorted(here)]
    return tuple(found)


def _mention(evidence: Evidence, source: str, span: tuple[int, int], name: str) -> Mention:
    passages = evidence.passages[source]
    start, end = _sentence(passages, span)
    return Mention(
        source=source,
        name=name,
        span=span,
        lines=passages.document.numbers_of(*span),
        passage=_one_line(passages.document.text[start:end]),
        claims=tuple(dict.fromkeys(_citing(evidence, source, start, end))),
    )


def _sentence(passages: Passages, span: tuple[int, int]) -> tuple[int, int]:
    """Return where the sentence around a place begins and ends."""
    ends = passages.sentence_ends
    after = bisect_left(ends, span[1])
    start = ends[bisect_left(ends, span[0] + 1) - 1] if ends and ends[0] <= span[0] else 0
    return start, ends[after] if after < len(ends) else len(passages.document.text)


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "", text).split())


def _citing(evidence: Evidence, source: str, start: int, end: int) -> Iterator[ClaimId]:
    """Yield the claims that cite words of a stretch of a source."""
    for name, checked in evidence.checks.items():
        citations = evidence.case.claims[name].cite
        for citation, found in zip(citations, checked, strict=True):
            inside = any(a < end and start < b for a, b in found.spans)
            if citation.source == source and inside:
                yield name


def uncited(found: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions in sentences that no claim cites."""
    return tuple(mention for mention in found if not mention.claims)
