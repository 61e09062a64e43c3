"""What an inventory looks like from above: who needs what, what is not known, what is probably unfinished."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from assessor.models import Component, Workload
from assessor.services.inventory.attributes import Attribute, unknown_first
from assessor.services.inventory.rows import Rows


@dataclass(frozen=True)
class Line:
    """One component with the workloads that reach it, in whatever number of steps, and what is asked and not known.

    `direct` are the ids of what requires it itself; `stands_in` tells that it is only there for when another is gone.
    """

    row: Component
    workloads: tuple[Workload, ...]
    direct: tuple[str, ...]
    unknown: tuple[Attribute, ...]
    stands_in: bool

    @property
    def unneeded(self) -> bool:
        """Whether no workload reaches it."""
        return not self.workloads


@dataclass(frozen=True)
class Load:
    """One workload with how many components it reaches and how much of them is not known."""

    row: Workload
    components: int
    unknown: int


@dataclass(frozen=True)
class Overview:
    """The whole of it, critical workloads first."""

    workloads: tuple[Load, ...]
    lines: tuple[Line, ...]

    @property
    def unknown(self) -> int:
        """How many facts are asked at once and not known, of components that some workload reaches."""
        return sum(len(line.unknown) for line in self.lines if not line.unneeded)

    @property
    def unneeded(self) -> int:
        """How many components no workload reaches."""
        return sum(line.unneeded for line in self.lines)

    @property
    def bare(self) -> int:
        """How many workloads require nothing, so that no scenario can reach them."""
        return sum(not load.components for load in self.workloads)


ORDER = {name: number for number, name in enumerate(Workload.Criticality.values)}


def reached(rows: Rows) -> dict[str, set[str]]:
    """Return for each workload the ids it reaches over requirements, fallbacks and their checks; loops end."""
    steps: dict[str, set[str]] = defaultdict(set)
    for edge in rows.requires:
        source = edge.workload if edge.workload_id is not None else edge.source
        steps[source.key].add(edge.target.key)
    ways: dict[str, list[tuple[str | None, set[str]]]] = defaultdict(list)
    for way in rows.fallbacks:
        only = way.workload.key if way.workload_id is not None else None
        targets = {way.target.key, *(check.key for check in rows.checks.get(way.pk, ()))}
        ways[way.source.key].append((only, targets))
    found = {}
    for workload in rows.workloads:
        seen: set[str] = set()
        queue = list(steps[workload.key])
        while queue:
            one = queue.pop()
            if one in seen:
                continue
            seen.add(one)
            queue += steps.get(one, ())
            queue += [key for only, keys in ways.get(one, ()) if only in (None, workload.key) for key in keys]
        found[workload.key] = seen
    return found


def overview(rows: Rows) -> Overview:
    """Return what the page of an inventory shows; reads nothing."""
    reach = reached(rows)
    by_part: dict[str, list[Workload]] = defaultdict(list)
    for workload in sorted(rows.workloads, key=lambda one: (ORDER[one.criticality], one.name)):
        for key in reach[workload.key]:
            by_part[key].append(workload)
    direct: dict[str, list[str]] = defaultdict(list)
    for edge in rows.requires:
        source: Any = edge.workload if edge.workload_id is not None else edge.source
        direct[edge.target.key].append(source.name)
    standing = {way.target.key for way in rows.fallbacks}
    lines = tuple(
        Line(
            row=one,
            workloads=tuple(by_part[one.key]),
            direct=tuple(direct[one.key]),
            unknown=unknown_first(one),
            stands_in=one.key in standing and not direct[one.key],
        )
        for one in sorted(rows.components, key=lambda one: (one.name.casefold(), one.key))
    )
    unknown = {line.row.key: len(line.unknown) for line in lines}
    loads = tuple(
        Load(one, len(reach[one.key]), sum(unknown[key] for key in reach[one.key]))
        for one in sorted(rows.workloads, key=lambda one: (ORDER[one.criticality], one.name))
    )
    return Overview(loads, lines)
