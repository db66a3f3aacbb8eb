"""The target, a package in full, who blocks it, and what becomes of it as terms run out."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.acceptance import Acceptable, Comparison
from servanda.analysis import Blocker, Findings, Lapse, Package, blockers
from servanda.model import PartyId
from servanda.narrative.grounds import grounds_section
from servanda.narrative.phrases import (
    changed,
    changes,
    counted,
    deed,
    listed,
    names,
    points,
    sentence,
    terms,
    wishes,
)
from servanda.narrative.section import Section, Table
from servanda.narrative.steps import roadmap_section
from servanda.narrative.verdicts import (
    blocking_move,
    blocking_reason,
    counts_words,
    deal,
    difference,
    flip_words,
    leaving_words,
    load_words,
    move_words,
    outcome,
    package_words,
    sampled,
    shares,
    short_of_quota,
    signing_words,
    verb,
    who_blocks,
    without_deal,
)
from servanda.stability import Grade

_MOST = 6
_LAPSE = {
    True: " It lapses once signed if the plan's pressure is dropped: nothing then deters the move.",
    False: " This guard outlives signature: it does not need the plan's pressure.",
    None: "",
}


def target_section(findings: Findings) -> Section:
    """Return whether the plan's target sticks, and why."""
    target, situation, case = findings.target, findings.situation, findings.case
    if target is None or situation.target is None:
        said = "The plan states no target." if situation.plan else "There is no plan, so no target."
        return Section("The target", (said,))
    note = situation.plan.note.strip() if situation.plan else ""
    paragraphs = [note] if note else []
    paragraphs += [f"The target: {terms(case, situation.target.items())}.", *_settled(findings)]
    package = findings.target_package
    signing = package.signing if package else tuple(target.comparisons)
    signed = tuple(target.comparisons[party] for party in signing)
    words = signing_words(
        target.acceptable, signed, unsigned=target.unsigned, sampled=sampled(findings)
    )
    said = verb(findings, sticks=target.sticks)
    grade = package.grade if package and len(target.states) == 1 else target.grade
    paragraphs.append(f"The target {said}: {words}; {leaving_words(grade)}.")
    if target.unsigned:
        paragraphs.append("It is where the conflict goes under the plan in any case: unsigned.")
    if findings.load_bearing:
        paragraphs.append(f"It would not stick without: {load_words(findings)}.")
    paragraphs += _makers(findings)
    if not target.sticks:
        paragraphs.append(_nearest(findings))
    parts = [package_section(findings, package, "The target in full")] if package else []
    found = findings.target_grounds
    if found is not None and len(target.states) > 1:
        parts.append(grounds_section(findings, found, sticks=target.sticks))
    return Section("The target", tuple(paragraphs), (), tuple(parts))


def _settled(findings: Findings) -> list[str]:
    """Return how the rest settles once the target's terms hold."""
    target, situation = findings.target, findings.situation
    assert target is not None  # noqa: S101 - asked only where there is a target
    assert situation.target is not None  # noqa: S101 - the same
    space = situation.space
    put = space.put(situation.start, situation.target)
    ends = target.completions
    if len(ends) == 1 and not ends[0].cycle:
        state = ends[0].states[0]
        if state == put:
            return ["Once these terms hold, nobody else moves."]
        return [f"Once these terms hold, the rest settles: {changed(space, put, state)}."]
    many = counted(len(ends), "way")
    said = [f"Once these terms hold, the rest settles in one of {many}; every one must pass."]
    for end in ends[:_MOST]:
        kind = "It goes round, through: " if end.cycle else "It settles: "
        said.append(f"{kind}{changed(space, put, end.states[0])}.")
    return said


def _nearest(findings: Findings) -> str:
    if findings.nearest is None:
        return sentence(f"There is no deal near it to turn to: {shares(findings)}")
    near, number = findings.nearest
    apart = counted(number, "term")
    return f"The nearest package that sticks differs in {apart}: {difference(findings, near)}."


def _makers(findings: Findings) -> list[str]:
    said = []
    for party, versus in findings.makers.items():
        name = findings.case.name(party)
        way = {
            "better": "would do better than before any plan",
            "equal": "would do as well as before any plan",
            "worse": "would do worse than before any plan",
        }.get(versus.versus, "may do better or worse than before any plan")
        because = wishes(findings.case, party, versus.decisive)
        why = f", because of {because}" if because and versus.versus != "equal" else ""
        said.append(f"{name}, who makes commitments, {way}{why}.")
    return said


# ------------------------------------------------------------------------------ packages


def package_section(findings: Findings, package: Package, title: str = "") -> Section:
    """Return everything known of one package."""
    start = findings.situation.start
    space = findings.situation.space
    many = len(space.changes(start, package.state)) > _MOST
    paragraphs = [] if many else [f"What changes: {deal(findings, package.state)}."]
    if not many and package.state != start:
        paragraphs.append(f"What is then done: {outcome(findings, package.state)}.")
    barred = not package.sticks and package.acceptable.rank == 0 and package.grade.sticks
    verdict = package_words(findings, package)
    if barred:  # it fails neither test: the plan or a one-way option keeps it from being agreed
        verdict = verdict.removeprefix("does not stick: ")
        paragraphs.append(sentence(f"apart from that, {verdict}"))
    else:
        paragraphs.append(sentence(f"It {verdict}"))
    if package.sticks and package.core:
        paragraphs.append("No smaller part of its changes sticks: it is a core deal.")
    paragraphs += _indifferent(findings, package)
    quota = short_of_quota(findings, package)
    if quota:
        paragraphs.append(sentence(quota))
    paragraphs += _gambles(findings, package)
    paragraphs += _guards(findings, package)
    paragraphs.append(_group(findings, package))
    if package.silent:
        who = names(findings.case, package.silent)
        paragraphs.append(f"Silent: the case does not say what {who} would make of these changes.")
    parts = [] if package.sticks or barred else [blockers_section(findings, package)]
    if not barred:
        parts.append(grounds_section(findings, package.grounds, sticks=package.sticks))
    parts += [section for section in (_lapses(findings, package),) if not section.empty]
    if package.state != start:
        parts.append(roadmap_section(findings, package))
    tables = [_parties(findings, package)]
    if many:
        rows = tuple(
            (who or "together", told) for who, told in changes(space, start, package.state)
        )
        tables.insert(0, Table(("Whose", "What changes"), rows))
    return Section(title or "Package", tuple(paragraphs), tuple(tables), tuple(parts))


def _parties(findings: Findings, package: Package) -> Table:
    rows = []
    for party, graded in package.grades.items():
        versus = package.comparisons[party]
        firm = graded.grade is Grade.FIRM
        held = "" if firm else ", ".join(concept.value.upper() for concept in graded.concepts)
        rows.append(
            (
                findings.case.name(party),
                "yes" if party in package.signing else "no",
                _versus(versus),
                "" if versus.versus == "equal" else _decides(findings, versus),
                graded.grade.value + (f" ({held})" if held else ""),
            )
        )
    columns = ("Party", "Must sign", "Beside no deal", "Decided by", "Stays")
    return Table(columns, tuple(rows))


def _versus(versus: Comparison) -> str:
    margin = f", {points(abs(versus.margin))}" if versus.margin else ""
    if versus.versus == "mixed":
        return "better or worse, as play goes"
    if versus.versus == "worse" and versus.possible:
        return "never better"
    return versus.versus if versus.versus == "equal" else versus.versus + margin


def _decides(findings: Findings, versus: Comparison) -> str:
    said = wishes(findings.case, versus.party, versus.decisive)
    if not said or versus.margin == 0:
        return "no better than its best without a deal"
    return said.removeprefix("the ")


def _indifferent(findings: Findings, package: Package) -> list[str]:
    even = [p for p in package.signing if package.comparisons[p].versus == "equal"]
    if not even or package.state == findings.situation.start:
        return []
    return [f"A weak point: {names(findings.case, even)} would sign without gaining anything."]


def _gambles(findings: Findings, package: Package) -> list[str]:
    """Return, for a package that is only perhaps acceptable, who gambles on which outcome."""
    if package.acceptable is not Acceptable.PERHAPS or findings.no_deal is None:
        return []
    ends = findings.no_deal.outcomes
    said = []
    for party in package.signing:
        versus = package.comparisons[party]
        if versus.sure or not ends:
            continue
        value = findings.situation.conflict.value(party, package.state)
        bounds = findings.no_deal.bounds(party)
        better = [end for end, (_, high) in zip(ends, bounds, strict=True) if value < high]
        told = "; or ".join(outcome(findings, end.states[0]) for end in better[:3])
        more = f"; and {len(better) - 3} more" if len(better) > 3 else ""
        said.append(
            f"{findings.case.name(party)} would gamble by signing: "
            f"this would suit that party better, and may come about without a deal: {told}{more}."
        )
    return said


def _guards(findings: Findings, package: Package) -> list[str]:
    said = []
    for party, graded in package.grades.items():
        move = graded.witness
        if move is None or graded.grade not in {Grade.GUARDED, Grade.BRITTLE}:
            continue
        name = findings.case.name(party)
        kind = "guarded" if graded.grade is Grade.GUARDED else "brittle"
        told = move_words(findings, move, package.state)
        lapse = _LAPSE[graded.lapses]
        said.append(f"{name} ({kind}). The tempting move: {told}.{lapse}")
    return said


def _group(findings: Findings, package: Package) -> str:
    found = package.group
    if package.grade is Grade.BREAKS:
        return "One party alone is enough to break it."
    if found.size == 1:
        return "Groups were not tried: it would take looking at too many states."
    upto = f"Groups of up to {found.size} parties were tried."
    if found.state is None:
        return f"{upto} None gains by acting together."
    who = names(findings.case, found.breaker)
    space = findings.situation.space
    move = changed(space, package.state, found.state, found.breaker)
    if found.grade is Grade.GUARDED:
        return f"{upto} The smallest that gains by acting together: {who} ({move}). It is deterred."
    return f"{upto} The smallest that breaks it: {who}. Their move: {move}."


# ------------------------------------------------------------------------------ lapses


def _lapses(findings: Findings, package: Package) -> Section:
    before = "it sticks" if package.sticks else "it does not stick"
    said = [_lapse(findings, lapse) for lapse in package.after]
    if said:
        said.insert(0, f"Before anything runs out, {before}.")
    return Section("When terms run out", tuple(said))


def _lapse(findings: Findings, lapse: Lapse) -> str:
    case, space = findings.case, findings.situation.space
    gone = listed(f'"{deed(case, option)}"' for option in lapse.lapsed)
    if not lapse.feasible:
        return f"At {lapse.when}, {gone} runs out; what is left cannot be."
    verdict = "it still sticks" if lapse.sticks else "it no longer sticks"
    signing = signing_words(lapse.acceptable, (), sampled=sampled(findings))
    if lapse.acceptable is not Acceptable.SURELY:
        signing = "what is left is no longer better for all than no deal"
    text = f"At {lapse.when}, {gone} runs out; then {verdict}: {signing}, and "
    text += leaving_words(lapse.grade) + "."
    for party, state in lapse.reopens.items():
        move = changed(space, lapse.state, state, (party,))
        if state == lapse.state:
            move = "by walking away"
        text += f" {case.name(party)} would reopen it ({move})."
    return text


# ------------------------------------------------------------------------------ blockers


def blockers_section(findings: Findings, package: Package) -> Section:
    """Return who blocks a package, by which move, why, and what would help."""
    known = findings.blockers if package is findings.target_package else ()
    found: Sequence[Blocker] = known or blockers(findings.situation, package)
    if not found:
        said = "Nobody would refuse or leave, but nobody who must sign would gain by it."
        return Section("Who blocks it", (said,))
    paragraphs = [sentence(who_blocks(findings, found))]
    for party in dict.fromkeys(blocker.party for blocker in found):
        own = [blocker for blocker in found if blocker.party == party]
        paragraphs.append(" ".join(_blocked(findings, each, package) for each in own))
    return Section("Who blocks it", tuple(paragraphs))


def _blocked(findings: Findings, blocker: Blocker, package: Package) -> str:
    """Return why and how a party blocks by one test, in sentences."""
    said = [blocking_reason(findings, blocker, package)]
    if blocker.test == "acceptable":
        said += [f"its best without a deal: {without_deal(findings, blocker.party)}"]
        said += filter(None, [flip_words(findings, blocker)])
    else:
        said.append(f"the move: {blocking_move(findings, blocker, package)}")
    return " ".join(map(sentence, said))


def refusals_section(findings: Findings) -> Section:
    """Return for each party how many of the packages that do not stick it blocks."""
    counts = findings.counts
    others = counts.get("packages", 0) - counts.get("sticking", 0)
    if not others or not findings.refuse:
        return Section("Who blocks how many", ())
    rows = tuple(
        (
            findings.case.name(party),
            f"{findings.refuse.get(party, 0):,}",
            f"{findings.leave.get(party, 0):,}",
        )
        for party in findings.situation.conflict.parties
    )
    text = f"Of the {counted(others, 'package')} that {'does' if others == 1 else 'do'} not stick:"
    return Section(
        "Who blocks how many",
        (text,),
        (Table(("Party", "Might not sign", "Would leave"), rows),),
    )


def _acceptable(findings: Findings, package: Package) -> str:
    """Return how acceptable a package is; of what chance found no worse, that it is not refuted."""
    sure = package.acceptable is Acceptable.SURELY
    return "not refuted" if sure and sampled(findings) else package.acceptable.value


def packages_section(findings: Findings) -> Section:
    """Return the first packages: those that stick, then near misses, in order."""
    rows = tuple(
        (
            str(place),
            _beside_first(findings, package),
            verb(findings, sticks=package.sticks).removeprefix("is ").removesuffix(" stick"),
            _acceptable(findings, package),
            package.grade.value,
            _weakest(findings, package),
        )
        for place, package in enumerate(findings.packages, start=1)
    )
    columns = ("", "What changes", "Verdict", "Acceptable", "Stays", "Blocked by")
    said = (sentence(shares(findings)), counts_words(findings))
    return Section(
        "Packages, best first",
        tuple(filter(None, said)),
        (Table(columns, rows),) if rows else (),
    )


def _beside_first(findings: Findings, package: Package) -> str:
    """Return a package in full, or what is different from the first one if that is shorter."""
    situation, first = findings.situation, findings.packages[0]
    whole = deal(findings, package.state)
    levels = situation.space.changes(first.state, package.state)
    if package is first or len(levels) >= len(
        situation.space.changes(situation.start, package.state)
    ):
        return whole
    return f"as the first, except: {terms(findings.case, levels.items())}"


def _weakest(findings: Findings, package: Package) -> str:
    if package.sticks:
        return ""
    found = blockers(findings.situation, package)
    who: dict[PartyId, None] = dict.fromkeys(blocker.party for blocker in found)
    return names(findings.case, who) if who else "nobody; nobody gains"
