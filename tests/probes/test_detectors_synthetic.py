"""Servers that were not recorded, from shapes read in their source or documentation, each named beside its case."""

from typing import Any

import pytest

from assessor.evidence import Finding
from assessor.probes.assemble import behind, identity
from assessor.probes.detectors import judge
from assessor.probes.detectors.upstreams import is_local
from assessor.probes.snapshot import Exchange, Snapshot
from tests.probes.shapes import exchange, models, reply, snapshot


def found(*exchanges: Exchange, **where: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in judge(snapshot(*exchanges, **where))}


# The second part of each case is where the shape comes from.
SERVERS: dict[str, tuple[str, tuple[Exchange, ...]]] = {
    "vllm": (
        "source of vllm 0.33.0, model list of the OpenAI server",
        (
            models({"id": "m", "owned_by": "vllm", "root": "org/m", "max_model_len": 4096, "permission": []}),
            exchange("version", body={"version": "0.33.0"}),
        ),
    ),
    "ollama": (
        "source of ollama, server/routes.go and api/types.go",
        (
            exchange("root", body="Ollama is running"),
            exchange("api-tags", body={"models": [{"name": "m", "digest": "ab", "size": 1, "details": {}}]}),
        ),
    ),
    "tgi": (
        "source of text-generation-inference, router/src/lib.rs",
        (
            exchange(
                "info",
                body={"model_id": "m", "model_sha": "s", "router": "text-generation-router", "version": "3.0.1"},
            ),
        ),
    ),
    "tei": (
        "source of text-embeddings-inference, router/src/lib.rs",
        (
            exchange(
                "info",
                body={"model_id": "m", "model_dtype": "f16", "max_batch_tokens": 1, "tokenization_workers": 2},
            ),
        ),
    ),
    "sglang": (
        "source of sglang 0.5.23, http_server.py, with its imitation of Ollama switched on",
        (exchange("root", body='"SGLang is running"'), models({"id": "m", "owned_by": "sglang"})),
    ),
    "localai": (
        "source of LocalAI, auth/middleware.go",
        (
            exchange(
                "models",
                401,
                {
                    "error": {
                        "code": 401,
                        "message": "An authentication key is required",
                        "type": "invalid_request_error",
                    }
                },
            ),
            exchange("api-version", body={"version": "0.9.0"}),
        ),
    ),
    "lm-studio": (
        "issue 618 of the public bug tracker of LM Studio",
        (exchange("missing", 200, {"error": "Unexpected endpoint or method. (GET /x)"}, {"x-powered-by": "Express"}),),
    ),
    "triton": (
        "source of the Triton server, http_server.cc",
        (exchange("v2", body={"name": "triton", "version": "2.50.0", "extensions": ["model_repository"]}),),
    ),
    "trtllm": (
        "source of TensorRT-LLM, openai_server.py",
        (models({"id": "m", "owned_by": "tensorrt_llm"}),),
    ),
    "ray-serve": (
        "source of ray 2.60.0, openai_api_models.py",
        (models({"id": "m", "owned_by": "organization-owner"}),),
    ),
    "nvidia-nim": (
        "vendor documentation of NIM; it carries vLLM's signs as well",
        (
            models({"id": "m", "owned_by": "vllm", "root": "m", "max_model_len": 1}),
            exchange("nim-metadata", body={"assetInfo": [], "modelInfo": [], "version": "2.1.4"}),
        ),
    ),
}

GATEWAYS: dict[str, tuple[str, tuple[Exchange, ...], str]] = {
    "kong": (
        "source of Kong, constants.lua and the ai-proxy plugin",
        (reply({"via": "1.1 kong/3.9.0", "x-kong-llm-model": "mistral/mistral-large"}),),
        "hosted.mistral",
    ),
    "bifrost": (
        "vendor documentation of Bifrost",
        (reply(extra_fields={"provider": "anthropic", "latency": 3}),),
        "hosted.anthropic",
    ),
    "helicone": (
        "source of Helicone's gateway, response_headers.rs",
        (reply({"helicone-provider": "bedrock", "helicone-cache": "MISS"}),),
        "hosted.aws-bedrock",
    ),
    "envoy-ai-gateway": (
        "source of Envoy's gateway, ai_gateway_route.go",
        (models({"id": "m", "owned_by": "Envoy AI Gateway"}),),
        "",
    ),
    "one-api": (
        "source of one-api, controller/misc.go",
        (
            exchange(
                "api-status",
                body={"success": True, "data": {"system_name": "x", "server_address": "", "start_time": 1}},
            ),
        ),
        "",
    ),
    "azure-apim": (
        "vendor documentation of unauthorized errors",
        (
            exchange(
                "models",
                401,
                {"statusCode": 401, "message": "Access denied due to missing subscription key. Make sure"},
            ),
        ),
        "",
    ),
}


@pytest.mark.parametrize("product", SERVERS)
def test_an_inference_server_is_recognised(product: str) -> None:
    _, exchanges = SERVERS[product]
    seen = judge(snapshot(*exchanges))
    assert identity(seen).product == product
    assert identity(seen).kind == "inference-server"
    assert f"server.{product}" in {finding.code for finding in seen}


@pytest.mark.parametrize("product", GATEWAYS)
def test_a_gateway_is_recognised_and_what_it_tells_is_believed(product: str) -> None:
    _, exchanges, told = GATEWAYS[product]
    seen = judge(snapshot(*exchanges))
    assert (identity(seen).product, identity(seen).kind) == (product, "gateway")
    assert bool(behind(seen)) is bool(told)
    if told:
        upstream = next(finding for finding in seen if finding.code == told)
        assert (upstream.params["via"], upstream.strength.value) == (product, "A+")


def test_mistrals_own_kong_is_not_taken_for_somebody_elses_gateway() -> None:
    # Mistral's hosted API shows Kong's headers, as counted in public recordings.
    seen = found(reply({"x-kong-request-id": "1", "mistral-correlation-id": "1"}))
    assert "gateway.kong" not in seen
    assert "hosted.mistral" in seen


def test_ollamas_remote_models_lead_to_its_makers_cloud() -> None:
    # Source of ollama, api/types.go (remote_host) and server/routes.go (/api/status).
    entry = {"name": "big:cloud", "digest": "ab", "size": 1, "details": {}, "remote_host": "https://ollama.com:443"}
    seen = found(
        exchange("api-tags", body={"models": [entry]}),
        exchange("api-status", body={"cloud": {"disabled": False, "source": "none"}}),
    )
    assert seen["hosted.ollama-cloud"].strength.value == "A+"
    assert seen["hosted.ollama-cloud"].params["via"] == "ollama"
    assert "exposure.ollama-cloud" in seen
    assert "server.ollama" in seen, "front is not back: the same program answers for both"


def test_a_program_that_imitates_ollama_is_not_taken_for_it() -> None:
    seen = found(
        exchange("root", body="Ollama is running"),
        models({"id": "m", "owned_by": "sglang"}),
        exchange("api-tags", body={"models": [{"name": "m", "digest": "", "size": 0, "details": {}}]}),
    )
    assert "server.sglang" in seen
    assert "server.ollama" not in seen


def test_vllms_body_keys_on_a_foreign_host_do_not_make_it_self_hosted() -> None:
    # Keys that hosted vendors leak, as counted for router.huggingface.co.
    seen = found(reply(prompt_logprobs=None, kv_transfer_params=None), host="router.huggingface.co", kind="public")
    assert seen["hosted.hugging-face"].params["via"] == "direct"
    assert not any(code.startswith("server.") for code in seen)


def test_nothing_recognised_is_said_to_be_unknown() -> None:
    seen = found(exchange("root", 200, "<html>hello</html>"), exchange("missing", 404, "gone"))
    assert seen["identity.unknown"].strength.value == "C"
    assert identity(tuple(seen.values())).kind == "unknown"


def litellm(*exchanges: Exchange) -> dict[str, Finding]:
    return found(exchange("liveliness", body='"I\'m alive!"'), *exchanges)


@pytest.mark.parametrize(
    ("parameters", "code", "strength"),
    [
        ({"model": "azure/gpt", "api_base": "https://x.openai.azure.com/"}, "hosted.azure-openai", "A+"),
        ({"model": "openai/gpt"}, "hosted.openai", "A"),
        ({"model": "openai/gpt", "api_base": "https://api.mistral.ai/v1"}, "hosted.mistral", "A+"),
        ({"model": "openai/m", "api_base": "http://10.1.2.3:8000/v1"}, "forwards.local", "A"),
        ({"model": "openai/m", "api_base": "http://vllm.models.svc:8000/v1"}, "forwards.local", "B"),
        ({"model": "openai/m", "api_base": "https://gpu.example.net/v1"}, "forwards.unknown", "A"),
        ({"model": "newvendor/m"}, "forwards.unknown", "B"),
        ({"model": "bedrock/anthropic.claude"}, "hosted.aws-bedrock", "A+"),
        ({"model": "anthropic/claude", "mock_response": "pong"}, "hosted.anthropic", "B"),
    ],
)
def test_litellms_list_is_read_by_address_first_and_by_label_second(
    parameters: dict[str, Any], code: str, strength: str
) -> None:
    # Shape of /v1/model/info as recorded.
    listed = exchange("litellm-models", body={"data": [{"model_name": "m", "litellm_params": parameters}]})
    seen = litellm(listed)
    told = {name: finding for name, finding in seen.items() if name.split(".")[0] in {"hosted", "forwards"}}
    assert list(told) == [code]
    assert told[code].strength.value == strength
    assert told[code].params["via"] == "litellm"


def test_a_canned_reply_without_a_vendors_name_leads_nowhere() -> None:
    parameters = {"model": "openai/canned", "mock_response": "pong"}
    seen = litellm(exchange("litellm-models", body={"data": [{"model_name": "m", "litellm_params": parameters}]}))
    assert not any(code.split(".")[0] in {"hosted", "forwards"} for code in seen)


def test_a_cut_list_is_read_as_far_as_it_goes() -> None:
    text = (
        '{"data":[{"model_name":"m","litellm_params":{"model":"azure/gpt","api_base":"https://x.openai.azure.com"},"mod'
    )
    assert "hosted.azure-openai" in litellm(exchange("litellm-models", body=text))


GUARDRAILS = [
    ({"guardrail": "bedrock"}, "safety.hosted.bedrock-guardrails"),
    ({"guardrail": "azure/text_moderations"}, "safety.hosted.azure-content-safety"),
    ({"guardrail": "openai_moderation"}, "safety.hosted.openai-moderation"),
    ({"guardrail": "lakera_v2"}, "safety.hosted.lakera"),
    ({"guardrail": "lakera_v2", "api_base": "http://10.0.0.5"}, "safety.unplaced.lakera"),
    ({"guardrail": "litellm_content_filter"}, "safety.local.litellm-in-process"),
    ({"guardrail": "presidio"}, "safety.unplaced.presidio"),
    ({"guardrail": "presidio", "api_base": "http://presidio:3000"}, "safety.local.presidio"),
    ({"guardrail": "brand_new/thing"}, "safety.unplaced.brand-new-thing"),
]


@pytest.mark.parametrize(("parameters", "code"), GUARDRAILS)
def test_litellms_guardrails_are_placed_by_type_and_address(parameters: dict[str, Any], code: str) -> None:
    # Shape of /guardrails/list as read in the source of litellm 1.109.1.
    body = {"guardrails": [{"guardrail_name": "check", "litellm_params": {**parameters, "mode": "pre_call"}}]}
    seen = litellm(exchange("litellm-guardrails", body=body))
    assert [name for name in seen if name.startswith("safety")] == [code]
    assert seen[code].params["id"] == "check"


def test_presidio_is_local_but_its_azure_recogniser_is_not() -> None:
    # Source of presidio, predefined_recognizers.
    names = ["CreditCardRecognizer", "AzureAILanguageRecognizer"]
    seen = found(exchange("recognizers", body=names, headers={"server": "gunicorn"}))
    assert {"safety.local.presidio", "safety.hosted.azure-language"} <= set(seen)


@pytest.mark.parametrize(
    ("request_id", "body", "code"),
    [
        ("guards", [{"name": "g", "validators": [{"id": "hub/regex"}]}], "safety.local.guardrails-ai"),
        ("root", {"name": "LLM Guard API"}, "safety.local.llm-guard"),
    ],
)
def test_guardrail_programs_are_recognised(request_id: str, body: Any, code: str) -> None:
    seen = found(exchange(request_id, body=body))
    assert code in seen
    assert identity(tuple(seen.values())).kind == "safety"


def test_a_guard_model_is_seen_by_name_and_not_placed() -> None:
    seen = found(models({"id": "meta/Llama-Guard-3-8B"}, {"id": "ordinary"}))
    assert seen["safety.unplaced.llama-guard"].strength.value == "B"


@pytest.mark.parametrize("status", [446, 246])
def test_portkeys_own_status_codes_show_its_hooks(status: int) -> None:
    assert "safety.unplaced.portkey-hooks" in found(exchange("chat", status, {"hook_results": {}}))


def test_a_foreign_sign_in_to_tools_is_found() -> None:
    # Source of the MCP SDK, server/auth/routes.py.
    seen = found(
        exchange("mcp", 401, {}, {"www-authenticate": 'Bearer resource_metadata="https://models.example/x"'}),
        exchange("mcp-sign-in", body={"authorization_servers": ["https://login.vendor.example2"]}),
    )
    assert seen["tools.foreign-identity"].params["host"] == "login.vendor.example2"


def test_a_sign_in_under_the_same_domain_is_not_foreign() -> None:
    seen = found(exchange("mcp-sign-in", body={"authorization_servers": ["https://login.models.example"]}))
    assert "tools.foreign-identity" not in seen


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.9.8.7", "172.31.0.1", "192.168.1.1", "::1", "fd12::1", "vllm", "a.svc", "gpu.local"]
)
def test_a_local_address_is_known_as_one(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "172.32.0.1", "gpu.example.net", "100.64.0.1", "2001:db8::1", "local.example"]
)
def test_an_address_elsewhere_is_not_local(host: str) -> None:
    assert not is_local(host)


def test_a_redirect_is_evidence_and_names_the_other_host() -> None:
    seen = found(exchange("root", 308, "", {"location": "https://elsewhere.example/x"}))
    assert seen["network.redirect"].params["host"] == "elsewhere.example"


def test_open_properties_and_measurements_are_exposure() -> None:
    seen: dict[str, Finding] = found(
        exchange("props", body={"model_path": "/m.gguf", "model_alias": "m"}),
        exchange("metrics", body="# TYPE llamacpp:prompt_tokens_total counter\nllamacpp:prompt_tokens_total 0\n"),
    )
    assert {"exposure.properties", "exposure.metrics", "server.llama-cpp"} <= set(seen)


@pytest.mark.parametrize(
    ("alias", "path", "told"),
    [("m", "/srv/m.gguf", False), ("m.gguf", "m.gguf", False), ("gpt", "/srv/m.gguf", True), ("m", "maker/m", True)],
)
def test_an_alias_is_a_name_that_is_not_the_one_of_what_was_loaded(alias: str, path: str, told: bool) -> None:
    seen = found(exchange("props", body={"model_path": path, "model_alias": alias}))
    assert ("model.alias" in seen) is told
    assert not told or (seen["model.alias"].params["id"], seen["model.alias"].params["root"]) == (alias, path)


def test_an_empty_snapshot_yields_no_claim_but_the_network() -> None:
    empty: Snapshot = snapshot(scheme="http", kind="public", address="203.0.113.4")
    assert {finding.code for finding in judge(empty)} == {"network.address.public", "network.plain-http"}
