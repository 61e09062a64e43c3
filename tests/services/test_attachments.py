"""Files that people attach: known by their content, kept apart and unchanged, refused with a sentence."""

import io
import stat
import struct
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessor.models import Attachment, Evidence
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import answers, attachments, evidence, file_types
from assessor.services.attachments import AttachmentMissing, AttachmentRefused
from tests.services.seen import bearing

PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< >>\nendobj\n%%EOF\n"


def archive(*names: str, content: bytes = b"<x/>") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return stream.getvalue()


XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
DOCX = archive("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def row(inside, owner) -> Evidence:
    question, _one = bearing()
    answers.save_answer(inside, question.id, "answered", 2, "", owner)
    facts = EvidenceFacts(kind=EvidenceKind.CONTRACT, place="register", taken_on=date(2026, 11, 1))
    return evidence.add_evidence(inside, question.id, facts, "Order form", owner)


def add(row: Evidence, content: bytes = PDF, name: str = "order.pdf") -> Attachment:
    return attachments.add_attachment(row, _named(content, name), row.added_by)


def _named(content: bytes, name: str) -> SimpleUploadedFile:
    file = SimpleUploadedFile("x", content)
    # The setter of Django takes paths away already; a hostile name must be harmless without it too.
    file._name = name
    return file


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (PDF, "a.txt", file_types.PDF),
        (b"\x89PNG\r\n\x1a\n\x00", "a.pdf", file_types.PNG),
        (b"\xff\xd8\xff\xe0\x00", "a", file_types.JPEG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a", file_types.WEBP),
        (XLSX, "a.zip", file_types.XLSX),
        (DOCX, "a.xlsx", file_types.DOCX),
        (b"a,b\n1,2\n", "a.csv", file_types.CSV),
        (b"a: 1\n", "a.yml", file_types.YAML),
        (b'{"a": 1}', "a.json", file_types.JSON),
        (b"not json", "a.json", file_types.PLAIN),
        (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhello", "a.eml", file_types.EML),
        (b"hello", "a.eml", file_types.PLAIN),
        ("Grüße".encode("cp1252"), "a.log", file_types.PLAIN),
        (b"<html><script>alert(1)</script>", "a.html", file_types.PLAIN),
    ],
)
def test_a_file_is_what_its_content_says(content, name, found):
    assert file_types.recognise(content, name) == found


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        archive("readme.txt"),
        archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
        archive("[Content_Types].xml", "xl/workbook.xml")[:-30],
        b"PK\x03\x04" + b"\x00" * 50,
        b"PK\x03\x04" + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 900, 4_000_000_000, 0),
        b"PK\x03\x04" + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 0, 0, 0),
        b"GIF89a\x01\x00\x01\x00\x00",
        b"   \n ",
        b"\x00\x01\x02",
        b"\x81\x8d\x8f",
    ],
)
def test_what_is_none_of_the_types_is_refused_with_the_list(row, content):
    with pytest.raises(AttachmentRefused, match=r"none of the types.*Attach one of: PDF"):
        add(row, content, "order.pdf")
    assert not Attachment.objects.exists()


def test_a_bomb_inside_a_workbook_is_never_unpacked(row):
    bomb = archive("[Content_Types].xml", "xl/workbook.xml", content=b"\x00" * 30_000_000)
    assert len(bomb) < 200_000
    assert add(row, bomb, "b.xlsx").size == len(bomb)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\windows\\system.ini", "system.ini.pdf"),
        ("/abs/olute.pdf", "olute.pdf"),
        ("order.pdf.exe", "order.pdf.exe.pdf"),
        ("a\x00b\r\nSet-Cookie: x=1.pdf", "abSet-Cookie_ x_1.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
        ('"; filename="evil.html', "filename_evil.html.pdf"),
        ("<img src=x onerror=alert(1)>.pdf", None),
        ("Verträge 合同.pdf", "Verträge 合同.pdf"),
        ("CON", "CON.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("x" * 900 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_a_hostile_name_is_only_shown_and_never_a_path(row, name, kept, settings):
    one = add(row, PDF, name)
    assert kept is None or one.name == kept
    assert not set(one.name) & set('/\\<>"\x00\r\n:;')
    assert one.name.endswith(".pdf")
    path = attachments.path_of(one)
    assert path.parent.parent == settings.DATA_DIR / "attachments"
    assert path.name.isalnum()
    assert [file.name for file in (settings.DATA_DIR / "attachments").rglob("*") if file.is_file()] == [path.name]


def test_a_file_is_kept_unchanged_and_for_this_user_alone(row):
    one = add(row)
    path = attachments.path_of(one)
    assert path.read_bytes() == PDF == attachments.read_attachment(one)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_was_changed_or_is_gone_is_not_handed_out(row):
    one = add(row)
    path = attachments.path_of(one)
    path.chmod(0o600)
    path.write_bytes(PDF + b"x")
    with pytest.raises(AttachmentMissing, match="was changed after it was attached"):
        attachments.read_attachment(one)
    path.unlink()
    with pytest.raises(AttachmentMissing, match="Restore it from a backup"):
        attachments.read_attachment(one)


def test_a_file_past_the_limit_is_refused(row, settings):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    with pytest.raises(AttachmentRefused, match="larger than 1 MB"):
        add(row, PDF + b" " * settings.UPLOAD_MAX_BYTES)


def test_an_empty_file_is_refused(row):
    with pytest.raises(AttachmentRefused, match="empty"):
        add(row, b"")


def test_the_quota_counts_removed_evidence_until_its_files_are_deleted(row, settings, owner):
    settings.ATTACHMENT_QUOTA_BYTES = len(PDF) * 2
    add(row)
    add(row)
    with pytest.raises(AttachmentRefused, match="would take more than"):
        add(row)
    evidence.remove_evidence(row, owner)
    assert attachments.used_bytes(row.organisation) == 2 * len(PDF)
    assert evidence.delete_files(row) == 2
    assert attachments.used_bytes(row.organisation) == 0
    assert not [file for file in (settings.DATA_DIR / "attachments").rglob("*") if file.is_file()]


def test_files_of_evidence_in_force_cannot_be_deleted(row):
    one = add(row)
    with pytest.raises(evidence.EvidenceRefused, match="Remove the evidence first"):
        evidence.delete_files(row)
    assert attachments.path_of(one).exists()


def test_a_refused_file_leaves_no_evidence_behind(inside, owner):
    question, _one = bearing()
    answers.save_answer(inside, question.id, "answered", 2, "", owner)
    facts = EvidenceFacts(kind=EvidenceKind.STATEMENT)
    with pytest.raises(AttachmentRefused):
        evidence.add_evidence(inside, question.id, facts, "x", owner, file=SimpleUploadedFile("a", b"\x00"))
    assert not Evidence.objects.exists()


def test_a_file_leaves_as_a_download_whose_type_nobody_guesses(client, row):
    one = add(row, b"<html><script>alert(1)</script>", "Prüfung.html")
    address = [row.organisation_id, row.answer.assessment_id, one.pk]
    response = client.get(reverse("attachment", args=address))
    assert response.content == b"<html><script>alert(1)</script>"
    assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''Pr%C3%BCfung.html.txt"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_file_of_another_organisation_is_not_found(client, row, strangers_scan):
    one = add(row)
    for assessment in (strangers_scan, row.answer.assessment):
        organisation = strangers_scan.organisation_id
        response = client.get(reverse("attachment", args=[organisation, assessment.pk, one.pk]))
        assert response.status_code == 404
