"""What pages and reports read: each function is a bounded number of queries and no decision."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone
from django_scopes import get_scope

from assessor.evidence import Finding, Strength
from assessor.models import (
    FACT_FIELDS,
    Answer,
    Assessment,
    Attachment,
    Dispute,
    DrillRun,
    Endpoint,
    EndpointRole,
    Evidence,
    JobStatus,
    ProbeRun,
    Report,
    Simulation,
    Workload,
    evidence_facts,
    signed_scorecards,
)
from assessor.prepared import Prepared, PreparedRows
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.drilled import HeldDrill, in_force, later_word
from assessor.scoring.proofs import Attached, weigh
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint, Scorecard

PROBE_MAX_AGE = timedelta(days=90)
DRILL_MAX_AGE = timedelta(days=365)
SEEN = ("completed", "partly")
# Which disputes lift a finding from the score: only those another person accepted, unless two readings are compared.
Heeding = Literal["accepted", "all", "none"]
# `moved`: the endpoint has another address by now, so the dispute is about something that is not asked any more;
# `again`: a later drill found the same, which is a new fact.
DisputeState = Literal["open", "accepted", "rejected", "resolved", "moved", "again"]
ANSWER_FIELDS = ("question", "state", "level", "value", "version", "workload_id")
PROOF_FIELDS = ("evidence__probe_run__imported", *(f"evidence__{name}" for name in FACT_FIELDS))
AnyAnswer = TypeVar("AnyAnswer", Answer, "ScoredAnswer")


def evidence_in_force(*, with_files: bool = False) -> QuerySet[Evidence]:
    """Return evidence that was not removed, with what its tier needs of a probe run; files cost one query more."""
    rows = Evidence.objects.filter(removed_at=None).select_related("probe_run").order_by("added_at")
    rows = rows.defer("probe_run__result", "probe_run__findings", "probe_run__sealed_key", "probe_run__progress")
    if with_files:
        rows = rows.prefetch_related(Prefetch("attachments", queryset=Attachment.objects.all()))
    return rows


# What a save and every page of an assessment read: built once (see `assessor.prepared`).
_ASSESSMENT = PreparedRows[Assessment](
    lambda assessment: (
        Assessment.objects.filter(pk=assessment)
        .select_related("questionnaire_version", "simulation")
        .defer("questionnaire_version__content", "simulation__summary")
    ),
    "assessment",
)
_WORKLOADS = PreparedRows[Workload](lambda assessment: Workload.objects.filter(assessments=assessment), "assessment")
_ANSWERS = PreparedRows[Answer](lambda assessment: Answer.objects.filter(assessment=assessment), "assessment")
_EVIDENCE = PreparedRows[Evidence](
    lambda assessment: evidence_in_force().filter(answer__assessment=assessment), "assessment"
)
_DISPUTES = PreparedRows[Dispute](lambda assessment: _dispute_rows(assessment=assessment), "assessment")


def _dispute_rows(**of: object) -> "QuerySet[Dispute]":
    rows = Dispute.objects.filter(withdrawn_at=None, **of)
    return rows.select_related("endpoint", "raised_by", "decided_by").order_by("raised_at")


def _scored_rows(**of: object) -> "QuerySet[Answer, Any]":
    fields = ("assessment_id", *ANSWER_FIELDS, "evidence__removed_at", "evidence__level", *PROOF_FIELDS)
    return Answer.objects.filter(**of).order_by("evidence__added_at").values_list(*fields)


def _role_rows(**of: object) -> "QuerySet[EndpointRole, Any]":
    drilled = Exists(DrillRun.objects.filter(endpoint=OuterRef("endpoint"), status=JobStatus.DONE))
    fields = ("endpoint_id", "endpoint__name", "endpoint__url", "drilled", "assessment__disputes__code")
    rows = EndpointRole.objects.filter(removed_at=None, **of).annotate(drilled=drilled)
    return rows.values_list("assessment_id", "part", *fields).distinct()


def _drill_rows(**of: object) -> "QuerySet[DrillRun, Any]":
    rows = DrillRun.objects.filter(endpoint__roles__removed_at=None, status=JobStatus.DONE, **of)
    return rows.order_by("finished_at").values_list(*DRILL_FIELDS).distinct()


def _run_rows(**of: object) -> "QuerySet[ProbeRun, Any]":
    rows = ProbeRun.objects.filter(endpoint__roles__removed_at=None, status=JobStatus.DONE, outcome__in=SEEN, **of)
    return rows.order_by("endpoint_id", "finished_at").values_list(*RUN_FIELDS).distinct()


_SCORED = Prepared(lambda assessment: _scored_rows(assessment=assessment), "assessment")
_ROLES = Prepared(lambda assessment: _role_rows(assessment=assessment), "assessment")

DRILL_FIELDS = (
    *("pk", "endpoint_id", "kind", "target_url", "finished_at"),
    *("plan_id", "plan__candidate_id", "outcome", "passed"),
)
# Drills are rare beside probes: the roles tell whether there is any, and only then are they read.
_DRILLS = Prepared(lambda assessment: _drill_rows(endpoint__roles__assessment=assessment), "assessment")

# Where findings of scenarios come from, beside the ids of endpoints.
SCENARIOS = "scenarios"
_PLAYED = Prepared(
    lambda assessment: Simulation.objects.filter(assessment=assessment).values_list("findings"), "assessment"
)

RUN_FIELDS = ("pk", "endpoint_id", "target_url", "finished_at", "imported")
_RUNS = Prepared(lambda assessment: _run_rows(endpoint__roles__assessment=assessment), "assessment")


def assessment_in_scope(assessment: object) -> Assessment | None:
    """Return an assessment by its id, its questionnaire by hash only; None outside the organisation in scope."""
    found = next(iter(_ASSESSMENT.run(assessment=assessment)), None)
    if found is not None:
        # The scope holds the very row: joining it again would only cost time.
        found.organisation = get_scope()["organisation"]
    return found


def workloads_of(assessment: Assessment) -> list[Workload]:
    """Return the workloads in the scope of an assessment, by name."""
    return _WORKLOADS.run(assessment=assessment.pk)


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
    nothing = _read(Evidence.objects.none(), [])
    for answer in answers:
        own = attached.get(answer.pk)
        found = nothing if own is None else _read(answer.evidence.get_queryset(), own)
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
    return _scored(_SCORED.run(assessment=assessment.pk))[assessment.pk]


def _scored(rows: Iterable[tuple[Any, ...]]) -> dict[object, list[ScoredAnswer]]:
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


def critical_workloads(assessment: Assessment) -> list[object]:
    """Return the ids of the critical workloads in scope; of all of them where none is critical."""
    if "workloads" in getattr(assessment, "_prefetched_objects_cache", {}):
        rows = sorted((one.pk, one.criticality) for one in assessment.workloads.all())
    else:
        rows = list(assessment.workloads.order_by("pk").values_list("pk", "criticality"))
    critical = [pk for pk, criticality in rows if criticality == Workload.Criticality.CRITICAL]
    return critical or [pk for pk, _criticality in rows]


def _given(answer: Answer | ScoredAnswer, questionnaire: Questionnaire, today: date) -> GivenAnswer:
    level, question = answer.level, questionnaire.question(answer.question)
    rows = [row.attached for row in answer.evidence.all()] if isinstance(answer, Answer) else answer.attached
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


def disputes_of(assessment: Assessment) -> list[Dispute]:
    """Return every dispute of an assessment that was not withdrawn, the oldest first, with its people: one query."""
    return _DISPUTES.run(assessment=assessment.pk)


def _runs_at(
    urls: dict[object, str], rows: Iterable[tuple[Any, ...]] | None = None, *, only_last: bool = False
) -> dict[object, list[dict[str, Any]]]:
    """Return the good runs of each endpoint at its present address, the oldest first: two queries at most.

    `rows` are the `RUN_FIELDS` of those runs where they were read before. With `only_last` the latest of each: what
    earlier ones found matters to disputes alone.
    """
    if rows is None:
        rows = _good_runs(urls).values_list(*RUN_FIELDS)
    runs: dict[object, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        run: dict[str, Any] = dict(zip(RUN_FIELDS, row, strict=True))
        # A changed address makes earlier findings those of another endpoint.
        if run["target_url"] == urls[run["endpoint_id"]]:
            runs[run["endpoint_id"]].append(run)
    if only_last:
        runs = defaultdict(list, {endpoint: rows[-1:] for endpoint, rows in runs.items()})
    _add_findings([run for of_endpoint in runs.values() for run in of_endpoint])
    return dict(runs)


# What a finished run found never changes, and every page of an assessment weighs it: kept by the id of the run.
found_by_run: dict[object, tuple[Finding, ...]] = {}
FOUND_MOST = 500


def _add_findings(runs: list[dict[str, Any]]) -> None:
    """Put the findings of each run under `findings`; those not remembered are read in one query."""
    missing = [run["pk"] for run in runs if run["pk"] not in found_by_run]
    if missing:
        if len(found_by_run) + len(missing) > FOUND_MOST:
            found_by_run.clear()
            missing = [run["pk"] for run in runs]
        for pk, rows in ProbeRun.objects.filter(pk__in=missing).values_list("pk", "findings"):
            found_by_run[pk] = tuple(_finding(row) for row in rows)
    for run in runs:
        run["findings"] = found_by_run[run["pk"]]


# The drills of each endpoint at its present address, by kind, the oldest first.
Drilled = dict[object, dict[str, list[HeldDrill]]]


def _drills_at(urls: dict[object, str], rows: Iterable[tuple[Any, ...]] | None = None) -> Drilled:
    """Return the drills of each endpoint at its present address; `rows` are their `DRILL_FIELDS` where read before."""
    if rows is None:
        held = DrillRun.objects.filter(endpoint__in=list(urls), status=JobStatus.DONE).order_by("finished_at")
        rows = held.values_list(*DRILL_FIELDS)
    drills: Drilled = defaultdict(lambda: defaultdict(list))
    begun: dict[object, datetime] = {}
    for pk, endpoint, kind, url, finished, plan, candidate, outcome, passed in rows:
        if url == urls[endpoint]:
            # Proof that is joined later makes no drill any younger.
            held_at = begun.setdefault(plan, finished)
            one = HeldDrill(pk, plan, candidate, held_at, finished, outcome == "completed", passed)
            drills[endpoint][kind].append(one)
    return drills


def _found_by(drills: Iterable[HeldDrill]) -> dict[object, tuple[Finding, ...]]:
    """Return the findings of some drills; one query for those not remembered."""
    wanted = [one.id for one in drills]
    missing = [pk for pk in wanted if pk not in found_by_run]
    if missing:
        for pk, found in DrillRun.objects.filter(pk__in=missing).values_list("pk", "findings"):
            found_by_run[pk] = tuple(_finding(row) for row in found)
    return {pk: found_by_run[pk] for pk in wanted}


def _counting(drills: Drilled) -> dict[object, list[HeldDrill]]:
    """Return the drills of each endpoint whose findings count: one of each kind, within a year."""
    oldest = timezone.now() - DRILL_MAX_AGE
    picked = {
        endpoint: [in_force([one for one in held if one.held > oldest]) for held in kinds.values()]
        for endpoint, kinds in drills.items()
    }
    return {endpoint: [one for one in rows if one is not None] for endpoint, rows in picked.items()}


def drills_in_force(endpoint: Endpoint) -> dict[object, tuple[Finding, ...]]:
    """Return the findings of the drills that count at one endpoint's present address, by run: two queries at most."""
    return _found_by(_counting(_drills_at({endpoint.pk: endpoint.url})).get(endpoint.pk, ()))


def drill_findings(endpoint: Endpoint) -> tuple[Finding, ...]:
    """Return what the drills in force found at one endpoint's present address: two queries at most."""
    return tuple(one for findings in drills_in_force(endpoint).values() for one in findings)


def _drill_dispute(dispute: Dispute, kinds: dict[str, list[HeldDrill]]) -> DisputeState:
    # The second part of the code names the kind of drill.
    held = kinds.get(dispute.code.split(".")[1], [])
    found = {pk: frozenset(one.code for one in findings) for pk, findings in _found_by(held).items()}
    return later_word(held, found, dispute.code, dispute.raised_at) or _decision(dispute)


def _decision(dispute: Dispute) -> DisputeState:
    if dispute.decided_at is None:
        return "open"
    return "accepted" if dispute.accepted else "rejected"


def dispute_state(dispute: Dispute, runs: list[dict[str, Any]]) -> DisputeState:
    """Return where a dispute stands, given the good runs of its endpoint at its present address, oldest first.

    A later run that does not show the code settles it for good: should the code come back, that is something new.
    """
    if not runs or runs[0]["finished_at"] > dispute.raised_at:
        return "moved"
    later = [run["findings"] for run in runs if run["finished_at"] > dispute.raised_at]
    if any(dispute.code not in {one.code for one in findings} for findings in later):
        return "resolved"
    return _decision(dispute)


def is_of_drill(code: str) -> bool:
    """Tell whether a drill found it, and no probe."""
    return code.startswith("drill.")


def dispute_states(disputes: Iterable[Dispute]) -> dict[object, DisputeState]:
    """Return the state of each dispute by its id; two queries for those about probes, two about drills."""
    rows = list(disputes)
    about_drills = {one.endpoint_id: one.endpoint.url for one in rows if is_of_drill(one.code)}
    about_probes = {one.endpoint_id: one.endpoint.url for one in rows if not is_of_drill(one.code)}
    runs = _runs_at(about_probes) if about_probes else {}
    drills = _drills_at(about_drills) if about_drills else {}
    return {one.pk: _state(one, runs, drills) for one in rows}


def _state(dispute: Dispute, runs: dict[object, list[dict[str, Any]]], drills: Drilled) -> DisputeState:
    if is_of_drill(dispute.code):
        return _drill_dispute(dispute, drills.get(dispute.endpoint_id, {}))
    return dispute_state(dispute, runs.get(dispute.endpoint_id, []))


def probed_endpoints(
    assessment: Assessment, disputes: Iterable[Dispute] | None = None, *, heeding: Heeding = "accepted"
) -> tuple[ProbedEndpoint, ...]:
    """Return the endpoints in scope with the findings of their latest good probe and drills: six queries at most.

    A finding whose dispute was accepted does not count; with `heeding` "all" none that is disputed does, with "none"
    every finding does. `disputes` saves a query where they were read before.
    """
    roles = list(_ROLES.run(assessment=assessment.pk))
    if not roles:
        return ()
    read = _Read(roles, lambda: _RUNS.run(assessment=assessment.pk), lambda: _DRILLS.run(assessment=assessment.pk))
    if heeding == "none" or not any(_disputed(role) for role in roles):
        disputes = ()
    return read.endpoints(roles, disputes_of(assessment) if disputes is None else disputes, heeding)


def _disputed(role: tuple[Any, ...]) -> bool:
    return role[6] is not None


class _Read:
    """What endpoints in scope were seen to do, of one assessment or of several: read once, weighed for each.

    `roles` are rows of `_role_rows`; `runs` and `drills` are asked for the others where there can be any.
    """

    def __init__(
        self, roles: list[tuple[Any, ...]], runs: Callable[[], Iterable[Any]], drills: Callable[[], Iterable[Any]]
    ) -> None:
        urls = {role[2]: role[4] for role in roles}
        self.runs = _runs_at(urls, runs(), only_last=not any(_disputed(role) for role in roles)) if urls else {}
        self.drills = _drills_at(urls, drills()) if any(role[5] for role in roles) else {}
        self.counting = _counting(self.drills)
        self.drill_found = _found_by(one for rows in self.counting.values() for one in rows)

    def endpoints(
        self, roles: Iterable[tuple[Any, ...]], disputes: Iterable[Dispute], heeding: Heeding = "accepted"
    ) -> tuple[ProbedEndpoint, ...]:
        """Return the endpoints of these roles with the findings that no dispute lifts."""
        lifted: set[tuple[object, str]] = set()
        for one in disputes:
            state = _state(one, self.runs, self.drills)
            if state == "accepted" or (heeding == "all" and state == "open"):
                lifted.add((one.endpoint_id, one.code))
        oldest = timezone.now() - PROBE_MAX_AGE
        probed = []
        # The join repeats a role for each disputed code; its place in the list stays.
        for _assessment, part, endpoint, name, _url in dict.fromkeys(role[:5] for role in roles):
            run = self.runs[endpoint][-1] if endpoint in self.runs else None
            findings = (run["findings"] if run else ()) + tuple(
                found for drill in self.counting.get(endpoint, ()) for found in self.drill_found[drill.id]
            )
            probed.append(
                ProbedEndpoint.model_construct(
                    id=str(endpoint),
                    name=name,
                    role=part,
                    stale=bool(run and run["finished_at"] and run["finished_at"] < oldest),
                    unsigned=bool(run and run["imported"]),
                    findings=tuple(one for one in findings if (endpoint, one.code) not in lifted),
                )
            )
        return tuple(probed)


def played_scenarios(assessment: Assessment) -> tuple[ProbedEndpoint, ...]:
    """Return what scenarios show, as one place beside the endpoints; nothing where none was played.

    One query, none where the assessment was read together with it.
    """
    if "simulation" in assessment._state.fields_cache:
        joined = assessment._state.fields_cache["simulation"]
        findings = joined.findings if joined is not None else ()
    else:
        findings = next(iter(_PLAYED.run(assessment=assessment.pk)), ((),))[0]
    if not findings:
        return ()
    return (
        ProbedEndpoint.model_construct(
            id=SCENARIOS,
            name=SCENARIOS,
            role="inventory",
            stale=False,
            unsigned=False,
            findings=tuple(_finding(row) for row in findings),
        ),
    )


def scorecard(
    assessment: Assessment,
    questionnaire: Questionnaire,
    answers: Iterable[Answer | ScoredAnswer] | None = None,
    disputes: Iterable[Dispute] | None = None,
    *,
    heeding: Heeding = "accepted",
) -> Scorecard:
    """Score an assessment as it stands now: five queries, fewer when answers are given or nothing is disputed.

    A signed round is not scored again: it has the scorecard that was signed.

    `heeding` says which disputes lift a finding: those accepted (the score in force), all or none (for comparison).
    """
    if assessment.is_signed and (frozen := signed_scorecards([assessment])):
        return frozen[assessment.pk]
    if answers is None:
        answers = scored_answers(assessment)
    given = given_answers(answers, assessment, questionnaire, timezone.localdate())
    endpoints = (*probed_endpoints(assessment, disputes, heeding=heeding), *played_scenarios(assessment))
    return score(questionnaire, given, endpoints, assessment.scope, assessment.profile)


def scorecards(assessments: Sequence[tuple[Assessment, Questionnaire]]) -> list[Scorecard]:
    """Score several assessments, of any organisations in scope, as they stand: eight queries at most for all.

    They have to come with their simulation joined and their workloads prefetched, or each costs queries of its own.
    """
    ids = [assessment.pk for assessment, _questionnaire in assessments]
    answers, today = _scored(_scored_rows(assessment__in=ids)), timezone.localdate()
    roles: dict[object, list[tuple[Any, ...]]] = defaultdict(list)
    for role in _role_rows(assessment__in=ids):
        roles[role[0]].append(role)
    every = [role for own in roles.values() for role in own]
    read = _Read(
        every,
        lambda: _run_rows(endpoint__roles__assessment__in=ids),
        lambda: _drill_rows(endpoint__roles__assessment__in=ids),
    )
    disputes: dict[object, list[Dispute]] = defaultdict(list)
    if any(_disputed(role) for role in every):
        for one in _dispute_rows(assessment__in=ids):
            disputes[one.assessment_id].append(one)
    cards = []
    frozen = signed_scorecards([assessment for assessment, _questionnaire in assessments if assessment.is_signed])
    for assessment, questionnaire in assessments:
        if assessment.pk in frozen:
            cards.append(frozen[assessment.pk])
            continue
        given = given_answers(answers[assessment.pk], assessment, questionnaire, today)
        probed = read.endpoints(roles[assessment.pk], disputes[assessment.pk])
        endpoints = (*probed, *played_scenarios(assessment))
        cards.append(score(questionnaire, given, endpoints, assessment.scope, assessment.profile))
    return cards


def endpoints_with_runs(assessment: Assessment) -> list[tuple[EndpointRole, ProbeRun | None]]:
    """Return every endpoint role, removed ones last, with its latest run of whatever outcome; none of the bin."""
    rows = EndpointRole.objects.filter(assessment=assessment, endpoint__deleted_at=None)
    roles = list(rows.select_related("endpoint", "workload").order_by("removed_at", "endpoint__name"))
    # The latest of each by its id: an endpoint that is probed every night has hundreds of runs.
    newest = ProbeRun.objects.filter(endpoint=OuterRef("pk")).order_by("-created_at").values("pk")[:1]
    ids = Endpoint.objects.filter(pk__in=[role.endpoint_id for role in roles]).values_list(Subquery(newest), flat=True)
    rows = ProbeRun.objects.filter(pk__in=ids).defer("result", "sealed_key", "findings")
    latest = {run.endpoint_id: run for run in rows}
    return [(role, latest.get(role.endpoint_id)) for role in roles]


def reports_of(assessment: Assessment) -> QuerySet[Report]:
    """Return the reports of an assessment, newest first, without their contents."""
    return Report.objects.filter(assessment=assessment, ahead=False).defer("content", "scorecard")
