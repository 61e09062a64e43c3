"""A small model server on loopback that speaks four dialects, and does badly whatever a test tells it to."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assessor.probes.drills.features import TOOL

ROUTES = {
    "/v1/chat/completions": "openai-chat",
    "/v1/responses": "openai-responses",
    "/v1/messages": "anthropic-messages",
    "/api/chat": "ollama",
    "/v1/embeddings": "embeddings",
    "/api/embed": "ollama-embed",
}


@dataclass
class Model:
    """What the server is like, and what it was asked.

    `speaks` are its dialects. `refuses` names features answered with 400, `ignores` features taken and not done.
    `answers` maps a piece of a prompt to the reply. `say` is the reply to all else, None repeats the prompt.
    """

    name: str = "tiny"
    speaks: tuple[str, ...] = tuple(ROUTES.values())
    refuses: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    say: str | None = None
    wants_completion_tokens: bool = False
    delay_s: float = 0.0
    alive: bool = True
    usage: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    url: str = ""

    def prompts(self) -> list[str]:
        """Return what was asked, the system's words left out."""
        return [prompt_of(body) for body in self.asked]


def prompt_of(body: dict[str, Any]) -> str:
    """Return the question in a body of any dialect."""
    if "input" in body:
        return str(body["input"])
    return str(body["messages"][-1]["content"])


def features_of(body: dict[str, Any]) -> set[str]:
    """Return which features a body asks for."""
    options = body.get("options") or {}
    system = (
        body.get("system") or body.get("instructions") or any(m["role"] == "system" for m in body.get("messages", []))
    )
    asked = {
        "system": system,
        "stop": body.get("stop") or body.get("stop_sequences") or options.get("stop"),
        "tools": body.get("tools"),
        "json": body.get("response_format") or body.get("format") or (body.get("text") or {}).get("format"),
        "streaming": body.get("stream"),
        "long-input": len(prompt_of(body)) > 3000,
    }
    return {name for name, there in asked.items() if there}


def text_of(model: Model, body: dict[str, Any], wanted: set[str]) -> str:
    prompt = prompt_of(body)
    for piece, reply in model.answers.items():
        if piece in prompt:
            return reply
    if "json" in wanted:
        return '{"city": "Lisbon", "open": true}'
    if "system" in wanted:
        return "PELICAN"
    if "stop" in wanted:
        return "1, 2, 3, 4, "
    return f"You said: {prompt[:60]}" if model.say is None else model.say


def reply_to(model: Model, dialect: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a reply in a dialect."""
    wanted = features_of(body) - set(model.ignores)
    prompt, text = prompt_of(body), text_of(model, body, wanted)
    if "stop" in features_of(body) & set(model.ignores):
        text = "1, 2, 3, 4, 5, 6"
    if "json" in features_of(body) & set(model.ignores):
        text = "Perhaps."
    tokens = (len(prompt) // 4 + 5, len(text) // 4 + 1)
    calls = "tools" in wanted
    arguments = {TOOL.required: "red bucket"}
    ident = hashlib.sha256(prompt.encode()).hexdigest()[:12]
    if dialect in {"embeddings", "ollama-embed"}:
        vector = [0.1, -0.2, 0.3, 0.4]
        if dialect == "ollama-embed":
            return {"embeddings": [vector], "prompt_eval_count": 4}
        return {"data": [{"embedding": vector}], "usage": {"prompt_tokens": 4}}
    if dialect == "openai-chat":
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if calls:
            function = {"name": TOOL.name, "arguments": json.dumps(arguments)}
            message = {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        ended = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "finish_reason": ended}
        return {"id": f"chatcmpl-{ident}", "choices": [choice]} | ({"usage": usage} if model.usage else {})
    if dialect == "openai-responses":
        output: list[dict[str, Any]] = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
        if calls:
            output = [{"type": "function_call", "name": TOOL.name, "arguments": json.dumps(arguments)}]
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
        return {"id": f"resp_{ident}", "object": "response", "status": "completed", "output": output, "usage": usage}
    if dialect == "anthropic-messages":
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if calls:
            content = [{"type": "tool_use", "name": TOOL.name, "input": arguments}]
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
        ended = "tool_use" if calls else "end_turn"
        return {"id": f"msg_{ident}", "content": content, "stop_reason": ended, "usage": usage}
    message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{"function": {"name": TOOL.name, "arguments": arguments}}]
    return {
        "message": message,
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": tokens[0],
        "eval_count": tokens[1],
    }


def stream_of(model: Model, dialect: str, whole: dict[str, Any]) -> tuple[str, bytes]:
    """Return a reply as a stream: its content type and its bytes."""
    closed = "end" not in model.ignores

    def event(data: object) -> str:
        return f"data: {json.dumps(data)}\n\n"

    if dialect == "ollama":
        rows = [{"message": {"content": part}, "done": False} for part in ("Elbe, ", "Rhine, ")]
        rows.append({**whole, "message": {"content": "Oder"}})
        return "application/x-ndjson", "".join(json.dumps(row) + "\n" for row in rows).encode()
    if dialect == "openai-chat":
        parts = [event({"choices": [{"delta": {"content": part}}]}) for part in ("Elbe, ", "Rhine, ", "Oder")]
        parts.append(event({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
        parts.append("data: [DONE]\n\n" if closed else "")
    elif dialect == "openai-responses":
        parts = [event({"type": "response.output_text.delta", "delta": part}) for part in ("Elbe, ", "Rhine")]
        parts.append(event({"type": "response.completed", "response": whole}) if closed else "")
    else:
        parts = [event({"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 9}}})]
        parts += [event({"type": "content_block_delta", "delta": {"text": part}}) for part in ("Elbe, ", "Rhine")]
        parts.append(
            event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}})
        )
        parts.append(event({"type": "message_stop"}) if closed else "")
    return "text/event-stream", "".join(parts).encode()


@contextmanager
def served(model: Model) -> Iterator[Model]:
    """Serve a model on a free port for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            model.gets.append(self.path)
            if self.path == "/v1/models":
                self.answer(200, {"object": "list", "data": [{"id": model.name, "object": "model"}]})
            elif self.path in ROUTES and ROUTES[self.path] in model.speaks:
                self.answer(405, {"detail": "Method Not Allowed"})
            else:
                self.answer(404, {"detail": "Not Found"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            model.asked.append(body)
            model.keys.append(self.headers.get("authorization", ""))
            time.sleep(model.delay_s)
            dialect = ROUTES.get(self.path, "")
            refused = next((one for one in model.refuses if one in features_of(body)), "")
            if not model.alive:
                self.close_connection = True
            elif dialect not in model.speaks:
                self.answer(404, {"detail": "Not Found"})
            elif refused:
                self.answer(400, {"error": {"message": f"{refused} is not supported here"}})
            elif model.wants_completion_tokens and "max_tokens" in body:
                self.answer(400, {"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}})
            else:
                whole = reply_to(model, dialect, body)
                if body.get("stream") and "streaming" not in model.ignores:
                    self.send(200, *stream_of(model, dialect, whole))
                else:
                    self.answer(200, whole)

        def answer(self, status: int, body: object) -> None:
            self.send(status, "application/json", json.dumps(body).encode())

        def send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(data)), **model.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
