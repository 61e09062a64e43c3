"""What tests of upgrades do inside an installation of their own; each prints what the test compares."""

import json
import sys

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django_scopes import scopes_disabled

from assessor.models import Assessment, PendingImport

TABLES = (
    "answer",
    "answerrevision",
    "assessment",
    "auditevent",
    "component",
    "evidence",
    "exerciseentry",
    "fallback",
    "pendingimport",
    "proberun",
    "requires",
)
PAGES = ("", "report/", "scenarios/", "roadmap/")


class _StepByStep(MigrationLoader):
    """The migrations as releases before the first replacement knew them."""

    def load_disk(self):
        super().load_disk()
        self.disk_migrations = {key: one for key, one in self.disk_migrations.items() if not one.replaces}


def go_to(name):
    """Take an empty database to a migration of long ago, as the release of that day left it."""
    executor = MigrationExecutor(connection)
    executor.loader = _StepByStep(connection)
    executor.migrate([("assessor", name), ("sessions", "0001_initial")])


def found():
    """Print how many rows there are, what waits, which seeds lie open, and how pages of the first assessment answer."""
    with scopes_disabled():
        one = Assessment.objects.get()
        seeds = Authenticator.objects.values_list("data", flat=True)
        seen = {
            "rows": {name: apps.get_model("assessor", name)._base_manager.count() for name in TABLES},
            "waiting": list(PendingImport.objects.values_list("status", flat=True)),
            "open seeds": sum("JBSWY3DPEHPK3PXP" in str(data) or "7f7f7f" in str(data) for data in seeds),
        }
    client = Client(HTTP_HOST="localhost")
    base = f"/o/{one.organisation_id}/a/{one.pk}/"
    seen["pages"] = [client.get(base + page).status_code for page in PAGES]
    sys.stdout.write(json.dumps(seen))


def schema():
    """Print every column, constraint, index and trigger that names a table of ours, in an order of its own."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, name, sql FROM sqlite_master")
            rows = [(kind, name, *_parts(sql or "")) for kind, name, sql in cursor.fetchall()]
        else:
            rows = []
            for query in POSTGRESQL:
                cursor.execute(query)
                rows += [tuple(map(str, row)) for row in cursor.fetchall()]
    # Conditions of other apps' indexes come out of a dump in other words.
    sys.stdout.write(json.dumps(sorted(row for row in rows if any("assessor" in word for word in row))))


def _parts(sql):
    """Return the parts of a table between commas of the outermost brackets, sorted: columns stand in any order."""
    if not sql.startswith("CREATE TABLE"):
        return [sql]
    parts, depth = [""], 0
    for letter in sql[sql.index("(") + 1 : sql.rindex(")")]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return sorted(part.strip() for part in parts)


POSTGRESQL = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
