"""The grammar of conditions: the small language in which a case speaks about states.

``not``, ``and``, ``or``, ``implies``, ``iff``; comparisons of an option with one of its levels;
``at least 2 of (a, b, c)``; ``sum(troops) >= 32000``; parentheses.  Nothing is ever evaluated
as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from servanda.conditions import (
    COMPARE,
    AllOf,
    Always,
    Among,
    AnyOf,
    Condition,
    Count,
    Iff,
    Not,
    OptionId,
    Total,
)
from servanda.errors import ConditionError, did_you_mean
from servanda.tokens import Token, tokens

_DEEPEST = 60
_LARGEST = 5_000  # parts of one condition, its facts written out


@dataclass(frozen=True)
class Vocabulary:
    """The words a case may use in its conditions.

    Parameters
    ----------
    levels
        Names of each option's levels, lowest first; a yes/no option has ``("no", "yes")``.
    values
        Numbers behind the levels, for options that state them.
    units
        Options whose values are counted in each unit, for ``sum(unit)``.
    facts
        Named conditions, as written.
    """

    levels: Mapping[OptionId, tuple[str, ...]]
    values: Mapping[OptionId, tuple[Fraction, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[OptionId, ...]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    _read: dict[str, Condition] = field(default_factory=dict, repr=False, compare=False)
    _expanded: dict[str, _Expanded] = field(default_factory=dict, repr=False, compare=False)

    def condition(self, text: str) -> Condition:
        """Return `text` as a condition on options.

        Raises
        ------
        ConditionError
            With the offset of the first word that cannot be read.
        """
        if text not in self._read:
            self._read[text] = _Reader(text, self, self._expanded).whole()
        return self._read[text]

    def term(self, text: str) -> tuple[OptionId, int]:
        """Return the option and the level index a term sets: ``x``, ``not x`` or ``x = level``.

        Raises
        ------
        ConditionError
            If the text is anything else.
        """
        return _Reader(text, self, self._expanded).term()


@dataclass(frozen=True, slots=True)
class _Expanded:
    """A fact written out, with the number of its parts and how deep they are nested."""

    condition: Condition
    size: int
    height: int


class _TooMuchError(ConditionError):
    """A condition that is fine but for its size: no single fact in it is to blame."""


class _Reader:
    """Recursive descent over one text.

    `open_facts` guards against facts that go in a circle, `depth` and `size` against facts that
    pile up; `expanded` keeps the facts already written out.
    """

    def __init__(
        self,
        text: str,
        words: Vocabulary,
        expanded: dict[str, _Expanded],
        *,
        open_facts: tuple[str, ...] = (),
        depth: int = 0,
    ) -> None:
        self.tokens = list(tokens(text))
        self.place = 0
        self.words = words
        self.expanded = expanded
        self.open_facts = open_facts
        self.depth = self.deepest = depth
        self.size = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> Token | None:
        token = self.now
        if token.kind != "quoted" and token.text in texts:
            self.place += 1
            return token
        return None

    def need(self, text: str, after: str) -> None:
        if not self.take(text):
            message = f'expected "{text}" {after}, found {self.now}'
            cut = after in {"to close the list", "to close the sum"} and self.now.kind == "end"
            hint = "inside [ ] or { }, put a condition with commas in quotes" if cut else ""
            raise ConditionError(message, self.now.offset, hint)

    def descend(self) -> None:
        self.depth += 1
        self.reach(self.depth)

    def reach(self, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > _DEEPEST:
            raise _TooMuchError("too deeply nested", self.now.offset, "name a part as a fact")

    def grow(self, size: int, offset: int) -> None:
        self.size += size
        if self.size > _LARGEST:
            raise _TooMuchError("too long once its facts are written out", offset)

    def whole(self) -> Condition:
        if self.now.kind == "end":
            raise ConditionError("an empty condition", 0, "write an option, or true")
        condition = self.iff()
        if self.now.kind != "end":
            token = self.now
            raise ConditionError(
                f'expected "and", "or", "implies" or the end, found {token}',
                token.offset,
                did_you_mean(token.text, ["and", "or", "implies", "iff"])
                if token.kind == "name"
                else "",
            )
        return condition

    def iff(self) -> Condition:
        before = self.depth
        self.descend()
        left = self.implies()
        while self.take("iff"):
            self.descend()
            left = Iff(left, self.implies())
        self.depth = before
        return left

    def implies(self) -> Condition:
        """Read ``a implies b implies c`` as ``a implies (b implies c)``."""
        parts = [self.any_of()]
        while self.take("implies"):
            parts.append(self.any_of())
        *conditions, result = parts
        return AnyOf((*map(Not, conditions), result)) if conditions else result

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.take("or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all_of(self) -> Condition:
        parts = [self.negated()]
        while self.take("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def negated(self) -> Condition:
        flips = 0
        while self.take("not"):
            flips += 1
        part = self.simple()
        return Not(part) if flips % 2 else part

    def simple(self) -> Condition:
        token = self.now
        self.grow(1, token.offset)
        if self.take("("):
            inner = self.iff()
            self.need(")", "to close the parenthesis")
            return inner
        if self.take("true"):
            return Always(truth=True)
        if self.take("false"):
            return Always(truth=False)
        if token.text in {"at", "exactly"} and token.kind == "keyword":
            return self.count()
        if self.take("sum"):
            return self.total()
        if token.kind == "name":
            self.place += 1
            return self.named(token)
        raise ConditionError(f"expected an option or a fact, found {token}", token.offset)

    def count(self) -> Condition:
        first = self.now
        self.place += 1
        word = first.text
        if word == "at":
            if self.now.text not in {"least", "most"}:
                raise ConditionError('expected "least" or "most" after "at"', self.now.offset)
            word = self.now.text
            self.place += 1
        if self.now.kind != "number" or not self.now.text.isdigit():
            raise ConditionError("expected a whole number", self.now.offset)
        number = int(self.now.text)
        self.place += 1
        self.need("of", "after the number")
        self.need("(", 'after "of"')
        parts = [self.iff()]
        while self.take(","):
            parts.append(self.iff())
        self.need(")", "to close the list")
        if word != "most" and number > len(parts):
            raise ConditionError(
                f"{number} of {len(parts)} can never hold", first.offset, "lower the number"
            )
        low = 0 if word == "most" else number
        high = len(parts) if word == "least" else number
        return Count(low, high, tuple(parts))

    def total(self) -> Condition:
        self.need("(", 'after "sum"')
        terms: list[tuple[OptionId, tuple[Fraction, ...]]] = []
        while True:
            token = self.now
            self.place += 1
            terms += self.summed(token)
            if not self.take(","):
                break
        self.need(")", "to close the sum")
        sign = self.now
        if sign.kind != "sign":
            raise ConditionError(
                "expected a comparison after the sum", sign.offset, 'such as ">= 3"'
            )
        self.place += 1
        number = self.now
        if number.kind != "number":
            raise ConditionError("expected a number after the comparison", number.offset)
        self.place += 1
        bound = Fraction(number.text.replace("_", ""))
        return Total(_plain(sign.text), bound, tuple(terms))

    def summed(self, token: Token) -> list[tuple[OptionId, tuple[Fraction, ...]]]:
        words = self.words
        options = words.units.get(token.text, (OptionId(token.text),))
        for option in options:
            if option in words.levels and option not in words.values:
                message = f'option "{option}" has no values to add up'
                raise ConditionError(message, token.offset, 'give it "values"')
        if options[0] in words.values:
            return [(option, words.values[option]) for option in options]
        hint = did_you_mean(token.text, [*words.units, *words.values])
        if token.kind != "name":
            raise ConditionError(f"expected a unit or an option, found {token}", token.offset, hint)
        raise ConditionError(f'no unit or option "{token.text}"', token.offset, hint)

    def named(self, token: Token) -> Condition:
        words = self.words
        option = OptionId(token.text)
        if option in words.levels:
            if self.now.kind == "sign":
                return self.compared(option)
            return Among(option, frozenset(range(1, len(words.levels[option]))))
        if token.text in words.facts:
            if self.now.kind == "sign":
                message = f'fact "{token.text}" has no levels to compare'
                raise ConditionError(message, self.now.offset)
            return self.fact(token)
        hint = did_you_mean(token.text, [*words.levels, *words.facts])
        raise ConditionError(f'no option or fact "{token.text}"', token.offset, hint)

    def fact(self, token: Token) -> Condition:
        name = token.text
        if name in self.open_facts:
            circle = self.open_facts[self.open_facts.index(name) :]
            message = f"facts go in a circle: {' -> '.join((*circle, name))}"
            raise ConditionError(message, token.offset, within=circle)
        if name not in self.expanded:
            self.expand(token)
        fact = self.expanded[name]
        self.grow(fact.size, token.offset)
        self.reach(self.depth + fact.height)
        return fact.condition

    def expand(self, token: Token) -> None:
        """Write a fact out; a fault in it names the innermost fact it lies in."""
        name = token.text
        try:
            reader = _Reader(
                self.words.facts[name],
                self.words,
                self.expanded,
                open_facts=(*self.open_facts, name),
                depth=self.depth,
            )
            condition = reader.whole()
        except _TooMuchError as error:
            raise _TooMuchError(error.message, token.offset, error.hint) from None
        except ConditionError as error:
            message = error.message
            if not error.within:
                message = f'fact "{name}" cannot be read: {message}'
            within = error.within or (name,)
            raise ConditionError(message, token.offset, error.hint, within=within) from None
        self.expanded[name] = _Expanded(condition, reader.size, reader.deepest - self.depth)

    def compared(self, option: OptionId) -> Among:
        sign = _plain(self.now.text)
        self.place += 1
        token = self.now
        if token.kind not in {"name", "number", "quoted", "keyword"}:
            message = f'expected a level of "{option}", found {token}'
            raise ConditionError(message, token.offset)
        self.place += 1
        names = self.words.levels[option]
        word = token.text[1:-1] if token.kind == "quoted" else token.text
        if word in names:
            scale = tuple(Fraction(index) for index in range(len(names)))
            bound = scale[names.index(word)]
        elif token.kind == "number" and option in self.words.values:
            scale = self.words.values[option]
            bound = Fraction(token.text.replace("_", ""))
        else:
            message = f'option "{option}" has no level "{word}"'
            longer = [name for name in names if name.startswith(f"{word} ")]
            quoted = f"write '{longer[0]}' in quotes" if longer else did_you_mean(word, names)
            raise ConditionError(message, token.offset, quoted)
        compare = COMPARE[sign]
        return Among(option, frozenset(i for i, value in enumerate(scale) if compare(value, bound)))

    def term(self) -> tuple[OptionId, int]:
        negated = self.take("not") is not None
        token = self.now
        option = OptionId(token.text)
        if option not in self.words.levels:
            if token.kind in {"end", "mark", "sign"}:
                raise ConditionError("expected an option", token.offset)
            hint = did_you_mean(token.text, list(self.words.levels))
            raise ConditionError(f'no option "{token.text}"', token.offset, hint)
        self.place += 1
        names = self.words.levels[option]
        if self.now.kind == "sign" and not negated:
            if _plain(self.now.text) != "=":
                raise ConditionError('a term sets one level: use "="', self.now.offset)
            place = self.tokens[self.place + 1].offset
            levels = self.compared(option).levels
            if not levels:
                message = f'no level of "{option}" has this value'
                raise ConditionError(message, place, did_you_mean("", names))
            level = min(levels)
        elif negated:
            level = 0
        elif len(names) > 2:
            hint = f'write "{option} = {names[-1]}"'
            raise ConditionError(f'option "{option}" has several levels', token.offset, hint)
        else:
            level = 1
        if self.now.kind != "end":
            message = f"expected one term, found {self.now} after it"
            hint = 'write each term by itself: "x", "not x" or "x = level"'
            raise ConditionError(message, self.now.offset, hint)
        return option, level


def _plain(sign: str) -> str:
    return "=" if sign == "==" else sign
