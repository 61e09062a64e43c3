"""What must not be kept: the key wherever a server may repeat it, and headers that name accounts or sessions."""

import json
import re
from dataclasses import replace
from urllib.parse import quote, urlsplit, urlunsplit

from assessor.probes.recognise import shown
from assessor.probes.snapshot import Exchange
from assessor.probes.target import Key

HIDDEN = "[key]"
PRESENT = "(present)"
SHORT_KEY = 8

# Kept with their values: they say what program answers and where, never who asked.
KEPT = re.compile(
    r"""(content-type|content-length|server|via|allow|x-powered-by|www-authenticate|openai-version|x-ms-region
    |x-ms-rai-invoked|x-groq-region|x-litellm-(version|model-name|model-group|model-region|applied-guardrails)
    |x-portkey-(provider|cache-status)|x-kong-llm-model|helicone-provider|x-inference-provider|x-new-api-version
    |x-compute-type|cf-aig-cache-status|mcp-protocol-version|llm_provider-(server|via|x-ms-region|openai-version))""",
    re.VERBOSE,
)
# Kept by name only: their presence is a sign, their value names an account, a request or a session.
NAMED = re.compile(
    r"""(openai-(organization|project|processing-ms)|x-openai-proxy-wasm|apim-request-id|azureml-.*|x-ms-deployment-name
    |x-ms-served-model|anthropic-.*|request-id|x-request-id|x-amzn-.*|mistral-correlation-id|x-debug-trace-id|cf-ray
    |x-litellm-(call-id|model-id|key-spend)|llm_provider-(openai|anthropic|azureml|x-ms|x-amzn|mistral)-.*
    |llm_provider-(cf-ray|apim-request-id|request-id)|x-portkey-.*|x-kong-.*|helicone-.*|cf-aig-.*|x-oneapi-request-id|x-ds-trace-id
    |fireworks-.*|x-generation-id|mcp-session-id|inference-id|x-envoy-upstream-service-time|x-time-per-token
    |x-inference-version|x-api-call-start|msh-request-id|minimax-request-id|x-proxied-host)""",
    re.VERBOSE,
)
# Addresses: kept without user, path and query.
ADDRESSES = {"location", "x-litellm-model-api-base"}


def address_of(url: str) -> str:
    """Return scheme, host and port of a URL, without user, path, query and fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, host + port, "", "", "")) if host else ""


def kept_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the headers that a result keeps: allow-listed, some by name only."""
    kept = []
    for name, value in headers:
        if name in ADDRESSES:
            kept.append((name, address_of(value) or PRESENT))
        elif KEPT.fullmatch(name):
            kept.append((name, shown(value)))
        elif NAMED.fullmatch(name):
            kept.append((name, PRESENT))
    return tuple(kept)


def without_key(exchange: Exchange, key: Key | None) -> Exchange:
    """Return the exchange with every repetition of the key taken out, before anything looks at it.

    Servers repeat a refused key in messages and headers. A key shorter than 8 characters is taken out only where it
    stands by itself, since it could be part of any word.
    """
    if key is None or not key.value:
        return exchange
    forms = {
        key.value,
        json.dumps(key.value)[1:-1],
        json.dumps(key.value, ensure_ascii=False)[1:-1],
        quote(key.value, ""),
    }
    edge = r"(?<![\w-])", r"(?![\w-])"
    before, after = ("", "") if len(key.value) >= SHORT_KEY else edge
    pattern = re.compile(
        before + "(?:" + "|".join(re.escape(form) for form in sorted(forms, key=len)[::-1]) + ")" + after
    )
    body = exchange.body
    if any(form.encode() in body for form in forms):
        body = pattern.sub(HIDDEN, body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return replace(
        exchange,
        headers=tuple((pattern.sub(HIDDEN, name), pattern.sub(HIDDEN, value)) for name, value in exchange.headers),
        body=body,
        error=pattern.sub(HIDDEN, exchange.error),
    )
