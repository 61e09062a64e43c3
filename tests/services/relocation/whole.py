"""What the test of two databases does inside an installation of its own; each prints what the test compares."""

import hashlib
import json
import sys
from pathlib import Path

from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import Assessment, Attachment, Endpoint, Organisation, Report, SignOff, User
from assessor.reports import viewmodel
from assessor.reports.engine import content_key
from assessor.services import attachments, reporting, secrets
from assessor.services.endpoint_keys import binding
from assessor.services.relocation.tables import CARRIED
from tests.services.backups import inside
from tests.services.relocation import filled
from tests.services.relocation.test_round_trip import exported, said

KEY = "sk-canary-of-two-databases"


def fill(folder):
    """Fill the demo hospital, seal a key for it, issue a real report into a folder; print the organisation's id."""
    organisation = filled.fill()
    with scope(organisation=organisation):
        assessment = Assessment.objects.select_related("questionnaire_version").get(status="draft")
        assessment.organisation = organisation
        endpoint = Endpoint.objects.first()
        endpoint.key_mode, endpoint.sealed_key = "stored", secrets.seal(KEY, *binding(endpoint, "stored key"))
        endpoint.save()
        report = reporting.request_report(assessment, local_user(), Report.Kind.ISSUED)
        reporting.carry_out(report.pk)
        report.refresh_from_db()
        Path(folder, "report.pdf").write_bytes(reporting.read_file(report))
    sys.stdout.write(f"\n{organisation.pk}\n")


def fill_otherwise():
    """Work a little for another organisation, and print its id."""
    inside.fill("Harbour Bank")
    with scopes_disabled():
        # Its record is made up and cannot be compared with what is said today.
        Report.objects.all().delete()
    sys.stdout.write("\n")


def seen(ident):
    """Print a hash of every table without who did it, the files, the score, and whether a key is here."""
    organisation = Organisation.objects.get(pk=ident)
    people = {field.name for field in _fields() if field.related_model is User}
    tables = {
        name: hashlib.sha256(json.dumps([_without(row, people) for row in rows], sort_keys=True).encode()).hexdigest()
        for name, rows in said(exported(organisation)).items()
        # One that ships is installed on both sides, by the same content under another id.
        if name != "QuestionnaireVersion"
    }
    with scope(organisation=organisation):
        assessment = Assessment.objects.select_related("questionnaire_version").get(status="draft")
        assessment.organisation = organisation
        source, card = reporting.report_input(assessment)
        found = {
            "tables": tables,
            "signed": [one.sha256 for one in SignOff.objects.all()],
            "score": card.model_dump(mode="json"),
            "report": content_key(viewmodel.build(source)),
            "files": sorted(hashlib.sha256(reporting.read_file(one)).hexdigest() for one in Report.objects.all()),
            "attachments": [attachments.read_attachment(one).decode() for one in Attachment.objects.all()],
            "keys": [bool(one.sealed_key) for one in Endpoint.objects.filter(key_mode="stored")],
        }
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _fields():
    return [field for one in CARRIED for field in one._meta.concrete_fields]


def _without(row, people):
    return {name: value for name, value in row.items() if name not in people | {"own", "questionnaire_version"}}
