"""What of an organisation is carried, table by table, and what is left out and why; a test has new models choose.

The order is that of rows that name each other: what is named comes first, as far as that goes.
"""

from collections.abc import Mapping

from django.db import models

from assessor.models import (
    Answer,
    AnswerRevision,
    Assessment,
    AssessmentTemplate,
    Assignment,
    Attachment,
    Brand,
    BrandPicture,
    Comment,
    Component,
    ComponentEndpoint,
    ComponentQuestion,
    ComponentRevision,
    Dispute,
    DrillPlan,
    DrillRun,
    Endpoint,
    EndpointRole,
    Evidence,
    Exercise,
    ExerciseEntry,
    Fallback,
    HeardChange,
    Mention,
    MoveOwner,
    Organisation,
    OwnScenario,
    ProbeImport,
    ProbePlan,
    ProbeRun,
    ProbeSchedule,
    QuestionnaireVersion,
    Remark,
    Report,
    ReportSettings,
    ReportWords,
    ReportWordsRevision,
    Requires,
    Retention,
    ReviewStep,
    SignOff,
    SimulatedScenario,
    Simulation,
    Workload,
)

CARRIED: tuple[type[models.Model], ...] = (
    Organisation,
    QuestionnaireVersion,
    Workload,
    Assessment,
    Answer,
    AnswerRevision,
    Assignment,
    Comment,
    Mention,
    MoveOwner,
    ReviewStep,
    Remark,
    SignOff,
    Endpoint,
    EndpointRole,
    ProbeSchedule,
    ProbePlan,
    ProbeRun,
    ProbeImport,
    HeardChange,
    DrillPlan,
    DrillRun,
    Evidence,
    Attachment,
    Dispute,
    Component,
    ComponentRevision,
    Requires,
    Fallback,
    ComponentEndpoint,
    ComponentQuestion,
    OwnScenario,
    Simulation,
    SimulatedScenario,
    Exercise,
    ExerciseEntry,
    BrandPicture,
    Brand,
    AssessmentTemplate,
    ReportSettings,
    ReportWords,
    ReportWordsRevision,
    Report,
    Retention,
)
# Models of ours that are not carried, by name, so that one of a later release can be named before it is everywhere.
LEFT_OUT: Mapping[str, str] = {
    "User": "people are carried as a name and a mail address: accounts belong to an installation",
    "Membership": "who may enter is decided anew where it arrives",
    "Invitation": "a link opens one installation and not another",
    "AuditChain": "the trail tells what was done in one installation, and its hashes hold only there",
    "AuditEvent": "see AuditChain; it is exported on its own page",
    "UploadToken": "a token is a secret of one installation",
    "UploadCount": "counts of one hour, of no organisation",
    "PendingImport": "a file that waits for two hours; bring it in again",
    "Document": "made again from what is carried whenever somebody asks",
    "OrganisationExport": "the file that is being made",
    "WorkerBeat": "which workers run is a matter of one installation",
    "PendingOrganisation": "of no organisation yet",
}
# What is not carried of a row: secrets, however sealed; what names a place of this installation; work under way.
BLANKED: Mapping[str, frozenset[str]] = {
    # How one enters is decided anew where it arrives, like who does.
    "Organisation": frozenset({"second_step_required"}),
    "Endpoint": frozenset({"key_reference", "client_certificate"}),
    "ProbeRun": frozenset({"sealed_key", "lease_until", "progress"}),
    "DrillRun": frozenset({"sealed_key", "sealed_candidate_key", "lease_until", "progress"}),
    "Report": frozenset({"file", "board_file", "lease_until", "progress"}),
    "Attachment": frozenset({"file"}),
}


def name_of(model: type[models.Model]) -> str:
    """Return what a table is called in the archive."""
    return model.__name__


def is_blanked(model: type[models.Model], field: str) -> bool:
    """Tell whether a column is left empty; whatever says that it is sealed is, even where nobody thought of it."""
    return field in BLANKED.get(name_of(model), frozenset()) or "sealed" in field


def fields_of(model: type[models.Model]) -> list["models.Field"]:
    """Return the columns that are carried, without the organisation, which is the same for all."""
    return [
        field
        for field in model._meta.concrete_fields
        if not is_blanked(model, field.name) and field.related_model is not Organisation
    ]
