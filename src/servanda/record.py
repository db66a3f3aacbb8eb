"""What stands beside a case and never in its model: what happened, and what its texts propose.

A `Case` has none of it, so that no engine can read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from pydantic import Field

from servanda.model import Case, Changes, Citation, ClaimId, Model, Word

CARRIERS: Final = (
    "option", "fact", "rule", "statement", "party", "plan", "question", "worldview", "claim",
    "test", "command",
)  # fmt: skip
"""What may carry a proposal: parts of the case, tests of a package, and verbs of the program."""

TESTS: Final = ("acceptable", "self-enforcing", "reachable", "robust", "threat")

VERBS: Final = (
    "check", "evidence", "stability", "nodeal", "threat", "agreements", "explain", "remedies",
    "roadmap", "compare", "report",
)  # fmt: skip
"""The verbs that answer something about a case."""


class Event(Model):
    """Something that happened: when, what, and where that is told.

    `date` begins with a year, or a year and a month or day; more words may follow.
    """

    date: Word
    what: str
    where: str
    note: str = ""


class Hindsight(Model):
    """How a claim looks beside what happened; what is contested stays so."""

    shorthand = "verdict"
    verdict: Literal["borne out", "partly", "not borne out", "untested", "contested"]
    events: tuple[Word, ...] = ()
    note: str = ""


class Proposal(Model):
    """What a text proposes, or how it says that things work, and what carries that here.

    Each entry of `carried` is a kind and a name: ``option us_no_bases``, ``test reachable``.
    `not_modelled` says why nothing carries it; beside `carried` it says what is left out, and why.
    """

    text: str
    kind: Literal["proposal", "mechanism", "condition", "warning"]
    cite: tuple[Citation, ...]
    carried: tuple[str, ...] = ()
    not_modelled: str = ""
    note: str = ""


class Record(Model):
    """The dated events, the verdicts of hindsight on claims, and the proposals of the texts.

    `preface` says how the texts were read, a paragraph a line.
    """

    events: Mapping[Word, Event] = Field(default_factory=dict)
    hindsight: Mapping[ClaimId, Hindsight] = Field(default_factory=dict)
    preface: str = ""
    proposals: Mapping[Word, Proposal] = Field(default_factory=dict)


class Dossier(Record, Case):
    """A case with its record, as its files hold them."""

    @property
    def case(self) -> Case:
        """The case alone, as the engines have it."""
        kept = {name: getattr(self, name) for name in Case.model_fields}
        return Case.model_construct(self.model_fields_set & Case.model_fields.keys(), **kept)

    @property
    def record(self) -> Record:
        """The record alone."""
        kept = {name: getattr(self, name) for name in Record.model_fields}
        return Record.model_construct(self.model_fields_set & Record.model_fields.keys(), **kept)


def carrier(text: str) -> tuple[str, str]:
    """Return the kind and the name of what carries a proposal.

    >>> carrier("option us_no_bases")
    ('option', 'us_no_bases')
    """
    kind, _, name = text.strip().partition(" ")
    return kind, name.strip()


def carriers(case: Case) -> Mapping[str, tuple[str, ...]]:
    """Return what there is of each kind to carry a proposal, under some worldview or under all."""
    statements = [
        wish.id for party in case.preferences for group in case.statements(party) for wish in group
    ]
    facts, rules = list(case.facts), [rule.id for rule in case.never if rule.id]
    for changes in _changes(case):
        wishes = (change.add for each in changes.preferences.values() for change in each)
        statements += [wish.id for wish in wishes if wish is not None]
        facts += changes.facts
        rules += [rule.add.id for rule in changes.never if rule.add is not None and rule.add.id]
    return {
        "option": tuple(case.options),
        "fact": tuple(dict.fromkeys(facts)),
        "rule": tuple(dict.fromkeys(rules)),
        "statement": tuple(dict.fromkeys(statements)),
        "party": tuple(case.parties),
        "plan": tuple(case.plans),
        "question": tuple(case.questions),
        "worldview": tuple(case.worldviews),
        "claim": tuple(case.claims),
        "test": TESTS,
        "command": VERBS,
    }


def _changes(case: Case) -> Iterator[Changes]:
    """Yield what each answer and each author changes in a case."""
    for question in case.questions.values():
        yield from (answer.changes for answer in question.answers.values())
    yield from (worldview.changes for worldview in case.worldviews.values())
