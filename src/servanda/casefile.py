"""Read a case from its files: all faults at once, each with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from servanda.checks import faults
from servanda.errors import CaseError, Problem, UsageError, did_you_mean
from servanda.model import Case
from servanda.record import Dossier
from servanda.record_checks import record_faults
from servanda.syntax import parse
from servanda.wording import validated
from servanda.written import Entry, Node, Page

_LARGEST = 2 * 2**20  # bytes of one file
_BESIDE: Mapping[str, tuple[str, str]] = {
    "claims": ("sources", "claims"),
    "history": ("events", "hindsight"),
    "proposals": ("preface", "proposals"),
}
"""The files beside a case in its directory, and the keys each may hold."""

_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def read_case(path: str | Path) -> Case:
    """Return the case in a file, or in a directory with ``case.yaml``.

    A directory may also hold ``claims.yaml`` (sources and claims), ``worldviews/NAME.yaml`` and
    ``plans/NAME.yaml``; and beside the model ``history.yaml`` and ``proposals.yaml``, which are
    checked and left out here.

    Parameters
    ----------
    path
        The file or directory.

    Returns
    -------
    Case
        A case without faults.

    Raises
    ------
    CaseError
        With every fault, in the order of the files; also where a file cannot be read.
    """
    return read_dossier(path).case


def read_dossier(path: str | Path) -> Dossier:
    """Return a case with its record: what happened, and what its texts propose.

    Parameters
    ----------
    path
        The file or directory.

    Returns
    -------
    Dossier
        A case and a record without faults.

    Raises
    ------
    CaseError
        With every fault, in the order of the files; also where a file cannot be read.
    """
    path, reading = Path(path), _Reading()
    try:
        whole = path.is_dir()
    except OSError:
        whole = False  # no path at all, as reading it will tell
    return reading.checked(reading.directory(path) if whole else reading.file(path))


def read_text(text: str, name: str) -> Case:
    """Return the case in a text.

    Parameters
    ----------
    text
        A case in YAML.
    name
        What to call the text where a fault is told.

    Returns
    -------
    Case
        A case without faults.

    Raises
    ------
    CaseError
        With every fault, in the order of the text.
    """
    reading = _Reading()
    return reading.checked(reading.tree(Page(name, text.removeprefix("\ufeff")))).case


def located(path: str | Path, problems: Iterable[Problem]) -> list[Problem]:
    """Return warnings about a case with their places, in the order of its files.

    Parameters
    ----------
    path
        The file or directory; the case in it must be without faults.
    problems
        Problems with paths into the case.
    """
    path, reading = Path(path), _Reading()
    tree = reading.directory(path) if path.is_dir() else reading.file(path)
    if tree is None:
        return list(problems)
    return reading.in_order(tree.locate(problem) for problem in problems)


def builtin_cases() -> Mapping[str, Path]:
    """Return the cases that come with the program: where each name is kept.

    >>> "two-neighbours" in builtin_cases()
    True
    """
    folder = Path(str(files("servanda"))) / "cases"
    found = {}
    for path in sorted(folder.glob("*")):
        if path.suffix == ".yaml":
            found[path.stem] = path
        elif (path / "case.yaml").is_file():
            found[path.name] = path
    return MappingProxyType(found)


def find_case(name: str | Path) -> Path:
    """Return where a case is kept: a path as it is, or the place of a built-in case.

    Parameters
    ----------
    name
        A file, a directory, or the name of a built-in case.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    known = builtin_cases()
    try:
        if str(name) and Path(name).exists():
            return Path(name)
    except (OSError, ValueError):
        pass  # what no path can be may not be a name either
    if str(name) in known:
        return known[str(name)]
    hint = did_you_mean(str(name), list(known)) or "`servanda cases` lists the built-in ones"
    raise UsageError(f'no file, directory or built-in case "{name}"', hint)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a case file, by which editors complete and check."""
    return {"$schema": _SCHEMA, **Dossier.model_json_schema()}


class _Reading:
    """Reads the files of one case; keeps their order and the faults found so far."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.problems: list[Problem] = []
        self.complete = True

    def fault(self, path: Path, message: str, hint: str = "") -> None:
        """Note a fault of a whole file."""
        self.problems.append(Problem(message=message, hint=hint, file=str(path)))

    def file(self, path: Path) -> Node | None:
        """Return the tree of a file, None where there is none."""
        self.names.append(str(path))
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            self.fault(path, "there is no such file")
            return None
        except (OSError, ValueError) as error:
            self.fault(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            return None
        text = self.decoded(path, data)
        return None if text is None else self.tree(Page(str(path), text))

    def decoded(self, path: Path, data: bytes) -> str | None:
        """Return the text of a file, None where it is no text."""
        if len(data) > _LARGEST:
            self.fault(path, "larger than 2 MiB", "a case does not hold its sources")
        elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.fault(path, "UTF-16 text", "save it as UTF-8")
        elif b"\0" in data:
            self.fault(path, "not a text file")
        else:
            data = data.removeprefix(b"\xef\xbb\xbf")
            try:
                return data.decode()
            except UnicodeDecodeError as error:
                page = Page(str(path), data.decode(errors="replace"))
                place = len(data[: error.start].decode())
                message = f"byte 0x{data[error.start]:02X} is not UTF-8"
                self.problems.append(page.problem(place, message, "save the file as UTF-8"))
        return None

    def tree(self, page: Page) -> Node | None:
        """Return the tree of a page, None where there is none."""
        if page.name not in self.names:
            self.names.append(page.name)
        root, problems = parse(page)
        self.problems += problems
        return root

    def directory(self, path: Path) -> Node | None:
        """Return the files of a directory as one tree."""
        case = path / "case.yaml"
        if not case.exists():
            hint = "a case is a YAML file, or a directory with a case.yaml"
            self.names.append(str(path))
            self.fault(path, "a directory without case.yaml", hint)
            return None
        root = self.file(case)
        parts: dict[str, Entry] = {}
        for name, keys in _BESIDE.items():
            held = self.beside(path / f"{name}.yaml", keys)
            parts |= held or {}
            self.complete &= held is not None
        for key in ("worldviews", "plans"):
            found = {place.stem: self.titled(place) for place in self.yaml_in(path / key)}
            if found and root is not None:
                parts[key] = Entry(root, replace(root, content=found))
        if root is None or not isinstance(root.content, dict):
            return root
        entries = dict(root.content)
        for key, part in parts.items():
            entries[key] = self.joined(entries[key], part) if key in entries else part
        return replace(root, content=entries)

    def yaml_in(self, folder: Path) -> list[Path]:
        """Return the YAML files of a folder by name; note those that only look like it."""
        for place in sorted(folder.glob("*.yml")):
            self.names.append(str(place))
            self.fault(place, "this file is not read", f"rename it to {place.stem}.yaml")
        return sorted(place for place in folder.glob("*.yaml") if place.name[0] != ".")

    def beside(self, place: Path, keys: tuple[str, str]) -> dict[str, Entry] | None:
        """Return what a file beside the case holds, None where it is there and not readable."""
        if not place.exists():
            return {}
        tree = self.file(place)
        if tree is None:
            return None
        if not isinstance(tree.content, dict):
            message = f'expected "{keys[0]}:" or "{keys[1]}:"'
            self.problems.append(tree.page.problem(tree.start, message))
            return None
        parts = {}
        for key, entry in tree.content.items():
            if key in keys:
                parts[key] = entry
            else:
                message, hint = f'unknown key "{key}"', f"this file holds {' and '.join(keys)}"
                self.problems.append(tree.page.problem(entry.key.start, message, hint))
        return parts

    def titled(self, path: Path) -> Entry:
        """Return the plan or worldview in a file; one that cannot be read keeps its name."""
        tree = self.file(path)
        if tree is None:
            nothing = Page(str(path), "")
            title = Node(nothing, 0, 0, "")
            tree = Node(nothing, 0, 0, {"title": Entry(title, title)})
        return Entry(replace(tree, start=0, content=path.stem), tree)

    def joined(self, first: Entry, second: Entry) -> Entry:
        """Return two mappings as one; no key may stand in both."""
        one, two = first.value.content, second.value.content
        if not isinstance(one, dict) or not isinstance(two, dict):
            return second if isinstance(one, dict) else first
        for key in two.keys() & one.keys():
            place = two[key].key
            message = f'"{key}" stands in {one[key].key.page.name} already'
            self.problems.append(place.page.problem(place.start, message, "keep one of them"))
        return Entry(first.key, replace(first.value, content={**one, **two, **one}))

    def checked(self, root: Node | None) -> Dossier:
        """Return the case and record of a tree, or raise every fault of it."""
        case = None
        if root is not None:
            case, found = validated(root)
            self.note(root, found)
            if case is not None and self.complete:
                self.note(root, [*faults(case), *record_faults(case)])
        if case is None or self.problems:
            raise CaseError(self.in_order(self.problems))
        return case

    def in_order(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return problems in the order of the files."""
        order = {name: place for place, name in enumerate(self.names)}
        return sorted(problems, key=lambda p: (order[p.file], p.line, p.column))

    def note(self, root: Node, found: Sequence[Problem]) -> None:
        """Add problems, but for those at a place where another was found before."""
        taken = {(p.file, p.line, p.column) for p in self.problems}
        located = (root.locate(problem) for problem in found)
        self.problems += [p for p in located if (p.file, p.line, p.column) not in taken]
