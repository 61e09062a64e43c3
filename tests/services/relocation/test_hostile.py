"""Archives from strangers: each is refused with a sentence that names the place, and nothing is changed by any."""

import hashlib
import io
import json
import stat
import time
import zipfile

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.content import canonical_json
from assessor.errors import AssessorError
from assessor.models import Membership, Organisation, User
from assessor.services import signing
from assessor.services.relocation import bringing, form, removing, writing
from assessor.services.relocation.reading import Incoming

pytestmark = pytest.mark.django_db
MOST_SECONDS = 10


@pytest.fixture
def sound(inside, owner, strangers_scan):
    """The members of an archive of a small organisation that is not here any more; a stranger's stays."""
    stream = io.BytesIO()
    organisation = inside.organisation
    writing.write(organisation, stream)
    removing.delete(organisation, organisation.name, owner)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members, **options):
    """Return an archive whose manifest is right for its members and signed, as anybody can sign one."""
    members = dict(members)
    said = json.loads(members.pop(form.MANIFEST))
    members.pop(form.SIGNATURE)
    said["members"] = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    said["tables"] |= {
        name[len(form.TABLES) : -len(".jsonl")]: len(content.splitlines())
        for name, content in members.items()
        if name.startswith(form.TABLES)
    }
    said |= options
    return zipped(members | {form.MANIFEST: json.dumps(said).encode()})


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        if form.SIGNATURE not in members:
            archive.writestr(form.SIGNATURE, signing.sign(members[form.MANIFEST]))
    return stream.getvalue()


def rows(members, table):
    return [json.loads(line) for line in members[f"{form.TABLES}{table}.jsonl"].splitlines()]


def with_rows(members, table, changed):
    lines = b"".join(canonical_json(row).encode() + b"\n" for row in changed)
    return members | {f"{form.TABLES}{table}.jsonl": lines}


def with_first(members, table, **changed):
    found = rows(members, table)
    found[0] |= changed
    return packed(with_rows(members, table, found))


def refused(content, owner, total=form.MAX_TOTAL):
    """Return the sentence of the refusal; nothing is changed by it."""
    before = list(Organisation.objects.values_list("pk", flat=True)), User.objects.count(), Membership.objects.count()
    begun = time.monotonic()
    with pytest.raises(AssessorError) as refusal:
        bringing.bring(Incoming(io.BytesIO(content), "all.sovorg", total), owner)
    assert time.monotonic() - begun < MOST_SECONDS
    after = list(Organisation.objects.values_list("pk", flat=True)), User.objects.count(), Membership.objects.count()
    assert after == before
    said = refusal.value.sentence()
    assert "all.sovorg" in said
    return said


def test_the_sound_one_is_taken(sound, owner):
    bringing.bring(Incoming(io.BytesIO(packed(sound)), "all.sovorg", form.MAX_TOTAL), owner)
    assert Organisation.objects.filter(name="Nordhafen Clinic").exists()


def test_what_is_no_archive_is_refused(owner):
    assert "not a whole archive" in refused(b"no archive", owner)
    assert "not a whole archive" in refused(b"", owner)
    assert "no archive of a whole organisation" in refused(zipped({"a.txt": b"x", form.SIGNATURE: b""}), owner)
    assert "manifest was changed" in refused(zipped({form.MANIFEST: b""}), owner)


def test_a_changed_manifest_or_member_is_refused(sound, owner):
    changed = sound | {form.MANIFEST: sound[form.MANIFEST].replace(b"Nordhafen", b"Sudhafens")}
    assert "manifest was changed" in refused(zipped(changed), owner)
    changed = sound | {f"{form.TABLES}Workload.jsonl": b""}
    assert "not what the manifest says" in refused(zipped(changed), owner)
    assert "does not name this member" in refused(zipped(sound | {"more.txt": b"x"}), owner)
    fewer = {name: content for name, content in sound.items() if not name.endswith("Answer.jsonl")}
    assert "it is not there" in refused(zipped(fewer), owner)


def test_a_bomb_is_refused_before_it_is_unpacked(sound, owner):
    bomb = packed(sound | {"files/attachments/x": b"\0" * 30_000_000})
    assert len(bomb) < 200_000
    assert "MB are allowed" in refused(bomb, owner, total=10 * 1024 * 1024)


def test_too_many_members_are_refused(sound, owner, monkeypatch):
    monkeypatch.setattr(form, "MOST_MEMBERS", 20)
    assert "more than 20 members" in refused(packed(sound), owner)


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "files/../../x", "a\\b", "files/attachments/..", "C:x"])
def test_a_name_that_leads_out_is_refused(sound, owner, name):
    assert "leads out of the archive" in refused(packed(sound | {name: b"x"}), owner)


def test_a_link_and_a_name_given_twice_are_refused(sound, owner):
    content = packed(sound)
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        link = zipfile.ZipInfo("files/attachments/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "a link and not a file" in refused(stream.getvalue(), owner)
    stream = io.BytesIO(content)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(form.PEOPLE, b"[]")
    assert "Two members have this name" in refused(stream.getvalue(), owner)


def test_unknown_tables_columns_and_releases_are_refused(sound, owner):
    assert "table is not known here" in refused(packed(sound | {f"{form.TABLES}Spies.jsonl": b""}), owner)
    assert "“spy” is not known" in with_first_refused(sound, owner, "Workload", spy=1)
    assert "of a newer release" in refused(packed(sound, migrations=["9999_later"]), owner)
    assert "does not know" in refused(packed(sound, format="sovereignty-assessor-organisation-9"), owner)


def with_first_refused(sound, owner, table, **changed):
    return refused(with_first(sound, table, **changed), owner)


def test_a_row_cannot_name_what_is_not_in_the_archive(sound, owner, strangers_scan):
    assert "not in the archive" in with_first_refused(sound, owner, "Assessment", hints_from=str(strangers_scan.pk))
    with scopes_disabled():
        foreign = str(strangers_scan.workloads.get().pk)
    assert "not in the archive" in with_first_refused(sound, owner, "Assessment", workloads=[foreign])
    assert "not in the list of people" in with_first_refused(sound, owner, "Assessment", created_by="p99")
    assert "not in the list of people" in with_first_refused(sound, owner, "Assessment", created_by=str(owner.pk))


def test_a_row_cannot_take_the_place_of_one_that_is_here(sound, owner, strangers_scan):
    found = rows(sound, "Workload")
    with scopes_disabled():
        found[0]["id"] = str(strangers_scan.workloads.get().pk)
    assessment = rows(sound, "Assessment")
    assessment[0]["workloads"] = [found[0]["id"]]
    changed = with_rows(with_rows(sound, "Workload", found), "Assessment", assessment)
    assert "here already" in refused_at_once(changed, owner)


def refused_at_once(members, owner):
    with pytest.raises(AssessorError) as refusal:
        bringing.bring(Incoming(io.BytesIO(packed(members)), "all.sovorg", form.MAX_TOTAL), owner)
    return refusal.value.sentence()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "x" * 201),
        ("name", 7),
        ("name", None),
        ("name", "a\0b"),
        ("criticality", "nuclear"),
        ("tolerance_hours", "soon"),
        ("tolerance_hours", True),
        ("version", -1),
        ("version", 10**30),
        ("id", "x"),
        ("id", None),
    ],
)
def test_a_value_that_its_column_would_not_take_is_refused(sound, owner, column, value):
    said = with_first_refused(sound, owner, "Workload", **{column: value})
    assert "Workload.jsonl, line 1" in said


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"{",
        b'{"id":NaN}',
        b'{"a":1,"a":2}',
        b"\xff",
        b'{"id": "x"}',
        b"[" * 100_000,
        b'{"id":"\\ud800"}',
        b"9" * 9000,
    ],
    ids=range(9),
)
def test_a_line_that_is_no_row_of_ours_is_refused(sound, owner, line):
    content = packed(sound | {f"{form.TABLES}Workload.jsonl": line + b"\n"})
    assert "Workload.jsonl, line 1" in refused(content, owner)


def test_rows_that_do_not_fit_together_are_refused(sound, owner):
    twice = rows(sound, "Workload") * 2
    assert "twice" in refused(packed(with_rows(sound, "Workload", twice)), owner)
    odd = rows(sound, "Organisation")
    odd[0]["home_jurisdictions"] = 7
    assert "cannot be shown" in refused(packed(with_rows(sound, "Organisation", odd)), owner)
    no_workload = rows(sound, "Assessment")
    no_workload[0]["workloads"] = []
    assert "cannot be shown" in refused(packed(with_rows(sound, "Assessment", no_workload)), owner)


def test_a_questionnaire_that_is_not_what_its_hash_says_is_refused(sound, owner):
    found = rows(sound, "QuestionnaireVersion")
    found[0]["content"]["title"] = "Another"
    assert "not the one that its hash names" in refused(packed(with_rows(sound, "QuestionnaireVersion", found)), owner)


def test_an_endpoint_cannot_name_a_key_of_this_computer(sound, owner, inside):
    row = {
        "id": "5e74f74f-20d3-4db6-b329-844ddba0edbb",
        "name": "E",
        "url": "https://example.org",
        "key_mode": "reference",
        "created_at": timezone.now().isoformat(),
    }
    assert "key of another installation" in refused(packed(with_rows(sound, "Endpoint", [row])), owner)
    row |= {"key_mode": "once", "key_reference": "env:SECRET_KEY"}
    assert "“key_reference” is not known" in refused(packed(with_rows(sound, "Endpoint", [row])), owner)
    row = row | {"key_header": "Host"}
    row.pop("key_reference")
    assert "Host" in refused(packed(with_rows(sound, "Endpoint", [row])), owner)


def test_work_that_would_begin_here_is_refused(sound, owner):
    endpoint = {"id": "5e74f74f-20d3-4db6-b329-844ddba0edbb", "name": "E", "url": "http://x", "key_mode": "none"}
    endpoint["created_at"] = timezone.now().isoformat()
    run = {
        "id": "5e74f74f-20d3-4db6-b329-844ddba0edbc",
        "endpoint": endpoint["id"],
        "status": "queued",
        "authority": "x",
        "target_url": "http://x",
        "created_at": timezone.now().isoformat(),
    }
    changed = with_rows(with_rows(sound, "Endpoint", [endpoint]), "ProbeRun", [run])
    assert "not over" in refused(packed(changed), owner)


def test_a_file_that_no_row_names_is_refused(sound, owner):
    assert "No row names this file" in refused(packed(sound | {f"{form.ATTACHMENTS}x": b"x"}), owner)
