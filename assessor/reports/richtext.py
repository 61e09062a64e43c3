"""What people write into a report: plain text with a few marks, read into blocks that every form of a report prints.

`**bold**`, `*italic*`, `[words](https://address)`, lines that begin with `- ` or `1. `, an empty line between
paragraphs. Everything else, angle brackets too, is text: no mark-up of a sender ever reaches a page.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from assessor.reports.shaped import Block, Run
from assessor.reports.text import clean_lines

MAX_SOURCE = 6000
MAX_BLOCKS = 60
MAX_ITEMS = 40
MAX_RUNS = 60
MAX_LINK = 500
SCHEMES = ("https", "http", "mailto")
_BULLET = re.compile(r"[-*•]\s+(.*)")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+(.*)")
# No nested quantifiers: the time to read a text grows with its length, whatever it holds.
_MARK = re.compile(
    r"\*\*(?P<bold>[^\s*](?:[^*]{0,2000}[^\s*])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*]{0,2000}[^\s*])?)\*(?![\w*])"
    r"|\[(?P<words>[^\[\]]{1,300})\]\((?P<link>[^()\s]{1,500})\)"
)


def blocks(source: str) -> tuple[Block, ...]:
    """Return the paragraphs and lists of a text; what is past the limits of a page is left out."""
    found: list[Block] = []
    lines: list[str] = []
    kind = "paragraph"
    for line in [*clean_lines(source, MAX_SOURCE).split("\n"), ""]:
        bullet, number = _BULLET.fullmatch(line), _NUMBER.fullmatch(line)
        this = "bullets" if bullet else "numbers" if number else "paragraph"
        if lines and (this != kind or not line):
            found.append(_block(kind, lines))
            lines = []
        kind = this
        if line:
            lines.append((bullet or number)[1] if bullet or number else line)  # type: ignore[index]
    return tuple(found[:MAX_BLOCKS])


def _block(kind: str, lines: list[str]) -> Block:
    if kind == "paragraph":
        return Block(kind="paragraph", items=(_runs(" ".join(lines)),))
    return Block(
        kind="bullets" if kind == "bullets" else "numbers", items=tuple(_runs(one) for one in lines[:MAX_ITEMS])
    )


def _runs(text: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    place = 0
    for mark in _MARK.finditer(text):
        made = _run(mark)
        if made is None or len(runs) > MAX_RUNS:
            continue
        if mark.start() > place:
            runs.append(Run(text=text[place : mark.start()]))
        runs.append(made)
        place = mark.end()
    if place < len(text):
        runs.append(Run(text=text[place:]))
    return tuple(runs)


def _run(mark: re.Match[str]) -> Run | None:
    if mark["bold"] is not None:
        return Run(text=mark["bold"], bold=True)
    if mark["italic"] is not None:
        return Run(text=mark["italic"], italic=True)
    # What is no address of the web or of mail stays as it was typed.
    return Run(text=mark["words"], link=mark["link"]) if is_link(mark["link"]) else None


def is_link(address: str) -> bool:
    """Tell whether an address may stand in a report: of the web or of mail, without spaces or controls."""
    if len(address) > MAX_LINK or not address.isprintable() or any(one in address for one in " \\\"'<>`"):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or (parts.scheme == "mailto" and "@" in parts.path))


def html(found: Iterable[Block]) -> SafeString:
    """Return blocks as HTML: paragraphs, lists, strong, em and links, without one attribute but the address."""
    return SafeString("\n".join(_html(block) for block in found))


def _html(block: Block) -> str:
    items = [format_html_join("", "{}", ((_html_run(run),) for run in item)) for item in block.items]
    if block.kind == "paragraph":
        return "".join(format_html("<p>{}</p>", item) for item in items)
    tag = "ol" if block.kind == "numbers" else "ul"
    return f"<{tag}>{''.join(format_html('<li>{}</li>', item) for item in items)}</{tag}>"


def _html_run(run: Run) -> SafeString:
    text = SafeString(escape(run.text))
    if run.bold:
        text = format_html("<strong>{}</strong>", text)
    if run.italic:
        text = format_html("<em>{}</em>", text)
    return format_html('<a href="{}">{}</a>', run.link, text) if is_link(run.link) else text


def plain(found: Iterable[Block]) -> str:
    """Return blocks as text without marks, a line for each paragraph and item."""
    return "\n".join("".join(run.text for run in item) for block in found for item in block.items)
