"""One plan in every world, and as each author sees it: whether its target sticks, and what decides.

A world is one answer to each question.  A cell is one plan as one author sees it; a question the
author leaves open makes as many worlds as it has answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from servanda.acceptance import Acceptable, signatories
from servanda.analysis import Request, survey_of
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import Contradictory, Undecided, UsageError
from servanda.extent import NEAREST_SECONDS, SEARCH_SHARE
from servanda.formula import Formula, shortest_formula
from servanda.grounds import Grounds, grounds
from servanda.model import Case, PartyId, Statement
from servanda.roadmap import Exchange
from servanda.selfenforcement import Improvement, held_back
from servanda.stability import Grade
from servanda.target import TargetVerdict, judge, judge_in_short
from servanda.threats import ThreatFinding, check_threats
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
    threats
        What the plan's threats amount to there.
    """

    answers: Answers
    sticks: bool | None
    acceptable: Acceptable | None = None
    grade: Grade | None = None
    told: str = ""
    threats: tuple[ThreatFinding, ...] = ()


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
    move, origin
        What the party would do instead, or, where the target sticks, what its guard answers; and
        from which state.
    question
        The question that decides a cell that depends.
    told
        Why the plan cannot be played at all.
    """

    party: PartyId | None
    test: str
    statements: tuple[Statement, ...] = ()
    move: Improvement | None = None
    origin: int = 0
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
    nearest, proved
        Where the target does not stick: the terms, by their names, in which the nearest package
        that sticks differs from it, in the first world where the plan can be played; None where
        there is none, or none is known.  And whether that is proved; None where it was not sought.
    exchange
        Where it sticks: the smallest exchange that leaves nobody exposed on the way, in the first
        world where the plan can be played; None where there are no steps, or it cannot be told.
    rests_on
        The wishes and rules that decide the verdict in the first world where the plan can be
        played, for a plan's own author; None where the cell depends on open questions.
    """

    plan: str
    worldview: str | None
    worlds: tuple[World, ...]
    why: tuple[Reason, ...] = ()
    nearest: Mapping[OptionId, str] | None = None
    proved: bool | None = None
    exchange: Exchange | None = None
    rests_on: Grounds | None = None

    @cached_property
    def counted(self) -> tuple[World, ...]:
        """The worlds that are possible."""
        return tuple(world for world in self.worlds if world.sticks is not None)

    @property
    def threats(self) -> tuple[tuple[ThreatFinding, ...], ...]:
        """What the plan's threats amount to in each world where it can be played."""
        return tuple(world.threats for world in self.counted if world.threats)

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


def _pass() -> None:
    """Take no note."""


@dataclass(frozen=True)
class RowWork:
    """Works out one plan.

    Parameters
    ----------
    case, plan
        A case without faults, nothing laid over it, and a plan with a target.
    views
        Whose views; None is the base case.
    seconds
        How long to look for the nearest package that sticks, for each cell; 0 for not at all.
    tick
        Told how far the work is; may stop it.
    passed
        Called after every world and every cell.
    """

    case: Case
    plan: str
    views: tuple[str | None, ...]
    seconds: float = NEAREST_SECONDS
    tick: Tick = silent
    passed: Callable[[], None] = _pass

    @cached_property
    def worlds(self) -> Worlds:
        """The plan laid over every world."""
        return Worlds(self.case)

    def row(self) -> Row:
        """Return the plan in every world, and as each author sees it."""
        case = self.case
        questions = {name: tuple(stated.answers) for name, stated in case.questions.items()}
        every = [*every_answer(case)]
        worlds = []
        for number, answers in enumerate(every, start=1):
            self.tick(f"{self.plan}: world {number} of {len(every)}")
            worlds.append(self.world(None, answers))
            self.passed()
        row = Row(plan=self.plan, worlds=tuple(worlds), questions=questions)
        cells = []
        for view in self.views:
            cells.append(self.cell(row, view))
            self.passed()
        return replace(row, cells=tuple(cells))

    @property
    def stages(self) -> int:
        """How many worlds and cells there are to pass."""
        return len([*every_answer(self.case)]) + len(self.views)

    def world(self, worldview: str | None, answers: Answers) -> World:
        """Return whether the plan's target sticks in one world."""
        try:
            situation = self.worlds.situation(self.plan, worldview, answers)
        except Contradictory as error:
            return World(answers=answers, sticks=None, told=str(error))
        try:
            found = judge_in_short(situation, self.tick)
            threats = check_threats(situation, self.tick)
        except UsageError as error:
            return World(answers=answers, sticks=False, told=str(error))
        assert found is not None  # noqa: S101 - only plans with a target are compared
        return World(
            answers=answers,
            sticks=found.sticks,
            acceptable=found.acceptable,
            grade=found.grade,
            threats=threats,
        )

    def cell(self, row: Row, view: str | None) -> Cell:
        """Return the plan as one author sees it."""
        case, plan = self.case, self.plan
        self.tick(f"{plan} as {view or 'nobody'} sees it")
        fixed = dict(case.worldviews[view].answers) if view is not None else {}
        if view is not None and _overrides(case, view):
            worlds = tuple(self.world(view, each) for each in every_answer(case, fixed))
        else:
            worlds = tuple(
                world for world in row.worlds if fixed.items() <= dict(world.answers).items()
            )
        cell = Cell(plan=plan, worldview=view, worlds=worlds)
        if cell.sticks == "depends":
            return replace(cell, why=_deciding(row, cell, open_questions(case, view)))
        verdict = self._first_in_full(cell)
        if verdict is None:
            told = next((world.told for world in worlds if world.told), "")
            return replace(cell, why=(Reason(party=None, test="acceptable", told=told),))
        cell = replace(cell, why=reasons(verdict))
        if view is None or view == own_view(case, plan):
            found = grounds(verdict.situation, verdict.no_deal, verdict.states)
            cell = replace(cell, rests_on=found)
        return self._with_remedy(cell, verdict)

    def _first_in_full(self, cell: Cell) -> TargetVerdict | None:
        """Return the verdict in full, in the first world where the plan can be played."""
        for world in cell.counted:
            if not world.told:
                situation = self.worlds.situation(self.plan, cell.worldview, world.answers)
                return judge(situation, self.tick)
        return None

    def _with_remedy(self, cell: Cell, verdict: TargetVerdict) -> Cell:
        """Return the cell with the exchange to get there; or the nearest package that sticks."""
        asked = Request(seconds=self.seconds / SEARCH_SHARE)
        survey = survey_of(verdict.situation, verdict.no_deal, asked, self.tick)
        if verdict.sticks:
            ways = [survey.exchange(state) for state in verdict.states]
            return replace(cell, exchange=max((w for w in ways if w), key=_hard, default=None))
        if not self.seconds:
            return cell
        try:
            near = survey.nearest(verdict.states)
        except Undecided:
            return replace(cell, proved=False)
        proved = getattr(survey, "nearest_proved", True)
        if near is None:
            return replace(cell, proved=proved)
        space, terms = verdict.situation.space, set(verdict.situation.terms)
        apart = (space.changes(state, near[0]) for state in verdict.states)
        mine = ({o: n for o, n in each.items() if o in terms} for each in apart)
        named = space.named(min(mine, key=len))
        return replace(cell, nearest=named, proved=proved)


def _hard(way: Exchange) -> tuple[bool, int]:
    """Return by what one exchange is harder than another: none that will do is the hardest."""
    return way.size is None, way.size or 0


def _overrides(case: Case, view: str) -> bool:
    changes = case.worldviews[view].changes
    return bool(changes.preferences or changes.facts or changes.owners or changes.never)


def _deciding(row: Row, cell: Cell, still_open: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return the open question that decides most."""
    questions = {name: row.questions[name] for name in still_open}
    verdicts = tuple(world.sticks for world in cell.worlds)
    first = sways(TruthTable(factors=questions, verdicts=verdicts))[0]
    return (Reason(party=None, test="question", question=first.factor),)


def reasons(verdict: TargetVerdict) -> tuple[Reason, ...]:
    """Return why a target sticks, or who blocks it and how: first who would not sign.

    Of one that sticks, its weakest parties: those that are guarded, with the move that is answered;
    where all are firm, the signatories with what decides for them.
    """
    situation = verdict.situation
    conflict = situation.conflict
    must = dict.fromkeys(p for state in verdict.states for p in signatories(situation, state))
    refused = tuple(
        Reason(party=p, test="acceptable", statements=verdict.comparisons[p].decisive)
        for p in must
        if not verdict.unsigned and not verdict.comparisons[p].sure
    )
    if refused:
        return refused
    leaving = [
        (state, move)
        for party in conflict.parties
        for state in verdict.states
        if (move := held_back(conflict, party, state)) is not None
    ]
    broken = [each for each in leaving if each[1].sanction is None]
    found = {move.party: _leaving(verdict, state, move) for state, move in broken or leaving}
    return tuple(found.values()) or tuple(
        Reason(party=p, test="acceptable", statements=verdict.comparisons[p].decisive) for p in must
    )


def _leaving(verdict: TargetVerdict, state: int, move: Improvement) -> Reason:
    """Return by which move a party would leave, or which of its moves is answered."""
    payoff = verdict.situation.conflict.payoffs[move.party]
    statements = payoff.decisive(move.state, state)[1]
    return Reason(
        party=move.party, test="self-enforcing", statements=statements, move=move, origin=state
    )


def own_cells(case: Case, rows: Iterable[Row]) -> dict[str, Cell]:
    """Return each plan as its own author sees it, where that is one of the views."""
    found = {}
    for row in rows:
        view = own_view(case, row.plan)
        for cell in row.cells:
            if cell.worldview == view and view is not None:
                found[row.plan] = cell
    return found
