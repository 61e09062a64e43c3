"""Several people on one assessment: who answers what, who sees only that, what they say to each other."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.models import Answer, AnswerRevision, Assignment, Comment, Evidence, Membership, Mention, Role
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import answers, assessments, assigned, assigning, commenting, evidence, news, reminders
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS
from tests.web.people import PASSWORD, person, signed_in
from tests.web.test_who_may import address, patterns

HTMX = {"HTTP_HX_REQUEST": "true"}
NASTY = "<script>alert(1)</script>"
THEIRS, OTHER = "data.readers", "governance.policy"


def text(response):
    return response.content.decode()


@pytest.fixture
def ada(served):
    return person("ada")


@pytest.fixture
def scan(ada):
    return assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS, "full")


@pytest.fixture
def office(scan):
    return scan.organisation


@pytest.fixture
def member(office):
    def joined(name, role=Role.CONTRIBUTOR, **more):
        user = person(name)
        Membership.objects.create(organisation=office, user=user, role=role, **more)
        return user

    return joined


def at(name, scan, *more, query=""):
    return reverse(name, args=[scan.organisation_id, scan.pk, *more]) + query


def questions_of(dimension):
    return [one.id for one in shipped("ai-sovereignty").questions if one.dimension == dimension]


def give(scan, user, *parts, by=None, due_on=None):
    with scope(organisation=scan.organisation):
        return assigning.assign(scan, assigning.parts_of(scan, parts), user, due_on, by or user)


def say(scan, user, words, question=THEIRS, **more):
    with scope(organisation=scan.organisation):
        asked = shipped("ai-sovereignty").question(question)
        return commenting.say(scan, asked, words, user, **more)


def saved(scan, user, question=THEIRS, level=2, note="", version=None):
    with scope(organisation=scan.organisation):
        return answers.save_answer(scan, question, "answered", level, note, user, version)


@pytest.fixture
def guest(ada, scan):
    """A colleague who was invited by link to answer one question, with a browser of their own."""
    assert '<option value="new">' in text(signed_in(ada).get(at("assignments", scan)))
    page = signed_in(ada).post(
        at("assignments", scan), {"parts": [THEIRS], "who": "new", "email": "gil@example.org", "due_on": ""}
    )
    path = re.search(r'value="http://testserver(/invitation/[^"]+)"', text(page))[1]
    browser = Client()
    assert "see those and nothing else" in text(browser.get(path))
    assert browser.post(path, {"name": "Gil", "password": PASSWORD}).status_code == 302
    return browser


# Assigning


def test_what_is_assigned_stands_at_the_question_and_under_mine(ada, scan, office, member):
    ben = member("ben")
    due = timezone.localdate() + timedelta(days=3)
    choice = str(Membership.objects.get(user=ben).pk)
    sent = {"parts": ["dimension:data"], "who": choice, "due_on": due.isoformat()}
    assert signed_in(ada).post(at("assignments", scan), sent).status_code == 302
    page = text(signed_in(ada).get(at("dimension", scan, "data")))
    assert page.count("Assigned to Ben") == min(len(questions_of("data")), 12)
    assert "due soon" in page
    mine = text(signed_in(ben).get(reverse("mine", args=[office.pk])))
    assert f"0 of {len(questions_of('data'))}" in mine
    assert "due soon" in mine
    assert "whole dimension" in mine
    saved(scan, ben)
    assert f"1 of {len(questions_of('data'))}" in text(signed_in(ben).get(reverse("mine", args=[office.pk])))
    assert "Nothing is assigned to you" in text(signed_in(ada).get(reverse("mine", args=[office.pk])))


def test_a_question_given_to_somebody_else_leaves_the_dimension(ada, scan, member):
    ben, cleo = member("ben"), member("cleo")
    give(scan, ben, "dimension:data")
    give(scan, cleo, THEIRS)
    with scope(organisation=scan.organisation):
        duties = assigned.Duties(scan)
        asked = shipped("ai-sovereignty")
        assert duties.of(asked.question(THEIRS)).user_id == cleo.pk
        assert THEIRS not in duties.questions_of(ben.pk, asked)
        found = {one.row.user: len(one.asked) for one in _standings(scan)}
    assert found == {cleo: 1, ben: len(questions_of("data")) - 1}


def _standings(scan):
    return assigned.standings(list(assigned.with_assessments(assigned.of_assessment(scan))))


def test_assigning_again_takes_it_from_whoever_had_it(scan, member):
    ben, cleo = member("ben"), member("cleo")
    give(scan, ben, THEIRS)
    give(scan, cleo, THEIRS)
    with scopes_disabled():
        assert [one.user for one in Assignment.objects.all()] == [cleo]


@pytest.mark.parametrize(
    ("days", "answered", "words"),
    [(-1, False, "overdue"), (3, False, "due soon"), (30, False, ""), (-1, True, "answered")],
)
def test_whether_a_day_is_near_or_over_is_said_in_words(ada, scan, office, days, answered, words):
    give(scan, ada, THEIRS, due_on=timezone.localdate() + timedelta(days=days))
    if answered:
        saved(scan, ada)
    page = text(signed_in(ada).get(reverse("mine", args=[office.pk]))).split("<main")[1]
    assert {one for one in ("overdue", "due soon") if f">{one}</span>" in page} == ({words} - {"answered", ""})


def test_what_a_fact_hides_is_not_open(ada, scan, office):
    """A question nobody is asked keeps nobody's list from being done."""
    asked = shipped("ai-sovereignty")
    hidden = next(one for one in asked.questions if one.show_if is not None and one.show_if.equals == "yes")
    give(scan, ada, hidden.id)
    with scope(organisation=office):
        assert _standings(scan)[0].state == "open"
        answers.save_answer(scan, hidden.show_if.question, "answered", None, "", ada, value="no")
        assert _standings(scan)[0].state == "done"


def test_the_list_of_questions_can_be_cut_to_a_person_or_to_nobody(ada, scan, member):
    ben = member("ben")
    give(scan, ben, THEIRS)
    owner = signed_in(ada)
    page = text(owner.get(at("listing", scan, query=f"?who={ben.pk}")))
    assert page.count('<th scope="row"') == 1
    everybody = text(owner.get(at("listing", scan))).count('<th scope="row"')
    assert text(owner.get(at("listing", scan, query="?who=nobody"))).count('<th scope="row"') == everybody - 1
    assert "Assigned to me" in text(signed_in(ben).get(at("listing", scan, query=f"?who={ben.pk}")))
    assert owner.get(at("listing", scan, query="?who=somebody")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"parts": []}, "Nothing was chosen"),
        ({"parts": ["data.nothing"]}, "Nothing was chosen"),
        ({"who": "someone"}, "valid choice"),
        ({"due_on": "2001-01-01"}, "This day is over"),
        ({"who": "new"}, "Name the mail address"),
        ({"who": "new", "email": "ben@example.org"}, "a member already"),
    ],
)
def test_a_wrong_assignment_is_refused_and_what_was_ticked_stays(ada, scan, member, wrong, words):
    ben = member("ben")
    sent = {"parts": [THEIRS], "who": str(Membership.objects.get(user=ben).pk), "due_on": ""} | wrong
    page = signed_in(ada).post(at("assignments", scan), sent)
    assert page.status_code == 422
    assert words in text(page)
    if wrong.get("parts") is None:
        assert f'value="{THEIRS}" checked' in text(page)
    with scopes_disabled():
        assert not Assignment.objects.exists()


def test_an_invitation_as_a_member_is_not_made_to_open_less(ada, scan):
    owner = signed_in(ada)
    owner.post(
        reverse("members", args=[scan.organisation_id]), {"email": "hal@example.org", "role": "owner", "ends_on": ""}
    )
    sent = {"parts": [THEIRS], "who": "new", "email": "Hal@example.org", "due_on": ""}
    page = owner.post(at("assignments", scan), sent)
    assert page.status_code == 422
    assert "invited as a member already" in text(page)


def test_on_a_laptop_the_page_says_that_accounts_are_needed(client, quick):
    page = text(client.get(at("assignments", quick)))
    assert "Working together needs accounts." in page
    assert "Somebody else, by a link" not in page
    sent = {"parts": [THEIRS], "who": "new", "email": "gil@example.org", "due_on": ""}
    assert client.post(at("assignments", quick), sent).status_code == 422


def test_nothing_is_assigned_to_a_viewer_or_a_stranger(ada, scan, member):
    vera, stranger = member("vera", Role.VIEWER), person("stranger")
    for somebody in (vera, stranger):
        with pytest.raises(assigning.AssignmentRefused):
            give(scan, somebody, THEIRS)


def test_a_contributor_assigns_nothing_and_a_viewer_says_nothing(scan, member):
    ben, vera = signed_in(member("ben")), signed_in(member("vera", Role.VIEWER))
    assert ben.post(at("assignments", scan), {"parts": [THEIRS]}).status_code == 403
    assert vera.post(at("comments", scan, THEIRS), {"text": "hello"}).status_code == 403
    assert vera.get(at("comments", scan, THEIRS)).status_code == 200
    assert "<textarea" not in text(vera.get(at("comments", scan, THEIRS)))


# Somebody who sees only what was assigned to them


def test_an_invited_colleague_answers_the_question_and_adds_evidence(guest, scan):
    page = text(guest.get(at("dimension", scan, "data")))
    assert page.count('<form class="question"') == 1
    sent = {"answer": "2", "note": "as it is", "expected_version": 0}
    answer = guest.post(at("save_answer", scan, THEIRS), sent, **HTMX)
    assert answer.status_code == 200
    assert "1 of 1 answered" in text(answer)
    facts = {"kind": "contract", "description": "Terms", "place": "clause 4", "document_version": "2"}
    where = at("evidence", scan, THEIRS)
    assert guest.post(where, facts | {"taken_on": "2026-11-01", "read": "on"}).status_code == 302
    with scopes_disabled():
        row = Evidence.objects.get()
    assert row.added_by.first_name == "Gil"
    assert guest.post(at("remove_evidence", scan, row.pk)).status_code == 302
    assert guest.post(at("comments", scan, THEIRS), {"text": "Is this enough?"}).status_code == 302
    assert "as it is" in text(guest.get(at("answer_history", scan, THEIRS)))


def test_they_see_no_level_no_probe_and_nobody_elses_words(guest, scan, ada):
    saved(scan, ada, OTHER, 1, "secret of others")
    for place in (
        at("dimension", scan, "data"),
        at("evidence", scan, THEIRS),
        reverse("mine", args=[scan.organisation_id]),
        "/",
    ):
        page = guest.get(place)
        assert page.status_code == 200
        for word in ("secret of others", "Where this puts you", "Who can switch you off", "Claimed"):
            assert word not in text(page).split("<main")[1], (place, word)
    assert 'value="probe"' not in text(guest.get(at("evidence", scan, THEIRS)))


def test_everything_else_is_not_there_for_them(guest, ada, scan):
    with scope(organisation=scan.organisation):
        answers.save_answer(scan, OTHER, "answered", 1, "", ada)
        facts = EvidenceFacts(kind=EvidenceKind.STATEMENT)
        other = evidence.add_evidence(scan, OTHER, facts, "of others", ada)
    comment = say(scan, ada, "about another", OTHER)
    for name in ("question", "evidence", "comments", "answer_history"):
        assert guest.get(at(name, scan, OTHER)).status_code == 404, name
    sent = {"answer": "5", "note": "", "expected_version": 1}
    assert guest.post(at("save_answer", scan, OTHER), sent).status_code == 404
    assert guest.post(at("comments", scan, OTHER), {"text": "x"}).status_code == 404
    assert guest.post(at("answer_history", scan, OTHER), {"version": 1, "expected_version": 1}).status_code == 404
    assert guest.post(at("remove_evidence", scan, other.pk)).status_code == 404
    assert guest.post(at("settle_comment", scan, comment.pk)).status_code == 404
    assert guest.get(at("dimension", scan, "governance")).status_code == 404
    # A reply to a thread of another question reaches nobody either.
    assert guest.post(at("comments", scan, THEIRS), {"text": "x", "thread": str(comment.pk)}).status_code == 404
    with scopes_disabled():
        assert Answer.objects.get(question=OTHER).level == 1
        assert Evidence.objects.get().removed_at is None


def test_every_address_that_is_not_their_part_is_404(guest, scan, caplog):
    caplog.set_level("CRITICAL", "django.request")
    ids = {"organisation": scan.organisation_id, "assessment": scan.pk}
    open_to_them, asked = set(), 0
    for name, converters, view in patterns(get_resolver("assessor.served")):
        if "organisation" not in converters:
            continue
        for method in ("get", "post"):
            asked += 1
            status = getattr(guest, method)(address(name, converters, ids)).status_code
            if view.assigned == "their part":
                open_to_them.add(name)
            else:
                assert status in (404, 405), (name, method, status)
    assert asked > 200
    assert open_to_them == {
        *("questions", "question", "dimension", "save_answer", "evidence", "confirm_evidence", "remove_evidence"),
        *("restore_evidence", "add_evidence_file", "attachment", "comments", "settle_comment", "answer_history"),
        *("mine", "inbox", "read_news", "read_all_changes", "leave"),
    }


def test_their_pages_offer_nothing_that_is_not_there(guest, scan):
    give_more = at("evidence", scan, THEIRS)
    for place in (
        "/",
        at("dimension", scan, "data"),
        give_more,
        at("comments", scan, THEIRS),
        reverse("mine", args=[scan.organisation_id]),
    ):
        for link in set(re.findall(r'<a [^>]*href="(/o/[^"#?]*)', text(guest.get(place)))):
            assert guest.get(link, follow=True).status_code == 200, (place, link)


def test_the_service_refuses_too(ada, scan, guest):
    gil = Membership.objects.get(user__email="gil@example.org")
    with assigned.scope_of(gil):
        with pytest.raises(assigned.NotAssigned):
            answers.save_answer(scan, OTHER, "answered", 1, "", gil.user)
        answers.save_answer(scan, THEIRS, "answered", 1, "", gil.user)


def test_they_see_it_no_more_when_it_is_taken_back_and_again_when_given(guest, ada, scan):
    with scopes_disabled():
        row = Assignment.objects.get()
    owner = signed_in(ada)
    owner.post(at("end_assignment", scan, row.pk))
    assert guest.get(at("dimension", scan, "data")).status_code == 404
    assert guest.get(reverse("mine", args=[scan.organisation_id])).status_code == 200
    give(scan, row.user, "dimension:governance", by=ada)
    assert guest.get(at("dimension", scan, "governance")).status_code == 200
    assert guest.get(at("dimension", scan, "data")).status_code == 404


def test_an_assessor_sees_the_guest_and_ends_the_access(guest, scan, member):
    cleo = signed_in(member("cleo", Role.ASSESSOR))
    assert "gil@example.org" in text(cleo.get(at("assignments", scan)))
    row = Membership.objects.get(user__email="gil@example.org")
    assert row.only_assigned
    assert cleo.post(at("end_guest", scan, row.pk)).status_code == 302
    assert guest.get(at("dimension", scan, "data")).status_code == 404
    # Nobody but guests is ended here.
    cleos = Membership.objects.get(user__first_name="Cleo")
    assert cleo.post(at("end_guest", scan, cleos.pk)).status_code == 404


def test_a_link_taken_back_opens_nothing_and_asks_nobody(ada, scan):
    owner = signed_in(ada)
    sent = {"parts": [THEIRS], "who": "new", "email": "gil@example.org", "due_on": ""}
    path = re.search(r"(/invitation/[^\"]+)", text(owner.post(at("assignments", scan), sent)))[1]
    with scopes_disabled():
        row = Assignment.objects.get().invitation
    assert owner.post(at("take_back_invitation", scan, row.pk)).status_code == 302
    assert Client().get(path).status_code == 404
    with scopes_disabled():
        assert not Assignment.objects.exists()


def test_the_access_of_a_guest_ends_on_its_day(ada, scan, guest):
    yesterday = timezone.localdate() - timedelta(days=1)
    Membership.objects.filter(user__email="gil@example.org").update(ends_on=yesterday)
    assert guest.get(at("dimension", scan, "data")).status_code == 404
    assert guest.post(at("save_answer", scan, THEIRS), {"answer": "1"}).status_code == 404


def test_an_invitation_as_a_member_lifts_the_limit(ada, scan, guest):
    row = Membership.objects.get(user__email="gil@example.org")
    page = signed_in(ada).post(
        reverse("member", args=[scan.organisation_id, row.pk]), {"role": "contributor", "ends_on": ""}
    )
    assert page.status_code == 302
    assert guest.get(at("assignments", scan)).status_code == 200
    refused = signed_in(ada).post(
        reverse("member", args=[scan.organisation_id, row.pk]), {"role": "owner", "ends_on": "", "only_assigned": "on"}
    )
    assert refused.status_code == 422
    assert "role of a contributor only" in text(refused)


# Comments


def test_a_comment_reaches_the_person_it_names(ada, scan, office, member):
    ben = member("ben")
    adas, bens = signed_in(ada), signed_in(ben)
    inbox = reverse("inbox", args=[office.pk])
    adas.post(at("comments", scan, THEIRS), {"text": f"@Ben {NASTY} look", "named": []})
    page = text(bens.get(at("dimension", scan, "data")))
    assert "1 open comment" in page
    assert "1<span" in page.split("</header>")[0]
    page = text(bens.get(inbox))
    assert "Ada named you in a comment" in page
    assert NASTY not in page
    assert "&lt;script&gt;" in page
    assert "1<span" not in text(adas.get(inbox)).split("</header>")[0]
    with scopes_disabled():
        mention = Mention.objects.get()
    assert bens.post(reverse("read_news", args=[office.pk, mention.pk])).status_code == 302
    assert "Ada named you" not in text(bens.get(inbox))
    assert "Ada named you" in text(bens.get(inbox + "?show=all"))
    # It is nobody else's to mark.
    assert adas.post(reverse("read_news", args=[office.pk, mention.pk])).status_code == 404


def test_who_answers_has_read_what_they_answer_to(ada, scan, office, member):
    ben = member("ben")
    first = say(scan, ada, "look", named={ben.pk})
    say(scan, ben, "I did", thread=first)
    with scope(organisation=office):
        assert news.count_unread(ben) == 0


def test_a_thread_is_settled_and_a_reply_opens_it_again(ada, scan, member):
    ben = member("ben")
    first = say(scan, ada, "Which one?")
    page = signed_in(ben).post(at("settle_comment", scan, first.pk), {"as": "resolved"}, follow=True)
    assert "Resolved: 1 comment" in text(page)
    assert "1 open comment" not in text(signed_in(ada).get(at("dimension", scan, "data")))
    signed_in(ada).post(at("comments", scan, THEIRS), {"text": "And now?", "thread": str(first.pk)})
    page = text(signed_in(ben).get(at("comments", scan, THEIRS)))
    assert "Resolved: 1 comment" not in page
    assert page.index("Which one?") < page.index("And now?")
    with scopes_disabled():
        assert Comment.objects.filter(resolved_at=None).count() == 2


@pytest.mark.parametrize(("words", "said"), [("", "no text"), ("  \n ", "no text"), ("x" * 4001, "4001 characters")])
def test_a_bad_comment_is_refused_and_stays_in_its_field(ada, scan, words, said):
    page = signed_in(ada).post(at("comments", scan, THEIRS), {"text": words})
    assert page.status_code == 422
    assert said in text(page)
    assert words.strip() in text(page)


def test_signs_that_turn_a_line_round_are_taken_out(ada, scan):
    assert say(scan, ada, "a\u202eb\x00c\r\nd").text == "abc\nd"


def test_a_guest_names_only_whom_they_deal_with(guest, ada, scan, member):
    member("ben")
    page = text(guest.get(at("comments", scan, THEIRS)))
    assert "@Ada" in page
    assert "@Ben" not in page
    guest.post(at("comments", scan, THEIRS), {"text": "@Ben and @Ada", "named": []})
    with scopes_disabled():
        assert [str(one.user) for one in Mention.objects.all()] == ["Ada"]


def test_marking_all_as_read_leaves_what_came_later(ada, scan, office, member):
    ben = member("ben")
    give(scan, ben, THEIRS, by=ada)
    say(scan, ada, "first", named={ben.pk})
    bens, inbox = signed_in(ben), reverse("inbox", args=[office.pk])
    page = text(bens.get(inbox))
    assert "Ada asked you to answer this" in page
    until = re.search(r'name="until" value="([^"]+)"', page)[1]
    say(scan, ada, "second", named={ben.pk})
    bens.post(reverse("read_all_changes", args=[office.pk]), {"until": until})
    page = text(bens.get(inbox))
    assert "second" in page
    assert "first" not in page
    assert "asked you" not in page


# History


def test_an_earlier_answer_is_restored_as_a_new_state(ada, scan, member):
    ben = member("ben")
    saved(scan, ada, level=2, note="first", version=0)
    saved(scan, ben, level=4, note="second", version=1)
    where = at("answer_history", scan, THEIRS)
    page = text(signed_in(ada).get(where))
    # What the second state changed is shown with what stood there before.
    assert re.search(r"<del[^>]*>.*first</del><br>\s*second", page)
    assert "Ben" in page
    assert signed_in(ada).post(where, {"version": 1, "expected_version": 2}).status_code == 302
    with scopes_disabled():
        answer = Answer.objects.get()
        assert (answer.level, answer.note, answer.version, answer.answered_by) == (2, "first", 3, ada)
        assert AnswerRevision.objects.count() == 3


def test_a_restore_over_a_newer_answer_is_refused(ada, scan):
    for version, level in enumerate((2, 4, 5)):
        saved(scan, ada, level=level, version=version)
    page = signed_in(ada).post(at("answer_history", scan, THEIRS), {"version": 1, "expected_version": 2})
    assert page.status_code == 409
    assert "Nothing was restored" in text(page)
    with scopes_disabled():
        assert Answer.objects.get().level == 5


@pytest.mark.parametrize("version", ["", "9", "-1", "x", "9" * 30])
def test_a_state_that_never_was_is_not_restored(ada, scan, version):
    saved(scan, ada, version=0)
    page = signed_in(ada).post(at("answer_history", scan, THEIRS), {"version": version, "expected_version": 1})
    assert page.status_code == 422


# Reminders


def test_without_a_mail_server_nobody_is_written_to(ada, scan, mailoutbox):
    give(scan, ada, THEIRS, due_on=timezone.localdate())
    assert reminders.send_due() == 0
    assert mailoutbox == []


def test_each_person_is_reminded_once_when_it_is_near_and_once_when_it_is_over(ada, scan, member, served, mailoutbox):
    served.MAIL_HOST, served.ALLOWED_HOSTS, served.HTTPS = "mail.example.org", ["assess.example.org"], True
    ben, today = member("ben"), timezone.localdate()
    give(scan, ben, THEIRS, OTHER, due_on=today + timedelta(days=2))
    give(scan, ada, "dimension:safety", due_on=today + timedelta(days=30))
    assert reminders.send_due() == 1
    assert reminders.send_due() == 0
    assert mailoutbox[0].to == ["ben@example.org"]
    assert "2 things that you were asked to answer are due within a week." in mailoutbox[0].body
    assert "https://assess.example.org/" in mailoutbox[0].body
    assert shipped("ai-sovereignty").question(THEIRS).title not in mailoutbox[0].body
    saved(scan, ben)
    with scopes_disabled():
        Assignment.objects.filter(user=ben).update(
            due_on=today - timedelta(days=1), reminded_on=today - timedelta(days=3)
        )
    assert reminders.send_due() == 1
    assert "1 thing that you were asked to answer is overdue." in mailoutbox[1].body
    assert reminders.send_due() == 0


def test_who_is_no_member_any_more_is_not_reminded(scan, member, served, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    ben = member("ben")
    give(scan, ben, THEIRS, due_on=timezone.localdate())
    Membership.objects.filter(user=ben).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert reminders.send_due() == 0


# Other organisations, and what it costs


def test_a_stranger_finds_nothing(ada, scan, office):
    stranger = person("stranger")
    own = assessments.start_assessment(stranger, shipped("ai-sovereignty"), FACTS)
    comment = say(scan, ada, "ours")
    give(scan, ada, THEIRS)
    with scopes_disabled():
        row = Assignment.objects.get()
    browser = signed_in(stranger)
    for name, more in (("assignments", ()), ("comments", (THEIRS,)), ("answer_history", (THEIRS,))):
        assert browser.get(at(name, scan, *more)).status_code == 404
    assert browser.get(reverse("mine", args=[office.pk])).status_code == 404
    assert browser.post(at("end_assignment", own, row.pk)).status_code == 404
    assert browser.post(at("settle_comment", own, comment.pk)).status_code == 404
    assert browser.post(reverse("read_news", args=[own.organisation_id, row.pk])).status_code == 404
    with scopes_disabled():
        assert Assignment.objects.filter(pk=row.pk).exists()


def test_mine_costs_the_same_for_any_number_of_assessments(ada, scan, office, django_assert_max_num_queries):
    for _ in range(4):
        more = assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS, "full", office)
        give(more, ada, "dimension:data", "governance.policy")
    browser = signed_in(ada)
    browser.get(reverse("mine", args=[office.pk]))
    with django_assert_max_num_queries(7):
        assert text(browser.get(reverse("mine", args=[office.pk]))).count("whole dimension") == 4


def test_the_header_counts_in_one_query(ada, scan, office, member, django_assert_num_queries):
    ben = member("ben")
    give(scan, ben, THEIRS, by=ada)
    say(scan, ada, "look", named={ben.pk})
    with scope(organisation=office), django_assert_num_queries(1):
        assert news.count_unread(ben) == 2
    with assigned.scope_of(Membership.objects.get(user=ben)), django_assert_num_queries(1):
        assert news.count_unread(ben) == 2
