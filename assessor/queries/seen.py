"""What probes and drills saw at the endpoints in scope."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from assessor.evidence import Finding, Strength
from assessor.models import Assessment, DrillRun, Endpoint, EndpointRole, JobStatus, ProbeRun
from assessor.prepared import Prepared
from assessor.scoring.drilled import HeldDrill, in_force

PROBE_MAX_AGE = timedelta(days=90)
DRILL_MAX_AGE = timedelta(days=365)
SEEN = ("completed", "partly")


def role_rows(**of: object) -> "QuerySet[EndpointRole, Any]":
    """Return roles that were not taken out, each with its endpoint, once for each disputed code of its assessment."""
    drilled = Exists(DrillRun.objects.filter(endpoint=OuterRef("endpoint"), status=JobStatus.DONE))
    fields = ("endpoint_id", "endpoint__name", "endpoint__url", "drilled", "assessment__disputes__code")
    rows = EndpointRole.objects.filter(removed_at=None, **of).annotate(drilled=drilled)
    return rows.values_list("assessment_id", "part", *fields).distinct()


def drill_rows(**of: object) -> "QuerySet[DrillRun, Any]":
    """Return the `DRILL_FIELDS` of drills that ended with a record, the oldest first."""
    rows = DrillRun.objects.filter(endpoint__roles__removed_at=None, status=JobStatus.DONE, **of)
    return rows.order_by("finished_at", "pk").values_list(*DRILL_FIELDS).distinct()


def run_rows(**of: object) -> "QuerySet[ProbeRun, Any]":
    """Return the `RUN_FIELDS` of runs that saw something, the latest of each endpoint last."""
    rows = ProbeRun.objects.filter(endpoint__roles__removed_at=None, status=JobStatus.DONE, outcome__in=SEEN, **of)
    return rows.order_by("endpoint_id", "finished_at", "pk").values_list(*RUN_FIELDS).distinct()


ROLES = Prepared(lambda assessment: role_rows(assessment=assessment), "assessment")
DRILL_FIELDS = (
    *("pk", "endpoint_id", "kind", "target_url", "finished_at"),
    *("plan_id", "plan__candidate_id", "outcome", "passed"),
)
# Drills are rare beside probes: the roles tell whether there is any, and only then are they read.
DRILLS = Prepared(lambda assessment: drill_rows(endpoint__roles__assessment=assessment), "assessment")
RUN_FIELDS = ("pk", "endpoint_id", "target_url", "finished_at", "imported")
RUNS = Prepared(lambda assessment: run_rows(endpoint__roles__assessment=assessment), "assessment")


def roles_in_force(assessment: Assessment) -> QuerySet[EndpointRole]:
    """Return the endpoint roles of an assessment that were not taken out."""
    return EndpointRole.objects.filter(assessment=assessment, removed_at=None).select_related("endpoint", "workload")


def _good_runs(endpoints: Iterable[object]) -> QuerySet[ProbeRun]:
    """Return the runs that saw something, the latest of each endpoint last."""
    good = ProbeRun.objects.filter(endpoint__in=endpoints, status=JobStatus.DONE, outcome__in=SEEN)
    return good.order_by("endpoint", "finished_at", "pk")


def last_good_runs(endpoints: list[Endpoint]) -> dict[object, ProbeRun]:
    """Return for each endpoint id the latest run that saw something; a failed probe hides no earlier one."""
    urls = {endpoint.pk: endpoint.url for endpoint in endpoints}
    found = _good_runs(urls).defer("result", "sealed_key", "findings")
    return {run.endpoint_id: run for run in found if run.target_url == urls[run.endpoint_id]}


def finding_of(row: dict[str, Any]) -> Finding:
    """Return a finding as a run keeps it."""
    # Written by ourselves from a validated result: built without validating it again for every page.
    return Finding.model_construct(
        code=row["code"],
        strength=Strength(row["strength"]),
        params=row["params"],
        exchanges=tuple(row["exchanges"]),
    )


def runs_at(
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
            found_by_run[pk] = tuple(finding_of(row) for row in rows)
    for run in runs:
        run["findings"] = found_by_run[run["pk"]]


# The drills of each endpoint at its present address, by kind, the oldest first.
Drilled = dict[object, dict[str, list[HeldDrill]]]


def drills_at(urls: dict[object, str], rows: Iterable[tuple[Any, ...]] | None = None) -> Drilled:
    """Return the drills of each endpoint at its present address; `rows` are their `DRILL_FIELDS` where read before."""
    if rows is None:
        held = DrillRun.objects.filter(endpoint__in=list(urls), status=JobStatus.DONE).order_by("finished_at", "pk")
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


def found_by(drills: Iterable[HeldDrill]) -> dict[object, tuple[Finding, ...]]:
    """Return the findings of some drills; one query for those not remembered."""
    wanted = [one.id for one in drills]
    missing = [pk for pk in wanted if pk not in found_by_run]
    if missing:
        for pk, found in DrillRun.objects.filter(pk__in=missing).values_list("pk", "findings"):
            found_by_run[pk] = tuple(finding_of(row) for row in found)
    return {pk: found_by_run[pk] for pk in wanted}


def counting(drills: Drilled) -> dict[object, list[HeldDrill]]:
    """Return the drills of each endpoint whose findings count: one of each kind, within a year."""
    oldest = timezone.now() - DRILL_MAX_AGE
    picked = {
        endpoint: [in_force([one for one in held if one.held > oldest]) for held in kinds.values()]
        for endpoint, kinds in drills.items()
    }
    return {endpoint: [one for one in rows if one is not None] for endpoint, rows in picked.items()}


def drills_in_force(endpoint: Endpoint) -> dict[object, tuple[Finding, ...]]:
    """Return the findings of the drills that count at one endpoint's present address, by run: two queries at most."""
    return found_by(counting(drills_at({endpoint.pk: endpoint.url})).get(endpoint.pk, ()))


def drill_findings(endpoint: Endpoint) -> tuple[Finding, ...]:
    """Return what the drills in force found at one endpoint's present address: two queries at most."""
    return tuple(one for findings in drills_in_force(endpoint).values() for one in findings)


def endpoints_with_runs(assessment: Assessment) -> list[tuple[EndpointRole, ProbeRun | None]]:
    """Return every endpoint role, removed ones last, with its latest run of whatever outcome; none of the bin."""
    rows = EndpointRole.objects.filter(assessment=assessment, endpoint__deleted_at=None)
    roles = list(rows.select_related("endpoint", "workload").order_by("removed_at", "endpoint__name"))
    # The latest of each by its id: an endpoint that is probed every night has hundreds of runs.
    newest = ProbeRun.objects.filter(endpoint=OuterRef("pk")).order_by("-created_at", "-pk").values("pk")[:1]
    ids = Endpoint.objects.filter(pk__in=[role.endpoint_id for role in roles]).values_list(Subquery(newest), flat=True)
    rows = ProbeRun.objects.filter(pk__in=ids).defer("result", "sealed_key", "findings")
    latest = {run.endpoint_id: run for run in rows}
    return [(role, latest.get(role.endpoint_id)) for role in roles]
