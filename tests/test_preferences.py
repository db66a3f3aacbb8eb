"""What a party wants as whole numbers: statements, ties, points, positions, rankings."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from servanda.casefile import read_text
from servanda.conditions import OptionId
from servanda.conflict import compile_case
from servanda.model import PartyId
from servanda.preferences import Payoff

ANA = PartyId("ana")
CASE = """
servanda: 1
title: One party, one wish list
parties: {ana: Ana, ben: Ben}
options:
  a: {by: ana}
  b: {by: ben}
  price: {joint: [ana, ben], levels: [none, low, high], values: [0, 10, 25]}
preferences:
  ana: %s
"""


def payoff(preference: str) -> Payoff:
    return compile_case(read_text(CASE % preference, "case.yaml")).payoffs[ANA]


def value(found: Payoff, **levels: int) -> int:
    return found.value(found.space.index({o: levels.get(o, 0) for o in found.space.options}))


def test_a_statement_outweighs_all_below_it() -> None:
    found = payoff("[a, b, price = high]")
    assert value(found, a=1) > value(found, b=1, price=2) > value(found, b=1) > value(found)


def test_a_tied_group_counts_the_members_satisfied() -> None:
    found = payoff("[[a, b], price = high]")
    assert value(found, a=1) == value(found, b=1)
    assert value(found, a=1, b=1) > value(found, a=1, price=2) > value(found, a=1)


def test_a_hundred_statements_keep_their_order_though_no_integer_holds_them() -> None:
    wishes = ["a"] + ["price < high"] * 70 + ["b"] * 29
    found = payoff("[" + ", ".join(wishes) + "]")
    assert value(found, a=1, price=2) > value(found, b=1)
    assert value(found, b=1) > value(found) > value(found, b=1, price=2)
    assert found.values.dtype == np.int64 or found.values.max() < 100


def test_points_are_scaled_to_whole_numbers_and_margins_come_back_in_points() -> None:
    found = payoff("{points: {a: 0.5, b: 1..2, not b: -0.25}}")
    space = found.space
    nothing = space.index(dict.fromkeys(space.options, 0))
    taken = space.put(nothing, {OptionId("b"): 1})
    assert Fraction(7, 4) == found.margin(taken, nothing)
    assert Fraction(-7, 4) == found.margin(nothing, taken)


def test_a_position_costs_salience_times_distance_by_the_values_stated() -> None:
    found = payoff("{position: {price: {at: low, salience: 2}}}")
    assert found.scale * 20 == value(found, price=1) - value(found)
    assert found.scale * 30 == value(found, price=1) - value(found, price=2)


def test_a_ranking_puts_the_first_highest_and_the_unlisted_last_together() -> None:
    found = payoff("{ranking: [[a], {tied: [[b], [a, b]]}]}")
    assert value(found, a=1) > value(found, b=1) > value(found)
    assert value(found, b=1) == value(found, a=1, b=1)
    assert value(found) == value(found, price=1)


def test_a_party_without_wishes_does_not_care() -> None:
    text = CASE.replace("preferences:\n  ana: %s", "preferences: {ben: [b]}")
    found = compile_case(read_text(text, "case.yaml")).payoffs[ANA]
    assert 1 == len(set(found.flat.tolist()))


def test_severity_is_the_place_of_the_first_difference_or_a_share_of_the_spread() -> None:
    ordered = payoff("[a, b, price = high, price > none]")
    assert Fraction(1) == ordered.severity(value(ordered), value(ordered, a=1), 99)
    assert Fraction(3, 4) == ordered.severity(value(ordered), value(ordered, b=1), 99)
    assert Fraction(0) == ordered.severity(value(ordered, a=1), value(ordered), 99)
    points = payoff("{points: {a: 30, b: 10}}")
    assert Fraction(1, 4) == points.severity(value(points), value(points, b=1), 40)


def test_the_decisive_statement_is_the_first_the_better_state_has_over_the_worse() -> None:
    found = payoff("[price < high, [a, b]]")
    space = found.space
    worse = space.index(dict.fromkeys(space.options, 0))
    better = space.put(worse, {OptionId("b"): 1})
    number, statements = found.decisive(better, worse)
    assert (2, ["b"]) == (number, [statement.wish for statement in statements])
    assert (0, ()) == found.decisive(worse, worse)
