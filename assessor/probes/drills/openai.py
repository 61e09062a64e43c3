"""The two dialects of OpenAI: chat completions, which most servers speak, and responses."""

from typing import Any

from assessor.probes.drills import streams
from assessor.probes.drills.speech import NOTHING, Ask, Dialect, Said, count, under, words
from assessor.probes.snapshot import Exchange

_ENDS = {"stop": "stop", "length": "length", "max_tokens": "length", "tool_calls": "tool", "function_call": "tool"}


def _embedding(ask: Ask, model: str) -> dict[str, Any]:
    return {"model": model, "input": ask.prompt}


def _vector(exchange: Exchange) -> Said:
    found = under(exchange.json, "data", 0, "embedding")
    if not isinstance(found, list) or not found or not all(isinstance(one, (int, float)) for one in found):
        return NOTHING
    used = under(exchange.json, "usage", "prompt_tokens")
    return Said(fits=True, vector=len(found), tokens_in=count(used), tokens_out=0)


def parameters(ask: Ask) -> dict[str, Any]:
    """Return the JSON Schema of a tool's one parameter."""
    assert ask.tool is not None  # noqa: S101 - only called where there is one
    name = ask.tool.required
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


def chat_body(ask: Ask, model: str) -> dict[str, Any] | None:
    """Return a question as chat completions write it."""
    if ask.embed:
        return _embedding(ask, model)
    told = [{"role": "system", "content": ask.system}] if ask.system else []
    body: dict[str, Any] = {
        "model": model,
        "messages": [*told, {"role": "user", "content": ask.prompt}],
        "max_tokens": ask.max_tokens,
    }
    if ask.stop:
        body["stop"] = list(ask.stop)
    if ask.tool:
        function = {"name": ask.tool.name, "description": ask.tool.description, "parameters": parameters(ask)}
        body["tools"] = [{"type": "function", "function": function}]
        body["tool_choice"] = {"type": "function", "function": {"name": ask.tool.name}}
    if ask.schema:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "strict": True, "schema": ask.schema},
        }
    if ask.stream:
        body["stream"] = True
    return body


def chat_read(exchange: Exchange, ask: Ask) -> Said:
    """Return what a chat completion says."""
    if ask.embed:
        return _vector(exchange)
    if ask.stream:
        return _chat_stream(exchange)
    message = under(exchange.json, "choices", 0, "message")
    if not isinstance(message, dict):
        return NOTHING
    ended = words(under(exchange.json, "choices", 0, "finish_reason"))
    called = under(message, "tool_calls", 0, "function")
    return Said(
        fits=True,
        text=words(message.get("content")),
        ended=_ENDS.get(ended, ended),
        tool=words(under(called, "name")),
        arguments=streams.parsed(words(under(called, "arguments"))),
        tokens_in=count(under(exchange.json, "usage", "prompt_tokens")),
        tokens_out=count(under(exchange.json, "usage", "completion_tokens")),
        reply_id=words(under(exchange.json, "id")),
    )


def _chat_stream(exchange: Exchange) -> Said:
    found, done = streams.events(exchange)
    parts = [one for one in found if isinstance(under(one, "choices"), list)]
    if not parts:
        return NOTHING
    ended = next((words(end) for one in parts[::-1] if (end := under(one, "choices", 0, "finish_reason"))), "")
    used = next((one for one in found[::-1] if isinstance(under(one, "usage"), dict)), None)
    return Said(
        fits=True,
        text="".join(words(under(one, "choices", 0, "delta", "content")) for one in parts),
        ended=_ENDS.get(ended, ended),
        events=len(parts),
        closed=done,
        tokens_in=count(under(used, "usage", "prompt_tokens")),
        tokens_out=count(under(used, "usage", "completion_tokens")),
        reply_id=words(under(parts[0], "id")),
    )


def responses_body(ask: Ask, model: str) -> dict[str, Any] | None:
    """Return a question as the Responses API writes it; it has no stop words, and wants 16 tokens at least."""
    if ask.embed:
        return _embedding(ask, model)
    if ask.stop:
        return None
    body: dict[str, Any] = {
        "model": model,
        "input": ask.prompt,
        "max_output_tokens": max(16, ask.max_tokens),
        # Nothing is to stay with the one who serves it.
        "store": False,
    }
    if ask.system:
        body["instructions"] = ask.system
    if ask.tool:
        about = {"name": ask.tool.name, "description": ask.tool.description, "parameters": parameters(ask)}
        body["tools"] = [{"type": "function", **about}]
        body["tool_choice"] = {"type": "function", "name": ask.tool.name}
    if ask.schema:
        body["text"] = {"format": {"type": "json_schema", "name": "reply", "strict": True, "schema": ask.schema}}
    if ask.stream:
        body["stream"] = True
    return body


def responses_read(exchange: Exchange, ask: Ask) -> Said:
    """Return what a response says."""
    if ask.embed:
        return _vector(exchange)
    if not ask.stream:
        return _response(exchange.json)
    found, _done = streams.events(exchange)
    kinds = [words(under(one, "type")) for one in found]
    if not any(kind.startswith("response.") for kind in kinds):
        return NOTHING
    last = next((one for one in found[::-1] if under(one, "type") == "response.completed"), None)
    whole = _response(under(last, "response")) if last else NOTHING
    text = "".join(words(under(one, "delta")) for one in found if under(one, "type") == "response.output_text.delta")
    ends = ("response.completed", "response.incomplete")
    return Said(
        fits=True,
        text=text or whole.text,
        ended=whole.ended,
        events=len(found),
        closed=any(kind in ends for kind in kinds),
        tokens_in=whole.tokens_in,
        tokens_out=whole.tokens_out,
        reply_id=whole.reply_id,
    )


def _response(data: Any) -> Said:
    output = under(data, "output")
    if not isinstance(output, list):
        return NOTHING
    contents = [part for item in output if isinstance(parts := under(item, "content"), list) for part in parts]
    called = next((item for item in output if under(item, "type") == "function_call"), None)
    ended = "stop" if under(data, "status") == "completed" else "length"
    return Said(
        fits=True,
        text="".join(words(under(part, "text")) for part in contents),
        ended="tool" if called else ended,
        tool=words(under(called, "name")),
        arguments=streams.parsed(words(under(called, "arguments"))),
        tokens_in=count(under(data, "usage", "input_tokens")),
        tokens_out=count(under(data, "usage", "output_tokens")),
        reply_id=words(under(data, "id")),
    )


CHAT = Dialect(
    "openai-chat",
    "OpenAI chat completions",
    "/v1/chat/completions",
    "api",
    chat_body,
    chat_read,
    embed_path="/v1/embeddings",
)
RESPONSES = Dialect(
    "openai-responses",
    "OpenAI responses",
    "/v1/responses",
    "api",
    responses_body,
    responses_read,
    embed_path="/v1/embeddings",
)
