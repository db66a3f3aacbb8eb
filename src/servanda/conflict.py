"""A case made ready for the engines: states, what is feasible, moves and payoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servanda.columns import Columns, Holds, over_columns
from servanda.conditions import Condition, OptionId, mentions
from servanda.errors import UsageError
from servanda.fan import Fan
from servanda.model import Case, PartyId, Preference, Rule
from servanda.moves import Moves
from servanda.preferences import Payoff, payoff
from servanda.states import Cells, States, StateSpace, Truth
from servanda.steps import Steps

Tick = Callable[[str], None]
"""Called now and then with what is being done; may raise `Stopped`."""


def silent(_: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Conflict:
    """A case, ready for the engines.

    Parameters
    ----------
    case
        The case.
    space
        Its states; shared between variants of one case.
    possible
        Boolean, shape = levels of each option: which states can be; None where there are too
        many of them for an array.
    payoffs
        Each party's preference over all states.
    moves
        Legal moves between feasible states.
    frozen
        Options that stay at base in this variant.
    """

    case: Case = field(repr=False)
    space: StateSpace = field(repr=False)
    possible: NDArray[np.bool_] | None = field(repr=False)
    payoffs: Mapping[PartyId, Payoff] = field(repr=False)
    moves: Moves = field(repr=False)
    frozen: frozenset[OptionId] = frozenset()
    _improved: dict[PartyId, dict[int, States]] = field(default_factory=dict, repr=False)
    _steps: dict[PartyId, dict[tuple[frozenset[OptionId], bool], Steps]] = field(
        default_factory=dict, repr=False
    )
    played: dict[Any, Any] = field(default_factory=dict, repr=False)
    engines: dict[str, Any] = field(default_factory=dict, repr=False)
    _spreads: dict[PartyId, int] = field(default_factory=dict, repr=False)
    _wished: dict[PartyId, frozenset[OptionId]] = field(default_factory=dict, repr=False)
    _idle: dict[PartyId, frozenset[OptionId]] = field(default_factory=dict, repr=False)
    _known: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """Which states can be; boolean, shape = levels of each option.

        Raises
        ------
        UsageError
            If there are too many states for an array.
        """
        self.space.must_be_dense()
        assert self.possible is not None  # noqa: S101 - a dense space has it
        return self.possible

    def can_be(self, state: int) -> bool:
        """Return whether a state is feasible, in a space of any size."""
        return self.moves.can_be(state)

    @cached_property
    def parties(self) -> tuple[PartyId, ...]:
        """Every party, in file order."""
        return tuple(self.case.parties)

    @cached_property
    def walk_away(self) -> Mapping[PartyId, int] | None:
        """What leaving the talks gives each party, on the scale of its payoff; None if no talks."""
        if not self.case.walk_away:
            return None
        return {
            party: int(Fraction(str(points)) * self.payoffs[party].scale)
            for party, points in self.case.walk_away.items()
        }

    def walks_away(self, party: PartyId, state: int) -> bool:
        """Return whether a party would rather end pure talks than have this state."""
        walk_away = self.walk_away
        if walk_away is None or party not in self.case.talks_end_without:
            return False
        return self.value(party, state) < walk_away[party]

    def severity(self, party: PartyId, worse: int, better: int) -> Fraction:
        """Return how much a party has between two values, from 0 to 1."""
        payoff = self.payoffs[party]
        if party not in self._spreads:
            self._spreads[party] = self._spread(payoff)
        return payoff.severity(worse, better, self._spreads[party])

    def _spread(self, payoff: Payoff) -> int:
        """Return the difference between the best and the worst there is; at most that, at size."""
        if payoff.cells is None:
            return max(payoff.most, 1)
        values = payoff.flat[self.feasible.reshape(-1)]
        return int(values.max()) - int(values.min())

    def value(self, party: PartyId, state: int) -> int:
        """Return a party's payoff at a state."""
        return self.payoffs[party].value(state)

    @cached_property
    def uncared(self) -> frozenset[OptionId]:
        """Options that make no difference: in no wish, and tied to none by a rule or condition."""
        cared = {o for party in self.parties for o in self.wished(party)}
        return frozenset(self.case.options) - self._tied(cared)

    def idle(self, party: PartyId) -> frozenset[OptionId]:
        """Return options that make no difference to a party: a gain without them is as good.

        They are in no wish of its own, and no rule or condition ties them to one that is.
        """
        if party not in self._idle:
            kept = self._tied(self.wished(party))
            self._idle[party] = frozenset(self.case.options) - kept
        return self._idle[party]

    def gains(self, party: PartyId, state: int) -> States:
        """Return improvements of a party that leave alone what makes no difference to it.

        There is one wherever there is any improvement.
        """
        if self.space.dense:
            reached = self.moves.holding(self.idle(party)).destinations(state, party)
            payoff = self.payoffs[party]
            gains: States = reached[payoff.of(reached) > payoff.value(state)]
            return gains
        return self.steps(party, self.idle(party), needed=False).to(state)

    def foreseen(
        self, party: PartyId, state: int, held: frozenset[OptionId], sanctions: Cells
    ) -> States:
        """Return the needed improvements of a party that the others will not undo.

        Of such an improvement no part gains at least as much and would be made instead.

        Parameters
        ----------
        party
            Who moves.
        state
            From where.
        held
            Options nobody changes.
        sanctions
            Its SEQ sanction values (flattened).
        """
        fan = Fan.of(self.moves.holding(held), state, (party,))
        assert fan is not None  # noqa: S101 - no party alone may set a joint option
        payoff = self.payoffs[party]
        better = fan.better([payoff]) & (sanctions[fan.states] > payoff.value(state))
        return fan.ends(fan.needed(fan.values(payoff), better))

    def steps(self, party: PartyId, held: frozenset[OptionId], *, needed: bool) -> Steps:
        """Return the moves by which a party gains, with some options held, from any state.

        Parameters
        ----------
        party
            Who moves.
        held
            Options nobody changes.
        needed
            Whether to leave out moves of which a part gains at least as much.
        """
        known = self._steps.setdefault(party, {})
        touched = self.moves.reach((party,)).touched  # whatever else is held is not its to move
        key = (touched & (held | self.frozen), needed)
        if key not in known:
            moves = self.moves.holding(key[0])
            bearing = self._tied(self.wished(party) | moves.reach((party,)).touched)
            known[key] = Steps(moves, self.payoffs[party], bearing, needed)
        return known[key]

    def known_of(self, party: PartyId, preference: Preference, case: Case) -> dict[str, Any]:
        """Return what conflicts that differ in wishes share of a party with these wishes."""
        key = f"{party} {preference.model_dump_json()}"
        if key not in self._known:
            found = payoff(self.space, party, preference, case)
            self._known[key] = {"payoff": found, "_improved": {}, "_steps": {}}
        return self._known[key]

    def wished(self, party: PartyId) -> frozenset[OptionId]:
        """Return the options that a party's wishes are about; all where it ranks the states."""
        if party not in self._wished:
            self._wished[party] = self._mentioned(party)
        return self._wished[party]

    def _mentioned(self, party: PartyId) -> frozenset[OptionId]:
        preference = self.case.preferences.get(party)
        if preference is None:
            return frozenset()
        if preference.ranking:
            return frozenset(self.case.options)
        words = self.case.vocabulary
        wishes = (wish.wish for group in self.case.statements(party) for wish in group)
        found = (mentions(words.condition(wish)) for wish in wishes)
        return frozenset(preference.position).union(*found)

    def _tied(self, options: Iterable[OptionId]) -> frozenset[OptionId]:
        """Return some options with all that rules, conditions and packages tie to them."""
        words, stated = self.case.vocabulary, self.case.options
        ties = [mentions(words.condition(rule.that)) for rule in self.case.never]
        ties += [
            mentions(words.condition(option.when)) | {name}
            for name, option in stated.items()
            if option.when is not None
        ]
        packages: dict[str, set[OptionId]] = {}
        for name, option in stated.items():
            if option.leavable and option.leave == "package":
                packages.setdefault(option.package, set()).add(name)
        ties += [frozenset(package) for package in packages.values()]
        found, before = set(options), -1
        while len(found) > before:
            before = len(found)
            for tie in ties:
                if not found.isdisjoint(tie):
                    found |= tie
        return frozenset(found)

    def needed(self, party: PartyId, state: int) -> States:
        """Return the improvements of a party of which no part gains at least as much."""
        return self.steps(party, self.idle(party), needed=True).to(state)

    def ways(self, party: PartyId, state: int) -> States:
        """Return the states a party can move to; at size not by what nobody cares about."""
        if self.space.dense:
            return self.moves.destinations(state, party)
        fan = Fan.of(self.moves.holding(self.uncared | self.frozen), state, (party,))
        assert fan is not None  # noqa: S101 - no party alone may set a joint option
        return fan.ends(fan.elsewhere)

    def best_way(self, party: PartyId, state: int) -> int:
        """Return what the best move of a party from a state is worth to it, staying included."""
        payoff = self.payoffs[party]
        if self.space.dense:
            reached = self.moves.destinations(state, party)
            return max([payoff.value(state), *map(int, payoff.of(reached))])
        fan = Fan.of(self.moves.holding(self.idle(party) | self.frozen), state, (party,))
        assert fan is not None  # noqa: S101 - no party alone may set a joint option
        return int(fan.values(payoff)[fan.elsewhere].max(initial=payoff.value(state)))

    def least(self, party: PartyId, state: int) -> int:
        """Return less than a party could ever be left with once the others have moved at will.

        Rules and conditions are not looked at, so that nothing worse can come of any moves.
        """
        moves = self.moves.holding(self.frozen)
        own = set(moves.reach((party,)).free)
        others = moves.reach(set(self.parties) - {party})
        falling = (option for _, falls in others.packages for option in falls)
        reached = {*others.free, *others.terms, *falling} & self.wished(party)
        return Fan.free(moves, state, sorted(reached - own)).worst(self.payoffs[party])

    def improvements(self, party: PartyId, state: int) -> States:
        """Return the states a party can move to and prefers.

        Where there are too many states for an array, what nobody cares about stays as it is.
        """
        if not self.space.dense:
            return self.steps(party, self.uncared, needed=False).to(state)
        known = self._improved.setdefault(party, {})
        if state not in known:
            reached = self.moves.destinations(state, party)
            payoff = self.payoffs[party]
            known[state] = reached[payoff.of(reached) > payoff.value(state)]
        return known[state]


def compile_case(case: Case) -> Conflict:
    """Return a case ready for the engines.

    Parameters
    ----------
    case
        A case without faults.

    Raises
    ------
    UsageError
        If no state is feasible, as far as all can be looked at.
    """
    space = StateSpace(case)
    payoffs = {
        party: payoff(space, party, case.preferences.get(party, Preference()), case)
        for party in case.parties
    }
    if not space.dense:
        return Conflict(case, space, None, payoffs, Moves(space, Looked.by(space, case.never)))
    feasible = feasible_states(space, case.never)
    return Conflict(case, space, feasible, payoffs, Moves(space, feasible.reshape(-1)))


@dataclass(frozen=True)
class Looked:
    """Which states can be, found by looking at those asked about.

    Parameters
    ----------
    space
        The states.
    never
        Conditions none may satisfy.
    fixed
        Options that stay at a level.
    """

    space: StateSpace
    never: tuple[Condition, ...]
    fixed: Mapping[OptionId, int] = field(default_factory=dict)

    @classmethod
    def by(cls, space: StateSpace, never: Iterable[Rule]) -> Looked:
        """Return what a case's rules allow."""
        return cls(space, tuple(space.case.vocabulary.condition(rule.that) for rule in never))

    @cached_property
    def _broken(self) -> tuple[Holds, ...]:
        return tuple(over_columns(condition, self.space.axis) for condition in self.never)

    def __getitem__(self, states: States, /) -> Truth:
        """Return which of some states can be."""
        found = np.asarray(self.over(self.space.columns(states)))
        return np.array(np.broadcast_to(found, len(states)))

    def over(self, columns: Columns) -> Any:
        """Return which states with some columns of levels can be: True or False, or an array."""
        found: Any = True
        for option, level in self.fixed.items():
            found = found & (columns[self.space.axis[option]] == level)
        for broken in self._broken:
            found = found & (broken(columns) ^ True)
        return found


def feasible_states(space: StateSpace, never: Iterable[Rule]) -> NDArray[np.bool_]:
    """Return which states satisfy none of the rules; shape = levels of each option."""
    feasible = np.ones(space.shape, dtype=np.bool_)
    for rule in never:
        feasible &= ~space.truth(space.case.vocabulary.condition(rule.that))
    if not feasible.any():
        raise UsageError("no state is feasible", "the rules under `never` exclude every state")
    return feasible


def freeze(conflict: Conflict, options: Iterable[OptionId]) -> Conflict:
    """Return the conflict with some options held at base in every state."""
    options = frozenset(options)
    if not conflict.space.dense:
        fixed = {option: conflict.case.base[option] for option in conflict.frozen | options}
        looked = replace(Looked.by(conflict.space, conflict.case.never), fixed=fixed)
        moves = Moves(conflict.space, looked)
        return replace(
            conflict,
            frozen=conflict.frozen | options,
            moves=moves,
            **_forgotten(),
        )
    feasible = conflict.feasible.copy()
    for option in options:
        count = len(conflict.case.options[option].levels)
        base = conflict.case.base[option]
        feasible &= conflict.space.along(option, (level == base for level in range(count)))
    if not feasible.any():
        raise UsageError("no state is feasible without these options")
    return _fitted(replace(conflict, frozen=conflict.frozen | options), feasible)


def with_preference(conflict: Conflict, party: PartyId, preference: Preference) -> Conflict:
    """Return the conflict with one party's preference replaced."""
    case = conflict.case.model_copy(
        update={"preferences": {**conflict.case.preferences, party: preference}}
    )
    changed = payoff(conflict.space, party, preference, case)
    payoffs = {**conflict.payoffs, party: changed}
    fresh = _forgotten()
    for known in ("_improved", "_steps", "_spreads", "_wished", "_idle"):
        others: Mapping[PartyId, Any] = getattr(conflict, known)
        fresh[known] = {other: found for other, found in others.items() if other != party}
    fresh["engines"] = conflict.engines
    return replace(conflict, case=case, payoffs=payoffs, **fresh)


def with_preferences(conflict: Conflict, case: Case) -> Conflict:
    """Return the conflict with the wishes of another case; what is found of a party is shared.

    All conflicts that come from one in this way share what they find out of a party's moves, as
    long as its wishes are the same.

    Parameters
    ----------
    conflict
        The conflict.
    case
        A case with the same parties, options, rules and facts.
    """
    payoffs: dict[PartyId, Payoff] = {}
    fresh = _forgotten()
    for party in case.parties:
        preference = case.preferences.get(party, Preference())
        known = conflict.known_of(party, preference, case)
        payoffs[party] = known["payoff"]
        for name in ("_improved", "_steps"):
            fresh[name][party] = known[name]
        for name in ("_idle", "_wished"):
            if name in known:
                fresh[name][party] = known[name]
    fresh["engines"], fresh["_known"] = conflict.engines, conflict._known  # noqa: SLF001 - its own kind
    new = replace(conflict, case=case, payoffs=payoffs, **fresh)
    for party in case.parties:
        known = conflict.known_of(party, case.preferences.get(party, Preference()), case)
        known["_idle"], known["_wished"] = new.idle(party), new.wished(party)
    return new


def with_rules(conflict: Conflict, never: tuple[Rule, ...]) -> Conflict:
    """Return the conflict with other rules about what cannot be, options frozen as before."""
    case = conflict.case.model_copy(update={"never": never})
    if not conflict.space.dense:
        fresh = replace(conflict, case=case, frozen=frozenset(), **_forgotten())
        return freeze(fresh, conflict.frozen)
    feasible = feasible_states(conflict.space, never)
    fresh = _fitted(replace(conflict, case=case, frozen=frozenset()), feasible)
    return freeze(fresh, conflict.frozen) if conflict.frozen else fresh


def _fitted(conflict: Conflict, feasible: NDArray[np.bool_]) -> Conflict:
    """Return the conflict with other feasible states and the moves between them."""
    moves = Moves(conflict.space, feasible.reshape(-1))
    return replace(conflict, possible=feasible, moves=moves, **_forgotten())


def _forgotten() -> dict[str, Any]:
    """Return what a variant must find out anew."""
    names = ("_improved", "_steps", "played", "engines", "_spreads", "_wished", "_idle", "_known")
    return {name: {} for name in names}
