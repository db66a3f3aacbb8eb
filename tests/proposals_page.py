"""The page that lists what the five texts of the flagship case propose, with what carries it.

Write it with ``python tests/proposals_page.py``; a test fails where it is out of date.
``python tests/proposals_page.py DIRECTORY`` names what the list says is there and is not in the
case of that directory, before the two are put together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from servanda.casefile import find_case, read_case, read_dossier
from servanda.evidence import Evidence
from servanda.model import Case
from servanda.narrative import proposals_section
from servanda.proposals import Proposals
from servanda.record import Record, carrier, carriers
from servanda.report import page

CASE = "iraq-2006"
PLACE = Path(__file__).parents[1] / "docs" / "iraq-2006-proposals.md"


def proposals() -> str:
    """Return the page as Markdown; it needs no source."""
    dossier = read_dossier(find_case(CASE))
    found = Proposals(dossier.record, Evidence(dossier.case))
    return page(dossier.title, [proposals_section(found, CASE)])


def lacking(record: Record, case: Case) -> Iterator[tuple[str, str]]:
    """Yield each proposal that names something a case has not, with what it names."""
    known = carriers(case)
    for name, proposal in record.proposals.items():
        for text in proposal.carried:
            kind, what = carrier(text)
            if what not in known.get(kind, ()):
                yield name, text


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for each, missing in lacking(read_dossier(find_case(CASE)).record, read_case(sys.argv[1])):
            sys.stdout.write(f"{each}: {missing}\n")
    else:
        PLACE.write_text(proposals(), encoding="utf-8")
