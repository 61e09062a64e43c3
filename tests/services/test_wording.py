"""Words in reports: every version is kept, two writers meet in a conflict, moved levels mark a text as stale."""

import pytest

from assessor import queries
from assessor.models import ReportWords, ReportWordsRevision
from assessor.reports import drafts, richtext, viewmodel
from assessor.reports.render import pdf_html
from assessor.services import reporting, wording
from assessor.services.answers import save_answer
from assessor.services.questionnaires import questionnaire_of
from assessor.services.wording import WordsConflict, WordsRefused, save_words
from tests.reports import samples


def card(assessment):
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    return queries.scorecard(assessment, questionnaire, queries.scored_answers(assessment))


@pytest.fixture
def write(inside, owner):
    """Save words as the local user: `write("summary", "Text", seen=0)`."""

    def written(part: str, text: str, seen: int | None = None, language: str = "en") -> ReportWords:
        return save_words(inside, part, language, text, owner, card(inside), seen)

    return written


def words(assessment, language="en"):
    return {one.part: one for one in viewmodel.build(reporting.report_input(assessment, language=language)[0]).words}


def test_words_are_printed_in_the_report_of_their_language_only(inside, write):
    write("summary", "We ask for **two** decisions.")
    write("data", "- one contract was shown")
    model = viewmodel.build(reporting.report_input(inside, language="en")[0])
    assert [one.part for one in model.words] == ["summary", "data"]
    html = pdf_html(model)
    assert "<p>We ask for <strong>two</strong> decisions.</p>" in html
    assert "<ul><li>one contract was shown</li></ul>" in html
    assert words(inside, "de") == {}


def test_empty_words_are_not_printed(inside, write):
    write("summary", "Something")
    write("summary", "")
    assert words(inside) == {}
    assert "Something" in ReportWordsRevision.objects.get(version=1).source


def test_two_writers_meet_in_a_conflict_and_neither_text_is_lost(write):
    write("summary", "Mine", seen=0)
    with pytest.raises(WordsConflict) as met:
        write("summary", "Theirs, written from the same start", seen=0)
    assert met.value.words.source == "Mine"
    write("summary", "Both", seen=met.value.words.version)
    assert [one.source for one in ReportWordsRevision.objects.order_by("version")] == ["Mine", "Both"]


def test_saving_the_same_twice_is_one_version(write):
    write("summary", "Mine", seen=0)
    assert write("summary", "Mine", seen=0).version == 1
    assert ReportWordsRevision.objects.count() == 1


def test_words_are_stale_once_a_level_they_rest_on_has_moved_and_fresh_when_saved_again(inside, owner, write):
    for part in ("summary", "data", "safety"):
        write(part, "As of today")
    assert not any(one.stale for one in words(inside).values())
    own = [one.id for one in questionnaire_of(inside.questionnaire_version.content_hash).asked("quick")]
    for question in (one for one in own if one.startswith("data.")):
        save_answer(inside, question, "answered", 3, "", owner)
    now = words(inside)
    assert {part: one.stale for part, one in now.items()} == {"summary": True, "data": True, "safety": False}
    assert "Levels it may speak of have changed since." in pdf_html(
        viewmodel.build(reporting.report_input(inside, language="en")[0])
    )
    write("data", "As of today")
    assert not words(inside)["data"].stale


def test_too_long_a_text_is_refused_whole():
    with pytest.raises(WordsRefused, match="6001 characters, and 6000 are printed at most"):
        wording.tidied("x" * 6001)


def test_formatted_text_is_kept_as_marks():
    assert wording.tidied("<p>Two <b>words</b></p>") == ("Two **words**", True)
    assert wording.tidied("5 < 6") == ("5 < 6", False)


def test_an_issued_report_keeps_the_words_it_was_issued_with(inside, owner, write, monkeypatch):
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_only: b"%PDF-")
    write("summary", "Before the issue")
    report = reporting.request_report(inside, owner, "issued")
    write("summary", "After the issue")
    report.refresh_from_db()
    assert "Before the issue" in str(report.content["words"])
    assert "After the issue" not in str(report.content)


@pytest.mark.parametrize("name", ["bad", "good", "empty", "hostile"])
def test_a_draft_says_what_the_report_says_and_fits(name):
    model = viewmodel.build(samples.SAMPLES[name]())
    for part in ("summary", *(one.id for one in model.dimensions)):
        text = drafts.draft(model, part)
        assert text
        assert len(text) < richtext.MAX_SOURCE
        assert richtext.blocks(text)
    assert model.board.verdict in drafts.draft(model, "summary")
    assert drafts.draft(model, "no-such-dimension") == ""


def test_the_draft_of_a_dimension_names_what_holds_and_what_is_next():
    text = drafts.draft(viewmodel.build(samples.bad()), "safety")
    assert "What keeps the next level away:" in text
    assert "What to do next:" in text
