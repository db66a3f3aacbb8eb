"""Is the case sound?  Every name known, every condition readable, nothing said twice or askew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from unicodedata import normalize

from servanda.basis import parts
from servanda.belief_checks import check_beliefs
from servanda.conditions import OptionId
from servanda.errors import KEY, ConditionError, Path, Problem, did_you_mean
from servanda.ledger import Ledger
from servanda.model import Case, Citation, Option, PartyId, Preference, Source
from servanda.plan_checks import check_plan
from servanda.tokens import KEYWORDS, is_word

_MOST_LEVELS = 36
_MOST_WORDS = 6


def faults(case: Case) -> list[Problem]:
    """Return all faults of a case, with their paths but without files and lines.

    Parameters
    ----------
    case
        A case whose keys and types are right.

    Returns
    -------
    list of Problem
        Empty for a case without faults.  A condition that cannot be read is told once, and what
        depends on it is left unsaid.
    """
    ledger = Ledger(case)
    _names(ledger)
    for name, option in case.options.items():
        _option(ledger, name, option)
    _facts(ledger)
    _rules(ledger)
    terms = ledger.terms(case.status_quo, ("status_quo",))
    sound = not ledger.problems
    if sound and not case.walk_away:
        _start(ledger, {option: level for option, (level, _) in terms.items()})
    for party, preference in case.preferences.items():
        _preference(ledger, party, preference)
        _ranking(ledger, party, preference, sound=sound)
    _statement_ids(ledger)
    _signatories(ledger)
    if case.walk_away:
        _walk_away(ledger)
    _evidence(ledger)
    _questions(ledger)
    check_beliefs(ledger)
    for plan in case.plans:
        check_plan(ledger, plan)
    if case.default_plan is not None:
        ledger.known("plan", case.default_plan, case.plans, ("default_plan",))
    return ledger.problems


# ------------------------------------------------------------------------------- vocabulary


def _names(ledger: Ledger) -> None:
    """Check that names are plain words, and that no two things share one."""
    case = ledger.case
    for section in ("parties", "options"):
        if not getattr(case, section):
            ledger.add((section,), f"the case has no {section}")
    for party in case.parties:
        _word(ledger, party, ("parties", party, KEY))
    for name in case.options:
        _word(ledger, name, ("options", name, KEY))
    for fact in case.facts:
        _word(ledger, fact, ("facts", fact, KEY))
        if fact in case.options:
            message = f'fact "{fact}" has the name of an option'
            ledger.add(("facts", fact, KEY), message, "rename one of them")
    for name, option in case.options.items():
        unit, path = option.unit, ("options", name, "unit")
        if unit:
            _word(ledger, unit, path)
            if unit in case.options:
                message = f'unit "{unit}" has the name of an option'
                ledger.add(path, message, "rename one of them")


def _questions(ledger: Ledger) -> None:
    """Check that questions and answers can stand in a formula."""
    for question, stated in ledger.case.questions.items():
        _word(ledger, question, ("questions", question, KEY))
        for answer in stated.answers:
            _word(ledger, answer, ("questions", question, "answers", answer, KEY))


def _word(ledger: Ledger, name: str, path: Path) -> None:
    if name in KEYWORDS:
        ledger.add(path, f'"{name}" is a word of the conditions', "choose another name")
    elif not is_word(name):
        better = re.sub(r"\W+", "_", normalize("NFC", name)).strip("_")
        hint = f'write "{better}"' if is_word(better) else "begin with a letter"
        ledger.add(path, f'the name "{name}" is not one plain word', hint)


def _option(ledger: Ledger, name: OptionId, option: Option) -> None:
    """Check who owns an option, what its levels are, and how it falls back."""
    path: Path = ("options", name)
    _owners(ledger, name, option)
    levels = option.levels
    if len(levels) < 2:
        hint = 'leave "levels" out for yes or no'
        ledger.add((*path, "levels"), f'option "{name}" has fewer than two levels', hint)
    if len(levels) > _MOST_LEVELS:
        message = f'option "{name}" has more than {_MOST_LEVELS} levels'
        ledger.add((*path, "levels"), message, "make it coarser")
    for place, level in enumerate(levels):
        if level in levels[:place]:
            ledger.add((*path, "levels", place), f'level "{level}" of "{name}" is named twice')
    if option.values and len(option.values) != len(levels):
        message = f'option "{name}" has {len(levels)} levels and {len(option.values)} values'
        ledger.add((*path, "values"), message, "write one value for each level")
    if option.unit and not option.values:
        hint = 'write one number for each level under "values"'
        ledger.add((*path, "unit"), f'option "{name}" has a unit and no values', hint)
    if option.when is not None:
        ledger.condition(option.when, (*path, "when"))
    _fallback(ledger, name, option)


def _owners(ledger: Ledger, name: OptionId, option: Option) -> None:
    path: Path = ("options", name)
    if option.by is not None:
        ledger.known("party", option.by, ledger.case.parties, (*path, "by"))
        if option.joint:
            message = f'option "{name}" has both "by" and "joint"'
            ledger.add((*path, "joint", KEY), message, "keep one of them")
    elif not option.joint:
        hint = 'write "by: PARTY", or "joint: [PARTY, PARTY]"'
        ledger.add((*path, KEY), f'option "{name}" has no owner', hint)
    elif len(option.joint) < 2:
        hint = f'write "by: {option.joint[0]}"'
        ledger.add((*path, "joint"), f'joint option "{name}" has only one partner', hint)
    ledger.parties(option.joint, (*path, "joint"))


def _fallback(ledger: Ledger, name: OptionId, option: Option) -> None:
    """Check what is said about leaving the option, or about its lapse."""
    path: Path = ("options", name)
    if option.without is not None:
        if option.without not in option.levels:
            hint = did_you_mean(option.without, option.levels)
            message = f'option "{name}" has no level "{option.without}"'
            ledger.add((*path, "without"), message, hint)
        elif not option.joint and not option.until:
            message = f'"without" says nothing of option "{name}", which nobody can leave'
            ledger.add((*path, "without", KEY), message, 'add "until", or make it joint')
    for key in ("leave", "package"):
        if key in option.model_fields_set and not option.joint:
            message = f'"{key}" says nothing of option "{name}", which is not joint'
            ledger.add((*path, key, KEY), message, "leave it out")
    if "package" in option.model_fields_set and option.joint and option.leave != "package":
        message = f'option "{name}" names a package but is not left with it'
        ledger.add((*path, "package", KEY), message, 'write "leave: package"')


def _facts(ledger: Ledger) -> None:
    """Check that every fact can be read; a circle of facts is told once."""
    case = ledger.case
    circles: set[frozenset[str]] = set()
    for name, fact in case.facts.items():
        try:
            case.vocabulary.condition(fact.means)
        except ConditionError as error:
            path: Path = ("facts", name, "means")
            circle = frozenset(error.within)
            if not circle:
                ledger.add(path, error.message, error.hint, offset=error.offset)
            elif name in circle and circle not in circles:
                circles.add(circle)
                place = error.within.index(name)
                around = (*error.within[place:], *error.within[:place], name)
                message = f"facts go in a circle: {' -> '.join(around)}"
                ledger.add(path, message, offset=error.offset)


def _rules(ledger: Ledger) -> None:
    ids: set[str] = set()
    for place, rule in enumerate(ledger.case.never):
        ledger.condition(rule.that, ("never", place, "that"))
        if rule.id and rule.id in ids:
            ledger.add(("never", place, "id"), f'rule "{rule.id}" is named twice')
        ids.add(rule.id)


def _start(ledger: Ledger, start: Mapping[OptionId, int]) -> None:
    """Check that the status quo is feasible; everything in it and all rules can be read."""
    rule = ledger.broken_rule(dict.fromkeys(ledger.case.options, 0) | dict(start))
    if rule is not None:
        path: Path = ("status_quo",)
        if not ledger.case.status_quo:
            path = ("never", ledger.case.never.index(rule))
        ledger.add(path, f'the status quo breaks the rule "{rule.that}"', "change one of them")


# ------------------------------------------------------------------------------ preferences


def _preference(ledger: Ledger, party: PartyId, preference: Preference) -> None:
    """Check what one party wants."""
    path: Path = ("preferences", party)
    ledger.known("party", party, ledger.case.parties, (*path, KEY))
    if preference.form == "none":
        hint = "write a list of wishes, most important first, or leave the party out"
        ledger.add((*path, KEY), f'party "{party}" has an empty preference', hint)
    for place, group in enumerate(preference.ordered):
        if not group:
            ledger.add((*path, "ordered", place), "a tied group without wishes", "leave it out")
        for member, statement in enumerate(group):
            ledger.condition(statement.wish, (*path, "ordered", place, member, "wish"))
    for wish in preference.points:
        ledger.condition(wish, (*path, "points", wish, KEY))
    for name, position in preference.position.items():
        here = (*path, "position", name)
        if ledger.known("option", name, ledger.case.options, (*here, KEY)):
            levels = ledger.case.options[name].levels
            if position.at not in levels:
                message = f'option "{name}" has no level "{position.at}"'
                ledger.add((*here, "at"), message, did_you_mean(position.at, levels))


def _ranking(ledger: Ledger, party: PartyId, preference: Preference, *, sound: bool) -> None:
    """Check the states one party ranks; in a sound case also whether they can be."""
    seen: set[tuple[int, ...]] = set()
    for place, tied in enumerate(preference.ranking):
        for member, texts in enumerate(tied):
            path: Path = ("preferences", party, "ranking", place, member)
            before = len(ledger.problems)
            terms = ledger.terms(texts, path)
            if len(ledger.problems) > before:
                continue
            state = dict.fromkeys(ledger.case.options, 0)
            state |= {option: level for option, (level, _) in terms.items()}
            if tuple(state.values()) in seen:
                ledger.add(path, f'party "{party}" ranks this state twice')
            seen.add(tuple(state.values()))
            rule = ledger.broken_rule(state) if sound else None
            if rule is not None:
                ledger.add(path, f'this state breaks the rule "{rule.that}"', "leave it out")


def _statement_ids(ledger: Ledger) -> None:
    """Check that every statement has an id of its own; those without one are numbered."""
    case = ledger.case
    groups = (group for party in case.preferences for group in case.statements(party))
    uses = Counter[str](statement.id for group in groups for statement in group)
    given = Counter(name for _, name in _given_ids(case))
    seen: set[str] = set()
    for path, name in _given_ids(case):
        if name in seen:
            ledger.add(path, f'statement id "{name}" is used twice')
        elif uses[name] > given[name]:
            message = f'statement id "{name}" is also that of a statement without one'
            ledger.add(path, message, "choose an id without a number")
        seen.add(name)


def _given_ids(case: Case) -> Iterator[tuple[Path, str]]:
    for party, preference in case.preferences.items():
        path: Path = ("preferences", party)
        for place, group in enumerate(preference.ordered):
            for member, statement in enumerate(group):
                if statement.id:
                    yield (*path, "ordered", place, member, "id"), statement.id
        for wish, worth in preference.points.items():
            if worth.id:
                yield (*path, "points", wish, "id"), worth.id


# ---------------------------------------------------------------------- who signs, and talks


def _signatories(ledger: Ledger) -> None:
    """Check who must sign, who never signs, and which groups may act together."""
    case = ledger.case
    signatories, path = case.signatories, ("signatories",)
    for key in ("required", "of", "vetoes"):
        names = getattr(signatories, key)
        ledger.parties(names, (*path, key))
        for place, name in enumerate(names):
            if name in case.spoilers:
                message = f'party "{name}" is a spoiler and never signs'
                ledger.add((*path, key, place), message, "keep it in one of the two lists")
        if names and key != "required" and signatories.at_least is None:
            message = f'"{key}" says nothing without "at_least"'
            ledger.add((*path, key, KEY), message, 'parties that must sign stand under "required"')
    if signatories.at_least is not None:
        _quota(ledger, signatories.at_least, len(signatories.of))
    ledger.parties(case.spoilers, ("spoilers",))
    for place, group in enumerate(case.groups):
        ledger.parties(group, ("groups", place))
        if len(set(group)) < 2:
            ledger.add(("groups", place), "a group of fewer than two parties")


def _quota(ledger: Ledger, least: int, among: int) -> None:
    path: Path = ("signatories", "at_least")
    if not among:
        hint = 'write "of: [PARTY, PARTY]" beside it'
        ledger.add((*path, KEY), '"at_least" says nothing without "of"', hint)
    elif least < 1:
        ledger.add(path, f"at least {least} is no quota", "write 1 or more")
    elif least > among:
        ledger.add(path, f"at least {least} of {among} can never sign", "lower the number")


def _walk_away(ledger: Ledger) -> None:
    """Check that a pure negotiation is one: joint options, points, no state of affairs."""
    case, path = ledger.case, ("walk_away",)
    if case.status_quo:
        hint = "keep one of them"
        ledger.add((*path, KEY), 'a case has "status_quo" or "walk_away", not both', hint)
    for party in case.walk_away:
        ledger.known("party", party, case.parties, (*path, party, KEY))
    for party in case.parties:
        if party not in case.walk_away:
            hint = f'write "{party}: 0" if it has nothing to lose'
            ledger.add((*path, KEY), f'party "{party}" has no "walk_away" points', hint)
    for party, preference in case.preferences.items():
        if preference.form in {"ordered", "ranking"}:
            message = f'party "{party}" has no points to compare with its "walk_away"'
            ledger.add(("preferences", party, KEY), message, 'write its wishes under "points"')
    for name, option in case.options.items():
        if option.by is not None:
            message = f'option "{name}" is not joint, as in a case with "walk_away" all are'
            ledger.add(("options", name, "by", KEY), message, 'write "joint: [PARTY, PARTY]"')


# --------------------------------------------------------------------------------- evidence


def _evidence(ledger: Ledger) -> None:
    """Check claims, their citations, and everything that rests on claims."""
    case = ledger.case
    for name, source in case.sources.items():
        _source(ledger, source, ("sources", name))
    for name, claim in case.claims.items():
        path: Path = ("claims", name)
        for place, party in enumerate(claim.about):
            ledger.known("party", party, case.parties, (*path, "about", place))
        for place, citation in enumerate(claim.cite):
            check_citation(ledger, citation, (*path, "cite", place))
    for part in parts(case):
        for place, known in enumerate(part.own):
            ledger.known("claim", known, case.claims, (*part.path, "claims", place))


def _source(ledger: Ledger, source: Source, path: Path) -> None:
    if source.sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", source.sha256):
        hint = "`sha256sum FILE` prints 64 signs from 0 to 9 and a to f"
        ledger.add((*path, "sha256"), "no sha256", hint)
    taken: set[int] = set()
    for place, (first, last) in enumerate(source.reading):
        here: Path = (*path, "reading", place)
        if first < 1 or last < first:
            message = f"lines {first} to {last} are no range"
            ledger.add(here, message, "write the first line, then the last; they count from 1")
        elif not taken.isdisjoint(range(first, last + 1)):
            ledger.add(here, f"lines {first} to {last} are read twice", "each line is read once")
        taken |= set(range(first, last + 1))


def check_citation(ledger: Ledger, citation: Citation, path: Path) -> None:
    """Check that a citation can be looked up, and that its quote is short."""
    ledger.known("source", citation.source, ledger.case.sources, (*path, "source"))
    first, last = citation.lines or (1, 1)
    source = ledger.case.sources.get(citation.source)
    if first < 1:
        ledger.add((*path, "lines", 0), f"no line {first}", "lines are counted from 1")
    elif last < first and not (source and source.reading):
        message = f"lines {first} to {last} run backwards"
        ledger.add((*path, "lines"), message, f"write [{last}, {first}]")
    parts = re.split(r"[\s\u2012-\u2015\u2026]+", citation.quote)
    words = sum(any(sign.isalnum() for sign in part) for part in parts)
    if words > _MOST_WORDS:
        hint = "at most six words travel with a case"
        ledger.add((*path, "quote"), f"the quote has {words} words", hint)
