"""Plans that are carried away and results that come back: what is checked, what is said, what is added."""

import copy
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from assessor import queries
from assessor.errors import AssessorError
from assessor.models import ProbeImport, ProbePlan, ProbeRun
from assessor.probes import patience, plan_file
from assessor.probes.integrity import ResultUnreadable, Tampered
from assessor.probes.result import ProbeResult
from assessor.probes.target import Key, Policy, Target
from assessor.services import carrying, signing
from assessor.services.carrying import ImportRefused
from assessor.services.probing import ProbeRefused
from tests.probes.replay import ReplayServer

NOWHERE = "http://127.0.0.1:9999"


@pytest.fixture
def server():
    with ReplayServer("llama_server") as one:
        yield one


@pytest.fixture
def role(register, server):
    return register(server.url)


def followed(plan: ProbePlan | None, url: str, **changes) -> ProbeResult:
    """Probe as the prober in the room does, with the plan as it was handed out."""
    mark = None
    if plan is not None:
        raw = json.dumps(plan.document).encode()
        found = plan_file.read_plan(raw, "plan.json", timezone.localdate())
        plan_file.check_lines(found, Target(found.target_url, Key("-") if found.wants_key else None), "plan.json")
        mark = found.mark
    result = patience.run(Target(url), Policy(), plan=mark, vantage="closed room", retries=0)
    return result.model_copy(update=changes).sealed() if changes else result


def raw(result: ProbeResult, **changes) -> bytes:
    return json.dumps(result.model_dump(mode="json") | changes, indent=1).encode()


def bring(role, owner, content: bytes, name: str = "result.json") -> ProbeRun:
    return carrying.add(carrying.bring(role.endpoint, owner, content, name), owner)


def seen(role, result: ProbeResult) -> str:
    return " ".join(one.sentence.format(**one.params) for one in carrying.look_at(role.endpoint, result).remarks)


def test_a_result_that_answers_our_plan_counts_as_observed_and_keeps_its_source(inside, role, owner, server):
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=14)
    result = followed(plan, server.url)
    content = raw(result)
    waiting = carrying.bring(role.endpoint, owner, content, "from the room.json")
    preview = carrying.look_at(role.endpoint, result)
    assert (preview.signed, preview.remarks, preview.drift, preview.becomes_last) == (True, (), None, True)
    # Until it is confirmed nothing is there.
    assert not ProbeRun.objects.exists()
    assert queries.probed_endpoints(inside)[0].findings == ()
    run = carrying.add(waiting, owner)
    assert (run.imported, run.plan, run.status, run.outcome) == (False, plan, "done", "completed")
    assert run.finished_at.isoformat().startswith(result.finished[:19])
    [counted] = queries.probed_endpoints(inside)
    assert (counted.unsigned, {one.code for one in counted.findings}) == (False, {one.code for one in result.findings})
    assert ProbeImport.objects.get(run=run).text.encode() == content
    assert carrying.add(waiting, owner) == run
    assert ProbeRun.objects.count() == 1


def test_a_result_without_a_plan_is_added_as_unsigned(inside, role, owner, server):
    result = followed(None, server.url)
    assert "followed no signed plan" in seen(role, result)
    assert bring(role, owner, raw(result)).imported
    assert queries.probed_endpoints(inside)[0].unsigned


def test_a_plan_needs_authority_and_a_number_of_days(role, owner):
    for facts in ({"authority": False, "days": 14}, {"authority": True, "days": 0}, {"authority": True, "days": 91}):
        with pytest.raises(ProbeRefused):
            carrying.make_plan(role.endpoint, owner, **facts)
    assert not ProbePlan.objects.exists()


def test_a_plan_holds_no_key_and_everything_else_that_the_prober_needs(register, owner):
    role = register(NOWHERE + "/v1", key_mode="once", key_header="x-api-key", allow_chat=True)
    document = carrying.make_plan(role.endpoint, owner, authority=True, days=1).document
    assert (document["wants_key"], document["key_header"], document["allow_chat"]) == (True, "x-api-key", True)
    assert {line["id"] for line in document["lines"]} >= {"models-key", "chat"}
    assert document["installation"] == signing.installation()


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("vantage",), "here", "head"),
        (("requests", 2, "status"), 418, "request “missing”"),
        (("models",), [], "conclusions"),
    ],
)
def test_a_tampered_file_is_refused_and_the_part_named(role, owner, server, path, value, named):
    with ReplayServer("litellm_proxy") as other:
        document = json.loads(raw(followed(None, other.url)))
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    if path == ("models",):
        document["models"] = [{"id": "x", "owned_by": "", "root": ""}]
    with pytest.raises(Tampered, match=named):
        bring(role, owner, json.dumps(document).encode())
    assert not ProbeImport.objects.exists()


def test_a_result_of_another_endpoint_is_named_as_that(register, role, owner, server):
    elsewhere = register(NOWHERE, name="Elsewhere")
    with pytest.raises(ImportRefused, match=f"another endpoint: {server.url}, not {NOWHERE}"):
        bring(elsewhere, owner, raw(followed(None, server.url)))


def test_a_result_that_followed_the_plan_of_another_endpoint_is_named_as_that(register, role, owner, server):
    twin = register(server.url, name="Twin", part="fallback")
    plan = carrying.make_plan(twin.endpoint, owner, authority=True, days=3)
    with pytest.raises(ImportRefused, match="a plan for another endpoint, “Twin”"):
        bring(role, owner, raw(followed(plan, server.url)))


def test_a_mark_that_our_key_did_not_sign_is_refused(role, owner, server):
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    result = followed(plan, server.url)
    for change in ({"sha256": "0" * 64}, {"signature": "00" * 64}, {"signature": "no hex"}):
        forged = result.model_copy(update={"plan": result.plan.model_copy(update=change)}).sealed()
        with pytest.raises(ImportRefused, match="signature is false"):
            bring(role, owner, raw(forged))


def test_plans_of_others_and_plans_we_forgot_make_a_result_unsigned(role, owner, server):
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    result = followed(plan, server.url)
    other = result.model_copy(update={"plan": result.plan.model_copy(update={"installation": "aaaa bbbb"})}).sealed()
    assert "another installation (aaaa bbbb)" in seen(role, other)
    odd = result.model_copy(update={"plan": result.plan.model_copy(update={"id": "no uuid"})}).sealed()
    assert "not known here any more" in seen(role, odd)
    plan.delete()
    assert "not known here any more" in seen(role, result)
    assert not carrying.look_at(role.endpoint, result).signed


def test_what_the_plan_did_not_allow_makes_a_result_unsigned(role, owner, server):
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    result = followed(plan, server.url)
    more = result.requests[0].model_copy(update={"method": "POST", "path": "/v1/chat/completions"})
    grown = result.model_copy(update={"requests": (*result.requests, more)}).sealed()
    assert "POST /v1/chat/completions" in seen(role, grown)
    late = result.model_copy(update={"started": "2020-01-01T00:00:00Z"}).sealed()
    assert "outside the time of its plan" in seen(role, late)
    assert carrying.look_at(role.endpoint, result).signed


def test_other_catalogues_and_methods_are_named(role, server):
    old = followed(None, server.url, catalogue_version="2024-01-01+0123456789ab", method_version="aaaabbbbcccc")
    assert "an older catalogue (2024-01-01+0123456789ab; here" in seen(role, old)
    assert "another method (aaaabbbbcccc; here" in seen(role, old)
    newer = followed(None, server.url, catalogue_version="2199-01-01+0123456789ab")
    assert "another catalogue (2199-01-01" in seen(role, newer)
    empty = followed(None, server.url, catalogue_version="", method_version="")
    assert "older catalogue (–; here" in seen(role, empty)


def test_the_same_result_is_added_once_and_one_from_the_future_never(role, owner, server):
    content = raw(followed(None, server.url))
    bring(role, owner, content)
    with pytest.raises(ImportRefused, match="here already, since 20"):
        bring(role, owner, content)
    ahead = (timezone.now() + timedelta(days=3)).isoformat()
    with pytest.raises(ImportRefused, match="lies ahead"):
        bring(role, owner, raw(followed(None, server.url, finished=ahead)))
    with pytest.raises(ImportRefused, match="no moment"):
        bring(role, owner, raw(followed(None, server.url, finished="yesterday")))


def test_an_earlier_result_and_one_that_tested_nothing_change_no_finding(inside, role, owner, server, probe):
    before = followed(None, server.url, finished="2026-01-01T00:00:00Z")
    probe(role)
    codes = queries.probed_endpoints(inside)[0].findings
    assert "A later probe is here already" in seen(role, before)
    bring(role, owner, raw(before))
    silent = followed(None, server.url, outcome="unreachable", findings=())
    assert "tested nothing" in seen(role, silent)
    assert bring(role, owner, raw(silent)).status == "failed"
    assert queries.probed_endpoints(inside)[0].findings == codes
    assert not queries.probed_endpoints(inside)[0].unsigned


def test_what_would_change_is_shown_before_it_does(inside, role, owner, server, probe):
    probe(role)
    with ReplayServer("litellm_proxy") as other:
        moved = json.loads(raw(followed(None, other.url)).decode().replace(other.url, server.url))
    after = (timezone.now() + timedelta(seconds=5)).isoformat(timespec="seconds")
    result = ProbeResult.model_validate(moved | {"finished": after}).sealed()
    drift = carrying.look_at(role.endpoint, result).drift
    assert ("identity", "llama.cpp server", "LiteLLM") in {(one.code, one.before, one.after) for one in drift.changes}
    run = bring(role, owner, raw(result))
    assert run.compared_with is not None
    assert run.changes["changes"] == drift.model_dump(mode="json")["changes"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 50_000, b'{"a": NaN}', b"x" * (carrying.MAX_BYTES + 1), b"1" * 6000],
)
def test_what_is_no_result_is_refused_with_a_sentence(role, owner, content):
    with pytest.raises(ResultUnreadable) as caught:
        bring(role, owner, content, "odd.json")
    assert str(caught.value).startswith("odd.json: ")
    assert not ProbeImport.objects.exists()


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800"])
def test_text_that_no_database_can_keep_is_refused(role, owner, server, bad):
    content = raw(followed(None, server.url)).replace(b'"closed room"', f'"{bad}"'.encode())
    with pytest.raises(ResultUnreadable):
        bring(role, owner, content)


def test_a_file_that_nobody_confirms_is_forgotten(role, owner, server):
    waiting = carrying.bring(role.endpoint, owner, raw(followed(None, server.url)), "a.json")
    assert carrying.forget_waiting() == 0
    ProbeImport.objects.filter(pk=waiting.pk).update(brought_at=timezone.now() - timedelta(days=2))
    assert carrying.forget_waiting() == 1


def test_two_clicks_at_once_add_one_run(role, owner, server):
    first = carrying.bring(role.endpoint, owner, raw(followed(None, server.url)), "a.json")
    second = copy.copy(first)
    assert carrying.add(first, owner) == carrying.add(second, owner)
    assert connection.vendor in {"sqlite", "postgresql"}


def test_a_damaged_signing_key_is_a_sentence(role, owner, settings):
    (settings.DATA_DIR / "signing-key").write_bytes(b"short")
    with pytest.raises(AssessorError, match="with which plans are signed, is damaged"):
        carrying.make_plan(role.endpoint, owner, authority=True, days=3)


def test_a_plan_names_the_certificate_that_its_endpoint_asks_for_and_never_the_file(
    register, owner, settings, tmp_path
):
    settings.CLIENT_CERTIFICATES_DIR = tmp_path
    (tmp_path / "ward.pem").write_text("-----BEGIN PRIVATE KEY----- canary")
    role = register("https://127.0.0.1:9998", client_certificate="ward.pem")
    plan = carrying.make_plan(role.endpoint, owner, authority=True, days=3)
    assert plan.document["client_certificate"] == "ward.pem"
    assert "canary" not in json.dumps(plan.document)
    assert str(tmp_path) not in json.dumps(plan.document)
