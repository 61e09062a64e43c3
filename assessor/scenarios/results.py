"""What a simulation says: for each workload and horizon how it stands, why, and what would help; codes, never words."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from assessor.evidence import Finding, Strength

METHOD_VERSION = "2"
"""Raised whenever the same inventory and scenario may give another result."""


class Availability(IntEnum):
    """How a workload stands, from best to worst. Barred by one's own rule counts as dark."""

    UNAFFECTED = 0
    DEGRADED = 1
    UNAUDITED = 2
    UNPROTECTED = 3
    DARK = 4

    @property
    def word(self) -> str:
        """The name in lower case: the key under which words, shapes and styles are found."""
        return self.name.lower()


class Horizon(IntEnum):
    """When one looks, in hours after the beginning."""

    NOW = 0
    HOUR = 1
    DAY = 24
    WEEK = 168
    MONTH = 720  # 30 days
    QUARTER = 2160  # 90 days

    @property
    def word(self) -> str:
        """The name in lower case."""
        return self.name.lower()


class Reason(StrEnum):
    """Why one step of a path passes a state on."""

    REQUIRES = "requires"  # the next is needed, and is down
    HOLDS_OVER = "holds-over"  # the next is down, what it gave is still good
    REMOVED = "removed"
    DEGRADED = "degraded"
    CHANGED = "changed"
    BARRED = "barred-by-own-rule"
    ABOVE_CEILING = "above-ceiling"
    NO_NEW = "no-new"
    PEOPLE_GONE = "people-gone"
    CHECK_OPEN = "check-open"  # a check is down and lets everything through
    CHECK_CLOSED = "check-closed"  # a check is down and nothing passes
    CHECK_QUEUE = "check-queue"  # a check is down and everything waits
    AUDIT_LOST = "audit-lost"
    SWITCHING = "switching"  # a fallback is there and not ready yet
    FALLS_BACK = "falls-back-to"  # the next stands in
    NO_OWN_CHECKS = "no-own-checks"  # it stands in without checks of its own
    REDUCED = "reduced"  # it stands in with less quality or room
    WORN_OUT = "worn-out"  # a manual procedure has run its longest


class Step(NamedTuple):
    """One link of the chain that explains a result: an id, and why it hands its state to the step before it."""

    id: str
    reason: str


class Exposure(NamedTuple):
    """Something that somebody could be ordered to hand over; how likely is not assessed, and you may not be told.

    `what` is the kind of the component; `days_back` how far back it keeps (None: not known); `from_now_on` whether it
    goes on seeing new work; `certain` is False where it is not known that plain text passes there.
    """

    component: str
    what: str
    days_back: float | None
    from_now_on: bool
    certain: bool


class Outcome(NamedTuple):
    """How one workload stands at one horizon of one scenario.

    `availability` is the worst case, `best` the best one; they differ where a fallback was never tested or something
    is not known. `capacity_percent`: part of the workload's load that is carried, worst case (None: not known);
    `goes_without`: ids of the components that have no room left for all of it. `path` leads from the first component
    to the cause. `until`: hours from the beginning at which `availability` changes next (None: not foreseen).
    `ends_on`: hours at which it is unaffected again for good (None: no known end).
    """

    scenario: str
    workload: str
    horizon: Horizon
    availability: Availability
    best: Availability
    capacity_percent: float | None = 100
    goes_without: tuple[str, ...] = ()
    works_until_restart: bool = False
    could_be_compelled: tuple[Exposure, ...] = ()
    forced_off: tuple[str, ...] = ()
    path: tuple[Step, ...] = ()
    until: float | None = None
    ends_on: float | None = None

    @property
    def felt(self) -> Availability:
        """Availability with the room counted that is left: dark where nothing is carried, degraded where not all."""
        return felt_with(self.availability, self.capacity_percent)


def felt_with(availability: Availability, percent: float | None) -> Availability:
    """Return how something is felt of which only so much of the load is carried (None: not known)."""
    if percent is None or percent >= 100:
        return availability
    return max(availability, Availability.DEGRADED if percent > 0 else Availability.DARK)


class Change(NamedTuple):
    """Availability and its beginning, in hours: a line of time is a tuple of these."""

    at: float
    availability: Availability


class SharedFate(NamedTuple):
    """A claimed second source that one act takes together with the first.

    `by` says what they share (maker, seller, parent, owner, cloud, site, sign-in, gateway), `name` which one.
    """

    source: str
    target: str
    by: str
    name: str


class Unknown(NamedTuple):
    """An attribute that is not known and could have changed a result."""

    id: str
    attribute: str


Params = dict[str, str | int | float | bool]


class Shown(NamedTuple):
    """What a scenario shows, not yet checked and made a finding: of hundreds a score takes each code once."""

    code: str
    params: Params

    def finding(self) -> Finding:
        """Return it as a score takes it."""
        return Finding(code=self.code, strength=Strength.DEFAULT, params=self.params)


class Gain(NamedTuple):
    """What a change of one thing buys: workload-hours darker than tolerated, before and after (see docs/method.md)."""

    before: float
    after: float


class SingleChange(NamedTuple):
    """The one change that shrinks the damage most, found by trying: `action` is a code, `ids` what it is about."""

    action: str
    ids: tuple[str, ...]
    gain: Gain
    tried: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """One scenario played on one inventory.

    `outcomes` has every workload at every horizon, in the order of the inventory; `timelines` the exact hours, worst
    case. `picked` is the value taken where the scenario picks one. `matched` are ids hit for certain, `perhaps` those
    of which an attribute is not known. `findings` carry the codes that questions may name. `notes` are codes for what
    else a reader should be told (`matches-nothing`).
    """

    scenario: str
    scenario_version: str
    method_version: str
    matched: tuple[str, ...]
    perhaps: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    timelines: dict[str, tuple[Change, ...]]
    picked: str | None = None
    shared_fate: tuple[SharedFate, ...] = ()
    best_single_change: SingleChange | None = None
    unknowns: tuple[Unknown, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether no workload is touched on any axis."""
        return not any(
            one.best or one.availability or one.could_be_compelled or one.forced_off or one.works_until_restart
            for one in self.outcomes
        )

    def of(self, workload: str) -> tuple[Outcome, ...]:
        """Return the outcomes of one workload, in the order of the horizons."""
        return tuple(one for one in self.outcomes if one.workload == workload)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the matrix and a score need of one scenario: the same as a `Simulation` says, without paths and rooms.

    `states` has for every workload two bytes at each horizon: `felt`, and the best case of it.
    """

    scenario: str
    picked: str | None
    matched: tuple[str, ...]
    perhaps: tuple[str, ...]
    states: dict[str, bytes]
    shown: tuple[Shown, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is shown, as findings."""
        return tuple(one.finding() for one in self.shown)

    def felt(self, workload: str, horizon: Horizon) -> Availability:
        """Return how a workload stands at a horizon, with the room counted that is left."""
        return Availability(self.states[workload][2 * list(Horizon).index(horizon)])


_ADAPTER: TypeAdapter[Simulation] = TypeAdapter(Simulation)


def to_data(simulation: Simulation) -> dict[str, Any]:
    """Return a simulation as plain JSON data, to be stored."""
    data: dict[str, Any] = _ADAPTER.dump_python(simulation, mode="json")
    return data


def from_data(data: dict[str, Any]) -> Simulation:
    """Build a simulation from stored data; raises pydantic's ValidationError for anything else."""
    return _ADAPTER.validate_python(data)
