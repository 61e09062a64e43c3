"""What is asked of a component: the words of each attribute, why it is asked, of which kinds, and what comes first."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessor.models import Component

Kind = Component.Kind
Type = Literal["text", "choice", "countries", "country", "yes-no", "days", "number", "hours", "day", "list", "fates"]
Words = str | Promise

BOUGHT = frozenset(
    {
        Kind.MODEL,
        Kind.GATEWAY,
        Kind.SAFETY_CHECK,
        Kind.EMBEDDING,
        Kind.VECTOR_STORE,
        Kind.DATA_SOURCE,
        Kind.TOOL_SERVER,
        Kind.IDENTITY,
        Kind.KEY_STORE,
        Kind.AUDIT,
        Kind.CERTIFICATES,
        Kind.REGISTRY,
        Kind.CONTROL_PLANE,
        Kind.COMPUTE,
        Kind.NETWORK_LINK,
    }
)
WEIGHTS = frozenset({Kind.MODEL, Kind.EMBEDDING, Kind.SAFETY_CHECK})
SEES = BOUGHT - {Kind.CERTIFICATES, Kind.REGISTRY, Kind.KEY_STORE}
ALL = frozenset(Kind)
PEOPLE = frozenset({Kind.TEAM, Kind.MANUAL_PROCEDURE})
THINGS = ALL - PEOPLE


@dataclass(frozen=True)
class Attribute:
    """One attribute: `name` is its column, `why` says what an answer is good for, `kinds` of which it is asked.

    `first` are the kinds of which it is asked at once and counted where it is not known.
    """

    name: str
    label: Words
    why: Words
    type: Type = "text"
    kinds: frozenset[str] = ALL
    first: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Group:
    """Attributes that are asked together, under one heading."""

    id: str
    title: Words
    attributes: tuple[Attribute, ...]


A = Attribute
GROUPS = (
    Group(
        "whose",
        _("What it is, and whose"),
        (
            A("product", _("Product"), _("One model can be withdrawn while its maker's others stay up."), first=BOUGHT),
            A("maker", _("Maker"), _("Who made it: an act against the maker hits it on every platform."), first=BOUGHT),
            A("seller", _("Seller"), _("Who sells it to you, if not the maker: a contract can end here alone.")),
            A("parent", _("Final parent"), _("Who controls the one that runs it: a sale or an order starts there.")),
            A(
                "countries",
                _("Countries of control"),
                _("Whose government and courts can give orders to maker, seller or parent. Two letters each: US, DE"),
                "countries",
                THINGS,
                BOUGHT,
            ),
            A(
                "origin",
                _("Origin of the weights"),
                _("Where the weights come from: your own state may bar an origin. Two letters."),
                "country",
                WEIGHTS,
            ),
            A("access", _("Who may become a customer"), _("A vetted circle can be made smaller."), "choice", BOUGHT),
        ),
    ),
    Group(
        "where",
        _("Where it runs, and what it shares"),
        (
            A("hosting", _("Form of hosting"), _("Who could switch it off at the machine."), "choice", THINGS, BOUGHT),
            A(
                "place",
                _("Country where it runs"),
                _("Whose police can walk in, and which region can be lost. Two letters."),
                "country",
                THINGS,
                frozenset({Kind.COMPUTE, Kind.POWER_SITE}),
            ),
            A(
                "needs_internet",
                _("Needs the internet to work"),
                _("Decides what is left when the link is cut."),
                "yes-no",
                THINGS,
                frozenset({Kind.GATEWAY, Kind.SAFETY_CHECK, Kind.CONTROL_PLANE}),
            ),
            A("fates", _("Shares its fate with"), _("A second source in the same cloud is no second source."), "fates"),
        ),
    ),
    Group(
        "safety",
        _("What happens when it fails"),
        (
            A(
                "on_failure",
                _("When this check does not answer"),
                _("Unknown counts as letting everything pass unchecked."),
                "choice",
                frozenset({Kind.SAFETY_CHECK, Kind.GATEWAY}),
                frozenset({Kind.SAFETY_CHECK}),
            ),
            A(
                "longest_hours",
                _("Longest time it can be kept up, in hours"),
                _("A procedure by hand wears out."),
                "hours",
                PEOPLE,
                frozenset({Kind.MANUAL_PROCEDURE}),
            ),
            A(
                "capacity",
                _("Load it can carry"),
                _("In the units of the workloads' load. Empty: not limited as far as is known."),
                "number",
            ),
            A(
                "people_needed",
                _("People it takes"),
                _("How many must be there to run it; never who."),
                "number",
                ALL,
                frozenset({Kind.TEAM}),
            ),
        ),
    ),
    Group(
        "contract",
        _("What its contract and its licence let others do"),
        (
            A("suspends_without_notice", _("May be suspended without notice"), _("Then it is dark at once."), "yes-no"),
            A("triggers", _("What may trigger that"), _("Separate several by a semicolon."), "list", BOUGHT),
            A("suspend_days", _("Notice before it is suspended, in days"), _("0 is none."), "days", THINGS),
            A("terminate_days", _("Notice before the contract ends, in days"), _("Time to leave."), "days", THINGS),
            A("deprecate_days", _("Notice before a version goes, in days"), _("Time to test another."), "days", BOUGHT),
            A("price_days", _("Notice before the price rises, in days"), _("Time to look elsewhere."), "days", THINGS),
            A("licence", pgettext_lazy("of software or weights", "Licence"), _("The right to run it."), "text", BOUGHT),
            A(
                "licence_open",
                _("The licence is open and cannot be recalled"),
                _("An open model goes on when its maker is gone."),
                "yes-no",
                BOUGHT,
                frozenset({Kind.MODEL}),
            ),
            A("licence_ends", _("The licence ends on"), _("The day from which it may not be used."), "day", BOUGHT),
        ),
    ),
    Group(
        "seen",
        _("What it sees and keeps, and how you get it out"),
        (
            A("sees_plain_text", _("Sees plain text"), _("What is seen can be ordered out."), "yes-no", SEES),
            A("days_kept", _("Keeps what it saw for, in days"), _("How far back an order can reach."), "days", SEES),
            A("export_window_days", _("Days to take your data out after the end"), _("Then they are gone."), "days"),
            A("export_volume_gb", _("Your data there, in GB"), _("How much would have to leave."), "number"),
            A("export_gb_per_day", _("Rate at which they leave, in GB a day"), _("Volume by rate is time."), "number"),
        ),
    ),
    Group(
        "cost",
        _("What it costs, and what replacing it takes"),
        (
            A("monthly_cost", _("Cost a month"), _("In one currency for all components."), "number"),
            A("cost_ceiling", _("Most you would pay a month"), _("Above it a rise forces you off."), "number"),
            A("switch_hours", _("Hours to switch to another"), _("Once the other is there and qualified."), "hours"),
            A("qualify_days", _("Days to qualify another"), _("To test it on your own cases."), "days"),
            A("buy_weeks", _("Weeks to buy another"), _("Tender, contract, delivery."), "number"),
        ),
    ),
)
BY_NAME = {one.name: one for group in GROUPS for one in group.attributes}


@lru_cache(maxsize=64)
def asked_first(kind: str) -> tuple[Attribute, ...]:
    """Return what is asked of a kind at once, in order."""
    return tuple(one for one in BY_NAME.values() if kind in one.first)


def unknown_first(row: Component) -> tuple[Attribute, ...]:
    """Return what is asked of a component at once and not known."""
    return tuple(one for one in asked_first(row.kind) if getattr(row, one.name) in (None, "", []))
