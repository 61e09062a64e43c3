"""What an organisation runs on: workloads, components, what requires what, and what stands in when it is gone.

An attribute that is None is not known; nothing here has a default that flatters. Loops are legal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from assessor.content import Document, Path_, validate
from assessor.errors import N_, ContentErrors

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Hours = Annotated[float, Field(ge=0, le=1_000_000)]
Days = Annotated[float, Field(ge=0, le=100_000)]
Amount = Annotated[float, Field(ge=0, le=1e12)]
Percent = Annotated[float, Field(ge=0, le=100)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="year-month-day")]


class Kind(StrEnum):
    """What a component is."""

    MODEL = "model"
    GATEWAY = "gateway"
    SAFETY_CHECK = "safety-check"
    EMBEDDING = "embedding"
    VECTOR_STORE = "vector-store"
    DATA_SOURCE = "data-source"
    TOOL_SERVER = "tool-server"
    IDENTITY = "identity"
    KEY_STORE = "key-store"
    AUDIT = "audit"
    CERTIFICATES = "certificates"  # and time, and names
    REGISTRY = "registry"
    CONTROL_PLANE = "control-plane"
    COMPUTE = "compute"
    NETWORK_LINK = "network-link"
    POWER_SITE = "power-site"
    TEAM = "team"
    MANUAL_PROCEDURE = "manual-procedure"


class Hosting(StrEnum):
    """In what form it is run, from most to least of somebody else's."""

    PUBLIC_SAAS = "public-saas"
    DEDICATED_TENANT = "dedicated-tenant"
    THIRD_PARTY_PRIVATE = "third-party-private"
    SHARED = "shared"  # national or of a sector
    OWN_ACCOUNT = "own-account"  # own operation on somebody's cloud
    OWN_PREMISES = "own-premises"
    ISOLATED = "isolated"


class Access(StrEnum):
    """Who may become a customer."""

    OPEN = "open"
    VETTED = "vetted"


class OnFailure(StrEnum):
    """What happens to requests when a safety check does not answer; unknown counts as open."""

    OPEN = "open"
    CLOSED = "closed"
    QUEUE = "queue"
    UNKNOWN = "unknown"


class Quality(StrEnum):
    """How good a fallback's results are beside the usual ones."""

    EQUAL = "equal"
    REDUCED = "reduced"
    EMERGENCY = "emergency"


class Criticality(StrEnum):
    """How much depends on a workload; capacity is shared in this order."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    SUPPORTING = "supporting"


class FateKind(StrEnum):
    """What two components may share so that one act takes both."""

    CLOUD = "cloud"
    SITE = "site"
    SIGN_IN = "sign-in"
    OWNER = "owner"


class Part(BaseModel):
    """A part of an inventory: immutable, and no key that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Fate(Part):
    """A group whose members stand and fall together: one cloud, one site, one sign-in, one owner."""

    kind: FateKind
    name: ShortText


class Notices(Part):
    """The four notice periods of a contract, in days; 0 is none, None is not known."""

    suspend_days: Days | None = None
    terminate_days: Days | None = None
    deprecate_days: Days | None = None
    price_days: Days | None = None


class Replace(Part):
    """What replacing it takes: to switch (hours), to qualify the new one (days), to buy it (weeks)."""

    switch_hours: Hours | None = None
    qualify_days: Days | None = None
    buy_weeks: Days | None = None


class Export(Part):
    """How one gets one's own out: days the window is open, volume, and the rate it leaves at."""

    window_days: Days | None = None
    volume_gb: Amount | None = None
    gb_per_day: Amount | None = None


class Component(Part):
    """One thing that workloads need.

    `maker` made it, `seller` sells it, `parent` is the final parent of whoever runs it; `countries` can give orders
    to them; `origin` is the country the weights come from, `place` the country it runs in. `fates`: all groups it
    shares its fate with (empty: none; None: not known). `capacity`: units of load it can carry (None: no limit known).
    `longest_hours`: how long a manual procedure can be kept up. `cost_ceiling`: the monthly cost at which one stops.
    """

    id: Id
    name: ShortText
    kind: Kind
    product: ShortText | None = None
    maker: ShortText | None = None
    seller: ShortText | None = None
    parent: ShortText | None = None
    countries: tuple[Country, ...] | None = None
    origin: Country | None = None
    place: Country | None = None
    hosting: Hosting | None = None
    fates: tuple[Fate, ...] | None = None
    access: Access | None = None
    needs_internet: bool | None = None
    suspends_without_notice: bool | None = None
    triggers: tuple[ShortText, ...] = ()
    notices: Notices = Notices()
    export: Export = Export()
    sees_plain_text: bool | None = None
    days_kept: Days | None = None
    monthly_cost: Amount | None = None
    cost_ceiling: Amount | None = None
    licence: ShortText | None = None
    licence_open: bool | None = None
    licence_ends: Day | None = None
    replace: Replace = Replace()
    people_needed: Annotated[int, Field(ge=0, le=10_000)] | None = None
    on_failure: OnFailure | None = None
    capacity: Amount | None = None
    longest_hours: Hours | None = None


class Workload(Part):
    """Something the organisation does with AI. `tolerance_hours`: the longest stop its owner has signed for."""

    id: Id
    name: ShortText
    owner: ShortText | None = None
    criticality: Criticality = Criticality.CRITICAL
    tolerance_hours: Hours | None = None
    load: Amount = 1
    data_classes: tuple[ShortText, ...] = ()


class Requires(Part):
    """`source` (a workload or a component) stops without `target`, after `survives_for` hours (not known: at once).

    `survives_restart`: what carries it meanwhile (a token, a lease, a cache) is still there after a restart.
    """

    source: Id
    target: Id
    survives_for: Hours | None = None
    survives_restart: bool | None = None


class Fallback(Part):
    """`target` stands in for the component `source`, for all workloads or only for `workload`.

    `data_classes`: those it may see (empty: all). `tested_share`: per cent of the real load it was tested with.
    `safety_path`: the checks that are the fallback's own; leaving a hosted model leaves its built-in filter behind.
    """

    source: Id
    target: Id
    workload: Id | None = None
    switch_hours: Hours | None = None
    capacity_percent: Percent | None = None
    quality: Quality | None = None
    data_classes: tuple[ShortText, ...] = ()
    tested_on: Day | None = None
    tested_share: Percent | None = None
    safety_path: tuple[Id, ...] = ()


class Inventory(Part):
    """Everything a simulation looks at. What `cross_faults` names must be put right first.

    `home`: the countries whose orders the organisation obeys as its own (empty: not known).
    """

    home: tuple[Country, ...] = ()
    workloads: tuple[Workload, ...] = ()
    components: tuple[Component, ...] = ()
    requires: tuple[Requires, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphFault:
    """Something about the rows of an inventory together: `path` leads to the value, as (table, row from 0, field).

    `code` names what it is; `reason` and `remedy` are English source messages whose fields `params` fill.
    """

    code: str
    path: Path_
    reason: str
    remedy: str
    params: dict[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return "reason remedy" in the language of `translate` (identity gives English)."""
        return " ".join(translate(text).format(**self.params) for text in (self.reason, self.remedy))


def cross_faults(inventory: Inventory) -> list[GraphFault]:
    """Return what makes an inventory unusable: ids used twice or leading nowhere, a thing that stands in for itself."""
    return [*_twice(inventory), *_edges(inventory)]


def notices(inventory: Inventory) -> list[GraphFault]:
    """Return what is legal and probably unfinished: a workload that requires nothing, a component nobody needs."""
    needing = {one.source for one in inventory.requires}
    needed = {one.target for one in inventory.requires} | {one.target for one in inventory.fallbacks}
    needed |= {check for one in inventory.fallbacks for check in one.safety_path}
    found = [
        GraphFault(
            "workload-without-components",
            ("workloads", row, "id"),
            N_("The workload “{name}” requires nothing, so no scenario can reach it."),
            N_("Say what it requires, at least the model or the gateway."),
            {"name": one.name, "id": one.id},
        )
        for row, one in enumerate(inventory.workloads)
        if one.id not in needing
    ]
    found += [
        GraphFault(
            "component-nobody-needs",
            ("components", row, "id"),
            N_("Nothing requires the component “{name}”."),
            N_("Say what requires it, or take it out."),
            {"name": one.name, "id": one.id},
        )
        for row, one in enumerate(inventory.components)
        if one.id not in needed
    ]
    return found


def parse_inventory(document: Document) -> Inventory:
    """Build an inventory from parsed YAML; raises `ContentErrors` with every fault at its line."""
    inventory = validate(Inventory, document)
    faults = [document.error(one.path, one.reason, one.remedy, **one.params) for one in cross_faults(inventory)]
    if faults:
        raise ContentErrors(faults)
    return inventory


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an inventory file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Inventory.model_json_schema()}


def _twice(inventory: Inventory) -> Iterator[GraphFault]:
    seen: dict[str, str] = {}
    tables: tuple[tuple[str, tuple[Workload | Component, ...]], ...] = (
        ("workloads", inventory.workloads),
        ("components", inventory.components),
    )
    for table, rows in tables:
        for row, one in enumerate(rows):
            if one.id in seen:
                yield GraphFault(
                    "duplicate-id",
                    (table, row, "id"),
                    N_("The id “{id}” is used already, by “{first}”."),
                    N_("Give one of the two another id."),
                    {"id": one.id, "first": seen[one.id]},
                )
            seen.setdefault(one.id, one.name)


def _edges(inventory: Inventory) -> Iterator[GraphFault]:
    workloads = {one.id for one in inventory.workloads}
    components = {one.id for one in inventory.components}
    for row, edge in enumerate(inventory.requires):
        yield from _known(("requires", row, "source"), edge.source, workloads | components)
        yield from _known(("requires", row, "target"), edge.target, components)
    for row, way in enumerate(inventory.fallbacks):
        yield from _known(("fallbacks", row, "source"), way.source, components)
        yield from _known(("fallbacks", row, "target"), way.target, components)
        if way.workload is not None:
            yield from _known(("fallbacks", row, "workload"), way.workload, workloads)
        for place, check in enumerate(way.safety_path):
            yield from _known(("fallbacks", row, "safety_path", place), check, components)
        if way.source == way.target:
            yield GraphFault(
                "falls-back-to-itself",
                ("fallbacks", row, "target"),
                N_("“{id}” cannot stand in for itself."),
                N_("Name another component, or take the row out."),
                {"id": way.source},
            )


def _known(path: Path_, name: str, known: set[str]) -> Iterator[GraphFault]:
    if name not in known:
        yield GraphFault(
            "unknown-id",
            path,
            N_("“{id}” is not in this inventory."),
            N_("Check the spelling, or add it first."),
            {"id": name},
        )
