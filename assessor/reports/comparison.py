"""The compare report: two readings of one organisation, and who moved what between them."""

from datetime import datetime
from typing import Any, Literal

from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import Field

from assessor.reports import labels
from assessor.reports.inputs import Compared
from assessor.reports.model import Fact
from assessor.reports.moved import Movement
from assessor.reports.movements import movement
from assessor.reports.part import Part
from assessor.reports.sealed import Sealed
from assessor.reports.shaped import Brand
from assessor.reports.text import NAME_LENGTH, clean, moment


class ComparisonBody(Part):
    """The compare report without its seal. `before` and `after` say what was compared, `movement` what moved.

    `top` is the highest level of the scale; `brand` came with version 1.1.
    """

    schema_version: Literal["1.0", "1.1"] = "1.1"
    language: str
    title: str
    organisation: str
    made_at: str
    top: int
    classification: str
    before: tuple[Fact, ...]
    after: tuple[Fact, ...]
    movement: Movement
    limits: tuple[str, ...]
    brand: Brand = Field(default_factory=Brand)

    @property
    def pairs(self) -> tuple[tuple[Fact, Fact], ...]:
        """What is said of both readings, side by side."""
        return tuple(zip(self.before, self.after, strict=True))


class Comparison(ComparisonBody, Sealed):
    """The compare report with its seal."""


def compare(
    before: Compared,
    after: Compared,
    *,
    organisation: str,
    made_at: datetime,
    language: str,
    classification: str = "",
    brand: Brand | None = None,
) -> Comparison:
    """Return the compare report of two readings by one questionnaire, in a language."""
    with translation.override(language):
        return Comparison.sealed(
            ComparisonBody(
                language=language,
                title=_("What moved: {before} and {after}").format(
                    before=clean(before.name, 60), after=clean(after.name, 60)
                ),
                organisation=clean(organisation, NAME_LENGTH) or _("The organisation"),
                made_at=moment(made_at),
                top=max(one.side.questionnaire.scale.top for one in (before, after)),
                classification=clean(classification, NAME_LENGTH) or _("Confidential"),
                before=_facts(before),
                after=_facts(after),
                movement=movement(before, after),
                brand=brand or Brand(),
                limits=(
                    _(
                        "A level is a step on a scale: much can be done before it moves, and one answer can move it. "
                        "Read the list of questions, not the levels alone."
                    ),
                    _(
                        "Who moved a question is told from what differs: its answer, its evidence and disputes (you), "
                        "its wording, weight or rules (the questionnaire), what was seen (a probe), and how old "
                        "evidence is. Where several differ, all are named; their shares are not told apart."
                    ),
                ),
            )
        )


def _facts(one: Compared) -> tuple[Fact, ...]:
    card = one.side.card
    return (
        Fact(label=_("Reading"), value=clean(one.name, NAME_LENGTH)),
        Fact(label=_("Made on"), value=labels.moment_words(one.made_at)),
        Fact(label=_("Edition"), value=_("Quick scan") if card.scope == "quick" else _("Full questionnaire")),
        Fact(label=_("Questionnaire"), value=f"{one.words.title}, {card.questionnaire_version}"),
        Fact(label=_("Questionnaire content (sha256)"), value=card.questionnaire_hash),
        Fact(label=_("Method version"), value=card.method_version),
        Fact(label=_("Coverage"), value=labels.percent(card.coverage)),
        Fact(label=_("Confidence"), value=labels.percent(card.confidence)),
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the compare report, as published in docs/comparison-schema.json."""
    schema = Comparison.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
