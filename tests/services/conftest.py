"""An endpoint on loopback, the policy read afresh, and the work of the worker done at once."""

from collections.abc import Callable

import pytest

from assessor.models import EndpointRole, ProbeRun
from assessor.services import endpoints, probing
from assessor.services.endpoints import EndpointFacts
from assessor.services.policy import probe_policy


@pytest.fixture(autouse=True)
def _policy_of_this_test():
    """The policy is remembered for the life of a process; a test that changes settings must not hand it on."""
    probe_policy.cache_clear()
    yield
    probe_policy.cache_clear()


@pytest.fixture
def register(inside) -> Callable[..., EndpointRole]:
    """Register an endpoint of the quick scan: `register(url, key_mode="once")`."""

    def registered(url: str, **facts: object) -> EndpointRole:
        return endpoints.register_endpoint(
            inside, EndpointFacts(**{"name": "Ward", "url": url, "part": "model"} | facts)
        )

    return registered


@pytest.fixture
def probe(owner) -> Callable[..., ProbeRun]:
    """Ask for a probe of an endpoint and carry it out as the worker would."""

    def probed(role: EndpointRole, key: str = "") -> ProbeRun:
        run = probing.request_run(role.endpoint, owner, authority=True, key=key)
        probing.carry_out(run.pk)
        run.refresh_from_db()
        return run

    return probed
