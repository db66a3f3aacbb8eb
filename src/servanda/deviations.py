"""Moves written as conditions: where each may be made, and what holds once it is made.

A deviation sets some options or leaves some joint ones.  Wherever it starts, a condition on where
it ends is a condition on where it starts, so that a solver can speak of it without enumerating
states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from servanda.conditions import Condition, OptionId, all_of, among, any_of, denied, moved
from servanda.conflict import Conflict
from servanda.model import PartyId


@dataclass(frozen=True)
class Deviation:
    """A way in which one party may move.

    Parameters
    ----------
    party
        Who moves.
    after
        For each option it touches: the level it comes to from each level.
    sets
        The options it sets at will, with their new levels.
    leaves
        The joint options it leaves, and those that fall with them.
    packages
        For each package it leaves: the options it is partner of, and all that fall.
    """

    party: PartyId
    after: Mapping[OptionId, tuple[int, ...]]
    sets: Mapping[OptionId, int]
    packages: tuple[tuple[tuple[OptionId, ...], tuple[OptionId, ...]], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same deviation."""
        return self.party, tuple(sorted(self.after.items()))


def singles(conflict: Conflict, party: PartyId) -> Iterator[Deviation]:
    """Yield a party's deviations that set one option, leave one, or leave one package."""
    options, reach = conflict.case.options, conflict.moves.reach((party,))
    for option in reach.free:
        for level in range(len(options[option].levels)):
            yield deviation(conflict, party, {option: level})
    for option in reach.terms:
        yield deviation(conflict, party, {}, terms=(option,))
    for package in reach.packages:
        yield deviation(conflict, party, {}, packages=(package,))


def deviation(
    conflict: Conflict,
    party: PartyId,
    sets: Mapping[OptionId, int],
    *,
    terms: Sequence[OptionId] = (),
    packages: Sequence[tuple[tuple[OptionId, ...], tuple[OptionId, ...]]] = (),
) -> Deviation:
    """Return a deviation that sets some options, and leaves joint ones singly or by packages."""
    options, moves = conflict.case.options, conflict.moves
    after = {o: (level,) * len(options[o].levels) for o, level in sets.items()}
    for option in (*terms, *(o for _, fallen in packages for o in fallen)):
        levels = range(len(options[option].levels))
        after[option] = tuple(moves.fallen(option, level) for level in levels)
    return Deviation(party, after, dict(sets), tuple(packages))


def between(conflict: Conflict, party: PartyId, old: int, new: int) -> Deviation:
    """Return the deviation by which a party's legal move leads from one state to another.

    Of several the one that leaves least.
    """
    space, reach = conflict.space, conflict.moves.reach((party,))
    changes = space.changes(old, new)
    for size in range(len(reach.packages) + 1):
        for packages in combinations(reach.packages, size):
            fallen = {o for _, gone in packages for o in gone}
            rest = {o: level for o, level in changes.items() if o not in fallen}
            sets = {o: level for o, level in rest.items() if o in reach.free}
            terms = [o for o in rest if o not in sets]
            if not set(terms) <= set(reach.terms):
                continue
            found = deviation(conflict, party, sets, terms=terms, packages=packages)
            ends = {o: levels[space.level(old, o)] for o, levels in found.after.items()}
            if space.put(old, ends) == new:
                return found
    raise AssertionError("no legal move leads there")


def open_to(conflict: Conflict, move: Deviation) -> Condition:
    """Return where a deviation may be made, and leads to a state that can be."""
    options, moves = conflict.case.options, conflict.moves
    words = conflict.case.vocabulary
    parts: list[Condition] = []
    for name, level in move.sets.items():
        count, only = len(options[name].levels), options[name].only
        if only == "up":
            parts.append(among(name, frozenset(range(level + 1)), count))
        if only == "down":
            parts.append(among(name, frozenset(range(level, count)), count))
        if name in moves.whens:
            stays = among(name, frozenset((level,)), count)
            parts.append(any_of((stays, moves.whens[name])))
    for mine, _ in move.packages:
        parts.append(any_of(_falls(conflict, option) for option in mine))
    rules = (words.condition(rule.that) for rule in conflict.case.never)
    parts += [denied(moved(rule, move.after)) for rule in rules]
    for name in conflict.frozen & set(move.after):
        base = among(name, frozenset((conflict.case.base[name],)), len(options[name].levels))
        parts.append(moved(base, move.after))
    return all_of(parts)


def _falls(conflict: Conflict, option: OptionId) -> Condition:
    """Return where leaving a joint option changes it."""
    levels = range(len(conflict.case.options[option].levels))
    falls = frozenset(n for n in levels if conflict.moves.fallen(option, n) != n)
    return among(option, falls, len(levels))
