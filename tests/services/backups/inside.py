"""What tests do inside an installation of their own; each prints what the test compares."""

import hashlib
import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import Answer, Attachment, Endpoint, Evidence, JobStatus, Organisation, ProbeRun, Report
from assessor.services import assessments, attachments, reporting, secrets
from assessor.services.assessments import ScopeFacts
from assessor.services.questionnaires import shipped

KEY = "sk-canary-7d1f"


def fill(name="Nordhafen Clinic"):
    """Work a little: an answer, a file behind it, an issued report, a run that waits with its key; print the id."""
    user = local_user()
    facts = ScopeFacts(organisation=name, home_jurisdictions=("Germany",), workload="Letters")
    scan = assessments.start_assessment(user, shipped("ai-sovereignty"), facts)
    organisation = scan.organisation
    with scope(organisation=organisation):
        answer = Answer.objects.create(
            organisation=organisation,
            assessment=scan,
            question="exit-contract",
            state="answered",
            level=2,
            answered_by=user,
            answered_at=timezone.now(),
        )
        answer.revisions.create(
            organisation=organisation, version=1, state="answered", level=2, changed_by=user, changed_at=timezone.now()
        )
        evidence = Evidence.objects.create(
            organisation=organisation, answer=answer, level=2, kind="contract", description="Contract", added_by=user
        )
        attachments.add_attachment(
            evidence, SimpleUploadedFile("contract.txt", b"Clause 7: notice of 90 days.\n"), user
        )
        pdf = b"%PDF-1.7 as issued"
        report = Report.objects.create(
            organisation=organisation,
            assessment=scan,
            kind=Report.Kind.ISSUED,
            version=1,
            content={"b": 1, "a": [1.5, None]},
            scorecard={},
            input_hash="0" * 64,
            status=JobStatus.DONE,
            requested_by=user,
        )
        report.file = f"{organisation.pk}/{report.pk}-1.pdf"
        report.file_sha256, report.file_size = hashlib.sha256(pdf).hexdigest(), len(pdf)
        file = Path(settings.REPORTS_DIR) / report.file
        file.parent.mkdir(parents=True)
        file.write_bytes(pdf)
        report.save()
        endpoint = Endpoint.objects.create(organisation=organisation, name="Model", url="http://127.0.0.1:9/v1")
        sealed = secrets.seal(KEY, str(organisation.pk), str(endpoint.pk), "key")
        for status, key in ((JobStatus.QUEUED, sealed), (JobStatus.DONE, sealed)):
            ProbeRun.objects.create(
                organisation=organisation,
                endpoint=endpoint,
                requested_by=user,
                authority="Head of IT",
                target_url=endpoint.url,
                status=status,
                sealed_key=key,
                result={"said": "x"} if status == JobStatus.DONE else None,
            )
    sys.stdout.write(str(organisation.pk))


def seen():
    """Print what a person would find: names, answers, files that still fit, and whether the stored key opens."""
    with scopes_disabled():
        found = {
            "organisations": [one.name for one in Organisation.objects.all()],
            "answers": list(Answer.objects.values_list("question", "level")),
            "reports": [hashlib.sha256(reporting.read_file(one)).hexdigest() for one in Report.objects.all()],
            "attachments": [attachments.read_attachment(one).decode() for one in Attachment.objects.all()],
            "keys": [
                secrets.unseal(run.sealed_key, str(run.organisation_id), str(run.endpoint_id), "key")
                for run in ProbeRun.objects.filter(status=JobStatus.QUEUED)
            ],
        }
    sys.stdout.write(json.dumps(found))


def rename(name):
    """Give every organisation another name."""
    Organisation.objects.update(name=name)
