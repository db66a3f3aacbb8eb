"""Whether a text holds a quote, the slow and obvious way: one regular expression a quote.

Nothing is squashed and nothing is indexed: each word of the quote is spelled out, with a hyphen
and a line end allowed between any two of its letters, and looked for in the text as it is.
"""

from __future__ import annotations

import re

APOSTROPHES = "'\u2019\u2018`\u00b4"
BROKEN = r"(?:[-\u2010]\s*\n\s*)?"
WORD = r"[^\W_]"
NEGATIONS = (
    "not never no cannot nor neither none nobody nothing hardly scarcely barely rarely seldom"
)
AFTER = "not never no hardly scarcely barely rarely seldom"


def places(text: str, quote: str) -> list[tuple[int, int]]:
    """Return where a quote without numbers stands in a text, from its first letter to its last."""
    tokens = re.findall(rf"{WORD}+|[^\w]+", quote.strip())
    while tokens and not re.match(WORD, tokens[0]):
        tokens.pop(0)
    while tokens and not re.match(WORD, tokens[-1]):
        tokens.pop()
    if not tokens:
        return []
    spelled = "".join(
        BROKEN.join(map(re.escape, token)) if re.match(WORD, token) else _between(token)
        for token in tokens
    )
    before = rf"(?<!{WORD})(?<!{WORD}[{APOSTROPHES}])(?<!{WORD}[-\u2010\u2013])"
    after = rf"(?!{WORD})(?![{APOSTROPHES}]{WORD})(?![-\u2010](?:\s*\n\s*)?{WORD})(?!\u2013{WORD})"
    found = re.finditer(rf"{before}(?={spelled}{after})", text)
    spans = []
    for each in found:
        if re.search(rf"{WORD}[-\u2010]\s*\n\s*$", text[max(0, each.start() - 20) : each.start()]):
            continue  # it begins in the midst of a word
        whole = re.compile(spelled).match(text, each.start())
        assert whole is not None
        spans.append(whole.span())
    return spans


def _between(token: str) -> str:
    """Return what may stand for what stands between two words of the quote."""
    if token in APOSTROPHES:
        return f"[{APOSTROPHES}]"
    return rf"(?![{APOSTROPHES}]{WORD})[\W_]+"


def negated(text: str, start: int, end: int) -> bool:
    """Return whether an English negation stands right before or right after a place in a text."""
    text, start, end = text[max(0, start - 60) : end + 60], min(start, 60), end - max(0, start - 60)
    broken = r"([^\W\d_])[-\u2010][ \t]*\n\s*([^\W\d_])"
    front, back = (re.sub(broken, r"\1\2", part) for part in (text[:start], text[end:]))
    text, start, end = f"{front}|{back}", len(front), len(front) + 1
    gap = r"[\s\"'“”‘’()\[\]]*"
    words = "|".join(NEGATIONS.split())
    before = rf"(?:\b(?:{words}|no\s+longer|no\s+one)|n[{APOSTROPHES}]t)(?:-|{gap}|\s*-\s*)$"
    if re.search(before, text[:start], re.IGNORECASE) and not re.search(
        r"\n\s*\n\s*$", text[:start]
    ):
        return True
    said = "|".join(AFTER.split())
    after = rf"^(?:-|{gap}`?(?:--)?)(?<![^\W])\b(?:{said})\b(?!{gap}(?:only|just|merely|simply)\b)"
    near = not re.match(r"\s*\n\s*\n", text[end:])
    return near and bool(re.search(after, text[end:], re.IGNORECASE))
