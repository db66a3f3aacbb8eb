"""A quote is verified, or it is not, and then it is told why."""

from __future__ import annotations

import pytest

from servanda.documents import Document, document
from servanda.passages import Passages
from servanda.quotation import Found, Verdict, check, difference

WELL = """\
The well is dry. Ana and Ben pumped 32,000 litres of wa-
ter at night, or 70% of what was there – twice last year’s
take. It is unlikely that the well refills. Ben does not
pump by day; Ana will not, she says, pump less.

A meter would help: no longer would either guess. The self-
evident answer is a well-kept meter, non-binding at first, of
-5 to +5 litres. “Nobody would cheat,” Ana claims. Ben’s view?
He will
never sign, as no-
body else signs."""


def found(quote: str, lines: tuple[int, int] | None = None, text: str = WELL) -> Found:
    return check(Passages(document(text)), quote, lines)


@pytest.mark.parametrize(
    "quote",
    [
        "The well is dry",
        "The well is dry.",
        "pumped 32,000 litres",
        "70% of what was there",
        "well-kept meter",
        "“Nobody would cheat,” Ana claims",
        "-5 to +5 litres",
        "last year’s",
    ],
)
def test_a_quote_as_it_stands_is_exact(quote: str) -> None:
    assert Found(
        verdict=Verdict.EXACT, spans=found(quote).spans, lines=found(quote).lines
    ) == found(quote)


@pytest.mark.parametrize(
    "quote",
    [
        "litres of water at night",  # the hyphen breaks the line
        "litres of wa-ter at night",
        "litres of wa- ter at night",  # as pasted, the line end a blank
        "last year's take",  # another apostrophe
        '"Nobody would cheat", Ana claims',  # other quotation marks
        "The self-evident answer",  # a hyphen of its own at the end of a line
        "The selfevident answer",
        "well kept meter",  # a hyphen for a blank
        "−5 to +5 litres",  # another minus sign
        "at  night,\nor 70%",
        "what was there - twice",
    ],
)
def test_a_quote_with_other_blanks_hyphens_and_quotation_marks_is_normalised(quote: str) -> None:
    assert Verdict.NORMALISED is found(quote).verdict


@pytest.mark.parametrize(
    "quote",
    [
        "likely that the well",  # unlikely
        "evident answer",  # self-evident, cut where the line breaks
        "water at nigh",
        "year",  # year's
        "ell is dry",
        "the well is dry",  # another word begins with a small letter
        "000 litres",
        "pumped 32",
        "70 of what was there",
        "7% of what was there",
        "5 to +5 litres",  # the minus sign is cut off
        "-5 to 5 litres",
        "-5 to -5 litres",
        "32.000 litres",
        "32000 litres",
        "does pump by day",
        "Ben’ s view",
        "Bens view",
        "wellkept meter",
        "kept meter",  # well-kept
        "binding at first",  # non-binding
    ],
)
def test_a_word_a_number_or_a_sign_that_differs_alters_a_quote(quote: str) -> None:
    assert not found(quote).verdict.verified


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("pump by day", 'the source has "not" right before it'),
        ("Ben does", 'the source has "not" right after it'),
        ("would either guess", 'the source has "no longer" right before it'),
        ("would cheat", 'the source has "Nobody" right before it'),
        ("He will", 'the source has "never" right after it'),
        ("else signs", 'the source has "nobody" right before it'),
    ],
)
def test_a_negation_cut_off_at_an_edge_alters_a_quote(quote: str, said: str) -> None:
    assert (Verdict.ALTERED, said) == (found(quote).verdict, found(quote).note)


def test_a_contracted_negation_counts_as_one() -> None:
    text = "Ben doesn't sign, and can’t pump."
    assert 'the source has "doesn\'t" right before it' == found("sign", text=text).note
    assert Verdict.ALTERED is found("pump", text=text).verdict
    assert Verdict.EXACT is found("Ben doesn't sign", text=text).verdict


@pytest.mark.parametrize(
    "text", ["Not only Ana but Ben signs.", "No, Ana signs.", "Not. Ana signs."]
)
def test_what_does_not_deny_the_quote_is_no_negation(text: str) -> None:
    quote = "Ana but Ben" if "only" in text else "Ana signs"
    assert found(quote, text=text).verdict.verified
    assert found("Ana changes", text="Ana changes not only Ben.").verdict.verified


def test_a_quote_that_stands_twice_is_ambiguous_unless_its_lines_tell() -> None:
    twice = "the well\nis dry\nand the well\nis deep"
    assert Verdict.AMBIGUOUS is found("the well", text=twice).verdict
    note = "it stands in line 1; line 3: cite more words or fewer lines"
    assert note == found("the well", text=twice).note
    assert (3, 3) == found("the well", (3, 4), twice).lines
    once = "the well, the well and the well again, the well"
    note = "it stands 4 times in line 1 and elsewhere: cite more words"
    assert note == found("the well", text=once).note


def test_a_quote_and_its_denial_in_the_same_lines_are_ambiguous() -> None:
    text = "Ben will sign. Ben will not sign."
    assert Verdict.AMBIGUOUS is found("will", text=text).verdict
    assert Verdict.EXACT is found("Ben will sign", text=text).verdict


def test_a_quote_from_other_lines_is_missing_and_told_where_it_is() -> None:
    said = found("A meter would help", (1, 4))
    assert (Verdict.MISSING, "it stands in line 6") == (said.verdict, said.note)


def test_words_left_out_join_pieces_that_stand_in_order() -> None:
    said = found("Ana and Ben pumped … at night")
    assert (Verdict.JOINED, (1, 2), 2) == (said.verdict, said.lines, len(said.spans))
    assert Verdict.JOINED is found("The well ... [...] at night").verdict
    assert Verdict.MISSING is found("at night … Ana and Ben", (1, 2)).verdict
    far = "Ana signs." + " So it went on." * 50 + " Ben pumps."
    assert not found("Ana signs … Ben pumps", text=far).verdict.verified


def test_an_ellipsis_does_not_hide_a_negation_beside_it() -> None:
    assert Verdict.ALTERED is found("Ana will … pump less").verdict
    assert Verdict.ALTERED is found("Ben does … pump by day").verdict


def test_what_an_ellipsis_leaves_out_is_to_be_looked_at() -> None:
    text = "The state can't save Iran. Here is who can. They were not even heard."
    said = found("The state ... can", text=text)
    assert Verdict.JOINED is said.verdict
    assert said.note.startswith("a sentence ends in the words left out")
    assert 'the words left out have "not"' == found("They ... heard", text=text).note
    assert "" == found("They ... not even heard", text=text).note


def test_a_second_part_that_stands_earlier_is_told_by_its_own_lines() -> None:
    text = " mainder is for Ben\n\nHalf of it is lost. The re-\n\nbut not so"
    assert (3, 1) == found("is lost. The remainder is for Ben", text=text).lines


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("it was .5 of it", "5 of it"),
        ("twenty-five men", "five men"),
        ("32 000 men", "000 men"),
        ("5 – 10 men", "10 men"),
        ("10^6 men", "6 men"),
        ("it was 200€ then", "was 200 then"),
        ("some 70 \u066a of", "some 70"),
        ("a semi-official body", "official body"),
        ("of the U.S.S.R. then", "of the U.S."),
        ("a non–aligned bloc", "aligned bloc"),
        ("no one wants war", "wants war"),
        ("(not) ready", "ready"),
        ("some 32,\n000 men\n\n 15,\n500 women", "some 32,500 women"),
        ("Iran will\nnot sign it, and Syria will\nsign the deal", "Iran will sign the deal"),
        ("it was com-\npleted and so de-\nfeated", "it was comfeated"),
    ],
)
def test_what_belongs_to_a_word_or_number_is_not_cut_off(text: str, quote: str) -> None:
    assert not found(quote, text=text).verdict.verified


def test_an_ellipsis_of_the_source_is_no_word_left_out() -> None:
    assert Verdict.EXACT is found("who ... pumps", text="It is Ana who ... pumps.").verdict


COLUMNS = """\
half of the wa-
ter goes to Ana and
half of it is lost. The re-

second column: so Ben
pays for the meter, while
 mainder is for Ben to take
at his own pace"""


def test_two_parts_cut_at_the_ends_of_lines_join_as_columns_do() -> None:
    said = found("The remainder is for Ben", text=COLUMNS)
    assert (Verdict.JOINED, (3, 7)) == (said.verdict, said.lines)
    assert Verdict.JOINED is found("The re-mainder is for Ben to", text=COLUMNS).verdict
    assert not found("half of it is pays for", text=COLUMNS).verdict.verified


def test_a_column_is_not_cut_where_a_sentence_ends() -> None:
    text = "Ana signs the paper.\nNobody else does.\nBen tears it up"
    assert not found("Ana signs the paper Ben tears it up", text=text).verdict.verified


def test_one_word_alone_joins_only_within_lines_that_are_cited() -> None:
    text = "we shall see whether\n\nthe meter\n\nworks"
    assert not found("we shall see whether works", text=text).verdict.verified
    assert Verdict.JOINED is found("we shall see whether works", (1, 5), text).verdict


def test_a_reading_order_makes_one_text_of_shuffled_columns() -> None:
    shuffled = document("mainder is for Ben\n\nHalf of it is lost. The re-\nbut not so")
    read = Passages(shuffled.read([(3, 3), (1, 1)]))
    said = check(read, "The remainder is for Ben", (3, 1))
    assert (Verdict.JOINED, (3, 1)) == (said.verdict, said.lines)
    assert "has no line 4" in check(read, "but not so", (4, 4)).note
    assert "line 3 is read before line 1" == check(read, "The remainder", (1, 3)).note
    assert not check(read, "lost but not so").verdict.verified


def test_what_is_altered_is_told_word_by_word() -> None:
    assert 'it has "never" where the source has "not"' == found("Ben does never pump by day").note
    assert 'it leaves out "not"' == found("Ben does pump by day").note
    assert 'it adds "not"' == found("It is not unlikely that the well").note
    told = "it stands there, but within longer words or numbers, or with other signs"
    assert told == difference("same", "same")


def test_a_quote_like_nothing_in_the_source_is_missing() -> None:
    assert (Verdict.MISSING, "nothing like it stands there") == (
        found("elections were held in spring").verdict,
        found("elections were held in spring").note,
    )
    assert "the quote has no word" == found("“…”").note


def test_marks_belong_to_their_letters_and_unspaced_scripts_are_cut_anywhere() -> None:
    assert Verdict.EXACT is found("जल ही जीवन", text="जल ही जीवन है").verdict
    assert not found("जवन", text="जल ही जीवन है").verdict.verified
    assert found("井は涸", text="その井は涸れた。").verdict.verified
    assert Verdict.NORMALISED is found("find the naïve", text="ﬁnd the nai\u0308ve well").verdict


def test_signs_nobody_sees_are_left_out() -> None:
    text = "the wa\u00adter is\u200b deep, the agree\u00ad\nment holds"
    assert found("the water is deep", text=text).verdict.verified
    assert found("the agreement holds", text=text).verdict.verified


def test_an_empty_document_holds_nothing() -> None:
    assert Verdict.MISSING is check(Passages(document("")), "anything").verdict
    assert Verdict.MISSING is check(Passages(Document((), ())), "anything").verdict
