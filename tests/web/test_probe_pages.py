"""Registering endpoints and probing them, as a person sees it on the pages."""

import json

import pytest
from django.urls import reverse

from assessor.management import background
from assessor.models import Endpoint, EndpointRole, ProbeRun
from assessor.services import probing
from assessor.services.policy import probe_policy
from tests.probes.replay import ReplayServer
from tests.services.canary import CANARY, everything_stored, tattler

HTMX = {"HTTP_HX_REQUEST": "true"}
FIELDS = {"name": "Ward model", "part": "model", "key_mode": "none", "key_header": "Authorization"}
NOWHERE = "http://127.0.0.1:9999"


@pytest.fixture(autouse=True)
def _policy_of_this_test():
    probe_policy.cache_clear()
    yield
    probe_policy.cache_clear()


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def register(client, assessment, url=NOWHERE, **fields) -> EndpointRole:
    """Register an endpoint by its form."""
    response = client.post(address("new_endpoint", assessment), FIELDS | {"url": url} | fields)
    assert response.status_code == 302, response.content.decode()
    return EndpointRole.objects.get(endpoint__url=url)


def start(client, assessment, role, **fields) -> ProbeRun:
    """Start a probe by its form, and have it carried out."""
    response = client.post(address("start_probe", assessment, role.pk), {"authority": "yes"} | fields)
    assert response.status_code == 302, response.content.decode()
    run = ProbeRun.objects.get(endpoint=role.endpoint)
    assert response.headers["Location"] == address("probe", assessment, role.pk, run.pk)
    probing.carry_out(run.pk)
    run.refresh_from_db()
    return run


def text(response) -> str:
    return response.content.decode()


def test_an_address_that_is_registered_is_refused_beside_its_field_and_stays_typed(client, inside):
    register(client, inside)
    again = client.post(address("new_endpoint", inside), FIELDS | {"name": "Twin", "url": f"{NOWHERE}/"})
    page = again.content.decode()
    assert again.status_code == 422
    assert "“Ward model” has this address already, for the same workload and in the same role." in page
    assert f'value="{NOWHERE}/"' in page
    assert EndpointRole.objects.count() == 1


def test_without_endpoints_the_page_says_what_to_register(client, inside):
    page = text(client.get(address("endpoints", inside)))
    assert "No endpoint registered" in page
    assert address("new_endpoint", inside) in page


def test_both_stages_of_the_plan_are_shown_before_consent_is_asked_for(client, inside):
    with ReplayServer("llama_server") as server:
        role = register(client, inside, server.url)
        page = text(client.get(address("endpoint", inside, role.pk)))
    assert server.asked == []
    first, second, consent = (
        page.index(words) for words in ("First stage: always", "Second stage", "permission to test it")
    )
    assert first < second < consent
    assert "GET /v1/models" in page
    assert page.count("<tr>") > 14
    assert "Only if" in page


def test_without_the_tick_nothing_is_sent_and_the_page_says_so(client, inside):
    with ReplayServer("llama_server") as server:
        role = register(client, inside, server.url)
        response = client.post(address("start_probe", inside, role.pk), {"key": CANARY})
    page = text(response)
    assert response.status_code == 422
    assert "Nothing was sent. Confirm that you may test this endpoint" in page
    assert "First stage: always" in page
    assert CANARY not in page
    assert server.asked == []
    assert not ProbeRun.objects.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("file:///etc/passwd", "Only http:// and https:// addresses can be probed."),
        ("http://user:pw@127.0.0.1/", "Enter the key in its own field."),
        ("http://127.0.0.1:25", "Port 25"),
        ("http://127.0.0.1:8080/?key=x", "A base URL has no “?”"),
    ],
)
def test_a_forbidden_url_is_refused_at_its_field_and_what_was_typed_stays(client, inside, url, words):
    typed = {"name": "My <b>name</b>", "url": url, "part": "tools", "key_mode": "reference"}
    typed |= {"key_header": "x-own-key", "key_reference": "ASSESSOR_KEY_WARD", "ca_pem": "-----BEGIN"}
    response = client.post(address("new_endpoint", inside), typed)
    page = text(response)
    assert response.status_code == 422
    assert words in page
    assert page.index('id="id_url') > 0
    assert "My &lt;b&gt;name&lt;/b&gt;" in page
    for kept in ('value="x-own-key"', 'value="ASSESSOR_KEY_WARD"', "-----BEGIN", 'value="tools" selected'):
        assert kept in page
    assert not Endpoint.objects.exists()


def test_a_policy_that_changed_meanwhile_is_said_on_the_page_of_the_endpoint(client, inside, settings):
    role = register(client, inside)
    settings.PROBE_DENY_CIDRS = ["127.0.0.0/8"]
    probe_policy.cache_clear()
    response = client.post(address("start_probe", inside, role.pk), {"authority": "yes"})
    assert response.status_code == 422
    assert "127.0.0.1" in text(response)
    assert not ProbeRun.objects.exists()


@pytest.mark.parametrize("missing", ["name", "url", "part"])
def test_a_missing_field_is_named(client, inside, missing):
    response = client.post(address("new_endpoint", inside), FIELDS | {"url": NOWHERE} | {missing: ""})
    assert response.status_code == 422
    assert "This field is required" in text(response)


def test_findings_are_shown_with_their_evidence_and_handed_out_as_json(client, inside):
    with ReplayServer("litellm_proxy") as server:
        run = start(client, inside, role := register(client, inside, server.url))
    page = text(client.get(address("probe", inside, role.pk, run.pk)))
    for words in ("LiteLLM", "Findings", "seen in", "What was sent, and what came back", run.result_sha256):
        assert words in page
    response = client.get(address("probe_json", inside, role.pk, run.pk))
    assert json.loads(response.content) == run.result
    assert response.headers["Content-Disposition"] == f'attachment; filename="probe-{run.pk}.json"'
    assert "LiteLLM" in text(client.get(address("report", inside)))


@pytest.mark.django_db(transaction=True)
def test_the_worker_takes_the_probe_from_the_queue(client, inside):
    with ReplayServer("llama_server") as server:
        role = register(client, inside, server.url)
        response = client.post(address("start_probe", inside, role.pk), {"authority": "yes"})
        assert "Waiting for the worker" in text(client.get(response.headers["Location"]))
        background.work(until_empty=True)
    page = client.get(response.headers["Location"], **HTMX)
    assert page.status_code == 286
    assert "llama.cpp" in text(page)
    assert "<html" not in text(page)


def test_the_canary_key_is_on_no_page_and_in_no_row(client, inside):
    with tattler() as (url, keys):
        role = register(client, inside, url, key_mode="once", allow_chat="on")
        run = start(client, inside, role, key=f"  {CANARY} ")
    assert set(keys) == {CANARY}
    assert run.status == "done"
    names = ["assessment", "endpoints", "report", "report_json", "reports"]
    pages = [text(client.get(address(name, inside))) for name in names]
    pages += [text(client.get(address(name, inside, role.pk))) for name in ("endpoint", "change_endpoint")]
    pages += [text(client.get(address(name, inside, role.pk, run.pk))) for name in ("probe", "probe_json")]
    assert CANARY not in "\n".join(pages)
    assert CANARY not in everything_stored()


def test_a_key_that_is_missing_is_asked_for_again(client, inside):
    role = register(client, inside, key_mode="once")
    assert 'type="password"' in text(client.get(address("endpoint", inside, role.pk)))
    response = client.post(address("start_probe", inside, role.pk), {"authority": "yes", "key": "  "})
    assert response.status_code == 422
    assert "This endpoint wants a key, and none was given. Enter the key" in text(response)


def test_an_unreachable_server_could_not_be_tested_which_is_no_finding(client, inside):
    run = start(client, inside, role := register(client, inside))
    page = text(client.get(address("probe", inside, role.pk, run.pk)))
    assert "The probe could not test this endpoint." in page
    assert "Nothing answers at this address and port." in page
    assert "lowers no answer" in page
    assert "Failed" in text(client.get(address("endpoints", inside)))


def test_a_running_probe_shows_how_far_it_is_and_can_be_stopped(client, inside, owner):
    role = register(client, inside, key_mode="once")
    run = probing.request_run(role.endpoint, owner, authority=True, key=CANARY)
    progress = {"stage": 1, "done": 3, "total": 14, "doing": "Which models are offered"}
    ProbeRun.objects.filter(pk=run.pk).update(status="running", attempt=1, progress=progress)
    where = address("probe", inside, role.pk, run.pk)
    page = client.get(where, **HTMX)
    assert page.status_code == 200
    assert "Which models are offered" in text(page)
    assert "3 / 14" in text(page)
    assert 'hx-trigger="every 1s"' in text(page)
    client.post(address("stop_probe", inside, role.pk, run.pk))
    stopped = client.get(where, **HTMX)
    assert stopped.status_code == 286
    assert "This probe was stopped." in text(stopped)
    run.refresh_from_db()
    assert run.sealed_key == ""
    assert client.get(address("probe_json", inside, role.pk, run.pk)).status_code == 404


def test_a_second_probe_at_the_same_time_is_refused(client, inside, owner):
    role = register(client, inside)
    probing.request_run(role.endpoint, owner, authority=True)
    response = client.post(address("start_probe", inside, role.pk), {"authority": "yes"})
    assert response.status_code == 422
    assert "already under way" in text(response)


def test_changing_the_address_is_saved_and_said(client, inside):
    role = register(client, inside)
    where = address("change_endpoint", inside, role.pk)
    assert f'value="{NOWHERE}"' in text(client.get(where))
    page = client.post(where, FIELDS | {"url": "http://127.0.0.1:9998", "part": "safety"}, follow=True)
    assert "Findings of another address no longer count." in text(page)
    assert "http://127.0.0.1:9998" in text(page)
    refused = client.post(where, FIELDS | {"url": "http://169.254.169.254"})
    assert refused.status_code == 422
    role.endpoint.refresh_from_db()
    assert role.endpoint.url == "http://127.0.0.1:9998"


def test_taking_an_endpoint_out_needs_a_reason_which_the_report_prints(client, inside):
    role = register(client, inside)
    where = address("remove_endpoint", inside, role.pk)
    refused = client.post(where, {"reason": "   "})
    assert refused.status_code == 422
    assert "Taking an endpoint out needs a reason." in text(refused)
    assert client.post(where, {"reason": "Replaced by the new gateway"}).status_code == 302
    assert "Replaced by the new gateway" in text(client.get(address("endpoints", inside)))
    assert "Replaced by the new gateway" in text(client.get(address("report", inside)))


@pytest.mark.parametrize("name", ["endpoint", "change_endpoint", "remove_endpoint"])
def test_an_endpoint_of_another_assessment_is_not_found(client, inside, strangers_scan, name):
    role = register(client, inside)
    assert client.get(address(name, strangers_scan, role.pk)).status_code == 404


@pytest.mark.parametrize("name", ["start_probe", "stop_probe"])
def test_what_changes_something_answers_to_post_only(client, inside, owner, name):
    role = register(client, inside)
    run = probing.request_run(role.endpoint, owner, authority=True)
    more = [role.pk, run.pk] if name == "stop_probe" else [role.pk]
    assert client.get(address(name, inside, *more)).status_code == 405


def test_the_page_keeps_law_processing_and_registration_apart_and_names_their_sources(client, inside):
    with ReplayServer("litellm_proxy") as server:
        role = register(client, inside, server.url)
        run = start(client, inside, role)
    result = dict(run.result)
    result["attribution"] = {
        "law": [
            {
                "role": "behind",
                "operator": "Anthropic",
                "controlled_by": "Anthropic PBC",
                "country": "US",
                "source": "its imprint",
                "date": "2026-11-21",
            }
        ],
        "addresses": [{"address": "47.88.1.1", "number": 45102, "network": "Alibaba Cloud", "countries": ["CN", "US"]}],
        "table_date": "2026-09-16",
        "table_source": "a <table> of networks",
    }
    facts = {
        "name": "<b>Kimi K2.6</b>",
        "maker": "Moonshot AI",
        "origin": "CN",
        "weights": "open",
        "data": "closed",
        "licence": "Modified MIT",
        "memory_gb": [550, 800],
        "general": ["data"],
        "source": "its card",
        "date": "2026-11-21",
    }
    result["models"] = [{"id": "kimi-k2.6", "facts": facts}]
    ProbeRun.objects.filter(pk=run.pk).update(result=result)
    page = text(client.get(address("probe", inside, role.pk, run.pk)))
    heads = [
        page.index(words)
        for words in (
            "Whose law reaches the operator",
            "Where requests are processed",
            "Where the address is registered",
        )
    ]
    assert heads == sorted(heads)
    assert "stands behind: Anthropic (Anthropic PBC), US" in page
    assert "registered in CN, US; tables differ on the country" in page
    assert "table of networks of 2026-09-16 (a &lt;table&gt; of networks)" in page
    assert "&lt;b&gt;Kimi K2.6&lt;/b&gt;, Moonshot AI, CN" in page
    assert "weights: open" in page
    assert "training data: closed*" in page
    assert "accelerator memory: 550 to 800 GB" in page
    assert "its card, 2026-11-21" in page
    assert "its imprint, 2026-11-21" in page
    assert "generally known, not looked up" in page


def test_a_page_of_a_probe_without_these_facts_shows_no_empty_heads(client, inside):
    with ReplayServer("llama_server") as server:
        role = register(client, inside, server.url)
        run = start(client, inside, role)
    page = text(client.get(address("probe", inside, role.pk, run.pk)))
    assert "Whose law" not in page
    assert "What is known of models" not in page


def test_a_table_of_networks_that_cannot_be_read_is_said_at_start(settings, tmp_path):
    from assessor.checks import networks_can_be_read

    assert networks_can_be_read() == []
    settings.PROBE_NETWORKS = tmp_path / "wrong.tsv"
    settings.PROBE_NETWORKS.write_text("no table\n")
    (error,) = networks_can_be_read()
    assert error.id == "assessor.E002"
    assert "wrong.tsv, line 1" in error.msg


def test_a_client_certificate_is_named_on_the_page_and_a_wrong_name_is_refused_there(
    client, inside, settings, tmp_path
):
    settings.CLIENT_CERTIFICATES_DIR = tmp_path
    (tmp_path / "ward.pem").write_text("x")
    given = {"name": "Ward", "url": "https://127.0.0.1:9443", "part": "model", "key_mode": "none"}
    where = address("new_endpoint", inside)
    refused = client.post(where, given | {"client_certificate": "../gone.pem"})
    assert refused.status_code == 422
    assert "is not a name a client certificate may have" in text(refused)
    # Nothing typed is lost.
    assert "../gone.pem" in text(refused)
    assert "https://127.0.0.1:9443" in text(refused)
    client.post(where, given | {"client_certificate": "ward.pem"})
    role = EndpointRole.objects.get()
    assert "--client-cert FILE" in text(client.get(address("endpoint", inside, role.pk)))
    moved = given | {"client_certificate": "ward.pem", "url": "https://127.0.0.1:9444"}
    page = client.post(address("change_endpoint", inside, role.pk), moved, follow=True)
    assert "Its key or certificate was taken out" in text(page)
