"""Sources are found by their sha256; what is wrong with one never stops the others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import docx
import pytest

from servanda.casefile import read_text
from servanda.errors import UsageError
from servanda.model import Case
from servanda.passages import Passages
from servanda.quotation import check
from servanda.sources import Kept, find_sources

WELL = b"The well is dry.\nAna and Ben pump at night.\nA meter would help.\n"
SUM = sha256(WELL).hexdigest()
OTHER = sha256(b"Ben signs.").hexdigest()


def case(*sources: str) -> Case:
    """Return a case with some sources."""
    told = "".join(f"  {source}\n" for source in sources)
    text = "servanda: 1\ntitle: A well\nparties: {ana: Ana}\npreferences: {ana: [pump]}\n"
    text += "options: {pump: {by: ana}}\n"
    return read_text(f"{text}sources:\n{told}", "case.yaml")


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write some files, and the folders they lie in."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def only(folder: Path, source: str) -> Kept:
    """Return what a folder holds of the only source of a case."""
    (kept,) = find_sources(case(source), folder).values()
    return kept


def name_of(kept: Kept) -> str:
    return kept.file.name if kept.file else ""


def text_of(kept: Kept) -> str:
    return kept.document.text if kept.document else ""


# ------------------------------------------------------------------------------ by sha256


@pytest.mark.parametrize(
    "name",
    [
        "well.txt",
        "a.md",
        "WELL.TXT",
        "x.htm.txt",
        "deep/deeper/a well.txt",
        "é – “ü” 井.txt",
        "new\nline.txt",
        "[a-z]*?.txt",
        "%s {0} $HOME.txt",
        "sources.pdf/a.txt",
    ],
)
def test_a_source_is_known_by_its_sha256_whatever_its_name(tmp_path: Path, name: str) -> None:
    put(tmp_path, {name: WELL, "other.txt": b"Ben signs.", "s1.txt": b"not this one"})
    kept = only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}")
    assert (tmp_path / name, "") == (kept.file, kept.problem)
    assert WELL.decode() == text_of(kept)


def test_a_name_that_is_no_text_is_no_hindrance(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    put(tmp_path, {name: WELL})
    assert name == name_of(only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}"))


def test_a_sha256_may_be_in_large_letters(tmp_path: Path) -> None:
    put(tmp_path, {"well.txt": WELL})
    assert "well.txt" == name_of(only(tmp_path, f"s1: {{title: A, sha256: {SUM.upper()}}}"))


@pytest.mark.parametrize("name", [".well.txt", ".git/well.txt", "a/.b/c/well.txt", ".txt"])
def test_hidden_files_and_folders_are_left_out(tmp_path: Path, name: str) -> None:
    put(tmp_path, {name: WELL})
    assert Kept() == only(tmp_path, f"well: {{title: A, sha256: {SUM}}}")
    assert Kept() == only(tmp_path, "well: A")


def test_the_folder_itself_may_be_hidden_or_a_link(tmp_path: Path) -> None:
    put(tmp_path, {".kept/well.txt": WELL})
    (tmp_path / "link").symlink_to(".kept", target_is_directory=True)
    for folder in (".kept", "link"):
        kept = only(tmp_path / folder, f"s1: {{title: A, sha256: {SUM}}}")
        assert tmp_path / folder / "well.txt" == kept.file


def test_links_that_lead_nowhere_or_in_a_circle_are_no_hindrance(tmp_path: Path) -> None:
    put(tmp_path, {"a/well.txt": WELL, "elsewhere/real.txt": b"Ben signs."})
    (tmp_path / "a" / "again").symlink_to("..", target_is_directory=True)
    (tmp_path / "a" / "circle.txt").symlink_to("circle.txt")
    (tmp_path / "a" / "lost.txt").symlink_to("no-such-file.txt")
    (tmp_path / "a" / "linked.txt").symlink_to("../elsewhere/real.txt")
    found = find_sources(
        case(
            f"s1: {{title: A, sha256: {SUM}}}",
            f"s2: {{title: B, sha256: {OTHER}}}",
            "circle: C",
            "lost: D",
        ),
        tmp_path / "a",
    )
    files = [name_of(kept) for kept in found.values()]
    assert ["well.txt", "linked.txt", "", ""] == files


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "s1.txt").mkdir()
    os.mkfifo(tmp_path / "s2.txt")
    found = find_sources(case("s1: A", f"s2: {{title: B, sha256: {SUM}}}"), tmp_path)
    assert {"s1": Kept(), "s2": Kept()} == found


def test_of_two_files_with_the_same_content_the_first_by_name_is_read(tmp_path: Path) -> None:
    put(tmp_path, {"b.txt": WELL, "a.txt": WELL, "c/a.txt": WELL})
    assert "a.txt" == name_of(only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}"))


def test_several_sources_may_be_parts_of_one_file(tmp_path: Path) -> None:
    put(tmp_path, {"well.txt": WELL})
    found = find_sources(
        case(
            f"one: {{title: A, sha256: {SUM}, reading: [[3, 3], [1, 1]]}}",
            f"two: {{title: B, sha256: {SUM}, reading: [[2, 2]]}}",
            f"all: {{title: C, sha256: {SUM}}}",
            f"end: {{title: D, sha256: {SUM}, reading: [[3, 99]]}}",
            f"none: {{title: E, sha256: {SUM}, reading: [[90, 99]]}}",
        ),
        tmp_path,
    )
    assert "A meter would help.\nThe well is dry." == text_of(found["one"])
    assert "Ana and Ben pump at night." == text_of(found["two"])
    assert WELL.decode() == text_of(found["all"])
    assert "A meter would help.\n" == text_of(found["end"])
    told = {name: kept.problem for name, kept in found.items() if kept.problem}
    assert {"none": "has 4 lines, and reading names none of them"} == told
    document = found["one"].document
    assert document
    assert (3, 1) == check(Passages(document), "would help. The well").lines
    assert "tmp" not in found["none"].problem


def test_one_file_may_be_read_in_two_encodings(tmp_path: Path) -> None:
    data = "Ana’s café".encode("cp1252")
    put(tmp_path, {"a.txt": data})
    known = sha256(data).hexdigest()
    found = find_sources(
        case(
            f"s1: {{title: A, sha256: {known}}}",
            f"s2: {{title: B, sha256: {known}, encoding: windows-1252}}",
            f"s3: {{title: C, sha256: {known}, encoding: utf-8}}",
        ),
        tmp_path,
    )
    assert ["Ana’s café", "Ana’s café", ""] == [text_of(kept) for kept in found.values()]
    assert found["s1"].problem.startswith("is not UTF-8 (line 1) and does not tell its encoding")
    assert ("", "is not utf-8, as the case says: see line 1") == (
        found["s2"].problem,
        found["s3"].problem,
    )


# ------------------------------------------------------------------------------ by name


def test_a_source_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert Kept() == only(tmp_path, "s1: A")
    put(tmp_path, {"other.txt": b"Ben signs."})
    assert Kept() == only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}")
    assert Kept() == only(tmp_path, "s1: {title: A, file: no-such-file.txt}")


@pytest.mark.parametrize("source", ["s1: {{title: A, {}}}", "a: {{title: A, file: s1.txt, {}}}"])
def test_a_changed_file_is_told_and_not_read(tmp_path: Path, source: str) -> None:
    put(tmp_path, {"s1.txt": WELL})
    kept = only(tmp_path, source.format(f"sha256: {OTHER}"))
    told = f"is not, or no longer, the document cited: its sha256 is {SUM}, not {OTHER}"
    assert (tmp_path / "s1.txt", None, told) == (kept.file, kept.document, kept.problem)


@pytest.mark.parametrize(
    "source",
    [
        "well: A",
        "s1: {title: A, file: well.txt}",
        "s1: {title: A, file: well}",
        "s1: {title: A, file: deep/well.txt}",
        "well.txt: A",
    ],
)
def test_a_source_without_a_sha256_is_found_by_name_and_asked_for_it(
    tmp_path: Path, source: str
) -> None:
    put(tmp_path, {"deep/well.txt": WELL, "a.txt": b"Ben signs."})
    kept = only(tmp_path, source)
    assert (tmp_path / "deep" / "well.txt", WELL.decode()) == (kept.file, text_of(kept))
    assert f"has no sha256 in the case: add sha256: {SUM}" == kept.problem


def test_all_that_is_to_be_told_of_a_source_is_told(tmp_path: Path) -> None:
    data = "Ana’s café".encode("cp1252")
    put(tmp_path, {"s1.txt": data})
    told = only(tmp_path, "s1: {title: A, reading: [[7, 8]]}").problem.split("; it ")
    assert told[0].startswith("is not UTF-8 (line 1) and does not tell its encoding: read as")
    assert told[0].endswith("encoding: windows-1252")
    known = sha256(data).hexdigest()
    assert f"has no sha256 in the case: add sha256: {known}" == told[1]
    assert "has 1 lines, and reading names none of them" == told[2]


def test_the_name_that_a_source_gives_goes_before_its_id(tmp_path: Path) -> None:
    put(tmp_path, {"a.txt": b"Ana signs.", "b.txt": b"Ben signs."})
    assert "b.txt" == name_of(only(tmp_path, "a: {title: A, file: b.txt}"))
    assert "a.txt" == name_of(only(tmp_path, "a: {title: A, file: c.txt}"))


def test_a_file_that_is_called_just_so_goes_before_others(tmp_path: Path) -> None:
    put(tmp_path, {"a/well.txt": b"not this", "well.txt": WELL, "well.txt.md": b"nor this"})
    assert WELL.decode() == text_of(only(tmp_path, "s1: {title: A, file: well.txt}"))
    assert b"not this".decode() == text_of(only(tmp_path, "s1: {title: A, file: a/well.txt}"))


def test_accents_may_be_written_apart_in_names(tmp_path: Path) -> None:
    put(tmp_path, {"cafe\u0301.txt": WELL})
    assert WELL.decode() == text_of(only(tmp_path, "s1: {title: A, file: caf\u00e9.txt}"))


def test_a_kind_that_is_not_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"s1.doc": WELL, "s2.jpg": WELL, "s2.txt": WELL, "s3": WELL, "x.odt": WELL})
    found = find_sources(
        case(
            f"s1: {{title: A, sha256: {SUM}}}",
            "s2: B",
            "s3: C",
            f"s4: {{title: D, sha256: {OTHER}, file: x.odt}}",
        ),
        tmp_path,
    )
    told = "is of a kind that is not read: save it as .txt, .html, .pdf or .docx"
    assert "s2.txt" == name_of(found["s1"])  # known by its sha256
    assert ("s2.txt", WELL.decode()) == (name_of(found["s2"]), text_of(found["s2"]))
    assert ("s3", told) == (name_of(found["s3"]), found["s3"].problem)
    assert ("x.odt", told) == (name_of(found["s4"]), found["s4"].problem)


# ------------------------------------------------------------------------------ what goes wrong


def test_a_folder_that_is_not_there_is_a_wrong_question(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(WELL)
    for folder in ("missing", "file.txt", "x" * 5000, "nul\0"):
        with pytest.raises(UsageError, match=r"no folder .*--sources names"):
            find_sources(case("s1: A"), tmp_path / folder)


def test_a_file_that_is_too_large_is_neither_read_nor_summed(tmp_path: Path) -> None:
    (tmp_path / "s1.txt").touch()
    os.truncate(tmp_path / "s1.txt", 2**28 + 1)  # takes no place on most disks
    kept = only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}")
    assert ("s1.txt", "is larger than 256 MiB") == (name_of(kept), kept.problem)
    assert "is larger than 256 MiB" == only(tmp_path, "s1: A").problem
    assert Kept() == only(tmp_path, f"s2: {{title: A, sha256: {SUM}}}")


def test_no_file_is_summed_that_need_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"a.txt": WELL, "b.txt": b"Ben signs.", "c.txt": b"So it is."})
    summed = []

    def counting() -> object:
        summed.append(1)
        return sha256()

    monkeypatch.setattr("servanda.sources.sha256", counting)
    assert "a.txt" == name_of(only(tmp_path, f"s1: {{title: A, sha256: {SUM}}}"))
    assert 1 == len(summed)
    assert Kept() == only(tmp_path, "s1: A")
    assert 1 == len(summed)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path, {"s1.txt": WELL, "s2.txt": b"Ben signs.", "shut/s3.txt": WELL})
    (tmp_path / "s1.txt").chmod(0)
    (tmp_path / "shut").chmod(0o400)
    sources = (f"s1: {{title: A, sha256: {SUM}}}", f"s2: {{title: B, sha256: {OTHER}}}")
    found = find_sources(case(*sources, "s3: C"), tmp_path)
    (tmp_path / "shut").chmod(0o700)
    kept = Kept(file=tmp_path / "s1.txt", problem="cannot be read: Permission denied")
    assert kept == found["s1"]
    assert ("Ben signs.", Kept()) == (text_of(found["s2"]), found["s3"])


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has a file to fail with")
def test_a_file_that_fails_when_it_is_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "s1.txt").symlink_to("/proc/self/mem")
    for source in ("s1: A", f"s1: {{title: A, sha256: {SUM}}}"):
        kept = only(tmp_path, source)
        assert ("s1.txt", "cannot be read: Input/output error") == (name_of(kept), kept.problem)


def test_faults_of_one_source_never_stop_the_others(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "empty.docx"))
    put(
        tmp_path,
        {
            "well.txt": WELL,
            "binary.txt": bytes(99),
            "blank.md": b"",
            "cut.pdf": b"%PDF-1.4\n1 0 obj",
            "old.docx": bytes.fromhex("D0CF11E0A1B11AE1"),
            "cut.docx": b"PK\x03\x04",
            "odd.html": b"<![x[y<!--",
            "wrong.txt": WELL,
        },
    )
    found = find_sources(
        case(
            *(f"{name}: A" for name in ("binary", "blank", "old", "odd", "missing", "empty")),
            "s1: {title: A, file: cut.pdf}",
            "s2: {title: A, file: cut.docx}",
            "wrong: {title: A, encoding: no-such-thing}",
            f"changed: {{title: A, sha256: {OTHER}, file: well.txt}}",
            f"well: {{title: A, sha256: {SUM}}}",
        ),
        tmp_path,
    )
    assert WELL.decode() == text_of(found["well"])
    assert ["well"] == [name for name, kept in found.items() if kept.document]
    told = {name: kept.problem.split(";")[0].split(" (")[0] for name, kept in found.items()}
    assert {
        "binary": "is not a text file",
        "blank": "has no text",
        "old": "is encrypted, or of an older Word: save it as .docx without a password",
        "odd": "has no text",
        "missing": "",
        "empty": "has no text",
        "s1": "is damaged",
        "s2": "is damaged, or no Word document",
        "wrong": 'is in an encoding unknown here, as the case says: "no-such-thing"',
        "changed": f"is not, or no longer, the document cited: its sha256 is {SUM}, not {OTHER}",
        "well": "",
    } == told


def test_a_case_without_sources_finds_none(tmp_path: Path) -> None:
    assert {} == find_sources(case("s1: A").model_copy(update={"sources": {}}), tmp_path)
