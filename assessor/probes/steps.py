"""Every question a probe can put, in the order in which it is put: stage 1 always, stage 2 only when it applies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assessor.errors import N_
from assessor.evidence import Strength
from assessor.probes.recognise import hints, walk
from assessor.probes.snapshot import Exchange, Snapshot

# Where a path lies: "api" below the version (/v1), "native" beside it, "here" below the registered path whatever that
# is, "host" at the root of the host, "mcp" at the registered path of a tool server.
Space = Literal["api", "native", "here", "host", "mcp"]

# A name that is longer is none: it would be sent back in the completion.
MAX_MODEL = 200


class Sight:
    """What stage 1 gave reason to ask next."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def hints(self) -> dict[str, Strength]:
        """Products that any sign points to."""
        return hints(self.snapshot)

    def like(self, *products: str) -> bool:
        """Tell whether any of these products shows a sign."""
        return any(product in self.hints for product in products)

    def status(self, request_id: str) -> int:
        """Return the status of an exchange of stage 1, 0 when there was no answer."""
        exchange = self.snapshot.exchange(request_id)
        return exchange.status if exchange else 0

    @property
    def model_list(self) -> Exchange | None:
        """The exchange that listed models."""
        for name in ("models-key", "models"):
            exchange = self.snapshot.exchange(name)
            if exchange and exchange.status == 200:
                return exchange
        return None

    @property
    def model(self) -> str:
        """A listed model that may be asked for one token: the first whose name does not say that it cannot chat."""
        listed = self.model_list
        names = [str(name) for name in walk(listed.json, "data.*.id")] if listed else []
        other = ("embed", "rerank", "whisper", "tts", "moderation", "dall-e", "image", "guard", "bge-")
        fit = [name for name in names if len(name) <= MAX_MODEL and name.isprintable()]
        return next((name for name in fit if not any(word in name.lower() for word in other)), "")

    @property
    def unnamed(self) -> bool:
        """Whether nothing yet tells what answers."""
        return not any(strength.rank >= Strength.DEFAULT.rank for strength in self.hints.values())

    @property
    def tells_methods(self) -> bool:
        """Whether this server tells a route that exists (405) from one that does not (404)."""
        return self.status("chat-route") == 405 and self.status("missing") == 404

    @property
    def tool_server(self) -> bool:
        """Whether a tool server (MCP) answered that takes calls where it was asked.

        The oldest ones (HTTP with a stream of events) take them at an address of their own choice: they are
        recognised by the first event and told nothing.
        """
        look = self.snapshot.exchange("mcp")
        return self.like("mcp") and not (look and look.header("content-type").lower().startswith("text/event-stream"))


@dataclass(frozen=True)
class Step:
    """One possible request; `when` decides from stage 1 whether it applies, `only_if` says the same to people."""

    id: str
    path: str
    purpose: str
    space: Space = "native"
    with_key: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    only_if: str = ""
    when: Callable[[Sight], bool] = lambda sight: True


JSON = (("accept", "application/json"),)

COMMON: tuple[Step, ...] = (
    Step("root", "/", N_("See what the front page says of itself."), headers=JSON),
    Step("models", "/v1/models", N_("See whether the list of models is open without a key."), "api", headers=JSON),
    Step("models-key", "/v1/models", N_("List the models with the key."), "api", with_key=True, headers=JSON),
    Step("missing", "/assessor-no-such-path", N_("See how an unknown path is refused."), "here", headers=JSON),
    Step("chat-route", "/v1/chat/completions", N_("See whether the chat route exists, without using it."), "api"),
    Step("version", "/version", N_("Read the version where vLLM and others show it."), headers=JSON),
    Step("api-tags", "/api/tags", N_("Read the list of models where Ollama shows it."), headers=JSON),
    Step("api-status", "/api/status", N_("Read the status where Ollama and one-api show it."), headers=JSON),
    Step("props", "/props", N_("Read the properties where llama.cpp shows them."), headers=JSON),
    Step("info", "/info", N_("Read the description where Hugging Face servers show it."), headers=JSON),
    Step("v2", "/v2", N_("Read the description where Triton shows it."), headers=JSON),
    Step("liveliness", "/health/liveliness", N_("See whether LiteLLM's own sign of life is there."), headers=JSON),
    Step(
        "rails", "/v1/rails/configs", N_("See whether NeMo Guardrails lists its configurations."), "api", headers=JSON
    ),
    Step("mcp", "/mcp", N_("See whether a tool server (MCP) answers, without opening a stream."), "mcp", headers=JSON),
)

_LITELLM = N_("Only if it looks like LiteLLM.")
_ROUTES = N_("Only if the server tells existing routes from missing ones.")
_MCP = N_("Only if a tool server (MCP) answered.")
_OLD_MCP = N_("Only if a tool server (MCP) answered that does not speak the newest version.")
_ENGINE = ("llama-cpp", "vllm", "sglang", "tgi", "tei", "triton", "trtllm")


def _litellm(sight: Sight) -> bool:
    return sight.like("litellm")


def _routes(sight: Sight) -> bool:
    return sight.tells_methods


def _mcp(sight: Sight) -> bool:
    return sight.tool_server


def _route(name: str, path: str, purpose: str, space: Space = "native") -> Step:
    return Step(name, path, purpose, space, only_if=_ROUTES, when=_routes)


# In the order of what they tell: when all of it applies, the last routes are left out.
FOLLOW_UPS: tuple[Step, ...] = (
    Step(
        "litellm-models",
        "/v1/model/info",
        N_("Read which address and provider stand behind each model."),
        "api",
        with_key=True,
        only_if=_LITELLM,
        when=_litellm,
    ),
    Step(
        "litellm-groups",
        "/model_group/info",
        N_("Read which providers stand behind each group of models."),
        with_key=True,
        only_if=_LITELLM,
        when=_litellm,
    ),
    Step(
        "litellm-guardrails",
        "/guardrails/list",
        N_("Read which guardrails are configured."),
        with_key=True,
        only_if=_LITELLM,
        when=_litellm,
    ),
    Step(
        "litellm-guardrails-2",
        "/v2/guardrails/list",
        N_("Read which guardrails are kept in its database."),
        with_key=True,
        only_if=_LITELLM,
        when=_litellm,
    ),
    Step("litellm-version", "/public/model_hub/info", N_("Read the version."), only_if=_LITELLM, when=_litellm),
    Step(
        "props-key",
        "/props",
        N_("Read the properties of llama.cpp with the key."),
        with_key=True,
        only_if=N_("Only if it looks like llama.cpp and wants a key."),
        when=lambda sight: sight.like("llama-cpp") and sight.status("props") in {401, 403},
    ),
    Step(
        "model-info",
        "/model_info",
        N_("Read the path of the weights from SGLang."),
        with_key=True,
        only_if=N_("Only if it looks like SGLang."),
        when=lambda sight: sight.like("sglang"),
    ),
    Step(
        "api-version",
        "/api/version",
        N_("Read the version from Ollama, or from what imitates it."),
        only_if=N_("Only if it looks like Ollama, SGLang or LocalAI."),
        when=lambda sight: sight.like("ollama", "sglang", "localai"),
    ),
    Step(
        "localai",
        "/.well-known/localai.json",
        N_("Read LocalAI's description of itself."),
        only_if=N_("Only if it looks like LocalAI."),
        when=lambda sight: sight.like("localai"),
    ),
    Step(
        "lmstudio-models",
        "/api/v1/models",
        N_("Read the list of models where LM Studio shows it."),
        with_key=True,
        only_if=N_("Only if it looks like LM Studio."),
        when=lambda sight: sight.like("lm-studio"),
    ),
    Step(
        "nim-metadata",
        "/v1/metadata",
        N_("Read the description where NVIDIA NIM shows it."),
        "api",
        only_if=N_("Only if it looks like vLLM, SGLang or TensorRT-LLM."),
        when=lambda sight: sight.like("vllm", "sglang", "trtllm"),
    ),
    Step(
        "metrics",
        "/metrics",
        N_("See whether measurements are open without a key."),
        only_if=N_("Only if it looks like an inference server."),
        when=lambda sight: sight.like(*_ENGINE),
    ),
    Step(
        "guards",
        "/guards",
        N_("Read which guards Guardrails AI runs."),
        with_key=True,
        only_if=N_("Only if it looks like Guardrails AI."),
        when=lambda sight: sight.like("guardrails-ai"),
    ),
    Step(
        "recognizers",
        "/recognizers",
        N_("Read which recognisers Presidio runs, and whether any of them is hosted."),
        with_key=True,
        only_if=N_("Only if nothing is known yet and it looks like Presidio's web server."),
        when=lambda sight: sight.like("presidio") and sight.unnamed,
    ),
    Step(
        "openapi",
        "/openapi.json",
        N_("Read the title of its description."),
        only_if=N_("Only if nothing is known yet and it looks like a Python web service, or like one that needs it."),
        when=lambda sight: (
            (sight.unnamed and sight.like("fastapi")) or sight.like("llama-cpp-python", "nemo-guardrails")
        ),
    ),
    Step(
        "healthz",
        "/healthz",
        N_("Read the sign of life where guardrail programs and LocalAI show it."),
        headers=JSON,
        only_if=N_("Only if nothing is known yet."),
        when=lambda sight: sight.unnamed,
    ),
    Step(
        "mcp-sse",
        "/sse",
        N_("See whether a tool server of the oldest kind answers; its first event ends the request."),
        headers=JSON,
        only_if=N_("Only if nothing is known yet."),
        when=lambda sight: sight.unnamed,
    ),
    Step(
        "mcp-discover",
        "/mcp",
        N_("Ask the tool server what it is."),
        "mcp",
        with_key=True,
        only_if=_MCP,
        when=_mcp,
    ),
    Step(
        "mcp-initialize",
        "/mcp",
        N_("Introduce ourselves to the tool server, which its older protocol wants first."),
        "mcp",
        with_key=True,
        only_if=_OLD_MCP,
    ),
    Step(
        "mcp-initialized",
        "/mcp",
        N_("Tell the tool server that we understood its answer, which its older protocol wants."),
        "mcp",
        with_key=True,
        only_if=_OLD_MCP,
    ),
    Step("mcp-tools", "/mcp", N_("Ask the tool server which tools it has."), "mcp", True, only_if=_MCP),
    Step(
        "mcp-sign-in",
        "/.well-known/oauth-protected-resource",
        N_("Read who signs people in to the tool server."),
        "host",
        headers=JSON,
        only_if=_MCP,
        when=_mcp,
    ),
    Step(
        "chat",
        "/v1/chat/completions",
        N_("Ask a listed model for one token: its reply shows who made it."),
        "api",
        with_key=True,
        only_if=N_("Only if you allow a completion and a model is listed."),
        when=lambda sight: bool(sight.model),
    ),
    Step(
        "models-missing",
        "/v1/models/assessor-no-such-model",
        N_("See how a model that does not exist is refused."),
        "api",
        with_key=True,
        headers=JSON,
        only_if=N_("Only if a list of models was seen."),
        when=lambda sight: sight.model_list is not None,
    ),
    _route("responses-route", "/v1/responses", N_("See whether OpenAI's Responses dialect is there."), "api"),
    _route("messages-route", "/v1/messages", N_("See whether Anthropic's dialect is there."), "api"),
    _route("embeddings-route", "/v1/embeddings", N_("See whether embeddings are there."), "api"),
    _route("moderations-route", "/v1/moderations", N_("See whether a moderation route is there."), "api"),
    _route("rerank-route", "/v2/rerank", N_("See whether Cohere's reranking dialect is there.")),
    _route("ollama-chat-route", "/api/chat", N_("See whether Ollama's own dialect is there.")),
    Step(
        "mcp-close",
        "/mcp",
        N_("End the session that the tool server opened for us."),
        "mcp",
        with_key=True,
        only_if=N_("Only if a tool server (MCP) opened a session."),
    ),
)
