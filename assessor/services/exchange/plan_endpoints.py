"""Endpoints, the results of their probes and the disputes about them, as a file brings them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessor.errors import N_, AssessorError, ContentErrors
from assessor.models import Dispute, Endpoint, EndpointRole, JobStatus, ProbeRun
from assessor.probes.collect.guard import check_key_header, check_url, whole_address
from assessor.probes.result import ProbeResult
from assessor.services import endpoints as endpoint_service
from assessor.services import summaries
from assessor.services.answer_file import FileDispute, FileEndpoint
from assessor.services.endpoints import EndpointFacts
from assessor.services.exchange.gather import SAID_ELSEWHERE, Standing, dispute_data
from assessor.services.exchange.plan import Change, Doing, Incoming, Kind, Said
from assessor.services.policy import probe_policy

Place = tuple[str, object]


def place_of(name: str, url: str) -> Place:
    """Return by what an endpoint is known again: its name and its address, in whatever way that is written."""
    return name, whole_address(url)


def endpoint_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each endpoint of the file, each followed by the results of its probes.

    Raises `ContentErrors` for an address that may not be asked, and for what only the command line may read.
    """
    first = now.workloads[0].name
    known = {_identity(role): role for role in now.roles}
    joined = _joined(now, incoming)
    shas = _known_runs(now)
    for number, given in enumerate(incoming.file.endpoints):
        _check(given, number, incoming)
        workload = given.workload or incoming.file.workload.name
        about = first if workload.casefold() == incoming.file.workload.name.casefold() else workload
        place = place_of(given.name, given.url)
        role = known.get((*place, given.role, about.casefold()))
        joins = joined.get(number)
        yield Change(
            key=f"endpoint:{number}",
            group="endpoints",
            kind="unchanged" if role else "skipped" if joins else "new",
            title=given.name,
            detail=given.workload,
            before=Said(given.url, role.get_part_display()) if role else Said(),
            after=Said(given.url, EndpointRole.Part(given.role).label),
            why=_why_joined(joins[0], workload) if joins else "",
            raw=given.model_dump(mode="json"),
            do=_registrar(given, "" if about == first else about),
        )
        for sha in given.probes:
            yield _run_change(number, given, incoming.results.get(sha), sha, sha in shas.get(joins or place, ()))


def _joined(now: Standing, incoming: Incoming) -> dict[int, Place]:
    """Return which endpoints of the file, by their number in it, are those that have their address already.

    One address serves a workload once in each role, as when it is entered by hand.
    """
    first = now.workloads[0].name.casefold()
    known = {_identity(role) for role in now.roles}
    serving = {
        _service(role): place_of(role.endpoint.name, role.endpoint.url) for role in now.roles if not role.removed_at
    }
    found: dict[int, Place] = {}
    for number, given in enumerate(incoming.file.endpoints):
        workload = (given.workload or incoming.file.workload.name).casefold()
        about = first if workload == incoming.file.workload.name.casefold() else workload
        place = place_of(given.name, given.url)
        if given.removed or (*place, given.role, about) in known:
            continue
        stands = serving.setdefault((place[1], given.role, about), place)
        if stands is not place:
            found[number] = stands
    return found


def _why_joined(name: str, workload: str) -> str:
    return _(
        "“%(name)s” has this address already, for “%(workload)s” and in the same role, so none is put beside it;"
        " results and disputes of the file go to that one. To have two, give this one another role in the file."
    ) % {"name": name, "workload": workload}


def _endpoint(doing: Doing, name: str, url: str) -> Endpoint:
    """Return the endpoint of the file: by its name and address, else the one that it was joined with."""
    place = place_of(name, url)
    if place in doing.endpoints:
        return doing.endpoints[place]
    return next(one for (_name, address), one in doing.endpoints.items() if address == place[1])


def _identity(role: EndpointRole) -> tuple[object, ...]:
    return (*place_of(role.endpoint.name, role.endpoint.url), str(role.part), role.workload.name.casefold())


def _service(role: EndpointRole) -> tuple[object, ...]:
    """Return what an endpoint serves: an address, in a role, for a workload."""
    return (whole_address(role.endpoint.url), str(role.part), role.workload.name.casefold())


def _known_runs(now: Standing) -> dict[Place, set[str]]:
    """Return the hashes of every run at each endpoint: one query, none without endpoints."""
    known: dict[Place, set[str]] = {}
    if now.roles:
        places = {role.endpoint_id: place_of(role.endpoint.name, role.endpoint.url) for role in now.roles}
        for endpoint, sha in ProbeRun.objects.filter(endpoint__in=places).values_list("endpoint", "result_sha256"):
            known.setdefault(places[endpoint], set()).add(sha)
    return known


def _check(given: FileEndpoint, number: int, incoming: Incoming) -> None:
    at = ("endpoints", number)
    if given.ca_file is not None or given.key_env is not None:
        name = "ca_file" if given.ca_file is not None else "key_env"
        fault = incoming.document.error(
            (*at, name),
            N_("“{name}” names something on the computer of whoever assesses; from an uploaded file it is not read."),
            N_("Take the line out, and enter key or certificate at the endpoint's own page."),
            name=name,
        )
        raise ContentErrors([fault])
    field = "url"
    try:
        check_url(given.url, probe_policy())
        field = "key_header"
        check_key_header(given.key_header)
    except AssessorError as error:
        raise ContentErrors(
            [incoming.document.error((*at, field), error.reason, error.remedy, **error.params)]
        ) from error


def _registrar(given: FileEndpoint, workload: str) -> Callable[[Doing], None]:
    def register(doing: Doing) -> None:
        about = doing.workloads[workload.casefold()]
        role = endpoint_service.register_endpoint(
            doing.now.assessment,
            EndpointFacts(
                name=given.name,
                url=given.url,
                part=given.role,
                key_mode=Endpoint.KeyMode.ONCE if given.asks_key else Endpoint.KeyMode.NONE,
                key_header=given.key_header,
                ca_pem=given.ca_pem,
                root_paths=given.root_paths,
                allow_chat=given.allow_chat,
            ),
            about,
            doing.user,
            beside=bool(given.removed),
        )
        if given.removed:
            endpoint_service.remove_endpoint(role, given.removed, doing.user)
        doing.endpoints.setdefault(place_of(given.name, given.url), role.endpoint)

    return register


def _run_change(number: int, given: FileEndpoint, result: ProbeResult | None, sha: str, here: bool) -> Change:
    fits = result is not None and whole_address(result.target_url) == whole_address(given.url)
    why = ""
    if not here and not fits:
        why = (
            _("The result is named and not included. Only an archive (.sovpack) brings results.")
            if result is None
            else _("The result is of another address, %(url)s.") % {"url": result.target_url}
        )
    when = _moment(result.finished) if result is not None else None
    words = f"{date_format(when)}: {result.outcome}" if result is not None and when else sha[:16]
    return Change(
        key=f"probe:{number}:{sha[:16]}",
        group="probes",
        kind="unchanged" if here else "new" if fits else "skipped",
        title=given.name,
        before=Said(words) if here else Said(),
        after=Said(words, f"sha256 {sha[:16]}…"),
        why=why,
        raw=sha,
        do=_storer(given, result) if result is not None else None,
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def store_run(endpoint: Endpoint, result: ProbeResult, user: Any, authority: str, *, imported: bool) -> ProbeRun:
    """Keep a result as a run that ended when it says, and not later than now."""
    now = timezone.now()
    failed = result.outcome in {"refused", "unreachable"}
    run = ProbeRun.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        requested_by=user,
        authority=authority,
        imported=imported,
        target_url=endpoint.url,
        status=JobStatus.FAILED if failed else JobStatus.DONE,
        attempt=1,
        result=result.model_dump(mode="json"),
        result_sha256=result.sha256,
        outcome=result.outcome,
        findings=[finding.model_dump(mode="json") for finding in result.findings],
        started_at=min(now, _moment(result.started) or now),
        finished_at=min(now, _moment(result.finished) or now),
        error=result.error if failed else "",
    )
    summaries.refresh_at(endpoint)
    return run


def _storer(given: FileEndpoint, result: ProbeResult) -> Callable[[Doing], None]:
    def store(doing: Doing) -> None:
        endpoint = _endpoint(doing, given.name, given.url)
        store_run(endpoint, result, doing.user, "Brought in from a file.", imported=True)

    return store


def dispute_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each dispute; what was decided elsewhere is told, and counts only once decided here."""
    known = [dispute_data(one) for one in now.disputes]
    open_here = {
        (*place_of(one.endpoint.name, one.endpoint.url), one.code) for one in now.disputes if one.decided_at is None
    }
    stands = {
        place_of(incoming.file.endpoints[number].name, incoming.file.endpoints[number].url): place
        for number, place in _joined(now, incoming).items()
    }
    for number, given in enumerate(incoming.file.disputes):
        at = place_of(given.endpoint, given.url)
        at = stands.get(at, at)
        place = (*at, given.code)
        same = any(_same_dispute(one, given, at) for one in known)
        closed = given.decision == "rejected"
        kind: Kind = "unchanged" if same else "skipped" if place in open_here and not closed else "new"
        if kind == "new" and not closed:
            open_here.add(place)
        yield Change(
            key=f"dispute:{number}",
            group="disputes",
            kind=kind,
            title=given.endpoint,
            detail=given.code,
            after=Said(given.reason, _decision(given)),
            why=_("A dispute about this finding is open here already.") if kind == "skipped" else "",
            raw=given.model_dump(mode="json"),
            do=_raiser(given),
        )


def _same_dispute(stands: dict[str, Any], given: FileDispute, at: Place) -> bool:
    return (
        place_of(stands["endpoint"], stands["url"]) == at
        and all(stands.get(name) == getattr(given, name) for name in ("code", "reason"))
        and datetime.fromisoformat(stands["raised_at"]) == given.raised_at
    )


def _decision(given: FileDispute) -> str:
    if given.decision is None:
        return ""
    if given.decision == "rejected":
        return _("Rejected where it comes from.")
    return _("Accepted where it comes from. Here the finding counts until a second person accepts it.")


def _raiser(given: FileDispute) -> Callable[[Doing], None]:
    said = given.model_dump(mode="json", include=set(SAID_ELSEWHERE), exclude_defaults=True)
    said["raised_at"] = given.raised_at.isoformat()
    if given.decided_at is not None:
        said["decided_at"] = given.decided_at.isoformat()

    def raise_it(doing: Doing) -> None:
        assessment = doing.now.assessment
        rejected = given.decision == "rejected"
        Dispute.objects.create(
            organisation=assessment.organisation,
            assessment=assessment,
            endpoint=_endpoint(doing, given.endpoint, given.url),
            code=given.code,
            reason=given.reason,
            raised_by=doing.user,
            # A rejection lifts nothing, so it may be believed; an acceptance needs a second person here.
            decided_at=timezone.now() if rejected else None,
            elsewhere={name: said[name] for name in SAID_ELSEWHERE if name in said},
        )

    return raise_it
