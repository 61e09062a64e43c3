"""What probes propose for the inventory, what people said to it, and where a later probe contradicts them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import (
    Assessment,
    Component,
    ComponentEndpoint,
    Endpoint,
    EndpointRole,
    ProbeRun,
    User,
    Workload,
)
from assessor.probes.result import ProbeResult
from assessor.scenarios import graph
from assessor.services.inventory import words
from assessor.services.inventory.attributes import BY_NAME
from assessor.services.inventory.editing import Draft, save_component, snapshot
from assessor.services.inventory.proposals import FRONT, Proposal, proposals
from assessor.services.inventory.rows import ATTRIBUTES, component_values

# Stands for what answers at the address, before it is a component with an id.
DOOR = "@door"


class ProposalGone(AssessorError):
    """What was to be decided on is not proposed any more."""


def gone() -> ProposalGone:
    """Return the refusal of a word on what is not proposed any more."""
    return ProposalGone(N_("This is not proposed any more."), remedy=N_("Look at what the latest probe proposes."))


def nothing_chosen() -> AssessorError:
    """Return the refusal of “it is one of these” without one."""
    return AssessorError(
        N_("No component was chosen."), remedy=N_("Choose which one it is, or accept it as a new one.")
    )


@dataclass(frozen=True)
class Contradiction:
    """An attribute of which a probe says something else than the inventory, or something where that says nothing."""

    name: str
    here: Any
    seen: Any

    @property
    def known(self) -> bool:
        """Whether the inventory says something."""
        return self.here not in (None, "", [])

    @property
    def words(self) -> dict[str, str]:
        """The attribute and both values in words."""
        return {
            "label": words.label(self.name),
            "here": words.value(self.name, self.here),
            "seen": words.value(self.name, self.seen),
        }


@dataclass(frozen=True)
class Standing:
    """One proposal and where it stands: open, declined, or accepted as a component, with what differs since."""

    endpoint: Endpoint
    proposal: Proposal
    seen_at: datetime | None
    unsigned: bool
    word: ComponentEndpoint | None
    component: Component | None
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def kind_name(self) -> str:
        """Its kind in words."""
        return words.value("kind", self.proposal.kind)

    @property
    def is_open(self) -> bool:
        """Whether nobody has said anything to it, or what was said is about a component that was taken out since."""
        return self.word is None or (self.word.component is not None and self.component is None)

    @property
    def said(self) -> list[tuple[str, str]]:
        """What is proposed, attribute by attribute in words."""
        values = self.proposal.values
        return [(words.label(name), words.value(name, values[name])) for name in ATTRIBUTES if name in values]


@dataclass(frozen=True)
class AtEndpoint:
    """Everything proposed at one endpoint; `vanished` was accepted once and the latest probe did not see it."""

    endpoint: Endpoint
    run: ProbeRun
    roles: tuple[EndpointRole, ...]
    standing: tuple[Standing, ...]
    vanished: tuple[ComponentEndpoint, ...]

    @property
    def has_a_choice(self) -> bool:
        """Whether it is open which of several models the workload uses."""
        return any(not one.proposal.needs and one.is_open for one in self.standing)

    @property
    def door(self) -> Standing | None:
        """The proposal of what answers at the address itself, as long as nobody has said anything to it."""
        return next((one for one in self.open if one.proposal.aspect == FRONT), None)

    @property
    def open(self) -> list[Standing]:
        """Those that nobody has said anything to."""
        return [one for one in self.standing if one.is_open]


def proposed(assessment: Assessment) -> list[AtEndpoint]:
    """Return what the latest good probe of each endpoint in force proposes: five queries at most."""
    roles = list(queries.roles_in_force(assessment))
    endpoints = {role.endpoint_id: role.endpoint for role in roles}
    runs = queries.last_good_runs(list(endpoints.values()))
    results = dict(ProbeRun.objects.filter(pk__in=[run.pk for run in runs.values()]).values_list("pk", "result"))
    said = ComponentEndpoint.objects.filter(endpoint__in=list(runs)).select_related("component")
    words_at: dict[object, dict[str, ComponentEndpoint]] = {}
    for word in said:
        words_at.setdefault(word.endpoint_id, {})[word.aspect] = word
    found = []
    for pk, run in runs.items():
        own = tuple(role for role in roles if role.endpoint_id == pk)
        found.append(_at(endpoints[pk], run, results.get(run.pk), own, words_at.get(pk, {})))
    return sorted(found, key=lambda one: one.endpoint.name)


def _at(
    endpoint: Endpoint,
    run: ProbeRun,
    result: Any,
    roles: tuple[EndpointRole, ...],
    told: Mapping[str, ComponentEndpoint],
) -> AtEndpoint:
    made = proposals(ProbeResult.model_validate(result), endpoint.name) if result else []
    standing = []
    for one in made:
        word = told.get(one.aspect)
        component = word.component if word and word.component and word.component.removed_at is None else None
        differs = _differences(one, component, word) if component and word else ()
        standing.append(Standing(endpoint, one, run.finished_at, run.imported, word, component, differs))
    seen = {one.aspect for one in made}
    vanished = tuple(
        word for aspect, word in told.items() if aspect and aspect not in seen and word.component is not None
    )
    return AtEndpoint(endpoint, run, roles, tuple(standing), vanished)


def _differences(one: Proposal, row: Component, word: ComponentEndpoint) -> tuple[Contradiction, ...]:
    """Return where a probe says what neither the component nor the person's earlier word knows."""
    stands = component_values(row)
    return tuple(
        Contradiction(name, stands.get(name), seen)
        for name, seen in one.values.items()
        if word.facts.get(name) != seen and not _same(stands.get(name), seen)
    )


def _same(here: Any, seen: Any) -> bool:
    if isinstance(here, str) and isinstance(seen, str):
        return here.strip().casefold() == seen.strip().casefold()
    if isinstance(here, list) and isinstance(seen, list):
        # A list here may say more than a probe can see.
        return all(one in here for one in seen)
    return bool(here == seen)


def count_open(assessment: Assessment) -> int:
    """Return how many proposals wait for a word, contradictions included."""
    return sum(
        one.is_open or bool(one.contradictions) for endpoint in proposed(assessment) for one in endpoint.standing
    )


def find(assessment: Assessment, endpoint: str, aspect: str) -> Standing | None:
    """Return one proposal as it stands, None where the latest probe does not make it."""
    if not endpoint or not aspect:
        return None
    for one in proposed(assessment):
        if str(one.endpoint.pk) == endpoint:
            return next((row for row in one.standing if row.proposal.aspect == aspect), None)
    return None


def may_need(assessment: Assessment, at: AtEndpoint) -> list[Workload | Component]:
    """Return what could stop without a thing seen at an endpoint: the one at its door, and the workloads it serves."""
    doors = [one.component for one in at.standing if one.proposal.aspect == FRONT and one.component is not None]
    return [*doors, *dict.fromkeys(role.workload for role in at.roles)]


def as_snapshot(assessment: Assessment, one: Standing) -> dict[str, Any]:
    """Return a proposal as what a new component's form begins with."""
    return {
        "name": one.proposal.name,
        "kind": one.proposal.kind,
        **one.proposal.values,
        "needed_by": [{"source": key, "target": ""} for key in _needed_by(assessment, one)],
        "endpoints": [],
    }


def _needed_by(assessment: Assessment, one: Standing) -> list[str]:
    """Return what stops without a proposed component: the workloads for the one at the door, the door for the rest."""
    if one.proposal.aspect == FRONT:
        roles = queries.roles_in_force(assessment).filter(endpoint=one.endpoint)
        return sorted({role.workload.key for role in roles if role.part != EndpointRole.Part.FALLBACK})
    door = ComponentEndpoint.objects.filter(endpoint=one.endpoint, aspect=FRONT, component__removed_at=None)
    keys = door.exclude(component=None).values_list("component__key", flat=True)
    return list(keys) if one.proposal.needs else []


@transaction.atomic
def accept(assessment: Assessment, one: Standing, user: User, needed_by: Collection[str] | None = None) -> Component:
    """Take a proposal over as a component of its own, needed by what was said, else by what it was seen to serve."""
    sources = _needed_by(assessment, one) if needed_by is None else _with_door(assessment, one, user, needed_by)
    edges = tuple(graph.Requires(source=key, target="new") for key in sources)
    draft = Draft(one.proposal.name, one.proposal.kind, one.proposal.values, needed_by=edges)
    row = save_component(assessment.organisation, None, draft, user)
    settle(one, row, user)
    return row


def _with_door(assessment: Assessment, one: Standing, user: User, needed_by: Collection[str]) -> list[str]:
    """Return the ids of what was said to need a proposal; the one at the door is taken over first where it is meant."""
    if DOOR not in needed_by:
        return list(needed_by)
    door = find(assessment, str(one.endpoint.pk), FRONT)
    if door is None or not (door.is_open or door.component):
        raise gone()
    row = door.component or accept(assessment, door, user)
    return [row.key if key == DOOR else key for key in needed_by]


@transaction.atomic
def accept_all(
    assessment: Assessment, endpoint: str, user: User, needed_by: Mapping[str, Collection[str]] | None = None
) -> int:
    """Take over every open proposal of one endpoint, the one at the door first; returns how many.

    `needed_by` holds, by aspect, what a person said of who needs it.
    """
    found = next((one for one in proposed(assessment) if str(one.endpoint.pk) == endpoint), None)
    if found is None:
        return 0
    for one in sorted(found.open, key=lambda one: one.proposal.aspect != FRONT):
        accept(assessment, one, user, (needed_by or {}).get(one.proposal.aspect))
    return len(found.open)


def settle(one: Standing, row: Component | None, user: User) -> None:
    """Keep what a person said to a proposal: that it is this component, or (None) that it is none."""
    ComponentEndpoint.objects.update_or_create(
        endpoint=one.endpoint,
        aspect=one.proposal.aspect,
        defaults={
            "organisation": one.endpoint.organisation,
            "component": row,
            "facts": dict(one.proposal.values),
            "decided_by": user,
        },
    )


def reopen(one: Standing) -> None:
    """Forget that a proposal was declined."""
    ComponentEndpoint.objects.filter(endpoint=one.endpoint, aspect=one.proposal.aspect, component=None).delete()


@transaction.atomic
def attach(one: Standing, row: Component, user: User) -> None:
    """Say that a proposal is a component that stands already; what the probe says otherwise is then shown."""
    settle(one, row, user)
    # Only what agrees counts as said: the rest is for the person to look at.
    stands = component_values(row)
    word = ComponentEndpoint.objects.get(endpoint=one.endpoint, aspect=one.proposal.aspect)
    word.facts = {name: seen for name, seen in one.proposal.values.items() if _same(stands.get(name), seen)}
    word.save(update_fields=["facts", "decided_at"])


@transaction.atomic
def decide(one: Standing, name: str, user: User, *, take: bool) -> None:
    """Settle one contradiction: take what the probe saw, or keep what stands; it is not shown again."""
    if one.word is None or one.component is None or name not in ATTRIBUTES or name not in one.proposal.values:
        raise gone()
    if take:
        said = snapshot(one.component)
        draft = draft_of(said, {name: one.proposal.values[name]})
        save_component(one.endpoint.organisation, one.component, draft, user)
    one.word.facts = {**one.word.facts, name: one.proposal.values[name]}
    one.word.decided_by = user
    one.word.save(update_fields=["facts", "decided_by", "decided_at"])


def draft_of(said: Mapping[str, Any], changes: Mapping[str, Any]) -> Draft:
    """Return a snapshot as a draft, with some attributes changed."""
    values = {name: said.get(name) for name in BY_NAME} | dict(changes)
    texts = {name: "" for name, value in values.items() if value is None and not Component._meta.get_field(name).null}
    edges = {
        "requires": tuple(graph.Requires.model_validate(one) for one in said["requires"]),
        "needed_by": tuple(graph.Requires.model_validate(one) for one in said["needed_by"]),
        "fallbacks": tuple(graph.Fallback.model_validate(one) for one in said["fallbacks"]),
    }
    return Draft(
        name=str(said["name"]),
        kind=str(said["kind"]),
        values=values | texts,
        note=str(said["note"]),
        questions=tuple(said["questions"]),
        endpoints=tuple(said["endpoints"]),
        **edges,
    )


def contradictions_of(assessment: Assessment, row: Component) -> list[Standing]:
    """Return what probes say otherwise of one component."""
    if not ComponentEndpoint.objects.filter(component=row).exclude(aspect="").exists():
        return []
    return [
        one
        for endpoint in proposed(assessment)
        for one in endpoint.standing
        if one.component is not None and one.component.pk == row.pk and one.contradictions
    ]
