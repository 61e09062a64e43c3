"""What an assessment holds as one plain structure: what every file that leaves says, and what a file that comes is
compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessor import queries
from assessor.content import content_hash
from assessor.models import (
    Answer,
    Assessment,
    Attachment,
    Dispute,
    Endpoint,
    EndpointRole,
    Evidence,
    ProbeRun,
    Workload,
)
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.tiers import EvidenceKind
from assessor.services.answer_file import FileEvidence
from assessor.services.questionnaires import questionnaire_of

NO_ANSWER: tuple[str, None, None, str] = (Answer.State.NOT_ASKED, None, None, "")
# What a probe run is named by in the evidence it became (see `services.evidence`).
RUN_PREFIX = "sha256 "
SAID_ELSEWHERE = ("raised_by", "raised_at", "decision", "decided_by", "decided_at", "note")


def mark(state: str, level: int | None, value: Any, note: str) -> str:
    """Return the mark of an answer: twelve hex digits of the hash of what it says."""
    return content_hash([state, level, value, note])[:12]


@dataclass(frozen=True)
class Standing:
    """What stands in an assessment now; `answers` are keyed by workload id (None for all) and question."""

    assessment: Assessment
    questionnaire: Questionnaire
    workloads: list[Workload]
    answers: dict[tuple[object, str], Answer]
    roles: list[EndpointRole]
    disputes: list[Dispute]
    runs: dict[object, list[ProbeRun]]

    def said(self, workload: object, question: str) -> tuple[str, int | None, Any, str]:
        """Return state, level, value and note of an answer; those of “not answered yet” where there is none."""
        row = self.answers.get((workload, question))
        return NO_ANSWER if row is None else (row.state, row.level, row.value, row.note)


def standing(assessment: Assessment, *, with_runs: bool = False) -> Standing:
    """Read everything an exchange needs in ten queries at most; `with_runs` reads the results of probes too."""
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    links = Assessment.workloads.through.objects.filter(assessment=assessment).order_by("pk")
    roles = EndpointRole.objects.filter(assessment=assessment, endpoint__deleted_at=None).select_related(
        "endpoint", "workload"
    )
    roles = list(roles.order_by("endpoint__name", "endpoint__url", "part", "workload__name"))
    disputed = Dispute.objects.filter(assessment=assessment, withdrawn_at=None)
    return Standing(
        assessment=assessment,
        questionnaire=questionnaire,
        workloads=[link.workload for link in links.select_related("workload")],
        answers={(row.workload_id, row.question): row for row in queries.answers_of(assessment, with_files=True)},
        roles=roles,
        disputes=list(disputed.select_related("endpoint", "raised_by", "decided_by").order_by("raised_at", "pk")),
        runs=_runs(assessment, roles, with_results=with_runs),
    )


def _runs(assessment: Assessment, roles: list[EndpointRole], *, with_results: bool) -> dict[object, list[ProbeRun]]:
    """Return, by endpoint, the runs that matter: the latest good one at its address, and those used as evidence."""
    if not roles:
        return {}
    used = Evidence.objects.filter(answer__assessment=assessment, removed_at=None).exclude(probe_run=None)
    latest = queries.last_good_runs([role.endpoint for role in roles])
    wanted = {run.pk for run in latest.values()} | set(used.values_list("probe_run", flat=True))
    urls = {role.endpoint_id: role.endpoint.url for role in roles}
    rows = ProbeRun.objects.filter(pk__in=wanted, endpoint__in=urls).exclude(result=None)
    rows = rows.order_by("finished_at", "result_sha256")
    runs: dict[object, list[ProbeRun]] = {}
    for run in rows.defer("sealed_key", "findings", *(() if with_results else ("result",))):
        if run.target_url == urls[run.endpoint_id]:
            runs.setdefault(run.endpoint_id, []).append(run)
    return runs


def answer_data(now: Standing, *, with_files: bool = False) -> dict[str, Any]:
    """Return an assessment as the data of an answer file, the same for the same content.

    `with_files` names attachments and probe results too, for an archive that brings them along.
    """
    assessment, questionnaire = now.assessment, now.questionnaire
    first = now.workloads[0]
    data: dict[str, Any] = {
        "questionnaire": questionnaire.id,
        "questionnaire_version": questionnaire.version,
        "questionnaire_content": questionnaire.content_hash(),
        "scope": str(assessment.scope),
        "title": assessment.title,
        "organisation": {
            "name": assessment.organisation.name,
            "home_jurisdictions": list(assessment.organisation.home_jurisdictions),
        },
        "workload": workload_data(first),
        "profile": assessment.profile,
        "targets": dict(sorted(assessment.targets.items())),
        "answers": _answers(now, None, with_files),
        "workloads": [
            _sparse({**workload_data(one), "answers": _answers(now, one.pk, with_files)}) for one in now.workloads[1:]
        ],
        "endpoints": [_endpoint(now, role, first, with_files) for role in now.roles],
        "disputes": [dispute_data(one) for one in now.disputes],
    }
    kept = ("questionnaire", "scope", "title", "organisation", "workload", "answers")
    return {name: value for name, value in data.items() if name in kept or value}


def _sparse(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, "", False, [], {}, ())}


def workload_data(workload: Workload) -> dict[str, Any]:
    """Return the facts of a workload as a file says them."""
    hours = workload.tolerance_hours
    return {
        "name": workload.name,
        "owner": workload.owner,
        "criticality": str(workload.criticality),
        "tolerance_hours": int(hours) if hours is not None and hours.is_integer() else hours,
    }


def _answers(now: Standing, workload: object, with_files: bool) -> dict[str, Any]:
    """Return the answers about one workload, in the order in which they are asked."""
    found = {}
    for question in now.questionnaire.questions:
        row = now.answers.get((workload, question.id))
        if row is not None:
            evidence = [evidence_data(one, row.level, with_files) for one in row.evidence.all()]
            if row.state != Answer.State.NOT_ASKED or row.note.strip() or evidence:
                found[question.id] = _answer(row, evidence)
    return found


def _answer(row: Answer, evidence: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if row.state != Answer.State.ANSWERED:
        data["state"] = str(row.state)
    elif row.value is not None:
        data["value"] = row.value
    else:
        data["level"] = row.level
    if row.note:
        data["note"] = row.note
    if evidence:
        data["evidence"] = evidence
    data["was"] = mark(row.state, row.level, row.value, row.note)
    return data


def evidence_id(row: Evidence) -> str:
    """Return the id a row of evidence is known by in files: its own, or the one it came with."""
    return str(row.origin or row.pk)


def evidence_data(row: Evidence, answered: int | None, with_files: bool = False) -> dict[str, Any]:
    """Return one piece of evidence as a file says it, facts only."""
    data = {
        "id": evidence_id(row),
        "kind": str(row.kind),
        "description": row.description,
        "place": row.place,
        "version": row.document_version,
        "taken_on": row.taken_on.isoformat() if row.taken_on else "",
        "expires_on": row.expires_on.isoformat() if row.expires_on else "",
        "read": row.read,
        "pass_mark": row.pass_mark,
        "minutes": row.minutes,
        "passed": row.passed,
        "share_of_load": row.share_of_load,
        "result": row.result,
        "observed_only": row.observed_only,
        "witness": row.witness,
        "link": row.link,
        "for_level": row.level if row.level != answered else None,
    }
    # A share or a level of nought is one; a length of nought is none.
    nought = ("share_of_load", "for_level")
    kept = {name: value for name, value in data.items() if value or (value == 0 and name in nought)}
    if with_files and (files := [file_data(one) for one in row.attachments.all()]):
        kept["files"] = files
    return kept


def comparable(row: Evidence | FileEvidence) -> dict[str, Any]:
    """Return what two pieces of evidence are compared by: what they show, not their id, level or files."""
    if isinstance(row, Evidence):
        data = evidence_data(row, row.level)
        return {name: value for name, value in data.items() if name != "id"}
    data = row.model_dump(mode="json", exclude_defaults=True, exclude={"id", "for_level", "files"})
    return {name: value for name, value in data.items() if value not in (None, "")}


def file_data(one: Attachment) -> dict[str, Any]:
    """Return an attachment as an archive names it."""
    return {"name": one.name, "sha256": one.sha256, "size": one.size}


def _endpoint(now: Standing, role: EndpointRole, first: Workload, with_files: bool) -> dict[str, Any]:
    endpoint = role.endpoint
    runs = now.runs.get(role.endpoint_id, []) if with_files else []
    return _sparse(
        {
            "name": endpoint.name,
            "url": endpoint.url,
            "role": str(role.part),
            "workload": role.workload.name if role.workload_id != first.pk else "",
            "asks_key": endpoint.key_mode != Endpoint.KeyMode.NONE,
            "key_header": endpoint.key_header if endpoint.key_header != "Authorization" else "",
            "ca_pem": endpoint.ca_pem,
            "root_paths": endpoint.root_paths,
            "allow_chat": endpoint.allow_chat,
            "probes": list(dict.fromkeys(run.result_sha256 for run in runs)),
            "removed": role.removed_because if role.removed_at else "",
        }
    )


def dispute_data(one: Dispute) -> dict[str, Any]:
    """Return a dispute as a file says it: with what was said where it was raised, and a decision made here."""
    said = dict(one.elsewhere)
    if not said:
        said = {"raised_by": one.raised_by.kept_name if one.raised_by else "", "raised_at": one.raised_at.isoformat()}
    if one.decided_at is not None and one.decided_by is not None:
        said |= {
            "decision": "accepted" if one.accepted else "rejected",
            "decided_by": one.decided_by.kept_name,
            "decided_at": one.decided_at.isoformat(),
            "note": one.decision_note,
        }
    return _sparse(
        {
            "endpoint": one.endpoint.name,
            "url": one.endpoint.url,
            "code": one.code,
            "reason": one.reason,
            **{
                name: said.get(name, "")
                for name in ("raised_by", "raised_at", "decision", "decided_by", "decided_at", "note")
            },
        }
    )


def run_sha256(row: FileEvidence) -> str:
    """Return the sha256 of the probe run that evidence stands for, "" where it names none."""
    named = row.kind is EvidenceKind.PROBE and row.version.startswith(RUN_PREFIX)
    return row.version.removeprefix(RUN_PREFIX) if named else ""
