"""Inventories for tests and measurements: small ones by hand, random ones by seed or by hypothesis."""

import random
from typing import Any

from assessor.scenarios.graph import Component, Fallback, Inventory, Kind, Requires, Workload
from assessor.scenarios.scenario import Scenario

MAKERS = ("Northwind AI", "Contoso Models", "Fabrikam", "Litware", "Tailspin", "Adatum")
COUNTRIES = ("US", "DE", "FR", "CN", "GB")
HOSTINGS = ("public-saas", "dedicated-tenant", "third-party-private", "own-account", "own-premises", "isolated")


def component(name: str, kind: str = "model", **facts: Any) -> Component:
    """Return a component whose name is its id."""
    return Component.model_validate({"id": name, "name": name, "kind": kind, **facts})


def workload(name: str, **facts: Any) -> Workload:
    """Return a workload whose name is its id."""
    return Workload.model_validate({"id": name, "name": name, **facts})


def needs(*pairs: str, **facts: Any) -> tuple[Requires, ...]:
    """Return edges from "a b": a requires b."""
    rows = (pair.split() for pair in pairs)
    return tuple(Requires(source=source, target=target, **facts) for source, target in rows)


def stands_in(source: str, target: str, **facts: Any) -> Fallback:
    """Return a fallback that is in order: tested in full, as good, at once, with a check of its own if named."""
    good = {
        "switch_hours": 0,
        "capacity_percent": 100,
        "quality": "equal",
        "tested_on": "2026-10-01",
        "tested_share": 100,
    }
    return Fallback.model_validate({"source": source, "target": target, **good, **facts})


def scenario(*acts: dict[str, Any], **facts: Any) -> Scenario:
    """Return a scenario of these acts."""
    words = {"id": "s", "version": "1", "title": "T", "story": "S", "recourse": "R", "causes": ["technical"]}
    return Scenario.model_validate({**words, "acts": list(acts), **facts})


def gone(*ids: str, **facts: Any) -> Scenario:
    """Return the scenario in which these components are gone from the beginning."""
    return scenario({"matches": [{"ids": list(ids)}], "effect": "removed", **facts})


def large(
    workloads: int = 200, components: int = 500, edges: int = 2000, fallbacks: int = 80, seed: int = 1
) -> Inventory:
    """Return a random inventory in layers, as real ones are, with some loops and some attributes not known."""
    rng = random.Random(seed)
    kinds = list(Kind)
    made = []
    for number in range(components):
        kind = kinds[number % len(kinds)]
        maker = rng.choice(MAKERS)
        facts: dict[str, Any] = {
            "product": f"{maker} {kind.value}",
            "maker": maker,
            "seller": rng.choice(MAKERS),
            "parent": rng.choice(MAKERS),
            "countries": [rng.choice(COUNTRIES)],
            "origin": rng.choice(COUNTRIES),
            "place": rng.choice(COUNTRIES),
            "hosting": rng.choice(HOSTINGS),
            "fates": [
                {"kind": "cloud", "name": f"cloud {number % 4}"},
                {"kind": "sign-in", "name": f"idp {number % 3}"},
            ],
            "access": "open",
            "needs_internet": rng.random() < 0.5,
            "sees_plain_text": rng.random() < 0.7,
            "days_kept": 30,
            "monthly_cost": 1000,
            "cost_ceiling": rng.choice((1500, 10_000)),
            "licence_open": rng.random() < 0.5,
            "people_needed": rng.choice((1, 3)),
            "on_failure": rng.choice(("open", "closed", "queue", None)),
            "capacity": rng.choice((None, 40)),
            "longest_hours": 72,
        }
        for name in list(facts):
            if name not in ("kind",) and rng.random() < 0.05:
                facts[name] = None
        made.append(component(f"c{number:03}", kind.value, **facts))
    tasks = [
        workload(
            f"w{number:03}",
            criticality=rng.choice(("critical", "important", "supporting")),
            tolerance_hours=rng.choice((4, 24, None)),
            data_classes=rng.choice(((), ("patient",), ("public",))),
        )
        for number in range(workloads)
    ]
    # Twelve departments, each with its own stack, over a few things that all share; a loop now and then.
    areas, shared = 12, max(2, components // 12)
    pairs: set[tuple[str, str]] = set()
    for number, task in enumerate(tasks):
        own = range(number % areas, components // 3, areas)
        pairs |= {(task.id, made[at].id) for at in rng.sample(own, min(3, len(own)))}
    while len(pairs) < edges:
        source = rng.randrange(components)
        below = range(source + areas, components, areas)
        target = rng.choice(below) if below and rng.random() < 0.85 else components - 1 - rng.randrange(shared)
        if source != target:
            loop = rng.random() < 0.01
            pairs.add((made[target].id, made[source].id) if loop else (made[source].id, made[target].id))
    requires = tuple(
        Requires(
            source=source,
            target=target,
            survives_for=rng.choice((None, None, 0, 1, 8, 24, 240)),
            survives_restart=rng.choice((None, True, False)),
        )
        for source, target in sorted(pairs)
    )
    ways = []
    for _ in range(fallbacks):
        one, other = rng.sample(made, 2)
        restricted = rng.random()
        ways.append(
            stands_in(
                one.id,
                other.id,
                switch_hours=rng.choice((0, 1, 24, None)),
                tested_on=rng.choice(("2026-10-01", None)),
                quality=rng.choice(("equal", "reduced", "emergency")),
                capacity_percent=rng.choice((100, 50, None)),
                workload=rng.choice(tasks).id if restricted < 0.15 else None,
                data_classes=["public"] if restricted > 0.85 else [],
                safety_path=[made[2].id] if rng.random() < 0.5 else [],
            )
        )
    return Inventory(
        home=("DE",), workloads=tuple(tasks), components=tuple(made), requires=requires, fallbacks=tuple(ways)
    )
