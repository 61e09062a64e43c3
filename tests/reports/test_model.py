"""What a report says: sentences follow the data, empty parts say so, the hash holds, the schema is published."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from assessor.probes.result import Attribution, Law, Model, ModelFacts
from assessor.reports import viewmodel
from assessor.reports.endpoints import entries
from assessor.reports.model import ReportModel, json_schema
from tests.reports import samples
from tests.reports.samples import SAMPLES

SCHEMA = Path(__file__).parents[2] / "docs" / "report-schema.json"


@pytest.fixture(params=SAMPLES)
def model(request):
    return viewmodel.build(SAMPLES[request.param]())


def test_the_published_schema_is_the_one_the_code_gives():
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), "write it again from json_schema()"


def test_a_report_fits_its_published_schema(model):
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(model.json_text()))


def test_a_report_reads_back_from_its_json(model):
    assert ReportModel.model_validate_json(model.json_text()) == model


def test_the_same_input_gives_the_same_report(model):
    name = next(name for name, make in SAMPLES.items() if viewmodel.build(make()) == model)
    assert viewmodel.build(SAMPLES[name]()).input_hash == model.input_hash


def test_a_changed_report_is_refused():
    data = json.loads(viewmodel.build(samples.bad()).json_text())
    data["board"]["verdict"] = "All is well."
    with pytest.raises(ValidationError, match="changed after it was made"):
        ReportModel.model_validate(data)


def test_the_board_names_who_can_act_and_whether_that_was_seen():
    board = viewmodel.build(samples.bad()).board
    host = next(row for row in board.switches if row.party == "The host that serves the model")
    assert host.source == "seen and said"
    assert "withdrawing the hosted model" in host.by
    assert "Nine outside parties can switch off Claims triage assistant today" in board.verdict


def test_the_board_says_what_holds_the_level():
    board = viewmodel.build(samples.bad()).board
    assert board.held_by.startswith("Level 0 (Data 1, Models 3, ")
    assert board.held_by.endswith("held by Air gap and Governance")


def test_the_board_lists_what_nobody_knows():
    assert [row.number for row in viewmodel.build(samples.bad()).board.unknown] == ["6.1", "7.2"]


@pytest.mark.parametrize("name", ["bad", "good", "hostile"])
def test_the_board_has_three_to_five_findings_each_with_a_consequence(name):
    findings = viewmodel.build(SAMPLES[name]()).board.findings
    assert 3 <= len(findings) <= 5
    assert all(one.title and one.consequence for one in findings)
    assert len({one.title for one in findings}) == len(findings)


def test_a_verified_level_without_enough_evidence_is_not_printed():
    answers = {key: replace(one, evidence=()) for key, one in samples.good().answers.items()}
    model = viewmodel.build(samples.source(answers))
    assert model.board.verified.label == "Not verified yet"
    assert model.board.verified.level is None
    assert "which is not verified yet" in model.board.verdict


def test_a_contradiction_prints_both_values():
    row = viewmodel.build(samples.bad()).contradictions[0]
    assert (row.said_level, row.verified_level) == ("4", "1")
    assert row.sentence == "Said: level 4. Seen: level 3 at most. It counts as 1 in the verified reading."
    assert row.seen[0].endpoint_name == "Claims gateway"


def test_nothing_answered_is_not_assessed_and_never_level_0():
    model = viewmodel.build(samples.empty())
    assert model.board.claimed.standing == model.board.verified.standing == "not-assessed"
    assert model.board.verdict.startswith("Nothing has been answered yet")
    assert all(one.headline.endswith("not assessed") and not one.assessed for one in model.dimensions)
    assert [one.text for one in model.board.decisions] == ["Name who answers the questions, and by when."]


def test_an_endpoint_without_a_probe_says_that_nothing_was_tested():
    spare = viewmodel.build(samples.bad()).endpoints[1]
    assert spare.headline == "Spare: not probed"
    assert spare.not_tested == ("Everything: this endpoint was not probed.",)


def test_an_endpoint_that_was_taken_out_prints_the_reason():
    gone = replace(samples.gateway(), removed_because="Sold with the business unit.")
    entry = viewmodel.build(samples.source({}, [gone])).endpoints[0]
    assert entry.headline == "Claims gateway: taken out of scope"
    assert entry.removed_because == "Sold with the business unit."


def test_every_question_in_scope_has_an_entry_with_its_number(model):
    numbers = [entry.number for one in model.dimensions for entry in one.answers]
    assert len(numbers) == len(set(numbers)) == 14
    assert numbers[:3] == ["1.1", "1.2", "2.1"]


def test_what_people_wrote_keeps_its_characters_but_no_control_characters():
    text = viewmodel.build(samples.hostile()).json_text()
    assert "\\u0000" not in text
    assert "\\u0007" not in text
    assert "\u4f60\u597d" in text


def test_a_report_needs_no_more_than_its_caps_allow():
    model = viewmodel.build(samples.hostile())
    assert max(len(entry.note) for one in model.dimensions for entry in one.answers) <= 4000
    assert len(model.cover.title) <= 160


def test_evidence_is_printed_with_its_file_its_hash_and_its_last_day():
    entries = [one for part in viewmodel.build(samples.bad()).dimensions for one in part.answers]
    row = next(one.evidence[0] for one in entries if one.evidence)
    assert row.counts_until == "2027-08-31"
    assert [(file.name, file.sha256) for file in row.files] == [("order-form.pdf", "0123456789abcdef" * 4)]


def test_what_limits_evidence_is_said():
    entries = [one for part in viewmodel.build(samples.hostile()).dimensions for one in part.answers]
    row = next(one.evidence[0] for one in entries if one.evidence and one.claimed == 3)
    assert row.remarks == (
        "failed: proves the rung below",
        "unsigned: the result came as a file",
        "given for level 5, not confirmed since",
    )


def test_an_endpoint_prints_law_processing_and_registration_as_three_facts():
    source = samples.bad()
    record = source.endpoints[0]
    law = Law(
        role="behind",
        operator="Microsoft",
        controlled_by="Microsoft Corporation",
        country="US",
        source="s",
        date="2026-11-21",
    )
    facts = ModelFacts(
        name="Kimi K2.6", maker="Moonshot AI", origin="CN", weights="open", source="card", date="2026-11-21"
    )
    probe = record.probe.model_copy(
        update={
            "attribution": Attribution(law=(law,), table_date="2026-09-16", table_source="table"),
            "models": (Model(id="kimi-k2.6", facts=facts),),
        }
    )
    entry = entries(replace(source, endpoints=(replace(record, probe=probe),)))[0]
    told = {fact.label: fact.value for fact in entry.facts}
    assert (
        told["Whose law reaches the operator"] == "stands behind: Microsoft (Microsoft Corporation), US [s, 2026-11-21]"
    )
    assert told["Where requests are processed"] == "not seen"
    assert "table of networks of 2026-09-16" in told["Where the address is registered"]
    assert "weights: open" in told["The name kimi-k2.6"]
    assert told["Sources for kimi-k2.6"] == "card, 2026-11-21"
