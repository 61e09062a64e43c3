"""How many connections there are at one moment: few to one server, and not many in all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from assessor.probes.collect.addresses import parse, unwrap

PER_HOST, IN_ALL = 2, 16


class Places:
    """Counts the connections of this process by address and port."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy: dict[tuple[str, int], int] = {}
        self._in_all = 0

    @contextmanager
    def hold(self, address: str, port: int, seconds: float) -> Iterator[bool]:
        """Hold a place for the time of the block; yields False when none came free within `seconds`."""
        key = (_spelled(address), port)
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._busy.get(key, 0) < PER_HOST and self._in_all < IN_ALL, max(0.0, seconds)
            )
            if free:
                self._in_all += 1
                self._busy[key] = self._busy.get(key, 0) + 1
        try:
            yield free
        finally:
            if free:
                self._give_back(key)

    def _give_back(self, key: tuple[str, int]) -> None:
        with self._changed:
            self._in_all -= 1
            self._busy[key] -= 1
            if not self._busy[key]:
                # So that the table never grows beyond what is open.
                del self._busy[key]
            self._changed.notify_all()


@lru_cache(maxsize=1024)
def _spelled(address: str) -> str:
    """Return an address in one spelling: the same place in another (IPv4-mapped) is the same place."""
    return str(unwrap(parse(address)))


PLACES = Places()
