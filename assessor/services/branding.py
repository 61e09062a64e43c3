"""The brand of reports: kept for an organisation, changed for one assessment, and joined into what a report wears."""

import base64
from dataclasses import dataclass, fields

from django.db import transaction
from django.utils.translation import gettext as _

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, AssessmentTemplate, Brand, BrandPicture, Organisation, User
from assessor.reports import colour, shaped
from assessor.reports.text import clean, clean_lines
from assessor.services import audit

MAX_NAME_BLOCK = 400
NAME_LINES = 6
NAME_LINE_LENGTH = 60
MAX_DISCLAIMER = 2000
COVERS = ("rule", "band", "frame")


@dataclass(frozen=True)
class BrandFacts:
    """What was entered; empty means the product's own, or for an assessment what the organisation has."""

    accent: str = ""
    cover: str = ""
    consultancy: str = ""
    name_block: str = ""
    classification: str = ""
    footer: str = ""
    disclaimer: str = ""
    logo_use: str = Brand.Use.INHERIT
    consultancy_logo_use: str = Brand.Use.INHERIT


FACTS = tuple(one.name for one in fields(BrandFacts))


def brands(organisation: Organisation, assessment: Assessment | None = None) -> tuple[Brand | None, Brand | None]:
    """Return the brand of the organisation and that of the assessment, each None where there is none; one query."""
    rows = Brand.objects.filter(organisation=organisation).select_related("logo", "consultancy_logo")
    found = {row.assessment_id: row for row in rows.filter(assessment=None) | rows.filter(assessment=assessment)}
    return found.get(None), found.get(assessment.pk) if assessment else None


class BrandConflict(AssessorError):
    """Somebody else changed the brand while it was edited; `brand` is theirs, None where they took it back."""

    def __init__(self, brand: Brand | None) -> None:
        super().__init__(N_("Somebody else changed this brand in the meantime."))
        self.brand = brand


def state(row: Brand | None) -> str:
    """Return what tells one state of a brand from the next; a form says which it was drawn from."""
    return row.changed_at.isoformat() if row else ""


@transaction.atomic
def save_brand(
    organisation: Organisation,
    assessment: Assessment | None,
    facts: BrandFacts,
    user: User,
    pictures: dict[str, BrandPicture] | None = None,
    *,
    shown: str | None = None,
) -> Brand:
    """Keep a brand; `pictures` are new ones by `logo` and `consultancy_logo`, what is not in it stays.

    `shown` is the `state` that the person saw; None skips the check. Raises `BrandConflict` when it is another.
    """
    # Locked, so that two first brands at once do not collide.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    row = Brand.objects.filter(organisation=organisation, assessment=assessment).first()
    if shown is not None and shown != state(row):
        raise BrandConflict(row)
    row = row or Brand(organisation=organisation, assessment=assessment)
    for name in FACTS:
        setattr(row, name, getattr(facts, name))
    for name, picture in (pictures or {}).items():
        setattr(row, name, picture)
        setattr(row, f"{name}_use", Brand.Use.OWN)
    row.changed_by = user
    row.save()
    forget_unused(organisation)
    audit.record("brand.changed", organisation=organisation, actor=user, subject=assessment)
    return row


@transaction.atomic
def forget_brand(assessment: Assessment, user: User) -> None:
    """Have the reports of an assessment look as those of its organisation again."""
    Brand.objects.filter(organisation=assessment.organisation, assessment=assessment).delete()
    forget_unused(assessment.organisation)
    audit.record("brand.forgotten", organisation=assessment.organisation, actor=user, subject=assessment)


def forget_unused(organisation: Organisation) -> None:
    """Delete pictures that no brand and no template shows any more; reports that were made hold their own copy."""
    used = Brand.objects.filter(organisation=organisation).values_list("logo", "consultancy_logo")
    kept = {one for row in used for one in row if one is not None}
    kept |= set(AssessmentTemplate.objects.filter(organisation=organisation).values_list("logo", flat=True)) - {None}
    BrandPicture.objects.filter(organisation=organisation).exclude(pk__in=kept).delete()


def joined(own: Brand | None, general: Brand | None, name: str) -> str:
    """Return one text of the brand: the assessment's, where it has one, or the organisation's."""
    return str(getattr(own, name, "") or getattr(general, name, "") or "")


def logo_in_use(own: Brand | None, general: Brand | None, name: str) -> BrandPicture | None:
    """Return the picture that is printed as `logo` or `consultancy_logo`, None for none."""
    for row in (own, general):
        use = getattr(row, f"{name}_use", Brand.Use.INHERIT)
        if use == Brand.Use.NONE:
            return None
        picture = getattr(row, name, None)
        if use == Brand.Use.OWN and isinstance(picture, BrandPicture):
            return picture
    return None


def worn(organisation: Organisation, assessment: Assessment | None = None) -> tuple[shaped.Brand, str]:
    """Return the brand a report wears, in the language in force, and its classification ("" for the usual one)."""
    general, own = brands(organisation, assessment)
    return joined_brand(organisation, general, own), clean(joined(own, general, "classification"), 60)


def joined_brand(organisation: Organisation, general: Brand | None, own: Brand | None) -> shaped.Brand:
    """Return the two rows as one brand of the report model."""
    consultancy = clean(joined(own, general, "consultancy"), 120)
    cover = joined(own, general, "cover")
    names = clean_lines(joined(own, general, "name_block"), MAX_NAME_BLOCK).split("\n")
    disclaimer = clean_lines(joined(own, general, "disclaimer"), MAX_DISCLAIMER).split("\n")
    whose = {"logo": organisation.name, "consultancy_logo": consultancy or _("the consultancy")}
    logos = {name: _picture(logo_in_use(own, general, name), who) for name, who in whose.items()}
    return shaped.Brand(
        accent=colour.accent_of(joined(own, general, "accent")),
        cover=cover if cover in COVERS else "rule",  # type: ignore[arg-type]
        logo=logos["logo"],
        consultancy=consultancy,
        consultancy_logo=logos["consultancy_logo"],
        name_block=tuple(clean(line, NAME_LINE_LENGTH) for line in names if line)[:NAME_LINES],
        footer=clean(joined(own, general, "footer"), 60),
        disclaimer=tuple(line for line in disclaimer if line),
    )


def _picture(row: BrandPicture | None, whose: str) -> shaped.Picture | None:
    if row is None:
        return None
    return shaped.Picture(
        media_type=row.media_type,  # type: ignore[arg-type]
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        alt=_("Logo of {name}").format(name=clean(whose, 120)),
        data=base64.b64encode(bytes(row.content)).decode(),
    )
