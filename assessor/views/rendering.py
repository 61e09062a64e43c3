"""The one place that tells an htmx request from a whole page, and the context every assessment page shares."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assessor import queries
from assessor.models import Answer, Assessment
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.scorecard import Scorecard
from assessor.services.questionnaires import questionnaire_of
from assessor.views.panel import level_panel

STOP_POLLING = 286


def page_or_part(
    request: HttpRequest, template: str, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page, or only its named part when htmx asks for it."""
    name = f"{template}#{part}" if request.htmx else template
    return render(request, name, context, status=status)


class Sheet:
    """What every page inside an assessment needs: read once, in a bounded number of queries."""

    def __init__(self, assessment: Assessment, *, only_for_score: bool = False) -> None:
        self.assessment = assessment
        self.questionnaire: Questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
        self.answers: dict[str, Answer] = queries.answers_by_question(assessment, only_for_score=only_for_score)
        self.scorecard: Scorecard = queries.scorecard(assessment, self.questionnaire, self.answers)

    def context(self, **more: Any) -> dict[str, Any]:
        """Return the shared context with the page's own on top."""
        return {
            "assessment": self.assessment,
            "organisation": self.assessment.organisation,
            "questionnaire": self.questionnaire,
            "scorecard": self.scorecard,
            "panel": level_panel(self.questionnaire, self.scorecard, self.assessment, self.answers),
            **more,
        }
