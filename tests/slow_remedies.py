"""The slow reference for remedies: every order, every subset, every set of carrots tried.

It shares nothing with the program but the case and the meaning of a condition.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations

from servanda.conditions import OptionId
from servanda.model import Case, PartyId, Preference, Statement
from slow import State
from slow_course import ImpossibleError
from slow_plans import SlowPlan


def blocks(slow: SlowPlan, party: PartyId, states: Iterable[State] | None = None) -> bool:
    """Return whether a party would not surely sign the target, or would leave it."""
    unsigned = states is None and slow.unsigned
    for state in slow.target_states if states is None else states:
        if not unsigned and party in asked(slow, state) and not slow.sure(party, state):
            return True
        if slow.party_grade(party, state) in {"brittle", "breaks"}:
            return True
    return False


def asked(slow: SlowPlan, state: State) -> set[PartyId]:
    """Return who is asked to sign: members of a quota too, as long as it fails."""
    rule = slow.before.signatories
    sure = sum(slow.sure(party, state) for party in rule.of)
    return {*slow.signatories(state), *(rule.of if sure < (rule.at_least or 0) else ())}


def blockers(case: Case) -> list[PartyId]:
    """Return who blocks the target of a case's default plan."""
    slow = SlowPlan(case)
    return [party for party in slow.parties if blocks(slow, party)]


def wanting(case: Case, party: PartyId, preference: Preference) -> Case:
    """Return the case with one party wanting something else."""
    return case.model_copy(update={"preferences": {**case.preferences, party: preference}})


def comes_in(
    case: Case, party: PartyId, preference: Preference, states: Iterable[State] | None = None
) -> bool:
    """Return whether a party no longer blocks the target, or some states, if it wants otherwise."""
    try:
        return not blocks(SlowPlan(wanting(case, party, preference)), party, states)
    except ImpossibleError:
        return False


def inversions(order: Sequence[int]) -> int:
    """Return how many pairs an order turns round."""
    return sum(high > low for high, low in combinations(order, 2))


def fewest_swaps(case: Case, party: PartyId, states: Iterable[State] | None = None) -> int | None:
    """Return the fewest swaps of neighbours among what a party wants that bring it in."""
    preference = case.preferences[party]
    form = "ordered" if preference.ordered else "ranking"
    groups = preference.ordered or preference.ranking
    found = [
        inversions(order)
        for order in permutations(range(len(groups)))
        if inversions(order)
        and comes_in(
            case,
            party,
            preference.model_copy(update={form: tuple(groups[n] for n in order)}),
            states,
        )
    ]
    return min(found, default=None)


def fewest_dropped(case: Case, party: PartyId) -> int | None:
    """Return the fewest wishes of a party to be dropped to bring it in."""
    groups = case.preferences[party].ordered
    places = [(n, k) for n, group in enumerate(groups) for k in range(len(group))]
    for size in range(1, len(places) + 1):
        for gone in combinations(places, size):
            kept = (
                tuple(wish for k, wish in enumerate(group) if (n, k) not in gone)
                for n, group in enumerate(groups)
            )
            if comes_in(case, party, Preference(ordered=tuple(group for group in kept if group))):
                return size
    return None


def lowest_ranks(case: Case, party: PartyId, wishes: Sequence[str]) -> tuple[int, set[str]] | None:
    """Return the lowest rank, 1 below all, of one new wish that brings a party in, and which do."""
    groups = case.preferences[party].ordered
    for rank in range(1, len(groups) + 2):
        place = len(groups) + 1 - rank
        found = {
            wish
            for wish in wishes
            if comes_in(
                case,
                party,
                Preference(ordered=(*groups[:place], (Statement(wish=wish),), *groups[place:])),
            )
        }
        if found:
            return rank, found
    return None


def sets(carrots: Sequence[OptionId]) -> Iterator[tuple[OptionId, ...]]:
    """Yield every set of carrots."""
    for size in range(len(carrots) + 1):
        yield from combinations(carrots, size)


def cheapest_sets(
    case: Case, offers: Sequence[OptionId], prices: Mapping[OptionId, Fraction]
) -> tuple[Fraction, set[frozenset[OptionId]]] | None:
    """Return the least price of a set of offers with which the target sticks, and all such sets."""
    found = {
        frozenset(chosen): sum((prices[each] for each in chosen), Fraction(0))
        for chosen in sets(offers)
        if SlowPlan(case, [each for each in offers if each not in chosen]).sticks()
    }
    if not found:
        return None
    least = min(found.values())
    return least, {chosen for chosen, cost in found.items() if cost == least}
