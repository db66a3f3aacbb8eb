"""A slow and obvious reference: every state listed, every move listed, every sequence searched.

It shares nothing with the engines but the case and the meaning of a condition.
A state is a tuple of level indices, one for each option in the order of the case.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Literal

from servanda.conditions import OptionId, holds
from servanda.model import Case, Option, PartyId, Preference

State = tuple[int, ...]
Utility = tuple[Fraction, ...]
Group = frozenset[PartyId]
Outcome = frozenset[State]
Steps = Callable[[PartyId, State], Iterable[State]]

CONCEPTS = ("nash", "gmr", "smr", "seq")


class Slow:
    """One case, with everything about it found by looking.

    Parameters
    ----------
    case
        A case with few enough states to list.

    Attributes
    ----------
    base
        The status quo.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.parties = tuple(case.parties)
        self.names = tuple(case.options)
        self.options = tuple(case.options.values())
        self._levels: dict[State, dict[OptionId, int]] = {}
        self.base: State = tuple(case.base[name] for name in self.names)
        self._values = [
            tuple(Fraction(str(value)) for value in option.values or range(len(option.levels)))
            for option in self.options
        ]
        self._utility: dict[PartyId, dict[State, Utility]] = {}
        self._moves: dict[tuple[Group, State], frozenset[State]] = {}

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The feasible states, in order."""
        return tuple(state for state in self._combinations() if self.is_feasible(state))

    @cached_property
    def feasible(self) -> frozenset[State]:
        """The same as a set."""
        return frozenset(self.states)

    def _combinations(self) -> Iterator[State]:
        return product(*(range(len(option.levels)) for option in self.options))

    def levels(self, state: State) -> Mapping[OptionId, int]:
        """Return the level of each option, by its name."""
        if state not in self._levels:
            self._levels[state] = dict(zip(self.names, state, strict=True))
        return self._levels[state]

    def holds(self, text: str, state: State) -> bool:
        """Return whether the condition holds in the state."""
        return holds(self.case.vocabulary.condition(text), self.levels(state))

    def is_feasible(self, state: State) -> bool:
        """Return whether no rule forbids the state."""
        return not any(self.holds(rule.that, state) for rule in self.case.never)

    # ------------------------------------------------------------------------- preferences

    def utility(self, party: PartyId, state: State) -> Utility:
        """Return how well the party does: larger is better, compared from the left."""
        if party not in self._utility:
            preference = self.case.preferences.get(party, Preference())
            self._utility[party] = {known: self._worth(preference, known) for known in self.states}
        return self._utility[party][state]

    def _worth(self, preference: Preference, state: State) -> Utility:
        match preference.form:
            case "ordered":
                return tuple(
                    Fraction(sum(self.holds(statement.wish, state) for statement in group))
                    for group in preference.ordered
                )
            case "points":
                return (self._points(preference, state),)
            case "ranking":
                return (Fraction(-self._place(preference, state)),)
            case "none":
                return ()

    def _points(self, preference: Preference, state: State) -> Fraction:
        total = Fraction(0)
        for wish, worth in preference.points.items():
            if self.holds(wish, state):
                low, high = worth.range
                total += (low + high) / 2
        for name, position in preference.position.items():
            index = self.names.index(name)
            values = self._values[index]
            ideal = values[self.options[index].levels.index(position.at)]
            total -= Fraction(str(position.salience)) * abs(values[state[index]] - ideal)
        return total

    def _place(self, preference: Preference, state: State) -> int:
        for place, tied in enumerate(preference.ranking):
            if any(self.named_state(terms) == state for terms in tied):
                return place
        return len(preference.ranking)

    def named_state(self, terms: Iterable[str]) -> State:
        """Return the state these terms name; an option they leave out is at its lowest level."""
        levels = dict.fromkeys(self.names, 0)
        levels.update(self.case.vocabulary.term(term) for term in terms)
        return tuple(levels[name] for name in self.names)

    def better(self, party: PartyId, state: State, after: Iterable[State]) -> list[State]:
        """Return those of the later states that the party likes better than `state`."""
        now = self.utility(party, state)
        return [later for later in after if self.utility(party, later) > now]

    # ------------------------------------------------------------------------------- moves

    def moves(self, party: PartyId, state: State) -> frozenset[State]:
        """Return the states the party alone can move to."""
        return self.group_moves(frozenset({party}), state)

    def improvements(self, party: PartyId, state: State) -> list[State]:
        """Return the moves that make the party better off."""
        return self.better(party, state, self.moves(party, state))

    def group_moves(self, group: Group, state: State) -> frozenset[State]:
        """Return the states the members can move to together."""
        key = group, state
        if key not in self._moves:
            found = {
                after
                for left in self._leavings(group, state)
                for after in product(*self._choices(group, state, left))
            }
            self._moves[key] = frozenset(found & self.feasible) - {state}
        return self._moves[key]

    def _choices(
        self, group: Group, state: State, left: frozenset[int]
    ) -> Iterator[tuple[int, ...]]:
        """Yield the levels each option may come to stand at, when the options `left` are left."""
        for index, (option, now) in enumerate(zip(self.options, state, strict=True)):
            if index in left:
                yield (self._without(index) if self.falls(index, state) else now,)
            elif group.issuperset(option.owners):
                yield self._settable(option, now, state)
            else:
                yield (now,)

    def _settable(self, option: Option, now: int, state: State) -> tuple[int, ...]:
        """Return the levels its owners can put an option to, its present level included."""
        if option.when is not None and not self.holds(option.when, state):
            return (now,)
        levels = range(len(option.levels))
        return tuple(level for level in levels if self._allowed(option, now, level))

    @staticmethod
    def _allowed(option: Option, now: int, level: int) -> bool:
        match option.only:
            case "up":
                return level >= now
            case "down":
                return level <= now
            case None:
                return True

    def _without(self, index: int) -> int:
        option = self.options[index]
        return self.base[index] if option.without is None else option.levels.index(option.without)

    def falls(self, index: int, state: State) -> bool:
        """Return whether the option stands where a partner's leaving would change it."""
        option, without = self.options[index], self._without(index)
        return (
            option.leavable
            and state[index] != without
            and self._allowed(option, state[index], without)
        )

    def _leavings(self, group: Group, state: State) -> Iterator[frozenset[int]]:
        """Yield every set of joint options the members can leave at once, none included."""
        pieces = [frozenset({index}) for index in self._left_singly(group, state)]
        pieces += self._left_together(group, state)
        for size in range(len(pieces) + 1):
            for chosen in combinations(pieces, size):
                yield frozenset[int]().union(*chosen)

    def _left_singly(self, group: Group, state: State) -> Iterator[int]:
        for index, option in enumerate(self.options):
            partner = not group.isdisjoint(option.joint)
            if partner and option.leave == "term" and self.falls(index, state):
                yield index

    def _left_together(self, group: Group, state: State) -> Iterator[frozenset[int]]:
        """Yield the leavable options of each package that a member has a raised option in."""
        packages: dict[str, set[int]] = {}
        for index, option in enumerate(self.options):
            if option.leave == "package" and option.leavable:
                packages.setdefault(option.package, set()).add(index)
        for package in packages.values():
            if any(
                self.falls(index, state) and not group.isdisjoint(self.options[index].joint)
                for index in package
            ):
                yield frozenset(package)

    # --------------------------------------------------------------------------- stability

    def others(self, group: Iterable[PartyId]) -> tuple[PartyId, ...]:
        """Return everybody outside the group."""
        return tuple(party for party in self.parties if party not in set(group))

    def reached(self, state: State, movers: Iterable[PartyId], steps: Steps) -> Iterator[State]:
        """Yield each state that sequences of steps lead to, `state` first.

        Nobody moves twice in a row, so what is searched is states with their last mover.
        """
        first: tuple[State, PartyId | None] = state, None
        seen, queue = {first}, deque([first])
        while queue:
            here, last = queue.popleft()
            yield here
            for mover in movers:
                if mover == last:
                    continue
                found = {(after, mover) for after in steps(mover, here)} - seen
                seen |= found
                queue.extend(found)

    def nash(self, party: PartyId, state: State) -> bool:
        """Return whether the party has no improvement."""
        return not self.improvements(party, state)

    def gmr(self, party: PartyId, state: State) -> bool:
        """Return whether moves of the others can sanction each improvement."""
        return all(
            any(
                self._no_better(party, response, state)
                for response in self.reached(improvement, self.others([party]), self.moves)
            )
            for improvement in self.improvements(party, state)
        )

    def smr(self, party: PartyId, state: State) -> bool:
        """Return whether they can sanction it so that the party cannot then escape."""
        return all(
            any(
                self._no_better(party, response, state)
                and all(
                    self._no_better(party, escape, state) for escape in self.moves(party, response)
                )
                for response in self.reached(improvement, self.others([party]), self.moves)
            )
            for improvement in self.improvements(party, state)
        )

    def seq(self, party: PartyId, state: State) -> bool:
        """Return whether improvements of the others can sanction each improvement."""
        return all(
            any(
                self._no_better(party, response, state)
                for response in self.reached(improvement, self.others([party]), self.improvements)
            )
            for improvement in self.improvements(party, state)
        )

    def _no_better(self, party: PartyId, later: State, state: State) -> bool:
        return self.utility(party, later) <= self.utility(party, state)

    def concepts(self, party: PartyId, state: State) -> frozenset[str]:
        """Return the concepts under which the state is stable for the party."""
        tests = (self.nash, self.gmr, self.smr, self.seq)
        return frozenset(
            concept for concept, stable in zip(CONCEPTS, tests, strict=True) if stable(party, state)
        )

    def grade(self, party: PartyId, state: State) -> str:
        """Return firm, guarded, brittle or breaks."""
        for concept, grade in (("nash", "firm"), ("seq", "guarded"), ("gmr", "brittle")):
            if concept in self.concepts(party, state):
                return grade
        return "breaks"

    # ------------------------------------------------------------------------------ groups

    def group_improvements(self, group: Group, state: State) -> list[State]:
        """Return the moves together that make every member strictly better off."""
        return [
            after
            for after in self.group_moves(group, state)
            if all(self.utility(party, after) > self.utility(party, state) for party in group)
        ]

    def group_firm(self, group: Group, state: State) -> bool:
        """Return whether the group has no improvement."""
        return not self.group_improvements(group, state)

    def group_guarded(self, group: Group, state: State) -> bool:
        """Return whether improvements of the others leave some member no better each time."""
        return all(
            any(
                self._no_better(party, response, state)
                for response in self.reached(improvement, self.others(group), self.improvements)
                for party in group
            )
            for improvement in self.group_improvements(group, state)
        )

    # ----------------------------------------------------------------------------- no deal

    def needed(self, party: PartyId, state: State, held: Iterable[OptionId] = ()) -> list[State]:
        """Return the improvements of which no part gains at least as much."""
        fixed = [self.names.index(name) for name in held]
        moves = [
            after
            for after in self.moves(party, state)
            if all(after[index] == state[index] for index in fixed)
        ]
        return [
            after
            for after in self.better(party, state, moves)
            if not any(
                other != after
                and _is_part(other, state, after)
                and self._no_better(party, after, other)
                for other in moves
            )
        ]

    def no_deal(self, start: State, held: Iterable[OptionId] = ()) -> frozenset[Outcome]:
        """Return where free play ends: the terminal strongly connected components.

        Parameters
        ----------
        start
            Where play begins.
        held
            Options that stay where they are.
        """
        fixed = tuple(held)
        reach: dict[State, Outcome] = {}

        def ahead(state: State) -> Outcome:
            if state not in reach:
                found, queue = {state}, [state]
                while queue:
                    here = queue.pop()
                    for party in self.parties:
                        new = set(self.needed(party, here, fixed)) - found
                        found |= new
                        queue.extend(new)
                reach[state] = frozenset(found)
            return reach[state]

        return frozenset(
            ahead(state)
            for state in ahead(start)
            if all(state in ahead(later) for later in ahead(state))
        )

    # -------------------------------------------------------------------------- acceptance

    def reachable(self, start: State, package: State) -> bool:
        """Return whether no one-way option stands against the package."""
        return all(
            self._allowed(option, old, new)
            for option, old, new in zip(self.options, start, package, strict=True)
        )

    def signatories(self, start: State, package: State) -> tuple[PartyId, ...]:
        """Return who must sign: those named, and owners and partners of what changes."""
        rule = self.case.signatories
        changed = {
            owner
            for option, old, new in zip(self.options, start, package, strict=True)
            if old != new
            for owner in option.owners
        }
        signing = changed.union(rule.required, rule.vetoes).difference(self.case.spoilers)
        return tuple(party for party in self.parties if party in signing)

    def acceptable(
        self, package: State, signatories: Iterable[PartyId], outcomes: Iterable[Outcome]
    ) -> Literal["surely", "perhaps", "no"]:
        """Return whether the signatories do at least as well as without a deal."""
        ends = tuple(outcomes)
        gains = {party: self.utility(party, package) for party in signatories}
        against_best = [
            (gain, max(self.utility(party, state) for state in end))
            for party, gain in gains.items()
            for end in ends
        ]
        worst = {
            party: min(self.utility(party, state) for end in ends for state in end)
            for party in gains
        }
        if all(gain >= best for gain, best in against_best) and any(
            gain > best for gain, best in against_best
        ):
            return "surely"
        return "perhaps" if all(gain >= worst[party] for party, gain in gains.items()) else "no"


def _is_part(other: State, state: State, after: State) -> bool:
    """Return whether `other` has each option at its old level, its new one or one between."""
    return all(
        min(old, new) <= level <= max(old, new)
        for level, old, new in zip(other, state, after, strict=True)
    )
