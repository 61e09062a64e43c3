"""What changed at the endpoints is heard of in one list for all assessments, and each person marks it as read alone."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from assessor.models import HeardChange
from assessor.services import assessments, endpoints, heard
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS
from tests.services.seen import endpoint_of, saw

NASTY = "<script>alert(1)</script>"


def change(code, kind="appeared"):
    return {"kind": kind, "code": code, "title": "A hosted API answers", "params": {}, "before": "", "after": ""}


def changed(endpoint, code="hosted.openai", **more):
    told = {
        "before": "2026-11-20T10:00:00Z",
        "after": "2026-11-21T10:00:00Z",
        "before_sha256": "0" * 64,
        "after_sha256": "1" * 64,
        "changes": [change(code)],
        "notes": [],
    }
    return saw(endpoint, code, changes=told, **more)


def address(name, organisation, *more):
    return reverse(name, args=[organisation.pk, *more])


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def ward(inside):
    return endpoint_of(inside, name=f"Ward {NASTY}").endpoint


def test_a_change_is_listed_counted_and_gone_when_marked(client, inside, ward):
    run = changed(ward)
    saw(ward, "hosted.openai", changes=None)
    page = client.get(address("inbox", inside.organisation))
    assert NASTY not in text(page)
    assert "Ward &lt;script&gt;" in text(page)
    header = text(client.get(reverse("assessment", args=[inside.organisation_id, inside.pk]))).split("</header>")[0]
    assert "1<span" in header
    assert "unread" in header
    assert "1 probe saw a change you have not read" in text(client.get(reverse("home")))
    assert client.post(address("read_change", inside.organisation, run.pk)).status_code == 302
    page = text(client.get(address("inbox", inside.organisation)))
    assert "Nothing unread" in page
    assert "1<span" not in page.split("</header>")[0]
    assert "have not read" not in text(client.get(reverse("home")))
    everything = text(client.get(address("inbox", inside.organisation) + "?show=all"))
    assert ">read</span>" in everything
    # Twice is once.
    client.post(address("read_change", inside.organisation, run.pk))
    assert HeardChange.objects.count() == 1


def test_it_spans_the_assessments_of_an_organisation_and_no_endpoint_that_was_taken_out(client, inside, ward, owner):
    other = assessments.start_assessment(owner, shipped("eu-cloud-sovereignty"), FACTS, "full", inside.organisation)
    theirs = endpoint_of(other, "http://127.0.0.1:9998", name="Gateway")
    changed(ward, days_ago=1)
    changed(theirs.endpoint)
    page = text(client.get(address("inbox", inside.organisation)))
    assert page.index("Gateway") < page.index("Ward &lt;")
    endpoints.remove_endpoint(theirs, "not ours", owner)
    assert "Gateway" not in text(client.get(address("inbox", inside.organisation)))


def test_all_is_marked_up_to_what_the_page_showed(client, inside, ward):
    for days in (3, 2, 1):
        changed(ward, days_ago=days)
    shown = timezone.now() - timedelta(hours=12)
    changed(ward)
    client.post(address("read_all_changes", inside.organisation), {"until": shown.isoformat()})
    assert heard.changes_in_scope(inside.created_by).count() == 1
    for wrong in ("", "soon", "2026-13-45T00:00:00Z", "2026-11-21T10:00:00"):
        response = client.post(address("read_all_changes", inside.organisation), {"until": wrong}, follow=True)
        assert "Nothing was marked" in text(response)
    assert heard.changes_in_scope(inside.created_by).count() == 1


def test_one_persons_reading_marks_nothing_for_another(inside, ward):
    run = changed(ward)
    heard.mark_read([run], inside.created_by)
    assert not heard.changes_in_scope(inside.created_by).exists()
    assert heard.changes_in_scope(get_user_model().objects.create_user("other")).get() == run


def test_another_organisations_changes_are_not_found(client, inside, strangers_scan):
    with scope(organisation=strangers_scan.organisation):
        run = changed(endpoint_of(strangers_scan, name="Secret").endpoint)
    theirs = strangers_scan.organisation
    assert client.get(address("inbox", theirs)).status_code == 404
    assert client.post(address("read_all_changes", theirs), {"until": "2026-11-21T10:00:00Z"}).status_code == 404
    assert client.post(address("read_change", theirs, run.pk)).status_code == 404
    assert client.post(address("read_change", inside.organisation, run.pk)).status_code == 404
    assert "Secret" not in text(client.get(address("inbox", inside.organisation)))


def test_the_page_takes_few_queries_however_many_changes(client, inside, ward, django_assert_max_num_queries):
    for days in range(25):
        changed(ward, days_ago=days)
    with django_assert_max_num_queries(6):
        page = text(client.get(address("inbox", inside.organisation)))
    assert "Older" in page
    assert "25<span" in page
