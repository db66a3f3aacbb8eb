"""A plan laid over a case: its start, what is held, and what leaving parts out does."""

from __future__ import annotations

import pytest

from servanda.casefile import read_text
from servanda.conditions import OptionId
from servanda.errors import UsageError
from servanda.play import place
from servanda.situation import Situation, lay, leave_out

BRIDGE = """
servanda: 1
title: A bridge
parties: {east: East, west: West, bank: Bank}
options:
  survey: {by: east}
  warn: {by: east, only: up}
  wall: {by: east}
  loan: {by: bank, levels: [none, small, large]}
  bridge: {joint: [east, west], when: survey}
  toll: {by: west}
status_quo: [toll]
never: [wall and bridge]
preferences:
  east: [bridge, not toll, "warn and not bridge implies wall", not wall]
  west: [bridge implies loan > none, bridge, toll]
  bank: [loan > none implies bridge, loan = none]
plans:
  build:
    title: Build it
    commitments: [{take: survey, by: 2030}]
    offers: ["loan = small"]
    threats: [{by: east, announce: warn, act: [wall], if: not bridge}]
    target: [{take: bridge, until: 2040}, "loan = small", not wall]
    steps: [survey, {take: [bridge, "loan = small"]}]
  wall-first:
    title: It cannot start
    commitments: [wall]
    pressure: [survey]
    target: [not toll]
"""


def laid(plan: str | None = "build", without: tuple[str, ...] = ()) -> Situation:
    return lay(read_text(BRIDGE, "bridge.yaml"), plan, without)


def test_the_start_has_commitments_pressure_and_announcements_but_no_offer_or_act() -> None:
    here = laid()
    assert {"survey": "yes", "warn": "yes", "toll": "yes"} == here.space.taken(here.start)
    assert {"survey", "warn", "loan", "bridge"} == set(here.held)


def test_the_plan_writes_its_dates_on_the_options() -> None:
    options = laid().case.options
    assert "2030" == options[OptionId("survey")].due
    assert "2040" == options[OptionId("bridge")].until


def test_two_triggers_on_one_option_must_both_hold() -> None:
    text = BRIDGE.replace("{take: bridge, until: 2040}", "{take: bridge, when: not toll}")
    options = lay(read_text(text, "bridge.yaml"), "build").case.options
    assert "(survey) and (not toll)" == options[OptionId("bridge")].when


def test_a_case_without_a_plan_starts_at_the_status_quo() -> None:
    here = laid(plan=None)
    assert here.target is None
    assert {"toll": "yes"} == here.space.taken(here.start)
    assert {"bridge"} == set(here.held)


def test_offers_left_out_are_frozen_at_base_and_struck_from_the_target() -> None:
    here = laid(without=("offers",))
    assert {"bridge": 1, "wall": 0} == dict(here.target or {})
    assert frozenset({"loan"}) == here.conflict.frozen
    loan = here.space.axis[OptionId("loan")]
    assert not here.conflict.feasible.take([1, 2], axis=loan).any()


def test_threats_left_out_take_announcement_and_act_with_them() -> None:
    here = laid(without=("threats",))
    assert () == here.threats
    assert frozenset({"warn", "wall"}) == here.conflict.frozen
    assert {"survey": "yes", "toll": "yes"} == here.space.taken(here.start)


def test_leaving_out_an_announcement_leaves_out_its_act() -> None:
    assert frozenset({"warn", "wall"}) == leave_out(laid(), ["warn"]).conflict.frozen


@pytest.mark.parametrize(
    ("plan", "without", "message"),
    [
        ("bild", (), 'no plan "bild"; did you mean "build"?'),
        ("build", ("offer",), 'nothing to leave out called "offer"; did you mean "offers"?'),
        (None, ("offers",), "nothing to leave out; there is no plan; name one with --plan"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_hint(
    plan: str | None, without: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        laid(plan, without)
    assert message == str(caught.value)


def test_a_plan_that_cannot_start_names_the_rule() -> None:
    text = BRIDGE.replace("never: [wall and bridge]", "never: [wall and survey]")
    with pytest.raises(UsageError, match="never: wall and survey"):
        _ = lay(read_text(text, "bridge.yaml"), "wall-first").start


def test_terms_that_do_not_fit_are_put_with_the_fewest_further_changes() -> None:
    here = laid()
    wall, bridge = OptionId("wall"), OptionId("bridge")
    walled = here.space.put(here.start, {wall: 1})
    (placed,) = place(here.conflict, walled, {bridge: 1})
    assert here.space.put(here.start, {bridge: 1}) == placed
    with pytest.raises(UsageError, match="no feasible state has all these terms"):
        place(here.conflict, here.start, {wall: 1, bridge: 1})


def test_terms_are_put_where_one_way_and_fixed_options_stay() -> None:
    here = laid()
    warn, wall, bridge = OptionId("warn"), OptionId("wall"), OptionId("bridge")
    with pytest.raises(UsageError, match="can be reached from the start with all these terms"):
        place(here.conflict, here.start, {warn: 0})
    bridged = here.space.put(here.start, {bridge: 1})
    (placed,) = place(here.conflict, bridged, {wall: 1})
    assert 0 == here.space.level(placed, bridge)
    with pytest.raises(UsageError, match="can be reached from the start with all these terms"):
        place(here.conflict, bridged, {wall: 1}, fixed=[bridge])


def test_an_announcement_under_commitments_is_held_as_it_stands_there() -> None:
    text = BRIDGE.replace("commitments: [{take: survey, by: 2030}]", "commitments: [warn]")
    here = lay(read_text(text, "bridge.yaml"), "build")
    assert {} == dict(here.pressure)
    assert {OptionId("warn"): 1} == dict(here.commitments)


def test_what_is_left_out_adds_up() -> None:
    here = leave_out(laid(without=("offers",)), ["wall"])
    assert ("offers", "wall") == here.without
    assert frozenset({"loan", "wall", "warn"}) == here.conflict.frozen
