"""Which kind of file came, by its content and name, and what it says."""

from collections.abc import Iterator
from typing import BinaryIO

from django.conf import settings

from assessor.content import Document, validate
from assessor.errors import N_, ContentError, ContentErrors
from assessor.questionnaire.schema import Questionnaire
from assessor.services import file_types
from assessor.services.answer_file import AnswerFile, FileAttachment
from assessor.services.attachments import PER_EVIDENCE
from assessor.services.exchange import pack, xlsx_in
from assessor.services.exchange.plain import MAX_BYTES, read_json_answers, read_yaml_answers
from assessor.services.exchange.plan import Incoming
from assessor.services.exchange.safe_zip import MEGABYTE
from assessor.services.exchange.workbook import read_workbook

ACCEPTED = "YAML, JSON, XLSX, SOVPACK"
# A filled-in form of the longest questionnaire takes a tenth of it.
MOST_XLSX = 12 * MEGABYTE
_ZIP = b"PK"
# Workbooks of before 2007, and those with a password, begin so.
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def read(stream: BinaryIO, name: str, questionnaire: Questionnaire) -> Incoming:
    """Return what a file says; raises `ContentError` or `ContentErrors` with the place of every fault."""
    head = stream.read(8)
    stream.seek(0)
    ending = name.rpartition(".")[2].casefold()
    if head[:2] == _ZIP:
        return _read_pack(stream, name) if ending == pack.FORMAT else _read_xlsx(stream, name, questionnaire)
    if head[:4] == _OLD_OFFICE:
        raise ContentError(
            N_("The workbook is of an old format or has a password."),
            source=name,
            remedy=N_("Save it as XLSX without a password."),
        )
    if ending in ("csv", "pdf") or head[:5] == b"%PDF-":
        raise ContentError(
            N_("Tables (CSV) and PDF go out only."),
            source=name,
            remedy=N_("Bring in one of: {accepted}."),
            accepted=ACCEPTED,
        )
    if ending in ("xlsx", pack.FORMAT):
        raise ContentError(
            N_("The file is none of the kind its name says; it may have been cut short."),
            source=name,
            remedy=N_("Have it sent again."),
        )
    raw = stream.read(MAX_BYTES + 1)
    is_json = ending == "json" or (ending not in ("yaml", "yml") and raw.lstrip()[:1] == b"{")
    document = read_json_answers(raw, name) if is_json else read_yaml_answers(raw, name)
    return Incoming(_answers(document), document, "json" if is_json else "yaml")


def _answers(document: Document) -> AnswerFile:
    if not isinstance(document.data, dict) or "questionnaire" not in document.data:
        raise document.error(
            (),
            N_("There are no answers in this file."),
            N_("Bring in one of: {accepted}, exported here or filled in from an empty one."),
            accepted=ACCEPTED,
        )
    return validate(AnswerFile, document)


def _read_xlsx(stream: BinaryIO, name: str, questionnaire: Questionnaire) -> Incoming:
    if stream.seek(0, 2) > MOST_XLSX:
        raise ContentError(
            N_("The workbook is larger than {limit} MB."),
            source=name,
            remedy=N_("Take out pictures and sheets that do not belong."),
            limit=MOST_XLSX // MEGABYTE,
        )
    document = xlsx_in.answers_in(read_workbook(stream, name), questionnaire)
    return Incoming(_answers(document), document, "xlsx")


def _read_pack(stream: BinaryIO, name: str) -> Incoming:
    found = pack.read_pack(stream, name)
    file = _answers(found.answers)
    incoming = Incoming(file, found.answers, pack.FORMAT, found.contents, found.results, shape=found.shape)
    _check_files(incoming, name)
    return incoming


def _check_files(incoming: Incoming, name: str) -> None:
    """Raise for a file that could not be kept: size, type, or not in the archive although it is named."""
    faults = []
    checked: set[str] = set()
    for number, at, file in _files(incoming.file):
        path = (*at, "evidence", number)
        content = incoming.contents.get(file.sha256)
        if content is None:
            reason = N_("The file “{file}” is named here and not in the archive.")
            faults.append(incoming.document.error(path, reason, pack.AGAIN, file=file.name))
        elif file.sha256 not in checked:
            checked.add(file.sha256)
            raw = content()
            if len(raw) > settings.UPLOAD_MAX_BYTES:
                faults.append(
                    incoming.document.error(
                        path,
                        N_("The file “{file}” is larger than {limit} MB."),
                        N_("Leave it out, and give the place where it lies."),
                        file=file.name,
                        limit=settings.UPLOAD_MAX_BYTES // MEGABYTE,
                    )
                )
            elif not raw or file_types.recognise(raw, file.name) is None:
                faults.append(
                    incoming.document.error(
                        path,
                        N_("The file “{file}” is of none of the types that are taken in, whatever its name says."),
                        N_("Attach one of: {accepted}; without macros."),
                        file=file.name,
                        accepted=file_types.ACCEPTED,
                    )
                )
    if faults:
        raise ContentErrors(faults)


def files_in(incoming: Incoming) -> Iterator[tuple[str, list[bytes]]]:
    """Yield name and content of every file that came along, each content once."""
    seen = set()
    for _number, _at, file in _files(incoming.file):
        if file.sha256 in incoming.contents and file.sha256 not in seen:
            seen.add(file.sha256)
            yield file.name, [incoming.contents[file.sha256]()]


def _files(file: AnswerFile) -> list[tuple[int, tuple[str | int, ...], FileAttachment]]:
    """Return every file with the number of its evidence and the path of its answer; at most ten for each."""
    groups = [(("answers",), file.answers)]
    groups += [(("workloads", number, "answers"), one.answers) for number, one in enumerate(file.workloads)]
    return [
        (number, (*at, question), attached)
        for at, answers in groups
        for question, answer in answers.items()
        for number, row in enumerate(answer.evidence)
        for attached in row.files[:PER_EVIDENCE]
    ]
