"""The smallest change in what a party wants that brings it in, on conflicts written out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from servanda import shifts, states
from servanda.casefile import read_text
from servanda.errors import Undecided
from servanda.model import PartyId
from servanda.obstacles import judged
from servanda.remedies import set_apart
from servanda.shifts import Asking, Smallest, orders, points, smallest, text_of
from servanda.situation import lay

ANA, BEN = PartyId("ana"), PartyId("ben")
SALE = """
servanda: 1
title: A gate for money
parties: {ana: Ana, ben: Ben}
options:
  gate: {by: ben, does: opens the gate}
  pay:  {joint: [ana, ben], levels: [none, a little, much], does: toll}
preferences:
  ana: [gate, pay = none]
  ben: BEN
signatories: {required: [ana, ben]}
plans:
  toll: {title: A little toll, target: [gate, "pay = 'a little'"]}
default_plan: toll
"""


def asking(ben: str, **changes: object) -> Asking:
    situation = lay(read_text(SALE.replace("BEN", ben), "sale.yaml"))
    verdict = judged(situation, None)
    terms = set_apart(situation, verdict, None)
    found = Asking(situation, None, BEN, about=verdict.states[0], terms=terms)
    return replace(found, **changes)  # type: ignore[arg-type]  # fields by name


def found(ben: str) -> dict[str, Smallest]:
    return {each.kind: each for each in shifts.shifts(asking(ben))}


def sizes(ben: str) -> dict[str, object]:
    return {
        kind: each.found[0].shift.size if each.found else None for kind, each in found(ben).items()
    }


def test_a_new_wish_a_swap_or_a_drop_brings_a_party_in() -> None:
    # He opens for much only; then he wants to be paid at all.
    wishes = "[pay = much or not gate, \"pay >= 'a little'\"]"
    assert {"reorder": 1, "wish": 3, "drop": 1} == sizes(wishes)
    new = {each.shift.condition: each for each in found(wishes)["wish"].found}
    assert {"gate", "pay = 'a little'", "gate and pay = 'a little'"} == set(new)
    assert new["pay = 'a little'"].sticks
    assert (False, (ANA,)) == (new["gate"].sticks, new["gate"].still)


def test_where_only_a_whole_new_order_would_do_the_fewest_swaps_are_counted() -> None:
    wishes = "[not gate, not (gate and pay < much), \"pay = 'a little'\", pay = much]"
    swapped = found(wishes)["reorder"]
    assert (Fraction(2), True) == (swapped.found[0].shift.size, swapped.proved)
    assert (2, 0, 1, 3) == swapped.found[0].shift.order


def test_points_count_up_to_drawing_level() -> None:
    ben = "{points: {not gate: 20, \"pay = 'a little'\": 5, pay = much: 30}}"
    added = found(ben)["points"]
    assert (Fraction(15), True) == (added.found[0].shift.size, added.proved)
    assert {("not gate", True), ("pay = 'a little'", False)} <= {
        (each.shift.condition, each.shift.less) for each in added.found
    }
    assert not any(each.shift.over for each in added.found)


def test_points_may_have_to_do_more_than_draw_level() -> None:
    # Nobody gains while Ben only draws level, and Ana does not care.
    text = SALE.replace("ana: [gate, pay = none]", "ana: [gate or not gate]")
    situation = lay(read_text(text.replace("BEN", "{points: {not gate: 20}}"), "sale.yaml"))
    verdict = judged(situation, None)
    terms = set_apart(situation, verdict, None)
    about = verdict.states[0]
    wants = Asking(situation, None, BEN, about=about, terms=terms, whole=True)
    added = smallest(wants, "points", points(wants))
    assert (Fraction(20), True) == (added.found[0].shift.size, added.found[0].shift.over)
    assert added.proved


def test_the_numbers_of_points_are_exact_fractions() -> None:
    ben = '{points: {not gate: 20.25, "pay = \'a little\'": "5..5.5"}}'
    assert {"points": Fraction(15)} == sizes(ben)
    preference = found(ben)["points"].found[0].shift.preference
    assert Fraction(21, 4) in {worth.middle for worth in preference.points.values()}


def test_a_party_without_wishes_may_be_given_one() -> None:
    case = SALE.replace("  ben: BEN\n", "").replace(
        "ana: [gate, pay = none]", "ana: [gate or not gate]"
    )
    situation = lay(read_text(case, "sale.yaml"))
    verdict = judged(situation, None)
    terms = set_apart(situation, verdict, None)
    wants = Asking(situation, None, BEN, about=verdict.states[0], terms=terms, whole=True)
    (new,) = shifts.shifts(wants)
    assert {new.kind: 1} == {"wish": new.found[0].shift.size}


def test_where_not_every_order_can_be_tried_single_moves_are() -> None:
    wishes = "[not gate, not (gate and pay < much), \"pay = 'a little'\", pay = much]"
    swapped, *_ = shifts.shifts(asking(wishes, budget=4))
    assert (Fraction(2), True) == (swapped.bound, swapped.proved)
    assert Fraction(2) == swapped.found[0].shift.size
    swapped, *_ = shifts.shifts(asking(wishes, budget=1))
    assert (Fraction(1), False) == (swapped.bound, swapped.proved)
    assert not swapped.found


def test_a_ranking_is_changed_by_swaps_of_its_states() -> None:
    ben = "{ranking: [[], [gate, pay = much], [gate, \"pay = 'a little'\"], [gate]]}"
    (swapped,) = shifts.shifts(asking(ben))
    assert (Fraction(2), True) == (swapped.found[0].shift.size, swapped.proved)


def test_what_cannot_be_settled_is_counted_and_not_taken_for_a_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise Undecided("too many")

    monkeypatch.setattr(Asking, "judge", refuse)
    _, new, _ = shifts.shifts(asking("[not gate]"))
    assert (None, False, new.tried) == (new.bound, new.proved, new.undecided)


def test_too_many_numbers_of_points_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    wants = asking("{points: {not gate: 20.25}, position: {pay: {at: much, salience: 4000}}}")
    monkeypatch.setattr(states, "LARGEST", 0)
    wants = replace(wants, situation=lay(wants.situation.case))
    (added,) = shifts.shifts(wants)
    assert (Fraction(0), False, 1) == (added.bound, added.proved, added.undecided)


@pytest.mark.parametrize("ben", ["{points: {not gate: 20, gate: 5.5}}", "{points: {not gate: 3}}"])
def test_points_are_found_alike_where_states_are_too_many(
    ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = found(ben)["points"]
    monkeypatch.setattr(states, "LARGEST", 0)
    sparse = found(ben)["points"]
    assert [each.shift for each in dense.found] == [each.shift for each in sparse.found]


def test_orders_come_by_the_swaps_they_take() -> None:
    every = list(orders(4))
    assert 24 == len({order for _, order in every})
    assert [1, 3, 5, 6, 5, 3, 1] == [sum(n == swaps for n, _ in every) for swaps in range(7)]


def test_levels_of_several_words_are_quoted() -> None:
    situation = asking("[gate]").situation
    texts = [text_of(situation, option, 1) for option in situation.space.options]
    assert ["gate", "pay = 'a little'"] == texts
