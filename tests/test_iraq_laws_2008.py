"""Three laws of 13 February 2008: stuck one by one, passed as one package.

Facts: the sources named in the case file.
"""

from __future__ import annotations

import pytest

from servanda.acceptance import Acceptable
from servanda.analysis import Findings, Request, analyse
from servanda.casefile import find_case, read_case
from servanda.model import PartyId
from servanda.stability import Grade

ALONE = ["budget-alone", "amnesty-alone", "provinces-alone"]


def run(plan: str) -> Findings:
    return analyse(read_case(find_case("iraq-laws-2008")), Request(plan=plan))


@pytest.mark.parametrize("plan", ALONE)
def test_no_law_alone_is_acceptable_to_all_who_must_vote(plan: str) -> None:
    findings = run(plan)
    assert findings.target is not None
    assert findings.target_package is not None
    assert Acceptable.NO is findings.target.acceptable
    assert {"kurds", "sunnis", "shia"} == set(findings.target_package.signing)
    refusing = {blocker.party for blocker in findings.blockers if blocker.test == "acceptable"}
    assert len(refusing) == 2


def test_the_three_together_stick() -> None:
    findings = run("one-package")
    assert findings.target is not None
    assert Acceptable.SURELY is findings.target.acceptable
    assert findings.target.sticks


def test_whoever_leaves_one_law_loses_all_three() -> None:
    findings = run("one-package")
    assert findings.target_package is not None
    moves = findings.situation.conflict.moves
    space = findings.situation.space
    for party in findings.situation.conflict.parties:
        reached = moves.destinations(findings.target_package.state, party).tolist()
        assert [{}] == [space.taken(state) for state in reached]


def test_when_the_one_year_clause_lapses_the_kurds_reopen_it() -> None:
    findings = run("one-package")
    assert findings.target_package is not None
    (lapse,) = findings.target_package.after
    assert "2009" == lapse.when
    assert ("budget",) == lapse.lapsed
    assert not lapse.sticks
    assert Grade.BREAKS is lapse.grade
    assert [PartyId("kurds")] == list(lapse.reopens)
