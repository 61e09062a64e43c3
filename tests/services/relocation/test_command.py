"""`manage.py organisation` between installations of their own, from either kind of database into either."""

import json
import zipfile

from tests.services.backups.conftest import Installation


def test_an_organisation_goes_from_sqlite_into_either_database_and_back(install, tmp_path):
    here = Installation(tmp_path / "here", f"sqlite:///{tmp_path / 'here' / 'assessor.sqlite3'}")
    here.run("prepare")
    here.run("demo")
    ident = here.run("organisation", "list").split()[0]
    file, again = tmp_path / "all.sovorg", tmp_path / "again.sovorg"
    here.run("organisation", "export", ident, file)
    assert file.stat().st_mode & 0o077 == 0

    there = install("there")
    there.run("prepare")
    assert "Nothing was changed" in there.run("organisation", "import", file)
    assert there.run("organisation", "list") == ""
    there.run("organisation", "import", file, "--yes")
    assert ident in there.run("organisation", "list")
    assert "is here already" in there.run("organisation", "import", file, "--yes", code=1)

    there.run("organisation", "export", ident, again)
    assert _rows(again) == _rows(file)
    score = [one.run("shell", "--no-imports", "-c", SCORE).strip() for one in (here, there)]
    assert score[0] == score[1] != ""

    assert "is not the name" in there.run("organisation", "delete", ident, "--name", "Nordhafen", code=1)
    there.run("organisation", "delete", ident, "--name", "Nordhafen Regional Hospital (example)")
    assert there.run("organisation", "list") == ""
    there.run("verify_audit")
    assert "There is no organisation" in there.run("organisation", "export", ident, tmp_path / "x", code=1)


SCORE = """
from django_scopes import scope, scopes_disabled
from assessor.models import Assessment
from assessor.reports import viewmodel
from assessor.reports.engine import content_key
from assessor.services import reporting
with scopes_disabled():
    one = Assessment.objects.select_related("organisation", "questionnaire_version").get()
with scope(organisation=one.organisation):
    source, card = reporting.report_input(one)
    print(card.claimed.level, card.coverage, content_key(viewmodel.build(source)))
"""


def _rows(file):
    """Return the rows of an archive by table, without what each installation has of its own.

    Questionnaires are known by their content; the period before things go begins anew where it arrives.
    """
    own = ("Retention", "QuestionnaireVersion")
    with zipfile.ZipFile(file) as archive:
        tables = [name for name in archive.namelist() if name.startswith("tables/") and not name[7:].startswith(own)]
        found = {name: [json.loads(line) for line in archive.read(name).splitlines()] for name in tables}
    for row in found["tables/Assessment.jsonl"]:
        row.pop("questionnaire_version")
    return found


def test_a_missing_file_and_an_unknown_owner_are_sentences(install, tmp_path):
    there = install("there")
    there.run("prepare")
    assert "No such file" in there.run("organisation", "import", tmp_path / "none.sovorg", code=1)
