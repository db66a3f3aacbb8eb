"""Who could meet the quotas of a case: the fewest, the cheapest, and what each asks for."""

from __future__ import annotations

from fractions import Fraction

from servanda.contributors import Smallest
from servanda.model import Case
from servanda.narrative.phrases import counted, deeds, listed, names, number, wish
from servanda.narrative.section import Section, Table
from servanda.quotas import Giver, Meeting

_TITLE = "Who could give what is asked for"


def quotas_section(case: Case, found: tuple[Meeting, ...]) -> Section:
    """Return, for each quota, which coalitions could meet it."""
    return Section(_TITLE, (), (), tuple(_meeting(case, each) for each in found))


def _meeting(case: Case, found: Meeting) -> Section:
    unit = f" {found.unit}" if found.unit else ""
    said = [f"All together could give {_many(found.most)}{unit}."]
    if found.smallest.none is not None:
        said.append(f"That is {_many(found.smallest.none.short)} too few.")
    else:
        said += _smallest(case, found)
    rows = tuple(_row(case, each) for each in found.givers)
    columns = ("Who", "At most", "In the target", "Asks for")
    title = f"At least {_many(found.amount)}{unit}"
    return Section(title, tuple(said), (Table(columns, rows),))


def _smallest(case: Case, found: Meeting) -> list[str]:
    few, cheap = found.smallest, found.cheapest
    said = [f"The fewest that can: {_shares(case, few)}{_ties(few)}."]
    if few.pivotal:
        said.append(f"No coalition so small can do without {names(case, few.pivotal)}.")
    said.append(_price(case, found, few))
    one, other = few.coalition, cheap.coalition
    if one is not None and other is not None and other.cost < one.cost:
        said.append(f"Cheaper, with more of them: {_shares(case, cheap)}{_ties(cheap)}.")
        said.append(_price(case, found, cheap))
    return said


def _shares(case: Case, found: Smallest) -> str:
    assert found.coalition is not None  # noqa: S101 - there is one, if only an incumbent
    return listed(f"{case.name(who)} {_many(share)}" for who, share in found.coalition.shares)


def _ties(found: Smallest) -> str:
    """Return how many coalitions are as good, or that a better one may be found."""
    if not found.proved:
        return ", if no better one was missed"
    if found.ties is None or found.ties == 1:
        return ", and no others as few" if found.ties == 1 else ""
    return f", one of {counted(found.ties, 'coalition')} as good"


def _price(case: Case, found: Meeting, chosen: Smallest) -> str:
    """Return which of the plan's offers the members of a coalition ask for."""
    assert chosen.coalition is not None  # noqa: S101 - there is one, if only an incumbent
    members = set(chosen.coalition.members)
    asked = [each for each in found.givers if each.offers and each.contributor.id in members]
    if not asked:
        return "None of them asks for anything that the plan offers."
    told = "; ".join(
        f"{deeds(case, each.offers)} (for {case.name(each.contributor.id)})" for each in asked
    )
    cost = f"{_many(chosen.coalition.cost)}, where each counts 1 or what --price says"
    return f"They ask for these offers, at a price of {cost}: {told}."


def _row(case: Case, giver: Giver) -> tuple[str, ...]:
    party = giver.contributor.id
    given = "" if giver.given is None else _many(giver.given)
    asks = listed(map(wish, giver.asks)) if giver.asks else "nothing"
    return (case.name(party), _many(Fraction(giver.contributor.cap)), given, asks)


def _many(amount: Fraction) -> str:
    """Return a number with its thousands set apart."""
    return f"{int(amount):,}" if amount.denominator == 1 else number(amount)
