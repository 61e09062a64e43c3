"""`manage.py organisation`: out, in and away for good on the command line; what fails is a sentence and changes nothing."""

import uuid

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django_scopes import scopes_disabled

from assessor.models import Assessment, AuditEvent, Organisation
from assessor.services import accounts, audit
from assessor.services.relocation import removing
from tests.conftest import FACTS

NAME = FACTS.organisation


@pytest.fixture
def worked(quick):
    """An organisation with one assessment."""
    return quick.organisation


@pytest.fixture
def archive(worked, tmp_path):
    file = tmp_path / "all.sovorg"
    call_command("organisation", "export", str(worked.pk), str(file))
    return file


@pytest.fixture
def scrubbed(monkeypatch):
    """How often free pages were cleared after a deletion; it cannot be done within the transaction of a test."""
    done = []
    monkeypatch.setattr(removing, "scrub", lambda: done.append(True))
    return done


def said(capsys, *words):
    call_command("organisation", *map(str, words))
    return capsys.readouterr().out


def trail(kind):
    with scopes_disabled():
        return list(AuditEvent.objects.filter(kind=kind))


def test_an_organisation_goes_out_away_and_comes_back(
    worked, archive, capsys, scrubbed, django_capture_on_commit_callbacks
):
    assert f"{worked.pk}  {NAME}" in said(capsys, "list")
    assert [one.facts["file"] for one in trail("organisation.exported")] == [archive.name]
    with django_capture_on_commit_callbacks(execute=True):
        assert f"Deleted for good: {NAME}" in said(capsys, "delete", worked.pk, "--name", NAME)
    assert not Organisation.objects.exists()
    assert scrubbed == [True]
    shown = said(capsys, "import", archive)
    assert f"{NAME}, exported" in shown
    assert "by this installation" in shown
    assert "Nothing was changed" in shown
    assert not Organisation.objects.exists()
    assert f"Brought in: {NAME} ({worked.pk})." in said(capsys, "import", archive, "--yes")
    with scopes_disabled():
        assert Assessment.objects.count() == 1
    assert len(trail("organisation.imported")) == 1
    assert audit.loose_ends() == 0


def test_what_is_here_already_is_not_brought_in_over_it(worked, archive, capsys):
    with pytest.raises(CommandError, match="already"):
        call_command("organisation", "import", str(archive), "--yes")
    assert Organisation.objects.get().name == NAME


def test_a_wrong_name_deletes_nothing(worked):
    with pytest.raises(CommandError):
        call_command("organisation", "delete", str(worked.pk), "--name", NAME.upper())
    assert Organisation.objects.filter(pk=worked.pk).exists()


@pytest.mark.parametrize("job", [("export", "out.sovorg"), ("delete", "--name=x")])
def test_an_organisation_that_is_not_there_is_named(db, tmp_path, monkeypatch, job):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=r"There is no organisation .* manage\.py organisation list"):
        call_command("organisation", job[0], str(uuid.uuid4()), job[1])
    assert not list(tmp_path.glob("*.sovorg"))


def test_served_mode_wants_an_owner_who_has_an_account(
    worked, archive, capsys, served, scrubbed, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        call_command("organisation", "delete", str(worked.pk), "--name", NAME)
    for words in ([], ["--owner", "nobody@example.org"]):
        with pytest.raises(CommandError, match="Say with --owner"):
            call_command("organisation", "import", str(archive), "--yes", *words)
    assert not Organisation.objects.exists()
    ada = accounts.make_account("Ada", "ada@example.org", "harbour lantern seven")
    call_command("organisation", "import", str(archive), "--yes", "--owner", "ADA@example.org")
    assert Organisation.objects.get().memberships.get(user=ada).role == "owner"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "gone.sovorg: No such file or directory"), (b"no archive", "gone.sovorg")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(db, tmp_path, content, words):
    file = tmp_path / "gone.sovorg"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("organisation", "import", str(file), "--yes")
    assert not Organisation.objects.exists()


def test_a_place_that_cannot_be_written_leaves_no_half_file(worked, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="Check the name and the permissions"):
        call_command("organisation", "export", str(worked.pk), str(tmp_path / "file" / "all.sovorg"))
    existing = tmp_path / "all.sovorg"
    existing.write_bytes(b"something of mine")
    with pytest.raises(CommandError):
        call_command("organisation", "export", str(worked.pk), str(existing))
    assert existing.read_bytes() == b"something of mine"
