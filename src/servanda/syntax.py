"""The YAML of a file: its text as a tree, and its faults in plain words.

Scalars are those of YAML 1.2: no dates, no base-60 numbers; yes, no, on and off are plain words.
Aliases and tags are refused and nesting is shallow, so no file can make the reading run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from servanda.errors import Problem
from servanda.written import Entry, Node, Page, Scalar, WrittenFloat, WrittenInt

_DEEPEST = 40
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_BASED = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault as the YAML library tells it, and as an analyst would.

    `{sign}` is the character found, `{line}` where the surrounding part begins; `back` points at
    that beginning.
    """

    told: str
    message: str
    hint: str = ""
    back: bool = False


_TAB = _Fault("a tab character where", "a tab in the indentation", "indent with spaces")
_FAULTS = (
    _TAB,
    _Fault(
        "mapping values are not allowed",
        '":" is not expected here',
        'check the indentation, and put text that holds ": " in quotes',
    ),
    _Fault(
        "cannot start any token",
        "no text may begin with {sign}",
        "put the text in quotes",
    ),
    _Fault(
        "a quoted scalar found unexpected",
        "a quotation mark is never closed",
        "close it before the end",
        back=True,
    ),
    _Fault(
        "expected ',' or ']'",
        'expected "," or "]" in the list that begins on line {line}',
    ),
    _Fault(
        "expected ',' or '}'",
        'expected "," or "}" in the mapping that begins on line {line}',
    ),
    _Fault(
        "did not find expected key",
        "this does not fit what stands above it",
        "check the indentation, and put quotes around the whole text",
    ),
    _Fault(
        "expected '-' indicator",
        'expected "- ", as in the list that begins on line {line}',
        "check the indentation",
    ),
    _Fault(
        "could not find expected ':'",
        'expected "key: value"',
        "indent the line if it goes on from the one above",
        back=True,
    ),
    _Fault(
        "did not find expected node content",
        "expected a value, found {sign}",
        "put the text in quotes",
    ),
    _Fault(
        "block sequence entries are not allowed",
        'a list with "- " is not expected here',
        "begin the list on a line of its own",
    ),
    _Fault(
        "unknown escape character",
        "no such escape in double quotes",
        "write the text in single quotes",
    ),
    _Fault(
        "expected comment or line break",
        'nothing may follow "|" or ">" on its line',
        "begin the text on the next line",
    ),
    _Fault(
        "expected <document start>",
        "nothing may follow the end of the case",
    ),
    _Fault("undefined tag handle", '"!" begins a tag', 'write "not", or put it in quotes'),
    _Fault("scanning a tag", '"!" begins a tag', 'write "not", or put it in quotes', back=True),
    _Fault("an anchor did not find", 'no text may begin with "&"', 'write "and" for "&"'),
    _Fault("an alias did not find", 'no text may begin with "*"', "put the text in quotes"),
)


def parse(page: Page) -> tuple[Node | None, list[Problem]]:
    """Return the tree of a page, None where there is none, and the faults of its syntax."""
    bad = _UNPRINTABLE.search(page.text)
    if bad:
        message = f"a character that text files do not hold: U+{ord(bad[0]):04X}"
        return None, [page.problem(bad.start(), message)]
    parser = _Parser(page)
    try:
        return parser.document(), parser.problems
    except yaml.MarkedYAMLError as error:
        return None, [*parser.problems, _told(page, error)]


def _told(page: Page, error: yaml.MarkedYAMLError) -> Problem:
    """Return the library's error in plain words."""
    mark, context = error.problem_mark, error.context_mark
    here = mark.index if mark else 0
    begin = context.index if context else here
    told = f"{error.context or ''} {error.problem or ''}".strip()
    sign = page.text[here : here + 1]
    said = f'"{sign}"' if sign.strip() else "the end"
    fault = next((fault for fault in _FAULTS if fault.told in told), _Fault("", told))
    if sign == "\t" and "any token" in told:
        fault = _TAB
    line = page.problem(begin, "").line
    message = fault.message.replace("{sign}", said).replace("{line}", str(line))
    return page.problem(begin if fault.back else here, message, fault.hint)


class _Parser:
    """Builds the tree from the library's events, which come one at a time."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[Problem] = []
        self.anchors: dict[str | None, Scalar] = {}
        self.events: Iterator[Any] = yaml.parse(page.text, Loader=yaml.CSafeLoader)

    def document(self) -> Node | None:
        """Return the tree of the only document."""
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            message, hint = "the file is empty", 'begin with "servanda: 1"'
            self.problems.append(self.page.problem(0, message, hint))
            return None
        root = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.DocumentStartEvent):
            self.refuse(event, "a second document begins here", "keep one case in a file")
        return root

    def refuse(self, event: Any, message: str, hint: str = "") -> None:
        self.problems.append(self.page.problem(event.start_mark.index, message, hint))

    def node(self, event: Any, depth: int) -> Node:
        start, end, style = event.start_mark.index, _end(event), ""
        content: Scalar | tuple[Node, ...] | dict[str, Entry] = None
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f'"*{event.anchor}" refers to another place', "write it out here")
            content = self.anchors.get(event.anchor)
        else:
            self.marks(event)
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            plain = not style and event.tag is None
            content = _scalar(event.value) if plain else event.value
            self.anchors[event.anchor] = content  # refused, but good for further checks
        elif isinstance(event, yaml.SequenceStartEvent):
            content, end = self.items(depth)
        elif isinstance(event, yaml.MappingStartEvent):
            content, end = self.entries(depth)
        return Node(self.page, start, end, content, style)

    def marks(self, event: Any) -> None:
        """Refuse tags and anchors; an exclamation mark is mostly meant to be a "not"."""
        written = self.page.text[event.start_mark.index : event.end_mark.index].split(maxsplit=1)
        if event.tag is not None:
            self.refuse(event, f'"{written[0]}" is a tag', 'write "not", or put it in quotes')
        if event.anchor is not None:
            self.refuse(
                event, f'"&{event.anchor}" names this place for use in another', "leave it out"
            )

    def items(self, depth: int) -> tuple[tuple[Node, ...], int]:
        nodes = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            nodes.append(self.node(event, depth + 1))
        return tuple(nodes), _end(event)

    def entries(self, depth: int) -> tuple[dict[str, Entry], int]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(event, "a key must be text", "put it in quotes")
            elif event.value in entries:
                first = self.page.problem(entries[event.value].key.start, "").line
                message = f'key "{event.value}" is written twice'
                self.refuse(event, message, f"it stands on line {first} already")
            else:
                key = replace(key, content=event.value)
                entries[event.value] = Entry(key, value)
        return entries, _end(event)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _scalar(text: str) -> Scalar:
    """Return what plain text means in YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    number: WrittenInt | WrittenFloat
    if _INTEGER.fullmatch(text):
        number = WrittenInt(text)
    elif _BASED.fullmatch(text):
        number = WrittenInt(text, 0)
    elif _FLOAT.fullmatch(text):
        number = WrittenFloat(text)
    elif _ENDLESS.fullmatch(text):
        number = WrittenFloat(text.replace(".", ""))
    else:
        return text
    number.written = text
    return number
