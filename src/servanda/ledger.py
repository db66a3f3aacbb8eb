"""The faults found in a case so far, and the small checks that most of them come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from servanda.conditions import Condition, OptionId, holds
from servanda.errors import ConditionError, Path, Problem, did_you_mean
from servanda.model import Case, Rule, Term


class Ledger:
    """Collects the faults of one case.

    Parameters
    ----------
    case
        The case being checked.

    Attributes
    ----------
    problems
        The faults found, in the order they were looked for.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.problems: list[Problem] = []

    def add(self, path: Path, message: str, hint: str = "", *, offset: int = 0) -> None:
        """Note a fault."""
        self.problems.append(Problem(message=message, path=path, hint=hint, offset=offset))

    def condition(self, text: str, path: Path) -> Condition | None:
        """Return a condition, or note why it cannot be read.

        A fault that lies in a fact is noted at the fact, not at every use of it.
        """
        try:
            return self.case.vocabulary.condition(text)
        except ConditionError as error:
            if not error.within:
                self.add(path, error.message, error.hint, offset=error.offset)
            return None

    def term(self, text: str, path: Path) -> tuple[OptionId, int] | None:
        """Return the option and level a term sets, or note why it cannot be read."""
        try:
            return self.case.vocabulary.term(text)
        except ConditionError as error:
            self.add(path, error.message, error.hint, offset=error.offset)
            return None

    def terms(
        self, texts: Iterable[str], path: Path, key: Path = ()
    ) -> dict[OptionId, tuple[int, Path]]:
        """Return the level each term sets, and where it stands; note what cannot be.

        Parameters
        ----------
        texts
            Terms, each of which stands at `path`, its place in the list, and `key`.
        """
        found: dict[OptionId, tuple[int, Path]] = {}
        for place, text in enumerate(texts):
            here = (*path, place, *key)
            term = self.term(text, here)
            if term is None:
                continue
            option, level = term
            if option in found:
                again = "twice" if found[option][0] == level else "to two levels"
                self.add(here, f'option "{option}" is set {again}', "keep one of them")
            found.setdefault(option, (level, here))
        return found

    def dated(self, terms: Sequence[Term], path: Path) -> dict[OptionId, tuple[int, Path]]:
        """Return the level each term of a plan sets, and where it stands; note what cannot be."""
        for place, term in enumerate(terms):
            if term.when is not None:
                self.condition(term.when, (*path, place, "when"))
        return self.terms((term.take for term in terms), path, ("take",))

    def known(self, kind: str, name: str, among: Collection[str], path: Path) -> bool:
        """Return whether a name is known; note it where it is not."""
        if name in among:
            return True
        self.add(path, f'no {kind} "{name}"', did_you_mean(name, list(among)))
        return False

    def parties(self, names: Sequence[str], path: Path) -> None:
        """Note parties that are unknown or named twice in one list."""
        for place, name in enumerate(names):
            self.known("party", name, self.case.parties, (*path, place))
            if name in names[:place]:
                self.add((*path, place), f'party "{name}" is named twice')

    def broken_rule(self, state: Mapping[OptionId, int]) -> Rule | None:
        """Return a rule under `never` that a state breaks; all rules must be readable."""
        words = self.case.vocabulary
        rules = self.case.never
        return next((rule for rule in rules if holds(words.condition(rule.that), state)), None)
