"""People's own words in reports: kept with every version, never overwritten unseen, marked when levels have moved."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, ReportWords, ReportWordsRevision, User
from assessor.questionnaire.schema import Questionnaire
from assessor.reports import pasted, richtext
from assessor.reports.shaped import SUMMARY, Words
from assessor.reports.text import NAME_LENGTH, clean, clean_lines, moment
from assessor.scoring.scorecard import Scorecard
from assessor.services import audit

Basis = dict[str, list[int | None]]


class WordsRefused(AssessorError):
    """The text is not kept."""


class WordsConflict(AssessorError):
    """Somebody else saved another text meanwhile; `words` is theirs."""

    def __init__(self, words: ReportWords) -> None:
        self.words = words
        super().__init__(
            N_("Somebody else saved another text while you wrote, so yours is not saved yet."),
            remedy=N_("Both stand below: take over what you need, then save again."),
        )


def parts(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return what can be written about: the whole, and each dimension."""
    return (SUMMARY, *(one.id for one in questionnaire.dimensions))


def basis(card: Scorecard, part: str) -> Basis:
    """Return the levels that a text about `part` rests on: of its dimension, or of all and overall for the summary."""
    found: Basis = {
        one.dimension: [
            one.claimed.level if one.coverage > 0 else None,
            one.verified.level if one.verified_printed else None,
        ]
        for one in card.dimensions
        if part in (SUMMARY, one.dimension)
    }
    if part == SUMMARY:
        found[SUMMARY] = [card.claimed.level, card.verified.level if card.verified_printed else None]
    return found


def is_stale(row: ReportWords, card: Scorecard) -> bool:
    """Tell whether levels that a text rests on have moved since it was written."""
    return bool(row.source) and row.basis != basis(card, row.part)


def rows_of(assessment: Assessment, language: str) -> dict[str, ReportWords]:
    """Return what was written in a language, by part; one query."""
    rows = ReportWords.objects.filter(assessment=assessment, language=language).select_related("written_by")
    return {row.part: row for row in rows}


def rows_before(assessment: Assessment, language: str, rows: Mapping[str, ReportWords]) -> dict[str, ReportWords]:
    """Return the words of the round before that wait here, by part: where nobody has saved anything yet.

    They stay with that round and are printed in no report of this one until somebody saves them here. One query at
    most, none for a first round.
    """
    if assessment.predecessor_id is None:
        return {}
    before = ReportWords.objects.filter(assessment=assessment.predecessor_id, language=language).exclude(source="")
    return {one.part: one for one in before.select_related("written_by") if one.part not in rows}


def printed(rows: Mapping[str, ReportWords], card: Scorecard, order: Iterable[str]) -> tuple[Words, ...]:
    """Return the words of a report in the order of its parts; what is empty is not printed."""
    found = [rows[part] for part in order if part in rows and rows[part].source]
    return tuple(
        Words(
            part=row.part,
            blocks=richtext.blocks(row.source),
            written_by=clean(str(row.written_by or ""), NAME_LENGTH),
            written_at=moment(row.written_at),
            stale=is_stale(row, card),
        )
        for row in found
    )


def tidied(source: str) -> tuple[str, bool]:
    """Return a text as it is kept, and whether formatting from elsewhere was turned into marks.

    Raises `WordsRefused` for what is too long.
    """
    formatted = pasted.is_formatted(source)
    text = clean_lines(pasted.marked(source[: 10 * richtext.MAX_SOURCE]) if formatted else source, 10**6)
    if len(text) > richtext.MAX_SOURCE:
        raise WordsRefused(
            N_("The text has {count} characters, and {most} are printed at most."),
            remedy=N_("Shorten it, or move parts to the comments on single dimensions."),
            count=len(text),
            most=richtext.MAX_SOURCE,
        )
    return text, formatted


@transaction.atomic
def save_words(
    assessment: Assessment,
    part: str,
    language: str,
    source: str,
    user: User,
    card: Scorecard,
    expected_version: int | None = None,
) -> ReportWords:
    """Keep a text and its revision; an empty one takes the words out of coming reports.

    `expected_version` is what the person saw (0: nothing yet); None skips the check. Raises `WordsConflict` when
    another version, saying something else, is in force. The same text again says that it still holds.
    """
    # This locks the assessment: a first text has no row yet, and two of them would collide.
    Assessment.objects.filter(pk=assessment.pk).update(changed_at=timezone.now())
    row = ReportWords.objects.filter(assessment=assessment, part=part, language=language).first()
    row = row or ReportWords(
        organisation=assessment.organisation, assessment=assessment, part=part, language=language, version=0
    )
    now = basis(card, part)
    if row.version and row.source == source and row.basis == now:
        return row
    if expected_version is not None and expected_version != row.version and row.source != source:
        raise WordsConflict(row)
    row.source, row.basis = source, now
    row.version += 1
    row.written_by, row.written_at = user, timezone.now()
    row.save(force_insert=row.version == 1, force_update=row.version > 1)
    ReportWordsRevision.objects.create(
        organisation=assessment.organisation,
        words=row,
        version=row.version,
        source=source,
        written_by=user,
        written_at=row.written_at,
    )
    audit.record(
        "report.words_changed",
        organisation=assessment.organisation,
        actor=user,
        subject=assessment,
        part=part,
        language=language,
    )
    return row
