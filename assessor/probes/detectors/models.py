"""Which models are listed, and which names are labels for something else?"""

from collections.abc import Iterator
from dataclasses import dataclass

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.recognise import walk
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = (
    "models",
    "models-key",
    "api-tags",
    "lmstudio-models",
    "props",
    "props-key",
    "info",
    "model-info",
)
MAX_MODELS = 100


@dataclass(frozen=True)
class Listed:
    """A model by its listed name; `root` is the path or name of the weights where the server shows it."""

    id: str
    owned_by: str
    root: str
    exchange: str


def listed(snapshot: Snapshot) -> tuple[Listed, ...]:
    """Return the models of every list that was answered, each name once, at most 100."""
    found: dict[str, Listed] = {}
    for request, path, name in (
        ("models-key", "data.*", "id"),
        ("models", "data.*", "id"),
        ("api-tags", "models.*", "name"),
        ("lmstudio-models", "models.*", "key"),
    ):
        exchange = snapshot.exchange(request)
        for entry in walk(exchange.json, path) if exchange is not None and exchange.status == 200 else ():
            if isinstance(entry, dict) and isinstance(entry.get(name), str) and entry[name]:
                owner, root = entry.get("owned_by"), entry.get("root")
                item = Listed(entry[name], _text(owner), _text(root), request)
                found.setdefault(item.id, item)
    return tuple(list(found.values())[:MAX_MODELS])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield each listed model, and a name that stands for other weights. Names are claims."""
    for item in listed(snapshot):
        yield Finding(
            code="model.listed",
            strength=Strength.DEFAULT,
            params=params(id=item.id, owned_by=item.owned_by, root=item.root),
            exchanges=(item.exchange,),
        )
        if item.root and item.root != item.id:
            yield _alias(item.id, item.root, item.exchange)
    for request, name, weights in (
        ("props", "model_alias", "model_path"),
        ("props-key", "model_alias", "model_path"),
        ("model-info", "served_model_name", "model_path"),
        ("info", "served_model_name", "model_id"),
    ):
        exchange = snapshot.exchange(request)
        data = exchange.json if exchange is not None and exchange.status == 200 else None
        if isinstance(data, dict) and _text(data.get(weights)):
            alias = _text(data.get(name)) or next((item.id for item in listed(snapshot)), "")
            if alias and alias != data[weights]:
                yield _alias(alias, data[weights], request)


def _alias(name: str, root: str, exchange: str) -> Finding:
    return Finding(
        code="model.alias", strength=Strength.DEFAULT, params=params(id=name, root=root), exchanges=(exchange,)
    )
