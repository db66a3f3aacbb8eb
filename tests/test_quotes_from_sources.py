"""Thousands of quotes cut out of real texts, honest and false: every honest one is verified.

The texts are the sources of the flagship case where they are at hand, and this project's own
pages, the same pages set in narrow columns with words broken at line ends besides.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from servanda.documents import Document, document
from servanda.passages import Passages
from servanda.quotation import Verdict, check
from slow_quotes import negated, places

ROOT = Path(__file__).parents[1]
SEEDS = ROOT.parent / "shared" / "seeds"
EACH = 40  # quotes of each kind and text
LOOKALIKE = {"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-", "–": "-", "\u2010": "-"}
NEGATIVE = {
    *("not", "never", "no", "cannot", "nor", "neither", "none", "nobody", "nothing"),
    *("hardly", "scarcely", "barely", "rarely", "seldom", "longer"),
}
OTHERS = ("never", "Belgium", "always", "purple", "nineteen", "refuses")


@dataclass(frozen=True)
class Cut:
    """A quote with the line it was cut from."""

    quote: str
    lines: tuple[int, int]


@dataclass(frozen=True)
class Text:
    """A text with its words as a reader sees them, and the line of each."""

    name: str
    document: Document

    @property
    def passages(self) -> Passages:
        return passages_of(self)

    @property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        return words_of(self)


@cache
def passages_of(text: Text) -> Passages:
    return Passages(text.document)


@cache
def words_of(text: Text) -> tuple[tuple[str, int, int], ...]:
    """Return the words between blanks: a word broken at the end of a line is one, without hyphen.

    Each comes with the numbers of the lines where it begins and ends.
    """
    whole = text.document
    joined: list[tuple[str, int, int]] = []
    end = 0
    for found in re.finditer(r"\S+", whole.text):
        first, last = whole.numbers_of(*found.span())
        broken = joined and re.search(r"[^\W\d_]-$", joined[-1][0]) and found[0][0].isalpha()
        blanks = whole.text[end : found.start()].count("\n")
        if broken and (blanks == 1 or (blanks and found[0][0].islower())):
            joined[-1] = (joined[-1][0][:-1] + found[0], joined[-1][1], last)
        else:
            joined.append((found[0], first, last))
        end = found.end()
    return tuple(joined)


@cache
def texts() -> tuple[Text, ...]:
    """Return the texts at hand."""
    found = []
    pages = [ROOT / "docs" / "definitions.md", ROOT / "docs" / "tutorial.md"]
    for page in pages:
        own = page.read_text(encoding="utf-8")
        prose = re.sub(r"```.*?```|[|`#*<>=_]", " ", own, flags=re.DOTALL)
        found.append(Text(page.stem, document(prose)))
        found.append(Text(f"{page.stem} in a column", document(column(" ".join(prose.split())))))
    seeds = sorted(SEEDS.glob("*.txt"))
    found += [Text(p.stem[:3], document(p.read_text(encoding="utf-8"))) for p in seeds]
    return tuple(found)


def column(prose: str) -> str:
    """Return prose in lines of some forty letters, every fifth broken inside its last word."""
    lines = textwrap.wrap(prose, 40, break_on_hyphens=False)
    for place in range(0, len(lines) - 1, 5):
        front, _, last = lines[place].rpartition(" ")
        if last.isalpha() and len(last) > 5:
            lines[place] = f"{front} {last[:3]}-"
            lines[place + 1] = f"{last[3:]} {lines[place + 1]}"
    return "\n".join(lines)


def windows(text: Text, rng: random.Random, size: tuple[int, int] = (3, 6)) -> Iterator[Cut]:
    """Yield quotes cut out by chance, with room around them."""
    words = text.words
    while True:
        count = rng.randint(*size)
        start = rng.randrange(0, len(words) - count)
        part = words[start : start + count]
        yield Cut(" ".join(word for word, _, _ in part), (part[0][1], part[-1][2]))


def plainly(text: Text, cut: Cut) -> bool:
    """Return whether a quote stands once in its lines, whole, with no negation beside it."""
    whole = text.document
    starts = whole.starts
    first, last = (whole.places[number] for number in cut.lines)
    end = starts[last + 1] if last + 1 < len(starts) else len(whole.text)
    inside = [
        span
        for span in places(whole.text, cut.quote)
        if starts[first] <= span[0] and span[1] <= end
    ]
    bare = [word.strip("\"'“”‘’.,;:!?()") for word in cut.quote.split()]
    if re.search("[×+=<>]", cut.quote):
        return False  # a sum must not be cut
    if len(inside) != 1 or not all(bare) or "..." in cut.quote or "…" in cut.quote:
        return False
    return not negated(whole.text, *inside[0])


def honest(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes that any reader would call true."""
    return (cut for cut in windows(text, rng) if plainly(text, cut))


def copied(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield true quotes as people copy them: plain quotation marks, dashes, other blanks."""
    for cut in honest(text, rng):
        said = "".join(LOOKALIKE.get(sign, sign) for sign in cut.quote)
        yield Cut(rng.choice([cut.quote, said, said.replace(" ", "\n", 1)]), cut.lines)


def elliptic(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield true quotes with words left out."""
    words = text.words
    while True:
        start = rng.randrange(0, len(words) - 24)
        one, two = words[start : start + 3], words[start + 5 + rng.randrange(12) :][:3]
        cuts = [
            Cut(" ".join(w for w, _, _ in part), (part[0][1], part[-1][2])) for part in (one, two)
        ]
        lines = (cuts[0].lines[0], cuts[1].lines[1])
        if all(plainly(text, Cut(cut.quote, lines)) for cut in cuts):
            mark = rng.choice([" … ", " ... ", " [...] ", "…"])
            yield Cut(mark.join(cut.quote for cut in cuts), lines)


def flipped(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes with one word changed, dropped or added inside."""
    for cut in honest(text, rng):
        words = cut.quote.split()
        place = rng.randrange(1, len(words) - 1)
        way = rng.choice(["not", "other", "drop"])
        if way == "not":
            words.insert(place, "not")
        elif way == "other":
            words[place] = rng.choice(OTHERS)
        else:
            del words[place]
        false = Cut(" ".join(words), cut.lines)
        if not places(text.document.text, false.quote):
            yield false


def renumbered(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes with a number, a sign or a per cent sign changed."""
    with_number = [
        Cut(cut.quote, cut.lines)
        for cut in islice(windows(text, rng), 20_000)
        if re.search(r"\d", cut.quote)
    ]
    for cut in with_number:
        way = rng.randrange(4)
        number = re.search(r"\d[\d,.]*\d|\d", cut.quote)
        assert number is not None
        start, end = number.span()
        said = number[0]
        said = [
            said[:-1] + str((int(said[-1]) + 1) % 10) if said[-1].isdigit() else said + "0",
            f"-{said}" if not cut.quote[max(0, start - 1) : start].strip() else f"{said}0",
            f"{said}%",
            said.replace(",", ".") if "," in said else f"{said[0]},{said[1:]}0",
        ][way]
        false = cut.quote[:start] + said + cut.quote[end:]
        there = " ".join(text.document.text.split()).replace(" %", "%")
        if false not in there:
            yield Cut(false, cut.lines)


def after_a_negation(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes that begin just after a negation."""
    words = text.words
    starts = [
        place + 1
        for place, (word, _, line) in enumerate(words[:-4])
        if (word.lower() in NEGATIVE - {"longer"} or word.lower().endswith(("n't", "n’t")))
        and words[place + 1][1] <= line + 1  # else a paragraph, or a heading, ends between them
    ]
    while starts:
        start = rng.choice(starts)
        part = words[start : start + rng.randint(2, 4)]
        yield Cut(" ".join(word for word, _, _ in part), (part[0][1], part[-1][2]))


def inside_a_word(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes that begin or end in the midst of a word."""
    for cut in honest(text, rng):
        first, *_, last = words = cut.quote.split()
        if rng.random() < 0.5 and len(first) > 3 and first.isalpha():
            words[0] = first[rng.randint(1, len(first) - 2) :]
        elif len(last) > 3 and last.isalpha():
            words[-1] = last[: rng.randint(1, len(last) - 2)]
        else:
            continue
        false = " ".join(words)
        if not places(text.document.text, false):
            yield Cut(false, cut.lines)


def twice(text: Text, rng: random.Random) -> Iterator[Cut]:
    """Yield quotes that stand more than once in the whole text."""
    for cut in windows(text, rng, (2, 3)):
        if re.search(r"\d", cut.quote):
            continue  # numbers have rules of their own
        found = places(text.document.text, cut.quote)
        if len(found) > 1 and not any(negated(text.document.text, *span) for span in found):
            yield cut


Cutter = Callable[[Text, random.Random], Iterator[Cut]]
KINDS: dict[str, tuple[Cutter, frozenset[Verdict]]] = {
    "as a person copies it": (copied, frozenset((Verdict.EXACT, Verdict.NORMALISED))),
    "with words left out": (elliptic, frozenset((Verdict.JOINED,))),
    "one word changed": (flipped, frozenset((Verdict.ALTERED, Verdict.MISSING))),
    "number or sign changed": (renumbered, frozenset((Verdict.ALTERED, Verdict.MISSING))),
    "begun after a negation": (after_a_negation, frozenset((Verdict.ALTERED,))),
    "cut inside a word": (inside_a_word, frozenset((Verdict.ALTERED, Verdict.MISSING))),
}


def seeded(word: str) -> random.Random:
    """Return chance that is the same each time."""
    return random.Random(word)  # noqa: S311 - no secret depends on it


def some(cuts: Iterator[Cut], most: int = EACH) -> list[Cut]:
    return list(islice(dict.fromkeys(islice(cuts, most * 3)), most))


Record = Callable[[str, object], None]


def tell(record: Record, kind: str, name: str, verdicts: Counter[str]) -> None:
    """Hand over how many quotes of a kind came to which verdict."""
    record("quotes", (kind, "the sources" if name.isdigit() else "own pages", dict(verdicts)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [text.name for text in texts()])
def test_every_kind_of_quote_gets_its_verdict(
    name: str, kind: str, record_property: Record
) -> None:
    text = next(text for text in texts() if text.name == name)
    cutter, expected = KINDS[kind]
    wrong, verdicts = [], Counter[str]()
    for cut in some(cutter(text, seeded(f"{name} {kind}"))):
        found = check(text.passages, cut.quote, cut.lines)
        verdicts[found.verdict.value] += 1
        if found.verdict not in expected and not denied_elsewhere(text, cut, found.verdict):
            wrong.append((cut, found))
        if found.verdict.verified:
            assert found.lines is not None
            assert cut.lines[0] <= found.lines[0] <= found.lines[1] <= cut.lines[1]
    tell(record_property, kind, name, verdicts)
    assert [] == wrong


def denied_elsewhere(text: Text, cut: Cut, verdict: Verdict) -> bool:
    """Return whether a quote without its negation stands there too: a doubt, never a proof."""
    whole = text.document.text
    return verdict is Verdict.AMBIGUOUS and len(places(whole, cut.quote)) > 1


@pytest.mark.parametrize("name", [text.name for text in texts()])
def test_a_quote_that_stands_twice_is_ambiguous_without_its_lines(
    name: str, record_property: Record
) -> None:
    text = next(text for text in texts() if text.name == name)
    verdicts = Counter[str]()
    for cut in some(twice(text, seeded(name)), 50):
        found = check(text.passages, cut.quote)
        verdicts[found.verdict.value] += 1
        assert Verdict.AMBIGUOUS is found.verdict, cut
    tell(record_property, "standing twice", name, verdicts)


@pytest.mark.parametrize("name", [text.name for text in texts()])
def test_no_quote_is_verified_in_another_document(name: str, record_property: Record) -> None:
    text = next(text for text in texts() if text.name == name)
    verdicts = Counter[str]()
    others = [t for t in texts() if t.name[:8] != name[:8] and t.name.isdigit() == name.isdigit()]
    for cut in some(honest(text, seeded(f"{name} wrong"))):
        for other in others:
            if places(other.document.text, cut.quote):
                continue  # it does stand there as well
            found = check(other.passages, cut.quote)
            verdicts[found.verdict.value] += 1
            assert not found.verdict.verified, (other.name, cut, found)
    tell(record_property, "from another document", name, verdicts)


@pytest.mark.parametrize("name", [text.name for text in texts()])
def test_the_index_and_a_regular_expression_agree(name: str) -> None:
    """Without lines, on honest and on changed quotes alike."""
    text = next(text for text in texts() if text.name == name)
    whole, rng = text.document.text, seeded(f"{name} slow")
    cutters = (honest, flipped, inside_a_word, windows)
    for cut in (cut for cutter in cutters for cut in some(cutter(text, rng), 60)):
        if re.search(r"\d|\.\.\.|…", cut.quote):
            continue  # numbers and ellipsis have rules of their own
        spans = places(whole, cut.quote)
        found = check(text.passages, cut.quote)
        if not spans:
            assert found.verdict not in {Verdict.EXACT, Verdict.NORMALISED}, (cut, found)
            continue
        denied = [negated(whole, *span) for span in spans]
        if all(denied):
            assert Verdict.ALTERED is found.verdict, (cut, found)
        elif len(spans) > 1:
            assert Verdict.AMBIGUOUS is found.verdict, (cut, found)
        else:
            assert found.verdict in {Verdict.EXACT, Verdict.NORMALISED}, (cut, found)
            assert spans[0] == found.spans[0]


def test_the_sources_were_at_hand() -> None:
    if not SEEDS.exists():
        pytest.skip("the source documents are not beside this checkout (shared/seeds)")
    assert 5 == sum(text.name.isdigit() for text in texts())
