"""Large inventory files are the worker's: progress is shown, stopping and failing change nothing, all or none is taken."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from assessor import tasks
from assessor.models import AuditEvent, Component, ComponentRevision, JobStatus, PendingImport
from assessor.services import jobs
from assessor.services.exchange import keeping
from assessor.services.inventory import shown_plans, taking_over, waiting

HEAD = "what,id,name,kind,requires\r\n"
MANY = 250


def large(rows=MANY, wrong=""):
    lines = [f"component,c-{number},Component {number},model,c-{(number + 1) % rows}" for number in range(rows)]
    return SimpleUploadedFile("<b>stock.csv", (HEAD + "\r\n".join([*lines, wrong])).encode())


def files():
    return sorted(one.name for one in (Path(settings.DATA_DIR) / "imports").rglob("*") if one.is_file())


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def upload(client, inside, django_capture_on_commit_callbacks):
    """Bring a large file in through the page; returns its address and its row."""

    def brought(file=None):
        where = reverse("inventory_files", args=[inside.organisation_id, inside.pk])
        with django_capture_on_commit_callbacks(execute=True):
            page = client.post(where, {"file": file or large()})
        assert page.status_code == 302
        return page.url, PendingImport.objects.order_by("uploaded_at").last()

    return brought


@pytest.fixture
def shown(upload):
    """A large file that the worker has read."""
    where, row = upload()
    assert waiting.carry_out(row.pk) is None
    return where, now(row)


def now(row):
    row.refresh_from_db()
    return row


def queued(task):
    return [entry.args_kwargs["args"] for entry in DBTaskResult.objects.filter(task_path__endswith=f".{task}")]


def test_a_large_file_waits_for_the_worker_and_the_page_says_how_far_it_is(client, upload):
    where, row = upload()
    assert queued("bring_inventory") == [[str(row.pk)]]
    page = text(client.get(where))
    assert "Waiting for the worker" in page
    assert "<title>What “&lt;b&gt;stock.csv” would change" in page
    assert f'hx-get="{where}"' in page
    assert f'<a href="{where}">Look again</a>' in page
    jobs.claim(PendingImport, row.pk)
    PendingImport.objects.update(progress={"doing": "comparing", "rows": 500})
    part = text(client.get(where, headers={"HX-Request": "true"}))
    assert part.startswith('<div id="status"')
    assert "Comparing 500 rows with the inventory" in part


def test_what_the_worker_read_is_shown_a_page_at_a_time_without_reading_it_again(
    client, shown, monkeypatch, django_assert_max_num_queries
):
    where, row = shown
    assert row.seen["counts"] == {"added": 500, "changed": 0, "unchanged": 0, "faults": 0}
    monkeypatch.setattr(waiting, "read_file", None)
    with django_assert_max_num_queries(25):
        first = client.get(where)
    assert text(first).count('class="finding"') == shown_plans.PER_PAGE
    assert "1 of 5" in text(first)
    last = text(client.get(f"{where}?page=5"))
    assert last.count('class="finding"') == 100
    assert "c-248 → c-249" in last
    assert client.get(where, headers={"HX-Request": "true"}).status_code == 286


def test_confirmed_it_is_taken_over_by_the_worker_and_the_scenarios_are_played_anew(
    client, shown, owner, django_capture_on_commit_callbacks
):
    where, row = shown
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(where, {"action": "confirm"}).url == where
        # Of two clicks the second asks for nothing.
        client.post(where, {"action": "confirm"})
    assert len(queued("bring_inventory")) == 2
    assert "All of its good rows are taken over, or none." in text(client.get(where))
    assert not Component.objects.exists()
    DBTaskResult.objects.all().delete()
    tasks.bring_inventory.func(str(row.pk))
    assert Component.objects.count() == ComponentRevision.objects.count() == MANY
    assert queued("simulate") == [[str(row.organisation_id)]]
    page = text(client.get(where))
    assert "<title>“&lt;b&gt;stock.csv” is taken over" in page
    assert "would change" not in page
    # Where the page only asks how far it is, its heading and its title come along once it is over.
    part = text(client.get(where, headers={"HX-Request": "true"}))
    assert '<h1 class="is-long" id="heading" hx-swap-oob="true">“&lt;b&gt;stock.csv” is taken over</h1>' in part
    assert "Taken over: 500 added, 0 changed." in page
    assert "Go to the inventory" in page
    assert now(row).is_taken
    assert files() == []
    event = AuditEvent.objects.get(kind="data.imported")
    assert (event.actor_id, event.facts["count"]) == (owner.pk, 500)
    # Whoever sends the form once more takes nothing over again, and reads how it ended.
    again = client.post(where, {"action": "confirm"}, follow=True)
    assert "Taken over: 500 added, 0 changed." in text(again)
    assert "not kept any more" not in text(again)
    assert AuditEvent.objects.filter(kind="data.imported").count() == 1


def test_a_file_of_which_nothing_can_be_read_says_why_and_can_be_thrown_away(client, upload):
    where, row = upload(SimpleUploadedFile("stock.csv", b"id,colour\r\n" + b"a,red\r\n" * 300))
    assert waiting.carry_out(row.pk) is None
    page = text(client.get(where))
    assert "“colour” is not known" in page
    assert "Nothing was taken in." in page
    assert now(row).status == JobStatus.FAILED
    client.post(where, {"action": "discard"})
    assert not PendingImport.objects.exists()
    assert files() == []


def test_a_file_that_fails_while_it_is_taken_over_leaves_the_inventory_as_it_was(client, shown, monkeypatch):
    where, row = shown
    monkeypatch.setattr(taking_over, "MOST", 10)
    waiting.confirm(row)
    assert waiting.carry_out(row.pk) is None
    assert now(row).status == JobStatus.FAILED
    page = text(client.get(where))
    assert "An inventory holds 10 components at most." in page
    assert "Take it over" in page
    assert not Component.objects.exists()
    monkeypatch.undo()
    waiting.confirm(row)
    assert waiting.carry_out(row.pk) == row.organisation
    assert Component.objects.count() == MANY


def test_stopped_while_it_is_read_the_file_is_gone(client, upload):
    where, row = upload()
    page = client.post(where, {"action": "stop"}, follow=True)
    assert "The file was thrown away. Nothing was changed." in text(page)
    assert files() == []
    assert waiting.carry_out(row.pk) is None


def test_stopped_while_it_is_taken_over_nothing_is_taken_and_it_can_be_after_all(client, shown, monkeypatch):
    where, row = shown
    waiting.confirm(row)
    kept = taking_over._keep_edges

    def stopped_here(*args):
        jobs.cancel(PendingImport.objects.get())
        return kept(*args)

    monkeypatch.setattr(taking_over, "_keep_edges", stopped_here)
    assert waiting.carry_out(row.pk) is None
    assert not Component.objects.exists()
    monkeypatch.undo()
    client.post(where, {"action": "stop"})
    page = text(client.get(where))
    assert "This was stopped." in page
    assert "Nothing was changed. The file is still here" in page
    waiting.confirm(now(row))
    assert waiting.carry_out(row.pk)
    assert Component.objects.count() == MANY


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_worker_that_dies_is_followed_by_another_and_writes_nothing_when_it_wakes(shown, monkeypatch, confirmed):
    _where, row = shown
    if confirmed:
        waiting.confirm(row)
    else:
        PendingImport.objects.update(status=JobStatus.QUEUED)
    late = jobs.claim(PendingImport, row.pk)
    PendingImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.enqueue_expired() == 1
    assert waiting.carry_out(row.pk) == (row.organisation if confirmed else None)
    assert now(row).status == JobStatus.DONE
    before = (Component.objects.count(), files(), row.attempt)
    assert before[0] == (MANY if confirmed else 0)
    monkeypatch.setattr(jobs, "claim", lambda model, pk: late)
    if confirmed:
        monkeypatch.setattr(waiting, "_file", lambda row: pytest.fail("it knew before that the row is not its own"))
    assert waiting.carry_out(row.pk) is None
    assert (Component.objects.count(), files(), now(row).attempt) == before


def test_a_step_that_kills_its_worker_three_times_fails_with_a_sentence(client, shown):
    where, row = shown
    waiting.confirm(row)
    for more in (True, True, False):
        assert jobs.claim(PendingImport, row.pk)
        PendingImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert bool(waiting.release_expired()) is more
    assert "The worker stopped several times" in text(client.get(where))
    assert not Component.objects.exists()


def test_answers_that_wait_are_no_work_for_the_worker(inside, owner):
    row = PendingImport.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        uploaded_by=owner,
        name="answers.yaml",
        file="x",
        expires_at=timezone.now() + keeping.KEPT,
    )
    PendingImport.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert waiting.release_expired() == []
    assert waiting.carry_out(row.pk) is None


def test_what_is_under_way_gives_no_way_to_further_files(upload):
    _where, first = upload()
    for _number in range(6):
        waiting.carry_out(upload()[1].pk)
    assert PendingImport.objects.filter(pk=first.pk).exists()
    assert PendingImport.objects.count() == keeping.MOST_WAITING + 1


def test_files_that_wait_for_the_worker_do_not_pile_up(client, upload, inside):
    for _number in range(keeping.MOST_WAITING):
        where, _row = upload()
    page = client.post(reverse("inventory_files", args=[inside.organisation_id, inside.pk]), {"file": large()})
    assert page.status_code == 422
    assert "5 files of yours are with the worker already, so this one was not kept." in text(page)
    assert PendingImport.objects.count() == len(files()) == keeping.MOST_WAITING
    client.post(where, {"action": "stop"})
    upload()
    assert PendingImport.objects.count() == keeping.MOST_WAITING


def test_a_file_that_changes_nothing_still_says_which_of_its_rows_are_wrong(client, upload):
    rows = (HEAD + "component,a,Alpha,model,\r\ncomponent,b,Beta,nothing,\r\n").encode()
    where, _row = upload(SimpleUploadedFile("stock.csv", rows))
    client.post(where, {"action": "confirm"})
    where, _row = upload(SimpleUploadedFile("stock.csv", rows))
    page = text(client.get(where))
    assert "The file says nothing that does not stand here already." in page
    assert "stock.csv, line 3: “kind” is none of" in page
    assert 'value="confirm"' not in page


def test_a_small_file_is_read_and_taken_over_at_once(client, upload, inside):
    where, _row = upload(large(20))
    assert queued("bring_inventory") == []
    assert "Take it over" in text(client.get(where))
    page = client.post(where, {"action": "confirm"}, follow=True)
    assert "Taken over: 40 added" in text(page)
    assert Component.objects.count() == 20
    assert files() == []
