"""Adjusted Winner: the theorem on random issues, and the Panama Canal talks of 1974.

Raiffa (1982) collected the points of the Panama Canal talks; Brams & Taylor (1996) divided them.
"""

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from servanda.adjusted_winner import Division, Pair, Transfer, adjusted_winner
from servanda.errors import UsageError

PANAMA = Path(__file__).parents[2] / "shared" / "cases" / "negotiation" / "panama_canal_1974.json"
SEED = 1996
NUMBER = 300


@pytest.fixture(scope="module")
def panama() -> dict[str, Any]:
    if not PANAMA.exists():
        pytest.skip("the Panama Canal talks are not beside this checkout (shared/cases)")
    found: dict[str, Any] = json.loads(PANAMA.read_text(encoding="utf-8"))
    return found


def divided(talks: dict[str, Any]) -> Division:
    us, panama = talks["parties"]
    return adjusted_winner((us, panama), {name: (a, b) for name, a, b in talks["issues"]})


def test_panama_and_the_united_states_both_have_66_points(panama: dict[str, Any]) -> None:
    assert tuple(panama["expected"]["final_points"]) == divided(panama).points


def test_the_united_states_win_two_fifteenths_of_land_and_water(panama: dict[str, Any]) -> None:
    expected = panama["expected"]
    share = Fraction(expected["US_fraction_of_land_and_water"])
    assert (expected["tie"], share) == divided(panama).split


def test_panama_has_land_and_water_first_because_it_is_behind(panama: dict[str, Any]) -> None:
    found, expected = divided(panama), panama["expected"]
    assert tuple(expected["initial_points_without_tie"]) == found.untied
    assert (expected["tie"],) == found.tied
    assert panama["parties"][1] == found.giver
    assert (Transfer(issue=expected["tie"], share=Fraction(2, 15), price=Fraction(1)),) == (
        found.transfers
    )


def test_each_wins_whole_what_it_alone_values_most(panama: dict[str, Any]) -> None:
    found, expected = divided(panama), panama["expected"]
    us, theirs = panama["parties"]
    others = [name for name, a, b in panama["issues"] if a < b]
    assert tuple(expected["initial_wins_US"]) == found.won_by(us)
    assert tuple(others) == found.won_by(theirs)


def test_the_panama_division_is_proved(panama: dict[str, Any]) -> None:
    assert divided(panama).proved


def random_points(chance: random.Random) -> dict[str, tuple[int, int]]:
    """Return up to four issues with small numbers: zeros and ties come often."""
    while True:
        points = {
            f"issue {number}": (chance.randint(0, 6), chance.randint(0, 6))
            for number in range(chance.randint(1, 4))
        }
        if all(sum(worth[who] for worth in points.values()) for who in (0, 1)):
            return points


def random_divisions() -> Iterator[tuple[dict[str, tuple[int, int]], Division]]:
    chance = random.Random(SEED)  # noqa: S311 - points, not secrets
    for _ in range(NUMBER):
        points = random_points(chance)
        yield points, adjusted_winner(("Ana", "Ben"), points)


def every_split(points: dict[str, tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give what each party has, in twelfths of its own points, under every split into twelfths.

    Four issues are split into quarters only.
    """
    step = 1 if len(points) < 4 else 3
    for shares in product(range(0, 13, step), repeat=len(points)):
        held = list(zip(points.values(), shares, strict=True))
        yield sum(a * share for (a, _), share in held), sum(b * (12 - t) for (_, b), t in held)


def in_twelfths(points: dict[str, tuple[int, int]], found: Division) -> Pair:
    """Return what each party has in the end in the same measure."""
    ana, ben = (sum(worth[who] for worth in points.values()) for who in (0, 1))
    return found.points[0] * 12 * ana / 100, found.points[1] * 12 * ben / 100


def test_both_have_as_much_and_neither_envies() -> None:
    for points, found in random_divisions():
        ana, ben = found.points
        assert ana == ben, points
        assert ana >= 50, points


def test_no_split_is_better_for_one_and_no_worse_for_the_other() -> None:
    for points, found in random_divisions():
        ana, ben = in_twelfths(points, found)
        better = {(a, b) for a, b in every_split(points) if a >= ana and b >= ben}
        assert {(ana, ben)} >= better, points


def test_every_division_is_proved_from_its_shares_alone() -> None:
    assert all(found.proved for _, found in random_divisions())


def test_at_most_one_issue_is_split() -> None:
    for points, found in random_divisions():
        assert sum(0 < share < 1 for share in found.shares) <= 1, points


def test_the_points_told_are_those_of_the_shares() -> None:
    for points, found in random_divisions():
        totals = [sum(worth[who] for worth in points.values()) for who in (0, 1)]
        held = list(zip(points.values(), found.shares, strict=True))
        ana = sum(Fraction(100 * a, totals[0]) * share for (a, _), share in held)
        ben = sum(Fraction(100 * b, totals[1]) * (1 - share) for (_, b), share in held)
        assert (ana, ben) == found.points, points


def test_who_comes_first_changes_no_points() -> None:
    for points, found in random_divisions():
        turned = adjusted_winner(("Ben", "Ana"), {name: (b, a) for name, (a, b) in points.items()})
        assert found.points == turned.points[::-1], points


def test_points_of_any_sum_are_made_a_hundred() -> None:
    few = adjusted_winner(("Ana", "Ben"), {"house": (3, 1), "boat": (1, 1)})
    many = adjusted_winner(("Ana", "Ben"), {"house": (75, 50), "boat": (25, 50)})
    assert many == few


def test_an_issue_passes_whole_before_the_next_is_split() -> None:
    points = {"house": (50, 40), "boat": (39, 1), "car": (10, 9), "dog": (1, 50)}
    found = adjusted_winner(("Ana", "Ben"), points)
    assert "Ana" == found.giver
    assert (
        Transfer(issue="car", share=Fraction(1), price=Fraction(10, 9)),
        Transfer(issue="house", share=Fraction(1, 3), price=Fraction(5, 4)),
    ) == found.transfers
    assert ("house", Fraction(2, 3)) == found.split
    assert ("boat",) == found.won_by("Ana")
    assert ("car", "dog") == found.won_by("Ben")


def test_a_division_that_wastes_an_issue_is_not_efficient() -> None:
    found = adjusted_winner(("Ana", "Ben"), {"house": (100, 50), "boat": (0, 50)})
    turned = Division(
        parties=found.parties,
        issues=found.issues,
        untied=found.untied,
        tied=found.tied,
        giver=None,
        transfers=(),
        shares=(Fraction(1), Fraction(1)),
    )
    assert found.proved
    assert (False, False, False) == (turned.efficient, turned.equitable, turned.envy_free)


def test_halves_of_everything_are_equitable_but_not_efficient() -> None:
    found = adjusted_winner(("Ana", "Ben"), {"house": (60, 40), "boat": (40, 60)})
    halves = Division(
        parties=found.parties,
        issues=found.issues,
        untied=found.untied,
        tied=found.tied,
        giver=None,
        transfers=(),
        shares=(Fraction(1, 2), Fraction(1, 2)),
    )
    assert (False, True, True) == (halves.efficient, halves.equitable, halves.envy_free)


def test_an_issue_that_nobody_values_harms_nothing() -> None:
    found = adjusted_winner(("Ana", "Ben"), {"house": (1, 1), "fence": (0, 0)})
    assert (Fraction(50), Fraction(50)) == found.points
    assert found.proved


@pytest.mark.parametrize(
    ("parties", "points", "message"),
    [
        (("Ana", "Ana"), {"house": (1, 1)}, 'both parties are "Ana"; give them two names'),
        (("Ana", "Ben"), {"house": (0, 1)}, "Ana has spread no points; give it something to win"),
        (("Ana", "Ben"), {}, "Ana has spread no points; give it something to win"),
        (("Ana", "Ben"), {"house": (1, -1)}, '"house" is worth -1 to Ben; write 0 or more'),
        (
            ("Ana", "Ben"),
            {"house": (0.5, 1)},
            '"house" is worth 0.5 to Ana; write it exactly, as 3 or Fraction("0.3")',
        ),
    ],
)
def test_a_question_without_sense_is_refused(
    parties: tuple[str, str], points: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        adjusted_winner(parties, points)
    assert message == str(refused.value)
