"""Something that will do, found quickly where trying all in order would take too long.

What is yielded last is the best, and is not proved to be the least: not all between was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

One = TypeVar("One")
Way = TypeVar("Way")


def halved(
    groups: Sequence[Sequence[Way]], fits: Callable[[Way], One | None]
) -> Iterator[list[One]]:
    """Yield what fits of a group, then of ever earlier ones, by halving what lies before it.

    Parameters
    ----------
    groups
        Ways to try, in groups that are the likelier to hold one that fits the later they stand.
    fits
        What comes of a way that fits; else None.

    Examples
    --------
    >>> list(halved([[1], [2], [3], [4, 5]], lambda way: way if way > 2 else None))
    [[4, 5], [3]]
    """
    first, last = 0, len(groups)
    middle, any_found = last - 1, False
    while first < last:
        found = [one for way in groups[middle] if (one := fits(way)) is not None]
        if found:
            yield found
            last, any_found = middle, True
        elif any_found:
            first = middle + 1
        else:
            return
        middle = (first + last) // 2


def thinned(every: Sequence[Way], fits: Callable[[Sequence[Way]], One | None]) -> Iterator[One]:
    """Yield what comes of all things if they do together, then of ever fewer that still do.

    Parameters
    ----------
    every
        The things; the first are left out first.
    fits
        What comes of some of them if these do; else None.

    Examples
    --------
    >>> list(thinned([1, 2, 3], lambda some: some if sum(some) >= 3 else None))
    [[1, 2, 3], [2, 3], [3]]
    """
    kept = list(every)
    whole = fits(kept)
    if whole is None:
        return
    yield whole
    for each in every:
        fewer = [other for other in kept if other != each]
        found = fits(fewer) if fewer else None
        if found is not None:
            kept = fewer
            yield found
