"""What probes saw is proposed, never taken by itself; a later probe that contradicts an accepted fact is shown."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.models import Component, ComponentEndpoint, JobStatus, ProbeRun
from assessor.probes.result import ProbeResult
from assessor.services import endpoints
from assessor.services.endpoints import EndpointFacts
from assessor.services.inventory import proposing
from assessor.services.inventory.proposals import proposals
from assessor.services.inventory.rows import inventory_of
from assessor.settings import BASE_DIR
from tests.services.inventory.made import part

EXAMPLES = BASE_DIR / "examples"


def seen(number, **changes):
    data = json.loads((EXAMPLES / f"regional-hospital-probe-{number}.json").read_text())
    return ProbeResult.model_validate(data).model_copy(update=changes)


def run_of(endpoint, result):
    return ProbeRun.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        authority="mine",
        target_url=endpoint.url,
        status=JobStatus.DONE,
        outcome="completed",
        result=result.model_dump(mode="json"),
        findings=[one.model_dump(mode="json") for one in result.findings],
        finished_at=timezone.now(),
    )


@pytest.fixture
def gateway(inside):
    facts = EndpointFacts(name="Letters gateway", url="http://127.0.0.1:4000", part="model")
    role = endpoints.register_endpoint(inside, facts)
    run_of(role.endpoint, seen(1))
    return role.endpoint


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def say(client, assessment, endpoint, aspect, action, **more):
    data = {"endpoint": str(endpoint.pk)} | more
    data |= {"accept": aspect} if action == "accept" else {"aspect": aspect, "action": action}
    return client.post(address("proposals", assessment), data)


def test_a_gateway_proposes_itself_and_whom_it_forwards_to():
    made = {one.aspect: one for one in proposals(seen(1), "Letters gateway")}
    assert list(made) == [
        "front",
        "service:azure-openai:azure-gpt",
        "service:anthropic:claude",
        "forward:hosted_vllm:local-llama",
    ]
    assert (made["front"].kind, made["front"].values) == ("gateway", {"product": "LiteLLM"})
    azure = made["service:azure-openai:azure-gpt"].values
    assert (azure["seller"], azure["parent"], azure["countries"]) == ("Microsoft", "Microsoft Corporation", ["US"])
    assert (azure["hosting"], azure["needs_internet"]) == ("public-saas", True)
    # An alias is no product, and what nobody told is not proposed.
    assert not {"product", "maker", "place"} & set(azure)
    assert made["service:anthropic:claude"].values["maker"] == "Anthropic"
    # A dialect is nobody, and nobody told where it stands.
    local = made["forward:hosted_vllm:local-llama"]
    assert (local.name, local.values.get("hosting")) == ("local-llama", None)
    # Which of several models the workload uses, no probe can see.
    assert not any(one.needs for one in made.values() if one.kind == "model")


def test_a_local_safety_program_proposes_itself_without_a_place():
    front = proposals(seen(2), "Guard")[0]
    assert (front.kind, front.name) == ("safety-check", "NeMo Guardrails (Guard)")
    assert not {"hosting", "place", "countries"} & set(front.values)


@pytest.mark.parametrize("outcome", ["unreachable", "refused", "cancelled"])
def test_a_run_that_saw_nothing_proposes_nothing(outcome):
    assert proposals(seen(1, outcome=outcome), "Letters gateway") == []


def test_nothing_is_taken_by_itself(client, inside, gateway):
    page = client.get(address("proposals", inside)).content.decode()
    assert "LiteLLM (Letters gateway)" in page
    assert "Microsoft Corporation" in page
    assert "Probes propose 4 things" in client.get(address("inventory", inside)).content.decode()
    assert not Component.objects.exists()


def test_accepted_it_is_needed_by_the_workload_it_serves(client, inside, gateway):
    assert say(client, inside, gateway, "front", "accept").status_code == 302
    data = {"needed_by service:anthropic:claude": Component.objects.get().key}
    say(client, inside, gateway, "service:anthropic:claude", "accept", **data)
    say(client, inside, gateway, "service:azure-openai:azure-gpt", "accept", **data)
    made = inventory_of(inside.organisation)
    assert [(one.source, one.target) for one in made.requires] == [
        ("letter-drafting", "litellm-letters-gateway"),
        ("litellm-letters-gateway", "claude-anthropic"),
    ]
    page = client.get(address("component", inside, Component.objects.get(key="claude-anthropic").pk)).content.decode()
    assert "proposed by a probe" in page


def test_what_needs_a_model_is_kept_when_everything_is_accepted_at_once(client, inside, gateway):
    page = client.get(address("proposals", inside)).content.decode()
    assert '<option value="@door">LiteLLM (Letters gateway)</option>' in page
    chosen = {"needed_by service:anthropic:claude": "@door", "needed_by service:azure-openai:azure-gpt": ""}
    client.post(address("proposals", inside), {"endpoint": str(gateway.pk), "action": "accept-all"} | chosen)
    assert ("litellm-letters-gateway", "claude-anthropic") in {
        (one.source, one.target) for one in inventory_of(inside.organisation).requires
    }
    assert "Nothing waits for your word" in client.get(address("proposals", inside)).content.decode()


def test_a_model_that_the_gateway_needs_brings_the_gateway_along(client, inside, gateway):
    say(
        client, inside, gateway, "service:anthropic:claude", "accept", **{"needed_by service:anthropic:claude": "@door"}
    )
    assert [(one.source, one.target) for one in inventory_of(inside.organisation).requires] == [
        ("letter-drafting", "litellm-letters-gateway"),
        ("litellm-letters-gateway", "claude-anthropic"),
    ]


def test_all_of_an_endpoint_at_once_and_never_twice(client, inside, gateway):
    data = {"endpoint": str(gateway.pk), "action": "accept-all"}
    client.post(address("proposals", inside), data)
    client.post(address("proposals", inside), data)
    assert Component.objects.count() == 4
    refused = say(client, inside, gateway, "front", "accept")
    assert refused.status_code == 422
    assert "not proposed any more" in refused.content.decode()


def test_declined_it_stays_away_until_it_is_asked_for_again(client, inside, gateway):
    say(client, inside, gateway, "service:anthropic:claude", "decline")
    assert proposing.count_open(inside) == 3
    run_of(gateway, seen(1))
    assert proposing.count_open(inside) == 3
    say(client, inside, gateway, "service:anthropic:claude", "reopen")
    assert proposing.count_open(inside) == 4


def test_corrected_it_counts_as_said(client, inside, gateway):
    path = address("new_component", inside) + f"?endpoint={gateway.pk}&aspect=service%3Aanthropic%3Aclaude"
    page = client.get(path)
    assert 'value="Anthropic PBC"' in page.content.decode()
    lines = {
        f"{name}-{total}_FORMS": "0"
        for name in ("needed_by", "requires", "fallbacks")
        for total in ("TOTAL", "INITIAL")
    }
    data = {"name": "Claude", "kind": "model", "seller": "Our reseller", **lines}
    assert client.post(path, data).status_code == 302
    assert Component.objects.get().seller == "Our reseller"
    standing = proposing.find(inside, str(gateway.pk), "service:anthropic:claude")
    assert (standing.is_open, standing.contradictions) == (False, ())


def test_a_later_probe_that_says_something_else_is_shown(client, inside, gateway):
    say(client, inside, gateway, "front", "accept")
    other = seen(1)
    identity = other.identity.model_copy(update={"name": "Portkey"})
    run_of(gateway, other.model_copy(update={"identity": identity}))
    row = Component.objects.get()
    for path in (address("component", inside, row.pk), address("proposals", inside)):
        page = client.get(path).content.decode()
        assert "says something else" in page
        assert "Portkey" in page
    assert Component.objects.get().product == "LiteLLM"
    say(client, inside, gateway, "front", "keep", attribute="product")
    assert "says something else" not in client.get(address("component", inside, row.pk)).content.decode()
    run_of(gateway, other.model_copy(update={"identity": identity.model_copy(update={"name": "Kong"})}))
    say(client, inside, gateway, "front", "take", attribute="product")
    assert Component.objects.get().product == "Kong"
    # What needs it is still there.
    assert len(inventory_of(inside.organisation).requires) == 1


def test_what_is_not_seen_any_more_is_said(client, inside, gateway):
    say(client, inside, gateway, "service:anthropic:claude", "accept")
    run_of(gateway, seen(1, findings=()))
    assert "not seen any more" in client.get(address("proposals", inside)).content.decode()


def test_it_can_be_one_that_stands_already(client, inside, gateway):
    row = part(inside.organisation, "claude", maker="Anthropic", seller="A reseller")
    say(client, inside, gateway, "service:anthropic:claude", "attach", component=str(row.pk))
    assert Component.objects.count() == 1
    (standing,) = [one for one in proposing.proposed(inside)[0].standing if one.component]
    assert {one.name: one.known for one in standing.contradictions} == {
        "seller": True,
        "parent": False,
        "countries": False,
        "hosting": False,
        "needs_internet": False,
    }
    nothing = say(client, inside, gateway, "front", "attach", component="")
    assert nothing.status_code == 422
    assert "No component was chosen" in nothing.content.decode()


def test_taken_out_it_is_proposed_again(client, inside, gateway):
    say(client, inside, gateway, "front", "accept")
    row = Component.objects.get()
    client.post(address("remove_component", inside, row.pk))
    assert proposing.count_open(inside) == 4
    say(client, inside, gateway, "front", "accept")
    assert inventory_of(inside.organisation).components[0].name == "LiteLLM (Letters gateway)"


def test_anothers_component_cannot_be_named(client, inside, gateway, strangers_scan):
    with scopes_disabled():
        theirs = part(strangers_scan.organisation, "theirs")
    assert say(client, inside, gateway, "front", "attach", component=str(theirs.pk)).status_code == 404
    assert not ComponentEndpoint.objects.exists()


def test_looking_takes_a_bounded_number_of_queries(inside, gateway, django_assert_max_num_queries):
    proposing.accept_all(inside, str(gateway.pk), None)
    with django_assert_max_num_queries(5):
        proposing.proposed(inside)


def test_an_endpoint_and_its_probe_lead_to_what_they_propose(client, inside, gateway):
    role = gateway.roles.get()
    assert "see what its probes propose" in client.get(address("endpoint", inside, role.pk)).content.decode()
    say(client, inside, gateway, "front", "accept")
    assert "LiteLLM (Letters gateway)" in client.get(address("endpoint", inside, role.pk)).content.decode()


def test_a_question_names_the_components_it_is_about(client, inside):
    row = part(inside.organisation, "fable", name="Fable at the cloud")
    row.questions.create(organisation=inside.organisation, question="data.readers")
    page = client.get(address("dimension", inside, "data")).content.decode()
    assert "Fable at the cloud" in page
    assert address("component", inside, row.pk) in page
