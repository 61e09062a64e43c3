"""People's own words for a report: write, see what is printed, and lose nothing when two write at once."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessor import queries
from assessor.models import Assessment, Organisation, ReportWords, ReportWordsRevision
from assessor.questionnaire.schema import Questionnaire
from assessor.reports import drafts, richtext
from assessor.reports.shaped import SUMMARY
from assessor.scoring.scorecard import Scorecard
from assessor.services import reporting, wording
from assessor.services.questionnaires import questionnaire_of
from assessor.services.shaping import wishes_of
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.report_forms import WordsForm

CONFLICT, REFUSED = 409, 422
SHOWN_REVISIONS = 20


def words_language(request: HttpRequest, assessment: Assessment) -> str:
    """Return the language words are written in: the one asked for, that of the reports, or the reader's."""
    known = dict(settings.LANGUAGES)
    wanted = request.GET.get("language", "")
    here = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    return next((one for one in (wanted, wishes_of(assessment).language, here) if one in known), "en")


def words_languages(assessment: Assessment, here: str) -> list[dict[str, Any]]:
    """Return each language with how many parts are written in it; one query."""
    rows = ReportWords.objects.filter(assessment=assessment).exclude(source="").values_list("language", flat=True)
    counts = Counter(rows)
    return [
        {"code": code, "name": name, "written": counts[code], "here": code == here} for code, name in settings.LANGUAGES
    ]


def part_title(questionnaire: Questionnaire, part: str) -> str:
    """Return the name of what is written about; 404 for what is no part of the report."""
    if part == SUMMARY:
        return _("Summary")
    found = next((one for one in questionnaire.dimensions if one.id == part), None)
    if found is None:
        raise Http404
    return found.title


def parts_with_state(assessment: Assessment, card: Scorecard, language: str) -> list[dict[str, Any]]:
    """Return each part of the report with who wrote about it, whether levels moved since, and what waits to be read.

    Two queries at most.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    rows = wording.rows_of(assessment, language)
    before = wording.rows_before(assessment, language, rows)
    return [
        {
            "id": part,
            "title": part_title(questionnaire, part),
            "row": rows.get(part) if rows.get(part) and rows[part].source else None,
            "stale": part in rows and wording.is_stale(rows[part], card),
            "before": before.get(part),
        }
        for part in wording.parts(questionnaire)
    ]


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, part: str) -> HttpResponse:
    """Show one part's words and change them."""
    found = find_assessment(assessment)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    title = part_title(questionnaire, part)
    language = words_language(request, found)
    card = queries.scorecard(found, questionnaire, queries.scored_answers(found))
    rows = wording.rows_of(found, language)
    row, before = rows.get(part), wording.rows_before(found, language, rows).get(part)
    status, theirs, unsaved = 200, None, None
    if request.method == "POST":
        form = WordsForm(request.POST)
        status = REFUSED
        if form.is_valid():
            if "preview" in request.POST:
                status, unsaved = 200, form.cleaned_data["source"]
            else:
                try:
                    _save(request, found, part, language, form, card)
                except wording.WordsConflict as conflict:
                    status, theirs = CONFLICT, conflict.words
                    form = _again(form, conflict.words)
                except wording.WordsRefused as refusal:
                    form.add_error("source", refusal.sentence(_))
                else:
                    where = reverse("report_words", args=[organisation.pk, found.pk, part])
                    return redirect(f"{where}?language={language}")
    else:
        form = WordsForm(initial=_initial(request, found, part, language, row or before))
    source = unsaved if unsaved is not None else row.source if row else ""
    context = {
        "assessment": found,
        "organisation": organisation,
        "part": part,
        "title": title,
        "form": form,
        "row": row if row and row.source else None,
        "stale": row is not None and wording.is_stale(row, card),
        "before": before,
        "theirs": theirs,
        "preview": richtext.html(richtext.blocks(source)),
        "unsaved": unsaved is not None,
        "revisions": _revisions(row),
        "language": language,
        "languages": settings.LANGUAGES,
        "started_from": request.GET.get("from", ""),
    }
    return render(request, "reports/words.html", context, status=status)


def _save(request: HttpRequest, found: Assessment, part: str, language: str, form: WordsForm, card: Scorecard) -> None:
    text, formatted = wording.tidied(form.cleaned_data["source"])
    expected = form.cleaned_data["expected_version"]
    wording.save_words(found, part, language, text, request.user, card, expected)
    if formatted:
        messages.info(
            request,
            _("Formatting from elsewhere was turned into marks; pictures, colours and tables cannot be printed here."),
        )
    if text:
        messages.success(request, _("Saved. Reports made from now on print it; earlier ones stay as they are."))
    else:
        messages.success(request, _("Saved as empty: reports made from now on print nothing here."))


def _again(form: WordsForm, theirs: ReportWords) -> WordsForm:
    """Return the form with what was typed, ready to be saved over what the person has now seen."""
    return WordsForm(initial={"source": form.cleaned_data["source"], "expected_version": theirs.version})


def _initial(
    request: HttpRequest, found: Assessment, part: str, language: str, row: ReportWords | None
) -> dict[str, Any]:
    """Return what the form begins with: what was saved, an earlier version of it, or a draft made from the report.

    Where nothing was saved, `row` is that of the round before: its text begins a first version here.
    """
    version = row.version if row is not None and row.assessment_id == found.pk else 0
    start = request.GET.get("from", "")
    if start.isdigit() and row is not None:
        earlier = ReportWordsRevision.objects.filter(words=row, version=int(start[:6])).first()
        if earlier is not None:
            return {"source": earlier.source, "expected_version": version}
    if start == "draft":
        with override(language):
            model = reporting.screen_model(found)
            return {"source": drafts.draft(model, part)[: richtext.MAX_SOURCE], "expected_version": version}
    return {"source": row.source if row else "", "expected_version": version}


def _revisions(row: ReportWords | None) -> list[ReportWordsRevision]:
    if row is None:
        return []
    return list(ReportWordsRevision.objects.filter(words=row).select_related("written_by")[:SHOWN_REVISIONS])
