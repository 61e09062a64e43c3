"""What relays tell about the servers behind them, read from their replies."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from assessor.errors import N_
from assessor.evidence import Strength
from assessor.probes.products import Product, catalogue
from assessor.probes.recognise import asked, in_group, passed_on, read, shown, walk, where
from assessor.probes.snapshot import Exchange, Snapshot

MAX_UPSTREAMS = 200
MAX_LOOKS = 2000

# By whether an address and whether a canned reply is told, too.
LISTS = {
    (False, False): N_("{request} lists {name} as {model}"),
    (True, False): N_("{request} lists {name} as {model} at {host}"),
    (False, True): N_("{request} lists {name} as {model}, answered by a canned reply"),
    (True, True): N_("{request} lists {name} as {model} at {host}, answered by a canned reply"),
}
GROUP = N_("{request} names {label} behind {name}")
PATH = N_("the path below which it is registered names {provider}")
REMOTE = N_("{request} gives {name} the remote host {host}")

# Written out, because the flags of `ipaddress` call networks private that are not, and the other way round.
_LOCAL_NETWORKS = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")
)
_LOCAL_NAMES = re.compile(r"(^[^.]+|\.(local|internal|lan|home\.arpa|svc|cluster\.local|localhost|corp|intranet))$")


@dataclass(frozen=True)
class Upstream:
    """One server behind a relay: the provider's label, the host of its address, the model, and where that was told.

    `stated` is True where a relay lists its own configuration, so that a missing address means the provider's own.
    `canned` is True where the relay answers by itself, so that nothing is forwarded as it is set up now.
    """

    label: str = ""
    host: str = ""
    model: str = ""
    program: str = ""
    stated: bool = False
    canned: bool = False
    exchange: str = ""
    said: str = ""


def literal(host: str) -> bool:
    """Tell whether a host is written as an address, not as a name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Tell whether a host is a loopback or private address, or a name that only resolves inside a network."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return bool(_LOCAL_NAMES.search(host.lower().rstrip(".")))
    return any(address in network for network in _LOCAL_NETWORKS if network.version == address.version)


def host_of(url: str) -> str:
    """Return the host of a URL (or of a bare host), without user, port or path; empty when there is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def upstreams(snapshot: Snapshot) -> Iterator[Upstream]:
    """Yield what LiteLLM lists of its configuration, what relays write into replies, and Ollama's remote models."""
    listed = list(_deployments(snapshot.exchange("litellm-models")))[:MAX_UPSTREAMS]
    told = list(_told(snapshot))[:MAX_UPSTREAMS]
    yield from listed
    yield from told
    yield from _by_path(snapshot)
    placed = {item.model for item in (*listed, *told) if item.host}
    known = {item.model for item in (*listed, *told)}
    for item in list(_groups(snapshot.exchange("litellm-groups")))[:MAX_UPSTREAMS]:
        if item.model not in placed and not (item.model in known and _says_less(item, listed)):
            yield item
    yield from list(_remote_models(snapshot.exchange("api-tags")))[:MAX_UPSTREAMS]


def _says_less(item: Upstream, listed: list[Upstream]) -> bool:
    return any(other.model == item.model and other.label == item.label for other in listed)


def _deployments(exchange: Exchange | None) -> Iterator[Upstream]:
    if exchange is None or exchange.status != 200:
        return
    for name, parameters in _litellm_entries(exchange):
        label, _, _ = str(parameters.get("model") or "").partition("/")
        label = str(parameters.get("custom_llm_provider") or (label if "/" in str(parameters.get("model")) else ""))
        host = host_of(str(parameters.get("api_base") or ""))
        canned = bool(parameters.get("mock_response"))
        told = {"name": shown(name), "model": shown(parameters.get("model") or "?"), "host": shown(host)}
        said = LISTS[bool(host), canned].format(request=asked(exchange), **told)
        yield Upstream(label, host, name, stated=True, canned=canned, exchange=exchange.request.id, said=said)


def _litellm_entries(exchange: Exchange) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (model name, parameters), also from a list that was cut before its end."""
    entries = [entry for entry in walk(exchange.json, "data.*") if isinstance(entry, dict)]
    if entries:
        for entry in entries:
            parameters = entry.get("litellm_params")
            if isinstance(parameters, dict):
                yield str(entry.get("model_name") or ""), parameters
        return
    decoder = json.JSONDecoder()
    pattern = re.compile(r'"model_name":\s*"([^"\\]{1,200})",\s*"litellm_params":\s*')
    for match, _ in zip(pattern.finditer(exchange.text), range(MAX_LOOKS), strict=False):
        try:
            parameters, _ = decoder.raw_decode(exchange.text, match.end())
        except (ValueError, RecursionError):
            return
        if isinstance(parameters, dict):
            yield match.group(1), parameters


def _groups(exchange: Exchange | None) -> Iterator[Upstream]:
    if exchange is None or exchange.status != 200:
        return
    for entry in walk(exchange.json, "data.*"):
        if isinstance(entry, dict):
            name = str(entry.get("model_group") or "")
            for label in walk(entry, "providers.*"):
                said = GROUP.format(request=asked(exchange), label=shown(label), name=shown(name))
                yield Upstream(str(label), model=name, exchange=exchange.request.id, said=said)


def _told(snapshot: Snapshot) -> Iterator[Upstream]:
    """Yield what relays disclose in single replies; label and address of one reply belong together."""
    program = program_behind(snapshot)
    for row in _relays(snapshot):
        found: dict[str, Upstream] = {}
        for value, exchange, place in read(row.discloses, snapshot):
            form = next(item.form for item in row.discloses if item is place)
            known = found.get(exchange.request.id, Upstream(exchange=exchange.request.id))
            said = where(exchange, place, shown(host_of(value) if form == "url" else value))
            known = replace(known, said="; ".join(filter(None, (known.said, said))), program=program)
            if form == "url":
                known = replace(known, host=host_of(value))
            else:
                known = replace(known, label=value.partition("/")[0] if form == "provider/model" else value)
            group = exchange.header("x-litellm-model-group")
            found[exchange.request.id] = replace(known, model=group or known.model)
        yield from found.values()


def program_behind(snapshot: Snapshot) -> str:
    """Return the server whose signs a relay passes on, under names of its own or unchanged; its name, no place."""
    seen = [found for found in in_group("server", snapshot) if found.strength.rank >= Strength.STRONG.rank]
    programs = in_group("server", snapshot, passed_on) or tuple(seen)
    return programs[0].product.name if programs else ""


def _by_path(snapshot: Snapshot) -> Iterator[Upstream]:
    """Yield the provider that the registered path of a hosted relay names."""
    for row in catalogue("hosted").products:
        if row.path and row.serves(snapshot.network.host) and (match := re.search(row.path, snapshot.base_path)):
            said = PATH.format(provider=shown(match["provider"]))
            yield Upstream(match["provider"], stated=True, exchange="network", said=said)


def _relays(snapshot: Snapshot) -> Iterator[Product]:
    host = snapshot.network.host
    for group in ("gateway", "hosted"):
        seen = {found.product.id for found in in_group(group, snapshot)}
        for row in catalogue(group).products:
            if row.discloses and (row.id in seen or row.serves(host)):
                yield row


def _remote_models(exchange: Exchange | None) -> Iterator[Upstream]:
    for entry in walk(exchange.json, "models.*") if exchange else ():
        if isinstance(entry, dict) and entry.get("remote_host"):
            host, name = host_of(str(entry["remote_host"])), str(entry.get("name") or "")
            said = REMOTE.format(request="GET /api/tags", name=shown(name), host=shown(host))
            yield Upstream("", host, name, stated=True, exchange="api-tags", said=said)
