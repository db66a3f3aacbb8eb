"""The slow reference against published conflicts, and against one small enough to do by hand."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from servanda.conditions import OptionId
from servanda.model import Case, PartyId
from slow import CONCEPTS, Slow, State
from slow_roadmap import SlowRoadmap

PUBLISHED = Path(__file__).parents[2] / "shared" / "cases" / "gmcr"
NAMES = ("Cuban", "Elmira", "Garrison", "Prisoners", "SyriaIraq")
ONLY = {"fwd": "up", "back": "down", "both": None}

needs_published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published conflicts are not beside the repository"
)


def published(name: str) -> dict[str, Any]:
    """Return a published conflict as its file tells it."""
    told: dict[str, Any] = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    return told


def as_case(told: dict[str, Any]) -> Case:
    """Return the same conflict as a case; options and parties are called by their numbers."""
    makers = told["decision_makers"]
    owner = {
        index: f"p{number}" for number, maker in enumerate(makers) for index in maker["options"]
    }
    return Case.model_validate(
        {
            "servanda": 1,
            "title": told["name"],
            "parties": {f"p{number}": maker["name"] for number, maker in enumerate(makers)},
            "options": {
                f"o{option['index']}": {
                    "by": owner[option["index"]],
                    "only": ONLY[option["permitted_direction"]],
                }
                for option in told["options"]
            },
            "status_quo": taken(told["states"][0]["yn"]),
            "never": [
                " or ".join(f"({literals(part['literals'])})" for part in parts)
                for parts in told["infeasible_conditions"]
            ],
            "preferences": {
                f"p{number}": {"ranking": ranking(told, maker["payoffs"])}
                for number, maker in enumerate(makers)
            },
        }
    )


def taken(spelled: str) -> list[str]:
    """Return the options taken in a state spelled with Y and N."""
    return [f"o{index}" for index, letter in enumerate(spelled) if letter == "Y"]


def literals(pairs: list[tuple[int, str]]) -> str:
    """Return a conjunction as a condition."""
    return " and ".join(f"{'' if letter == 'Y' else 'not '}o{index}" for index, letter in pairs)


def ranking(told: dict[str, Any], payoffs: list[int]) -> list[dict[str, list[list[str]]]]:
    """Return payoffs as tie groups of states, best first."""
    spelled = [state["yn"] for state in told["states"]]
    return [
        {
            "tied": [
                taken(state)
                for state, payoff in zip(spelled, payoffs, strict=True)
                if payoff == best
            ]
        }
        for best in sorted(set(payoffs), reverse=True)
    ]


def listed(told: dict[str, Any]) -> list[State]:
    """Return the states in the order of the file."""
    return [tuple(int(letter == "Y") for letter in state["yn"]) for state in told["states"]]


@needs_published
@pytest.mark.parametrize("name", NAMES)
def test_the_slow_reference_finds_the_feasible_states_of_a_published_conflict(name: str) -> None:
    told = published(name)
    assert set(listed(told)) == set(Slow(as_case(told)).states)


@needs_published
@pytest.mark.parametrize("name", NAMES)
def test_the_slow_reference_finds_the_moves_of_a_published_conflict(name: str) -> None:
    told = published(name)
    slow, states = Slow(as_case(told)), listed(told)
    found = {
        maker["name"]: [
            sorted(states.index(after) + 1 for after in slow.moves(PartyId(f"p{number}"), state))
            for state in states
        ]
        for number, maker in enumerate(told["decision_makers"])
    }
    assert told["unilateral_moves"] == found


@needs_published
@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_slow_reference_finds_the_stable_states_of_a_published_conflict(
    name: str, concept: str
) -> None:
    told = published(name)
    slow, states = Slow(as_case(told)), listed(told)
    found = {
        maker["name"]: [
            int(concept in slow.concepts(PartyId(f"p{number}"), state)) for state in states
        ]
        for number, maker in enumerate(told["decision_makers"])
    }
    assert told["stability_reference"][concept] == found


@needs_published
@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_slow_reference_finds_the_equilibria_of_a_published_conflict(
    name: str, concept: str
) -> None:
    told = published(name)
    slow = Slow(as_case(told))
    found = [
        number
        for number, state in enumerate(listed(told), start=1)
        if all(concept in slow.concepts(party, state) for party in slow.parties)
    ]
    assert told["equilibria_reference"][concept] == found


@needs_published
def test_the_ministry_and_uniroyal_together_leave_state_7_of_elmira_for_10() -> None:
    told = published("Elmira")
    slow, states = Slow(as_case(told)), listed(told)
    pair = frozenset({PartyId("p0"), PartyId("p1")})
    found = [states.index(after) + 1 for after in slow.group_improvements(pair, states[6])]
    assert [10] == found
    assert not slow.group_firm(pair, states[6])
    assert not slow.group_guarded(pair, states[6])


# ------------------------------------------------------------- two neighbours and a well

ANA, BEN = PartyId("ana"), PartyId("ben")


@pytest.fixture
def well() -> Slow:
    """Return two neighbours and a well: options are ana_pump, ben_pump, meter and price."""
    return Slow(
        Case.model_validate(
            {
                "servanda": 1,
                "title": "Two neighbours and a well",
                "parties": {"ana": "Ana", "ben": "Ben"},
                "options": {
                    "ana_pump": {"by": "ana"},
                    "ben_pump": {"by": "ben"},
                    "meter": {"by": "ben", "only": "up"},
                    "price": {"joint": ["ana", "ben"], "levels": ["none", "low", "high"]},
                },
                "status_quo": ["ana_pump", "ben_pump"],
                "facts": {"dry": "ana_pump and ben_pump"},
                "never": ["meter and price = none and not ben_pump"],
                "preferences": {
                    "ana": ["not dry", "meter", "ana_pump", "price < high"],
                    "ben": {
                        "points": {
                            "not dry": 40,
                            "ben_pump": 25,
                            "price = low": "10..20",
                            "not meter": 5,
                        }
                    },
                },
            }
        )
    )


def test_no_deal_at_the_well_is_that_one_or_the_other_pumps(well: Slow) -> None:
    expected = {frozenset({(1, 0, 0, 0)}), frozenset({(0, 1, 0, 0)})}
    assert expected == well.no_deal(well.base)


def test_one_state_at_the_well_is_acceptable_and_firm(well: Slow) -> None:
    outcomes = well.no_deal(well.base)
    both = (ANA, BEN)
    found = [
        state
        for state in well.states
        if well.acceptable(state, both, outcomes) == "surely"
        and all(well.grade(party, state) == "firm" for party in both)
    ]
    assert [(0, 1, 1, 1)] == found


def test_either_neighbour_can_leave_the_price(well: Slow) -> None:
    priced, unpriced = (0, 1, 1, 1), (0, 1, 1, 0)
    assert unpriced in well.moves(ANA, priced)
    assert unpriced in well.moves(BEN, priced)
    assert priced not in well.moves(ANA, unpriced)
    assert priced in well.group_moves(frozenset({ANA, BEN}), unpriced)


def test_only_an_exchange_of_two_leaves_no_prisoner_stranded() -> None:
    slow = Slow(
        Case.model_validate(
            {
                "servanda": 1,
                "title": "Two prisoners",
                "parties": {"ana": "Ana", "ben": "Ben"},
                "options": {"ana_silent": {"by": "ana"}, "ben_silent": {"by": "ben"}},
                "preferences": {
                    "ana": ["ben_silent", "not ana_silent"],
                    "ben": ["ana_silent", "not ben_silent"],
                },
            }
        )
    )
    ways = SlowRoadmap(
        slow, (0, 0), (1, 1), signatories=(ANA, BEN), outcomes=slow.no_deal(slow.base)
    )
    assert [Fraction(1, 2), Fraction(0)] == [ways.least_worst(size) for size in (1, 2)]


# ---------------------------------------------------------------- moves that are easily mistaken


def small(options: dict[str, Any], **more: Any) -> Slow:
    """Return a conflict of Ana and Ben."""
    told = {
        "servanda": 1,
        "title": "A small conflict",
        "parties": {"ana": "Ana", "ben": "Ben"},
        "options": options,
        "preferences": {},
    }
    return Slow(Case.model_validate({**told, **more}))


def test_an_option_waits_for_the_state_its_move_starts_from() -> None:
    slow = small({"first": {"by": "ana"}, "then": {"by": "ana", "when": "first"}})
    assert {(1, 0)} == slow.moves(ANA, (0, 0))
    assert {(0, 0), (0, 1), (1, 1)} == slow.moves(ANA, (1, 0))


def test_nobody_sanctions_by_two_moves_in_a_row() -> None:
    slow = small(
        {
            "first": {"by": "ana"},
            "then": {"by": "ana", "when": "first"},
            "deed": {"by": "ben"},
        },
        preferences={"ben": ["not then", "deed"]},
    )
    assert not slow.gmr(BEN, (0, 0, 0))
    assert slow.gmr(BEN, (1, 0, 0))


def test_leaving_waits_for_nothing_alone_or_together() -> None:
    slow = small({"treaty": {"joint": ["ana", "ben"], "when": "not treaty"}})
    assert {(0,)} == slow.moves(ANA, (1,))
    assert {(0,)} == slow.group_moves(frozenset({ANA, BEN}), (1,))


def test_who_leaves_a_package_leaves_all_of_it() -> None:
    treaty = {"joint": ["ana", "ben"], "leave": "package"}
    slow = small({"border": treaty, "trade": treaty, "fair": {"joint": ["ana", "ben"]}})
    assert {(0, 0, 1), (1, 1, 0), (0, 0, 0)} == slow.moves(ANA, (1, 1, 1))


def test_a_one_way_treaty_is_never_left_the_wrong_way() -> None:
    slow = small({"arms": {"joint": ["ana", "ben"], "only": "down"}}, status_quo=["arms"])
    assert frozenset() == slow.moves(ANA, (0,))


def test_a_package_is_not_left_while_part_of_it_is_held() -> None:
    treaty = {"joint": ["ana", "ben"], "leave": "package"}
    slow = small({"border": treaty, "trade": treaty}, preferences={"ana": ["not border"]})
    assert [(0, 0)] == slow.needed(ANA, (1, 1))
    assert [] == slow.needed(ANA, (1, 1), [OptionId("trade")])


def test_play_drops_idle_changes() -> None:
    slow = small({"deed": {"by": "ana"}, "idle": {"by": "ana"}}, preferences={"ana": ["deed"]})
    assert [(1, 0)] == slow.needed(ANA, (0, 0))


def test_acceptance_compares_with_the_best_state_of_a_cycle_and_then_with_the_worst() -> None:
    slow = small(
        {"dial": {"by": "ana", "levels": ["low", "mid", "high"]}},
        preferences={"ben": ["dial = high", "dial >= mid"]},
    )
    cycle = [frozenset({(0,), (2,)})]
    verdicts = [slow.acceptable((level,), [BEN], cycle) for level in range(3)]
    assert ["perhaps", "perhaps", "perhaps"] == verdicts
    assert "surely" == slow.acceptable((2,), [BEN], [frozenset({(0,), (1,)})])
    assert "no" == slow.acceptable((0,), [BEN], [frozenset({(1,), (2,)})])
