"""The conflict as somebody sees it: answers to open questions, laid over a case.

Overlays are pure functions from case to case, in the order base, answers, worldview.  What cannot
be laid together is contradictory: two changes of one statement, an anchor that is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from servanda.conditions import OptionId
from servanda.errors import Contradictory, Path, UsageError, did_you_mean
from servanda.model import (
    Case,
    Changes,
    Fact,
    NewStatement,
    Option,
    PartyId,
    Place,
    Plan,
    Preference,
    Rule,
    Statement,
    StatementId,
    WishChange,
    Worth,
)

Answers = Mapping[str, str]
"""An answer to each of some questions, by their ids."""

BASE = "base"
"""What is asked for to see a case as no author does: its common ground alone."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Changes, and where in the case they stand."""

    path: Path
    changes: Changes


def seen_by(case: Case, worldview: str | None, answers: Answers | None = None) -> Case:
    """Return the case as an author sees it; questions the author leaves open change nothing.

    Parameters
    ----------
    case
        A case without faults.
    worldview
        Whose view; the base case where None.
    answers
        Answers to further questions; they come before the author's own.

    Raises
    ------
    UsageError
        If there is no such worldview, question or answer; `Contradictory` if the answers cannot
        be laid together.
    """
    chosen = dict(answers or {})
    if worldview is not None:
        if worldview not in case.worldviews:
            known = did_you_mean(worldview, list(case.worldviews))
            hint = known if case.worldviews else "this case has no worldviews"
            raise UsageError(f'no worldview "{worldview}"', hint)
        chosen = {**case.worldviews[worldview].answers, **chosen}
    return laid(case, overlays(case, worldview, chosen))


def overlays(case: Case, worldview: str | None, answers: Answers) -> tuple[Overlay, ...]:
    """Return what some answers and a worldview change, in the order in which it is laid."""
    for question, answer in answers.items():
        if question not in case.questions:
            raise UsageError(f'no question "{question}"', did_you_mean(question, [*case.questions]))
        known = case.questions[question].answers
        if answer not in known:
            message = f'question "{question}" has no answer "{answer}"'
            raise UsageError(message, did_you_mean(answer, [*known]))
    found = [
        Overlay(
            ("questions", question, "answers", answers[question], "changes"),
            stated.answers[answers[question]].changes,
        )
        for question, stated in case.questions.items()
        if question in answers
    ]
    if worldview is not None:
        path: Path = ("worldviews", worldview, "changes")
        found.append(Overlay(path, case.worldviews[worldview].changes))
    return tuple(found)


def own_view(case: Case, plan: str | None) -> str | None:
    """Return the worldview of a plan's author: the one named, or the one of the plan's name."""
    if plan is None or plan not in case.plans:
        return None
    named = case.plans[plan].worldview or plan
    return named if named in case.worldviews else None


def open_questions(case: Case, worldview: str | None) -> tuple[str, ...]:
    """Return the questions a worldview leaves open; all of them in the base case."""
    answered = case.worldviews[worldview].answers if worldview is not None else {}
    return tuple(question for question in case.questions if question not in answered)


def every_answer(case: Case, fixed: Answers | None = None) -> Iterator[dict[str, str]]:
    """Yield every combination of answers to the questions of a case, some perhaps fixed."""
    fixed = fixed or {}
    choices = [
        [fixed[question]] if question in fixed else list(stated.answers)
        for question, stated in case.questions.items()
    ]
    for chosen in product(*choices):
        yield dict(zip(case.questions, chosen, strict=True))


def blocks(case: Case) -> Iterator[Overlay]:
    """Yield all changes a case speaks of, with their places."""
    for question, stated in case.questions.items():
        for answer, reply in stated.answers.items():
            path: Path = ("questions", question, "answers", answer, "changes")
            yield Overlay(path, reply.changes)
    for name, view in case.worldviews.items():
        yield Overlay(("worldviews", name, "changes"), view.changes)


def laid(case: Case, layers: Iterable[Overlay]) -> Case:
    """Return a case with overlays laid over it, one after the other.

    Raises
    ------
    Contradictory
        If they cannot be laid together; it says where.
    """
    drawing = _Drawing(case)
    for layer in layers:
        drawing.lay(layer)
    return drawing.case()


def owned(case: Case, plan: Plan) -> None:
    """Tell where a plan's threatener no longer owns what it announces or would do.

    Raises
    ------
    Contradictory
        If it does not.
    """
    for threat in plan.threats:
        acts = (case.vocabulary.term(text)[0] for text in threat.act)
        for option in (threat.announce, *acts):
            if threat.by not in case.options[option].owners:
                name = case.name(threat.by)
                raise Contradictory(f'{name} threatens with "{option}", which it does not own')


class _Drawing:
    """A case while overlays are laid over it."""

    def __init__(self, case: Case) -> None:
        self.base = case
        self.groups: dict[PartyId, list[list[Statement]]] = {}
        self.points: dict[PartyId, dict[str, Worth]] = {}
        self.facts: dict[str, Fact] = {}
        self.owners: dict[OptionId, PartyId] = {}
        self.rules: list[Rule] | None = None
        self.touched: dict[tuple[str, str], Path] = {}

    def lay(self, layer: Overlay) -> None:
        """Make one overlay's changes."""
        changes, path = layer.changes, layer.path
        for party, each in changes.preferences.items():
            for place, change in enumerate(each):
                here = (*path, "preferences", party, place)
                self.touch("statement", change.subject, here)
                self.wish(party, change, here)
        for name, fact in changes.facts.items():
            self.touch("fact", name, (*path, "facts", name))
            self.facts[name] = fact
        for option, owner in changes.owners.items():
            self.touch("owner of", option, (*path, "owners", option))
            self.owners[option] = owner
        for place, rule_change in enumerate(changes.never):
            here = (*path, "never", place)
            if self.rules is None:
                self.rules = list(self.base.never)
            if rule_change.add is not None:
                if rule_change.add.id:
                    self.touch("rule", rule_change.add.id, here)
                self.rules.append(rule_change.add)
                continue
            self.touch("rule", str(rule_change.drop), here)
            kept = [rule for rule in self.rules if rule.id != rule_change.drop]
            if len(kept) == len(self.rules):
                known = did_you_mean(str(rule_change.drop), [r.id for r in self.rules if r.id])
                raise Contradictory(f'no rule "{rule_change.drop}"', known, (*here, "drop"))
            self.rules = kept

    def touch(self, kind: str, name: str, path: Path) -> None:
        """Note that something is changed; twice is once too often."""
        before = self.touched.setdefault((kind, name), path)
        if before != path:
            where = ".".join(str(step) for step in before[:4] if step != "changes")
            raise Contradictory(f'{kind} "{name}" is changed twice', f"also by {where}", path)

    # --------------------------------------------------------------------- wishes

    def wish(self, party: PartyId, change: WishChange, path: Path) -> None:
        """Make one change to a party's wishes."""
        preference = self.base.preferences.get(party, Preference())
        if preference.form == "ranking":
            message = f'the wishes of "{party}" are a ranking of states, which nothing changes'
            raise Contradictory(message, "write statements instead", path)
        if preference.form == "points":
            self.worth(party, preference, change, path)
        else:
            self.statement(party, change, path)

    def statement(self, party: PartyId, change: WishChange, path: Path) -> None:
        """Make one change to ordered statements."""
        groups = self.groups.setdefault(
            party, [list(group) for group in self.base.statements(party)]
        )
        if change.add is not None:
            if self.place_of(groups, change.add.id) is not None:
                message = f'party "{party}" has a statement "{change.add.id}" already'
                raise Contradictory(message, "choose another id", (*path, "add", "id"))
            if change.add.worth is not None:
                message = f'party "{party}" has no points'
                raise Contradictory(message, "say where the statement goes", (*path, "add"))
            self.put(groups, plain(change.add), change, path)
            return
        place, member = self.found(groups, party, change.subject, path)
        old = groups[place][member]
        if change.with_ is not None:
            said = change.with_.model_dump(exclude={"worth"})
            groups[place][member] = Statement(id=old.id, **said)
            return
        del groups[place][member]
        if not groups[place]:
            del groups[place]
        if change.move is not None:
            self.put(groups, old, change, path)

    def put(
        self, groups: list[list[Statement]], statement: Statement, place: Place, path: Path
    ) -> None:
        """Insert a statement where a change says."""
        if place.at is not None:
            groups.insert(0 if place.at == "top" else len(groups), [statement])
            return
        key = "before" if place.before is not None else "after"
        anchor = place.before or place.after or StatementId("")
        found = self.place_of(groups, anchor)
        if found is None:
            known = did_you_mean(anchor, [each.id for group in groups for each in group])
            raise Contradictory(f'no statement "{anchor}" to go by', known, (*path, key))
        groups.insert(found[0] + (key == "after"), [statement])

    def found(
        self, groups: list[list[Statement]], party: PartyId, name: StatementId, path: Path
    ) -> tuple[int, int]:
        """Return where a statement stands.

        Raises
        ------
        Contradictory
            If it stands nowhere.
        """
        place = self.place_of(groups, name)
        if place is None:
            known = did_you_mean(name, [each.id for group in groups for each in group])
            raise Contradictory(f'party "{party}" has no statement "{name}"', known, path)
        return place

    def place_of(
        self, groups: Sequence[Sequence[Statement]], name: StatementId
    ) -> tuple[int, int] | None:
        """Return the group and the place in it of a statement."""
        for place, group in enumerate(groups):
            for member, statement in enumerate(group):
                if statement.id == name:
                    return place, member
        return None

    def worth(self, party: PartyId, preference: Preference, change: WishChange, path: Path) -> None:
        """Make one change to points."""
        points = self.points.setdefault(party, dict(preference.points))
        names = {s.id: s.wish for group in self.base.statements(party) for s in group}
        names |= {each.id: wish for wish, each in points.items() if each.id}
        if change.add is not None:
            if change.add.worth is None:
                message = f'party "{party}" has points'
                raise Contradictory(message, 'write "worth" beside the wish', (*path, "add"))
            if change.add.id in names or change.add.wish in points:
                message = f'party "{party}" has this wish already'
                raise Contradictory(message, "choose another id", (*path, "add"))
            points[change.add.wish] = _worth(change.add, change.add.id, change.add.worth)
            return
        if change.move is not None:
            message = f'party "{party}" has points, which have no order'
            raise Contradictory(message, 'write "replace" with another worth', path)
        wish = names.get(change.subject)
        if wish is None or wish not in points:
            known = did_you_mean(change.subject, list(names))
            raise Contradictory(f'party "{party}" has no statement "{change.subject}"', known, path)
        old = points.pop(wish)
        if change.with_ is not None:
            new = change.with_
            points[new.wish] = _worth(new, change.subject, new.worth or old.worth)

    # --------------------------------------------------------------------- the result

    def case(self) -> Case:
        """Return the case with all changes made."""
        case = self.base
        update: dict[str, object] = {}
        if self.groups or self.points:
            changed: dict[PartyId, Preference] = {
                party: Preference(ordered=tuple(tuple(group) for group in groups))
                for party, groups in self.groups.items()
            }
            for party, points in self.points.items():
                changed[party] = case.preferences[party].model_copy(update={"points": points})
            update["preferences"] = {**case.preferences, **changed}
        if self.facts:
            update["facts"] = {**case.facts, **self.facts}
        if self.owners:
            update["options"] = {**case.options, **dict(self.new_owners())}
        if self.rules is not None:
            update["never"] = tuple(self.rules)
        if not update:
            return case
        changed_case = case.model_copy(update=update)
        for remembered in ("vocabulary", "base"):  # a copy remembers the old facts
            changed_case.__dict__.pop(remembered, None)
        return changed_case

    def new_owners(self) -> Iterator[tuple[OptionId, Option]]:
        """Yield the options that have another owner."""
        for name, party in self.owners.items():
            update = {"by": party, "joint": ()}
            yield name, self.base.options[name].model_copy(update=update)


def plain(statement: NewStatement) -> Statement:
    """Return a statement without what only says how it comes in."""
    return Statement(**{name: getattr(statement, name) for name in Statement.model_fields})


def _worth(rests: Statement | object, name: StatementId, worth: str) -> Worth:
    """Return what a wish is worth, resting on what the change rests on."""
    kept = {key: getattr(rests, key) for key in ("claims", "assumption", "note")}
    return Worth(id=name, worth=worth, **kept)
