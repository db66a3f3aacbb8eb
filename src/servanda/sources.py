"""The documents a user has, known by their sha256.

What is not there, or cannot be read, is told and never stops the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from unicodedata import normalize

from servanda.documents import Document
from servanda.errors import UsageError
from servanda.model import Case, Source
from servanda.readers import READERS, Unreadable

_LARGEST: Final = 256 * 2**20  # bytes of one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A source of a case, as found in the user's folder.

    Parameters
    ----------
    file
        The file it was found in; None where it was not found.
    document
        Its text in reading order; None where there is none to be had.
    problem
        Why there is none; or, beside a text, what to know about how it was read.
    """

    file: Path | None = None
    document: Document | None = None
    problem: str = ""


def find_sources(case: Case, folder: Path) -> Mapping[str, Kept]:
    """Return what a folder, and the folders in it, hold of a case's sources.

    A source is known by its sha256, whatever its file is called.  Where no file has that sha256,
    one with the name the source gives, or called by its id, is taken for a changed one.  Hidden
    files and folders are left out; links to folders are not followed.

    Parameters
    ----------
    case
        The case.
    folder
        Where the user keeps documents.

    Returns
    -------
    Mapping[str, Kept]
        Every source of the case, found or not.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    # os.path tells no from yes also where a name is too long, or a folder may not be entered.
    if not os.path.isdir(folder):  # noqa: PTH112
        raise UsageError(f'no folder "{folder}"', "--sources names the folder of source documents")
    files = _files(folder)
    by_name = _by_name(folder, files)
    by_sum = _by_sum(files, {source.sha256.lower() for source in case.sources.values()} - {""})
    read: dict[tuple[Path, str], tuple[Document | None, str]] = {}
    found = {}
    for name, source in case.sources.items():
        path = by_sum.get(source.sha256.lower())
        named = path or by_name.get(_composed(source.file)) or by_name.get(_composed(name))
        if named is None:
            found[name] = Kept()
        elif source.sha256 and path is None and _readable(named) and _sum(named):
            other = f"is not, or no longer, the document cited: its sha256 is {_sum(named)}"
            found[name] = Kept(file=named, problem=f"{other}, not {source.sha256}")
        else:
            if (named, source.encoding) not in read:
                read[named, source.encoding] = _read(named, source.encoding)
            found[name] = _kept(named, source, *read[named, source.encoding])
    return found


def _kept(path: Path, source: Source, whole: Document | None, told: str) -> Kept:
    """Return a source in its reading order, with all there is to tell of its file."""
    if whole is None:
        return Kept(file=path, problem=told)
    problems = [told] if told else []
    if not source.sha256:
        problems.append(f"has no sha256 in the case: add sha256: {_sum(path)}")
    document = whole.read(source.reading)
    if not document.lines:
        problems.append(f"has {len(whole.lines)} lines, and reading names none of them")
    return Kept(file=path, document=document, problem="; it ".join(problems))


def _files(folder: Path) -> Sequence[Path]:
    """Return the files of a folder and of the folders in it, by name."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if os.path.isfile(path))  # noqa: PTH113  # as above


def _by_sum(files: Sequence[Path], wanted: set[str]) -> Mapping[str, Path]:
    """Return the first file with each sha256 that is wanted, reading no more than need be."""
    found: dict[str, Path] = {}
    for path in filter(_readable, files):
        if wanted <= found.keys():
            break
        found.setdefault(_sum(path), path)
    return {each: path for each, path in found.items() if each in wanted}


def _by_name(folder: Path, files: Sequence[Path]) -> Mapping[str, Path]:
    """Return the files by their paths in a folder, by their names, and by these without ending.

    Where that tells two names alike, the longer one counts, and the file that can be read.
    """
    ways: tuple[Callable[[Path], str], ...] = (
        lambda path: path.relative_to(folder).as_posix(),
        lambda path: path.name,
        lambda path: path.stem,
    )
    found: dict[str, Path] = {}
    for way in ways:
        for path in sorted(files, key=_readable, reverse=True):
            found.setdefault(_composed(way(path)), path)
    return found


def _composed(name: str) -> str:
    """Return a name as most systems write it; some part letters from their accents."""
    return normalize("NFC", name)


def _readable(path: Path) -> bool:
    """Return whether a file is of a kind that can be read."""
    return path.suffix.lower() in READERS


def _sum(path: Path) -> str:
    """Return the sha256 of a file; empty where it is too large, or cannot be read."""
    found = sha256()
    try:
        if path.stat().st_size > _LARGEST:
            return ""
        with path.open("rb") as file:
            while block := file.read(2**20):
                found.update(block)
    except OSError:
        return ""
    return found.hexdigest()


def _read(path: Path, encoding: str) -> tuple[Document | None, str]:
    """Return a file as a document, and what to tell about it."""
    if not _readable(path):
        return None, "is of a kind that is not read: save it as .txt, .html, .pdf or .docx"
    try:
        if path.stat().st_size > _LARGEST:
            return None, f"is larger than {_LARGEST // 2**20} MiB"
        return READERS[path.suffix.lower()](path.read_bytes(), encoding)
    except OSError as error:
        return None, f"cannot be read: {error.strerror or error}"
    except Unreadable as error:
        return None, str(error)
