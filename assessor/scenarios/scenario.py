"""What a scenario is: whom an act hits, what it does to them, from when and until when. Data, no expressions."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assessor.content import content_hash
from assessor.scenarios.graph import (
    Access,
    Amount,
    Country,
    Fate,
    FateKind,
    Hosting,
    Hours,
    Id,
    Kind,
    Part,
    Percent,
    ShortText,
    Text,
)


class Cause(StrEnum):
    """What kind of act it is."""

    LEGAL = "legal"
    POLITICAL = "political"
    COMMERCIAL = "commercial"
    TECHNICAL = "technical"
    PHYSICAL = "physical"
    PEOPLE = "people"


class Effect(StrEnum):
    """What an act does to the components it hits."""

    REMOVED = "removed"  # gone
    DEGRADED = "degraded"  # slower, smaller, unpatched
    CHANGED = "changed"  # there, and not what was qualified
    BARRED = "barred-by-own-rule"  # there, and not to be used: as good as gone
    COMPELLED = "compelled"  # what it sees or keeps can be ordered out
    PRICE = "price-times"  # the monthly cost is `times` as high
    NO_NEW = "no-new"  # runs on; nothing new arrives, so nothing starts afresh
    PEOPLE_GONE = "people-gone"  # gone, and it was people


class Gate(StrEnum):
    """The three gates that AI traffic crosses."""

    API = "api"
    MODEL = "model"
    AGENT_TOOLS = "agent-tools"


GATE_KINDS = {
    Gate.API: frozenset({Kind.GATEWAY, Kind.IDENTITY, Kind.NETWORK_LINK, Kind.CERTIFICATES}),
    Gate.MODEL: frozenset({Kind.MODEL, Kind.EMBEDDING, Kind.SAFETY_CHECK}),
    Gate.AGENT_TOOLS: frozenset({Kind.TOOL_SERVER, Kind.DATA_SOURCE, Kind.VECTOR_STORE}),
}

Pick = Literal[
    "id", "product", "maker", "seller", "parent", "country", "origin", "place", "cloud", "site", "sign-in", "owner"
]
"""An attribute of which a scenario takes one value, chosen by the reader; by default the one most depends on."""


# Of these, False is said as much as True.
_SAYS_NO = frozenset({"foreign", "licence_open", "needs_internet", "suspends_without_notice", "sees_plain_text"})


class Matcher(Part):
    """Whom an act hits: a component that fits everything said here; each list is read as "one of".

    Where an attribute of a component is not known, it is hit perhaps: in the worst case. Names are compared without
    regard to case, licences letter by letter. `picked`: it has the value that was picked for the scenario. `foreign`:
    a country that is not home controls it. `fates`: it belongs to one of these groups; `fate_kinds`: to any group of
    these kinds.
    """

    picked: bool = False
    ids: tuple[Id, ...] = ()
    kind: tuple[Kind, ...] = ()
    product: tuple[ShortText, ...] = ()
    maker: tuple[ShortText, ...] = ()
    seller: tuple[ShortText, ...] = ()
    parent: tuple[ShortText, ...] = ()
    country: tuple[Country, ...] = ()
    origin: tuple[Country, ...] = ()
    place: tuple[Country, ...] = ()
    foreign: bool | None = None
    hosting: tuple[Hosting, ...] = ()
    fates: tuple[Fate, ...] = ()
    fate_kinds: tuple[FateKind, ...] = ()
    access: tuple[Access, ...] = ()
    licence: tuple[ShortText, ...] = ()
    licence_open: bool | None = None
    needs_internet: bool | None = None
    suspends_without_notice: bool | None = None
    sees_plain_text: bool | None = None
    people_needed: tuple[int, ...] = ()

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The names of the attributes that it looks at."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple(name for name, value in values if value or (value is False and name in _SAYS_NO))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.said:
            raise ValueError("a matcher must name at least one attribute")
        return self


class Act(Part):
    """One thing that happens to all components that any of the matchers hits.

    It holds from `after_hours` until `until_hours` after the beginning (None: no known end). `times`: by how much a
    price rises; `capacity_percent`: what is left of the room (None: all of it).
    """

    matches: Annotated[tuple[Matcher, ...], Field(min_length=1, max_length=50)]
    effect: Effect
    after_hours: Hours = 0
    until_hours: Hours | None = None
    times: Annotated[float, Field(gt=1, le=1000)] | None = None
    capacity_percent: Percent | None = None

    @model_validator(mode="after")
    def _fits_its_effect(self) -> Self:
        if (self.times is not None) != (self.effect is Effect.PRICE):
            raise ValueError("give times with price-times, and only there")
        if self.until_hours is not None and self.until_hours <= self.after_hours:
            raise ValueError("until_hours must come after after_hours")
        if self.capacity_percent is not None and self.effect not in (Effect.DEGRADED, Effect.CHANGED):
            raise ValueError("give capacity_percent with degraded or changed, and only there")
        return self


class Moment(Part):
    """What a line of time tells at one hour after the beginning."""

    at_hours: Hours
    text: Text


class Source(Part):
    """Where a story comes from, and of what day or month; everything told is told as reported there."""

    name: ShortText
    dated: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$", description="year-month-day or year-month")]


class Scenario(Part):
    """A story that can be played on any inventory.

    `begins`: the real day and hour, where there was one. `notice_hours`: between being told and the first effect; who
    is told beforehand switches beforehand. `recourse`: what can be done against it, and how fast. `pick`: the
    attribute of which one value is taken. `gates`: which gates of AI traffic it touches. `ask`: what a team should ask
    itself. `clock`: what happens when.
    """

    id: Id
    version: ShortText
    title: ShortText
    story: Text
    causes: Annotated[tuple[Cause, ...], Field(min_length=1)]
    begins: ShortText | None = None
    sources: tuple[Source, ...] = ()
    notice_hours: Hours = 0
    recourse: Text
    pick: Pick | None = None
    gates: tuple[Gate, ...] = ()
    acts: Annotated[tuple[Act, ...], Field(min_length=1, max_length=20)]
    clock: Annotated[tuple[Moment, ...], Field(max_length=50)] = ()
    ask: Annotated[tuple[Text, ...], Field(max_length=10)] = ()

    @property
    def ends_after_hours(self) -> Amount | None:
        """Hours after which every act is over; None where one has no known end."""
        ends = [act.until_hours for act in self.acts]
        return None if None in ends else max(end for end in ends if end is not None)

    @cached_property
    def effects(self) -> frozenset[Effect]:
        """All that it does."""
        return frozenset(act.effect for act in self.acts)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        picking = any(matcher.picked for act in self.acts for matcher in act.matches)
        if picking != (self.pick is not None):
            raise ValueError("pick and a matcher with picked: true go together")
        if any(act.after_hours < self.notice_hours for act in self.acts):
            raise ValueError("no act may begin before notice_hours are over")
        if list(self.clock) != sorted(self.clock, key=lambda one: one.at_hours):
            raise ValueError("the clock must run forward")
        return self

    def content_hash(self) -> str:
        """Return the sha256 of what it says, whatever its order in the file."""
        return content_hash(self.model_dump(mode="json"))
