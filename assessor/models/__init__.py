"""The state of the product; every row below an organisation is reached through its scope."""

from assessor.models.assessments import (
    FACT_FIELDS,
    Answer,
    AnswerRevision,
    Assessment,
    Evidence,
    QuestionnaireVersion,
    evidence_facts,
)
from assessor.models.attachments import Attachment
from assessor.models.disputes import Dispute
from assessor.models.drills import DrillPlan, DrillRun
from assessor.models.imports import PendingImport
from assessor.models.inventory import Endpoint, EndpointRole
from assessor.models.organisations import LOCAL_USERNAME, Membership, Organisation, Role, User, Workload
from assessor.models.probes import Job, JobStatus, ProbeImport, ProbePlan, ProbeRun, ProbeSchedule
from assessor.models.reports import Report

__all__ = [
    "FACT_FIELDS",
    "LOCAL_USERNAME",
    "Answer",
    "AnswerRevision",
    "Assessment",
    "Attachment",
    "Dispute",
    "DrillPlan",
    "DrillRun",
    "Endpoint",
    "EndpointRole",
    "Evidence",
    "Job",
    "JobStatus",
    "Membership",
    "Organisation",
    "PendingImport",
    "ProbeImport",
    "ProbePlan",
    "ProbeRun",
    "ProbeSchedule",
    "QuestionnaireVersion",
    "Report",
    "Role",
    "User",
    "Workload",
    "evidence_facts",
]
