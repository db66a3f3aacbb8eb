"""Why a package sticks or not, clause by clause: signing, leaving, guards, what would help."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from servanda.acceptance import Acceptable, Comparison
from servanda.analysis import Blocker, Findings, Package
from servanda.conditions import OptionId
from servanda.model import Case, PartyId
from servanda.narrative.phrases import (
    answers,
    changed,
    deeds,
    listed,
    names,
    points,
    roughly,
    taken,
    terms,
    wishes,
)
from servanda.selfenforcement import Improvement
from servanda.stability import Concept, Grade

_MANY = 6


# ------------------------------------------------------------------------ deals and outcomes


def deal(findings: Findings, state: int) -> str:
    """Return a package as what it changes at the start."""
    if findings.situation.conflict.walk_away is not None:
        return terms(findings.case, findings.situation.space.levels(state).items())
    start = findings.situation.start
    if state == start:
        return "things stay as they are at the start"
    return changed(findings.situation.space, start, state)


def outcome(findings: Findings, state: int) -> str:
    """Return where play ends: what is taken; if that is long, what differs from the start."""
    space = findings.situation.space
    if len(space.taken(state)) <= _MANY:
        return taken(space, state)
    start = findings.situation.start
    if state == start:
        return "as at the start"
    return f"as at the start, except: {changed(space, start, state)}"


def without_deal(findings: Findings, party: PartyId) -> str:
    """Return where it goes without a deal, at best for a party."""
    best = findings.no_deal.best_state(party) if findings.no_deal else None
    return "walking away" if best is None else outcome(findings, best)


# ------------------------------------------------------------------------ the verdict in words


def signing_words(
    acceptable: Acceptable,
    comparisons: Iterable[Comparison],
    *,
    unsigned: bool = False,
    sampled: bool = False,
) -> str:
    """Return whether those who must sign would, as a clause; `comparisons` are theirs.

    Where no deal was sampled, that they would is not refuted, and no more.
    """
    if unsigned:
        return "it comes about without anybody's signature"
    if acceptable is Acceptable.SURELY and sampled:
        return "no outcome without a deal was found that anybody who must sign prefers"
    if acceptable is Acceptable.SURELY:
        return "all who must sign do at least as well as without a deal"
    comparisons = tuple(comparisons)
    if comparisons and all(each.sure for each in comparisons):
        return "nobody gains by signing"
    if not comparisons:
        return "there is nobody to sign"
    if acceptable is Acceptable.PERHAPS:
        return "some who must sign may do worse than without a deal"
    return "some who must sign do worse than without a deal"


def leaving_words(grade: Grade) -> str:
    """Return whether anybody would leave, as a clause."""
    match grade:
        case Grade.FIRM:
            return "no single party would gain by leaving it"
        case Grade.GUARDED:
            return "whoever would gain by leaving is deterred by what others want to do"
        case Grade.BRITTLE:
            return "leaving is deterred only by answers that others may not want to give"
        case _:
            return "somebody would gain by leaving it, and nothing deters that"


def package_comparisons(package: Package) -> tuple[Comparison, ...]:
    """Return how those who must sign a package do beside no deal."""
    return tuple(package.comparisons[party] for party in package.signing)


def sampled(findings: Findings) -> bool:
    """Return whether where it goes without a deal was found by chance, and may not be all."""
    without, target = findings.no_deal, findings.target
    return (without is not None and not without.exact) or (target is not None and not target.exact)


def verb(findings: Findings, *, sticks: bool) -> str:
    """Return that something sticks or does not; where no deal was sampled, that none refutes it."""
    if not sticks:
        return "does not stick"
    return "is not refuted" if sampled(findings) else "sticks"


def package_words(findings: Findings, package: Package) -> str:
    """Return the verdict on a package as a clause."""
    said = verb(findings, sticks=package.sticks)
    return f"{said}: {package_reasons(findings, package)}"


def package_reasons(findings: Findings, package: Package) -> str:
    """Return why a package sticks or does not, as a clause."""
    signing = signing_words(
        package.acceptable, package_comparisons(package), sampled=sampled(findings)
    )
    return f"{signing}, and {leaving_words(package.grade)}"


def shares(findings: Findings) -> str:
    """Return how many packages there are and how many stick."""
    counts = findings.counts
    if findings.engine == "solver" or "packages" not in counts:
        return _by_the_solver(findings)
    packages, sticking = counts["packages"], counts["sticking"]
    if packages == 1:
        return f"the only package {'sticks' if sticking else 'does not stick'}"
    if not sticking:
        return f"none of the {packages:,} packages sticks"
    return f"{sticking:,} of {packages:,} packages {'sticks' if sticking == 1 else 'stick'}"


def many_stick(findings: Findings) -> str:
    """Return how many packages stick, or between what bounds, where they were counted at all."""
    counts, bounds = findings.counts, findings.count_bounds.get("sticking")
    if "packages" not in counts:
        return "how many there are is not counted"
    out_of = f"{roughly(counts['packages'])} packages"
    if "sticking" in counts:
        sticking = counts["sticking"]
        return f"{roughly(sticking)} of {out_of} {'sticks' if sticking == 1 else 'stick'}"
    if bounds is None:
        return f"how many of {out_of} stick is not counted"
    known = findings.target is not None and findings.target.sticks and not findings.target.unsigned
    least, most = roughly(max(bounds[0], int(known))), roughly(bounds[1])
    return f"of {out_of} at least {least} and at most {most} stick"


def counts_words(findings: Findings) -> str:
    """Return how many packages pass which test, where search finds them one by one."""
    counts = findings.counts
    if findings.engine != "solver" or "packages" not in counts:
        return ""
    said = [f"Counted exactly: {roughly(counts['packages'])} packages"]
    if "acceptable" in counts:
        said.append(f"surely acceptable: {roughly(counts['acceptable'])}")
    if "firm" in counts:
        said.append(
            f"firm besides, so that nobody would gain by leaving: {roughly(counts['firm'])}"
        )
    if "sticking" in counts:
        said.append(f"firm or guarded, so that they stick: {roughly(counts['sticking'])}")
    told = f"{'; '.join(said)}."
    if "sticking" in findings.uncounted:
        told += (
            f" How many stick is not counted: {findings.uncounted['sticking']}; "
            f"{many_stick(findings)}. With --engine symbolic it is, however long that takes."
        )
    return told


def _by_the_solver(findings: Findings) -> str:
    """Return what the solver found and proved, where not every package was looked at."""
    if findings.engine != "solver":
        return "how many packages stick is not known"
    if findings.status == "feasible" and not findings.best:
        found = "what else sticks was not found in the time there was for it"
        return f"{found}; {many_stick(findings)}"
    told = {
        "optimal": "of the packages that stick, the best is found and proved; "
        f"{many_stick(findings)}",
        "feasible": "a package that sticks is found; it is not proved to be the best, whose "
        f"{_at_most(findings)} at most",
        "infeasible": "no package sticks: that is proved",
    }
    if findings.target is not None and findings.target.sticks:
        told["unknown"] = "no other package that sticks was found in the time there was"
    return told.get(findings.searched, "no package that sticks was found, and none is ruled out")


def _at_most(findings: Findings) -> str:
    """Return how good the best package can be, as far as it is known."""
    bound = findings.bound or 0.0
    gains = {"maximin": "least gain", "nash": "product of gains", "total": "sum of gains"}
    if findings.order in gains:
        return f"{gains[findings.order]} in points can be {bound:,.10g}"
    return f"worst-off signatory can have a standing of {bound:.0%}"


# ------------------------------------------------------------------------ who blocks


def who_blocks(findings: Findings, blockers: Iterable[Blocker]) -> str:
    """Return who would not sign, who might not, and who would leave."""
    found: dict[PartyId, list[str]] = {}
    for blocker in blockers:
        if blocker.test != "acceptable":
            deterred = blocker.move is not None and blocker.move.sanction is not None
            said = "might leave" if deterred else "would leave"
        elif blocker.comparison is not None and blocker.comparison.possible:
            said = "might not sign"
        else:
            said = "would not sign"
        found.setdefault(blocker.party, []).append(said)
    groups: dict[str, list[PartyId]] = {}
    for party, said_of in found.items():
        groups.setdefault(" and ".join(said_of), []).append(party)
    return "; ".join(f"{names(findings.case, who)} {said}" for said, who in groups.items())


def origin(findings: Findings, blocker: Blocker, package: Package) -> int:
    """Return the state that a blocker's move starts from."""
    if blocker.move is None or findings.target is None:
        return package.state
    for state in (package.state, *findings.target.states):
        reached = findings.situation.conflict.improvements(blocker.party, state)
        if blocker.move.state in reached:
            return state
    return package.state


def move_words(findings: Findings, move: Improvement, state: int, *, ids: bool = False) -> str:
    """Return an improvement of a party in a state, and what would answer it."""
    space = findings.situation.space
    said = changed(space, state, move.state, (move.party,), ids=ids)
    if move.sanction is None:
        return f"{said}; nothing deters it"
    if not move.sanction:
        return said
    reply = answers(space, move.state, move.sanction)
    if move.concept is Concept.SEQ:
        return f"{said}; answered by {reply}"
    return f"{said}; the only answer may cost those who give it: {reply}"


def blocking_move(findings: Findings, blocker: Blocker, package: Package) -> str:
    """Return by which move a party blocks."""
    name = findings.case.name(blocker.party)
    if blocker.test == "acceptable":
        often = "might" if blocker.comparison and blocker.comparison.possible else "would"
        best = without_deal(findings, blocker.party)
        return f"{name} {often} not sign; at best without a deal: {best}"
    if blocker.move is None:
        return f"{name} would walk away"
    state = origin(findings, blocker, package)
    return move_words(findings, blocker.move, state, ids=True)


def blocking_reason(findings: Findings, blocker: Blocker, package: Package) -> str:
    """Return which wishes make a party block."""
    case, party = findings.case, blocker.party
    because = wishes(case, party, blocker.why)
    if blocker.test == "acceptable":
        versus = blocker.comparison
        margin = _fewer(versus.margin if versus else None)
        often = "may do worse" if versus and versus.possible else "would do worse"
        met = f"no deal meets {because} and this does not" if blocker.why else f"of {because}"
        return f"by signing {case.name(party)} {often} than without a deal{margin}, because {met}"
    if blocker.move is None:
        return f"{case.name(party)} would do better by walking away"
    state = origin(findings, blocker, package)
    gain = findings.situation.conflict.payoffs[party].margin(blocker.move.state, state)
    more = f" ({points(gain)} more)" if gain is not None else ""
    met = f"leaving meets {because} and staying does not" if blocker.why else f"of {because}"
    return f"by leaving {case.name(party)} would do better{more}, because {met}"


def _fewer(margin: Fraction | None) -> str:
    return f" ({points(-margin)} fewer)" if margin is not None and margin < 0 else ""


def short_of_quota(findings: Findings, package: Package) -> str:
    """Return what a quota of signatories lacks, as a clause; empty if it lacks nothing."""
    rule = findings.case.signatories
    if rule.at_least is None:
        return ""
    ready = [party for party in rule.of if package.comparisons[party].sure]
    if len(ready) >= rule.at_least:
        return ""
    who = names(findings.case, rule.of, "or")
    return f"of the {rule.at_least} needed among {who}, {len(ready)} would surely sign"


# ------------------------------------------------------------------------ what would help


def flip_words(findings: Findings, blocker: Blocker) -> str:
    """Return the single change by others of no deal that would make a party sign; or nothing."""
    versus = blocker.comparison
    best = findings.no_deal.best_state(blocker.party) if findings.no_deal else None
    if versus is None or versus.flip is None or best is None:
        return ""
    option, level = versus.flip
    if blocker.party in findings.case.options[option].owners:
        return ""  # what a party does itself is no help from others
    space = findings.situation.space
    other = changed(space, best, space.put(best, {option: level}))
    name = findings.case.name(blocker.party)
    return f"{name} would sign if, without a deal, one thing were to change: {other}"


def difference(findings: Findings, package: Package) -> str:
    """Return how a package differs from the target's nearest completion, in its terms."""
    situation = findings.situation
    space = situation.space
    states = findings.target.states if findings.target else ()
    apart = [
        {o: n for o, n in space.changes(state, package.state).items() if o in situation.terms}
        for state in states
    ]
    least = min(apart, key=len, default={})
    return terms(findings.case, least.items())


def weak_points(findings: Findings, package: Package) -> tuple[str, ...]:
    """Return what a sticking package rests on, the weakest first, each as a clause."""
    case = findings.case
    found = []
    lapsing = [party for party, graded in package.grades.items() if graded.lapses]
    if lapsing:
        found.append(
            f"what deters {names(case, lapsing)} is gone once the plan's pressure is dropped"
        )
    for lapse in package.after:
        if not lapse.sticks:
            gone = listed(deeds(case, [option]) for option in lapse.lapsed)
            found.append(f"it no longer sticks once this has run out ({lapse.when}): {gone}")
            break
    if findings.load_bearing and findings.target_package is package:
        found.append(f"it would not stick without this: {load_words(findings)}")
    found += uncertain(case)
    even = [p for p in package.signing if package.comparisons[p].versus == "equal"]
    if even:
        found.append(f"{names(case, even)} would sign without gaining")
    found += [group_words(findings, package), exchange_words(package)]
    quiet = [party for party in package.silent if party in package.signing]
    if quiet:
        found.append(f"the case does not say what {names(case, quiet)} would make of it")
    statements = [s for party in case.parties for group in case.statements(party) for s in group]
    if statements and not any(statement.claims for statement in statements):
        found.append("every wish in the case is an assumption")
    return tuple(clause for clause in found if clause)


def uncertain(case: Case) -> list[str]:
    """Return which points are ranges, of which the midpoint was used, each as a clause."""
    return [
        f'to {case.name(party)}, "{wished}" is worth {worth.range[0]} to {points(worth.range[1])}, '
        f"taken as {worth.middle}"
        for party, preference in case.preferences.items()
        for wished, worth in preference.points.items()
        if worth.uncertain
    ]


def group_words(findings: Findings, package: Package) -> str:
    """Return which smallest group breaks a package, by which move; empty if none does."""
    group = package.group
    if group.state is None or group.grade is not Grade.BREAKS:
        return ""
    who = names(findings.case, group.breaker)
    move = changed(findings.situation.space, package.state, group.state, group.breaker)
    return f"{who} together would gain by this: {move}"


def load_words(findings: Findings) -> str:
    """Return the load-bearing parts by what they do."""
    return deeds(findings.case, (OptionId(name) for name in findings.load_bearing))


def exchange_words(package: Package) -> str:
    """Return how many changes must be made at once; empty if none need be."""
    way = package.roadmap
    if way is None or way.exchange in {0, 1}:
        return ""
    if way.exchange is None:
        return "no order of steps leaves everybody unexposed"
    return f"{way.exchange} changes must be made at once for nobody to be exposed on the way"
