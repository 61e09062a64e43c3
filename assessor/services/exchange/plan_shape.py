"""What an archive says of the look and the words of reports, row by row.

The brand that goes out is the one the assessment wears; it comes in as the brand of the assessment, so that nothing
changes for the other assessments of the organisation.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from assessor import queries
from assessor.models import Brand, BrandPicture
from assessor.reports import clock
from assessor.services import branding, logos, shaping, wording
from assessor.services.branding import BrandFacts
from assessor.services.exchange.gather import Standing
from assessor.services.exchange.plan import Change, Doing, Incoming, Kind, Said
from assessor.services.exchange.shape import LOGOS, TEXTS, ShapedBrand, ShapedSettings, ShapedWords, shape_of


def shape_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for the brand, the settings and each text; what stands here is only replaced by a person's word."""
    if incoming.shape is None:
        return
    stands, given = shape_of(now.assessment), incoming.shape
    if (brand := given.brand) is not None:
        before = stands.brand.shown if stands.brand is not None else {}
        title = _("Brand of the reports")
        yield _row("brand", title, before, brand.shown, lambda doing: _take_brand(doing, brand))
    if (wishes := given.settings) is not None:
        before = stands.settings.model_dump(mode="json") if stands.settings is not None else {}
        after, title = wishes.model_dump(mode="json"), _("Settings of the reports")
        yield _row("settings", title, before, after, lambda doing: _take_settings(doing, wishes))
    known = {(one.part, one.language): one.source for one in stands.words}
    parts = set(wording.parts(now.questionnaire))
    for one in given.words:
        yield _words_row(one, known.get((one.part, one.language), ""), one.part in parts)


def _row(
    name: str, title: str, before: Mapping[str, Any], after: Mapping[str, Any], do: Callable[[Doing], None]
) -> Change:
    differing = [one for one in {**before, **after} if before.get(one) != after.get(one)]
    return Change(
        key=f"report:{name}",
        group="report",
        kind="unchanged" if not differing else "conflict" if before else "new",
        title=title,
        before=Said(_told(before, differing)),
        after=Said(_told(after, differing)),
        raw=[dict(before), dict(after)],
        do=do,
    )


def _told(values: Mapping[str, Any], names: list[str]) -> str:
    told = {name: ", ".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return "; ".join(f"{name}: {told[name]}" for name in names if told.get(name)) or "–"


def _words_row(one: ShapedWords, before: str, known: bool) -> Change:
    kind: Kind = "unchanged" if before == one.source else "conflict" if before else "new"
    known = known and one.language in dict(settings.LANGUAGES)
    return Change(
        key=f"report:words:{one.part}:{one.language}",
        group="report",
        kind=kind if known else "skipped",
        title=_("Words of the report: {part} ({language})").format(part=one.part, language=one.language),
        before=Said(before),
        after=Said(one.source),
        why="" if known else _("This questionnaire has no such part, or this installation not this language."),
        raw=[before, one.source],
        do=lambda doing: _take_words(doing, one),
    )


def _take_brand(doing: Doing, given: ShapedBrand) -> None:
    assessment = doing.now.assessment
    pictures = {name: _picture(doing, getattr(given, name)) for name in LOGOS if getattr(given, name)}
    uses = {f"{name}_use": Brand.Use.OWN if name in pictures else Brand.Use.NONE for name in LOGOS}
    facts = BrandFacts(**{name: getattr(given, name) for name in TEXTS}, **uses)
    branding.save_brand(assessment.organisation, assessment, facts, doing.user, pictures)


def _picture(doing: Doing, logo: str) -> BrandPicture:
    """Return the logo as it is kept here, or drawn anew like one that somebody uploads; raises `LogoRefused`."""
    content = base64.b64decode(logo)
    organisation = doing.now.assessment.organisation
    digest = hashlib.sha256(content).hexdigest()
    kept = BrandPicture.objects.filter(organisation=organisation, sha256=digest).first()
    return kept or logos.add_logo(organisation, SimpleUploadedFile("logo", content), doing.user)


def _take_settings(doing: Doing, given: ShapedSettings) -> None:
    anchors = {anchor for anchor, _title in shaping.section_choices(doing.now.questionnaire)}
    wishes = shaping.Wishes(
        language=given.language if given.language in dict(settings.LANGUAGES) else "",
        time_zone=given.time_zone if given.time_zone in clock.zones() else "UTC",
        date_style=given.date_style,
        left_out=tuple(one for one in given.left_out if one in anchors),
    )
    shaping.keep_wishes(doing.now.assessment, wishes, doing.user)


def _take_words(doing: Doing, one: ShapedWords) -> None:
    card = queries.scorecard(doing.now.assessment, doing.now.questionnaire)
    text, _formatted = wording.tidied(one.source)
    wording.save_words(doing.now.assessment, one.part, one.language, text, doing.user, card)
