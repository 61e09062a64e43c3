"""Results that a prober sends with a token: who may, what becomes of them, and where the token never stands."""

import html
import json
import logging
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from assessor import tasks
from assessor.models import EndpointRole, ProbeImport, ProbeRun, UploadCount, UploadToken
from assessor.services import carrying, endpoints, probing, upload_tokens
from tests.probes.replay import Recording, ReplayServer
from tests.services.canary import everything_stored
from tests.web.test_probing_elsewhere import NOWHERE, address, result_of, role_at, text

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def server():
    with ReplayServer("llama_server") as one:
        yield one


@pytest.fixture
def role(inside, server) -> EndpointRole:
    return role_at(inside, server.url)


def made(client, inside, role, name="Probe host") -> tuple[str, str]:
    """Make a token as a person does; returns it and the address beside it."""
    page = text(client.post(address("make_upload_token", inside, role.pk), {"token-name": name}))
    token = re.search(r'id="token">([^<]+)<', page)
    place = re.search(r"http://testserver(/upload/[^<]+)<", page)
    assert token, page
    assert place, page
    return token[1], place[1]


def send(place, token, body, **more):
    """Send as a program does: no session, no cookie, with the checks against forged requests switched on."""
    fields = {"content_type": "application/json", "HTTP_AUTHORIZATION": f"Bearer {token}"} | more
    return Client(enforce_csrf_checks=True).post(place, body, **fields)


def test_a_token_is_shown_once_and_what_is_sent_with_it_lands(client, inside, role, server):
    token, place = made(client, inside, role, HOSTILE)
    page = address("endpoint", inside, role.pk)
    before = text(client.get(page))
    assert token not in before
    assert html.escape(HOSTILE) in before
    assert HOSTILE not in before
    assert "never used" in before
    sent = send(place, token, result_of(server.url))
    assert sent.status_code == 201
    assert sent["Cache-Control"].startswith("max-age=0")
    assert sent.json()["sentence"] == "The result was added."
    run = ProbeRun.objects.get()
    assert run.imported
    assert run.status == "done"
    after = text(client.get(page))
    assert "last used" in after
    assert token not in after


def test_what_changed_since_the_last_one_is_in_the_inbox(client, inside, role, server):
    token, place = made(client, inside, role)
    send(place, token, result_of(server.url))
    server.recording.exchanges[:] = Recording.load("litellm_proxy").exchanges
    told = send(place, token, result_of(server.url)).json()
    assert told["outcome"] == "added"
    assert told["changes"] > 0
    assert f"{told['changes']} things changed" in told["sentence"]
    inbox = text(client.get(reverse("inbox", args=[inside.organisation_id])))
    assert "LiteLLM answers and passes requests on" in inbox


def test_a_signed_plan_makes_it_count_as_observed(client, inside, owner, role, server):
    token, place = made(client, inside, role)
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    assert send(place, token, result_of(server.url, plan.document)).status_code == 201
    run = ProbeRun.objects.get()
    assert not run.imported
    assert run.plan == plan


def test_the_same_file_twice_is_added_once(client, inside, role, server):
    token, place = made(client, inside, role)
    body = result_of(server.url)
    assert [send(place, token, body).status_code for _ in range(2)] == [201, 200]
    assert ProbeRun.objects.count() == 1
    assert ProbeImport.objects.count() == 1


def test_what_would_take_the_place_of_better_evidence_waits_for_a_person(client, inside, owner, role, server):
    run = probing.request_run(role.endpoint, owner, authority=True)
    probing.carry_out(run.pk)
    ProbeRun.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    token, place = made(client, inside, role)
    body = result_of(server.url)
    sent = send(place, token, body)
    assert sent.status_code == 202
    assert "it would take its place" in " ".join(sent.json()["remarks"])
    assert send(place, token, body).status_code == 200
    assert ProbeRun.objects.count() == 1
    waiting = ProbeImport.objects.get()
    link = address("look_at_result", inside, role.pk, waiting.pk)
    assert link in text(client.get(address("endpoint", inside, role.pk)))
    assert link in text(client.get(reverse("inbox", args=[inside.organisation_id])))
    assert "What this result adds" in text(client.get(link))
    client.post(link)
    assert ProbeRun.objects.count() == 2
    assert link not in text(client.get(address("endpoint", inside, role.pk)))
    assert link not in text(client.get(reverse("inbox", args=[inside.organisation_id])))


def test_an_older_one_waits_and_is_not_swept_away_overnight(client, inside, role, server):
    token, place = made(client, inside, role)
    older, newer = result_of(server.url), result_of(server.url)
    send(place, token, newer)
    ProbeRun.objects.update(finished_at=timezone.now() + timedelta(minutes=1))
    assert send(place, token, older).status_code == 202
    ProbeImport.objects.filter(run=None).update(brought_at=timezone.now() - timedelta(days=20))
    tasks.tidy()
    assert ProbeImport.objects.filter(run=None).count() == 1
    ProbeImport.objects.filter(run=None).update(brought_at=timezone.now() - timedelta(days=40))
    tasks.tidy()
    assert not ProbeImport.objects.filter(run=None).exists()


def test_waiting_results_do_not_pile_up(client, inside, role, server, monkeypatch):
    monkeypatch.setattr("assessor.services.sent_results.MOST_WAITING", 1)
    token, place = made(client, inside, role)
    files = [result_of(server.url) for _ in range(3)]
    assert send(place, token, files[0]).status_code == 201
    ProbeRun.objects.update(finished_at=timezone.now() + timedelta(minutes=1))
    assert [send(place, token, body).status_code for body in files[1:]] == [202, 409]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic {token}",
        "{token}",
        "Bearer {token}x",
        "Bearer {TOKEN}",
        "Bearer {short}",
        "Bearer {hash}",
        "Bearer {other}",
        "Bearer {revoked}",
        "Bearer \u00fc\u20ac\x00",
        "Bearer " + "x" * 5000,
    ],
)
def test_wrong_revoked_and_foreign_tokens_are_refused_all_alike(client, inside, role, server, header):
    token, place = made(client, inside, role)
    other, _place = made(client, inside, role_at(inside, NOWHERE, name="Other"), "Elsewhere")
    revoked, _place = made(client, inside, role, "Old")
    client.post(address("revoke_upload_token", inside, role.pk, UploadToken.objects.get(name="Old").pk))
    words = {"token": token, "TOKEN": token.upper(), "short": token[:-1], "other": other, "revoked": revoked}
    words["hash"] = UploadToken.objects.get(name="Probe host").sha256
    given = header.format(**words) if "{" in header else header
    refused = send(place, "", result_of(server.url), HTTP_AUTHORIZATION=given)
    unknown = send("/upload/00000000-0000-4000-8000-000000000000/", token, "{}")
    assert (refused.status_code, refused.content) == (401, unknown.content)
    assert refused["WWW-Authenticate"] == unknown["WWW-Authenticate"] == "Bearer"
    assert not ProbeRun.objects.exists()
    assert not ProbeImport.objects.exists()
    # The page of the signed-in person lends nobody its authority.
    assert client.post(place, "{}", content_type="application/json").status_code == 401


def test_what_is_no_result_gets_a_sentence_and_leaves_nothing(client, inside, role, server):
    token, place = made(client, inside, role)
    whole = result_of(server.url)
    cases = [
        (whole.replace('"llama-cpp"', '"vllm"'), {}, 422, "were changed after the result was made"),
        (result_of(NOWHERE), {}, 422, "the result of another endpoint"),
        ("{}", {}, 422, "not the result of a probe"),
        ("[" * 100_000, {}, 422, "not the result of a probe"),
        (b"\xff\xfe", {}, 422, "not the result of a probe"),
        ('{"kind": ["exit"]}', {}, 422, "those of exit, disconnect, canary and names"),
        ('{"kind": "canary"}', {}, 422, "not a record of the kind"),
        ("x" * (carrying.MAX_BYTES + 1), {}, 413, "larger than 1 MB"),
        (whole, {"content_type": "text/plain"}, 415, "application/json"),
        (whole, {"HTTP_CONTENT_ENCODING": "gzip"}, 415, "not compressed"),
    ]
    for body, more, status, sentence in cases:
        sent = send(place, token, body, **more)
        assert (sent.status_code, sentence in sent.json()["sentence"]) == (status, True), sent.content
    assert Client().get(place).status_code == 405
    assert not ProbeRun.objects.exists()
    assert not ProbeImport.objects.exists()


def test_an_endpoint_that_was_taken_out_takes_nothing(client, inside, owner, role, server):
    token, place = made(client, inside, role)
    endpoints.remove_endpoint(role, "It is switched off.", owner)
    sent = send(place, token, result_of(server.url))
    assert sent.status_code == 409
    assert "taken out" in sent.json()["sentence"]


def test_too_many_in_an_hour_are_put_off_and_do_not_hinder_others(client, inside, role, server, monkeypatch):
    monkeypatch.setattr(upload_tokens, "EACH_HOUR", 2)
    monkeypatch.setattr(upload_tokens, "WRONG_EACH_HOUR", 2)
    token, place = made(client, inside, role)
    second, _place = made(client, inside, role, "Second host")
    assert [send(place, "wrong", "{}").status_code for _ in range(3)] == [401, 401, 429]
    told = [send(place, token, "{}") for _ in range(3)]
    assert [one.status_code for one in told] == [422, 422, 429]
    assert 0 < int(told[2]["Retry-After"]) <= 3600
    assert send(place, second, "{}").status_code == 422
    UploadCount.objects.update(hour=timezone.now() - timedelta(hours=3))
    assert send(place, token, "{}").status_code == 422
    tasks.tidy()
    assert UploadCount.objects.count() == 1


def test_a_token_has_a_name_and_an_endpoint_has_not_many(client, inside, role):
    path = address("make_upload_token", inside, role.pk)
    for name in ("", "   "):
        refused = client.post(path, {"token-name": name})
        assert refused.status_code == 422
    for number in range(upload_tokens.MOST):
        made(client, inside, role, f"Host {number}")
    refused = client.post(path, {"token-name": "One more"})
    assert refused.status_code == 422
    assert "Revoke one that is not needed." in text(refused)
    assert 'value="One more"' in text(refused)


def test_tokens_of_others_are_not_found(client, owner, inside, role, strangers_scan):
    with scope(organisation=strangers_scan.organisation):
        theirs = role_at(strangers_scan, NOWHERE)
        row, _token = upload_tokens.make(theirs.endpoint, strangers_scan.created_by, "Theirs")
    assert client.post(address("make_upload_token", strangers_scan, theirs.pk), {"token-name": "x"}).status_code == 404
    assert client.post(address("revoke_upload_token", strangers_scan, theirs.pk, row.pk)).status_code == 404
    assert client.post(address("revoke_upload_token", inside, role.pk, row.pk)).status_code == 404
    with scope(organisation=strangers_scan.organisation):
        assert UploadToken.objects.get(pk=row.pk).revoked_at is None


def test_tokens_and_waiting_results_cost_the_page_no_query_each(client, inside, owner, role, server):
    counts, lists = [], []
    for number in range(4):
        row, _token = upload_tokens.make(role.endpoint, owner, f"Host {number}")
        carrying.bring(role.endpoint, owner, result_of(server.url).encode(), "r.json", token=row)
        with CaptureQueriesContext(connection) as seen:
            client.get(address("endpoint", inside, role.pk))
        counts.append(len(seen))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("inbox", args=[inside.organisation_id]))
        lists.append(len(seen))
    assert len(set(counts)) == len(set(lists)) == 1


def test_where_people_sign_in_a_token_needs_nobody_and_a_session_lends_nothing(
    client, inside, owner, role, server, served
):
    _row, token = upload_tokens.make(role.endpoint, owner, "Probe host")
    place = f"/upload/{role.endpoint_id}/"
    assert send(place, token, result_of(server.url)).status_code == 201
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(place, "{}", content_type="application/json").status_code == 401
    making = address("make_upload_token", inside, role.pk)
    assert Client().post(making, {"token-name": "x"}).status_code == 302
    assert UploadToken.objects.count() == 1


def test_behind_a_proxy_wrong_tries_count_by_who_sends_and_not_by_what_they_say(role, served, monkeypatch):
    monkeypatch.setattr(upload_tokens, "WRONG_EACH_HOUR", 1)
    served.PROXIES = 1
    place = f"/upload/{role.endpoint_id}/"

    def tried(passed: str) -> int:
        return send(place, "wrong", "{}", HTTP_X_FORWARDED_FOR=passed).status_code

    assert [tried("198.51.100.1"), tried("203.0.113.9, 198.51.100.1"), tried("198.51.100.2")] == [401, 429, 401]
    served.PROXIES = 0
    assert [tried("198.51.100.3"), tried("198.51.100.4")] == [401, 429]
    assert "198.51.100" not in everything_stored()


def run_prober(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "assessor.probes", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_the_prober_sends_by_itself_and_the_token_stands_nowhere(
    client, inside_scan, live_server, server, tmp_path, caplog, settings
):
    caplog.set_level(logging.DEBUG)
    from assessor.models import Assessment

    with scope(organisation=inside_scan.split("/")[2]):
        scan = Assessment.objects.get()
    with scope(organisation=scan.organisation):
        role = role_at(scan, server.url)
        token, place = made(client, scan, role)
        file = tmp_path / "token.txt"
        file.write_text(token + "\n")
        upload = ("--upload", live_server.url + place)
        first = run_prober(server.url, "--json", *upload, "--token-file", str(file))
        assert (first.returncode, first.stderr) == (
            0,
            "Sent: The result was added. It followed no signed plan, so it is added as unsigned.\n",
        )
        assert ProbeRun.objects.get().result == json.loads(first.stdout)
        server.recording.exchanges[:] = Recording.load("litellm_proxy").exchanges
        second = run_prober(server.url, *upload, ASSESSOR_UPLOAD_TOKEN=token)
        assert second.returncode == 0
        assert "things changed since the last probe" in second.stderr
        wrong = run_prober(server.url, *upload, ASSESSOR_UPLOAD_TOKEN="assessor-upload-wrong")
        assert wrong.returncode == 5
        assert "The result was not taken: This address takes nothing without a token" in wrong.stderr
        assert "Who answers" in wrong.stdout
        page = text(client.get(address("endpoint", scan, role.pk)))
    for text_of in (first.stdout, first.stderr, second.stdout, second.stderr, page, caplog.text, everything_stored()):
        assert token not in text_of
        assert token.removeprefix("assessor-upload-") not in text_of
    kept = [one for one in tmp_path.rglob("*") if one.is_file() and one != file]
    assert [one for one in kept if token.encode() in one.read_bytes()] == []


def test_the_prober_says_what_is_missing_before_it_sends_anything(server, tmp_path):
    empty, torn = tmp_path / "empty", tmp_path / "torn"
    empty.write_text("\n")
    torn.write_text("one two")
    cases = [
        (("--upload", "http://127.0.0.1:1/upload/x"), "--upload needs a token"),
        (("--upload", "http://127.0.0.1:1/u", "--token-file", str(tmp_path / "none")), "cannot be read"),
        (("--upload", "http://127.0.0.1:1/u", "--token-file", str(empty)), "holds no token"),
        (("--upload", "http://127.0.0.1:1/u", "--token-file", str(torn)), "holds no token"),
        (("--token-file", str(empty)), "belong to --upload"),
    ]
    for words, sentence in cases:
        ran = run_prober(server.url, *words)
        assert (ran.returncode, sentence in ran.stderr) == (2, True), ran.stderr
    assert server.asked == []
