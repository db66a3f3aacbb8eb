"""The claims of the flagship case beside the reading they come from, and beside their sources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from servanda.casefile import find_case, read_case
from servanda.evidence import Evidence
from servanda.model import Case, ClaimId
from servanda.sources import find_sources
from test_cli import run

SHARED = Path(__file__).parents[2] / "shared"
PLANS = SHARED / "iraq" / "plans.yaml"
SEEDS = SHARED / "seeds"
FOUND = {
    *("c000.16", "c000.17", "c000.18", "c001a.27", "c001b.25", "c002.13"),
    *("c003.15", "c003.16", "c003.17", "f18"),
}
"""Claims that the reading does not list: whoever models finds more to cite than whoever reads."""


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(find_case("iraq-2006"))


@pytest.fixture(scope="module")
def reading() -> Any:
    if not PLANS.exists():
        pytest.skip("the reading of the plans is not beside this checkout (shared/iraq)")
    return yaml.safe_load(PLANS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def seeds() -> Path:
    if not SEEDS.exists():
        pytest.skip("the source documents are not beside this checkout (shared/seeds)")
    return SEEDS


def citations(thing: Any) -> Iterator[tuple[str, int, int, str]]:
    """Yield every citation of the reading."""
    if isinstance(thing, dict):
        if "cite" in thing:
            file, first, last, quote = thing["cite"]
            yield file, first, last, quote.split("|")[0]
        for part in thing.values():
            yield from citations(part)
    elif isinstance(thing, list):
        for part in thing:
            yield from citations(part)


def test_all_claims_of_the_reading_are_in_the_case_under_their_ids(
    case: Case, reading: Any
) -> None:
    claims = {claim["id"]: claim for plan in reading["plans"] for claim in plan["claims"]}
    assert 107 == len(claims)
    for name, claim in claims.items():
        mine = case.claims[name]
        assert (claim["type"], claim["hedge"]) == (mine.type, mine.hedge), name
        assert claim["text"] != mine.text, name


def test_every_citation_of_the_reading_is_in_the_case_and_what_else_is_cited_is_new(
    case: Case, reading: Any
) -> None:
    assert 162 == len([*citations(reading["plans"])])
    assert sorted(citations(reading["plans"])) == sorted(cited(case, case.claims.keys() - FOUND))
    assert 9 == len([*cited(case, FOUND)])
    assert () == case.claims[ClaimId("f18")].cite  # a dated fact, which no text of the five tells


def cited(case: Case, claims: Collection[str]) -> Iterator[tuple[str, int, int, str]]:
    """Yield every citation of some of the case's claims."""
    for name in claims:
        for cite in case.claims[ClaimId(name)].cite:
            first, last = cite.lines or (0, 0)
            yield cite.source[:4].upper(), first, last, cite.quote


def test_sources_are_known_by_their_sums_and_reading_orders(
    case: Case, reading: Any, seeds: Path
) -> None:
    layout = reading["layout_S001"] if "layout_S001" in reading else reading["meta"]["layout_S001"]
    for name, source in case.sources.items():
        file = reading["meta"]["files"][name[:4].upper()]
        assert hashlib.sha256((seeds / file).read_bytes()).hexdigest() == source.sha256
        if source.reading:
            (order,) = [v["segments"] for k, v in layout.items() if k[0] == name[-1].upper()]
            assert [tuple(lines) for lines in order] == list(source.reading)
    assert ["s001a", "s001b", "s001c"] == [n for n, s in case.sources.items() if s.reading]


def test_every_citation_is_verified_against_the_sources(case: Case, seeds: Path) -> None:
    found = Evidence(case, find_sources(case, seeds))
    assert [] == found.problems()
    assert found.verified
    assert 171 == found.total


def test_the_command_verifies_them_or_names_what_it_wants(case: Case, seeds: Path) -> None:
    data = json.loads(run("evidence", "iraq-2006", "--sources", str(seeds), "--json").stdout)
    counts = data["counts"]
    assert 171 == counts["exact"] + counts["normalised"] + counts["joined"]
    told = run("evidence", "iraq-2006", COLUMNS="300").stdout
    assert "171 no source here" in told
    assert all(source.sha256 in told for source in case.sources.values())


def test_claims_that_no_plan_uses_yet_wait_without_a_fault(case: Case) -> None:
    unused = set(case.claims) - Evidence(case).used
    assert {"c000.1", "c001b.3", "c002.3", "c003.3", "c004.2"} <= unused
    assert "no faults, no warnings" in run("check", "iraq-2006").stdout
