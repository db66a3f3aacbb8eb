"""Files are read as text, each with the line numbers it has, or it is told why they are not."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import md5, shake_256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.documents import Document
from servanda.passages import Passages
from servanda.quotation import Verdict, check
from servanda.readers import READERS, Unreadable, read_html, read_pdf, read_text

WELL = "The well is dry.\nAna’s meter – naïve, she says – is “late”.\nBen pumps."
NOISE = shake_256(b"the well").digest(4000)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\x3e\0\x01\0\0\0" + bytes(24)


def read(suffix: str, data: bytes, encoding: str = "") -> Document:
    """Return a document of which there is nothing to tell."""
    document, told = READERS[suffix](data, encoding)
    assert "" == told
    return document


def problem(suffix: str, data: bytes, encoding: str = "") -> str:
    """Return why a document cannot be read."""
    with pytest.raises(Unreadable) as caught:
        READERS[suffix](data, encoding)
    return str(caught.value)


def found(document: Document, quote: str) -> tuple[Verdict, tuple[int, int] | None]:
    """Return whether a document says something, and in which lines."""
    verdict = check(Passages(document), quote)
    return verdict.verdict, verdict.lines


def stands(document: Document, quote: str, first: int, last: int) -> bool:
    verdict, lines = found(document, quote)
    return verdict.verified and (first, last) == lines


# ------------------------------------------------------------------------------ encodings


@pytest.mark.parametrize(
    "data",
    [
        WELL.encode(),
        WELL.encode("utf-8-sig"),
        WELL.encode("utf-16"),
        b"\xff\xfe" + WELL.encode("utf-16-le"),
        b"\xfe\xff" + WELL.encode("utf-16-be"),
        b"\xff\xfe\0\0" + WELL.encode("utf-32-le"),
        b"\0\0\xfe\xff" + WELL.encode("utf-32-be"),
    ],
)
def test_a_text_that_tells_its_encoding_is_read_as_it_says(data: bytes) -> None:
    document = read(".txt", data)
    assert tuple(WELL.split("\n")) == document.lines
    assert (Verdict.EXACT, (2, 2)) == found(document, "Ana’s meter – naïve")


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("cp1252", "cp1252"),
        ("cp1252", "Windows-1252"),
        ("cp1252", "latin-1"),  # as most that is called so is written
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("mac-roman", "macintosh"),
    ],
)
def test_the_case_tells_the_encoding_of_a_text(encoding: str, said: str) -> None:
    assert tuple(WELL.split("\n")) == read(".txt", WELL.encode(encoding), said).lines
    page = WELL.replace("\n", "<br>\n").encode(encoding)
    assert tuple(WELL.split("\n")) == read(".html", page, said).lines


def test_other_alphabets_are_read_as_the_case_says() -> None:
    document = read(".txt", "Колодец пуст и глубок".encode("cp1251"), "cp1251")
    assert (Verdict.EXACT, (1, 1)) == found(document, "пуст и глубок")
    document = read(".txt", "その井は涸れた".encode("sjis"), "sjis")
    assert (Verdict.EXACT, (1, 1)) == found(document, "井は涸れた")


def test_a_text_of_unknown_encoding_is_read_as_windows_1252_and_that_is_told() -> None:
    document, told = read_text(WELL.encode("cp1252"))
    assert tuple(WELL.split("\n")) == document.lines
    assert (
        "is not UTF-8 (line 2) and does not tell its encoding: read as Windows-1252; "
        "if that is right, say so in the case: encoding: windows-1252"
    ) == told
    assert document == read(".txt", WELL.encode("cp1252"), "windows-1252")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_told_is_that_of_an_editor(end: str) -> None:
    data = f"one{end}two{end}{end}caf\u00e9".encode("cp1252")
    assert "is not UTF-8 (line 4) and" in read_text(data)[1]
    assert "is not utf-8, as the case says: see line 4" == problem(".txt", data, "utf-8")
    data = f"one{end}two{end}{end}\udc00".encode("utf-16-le", "surrogatepass")
    assert "is not utf-16-le, as the case says: see line 4" == problem(".txt", data, "utf-16-le")


def test_bytes_that_windows_1252_has_not_got_ask_for_another_encoding() -> None:
    told = read_text("Ana\n\u040f\u0452 is dry".encode("cp1251"))[1]
    assert (
        "is not UTF-8 (line 2) and does not tell its encoding: read as Windows-1252, which is "
        "wrong in line 2: say in the case what it is, for example encoding: windows-1251"
    ) == told


def test_a_broken_byte_does_not_make_another_encoding_of_utf_8() -> None:
    document, told = read_text("It is naïve.\nThe caf".encode() + b"\xc3\nAna signs")
    assert ("It is naïve.", "The caf\ufffd", "Ana signs") == document.lines
    assert "is not all UTF-8: see line 2" == told


def test_a_sign_that_was_lost_before_is_no_fault_of_the_encoding() -> None:
    assert ("The caf\ufffd",) == read(".txt", "The caf\ufffd".encode()).lines
    assert ("The caf\ufffd",) == read(".txt", "The caf\ufffd".encode("utf-8-sig")).lines


def test_a_mark_at_the_beginning_that_lies_is_told() -> None:
    assert "is not utf-16, as the file says: see line 1" == problem(".txt", b"\xff\xfea\0b")
    document, told = read_text(b"\xef\xbb\xbfThe caf\xe9")
    assert ("The café",) == document.lines
    assert told.startswith("is not UTF-8 (line 1), though it says so: read as Windows-1252; if")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "is not utf-8, as the case says: see line 2"),
        ("ascii", "is not ascii, as the case says: see line 2"),
        ("utf-16", "is not utf-16, as the case says: see line 3"),
        ("utf-9", 'is in an encoding unknown here, as the case says: "utf-9"'),
        ("hex", 'is in an encoding unknown here, as the case says: "hex"'),
        ("undefined", 'is in an encoding unknown here, as the case says: "undefined"'),
        ("cp1252\0", 'is in an encoding unknown here, as the case says: "cp1252\0"'),
        ("naïve \udc00", 'is in an encoding unknown here, as the case says: "naïve \udc00"'),
        ("idna", "is not idna, as the case says"),
    ],
)
def test_a_wrong_encoding_in_the_case_is_told(encoding: str, told: str) -> None:
    data = WELL.replace("\n", "\r\n").encode("cp1252") + b"!"
    assert problem(".txt", data, encoding).startswith((told, "is in an encoding unknown"))
    assert problem(".html", data, encoding).startswith((told, "is in an encoding unknown"))


def test_bytes_the_other_way_round_are_told() -> None:
    data = b"\xff\xfe" + WELL.encode("utf-16-le")
    told = "is not utf-16-be, as the case says: its bytes are the other way round"
    assert told == problem(".txt", data, "utf-16-be")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".markdown", ".html", ".htm"])
@pytest.mark.parametrize(
    "data", [PNG, ELF, NOISE, NOISE.replace(b"\0", b"\x01"), bytes(50), b"\x01\x02\x03"]
)
def test_what_is_no_text_is_told(suffix: str, data: bytes) -> None:
    assert problem(suffix, data).startswith("is not a text file")
    assert "is not a text file" == problem(suffix, data, "latin-1")


def test_utf_16_without_a_mark_is_told_what_to_write() -> None:
    told = "is not a text file; if it is UTF-16 without a mark, say so in the case: encoding: "
    assert told + "utf-16-le" == problem(".txt", b"W\0e\0l\0l\0")
    assert told + "utf-16-be" == problem(".txt", b"\0W\0e\0l\0l")


def test_a_few_control_signs_are_blanks() -> None:
    text = "Ana\x0csigns.\x1b[0m Ben\0pumps\x7f" + "The well is dry. " * 100
    document = read(".txt", text.encode())
    assert document.text.startswith("Ana signs. [0m Ben pumps The well")
    assert (Verdict.EXACT, (1, 1)) == found(document, "Ana signs")


def test_only_line_ends_end_lines() -> None:
    text = "one\ntwo\r\nthree\rfour\x0cstill\x0bfour\u2028four\u0085four\n\rseven"
    lines = ("one", "two", "three", "four still four\u2028four…four", "", "seven")
    assert lines == read(".txt", text.encode()).lines
    assert lines == read(".txt", text.encode("utf-16"), "utf-16").lines


@pytest.mark.parametrize("text", ["", "\n", " \r\n\t\n", "\ufeff", "\ufeff\n", "\u200b"])
def test_a_text_without_a_word_is_told(text: str) -> None:
    assert "has no text" == problem(".txt", text.encode())
    assert "has no text" == problem(".md", text.encode("utf-16"))
    assert "has no text" == problem(".html", text.encode())


def test_a_last_line_needs_no_line_end() -> None:
    assert ("Ana", "Ben") == read(".txt", b"Ana\nBen").lines
    assert ("Ana", "Ben", "") == read(".txt", b"Ana\nBen\n").lines


def test_a_line_may_be_very_long() -> None:
    text = "The meter is late. " * 40_000 + "Ana signs." + " Ben pumps at night." * 40_000
    assert (Verdict.EXACT, (1, 1)) == found(read(".txt", text.encode()), "late. Ana signs. Ben")
    page = f"<p>{text}</p>".encode()
    assert (Verdict.EXACT, (1, 1)) == found(read(".html", page), "late. Ana signs. Ben")


# ------------------------------------------------------------------------------ pages


def shown(page: str) -> tuple[str, ...]:
    return tuple(line.replace(" \u2029", " ") for line in read(".html", page.encode()).lines)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>It is un<b>like</b>ly", "It is unlikely"),
        ('w<a href="x">e</a>ll<wbr>ed-<span>up</span>', "welled-up"),
        ("<st1:place w:st=on>Iraq</st1:place>’s well", "Iraq’s well"),  # as Word writes
        ("wo<!-- cut -->rd wo<script>1</script>rd", "word word"),
        ("<p>Ana<p>Ben", "Ana Ben"),
        ("<div>Ana</div><div>Ben</div>", "Ana Ben"),
        ("Ana<br>Ben<BR/>signs<br />it", "Ana Ben signs it"),
        ("<table><tr><td>32<td>000</table>", "32 000"),
        ("<tr><td>Ana</td><td>Ben</td></tr><tr><td>pump</td></tr>", "Ana Ben pump"),
        ("<ul><li>Ana<li>Ben</ul>", "Ana Ben"),
        ("Ana<hr>Ben<img src=x>signs", "Ana Ben signs"),
        ("<select><option>Ana<option>Ben</select>", "Ana Ben"),
        ("<dl><dt>Ana<dd>pumps</dl><h2>Ben</h2>signs", "Ana pumps Ben signs"),
        ("<p>a &amp; b &lt; c &eacute; &#233; &#xE9; &nbsp;d", "a & b < c é é é d"),
        ("AT&T &copy 2006 &nosuch; & Ben&#0;", "AT&T © 2006 &nosuch; & Ben\ufffd"),
        ("don&#146;t, don&rsquo;t", "don’t, don’t"),
        ("wa&shy;ter wa&#8203;ter", "water water"),
        ("5 < 6 and 7 > 6, I <3 it", "5 < 6 and 7 > 6, I <3 it"),
        ("<a title=\"a > b\" href='c>d'>Ana</a> signs", "Ana signs"),
        ("<style>p > a {}</style><SCRIPT>if (a<b) '<p>no</p>'</SCRIPT>Ana", "Ana"),
        ("<template><p>no</p></template><noscript>no <b>no</b></noscript>Ana", "Ana"),
        ("<noscript><style>no</style>no</noscript>Ana", "Ana"),
        ("<template>no<style>no</template>no</style>no</template>Ana", "Ana"),
        ("<template><noscript>no</template>Ana</noscript>", "Ana"),
        ("</script></style>Ana", "Ana"),
        ("<iframe>no</iframe>Ana<script src=x />", "Ana"),
        ("Ana</p></b></div> <i><b>signs</i></b>", "Ana signs"),
        ("<b><i>Ana <u>signs", "Ana signs"),
        ("Ana <![if gte mso 9]>signs<![endif]> <![odd[x]]>it", "Ana signs it"),
        ("<!DOCTYPE html><?php no ?>Ana<!bogus>", "Ana"),
        ("<!--[if IE]>no<![endif]--><!--[if !IE]><!-->Ana<!--<![endif]-->", "Ana"),
        ("Ana <!-- no", "Ana"),
        ("Ana <a href='no", "Ana"),
        ("Ana <", "Ana <"),
        ("Ana &", "Ana &"),
        ("Ana <script>no", "Ana"),
        ("Ana <textarea>signs</textarea>it", "Ana signs it"),
    ],
)
def test_a_page_is_read_as_it_is_shown(page: str, text: str) -> None:
    assert (text,) == shown(page)


def test_the_title_of_a_page_is_not_part_of_it() -> None:
    page = "<head><title>The well is dry - Daily</title></head>\n<h1>The well is dry</h1>"
    assert ("", "The well is dry") == shown(page)


def test_what_only_a_style_or_an_attribute_hides_is_taken_as_shown() -> None:
    assert ("Ana signs",) == shown("<p hidden>Ana</p><p style='display: none'>signs</p>")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_lines_of_a_page_are_those_of_its_file(end: str) -> None:
    page = end.join(
        [
            "<!DOCTYPE html>",
            "<html><head><style>",
            "p { }",
            "</style></head><body>",
            '<p class="a',
            'b">The well is un<b',
            ">like</b>ly to refill, <!-- a comment",
            "of two lines -->and Ana does",
            "not&#10;pump &#x0A; at&NewLine;night&#100;.",
            "</p><p>Ben",
            "signs.</p>",
            "",
        ]
    )
    document = read(".html", page.encode())
    assert 12 == len(document.lines)
    assert ("The well is un", "likely to refill,", "and Ana does") == document.lines[5:8]
    assert ("not pump at nightd.", "Ben", "signs.", "") == document.lines[8:]
    assert stands(document, "to refill, and Ana does not pump", 7, 9)
    assert stands(document, "Ben signs", 10, 11)


def test_a_quote_over_the_lines_of_a_paragraph_is_verified() -> None:
    page = """\
<html>
<body><p>The agree&shy;ment,
<em>signed</em> by
Ana&nbsp;and   <a href="ben.html">Ben</a>, holds &mdash;
so <q>far</q>.</p></body>
"""
    document = read(".html", page.encode())
    assert stands(document, "The agreement, signed by Ana and Ben, holds — so far", 2, 5)
    assert not found(document, "The agreement, signed by Ana, holds")[0].verified


GUESS = "Windows-1252; if that is right, say so in the case: encoding: windows-1252"
META = '<meta charset="{}"><p>Ana’s café'


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=windows-1252>",
        "<META CHARSET='Windows-1252'/>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">',
        "<meta content='text/html;charset=windows-1252'\t http-equiv=content-type>",
        "<?xml version='1.0' encoding='windows-1252'?>",
        "<meta charset=iso-8859-1>",  # which means Windows-1252 in pages
        "<!-- <meta charset=utf-8> --><meta charset=latin1>",
    ],
)
def test_a_page_tells_its_encoding(head: str) -> None:
    page = f"<html><head>{head}</head>\n<body>Ana’s café"
    assert ("", "Ana’s café") == read(".html", page.encode("cp1252")).lines


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("gb2312", "gb18030", "井镕"),  # the second is not in GB 2312
        ("Shift_JIS", "cp932", "井①"),
        ("euc-kr", "cp949", "우물똠"),
        ("windows-874", "cp874", "บ่อน้ำ"),
        ("iso-2022-jp", "iso-2022-jp", "井戸"),
        ("koi8-r", "koi8-r", "колодец"),
    ],
)
def test_pages_in_other_alphabets_tell_their_encoding(
    declared: str, encoding: str, text: str
) -> None:
    page = f"<meta charset={declared}><p>{text}".encode(encoding)
    assert (text,) == read(".html", page).lines


@pytest.mark.parametrize(
    ("declared", "encoding", "told"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "utf-8-sig", ""),
        ("utf-8", "utf-16", ""),
        ("iso-8859-1", "utf-8-sig", ""),
        ("utf-16", "utf-8", ""),
        ("x", "utf-8", ""),
        ("iso-8859-1", "utf-8", "says that it is iso-8859-1, but is UTF-8, as which it is read"),
        (
            "utf-8",
            "cp1252",
            f"is not UTF-8 (line 1), though it says so: read as {GUESS}",
        ),
        (
            "x",
            "cp1252",
            f'is not UTF-8 (line 1) and says that it is "x", unknown here: read as {GUESS}',
        ),
    ],
)
def test_a_page_that_tells_a_wrong_encoding_is_read_all_the_same(
    declared: str, encoding: str, told: str
) -> None:
    document, problem = read_html(META.format(declared).encode(encoding))
    assert (("Ana’s café",), told) == (document.lines, problem)


def test_a_page_that_is_not_all_as_it_says_is_told_where() -> None:
    page = "<meta charset=shift_jis>\n井戸".encode("cp932") + b"\x81\n"
    document, told = read_html(page)
    assert ("", "井戸\ufffd", "") == document.lines
    assert "is not all shift_jis: see line 2" == told


def test_a_page_may_be_wrong_about_itself_and_damaged() -> None:
    page = META.format("latin1").encode() + b"\n\xff"
    told = "says that it is latin1, but is UTF-8, as which it is read; it is not all UTF-8: see "
    assert (("Ana’s café", "\ufffd"), told + "line 2") == (
        read_html(page)[0].lines,
        read_html(page)[1],
    )


ODD = ["<", ">", "</", "<!--", "-->", "<![", "]]>", "<?", "&", "&#", "\n", "\r", "<p>", "<b a='"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(ODD)))
def test_no_page_is_too_odd_to_be_read(pieces: Sequence[str]) -> None:
    page = "x" + "".join(pieces)
    lines = page.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert lines == len(shown(page))


@settings(deadline=None)
@given(st.binary(), st.sampled_from(["", "utf-8", "utf-16", "cp1252", "shift_jis"]))
def test_whatever_a_file_holds_it_is_read_or_told(data: bytes, encoding: str) -> None:
    for suffix in READERS:
        assert outcome(suffix, data, encoding)


def outcome(suffix: str, data: bytes, encoding: str) -> str:
    """Return the text of a document, or why it cannot be read."""
    try:
        return READERS[suffix](data, encoding)[0].text
    except Unreadable as error:
        return str(error)


# ------------------------------------------------------------------------------ PDF

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
NAME = b"0123456789abcdef"  # the /ID of a PDF that is locked


@dataclass(frozen=True)
class Lock:
    """The standard security of PDF 1.4 (3.5): RC4 with a key of 5 or 16 bytes."""

    user: bytes
    size: int = 5

    @property
    def strong(self) -> bool:
        return self.size > 5

    @property
    def owner(self) -> bytes:
        key = self.hashed(padded(b"owner"))
        return self.scrambled(key, padded(self.user))

    @property
    def key(self) -> bytes:
        return self.hashed(padded(self.user) + self.owner + b"\xfc\xff\xff\xff" + NAME)

    @property
    def entry(self) -> bytes:
        """The dictionary that tells how the file is locked."""
        checked = digest(PADDING + NAME) if self.strong else PADDING
        user = self.scrambled(self.key, checked).ljust(32, b"\0")
        version = b"/V 2 /R 3 /Length 128" if self.strong else b"/V 1 /R 2"
        keys = b"/O <%s> /U <%s>" % (self.owner.hex().encode(), user.hex().encode())
        return b"<< /Filter /Standard %s /P -4 %s >>" % (version, keys)

    def hashed(self, data: bytes) -> bytes:
        key = digest(data)
        for _ in range(50 if self.strong else 0):
            key = digest(key[: self.size])
        return key[: self.size]

    def scrambled(self, key: bytes, data: bytes) -> bytes:
        for turn in range(20 if self.strong else 1):
            data = rc4(bytes(byte ^ turn for byte in key), data)
        return data

    def locked(self, number: int, data: bytes) -> bytes:
        """Return what an object of the file holds, locked."""
        key = digest(self.key + number.to_bytes(3, "little") + b"\0\0")
        return rc4(key[: min(16, self.size + 5)], data)


def padded(password: bytes) -> bytes:
    return (password + PADDING)[:32]


def digest(data: bytes) -> bytes:
    return md5(data, usedforsecurity=False).digest()


def rc4(key: bytes, data: bytes) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i, j, done = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        done.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(done)


def pdf(*pages: Sequence[str], lock: Lock | None = None) -> bytes:
    """Return a PDF with some lines on each page; a page without lines holds a picture."""
    count = len(pages)
    kids = " ".join(f"{number} 0 R" for number in range(4, 4 + count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    box = "/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
    objects += [
        f"<< /Type /Page /Parent 2 0 R {box} /Contents {4 + count + page} 0 R >>".encode()
        for page in range(count)
    ]
    for page, lines in enumerate(pages):
        drawn = b" ".join(b"(%s) Tj T*" % escaped(line) for line in lines)
        content = b"BT /F1 12 Tf 14 TL 72 720 Td %s ET" % drawn
        if not lines:
            content = b"q 400 0 0 600 72 72 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
        content = lock.locked(4 + count + page, content) if lock else content
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    security = b""
    if lock:
        objects.append(lock.entry)
        name = NAME.hex().encode()
        security = b"/Encrypt %d 0 R /ID [<%s> <%s>]" % (len(objects), name, name)
    return filed(objects, security)


def escaped(line: str) -> bytes:
    for sign in "\\()":
        line = line.replace(sign, "\\" + sign)
    return line.encode("cp1252")


def filed(objects: Iterable[bytes], security: bytes) -> bytes:
    """Return a PDF of some objects, with the table that tells where each stands."""
    data, places = b"%PDF-1.4\n", []
    for number, entry in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, entry)
    size, start = len(places) + 1, len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % size
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (size, security)
    return data + b"startxref\n%d\n%%%%EOF\n" % start


REPORT = pdf(
    ["The well is dry. Ana and Ben pumped 32,000 litres of wa-", "ter at night."],
    ["It is unlikely (very) that it refills.", "", "A meter – Ben’s – is self-", "evident."],
    ["Nobody signs, as the next page be-"],
    ["gins with Ana."],
)


def test_the_lines_of_a_pdf_are_counted_through_all_pages() -> None:
    document = read(".pdf", REPORT)
    assert (
        "The well is dry. Ana and Ben pumped 32,000 litres of wa-",
        "ter at night.",
        "It is unlikely (very) that it refills.",
        "A meter – Ben’s – is self-",
        "evident.",
        "Nobody signs, as the next page be-",
        "gins with Ana.",
    ) == document.lines
    assert tuple(range(1, 8)) == document.numbers
    assert (1, 1, 2, 2, 2, 3, 4) == document.pages


@pytest.mark.parametrize(
    ("quote", "lines", "page"),
    [
        ("pumped 32,000 litres of water at night", (1, 2), 1),
        ("unlikely (very) that it refills", (3, 3), 2),
        ("A meter – Ben’s – is self-evident", (4, 5), 2),
        ("the next page begins with Ana", (6, 7), 3),
        ("gins with Ana", None, None),
    ],
)
def test_a_quote_from_a_pdf_is_verified_with_its_page(
    quote: str, lines: tuple[int, int] | None, page: int | None
) -> None:
    document = read(".pdf", REPORT)
    said = check(Passages(document), quote)
    if lines is None:
        assert not said.verdict.verified
    else:
        assert (True, lines) == (said.verdict.verified, said.lines)
        assert page == document.page_at(said.spans[0][0])


def test_a_pdf_may_have_something_before_it() -> None:
    assert read(".pdf", REPORT) == read(".pdf", b"\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n" + REPORT)


@pytest.mark.parametrize("size", [5, 16])
def test_a_pdf_that_asks_for_a_password_is_told(size: int) -> None:
    data = pdf(["The well is dry."], lock=Lock(b"secret", size))
    assert "is encrypted: save a copy without a password" == problem(".pdf", data)


@pytest.mark.parametrize("size", [5, 16])
def test_a_pdf_locked_for_changes_only_is_read(size: int) -> None:
    data = pdf(["The well is dry."], lock=Lock(b"", size))
    assert ("The well is dry.",) == read(".pdf", data).lines


def test_a_pdf_locked_in_an_unknown_way_is_told() -> None:
    data = pdf(["The well is dry."], lock=Lock(b"")).replace(b"/Standard", b"/Unheard0")
    assert "is encrypted: save a copy without a password" == problem(".pdf", data)


@pytest.mark.parametrize(
    "data", [b"", b"The well is dry.", b"<html>Please log in", NOISE, PNG, b"\0" * 2000]
)
def test_what_is_no_pdf_is_told(data: bytes) -> None:
    assert "is damaged, or no PDF" == problem(".pdf", data)


@pytest.mark.parametrize("data", [REPORT[:300], REPORT[:9], b"%PDF-1.7\n" + NOISE])
def test_a_damaged_pdf_is_told(data: bytes) -> None:
    assert problem(".pdf", data).startswith("is damaged (Failed to load document")


def test_a_pdf_without_its_last_line_is_read() -> None:
    assert read(".pdf", REPORT) == read(".pdf", REPORT[:-20])


def test_the_pages_that_can_be_read_of_a_damaged_pdf_are() -> None:
    document, told = read_pdf(REPORT.replace(b"/Kids [4 0 R 5 0 R", b"/Kids [4 0 R 1 0 R"))
    assert "is damaged: 1 of its 4 pages lack, such as page 2" == told
    assert stands(document, "litres of water at night", 1, 2)
    assert (Verdict.EXACT, 4) == (found(document, "with Ana")[0], document.pages[-1])


def test_a_pdf_of_which_no_page_can_be_read_is_told() -> None:
    data = pdf(["Ana signs."]).replace(b"/Kids [4 0 R", b"/Kids [1 0 R")
    assert "is damaged: none of its pages can be read" == problem(".pdf", data)


def test_a_pdf_without_text_is_told_to_be_a_scan() -> None:
    told = "has no text: it may be a scan; run text recognition on it first"
    assert told == problem(".pdf", pdf([], [], []))
    assert told == problem(".pdf", pdf([" "]))


def test_a_pdf_with_text_on_few_of_its_pages_is_told() -> None:
    document, told = read_pdf(pdf(["The well is dry."], [], []))
    assert "has no text on 2 of its 3 pages: they may be scans" == told
    assert (1, 2, 3) == document.pages
    assert ("The well is dry.", "", "") == document.lines
    assert 3 == len(read(".pdf", pdf(["The well"], [], ["is dry."])).lines)


# ------------------------------------------------------------------------------ Word


def saved(whole: docx.document.Document) -> bytes:
    data = BytesIO()
    whole.save(data)
    return data.getvalue()


def with_xml(*pieces: str) -> bytes:
    """Return a Word document of one paragraph, by the pieces that stand in its file."""
    whole = docx.Document()
    names = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    whole.element.body.insert(0, parse_xml(f"<w:p {names}>{''.join(pieces)}</w:p>"))
    return saved(whole)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_each_paragraph_of_a_word_document_is_a_line() -> None:
    whole = docx.Document()
    whole.add_heading("The well")
    paragraph = whole.add_paragraph("It is un")
    paragraph.add_run("like").bold = True
    paragraph.add_run("ly that\tthe well\nrefills.")
    whole.add_paragraph()
    table = whole.add_table(rows=2, cols=2)
    for number, text in enumerate(("Ana", "32", "Ben", "000")):
        table.cell(number // 2, number % 2).text = text
    whole.add_paragraph("Ana’s meter is late.")
    document = read(".docx", saved(whole))
    assert (
        *("The well", "It is unlikely that the well refills.", ""),
        *("Ana", "32", "Ben", "000", "Ana’s meter is late."),
    ) == document.lines
    assert (Verdict.EXACT, (2, 2)) == found(document, "unlikely that the well refills")
    assert (Verdict.NORMALISED, (7, 8)) == found(document, "000 Ana's meter")


def test_tracked_changes_are_taken_as_made() -> None:
    data = with_xml(
        run("Ana "),
        f'<w:ins w:id="1" w:author="a">{run("never ")}</w:ins>',
        '<w:del w:id="2" w:author="a"><w:r><w:delText>always </w:delText></w:r></w:del>',
        f'<w:moveFrom w:id="3" w:author="a">{run("now ")}</w:moveFrom>',
        f'<w:moveTo w:id="4" w:author="a">{run("signs")}</w:moveTo>',
    )
    assert ("Ana never signs",) == read(".docx", data).lines


def test_links_fields_and_content_controls_belong_to_their_paragraph() -> None:
    data = with_xml(
        '<w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr><!-- a comment -->',
        f'<w:hyperlink w:anchor="a">{run("Ana")}</w:hyperlink>',
        f'<w:fldSimple w:instr="PAGE">{run(" and ")}</w:fldSimple>',
        f"<w:sdt><w:sdtContent>{run('Ben')}</w:sdtContent></w:sdt>",
        f'<w:smartTag w:uri="u" w:element="e">{run(" sign")}</w:smartTag>',
        "<w:r><w:instrText>PAGE</w:instrText></w:r>",
        "<w:r><w:t>: co</w:t><w:noBreakHyphen/><w:t>operate</w:t><w:cr/><w:t>now</w:t></w:r>",
    )
    assert ("Ana and Ben sign: co-operate now",) == read(".docx", data).lines


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent><w:p>{run('Ben pumps')}</w:p></w:txbxContent>"
    data = with_xml(
        run("Ana signs"),
        "<w:r><mc:AlternateContent>",
        f'<mc:Choice Requires="w">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>',
        "</mc:AlternateContent></w:r>",
    )
    assert ("Ana signs", "Ben pumps") == read(".docx", data).lines


def test_footnotes_and_endnotes_come_after_the_text() -> None:
    whole = docx.Document()
    whole.add_paragraph("The well is dry.")
    for kind, text in (("endnotes", "So says Ben."), ("footnotes", "So says Ana.")):
        note = f"<w:footnote><w:p>{run(text)}</w:p></w:footnote>"
        blob = f"<w:{kind} {nsdecls('w')}>{note}</w:{kind}>"
        part = Part(PackURI(f"/word/{kind}.xml"), "application/xml", blob.encode())
        whole.part.relate_to(part, getattr(RELATIONSHIP_TYPE, kind.upper()))
    assert ("The well is dry.", "So says Ana.", "So says Ben.") == read(".docx", saved(whole)).lines


def test_a_word_document_without_text_is_told() -> None:
    assert "has no text" == problem(".docx", saved(docx.Document()))


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "BadZipFile"),
        (b"The well is dry.", "BadZipFile"),
        (b"PK\x03\x04" + NOISE, "BadZipFile"),
        (saved(docx.Document())[:5000], "BadZipFile"),
        (zipped([("well.txt", b"dry")]), "KeyError"),
        (zipped([("[Content_Types].xml", b"<not xml")]), ""),
    ],
)
def test_what_is_no_word_document_is_told(data: bytes, kind: str) -> None:
    assert problem(".docx", data).startswith(f"is damaged, or no Word document ({kind}")


def test_a_word_document_with_a_damaged_part_is_told() -> None:
    with ZipFile(BytesIO(saved(docx.Document()))) as file:
        files = [(name, file.read(name)) for name in file.namelist()]
    cut = [(n, data[: len(data) // (2 if n == "word/document.xml" else 1)]) for n, data in files]
    assert "is damaged, or no Word document (XMLSyntaxError)" == problem(".docx", zipped(cut))


def test_a_word_document_that_unpacks_to_too_much_is_not_unpacked() -> None:
    data = zipped((f"word/{number}.xml", bytes(2**24)) for number in range(17))
    assert len(data) < 2**20
    assert "is larger than 256 MiB when unpacked" == problem(".docx", data)


def test_an_older_or_encrypted_word_document_is_told() -> None:
    data = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
    told = "is encrypted, or of an older Word: save it as .docx without a password"
    assert told == problem(".docx", data)


# ------------------------------------------------------------------------------ extras


@pytest.mark.parametrize(
    ("suffix", "package", "extra"),
    [(".pdf", "pypdfium2", "pdf"), (".docx", "docx", "docx")],
)
def test_a_missing_extra_is_told_with_what_to_install(
    suffix: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = REPORT if extra == "pdf" else with_xml(run("Ana signs"))
    monkeypatch.setitem(sys.modules, package, None)
    told = f'needs an extra to be read: pip install "servanda[{extra}]"'
    assert told == problem(suffix, data)
    assert ("Ana signs",) == read(".txt", b"Ana signs").lines
