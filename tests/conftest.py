"""What all tests share: plain static files, a data directory of their own, one assessment to work on."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.signals import setting_changed
from django.db import connection
from django.test.signals import root_urlconf_changed
from django.utils import translation
from django_scopes import scope
from playwright.sync_api import sync_playwright

from assessor.middleware import local_user
from assessor.probes.collect import dns
from assessor.services import assessments
from assessor.services.assessments import ScopeFacts
from assessor.services.policy import probe_policy
from assessor.services.questionnaires import shipped
from tests.canary import sitecustomize

# What reaches out of this computer fails the test that did it, here and in every process that is started from here.
CANARY = Path(__file__).parent / "canary"
CANARY_LOG = Path(tempfile.mkdtemp(prefix="assessor-canary-")) / "breaches"
CANARY_LOG.touch()
os.environ["ASSESSOR_TEST_CANARY"] = str(CANARY_LOG)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CANARY), os.environ.get("PYTHONPATH"))))
sys.addaudithook(sitecustomize.watch)

# Resolvers are kept by the name of their module: served mode and laptop mode need not build them anew for each other.
setting_changed.disconnect(root_urlconf_changed)

RECORDINGS = Path(__file__).parent / "recordings"
FACTS = ScopeFacts(
    organisation="Nordhafen Clinic",
    home_jurisdictions=("Germany", "EU"),
    workload="Letter drafting",
    workload_owner="Head of documentation",
    tolerance_hours=8,
)


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
# Playwright keeps an event loop in this thread; the ORM is still used from it between page actions.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(config, items):
    """Run on PostgreSQL what reads or writes the database; all else was run beside SQLite and would say the same."""
    if connection.vendor == "sqlite":
        return
    asking = {"db", "transactional_db", "live_server", "install"}
    here = [item for item in items if item.get_closest_marker("django_db") or asking & set(item.fixturenames)]
    heavy = [item for item in items if item not in here and item.get_closest_marker("heavy")]
    kept = [item for item in (*here, *heavy) if not item.get_closest_marker("once")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = [item for item in items if item in set(kept)]


def pytest_collection_finish():
    """Take what was imported out of the garbage collector's rounds: thousands of tests make it walk that every time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _static_folder():
    """WhiteNoise warns of a missing folder, and warnings fail."""
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session", autouse=True)
def _tests_may_empty_the_audit_trail():
    """Django empties SQLite's tables by DELETE, which the trail refuses; on PostgreSQL it truncates them."""
    if connection.vendor != "sqlite":
        return
    flush = type(connection.ops).sql_flush

    def sql_flush(self, style, tables, **options):
        first = ["UPDATE assessor_auditchain SET ended = 1;", "DELETE FROM assessor_auditevent;"]
        return [*first, *flush(self, style, tables, **options)]

    type(connection.ops).sql_flush = sql_flush


@pytest.fixture(autouse=True)
def _nobody_outside(monkeypatch):
    """Fail the test during which anything reached out of this computer, in whatever process and however caught."""
    monkeypatch.setattr(dns, "SYSTEM", Path("/nowhere/resolv.conf"))
    before = CANARY_LOG.stat().st_size
    yield
    if CANARY_LOG.stat().st_size > before:
        pytest.fail(CANARY_LOG.read_bytes()[before:].decode())


def pytest_sessionfinish(session):
    """What a child did after its test ended counts too."""
    breaches = CANARY_LOG.read_text("utf-8") if CANARY_LOG.exists() else ""
    shutil.rmtree(CANARY_LOG.parent, ignore_errors=True)
    if breaches and session.exitstatus == 0:
        sys.stderr.write(f"\nReached out of this computer:\n{breaches}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _own_place(settings, tmp_path):
    """Keep files of tests out of the data directory, and static files unhashed."""
    settings.REPORTS_DIR = tmp_path / "reports"
    settings.DATA_DIR = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _policy_and_language_of_each_test():
    """What one test lets the prober do, and the language it speaks, hold for that test alone."""
    yield
    probe_policy.cache_clear()
    translation.deactivate()


@pytest.fixture
def owner(db):
    """The local user of laptop mode."""
    return local_user()


@pytest.fixture
def quick(owner):
    """A fresh quick scan of the local user's organisation, without answers."""
    return assessments.start_assessment(owner, shipped("ai-sovereignty"), FACTS)


@pytest.fixture
def inside(quick):
    """The same quick scan, with its organisation in scope for the whole test."""
    with scope(organisation=quick.organisation):
        yield quick


@pytest.fixture
def strangers_scan(db):
    """A quick scan of an organisation that the local user is no member of."""
    stranger = get_user_model().objects.create_user("stranger")
    facts = ScopeFacts(organisation="Other Ltd", home_jurisdictions=("France",), workload="Chat")
    return assessments.start_assessment(stranger, shipped("ai-sovereignty"), facts)


@pytest.fixture
def inside_scan(transactional_db):
    """The path of a fresh quick scan, committed so that a live server sees it."""
    scan = assessments.start_assessment(local_user(), shipped("ai-sovereignty"), FACTS)
    return f"/o/{scan.organisation_id}/a/{scan.pk}/"


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium; playwright's own download is never used."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: run make system-test"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, which is dropped at the end even while a browser keeps a line to the live server open.

    The thread behind such a line holds a session of PostgreSQL, which would refuse to drop what is in use.
    """
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture
def served(settings, db):
    """Served mode as the settings would have it: accounts, their addresses, counts in the database."""
    settings.MODE = "served"
    settings.ROOT_URLCONF = "assessor.served"
    settings.LOGIN_URL = settings.LOGOUT_REDIRECT_URL = "account_login"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "assessor_cache"}
    }
    settings.SESSION_REST_SECONDS = 3600
    # What is slow to guess is slow to test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("createcachetable", verbosity=0)
    return settings
