"""A scored role-play with published numbers: pure talks with walk-away points, vetoes and a quota.

Scores: the base game of Abdelnabi et al. 2023 (arXiv:2309.17234); reference values by enumeration.
"""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from math import prod
from operator import ne
from pathlib import Path
from typing import Any

import pytest

from servanda.acceptance import How
from servanda.analysis import Findings, Request, analyse
from servanda.model import Case
from servanda.nodeal import no_deal
from servanda.situation import lay
from servanda.solver import Search

ENGINES = ("grid", "solver")
GAME = Path(__file__).parents[2] / "shared" / "cases" / "negotiation" / "deliberation_base.json"


@pytest.fixture(scope="module")
def game() -> dict[str, Any]:
    if not GAME.exists():
        pytest.skip("the scored role-play is not beside this checkout (shared/cases/negotiation)")
    found: dict[str, Any] = json.loads(GAME.read_text(encoding="utf-8"))
    return found


def as_case(game: dict[str, Any], signatories: dict[str, Any]) -> Case:
    """Return the game as a case: every issue a joint option, every score a statement in points."""
    ids = [f"party{number}" for number in range(len(game["parties"]))]
    levels = {
        issue: [f"{issue}{number + 1}" for number in range(count)]
        for issue, count in zip(game["issues"], game["levels"], strict=True)
    }
    return Case.model_validate(
        {
            "servanda": 1,
            "title": "A scored role-play",
            "parties": dict(zip(ids, (party["name"] for party in game["parties"]), strict=True)),
            "options": {
                issue: {"joint": ids, "levels": names, "does": f"issue {issue}"}
                for issue, names in levels.items()
            },
            "preferences": {
                party: {
                    "points": {
                        f"{issue} = {level}": score
                        for (issue, names), scores in zip(
                            levels.items(), stated["scores"], strict=True
                        )
                        for level, score in zip(names, scores, strict=True)
                    }
                }
                for party, stated in zip(ids, game["parties"], strict=True)
            },
            "walk_away": {
                party: stated["minimum"] for party, stated in zip(ids, game["parties"], strict=True)
            },
            "signatories": signatories,
        }
    )


def deal(findings: Findings, place: int) -> str:
    """Return one package in the game's own spelling."""
    space = findings.situation.space
    return ",".join(space.named(space.levels(findings.packages[place].state)).values())


def surpluses(findings: Findings, place: int) -> list[Fraction]:
    """Return what each party has in a deal over its minimum."""
    compared = findings.packages[place].comparisons.values()
    return [each.margin for each in compared if each.margin is not None]


def test_twelve_deals_are_accepted_by_all(game: dict[str, Any]) -> None:
    findings = analyse(as_case(game, {}), Request(limit=12))
    assert game["reference"]["outcomes"] == findings.counts["packages"]
    assert game["reference"]["deals_all_accept"] == findings.counts["sticking"]
    assert sorted(game["reference"]["all_accept"]) == sorted(deal(findings, n) for n in range(12))


def test_the_solver_lists_the_same_twelve_and_proves_that_there_are_no_more(
    game: dict[str, Any],
) -> None:
    findings = analyse(as_case(game, {}), Request(best="total", limit=13, engine="solver"))
    assert ("solver", "optimal") == (findings.engine, findings.status)
    assert game["reference"]["outcomes"] == findings.situation.space.size
    found = [deal(findings, place) for place in range(len(findings.packages))]
    assert sorted(game["reference"]["all_accept"]) == sorted(found)
    assert all(package.sticks for package in findings.packages)


def vetoes_and_all_but_one(game: dict[str, Any]) -> dict[str, Any]:
    """Return who must accept: both vetoes, and five of six."""
    vetoes = [
        f"party{number}"
        for number, party in enumerate(game["parties"])
        if party["role"] in {"p1", "p2"}
    ]
    everybody = [f"party{number}" for number in range(len(game["parties"]))]
    return {"vetoes": vetoes, "at_least": 5, "of": everybody}


def test_vetoes_and_five_of_six_make_fifty_five_deals(game: dict[str, Any]) -> None:
    findings = analyse(as_case(game, vetoes_and_all_but_one(game)), Request(limit=1))
    assert game["reference"]["deals_two_vetoes_plus_n_minus_1"] == findings.counts["sticking"]


def test_the_solver_lists_all_fifty_five_and_no_more(game: dict[str, Any]) -> None:
    situation = lay(as_case(game, vetoes_and_all_but_one(game)))
    search = Search(situation, no_deal(situation))
    *found, last = search.packages(60, by="total")
    expected = game["reference"]["deals_two_vetoes_plus_n_minus_1"]
    assert expected == len({best.state for best in found})
    assert ("infeasible", None) == (last.status, last.state)


@pytest.mark.parametrize(("best", "key"), [("maximin", "maximin_package"), ("nash", "nash_all")])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_best_deal_is_the_published_one(
    game: dict[str, Any], best: How, key: str, engine: str
) -> None:
    findings = analyse(as_case(game, {}), Request(best=best, limit=1, engine=engine))
    assert "optimal" == findings.status
    assert game["reference"][key] == deal(findings, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_best_deals_give_is_the_published_surplus(
    game: dict[str, Any], engine: str
) -> None:
    findings = analyse(as_case(game, {}), Request(best="nash", limit=1, engine=engine))
    margins = surpluses(findings, 0)
    assert game["reference"]["nash_surplus"] == margins
    if engine == "solver":
        assert prod(margins) == findings.bound
    findings = analyse(as_case(game, {}), Request(best="maximin", limit=2, engine=engine))
    least, next_least = (min(surpluses(findings, place)) for place in range(2))
    assert game["reference"]["maximin_surplus"] == least > next_least


@pytest.mark.parametrize("engine", ENGINES)
def test_deals_some_terms_apart_are_found_by_both_engines(
    game: dict[str, Any], engine: str
) -> None:
    findings = analyse(as_case(game, {}), Request(best="total", limit=3, apart=3, engine=engine))
    deals = [deal(findings, place).split(",") for place in range(len(findings.packages))]
    apart = [sum(map(ne, one, two)) for one, two in combinations(deals, 2)]
    assert 3 <= min(apart)
    assert findings.packages[0].sticks


def test_talks_have_no_roadmap_and_leaving_ends_them(game: dict[str, Any]) -> None:
    findings = analyse(as_case(game, {}), Request(limit=13))
    assert all(package.roadmap is None for package in findings.packages)
    last = findings.packages[12]
    assert not last.sticks
    assert findings.situation.conflict.walk_away is not None
