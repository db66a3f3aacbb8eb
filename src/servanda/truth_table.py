"""Under which answers something holds, and which question decides.

A truth table gives the verdict for every combination of answers: it holds, it does not, or
nobody can say, because the answers contradict each other (a "don't care").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from types import MappingProxyType
from typing import Final

from servanda.errors import UsageError, did_you_mean

Combination = Mapping[str, str]
"""One answer for every factor."""

_YES: Final = "yes"
_NO: Final = "no"
_DEPENDS: Final = "depends"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The condition that a factor has one of some answers.

    >>> str(OneOf("K2", ("stay", "both"), ("stay", "leave", "both", "other")))
    'K2 = stay or both'
    >>> str(OneOf("K5", ("un", "league"), ("un", "nato", "league")))
    'not K5 = nato'

    Parameters
    ----------
    factor
        The question.
    answers
        The answers with which the condition holds, in file order.
    among
        All answers of the factor, in file order.
    """

    factor: str
    answers: tuple[str, ...]
    among: tuple[str, ...]

    @property
    def negated(self) -> bool:
        """Whether it is shorter to name the answers with which it does not hold."""
        return 2 * len(self.answers) > len(self.among)

    @property
    def named(self) -> tuple[str, ...]:
        """The answers that its text names."""
        if self.negated:
            return tuple(answer for answer in self.among if answer not in self.answers)
        return self.answers

    @property
    def alternatives(self) -> bool:
        """Whether its text has an `or` that wants parentheses."""
        return len(self.named) > 1 and not self.negated

    def holds(self, combination: Combination) -> bool:
        """Return whether the condition holds."""
        return combination[self.factor] in self.answers

    def __str__(self) -> str:
        equal = f"{self.factor} = {' or '.join(self.named)}"
        if not self.negated:
            return equal
        return f"not ({equal})" if len(self.named) > 1 else f"not {equal}"

    def in_words(self) -> str:
        """Return the condition as part of a sentence."""
        if self.negated:
            return f"{self.factor} is not {' or '.join(self.named)}"
        return f"{self.factor} is {' or '.join(self.named)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTable:
    """A verdict for every combination of answers.

    Parameters
    ----------
    factors
        The answers of every question, both in file order.
    verdicts
        Whether it holds, one for each combination, the last factor turning fastest; None where
        the answers contradict each other.

    Raises
    ------
    UsageError
        If a factor has no answers or one answer twice, or if verdicts are too few or too many.
    """

    factors: Mapping[str, tuple[str, ...]]
    verdicts: tuple[bool | None, ...]

    def __post_init__(self) -> None:
        """Check the table, and freeze it."""
        factors = {factor: tuple(answers) for factor, answers in self.factors.items()}
        for factor, answers in factors.items():
            if not answers or len(set(answers)) < len(answers):
                raise UsageError(f'"{factor}" needs at least one answer, and each only once')
        wanted = math.prod(map(len, factors.values()))
        if len(self.verdicts) != wanted:
            raise UsageError(
                f"the answers combine in {wanted} ways, and there are {len(self.verdicts)} verdicts"
            )
        object.__setattr__(self, "factors", MappingProxyType(factors))
        object.__setattr__(self, "verdicts", tuple(self.verdicts))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many answers each factor has."""
        return tuple(map(len, self.factors.values()))

    def rows(self) -> Iterator[tuple[dict[str, str], bool | None]]:
        """Give every combination of answers with its verdict."""
        for answers, verdict in zip(product(*self.factors.values()), self.verdicts, strict=True):
            yield dict(zip(self.factors, answers, strict=True)), verdict

    def verdict(self, combination: Combination) -> bool | None:
        """Return whether it holds under the answers; None where they contradict each other.

        Raises
        ------
        UsageError
            If a factor or an answer is unknown, or a factor has no answer.
        """
        self.check(combination)
        row = 0
        for factor, answers in self.factors.items():
            if factor not in combination:
                raise UsageError(f'"{factor}" has no answer')
            row = row * len(answers) + answers.index(combination[factor])
        return self.verdicts[row]

    def check(self, answers: Combination) -> None:
        """Refuse answers that the table does not know."""
        for factor, answer in answers.items():
            if factor not in self.factors:
                known = tuple(self.factors)
                raise UsageError(f'there is no question "{factor}"', did_you_mean(factor, known))
            if answer not in self.factors[factor]:
                hint = did_you_mean(answer, self.factors[factor])
                raise UsageError(f'"{factor}" has no answer "{answer}"', hint)


def tabulate(
    factors: Mapping[str, tuple[str, ...]], judge: Callable[[Combination], bool | None]
) -> TruthTable:
    """Return the truth table of a judgement.

    >>> table = tabulate({"K1": ("stay", "leave")}, lambda row: row["K1"] == "stay")
    >>> table.verdicts
    (True, False)
    """
    rows = (dict(zip(factors, answers, strict=True)) for answers in product(*factors.values()))
    return TruthTable(factors=factors, verdicts=tuple(judge(row) for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """How often changing the answer to one question, and nothing else, changes the verdict.

    Parameters
    ----------
    factor
        The question.
    turned
        In how many contexts some of its answers hold and some do not.
    contexts
        The combinations of the other answers in which at least two of its answers have a
        verdict; where fewer have one, nothing can be compared.
    """

    factor: str
    turned: int
    contexts: int

    @property
    def share(self) -> Fraction:
        """The share of contexts in which it turns the verdict."""
        return Fraction(self.turned, self.contexts) if self.contexts else Fraction(0)

    def __str__(self) -> str:
        return f"{self.factor} decides in {self.turned} of {self.contexts} contexts"


def sways(table: TruthTable) -> tuple[Sway, ...]:
    """Return the sway of every question, the one that decides most first.

    Questions that decide equally often stand in file order.
    """
    seen: dict[tuple[str, tuple[str, ...]], list[bool]] = {}
    for row, verdict in table.rows():
        if verdict is not None:
            for factor in table.factors:
                context = tuple(answer for other, answer in row.items() if other != factor)
                seen.setdefault((factor, context), []).append(verdict)
    found = []
    for factor in table.factors:
        contexts = [known for (owner, _), known in seen.items() if owner == factor]
        compared = [known for known in contexts if len(known) > 1]
        turned = sum(len(set(known)) > 1 for known in compared)
        found.append(Sway(factor=factor, turned=turned, contexts=len(compared)))
    return tuple(sorted(found, key=lambda sway: -sway.share))


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleConditions:
    """What single questions settle.

    Parameters
    ----------
    necessary
        For each factor that has one, the narrowest condition without which it never holds.
    sufficient
        For each factor that has one, the widest condition with which it always holds.
    """

    necessary: tuple[OneOf, ...]
    sufficient: tuple[OneOf, ...]


def single_conditions(table: TruthTable) -> SingleConditions:
    """Return the necessary and the sufficient conditions on one question.

    An answer is told by the rows that have a verdict; one without any is never ruled out and
    never suffices. Where something holds always or never, no answer settles anything.
    """
    known: dict[tuple[str, str], set[bool]] = {}
    for row, verdict in table.rows():
        if verdict is not None:
            for item in row.items():
                known.setdefault(item, set()).add(verdict)
    if len(set().union(*known.values())) < 2:
        return SingleConditions(necessary=(), sufficient=())
    necessary, sufficient = [], []
    for factor, among in table.factors.items():
        seen = {answer: known.get((factor, answer), set()) for answer in among}
        left = tuple(answer for answer in among if seen[answer] != {False})
        enough = tuple(answer for answer in among if seen[answer] == {True})
        if len(left) < len(among):
            necessary.append(OneOf(factor, left, among))
        if enough:
            sufficient.append(OneOf(factor, enough, among))
    return SingleConditions(necessary=tuple(necessary), sufficient=tuple(sufficient))


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What the answers given so far say.

    Parameters
    ----------
    verdict
        ``"yes"``, ``"no"`` or ``"depends"``.
    holds, worlds
        In how many of the worlds left it holds; contradictory ones are not counted.
    contradictory
        How many of the combinations left contradict themselves.
    sways
        The sway of the open questions within what is left, the one that decides most first;
        empty unless it depends.
    """

    verdict: str
    holds: int
    worlds: int
    contradictory: int
    sways: tuple[Sway, ...]

    def __str__(self) -> str:
        if self.verdict != _DEPENDS:
            return self.verdict
        return f"{self.verdict} ({self.holds} of {self.worlds})"


def under(table: TruthTable, fixed: Combination) -> Under:
    """Return what follows where some questions are answered and the others stay open.

    >>> table = tabulate(
    ...     {"K1": ("stay", "leave"), "K2": ("un", "nato")},
    ...     lambda row: row["K1"] == "leave" and row["K2"] == "un",
    ... )
    >>> str(under(table, {"K1": "stay"})), str(under(table, {"K1": "leave"}))
    ('no', 'depends (1 of 2)')

    Raises
    ------
    UsageError
        If a question or an answer is unknown, or if all combinations left contradict themselves.
    """
    table.check(fixed)
    left = [
        verdict
        for row, verdict in table.rows()
        if all(row[factor] == answer for factor, answer in fixed.items())
    ]
    known = [verdict for verdict in left if verdict is not None]
    if not known:
        raise UsageError("these answers contradict each other in every combination")
    narrowed = {
        factor: (fixed[factor],) if factor in fixed else answers
        for factor, answers in table.factors.items()
    }
    mixed = 0 < sum(known) < len(known)
    swaying = sways(TruthTable(factors=narrowed, verdicts=tuple(left))) if mixed else ()
    return Under(
        verdict=_DEPENDS if mixed else _YES if known[0] else _NO,
        holds=sum(known),
        worlds=len(known),
        contradictory=len(left) - len(known),
        sways=tuple(sway for sway in swaying if sway.factor not in fixed),
    )
