"""Which shortest formula says exactly when something holds.

The prime implicants of a many-valued truth table [Q1952]_ [M1956]_, as Qualitative Comparative
Analysis takes them [R1987]_ [CB2009]_, and the fewest of them that cover every row that holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from servanda.cover import STEPS, WORK, Bools, cheapest_cover
from servanda.errors import Undecided, UsageError
from servanda.truth_table import Combination, OneOf, TruthTable

LARGEST: Final = 1 << 25
"""The most terms over the factors that are looked at."""

MOST: Final = 20_000
"""The most prime implicants that are compared."""

Masks = NDArray[np.int64]
"""Terms, shape = (terms, factors): bit a is set if the term admits answer a of the factor."""


@dataclass(frozen=True, slots=True)
class Term:
    """Conditions that hold together; none of them: always.

    >>> K1, K2 = ("stay", "leave"), ("stay", "both", "other", "none")
    >>> str(Term((OneOf("K1", ("stay",), K1), OneOf("K2", ("stay", "both"), K2))))
    'K1 = stay and (K2 = stay or both)'
    """

    parts: tuple[OneOf, ...]

    def holds(self, combination: Combination) -> bool:
        """Return whether all conditions hold."""
        return all(part.holds(combination) for part in self.parts)

    @property
    def data(self) -> dict[str, list[str]]:
        """The answers that each factor of the term admits, for JSON."""
        return {part.factor: list(part.answers) for part in self.parts}

    def __str__(self) -> str:
        if len(self.parts) == 1:
            return str(self.parts[0])
        texts = (f"({part})" if part.alternatives else str(part) for part in self.parts)
        return " and ".join(texts) or "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A shortest formula for a truth table; no terms: never.

    Parameters
    ----------
    terms
        It holds where one of these does; each is a prime implicant. In file order.
    equally_short
        How many formulas are as short, this one included.
    all_counted
        Whether there are exactly so many; otherwise at least so many, and this one may not be the
        first of them in file order.
    shortest
        Whether it is proved that none is shorter.
    fewest_terms
        No formula has fewer terms.
    """

    terms: tuple[Term, ...]
    equally_short: int
    all_counted: bool
    shortest: bool
    fewest_terms: int

    def holds(self, combination: Combination) -> bool:
        """Return whether the formula holds under the answers."""
        return any(term.holds(combination) for term in self.terms)

    @property
    def literals(self) -> int:
        """How many conditions the formula has in all."""
        return sum(len(term.parts) for term in self.terms)

    @property
    def answers_named(self) -> int:
        """How many answers the text of the formula names."""
        return sum(len(part.named) for term in self.terms for part in term.parts)

    @property
    def data(self) -> dict[str, Any]:
        """The formula for JSON."""
        return {
            "formula": str(self),
            "equally_short": self.equally_short,
            "all_counted": self.all_counted,
            "shortest": self.shortest,
            "fewest_terms": self.fewest_terms,
            "terms": [term.data for term in self.terms],
        }

    def __str__(self) -> str:
        if len(self.terms) < 2:
            return str(self.terms[0]) if self.terms else "never"
        return " or ".join(
            f"({term})" if len(term.parts) > 1 or term.parts[0].alternatives else str(term)
            for term in self.terms
        )

    def in_words(self) -> str:
        """Return the formula in sentences."""
        if not self.terms:
            return "Works under no answers."
        if not self.literals:
            return "Works under all answers."
        terms = (" and ".join(part.in_words() for part in term.parts) for term in self.terms)
        return " ".join([f"Works exactly when {', or when '.join(terms)}.", *self._remarks()])

    def _remarks(self) -> list[str]:
        others = _count(self.equally_short - 1, "other formula")
        match self:
            case Formula(shortest=False):
                least = _count(self.fewest_terms, "term")
                return [f"A shorter formula may say the same, but none with fewer than {least}."]
            case Formula(all_counted=False, equally_short=1):
                return ["Others may be as short; they were not counted."]
            case Formula(all_counted=False):
                return [f"At least {others} would be as short."]
            case Formula(equally_short=1):
                return []
        return [f"{others} would be as short."]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortest_formula(table: TruthTable, *, steps: int = STEPS, work: float = WORK) -> Formula:
    """Return the shortest formula that holds wherever the table does, and nowhere it does not.

    Where the answers contradict each other the formula may do either. The shortest has the fewest
    terms; of these the fewest conditions; of these the fewest answers named; and among formulas
    as short the one that comes first in file order.

    >>> from servanda.truth_table import tabulate
    >>> factors = {"A": ("no", "yes"), "B": ("no", "yes"), "C": ("no", "yes")}
    >>> print(shortest_formula(tabulate(factors, lambda row: "yes" in (row["A"], row["C"]))))
    A = yes or C = yes

    Parameters
    ----------
    table
        The verdicts.
    steps, work
        How much the search for the fewest terms, and after it the solver, may do.

    Raises
    ------
    UsageError
        If all combinations contradict themselves.
    Undecided
        If the factors have more answers than can be looked at.
    """
    verdicts = _verdicts(table)
    if not (verdicts >= 0).any():
        raise UsageError("every combination of answers contradicts itself")
    masks = _primes(verdicts)
    if len(masks) > MOST:
        raise Undecided(
            f"{len(masks):,} terms could stand in the formula, more than can be compared"
        )
    sizes = np.bitwise_count(masks)
    full = np.array(verdicts.shape)
    literals = (sizes < full).sum(1)
    named = np.minimum(sizes, full - sizes).sum(1)
    covers = _covers(masks, np.argwhere(verdicts == 1))
    prices = np.column_stack([np.ones_like(literals), literals, named])
    cover = cheapest_cover(covers, prices, steps=steps, work=work)
    return Formula(
        terms=tuple(_term(table, masks[piece]) for piece in cover.pieces),
        equally_short=cover.ways,
        all_counted=cover.all_counted,
        shortest=cover.price == cover.bound,
        fewest_terms=cover.bound[0],
    )


def prime_implicants(table: TruthTable) -> tuple[Term, ...]:
    """Return every widest term that holds in some row, and in none that does not, in file order.

    Widest: to admit one more answer would let in a row that does not hold.

    Raises
    ------
    Undecided
        If the factors have more answers than can be looked at.
    """
    return tuple(_term(table, masks) for masks in _primes(_verdicts(table)))


def _verdicts(table: TruthTable) -> NDArray[np.int8]:
    """Return the verdicts, shape = answers of each factor: 1 holds, 0 does not, -1 unknown."""
    known = [-1 if verdict is None else int(verdict) for verdict in table.verdicts]
    return np.array(known, np.int8).reshape(table.shape)


def _primes(verdicts: NDArray[np.int8]) -> Masks:
    """Return the prime implicants in file order.

    1. For every term, whether it admits a row that holds, and a row that does not.
    2. An implicant admits the first and not the second.
    3. It is prime if to admit one more answer to any factor would make it none.
    """
    terms = math.prod(2**count - 1 for count in verdicts.shape)
    if terms > LARGEST:
        raise Undecided(f"the answers allow {terms:,} terms, more than can be looked at")
    bad = _admitted(verdicts == 0)
    prime = _admitted(verdicts == 1) & ~bad
    for axis, count in enumerate(verdicts.shape):
        along, wider = np.moveaxis(prime, axis, 0), np.moveaxis(bad, axis, 0)
        for mask in range(1, 2**count):
            for answer in range(count):
                if not mask >> answer & 1:
                    along[mask - 1] &= wider[(mask | 1 << answer) - 1]
    masks: Masks = np.argwhere(prime).astype(np.int64) + 1
    return masks[sorted(range(len(masks)), key=lambda one: _place(masks[one], verdicts.shape))]


def _admitted(rows: Bools) -> Bools:
    """Return whether each term admits one of the rows.

    Parameters
    ----------
    rows
        bool, shape = answers of each factor.

    Returns
    -------
        bool, shape = 2^answers - 1 of each factor: the term that admits the answers in mask m of
        a factor stands at m - 1.
    """
    for axis, count in enumerate(rows.shape):
        before = np.moveaxis(rows, axis, 0)
        after = np.empty((2**count - 1, *before.shape[1:]), bool)
        for mask in range(1, 2**count):
            rest = mask & (mask - 1)
            one = before[(mask ^ rest).bit_length() - 1]
            after[mask - 1] = one | after[rest - 1] if rest else one
        rows = np.moveaxis(after, 0, axis)
    return rows


def _place(masks: NDArray[np.int64], shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return what orders terms: by the first factor and its first answer in which they differ.

    A term that says nothing of a factor comes after those that do.
    """
    return tuple(
        (count,) if mask == 2**count - 1 else tuple(_answers(int(mask)))
        for mask, count in zip(masks, shape, strict=True)
    )


def _answers(mask: int) -> list[int]:
    return [answer for answer in range(mask.bit_length()) if mask >> answer & 1]


def _covers(masks: Masks, rows: NDArray[np.int64]) -> Bools:
    """Return which terms admit which rows, shape = (terms, rows)."""
    covers = np.ones((len(masks), len(rows)), bool)
    for mask, answer in zip(masks.T, rows.T, strict=True):
        covers &= (mask[:, None] >> answer[None, :] & 1).astype(bool)
    return covers


def _term(table: TruthTable, masks: NDArray[np.int64]) -> Term:
    return Term(
        tuple(
            OneOf(factor, tuple(among[answer] for answer in _answers(int(mask))), among)
            for (factor, among), mask in zip(table.factors.items(), masks, strict=True)
            if mask != 2 ** len(among) - 1
        )
    )
