"""An organisation goes out and comes in: everything of it is there, nothing of anybody else's, no secret."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import (
    Assessment,
    Attachment,
    Endpoint,
    Evidence,
    Membership,
    Organisation,
    ProbeRun,
    ProbeSchedule,
    QuestionnaireVersion,
    Report,
    User,
)
from assessor.reports import viewmodel
from assessor.reports.engine import content_key
from assessor.services import attachments, reporting
from assessor.services.relocation import bringing, form, looking, removing, writing
from assessor.services.relocation.form import ArchiveRefused
from assessor.services.relocation.reading import Incoming
from assessor.services.relocation.tables import CARRIED, name_of
from tests.services.relocation import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def delete(owner, django_capture_on_commit_callbacks):
    """Delete an organisation as a request does: what follows the commit happens too."""

    def gone(organisation):
        with django_capture_on_commit_callbacks(execute=True):
            removing.delete(organisation, organisation.name, owner)

    return gone


PAGES = (
    *("assessment", "listing", "evidence_register", "endpoints", "inventory", "scenarios", "map", "concentration"),
    *("roadmap", "what_if", "report", "reports", "exercises"),
)


def exported(organisation):
    stream = io.BytesIO()
    writing.write(organisation, stream)
    return stream.getvalue()


def incoming(content, total=form.MAX_TOTAL):
    return Incoming(io.BytesIO(content), "all.sovorg", total)


def said(content):
    """Return every row of an archive by table, without what an import has to change."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tables = {
            name_of(one): [json.loads(line) for line in archive.read(f"{form.TABLES}{name_of(one)}.jsonl").splitlines()]
            for one in CARRIED
        }
    for rows, gone in (("ProbeSchedule", ("ended_at", "ended_because")), ("Retention", ("counts_from", "done_at"))):
        for row in tables[rows]:
            for name in gone:
                row.pop(name)
    return tables


def pages(organisation):
    """Return what the pages of the assessment say, without what differs each time."""
    client, found = Client(), {}
    with scope(organisation=organisation):
        assessment = Assessment.objects.get(status="draft")
    for name in PAGES:
        answer = client.get(reverse(name, args=[organisation.pk, assessment.pk]))
        assert answer.status_code == 200, name
        found[name] = (
            answer.content.decode()
            .split("<main", 1)[1]
            .split("</main>")[0]
            .replace(str(answer.context["csrf_token"]), "")
        )
    with scope(organisation=organisation):
        assessment.organisation = organisation
        source, card = reporting.report_input(assessment)
        found["score"], found["key"] = card.model_dump(mode="json"), content_key(viewmodel.build(source))
        found["file"] = [reporting.read_file(one) for one in Report.objects.all()]
    return found


def test_everything_comes_back_as_it_was(owner, delete):
    organisation = filled.fill()
    before, content = pages(organisation), exported(organisation)
    rows = said(content)
    assert {name for name, some in rows.items() if some} >= {
        "Attachment",
        "SignOff",
        "BrandPicture",
        "Report",
        "Dispute",
        "OwnScenario",
    }
    delete(organisation)
    with scopes_disabled():
        assert not Assessment.everything.exists()

    came = bringing.bring(incoming(content), owner)

    assert came.pk == organisation.pk
    assert Membership.objects.get(organisation=came).user == owner
    again = exported(came)
    after = said(again)
    people = {mark: (one.name, one.email) for mark, one in incoming(content).people.items()}
    assert sorted(name for name, _mail in people.values()) == ["Ida Colleague", "Local user"]
    for name in rows:
        assert _without_marks(after[name]) == _without_marks(rows[name]), name
    now = pages(came)
    for name in before:
        assert now[name] == before[name], name
    with scope(organisation=came):
        assert attachments.read_attachment(Attachment.objects.first()).decode().startswith("Clause 7")
        assert Assessment.everything.filter(deleted_at__isnull=False).count() == 1


def _without_marks(rows):
    """People are the same by name and not by mark: whoever has an account here stands for their mail address."""
    people = {field.name for one in CARRIED for field in one._meta.concrete_fields if field.related_model is User}
    return [
        {name: value is not None if name in people else value for name, value in row.items() if name != "own"}
        for row in rows
    ]


def test_people_are_known_by_their_mail_address_or_stay_names(owner, delete):
    organisation = filled.fill()
    colleague = User.objects.get(username="colleague")
    content = exported(organisation)
    delete(organisation)
    assert User.objects.filter(pk=colleague.pk).exists(), "members keep their accounts"

    preview = looking.look(incoming(content))
    assert [(person.email, user) for person, user in preview.known] == [("colleague@example.org", colleague)]
    assert [person.name for person in preview.names] == ["Local user"]
    came = bringing.bring(incoming(content), owner)

    with scope(organisation=came):
        assert Attachment.objects.filter(added_by=colleague).exists()
        named = ProbeSchedule.objects.first()
        assert named.ended_at is not None
    assert not Membership.objects.filter(organisation=came, user=colleague).exists()
    names = User.objects.filter(username__startswith=bringing.NAMED)
    assert [(str(one), one.is_active, one.has_usable_password(), one.email) for one in names] == [
        ("Local user", False, False, "")
    ]
    delete(came)
    assert not User.objects.filter(username__startswith=bringing.NAMED).exists()


def test_no_secret_and_nobody_elses_row_goes_along(owner, strangers_scan):
    organisation = filled.fill()
    with zipfile.ZipFile(io.BytesIO(exported(organisation))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert filled.CANARY.encode() in everything
    with scopes_disabled():
        sealed = [one.sealed_key for one in ProbeRun.objects.exclude(sealed_key="")]
    assert len(sealed) == 2
    hidden = [
        *sealed,
        filled.SECRET,
        "CANARY_KEY",
        "f" * 64,
        local_user().password,
        "Other Ltd",
        str(strangers_scan.pk),
    ]
    assert [one for one in hidden if one.encode() in everything] == []


def test_keys_do_not_travel_and_work_under_way_stays(owner, delete):
    organisation = filled.fill()
    content = exported(organisation)
    delete(organisation)
    came = bringing.bring(incoming(content), owner)
    with scope(organisation=came):
        assert set(Endpoint.objects.values_list("key_reference", flat=True)) == {""}
        assert Endpoint.KeyMode.REFERENCE not in set(Endpoint.objects.values_list("key_mode", flat=True))
        assert not ProbeRun.objects.filter(status="queued").exists()


def test_what_is_here_already_is_refused_before_anything_changes(owner):
    organisation = filled.fill()
    content = exported(organisation)
    assert not looking.look(incoming(content)).is_possible
    with pytest.raises(ArchiveRefused, match="is here already"):
        bringing.bring(incoming(content), owner)
    assert Organisation.objects.count() == 1


def test_a_file_that_is_gone_is_named_and_the_rest_travels(owner, delete):
    organisation = filled.fill()
    with scope(organisation=organisation):
        attachments.path_of(Attachment.objects.first()).unlink()
    content = exported(organisation)
    missing = incoming(content).manifest.missing
    assert len(missing) == 1
    assert missing[0].startswith(form.ATTACHMENTS)
    delete(organisation)
    came = bringing.bring(incoming(content), owner)
    with scope(organisation=came), pytest.raises(attachments.AttachmentMissing):
        attachments.read_attachment(Attachment.objects.get(pk=missing[0].removeprefix(form.ATTACHMENTS)))


def test_a_questionnaire_that_is_not_installed_here_becomes_the_organisations_own(owner, delete):
    organisation = filled.fill()
    content = exported(organisation)
    with scopes_disabled():
        shared = Assessment.objects.get(status="draft").questionnaire_version.content_hash
    delete(organisation)
    QuestionnaireVersion.objects.filter(content_hash=shared).delete()
    came = bringing.bring(incoming(content), owner)
    with scope(organisation=came):
        version = Assessment.objects.get(status="draft").questionnaire_version
    assert (version.content_hash, version.organisation) == (shared, came)


def test_a_failed_import_leaves_no_file_and_no_row(owner, delete, monkeypatch):
    organisation = filled.fill()
    content = exported(organisation)
    delete(organisation)
    users = User.objects.count()
    monkeypatch.setattr(reporting, "report_input", lambda _assessment: 1 / 0)
    with pytest.raises(ArchiveRefused, match="cannot be shown"):
        bringing.bring(incoming(content), owner)
    assert not Organisation.objects.exists()
    assert User.objects.count() == users
    left = [
        one for top in ("attachments", "reports") for one in (Path(settings.DATA_DIR) / top).rglob("*") if one.is_file()
    ]
    assert left == []
    with scopes_disabled():
        assert not Evidence.objects.exists()
