"""An assessment that holds one of everything that travels, and an empty one beside it."""

from datetime import date, timedelta
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assessor.models import Assessment, JobStatus, Membership, ProbeRun, Role, Workload
from assessor.probes.result import ProbeResult
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import answers, assessments, disputes, endpoints, evidence, workloads
from assessor.services.assessments import ScopeFacts
from assessor.services.endpoints import EndpointFacts
from assessor.services.questionnaires import shipped

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< >>\nendobj\n%%EOF\n"
DAY = date(2026, 11, 1)


def by_kind(kind, **wanted):
    """Return the first question of the shipped questionnaire of a kind, with the attributes wanted."""
    for question in shipped("ai-sovereignty").questions:
        if question.kind == kind and all(getattr(question, name) == value for name, value in wanted.items()):
            return question
    raise AssertionError(f"no question of the kind {kind}")


def empty(user, organisation=None, name="Elsewhere", scope="full") -> Assessment:
    """Begin an assessment with nothing in it, in an organisation of its own unless one is given."""
    facts = ScopeFacts(organisation=name, home_jurisdictions=("Norway",), workload="Something")
    return assessments.start_assessment(user, shipped("ai-sovereignty"), facts, scope, organisation)


def result() -> ProbeResult:
    return ProbeResult.model_validate_json((EXAMPLES / "regional-hospital-probe-1.json").read_bytes())


def fill(assessment: Assessment, user) -> Assessment:
    """Answer a question of every kind, in every state, with every kind of evidence, files, probes and a dispute."""
    assessment.title, assessment.profile = "A whole one", shipped("ai-sovereignty").profiles[0].id
    assessment.targets = {shipped("ai-sovereignty").dimensions[0].id: 4}
    assessment.save()
    ladder = by_kind("ladder")
    other = [one for one in shipped("ai-sovereignty").questions if one.kind == "ladder"][1:8]
    checklist, fact = by_kind("checklist"), by_kind("yes-no")

    def say(question, state="answered", level=None, note="", value=None, workload=None):
        answers.save_answer(assessment, question.id, state, level, note, user, value=value, workload=workload)

    say(ladder, level=2, note="Two lines,\r\nthe second: =1+1, “quoted”, \u00e4\u00f6\u00fc \U0001f600 #x")
    say(checklist, value=[checklist.items[0].id, checklist.items[-1].id], note="@SUM(A1)")
    say(fact, value="yes")
    say(by_kind("number"), value="3")
    say(by_kind("date"), value="2026-05-04")
    say(by_kind("text"), value="Letters: to [patients], yes")
    say(other[0], "unknown", note="asked on 12 November")
    say(other[1], "not-asked", note="  to be asked  ")
    second = workloads.add_workload(
        assessment, Workload(name="Triage: night", owner="Ward", criticality="important", tolerance_hours=0.5)
    )
    say(ladder, level=1, workload=second)
    say(other[0], level=3, note="only here", workload=second)
    role = _endpoint(assessment, user)
    run = _run(role.endpoint, user)
    _evidence(assessment, user, ladder, second, run)
    _dispute(assessment, user, role.endpoint, run)
    # Evidence that was given for a level which is not the answer any more, and for one that is gone.
    say(other[2], level=3)
    evidence.add_evidence(assessment, other[2].id, EvidenceFacts(kind=EvidenceKind.LOG, place="p"), "old", user)
    say(other[2], level=1)
    say(other[3], level=3)
    evidence.add_evidence(assessment, other[3].id, EvidenceFacts(kind=EvidenceKind.LOG, place="p"), "gone", user)
    say(other[3], "unknown")
    return assessment


def _endpoint(assessment, user):
    role = endpoints.register_endpoint(
        assessment,
        EndpointFacts(name="Gateway", url=result().target_url, part="model", key_mode="once", key_header="x-api-key"),
    )
    gone = endpoints.register_endpoint(
        assessment, EndpointFacts(name="Old", url="http://127.0.0.1:9998", part="fallback", ca_pem="-----BEGIN\nX")
    )
    endpoints.remove_endpoint(gone, "It was switched off", user)
    return role


def _run(endpoint, user):
    seen = result()
    at = timezone.now() - timedelta(days=1)
    return ProbeRun.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        requested_by=user,
        authority="test",
        target_url=endpoint.url,
        status=JobStatus.DONE,
        outcome=seen.outcome,
        result=seen.model_dump(mode="json"),
        result_sha256=seen.sha256,
        findings=[finding.model_dump(mode="json") for finding in seen.findings],
        started_at=at,
        finished_at=at,
    )


def _evidence(assessment, user, question, workload, run):
    for number, kind in enumerate(EvidenceKind):
        facts = EvidenceFacts(
            kind=kind,
            # A drill held in the product whose own record makes it no test stays none elsewhere.
            observed_only=kind is EvidenceKind.DRILL,
            place=f"Shelf {number}",
            version="3.1",
            taken_on=DAY,
            expires_on=date(2027, 1, 31) if number % 2 else None,
            read=True,
            pass_mark="95 %",
            minutes=60 * number,
            passed=bool(number % 2),
            share_of_load=number,
            result="=cmd|' /C calc'!A0",
        )
        file = SimpleUploadedFile(f"order {number}.pdf", PDF + bytes([65 + number])) if number < 3 else None
        evidence.add_evidence(
            assessment,
            question.id,
            facts,
            f"+{kind.value} evidence",
            user,
            link="https://example.org/?a=1",
            witness="Auditor",
            probe_run=run if kind is EvidenceKind.PROBE else None,
            file=file,
        )
    evidence.add_evidence(
        assessment, question.id, EvidenceFacts(kind=EvidenceKind.LOG), "of the night", user, workload=workload
    )


def _dispute(assessment, user, endpoint, run):
    second = get_user_model().objects.filter(username="second").first()
    if second is None:
        second = get_user_model().objects.create_user("second")
    Membership.objects.get_or_create(
        organisation=assessment.organisation, user=second, defaults={"role": Role.ASSESSOR}
    )
    codes = [row["code"] for row in run.findings]
    disputes.raise_dispute(assessment, endpoint, codes[0], "It is our own", user)
    accepted = disputes.raise_dispute(assessment, endpoint, codes[1], "Looked at\nthe host", user)
    disputes.decide(accepted, second, accepted=True, note="Seen")
    rejected = disputes.raise_dispute(assessment, endpoint, codes[2], "Wrong", user)
    disputes.decide(rejected, second, accepted=False)
