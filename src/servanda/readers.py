"""Files read as text: plain text, Markdown and HTML always, PDF and Word where extras allow."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from io import BytesIO
from typing import Any, Final
from zipfile import ZipFile

from servanda.documents import Document, document, plain

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDER: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "tis-620": "cp874",
    "windows-874": "cp874",
}
"""What pages say, and the wider encoding they mean by it (WHATWG, Encoding Standard, 4.2)."""

_LINE_END = re.compile(r"\r\n?|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_MOST_CONTROL: Final = 0.01  # share of control signs from which a file is no text
_LOST: Final = "\ufffd"  # what Python puts for bytes that it cannot read
_PARTED: Final = "\u2029"  # the end of a paragraph, where blocks meet in one line
_LARGEST: Final = 256 * 2**20  # bytes of a Word document when unpacked


class Unreadable(Exception):
    """A file that cannot be read as a document; its text says why, and what to do."""


def _with_text(found: Document) -> Document:
    """Return a document that has text."""
    if not found.text.strip():
        raise Unreadable("has no text")
    return found


# ------------------------------------------------------------------------------ encodings


def decoded(data: bytes, encoding: str = "", declared: str = "") -> tuple[str, str]:
    """Return the text of some bytes, and what to tell where its encoding is a guess.

    Parameters
    ----------
    data
        The bytes.
    encoding
        What the case says of it; believed before all else.
    declared
        What the text says of itself; not believed where it is plainly UTF-8.

    Raises
    ------
    Unreadable
        If it is no text, or not in the encoding that the case or its first bytes tell.
    """
    mark = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if encoding or mark:
        text, told = _as(data, encoding or mark, "the case" if encoding else "the file"), ""
    elif data.startswith(codecs.BOM_UTF8):
        text, told = _guessed(data.removeprefix(codecs.BOM_UTF8), "utf-8")
    else:
        text, told = _guessed(data, declared)
    if len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        order = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
        hint = f"; if it is UTF-16 without a mark, say so in the case: encoding: {order}"
        raise Unreadable("is not a text file" + (hint if "\0" in text and not encoding else ""))
    return seen(text), told


def seen(text: str) -> str:
    r"""Return a text without control signs, sign for sign.

    Most become blanks.  Those from 80 to 9F are never meant: where they stand, the quotation
    marks and dashes of Windows-1252 are, as in pages that call themselves ISO-8859-1.

    >>> seen("the\fwell\x92s")
    'the well’s'
    """
    return text.translate(_SEEN)


_SEEN: Final = {
    **dict.fromkeys((*range(9), *range(11, 13), *range(14, 32), 127), " "),
    **{code: bytes([code]).decode("cp1252", errors="ignore") or " " for code in range(128, 160)},
}


def _as(data: bytes, encoding: str, by: str) -> str:
    """Return a text in the encoding that somebody says."""
    told = f"is not {encoding}, as {by} says"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("latin-1").replace("\0", "")
        raise Unreadable(f"{told}: see line {_line(before)}") from None
    except (LookupError, ValueError):
        raise Unreadable(f'is in an encoding unknown here, as {by} says: "{encoding}"') from None
    if text.startswith("\ufffe"):
        raise Unreadable(f"{told}: its bytes are the other way round")
    return text


def _line(before: str) -> int:
    """Return the number of the line on which a text ends."""
    return len(_LINE_END.split(before))


def _guessed(data: bytes, declared: str) -> tuple[str, str]:
    """Return a text as UTF-8, or as it says of itself, or else as Windows-1252."""
    try:
        text, lost = data.decode(), 0
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
        lost = text.count(_LOST)
    more = len(_NOT_ASCII.findall(text)) - lost >= max(1, lost)  # so much UTF-8 is no accident
    said = _codec(declared)
    if said not in {"", "utf-8"}:
        if not more:
            text = data.decode(said, errors="replace")
            return text, _damage(text, declared)
        lie = f"says that it is {declared}, but is UTF-8, as which it is read"
        return text, f"{lie}; it {_damage(text, 'UTF-8')}" if lost else lie
    if more or not lost:
        return text, _damage(text, "UTF-8") if lost else ""
    why = f' and says that it is "{declared}", unknown here' if declared else ""
    why = ", though it says so" if said else why or " and does not tell its encoding"
    return _as_windows(data, f"is not UTF-8 (line {_lost_in(text)}){why}: read as Windows-1252")


def _as_windows(data: bytes, told: str) -> tuple[str, str]:
    """Return a text as Windows-1252, and what to write if that is right, or if it is wrong."""
    text = data.decode("cp1252", errors="replace")
    if _LOST in text:
        wrong = f"which is wrong in line {_lost_in(text)}: say in the case what it is"
        return text, f"{told}, {wrong}, for example encoding: windows-1251"
    return text, f"{told}; if that is right, say so in the case: encoding: windows-1252"


def _lost_in(text: str) -> int:
    """Return the first line in which bytes could not be read."""
    return _line(text[: text.index(_LOST)])


def _damage(text: str, encoding: str) -> str:
    """Return where bytes could not be read; empty if all could."""
    return f"is not all {encoding}: see line {_lost_in(text)}" if _LOST in text else ""


def _codec(declared: str) -> str:
    """Return Python's name of an encoding in which a text can say so; empty if there is none."""
    name = declared.lower()
    try:
        codec = codecs.lookup(_WIDER.get(name, name)).name
        return codec if b"a".decode(codec, errors="replace") == "a" else ""
    except (LookupError, ValueError):
        return ""


def read_text(data: bytes, encoding: str = "") -> tuple[Document, str]:
    """Return a plain text as a document, and what to tell about its encoding."""
    text, guess = decoded(data, encoding)
    return _with_text(document(text)), guess


# ------------------------------------------------------------------------------ pages

_SAID = re.compile(
    rb"<(?:meta|\?xml)\s[^>]{0,400}?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_WRITTEN_LINE_END = re.compile(
    r"&(?:#0*1[03](?![0-9])|#x0*[ad](?![0-9a-f])|NewLine);?", re.IGNORECASE
)


def read_html(data: bytes, encoding: str = "") -> tuple[Document, str]:
    """Return what a page shows as a document; its lines are those of the file.

    What only a style or a program hides is taken as shown.
    """
    said = _SAID.search(_COMMENT.sub(b"", data[:4096]))
    text, guess = decoded(data, encoding, said[1].decode("ascii") if said else "")
    text = _WRITTEN_LINE_END.sub(" ", _LINE_END.sub("\n", text))
    page = _Page()
    page.feed(text)
    page.drop_rest()
    lines = page.lines(text.count("\n") + 1)
    return _with_text(Document(lines, tuple(range(1, len(lines) + 1)))), guess


class _Page(HTMLParser):
    """Collects what a page shows, line by line of the file."""

    _HIDDEN: Final = frozenset(
        ("script", "style", "template", "noscript", "title", "iframe", "noframes", "noembed")
    )
    _PARTING: Final = frozenset(
        (
            *("address", "article", "aside", "blockquote", "body", "br", "button", "canvas"),
            *("caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt"),
            *("fieldset", "figcaption", "figure", "footer", "form", "frame", "h1", "h2", "h3"),
            *("h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "iframe", "img"),
            *("input", "legend", "li", "listing", "main", "menu", "nav", "object", "ol"),
            *("optgroup", "option", "p", "plaintext", "pre", "search", "section", "select"),
            *("summary", "svg", "table", "tbody", "td", "textarea", "tfoot", "th", "thead"),
            *("tr", "ul", "video", "xmp"),
        )
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._shown: dict[int, list[str]] = {}
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what hides text; part what stands in different blocks."""
        del attrs
        if tag in self._HIDDEN:
            self._within.append(tag)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of what hides text; part what stands in different blocks."""
        if tag in self._within:
            while self._within.pop() != tag:
                pass
        self._part(tag)

    def handle_data(self, data: str) -> None:
        """Keep shown text, each line of it with its number."""
        if self._within:
            return
        first = self.getpos()[0]
        for number, line in enumerate(data.split("\n"), start=first):
            self._shown.setdefault(number, []).append(line)

    def parse_html_declaration(self, i: int) -> int:
        """Step over ``<![...>`` as browsers do; Python's own way stops at some."""
        if self.rawdata.startswith("<![", i):
            return self.parse_bogus_comment(i)
        return super().parse_html_declaration(i)

    def _part(self, tag: str) -> None:
        if tag in self._PARTING:
            self._shown.setdefault(self.getpos()[0], []).append(_PARTED)

    def drop_rest(self) -> None:
        """End the page; a tag or a comment that does not end is not shown."""
        if self.rawdata.startswith("<") and len(self.rawdata) > 1:
            self.rawdata = ""
        self.close()

    def lines(self, count: int) -> tuple[str, ...]:
        """Return the lines of the page: nothing where a line of the file shows nothing."""
        shown = ("".join(self._shown.get(number, ())) for number in range(1, count + 1))
        return tuple(plain(_one_blank(line)) for line in shown)


def _one_blank(line: str) -> str:
    """Return a line with single blanks; where blocks meet inside it, one mark stays."""
    blocks = (" ".join(block.split()) for block in line.split(_PARTED))
    return f" {_PARTED}".join(block for block in blocks if block)


# ------------------------------------------------------------------------------ extras


def read_pdf(data: bytes, encoding: str = "") -> tuple[Document, str]:
    """Return the text of a PDF, its lines counted through all pages, and which pages lack."""
    del encoding
    if b"%PDF-" not in data[:1024]:
        raise Unreadable("is damaged, or no PDF")
    try:
        import pypdfium2
    except ImportError:
        raise Unreadable('needs an extra to be read: pip install "servanda[pdf]"') from None
    texts: list[str | None] = []
    try:
        with pypdfium2.PdfDocument(data) as pdf:
            for number in range(len(pdf)):
                try:
                    texts.append(pdf[number].get_textpage().get_text_range())
                except pypdfium2.PdfiumError:
                    texts.append(None)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY}:
            raise Unreadable("is encrypted: save a copy without a password") from None
        raise Unreadable(f"is damaged ({error})") from None
    told = _lacking(texts)
    pages = [_page_lines(text or "") for text in texts]
    numbers = tuple(number for number, lines in enumerate(pages, 1) for _ in lines)
    lines = tuple(line for lines in pages for line in lines)
    return Document(lines, tuple(range(1, len(lines) + 1)), numbers), told


def _lacking(texts: Sequence[str | None]) -> str:
    """Return what to tell of pages without text; some may be left blank on purpose."""
    lost = [number for number, text in enumerate(texts, start=1) if text is None]
    empty = sum(not (text or "").strip() for text in texts)
    if len(lost) == len(texts):
        raise Unreadable("is damaged: none of its pages can be read")
    if empty == len(texts):
        raise Unreadable("has no text: it may be a scan; run text recognition on it first")
    if lost:
        return f"is damaged: {len(lost)} of its {len(texts)} pages lack, such as page {lost[0]}"
    if 2 * empty > len(texts):
        return f"has no text on {empty} of its {len(texts)} pages: they may be scans"
    return ""


def _page_lines(text: str) -> list[str]:
    """Return the lines of a page.

    Where a hyphen ends a line, the reader of PDF puts U+FFFE (or U+0002) for both.
    """
    broken = re.sub(r"[\ufffe\x02](?:\r\n?|\n)?(?=.)", "-\n", text, flags=re.DOTALL)
    return _LINE_END.split(plain(seen(re.sub(r"[\ufffe\x02]", "-", broken))))


_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLANKS: Final = frozenset(("tab", "ptab", "br", "cr"))
_UNSHOWN: Final = frozenset(("p", "pPr", "del", "moveFrom", "Fallback", "rt"))
"""Parts of a paragraph that are not its text: other paragraphs, tab stops, what was struck out, a
copy for older programs, and how signs are spoken."""


def read_docx(data: bytes, encoding: str = "") -> tuple[Document, str]:
    """Return the text of a Word document: a line for each paragraph, also in tables.

    Tracked changes are taken as made.  Footnotes come after the text, and then endnotes.
    """
    del encoding
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # an OLE file
        raise Unreadable("is encrypted, or of an older Word: save it as .docx without a password")
    try:
        import docx
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import parse_xml
    except ImportError:
        raise Unreadable('needs an extra to be read: pip install "servanda[docx]"') from None
    try:
        size = sum(part.file_size for part in ZipFile(BytesIO(data)).infolist())
        if size <= _LARGEST:
            main = docx.Document(BytesIO(data)).part
            kinds = (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES)
            notes = [rel for kind in kinds for rel in main.rels.values() if rel.reltype == kind]
            parts = [main.element, *(parse_xml(rel.target_part.blob) for rel in notes)]
            texts = [text for part in parts for text in _paragraphs(part)]
    except Exception as error:  # noqa: BLE001  # it raises whatever its zip and XML readers raise
        raise Unreadable(f"is damaged, or no Word document ({type(error).__name__})") from None
    if size > _LARGEST:
        raise Unreadable(f"is larger than {_LARGEST // 2**20} MiB when unpacked")
    return _with_text(document(seen("\n".join(texts)))), ""


def _paragraphs(part: Any) -> Iterator[str]:
    """Yield the paragraphs in a part of a Word document, each as one line."""
    for paragraph in part.iter(f"{_WORD}p"):
        if not any(_name(above) == "Fallback" for above in paragraph.iterancestors()):
            yield re.sub(r"\s", " ", "".join(_pieces(paragraph)))


def _pieces(node: Any) -> Iterator[str]:
    for child in node:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _BLANKS:
            yield " "
        elif name == "noBreakHyphen":
            yield "-"
        elif name not in _UNSHOWN:
            yield from _pieces(child)


def _name(node: Any) -> str:
    """Return the name of a part in XML without its namespace; empty for a comment."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


READERS: Final[Mapping[str, Callable[[bytes, str], tuple[Document, str]]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".markdown": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
