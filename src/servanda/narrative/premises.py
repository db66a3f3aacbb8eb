"""What the verdicts rest on: variants, fewest assumptions, and the changes that turn them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from servanda.acceptance import signatories
from servanda.conflict import Tick, silent
from servanda.errors import Stopped, UsageError
from servanda.grounds import Grounds, grounds
from servanda.model import Case, PartyId, Statement
from servanda.narrative.phrases import counted, listed, resting, sentence, wish
from servanda.narrative.section import Section, Table
from servanda.sensitivity import (
    Change,
    Smallest,
    Turn,
    smallest,
    telling_first,
    turns,
    variants,
    word,
)
from servanda.situation import Situation
from servanda.target import TargetVerdict, judge

_WHOLE = "threats and offers"
_PLANS = {
    _WHOLE: "the whole plan",
    "threats alone": "its threats alone",
    "offers alone": "its offers alone",
    "neither": "neither threats nor offers",
}
_CHANGES = 40  # single changes tried where there are too many states for arrays
_SETS = 25  # and sets of assumptions
_PARTIAL = {"threats alone": "the plan without offers", "offers alone": "the plan without threats"}


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What the verdicts on a plan's target and its variants rest on.

    Parameters
    ----------
    judged
        The verdict on each variant; None where its target cannot be.
    turns
        Every small change, with the variants it turns.
    fewest
        The fewest assumptions that carry each verdict.
    untried
        How many single changes were not tried; where there are any, only the whole plan was judged
        under the others, and its assumptions alone were looked through.
    stopped
        Why the work ended early; empty if it did not.
    """

    judged: Mapping[str, TargetVerdict | None] = field(default_factory=dict)
    turns: Sequence[Turn] = ()
    fewest: Mapping[str, Smallest] = field(default_factory=dict)
    untried: int = 0
    stopped: str = ""

    @property
    def verdicts(self) -> Mapping[str, str]:
        """The verdict on each variant in a word."""
        return {name: word(each) if each else "cannot be" for name, each in self.judged.items()}

    def named(self, variant: str) -> str:
        """Return what a variant is called; "alone" only where there is something else."""
        few = len(self.judged) < len(_PLANS)
        return _PARTIAL.get(variant, _PLANS[variant]) if few else _PLANS[variant]

    @property
    def sticks(self) -> Mapping[str, bool]:
        """Whether each variant's target sticks."""
        return {name: bool(each and each.sticks) for name, each in self.judged.items()}


def gather(situation: Situation, tick: Tick = silent) -> Premises:
    """Return what the verdicts rest on; what is known so far if `tick` stops the work.

    Where there are too many states for arrays the changes and assumptions are those of the whole
    plan, and so many of them as are tried soon: what decides its verdict first.
    """
    found = Premises()
    try:
        cases = variants(situation)
        for name, variant in cases.items():
            found = replace(found, judged={**found.judged, name: _judged(variant, tick)})
        if not cases:
            return found
        if not situation.space.dense:
            return _at_size(situation, found, tick)
        found = replace(found, turns=tuple(turns(situation, tick)))
        for name, variant in cases.items():
            tick(f"the fewest assumptions with {_PLANS[name]}")
            fewest = {**found.fewest, name: smallest(variant, tick=tick)}
            found = replace(found, fewest=fewest)
    except Stopped as reason:
        found = replace(found, stopped=str(reason))
    except KeyboardInterrupt:
        found = replace(found, stopped="interrupted")
    return found


def _at_size(situation: Situation, found: Premises, tick: Tick) -> Premises:
    """Return the same where every verdict takes long: a stated number of changes and sets."""
    verdict = found.judged[_WHOLE]
    decisive = Grounds()
    if verdict is not None:
        decisive = grounds(verdict.situation, verdict.no_deal, verdict.states)
    every = telling_first(situation, decisive)
    tried = every[:_CHANGES]
    try:
        changed = turns(situation, tick, tried)
        found = replace(found, turns=tuple(changed), untried=len(every) - len(tried))
        tick("the fewest assumptions with the whole plan")
        few = smallest(situation, _SETS, tick, decisive)
    except Stopped as reason:
        return replace(found, stopped=str(reason))
    except KeyboardInterrupt:
        return replace(found, stopped="interrupted")
    return replace(found, fewest={_WHOLE: few})


def _judged(variant: Situation, tick: Tick) -> TargetVerdict | None:
    try:
        return judge(variant, tick)
    except UsageError:
        return None


# ------------------------------------------------------------------------------ in words


def premises_sections(case: Case, found: Premises, *, every: bool = False) -> tuple[Section, ...]:
    """Return the variants, the fewest assumptions, and what turns the verdicts.

    With `every` the table holds the changes that turn nothing as well.
    """
    if not found.judged:
        return (Section("What the verdict rests on", ("There is no target to judge.",)),)
    parts = (
        variants_section(case, found),
        fewest_section(case, found),
        turns_section(case, found, every=every),
    )
    stopped = (f"Stopped early: {found.stopped}.",) if found.stopped else ()
    return (Section("What the verdict rests on", stopped, (), parts),)


def variants_section(case: Case, found: Premises) -> Section:
    """Return the verdict with and without the plan's threats and offers."""
    rows = []
    for name, verdict in found.judged.items():
        if verdict is None:
            rows.append((found.named(name), "cannot be", "", "", "", ""))
            continue
        below = _unwilling(verdict)
        leaving = [p for p, grade in verdict.grades.items() if not grade.sticks]
        lapsing = verdict.lapsing
        rows.append(
            (
                found.named(name),
                "sticks" if verdict.sticks else "does not stick",
                verdict.acceptable.value,
                ", ".join(case.name(p) for p in below) or "nobody",
                ", ".join(case.name(p) for p in leaving) or "nobody",
                ", ".join(case.name(p) for p in lapsing) or "nobody",
            )
        )
    columns = (
        "The plan with",
        "Its target",
        "Acceptable",
        "Might not sign",
        "Not held",
        "Held only by the plan's pressure",
    )
    paragraphs = tuple(_lesson(found))
    return Section(
        "With and without threats and offers", paragraphs, (Table(columns, tuple(rows)),)
    )


def _unwilling(verdict: TargetVerdict) -> list[PartyId]:
    """Return those who must sign a target and are not sure to do as well as without it."""
    if verdict.unsigned:
        return []
    must = {p for state in verdict.states for p in signatories(verdict.situation, state)}
    return [p for p, versus in verdict.comparisons.items() if p in must and not versus.sure]


def _lesson(found: Premises) -> list[str]:
    """Return what the variants say together."""
    sticks = found.sticks
    if len(sticks) < 2:
        return ["The plan has neither threats nor offers to leave out."] if sticks else []
    parts = [found.named(name) for name in sticks if name != _WHOLE]
    enough = [found.named(name) for name, good in sticks.items() if good and name != _WHOLE]
    if not sticks.get(_WHOLE):
        if not enough:
            return ["The target does not stick in any variant."]
        return [f"The target does not stick with the whole plan, but does with {_or(enough)}."]
    if not enough:
        return [f"The target sticks with the whole plan and fails with {_or(parts)}: both count."]
    said = f"The target sticks with the whole plan, and with {listed(enough)} as well."
    return [f"{said} On these premises the plan asks for more than it needs."]


def _or(words: Sequence[str]) -> str:
    return listed(words, "or")


def fewest_section(case: Case, found: Premises) -> Section:
    """Return the fewest assumptions that still give each verdict."""
    title = "The fewest assumptions each verdict needs"
    if not found.fewest:
        return Section(title, ("They were not looked for.",))
    parts = [
        Section(f"{_verb(found.sticks[name])} with {found.named(name)}", tuple(_fewest(case, few)))
        for name, few in found.fewest.items()
    ]
    if len(found.judged) == 1:
        return Section(title, parts[0].paragraphs)
    return Section(title, (), (), tuple(parts))


def _verb(sticks: bool) -> str:  # noqa: FBT001 - the one thing it puts into words
    return "Sticks" if sticks else "Does not stick"


def _fewest(case: Case, fewest: Smallest) -> list[str]:
    if not fewest.out_of:
        return ["The case makes no assumption: every statement and rule rests on claims."]
    every = counted(fewest.out_of, "assumption")
    if not fewest.size:
        cited = "it stands on what is cited alone" if _cites(case) else "it stands without any"
        return [f"None of the {every} is needed: {cited}."]
    proved = fewest.bound == fewest.size
    proof = "no fewer do" if proved else f"fewer might, but not fewer than {fewest.bound}"
    verb = "carries" if fewest.size == 1 else "carry"
    lead = f"{fewest.size} of {every} {verb} it ({proof}; others as few may do as well):"
    pieces = [
        *(f"{case.name(party)}: {_bare(statement)}." for party, statement in fewest.statements),
        *(f'Never "{rule.that}".' for rule in fewest.rules),
    ]
    return [lead, *pieces]


def _cites(case: Case) -> bool:
    return any(
        statement.claims
        for party in case.parties
        for group in case.statements(party)
        for statement in group
    )


def _bare(statement: Statement) -> str:
    named = f" ({statement.id})" if statement.id else ""
    return f'"{statement.wish}"{named} {resting(statement)}'


def turns_section(case: Case, found: Premises, *, every: bool = False) -> Section:
    """Return every single change that turns a verdict, to be read aloud, and a table of them."""
    title = "What turns a verdict"
    if not found.turns:
        return Section(title, ("Single changes were not tried to the end.",))
    tried = (
        f"{counted(len(found.turns), 'single change')} tried: each statement dropped, each two "
        "neighbours swapped, each rule dropped."
    )
    if found.untried:
        tried = (
            f"{counted(len(found.turns), 'single change')} tried, on the whole plan alone: a "
            "statement dropped, two neighbours swapped, or a rule dropped, those first that decide "
            f"its verdict. {found.untried} more were not tried, and some of them may turn it too."
        )
    turning = [turn for turn in found.turns if turn.turned]
    many = len(turning)
    aloud = f"{many} of them {'turns' if many == 1 else 'turn'} a verdict. To be read aloud:"
    said = [tried, aloud if turning else "None turns a verdict."]
    said += [
        sentence(f"{change_words(case, turn.change)}: {_turned(found, turn)}") for turn in turning
    ]
    said += _conclusion(case, found) if turning else []
    if not every:
        return Section(title, tuple(said))
    judged = found.turns[0].sticks
    rows = tuple(
        (change_words(case, turn.change), *(_became(turn, name) for name in judged))
        for turn in (*turning, *(turn for turn in found.turns if not turn.turned))
    )
    columns = ("The change", *(found.named(name) for name in judged))
    return Section(title, tuple(said), (Table(columns, rows),))


def _conclusion(case: Case, found: Premises) -> list[str]:
    """Return which single changes would give "the whole plan and nothing less", if it is not so."""
    whole, *parts = found.sticks.values()
    if found.untried or not parts or (whole and not any(parts)):
        return []
    only = [change_words(case, turn.change) for turn in found.turns if turn.only_whole]
    asked = "That the target sticks with the whole plan and with nothing less"
    if not only:
        return [f"{asked} follows from no single change: the text does not give what it needs."]
    return [f"{asked} would follow from any one of these: {'; '.join(only)}."]


def _became(turn: Turn, name: str) -> str:
    if name not in turn.turned:
        return "same"
    return "then sticks" if turn.turned[name] else "then fails"


def _turned(found: Premises, turn: Turn) -> str:
    fails = [found.named(name) for name, good in turn.turned.items() if not good]
    holds = [found.named(name) for name, good in turn.turned.items() if good]
    said = []
    if fails:
        said.append(f"fails with {listed(fails)}")
    if holds:
        said.append(f"sticks with {listed(holds)}")
    return f"the target then {' and '.join(said)}"


def change_words(case: Case, change: Change) -> str:
    """Return a single change in words: what is dropped, or which two wishes change places."""
    if change.rule is not None:
        return f'without the rule never "{change.rule.that}" {resting(change.rule)}'
    name = case.name(change.party) if change.party else ""
    first = listed(wish(each) for each in change.first)
    if change.kind == "swap":
        return f"{name}: {listed(wish(each) for each in change.second)} above {first}"
    return f"{name} without {first}"
