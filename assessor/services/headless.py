"""The whole job from one answer file, without a database: answers, probes, score, report model."""

import os
import platform
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from assessor.errors import N_, AssessorError
from assessor.probes import patience
from assessor.probes.result import ProbeResult
from assessor.probes.target import Key, Policy, Target
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports.inputs import AnswerRecord, EndpointRecord, EvidenceRecord, ReportInput
from assessor.scoring.crosswalk import derive
from assessor.scoring.roadmap import targets_of
from assessor.scoring.score import score
from assessor.scoring.scorecard import ProbedEndpoint
from assessor.scoring.tiers import counts_until, derive_tier, is_stale
from assessor.services.answer_file import AnswerFile, FileAnswer, FileEndpoint
from assessor.services.crosswalks import speaks_about
from assessor.services.questionnaires import installed


class KeyMissing(AssessorError):
    """An endpoint's key is not in the environment."""


def probe_endpoint(endpoint: FileEndpoint, policy: Policy, say: Callable[[str], None]) -> ProbeResult:
    """Probe one endpoint of the file; raises `KeyMissing` when its key is not in the environment."""
    key = None
    if endpoint.key_env:
        value = os.environ.get(endpoint.key_env, "")
        if not value:
            raise KeyMissing(
                N_("The variable {name} holds no key for the endpoint “{endpoint}”."),
                remedy=N_("Set it, or take key_env out of the file."),
                name=endpoint.key_env,
                endpoint=endpoint.name,
            )
        key = Key(value, endpoint.key_header)
    with tempfile.TemporaryDirectory(prefix="assessor-ca-") as folder:
        ca_file = endpoint.ca_file
        if ca_file is None and endpoint.ca_pem.strip():
            ca_file = Path(folder) / "ca.pem"
            ca_file.write_text(endpoint.ca_pem)
        target = Target(
            url=endpoint.url,
            key=key,
            ca_file=ca_file,
            root_paths=endpoint.root_paths,
            allow_chat=endpoint.allow_chat,
        )
        return patience.run(
            target,
            policy,
            on_progress=lambda progress: say(f"{endpoint.name}: {progress.done}/{progress.total} {progress.doing}"),
            vantage=platform.node(),
            networks=settings.PROBE_NETWORKS,
        )


def _answer(answer: FileAnswer, question: Question | None, by: str, at: datetime, today: date) -> AnswerRecord:
    level, value = answer.fitted(question) if question else (answer.level, None)
    proves = question.proves_at(level or 0) if question else ()
    return AnswerRecord(
        state=answer.answer_state,
        level=level,
        value=tuple(value) if isinstance(value, list) else value,
        note=answer.note,
        answered_by=by,
        answered_at=at,
        evidence=tuple(
            EvidenceRecord(
                tier=derive_tier(row.facts, today, proves),
                kind=row.kind.value,
                description=row.description,
                place=row.place,
                version=row.version,
                taken_on=row.taken_on,
                expires_on=row.expires_on,
                stale=is_stale(row.facts, today),
                counts_until=counts_until(row.facts),
                link=row.link,
                result=row.result,
                failed=row.facts.failed,
            )
            for row in answer.evidence
        ),
    )


def report_input(
    file: AnswerFile, questionnaire: Questionnaire, probes: dict[int, ProbeResult], now: datetime
) -> ReportInput:
    """Return everything the report says; `probes` are keyed by the place of the endpoint in the file."""
    today = now.date()
    seen = tuple(
        ProbedEndpoint(
            id=f"endpoint-{number + 1}",
            name=endpoint.name,
            role=endpoint.role,
            findings=probes[number].findings if number in probes else (),
        )
        for number, endpoint in enumerate(file.endpoints)
    )
    given = file.given(today, questionnaire)
    card = score(questionnaire, given, seen, file.scope)
    return ReportInput(
        title=file.title or questionnaire.title,
        organisation=file.organisation.name,
        home_jurisdictions=file.organisation.home_jurisdictions,
        workload=file.workload.name,
        workload_owner=file.workload.owner,
        criticality=file.workload.criticality,
        tolerance_hours=file.workload.tolerance_hours,
        assessor=file.assessor,
        questionnaire=questionnaire,
        scorecard=card,
        answers={
            question: _answer(answer, questionnaire.question(question), file.assessor, now, today)
            for question, answer in file.answers.items()
            if answer.answer_state != "not-asked"
        },
        endpoints=tuple(
            EndpointRecord(
                id=f"endpoint-{number + 1}",
                name=endpoint.name,
                url=endpoint.url,
                role=endpoint.role,
                workload=file.workload.name,
                probe=probes.get(number),
            )
            for number, endpoint in enumerate(file.endpoints)
        ),
        made_at=now,
        product_version=settings.VERSION,
        targets=targets_of(questionnaire),
        derivations=tuple(
            (one, derive(one, questionnaire, card, given)) for one in speaks_about(questionnaire, installed())
        ),
    )
