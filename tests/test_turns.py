"""Shares of the time, as parts of the work have them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from servanda.errors import Lapsed, Stopped
from servanda.turns import Turn


@dataclass
class Clock:
    """A clock that goes on only when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_a_part_leaves_is_there_for_those_after_it() -> None:
    clock = Clock()
    whole = Turn(seconds=60, clock=clock)
    assert 20 == whole.part(1 / 3).seconds
    clock.now += 2
    assert 29 == whole.part(1 / 2).seconds
    clock.now += 50
    assert (8, 5) == (whole.part().seconds, whole.part(most=5).seconds)


def test_a_part_lapses_once_its_share_is_used_up_and_the_next_one_goes_on() -> None:
    clock, said = Clock(), list[str]()
    whole = Turn(seconds=10, tick=said.append, clock=clock)
    first = whole.part(1 / 2)
    first("looking")
    used = [first.mostly_used]
    clock.now += 5
    with pytest.raises(Lapsed, match="its share of the time was 5 s"):
        first("looking on")
    assert [False, True] == [*used, first.mostly_used]
    whole.part()("looking elsewhere")
    assert ["looking", "looking on", "looking elsewhere"] == said


def test_a_part_of_a_part_ends_with_it() -> None:
    clock = Clock()
    outer = Turn(seconds=0.5, clock=clock)
    inner = outer.part()
    clock.now += 1
    assert 0 == inner.left
    with pytest.raises(Lapsed, match="less than 1 s"):
        inner("looking")


def test_without_a_share_a_part_never_lapses_but_may_be_stopped() -> None:
    def stop(_: str) -> None:
        raise Stopped("the time limit of 5 s was reached")

    clock = Clock()
    part = Turn(clock=clock).part(1 / 10)
    clock.now += 10**6
    part("looking")
    assert (None, False) == (part.left, part.mostly_used)
    with pytest.raises(Stopped, match="5 s was reached"):
        Turn(seconds=60, tick=stop).part()("looking")
