"""Formatted text from elsewhere, turned into plain text with our few marks: HTML is cleaned first, then read."""

import re
from html.parser import HTMLParser

import nh3

from assessor.reports.richtext import is_link

# Only what our marks can say; no style, class, id, picture or drawing survives.
TAGS = {"p", "br", "div", "strong", "b", "em", "i", "ul", "ol", "li", "a", "h1", "h2", "h3", "h4"}
# Tags that people and word processors write; a lone `<` or an unknown tag is text and stays as it is.
_FORMATTED = re.compile(r"</(?:p|strong|b|em|i|ul|ol|li|a|div|span|h[1-4])\s*>|<br\s*/?>", re.IGNORECASE)
_ENDS_LINE = {"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}


def is_formatted(source: str) -> bool:
    """Tell whether a text came with HTML around it."""
    return _FORMATTED.search(source) is not None


def marked(source: str) -> str:
    """Return HTML as plain text with marks; what our marks cannot say is left out."""
    clean = nh3.clean(
        # Lone surrogates cannot be written as UTF-8.
        source.encode("utf-8", "replace").decode(),
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "svg", "math", "template", "iframe", "object"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )
    reader = _Reader()
    reader.feed(clean)
    reader.close()
    text = "".join(reader.parts)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


class _Reader(HTMLParser):
    """Writes cleaned HTML down as marks. Lists within lists become one list: a report prints one depth."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lists: list[str] = []
        self.link = ""
        self.words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        if tag in ("ul", "ol"):
            self._out("" if self.lists else "\n\n")
            self.lists.append(tag)
        elif tag == "li":
            self._out("\n1. " if self.lists and self.lists[-1] == "ol" else "\n- ")
        elif tag == "br":
            self._out(" " if self.lists else "\n")
        elif tag == "a":
            self.link, self.words = dict(attrs).get("href") or "", []
        elif tag in _MARKS:
            self._out(_MARKS[tag])
        elif tag in _ENDS_LINE and not self.lists:
            self._out("\n\n")

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
            self._out("" if self.lists else "\n\n")
        elif tag == "a" and self.words is not None:
            words, self.words = " ".join("".join(self.words).split()), None
            self._out(f"[{words}]({self.link})" if words and is_link(self.link) else words)
        elif tag in _MARKS:
            self._out(_MARKS[tag])
        elif tag in _ENDS_LINE and not self.lists:
            self._out("\n\n")

    def handle_data(self, data: str) -> None:
        """Write text down on one line."""
        self._out(re.sub(r"\s+", " ", data))

    def _out(self, text: str) -> None:
        (self.parts if self.words is None else self.words).append(text)
