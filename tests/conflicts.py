"""Random small conflicts, rich in everything that makes moves and preferences irregular."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st

from servanda.conflict import Conflict
from servanda.model import Case
from slow import Slow, State

PARTIES = ("ana", "ben", "cho", "dev")
LEVELS = (("none", "low", "high"), ("none", "low", "mid", "high"))
MOST_COMBINATIONS = 120

FEATURES = (
    "one-way up",
    "one-way down",
    "joint",
    "leaving",
    "levels",
    "infeasible",
    "ties",
    "points",
    "when",
    "facts",
)
"""Features that at least a quarter of many random conflicts have."""


def random_conflict(rng: random.Random) -> Case:
    """Return a small random conflict of two to four parties, its status quo feasible.

    Parameters
    ----------
    rng
        Where chance comes from; the same generator state gives the same conflict.
    """
    while True:
        draft = _Draft(rng)
        told = draft.told
        states = Slow(Case.model_validate({**told, "preferences": {}})).states
        if len(states) > 1:
            told["status_quo"] = draft.terms(rng.choice(states))
            told["preferences"] = draft.preferences(states)
            return Case.model_validate(told)


conflicts = st.integers(min_value=0, max_value=2**32 - 1).map(
    lambda seed: random_conflict(random.Random(seed))  # noqa: S311 - conflicts, not secrets
)
"""Hypothesis strategy for random conflicts."""


class _Draft:
    """A conflict being made up, as plain data."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.parties = PARTIES[: rng.choices((2, 3, 4), weights=(7, 9, 4))[0]]
        self.options: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, str] = {}
        self.make_options()
        self.make_facts()
        self.make_joint_details()
        self.make_waits()
        self.told: dict[str, Any] = {
            "servanda": 1,
            "title": "A random conflict",
            "parties": {party: party.title() for party in self.parties},
            "options": self.options,
            "facts": self.facts,
            "never": self.rules(),
            "signatories": {"required": [p for p in self.parties if self.chance(0.25)]},
            "spoilers": [self.rng.choice(self.parties)] if self.chance(0.3) else [],
        }

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # ----------------------------------------------------------------------------- options

    def make_options(self) -> None:
        """Make up three to seven options, as long as their combinations are few."""
        rng, room = self.rng, MOST_COMBINATIONS
        joints = rng.choice((1, 2, 2)) if self.chance(0.6) else 0
        wanted = rng.choices((3, 4, 5, 6, 7), weights=(2, 6, 6, 3, 1))[0]
        with_levels = self.chance(0.55)
        for number in range(wanted):
            option: dict[str, Any] = {}
            if with_levels and self.chance(0.35):
                option["levels"] = list(rng.choices(LEVELS, weights=(4, 1))[0])
                self.give_values(option)
            room //= len(option.get("levels", "ny"))
            if room < 1:
                break
            if number < joints:
                partners = rng.randint(2, min(3, len(self.parties)))
                option["joint"] = rng.sample(self.parties, partners)
                name = f"deal{number + 1}"
            else:
                option["by"] = rng.choice(self.parties)
                name = f"{option['by']}_{number + 1}"
            self.options[name] = option
        self.make_one_way()

    def give_values(self, option: dict[str, Any]) -> None:
        if self.chance(0.5):
            count = len(option["levels"])
            option["values"] = sorted(self.rng.sample((0, 0.5, 1, 2, 3, 5, 8), count))
            option["unit"] = "troops"

    def make_one_way(self) -> None:
        shares = {"up": 0.3, "down": 0.3} if self.chance(0.75) else {}
        for option in self.options.values():
            for direction, share in shares.items():
                if "only" not in option and self.chance(share / (2 if "joint" in option else 1)):
                    option["only"] = direction

    def make_joint_details(self) -> None:
        """Say how partners leave: singly, with a package, or never, and to which level."""
        for option in self.options.values():
            if "joint" not in option:
                continue
            option["leave"] = self.rng.choices(("term", "package", "never"), weights=(5, 5, 1))[0]
            if option["leave"] == "package" and self.chance(0.35):
                option["package"] = "annex"
            if self.chance(0.5):
                option["without"] = self.rng.choice(option.get("levels", ["no", "yes"]))

    def make_waits(self) -> None:
        if self.chance(0.6):
            for name in self.rng.sample(list(self.options), min(2, len(self.options))):
                self.options[name]["when"] = self.condition(depth=1)

    def make_facts(self) -> None:
        if self.chance(0.7):
            self.facts["calm"] = self.condition(depth=1)
            if self.chance(0.4):
                self.facts["settled"] = f"not calm or {self.atom()}"

    # -------------------------------------------------------------------------- conditions

    def rules(self) -> list[str]:
        """Make up some of what can never be: mostly a few things at once."""
        if not self.chance(0.65):
            return []
        return [
            " and ".join(self.atom() for _ in range(self.rng.choice((2, 2, 3))))
            for _ in range(self.rng.choice((1, 2)))
        ]

    def condition(self, depth: int = 2) -> str:
        """Make up a condition."""
        kind = self.rng.random()
        if depth == 0 or kind < 0.5:
            return self.atom()
        if kind < 0.85:
            word = self.rng.choice(("and", "or", "implies", "iff"))
            return f"({self.condition(depth - 1)}) {word} ({self.condition(depth - 1)})"
        parts = ", ".join(self.condition(depth - 1) for _ in range(3))
        return f"{self.rng.choice(('at least 2', 'exactly 1', 'at most 1'))} of ({parts})"

    def atom(self) -> str:
        """Make up a condition on one option, a fact or a sum."""
        rng = self.rng
        summed = any("unit" in option for option in self.options.values())
        if summed and self.chance(0.1):
            return f"sum(troops) {rng.choice(('>=', '<'))} {rng.choice(('1', '2.5', '4'))}"
        if self.facts and self.chance(0.25):
            return f"{rng.choice(('', 'not '))}{rng.choice(list(self.facts))}"
        name, option = rng.choice(list(self.options.items()))
        if "levels" in option and self.chance(0.8):
            return f"{name} {rng.choice(('=', '!=', '<', '>='))} {rng.choice(option['levels'][1:])}"
        return f"{rng.choice(('', 'not '))}{name}"

    def terms(self, state: State) -> list[str]:
        """Return the terms that name a state."""
        return [
            f"{name} = {option['levels'][level]}" if "levels" in option else name
            for (name, option), level in zip(self.options.items(), state, strict=True)
            if level
        ]

    # ------------------------------------------------------------------------- preferences

    def preferences(self, states: Sequence[State]) -> dict[str, Any]:
        """Make up what each party wants."""
        return {party: wish for party in self.parties if (wish := self.preference(states))}

    def preference(self, states: Sequence[State]) -> Any:
        kind = self.rng.random()
        if kind < 0.58:
            return self.ordered()
        if kind < 0.88:
            return self.points()
        return self.ranking(states) if kind < 0.97 else None

    def ordered(self) -> list[str | list[str]]:
        groups: list[str | list[str]] = []
        for _ in range(self.rng.randint(1, 5)):
            tied = self.chance(0.2)
            wishes = [self.condition() for _ in range(self.rng.randint(2, 3))]
            groups.append(wishes if tied else wishes[0])
        return groups

    def points(self) -> dict[str, Any]:
        rng = self.rng
        amounts = (-5, 1, 2, 3, 5, 10, 2.5, "0..3", "10..20", "0.5..1")
        told: dict[str, Any] = {
            "points": {self.condition(): rng.choice(amounts) for _ in range(rng.randint(1, 5))}
        }
        dials = [name for name, option in self.options.items() if "levels" in option]
        if dials and self.chance(0.6):
            name = rng.choice(dials)
            told["position"] = {
                name: {
                    "at": rng.choice(self.options[name]["levels"]),
                    "salience": rng.choice((1, 0.5, 3)),
                }
            }
        return told

    def ranking(self, states: Sequence[State]) -> dict[str, Any]:
        listed = self.rng.sample(states, self.rng.randint(1, min(12, len(states))))
        entries: list[Any] = []
        while listed:
            tied = [self.terms(listed.pop()) for _ in range(self.rng.randint(1, 2)) if listed]
            entries.append(tied[0] if len(tied) == 1 else {"tied": tied})
        return {"ranking": entries}


def features(case: Case, slow: Slow | None = None) -> frozenset[str]:
    """Return which features a conflict really has, beyond having them written down.

    An option counts only if it stands at different levels in feasible states, a rule only if it
    excludes some state, a tie only if some party is indifferent between two feasible states.
    """
    return frozenset(_features(slow or Slow(case), case))


def features_of(conflict: Conflict) -> frozenset[str]:
    """Return some of the features that a conflict really has, quickly, from its arrays."""
    case, found = conflict.case, set[str]()
    states = np.flatnonzero(conflict.feasible.reshape(-1))
    for name, option in case.options.items():
        stands = len(np.unique(conflict.space.column(states, name)))
        if stands > 1:
            found |= {f"one-way {option.only}"} if option.only else set()
            found |= {"joint"} if option.joint else set()
            found |= {"levels"} if stands > 2 else set()
    found |= {"infeasible"} if len(states) < conflict.space.size else set()
    for party in case.parties:
        if len(np.unique(conflict.payoffs[party].of(states))) < len(states):
            found.add("ties")
        if party in case.preferences:
            found.add(case.preferences[party].form)
    return frozenset(found)


def _features(slow: Slow, case: Case) -> Iterator[str]:
    for index, (name, option) in enumerate(case.options.items()):
        stands = {state[index] for state in slow.states}
        if len(stands) < 2:
            continue
        if option.only is not None:
            yield f"one-way {option.only}"
        if option.joint:
            yield "joint"
            yield f"leave {option.leave}"
            if option.without not in {None, option.levels[case.base[name]]}:
                yield "without"
        if len(stands) > 2:
            yield "levels"
        if option.when is not None and _varies(slow, option.when):
            yield "when"
    if len({option.package for option in case.options.values() if option.leave == "package"}) > 1:
        yield "packages"
    if any(_leaves(slow, state) for state in slow.states):
        yield "leaving"
    yield from _features_of_states(slow, case)


def _features_of_states(slow: Slow, case: Case) -> Iterator[str]:
    combinations_of_levels = 1
    for option in case.options.values():
        combinations_of_levels *= len(option.levels)
    if len(slow.states) < combinations_of_levels:
        yield "infeasible"
    if any(_varies(slow, fact) for fact in case.facts):
        yield "facts"
    for party in case.parties:
        if len({slow.utility(party, state) for state in slow.states}) < len(slow.states):
            yield "ties"
        preference = case.preferences.get(party)
        if preference is None:
            continue
        yield preference.form
        if preference.position:
            yield "position"
        if any(len(group) > 1 for group in preference.ordered):
            yield "tied groups"


def _varies(slow: Slow, text: str) -> bool:
    return len({slow.holds(text, state) for state in slow.states}) == 2


def _leaves(slow: Slow, state: State) -> bool:
    """Return whether some party can change a joint option from the state alone."""
    joint = [index for index, option in enumerate(slow.options) if option.joint]
    return any(
        after[index] != state[index]
        for party in slow.parties
        for after in slow.moves(party, state)
        for index in joint
    )


# ---------------------------------------------------------------------------- variations


def as_data(case: Case) -> dict[str, Any]:
    """Return a case as plain data, as a file could hold it."""
    told: dict[str, Any] = case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for preference in told["preferences"].values():
        if "ranking" in preference:
            preference["ranking"] = [{"tied": tied} for tied in preference["ranking"]]
    return {"servanda": 1, **told}


def as_yaml(case: Case) -> str:
    """Return a case as a file would hold it."""
    return yaml.safe_dump(as_data(case), sort_keys=False, allow_unicode=True)


def relabelled(case: Case, rng: random.Random) -> tuple[Case, Mapping[str, str]]:
    """Return the same conflict with parties and options renamed and in another order.

    Returns
    -------
    Case
        The conflict under its new names.
    Mapping
        The new name of each party and option.
    """
    names = [*case.parties, *case.options]
    fresh = [f"n{number}" for number in range(len(names))]
    rng.shuffle(fresh)
    new = dict(zip(names, fresh, strict=True))
    words = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")

    def renamed(told: Any) -> Any:
        if isinstance(told, str):
            return words.sub(lambda found: new[found.group()], told)
        if isinstance(told, dict):
            return {renamed(key): renamed(value) for key, value in told.items()}
        return [renamed(entry) for entry in told] if isinstance(told, list) else told

    told = renamed(as_data(case))
    for key in ("parties", "options"):
        told[key] = dict(rng.sample(list(told[key].items()), len(told[key])))
    return Case.model_validate(told), new


def plain(case: Case) -> Case:
    """Return the conflict with nothing infeasible, one-way, waiting or joint."""
    told = as_data(case)
    told.pop("never", None)
    for option in told["options"].values():
        for key in ("only", "when", "leave", "package", "without"):
            option.pop(key, None)
        if "joint" in option:
            option["by"] = option.pop("joint")[0]
    return Case.model_validate(told)


def with_more_moves(case: Case) -> Iterator[Case]:
    """Yield the conflict without one of its rules, or without one of its one-way marks.

    Joint options keep their mark: without it an option may fall with a package, and a move that
    made the rest fall without it would be lost.
    """
    told = as_data(case)
    never = told.get("never", [])
    for kept in combinations(never, max(0, len(never) - 1)):
        if never:
            yield Case.model_validate({**told, "never": list(kept)})
    for name, option in told["options"].items():
        if "by" in option and "only" in option:
            free = {key: value for key, value in option.items() if key != "only"}
            yield Case.model_validate({**told, "options": {**told["options"], name: free}})
