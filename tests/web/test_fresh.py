"""Two people at one form of settings: the second is shown what the first saved, and chooses."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from tests.services.seen import endpoint_of


class _Form(HTMLParser):
    """The fields of the form that says what it showed, as a browser would send them."""

    def __init__(self, page):
        super().__init__()
        self.sent, self.inside, self.select, self.area, self.action = {}, {}, None, None, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        name, value = values.get("name"), values.get("value", "")
        if tag == "form":
            self.inside, self.open = {}, values.get("action", "")
        elif tag == "input" and name and values.get("type") not in ("file", "submit"):
            if values.get("type") not in ("checkbox", "radio") or "checked" in values:
                self.inside.setdefault(name, []).append(value)
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in values:
            self.inside.setdefault(self.select, []).append(value)
        elif tag == "textarea":
            self.area = name
            self.inside[name] = [""]

    def handle_data(self, data):
        if self.area:
            self.inside[self.area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None
        if tag == "form" and "shown" in self.inside:
            self.sent, self.action = self.inside, self.open


def text(response):
    return response.content.decode()


@pytest.fixture
def places(inside):
    """Every form of settings: its address, a field, what two people write there, and more that its button sends."""
    role = endpoint_of(inside)
    ids = [inside.organisation_id, inside.pk]
    workload = inside.workloads.get()
    return {
        "scope": (reverse("scope", args=ids), "workload_owner", ("Ward one", "Ward two"), {}),
        "workload": (reverse("change_workload", args=[*ids, workload.pk]), "owner", ("Ward one", "Ward two"), {}),
        "endpoint": (reverse("change_endpoint", args=[*ids, role.pk]), "name", ("First", "Second"), {}),
        "targets": (reverse("targets", args=ids), "data", ("3", "4"), {"action": "targets"}),
        "owner": (reverse("move_owner", args=[*ids, "data.readers"]), "name", ("Ward one", "Ward two"), {}),
        "report": (reverse("reports", args=ids), "date_style", ("iso", "words"), {}),
    }


@pytest.mark.parametrize("name", ["scope", "workload", "endpoint", "targets", "owner", "report"])
def test_the_second_is_shown_what_the_first_saved_and_chooses(client, places, name):
    place, field, (first, second), more = places[name]
    mine, theirs = _Form(text(client.get(place))), _Form(text(client.get(place)))
    assert field in mine.sent, mine.sent
    saved = client.post(theirs.action or place, theirs.sent | more | {field: first})
    assert saved.status_code == 302, text(saved)
    # What the first saved is in the way of the second, whatever that changes.
    other = {field: second if name != "report" else mine.sent[field][0]}
    met = client.post(mine.action or place, mine.sent | more | other)
    assert met.status_code == 409
    assert "Somebody changed this since you opened it" in text(met)
    assert "Here now:" in text(met)
    again = _Form(text(met))
    assert again.sent["shown"] != mine.sent["shown"]
    assert again.sent[field] == ([other[field]] if isinstance(other[field], str) else other[field])
    now = _Form(text(client.get(place)))
    assert now.sent[field] == [first]
    assert client.post(again.action or place, again.sent | more).status_code == 302
    assert _Form(text(client.get(place))).sent[field] == again.sent[field]


def test_saving_twice_the_same_asks_nothing(client, places):
    place, field, (first, _second), more = places["scope"]
    form = _Form(text(client.get(place)))
    assert client.post(place, form.sent | more | {field: first}).status_code == 302
    form = _Form(text(client.get(place)))
    assert client.post(place, form.sent | more | {field: first}).status_code == 302
