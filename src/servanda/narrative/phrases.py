"""How parties, options, states, moves, wishes and numbers are named in every sentence.

Verbs are avoided where a name may be one party or many: "would leave" fits both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from servanda.conditions import OptionId
from servanda.model import Case, PartyId, Resting, Statement
from servanda.selfenforcement import Response
from servanda.situation import Situation
from servanda.states import StateSpace

_NOTHING = frozenset({"none", "no", "0"})


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    >>> listed(["Ana", "Ben", "Cem"])
    'Ana, Ben and Cem'
    """
    *front, end = words
    return f"{', '.join(front)} {last} {end}" if front else end


def names(case: Case, parties: Iterable[PartyId], last: str = "and") -> str:
    """Return the parties' names as a list in a sentence."""
    return listed((case.name(party) for party in parties), last)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "package"), counted(2, "party", "parties")
    ('1 package', '2 parties')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def roughly(number: int) -> str:
    """Return a number as it is, or rounded where it is too long to be read.

    >>> roughly(12_288), roughly(2**100)
    ('12,288', '1.3 × 10^30')
    """
    if number < 10**9:
        return f"{number:,}"
    power = len(str(number)) - 1
    rounded = Decimal(number).scaleb(-power).quantize(Decimal("0.1"))
    return f"{rounded} × 10^{power}" if rounded < 10 else f"1.0 × 10^{power + 1}"


def number(value: Fraction) -> str:
    """Return a number with at most two decimals.

    >>> number(Fraction(25, 2)), number(Fraction(1, 12)), number(Fraction(3))
    ('12.5', '0.08', '3')
    """
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points(value: Fraction) -> str:
    """Return a number of points."""
    return f"{number(value)} point" + ("" if abs(value) == 1 else "s")


def sentence(text: str) -> str:
    """Return a text begun with a capital and ended with a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


# ------------------------------------------------------------------------ options and states


def deed(case: Case, option: OptionId) -> str:
    """Return what an option does, in its own words; its id where it has none."""
    return case.options[option].does or option


def owner(case: Case, option: OptionId) -> str:
    """Return the name of an option's owner; empty for a joint one."""
    by = case.options[option].by
    return case.name(by) if by is not None else ""


def term(case: Case, option: OptionId, level: int) -> str:
    """Return an option at a level: ``Ben: installs a meter``, ``not: ...``, ``price = low``."""
    who, does, kind = owner(case, option), deed(case, option), case.options[option]
    if kind.yes_no and not level:
        return f"not: {who} {does}" if who else f"not: {does}"
    said = does if kind.yes_no else f"{does} = {kind.levels[level]}"
    return f"{who}: {said}" if who else said


def terms(case: Case, levels: Iterable[tuple[OptionId, int]]) -> str:
    """Return several terms, those of one owner together."""
    parts: list[tuple[str, str]] = []
    for option, level in levels:
        who = owner(case, option)
        said = term(case, option, level)
        prefix = f"{who}: "
        own = bool(who) and said.startswith(prefix)
        parts.append((who, said.removeprefix(prefix)) if own else ("", said))
    return _joined(parts)


def deeds(case: Case, options: Iterable[OptionId]) -> str:
    """Return what some options do, those of one owner together."""
    return _joined((owner(case, option), deed(case, option)) for option in options)


def taken(space: StateSpace, state: int) -> str:
    """Return a state by what is taken in it."""
    levels = space.levels(state)
    options = space.case.options
    shown = [
        (name, level)
        for name, level in levels.items()
        if level or not (options[name].yes_no or options[name].levels[0] in _NOTHING)
    ]
    return terms(space.case, shown) if shown else "no option is taken"


def changed(
    space: StateSpace, old: int, new: int, movers: Sequence[PartyId] = (), *, ids: bool = False
) -> str:
    """Return what differs in `new`, told as a change from `old`, owner by owner; see `changes`."""
    parts = changes(space, old, new, movers, ids=ids)
    if not parts:
        return "nothing changes"
    return "; ".join(f"{who}: {said}" if who else said for who, said in parts)


def changes(
    space: StateSpace, old: int, new: int, movers: Sequence[PartyId] = (), *, ids: bool = False
) -> list[tuple[str, str]]:
    """Return each owner (empty for joint options) with what changes from `old` to `new`.

    Parameters
    ----------
    space, old, new
        The states.
    movers
        Who makes the change: a joint option is *left* by those who are only some of its partners.
    ids
        Whether to add the options' ids in parentheses.
    """
    case = space.case
    parts: list[tuple[str, str]] = []
    for option, level in space.changes(old, new).items():
        kind, does = case.options[option], deed(case, option)
        mark = f" ({option})" if ids and kind.does else ""
        left = not set(kind.joint).isdisjoint(movers) and not set(kind.joint) <= set(movers)
        if left:
            partners = [party for party in movers if party in kind.joint]
            fall = "" if kind.yes_no else f", which falls to {kind.levels[level]}"
            verb = "leaves" if len(partners) == 1 else "leave"
            parts.append((names(case, partners), f"{verb} {does}{mark}{fall}"))
        elif kind.yes_no:
            said = does if level else f"no longer {does}" if kind.by else f"no longer: {does}"
            parts.append((owner(case, option), said + mark))
        else:
            before = kind.levels[space.level(old, option)]
            said = f"{does}{mark} from {before} to {kind.levels[level]}"
            parts.append((owner(case, option), said))
    return _grouped(parts)


def agreed(situation: Situation, state: int) -> str:
    """Return a package as what it changes at the start; of pure talks, all its terms."""
    space, start = situation.space, situation.start
    if situation.conflict.walk_away is not None:
        return terms(situation.case, space.levels(state).items())
    if state == start:
        return "things stay as they are at the start"
    return changed(space, start, state)


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    """Return pairs of owner and text as one line, those of one owner together."""
    return "; ".join(f"{who}: {said}" if who else said for who, said in _grouped(parts))


def _grouped(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return pairs of owner and text with those of one owner joined."""
    grouped: list[tuple[str, list[str]]] = []
    for who, said in parts:
        place = next((texts for name, texts in grouped if name == who and who), None)
        if place is None:
            grouped.append((who, [said]))
        else:
            place.append(said)
    return [(who, (", " if who else "; ").join(texts)) for who, texts in grouped]


def answers(space: StateSpace, after: int, sequence: Sequence[Response]) -> str:
    """Return a sequence of the others' answers to a move that led to `after`."""
    said = []
    for response in sequence:
        said.append(changed(space, after, response.state, (response.party,)))
        after = response.state
    return ", then ".join(said)


# ------------------------------------------------------------------------ wishes


def wish(statement: Statement) -> str:
    """Return a wish in its own words, with what it rests on."""
    return f'"{statement.wish}" [{statement.basis}]'


def resting(thing: Resting) -> str:
    """Return what something rests on, in brackets."""
    return f"[{thing.basis}]"


def wishes(case: Case, party: PartyId, statements: Sequence[Statement]) -> str:
    """Return the wishes that decide something for a party, or what else decides it; or nothing.

    ``the wish "not dry" [assumption]``; with points, their worth as well.
    """
    preference = case.preferences.get(party)
    if preference is None or preference.form == "none":
        return "no wish of its own"
    if preference.form == "ranking":
        return f"the ranking of the states [{', '.join(preference.claims) or 'assumption'}]"
    said = []
    for statement in statements:
        worth = preference.points.get(statement.wish)
        if worth is None:
            said.append(wish(statement))
        elif worth.middle > 0:
            said.append(f"{wish(statement)} ({points(worth.middle)})")
    if not said:
        return "the points taken together" if preference.form == "points" else ""
    return ("the wish " if len(said) == 1 else "the wishes ") + listed(said)
