"""Probing again by itself: agreed to by a person until a day, started by the worker, thinned out afterwards."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import Endpoint, Evidence, JobStatus, ProbeRun, ProbeSchedule, User
from assessor.probes.collect.guard import check_url
from assessor.services import audit, endpoint_keys, jobs, shelving
from assessor.services.policy import probe_policy
from assessor.services.probing import AUTHORITY, agreed_plan, note

MAX_DAYS = 366
AT_ONCE = 50
# Runs that saw no change are kept this long; those that saw one, that were cited, or that are the last, for good.
UNEVENTFUL_DAYS = 14
# Who acts in the audit trail where a schedule does.
BY_ITSELF = N_("repeated probe")


class ScheduleRefused(AssessorError):
    """The endpoint cannot be probed again by itself as it was asked for."""


@transaction.atomic
def agree(endpoint: Endpoint, user: User, *, authority: bool, every_hours: int, ends_on: date | None) -> ProbeSchedule:
    """Have an endpoint probed again and again until a day; it takes the place of an earlier consent.

    Raises `ScheduleRefused`, `SecretUnreadable` or `PolicyRefusal` with what stands against it.
    """
    today = timezone.localdate()
    if not authority:
        raise ScheduleRefused(
            N_("Nothing was agreed."), remedy=N_("Confirm that you may test this endpoint for as long as you say.")
        )
    if ends_on is None or not today < ends_on <= today + timedelta(days=MAX_DAYS):
        raise ScheduleRefused(
            N_("The consent needs a last day, after today and at most a year ahead."),
            remedy=N_("Choose a day from {first} to {last}."),
            first=(today + timedelta(days=1)).isoformat(),
            last=(today + timedelta(days=MAX_DAYS)).isoformat(),
        )
    if every_hours not in ProbeSchedule.Every.values:
        raise ScheduleRefused(N_("Choose how often: every day, every week or every 30 days."))
    if endpoint.key_mode == Endpoint.KeyMode.ONCE:
        raise ScheduleRefused(
            N_("The key of this endpoint is asked for at each run, and nobody is there to give it."),
            remedy=N_("Change the endpoint to store its key or to read it from this server, or to go without one."),
        )
    endpoint_keys.check_at_hand(endpoint)
    check_url(endpoint.url, probe_policy())
    if not _is_in_use(endpoint):
        raise ScheduleRefused(N_("This endpoint was taken out of the assessment; it is not probed any more."))
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    for before in ProbeSchedule.objects.filter(endpoint=endpoint, ended_at=None):
        _end(before, N_("Another consent took its place."), user)
    made = ProbeSchedule.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        target_url=endpoint.url,
        agreed_plan=agreed_plan(endpoint),
        every_hours=every_hours,
        authority=AUTHORITY,
        agreed_by=user,
        ends_on=ends_on,
        next_at=timezone.now() + timedelta(hours=every_hours),
    )
    audit.record(
        "schedule.made",
        organisation=endpoint.organisation,
        actor=user,
        subject=endpoint,
        every_hours=every_hours,
        until=ends_on.isoformat(),
    )
    return made


@transaction.atomic
def end(endpoint: Endpoint, user: User | None = None) -> None:
    """End the consent of an endpoint; a run that is under way goes on."""
    for schedule in ProbeSchedule.objects.filter(endpoint=endpoint, ended_at=None):
        _end(schedule, N_("It was ended by hand."), user)


def _end(schedule: ProbeSchedule, because: str, user: User | None = None) -> None:
    schedule.ended_at, schedule.ended_because = timezone.now(), because
    schedule.save(update_fields=["ended_at", "ended_because"])
    audit.record(
        "schedule.ended",
        organisation=schedule.organisation,
        actor=user,
        by=BY_ITSELF,
        subject=schedule.endpoint,
        reason=because,
    )


def _is_in_use(endpoint: Endpoint) -> bool:
    return shelving.roles_at_work().filter(endpoint=endpoint).exists()


def start_due(now: datetime | None = None) -> list[UUID]:
    """Make a run of every schedule that is due, once each however many workers look; returns the ids to enqueue.

    The run and the next date are written together: a worker that dies in between leaves both or neither, and a run
    that nobody enqueued is found by its lease.
    """
    now = now or timezone.now()
    with scopes_disabled():
        due = list(ProbeSchedule.objects.filter(ended_at=None, next_at__lte=now).values_list("pk", flat=True)[:AT_ONCE])
    return [run for schedule in due if (run := _start(schedule, now)) is not None]


def _start(schedule_id: UUID, now: datetime) -> UUID | None:
    with scopes_disabled(), transaction.atomic():
        # Locked and looked at again: another worker may have been here.
        rows = ProbeSchedule.objects.select_for_update(skip_locked=True, of=("self",)).order_by()
        found = rows.select_related("endpoint", "organisation")
        schedule = found.filter(pk=schedule_id, ended_at=None, next_at__lte=now).first()
        if schedule is None:
            return None
        with scope(organisation=schedule.organisation):
            return _start_locked(schedule, now)


def _start_locked(schedule: ProbeSchedule, now: datetime) -> UUID | None:
    endpoint = schedule.endpoint
    if because := _over(schedule, endpoint, now):
        _end(schedule, because)
        return None
    step = timedelta(hours=schedule.every_hours)
    # What was missed while nothing ran is made up for once, not once for each time.
    missed = (now - schedule.next_at) // step
    schedule.next_at += step * (missed + 1)
    schedule.save(update_fields=["next_at"])
    if ProbeRun.objects.filter(endpoint=endpoint, status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).exists():
        return None
    run = ProbeRun.objects.create(
        organisation=schedule.organisation,
        endpoint=endpoint,
        schedule=schedule,
        requested_by_id=schedule.agreed_by_id,
        authority=schedule.authority,
        target_url=schedule.target_url,
        agreed_plan=schedule.agreed_plan,
        lease_until=jobs.lease_end(),
    )
    note(run, "probe.started", None, BY_ITSELF, host=urlsplit(endpoint.url).netloc)
    return run.pk


def _over(schedule: ProbeSchedule, endpoint: Endpoint, now: datetime) -> str:
    """Return why a consent is over, an empty text while it is not."""
    if timezone.localdate(now) > schedule.ends_on:
        return N_("Its last day is past.")
    if endpoint.url != schedule.target_url:
        return N_("The address of the endpoint was changed; the consent was for the one before.")
    if endpoint.key_mode == Endpoint.KeyMode.ONCE:
        return N_("The key of the endpoint is now asked for at each run.")
    if agreed_plan(endpoint) != schedule.agreed_plan:
        return N_("What would be sent is no longer what was agreed to.")
    if not _is_in_use(endpoint):
        return N_("The endpoint was taken out of the assessment, or that was archived or deleted.")
    return ""


def thin_out(older_than: timedelta = timedelta(days=UNEVENTFUL_DAYS)) -> int:
    """Delete old runs of schedules that saw no change, were never cited and are not the last; returns how many."""
    with scopes_disabled():
        cited = Evidence.objects.exclude(probe_run=None).values("probe_run")
        old = ProbeRun.objects.filter(
            Q(changes__changes=[]),
            status=JobStatus.DONE,
            schedule__isnull=False,
            finished_at__lt=timezone.now() - older_than,
        ).exclude(pk__in=cited)
        later = ProbeRun.objects.filter(status=JobStatus.DONE, finished_at__gte=timezone.now() - older_than)
        # Where nothing younger saw anything, the old ones are all there is.
        return old.filter(endpoint__in=later.values("endpoint")).order_by().delete()[0]
