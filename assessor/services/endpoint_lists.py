"""A whole list of endpoints at once: read with every fault at its line, then registered and probed, or nothing."""

from dataclasses import dataclass

from django.db import transaction

from assessor.content import Document
from assessor.errors import N_, ContentError, ContentErrors
from assessor.models import Assessment, Endpoint, EndpointRole, ProbeRun, User
from assessor.probes import batch
from assessor.probes.batch import Entry
from assessor.probes.collect.guard import whole_address
from assessor.services import endpoints, probing, secrets
from assessor.services.endpoints import EndpointFacts
from assessor.services.policy import probe_policy

MAX_AT_ONCE = 100


@dataclass(frozen=True)
class Row:
    """One endpoint of a list; `known` says that the assessment has an endpoint of this address already."""

    entry: Entry
    known: bool


def look_at(assessment: Assessment, raw: bytes, name: str) -> list[Row]:
    """Return what a list would register; raises `ContentError` or `ContentErrors` with every fault at its line."""
    entries = batch.read_list(raw, name, probe_policy())
    document = Document(None, name, batch.lines_of_entries(raw, name))
    faults = [fault for number, entry in enumerate(entries) for fault in _faults(entry, number, document)]
    if len(entries) > MAX_AT_ONCE:
        faults.append(
            document.error(
                ("endpoints", MAX_AT_ONCE),
                N_("The list holds {count} endpoints; {limit} can be taken at once."),
                N_("Split it."),
                count=len(entries),
                limit=MAX_AT_ONCE,
            )
        )
    if faults:
        raise ContentErrors(faults)
    taken = {
        whole_address(role.endpoint.url)
        for role in EndpointRole.objects.filter(assessment=assessment, removed_at=None).select_related("endpoint")
    }
    return [Row(entry, whole_address(entry.url) in taken) for entry in entries]


def _faults(entry: Entry, number: int, document: Document) -> list[ContentError]:
    """Return what a list may say at a prompt but not here: keys of other names, files of another computer."""
    found = []
    if entry.key_env and not secrets.REFERENCE.fullmatch(entry.key_env):
        found.append(
            document.error(
                ("endpoints", number, "key_env"),
                N_("“{name}” is not a name a key may be read from."),
                N_("Use a variable of the server whose name begins with ASSESSOR_KEY_, in capitals."),
                name=entry.key_env,
            )
        )
    try:
        secrets.client_certificate(entry.client_cert)
    except secrets.SecretUnreadable as refusal:
        place = ("endpoints", number, "client_cert")
        found.append(document.error(place, refusal.reason, refusal.remedy, **refusal.params))
    if entry.ca_file:
        found.append(
            document.error(
                ("endpoints", number, "ca_file"),
                N_("A file cannot be named here: this server does not read files of your computer."),
                N_("Leave it out, and paste the certificate on the endpoint's page afterwards."),
            )
        )
    return found


@transaction.atomic
def register(assessment: Assessment, rows: list[Row], user: User, *, authority: bool) -> list[ProbeRun]:
    """Register every endpoint that is not known yet and ask for its probe; all of it or nothing.

    Raises `ProbeRefused` without confirmed authority, and whatever stands against one of them.
    """
    runs = []
    for row in rows:
        if row.known:
            continue
        entry = row.entry
        role = endpoints.register_endpoint(
            assessment,
            EndpointFacts(
                name=entry.name,
                url=entry.url,
                part=entry.role,
                key_mode=Endpoint.KeyMode.REFERENCE if entry.key_env else Endpoint.KeyMode.NONE,
                key_header=entry.key_header,
                key_reference=entry.key_env,
                client_certificate=entry.client_cert,
                root_paths=entry.root_paths,
                allow_chat=entry.allow_chat,
            ),
            user=user,
        )
        runs.append(probing.request_run(role.endpoint, user, authority=authority))
    return runs
