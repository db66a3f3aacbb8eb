"""What would bring a blocker in, and which rankings would keep a party, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations

from servanda.model import Case, PartyId, Preference
from servanda.narrative.phrases import counted, listed, names, points, taken, wish
from servanda.narrative.section import Section, Table
from servanda.rankings import Inverse, NearestRanking
from servanda.remedies import Remedies
from servanda.shifts import Found, Shift, Smallest
from servanda.stability import Concept
from servanda.states import StateSpace

_FEW = 3
_ORDER = (Concept.NASH, Concept.SEQ, Concept.GMR, Concept.SMR)


def help_section(found: Remedies, party: PartyId) -> Section:
    """Return the smallest changes in what a party wants that bring it in."""
    case, kinds = found.situation.case, found.help[party]
    name = case.name(party)
    verb = "bring in" if found.obstacles else "make it worth signing for"
    said = [_smallest(case, party, each) for each in kinds]
    mended = [each for kind in kinds for each in kind.found if each.sticks]
    some = [each for kind in kinds for each in kind.found]
    if mended:
        whole = len(mended) == len(some)
        said.append(
            "Then it sticks." if whole else f"It then sticks {_with_which(case, party, mended)}."
        )
    elif some:
        first = some[0]
        still = names(case, first.still) if first.still else ""
        said.append(
            f"It would still not stick: {still} would still block."
            if first.still
            else "It would still not stick: nobody would gain by signing."
        )
    if any(each.lapsed for each in kinds):
        said.append("Time was short for some of these; a longer --time-limit gives them more.")
    return Section(f"What would {verb} {name}", tuple(said))


def together_section(found: Remedies) -> Section:
    """Return one change for each of several blockers with which, made together, it sticks."""
    title, case = "If all of them were brought in", found.situation.case
    if len(found.help) < 2 or not found.obstacles:
        return Section(title, ())
    if found.together is None:
        lacking = [p for p, kinds in found.help.items() if not any(each.found for each in kinds)]
        short = [p for p in lacking if any(each.lapsed for each in found.help[p])]
        if not short or short != lacking:
            return Section(title, ())
        said = f"Not settled: nothing was found in the time that brings in {names(case, short)}."
        return Section(title, (said,))
    if not found.together:
        said = "It sticks with no choice of one such change for each, of those tried."
        return Section(title, (said,))
    each = (
        f"{case.name(party)}: {_KINDS[shift.kind].lower()}, {shift_words(case, party, shift)}"
        for party, shift in found.together.items()
    )
    return Section(title, (f"It would stick, for example so. {'. '.join(each)}.",))


def _with_which(case: Case, party: PartyId, found: Sequence[Found]) -> str:
    said = [shift_words(case, party, each.shift) for each in found]
    rest = f", and {len(said) - _FEW} more" if len(said) > _FEW else ""
    return f"with {'; or '.join(said[:_FEW])}{rest}"


def _smallest(case: Case, party: PartyId, found: Smallest) -> str:
    """Return the smallest change of one kind in a sentence, or why there is none."""
    kind = _KINDS[found.kind]
    if not found.found:
        tried = counted(found.tried, "change")
        if found.proved:
            return f"{kind}: none does ({tried} tried, and there are no others)."
        if found.undecided:
            return f"{kind}: none was found; of {found.undecided} it could not be told."
        return f"{kind}: none was found; {_none_below(found)} does ({tried} tried)."
    first, *others = found.found
    said = shift_words(case, party, first.shift)
    more = "; or ".join(shift_words(case, party, each.shift) for each in others[: _FEW - 1])
    rest = f"; or {len(others) - _FEW + 1} more as small" if len(others) >= _FEW else ""
    proof = "" if found.proved else f" ({_none_below(found)} does; not all between were tried)"
    if found.undecided:
        proof = f" (smaller ones may do: of {found.undecided} it could not be told)"
    return f"{kind}: {said}{'; or ' + more if more else ''}{rest}{proof}."


def _none_below(found: Smallest) -> str:
    """Return what is known not to do, where not all were tried."""
    bound = found.bound or Fraction(0)
    match found.kind:
        case "points":
            return f"nothing below {points(bound)}"
        case "wish":
            return f"nothing below place {bound} from the bottom"
        case _:
            what = "swap of neighbours" if found.kind == "reorder" else "wish dropped"
            many = "swaps of neighbours" if found.kind == "reorder" else "wishes dropped"
            return f"nothing below {counted(int(bound), what, many)}"


_KINDS = {
    "points": "By points",
    "reorder": "By another order of what it wants",
    "wish": "By one new wish",
    "drop": "By wishes dropped",
}


def shift_words(case: Case, party: PartyId, shift: Shift) -> str:
    """Return one change in what a party wants."""
    match shift.kind:
        case "points":
            amount = f"more than {points(shift.size)}" if shift.over else points(shift.size)
            if shift.over and not shift.size:
                amount = "any number of points"
            return f'{amount} {"less" if shift.less else "more"} on "{shift.condition}"'
        case "wish":
            return f'"{shift.condition}", {_rank(case, party, shift)}'
        case "drop":
            return f"without {listed(map(wish, shift.dropped))}"
        case _:
            return _reordered(case, party, shift)


def _rank(case: Case, party: PartyId, shift: Shift) -> str:
    groups = case.statements(party)
    place = len(groups) + 1 - int(shift.size)
    if place == len(groups):
        return "below all its other wishes" if groups else "its only wish"
    return f"just above {listed(map(wish, groups[place]))}"


def _reordered(case: Case, party: PartyId, shift: Shift) -> str:
    """Return what comes above what; of a single thing moved far, how far."""
    preference = case.preferences.get(party, Preference())
    if preference.form == "ranking":
        said = [_ranked(each) for each in preference.ranking]
    else:
        said = [listed(map(wish, group)) for group in case.statements(party)]
    order = shift.order
    for place, moved in enumerate(order):
        rest = [each for each in order if each != moved]
        if rest == sorted(rest) and shift.size > 1:
            up = place < moved
            beside = order[place + 1] if up else order[place - 1]
            places = counted(int(shift.size), "place")
            way = f"up {places}, to just above" if up else f"down {places}, to just below"
            return f"{said[moved]} {way} {said[beside]}"
    turned = [
        (low, high)
        for high, low in combinations(range(len(order)), 2)
        if order.index(high) > order.index(low)
    ]
    return "; ".join(f"{said[low]} above {said[high]}" for low, high in turned)


def _ranked(tied: Iterable[Sequence[str]]) -> str:
    return " or ".join("(" + (", ".join(each) or "nothing done") + ")" for each in tied)


# ------------------------------------------------------------------------------ rankings


def rankings_section(found: Remedies) -> Section:
    """Return of how many rankings each party would stay, and the nearest under which it would."""
    title = "Rankings of the states that would keep each party there"
    ranked = any(each.form == "ranking" for each in found.situation.case.preferences.values())
    if not found.inverses:
        return Section(
            title, (f"Not counted: {found.unranked}.",) if found.unranked and ranked else ()
        )
    case, space = found.situation.case, found.situation.space
    one = next(iter(found.inverses.values()))
    every = f"Of all {one.rankings:,} rankings of the {one.states} states by one party"
    said = [f"{every}, the others' wishes as they are, so many would make it stay."]
    rows = tuple(
        (case.name(party), *(_counted(each, concept) for concept in _ORDER))
        for party, each in found.inverses.items()
    )
    columns = ("Party", *(f"{concept.value.upper()}" for concept in _ORDER))
    for party, each in found.inverses.items():
        said += _nearest(space, case.name(party), each)
    return Section(title, tuple(said), (Table(columns, rows),))


def _counted(found: Inverse, concept: Concept) -> str:
    return f"{found.stable[concept]:,}{' (as now)' if found.now[concept] else ''}"


def _nearest(space: StateSpace, name: str, found: Inverse) -> list[str]:
    """Return what would have to change for a party that would leave now."""
    said: dict[str, list[str]] = {}
    for concept in _ORDER:
        if found.now[concept]:
            continue
        near = found.nearest[concept]
        told = "no ranking does" if near is None else _turned(space, near)
        said.setdefault(told, []).append(concept.value.upper())
    return [f"{name} would stay ({', '.join(which)}): {told}." for told, which in said.items()]


def _turned(space: StateSpace, near: NearestRanking) -> str:
    low = "; ".join(f"({taken(space, state)})" for state in near.falls)
    swaps = counted(near.swaps, "swap")
    return f"were it to rank this no higher: {low} ({swaps} of neighbours)"
