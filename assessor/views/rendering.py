"""The one place that tells an htmx request from a whole page, and the context every assessment page shares."""

from copy import copy
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from assessor import queries
from assessor.models import Assessment, Workload
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.scorecard import Scorecard
from assessor.services import assigned
from assessor.services.crosswalks import Beside, beside
from assessor.services.inventory.rows import Linked, components_by_question
from assessor.services.questionnaires import questionnaire_of
from assessor.views.panel import assigned_panel, level_panel

STOP_POLLING = 286


def page_or_part(
    request: HttpRequest, template: str, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page, or only its named part when htmx asks for it."""
    name = f"{template}#{part}" if request.htmx else template
    return render(request, name, context, status=status)


class Sheet:
    """What every page inside an assessment needs: read once, in a bounded number of queries.

    `answers` are those about `workload`, or about the weakest critical one; the scorecard counts all of them.
    """

    def __init__(
        self,
        assessment: Assessment,
        *,
        workload: Workload | None = None,
        only_for_score: bool = False,
        with_files: bool = False,
    ) -> None:
        self.assessment = assessment
        self.workload = workload
        # The questions that a member may see to whom only some are assigned; None for every one.
        self.only = assigned.allowed_in(assessment)
        self.questionnaire: Questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
        # After a save only the panel is drawn: notes, people and files are not read for that.
        weighed = assessment.weighed if only_for_score else None
        if weighed is not None:
            self.all_answers: Any = weighed[0]
        elif only_for_score:
            self.all_answers = queries.scored_answers(assessment)
        else:
            self.all_answers = queries.answers_of(assessment, with_files=with_files)
        self.answers = queries.by_question(self.all_answers, workload.pk if workload else None)
        # What is disputed is shown on pages; a score alone asks for it only where a probe found something.
        self.disputes = None if only_for_score else queries.disputes_of(assessment)
        self.scorecard: Scorecard = (
            weighed[1]
            if weighed is not None
            else queries.scorecard(assessment, self.questionnaire, self.all_answers, self.disputes)
        )

    def about(self, workload: Workload | None) -> "Sheet":
        """Return the same sheet with the answers about another workload; nothing is read again."""
        self.dispute_states  # noqa: B018 - read once here, and not once for each copy
        self.beside  # noqa: B018 - likewise
        other = copy(self)
        other.workload = workload
        other.answers = queries.by_question(self.all_answers, workload.pk if workload else None)
        return other

    @cached_property
    def dispute_states(self) -> dict[object, queries.DisputeState]:
        """Where each dispute stands, by its id."""
        return queries.dispute_states(self.disputes or ())

    def asked(self, dimension: str = "") -> list[Question]:
        """Return the questions in scope that the person may see, of one dimension where it is named."""
        return [
            one
            for one in self.questionnaire.asked(self.assessment.scope)
            if one.dimension == (dimension or one.dimension) and (self.only is None or one.id in self.only)
        ]

    @cached_property
    def duties(self) -> assigned.Duties:
        """Who answers what, and where comments are open; read only where a page shows it."""
        return assigned.Duties(self.assessment)

    @cached_property
    def beside(self) -> Beside | None:
        """What the assessment this one was begun beside says about it, as a hint; read only where a page shows it."""
        return beside(self.assessment, self.questionnaire)

    @cached_property
    def _components(self) -> dict[str, list[Linked]]:
        return components_by_question(self.assessment.organisation)

    def components_of(self, question_id: str) -> list[Linked]:
        """Return the components that somebody linked to a question; one query for all questions of a page."""
        return self._components.get(question_id, [])

    def foreign(self, question_id: str) -> str:
        """Return the language of a question where it is not the reader's, else ""."""
        language = self.questionnaire.foreign.get(question_id, self.questionnaire.language)
        return "" if language == (get_language() or "").partition("-")[0] else language

    def context(self, **more: Any) -> dict[str, Any]:
        """Return the shared context with the page's own on top."""
        return {
            "assessment": self.assessment,
            "organisation": self.assessment.organisation,
            "questionnaire": self.questionnaire,
            "scorecard": self.scorecard,
            "workload": self.workload,
            "panel": self._panel(),
            **more,
        }

    def _panel(self) -> dict[str, Any]:
        """Return the levels beside the questions; to somebody who sees only their part, how far they are with it."""
        if self.only is not None:
            return assigned_panel(self.questionnaire, self.scorecard, self.assessment, self.only)
        return level_panel(self.questionnaire, self.scorecard, self.assessment)
