"""Hosted services show by their own host name, and by the headers and bodies counted in public recordings."""

import json
from dataclasses import replace
from typing import Any

import pytest

from assessor.evidence import Finding
from assessor.probes.detectors import judge
from assessor.probes.snapshot import TlsFacts
from tests.probes.replay import RECORDINGS
from tests.probes.shapes import exchange, models, reply, snapshot

COUNTED: dict[str, Any] = json.loads((RECORDINGS / "hosted_from_cassettes.json").read_text())["hosts"]

# Values that the counting left out because they name an account; any value shows the same.
PLACEHOLDER = {"request-id": "req_011CABC"}

BY_HEADERS = {
    "api.openai.com": "openai",
    "*.openai.azure.com": "azure-openai",
    "api.anthropic.com": "anthropic",
    "bedrock-runtime.<region>.amazonaws.com": "aws-bedrock",
    "runtime.sagemaker.us-east-1.amazonaws.com": "aws-sagemaker",
    "generativelanguage.googleapis.com": "google-gemini",
    "api.mistral.ai": "mistral",
    "api.cohere.com": "cohere",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.together.xyz": "together",
    "openrouter.ai": "openrouter",
    "w8qtunpthvh1r7a0.us-east-1.aws.endpoints.huggingface.cloud": "hugging-face",
}

BY_HOST = {
    "api.openai.com": "openai",
    "nordhafen.openai.azure.com": "azure-openai",
    "api.anthropic.com": "anthropic",
    "bedrock-runtime.eu-central-1.amazonaws.com": "aws-bedrock",
    "bedrock-mantle.us-east-1.api.aws": "aws-bedrock",
    "europe-west4-aiplatform.googleapis.com": "google-vertex",
    "generativelanguage.googleapis.com": "google-gemini",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "gateway.ai.cloudflare.com": "cloudflare",
    "ollama.com": "ollama-cloud",
    "router.huggingface.co": "hugging-face",
    "kepler.ai.cloud.ovh.net": "ovhcloud",
    "eu-de.ml.cloud.ibm.com": "ibm-watsonx",
}


def hosted(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.code.removeprefix("hosted."): finding for finding in findings if finding.is_under("hosted")}


def counted_headers(host: str) -> dict[str, str]:
    headers = {}
    for name, seen in COUNTED[host]["headers"].items():
        samples = seen.get("samples") or [PLACEHOLDER.get(name, "x")]
        headers[name] = samples[0]
    return headers


@pytest.mark.parametrize("host", BY_HEADERS)
def test_counted_headers_behind_a_private_host_give_the_service_away(host: str) -> None:
    found = hosted(judge(snapshot(reply(counted_headers(host)))))
    wanted = BY_HEADERS[host]
    assert list(found) == [wanted]
    assert found[wanted].strength.value in {"A", "A+"}
    assert found[wanted].params["via"] == "unrecognised" or found[wanted].params["via"] in {"tgi", "kong"}
    assert found[wanted].params["operator"]


@pytest.mark.parametrize("host", BY_HOST)
def test_a_services_own_host_name_is_enough(host: str) -> None:
    found = hosted(judge(snapshot(exchange("models", 401, {}), host=host, kind="public", address="203.0.113.9")))
    assert found[BY_HOST[host]].params["via"] == "direct"
    assert found[BY_HOST[host]].strength.value == "A"


def test_a_trusted_certificate_makes_the_host_name_proof() -> None:
    seen = snapshot(models({"id": "m"}), host="api.openai.com", tls=TlsFacts(trusted=True, issuer="CA"))
    found = hosted(judge(seen))
    assert found["openai"].strength.value == "A+"


@pytest.mark.parametrize("host", ["api.openai.com.evil.example", "evilapi.openai.com", "openai.azure.com.example"])
def test_a_host_that_only_looks_alike_is_not_the_service(host: str) -> None:
    assert "openai" not in hosted(judge(snapshot(exchange("models", 404, {}), host=host)))
    assert "azure-openai" not in hosted(judge(snapshot(exchange("models", 404, {}), host=host)))


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1"),
        ("europe-west4-aiplatform.googleapis.com", "europe-west4"),
        ("eu-de.ml.cloud.ibm.com", "eu-de"),
    ],
)
def test_a_region_is_read_out_of_a_host_name(host: str, region: str) -> None:
    found = judge(snapshot(exchange("models", 404, {}), host=host))
    assert [item.params["region"] for item in found if item.code == "region.processing"] == [region]


def test_azure_shows_its_region_and_that_its_filter_ran() -> None:
    # Body keys as counted for Azure OpenAI completions.
    seen = snapshot(
        reply(counted_headers("*.openai.azure.com"), prompt_filter_results=[{"prompt_index": 0}]),
    )
    found = {finding.code: finding for finding in judge(seen)}
    assert found["region.processing"].params["region"] == "East US"
    assert found["safety.hosted.azure-content-filter"].strength.value == "A+"
    assert found["safety.hosted.azure-content-filter"].params["operator"] == "Microsoft"
    assert "hosted.openai" not in found, "Azure sends OpenAI's headers too"


def test_a_region_that_is_not_stated_is_said_to_be_so() -> None:
    # `inference_geo: not_available` is a value seen in recordings of Anthropic.
    found = judge(snapshot(reply(usage={"inference_geo": "not_available"})))
    region = next(finding for finding in found if finding.code == "region.processing")
    assert (region.params["region"], region.strength.value) == ("not stated", "C")


@pytest.mark.parametrize(
    ("body", "provider"),
    [
        ({"id": "msg_bdrk_01"}, "aws-bedrock"),
        ({"x_groq": {"id": "req_1"}}, "groq"),
        ({"system_fingerprint": "fp_8b330d02d0_prod0820_fp8"}, "deepseek"),
        ({"time_info": {"total_time": 0.1}}, "cerebras"),
        ({"id": "gen-1", "provider": "Mistral"}, "openrouter"),
        ({"usageMetadata": {"trafficType": "ON_DEMAND"}}, "google-vertex"),
    ],
)
def test_body_keys_of_a_service_give_it_away(body: dict[str, Any], provider: str) -> None:
    assert provider in hosted(judge(snapshot(reply(**body))))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amazon-bedrock-guardrailAction": "NONE"}, "safety.hosted.bedrock-guardrails"),
        ({"stopReason": "guardrail_intervened"}, "safety.hosted.bedrock-guardrails"),
        ({"promptFeedback": {"blockReason": "MODEL_ARMOR"}}, "safety.hosted.google-model-armor"),
        ({"candidates": [{"finishReason": "SAFETY"}]}, "safety.hosted.gemini-safety"),
        ({"error": [{"code": 2016, "message": "blocked"}]}, "safety.hosted.cloudflare-guardrails"),
        ({"error": {"innererror": {"code": "ResponsibleAIPolicyViolation"}}}, "safety.hosted.azure-content-filter"),
    ],
)
def test_body_keys_of_a_hosted_filter_give_it_away(body: dict[str, Any], code: str) -> None:
    found = {finding.code: finding for finding in judge(snapshot(exchange("chat", 400, body)))}
    assert found[code].strength.value == "A+"


@pytest.mark.parametrize(
    "headers",
    [
        {"openai-processing-ms": "12"},
        {"cf-ray": "x", "server": "cloudflare"},
        {"via": "1.1 google"},
        {"x-request-id": "req_1"},
        {"x-amzn-requestid": "1"},
        {"server": "uvicorn"},
    ],
)
def test_an_edge_or_a_copied_header_alone_names_no_provider(headers: dict[str, str]) -> None:
    assert hosted(judge(snapshot(reply(headers)))) == {}


def test_headers_that_litellm_passes_on_name_the_service_behind_it() -> None:
    # Header names as counted for a LiteLLM proxy 1.63.11 before api.openai.com.
    headers = counted_headers("0.0.0.0")
    found = hosted(judge(snapshot(reply(headers))))
    assert found["openai"].params["via"] == "litellm"
    assert {
        finding.params.get("host", "") for finding in judge(snapshot(reply(headers))) if finding.is_under("hosted")
    } == {
        "api.openai.com",
        "",
    }
    assert found["openai"].strength.value == "A+"


@pytest.mark.parametrize(
    ("names", "service", "region"),
    [
        (("edge.example", "nordhafen.openai.azure.com"), "azure-openai", ""),
        (("bedrock-runtime.eu-central-1.amazonaws.com",), "aws-bedrock", "eu-central-1"),
    ],
)
def test_a_name_of_ones_own_that_leads_to_a_service_is_the_service(
    names: tuple[str, ...], service: str, region: str
) -> None:
    seen = snapshot(exchange("models", 401, {}), host="llm.clinic.example", tls=TlsFacts(trusted=True, issuer="CA"))
    seen = replace(seen, network=replace(seen.network, names=names))
    found = {finding.code: finding for finding in judge(seen)}
    finding = found[f"hosted.{service}"]
    assert finding.params["via"] == "direct"
    assert finding.strength.value == "A", "the certificate speaks for the own name only"
    assert f"llm.clinic.example stands for {names[-1]}" in str(finding.params["because"])
    assert not region or found["region.processing"].params["region"] == region
