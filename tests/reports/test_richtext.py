"""People's words in a report: a few marks are read, all else is text, and formatting from elsewhere is cleaned."""

import re
import time
from html.parser import HTMLParser

import pytest

from assessor.reports import pasted, richtext
from assessor.reports.richtext import blocks, html

ALLOWED = {"p", "ul", "ol", "li", "strong", "em", "a"}


class Tags(HTMLParser):
    """Collects the tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note a tag, and that no paragraph stands in an item."""
        assert not (tag == "p" and "li" in self.open)
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        """Take a tag from those that are open."""
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("Two words", "<p>Two words</p>"),
        ("One\nline\n\nand another", "<p>One line</p>\n<p>and another</p>"),
        ("**Bold** and *slanted*.", "<p><strong>Bold</strong> and <em>slanted</em>.</p>"),
        ("- one\n- two\n\nEnd", "<ul><li>one</li><li>two</li></ul>\n<p>End</p>"),
        ("Before:\n- one\nAfter", "<p>Before:</p>\n<ul><li>one</li></ul>\n<p>After</p>"),
        ("1. first\n2) second", "<ol><li>first</li><li>second</li></ol>"),
        (
            "[the plan](https://example.org/a?b=1&c=2)",
            '<p><a href="https://example.org/a?b=1&amp;c=2">the plan</a></p>',
        ),
        ("[mail](mailto:desk@example.org)", '<p><a href="mailto:desk@example.org">mail</a></p>'),
        ("2 * 3 * 4 and snake_case_name", "<p>2 * 3 * 4 and snake_case_name</p>"),
        ("** not bold ** and *", "<p>** not bold ** and *</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_marks_become_what_they_say_and_all_else_is_text(source, page):
    assert html(blocks(source)) == page


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><use href='#x'/></svg>",
    '<p style="position:fixed" class="section" id="limits">x</p>',
    "<a href='javascript:alert(1)' target=_blank rel=opener>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](https://example.org/\"onmouseover='alert(1)')",
    "[x](//evil.example)",
    "[x](https://)",
    "[x](file:///etc/passwd)",
    "[**x**](https://example.org/)",
    "<link rel=stylesheet href=//evil.example><style>*{display:none}</style>",
    "<ul><li><p>one</p></li></ul></li></ul></section>",
    "{{ report }} {% include 'x' %}",
    "</p></div><h1>Level 5</h1>",
    "&lt;script&gt;&#60;script&#62;",
    "\x00\x08\ud800 \u202eabc",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<p>[x](javascript:alert(1))</p>",
    "<b>**<script>x</script>**</b>",
    "<iframe srcdoc='<p>x</p>'></iframe><p>after</p>",
)


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_words_reach_a_page_as_text_or_not_at_all(source):
    for text in (source, pasted.marked(source)):
        page = str(html(blocks(text)))
        tags = Tags(page)
        assert {tag for tag, _attributes in tags.found} <= ALLOWED
        for tag, attributes in tags.found:
            assert set(attributes) <= ({"href"} if tag == "a" else set())
            assert re.match(r"(https?|mailto):", attributes.get("href") or "https:")
        assert not tags.open


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One <b>bold</b></p><p>two</p>", "One **bold**\n\ntwo"),
        ("<ul><li><p>one</p></li><li>two<ul><li>three</li></ul></li></ul>", "- one\n- two\n- three"),
        ("<ol><li>one<li>two</ol>after", "1. one\n1. two\n\nafter"),
        (
            '<div class=x>see <a style="c" href="https://a.example/b">this <i>one</i></a></div>',
            "see [this *one*](https://a.example/b)",
        ),
        ('<a href="javascript:x">word</a>', "word"),
        ("<h2>Title</h2>text<br>next", "Title\n\ntext\nnext"),
        ("<p>a &amp; b &lt;c&gt;</p>", "a & b <c>"),
    ],
)
def test_formatting_from_elsewhere_becomes_marks(source, text):
    assert pasted.is_formatted(source)
    assert pasted.marked(source) == text


@pytest.mark.parametrize("source", ["5 < 6 and 7 > 2", "a <b or c", "write <name> here", "**plain**", "x <- y"])
def test_plain_words_with_angle_brackets_are_not_taken_for_html(source):
    assert not pasted.is_formatted(source)


def test_endless_words_cost_no_more_than_their_length():
    begun = time.process_time()
    for source in ("*" * 6000, "[" * 6000, "**a " * 1500, "[a](" * 1500, "*a" * 3000, "<b>" * 2000, "- \n" * 2000):
        html(blocks(source))
        pasted.marked(source)
    # A deadline against quadratic reading, not a measurement.
    assert time.process_time() - begun < 5


def test_a_text_is_held_within_the_limits_of_a_page():
    many = blocks("\n\n".join(f"p{number}" for number in range(500)))
    assert len(many) == richtext.MAX_BLOCKS
    items = blocks("\n".join(f"- {number}" for number in range(500)))
    assert len(items[0].items) == richtext.MAX_ITEMS
    assert sum(len(run.text) for one in blocks("x" * 9000) for item in one.items for run in item) <= richtext.MAX_SOURCE
