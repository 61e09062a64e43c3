"""What was collected from one endpoint, frozen: detectors are pure functions of it and of nothing else."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from assessor.probes.events import parsed, reply

AddressClass = Literal["loopback", "private", "public", "never"]
Outcome = Literal["answered", "blocked", "unreachable", "tls", "timeout", "http", "cut"]


@dataclass(frozen=True)
class PlannedRequest:
    """One request that a probe will or may send, as it is shown before consent.

    `path` is asked below the registered base path, or at the root of the host when `at_root`. `with_key` sends the
    registered key. `purpose` is a sentence for people; `only_if` names, in stage 2, what must have been seen first.
    """

    id: str
    stage: Literal[1, 2]
    method: Literal["GET", "POST", "DELETE"]
    path: str
    purpose: str
    at_root: bool = False
    with_key: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    only_if: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and what came of it.

    `outcome` is "answered" when a whole response head arrived ("cut" when the body passed the cap or the deadline;
    what arrived before is kept). `headers` keep order and repeats, names lower-cased. `body` lives in memory only.
    `error` is a sentence when there is no answer. `elapsed_ms` is wall time in milliseconds.
    """

    request: PlannedRequest
    outcome: Outcome
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    elapsed_ms: float = 0.0
    error: str = ""

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty text."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None when it is not JSON (or nested, or cut into pieces, past reason).

        Of a stream of events it is the reply that the stream brought.
        """
        if self.header("content-type").lower().startswith("text/event-stream"):
            return reply(self.body)
        return parsed(self.body)

    @cached_property
    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class ResolvedAddress:
    """One address that the name resolved to, and its class by the guard's table."""

    address: str
    kind: AddressClass


@dataclass(frozen=True)
class Origin:
    """The network that an address is announced in: AS number, operator's name, and where it is registered.

    `countries` holds more than one where tables differ. `date` (ISO) and `source` are the table's. Where an address is
    registered is not where a request is processed, and of a network at the edge it says nothing at all.
    """

    address: str
    number: int
    name: str
    countries: tuple[str, ...]
    date: str
    source: str


@dataclass(frozen=True)
class NetworkFacts:
    """Where the name leads, as far as resolution from here shows."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    addresses: tuple[ResolvedAddress, ...] = ()
    dialled: str = ""
    # The names that the host's name stands for (CNAME), the one that is asked for its address last.
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TlsLink:
    """One certificate of the chain: whose it is, who signed it, and the signer's country (two letters, or empty).

    `key`, `signature` and `sha256` are as in `TlsFacts`.
    """

    subject: str
    issuer: str
    country: str = ""
    key: str = ""
    signature: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class TlsFacts:
    """The certificate shown in a handshake that carried no HTTP. Times are ISO 8601 in UTC.

    `key` is its kind and size in bits, `signature` the hash that was signed. `chain` begins with the certificate
    itself; it ends with the authority that is trusted here, or, when none is, with the last one that the server sent.
    `read` is the moment of the handshake.
    """

    trusted: bool
    reason: str = ""
    protocol: str = ""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: str = ""
    not_after: str = ""
    sha256: str = ""
    self_signed: bool = False
    key: str = ""
    signature: str = ""
    chain: tuple[TlsLink, ...] = ()
    read: str = ""


@dataclass(frozen=True)
class Snapshot:
    """Everything collected in a run, in the order it was asked.

    `origins` says whose the public addresses are, by the table of networks of that date and source. `base_path` is the
    path below which the endpoint was registered.
    """

    network: NetworkFacts
    tls: TlsFacts | None = None
    exchanges: tuple[Exchange, ...] = field(default=())
    origins: tuple[Origin, ...] = ()
    table_date: str = ""
    table_source: str = ""
    base_path: str = ""

    def exchange(self, request_id: str) -> Exchange | None:
        """Return the exchange of a planned request, or None when it was not sent."""
        return next((exchange for exchange in self.exchanges if exchange.request.id == request_id), None)

    @cached_property
    def noted(self) -> dict[object, object]:
        """What was worked out from this snapshot once, kept for those who ask again; it changes nothing in it."""
        return {}

    @cached_property
    def answered(self) -> tuple[Exchange, ...]:
        """The exchanges in which a response head arrived."""
        return tuple(exchange for exchange in self.exchanges if exchange.outcome in ("answered", "cut"))
