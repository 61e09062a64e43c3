"""Many endpoints at once: as fast as the limits per host and in all allow, and no faster."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress

from assessor.probes import engine
from assessor.probes.collect.places import IN_ALL
from assessor.probes.result import ProbeResult
from assessor.probes.target import Policy, Target

# Half as many again as may be connected: while some judge what they saw, others use their places.
AT_ONCE = IN_ALL + IN_ALL // 2


def run_many(
    targets: Sequence[Target],
    policy: Policy,
    *,
    at_once: int = AT_ONCE,
    vantage: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, ProbeResult]]:
    """Probe each target once; yield its place in the list and its result, in the order in which they end.

    At most `at_once` runs are under way; no more is begun than that, so results never pile up unread. `cancelled` is
    asked by every run before each request; targets that were not begun by then give a cancelled result too.
    """
    waiting = iter(enumerate(targets))
    running: dict[Future[ProbeResult], int] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="probe") as pool:

        def begin() -> None:
            with suppress(StopIteration):
                place, target = next(waiting)
                future = pool.submit(engine.run, target, policy, vantage=vantage, cancelled=cancelled)
                running[future] = place

        for _one in range(at_once):
            begin()
        while running:
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                place = running.pop(ended)
                begin()
                yield place, ended.result()
