"""What goes out comes in again: the same bytes from an empty assessment, and the same answers from a workbook."""

import io
import zipfile

import pytest
from django_scopes import scope

from assessor import queries
from assessor.models import Answer, Dispute
from assessor.services import answers, assessments
from assessor.services.assessments import ScopeFacts
from assessor.services.exchange import bringing_in, reading, sending_out
from assessor.services.questionnaires import installed_ids, shipped
from tests.questionnaire.sample import sample
from tests.services.exchange.filled import empty, fill


def out(assessment, kind) -> bytes:
    stream = io.BytesIO()
    with scope(organisation=assessment.organisation):
        sending_out.write(assessment, kind, stream)
    return stream.getvalue()


def read(raw, name):
    return reading.read(io.BytesIO(raw), name, shipped("ai-sovereignty"))


def take_in(assessment, raw, name, user, **more):
    with scope(organisation=assessment.organisation):
        plan = bringing_in.apply(assessment, read(raw, name), user, **{"take": "*"} | more)
    assessment.refresh_from_db()
    assessment.organisation.refresh_from_db()
    return plan


@pytest.fixture
def whole(owner):
    assessment = empty(owner, name="Nordhafen")
    with scope(organisation=assessment.organisation):
        return fill(assessment, owner)


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_answers_come_out_of_an_empty_assessment_byte_for_byte(owner, whole, kind):
    first = out(whole, kind)
    other = empty(owner)
    take_in(other, first, f"answers.{kind}", owner)
    assert out(other, kind).decode() == first.decode()


def members(raw):
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_archive_comes_out_of_an_empty_assessment_byte_for_byte(owner, whole):
    first = out(whole, "sovpack")
    assert len([name for name in members(first) if name.startswith("attachments/")]) == 3
    assert len([name for name in members(first) if name.startswith("probes/")]) == 1
    other = empty(owner)
    take_in(other, first, "all.sovpack", owner)
    again = out(other, "sovpack")
    assert members(again) == members(first)
    assert again == first


def test_a_second_import_of_the_same_file_changes_nothing(owner, whole):
    raw = out(whole, "sovpack")
    other = empty(owner)
    take_in(other, raw, "all.sovpack", owner)
    plan = take_in(other, raw, "all.sovpack", owner)
    assert {one.kind for one in plan.changes} == {"unchanged"}


def test_what_was_accepted_elsewhere_lifts_nothing_here(owner, whole):
    other = empty(owner)
    take_in(other, out(whole, "sovpack"), "all.sovpack", owner)
    with scope(organisation=other.organisation):
        states = [queries.dispute_states([one])[one.pk] for one in Dispute.objects.filter(assessment=other)]
        assert sorted(states) == ["open", "open", "rejected"]
        assert all(one.unsigned for one in queries.probed_endpoints(other))


def test_a_workbook_says_the_same_answers(owner, whole):
    other = empty(owner)
    take_in(other, out(whole, "xlsx"), "answers.xlsx", owner)
    plan = take_in(whole, out(whole, "xlsx"), "answers.xlsx", owner)
    assert not [one for one in plan.changes if one.kind != "unchanged"]
    mine = out(other, "csv").decode()
    assert mine == out(whole, "csv").decode()


def test_not_applicable_with_its_reason_travels_in_every_format(owner):
    own = sample(("    title: The front door\n", "    title: The front door\n    may_not_apply: true\n"))
    facts = ScopeFacts(organisation="A", home_jurisdictions=("Norway",), workload="W")
    first = assessments.start_assessment(owner, own, facts, "full")
    with scope(organisation=first.organisation):
        answers.save_answer(first, "keys.front", "not-applicable", None, "There is no door", owner)
    for kind in ("yaml", "json", "xlsx", "sovpack"):
        other = assessments.start_assessment(owner, own, facts, "full")
        with scope(organisation=other.organisation):
            incoming = reading.read(io.BytesIO(out(first, kind)), f"a.{kind}", own)
            bringing_in.apply(other, incoming, owner)
            row = Answer.objects.get(assessment=other)
        assert (row.state, row.note) == ("not-applicable", "There is no door")
        assert out(other, "csv") == out(first, "csv")


@pytest.mark.parametrize("name", installed_ids())
@pytest.mark.parametrize("kind", ["yaml", "xlsx"])
def test_every_installed_questionnaire_goes_out_empty_and_comes_in_saying_nothing(owner, name, kind):
    questionnaire = shipped(name)
    facts = ScopeFacts(organisation="A", home_jurisdictions=("Norway",), workload="W")
    found = assessments.start_assessment(owner, questionnaire, facts, "full")
    with scope(organisation=found.organisation):
        raw = sending_out.blank(questionnaire, "full", kind)
        plan = bringing_in.preview(found, reading.read(io.BytesIO(raw), f"blank.{kind}", questionnaire))
    assert not plan.changes_something
