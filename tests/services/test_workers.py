"""A worker says that it lives, in the rows that pages look at."""

import threading
import time

from django.db import connections

from assessor.management import background
from assessor.services import workers


def test_a_running_worker_writes_that_it_lives(transactional_db):
    stop = threading.Event()

    def run():
        try:
            background.reap_for_ever(stop, "b" * 32)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    end = time.monotonic() + 10
    while not workers.living().exists() and time.monotonic() < end:
        time.sleep(0.05)
    stop.set()
    thread.join(10)
    assert [one.pk for one in workers.living()] == ["b" * 32]
