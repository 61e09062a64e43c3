"""An organisation with something in every corner: files, logos, own questionnaire, words, probes, secrets, a bin."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from django_scopes import scope
from PIL import Image, ImageDraw

from assessor.middleware import local_user
from assessor.models import (
    Assessment,
    BrandPicture,
    Dispute,
    Endpoint,
    EndpointRole,
    Evidence,
    HeardChange,
    JobStatus,
    Membership,
    MoveOwner,
    Organisation,
    OwnScenario,
    ProbeRun,
    ProbeSchedule,
    QuestionnaireVersion,
    Report,
    ReportWords,
    Role,
    UploadToken,
    User,
)
from assessor.services import (
    attachments,
    duplicating,
    logos,
    reporting,
    rounds,
    saved_templates,
    secrets,
    shelving,
    simulating,
)

CANARY = "canary-9f31-Wolkenkuckucksheim"
SECRET = "sk-canary-5e0d"


def fill() -> Organisation:
    """Return the demo hospital with more of everything; names in it carry the canary."""
    call_command("demo", verbosity=0)
    organisation = Organisation.objects.get(name__startswith="Nordhafen")
    user = local_user()
    colleague = User.objects.create_user("colleague", email="colleague@example.org", first_name="Ida Colleague")
    Membership.objects.create(organisation=organisation, user=colleague, role=Role.ASSESSOR)
    with scope(organisation=organisation):
        assessment = Assessment.objects.select_related("questionnaire_version").get()
        assessment.organisation = organisation
        Assessment.objects.filter(pk=assessment.pk).update(title=f"Hospital {CANARY}", created_by=colleague)
        assessment.title, assessment.created_by = f"Hospital {CANARY}", colleague
        evidence = Evidence.objects.first()
        attachments.add_attachment(evidence, SimpleUploadedFile("c.txt", f"Clause 7 {CANARY}\n".encode()), colleague)
        picture(organisation, user)
        _report(assessment, colleague)
        role = EndpointRole.objects.select_related("endpoint").first()
        _probed(organisation, role.endpoint, colleague)
        Dispute.objects.create(
            organisation=organisation,
            assessment=assessment,
            endpoint=role.endpoint,
            code="x.y",
            reason=CANARY,
            raised_by=colleague,
        )
        MoveOwner.objects.create(
            organisation=organisation,
            assessment=assessment,
            question="data.orders",
            name=f"Owner {CANARY}",
            changed_at=timezone.now(),
        )
        ReportWords.objects.create(
            organisation=organisation,
            assessment=assessment,
            part="summary",
            language="en",
            source=f"Words {CANARY}",
            written_by=user,
            written_at=timezone.now(),
        )
        row = QuestionnaireVersion.objects.filter(organisation=None).first()
        QuestionnaireVersion.objects.create(
            organisation=organisation,
            questionnaire=row.questionnaire,
            version=row.version,
            content_hash=row.content_hash,
            content=row.content,
        )
        OwnScenario.objects.create(
            organisation=organisation,
            scenario="ours",
            version=1,
            content={"said": CANARY},
            content_hash="0" * 64,
            replaced_at=timezone.now(),
        )
        saved_templates.save(assessment, user, organisation, name="Again", take=("targets", "inventory", "settings"))
        simulating.carry_out(organisation.pk)
        signed = duplicating.duplicate_assessment(assessment, user)
        rounds.submit(signed, user)
        rounds.sign_off(signed, colleague, rounds.seen(signed))
        shelving.delete_assessment(duplicating.duplicate_assessment(assessment, user), user)
    return organisation


def picture(organisation: Organisation, user: User) -> BrandPicture:
    """Keep a small logo."""
    drawn = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(drawn).rectangle((20, 20, 380, 100), fill="navy")
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    content, media_type, size = logos.redrawn(stream.getvalue())
    return BrandPicture.objects.create(
        organisation=organisation,
        media_type=media_type,
        width=size[0],
        height=size[1],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=user,
    )


def _report(assessment: Assessment, user: User) -> None:
    """Issue a report without setting it: what its file holds is no matter here."""
    pdf = f"%PDF-1.7 as issued {CANARY}".encode()
    report = reporting.request_report(assessment, user, Report.Kind.ISSUED)
    name = f"{assessment.organisation_id}/{report.pk}-1.pdf"
    file = Path(settings.REPORTS_DIR) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pdf)
    Report.objects.filter(pk=report.pk).update(
        status=JobStatus.DONE, attempt=1, file=name, file_sha256=hashlib.sha256(pdf).hexdigest(), file_size=len(pdf)
    )


def _probed(organisation: Organisation, endpoint: Endpoint, user: User) -> None:
    sealed = secrets.seal(SECRET, str(organisation.pk), str(endpoint.pk))
    waiting = {"organisation": organisation, "endpoint": endpoint, "target_url": endpoint.url, "authority": CANARY}
    ProbeRun.objects.create(**waiting, status=JobStatus.QUEUED, sealed_key=sealed)
    failed = ProbeRun.objects.create(**waiting, status=JobStatus.FAILED, sealed_key=sealed, requested_by=user)
    HeardChange.objects.create(organisation=organisation, run=failed, user=user)
    Endpoint.objects.filter(pk=endpoint.pk).update(key_mode=Endpoint.KeyMode.REFERENCE, key_reference="env:CANARY_KEY")
    ProbeSchedule.objects.create(
        organisation=organisation,
        endpoint=endpoint,
        target_url=endpoint.url,
        agreed_plan="0" * 64,
        every_hours=24,
        authority="a",
        ends_on=timezone.localdate() + timedelta(days=9),
        next_at=timezone.now() + timedelta(days=1),
    )
    UploadToken.objects.create(organisation=organisation, endpoint=endpoint, name="host", sha256="f" * 64)
