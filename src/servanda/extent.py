"""How far work goes unasked: where play without a deal is followed, how long to look for a deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_STATES: Final = 50_000
"""States of which all moves are followed, unless something else is asked for."""

PATHS: Final = 200
"""Paths followed by chance where there are more."""


NEAREST_SECONDS: Final = 5.0
"""How long to look, for each plan and view, for the nearest package that sticks."""


SEARCH_SHARE: Final = 0.6
"""Of the time there is, what is for a solver; the rest is for describing what it finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far play is followed.

    Parameters
    ----------
    states
        The most states of which every move is followed.  Within them the outcomes are all there
        are; beyond them `paths` are followed, each as far as it goes.
    paths
        How many paths are followed by chance.
    seed
        Of the chance: the same seed gives the same paths.
    """

    states: int = MOST_STATES
    paths: int = PATHS
    seed: int = 1
