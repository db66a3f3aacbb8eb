"""The four stability concepts, the grades made of them, and their order of strength.

Definitions: [FHK1993]_ and, for sanctions of any length, [KH2005]_.  A state is Nash stable for a
party that cannot improve on it; SEQ stable if the others' own improvements deter every
improvement; SMR stable if any moves of theirs do, even after its best answer; GMR stable if any
moves of theirs do.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Concept(StrEnum):
    """Why a party stays."""

    NASH = "nash"
    GMR = "gmr"
    SMR = "smr"
    SEQ = "seq"


class Grade(StrEnum):
    """How firmly a party stays, best first."""

    FIRM = "firm"
    GUARDED = "guarded"
    BRITTLE = "brittle"
    BREAKS = "breaks"

    @property
    def rank(self) -> int:
        """0 for firm, 3 for breaks."""
        return list(Grade).index(self)

    @property
    def sticks(self) -> bool:
        """Whether a package of this grade can stick."""
        return self in {Grade.FIRM, Grade.GUARDED}


def grade_of(concepts: Iterable[Concept]) -> Grade:
    """Return the grade of the concepts that hold for a party at a state.

    >>> grade_of([Concept.GMR, Concept.SEQ])
    <Grade.GUARDED: 'guarded'>
    """
    held = set(concepts)
    if Concept.NASH in held:
        return Grade.FIRM
    if Concept.SEQ in held:
        return Grade.GUARDED
    return Grade.BRITTLE if held else Grade.BREAKS
