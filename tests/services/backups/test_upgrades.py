"""A filled database of an earlier release, on either kind of database, brought up to date by an operator's command.

`old/` holds backups that the release with migration 0027 made of its demo organisation, with a seed that lay open, an
inventory that waited, and no key.
"""

import json
from pathlib import Path

import pytest

OLD = Path(__file__).parent / "old"
INSIDE = "tests.services.backups.upgraded"
# What the release counted in its tables.
HELD = {
    "answer": 14,
    "answerrevision": 14,
    "assessment": 1,
    "auditevent": 8,
    "component": 11,
    "evidence": 8,
    "exerciseentry": 4,
    "fallback": 2,
    "pendingimport": 1,
    "proberun": 2,
    "requires": 14,
}


@pytest.mark.heavy
def test_a_database_of_an_earlier_release_is_brought_up_to_date_with_all_it_holds(install):
    new, fresh = install("new"), install("fresh")
    kind = "sqlite" if new.database.startswith("sqlite") else "postgresql"
    fresh.run("prepare")
    file = OLD / f"0027-{kind}.zip"
    assert "older release" in new.run("restore", file, code=1)
    assert "Restored" in new.run("restore", file, "--upgrade")

    seen = json.loads(new.python("found", module=INSIDE))
    assert seen["rows"] == HELD
    assert seen["waiting"] == ["queued"]
    assert seen["open seeds"] == 0
    assert seen["pages"] == [200, 200, 200, 200]
    assert "The audit trail is intact." in new.run("verify_audit")
    # In whatever steps it came to be, it is the database that a new installation has.
    assert json.loads(new.python("schema", module=INSIDE)) == json.loads(fresh.python("schema", module=INSIDE))
    assert "backup was made" not in new.run("prepare")
