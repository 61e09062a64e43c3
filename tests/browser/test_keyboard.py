"""The full questionnaire answered by keyboard alone, on a phone-sized and a wide screen, in English and German."""

import pytest
from django_scopes import scope
from playwright.sync_api import expect

from assessor.middleware import local_user
from assessor.models import Answer
from assessor.services import assessments
from assessor.services.questionnaires import installed
from tests.conftest import FACTS

FOCUSED = """() => {
  const one = document.activeElement, form = one.closest('form.question');
  return {
    tag: one.tagName, type: one.type || '', name: one.name || '', href: one.href || '',
    form: form ? form.id : '', primary: one.classList.contains('button-primary'),
    inputMode: one.inputMode || '', visible: one.matches(':focus-visible'),
  };
}"""
SIZES = {"phone": {"width": 375, "height": 780}, "wide": {"width": 1280, "height": 900}}
LONGEST_PAGE = 900


class Typist:
    """Somebody who uses Tab, the arrows, space and return, and nothing else."""

    def __init__(self, page):
        self.page = page
        self.answered: list[str] = []

    def answer_page(self) -> str:
        """Answer every question of the page that is open; return the address of the button that leads on."""
        for _step in range(LONGEST_PAGE):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUSED)
            # Inside a day field the browser itself marks the part that has the focus.
            assert at["visible"] or at["type"] == "date", at
            if at["tag"] == "A" and at["primary"]:
                return at["href"]
            if at["form"] and at["form"] not in self.answered and self.answer(at):
                self.answered.append(at["form"])
        raise AssertionError("no button leads on from this page")

    def answer(self, at: dict[str, str]) -> bool:
        """Give the question that has the focus an answer; return whether there was something to answer."""
        keys = {("radio", "answer"): ["Space", "ArrowDown", "ArrowDown"], ("checkbox", "item"): ["Space"]}
        if (at["type"], at["name"]) in keys:
            for key in keys[at["type"], at["name"]]:
                self.page.keyboard.press(key)
        elif at["name"] == "value":
            # The order of a day's parts is that of the browser, not of the page.
            typed = {"date": "11212026", "text": "1" if at["inputMode"] else "in a few words"}
            self.page.keyboard.type(typed.get(at["type"], "in a few words"))
        else:
            return False
        return True


@pytest.mark.heavy
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", SIZES)
def test_every_question_can_be_answered_by_keyboard_alone(chromium, transactional_db, live_server, size, language):
    questionnaire = installed()[0]
    assessment = assessments.start_assessment(local_user(), questionnaire, FACTS, "full")
    context = chromium.new_context(viewport=SIZES[size], locale=language)
    page = context.new_page()
    page.set_default_timeout(20_000)
    typist = Typist(page)
    page.goto(f"{live_server.url}/o/{assessment.organisation_id}/a/{assessment.pk}/questions/")
    assert page.get_attribute("html", "lang") == language
    for _dimension in questionnaire.dimensions:
        onward = typist.answer_page()
        # Each answer saves itself a moment after it is given, and says so beside its question.
        expect(page.locator("form.question:has(.save-state:empty)")).to_have_count(0, timeout=15_000)
        page.keyboard.press("Enter")
        page.wait_for_url(onward)
    context.close()
    with scope(organisation=assessment.organisation):
        answered = {answer.question for answer in Answer.objects.exclude(state="not-asked")}
    forms = {f"q-{question.replace('.', '-')}" for question in answered}
    assert forms == set(typist.answered)
    hidden = {one.id for one in questionnaire.questions if one.show_if is not None}
    assert {one.id for one in questionnaire.questions} - answered <= hidden
