"""Questions, answers and worldviews: what each changes, and what cannot be laid together."""

import pytest

from servanda.casefile import read_text
from servanda.errors import CaseError, Contradictory, UsageError
from servanda.model import Case
from servanda.worlds import every_answer, open_questions, overlays, own_view, seen_by

WELL = """
servanda: 1
title: A well between two farms
parties: {ana: Ana, ben: Ben}
options:
  pump: {by: ana, does: pumps at night}
  dig: {by: ben, does: digs a well of his own}
status_quo: [pump]
facts: {dry: pump and dig}
never: [{id: no_dig, that: dig and not pump}]
preferences:
  ana:
    - {id: ana_fears, wish: not dry}
    - [{id: ana_pumps, wish: pump}, {id: ana_helps, wish: dig}]
    - {id: ana_last, wish: not dig}
  ben: {points: {not dry: {worth: 40, id: ben_fears}, dig: 25..35}}
questions:
  depth:
    asks: Do both wells draw on the same water?
    answers:
      shared: the base says so
      apart:
        says: the second well is deeper
        changes:
          facts: {dry: pump and dig and not pump}
          never: [{drop: no_dig}]
  greed:
    asks: What does Ana want most?
    answers:
      pump:
        says: to pump
        changes: {preferences: {ana: [{move: ana_pumps, before: ana_fears}]}}
      peace:
        says: peace, and Ben's help
        changes:
          preferences:
            ana:
              - {drop: ana_pumps}
              - {replace: ana_helps, with: {wish: dig or pump}}
              - {add: {id: ana_new, wish: not pump}, after: ana_last}
            ben:
              - {replace: ben_fears, with: {wish: not dry, worth: 10}}
              - {add: {id: ben_new, wish: pump, worth: -5}}
  who:
    asks: Whose pump is it?
    answers:
      ana: hers
      ben: {says: his, changes: {owners: {pump: ben}}}
worldviews:
  ana: {title: As Ana sees it, answers: {depth: shared, greed: peace}}
  ben:
    title: As Ben sees it
    answers: {depth: apart, greed: pump, who: ben}
    changes: {preferences: {ana: [{add: {id: ana_top, wish: dig}, at: top}]}}
plans:
  ana: {title: Ana's plan, target: [not dig]}
  p: {title: A plan, worldview: ben, target: [dig]}
"""


def well() -> Case:
    return read_text(WELL, "well.yaml")


def wishes(case: Case, party: str) -> list[list[str]]:
    """Return a party's statements as ids, group by group."""
    found = next(each for each in case.parties if each == party)
    return [[statement.id for statement in group] for group in case.statements(found)]


def test_the_base_case_is_as_written() -> None:
    assert seen_by(well(), None) == well()
    assert [["ana_fears"], ["ana_pumps", "ana_helps"], ["ana_last"]] == wishes(well(), "ana")


def test_a_statement_moves_out_of_its_tied_group() -> None:
    changed = seen_by(well(), None, {"greed": "pump"})
    assert [["ana_pumps"], ["ana_fears"], ["ana_helps"], ["ana_last"]] == wishes(changed, "ana")


def test_statements_are_dropped_replaced_and_added() -> None:
    changed = seen_by(well(), None, {"greed": "peace"})
    assert [["ana_fears"], ["ana_helps"], ["ana_last"], ["ana_new"]] == wishes(changed, "ana")
    assert "dig or pump" == changed.statements(next(iter(changed.parties)))[1][0].wish


def test_points_are_replaced_and_added() -> None:
    changed = seen_by(well(), None, {"greed": "peace"})
    ben = [*changed.parties][1]
    points = {wish: each.worth for wish, each in changed.preferences[ben].points.items()}
    assert {"not dry": "10", "dig": "25..35", "pump": "-5"} == points


def test_facts_and_rules_and_owners_change_and_the_new_fact_is_used() -> None:
    changed = seen_by(well(), "ben")
    assert () == changed.never
    assert "ben" == changed.options[next(iter(changed.options))].by
    before, after = (each.vocabulary.condition("dry") for each in (well(), changed))
    assert before != after


def test_an_author_comes_after_the_answers_and_may_leave_questions_open() -> None:
    case = well()
    changed = seen_by(case, "ben")
    assert ["ana_top"] == wishes(changed, "ana")[0]
    assert ("who",) == open_questions(case, "ana")
    assert ("depth", "greed", "who") == open_questions(case, None)


def test_an_answer_asked_for_goes_before_the_authors_own() -> None:
    changed = seen_by(well(), "ana", {"greed": "pump", "who": "ben"})
    assert [["ana_pumps"], ["ana_fears"], ["ana_helps"], ["ana_last"]] == wishes(changed, "ana")


def test_every_combination_of_answers_comes_once() -> None:
    assert 8 == len({tuple(each.items()) for each in every_answer(well())})
    assert 2 == len([*every_answer(well(), {"depth": "apart", "who": "ana"})])


def test_a_plan_is_its_authors() -> None:
    case = well()
    assert ("ben", "ana", None) == (own_view(case, "p"), own_view(case, "ana"), own_view(case, "x"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("bne", {}), 'no worldview "bne"; did you mean "ben"?'),
        ((None, {"deep": "x"}), 'no question "deep"; did you mean "depth"?'),
        (
            (None, {"depth": "aprat"}),
            'question "depth" has no answer "aprat"; did you mean "apart"?',
        ),
    ],
)
def test_an_unknown_name_is_told(asked: tuple[str | None, dict[str, str]], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        seen_by(well(), *asked)
    assert told == str(caught.value)


def test_two_changes_of_one_statement_are_contradictory() -> None:
    text = WELL.replace(
        "changes: {owners: {pump: ben}}", "changes: {preferences: {ana: [{drop: ana_pumps}]}}"
    )
    case = read_text(text.replace(", who: ben}", "}"), "well.yaml")
    with pytest.raises(Contradictory) as caught:
        seen_by(case, None, {"greed": "pump", "who": "ben"})
    assert 'statement "ana_pumps" is changed twice' == caught.value.message
    assert ("questions", "who", "answers", "ben", "changes") == caught.value.path[:5]


def test_a_lost_anchor_is_contradictory() -> None:
    change = "{preferences: {ana: [{add: {id: late, wish: dig}, after: ana_pumps}]}}"
    case = read_text(WELL.replace("{owners: {pump: ben}}", change).replace(", who: ben}", "}"), "w")
    with pytest.raises(Contradictory, match='no statement "ana_pumps" to go by'):
        seen_by(case, None, {"greed": "peace", "who": "ben"})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{drop: ana_pumps}", "{drop: ana_pump}", 'party "ana" has no statement "ana_pump"'),
        ("before: ana_fears}", "before: fears}", 'no statement "fears" to go by'),
        ("{drop: no_dig}", "{drop: dig}", 'no rule "dig"'),
        ("wish: dig or pump", "wish: dig or pmp", 'no option or fact "pmp"'),
        ("{pump: ben}", "{pump: bne}", 'no party "bne"'),
        ("who: ben}\n", "who: bne}\n", 'no answer "bne"'),
        ("worldview: ben", "worldview: bn", 'no worldview "bn"'),
        ("after: ana_last}", "}", "say where"),
        ("- {drop: ana_pumps}", "- {drop: ana_pumps, move: ana_last}", "one change each"),
        ("{add: {id: ana_top, wish: dig}, at: top}", "{drop: ana_pumps}", "is changed twice"),
        (
            "{replace: ben_fears, with: {wish: not dry, worth: 10}}",
            "{move: ben_fears, at: top}",
            "no order",
        ),
        ("ana: hers\n", "", "has no two answers"),
    ],
)
def test_a_fault_is_told_at_its_place(old: str, new: str, told: str) -> None:
    assert old in WELL
    with pytest.raises(CaseError) as caught:
        read_text(WELL.replace(old, new), "well.yaml")
    assert told in str(caught.value)
    assert all(problem.line for problem in caught.value.problems)


def test_overlays_come_in_the_order_of_the_questions() -> None:
    layers = overlays(well(), "ben", {"who": "ben", "depth": "apart"})
    assert ["depth", "who", "ben"] == [layer.path[1] for layer in layers]
