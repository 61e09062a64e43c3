"""The portfolio of a consultant: its list, what it leaves out, files, a client like another, and the benchmark."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.models import Assessment, Membership, Organisation, Role, User
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import benchmarks, evidence, next_round, portfolio_list, summaries
from assessor.services.answers import save_answer
from assessor.services.assessments import ScopeFacts, start_assessment
from assessor.services.benchmarks import TooFew
from assessor.services.portfolio_list import Wanted, wanted
from assessor.services.questionnaires import shipped
from tests.services.signed import sign

MOST_QUERIES = 15


def text(response):
    return " ".join(response.content.decode().split())


def client_of(user, name, level=None):
    """Begin a quick scan for a new client; with a level every question is answered at it, or as near as it goes."""
    facts = ScopeFacts(organisation=name, home_jurisdictions=("EU",), workload="Chat")
    made = start_assessment(user, shipped("ai-sovereignty"), facts)
    if level is not None:
        with scope(organisation=made.organisation):
            for question in shipped("ai-sovereignty").asked("quick"):
                rung = min(question.levels, key=lambda one: abs(one - level))
                save_answer(made, question.id, "answered", rung, "", user)
    return made


@pytest.fixture
def clients(owner):
    """Four clients, of which one said nothing yet."""
    return [client_of(owner, name, level) for name, level in (("Ames", 1), ("Bell", 3), ("Cole", 0), ("Dunn", None))]


def names(user, **asked):
    with scopes_disabled():
        return [one["organisation__name"] for one in portfolio_list.listed(user, wanted(asked))]


def test_the_list_is_filtered_and_sorted_by_what_is_stored(owner, clients):
    assert names(owner) == ["Ames", "Bell", "Cole", "Dunn"]
    assert names(owner, sort="-client") == ["Dunn", "Cole", "Bell", "Ames"]
    # What says nothing comes last whichever way.
    assert names(owner, sort="level")[-1] == names(owner, sort="-level")[-1] == "Dunn"
    assert names(owner, sort="-level")[0] == "Bell"
    assert names(owner, search="ell") == ["Bell"]
    assert names(owner, level="none") == ["Dunn"]
    assert names(owner, status="signed") == []
    with scopes_disabled():
        lowest = Assessment.objects.get(organisation__name="Cole")
    held = lowest.weakest.strip(",").split(",")[0]
    assert "Cole" in names(owner, weakest=held)
    assert "Dunn" not in names(owner, weakest=held)
    assert names(owner, weakest="no-such") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "password"},
        {"status": "x' or 1=1"},
        {"level": "99"},
        {"weakest": "a,b"},
        {"evidence": "pk"},
        {"rounds": "x"},
        {"page": "-1"},
        {"search": "\x00" + "x" * 500},
    ],
)
def test_what_is_unknown_in_an_address_counts_as_not_said(client, owner, clients, asked):
    assert client.get(reverse("portfolio"), asked).status_code == 200
    assert client.get(reverse("benchmark"), asked).status_code == 200


def test_nobody_sees_what_is_not_theirs(served, owner, clients):
    stranger = User.objects.create_user("stranger")
    own = Organisation.objects.create(name="Own")
    Membership.objects.create(organisation=own, user=stranger, role=Role.OWNER)
    guest = {"organisation": clients[0].organisation, "user": stranger, "role": Role.CONTRIBUTOR}
    over = Membership.objects.create(**guest, ends_on=timezone.localdate() - timedelta(days=1))
    browser = Client()
    browser.force_login(stranger)
    page = text(browser.get(reverse("portfolio")))
    assert "Own" in page
    assert "Ames" not in page
    over.ends_on = None
    over.only_assigned = True
    over.save()
    assert "Ames" not in text(browser.get(reverse("portfolio")))
    assert b"Ames" not in browser.get(reverse("portfolio_table", args=["csv"])).content
    over.only_assigned = False
    over.save()
    assert "Ames" in text(browser.get(reverse("portfolio")))
    assert "Bell" not in text(browser.get(reverse("portfolio")))


def test_a_row_tells_of_evidence_that_ages(client, owner, clients):
    bell = clients[1]
    days = {"stale": 400, "due": 340, "fresh": 10}
    with scope(organisation=bell.organisation):
        for name, age in days.items():
            facts = EvidenceFacts(
                kind=EvidenceKind.CONTRACT,
                place="Clause",
                version="1",
                taken_on=timezone.localdate() - timedelta(days=age),
                read=True,
            )
            evidence.add_evidence(bell, "data.readers", facts, name, owner)
    bell.refresh_from_db()
    assert (bell.stale, bell.due, bell.summed_on) == (1, 1, timezone.localdate())
    # The one that is due goes stale first, 365 days after it was taken.
    assert bell.summed_until == timezone.localdate() + timedelta(days=26)
    assert names(owner, evidence="stale") == names(owner, evidence="due") == ["Bell"]


def test_what_age_has_changed_is_summed_up_by_the_worker_and_marked_until_then(client, owner, clients):
    today = timezone.localdate()
    with scopes_disabled():
        Assessment.objects.update(summed_on=today - timedelta(days=3), summed_until=today)
    assert text(client.get(reverse("portfolio"))).count("as of") == 4
    assert summaries.refresh_due() == 4
    assert summaries.refresh_due() == 0
    assert "as of" not in text(client.get(reverse("portfolio")))


def test_only_the_latest_round_is_listed_unless_all_are_asked_for(client, owner, clients):
    ames = clients[0]
    with scope(organisation=ames.organisation):
        sign(ames, owner)
        next_round.begin(ames, owner)
    assert names(owner).count("Ames") == 1
    assert names(owner, rounds="all").count("Ames") == 2
    assert names(owner, rounds="all", status="signed") == ["Ames"]
    assert "start a new round" in text(client.get(reverse("portfolio"), {"rounds": "all"}))


def test_the_list_as_a_file_holds_what_is_shown_and_computes_nothing(client, owner, clients):
    Organisation.objects.filter(name="Bell").update(name="=cmd()")
    csv = client.get(reverse("portfolio_table", args=["csv"]), {"level": "3"})
    lines = csv.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"Client","Assessment","Status"')
    assert [line.split(",")[0] for line in lines[1:]] == ['"\'=cmd()"']
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(reverse("portfolio_table", args=["xlsx"])).content)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["=cmd()", "Ames", "Cole", "Dunn"]
    assert sheet["A2"].data_type == "s"
    assert client.get(reverse("portfolio_table", args=["pdf"])).status_code == 404


def test_the_list_costs_the_same_for_one_client_and_for_many(client, owner):
    client_of(owner, "First", 2)
    address = reverse("portfolio")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(60):
        facts = ScopeFacts(organisation=f"Client {number}", home_jurisdictions=("EU",), workload="Chat")
        start_assessment(owner, shipped("ai-sovereignty"), facts)
    with CaptureQueriesContext(connection) as many:
        page = client.get(address)
    assert "page 1 of 3" in text(page)
    assert len(many) <= len(few) <= MOST_QUERIES
    for asked in ({"page": "2"}, {"search": "Client 5"}, {"status": "draft", "sort": "-level"}, {"level": "none"}):
        with CaptureQueriesContext(connection) as spent:
            assert client.get(address, asked).status_code == 200
        assert len(spent) <= MOST_QUERIES


def test_a_client_begins_like_another_and_nothing_that_was_said_goes_over(client, owner, clients, strangers_scan):
    like = clients[1]
    with scope(organisation=like.organisation):
        like.targets = {"data": 4}
        like.save(update_fields=["targets"])
    address = f"{reverse('start')}?like={like.pk}"
    assert "It begins like “AI sovereignty”" in text(client.get(address))
    data = {"organisation": "Eyre", "home_jurisdictions": "EU", "workload": "Mail", "criticality": "critical"}
    content_hash = shipped("ai-sovereignty").content_hash()
    answer = client.post(address, data | {"questionnaire": content_hash, "kind": "quick"})
    assert answer.status_code == 302
    with scopes_disabled():
        begun = Assessment.objects.get(organisation__name="Eyre")
        assert begun.targets == {"data": 4}
        assert begun.answers.count() == 0
        assert begun.organisation.workloads.get().name == "Mail"
    # What is not one's own is no pattern.
    for other in (strangers_scan.pk, "x", ""):
        assert "It begins like" not in text(client.get(f"{reverse('start')}?like={other}"))


def benchmark(user, **asked):
    with scopes_disabled():
        return benchmarks.benchmark(user, wanted(asked), "ai-sovereignty")


@pytest.mark.parametrize("number", [0, 1, 4])
def test_fewer_than_five_clients_are_not_compared(client, owner, number):
    for place in range(number):
        client_of(owner, f"Client {place}", 2)
    with pytest.raises(TooFew, match=f"There are {number} clients"):
        benchmark(owner)
    page = text(client.get(reverse("benchmark")))
    assert f"There are {number} clients to compare" in page
    assert "Median" not in page


def test_five_clients_are_compared_without_their_names(client, owner):
    for place, level in enumerate((0, 1, 2, 3, 4)):
        client_of(owner, f"Client {place}", level)
    client_of(owner, "Silent")
    found = benchmark(owner)
    assert found.clients == 5
    overall = found.rows[0]
    with scopes_disabled():
        levels = sorted(Assessment.objects.exclude(level=None).values_list("level", flat=True))
    assert (overall.low, overall.middle, overall.high) == (levels[1], levels[2], levels[3])
    assert [one.clients for one in found.rows] == [5] * 8
    page = text(client.get(reverse("benchmark")))
    assert "Over 5 clients." in page
    assert "Client 0" not in page


def test_no_filter_singles_anybody_out(owner):
    for place in range(6):
        client_of(owner, f"Client {place}", 1 if place else 3)
    assert benchmark(owner).clients == 6
    with pytest.raises(TooFew, match="5 clients match and 1 do not"):
        benchmark(owner, level="1")
    with pytest.raises(TooFew, match="There are 1 clients"):
        benchmark(owner, level="3")


def test_a_client_counts_once_however_many_rounds_it_has(owner):
    made = [client_of(owner, f"Client {place}", 2) for place in range(4)]
    for title in ("Second", "Third"):
        facts = ScopeFacts(organisation="Client 0", home_jurisdictions=("EU",), workload="Chat", title=title)
        again = start_assessment(owner, shipped("ai-sovereignty"), facts, organisation=made[0].organisation)
        with scope(organisation=again.organisation):
            save_answer(again, "data.readers", "answered", 1, "", owner)
    with pytest.raises(TooFew, match="There are 4 clients"):
        benchmark(owner)
    assert Wanted().narrows is False
