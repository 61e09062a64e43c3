"""Sixteen people saving answers at once for thirty seconds: nobody meets an error, and every acknowledged save is kept.

Through real HTTP against a served installation with two web processes, signed in as sixteen members.
"""

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from assessor.questionnaire.schema import Question
from assessor.services.questionnaires import shipped
from tests.heavy.conftest import ROOT, start, temporary
from tests.heavy.serving import Served, children_of, unused_port, wait_for

WRITERS, SECONDS, WAIT_S = 16, 30.0, 60.0
SERVED = {
    "ASSESSOR_MODE": "served",
    "ALLOWED_HOSTS": "127.0.0.1",
    "ASSESSOR_HTTPS": "no",
    "ASSESSOR_WEB_PROCESSES": "2",
}
# The token of a form is held against the cookie that came with it, and a browser may have both from anywhere.
TOKEN = "a" * 32
MAKE = f"""
import json
from django.test import Client
from assessor.models import Membership, Role, User
from assessor.services import assessments
from assessor.services.questionnaires import shipped
people = [User.objects.create_user(f"writer-{{number}}") for number in range({WRITERS})]
facts = assessments.ScopeFacts("Nordhafen Clinic", ("Germany",), "Letter drafting")
scan = assessments.start_assessment(people[0], shipped("ai-sovereignty"), facts)
sessions = []
for one in people:
    Membership.objects.get_or_create(organisation=scan.organisation, user=one, defaults={{"role": Role.CONTRIBUTOR}})
    client = Client()
    client.force_login(one)
    sessions.append(client.cookies["sessionid"].value)
print("FOUND " + json.dumps([f"/o/{{scan.organisation_id}}/a/{{scan.pk}}/", sessions]))
"""
LOOK = """
import json
from django_scopes import scopes_disabled
from assessor.models import Answer, AnswerRevision
with scopes_disabled():
    kept = list(AnswerRevision.objects.values_list("answer__question", "version", "note"))
    last = [
        [one.version, one.note, one.level, one.revisions.get(version=one.version).note, one.revisions.get(version=one.version).level]
        for one in Answer.objects.all()
    ]
print("FOUND " + json.dumps([kept, last]))
"""


@dataclass
class Writer:
    """One person: what was acknowledged, what was refused as a conflict, what went wrong."""

    number: int
    session: str
    kept: list[tuple[str, int, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def write(self, port: int, base: str, begin: threading.Barrier) -> None:
        """Save answers until the time is over."""
        dice = random.Random(self.number)
        scan = [one for one in shipped("ai-sovereignty").questions if one.kind == "ladder" and one.quick]
        browser = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        begin.wait(WAIT_S)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                self._save(browser, base, dice, dice.choice(scan))
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(type(error).__name__)
                browser.close()
            self.slowest = max(self.slowest, time.monotonic() - begun)
        browser.close()

    def _save(self, browser: http.client.HTTPConnection, base: str, dice: random.Random, asked: Question) -> None:
        note, version = f"{self.number}:{len(self.kept)}", self.seen.get(asked.id, 0)
        form = {"answer": str(dice.choice(asked.levels)), "note": note, "expected_version": version}
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        browser.request("POST", f"{base}answers/{asked.id}/", urlencode(form), headers)
        answer = browser.getresponse()
        text = answer.read().decode()
        if answer.status == 200:
            self.seen[asked.id] = version + 1
            self.kept.append((asked.id, version + 1, note))
        elif answer.status == 409:
            # As the page does it: it shows what the others wrote, and the next save is made on that.
            self.conflicts += 1
            shown = re.search(r'name="over" value="(\d+)"', text)
            assert shown, text
            self.seen[asked.id] = int(shown[1])
        else:
            self.faults.append(f"{answer.status}: {text[:200]}")


def run(data, database: str, code: str) -> list:
    """Run a few lines inside the installation and return what they found."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = kept | SERVED | {"ASSESSOR_DATA": str(data), "DATABASE_URL": database, "TMPDIR": str(temporary(data))}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("FOUND ", 1)[1])


@pytest.fixture
def two_processes(installation) -> Iterator[tuple[Served, str]]:
    """A served installation whose two web processes answer, and the address of its database."""
    data, database = installation
    port = unused_port()
    # These write faster than anybody may: what is asked here is whether something is lost.
    place = SERVED | {"ASSESSOR_PAGES_A_MINUTE": "0"}
    one = Served(start(data, database, "serve", "--port", str(port), **place), port, data)

    def answers() -> bool:
        # The supervisor has the web server and the worker, the web server its two processes.
        below = [len(children_of(child)) for child in children_of(one.process.pid)]
        return sorted(below) == [0, 2] and one.status() == 200

    try:
        assert wait_for(answers, 3 * WAIT_S), one.output()
        yield one, database
    finally:
        for pid in one.group():
            os.kill(pid, signal.SIGKILL)
        one.process.wait(10)


def test_sixteen_writers_meet_no_error_and_lose_nothing(two_processes):
    served, database = two_processes
    base, sessions = run(served.data, database, MAKE)
    writers = [Writer(number, session) for number, session in enumerate(sessions)]
    begin = threading.Barrier(WRITERS)
    threads = [threading.Thread(target=writer.write, args=(served.port, base, begin)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 3 * WAIT_S)
    assert Counter(fault for writer in writers for fault in writer.faults) == {}
    assert all(writer.kept for writer in writers)
    # Forms that saw an older version were refused, as they should be: the writers did meet.
    assert sum(writer.conflicts for writer in writers)
    found, last = run(served.data, database, LOOK)
    kept = [save for writer in writers for save in writer.kept]
    conflicts, slowest = sum(one.conflicts for one in writers), max(one.slowest for one in writers)
    sys.stdout.write(f"{len(kept)} saves, {conflicts} conflicts, slowest {slowest:.1f} s\n")
    assert sorted(map(tuple, found)) == sorted(kept)
    versions = Counter(question for question, _version, _note in kept)
    assert all(
        sorted(v for q, v, _n in kept if q == question) == list(range(1, most + 1))
        for question, most in versions.items()
    )
    for version, note, level, last_note, last_level in last:
        assert (note, level) == (last_note, last_level), version
