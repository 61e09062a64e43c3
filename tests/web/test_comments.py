"""Many comments on one question: the latest are shown, what was said before is a link away, and pages stay cheap."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessor.models import Comment
from assessor.services import commenting, threads
from tests.web.test_probing_elsewhere import address, text

QUESTION = "data.readers"


@pytest.fixture
def shown(client, inside):
    """Return what a page of comments shows in its order, and what it cost."""

    def show(query: str = "") -> tuple[list[str], int]:
        with CaptureQueriesContext(connection) as asked:
            page = text(client.get(address("comments", inside, QUESTION) + query.partition("#")[0]))
        return re.findall(r"(?:first|reply)-\d\.", page), len(asked)

    return show


@pytest.fixture
def said(inside, owner, monkeypatch):
    """Return a way to say something so many hours after the first; two threads make a page, and two replies."""
    monkeypatch.setattr(threads, "THREADS", 2)
    monkeypatch.setattr(threads, "REPLIES", 2)
    begun = timezone.now() - timedelta(days=9)
    facts = {"organisation": inside.organisation, "assessment": inside, "question": QUESTION, "author": owner}
    return lambda words, hours, **more: Comment.objects.create(
        **facts, text=words, made_at=begun + timedelta(hours=hours), **more
    )


def test_the_latest_are_shown_and_older_ones_a_page_further_back(client, inside, owner, said, shown):
    firsts = [said(f"first-{n}.", n) for n in range(5)]
    for n in range(5):
        said(f"reply-{n}.", 24 + n, thread=firsts[0])
    latest, _first = shown()
    assert latest == ["first-3.", "first-4."]
    again, cost = shown("?page=x")
    assert again == latest
    assert shown("?page=2")[0] == ["first-1.", "first-2."]
    # The latest replies of a thread, from where the earlier ones can be had.
    last, cost_of_last = shown("?page=999999")
    assert last == ["first-0.", "reply-3.", "reply-4."]
    assert cost_of_last <= cost + 1
    here = address("comments", inside, QUESTION)
    further = re.search(r'href="([^"]+)" rel="prev">Earlier replies', text(client.get(here + "?page=3")))
    earlier = html.unescape(further[1])
    assert shown(earlier)[0] == ["first-0.", "reply-1.", "reply-2."]
    assert shown(earlier.replace("replies=2", "replies=3"))[0] == ["first-0.", "reply-0."]
    # What leads to one comment leads to its page, and so does saying something there.
    done = client.post(here, {"text": "reply-5.", "thread": str(firsts[0].pk)})
    assert shown(done["Location"][len(here) :])[0] == ["first-0.", "reply-4.", "reply-5."]
    commenting.resolve(firsts[2], owner)
    assert shown(f"?at={firsts[2].pk}")[0] == ["first-3.", "first-4.", "first-2."]
    assert shown("?at=nothing&replies=-3&page=²")[0][:2] == ["first-3.", "first-4."]


def test_what_was_said_in_one_instant_stands_on_one_page_each(said, shown):
    by_id = [one.text for one in sorted((said(f"first-{n}.", 0) for n in range(5)), key=lambda one: one.pk)]
    pages = [shown(f"?page={number}")[0] for number in (3, 2, 1)]
    assert [one for page in pages for one in page] == by_id
