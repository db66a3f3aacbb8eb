"""A report to mail: one Markdown file with the answer, its reasons, and what they rest on.

The same findings give the same bytes: no dates, no machine names, nothing drawn by chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from errno import EEXIST, EISDIR
from pathlib import Path
from secrets import token_hex

from servanda import __version__
from servanda.analysis import Findings
from servanda.narrative import (
    Line,
    Premises,
    Section,
    Table,
    assumptions_section,
    claims_section,
    five_lines,
    hindsight_section,
    names_section,
    no_deal_section,
    package_section,
    packages_section,
    premises_sections,
    refusals_section,
    target_section,
    threat_sections,
    wishes_section,
)
from servanda.narrative.lines import subject
from servanda.record import Record

_CONDITIONAL = """\
This report is conditional reasoning: it says what follows from the wishes and claims listed below.
It is not a prophecy and gives no probability of peace.
"""
_RATES = """\
For comparison: of the 336 peace agreements in the UCDP Peace Agreement Dataset 22.1 these shares
were still in force (Kaplan–Meier estimates):
"""
_BASE_RATES = Table(
    ("Agreements", "After 1 year", "After 5 years", "After 10 years"),
    (
        ("all", ".77", ".68", ".65"),
        ("full agreements", ".82", ".77", ".77"),
        ("process agreements", ".73", ".56", ".54"),
    ),
)
_STICKS = """\
A package sticks if it is surely acceptable and if nobody would leave it.
Surely acceptable: everybody who must sign does at least as well as in every outcome without a
deal, and somebody does better.
Nobody would leave it: each party either has no move that it gains by (firm), or every such move
can be followed by moves that the others gain by and that leave it no better off (guarded).
Brittle: only moves that the others need not want would deter. Breaks: nothing deters.
Groups of parties and the order of steps are reported beside the verdict and do not change it.
"""
_STABILITY = """\
Moves, Nash, GMR, SMR and SEQ stability: Fang, L., Hipel, K. W., & Kilgour, D. M. (1993).
Interactive Decision Making: The Graph Model for Conflict Resolution. Wiley.
"""
_SANCTIONS = """\
Sanctions of any length: Kilgour, D. M., & Hipel, K. W. (2005). The graph model for conflict
resolution: Past, present, and future. Group Decision and Negotiation, 14(6), 441–460.
"""
_GROUPS = """\
Groups: Kilgour, D. M., Hipel, K. W., Fang, L., & Peng, X. (2001). Coalition analysis in group
decision support. Group Decision and Negotiation, 10(2), 159–175.
Inohara, T., & Hipel, K. W. (2008). Coalition analysis in the graph model for conflict resolution.
Systems Engineering, 11(4), 343–359.
"""
_LASTING = Section("How often agreements last", (_CONDITIONAL, _RATES), (_BASE_RATES,))
_METHOD = Section("Method", (_STICKS, _STABILITY, _SANCTIONS, _GROUPS))


def write_report(
    path: str | Path,
    findings: Findings,
    premises: Premises | None = None,
    *,
    record: Record | None = None,
    sha256: str = "",
) -> None:
    """Write the report to a file, whole or not at all.

    Parameters
    ----------
    path
        Where to; folders that do not exist are created.
    findings, premises
        What was found, and what it rests on, if that was looked for.
    record
        What happened, to be told apart from what was found.
    sha256
        Of the file the case was read from; left out where empty.

    Raises
    ------
    OSError
        If the file cannot be written, or is a folder or a device.
    """
    write_whole(path, markdown(findings, premises, record=record, sha256=sha256))


def write_whole(path: str | Path, text: str) -> None:
    """Write a text to a file: beside it first, then renamed, so that none is half written.

    Raises
    ------
    OSError
        If the file cannot be written, or is a folder or a device.
    """
    path = Path(path)
    if not path.name or path.is_dir():
        raise IsADirectoryError(EISDIR, "it is a folder", str(path))
    if path.exists() and not path.is_file():
        raise FileExistsError(EEXIST, "it is not a plain file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        beside.replace(path)
    except BaseException:
        _remove(beside)
        raise


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def markdown(
    findings: Findings,
    premises: Premises | None = None,
    *,
    record: Record | None = None,
    sha256: str = "",
) -> str:
    """Return the report as Markdown."""
    case = findings.case
    parts = [f"# {_escaped(case.title)}"]
    if case.about:
        parts.append(_escaped(case.about))
    parts += [_short_answer(five_lines(findings))]
    parts += [_written(section, 2) for section in sections(findings, premises, record)]
    parts.append(_written(_provenance(findings, sha256), 2))
    return "\n\n".join(part for part in parts if part) + "\n"


def page(title: str, told: Sequence[Section]) -> str:
    """Return sections as a page of Markdown."""
    parts = [f"# {_escaped(title)}", *(_written(section, 2) for section in told)]
    return "\n\n".join(parts) + "\n"


def sections(
    findings: Findings, premises: Premises | None = None, record: Record | None = None
) -> tuple[Section, ...]:
    """Return the chapters of the report, in order."""
    case = findings.case
    found = premises_sections(case, premises, every=True) if premises is not None else ()
    chapters = (
        _LASTING,
        no_deal_section(findings),
        *threat_sections(findings),
        *_packages(findings),
        *found,
        wishes_section(case),
        assumptions_section(findings.situation),
        _silent(findings),
        claims_section(findings.evidence),
        hindsight_section(case, record or Record()),
        names_section(case),
        _METHOD,
    )
    return tuple(section for section in chapters if not section.empty)


def _packages(findings: Findings) -> tuple[Section, ...]:
    """Return the target, the package the short answer is about, and the others in short."""
    told: list[Section] = []
    about = subject(findings)
    if findings.target is not None:
        told.append(target_section(findings))
    elif about is not None:
        title = "The package that comes first" if about.sticks else "The nearest miss"
        told.append(package_section(findings, about, title))
    if findings.target is not None and not findings.target.sticks and findings.nearest:
        title = "The nearest package that sticks"
        told.append(package_section(findings, findings.nearest[0], title))
    return (*told, packages_section(findings), refusals_section(findings))


def _silent(findings: Findings) -> Section:
    """Return the parties that the case gives no wish about what the package changes."""
    about = subject(findings)
    if about is None:
        return Section("Silent parties", ())
    names = [findings.case.name(party) for party in about.silent]
    if not names:
        return Section("Silent parties", ("Every party has a wish on what the package changes.",))
    text = (
        "No wish of these is about anything the package changes. "
        "What they would make of it the case does not say:"
    )
    return Section("Silent parties", (text,), (Table(("Party",), tuple((n,) for n in names)),))


def _provenance(findings: Findings, sha256: str) -> Section:
    situation, case = findings.situation, findings.case
    rows = [("Case", case.title)]
    if sha256:
        rows.append(("SHA-256 of the case", sha256))
    plan = situation.plan
    rows.append(("Plan", f"{plan.title} ({situation.plan_id})" if plan else "none"))
    if plan and plan.author:
        rows.append(("Author of the plan", plan.author))
    if situation.without:
        rows.append(("Left out", ", ".join(situation.without)))
    rows += [
        ("Servanda", __version__),
        ("Engine", findings.engine),
        ("Packages", _looked_at(findings))
        if not findings.stopped
        else ("Stopped early", findings.stopped),
        ("Seed", "not used: nothing is drawn by chance")
        if findings.engine != "solver"
        else ("Seed", "the solver's, as given with --seed"),
    ]
    rows += [("Reference of the case", reference) for reference in case.references]
    return Section("Provenance", (), (Table(("What", "Which"), tuple(rows)),))


def _looked_at(findings: Findings) -> str:
    if findings.engine == "solver":
        proofs = {"optimal": "the best is proved", "infeasible": "that none sticks is proved"}
        return f"found by the solver; {proofs.get(findings.searched, 'without a proof')}"
    return f"{findings.counts.get('packages', 0):,}, all of them looked at"


# ------------------------------------------------------------------------------ Markdown


def _short_answer(lines: Sequence[Line]) -> str:
    return "\n".join(f"- **{line.label}:** {_escaped(line.text)}" for line in lines)


def _written(section: Section, depth: int) -> str:
    parts = [f"{'#' * min(depth, 6)} {_escaped(section.title)}"]
    parts += [_escaped(text) for text in section.paragraphs]
    parts += [_table(table) for table in section.tables if table.rows]
    parts += [_written(part, depth + 1) for part in section.parts if not part.empty]
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    rows = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)


def _cell(text: str) -> str:
    return text if text == "---" else _escaped(text).replace("|", "\\|")


_SPECIAL = re.compile(r"([\\`*<]|(?<!\w)_|_(?!\w))")
_LEADING = re.compile(r"^([#>+-]|\d+[.)](?=\s))")


def _escaped(text: str) -> str:
    """Return text on one line that Markdown shows as it is."""
    text = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _LEADING.sub(lambda found: f"\\{found[1]}", text)
