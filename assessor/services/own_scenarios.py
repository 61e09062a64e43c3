"""An organisation's own scenarios: taken in from a file or a form, checked like shipped ones, kept by version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from pydantic import ValidationError

from assessor.content import read_yaml
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.models import Organisation, OwnScenario, User
from assessor.scenarios.loader import parse_scenario
from assessor.scenarios.scenario import Scenario
from assessor.services.scenario_catalogue import shipped

MOST_OWN = 100


class ScenarioRefused(AssessorError):
    """A scenario cannot be kept; `fields` says which parts are wrong and why."""

    def __init__(self, reason: str, *, fields: Mapping[str, str] | None = None, **more: Any) -> None:
        self.fields = dict(fields or {})
        super().__init__(reason, **more)


def read_upload(raw: bytes, name: str) -> Scenario:
    """Read a scenario from an uploaded file; raises `ContentErrors` with every fault at its line."""
    try:
        document = read_yaml(raw, name)
    except ContentError as error:
        raise ContentErrors([error]) from error
    return parse_scenario(document)


def checked(data: Mapping[str, Any]) -> Scenario:
    """Build a scenario from what a form holds; raises `ScenarioRefused` with the parts that are wrong."""
    try:
        return Scenario.model_validate(dict(data))
    except ValidationError as error:
        fields = {}
        for item in error.errors(include_url=False):
            path = [str(part) for part in item["loc"] if not isinstance(part, int)]
            fields[path[-1] if path else ""] = item["msg"].removeprefix("Value error, ")
        raise ScenarioRefused(
            N_("The scenario does not hang together: {faults}."),
            fields=fields,
            faults="; ".join(f"{name}: {text}" if name else text for name, text in fields.items()),
        ) from error


@transaction.atomic
def keep(organisation: Organisation, scenario: Scenario, user: User) -> OwnScenario:
    """Keep a scenario; one of the same id is replaced, and stays as an earlier version."""
    if scenario.id in {one.id for one in shipped()}:
        raise ScenarioRefused(
            N_("“{id}” is the id of a shipped scenario."),
            remedy=N_("Choose an id of your own; the rest may stay."),
            id=scenario.id,
        )
    # Locked, so that two people who save at once make two versions.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    rows = OwnScenario.objects.filter(organisation=organisation)
    now = rows.filter(scenario=scenario.id, replaced_at=None).first()
    digest = scenario.content_hash()
    if now is not None and now.content_hash == digest:
        return now
    if now is None and rows.filter(replaced_at=None).count() >= MOST_OWN:
        raise ScenarioRefused(
            N_("{most} own scenarios are kept already."), remedy=N_("Take out some that nobody plays."), most=MOST_OWN
        )
    last = rows.filter(scenario=scenario.id).aggregate(last=Max("version"))["last"] or 0
    if now is not None:
        now.replaced_at = timezone.now()
        now.save(update_fields=["replaced_at"])
    return OwnScenario.objects.create(
        organisation=organisation,
        scenario=scenario.id,
        version=last + 1,
        content=scenario.model_dump(mode="json"),
        content_hash=digest,
        added_by=user,
    )


def take_out(row: OwnScenario) -> None:
    """Play a scenario no longer; exercises held on it keep what they saw."""
    if row.replaced_at is None:
        row.replaced_at = timezone.now()
        row.save(update_fields=["replaced_at"])
