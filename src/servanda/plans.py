"""Plans laid over a case: pure functions from case and plan to case and plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from servanda.conditions import OptionId
from servanda.errors import UsageError, did_you_mean
from servanda.model import Case, Option, Plan, Term, Threat

PARTS = ("commitments", "pressure", "offers", "threats")


def choose_plan(case: Case, name: str | None) -> tuple[str | None, Plan | None]:
    """Return the plan asked for, else the case's default plan, else none.

    Raises
    ------
    UsageError
        If the case has no plan of that name.
    """
    name = name or case.default_plan
    if name is None:
        return None, None
    if name not in case.plans:
        hint = did_you_mean(name, list(case.plans)) if case.plans else "this case has no plans"
        raise UsageError(f'no plan "{name}"', hint)
    return name, case.plans[name]


def levels(case: Case, terms: Iterable[Term | str]) -> dict[OptionId, int]:
    """Return the options that some terms set, with their level indices."""
    texts = (term.take if isinstance(term, Term) else term for term in terms)
    return dict(case.vocabulary.term(text) for text in texts)


def dated(case: Case, plan: Plan) -> Case:
    """Return the case with the plan's `when`, `by` and `until` written on its options."""
    changed: dict[OptionId, Option] = {}
    for term in (*plan.commitments, *plan.pressure, *plan.offers, *plan.target):
        if not (term.when or term.by or term.until):
            continue
        name, _ = case.vocabulary.term(term.take)
        option = changed.get(name, case.options[name])
        when = term.when
        if when and option.when and option.when != when:
            when = f"({option.when}) and ({when})"
        update = {
            "when": when or option.when,
            "due": term.by or option.due,
            "until": term.until or option.until,
        }
        changed[name] = option.model_copy(update=update)
    return case.model_copy(update={"options": {**case.options, **changed}}) if changed else case


def touched(case: Case, plan: Plan, part: str) -> frozenset[OptionId]:
    """Return the options of one part of a plan; threats mean announcements and acts.

    Raises
    ------
    UsageError
        If the part is none of commitments, pressure, offers, threats.
    """
    if part not in PARTS:
        raise UsageError(f'nothing to leave out called "{part}"', did_you_mean(part, PARTS))
    if part == "threats":
        return frozenset().union(*(threat_options(case, threat) for threat in plan.threats))
    return frozenset(levels(case, getattr(plan, part)))


def threat_options(case: Case, threat: Threat) -> frozenset[OptionId]:
    """Return the options of a threat: its announcement and its act."""
    return frozenset({threat.announce, *levels(case, threat.act)})


def strike(case: Case, plan: Plan, options: frozenset[OptionId]) -> Plan:
    """Return the plan without every term and threat on these options."""

    def kept(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(t for t in terms if case.vocabulary.term(t.take)[0] not in options)

    steps = (
        step.model_copy(
            update={
                "take": tuple(t for t in step.take if case.vocabulary.term(t)[0] not in options)
            }
        )
        for step in plan.steps
    )
    update: Mapping[str, object] = {
        "commitments": kept(plan.commitments),
        "pressure": kept(plan.pressure),
        "offers": kept(plan.offers),
        "target": kept(plan.target),
        "threats": tuple(t for t in plan.threats if not threat_options(case, t) & options),
        "steps": tuple(step for step in steps if step.take),
    }
    return plan.model_copy(update=update)
