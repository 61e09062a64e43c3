"""A backup comes back: rows, issued reports with their hash, files, and stored keys where their file is brought."""

import json
import stat
import zipfile

import pytest

from tests.services.backups import inside

# A dozen commands each, every one a start of its own.
pytestmark = pytest.mark.heavy


def _mode(file):
    return stat.S_IMODE(file.stat().st_mode)


def test_a_backup_comes_back_elsewhere_whole(install, tmp_path):
    first, second = install("first"), install("second")
    first.run("prepare")
    first.python("fill")
    before = first.python("seen")
    file = tmp_path / "kept.zip"

    said = first.run("backup", file)
    keys = tmp_path / "kept.zip.keys"

    assert "Keep it apart" in said
    assert (_mode(file), _mode(keys)) == (0o600, 0o600)
    assert not any("key" in name for name in zipfile.ZipFile(file).namelist())
    assert "1 reports, 1 attachments" in second.run("restore", file, "--keys", keys)
    assert second.python("seen") == before
    assert json.loads(before)["keys"] == [inside.KEY]
    assert (second.data / "sealing-key").read_bytes() == (first.data / "sealing-key").read_bytes()

    # Here is data now: nothing is overwritten unless that is said, and then it is kept.
    first.python("rename", "Changed since")
    assert "There is data here already" in first.run("restore", file, code=1)
    assert "Changed since" in first.python("seen")
    assert "before-restore" in first.run("restore", file, "--replace")
    assert first.python("seen") == before
    assert len(list((first.data / "backups").glob("before-restore-*.zip"))) == 1


def test_a_tampered_or_foreign_file_changes_nothing(install, tmp_path):
    first = install("first")
    first.run("prepare")
    first.python("fill")
    file = tmp_path / "kept.zip"
    first.run("backup", file)
    before = first.python("seen")

    def changed(name, change):
        other = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
            for member in old.namelist():
                content = change(member, old.read(member))
                if content is not None:
                    new.writestr(member, content)
        return other

    def refusal(other):
        return first.run("restore", other, "--replace", code=1)

    report = next(name for name in zipfile.ZipFile(file).namelist() if name.startswith("files/reports/"))
    assert f"{report} was changed" in refusal(changed("a", lambda name, raw: raw + b"x" if name == report else raw))
    assert "Members are missing" in refusal(changed("b", lambda name, raw: None if name == report else raw))
    forged = changed("c", lambda name, raw: raw.replace(b"0001_initial", b"0001_other") if "json" in name else raw)
    assert "manifest was changed" in refusal(forged)
    (tmp_path / "half.zip").write_bytes(file.read_bytes()[:-5000])
    assert "no backup" in refusal(tmp_path / "half.zip")
    (tmp_path / "other.keys").write_text('{"format": "sovereignty-assessor-keys-1", "keys": {}}')
    said = first.run("restore", file, "--replace", "--keys", tmp_path / "other.keys", code=1)
    assert "do not belong" in said
    assert "The file exists" in first.run("backup", file, code=1)
    assert first.python("seen") == before


def test_an_upgrade_begins_with_a_backup_that_only_its_own_release_takes(install, tmp_path):
    first, second = install("first"), install("second")
    first.python("go_to", "0015_invitations", module="tests.services.backups.upgraded")
    assert "backup was made" not in second.run("prepare")
    # A person of the older release: raw, since its tables lack what the models have.
    first.run(
        "shell",
        "--no-imports",
        "-c",
        "from django.db import connection as c; import uuid; x = c.cursor(); x.execute("
        "\"insert into assessor_organisation (id, name, home_jurisdictions, created_at) values (%s, 'Old', '[]', %s)\","
        " [uuid.uuid4().hex, '2026-01-01 00:00:00+00:00'])",
    )
    for old in range(6):
        (first.data / "backups").mkdir(exist_ok=True)
        (first.data / "backups" / f"before-upgrade-20200101-00000{old}-0.zip").touch()

    assert "a backup was made" in first.run("prepare")

    kept = sorted((first.data / "backups").glob("before-upgrade-*.zip"))
    assert len(kept) == 5
    assert "older release" in second.run("restore", kept[-1], code=1)
    second.run("restore", kept[-1], "--upgrade")
    assert json.loads(second.python("seen"))["organisations"] == ["Old"]
    assert "backup was made" not in first.run("prepare")


def test_a_backup_of_the_other_kind_of_database_is_refused_in_words(install, tmp_path):
    first = install("first")
    first.run("prepare")
    file = tmp_path / "kept.zip"
    first.run("backup", file)
    other = type(first)(tmp_path / "other", f"sqlite:///{tmp_path / 'other' / 'assessor.sqlite3'}")
    if first.database.startswith("sqlite"):
        other.run("prepare")
        assert "Restored" in other.run("restore", file)
    else:
        assert "The backup is of PostgreSQL, and this installation runs on SQLite" in other.run("restore", file, code=1)
