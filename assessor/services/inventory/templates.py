"""Templates: components and edges that are found together again and again, as content with translations."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from pydantic import Field, model_validator

from assessor.content import read_yaml_file, validate
from assessor.models import Component, Organisation, User, Workload
from assessor.questionnaire import overlay
from assessor.scenarios import graph
from assessor.scenarios.graph import Id, Part, ShortText, Text
from assessor.services.inventory.attributes import BY_NAME
from assessor.services.inventory.editing import Draft, free_key, save_component
from assessor.services.inventory.rows import FLAT, nested

FOLDER = settings.BASE_DIR / "questionnaires" / "inventory"
FILE = "templates.yaml"
WORKLOAD = "workload"


class TemplateComponent(Part):
    """One component of a template: what follows from the way itself, and what is asked when it is used."""

    id: Id
    name: ShortText
    kind: graph.Kind
    facts: dict[str, Any] = Field(default_factory=dict)
    ask: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _attributes_are_known(self) -> "TemplateComponent":
        unknown = [name for name in (*self.facts, *self.ask) if name not in BY_NAME]
        if unknown:
            raise ValueError(f"not an attribute of a component: {', '.join(unknown)}")
        graph.Component.model_validate({"id": self.id, "name": self.name, "kind": self.kind, **nested(self.facts)})
        return self


class Edge(Part):
    """A requirement; it begins at a component of the template or at the workload."""

    source: Literal["workload"] | Id
    target: Id
    survives_for: graph.Hours | None = None


class Way(Part):
    """A fallback between two components of the template."""

    source: Id
    target: Id
    safety_path: tuple[Id, ...] = ()


class Template(Part):
    """One way of running a workload."""

    id: Id
    name: ShortText
    meaning: Text
    components: Annotated[tuple[TemplateComponent, ...], Field(min_length=1)]
    requires: tuple[Edge, ...] = ()
    fallbacks: tuple[Way, ...] = ()

    @model_validator(mode="after")
    def _edges_stay_inside(self) -> "Template":
        known = [one.id for one in self.components]
        if len(set(known)) < len(known) or WORKLOAD in known:
            raise ValueError("an id is given twice, or is “workload”")
        named = {end for one in (*self.requires, *self.fallbacks) for end in (one.source, one.target)}
        named |= {check for one in self.fallbacks for check in one.safety_path}
        if lost := named - {WORKLOAD, *known}:
            raise ValueError(f"an edge leads outside the template: {', '.join(sorted(lost))}")
        return self


class Templates(Part):
    """The file of templates."""

    templates: tuple[Template, ...]


@dataclass(frozen=True)
class Said:
    """What a person said of one component of a template: its name, and the attributes that were asked."""

    name: str
    values: Mapping[str, Any]


@lru_cache(maxsize=1)
def shipped() -> Templates:
    """Return the file as it is written; raises `ContentError` or `ContentErrors` when it is wrong."""
    return validate(Templates, read_yaml_file(FOLDER / FILE))


def texts() -> dict[str, str]:
    """Return everything that can be translated by its key."""
    found = {}
    for one in shipped().templates:
        found |= {f"{one.id}.name": one.name, f"{one.id}.meaning": one.meaning}
        found |= {f"{one.id}.components.{part.id}.name": part.name for part in one.components}
    return found


@lru_cache(maxsize=8)
def _said_in(language: str) -> dict[str, str]:
    """Return the translations that were made from the English as it stands."""
    if language not in overlay.languages(FOLDER):
        return {}
    source = texts()
    told = overlay.load_overlay(FOLDER, language).texts
    return {key: one.text for key, one in told.items() if key in source and one.of == overlay.source_hash(source[key])}


def templates() -> list[Template]:
    """Return every template in the reader's language; what is not translated stays English."""
    words = _said_in((get_language() or "en")[:2])
    return [
        one.model_copy(
            update={
                "name": words.get(f"{one.id}.name", one.name),
                "meaning": words.get(f"{one.id}.meaning", one.meaning),
                "components": tuple(
                    part.model_copy(update={"name": words.get(f"{one.id}.components.{part.id}.name", part.name)})
                    for part in one.components
                ),
            }
        )
        for one in shipped().templates
    ]


def find(name: str) -> Template | None:
    """Return one template in the reader's language, None for an unknown one."""
    return next((one for one in templates() if one.id == name), None)


@transaction.atomic
def apply(
    organisation: Organisation, template: Template, workload: Workload | None, said: Mapping[str, Said], user: User
) -> list[Component]:
    """Make the components of a template with their edges; all of them or none. `said` is by their id in it."""
    keys: dict[str, str] = {}
    for one in template.components:
        keys[one.id] = free_key(organisation, said[one.id].name, keys.values())
    if workload is not None:
        keys[WORKLOAD] = workload.key
    made = {}
    # What is needed stands first, so that every edge finds its end.
    for one in template.components:
        values = {**_columns(one.facts), **said[one.id].values}
        made[one.id] = save_component(organisation, None, Draft(said[one.id].name, one.kind.value, values), user)
        keys[one.id] = made[one.id].key
    for one in template.components:
        draft = Draft(
            made[one.id].name,
            made[one.id].kind,
            needed_by=tuple(
                graph.Requires(source=keys[edge.source], target=keys[one.id], survives_for=edge.survives_for)
                for edge in template.requires
                if edge.target == one.id and edge.source in keys
            ),
            requires=tuple(
                graph.Requires(source=keys[one.id], target=keys[edge.target], survives_for=edge.survives_for)
                for edge in template.requires
                if edge.source == one.id
            ),
            fallbacks=tuple(
                graph.Fallback(
                    source=keys[one.id],
                    target=keys[way.target],
                    safety_path=tuple(keys[check] for check in way.safety_path),
                )
                for way in template.fallbacks
                if way.source == one.id
            ),
        )
        save_component(organisation, made[one.id], draft, user)
    return list(made.values())


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in BY_NAME or name in FLAT}
