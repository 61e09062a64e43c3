"""Saving answers: what fits its question is kept with its history, what does not is refused with a sentence."""

from datetime import date
from math import isfinite

from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Answer, AnswerRevision, Assessment, User, Workload
from assessor.prepared import PreparedRows, PreparedUpdate
from assessor.questionnaire.schema import Question
from assessor.services import assigned
from assessor.services.changing import changes_assessment
from assessor.services.questionnaires import questionnaire_of

MAX_TEXT = 2000
Value = str | float | list[str] | None
# Every save needs them: built once (see `assessor.prepared`).
_TO_QUESTION = PreparedRows[Answer](
    lambda assessment, question: Answer.objects.filter(assessment=assessment, question=question),
    "assessment",
    texts=("question",),
)
_ANSWER = PreparedUpdate(
    lambda answer: Answer.objects.filter(pk=answer),
    "answer",
    columns=("state", "level", "value", "note", "look_again", "version", "answered_by", "answered_at"),
)


class AnswerRefused(AssessorError):
    """The answer does not fit its question."""


class AnswerConflict(AssessorError):
    """Somebody else changed the answer meanwhile; `current` is what stands now, nothing was overwritten."""

    def __init__(self, current: Answer) -> None:
        self.current = current
        super().__init__(
            N_("This answer was changed elsewhere since this page was loaded, so yours was not saved over it."),
            remedy=N_("Choose between the two below."),
        )


def check_answer(question: Question, state: str, level: int | None, value: Value = None) -> tuple[int | None, Value]:
    """Return the level and the value to keep; raises `AnswerRefused` unless they are an answer to `question`.

    A checklist or a yes-no takes a `value`, from which the level is derived; for a ladder the level is given.
    """
    if state == Answer.State.NOT_APPLICABLE and not (question.may_not_apply and question.scored):
        raise AnswerRefused(
            N_("“{question}” always applies."),
            remedy=N_("Answer it, or say that you do not know."),
            question=question.id,
        )
    if state != Answer.State.ANSWERED:
        return None, None
    if question.kind == "ladder":
        return _rung(question, level), None
    value = _checked_value(question, value)
    return question.level_of(value), value


def _rung(question: Question, level: int | None) -> int:
    if level is None or level not in question.levels:
        raise AnswerRefused(
            N_("“{question}” has no choice at level {level}."),
            remedy=N_("Choose one of its levels: {levels}."),
            question=question.id,
            level=level,
            levels=", ".join(str(one) for one in question.levels),
        )
    return level


def _checked_value(question: Question, value: Value) -> Value:
    match question.kind:
        case "checklist":
            return _ticked(question, value)
        case "yes-no":
            if value not in ("yes", "no"):
                raise _refused(question, N_("“{question}” is answered by yes or no."), N_("Choose one of the two."))
            return value
        case "number":
            return _number(question, value)
        case "date":
            return _day(question, value)
        case _:
            return _text(question, value)


def _refused(question: Question, reason: str, remedy: str, **params: object) -> AnswerRefused:
    return AnswerRefused(reason, remedy=remedy, question=question.id, **params)


def _ticked(question: Question, value: Value) -> list[str]:
    known = [item.id for item in question.items]
    if not isinstance(value, list) or (unknown := [one for one in value if one not in known]):
        raise _refused(
            question,
            N_("“{question}” has no item “{item}”."),
            N_("Its items are: {known}."),
            item=value if not isinstance(value, list) else unknown[0],
            known=", ".join(known),
        )
    return [one for one in known if one in value]


def _number(question: Question, value: Value) -> float:
    if isinstance(value, str) and value.count(",") == 1 and "." not in value:
        value = value.replace(",", ".")
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not isfinite(number):
        raise _refused(
            question, N_("“{question}” asks for a number."), N_("Write digits, with a point or a comma for decimals.")
        )
    low, high = question.least, question.most
    if (low is not None and number < low) or (high is not None and number > high):
        raise _refused(
            question,
            N_("{number:g} is out of range for “{question}”."),
            N_("Write a number from {low} to {high}."),
            number=number,
            low="…" if low is None else f"{low:g}",
            high="…" if high is None else f"{high:g}",
        )
    return int(number) if number.is_integer() else number


def _day(question: Question, value: Value) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise _refused(
            question, N_("“{question}” asks for a day."), N_("Write year, month, day: 2026-11-21.")
        ) from None


def _text(question: Question, value: Value) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise _refused(question, N_("“{question}” asks for a few words."), N_("Write them, or leave it unanswered."))
    if len(text) > MAX_TEXT:
        raise _refused(
            question,
            N_("The text has {count} characters."),
            N_("Write at most {most}."),
            count=len(text),
            most=MAX_TEXT,
        )
    return text


@changes_assessment
def save_answer(
    assessment: Assessment,
    question_id: str,
    state: str,
    level: int | None,
    note: str,
    user: User,
    expected_version: int | None = None,
    *,
    value: Value = None,
    workload: Workload | None = None,
) -> Answer:
    """Save one answer and its revision.

    `workload` is the one it speaks of, None for the weakest critical one. `expected_version` is the version the
    person saw (0: none yet); None skips the check. Raises `AnswerRefused` for what is not an answer,
    `AnswerConflict` when the version in force is another and says something else, `NotAssigned` where the member sees
    only what was assigned to them and this was not.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    question = questionnaire.question(question_id)
    if question is None:
        raise AnswerRefused(N_("There is no question “{question}” here."), question=question_id)
    assigned.require(assessment, question_id)
    level, value = check_answer(question, state, level, value)
    if state == Answer.State.NOT_APPLICABLE and not note.strip():
        raise AnswerRefused(
            N_("“Not applicable” needs a reason."), remedy=N_("Write it into the note, then choose again.")
        )
    now = timezone.now()
    about = workload.pk if workload else None
    rows = _TO_QUESTION.run(assessment=assessment.pk, question=question_id)
    answer = next((one for one in rows if one.workload_id == about), None)
    if answer is None:
        answer = Answer(assessment=assessment, workload=workload, question=question_id, version=0)
        answer.organisation = assessment.organisation
    elif (answer.state, answer.level, answer.value, answer.note) == (state, level, value, note):
        if answer.look_again:
            answer.look_again = False
            answer.save(update_fields=["look_again"])
        return answer
    if expected_version is not None and expected_version != answer.version:
        raise AnswerConflict(answer)
    answer.state, answer.level, answer.value, answer.note = state, level, value, note
    answer.look_again = False
    answer.version += 1
    answer.answered_by, answer.answered_at = user, now
    said = {"state": state, "level": level, "value": value, "note": note, "look_again": False}
    said |= {"version": answer.version, "answered_by": user.pk, "answered_at": now}
    if answer.version == 1 or not _ANSWER.run(said, answer=answer.pk):
        answer.save(force_insert=answer.version == 1, force_update=answer.version > 1)
    AnswerRevision.objects.create(
        organisation=assessment.organisation,
        answer=answer,
        version=answer.version,
        state=state,
        level=level,
        value=value,
        note=note,
        changed_by=user,
        changed_at=now,
    )
    return answer


def history(answer: Answer) -> list[AnswerRevision]:
    """Return every state an answer has had, the latest first, with who made it: one query."""
    rows = AnswerRevision.objects.filter(answer=answer).select_related("changed_by")
    return list(rows.order_by("-version"))


def restore(answer: Answer, version: int, user: User, expected_version: int) -> Answer:
    """Say again what an earlier revision said, as a new revision; `expected_version` is the one the person saw.

    Raises `AnswerRefused` where there is no such revision or the questionnaire of today has no such answer,
    `AnswerConflict` where somebody changed the answer meanwhile.
    """
    earlier = AnswerRevision.objects.filter(answer=answer, version=version).first()
    if earlier is None:
        raise AnswerRefused(N_("There is no such state of this answer."), remedy=N_("Load the page again."))
    return save_answer(
        answer.assessment,
        answer.question,
        earlier.state,
        earlier.level,
        earlier.note,
        user,
        expected_version,
        value=earlier.value,
        workload=answer.workload,
    )
