"""Where the conflict goes without a deal, and what its threats amount to, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.analysis import Findings
from servanda.model import PartyId, Statement
from servanda.narrative.phrases import (
    changed,
    counted,
    names,
    sentence,
    taken,
    term,
    terms,
    wishes,
)
from servanda.narrative.section import Section, Table
from servanda.narrative.verdicts import outcome
from servanda.play import Outcome
from servanda.threats import Credible, Effect, ThreatFinding, triggered

_MOST = 12


def no_deal_section(findings: Findings) -> Section:
    """Return where the conflict goes without an agreement."""
    title = "Without a deal"
    if findings.no_deal is None:
        return Section(title, (f"Not known: {findings.stopped or 'not looked at'}.",))
    if findings.case.walk_away:
        points = tuple(
            (findings.case.name(party), f"{worth:g}")
            for party, worth in findings.case.walk_away.items()
        )
        text = (
            "These are pure talks: whoever leaves ends them, and all get what walking away gives."
        )
        return Section(title, (text,), (Table(("Party", "Points on walking away"), points),))
    ends = findings.no_deal.outcomes
    paragraphs = [_start(findings), *_rules(findings), _ending(ends)]
    if not findings.no_deal.exact:
        paragraphs.append(
            f"More states can be reached than were followed one by one: {findings.no_deal.paths:,} "
            "paths were followed by chance. There may be other outcomes, so that a package is at "
            "best not refuted."
        )
    if len(ends) > _MOST:
        paragraphs.append(f"The first {_MOST} of {len(ends):,} are shown.")
    rows = tuple(
        (str(place), _end(findings, end), "cycle" if end.cycle else "rest")
        for place, end in enumerate(ends[:_MOST], start=1)
    )
    return Section(title, tuple(paragraphs), (Table(("Outcome", "What is done", "Kind"), rows),))


def _start(findings: Findings) -> str:
    situation = findings.situation
    base = situation.space.index(findings.case.base)
    said = f"Before any plan: {taken(situation.space, base)}."
    if base == situation.start:
        return said
    return f"{said} The plan begins with: {changed(situation.space, base, situation.start)}."


def _ending(ends: Sequence[Outcome]) -> str:
    said = "If nobody agrees, each party makes the moves it gains by. "
    if len(ends) == 1:
        return said + ("This goes round in a cycle:" if ends[0].cycle else "This ends here:")
    return (
        said + f"This ends in one of {counted(len(ends), 'outcome')}, depending on who moves first:"
    )


def _end(findings: Findings, end: Outcome) -> str:
    said = " → ".join(outcome(findings, state) for state in end.states[:_MOST])
    if not end.cycle:
        return said
    more = len(end.states) - _MOST
    return f"goes round: {said}" + (f" → and {more} more" if more > 0 else "")


def _rules(findings: Findings) -> list[str]:
    """Return how each threatened act enters no-deal play."""
    said = []
    for finding in findings.threats:
        by = findings.case.name(finding.threat.by)
        match finding.done_in_no_deal:
            case (True,):
                why = "the announcement binds it" if finding.bound else "the threat is credible"
                said.append(f"Without a deal the act threatened by {by} is taken as done: {why}.")
            case (False,):
                said.append(
                    f"Without a deal the act threatened by {by} is taken as not done: "
                    "the threat is a bluff, and nothing binds."
                )
            case _:
                said.append(
                    f"Without a deal the act threatened by {by} is played both ways: "
                    "whether it would be carried out is doubtful."
                )
    return said


# ------------------------------------------------------------------------------ threats


def threat_sections(findings: Findings) -> tuple[Section, ...]:
    """Return what the test says of each threat of the plan."""
    return tuple(_threat(findings, finding) for finding in findings.threats)


def _threat(findings: Findings, finding: ThreatFinding) -> Section:
    case, threat = findings.case, finding.threat
    by = case.name(threat.by)
    act = terms(case, (case.vocabulary.term(text) for text in threat.act))
    top = len(case.options[threat.announce].levels) - 1
    announcement = f"{term(case, threat.announce, top)} ({threat.announce})"
    paragraphs = (
        f'The announcement: {announcement}. The act: {act}. If: "{threat.condition}".',
        f"Would it be carried out? {_credible(findings, finding)}{_idle(findings, finding)}",
        f"Whom would it hurt? {_hurt(findings, finding)}",
        f"Would it be carried out under a deal? {_refrains(findings, finding)}",
        f"What does announcing it change? {_announcing(finding, by)}",
    )
    return Section(f"The threat of {by}", paragraphs, (_effects(findings, finding),))


def _effects(findings: Findings, finding: ThreatFinding) -> Table:
    """Return what the act does to each party, those addressed first."""
    to = finding.threat.to
    rows: list[tuple[str, ...]] = []
    for party in sorted(finding.effects, key=lambda each: each not in to):
        addressed = ("yes" if party in to else "no",) if to else ()
        effect, why = finding.effects[party], _effect_reason(findings, party, finding)
        rows.append((findings.case.name(party), *addressed, effect.value, why))
    columns = ("Party", *(("Addressed",) if to else ()), "The act", "Because of")
    return Table(columns, tuple(rows))


def _because(findings: Findings, party: PartyId, statements: Sequence[Statement]) -> str:
    return wishes(findings.case, party, statements)


def _effect_reason(findings: Findings, party: PartyId, finding: ThreatFinding) -> str:
    if finding.effects[party] is Effect.EMPTY:
        return "it makes no difference"
    return _because(findings, party, finding.because[party])


def _credible(findings: Findings, finding: ThreatFinding) -> str:
    by = finding.threat.by
    name = findings.case.name(by)
    why = _because(findings, by, finding.rests_on)
    match finding.credible:
        case Credible.CREDIBLE:
            said = f"The threat is credible: {name} would rather have it done, because of {why}."
        case Credible.BLUFF:
            said = f"The threat is a bluff: {name} would rather not, because of {why}."
        case _:
            pull = f"this pulls both ways: {why}" if why else f"{name} is indifferent"
            said = f"It is doubtful; {pull}."
    if finding.bound:
        return f"{said} Once it is announced, it is carried out in every outcome: it binds."
    return f"{said} Announcing it does not bind: play need not carry it out."


def _idle(findings: Findings, finding: ThreatFinding) -> str:
    """Return that the threat's own condition never arises where the act is not done, if so."""
    situation = findings.situation
    ends = [state for end in finding.undone for state in end.states]
    if any(triggered(situation, finding.threat, state) for state in ends):
        return ""
    condition = finding.threat.condition
    return (
        f' But where play ends without the act, its condition "{condition}" does not hold: '
        "the threat is never put to the test there."
    )


def _hurt(findings: Findings, finding: ThreatFinding) -> str:
    addressed = finding.threat.to or tuple(finding.effects)
    said = []
    for effect, words in (
        (Effect.HURTS, "it would hurt"),
        (Effect.GIFT, "it would be a gift to"),
        (Effect.EMPTY, "it would make no difference to"),
        (Effect.MIXED, "it would help or hurt, as play goes,"),
    ):
        who = [party for party in addressed if finding.effects.get(party) is effect]
        if who:
            said.append(f"{words} {names(findings.case, who)}")
    return sentence("; ".join(said) or "nobody else is there")


def _refrains(findings: Findings, finding: ThreatFinding) -> str:
    name = findings.case.name(finding.threat.by)
    if finding.refrains is None:
        return "The plan has no target to tell."
    if finding.refrains:
        return f"No: once the target holds, {name} would not gain by carrying it out."
    return f"{name} would do it anyway, even where the target holds."


def _announcing(finding: ThreatFinding, by: str) -> str:
    match finding.kind:
        case "threat":
            return "Where the conflict goes: it works as a threat."
        case "forecast":
            return f"Nothing: {by} would act so in any case. It is a forecast, not a threat."
        case _:
            return "Nothing, and nothing binds: it is cheap talk."
