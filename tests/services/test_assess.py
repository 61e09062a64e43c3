"""`manage.py assess`: the whole job from one file, in a process of its own, without a database."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from django.core.management import call_command
from django_scopes import scopes_disabled
from pypdf import PdfReader

from assessor.models import Assessment, Organisation
from assessor.services.answer_file import read_answer_file
from tests.probes.replay import ReplayServer
from tests.questionnaire.crossed import framework_text
from tests.questionnaire.sample import write
from tests.reports.test_frameworks import READS

# It makes a database of its own.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "regional-hospital.yaml"


def assess(tmp_path, *words, **environment):
    """Run the command and return (exit code, standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "assess", *map(str, words)],
        env={
            key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE")
        }
        | {"ASSESSOR_DATA": str(tmp_path / "data")}
        | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    return done.returncode, done.stdout, done.stderr


def test_one_file_becomes_a_pdf_and_its_model_without_any_database(tmp_path):
    pdf, model = tmp_path / "out.pdf", tmp_path / "out.json"
    code, said, faults = assess(tmp_path, EXAMPLE, "--pdf", pdf, "--json", model)
    assert (code, faults) == (0, "")
    assert "Nordhafen" in said
    assert not list(tmp_path.rglob("*.sqlite3*"))

    data = json.loads(model.read_text())
    jsonschema.validate(data, json.loads((ROOT / "docs" / "report-schema.json").read_text()))
    attached = PdfReader(io.BytesIO(pdf.read_bytes())).attachments
    assert [json.loads(content) for contents in attached.values() for content in contents] == [data]


def test_probing_from_the_file_adds_findings_and_contradicts_what_was_said(tmp_path):
    with ReplayServer("litellm_proxy") as gateway:
        text = EXAMPLE.read_text().split("endpoints:")[0]
        text += f"endpoints:\n  - {{name: Gateway, url: '{gateway.url}', key_env: A_KEY}}\n"
        file, model = tmp_path / "in.yaml", tmp_path / "out.json"
        file.write_text(text)
        code, _said, faults = assess(tmp_path, file, "--probe", "--json", model, A_KEY="sk-canary")
        assert (code, faults) == (0, "")
        assert gateway.hazards == []
    written = model.read_text()
    assert "sk-canary" not in written
    data = json.loads(written)
    assert data["contradictions"]
    assert "hosted.azure-openai" in written


def test_a_key_that_is_not_set_is_named(tmp_path):
    code, _said, faults = assess(tmp_path, EXAMPLE, "--probe")
    assert code == 1
    assert "CLINIC_GATEWAY_KEY" in faults
    assert "Traceback" not in faults


def test_a_blank_file_comes_out_and_goes_back_in(tmp_path):
    code, blank, _faults = assess(tmp_path, "--blank", "ai-sovereignty")
    assert code == 0
    file = tmp_path / "blank.yaml"
    file.write_text(blank)
    code, said, faults = assess(tmp_path, file)
    assert (code, faults) == (0, "")
    assert said.strip()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--blank", "nothing"], "Installed are: ai-sovereignty"),
        (["nowhere.yaml"], "cannot be read"),
        ([], "Name an answer file"),
        ([str(EXAMPLE), "--json", "/nowhere/out.json"], "Choose another place"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_1(tmp_path, words, sentence):
    code, _said, faults = assess(tmp_path, *words)
    assert code == 1
    assert sentence in faults
    assert "Traceback" not in faults


def test_the_demo_adds_one_hospital_however_often_it_is_asked(client, owner, capsys):
    call_command("demo")
    call_command("demo")
    organisation = Organisation.objects.get()
    with scopes_disabled():
        assessment = Assessment.objects.get()
    base = f"/o/{organisation.pk}/a/{assessment.pk}/"
    assert organisation.name in client.get("/").content.decode()
    page = client.get(base).content.decode()
    assert "Said, but seen otherwise" in page
    assert "seen by a probe" in page
    assert client.get(f"{base}report/").status_code == 200
    assert "is there already" in capsys.readouterr().out


def test_the_example_reads_and_names_what_it_is():
    file, _document = read_answer_file(EXAMPLE)
    assert "example" in file.organisation.name
    assert len(file.answers) == 14


def test_it_says_what_the_answers_amount_to_in_a_framework_of_ones_own(tmp_path):
    folder = write(tmp_path, framework_text(*READS), "burglary").parents[1]
    model = tmp_path / "out.json"
    code, said, faults = assess(tmp_path, EXAMPLE, "--json", model, ASSESSOR_QUESTIONNAIRES=str(folder))
    assert (code, faults) == (0, "")
    assert "Burglary standard, derived: " in said
    assert re.search(r"  Doors and locks: Level \d.* \(derived\); .* \(2 of 3\)", said)
    framework = next(one for one in json.loads(model.read_text())["frameworks"] if one["id"] == "burglary")
    assert [line["dimension"] for line in framework["lines"]] == ["doors", "watch", "fence"]
