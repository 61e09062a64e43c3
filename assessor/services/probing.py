"""Asking for a probe and carrying it out: authority first, the guarded door always, the key gone afterwards."""

import platform
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_scopes import scope

from assessor import queries
from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import DrillRun, Endpoint, JobStatus, ProbeRun, User
from assessor.probes import drift, engine, patience
from assessor.probes.collect.guard import check_url
from assessor.probes.plan_file import lines_of
from assessor.probes.result import ProbeResult
from assessor.probes.target import Key, Target
from assessor.services import audit, endpoint_keys, jobs, secrets, summaries
from assessor.services.policy import probe_policy

AUTHORITY = N_("I own this endpoint or have its owner's permission to test it.")
# Minutes after which a run that nobody waits for is tried again, when the endpoint was not reached.
LATER = (10, 40)


class ProbeRefused(AssessorError):
    """The run cannot be started as it was asked for."""


@transaction.atomic
def request_run(endpoint: Endpoint, user: User, *, authority: bool, key: str = "") -> ProbeRun:
    """Record a run to be carried out by the worker.

    Raises `ProbeRefused` without confirmed authority, when a needed key is missing, or while another run of the
    endpoint is under way; `PolicyRefusal` when the policy forbids the URL by now.
    """
    if not authority:
        raise ProbeRefused(
            N_("Nothing was sent."),
            remedy=N_("Confirm that you may test this endpoint, then start the probe."),
        )
    check_url(endpoint.url, probe_policy())
    if endpoint.key_mode == Endpoint.KeyMode.ONCE and not key:
        raise ProbeRefused(
            N_("This endpoint wants a key, and none was given."),
            remedy=N_("Enter the key, or change the endpoint to go without one."),
        )
    endpoint_keys.check_at_hand(endpoint)
    # Locked, so that two clicks at once start one probe.
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if ProbeRun.objects.filter(endpoint=endpoint, status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).exists():
        raise ProbeRefused(
            N_("A probe of this endpoint is already under way."), remedy=N_("Wait for it, or stop it first.")
        )
    run = ProbeRun.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        requested_by=user,
        authority=AUTHORITY,
        target_url=endpoint.url,
        agreed_plan=agreed_plan(endpoint),
        sealed_key=endpoint_keys.sealed_for_run(endpoint, key, "key"),
        lease_until=jobs.lease_end(),
    )
    note(run, "probe.started", user, host=urlsplit(endpoint.url).netloc)
    return run


def note(run: ProbeRun | DrillRun, kind: str, user: User | None, by: str = "", **facts: str | bool) -> None:
    """Keep in the audit trail what was done with a run."""
    audit.record(kind, organisation=run.organisation, actor=user, by=by, subject=run.endpoint, run=str(run.pk), **facts)


def target_of(
    endpoint: Endpoint, key: str = "", ca_file: Path | None = None, url: str = "", client_file: Path | None = None
) -> Target:
    """Return the prober's view of an endpoint."""
    return Target(
        url=url or endpoint.url,
        key=Key(key, endpoint.key_header) if key else None,
        ca_file=ca_file,
        root_paths=endpoint.root_paths,
        allow_chat=endpoint.allow_chat,
        client_file=client_file,
    )


def agreed_plan(endpoint: Endpoint) -> str:
    """Return the hash of what may be sent to an endpoint as it is registered now, with the header of its key."""
    target = target_of(endpoint, "-" if endpoint.key_mode != Endpoint.KeyMode.NONE else "")
    lines = [[one.id, one.method, one.path, one.with_key] for one in lines_of(target)]
    # Only where there is one, so that what was agreed to before there were any still holds.
    certificate = [endpoint.client_certificate] if endpoint.client_certificate else []
    return content_hash([lines, endpoint.key_header, endpoint.key_reference, *certificate])


def carry_out(run_id: UUID | str) -> None:
    """Probe the endpoint of a run and store the result; does nothing when another worker has it."""
    run = jobs.claim(ProbeRun, run_id)
    if not isinstance(run, ProbeRun):
        return
    with scope(organisation=run.organisation), jobs.kept_alive(run):
        try:
            result = _probe(run)
        except AssessorError as error:
            jobs.finish(run, JobStatus.FAILED, error=str(error), sealed_key="")
            return
        except OSError as error:
            # Sockets never raise this here (an unreachable server is a result): it is this computer's own disc.
            reason = N_("The probe could not be carried out on this computer: {why}.").format(why=error.strerror)
            jobs.finish(run, JobStatus.FAILED, error=reason, sealed_key="")
            return
        _store(run, result)


def _probe(run: ProbeRun) -> ProbeResult:
    endpoint = run.endpoint
    if run.agreed_plan and (run.agreed_plan, run.target_url) != (agreed_plan(endpoint), endpoint.url):
        raise ProbeRefused(
            N_("The endpoint was changed after the plan was agreed to, so nothing was sent."),
            remedy=N_("Look at the plan as it is now, and start the probe again."),
        )
    key = endpoint_keys.given_to_prober(endpoint, run.sealed_key, "key")
    lost = False

    def on_progress(progress: engine.Progress) -> None:
        nonlocal lost
        lost = not jobs.report_progress(
            run, stage=progress.stage, done=progress.done, total=progress.total, doing=progress.doing
        )

    with tempfile.TemporaryDirectory(prefix="assessor-ca-") as folder:
        ca_file = None
        if endpoint.ca_pem.strip():
            ca_file = Path(folder) / "ca.pem"
            ca_file.write_text(endpoint.ca_pem)
        return patience.run(
            target_of(endpoint, key, ca_file, run.target_url, secrets.client_certificate(endpoint.client_certificate)),
            probe_policy(),
            on_progress=on_progress,
            cancelled=lambda: lost,
            vantage=platform.node(),
            networks=settings.PROBE_NETWORKS,
        )


def _store(run: ProbeRun, result: ProbeResult) -> None:
    failed = result.outcome in {"refused", "unreachable"}
    if run.schedule_id and result.outcome == "unreachable" and run.put_off < len(LATER):
        until = timezone.now() + timedelta(minutes=LATER[run.put_off])
        jobs.put_off(run, until, put_off=run.put_off + 1, error=result.error)
        return
    before, changes = (None, None) if failed else _changes(run, result)
    jobs.finish(
        run,
        JobStatus.FAILED if failed else JobStatus.DONE,
        error=result.error if failed else "",
        result=result.model_dump(mode="json"),
        result_sha256=result.sha256,
        outcome=result.outcome,
        findings=[finding.model_dump(mode="json") for finding in result.findings],
        changes=changes.model_dump(mode="json") if changes else None,
        compared_with=before if changes else None,
        sealed_key="",
    )
    summaries.refresh_at(run.endpoint)


def _changes(run: ProbeRun, result: ProbeResult) -> tuple[ProbeRun | None, drift.Drift | None]:
    """Return the last good run of the same address and what changed since; nothing when there is none."""
    before = queries.last_good_runs([run.endpoint]).get(run.endpoint_id)
    if before is None or before.target_url != run.target_url or not drift.comparable(result):
        return None, None
    return before, drift.compare(ProbeResult.model_validate(before.result), result)


@transaction.atomic
def stop_run(run: ProbeRun, user: User | None = None) -> None:
    """Cancel a run and forget its key."""
    jobs.cancel(run, sealed_key="")
    note(run, "probe.stopped", user)


def release_expired() -> list[UUID]:
    """Put runs of dead workers back into the queue; a run that is given up forgets its key."""
    return jobs.release_expired(ProbeRun, more=F("put_off"), sealed_key="")
