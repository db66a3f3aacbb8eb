"""The slow reference for plans in a conflict of any size: verdicts on targets, worked out lazily.

Play and guards are those of `slow_far` and `slow_answers`; all else is as for few states.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, product

from servanda.conditions import OptionId
from servanda.model import Case, PartyId
from slow import Slow, State
from slow_answers import Kept, UndecidedError
from slow_course import ImpossibleError, Levels
from slow_far import Far
from slow_parts import Known, changed
from slow_plans import ACCEPTABLE, GRADES, SlowPlan

Short = tuple[bool | None, str | None, str | None]
"""Whether a target sticks, how acceptable it is, and its grade where it is surely acceptable.

Whether it sticks is None, and the grade undecided, where it would take too long to look.
"""


class FarPlan(SlowPlan):
    """One case of any size under its default plan."""

    known: Known | None = None

    def __init__(self, case: Case, known: Known | None = None) -> None:
        self.known = known
        super().__init__(case)

    def _conflict(self, case: Case) -> Slow:
        return Far(case, self.known)

    def placed(self, terms: Levels, fixed: Collection[OptionId]) -> list[State]:
        """Return the states nearest to the start with these terms, those fixed as at the start.

        Nothing but what some rule speaks of needs to change besides.
        """
        assert isinstance(self.slow, Far)
        wanted = self.put(self.start, terms)
        open_to = sorted(
            {index for _, told_by in self.slow.rules for index in told_by}
            - {self.slow.place[name] for name in (*terms, *fixed)}
        )
        for count in range(len(open_to) + 1):
            fit = [
                state
                for chosen in combinations(open_to, count)
                for state in self._otherwise(wanted, chosen)
                if self.slow.is_feasible(state) and self.reachable(state)
            ]
            if fit:
                return fit
        raise ImpossibleError

    def _otherwise(self, state: State, places: Iterable[int]) -> Iterator[State]:
        """Yield the states with each of some options at another level."""
        choices = [
            [(i, n) for n in range(len(self.slow.options[i].levels)) if n != state[i]]
            for i in places
        ]
        for change in product(*choices):
            yield changed(state, change)

    def party_grade(self, party: PartyId, state: State) -> str:
        """Return firm, guarded, or breaks for anything weaker.

        Raises
        ------
        UndecidedError
            If it would take too long to look.
        """
        if self.talks:
            return super().party_grade(party, state)
        assert isinstance(self.slow, Far)
        if self.slow.nash(party, state):
            return "firm"
        return "guarded" if Kept(self.slow, party, state).guarded() else "breaks"

    def grade(self, state: State) -> str:
        """Return the worst party's grade; once somebody breaks, nobody else need be looked at.

        Those are looked at first whose leaving is soon seen to have no answer.
        """
        far = self.slow
        assert isinstance(far, Far)
        if not self.talks:
            loose = [party for party in self.parties if not far.nash(party, state)]
            if any(Kept(far, party, state).breaks_plainly() for party in loose):
                return "breaks"
        worst, undecided = "firm", None
        for party in self.parties:
            try:
                worst = max(worst, self.party_grade(party, state), key=GRADES.index)
            except UndecidedError as error:
                undecided = error
            if worst == "breaks":
                return worst
        if undecided is not None:
            raise undecided
        return worst

    def in_short(self) -> Short:
        """Return whether the target sticks; what cannot be played is not acceptable or not."""
        try:
            found = {self.acceptable(state) for state in self.target_states}
            unsigned = self.unsigned
        except ImpossibleError:
            return False, None, None
        acceptable = "surely" if unsigned else max(found, key=ACCEPTABLE.index)
        if acceptable != "surely":
            return False, acceptable, None
        try:
            grade = max((self.grade(state) for state in self.target_states), key=GRADES.index)
        except UndecidedError:
            return None, acceptable, "undecided"
        return grade in {"firm", "guarded"}, acceptable, grade
