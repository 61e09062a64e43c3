"""Every recorded server is recognised when its recording is replayed, and nothing harmful is asked of it."""

import json
import re

import pytest

from assessor.probes import engine
from assessor.probes.result import ProbeResult
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes.replay import RECORDINGS, Recording, replay_door
from tests.probes.shapes import exchange, snapshot

EXPECTED = {
    "llama_server": ("llama-cpp", "inference-server", "A"),
    "llama_cpp_python": ("llama-cpp-python", "inference-server", "A"),
    "litellm_proxy": ("litellm", "gateway", "A"),
    "portkey_gateway": ("portkey", "gateway", "A"),
    "nemoguardrails_server": ("nemo-guardrails", "safety", "A"),
    "llama_server_live": ("llama-cpp", "inference-server", "A"),
    "litellm_guardrails": ("litellm", "gateway", "A"),
    "portkey_bare": ("portkey", "gateway", "A"),
    "portkey_hooks": ("portkey", "gateway", "A"),
    "nemoguardrails_live": ("nemo-guardrails", "safety", "A"),
    "mcp_sdk_v2": ("mcp", "tool-server", "A"),
    "mcp_sdk_v2_sse": ("mcp", "tool-server", "A"),
    "mcp_sdk_v1": ("mcp", "tool-server", "A"),
    "mcp_sdk_v1_sse": ("mcp", "tool-server", "A"),
}
WITHOUT_KEY = [name for name in EXPECTED if not name.startswith(("mcp_", "nemo"))]


def probe(name: str, *, key: bool = True, chat: bool = False) -> tuple[ProbeResult, Recording]:
    recording = Recording.load(name)
    target = Target("http://server.example:8000", Key("sk-replay-canary") if key else None, allow_chat=chat)
    return engine.run(target, LAPTOP, open_door=replay_door(recording)), recording


def codes(result: ProbeResult) -> set[str]:
    return {finding.code for finding in result.findings}


def test_every_recording_is_expected_here() -> None:
    recorded = {path.stem for path in RECORDINGS.glob("*.json")} - {"hosted_from_cassettes"}
    assert recorded == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_recording_says_of_what_and_when_it_is(name: str) -> None:
    whole = json.loads((RECORDINGS / f"{name}.json").read_text())
    assert re.match(r"2026-\d\d-\d\d", whole["recorded_at"])
    assert re.search(r"\d", whole["software"]), "program and version"


@pytest.mark.parametrize("chat", [False, True], ids=["no chat", "one token"])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_server_is_recognised_without_harm(name: str, chat: bool) -> None:
    result, recording = probe(name, chat=chat)
    identity = result.identity
    assert (identity.product, identity.kind, identity.confidence.value) == EXPECTED[name]
    assert identity.because
    assert result.outcome == "completed"
    assert recording.hazards == []
    assert len([one for one in result.requests if one.stage == 1]) <= 14
    assert len([one for one in result.requests if one.stage == 2]) <= 16


@pytest.mark.parametrize("name", WITHOUT_KEY)
def test_a_recorded_server_is_recognised_without_a_key_too(name: str) -> None:
    result, recording = probe(name, key=False)
    assert result.identity.product == EXPECTED[name][0]
    assert not any(request.with_key for request in result.requests)
    assert recording.hazards == []


def test_llama_server_is_named_with_its_model_and_never_placed() -> None:
    result, _ = probe("llama_server", chat=True)
    assert {"server.llama-cpp", "access.key-required", "model.listed"} <= codes(result)
    # “tiny” is what its file tiny.gguf is called.
    assert "model.alias" not in codes(result)
    assert any("Whether the models run on the machine" in sentence for sentence in result.unknown)
    assert result.behind == ()
    assert result.safety == ()


def test_llama_servers_dialects_stay_open_where_it_answers_all_routes_alike() -> None:
    result, _ = probe("llama_server")
    states = {dialect.name: dialect.state for dialect in result.dialects}
    assert states["ollama"] == "unknown"
    assert states["openai-chat"] == "yes"
    chat = next(finding for finding in result.findings if finding.code == "dialect.openai-chat")
    assert chat.strength.value == "B", "known of the product, not shown by a reply"


def test_llama_cpp_python_is_not_taken_for_openai_by_the_header_it_copies() -> None:
    result, _ = probe("llama_cpp_python", chat=True)
    assert not any(code.startswith("hosted.") for code in codes(result))
    states = {dialect.name: dialect.state for dialect in result.dialects}
    assert (states["openai-chat"], states["openai-responses"]) == ("yes", "no")


def test_litellm_tells_who_is_behind_it() -> None:
    result, _ = probe("litellm_proxy")
    behind = {item.provider: item for item in result.behind}
    assert {"Azure OpenAI", "Anthropic"} <= set(behind)
    assert behind["Anthropic"].strength.value == "A+"
    assert {"gateway.litellm", "hosted.azure-openai", "hosted.anthropic", "forwards.unknown"} <= codes(result)
    versions = [finding.params["version"] for finding in result.findings if finding.code == "gateway.litellm"]
    assert versions == ["1.106.2"]


def test_litellm_names_address_and_provider_in_its_reply() -> None:
    result, _ = probe("litellm_proxy", chat=True)
    local = next(finding for finding in result.findings if finding.code == "forwards.local")
    assert local.params["host"] == "127.0.0.1"
    assert "chat" in local.exchanges


def test_portkeys_label_openai_names_a_protocol_and_not_the_company() -> None:
    recorded = next(
        one["response"]
        for one in Recording.load("portkey_gateway").exchanges
        if ["x-portkey-provider", "openai"] in one["response"]["headers"]
    )
    headers = {name.lower(): value for name, value in recorded["headers"]}
    found = engine.judge(snapshot(exchange("chat", 200, recorded["body"], headers)))
    seen = {finding.code: finding for finding in found}
    assert "gateway.portkey" in seen
    assert not any(code.startswith("hosted.") for code in seen), "the recorded upstream was llama-cpp-python"
    assert seen["forwards.unknown"].params["protocol"] == "openai"


def test_nemo_guardrails_is_a_program_of_the_operators_that_shows_the_owner_behind_it() -> None:
    result, _ = probe("nemoguardrails_server")
    assert [(item.name, item.place) for item in result.safety] == [("NeMo Guardrails", "local")]
    assert not any(code.startswith("server.") for code in codes(result)), "the model list is passed on, not its own"
    assert [item.provider for item in result.behind] == ["llamacpp"]
    program = next(finding for finding in result.findings if finding.code == "safety.local.nemo-guardrails")
    assert program.params["parts"] == "demo"


def test_a_live_llama_server_is_named_and_nobody_else() -> None:
    result, _ = probe("llama_server_live", chat=True)
    assert result.behind == ()
    assert result.safety == ()
    assert {finding.code for finding in result.findings if finding.is_under("server")} == {"server.llama-cpp"}
    bare, _ = probe("llama_server_live", key=False, chat=True)
    assert not any("chat" in request.id and request.method == "POST" for request in bare.requests)


def test_litellms_guardrails_are_placed_by_type_and_address_and_each_is_named_once() -> None:
    result, _ = probe("litellm_guardrails", chat=True)
    seen = {finding.code: finding for finding in result.findings if finding.is_under("safety")}
    assert set(seen) == {
        "safety.local.litellm-in-process",
        "safety.local.presidio",
        "safety.local.own-guardrail-service",
        "safety.hosted.lakera",
        "safety.hosted.openai-moderation",
    }
    assert seen["safety.local.presidio"].params["host"] == "127.0.0.1"
    assert seen["safety.hosted.lakera"].params["host"] == "api.lakera.ai"
    own = [finding.params["id"] for finding in result.findings if finding.code == "safety.local.litellm-in-process"]
    assert own == ["house-words", "house-hook"], "code of one's own runs in the same process"
    assert not any("Where some of the filters run" in sentence for sentence in result.unknown)


def test_litellm_with_a_real_upstream_names_it_and_no_provider() -> None:
    result, _ = probe("litellm_guardrails", chat=True)
    assert [(item.provider, item.host, item.place) for item in result.behind] == [
        ("llama.cpp server", "127.0.0.1", "local")
    ]
    assert not any(code.startswith(("hosted", "forwards.unknown")) for code in codes(result))
    without, _ = probe("litellm_guardrails", key=False, chat=True)
    assert without.behind == ()
    assert any("Whom the program at the door forwards to" in sentence for sentence in without.unknown)


def test_portkey_with_a_host_of_its_own_names_the_program_behind_and_not_openai() -> None:
    result, _ = probe("portkey_hooks", chat=True)
    assert [(item.provider, item.place) for item in result.behind] == [("llama.cpp server", "unknown")]
    assert not any(code.startswith(("hosted", "server")) for code in codes(result))
    assert [(item.name, item.place) for item in result.safety] == [("Portkey guardrail", "local")]


def test_portkey_with_nothing_configured_leaves_open_who_is_behind_it() -> None:
    result, _ = probe("portkey_bare", chat=True)
    assert (result.behind, result.safety, result.models) == ((), (), ())
    assert any("Whom the program at the door forwards to" in sentence for sentence in result.unknown)
    assert any("no model was listed" in sentence for sentence in result.not_tested)


def test_nemo_guardrails_in_front_of_a_live_server_shows_its_configuration_and_no_provider() -> None:
    for key in (True, False):
        result, _ = probe("nemoguardrails_live", key=key, chat=True)
        program = next(finding for finding in result.findings if finding.code == "safety.local.nemo-guardrails")
        assert program.params["parts"] == "house"
        assert [(item.provider, item.place) for item in result.behind] == [("llamacpp", "unknown")]
        assert not any(code.startswith(("hosted", "server")) for code in codes(result))
        assert any("Which services the guardrail program calls" in sentence for sentence in result.unknown)


def test_a_tool_server_lists_its_tools_and_its_sessions_are_ended() -> None:
    result, recording = probe("mcp_sdk_v2")
    tools = next(finding for finding in result.findings if finding.code == "tools.mcp")
    assert tools.params["name"] == "SovProbe Demo"
    assert tools.params["count"] == 1
    assert "DELETE /mcp" in recording.asked
    assert any(request.method == "DELETE" for request in result.requests)


def test_a_tool_server_is_found_at_its_own_path_as_well() -> None:
    recording = Recording.load("mcp_sdk_v2")
    result = engine.run(Target("http://tools.example/mcp"), LAPTOP, open_door=replay_door(recording))
    assert result.identity.kind == "tool-server"
    assert {request.path for request in result.requests} == {"/mcp", "/mcp/assessor-no-such-path"}
    assert recording.hazards == []
