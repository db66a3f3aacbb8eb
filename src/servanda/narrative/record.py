"""What happened and what the texts propose, told beside the case and apart from its verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from servanda.hindsight import Beside, begun_before, beside_plans, counts
from servanda.model import Case
from servanda.narrative.evidence import where
from servanda.narrative.phrases import counted, listed
from servanda.narrative.section import Section, Table
from servanda.proposals import Proposals
from servanda.record import Proposal, Record

_APART = (
    "Dated events beside the claims of the texts. No engine reads them: no verdict of this program "
    "rests on them."
)
_MEANING = (
    "Contested means that scholars differ, and it is left so; untested, that nobody did what the "
    "claim speaks of, or that it was not looked at. That a claim is borne out does not show that "
    "a plan would have worked, and that it is not does not show that a plan would have failed."
)
_KINDS = ("proposal", "mechanism", "condition", "warning")


# ------------------------------------------------------------------------ what happened


def hindsight_section(case: Case, record: Record) -> Section:
    """Return the verdicts of hindsight beside each plan, and the events; empty without any."""
    title = "What happened, kept apart"
    if not (record.hindsight or record.events):
        return Section(title)
    said = [_APART]
    if record.hindsight:
        total = counted(len(record.hindsight), "claim")
        said += [f"{total} looked at: {_each(counts(record.hindsight))}.", _MEANING]
    parts = [_beside(case, record, beside) for beside in beside_plans(case, record)]
    rows = tuple((n, e.date, e.what, e.where) for n, e in record.events.items())
    table = Table(("Event", "Date", "What happened", "Where it is told"), rows)
    parts.append(Section("The events", (), (table,) if rows else ()))
    return Section(title, tuple(said), (), tuple(part for part in parts if not part.empty))


def _each(found: Mapping[str, int]) -> str:
    told = {"partly": "partly borne out"}
    return listed(f"{n} {told.get(verdict, verdict)}" for verdict, n in found.items() if n)


def _beside(case: Case, record: Record, beside: Beside) -> Section:
    source = case.sources[beside.source]
    plans = "; ".join(f"Plan {name}: {case.plans[name].title}" for name in beside.plans)
    title = plans or f"Source {beside.source}: {source.title}"
    said = f"{counted(beside.claims, 'claim')} from {beside.source}"
    if not beside.judged:
        return Section(title, (f"{said}; none was looked at.",))
    said += f", {len(beside.judged)} looked at: {_each(beside.counts)}."
    rows = []
    for name, judged in beside.judged.items():
        events = "; ".join(_dated(case, record, e, beside.source) for e in judged.events)
        rows.append((name, case.claims[name].text, judged.verdict, events, judged.note))
    columns = ("Claim", "What it says", "Looking back", "Events", "Note")
    return Section(title, (said,), (Table(columns, tuple(rows)),))


def _dated(case: Case, record: Record, event: str, source: str) -> str:
    early = ", begun before the text" if begun_before(case, record, event, source) else ""
    return f"{event} ({record.events[event].date}{early})"


# ------------------------------------------------------------------------ what the texts propose


def proposals_section(found: Proposals, case: str = "CASE") -> Section:
    """Return what the texts propose, source by source, with what carries it.

    Parameters
    ----------
    found
        The proposals beside the case and its sources.
    case
        The case as it is typed.
    """
    title = "What the texts propose, and where it is"
    if not found.record.proposals:
        return Section(title, ("The case has no list of what its texts propose.",))
    said = (*found.record.preface.splitlines(), _numbers(found), _checked(found, case))
    stated = found.evidence.case.sources
    parts = tuple(
        Section(f"{source}: {stated[source].title}", (), (_table(found, proposals),))
        for source, proposals in found.by_source.items()
    )
    return Section(title, tuple(filter(None, said)), (), (*parts, _other_way_round(found)))


def _numbers(found: Proposals) -> str:
    stated = found.record.proposals.values()
    kinds = listed(
        counted(number, kind)
        for kind in _KINDS
        if (number := sum(proposal.kind == kind for proposal in stated))
    )
    whole = sum(bool(p.carried) and not p.not_modelled for p in stated)
    partly = sum(bool(p.carried) and bool(p.not_modelled) for p in stated)
    none = len(stated) - whole - partly
    carried = f"Carried in full: {whole}; in part: {partly}; not modelled: {none}."
    return f"{counted(len(stated), 'item')}: {kinds}. {carried}"


def _checked(found: Proposals, case: str) -> str:
    if found.unchecked:
        asked = f"`servanda evidence {case} --proposals --sources DIR`"
        return f"No source here: {asked} holds each quote against your documents."
    return f"{_verdicts(found)}."


def _verdicts(found: Proposals) -> str:
    told = ", ".join(f"{n} {verdict.value}" for verdict, n in found.counts.items() if n)
    return f"{counted(found.total, 'citation')}: {told}"


def proposals_line(found: Proposals) -> str:
    """Return in one line what came of the citations of proposals; empty where none was checked."""
    return "" if found.unchecked else f"What the texts propose: {_verdicts(found)}."


def _table(found: Proposals, proposals: Mapping[str, Proposal]) -> Table:
    columns = ("Item", "What the text says", "Kind", "Where", "Quote", "What carries it")
    rows = []
    for name, proposal in proposals.items():
        pairs = list(zip(proposal.cite, found.checks[name], strict=True))
        places = "; ".join(where(citation, check) for citation, check in pairs)
        quotes = "; ".join(f'"{citation.quote}"' for citation in proposal.cite)
        verdicts = "; ".join(check.verdict.value for _, check in pairs)
        row = (name, proposal.text, proposal.kind, places, quotes, _carried(proposal))
        rows.append(row if found.unchecked else (*row, verdicts))
    return Table(columns if found.unchecked else (*columns, "Verdict"), tuple(rows))


def _carried(proposal: Proposal) -> str:
    """Return what carries a proposal, and why something or all of it is not modelled."""
    carried, why = "; ".join(proposal.carried), proposal.not_modelled
    if not why:
        return carried
    reason = why if why.startswith("because") else f"because {why}"
    return f"{carried}; left out, {reason}" if carried else f"not modelled, {reason}"


def _other_way_round(found: Proposals) -> Section:
    rows = tuple(
        (kind, name, ", ".join(items))
        for (kind, name), items in found.carried_by.items()
        if kind != "claim"
    )
    said = _unnamed(found.options_unnamed)
    table = Table(("Kind", "What", "Items it carries"), rows)
    return Section("The other way round", (said,), (table,) if rows else ())


def _unnamed(options: Sequence[str]) -> str:
    if not options:
        return "Every option of the case carries an item."
    return f"Options of the case that carry no item: {', '.join(options)}."
