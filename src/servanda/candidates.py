"""What a package must be, posted as constraints, and the search for one that nobody would leave.

What must hold of a package is posted as constraints: it can be, can be reached, is acceptable.
That nobody gains by leaving is posted for single options first; whichever other move then breaks a
candidate is added, until a candidate survives a search of all moves or none is left.  Answers
that the others would give are searched locally, and a candidate that fails is excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, isfinite
from time import monotonic
from typing import Any, Final, Literal

from ortools.sat.python import cp_model

from servanda.conditions import Condition, OptionId, moved
from servanda.conflict import Conflict, Tick, silent
from servanda.departures import TooDear
from servanda.deviations import Deviation, between, open_to, singles
from servanda.errors import Stopped, UsageError
from servanda.formulas import Formulas, ended_early, wishes_of, worths_of
from servanda.interruption import solved
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.selfenforcement import a_gain, engine_of, improvements, sanction
from servanda.situation import Situation
from servanda.stability import Concept

Status = Literal["optimal", "feasible", "infeasible", "unknown"]

_DEAR: Final = 4_000  # nodes of a diagram for which others are asked first
_PATIENCE: Final = 16  # candidates of which it cannot be told who would leave them
_HASTE: Final = 1.0  # seconds before its time is up in which the solver may give up by itself
_SMALL: Final = 40_000  # Boolean variables up to which one worker is quicker than eight
_WHILE: Final = 0.5  # of the solver's own time: sums are first tried for so long
_ROUNDING: Final = 1e-6  # of a bound that the solver tells; goals are whole numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The best that a goal can be over all packages, as far as it is known.

    Parameters
    ----------
    status
        ``optimal``: proved; ``feasible``: there may be better; ``infeasible``: it is proved that
        there is none; ``unknown``: nothing is known.
    state, value
        The package found, and its goal; None if none is known.
    bound
        The goal cannot be better than this; None if nothing is known.
    """

    status: Status
    state: int | None = None
    value: int | None = None
    bound: int | None = None


class Candidates:
    """The packages of a situation that nobody would leave, one at a time.

    Parameters
    ----------
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    concept
        In which sense nobody may gain by leaving: Nash for firm packages, SEQ for guarded ones;
        None where that does not matter.
    acceptable
        Whether packages must be surely acceptable.
    seed, seconds
        The solver's seed, and how long it may take in all; None for as long as it needs.
    tick
        Told what is being done; may stop it.

    Attributes
    ----------
    forms
        The model, to post more constraints on.
    cuts
        Moves and candidates excluded so far.
    undecided
        Candidates of which it could not be told who would leave them.
    interrupted
        Whether somebody ended the search before it was done.
    """

    def __init__(
        self,
        situation: Situation,
        no_deal: NoDeal,
        *,
        concept: Concept | None = Concept.NASH,
        acceptable: bool = True,
        seed: int = 1,
        seconds: float | None = None,
        tick: Tick = silent,
    ) -> None:
        self.situation, self.no_deal, self.concept = situation, no_deal, concept
        self.conflict: Conflict = situation.conflict
        self.forms = Formulas(situation.case)
        self.seed, self.tick = seed, tick
        self.until = None if seconds is None else monotonic() + seconds
        self.cuts = 0
        self.undecided = 0
        self.interrupted = False
        self._posted: set[tuple[object, ...]] = set()
        self._kept: set[tuple[int, Concept | None, tuple[PartyId, ...]]] = set()
        self._firm: Any = None
        self._hints: list[tuple[int, bool]] = []
        self._signs: dict[PartyId, Any] = {}
        self._package()
        if acceptable:
            self._acceptable()
        if concept is Concept.NASH:
            self._stays_for_single_moves()

    # ------------------------------------------------------------------ what a package is

    def _package(self) -> None:
        """Post that a state can be, that the commitments stand, and that one can get there."""
        forms, case = self.forms, self.situation.case
        for rule in case.never:
            self.forms.forbid(forms.literal(case.vocabulary.condition(rule.that)))
        for option in self.conflict.frozen:
            self.forms.require(forms.levels[option][case.base[option]])
        for option, level in self.situation.commitments.items():
            self.forms.require(forms.levels[option][level])
        if self.conflict.walk_away is not None:
            return
        for name, stated in case.options.items():
            now = self.conflict.space.level(self.situation.start, name)
            if stated.only is not None:
                wrong = range(now) if stated.only == "up" else range(now + 1, len(stated.levels))
                for level in wrong:
                    self.forms.forbid(forms.levels[name][level])

    # ------------------------------------------------------------------ wishes

    @cached_property
    def wishes(self) -> Mapping[PartyId, tuple[tuple[Condition, ...], ...]]:
        """Each party's ordered wishes as conditions; of a ranking, to be among its first ones."""
        case, payoffs = self.situation.case, self.conflict.payoffs
        ordered = [party for party in payoffs if payoffs[party].form in {"ordered", "ranking"}]
        return {party: wishes_of(case, party) for party in ordered}

    @cached_property
    def worths(self) -> Mapping[PartyId, tuple[tuple[Condition, Fraction], ...]]:
        """Each party's points: what holds, and what that is worth."""
        case, payoffs = self.situation.case, self.conflict.payoffs
        return {p: worths_of(case, p) for p in payoffs if payoffs[p].form == "points"}

    def _after(self, state: int) -> dict[OptionId, tuple[int, ...]]:
        """Return the move of every option to its level in a state."""
        levels = self.conflict.space.levels(state)
        options = self.situation.case.options
        return {o: (level,) * len(options[o].levels) for o, level in levels.items()}

    def prefers(
        self,
        party: PartyId,
        there: Mapping[OptionId, Sequence[int]],
        here: Mapping[OptionId, Sequence[int]] | None = None,
    ) -> Any:
        """Return where a party prefers what one move leads to over another's end, or staying."""
        start = here or {}
        if party in self.worths:
            return self.forms.gains_points(
                ((moved(wish, start), moved(wish, there)), worth)
                for wish, worth in self.worths[party]
            )
        groups = self.wishes.get(party, ())
        one = [[moved(wish, start) for wish in group] for group in groups]
        two = [[moved(wish, there) for wish in group] for group in groups]
        return self.forms.prefers(one, two)

    # ------------------------------------------------------------------ acceptable

    def _acceptable(self) -> None:
        """Post that all who must sign do as well as in every outcome, and somebody better."""
        forms, rule = self.forms, self.situation.case.signatories
        gains, sure_members = [], []
        for party in self.conflict.parties:
            sure, gain = self._compared(party)
            signs = self.signs(party)
            forms.model.add_implication(signs, sure)
            counted = signs
            if party in rule.of:
                sure_members.append(sure)
                counted = forms.any_of((signs, sure))
            gains.append(forms.all_of((counted, gain)))
        if rule.at_least is not None:
            forms.model.add(sum(sure_members) >= rule.at_least)
        forms.model.add_bool_or(gains)

    def _compared(self, party: PartyId) -> tuple[Any, Any]:
        """Return where a party does as well as in every outcome, and better than in some."""
        forms = self.forms
        walk_away = self.conflict.walk_away
        if walk_away is not None:
            total, most = self.points(party)
            least = walk_away[party]
            top = max(most, abs(least)) + 1
            return forms.within(total, least, top, top), forms.within(total, least + 1, top, top)
        worse = {}
        for state in sorted(self.no_deal.states):
            worse[state] = self.prefers(party, self._after(state))
        gains = [
            forms.all_of(self.prefers(party, {}, self._after(state)) for state in end.states)
            for end in self.no_deal.outcomes
        ]
        return forms.any_of(worse.values()).negated(), forms.any_of(gains)

    def points(self, party: PartyId) -> tuple[Any, int]:
        """Return a party's points in the units of its payoff, and the most they can be."""
        scale = self.conflict.payoffs[party].scale
        worths = self.worths.get(party, ())
        weights = [(int(worth * scale), self.forms.literal(wish)) for wish, worth in worths]
        return sum(w * literal for w, literal in weights), sum(abs(w) for w, _ in weights)

    def signs(self, party: PartyId) -> Any:
        """Return where a party must sign."""
        if party not in self._signs:
            self._signs[party] = self._must_sign(party)
        return self._signs[party]

    def _must_sign(self, party: PartyId) -> Any:
        case, forms = self.situation.case, self.forms
        rule = case.signatories
        if party in self.situation.spoilers:
            return forms.always.negated()
        if party in rule.required or party in rule.vetoes:
            return forms.always
        if self.conflict.walk_away is not None:
            return forms.always if party in case.talks_end_without else forms.always.negated()
        start = self.conflict.space.levels(self.situation.start)
        return forms.any_of(
            forms.levels[name][start[name]].negated()
            for name, option in case.options.items()
            if party in option.owners
        )

    # ------------------------------------------------------------------ nobody gains by leaving

    def firm(self, goal: Any, assumed: Sequence[Any] = (), *, maximise: bool) -> Optimum | None:
        """Return the best that a goal can be where packages are firm, and so guarded as well.

        It takes far less time than all guarded ones; None unless those are asked for, and many.
        """
        if self.concept is not Concept.SEQ or self.conflict.space.dense:
            return None
        if self.conflict.walk_away is not None:
            return None
        self.concept = Concept.NASH
        try:
            if self._firm is None:
                self._firm = self.forms.model.new_bool_var("")
                self._stays_for_single_moves()
            return self.optimum(goal, [*assumed, self._firm], maximise=maximise)
        finally:
            self.concept = Concept.SEQ

    def _stays_for_single_moves(self) -> None:
        for party in self.conflict.parties:
            if self.conflict.walk_away is not None:
                if party in self.situation.case.talks_end_without:
                    stays = self._compared(party)[0]
                    self.forms.model.add_bool_or([stays, *self.excused(party)])
                continue
            for move in singles(self.conflict, party):
                self._stays(move)

    def _stays(self, move: Deviation) -> bool:
        """Post that a deviation never gains; return whether that is new."""
        if move.key in self._posted:
            return False
        self._posted.add(move.key)
        may = self.forms.literal(open_to(self.conflict, move))
        better = self.prefers(move.party, move.after)
        free = [] if self._firm is None else [self._firm.negated()]
        clause = [may.negated(), better.negated(), *free, *self.excused(move.party)]
        self.forms.model.add_bool_or(clause)
        self.cuts += 1
        return True

    @property
    def staying(self) -> tuple[PartyId, ...]:
        """Who must not gain by leaving: everybody."""
        return self.conflict.parties

    def excused(self, party: PartyId) -> tuple[Any, ...]:
        """Return literals any of which frees a party from having to stay: none."""
        del party
        return ()

    def _broken(self, state: int) -> bool:
        """Exclude a candidate that somebody would leave; return whether it was one."""
        key = (state, self.concept, self.staying)
        if self.concept is None or key in self._kept:
            return False
        if self.conflict.walk_away is not None:
            found = any(self._walks_away(party, state) for party in self.staying)
        elif self.concept is Concept.NASH:
            each = [self._gains(party, state) for party in self.staying]  # all of them are posted
            found = any(each)
        elif self.conflict.space.dense:
            found = any(self._leaves(party, state) for party in self.staying)
        else:
            found = self._somebody_leaves(state)
        if not found:
            self._kept.add(key)
            self._hints = self._spelled(state)
        return found

    def _spelled(self, state: int) -> list[tuple[int, bool]]:
        """Return a package as variables with their values: where the solver may look first."""
        levels = self.conflict.space.levels(state)
        return [
            (literal.index, level == now)
            for option, now in levels.items()
            for level, literal in enumerate(self.forms.levels[option])
            if literal.index >= 0
        ]

    def _walks_away(self, party: PartyId, state: int) -> bool:
        """Exclude a package for which a party would walk away from talks."""
        leaves = self.conflict.walks_away(party, state)
        if leaves:
            self.exclude(state, unless=self.excused(party))
        return leaves

    def _gains(self, party: PartyId, state: int) -> bool:
        """Exclude all packages from which a party would gain by a move as from this one."""
        if self.conflict.space.dense:
            gain = a_gain(self.conflict, party, state)
        else:
            space = self.conflict.space
            there = engine_of(self.conflict).gain(party, space.levels(state))
            gain = None if there is None else space.index(there)
        if gain is None:
            return False
        if not self._stays(between(self.conflict, party, state, gain)):
            raise AssertionError("a move that was excluded still gains")
        return True

    def _leaves(self, party: PartyId, state: int) -> bool:
        """Exclude a package that a party would leave by a move that nothing deters."""
        if a_gain(self.conflict, party, state) is None or not self._undeterred(party, state):
            return False
        self.exclude(state, unless=self.excused(party))
        return True

    def _somebody_leaves(self, state: int) -> bool:
        """Exclude all packages that some parties would leave as they would leave this one.

        First everybody is asked of whom it is soon told; then the others, until one would leave.
        """
        found, dear = False, []
        for party in self.staying:
            try:
                found |= self._leaves_unanswered(party, state, _DEAR)
            except TooDear:
                dear.append(party)
        return found or any(self._leaves_unanswered(party, state) for party in dear)

    def _leaves_unanswered(self, party: PartyId, state: int, most: int | None = None) -> bool:
        """Exclude all packages that a party would leave as it would leave this one."""
        assert self.concept is not None  # noqa: S101 - asked only where it matters
        engine, space = engine_of(self.conflict), self.conflict.space
        try:
            found = engine.leaving(party, space.levels(state), self.concept, self._go_on, most=most)
        except UsageError:
            self.undecided += 1
            self.exclude(state, unless=self.excused(party))
            return True
        if found is None:
            return False
        because, height = found
        differs = [self.forms.levels[o][level].negated() for o, level in because.items()]
        better = self.prefers(party, {}, self._after(space.index(height)))
        self.forms.model.add_bool_or([better, *differs, *self.excused(party)])
        self.cuts += 1
        return True

    def _undeterred(self, party: PartyId, state: int) -> bool:
        """Return whether some improvement of a party is not deterred, or it cannot be told."""
        assert self.concept is not None  # noqa: S101 - asked only where it matters
        try:
            for after in improvements(self.conflict, party, state):
                self._go_on()
                if sanction(self.conflict, party, state, after=after, concept=self.concept) is None:
                    return True
        except UsageError:
            self.undecided += 1
            return True
        return False

    def exclude(
        self,
        state: int,
        options: Iterable[OptionId] | None = None,
        *,
        apart: int = 1,
        unless: Iterable[Any] = (),
    ) -> None:
        """Post that the answer differs from a state in some options, or in at least so many.

        Not where one of the literals `unless` holds.
        """
        levels = self.conflict.space.levels(state)
        names = list(levels if options is None else options)
        differs = [self.forms.levels[name][levels[name]].negated() for name in names]
        self.forms.model.add_bool_or([*differs, *unless])
        if apart > 1:
            self.forms.model.add(sum(differs) >= apart)
        self.cuts += 1

    # ------------------------------------------------------------------ the search

    @property
    def why_early(self) -> str:
        """Why an answer is not final."""
        if self.interrupted:
            return "interrupted"
        if self.undecided:
            return "the answers to some moves lead too far to be looked at"
        return "the time limit was reached"

    def optimum(
        self,
        goal: Any,
        assumed: Sequence[Any] = (),
        *,
        maximise: bool,
        adds_up: bool = False,
        refuse: Callable[[int], bool] | None = None,
    ) -> Optimum:
        """Return the best that a goal can be where nobody would leave.

        Parameters
        ----------
        goal
            A sum of the model's variables.
        assumed
            Literals taken to be true this time.
        maximise
            Whether more is better.
        adds_up
            Whether the goal is made of sums of many numbers, which takes another kind of proof.
        refuse
            Told a candidate; excludes it and says so, where it will not do for another reason.
        """
        bound: int | None = None
        while not self.interrupted and not self._late and self.undecided <= _PATIENCE:
            try:
                self.tick("looking for packages")
                found = self._solve(goal, assumed, maximise=maximise, adds_up=adds_up)
                if found.status == "infeasible" and not self.undecided:
                    return found
                bound = _tighter(bound, found.bound, maximise=maximise)
                if found.state is None:
                    break
                if self._broken(found.state) or (refuse is not None and refuse(found.state)):
                    continue
            except KeyboardInterrupt:
                self.interrupted = True
                break
            except Stopped:
                break
            status: Status = "feasible" if self.undecided else found.status
            return replace(found, status=status, bound=bound)
        return Optimum(status="unknown", bound=bound)

    def _go_on(self) -> None:
        """Stop where time has run out."""
        if self._late:
            raise Stopped("the time limit was reached")

    @property
    def _late(self) -> bool:
        return self.until is not None and monotonic() >= self.until

    def at_least(self, goal: Any, value: int) -> Any:
        """Return a literal that makes a goal reach a value."""
        guard = self.forms.model.new_bool_var("")
        self.forms.model.add(goal >= value).only_enforce_if(guard)
        return guard

    def fewest_changes(
        self,
        assumed: Sequence[Any],
        known: int | None,
        refuse: Callable[[int], bool] | None = None,
    ) -> Optimum:
        """Return the package with the fewest changes of several; where time runs out, one known."""
        found = self.optimum(self.changes, assumed, maximise=False, refuse=refuse)
        if found.state is None and known is not None:
            return Optimum(status="feasible", state=known)
        return Optimum(status=found.status, state=found.state)

    def _solve(
        self, goal: Any, assumed: Sequence[Any], *, maximise: bool, adds_up: bool
    ) -> Optimum:
        """Solve once, with some literals taken to be true.

        Sums of many numbers are tried for a while in the usual way, which comes upon good
        packages, and then by a search that raises the bound, which is far quicker at proving.
        """
        copy = self.forms.model.clone()
        for literal in assumed:
            variable = max(literal.index, -literal.index - 1)  # a negated one counts from -1 down
            same = copy.get_bool_var_from_proto_index(variable)
            copy.add_bool_or([same if literal.index >= 0 else same.negated()])
        for literal, chosen in self._hints:
            copy.add_hint(copy.get_bool_var_from_proto_index(literal), chosen)
        if maximise:
            copy.maximize(goal)
        else:
            copy.minimize(goal)
        if not adds_up:
            return self._run(copy, maximise=maximise)
        first = self._run(copy, work=_WHILE, maximise=maximise)
        if first.status in {"optimal", "infeasible"} or self.interrupted or self._late:
            return first
        second = self._run(copy, by_bound=True, maximise=maximise)
        if second.status in {"optimal", "infeasible"}:
            return second
        better = max if maximise else min
        known = [each for each in (first, second) if each.value is not None]
        best = better(known, key=lambda each: each.value or 0, default=second)
        return replace(best, bound=_tighter(first.bound, second.bound, maximise=maximise))

    def _run(
        self,
        model: cp_model.CpModel,
        *,
        maximise: bool,
        work: float | None = None,
        by_bound: bool = False,
    ) -> Optimum:
        """Run the solver, perhaps for so much work only, which is the same on every machine."""
        left = None if self.until is None else max(self.until - monotonic(), 0.01)
        solver = cp_model.CpSolver()
        _set(solver.parameters, self.seed, left, len(model.proto.variables))
        if work is not None:
            solver.parameters.max_deterministic_time = work
        if by_bound:
            solver.parameters.num_workers = 1
            solver.parameters.optimize_with_lb_tree_search = True
        code = solved(solver, model)
        worked = solver.response_proto.deterministic_time
        worked_enough = work is not None and worked >= 0.9 * work
        in_time = self.until is None or monotonic() < self.until - _HASTE
        early = in_time and not worked_enough and ended_early(solver, left, code)
        self.interrupted = early
        if code not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            bound = _bound(solver, maximise=maximise) if code == cp_model.UNKNOWN else None
            return Optimum(
                status="infeasible" if code == cp_model.INFEASIBLE else "unknown", bound=bound
            )
        return Optimum(
            status="optimal" if code == cp_model.OPTIMAL else "feasible",
            state=self._state(solver),
            value=round(solver.objective_value),
            bound=_bound(solver, maximise=maximise),
        )

    def _state(self, solver: cp_model.CpSolver) -> int:
        levels = {
            option: next(n for n, literal in enumerate(each) if solver.boolean_value(literal))
            for option, each in self.forms.levels.items()
        }
        return self.conflict.space.index(levels)

    @cached_property
    def changes(self) -> Any:
        """How many options differ from the start."""
        start = self.conflict.space.levels(self.situation.start)
        return sum(self.forms.levels[o][level].negated() for o, level in start.items())


def _bound(solver: cp_model.CpSolver, *, maximise: bool) -> int | None:
    """Return the solver's bound on a goal, rounded outwards."""
    found = solver.best_objective_bound
    if not isfinite(found):
        return None
    return floor(found + _ROUNDING) if maximise else ceil(found - _ROUNDING)


def _tighter(one: int | None, other: int | None, *, maximise: bool) -> int | None:
    """Return the tighter of two bounds on a goal."""
    known = [bound for bound in (one, other) if bound is not None]
    return (min if maximise else max)(known, default=None)


def _set(parameters: Any, seed: int, seconds: float | None, variables: int) -> None:
    """Set the solver so that the same seed gives the same answer."""
    parameters.random_seed = seed
    if seconds is not None:
        parameters.max_time_in_seconds = seconds
    if variables <= _SMALL:
        parameters.num_workers = 1
        return
    parameters.num_workers = 8
    parameters.interleave_search = True
