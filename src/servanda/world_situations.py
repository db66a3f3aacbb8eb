"""A plan in many worlds: what is found of a party in one is kept for all where it wants alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from servanda.conflict import with_preferences
from servanda.model import Case
from servanda.situation import Situation, lay
from servanda.worlds import Answers, Overlay, laid, owned, seen_by


@dataclass(frozen=True)
class Worlds:
    """The worlds of a case, with every plan laid over each.

    Parameters
    ----------
    case
        A case without faults, nothing laid over it.
    """

    case: Case
    _first: dict[str, Situation] = field(default_factory=dict, repr=False)

    def situation(
        self,
        plan: str,
        worldview: str | None,
        answers: Answers,
        further: Iterable[Overlay] = (),
    ) -> Situation:
        """Return a plan laid over the case as an author sees it, with further answers.

        Worlds that differ in the parties' wishes only share all else, and what is known of each
        party that wants the same.

        Parameters
        ----------
        plan
            A plan of the case.
        worldview, answers
            Whose view, and answers that come before the author's own.
        further
            What else is laid over it.

        Raises
        ------
        Contradictory
            If the answers, the author and the plan cannot be laid together.
        UsageError
            If no state is feasible.
        """
        seen = laid(seen_by(self.case, worldview, answers), further)
        owned(seen, seen.plans[plan])
        frame = plan
        for part in ("facts", "options", "never"):
            if getattr(seen, part) is not getattr(self.case, part):
                frame += f" {getattr(seen, part)!r}"
        if frame not in self._first:
            self._first[frame] = lay(seen, plan)
        first = self._first[frame]
        update = {"preferences": seen.preferences}
        conflict = with_preferences(first.conflict, first.conflict.case.model_copy(update=update))
        return replace(first, conflict=conflict)
