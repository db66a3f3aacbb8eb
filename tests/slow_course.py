"""The slow reference for plans, first half: where play starts, what threats do, where it ends.

Each definition done by looking at every state.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import product

from servanda.conditions import OptionId
from servanda.model import Case, Option, PartyId, Plan, Rule, Term, Threat
from slow import Outcome, Slow, State, Utility

Levels = Mapping[OptionId, int]
Ends = frozenset[Outcome]


class ImpossibleError(Exception):
    """No state is as the plan says."""


class SlowCourse:
    """One case under its default plan, some of it left out.

    Parameters
    ----------
    case
        A case with a default plan and few enough states to list.
    without
        Parts of the plan, or options, that are left out: held at base and struck.

    Attributes
    ----------
    slow
        The conflict with the plan's dates on its options, what is left out held at base.
    """

    def __init__(self, case: Case, without: Iterable[str] = ()) -> None:
        assert case.default_plan is not None
        self.before = case
        self.plan: Plan = case.plans[case.default_plan]
        self.gone = self._gone(without)
        self.slow = self._conflict(frozen(with_dates(case, self.plan), self.gone))
        self.parties = self.slow.parties
        self.talks = bool(case.walk_away)

    def _conflict(self, case: Case) -> Slow:
        return Slow(case)

    # ----------------------------------------------------------------------- what is left

    def _gone(self, without: Iterable[str]) -> frozenset[OptionId]:
        gone: set[OptionId] = set()
        for word in without:
            if word == "threats":
                for threat in self.plan.threats:
                    gone |= {threat.announce, *self._levels(threat.act)}
            elif word in {"commitments", "pressure", "offers"}:
                gone |= set(self._levels(term.take for term in getattr(self.plan, word)))
            else:
                gone.add(OptionId(word))
        for threat in self.plan.threats:
            if threat.announce in gone:
                gone |= set(self._levels(threat.act))
        return frozenset(gone)

    def _levels(self, texts: Iterable[str]) -> Levels:
        return dict(self.before.vocabulary.term(text) for text in texts)

    def _kept(self, terms: Iterable[Term]) -> Levels:
        levels = self._levels(term.take for term in terms)
        return {name: level for name, level in levels.items() if name not in self.gone}

    @cached_property
    def threats(self) -> list[Threat]:
        return [
            threat
            for threat in self.plan.threats
            if not self.gone & {threat.announce, *self._levels(threat.act)}
        ]

    @cached_property
    def acts(self) -> list[Levels]:
        return [self._levels(threat.act) for threat in self.threats]

    @cached_property
    def commitments(self) -> Levels:
        return self._kept(self.plan.commitments)

    @cached_property
    def pressure(self) -> Levels:
        """What presses, the announcements of threats included."""
        announced = {
            threat.announce: len(self.before.options[threat.announce].levels) - 1
            for threat in self.threats
        }
        return {**announced, **self._kept(self.plan.pressure)}

    @cached_property
    def target(self) -> Levels:
        return self._kept(self.plan.target)

    @cached_property
    def held(self) -> frozenset[OptionId]:
        joint = {name for name, option in self.before.options.items() if option.joint}
        offers = self._kept(self.plan.offers)
        return frozenset({*self.commitments, *self.pressure, *offers, *joint})

    # ----------------------------------------------------------------------------- states

    def put(self, state: State, terms: Levels) -> State:
        names = self.slow.names
        return tuple(terms.get(name, level) for name, level in zip(names, state, strict=True))

    def stands(self, state: State, terms: Levels) -> bool:
        return self.put(state, terms) == state

    @cached_property
    def start(self) -> State:
        start = self.put(self.put(self.slow.base, self.pressure), self.commitments)
        if not self.talks and not self.slow.is_feasible(start):
            raise ImpossibleError
        return start

    def placed(self, terms: Levels, fixed: Collection[OptionId]) -> list[State]:
        """Return the states nearest to the start with these terms, those fixed as at the start."""
        wanted = self.put(self.start, terms)
        stay = {name: self.slow.levels(self.start)[name] for name in fixed if name not in terms}
        fit = [
            state
            for state in self.slow.states
            if self.stands(state, {**stay, **terms}) and self.reachable(state)
        ]
        if not fit:
            raise ImpossibleError
        least = min(distance(state, wanted) for state in fit)
        return [state for state in fit if distance(state, wanted) == least]

    def reachable(self, state: State) -> bool:
        """Return whether no one-way option bars the state; pure talks have no start to go from."""
        return self.talks or self.slow.reachable(self.start, state)

    def settled(self, starts: Iterable[State], held: Iterable[OptionId]) -> Ends:
        fixed = tuple(held)
        return frozenset(end for state in starts for end in self.slow.no_deal(state, fixed))

    # ---------------------------------------------------------------- target and threats

    @cached_property
    def completions(self) -> Ends:
        """Return where the rest settles once the target's terms hold."""
        starts = self.placed(self.target, self.commitments)
        return self.settled(starts, self.held | set(self.target))

    @cached_property
    def target_states(self) -> list[State]:
        return [state for end in self.completions for state in end]

    def with_acts(self, done: Sequence[bool], *, foresight: bool = False) -> Ends:
        """Return where no deal leads with each threatened act held done or held not done."""
        names = {name for act in self.acts for name in act}
        terms = {name: self.slow.levels(self.slow.base)[name] for name in names}
        carried = [act for act, wanted in zip(self.acts, done, strict=True) if wanted]
        for act in carried:
            terms.update(act)
        if not all(act.items() <= terms.items() for act in carried):
            raise ImpossibleError  # two acts set one option to two levels
        starts = self.placed(terms, self.held)
        if foresight:
            return frozenset(end for s in starts for end in self.far_sighted(s, self.held | names))
        return self.settled(starts, self.held | names)

    def compared(self, number: int) -> list[tuple[Ends, Ends]]:
        """Return no deal with one act held done and not done, however the other acts go."""
        act = self.acts[number]
        trivial = self.stands(self.slow.base, act)
        pairs = []
        for rest in product((True, False), repeat=len(self.acts) - 1):
            with_it = (*rest[:number], True, *rest[number:])
            others = [other for other, done in zip(self.acts, with_it, strict=True) if done]
            others.remove(act)
            base = self.put(self.slow.base, {k: v for other in others for k, v in other.items()})
            if self.stands(base, act) and not trivial:
                continue  # the others carry it out
            try:
                pairs.append(
                    (
                        self.with_acts(with_it),
                        self.with_acts((*rest[:number], False, *rest[number:])),
                    )
                )
            except ImpossibleError:
                continue
        if not pairs:
            raise ImpossibleError
        return pairs

    def worths(self, party: PartyId, ends: Ends) -> list[Utility]:
        return [self.slow.utility(party, state) for end in ends for state in end]

    def credible(self, number: int) -> str:
        by = self.threats[number].by
        found = set()
        for done, undone in self.compared(number):
            with_it, without = self.worths(by, done), self.worths(by, undone)
            if min(with_it) > max(without):
                found.add("credible")
            elif max(with_it) < min(without):
                found.add("bluff")
            else:
                found.add("doubtful")
        return found.pop() if len(found) == 1 else "doubtful"

    def effect(self, number: int, party: PartyId) -> str:
        found = set()
        for done, undone in self.compared(number):
            with_it, without = self.worths(party, done), self.worths(party, undone)
            if max(with_it) < min(without):
                found.add("hurts")
            elif min(with_it) > max(without):
                found.add("gift")
            elif len(set(with_it + without)) == 1:
                found.add("empty")
            else:
                found.add("mixed")
        return found.pop() if len(found) == 1 else "mixed"

    @cached_property
    def announced(self) -> Ends:
        return self.settled([self.start], self.held)

    def bound(self, number: int) -> bool:
        return all(self.stands(state, self.acts[number]) for end in self.announced for state in end)

    def changes(self, number: int) -> bool:
        name = self.threats[number].announce
        quiet = self.put(self.start, {name: self.slow.levels(self.slow.base)[name]})
        if quiet not in self.slow.feasible:
            return False  # a rule asks for the announcement

        def apart(ends: Ends) -> Ends:
            return frozenset(frozenset(self.put(s, {name: 0}) for s in end) for end in ends)

        return apart(self.announced) != apart(self.settled([quiet], self.held))

    def refrains(self, number: int) -> bool | None:
        if not self.target:
            return None
        by, act = self.threats[number].by, self.acts[number]
        return not any(
            self.stands(here, act)
            for state in self.target_states
            for here in (state, *self.slow.improvements(by, state))
        )

    def ways(self, number: int) -> tuple[bool, ...]:
        """Return whether no deal has the act done, not done, or must be played both ways."""
        credible = self.credible(number)
        if self.bound(number) or credible == "credible":
            return (True,)
        return (False,) if credible == "bluff" else (True, False)

    # ---------------------------------------------------------------------------- no deal

    @cached_property
    def no_deal(self) -> Ends:
        """Return every outcome without a deal; none in pure talks."""
        return self._no_deal(foresight=False)

    @cached_property
    def wise_no_deal(self) -> Ends:
        """Return the same where nobody makes an improvement that others would undo."""
        return self._no_deal(foresight=True)

    def _no_deal(self, *, foresight: bool) -> Ends:
        if self.talks:
            return frozenset()
        found: set[Outcome] = set()
        possible = False
        for done in product(*(self.ways(number) for number in range(len(self.acts)))):
            try:
                found |= self.with_acts(done, foresight=foresight)
                possible = True
            except ImpossibleError:
                continue
        if not possible:
            raise ImpossibleError
        return frozenset(found)

    def far_sighted(self, start: State, held: Collection[OptionId]) -> Ends:
        """Return where play ends with improvements that sanctions would not undo."""
        names = [self.slow.names.index(name) for name in held]

        def steps(state: State) -> set[State]:
            found = set()
            for party in self.parties:
                made = [
                    after
                    for after in self.slow.improvements(party, state)
                    if all(after[index] == state[index] for index in names)
                    and not self._undone(party, state, after)
                ]
                found |= {after for after in made if not self._idle(party, state, after, made)}
            return found

        def ahead(state: State) -> Outcome:
            if state not in known:
                seen, queue = {state}, [state]
                while queue:
                    new = steps(queue.pop()) - seen
                    seen |= new
                    queue.extend(new)
                known[state] = frozenset(seen)
            return known[state]

        known: dict[State, Outcome] = {}
        return frozenset(
            ahead(state)
            for state in ahead(start)
            if all(state in ahead(later) for later in ahead(state))
        )

    def _undone(self, party: PartyId, state: State, after: State) -> bool:
        slow = self.slow
        answers = slow.reached(after, slow.others([party]), slow.improvements)
        return any(slow.utility(party, x) <= slow.utility(party, state) for x in answers)

    def _idle(self, party: PartyId, state: State, after: State, made: Collection[State]) -> bool:
        """Return whether a part of the move gains at least as much."""
        return any(
            other != after
            and self.slow.utility(party, other) >= self.slow.utility(party, after)
            and all(
                min(old, new) <= level <= max(old, new)
                for level, old, new in zip(other, state, after, strict=True)
            )
            for other in made
        )


def distance(one: State, two: State) -> int:
    """Return on how many options two states differ."""
    return sum(a != b for a, b in zip(one, two, strict=True))


def with_dates(case: Case, plan: Plan) -> Case:
    """Return the case with the plan's `when` and `until` on its options."""
    options = dict(case.options)
    for term in (*plan.commitments, *plan.pressure, *plan.offers, *plan.target):
        name, _ = case.vocabulary.term(term.take)
        known: Option = options[name]
        whens = [text for text in (known.when, term.when) if text is not None]
        when = " and ".join(f"({text})" for text in whens) or None
        update = {"when": when, "until": term.until or known.until}
        options[name] = known.model_copy(update=update)
    return case.model_copy(update={"options": options})


def frozen(case: Case, names: Iterable[OptionId]) -> Case:
    """Return the case with rules that keep some options at base."""
    rules = []
    for name in names:
        option, base = case.options[name], case.base[name]
        if option.yes_no:
            rules.append(Rule(that=f"not {name}" if base else name))
        else:
            rules.append(Rule(that=f"{name} != {option.levels[base]}"))
    return case.model_copy(update={"never": (*case.never, *rules)})
