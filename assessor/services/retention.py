"""How long an organisation keeps what it could do without: shown before it goes, taken away by the worker once a day.

Issued reports, answers, evidence, and the results that evidence or a score rests on have no end here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.errors import N_
from assessor.models import (
    Assessment,
    Endpoint,
    Evidence,
    JobStatus,
    Organisation,
    ProbeImport,
    ProbeRun,
    Report,
    Retention,
    User,
)
from assessor.queries import SEEN
from assessor.services import audit, shelving, stored_files

Sort = Literal["drafts", "exchanges", "archived", "bin"]
SORTS: Mapping[Sort, str] = {
    "drafts": N_("Drafts of reports"),
    "exchanges": N_("What probes saw, word by word"),
    "archived": N_("Archived assessments"),
    "bin": N_("What is in the bin"),
}
# What is shortened counts only after this long, and so does everything at first: time to see what will go.
NOTICE = timedelta(days=7)
EVERY = timedelta(days=1)
# So many are named on the page; all are counted.
NAMED = 10
OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True)
class Periods:
    """After how many days each goes; None: never. The bin always has an end."""

    drafts_days: int | None
    exchanges_days: int | None
    archived_days: int | None
    bin_days: int


@dataclass(frozen=True)
class Leaving:
    """What goes of one sort until a moment: how many, and the names of the first."""

    sort: Sort
    count: int
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """The words for the sort, not translated."""
        return SORTS[self.sort]


def settings_of(organisation: Organisation) -> Retention:
    """Return what an organisation has set; what it has not is made with the defaults, and counts after the notice."""
    made, _new = Retention.objects.get_or_create(
        organisation=organisation, defaults={"counts_from": timezone.now() + NOTICE}
    )
    return made


@transaction.atomic
def change(organisation: Organisation, periods: Periods, user: User) -> Retention:
    """Set the periods; where one became shorter, nothing goes before the notice is over."""
    settings_of(organisation)
    row = Retention.objects.select_for_update().get(organisation=organisation)
    shorter = False
    for name, value in vars(periods).items():
        before = getattr(row, name)
        if value != before:
            facts = {"about": name.removesuffix("_days"), "days": value, "days_before": before}
            audit.record("retention.changed", organisation=organisation, actor=user, **facts)
        shorter = shorter or (value is not None and (before is None or value < before))
        setattr(row, name, value)
    if shorter:
        row.counts_from = timezone.now() + NOTICE
    row.changed_by = user
    row.save()
    return row


def _drafts(before: datetime) -> QuerySet[Report]:
    old = Report.objects.filter(kind=Report.Kind.DRAFT, status__in=OVER, created_at__lt=before)
    return old.select_related("assessment").defer("content", "scorecard")


def _exchanges(before: datetime) -> QuerySet[ProbeRun]:
    """Return the runs whose words go: never the last that saw something at an endpoint, nor what evidence cites."""
    good = ProbeRun.objects.filter(endpoint=OuterRef("endpoint"), status=JobStatus.DONE, outcome__in=SEEN)
    last = Subquery(good.order_by("-finished_at", "-pk").values("pk")[:1])
    cited = Exists(Evidence.objects.filter(probe_run=OuterRef("pk")))
    old = ProbeRun.objects.filter(status__in=OVER, finished_at__lt=before, result__isnull=False)
    # An endpoint of which nothing was ever seen has no last one: then all go.
    return old.filter(~cited).annotate(last=last).filter(Q(last=None) | ~Q(pk=F("last")))


def _archived(before: datetime) -> QuerySet[Assessment]:
    # What was signed off stays, whatever was set.
    return Assessment.objects.filter(archived_at__lt=before, signature__isnull=True)


def _assessments_in_bin(before: datetime) -> QuerySet[Assessment]:
    return Assessment.everything.filter(deleted_at__lt=before)


def _endpoints_in_bin(before: datetime) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(deleted_at__lt=before)


FINDERS: Mapping[Sort, tuple[Callable[[datetime], QuerySet], ...]] = {
    "drafts": (_drafts,),
    "exchanges": (_exchanges,),
    "archived": (_archived,),
    "bin": (_assessments_in_bin, _endpoints_in_bin),
}


def _days(row: Retention) -> dict[Sort, int | None]:
    return {
        "drafts": row.drafts_days,
        "exchanges": row.exchanges_days,
        "archived": row.archived_days,
        "bin": row.bin_days,
    }


def leaving(organisation: Organisation, until: datetime | None = None) -> list[Leaving]:
    """Return what goes until a moment, the end of the notice unless given; sorts of which nothing goes are left out."""
    row = settings_of(organisation)
    until = until or timezone.now() + NOTICE
    found = []
    for sort, days in _days(row).items():
        if days is None:
            continue
        count, names = 0, []
        for rows in (finder(until - timedelta(days=days)) for finder in FINDERS[sort]):
            count += rows.count()
            names += [_name(one) for one in rows[:NAMED]] if sort != "exchanges" else []
        if count:
            found.append(Leaving(sort, count, tuple(names[:NAMED])))
    return found


def _name(row: Report | Assessment | Endpoint) -> str:
    return f"{row.assessment} v{row.version}" if isinstance(row, Report) else str(row)


def carry_out(organisation: Organisation, now: datetime | None = None) -> dict[Sort, int]:
    """Take away what is due, each piece in a transaction of its own; returns how many of each sort went."""
    now = now or timezone.now()
    done: dict[Sort, int] = {}
    with scope(organisation=organisation):
        row = settings_of(organisation)
        if row.counts_from is None or row.counts_from <= now:
            for sort, days in _days(row).items():
                if days is not None and (went := _TAKING[sort](now - timedelta(days=days))):
                    done[sort] = went
                    if sort in ("drafts", "exchanges"):
                        by = shelving.RETENTION
                        facts = {"about": sort, "count": went}
                        audit.record("retention.carried_out", organisation=organisation, actor=None, by=by, **facts)
        Retention.objects.filter(pk=row.pk).update(done_at=now)
    return done


def _take_drafts(before: datetime) -> int:
    went = 0
    for row in _drafts(before):
        if Report.objects.filter(pk=row.pk, kind=Report.Kind.DRAFT).delete()[0]:
            stored_files.unlink(Path(settings.REPORTS_DIR) / name for name in (row.file, row.board_file) if name)
            went += 1
    return went


@transaction.atomic
def _take_exchanges(before: datetime) -> int:
    ids = list(_exchanges(before).values_list("pk", flat=True))
    ProbeImport.objects.filter(run__in=ids).delete()
    # Findings, outcome, hash and what changed stay: only the words of the exchanges go.
    return ProbeRun.objects.filter(pk__in=ids).order_by().update(result=None)


def _take_archived(before: datetime) -> int:
    rows = list(_archived(before).select_related("organisation"))
    for assessment in rows:
        # Into the bin, not away: there it can still be undone.
        shelving.delete_assessment(assessment, None)
    return len(rows)


def _take_bin(before: datetime) -> int:
    went = 0
    for assessment in _assessments_in_bin(before).select_related("organisation"):
        shelving.erase_assessment(assessment)
        went += 1
    for endpoint in _endpoints_in_bin(before).select_related("organisation"):
        shelving.erase_endpoint(endpoint)
        went += 1
    return went


_TAKING: Mapping[Sort, Callable[[datetime], int]] = {
    "drafts": _take_drafts,
    "exchanges": _take_exchanges,
    "archived": _take_archived,
    "bin": _take_bin,
}


def carry_out_due(now: datetime | None = None) -> int:
    """Take away what is due in every organisation where nobody looked for a day; returns how many pieces went."""
    now = now or timezone.now()
    with scopes_disabled():
        done = Retention.objects.filter(organisation=OuterRef("pk"), done_at__gt=now - EVERY)
        waiting = list(Organisation.objects.filter(~Exists(done)))
    return sum(sum(carry_out(one, now).values()) for one in waiting)
