"""What the clients of one person reach, without their names: middle and quartiles, from five clients up."""

from dataclasses import dataclass
from statistics import quantiles

from django.db.models import OuterRef, Subquery

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, User
from assessor.questionnaire.schema import Questionnaire
from assessor.services import memberships, portfolio_list
from assessor.services.portfolio_list import Wanted
from assessor.services.questionnaires import questionnaire_of

# Fewer would tell about one of them.
FEWEST = 5
OVERALL = ""


class TooFew(AssessorError):
    """A benchmark of so few clients would tell about single ones; `clients` is how many there are."""

    def __init__(self, reason: str, clients: int, **params: object) -> None:
        self.clients = clients
        super().__init__(
            reason, remedy=N_("Take a filter away, or wait for more clients."), clients=clients, fewest=FEWEST, **params
        )


@dataclass(frozen=True)
class Spread:
    """How the levels of a dimension (`dimension` empty: overall) lie over `clients`; no figures below `FEWEST`."""

    dimension: str
    title: str
    clients: int
    low: float | None = None
    middle: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """Levels as claimed, over one round of each client: the one changed last among those that are wanted."""

    questionnaire: Questionnaire
    clients: int
    rows: tuple[Spread, ...]


def questionnaires(user: User) -> list[str]:
    """Return the ids of the questionnaires that a person's clients have begun, the most used first."""
    rows = portfolio_list.in_sight(user).exclude(level=None)
    ids = list(rows.order_by().values_list("questionnaire_version__questionnaire", flat=True))
    return sorted(set(ids), key=lambda one: (-ids.count(one), one))


def benchmark(user: User, what: Wanted, questionnaire: str) -> Benchmark:
    """Return the spread of levels over a person's clients; three queries, outside any scope.

    Raises `TooFew` below five clients, and where a filter leaves out fewer than five: the two figures side by side
    would tell about those.
    """
    of_all, content_hash = _levels(user, Wanted(), questionnaire)
    rows, _hash = _levels(user, what, questionnaire) if what.narrows else (of_all, content_hash)
    clients, left_out = len(rows), len(of_all) - len(rows)
    if clients < FEWEST:
        raise TooFew(N_("There are {clients} clients to compare; fewer than {fewest} are not shown."), clients)
    if 0 < left_out < FEWEST:
        raise TooFew(
            N_(
                "{clients} clients match and {left} do not; beside the figures of all, these would tell about fewer "
                "than {fewest}."
            ),
            clients,
            left=left_out,
        )
    found = questionnaire_of(content_hash)
    overall = [level for level, _dimensions in rows]
    return Benchmark(
        questionnaire=found,
        clients=clients,
        rows=(
            _spread(OVERALL, "", overall),
            *(
                _spread(
                    one.id, one.title, [levels[one.id] for _level, levels in rows if levels.get(one.id) is not None]
                )
                for one in found.dimensions
            ),
        ),
    )


def _levels(user: User, what: Wanted, questionnaire: str) -> tuple[list[tuple[int, dict[str, int | None]]], str]:
    """Return overall level and levels by dimension of one round of each client, and the newest content among them."""
    own = portfolio_list.found(user, what).exclude(level=None)
    own = own.filter(questionnaire_version__questionnaire=questionnaire, organisation=OuterRef("pk"))
    latest = memberships.organisations_of(user).order_by().annotate(latest=Subquery(_newest(own)))
    ids = [one for one in latest.values_list("latest", flat=True) if one is not None]
    rows = Assessment.objects.filter(pk__in=ids).order_by("-changed_at", "-pk")
    read = list(rows.values_list("level", "dimension_levels", "questionnaire_version__content_hash"))
    return [(level, levels) for level, levels, _hash in read], read[0][2] if read else ""


def _newest(rows: "portfolio_list.QuerySet[Assessment]") -> "portfolio_list.QuerySet[Assessment, object]":
    return rows.order_by("-changed_at", "pk").values("pk")[:1]


def _spread(dimension: str, title: str, levels: list[int]) -> Spread:
    if len(levels) < FEWEST:
        return Spread(dimension, title, len(levels))
    low, middle, high = quantiles(levels, n=4, method="inclusive")
    return Spread(dimension, title, len(levels), low, middle, high)
