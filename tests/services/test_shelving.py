"""Archive, bin, copies and periods: what is put aside comes back whole, and what goes for good was shown before."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor import queries, tasks
from assessor.models import (
    Answer,
    Assessment,
    Attachment,
    Endpoint,
    EndpointRole,
    Evidence,
    JobStatus,
    ProbeRun,
    Report,
    Retention,
)
from assessor.services import attachments, duplicating, endpoints, retention, rounds, shelving
from assessor.services.changing import AssessmentPutAside
from assessor.services.questionnaires import questionnaire_of
from assessor.services.retention import NOTICE, Periods
from assessor.services.shelving import ShelvingRefused

pytestmark = pytest.mark.django_db
LATER = timedelta(days=31)


@pytest.fixture
def worked(inside, owner):
    """The scan with an answer, evidence with a file, and an endpoint that was probed."""
    answer = Answer.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        question="data.readers",
        state="answered",
        level=2,
        note="As agreed",
        version=3,
        answered_by=owner,
        answered_at=timezone.now(),
    )
    evidence = Evidence.objects.create(
        organisation=inside.organisation,
        answer=answer,
        level=2,
        kind="contract",
        description="Contract",
        added_by=owner,
    )
    attachments.add_attachment(evidence, SimpleUploadedFile("c.txt", b"Clause 7\n"), owner)
    facts = endpoints.EndpointFacts(name="Gateway", url="http://127.0.0.1:8123/v1", part="model")
    return inside, answer, evidence, endpoints.register_endpoint(inside, facts)


def run_of(role, **more):
    return ProbeRun.objects.create(
        organisation=role.organisation,
        endpoint=role.endpoint,
        authority="x",
        target_url=role.endpoint.url,
        **({"status": JobStatus.DONE, "outcome": "completed", "finished_at": timezone.now()} | more),
    )


def test_an_archived_assessment_keeps_its_date_and_leaves_the_lists(worked, owner):
    assessment = worked[0]
    assessment.refresh_from_db()
    changed = assessment.changed_at
    shelving.archive(assessment, owner)
    assessment.refresh_from_db()
    assert assessment.archived_at is not None
    assert assessment.changed_at == changed
    assert not shelving.roles_at_work().exists()
    shelving.unarchive(assessment, owner)
    assert shelving.roles_at_work().exists()


def test_the_bin_hides_an_assessment_everywhere_and_gives_it_back_whole(worked, owner):
    assessment, answer, *_rest = worked
    shelving.delete_assessment(assessment, owner)
    assert not Assessment.objects.exists()
    held = shelving.shelved(assessment.organisation).assessments
    assert [one.pk for one in held] == [assessment.pk]
    assert held[0].deleted_by == owner
    shelving.restore_assessment(held[0], owner)
    assert Assessment.objects.get().answers.get() == answer


def test_what_was_signed_is_not_deleted_nor_taken_by_time(worked, owner):
    assessment, _answer, _evidence, role = worked
    rounds.submit(assessment, owner)
    rounds.sign_off(assessment, owner, rounds.seen(assessment))
    assessment.refresh_from_db()
    with pytest.raises(ShelvingRefused, match="signed off"):
        shelving.delete_assessment(assessment, owner)
    with pytest.raises(ShelvingRefused, match="signed off"):
        shelving.delete_endpoint(role.endpoint, owner)
    shelving.archive(assessment, owner)
    retention.change(assessment.organisation, Periods(None, None, 1, 1), owner)
    assert retention.carry_out(assessment.organisation, timezone.now() + timedelta(days=999)) == {}
    assert Assessment.objects.get().is_signed


def test_what_is_archived_is_changed_by_no_service(worked, owner):
    assessment, _answer, _evidence, role = worked
    shelving.archive(assessment, owner)
    with pytest.raises(AssessmentPutAside, match="archived"):
        endpoints.remove_endpoint(role, "Moved", owner)


def test_an_endpoint_leaves_every_assessment_and_comes_back_into_those_it_left(worked, owner):
    assessment, _answer, _evidence, role = worked
    other = duplicating.duplicate_assessment(assessment, owner)
    endpoints.remove_endpoint(EndpointRole.objects.get(assessment=other), "Not used there", owner)
    shelving.delete_endpoint(role.endpoint, owner)
    assert queries.endpoints_with_runs(assessment) == []
    shelving.restore_endpoint(role.endpoint, owner)
    role.refresh_from_db()
    assert (role.removed_at, role.removed_because) == (None, "")
    assert EndpointRole.objects.get(assessment=other).removed_because == "Not used there"


def test_an_endpoint_that_is_evidence_or_at_work_is_not_deleted(worked, owner):
    _assessment, _answer, evidence, role = worked
    run = run_of(role, status=JobStatus.RUNNING)
    with pytest.raises(ShelvingRefused, match="under way"):
        shelving.delete_endpoint(role.endpoint, owner)
    ProbeRun.objects.filter(pk=run.pk).update(status=JobStatus.DONE)
    Evidence.objects.filter(pk=evidence.pk).update(probe_run=run)
    with pytest.raises(ShelvingRefused, match=r"evidence behind data\.readers"):
        shelving.delete_endpoint(role.endpoint, owner)
    assert Endpoint.objects.get(pk=role.endpoint_id).deleted_at is None


def test_a_copy_says_the_same_and_is_its_own(worked, owner):
    assessment, answer, _evidence, _role = worked
    copy = duplicating.duplicate_assessment(assessment, owner)
    assert copy.title.endswith("(copy)")
    assert list(copy.workloads.all()) == list(assessment.workloads.all())
    made = Answer.objects.get(assessment=copy)
    assert (made.level, made.note, made.version, made.revisions.count()) == (2, "As agreed", 1, 1)
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    for heeding in ("claimed", "verified", "coverage"):
        assert getattr(queries.scorecard(copy, questionnaire), heeding) == getattr(
            queries.scorecard(assessment, questionnaire), heeding
        )
    files = Attachment.objects.filter(evidence__answer=made)
    assert attachments.read_attachment(files.get()) == b"Clause 7\n"
    Evidence.objects.filter(answer=answer).delete()
    assert files.count() == 1


def test_a_copy_past_the_quota_copies_nothing(worked, owner, settings):
    settings.ATTACHMENT_QUOTA_BYTES = 10
    with pytest.raises(attachments.AttachmentRefused):
        duplicating.duplicate_assessment(worked[0], owner)
    assert Assessment.objects.count() == 1


def test_a_copied_endpoint_has_the_settings_and_nothing_that_was_seen(worked, owner):
    role = worked[3]
    run_of(role)
    role.endpoint.key_mode, role.endpoint.sealed_key = Endpoint.KeyMode.STORED, "v1:a:b"
    copy = duplicating.duplicate_endpoint(role, owner)
    assert copy.endpoint_id != role.endpoint_id
    assert (copy.endpoint.url, copy.part, copy.workload_id) == (role.endpoint.url, role.part, role.workload_id)
    assert (copy.endpoint.key_mode, copy.endpoint.sealed_key) == (Endpoint.KeyMode.ONCE, "")
    assert not ProbeRun.objects.filter(endpoint=copy.endpoint).exists()


def test_nothing_goes_before_the_notice_is_over_and_the_bin_empties_after_its_days(
    worked, owner, django_capture_on_commit_callbacks
):
    assessment, _answer, evidence, role = worked
    organisation = assessment.organisation
    path = attachments.path_of(evidence.attachments.get())
    shelving.delete_endpoint(role.endpoint, owner)
    shelving.delete_assessment(assessment, owner)
    now = timezone.now()
    assert retention.leaving(organisation) == []
    assert [(one.sort, one.count) for one in retention.leaving(organisation, now + LATER)] == [("bin", 2)]
    assert retention.carry_out(organisation, now + NOTICE - timedelta(minutes=1)) == {}
    assert retention.carry_out(organisation, now + timedelta(days=29)) == {}
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.carry_out(organisation, now + LATER) == {"bin": 2}
    assert not Assessment.everything.exists()
    assert not Endpoint.objects.exists()
    assert not path.exists()


def test_what_is_shortened_counts_only_after_the_notice(worked, owner):
    organisation = worked[0].organisation
    row = retention.settings_of(organisation)
    Retention.objects.filter(pk=row.pk).update(counts_from=None)
    longer = Periods(drafts_days=100, exchanges_days=400, archived_days=None, bin_days=60)
    assert retention.change(organisation, longer, owner).counts_from is None
    shorter = Periods(drafts_days=100, exchanges_days=400, archived_days=365, bin_days=60)
    assert retention.change(organisation, shorter, owner).counts_from > timezone.now() + timedelta(days=6)


def test_drafts_go_and_issued_reports_stay(worked, owner):
    assessment = worked[0]
    for number, kind in enumerate((Report.Kind.DRAFT, Report.Kind.ISSUED), start=1):
        Report.objects.create(
            organisation=assessment.organisation,
            assessment=assessment,
            kind=kind,
            version=number,
            content={},
            scorecard={},
            input_hash="0" * 64,
            status=JobStatus.DONE,
            requested_by=owner,
        )
    assert retention.carry_out(assessment.organisation, timezone.now() + timedelta(days=91)) == {"drafts": 1}
    assert Report.objects.get().kind == Report.Kind.ISSUED


def test_old_exchanges_go_but_not_the_last_nor_what_is_cited_nor_any_finding(worked):
    _assessment, _answer, evidence, role = worked
    now, words = timezone.now(), {"result": {"said": "x"}, "findings": [{"code": "a"}]}
    old, cited, last = (run_of(role, finished_at=now - timedelta(days=days), **words) for days in (500, 450, 400))
    Evidence.objects.filter(pk=evidence.pk).update(probe_run=cited)
    organisation = role.organisation
    assert [(one.sort, one.count) for one in retention.leaving(organisation)] == [("exchanges", 1)]
    assert retention.carry_out(organisation, now + timedelta(days=8)) == {"exchanges": 1}
    kept = {run.pk: (run.result is not None, bool(run.findings)) for run in ProbeRun.objects.all()}
    assert kept == {old.pk: (False, True), cited.pk: (True, True), last.pk: (True, True)}


def test_archived_assessments_go_into_the_bin_where_somebody_wants_that(worked, owner):
    assessment = worked[0]
    shelving.archive(assessment, owner)
    organisation = assessment.organisation
    assert retention.carry_out(organisation, timezone.now() + timedelta(days=999)) == {}
    retention.change(organisation, Periods(None, None, 10, 30), owner)
    Retention.objects.update(done_at=None)
    assert retention.carry_out(organisation, timezone.now() + timedelta(days=11)) == {"archived": 1}
    assert shelving.shelved(organisation).assessments


def test_the_worker_looks_once_a_day(worked):
    with scopes_disabled():
        tasks.tidy()
        first = Retention.objects.get().done_at
        tasks.tidy()
        assert Retention.objects.get().done_at == first
    with scope(organisation=worked[0].organisation):
        Retention.objects.update(done_at=timezone.now() - timedelta(days=2))
        retention.carry_out_due()
        assert Retention.objects.get().done_at > first
