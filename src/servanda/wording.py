"""What the model finds wrong with a tree, in the analyst's words.

The model stops at the first layer of faults: names that do not exist only show once every key and
type is right.  So a tree that is nearly right is also *mended* (a misspelt key renamed, a part
that nothing else refers to left out), for the other checks to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from servanda.errors import KEY, Path, Problem, did_you_mean
from servanda.model import Model, Preference, Resting
from servanda.record import Dossier
from servanda.tokens import is_word
from servanda.written import Node

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "bool_type": "true or false",
}
_MILD = frozenset(
    {"does", "only", "when", "due", "until", "leave", "package", "claims", "assumption", "note"}
)
_FREE = frozenset({"references", "signatories", "spoilers", "groups", "hindsight", "proposals"})
_SHORTEST = 40


def validated(root: Node) -> tuple[Dossier | None, list[Problem]]:
    """Return the case a tree holds and what the model finds wrong, as paths into the tree.

    Where something is wrong the case is that of a mended tree, good for nothing but further
    checks, or None where nothing sensible would be left to check.
    """
    data = root.plain()
    try:
        return _case(data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = [_worded(root, detail) for detail in _telling(details)]
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")  # names come first
    if not all(_mend(data, root, detail) for detail in details):
        return None, problems
    try:
        return _case(data), problems
    except ValidationError:
        return None, problems


def _case(data: Any) -> Dossier:
    return Dossier.model_validate(data, by_alias=True, by_name=False)


def _telling(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without keys that are only missing because they are misspelt."""
    unknown: dict[Path, set[str]] = {}
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *owner, key = detail["loc"]
            model = _model_at(tuple(owner))
            meant = {_meant(str(key), _keys(model)), model.shorthand or ""}
            unknown.setdefault(tuple(owner), set()).update(meant)
    return [
        detail
        for detail in details
        if detail["type"] != "missing"
        or detail["loc"][-1] not in unknown.get(detail["loc"][:-1], ())
    ]


# ------------------------------------------------------------------------------- in words


def _worded(root: Node, detail: ErrorDetails) -> Problem:
    """Return one of the model's errors as a problem."""
    kind, path, found = detail["type"], detail["loc"], detail["input"]
    words = [step for step in root.find(path)[1] if isinstance(step, str)]
    if kind == "extra_forbidden":
        message = f'unknown key "{_short(path[-1])}"' + _within(words[:-1])
        hint = did_you_mean(str(path[-1]), _keys(_model_at(path[:-1])))
        return Problem(message=message, path=(*path, KEY), hint=hint)
    if kind == "missing" and isinstance(path[-1], str):
        hint = 'begin with "servanda: 1"' if path == ("servanda",) else ""
        message = f'missing key "{path[-1]}"' + _within(words)
        return Problem(message=message, path=(*path[:-1], KEY), hint=hint)
    message, hint = _unfit(detail)
    if "found" not in message and kind in {*_EXPECTED, "model_type", "literal_error"}:
        message += f", found {_said(found)}"
    place = ".".join(word for word in words if is_word(word))
    return Problem(message=f"{place}: {message}" if place else message, path=path, hint=hint)


def _unfit(detail: ErrorDetails) -> tuple[str, str]:
    """Return what was expected in place of a value, and what to write."""
    kind, path, found = detail["type"], detail["loc"], detail["input"]
    if kind == "literal_error":
        if path == ("servanda",):
            return "expected version 1 of the format", 'write "servanda: 1"'
        allowed = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        listed = ", ".join(f'"{word}"' for word in allowed[:-1]) + f' or "{allowed[-1]}"'
        hint = did_you_mean(str(found), allowed)
        return f"expected {listed}", "" if hint.startswith("known") else hint
    if kind == "model_type":
        return _shape(_model_at(path)), ""
    if kind in {"missing", "too_long"}:
        return "expected two line numbers, the first and the last", "such as [12, 14]"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}", _instead(kind, found)
    return detail["msg"].replace(str(found), _short(found)), ""


def _instead(kind: str, found: object) -> str:
    """Return what to write so that a value is of the right kind."""
    single = isinstance(found, str | int | float)
    if kind == "string_type" and single:
        return f'put it in quotes: "{_bare(found)}"'
    if kind == "tuple_type":
        return f"write [{_bare(found)}]" if single else "write [] or leave it out"
    return ""


def _shape(model: type[Model]) -> str:
    """Return what a part of a case looks like."""
    if model is Preference:
        return "expected a list of wishes, most important first"
    keys = [key for key in _keys(model) if key not in Resting.model_fields]
    listed = ", ".join(f'"{key}"' for key in keys[:3])
    if model.shorthand:
        return f'expected text, or a mapping with "{model.shorthand}"'
    return f"expected a mapping with keys such as {listed}"


def _within(words: Sequence[str]) -> str:
    return f" in {'.'.join(words)}" if words else ""


def _said(found: object) -> str:
    """Return a value as it is spoken of."""
    match found:
        case None:
            return "nothing"
        case str():
            return f'"{_short(found)}"'
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return _bare(found)


def _bare(found: object) -> str:
    return _short(str(found).lower() if isinstance(found, bool) else str(found))


def _short(text: object) -> str:
    """Return text fit for a message: a word or two, on one line."""
    words = " ".join(str(text).split())
    return words if len(words) <= _SHORTEST else f"{words[:_SHORTEST]}…"


# --------------------------------------------------------------------------- parts of a case


def _model_at(path: Path) -> type[Model]:
    """Return the class that a path of the model leads to."""
    kind: Any = Dossier
    for step in path:
        kind = _given(kind)
        if isinstance(kind, type) and issubclass(kind, Model):
            fields = kind.model_fields
            named = {field.alias or name: field.annotation for name, field in fields.items()}
            kind = named[str(step)]
        else:
            parts = get_args(kind)
            kind = parts[0] if get_origin(kind) is tuple else parts[-1]
    model: type[Model] = _given(kind)  # only models forbid keys or expect mappings
    return model


def _given(kind: Any) -> Any:
    """Return what a part is where it is there at all."""
    parts = [part for part in get_args(kind) if part is not type(None)]
    return parts[0] if type(None) in get_args(kind) else kind


def _keys(model: type[Model]) -> list[str]:
    """Return the keys a part of a case may have, its own first."""
    fields = model.model_fields
    own = [name for name in fields if name not in Resting.model_fields]
    rest = [name for name in fields if name in Resting.model_fields]
    return [fields[name].alias or name for name in own + rest]


def _meant(key: str, known: Sequence[str]) -> str:
    """Return the known key that a misspelt one stands for; empty where there is none."""
    hint = did_you_mean(key, known)
    return hint.split('"')[1] if hint.startswith("did you mean") else ""


# --------------------------------------------------------------------------------- mending


def _mend(data: Any, root: Node, detail: ErrorDetails) -> bool:
    """Take one fault out of the data; return whether the rest still means what it did."""
    path = detail["loc"]
    written = root.find(path)[1]
    if not isinstance(data, dict):
        return False
    if detail["type"] == "extra_forbidden":
        return _rename(data, written, _keys(_model_at(path[:-1])))
    if detail["type"] == "missing" and path[-1] in _follow(data, written):
        return True
    if len(written) < 2:
        return _mend_section(data, str((*written, *path)[0]))
    return _mend_entry(data, written)


def _mend_section(data: dict[str, Any], section: str) -> bool:
    match section:
        case "servanda":
            data[section] = 1
        case "title":
            data[section] = ""
        case "preferences":
            data[section] = {}
        case (
            "about"
            | "references"
            | "never"
            | "signatories"
            | "spoilers"
            | "groups"
            | "default_plan"
            | "questions"
            | "worldviews"
            | "candidates"
            | "hindsight"
            | "preface"
            | "proposals"
        ):
            del data[section]
        case _:
            return False
    return True


def _mend_entry(data: dict[str, Any], written: Path) -> bool:
    match written:
        case ("preferences", party, "points", wish, *_):
            data["preferences"][party]["points"][wish] = "0"
        case ("preferences", party, int(number), *_):
            data["preferences"][party][number] = "true"
        case ("preferences", party, *_):
            data["preferences"].pop(party, None)
        case ("never", int(number), *_):
            data["never"][number] = "false"
        case (("parties" | "facts" | "claims") as section, name, *_):
            data[section][name] = "true"  # any text will do, and as a condition it can be read
        case (("sources" | "plans") as section, name, *field):
            entry = {**_mapping(data[section][name]), "title": ""}
            data[section][name] = {key: entry[key] for key in entry if key not in field[:1]}
            data[section][name].setdefault("title", "")
        case (str(section), *_) if section in _FREE:
            data.pop(section, None)
        case ("events", name, *_):  # verdicts may name it
            data["events"][name] = {"date": "2000", "what": "", "where": ""}
        case ("options", name, field, *_) if field in _MILD:
            data["options"][name].pop(field, None)
        case _:
            return False
    return True


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _rename(data: Any, written: Path, known: Sequence[str]) -> bool:
    """Give a misspelt key the name it was meant to have, or leave it out."""
    *steps, key = written
    data = _follow(data, tuple(steps))
    value = data.pop(key, None)
    meant = _meant(str(key), known)
    if meant and meant not in data:
        data[meant] = value
        return True
    return steps[:1] != ["options"]


def _follow(data: Any, path: Path) -> Any:
    """Return what a path leads to in the data; an empty mapping where it leads nowhere."""
    for step in path:
        data = data[int(step)] if isinstance(data, list) else _mapping(data).get(str(step))
    return {} if data is None else data
