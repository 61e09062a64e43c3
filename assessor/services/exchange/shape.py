"""What people shape in their reports as an archive holds it: brand with logos, words, sections and days."""

import base64
import hashlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from assessor.models import Assessment, Brand, ReportSettings, ReportWords
from assessor.reports import richtext
from assessor.services import branding, logos, shaping

LOGOS = ("logo", "consultancy_logo")
TEXTS = ("accent", "cover", "consultancy", "name_block", "classification", "footer", "disclaimer")
# A logo as it is kept takes 300 kB at most; base64 makes four of three.
MAX_LOGO = 4 * logos.KEPT_BYTES // 3 + 1000


class _Shaped(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShapedBrand(_Shaped):
    """The brand an assessment's reports wear; logos in base64, empty for none."""

    accent: Annotated[str, StringConstraints(pattern=r"^(#[0-9a-f]{6})?$")] = ""
    cover: Literal["", "rule", "band", "frame"] = ""
    consultancy: str = Field("", max_length=120)
    name_block: str = Field("", max_length=branding.MAX_NAME_BLOCK)
    classification: str = Field("", max_length=60)
    footer: str = Field("", max_length=60)
    disclaimer: str = Field("", max_length=branding.MAX_DISCLAIMER)
    logo: str = Field("", max_length=MAX_LOGO)
    consultancy_logo: str = Field("", max_length=MAX_LOGO)

    @field_validator(*LOGOS)
    @classmethod
    def _is_base64(cls, value: str) -> str:
        base64.b64decode(value, validate=True)
        return value

    @property
    def shown(self) -> dict[str, str]:
        """What is compared and shown: texts, and logos by the beginning of their hash."""
        marks = {name: _mark(getattr(self, name)) for name in LOGOS}
        return {name: value for name, value in (self.model_dump() | marks).items() if value}


class ShapedWords(_Shaped):
    """Words about one part of the report in one language, as they were typed."""

    part: str = Field(max_length=80)
    language: str = Field(max_length=10)
    source: str = Field(max_length=richtext.MAX_SOURCE)


class ShapedSettings(_Shaped):
    """Language, days and sections of the reports."""

    language: str = Field("", max_length=10)
    time_zone: str = Field("UTC", max_length=60)
    date_style: Literal["words", "iso", "dots", "slashes"] = "words"
    left_out: tuple[Annotated[str, StringConstraints(max_length=90)], ...] = Field((), max_length=100)


class Shape(_Shaped):
    """Everything people shaped; None or empty where nobody did."""

    brand: ShapedBrand | None = None
    words: tuple[ShapedWords, ...] = Field((), max_length=400)
    settings: ShapedSettings | None = None


def _mark(logo: str) -> str:
    return hashlib.sha256(base64.b64decode(logo)).hexdigest()[:12] if logo else ""


def shape_of(assessment: Assessment) -> Shape:
    """Return what was shaped for an assessment: three queries."""
    general, own = branding.brands(assessment.organisation, assessment)
    words = ReportWords.objects.filter(assessment=assessment).exclude(source="").order_by("part", "language")
    kept = ReportSettings.objects.filter(assessment=assessment).exists()
    wishes = shaping.wishes_of(assessment)
    return Shape(
        brand=_brand(general, own) if general or own else None,
        words=tuple(ShapedWords(part=one.part, language=one.language, source=one.source) for one in words),
        settings=ShapedSettings(
            language=wishes.language,
            time_zone=wishes.time_zone,
            date_style=wishes.date_style,  # type: ignore[arg-type]
            left_out=wishes.left_out,
        )
        if kept
        else None,
    )


def _brand(general: Brand | None, own: Brand | None) -> ShapedBrand:
    texts: dict[str, Any] = {name: branding.joined(own, general, name) for name in TEXTS}
    pictures = {name: branding.logo_in_use(own, general, name) for name in LOGOS}
    drawn = {name: base64.b64encode(bytes(one.content)).decode() for name, one in pictures.items() if one is not None}
    return ShapedBrand(**texts, **drawn)
