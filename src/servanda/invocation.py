"""How a command line is read: a case or a verb first, shared options, exit codes."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TextIO
from unicodedata import normalize

import click

from servanda.errors import CaseError, Stopped, UsageError, did_you_mean
from servanda.extent import MOST_STATES, NEAREST_SECONDS

DONE, NO, USAGE, FAULTY, INTERRUPTED, CLOSED = 0, 1, 2, 3, 130, 141
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "×": "x", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}
    | {"→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "\u00a0": " ", "·": "*", "ß": "ss", "✓": "yes"}
)


ANSWER: Final = "CASE"
"""The nameless verb: `servanda CASE` alone."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a command line asks for; each verb takes only some of it."""

    case: str
    plan: str | None = None
    worldview: str | None = None
    plans: tuple[str, ...] = ()
    worldviews: tuple[str, ...] = ()
    roads: Literal["none", "subject", "all"] = "none"
    premises: int = 1
    nearest: float = NEAREST_SECONDS
    jobs: int = 0
    answers: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    best: str | None = None
    limit: int = 5
    apart: int = 0
    group_size: int = 2
    engine: str = "auto"
    seed: int = 1
    no_deal_limit: int = MOST_STATES
    time_limit: float | None = None
    strict: bool = False
    json: bool = False
    color: bool = True
    every: bool = False
    foresight: bool = False
    state: str | None = None
    where: str | None = None
    package: int | None = None
    output: str | None = None
    sources: str | None = None
    annotations: str | None = None
    mentions: str | None = None
    hindsight: bool = False
    proposals: bool = False
    weight: tuple[tuple[str, str], ...] = ()
    price: tuple[tuple[str, str], ...] = ()
    more: bool = False


def _separated(_context: click.Context, _param: click.Parameter, words: Sequence[str]) -> Any:
    """Return words given one by one or separated by commas."""
    return tuple(word.strip() for given in words for word in given.split(",") if word.strip())


def _answers(_context: click.Context, _param: click.Parameter, words: Sequence[str]) -> Any:
    """Return answers written QUESTION=ANSWER, given one by one or separated by commas."""
    found = []
    for word in _separated(_context, _param, words):
        question, sign, answer = word.partition("=")
        if not sign:
            raise click.BadParameter(f'expected QUESTION=ANSWER, found "{word}"')
        found.append((question.strip(), answer.strip()))
    return tuple(found)


def _numbered(_context: click.Context, _param: click.Parameter, words: Sequence[str]) -> Any:
    """Return options with their numbers, given as ``option=number`` and separated by commas.

    Raises
    ------
    BadParameter
        If something is given that is not of this form.
    """
    given = [word.strip() for each in words for word in each.split(",") if word.strip()]
    for word in given:
        if word.count("=") != 1:
            raise click.BadParameter(f'"{word}" is not of the form OPTION=NUMBER')
    pairs = (word.split("=") for word in given)
    return tuple((name.strip(), number.strip()) for name, number in pairs)


_COUNT = click.IntRange(min=1)
_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "plan": click.option("--plan", metavar="NAME", help="The plan (default: the case's own)."),
    "worldview": click.option(
        "--worldview",
        metavar="NAME",
        help="Whose beliefs (default: those the plan names, else the base case; `base` for that).",
    ),
    "plans": click.option(
        "--plan",
        "plans",
        metavar="NAMES",
        multiple=True,
        callback=_separated,
        help="Only these plans, separated by commas.",
    ),
    "worldviews": click.option(
        "--worldview",
        "worldviews",
        metavar="NAMES",
        multiple=True,
        callback=_separated,
        help="Only these worldviews, separated by commas.",
    ),
    "premises": click.option(
        "--premises",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        metavar="N",
        help="How many missing premises to try together; 0 for none.",
    ),
    "nearest": click.option(
        "--nearest",
        type=click.FloatRange(min=0),
        default=NEAREST_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long to look, for each cell, for the nearest package that sticks; 0 for not.",
    ),
    "jobs": click.option(
        "--jobs",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="How many processes work at once (default: one for each core).",
    ),
    "answers": click.option(
        "--answer",
        "answers",
        metavar="QUESTION=ANSWER",
        multiple=True,
        callback=_answers,
        help="Answer an open question; several separated by commas.",
    ),
    "without": click.option(
        "--without",
        metavar="PARTS",
        multiple=True,
        callback=_separated,
        help="Leave out parts of the plan (offers, threats, pressure, commitments) or options, "
        "separated by commas.",
    ),
    "best": click.option(
        "--best",
        type=click.Choice(["maximin", "nash", "total"]),
        help="Order by points above no deal: the least gain, the product, or the sum.",
    ),
    "limit": click.option(
        "--limit",
        type=_COUNT,
        default=5,
        show_default=True,
        metavar="N",
        help="How many packages to describe.",
    ),
    "apart": click.option(
        "--apart",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Of packages that differ in fewer than N terms, show the first only.",
    ),
    "group_size": click.option(
        "--group-size",
        type=_COUNT,
        default=2,
        show_default=True,
        metavar="N",
        help="The largest group that may leave together.",
    ),
    "engine": click.option(
        "--engine",
        type=click.Choice(["auto", "grid", "solver", "symbolic"]),
        default="auto",
        show_default=True,
        help="How packages are found: all states at once, or by a solver where there are too many; "
        "symbolic counts them besides, however long that takes.",
    ),
    "counting": click.option(
        "--engine",
        type=click.Choice(["auto", "grid", "symbolic"]),
        default="auto",
        show_default=True,
        help="List all states, or only count them, on decision diagrams, where there are too many.",
    ),
    "where": click.option(
        "--where",
        metavar="CONDITION",
        help='Only states where this holds, such as "meter and not ana_pump".',
    ),
    "seed": click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        metavar="N",
        help="The solver's seed: the same seed gives the same answer.",
    ),
    "no_deal_limit": click.option(
        "--no-deal-limit",
        type=_COUNT,
        default=MOST_STATES,
        show_default=True,
        metavar="N",
        help="Without a deal every move is followed up to N states; beyond, paths by chance.",
    ),
    "time_limit": click.option(
        "--time-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Stop after so long and show what is known.",
    ),
    "strict": click.option(
        "--strict", is_flag=True, help="End with exit code 1 where the findings say no."
    ),
    "json": click.option("--json", is_flag=True, help="Write JSON for other programs."),
    "color": click.option(
        "--no-color", "color", flag_value=False, default=True, help="No colours."
    ),
    "every": click.option(
        "--all",
        "every",
        is_flag=True,
        help="List all states, however many; where they are counted, all senses, however long.",
    ),
    "foresight": click.option(
        "--foresight", is_flag=True, help="Nobody makes a move that others would make it regret."
    ),
    "state": click.option(
        "--state",
        metavar="TERMS",
        help='A state by what is done in it, such as "a, price = low", or its code, such as YN1.',
    ),
    "package": click.option(
        "--package",
        type=_COUNT,
        metavar="N",
        help="The Nth package in the order of `servanda agreements`.",
    ),
    "sources": click.option(
        "--sources",
        metavar="DIR",
        envvar="SERVANDA_SOURCES",
        help="The folder of source documents (default: SERVANDA_SOURCES, or sources/ beside the "
        "case).",
    ),
    "annotations": click.option(
        "--annotations",
        metavar="FILE",
        help="Write the citations as W3C Web Annotations to this file.",
    ),
    "mentions": click.option(
        "--mentions",
        metavar="NAME",
        help="Show where the sources speak of a party or an option, and which claims cite that.",
    ),
    "hindsight": click.option(
        "--hindsight",
        is_flag=True,
        help="Show what happened, and how the claims beside each plan look in hindsight.",
    ),
    "proposals": click.option(
        "--proposals",
        is_flag=True,
        help="Show everything the texts propose, with what carries it or why nothing does.",
    ),
    "weight": click.option(
        "--weight",
        metavar="OPTION=N",
        multiple=True,
        callback=_numbered,
        help="How much a change of this term counts for the nearest package (default: 1).",
    ),
    "price": click.option(
        "--price",
        metavar="OPTION=N",
        multiple=True,
        callback=_numbered,
        help="What this carrot costs (default: 1).",
    ),
    "more": click.option(
        "--more", is_flag=True, help="Try also carrots that the plan does not offer."
    ),
    "output": click.option("-o", "--output", metavar="FILE", help="Write to this file."),
}


def asks(*names: str) -> Callable[[Callable[[Asked], int]], Callable[..., int]]:
    """Give a verb a CASE and some of the shared options, handed over as one `Asked`."""
    known = {field.name for field in fields(Asked)}

    def decorate(verb: Callable[[Asked], int]) -> Callable[..., int]:
        def asked(**given: Any) -> int:
            return verb(Asked(**{name: given[name] for name in given if name in known}))

        asked.__name__, asked.__doc__ = verb.__name__, verb.__doc__
        command: Callable[..., int] = asked
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return click.argument("case", metavar="CASE")(command)

    return decorate


class Answer(click.Command):
    """The nameless verb, whose usage is told without its name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how the program is called with a case alone."""
        program = ctx.parent.command_path if ctx.parent else ctx.command_path
        formatter.write_usage(program, "CASE [OPTIONS]")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; tell those who put the verb last that it comes first."""
        verbs = (
            ctx.parent.command.commands
            if isinstance(ctx.parent, click.Context) and isinstance(ctx.parent.command, click.Group)
            else {}
        )
        for verb in args[1:]:
            if verb in verbs and verb != ANSWER and not args[0].startswith("-"):
                raise click.UsageError(
                    f"the verb comes first: servanda {verb} {args[0]}", ctx.parent
                )
        return super().parse_args(ctx, args)


class Verbs(click.Group):
    """The program: a verb, or a case alone; every error becomes a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what comes before the verb; options of the nameless verb may."""
        own = {name for param in self.get_params(ctx) for name in param.opts}
        if args and args[0].startswith("-") and args[0] not in own:
            args = [ANSWER, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a first word that is no verb for a case."""
        if args[0] not in self.commands:
            meant = did_you_mean(args[0], self.list_commands(ctx))
            if len(args) > 1 and not args[1].startswith("-") and meant.startswith("did you"):
                raise click.UsageError(f'no verb "{args[0]}"; {meant}', ctx)
            args = [ANSWER, *args]
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write both ways to call the program."""
        formatter.write_usage(ctx.command_path, "CASE [OPTIONS]")
        formatter.write_usage(ctx.command_path, "VERB [CASE] [OPTIONS]", prefix="       ")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every verb with what it does, in full."""
        verbs = ((name, self.commands[name].help or "") for name in self.list_commands(ctx))
        with formatter.section("Verbs"):
            formatter.write_dl([(name, told.split("\n")[0]) for name, told in verbs])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which one meets them."""
        del ctx
        return [name for name in self.commands if name != ANSWER]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a reader that has seen enough is no error."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return CLOSED
        return code

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program and leave it with an exit code."""
        make_printable(sys.stdout, sys.stderr)
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            error.show()
            code = USAGE
        except UsageError as error:
            code = _tell(_with_verbs(error, self), USAGE)
        except CaseError as error:
            code = _tell(str(error), FAULTY)
        except Stopped as error:
            code = _tell(f"nothing is known yet: {error}; allow more time", USAGE)
        except (KeyboardInterrupt, click.Abort):
            code = _tell("interrupted; nothing is known yet", INTERRUPTED)
        sys.exit(code or DONE)


def _tell(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code


def _with_verbs(error: UsageError, group: click.Group) -> str:
    """Return the message; a word that is no case may be a misspelt verb."""
    text = str(error)
    word = error.message.split('"')[1] if error.message.startswith("no file") else ""
    if word and "did you mean" not in text:
        hint = did_you_mean(word, [name for name in group.commands if name != ANSWER])
        if hint.startswith("did you mean"):
            return f"{error.message}; {hint}"
    return text


def _spelled_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return plain letters for those an encoding lacks: ``é`` becomes ``e``, others ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_PLAIN)
    letters = (normalize("NFKD", sign).encode("ascii", "ignore") or b"?" for sign in lacking)
    return b"".join(letters).decode(), error.end


def make_printable(*streams: TextIO) -> None:
    """Let streams spell plainly what their encoding lacks, instead of failing."""
    codecs.register_error("servanda", _spelled_plainly)
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="servanda")
