"""The settings of a worker that is going to be killed: a short lease, and as many attempts as it takes."""

from assessor.settings import *  # noqa: F403 - all settings but three

JOB_LEASE_SECONDS = 1.5
JOB_ATTEMPTS = 1000
# The tests count what they asked for.
REPORTS_AHEAD = False
