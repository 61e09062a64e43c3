"""A report as a file against its data, what is stored and the assessment today: each disagreement told apart."""

import io
import json
import re
import zlib

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from assessor.models import Report
from assessor.reports import engine
from assessor.services import reporting, shaping, verifying
from assessor.services.answers import save_answer
from assessor.services.questionnaires import shipped
from assessor.services.verifying import Verdict, verify
from tests.services.signed import sign


@pytest.fixture
def issued(inside, owner):
    """An issued report of one answer, made by the worker."""
    save_answer(inside, "data.readers", "answered", 2, "As agreed in May", owner)
    # What is left out need not be set: these tests are about a file, whatever is in it.
    every = tuple(anchor for anchor, _name in shaping.section_choices(shipped("ai-sovereignty")))
    shaping.keep_wishes(inside, shaping.Wishes(left_out=every))
    report = reporting.request_report(inside, owner, Report.Kind.ISSUED)
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    assert report.error == ""
    return report


@pytest.fixture
def file(issued):
    return reporting.read_file(issued)


def with_data(pdf: bytes, change) -> bytes:
    """Return the PDF with other data attached, as somebody with an editor would leave it."""
    found = re.search(rb"/EmbeddedFile.*?/Length (\d+)>>\nstream\n", pdf, re.DOTALL)
    length = int(found[1])
    data = json.loads(zlib.decompress(pdf[found.end() : found.end() + length]))
    packed = zlib.compress(json.dumps(change(data), ensure_ascii=False).encode(), 9)
    head = found[0].replace(b"/Length %d" % length, b"/Length %d" % len(packed))
    return pdf[: found.start()] + head + packed + pdf[found.end() + length :]


def lie(data: dict) -> dict:
    data["board"]["verdict"] = "All is well."
    return data


def lie_with_a_new_hash(data: dict) -> dict:
    rest = {key: value for key, value in lie(data).items() if key != "input_hash"}
    return rest | {"input_hash": verifying.stored.content_hash(rest)}


def repainted(pdf: bytes) -> bytes:
    """Return the PDF with a byte of a page's content changed; its data stay."""
    at = pdf.index(b"stream\n", pdf.index(b"/FlateDecode")) + 40
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def test_a_file_against_its_record_and_the_assessment_of_today(file, issued, inside, owner, monkeypatch, tmp_path):
    agrees = verify(file)
    assert agrees.verdict == Verdict.AGREES, agrees.lines
    assert "the one that was made, to the byte" in " ".join(agrees.lines)
    assert verify(repainted(file)).verdict == Verdict.FILE_CHANGED
    changed = verify(with_data(file, lie))
    assert changed.verdict == Verdict.DATA_CHANGED
    assert "do not fit their own hash" in changed.lines[0]
    assert verify(file[: file.index(b"/EmbeddedFile") + 400]).verdict == Verdict.NO_REPORT
    with monkeypatch.context() as small:
        small.setattr(verifying.attached, "LARGEST_JSON", 1000)
        assert verify(file).verdict == Verdict.NO_REPORT, "data that unpack without end are cut"

    (tmp_path / "report.pdf").write_bytes(file)
    out = io.StringIO()
    call_command("verify_report", str(tmp_path / "report.pdf"), stdout=out)
    assert "The assessment says today what the report says." in out.getvalue()
    (tmp_path / "report.pdf").write_bytes(with_data(file, lie))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_report", str(tmp_path / "report.pdf"), stdout=out)
    assert ended.value.code == Verdict.DATA_CHANGED

    save_answer(inside, "data.readers", "answered", 4, "Changed in June", owner)
    moved = verify(file)
    assert moved.verdict == Verdict.ASSESSMENT_MOVED_ON
    assert "has moved on since: answers, evidence or findings of question 1.1" in moved.lines[-1]
    Report.objects.filter(pk=issued.pk).update(content=lie(dict(issued.content)))
    assert verify(file).verdict == Verdict.RECORD_CHANGED


def test_a_file_that_is_not_known_here_is_judged_by_itself(file, issued, monkeypatch):
    issued.delete()
    sound = verify(file)
    assert sound.verdict == Verdict.UNKNOWN_HERE
    assert "Set anew from these data, the file is the same to the byte." in sound.lines
    assert verify(repainted(file), alone=True).verdict == Verdict.FILE_CHANGED
    assert verify(with_data(file, lie_with_a_new_hash)).verdict == Verdict.FILE_CHANGED

    monkeypatch.setattr(verifying, "engine_key", lambda: "0" * engine.LENGTH)
    other = verify(file, alone=True)
    assert other.verdict == Verdict.AGREES, "of another release only the data are judged"
    assert "cannot be said here" in other.lines[-1]

    def away(*_args, **_kwargs):
        raise DatabaseError("no such table")

    monkeypatch.setattr(verifying.Report.objects, "select_related", away)
    found = verify(file)
    assert found.verdict == Verdict.UNKNOWN_HERE
    assert "No database of this product was reached" in found.lines[-1]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 nothing", b"PK\x03\x04", b"%PDF-1.7 /Type /EmbeddedFile /Length 9>>\nstream\n[1, 2, 3]"]
)
def test_what_is_no_report_is_refused_in_words(content):
    found = verify(content)
    assert found.verdict == Verdict.NO_REPORT
    assert found.lines[0].endswith(".")


def test_a_signed_report_tells_who_signed_and_that_it_is_kept(inside, owner):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    signed = sign(inside, owner)
    every = tuple(anchor for anchor, _name in shaping.section_choices(shipped("ai-sovereignty")))
    shaping.keep_wishes(inside, shaping.Wishes(left_out=every))
    report = reporting.request_report(inside, owner, Report.Kind.ISSUED)
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    pdf = reporting.read_file(report)
    found = verify(pdf)
    assert found.verdict == Verdict.AGREES
    assert any(signed.sha256 in line and str(owner) in line for line in found.lines)
    with connection.cursor() as cursor:
        cursor.execute("update assessor_signoff set sha256 = %s", ["0" * 64])
    found = verify(pdf)
    assert found.verdict == Verdict.RECORD_CHANGED
    assert "that record was changed" in found.lines[-1]
