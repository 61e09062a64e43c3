"""From YAML files to checked scenarios, with their translations; every fault names file, line, reason and remedy."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assessor.content import Document, read_yaml_file, validate
from assessor.errors import N_, ContentError, ContentErrors
from assessor.questionnaire.overlay import Overlay, OverlayFault, faults_against, source_hash
from assessor.scenarios.scenario import Scenario

FOLDER = "scenarios"

_REMEDIES = {
    "id": N_("Write lower-case letters, digits and hyphens."),
    "version": N_("Write year and month in quotes, such as “2026.11”."),
    "causes": N_("Write legal, political, commercial, technical, physical or people."),
    "effect": N_(
        "Write removed, degraded, changed, barred-by-own-rule, compelled, price-times, no-new or people-gone."
    ),
    "kind": N_("Write a kind of component, such as model, gateway or safety-check."),
    "hosting": N_("Write a form of hosting, such as public-saas or own-premises."),
    "country": N_("Write two capital letters, such as DE."),
    "origin": N_("Write two capital letters, such as DE."),
    "place": N_("Write two capital letters, such as DE."),
    "pick": N_("Write the attribute of which one value is taken, such as maker, country or sign-in."),
    "after_hours": N_("Write hours after the beginning, as a number."),
    "until_hours": N_("Write hours after the beginning, later than after_hours."),
    "at_hours": N_("Write hours after the beginning, as a number."),
    "dated": N_("Write the day as year-month-day, or the month as year-month."),
}
_ANY_REMEDY = N_("See questionnaires/scenarios/README.md for what belongs here.")


def parse_scenario(document: Document) -> Scenario:
    """Build a scenario from parsed YAML, ours or somebody's own; raises `ContentErrors` with every fault."""
    if not isinstance(document.data, dict):
        fault = document.error(
            (), N_("There is no scenario in this file."), N_("Begin with id, version, title and story.")
        )
        raise ContentErrors([fault])
    try:
        return validate(Scenario, document)
    except ContentErrors as faults:
        raise ContentErrors([_with_remedy(fault) for fault in faults.errors if not _echoes(fault, faults)]) from faults


def load_scenario(path: Path) -> Scenario:
    """Read and check one file; raises `ContentErrors`."""
    try:
        document = read_yaml_file(path)
    except ContentError as error:
        raise ContentErrors([error]) from error
    scenario = parse_scenario(document)
    if path.stem != scenario.id:
        reason = N_("The id “{id}” is not the name of the file, “{name}”.")
        remedy = N_("Give both the same name.")
        raise ContentErrors([document.error(("id",), reason, remedy, id=scenario.id, name=path.stem)])
    return scenario


def load_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """Read all scenarios of a folder, in the order of their names; raises `ContentErrors` with the faults of all."""
    found, faults = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(load_scenario(path))
        except ContentErrors as errors:
            faults += errors.errors
    if faults:
        raise ContentErrors(faults)
    return tuple(found)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def texts(scenario: Scenario) -> dict[str, str]:
    """Return every translatable text of a scenario by its key: `id.field`, with a place from 0 in lists."""
    found = {f"{scenario.id}.{name}": getattr(scenario, name) for name in ("title", "story", "recourse")}
    found |= {f"{scenario.id}.clock.{place}": one.text for place, one in enumerate(scenario.clock)}
    found |= {f"{scenario.id}.sources.{place}": one.name for place, one in enumerate(scenario.sources)}
    return found | {f"{scenario.id}.ask.{place}": one for place, one in enumerate(scenario.ask)}


def translate(scenario: Scenario, overlay: Overlay) -> Scenario:
    """Return a scenario in the language of an overlay, or unchanged where a text is missing or stale.

    Half of each language would help nobody. Whoever stores a result keeps id, version and hash of the source.
    """
    given = texts(scenario)
    found = {
        key: one.text
        for key in given
        if (one := overlay.texts.get(key)) is not None and one.of == source_hash(given[key])
    }
    if found.keys() != given.keys():
        return scenario
    name = scenario.id
    return scenario.model_copy(
        update={
            **{field: found[f"{name}.{field}"] for field in ("title", "story", "recourse")},
            "clock": tuple(
                one.model_copy(update={"text": found[f"{name}.clock.{place}"]})
                for place, one in enumerate(scenario.clock)
            ),
            "sources": tuple(
                one.model_copy(update={"name": found[f"{name}.sources.{place}"]})
                for place, one in enumerate(scenario.sources)
            ),
            "ask": tuple(found[f"{name}.ask.{place}"] for place in range(len(scenario.ask))),
        }
    )


def overlay_faults(scenarios: Iterable[Scenario], overlay: Overlay) -> list[OverlayFault]:
    """Return what a translation of scenarios lacks or has too much; [] when it is complete."""
    return faults_against({key: text for scenario in scenarios for key, text in texts(scenario).items()}, overlay)


def _echoes(fault: ContentError, faults: ContentErrors) -> bool:
    """Tell whether a list is called too short only because its items are faulty, which is told already."""
    inside = f"{fault.params.get('where', '')}."
    return "after validation" in str(fault.params.get("problem")) and any(
        str(other.params.get("where", "")).startswith(inside) for other in faults.errors
    )


def _with_remedy(fault: ContentError) -> ContentError:
    if fault.remedy:
        return fault
    names = [name for name in reversed(str(fault.params.get("where", "")).split(".")) if not name.isdigit()]
    remedy = next((_REMEDIES[name] for name in names[:2] if name in _REMEDIES), _ANY_REMEDY)
    return ContentError(fault.reason, source=fault.source, line=fault.line, remedy=remedy, **fault.params)
