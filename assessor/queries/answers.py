"""What was answered, with its evidence, and how a score reads it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db.models import Prefetch, QuerySet

from assessor.models import FACT_FIELDS, Answer, Assessment, Attachment, Evidence, evidence_facts
from assessor.prepared import Prepared, PreparedRows
from assessor.queries.assessments import critical_workloads
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.proofs import Attached, weigh
from assessor.scoring.scorecard import GivenAnswer

ANSWER_FIELDS = ("question", "state", "level", "value", "version", "workload_id")
PROOF_FIELDS = ("evidence__probe_run__imported", *(f"evidence__{name}" for name in FACT_FIELDS))
AnyAnswer = TypeVar("AnyAnswer", Answer, "ScoredAnswer")


def evidence_in_force(*, with_files: bool = False) -> QuerySet[Evidence]:
    """Return evidence that was not removed, with what its tier needs of a probe run; files cost one query more."""
    rows = Evidence.objects.filter(removed_at=None).select_related("probe_run").order_by("added_at", "pk")
    rows = rows.defer("probe_run__result", "probe_run__findings", "probe_run__sealed_key", "probe_run__progress")
    if with_files:
        rows = rows.prefetch_related(Prefetch("attachments", queryset=Attachment.objects.all()))
    return rows


_ANSWERS = PreparedRows[Answer](lambda assessment: Answer.objects.filter(assessment=assessment), "assessment")
_EVIDENCE = PreparedRows[Evidence](
    lambda assessment: evidence_in_force().filter(answer__assessment=assessment), "assessment"
)


def scored_rows(**of: object) -> "QuerySet[Answer, Any]":
    """Return the columns that a score reads of answers, each answer once for each piece of its evidence."""
    fields = ("assessment_id", *ANSWER_FIELDS, "evidence__removed_at", "evidence__level", *PROOF_FIELDS)
    return Answer.objects.filter(**of).order_by("evidence__added_at", "evidence__pk").values_list(*fields)


_SCORED = Prepared(lambda assessment: scored_rows(assessment=assessment), "assessment")


@dataclass(slots=True)
class ScoredAnswer:
    """What a score reads of an answer in force, and the version that a form must have seen."""

    question: str
    state: str
    level: int | None
    value: Any
    version: int
    workload_id: object
    attached: list[Attached]


def answers_of(assessment: Assessment, *, with_people: bool = False, with_files: bool = False) -> list[Answer]:
    """Return every answer in force with its evidence, those about single workloads included: two queries.

    `with_people` joins who gave them; `with_files` reads what is attached to the evidence, one query more.
    """
    if not with_people and not with_files:
        return _answers_of(assessment)
    answers = Answer.objects.filter(assessment=assessment)
    if with_people:
        answers = answers.select_related("answered_by", "workload")
    evidence = Prefetch("evidence", queryset=evidence_in_force(with_files=with_files))
    return list(answers.prefetch_related(evidence))


def _answers_of(assessment: Assessment) -> list[Answer]:
    """Return the same by two prepared queries, the evidence where a prefetch would have put it."""
    attached: dict[object, list[Evidence]] = defaultdict(list)
    for one in _EVIDENCE.run(assessment=assessment.pk):
        attached[one.answer_id].append(one)
    answers = _ANSWERS.run(assessment=assessment.pk)
    every = Evidence.objects.all()
    nothing = _read(every.none(), [])
    for answer in answers:
        own = attached.get(answer.pk)
        found = nothing
        if own is not None:
            found = _read(every.all(), own)
            # Whose it is: applied only where something further is asked, as Django does with what it prefetches.
            found._deferred_filter = False, (), {"answer": answer}
        answer._prefetched_objects_cache = {"evidence": found}
        for one in own or ():
            one.answer = answer
    return answers


def _read(query: "QuerySet[Evidence]", rows: list[Evidence]) -> "QuerySet[Evidence]":
    """Return a query that holds its rows already."""
    query._result_cache, query._prefetch_done = rows, True
    return query


def scored_answers(assessment: Assessment) -> list[ScoredAnswer]:
    """Return what a score reads of every answer in force, with its evidence: one query, no rows of the ORM."""
    return group_scored(_SCORED.run(assessment=assessment.pk))[assessment.pk]


def group_scored(rows: Iterable[tuple[Any, ...]]) -> dict[object, list[ScoredAnswer]]:
    """Return answers by their assessment; each comes once for each piece of evidence."""
    answers: dict[object, dict[object, ScoredAnswer]] = defaultdict(dict)
    width = len(ANSWER_FIELDS)
    for assessment, *row in rows:
        own, key = answers[assessment], (row[0], row[width - 1])
        answer = own.get(key)
        if answer is None:
            answer = own[key] = ScoredAnswer(*row[:width], attached=[])
        removed, level, imported, *facts = row[width:]
        if level is not None and removed is None:
            known = dict(zip(FACT_FIELDS, facts, strict=True))
            answer.attached.append(Attached(evidence_facts(known, imported), level))
    return defaultdict(list, {assessment: list(own.values()) for assessment, own in answers.items()})


def by_question(answers: Iterable[AnyAnswer], workload: object = None) -> dict[str, AnyAnswer]:
    """Return the answers about one workload (its id), or about the weakest critical one, by question."""
    return {answer.question: answer for answer in answers if answer.workload_id == workload}


def _given(answer: Answer | ScoredAnswer, questionnaire: Questionnaire, today: date) -> GivenAnswer:
    level, question = answer.level, questionnaire.question(answer.question)
    rows = [row.attached for row in answer.proofs()] if isinstance(answer, Answer) else answer.attached
    proofs = weigh(question, rows, today) if question and rows else ()
    value = tuple(answer.value) if isinstance(answer.value, list) else answer.value
    return GivenAnswer.model_construct(
        question=answer.question, state=answer.state, level=level, value=value, proofs=proofs, others=()
    )


def given_answers(
    answers: Iterable[Answer | ScoredAnswer], assessment: Assessment, questionnaire: Questionnaire, today: date
) -> dict[str, GivenAnswer]:
    """Return answers as the score sees them, with the proofs that their evidence earns on `today`.

    Where a question was answered for single workloads, every critical workload counts: by its own answer, else by
    the answer about all of them, else as not asked. One further query, only then.
    """
    general: dict[str, GivenAnswer] = {}
    single: dict[str, dict[object, GivenAnswer]] = defaultdict(dict)
    for answer in answers:
        if answer.state == Answer.State.NOT_ASKED:
            continue
        if answer.workload_id is None:
            general[answer.question] = _given(answer, questionnaire, today)
        else:
            single[answer.question][answer.workload_id] = _given(answer, questionnaire, today)
    if not single:
        return general
    critical = critical_workloads(assessment)
    for question, own in single.items():
        nothing = GivenAnswer(question=question, state="not-asked")
        each = [own.get(workload, general.get(question, nothing)) for workload in critical]
        if any(workload in own for workload in critical):
            # What was not asked of one workload keeps the question open for all.
            each.sort(key=lambda one: one.state != "not-asked")
            general[question] = each[0].model_copy(update={"others": tuple(each[1:])})
    return general
