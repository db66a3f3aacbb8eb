"""What users read: exact sentences of small cases, and what no sentence may ever show."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from servanda.analysis import Findings, Request, analyse
from servanda.casefile import builtin_cases, read_case, read_text
from servanda.conditions import OptionId
from servanda.evidence import Evidence
from servanda.grid import Grid
from servanda.model import Case, PartyId
from servanda.narrative import (
    Premises,
    Section,
    assumptions_section,
    blockers_section,
    claims_section,
    explain_state,
    five_lines,
    gather,
    names_section,
    no_deal_section,
    package_section,
    packages_section,
    premises_sections,
    refusals_section,
    target_section,
    threat_sections,
)
from servanda.narrative.phrases import changed, counted, listed, number, taken, term
from servanda.selfenforcement import grades

ANA, BEN = PartyId("ana"), PartyId("ben")
LABELS = ["Answer", "Who blocks", "By which move", "Why"]
CASES = [
    (name, plan)
    for name, path in builtin_cases().items()
    if name != "iraq-2006"  # of a size of its own: its tests are in files of its own
    for plan in (None, *read_case(path).plans)
    if plan is None or plan != read_case(path).default_plan
]
TALKS = """
servanda: 1
title: Talks
parties: {a: Alpha, b: Beta}
options:
  price: {joint: [a, b], levels: [none, low, high], does: price}
  date: {joint: [a, b], levels: [none, soon, late], does: date}
preferences:
  a: {points: {price = high: 60, date = soon: -20, date = late: 10, price = low: 20}}
  b: {points: {price = low: 50, price = high: 10, date = soon: 30..40}}
walk_away: {a: 25, b: 30}
"""
BLUFF = """
servanda: 1
title: A bluff
parties: {a: Alpha, b: Beta, c: Gamma, d: Delta}
options:
  talk: {by: a, does: announces a strike}
  strike: {by: a, does: strike, levels: [none, some, all]}
  pay: {by: b, does: sum paid, levels: [none, half, full], values: [0, 50, 100], unit: money}
  vote: {by: c, does: votes for it}
  vote_too: {by: d, does: votes for it too}
  peace: {joint: [a, b], does: peace, when: pay = full}
preferences:
  a:
    - pay = full
    - not (strike = all and vote)
    - talk and pay = none implies strike = all
    - strike = none
  b: {position: {pay: {at: none, salience: 1}}, points: {"strike = none": 70}}
  c: [vote, [pay >= half, vote_too]]
  d: [vote_too iff not vote]
signatories: {required: [a, b], at_least: 2, of: [c, d]}
plans:
  strike:
    title: Pay or strike
    threats: [{by: a, announce: talk, act: [strike = all], if: pay = none, to: [b]}]
    target: [pay = full, peace]
  half:
    title: Half of each
    target: [pay = half, "strike = some"]
default_plan: strike
"""


TANGLE = """
servanda: 1
title: A tangle
parties: {a: Alpha, b: Beta, c: Gamma, d: Delta, p: Payer}
options:
  talk: {by: a, does: announces a strike, only: up}
  strike: {by: a, does: strikes}
  c_swerves: {by: c, does: swerves}
  d_swerves: {by: d, does: swerves}
  yields: {by: b, does: yields}
  pays: {by: p, does: pays}
preferences:
  a: {points: {d_swerves: 10, strike: 5, yields: 40, "strike and yields": -50}}
  b: {points: {d_swerves: 10, strike: -5, yields: -4, pays: 6}}
  c: [d_swerves, d_swerves or c_swerves, not c_swerves]
  d: [c_swerves, d_swerves or c_swerves, not d_swerves]
  p: [not (pays and not yields), yields, not pays]
signatories: {required: [a, b], at_least: 2, of: [c, d]}
plans:
  one:
    title: Yield
    offers: [pays]
    threats: [{by: a, announce: talk, act: [strike], if: not yields}]
    target: [yields, pays]
default_plan: one
"""
BOTH = """
servanda: 1
title: Threat and offer
parties: {a: Alpha, b: Beta, p: Payer}
options:
  talk: {by: a, does: announces to leave, only: up}
  leave: {by: a, does: leaves}
  host: {by: a, does: hosts the talks}
  disarm: {by: b, does: disarms}
  jobs: {by: p, does: pays for jobs}
facts: {war: leave and not disarm}
preferences:
  a: [talk and not disarm implies leave, not leave, disarm, not host]
  b: {points: {not war: 10, not disarm: 12, jobs: 5}}
  p: [jobs implies disarm, disarm implies jobs, not war]
plans:
  both:
    title: Threat and offer
    commitments: [host]
    offers: [jobs]
    threats: [{by: a, announce: talk, act: [leave], if: not disarm, to: [b]}]
    target: [disarm, jobs, not leave]
default_plan: both
"""


@cache
def builtin(name: str) -> Case:
    return read_case(builtin_cases()[name])


@cache
def found(name: str, plan: str | None = None) -> Findings:
    return analyse(builtin(name), Request(plan=plan))


@cache
def told(text: str, plan: str | None = None) -> Findings:
    return analyse(read_text(text, "case.yaml"), Request(plan=plan))


def sections(findings: Findings, premises: Premises | None = None) -> Iterator[Section]:
    yield no_deal_section(findings)
    yield from threat_sections(findings)
    yield target_section(findings)
    yield packages_section(findings)
    yield refusals_section(findings)
    for package in findings.packages:
        yield package_section(findings, package)
    yield assumptions_section(findings.situation)
    if premises is not None:
        yield from premises_sections(findings.case, premises)


def texts(section: Section) -> Iterator[str]:
    """Yield every text of a section; all rows must fit their table."""
    yield section.title
    yield from section.paragraphs
    for table in section.tables:
        yield from table.columns
        for row in table.rows:
            assert len(table.columns) == len(row)
            yield from row
    for part in section.parts:
        yield from texts(part)


def everything(findings: Findings) -> list[str]:
    every = [line.text for line in five_lines(findings)]
    for section in sections(findings):
        every += texts(section)
    return every


def bare(text: str) -> str:
    """Return a text without what stands in quotes, brackets and parentheses."""
    text = re.sub(r'"[^"]*"', "", text)
    before = ""
    while before != text:
        before, text = text, re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", text)
    return text


def folded(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def answer(findings: Findings) -> str:
    """Return the short answer on one line."""
    return " ".join(f"{line.label}: {line.text}" for line in five_lines(findings))


# ------------------------------------------------------------------------ the five lines


def test_the_tutorial_is_answered_in_five_lines() -> None:
    expected = """
    Answer: 1 of 22 packages sticks. This one: Ana: no longer pumps at night; Ben: installs a
      meter; water price from none to low. All who must sign do at least as well as without a
      deal, and no single party would gain by leaving it.
    Who blocks: Nobody blocks it. Of the 21 that do not stick: Ben might not sign 18 and would
      leave 10 of them; Ana might not sign 13 and would leave 14 of them.
    By which move: No single party has a move that it would gain by. The nearest miss (Ana: no
      longer pumps at night; Ben: installs a meter) is blocked: Ben might not sign; at best
      without a deal: Ben: pumps at night.
    Why: Ana would gain by the wish "meter" [assumption]; Ben would gain 10 points over no deal,
      most by the wish "price = low" [assumption] (15 points).
    What it rests on: To Ben, "price = low" is worth 10 to 20 points, taken as 15; every wish in
      the case is an assumption.
    """
    assert folded(expected) == answer(found("two-neighbours"))


def test_a_target_that_sticks_says_what_it_rests_on() -> None:
    expected = """
    Answer: The target of "All three laws in one vote" sticks: all who must sign do at least as
      well as without a deal, and no single party would gain by leaving it. 1 of 8 packages sticks.
    Who blocks: Nobody blocks it. Of the 7 that do not stick: Kurdish bloc might not sign 3
      and would leave 3 of them; Sunni Arab bloc might not sign 3 and would leave 3 of them; Shia
      bloc might not sign 3 and would leave 3 of them.
    By which move: No single party has a move that it would gain by.
    Why: Kurdish bloc would gain by the wish "budget" [kurds_budget]; Sunni Arab bloc would gain
      by the wish "amnesty" [sunnis_amnesty]; Shia bloc would gain by the wish "provinces"
      [shia_provinces].
    What it rests on: It no longer sticks once this has run out (2009): 2008 budget with 17
      percent for the Kurdistan region; 3 changes must be made at once for nobody to be exposed
      on the way.
    """
    assert folded(expected) == answer(found("iraq-laws-2008"))


def test_a_target_that_fails_names_blockers_moves_reasons_and_the_nearest_deal() -> None:
    expected = """
    Answer: The target of "The amnesty alone" does not stick: some who must sign do worse than
      without a deal, and somebody would gain by leaving it, and nothing deters that. 1 of 8
      packages sticks.
    Who blocks: Kurdish bloc and Shia bloc would not sign and would leave.
    By which move: Kurdish bloc: leaves amnesty for most of the detainees (amnesty); nothing
      deters it. Shia bloc: leaves amnesty for most of the detainees (amnesty); nothing deters it.
    Why: By leaving Kurdish bloc would do better, because leaving meets the wish "not amnesty"
      [deadlock, and assumption] and staying does not. By leaving Shia bloc would do better,
      because leaving meets the wish "not amnesty" [deadlock, and assumption] and staying does not.
    What would help: The nearest package that sticks differs in 2 terms: 2008 budget with 17
      percent for the Kurdistan region; powers for the provinces, with elections by 1 October.
    """
    findings = found("iraq-laws-2008", "amnesty-alone")
    assert folded(expected) == answer(findings)
    assert ["bad", "bad", "plain", "plain", "plain"] == [line.tone for line in five_lines(findings)]


def test_where_nothing_sticks_the_near_miss_is_not_the_conflict_itself() -> None:
    first, who, *_ = five_lines(found("chicken"))
    assert "Nothing sticks: none of the 4 packages sticks." in first.text
    assert "The nearest miss: First driver: swerves; Second driver: swerves;" in first.text
    assert "First driver and Second driver might not sign and might leave." == who.text


def test_a_guard_is_named_with_its_answer() -> None:
    move = five_lines(found("prisoners-dilemma"))[2].text
    assert (
        "First prisoner would gain by this, but would be deterred: First prisoner: no longer stays "
        "silent (first_silent); answered by Second prisoner: no longer stays silent. "
        "Deterred likewise: Second prisoner."
    ) == move


def test_work_stopped_early_says_so() -> None:
    whole = found("two-neighbours")
    part = replace(whole, stopped="time limit")
    assert "The work was stopped early (time limit)" in five_lines(part)[0].text
    nothing = Findings(situation=whole.situation, stopped="time limit")
    assert "There is no answer yet (time limit)." == five_lines(nothing)[0].text
    assert "Not known: time limit." in no_deal_section(nothing).paragraphs
    aimed = found("iraq-laws-2008")
    half = Findings(situation=aimed.situation, target=aimed.target, stopped="time limit")
    assert "sticks. The work stopped before the rest was known" in five_lines(half)[0].text
    empty = Findings(situation=whole.situation, counts={"packages": 0, "sticking": 0})
    assert "There is no package" in five_lines(empty)[0].text


def test_pure_talks_speak_of_walking_away() -> None:
    findings = told(TALKS)
    assert "Alpha would gain 5 points over no deal" in five_lines(findings)[3].text
    assert ("Beta", "30") in no_deal_section(findings).tables[0].rows
    refused = next(package for package in findings.packages if not package.sticks)
    assert "Alpha would walk away" in " ".join(texts(blockers_section(findings, refused)))


# ------------------------------------------------------------------------ what never shows


@pytest.mark.parametrize(("name", "plan"), CASES)
def test_the_short_answer_is_always_five_lines_of_whole_sentences(
    name: str, plan: str | None
) -> None:
    lines = five_lines(found(name, plan))
    assert LABELS == [line.label for line in lines[:4]]
    assert lines[4].label in {"What would help", "What it rests on"}
    for line in lines:
        assert line.text.endswith(".")
        assert ".." not in line.text
        assert "  " not in line.text
        assert line.text[0].isupper() or line.text[0].isdigit()


@pytest.mark.parametrize(("name", "plan"), CASES)
def test_every_party_that_blocks_is_named(name: str, plan: str | None) -> None:
    findings = found(name, plan)
    who = five_lines(findings)[1].text
    if findings.target is not None:
        assert all(findings.case.name(blocker.party) in who for blocker in findings.blockers)
    for package in findings.packages:
        section = " ".join(texts(blockers_section(findings, package)))
        for blocker in package.grades.values():
            assert blocker.grade.sticks or findings.case.name(blocker.party) in section


@pytest.mark.parametrize(("name", "plan"), CASES)
def test_ids_stand_in_quotes_brackets_or_parentheses_only(name: str, plan: str | None) -> None:
    findings = found(name, plan)
    assert [] == [text for text in everything(findings) if re.search(r"\w_\w", bare(text))]


@pytest.mark.parametrize(("name", "plan"), CASES)
def test_no_payoff_and_no_state_number_is_shown(name: str, plan: str | None) -> None:
    findings = found(name, plan)
    case = findings.case
    own = " ".join([case.title, *(option.does for option in case.options.values())])
    own += " ".join(f"{option.until} {option.due}" for option in case.options.values())
    own += " ".join(plan.title for plan in case.plans.values())
    own += " ".join(claim.text for claim in case.claims.values())
    counts = (*findings.counts.values(), *findings.refuse.values(), *findings.leave.values())
    others = findings.counts["packages"] - findings.counts["sticking"]
    statements = sum(len(group) for party in case.parties for group in case.statements(party))
    allowed = {f"{number:,}" for number in (*counts, others, statements)}
    for text in everything(findings):
        for shown in re.findall(r"\d[\d,]*(?:\.\d+)?", bare(text)):
            plain = shown.rstrip(",")
            small = float(plain.replace(",", "")) < 32
            assert small or plain in allowed or plain in own, text


@pytest.mark.parametrize(("name", "plan"), CASES)
def test_texts_are_plain(name: str, plan: str | None) -> None:
    for text in everything(found(name, plan)):
        assert not re.search(r"\x1b|\[/|<\w|\bTrue\b|\bFalse\b|\w\(", text), text


# ------------------------------------------------------------------------ sections


def test_a_lapse_says_who_reopens_by_which_move() -> None:
    findings = found("iraq-laws-2008")
    assert findings.target_package is not None
    section = " ".join(texts(package_section(findings, findings.target_package)))
    assert "Before anything runs out, it sticks." in section
    assert (
        "Kurdish bloc would reopen it (Kurdish bloc: leaves amnesty for most of the detainees, "
        "leaves powers for the provinces, with elections by 1 October)."
    ) in section


def test_a_bluff_is_told_as_one() -> None:
    (threat,) = threat_sections(told(BLUFF))
    said = " ".join(threat.paragraphs)
    assert "The threat is a bluff: Alpha would rather not, because of the wish" in said
    assert "it is cheap talk." in said
    assert ("Beta", "yes", "hurts", 'the wish "strike = none" [assumption] (70 points)') in (
        threat.tables[0].rows
    )


def test_a_doubtful_threat_says_what_pulls_both_ways() -> None:
    (threat,) = threat_sections(told(TANGLE))
    said = " ".join(threat.paragraphs)
    assert (
        'It is doubtful; this pulls both ways: the wish "d_swerves" [assumption] (10 points).'
    ) in said
    assert "It would make no difference to Payer; it would help or hurt, as play goes, Beta" in said
    assert "Alpha would act so in any case. It is a forecast, not a threat." in said


def test_every_way_the_rest_may_settle_is_told() -> None:
    section = target_section(told(TANGLE))
    assert (
        "Once these terms hold, the rest settles in one of 2 ways; every one must pass."
    ) in section.paragraphs
    assert {"It settles: Delta: swerves.", "It settles: Gamma: swerves."} <= set(section.paragraphs)
    said = " ".join(texts(section))
    assert "Of the 2 needed among Gamma or Delta, 1 would surely sign." in said
    assert "Delta would gamble by signing" in said


def test_a_plan_that_needs_threat_and_offer_says_that_both_count() -> None:
    findings = told(BOTH)
    assert (
        "Beta would gain by this, but would be deterred: Beta: no longer disarms (disarm); "
        "answered by Alpha: leaves, then Payer: no longer pays for jobs. This guard is gone once "
        "the plan's pressure is dropped. Deterred likewise: Alpha."
    ) == five_lines(findings)[2].text
    assert (
        "What deters Beta is gone once the plan's pressure is dropped; it would not stick without "
        "this: Payer: pays for jobs; Alpha: announces to leave; 2 changes must be made at once "
        "for nobody to be exposed on the way."
    ) == five_lines(findings)[4].text
    assert (
        "Alpha, who makes commitments, would do better than before any plan, "
        'because of the wish "disarm" [assumption].'
    ) in target_section(findings).paragraphs
    said = list(texts(premises_sections(findings.case, gather(findings.situation))[0]))
    assert (
        "The target sticks with the whole plan and fails with its threats alone, its offers alone "
        "or neither threats nor offers: both count."
    ) in said
    assert 'Beta: "jobs" (b.3) [assumption].' in said
    assert (
        'Alpha: "not leave" [assumption] above "talk and not disarm implies leave" [assumption]: '
        "the target then fails with the whole plan."
    ) in said


def test_what_is_left_out_is_named() -> None:
    case = read_text(BOTH, "case.yaml")
    offers, talk = (analyse(case, Request(without=(word,))) for word in ("offers", "talk"))
    assert 'The target of "Threat and offer" without its offers' in five_lines(offers)[0].text
    assert 'without "announces to leave" does not stick' in five_lines(talk)[0].text


def test_a_conclusion_that_does_not_follow_is_said_not_to() -> None:
    findings = told(TANGLE)
    said = " ".join(texts(premises_sections(findings.case, gather(findings.situation))[0]))
    assert "The target does not stick in any variant." in said
    assert (
        "That the target sticks with the whole plan and with nothing less follows from no single "
        "change: the text does not give what it needs."
    ) in said


def test_levels_are_told_by_their_names() -> None:
    findings = told(BLUFF, "half")
    moves = five_lines(findings)[2].text
    assert "Alpha: strike (strike) from some to none; nothing deters it." in moves
    assert "Beta: sum paid (pay) from half to none; nothing deters it." in moves
    assert "There is no deal near it to turn to" in " ".join(texts(target_section(findings)))


def test_points_in_a_range_are_said_to_be_uncertain() -> None:
    said = assumptions_section(found("two-neighbours").situation).paragraphs
    assert 'To Ben, "price = low" is worth 10 to 20 points, taken as 15.' in said


def test_premises_are_read_aloud() -> None:
    findings = found("iraq-laws-2008")
    premises = gather(findings.situation)
    assert {"threats and offers": "sticks"} == dict(premises.verdicts)
    (section,) = premises_sections(findings.case, premises)
    said = list(texts(section))
    assert (
        "15 single changes tried: each statement dropped, each two neighbours swapped, each "
        in (" ".join(said))
    )
    assert (
        'Kurdish bloc without "budget" [kurds_budget]: the target then fails with the whole plan.'
    ) in said
    assert ("None of the 6 assumptions is needed: it stands on what is cited alone.") in said


def test_without_a_target_there_is_nothing_to_turn() -> None:
    findings = found("two-neighbours")
    premises = gather(findings.situation)
    (section,) = premises_sections(findings.case, premises)
    assert ("There is no target to judge.",) == section.paragraphs


def test_claims_come_with_their_citations() -> None:
    table = claims_section(Evidence(builtin("iraq-2006"))).tables[0]
    rows = {row[0]: row for row in table.rows}
    assert "s001a, lines 141–147" == rows["c001a.9"][4]
    none = claims_section(Evidence(builtin("two-neighbours")))
    assert ("The case cites no claims.",) == none.paragraphs


def test_names_in_wishes_are_explained() -> None:
    options, facts = names_section(builtin("two-neighbours")).tables
    assert ("price", "Ana and Ben", "water price (none, low, high)") in options.rows
    assert ("dry", "ana_pump and ben_pump", "[assumption]") in facts.rows


def test_a_state_is_explained_party_by_party_and_sense_by_sense() -> None:
    findings = found("elmira")
    situation, space = findings.situation, findings.situation.space
    levels = {option: int(option in {"modify", "accept"}) for option in space.options}
    state = space.index(levels)
    graded = grades(Grid(situation.conflict), situation, state)
    section = explain_state(situation.conflict, state, graded)
    rows = {row[0]: row[1:] for row in section.tables[0].rows}
    assert ("no", "no", "yes", "yes") == rows["Local government"][:4]
    assert (
        "SEQ: Local government: insists on the original order; no answer deters it"
        in (rows["Local government"][4])
    )
    nothing = space.index(dict.fromkeys(space.options, 0))
    none = explain_state(situation.conflict, nothing, None)
    assert ('This cannot be: never "not exactly 1 of (delay, accept, abandon)".',) == (
        none.paragraphs
    )


# ------------------------------------------------------------------------ phrases


def test_states_and_moves_are_told_owner_by_owner() -> None:
    space = found("two-neighbours").situation.space
    start = space.index(space.case.base)
    meter, price = OptionId("meter"), OptionId("price")
    other = space.put(start, {OptionId("ben_pump"): 0, meter: 1, price: 2})
    assert "Ana: pumps at night; Ben: pumps at night" == taken(space, start)
    assert "Ana: pumps at night; Ben: installs a meter; water price = high" == taken(space, other)
    assert (
        "Ben: no longer pumps at night, installs a meter; water price from none to high"
    ) == changed(space, start, other)
    assert "no option is taken" == taken(space, space.put(start, dict.fromkeys(space.options, 0)))
    assert "nothing changes" == changed(space, start, start)


def test_a_partner_alone_leaves_and_all_together_change() -> None:
    space = found("two-neighbours").situation.space
    price = OptionId("price")
    low = space.put(space.index(space.case.base), {price: 1})
    none = space.put(low, {price: 0})
    assert "Ana: leaves water price, which falls to none" == changed(space, low, none, (ANA,))
    assert "water price from low to none" == changed(space, low, none, (ANA, BEN))


def test_what_is_not_done_is_told_with_its_owner() -> None:
    case = builtin("two-neighbours")
    assert "not: Ana pumps at night" == term(case, OptionId("ana_pump"), 0)
    assert "water price = low" == term(case, OptionId("price"), 1)


def test_small_words() -> None:
    assert "Ana" == listed(["Ana"])
    assert "Ana, Ben or Cem" == listed(["Ana", "Ben", "Cem"], "or")
    assert ("1 term", "2,000 terms") == (counted(1, "term"), counted(2000, "term"))
    assert ("0", "0.08", "12.5") == tuple(
        map(number, (Fraction(0), Fraction(1, 12), Fraction(25, 2)))
    )
