"""Moving an assessment to a newer version of its questionnaire."""

from assessor.models import Answer, Assessment
from assessor.questionnaire.schema import Questionnaire
from assessor.services.changing import changes_assessment
from assessor.services.questionnaires import changes_to, stored_version


@changes_assessment
def carry_over(assessment: Assessment, newer: Questionnaire) -> None:
    """Move an assessment to a newer version.

    Answers to unchanged questions stand; to reworded ones they stand and want another look; to rebuilt ones they go
    back to “not answered yet” with the note kept; what is gone is kept and asked no more. Issued reports do not change.
    """
    assessment.refresh_from_db(fields=["questionnaire_version", "scope"])
    changes = changes_to(assessment, newer)
    reworded = [change.question for change in changes if change.kind == "reworded"]
    rebuilt = [change.question for change in changes if change.kind == "rebuilt"]
    answers = Answer.objects.filter(assessment=assessment)
    answers.filter(question__in=reworded).update(look_again=True)
    answers.filter(question__in=rebuilt).update(state=Answer.State.NOT_ASKED, level=None, value=None, look_again=True)
    assessment.questionnaire_version = stored_version(newer, assessment.questionnaire_version.organisation)
    if not newer.asked("quick"):
        assessment.scope = Assessment.Scope.FULL
    assessment.save(update_fields=["questionnaire_version", "scope", "changed_at"])
