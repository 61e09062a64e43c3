"""Where this installation's prober may connect: the mode's rules and the operator's networks."""

from dataclasses import replace
from functools import lru_cache
from typing import cast

from django.conf import settings

from assessor.probes.target import LAPTOP, SERVED, Allowance, Policy


@lru_cache(maxsize=1)
def probe_policy() -> Policy:
    """Return the policy in force for every probe of this installation."""
    base = LAPTOP if settings.MODE == "laptop" else SERVED
    reach = base.allow if settings.PROBE_REACH is None else frozenset(cast("list[Allowance]", settings.PROBE_REACH))
    return replace(
        base,
        allow=reach,
        allow_cidrs=tuple(settings.PROBE_ALLOW_CIDRS),
        deny_cidrs=tuple(settings.PROBE_DENY_CIDRS),
        allow_hosts=tuple(settings.PROBE_ALLOW_HOSTS),
        deny_hosts=tuple(settings.PROBE_DENY_HOSTS),
        ports=frozenset(settings.PROBE_PORTS),
    )
