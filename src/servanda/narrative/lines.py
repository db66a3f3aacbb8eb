"""The five lines a user came for: the answer, who blocks, by which move, why, what would help."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.analysis import Blocker, Findings, Package, blockers
from servanda.conditions import OptionId
from servanda.model import PartyId
from servanda.narrative.phrases import changed, deed, listed, names, points, sentence, wishes
from servanda.narrative.section import Line, Tone
from servanda.narrative.verdicts import (
    blocking_move,
    blocking_reason,
    deal,
    difference,
    leaving_words,
    move_words,
    package_comparisons,
    package_reasons,
    package_words,
    sampled,
    shares,
    short_of_quota,
    signing_words,
    verb,
    weak_points,
    who_blocks,
)
from servanda.stability import Grade

_FEW = 3


def five_lines(findings: Findings) -> tuple[Line, ...]:
    """Return the short answer: exactly five lines, the plan's target first if there is one."""
    package = subject(findings)
    if package is None:
        return _unknown(findings)
    fails = not package.sticks or _target_fails(findings)
    answer, *rest = (_failing if fails else _sticking)(findings, package)
    if not findings.stopped:
        return (answer, *rest)
    early = f"{answer.text} The work was stopped early ({findings.stopped}): there may be more."
    return (Line(answer.label, early, "warn"), *rest)


def how_long_deals_last(findings: Findings) -> str:
    """Return the base rate that stands beside any "sticks"; empty where nothing sticks."""
    about = subject(findings)
    if about is None or not about.sticks or _target_fails(findings):
        return ""
    return (
        'Beside any "sticks": of 336 peace agreements, 77 % were in force after one year, 68 % '
        "after five, 65 % after ten (UCDP 22.1). This is conditional reasoning, not prophecy."
    )


def subject(findings: Findings) -> Package | None:
    """Return the package the short answer is about: the target, what sticks, or the near miss.

    Where a conflict goes without a deal is no near miss: nobody need sign that.
    """
    if findings.target is not None:
        return findings.target_package
    ends = findings.no_deal.states if findings.no_deal else frozenset()
    misses = [package for package in findings.packages if package.state not in ends]
    return findings.best or next(iter((*misses, *findings.packages)), None)


def _target_fails(findings: Findings) -> bool:
    return findings.target is not None and not findings.target.sticks


def _unknown(findings: Findings) -> tuple[Line, ...]:
    """Return five lines for work that ended before anything was known of a package."""
    reason = f" ({findings.stopped})" if findings.stopped else ""
    answer = f"There is no answer yet{reason}."
    if findings.target is not None:
        answer = f"{_target_answer(findings)} The work stopped before the rest was known{reason}."
    elif findings.counts.get("packages") == 0:
        answer = "There is no package: no state that can be reached keeps every commitment."
    return (
        Line("Answer", answer, "warn"),
        Line("Who blocks", "Not known."),
        Line("By which move", "Not known."),
        Line("Why", "Not known."),
        Line("What would help", "More time, or fewer options."),
    )


# ------------------------------------------------------------------------ something sticks


def _sticking(findings: Findings, package: Package) -> tuple[Line, ...]:
    weak = weak_points(findings, package)
    rests = "; ".join(weak[:_FEW]) or "no weak point was found"
    return (
        Line("Answer", _answer(findings, package), "good"),
        Line("Who blocks", _who_blocks_others(findings), "plain"),
        Line("By which move", _guards(findings, package), "plain"),
        Line("Why", _gains(findings, package), "plain"),
        Line("What it rests on", sentence(rests), "warn" if weak else "good"),
    )


def _answer(findings: Findings, package: Package) -> str:
    lapsing = any(graded.lapses for graded in package.grades.values())
    holds = " It holds only while the plan's pressure outlives signature." if lapsing else ""
    if findings.target is not None:
        return f"{_target_answer(findings)}{holds} {sentence(shares(findings))}"
    first = "This one" if findings.counts.get("sticking", 1) == 1 else "The first"
    verdict = package_reasons(findings, package)
    if sampled(findings):
        verdict = f"it {package_words(findings, package)}"
    return (
        f"{sentence(shares(findings))} {first}: {deal(findings, package.state)}. "
        f"{sentence(verdict)}{holds}{_no_plan(findings)}"
    )


def _no_plan(findings: Findings) -> str:
    """Return that plans of the case were not used, if so."""
    if findings.situation.plan is not None or not findings.case.plans:
        return ""
    return f" No plan was used; the case has {listed(findings.case.plans)} (--plan)."


def _target_answer(findings: Findings) -> str:
    target = findings.target
    assert target is not None  # noqa: S101 - asked only where there is a target
    plan = findings.situation.plan
    title = f' of "{plan.title}"' if plan else ""
    without = [
        f'"{deed(findings.case, OptionId(each))}"'
        if each in findings.case.options
        else f"its {each}"
        for each in findings.situation.without
    ]
    left_out = f" without {listed(without)}" if without else ""
    said = verb(findings, sticks=target.sticks)
    package = findings.target_package
    if package is None:
        return f"The target{title}{left_out} {said}."
    signed = tuple(target.comparisons[party] for party in package.signing)
    grade = package.grade if len(target.states) == 1 else target.grade
    signing = signing_words(
        target.acceptable, signed, unsigned=target.unsigned, sampled=sampled(findings)
    )
    joint = "and" if target.sticks or grade.sticks == (target.acceptable.rank == 0) else "though"
    return f"The target{title}{left_out} {said}: {signing}, {joint} {leaving_words(grade)}."


def _who_blocks_others(findings: Findings) -> str:
    """Return who keeps the other packages from sticking, and how many."""
    if findings.engine == "solver":
        return "Nobody blocks it. Who blocks the others is not counted at this size."
    others = findings.counts.get("packages", 0) - findings.counts.get("sticking", 0)
    if others < 1:
        return "Nobody: every package sticks."
    number = (
        f"Of the {others:,} that do not stick" if others > 1 else "Of the 1 that does not stick"
    )
    return f"Nobody blocks it. {number}: {_tally(findings)}"


def _tally(findings: Findings) -> str:
    """Return ``Ben would refuse 18 and leave 10; Ana ...``, those who block most first."""
    parties = findings.situation.conflict.parties
    counts = {p: (findings.refuse.get(p, 0), findings.leave.get(p, 0)) for p in parties}
    ranked = sorted((p for p in parties if any(counts[p])), key=lambda p: -sum(counts[p]))
    if not ranked:
        return "nobody would refuse or leave, but nobody would gain by signing."
    said = []
    for party in ranked[:_FEW]:
        refused, left = counts[party]
        told = (("might not sign", refused), ("would leave", left))
        verbs = [f"{verb} {n:,}" for verb, n in told if n]
        said.append(f"{findings.case.name(party)} {' and '.join(verbs)} of them")
    rest = len(ranked) - _FEW
    return "; ".join(said) + (f"; and so on for {rest} more." if rest > 0 else ".")


def _guards(findings: Findings, package: Package) -> str:
    """Return the weakest guard: who would gain by leaving, and what deters that party."""
    case = findings.case
    guarded = [p for p, graded in package.grades.items() if graded.grade is Grade.GUARDED]
    if not guarded:
        return _nearest_miss(findings)
    guarded.sort(key=lambda party: not package.grades[party].lapses)
    party, *others = guarded
    graded = package.grades[party]
    assert graded.witness is not None  # noqa: S101 - whoever is not firm has an improvement
    move = move_words(findings, graded.witness, package.state, ids=True)
    said = f"{case.name(party)} would gain by this, but would be deterred: {move}."
    if graded.lapses:
        said += " This guard is gone once the plan's pressure is dropped."
    if others:
        said += f" Deterred likewise: {names(case, others)}."
    return said


def _nearest_miss(findings: Findings) -> str:
    """Return that nobody has a move, and by which one the first near miss falls."""
    said = "No single party has a move that it would gain by."
    miss = next((each for each in findings.packages if not each.sticks), None)
    if findings.target is not None or miss is None:
        return said
    found = _each_once(blockers(findings.situation, miss))
    if not found:
        return said
    told = " ".join(sentence(blocking_move(findings, each, miss)) for each in found[:_FEW])
    return f"{said} The nearest miss ({deal(findings, miss.state)}) is blocked: {told}"


def _gains(findings: Findings, package: Package) -> str:
    """Return what each who must sign gains, those who gain least first."""
    if findings.target is not None and findings.target.unsigned:
        return "It is where the conflict goes under the plan in any case."
    said = [_gain(findings, package, party) for party in package.signing]
    even = [text for gains, text in said if not gains]
    told = [*even, *(text for gains, text in said if gains)]
    more = f"; and so on for {len(told) - _FEW} more" if len(told) > _FEW else ""
    return sentence("; ".join(told[:_FEW]) + more) if told else "Nobody need sign."


def _gain(findings: Findings, package: Package, party: PartyId) -> tuple[bool, str]:
    versus = package.comparisons[party]
    name = findings.case.name(party)
    if versus.versus == "equal":
        return False, f"{name} would do as well as without a deal"
    why = wishes(findings.case, party, versus.decisive)
    if not why or versus.margin == 0:
        return True, f"{name} would do as well as at best without a deal"
    if versus.margin is None:
        return True, f"{name} would gain by {why}"
    most = f", most by {why}" if versus.decisive else ""
    return True, f"{name} would gain {points(versus.margin)} over no deal{most}"


# ------------------------------------------------------------------------ nothing sticks


def _failing(findings: Findings, package: Package) -> tuple[Line, ...]:
    own = findings.target is not None or package is findings.packages[0]
    found = (findings.blockers if own else ()) or blockers(findings.situation, package)
    who = who_blocks(findings, found)
    quota = short_of_quota(findings, package)
    nobody = "nobody would refuse or leave, but nobody who must sign would gain by it"
    once = _each_once(found)
    moves = [blocking_move(findings, each, package) for each in once[:_FEW]]
    reasons = [blocking_reason(findings, each, package) for each in once[:_FEW]]
    more = [f"and so on for {len(once) - _FEW} more"] if len(once) > _FEW else []
    unmoved = signing_words(
        package.acceptable, package_comparisons(package), sampled=sampled(findings)
    )
    by = [*moves, *more] or ["not signing: without a gain there is no reason to"]
    why = [*reasons, *more] or [unmoved]
    return (
        Line("Answer", _no(findings, package), "bad"),
        Line("Who blocks", sentence("; ".join(filter(None, (who, quota))) or nobody), "bad"),
        Line("By which move", " ".join(map(sentence, by))),
        Line("Why", " ".join(map(sentence, why))),
        Line("What would help", _help(findings, found), _help_tone(findings)),
    )


def _each_once(found: Sequence[Blocker]) -> list[Blocker]:
    """Return one blocker a party, those with a move first: leaving says more than refusing."""
    ranked = sorted(found, key=lambda each: each.move is None)
    return list({each.party: each for each in reversed(ranked)}.values())[::-1]


def _no(findings: Findings, package: Package) -> str:
    if findings.target is not None:
        return f"{_target_answer(findings)} {sentence(shares(findings))}"
    verdict = package_reasons(findings, package)
    near = f"The nearest miss: {deal(findings, package.state)}; {verdict}."
    return f"Nothing sticks: {shares(findings)}. {near}{_no_plan(findings)}"


def _help(findings: Findings, found: Sequence[Blocker]) -> str:
    if findings.target is not None and findings.nearest is not None:
        near, terms = findings.nearest
        apart = f"{terms} term" + ("" if terms == 1 else "s")
        return f"The nearest package that sticks differs in {apart}: {difference(findings, near)}."
    said = [short for each in found if (short := _short(findings, each))]
    said += [_deterrent(findings, each) for each in found if each.move is not None]
    first = "No package sticks. " if findings.target is not None else ""
    if not said:
        return f"{first}Nothing in the case would make anybody gain by signing."
    return first + " ".join(map(sentence, said[:_FEW]))


def _short(findings: Findings, blocker: Blocker) -> str:
    """Return what a party would have to gain to sign: points, or the wish that decides."""
    versus = blocker.comparison
    if versus is None:
        return ""
    name = findings.case.name(blocker.party)
    if versus.margin is not None and versus.margin < 0:
        return f"{name} would sign for {points(-versus.margin)} more"
    because = wishes(findings.case, blocker.party, blocker.why)
    if not blocker.why or not because:
        return ""
    return f"{name} would sign a deal that also met {because}"


def _deterrent(findings: Findings, blocker: Blocker) -> str:
    """Return what would make a party stay."""
    name = findings.case.name(blocker.party)
    move = blocker.move
    if move is None or not move.sanction:
        return f"{name} would stay if somebody could answer, and wanted to"
    conflict = findings.situation.conflict
    before = move.state
    for response in move.sanction:
        if response.state not in conflict.improvements(response.party, before):
            answer = changed(findings.situation.space, before, response.state, (response.party,))
            return f"{name} would stay if the other side wanted to answer so: {answer}"
        before = response.state
    return f"{name} would stay if it could not undo the answer"


def _help_tone(findings: Findings) -> Tone:
    return "plain" if findings.nearest is not None else "warn"
