"""Tries an endpoint again before it says “could not test”: a server may only be starting."""

import time
from collections.abc import Callable
from typing import Any

from assessor.errors import N_
from assessor.probes import engine
from assessor.probes.engine import Progress
from assessor.probes.result import PlanMark, ProbeResult
from assessor.probes.target import Policy, Target

RETRIES = 2
# Seconds before the second try and before each further one.
PAUSES = (1.0, 3.0, 10.0)
STEP = 0.1
WAITING = N_("It was not reached; waiting for another try.")


def run(
    target: Target,
    policy: Policy,
    *,
    retries: int = RETRIES,
    plan: PlanMark | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    pauses: tuple[float, ...] = PAUSES,
    **more: Any,
) -> ProbeResult:
    """Probe as `engine.run` does, again while the endpoint cannot be reached, `retries` times more at most.

    A refusal is final. The result says how many tries it took, and which signed plan it followed.
    """
    for number in range(retries + 1):
        result = engine.run(target, policy, on_progress=on_progress, cancelled=cancelled, **more)
        if result.outcome != "unreachable" or number == retries:
            break
        on_progress(Progress(0, number + 1, retries, WAITING))
        end = time.monotonic() + pauses[min(number, len(pauses) - 1)]
        while time.monotonic() < end and not cancelled():
            time.sleep(STEP)
        if cancelled():
            break
    return result.model_copy(update={"plan": plan, "tries": number + 1}).sealed()
