"""A probe from consent to findings: what is sent, what is kept, what counts, and what is refused with which words."""

import socket
import threading

import pytest
from django.db import connection
from django.utils import timezone
from django_scopes import scope

from assessor import queries
from assessor.models import Endpoint, JobStatus, ProbeRun
from assessor.probes import engine
from assessor.probes.collect.guard import PolicyRefusal
from assessor.probes.result import ProbeResult, verify
from assessor.services import endpoints, probing, secrets
from assessor.services.endpoints import EndpointFacts, RemovalRefused
from assessor.services.policy import probe_policy
from assessor.services.probing import ProbeRefused
from assessor.services.secrets import SecretUnreadable
from tests.probes.replay import ReplayServer
from tests.services.canary import CANARY, everything_stored, tattler

# A port that may be asked; no test sends anything there.
NOWHERE = "http://127.0.0.1:9999"


@pytest.fixture
def deny(settings):
    """Forbid networks from now on, as an operator does by changing the environment and starting again."""

    def denied(*networks: str) -> None:
        settings.PROBE_DENY_CIDRS = list(networks)
        probe_policy.cache_clear()

    return denied


def codes(assessment) -> set[str]:
    """Return the codes of all findings that count."""
    return {finding.code for one in queries.probed_endpoints(assessment) for finding in one.findings}


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_probe_stores_its_findings_and_they_count(inside, register, probe):
    with ReplayServer("litellm_proxy") as server:
        run = probe(register(server.url, key_mode="once"), key=CANARY)
    assert server.asked
    assert server.hazards == []
    assert (run.status, run.outcome, run.attempt, run.error) == ("done", "completed", 1, "")
    result = ProbeResult.model_validate(run.result)
    assert verify(result)
    assert run.result_sha256 == result.sha256
    assert result.identity.product == "litellm"
    assert [row["code"] for row in run.findings] == [finding.code for finding in result.findings]
    assert codes(inside) == {finding.code for finding in result.findings} != set()


def test_nothing_is_sent_without_confirmed_authority(register, owner):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        with pytest.raises(ProbeRefused, match=r"Nothing was sent\. Confirm that you may test this endpoint"):
            probing.request_run(role.endpoint, owner, authority=False)
    assert server.asked == []
    assert not ProbeRun.objects.exists()


@pytest.mark.parametrize(
    "change", [{"allow_chat": True}, {"root_paths": True}, {"key_mode": "once"}, {"name": "Other"}]
)
def test_what_was_not_in_the_plan_that_was_agreed_to_is_not_sent(register, owner, change):
    with ReplayServer("llama_server") as server:
        role = register(server.url + "/v1")
        run = probing.request_run(role.endpoint, owner, authority=True)
        facts = {"name": "Ward", "url": server.url + "/v1", "part": "model"} | change
        endpoints.change_endpoint(role, EndpointFacts(**facts))
        probing.carry_out(run.pk)
        run.refresh_from_db()
        if "name" in change:
            assert run.status == "done"
        else:
            assert (run.status, server.asked) == ("failed", [])
            assert "changed after the plan was agreed to" in run.error


def test_who_confirmed_what_is_kept_with_the_run(register, owner):
    run = probing.request_run(register(NOWHERE).endpoint, owner, authority=True)
    assert run.requested_by == owner
    assert run.authority == "I own this endpoint or have its owner's permission to test it."
    assert run.target_url == NOWHERE


def test_the_key_lies_sealed_while_the_run_waits_and_is_erased_when_it_is_over(register, owner):
    with tattler() as (url, keys):
        role = register(url, key_mode="once")
        run = probing.request_run(role.endpoint, owner, authority=True, key=CANARY)
        assert run.sealed_key.startswith("v1:")
        assert CANARY not in everything_stored()
        probing.carry_out(run.pk)
    run.refresh_from_db()
    assert set(keys) == {CANARY}
    assert (run.status, run.sealed_key) == ("done", "")


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_a_server_that_repeats_the_key_does_not_get_it_stored(register, probe, caplog, tmp_path, header):
    caplog.set_level("DEBUG", logger="assessor")
    caplog.set_level("DEBUG", logger="django")
    with tattler() as (url, keys):
        run = probe(register(url, key_mode="once", key_header=header, allow_chat=True), key=CANARY)
    assert keys
    assert run.status == "done"
    assert CANARY not in everything_stored()
    assert CANARY not in caplog.text
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()]


def test_a_key_from_the_servers_environment_is_used_and_never_stored(register, probe, monkeypatch):
    monkeypatch.setenv("ASSESSOR_KEY_WARD", CANARY)
    with tattler() as (url, keys):
        run = probe(register(url, key_mode="reference", key_reference="ASSESSOR_KEY_WARD"))
    assert set(keys) == {CANARY}
    assert run.sealed_key == ""
    assert CANARY not in everything_stored()


def test_a_reference_to_a_foreign_variable_is_refused_before_anything_is_sent(register, owner):
    role = register(NOWHERE, key_mode="reference", key_reference="SECRET_KEY")
    with pytest.raises(SecretUnreadable, match="begins with ASSESSOR_KEY_"):
        probing.request_run(role.endpoint, owner, authority=True)


def test_an_endpoint_that_wants_a_key_is_not_probed_without_one(register, owner):
    role = register(NOWHERE, key_mode="once")
    with pytest.raises(ProbeRefused, match="wants a key, and none was given"):
        probing.request_run(role.endpoint, owner, authority=True)


def test_a_key_given_to_an_endpoint_without_one_is_not_kept(register, owner):
    run = probing.request_run(register(NOWHERE).endpoint, owner, authority=True, key=CANARY)
    assert run.sealed_key == ""


def test_a_key_sealed_for_another_endpoint_is_not_sent(register, owner):
    with ReplayServer("llama_server") as server:
        role = register(server.url, key_mode="once")
        run = probing.request_run(role.endpoint, owner, authority=True, key=CANARY)
        foreign = secrets.seal(CANARY, str(run.organisation_id), "another endpoint", "key")
        ProbeRun.objects.filter(pk=run.pk).update(sealed_key=foreign)
        probing.carry_out(run.pk)
    run.refresh_from_db()
    assert server.asked == []
    assert (run.status, run.sealed_key) == ("failed", "")
    assert run.error == "The key of this endpoint cannot be read any more. Enter it again."


def test_one_endpoint_is_probed_once_at_a_time(register, owner):
    role = register(NOWHERE)
    run = probing.request_run(role.endpoint, owner, authority=True)
    with pytest.raises(ProbeRefused, match="already under way"):
        probing.request_run(role.endpoint, owner, authority=True)
    probing.stop_run(run)
    assert probing.request_run(role.endpoint, owner, authority=True).status == JobStatus.QUEUED


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_start_one_probe(register, owner):
    role, start, refused = register(NOWHERE), threading.Barrier(4), []

    def click() -> None:
        start.wait(5)
        try:
            with scope(organisation=role.organisation):
                probing.request_run(role.endpoint, owner, authority=True)
        except ProbeRefused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (ProbeRun.objects.count(), len(refused)) == (1, 3)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://[fd00:ec2::254]/", "fd00:ec2::254"),
        ("http://0x7f000001/", ""),
        ("ftp://127.0.0.1/", "Only http:// and https://"),
        ("http://user:secret@127.0.0.1/", "Enter the key in its own field"),
        ("http://127.0.0.1:22/", "22"),
        ("not a url", ""),
    ],
)
def test_a_forbidden_url_is_refused_when_it_is_saved(register, url, why):
    with pytest.raises(PolicyRefusal) as refusal:
        register(url)
    assert why in str(refusal.value)
    assert refusal.value.reason
    assert not Endpoint.objects.exists()


def test_a_policy_that_changed_since_saving_is_held_when_the_probe_is_asked_for(register, owner, deny):
    role = register(NOWHERE)
    deny("127.0.0.0/8")
    with pytest.raises(PolicyRefusal, match=r"127\.0\.0\.1"):
        probing.request_run(role.endpoint, owner, authority=True)
    assert not ProbeRun.objects.exists()


def test_a_policy_that_changed_while_the_run_waited_is_held_when_it_is_carried_out(register, owner, deny):
    with ReplayServer("llama_server") as server:
        role = register(server.url, key_mode="once")
        run = probing.request_run(role.endpoint, owner, authority=True, key=CANARY)
        deny("127.0.0.0/8")
        probing.carry_out(run.pk)
    run.refresh_from_db()
    assert server.asked == []
    assert (run.status, run.outcome, run.sealed_key) == ("failed", "refused", "")
    assert "127.0.0.1" in run.error


def test_a_name_is_judged_by_where_it_leads_when_the_probe_runs(register, owner, deny):
    with ReplayServer("llama_server") as server:
        role = register(server.url.replace("127.0.0.1", "localhost"))
        deny("127.0.0.0/8", "::1/128")
        run = probing.request_run(role.endpoint, owner, authority=True)
        probing.carry_out(run.pk)
    run.refresh_from_db()
    assert server.asked == []
    assert (run.status, run.outcome) == ("failed", "refused")


def test_an_unreachable_server_could_not_be_tested_and_earlier_findings_stay(inside, register, probe):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        good = probe(role)
    counted = codes(inside)
    bad = probe(role)
    assert counted
    assert (good.status, bad.status, bad.outcome) == ("done", "failed", "unreachable")
    assert "Nothing answers" in bad.error
    assert codes(inside) == counted


def test_a_first_probe_that_reaches_nobody_gives_no_finding_at_all(inside, register, probe):
    run = probe(register(f"http://127.0.0.1:{unused_port()}"))
    assert run.status == "failed"
    assert ProbeResult.model_validate(run.result).unknown
    assert codes(inside) == set()


def test_findings_of_another_address_stop_counting(inside, register, probe):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        probe(role)
        facts = EndpointFacts(name="Ward", url=server.url + "/v2", part="model")
    assert codes(inside)
    endpoints.change_endpoint(role, facts)
    assert codes(inside) == set()
    endpoints.change_endpoint(role, EndpointFacts(name="Renamed", url=server.url, part="fallback"))
    assert codes(inside)


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("http://127.0.0.1:9999/v1", True),
        ("http://127.0.0.1:09999", True),
        ("http://127.0.0.1:9998", False),
        ("https://127.0.0.1:9999", False),
        ("http://127.0.0.2:9999", False),
    ],
    ids=["another path", "the same port", "another port", "another scheme", "another host"],
)
def test_a_key_of_this_server_does_not_follow_to_another_one(register, url, is_kept):
    role = register(NOWHERE, key_mode="reference", key_reference="ASSESSOR_KEY_WARD")
    facts = EndpointFacts("Ward", url, "model", key_mode="reference", key_reference="ASSESSOR_KEY_WARD")
    assert endpoints.change_endpoint(role, facts) is not is_kept
    role.refresh_from_db()
    expected = ("reference", "ASSESSOR_KEY_WARD") if is_kept else ("none", "")
    assert (role.endpoint.key_mode, role.endpoint.key_reference) == expected


@pytest.mark.parametrize("header", ["Host", "X-Original-URL", "X-HTTP-Method-Override", "Cookie"])
def test_a_header_that_steers_the_request_is_refused_when_it_is_saved(inside, register, header):
    with pytest.raises(PolicyRefusal, match=header):
        register(NOWHERE, key_header=header)
    role = register(NOWHERE)
    with pytest.raises(PolicyRefusal, match=header):
        endpoints.change_endpoint(role, EndpointFacts("Ward", NOWHERE, "model", key_header=header))


def test_operator_restricts_names_ports_and_reach(settings, register):
    settings.PROBE_DENY_HOSTS, settings.PROBE_PORTS, settings.PROBE_REACH = ["*.evil.example"], [443, 9999], ["public"]
    probe_policy.cache_clear()
    for url, kind in (
        ("https://a.evil.example", "host"),
        ("https://good.example:8443", "port"),
        ("http://127.0.0.1:9999", "address"),
    ):
        with pytest.raises(PolicyRefusal) as refusal:
            register(url)
        assert refusal.value.kind == kind
    settings.PROBE_REACH = []
    probe_policy.cache_clear()
    with pytest.raises(PolicyRefusal):
        register("https://1.1.1.1")
    settings.PROBE_DENY_HOSTS, settings.PROBE_PORTS, settings.PROBE_REACH = [], [], None
    probe_policy.cache_clear()


def test_a_change_to_a_forbidden_url_changes_nothing(register):
    role = register(NOWHERE)
    with pytest.raises(PolicyRefusal):
        endpoints.change_endpoint(role, EndpointFacts(name="New", url="http://169.254.169.254", part="tools"))
    role.refresh_from_db()
    assert (role.endpoint.url, role.endpoint.name, role.part) == (NOWHERE, "Ward", "model")


def test_taking_an_endpoint_out_needs_a_reason_and_ends_its_findings(inside, register, probe, owner):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        probe(role)
    for empty in ("", "  \n"):
        with pytest.raises(RemovalRefused, match="needs a reason"):
            endpoints.remove_endpoint(role, empty, owner)
    assert codes(inside)
    endpoints.remove_endpoint(role, " Switched off in May ", owner)
    role.refresh_from_db()
    assert (role.removed_because, role.removed_by) == ("Switched off in May", owner)
    assert role.removed_at <= timezone.now()
    assert codes(inside) == set()


def test_a_run_that_is_stopped_sends_nothing_more_and_stays_stopped(register, owner, monkeypatch):
    with ReplayServer("llama_server") as server:
        run = probing.request_run(register(server.url).endpoint, owner, authority=True)
        real = engine.Progress

        def progress(stage: int, done: int, total: int, doing: str) -> engine.Progress:
            if done == 3:
                probing.stop_run(run)
            return real(stage, done, total, doing)

        monkeypatch.setattr(engine, "Progress", progress)
        probing.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.result, run.findings) == (JobStatus.CANCELLED, None, [])
    assert len(server.asked) <= 4


def test_a_disc_that_is_full_fails_the_run_with_a_sentence(register, owner, monkeypatch):
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    run = probing.request_run(register(NOWHERE, key_mode="once").endpoint, owner, authority=True, key="k")
    monkeypatch.setattr(probing.tempfile, "TemporaryDirectory", full)
    probing.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.sealed_key) == ("failed", "")
    assert run.error == "The probe could not be carried out on this computer: No space left on device."
