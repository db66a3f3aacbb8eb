"""Is the record beside a case sound?  Every event, claim and carrier named in it is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from servanda.checks import check_citation
from servanda.errors import KEY, Path, Problem, did_you_mean
from servanda.ledger import Ledger
from servanda.record import CARRIERS, Dossier, Hindsight, Proposal, carrier, carriers

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?(?![\w-])")


def record_faults(dossier: Dossier) -> list[Problem]:
    """Return all faults of the record beside a case, with their paths.

    Parameters
    ----------
    dossier
        A case and its record, whose keys and types are right.
    """
    ledger = Ledger(dossier)
    for name, event in dossier.events.items():
        if not _DATE.match(event.date):
            message = f'date "{event.date}" does not begin with a year, month or day'
            ledger.add(("events", name, "date"), message, "such as 2007, 2007-05 or 2007-05-28")
    for claim, judged in dossier.hindsight.items():
        path: Path = ("hindsight", claim)
        ledger.known("claim", claim, dossier.claims, (*path, KEY))
        _judged(ledger, dossier, judged, path)
    known = carriers(dossier)
    for name, proposal in dossier.proposals.items():
        _proposal(ledger, proposal, known, ("proposals", name))
    return ledger.problems


def _judged(ledger: Ledger, dossier: Dossier, judged: Hindsight, path: Path) -> None:
    """Check that a verdict names events that are there, and at least one if it needs one."""
    for place, event in enumerate(judged.events):
        ledger.known("event", event, dossier.events, (*path, "events", place))
        if event in judged.events[:place]:
            ledger.add((*path, "events", place), f'event "{event}" is named twice')
    if not judged.events and judged.verdict != "untested":
        message = f'the verdict "{judged.verdict}" names no event'
        hint = 'write "events: [ID]", or the verdict "untested"'
        ledger.add((*path, "verdict"), message, hint)


def _proposal(
    ledger: Ledger, proposal: Proposal, known: Mapping[str, tuple[str, ...]], path: Path
) -> None:
    """Check that a proposal is cited, and carried by something that is there."""
    if not proposal.cite:
        hint = 'write "cite: [{source: ID, lines: [1, 2], quote: some words}]"'
        ledger.add((*path, "cite"), "a proposal that cites nothing", hint)
    for place, citation in enumerate(proposal.cite):
        check_citation(ledger, citation, (*path, "cite", place))
    if not proposal.carried and not proposal.not_modelled:
        message = "nothing carries this proposal"
        hint = 'write "carried: [option ID]", or "not_modelled: because ..."'
        ledger.add((*path, KEY), message, hint)
    for place, text in enumerate(proposal.carried):
        here: Path = (*path, "carried", place)
        kind, name = carrier(text)
        if kind not in CARRIERS:
            hint = did_you_mean(kind, CARRIERS)
            if not hint:
                hint = f"begin with {', '.join(CARRIERS[:-1])} or {CARRIERS[-1]}"
            ledger.add(here, f'"{kind}" is nothing that carries a proposal', hint)
        elif not name:
            ledger.add(here, f"no name after {kind}", f"such as {kind} {_some(known[kind])}")
        else:
            ledger.known(kind, name, known[kind], here)
        if text in proposal.carried[:place]:
            ledger.add(here, f'"{text}" is named twice')


def _some(names: tuple[str, ...]) -> str:
    return names[0] if names else "NAME"
