"""Where this installation's prober may connect: the mode's rules and the operator's networks."""

from dataclasses import replace
from functools import lru_cache

from django.conf import settings

from assessor.probes.target import LAPTOP, SERVED, Policy


@lru_cache(maxsize=1)
def probe_policy() -> Policy:
    """Return the policy in force for every probe of this installation."""
    base = LAPTOP if settings.MODE == "laptop" else SERVED
    return replace(
        base,
        allow_cidrs=tuple(settings.PROBE_ALLOW_CIDRS),
        deny_cidrs=tuple(settings.PROBE_DENY_CIDRS),
    )
