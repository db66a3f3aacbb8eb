"""The case: parties, options, wishes, plans.  One definition of each object.

What a file may say is exactly what these classes hold; the JSON Schema for editors is generated
from them.  A class with a *shorthand* may be written as that one field alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NewType

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from servanda.conditions import OptionId
from servanda.grammar import Vocabulary

PartyId = NewType("PartyId", str)
ClaimId = NewType("ClaimId", str)
StatementId = NewType("StatementId", str)


def _word(value: object) -> object:
    """Return numbers as text, so that levels may be called 0, 1, 2 and periods 2007."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _flag(value: object) -> object:
    """Return ``yes`` and ``no`` as truth values: in YAML 1.2 they are plain words."""
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


def _listed(value: object) -> object:
    """Return one term as a list of one."""
    return [value] if isinstance(value, str) else value


Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | int | float)]
"""A name or level as written: numbers are taken as text."""

Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[
    bool,
    Field(strict=True),
    BeforeValidator(_flag, json_schema_input_type=bool | Literal["yes", "no"]),
]


class Model(BaseModel):
    """A frozen object; unknown keys are faults; some classes have a shorthand."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )
    shorthand: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if cls.shorthand is not None and isinstance(value, str | int | float):
            return {cls.shorthand: value}
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema, with the shorthand as an alternative where there is one."""
        schema = handler(core_schema)
        if cls.shorthand is None:
            return schema
        numbers = {"type": "number"} in schema["properties"][cls.shorthand].get("anyOf", ())
        short: JsonSchemaValue = {"type": ["string", "number"] if numbers else "string"}
        return {"anyOf": [short, schema]}


class Citation(Model):
    """Where a source says it.

    `lines` are the first and the last line, counted from 1 along the source's reading order;
    without them the whole source is searched.  The `quote` has at most six words; ``...`` stands
    for words left out.
    """

    source: Word
    lines: tuple[Whole, Whole] | None = None
    quote: str


class Claim(Model):
    """What a source says about some parties, in the analyst's own words.

    `hedge` is how strongly the author puts it.  `support` is the analyst's own mark: does the
    passage say what the claim says?  `confidence` is how sure the analyst is of that mark, which is
    not how likely the claim is.  An `assumption` is added by the modeller.  `date` is that of a
    fact.
    """

    shorthand = "text"
    text: str
    type: (
        Literal[
            "want", "fear", "belief", "behaviour", "capability", "conditional", "status", "norm",
            "analogy", "fact",
        ]
        | None
    ) = None  # fmt: skip
    about: tuple[PartyId, ...] = ()
    hedge: Literal["flat", "likely", "may", "longshot"] | None = None
    cite: tuple[Citation, ...] = ()
    assumption: Flag = False
    support: Literal["yes", "partly", "no"] | None = None
    confidence: Literal["low", "moderate", "high"] | None = None
    date: Word = ""
    note: str = ""


class Source(Model):
    """A document, known by its sha256; its text never travels with the case.

    `reading` gives ranges of lines, in the order in which they are to be read, where they are not
    the whole file from top to bottom: columns out of order, or one piece among several.  `file` is
    its name in the folder of sources, needed only where there is no sha256.  `encoding` settles
    how a text is written where the file itself does not tell.
    """

    shorthand = "title"
    title: str
    author: str = ""
    date: Word = ""
    sha256: str = ""
    reading: tuple[tuple[Whole, Whole], ...] = ()
    file: str = ""
    encoding: str = ""
    where: str = ""
    note: str = ""


class Resting(Model):
    """Anything that rests on claims, or is an assumption of the modeller."""

    claims: tuple[ClaimId, ...] = ()
    assumption: Flag = False
    note: str = ""

    @property
    def assumed(self) -> bool:
        """Whether nothing cited stands behind it."""
        return self.assumption or not self.claims

    @property
    def basis(self) -> str:
        """Return the claims it rests on, or the word assumption."""
        cited = ", ".join(self.claims)
        if self.assumption and cited:
            return f"{cited}, and assumption"
        return cited or "assumption"


class Party(Model):
    """Somebody who controls options, or wants something."""

    shorthand = "name"
    name: str
    aliases: tuple[str, ...] = ()
    note: str = ""


class Option(Resting):
    """Something a party can do, or that partners do jointly.

    `levels` are lowest first; a yes/no option has ``no, yes``.  `values` are the numbers behind
    the levels and `unit` what they count.  `only` makes it one-way.  `when` must hold before a
    party may change it.  Partners of a joint option may `leave` it: it then falls to `without`.
    """

    by: PartyId | None = None
    joint: tuple[PartyId, ...] = ()
    does: str = ""
    aliases: tuple[str, ...] = ()
    levels: tuple[Word, ...] = ("no", "yes")
    values: tuple[Number, ...] = ()
    unit: Word = ""
    only: Literal["up", "down"] | None = None
    when: str | None = None
    due: Word = ""
    until: Word = ""
    without: Word | None = None
    leave: Literal["term", "package", "never"] = "term"
    package: Word = "package"

    @property
    def owners(self) -> tuple[PartyId, ...]:
        """The owner, or all partners."""
        return self.joint or ((self.by,) if self.by is not None else ())

    @property
    def yes_no(self) -> bool:
        """Whether the option is simply taken or not."""
        return self.levels == ("no", "yes")

    @property
    def leavable(self) -> bool:
        """Whether one partner alone can end it."""
        return bool(self.joint) and self.leave != "never" and self.only != "up"


class Fact(Resting):
    """A named condition."""

    shorthand = "means"
    means: str


class Rule(Resting):
    """A condition no state may satisfy."""

    shorthand = "that"
    that: str
    id: Word = ""


class Statement(Resting):
    """One wish of a party."""

    shorthand = "wish"
    wish: str
    id: StatementId = StatementId("")


_POINTS = r"([-+]?(?:[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?)"
_RANGE = re.compile(rf"\s*{_POINTS}(?:\s*\.\.\s*{_POINTS})?\s*")


class Worth(Resting):
    """What a condition is worth in points: a number, or a range ``10..20``."""

    shorthand = "worth"
    worth: Word
    id: StatementId = StatementId("")

    @model_validator(mode="after")
    def _readable(self) -> Worth:
        if not _RANGE.fullmatch(self.worth):
            message = 'expected a number or a range such as 10..20, found "{found}"'
            raise PydanticCustomError("worth", message, {"found": self.worth})
        low, high = self.range
        if low > high:
            raise PydanticCustomError("worth", "a range goes from low to high")
        return self

    @property
    def range(self) -> tuple[Fraction, Fraction]:
        """Lowest and highest number of points."""
        found = _RANGE.fullmatch(self.worth)
        low, high = found.groups() if found else ("0", None)
        return Fraction(low), Fraction(high or low)

    @property
    def middle(self) -> Fraction:
        """The midpoint of the range."""
        return sum(self.range, Fraction(0)) / 2

    @property
    def uncertain(self) -> bool:
        """Whether it is a range."""
        return self.range[0] != self.range[1]


class Position(Resting):
    """Where a party wants an option to stand, and what each unit of distance costs it."""

    at: Word
    salience: Number = 1


class Preference(Model):
    """What a party wants: ordered statements, points and positions, or a ranking of states.

    Ordered statements are a list, most important first; a list inside it is a tied group.
    """

    ordered: tuple[tuple[Statement, ...], ...] = ()
    points: Mapping[str, Worth] = Field(default_factory=dict)
    position: Mapping[OptionId, Position] = Field(default_factory=dict)
    ranking: tuple[tuple[tuple[str, ...], ...], ...] = ()
    claims: tuple[ClaimId, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _shape(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"ordered": [_group(entry) for entry in value]}
        if isinstance(value, dict):
            changed = dict(value)
            if isinstance(changed.get("ordered"), list):
                changed["ordered"] = [_group(entry) for entry in changed["ordered"]]
            if isinstance(changed.get("ranking"), list):
                changed["ranking"] = [_tie(entry) for entry in changed["ranking"]]
            return changed
        return value

    @model_validator(mode="after")
    def _one_form(self) -> Preference:
        forms = bool(self.ordered) + bool(self.points or self.position) + bool(self.ranking)
        if forms > 1:
            message = "use one form: a list of statements, points and position, or a ranking"
            raise PydanticCustomError("preference", message)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of what a file may hold: a list, or one of the other forms."""
        schema = handler(core_schema)
        forms = schema["properties"]
        statement = forms["ordered"]["items"]["items"]
        group = {"anyOf": [statement, {"type": "array", "items": statement}]}
        forms["ordered"]["items"] = group
        tied = forms["ranking"]["items"]
        forms["ranking"]["items"] = {
            "anyOf": [
                tied["items"],
                {
                    "type": "object",
                    "properties": {"tied": tied},
                    "required": ["tied"],
                    "additionalProperties": False,
                },
            ]
        }
        return {"anyOf": [{"type": "array", "items": group}, schema]}

    @property
    def form(self) -> Literal["ordered", "points", "ranking", "none"]:
        """Which form is used."""
        if self.ordered:
            return "ordered"
        if self.points or self.position:
            return "points"
        return "ranking" if self.ranking else "none"


def _group(entry: object) -> object:
    return entry if isinstance(entry, list | tuple) else [entry]


def _tie(entry: object) -> object:
    """Return a ranking entry as a tie group of states, each a list of what is taken."""
    if isinstance(entry, dict) and set(entry) == {"tied"}:
        return entry["tied"]
    return [entry]


class Term(Resting):
    """One thing a plan sets: ``x``, ``not x`` or ``x = level``, perhaps dated or triggered."""

    shorthand = "take"
    take: str
    when: str | None = None
    by: Word = ""
    until: Word = ""


class Threat(Resting):
    """Who announces what, does what, and if what holds."""

    by: PartyId
    announce: OptionId
    act: tuple[str, ...]
    condition: str = Field(alias="if")
    to: tuple[PartyId, ...] = ()


class Guarantor(Resting):
    """Who stands behind an agreement, through which options."""

    who: tuple[PartyId, ...]
    via: tuple[OptionId, ...]
    of: str = ""


class Step(Resting):
    """Some terms taken at once, in the author's order."""

    shorthand = "take"
    take: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
    ]


class Place(Model):
    """Where a statement goes among a party's wishes: at an end, or beside another statement."""

    before: StatementId | None = None
    after: StatementId | None = None
    at: Literal["top", "bottom"] | None = None

    @property
    def places(self) -> int:
        """How many places are named."""
        return sum(place is not None for place in (self.before, self.after, self.at))


class NewStatement(Statement):
    """A statement that a change adds; `worth` is for a party whose wishes have points."""

    worth: Word | None = None


class Instead(Resting):
    """What a statement says once it is replaced."""

    wish: str
    worth: Word | None = None


class WishChange(Place):
    """One change to a party's wishes: `add`, `drop`, `replace ... with`, or `move`."""

    add: NewStatement | None = None
    drop: StatementId | None = None
    replace: StatementId | None = None
    with_: Instead | None = Field(default=None, alias="with")
    move: StatementId | None = None

    @model_validator(mode="after")
    def _one_change(self) -> WishChange:
        given = [each is not None for each in (self.add, self.drop, self.replace, self.move)]
        if sum(given) != 1:
            message = 'one change each: "add", "drop", "replace" with "with", or "move"'
            raise PydanticCustomError("change", message)
        if (self.replace is None) != (self.with_ is None):
            raise PydanticCustomError("change", '"replace" goes together with "with"')
        placed = self.add is not None or self.move is not None
        if self.places != placed and not (self.add is not None and self.add.worth is not None):
            message = (
                'say where: "before", "after" or "at"'
                if placed and not self.places
                else 'one of "before", "after" and "at", with "add" or "move" only'
            )
            raise PydanticCustomError("change", message)
        return self

    @property
    def subject(self) -> StatementId:
        """The statement it is about."""
        if self.add is not None:
            return self.add.id
        return self.drop or self.replace or self.move or StatementId("")


class RuleChange(Model):
    """One change to what cannot be: `add` a rule, or `drop` one by its id."""

    add: Rule | None = None
    drop: Word | None = None

    @model_validator(mode="after")
    def _one_change(self) -> RuleChange:
        if (self.add is None) == (self.drop is None):
            raise PydanticCustomError("change", 'one change each: "add" or "drop"')
        return self


class Changes(Model):
    """What an answer or an author changes in a case."""

    preferences: Mapping[PartyId, tuple[WishChange, ...]] = Field(default_factory=dict)
    facts: Mapping[str, Fact] = Field(default_factory=dict)
    owners: Mapping[OptionId, PartyId] = Field(default_factory=dict)
    never: tuple[RuleChange, ...] = ()


class Reply(Resting):
    """One answer to a question: what it says, and what that changes; nothing changes the base."""

    shorthand = "says"
    says: str
    changes: Changes = Changes()


class Question(Model):
    """What the sources contradict each other on, with the answers they give."""

    asks: str
    answers: Mapping[Word, Reply]
    note: str = ""


class Worldview(Model):
    """How one author sees the conflict: a choice of answers, and what else differs.

    A question not answered stays open.
    """

    title: str
    author: str = ""
    source: Word = ""
    answers: Mapping[Word, Word] = Field(default_factory=dict)
    changes: Changes = Changes()
    note: str = ""


class Candidate(Place, NewStatement):
    """A statement somebody could add: what a missing premise is sought among."""


class Plan(Model):
    """One author's proposal, laid over a case.

    `worldview` says whose beliefs its author holds; the worldview of the plan's name by default.
    """

    title: str
    author: str = ""
    date: Word = ""
    source: Word = ""
    by: PartyId | None = None
    worldview: Word = ""
    commitments: tuple[Term, ...] = ()
    pressure: tuple[Term, ...] = ()
    offers: tuple[Term, ...] = ()
    threats: tuple[Threat, ...] = ()
    guarantors: tuple[Guarantor, ...] = ()
    target: tuple[Term, ...] = ()
    steps: tuple[Step, ...] = ()
    note: str = ""


class Signatories(Model):
    """Who must accept: named parties, and perhaps at least n of some, with vetoes."""

    required: tuple[PartyId, ...] = ()
    at_least: Whole | None = None
    of: tuple[PartyId, ...] = ()
    vetoes: tuple[PartyId, ...] = ()


class Case(Model):
    """A conflict, as one file or directory tells it."""

    servanda: Literal[1]
    title: str
    about: str = ""
    references: tuple[str, ...] = ()
    parties: Mapping[PartyId, Party]
    options: Mapping[OptionId, Option]
    status_quo: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = Field(default_factory=dict)
    never: tuple[Rule, ...] = ()
    preferences: Mapping[PartyId, Preference]
    signatories: Signatories = Signatories()
    spoilers: tuple[PartyId, ...] = ()
    groups: tuple[tuple[PartyId, ...], ...] = ()
    walk_away: Mapping[PartyId, Number] = Field(default_factory=dict)
    sources: Mapping[Word, Source] = Field(default_factory=dict)
    claims: Mapping[ClaimId, Claim] = Field(default_factory=dict)
    questions: Mapping[Word, Question] = Field(default_factory=dict)
    worldviews: Mapping[Word, Worldview] = Field(default_factory=dict)
    candidates: Mapping[PartyId, tuple[Candidate, ...]] = Field(default_factory=dict)
    plans: Mapping[Word, Plan] = Field(default_factory=dict)
    default_plan: Word | None = None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words this case may use in its conditions."""
        units: dict[str, tuple[OptionId, ...]] = {}
        for name, option in self.options.items():
            if option.unit:
                units[option.unit] = (*units.get(option.unit, ()), name)
        return Vocabulary(
            levels={name: option.levels for name, option in self.options.items()},
            values={
                name: tuple(Fraction(str(value)) for value in option.values)
                for name, option in self.options.items()
                if option.values
            },
            units=units,
            facts={name: fact.means for name, fact in self.facts.items()},
        )

    @cached_property
    def base(self) -> Mapping[OptionId, int]:
        """The level index of every option in the status quo; the lowest where it is silent."""
        base = dict.fromkeys(self.options, 0)
        base.update(self.vocabulary.term(text) for text in self.status_quo)
        return base

    @property
    def talks_end_without(self) -> frozenset[PartyId]:
        """Whose leaving ends pure talks: those named and with a veto, or everybody by default."""
        rule = self.signatories
        named = frozenset((*rule.required, *rule.vetoes))
        return named if named or rule.at_least is not None else frozenset(self.parties)

    def name(self, party: PartyId) -> str:
        """Return the party's name in full."""
        return self.parties[party].name

    def statements(self, party: PartyId) -> tuple[tuple[Statement, ...], ...]:
        """Return the party's wishes as tied groups, most important first, each with an id.

        Points become one statement each, most points first; a ranking has no statements.
        """
        preference = self.preferences.get(party)
        if preference is None:
            return ()
        if preference.ordered:
            return tuple(_named(party, preference.ordered, preference.claims))
        worths = sorted(preference.points.items(), key=lambda item: -item[1].middle)
        wishes = (
            Statement(
                wish=wish,
                id=worth.id,
                claims=worth.claims,
                assumption=worth.assumption,
                note=worth.note,
            )
            for wish, worth in worths
        )
        return tuple(_named(party, tuple((wish,) for wish in wishes), preference.claims))


def _named(
    party: PartyId, groups: tuple[tuple[Statement, ...], ...], claims: tuple[ClaimId, ...]
) -> Iterator[tuple[Statement, ...]]:
    """Yield the groups, every statement with an id and with the preference's claims if it has none.

    An id of its own, or the party and a count; an assumption borrows no claims.
    """
    count = 0
    for group in groups:
        named = []
        for statement in group:
            count += 1
            own = statement.id or StatementId(f"{party}.{count}")
            rests = statement.claims or (() if statement.assumption else claims)
            named.append(statement.model_copy(update={"id": own, "claims": rests}))
        yield tuple(named)
