"""How many connections there are at one moment: few to one server, and not many in all."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from assessor.probes.collect.addresses import parse, unwrap

PER_HOST, IN_ALL = 2, 16


class Places:
    """Counts the connections of this process by address and port."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy: Counter[tuple[str, int]] = Counter()

    @contextmanager
    def hold(self, address: str, port: int, seconds: float) -> Iterator[bool]:
        """Hold a place for the time of the block; yields False when none came free within `seconds`."""
        # The same place in another spelling (IPv4-mapped) is the same place.
        key = (str(unwrap(parse(address))), port)
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._busy[key] < PER_HOST and self._busy.total() < IN_ALL, max(0.0, seconds)
            )
            if free:
                self._busy[key] += 1
        try:
            yield free
        finally:
            if free:
                with self._changed:
                    self._busy[key] -= 1
                    # Removes what is at zero, so that the table never grows beyond what is open.
                    self._busy = +self._busy
                    self._changed.notify_all()


PLACES = Places()
