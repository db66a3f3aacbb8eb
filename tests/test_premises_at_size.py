"""What a verdict rests on where each takes long: what is tried is told, and comes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servanda.casefile import find_case, read_case
from servanda.grounds import Grounds, grounds
from servanda.narrative import Premises, Section, gather, premises_sections
from servanda.sensitivity import changes, keep_only, smallest, telling_first, turns
from servanda.situation import Situation, lay
from servanda.target import judge, judge_in_short
from servanda.worlds import seen_by

WHOLE = "threats and offers"


@pytest.fixture(scope="module")
def laws() -> Situation:
    return lay(read_case(find_case("iraq-laws-2008")))


@pytest.fixture(scope="module")
def large() -> Situation:
    return lay(seen_by(read_case(find_case("iraq-2006")), "P003"), "P003")


@pytest.fixture(scope="module")
def found(large: Situation) -> Premises:
    return gather(large)


def decisive(situation: Situation) -> Grounds:
    verdict = judge(situation)
    assert verdict is not None
    return grounds(situation, verdict.no_deal, verdict.states)


def texts(section: Section) -> Iterator[str]:
    yield from section.paragraphs
    for part in section.parts:
        yield from texts(part)


def test_what_decides_comes_first_and_nothing_is_left_out(laws: Situation) -> None:
    every, first = list(changes(laws)), telling_first(laws, decisive(laws))
    assert sorted(map(repr, every)) == sorted(map(repr, first))
    told = {(ground.party, ground.text) for ground in decisive(laws).every}
    telling = [
        change
        for change in every
        if change.kind == "drop" and (change.party, change.first[0].wish) in told
    ]
    assert telling
    assert telling == [change for change in first if change in telling][: len(telling)]
    rest = [change for change in every if change.kind == "drop" and change not in telling]
    assert max(map(first.index, telling)) < min(map(first.index, rest), default=len(every))


def test_changes_named_are_tried_on_the_whole_plan_with_the_same_result(laws: Situation) -> None:
    every = turns(laws)
    some = turns(laws, tried=[turn.change for turn in every[:9]])
    assert [(turn.change, turn.sticks[WHOLE]) for turn in every[:9]] == [
        (turn.change, turn.sticks[WHOLE]) for turn in some
    ]
    assert all({WHOLE} == set(turn.sticks) for turn in some)


def test_what_decides_leads_to_as_few_assumptions(laws: Situation) -> None:
    alone, helped = smallest(laws), smallest(laws, decisive=decisive(laws))
    assert (alone.size, alone.bound) == (helped.size, helped.bound)
    verdict, kept = judge_in_short(laws), keep_only(laws, (*helped.statements, *helped.rules))
    after = judge_in_short(kept)
    assert verdict is not None
    assert after is not None
    assert verdict.sticks == after.sticks


def test_at_size_so_many_changes_are_tried_and_the_rest_is_counted(
    large: Situation, found: Premises
) -> None:
    assert not large.space.dense
    assert "" == found.stopped
    assert len(list(changes(large))) == len(found.turns) + found.untried
    assert 40 == len(found.turns)
    assert {WHOLE} == set(found.fewest)
    few = found.fewest[WHOLE]
    assert 0 < few.bound <= few.size < few.out_of
    kept = keep_only(large, (*few.statements, *few.rules))
    after = judge_in_short(kept)
    assert after is not None
    assert found.sticks[WHOLE] == after.sticks


def test_at_size_it_says_what_was_not_tried(large: Situation, found: Premises) -> None:
    said = " ".join(texts(premises_sections(large.case, found, every=True)[0]))
    assert f"{found.untried} more were not tried, and some of them may turn it too." in said
    assert "on the whole plan alone" in said
    assert "follows from no single change" not in said
