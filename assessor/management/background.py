"""The worker: takes tasks from the database queue and gives dead workers' jobs to others."""

import logging
import threading
import time
import uuid
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django_tasks_db.management.commands.db_worker import Worker

from assessor import tasks
from assessor.reports.pdf import rest_when_idle
from assessor.services import workers

logger = logging.getLogger("assessor.worker")
REAP_SECONDS = 5.0
POLL_SECONDS = 0.4
AWAY_SECONDS = 2.0
TIDY_SECONDS = 3600.0
BEAT_SECONDS = 10.0


def reap_for_ever(stop: threading.Event, worker: str) -> None:
    """Look every few seconds for jobs that are due or whose lease ran out, until told to stop; tidy up once an hour.

    On the way it writes down that this worker lives.
    """
    tidy = beat = time.monotonic()
    while not stop.is_set():
        rest_when_idle()
        try:
            if time.monotonic() >= beat:
                beat = time.monotonic() + BEAT_SECONDS
                workers.beat(worker)
            if time.monotonic() >= tidy:
                tidy = time.monotonic() + TIDY_SECONDS
                tasks.tidy()
            tasks.enqueue_due()
            tasks.enqueue_ahead()
            found = tasks.enqueue_expired()
            if found:
                logger.warning("%d job(s) of a stopped worker were put back into the queue", found)
        except DatabaseError as error:
            # The database may be busy or away for a moment; the next round tries again.
            logger.warning("Looking for left-over jobs failed: %s", error)
        finally:
            connection.close()
        stop.wait(min(REAP_SECONDS, settings.JOB_LEASE_SECONDS / 3))


def work(*, until_empty: bool = False) -> None:
    """Run tasks until ended by a signal, or until the queue is empty.

    A database that is away for a moment is waited for; with `until_empty` it raises `OperationalError`.
    """
    stop, name = threading.Event(), uuid.uuid4().hex
    reaper = threading.Thread(target=reap_for_ever, args=(stop, name), name="reaper", daemon=True)
    if not until_empty:
        reaper.start()
    worker = Worker(
        queue_names=["*"],
        interval=POLL_SECONDS,
        batch=until_empty,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    )
    try:
        if threading.current_thread() is threading.main_thread():
            worker.configure_signals()
        while True:
            try:
                worker.run()
                return
            except OperationalError as error:
                if until_empty:
                    raise
                logger.warning("The database does not answer, the worker tries again: %s", str(error).strip())
                connection.close()
                time.sleep(AWAY_SECONDS)
    finally:
        stop.set()
        if not until_empty:
            with suppress(DatabaseError):
                workers.end(name)
