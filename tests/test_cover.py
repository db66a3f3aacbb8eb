"""The cheapest covers of a chart: a published one, and all sets of pieces of random ones."""

from itertools import chain, combinations

import numpy as np
import pytest

from servanda import cover
from servanda.cover import Bools, Cover, Prices, cheapest_cover

SEED = 1952


def by_trying(covers: Bools, prices: Prices) -> Cover:
    """Return the cheapest of all sets of pieces, by trying each."""
    places = range(len(prices))
    every = chain.from_iterable(combinations(places, size) for size in range(len(prices) + 1))
    priced = [
        (tuple(map(int, prices[list(some)].sum(0))), some)
        for some in every
        if covers[list(some)].any(0).all()
    ]
    least = min(price for price, _ in priced)
    cheapest = [some for price, some in priced if price == least]

    def first(some: tuple[int, ...]) -> list[bool]:
        return [place not in some for place in places]

    return Cover(
        pieces=min(cheapest, key=first),
        price=least,
        bound=least,
        ways=len(cheapest),
        all_counted=True,
    )


def chart(rng: np.random.Generator, pieces: int, rows: int) -> Bools:
    covers: Bools = rng.random((pieces, rows)) < rng.uniform(0.15, 0.5)
    covers[rng.integers(pieces, size=rows), np.arange(rows)] = True
    return covers


def ring(size: int, *, copies: int) -> tuple[Bools, Prices]:
    """Return rings of so many rows, a piece for each two neighbours: two covers for each ring."""
    one = np.eye(size, dtype=bool) | np.roll(np.eye(size, dtype=bool), 1, axis=1)
    return np.kron(np.eye(copies, dtype=bool), one), np.ones((size * copies, 1), np.int64)


@pytest.mark.parametrize("steps", [cover.STEPS, 0], ids=["search", "solver"])
def test_a_published_chart_of_prime_implicants_has_four_models(steps: int) -> None:
    # Cebotari & Vink (2013) on ethnic protest; chart and models as in the manual of Duşa's QCA
    # package for R (2019).
    printed = {
        "~NATPRIDE": "xx--xx-x-",
        "~DEMOC*ETHFRACT*POLDIS": "-xx------",
        "DEMOC*ETHFRACT*GEOCON": "-----xxxx",
        "DEMOC*ETHFRACT*~POLDIS": "-----xx--",
        "DEMOC*GEOCON*POLDIS": "---x---xx",
        "ETHFRACT*GEOCON*POLDIS": "-xx----xx",
    }
    covers = np.array([[sign == "x" for sign in row] for row in printed.values()])
    prices = np.array([[1, 1 + name.count("*")] for name in printed])
    found = cheapest_cover(covers, prices, steps=steps)
    assert ((4, 10), 4, True) == (found.price, found.ways, found.all_counted)
    assert [
        "~NATPRIDE",
        "~DEMOC*ETHFRACT*POLDIS",
        "DEMOC*ETHFRACT*GEOCON",
        "DEMOC*GEOCON*POLDIS",
    ] == [list(printed)[piece] for piece in found.pieces]


@pytest.mark.parametrize("steps", [10_000, 0], ids=["search", "solver"])
def test_the_first_cheapest_cover_of_a_random_chart_is_found_and_all_are_counted(
    steps: int,
) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(150 if steps else 60):
        covers = chart(rng, int(rng.integers(1, 13)), int(rng.integers(0, 11)))
        prices = np.column_stack(
            [rng.integers(1, rng.integers(2, 4), len(covers)), rng.integers(0, 4, len(covers))]
        )
        assert by_trying(covers, prices) == cheapest_cover(covers, prices, steps=steps)


@pytest.mark.parametrize("steps", [200, 0], ids=["search", "solver"])
def test_search_and_solver_take_rings_apart(steps: int) -> None:
    found = cheapest_cover(*ring(6, copies=10), steps=steps)
    assert ((30,), 2**10, True) == (found.price, found.ways, found.all_counted)
    assert (0, 2, 4, 6, 8, 10) == found.pieces[:6]


def test_search_and_solver_agree_on_middling_charts() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(6):
        covers = chart(rng, 32, 24)
        prices = np.column_stack([np.ones(32, np.int64), rng.integers(1, 3, 32)])
        searched = cheapest_cover(covers, prices, steps=100_000)
        assert searched == cheapest_cover(covers, prices, steps=0, work=20)


def test_where_the_solver_stops_listing_there_are_at_least_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cover, "LISTED", 2)
    covers, prices = ring(8, copies=1)
    found = cheapest_cover(covers, prices, steps=0)
    assert ((4,), (4,), 2, False) == (found.price, found.bound, found.ways, found.all_counted)


def test_where_the_solver_may_not_work_there_is_a_cover_and_a_bound() -> None:
    covers, prices = ring(9, copies=1)
    found = cheapest_cover(covers, prices, steps=0, work=0)
    assert covers[list(found.pieces)].any(0).all()
    assert found.bound <= (5,) <= found.price
    assert (1, False) == (found.ways, found.all_counted)


def test_a_row_that_no_piece_covers_is_refused() -> None:
    with pytest.raises(ValueError, match="a row has no piece"):
        cheapest_cover(np.array([[True, False]]), np.array([[1]]))


def test_prices_too_large_for_whole_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="prices are too large"):
        cheapest_cover(np.array([[True]]), np.array([[1, 1 << 40]]))
