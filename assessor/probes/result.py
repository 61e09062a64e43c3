"""What one run of the prober gives: parsed facts and findings, with a hash over all of it, never raw bodies."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assessor.content import content_hash
from assessor.evidence import Finding, Strength

SCHEMA_VERSION = 1
PROBER_VERSION = "0.1.0"

# Facts that came later: while they are empty the hash leaves them out, so that older results still fit theirs.
LATER = {"network": ("names",), "tls": ("key", "signature", "chain")}

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
    """One certificate of the chain: whose it is, who signed it, and the signer's country where it names one."""

    subject: str
    issuer: str
    country: str = ""


class Tls(Facts):
    """The certificate shown; times are ISO 8601 in UTC. `chain` begins with it and ends nearest to the authority."""

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


class Request(Facts):
    """One request and what came back: status, allow-listed headers, length in bytes and sha256 of the body.

    A header whose value could name an account or a session is kept by name, with the value "(present)".
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


class Identity(Facts):
    """Who answers. It names the program at the door and never claims that the weights run there."""

    product: str = ""
    name: str = ""
    kind: Kind = "unknown"
    provider: str = ""
    confidence: Strength = Strength.WEAK
    because: tuple[str, ...] = ()


class Behind(Facts):
    """Who answers behind the one that answers; `host` is empty when only a name was shown."""

    provider: str = ""
    host: str = ""
    strength: Strength
    because: tuple[str, ...] = ()


class Dialect(Facts):
    """Whether an API dialect is spoken; "unknown" when nothing showed it either way."""

    name: str
    state: DialectState
    because: str = ""


class Model(Facts):
    """A model as the list names it; names are labels that an operator chooses."""

    id: str
    owned_by: str = ""
    root: str = ""


class Safety(Facts):
    """A filter that was seen, and where it runs as far as that is shown."""

    name: str
    place: Place
    strength: Strength


class ProbeResult(Facts):
    """The whole of one run. `sha256` covers the canonical JSON of everything else.

    `outcome`: completed (every request of the plan was answered), partly (some were not), unreachable (none was),
    refused (the policy forbids the target, nothing was sent), cancelled. `error` is a sentence or empty. Times are
    ISO 8601 in UTC. `unknown` says what the run leaves open, `not_tested` what was not tried and why.
    """

    schema_version: int = SCHEMA_VERSION
    prober_version: str = PROBER_VERSION
    catalogue_version: str = ""
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
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def digest(self) -> str:
        """Return the sha256 of the canonical JSON of all fields but `sha256`."""
        content = self.model_dump(mode="json", exclude={"sha256"})
        for part, names in LATER.items():
            if content[part]:
                content[part] = {key: value for key, value in content[part].items() if value or key not in names}
        return content_hash(content)

    def sealed(self) -> "ProbeResult":
        """Return the same result with its hash filled in."""
        return self.model_copy(update={"sha256": self.digest()})


def verify(result: ProbeResult) -> bool:
    """Tell whether the hash of a result still fits its content (it shows later change, not honest origin)."""
    return result.sha256 == result.digest()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a probe result."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ProbeResult.model_json_schema()}
