"""Are questions, answers and worldviews sound?  Every change can be made, alone and as chosen."""

from __future__ import annotations

from servanda.errors import KEY, Contradictory, Path
from servanda.ledger import Ledger
from servanda.model import Case, Fact, WishChange
from servanda.worlds import Overlay, blocks, laid, overlays


def check_beliefs(ledger: Ledger) -> None:
    """Note the faults of a case's questions, worldviews and candidates.

    Parameters
    ----------
    ledger
        Where faults are noted.  The base of the case has been checked.
    """
    case = ledger.case
    sound = not ledger.problems
    for question, stated in case.questions.items():
        path: Path = ("questions", question)
        if len(stated.answers) < 2:
            hint = "what nobody contradicts belongs to the case itself"
            ledger.add((*path, "answers"), f'question "{question}" has no two answers', hint)
    for block in blocks(case):
        _changes(ledger, block)
    if sound and not ledger.problems:
        for question, stated in case.questions.items():
            for answer in stated.answers:
                _lay(ledger, overlays(case, None, {question: answer}), ())
    _worldviews(ledger, sound=sound and not ledger.problems)
    _candidates(ledger)
    for name, plan in case.plans.items():
        if plan.worldview:
            here = ("plans", name, "worldview")
            ledger.known("worldview", plan.worldview, case.worldviews, here)


def _changes(ledger: Ledger, block: Overlay) -> None:
    """Check the words of one block of changes; an author may use the facts of answers chosen."""
    case, changes, path = ledger.case, block.changes, block.path
    named = _named(ledger, _answered_facts(case, path) | dict(changes.facts))
    for party, each in changes.preferences.items():
        ledger.known("party", party, case.parties, (*path, "preferences", party, KEY))
        for place, change in enumerate(each):
            _wish(named, change, (*path, "preferences", party, place))
    for name, fact in changes.facts.items():
        named.condition(fact.means, (*path, "facts", name, "means"))
    for option, owner in changes.owners.items():
        here = (*path, "owners", option)
        ledger.known("option", option, case.options, (*here, KEY))
        ledger.known("party", owner, case.parties, here)
    for place, rule in enumerate(changes.never):
        if rule.add is not None:
            named.condition(rule.add.that, (*path, "never", place, "add", "that"))
    ledger.problems += named.problems


def _answered_facts(case: Case, path: Path) -> dict[str, Fact]:
    """Return the facts that the answers of a worldview bring along; none for an answer itself."""
    facts: dict[str, Fact] = {}
    view = case.worldviews.get(str(path[1])) if path[0] == "worldviews" else None
    for question, answer in view.answers.items() if view is not None else ():
        stated = case.questions.get(question)
        reply = stated.answers.get(answer) if stated is not None else None
        facts |= dict(reply.changes.facts) if reply is not None else {}
    return facts


def _wish(named: Ledger, change: WishChange, path: Path) -> None:
    """Check the words of one change to a party's wishes."""
    if change.add is not None:
        named.condition(change.add.wish, (*path, "add", "wish"))
        if not change.add.id:
            hint = "give it an id by which the report can speak of it"
            named.add((*path, "add"), "a new statement without an id", hint)
    if change.with_ is not None:
        named.condition(change.with_.wish, (*path, "with", "wish"))


def _named(ledger: Ledger, facts: dict[str, Fact]) -> Ledger:
    """Return a ledger whose case has further facts."""
    case = ledger.case.model_copy(update={"facts": {**ledger.case.facts, **facts}})
    case.__dict__.pop("vocabulary", None)
    return Ledger(case)


def _lay(ledger: Ledger, layers: tuple[Overlay, ...], path: Path) -> None:
    """Note where some changes cannot be made; at `path` where that is given."""
    try:
        laid(ledger.case, layers)
    except Contradictory as error:
        ledger.add(path or error.path, error.message, error.hint)


def _worldviews(ledger: Ledger, *, sound: bool) -> None:
    """Check that each author answers known questions with known answers that fit together."""
    case = ledger.case
    for name, view in case.worldviews.items():
        path: Path = ("worldviews", name)
        known = True
        if view.source:
            ledger.known("source", view.source, case.sources, (*path, "source"))
        for question, answer in view.answers.items():
            here = (*path, "answers", question)
            if not ledger.known("question", question, case.questions, (*here, KEY)):
                known = False
                continue
            answers = case.questions[question].answers
            known &= ledger.known("answer", answer, answers, here)
        if sound and known:
            _lay(ledger, overlays(case, name, view.answers), ())


def _candidates(ledger: Ledger) -> None:
    """Check the statements that somebody could add."""
    case = ledger.case
    for party, each in case.candidates.items():
        ledger.known("party", party, case.parties, ("candidates", party, KEY))
        for place, candidate in enumerate(each):
            here: Path = ("candidates", party, place)
            ledger.condition(candidate.wish, (*here, "wish"))
            if not candidate.id:
                ledger.add(here, "a candidate without an id", "give it one")
            if candidate.places != 1 and candidate.worth is None:
                ledger.add(here, 'say where: one of "before", "after" and "at"')
