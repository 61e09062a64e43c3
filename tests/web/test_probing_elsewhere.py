"""Plans, results that come back, lists, consent to probe again, and what changed: as a person sees it on the pages."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from assessor.models import Endpoint, EndpointRole, ProbeImport, ProbePlan, ProbeRun, ProbeSchedule
from assessor.probes import patience, plan_file
from assessor.probes.drift import Drift
from assessor.probes.target import Policy, Target
from assessor.services import carrying, endpoints, probing
from assessor.services.endpoints import EndpointFacts
from tests.probes.replay import Recording, ReplayServer

# Files that go out and come back: the same on either database.
pytestmark = pytest.mark.once

NOWHERE = "http://127.0.0.1:9999"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def server():
    with ReplayServer("llama_server") as one:
        yield one


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


def role_at(assessment, url, **facts) -> EndpointRole:
    return endpoints.register_endpoint(
        assessment, EndpointFacts(**{"name": "Ward", "url": url, "part": "model"} | facts)
    )


def file(content: bytes | str, name="result.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def result_of(url: str, plan: dict | None = None) -> str:
    mark = plan_file.PlanFile.model_validate(plan).mark if plan else None
    result = patience.run(Target(url), Policy(), plan=mark, vantage=HOSTILE, retries=0)
    return json.dumps(result.model_dump(mode="json"))


def test_a_plan_goes_out_and_its_result_comes_back(client, inside, server):
    role = role_at(inside, server.url)
    page = address("endpoint", inside, role.pk)
    assert "Carry the probe into a closed room" in text(client.get(page))
    made = client.post(address("make_plan", inside, role.pk), {"plan-days": 7, "plan-authority": "on"}, follow=True)
    plan = ProbePlan.objects.get()
    link = address("plan_file", inside, role.pk, plan.pk)
    assert link in text(made)
    handed = client.get(link)
    assert handed["Content-Disposition"].startswith("attachment")
    document = json.loads(handed.content)
    bring = address("bring_result", inside, role.pk)
    looked = client.post(bring, {"file": file(result_of(server.url, document))}, follow=True)
    assert "What this result adds" in text(looked)
    assert "a plan that this installation signed" in text(looked)
    assert "llama.cpp server answers at the door" in text(looked)
    assert HOSTILE not in text(looked)
    assert not ProbeRun.objects.exists()
    waiting = ProbeImport.objects.get()
    confirm = address("look_at_result", inside, role.pk, waiting.pk)
    added = client.post(confirm, follow=True)
    assert "The result was added" in text(added)
    run = ProbeRun.objects.get()
    assert not run.imported
    source = address("probe_source", inside, role.pk, run.pk)
    assert source in text(added)
    assert client.get(source).content.decode() == waiting.text
    assert "by a signed plan" in text(client.get(page))
    assert client.get(confirm).status_code == 302
    assert ProbeRun.objects.count() == 1


def test_without_consent_or_with_other_days_no_plan_is_made(client, inside):
    role = role_at(inside, NOWHERE)
    for fields in ({"plan-days": 7}, {"plan-days": 91, "plan-authority": "on"}, {"plan-authority": "on"}, {}):
        response = client.post(address("make_plan", inside, role.pk), fields)
        assert response.status_code == 422
        assert "This was not saved yet" in text(response)
    assert not ProbePlan.objects.exists()


def test_a_file_that_cannot_be_added_is_a_sentence_beside_its_field(client, inside, server):
    role, other = role_at(inside, server.url), role_at(inside, NOWHERE, name="Other")
    whole = result_of(server.url)
    cases = [
        (role, whole.replace('"llama-cpp"', '"vllm"'), "conclusions (outcome, facts, findings) were changed"),
        (other, whole, f"the result of another endpoint: {server.url}"),
        (role, "{}", "This is not the result of a probe."),
        (role, "x" * (carrying.MAX_BYTES + 10), "larger than 1 MB"),
    ]
    for one, content, sentence in cases:
        response = client.post(address("bring_result", inside, one.pk), {"file": file(content, f"{HOSTILE}.json")})
        assert response.status_code == 422
        assert sentence in text(response)
        assert HOSTILE not in text(response)
    assert client.post(address("bring_result", inside, role.pk), {}).status_code == 422
    assert not ProbeImport.objects.exists()


def test_an_unsigned_result_says_so_before_and_after(client, inside, server):
    role = role_at(inside, server.url)
    bring = address("bring_result", inside, role.pk)
    looked = client.post(bring, {"file": file(result_of(server.url))}, follow=True)
    assert "Add it as unsigned" in text(looked)
    assert "followed no signed plan" in text(looked)
    client.post(address("look_at_result", inside, role.pk, ProbeImport.objects.get().pk))
    again = client.post(bring, {"file": file(ProbeImport.objects.get().text)})
    assert "This result is here already" in text(again)
    assert "unsigned" in text(client.get(address("endpoint", inside, role.pk)))


def test_consent_to_probe_again_is_given_and_ended(client, inside):
    role = role_at(inside, NOWHERE)
    page, again = address("endpoint", inside, role.pk), address("agree_schedule", inside, role.pk)
    day = timezone.localdate() + timedelta(days=20)
    fields = {"again-every": "168", "again-ends_on": day.isoformat(), "again-authority": "on"}
    for missing in fields:
        refused = client.post(again, {name: value for name, value in fields.items() if name != missing})
        assert refused.status_code == 422
    late = client.post(again, fields | {"again-ends_on": "2199-01-01"})
    assert "at most a year ahead" in text(late)
    assert 'value="2199-01-01"' in text(late)
    assert not ProbeSchedule.objects.exists()
    agreed = client.post(again, fields, follow=True)
    assert "Every week" in text(agreed)
    assert "Probe it no longer by itself" in text(agreed)
    ended = client.post(address("end_schedule", inside, role.pk), follow=True)
    assert "It was ended by hand." in text(ended)
    once = role_at(inside, NOWHERE + "/k", key_mode="once")
    assert "nobody is there to give it" in text(client.get(address("endpoint", inside, once.pk)))
    assert page in agreed.redirect_chain[0][0]


def test_what_changed_stands_on_the_pages_of_run_endpoint_and_all_endpoints(client, inside, owner, server):
    role = role_at(inside, server.url)
    for recording in ("llama_server", "litellm_proxy"):
        server.recording.exchanges[:] = Recording.load(recording).exchanges
        run = probing.request_run(role.endpoint, owner, authority=True)
        probing.carry_out(run.pk)
    pages = [
        address("probe", inside, role.pk, run.pk),
        address("endpoint", inside, role.pk),
        address("endpoint_changes", inside),
    ]
    for page in pages:
        shown = text(client.get(page))
        assert "llama.cpp server" in shown
        assert "Who answers" in shown
        assert "LiteLLM answers and passes requests on" in shown
    assert "14 changes" in text(client.get(address("endpoints", inside)))
    german = text(client.get(pages[2], HTTP_ACCEPT_LANGUAGE="de"))
    assert "LiteLLM answers and passes requests on" not in german


def test_without_a_change_the_page_says_how_to_get_there(client, inside):
    assert "Nothing changed so far" in text(client.get(address("endpoint_changes", inside)))


def test_a_list_is_shown_then_registered_and_probed(client, inside, server, monkeypatch):
    monkeypatch.setenv("ASSESSOR_KEY_WARD", "sk-canary-list")
    role_at(inside, server.url)
    page = address("list_endpoints", inside)
    table = (
        f"name;url;role;key_env\nFirst;{NOWHERE};model;ASSESSOR_KEY_WARD\n{HOSTILE};http://127.0.0.1:9998;safety;\n"
        f"Here;{server.url}/;;\n"
    )
    shown = client.post(page, {"file": file(table, "list.csv")})
    assert shown.status_code == 200
    assert "Register 2 endpoints and probe them" in text(shown)
    assert "here already, left as it is" in text(shown)
    assert HOSTILE not in text(shown)
    assert Endpoint.objects.count() == 1
    # What the browser sends back has its line ends changed.
    form = {"text": table.replace("\n", "\r\n"), "name": "list.csv"}
    refused = client.post(page, form)
    assert refused.status_code == 422
    assert "Confirm that you may test" in text(refused)
    assert Endpoint.objects.count() == 1
    done = client.post(page, form | {"authority": "yes"}, follow=True)
    assert "2 endpoints were registered" in text(done)
    known = {one.name: one for one in Endpoint.objects.all()}
    assert (known["First"].key_mode, known["First"].key_reference) == ("reference", "ASSESSOR_KEY_WARD")
    assert set(ProbeRun.objects.values_list("status", "endpoint__name")) == {("queued", "First"), ("queued", HOSTILE)}
    assert "there is nothing to register" in text(client.post(page, {"file": file(table, "list.csv")}))


@pytest.mark.parametrize(
    ("content", "name", "sentences"),
    [
        ("name,url\nA,ftp://x\nB,http://127.0.0.1:9\n", "l.csv", ["line 2: Only http", "line 3: Port 9"]),
        ("endpoints:\n  - name: A\n    url: http://x y\n  - nam: B\n", "l.yaml", ["line 3:", "line 4: “nam”"]),
        ("name,url,key_env\nA,http://127.0.0.1:9999,HOME\n", "l.csv", ["line 2: “HOME” is not a name"]),
        ("name,url,ca_file\nA,http://127.0.0.1:9999,/etc/passwd\n", "l.csv", ["does not read files of your computer"]),
        (
            "name,url\n" + "".join(f"n{n},http://127.0.0.1:9999/{n}\n" for n in range(101)),
            "l.csv",
            ["100 can be taken"],
        ),
        (f"endpoints: [{HOSTILE}]", "l.yaml", ["l.yaml"]),
    ],
)
def test_a_list_with_faults_registers_nothing_and_names_each_line(client, inside, content, name, sentences):
    response = client.post(address("list_endpoints", inside), {"file": file(content, name)})
    assert response.status_code == 422
    assert [one for one in sentences if one not in text(response)] == []
    assert HOSTILE not in text(response)
    assert not Endpoint.objects.exists()


def test_pages_of_other_organisations_are_not_found(client, owner, strangers_scan):
    with scope(organisation=strangers_scan.organisation):
        role = role_at(strangers_scan, NOWHERE)
        plan = carrying.make_plan(role.endpoint, strangers_scan.created_by, authority=True, days=3)
    for name in ("list_endpoints", "endpoint_changes"):
        assert client.get(address(name, strangers_scan)).status_code == 404
    assert client.get(address("bring_result", strangers_scan, role.pk)).status_code == 404
    assert client.get(address("plan_file", strangers_scan, role.pk, plan.pk)).status_code == 404
    for name in ("make_plan", "agree_schedule", "end_schedule"):
        assert client.post(address(name, strangers_scan, role.pk)).status_code == 404


def test_a_plan_and_a_file_belong_to_their_endpoint(client, inside, owner, server):
    role, other = role_at(inside, server.url), role_at(inside, NOWHERE)
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    waiting = carrying.bring(role.endpoint, owner, result_of(server.url).encode(), "a.json")
    assert client.get(address("plan_file", inside, other.pk, plan.pk)).status_code == 404
    assert client.post(address("look_at_result", inside, other.pk, waiting.pk)).status_code == 404


def test_a_year_of_nights_costs_the_pages_no_further_query(client, inside, owner, server):
    role = role_at(inside, server.url)
    nothing = Drift(before="2026-01-01T00:00:00Z", after="2026-01-02T00:00:00Z", before_sha256="", after_sha256="")
    nothing = nothing.model_dump(mode="json")
    counts = []
    for nights in (1, 30):
        for _night in range(nights):
            run = probing.request_run(role.endpoint, owner, authority=True)
            ProbeRun.objects.filter(pk=run.pk).update(
                status="done", outcome="completed", finished_at=timezone.now(), result={}, changes=nothing
            )
        for page in (
            address("endpoints", inside),
            address("endpoint", inside, role.pk),
            address("endpoint_changes", inside),
        ):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(page).status_code == 200
            counts.append(len(seen))
    assert counts[:3] == counts[3:]


def test_the_prober_is_handed_out_where_it_was_built(client, db, monkeypatch, tmp_path):
    from assessor.views import carrying as views

    monkeypatch.setattr(views, "PROBER", tmp_path / "assessor-probe.pyz")
    assert client.get(reverse("prober")).status_code == 404
    (tmp_path / "assessor-probe.pyz").write_bytes(b"PK")
    handed = client.get(reverse("prober"))
    assert b"".join(handed.streaming_content) == b"PK"
    assert "Signs plans as" in text(client.get(reverse("about")))
