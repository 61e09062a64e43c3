"""Drills held elsewhere: the record comes in by token or by hand, is judged anew, shown, and stands behind an answer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from assessor.models import AuditEvent, DrillRun, Evidence, ProbeImport
from assessor.probes.drills import join
from assessor.probes.drills.disconnect_judge import judged
from assessor.probes.drills.disconnect_plan import MOST_ROUNDS
from assessor.probes.drills.records import DisconnectRecord, Round
from assessor.probes.drills.terminal import document_of
from assessor.services.answers import save_answer
from tests.probes.drills.holding import drilled
from tests.probes.drills.model import Model, served
from tests.probes.drills.test_disconnect import record
from tests.web.test_probing_elsewhere import address, file, role_at, text
from tests.web.test_uploads import made, send

HERE = "http://127.0.0.1:8080"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def role(inside):
    return role_at(inside, HERE)


def held(ended: datetime | None = None, **facts) -> DisconnectRecord:
    """Return a drill of an hour that was over two days ago, with a witness of the pulled cable."""
    ended = ended or datetime.now(UTC) - timedelta(days=2)
    begun = ended - timedelta(hours=1)
    times = {"planned": begun, "started": begun, "closed_from": begun, "closed_until": ended, "finished": ended}
    made_of = {name: moment.isoformat(timespec="seconds") for name, moment in times.items()} | {"model": HOSTILE}
    bare = record(**made_of | facts)
    first, last = bare.closed_from, bare.closed_until
    return join.join_cable_pull(bare, witness=f"Night {HOSTILE}", what="uplink", pulled=first, restored=last)


def resealed(**changed) -> str:
    """Return a record that says something else, with a hash that fits: a hash is no signature."""
    return document_of(held().model_copy(update=changed).sealed())


def test_a_drill_sent_with_a_token_waits_and_stands_behind_the_answer_that_is_chosen(client, inside, owner, role):
    token, place = made(client, inside, role)
    sent = held()
    assert [send(place, token, document_of(sent)).status_code for _ in range(2)] == [202, 200]
    page = address("look_at_result", inside, role.pk, ProbeImport.objects.get().pk)
    assert page in text(client.get(address("endpoint", inside, role.pk)))
    shown = text(client.get(page))
    assert "It went on with the way out closed." in shown
    assert "not who held the drill" in shown
    assert "No question that asks for a test has a level yet" in shown
    assert HOSTILE not in shown
    save_answer(inside, "air-gap.drill", "answered", 3, "", owner)
    assert client.post(page, {"question": "data.readers"}).status_code == 422
    done = client.post(page, {"question": "air-gap.drill"})
    assert done["Location"] == address("evidence", inside, "air-gap.drill")
    row = Evidence.objects.get()
    assert (row.kind, row.minutes, row.passed, row.observed_only, row.share_of_load) == ("drill", 60, True, False, 100)
    assert row.taken_on == timezone.localdate(datetime.fromisoformat(sent.finished))
    assert (row.pass_mark[:28], row.document_version) == ("95 per cent of fresh prompts", f"sha256 {sent.sha256}")
    assert row.drill_run is None
    assert row.attachments.get().content_type == "application/json"
    assert HOSTILE not in text(client.get(done["Location"]))
    assert AuditEvent.objects.get(kind="drill.imported").facts == {"drill": "disconnect", "token": "Probe host"}
    # It was not held here: no run stands for it, and it does not come twice.
    assert not DrillRun.objects.exists()
    assert "attached to an answer already" in send(place, token, document_of(sent)).json()["sentence"]


def test_an_exit_drill_is_brought_in_by_hand(client, inside, owner):
    with served(Model(say="yes")) as a, served(Model(name=HOSTILE, refuses=("tools",))) as b:
        role, made_there = role_at(inside, a.url), drilled(a, b)
    answer = client.post(address("bring_result", inside, role.pk), {"file": file(document_of(made_there), "exit.json")})
    shown = text(client.get(answer["Location"]))
    assert "Fixed prompts show the dialect" in shown
    assert "tools is not supported here" in shown
    assert HOSTILE not in shown
    save_answer(inside, "lock-in.leaving", "answered", 3, "", owner)
    client.post(answer["Location"], {"question": "lock-in.leaving"})
    row = Evidence.objects.get()
    # What lacks own cases and real requests was seen at most, here as there.
    assert (row.kind, row.passed, row.observed_only) == ("drill", False, True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (document_of(held()).replace('"share_of_load": 100', '"share_of_load": 90'), "changed after it was made"),
        (resealed(passed=False), "no record of a drill"),
        (resealed(qualifies=True, proofs=()), "no record of a drill"),
        (resealed(answered=10**9), "no record of a drill"),
        (resealed(every=0.0), "no record of a drill"),
        (resealed(finished="never"), "no record of a drill"),
        (resealed(started="0001-01-01T00:00:00+23:00"), "no record of a drill"),
        (resealed(planned="2999-01-01T00:00:00Z"), "no record of a drill"),
        (document_of(judged(held(closed_until="2999-01-01T00:00:00Z"))), "no record of a drill"),
        (document_of(judged(held().model_copy(update={"rounds": (Round(at=0, ok=True),) * (MOST_ROUNDS + 99)}))), "no"),
        (document_of(held(ended=datetime.now(UTC) + timedelta(days=3))), "lies ahead"),
        (document_of(held(outcome="stopped")), "not held to its end"),
        (document_of(held(url="http://127.0.0.1:9")), "the drill of another endpoint"),
        ('{"kind": "exit"}', "no record of a drill"),
        ('{"kind": "disconnect", "rounds": 1e999}', "no record of a drill"),
    ],
    ids=range(15),
)
def test_what_no_prober_wrote_or_belongs_elsewhere_is_kept_nowhere(client, inside, role, body, says):
    token, place = made(client, inside, role)
    answer = send(place, token, body)
    assert answer.status_code == 422
    assert says in answer.json()["sentence"]
    assert not ProbeImport.objects.exists()
