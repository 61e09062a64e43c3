"""Two people in two browsers at one question: neither is overwritten, and a session that ends loses nothing."""

import pytest
from django.contrib.sessions.models import Session
from django_scopes import scopes_disabled
from playwright.sync_api import expect

from assessor.models import Answer, Membership, Role
from assessor.services import accounts, assessments
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

PASSWORD = "harbour lantern seven"
FIRST = "data.readers"


@pytest.fixture
def scan(transactional_db, served):
    owner = accounts.make_account("Ada", "ada@example.org", PASSWORD)
    found = assessments.start_assessment(owner, shipped("ai-sovereignty"), FACTS)
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    Membership.objects.create(organisation=found.organisation, user=ben, role=Role.CONTRIBUTOR)
    return found


@pytest.fixture
def browser_of(chromium, live_server, scan):
    """Browsers of their own, each with a person signed in, at the first questions."""
    contexts = []

    def opened(name, **options):
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{live_server.url}/account/login/")
        sign_in(page, name)
        page.goto(f"{live_server.url}/o/{scan.organisation_id}/a/{scan.pk}/questions/data/")
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in(page, name):
    page.locator("#id_login").fill(f"{name}@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/login/" not in url)


def form(page, question):
    return page.locator(f"#q-{question.replace('.', '-')}")


def choose(page, question, level):
    form(page, question).locator(f'input[name=answer][value="{level}"]').check()


def note(page, question, words):
    form(page, question).locator("textarea[name=note]").fill(words)
    form(page, question).locator("textarea[name=note]").blur()


def state(page, question):
    return form(page, question).locator(".save-state")


def answer_to(question):
    with scopes_disabled():
        return Answer.objects.get(question=question)


def test_two_people_see_both_texts_and_choose(browser_of):
    ada, ben = browser_of("ada"), browser_of("ben")
    second = shipped("ai-sovereignty").asked("quick")[1].id
    choose(ben, FIRST, 4)
    expect(state(ben, FIRST)).to_contain_text("Saved")
    note(ben, FIRST, "Ben's words")
    expect(form(ben, FIRST).locator("input[name=expected_version]")).to_have_value("2")
    # Saving another question tells Ada's form nothing of what it does not show.
    choose(ada, second, 1)
    expect(state(ada, second)).to_contain_text("Saved")
    note(ada, FIRST, "Ada's words")
    choose(ada, FIRST, 2)
    box = form(ada, FIRST).locator(".callout")
    expect(box).to_contain_text("Ben changed this answer while it was open here")
    expect(box).to_contain_text("Ben's words")
    expect(box).to_contain_text("Level 4")
    expect(box).to_contain_text("Ada's words")
    assert (answer_to(FIRST).level, answer_to(FIRST).note) == (4, "Ben's words")
    expect(form(ada, FIRST).locator("textarea[name=note]")).to_have_value("Ada's words")
    box.get_by_role("button", name="Save mine instead").click()
    ada.wait_for_load_state()
    expect(form(ada, FIRST).locator("textarea[name=note]")).to_have_value("Ada's words")
    assert (answer_to(FIRST).level, answer_to(FIRST).note) == (2, "Ada's words")
    # Now Ben's page is the old one; he keeps what is saved.
    choose(ben, FIRST, 5)
    form(ben, FIRST).get_by_role("button", name="Keep what is saved").click()
    ben.wait_for_load_state()
    expect(form(ben, FIRST).locator("textarea[name=note]")).to_have_value("Ada's words")
    assert answer_to(FIRST).level == 2


def test_without_javascript_the_choice_is_the_same(browser_of):
    ada, ben = browser_of("ada", java_script_enabled=False), browser_of("ben", java_script_enabled=False)
    for page, level, words in ((ben, 4, "Ben's words"), (ada, 2, "Ada's words")):
        choose(page, FIRST, level)
        form(page, FIRST).locator("textarea[name=note]").fill(words)
        form(page, FIRST).get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state()
    # Said first, with the way to both texts, which stand below the choices.
    form(ada, FIRST).get_by_role("link", name="Both texts stand below the choices").click()
    expect(form(ada, FIRST).get_by_role("alert")).to_contain_text("Ben's words")
    expect(form(ada, FIRST).locator("textarea[name=note]")).to_have_value("Ada's words")
    assert answer_to(FIRST).level == 4
    form(ada, FIRST).get_by_role("button", name="Save mine instead").click()
    ada.wait_for_load_state()
    assert (answer_to(FIRST).level, answer_to(FIRST).note) == (2, "Ada's words")


def test_a_session_that_ends_loses_no_word(browser_of):
    ada = browser_of("ada")
    choose(ada, FIRST, 3)
    expect(state(ada, FIRST)).to_contain_text("Saved")
    Session.objects.all().delete()
    note(ada, FIRST, "A long note, typed too late")
    problem = ada.locator("#messages")
    expect(problem).to_contain_text("You were signed out, so this was not saved.")
    expect(problem.get_by_role("link", name="Sign in in another tab")).to_be_visible()
    expect(form(ada, FIRST).locator("textarea[name=note]")).to_have_value("A long note, typed too late")
    form(ada, FIRST).get_by_role("button", name="Save", exact=True).click()
    ada.wait_for_url("**/account/login/**")
    sign_in(ada, "ada")
    expect(ada.get_by_role("heading", name="You are signed in again")).to_be_visible()
    expect(ada.locator("main")).to_contain_text("A long note, typed too late")
    ada.get_by_role("button", name="Save it now").click()
    ada.wait_for_url("**/questions/data/**")
    expect(form(ada, FIRST).locator("textarea[name=note]")).to_have_value("A long note, typed too late")
    assert (answer_to(FIRST).level, answer_to(FIRST).note) == (3, "A long note, typed too late")
