"""The pages of a review, walked by those who take part in it, and what a signed round's own forms can still do."""

from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import Assessment, Membership, Organisation, Remark, Role, SignOff, User
from assessor.services import rounds
from assessor.services.answers import save_answer
from tests.services.signed import sign
from tests.services.test_write_paths import rows
from tests.web.test_who_may import address, patterns


def at(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def team(served, inside, owner):
    """A round with an answer by a contributor, and a client for each role."""
    clients = {}
    for role in (Role.ASSESSOR, Role.CONTRIBUTOR, Role.VIEWER):
        user = User.objects.create_user(role)
        Membership.objects.create(organisation=inside.organisation, user=user, role=role)
        clients[role] = Client()
        clients[role].force_login(user)
    save_answer(inside, "data.readers", "answered", 3, "", User.objects.get(username="contributor"))
    return inside, clients


def test_a_round_is_handed_in_sent_back_remarked_upon_and_signed(team):
    inside, clients = team
    contributor, assessor = clients[Role.CONTRIBUTOR], clients[Role.ASSESSOR]
    assert contributor.post(at("submit_round", inside), {"note": "Ready."}).status_code == 302
    page = text(assessor.get(at("review", inside)))
    assert "Submitted for review" in page
    assert "Ready." in page
    assessor.post(at("make_remark", inside), {"about": "data.readers", "text": "Which <b>contract</b>?"})
    assert "Which &lt;b&gt;contract&lt;/b&gt;?" in text(contributor.get(at("dimension", inside, "data")))
    assert "remark" not in text(contributor.get(at("dimension", inside, "models")))
    assert assessor.post(at("send_back", inside)).status_code == 302
    remark = Remark.objects.get()
    contributor.post(at("settle_remark", inside, remark.pk))
    contributor.post(at("submit_round", inside))
    page = text(assessor.get(at("review", inside)))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert assessor.post(at("sign_off", inside), {"seen": seen}).status_code == 302
    page = text(assessor.get(at("review", inside)))
    signed = SignOff.objects.get()
    assert signed.sha256 in page
    assert "The signer did not give all the answers." in page
    assert "Start a new round" in page
    assert signed.sha256 in assessor.get(at("signed_snapshot", inside)).json()["sha256"]


def test_a_refusal_is_a_sentence_and_keeps_what_was_typed(team):
    inside, clients = team
    page = clients[Role.ASSESSOR].post(at("make_remark", inside), {"about": "data", "text": "Typed words"})
    assert page.status_code == 422
    assert "Remarks are made while a round is under review." in text(page)
    rounds.submit(inside, User.objects.get(username="contributor"))
    page = clients[Role.ASSESSOR].post(at("make_remark", inside), {"about": "no-such", "text": "Typed words"})
    assert page.status_code == 422
    assert "Typed words" in text(page)
    page = clients[Role.ASSESSOR].post(at("sign_off", inside), {"seen": "forged"})
    assert page.status_code == 422
    assert "changed since you looked at it" in text(page)
    assert not SignOff.objects.exists()


def test_a_contributor_neither_reviews_nor_signs(team):
    inside, clients = team
    rounds.submit(inside, User.objects.get(username="contributor"))
    for name in ("make_remark", "send_back", "sign_off", "begin_next_round"):
        assert clients[Role.CONTRIBUTOR].post(at(name, inside)).status_code == 403, name
    page = text(clients[Role.CONTRIBUTOR].get(at("review", inside)))
    assert "An owner or an assessor of the organisation reviews it" in page
    assert 'name="seen"' not in page
    assert clients[Role.VIEWER].post(at("submit_round", inside)).status_code == 403


def test_a_signed_round_answers_with_the_way_on(client, inside, owner):
    save_answer(inside, "data.readers", "answered", 3, "", owner)
    sign(inside, owner)
    data = {"answer": "1", "note": "", "expected_version": "1"}
    said = "This round is signed off, and what was signed does not change any more. Start a new round"
    page = client.post(at("save_answer", inside, "data.readers"), data)
    assert page.status_code == 422
    assert said in text(page)
    part = client.post(at("save_answer", inside, "data.readers"), data, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert said in text(part)
    page = client.post(at("widen", inside))
    assert page.status_code == 409
    assert reverse("review", args=[inside.organisation_id, inside.pk]) in text(page)
    part = client.post(at("widen", inside), headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Retarget"]) == (409, "#messages")
    assert "<html" not in text(part)
    for name in ("assessment", "questions", "report", "reports", "endpoints"):
        page = client.get(at(name, inside), follow=True)
        assert "This round is signed off" in text(page), name


def test_a_new_round_is_begun_and_compared(client, inside, owner):
    save_answer(inside, "data.readers", "answered", 3, "", owner)
    sign(inside, owner)
    where = client.post(at("begin_next_round", inside)).headers["Location"]
    begun = Assessment.objects.get(predecessor=inside)
    assert where == at("assessment", begun)
    page = text(client.get(at("review", begun)))
    compare = f"{at('comparison', begun)}?before=assessment:{inside.pk}"
    assert compare in page
    assert client.get(compare).status_code == 200
    again = client.post(at("begin_next_round", inside))
    assert again.status_code == 422
    assert "has begun already" in text(again)


class Forms(HTMLParser):
    """The forms of a page that send something, filled in as they stand, and every empty text with a word."""

    def __init__(self):
        super().__init__()
        self.found, self.now, self.select = [], None, None

    def handle_starttag(self, tag, attrs):
        one = dict(attrs)
        if tag == "form" and one.get("method", "").lower() == "post":
            self.now = (one.get("action", ""), {})
        if self.now is None:
            return
        name, kind = one.get("name"), one.get("type", "text")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in one or self.select not in self.now[1]):
            self.now[1][self.select] = one.get("value", "")
        elif tag == "textarea" and name:
            self.now[1][name] = "A word"
        elif tag in ("input", "button") and name and kind != "file":
            if kind in ("radio", "checkbox") and name in self.now[1] and "checked" not in one:
                return
            self.now[1][name] = one.get("value") or "1"

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        if tag == "form" and self.now is not None:
            self.found.append(self.now)
            self.now = None


def opened(response):
    """Close the files it would have sent; closing the response itself would close the database too."""
    for close in response._resource_closers:
        close()
    return response


@pytest.mark.heavy
def test_no_form_of_a_signed_round_changes_it(db, client, caplog):
    """Every page of it is opened, and every form on it sent as a person would send it."""
    caplog.set_level("CRITICAL", "django.request")
    call_command("demo", verbosity=0)
    assessment = Assessment.objects.with_scopes_disabled().select_related("questionnaire_version").get()
    organisation = Organisation.objects.get()
    user = local_user()
    with scope(organisation=organisation):
        sign(assessment, user)
        role = assessment.endpoint_roles.first()
        ids = {"organisation": organisation.pk, "assessment": assessment.pk, "role": role.pk}
        ids |= {"workload": assessment.workloads.first().pk, "endpoint": role.endpoint_id}
        ids |= {"evidence": None, "exercise": assessment.exercises.first().pk}
    ids = {name: pk for name, pk in ids.items() if pk}
    sent, changed = set(), []
    before = rows()
    for name, converters, _view in patterns():
        if "assessment" not in converters:
            continue
        path = address(name, converters, ids)
        page = opened(client.get(path))
        forms = Forms()
        if page.status_code == 200 and page.headers["Content-Type"].startswith("text/html"):
            forms.feed(page.content.decode())
        for action, data in (*forms.found, (path, {"answer": "0", "note": "x", "reason": "x"})):
            target = action or path
            if "/a/" not in target or (target, frozenset(data)) in sent:
                continue
            sent.add((target, frozenset(data)))
            with transaction.atomic():
                answer = opened(client.post(target, data))
                assert answer.status_code < 500, target
                after = {key: kept for key, kept in rows().items() if key not in ("Endpoint", "Workload")}
                was = {key: kept for key, kept in before.items() if key in after}
                if resolve(target).url_name in NEW_ONES:
                    after["Assessment"] = [one for one in after["Assessment"] if one in was["Assessment"]]
                    for key in set(after) - {"Assessment"}:
                        after[key] = [one for one in after[key] if one in was[key]]
                if after != was:
                    changed.append((resolve(target).url_name, [key for key in was if after[key] != was[key]]))
                transaction.set_rollback(True)
            with scopes_disabled():
                assert SignOff.objects.count() == 1
    assert [one for one in changed if one[0] not in ELSEWHERE] == []
    assert len(sent) > 60


# What begins another assessment beside the signed one.
NEW_ONES = {"begin_next_round", "start_beside", "duplicate_assessment"}
# What moves the whole round into the archive or the bin, and out again.
ELSEWHERE = {"archive_assessment", "unarchive_assessment", "delete_assessment"}
