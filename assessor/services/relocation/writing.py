"""Writing an organisation: its rows as they are at one moment, then the files that they name."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django_scopes import scope

from assessor.content import canonical_json
from assessor.errors import N_
from assessor.models import (
    Assessment,
    AssessmentTemplate,
    Attachment,
    Job,
    Organisation,
    QuestionnaireVersion,
    Report,
    User,
)
from assessor.services import signing
from assessor.services.attachments import path_of
from assessor.services.relocation import form
from assessor.services.relocation.form import ArchiveRefused, Manifest
from assessor.services.relocation.rows import OVER, pack
from assessor.services.relocation.tables import CARRIED, name_of

CHUNK = 256 * 1024
# Told how many of how many pieces are done; says whether to go on.
Watch = Callable[[int, int], bool]


class Stopped(Exception):
    """Whoever watches said not to go on."""


def rows_of(model: type[models.Model], organisation: Organisation) -> "models.QuerySet[Any]":
    """Return the rows of a table that go along, what is in the bin included."""
    if model is Organisation:
        return Organisation.objects.filter(pk=organisation.pk)
    if model is QuestionnaireVersion:
        used = Assessment.everything.filter(organisation=organisation).values("questionnaire_version")
        kept = AssessmentTemplate.objects.filter(organisation=organisation).values("questionnaire_version")
        rows = QuestionnaireVersion.objects.filter(Q(organisation=organisation) | Q(pk__in=used) | Q(pk__in=kept))
        return rows.order_by("pk")
    rows = getattr(model, "everything", model._default_manager).filter(organisation=organisation)
    return (rows.filter(status__in=OVER) if issubclass(model, Job) else rows).order_by("pk")


class _People:
    """Users by the marks that stand for them."""

    def __init__(self) -> None:
        self.marks: dict[Any, str] = {}

    def mark(self, user_id: Any) -> str | None:
        return None if user_id is None else self.marks.setdefault(user_id, f"p{len(self.marks) + 1}")

    def listed(self) -> list[dict[str, str]]:
        users = User.objects.in_bulk(list(self.marks))
        return [
            {"mark": mark, "name": users[pk].kept_name, "email": users[pk].email}
            for pk, mark in self.marks.items()
            if pk in users
        ]


class _Members:
    """Writes members and keeps their hashes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=False, compresslevel=3)
        self.hashes: dict[str, str] = {}

    def add(self, name: str, pieces: Iterator[bytes]) -> None:
        digest = hashlib.sha256()
        with self.zip.open(name, "w") as member:
            for piece in pieces:
                digest.update(piece)
                member.write(piece)
        self.hashes[name] = digest.hexdigest()


def write(organisation: Organisation, stream: IO[bytes], watch: Watch = lambda _done, _total: True) -> Manifest:
    """Write everything of an organisation; raises `ArchiveRefused` for one too large, `Stopped` when told to."""
    with scope(organisation=organisation):
        try:
            return _write(organisation, stream, watch)
        except zipfile.LargeZipFile as error:
            raise ArchiveRefused(
                N_("The organisation is larger than an archive may be ({limit} MB)."),
                remedy=N_("Carry the whole installation over by a backup."),
                limit=form.MAX_TOTAL // form.MEGABYTE,
            ) from error


def _write(organisation: Organisation, stream: IO[bytes], watch: Watch) -> Manifest:
    members, people, tables = _Members(stream), _People(), {}
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins and connection.vendor == "postgresql":
            # Every query sees the same moment, as it does on SQLite.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        carried = {
            name_of(one): {str(pk) for pk in rows_of(one, organisation).values_list("pk", flat=True)} for one in CARRIED
        }
        for model in CARRIED:
            tables[name_of(model)] = len(carried[name_of(model)])
            lines = (
                canonical_json(pack(row, people.mark, carried)).encode() + b"\n"
                for row in rows_of(model, organisation).iterator(200)
            )
            members.add(f"{form.TABLES}{name_of(model)}.jsonl", lines)
        members.add(form.PEOPLE, iter([canonical_json(people.listed()).encode()]))
        files = list(_files(organisation))
    missing = []
    for number, (name, path, sha256) in enumerate(files):
        if not watch(number, len(files)):
            raise Stopped
        # Read twice, so that nothing is written that is not what its row says.
        if _sha256(path) == sha256:
            members.add(name, _pieces(path))
        else:
            missing.append(name)
    manifest = Manifest(
        format=form.FORMAT,
        made_at=timezone.now().isoformat(timespec="seconds"),
        program=settings.VERSION,
        migrations=form.migrations(),
        installation=signing.public_key(),
        organisation={"id": str(organisation.pk), "name": organisation.name},
        tables=tables,
        members=members.hashes,
        missing=missing,
    )
    raw = json.dumps(asdict(manifest), indent=1, sort_keys=True, ensure_ascii=False).encode()
    members.zip.writestr(form.MANIFEST, raw)
    members.zip.writestr(form.SIGNATURE, signing.sign(raw))
    members.zip.close()
    return manifest


def _files(organisation: Organisation) -> Iterator[tuple[str, Path, str]]:
    for row in rows_of(Attachment, organisation):
        yield f"{form.ATTACHMENTS}{row.pk}", path_of(row), row.sha256
    reports = Path(settings.REPORTS_DIR)
    for row in rows_of(Report, organisation).defer("content", "scorecard"):
        if row.file:
            yield f"{form.REPORTS}{row.pk}.pdf", reports / row.file, row.file_sha256
        if row.board_file:
            yield f"{form.REPORTS}{row.pk}-board.pdf", reports / row.board_file, row.board_sha256


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            yield piece


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
