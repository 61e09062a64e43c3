"""A filled organisation goes from SQLite to PostgreSQL and back by the commands an operator types, and nothing is lost."""

import json
import re

import pytest

from tests.services.installations import SERVER, maker
from tests.services.relocation.whole import KEY

# Nineteen commands, every one a start of its own, and a real report.
pytestmark = pytest.mark.heavy
WHOLE = "tests.services.relocation.whole"
NAME = "Nordhafen Regional Hospital (example)"


@pytest.fixture
def new(tmp_path):
    if not SERVER.startswith("postgres"):
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")
    with maker(tmp_path) as make:
        yield make


def seen(installation, ident):
    """What is there of an organisation; warnings may stand around it."""
    said = installation.python("seen", ident, module=WHOLE)
    return json.loads(next(line for line in said.splitlines() if line.startswith("{")))


def ident_in(said):
    return re.search(r"^[0-9a-f-]{36}", said, re.MULTILINE)[0]


def test_an_organisation_crosses_to_the_other_database_and_comes_back(new, tmp_path):
    here, there = new("here", "sqlite"), new("there", "postgresql")
    here.run("prepare")
    ident = ident_in(here.python("fill", tmp_path, module=WHOLE))
    there.run("prepare")
    # The second one has work of its own, which stays as it is.
    other = ident_in(there.python("fill_otherwise", module=WHOLE))
    before, of_other = seen(here, ident), seen(there, other)
    assert before["keys"] == [True]
    assert (len(before["files"]), len(before["signed"])) == (2, 1)
    assert before["attachments"]

    away, back, report = tmp_path / "away.sovorg", tmp_path / "back.sovorg", tmp_path / "report.pdf"
    here.run("organisation", "export", ident, away)
    assert KEY.encode() not in away.read_bytes()
    assert "Nothing was changed" in there.run("organisation", "import", away)
    assert f"({ident})" in there.run("organisation", "import", away, "--yes")
    # A key is entered again where it arrives; all else is as it was.
    assert seen(there, ident) == before | {"keys": []}
    assert seen(there, other) == of_other
    there.run("verify_audit")
    there.run("verify_report", report)

    here.run("organisation", "delete", ident, "--name", NAME)
    there.run("organisation", "export", ident, back)
    here.run("organisation", "import", back, "--yes")
    assert seen(here, ident) == before | {"keys": []}
    here.run("verify_audit")
    here.run("verify_report", report)
