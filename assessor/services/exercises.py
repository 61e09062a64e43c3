"""Table-top exercises: begun with a frozen scenario, walked through step by step, judged, kept as evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Evidence, Exercise, ExerciseEntry, User, Workload
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports.scenario_story import thawed_steps
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import evidence, scenario_catalogue
from assessor.services.changing import changes_assessment

MOST_ENTRIES = 500
# What its record is called as evidence.
HELD = N_("Table-top exercise: {scenario}")


class ExerciseRefused(AssessorError):
    """The exercise is not in a state in which this can be done, or something it needs was not said."""


@dataclass(frozen=True)
class ExerciseFacts:
    """What is said before the first step; the mark cannot be set afterwards."""

    facilitator: str
    participants: str
    pass_mark: str
    runbook: str = ""


@changes_assessment
def begin(
    assessment: Assessment, scenario: dict[str, Any], steps: Sequence[dict[str, Any]], facts: ExerciseFacts, user: User
) -> Exercise:
    """Begin an exercise on `scenario`, with what was computed for each of its steps; both are frozen with it."""
    if not steps:
        raise ExerciseRefused(
            N_("There is nothing to walk through: no workload of this assessment is in the inventory."),
            remedy=N_("Add the workload's components first."),
        )
    return Exercise.objects.create(
        organisation=assessment.organisation,
        assessment=assessment,
        scenario=scenario["id"],
        content=scenario,
        steps=list(steps),
        facilitator=facts.facilitator,
        participants=facts.participants,
        pass_mark=facts.pass_mark,
        runbook=facts.runbook,
        begun_by=user,
    )


def _locked(exercise: Exercise) -> Exercise:
    found = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise.pk)
    if found.ended_at is not None:
        raise ExerciseRefused(
            N_("This exercise is over; its record does not change any more."),
            remedy=N_("Begin another one for what is still open."),
        )
    return found


@changes_assessment
def note(
    exercise: Exercise,
    kind: str,
    text: str,
    user: User,
    *,
    decided_by: str = "",
    runbook: str = "",
    workload: Workload | None = None,
) -> ExerciseEntry:
    """Write down what was decided, found missing or noted, at the step the team is at."""
    found = _locked(exercise)
    if found.entries.count() >= MOST_ENTRIES:
        raise ExerciseRefused(
            N_("An exercise holds at most 500 entries."), remedy=N_("End it, and begin another one for the rest.")
        )
    if kind == ExerciseEntry.Kind.DECISION and not decided_by.strip():
        raise ExerciseRefused(
            N_("A decision needs the role that took it."),
            remedy=N_("Write who decided, as a role; if nobody could, write it down as a gap."),
        )
    return ExerciseEntry.objects.create(
        organisation=found.organisation,
        exercise=found,
        step=found.step,
        kind=kind,
        text=text,
        decided_by=decided_by,
        runbook=runbook,
        workload=workload,
        noted_by=user,
    )


@changes_assessment
def go_to(exercise: Exercise, step: int) -> Exercise:
    """Take the team to another step, forward or back."""
    found = _locked(exercise)
    if not 0 <= step < len(found.steps):
        raise ExerciseRefused(N_("The exercise has no such step."), remedy=N_("Choose one of those listed."))
    found.step = step
    found.save(update_fields=["step"])
    return found


@changes_assessment
def keep_conclusion(exercise: Exercise, conclusion: str, shown: str = "") -> Exercise:
    """Keep what stands in the field of the conclusion while the exercise goes on; no record prints it yet.

    `shown` is what stood there before it was typed: what somebody else wrote meanwhile stays, before it.
    """
    found = _locked(exercise)
    both = with_theirs(found, conclusion, shown)
    if both != found.conclusion:
        found.conclusion = both
        found.save(update_fields=["conclusion"])
    return found


def with_theirs(exercise: Exercise, conclusion: str, shown: str) -> str:
    """Return a conclusion with what somebody else wrote since `shown` was, and that alone where nothing was added."""
    typed, shown, theirs = (one.replace("\r\n", "\n").strip() for one in (conclusion, shown, exercise.conclusion))
    if typed == shown:
        return theirs
    return typed if theirs in ("", shown, typed) else f"{theirs}\n\n{typed}"


@changes_assessment
def end(exercise: Exercise, passed: bool | None, conclusion: str) -> Exercise:
    """End the exercise with a judgement against its mark; None where the mark could not be judged."""
    found = _locked(exercise)
    if not conclusion.strip():
        raise ExerciseRefused(
            N_("The record needs a conclusion."), remedy=N_("Write in a sentence or two what came out.")
        )
    found.passed, found.conclusion, found.ended_at = passed, conclusion, timezone.now()
    found.save(update_fields=["passed", "conclusion", "ended_at"])
    return found


def in_own_words(exercise: Exercise) -> tuple[str, list[dict[str, Any]]]:
    """Return the title and the steps of an exercise as they were frozen, told in the reader's language."""
    scenario = scenario_catalogue.in_own_words(exercise.content)
    return str(scenario.get("title", exercise.scenario)), thawed_steps(exercise.steps, scenario)


def concerned(questionnaire: Questionnaire, scope: str) -> tuple[list[Question], list[Question]]:
    """Return the questions that let a table-top count, and the other scored ones of the same dimensions."""
    asked = [one for one in questionnaire.asked(scope) if one.scored]
    named = [one for one in asked if "table-top" in one.proves]
    dimensions = {one.dimension for one in named}
    return named, [one for one in asked if one.dimension in dimensions and one not in named]


def facts_of(exercise: Exercise) -> EvidenceFacts:
    """Return the facts by which the record is judged as evidence."""
    assert exercise.ended_at is not None  # noqa: S101 - only a record of an exercise that is over is attached
    lasted = exercise.ended_at - exercise.begun_at
    return EvidenceFacts(
        kind=EvidenceKind.TABLE_TOP,
        place=exercise.runbook or exercise.facilitator,
        version=str(exercise.pk),
        taken_on=timezone.localdate(exercise.ended_at),
        pass_mark=exercise.pass_mark,
        minutes=max(1, round(lasted.total_seconds() / 60)),
        passed=bool(exercise.passed),
        result=exercise.conclusion,
    )


@changes_assessment
def attach(
    exercise: Exercise, question: str, description: str, user: User, *, workload: Workload | None = None
) -> Evidence:
    """Attach the record of an exercise to an answer; raises `EvidenceRefused` where there is no level to prove."""
    if exercise.ended_at is None or exercise.passed is None:
        raise ExerciseRefused(
            N_("Only an exercise that is over and judged can be evidence."),
            remedy=N_("End it, and say whether the mark was met."),
        )
    facts = facts_of(exercise)
    before = Evidence.objects.filter(
        answer__assessment=exercise.assessment, answer__question=question, answer__workload=workload, removed_at=None
    )
    if before.filter(kind=Evidence.Kind.TABLE_TOP, document_version=facts.version).exists():
        raise ExerciseRefused(
            N_("This exercise is attached to that answer already."), remedy=N_("Nothing needs to be done.")
        )
    return evidence.add_evidence(
        exercise.assessment,
        question,
        facts,
        description,
        user,
        workload=workload,
        witness=exercise.facilitator,
    )


def record(exercise: Exercise) -> dict[str, Any]:
    """Return the whole record as plain data: what was shown, decided, missing and concluded, with times in UTC."""
    entries = exercise.entries.select_related("workload")
    return {
        "id": str(exercise.pk),
        "scenario": exercise.content,
        "facilitator": exercise.facilitator,
        "participants": exercise.participants.splitlines(),
        "runbook": exercise.runbook,
        "pass_mark": exercise.pass_mark,
        "begun_at": exercise.begun_at.isoformat(),
        "ended_at": exercise.ended_at.isoformat() if exercise.ended_at else None,
        "passed": exercise.passed,
        "conclusion": exercise.conclusion if exercise.ended_at else "",
        "steps": exercise.steps,
        "entries": [
            {
                "step": one.step,
                "kind": one.kind,
                "text": one.text,
                "decided_by": one.decided_by,
                "runbook": one.runbook,
                "workload": one.workload.name if one.workload else None,
                "noted_at": one.noted_at.isoformat(),
            }
            for one in entries
        ],
    }
