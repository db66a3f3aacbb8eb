"""The dials of a case made switches, and the verdicts that this turns.

A dial is an option with more than two levels: how fast, how much, under whose hand.  As a switch it
stands at its lowest level or its highest and nowhere between, so that plans that differ in degree
become the same plan, and wishes that differ in degree the same wish.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from servanda.cells import Cell, Reason, RowWork, reasons
from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.model import Case, Option, Plan, Rule, Step, Term, Threat
from servanda.target import judge
from servanda.worlds import every_answer, own_view

_NOTE = "A switch in place of a dial: nothing between the lowest level and the highest."


def dials(case: Case) -> tuple[OptionId, ...]:
    """Return the options with more than two levels."""
    return tuple(name for name, option in case.options.items() if len(option.levels) > 2)


def collapsed(case: Case, only: Collection[OptionId] | None = None) -> Case:
    """Return a case whose dials are switches; no wish, fact or rule is reworded.

    A rule for each dial keeps its middle levels from being, so that a condition that names one can
    still be read: what it says of that level never holds, and `price < high` comes to mean that
    the price is at its lowest.  Where the status quo, a plan or what a joint option falls to
    stands at a middle level, it stands at the highest instead: a switch that is taken at all is
    taken whole.  A party's `position` at a middle level stays, and is then as near to both ends
    as its distances say.

    Parameters
    ----------
    case
        A case without faults.
    only
        The dials to collapse; all where None.
    """
    chosen = frozenset(dials(case) if only is None else only).intersection(dials(case))
    if not chosen:
        return case
    lifted = _Lifted(case, chosen)
    update = {
        "options": {name: lifted.option(name, option) for name, option in case.options.items()},
        "status_quo": lifted.texts(case.status_quo),
        "never": (*case.never, *(_rule(case, name) for name in case.options if name in chosen)),
        "plans": {name: lifted.plan(plan) for name, plan in case.plans.items()},
    }
    found = case.model_copy(update=update)
    for remembered in ("vocabulary", "base"):  # a copy remembers the old status quo
        found.__dict__.pop(remembered, None)
    return found


def _rule(case: Case, name: OptionId) -> Rule:
    """Return the rule that an option stands at one end or the other."""
    levels = case.options[name].levels
    return Rule(that=f"{name} > {levels[0]} and {name} < {levels[-1]}", assumption=True, note=_NOTE)


@dataclass(frozen=True)
class _Lifted:
    """Terms with what stands at a middle level lifted to the highest."""

    case: Case
    chosen: frozenset[OptionId]

    def text(self, text: str) -> str:
        """Return a term, lifted where it must be."""
        name, level = self.case.vocabulary.term(text)
        levels = self.case.options[name].levels
        middle = name in self.chosen and 0 < level < len(levels) - 1
        return f"{name} = {levels[-1]}" if middle else text

    def texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return several terms."""
        return tuple(map(self.text, texts))

    def terms(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        """Return several terms of a plan, each with what it rests on."""
        return tuple(term.model_copy(update={"take": self.text(term.take)}) for term in terms)

    def threat(self, threat: Threat) -> Threat:
        """Return a threat."""
        return threat.model_copy(update={"act": self.texts(threat.act)})

    def step(self, step: Step) -> Step:
        """Return a step of the author's order."""
        return step.model_copy(update={"take": self.texts(step.take)})

    def option(self, name: OptionId, option: Option) -> Option:
        """Return an option: what it falls to, once left, is lifted."""
        if name not in self.chosen or option.without in {None, option.levels[0]}:
            return option
        return option.model_copy(update={"without": option.levels[-1]})

    def plan(self, plan: Plan) -> Plan:
        """Return a plan."""
        update: dict[str, object] = {
            part: self.terms(getattr(plan, part))
            for part in ("commitments", "pressure", "offers", "target")
        }
        update["threats"] = tuple(map(self.threat, plan.threats))
        update["steps"] = tuple(map(self.step, plan.steps))
        return plan.model_copy(update=update)


# ------------------------------------------------------------------------ before and after


@dataclass(frozen=True, kw_only=True)
class Switched:
    """A plan as its own author sees it, with dials and with switches.

    Parameters
    ----------
    dial, switch
        The cell in the case as it is, and with every dial a switch; both with all worlds that
        the author leaves open.
    why
        What decides in the first world whose verdict is another with switches; empty where
        none is.
    single
        The dials that, made a switch alone, already give another verdict in some world.
    """

    dial: Cell
    switch: Cell
    why: tuple[Reason, ...] = ()
    single: tuple[OptionId, ...] = ()

    @property
    def turned(self) -> int:
        """In how many worlds the verdict is another."""
        return _apart(self.dial, self.switch)


def with_switches(
    case: Case, plans: Iterable[str] = (), *, singly: bool = False, tick: Tick = silent
) -> Iterator[Switched]:
    """Yield each plan under its own author's beliefs, with dials and with switches.

    Parameters
    ----------
    case
        A case without faults, nothing laid over it.
    plans
        Which ones; all that have a target where empty.
    singly
        Whether to look for the single dials that turn a verdict.
    tick
        Told how far the work is; may stop it.
    """
    for plan in tuple(plans) or tuple(name for name, each in case.plans.items() if each.target):
        before = RowWork(case, plan, ())
        after = RowWork(collapsed(case), plan, ())
        dial, switch = _own(before, tick), _own(after, tick)
        if not _apart(dial, switch):
            yield Switched(dial=dial, switch=switch)
            continue
        single = []
        for option in dials(case) if singly else ():
            tick(f"{plan}: {option} as a switch")
            if _apart(dial, _own(RowWork(collapsed(case, (option,)), plan, ()), tick)):
                single.append(option)
        why = _why(after, dial, switch)
        yield Switched(dial=dial, switch=switch, why=why, single=tuple(single))


def _own(work: RowWork, tick: Tick) -> Cell:
    """Return a plan in every world that its own author leaves open."""
    view = own_view(work.case, work.plan)
    fixed = dict(work.case.worldviews[view].answers) if view is not None else {}
    worlds = []
    for number, answers in enumerate(every_answer(work.case, fixed), start=1):
        tick(f"{work.plan}: world {number} of its author's")
        worlds.append(work.world(view, answers))
    return Cell(plan=work.plan, worldview=view, worlds=tuple(worlds))


def _apart(one: Cell, other: Cell) -> int:
    pairs = zip(one.worlds, other.worlds, strict=True)
    return sum(mine.sticks != yours.sticks for mine, yours in pairs)


def _why(work: RowWork, dial: Cell, switch: Cell) -> tuple[Reason, ...]:
    """Return what decides where the verdict is another for the first time."""
    for before, after in zip(dial.worlds, switch.worlds, strict=True):
        if before.sticks == after.sticks:
            continue
        if after.told:
            return (Reason(party=None, test="acceptable", told=after.told),)
        verdict = judge(work.worlds.situation(work.plan, switch.worldview, after.answers))
        return () if verdict is None else reasons(verdict)
    return ()
