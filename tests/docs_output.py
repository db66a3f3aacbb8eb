"""Write what the program prints today into the pages that show it: python tests/docs_output.py.

Lines of three dots stay where they are: the first part keeps its number of lines, each later part
begins where its first line is found again.  Where it is not, the block is left alone and named.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from test_docs import WRITTEN, Block, blocks, changed, commands, output

DOTS = "..."


def shortened(shown: list[str], printed: list[str]) -> list[str] | None:
    """Return what is printed, cut as it is shown now; None if a part cannot be found again."""
    if DOTS not in shown:
        return printed
    parts: list[list[str]] = [[]]
    for line in shown:
        if line == DOTS:
            parts.append([])
        else:
            parts[-1].append(line)
    place = len(parts[0])
    found = printed[:place]
    for part in parts[1:]:
        found.append(DOTS)
        if part:
            if part[0] not in printed[place:]:
                return None
            place = printed.index(part[0], place)
            found += printed[place : place + len(part)]
            place += len(part)
    return found


def replayed(page: Path, block: Block, folder: Path) -> list[str]:
    """Return a block's lines as they should be, after doing in `folder` what it says."""
    file = folder / block.file
    if block.whole or block.language == "text":
        block.write(folder)
    elif block.language == "diff":
        text = changed(file.read_text(encoding="utf-8"), block.text)
        file.write_text(text, encoding="utf-8")
    if block.language != "console":
        return block.text.splitlines()
    lines: list[str] = []
    for command, shown in commands(block):
        lines.append(f"$ {command}")
        if not command.startswith(("servanda ", "python -m servanda ")):
            continue
        now = shortened(shown, output(command, folder))
        if now is None:
            sys.stderr.write(f"{page.name}:{block.line}: mend by hand: {command}\n")
        lines += shown if now is None else now
    return lines


def refreshed(page: Path) -> str:
    """Return a page with the output of today."""
    lines = page.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        for block in reversed([(b, replayed(page, b, Path(folder))) for b in blocks(page)]):
            shown, new = block
            end = shown.line + len(shown.text.splitlines())
            lines[shown.line : end] = new
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    for each in WRITTEN:
        each.write_text(refreshed(each), encoding="utf-8")
