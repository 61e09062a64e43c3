"""A server that looks like another is not taken for it; what contradicts itself is shown as a contradiction."""

from typing import Any

import pytest

from assessor.evidence import Finding
from assessor.probes import engine
from assessor.probes.assemble import behind, identity
from assessor.probes.detectors import judge
from assessor.probes.gaps import unknown
from assessor.probes.snapshot import Exchange, Snapshot
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes.replay import RECORDINGS, Recording, replay_door
from tests.probes.shapes import exchange, models, reply, snapshot

VLLM = {"id": "m", "owned_by": "vllm", "root": "org/m", "max_model_len": 4096, "permission": []}


SGLANG_INFO = {"model_path": "org/m", "tokenizer_path": "org/m", "weight_version": "default"}


def found(*exchanges: Exchange, **where: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in judge(snapshot(*exchanges, **where))}


def left_open(seen: Snapshot) -> str:
    return " ".join(unknown(seen, judge(seen)))


def stripped(name: str, prefixes: tuple[str, ...]) -> Recording:
    """Return a recording as it would look behind a proxy that takes these headers away."""
    recording = Recording.load(name)
    for one in recording.exchanges:
        headers = one["response"]["headers"]
        one["response"]["headers"] = [pair for pair in headers if not pair[0].lower().startswith(prefixes)]
    return recording


@pytest.mark.parametrize(
    ("name", "prefixes", "product"),
    [
        ("litellm_proxy", ("x-litellm", "llm_provider", "server", "content-security"), "litellm"),
        ("portkey_gateway", ("x-portkey", "server"), "portkey"),
        ("llama_server", ("server",), "llama-cpp"),
        ("llama_server_live", ("server",), "llama-cpp"),
        ("litellm_guardrails", ("x-litellm", "llm_provider", "server", "content-security", "www-auth"), "litellm"),
        ("portkey_hooks", ("x-portkey", "server"), "portkey"),
        ("nemoguardrails_live", ("server",), "nemo-guardrails"),
        ("llama_cpp_python", ("server", "openai-", "x-request-id"), "llama-cpp-python"),
    ],
)
def test_a_server_whose_headers_were_stripped_is_still_known_by_its_bodies(
    name: str, prefixes: tuple[str, ...], product: str
) -> None:
    target = Target("http://server.example:8000", Key("sk-replay-canary"), allow_chat=True)
    result = engine.run(target, LAPTOP, open_door=replay_door(stripped(name, prefixes)))
    assert result.identity.product == product


def test_a_gateway_that_strips_everything_of_its_own_still_lets_the_clouds_body_through() -> None:
    # Body keys as counted for Azure OpenAI; not one header arrives.
    seen = snapshot(reply(prompt_filter_results=[{"prompt_index": 0}]))
    findings = judge(seen)
    assert identity(findings).kind == "unknown"
    assert [(one.provider, one.place) for one in behind(findings)] == [("Azure OpenAI", "hosted")]
    assert "safety.hosted.azure-content-filter" in {finding.code for finding in findings}


def test_a_local_list_of_models_does_not_hide_the_cloud_that_answers_the_chat() -> None:
    # A reverse proxy that keeps a list like vLLM's and sends the chat to a cloud: headers counted for Anthropic.
    seen = snapshot(models(VLLM), reply({"anthropic-organization-id": "x", "request-id": "req_011C"}))
    findings = judge(seen)
    assert [one.provider for one in behind(findings)] == ["Anthropic"]
    assert {finding.code: finding for finding in findings}["hosted.anthropic"].params["via"] == "vllm"


def test_litellms_list_says_openai_everywhere_and_is_not_openai() -> None:
    seen = found(models({"id": "m", "owned_by": "openai", "created": 1677610602}))
    assert "gateway.litellm" in seen
    assert "hosted.openai" not in seen


def test_llama_servers_own_list_looks_like_ollamas_and_is_not_taken_for_it() -> None:
    recording = Recording.load("llama_server")
    result = engine.run(Target("http://server.example:8000", Key("sk-k")), LAPTOP, open_door=replay_door(recording))
    listed = [one for one in recording.exchanges if one["request"]["path"] == "/v1/models"]
    assert any("models" in one["response"]["body"] for one in listed if isinstance(one["response"]["body"], dict))
    assert {finding.code for finding in result.findings if finding.is_under("server")} == {"server.llama-cpp"}


def test_localai_speaking_ollama_is_localai() -> None:
    # Source of LocalAI: its own description, and the constant version of its imitation.
    seen = found(
        exchange("localai", body={"version": "v3.6.0"}),
        exchange("api-version", body={"version": "0.9.0"}),
        exchange("api-tags", body={"models": [{"name": "m", "digest": "ab", "size": 1, "details": {}}]}),
    )
    assert "server.localai" in seen
    assert "server.ollama" not in seen


SGLANG = models({"id": "m", "owned_by": "sglang", "root": "org/m", "max_model_len": 4096})
TAGS = exchange("api-tags", body={"models": [{"name": "m", "model": "m", "digest": "ab", "size": 1, "details": {}}]})


@pytest.mark.parametrize(
    "more",
    [
        (SGLANG, TAGS),
        (SGLANG, TAGS, exchange("root", body="Ollama is running")),
        (TAGS, exchange("root", body="Ollama is running"), exchange("model-info", body=SGLANG_INFO)),
        (SGLANG, TAGS, exchange("api-version", body={"version": "0.1.0"}), exchange("root", body="Ollama is running")),
    ],
    ids=["its list", "its front page too", "without its list of models", "its version too"],
)
def test_sglang_speaking_ollama_is_sglang(more: tuple[Exchange, ...]) -> None:
    # Source of sglang 0.5.23: SGLANG_OLLAMA_ROOT_ROUTE changes the front page, /api/tags and /api/version are its own.
    seen = found(*more)
    assert {code for code in seen if code.startswith("server.")} == {"server.sglang"}
    assert "conflict.identity" not in seen


def test_llama_cpp_python_with_more_of_openais_manner_is_still_itself_or_nobody() -> None:
    # The header is its own (recorded); identifiers and fingerprints are what a person could set beside it.
    headers = {"openai-processing-ms": "12", "x-request-id": "0" * 32, "server": "uvicorn"}
    for own in ((), (models({"id": "gpt-4o", "owned_by": "me", "permissions": []}),)):
        seen = snapshot(*own, reply(headers, model="gpt-4o-2024-08-06", system_fingerprint="fp_0123456789"))
        findings = judge(seen)
        assert identity(findings).kind != "hosted-api"
        assert not [one for one in behind(findings) if one.strength.rank >= 2], "a copied header is no dependence"


def test_a_local_server_speaking_anthropic_is_not_anthropic() -> None:
    # Recorded of vLLM and llama-server: they keep their own prefix of identifiers in that dialect.
    body = {"id": "chatcmpl-1", "type": "message", "role": "assistant", "content": [], "model": "claude-sonnet-4"}
    seen = found(models(VLLM), exchange("chat", body=body))
    assert not [code for code in seen if code.startswith("hosted")]


@pytest.mark.parametrize(
    ("headers", "body", "provider"),
    [
        ({"x-ms-region": "East US"}, {}, "Azure OpenAI"),
        ({}, {"prompt_filter_results": [{"prompt_index": 0}]}, "Azure OpenAI"),
        ({"anthropic-organization-id": "x"}, {}, "Anthropic"),
        ({"x-groq-region": "me-central-1"}, {"x_groq": {"id": "req_1"}}, "Groq"),
        ({"openai-organization": "x", "openai-version": "2020-10-01"}, {}, "OpenAI"),
        ({"x-amzn-bedrock-invocation-latency": "7"}, {}, "Amazon Bedrock"),
    ],
)
@pytest.mark.parametrize("front", ["vllm", "llama-cpp", "ollama"])
def test_a_proxy_before_a_cloud_that_shows_a_local_list_still_shows_the_cloud(
    front: str, headers: dict[str, str], body: dict[str, Any], provider: str
) -> None:
    local = {
        "vllm": (models(VLLM), exchange("version", body={"version": "0.33.0"})),
        "llama-cpp": (models({"id": "m", "owned_by": "llamacpp", "meta": {"n_params": 1, "ftype": "Q4"}}),),
        "ollama": (TAGS, exchange("root", body="Ollama is running")),
    }
    seen = snapshot(*local[front], reply(headers, **body))
    shown = {one.provider: one for one in behind(judge(seen))}
    assert shown[provider].place == "hosted"
    assert shown[provider].strength.rank >= 2


def test_lm_studio_that_answers_200_to_everything_shows_nothing_but_itself() -> None:
    # Issue 618 of its public bug tracker.
    paths = ("missing", "info", "v2", "props", "version", "api-tags", "rails", "liveliness", "api-status")
    answer = {"error": "Unexpected endpoint or method. (GET /x)"}
    seen = found(*(exchange(path, 200, answer, {"x-powered-by": "Express"}) for path in paths))
    assert {code for code in seen if not code.startswith("network")} == {"server.lm-studio", *_known_dialects(seen)}


def _known_dialects(seen: dict[str, Finding]) -> set[str]:
    dialects = {code for code in seen if code.startswith("dialect.")}
    assert all(seen[code].strength.value == "B" for code in dialects), "known of the product, shown by no reply"
    return dialects


def test_ollamas_fingerprint_comes_from_its_makers_cloud_as_well_so_it_places_nothing() -> None:
    seen = snapshot(reply(system_fingerprint="fp_ollama"))
    assert identity(judge(seen)).confidence.value == "B"
    assert "Whether the models run on the machine" in left_open(seen)


def test_a_gateway_that_shows_no_sign_leaves_the_question_open() -> None:
    # Traefik Hub's documentation names no header of its own: what is seen is the server behind it.
    seen = snapshot(models(VLLM))
    assert identity(judge(seen)).product == "vllm"
    assert "Traefik Hub" in left_open(seen)


def test_a_filter_that_the_engine_does_not_have_contradicts_it() -> None:
    # vLLM's reasons for an end are stop, length, abort, error and repetition, as recorded.
    choices = [{"index": 0, "finish_reason": "content_filter", "message": {"role": "assistant", "content": ""}}]
    seen = found(models(VLLM), exchange("chat", body={"choices": choices}))
    assert seen["conflict.filter"].params["name"] == "vLLM"


def test_two_servers_at_one_door_are_a_contradiction_and_not_a_choice() -> None:
    seen = snapshot(models(VLLM), exchange("chat", 200, {"timings": {}, "system_fingerprint": "b6000-abc"}))
    codes = {finding.code for finding in judge(seen)}
    assert {"conflict.identity", "server.vllm", "server.llama-cpp"} <= codes
    assert "contradict" in left_open(seen)


def test_nims_vllm_inside_is_no_contradiction() -> None:
    seen = found(models(VLLM), exchange("nim-metadata", body={"assetInfo": [], "modelInfo": [], "version": "2.1.4"}))
    assert "conflict.identity" not in seen
    assert [code for code in seen if code.startswith("server.")] == ["server.nvidia-nim"]


@pytest.mark.parametrize("chat", [False, True], ids=["no chat", "one token"])
@pytest.mark.parametrize("name", sorted({path.stem for path in RECORDINGS.glob("*.json")} - {"hosted_from_cassettes"}))
def test_no_recording_contradicts_itself_or_names_a_provider_that_was_not_there(name: str, chat: bool) -> None:
    target = Target("http://server.example:8000", Key("sk-replay-canary"), allow_chat=chat)
    result = engine.run(target, LAPTOP, open_door=replay_door(Recording.load(name)))
    codes = {finding.code for finding in result.findings}
    assert not [code for code in codes if code.startswith("conflict")]
    hosted = {code for code in codes if code.startswith("hosted")}
    assert hosted == ({"hosted.azure-openai", "hosted.anthropic"} if name == "litellm_proxy" else set())
