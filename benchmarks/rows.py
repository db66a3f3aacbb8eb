"""What is measured, and how one row is measured: each in a process of its own.

``rows.py list`` prints the names of the rows, ``rows.py row NAME`` measures one of them and
``rows.py copy MIB`` the copy bandwidth; each prints one line of JSON.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from servanda.acceptance import How
from servanda.analysis import analyse
from servanda.casefile import find_case, read_case
from servanda.conflict import Conflict, compile_case
from servanda.contributors import smallest_coalition
from servanda.documents import document
from servanda.grid import Grid
from servanda.model import Case, PartyId
from servanda.nodeal import NoDeal, no_deal
from servanda.passages import Passages
from servanda.quota import Contributor
from servanda.quotation import check
from servanda.situation import Situation, lay
from servanda.solver import Search
from servanda.stability import Concept
from servanda.stable_sets import stable_sets, unasked
from servanda.target import judge

ALL = tuple(Concept)
ROLE_PLAY = Path(__file__).parents[2] / "shared/cases/negotiation/deliberation_base.json"
GAINS: tuple[How, ...] = ("maximin", "nash")
WITHOUT_SEQ = (Concept.NASH, Concept.GMR, Concept.SMR)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing to measure.

    Parameters
    ----------
    prepare
        Makes the input of one run; not timed.
    work
        What is timed; returns the conflict whose payoffs it read, or what it found, where that is
        to be told.
    seconds, mebibytes
        The reach: what it should take at most; None where nothing is set.
    quick
        Whether it belongs to the short run.
    """

    prepare: Callable[[], Any]
    work: Callable[[Any], Conflict | str | None]
    seconds: float | None = None
    mebibytes: float | None = None
    quick: bool = False


# ------------------------------------------------------------------------ what is measured


def conflict_case(
    options: int, parties: int, *, infeasible: int = 0, one_way: bool = False, joint: bool = False
) -> Case:
    """Return a made-up conflict: ten ordered statements a party, over one to four options each.

    Parameters
    ----------
    options, parties
        How many; every party owns about as many options as any other.
    infeasible
        How many conditions on three options no state may satisfy.
    one_way
        Whether one option can only be taken, never undone.
    joint
        Whether the first two parties share the last option, which each can leave.
    """
    chance = random.Random(1)  # noqa: S311 - conflicts, not secrets
    owners = [f"p{number}" for number in range(parties)]
    told: dict[str, dict[str, Any]] = {
        f"o{number}": {"by": owners[number * parties // options]} for number in range(options)
    }
    names = list(told)
    if one_way:
        told["o3"]["only"] = "up"
    if joint:
        told[names[-1]] = {"joint": owners[:2]}

    def wish() -> str:
        chosen = chance.sample(names, chance.randint(1, 4))
        join = chance.choice((" and ", " or "))
        return join.join(f"not {name}" if chance.random() < 0.5 else name for name in chosen)

    return Case.model_validate(
        {
            "servanda": 1,
            "title": f"{options} options, {parties} parties",
            "parties": {owner: owner for owner in owners},
            "options": told,
            "never": [" and ".join(chance.sample(names, 3)) for _ in range(infeasible)],
            "preferences": {owner: [wish() for _ in range(10)] for owner in owners},
        }
    )


def stability(case: Case, concepts: tuple[Concept, ...]) -> Conflict:
    """Find where every party stays, from the case on."""
    conflict = compile_case(case)
    grid = Grid(conflict)
    for concept in concepts:
        for party in conflict.parties:
            grid.stable(party, concept)
    return conflict


def pairs(conflict: Conflict) -> None:
    """Find where any two parties can improve together."""
    grid = Grid(conflict)
    for pair in combinations(conflict.parties, 2):
        grid.group_improves(frozenset(pair))


def stability_row(
    options: int, parties: int, concepts: tuple[Concept, ...] = ALL, **more: Any
) -> Row:
    """Return a row that measures stability; `more` may set the reach and the conflict's rules."""
    rules = {key: more.pop(key) for key in ("infeasible", "one_way") if key in more}
    return Row(
        prepare=lambda: conflict_case(options, parties, **rules),
        work=lambda case: stability(case, concepts),
        **more,
    )


def pairs_row(parties: int, *, ruled: bool, quick: bool = False) -> Row:
    """Return a row that measures the group tests of all pairs at 16 options."""
    return Row(
        prepare=lambda: compile_case(conflict_case(16, parties, one_way=ruled, joint=ruled)),
        work=pairs,
        quick=quick,
    )


def quiet(work: Callable[[Any], object]) -> Callable[[Any], None]:
    """Return the work without what it finds."""

    def run(given: Any) -> None:
        work(given)

    return run


def solver_row(
    options: int,
    parties: int,
    concept: Concept,
    seconds: float | None = None,
    *,
    limit: float = 120,
) -> Row:
    """Return a row that measures how long the best acceptable package takes, with its proof.

    After `limit` seconds the search ends, and what it has found and proved by then is told.
    """

    def prepare() -> tuple[Situation, NoDeal]:
        situation = lay(conflict_case(options, parties))
        return situation, no_deal(situation)

    def work(given: tuple[Situation, NoDeal]) -> str:
        best = Search(*given, concept=concept, seconds=limit).best()
        worst = f"{best.standings[0] / Search.FULL:.0%}" if best.standings else "none"
        return f"{best.status}: {worst} of at most {best.bound / Search.FULL:.0%}"

    return Row(prepare=prepare, work=work, seconds=seconds)


def talks(
    title: str, issues: Mapping[str, int], scores: Sequence[Any], least: Sequence[int]
) -> Case:
    """Return pure talks over joint issues.

    Parameters
    ----------
    title
        What they are called.
    issues
        How many levels each issue has.
    scores
        For each party and issue what each level gives it, in points.
    least
        The points with fewer of which each party walks away.
    """
    names = [f"p{number}" for number in range(len(least))]
    return Case.model_validate(
        {
            "servanda": 1,
            "title": title,
            "parties": {name: name for name in names},
            "options": {
                issue: {"joint": names, "levels": [f"l{n}" for n in range(count)]}
                for issue, count in issues.items()
            },
            "preferences": {
                name: {
                    "points": {
                        f"{issue} = l{n}": points
                        for issue, each in zip(issues, given, strict=True)
                        for n, points in enumerate(each)
                    }
                }
                for name, given in zip(names, scores, strict=True)
            },
            "walk_away": dict(zip(names, least, strict=True)),
        }
    )


def package_case(parties: int, issues: int, seed: int) -> Case:
    """Return made-up talks: issues of two to five levels, and 100 points a party on them.

    What an issue gives a party rises or falls from level to level; each walks away with fewer
    points than a number between 30 and 55 drawn for it.
    """
    chance = random.Random(seed)  # noqa: S311 - talks, not secrets
    counts = {f"i{number}": chance.randint(2, 5) for number in range(issues)}
    scores = []
    for _ in range(parties):
        shares = [chance.random() for _ in counts]
        most = [round(100 * share / sum(shares)) for share in shares]
        each = zip(counts.values(), most, strict=True)
        rising = [[top * level // (count - 1) for level in range(count)] for count, top in each]
        scores.append([points[:: chance.choice((1, -1))] for points in rising])
    least = [chance.randint(30, 55) for _ in range(parties)]
    return talks(f"{issues} issues, {parties} parties", counts, scores, least)


def role_play() -> Case:
    """Return the scored role-play beside this checkout."""
    game = json.loads(ROLE_PLAY.read_text(encoding="utf-8"))
    issues = dict(zip(game["issues"], game["levels"], strict=True))
    parties = game["parties"]
    scores, least = [p["scores"] for p in parties], [p["minimum"] for p in parties]
    return talks("A scored role-play", issues, scores, least)


def best_row(case: Callable[[], Case], how: How, seconds: float) -> Row:
    """Return a row that measures how long the package with the greatest gain takes, proved."""

    def prepare() -> tuple[Situation, NoDeal]:
        situation = lay(case())
        return situation, no_deal(situation)

    def work(given: tuple[Situation, NoDeal]) -> str:
        best = Search(*given, seconds=120).best(how)
        return f"{best.status}: {number(best.gain)} of at most {number(best.most)}"

    return Row(prepare=prepare, work=work, seconds=seconds)


def number(gain: Fraction | None) -> str:
    """Return a gain in points, short."""
    return "none" if gain is None else f"{float(gain):,.6g}"


def counted_row(options: int, parties: int, seconds: float | None = None) -> Row:
    """Return a row that measures counts and shares of all Nash, GMR and SMR stable states."""
    return Row(
        prepare=lambda: lay(conflict_case(options, parties)),
        work=quiet(stable_sets),
        seconds=seconds,
    )


def firm_row(options: int, parties: int, seconds: float | None = None) -> Row:
    """Return a row that measures the count, and shares, of all firm and acceptable packages."""

    def prepare() -> tuple[Situation, NoDeal]:
        situation = lay(conflict_case(options, parties))
        return situation, no_deal(situation)

    def work(given: tuple[Situation, NoDeal]) -> None:
        situation, ends = given
        room = unasked(situation)
        found = stable_sets(situation, (Concept.NASH,), no_deal=ends, room=room)
        if found.refused:
            raise AssertionError(f"not counted: {found.refused}")

    return Row(prepare=prepare, work=work, seconds=seconds)


def contributors(number: int) -> list[Contributor]:
    """Return contributors with caps, costs and some vetoes, drawn by chance."""
    chance = random.Random(3)  # noqa: S311 - contributors, not secrets
    return [
        Contributor(
            id=PartyId(f"c{n}"),
            cap=chance.randint(0, 900),
            each=chance.randint(0, 9),
            joining=chance.randint(0, 50),
            veto=n % 67 == 0,
        )
        for n in range(number)
    ]


def megabyte() -> str:
    """Return a made-up text of a megabyte in lines of seven words, every ninth word broken."""
    chance = random.Random(1)  # noqa: S311 - a text, not a secret
    letters = "etaoinshrdlu"
    known = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(5_000)]
    lines, size = list[str](), 0
    while size < 2**20:
        words = chance.choices(known, k=7)
        if not len(lines) % 9 and len(words[-1]) > 4:
            words[-1] = f"{words[-1][:3]}-\n{words[-1][3:]}"
        lines.append(" ".join(words))
        size += len(lines[-1]) + 1
    return "\n".join(lines)


def quotes(*, true: bool) -> tuple[Passages, list[str]]:
    """Return a megabyte ready to be searched, and a thousand quotes from it of six words each.

    Quotes that are not `true` have one word changed.
    """
    chance = random.Random(2)  # noqa: S311 - quotes, not secrets
    text = megabyte()
    words = text.replace("-\n", "").split()
    found = []
    for _ in range(1_000):
        start = chance.randrange(len(words) - 6)
        quote = words[start : start + 6]
        if not true:
            quote[chance.randrange(1, 5)] = "changed"
        found.append(" ".join(quote))
    passages = Passages(document(text))
    passages.prepare()
    return passages, found


def check_all(given: tuple[Passages, list[str]]) -> None:
    """Look for every quote in the whole text."""
    passages, wanted = given
    for quote in wanted:
        check(passages, quote)


def flagship() -> Case:
    """Return the case every example shows."""
    return read_case(find_case("iraq-2006"))


ROWS: Mapping[str, Row] = {
    "Four concepts: 12 options, 3 parties": stability_row(12, 3, seconds=0.010, quick=True),
    "Four concepts: 16 options, 4 parties": stability_row(16, 4, quick=True),
    "Four concepts: 20 options, 3 parties": stability_row(20, 3, seconds=2, mebibytes=512),
    "Nash, GMR, SMR: 24 options, 5 parties": stability_row(24, 5, WITHOUT_SEQ, seconds=3),
    "Nash, GMR, SMR: the same, with rules": stability_row(
        24, 5, WITHOUT_SEQ, infeasible=3, one_way=True, seconds=15, mebibytes=3 * 1024
    ),
    "Payoffs alone: 24 options, 5 parties": Row(
        prepare=lambda: conflict_case(24, 5), work=compile_case
    ),
    "All pairs: 16 options, 4 parties": pairs_row(4, ruled=False, quick=True),
    "All pairs: 16 options, 5 parties": pairs_row(5, ruled=False, quick=True),
    "All pairs: 4 parties, with rules": pairs_row(4, ruled=True),
    "All pairs: 5 parties, with rules": pairs_row(5, ruled=True),
    "Best firm package: 40 options, 5 parties": solver_row(40, 5, Concept.NASH, 5),
    "Best firm package: 40 options, 20 parties": solver_row(40, 20, Concept.NASH, 5),
    "Best firm package: 60 options, 5 parties": solver_row(60, 5, Concept.NASH, 10),
    "Best firm package: 60 options, 20 parties": solver_row(60, 20, Concept.NASH, 10),
    "Best firm package: 100 options, 5 parties": solver_row(100, 5, Concept.NASH, 10),
    "Best firm package: 100 options, 20 parties": solver_row(100, 20, Concept.NASH, 10),
    "Best guarded package: 40 options, 5 parties": solver_row(40, 5, Concept.SEQ, 5),
    "Best guarded package: 40 options, 20 parties": solver_row(40, 20, Concept.SEQ, 10),
    "Best guarded package: 60 options, 5 parties": solver_row(60, 5, Concept.SEQ, 10),
    "Best guarded package: 60 options, 20 parties": solver_row(60, 20, Concept.SEQ, 10),
    "Best guarded package: 100 options, 5 parties": solver_row(100, 5, Concept.SEQ, 10),
    "Best guarded package: 100 options, 20 parties, in 30 s": solver_row(
        100, 20, Concept.SEQ, limit=30
    ),
    **{
        f"Best by {how}: 10 parties, 20 issues, no. {seed}": best_row(
            partial(package_case, 10, 20, seed), how, 5
        )
        for how in GAINS
        for seed in range(1, 6)
    },
    **{
        f"Best by {how}: the scored role-play": best_row(role_play, how, 1)
        for how in GAINS
        if ROLE_PLAY.exists()
    },
    "Stable states counted: 40 options, 5 parties": counted_row(40, 5, 5),
    "Stable states counted: 60 options, 20 parties": counted_row(60, 20, 5),
    "Stable states counted: 100 options, 5 parties": counted_row(100, 5, 5),
    "Stable states counted: 100 options, 20 parties": counted_row(100, 20, 5),
    "Firm and acceptable counted: 40 options, 5 parties": firm_row(40, 5, 5),
    "Firm and acceptable counted: 40 options, 20 parties": firm_row(40, 20, 5),
    "Firm and acceptable counted: 60 options, 5 parties": firm_row(60, 5, 5),
    "Firm and acceptable counted: 60 options, 20 parties": firm_row(60, 20, 5),
    "Firm and acceptable counted: 100 options, 5 parties": firm_row(100, 5, 5),
    "Quota: 200 contributors": Row(
        prepare=lambda: contributors(200),
        work=quiet(lambda given: smallest_coalition(given, 32_000)),
        seconds=1,
    ),
    "Evidence: the index of 1 MB of text": Row(
        prepare=megabyte, work=quiet(lambda text: Passages(document(text)).prepare()), seconds=0.5
    ),
    "Evidence: 1,000 true quotes in 1 MB": Row(
        prepare=lambda: quotes(true=True), work=check_all, seconds=1
    ),
    "Evidence: 1,000 false quotes in 1 MB": Row(
        prepare=lambda: quotes(true=False), work=check_all, seconds=1
    ),
    "iraq-2006: the whole analysis": Row(prepare=flagship, work=quiet(analyse)),
    "iraq-2006: the verdict on its target": Row(
        prepare=flagship, work=quiet(lambda case: judge(lay(case))), quick=True
    ),
}


# --------------------------------------------------------------------------- how it is


def peak() -> float:
    """Return the most memory this process has had so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def measure(row: Row) -> dict[str, Any]:
    """Return the seconds of several runs, the memory they took, and the bytes of the payoffs.

    Every run starts from a fresh input, so that nothing found before is used again.
    """
    imported = peak()
    seconds: list[float] = []
    read, told = 0, ""
    while len(seconds) < 3 or (sum(seconds) < 2 and len(seconds) < 25):
        given = row.prepare()
        gc.collect()
        start = time.perf_counter()
        found = row.work(given)
        seconds.append(time.perf_counter() - start)
        if isinstance(found, str):
            told = found
        elif found is not None:
            sizes = [payoff.lean.itemsize for payoff in found.payoffs.values()]
            read = sum(sizes) * found.space.size
        del given, found
    return {
        "seconds": seconds,
        "peak": peak(),
        "imported": imported,
        "payoffs": read,
        "found": told,
        "reach": {"seconds": row.seconds, "mebibytes": row.mebibytes},
    }


def copy_bandwidth(mebibytes: int) -> float:
    """Return how many bytes a second NumPy copies from one array into another, at best."""
    source = np.ones(mebibytes * 2**17)
    target = np.zeros_like(source)
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - start)
    return source.nbytes / best


def answer(question: str, about: str = "") -> object:
    """Return what one call of this program prints."""
    if question == "row":
        return measure(ROWS[about])
    if question == "copy":
        return copy_bandwidth(int(about))
    return {name: row.quick for name, row in ROWS.items()}


if __name__ == "__main__":
    print(json.dumps(answer(*sys.argv[1:])))
