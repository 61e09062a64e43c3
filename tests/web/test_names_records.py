"""Which names a server asked for: the record comes in by token or by hand, is shown, and stands behind an answer."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from assessor.models import AuditEvent, Evidence, ProbeImport
from assessor.probes.collect.names import MAX_NAMES, Asked, Watched
from assessor.probes.drills.command_names import names_record
from assessor.probes.drills.terminal import document_of
from assessor.retelling import is_ours
from assessor.services import names_records
from assessor.services.answers import save_answer
from tests.web.test_probing_elsewhere import NOWHERE, address, file, role_at, text
from tests.web.test_uploads import made, send

HOSTILE = "<script>alert(1)</script>.example"


@pytest.fixture
def role(inside):
    return role_at(inside, NOWHERE)


def record(names=("hub.example.org", HOSTILE), ended=None, host="gpu-7"):
    """Return what `drill names` writes after a quarter of an hour."""
    seen = Watched({one: Asked(one, 2.5, 3, {"A"}) for one in names}, 1)
    ended = ended or datetime.now(UTC)
    return names_record(seen, "127.0.0.1:5300", ended - timedelta(minutes=15), ended, host)


def spoilt(change):
    data = record().model_dump(mode="json")
    change(data)
    return json.dumps(data)


def resealed(**changed):
    """Return a record with a hash that fits, whatever it says: a hash is no signature."""
    return document_of(record().model_copy(update=changed).sealed())


def test_a_record_sent_with_a_token_waits_and_stands_behind_the_answer_that_is_chosen(client, inside, owner, role):
    token, place = made(client, inside, role)
    body = document_of(record())
    assert [send(place, token, body).status_code for _ in range(2)] == [202, 200]
    waiting = ProbeImport.objects.get()
    page = address("look_at_result", inside, role.pk, waiting.pk)
    assert page in text(client.get(address("endpoint", inside, role.pk)))
    shown = text(client.get(page))
    assert "2 names were asked for in 15 min: hub.example.org" in shown
    assert HOSTILE not in shown
    assert "No question has a level yet" in shown
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    assert client.post(page, {"question": "no.such"}).status_code == 422
    # Whoever attaches it reads German; what is kept is told to each reader anew.
    done = client.post(page, {"question": "data.readers"}, headers={"accept-language": "de"})
    assert done["Location"] == address("evidence", inside, "data.readers")
    row = Evidence.objects.get()
    day = date.fromisoformat(json.loads(body)["finished"][:10])
    assert (row.kind, row.place, row.taken_on) == ("inspection", "gpu-7 · 127.0.0.1:5300", day)
    assert row.result.startswith("2 names were asked for in 15 min: hub.example.org, ")
    assert is_ours(row.description)
    assert is_ours(row.result)
    assert row.document_version == f"sha256 {record_hash(body)}"
    assert row.attachments.get().content_type == "application/json"
    assert not ProbeImport.objects.exists()
    assert HOSTILE not in text(client.get(done["Location"]))
    event = AuditEvent.objects.get(kind="drill.imported")
    assert event.facts == {"drill": "names", "token": "Probe host"}
    # The same one does not come again while it stands there.
    again = send(place, token, body)
    assert (again.status_code, "attached to an answer already" in again.json()["sentence"]) == (422, True)


def record_hash(body):
    return json.loads(body)["sha256"]


def test_a_record_is_brought_in_by_hand_on_the_page_of_the_endpoint(client, inside, role):
    answer = client.post(
        address("bring_result", inside, role.pk), {"file": file(document_of(record(())), "names.json")}
    )
    assert answer.status_code == 302
    assert "No name was asked for in 15 min" in text(client.get(answer["Location"]))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (spoilt(lambda data: data["names"].append({"name": "x", "first": 0, "count": 1, "kinds": "A"})), "changed"),
        (resealed(names=({"name": "x"},)), "no record of names"),
        (resealed(names=({"name": "x", "first": 0, "count": -1, "kinds": "A"},)), "no record of names"),
        (resealed(names=({"name": "x" * 300, "first": 0, "count": 1, "kinds": "A"},)), "no record of names"),
        (resealed(names=({"name": "x", "first": 0, "count": 10**30, "kinds": "A"},)), "no record of names"),
        (
            resealed(names=({"name": "x", "first": 0, "count": 1, "kinds": "A"},) * (MAX_NAMES + 1)),
            "no record of names",
        ),
        (resealed(finished="never"), "no record of names"),
        (resealed(started="2999-01-01T00:00:00+00:00"), "no record of names"),
        (resealed(listen="x" * 9000), "no record of names"),
        (document_of(record(ended=datetime.now(UTC) + timedelta(days=3))), "lies ahead"),
        ('{"kind": "names"}', "no record of names"),
        ('{"kind": "names", "x": "\\u0000"}', "not the result"),
        ('{"kind": "names", "x": "\\ud800"}', "not the result"),
        ('{"kind": "none"}', "those of exit, disconnect, canary and names"),
    ],
    ids=range(14),
)
def test_what_no_prober_wrote_is_refused_and_kept_nowhere(client, inside, role, body, says):
    token, place = made(client, inside, role)
    answer = send(place, token, body)
    assert answer.status_code == 422
    assert says in answer.json()["sentence"]
    assert not ProbeImport.objects.exists()


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (1, "One name was asked for in 15 min: n0.example."),
        (2, "2 names were asked for in 15 min: n0.example, n1.example."),
        (13, "13 names were asked for in 15 min, among them n0.example, "),
    ],
)
def test_what_came_out_is_one_sentence_for_any_number(count, says):
    told = names_records.outcome(record([f"n{number}.example" for number in range(count)]))
    assert told.startswith(says)
    assert is_ours(told)


def test_more_than_ten_do_not_pile_up(client, inside, role):
    token, place = made(client, inside, role)
    sent = [send(place, token, document_of(record((f"n{one}.example",)))).status_code for one in range(11)]
    assert sent == [202] * 10 + [409]
