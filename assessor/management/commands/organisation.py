"""A whole organisation on the command line: out into a file, in from one, deleted for good."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assessor.management.sentences import failures_told
from assessor.middleware import local_user
from assessor.models import Organisation, User
from assessor.services import audit
from assessor.services.backups.archive import made_whole
from assessor.services.relocation import bringing, form, looking, removing, writing
from assessor.services.relocation.looking import Preview
from assessor.services.relocation.reading import Incoming


class Command(BaseCommand):
    """`manage.py organisation export|import|delete|list`."""

    help = "Carry an organisation out into a file, bring one in, or delete one for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the jobs."""
        jobs = parser.add_subparsers(dest="job", required=True)
        jobs.add_parser("list", help="the organisations of this installation with their ids")
        out = jobs.add_parser("export", help="write everything of an organisation into one file")
        out.add_argument("organisation", type=UUID, help="the id in the organisation's addresses, after /o/")
        out.add_argument("file", type=Path, help=f"OUT{form.ENDING}")
        into = jobs.add_parser("import", help="show what a file would bring, and bring it in with --yes")
        into.add_argument("file", type=Path)
        into.add_argument("--owner", default="", help="mail address of the account that will own it")
        into.add_argument("--yes", action="store_true", help="bring it in; without, nothing is changed")
        gone = jobs.add_parser("delete", help="delete an organisation for good, with every file")
        gone.add_argument("organisation", type=UUID)
        gone.add_argument("--name", required=True, help="its name, exactly as it stands")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job; every failure is a sentence on standard error and exit code 1, and changes nothing."""
        with failures_told(options.get("file", "")):
            getattr(self, f"_{options['job']}")(options)

    def _found(self, pk: UUID) -> Organisation:
        found = Organisation.objects.filter(pk=pk).first()
        if found is None:
            raise CommandError(f"There is no organisation {pk}. See: manage.py organisation list")
        return found

    def _list(self, _options: dict[str, Any]) -> None:
        for one in Organisation.objects.all():
            self.stdout.write(f"{one.pk}  {one.name}")

    def _export(self, options: dict[str, Any]) -> None:
        file = options["file"]
        found = self._found(options["organisation"])
        with made_whole(file) as stream:
            manifest = writing.write(found, stream)
        facts = {"by": audit.COMMAND_LINE, "file": file.name}
        audit.record("organisation.exported", organisation=found, actor=None, subject=found, **facts)
        self.stdout.write(f"Wrote {file} ({file.stat().st_size} bytes, {sum(manifest.tables.values())} rows).")
        for name in manifest.missing:
            self.stderr.write(f"Not in it, because the stored file is gone or was changed: {name}")

    def _import(self, options: dict[str, Any]) -> None:
        with options["file"].open("rb") as stream:
            incoming = Incoming(stream, str(options["file"]), form.MAX_TOTAL)
            preview = looking.look(incoming)
            self._show(preview)
            if not preview.is_possible:
                raise bringing.taken(preview)
            if not options["yes"]:
                self.stdout.write("Nothing was changed. Bring it in with --yes.")
                return
            organisation = bringing.bring(incoming, self._owner(options["owner"]))
        self.stdout.write(f"Brought in: {organisation.name} ({organisation.pk}).")

    def _show(self, preview: Preview) -> None:
        said = preview.manifest
        here = "this installation" if preview.own else "another installation"
        self.stdout.write(f"{said.organisation['name']}, exported {said.made_at} by {here}, release {said.program}.")
        self.stdout.write("  " + ", ".join(f"{name} {count}" for name, count in preview.tables))
        self.stdout.write(f"  {preview.files} files, {preview.bytes} bytes unpacked")
        for person, user in preview.known:
            self.stdout.write(f"  {person.name} <{person.email}> is {user} here")
        for person in preview.names:
            self.stdout.write(f"  {person.name} has no account here and stays a name")

    def _owner(self, email: str) -> User:
        if settings.MODE == "laptop" and not email:
            return local_user()
        found = User.objects.filter(email__iexact=email, is_active=True).first() if email else None
        if found is None:
            raise CommandError("Say with --owner which account will own it: a mail address that has one here.")
        return found

    def _delete(self, options: dict[str, Any]) -> None:
        found = self._found(options["organisation"])
        name = found.name
        removing.delete(found, options["name"], None)
        self.stdout.write(f"Deleted for good: {name}. Members keep their accounts. Backups made before still hold it.")
        removing.scrub()
