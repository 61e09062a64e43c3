"""Results that a prober elsewhere sends by itself: added where nothing speaks against it, kept for a look otherwise."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import DrillPlan, DrillRun, Endpoint, JobStatus, ProbeImport, ProbeRun, UploadToken
from assessor.probes.drills.command_disconnect import record_of
from assessor.probes.drills.records import CanaryRecord
from assessor.services import carrying, drill_evidence, drill_records, names_records, shelving
from assessor.services.carrying import ImportRefused, Preview, Remark

MOST_WAITING = 10


class CannotTake(AssessorError):
    """The token is good, and yet nothing can be taken for this endpoint now."""


@dataclass(frozen=True)
class Taken:
    """What became of a file that was sent: `remarks` are what a person should look at, or know."""

    outcome: Literal["added", "waiting", "known"]
    sentence: str
    remarks: tuple[Remark, ...] = ()
    changes: int = 0


def take(token: UploadToken, raw: bytes) -> Taken:
    """Take in a file that was sent with a token; raises `AssessorError` for one that cannot be."""
    endpoint = token.endpoint
    if not shelving.roles_at_work().filter(endpoint=endpoint).exists():
        raise CannotTake(
            N_("This endpoint was taken out of its assessment, or that is archived; nothing is added to it any more.")
        )
    kind = _kind(raw)
    waits = kind == names_records.KIND or kind in drill_records.KINDS
    if kind is not None and not waits:
        return _take_record(token, raw)
    with transaction.atomic():
        # Locked, so that a file that is sent twice at once is added once.
        Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        return _take_waiting(token, raw, kind) if waits else _take_result(token, raw)


def _take_waiting(token: UploadToken, raw: bytes, kind: str) -> Taken:
    """Keep a record of names or of a drill until a person says which answer it stands behind."""
    waits = ProbeImport.objects.filter(endpoint=token.endpoint, run=None, sha256=hashlib.sha256(raw).hexdigest())
    if waits.exists():
        return Taken("known", N_("This record waits already for somebody to look at it."))
    _check_room(token.endpoint)
    keep = names_records.bring if kind == names_records.KIND else drill_records.bring
    keep(token.endpoint, token.made_by, raw, f"{token.name}.json", token=token)
    return Taken("waiting", N_("The record is kept and waits on the endpoint's page for a look."))


def _check_room(endpoint: Endpoint) -> None:
    """Raise `CannotTake` where as much waits already as may."""
    if ProbeImport.objects.filter(endpoint=endpoint, run=None).exclude(token=None).count() >= MOST_WAITING:
        raise CannotTake(
            N_("{count} results wait already for somebody to look at them; this one was not kept."),
            remedy=N_("Look at them on the endpoint's page."),
            count=MOST_WAITING,
        )


def _take_result(token: UploadToken, raw: bytes) -> Taken:
    endpoint, name = token.endpoint, f"{token.name}.json"
    result, _text = carrying.read_upload(raw, N_("The file"))
    sent = hashlib.sha256(raw).hexdigest()
    if ProbeRun.objects.filter(endpoint=endpoint, result_sha256=result.sha256).exists():
        return Taken("known", N_("This result is here already; nothing was added."))
    if ProbeImport.objects.filter(endpoint=endpoint, run=None, sha256=sent).exists():
        return Taken("known", N_("This result waits already for somebody to look at it."))
    preview = carrying.look_at(endpoint, result)
    because = in_conflict(endpoint, preview)
    if because:
        _check_room(endpoint)
    row = carrying.bring(endpoint, token.made_by, raw, name, token=token)
    if because:
        return Taken("waiting", N_("The result is kept and waits on the endpoint's page for a look."), because)
    run = carrying.add(row, token.made_by)
    changes = len(run.changes["changes"]) if run.changes else 0
    return Taken("added", N_("The result was added."), preview.remarks, changes)


def in_conflict(endpoint: Endpoint, preview: Preview) -> tuple[Remark, ...]:
    """Return what a person has to decide before a result is added; nothing where it may be added by itself.

    That it followed no plan is no conflict in itself: it is added as unsigned. It is one where its word would take the
    place of one that counts for more.
    """
    if not carrying.is_comparable(preview.result):
        # It changes no finding: that the endpoint could not be tested is worth knowing at once.
        return ()
    because = [one for one in preview.remarks if one.sentence != carrying.NO_PLAN]
    last = queries.last_good_runs([endpoint]).get(endpoint.pk)
    if not preview.signed and preview.becomes_last and last is not None and not last.imported:
        sentence = N_("It is unsigned, and the last probe here counts for more: it would take its place.")
        because.append(Remark(sentence, {}))
    return tuple(because)


def _kind(raw: bytes) -> Any:
    """Return the kind that the record of a drill names; None for anything else."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    kind = document.get("kind") if isinstance(document, dict) else None
    # A list is no kind, and could not be looked up among them.
    return kind if kind is None or isinstance(kind, str) else ""


def _take_record(token: UploadToken, raw: bytes) -> Taken:
    """Join what a canary saw to its drill, where that is unmistakable."""
    if _kind(raw) != "canary":
        raise ImportRefused(
            N_("This is no record that a drill writes: those of exit, disconnect, canary and names are taken here."),
            remedy=N_("Send the file that the prober wrote with --out, as it is."),
        )
    canary = record_of(CanaryRecord, raw, N_("The file"))
    rows = DrillRun.objects.filter(
        endpoint=token.endpoint, kind=DrillPlan.Kind.DISCONNECT, status=JobStatus.DONE, result__drill=canary.drill
    )
    runs = list(rows.order_by("created_at", "pk"))
    if not runs:
        raise ImportRefused(
            N_("No finished disconnection drill of this endpoint is called “{name}”."),
            remedy=N_("Send the record again when the drill is over."),
            name=canary.drill,
        )
    proofs = [proof for run in runs for proof in (run.result or {}).get("proofs", ())]
    if any(proof.get("record_sha256") == canary.sha256 for proof in proofs):
        return Taken("known", N_("This record is joined to its drill already."))
    drill_evidence.join_canary(runs[-1], canary, token.made_by)
    return Taken("added", N_("The record was joined to its drill; the record without it stays as it was."))
