"""The first page: every assessment a person can open, in the same few queries however many there are."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.models import Answer, Dispute
from assessor.services import assessments
from assessor.services.answers import save_answer
from assessor.services.questionnaires import questionnaire_of, shipped
from tests.conftest import FACTS
from tests.services.seen import bearing, drilled, endpoint_of, saw


def asked(client):
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/")
    assert page.status_code == 200
    return len(seen), page.content.decode()


@pytest.fixture
def houses(owner):
    """Make further houses: each with answers about all and about one workload, evidence, a probe and a dispute."""

    def make(number):
        facts = FACTS.__class__(**{**FACTS.__dict__, "organisation": f"House {number}"})
        found = assessments.start_assessment(owner, shipped("ai-sovereignty"), facts)
        with scope(organisation=found.organisation):
            save_answer(found, "data.readers", "answered", number % 5 + 1, "", owner)
            save_answer(found, "data.orders", "answered", 4, "", owner)
            save_answer(found, "data.orders", "answered", 2, "", owner, workload=found.workloads.get())
            Answer.objects.get(question="data.readers").evidence.create(
                organisation=found.organisation, kind="contract", description="Terms", place="4", level=2
            )
        return found

    return make


def test_it_takes_the_same_queries_for_one_assessment_and_for_twelve(client, houses):
    houses(0)
    asked(client)
    one, _page = asked(client)
    for number in range(1, 12):
        houses(number)
    twelve, page = asked(client)
    assert all(f"House {number}" in page for number in range(12))
    assert twelve == one <= 9


def test_each_is_scored_as_on_its_own_page(client, houses, owner):
    found = [houses(number) for number in range(4)]
    with scope(organisation=found[1].organisation):
        role = endpoint_of(found[1])
        code = bearing()[1].code
        run = saw(role.endpoint, code)
        dispute = Dispute.objects.create(
            organisation=found[1].organisation,
            assessment=found[1],
            endpoint=role.endpoint,
            code=code,
            reason="Ours",
            raised_by=owner,
            decided_by=get_user_model().objects.create_user("colleague"),
            decided_at=timezone.now(),
            accepted=True,
        )
        Dispute.objects.filter(pk=dispute.pk).update(raised_at=run.finished_at + timedelta(seconds=1))
    with scope(organisation=found[2].organisation):
        role = endpoint_of(found[2])
        saw(role.endpoint, bearing()[1].code, days_ago=200)
        saw(role.endpoint, bearing("supports")[1].code)
        drilled(role, "drill.exit.passed")
    with scopes_disabled():
        rows = list(
            type(found[0])
            .objects.select_related("organisation", "questionnaire_version", "simulation")
            .prefetch_related("workloads")
        )
    pairs = [(one, questionnaire_of(one.questionnaire_version.content_hash)) for one in rows]
    with scope(organisation=[one.organisation for one in rows]):
        together = queries.scorecards(pairs)
    for (assessment, questionnaire), card in zip(pairs, together, strict=True):
        with scope(organisation=assessment.organisation):
            assert card == queries.scorecard(assessment, questionnaire)
    assert len({card.claimed.level for card in together} | {card.model_dump_json() for card in together}) > 3
