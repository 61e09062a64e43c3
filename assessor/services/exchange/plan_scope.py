"""What an assessment is about: organisation, workloads, kind of organisation and targets, as a file says them."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from assessor.errors import N_, ContentErrors
from assessor.models import Assessment, Organisation, Workload
from assessor.services import workloads as workload_service
from assessor.services.answer_file import FileWorkload
from assessor.services.exchange.blank_yaml import PLACEHOLDERS
from assessor.services.exchange.gather import Standing, workload_data
from assessor.services.exchange.plan import Change, Doing, Incoming, Kind, Said

Saver = Callable[[Doing, Any], None]


def scope_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each fact that the file gives: one that is empty here is new, any other is for a person."""
    file, assessment = incoming.file, now.assessment
    organisation = assessment.organisation
    named = (
        ("organisation", _("Organisation"), organisation.name, file.organisation.name, _of_organisation("name")),
        (
            "home_jurisdictions",
            _("Home jurisdiction"),
            list(organisation.home_jurisdictions),
            list(file.organisation.home_jurisdictions),
            _of_organisation("home_jurisdictions"),
        ),
        ("title", _("Title"), assessment.title, file.title, _of_assessment("title")),
        ("profile", _("Kind of organisation"), assessment.profile, file.profile, _of_assessment("profile")),
        ("targets", _("Targets"), dict(assessment.targets), dict(file.targets), _of_assessment("targets")),
    )
    for key, title, stands, given, save in named:
        yield from _fact(f"scope:{key}", "", title, stands, given, save)
    yield from _workload_facts("scope:workload", now.workloads[0], file.workload, "")


def _fact(key: str, detail: str, title: str, stands: Any, given: Any, save: Saver) -> Iterator[Change]:
    if given in (None, "", [], {}) or given in PLACEHOLDERS or (isinstance(given, list) and given[0] in PLACEHOLDERS):
        return
    kind: Kind = "unchanged" if stands == given else "new" if stands in (None, "", [], {}) else "conflict"
    yield Change(
        key=key,
        group="scope",
        kind=kind,
        title=title,
        detail=detail,
        before=Said(_words(stands)),
        after=Said(_words(given)),
        why=_("Another assessment may be meant. Take it over only if this is the right one.")
        if kind == "conflict"
        else "",
        raw=[stands, given],
        do=lambda doing: save(doing, given),
    )


def _words(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {level}" for name, level in value.items())
    return str(Workload.Criticality(value).label) if value in Workload.Criticality.values else str(value)


def _of_organisation(field: str) -> Saver:
    def save(doing: Doing, given: Any) -> None:
        organisation: Organisation = doing.now.assessment.organisation
        setattr(organisation, field, given)
        organisation.save(update_fields=[field])

    return save


def _of_assessment(field: str) -> Saver:
    def save(doing: Doing, given: Any) -> None:
        assessment: Assessment = doing.now.assessment
        setattr(assessment, field, given)
        assessment.save(update_fields=[field, "changed_at"])

    return save


def _workload_facts(key: str, stands: Workload, given: FileWorkload, detail: str) -> Iterator[Change]:
    labels = {
        "name": _("Workload"),
        "owner": _("Owner of the workload"),
        "criticality": _("Criticality"),
        "tolerance_hours": _("Tolerance in hours"),
    }
    facts, said = workload_data(stands), given.model_dump(include=set(labels))
    untouched = given.name in PLACEHOLDERS
    for field, label in labels.items():
        if field == "criticality" and (untouched or "criticality" not in given.model_fields_set):
            # Left as the empty file has it, or left out: nothing was said.
            continue
        yield from _fact(f"{key}:{field}", detail, label, facts[field], said[field], _of_workload(stands, field))


def _of_workload(workload: Workload, field: str) -> Saver:
    def save(_doing: Doing, given: Any) -> None:
        setattr(workload, field, given)
        workload.save(update_fields=[field])

    return save


def workload_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each further workload of the file; raises `ContentErrors` when there would be too many."""
    known = {one.name.casefold(): one for one in now.workloads}
    fresh = 0
    for number, given in enumerate(incoming.file.workloads):
        stands = known.get(given.name.casefold())
        if stands is not None:
            yield from _workload_facts(f"workload:{stands.pk}", stands, given, given.name)
            continue
        fresh += 1
        if len(known) + fresh > workload_service.MOST:
            fault = incoming.document.error(
                ("workloads", number),
                N_("An assessment speaks of {most} workloads at most."),
                N_("Begin a second one."),
                most=workload_service.MOST,
            )
            raise ContentErrors([fault])
        yield Change(
            key=f"workload:{given.name}",
            group="workloads",
            kind="new",
            title=given.name,
            after=Said(_words(str(given.criticality)), given.owner),
            raw=given.model_dump(mode="json", exclude={"answers"}),
            do=_adder(given),
        )


def _adder(given: FileWorkload) -> Callable[[Doing], None]:
    def add(doing: Doing) -> None:
        workload = Workload(
            name=given.name,
            owner=given.owner,
            criticality=given.criticality,
            tolerance_hours=given.tolerance_hours,
        )
        doing.workloads[given.name.casefold()] = workload_service.add_workload(doing.now.assessment, workload)

    return add
