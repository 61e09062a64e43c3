"""What pages and reports read: each function is a bounded number of queries and no decision."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from assessor.evidence import Finding, Strength
from assessor.models import (
    LOCAL_USERNAME,
    Answer,
    Assessment,
    Endpoint,
    EndpointRole,
    Evidence,
    JobStatus,
    Membership,
    Organisation,
    ProbeRun,
    Report,
    User,
    Workload,
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


def membership_in(organisation: object, user: User | None) -> Membership | None:
    """Return a person's membership of today, person and organisation joined; None for laptop mode's local user."""
    rows = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=timezone.localdate()), organisation=organisation)
    rows = rows.filter(user__username=LOCAL_USERNAME) if user is None else rows.filter(user=user)
    return next(iter(rows.select_related("organisation", "user")), None)


def answers_of(assessment: Assessment, *, with_people: bool = False, only_for_score: bool = False) -> list[Answer]:
    """Return every answer in force with its evidence, those about single workloads included: two queries.

    `with_people` joins who gave them; `only_for_score` leaves out notes and dates, which a score does not read.
    """
    answers = Answer.objects.filter(assessment=assessment)
    if only_for_score:
        answers = answers.only("question", "state", "level", "value", "version", "workload_id")
    if with_people:
        answers = answers.select_related("answered_by", "workload")
    evidence = Prefetch("evidence", queryset=Evidence.objects.filter(removed_at=None).order_by("added_at"))
    return list(answers.prefetch_related(evidence))


def by_question(answers: Iterable[Answer], workload: object = None) -> dict[str, Answer]:
    """Return the answers about one workload (its id), or about the weakest critical one, by question."""
    return {answer.question: answer for answer in answers if answer.workload_id == workload}


def critical_workloads(assessment: Assessment) -> list[object]:
    """Return the ids of the critical workloads in scope; of all of them where none is critical."""
    rows = list(assessment.workloads.order_by("pk").values_list("pk", "criticality"))
    critical = [pk for pk, criticality in rows if criticality == Workload.Criticality.CRITICAL]
    return critical or [pk for pk, _criticality in rows]


def _given(answer: Answer, today: date) -> GivenAnswer:
    level = answer.level
    proofs = tuple(Proof.model_construct(tier=row.tier(today), level=row.level) for row in answer.evidence.all())
    value = tuple(answer.value) if isinstance(answer.value, list) else answer.value
    return GivenAnswer.model_construct(
        question=answer.question, state=answer.state, level=level, value=value, proofs=proofs, others=()
    )


def given_answers(answers: Iterable[Answer], assessment: Assessment, today: date) -> dict[str, GivenAnswer]:
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
            general[answer.question] = _given(answer, today)
        else:
            single[answer.question][answer.workload_id] = _given(answer, today)
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
    assessment: Assessment, questionnaire: Questionnaire, answers: Iterable[Answer] | None = None
) -> Scorecard:
    """Score an assessment as it stands now: four queries, two when the answers are given."""
    if answers is None:
        answers = answers_of(assessment)
    given = given_answers(answers, assessment, timezone.localdate())
    return score(questionnaire, given, probed_endpoints(assessment), assessment.scope, assessment.profile)


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


def answered_by_dimension(card: Scorecard) -> dict[str, tuple[int, int]]:
    """Return {dimension: (answered, asked)} for honest progress: what a fact hides is not asked."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in card.questions:
        if one.state != "hidden":
            counts[one.dimension][1] += 1
            counts[one.dimension][0] += one.state != "not-asked"
    return {dimension: (done, asked) for dimension, (done, asked) in counts.items()}
