"""The words and signs of a condition, and which names may stand among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from servanda.errors import ConditionError

KEYWORDS = frozenset(
    {"not", "and", "or", "implies", "iff", "at", "exactly", "of", "sum", "true", "false"}
)
_NAME = re.compile(r"[^\W\d](?:[\w.]|-(?=\w))*")
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>-?\d[\d_]*(?:\.\d+)?(?![\w.-]))|(?P<name>{_NAME.pattern}|\d[\w.-]*)"
    r"|(?P<quoted>'[^']*'|\"[^\"]*\")|(?P<sign><=|>=|!=|==|=|<|>)|(?P<mark>[(),]))"
)
_INSTEAD: Mapping[str, str] = {
    "&": 'write "and"',
    "|": 'write "or"',
    "!": 'write "not"',
    "-": 'write "implies" for an arrow',
    "≥": 'write ">="',
    "≤": 'write "<="',
    "≠": 'write "!="',
}
_LONGEST = 40  # digits of one number


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign, its kind, and where it begins."""

    kind: str
    text: str
    offset: int

    def __str__(self) -> str:
        if self.kind == "quoted":
            return self.text
        return f'"{self.text}"' if self.text else "the end"


def is_word(text: str) -> bool:
    """Return whether conditions can use `text` as a name: one plain word, and not their own."""
    return _NAME.fullmatch(text) is not None and text not in KEYWORDS


def tokens(text: str) -> Iterator[Token]:
    """Yield the words and signs of a text, and its end.

    Raises
    ------
    ConditionError
        At a character that no condition holds.
    """
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            rest = text[place:].lstrip()
            message, hint = f'unexpected "{rest[0]}"', _INSTEAD.get(rest[0], "")
            if rest[0] in "'\"":
                message = "a quotation mark is never closed"
            raise ConditionError(message, len(text) - len(rest), hint)
        kind = found.lastgroup or ""
        word, start = found.group(kind), found.start(kind)
        if kind == "name" and word in KEYWORDS:
            kind = "keyword"
        if kind == "number" and len(word) > _LONGEST:
            raise ConditionError("a number with too many digits", start)
        yield Token(kind, word, start)
        place = found.end()
    yield Token("end", "", end)
