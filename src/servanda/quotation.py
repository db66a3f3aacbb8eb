"""Whether a source says what a quote says it says: where, and if not, what it says instead.

A quote is found by its letters and digits, and then held against what stands between the words.
Likeness may show where a wrong quote comes from; it never verifies one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Final

from rapidfuzz import fuzz

from servanda.documents import Document, plain
from servanda.matching import Place, in_columns, in_one_piece, in_order, left_out, pattern
from servanda.passages import Passages
from servanda.words import Words

_LIKE: Final = 70  # per cent of likeness from which a passage is shown as what may be meant
_VOTES: Final = 300  # occurrences of a quote's rarest words that are looked at to locate it
_TRIED: Final = 8  # places that are then compared in full
_ELLIPSIS = re.compile(r"\s*(?:[\[(]\s*)?(?:\u2026|\.{3,}|(?:\.\s){2,}\.)(?:\s*[\])])?\s*")


class Verdict(Enum):
    """What came of checking a quote; the first three are verified."""

    EXACT = "exact"
    NORMALISED = "normalised"
    JOINED = "joined"
    ALTERED = "altered"
    AMBIGUOUS = "ambiguous"
    MISSING = "missing"
    NO_SOURCE = "no source here"

    @property
    def verified(self) -> bool:
        """Whether the source says it."""
        return self in {Verdict.EXACT, Verdict.NORMALISED, Verdict.JOINED}

    @property
    def refused(self) -> bool:
        """Whether the source is here and does not say it."""
        return not self.verified and self is not Verdict.NO_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A quote looked for in a document.

    Parameters
    ----------
    verdict
        What came of it.
    spans
        Where it stands in the document's text: one stretch, or one for each part; empty where it
        stands nowhere.  Where the quote is altered, what the source has instead.
    lines
        The numbers of the first and the last line of that.
    note
        What differs, or where else it stands; empty where there is nothing to tell.
    """

    verdict: Verdict
    spans: tuple[tuple[int, int], ...] = ()
    lines: tuple[int, int] | None = None
    note: str = ""


def check(passages: Passages, quote: str, lines: tuple[int, int] | None = None) -> Found:
    """Return what comes of looking for a quote in a document.

    Parameters
    ----------
    passages
        The document.
    quote
        The quote; ``...`` stands for words left out.
    lines
        The numbers of the first and the last line to look in, in reading order; None for the
        whole document.

    Returns
    -------
    Found
        A verdict, with where the quote stands, or what differs.
    """
    quote = plain(quote).strip()
    pieces = [piece for piece in _ELLIPSIS.split(quote) if Words(piece).spans]
    if not pieces:
        return Found(verdict=Verdict.MISSING, note="the quote has no word")
    region = passages.whole
    if lines is not None:
        problem = _no_lines(passages.document, lines)
        if problem:
            return Found(verdict=Verdict.MISSING, note=problem)
        region = passages.region(*(passages.document.places[number] for number in lines))
    found = _look(passages, quote, pieces, region, cited=lines is not None)
    if found is None and region != passages.whole:
        elsewhere = _look(passages, quote, pieces, passages.whole)
        if elsewhere is not None and elsewhere.lines is not None:
            note = f"it stands in {told(elsewhere.lines)}"
            return Found(verdict=Verdict.MISSING, note=note)
    return found or _altered(passages, quote, region)


def _no_lines(document: Document, lines: tuple[int, int]) -> str:
    """Return what is wrong with the lines cited; empty if nothing is."""
    missing = [number for number in lines if number not in document.places]
    if missing:
        part = "the part that is read" if document.ordered else "the source"
        return f"{part} has no line {missing[0]}"
    if document.places[lines[1]] < document.places[lines[0]]:
        return f"line {lines[1]} is read before line {lines[0]}"
    return ""


def _look(
    passages: Passages,
    quote: str,
    pieces: Sequence[str],
    region: tuple[int, int],
    *,
    cited: bool = False,
) -> Found | None:
    """Return where a quote stands in a region of words; None where it does not."""
    whole = pattern(quote)
    hits = list(in_one_piece(passages, whole, region))
    if hits:
        return _told(passages, [(hit,) for hit in hits], _plainly(passages, quote, (hits[0],)))
    if len(pieces) > 1:
        places = in_order(passages, [pattern(piece) for piece in pieces], region)
    elif passages.document.ordered:
        places = ()  # the reading order is known, so that no column is cut
    else:
        places = tuple(in_columns(passages, whole, region))
        if not cited:
            # One word begins or ends too many lines to say much where no lines are cited.
            places = tuple(p for p in places if all(hit.first < hit.last for hit in p))
    return _told(passages, places, Verdict.JOINED) if places else None


def _plainly(passages: Passages, quote: str, place: Place) -> Verdict:
    """Return how a quote that stands in one piece is verified."""
    document = passages.document
    start, end = _spans(passages, place)[0]
    if not document.seamless(start, end):
        return Verdict.JOINED
    start -= Words(quote).spans[0][0]
    literal = start >= 0 and document.text.startswith(quote, start)
    return Verdict.EXACT if literal else Verdict.NORMALISED


def _told(passages: Passages, places: Sequence[Place], verdict: Verdict) -> Found:
    """Return what is known of a quote that stands in some places.

    In one place it is verified, unless a negation is cut off there; in several it is ambiguous.
    """
    clean = [place for place in places if not any(hit.negation for hit in place)]
    place = (clean or places)[0]
    note = left_out(passages, place) if clean and len(place) > 1 else ""
    if not clean:
        note = next(hit.negation for hit in place if hit.negation)
    if clean and len(places) > 1:
        verdict, note = Verdict.AMBIGUOUS, _several(passages, places)
    elif not clean:
        verdict = Verdict.ALTERED
    return Found(
        verdict=verdict,
        spans=_spans(passages, place),
        lines=_lines(passages, place),
        note=note,
    )


def _several(passages: Passages, places: Sequence[Place]) -> str:
    where = [told(_lines(passages, place)) for place in places]
    some = list(dict.fromkeys(where[:3]))
    more = " and elsewhere" if len(places) > 3 else ""
    fewer = " or fewer lines" if len(set(where)) == len(where) else ""
    times = f"{len(places)} times in " if len(some) < len(places) else "in "
    return f"it stands {times}{'; '.join(some)}{more}: cite more words{fewer}"


def _spans(passages: Passages, place: Place) -> tuple[tuple[int, int], ...]:
    spans = passages.words.spans
    return tuple((spans[hit.first][0], spans[hit.last][1]) for hit in place)


def _lines(passages: Passages, place: Place) -> tuple[int, int]:
    """Return the line where its first part begins, and the line where its last part ends."""
    spans, document = _spans(passages, place), passages.document
    return document.numbers_of(*spans[0])[0], document.numbers_of(*spans[-1])[1]


# ------------------------------------------------------------------------ what may be meant


def _altered(passages: Passages, quote: str, region: tuple[int, int]) -> Found:
    """Return the passage most like a quote that stands nowhere, if one is like it at all."""
    near = _nearest(passages, quote, region) or _nearest(passages, quote, passages.whole)
    if near is None:
        return Found(verdict=Verdict.MISSING, note="nothing like it stands there")
    start, end = passages.words.spans[near[0]][0], passages.words.spans[near[1]][1]
    return Found(
        verdict=Verdict.ALTERED,
        spans=((start, end),),
        lines=passages.document.numbers_of(start, end),
        note=difference(quote, passages.document.text[start:end]),
    )


def _nearest(passages: Passages, quote: str, region: tuple[int, int]) -> tuple[int, int] | None:
    """Return the words of a region that are most like a quote; None where none are."""
    said = [word.lower() for word in Words(quote).each]
    each, (low, high) = passages.words.each, region
    best: tuple[float, int, int] | None = None
    for start in _likely(passages, said, region):
        for first in range(max(low, start - 1), start + 2):
            for size in range(max(1, len(said) - 1), len(said) + 3):
                last = min(first + size, high) - 1
                if not low <= first <= last:
                    continue
                passage = " ".join(each[first : last + 1]).lower()
                score = fuzz.ratio(" ".join(said), passage, score_cutoff=_LIKE)
                if score and (best is None or score > best[0]):
                    best = score, first, last
    return best[1:] if best else None


def _likely(passages: Passages, said: Sequence[str], region: tuple[int, int]) -> Sequence[int]:
    """Return where some words most likely begin: where most of the rarer ones point to."""
    places = [passages.positions.get(word, ()) for word in said]
    votes: Counter[int] = Counter()
    for at in sorted(range(len(said)), key=lambda at: len(places[at])):
        here = places[at]
        inside = here[bisect_left(here, region[0]) : bisect_left(here, region[1])]
        votes.update(place - at for place in inside[: max(0, _VOTES - votes.total())])
    return [start for start, _ in votes.most_common(_TRIED)]


# ------------------------------------------------------------------------ in words


def told(lines: tuple[int, int]) -> str:
    """Return line numbers as they are told: ``line 4``, ``lines 4–6``."""
    return f"line {lines[0]}" if lines[0] == lines[1] else f"lines {lines[0]}–{lines[1]}"


def difference(quote: str, passage: str) -> str:
    """Return how a quote differs from a passage, word by word.

    >>> difference("unlikely that the war", "likely that the war")
    'it has "unlikely" where the source has "likely"'
    """
    said, source = quote.split(), passage.split()
    clauses = []
    matcher = SequenceMatcher(a=said, b=source, autojunk=False)
    for change, i, j, k, m in matcher.get_opcodes():
        mine, theirs = " ".join(said[i:j]), " ".join(source[k:m])
        if change == "replace":
            clauses.append(f'it has "{mine}" where the source has "{theirs}"')
        elif change == "delete":
            clauses.append(f'it adds "{mine}"')
        elif change == "insert":
            clauses.append(f'it leaves out "{theirs}"')
    return (
        "; ".join(clauses)
        or "it stands there, but within longer words or numbers, or with other signs"
    )
