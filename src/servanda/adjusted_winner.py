"""Who wins which issue when two parties spread points over them: Adjusted Winner.

Each issue goes to the party that values it more; then issues pass from the party that is ahead to
the other, those that cost least per point gained first, until both have as much.  At most one
issue is split.  A point of reference for talks between two: the procedure of [BT1996]_.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from servanda.errors import UsageError

Amount = int | Fraction
"""An exact number; a float is refused, because 0.1 is not a tenth."""

Pair = tuple[Fraction, Fraction]
"""One number for the first party and one for the second."""

POINTS: Final = 100
"""What each party's points are made to add up to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is to be won, and what it is worth to each party.

    Parameters
    ----------
    name
        The issue.
    worth
        Points of the first and of the second party, of a hundred each.
    """

    name: str
    worth: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What passes from the party that is ahead to the other.

    Parameters
    ----------
    issue
        Which issue.
    share
        How much of it.
    price
        How many points the giver loses for each that the taker gains.
    """

    issue: str
    share: Fraction
    price: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How Adjusted Winner divides the issues.

    Parameters
    ----------
    parties
        The first party and the second.
    issues
        What was divided, with the points given for it.
    untied
        Points of each party from the issues that it alone values most.
    tied
        Issues that both value alike; at first they go to the party behind in these points.
    giver
        The party that was ahead after that; None if neither was.
    transfers
        What it gave up then, in this order.
    shares
        For each issue, how much of it the first party has in the end.
    """

    parties: tuple[str, str]
    issues: tuple[Issue, ...]
    untied: Pair
    tied: tuple[str, ...]
    giver: str | None
    transfers: tuple[Transfer, ...]
    shares: tuple[Fraction, ...]

    @property
    def points(self) -> Pair:
        """What each party has in the end, by its own points."""
        return _points(self.issues, self.shares)

    @property
    def split(self) -> tuple[str, Fraction] | None:
        """The issue that is split, with the first party's share of it; None if none is."""
        halves = zip(self.issues, self.shares, strict=True)
        return next(((issue.name, share) for issue, share in halves if 0 < share < 1), None)

    @property
    def equitable(self) -> bool:
        """Whether both have as many points by their own count."""
        return self.points[0] == self.points[1]

    @property
    def envy_free(self) -> bool:
        """Whether neither would rather have what the other has."""
        return all(2 * points >= POINTS for points in self.points)

    @property
    def efficient(self) -> bool:
        """Whether no other division is better for one party and no worse for the other.

        It is if nobody holds what only the other values, and no exchange is worth it: for any
        issue that the first party holds and any that the second does, the first party's worth of
        its own, against the second's, is at least as high as for the other issue.
        """
        held = list(zip(self.issues, self.shares, strict=True))
        firsts = [issue.worth for issue, share in held if share > 0]
        seconds = [issue.worth for issue, share in held if share < 1]
        wasted = any(a == 0 < b for a, b in firsts) or any(b == 0 < a for a, b in seconds)
        return not wasted and all(a * d >= b * c for a, b in firsts for c, d in seconds)

    @property
    def proved(self) -> bool:
        """Whether all three hold, as the theorem says; recomputed from the shares alone."""
        return self.equitable and self.envy_free and self.efficient

    def won_by(self, party: str) -> tuple[str, ...]:
        """Return the issues that a party has whole."""
        whole = 1 if party == self.parties[0] else 0
        held = zip(self.issues, self.shares, strict=True)
        return tuple(issue.name for issue, share in held if share == whole)


def adjusted_winner(
    parties: tuple[str, str], points: Mapping[str, tuple[Amount, Amount]]
) -> Division:
    """Divide issues between two parties so that both have as many points, and neither envies.

    1. Each party's points are made to add up to a hundred.
    2. Each issue goes to the party that values it more; those that both value alike go to the
       party that is behind, to the second if neither is.
    3. From the party ahead, issues pass to the other in the order of what the giver loses for each
       point gained, until both have as many points; the last may have to be split.

    Parameters
    ----------
    parties
        Two names.
    points
        For each issue, what it is worth to the first party and to the second.

    Returns
    -------
    Division
        Equitable, envy-free and efficient.

    Raises
    ------
    UsageError
        If a party has no points to spread, or a number is negative or not exact.

    References
    ----------
    [BT1996]_, where the theorem is proved.

    Examples
    --------
    >>> found = adjusted_winner(("Ana", "Ben"), {"house": (60, 40), "boat": (40, 60)})
    >>> found.won_by("Ana"), [str(points) for points in found.points]
    (('house',), ['60', '60'])
    """
    issues = _issues(parties, points)
    tied = tuple(issue.name for issue in issues if issue.worth[0] == issue.worth[1])
    shares = [Fraction(issue.worth[0] > issue.worth[1]) for issue in issues]
    apart = [Fraction(0) if issue.name in tied else Fraction(1) for issue in issues]
    untied = _points(issues, shares, apart)
    if untied[0] < untied[1]:
        shares = [
            Fraction(1) if issue.name in tied else share
            for issue, share in zip(issues, shares, strict=True)
        ]
    before = _points(issues, shares)
    ahead = 0 if before[0] > before[1] else 1
    transfers = _transfers(issues, shares, ahead)
    for at, transfer in transfers:
        shares[at] += transfer.share if ahead else -transfer.share
    return Division(
        parties=parties,
        issues=issues,
        untied=untied,
        tied=tied,
        giver=parties[ahead] if transfers else None,
        transfers=tuple(transfer for _, transfer in transfers),
        shares=tuple(shares),
    )


def _issues(
    parties: tuple[str, str], points: Mapping[str, tuple[Amount, Amount]]
) -> tuple[Issue, ...]:
    """Return the issues, each party's points made to add up to a hundred."""
    if parties[0] == parties[1]:
        raise UsageError(f'both parties are "{parties[0]}"', "give them two names")
    for name, worth in points.items():
        for party, amount in zip(parties, worth, strict=True):
            told = f'"{name}" is worth {amount!r} to {party}'
            if not isinstance(amount, int | Fraction):
                raise UsageError(told, 'write it exactly, as 3 or Fraction("0.3")')
            if amount < 0:
                raise UsageError(told, "write 0 or more")
    totals = [sum(Fraction(worth[who]) for worth in points.values()) for who in (0, 1)]
    for party, total in zip(parties, totals, strict=True):
        if not total:
            raise UsageError(f"{party} has spread no points", "give it something to win")
    first, second = (Fraction(POINTS) / total for total in totals)
    return tuple(Issue(name=name, worth=(a * first, b * second)) for name, (a, b) in points.items())


def _points(
    issues: Sequence[Issue], shares: Sequence[Fraction], counted: Sequence[Fraction] | None = None
) -> Pair:
    """Return what each party has of the issues counted, all if nothing is said."""
    weights = counted or [Fraction(1)] * len(issues)
    held = list(zip(issues, shares, weights, strict=True))
    return (
        sum((issue.worth[0] * share * weight for issue, share, weight in held), Fraction(0)),
        sum((issue.worth[1] * (1 - share) * weight for issue, share, weight in held), Fraction(0)),
    )


def _transfers(
    issues: Sequence[Issue], shares: Sequence[Fraction], ahead: int
) -> list[tuple[int, Transfer]]:
    """Return what passes from the party ahead, cheapest first, until both have as much."""
    points = _points(issues, shares)
    gap = points[ahead] - points[1 - ahead]
    prices = [
        (issue.worth[ahead] / issue.worth[1 - ahead], at)
        for at, (issue, share) in enumerate(zip(issues, shares, strict=True))
        if share == 1 - ahead and issue.worth[1 - ahead]
    ]
    found = []
    for price, at in sorted(prices):
        both = sum(issues[at].worth)
        if gap > 0:
            share = min(Fraction(1), gap / both)
            found.append((at, Transfer(issue=issues[at].name, share=share, price=price)))
            gap -= share * both
    return found
