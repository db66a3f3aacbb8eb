"""The command-line reference, made from what the program says of itself.

Write it with ``python tests/cli_reference.py``; a test fails where it is out of date.
"""

from pathlib import Path

import click

from servanda.cli import servanda
from servanda.invocation import ANSWER

PLACE = Path(__file__).parents[1] / "docs" / "cli.md"
INTRODUCTION = """\
# Command line

This page is made from the program's own help.
`servanda VERB --help` shows the same.

- CASE is a file, a directory with a `case.yaml`, or the name of a built-in case.
- With `--json` a verb writes JSON for other programs: keys may be added, none is renamed.
- Exit codes: 0 done; 1 the findings say no (only with `--strict`); 2 usage; 3 the case is faulty.
  An interruption before anything is known ends with 130.
- Ctrl-C and `--time-limit` end the work early.
  What is known is shown, with a line that says what is missing.
- `NO_COLOR` and `--no-color` turn colours off; a pipe or file gets plain text of full width.
"""


def reference() -> str:
    """Return the reference as Markdown."""
    program = click.Context(servanda, info_name="servanda", terminal_width=80)
    parts = [INTRODUCTION, _block("servanda --help", servanda.get_help(program))]
    answer = click.Context(servanda.commands[ANSWER], program, ANSWER, terminal_width=80)
    parts.append("## servanda CASE\n")
    parts.append(_block("servanda CASE --help", answer.command.get_help(answer)))
    for name in servanda.list_commands(program):
        verb = click.Context(servanda.commands[name], program, name, terminal_width=80)
        parts.append(f"## servanda {name}\n")
        parts.append(_block(f"servanda {name} --help", verb.command.get_help(verb)))
    return "\n".join(parts)


def _block(typed: str, said: str) -> str:
    return f"```console\n$ {typed}\n{said}\n```\n"


if __name__ == "__main__":
    PLACE.write_text(reference(), encoding="utf-8")
