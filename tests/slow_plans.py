"""The slow reference for plans, second half: what is agreed, kept, and left after a lapse.

Each definition done by looking at every state.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import cached_property

from servanda.model import Case, PartyId, Plan
from slow import State, Utility
from slow_course import ImpossibleError, SlowCourse, distance, frozen

Verdict = tuple[str, str, bool]
"""How acceptable, the worst grade, and whether it sticks."""

ACCEPTABLE = ("surely", "perhaps", "no")
GRADES = ("firm", "guarded", "brittle", "breaks")


class SlowPlan(SlowCourse):
    """One case under its default plan, some of it left out: packages, and the plan's target."""

    # ------------------------------------------------------------------------- acceptance

    @cached_property
    def bounds(self) -> Mapping[PartyId, list[tuple[Utility, Utility]]]:
        """Return each party's worst and best in each outcome; in talks what leaving gives."""
        if self.talks:
            walk = {p: (Fraction(str(w)),) for p, w in self.before.walk_away.items()}
            return {party: [(walk[party], walk[party])] for party in self.parties}
        return {
            party: [
                (
                    min(self.worths(party, frozenset({end}))),
                    max(self.worths(party, frozenset({end}))),
                )
                for end in self.no_deal
            ]
            for party in self.parties
        }

    def worth(self, party: PartyId, state: State) -> Utility:
        """Return the party's utility, as points in pure talks even where it has no wish."""
        worth = self.slow.utility(party, state)
        return worth or (Fraction(0),) if self.talks else worth

    def sure(self, party: PartyId, state: State) -> bool:
        return all(self.worth(party, state) >= best for _, best in self.bounds[party])

    def possible(self, party: PartyId, state: State) -> bool:
        return any(self.worth(party, state) >= worst for worst, _ in self.bounds[party])

    def gains(self, party: PartyId, state: State) -> bool:
        return any(self.worth(party, state) > best for _, best in self.bounds[party])

    def versus(self, party: PartyId, state: State) -> str:
        """Return how the state compares with every outcome."""
        high = self.sure(party, state)
        low = all(self.worth(party, state) <= worst for worst, _ in self.bounds[party])
        if high and low:
            return "equal"
        if high:
            return "better"
        return "worse" if low else "mixed"

    @cached_property
    def enders(self) -> frozenset[PartyId]:
        """Whose leaving ends pure talks."""
        rule = self.before.signatories
        named = frozenset((*rule.required, *rule.vetoes))
        return named if named or rule.at_least is not None else frozenset(self.parties)

    def signatories(self, package: State) -> list[PartyId]:
        """Return who must sign; a quota adds some of its members."""
        if self.talks:
            spoilers = self.before.spoilers
            return [p for p in self.parties if p in self.enders and p not in spoilers]
        return list(self.slow.signatories(self.start, package))

    def acceptable(self, package: State) -> str:
        must, rule = self.signatories(package), self.before.signatories
        least = rule.at_least or 0
        sure = [party for party in rule.of if self.sure(party, package)]
        possible = [party for party in rule.of if self.possible(party, package)]
        if (
            all(self.sure(party, package) for party in must)
            and len(sure) >= least
            and any(self.gains(party, package) for party in (*must, *sure))
        ):
            return "surely"
        if all(self.possible(party, package) for party in must) and len(possible) >= least:
            return "perhaps"
        return "no"

    # ------------------------------------------------------------------------------ grade

    def party_grade(self, party: PartyId, state: State) -> str:
        if not self.talks:
            return self.slow.grade(party, state)
        walks = party in self.enders and not self.sure(party, state)
        return "breaks" if walks else "firm"

    def grade(self, state: State) -> str:
        return max((self.party_grade(p, state) for p in self.parties), key=GRADES.index)

    def lapses(self, party: PartyId, state: State) -> bool | None:
        """Return whether a guarded party's grade falls with pressure and announcements at base."""
        if self.party_grade(party, state) != "guarded":
            return None
        base = self.slow.levels(self.slow.base)
        bare = self.put(state, {name: base[name] for name in self.pressure})
        if bare == state or bare not in self.slow.feasible:
            return None
        return self.party_grade(party, bare) in {"brittle", "breaks"}

    def verdict(self, state: State) -> Verdict:
        acceptable, grade = self.acceptable(state), self.grade(state)
        return acceptable, grade, acceptable == "surely" and grade in {"firm", "guarded"}

    # --------------------------------------------------------------------------- packages

    @cached_property
    def packages(self) -> list[State]:
        return [
            state
            for state in self.slow.states
            if self.stands(state, self.commitments) and self.reachable(state)
        ]

    @cached_property
    def verdicts(self) -> Mapping[State, Verdict]:
        return {package: self.verdict(package) for package in self.packages}

    @cached_property
    def sticking(self) -> list[State]:
        return [package for package in self.packages if self.verdicts[package][2]]

    def core(self, package: State) -> bool:
        """Return whether it sticks, and no proper subset of its changes does."""
        return package in self.sticking and not any(
            other != package
            and all(
                level in {old, new}
                for level, old, new in zip(other, self.start, package, strict=True)
            )
            for other in self.sticking
        )

    def changed(self, package: State) -> int:
        return distance(package, self.start)

    def rank(self, package: State) -> tuple[int, int, int]:
        """Return its class: sticks, how acceptable, which grade."""
        acceptable, grade, sticks = self.verdicts[package]
        return int(not sticks), ACCEPTABLE.index(acceptable), GRADES.index(grade)

    def place(self, package: State) -> tuple[object, ...]:
        """Return what orders packages: class, dominated, leximin of standings, changes."""
        must = self.signatories(package)
        rivals = [other for other in self.packages if self.rank(other) == self.rank(package)]
        dominated = any(
            all(self.worth(party, other) >= self.worth(party, package) for party in must)
            and any(self.worth(party, other) > self.worth(party, package) for party in must)
            for other in rivals
        )
        standings = sorted(self.standing(party, package) for party in must)
        standings += [Fraction(1)] * (len(self.parties) - len(must))
        leximin = tuple(-standing for standing in standings)
        return self.rank(package), dominated, leximin, self.changed(package)

    def standing(self, party: PartyId, package: State) -> Fraction:
        """Return the share of packages that the party ranks below."""
        mine = self.worth(party, package)
        below = [other for other in self.packages if self.worth(party, other) < mine]
        return Fraction(len(below), len(self.packages))

    def gain(self, package: State, best: str) -> Fraction:
        """Return the signatories' points above no deal: the least, the product or the sum."""
        gains = [
            self.worth(party, package)[0] - max(high for _, high in self.bounds[party])[0]
            for party in self.signatories(package)
        ]
        if best == "maximin":
            return min(gains, default=Fraction(0))
        if best == "total":
            return sum(gains, Fraction(0))
        result = Fraction(1)
        for gain in gains:
            result *= max(gain, Fraction(0))
        return result

    def nearest(self, states: Collection[State]) -> tuple[int, list[State]] | None:
        """Return in how few terms a sticking package can differ from the target, and which do."""
        terms = [
            index
            for index, option in enumerate(self.slow.options)
            if option.by not in self.before.spoilers
        ]

        def apart(package: State) -> int:
            return min(sum(package[i] != state[i] for i in terms) for state in states)

        if not self.sticking:
            return None
        least = min(map(apart, self.sticking))
        return least, [package for package in self.sticking if apart(package) == least]

    # ----------------------------------------------------------------------------- target

    @cached_property
    def unsigned(self) -> bool:
        return self.completions == self.no_deal

    @cached_property
    def target_verdict(self) -> Verdict:
        found = [self.verdict(state) for state in self.target_states]
        acceptable = max((one for one, _, _ in found), key=ACCEPTABLE.index)
        grade = max((one for _, one, _ in found), key=GRADES.index)
        if self.unsigned:
            acceptable = "surely"
        return acceptable, grade, acceptable == "surely" and grade in {"firm", "guarded"}

    def sticks(self) -> bool:
        """Return whether there is a target that sticks; one that cannot be does not."""
        try:
            return bool(self.target) and self.target_verdict[2]
        except ImpossibleError:
            return False

    def makers(self) -> dict[PartyId, str]:
        """Return how owners of commitments do beside the case before any plan."""
        names = {owner for name in self.commitments for owner in self.before.options[name].owners}
        bare = SlowPlan(without_plan(frozen(self.before, self.gone)))
        found = {}
        for party in self.parties:
            if party in names:
                worst = min(self.target_states, key=lambda s: self.slow.utility(party, s))
                found[party] = bare.versus(party, worst)
        return found

    def load_bearing(self) -> set[str]:
        """Return the options without which the target no longer sticks."""
        words = [*self.commitments, *self._kept(self.plan.offers)]
        words += [name for guarantor in self.plan.guarantors for name in guarantor.via]
        words += [threat.announce for threat in self.threats]
        gone = tuple(self.gone)
        if not self.sticks():
            return set()
        return {w for w in words if not SlowPlan(self.before, (*gone, w)).sticks()}

    # ---------------------------------------------------------------------------- lapsing

    def after(self, package: State) -> list[tuple[str, State, Verdict, frozenset[PartyId]]]:
        """Return date, state, verdict, and who reopens, each time some terms run out."""
        found = []
        now = package
        dates = sorted({option.until for option in self.slow.options if option.until})
        for date in dates:
            before = now
            now = tuple(
                self.fallen(index) if option.until == date else level
                for index, (option, level) in enumerate(zip(self.slow.options, now, strict=True))
            )
            if now == before:
                continue
            verdict = self.verdict(now) if now in self.slow.feasible else ("", "", False)
            found.append((date, now, verdict, self.reopens(before, now)))
        return found

    def fallen(self, index: int) -> int:
        option = self.slow.options[index]
        return (
            self.slow.base[index] if option.without is None else option.levels.index(option.without)
        )

    def reopens(self, before: State, now: State) -> frozenset[PartyId]:
        """Return who has an improvement now and had none before."""
        if not {before, now} <= self.slow.feasible:
            return frozenset()

        def gains(party: PartyId, state: State) -> bool:
            if self.talks:
                return self.party_grade(party, state) == "breaks"
            return bool(self.slow.improvements(party, state))

        return frozenset(p for p in self.parties if gains(p, now) and not gains(p, before))


def without_plan(case: Case) -> Case:
    """Return the case under a plan that does nothing."""
    return case.model_copy(update={"plans": {"none": Plan(title="None")}, "default_plan": "none"})
