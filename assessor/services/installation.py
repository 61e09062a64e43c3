"""The organisations of this installation as whoever runs it sees them: counts and sizes, never what is in them."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django_scopes import scope, scopes_disabled

from assessor.models import Assessment, Attachment, Document, Membership, Organisation, Report, Role, User
from assessor.services import audit, memberships
from assessor.services.memberships import Terms


@dataclass(frozen=True)
class Begun:
    """A new organisation, and the word of the link by which its owner comes in."""

    organisation: Organisation
    word: str


def organisations(wanted: str = "") -> QuerySet[Organisation]:
    """Return organisations by name with counts of members and assessments, last change, and bytes of their files."""
    rows = Organisation.objects.filter(name__icontains=wanted) if wanted else Organisation.objects.all()
    return rows.annotate(
        member_count=_count(Membership, Count("pk")),
        assessment_count=_count(Assessment, Count("pk")),
        changed_at=Subquery(_of(Assessment).annotate(value=Max("changed_at")).values("value")),
        size=_count(Attachment, Sum("size"), BigIntegerField())
        + _count(Report, Sum(F("file_size") + F("board_size")), BigIntegerField())
        + _count(Document, Sum("file_size"), BigIntegerField()),
    ).order_by("name", "pk")


def _of(model: type) -> QuerySet:
    with scopes_disabled():
        rows = model.objects.filter(organisation=OuterRef("pk")).order_by()
    return rows.values("organisation")


def _count(model: type, what: object, field: IntegerField | None = None) -> Coalesce:
    kind = field or IntegerField()
    return Coalesce(Subquery(_of(model).annotate(value=what).values("value"), output_field=kind), Value(0))


def owners_of(shown: list[Organisation]) -> dict[object, list[str]]:
    """Return the names of those who own these organisations today, by organisation."""
    rows = Membership.objects.filter(organisation__in=shown, role=Role.OWNER).filter(memberships.holds_today())
    found: dict[object, list[str]] = {}
    for row in rows.select_related("user").order_by("user__first_name"):
        found.setdefault(row.organisation_id, []).append(str(row.user))
    return found


@transaction.atomic
def begin(name: str, home_jurisdictions: list[str], owner: str, by: User) -> Begun:
    """Begin an organisation for somebody else and invite its owner; who runs the installation is no member of it."""
    organisation = Organisation.objects.create(name=name, home_jurisdictions=home_jurisdictions)
    audit.record("organisation.founded", organisation=organisation, actor=by, subject=organisation)
    with scope(organisation=organisation):
        _made, word = memberships.invite(organisation, by, owner, Terms(Role.OWNER))
    return Begun(organisation, word)
