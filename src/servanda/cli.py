"""The command line: one verb a question, each handed to the module that answers it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from servanda import __version__
from servanda.errors import CaseError, UsageError
from servanda.invocation import ANSWER, DONE, FAULTY, NO, Answer, Asked, Verbs, asks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from servanda.analysis import Findings, Package
    from servanda.mentions import Mention
    from servanda.narrative import Section
    from servanda.proposals import Proposals
    from servanda.situation import Situation
    from servanda.terminal import Progress, Screen

_NO_PACKAGE = (
    "This state can be no agreement: a commitment of the plan does not stand in it, "
    "or it undoes what cannot be undone. It is described as if it could."
)
_TIMED = ("time_limit",)
_PLANNED = ("plan", "worldview", "answers", "without")
_SHOWN = ("json", "color")
_SOURCED = ("sources",)
_WEIGHED = ("weight", "price", "more")
_FOUND = ("group_size", "engine", "seed", "no_deal_limit")


@click.group(cls=Verbs, no_args_is_help=True)
@click.version_option(__version__, message="servanda %(version)s")
def servanda() -> None:
    """Find the agreement that will be kept, and why the others will not.

    A CASE alone is answered in five lines: the answer, who blocks, by which move, why, and what
    would help.  CASE is a file, a directory, or the name of a built-in case.  To begin, try
    `servanda two-neighbours`, or write a case of your own with `servanda init`.

    Exit codes: 0 done, 1 the findings say no (only with --strict), 2 usage, 3 the case is faulty.
    """


def main() -> None:
    """Run the program."""
    servanda(prog_name="servanda")


# ------------------------------------------------------------------------ showing and ending


def _progress(asked: Asked) -> Progress:
    from servanda.terminal import Progress

    return Progress(asked.time_limit, color=asked.color)


def _screen(asked: Asked) -> Screen:
    from servanda.terminal import Screen

    return Screen(color=asked.color)


def _typed(asked: Asked) -> tuple[str, str]:
    """Return the case and the folder of sources as they are typed."""
    return quote(asked.case), quote(asked.sources) if asked.sources else ""


def _write(data: dict[str, Any]) -> None:
    from servanda.wire import written

    click.echo(written(data, sys.stdout.encoding))


def _code(asked: Asked, *, refused: bool) -> int:
    return NO if asked.strict and refused else DONE


def _refused(findings: Findings) -> bool:
    """Return whether it is established that the target, or anything at all, does not stick."""
    if findings.target is not None:
        return not findings.target.sticks
    return findings.status == "infeasible"


def _show(
    asked: Asked,
    findings: Findings,
    sections: Iterable[Section],
    stopped: str = "",
    lacking: tuple[str, ...] = (),
) -> None:
    """Show the case's title and sections; say what is missing where the work was stopped."""
    from servanda.narrative import sources_line

    screen = _screen(asked)
    screen.title(findings.case.title)
    for section in sections:
        if not section.empty:
            screen.section(section)
    if line := sources_line(findings.evidence, *_typed(asked)):
        screen.text()
        screen.text(line, "dim")
    _show_missing(screen, findings, stopped, lacking)


def _show_missing(
    screen: Screen, findings: Findings, stopped: str = "", lacking: tuple[str, ...] = ()
) -> None:
    from servanda.wire import missing

    why = findings.stopped or stopped
    if why:
        gone = missing(findings) or lacking or ("part of what the verdict rests on",)
        _show_partial(screen, why, gone)


def _show_partial(screen: Screen, why: str, lacking: Iterable[str]) -> None:
    from servanda.narrative import Line

    screen.text()
    screen.lines([Line("Partial", f"{why}; missing: {', '.join(lacking)}", "warn")])


# --------------------------------------------------------------------------------- the verbs


@servanda.command(ANSWER, cls=Answer)
@asks(*_PLANNED, "best", *_FOUND, *_SOURCED, *_TIMED, "strict", *_SHOWN)
def answer(asked: Asked) -> int:
    """Answer in five lines: the answer, who blocks, by which move, why, and what would help."""
    from servanda import asking, wire
    from servanda.narrative import five_lines, how_long_deals_last, rests_line

    with _progress(asked) as progress:
        findings = asking.findings_of(asked, progress)
    if asked.json:
        _write(wire.agreements(findings))
    else:
        screen = _screen(asked)
        screen.title(findings.case.title)
        screen.lines(five_lines(findings))
        if told := rests_line(findings, *_typed(asked)):
            screen.text()
            screen.text(told, "dim")
        if lasting := how_long_deals_last(findings):
            screen.text()
            screen.text(lasting, "dim")
        _show_missing(screen, findings)
    return _code(asked, refused=_refused(findings))


@servanda.command()
@click.argument("name", metavar="NAME")
def init(name: str) -> int:
    """Write a small case with comments, to begin your own with."""
    from servanda.starters import starter

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    title = path.stem.replace("-", " ").replace("_", " ")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(title[:1].upper() + title[1:]))
    except FileExistsError as error:
        raise UsageError(f'"{path}" exists already', "choose another name") from error
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise UsageError(f'cannot write "{path}": {told}') from error
    click.echo(f"Wrote {path}. Open it in an editor; then type")
    click.echo(f"  servanda check {quote(str(path))}")
    click.echo(f"  servanda {quote(str(path))}")
    return DONE


@servanda.command()
@asks(*_SOURCED, "strict", *_SHOWN)
def check(asked: Asked) -> int:
    """Check a case: every fault and warning, with the place to mend.

    Where its sources are at hand, a quote that is not in its source is a fault.
    """
    from servanda import asking
    from servanda.casefile import find_case, located
    from servanda.narrative import proposals_line, sources_line

    lines: list[str] = []
    try:
        evidence = asking.evidence_of(asked)
        odd = [*asking.oddities(evidence.case), *evidence.problems()]
        proposed = asking.proposals_of(asked, evidence)
        odd += proposed.problems()
        found = located(find_case(asked.case), odd)
        lines = [sources_line(evidence, *_typed(asked)), proposals_line(proposed)]
    except CaseError as error:
        found = list(error.problems)
    faults = sum(problem.severity == "fault" for problem in found)
    if asked.json:
        from servanda.wire import problems

        _write(problems(found))
    else:
        screen = _screen(asked)
        for problem in found:
            screen.raw(str(problem))
        screen.raw(_counted(faults, len(found) - faults))
        for line in filter(None, lines):
            screen.raw(line)
    return FAULTY if faults else _code(asked, refused=bool(found))


def _counted(faults: int, odd: int) -> str:
    warned = f"{odd or 'no'} warning" + ("" if odd == 1 else "s")
    return f"{faults} fault" + ("" if faults == 1 else "s") if faults else f"no faults, {warned}"


@servanda.command()
@asks(*_SOURCED, "mentions", "hindsight", "proposals", "annotations", "output", "strict", *_SHOWN)
def evidence(asked: Asked) -> int:
    """Check every quote against its source, and show what stands on what.

    With -o what is shown is written to a file, in Markdown.

    With --strict the answer is no where a citation is not verified.
    """
    from servanda import asking, wire
    from servanda.mentions import mentions, names_of
    from servanda.proposals import Proposals
    from servanda.report import page

    found, record = asking.evidence_of(asked), asking.record_of(asked)
    proposed = Proposals(record, found)
    named = None
    if asked.mentions is not None:
        names_of(found.case, asked.mentions)
        named = mentions(found, asked.mentions)
    if asked.json:
        data = wire.evidence(found, asked.mentions, named)
        data |= wire.hindsight(found.case, record) if asked.hindsight else {}
        _write(data | (wire.proposals(proposed) if asked.proposals else {}))
    sections = _evidence_sections(asked, proposed, named)
    if asked.output is not None:
        _write_beside(asked, asked.output, page(found.case.title, sections))
    elif not asked.json:
        screen = _screen(asked)
        screen.title(found.case.title)
        for section in sections:
            screen.section(section)
    if asked.annotations is not None:
        _write_beside(asked, asked.annotations, wire.written(wire.web_annotations(found)) + "\n")
    verified = found.verified and (proposed.verified or not asked.proposals)
    return _code(asked, refused=not verified)


def _evidence_sections(
    asked: Asked, proposed: Proposals, named: Sequence[Mention] | None
) -> list[Section]:
    """Return what is asked of the evidence: mentions, hindsight, proposals, or all citations."""
    from servanda import asking
    from servanda.narrative import (
        evidence_sections,
        hindsight_section,
        mentions_section,
        proposals_section,
    )

    found, sections = proposed.evidence, []
    if named is not None and asked.mentions is not None:
        sections.append(mentions_section(found, asked.mentions, named))
    if asked.hindsight:
        told = hindsight_section(found.case, proposed.record)
        none = replace(told, paragraphs=("The case tells of nothing that happened.",))
        sections.append(none if told.empty else told)
    if asked.proposals:
        sections.append(proposals_section(proposed, _typed(asked)[0]))
    return sections or list(evidence_sections(found, str(asking.folder_of(asked) or "")))


def _write_beside(asked: Asked, output: str, text: str) -> None:
    """Write a file whole or not at all, but none that the case is read from."""
    from servanda import asking
    from servanda.report import write_whole

    if asking.is_of_the_case(asked, output):
        raise UsageError(f'"{output}" belongs to the case', "write the file beside it")
    try:
        write_whole(output, text)
    except OSError as error:
        raise UsageError(f'cannot write "{output}": {error.strerror}') from error
    if not asked.json:
        click.echo(f"Wrote {output}.")


@servanda.command()
@asks(*_PLANNED, "state", "where", "every", "counting", *_TIMED, "strict", *_SHOWN)
def stability(asked: Asked) -> int:
    """Show which states are stable, for whom and in which sense.

    Where there are too many to list, they are counted, exactly.  The sense SEQ, which may take
    very long, is then given up after some seconds, with bounds, unless --all asks for it.

    With --strict the answer is no where no state, or not the one asked about, is an equilibrium
    (Nash or SEQ).
    """
    from servanda import asking

    if asked.state is not None and asked.where is not None:
        raise UsageError("--state asks about one state, --where about many", "use one of them")
    partial: tuple[str, ...] = ()
    with _progress(asked) as progress:
        situation = asking.situation_of(asked)
        if asked.state is not None:
            told, refused = _one_state(asked, situation, asked.state, progress)
        elif asked.engine == "symbolic" or (asked.engine == "auto" and not situation.space.dense):
            told, refused, partial = _stable_sets(asked, situation, progress)
        else:
            told, refused = _listed_states(asked, situation, progress)
    if isinstance(told, dict):
        _write(told)
    else:
        screen = _screen(asked)
        screen.title(situation.case.title)
        screen.section(told)
        if partial:
            why, *lacking = partial
            _show_partial(screen, why, lacking)
    return _code(asked, refused=refused)


def _one_state(
    asked: Asked, situation: Situation, terms: str, progress: Progress
) -> tuple[dict[str, Any] | Section, bool]:
    """Return how firmly each party stays in one state, and whether somebody would leave it."""
    from servanda import asking, wire
    from servanda.narrative import explain_state

    state = asking.state_of(situation.space, terms)
    found = asking.grades_of(situation, state, progress)
    refused = found is None or not all(graded.grade.sticks for graded in found.values())
    if asked.json:
        return wire.witnesses(situation, state, found), refused
    return explain_state(situation.conflict, state, found), refused


def _listed_states(
    asked: Asked, situation: Situation, progress: Progress
) -> tuple[dict[str, Any] | Section, bool]:
    """Return the states one by one, and whether none is an equilibrium."""
    from servanda import asking, wire
    from servanda.grid import Grid
    from servanda.stability import Concept
    from servanda.stability_table import StabilityTable
    from servanda.stability_words import stability_section

    where = asking.condition_of(situation.case, asked.where)
    table = StabilityTable(Grid(situation.conflict, progress), where)
    refused = not table.counts[Concept.SEQ]
    if asked.json:
        return wire.stability(table, every=asked.every, where=asked.where), refused
    return stability_section(table, every=asked.every, where=asked.where), refused


def _stable_sets(
    asked: Asked, situation: Situation, progress: Progress
) -> tuple[dict[str, Any] | Section, bool, tuple[str, ...]]:
    """Return how many states are stable, whether none is, and what is missing, if anything is."""
    from servanda import asking, wire
    from servanda.stability_words import missing_senses, stable_sets_section
    from servanda.stable_sets import EVERY, stable_sets, unasked
    from servanda.workroom import Workroom

    where = asking.condition_of(situation.case, asked.where)
    room = Workroom(situation, progress) if asked.every else unasked(situation, progress)
    found = stable_sets(situation, EVERY, where=where, room=room)
    partial = (found.stopped, *missing_senses(found)) if found.stopped else ()
    if asked.json:
        return wire.stable_sets(found, asked.where), found.none_is_kept, partial
    return stable_sets_section(found, asked.where), found.none_is_kept, partial


@servanda.command()
@asks(*_PLANNED, "foresight", "no_deal_limit", *_SOURCED, *_TIMED, *_SHOWN)
def nodeal(asked: Asked) -> int:
    """Show where the conflict goes without an agreement."""
    from servanda import asking, wire
    from servanda.narrative import no_deal_section

    with _progress(asked) as progress:
        findings = asking.without_deal(asked, progress)
    if asked.json:
        _write(wire.no_deal_alone(findings, foresight=asked.foresight))
    else:
        section = no_deal_section(findings)
        if asked.foresight:
            said = "With foresight: nobody makes a move that the others' own gains would undo."
            section = replace(section, paragraphs=(*section.paragraphs, said))
        _show(asked, findings, [section])
    return DONE


@servanda.command()
@asks(*_PLANNED, "no_deal_limit", *_SOURCED, *_TIMED, "strict", *_SHOWN)
def threat(asked: Asked) -> int:
    """Test the plan's threats: credible or bluff, whom they hurt, what they change.

    With --strict the answer is no where a threat is a bluff that nothing binds.
    """
    from servanda import asking, wire
    from servanda.narrative import Section, threat_sections

    with _progress(asked) as progress:
        findings = asking.without_deal(asked, progress)
    if asked.json:
        _write(wire.threats(findings))
    else:
        none = Section("Threats", (asking.no_threat(findings),))
        _show(asked, findings, threat_sections(findings) or [none])
    bluffs = any(True not in found.done_in_no_deal for found in findings.threats)
    return _code(asked, refused=bluffs)


@servanda.command()
@asks(*_PLANNED, "best", "limit", "apart", *_FOUND, *_SOURCED, *_TIMED, "strict", *_SHOWN)
def agreements(asked: Asked) -> int:
    """Show the agreements that stick, then the near misses, and who blocks them."""
    from servanda import asking, wire
    from servanda.narrative import how_long_deals_last, packages_section, refusals_section

    with _progress(asked) as progress:
        findings = asking.findings_of(asked, progress)
    if asked.json:
        _write(wire.agreements(findings))
    else:
        each = [_short(findings, place) for place in range(len(findings.packages))]
        found = packages_section(findings)
        if lasting := how_long_deals_last(findings):
            found = replace(found, paragraphs=(*found.paragraphs, lasting))
        _show(asked, findings, [found, *each, refusals_section(findings)])
    return _code(asked, refused=_refused(findings))


def _short(findings: Findings, place: int) -> Section:
    """Return a package in short: the verdict party by party, and who blocks it."""
    from servanda.narrative import Section, because, package_section

    package = findings.packages[place]
    whole = package_section(findings, package)
    verdict = "sticks" if package.sticks else "does not stick"
    blocking = whole.parts[: 0 if package.sticks else 1]
    rests = because(findings, package.grounds, sticks=package.sticks)
    title = f"Package {place + 1}: {verdict}"
    return Section(title, (*whole.paragraphs, *rests), whole.tables, blocking)


@servanda.command()
@asks(*_PLANNED, "state", "package", *_FOUND, *_SOURCED, *_TIMED, "strict", *_SHOWN)
def explain(asked: Asked) -> int:
    """Explain the plan's target, a package or a state: why it sticks, or who blocks it and how.

    With a plan, also what the verdict rests on: with and without its threats and offers, which
    small changes turn it, and the fewest assumptions it needs.
    """
    from servanda import asking, wire
    from servanda.narrative import Section, gather, premises_sections

    premises = None
    with _progress(asked) as progress:
        findings = asking.findings_of(asked, progress)
        found = asking.package_of(asked, findings, progress)
        aimed = asked.state is None and asked.package is None and findings.target is not None
        if aimed and not findings.stopped:
            premises = gather(findings.situation, progress)
    counts = found is not None and asking.is_package(findings, found.state)
    if asked.json:
        _write(wire.explain(findings, found, premises, is_package=counts))
    else:
        sections = _explanation(findings, found, aimed=aimed)
        if found is not None and not counts:
            lacking = asking.lacking(findings.situation, found.state)
            sections.insert(0, Section("No package", (f"{_NO_PACKAGE}{lacking}",)))
        rests = () if premises is None else premises_sections(findings.case, premises)
        _show(asked, findings, [*sections, *rests], premises.stopped if premises else "")
    refused = _refused(findings) if aimed or found is None else not found.sticks
    return _code(asked, refused=refused)


def _explanation(findings: Findings, found: Package | None, *, aimed: bool) -> list[Section]:
    """Return the sections that explain a package, and the plan where it is the plan's target."""
    from servanda.narrative import (
        no_deal_section,
        package_section,
        target_section,
        threat_sections,
    )

    sections = [no_deal_section(findings)]
    if aimed:
        sections += [*threat_sections(findings), target_section(findings)]
    elif found is not None:
        sections.append(package_section(findings, found, "The package"))
    return sections


@servanda.command()
@asks(*_PLANNED, "state", "package", *_WEIGHED, *_FOUND, *_SOURCED, *_TIMED, "strict", *_SHOWN)
def remedies(asked: Asked) -> int:
    """Show what it would take: for the target, a package or a state to stick, and to go on so.

    The nearest package that sticks; per blocker the smallest change in what it wants that brings
    it in; the cheapest carrots; what each part of the plan carries; the rankings under which each
    party stays; the smallest group that breaks it.
    """
    from servanda import asking, wire
    from servanda.narrative import remedies_sections

    with _progress(asked) as progress:
        findings, found = asking.remedies_of(asked, progress, lambda: progress.left)
    if asked.json:
        _write(wire.remedies(findings, found))
    else:
        sections = remedies_sections(findings, found)
        _show(asked, findings, sections, found.stopped, wire.lacking(found))
    return _code(asked, refused=not found.sticks)


@servanda.command()
@asks(*_PLANNED, "package", "no_deal_limit", *_SOURCED, *_TIMED, "strict", *_SHOWN)
def roadmap(asked: Asked) -> int:
    """Show an order of steps to the agreement that leaves nobody stranded or tempted.

    With --strict the answer is no where every order leaves somebody exposed.
    """
    from servanda import asking, wire
    from servanda.errors import Stopped
    from servanda.narrative import Section, roadmap_section
    from servanda.narrative.verdicts import deal

    with _progress(asked) as progress:
        first = asked.package is None
        asked = replace(asked, roads="subject" if first else "all")
        findings = asking.findings_of(asked, progress)
        found = asking.package_of(asked, findings, progress)
    if found is None:
        raise Stopped(findings.stopped or "there is no package to go to")
    if asked.json:
        _write(wire.roadmap(findings, found))
    else:
        goal = Section("The goal", (f"{deal(findings, found.state)}.",))
        _show(asked, findings, [goal, roadmap_section(findings, found)])
    way = found.roadmap
    return _code(asked, refused=way is not None and way.exchange is None)


@servanda.command()
@asks("plans", "worldviews", "premises", "nearest", "jobs", "every", *_TIMED, "strict", *_SHOWN)
def compare(asked: Asked) -> int:
    """Show which plan sticks under whose beliefs, and exactly when each works.

    With --all the JSON holds every plan's truth table as well.

    With --strict the answer is no where a plan does not stick under its own author's beliefs.
    """
    from servanda import asking, wire
    from servanda.cells import own_cells
    from servanda.narrative import Line, compare_sections

    with _progress(asked) as progress:
        found = asking.compared(asked, progress)
    if asked.json:
        _write(wire.compare(found, worlds=asked.every))
    else:
        screen = _screen(asked)
        screen.title(found.case.title)
        for section in compare_sections(found):
            if not section.empty:
                screen.section(section)
        if found.stopped:
            screen.text()
            screen.lines([Line("Partial", f"{found.stopped}; plans are missing", "warn")])
    own = own_cells(found.case, found.rows)
    return _code(asked, refused=any(cell.sticks != "yes" for cell in own.values()))


@servanda.command()
@asks(*_PLANNED, "best", "limit", *_FOUND, *_SOURCED, *_TIMED, "output", "strict", "color")
def report(asked: Asked) -> int:
    """Write a report on a case in Markdown, to be read, printed and mailed.

    Without -o it goes to standard output.
    """
    from servanda import asking
    from servanda.narrative import gather
    from servanda.report import markdown, write_report

    if asked.output is not None and asking.is_of_the_case(asked, asked.output):
        raise UsageError(f'"{asked.output}" belongs to the case', "write the report beside it")
    with _progress(asked) as progress:
        findings = asking.findings_of(replace(asked, roads="subject"), progress)
        premises = None
        if findings.target is not None and not findings.stopped:
            premises = gather(findings.situation, progress)
    sha256, record = asking.fingerprint(asked), asking.record_of(asked)
    if asked.output is None:
        text = markdown(findings, premises, record=record, sha256=sha256)
        click.echo(text.encode(), nl=False)
    else:
        try:
            write_report(asked.output, findings, premises, record=record, sha256=sha256)
        except OSError as error:
            raise UsageError(f'cannot write "{asked.output}": {error.strerror}') from error
        click.echo(f"Wrote {asked.output}.")
    return _code(asked, refused=_refused(findings))


@servanda.command()
@click.argument("name", metavar="[NAME]", required=False)
def cases(name: str | None) -> int:
    """List the built-in cases, or print one to copy it: servanda cases NAME > my.yaml."""
    from servanda.casefile import builtin_cases, find_case, read_case
    from servanda.narrative import Table
    from servanda.starters import one_file
    from servanda.terminal import Screen

    if name is not None:
        click.echo(one_file(find_case(name)).encode(), nl=False)  # as it is kept, in UTF-8
        return DONE
    screen = Screen()
    rows = tuple((each, read_case(path).title) for each, path in builtin_cases().items())
    screen.table(Table(("Name", "Title"), rows))
    screen.text("`servanda NAME` answers one; `servanda cases NAME > my.yaml` copies it.")
    return DONE


@servanda.command()
def schema() -> int:
    """Print the JSON Schema of a case file, for editors that complete and check."""
    from servanda import casefile

    _write(casefile.schema())
    return DONE
