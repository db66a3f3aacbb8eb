"""What would have to give for something to stick, in plain sentences."""

from __future__ import annotations

from servanda.acceptance import compare, signatories
from servanda.concessions import Concession, Measure
from servanda.model import Case, PartyId
from servanda.narrative.phrases import (
    agreed,
    changed,
    counted,
    names,
    number,
    points,
    sentence,
    wishes,
)
from servanda.narrative.section import Section, Table
from servanda.relaxation import Least, Relaxation, Unblocked, Waiver
from servanda.selfenforcement import a_gain, grade_locally

_LEAST = {
    Measure.TOTAL: "least conceded in all",
    Measure.MOST: "least conceded by whoever concedes most",
    Measure.LEFT_OUT: "fewest who concede, or are left out",
}

_GIVES = {
    Waiver.SIGNATURE: "signed whatever it is",
    Waiver.STAYING: "stayed whatever it gained by leaving",
    Waiver.BOTH: "signed and stayed in any case",
}


def relaxation_section(relaxation: Relaxation) -> Section:
    """Return the least concessions, who blocks, and what each party alone could unblock."""
    title = "What would have to give"
    if relaxation.sticks is not None:
        return Section(title, ("A package sticks as things are: nobody has to give way for one.",))
    parts = (_concessions(relaxation), _blocking(relaxation), _unblocked(relaxation))
    said = ["Nothing sticks as things are."]
    if not relaxation.proved:
        said = ["No package that sticks was found; that there is none is not proved."]
    if relaxation.firm_only:
        said.append(
            "What follows is about firm packages only: whether one sticks because others would "
            "want to answer whoever leaves it was not settled."
        )
    if relaxation.stopped:
        said.append(f"Not every answer is final: {relaxation.stopped}.")
    return Section(title, tuple(said), (), parts)


# ------------------------------------------------------------------------- concessions


def _concessions(relaxation: Relaxation) -> Section:
    title = "The least that would have to be conceded"
    first = relaxation.to_stick[0]
    paragraphs = [_none(first)] if first.state is None else [_how_counted(relaxation)]
    tables = []
    if first.state is not None:
        tables.append(_table(relaxation, relaxation.to_stick))
    if _differs(relaxation):
        paragraphs.append(_to_sign(relaxation))
        if relaxation.to_sign[0].value != 0:
            tables.append(_table(relaxation, relaxation.to_sign))
    return Section(title, tuple(paragraphs), tuple(tables))


def _none(least: Least) -> str:
    if least.status == "infeasible":
        return (
            "However much those who sign conceded, nothing would stick: every package that makes "
            "one of them better off is one that somebody would leave."
        )
    return "No concession was found that makes a package stick."


def _how_counted(relaxation: Relaxation) -> str:
    """Return what a concession is, as far as the parties' wishes are of that form."""
    forms = {payoff.form for payoff in relaxation.situation.conflict.payoffs.values()}
    parts = ["To concede is to accept less than one's best outcome without a deal."]
    if "ordered" in forms:
        parts.append(
            "With ordered wishes it counts the more, from 0 to 1, the higher the first wish lost."
        )
    if forms & {"points", "ranking"}:
        kinds = "points" if "ranking" not in forms else "a ranking"
        parts.append(f"With {kinds} it counts as a share of what lies between best and worst.")
    return " ".join(parts)


def _differs(relaxation: Relaxation) -> bool:
    """Return whether it takes less to have a package signed than to have it stick."""
    pairs = zip(relaxation.to_stick, relaxation.to_sign, strict=True)
    return any(two.state is not None and one.value != two.value for one, two in pairs)


def _to_sign(relaxation: Relaxation) -> str:
    first = relaxation.to_sign[0]
    if first.value == 0 and first.state is not None:
        said = agreed(relaxation.situation, first.state)
        return f"To be signed, a package needs no concession at all, but it would be left: {said}."
    return "Merely to be signed, whoever may leave it afterwards, a package would need this:"


def _table(relaxation: Relaxation, each: tuple[Least, ...]) -> Table:
    """Return what is conceded, a row for each package."""
    situation = relaxation.situation
    sought: dict[tuple[str, str], list[str]] = {}
    for least in each:
        row = ("not known", "")
        if least.state is not None:
            conceded = "; ".join(_conceded(situation.case, one) for one in least.concessions)
            proof = "" if least.status == "optimal" else f" (not proved least{_bound(least)})"
            row = f"{conceded or 'nobody concedes'}{proof}", agreed(situation, least.state)
        sought.setdefault(row, []).append(_LEAST[least.measure])
    rows = tuple((sentence("; ".join(what)).rstrip("."), *row) for row, what in sought.items())
    return Table(("What is sought", "Who concedes what", "The package"), rows)


def _bound(least: Least) -> str:
    if least.bound is None:
        return ""
    if least.measure is Measure.LEFT_OUT:
        return f"; at least {counted(least.bound, 'party', 'parties')}"
    return f"; at least {least.bound / 10**6:.3g}"


def _conceded(case: Case, one: Concession) -> str:
    """Return what one party concedes: ``Ben: 2 points short (1)``."""
    share = number(one.share)
    because = wishes(case, one.party, one.lost)
    if one.points is not None:
        said = f"{points(one.points)} short"
    elif one.place is not None:
        return f"{case.name(one.party)}: {because}, no. {one.place} of {one.groups} ({share})"
    else:
        said = "short"
    why = f", because of {because}" if because else ""
    return f"{case.name(one.party)}: {said}{why} ({share})"


# ------------------------------------------------------------------------- who blocks


def _blocking(relaxation: Relaxation) -> Section:
    title, case, blocking = "Who blocks", relaxation.situation.case, relaxation.blocking
    if blocking is None or not blocking.members:
        said = "No party blocks: even if all accepted and stayed, no signatory would be better off."
        return Section(title, (said,))
    who, some = names(case, blocking.parties), len(blocking.members) > 1
    word = "together " if some else ""
    said = (
        f"{who} {word}exclude{'' if some else 's'} every package, whatever the others put up with"
    )
    if not blocking.proved:
        said = f"That fewer parties than {who} exclude every package was not proved"
    note = []
    if some and blocking.proved:
        note.append(
            "None of them is needless: without any one, a package would stick for the rest."
        )
        if 0 < len(relaxation.keys) < len(blocking.members):
            key = names(case, relaxation.keys)
            note.append(f"There may be other such sets; in every one of them: {key}.")
    told = [_member(relaxation, party, state) for party, state in blocking.members]
    return Section(title, (f"{said}.", *note, *(each for each in told if each)))


def _member(relaxation: Relaxation, party: PartyId, state: int | None) -> str:
    """Return a package that one blocker alone stands against, and what it has against it."""
    situation = relaxation.situation
    if state is None:
        return ""
    said = agreed(situation, state)
    against = " and ".join(_against(relaxation, party, state))
    name = situation.case.name(party)
    return sentence(f"But for {name}, this could stand: {said}. {name} {against}")


def _against(relaxation: Relaxation, party: PartyId, state: int) -> list[str]:
    """Return whether a party refuses a package, or would leave it, and why."""
    situation, case = relaxation.situation, relaxation.situation.case
    found = []
    signing = party in signatories(situation, state)
    comparison = compare(situation, relaxation.no_deal, party, state)
    if not comparison.sure and (signing or party in case.signatories.of):
        because = wishes(case, party, comparison.decisive)
        found.append("would not sign" + (f", because of {because}" if because else ""))
    move = _leaving(relaxation, party, state)
    if move is not None:
        by = changed(situation.space, state, move, (party,))
        found.append(f"would leave it ({by})")
    return found or ["stands against it"]


def _leaving(relaxation: Relaxation, party: PartyId, state: int) -> int | None:
    """Return where a party would go by leaving a package; None if it stays."""
    conflict = relaxation.situation.conflict
    if conflict.walk_away is not None:
        return None  # it walks away where it would not sign
    gain = a_gain(conflict, party, state)
    if gain is None or relaxation.firm_only:
        return gain
    graded = grade_locally(conflict, party, state)
    if graded.grade.sticks or graded.witness is None:
        return None
    return graded.witness.state


# ------------------------------------------------------------------------- one party alone


def _unblocked(relaxation: Relaxation) -> Section:
    title, case = "If one party alone gave way", relaxation.situation.case
    said = (
        "How many packages would stick for all others, if this party signed whatever it is, "
        "stayed whatever it gained by leaving, or both."
    )
    rows = []
    for party in case.parties:
        mine = {each.waiver: each for each in relaxation.unblocked if each.party == party}
        if mine and any(each.state is not None or not each.proved for each in mine.values()):
            rows.append((case.name(party), *(_cell(mine[waiver]) for waiver in Waiver)))
    if not rows:
        return Section(title, ("No party alone could make a package stick by giving way.",))
    columns = ("Party", "if it signed", "if it stayed", "if both")
    others = len(case.parties) - len(rows)
    rest = [f"Nothing would, if {_others(others)} gave way alone."] if others else []
    return Section(title, (said, *rest), (Table(columns, tuple(rows)),), _examples(relaxation))


def _others(count: int) -> str:
    return "the one other party" if count == 1 else f"any of the {count} other parties"


def _cell(each: Unblocked) -> str:
    if each.state is None:
        return "none" if each.proved else "not known"
    return "some" if each.packages is None else f"{each.packages:,}"


def _examples(relaxation: Relaxation) -> tuple[Section, ...]:
    """Return, for each party that could unblock, the package that least would unblock."""
    situation = relaxation.situation
    rows = []
    for party in relaxation.keys:
        mine = [each for each in relaxation.unblocked if each.party == party]
        least = next(each for each in mine if each.state is not None)
        assert least.state is not None  # noqa: S101 - just chosen so
        name = f"{situation.case.name(party)} {_GIVES[least.waiver]}"
        rows.append((name, agreed(situation, least.state)))
    if not rows:
        return ()
    which = "nearest to the target" if relaxation.near else "with the fewest changes"
    table = Table(("If", "this would stick"), tuple(rows))
    return (Section(f"What would stick, {which}", (), (table,)),)
