"""Reading the audit trail: by kind, person and day, newest first; in words, and as files that prove their order."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from assessor.models import AuditEvent, Organisation
from assessor.models.audit import INSTALLATION
from assessor.reports.forms.tables import harmless
from assessor.services.audit import in_order, told
from assessor.services.audit_kinds import FACTS, GROUPS, KINDS, VALUES

BYTE_ORDER_MARK = "\ufeff"
FORMAT = "sovereignty-assessor-audit-1"


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for: a group or a kind, a person by id, days (UTC) from and to, all inclusive."""

    kind: str = ""
    person: UUID | None = None
    since: date | None = None
    until: date | None = None


def events(organisation: Organisation | None, wanted: Wanted | None = None) -> QuerySet[AuditEvent]:
    """Return the events of an organisation, or with None those of the installation, newest first.

    The rows stay readable outside any scope, so whoever calls has checked that the reader may see this chain.
    """
    wanted = wanted or Wanted()
    with scopes_disabled():
        rows = AuditEvent.objects.filter(chain=organisation.pk if organisation else INSTALLATION)
    if wanted.kind in GROUPS:
        rows = rows.filter(kind__in=[name for name, kind in KINDS.items() if kind.group == wanted.kind])
    elif wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.person:
        rows = rows.filter(actor_id=wanted.person)
    if wanted.since:
        rows = rows.filter(at__gte=_midnight(wanted.since))
    if wanted.until and wanted.until < date.max:
        rows = rows.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return rows.order_by("-sequence")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def people(organisation: Organisation | None) -> list[tuple[UUID, str]]:
    """Return everybody who acts in a trail, each by id with the name last written down."""
    rows = events(organisation).exclude(actor_id=None).order_by()
    latest = rows.values("actor_id").annotate(last=Max("sequence")).values_list("last", flat=True)
    named = rows.filter(sequence__in=latest).values_list("actor_id", "actor_name")
    return sorted(named, key=lambda one: one[1].casefold())


def as_json(rows: QuerySet[AuditEvent], about: Mapping[str, Any]) -> Iterator[str]:
    """Yield a JSON document of events in the order they happened, each with both hashes; about: what it is of."""
    head = json.dumps({"format": FORMAT, **about}, ensure_ascii=False, indent=1)
    yield head[:-2] + ',\n "events": ['
    separator = "\n"
    for event in in_order(rows):
        row = told(event) | {"previous": event.previous, "hash": event.digest}
        yield separator + "  " + json.dumps(row, ensure_ascii=False)
        separator = ",\n"
    yield "\n ]\n}\n"


class Words:
    """Events in the language in force when this is made; it may be over when a file is still written."""

    def __init__(self) -> None:
        self._kinds = {name: _(kind.says) for name, kind in KINDS.items()}
        self._facts = {name: _(label) for name, label in FACTS.items()}
        self._values = {name: {code: _(word) for code, word in words.items()} for name, words in VALUES.items()}
        self._yes, self._no = _("Yes"), _("No")

    def what(self, event: AuditEvent) -> str:
        """Return what was done; a kind that this release does not know by its code."""
        return self._kinds.get(event.kind, event.kind)

    def details(self, event: AuditEvent) -> str:
        """Return the facts of an event in one line."""
        facts = {name: value for name, value in event.facts.items() if value not in ("", None)}
        return "; ".join(f"{self._facts.get(name, name)}: {self._said(name, value)}" for name, value in facts.items())

    def _said(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return self._yes if value else self._no
        return self._values.get(name.removesuffix("_before"), {}).get(str(value), str(value))


def as_csv(rows: QuerySet[AuditEvent], words: Words) -> Iterator[str]:
    """Yield a table of events in the order they happened; nothing in it computes."""
    heads = ("number", "moment_utc", "event", "what", "person_id", "person", "about", "about_id", "name", "details")
    yield BYTE_ORDER_MARK + _line((*heads, "sha256"))
    for event in in_order(rows):
        row = told(event)
        yield _line(
            (
                *(row["sequence"], row["at"], row["kind"], words.what(event), row["actor_id"], row["actor_name"]),
                *(row["subject_kind"], row["subject_id"], row["subject_name"], words.details(event), event.digest),
            )
        )


def _line(cells: tuple[object, ...]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(str(cell)) for cell in cells])
    return stream.getvalue()


def gone_since(exported: Any) -> int | None:
    """Return the place of the first event of an exported document that is not there as it was, None for none.

    Raises `ValueError` for anything that is no such document.
    """
    try:
        if exported["format"] != FORMAT:
            raise ValueError("another format")
        key = UUID(exported["organisation"]) if exported["organisation"] else INSTALLATION
        hashes = {int(one["sequence"]): str(one["hash"]) for one in exported["events"]}
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not an exported trail") from error
    with scopes_disabled():
        rows = AuditEvent.objects.filter(chain=key, sequence__lte=max(hashes, default=0))
        found = dict(rows.values_list("sequence", "digest"))
    return next((place for place in sorted(hashes) if found.get(place) != hashes[place]), None)
