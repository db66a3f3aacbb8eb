"""The parts of a case that rest on claims, each with its place in the case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from servanda.errors import Path
from servanda.model import Case, ClaimId, Model, Preference, Resting

_KINDS = {
    "options": "options",
    "facts": "facts",
    "never": "rules",
    "preferences": "wishes",
    "candidates": "candidates",
}
_TERMS = frozenset(("commitments", "pressure", "offers", "target"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a case that rests on claims, or is an assumption, or says neither.

    Parameters
    ----------
    path
        Where it stands, as in a `Problem`.
    own
        The claims that are written there.
    claims
        The claims it rests on: its own, or those of the whole preference it belongs to.
    assumption
        Whether the modeller added it.
    whole
        Whether it is a preference as a whole, whose claims its wishes may borrow.
    """

    path: Path
    own: tuple[ClaimId, ...]
    claims: tuple[ClaimId, ...]
    assumption: bool = False
    whole: bool = False

    @property
    def plan(self) -> str | None:
        """The plan it belongs to, if any."""
        return str(self.path[1]) if self.path[0] == "plans" else None

    @property
    def kind(self) -> str:
        """What it is, in the plural: wishes, rules, terms, ..."""
        if "changes" in self.path:
            place = self.path.index("changes")
            return f"{_KINDS[str(self.path[place + 1])]} in {self.path[0]}"
        if self.path[0] == "questions":
            return "answers"
        if self.plan is None:
            return _KINDS[str(self.path[0])]
        return "terms" if self.path[2] in _TERMS else str(self.path[2])


def parts(case: Case) -> Iterator[Part]:
    """Yield every part of a case that may rest on claims, in the order of the model."""
    yield from _parts(case, (), ())


def _parts(thing: object, path: Path, borrowed: tuple[ClaimId, ...]) -> Iterator[Part]:
    if isinstance(thing, Resting):
        lent = () if thing.claims or thing.assumption else borrowed
        yield Part(
            path=path,
            own=thing.claims,
            claims=thing.claims or lent,
            assumption=thing.assumption,
        )
    if isinstance(thing, Preference):
        borrowed = thing.claims
        yield Part(path=path, own=thing.claims, claims=thing.claims, whole=True)
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(thing, Model):
        fields = type(thing).model_fields.items()
        inner = ((field.alias or name, getattr(thing, name)) for name, field in fields)
    elif isinstance(thing, Mapping):
        inner = thing.items()
    elif isinstance(thing, tuple):
        inner = enumerate(thing)
    for step, part in inner:
        yield from _parts(part, (*path, step), borrowed)
