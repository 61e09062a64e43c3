"""What drills leave behind: facts and judgements with a hash over all of it, never prompts of others, never replies."""

from typing import Any, Literal

from pydantic import Field

from assessor.content import content_hash
from assessor.evidence import Finding
from assessor.probes.drills.features import State
from assessor.probes.result import PROBER_VERSION, Facts

SCHEMA_VERSION = 1
Sha256 = r"^([0-9a-f]{64})?$"


class Reply(Facts):
    """How one request fared. `note` has {fields} that `params` fill; of the body only length and sha256 are kept.

    Times are milliseconds. Tokens are the server's count, or an upper estimate where `counted` is false.
    """

    state: State
    note: str = Field(default="", max_length=300)
    params: dict[str, str] = Field(default_factory=dict)
    status: int = 0
    ms: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    counted: bool = True
    length: int = 0
    sha256: str = Field(default="", pattern=Sha256)
    vector: int = 0


class Side(Facts):
    """One of the two endpoints of an exit drill, and in which dialect it was asked, and why in that one."""

    url: str = Field(max_length=500)
    name: str = Field(default="", max_length=120)
    dialect: str
    own_dialect: str
    why: str = ""
    model: str
    embedding_model: str = ""
    probe_sha256: str = Field(default="", pattern=Sha256)


class FeatureRow(Facts):
    """One feature on both endpoints, and what that means: same, breaks, gains, neither, unknown."""

    feature: str
    a: Reply
    b: Reply
    verdict: Literal["same", "breaks", "gains", "neither", "unknown"]


class CaseRow(Facts):
    """One of the organisation's own cases: passed or not on each endpoint."""

    case: str = Field(max_length=80)
    real: bool = False
    a: Reply
    b: Reply
    a_passed: bool
    b_passed: bool


class Sealed(Facts):
    """A record whose `sha256` covers the canonical JSON of everything else."""

    schema_version: int = SCHEMA_VERSION
    prober_version: str = PROBER_VERSION
    sha256: str = Field(default="", pattern=Sha256)

    def digest(self) -> str:
        """Return the sha256 of the canonical JSON of all fields but `sha256`."""
        return content_hash(self.model_dump(mode="json", exclude={"sha256"}))

    def sealed(self) -> Any:
        """Return the same record with its hash filled in."""
        return self.model_copy(update={"sha256": self.digest()})

    @property
    def is_whole(self) -> bool:
        """Whether the hash still fits: it shows later change, not honest origin."""
        return self.sha256 == self.digest()


DrillOutcome = Literal["completed", "stopped", "over-budget", "out-of-time", "unreachable", "refused"]


class ExitRecord(Sealed):
    """The whole of one exit drill.

    `passed` is None without own cases. `qualifies` tells whether it has what a test needs: own cases, a mark set
    before it began, and a share of real requests; without it the drill shows what was seen and no more.
    """

    kind: Literal["exit"] = "exit"
    drill: str = Field(max_length=40)
    outcome: DrillOutcome
    error: str = ""
    planned: str
    started: str
    finished: str
    vantage: str = ""
    a: Side
    b: Side
    features: tuple[FeatureRow, ...] = ()
    cases_name: str = Field(default="", max_length=120)
    cases_sha256: str = Field(default="", pattern=Sha256)
    cases: tuple[CaseRow, ...] = ()
    pass_mark: int | None = Field(default=None, ge=1, le=100)
    share_of_load: int = Field(default=0, ge=0, le=100)
    share_source: str = Field(default="", max_length=200)
    passed: bool | None = None
    qualifies: bool = False
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    token_budget: int = 0
    limits: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


Outside = Literal["open", "closed", "not-tried"]


class Round(Facts):
    """One round of a disconnection drill, `at` seconds after the closed time began (negative: before it).

    `outside` tells of each outside address, in the order of the plan, whether it answered. `text` is the beginning of
    the sha256 of what was said, so that repeated answers show. `took` is how long the round lasted, in seconds, and
    `routes` whether this computer had a way out at all.
    """

    at: float
    ok: bool
    ms: float = 0.0
    status: int = 0
    took: float = 0.0
    note: str = ""
    text: str = Field(default="", pattern=r"^[0-9a-f]{0,16}$")
    repeated: bool = False
    cached: bool = False
    tokens: int = 0
    outside: tuple[Outside, ...] = ()
    routes: bool | None = None


class Proof(Facts):
    """What shows that the serving host's way out was closed: its kind, who says so, and the facts behind it.

    `leak`: it shows the contrary. With neither `holds` nor `leak` it shows nothing.
    """

    kind: Literal["canary", "counters", "cable-pull"]
    holds: bool
    leak: bool = False
    host: str = Field(default="", max_length=200)
    said_by: str = Field(default="", max_length=200)
    because: str = Field(default="", max_length=300)
    params: dict[str, str] = Field(default_factory=dict)
    record_sha256: str = Field(default="", pattern=Sha256)


class DisconnectRecord(Sealed):
    """The whole of one disconnection drill; `minutes` is how long the closed time lasted, in full minutes.

    `cold_start` is empty (nothing noted), "none", or the time at which everything was started from cold.
    `joined_from` is the hash of the record that outside proof was joined to.
    """

    kind: Literal["disconnect"] = "disconnect"
    drill: str = Field(max_length=40)
    outcome: DrillOutcome
    error: str = ""
    planned: str
    started: str
    closed_from: str = ""
    closed_until: str = ""
    finished: str
    vantage: str = ""
    on_host: bool = False
    host_shown: Literal["loopback", "said", ""] = ""
    url: str = Field(max_length=500)
    name: str = Field(default="", max_length=120)
    dialect: str
    model: str
    planned_minutes: float
    every: float
    pass_mark: int = Field(ge=1, le=100)
    share_of_load: int = Field(default=0, ge=0, le=100)
    cold_start: str = Field(default="", max_length=40)
    outside: tuple[str, ...] = ()
    seen_open: tuple[bool, ...] = ()
    rounds: tuple[Round, ...] = ()
    missed: int = 0
    answered: int = 0
    asked: int = 0
    minutes: int = 0
    proofs: tuple[Proof, ...] = ()
    fresh: bool = False
    passed: bool = False
    qualifies: bool = False
    joined_from: str = Field(default="", pattern=Sha256)
    requests: int = 0
    tokens: int = 0
    limits: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class CanaryRound(Facts):
    """What the canary saw in one round; `at` is ISO 8601 in UTC. `routes`: whether the host had a way out at all."""

    at: str
    outside: tuple[Outside, ...]
    routes: bool | None = None


class CanaryRecord(Sealed):
    """What the small prober on the serving host saw of the way out; it asks no model anything."""

    kind: Literal["canary"] = "canary"
    drill: str = Field(max_length=40)
    host: str = Field(default="", max_length=200)
    started: str
    finished: str
    every: float
    outside: tuple[str, ...]
    rounds: tuple[CanaryRound, ...]


class NamesRecord(Sealed):
    """Which names were asked for while a name server watched that only writes down."""

    kind: Literal["names"] = "names"
    host: str = Field(default="", max_length=200)
    listen: str
    started: str
    finished: str
    names: tuple[dict[str, str | int], ...] = ()
    dropped: int = 0
    findings: tuple[Finding, ...] = ()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of every record a drill writes."""
    kinds = (ExitRecord, DisconnectRecord, CanaryRecord, NamesRecord)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "oneOf": [kind.model_json_schema() for kind in kinds],
    }
