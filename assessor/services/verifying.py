"""Whether a file, the data in it, what is stored here and what the assessment says today agree; each told apart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from assessor.models import Report, SignOff
from assessor.reports import attached, stored
from assessor.reports.engine import engine_key
from assessor.reports.model import ReportModel
from assessor.reports.pdf import make_pdf, pdf_available
from assessor.services import reporting, snapshots


class Verdict(IntEnum):
    """What was found; the number is the exit code of the command."""

    AGREES = 0
    ASSESSMENT_MOVED_ON = 1
    NO_REPORT = 2
    DATA_CHANGED = 3
    FILE_CHANGED = 4
    UNKNOWN_HERE = 5
    RECORD_CHANGED = 6


@dataclass(frozen=True)
class Verified:
    """A verdict and the sentences behind it, in the order in which things were looked at."""

    verdict: Verdict
    lines: tuple[str, ...]


def verify(pdf: bytes, *, alone: bool = False) -> Verified:
    """Compare a file with its own data and, unless `alone`, with what this installation knows."""
    try:
        data = attached.model_data(pdf)
    except attached.NoReport as refusal:
        return Verified(Verdict.NO_REPORT, (refusal.sentence(_),))
    if not stored.seal_fits(data):
        line = _("The data in the file do not fit their own hash: they were changed after the report was made.")
        return Verified(Verdict.DATA_CHANGED, (line,))
    lines = [_("The data in the file fit their hash, {hash}.").format(hash=data["input_hash"])]
    report, reach = (None, "") if alone else _known(str(data["input_hash"]))
    if report is not None:
        return _against(report, pdf, data, lines)
    verdict = _itself(pdf, data, lines)
    if verdict != Verdict.AGREES or alone:
        return Verified(verdict, tuple(lines))
    lines.append(
        reach or _("This installation knows no report with this hash: it was made elsewhere, or deleted here.")
    )
    return Verified(Verdict.UNKNOWN_HERE, tuple(lines))


def _known(input_hash: str) -> tuple[Report | None, str]:
    try:
        with scopes_disabled():
            return Report.objects.select_related("organisation").filter(input_hash=input_hash).first(), ""
    except DatabaseError:
        return None, _("No database of this product was reached, so the file was compared with itself only.")


def _itself(pdf: bytes, data: Mapping[str, Any], lines: list[str]) -> Verdict:
    """Set the report anew from the data in the file, where the same release would set it, and compare."""
    if attached.maker_of(pdf) != engine_key() or pdf_available() is not None:
        lines.append(
            _("Another release, or other fonts, set this file; whether its pages show these data cannot be said here.")
        )
        return Verdict.AGREES
    model = stored.read(data)
    if any(pdf == make_pdf(model, board_only=board) for board in (False, True)):
        lines.append(_("Set anew from these data, the file is the same to the byte."))
        return Verdict.AGREES
    lines.append(_("Set anew from these data, the file is another: its pages were changed after it was made."))
    return Verdict.FILE_CHANGED


def _against(report: Report, pdf: bytes, data: Mapping[str, Any], lines: list[str]) -> Verified:
    kind = report.get_kind_display()
    lines.append(
        _("It is {kind} {version} of {organisation}, kept here.").format(
            kind=kind, version=report.version, organisation=report.organisation.name
        )
    )
    if report.content != data:
        lines.append(_("The report kept in the database is another: that record was changed."))
        return Verified(Verdict.RECORD_CHANGED, tuple(lines))
    if hashlib.sha256(pdf).hexdigest() not in (report.file_sha256, report.board_sha256):
        lines.append(
            _("The file is not the one that was made ({hash}): its pages were changed, or it was saved anew.").format(
                hash=report.file_sha256 or "-"
            )
        )
        return Verified(Verdict.FILE_CHANGED, tuple(lines))
    lines.append(_("The file is the one that was made, to the byte."))
    if not _signature_holds(report, data, lines):
        return Verified(Verdict.RECORD_CHANGED, tuple(lines))
    with scope(organisation=report.organisation):
        now = reporting.current_model(report)
    moved = differences(stored.read(data), now)
    if moved:
        lines.append(_("The assessment has moved on since: {what}.").format(what="; ".join(moved)))
        return Verified(Verdict.ASSESSMENT_MOVED_ON, tuple(lines))
    lines.append(_("The assessment says today what the report says."))
    return Verified(Verdict.AGREES, tuple(lines))


def _signature_holds(report: Report, data: Mapping[str, Any], lines: list[str]) -> bool:
    """Say who signed the round, and whether what was signed is kept here unchanged; nothing where nobody signed."""
    printed = data.get("signed")
    if not printed:
        return True
    with scope(organisation=report.organisation):
        signed = SignOff.objects.filter(assessment=report.assessment_id).first()
    if signed is None or signed.sha256 != printed["sha256"] or not snapshots.fits(signed):
        lines.append(_("What was signed off is kept here no more, or as something else: that record was changed."))
        return False
    lines.append(
        _("{name} signed the round off on {day}; what was signed is kept here and fits its hash, {hash}.").format(
            name=signed.signer, day=f"{signed.signed_at:%Y-%m-%d}", hash=signed.sha256
        )
    )
    return True


def differences(report: ReportModel, now: ReportModel) -> list[str]:
    """Return in words what the assessment says otherwise today: answers and evidence, probes, levels."""
    found = []
    before, after = _answers(report), _answers(now)
    changed = [number for name, (number, said) in before.items() if after.get(name, ("", None))[1] != said]
    added = [number for name, (number, _said) in after.items() if name not in before]
    if changed or added:
        numbers = ", ".join([*changed, *added][:12]) + (" …" if len(changed) + len(added) > 12 else "")
        found.append(_("answers, evidence or findings of question {numbers}").format(numbers=numbers))
    if {one.id: one.sha256 for one in report.endpoints} != {one.id: one.sha256 for one in now.endpoints}:
        found.append(_("endpoints or their probes"))
    levels = [(one.board.claimed.label, one.board.verified.label) for one in (report, now)]
    if levels[0] != levels[1]:
        found.append(
            _("the level: claimed {claimed}, verified {verified}").format(claimed=levels[1][0], verified=levels[1][1])
        )
    return found


def _answers(model: ReportModel) -> dict[str, tuple[str, Any]]:
    entries = (entry for one in model.dimensions for entry in one.answers)
    return {
        one.id: (
            one.number,
            (one.state, one.claimed, one.verified, one.answer, one.note, one.evidence, one.workloads, one.findings),
        )
        for one in entries
    }
