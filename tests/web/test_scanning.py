"""The operator's scanner: every file that comes in is shown to it first; what it finds, or cannot see, is refused."""

import ast
import html
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessor import content
from assessor.models import Attachment, AuditEvent, BrandPicture, PendingImport, ProbeImport
from assessor.probes import batch
from assessor.probes.drills import cases
from assessor.services import answers, carrying, file_types, health, logos, scanning
from assessor.services.exchange import plain, reading, workbook
from assessor.services.health import State
from assessor.services.inventory import files
from assessor.services.relocation import form, waiting
from assessor.services.scanning import ScanFailed
from tests.services.test_logos import drawn
from tests.web.test_evidence import CONTRACT, QUESTION, address, text
from tests.web.test_exchange import download, upload
from tests.web.test_uploads import made, role, send, server  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]
# Stands where a signature would: the scanner below finds it, and nothing else knows it.
BAD = b"a-word-that-the-scanner-of-this-test-knows"
LOOKS = f"""#!/bin/sh
if grep -q {BAD.decode()}; then echo "stdin: Test.Known FOUND"; exit 1; fi
exit 0
"""


@pytest.fixture
def scanner(settings, tmp_path):
    """Name a script as the scanner: `scanner(text, "argument")`."""

    def named(script=LOOKS, *arguments):
        program = tmp_path / "scan"
        program.write_text(script)
        program.chmod(0o700)
        settings.SCAN_COMMAND = [str(program), *arguments]
        settings.SCAN_SECONDS = 10

    return named


@pytest.fixture
def answered(inside, owner):
    answers.save_answer(inside, QUESTION.id, "answered", 3, "", owner)
    return inside


def refusals():
    return list(AuditEvent.objects.filter(kind="file.refused").order_by("at"))


def attach(client, assessment, content, name="contract.txt"):
    file = SimpleUploadedFile(name, content)
    return client.post(address("evidence", assessment, QUESTION.id), CONTRACT | {"file": file})


def test_what_the_scanner_finds_is_refused_beside_its_field_and_kept_nowhere(client, answered, scanner, tmp_path):
    scanner()
    page = attach(client, answered, b"Clause 4 " + BAD)
    assert page.status_code == 422
    said = html.unescape(text(page))
    assert "“contract.txt” was not taken in: the scanner of this installation found something in it" in said
    assert "(stdin: Test.Known FOUND). Give it to nobody and have the computer that it comes from looked at" in said
    assert "Terms per model" in said, "what was typed is lost"
    assert not Attachment.objects.exists()
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and BAD in one.read_bytes() and one.name != "scan"]
    event = refusals()[0]
    assert (event.organisation_id, event.facts) == (
        answered.organisation_id,
        {"file": "contract.txt", "reason": "stdin: Test.Known FOUND"},
    )
    assert event.actor_id


def test_what_is_clean_is_kept_unchanged(client, answered, scanner):
    scanner()
    assert attach(client, answered, b"Clause 4 says so.").status_code == 302
    kept = Attachment.objects.get()
    assert client.get(address("attachment", answered, kept.pk)).content == b"Clause 4 says so."
    assert refusals() == []


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\necho no database >&2; exit 2\n", "ended with 2: no database"),
        ("#!/bin/sh\nsleep 60\n", "took longer than"),
        ("#!/bin/sh\nkill -9 $$\n", "ended with -9"),
        ("#!/nowhere/at/all\n", "No such file"),
    ],
)
def test_what_nobody_could_look_at_is_refused_too_and_the_doctor_says_why(
    client, answered, scanner, settings, caplog, script, why
):
    scanner(script)
    settings.SCAN_SECONDS = 0.1
    page = attach(client, answered, b"Clause 4 says so.")
    assert page.status_code == 422
    assert "the scanner of this installation could not look at it. Try again later" in html.unescape(text(page))
    assert not Attachment.objects.exists()
    assert [one.facts["reason"] for one in refusals()] == ["not scanned"]
    assert why in caplog.text
    told = next(one for one in health.examine() if one.about == "Scanner")
    assert (told.state, why in told.says()) == (State.WRONG, True)


def test_the_doctor_knows_a_scanner_that_works_one_that_shouts_and_none(db, scanner, settings):
    def told():
        return next(one for one in health.examine() if one.about == "Scanner")

    assert (told().state, told().says()) == (State.WELL, "No scanner is set: files that come in are not scanned.")
    scanner()
    assert (told().state, told().says()) == (State.WELL, "Files that come in are scanned by scan.")
    scanner("#!/bin/sh\nexit 1\n")
    assert told().state is State.WRONG


def test_the_scanner_gets_the_place_of_the_file_where_its_words_ask_for_it_and_none_of_our_secrets(
    scanner, settings, monkeypatch
):
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    scanner(
        '#!/bin/sh\nset -- "$2"; grep -q found-by-path "$1" && { echo "$1: $SECRET_KEY FOUND"; exit 1; }\nexit 0\n',
        "--file",
        "{}",
    )
    assert scanning.scan([b"found-", b"by-path"], "offer.pdf") == "offer.pdf: FOUND"
    assert scanning.scan([b"nothing"], "offer.pdf") is None
    # No shell reads the words.
    settings.SCAN_COMMAND = ["/bin/sh", "-c", "exit 0; $(exit 1)", "; exit 1"]
    assert scanning.scan([b"nothing"], "offer.pdf") is None
    settings.SCAN_COMMAND = ["scanner-that-is-not-there"]
    with pytest.raises(ScanFailed, match="scanner-that-is-not-there: No such file"):
        scanning.scan([b"nothing"], "offer.pdf")


def test_a_file_within_an_archive_is_looked_at_though_the_archive_hides_it(client, answered, scanner):
    assert attach(client, answered, BAD * 20).status_code == 302
    raw = download(client, answered, "sovpack")
    assert BAD not in raw
    scanner()
    page = upload(client, answered, raw, "all.sovpack")
    assert page.status_code == 422
    assert "“all.sovpack: contract.txt” was not taken in" in html.unescape(text(page))
    assert not PendingImport.objects.exists()
    assert len(refusals()) == 1


def test_a_logo_and_a_result_sent_with_a_token_pass_the_same_scanner(client, inside, role, scanner):  # noqa: F811
    token, place = made(client, inside, role)
    scanner("#!/bin/sh\necho All FOUND; exit 1\n")
    logo = SimpleUploadedFile("logo.png", drawn(ink=(1, 2, 200, 255)))
    page = client.post(reverse("brand", args=[inside.organisation_id]), {"logo": logo})
    assert (page.status_code, BrandPicture.objects.exists()) == (422, False)
    assert "“logo.png” was not taken in" in html.unescape(text(page))
    sent = send(place, token, b"{}")
    assert sent.status_code == 422
    assert (
        "was not taken in: the scanner of this installation found something in it (All FOUND)"
        in sent.json()["sentence"]
    )
    assert not ProbeImport.objects.exists()
    assert [one.facts["file"] for one in refusals()] == ["logo.png", "Probe host.json"]


def test_no_form_takes_a_file_past_the_door():
    """Every field for files is the one that has them scanned, and nobody reads them from the request instead."""
    fields, past = [], []
    for file in sorted((ROOT / "assessor").rglob("*.py")):
        if "File" not in file.read_text("utf-8") and "FILES" not in file.read_text("utf-8"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                fields += [file.name] if called.endswith("TakenFile") else []
                past += [(file.name, called)] if called.endswith(("FileField", "ImageField", "FILES.getlist")) else []
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".FILES"):
                past.append((file.name, "FILES[]"))
    assert past == []
    assert len(fields) >= 12


def test_the_documented_sizes_are_those_of_the_code():
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| (\S.*?) \| .+? \| (.+?) \|$", page, re.MULTILINE)
    said = " ".join(f"{where}: {most};" for where, most in rows)
    megabyte = 1024 * 1024
    assert waiting.UNPACKED == 5
    assert all(kind in page for kind in file_types.ACCEPTED.split(", "))
    for words in (
        f"logos: {logos.MAX_BYTES // megabyte} MB, {logos.MAX_PIXELS // 1_000_000} megapixels;",
        f"answers: {plain.MAX_BYTES // megabyte} MB;",
        f"answers: {reading.MOST_XLSX // megabyte} MB as sent, {workbook.MOST_CELLS:,} cells;",
        f"as sent, five times that unpacked, {form.MOST_MEMBERS:,} members;",
        f"inventory: {files.MAX_BYTES // megabyte} MB, {files.MAX_ROWS:,} rows;",
        f"lists of endpoints: {batch.MAX_BYTES // 1024} kB;",
        f"questionnaires, scenarios: {content.MAX_BYTES // megabyte} MB;",
        f"results and records of probes and drills: {carrying.MAX_BYTES // megabyte} MB;",
        f"own cases of a drill: {cases.MAX_FILE // 1024} kB, {cases.MAX_CASES} cases;",
    ):
        assert words in said
