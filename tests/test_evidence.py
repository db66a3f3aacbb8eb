"""What a case's claims are worth beside its sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.casefile import builtin_cases, read_case, read_text
from servanda.documents import document
from servanda.evidence import Evidence, Footing, Standing, later, later_facts
from servanda.model import Case, ClaimId
from servanda.quotation import Verdict
from servanda.sources import Kept

DIARY = "Ana wrote: the well is dry.\nBen would not pump by day.\nA meter would help us both."
CASE = """\
servanda: 1
title: A well and a diary
parties: {ana: Ana, ben: Ben}
options:
  ana_pump: {by: ana, does: pumps, claims: [dry]}
  meter: {by: ben, does: installs a meter}
status_quo: [ana_pump]
facts: {calm: {means: not ana_pump, assumption: true}}
never: [{that: meter and ana_pump, claims: [guess]}]
preferences:
  ana: [{wish: meter, claims: [help]}, {wish: ana_pump, claims: [help], assumption: true}]
  ben:
    ordered:
      - not ana_pump
      - {wish: not meter, assumption: true}
      - {wish: calm, claims: [false_quote]}
    claims: [dry]
sources: {diary: {title: Diary of a well, date: 2006-11}}
claims:
  dry: {text: no water, cite: [{source: diary, lines: [1, 1], quote: the well is dry}]}
  help:
    text: a meter is useful
    type: belief
    cite:
      - {source: diary, lines: [3, 3], quote: A meter would help}
      - {source: diary, quote: would help us}
  false_quote: {text: Ben pumps, cite: [{source: diary, lines: [2, 2], quote: pump by day}]}
  guess: {text: nobody hides a pump, assumption: true}
  later_on: {text: the well filled up, type: fact, date: 2008-03-01}
  told: {text: people say so}
plans:
  early:
    title: A plan of the year of the diary
    source: diary
    target: [{take: meter, claims: [help]}, {take: not ana_pump, claims: [help]}]
    steps: [{take: meter, claims: [later_on]}]
default_plan: early
"""


def case(text: str = CASE) -> Case:
    return read_text(text, "well.yaml")


def evidence(text: str = CASE, diary: str | None = DIARY) -> Evidence:
    kept = {} if diary is None else {"diary": Kept(document=document(diary))}
    return Evidence(case(text), kept)


def test_every_citation_is_checked_and_counted() -> None:
    found = evidence()
    assert 4 == found.total
    assert 3 == found.counts[Verdict.EXACT]
    assert 1 == found.counts[Verdict.ALTERED]
    assert set(Verdict) == set(found.counts)
    assert not found.verified


def test_without_a_source_nothing_is_verified_and_nothing_is_refused() -> None:
    found = evidence(diary=None)
    assert 4 == found.counts[Verdict.NO_SOURCE]
    assert not found.verified
    assert Standing.UNCHECKED is found.standing_of(ClaimId("dry"))
    assert [] == [problem for problem in found.problems() if problem.severity == "fault"]


@pytest.mark.parametrize(
    ("claim", "standing"),
    [
        ("dry", Standing.VERIFIED),
        ("help", Standing.VERIFIED),
        ("false_quote", Standing.REFUSED),
        ("guess", Standing.ASSUMED),
        ("told", Standing.UNCITED),
    ],
)
def test_a_claim_stands_as_its_weakest_citation(claim: str, standing: Standing) -> None:
    assert standing is evidence().standing_of(ClaimId(claim))


def test_what_the_parts_of_a_model_stand_on_is_counted_kind_by_kind() -> None:
    found = {each.kind: dict(each.counts) for each in evidence().coverage}
    assert {Footing.VERIFIED: 1, Footing.NOTHING: 1} == found["options"]
    assert {Footing.ASSUMED: 1} == found["facts"]
    assert {Footing.ASSUMED: 1} == found["rules"]  # it rests on a claim that is an assumption
    assert {
        Footing.VERIFIED: 2,  # one by the claims of the whole preference
        Footing.PARTLY: 1,
        Footing.ASSUMED: 1,
        Footing.UNVERIFIED: 1,
    } == found["wishes"]
    assert {Footing.VERIFIED: 2} == found["terms of early"]
    assert {Footing.UNVERIFIED: 1} == found["steps of early"]


def test_a_claim_taken_away_leaves_its_statement_without_support() -> None:
    def first_wish(text: str) -> Footing:
        found = evidence(text)
        statement = found.case.statements(next(iter(found.case.parties)))[0][0]
        return found.footing(statement.claims, assumption=statement.assumption)

    assert Footing.VERIFIED is first_wish(CASE)
    without = CASE.replace("{wish: meter, claims: [help]}", "meter")
    assert Footing.NOTHING is first_wish(without)
    gone = evidence().case.model_copy(
        update={"claims": {k: v for k, v in case().claims.items() if k != "help"}}
    )
    assert Footing.NOTHING is Evidence(gone).footing((ClaimId("help"),), assumption=False)


def test_a_false_quote_is_a_fault_with_its_place_and_what_differs() -> None:
    (fault,) = [problem for problem in evidence().problems() if problem.severity == "fault"]
    assert ("claims", "false_quote", "cite", 0, "quote") == fault.path
    assert (
        'the quote is altered (line 2 of diary): the source has "not" right before it'
    ) == fault.message


def test_a_source_that_cannot_be_used_is_a_warning() -> None:
    kept = {"diary": Kept(file=Path("diary.txt"), problem="has another sha256: not this one")}
    (warning, _) = Evidence(case(), kept).problems()
    assert ("warning", ("sources", "diary")) == (warning.severity, warning.path)
    assert 'the file "diary.txt" has another sha256: not this one' == warning.message


def test_a_fact_later_than_the_plan_it_stands_in_is_pointed_out() -> None:
    (warning,) = [problem for problem in evidence().problems() if problem.severity == "warning"]
    assert ("plans", "early", "steps", 0, "claims", 0) == warning.path
    assert 'fact "later_on" of 2008-03-01 is later than the source of 2006-11' == warning.message


def test_a_fact_later_than_the_source_beside_it_is_pointed_out() -> None:
    text = CASE.replace("{wish: meter, claims: [help]}", "{wish: meter, claims: [help, later_on]}")
    paths = [problem.path for problem in evidence(text).problems() if problem.hint]
    assert ("preferences", "ana", "ordered", 0, 0, "claims", 1) in paths


def test_facts_later_than_every_source_are_kept_apart() -> None:
    assert ["later_on"] == list(later_facts(case()))
    assert {} == later_facts(case(CASE.replace(", date: 2006-11", "")))


@pytest.mark.parametrize(
    ("date", "than", "expected"),
    [
        ("2008", "2006-11", True),
        ("2006-11-30", "2006-11", False),
        ("2006-12", "2006-11-30", True),
        ("2006", "2006-11", False),
        ("in spring", "2006", False),
        ("2008-01", "", False),
    ],
)
def test_dates_are_compared_as_far_as_both_are_precise(
    date: str,
    than: str,
    expected: bool,  # noqa: FBT001 - the expected value
) -> None:
    assert expected is later(date, than)


@pytest.mark.parametrize("name", builtin_cases())
def test_every_built_in_case_uses_only_claims_it_has(name: str) -> None:
    found = Evidence(read_case(builtin_cases()[name]))
    assert found.used <= set(found.case.claims)
    assert sum(sum(each.counts.values()) for each in found.coverage) > 0
