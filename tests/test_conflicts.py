"""The random conflicts the laws are tried on."""

import random

from hypothesis import given, settings

from conflicts import PARTIES, as_data, conflicts, plain, relabelled
from servanda.model import Case
from slow import Slow

some = settings(max_examples=60, deadline=None)


@some
@given(case=conflicts)
def test_a_random_conflict_starts_from_a_feasible_state(case: Case) -> None:
    slow = Slow(case)
    assert slow.base in slow.feasible
    assert set(case.parties) <= set(PARTIES)


@some
@given(case=conflicts)
def test_a_random_conflict_survives_being_written_down(case: Case) -> None:
    assert case == Case.model_validate(as_data(case))


@some
@given(case=conflicts)
def test_new_names_leave_as_many_states(case: Case) -> None:
    chance = random.Random(1)  # noqa: S311 - conflicts, not secrets
    other, new = relabelled(case, chance)
    assert {new[name] for name in (*case.parties, *case.options)} == {
        *other.parties,
        *other.options,
    }
    assert len(Slow(case).states) == len(Slow(other).states)


@some
@given(case=conflicts)
def test_a_plain_conflict_bars_nothing(case: Case) -> None:
    free = plain(case)
    everything = 1
    for option in free.options.values():
        assert option.by is not None
        assert option.only is option.when is None
        everything *= len(option.levels)
    assert everything == len(Slow(free).states)
