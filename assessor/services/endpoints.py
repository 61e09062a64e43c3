"""Registering the endpoints behind a workload, and taking them out with a reason."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Endpoint, EndpointRole, User, Workload
from assessor.probes.collect.guard import check_key_header, check_url, origin, whole_address
from assessor.services import audit, endpoint_keys, secrets, summaries
from assessor.services.assessments import first_workload
from assessor.services.changing import changes_assessment
from assessor.services.policy import probe_policy


@dataclass(frozen=True)
class EndpointFacts:
    """What is registered of an endpoint."""

    name: str
    url: str
    part: str
    key_mode: str = Endpoint.KeyMode.NONE
    key_header: str = "Authorization"
    key_reference: str = ""
    ca_pem: str = ""
    client_certificate: str = ""
    root_paths: bool = False
    allow_chat: bool = False
    # A key to store, "" to leave the one that is stored; never shown again.
    key: str = field(default="", repr=False)


FIELDS = (
    *("name", "url", "key_mode", "key_header", "key_reference"),
    *("ca_pem", "client_certificate", "root_paths", "allow_chat"),
)


class RegisteredAlready(AssessorError):
    """The workload has an endpoint of this address in this role."""


class RemovalRefused(AssessorError):
    """An endpoint leaves an assessment only with a reason."""


@changes_assessment
def register_endpoint(
    assessment: Assessment,
    facts: EndpointFacts,
    workload: Workload | None = None,
    user: User | None = None,
    *,
    beside: bool = False,
) -> EndpointRole:
    """Add an endpoint in its role to a workload, the assessment's first unless given.

    `user` is who does it, for the audit trail. `beside` lets it stand beside one of the same address, as a file has it.
    Raises `PolicyRefusal` for a forbidden URL, `RegisteredAlready` for an address that serves in this role already.
    """
    check_url(facts.url, probe_policy())
    check_key_header(facts.key_header)
    secrets.client_certificate(facts.client_certificate)
    workload = workload or first_workload(assessment)
    if not beside:
        _check_once(assessment, workload, facts)
    endpoint = Endpoint.objects.create(
        organisation=assessment.organisation,
        name=facts.name,
        url=facts.url,
        key_mode=facts.key_mode,
        key_header=facts.key_header,
        key_reference=facts.key_reference,
        ca_pem=facts.ca_pem,
        client_certificate=facts.client_certificate,
        root_paths=facts.root_paths,
        allow_chat=facts.allow_chat,
    )
    if _keep_key(endpoint, facts, may_stay=False):
        endpoint.save(update_fields=["sealed_key", "sealed_key_ending"])
    role = EndpointRole.objects.create(
        organisation=assessment.organisation,
        assessment=assessment,
        workload=workload,
        endpoint=endpoint,
        part=facts.part,
    )
    _note("endpoint.registered", endpoint, user, host=_host(facts.url))
    if facts.key_mode != Endpoint.KeyMode.NONE:
        _note("key.set", endpoint, user, mode=facts.key_mode)
    return role


def _check_once(
    assessment: Assessment, workload: Workload, facts: EndpointFacts, besides: EndpointRole | None = None
) -> None:
    rows = EndpointRole.objects.filter(assessment=assessment, workload=workload, part=facts.part, removed_at=None)
    wanted = whole_address(facts.url)
    for role in rows.exclude(pk=besides.pk if besides else None).select_related("endpoint"):
        if whole_address(role.endpoint.url) == wanted:
            raise RegisteredAlready(
                N_("“{name}” has this address already, for the same workload and in the same role."),
                remedy=N_("Use that one, or choose another role."),
                name=role.endpoint.name,
            )


def _keep_key(endpoint: Endpoint, facts: EndpointFacts, *, may_stay: bool) -> bool:
    """Seal a new key into the row, or take the stored one out; returns whether the row holds another key now.

    Raises `KeyRefused` where a key is to be stored and none is there.
    """
    before = endpoint.sealed_key
    if facts.key_mode != Endpoint.KeyMode.STORED or not may_stay:
        endpoint_keys.forget(endpoint)
    if facts.key_mode == Endpoint.KeyMode.STORED:
        if facts.key:
            endpoint_keys.store(endpoint, facts.key)
        elif not endpoint.sealed_key:
            raise endpoint_keys.KeyRefused(
                N_("No key was given to store."), remedy=N_("Enter the key, or choose another way to keep it.")
            )
    return endpoint.sealed_key != before


def _note(kind: str, endpoint: Endpoint, user: User | None, **facts: str) -> None:
    audit.record(kind, organisation=endpoint.organisation, actor=user, subject=endpoint, **facts)


def _host(url: str) -> str:
    return urlsplit(url).netloc


@changes_assessment
def change_endpoint(role: EndpointRole, facts: EndpointFacts, user: User | None = None) -> bool:
    """Change an endpoint; findings of another address stop counting (see `queries.last_good_runs`).

    A stored key, and a reference to a key or client certificate of this server, does not follow to another scheme,
    host or port: whoever may change an address could else have the key sent to himself. Returns whether one was
    taken out.
    """
    check_url(facts.url, probe_policy())
    check_key_header(facts.key_header)
    endpoint = role.endpoint
    secrets.client_certificate(facts.client_certificate)
    # Who does not touch address and role is not asked: two may stand side by side from before.
    if (whole_address(endpoint.url), role.part) != (whole_address(facts.url), facts.part):
        _check_once(role.assessment, role.workload, facts, role)
    moved = origin(endpoint.url) != origin(facts.url)
    referred = endpoint.key_mode == facts.key_mode == Endpoint.KeyMode.REFERENCE
    stored = endpoint.key_mode == facts.key_mode == Endpoint.KeyMode.STORED
    leaves = moved and ((referred and endpoint.key_reference == facts.key_reference) or (stored and not facts.key))
    if leaves:
        facts = replace(facts, key_mode=Endpoint.KeyMode.NONE, key_reference="")
    if moved and facts.client_certificate and facts.client_certificate == endpoint.client_certificate:
        facts, leaves = replace(facts, client_certificate=""), True
    before = (endpoint.key_mode, endpoint.key_reference, endpoint.key_header)
    for name in FIELDS:
        setattr(endpoint, name, getattr(facts, name))
    renewed = _keep_key(endpoint, facts, may_stay=not moved)
    endpoint.save()
    summaries.refresh_at(endpoint)
    role.part = facts.part
    role.save(update_fields=["part"])
    _note("endpoint.changed", endpoint, user, host=_host(facts.url))
    _note_key(endpoint, user, before, renewed=renewed, reason="moved" if leaves else "")
    return leaves


def _note_key(
    endpoint: Endpoint, user: User | None, before: tuple[str, str, str], *, renewed: bool, reason: str
) -> None:
    """Keep in the audit trail what became of the key."""
    mode, mode_before = endpoint.key_mode, before[0]
    if before == (mode, endpoint.key_reference, endpoint.key_header) and not renewed:
        return
    if mode == mode_before == Endpoint.KeyMode.NONE:
        return
    if mode == Endpoint.KeyMode.NONE:
        _note("key.removed", endpoint, user, mode_before=mode_before, reason=reason)
    elif mode_before == Endpoint.KeyMode.NONE:
        _note("key.set", endpoint, user, mode=mode)
    else:
        _note("key.changed", endpoint, user, mode=mode, mode_before=mode_before)


@changes_assessment
def remove_endpoint(role: EndpointRole, reason: str, user: User) -> None:
    """Take an endpoint out of the assessment; the reason is printed in the report."""
    if not reason.strip():
        raise RemovalRefused(
            N_("Taking an endpoint out needs a reason."),
            remedy=N_("Write why it no longer serves this workload; the report prints it."),
        )
    role.removed_at, role.removed_because, role.removed_by = timezone.now(), reason.strip(), user
    role.save(update_fields=["removed_at", "removed_because", "removed_by"])
    _note("endpoint.removed", role.endpoint, user)


@changes_assessment
def bring_back(role: EndpointRole, user: User) -> None:
    """Undo that an endpoint was taken out: it serves the workload again, and what was seen of it counts."""
    role.removed_at, role.removed_because, role.removed_by = None, "", None
    role.save(update_fields=["removed_at", "removed_because", "removed_by"])
    _note("endpoint.restored", role.endpoint, user)
