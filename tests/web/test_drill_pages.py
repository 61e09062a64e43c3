"""Drills as a person meets them on the pages: plan, cost, consent, progress, record, proof, evidence."""

import json
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessor.models import Component, ComponentEndpoint, DrillPlan, DrillRun, Evidence, Fallback
from assessor.probes.drills.hold import Canary
from assessor.probes.target import Policy
from assessor.services import drilling, endpoints, upload_tokens
from assessor.services.answers import save_answer
from assessor.services.endpoints import EndpointFacts
from assessor.services.policy import probe_policy
from tests.probes.drills.holding import probed_before
from tests.probes.drills.model import Model, served
from tests.services.canary import CANARY, everything_stored

HTMX = {"HTTP_HX_REQUEST": "true"}
NASTY = '<script>alert(1)</script>{"a":1}%(x)s{y}'


@pytest.fixture(autouse=True)
def _policy_of_this_test():
    probe_policy.cache_clear()
    yield
    probe_policy.cache_clear()


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def pair(inside):
    """Two servers, registered and probed."""
    with served(Model()) as a, served(Model()) as b:
        roles = []
        for model, name in ((a, "Ward model"), (b, "Spare")):
            facts = EndpointFacts(name=name, url=model.url, part="model")
            roles.append(endpoints.register_endpoint(inside, facts))
            probed_before(roles[-1], model)
        yield a, b, *roles


def plan_exit(client, inside, role, spare, **fields) -> DrillPlan:
    response = client.post(address("new_exit_drill", inside, role.pk), {"candidate": str(spare.pk)} | fields)
    assert response.status_code == 302, text(response)
    plan = DrillPlan.objects.first()
    assert response.headers["Location"] == address("drill_plan", inside, role.pk, plan.pk)
    return plan


def start(client, inside, role, plan, **fields) -> DrillRun:
    response = client.post(address("drill_plan", inside, role.pk, plan.pk), {"authority": "yes"} | fields)
    assert response.status_code == 302, text(response)
    run = DrillRun.objects.get(plan=plan)
    following = drilling.carry_out(run.pk)
    while following:
        time.sleep(max(0.0, (following[0] - timezone.now()).total_seconds()))
        following = drilling.carry_out(run.pk, following[1])
    run.refresh_from_db()
    return run


def plan_disconnect(client, inside, role, **fields) -> DrillPlan:
    given = {"minutes": "1", "pass_mark": "100", "every": "5", "cold_start": "none", "share_of_load": "100"} | fields
    response = client.post(address("new_disconnect_drill", inside, role.pk), given)
    assert response.status_code == 302, text(response)
    plan = DrillPlan.objects.first()
    plan.plan |= {"minutes": 0.03, "every": 0.3}
    plan.save(update_fields=["plan"])
    return plan


def test_the_endpoint_offers_both_drills(client, inside, pair):
    page = text(client.get(address("endpoint", inside, pair[2].pk)))
    assert address("new_exit_drill", inside, pair[2].pk) in page
    assert address("new_disconnect_drill", inside, pair[2].pk) in page
    # What has to run on the serving computer stands there as a command that can be copied.
    assert "assessor-probe.pyz drill names --listen 127.0.0.1:5300 --minutes 15 --out names.json" in page


def test_the_cost_is_shown_before_consent_and_nothing_is_sent_without_it(client, inside, pair):
    a, b, role, spare = pair
    plan = plan_exit(client, inside, role, spare)
    where = address("drill_plan", inside, role.pk, plan.pk)
    page = text(client.get(where))
    for words in ("Tokens, about", "It ends at", "POST /v1/chat/completions", "Name one colour.", "agree to the cost"):
        assert words in page
    assert page.index("Tokens, about") < page.index("agree to the cost")
    refused = client.post(where, {})
    assert refused.status_code == 422
    assert "Nothing was sent. Confirm that you may test these endpoints" in text(refused)
    assert a.asked == b.asked == []
    assert not DrillRun.objects.exists()


def test_a_finding_leads_to_what_it_weighs_and_can_be_disputed_there(client, inside, pair):
    _a, b, role, spare = pair
    b.refuses = ("tools",)
    run = start(client, inside, role, plan_exit(client, inside, role, spare))
    where = address("disputed_finding", inside, role.endpoint_id, "drill.exit.breaks.tools")
    assert where in text(client.get(address("drill", inside, role.pk, run.pk)))
    page = text(client.get(where))
    # Whether an application calls tools is not seen, so it weighs nothing by itself.
    assert "It bears on no question in scope" in page
    assert client.post(where, {"reason": "It was down that day"}).status_code == 302
    assert "disputed, not decided: the finding still counts" in text(client.get(where))
    assert "It was down that day" in text(client.get(where))
    assert "A second person is needed." in text(client.get(where))
    # A newer drill takes its place, and says so on the page of the older.
    b.refuses = ()
    start(client, inside, role, plan_exit(client, inside, role, spare))
    old = text(client.get(address("drill", inside, role.pk, run.pk)))
    assert "They do not count:" in old
    assert where not in old
    assert "settled: a later probe or drill no longer finds it" in text(client.get(where))


def test_an_exit_drill_shows_what_breaks_and_can_be_taken_along(client, inside, pair):
    _a, b, role, spare = pair
    b.refuses = ("tools",)
    plan = plan_exit(client, inside, role, spare)
    run = start(client, inside, role, plan)
    where = address("drill", inside, role.pk, run.pk)
    page = text(client.get(where))
    for words in ("What goes over, what breaks", "breaks on moving", "refused with 400: tools is not supported here"):
        assert words in page
    assert "Fixed prompts show the dialect, not whether the answers are good enough." in page
    assert "What this does not show" in page
    download = client.get(address("drill_json", inside, role.pk, run.pk))
    assert json.loads(download.content) == run.result
    assert client.get(address("drill_plan", inside, role.pk, plan.pk)).headers["Location"] == where
    assert where in text(client.get(address("endpoint", inside, role.pk)))


def test_own_cases_are_taken_from_a_file_and_their_fault_is_said_at_the_form(client, inside, pair):
    a, b, role, spare = pair
    a.say = b.say = NASTY
    where = address("new_exit_drill", inside, role.pk)
    bad = SimpleUploadedFile("cases.csv", b"id,prompt,contains\nx,Hello,\n")
    refused = client.post(where, {"candidate": str(spare.pk), "cases": bad, "pass_mark": "90", "share_source": "kept"})
    assert refused.status_code == 422
    assert "cases.csv, line 2" in text(refused)
    assert 'value="90"' in text(refused)
    assert 'value="kept"' in text(refused)
    raw = "id,prompt,contains\n" + "".join(f'c{n},"<b>{n}</b>",alert\n' for n in range(4)) + 'last,"x","<i>no</i>"\n'
    good = SimpleUploadedFile("cases.csv", raw.encode())
    plan = plan_exit(client, inside, role, spare, cases=good, pass_mark="100")
    assert "&lt;b&gt;0&lt;/b&gt;" in text(client.get(address("drill_plan", inside, role.pk, plan.pk)))
    run = start(client, inside, role, plan)
    page = text(client.get(address("drill", inside, role.pk, run.pk)))
    assert "The candidate missed the pass mark on your own cases." in page
    assert "This endpoint passed 4, the candidate 4 of 5." in page
    assert "&lt;i&gt;no&lt;/i&gt;” is missing" in page
    assert "<script>alert" not in page


def test_a_key_is_asked_for_each_side_and_shown_nowhere(client, inside):
    with served(Model()) as a, served(Model()) as b:
        roles = []
        for model, name in ((a, "Ward model"), (b, "Spare")):
            facts = EndpointFacts(name=name, url=model.url, part="model", key_mode="once")
            roles.append(endpoints.register_endpoint(inside, facts))
            probed_before(roles[-1], model)
        plan = plan_exit(client, inside, *roles)
        where = address("drill_plan", inside, roles[0].pk, plan.pk)
        assert text(client.get(where)).count('type="password"') == 2
        refused = client.post(where, {"authority": "yes", "key": CANARY})
        assert "“Spare” wants a key, and none was given. Enter the key." in text(refused)
        assert CANARY not in text(refused)
        run = start(client, inside, roles[0], plan, key=CANARY, candidate_key="sk-spare")
    assert set(a.keys) == {f"Bearer {CANARY}"}
    pages = [text(client.get(address(name, inside, roles[0].pk, run.pk))) for name in ("drill", "drill_json")]
    assert CANARY not in "".join(pages)
    assert CANARY not in everything_stored()


def test_a_running_drill_shows_how_far_it_is_and_can_be_stopped(client, inside, pair, owner):
    _a, _b, role, spare = pair
    plan = plan_exit(client, inside, role, spare)
    run = drilling.request_run(plan, owner, authority=True)
    progress = {"done": 3, "total": 16, "doing": "Tools"}
    DrillRun.objects.filter(pk=run.pk).update(status="running", attempt=1, progress=progress)
    where = address("drill", inside, role.pk, run.pk)
    page = client.get(where, **HTMX)
    assert page.status_code == 200
    assert "3 / 16" in text(page)
    assert 'hx-trigger="every 2s"' in text(page)
    assert "<html" not in text(page)
    client.post(address("stop_drill", inside, role.pk, run.pk))
    stopped = client.get(where, **HTMX)
    assert stopped.status_code == 286
    assert "This drill was stopped." in text(stopped)
    assert client.get(address("drill_json", inside, role.pk, run.pk)).status_code == 404


def test_the_line_of_time_is_a_picture_a_sentence_and_a_table(client, inside, pair):
    a, _b, role, _spare = pair
    plan = plan_disconnect(client, inside, role)
    page = text(client.get(address("drill_plan", inside, role.pk, plan.pk)))
    assert f"--drill {plan.plan['drill']}" in page
    assert "From here nothing can show that the serving computer" in page
    run = start(client, inside, role, plan)
    page = text(client.get(address("drill", inside, role.pk, run.pk)))
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-profile" role="img"' in page
    assert "style=" not in page
    assert page.count(f"{run.result['answered']} of {run.result['asked']} rounds were answered") == 2
    assert "The same as a table" in page
    assert "It answered to the mark; what makes this a test is missing." in page
    assert "observed" in page
    assert a.prompts()


def test_the_canarys_record_is_joined_when_it_is_sent_with_a_token(client, inside, pair, owner):
    _a, _b, role, spare = pair
    plan = plan_disconnect(client, inside, role)
    run = start(client, inside, role, plan)
    _row, token = upload_tokens.make(role.endpoint, owner, "Serving host")
    _row, foreign = upload_tokens.make(spare.endpoint, owner, "Other host")
    seen = Canary(plan.plan["drill"], ("http://127.0.0.1:9999",), 0.1, 1.0, Policy(), contact_seconds=0.3).run(host="g")
    begin, end = run.result["closed_from"], run.result["closed_until"]
    rounds = [
        seen.rounds[0].model_copy(update={"at": at, "outside": (state,), "routes": True})
        for at, state in (("2026-01-01T00:00:00Z", "open"), (begin, "closed"), (end, "closed"))
    ]
    canary = seen.model_copy(update={"rounds": tuple(rounds)}).sealed().model_dump_json()

    def sent(at, with_token, body=canary):
        head = {"HTTP_AUTHORIZATION": f"Bearer {with_token}"}
        answer = client.post(f"/upload/{at.endpoint_id}/", body, content_type="application/json", **head)
        return answer.status_code, answer.json()["sentence"]

    assert sent(spare, foreign)[0] == 422
    assert sent(role, token, canary.replace('"host":"g"', '"host":"h"'))[0] == 422
    assert not DrillRun.objects.filter(joins=run).exists()
    assert sent(role, token)[0] == 201
    assert sent(role, token) == (200, "This record is joined to its drill already.")
    page = text(client.get(address("drill", inside, role.pk, DrillRun.objects.get(joins=run).pk)))
    assert "It went on with the way out closed." in page


def test_the_canarys_record_is_joined_and_makes_it_a_test(client, inside, pair, owner):
    _a, _b, role, _spare = pair
    save_answer(inside, "air-gap.drill", "answered", 3, "", owner)
    plan = plan_disconnect(client, inside, role)
    run = start(client, inside, role, plan)
    where = address("join_drill", inside, role.pk, run.pk)
    gone = "http://127.0.0.1:9999"
    seen = Canary(plan.plan["drill"], (gone,), 0.1, 1.0, Policy(), contact_seconds=0.3).run(host="gpu-1")
    begin, end = run.result["closed_from"], run.result["closed_until"]
    rounds = [
        seen.rounds[0].model_copy(update={"at": at, "outside": (state,), "routes": True})
        for at, state in (("2026-01-01T00:00:00Z", "open"), (begin, "closed"), (end, "closed"))
    ]
    canary = seen.model_copy(update={"rounds": tuple(rounds)}).sealed()
    other = seen.model_copy(update={"drill": "another"}).sealed()

    def upload(record):
        file = SimpleUploadedFile("canary.json", record.model_dump_json().encode())
        return client.post(where, {"kind": "canary", "canary": file})

    refused = upload(other)
    assert refused.status_code == 422
    assert "The canary ran for the drill another" in text(refused)
    assert "not a record of the kind" in text(
        client.post(where, {"kind": "canary", "canary": SimpleUploadedFile("x.json", b"[" * 5000)})
    )
    joined = upload(canary)
    assert joined.status_code == 302
    after = DrillRun.objects.get(joins=run)
    page = text(client.get(joined.headers["Location"]))
    assert "It went on with the way out closed." in page
    assert "The record without it" in page
    attached = client.post(
        address("attach_drill", inside, role.pk, after.pk), {"question": "air-gap.drill"}, follow=True
    )
    assert "it counts as" in text(attached)
    row = Evidence.objects.get(drill_run=after)
    assert (row.kind, row.observed_only, row.share_of_load) == ("drill", False, 100)


def test_evidence_is_attached_by_one_click_and_its_tier_follows_from_the_record(client, inside, pair, owner):
    _a, _b, role, spare = pair
    save_answer(inside, "lock-in.leaving", "answered", 3, "", owner)
    run = start(client, inside, role, plan_exit(client, inside, role, spare))
    where = address("attach_drill", inside, role.pk, run.pk)
    page = client.post(where, {"question": "lock-in.leaving", "tier": "tested"}, follow=True)
    assert "it counts as observed." in text(page)
    assert text(page).count(">attached<") == 1
    again = client.post(where, {"question": "lock-in.leaving"}, follow=True)
    assert "This drill is attached to that answer already." in text(again)
    assert "not part of the assessment" in text(client.post(where, {"question": "no.such"}, follow=True))
    assert Evidence.objects.count() == 1
    evidence = text(client.get(address("evidence", inside, "lock-in.leaving")))
    assert "Exit drill held here" in evidence
    # The sentence about the tier names what the record leaves open.
    assert "drill&#x27;s own record leaves open" in evidence


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"pass_mark": "101"}, "less than or equal to 100"),
        ({"cold_start": "soon"}, "Write it like 2026-11-21T14:30Z"),
        ({"outside": "https://a.example"}, "say nothing about the computer that serves the endpoint"),
        ({"on_host": "on"}, "nothing to try is given"),
        ({"on_host": "on", "outside": "http://169.254.169.254"}, "169.254.169.254"),
        ({"model": "llama-900b"}, "is not in the list of this endpoint"),
        ({"minutes": "10080", "every": "5"}, "more than 3000 rounds"),
    ],
)
def test_what_would_show_nothing_is_refused_at_the_form(client, inside, pair, fields, said):
    given = {"minutes": "60", "pass_mark": "99", "every": "30"} | fields
    response = client.post(address("new_disconnect_drill", inside, pair[2].pk), given)
    assert response.status_code == 422
    assert said in text(response)
    assert not DrillPlan.objects.exists()


def test_without_a_candidate_the_page_says_what_to_register(client, inside):
    facts = EndpointFacts(name="Alone", url="http://127.0.0.1:9999", part="model")
    role = endpoints.register_endpoint(inside, facts)
    assert "No candidate registered" in text(client.get(address("new_exit_drill", inside, role.pk)))


def test_strangers_find_nothing_and_what_changes_something_wants_post(client, inside, pair, strangers_scan, owner):
    _a, _b, role, spare = pair
    plan = plan_exit(client, inside, role, spare)
    run = drilling.request_run(plan, owner, authority=True)
    for name, more in (
        ("new_exit_drill", ()),
        ("drill_plan", (plan.pk,)),
        ("drill", (run.pk,)),
        ("drill_json", (run.pk,)),
    ):
        assert client.get(address(name, strangers_scan, role.pk, *more)).status_code == 404
    for name in ("stop_drill", "join_drill", "attach_drill"):
        assert client.get(address(name, inside, role.pk, run.pk)).status_code == 405
        assert client.post(address(name, strangers_scan, role.pk, run.pk)).status_code == 404


def test_the_pages_ask_the_database_a_bounded_number_of_times(client, inside, pair, django_assert_max_num_queries):
    _a, _b, role, spare = pair
    run = start(client, inside, role, plan_exit(client, inside, role, spare))
    with django_assert_max_num_queries(14):
        client.get(address("drill", inside, role.pk, run.pk))
    with django_assert_max_num_queries(14):
        client.get(address("new_exit_drill", inside, role.pk))


def test_a_passed_drill_tells_the_inventory_which_fallback_it_has_tested(client, inside, pair):
    a, b, role, spare = pair
    a.say = b.say = "fine"
    owner = inside.organisation
    first = Component.objects.create(organisation=owner, key="ward", name="Ward model", kind="model")
    second = Component.objects.create(organisation=owner, key="spare", name="Spare", kind="model")
    ComponentEndpoint.objects.create(organisation=owner, endpoint=role.endpoint, component=first)
    ComponentEndpoint.objects.create(organisation=owner, endpoint=spare.endpoint, component=second)
    way = Fallback.objects.create(organisation=owner, source=first, target=second)
    raw = "id,prompt,contains,real\n" + "".join(f"c{n},Say {n},fine,yes\n" for n in range(5))
    fields = {"pass_mark": "100", "share_of_load": "20", "share_source": "gateway log of November"}
    plan = plan_exit(client, inside, role, spare, cases=SimpleUploadedFile("cases.csv", raw.encode()), **fields)
    run = start(client, inside, role, plan)
    page = text(client.get(address("drill", inside, role.pk, run.pk)))
    assert "Spare stands in for Ward model" in page
    noted = client.post(address("note_fallback", inside, role.pk, run.pk), follow=True)
    assert "The inventory says now when this fallback was tested." in text(noted)
    way.refresh_from_db()
    assert (way.tested_on, way.tested_share) == (timezone.localdate(), 20)
    assert first.revisions.count() == 1
    again = client.post(address("note_fallback", inside, role.pk, run.pk), follow=True)
    assert "There is no fallback in the inventory that this drill has tested" in text(again)


def test_a_drill_of_fixed_prompts_tests_no_fallback(client, inside, pair):
    _a, _b, role, spare = pair
    owner = inside.organisation
    first = Component.objects.create(organisation=owner, key="ward", name="Ward model", kind="model")
    second = Component.objects.create(organisation=owner, key="spare", name="Spare", kind="model")
    ComponentEndpoint.objects.create(organisation=owner, endpoint=role.endpoint, component=first)
    ComponentEndpoint.objects.create(organisation=owner, endpoint=spare.endpoint, component=second)
    way = Fallback.objects.create(organisation=owner, source=first, target=second)
    run = start(client, inside, role, plan_exit(client, inside, role, spare))
    assert "stands in for" not in text(client.get(address("drill", inside, role.pk, run.pk)))
    client.post(address("note_fallback", inside, role.pk, run.pk))
    way.refresh_from_db()
    assert way.tested_on is None
