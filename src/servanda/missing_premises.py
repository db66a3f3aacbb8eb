"""Which premises an author would have to add for the conclusion to follow.

Candidates are other answers to the questions, swaps of neighbouring statements, statements that
other authors add, and those the case itself proposes.  They are tried by number: first one, then
two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from servanda.conflict import Tick, silent
from servanda.errors import Contradictory, Stopped, UsageError
from servanda.model import (
    Case,
    Changes,
    NewStatement,
    PartyId,
    Preference,
    Statement,
    WishChange,
)
from servanda.situation import Situation
from servanda.target import judge_in_short
from servanda.world_situations import Worlds
from servanda.worlds import Overlay, every_answer, seen_by

_BUDGET = 2_000  # verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """One thing an author could add.

    Parameters
    ----------
    kind
        ``answer``, ``swap`` or ``statement``.
    question, answer
        For an answer: another than the author's own, or one to a question left open.
    party, first, second
        For a swap: whose statements, the upper one and the lower one; for a statement the party
        and what is added.
    change
        What is changed in the party's wishes; None for an answer.
    author
        The worldview a statement is taken from; empty where the case itself proposes it.
    """

    kind: str
    question: str = ""
    answer: str = ""
    party: PartyId | None = None
    first: Statement | None = None
    second: Statement | None = None
    change: WishChange | None = None
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What has to be added for a plan to stick under a view.

    Parameters
    ----------
    plan, worldview
        Which plan, whose view.
    sets
        Every smallest set of premises found; empty if there is none up to `tried`.
    tried
        All sets of up to so many premises were tried; 0 where it sticks as it is.
    out_of
        How many candidates there are.
    stopped
        Whether the next size was begun and not finished.
    """

    plan: str
    worldview: str | None
    sets: tuple[tuple[Premise, ...], ...]
    tried: int
    out_of: int
    stopped: bool = False

    @property
    def follows(self) -> bool:
        """Whether nothing is missing."""
        return self.sets == ((),)


def missing_premises(
    worlds: Worlds,
    plan: str,
    worldview: str | None,
    *,
    most: int = 1,
    budget: int = _BUDGET,
    tick: Tick = silent,
) -> Missing:
    """Return the smallest sets of premises with which a plan's target sticks.

    It must stick in every world that the view, with the premises, leaves open.

    Parameters
    ----------
    worlds
        The worlds of a case.
    plan, worldview
        A plan with a target, and whose view.
    most
        The largest number of premises to try together.
    budget
        How many sets to try before giving up.
    tick
        Told how far the work is; may stop it.
    """
    every = tuple(candidates(worlds.case, worldview))
    found: list[tuple[Premise, ...]] = []
    tried, stopped = -1, False
    for size in range(most + 1):
        for number, chosen in enumerate(combinations(every, size), start=1):
            budget -= 1
            stopped = budget < 0 or not _goes_on(tick, f"{plan}: premises missing, set {number}")
            if stopped:
                break
            if follows(worlds, plan, worldview, chosen):
                found.append(chosen)
        if stopped:
            break
        tried = size
        if found:
            break
    return Missing(
        plan=plan,
        worldview=worldview,
        sets=tuple(found),
        tried=max(tried, 0),
        out_of=len(every),
        stopped=stopped,
    )


def _goes_on(tick: Tick, told: str) -> bool:
    """Tell how far the work is; return whether it may go on."""
    try:
        tick(told)
    except Stopped:
        return False
    return True


def follows(worlds: Worlds, plan: str, worldview: str | None, added: Iterable[Premise]) -> bool:
    """Return whether a plan's target sticks, under a view with premises added, in every world.

    Premises that contradict each other, or leave no world possible, carry nothing.
    """
    added, case = tuple(added), worlds.case
    answers = {each.question: each.answer for each in added if each.kind == "answer"}
    if len(answers) < sum(each.kind == "answer" for each in added):
        return False
    own = dict(case.worldviews[worldview].answers) if worldview is not None else {}
    changes: dict[PartyId, tuple[WishChange, ...]] = {}
    for each in added:
        if each.party is not None and each.change is not None:
            changes[each.party] = (*changes.get(each.party, ()), each.change)
    further = Overlay(("premises",), Changes(preferences=changes))
    possible = 0
    for world in every_answer(case, {**own, **answers}):
        try:
            situation = worlds.situation(plan, worldview, world, (further,))
        except Contradictory:
            if changes:
                return False
            continue
        except UsageError:
            return False
        if not _sticks(situation):
            return False
        possible += 1
    return possible > 0


def _sticks(situation: Situation) -> bool:
    try:
        verdict = judge_in_short(situation)
    except UsageError:
        return False
    return verdict is not None and verdict.sticks


# ------------------------------------------------------------------------------ candidates


def candidates(case: Case, worldview: str | None) -> Iterator[Premise]:
    """Yield what could be added to a view: answers, swaps, other authors' and the case's own."""
    own = case.worldviews[worldview].answers if worldview is not None else {}
    for question, stated in case.questions.items():
        for answer in stated.answers:
            if own.get(question) != answer:
                yield Premise(kind="answer", question=question, answer=answer)
    seen = seen_by(case, worldview)
    for party in case.parties:
        if seen.preferences.get(party, Preference()).form == "ordered":
            yield from _swaps(party, seen.statements(party))
    known = {s.id for party in case.parties for group in seen.statements(party) for s in group}
    for each in (*_of_others(case, worldview), *_proposed(case)):
        if each.first is not None and each.first.id not in known:
            yield each


def _swaps(party: PartyId, groups: Sequence[Sequence[Statement]]) -> Iterator[Premise]:
    """Yield every swap of two neighbouring statements; tied groups stay as they are."""
    for above, below in pairwise(groups):
        if len(above) == len(below) == 1:
            change = WishChange(move=above[0].id, after=below[0].id)
            yield Premise(kind="swap", party=party, first=above[0], second=below[0], change=change)


def _of_others(case: Case, worldview: str | None) -> Iterator[Premise]:
    """Yield what other authors add to the parties' wishes."""
    for author, view in case.worldviews.items():
        for party, each in view.changes.preferences.items() if author != worldview else ():
            for change in each:
                if change.add is not None:
                    yield Premise(
                        kind="statement",
                        party=party,
                        first=change.add,
                        change=change,
                        author=author,
                    )


def _proposed(case: Case) -> Iterator[Premise]:
    """Yield the case's own candidates."""
    for party, proposed in case.candidates.items():
        for each in proposed:
            new = NewStatement(**{key: getattr(each, key) for key in NewStatement.model_fields})
            change = WishChange(add=new, before=each.before, after=each.after, at=each.at)
            yield Premise(kind="statement", party=party, first=each, change=change)
