"""Ways that will do, found without trying all."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.halving import halved, thinned


def test_where_no_way_of_the_last_group_fits_nothing_is_found() -> None:
    tried: list[int] = []
    assert [] == list(halved([[1], [2], [3, 4]], tried.append))
    assert [3, 4] == tried
    assert [] == list(halved([], lambda way: way))


def test_halving_finds_the_first_group_where_all_later_ones_fit_as_well() -> None:
    for least in range(1, 21):
        tried: list[int] = []

        def fits(way: int, least: int = least, tried: list[int] = tried) -> int | None:
            tried.append(way)
            return way if way >= least else None

        *_, best = halved([[way] for way in range(1, 21)], fits)
        assert [least] == best
        assert len(tried) <= 6


def test_what_is_left_after_thinning_is_needed_each_and_every_one() -> None:
    def fits(some: Sequence[int]) -> Sequence[int] | None:
        return list(some) if {2, 5} <= set(some) or 7 in some else None

    assert [7] == list(thinned([1, 2, 5, 7], fits))[-1]
    assert [2, 5] == list(thinned([7, 1, 2, 5], fits))[-1]
    assert [] == list(thinned([1, 2], fits))
