"""Which models are listed, what is known of their names, and which names are labels for something else?"""

from collections.abc import Iterator
from dataclasses import dataclass

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.known_models import Known, known, lists, plain_name
from assessor.probes.recognise import shown, walk
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
MEMORY = N_("{low} to {high} GB")
BY_ROW = N_("a row of {date} knows the name")
BY_LISTS = N_("lists of {date} know the name")


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
    """Yield each listed model, what is known of the names, and names that stand for other weights. Names are claims."""
    for item in listed(snapshot):
        yield Finding(
            code="model.listed",
            strength=Strength.DEFAULT,
            params=params(id=item.id, owned_by=item.owned_by, root=item.root),
            exchanges=(item.exchange,),
        )
        if item.root and not _is_its_file(item.id, item.root):
            yield _alias(item.id, item.root, item.exchange)
    yield from _known(listed(snapshot))
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
            if alias and not _is_its_file(alias, data[weights]):
                yield _alias(alias, data[weights], request)


def _known(items: tuple[Listed, ...]) -> Iterator[Finding]:
    """Yield what is known of the names, one finding for each family of models and each state of its weights."""
    families: dict[tuple[str, str], list[tuple[Listed, Known]]] = {}
    for item in items:
        name = item.root or item.id
        if (found := known(name)) and found.weights != "unknown":
            family = found.row.name if found.row else plain_name(name)
            families.setdefault((found.weights, family), []).append((item, found))
    for (state, family), members in families.items():
        yield from _weights(state, family, members)


def _weights(state: str, family: str, members: list[tuple[Listed, Known]]) -> Iterator[Finding]:
    found = members[0][1]
    row = found.row
    names = ", ".join(shown(item.id) for item, _ in members[:3]) + (", …" if len(members) > 3 else "")
    told = params(
        id=names,
        name=family,
        operator=row.maker if row else "",
        country=row.origin if row else "",
        licence=row.licence if row else "",
        memory=MEMORY.format(low=found.memory[0], high=found.memory[1]) if found.memory else "",
        said_open=found.said_open,
        said_closed=found.said_closed,
        date=row.date if row else lists().date,
        because=BY_ROW.format(date=row.date) if row else BY_LISTS.format(date=lists().date),
    )
    seen = tuple(dict.fromkeys(item.exchange for item, _ in members))
    # A name alone is weak and weighs nothing; where the server tells what it loaded, that is its default.
    strength = Strength.DEFAULT if any(item.root for item, _ in members) else Strength.WEAK
    yield Finding(code=f"model.weights.{state}", strength=strength, params=told, exchanges=seen)
    if row is not None and row.terms == "restricted":
        yield Finding(code="model.licence.restricted", strength=strength, params=told, exchanges=seen)


def _is_its_file(name: str, weights: str) -> bool:
    """Tell whether a server calls what it loaded as it is called: the same, or its file without the folder and ending.

    A maker's folder before the name is left where it is: "qwen" for "maker/qwen" may be anybody's.
    """
    file = weights.rpartition("/")[2]
    return name == weights or (file.lower().endswith(".gguf") and name in (file, file[: -len(".gguf")]))


def _alias(name: str, root: str, exchange: str) -> Finding:
    return Finding(
        code="model.alias", strength=Strength.DEFAULT, params=params(id=name, root=root), exchanges=(exchange,)
    )
