"""Planning a drill, agreeing to it, and carrying it out in the worker; its record is written once and never changed."""

import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import DrillPlan, DrillRun, Endpoint, JobStatus, User
from assessor.probes.collect.guard import check_url
from assessor.probes.drills import exit_run
from assessor.probes.drills.calls import Stopped
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.disconnect_judge import disconnect_record
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.disconnect_run import Drill, State
from assessor.probes.drills.exit_plan import ExitPlan
from assessor.probes.drills.records import DisconnectRecord, ExitRecord, Reply
from assessor.probes.engine import Progress
from assessor.probes.target import Target
from assessor.services import endpoint_keys, jobs, secrets, summaries
from assessor.services.policy import probe_policy
from assessor.services.probing import note, target_of

AUTHORITY = N_("I own these endpoints or have their owners' permission to test them, and agree to the cost shown.")
# How often a drill under way looks whether somebody stopped it; a stop is honoured within two seconds.
LOOK_S = 1.0
NO_RESULT = frozenset({"unreachable", "refused"})


@transaction.atomic
def request_run(plan: DrillPlan, user: User, *, authority: bool, key: str = "", candidate_key: str = "") -> DrillRun:
    """Record a run of a plan to be carried out by the worker.

    Raises `DrillRefused` without consent, when a needed key is missing, when an address changed since, when the plan
    was run already or another drill of the endpoint is under way; `PolicyRefusal` for a URL that is forbidden by now.
    """
    if not authority:
        raise DrillRefused(
            N_("Nothing was sent."), remedy=N_("Confirm that you may test these endpoints, then start the drill.")
        )
    endpoint, candidate = plan.role.endpoint, plan.candidate
    planned = [plan.plan["url"]] if candidate is None else [plan.plan["a"]["url"], plan.plan["b"]["url"]]
    for one, url, given in zip((endpoint, candidate), planned, (key, candidate_key), strict=False):
        assert one is not None  # noqa: S101 - an exit drill has a candidate
        _check(one, url, given)
    # Locked, so that two clicks at once start one drill.
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if DrillRun.objects.filter(plan=plan).exists():
        raise DrillRefused(
            N_("This plan was run already."), remedy=N_("Make a new one: a mark comes before its drill.")
        )
    if DrillRun.objects.filter(endpoint=endpoint, status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).exists():
        raise DrillRefused(
            N_("A drill of this endpoint is already under way."), remedy=N_("Wait for it, or stop it first.")
        )
    run = DrillRun.objects.create(
        organisation=plan.organisation,
        plan=plan,
        endpoint=endpoint,
        kind=plan.kind,
        requested_by=user,
        authority=AUTHORITY,
        target_url=endpoint.url,
        sealed_key=endpoint_keys.sealed_for_run(endpoint, key, "drill key"),
        sealed_candidate_key=endpoint_keys.sealed_for_run(candidate, candidate_key, "drill key") if candidate else "",
        lease_until=jobs.lease_end(),
    )
    note(run, "drill.started", user, drill=plan.kind)
    return run


def _check(endpoint: Endpoint, planned_url: str, key: str) -> None:
    check_url(endpoint.url, probe_policy())
    if endpoint.url.rstrip("/") != planned_url.rstrip("/"):
        raise DrillRefused(
            N_("The address of “{name}” was changed after the plan was made."),
            remedy=N_("Probe it anew and make a new plan."),
            name=endpoint.name,
        )
    if endpoint.key_mode == Endpoint.KeyMode.ONCE and not key:
        raise DrillRefused(
            N_("“{name}” wants a key, and none was given."), remedy=N_("Enter the key."), name=endpoint.name
        )
    endpoint_keys.check_at_hand(endpoint)


@contextmanager
def _target(endpoint: Endpoint, sealed: str, url: str) -> Iterator[Target]:
    """Give the prober's view of an endpoint, its key opened and its authority in a file for the time of the block."""
    key = endpoint_keys.given_to_prober(endpoint, sealed, "drill key")
    with tempfile.TemporaryDirectory(prefix="assessor-ca-") as folder:
        ca_file = None
        if endpoint.ca_pem.strip():
            ca_file = Path(folder) / "ca.pem"
            ca_file.write_text(endpoint.ca_pem)
        yield target_of(endpoint, key, ca_file, url, secrets.client_certificate(endpoint.client_certificate))


class _Watch:
    """Tells whether a run is still ours and wanted; asks the database once a second at most."""

    def __init__(self, run: DrillRun) -> None:
        self._run = run
        self._next = 0.0
        self.lost = False

    def __call__(self) -> bool:
        if not self.lost and time.monotonic() >= self._next:
            self._next = time.monotonic() + LOOK_S
            with scopes_disabled():
                mine = DrillRun.objects.filter(pk=self._run.pk, attempt=self._run.attempt, status=JobStatus.RUNNING)
                self.lost = not mine.exists()
        return self.lost


def carry_out(run_id: UUID | str, turn: int = 0) -> tuple[datetime, int] | None:
    """Do what is due of a drill; returns when it wants to go on and with which turn, None when it is over or not ours.

    A turn above 0 goes on with a drill that this or another worker has under way; 0 claims it.
    """
    run = _taken(run_id, turn)
    if run is None:
        return None
    state: State | None = None
    with scope(organisation=run.organisation), jobs.kept_alive(run):
        try:
            if run.kind == DrillPlan.Kind.EXIT:
                _hold_exit(run)
            else:
                state = _step(run)
        except AssessorError as error:
            _fail(run, str(error))
        except OSError as error:
            # Sockets never raise this here (an unreachable server is a result): it is this computer's own disc.
            _fail(run, N_("The drill could not be carried out on this computer: {why}.").format(why=error.strerror))
    # Only now, when nobody extends the lease any more: it has to last until the next step is due.
    return _rest(run, state) if state is not None else None


def _taken(run_id: UUID | str, turn: int) -> DrillRun | None:
    with scopes_disabled():
        if turn == 0:
            claimed = jobs.claim(DrillRun, run_id)
            if not isinstance(claimed, DrillRun):
                return None
            # What an earlier worker left in the queue carries an older turn and finds nothing to take.
            jobs.write(claimed, turn=F("turn") + 1)
        else:
            mine = DrillRun.objects.filter(pk=run_id, turn=turn, status=JobStatus.RUNNING).order_by()
            if not mine.update(turn=F("turn") + 1, lease_until=jobs.lease_end()):
                return None
        rows = DrillRun.objects.select_related("organisation", "plan__candidate", "endpoint")
        return rows.filter(pk=run_id).first()


def _fail(run: DrillRun, error: str) -> None:
    jobs.finish(run, JobStatus.FAILED, error=error, sealed_key="", sealed_candidate_key="")


def _hold_exit(run: DrillRun) -> None:
    plan = ExitPlan.model_validate(run.plan.plan)
    done = {name: Reply.model_validate(row) for name, row in run.state.get("replies", {}).items()}
    watch = _Watch(run)

    def on_done(call: str, reply: Reply) -> None:
        done[call] = reply
        state = {"replies": {name: one.model_dump(mode="json") for name, one in done.items()}}
        watch.lost |= not jobs.write(run, state=state, lease_until=jobs.lease_end())

    def on_progress(progress: Progress) -> None:
        told = {"done": progress.done, "total": progress.total, "doing": progress.doing}
        watch.lost |= not jobs.report_progress(run, **told)

    assert run.plan.candidate is not None  # noqa: S101 - an exit drill has one
    with ExitStack() as stack:
        targets = (
            stack.enter_context(_target(run.endpoint, run.sealed_key, plan.a.url)),
            stack.enter_context(_target(run.plan.candidate, run.sealed_candidate_key, plan.b.url)),
        )
        record = exit_run.run(
            plan,
            targets,
            probe_policy(),
            done=dict(done),
            on_done=on_done,
            on_progress=on_progress,
            cancelled=watch,
            started=run.created_at,
            vantage=platform.node(),
        )
    _store(run, record)


def _step(run: DrillRun) -> State | None:
    """Do what is due of a disconnection drill; returns the new state, None when it is over or was stopped."""
    plan = DisconnectPlan.model_validate(run.plan.plan)
    state = State.model_validate(run.state) if run.state else State()
    watch = _Watch(run)
    with _target(run.endpoint, run.sealed_key, plan.url) as target:
        drill = Drill(plan, target, probe_policy(), cancelled=watch)
        try:
            state = drill.step(state)
        except Stopped:
            return None
    if state.is_over:
        _store(run, disconnect_record(plan, state, vantage=platform.node()))
        return None
    return state


def _rest(run: DrillRun, state: State) -> tuple[datetime, int] | None:
    plan = DisconnectPlan.model_validate(run.plan.plan)
    due = Drill(plan, Target(plan.url), probe_policy()).due(state)
    kept = jobs.write(
        run,
        state=state.model_dump(mode="json"),
        progress=progress_of(plan, state),
        lease_until=max(due, timezone.now()) + timedelta(seconds=settings.JOB_LEASE_SECONDS),
    )
    return (due, run.turn) if kept else None


def progress_of(plan: DisconnectPlan, state: State) -> dict[str, Any]:
    """Return how far a disconnection drill is, as its page shows it."""
    held = [one for one in state.rounds if one.at >= 0]
    doing = {
        "waiting": N_("Waiting until nothing outside answers"),
        "closed": N_("Asking a fresh prompt in every round"),
    }
    return {
        "done": len(held),
        "total": plan.rounds,
        "doing": doing.get(state.phase, ""),
        "phase": state.phase,
        "answered": sum(one.ok for one in held),
        "open": sum("open" in one.outside for one in held),
    }


def _store(run: DrillRun, record: ExitRecord | DisconnectRecord) -> bool:
    failed = record.outcome in NO_RESULT
    kept = jobs.finish(
        run,
        JobStatus.FAILED if failed else JobStatus.DONE,
        error=record.error if failed else "",
        sealed_key="",
        sealed_candidate_key="",
        **columns(record),
    )
    if kept:
        summaries.refresh_at(run.endpoint)
    return kept


def columns(record: ExitRecord | DisconnectRecord) -> dict[str, Any]:
    """Return what a run keeps of its record."""
    return {
        "result": record.model_dump(mode="json"),
        "result_sha256": record.sha256,
        "outcome": record.outcome,
        "passed": record.passed,
        "qualifies": record.qualifies,
        "findings": [finding.model_dump(mode="json") for finding in record.findings],
    }


def record_of(run: DrillRun) -> ExitRecord | DisconnectRecord | None:
    """Return the record of a run, None while there is none."""
    if not run.result:
        return None
    return (ExitRecord if run.kind == DrillPlan.Kind.EXIT else DisconnectRecord).model_validate(run.result)


@transaction.atomic
def stop_run(run: DrillRun, user: User | None = None) -> None:
    """Stop a drill, forget its keys and keep what was seen until then as its record, where there is any."""
    jobs.cancel(run, sealed_key="", sealed_candidate_key="")
    with scopes_disabled():
        _keep_what_was_seen(DrillRun.objects.filter(pk=run.pk, status=JobStatus.CANCELLED))
    note(run, "drill.stopped", user)


def _keep_what_was_seen(runs: QuerySet[DrillRun]) -> None:
    """Write the record of drills that ended before their time; one that has a record, or saw nothing, is left alone."""
    for run in runs.filter(result_sha256="").exclude(state={}).select_related("plan"):
        still = DrillRun.objects.filter(pk=run.pk, status=run.status, result_sha256="").order_by()
        still.update(**columns(_stopped(run)))


def _stopped(run: DrillRun) -> ExitRecord | DisconnectRecord:
    now = timezone.now()
    if run.kind == DrillPlan.Kind.EXIT:
        plan = ExitPlan.model_validate(run.plan.plan)
        replies = {name: Reply.model_validate(row) for name, row in run.state.get("replies", {}).items()}
        return exit_run.stopped(plan, replies, started=run.created_at, finished=now, vantage=platform.node())
    planned = DisconnectPlan.model_validate(run.plan.plan)
    drill = Drill(planned, Target(planned.url), probe_policy())
    return disconnect_record(planned, drill.stop(State.model_validate(run.state)), vantage=platform.node())


def release_expired() -> list[UUID]:
    """Put drills of dead workers back into the queue; one that is given up forgets its keys and keeps its record."""
    again = jobs.release_expired(DrillRun, sealed_key="", sealed_candidate_key="")
    with scopes_disabled():
        _keep_what_was_seen(DrillRun.objects.filter(status=JobStatus.FAILED))
    return again
