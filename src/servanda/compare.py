"""Which plan sticks under whose beliefs: every plan, in every world the open questions allow.

A world is one answer to each question.  A cell of the table is one plan as one author sees it; a
question the author leaves open makes as many worlds as it has answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from servanda.acceptance import Acceptable
from servanda.conflict import Tick, silent
from servanda.errors import Contradictory, Stopped, UsageError
from servanda.formula import Formula, shortest_formula
from servanda.grounds import Grounds, grounds
from servanda.missing_premises import Missing, missing_premises
from servanda.model import Case, PartyId, Statement
from servanda.selfenforcement import Improvement, grade_locally
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import ThreatFinding
from servanda.truth_table import Sway, TruthTable, sways
from servanda.world_situations import Worlds
from servanda.worlds import Answers, every_answer, open_questions, own_view


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A plan's target where every question has an answer.

    Parameters
    ----------
    answers
        The answer to each question.
    sticks
        Whether the target sticks; None where the answers contradict each other.
    acceptable, grade
        How acceptable it is, and what its worst party's grade is; None where that was not asked.
    told
        Why the answers contradict each other, or why the plan cannot be played there.
    """

    answers: Answers
    sticks: bool | None
    acceptable: Acceptable | None = None
    grade: Grade | None = None
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What decides a cell: who, which test, by which move, because of which statements.

    Parameters
    ----------
    party
        Who; None where a question decides.
    test
        ``acceptable``, ``self-enforcing`` or ``question``.
    statements
        The wishes that decide.
    move
        What the party would do instead, or, where the target sticks, what its guard answers.
    question
        The question that decides a cell that depends.
    told
        Why the plan cannot be played at all.
    """

    party: PartyId | None
    test: str
    statements: tuple[Statement, ...] = ()
    move: Improvement | None = None
    question: str | None = None
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One plan as one author sees it.

    Parameters
    ----------
    plan, worldview
        Which plan, whose view; None for the base case.
    worlds
        Every world the view leaves possible, contradictory ones included.
    why
        What decides; never empty for a cell that was worked out.
    verdict
        The target in full, in the first of the worlds where it can be played; None where the cell
        depends on open questions, or it can be played in none.
    threats
        What the plan's threats amount to in each possible world.
    nearest
        Where the target does not stick in the only world there is: the terms, by their names, in
        which the nearest package that sticks differs from it; None where none is known.
    exchange
        Where it sticks: the smallest exchange that leaves nobody exposed on the way; None where
        no order does, or none was sought.
    rests_on
        The wishes and rules that decide `verdict`; None without one.
    """

    plan: str
    worldview: str | None
    worlds: tuple[World, ...]
    why: tuple[Reason, ...] = ()
    verdict: TargetVerdict | None = None
    threats: tuple[tuple[ThreatFinding, ...], ...] = ()
    nearest: Mapping[str, str] | None = None
    exchange: int | None = None
    rests_on: Grounds | None = None

    @cached_property
    def counted(self) -> tuple[World, ...]:
        """The worlds that are possible."""
        return tuple(world for world in self.worlds if world.sticks is not None)

    @property
    def share(self) -> tuple[int, int]:
        """In how many possible worlds the target sticks, and how many there are."""
        return sum(bool(world.sticks) for world in self.counted), len(self.counted)

    @property
    def sticks(self) -> str:
        """Return ``yes``, ``no`` or ``depends``; ``contradictory`` where no world is possible."""
        holding, among = self.share
        if not among:
            return "contradictory"
        if holding in {0, among}:
            return "yes" if holding else "no"
        return "depends"

    @property
    def acceptable(self) -> Acceptable | None:
        """How acceptable the target is, if that is the same in every possible world."""
        found = {world.acceptable for world in self.counted}
        return found.pop() if len(found) == 1 else None

    @property
    def grade(self) -> Grade | None:
        """The target's grade, if that is the same in every possible world."""
        if self.verdict is not None and len(self.counted) == 1:
            return self.verdict.grade
        found = {world.grade for world in self.counted}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One plan in every world, and when it works.

    Parameters
    ----------
    plan
        Which plan.
    worlds
        One world for each combination of answers.
    cells
        The plan as each author sees it.
    """

    plan: str
    worlds: tuple[World, ...]
    cells: tuple[Cell, ...] = ()
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def table(self) -> TruthTable:
        """The truth table over the questions."""
        verdicts = tuple(world.sticks for world in self.worlds)
        return TruthTable(factors=self.questions, verdicts=verdicts)

    @cached_property
    def works(self) -> Formula | None:
        """The shortest formula for when the target sticks; None if no answers fit together."""
        if all(world.sticks is None for world in self.worlds):
            return None
        return shortest_formula(self.table)

    @cached_property
    def deciding(self) -> tuple[Sway, ...]:
        """The questions by how often changing the answer changes the verdict, most first."""
        return sways(self.table)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """All plans of a case under all worldviews.

    Parameters
    ----------
    case
        The case.
    worldviews
        The columns; None is the base case, where no author has a view.
    rows
        One for each plan that has a target.
    missing
        Plans without a target, which nothing can be said of.
    premises
        For each plan that does not stick as its own author sees it, what would have to be added.
    stopped
        Why the work was stopped before its end; empty if it was not.
    """

    case: Case
    worldviews: tuple[str | None, ...]
    rows: tuple[Row, ...] = ()
    missing: tuple[str, ...] = ()
    premises: tuple[Missing, ...] = ()
    stopped: str = ""


@dataclass
class _Work:
    """The comparison while it goes on."""

    case: Case
    tick: Tick
    worlds: Worlds
    rows: list[Row] = field(default_factory=list)
    premises: list[Missing] = field(default_factory=list)

    def world(self, plan: str, worldview: str | None, answers: Answers) -> World:
        """Return whether a plan's target sticks in one world."""
        try:
            situation = self.worlds.situation(plan, worldview, answers)
        except Contradictory as error:
            return World(answers=answers, sticks=None, told=str(error))
        try:
            found = judge_in_short(situation, self.tick)
        except UsageError as error:
            return World(answers=answers, sticks=False, told=str(error))
        assert found is not None  # noqa: S101 - only plans with a target are compared
        return World(
            answers=answers,
            sticks=found.sticks,
            acceptable=found.acceptable,
            grade=found.grade,
        )


def compare(
    case: Case,
    plans: Iterable[str] = (),
    worldviews: Iterable[str] = (),
    *,
    most_premises: int = 1,
    tick: Tick = silent,
) -> Compared:
    """Return every plan under every worldview; what is known so far if `tick` stops the work.

    Parameters
    ----------
    case
        A case without faults, nothing laid over it.
    plans, worldviews
        Which ones; all where empty.
    most_premises
        How many missing premises to try together; 0 for none.
    tick
        Told how far the work is; may stop it.

    Raises
    ------
    UsageError
        If no plan has a target, or one named is not there.
    """
    chosen = tuple(plans) or tuple(case.plans)
    views: tuple[str | None, ...] = tuple(worldviews) or tuple(case.worldviews) or (None,)
    aimed = [name for name in chosen if case.plans[name].target]
    if not aimed:
        raise UsageError("there is nothing to compare", "no plan has a target")
    work = _Work(case, tick, Worlds(case))
    stopped = ""
    try:
        for plan in aimed:
            _row(work, plan, views)
        for cell in own_cells(case, work.rows).values() if most_premises else ():
            if cell.sticks != "yes":
                view = cell.worldview
                added = missing_premises(
                    work.worlds, cell.plan, view, most=most_premises, tick=tick
                )
                work.premises.append(added)
    except Stopped as error:
        stopped = str(error)
    except KeyboardInterrupt:
        stopped = "interrupted"
    return Compared(
        case=case,
        worldviews=views,
        rows=tuple(work.rows),
        missing=tuple(name for name in chosen if name not in aimed),
        premises=tuple(work.premises),
        stopped=stopped,
    )


def _row(work: _Work, plan: str, views: tuple[str | None, ...]) -> None:
    """Work out one plan; it is kept once it is whole."""
    case = work.case
    questions = {name: tuple(stated.answers) for name, stated in case.questions.items()}
    every = [*every_answer(case)]
    worlds = []
    for number, answers in enumerate(every, start=1):
        work.tick(f"{plan}: world {number} of {len(every)}")
        worlds.append(work.world(plan, None, answers))
    row = Row(plan=plan, worlds=tuple(worlds), questions=questions)
    cells = tuple(_cell(work, row, view) for view in views)
    work.rows.append(Row(plan=plan, worlds=row.worlds, cells=cells, questions=questions))


def _cell(work: _Work, row: Row, view: str | None) -> Cell:
    """Work out one plan as one author sees it."""
    case, plan = work.case, row.plan
    work.tick(f"{plan} as {view or 'nobody'} sees it")
    fixed = dict(case.worldviews[view].answers) if view is not None else {}
    if view is not None and _overrides(case, view):
        worlds = tuple(work.world(plan, view, each) for each in every_answer(case, fixed))
    else:
        worlds = tuple(
            world for world in row.worlds if fixed.items() <= dict(world.answers).items()
        )
    cell = Cell(plan=plan, worldview=view, worlds=worlds)
    full = [_in_full(work, plan, view, world.answers) for world in cell.counted]
    playable = (each for each in full if each is not None)
    verdict = None if cell.sticks == "depends" else next(playable, None)
    threats = tuple(each.threats for each in full if each is not None)
    return Cell(
        plan=plan,
        worldview=view,
        worlds=worlds,
        why=_why(row, cell, verdict, open_questions(case, view)),
        verdict=verdict,
        threats=threats,
        rests_on=None
        if verdict is None
        else grounds(verdict.situation, verdict.no_deal, verdict.states),
    )


def _overrides(case: Case, view: str) -> bool:
    changes = case.worldviews[view].changes
    return bool(changes.preferences or changes.facts or changes.owners or changes.never)


def _in_full(work: _Work, plan: str, view: str | None, answers: Answers) -> TargetVerdict | None:
    """Return the verdict in full; None where the plan cannot be played."""
    try:
        return judge(work.worlds.situation(plan, view, answers), work.tick)
    except UsageError:
        return None


def _why(
    row: Row, cell: Cell, verdict: TargetVerdict | None, still_open: tuple[str, ...]
) -> tuple[Reason, ...]:
    """Return what decides a cell."""
    if cell.sticks == "depends":
        questions = {name: row.questions[name] for name in still_open}
        verdicts = tuple(world.sticks for world in cell.worlds)
        first = sways(TruthTable(factors=questions, verdicts=verdicts))[0]
        return (Reason(party=None, test="question", question=first.factor),)
    if verdict is None:
        told = next((world.told for world in cell.worlds if world.told), "")
        if told:
            return (Reason(party=None, test="acceptable", told=told),)
        return ()
    return reasons(verdict)


def reasons(verdict: TargetVerdict) -> tuple[Reason, ...]:
    """Return why a target sticks, or who blocks it and how.

    Of one that sticks, its weakest parties: those that are guarded, with the move that is answered;
    where all are firm, the signatories with what decides for them.
    """
    from servanda.acceptance import signatories  # noqa: PLC0415

    situation = verdict.situation
    conflict = situation.conflict
    found = []
    must = dict.fromkeys(p for state in verdict.states for p in signatories(situation, state))
    for party in conflict.parties:
        comparison = verdict.comparisons[party]
        if not verdict.unsigned and party in must and not comparison.sure:
            found.append(Reason(party=party, test="acceptable", statements=comparison.decisive))
    wanted = Grade.GUARDED if verdict.sticks else Grade.BREAKS
    for party, grade in verdict.grades.items():
        if grade is wanted:
            found.append(_leaving(verdict, party))
    if not found:
        found += [
            Reason(party=p, test="acceptable", statements=verdict.comparisons[p].decisive)
            for p in must
        ]
    return tuple(found)


def _leaving(verdict: TargetVerdict, party: PartyId) -> Reason:
    """Return by which move a party would leave, or which of its moves is answered."""
    conflict = verdict.situation.conflict
    graded = [(state, grade_locally(conflict, party, state)) for state in verdict.states]
    state, worst = max(graded, key=lambda each: each[1].grade.rank)
    move = worst.witness
    statements: tuple[Statement, ...] = ()
    if move is not None:
        statements = conflict.payoffs[party].decisive(move.state, state)[1]
    return Reason(party=party, test="self-enforcing", statements=statements, move=move)


def own_cells(case: Case, rows: Iterable[Row]) -> dict[str, Cell]:
    """Return each plan as its own author sees it, where that is one of the views."""
    found = {}
    for row in rows:
        view = own_view(case, row.plan)
        for cell in row.cells:
            if cell.worldview == view and view is not None:
                found[row.plan] = cell
    return found
