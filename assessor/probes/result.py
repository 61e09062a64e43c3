"""What one run of the prober gives: parsed facts and findings, with a hash over all of it, never raw bodies."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assessor.content import content_hash
from assessor.evidence import Finding, Strength
from assessor.probes.known_models import Openness, Terms

SCHEMA_VERSION = 1
PROBER_VERSION = "0.1.0"

RunOutcome = Literal["completed", "partly", "unreachable", "refused", "cancelled"]
Kind = Literal["inference-server", "gateway", "hosted-api", "safety", "tool-server", "unknown"]
DialectState = Literal["yes", "no", "unknown"]
Place = Literal["hosted", "local", "unknown"]
AnswerOutcome = Literal["answered", "blocked", "unreachable", "tls", "timeout", "http", "cut"]


class Facts(BaseModel):
    """A frozen part of a result; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(Facts):
    """One address of the name, and its class by the guard's table."""

    address: str
    kind: Literal["loopback", "private", "public", "never"]


class Network(Facts):
    """Where the name leads, as seen from the vantage."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    addresses: tuple[Address, ...] = ()
    dialled: str = ""
    names: tuple[str, ...] = ()


class TlsLink(Facts):
    """One certificate of the chain: whose it is, who signed it, and the signer's country where it names one.

    `key`, `signature` and `sha256` are as in `Tls`; results made before they were kept have none.
    """

    subject: str
    issuer: str
    country: str = ""
    key: str = ""
    signature: str = ""
    sha256: str = ""


class Tls(Facts):
    """The certificate shown; times are ISO 8601 in UTC. `chain` begins with it and ends nearest to the authority.

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


class Request(Facts):
    """One request and what came back: status, allow-listed headers, length in bytes and sha256 of the body.

    A header whose value could name an account or a session is kept by name, with the value "(present)". `link` is the
    sha256 of the link before (of `opening` for the first) and of this request: see `assessor.probes.integrity`.
    """

    id: str
    stage: Literal[1, 2]
    method: Literal["GET", "POST", "DELETE"]
    path: str
    purpose: str
    with_key: bool
    outcome: AnswerOutcome
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    length: int = 0
    sha256: str = ""
    elapsed_ms: float = 0.0
    error: str = ""
    link: str = ""


class PlanMark(Facts):
    """The signed plan that a run followed: whose it is, for which endpoint, and the hash that was signed."""

    id: str
    installation: str
    endpoint: str
    sha256: str
    signature: str


class Identity(Facts):
    """Who answers. It names the program at the door and never claims that the weights run there."""

    product: str = ""
    name: str = ""
    kind: Kind = "unknown"
    provider: str = ""
    confidence: Strength = Strength.WEAK
    because: tuple[str, ...] = ()


class Behind(Facts):
    """Who answers behind the one that answers; `host` is empty when only a name was shown.

    `place` is hosted for a catalogued service, local for an address in a network of one's own, else unknown.
    """

    provider: str = ""
    host: str = ""
    strength: Strength
    because: tuple[str, ...] = ()
    place: Literal["", "hosted", "local", "unknown"] = ""
    operator: str = ""


class Dialect(Facts):
    """Whether an API dialect is spoken; "unknown" when nothing showed it either way."""

    name: str
    state: DialectState
    because: str = ""


class ModelFacts(Facts):
    """What is known of models of this name; that the server runs it is the server's claim.

    Weights, data, recipe, code and licence are five separate facts; `terms` sums the licence up. `memory_gb` is the
    accelerator memory it needs, lowest and highest, in GB. `general` names the facts that are generally known and were
    not looked up. `said_open` and `said_closed` count lists that call the weights of this name open or not.
    """

    name: str = ""
    maker: str = ""
    origin: str = ""
    weights: Literal["open", "partly", "closed", "unknown", "disputed"] = "unknown"
    data: Openness = "unknown"
    recipe: Openness = "unknown"
    code: Openness = "unknown"
    licence: str = ""
    terms: Terms = "unknown"
    memory_gb: tuple[int, int] | None = None
    general: tuple[str, ...] = ()
    source: str = ""
    date: str = ""
    said_open: int = 0
    said_closed: int = 0
    lists_source: str = ""
    lists_date: str = ""


class Model(Facts):
    """A model as the list names it; names are labels that an operator chooses. `facts` only for known names."""

    id: str
    owned_by: str = ""
    root: str = ""
    facts: ModelFacts | None = None


class Law(Facts):
    """Whose law reaches one who can stop or read what is sent: operator, controlling company, and that one's seat.

    `role` says where the operator stands: who answers, who is behind, who filters, whose network the address is in.
    `general` marks a seat that is generally known and was not looked up.
    """

    role: Literal["answers", "behind", "filters", "network"]
    operator: str
    controlled_by: str
    country: str
    kind: str = ""
    note: str = ""
    general: bool = False
    source: str
    date: str


class Processing(Facts):
    """Where a request is processed, by the service's own word or its host name; `country` is empty when not known."""

    region: str
    country: str = ""
    by: str = ""
    strength: Strength
    because: tuple[str, ...] = ()


class AddressOrigin(Facts):
    """The network that an address is announced in, and where it is registered; two countries where tables differ."""

    address: str
    number: int
    network: str
    countries: tuple[str, ...] = ()
    edge: bool = False


class Attribution(Facts):
    """Three facts that are kept apart: whose law, where it is processed, where the address is registered.

    `table_date` and `table_source` name the table of networks that was asked, also when it knew no address.
    """

    law: tuple[Law, ...] = ()
    processing: tuple[Processing, ...] = ()
    addresses: tuple[AddressOrigin, ...] = ()
    unplaced: tuple[str, ...] = ()
    table_date: str = ""
    table_source: str = ""


class Safety(Facts):
    """A filter that was seen, and where it runs as far as that is shown."""

    name: str
    place: Place
    strength: Strength


class ProbeResult(Facts):
    """The whole of one run. `sha256` covers the canonical JSON of everything else.

    `opening` is the hash of what was fixed before the first request, and the first of the chain that `requests` go on.
    `plan` names the signed plan that was followed, if any. `tries` counts the runs it took: only the last is told.

    `outcome`: completed (every request of the plan was answered), partly (some were not), unreachable (none was),
    refused (the policy forbids the target, nothing was sent), cancelled. `error` is a sentence or empty. Times are
    ISO 8601 in UTC. `unknown` says what the run leaves open, `not_tested` what was not tried and why.
    """

    schema_version: int = SCHEMA_VERSION
    prober_version: str = PROBER_VERSION
    catalogue_version: str = ""
    method_version: str = ""
    plan: PlanMark | None = None
    tries: int = 1
    opening: str = ""
    outcome: RunOutcome
    error: str = ""
    target_url: str
    base_path: str = ""
    vantage: str = ""
    started: str
    finished: str
    network: Network | None = None
    tls: Tls | None = None
    requests: tuple[Request, ...] = ()
    identity: Identity = Identity()
    behind: tuple[Behind, ...] = ()
    dialects: tuple[Dialect, ...] = ()
    models: tuple[Model, ...] = ()
    safety: tuple[Safety, ...] = ()
    unknown: tuple[str, ...] = ()
    not_tested: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    attribution: Attribution | None = None
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def digest(self) -> str:
        """Return the sha256 of the canonical JSON of all fields but `sha256`."""
        return content_hash(self.model_dump(mode="json", exclude={"sha256"}))

    def sealed(self) -> "ProbeResult":
        """Return the same result with its chain and its hash filled in."""
        opening = opening_of(self.model_dump(mode="json"))
        linked, link = [], opening
        for request in self.requests:
            link = next_link(link, request.model_dump(mode="json"))
            linked.append(request.model_copy(update={"link": link}))
        whole = self.model_copy(update={"opening": opening, "requests": tuple(linked)})
        return whole.model_copy(update={"sha256": whole.digest()})


# What is fixed before the first request.
OPENING = tuple(
    "schema_version prober_version catalogue_version method_version plan target_url base_path vantage started".split()
)


def opening_of(document: Mapping[str, Any]) -> str:
    """Return the hash of what was fixed before the first request."""
    return content_hash({name: document.get(name) for name in OPENING})


def next_link(before: str, request: Mapping[str, Any]) -> str:
    """Return the link of a request in the chain, from the one before it."""
    return content_hash([before, {name: value for name, value in request.items() if name != "link"}])


def verify(result: ProbeResult) -> bool:
    """Tell whether the hash of a result still fits its content (it shows later change, not honest origin).

    For a result of this version; a file is judged as it was written, by `assessor.probes.integrity`.
    """
    return result.sha256 == result.digest()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a probe result."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ProbeResult.model_json_schema()}
