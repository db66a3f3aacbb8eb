"""Texts to begin a case with: a commented starter, and any built-in case as one file."""

from __future__ import annotations

from pathlib import Path

import yaml

STARTER = """\
# yaml-language-server: $schema=case.schema.json
# Editors complete and check this file once you have written the schema beside it:
#   servanda schema > case.schema.json
servanda: 1
title: {title}
about: Who disagrees about what, in two sentences.

parties: {{north: North, south: South}}

options:  # what each party can do: yes or no, or levels from low to high
  north_blocks: {{by: north, does: blocks the road}}
  south_raids:  {{by: south, does: raids the market}}
  patrol:       {{joint: [north, south], does: joint patrol}}  # needs both; either may leave
  toll:         {{joint: [north, south], does: toll, levels: [none, low, high]}}

status_quo: [north_blocks, south_raids]  # what is done today; everything else is not

facts: {{calm: not north_blocks and not south_raids}}  # names for what may hold

never: [toll > none and north_blocks]  # what cannot be

preferences:  # what each party wants, most important first
  north: [not south_raids, toll >= low, north_blocks]
  south:
    - not north_blocks
    - {{wish: toll < high, assumption: true, note: They paid a low toll before.}}
    - patrol
    - patrol implies calm
    - south_raids

signatories: {{required: [north, south]}}
"""


def starter(title: str) -> str:
    """Return a small case with comments, to be written over."""
    return STARTER.format(title=yaml.safe_dump(title, allow_unicode=True).split("\n")[0])


def one_file(path: Path) -> str:
    """Return a case as one text, to be copied: the files of a directory one below the other.

    Parameters
    ----------
    path
        A file, or a directory with ``case.yaml``.
    """
    if path.is_file():
        return path.read_text(encoding="utf-8")
    parts = [(path / "case.yaml").read_text(encoding="utf-8")]
    for name in ("claims", "history", "proposals"):
        beside = path / f"{name}.yaml"
        if beside.exists():
            parts.append(beside.read_text(encoding="utf-8"))
    for key in ("worldviews", "plans"):
        places = sorted((path / key).glob("*.yaml"))
        if places:
            parts.append(f"{key}:\n" + "\n".join(_titled(place) for place in places))
    return "\n".join(parts)


def _titled(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    lines = (f"    {line}" if line else "" for line in text.splitlines())
    return f"  {path.stem}:\n" + "\n".join(lines) + "\n"
