"""A prepared query gives what the ORM gives, and never a row of another organisation."""

from datetime import timedelta

from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.models import Answer, Assessment, Evidence, Membership, Organisation, Workload
from assessor.prepared import PreparedUpdate
from assessor.services import memberships
from assessor.services.answers import save_answer


def test_it_reads_the_answers_in_force_with_their_values(inside, owner, django_assert_num_queries):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    save_answer(inside, "data.orders", "unknown", None, "", owner)
    with django_assert_num_queries(1):
        rows = {one.question: one for one in queries.scored_answers(inside)}
    assert (rows["data.readers"].level, rows["data.readers"].version) == (2, 1)
    assert (rows["data.orders"].state, rows["data.orders"].level) == ("unknown", None)
    assert rows.keys() == set(Answer.objects.values_list("question", flat=True))


def test_another_organisations_assessment_gives_no_row(inside, owner, strangers_scan):
    with scope(organisation=strangers_scan.organisation):
        save_answer(strangers_scan, "data.readers", "answered", 4, "", owner)
        assert len(queries.scored_answers(strangers_scan)) == 1
    assert queries.scored_answers(strangers_scan) == []
    assert queries.probed_endpoints(strangers_scan) == ()


def test_in_a_scope_of_several_organisations_both_are_read(inside, owner, strangers_scan):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    both = [inside.organisation, strangers_scan.organisation]
    with scopes_disabled(), scope(organisation=both):
        assert [one.level for one in queries.scored_answers(inside)] == [2]


def same(prepared, from_the_orm):
    """Tell whether two rows hold the same values in the same columns, joined rows included, and defer the same."""
    assert prepared.__dict__.keys() == from_the_orm.__dict__.keys()
    assert prepared.get_deferred_fields() == from_the_orm.get_deferred_fields()
    for field in prepared._meta.concrete_fields:
        if field.attname not in prepared.get_deferred_fields():
            assert getattr(prepared, field.attname) == getattr(from_the_orm, field.attname), field.attname
    joined = prepared._state.fields_cache
    assert joined.keys() == from_the_orm._state.fields_cache.keys()
    assert (prepared._state.db, prepared._state.adding) == (from_the_orm._state.db, from_the_orm._state.adding)
    forward = {field.name for field in prepared._meta.concrete_fields} | {"simulation"}
    for name, row in joined.items():
        # What points back to the row, as its chain of events does, would lead in a circle.
        if row is not None and name in forward:
            same(row, from_the_orm._state.fields_cache[name])
    return True


def test_a_membership_comes_with_its_person_and_organisation(inside, owner, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = [
            memberships.membership_in(inside.organisation_id, None),
            memberships.membership_in(inside.organisation_id, owner),
        ]
    expected = Membership.objects.select_related("organisation", "user").get(user=owner)
    assert not rows[1].second_step_wanted
    del rows[1].second_step_wanted
    assert all(same(row, expected) for row in rows)
    assert rows[0].organisation == inside.organisation
    assert rows[0].user == owner


def test_a_membership_says_whether_any_of_the_persons_organisations_wants_a_second_step(inside, owner, strangers_scan):
    Organisation.objects.filter(pk=strangers_scan.organisation_id).update(second_step_required=True)
    assert not memberships.membership_in(inside.organisation_id, owner).second_step_wanted
    Membership.objects.create(organisation=strangers_scan.organisation, user=owner, role="viewer")
    assert memberships.membership_in(inside.organisation_id, owner).second_step_wanted


def test_a_membership_counts_until_its_last_day(inside, owner):
    Membership.objects.update(ends_on=timezone.localdate())
    assert memberships.membership_in(inside.organisation_id, owner)
    Membership.objects.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert memberships.membership_in(inside.organisation_id, owner) is None
    assert memberships.membership_in(inside.organisation_id, None) is None


def test_nobody_is_a_member_of_a_strangers_organisation(inside, owner, strangers_scan):
    assert memberships.membership_in(strangers_scan.organisation_id, owner) is None
    assert memberships.membership_in(strangers_scan.organisation_id, None) is None
    assert queries.assessment_in_scope(strangers_scan.pk) is None
    assert queries.workloads_of(strangers_scan) == []


def test_an_assessment_comes_with_its_questionnaire_and_without_its_text(inside, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.assessment_in_scope(inside.pk)
        assert (found.organisation, found.questionnaire_version.content_hash) == (
            inside.organisation,
            inside.questionnaire_version.content_hash,
        )
        assert getattr(found, "simulation", None) is None
    assert found.questionnaire_version.get_deferred_fields() == {"content"}
    expected = Assessment.objects.select_related("questionnaire_version", "simulation")
    expected = expected.defer("questionnaire_version__content", "simulation__summary").get(pk=inside.pk)
    expected.organisation = inside.organisation
    assert same(found, expected)


def test_workloads_come_by_name(inside):
    inside.workloads.add(
        Workload.objects.create(organisation=inside.organisation, name="Archive", criticality="critical")
    )
    found = queries.workloads_of(inside)
    assert [one.name for one in found] == ["Archive", "Letter drafting"]
    assert all(same(one, row) for one, row in zip(found, inside.workloads.all(), strict=True))


def test_answers_come_with_the_evidence_that_a_prefetch_gives(inside, owner, django_assert_num_queries):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    save_answer(inside, "data.orders", "unknown", None, "", owner)
    answer = Answer.objects.get(question="data.readers")
    for number in range(2):
        Evidence.objects.create(
            organisation=inside.organisation, answer=answer, kind="contract", description=f"Contract {number}", level=2
        )
    Evidence.objects.create(
        organisation=inside.organisation,
        answer=answer,
        kind="contract",
        description="Taken back",
        level=2,
        removed_at=timezone.now(),
    )
    with django_assert_num_queries(2):
        found = {one.question: one for one in queries.answers_of(inside)}
        shown = {name: [one.description for one in row.evidence.all()] for name, row in found.items()}
    assert shown == {"data.readers": ["Contract 0", "Contract 1"], "data.orders": []}
    others = {one.question: one for one in queries.answers_of(inside, with_files=True)}
    for name, row in found.items():
        for one, other in zip(row.evidence.all(), others[name].evidence.all(), strict=True):
            del other._prefetched_objects_cache  # the files
            assert same(one, other)
    # What is asked further is asked of this answer alone.
    assert found["data.readers"].evidence.filter(description="Contract 1").count() == 1
    assert found["data.orders"].evidence.filter(description="Contract 1").count() == 0


def test_a_prepared_change_reaches_the_rows_in_scope_alone(inside, owner, strangers_scan, django_assert_num_queries):
    titled = PreparedUpdate(
        lambda assessment: Assessment.objects.filter(pk=assessment), "assessment", columns=("title", "targets", "level")
    )
    said = {"title": "100 % ours", "targets": {"data": 3}, "level": None}
    with django_assert_num_queries(1):
        assert titled.run(said, assessment=inside.pk) == 1
    inside.refresh_from_db()
    assert {name: getattr(inside, name) for name in said} == said
    assert titled.run(said, assessment=strangers_scan.pk) == 0
    with scopes_disabled(), scope(organisation=[inside.organisation, strangers_scan.organisation]):
        assert titled.run({**said, "title": "Both"}, assessment=strangers_scan.pk) == 1
    with scope(organisation=strangers_scan.organisation):
        assert Assessment.objects.get(pk=strangers_scan.pk).title == "Both"


def test_an_answer_saved_again_is_what_was_said_last(inside, owner, django_assert_num_queries):
    save_answer(inside, "data.readers", "answered", 2, "first", owner)
    workload = inside.workloads.get()
    save_answer(inside, "data.readers", "unknown", None, "alone", owner, workload=workload)
    with django_assert_num_queries(11):
        save_answer(inside, "data.readers", "unknown", None, "100 % unsure", owner, expected_version=1)
    rows = {one.workload_id: one for one in Answer.objects.filter(question="data.readers")}
    assert (rows[None].state, rows[None].level, rows[None].note) == ("unknown", None, "100 % unsure")
    assert (rows[None].version, rows[None].answered_by) == (2, owner)
    assert [one.note for one in rows[None].revisions.all()] == ["first", "100 % unsure"]
    assert (rows[workload.pk].note, rows[workload.pk].version) == ("alone", 1)
