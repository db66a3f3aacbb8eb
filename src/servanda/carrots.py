"""The cheapest set of carrots with which a target, or a fixed package, sticks.

Sets are tried by price, each by judging anew, so that the first that does is cheapest: fewer
carrots need not do worse, and more need not do better.  Where the work allowed runs out, the
bound says how far it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heappop, heappush

from servanda.conditions import OptionId
from servanda.conflict import Tick, silent
from servanda.errors import Stopped, Undecided, UsageError
from servanda.model import Term
from servanda.obstacles import judged
from servanda.play import is_open
from servanda.shifts import text_of
from servanda.situation import Situation, leave_out
from servanda.target import TargetVerdict

BUDGET = 400
"""How many sets are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrot:
    """Something given with agreement only.

    Parameters
    ----------
    option, level
        What.
    price
        What it costs those who choose; 1 where nothing is said.
    offered
        Whether the plan offers it; else it is one that could be added.
    """

    option: OptionId
    level: int
    price: Fraction
    offered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrots:
    """The cheapest sets of carrots with which it sticks.

    Parameters
    ----------
    tried_with
        The carrots to choose from.
    sticks
        Whether it sticks with just the plan's own.
    cheapest
        The sets of the least price found; empty where none was.
    bound
        No cheaper set does; None where every set was tried and none does.
    sets, undecided
        How many sets were judged, and how many of these would take too many states to settle.
    stopped
        What stopped the work before its end; None if nothing did.
    """

    tried_with: tuple[Carrot, ...]
    sticks: bool
    cheapest: tuple[tuple[Carrot, ...], ...]
    bound: Fraction | None
    sets: int
    undecided: int = 0
    stopped: Stopped | KeyboardInterrupt | None = None

    @property
    def price(self) -> Fraction | None:
        """What the cheapest set costs."""
        return None if not self.cheapest else price(self.cheapest[0])

    @property
    def proved(self) -> bool:
        """Whether it is known for certain what is cheapest, or that no set does."""
        return not self.undecided and (self.bound is None or self.bound == self.price)


def price(carrots: Sequence[Carrot]) -> Fraction:
    """Return what some carrots cost together."""
    return sum((carrot.price for carrot in carrots), Fraction(0))


@dataclass(frozen=True)
class Choice:
    """A target or package, and the carrots to choose from.

    Parameters
    ----------
    situation
        The case under its plan.
    state
        The package; None for the plan's target.
    carrots
        The carrots.
    budget
        How many sets may be tried.
    tick
        Told what is being done; may stop it.
    """

    situation: Situation
    state: int | None
    carrots: tuple[Carrot, ...]
    budget: int = BUDGET
    tick: Tick = field(default=silent, repr=False)

    def sticks(self, chosen: Sequence[Carrot]) -> bool:
        """Return whether it sticks with these carrots and no others.

        Raises
        ------
        Undecided
            If that would take looking at too many states.
        """
        try:
            situation, state = with_carrots(self.situation, self.state, self.carrots, chosen)
            return judged(situation, state, self.tick).sticks
        except Undecided:
            raise
        except UsageError:
            return False


def with_carrots(
    situation: Situation, state: int | None, carrots: Sequence[Carrot], chosen: Sequence[Carrot]
) -> tuple[Situation, int | None]:
    """Return the case and the package with just these carrots: the others are held at base.

    What is added is offered and asked for; what is left out is struck, as by `--without`.

    Raises
    ------
    UsageError
        If that package cannot be, or cannot be reached.
    """
    gone = [carrot for carrot in carrots if carrot.offered and carrot not in chosen]
    fresh = {carrot.option: carrot.level for carrot in chosen if not carrot.offered}
    variant = leave_out(situation, [carrot.option for carrot in gone])
    if variant.plan is not None and fresh:
        terms = tuple(Term(take=text_of(situation, *each)) for each in fresh.items())
        update: dict[str, object] = {"offers": (*variant.plan.offers, *terms)}
        if state is None:
            update["target"] = (*variant.plan.target, *terms)
        variant = replace(variant, plan=variant.plan.model_copy(update=update))
    if state is None:
        return variant, None
    base = situation.case.base
    held = variant.conflict.frozen - situation.conflict.frozen
    package = situation.space.put(state, {option: base[option] for option in held} | fresh)
    if not is_open(variant.conflict, variant.start, package, variant.commitments):
        raise UsageError("this package cannot be reached")
    return variant, package


def offered(
    situation: Situation, state: int | None, prices: Mapping[OptionId, Fraction]
) -> tuple[Carrot, ...]:
    """Return the plan's offers, or those of them that stand in a package."""
    stand = situation.offers.items()
    return tuple(
        Carrot(option=option, level=level, price=prices.get(option, Fraction(1)), offered=True)
        for option, level in stand
        if state is None or situation.space.level(state, option) == level
    )


def addable(
    situation: Situation, found: TargetVerdict, prices: Mapping[OptionId, Fraction]
) -> tuple[Carrot, ...]:
    """Return what else could be given: levels of options that stand still and no plan speaks of.

    What is done without a deal anyway, or moves as the rest settles, is no carrot.
    """
    space, options = situation.space, situation.case.options
    spoken = {*situation.commitments, *situation.pressure, *situation.offers}
    spoken |= {*(situation.target or {}), *(o for act in situation.acts for o in act)}
    still = (*found.no_deal.states, *found.states)
    carrots = []
    for option in situation.terms:
        now = space.level(situation.start, option)
        if option in spoken or any(space.level(state, option) != now for state in still):
            continue
        for level in range(len(options[option].levels)):
            if level == now or options[option].only == ("up" if level < now else "down"):
                continue
            cost = prices.get(option, Fraction(1))
            carrots.append(Carrot(option=option, level=level, price=cost, offered=False))
    return tuple(carrots)


def cheapest(choice: Choice) -> Carrots:
    """Return the cheapest sets of carrots with which it sticks, proved by trying all cheaper ones.

    First an incumbent where the plan's own carrots do: they are left out one by one, dearest
    first, as long as it sticks.
    """
    work = _Work(choice)
    best: list[tuple[Carrot, ...]] = []
    bound: Fraction | None = Fraction(0)
    sticks = False
    try:
        for fewer in work.leave_one_by_one():
            best, sticks = fewer, True
        for chosen in by_price(choice.carrots):
            bound = price(chosen)
            if not work.left or (best and bound >= price(best[0])):
                break
            if work.sticks(chosen):
                best = [chosen]
        else:
            bound = None  # every set was tried
        if best and (bound is None or bound >= price(best[0])):
            bound = price(best[0])
            best += [each for each in work.of_price(bound) if each != best[0]]
    except (Stopped, KeyboardInterrupt) as stop:
        work.stopped = stop
    return Carrots(
        tried_with=choice.carrots,
        sticks=sticks,
        cheapest=tuple(best),
        bound=bound,
        sets=len(work.known),
        undecided=work.undecided,
        stopped=work.stopped,
    )


class _Work:
    """Sets judged one by one, each once, as many as may be."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.known: dict[frozenset[Carrot], bool] = {}
        self.undecided = 0
        self.stopped: Stopped | KeyboardInterrupt | None = None

    @property
    def left(self) -> int:
        return self.choice.budget - len(self.known)

    def sticks(self, chosen: Sequence[Carrot]) -> bool:
        key = frozenset(chosen)
        if key not in self.known:
            self.choice.tick(f"the cheapest carrots: {len(self.known)} sets tried")
            try:
                self.known[key] = self.choice.sticks(chosen)
            except Undecided:
                self.undecided += 1
                self.known[key] = False
        return self.known[key]

    def leave_one_by_one(self) -> Iterator[list[tuple[Carrot, ...]]]:
        """Yield the plan's own carrots if it sticks with them, then ever fewer of them.

        The dearest is left out first, if it sticks without, and so on.
        """
        kept = tuple(carrot for carrot in self.choice.carrots if carrot.offered)
        if not self.sticks(kept):
            return
        yield [kept]
        for carrot in sorted(kept, key=lambda each: -each.price):
            fewer = tuple(each for each in kept if each != carrot)
            if self.sticks(fewer):
                kept = fewer
                yield [kept]

    def of_price(self, least: Fraction) -> Iterator[tuple[Carrot, ...]]:
        """Yield every other set of this price with which it sticks, as far as the work goes."""
        for chosen in by_price(self.choice.carrots):
            if price(chosen) > least or not self.left:
                return
            if price(chosen) == least and self.sticks(chosen):
                yield chosen


def by_price(carrots: Sequence[Carrot]) -> Iterator[tuple[Carrot, ...]]:
    """Yield every set of carrots, the cheapest first, of the same price the smallest first.

    No set has two levels of one option.
    """
    ranked = sorted(carrots, key=lambda carrot: carrot.price)
    places = {carrot: place for place, carrot in enumerate(carrots)}
    heap: list[tuple[Fraction, int, tuple[int, ...]]] = [(Fraction(0), 0, ())]
    while heap:
        cost, size, chosen = heappop(heap)
        picked = [ranked[place] for place in chosen]
        if len({carrot.option for carrot in picked}) == size:
            yield tuple(sorted(picked, key=places.__getitem__))
        last = chosen[-1] if chosen else -1
        if last + 1 == len(ranked):
            continue
        following = ranked[last + 1]
        heappush(heap, (cost + following.price, size + 1, (*chosen, last + 1)))
        if chosen:
            swapped = (*chosen[:-1], last + 1)
            heappush(heap, (cost - ranked[last].price + following.price, size, swapped))
