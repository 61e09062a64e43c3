"""Workers killed at random points of an inventory that comes in: all of it is taken over in the end, once."""

import random
import time

from django.core.files.uploadedfile import SimpleUploadedFile

from assessor import tasks
from assessor.models import AuditEvent, Component, ComponentRevision, JobStatus, PendingImport, Requires
from assessor.services.inventory import waiting
from tests.heavy.worker_settings import JOB_LEASE_SECONDS

ROWS = 2_000
KILLS = 8
PATIENCE_S = 240
SEED = 20261121


def work_until_over(row, new_worker, dice, kills) -> int:
    """Let workers work on the step that is due, kill the first ones in the middle of it; returns how many died."""
    killed, worker, begun = 0, new_worker(), time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        row.refresh_from_db()
        # All or nothing, at every moment that somebody looks.
        assert Component.objects.count() in {0, ROWS}
        if row.is_over:
            break
        if killed < kills and row.status == JobStatus.RUNNING and row.attempt > row.attempts_before + killed:
            time.sleep(dice.random() * 0.8)
            worker.kill()
            worker.wait(10)
            killed += 1
            worker = new_worker()
        time.sleep(0.03)
    worker.terminate()
    worker.wait(15)
    return killed


def test_a_worker_killed_while_an_inventory_comes_in_leaves_nothing_half_done(committed, new_worker, settings):
    settings.JOB_LEASE_SECONDS = JOB_LEASE_SECONDS
    dice = random.Random(SEED)
    lines = [f"component,c-{number},Component {number},model,c-{(number + 1) % ROWS}" for number in range(ROWS)]
    text = "what,id,name,kind,requires\r\n" + "\r\n".join(lines)
    row = waiting.receive(committed, SimpleUploadedFile("stock.csv", text.encode()), committed.created_by)
    tasks.enqueue_inventory(row)
    killed = work_until_over(row, new_worker, dice, KILLS // 2)
    assert (row.status, row.seen["counts"]["added"]) == (JobStatus.DONE, 2 * ROWS)
    assert waiting.confirm(row)
    tasks.enqueue_inventory(row)
    killed += work_until_over(row, new_worker, dice, KILLS // 2)
    assert killed >= KILLS // 2
    assert row.is_taken
    assert Component.objects.count() == ComponentRevision.objects.count() == Requires.objects.count() == ROWS
    assert AuditEvent.objects.filter(kind="data.imported").count() == 1
    assert PendingImport.objects.count() == 1
