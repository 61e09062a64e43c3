"""Adding to the audit trail, and following its hashes: what was done by whom, about what, when."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.content import canonical_json
from assessor.errors import N_, AssessorError
from assessor.models import AuditChain, AuditEvent, Organisation, User
from assessor.models.audit import INSTALLATION, NOTHING_BEFORE
from assessor.reports.text import clean
from assessor.services.audit_kinds import KINDS

MAX_FACT = 200
AT_ONCE = 2000
COMMAND_LINE = "manage.py"
# The triggers of migration 0019.
GUARDS = 4
Fact = str | int | bool | None


class NotForTheTrail(Exception):
    """Code asked for an event, or a fact in it, that the trail does not know: a fault of ours."""


def record(
    kind: str,
    *,
    organisation: Organisation | None,
    actor: User | None,
    subject: models.Model | None = None,
    by: str = "",
    **facts: Fact,
) -> AuditEvent:
    """Add an event to the chain of an organisation, or with None to the installation's own.

    Belongs at the end of the transaction of what it tells of: both happen or neither, and until that ends nobody else
    adds to this chain. Who records in two chains takes the organisation's first. `by` names who acts where no person
    does (a token, the command line). `facts` are the few that the kind allows (`audit_kinds`), never a secret.
    """
    _check(kind, facts)
    with scopes_disabled(), transaction.atomic():
        chain = _locked(organisation)
        person = actor if actor is not None and actor.pk is not None else None
        event = AuditEvent(
            chain=chain,
            organisation=organisation,
            sequence=chain.length + 1,
            at=timezone.now(),
            kind=kind,
            actor_id=person.pk if person else None,
            actor_name=clean(_name(person) if person else by, 200),
            subject_kind=type(subject).__name__ if subject else "",
            subject_id=str(subject.pk) if subject else "",
            subject_name=clean(_about(subject), 200) if subject else "",
            facts={name: _plain(value) for name, value in facts.items()},
            previous=chain.head,
        )
        event.digest = digest(event)
        event.save(force_insert=True)
        chain.length, chain.head = event.sequence, event.digest
        chain.save(update_fields=["length", "head"])
    return event


def _check(kind: str, facts: Mapping[str, Fact]) -> None:
    known = KINDS.get(kind)
    if known is None:
        raise NotForTheTrail(f"no kind {kind!r} in audit_kinds")
    more = set(facts) - known.facts
    if more:
        raise NotForTheTrail(f"{kind} holds no {sorted(more)}")


def _plain(value: Fact) -> Fact:
    if value is None or isinstance(value, bool | int):
        return value
    return clean(str(value), MAX_FACT)


def _name(person: User) -> str:
    return f"{person.kept_name} <{person.email}>" if person.email else person.kept_name


def _about(subject: models.Model) -> str:
    return subject.kept_name if isinstance(subject, User) else str(subject)


def _locked(organisation: Organisation | None) -> AuditChain:
    """Return the chain, locked until the transaction ends; it is begun by its first event."""
    chains = AuditChain.objects.select_for_update()
    key = organisation.pk if organisation else INSTALLATION
    chain = chains.filter(pk=key).first()
    if chain is None:
        _made, is_new = AuditChain.objects.get_or_create(pk=key, defaults={"organisation": organisation})
        if is_new and organisation is not None:
            # So that a chain that is taken away whole is missed.
            record("trail.begun", organisation=None, actor=None, subject=organisation)
        chain = chains.get(pk=key)
    return chain


def digest(event: AuditEvent) -> str:
    """Return the hash of an event: SHA-256 over the hash before it, a line break, and its content as canonical JSON."""
    content = canonical_json(told(event) | {"organisation": str(event.organisation_id or "")})
    return hashlib.sha256(f"{event.previous}\n{content}".encode()).hexdigest()


def told(event: AuditEvent) -> dict[str, Any]:
    """Return what an event says, as it is hashed and exported; moments are UTC."""
    return {
        "sequence": event.sequence,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": event.kind,
        "actor_id": str(event.actor_id or ""),
        "actor_name": event.actor_name,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "subject_name": event.subject_name,
        "facts": event.facts,
    }


@transaction.atomic
def end_trail(organisation: Organisation, actor: User | None, by: str = "") -> AuditEvent:
    """Let the trail of an organisation go with it; call this right before deleting the organisation for good.

    Without it the database refuses to delete. That it was deleted, by whom, and how its trail ended stays in the
    installation's chain.
    """
    with scopes_disabled():
        chain = _locked(organisation)
        chain.ended = True
        chain.save(update_fields=["ended"])
    return record(
        "organisation.deleted",
        organisation=None,
        actor=actor,
        by=by,
        subject=organisation,
        events=chain.length,
        head=chain.head,
    )


def is_there() -> bool:
    """Return whether the database has the tables of the trail: not before the upgrade that brings them."""
    return AuditChain._meta.db_table in connection.introspection.table_names()


def is_guarded() -> bool:
    """Return whether the database itself refuses changes (migration 0019)."""
    catalogue = "sqlite_master WHERE type = 'trigger' AND" if connection.vendor == "sqlite" else "pg_trigger WHERE"
    column = "name" if connection.vendor == "sqlite" else "tgname"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT {column}) FROM {catalogue} {column} LIKE 'audit\\_%' ESCAPE '\\'")  # noqa: S608
        return cursor.fetchone()[0] == GUARDS


def loose_ends() -> int:
    """Return how many chains do not end where they say; a glance, where `follow_all` follows every event."""
    with scopes_disabled():
        last = AuditEvent.objects.filter(chain=OuterRef("pk")).order_by("-sequence")
        chains = AuditChain.objects.filter(length__gt=0).annotate(
            at=Subquery(last.values("sequence")[:1]), ends=Subquery(last.values("digest")[:1])
        )
        return chains.count() - chains.filter(at=F("length"), ends=F("head")).count()


class Broken(AssessorError):
    """A chain does not hold; `sequence` is the place of the first event that is wrong."""

    def __init__(self, reason: str, sequence: int, **params: object) -> None:
        self.sequence = sequence
        super().__init__(reason, sequence=sequence, **params)


@dataclass(frozen=True)
class Followed:
    """A chain that was followed from its first event to its last; `broken` says where it does not hold."""

    chain: UUID
    name: str
    events: int
    head: str
    broken: Broken | None = None


def follow_all() -> Iterator[Followed]:
    """Follow every chain, the installation's first; the product may run meanwhile."""
    with scopes_disabled():
        chains = list(AuditChain.objects.select_related("organisation").order_by("pk"))
        yield from (_follow(chain) for chain in chains)
        yield from _missing({chain.pk for chain in chains})


def in_order(rows: models.QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield the events of one chain in the order they happened, read piece by piece: no cursor stays open."""
    rows, last = rows.order_by("sequence"), 0
    while piece := list(rows.filter(sequence__gt=last)[:AT_ONCE]):
        yield from piece
        if len(piece) < AT_ONCE:
            return
        last = piece[-1].sequence


def _follow(chain: AuditChain) -> Followed:
    broken = None
    try:
        _check_chain(chain, in_order(AuditEvent.objects.filter(chain=chain)))
    except Broken as fault:
        broken = fault
    name = chain.organisation.name if chain.organisation else ""
    return Followed(chain.pk, name, chain.length, chain.head, broken)


def _check_chain(chain: AuditChain, events: Iterable[AuditEvent]) -> None:
    expected, before = 1, NOTHING_BEFORE
    for event in events:
        if expected > chain.length:
            if AuditChain.objects.filter(pk=chain.pk, length__gte=event.sequence).exists():
                # Added while the chain was followed: the next run tells.
                break
            raise Broken(N_("Event {sequence} stands after the end of the chain."), event.sequence)
        if event.sequence != expected:
            raise Broken(N_("Event {sequence} is missing."), expected)
        if event.previous != before:
            raise Broken(N_("Event {sequence} does not follow the one before it."), expected)
        if (event.organisation_id or INSTALLATION) != chain.pk or digest(event) != event.digest:
            raise Broken(N_("Event {sequence} was changed after it was written."), expected)
        expected, before = expected + 1, event.digest
    if expected <= chain.length:
        raise Broken(N_("Event {sequence} and all after it are missing."), expected)
    if before != chain.head:
        raise Broken(N_("The chain ends with another event than {sequence}."), chain.length)


def _missing(found: set[UUID]) -> Iterator[Followed]:
    """Name chains that began, are not there, and were not deleted with their organisation."""
    last: dict[str, AuditEvent] = {}
    rows = AuditEvent.objects.filter(chain=INSTALLATION, kind__in=("trail.begun", "organisation.deleted"))
    for event in rows.order_by("sequence"):
        last[event.subject_id] = event
    for key, event in last.items():
        if event.kind == "trail.begun" and UUID(key) not in found:
            fault = Broken(N_("Event {sequence} and all after it are missing."), 1)
            yield Followed(UUID(key), event.subject_name, 0, "", fault)
