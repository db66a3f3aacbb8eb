"""Where the sources speak of somebody, and which claims cite that."""

from __future__ import annotations

import pytest

from servanda.casefile import read_text
from servanda.documents import document
from servanda.errors import UsageError
from servanda.evidence import Evidence
from servanda.mentions import mentions, names_of, uncited
from servanda.sources import Kept

TEXT = """\
The US wants a well. Ana asked us, and
Ana Lou's mother agrees. Americans, so Ben, dig
at night! The meter-
reader came. A water me-
ter was out of the ques-
tion.

Usher Ben-Ana and Banana are no names of hers"""
CASE = """\
servanda: 1
title: Names
parties:
  us: {name: United States, aliases: [US, Americans]}
  ana: {name: Ana, aliases: [Ana Lou]}
options:
  meter: {by: ana, does: installs a meter, aliases: [water meter, meter]}
  dig: {by: us}
preferences: {us: [meter], ana: [meter]}
sources: {s: A diary}
claims:
  asked: {text: a, cite: [{source: s, lines: [1, 1], quote: Ana asked us}]}
"""


def evidence() -> Evidence:
    return Evidence(read_text(CASE, "names.yaml"), {"s": Kept(document=document(TEXT))})


def found(name: str) -> list[tuple[str, tuple[int, int]]]:
    return [(mention.name, mention.lines) for mention in mentions(evidence(), name)]


def test_an_acronym_is_found_in_capitals_only_and_a_name_in_any_case() -> None:
    assert [("US", (1, 1)), ("Americans", (2, 2))] == found("us")


def test_of_names_in_one_another_only_the_longest_counts() -> None:
    assert [("Ana", (1, 1)), ("Ana Lou", (2, 2)), ("Ana", (8, 8))] == found("ana")
    assert found("ana") == found("Ana")


def test_a_name_may_be_broken_at_the_end_of_a_line() -> None:
    assert [("water meter", (4, 5))] == found("meter")


def test_a_mention_comes_with_its_sentence_and_the_claims_that_cite_it() -> None:
    first, second, _ = mentions(evidence(), "ana")
    assert "Ana asked us, and Ana Lou's mother agrees." == first.passage
    assert ("asked",) == first.claims == second.claims
    assert ["Usher Ben-Ana and Banana are no names of hers"] == [
        mention.passage for mention in uncited(mentions(evidence(), "ana"))
    ]


def test_a_broken_word_is_whole_in_the_passage() -> None:
    (mention,) = mentions(evidence(), "meter")
    assert "A water meter was out of the question." == mention.passage


def test_names_nobody_has_are_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match='no party or option "Anna"; did you mean "ana"'):
        names_of(evidence().case, "Anna")


def test_an_option_without_words_is_looked_for_by_nothing() -> None:
    assert [] == found("dig")
