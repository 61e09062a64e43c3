"""What strangers send: each is refused with file, place, reason and remedy, and nothing changes."""

import io
import json
import stat
import struct
import time
import zipfile

import openpyxl
import pytest
from django_scopes import scope

from assessor.errors import AssessorError, ContentError, ContentErrors
from assessor.models import Answer, Attachment, Endpoint
from assessor.services import audit
from assessor.services.exchange import bringing_in, reading, sending_out
from assessor.services.exchange.safe_zip import Archive, Limits
from assessor.services.exchange.workbook import read_workbook
from assessor.services.questionnaires import shipped
from tests.services.exchange.filled import empty, fill
from tests.services.exchange.test_round_trip import out, read

# What is refused here is refused before anything is stored: the same on either database.
pytestmark = pytest.mark.once

HEAD = """questionnaire: ai-sovereignty
organisation: {name: Nordhafen, home_jurisdictions: [Germany]}
workload: {name: Letters}
"""


@pytest.fixture
def empty_one(owner):
    found = empty(owner)
    with scope(organisation=found.organisation):
        yield found


def refused(assessment, raw, name) -> str:
    with pytest.raises((ContentError, ContentErrors)) as caught:
        bringing_in.preview(assessment, read(raw, name))
    assert not Answer.objects.filter(assessment=assessment).exists()
    assert not Endpoint.objects.exists()
    return str(caught.value)


WRONG = {
    "another questionnaire": (
        HEAD.replace("ai-sovereignty", "eu-cloud"),
        "answers.yaml, line 1:",
        "answers the questionnaire “eu-cloud”, and here “ai-sovereignty” is asked. Bring it into",
    ),
    "another version": (
        HEAD + 'questionnaire_version: "2025.1"\n',
        "answers.yaml, line 4:",
        "answers version 2025.1 of “ai-sovereignty”",
    ),
    "other words": (
        HEAD + f"questionnaire_content: {'a' * 64}\n",
        "answers.yaml, line 4:",
        "in other words. Compare the two",
    ),
    "an unknown question of a workload": (
        HEAD + "workloads:\n  - name: Night\n    answers:\n      data.nothing: 2\n",
        "answers.yaml, line 7:",
        "There is no question “data.nothing”",
    ),
    "a workload twice": (
        HEAD + "workloads:\n  - name: LETTERS\n",
        "answers.yaml, line 5:",
        "is named twice. Give each",
    ),
    "a file of the computer": (
        HEAD + "endpoints:\n  - {name: G, url: 'http://127.0.0.1:9999', ca_file: /etc/passwd}\n",
        "answers.yaml, line 5:",
        "“ca_file” names something on the computer",
    ),
    "a key of the computer": (
        HEAD + "endpoints:\n  - {name: G, url: 'http://127.0.0.1:9999', key_env: ASSESSOR_KEY_X}\n",
        "answers.yaml, line 5:",
        "“key_env” names something on the computer",
    ),
    "a header that would change the request": (
        HEAD + "endpoints:\n  - name: G\n    url: 'http://127.0.0.1:9999'\n    key_header: Host\n",
        "answers.yaml, line 7:",
        "A key cannot be sent in a header named “Host”",
    ),
    "an address that may not be asked": (
        HEAD + "endpoints:\n  - name: G\n    url: 'file:///etc/passwd'\n",
        "answers.yaml, line 6:",
        "",
    ),
    "a dispute about nothing": (
        HEAD + "disputes:\n  - {endpoint: G, url: u, code: a.b, reason: r, raised_at: '2026-11-01T00:00:00Z'}\n",
        "answers.yaml, line 5:",
        "There is no endpoint “G” at u in this file",
    ),
    "a target that is none": (
        HEAD + "targets: {data: 9}\n",
        "answers.yaml, line 4:",
        "Level 9 is no target for “data”",
    ),
    "a kind of organisation that is none": (
        HEAD + "profile: circus\n",
        "answers.yaml, line 4:",
        "no kind of organisation",
    ),
    "no answers": ("a: 1\n", "answers.yaml, line 1:", "There are no answers in this file"),
    "nothing": ("", "answers.yaml", "There are no answers in this file"),
    "a claimed tier": (
        HEAD
        + "answers:\n  data.readers:\n    level: 3\n    evidence:\n      - {kind: log, description: d, tier: tested}\n",
        "answers.yaml, line 8:",
        "“tier” is not a known key",
    ),
    "evidence for a level that is none": (
        HEAD
        + "answers:\n  data.readers:\n    level: 3\n    evidence:\n      - {kind: log, description: d, for_level: 8}\n",
        "answers.yaml, line 8:",
        "no choice at level 8",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_file_is_refused_with_its_line(empty_one, name):
    text, place, words = WRONG[name]
    said = refused(empty_one, text.encode(), "answers.yaml")
    assert said.startswith(place)
    assert words in said


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        (b'{\n "questionnaire": "x",\n "questionnaire": "y"}', "line 3", "given twice"),
        (b'{\n "a": [1,\n 2}', "line 3", "not valid JSON"),
        (b'{"a": ' + b"[" * 50, "line 1", "nested too deeply"),
        (b'{"a": 1e999999999}', "line 1", "not valid JSON"),
        (b'{"a": "\\ud800"}', "line 1", "not valid JSON"),
        (b'{"a": 1} x', "line 1", "more after the end"),
        (b"\xff\xfe", "answers.json", "not UTF-8"),
        (b"[" + b"0," * 300_000 + b"0]", "line 1", "too many parts"),
        (b"9" * 9_000_000, "answers.json", "larger than"),
    ],
)
def test_broken_json_is_refused_with_its_line(empty_one, raw, place, words):
    began = time.process_time()
    said = refused(empty_one, raw, "answers.json")
    assert place in said
    assert words in said
    assert time.process_time() - began < 5


def test_json_is_read_as_the_standard_library_reads_it():
    from assessor.services.exchange.json_reader import read_json

    text = '{"a": [1, -2.5, 1e3, true, null, "\\u00e4\\n\\ud83d\\ude00"], "b": {"c": {}, "d": []}}'
    assert read_json(text.encode(), "x", max_bytes=999, max_nodes=99).data == json.loads(text)


def archive(members, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def packed(owner, empty_one):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
    raw = out(whole, "sovpack")
    audit.end_trail(whole.organisation, owner)
    whole.organisation.delete()
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        return {name: made.read(name) for name in made.namelist()}


def manifest_of(members):
    return json.loads(members["manifest.json"])


def test_a_pack_with_a_wrong_hash_names_the_member(empty_one, packed):
    name = next(one for one in packed if one.startswith("attachments/"))
    packed[name] += b"!"
    said = refused(empty_one, archive(packed), "case.sovpack")
    assert said.startswith(f"case.sovpack, member {name}: The content is not what the manifest says")
    assert not Attachment.objects.exists()


def test_a_pack_with_a_changed_result_of_a_probe_is_refused(empty_one, packed):
    name = next(one for one in packed if one.startswith("probes/"))
    result = json.loads(packed[name])
    result["findings"] = []
    packed[name] = json.dumps(result).encode()
    manifest = manifest_of(packed)
    import hashlib

    manifest["members"][name]["sha256"] = hashlib.sha256(packed[name]).hexdigest()
    packed["manifest.json"] = json.dumps(manifest).encode()
    assert "The result was changed after the probe" in refused(empty_one, archive(packed), "case.sovpack")


def test_a_pack_with_more_or_less_than_its_manifest_says_is_refused(empty_one, packed):
    assert "member extra.txt: The manifest does not name this member" in refused(
        empty_one, archive(packed | {"extra.txt": b"x"}), "case.sovpack"
    )
    name = next(one for one in packed if one.startswith("attachments/"))
    less = {key: value for key, value in packed.items() if key != name}
    assert f"member {name}: The manifest names this member, and it is not there" in refused(
        empty_one, archive(less), "case.sovpack"
    )
    assert "There is no manifest" in refused(empty_one, archive({"a": b"x"}), "case.sovpack")


def test_a_pack_of_a_later_version_says_so(empty_one, packed):
    packed["manifest.json"] = json.dumps(manifest_of(packed) | {"version": 2}).encode()
    said = refused(empty_one, archive(packed), "case.sovpack")
    assert "member manifest.json, line 1: The archive is of version 2" in said


def test_a_pack_brings_no_file_of_a_kind_that_is_not_taken_in(empty_one, packed):
    import hashlib

    name = next(one for one in packed if one.startswith("attachments/"))
    old = manifest_of(packed)["members"][name]["sha256"]
    packed[name] = b"MZ\x90\x00\x03\x00"
    new = hashlib.sha256(packed[name]).hexdigest()
    packed["answers.json"] = packed["answers.json"].replace(old.encode(), new.encode())
    manifest = manifest_of(packed)
    for one in (name, "answers.json"):
        manifest["members"][one]["sha256"] = hashlib.sha256(packed[one]).hexdigest()
    packed["manifest.json"] = json.dumps(manifest).encode()
    said = refused(empty_one, archive(packed), "case.sovpack")
    assert "member answers.json, line" in said
    assert "is of none of the types that are taken in" in said


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "a\\..\\b", "C:/x", "a/./b", "a/\u202ex", "x" * 300]
)
@pytest.mark.parametrize("ending", ["sovpack", "xlsx"])
def test_a_name_that_leads_out_of_the_archive_is_refused(empty_one, name, ending):
    said = refused(empty_one, archive({name: b"x"}), f"case.{ending}")
    assert "leads out of the archive" in said
    assert said.startswith(f"case.{ending}, member ")
    assert "\u202e" not in said


def test_a_bomb_is_refused_by_what_it_says_and_by_what_it_is(empty_one):
    began = time.process_time()
    bomb = archive({"xl/workbook.xml": b"\0" * 60_000_000})
    assert len(bomb) < 100_000
    assert "Unpacked, the" in refused(empty_one, bomb, "form.xlsx")
    # One whose directory lies about the size.
    at = bomb.rfind(b"PK\x01\x02")
    lying = bomb[: at + 24] + struct.pack("<I", 1000) + bomb[at + 28 :]
    assert "form.xlsx, member xl/workbook.xml" in refused(empty_one, lying, "form.xlsx")
    assert time.process_time() - began < 5


def test_too_many_members_and_doubled_ones_are_refused(empty_one):
    many = archive({f"m{number}": b"" for number in range(600)})
    assert "more than 500 members" in refused(empty_one, many, "form.xlsx")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("a", b"2")
    assert "member a: Two members have this name" in refused(empty_one, stream.getvalue(), "x.sovpack")


def test_a_link_and_an_unknown_compression_are_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        link = zipfile.ZipInfo("a")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    with pytest.raises(ContentError, match="is a link"):
        Archive(stream, "x", Limits(9, 99, 99), "")
    packed = io.BytesIO(archive({"a": b"x"}, zipfile.ZIP_LZMA))
    with pytest.raises(ContentError, match="compressed in a way"):
        Archive(packed, "x", Limits(9, 99, 99), "")


def workbook(**members) -> bytes:
    """Return the empty workbook with some members replaced."""
    raw = sending_out.blank(shipped("ai-sovereignty"), "quick", "xlsx")
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    return archive(parts | {name.replace("__", "/") + ".xml": content for name, content in members.items()})


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><workbook>&y;</workbook>'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (lambda: workbook(xl__workbook=ENTITIES), "member xl/workbook.xml: The workbook is damaged: it declares"),
        (lambda: workbook(xl__workbook=b"<workbook><sheets>"), "The workbook is damaged"),
        (lambda: workbook(xl__sharedStrings=b"<sst></sst>"), "The workbook is damaged"),
        (lambda: workbook(xl__vbaProject=b"").replace(b"vbaProject.xml", b"vbaProject.bin"), "holds macros"),
        (lambda: sending_out.blank(shipped("ai-sovereignty"), "quick", "xlsx")[:4000], "not a whole archive"),
        (lambda: archive({"a.txt": b"x"}), "no XLSX workbook"),
        (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old format or has a password"),
        (lambda: b"hello", "cut short"),
        (lambda: b"", "cut short"),
    ],
)
def test_a_broken_workbook_is_refused(empty_one, raw, words):
    said = refused(empty_one, raw(), "form.xlsx")
    assert said.startswith("form.xlsx")
    assert words in said


def test_a_workbook_of_somebody_else_is_refused(empty_one):
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    assert "not one that was made here" in refused(empty_one, stream.getvalue(), "form.xlsx")


def test_a_sheet_of_a_million_cells_is_refused_soon(empty_one):
    rows = b"".join(b"<row r='%d'>%s</row>" % (row, b"<c><v>1</v></c>" * 190) for row in range(1, 3000))
    began = time.process_time()
    said = refused(
        empty_one,
        workbook(xl__worksheets__sheet2=b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>"),
        "form.xlsx",
    )
    assert "more cells than a filled-in form can have" in said
    assert "member xl/worksheets/sheet2.xml" in said
    assert time.process_time() - began < 10


def test_csv_and_pdf_do_not_come_in(empty_one):
    for name, raw in (("a.csv", b"a,b\n"), ("a.pdf", b"%PDF-1.7")):
        assert "go out only" in refused(empty_one, raw, name)


def test_the_reader_sees_what_an_independent_reader_sees(owner):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
    raw = out(whole, "xlsx")
    oracle = openpyxl.load_workbook(io.BytesIO(raw))
    ours = read_workbook(io.BytesIO(raw), "x")
    assert [sheet.name for sheet in ours.sheets] == oracle.sheetnames
    for sheet in ours.sheets:
        theirs = {
            (cell.row, cell.column): cell.value
            for row in oracle[sheet.name].iter_rows()
            for cell in row
            if cell.value not in (None, "") and not hasattr(cell.value, "year")
        }
        assert {key: cell.value for key, cell in sheet.cells.items() if key in theirs} == theirs


def test_nothing_in_a_workbook_or_a_table_computes(owner):
    whole = empty(owner, name="=HYPERLINK(1)")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
    for sheet in read_workbook(io.BytesIO(out(whole, "xlsx")), "x").sheets:
        assert not any(cell.formula for cell in sheet.cells.values())
    oracle = openpyxl.load_workbook(io.BytesIO(out(whole, "xlsx")))
    cells = [cell for sheet in oracle for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    risky = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "@"))]
    assert risky
    assert all(cell.quotePrefix for cell in risky)
    import csv

    table = list(csv.reader(io.StringIO(out(whole, "csv").decode("utf-8-sig"))))
    assert any(cell.startswith("'@SUM") for row in table for cell in row)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in table for cell in row)


def test_a_refusal_while_taking_over_leaves_nothing_behind(owner, settings, tmp_path):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
    raw = out(whole, "sovpack")
    other = empty(owner)
    before = sorted(path for path in (tmp_path / "attachments").rglob("*") if path.is_file())
    settings.ATTACHMENT_QUOTA_BYTES = 60
    with scope(organisation=other.organisation):
        incoming = reading.read(io.BytesIO(raw), "all.sovpack", shipped("ai-sovereignty"))
        with pytest.raises(AssessorError, match="would take more than"):
            bringing_in.apply(other, incoming, owner, take="*")
        assert not Answer.objects.filter(assessment=other).exists()
    assert sorted(path for path in (tmp_path / "attachments").rglob("*") if path.is_file()) == before
