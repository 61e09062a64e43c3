"""Templates of assessments: what is taken from one, cleaned of whose it was, and what begins from them.

A template holds the questionnaire, targets, the skeleton of an inventory, settings, look and words of reports. What a
client said, showed or keeps secret has no place in it: components are kinds with edges and no names, and a text that
names anybody or anything of the client is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled
from pydantic import Field, ValidationError, model_validator

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import (
    Assessment,
    AssessmentTemplate,
    BrandPicture,
    Component,
    Organisation,
    QuestionnaireVersion,
    Role,
    User,
    Workload,
)
from assessor.reports import richtext
from assessor.scenarios import graph
from assessor.scenarios.graph import Id, Part
from assessor.services import assessments, audit, branding, memberships, shaping, wording
from assessor.services.branding import BrandFacts
from assessor.services.client_names import CLIENT, Name, cleaned, found_in, names_of
from assessor.services.inventory import taking_over
from assessor.services.inventory.editing import free_key
from assessor.services.inventory.files import File, Row
from assessor.services.inventory.rows import inventory_of
from assessor.services.questionnaires import questionnaire_of
from assessor.services.shaping import Wishes

MOST_TEMPLATES = 200
MOST_COMPONENTS = 2000
MOST_EDGES = 20_000
MOST_WORDS = 200
# So many components are built at once, for somebody waits; to begin without any costs as much as so many.
MOST_AT_ONCE = 10_000
BEGINNING = 50
WORKLOAD = "workload"
# How the fields of words begin, before part and language.
WORDS = "words."
LOOK_TEXTS = {"consultancy": 120, "name_block": 400, "classification": 60, "footer": 60, "disclaimer": 2000}


class TemplateRefused(AssessorError):
    """The template cannot be kept or used like this; `field` is the place of a text that names the client."""

    field = ""


class Bone(Part):
    """A component without anything that tells whose it is."""

    id: Id
    kind: graph.Kind


class Edge(Part):
    """One end needs, or falls back to, the other."""

    source: Id
    target: Id


class Skeleton(Part):
    """The shape of an inventory; edges from “workload” begin at the workload that the assessment is about."""

    components: Annotated[tuple[Bone, ...], Field(max_length=MOST_COMPONENTS)] = ()
    requires: Annotated[tuple[Edge, ...], Field(max_length=MOST_EDGES)] = ()
    fallbacks: Annotated[tuple[Edge, ...], Field(max_length=MOST_EDGES)] = ()

    @model_validator(mode="after")
    def _edges_stay_inside(self) -> "Skeleton":
        known = {one.id for one in self.components}
        if len(known) < len(self.components) or WORKLOAD in known:
            raise ValueError("an id is given twice, or is “workload”")
        if any(one.target not in known or one.source not in known | {WORKLOAD} for one in self.requires):
            raise ValueError("a requirement leads outside the skeleton")
        if any(one.source == one.target or not {one.source, one.target} <= known for one in self.fallbacks):
            raise ValueError("a fallback leads outside the skeleton")
        return self


class Settings(Part):
    """How reports are made, as `shaping.Wishes`."""

    language: Annotated[str, Field(max_length=10)] = ""
    time_zone: Annotated[str, Field(max_length=60)] = "UTC"
    date_style: Annotated[str, Field(max_length=10)] = "words"
    left_out: Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=200)] = ()


class Look(Part):
    """The brand of a consultancy; the logo and the colours of a client are not among it."""

    cover: Annotated[str, Field(max_length=10)] = ""
    consultancy: Annotated[str, Field(max_length=LOOK_TEXTS["consultancy"])] = ""
    name_block: Annotated[str, Field(max_length=LOOK_TEXTS["name_block"])] = ""
    classification: Annotated[str, Field(max_length=LOOK_TEXTS["classification"])] = ""
    footer: Annotated[str, Field(max_length=LOOK_TEXTS["footer"])] = ""
    disclaimer: Annotated[str, Field(max_length=LOOK_TEXTS["disclaimer"])] = ""


class DraftWords(Part):
    """A text for reports to begin from: `part` is `summary` or a dimension."""

    part: Annotated[str, Field(min_length=1, max_length=80)]
    language: Annotated[str, Field(min_length=1, max_length=10)]
    source: Annotated[str, Field(min_length=1, max_length=richtext.MAX_SOURCE)]


class Content(Part):
    """What a template holds beside its columns; None is what was not taken along."""

    inventory: Skeleton | None = None
    settings: Settings | None = None
    look: Look | None = None
    words: Annotated[tuple[DraftWords, ...], Field(max_length=MOST_WORDS)] = ()


def content_of(template: AssessmentTemplate) -> Content:
    """Return what a template holds; raises `TemplateRefused` for what this product did not write."""
    try:
        return Content.model_validate(template.content)
    except (ValidationError, RecursionError) as error:
        raise TemplateRefused(
            N_("The template “{name}” holds what this version does not know."),
            remedy=N_("Save it anew from an assessment."),
            name=str(template.name)[:80],
        ) from error


# What an assessment has to offer, and what of it would tell whose it is.


def texts_of(assessment: Assessment, user: User) -> dict[str, str]:
    """Return the texts that can be taken along, cleaned, by field: `look.…`, or `words.part.language`."""
    organisation = assessment.organisation
    general, own = branding.brands(organisation, assessment)
    found = {f"look.{name}": branding.joined(own, general, name) for name in LOOK_TEXTS}
    for row in assessment.words.exclude(source="").order_by("part", "language"):
        found[f"{WORDS}{row.part}.{row.language}"] = row.source
    names = names_of(organisation, user)
    return {field: cleaned(text, organisation, names) for field, text in found.items()}


def skeleton_of(organisation: Organisation) -> Skeleton:
    """Return the shape of an inventory; all workloads count as one, for a template begins with one."""
    inventory = inventory_of(organisation)
    for rows, most, reason in (
        (inventory.components, MOST_COMPONENTS, N_("This inventory has more than {most} components.")),
        (inventory.requires, MOST_EDGES, N_("This inventory has more than {most} requirements.")),
        (inventory.fallbacks, MOST_EDGES, N_("This inventory has more than {most} fallbacks.")),
    ):
        if len(rows) > most:
            raise TemplateRefused(reason, remedy=N_("Save the template without its skeleton."), most=most)
    numbers: dict[graph.Kind, int] = {}
    ids = {one.id: WORKLOAD for one in inventory.workloads}
    bones = []
    for one in inventory.components:
        numbers[one.kind] = numbers.get(one.kind, 0) + 1
        ids[one.id] = f"{one.kind.value}-{numbers[one.kind]}"
        bones.append(Bone(id=ids[one.id], kind=one.kind))
    requires = sorted({(ids[one.source], ids[one.target]) for one in inventory.requires})
    ways = sorted({(ids[one.source], ids[one.target]) for one in inventory.fallbacks})
    return Skeleton(
        components=tuple(bones),
        requires=tuple(Edge(source=source, target=target) for source, target in requires),
        fallbacks=tuple(Edge(source=source, target=target) for source, target in ways),
    )


def keepers(assessment: Assessment, user: User) -> list[Organisation]:
    """Return the organisations that may keep a template of an assessment, its own first.

    A questionnaire of a client's own stays with that client.
    """
    owner = assessment.questionnaire_version.organisation_id
    rows = memberships.organisations_of(user).filter(own_role__in=(Role.OWNER, Role.ASSESSOR)).order_by("name")
    if owner is not None:
        rows = rows.filter(pk=owner)
    return sorted(rows, key=lambda one: one.pk != assessment.organisation_id)


@transaction.atomic
def save(
    assessment: Assessment,
    user: User,
    keeper: Organisation,
    *,
    name: str,
    description: str = "",
    take: Iterable[str] = (),
    texts: Mapping[str, str] | None = None,
) -> AssessmentTemplate:
    """Keep a template made from an assessment; `take` names of targets, inventory, settings, look what goes along.

    `texts` are by field as in `texts_of`, as the person wants them; one that names the client raises `TemplateRefused`.
    """
    take = frozenset(take)
    # As they are kept: what was pasted with its formatting may hold a name in another spelling.
    texts = {
        field: wording.tidied(text)[0] if field.startswith(WORDS) else text for field, text in (texts or {}).items()
    }
    organisation = assessment.organisation
    if keeper not in keepers(assessment, user):
        raise TemplateRefused(N_("This organisation cannot keep the template."), remedy=N_("Choose one of the list."))
    names = names_of(organisation, user)
    for field, text in {"name": name, "description": description, **texts}.items():
        _refuse_names(field, text, names)
        if field.startswith(WORDS):
            # A mark may stand in the middle of a name.
            _refuse_names(field, richtext.plain(richtext.blocks(text)), names)
    content = Content(
        inventory=skeleton_of(organisation) if "inventory" in take else None,
        settings=Settings(**asdict(shaping.wishes_of(assessment))) if "settings" in take else None,
        look=_look_of(assessment, texts) if "look" in take else None,
        words=tuple(_words_of(texts)),
    )
    general, own = branding.brands(organisation, assessment)
    picture = branding.logo_in_use(own, general, "consultancy_logo") if "look" in take else None
    with scope(organisation=keeper):
        # Locked, so that two people together do not save more than there may be.
        Organisation.objects.select_for_update().get(pk=keeper.pk)
        if AssessmentTemplate.objects.filter(organisation=keeper).count() >= MOST_TEMPLATES:
            raise TemplateRefused(
                N_("There are {most} templates here, as many as there may be."),
                remedy=N_("Delete one that nobody needs."),
                most=MOST_TEMPLATES,
            )
        made = AssessmentTemplate.objects.create(
            organisation=keeper,
            name=name,
            description=description,
            questionnaire_version=assessment.questionnaire_version,
            scope=assessment.scope,
            profile=assessment.profile,
            targets=assessment.targets if "targets" in take else {},
            content=content.model_dump(mode="json"),
            logo=_picture_in(keeper, picture, user),
            created_by=user,
        )
    # Where it was taken from and where it is kept both tell of it, in one order whoever saves.
    for one in sorted({organisation, keeper}, key=lambda row: str(row.pk)):
        audit.record(
            "template.saved",
            organisation=one,
            actor=user,
            subject=made if one == keeper else assessment,
            template=name,
        )
    return made


def _refuse_names(field: str, text: str, names: Iterable[Name]) -> None:
    for name in found_in(text, names):
        refusal = TemplateRefused(
            N_("“{name}” is a name of this client, and a template must not carry it to another."),
            remedy=N_("Take it out; {mark} is filled with the name of whoever begins."),
            name=name.text[:80],
            mark=CLIENT,
        )
        refusal.field = field
        raise refusal


def _look_of(assessment: Assessment, texts: Mapping[str, str]) -> Look:
    general, own = branding.brands(assessment.organisation, assessment)
    said = {name: texts.get(f"look.{name}", "")[:longest] for name, longest in LOOK_TEXTS.items()}
    return Look(cover=branding.joined(own, general, "cover"), **said)


def _words_of(texts: Mapping[str, str]) -> Iterable[DraftWords]:
    for field, text in sorted(texts.items()):
        part, _dot, language = field.removeprefix(WORDS).rpartition(".")
        if field.startswith(WORDS) and text.strip():
            yield DraftWords(part=part, language=language, source=text)


def _picture_in(organisation: Organisation, picture: BrandPicture | None, user: User) -> BrandPicture | None:
    """Return a picture as one of another organisation; the same picture is kept once."""
    if picture is None:
        return None
    facts = {name: getattr(picture, name) for name in ("media_type", "width", "height", "content")}
    row, _new = BrandPicture.objects.get_or_create(
        organisation=organisation, sha256=picture.sha256, defaults=facts | {"added_by": user}
    )
    return row


# What is kept.


def _kept(user: User) -> QuerySet[AssessmentTemplate]:
    mine = memberships.organisations_of(user).filter(own_role__in=(Role.OWNER, Role.ASSESSOR))
    rows = AssessmentTemplate.objects.filter(organisation__in=mine.order_by().values("pk"))
    rows = rows.select_related("organisation", "questionnaire_version", "created_by")
    return rows.defer("questionnaire_version__content").order_by("organisation__name", "name", "created_at", "pk")


def kept_for(user: User) -> list[AssessmentTemplate]:
    """Return the templates that a person may begin from, of all organisations where the role reaches."""
    with scopes_disabled():
        return list(_kept(user))


def offered(user: User, organisation: Organisation | None = None) -> list[AssessmentTemplate]:
    """Return those of them that an assessment can begin from, without what they hold.

    `organisation` is where the assessment begins, None for a new one: a questionnaire of one's own goes nowhere else.
    """
    fitting = Q(questionnaire_version__organisation=None)
    if organisation is not None:
        fitting |= Q(questionnaire_version__organisation=organisation)
    with scopes_disabled():
        return list(_kept(user).filter(fitting).defer("questionnaire_version__content", "content"))


def find(user: User, asked: str, organisation: Organisation | None = None) -> AssessmentTemplate | None:
    """Return a template that a person may begin from, as `offered`; None where there is no such."""
    return next((one for one in offered(user, organisation) if str(one.pk) == asked), None) if asked else None


@transaction.atomic
def rename(template: AssessmentTemplate, user: User, name: str, description: str) -> None:
    """Give a template another name and description."""
    template.name, template.description = name, description
    template.save(update_fields=["name", "description", "changed_at"])
    audit.record("template.changed", organisation=template.organisation, actor=user, subject=template)


@transaction.atomic
def delete(template: AssessmentTemplate, user: User) -> None:
    """Delete a template for good; what began from it stays as it is."""
    organisation = template.organisation
    audit.record("template.deleted", organisation=organisation, actor=user, subject=template)
    template.delete()
    branding.forget_unused(organisation)


# What begins from one.


@transaction.atomic
def follow(assessment: Assessment, template: AssessmentTemplate, user: User) -> None:
    """Give an assessment that just began what a template holds, all of it or nothing.

    The inventory only where there is none yet. Raises `AssessorError` for what cannot be taken over.
    """
    content = content_of(template)
    organisation = assessment.organisation
    assessments.follow(assessment, template)
    with scope(organisation=template.organisation):
        logo = template.logo
    with scope(organisation=organisation):
        if content.settings is not None:
            shaping.keep_wishes(assessment, Wishes(**content.settings.model_dump()), user)
        if content.look is not None:
            picture = _picture_in(organisation, logo, user)
            pictures = {"consultancy_logo": picture} if picture else {}
            branding.save_brand(organisation, assessment, _facts_of(content.look, organisation), user, pictures)
        _draft_words(assessment, content.words, user)
        if content.inventory is not None and content.inventory.components:
            _build(assessment, content.inventory, user)
    audit.record("template.used", organisation=organisation, actor=user, subject=assessment, template=template.name)


def _facts_of(look: Look, organisation: Organisation) -> BrandFacts:
    said = {name: filled(text, organisation) for name, text in look.model_dump().items()}
    return BrandFacts(**{name: text[: LOOK_TEXTS.get(name, len(text))] for name, text in said.items()})


def filled(text: str, organisation: Organisation) -> str:
    """Return a text with the name of whoever begins where the client is marked."""
    return text.replace(CLIENT, organisation.name)


def _draft_words(assessment: Assessment, words: Iterable[DraftWords], user: User) -> None:
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    known = wording.parts(questionnaire)
    found = [one for one in words if one.part in known]
    if not found:
        return
    card = queries.scorecard(assessment, questionnaire)
    for one in found:
        source = filled(one.source, assessment.organisation)[: richtext.MAX_SOURCE]
        wording.save_words(assessment, one.part, one.language, source, user, card)


def _build(assessment: Assessment, skeleton: Skeleton, user: User) -> None:
    """Make the components of a skeleton, named by their kind, behind the assessment's workload."""
    organisation = assessment.organisation
    if Component.objects.filter(organisation=organisation, removed_at=None).exists():
        # What a client says already is not mixed with a shape from elsewhere.
        return
    keys = {WORKLOAD: assessments.first_workload(assessment).key}
    taken = set(Workload.objects.filter(organisation=organisation).values_list("slug", flat=True))
    rows = []
    for one in skeleton.components:
        number = one.id.rpartition("-")[2]
        free = one.id if one.id not in taken else free_key(organisation, one.id, keys.values())
        keys[one.id] = free
        name = f"{Component.Kind(one.kind.value).label} {number}"
        rows.append(Row("components", 0, {"id": free, "name": name, "kind": one.kind.value}))
    for table, edges in (("requires", skeleton.requires), ("fallbacks", skeleton.fallbacks)):
        rows += [Row(table, 0, {"source": keys[one.source], "target": keys[one.target]}) for one in edges]
    taking_over.apply(organisation, File(_("Template"), rows), user)


@transaction.atomic
def begin(template: AssessmentTemplate, organisations: Iterable[Organisation], user: User) -> list[Assessment]:
    """Begin an assessment from a template in each of several organisations, about the first workload of each.

    Raises `TemplateRefused` where one of them has no workload, or has no right to the questionnaire, or where it would
    take too long; then none begins.
    """
    chosen, inventory = list(organisations), content_of(template).inventory
    parts = len(inventory.components) if inventory else 0
    if len(chosen) * (parts + BEGINNING) > MOST_AT_ONCE:
        raise TemplateRefused(
            N_("The shape of {parts} components for each of {count} clients is more than is built at once."),
            remedy=N_("Tick {most} of them at most, and the others afterwards."),
            parts=parts,
            count=len(chosen),
            most=MOST_AT_ONCE // (parts + BEGINNING),
        )
    return [_begin_in(template, one, user) for one in chosen]


def workload_of(organisation: Organisation) -> Workload | None:
    """Return the workload that an assessment begun for a client is about: the most critical one."""
    rows = {one.criticality: one for one in Workload.objects.filter(organisation=organisation).order_by("-name")}
    return next((rows[one] for one in Workload.Criticality.values if one in rows), None)


def _begin_in(template: AssessmentTemplate, organisation: Organisation, user: User) -> Assessment:
    version: QuestionnaireVersion = template.questionnaire_version
    with scope(organisation=organisation):
        workload = workload_of(organisation)
    if workload is None or version.organisation_id not in (None, organisation.pk):
        raise TemplateRefused(
            N_("“{name}” has no workload yet, or may not use the questionnaire, so nothing was begun."),
            remedy=N_("Begin there by itself."),
            name=organisation.name[:80],
        )
    facts = assessments.ScopeFacts(
        organisation=organisation.name,
        home_jurisdictions=tuple(organisation.home_jurisdictions),
        workload=workload.name,
        workload_owner=workload.owner,
        criticality=workload.criticality,
        tolerance_hours=workload.tolerance_hours,
        profile=template.profile,
    )
    questionnaire = questionnaire_of(version.content_hash)
    begun = assessments.start_assessment(user, questionnaire, facts, template.scope, organisation)
    follow(begun, template, user)
    return begun
