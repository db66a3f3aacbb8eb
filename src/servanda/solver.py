"""Packages in conflicts too large to enumerate: found, ordered and proved by constraint solving.

What must hold of a package is posted as constraints: it can be, can be reached, is acceptable.
That nobody gains by leaving is posted for single options first; whichever other move then breaks a
candidate is added, until a candidate survives a search of all moves or none is left.  Answers
that the others would give are searched locally, and a candidate that fails is excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from time import monotonic
from typing import Any, Final, Literal

from ortools.sat.python import cp_model

from servanda.acceptance import signatories
from servanda.conditions import Condition, OptionId, holds, moved
from servanda.conflict import Conflict, Tick, silent
from servanda.deviations import Deviation, between, open_to, singles
from servanda.errors import UsageError
from servanda.formulas import Formulas, ended_early, solved, wishes_of, worths_of
from servanda.model import PartyId
from servanda.nodeal import NoDeal
from servanda.selfenforcement import a_gain, improvements, sanction
from servanda.situation import Situation
from servanda.stability import Concept

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
SCALE: Final = 10**6

_PATIENCE: Final = 16  # candidates of which it cannot be told who would leave them
_SMALL: Final = 400  # Boolean variables up to which one worker is quicker than eight


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best package found, and how good it is known to be.

    Parameters
    ----------
    state
        The package; None if none is known.
    status
        ``optimal``: proved; ``feasible``: there may be a better one; ``infeasible``: it is
        proved that there is none; ``unknown``: nothing is known.
    standings
        Each signatory's standing, the worst-off first: shares of `SCALE`.
    bound
        The best that the worst-off signatory's standing can be.
    cuts
        Moves and candidates excluded on the way.
    seconds
        How long it took.
    """

    state: int | None
    status: Status
    standings: tuple[int, ...] = ()
    bound: int = SCALE
    cuts: int = 0
    seconds: float = 0.0


class Search:
    """A search for packages of a situation, in order; a standing of 1 counts as `FULL`.

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
    """

    FULL: Final = SCALE

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
        self.forms.model.add_bool_or([may.negated(), better.negated(), *self.excused(move.party)])
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
        found = False
        for party in self.staying if self.concept is not None else ():
            if self.conflict.walk_away is not None:
                leaves = self.conflict.walks_away(party, state)
            else:
                gain = a_gain(self.conflict, party, state)
                if gain is None:
                    continue
                if self.concept is Concept.NASH:
                    if not self._stays(between(self.conflict, party, state, gain)):
                        raise AssertionError("a move that was excluded still gains")
                    found = True
                    continue
                leaves = self._undeterred(party, state)
            if leaves:
                self._exclude(state, unless=self.excused(party))
                return True
        return found

    def _undeterred(self, party: PartyId, state: int) -> bool:
        """Return whether some improvement of a party is not deterred, or it cannot be told."""
        assert self.concept is not None  # noqa: S101 - asked only where it matters
        try:
            return any(
                sanction(self.conflict, party, state, after=after, concept=self.concept) is None
                for after in improvements(self.conflict, party, state)
            )
        except UsageError:
            self.undecided += 1
            return True

    def _exclude(
        self,
        state: int,
        options: Iterable[OptionId] | None = None,
        *,
        unless: Iterable[Any] = (),
    ) -> None:
        """Post that a state, as far as some options go, is not the answer."""
        levels = self.conflict.space.levels(state)
        names = list(levels if options is None else options)
        differs = [self.forms.levels[name][levels[name]].negated() for name in names]
        self.forms.model.add_bool_or([*differs, *unless])
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

    def packages(self, limit: int = 1) -> Iterator[Best]:
        """Yield the best package, the next best, and so on; the last says why there are no more.

        Packages with the same terms count as one.
        """
        for _ in range(limit):
            found = self.best()
            yield found
            if found.state is None or found.status != "optimal":
                return
            self._exclude(found.state, self.situation.terms)

    def leave_out(self, state: int) -> None:
        """Exclude all packages with the terms of one."""
        self._exclude(state, self.situation.terms)

    def nearest(
        self, states: Sequence[int], weights: Mapping[OptionId, int] | None = None
    ) -> tuple[int, int] | None:
        """Return the package that differs from one of some states in the fewest terms.

        Parameters
        ----------
        states
            The states.
        weights
            How much a change of each term counts; 1 where nothing is said.

        Returns
        -------
        (package, weight of the terms) or None
            None where there is none, or none was found in time.
        """
        terms = dict.fromkeys(self.situation.terms, 1) | dict(weights or {})
        apart, chosen = self.apart(states, terms)
        found, _, _ = self._optimum(apart, [chosen], maximise=False)
        if found is None:
            return None
        space = self.conflict.space
        least = min(
            sum(w for o, w in terms.items() if space.level(found, o) != space.level(state, o))
            for state in states
        )
        return found, least

    def apart(
        self, states: Sequence[int], weights: Mapping[OptionId, int] | None = None
    ) -> tuple[Any, Any]:
        """Return in how many terms a package differs from one of some states, if a literal holds.

        Where no state is given: how many options it changes.  With weights, what the terms in
        which it differs weigh together.
        """
        if not states:
            return self._changes(), self.forms.always
        model = self.forms.model
        terms = dict.fromkeys(self.situation.terms, 1) if weights is None else dict(weights)
        apart = model.new_int_var(0, sum(terms.values()), "")
        chosen = []
        for state in states:
            levels = self.conflict.space.levels(state)
            differs = sum(w * self.forms.levels[o][levels[o]].negated() for o, w in terms.items())
            this = model.new_bool_var("")
            model.add(apart == differs).only_enforce_if(this)
            chosen.append(this)
        return apart, self.forms.any_of(chosen)

    def best(self) -> Best:
        """Return the best package: the worst-off signatory first, then fewest changes."""
        began = monotonic()
        standings = [self.standing(party) for party in self.conflict.parties]
        fixed: list[Any] = []
        state, bound = None, SCALE
        for place in range(len(standings)):
            goal, guard = self._nth_worst(standings, place)
            found, value, status = self._optimum(goal, [*fixed, guard], maximise=True)
            if place == 0 and status != "optimal":
                bound = value if value is not None else SCALE
            if found is None and state is None:
                return self._told(None, status, bound, began)
            if status != "optimal" or found is None or value is None:
                return self._told(found if state is None else state, "feasible", bound, began)
            state = found
            if place == 0:
                bound = value
            fixed += [guard, self._at_least(goal, value)]
            if value == SCALE:
                break
        changes = self._changes()
        found, _, status = self._optimum(changes, fixed, maximise=False)
        if found is None:
            return self._told(state, "feasible", bound, began)
        return self._told(found, status, bound, began)

    def _told(self, state: int | None, status: Status, bound: int, began: float) -> Best:
        standings = () if state is None else tuple(sorted(self.standings(state)))
        return Best(
            state=state,
            status=status,
            standings=standings,
            bound=bound,
            cuts=self.cuts,
            seconds=monotonic() - began,
        )

    def _nth_worst(self, standings: Sequence[Any], place: int) -> tuple[Any, Any]:
        """Return a number that all standings but `place` of them reach, and what makes it so."""
        model = self.forms.model
        goal = model.new_int_var(0, SCALE, "")
        guard = model.new_bool_var("")
        reach = [model.new_bool_var("") for _ in standings]
        for standing, reached in zip(standings, reach, strict=True):
            model.add(standing >= goal).only_enforce_if(reached)
        model.add(sum(reach) >= len(standings) - place).only_enforce_if(guard)
        return goal, guard

    def _at_least(self, goal: Any, value: int) -> Any:
        guard = self.forms.model.new_bool_var("")
        self.forms.model.add(goal >= value).only_enforce_if(guard)
        return guard

    def _changes(self) -> Any:
        start = self.conflict.space.levels(self.situation.start)
        return sum(self.forms.levels[o][level].negated() for o, level in start.items())

    def standing(self, party: PartyId) -> Any:
        """Return a party's standing where it signs, and the highest where it does not."""
        forms, payoff = self.forms, self.conflict.payoffs[party]
        model = forms.model
        found = model.new_int_var(0, SCALE, "")
        signs = self.signs(party)
        model.add(found == SCALE).only_enforce_if(signs.negated())
        if payoff.form == "ordered":
            steps = []
            met: list[Any] = []
            for place, group in enumerate(self.wishes[party]):
                met += [forms.literal(wish) for wish in group]
                steps.append(
                    _share(place + 1, len(payoff.groups)) - _share(place, len(payoff.groups))
                )
                met = [forms.all_of(met)]
                steps[-1] = steps[-1] * met[0]
            model.add(found == sum(steps)).only_enforce_if(signs)
        elif payoff.form == "points":
            total, low, high = self._spread(party)
            span = max(high - low, 1)
            model.add(found * span <= SCALE * (total - low)).only_enforce_if(signs)
            model.add((found + 1) * span >= SCALE * (total - low) + 1).only_enforce_if(signs)
        else:
            model.add(found == SCALE)
        return found

    def _spread(self, party: PartyId) -> tuple[Any, int, int]:
        """Return a party's points, and the least and the most that they could ever add up to."""
        scale = self.conflict.payoffs[party].scale
        weights = [int(worth * scale) for _, worth in self.worths[party]]
        low, high = sum(w for w in weights if w < 0), sum(w for w in weights if w > 0)
        return self.points(party)[0], low, high

    def standings(self, state: int) -> list[int]:
        """Return every party's standing in a state, counted without the solver."""
        levels = self.conflict.space.levels(state)
        signing = signatories(self.situation, state)
        found = []
        for party in self.conflict.parties:
            payoff = self.conflict.payoffs[party]
            if party not in signing or payoff.form not in {"ordered", "points"}:
                found.append(SCALE)
            elif payoff.form == "ordered":
                groups = self.wishes[party]
                met = (all(holds(wish, levels) for wish in group) for group in groups)
                first = next((n for n, each in enumerate(met) if not each), len(groups))
                found.append(_share(first, len(groups)))
            else:
                scale = payoff.scale
                worths = [(w, int(worth * scale)) for w, worth in self.worths[party]]
                low = sum(worth for _, worth in worths if worth < 0)
                high = sum(worth for _, worth in worths if worth > 0)
                total = sum(worth for wish, worth in worths if holds(wish, levels))
                found.append(SCALE * (total - low) // max(high - low, 1))
        return found

    def _optimum(
        self, goal: Any, assumed: Sequence[Any], *, maximise: bool
    ) -> tuple[int | None, int | None, Status]:
        """Return the state with the best goal that nobody would leave, its goal, and the status.

        Where the status is not ``optimal`` the number is the bound instead.
        """
        while not self.interrupted:
            self.tick("looking for packages")
            left = None if self.until is None else self.until - monotonic()
            if (left is not None and left <= 0) or self.undecided > _PATIENCE:
                break
            solver, code = self._solve(goal, assumed, left, maximise=maximise)
            self.interrupted = ended_early(solver, left, code)
            if code == cp_model.INFEASIBLE and not self.undecided:
                return None, None, "infeasible"
            if code not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
                break
            state = self._state(solver)
            if self._broken(state):
                continue
            if code == cp_model.OPTIMAL and not self.undecided:
                return state, round(solver.objective_value), "optimal"
            return state, round(solver.best_objective_bound), "feasible"
        return None, None, "unknown"

    def _solve(
        self, goal: Any, assumed: Sequence[Any], left: float | None, *, maximise: bool
    ) -> tuple[cp_model.CpSolver, Any]:
        """Solve once, with some literals taken to be true, and so many seconds left."""
        copy = self.forms.model.clone()
        for literal in assumed:
            variable = max(literal.index, -literal.index - 1)  # a negated one counts from -1 down
            same = copy.get_bool_var_from_proto_index(variable)
            copy.add_bool_or([same if literal.index >= 0 else same.negated()])
        if maximise:
            copy.maximize(goal)
        else:
            copy.minimize(goal)
        solver = cp_model.CpSolver()
        _set(solver.parameters, self.seed, left, len(copy.proto.variables))
        return solver, solved(solver, copy)

    def _state(self, solver: cp_model.CpSolver) -> int:
        levels = {
            option: next(n for n, literal in enumerate(each) if solver.boolean_value(literal))
            for option, each in self.forms.levels.items()
        }
        return self.conflict.space.index(levels)


def _share(part: int, whole: int) -> int:
    return SCALE * part // whole if whole else SCALE


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
