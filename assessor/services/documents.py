"""Documents: asked for once, made by the worker, handed out while they are there, made again when they are gone."""

import hashlib
import os
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from django_scopes import scope, scopes_disabled

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Document, JobStatus, Organisation, User
from assessor.questionnaire.schema import Questionnaire
from assessor.reports import papers, stored
from assessor.reports.comparison import Comparison
from assessor.reports.forms import offer
from assessor.reports.pdf import make_pdf, pdf_available, printed
from assessor.reports.portfolio import Portfolio
from assessor.reports.sheet import Sheet
from assessor.services import jobs
from assessor.services.exchange.blank_pdf import blank_pdf
from assessor.services.questionnaires import questionnaire_of

FOLDER = "documents"
KEPT = timedelta(days=7)


class DocumentMissing(AssessorError):
    """The file of a document is not there any more, or is not what was made."""


def _report_pdf(content: Any) -> bytes:
    return make_pdf(stored.read(content))


def _report_docx(content: Any) -> bytes:
    return offer.report_as(stored.read(content), "docx")


def _comparison_pdf(content: Any) -> bytes:
    return _printed(papers.comparison_sheet(Comparison.model_validate(content)))


def _comparison_docx(content: Any) -> bytes:
    return offer.comparison_as(Comparison.model_validate(content), "docx")


def _portfolio_pdf(content: Any) -> bytes:
    return _printed(papers.portfolio_sheet(Portfolio.model_validate(content["portfolio"])))


def _blank_pdf(content: Any) -> bytes:
    with override(content["language"]):
        return blank_pdf(questionnaire_of(content["questionnaire"]), content["scope"], content["language"])


def _printed(sheet: Sheet) -> bytes:
    problem = pdf_available()
    if problem is not None:
        raise problem
    return printed(sheet).pdf


MAKERS: dict[tuple[str, str], Callable[[Any], bytes]] = {
    (Document.Kind.REPORT, "pdf"): _report_pdf,
    (Document.Kind.REPORT, "docx"): _report_docx,
    (Document.Kind.COMPARISON, "pdf"): _comparison_pdf,
    (Document.Kind.COMPARISON, "docx"): _comparison_docx,
    (Document.Kind.PORTFOLIO, "pdf"): _portfolio_pdf,
    (Document.Kind.BLANK, "pdf"): _blank_pdf,
}
FORMS = {
    kind: tuple(form for known, form in MAKERS if known == kind)
    for kind in (Document.Kind.REPORT, Document.Kind.COMPARISON, Document.Kind.PORTFOLIO, Document.Kind.BLANK)
}


@transaction.atomic
def ask(
    kind: str,
    form: str,
    content: Any,
    *,
    title: str,
    name: str,
    user: User,
    organisation: Organisation | None,
    assessment: Assessment | None = None,
) -> Document:
    """Return the document of this content: the one that is there, being made, or a new one that waits for the worker.

    Raises `PdfUnavailable` where this machine sets no type. Only a new one is to be enqueued: its attempt is 0.
    """
    problem = pdf_available() if form == "pdf" else None
    if problem is not None:
        raise problem
    key = content_hash([settings.VERSION, kind, form, content])
    # A portfolio lies in no organisation: it is found by the person it belongs to.
    with nullcontext() if organisation else scopes_disabled():
        same = Document.objects.filter(organisation=organisation, key=key, kind=kind)
        if organisation is None:
            same = same.filter(requested_by=user)
        for found in same.exclude(status__in=[JobStatus.FAILED, JobStatus.CANCELLED]).defer("content"):
            if not found.is_over or _path(found).is_file():
                return found
        return Document.objects.create(
            organisation=organisation,
            assessment=assessment,
            kind=kind,
            form=form,
            title=title[:300],
            name=name[:120],
            content=content,
            key=key,
            requested_by=user,
            lease_until=jobs.lease_end(),
        )


def ask_blank(
    questionnaire: Questionnaire, extent: str, language: str, *, user: User, organisation: Organisation
) -> Document:
    """Return the document of an empty questionnaire to print."""
    content = {"questionnaire": questionnaire.content_hash(), "scope": extent, "language": language}
    return ask(
        Document.Kind.BLANK,
        "pdf",
        content,
        title=questionnaire.title,
        name=f"{questionnaire.id}-{questionnaire.version}-{extent}",
        user=user,
        organisation=organisation,
    )


def carry_out(document_id: UUID | str) -> None:
    """Make a document; does nothing when another worker has it."""
    document = jobs.claim(Document, document_id)
    if not isinstance(document, Document):
        return
    # A portfolio holds what it says; nothing more is read for it.
    inside = scope(organisation=document.organisation) if document.organisation else nullcontext()
    with inside, jobs.kept_alive(document):
        try:
            made = MAKERS[document.kind, document.form](document.content)
            name = _store(document, made)
        except AssessorError as error:
            jobs.finish(document, JobStatus.FAILED, error=str(error))
            return
        except OSError as error:
            jobs.finish(
                document, JobStatus.FAILED, error=N_("The file could not be stored: {why}.").format(why=error.strerror)
            )
            return
        digest = hashlib.sha256(made).hexdigest()
        if not jobs.finish(document, JobStatus.DONE, file=name, file_sha256=digest, file_size=len(made)):
            (Path(settings.REPORTS_DIR) / name).unlink(missing_ok=True)


def _store(document: Document, made: bytes) -> str:
    """Write the file beside its name and rename it, so that a half-written one never looks whole."""
    name = f"{FOLDER}/{document.pk}-{document.attempt}.{document.form}"
    file = Path(settings.REPORTS_DIR) / name
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as stream:
            stream.write(made)
        part.chmod(0o400)
        os.replace(part, file)  # noqa: PTH105 - atomic replacement is what is meant
    finally:
        part.unlink(missing_ok=True)
    return name


def _path(document: Document) -> Path:
    return Path(settings.REPORTS_DIR) / (document.file or "nothing")


def read_file(document: Document) -> bytes:
    """Return the file; raises `DocumentMissing` when it is gone or another."""
    try:
        content = _path(document).read_bytes()
    except OSError:
        content = b""
    if not content or hashlib.sha256(content).hexdigest() != document.file_sha256:
        raise DocumentMissing(
            N_("The file is not there any more, or was changed after it was made."),
            remedy=N_("Have it made again."),
        )
    return content


def cancel(document: Document) -> None:
    """Give up a document that is not made yet; a worker that is at it throws its work away."""
    jobs.cancel(document)


def forget_old(older_than: timedelta = KEPT) -> int:
    """Delete documents that were made long ago, with their files; returns how many there were."""
    with scopes_disabled():
        rows = Document.objects.filter(created_at__lt=timezone.now() - older_than).exclude(status=JobStatus.RUNNING)
        names = list(rows.values_list("file", flat=True))
        count, _each = rows.delete()
    for name in filter(None, names):
        (Path(settings.REPORTS_DIR) / name).unlink(missing_ok=True)
    return count
