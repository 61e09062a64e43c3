"""A real Chromium against the live server, with a worker beside it."""

import threading
import time

import pytest
from django.db import connections

from assessor.management import background


def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser."""
    for item in items:
        if "tests/browser" in str(item.fspath):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def page(chromium, live_server):
    """A page whose every console error, policy violation and outside request fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console",
        lambda message: faults.append(f"{message.text} {message.location['url']}") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith(live_server.url) else None,
    )
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def worker(transactional_db):
    """The real worker, emptying the real queue in a thread until the test ends."""
    stop = threading.Event()

    def loop() -> None:
        try:
            while not stop.is_set():
                background.work(until_empty=True)
                time.sleep(0.1)
        finally:
            # A connection belongs to its thread; left open it would keep the test database from being dropped.
            connections.close_all()

    thread = threading.Thread(target=loop, name="test-worker", daemon=True)
    thread.start()
    yield thread
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
