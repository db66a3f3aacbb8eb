"""Is a plan sound?  Every option in one list, and every party only promising what it owns."""

from __future__ import annotations

from servanda.conditions import OptionId
from servanda.errors import Path
from servanda.ledger import Ledger
from servanda.model import Guarantor, PartyId, Plan, Threat

Lists = dict[OptionId, tuple[str, int]]
"""The list each option of a plan is in, and the level it is set to."""


def check_plan(ledger: Ledger, name: str) -> None:
    """Note the faults of one plan of the ledger's case.

    Parameters
    ----------
    ledger
        Where faults are noted.
    name
        The plan's id.
    """
    plan, path = ledger.case.plans[name], ("plans", name)
    if plan.by is not None:
        ledger.known("party", plan.by, ledger.case.parties, (*path, "by"))
    if plan.source:
        ledger.known("source", plan.source, ledger.case.sources, (*path, "source"))
    lists = _lists(ledger, plan, path)
    for place, threat in enumerate(plan.threats):
        _threat(ledger, threat, (*path, "threats", place), lists)
    _target(ledger, plan, (*path, "target"), lists)
    for place, step in enumerate(plan.steps):
        here = (*path, "steps", place, "take")
        ledger.terms(step.take, here)
        if not step.take:
            ledger.add(here, "a step without terms", "leave it out")
    for place, guarantor in enumerate(plan.guarantors):
        _guarantor(ledger, guarantor, (*path, "guarantors", place))


def _lists(ledger: Ledger, plan: Plan, path: Path) -> Lists:
    """Check commitments, pressure and offers; return what each option is set to, and where."""
    lists: Lists = {}
    for key in ("commitments", "pressure", "offers"):
        for option, (level, here) in ledger.dated(getattr(plan, key), (*path, key)).items():
            if option in lists:
                _doubled(ledger, option, (lists[option][0], key), here)
            elif key != "offers":
                _single(ledger, option, key, here)
            lists.setdefault(option, (key, level))
    return lists


def _doubled(ledger: Ledger, option: OptionId, keys: tuple[str, str], path: Path) -> None:
    message = f'option "{option}" is under both "{keys[0]}" and "{keys[1]}"'
    ledger.add(path, message, "keep it in one of them")


def _single(ledger: Ledger, option: OptionId, key: str, path: Path) -> None:
    if ledger.case.options[option].joint:
        message = f'joint option "{option}" cannot stand under "{key}"'
        ledger.add(path, message, 'what needs agreement stands under "offers" or "target"')


def _target(ledger: Ledger, plan: Plan, path: Path, lists: Lists) -> None:
    """Check that the target does not undo what the plan commits to."""
    for option, (level, here) in ledger.dated(plan.target, path).items():
        key, committed = lists.get(option, ("", level))
        if key == "commitments" and committed != level:
            ledger.add(
                here, f'the target undoes the commitment to "{option}"', "change one of them"
            )


def _threat(ledger: Ledger, threat: Threat, path: Path, lists: Lists) -> None:
    """Check that the threatener announces, and carries out, by options of its own."""
    case = ledger.case
    ledger.known("party", threat.by, case.parties, (*path, "by"))
    if ledger.known("option", threat.announce, case.options, (*path, "announce")):
        _owned(ledger, threat.announce, threat.by, (*path, "announce"))
    for option, (_, here) in ledger.terms(threat.act, (*path, "act")).items():
        _owned(ledger, option, threat.by, here)
        if option in lists:
            _doubled(ledger, option, (lists[option][0], "threats"), here)
    if not threat.act:
        ledger.add((*path, "act"), "a threat without an act", "name what would be done")
    ledger.condition(threat.condition, (*path, "if"))
    ledger.parties(threat.to, (*path, "to"))


def _owned(ledger: Ledger, option: OptionId, party: PartyId, path: Path) -> None:
    known = ledger.case.options[option]
    if known.joint:
        _single(ledger, option, "threats", path)
    elif party in ledger.case.parties and known.by in ledger.case.parties and party != known.by:
        message = f'party "{party}" does not own option "{option}"'
        ledger.add(path, message, f'its owner is "{known.by}"')


def _guarantor(ledger: Ledger, guarantor: Guarantor, path: Path) -> None:
    """Check that guarantors stand behind an agreement through options of their own."""
    case = ledger.case
    ledger.parties(guarantor.who, (*path, "who"))
    for place, option in enumerate(guarantor.via):
        here = (*path, "via", place)
        if ledger.known("option", option, case.options, here):
            owners = case.options[option].owners
            if owners and not set(owners) & set(guarantor.who):
                message = f'no guarantor owns option "{option}"'
                ledger.add(here, message, f"its owner is {', '.join(owners)}")
