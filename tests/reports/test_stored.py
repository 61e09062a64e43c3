"""Reports that waited through an upgrade: printed with what they hold, or refused in words, never with a trace."""

import gzip
import io
import json
from copy import deepcopy
from pathlib import Path

import pypdf
import pytest

from assessor.content import content_hash
from assessor.reports import pdf, stored, viewmodel
from assessor.reports.stored import ReportChanged, ReportOutdated
from tests.reports import samples

# Each file is a report as that version of the model stored it; a new version of the model adds its own beside them.
OLD = sorted((Path(__file__).parent / "old").glob("report-*.json.gz"))


def resealed(content: dict) -> dict:
    rest = {key: value for key, value in content.items() if key != "input_hash"}
    return rest | {"input_hash": content_hash(rest)}


@pytest.fixture
def content():
    return viewmodel.build(samples.bad()).plain()


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.name)
def test_what_an_older_version_froze_is_printed_with_the_json_it_was_frozen_with(file):
    content = json.loads(gzip.decompress(file.read_bytes()))
    made = pypdf.PdfReader(io.BytesIO(pdf.make_pdf(stored.read(content))))
    assert json.loads(made.attachments["report.json"][0]) == content
    words = "".join(page.extract_text() for page in made.pages)
    assert content["cover"]["organisation"] in words
    assert content["input_hash"] in "".join(words.split())


def test_what_this_version_stored_reads_back_as_it_was(content):
    assert stored.read(json.loads(json.dumps(content))) == viewmodel.build(samples.bad())


def test_a_stored_report_that_was_changed_is_refused(content):
    changed = deepcopy(content)
    changed["board"]["verdict"] = "All is well."
    with pytest.raises(ReportChanged, match="changed after it was frozen"):
        stored.read(changed)


@pytest.mark.parametrize("version", ["9.0", "", "x" * 400])
def test_a_shape_that_cannot_be_printed_is_refused_with_what_to_do(content, version):
    del content["board"]
    with pytest.raises(ReportOutdated, match="Make a new report"):
        stored.read(resealed(content | {"schema_version": version}))
