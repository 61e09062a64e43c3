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
from assessor.reports.inputs import WorkloadRecord
from assessor.reports.model import ReportModel, json_schema
from tests.reports import samples
from tests.reports.demo import full_demo
from tests.reports.drilled import drills
from tests.reports.samples import SAMPLES

SCHEMA = Path(__file__).parents[2] / "docs" / "report-schema.json"


@pytest.fixture(params=SAMPLES)
def model(request):
    return viewmodel.build(SAMPLES[request.param]())


def test_the_published_schema_is_the_one_the_code_gives():
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), "write it again from json_schema()"


def test_a_report_fits_its_published_schema(model):
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    report = json.loads(model.json_text())
    assert [one.message for one in check.iter_errors(report)] == []


def test_the_published_schema_tells_what_is_wrong_with_a_file_that_is_no_report():
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    report = json.loads(viewmodel.build(samples.bad()).json_text())
    cases = {
        "'verdict' is a required property": report | {"board": dict(list(report["board"].items())[1:])},
        "'surprise' was unexpected": report | {"surprise": 1},
        "is not of type 'object'": report | {"board": []},
    }
    first = next(iter(report["board"]))
    cases = {sentence.replace("verdict", first): wrong for sentence, wrong in cases.items()}
    for sentence, wrong in cases.items():
        said = [one.message for one in check.iter_errors(wrong)]
        assert any(sentence in one for one in said), (sentence, said)


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


def test_an_endpoint_names_everybody_behind_it_once():
    gateway = full_demo().endpoints[0]
    assert [one.provider or one.host for one in gateway.probe.behind].count("azure") == 1
    assert entries(full_demo())[0].headline == (
        "Letters gateway: LiteLLM, with Azure OpenAI, a server that is not named and Anthropic behind it"
    )


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


def by_kind(model, kind):
    return next(one for one in model.dimensions if one.kind == kind)


def table(section, ident):
    return next(one for one in section.tables if one.id == ident)


def test_chapters_come_in_the_order_of_the_report_whatever_the_questionnaire_says():
    assert [one.id for one in viewmodel.build(samples.bad()).chapters] == ["lock-in", "air-gap", "safety"]


def test_every_part_of_a_chapter_says_not_assessed_where_nobody_looked():
    model = viewmodel.build(samples.empty())
    parts = [one for section in model.chapters for one in section.tables]
    assert len(parts) == 9
    assert all(one.empty.startswith("Not assessed") and not one.assessed and not one.rows for one in parts)


def test_the_chapter_on_leaving_tells_dialects_second_source_and_terms():
    section = by_kind(viewmodel.build(samples.bad()), "leaving")
    assert table(section, "dialects").rows[0].cells[:3] == (
        "Claims gateway",
        "answers the requests",
        "OpenAI chat completions",
    )
    second = table(section, "second-source")
    assert second.lead == "Whether it shares a supplier with the usual path is not assessed: not both were probed."
    assert second.rows[0].cells[:2] == ("Spare", "Not assessed: this endpoint was not probed.")
    assert [row.question for row in table(section, "notice").rows] == ["lock-in.terms"]


def test_one_supplier_behind_both_paths_is_said():
    source = samples.bad()
    spare = replace(source.endpoints[0], id="spare", name="Spare", role="fallback")
    section = by_kind(viewmodel.build(replace(source, endpoints=(source.endpoints[0], spare))), "leaving")
    assert "lead to the same supplier: Azure OpenAI. One order stops both." in table(section, "second-source").lead


def test_the_chapter_on_checks_says_where_each_runs_and_what_is_left():
    section = by_kind(viewmodel.build(samples.bad()), "checks")
    checked = table(section, "checked")
    assert checked.lead == "Checks that probes saw: one. Hosted by somebody else: one."
    assert checked.rows[0].cells[2] == "hosted"


def test_the_chapter_on_the_closed_link_says_what_breaks_at_once():
    section = by_kind(viewmodel.build(samples.bad()), "closed-link")
    rows = table(section, "breaks").rows
    assert ("Azure OpenAI serves requests", "at once") in [row.cells[:2] for row in rows]


def test_a_finding_has_its_four_parts_and_the_contradicted_come_first():
    section = next(one for one in viewmodel.build(samples.bad()).dimensions if one.id == "models")
    first = section.observations[0]
    assert first.mark == "contradicted"
    assert first.observation.startswith("Said, level 4: ")
    assert "Seen at Claims gateway: Azure OpenAI serves requests." in first.observation
    assert all((first.implication, first.recommendation, first.evidence))
    assert "person-day" in first.recommendation


def test_drills_are_told_with_mark_result_course_and_as_what_they_count():
    model = viewmodel.build(replace(samples.bad(), drills=drills()))
    cut, leave = model.drills
    assert (cut.id, cut.kind, cut.passed) == ("D1", "disconnect", False)
    assert cut.headline == "Spare model server: 60 minutes with the link closed, 55 of 60 prompts answered"
    assert sum(one.asked for one in cut.spans) == 60
    assert [one.outside for one in cut.spans].count("open") == 1
    # 55 of 60 is above the mark of 90 per cent: it is the open way out that it was not passed for.
    assert (
        dict(cut.facts)["Not passed because"] == "Something outside answered while the way out should have been closed."
    )
    assert leave.passed is True
    assert [one.feature for one in leave.features if one.breaks]
    assert leave.questions == (("lock-in.leaving", "4.1"),)
    assert [row.id for row in model.log] == ["P1", "D1", "D2"]
    assert table(by_kind(model, "leaving"), "held-exit").rows[0].drill == "D2"


def test_the_days_are_numbered_in_their_order_and_say_what_has_ended():
    model = viewmodel.build(replace(samples.bad(), drills=drills()))
    days = [row.day for row in model.calendar]
    assert days == sorted(days)
    assert [row.number for row in model.calendar] == list(range(1, len(days) + 1))
    assert {row.lane for row in model.calendar} == {"held", "ends"}
    assert all(row.past == (row.day < "2026-11-21") for row in model.calendar)


def test_a_contradiction_says_how_it_stands():
    rows = {one.question: one.resolution for one in viewmodel.build(samples.bad()).contradictions}
    assert any("disputed, not decided" in one.casefold() and "M. Okafor" in one for one in rows.values())
    plain = viewmodel.build(replace(samples.bad(), disputes=()))
    assert all(one.resolution.startswith("Open: nobody has disputed it") for one in plain.contradictions)


def test_a_dispute_that_was_accepted_is_told_as_settled():
    accepted = replace(samples.DISPUTE, state="accepted", decided_by="Ana", decided_at=samples.MADE_AT, note="Agreed.")
    settled = viewmodel.build(replace(samples.bad(), disputes=(accepted,))).settled
    assert [(one.state, one.note) for one in settled] == [("accepted", "Agreed.")]


def test_the_verified_plan_does_not_say_a_change_twice():
    model = viewmodel.build(samples.hostile())
    said = {(move.question, move.actions) for plan in model.plans if plan.reading == "claimed" for move in plan.moves}
    for plan in model.plans:
        for move in plan.moves:
            assert move.repeats == (plan.reading == "verified" and (move.question, move.actions) in said)


def test_the_glossary_and_every_workload_are_told():
    source = replace(
        samples.bad(), workloads=(WorkloadRecord("Claims"), WorkloadRecord("Chat", "IT", "supporting", 24))
    )
    model = viewmodel.build(source)
    assert [(one.name, one.criticality, one.tolerance) for one in model.workloads] == [
        ("Claims", "critical", "not stated"),
        ("Chat", "supporting", "24 hours"),
    ]
    assert len(model.glossary) == len(source.questionnaire.glossary)


def test_the_glossary_is_in_the_order_of_its_own_language():
    source = samples.bad()
    words = source.questionnaire.glossary
    german = ("Beschleuniger", "Umfang", "Übung", "Abdeckung")
    renamed = tuple(one.model_copy(update={"term": term}) for one, term in zip(words[:4], german, strict=True))
    model = viewmodel.build(
        replace(source, questionnaire=source.questionnaire.model_copy(update={"glossary": renamed}))
    )
    assert [one.term for one in model.glossary] == ["Abdeckung", "Beschleuniger", "Übung", "Umfang"]


def test_what_a_run_leaves_open_is_said_in_the_language_of_the_report():
    model = viewmodel.build(full_demo("de"))
    left = [line for one in model.endpoints for line in (*one.unknown, *one.not_tested)]
    assert any(line.startswith("Wer den Server dahinter betreibt") for line in left)
    assert not [line for line in left if line.startswith(("Whether", "Which", "Who ", "Routes"))]
