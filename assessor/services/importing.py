"""Stores an answer file as an assessment, with the probes that were just held."""

from django.db import transaction
from django.utils import timezone
from django_scopes import scope

from assessor.models import Assessment, Endpoint, JobStatus, ProbeRun, User
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Questionnaire
from assessor.services import answers, assessments, endpoints, evidence
from assessor.services.answer_file import AnswerFile, FileEndpoint


@transaction.atomic
def store(
    user: User,
    file: AnswerFile,
    questionnaire: Questionnaire,
    probes: dict[int, ProbeResult],
    *,
    held_here: bool = False,
) -> Assessment:
    """Create organisation, assessment, answers, evidence, endpoints and runs; all of it or nothing.

    `held_here` tells that this installation has just held the probes; results that came as files are unsigned.
    """
    assessment = assessments.start_assessment(user, questionnaire, file.facts, file.scope)
    with scope(organisation=assessment.organisation):
        for question, answer in file.answers.items():
            if answer.answer_state == "not-asked":
                continue
            asked = questionnaire.question(question)
            level, value = answer.fitted(asked) if asked is not None else (answer.level, None)
            answers.save_answer(assessment, question, answer.answer_state, level, answer.note, user, value=value)
            for row in answer.evidence:
                evidence.add_evidence(
                    assessment, question, row.facts, row.description, user, link=row.link, witness=row.witness
                )
        for number, endpoint in enumerate(file.endpoints):
            _store_endpoint(assessment, endpoint, probes.get(number), user, held_here=held_here)
    return assessment


def _store_endpoint(
    assessment: Assessment, row: FileEndpoint, result: ProbeResult | None, user: User, *, held_here: bool
) -> None:
    role = endpoints.register_endpoint(
        assessment,
        endpoints.EndpointFacts(
            name=row.name,
            url=row.url,
            part=row.role,
            key_mode=Endpoint.KeyMode.ONCE if row.key_env else Endpoint.KeyMode.NONE,
            key_header=row.key_header,
            ca_pem=row.ca_file.read_text() if row.ca_file else "",
            root_paths=row.root_paths,
            allow_chat=row.allow_chat,
        ),
    )
    if result is None:
        return
    failed = result.outcome in {"refused", "unreachable"}
    ProbeRun.objects.create(
        organisation=assessment.organisation,
        endpoint=role.endpoint,
        requested_by=user,
        authority="Held from the command line by the person who runs it." if held_here else "Brought in from a file.",
        imported=not held_here,
        target_url=row.url,
        status=JobStatus.FAILED if failed else JobStatus.DONE,
        attempt=1,
        result=result.model_dump(mode="json"),
        result_sha256=result.sha256,
        outcome=result.outcome,
        findings=[finding.model_dump(mode="json") for finding in result.findings],
        started_at=timezone.now(),
        finished_at=timezone.now(),
        error=result.error if failed else "",
    )
