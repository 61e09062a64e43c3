"""Every product of the catalogue is recognised from its recording or from the shape that its row's source documents."""

from dataclasses import replace
from typing import Any

import pytest

from assessor.evidence import Finding
from assessor.probes.assemble import identity
from assessor.probes.detectors import judge
from assessor.probes.products import Group, catalogue
from assessor.probes.snapshot import Exchange
from tests.probes.shapes import exchange, models, reply, snapshot
from tests.probes.test_detectors_hosted import BY_HEADERS, BY_HOST
from tests.probes.test_detectors_recordings import EXPECTED
from tests.probes.test_detectors_synthetic import GATEWAYS, SERVERS

MCP_CALL = {"jsonrpc": "2.0", "id": 1}

# Product, where the shape comes from, what is answered, the finding that must follow.
SHAPES: tuple[tuple[str, str, tuple[Exchange, ...], str], ...] = (
    (
        "mlx-lm",
        "recorded mlx_lm.server and its source",
        (
            exchange("missing", 404, "Not Found", {"server": "BaseHTTP/0.6 Python/3.11.2"}),
            reply(system_fingerprint="0.31.0-0.30.1-Linux-6.1.0-x86_64"),
        ),
        "server.mlx-lm",
    ),
    (
        "transformers-serve",
        "recorded transformers serve 5.19",
        (exchange("models", 400, {"detail": "Server is pinned to '/models/tiny'; got 'x'"}),),
        "server.transformers-serve",
    ),
    (
        "infinity",
        "source of infinity-emb, pymodels.py",
        (models({"id": "BAAI/bge-m3", "owned_by": "infinity", "stats": {}, "backend": "torch"}),),
        "server.infinity",
    ),
    (
        "vllm",
        "source of vllm 0.33.0: refusal of an unknown model, with a number as its code",
        (
            exchange(
                "models",
                404,
                {
                    "error": {
                        "message": "The model `x` does not exist. Valid aliases: y",
                        "type": "NotFoundError",
                        "param": "model",
                        "code": 404,
                    }
                },
            ),
        ),
        "server.vllm",
    ),
    (
        "tei",
        "source of text-embeddings-inference, metrics",
        (exchange("metrics", body="# TYPE te_request_count counter\nte_request_count 1\n"),),
        "server.tei",
    ),
    (
        "tgi",
        "source of text-generation-inference: the owner of a model is its own name",
        (models({"id": "org/m", "owned_by": "org/m"}),),
        "server.tgi",
    ),
    (
        "triton",
        "source of the Triton server, its OpenAI front end",
        (models({"id": "m", "owned_by": "Triton Inference Server"}),),
        "server.triton",
    ),
    (
        "ollama",
        "source of ollama, the refusal when its cloud is switched off",
        (exchange("chat", 403, "ollama cloud is disabled: remote model x is not available"),),
        "server.ollama",
    ),
    ("kong", "source of Kong, constants.lua", (reply({"x-kong-proxy-latency": "3"}),), "gateway.kong"),
    (
        "new-api",
        "third-party reading of the new-api middleware",
        (exchange("missing", 404, {}, {"x-new-api-version": "v0.8"}),),
        "gateway.new-api",
    ),
    (
        "pydantic-ai-gateway",
        "header names counted in public recordings",
        (reply({"pydantic-ai-gateway-price-estimate": "0.1"}),),
        "gateway.pydantic-ai-gateway",
    ),
    (
        "google-vertex",
        "body keys counted in 120 public recordings",
        (exchange("chat", body={"candidates": [], "createTime": "x", "usageMetadata": {"trafficType": "ON_DEMAND"}}),),
        "hosted.google-vertex",
    ),
    ("fireworks", "third-party client code", (reply({"fireworks-prefill-duration": "1"}),), "hosted.fireworks"),
    ("moonshot", "third-party client code", (reply({"msh-trace-mode": "on"}),), "hosted.moonshot"),
    ("minimax", "third-party client code", (reply({"x-mm-request-id": "1"}),), "hosted.minimax"),
    (
        "hugging-face",
        "third-party code: header of its router",
        (reply({"x-inference-provider": "hf-inference"}),),
        "hosted.hugging-face",
    ),
    (
        "replicate",
        "header names counted in 30 public recordings",
        (reply({"content-security-policy-report-only": "img-src replicate.delivery"}),),
        "hosted.replicate",
    ),
    (
        "cerebras",
        "body keys counted in 13 public recordings",
        (models({"id": "m", "owned_by": "Cerebras"}),),
        "hosted.cerebras",
    ),
    ("cloudflare", "vendor documentation, glossary", (reply({"cf-aig-cache-status": "MISS"}),), "hosted.cloudflare"),
    (
        "aws-bedrock",
        "body keys counted in public recordings: its refusal",
        (exchange("chat", 403, {"message": "The security token included in the request is expired"}),),
        "hosted.aws-bedrock",
    ),
    (
        "azure-content-safety",
        "a vendor's sample of its reply",
        (exchange("chat", body={"blocklistsMatch": [], "categoriesAnalysis": [{"category": "Hate", "severity": 0}]}),),
        "safety.hosted.azure-content-safety",
    ),
    (
        "openai-moderation",
        "body keys of third-party clients",
        (exchange("chat", body={"id": "modr-1", "model": "omni-moderation-latest", "results": []}),),
        "safety.hosted.openai-moderation",
    ),
    (
        "google-model-armor",
        "third-party client code of its own service",
        (exchange("chat", body={"sanitizationResult": {"filterMatchState": "NO_MATCH_FOUND"}}),),
        "safety.hosted.google-model-armor",
    ),
    (
        "fastmcp",
        "recorded fastmcp 4.1.2",
        (
            exchange("mcp", 406, {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Not Acceptable"}}),
            exchange("mcp-tools", body={**MCP_CALL, "result": {"tools": [{"name": "t", "_meta": {"fastmcp": {}}}]}}),
        ),
        "tools.mcp",
    ),
    (
        "mcp",
        "recorded MCP SDK 1.30.0: a refusal by the older of two eras",
        (
            exchange(
                "mcp-discover",
                400,
                {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Missing session ID"}},
            ),
        ),
        "tools.mcp",
    ),
)

# Hosted services that show by host name alone, or by it as well.
FURTHER_HOSTS = {
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.moonshot.cn": "moonshot",
    "api.z.ai": "zhipu",
    "open.bigmodel.cn": "zhipu",
    "api.minimaxi.com": "minimax",
    "tokenhub.tencentmaas.com": "tencent",
    "api.replicate.com": "replicate",
    "api.cerebras.ai": "cerebras",
    "runtime.sagemaker.eu-west-1.amazonaws.com": "aws-sagemaker",
    "api.x.ai": "xai",
    "api.perplexity.ai": "perplexity",
    "dbc-1.cloud.databricks.com": "databricks",
    "integrate.api.nvidia.com": "nvidia-api",
    "abc.snowflakecomputing.com": "snowflake",
    "api.aleph-alpha.com": "aleph-alpha",
    "ai-gateway.vercel.sh": "vercel",
    "someone--app.modal.run": "modal",
    "api.scaleway.ai": "scaleway",
    "api.tokenfactory.nebius.com": "nebius",
    "dashscope-intl.aliyuncs.com": "alibaba",
    "api.openai-compat.model-serving.eu01.onstackit.cloud": "stackit",
    "inference.do-ai.run": "digitalocean",
    "models.github.ai": "github-models",
    "api.vultrinference.com": "vultr",
    "ai-gateway.helicone.ai": "helicone-cloud",
    "api.ai.prod.eu-central-1.aws.ml.hana.ondemand.com": "sap-ai-core",
}

# Filters that only show in LiteLLM's own list of guardrails.
LISTED_FILTERS = tuple(row.id for row in catalogue("safety").products if row.types and not row.signals)


def found(*exchanges: Exchange, **where: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in judge(snapshot(*exchanges, **where))}


@pytest.mark.parametrize(("product", "source", "exchanges", "code"), SHAPES, ids=lambda part: str(part)[:40])
def test_a_documented_shape_is_recognised(
    product: str, source: str, exchanges: tuple[Exchange, ...], code: str
) -> None:
    seen = found(*exchanges)
    assert code in seen, source
    strongest = 0 if product == "openai-moderation" else 2
    assert seen[code].strength.rank >= max(1, strongest)
    if code == "tools.mcp":
        assert seen[code].params["product"] == product
    others = {name for name in seen if name.split(".")[0] in {"server", "gateway", "hosted"}} - {code}
    assert not others, "nothing else is named"


@pytest.mark.parametrize("host", FURTHER_HOSTS)
def test_a_further_services_own_host_name_is_enough(host: str) -> None:
    seen = found(exchange("models", 401, {}), host=host, kind="public", address="203.0.113.9")
    assert seen[f"hosted.{FURTHER_HOSTS[host]}"].params["via"] == "direct"
    assert seen[f"hosted.{FURTHER_HOSTS[host]}"].params["country"]


@pytest.mark.parametrize("product", LISTED_FILTERS)
def test_a_filter_that_a_relay_lists_by_type_is_placed(product: str) -> None:
    row = next(row for row in catalogue("safety").products if row.id == product)
    for kind in row.types:
        body = {"guardrails": [{"guardrail_name": "check", "litellm_params": {"guardrail": kind, "mode": "pre_call"}}]}
        seen = found(exchange("liveliness", body='"I\'m alive!"'), exchange("litellm-guardrails", body=body))
        assert [name for name in seen if name.startswith("safety")] == [f"safety.{row.place}.{product}"]


@pytest.mark.parametrize(
    "name", ["Llama-Guard-4-12B", "shieldgemma:9b", "granite-guardian-3.3", "nemoguard-8b", "gpt-oss-safeguard-20b"]
)
def test_guard_models_are_seen_by_name_and_never_placed(name: str) -> None:
    seen = [code for code in found(models({"id": name})) if code.startswith("safety")]
    assert len(seen) == 1
    assert seen[0].startswith("safety.unplaced.")


def test_a_hosted_filter_is_known_by_its_own_host_name() -> None:
    seen = found(exchange("root", 404, {}), host="api.lakera.ai", kind="public", address="203.0.113.9")
    assert seen["safety.hosted.lakera"].params["via"] == "direct"
    assert identity(tuple(seen.values())).kind == "safety"


def test_portkeys_checks_name_the_vendor_by_their_plugin() -> None:
    # Source of the Portkey gateway: hook results list checks as plugin.check.
    checks = {"before_request_hooks": [{"checks": [{"id": "azure.shieldPrompt"}, {"id": "default.regexMatch"}]}]}
    seen = found(exchange("chat", 246, {"hook_results": checks}))
    assert "safety.hosted.azure-content-safety" in seen
    assert "safety.local.portkey-in-process" in seen
    assert "safety.unplaced.portkey-hooks" not in seen, "each of them is named"
    checks["before_request_hooks"][0]["checks"] = [{"id": "somebody.check"}, {"id": "default.webhook"}]
    seen = found(exchange("chat", 246, {"hook_results": checks}))
    assert {"safety.unplaced.portkey-hooks", "safety.unplaced.own-guardrail-service"} <= set(seen)


@pytest.mark.parametrize(
    ("host", "path", "code"),
    [
        ("router.huggingface.co", "/nebius/v1", "hosted.nebius"),
        ("gateway.ai.cloudflare.com", "/v1/account/gateway/anthropic", "hosted.anthropic"),
    ],
)
def test_the_path_of_a_hosted_relay_names_who_is_behind_it(host: str, path: str, code: str) -> None:
    seen = {one.code: one for one in judge(replace(snapshot(exchange("models", 401, {}), host=host), base_path=path))}
    assert seen[code].params["via"] != "direct"


def products(group: Group) -> set[str]:
    return {row.id for row in catalogue(group).products}


def test_every_product_has_a_recording_or_a_documented_shape() -> None:
    recorded = {product for product, _, _ in EXPECTED.values()}
    shaped = {product for product, _, _, _ in SHAPES}
    assert products("server") - recorded - shaped - set(SERVERS) == {"fastapi"}, "a frame, not a product"
    assert products("gateway") - recorded - shaped - set(GATEWAYS) == {"traefik-hub"}, "it shows no sign"
    assert products("hosted") - shaped - {*BY_HEADERS.values(), *BY_HOST.values(), *FURTHER_HOSTS.values()} == set()
    assert products("tools") - recorded - shaped == set()
