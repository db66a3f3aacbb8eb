"""Who could meet the quotas of a case: beside every coalition there is."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner

from servanda.casefile import read_text
from servanda.cli import servanda
from servanda.conditions import OptionId
from servanda.model import Case
from servanda.narrative.quotas import quotas_section
from servanda.quotas import Meeting, meetings, quotas
from servanda.situation import lay

DIKE = """\
servanda: 1
title: A dike
parties: {mayor: The Mayor, ada: Ada, ben: Ben, cem: Cem}
options:
  feast: {by: mayor, does: gives a feast}
  ada_bags: {by: ada, does: fills bags, levels: [none, some, all], values: [0, 40, 70], unit: bags}
  ben_bags: {by: ben, does: fills bags, levels: [none, all], values: [0, 50], unit: bags}
  cem_bags: {by: cem, does: fills bags, levels: [none, all], values: [0, 50], unit: bags}
facts: {held: sum(bags) >= 100}
never: [feast and sum(bags) >= 170]
preferences:
  mayor: [held, not feast]
  ada: [held, ada_bags implies feast, not ada_bags]
  ben: [held, ben_bags implies cem_bags, not ben_bags]
  cem: [held, not cem_bags]
plans:
  all_hands:
    offers: [feast]
    target: [feast, ada_bags = some, ben_bags, cem_bags]
    title: All hands
default_plan: all_hands
"""


@pytest.fixture
def dike() -> Case:
    return read_text(DIKE, "dike.yaml")


def by_hand(found: Meeting) -> list[tuple[int, Fraction, tuple[str, ...]]]:
    """Return size, price and members of every coalition that could meet a quota."""
    givers = [each.contributor for each in found.givers]
    return sorted(
        (size, sum((Fraction(g.joining) for g in some), Fraction(0)), tuple(g.id for g in some))
        for size in range(len(givers) + 1)
        for some in combinations(givers, size)
        if sum(Fraction(g.cap) for g in some) >= found.amount
    )


def test_each_quota_is_met_by_the_fewest_and_by_the_cheapest(dike: Case) -> None:
    one, other = meetings(lay(dike), {OptionId("feast"): Fraction(5)})
    assert [100, "bags", 170] == [one.amount, one.unit, one.most]
    assert [70, 50, 50] == [each.contributor.cap for each in one.givers]
    assert [40, 50, 50] == [each.given for each in one.givers]
    assert [("feast",), (), ()] == [each.offers for each in one.givers]
    assert [["ada_bags implies feast"], ["ben_bags implies cem_bags"], []] == [
        [ask.wish for ask in each.asks] for each in one.givers
    ]
    assert one.smallest.coalition is not None
    assert ("ben", "cem") == one.smallest.coalition.members
    assert [170, ("ada", "ben", "cem")] == [other.amount, other.smallest.pivotal]
    assert 5 == other.cheapest.coalition.cost if other.cheapest.coalition else None


def test_a_quota_is_counted_once_and_only_if_several_give(dike: Case) -> None:
    assert [100, 170] == [quota.bound for quota in quotas(dike)]
    alone = DIKE.replace("unit: bags", "unit: bags", 1).replace(
        "{by: ben, does: fills bags, levels: [none, all], values: [0, 50], unit: bags}", "{by: ben}"
    )
    alone = alone.replace(
        "{by: cem, does: fills bags, levels: [none, all], values: [0, 50], unit: bags}", "{by: cem}"
    )
    assert () == quotas(read_text(alone, "dike.yaml"))


def test_a_quota_out_of_reach_says_by_how_much() -> None:
    far = read_text(DIKE.replace(">= 100", ">= 200"), "dike.yaml")
    found = meetings(lay(far))[0]
    assert found.smallest.none is not None
    assert 30 == found.smallest.none.short
    section = quotas_section(far, (found,))
    assert "That is 30 too few." in section.parts[0].paragraphs


def test_the_section_names_who_asks_for_what(dike: Case) -> None:
    section = quotas_section(dike, meetings(lay(dike)))
    told = section.parts[1]
    assert "At least 170 bags" == told.title
    assert (
        "The fewest that can: Ada 70, Ben 50 and Cem 50, and no others as few." in told.paragraphs
    )
    assert (
        "They ask for these offers, at a price of 1, where each counts 1 or what --price says: "
        "The Mayor: gives a feast (for Ada)." in told.paragraphs
    )


def test_the_data_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "dike.yaml"
    file.write_text(DIKE, encoding="utf-8")
    told = CliRunner().invoke(servanda, ["remedies", str(file), "--json"])
    assert 0 == told.exit_code, told.output
    first, _ = json.loads(told.stdout)["quotas"]
    assert {"ben": 50.0, "cem": 50.0} == first["fewest"]["shares"]
    assert ["ada_bags implies feast"] == [
        ask["statement"] for ask in first["givers"]["ada"]["asks_for"]
    ]


def test_random_quotas_are_met_by_no_fewer_and_by_none_cheaper() -> None:
    chance = random.Random(11)  # noqa: S311 - no secret depends on it
    met = 0
    for _ in range(200):
        caps = [chance.randint(1, 9) for _ in range(chance.randint(2, 6))]
        amount = chance.randint(1, 30)
        gifts = ", ".join(f"gift{n}" for n in range(len(caps)))
        options = "".join(
            f"  o{n}: {{by: p{n}, levels: [none, all], values: [0, {cap}], unit: men}}\n"
            f"  gift{n}: {{by: payer}}\n"
            for n, cap in enumerate(caps)
        )
        wishes = "".join(
            f"  p{n}: [o{n} implies gift{n}]\n" for n in range(len(caps)) if chance.random() < 0.7
        )
        text = (
            "servanda: 1\ntitle: Men\n"
            f"parties: {{payer: Payer, {', '.join(f'p{n}: P{n}' for n in range(len(caps)))}}}\n"
            f"options:\n{options}facts: {{enough: sum(men) >= {amount}}}\n"
            f"preferences:\n  payer: [enough]\n{wishes}"
            f"plans: {{pay: {{title: Pay, offers: [{gifts}], target: [o0]}}}}\n"
            "default_plan: pay\n"
        )
        case = read_text(text, "men.yaml")
        prices = {OptionId(f"gift{n}"): Fraction(chance.randint(1, 4)) for n in range(len(caps))}
        (found,) = meetings(lay(case), prices)
        every = by_hand(found)
        if not every:
            assert found.smallest.none is not None
            continue
        met += 1
        few, cheap = found.smallest.coalition, found.cheapest.coalition
        assert few is not None
        assert cheap is not None
        assert every[0][:2] == (len(few.members), few.cost)
        assert min((price, size) for size, price, _ in every) == (cheap.cost, len(cheap.members))
    assert met > 50
