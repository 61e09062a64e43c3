"""Matching the catalogue's signs against a snapshot: who answers, judged by signs and by nothing else."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from assessor.errors import N_
from assessor.evidence import Strength
from assessor.probes.products import FILES, Group, Product, Reading, Signal, catalogue
from assessor.probes.snapshot import Exchange, Snapshot

MAX_SHOWN = 120
MAX_BECAUSE = 4
# Patterns look no further, so that a hostile reply cannot make them slow.
MAX_TEXT = 64 * 1024
MAX_VALUE = 1000

# What was seen, as phrases: results keep them in English, `assessor.retelling` tells them in other languages.
SAYS = N_("{request} says “{text}”")
ANSWERS = N_("{request} answers {status}")
SHOWS = N_("{request} shows {what}")
SHOWS_KEYS = N_("{request} shows keys {keys}")
SHOWS_SAME = N_("{request} shows {one} and {other} both {value}")
HOST = N_("host name {host}")
HOST_FOR = N_("host name {host} stands for {name}")
HEADER = N_("header {field}")
HEADER_IS = N_("header {field}: {value}")

Headers = tuple[tuple[str, str], ...]
HeaderView = Callable[[Exchange], Headers]


@dataclass(frozen=True)
class Seen:
    """A product that signs point to: the strongest of them, what they were, and in which exchanges."""

    product: Product
    strength: Strength
    because: tuple[str, ...]
    exchanges: tuple[str, ...]


def shown(value: object) -> str:
    """Return a server's word fit to print: no control characters, one line, at most 120 characters."""
    text = "".join(char if char.isprintable() else " " for char in str(value))
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def asked(exchange: Exchange) -> str:
    """Return how a request is called in a sentence."""
    return f"{exchange.request.method} {exchange.request.path or '/'}"


def where(exchange: Exchange, place: Reading, value: str = "") -> str:
    """Return where a value was read, as a phrase, with the value if it is given."""
    if place.header:
        return HEADER_IS.format(field=place.header, value=value) if value else HEADER.format(field=place.header)
    return SHOWS.format(request=asked(exchange), what=f"{place.at}: {value}" if value else place.at)


def walk(data: Any, path: str) -> Iterator[Any]:
    """Yield the values at a dotted path of JSON data; `*` takes each element, `$` is the whole."""
    found = [data]
    for part in () if path == "$" else path.split("."):
        found = [inner for value in found for inner in _step(value, part)]
    yield from found


def _step(value: Any, part: str) -> list[Any]:
    if part == "*":
        return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [value[part]] if isinstance(value, dict) and part in value else []


def plain(exchange: Exchange) -> Headers:
    """Return the headers of the server that answered."""
    return exchange.headers


def passed_on(exchange: Exchange) -> Headers:
    """Return the headers that LiteLLM passes on from the server behind it, under their own names."""
    prefix = "llm_provider-"
    return tuple((name.removeprefix(prefix), value) for name, value in exchange.headers if name.startswith(prefix))


def evidence(signal: Signal, exchange: Exchange, view: HeaderView = plain) -> str | None:
    """Return what was seen, as a phrase, when the exchange shows the sign; None when it does not."""
    if signal.reply and exchange.request.id not in signal.reply:
        return None
    if signal.status and exchange.status != signal.status:
        return None
    if signal.header:
        return _header_evidence(signal, view(exchange))
    if view is not plain:
        return None
    if signal.text:
        match = re.search(signal.text, exchange.text[:MAX_TEXT])
        return SAYS.format(request=asked(exchange), text=shown(match.group())) if match else None
    if signal.at:
        return _json_evidence(signal, exchange)
    return ANSWERS.format(request=asked(exchange), status=exchange.status)


def _header_evidence(signal: Signal, headers: Headers) -> str | None:
    for name, value in headers:
        fits = name.startswith(signal.header[:-1]) if signal.header.endswith("*") else name == signal.header
        if fits and _fits(signal, value):
            told = signal.equals is not None or signal.matches
            return HEADER_IS.format(field=name, value=shown(value)) if told else HEADER.format(field=name)
    return None


def _json_evidence(signal: Signal, exchange: Exchange) -> str | None:
    for value in walk(exchange.json, signal.at):
        if not _fits(signal, value):
            continue
        if signal.fields:
            told = ", ".join(f"{key} {shown(item)}" for key, item in signal.fields.items())
        elif signal.has:
            return SHOWS_KEYS.format(request=asked(exchange), keys=", ".join(signal.has))
        elif signal.same:
            one, *others = signal.same
            told = shown(value[one])
            return SHOWS_SAME.format(request=asked(exchange), one=one, other=", ".join(others), value=told)
        elif isinstance(value, (dict, list)):
            told = signal.at
        else:
            told = f"{signal.at} {shown(value)}" if signal.at != "$" else shown(value)
        return SHOWS.format(request=asked(exchange), what=told)
    return None


def _fits(signal: Signal, value: Any) -> bool:
    if signal.equals is not None and (value != signal.equals or type(value) is not type(signal.equals)):
        return False
    if signal.matches and not (isinstance(value, str) and re.search(signal.matches, value[:MAX_VALUE])):
        return False
    if (signal.has or signal.fields or signal.same) and not isinstance(value, dict):
        return False
    if signal.same and not _same(value, signal.same):
        return False
    if any(key not in value for key in signal.has):
        return False
    return all(value.get(key) == wanted for key, wanted in signal.fields.items())


def _same(value: dict[str, Any], keys: tuple[str, ...]) -> bool:
    texts = [value.get(key) for key in keys]
    return isinstance(texts[0], str) and bool(texts[0]) and all(text == texts[0] for text in texts)


def recognise(rows: Iterable[Product], snapshot: Snapshot, view: HeaderView = plain) -> tuple[Seen, ...]:
    """Return the products whose signs show, strongest first; rows that imitate another one seen are dropped."""
    seen = [found for row in rows if (found := _seen(row, snapshot, view))]
    kept = [found for found in seen if not any(_shows(other, snapshot, view) for other in found.product.not_with)]
    return tuple(sorted(kept, key=lambda found: -found.strength.rank))


class _Places:
    """Where in a snapshot a sign can show: most signs name a header that no reply has, and cost one look-up then."""

    def __init__(self, snapshot: Snapshot, view: HeaderView) -> None:
        self.all = snapshot.answered
        self.view = view
        self.by_header: dict[str, list[Exchange]] = {}
        for exchange in self.all:
            for name in dict.fromkeys(name for name, _value in view(exchange)):
                self.by_header.setdefault(name, []).append(exchange)

    def of(self, signal: Signal) -> Iterable[Exchange]:
        """Return the exchanges in which a sign is looked for, in the order in which they were asked."""
        found: Iterable[Exchange] = self.all
        if signal.header.endswith("*"):
            if not any(name.startswith(signal.header[:-1]) for name in self.by_header):
                return ()
        elif signal.header:
            found = self.by_header.get(signal.header, ())
        elif self.view is not plain:
            return ()
        return [one for one in found if one.request.id in signal.reply] if signal.reply else found


def _places(snapshot: Snapshot, view: HeaderView) -> _Places:
    known = snapshot.noted.get(("places", view))
    if known is None:
        known = snapshot.noted["places", view] = _Places(snapshot, view)
    return cast("_Places", known)


def _shows(product_id: str, snapshot: Snapshot, view: HeaderView) -> bool:
    """Tell whether a product of any file shows by a strong sign."""
    rows = [row for group in FILES for row in catalogue(group).products if row.id == product_id]
    return any(found.strength.rank >= 2 for row in rows if (found := _seen(row, snapshot, view)))


def _seen(row: Product, snapshot: Snapshot, view: HeaderView) -> Seen | None:
    because: list[tuple[Strength, str, str]] = []
    places = _places(snapshot, view)
    for signal in row.signals:
        for exchange in places.of(signal):
            if said := evidence(signal, exchange, view):
                because.append((signal.weight, said, exchange.request.id))
                break
    if not because:
        return None
    because.sort(key=lambda item: -item[0].rank)
    return Seen(
        product=row,
        strength=because[0][0],
        because=tuple(dict.fromkeys(said for _, said, _ in because))[:MAX_BECAUSE],
        exchanges=tuple(dict.fromkeys(name for _, _, name in because)),
    )


def in_group(group: Group, snapshot: Snapshot, view: HeaderView = plain) -> tuple[Seen, ...]:
    """Return the products of one file of the catalogue that show, strongest first, among equals as in the file."""
    known = snapshot.noted.get((group, view))
    if known is None:
        known = snapshot.noted[group, view] = recognise(catalogue(group).products, snapshot, view)
    return cast("tuple[Seen, ...]", known)


def hints(snapshot: Snapshot) -> dict[str, Strength]:
    """Return every product that any sign points to, weak ones too: reason enough for a harmless question more."""
    return {found.product.id: found.strength for group in FILES for found in in_group(group, snapshot)}


def read(readings: Iterable[Reading], snapshot: Snapshot) -> Iterator[tuple[str, Exchange, Reading]]:
    """Yield the values found at the given places, with the exchange that showed them."""
    for reading in readings:
        for exchange in snapshot.answered:
            if reading.reply and exchange.request.id not in reading.reply:
                continue
            if reading.header:
                if value := exchange.header(reading.header):
                    yield value, exchange, reading
                continue
            for value in walk(exchange.json, reading.at):
                if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
                    yield str(value), exchange, reading


def version_of(row: Product, snapshot: Snapshot) -> str:
    """Return the version a product states about itself, or an empty text."""
    return next((shown(value) for value, _, _ in read(row.version, snapshot)), "")
