"""Holding drills in tests: look at both endpoints as the real prober does, then run."""

from datetime import UTC, datetime
from typing import Any

from assessor.probes import engine
from assessor.probes.drills import disconnect_plan, exit_run
from assessor.probes.drills.choose import sides
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.exit_plan import ExitPlan, make_plan
from assessor.probes.drills.records import ExitRecord
from assessor.probes.result import ProbeResult
from assessor.probes.target import Policy, Target
from tests.probes.drills.model import Model

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


_seen: dict[tuple[object, ...], ProbeResult] = {}


def probed(model: Model) -> ProbeResult:
    """Return what a real probe saw of a server; one like it is probed once for all tests."""
    kind = (model.name, model.speaks)
    if kind not in _seen:
        _seen[kind] = engine.run(Target(model.url), Policy())
    return _seen[kind].model_copy(update={"target_url": model.url})


def probed_before(role: Any, model: Model) -> None:
    """Keep what a probe saw of a server as a run of its endpoint."""
    from assessor.models import ProbeRun

    seen = probed(model)
    ProbeRun.objects.create(
        organisation=role.organisation,
        endpoint=role.endpoint,
        target_url=role.endpoint.url,
        status="done",
        outcome=seen.outcome,
        result=seen.model_dump(mode="json"),
        result_sha256=seen.sha256,
        findings=[finding.model_dump(mode="json") for finding in seen.findings],
        finished_at=datetime.now(UTC),
    )


def planned(a: Model, b: Model, *, chosen: dict[str, Any] | None = None, **wishes: Any) -> ExitPlan:
    """Return the plan of an exit drill from a to b, made from what a real probe saw."""
    seen = [probed(one) for one in (a, b)]
    return make_plan(*sides(seen[0], seen[1], **(chosen or {})), now=NOW, **wishes)


def drilled(a: Model, b: Model, plan: ExitPlan | None = None, **more: Any) -> ExitRecord:
    """Hold an exit drill from a to b and return its record."""
    plan = plan or planned(a, b)
    return exit_run.run(plan, (Target(a.url), Target(b.url)), Policy(), vantage="here", **more)


def states(record: ExitRecord) -> dict[str, tuple[str, str, str]]:
    """Return for each feature how it fared on both sides, and the verdict."""
    return {row.feature: (row.a.state, row.b.state, row.verdict) for row in record.features}


def codes(record: Any) -> set[str]:
    """Return the codes of a record's findings."""
    return {finding.code for finding in record.findings}


def disconnect_planned(model: Model, **wishes: Any) -> DisconnectPlan:
    """Return the plan of a short disconnection drill with rounds a fraction of a second apart."""
    seen = probed(model)
    short = {name: wishes.pop(name) for name in ("minutes", "every") if name in wishes}
    plan = disconnect_plan.make_plan(seen, now=NOW, minutes=1, **{"pass_mark": 100} | wishes)
    return plan.model_copy(update={"minutes": 0.03, "every": 0.3, "request_seconds": 5.0} | short)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at
