"""What would have to give: least concessions, blocking sets, and what each party could unblock."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from random_plans import random_planned
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.concessions import Measure
from servanda.errors import Stopped, UsageError
from servanda.grid import Grid
from servanda.model import Case, PartyId
from servanda.narrative.relaxation import relaxation_section
from servanda.narrative.section import Section
from servanda.nodeal import no_deal
from servanda.relaxation import Least, Relaxation, Waiver, what_must_give
from servanda.relaxation_search import RelaxedSearch
from servanda.searched import Searched
from servanda.settlements import Survey
from servanda.situation import lay
from servanda.stability import Concept
from servanda.threats import check_threats
from servanda.wire.relaxation import relaxation as wired
from slow import State
from slow_plans import SlowPlan
from slow_relaxation import SlowRelaxation

CONFLICTS = max(300, int(os.environ.get("SERVANDA_LAWS", "2000")) // 5)
CHUNKS = 10
SOLVED = 3  # every third conflict is asked of the solver as well
Record = Callable[[str, object], None]

DAM = """\
servanda: 1
title: A dam that one side wants
parties: {ana: Ana, ben: Ben, cho: Cho}
options:
  dam: {joint: [ana, ben, cho], leave: never}
status_quo: []
preferences:
  ana: [dam]
  ben: {points: {not dam: 3, dam: 1}}
  cho: [not dam or dam, not dam]
"""


def surveyed(case: Case) -> tuple[Survey, Searched]:
    """Return both engines on a case."""
    situation = lay(case)
    without = no_deal(situation, check_threats(situation))
    return Survey(Grid(situation.conflict), situation, without), Searched(situation, without)


def found(text: str) -> Relaxation:
    return what_must_give(surveyed(read_text(text, "dam.yaml"))[0])


def told(relaxation: Relaxation) -> list[tuple[str, str, int | None]]:
    return [(each.measure.value, each.status, each.value) for each in relaxation.to_stick]


def test_the_least_concession_counts_from_the_first_wish_lost() -> None:
    relaxation = found(DAM)
    expected = [("total", "optimal", 1_500_000), ("most", "optimal", 1_000_000)]
    assert [*expected, ("left_out", "optimal", 2)] == told(relaxation)
    ben, cho = relaxation.to_stick[0].concessions
    assert ("ben", Fraction(1), Fraction(2), None) == (ben.party, ben.share, ben.points, ben.place)
    assert ("cho", Fraction(1, 2), 2, 2) == (cho.party, cho.share, cho.place, cho.groups)
    assert ["not dam"] == [statement.wish for statement in cho.lost]


def test_a_blocking_set_has_nobody_needless_in_it() -> None:
    relaxation = found(DAM)
    assert relaxation.blocking is not None
    assert (("ben",), True) == (relaxation.blocking.parties, relaxation.blocking.proved)
    assert () == relaxation.keys  # neither alone is enough: Cho refuses as well


def test_one_party_that_alone_bars_the_way_is_the_key() -> None:
    relaxation = found(DAM.replace("cho: [not dam or dam, not dam]", "cho: [dam]"))
    assert ("ben",) == relaxation.keys
    waivers = {each.waiver: each.packages for each in relaxation.unblocked if each.party == "ben"}
    assert {Waiver.SIGNATURE: 1, Waiver.STAYING: 0, Waiver.BOTH: 1} == waivers


def test_where_a_package_sticks_nothing_has_to_give() -> None:
    relaxation = found(DAM.replace("not dam: 3", "not dam: 0").replace(", not dam]", ", dam]"))
    assert relaxation.sticks is not None
    assert [("total", "optimal", 0), ("most", "optimal", 0), ("left_out", "optimal", 0)] == told(
        relaxation
    )
    assert (None, ()) == (relaxation.blocking, relaxation.unblocked)


def test_where_nobody_gains_no_concession_helps() -> None:
    relaxation = found(DAM.replace("ana: [dam]", "ana: [not dam]"))
    assert {"infeasible"} == {each.status for each in (*relaxation.to_stick, *relaxation.to_sign)}
    assert relaxation.blocking is not None
    assert () == relaxation.blocking.members


def test_a_member_of_a_quota_that_concedes_least_fills_it() -> None:
    text = DAM.replace("cho: Cho}", "cho: Cho, dan: Dan}").replace("ana, ben, cho]", "ana, dan]")
    first = found(text + "signatories: {at_least: 1, of: [ben, cho]}\n").to_stick[0]
    assert (500_000, ["cho"]) == (first.value, [one.party for one in first.concessions])


def test_an_interrupted_search_says_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    _, searched = surveyed(read_text(DAM, "dam.yaml"))
    ask = RelaxedSearch.least

    def stops(search: RelaxedSearch, measure: Measure, below: int | None = None) -> object:
        if search.concept is Concept.SEQ:
            raise KeyboardInterrupt
        return ask(search, measure, below)

    monkeypatch.setattr(RelaxedSearch, "least", stops)
    relaxation = what_must_give(searched)
    assert "interrupted" == relaxation.stopped
    first, *others = relaxation.to_stick
    assert ("feasible", 1_500_000, None) == (first.status, first.value, first.bound)
    assert {"unknown"} == {each.status for each in others}
    assert relaxation.blocking is not None
    assert (("ben",), True) == (relaxation.blocking.parties, relaxation.blocking.proved)
    assert relaxation.proved


def test_firm_packages_are_told_of_where_guarded_ones_are_not_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    survey, searched = surveyed(read_text(DAM, "dam.yaml"))
    ask = RelaxedSearch.sticking

    def open_ended(
        search: RelaxedSearch, free: Sequence[PartyId], gone: Sequence[PartyId]
    ) -> object:
        return (None, None, "unknown") if search.concept is Concept.SEQ else ask(search, free, gone)

    monkeypatch.setattr(RelaxedSearch, "sticking", open_ended)
    firm, every = what_must_give(searched), what_must_give(survey)
    assert (True, False) == (firm.firm_only, firm.proved)
    assert firm.blocking == every.blocking  # whoever leaves the dam is answered by nobody
    assert [each.value for each in every.to_stick] == [each.value for each in firm.to_stick]


def test_a_time_limit_that_comes_at_once_leaves_everything_open() -> None:
    _, searched = surveyed(read_text(DAM, "dam.yaml"))

    def late(_: str) -> None:
        raise Stopped("the time limit was reached")

    searched.tick = late
    relaxation = what_must_give(searched)
    assert "the time limit was reached" == relaxation.stopped
    assert {"unknown"} == {each.status for each in relaxation.to_stick}
    assert not relaxation.proved
    assert relaxation.blocking is not None
    assert not relaxation.blocking.proved
    assert {(None, False)} == {(each.state, each.proved) for each in relaxation.unblocked}


@pytest.mark.parametrize("name", ["garrison", "elmira", "iraq-laws-2008", "two-neighbours"])
def test_both_engines_say_the_same_of_built_in_cases(name: str) -> None:
    survey, searched = surveyed(read_case(builtin_cases()[name]))
    agree(what_must_give(survey), what_must_give(searched))


def agree(grid: Relaxation, solver: Relaxation) -> None:
    assert (grid.sticks is None) == (solver.sticks is None)
    for ones, twos in ((grid.to_stick, solver.to_stick), (grid.to_sign, solver.to_sign)):
        for one, two in zip(ones, twos, strict=True):
            assert (one.status, one.value, one.bound) == (two.status, two.value, two.bound)
    if grid.blocking is not None:
        assert solver.blocking is not None
        assert grid.blocking.parties == solver.blocking.parties
        assert solver.blocking.proved
    for a, b in zip(grid.unblocked, solver.unblocked, strict=True):
        assert (a.party, a.waiver, a.state is None) == (b.party, b.waiver, b.state is None)
        assert b.proved


class Checked:
    """One random conflict, as the program and as the slow reference have it."""

    def __init__(self, case: Case) -> None:
        self.survey, self.searched = surveyed(case)
        self.slow = SlowRelaxation(SlowPlan(case))

    def state(self, index: int | None) -> State:
        assert index is not None
        levels = self.survey.situation.space.levels(index)
        return tuple(levels[name] for name in self.slow.plan.slow.names)

    def concessions(self, relaxation: Relaxation) -> None:
        for stays, ones in ((True, relaxation.to_stick), (False, relaxation.to_sign)):
            cheapest = self.slow.cheapest(stays=stays)
            if cheapest is None:
                assert {"infeasible"} == {each.status for each in ones}
                continue
            for place, (each, value) in enumerate(zip(ones, cheapest, strict=True)):
                assert ("optimal", value) == (each.status, each.value)
                state = self.state(each.state)
                assert value == self.slow.costs(state)[place]
                for one in each.concessions:
                    assert self.slow.share(one.party, state) == one.share

    def blocking(self, relaxation: Relaxation) -> int:
        if self.slow.sticking((), ()):
            assert relaxation.blocking is None
            return 0
        assert relaxation.blocking is not None
        parties = relaxation.blocking.parties
        assert self.slow.blocks(parties)
        for party in parties:
            assert not self.slow.blocks([other for other in parties if other != party])
        for party, state in relaxation.blocking.members:
            others = {*self.slow.plan.parties} - {*parties} | {party}
            assert self.state(state) in self.slow.sticking(others, others)
        return len(parties)

    def unblocked(self, relaxation: Relaxation) -> int:
        found = 0
        for each in relaxation.unblocked:
            free = () if each.waiver is Waiver.STAYING else (each.party,)
            gone = () if each.waiver is Waiver.SIGNATURE else (each.party,)
            states = self.slow.sticking(free, gone)
            assert len(states) == each.packages
            if states:
                assert self.state(each.state) in states
                found += 1
        return found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_must_give_is_what_trying_everything_finds(
    chunk: int, record_property: Record
) -> None:
    tried = blocking = unblocked = 0
    for seed in range(chunk, CONFLICTS, CHUNKS):
        case = random_planned(random.Random(seed))  # noqa: S311 - no secret depends on it
        try:
            checked = Checked(case)
        except UsageError:
            continue  # the plan cannot start, or its threats cannot be done
        grid = what_must_give(checked.survey)
        checked.concessions(grid)
        blocking += checked.blocking(grid)
        unblocked += checked.unblocked(grid)
        if seed // CHUNKS % SOLVED == 0:
            agree(grid, what_must_give(checked.searched))
        tried += 1
    record_property("conflicts for relaxations", tried)
    record_property("members of blocking sets", blocking)
    record_property("ways to unblock", unblocked)
    assert tried
    assert blocking
    assert unblocked


# --------------------------------------------------------------------------- as text and data


def read(section: Section) -> str:
    """Return all paragraphs and cells of a section."""
    cells = [cell for table in section.tables for row in table.rows for cell in row]
    return "\n".join((section.title, *section.paragraphs, *cells, *map(read, section.parts)))


def test_the_text_names_who_concedes_what_and_who_blocks() -> None:
    text = read(relaxation_section(found(DAM)))
    assert 'Ben: 2 points short, because of the wish "not dam" [assumption] (3 points) (1)' in text
    assert 'Cho: the wish "not dam" [assumption], no. 2 of 2 (0.5)' in text
    assert "Ben excludes every package, whatever the others put up with." in text
    assert "But for Ben, this could stand: dam. Ben would not sign, because of the wish" in text
    assert "No party alone could make a package stick by giving way." in text


def test_the_text_tells_what_one_party_alone_could_unblock() -> None:
    section = relaxation_section(found(DAM.replace("not dam or dam, not dam", "dam")))
    assert ("Ben", "1", "none", "1") == section.parts[2].tables[0].rows[0]
    assert "Nothing would, if any of the 2 other parties gave way alone." in read(section)
    assert ("Ben signed whatever it is", "dam") == section.parts[2].parts[0].tables[0].rows[0]


def test_the_text_says_when_nothing_has_to_give_and_when_nothing_helps() -> None:
    text = read(
        relaxation_section(
            found(DAM.replace("not dam: 3", "not dam: 0").replace(", not dam]", ", dam]"))
        )
    )
    assert "A package sticks as things are" in text
    text = read(relaxation_section(found(DAM.replace("ana: [dam]", "ana: [not dam]"))))
    assert "However much those who sign conceded, nothing would stick" in text
    assert "No party blocks: even if all accepted and stayed" in text


def test_several_blockers_are_told_one_by_one() -> None:
    text = read(
        relaxation_section(what_must_give(surveyed(read_case(builtin_cases()["elmira"]))[0]))
    )
    assert "Uniroyal Chemical and Local government together exclude every package" in text
    assert "But for Local government, this could stand: things stay as they are" in text
    assert "would leave it (Local government: insists on the original order)" in text
    assert "Merely to be signed, whoever may leave it afterwards" in text
    assert "With a ranking it counts as a share" in text


def test_a_package_that_is_signed_at_no_cost_but_left_is_told() -> None:
    relaxation = found("""\
servanda: 1
title: Goods that cannot be sent back
parties: {ana: Ana, ben: Ben}
options: {ana_pays: {by: ana}, ben_sends: {by: ben, only: up}}
status_quo: []
preferences:
  ana: [ben_sends, not ana_pays]
  ben: [ana_pays, not ben_sends]
""")
    text = read(relaxation_section(relaxation))
    told = "needs no concession at all, but it would be left: Ana: ana_pays; Ben: ben_sends."
    assert f"To be signed, a package {told}" in text


def test_the_text_says_what_is_not_proved() -> None:
    _, searched = surveyed(read_text(DAM, "dam.yaml"))

    def late(_: str) -> None:
        raise Stopped("the time limit was reached")

    searched.tick = late
    relaxation = what_must_give(searched)
    text = read(relaxation_section(relaxation))
    assert relaxation.firm_only
    assert "No package that sticks was found; that there is none is not proved." in text
    assert "What follows is about firm packages only" in text
    assert "Not every answer is final: the time limit was reached." in text
    assert "That fewer parties than Ana, Ben and Cho exclude every package was not proved." in text
    assert "not known" in text
    least = Least(measure=Measure.TOTAL, status="feasible", state=1, value=9, bound=250_000)
    relaxation = replace(
        found(DAM), to_stick=(least, replace(least, measure=Measure.LEFT_OUT, bound=1))
    )
    text = read(relaxation_section(relaxation))
    assert "nobody concedes (not proved least; at least 0.25)" in text
    assert "nobody concedes (not proved least; at least 1 party)" in text


def test_relaxations_are_plain_data() -> None:
    data = json.loads(json.dumps(wired(found(DAM))))
    assert (1.5, 1.0, 2) == tuple(data["to_stick"][measure.value]["value"] for measure in Measure)
    assert {"ben": 2.0, "cho": None} == {
        party: one["points"] for party, one in data["to_stick"]["total"]["concessions"].items()
    }
    assert (["ben"], True) == (data["blocking"]["parties"], data["blocking"]["proved"])
    assert {"dam": "yes"} == data["blocking"]["but_for"]["ben"]["changes"]
    assert 0 == data["unblocked"]["ben"]["both"]["packages"]
    assert (None, "grid", None) == (data["sticks"], data["engine"], data["stopped"])
    sticks = wired(found(DAM.replace("not dam: 3", "not dam: 0").replace(", not dam]", ", dam]")))
    assert (None, {}) == (sticks["blocking"], sticks["unblocked"])
