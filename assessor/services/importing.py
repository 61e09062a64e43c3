"""Stores an answer file as an assessment, with the probes that were just held."""

from django.db import transaction
from django_scopes import scope

from assessor.content import Document
from assessor.models import Assessment, Endpoint, User, Workload
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Questionnaire
from assessor.services import assessments, endpoints, workloads
from assessor.services.answer_file import AnswerFile, FileEndpoint
from assessor.services.exchange import bringing_in
from assessor.services.exchange.plan import Incoming
from assessor.services.exchange.plan_endpoints import store_run


@transaction.atomic
def store(
    user: User,
    file: AnswerFile,
    questionnaire: Questionnaire,
    document: Document,
    probes: dict[int, ProbeResult],
    *,
    held_here: bool = False,
) -> Assessment:
    """Create organisation, assessment, answers, evidence, endpoints and runs; all of it or nothing.

    `held_here` tells that this installation has just held the probes; results that came as files are unsigned.
    """
    assessment = assessments.start_assessment(user, questionnaire, file.facts, file.scope)
    with scope(organisation=assessment.organisation):
        for workload in file.workloads:
            workloads.add_workload(assessment, Workload(**workload.model_dump(exclude={"answers"})))
        for number, endpoint in enumerate(file.endpoints):
            _store_endpoint(assessment, endpoint, probes.get(number), user, held_here=held_here)
        # Endpoints stand already, with what only the command line may read; the rest comes in as from any file.
        plain = [one.model_copy(update={"ca_file": None, "key_env": None, "probes": ()}) for one in file.endpoints]
        rest = Incoming(file.model_copy(update={"endpoints": tuple(plain)}), document, "yaml")
        bringing_in.apply(assessment, rest, user, take="*")
    return assessment


def _store_endpoint(
    assessment: Assessment, row: FileEndpoint, result: ProbeResult | None, user: User, *, held_here: bool
) -> None:
    about = assessment.workloads.filter(name__iexact=row.workload).first() if row.workload else None
    role = endpoints.register_endpoint(
        assessment,
        endpoints.EndpointFacts(
            name=row.name,
            url=row.url,
            part=row.role,
            key_mode=Endpoint.KeyMode.ONCE if row.key_env or row.asks_key else Endpoint.KeyMode.NONE,
            key_header=row.key_header,
            ca_pem=row.ca_file.read_text() if row.ca_file else row.ca_pem,
            root_paths=row.root_paths,
            allow_chat=row.allow_chat,
        ),
        about,
        user,
    )
    if row.removed:
        endpoints.remove_endpoint(role, row.removed, user)
    if result is None:
        return
    authority = "Held from the command line by the person who runs it." if held_here else "Brought in from a file."
    store_run(role.endpoint, result, user, authority, imported=not held_here)
