"""A small inventory that tests build on: letters behind a gateway, a hosted model with a local second."""

from assessor.models import Component, Fallback, Requires


def part(organisation, key, kind="model", **facts):
    facts.setdefault("name", key.replace("-", " ").capitalize())
    return Component.objects.create(organisation=organisation, key=key, kind=kind, **facts)


def letters(assessment):
    """Return the components by key, with edges from the first workload down; needs its organisation in scope."""
    owner = assessment.organisation
    workload = assessment.workloads.get()
    made = {
        "gateway": part(owner, "gateway", "gateway", product="LiteLLM", hosting="own-premises", place="DE"),
        "fable": part(
            owner,
            "fable",
            product="Fable 5",
            maker="Anthropic",
            seller="Amazon Web Services",
            countries=["US"],
            hosting="public-saas",
            suspend_days=0,
            triggers=["act of government"],
            licence_open=False,
        ),
        "own": part(owner, "own", product="Granite", hosting="own-premises", licence_open=True, switch_hours=4),
        "check": part(owner, "check", "safety-check", on_failure="open"),
    }
    Requires.objects.create(organisation=owner, workload=workload, target=made["gateway"])
    Requires.objects.create(organisation=owner, source=made["gateway"], target=made["fable"], survives_for=1)
    way = Fallback.objects.create(
        organisation=owner, source=made["fable"], target=made["own"], switch_hours=4, capacity_percent=50
    )
    way.safety_path.add(made["check"])
    return made
