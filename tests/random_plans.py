"""Random small conflicts with a random plan laid over them, or turned into pure talks."""

import random
from collections.abc import Iterable
from typing import Any

from conflicts import as_data, random_conflict
from servanda.conditions import OptionId
from servanda.model import Case
from slow import Slow

TALKS = 0.15
"""Share of the conflicts that are pure talks."""

PERIODS = ("2009", "2010")


def random_planned(rng: random.Random, *, points: bool = False) -> Case:
    """Return a random conflict with a default plan, perhaps with a quota or as pure talks.

    Parameters
    ----------
    rng
        Where chance comes from; the same generator state gives the same conflict.
    points
        Whether every party's wishes are in points.
    """
    draft = _Draft(rng, as_data(random_conflict(rng)))
    if rng.random() < TALKS:
        draft.make_talks()
    if points:
        draft.make_points()
    draft.make_signatories()
    draft.make_plan()
    return Case.model_validate(draft.told)


class _Draft:
    """A conflict as plain data, a plan being made up for it."""

    def __init__(self, rng: random.Random, told: dict[str, Any]) -> None:
        self.rng = rng
        self.told = told
        self.parties = list(told["parties"])
        self.options: dict[str, dict[str, Any]] = told["options"]
        self.base = Case.model_validate(told).base
        self.plan: dict[str, Any] = {"title": "A random plan"}
        self.acts: list[str] = []

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # ------------------------------------------------------------------------ the conflict

    def make_talks(self) -> None:
        """Make every option joint and every wish one in points, and let parties walk away."""
        rng = self.rng
        for option in self.options.values():
            if option.pop("by", None) is not None:
                option["joint"] = rng.sample(self.parties, rng.randint(2, len(self.parties)))
        self.told.pop("status_quo", None)
        self.told["preferences"] = {
            party: {"points": {self.wish(): rng.choice((1, 2, 3, 2.5, -1)) for _ in range(4)}}
            for party in self.parties
            if self.chance(0.95)
        }
        self.told["walk_away"] = {party: rng.choice((0, 1, 2, 2.25, 4)) for party in self.parties}
        self.base = Case.model_validate(self.told).base

    def make_points(self) -> None:
        """Make every party's wishes ones in points."""
        worths = (1, 2, 3, 5, 2.5, "0..3", -1)
        self.told["preferences"] = {
            party: {"points": {self.wish(): self.rng.choice(worths) for _ in range(4)}}
            for party in self.parties
        }

    def make_signatories(self) -> None:
        """Ask at least so many of some parties, perhaps with vetoes."""
        spoilers = self.told.get("spoilers", [])
        members = [party for party in self.parties if party not in spoilers]
        rule = self.told.setdefault("signatories", {})
        rule["required"] = [name for name in rule.get("required", []) if name not in spoilers]
        if not members or not self.chance(0.35):
            return
        of = self.rng.sample(members, self.rng.randint(1, len(members)))
        rule |= {"at_least": self.rng.randint(1, len(of)), "of": of}
        if self.chance(0.4):
            rule["vetoes"] = [self.rng.choice(members)]

    def wish(self) -> str:
        """Make up a condition on one or two options."""
        parts = [self.term(name, self.level(name)) for name in self.some(self.options, 2)]
        return f" {self.rng.choice(('and', 'or', 'implies'))} ".join(parts)

    # ---------------------------------------------------------------------------- the plan

    def make_plan(self) -> None:
        own = [name for name, option in self.options.items() if "by" in option]
        self.rng.shuffle(own)
        if own and self.chance(0.75):
            self.make_threats(own)
        if own and self.chance(0.4):
            self.plan["commitments"] = [self.dated(own.pop())]
        if own and self.chance(0.3):
            self.plan["pressure"] = [self.dated(own.pop())]
        joint = [name for name, option in self.options.items() if "joint" in option]
        free = [*own, *joint]
        offered = self.some(free, 2) if self.chance(0.6) else []
        self.plan["offers"] = [self.dated(name) for name in offered]
        if self.chance(0.9):
            self.make_target(free)
        if offered and self.chance(0.3):
            who = self.options[offered[0]].get("joint") or [self.options[offered[0]]["by"]]
            self.plan["guarantors"] = [{"who": who, "via": [offered[0]]}]
        self.told["plans"] = {"plan": self.plan}
        self.told["default_plan"] = "plan"

    def make_threats(self, own: list[str]) -> None:
        """Make up one or two threats; each takes its options out of `own`."""
        threats: list[dict[str, Any]] = []
        for number in range(self.rng.choice((1, 1, 2))):
            if not own:
                break
            act = own.pop()
            by = self.options[act]["by"]
            more = [name for name in own if self.options[name]["by"] == by]
            acts = [act, *more[:1]] if self.chance(0.3) else [act]
            own[:] = [name for name in own if name not in acts]
            self.acts += acts
            threat = {
                "by": by,
                "announce": self.announcement(by, number),
                "act": [self.changed(name) for name in acts],
                "if": f"not ({self.wish()})",
            }
            threats.append(threat)
            self.make_audience(threat)
            if self.chance(0.15):
                again = self.announcement(by, number + 2)
                threats.append({**threat, "announce": again, "act": threat["act"][:1]})
                break
        self.plan["threats"] = threats

    def announcement(self, by: str, number: int) -> str:
        name = f"warning{number}"
        self.options[name] = {"by": by, **({"only": "up"} if self.chance(0.7) else {})}
        self.base = {**self.base, OptionId(name): 0}
        return name

    def make_audience(self, threat: dict[str, Any]) -> None:
        """Let the threatener care, or not, for keeping its word."""
        preference = self.told["preferences"].get(threat["by"])
        done = " and ".join(f"({act})" for act in threat["act"])
        word = f"{threat['announce']} and {threat['if']} implies {done}"
        if preference is None or self.chance(0.3):
            return
        if "ordered" in preference:
            groups = preference["ordered"]
            groups.insert(self.rng.randint(0, len(groups)), [{"wish": word}])
        elif "points" in preference:
            preference["points"][word] = {"worth": self.rng.choice(("1", "10", "0.5"))}

    def make_target(self, free: list[str]) -> None:
        names = self.some(free, 3)
        acts = [name for name in self.acts if name not in names]
        if acts and self.chance(0.6):
            names.append(self.rng.choice(acts))
        self.plan["target"] = [self.dated(name, self.open_level(name)) for name in names]

    # ------------------------------------------------------------------------------- terms

    def some(self, names: Iterable[str], most: int) -> list[str]:
        listed = list(names)
        return self.rng.sample(
            listed, self.rng.randint(min(1, len(listed)), min(most, len(listed)))
        )

    def level(self, name: str) -> int:
        count = len(self.options[name].get("levels", "ny"))
        level: int = self.rng.choice((*range(count), *range(1, count)))
        return level

    def open_level(self, name: str) -> int:
        """Return a level that, most often, no one-way mark bars."""
        level, now = self.level(name), self.base[OptionId(name)]
        only = self.options[name].get("only") if self.chance(0.9) else None
        if only is None:
            return level
        return max(level, now) if only == "up" else min(level, now)

    def changed(self, name: str) -> str:
        """Return a term that sets the option, most often, to another level than today's."""
        level = self.open_level(name)
        if level == self.base[OptionId(name)]:
            level = self.open_level(name)
        return self.term(name, level)

    def dated(self, name: str, level: int | None = None) -> dict[str, Any]:
        term = {"take": self.changed(name) if level is None else self.term(name, level)}
        if self.chance(0.15):
            term["until"] = self.rng.choice(PERIODS)
        if self.chance(0.1):
            term["when"] = self.wish()
        return term

    def term(self, name: str, level: int) -> str:
        if "levels" in self.options[name]:
            return f"{name} = {self.options[name]['levels'][level]}"
        return name if level else f"not {name}"


def plan_features(case: Case, slow: Slow) -> frozenset[str]:
    """Return what a conflict and its plan have."""
    plan, rule = case.plans["plan"], case.signatories
    terms = (*plan.commitments, *plan.pressure, *plan.offers, *plan.target)
    has = {
        "talks": bool(case.walk_away),
        "quota": rule.at_least is not None,
        "vetoes": bool(rule.vetoes),
        "spoilers": bool(case.spoilers),
        "commitments": bool(plan.commitments),
        "pressure": bool(plan.pressure),
        "offers": bool(plan.offers),
        "threats": bool(plan.threats),
        "several threats": len(plan.threats) > 1,
        "target": bool(plan.target),
        "until": any(term.until for term in terms),
        "triggers": any(term.when for term in terms),
        "start infeasible": slow.base not in slow.feasible,
    }
    return frozenset(name for name, is_so in has.items() if is_so)
