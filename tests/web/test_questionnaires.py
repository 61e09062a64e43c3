"""Questionnaires of one's own: checked before anything changes, versions, carrying over."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from assessor.models import Answer, Assessment, QuestionnaireVersion
from assessor.services import assessments, questionnaires
from tests.conftest import FACTS
from tests.questionnaire.sample import changed, sample


def address(name, row, *more):
    return reverse(name, args=[row.organisation_id, *more])


def upload(client, inside, text, name="own.yaml"):
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    return client.post(address("questionnaires", inside), {"file": file})


def test_an_own_questionnaire_is_kept_and_an_assessment_begins_with_it(client, inside):
    assert upload(client, inside, changed()).status_code == 302
    page = client.get(address("start_in", inside)).content.decode()
    assert "A sample" in page
    data = {
        "questionnaire": sample().content_hash(),
        "kind": "full",
        "organisation": "Example Ltd",
        "home_jurisdictions": "Germany",
        "workload": "Letters",
        "criticality": "critical",
    }
    response = client.post(address("start_in", inside), data)
    assert response.status_code == 302
    assert "keys" in client.get(response.headers["Location"]).headers["Location"]
    assert Assessment.objects.count() == 2
    assert QuestionnaireVersion.objects.get(questionnaire="sample").organisation_id == inside.organisation_id


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (changed(("weight: 3", "weight: 7")), "own.yaml, line 32"),
        (changed(("proof: observed\n", "proof: observed\n    colour: red\n")), "“colour” is not a known key here"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        ("a: &x [1]\nb: *x\n", "anchor"),
        ("", "no file was submitted|submitted file is empty"),
        ("just a sentence", "There is no questionnaire in this file"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_reason_and_changes_nothing(client, inside, text, sentence):
    before = QuestionnaireVersion.objects.count()
    response = upload(client, inside, text)
    assert response.status_code == 422
    assert re.search(sentence, response.content.decode())
    assert QuestionnaireVersion.objects.count() == before


def test_what_lint_objects_to_is_said_and_the_questionnaire_is_kept(client, inside):
    response = upload(client, inside, changed(("why: A locked door", "why: A robust door")))
    assert response.status_code == 200
    assert "“robust” cannot be observed" in response.content.decode()
    assert QuestionnaireVersion.objects.filter(questionnaire="sample").exists()


def test_the_id_of_an_installed_questionnaire_is_not_for_the_taking(client, inside):
    installed = questionnaires.installed()[0].id
    response = upload(client, inside, changed(("id: sample", f"id: {installed}")))
    assert response.status_code == 422
    assert "is the id of an installed questionnaire" in response.content.decode()


def test_a_version_never_changes_its_content(client, inside):
    upload(client, inside, changed())
    response = upload(client, inside, changed(("title: A sample", "title: Another sample")))
    assert response.status_code == 422
    assert "Raise the version" in response.content.decode()


def test_a_withdrawn_questionnaire_is_offered_no_longer(client, inside):
    upload(client, inside, changed())
    row = QuestionnaireVersion.objects.get(questionnaire="sample")
    client.post(address("withdraw_questionnaire", inside, row.pk))
    assert row.content_hash not in client.get(address("start_in", inside)).content.decode()


def test_a_stranger_neither_sees_nor_withdraws_it(client, inside, strangers_scan):
    row = questionnaires.stored_version(sample(), strangers_scan.organisation)
    for name, more in (("questionnaires", ()), ("start_in", ())):
        assert client.get(address(name, strangers_scan, *more)).status_code == 404
    assert client.get(address("questionnaire", inside, row.content_hash)).status_code == 404
    assert client.post(address("withdraw_questionnaire", inside, row.pk)).status_code == 404


def test_every_question_of_an_installed_questionnaire_can_be_read(client, inside):
    installed = questionnaires.installed()[0]
    page = client.get(address("questionnaire", inside, installed.content_hash())).content.decode()
    assert all(question.id.split(".")[0] for question in installed.questions)
    assert page.count("<article") == len(installed.questions)


NEW_VERSION = (
    ('version: "2026.11"', 'version: "2026.12"'),
    ("Who outside can lock the front door of the house", "Who outside can lock or open the front door of the house"),
    ("      - level: 2\n        text: The cellar has a lock", "      - level: 1\n        text: The cellar has a lock"),
    ("{to: 2, effort: [0.5, 1]", "{to: 1, effort: [0.5, 1]"),
)


@pytest.fixture
def older(client, inside):
    own = questionnaires.stored_version(sample(), inside.organisation)
    found = assessments.start_assessment(inside.created_by, sample(), FACTS, "full", inside.organisation)
    assert found.questionnaire_version_id == own.pk
    for question, answer in (("keys.front", "2"), ("keys.cellar", "2")):
        path = reverse("save_answer", args=[found.organisation_id, found.pk, question])
        client.post(path, {"answer": answer, "note": f"note on {question}", "expected_version": 0})
    questionnaires.keep_own(inside.organisation, sample(*NEW_VERSION))
    return found


def test_a_running_assessment_stays_on_its_version_until_somebody_has_seen_what_changes(client, older):
    overview = reverse("assessment", args=[older.organisation_id, older.pk])
    newer = reverse("newer_version", args=[older.organisation_id, older.pk])
    assert newer in client.get(overview).content.decode()
    page = client.get(newer).content.decode()
    assert "Reworded: answers stand and want another look" in page
    assert "Other levels: to be answered again" in page
    assert Answer.objects.get(question="keys.front").look_again is False
    client.post(newer)
    older.refresh_from_db()
    front, cellar = Answer.objects.get(question="keys.front"), Answer.objects.get(question="keys.cellar")
    assert older.questionnaire_version.version == "2026.12"
    assert (front.level, front.look_again) == (2, True)
    assert (cellar.state, cellar.level, cellar.note) == ("not-asked", None, "note on keys.cellar")
    assert client.get(newer).status_code == 404
    assert client.post(newer).status_code == 302


def test_saving_a_reworded_answer_again_confirms_it(client, older):
    client.post(reverse("newer_version", args=[older.organisation_id, older.pk]))
    page = reverse("dimension", args=[older.organisation_id, older.pk, "keys"])
    assert "worded otherwise" in client.get(page).content.decode()
    path = reverse("save_answer", args=[older.organisation_id, older.pk, "keys.front"])
    client.post(path, {"answer": "2", "note": "note on keys.front", "expected_version": 1})
    assert Answer.objects.get(question="keys.front").look_again is False


def test_the_command_checks_what_is_installed_and_what_it_is_given(tmp_path, capsys, settings):
    call_command("check_questionnaires")
    assert "0 to mend" in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(changed(("weight: 3", "weight: 7")))
    with pytest.raises(CommandError, match="need mending"):
        call_command("check_questionnaires", str(wrong))
    assert "wrong.yaml, line 32" in capsys.readouterr().out


def test_a_folder_of_the_operator_is_installed_for_everybody(tmp_path, settings):
    folder = tmp_path / "more" / "sample"
    folder.mkdir(parents=True)
    (folder / "questionnaire.yaml").write_text(changed())
    settings.OWN_QUESTIONNAIRES_DIR = tmp_path / "more"
    questionnaires.forget_installed()
    try:
        assert "sample" in [one.id for one in questionnaires.installed()]
    finally:
        questionnaires.forget_installed()
