"""The prober against real servers on loopback; how to start them is in README.md beside this file."""

import os
from urllib.parse import urlsplit

import pytest

from assessor.probes import engine
from assessor.probes.result import ProbeResult, verify
from assessor.probes.target import Key, Policy, Target

pytestmark = pytest.mark.live

LOOPBACK = Policy(allow=frozenset({"loopback"}))


def endpoint(name: str) -> str:
    """Return the URL of a live server; fails with a sentence when it was not given."""
    url = os.environ.get(f"LIVE_{name}_URL", "")
    assert url, f"LIVE_{name}_URL is not set: see tests/live/README.md"
    assert urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}, "live tests talk to loopback only"
    return url


def probe(name: str, *, chat: bool = True, keyed: bool = True) -> ProbeResult:
    key = os.environ.get(f"LIVE_{name}_KEY", "")
    target = Target(endpoint(name), Key(key) if keyed and key else None, allow_chat=chat)
    result = engine.run(target, LOOPBACK, vantage="live test")
    assert verify(result)
    assert not key or key not in result.model_dump_json()
    return result


@pytest.mark.parametrize("chat", [False, True], ids=["no chat", "one token"])
def test_llama_server_is_recognised_live(chat: bool) -> None:
    result = probe("LLAMA", chat=chat)
    assert (result.outcome, result.identity.product, result.identity.confidence.value) == (
        "completed",
        "llama-cpp",
        "A",
    )
    assert [model.id for model in result.models]
    assert result.behind == ()


def test_llama_server_is_recognised_live_without_its_key() -> None:
    assert probe("LLAMA", keyed=False).identity.product == "llama-cpp"


@pytest.mark.parametrize("chat", [False, True], ids=["no chat", "one token"])
def test_litellm_names_the_local_server_behind_it_live(chat: bool) -> None:
    result = probe("LITELLM", chat=chat)
    assert (result.outcome, result.identity.product, result.identity.kind) == ("completed", "litellm", "gateway")
    codes = {finding.code for finding in result.findings}
    assert "forwards.local" in codes
    assert not any(code.startswith("hosted.") for code in codes), "a canned reply is no dependence"
    if chat:
        assert [item.provider for item in result.behind] == ["llama.cpp server"]


def test_litellms_routes_are_told_apart_live() -> None:
    states = {dialect.name: dialect.state for dialect in probe("LITELLM", chat=False).dialects}
    assert (states["openai-chat"], states["openai-responses"], states["anthropic-messages"]) == ("yes", "yes", "yes")


def test_litellms_guardrails_are_placed_live() -> None:
    result = probe("LITELLM")
    codes = {finding.code for finding in result.findings if finding.is_under("safety")}
    assert {"safety.local.litellm-in-process", "safety.local.presidio", "safety.hosted.lakera"} <= codes
    assert "safety.unplaced.litellm-guardrail" not in codes, "what is listed is not named a second time"


def test_portkey_with_a_host_of_its_own_is_not_taken_for_openai_live() -> None:
    result = probe("PORTKEY")
    assert (result.identity.product, result.identity.kind) == ("portkey", "gateway")
    assert [item.provider for item in result.behind] == ["llama.cpp server"]
    assert not [finding for finding in result.findings if finding.is_under("hosted")]
    assert [(item.name, item.place) for item in result.safety] == [("Portkey guardrail", "local")]


@pytest.mark.parametrize("keyed", [True, False], ids=["key", "no key"])
def test_nemo_guardrails_is_recognised_with_its_configuration_live(keyed: bool) -> None:
    result = probe("NEMO", keyed=keyed)
    assert (result.identity.product, result.identity.kind) == ("nemo-guardrails", "safety")
    program = next(finding for finding in result.findings if finding.code == "safety.local.nemo-guardrails")
    assert program.params["parts"] == "house"
    assert not [finding for finding in result.findings if finding.is_under("hosted")]
