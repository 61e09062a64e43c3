"""The portfolio as a list: every round of every client of one person, from what is stored of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from assessor.models import Assessment, User
from assessor.services import memberships

LONGEST_SEARCH = 100
STATES = tuple(Assessment.Status.values)
EVIDENCE = ("stale", "due")
ROUNDS = ("current", "all")
LEVELS = ("none", *"0123456789")
# What a list can be sorted by: the columns, of which those that may be empty come last whichever way.
SORTS: dict[str, str] = {
    "client": "organisation__name",
    "status": "status",
    "level": "level",
    "verified": "verified_level",
    "coverage": "coverage",
    "stale": "stale",
    "due": "due",
    "changed": "changed_at",
}
FIELDS = (
    *("pk", "organisation_id", "organisation__name", "title", "scope", "status", "level", "verified_level", "weakest"),
    *("coverage", "contradictions", "stale", "due", "summed_on", "summed_until", "changed_at", "predecessor_id"),
    *("questionnaire_version__content_hash", "questionnaire_version__questionnaire"),
)


@dataclass(frozen=True)
class Wanted:
    """What a list shows, and in which order; the values are known ones, whatever the browser sent."""

    search: str = ""
    status: str = ""
    level: str = ""
    weakest: str = ""
    evidence: str = ""
    rounds: str = "current"
    sort: str = "client"
    down: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out beside earlier rounds."""
        return replace(self, rounds="current", sort="client", down=False) != Wanted()


def wanted(asked: Mapping[str, str]) -> Wanted:
    """Read what is wanted from an address; what is unknown counts as not said."""

    def one_of(name: str, known: tuple[str, ...] | Mapping[str, str], otherwise: str = "") -> str:
        value = asked.get(name, "")
        return value if value in known else otherwise

    sort = asked.get("sort", "")
    weakest = asked.get("weakest", "")
    return Wanted(
        search=asked.get("search", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        status=one_of("status", STATES),
        level=one_of("level", LEVELS),
        weakest=weakest if weakest.replace("-", "").replace("_", "").isalnum() and len(weakest) <= 60 else "",
        evidence=one_of("evidence", EVIDENCE),
        rounds=one_of("rounds", ROUNDS, "current"),
        sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "client",
        down=sort.startswith("-"),
    )


def in_sight(user: User) -> QuerySet[Assessment]:
    """Return every assessment of the organisations that a person sees as a whole today; outside any scope."""
    mine = memberships.organisations_of(user).order_by().values("pk")
    return Assessment.objects.filter(organisation__in=mine, archived_at=None)


def found(user: User, what: Wanted) -> QuerySet[Assessment]:
    """Return the assessments that are wanted, unsorted."""
    rows = in_sight(user)
    if what.rounds == "current":
        following = Assessment.objects.filter(predecessor=OuterRef("pk"), archived_at=None)
        rows = rows.filter(~Exists(following))
    if what.search:
        rows = rows.filter(Q(organisation__name__icontains=what.search) | Q(title__icontains=what.search))
    if what.status:
        rows = rows.filter(status=what.status)
    if what.level:
        rows = rows.filter(level=None) if what.level == "none" else rows.filter(level=int(what.level))
    if what.weakest:
        rows = rows.filter(weakest__contains=f",{what.weakest},")
    if what.evidence:
        rows = rows.filter(**{f"{what.evidence}__gt": 0})
    return rows


def listed(user: User, what: Wanted) -> QuerySet[Assessment, dict[str, Any]]:
    """Return the rows of the list in their order, each as a mapping of `FIELDS`."""
    column = F(SORTS[what.sort]) if what.sort != "client" else Lower("organisation__name")
    order = column.desc(nulls_last=True) if what.down else column.asc(nulls_last=True)
    # The id last, so that rows which are alike keep their places from page to page.
    return found(user, what).order_by(order, Lower("organisation__name"), "-changed_at", "pk").values(*FIELDS)
