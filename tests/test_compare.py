"""Every plan under every view: what a cell says is what looking at every state says."""

import random
from typing import Any

import pytest

from conflicts import as_data
from random_plans import random_planned
from servanda.casefile import read_text
from servanda.cells import Cell, own_cells
from servanda.compare import Compared, compare
from servanda.errors import Stopped, UsageError
from servanda.missing_premises import candidates, follows, missing_premises
from servanda.model import Case, StatementId
from servanda.narrative import compare_sections
from servanda.roadmap import Exchange
from servanda.wire import compare as as_json
from servanda.world_situations import Worlds
from slow_course import ImpossibleError
from slow_plans import SlowPlan

DAM = """
servanda: 1
title: A dam between two countries
parties: {up: Upland, low: Lowland, city: The city}
options:
  announce: {by: up, does: announces to close the gates, only: up}
  close: {by: up, does: closes the gates}
  pay: {by: low, does: pays for water}
  share: {by: up, does: lets a fair share through}
facts: {dry: close and not share}
never: [close and share]
preferences:
  up:
    - {id: up_word, wish: announce and not pay implies close}
    - {id: up_paid, wish: share implies pay}
    - {id: up_share, wish: pay implies share}
    - {id: up_money, wish: pay}
  low:
    - {id: low_pay, wish: pay implies share}
    - {id: low_keep, wish: not pay}
  city: [{id: city_share, wish: share}]
questions:
  thirst:
    asks: Does Lowland fear a closed dam?
    answers:
      fears:
        says: it would run dry
        changes: {preferences: {low: [{add: {id: low_fear, wish: not dry}, at: top}]}}
      welcomes:
        says: it would be safe from floods
        changes: {preferences: {low: [{add: {id: low_flood, wish: close}, at: top}]}}
  word:
    asks: Does Upland keep its word?
    answers:
      keeps: it does
      breaks:
        says: it does not
        changes:
          preferences:
            up: [{drop: up_word}, {add: {id: up_open, wish: not close}, at: bottom}]
  pump:
    asks: Who owns the gates?
    answers:
      up: Upland does
      city: {says: the city does, changes: {owners: {close: city}}}
worldviews:
  ada: {title: Ada, answers: {thirst: fears, word: keeps, pump: up}}
  bob: {title: Bob, answers: {thirst: welcomes, pump: up}}
  cid:
    title: Cid
    answers: {thirst: fears, word: breaks, pump: up}
    changes: {preferences: {low: [{drop: low_keep}]}}
plans:
  ada:
    title: Threaten
    by: up
    threats: [{by: up, announce: announce, act: [close], if: not pay, to: [low]}]
    target: [pay, share, not close]
  bob: {title: Just ask, target: [pay, share]}
  hope: {title: Hope}
candidates:
  low: [{id: low_share, wish: share, at: top, note: It may want the water after all.}]
"""


def dam() -> Case:
    return read_text(DAM, "dam.yaml")


@pytest.fixture(scope="module")
def compared() -> Compared:
    return compare(dam())


def cell(compared: Compared, plan: str, view: str) -> Cell:
    return next(
        each
        for row in compared.rows
        if row.plan == plan
        for each in row.cells
        if each.worldview == view
    )


def test_a_plan_stands_under_one_view_and_falls_under_another(compared: Compared) -> None:
    table = {row.plan: [each.sticks for each in row.cells] for row in compared.rows}
    assert {"ada": ["yes", "no", "yes"], "bob": ["no", "no", "yes"]} == table
    assert ("hope",) == compared.missing


def test_it_says_when_each_plan_works_and_what_decides(compared: Compared) -> None:
    ada, bob = compared.rows
    assert "thirst = fears and word = keeps" == str(ada.works)
    assert "never" == str(bob.works)
    assert 8 == len(ada.worlds)
    assert "thirst" == ada.deciding[0].factor


def test_a_world_in_which_the_threatener_owns_nothing_is_contradictory(
    compared: Compared,
) -> None:
    worlds = [world for world in compared.rows[0].worlds if world.sticks is None]
    assert {"city"} == {world.answers["pump"] for world in worlds}
    assert {'Upland threatens with "close", which it does not own'} == {w.told for w in worlds}
    assert not [world for world in compared.rows[1].worlds if world.sticks is None]


def test_a_no_names_who_by_which_test_and_why(compared: Compared) -> None:
    (refused,) = cell(compared, "ada", "bob").why
    told = (refused.party, refused.test, refused.statements[0].id)
    assert ("low", "acceptable", "low_flood") == told


def test_a_yes_names_the_weakest_party_and_its_guard(compared: Compared) -> None:
    (reason,) = cell(compared, "ada", "ada").why
    assert ("low", "self-enforcing") == (reason.party, reason.test)
    assert reason.move is not None
    assert reason.move.sanction


def test_threats_are_tested_under_each_view(compared: Compared) -> None:
    ada, bob = (cell(compared, "ada", view).threats for view in ("ada", "bob"))
    assert ["hurts"] == [each[0].effects[next(iter(each[0].effects))].value for each in ada]
    assert ["gift", "gift"] == [each[0].effects[next(iter(each[0].effects))].value for each in bob]
    assert ["credible", "bluff"] == [each[0].credible.value for each in bob]


def test_a_question_left_open_makes_a_cell_depend_on_it() -> None:
    case = read_text(
        DAM.replace(
            "answers: {thirst: fears, word: keeps, pump: up}", "answers: {thirst: fears, pump: up}"
        ),
        "dam.yaml",
    )
    found = cell(compare(case), "ada", "ada")
    assert ("depends", (1, 2)) == (found.sticks, found.share)
    assert "word" == found.why[0].question


def test_the_missing_premise_is_found_and_is_smallest() -> None:
    found = missing_premises(Worlds(dam()), "bob", "bob", most=2)
    assert not found.follows
    assert 1 == found.tried
    assert [["low_share"]] == [[each.first.id for each in s if each.first] for s in found.sets]


def test_nothing_is_missing_where_the_plan_sticks() -> None:
    assert missing_premises(Worlds(dam()), "ada", "ada").follows


def test_every_premise_alone_is_tried() -> None:
    case = dam()
    every = [*candidates(case, "bob")]
    found = {premise for premise in every if follows(Worlds(case), "bob", "bob", [premise])}
    sets = missing_premises(Worlds(case), "bob", "bob").sets
    assert found == {premise for (premise,) in sets}
    assert {"answer", "swap", "statement"} == {premise.kind for premise in every}


def test_none_up_to_a_size_is_an_answer() -> None:
    case = read_text(DAM[: DAM.index("candidates:")], "dam.yaml")
    found = missing_premises(Worlds(case), "bob", "bob", most=1)
    assert ((), 1, False) == (found.sets, found.tried, found.stopped)


def test_a_search_cut_short_says_how_far_it_came() -> None:
    found = missing_premises(Worlds(dam()), "bob", "bob", most=2, budget=3)
    assert ((), 0, True) == (found.sets, found.tried, found.stopped)


def test_work_that_is_stopped_keeps_whole_rows() -> None:
    def tick(told: str) -> None:
        if told.startswith("bob"):
            raise Stopped("the time limit of 1 second was reached")

    found = compare(dam(), tick=tick)
    assert ["ada"] == [row.plan for row in found.rows]
    assert "the time limit of 1 second was reached" == found.stopped


def test_a_case_without_a_target_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        compare(dam(), ["hope"])


def test_a_case_without_views_is_compared_as_it_stands() -> None:
    text = DAM[: DAM.index("questions:")] + DAM[DAM.index("plans:") : DAM.index("candidates:")]
    found = compare(read_text(text, "dam.yaml"))
    assert (None,) == found.worldviews
    assert ["no", "no"] == [row.cells[0].sticks for row in found.rows]
    assert "never" == str(found.rows[0].works)


def test_own_cells_are_those_of_the_plans_authors(compared: Compared) -> None:
    own = own_cells(compared.case, compared.rows)
    assert {"ada": "yes", "bob": "no"} == {plan: each.sticks for plan, each in own.items()}


def test_the_narrative_and_the_data_say_the_same(compared: Compared) -> None:
    data = as_json(compared, worlds=True)
    assert [each.sticks for row in compared.rows for each in row.cells] == [
        each["sticks"] for each in data["cells"]
    ]
    assert all(each["why"] for each in data["cells"])
    told = compare_sections(compared)
    assert "Which plan sticks under whose beliefs" == told[0].title
    assert ("ada", "yes *", "no", "yes") == told[0].tables[0].rows[0]


# ------------------------------------------------------------------------------ the law


def random_questions(rng: random.Random) -> tuple[Case, dict[str, dict[str, list[Any]]]] | None:
    """Return a random conflict with questions, and what each answer does as plain steps."""
    planned = random_planned(rng)
    data = as_data(planned)
    ordered = {
        party: [[s.id for s in group] for group in planned.statements(party)]
        for party in planned.parties
        if planned.preferences.get(party) and planned.preferences[party].form == "ordered"
    }
    if not ordered or not planned.plans[str(planned.default_plan)].target:
        return None
    for party in ordered:
        data["preferences"][party] = [
            [{"id": s.id, "wish": s.wish} for s in group] for group in planned.statements(party)
        ]
    steps: dict[str, dict[str, list[Any]]] = {}
    data["questions"] = {}
    for number in range(rng.randint(1, 2)):
        answers: dict[str, Any] = {}
        steps[f"q{number}"] = {}
        for name in "abc"[: rng.randint(2, 3)]:
            party = rng.choice(list(ordered))
            change = _change(rng, planned, ordered[party], f"q{number}{name}")
            steps[f"q{number}"][name] = [party, change]
            answers[name] = {"says": name, "changes": {"preferences": {party: [change]}}}
        data["questions"][f"q{number}"] = {"asks": "What?", "answers": answers}
    return Case.model_validate(data), steps


def _change(
    rng: random.Random, case: Case, groups: list[list[StatementId]], name: str
) -> dict[str, Any]:
    ids = [each for group in groups for each in group]
    kind = rng.choice(["drop", "add", "move", "replace"])
    wish = rng.choice([s.wish for p in case.parties for g in case.statements(p) for s in g])
    if kind == "drop":
        return {"drop": rng.choice(ids)}
    if kind == "replace":
        return {"replace": rng.choice(ids), "with": {"wish": f"not ({wish})"}}
    place: dict[str, Any] = rng.choice(
        [{"at": "top"}, {"at": "bottom"}, {"before": rng.choice(ids)}]
    )
    if kind == "move":
        moved = rng.choice(ids)
        return {"move": moved, **({"at": "top"} if place.get("before") == moved else place)}
    return {"add": {"id": name, "wish": f"not ({wish})"}, **place}


def slowly_laid(case: Case, changes: list[list[Any]]) -> Case | None:
    """Return a case with plain steps made on its lists; None where they clash."""
    data = as_data(case)
    touched = set()
    for party, change in changes:
        told = data["preferences"].get(party, [])
        groups = told["ordered"] if isinstance(told, dict) else told
        name = change.get("drop") or change.get("move") or change.get("replace")
        name = name or change["add"]["id"]
        if name in touched:
            return None
        touched.add(name)
        groups = _stepped(groups, change, name)
        if groups is None:
            return None
        data["preferences"][party] = groups
        if not groups:
            data["preferences"].pop(party)
    return Case.model_validate(data)


def _stepped(groups: list[Any], change: dict[str, Any], name: str) -> list[Any] | None:
    """Return a party's groups after one step; None where the anchor is gone."""
    if "with" in change:
        new = {"id": name, "wish": change["with"]["wish"]}
        return [[new if s["id"] == name else s for s in group] for group in groups]
    moved = [s for group in groups for s in group if s["id"] == name]
    rest = [[s for s in group if s["id"] != name] for group in groups]
    rest = [group for group in rest if group]
    if "drop" in change:
        return rest
    places = [n for n, g in enumerate(rest) for s in g if s["id"] == change.get("before")]
    places += [0] if change.get("at") == "top" else []
    places += [len(rest)] if change.get("at") == "bottom" else []
    if not places:
        return None
    return [*rest[: places[0]], [change.get("add") or moved[0]], *rest[places[0] :]]


@pytest.mark.parametrize("chunk", range(6))
def test_every_world_is_as_looking_at_every_state_has_it(chunk: int) -> None:
    seen = 0
    for number in range(chunk * 20, chunk * 20 + 20):
        drawn = random_questions(random.Random(f"compare {number}"))  # noqa: S311 - no secret
        if drawn is None:
            continue
        case, steps = drawn
        plan = str(case.default_plan)
        try:
            (row,) = compare(case).rows
        except UsageError:
            continue
        for world in row.worlds:
            laid = slowly_laid(case, [steps[q][a] for q, a in world.answers.items()])
            if laid is None:
                assert world.sticks is None
                continue
            try:
                expected = SlowPlan(laid).sticks()
            except ImpossibleError:
                expected = False
            assert expected == world.sticks, (number, plan, world)
            seen += 1
        assert [w.sticks for w in row.worlds if w.sticks is not None] == [
            row.works.holds(w.answers) for w in row.worlds if row.works and w.sticks is not None
        ]
    assert seen > 20


# ------------------------------------------------------------------- nearest, and processes


def test_a_cell_that_fails_names_the_nearest_package_that_sticks() -> None:
    found = compare(dam(), seconds=5.0)
    near = cell(found, "bob", "ada")
    assert ("no", True) == (near.sticks, near.proved)
    assert near.nearest is None
    asked = cell(found, "ada", "ada")
    assert ("yes", None) == (asked.sticks, asked.proved)
    assert Exchange(changes=2, size=1) == asked.exchange


def test_several_processes_find_what_one_does(compared: Compared) -> None:
    assert compared == compare(dam(), jobs=2)


def test_processes_end_when_the_work_is_stopped() -> None:
    def tick(told: str) -> None:
        if told.startswith("plans worked out"):
            raise Stopped("the time limit of 1 second was reached")

    found = compare(dam(), jobs=2, tick=tick)
    assert "the time limit of 1 second was reached" == found.stopped
