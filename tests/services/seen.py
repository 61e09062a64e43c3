"""Probe runs as the worker leaves them, without a server: what was seen, where and when."""

from datetime import timedelta

from django.utils import timezone

from assessor.models import DrillPlan, DrillRun, Endpoint, EndpointRole, JobStatus, ProbeRun
from assessor.services import endpoints
from assessor.services.endpoints import EndpointFacts
from assessor.services.questionnaires import shipped


def bearing(kind="caps", least=0):
    """Return a question of the quick scan and the code of a finding that caps or supports its answer."""
    for question in shipped("ai-sovereignty").asked("quick"):
        for one in question.findings:
            level = getattr(one, kind)
            if level is not None and level >= least and question.kind == "ladder":
                return question, one
    raise AssertionError("no question of the quick scan is read by such a finding")


def endpoint_of(assessment, url="http://127.0.0.1:9999", **facts) -> EndpointRole:
    """Register an endpoint that no test asks."""
    return endpoints.register_endpoint(
        assessment, EndpointFacts(**{"name": "Ward", "url": url, "part": "model"} | facts)
    )


def saw(endpoint: Endpoint, *codes: str, strength="A", days_ago=0.0, **fields) -> ProbeRun:
    """Keep a run that found these codes."""
    at = timezone.now() - timedelta(days=days_ago)
    findings = [{"code": code, "strength": strength, "params": {}, "exchanges": ["r0"]} for code in codes]
    return ProbeRun.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        authority="test",
        target_url=endpoint.url,
        status=JobStatus.DONE,
        outcome="completed",
        result_sha256="0" * 64,
        started_at=at,
        finished_at=at,
        **{"findings": findings} | fields,
    )


def drilled(
    role: EndpointRole, *codes: str, days_ago=0.0, candidate=None, passed=True, joins: DrillRun | None = None, **fields
) -> DrillRun:
    """Keep a drill that found these codes; `joins` makes it the same drill with proof joined."""
    at = timezone.now() - timedelta(days=days_ago)
    kind = codes[0].split(".")[1]
    plan = joins.plan if joins else None
    if plan is None:
        plan = DrillPlan.objects.create(
            organisation=role.organisation, role=role, candidate=candidate, kind=kind, plan={}
        )
    return DrillRun.objects.create(
        organisation=role.organisation,
        plan=plan,
        joins=joins,
        endpoint=role.endpoint,
        kind=kind,
        authority="test",
        target_url=role.endpoint.url,
        status=JobStatus.DONE,
        result_sha256="0" * 64,
        started_at=at,
        finished_at=at,
        passed=passed,
        findings=[{"code": code, "strength": "A", "params": {}, "exchanges": []} for code in codes],
        **{"outcome": "completed"} | fields,
    )
