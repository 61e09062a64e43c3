"""Plans carried to a prober elsewhere, and the results that come back: looked at first, added when told to."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import Endpoint, JobStatus, ProbeImport, ProbePlan, ProbeRun, UploadToken, User
from assessor.probes import drift
from assessor.probes.assemble import plain_url
from assessor.probes.drift import Drift
from assessor.probes.integrity import ResultUnreadable, read_result
from assessor.probes.plan_file import PlanFile, lines_of, method_version, signed_text
from assessor.probes.result import PlanMark, ProbeResult
from assessor.probes.signature import is_signed
from assessor.probes.target import Target
from assessor.probes.version import catalogue_version
from assessor.services import audit, signing, summaries
from assessor.services.probing import AUTHORITY, ProbeRefused, note, target_of

MAX_BYTES = 1024 * 1024
MAX_DAYS = 90
# Clocks differ; what lies further ahead than this was not made yet.
CLOCK = timedelta(hours=26)
FROM_FILE = N_("Brought in from a file.")
NO_PLAN = N_("It followed no signed plan, so it is added as unsigned.")


class ImportRefused(AssessorError):
    """A result cannot be added to this endpoint."""


@dataclass(frozen=True)
class Remark:
    """Something a person should know before adding a result: a sentence with its fields filled after translation."""

    sentence: str
    params: dict[str, object]


@dataclass(frozen=True)
class Preview:
    """What a result would add: whether it counts as signed, what to know, what changes, whether it becomes the last."""

    result: ProbeResult
    signed: bool
    remarks: tuple[Remark, ...]
    drift: Drift | None
    becomes_last: bool


@transaction.atomic
def make_plan(endpoint: Endpoint, user: User, *, authority: bool, days: int) -> ProbePlan:
    """Sign a plan for an endpoint, valid for some days; raises `ProbeRefused` without authority or for other days."""
    if not authority:
        raise ProbeRefused(
            N_("No plan was made."), remedy=N_("Confirm that you may test this endpoint, then make the plan.")
        )
    if not 1 <= days <= MAX_DAYS:
        raise ProbeRefused(
            N_("A plan is valid for 1 to {limit} days."), remedy=N_("Choose a number between."), limit=MAX_DAYS
        )
    wants_key = endpoint.key_mode != Endpoint.KeyMode.NONE
    target = target_of(endpoint, "-" if wants_key else "")
    public, made = signing.public_key(), timezone.now()
    until, plan_id = timezone.localdate() + timedelta(days=days), uuid4()
    bare = PlanFile(
        id=str(plan_id),
        endpoint=str(endpoint.pk),
        name=endpoint.name,
        target_url=endpoint.url,
        wants_key=wants_key,
        key_header=endpoint.key_header,
        root_paths=endpoint.root_paths,
        allow_chat=endpoint.allow_chat,
        ca_pem=endpoint.ca_pem,
        client_certificate=endpoint.client_certificate,
        authority=AUTHORITY,
        issued=made.astimezone(UTC).isoformat(timespec="seconds"),
        valid_until=until.isoformat(),
        catalogue_version=catalogue_version(),
        method_version=method_version(),
        lines=lines_of(target),
        installation=signing.installation(),
        public_key=public,
    )
    digest = bare.digest()
    whole = bare.model_copy(update={"sha256": digest, "signature": signing.sign(signed_text(digest))})
    plan = ProbePlan.objects.create(
        pk=plan_id,
        organisation=endpoint.organisation,
        endpoint=endpoint,
        made_by=user,
        valid_until=until,
        document=whole.document(),
        sha256=digest,
    )
    audit.record(
        "probe.plan_made", organisation=endpoint.organisation, actor=user, subject=endpoint, until=until.isoformat()
    )
    return plan


def read_upload(raw: bytes, name: str) -> tuple[ProbeResult, str]:
    """Return the result in a file, and its text; raises `ResultUnreadable` or `Tampered`."""
    document, text = decoded(raw, name)
    return read_result(document, name), text


def decoded(raw: bytes, name: str, most: int = MAX_BYTES) -> tuple[Any, str]:
    """Return a file of `most` bytes as JSON that a database can keep, and its text; raises `ResultUnreadable`."""
    if len(raw) > most:
        raise ResultUnreadable(
            N_("The file is larger than {limit} MB; no result is."), place=name, limit=most // 1024 // 1024
        )
    try:
        text = raw.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_no_number)
        # What no database can keep is no text that a prober wrote: lone surrogates, a zero byte.
        plain = json.dumps(document, ensure_ascii=False)
        plain.encode()
        if "\\u0000" in plain or "\0" in text:
            raise ValueError("a zero byte")
    except (ValueError, RecursionError) as error:
        raise ResultUnreadable(
            N_("This is not the result of a probe."),
            place=name,
            remedy=N_("Give the file that assessor-probe --out wrote, or the web application handed out."),
        ) from error
    return document, text


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def is_comparable(result: ProbeResult) -> bool:
    """Tell whether a result tested anything that could stand against an earlier one."""
    return drift.comparable(result)


def bring(
    endpoint: Endpoint, user: User | None, raw: bytes, name: str, *, token: UploadToken | None = None
) -> ProbeImport:
    """Keep a result file until somebody confirms it; raises `AssessorError` for one that cannot be added."""
    name = name[-200:] or "result.json"
    result, text = read_upload(raw, name)
    look_at(endpoint, result)
    return ProbeImport.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        file_name=name,
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        brought_by=user,
        token=token,
    )


def look_at(endpoint: Endpoint, result: ProbeResult) -> Preview:
    """Return what a result would add to an endpoint; raises `ImportRefused` when it cannot be added."""
    _check_address(endpoint, result)
    _check_new(endpoint, result)
    finished = _moment(result.finished)
    plan, doubts = _plan_of(endpoint, result)
    last = queries.last_good_runs([endpoint]).get(endpoint.pk)
    is_last = last is None or last.finished_at is None or finished >= last.finished_at
    before = ProbeResult.model_validate(last.result) if last is not None and last.result else None
    seen = drift.comparable(result)
    remarks = [*doubts, *_versions(result)]
    if not seen:
        remarks.append(Remark(N_("It tested nothing; it is kept as “could not test” and changes no finding."), {}))
    elif not is_last:
        remarks.append(Remark(N_("A later probe is here already; its findings stay in force."), {}))
    return Preview(
        result=result,
        signed=plan is not None,
        remarks=tuple(remarks),
        drift=drift.compare(before, result) if before and seen and is_last else None,
        becomes_last=seen and is_last,
    )


def _check_address(endpoint: Endpoint, result: ProbeResult) -> None:
    own = plain_url(Target(endpoint.url))
    if result.target_url.rstrip("/") != own.rstrip("/"):
        raise ImportRefused(
            N_("This is the result of another endpoint: {other}, not {own}."),
            remedy=N_("Bring it in on the page of that endpoint."),
            other=result.target_url[:200],
            own=own,
        )


def _check_new(endpoint: Endpoint, result: ProbeResult) -> None:
    known = ProbeRun.objects.filter(endpoint=endpoint, result_sha256=result.sha256).first()
    if known is not None:
        raise ImportRefused(N_("This result is here already, since {day}."), day=known.created_at.date().isoformat())
    if _moment(result.finished) > timezone.now() + CLOCK:
        raise ImportRefused(
            N_("This result says that it was made at {moment}, which lies ahead."),
            remedy=N_("Correct the clock of the computer that probed, and probe again."),
            moment=result.finished,
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ImportRefused(N_("“{text}” in the result is no moment in time."), text=text[:40]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plan_of(endpoint: Endpoint, result: ProbeResult) -> tuple[ProbePlan | None, list[Remark]]:
    """Return the plan of ours that a result answers, or what speaks against that."""
    mark = result.plan
    if mark is None:
        return None, [Remark(NO_PLAN, {})]
    if mark.installation != signing.installation():
        sentence = N_("Its plan was signed by another installation ({name}), so it is added as unsigned.")
        return None, [Remark(sentence, {"name": mark.installation[:40]})]
    plan = ProbePlan.objects.select_related("endpoint").filter(pk=_uuid(mark.id)).first()
    if plan is None:
        return None, [Remark(N_("Its plan is not known here any more, so it is added as unsigned."), {})]
    if plan.endpoint_id != endpoint.pk:
        raise ImportRefused(
            N_("It followed a plan for another endpoint, “{name}”."),
            remedy=N_("Bring it in on the page of that endpoint."),
            name=plan.endpoint.name,
        )
    if plan.sha256 != mark.sha256 or not _is_ours(mark):
        raise ImportRefused(
            N_("It names a plan of this installation, but that plan was another one or its signature is false."),
            remedy=N_("Follow the plan as this page hands it out."),
        )
    if outside := _outside(plan, result):
        return None, [outside]
    return plan, []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_ours(mark: PlanMark) -> bool:
    try:
        signature = bytes.fromhex(mark.signature)
    except ValueError:
        return False
    return is_signed(bytes.fromhex(signing.public_key()), signed_text(mark.sha256), signature)


def _outside(plan: ProbePlan, result: ProbeResult) -> Remark | None:
    """Return why a result is not what its plan allowed, None when it is."""
    begun = _moment(result.started)
    if begun < plan.made_at - CLOCK or begun.date() > plan.valid_until + timedelta(days=1):
        sentence = N_("It was made at {moment}, outside the time of its plan, so it is added as unsigned.")
        return Remark(sentence, {"moment": result.started})
    allowed = {(line["method"], line["path"]) for line in plan.document["lines"]}
    strange = [one for one in result.requests if (one.method, one.path) not in allowed]
    if strange:
        sentence = N_("It holds a request that its plan does not ({request}), so it is added as unsigned.")
        return Remark(sentence, {"request": f"{strange[0].method} {strange[0].path}"[:100]})
    return None


def _versions(result: ProbeResult) -> list[Remark]:
    """Return what differs between the prober that made a result and this installation's."""
    own, theirs = catalogue_version(), result.catalogue_version
    remarks = []
    if theirs != own:
        sentence = N_("It was judged with another catalogue ({theirs}; here {own}): the names it found may differ.")
        if _day(theirs) < _day(own):
            sentence = N_(
                "It was judged with an older catalogue ({theirs}; here {own}): what is newer was not looked for."
                " Probe again with the prober of this installation to see it."
            )
        remarks.append(Remark(sentence, {"theirs": theirs[:40] or "–", "own": own}))
    if result.method_version != method_version():
        sentence = N_("It was made by another method ({theirs}; here {own}): other requests were sent.")
        remarks.append(Remark(sentence, {"theirs": result.method_version[:40] or "–", "own": method_version()}))
    return remarks


def _day(version: str) -> date:
    try:
        return date.fromisoformat(version.partition("+")[0])
    except ValueError:
        return date.min


@transaction.atomic
def add(waiting: ProbeImport, user: User | None) -> ProbeRun:
    """Add a result that was looked at; raises `AssessorError` when it cannot be added any more."""
    # Locked, so that two clicks at once add one run.
    waiting = ProbeImport.objects.select_for_update().select_related("endpoint").get(pk=waiting.pk)
    if waiting.run is not None:
        return waiting.run
    endpoint = waiting.endpoint
    result = read_result(json.loads(waiting.text), waiting.file_name)
    found = look_at(endpoint, result)
    failed = not drift.comparable(result)
    last = queries.last_good_runs([endpoint]).get(endpoint.pk)
    run = ProbeRun.objects.create(
        organisation=waiting.organisation,
        endpoint=endpoint,
        requested_by=user,
        authority=AUTHORITY if found.signed else N_("Sent with a token.") if waiting.token_id else FROM_FILE,
        imported=not found.signed,
        plan=ProbePlan.objects.get(pk=result.plan.id) if found.signed and result.plan else None,
        target_url=endpoint.url,
        status=JobStatus.FAILED if failed else JobStatus.DONE,
        attempt=1,
        result=json.loads(waiting.text),
        result_sha256=result.sha256,
        outcome=result.outcome,
        findings=[finding.model_dump(mode="json") for finding in result.findings],
        changes=found.drift.model_dump(mode="json") if found.drift else None,
        compared_with=last if found.drift else None,
        started_at=_moment(result.started),
        finished_at=_moment(result.finished),
        error=result.error if failed else "",
    )
    waiting.run = run
    waiting.save(update_fields=["run"])
    summaries.refresh_at(endpoint)
    sent = {"token": waiting.token.name} if waiting.token else {}
    note(run, "probe.imported", user, signed=found.signed, **sent)
    return run


def forget_waiting(older_than: timedelta = timedelta(days=1), sent: timedelta = timedelta(days=30)) -> int:
    """Delete files that nobody confirmed; returns how many there were.

    Who brings a file in looks at it at once; one that was sent by itself has to wait for somebody to come by.
    """
    now = timezone.now()
    brought = Q(token=None, brought_at__lt=now - older_than) | Q(brought_at__lt=now - sent)
    return ProbeImport.objects.filter(brought, run=None).delete()[0]
