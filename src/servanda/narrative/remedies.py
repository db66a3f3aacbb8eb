"""What it would take: the nearest deal, carrots, what a plan carries, the group that breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from servanda.acceptance import signatories
from servanda.analysis import Findings
from servanda.carrots import Carrot, Carrots
from servanda.grounds import Grounds
from servanda.groups import GroupGrade
from servanda.loads import Load, Part
from servanda.model import Case, PartyId
from servanda.narrative.phrases import (
    changed,
    counted,
    deeds,
    listed,
    names,
    number,
    points,
    sentence,
    taken,
    terms,
    wishes,
)
from servanda.narrative.quotas import quotas_section
from servanda.narrative.relaxation import relaxation_section
from servanda.narrative.room import room_section
from servanda.narrative.section import Section
from servanda.narrative.shifts import help_section, rankings_section, together_section
from servanda.narrative.verdicts import deal, leaving_words, signing_words
from servanda.nodeal import NoDeal
from servanda.obstacles import Obstacle
from servanda.remedies import Remedies, Remedy
from servanda.situation import Situation
from servanda.stability import Grade

_FEW = 3
_MANY = 6


def remedies_sections(findings: Findings, found: Remedies) -> tuple[Section, ...]:
    """Return the remedies as sections, in the order in which an analyst asks for them.

    First the verdict and who blocks; then what would change it; then what it rests on.
    """
    relaxation, rooms = found.relaxation, found.rooms
    sections = {
        Remedy.NEAREST: nearest_section(findings, found),
        Remedy.TOGETHER: together_section(found),
        Remedy.CARROTS: carrots_section(found),
        Remedy.LOADS: loads_section(found),
        Remedy.RANKINGS: rankings_section(found),
        Remedy.GROUP: group_section(found),
        Remedy.RELAXATION: _STUCK if relaxation is None else relaxation_section(relaxation),
        Remedy.ROOMS: _ROOM if rooms is None else room_section(rooms),
    }
    told = {remedy: _with_cut(found, remedy, section) for remedy, section in sections.items()}
    blocked = (help_section(found, party) for party in found.help)
    return (
        subject_section(findings, found),
        told.pop(Remedy.NEAREST),
        *blocked,
        *told.values(),
        quotas_section(found.situation.case, found.meetings),
    )


_STUCK = Section("What would have to give")
_ROOM = Section("Who must be in the room")


def _with_cut(found: Remedies, remedy: Remedy, section: Section) -> Section:
    """Return a section with a word on why it is not complete, where time was short."""
    if remedy not in found.cut:
        return section
    said = f"This was cut short: {found.cut[remedy]}; a longer --time-limit gives it more."
    if section.empty:
        said = f"Not settled: {found.cut[remedy]}; a longer --time-limit gives it more."
    return replace(section, paragraphs=(*section.paragraphs, said))


# ------------------------------------------------------------------------------ what it is about


def subject_section(findings: Findings, found: Remedies) -> Section:
    """Return what the remedies are for, whether it sticks, and who blocks it."""
    situation, verdict = found.situation, found.verdict
    if found.state is None:
        assert situation.plan is not None  # noqa: S101 - a target has a plan
        title = f'The target of "{situation.plan.title}"'
        said = [f"{terms(found.situation.case, (situation.target or {}).items())}."]
    else:
        title, said = "The package", [f"{deal(findings, found.state)}."]
    if not found.is_package:
        said.append(
            "It can be no agreement: a commitment of the plan does not stand in it, or it undoes "
            "what cannot be undone. No change of wishes mends that."
        )
    signing = {p: None for state in verdict.states for p in signatories(situation, state)}
    signed = [verdict.comparisons[party] for party in signing]
    words = signing_words(verdict.acceptable, signed, unsigned=verdict.unsigned)
    verb = "sticks" if found.sticks else "does not stick"
    said.append(f"It {verb}: {words}; {_leaving(verdict.grade)}.")
    said += [obstacle_words(situation, verdict.no_deal, each) for each in found.obstacles]
    return Section(title, tuple(map(sentence, said)))


def _leaving(grade: Grade) -> str:
    """Return whether anybody would leave; whether unwanted answers would deter that is not told."""
    if grade is Grade.BREAKS:
        return "somebody would gain by leaving it, and no answer that others want deters that"
    return leaving_words(grade)


def obstacle_words(situation: Situation, no_deal: NoDeal, obstacle: Obstacle) -> str:
    """Return who blocks, by which move or for what without a deal, and because of which wishes."""
    case, blocker = situation.case, obstacle.blocker
    name, why = case.name(blocker.party), wishes(case, blocker.party, blocker.why)
    if blocker.test == "acceptable":
        beside = blocker.comparison
        lost = beside.margin if beside else None
        fewer = f" {points(-lost)} more," if lost is not None and lost < 0 else ""
        because = f"which meets {why}" if blocker.why else f"because of {why}"
        verb = "might not sign" if beside is not None and beside.possible else "would not sign"
        without = _without_deal(situation, no_deal, blocker.party)
        return sentence(
            f"{name} {verb}: better at best without a deal ({without}),{fewer} {because}"
        )
    if blocker.move is None:
        return sentence(f"{name} would walk away")
    moved = changed(situation.space, obstacle.state, blocker.move.state, (blocker.party,), ids=True)
    because = f"it meets {why} and staying does not" if blocker.why else f"because of {why}"
    return sentence(
        f"{name} would leave, and no answer that others want deters it: {moved}; {because}"
    )


def _without_deal(situation: Situation, no_deal: NoDeal, party: PartyId) -> str:
    """Return where it goes without a deal, at best for a party; if that is long, what moves."""
    best, space = no_deal.best_state(party), situation.space
    if best is None:
        return "walking away"
    if len(space.taken(best)) <= _MANY:
        return taken(space, best)
    if best == situation.start:
        return "as at the start"
    return f"as at the start, except: {changed(space, situation.start, best)}"


# ------------------------------------------------------------------------------ the nearest deal


def nearest_section(findings: Findings, found: Remedies) -> Section:
    """Return the nearest package that sticks, and what that rests on."""
    title, near, case = "The nearest package that sticks", found.nearest, found.situation.case
    if near is None:
        if Remedy.NEAREST in found.cut:
            return Section(title, ("None was found so far; there may be one.",))
        if found.nearest_proved:
            return Section(title, ("Nothing sticks, so there is none: that is proved.",))
        return Section(title, ("None was found; that there is none is not proved.",))
    if not near.apart:
        said = "It sticks as it is." if found.sticks else "It has the same terms."
        return Section(title, (said, rests_words(near.grounds)))
    apart = counted(len(near.apart), "term")
    heavy = "" if near.weight == len(near.apart) else f", of weight {number(near.weight)}"
    said = f"It differs in {apart}{heavy}: {terms(case, near.apart.items())}."
    if not found.nearest_proved:
        said += " There may be nearer ones: the search was cut short."
    whole = f"The whole of it: {deal(findings, near.state)}."
    return Section(title, (said, whole, rests_words(near.grounds)))


def rests_words(found: Grounds) -> str:
    """Return what a verdict rests on in one sentence: claims by name, assumptions counted."""
    claims = [f"[{claim}]" for claim in found.claims]
    many = len(found.assumptions)
    assumed = counted(many, "assumption") if many else "no assumption"
    if not claims:
        return f"This rests on {assumed}; no claim is cited."
    return f"This rests on {listed(claims)}, and on {assumed}."


# ------------------------------------------------------------------------------ carrots


def carrots_section(found: Remedies) -> Section:
    """Return the cheapest carrots with which it sticks."""
    title, carrots, case = "The cheapest carrots", found.carrots, found.situation.case
    if carrots is None:
        return Section(title, ())
    own = [carrot for carrot in carrots.tried_with if carrot.offered]
    others = len(carrots.tried_with) - len(own)
    offer = counted(len(own), "carrot") if own else "no carrot"
    said = [f"The plan offers {offer}" + (f"; {others} more could be added." if others else ".")]
    said += _cheapest(case, carrots)
    if carrots.undecided:
        many = counted(carrots.undecided, "set")
        said.append(f"Of {many} it could not be told: too many states would have to be looked at.")
    return Section(title, tuple(said))


def _cheapest(case: Case, carrots: Carrots) -> list[str]:
    tried = counted(carrots.sets, "set")
    if not carrots.cheapest:
        if carrots.stopped is not None:
            return [f"The work was stopped: it sticks with none of the {tried} tried."]
        if carrots.bound is None:
            return [f"It sticks with no set of them: all {tried} were tried."]
        least = number(carrots.bound)
        return [
            f"It sticks with no set that costs less than {least}; {tried} tried, no dearer ones."
        ]
    first, *others = carrots.cheapest
    cost = carrots.price or Fraction(0)
    priced = any(carrot.price != 1 for carrot in carrots.tried_with)
    said = [
        f"It sticks with {carrot_words(case, first)}"
        + (f", which costs {number(cost)}." if priced and first else ".")
    ]
    if others:
        more = "; or ".join(carrot_words(case, each) for each in others[:_FEW])
        rest = f"; and {len(others) - _FEW} more sets" if len(others) > _FEW else ""
        said.append(f"As cheap: {more}{rest}.")
    if carrots.bound is not None and carrots.bound < cost:
        said.append(
            f"Cheaper ones may do, though none below {number(carrots.bound)}: {tried} tried."
        )
    elif first:
        said.append(f"No cheaper set does: {tried} tried.")
    elif carrots.sticks:
        said.append("On these premises the plan offers more than it needs.")
    return said


def carrot_words(case: Case, carrots: Sequence[Carrot]) -> str:
    """Return a set of carrots in words."""
    if not carrots:
        return "none of them given"
    return terms(case, ((carrot.option, carrot.level) for carrot in carrots))


# ------------------------------------------------------------------------------ loads


def loads_section(found: Remedies) -> Section:
    """Return what fails without each part of the plan; if it fails anyway, what helps by going."""
    title = "What each part of the plan carries"
    if not found.loads:
        return Section(title, ())
    case = found.situation.case
    open_ = _unsettled(found)
    if not found.sticks:
        freed = [load for load in found.loads if load.sticks]
        who = [f"Without this it would stick: {part_words(case, load.part)}." for load in freed]
        if not freed:
            any_ = "any one of those that could be settled" if open_ else "any one part"
            who = [f"It does not stick, and would not without {any_}."]
        return Section(title, (*who, *open_))
    falls = tuple(_falls(load) for load in found.loads if load.settled and not load.sticks)
    idle = dict.fromkeys(part_words(case, load.part) for load in found.loads if load.sticks)
    said = (f"It sticks without any one of these: {'; '.join(idle)}.",) if idle else ()
    return Section(title, (*said, *open_), (), falls)


def _unsettled(found: Remedies) -> tuple[str, ...]:
    """Return of which parts it is not known what they carry, and why."""
    case = found.situation.case
    short = {part_words(case, load.part): load.reason for load in found.loads if not load.settled}
    return tuple(sentence(f"Not settled: without {part}; {why}") for part, why in short.items())


def part_words(case: Case, part: Part) -> str:
    """Return a part of a plan in words, with what it rests on."""
    done = deeds(case, part.options)
    basis = ", ".join(part.claims) or "assumption"
    match part.kind:
        case "threat":
            return f"the threat ({done}) [{basis}]"
        case "guarantor":
            return f"the guarantee of {names(case, part.who)} ({done}) [{basis}]"
        case "commitment":
            return f"the commitment ({done}) [{basis}]"
        case _:
            return f"the offer ({done}) [{basis}]"


def _falls(load: Load) -> Section:
    """Return who blocks without a part, and by which move."""
    title = f"It fails without {part_words(load.situation.case, load.part)}"
    if load.verdict is None:
        return Section(title, (sentence(load.reason),))
    no_deal = load.verdict.no_deal
    said = tuple(obstacle_words(load.situation, no_deal, each) for each in load.obstacles)
    return Section(title, said or ("Nobody would gain by signing.",))


# ------------------------------------------------------------------------------ groups


def group_section(found: Remedies) -> Section:
    """Return the smallest group that breaks it."""
    title, group, case = "The smallest group that breaks it", found.group, found.situation.case
    if not found.stopped and len(found.verdict.states) > 1:
        return Section(title, ("The rest settles in several ways: ask of one of them by --state.",))
    if group is None:
        return Section(title, ())
    state = found.verdict.states[0]
    if not found.verdict.grade.sticks:
        return Section(title, ("One party alone is enough to break it.",))
    said = [f"Groups of up to {group.size} parties were tried."]
    if group.state is None:
        others = " of which it could be told" if group.untold or group.untried else ""
        said.append(f"None{others} gains by acting together.")
    else:
        move = changed(found.situation.space, state, group.state, group.breaker)
        guarded = group.grade is Grade.GUARDED
        kept = ", but what the others want to do deters it" if guarded else ""
        said.append(f"{names(case, group.breaker)} would gain by this{kept}: {move}.")
    return Section(title, (" ".join(said), *_untold(case, group)))


def _untold(case: Case, group: GroupGrade) -> list[str]:
    """Return of how many groups nothing is known, and of which."""
    said = []
    if group.untold:
        who = "; ".join(names(case, each) for each in group.untold[:_FEW])
        rest = f"; and {len(group.untold) - _FEW} more" if len(group.untold) > _FEW else ""
        many = counted(len(group.untold), "group")
        said.append(
            f"Of {many} it could not be told, as there are too many moves to look at: {who}{rest}."
        )
    if group.untried:
        many = counted(group.untried, "group")
        said.append(
            f"There was no time for {many}, the largest last; a longer --time-limit gives more."
        )
    return said
