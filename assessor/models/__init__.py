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
from assessor.models.audit import AuditChain, AuditEvent, AuditStays
from assessor.models.components import (
    Component,
    ComponentEndpoint,
    ComponentQuestion,
    ComponentRevision,
    Fallback,
    Requires,
)
from assessor.models.disputes import Dispute
from assessor.models.documents import Document
from assessor.models.drills import DrillPlan, DrillRun
from assessor.models.imports import PendingImport
from assessor.models.inventory import Endpoint, EndpointRole
from assessor.models.keeping import OrganisationExport, PendingOrganisation, Retention
from assessor.models.organisations import LOCAL_USERNAME, Invitation, Membership, Organisation, Role, User, Workload
from assessor.models.probes import HeardChange, Job, JobStatus, ProbeImport, ProbePlan, ProbeRun, ProbeSchedule
from assessor.models.reports import Report
from assessor.models.roadmaps import MoveOwner
from assessor.models.rounds import AppendOnly, Remark, ReviewStep, SignOff, signed_scorecards
from assessor.models.scenarios import Exercise, ExerciseEntry, OwnScenario, SimulatedScenario, Simulation
from assessor.models.shaping import Brand, BrandPicture, ReportSettings, ReportWords, ReportWordsRevision
from assessor.models.teamwork import Assignment, Comment, Mention
from assessor.models.templates import AssessmentTemplate
from assessor.models.uploads import UploadCount, UploadToken
from assessor.models.workers import WorkerBeat

__all__ = [
    "FACT_FIELDS",
    "LOCAL_USERNAME",
    "Answer",
    "AnswerRevision",
    "AppendOnly",
    "Assessment",
    "AssessmentTemplate",
    "Assignment",
    "Attachment",
    "AuditChain",
    "AuditEvent",
    "AuditStays",
    "Brand",
    "BrandPicture",
    "Comment",
    "Component",
    "ComponentEndpoint",
    "ComponentQuestion",
    "ComponentRevision",
    "Dispute",
    "Document",
    "DrillPlan",
    "DrillRun",
    "Endpoint",
    "EndpointRole",
    "Evidence",
    "Exercise",
    "ExerciseEntry",
    "Fallback",
    "HeardChange",
    "Invitation",
    "Job",
    "JobStatus",
    "Membership",
    "Mention",
    "MoveOwner",
    "Organisation",
    "OrganisationExport",
    "OwnScenario",
    "PendingImport",
    "PendingOrganisation",
    "ProbeImport",
    "ProbePlan",
    "ProbeRun",
    "ProbeSchedule",
    "QuestionnaireVersion",
    "Remark",
    "Report",
    "ReportSettings",
    "ReportWords",
    "ReportWordsRevision",
    "Requires",
    "Retention",
    "ReviewStep",
    "Role",
    "SignOff",
    "SimulatedScenario",
    "Simulation",
    "UploadCount",
    "UploadToken",
    "User",
    "WorkerBeat",
    "Workload",
    "evidence_facts",
    "signed_scorecards",
]
