"""A key that is stored: sealed for one endpoint of one organisation, sent to it, shown to nobody, sealed anew in time."""

import io
import logging
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.models import AuditEvent, Endpoint, ProbeRun
from assessor.reports import pdf, viewmodel
from assessor.services import (
    endpoint_keys,
    endpoints,
    health,
    keyring,
    probing,
    reporting,
    resealing,
    schedules,
    secrets,
)
from assessor.services.endpoint_keys import KeyRefused
from assessor.services.endpoints import EndpointFacts
from assessor.services.secrets import SecretUnreadable
from tests.probes.replay import ReplayServer
from tests.services.canary import CANARY, backed_up, everything_stored, inside_pdf, tattler

NOWHERE = "http://127.0.0.1:9999"


@pytest.fixture
def stored(register):
    """An endpoint that stores the canary."""
    return register(NOWHERE, key_mode="stored", key=CANARY)


def facts(**more):
    return EndpointFacts(**{"name": "Ward", "url": NOWHERE, "part": "model", "key_mode": "stored"} | more)


def sent_by(endpoint):
    return endpoint_keys.given_to_prober(endpoint, "", "")


def kinds(prefix):
    with scopes_disabled():
        return list(
            AuditEvent.objects.filter(kind__startswith=prefix).order_by("sequence").values_list("kind", flat=True)
        )


def test_a_stored_key_is_sent_run_after_run_and_kept_sealed(register, probe):
    with tattler() as (url, keys):
        role = register(url, key_mode="stored", key=CANARY)
        for _ in range(2):
            assert probe(role).status == "done"
    role.endpoint.refresh_from_db()
    assert set(keys) == {CANARY}
    assert role.endpoint.sealed_key.startswith("v1:")
    assert role.endpoint.sealed_key_ending == CANARY[-4:]
    assert CANARY not in everything_stored()
    assert not ProbeRun.objects.exclude(sealed_key="").exists()


def test_the_key_is_in_no_database_log_page_export_or_backup(client, inside, register, probe, owner, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    with tattler() as (url, _keys):
        role = register(url, key_mode="stored", key=CANARY, allow_chat=True)
        probe(role)
        where = [inside.organisation_id, inside.pk]
        pages = [
            reverse("endpoint", args=[*where, role.pk]),
            reverse("change_endpoint", args=[*where, role.pk]),
            reverse("endpoints", args=where),
            reverse("report", args=where),
            reverse("report_json", args=where),
            reverse("inventory", args=where),
            reverse("audit", args=where[:1]),
            reverse("audit_file", args=[where[0], "json"]),
            *(reverse("export", args=[*where, kind]) for kind in ("yaml", "json", "csv", "sovpack", "xlsx")),
        ]
        # A server's own answer may hold what it was sent; nothing of that is kept either.
        bodies = []
        for path in pages:
            answer = client.get(path)
            assert answer.status_code == 200, path
            bodies.append(b"".join(answer.streaming_content) if answer.streaming else answer.content)
        for body in list(bodies):
            if body.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(body)) as members:
                    bodies += [members.read(name) for name in members.namelist()]
        source, _card = reporting.report_input(inside)
        printed = inside_pdf(pdf.make_pdf(viewmodel.build(source)))
        # What is looked through is the report: the endpoint and its findings stand in it.
        assert url.encode() in printed
        bodies.append(printed)
    role.endpoint.refresh_from_db()
    sealed = role.endpoint.sealed_key
    assert f"set, ends …{CANARY[-4:]}" in bodies[0].decode()
    for body in bodies:
        assert CANARY.encode() not in body
        assert sealed.encode() not in body
    assert CANARY not in everything_stored()
    assert CANARY not in caplog.text
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()]


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_the_sealed_text_and_neither_the_key_nor_what_opens_it(register, stored, tmp_path):
    raw = backed_up(tmp_path)
    if connection.vendor == "sqlite":
        assert stored.endpoint.sealed_key.encode() in raw
    line = keyring.at_hand()[0].line
    assert CANARY.encode() not in raw
    assert line.partition(":")[2].encode() not in raw


def test_the_form_takes_a_key_and_never_gives_it_back(client, inside):
    where = [inside.organisation_id, inside.pk]
    typed = {"name": "Ward", "url": NOWHERE, "part": "model", "key_mode": "stored", "key_header": "x-api-key"}
    page = client.post(reverse("new_endpoint", args=where), typed).content.decode()
    assert "No key was given to store. Enter the key" in page
    refused = client.post(reverse("new_endpoint", args=where), typed | {"url": "file:///x", "key": CANARY})
    assert refused.status_code == 422
    assert CANARY not in refused.content.decode()
    idle = client.post(reverse("new_endpoint", args=where), typed | {"key_mode": "once", "key": CANARY})
    assert "A key was typed that is not to be stored." in idle.content.decode()
    assert not Endpoint.objects.exists()
    client.post(reverse("new_endpoint", args=where), typed | {"key": f" {CANARY}\t"})
    endpoint = Endpoint.objects.get()
    assert sent_by(endpoint) == CANARY
    role = endpoint.roles.get()
    change = reverse("change_endpoint", args=[*where, role.pk])
    page = client.get(change).content.decode()
    assert "A key is stored. Leave this empty to keep it" in page
    assert CANARY not in page
    assert endpoint.sealed_key not in page
    client.post(change, typed | {"name": "Renamed"})
    endpoint.refresh_from_db()
    assert (endpoint.name, sent_by(endpoint)) == ("Renamed", CANARY)
    client.post(change, typed | {"key": "another-key-of-the-ward"})
    endpoint.refresh_from_db()
    assert (sent_by(endpoint), endpoint.sealed_key_ending) == ("another-key-of-the-ward", "ward")
    assert kinds("key.") == ["key.set", "key.changed"]
    conflict = client.post(change, typed | {"key": CANARY, "name": "Mine", "shown": "an older page"}).content.decode()
    assert "Mine" in conflict
    assert CANARY not in conflict
    assert CANARY not in everything_stored()


@pytest.mark.parametrize("key", ["x" * 4097, "two\nlines", "schlüssel", "\x00", "a\tb"])
def test_what_is_no_key_is_refused_without_repeating_it(register, key):
    with pytest.raises(KeyRefused, match="printable ASCII") as refusal:
        register(NOWHERE, key_mode="stored", key=key)
    assert key not in str(refusal.value)


def test_of_a_short_key_no_letters_are_shown(register):
    assert register(NOWHERE, key_mode="stored", key="sk-12345").endpoint.sealed_key_ending == ""


@pytest.mark.parametrize("mode", ["none", "once", "reference"])
def test_another_way_to_keep_the_key_erases_the_stored_one(stored, mode):
    endpoints.change_endpoint(stored, facts(key_mode=mode))
    stored.endpoint.refresh_from_db()
    assert (stored.endpoint.sealed_key, stored.endpoint.sealed_key_ending) == ("", "")


@pytest.mark.parametrize("url", ["https://127.0.0.1:9999", "http://localhost:9999", "http://127.0.0.1:9998"])
def test_the_stored_key_does_not_follow_to_another_server(stored, url):
    assert endpoints.change_endpoint(stored, facts(url=url)) is True
    stored.endpoint.refresh_from_db()
    assert (stored.endpoint.key_mode, stored.endpoint.sealed_key) == ("none", "")
    assert kinds("key.") == ["key.set", "key.removed"]


def test_a_path_below_the_same_server_keeps_it_and_a_new_key_goes_with_a_new_server(stored):
    assert endpoints.change_endpoint(stored, facts(url=NOWHERE + "/v1")) is False
    assert sent_by(Endpoint.objects.get()) == CANARY
    assert endpoints.change_endpoint(stored, facts(url="http://127.0.0.1:9998", key="a-key-of-the-new-one")) is False
    assert sent_by(Endpoint.objects.get()) == "a-key-of-the-new-one"


def test_a_sealed_text_copied_to_another_endpoint_or_organisation_or_field_is_not_sent(
    stored, register, owner, strangers_scan
):
    sealed = stored.endpoint.sealed_key
    with ReplayServer("llama_server") as server:
        thief = register(server.url, name="Thief", key_mode="stored", key="mine")
        Endpoint.objects.filter(pk=thief.endpoint_id).update(sealed_key=sealed)
        thief.endpoint.refresh_from_db()
        with pytest.raises(SecretUnreadable, match=r"cannot be read any more\. Enter it again\."):
            probing.request_run(thief.endpoint, owner, authority=True)
    assert server.asked == []
    with scopes_disabled():
        moved = Endpoint.objects.get(pk=stored.endpoint_id)
        moved.organisation = strangers_scan.organisation
    with pytest.raises(SecretUnreadable):
        sent_by(moved)
    run = ProbeRun(organisation=stored.organisation, endpoint=stored.endpoint, sealed_key=sealed)
    stored.endpoint.key_mode = "once"
    with pytest.raises(SecretUnreadable):
        endpoint_keys.given_to_prober(stored.endpoint, run.sealed_key, "key")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-5], "cannot be read any more"),
        (lambda text: text[:20], "cannot be read any more"),
        (lambda text: f"v1:k-gone:{text.split(':')[2]}", "sealed with the key “k-gone”, which this installation"),
        (lambda text: CANARY, "cannot be read any more"),
    ],
)
def test_a_text_nobody_can_open_is_a_sentence_and_never_the_key(stored, owner, client, damage, words):
    Endpoint.objects.update(sealed_key=damage(stored.endpoint.sealed_key))
    where = [stored.organisation_id, stored.assessment_id, stored.pk]
    answer = client.post(reverse("start_probe", args=where), {"authority": "yes"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ProbeRun.objects.exists()
    found = resealing.count()
    assert (found.sealed, found.stale, found.unreadable) == (1, 0, 1)
    states = {one.about: one for one in health.examine()}
    assert states["Stored keys"].state is health.State.WRONG


def test_a_key_file_that_is_gone_or_open_to_others_fails_the_run_with_a_sentence(register, owner, tmp_path):
    with ReplayServer("llama_server") as server:
        role = register(server.url, key_mode="stored", key=CANARY)
        run = probing.request_run(role.endpoint, owner, authority=True)
        (tmp_path / "sealing-key").chmod(0o644)
        probing.carry_out(run.pk)
        run.refresh_from_db()
        assert run.status == "failed"
        assert "is open to others (mode 0644)" in run.error
        (tmp_path / "sealing-key").unlink()
        with pytest.raises(SecretUnreadable, match="which this installation does not have"):
            probing.request_run(role.endpoint, owner, authority=True)
    assert server.asked == []


def test_a_key_sealed_for_one_run_is_gone_after_a_failure(register, owner, tmp_path):
    role = register(NOWHERE, key_mode="once")
    run = probing.request_run(role.endpoint, owner, authority=True, key=CANARY)
    (tmp_path / "sealing-key").chmod(0o644)
    probing.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.sealed_key) == ("failed", "")


def test_an_endpoint_with_a_stored_key_is_probed_again_by_itself(stored, owner):
    last = timezone.localdate() + timedelta(days=9)
    assert schedules.agree(stored.endpoint, owner, authority=True, every_hours=24, ends_on=last).ended_at is None


def test_rotation_seals_everything_anew_and_counts_what_it_cannot(stored, register, owner, capsys):
    other = register("http://127.0.0.1:9998", name="Other", key_mode="stored", key="another-key-of-the-ward")
    waiting = register("http://127.0.0.1:9997", name="Waiting", key_mode="once")
    probing.request_run(waiting.endpoint, owner, authority=True, key="key-for-this-run")
    old = keyring.at_hand()[0].ident
    made = keyring.add_new().ident
    assert resealing.count() == resealing.Counted(sealed=3, stale=3, unreadable=0)
    assert {one.about: one.state for one in health.examine()}["Stored keys"] is health.State.LOOK
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert f"Sealed 3 anew with the key {made}." in said
    assert "3 sealed, 0 stale, 0 unreadable." in said
    assert f"Nothing here is sealed with {old} any more." in said
    call_command("rotate_keys")
    assert "Sealed 0 anew" in capsys.readouterr().out
    Endpoint.objects.filter(pk=other.endpoint_id).update(sealed_key="v1:k-gone:AAAA")
    with pytest.raises(SystemExit):
        call_command("rotate_keys", new=True)
    said = capsys.readouterr().out
    assert "3 sealed, 0 stale, 1 unreadable." in said
    assert CANARY not in said
    assert sent_by(Endpoint.objects.get(pk=stored.endpoint_id)) == CANARY
    assert kinds("keys.") == ["keys.rotated"] * 3


def test_a_rotation_that_was_broken_off_is_finished_by_the_next(stored, register, monkeypatch):
    register("http://127.0.0.1:9998", name="Other", key_mode="stored", key="another-key-of-the-ward")
    keyring.add_new()
    seal, sealed = secrets.seal, []

    def dies_at_the_second(*words):
        sealed.append(1)
        if len(sealed) == 2:
            raise KeyboardInterrupt
        return seal(*words)

    monkeypatch.setattr(secrets, "seal", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        resealing.reseal()
    monkeypatch.undo()
    assert resealing.count() == resealing.Counted(sealed=2, stale=1, unreadable=0)
    assert resealing.reseal() == (1, 0)
    assert resealing.count() == resealing.Counted(sealed=2, stale=0, unreadable=0)
    assert sorted(sent_by(one) for one in Endpoint.objects.all()) == ["another-key-of-the-ward", CANARY]


def test_a_key_entered_while_keys_are_rotated_stays(stored, monkeypatch):
    keyring.add_new()
    unseal = secrets.unseal

    def meanwhile(text, *bound_to):
        opened = unseal(text, *bound_to)
        newer = secrets.seal("entered-meanwhile-by-hand", *bound_to)
        Endpoint.objects.filter(pk=stored.endpoint_id).update(sealed_key=newer)
        return opened

    monkeypatch.setattr(secrets, "unseal", meanwhile)
    assert resealing.reseal() == (0, 0)
    monkeypatch.undo()
    assert sent_by(Endpoint.objects.get()) == "entered-meanwhile-by-hand"


def test_keys_of_the_environment_are_rotated_by_the_operator(stored, settings, capsys):
    old = keyring.at_hand()[0]
    settings.SEALING_KEYS = old.line
    with pytest.raises(CommandError, match="which this command cannot change"):
        call_command("rotate_keys", new=True)
    call_command("rotate_keys", print_new=True)
    settings.SEALING_KEYS = f"{capsys.readouterr().out.strip()} , {old.line}"
    call_command("rotate_keys")
    assert "1 sealed, 0 stale, 0 unreadable." in capsys.readouterr().out
    assert sent_by(Endpoint.objects.get()) == CANARY


def test_no_key_shows_in_what_describes_its_holder(stored):
    assert CANARY not in repr(facts(key=CANARY))
    assert CANARY not in repr(vars(stored.endpoint))
