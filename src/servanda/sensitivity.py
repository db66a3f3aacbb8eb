"""What a verdict rests on: which statements turn it, and the fewest assumptions that carry it.

Each statement is dropped, each neighbouring pair swapped, each rule dropped, and the target judged
anew.  The smallest set of assumptions is sought by size, with an incumbent and a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from servanda.conflict import Tick, silent, with_preference, with_preferences, with_rules
from servanda.errors import Stopped, UsageError
from servanda.grounds import Grounds
from servanda.model import Case, PartyId, Preference, Rule, Statement, StatementId
from servanda.situation import Situation, leave_out
from servanda.target import TargetVerdict, judge_in_short

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "threats and offers": (),
    "threats alone": ("offers",),
    "offers alone": ("threats",),
    "neither": ("offers", "threats"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One small change to what a case assumes or cites.

    Parameters
    ----------
    kind
        ``drop`` a statement, ``swap`` it with the next, or drop a ``rule``.
    party
        Whose statement; None for a rule.
    first, second
        The statement, and the next one for a swap.
    rule
        The rule dropped.
    """

    kind: str
    party: PartyId | None = None
    first: tuple[Statement, ...] = ()
    second: tuple[Statement, ...] = ()
    rule: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """The fewest assumptions that keep a verdict when every other assumption is dropped.

    Parameters
    ----------
    statements, rules
        The set found.
    bound
        No smaller set than this exists; equal to its size if it is proved smallest.
    out_of
        How many assumptions there are.
    """

    statements: tuple[tuple[PartyId, Statement], ...]
    rules: tuple[Rule, ...]
    bound: int
    out_of: int

    @property
    def size(self) -> int:
        """Number of assumptions kept."""
        return len(self.statements) + len(self.rules)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A change, which variants stick after it, and those whose verdict it turns.

    Parameters
    ----------
    change
        The change.
    sticks
        Whether each variant's target sticks after it.
    turned
        The same, for the variants whose verdict is another than before.
    """

    change: Change
    sticks: Mapping[str, bool]
    turned: Mapping[str, bool]

    @property
    def only_whole(self) -> bool:
        """Whether after it the whole plan sticks and nothing less does."""
        whole, *parts = self.sticks.values()
        return whole and bool(parts) and not any(parts)


def word(verdict: TargetVerdict | None) -> str:
    """Return a verdict in one word: sticks, or what fails."""
    if verdict is None:
        return "no target"
    if verdict.sticks:
        return "sticks"
    if not verdict.grade.sticks:
        return "breaks" if verdict.acceptable.rank == 0 else f"{verdict.acceptable}, breaks"
    return "nobody gains" if not _gains(verdict) else f"{verdict.acceptable} acceptable"


def _gains(verdict: TargetVerdict) -> bool:
    return any(comparison.gains for comparison in verdict.comparisons.values())


def variants(situation: Situation) -> dict[str, Situation]:
    """Return the plan whole, without its offers, without its threats, and without both.

    A variant that leaves nothing of the target, or cannot start, is left out.
    """
    if situation.plan is None or situation.target is None:
        return {}
    found: dict[str, Situation] = {}
    for name, without in VARIANTS.items():
        if not all(getattr(situation.plan, part) for part in without):
            continue
        variant = leave_out(situation, without)
        if variant.target:
            found[name] = variant
    return found


# ------------------------------------------------------------------------- one small change


def changes(situation: Situation) -> Iterator[Change]:
    """Yield every drop of a statement, swap of neighbours, and drop of a rule."""
    case = situation.case
    for party in case.parties:
        groups = case.statements(party)
        for group in groups:
            for statement in group:
                yield Change(kind="drop", party=party, first=(statement,))
        if case.preferences.get(party, Preference()).form == "ordered":
            for above, below in pairwise(groups):
                yield Change(kind="swap", party=party, first=above, second=below)
    for rule in case.never:
        yield Change(kind="rule", rule=rule)


def apply(situation: Situation, change: Change) -> Situation:
    """Return the situation with one change made."""
    if change.rule is not None:
        never = tuple(rule for rule in situation.case.never if rule != change.rule)
        return replace(situation, conflict=with_rules(situation.conflict, never))
    assert change.party is not None  # noqa: S101 - only rules have no party
    groups = list(situation.case.statements(change.party))
    if change.kind == "swap":
        place = groups.index(change.first)
        groups[place], groups[place + 1] = groups[place + 1], groups[place]
        return _wanting(situation, {change.party: Preference(ordered=tuple(groups))})
    return without_statements(situation, {change.party: {change.first[0].id}})


def without_statements(
    situation: Situation, gone: Mapping[PartyId, Iterable[StatementId]]
) -> Situation:
    """Return the situation with some statements dropped."""
    left = {party: _left(situation.case, party, frozenset(names)) for party, names in gone.items()}
    return _wanting(situation, left)


def _left(case: Case, party: PartyId, dropped: frozenset[StatementId]) -> Preference:
    """Return what is left of a party's wishes without some statements."""
    preference = case.preferences[party]
    if preference.form == "points":
        ids = {s.wish: s.id for group in case.statements(party) for s in group}
        points = {
            wish: worth for wish, worth in preference.points.items() if ids[wish] not in dropped
        }
        return preference.model_copy(update={"points": points})
    groups = (
        tuple(statement for statement in group if statement.id not in dropped)
        for group in case.statements(party)
    )
    return Preference(ordered=tuple(group for group in groups if group))


def _wanting(situation: Situation, changed: Mapping[PartyId, Preference]) -> Situation:
    """Return the situation with some parties' wishes replaced.

    Where there are too many states for arrays, what is found out of a party is kept by its wishes.
    """
    conflict = situation.conflict
    if situation.space.dense:
        for party, preference in changed.items():
            conflict = with_preference(conflict, party, preference)
    elif changed:
        preferences = {**conflict.case.preferences, **changed}
        case = conflict.case.model_copy(update={"preferences": preferences})
        conflict = with_preferences(conflict, case)
    return replace(situation, conflict=conflict)


def _sticks(situation: Situation) -> bool:
    """Return whether the target sticks; one that cannot be does not."""
    try:
        verdict = judge_in_short(situation)
    except UsageError:
        return False
    return verdict is not None and verdict.sticks


def turns(
    situation: Situation, tick: Tick = silent, tried: Sequence[Change] | None = None
) -> list[Turn]:
    """Return every small change, with the variants whose verdict it turns.

    Parameters
    ----------
    situation
        The case under its plan, whole.
    tick
        Told how far the work is; may stop it.
    tried
        The changes to try, and only on the whole plan; all of them, on all variants, where None.
    """
    cases = variants(situation)
    if tried is not None:
        cases = dict([*cases.items()][:1])
    before = {name: _sticks(variant) for name, variant in cases.items()}
    found = []
    every = list(changes(situation)) if tried is None else tried
    for number, change in enumerate(every, start=1):
        tick(f"what the verdicts rest on: change {number} of {len(every)}")
        after = {name: _sticks(apply(variant, change)) for name, variant in cases.items()}
        turned = {name: after[name] for name in cases if after[name] != before[name]}
        found.append(Turn(change=change, sticks=after, turned=turned))
    return found


def telling_first(situation: Situation, decisive: Grounds) -> list[Change]:
    """Return every small change, those to what decides a verdict first.

    A swap is among them where either of its wishes decides.
    """
    told = {(ground.party, ground.text) for ground in decisive.every}

    def waits(change: Change) -> bool:
        if change.rule is not None:
            return (None, change.rule.that) not in told
        return told.isdisjoint((change.party, s.wish) for s in (*change.first, *change.second))

    return sorted(changes(situation), key=waits)


# ---------------------------------------------------------------------- fewest assumptions

Piece = tuple[PartyId, Statement] | Rule


def assumptions(situation: Situation) -> tuple[Piece, ...]:
    """Return the statements and rules that rest on no claim, or are marked as assumptions."""
    case = situation.case
    statements = (
        (party, statement)
        for party in case.parties
        for group in case.statements(party)
        for statement in group
        if statement.assumed
    )
    return (*statements, *(rule for rule in case.never if rule.assumed))


def keep_only(
    situation: Situation,
    kept: Iterable[Piece],
    ruled: dict[tuple[Rule, ...], Situation] | None = None,
) -> Situation:
    """Return the situation with every assumption dropped but these.

    Parameters
    ----------
    situation
        The case under its plan.
    kept
        The assumptions that stay.
    ruled
        The situation by the rules that are left, noted down here for the next time.
    """
    kept = list(kept)
    ruled = {} if ruled is None else ruled
    gone: dict[PartyId, set[StatementId]] = {}
    rules = []
    for piece in assumptions(situation):
        if piece in kept:
            continue
        if isinstance(piece, Rule):
            rules.append(piece)
        else:
            gone.setdefault(piece[0], set()).add(piece[1].id)
    if rules:
        never = tuple(rule for rule in situation.case.never if rule not in rules)
        if never not in ruled:
            ruled[never] = replace(situation, conflict=with_rules(situation.conflict, never))
        situation = ruled[never]
    return without_statements(situation, gone)


def smallest(
    situation: Situation,
    budget: int = 400,
    tick: Tick = silent,
    decisive: Grounds | None = None,
) -> Smallest:
    """Return the fewest assumptions that keep the verdict (sticks or not) on the target.

    First an incumbent: assumptions are dropped one by one as long as the verdict holds.  Then
    all smaller sets, by size, for as long as `budget` verdicts last; the bound says how far.

    Parameters
    ----------
    situation
        The case under its plan.
    budget
        How many sets to try.
    tick
        Told how far the work is; may stop it.
    decisive
        What decides the verdict: if its assumptions alone carry it, the others are dropped at once.
    """
    pieces = assumptions(situation)
    wanted = _sticks(situation)
    ruled: dict[tuple[Rule, ...], Situation] | None = None if situation.space.dense else {}

    def holds(kept: Sequence[Piece]) -> bool:
        return _sticks(keep_only(situation, kept, ruled)) == wanted

    incumbent = list(pieces)
    bound = 0
    try:
        if decisive is not None:
            few = [piece for piece in pieces if _among(piece, decisive)]
            incumbent = few if holds(few) else incumbent
        for piece in tuple(incumbent):
            tick("fewest assumptions: dropping one by one")
            fewer = [each for each in incumbent if each != piece]
            if holds(fewer):
                incumbent = fewer
        for size in range(len(incumbent)):
            for chosen in combinations(pieces, size):
                budget -= 1
                if budget < 0:
                    return _smallest(incumbent, bound, len(pieces))
                tick(f"fewest assumptions: sets of {size}")
                if holds(chosen):
                    return _smallest(chosen, size, len(pieces))
            bound = size + 1
    except Stopped:
        return _smallest(incumbent, bound, len(pieces))
    return _smallest(incumbent, len(incumbent), len(pieces))


def _among(piece: Piece, decisive: Grounds) -> bool:
    """Return whether a statement or rule decides something."""
    party, text = (None, piece.that) if isinstance(piece, Rule) else (piece[0], piece[1].wish)
    return any((ground.party, ground.text) == (party, text) for ground in decisive.every)


def _smallest(kept: Sequence[Piece], bound: int, out_of: int) -> Smallest:
    return Smallest(
        statements=tuple(piece for piece in kept if not isinstance(piece, Rule)),
        rules=tuple(piece for piece in kept if isinstance(piece, Rule)),
        bound=bound,
        out_of=out_of,
    )
