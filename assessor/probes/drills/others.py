"""Two more dialects that a workload may speak: Anthropic's messages and Ollama's own."""

from typing import Any

from assessor.probes.drills import streams
from assessor.probes.drills.openai import CHAT, RESPONSES, parameters
from assessor.probes.drills.speech import NOTHING, Ask, Dialect, Said, count, under, words
from assessor.probes.snapshot import Exchange

_ENDS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool"}


def messages_body(ask: Ask, model: str) -> dict[str, Any] | None:
    """Return a question as the messages API writes it; it makes no embeddings."""
    if ask.embed or ask.schema:
        return None
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": ask.prompt}],
        "max_tokens": ask.max_tokens,
    }
    if ask.system:
        body["system"] = ask.system
    if ask.stop:
        body["stop_sequences"] = list(ask.stop)
    if ask.tool:
        tool = {"name": ask.tool.name, "description": ask.tool.description, "input_schema": parameters(ask)}
        body["tools"] = [tool]
        body["tool_choice"] = {"type": "tool", "name": ask.tool.name}
    if ask.stream:
        body["stream"] = True
    return body


def messages_read(exchange: Exchange, ask: Ask) -> Said:
    """Return what a message says."""
    if ask.stream:
        return _messages_stream(exchange)
    content = under(exchange.json, "content")
    if not isinstance(content, list):
        return NOTHING
    called = next((part for part in content if under(part, "type") == "tool_use"), None)
    ended = words(under(exchange.json, "stop_reason"))
    return Said(
        fits=True,
        text="".join(words(under(part, "text")) for part in content),
        ended=_ENDS.get(ended, ended),
        tool=words(under(called, "name")),
        arguments=under(called, "input"),
        tokens_in=count(under(exchange.json, "usage", "input_tokens")),
        tokens_out=count(under(exchange.json, "usage", "output_tokens")),
        reply_id=words(under(exchange.json, "id")),
    )


def _messages_stream(exchange: Exchange) -> Said:
    found, _done = streams.events(exchange)
    kinds = [words(under(one, "type")) for one in found]
    if "message_start" not in kinds:
        return NOTHING
    start = found[kinds.index("message_start")]
    ended = next((words(end) for one in found[::-1] if (end := under(one, "delta", "stop_reason"))), "")
    used = next((one for one in found[::-1] if under(one, "usage", "output_tokens") is not None), None)
    return Said(
        fits=True,
        text="".join(words(under(one, "delta", "text")) for one in found),
        ended=_ENDS.get(ended, ended),
        events=len(found),
        closed="message_stop" in kinds,
        tokens_in=count(under(start, "message", "usage", "input_tokens")),
        tokens_out=count(under(used, "usage", "output_tokens")),
        reply_id=words(under(start, "message", "id")),
    )


def ollama_body(ask: Ask, model: str) -> dict[str, Any] | None:
    """Return a question as Ollama writes it; a tool can be offered there, not demanded."""
    if ask.embed:
        return {"model": model, "input": ask.prompt}
    told = [{"role": "system", "content": ask.system}] if ask.system else []
    options: dict[str, Any] = {"num_predict": ask.max_tokens}
    if ask.stop:
        options["stop"] = list(ask.stop)
    body: dict[str, Any] = {
        "model": model,
        "messages": [*told, {"role": "user", "content": ask.prompt}],
        "stream": ask.stream,
        "options": options,
    }
    if ask.tool:
        function = {"name": ask.tool.name, "description": ask.tool.description, "parameters": parameters(ask)}
        body["tools"] = [{"type": "function", "function": function}]
    if ask.schema:
        body["format"] = ask.schema
    return body


def ollama_read(exchange: Exchange, ask: Ask) -> Said:
    """Return what Ollama says."""
    if ask.embed:
        found = under(exchange.json, "embeddings", 0)
        if not isinstance(found, list) or not found or not all(isinstance(one, (int, float)) for one in found):
            return NOTHING
        used = count(under(exchange.json, "prompt_eval_count"))
        return Said(fits=True, vector=len(found), tokens_in=used, tokens_out=0)
    parts = streams.lines(exchange) if ask.stream else [exchange.json]
    parts = [one for one in parts if isinstance(under(one, "message"), dict)]
    if not parts:
        return NOTHING
    last = parts[-1]
    called = next((item for one in parts if (item := under(one, "message", "tool_calls", 0, "function"))), None)
    return Said(
        fits=True,
        text="".join(words(under(one, "message", "content")) for one in parts),
        ended="tool" if called else words(under(last, "done_reason")),
        tool=words(under(called, "name")),
        arguments=under(called, "arguments"),
        events=len(parts) if ask.stream else 0,
        closed=under(last, "done") is True,
        tokens_in=count(under(last, "prompt_eval_count")),
        tokens_out=count(under(last, "eval_count")),
    )


MESSAGES = Dialect(
    "anthropic-messages",
    "Anthropic messages",
    "/v1/messages",
    "api",
    messages_body,
    messages_read,
    headers=(("anthropic-version", "2023-06-01"),),
)
OLLAMA = Dialect("ollama", "Ollama", "/api/chat", "native", ollama_body, ollama_read, embed_path="/api/embed")

# In the order in which they are chosen where an endpoint speaks several: what most programs speak first.
DIALECTS: tuple[Dialect, ...] = (CHAT, MESSAGES, RESPONSES, OLLAMA)


def dialect(name: str) -> Dialect | None:
    """Return a dialect by its id, None for one that drills do not speak."""
    return next((one for one in DIALECTS if one.id == name), None)
