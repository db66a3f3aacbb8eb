"""Where the conflict goes without an agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from servanda.conditions import OptionId
from servanda.conflict import Conflict, Tick, compile_case, freeze, silent
from servanda.errors import UsageError
from servanda.model import PartyId
from servanda.play import Outcome, Play
from servanda.situation import Situation
from servanda.states import Cells
from servanda.threats import Done, ThreatFinding, play_with_acts


@dataclass(frozen=True)
class NoDeal:
    """What happens if nobody agrees.

    Parameters
    ----------
    conflict
        The conflict.
    outcomes
        Where play ends; empty in pure talks, which end in the walk-away payoffs.
    paths
        None if these are all there are; else how many paths were followed by chance in each play.
    """

    conflict: Conflict
    outcomes: tuple[Outcome, ...]
    paths: int | None = None

    @property
    def exact(self) -> bool:
        """Whether the search was exhaustive."""
        return self.paths is None

    def bounds(self, party: PartyId) -> tuple[tuple[int, int], ...]:
        """Return the party's worst and best value in each outcome."""
        walk_away = self.conflict.walk_away
        if walk_away is not None:
            return ((walk_away[party], walk_away[party]),)
        values = [
            [self.conflict.value(party, state) for state in outcome.states]
            for outcome in self.outcomes
        ]
        return tuple((min(each), max(each)) for each in values)

    def best_state(self, party: PartyId) -> int | None:
        """Return the state without a deal that suits the party best; None in pure talks."""
        states = [state for outcome in self.outcomes for state in outcome.states]
        return max(states, key=lambda s: self.conflict.value(party, s), default=None)

    @cached_property
    def states(self) -> frozenset[int]:
        """Every state play can end in."""
        return frozenset(state for outcome in self.outcomes for state in outcome.states)

    def unmoved(self, situation: Situation, option: OptionId) -> tuple[int, ...]:
        """Return the levels of an option that take no agreement.

        Its level at the start; and another, if it comes to that in every outcome.
        """
        levels = {self.conflict.space.level(state, option) for state in self.states}
        start = situation.space.level(situation.start, option)
        return tuple({start} | levels) if len(levels) == 1 else (start,)


def no_deal(
    situation: Situation,
    threats: Sequence[ThreatFinding] = (),
    *,
    sanctions: Mapping[PartyId, Cells] | None = None,
    tick: Tick = silent,
) -> NoDeal:
    """Return where play goes from the start with each threat as credible as it is.

    Parameters
    ----------
    situation
        The case, and perhaps a plan.
    threats
        What the threat test says of the plan's threats, in their order.
    sanctions
        For play with foresight, see `Play`.
    tick
        Told how far the search is.
    """
    acts = [finding.done_in_no_deal for finding in threats]
    exact = all(finding.exact for finding in threats)
    return no_deal_with(situation, acts, exact=exact, sanctions=sanctions, tick=tick)


def no_deal_with(
    situation: Situation,
    acts: Sequence[Done],
    *,
    exact: bool = True,
    sanctions: Mapping[PartyId, Cells] | None = None,
    tick: Tick = silent,
) -> NoDeal:
    """Return the same, given for each threat whether its act is done, and if that is certain."""
    if situation.conflict.walk_away is not None:
        return NoDeal(situation.conflict, ())
    ends: dict[Outcome, None] = {}
    paths: int | None = None
    failed: UsageError | None = None
    for done in product(*acts):
        try:
            played = play_with_acts(situation, done, sanctions=sanctions, tick=tick)
        except UsageError as error:
            failed = error
            continue
        ends.update(dict.fromkeys(played.outcomes))
        paths = played.paths if paths is None else paths
    if failed is not None and not ends:
        raise failed
    if not exact:
        paths = situation.extent.paths  # so they are played as chance found them to be
    return NoDeal(situation.conflict, tuple(sorted(ends, key=lambda end: end.states)), paths)


def base_no_deal(situation: Situation, tick: Tick = silent) -> NoDeal:
    """Return where the conflict goes before any plan: what the maker of a plan compares with.

    Conditions that the plan writes on options are not there yet; what is left out stays frozen.
    """
    conflict = situation.conflict
    if situation.undated is not None and situation.undated != conflict.case.options:
        case = conflict.case.model_copy(update={"options": situation.undated})
        conflict = freeze(compile_case(case), conflict.frozen)
    joint = frozenset(name for name, option in conflict.case.options.items() if option.joint)
    start = conflict.space.index(conflict.case.base)
    settled = Play(conflict, joint, tick=tick, extent=situation.extent).settle((start,))
    return NoDeal(conflict, settled.outcomes, settled.paths)
