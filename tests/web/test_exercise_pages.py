"""A table-top exercise: walked through, written down, judged once, and kept as evidence of who decides."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from assessor.evidence import Tier
from assessor.models import Evidence, Exercise
from assessor.services import exercises, scenario_catalogue
from assessor.services.answers import save_answer
from assessor.services.questionnaires import questionnaire_of
from tests.services.inventory.made import letters
from tests.web.test_scenario_pages import OWN

BEGIN = {
    "facilitator": "Continuity officer",
    "participants": "Head of letters\nPlatform lead",
    "pass_mark": "Decided in 15 min",
}


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def begun(client, inside):
    """An exercise on an own scenario that takes the hosted model away."""
    letters(inside)
    client.post(address("new_scenario", inside), OWN | {"until_hours": "48"})
    response = client.post(address("new_exercise", inside, "our-host-is-sold"), BEGIN)
    assert response.status_code == 302, text(response)
    return Exercise.objects.get()


def _note(client, begun, **fields):
    given = {"entry-kind": "decision", "entry-text": "Letters by hand", "entry-decided_by": "Head of letters"} | fields
    return client.post(address("note_exercise", begun.assessment, begun.pk), given)


def _end(client, begun, passed="yes", conclusion="Decided in time."):
    fields = {"end-passed": passed, "end-conclusion": conclusion}
    return client.post(address("end_exercise", begun.assessment, begun.pk), fields)


def test_the_team_sees_what_is_dark_and_who_decides(client, begun):
    page = text(client.get(address("exercise", begun.assessment, begun.pk)))
    assert "Letter drafting" in page
    assert "Head of documentation" in page
    assert "Dark by now:" in page


def test_the_mark_is_asked_for_before_the_first_step(client, inside):
    letters(inside)
    client.post(address("new_scenario", inside), OWN)
    response = client.post(address("new_exercise", inside, "our-host-is-sold"), BEGIN | {"pass_mark": ""})
    assert response.status_code == 422
    assert "Continuity officer" in text(response)
    assert not Exercise.objects.exists()


def test_a_decision_needs_the_role_that_took_it_and_nothing_typed_is_lost(client, begun):
    response = _note(client, begun, **{"entry-decided_by": ""})
    assert response.status_code == 422
    assert "A decision needs the role that took it." in text(response)
    assert "Letters by hand" in text(response)
    assert not begun.entries.exists()


def test_a_note_that_was_typed_when_the_exercise_is_ended_is_written_down_first(client, begun):
    both = {"entry-kind": "gap", "entry-text": "Nobody had the key", "end-passed": "no", "end-conclusion": "Not met."}
    client.post(address("end_exercise", begun.assessment, begun.pk), both)
    assert [one.text for one in begun.entries.all()] == ["Nobody had the key"]
    assert Exercise.objects.get().ended_at is not None


def test_a_wrong_note_stops_the_end_and_all_that_was_typed_stays(client, begun):
    both = {
        "entry-kind": "decision",
        "entry-text": "Stop the letters",
        "end-passed": "no",
        "end-conclusion": "Too slow.",
    }
    response = client.post(address("end_exercise", begun.assessment, begun.pk), both)
    assert response.status_code == 422
    assert "A decision needs the role that took it." in text(response)
    assert "Stop the letters" in text(response)
    assert "Too slow." in text(response)
    assert Exercise.objects.get().ended_at is None


def test_an_end_without_a_conclusion_keeps_the_note_in_its_fields(client, begun):
    both = {"entry-kind": "gap", "entry-text": "Nobody had the key", "entry-runbook": "page 9", "end-conclusion": ""}
    response = client.post(address("end_exercise", begun.assessment, begun.pk), both)
    assert response.status_code == 422
    form = response.context["form"]
    assert [form[name].value() for name in ("kind", "text", "runbook")] == ["gap", "Nobody had the key", "page 9"]
    assert not begun.entries.exists()


@pytest.mark.parametrize("step", ["note_exercise", "go_exercise"])
def test_a_conclusion_begun_before_the_end_stays_in_its_field_and_out_of_the_record(client, begun, step):
    typed = {"entry-kind": "note", "entry-text": "Phones ring", "step": "1", "end-conclusion": "So far so good"}
    client.post(address(step, begun.assessment, begun.pk), typed)
    assert "So far so good" in text(client.get(address("exercise", begun.assessment, begun.pk)))
    assert exercises.record(Exercise.objects.get())["conclusion"] == ""


def test_a_conclusion_that_somebody_else_began_is_neither_emptied_nor_overwritten(client, begun):
    page = address("exercise", begun.assessment, begun.pk)
    opened = client.get(page).context["shown"]
    kept = {"entry-kind": "note", "entry-text": "x", "end-shown": opened}
    note = address("note_exercise", begun.assessment, begun.pk)
    client.post(note, kept | {"end-conclusion": "Too\r\nslow."})
    # Whoever has the page open from before writes a note, and has said nothing in that field.
    client.post(note, kept | {"end-conclusion": ""})
    assert Exercise.objects.get().conclusion == "Too\nslow."
    client.post(note, kept | {"end-conclusion": "Nobody had the key."})
    assert Exercise.objects.get().conclusion == "Too\nslow.\n\nNobody had the key."
    # To end it with one's own words alone one has to have seen the others.
    end = address("end_exercise", begun.assessment, begun.pk)
    refused = client.post(end, {"end-passed": "no", "end-conclusion": "Not met.", "end-shown": opened})
    assert refused.status_code == 409
    assert "Somebody else wrote here meanwhile." in text(refused)
    both = refused.context["end_form"]["conclusion"].value()
    assert both == "Too\nslow.\n\nNobody had the key.\n\nNot met."
    client.post(end, {"end-passed": "no", "end-conclusion": "Not met.", "end-shown": refused.context["shown"]})
    assert Exercise.objects.get().conclusion == "Not met."


def test_what_was_decided_is_in_the_record_with_its_step(client, begun):
    _note(client, begun)
    client.post(address("go_exercise", begun.assessment, begun.pk), {"step": "1"})
    _note(client, begun, **{"entry-kind": "gap", "entry-text": "Nobody knows the page", "entry-decided_by": ""})
    _end(client, begun)
    told = json.loads(client.get(address("exercise_record", begun.assessment, begun.pk)).content)
    assert [(one["step"], one["kind"], one["text"]) for one in told["entries"]] == [
        (0, "decision", "Letters by hand"),
        (1, "gap", "Nobody knows the page"),
    ]
    assert told["pass_mark"] == "Decided in 15 min"
    assert told["passed"] is True


def test_the_signs_of_states_have_the_colours_of_the_page(client, begun):
    page = text(client.get(address("exercise", begun.assessment, begun.pk)))
    assert 'class="state-mark' in page
    assert "css/scenarios" in page


def test_what_was_typed_is_written_down_before_the_step_changes(client, begun):
    typed = {"entry-kind": "gap", "entry-text": "Nobody knows the number", "step": "1"}
    client.post(address("go_exercise", begun.assessment, begun.pk), typed)
    begun.refresh_from_db()
    assert begun.step == 1
    assert [(one["step"], one["text"]) for one in exercises.record(begun)["entries"]] == [
        (0, "Nobody knows the number")
    ]
    half = {"entry-kind": "decision", "entry-decided_by": "Head of care", "step": "2"}
    page = client.post(address("go_exercise", begun.assessment, begun.pk), half)
    assert page.status_code == 422
    assert "Head of care" in text(page)
    begun.refresh_from_db()
    assert begun.step == 1


@pytest.mark.parametrize("step", ["-1", "99", "", "x", "1" * 50])
def test_a_step_that_there_is_not_is_refused(client, begun, step):
    page = client.post(address("go_exercise", begun.assessment, begun.pk), {"step": step}, follow=True)
    assert "The exercise has no such step." in text(page)
    begun.refresh_from_db()
    assert begun.step == 0


def test_once_it_is_over_nothing_is_changed_any_more(client, begun):
    _end(client, begun)
    assert "This exercise is over" in text(client.get(_note(client, begun).url))
    assert "This exercise is over" in text(client.get(_end(client, begun, "no", "Rewritten.").url))
    begun.refresh_from_db()
    assert begun.passed is True
    assert begun.conclusion == "Decided in time."
    assert not begun.entries.exists()


def test_the_record_stays_what_the_team_saw(client, begun):
    before = begun.steps
    begun.assessment.organisation.components.all().delete()
    client.post(address("take_out_scenario", begun.assessment, "our-host-is-sold"))
    begun.refresh_from_db()
    assert begun.steps == before
    assert "Our host is sold" in text(client.get(address("exercise", begun.assessment, begun.pk)))


def test_the_record_is_read_in_the_readers_language_though_it_was_begun_in_another(client, begun):
    path = address("exercise", begun.assessment, begun.pk)
    turns = [turn for step in begun.steps for turn in step["turns"]]
    assert any(" needs " in turn["why"] for turn in turns)
    german = text(client.get(path, headers={"accept-language": "de"}))
    assert " braucht " in german
    assert " needs " not in german
    # Of a record from before reasons were kept it is read back from its sentence; what is not ours stays.
    for turn in turns:
        del turn["reason"]
    begun.save()
    older = text(client.get(path, headers={"accept-language": "de"}))
    assert " braucht " in older
    assert " needs " not in older
    turns[0]["why"] = "Somebody wrote: it needs this."
    begun.save()
    assert "Somebody wrote: it needs this." in text(client.get(path, headers={"accept-language": "de"}))


def test_a_record_from_before_sources_were_translated_is_read_in_the_readers_language():
    content = next(one for one in scenario_catalogue.shipped("de") if one.sources).model_dump(mode="json")
    assert {one["name"] for one in content["sources"]} >= {"Fachpresse", "Erklärung des Herstellers"}
    older = {**content, "sources": [{**one, "name": "Trade press"} for one in content["sources"]]}
    with override("en"):
        assert scenario_catalogue.in_own_words(older)["title"] == "The Friday letter of June 2026"


@pytest.mark.parametrize(("level", "tier"), [(2, Tier.TESTED), (4, Tier.DECLARED)])
def test_as_evidence_it_proves_who_decides_and_nothing_else(client, begun, level, tier):
    question = "governance.first-hour"
    save_answer(begun.assessment, question, "answered", level, "", begun.begun_by)
    _end(client, begun)
    client.post(address("attach_exercise", begun.assessment, begun.pk), {"question": question})
    row = Evidence.objects.get()
    asked = questionnaire_of(begun.assessment.questionnaire_version.content_hash).question(question)
    assert row.tier(timezone.localdate(), asked.proves_at(row.level)) is tier


def test_it_is_attached_once(client, begun):
    save_answer(begun.assessment, "governance.first-hour", "answered", 2, "", begun.begun_by)
    _end(client, begun)
    path = address("attach_exercise", begun.assessment, begun.pk)
    client.post(path, {"question": "governance.first-hour"})
    page = client.post(path, {"question": "governance.first-hour"}, follow=True)
    assert "attached to that answer already" in text(page)
    assert Evidence.objects.count() == 1


def test_without_an_answer_there_is_nothing_to_prove(client, begun):
    _end(client, begun)
    path = address("attach_exercise", begun.assessment, begun.pk)
    page = client.post(path, {"question": "governance.first-hour"}, follow=True)
    assert "Choose a level first." in text(page)


def test_one_that_was_not_judged_is_no_evidence(client, begun):
    save_answer(begun.assessment, "governance.first-hour", "answered", 2, "", begun.begun_by)
    _end(client, begun, "")
    path = address("attach_exercise", begun.assessment, begun.pk)
    assert "Only an exercise that is over and judged" in text(
        client.post(path, {"question": "governance.first-hour"}, follow=True)
    )


def test_the_record_leads_to_its_scenario_as_long_as_there_is_one(client, begun):
    there = address("scenario", begun.assessment, "our-host-is-sold")
    assert f'href="{there}"' in text(client.get(address("exercise", begun.assessment, begun.pk)))
    client.post(address("take_out_scenario", begun.assessment, "our-host-is-sold"))
    assert f'href="{there}"' not in text(client.get(address("exercise", begun.assessment, begun.pk)))


def test_the_ended_exercise_leads_to_the_questions_it_may_stand_behind(client, begun):
    _end(client, begun)
    page = text(client.get(address("exercise", begun.assessment, begun.pk)))
    assert "To the questions:" in page


def test_one_that_was_not_judged_says_why_it_is_no_evidence(client, begun):
    _end(client, begun, passed="")
    page = text(client.get(address("exercise", begun.assessment, begun.pk)))
    assert "It was not judged" in page


def test_a_stranger_finds_no_exercise(client, begun, strangers_scan):
    assert client.get(address("exercise", strangers_scan, begun.pk)).status_code == 404
    assert client.get(reverse("exercise", args=[begun.organisation_id, strangers_scan.pk, begun.pk])).status_code == 404
