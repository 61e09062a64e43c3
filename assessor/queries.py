"""What pages and reports read: each function is a bounded number of queries and no decision."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from assessor.evidence import Finding, Strength
from assessor.models import (
    Answer,
    Assessment,
    Endpoint,
    EndpointRole,
    Evidence,
    JobStatus,
    Organisation,
    ProbeRun,
    Report,
    User,
)
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint, Proof, Scorecard

PROBE_MAX_AGE = timedelta(days=90)
SEEN = ("completed", "partly")


def organisations_of(user: User) -> QuerySet[Organisation]:
    """Return the organisations a person is a member of today."""
    today = timezone.localdate()
    current = Q(memberships__ends_on=None) | Q(memberships__ends_on__gte=today)
    # A person has one membership in each organisation at most, so the join repeats no row.
    return Organisation.objects.filter(current, memberships__user=user)


def answers_by_question(
    assessment: Assessment, *, with_people: bool = False, only_for_score: bool = False
) -> dict[str, Answer]:
    """Return the answers in force with their evidence: two queries.

    `with_people` joins who gave them; `only_for_score` leaves out notes and dates, which a score does not read.
    """
    answers = Answer.objects.filter(assessment=assessment, workload=None)
    if only_for_score:
        answers = answers.only("question", "state", "level", "version")
    if with_people:
        answers = answers.select_related("answered_by")
    evidence = Prefetch("evidence", queryset=Evidence.objects.order_by("added_at"))
    return {answer.question: answer for answer in answers.prefetch_related(evidence)}


def given_answers(answers: dict[str, Answer], today: date) -> dict[str, GivenAnswer]:
    """Return answers as the score sees them, with the proofs that their evidence earns on `today`."""
    given = {}
    for question, answer in answers.items():
        if answer.state == Answer.State.NOT_ASKED:
            continue
        proofs = tuple(Proof(tier=row.tier(today), level=row.level) for row in answer.evidence.all())
        given[question] = GivenAnswer.model_construct(
            question=question, state=answer.state, level=answer.level, proofs=proofs
        )
    return given


def roles_in_force(assessment: Assessment) -> QuerySet[EndpointRole]:
    """Return the endpoint roles of an assessment that were not taken out."""
    return EndpointRole.objects.filter(assessment=assessment, removed_at=None).select_related("endpoint", "workload")


def _good_runs(endpoints: Iterable[object]) -> QuerySet[ProbeRun]:
    """Return the runs that saw something, the latest of each endpoint last."""
    good = ProbeRun.objects.filter(endpoint__in=endpoints, status=JobStatus.DONE, outcome__in=SEEN)
    return good.order_by("endpoint", "finished_at")


def last_good_runs(endpoints: list[Endpoint]) -> dict[object, ProbeRun]:
    """Return for each endpoint id the latest run that saw something; a failed probe hides no earlier one."""
    urls = {endpoint.pk: endpoint.url for endpoint in endpoints}
    found = _good_runs(urls).defer("result", "sealed_key", "findings")
    return {run.endpoint_id: run for run in found if run.target_url == urls[run.endpoint_id]}


def _finding(row: dict[str, Any]) -> Finding:
    # Written by ourselves from a validated result: built without validating it again for every page.
    return Finding.model_construct(
        code=row["code"],
        strength=Strength(row["strength"]),
        params=row["params"],
        exchanges=tuple(row["exchanges"]),
    )


def probed_endpoints(assessment: Assessment) -> tuple[ProbedEndpoint, ...]:
    """Return the endpoints in scope with the findings of their latest good probe: two queries."""
    roles = list(roles_in_force(assessment).values("part", "endpoint_id", "endpoint__name", "endpoint__url"))
    if not roles:
        return ()
    urls = {role["endpoint_id"]: role["endpoint__url"] for role in roles}
    runs = {}
    for run in _good_runs(urls).values("endpoint_id", "target_url", "finished_at", "findings"):
        # A changed address makes earlier findings those of another endpoint.
        if run["target_url"] == urls[run["endpoint_id"]]:
            runs[run["endpoint_id"]] = run
    oldest = timezone.now() - PROBE_MAX_AGE
    probed = []
    for role in roles:
        run = runs.get(role["endpoint_id"])
        probed.append(
            ProbedEndpoint.model_construct(
                id=str(role["endpoint_id"]),
                name=role["endpoint__name"],
                role=role["part"],
                stale=bool(run and run["finished_at"] and run["finished_at"] < oldest),
                findings=tuple(_finding(row) for row in run["findings"]) if run else (),
            )
        )
    return tuple(probed)


def scorecard(
    assessment: Assessment, questionnaire: Questionnaire, answers: dict[str, Answer] | None = None
) -> Scorecard:
    """Score an assessment as it stands now: four queries, two when the answers are given."""
    if answers is None:
        answers = answers_by_question(assessment)
    given = given_answers(answers, timezone.localdate())
    return score(questionnaire, given, probed_endpoints(assessment), assessment.scope)


def endpoints_with_runs(assessment: Assessment) -> list[tuple[EndpointRole, ProbeRun | None]]:
    """Return every endpoint role, removed ones last, with its latest run of whatever outcome."""
    roles = list(
        EndpointRole.objects.filter(assessment=assessment)
        .select_related("endpoint", "workload")
        .order_by("removed_at", "endpoint__name")
    )
    latest: dict[object, ProbeRun] = {}
    for run in (
        ProbeRun.objects.filter(endpoint__in=[role.endpoint_id for role in roles])
        .defer("result", "sealed_key")
        .order_by("created_at")
    ):
        latest[run.endpoint_id] = run
    return [(role, latest.get(role.endpoint_id)) for role in roles]


def reports_of(assessment: Assessment) -> QuerySet[Report]:
    """Return the reports of an assessment, newest first, without their contents."""
    return Report.objects.filter(assessment=assessment).defer("content", "scorecard")


def answered_by_dimension(questionnaire: Questionnaire, scope: str, answers: dict[str, Answer]) -> dict[str, tuple]:
    """Return {dimension: (answered, asked)} for honest progress."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for question in questionnaire.asked("full" if scope == "full" else "quick"):
        answer = answers.get(question.id)
        counts[question.dimension][1] += 1
        counts[question.dimension][0] += bool(answer and answer.state != Answer.State.NOT_ASKED)
    return {dimension: (done, asked) for dimension, (done, asked) in counts.items()}
