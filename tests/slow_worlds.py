"""The slow reference for worlds: answers and an author's changes made on plain lists and mappings.

It shares nothing with the overlays of the program but what a case file may say.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from conflicts import as_data
from servanda.model import Case

Data = dict[str, Any]
Answers = Mapping[str, str]


class ClashError(Exception):
    """Two changes are about one thing, or what one goes by is gone."""


class SlowWorlds:
    """The worlds of a case whose questions and authors change wishes that stand in an order.

    Parameters
    ----------
    case
        The case, nothing laid over it.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.bare = bare(case)

    def of_view(self, view: str | None) -> Iterator[dict[str, str]]:
        """Yield every combination of answers that agrees with an author's, if there is one."""
        fixed = {} if view is None else self.case.worldviews[view].answers
        choices = [
            [fixed[name]] if name in fixed else list(question.answers)
            for name, question in self.case.questions.items()
        ]
        for chosen in product(*choices):
            yield dict(zip(self.case.questions, chosen, strict=True))

    def world(self, plan: str, view: str | None, answers: Answers) -> Case:
        """Return the case under one plan, with answers and then an author's changes laid over it.

        Raises
        ------
        ClashError
            If they cannot be laid together.
        """
        case, told = self.case, Laid(self.bare)
        for name, question in case.questions.items():
            told.lay(question.answers[answers[name]].changes.model_dump(by_alias=True))
        if view is not None:
            told.lay(case.worldviews[view].changes.model_dump(by_alias=True))
        for threat in case.plans[plan].threats:
            acts = [case.vocabulary.term(text)[0] for text in threat.act]
            for name in (threat.announce, *acts):
                option = told.data["options"][name]
                if threat.by not in (option.get("joint") or [option["by"]]):
                    raise ClashError(name)
        told.data["plans"] = {plan: case.plans[plan].model_dump(by_alias=True)}
        told.data["default_plan"] = plan
        return Case.model_validate(told.data)


def bare(case: Case) -> Data:
    """Return what a world needs of a case as plain data, every wish in an order with its id."""
    told = as_data(case)
    for key in ("claims", "sources", "questions", "worldviews", "candidates", "plans"):
        told.pop(key, None)
    told["facts"] = {name: {"means": fact.means} for name, fact in case.facts.items()}
    told["never"] = [{"id": rule.id, "that": rule.that} for rule in case.never]
    for party, preference in case.preferences.items():
        if preference.form == "ordered":
            told["preferences"][party] = [
                [{"id": s.id, "wish": s.wish} for s in group] for group in case.statements(party)
            ]
    return told


class Laid:
    """A case as plain data, one change after the other made on it."""

    def __init__(self, data: Data) -> None:
        self.data: Data = {
            **data,
            "facts": {**data["facts"]},
            "never": [*data["never"]],
            "options": {**data["options"]},
            "preferences": {**data["preferences"]},
        }
        self.seen: set[tuple[str, str]] = set()

    def lay(self, changes: Data) -> None:
        """Make the changes of one answer or author."""
        for party, each in changes["preferences"].items():
            for change in each:
                groups = self.data["preferences"].get(party, [])
                self.data["preferences"][party] = self.wished(groups, change)
        for name, fact in changes["facts"].items():
            self.once("fact", name)
            self.data["facts"][name] = {"means": fact["means"]}
        for name, owner in changes["owners"].items():
            self.once("owner", name)
            option = {
                key: told for key, told in self.data["options"][name].items() if key != "joint"
            }
            self.data["options"][name] = {**option, "by": owner}
        for change in changes["never"]:
            name = change["drop"] or change["add"]["id"]
            rules = self.data["never"]
            if name:
                self.once("rule", name)
            if change["add"]:
                self.data["never"] = [*rules, {"id": name, "that": change["add"]["that"]}]
                continue
            if name not in [rule["id"] for rule in rules]:
                raise ClashError(name)
            self.data["never"] = [rule for rule in rules if rule["id"] != name]

    def once(self, kind: str, name: str) -> None:
        """Note that something is changed; twice is once too often."""
        if (kind, name) in self.seen:
            raise ClashError(name)
        self.seen.add((kind, name))

    def wished(self, groups: list[list[Data]], change: Data) -> list[list[Data]]:
        """Return a party's wishes, most important first, after one change."""
        new, instead = change["add"], change["with"]
        name = new["id"] if new else change["drop"] or change["replace"] or change["move"]
        self.once("statement", name)
        known = [wish for group in groups for wish in group if wish["id"] == name]
        if bool(known) == bool(new):
            raise ClashError(name)
        if instead:
            told = {"id": name, "wish": instead["wish"]}
            return [[told if wish["id"] == name else wish for wish in group] for group in groups]
        rest = [[wish for wish in group if wish["id"] != name] for group in groups]
        rest = [group for group in rest if group]
        if change["drop"]:
            return rest
        place = self.place(rest, change)
        placed = {"id": name, "wish": new["wish"]} if new else known[0]
        return [*rest[:place], [placed], *rest[place:]]

    def place(self, groups: list[list[Data]], change: Data) -> int:
        """Return before which group a wish goes."""
        if change["at"]:
            return 0 if change["at"] == "top" else len(groups)
        anchor = change["before"] or change["after"]
        for number, group in enumerate(groups):
            if anchor in [wish["id"] for wish in group]:
                return number if change["before"] else number + 1
        raise ClashError(anchor)
