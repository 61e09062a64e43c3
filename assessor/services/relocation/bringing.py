"""Bringing an organisation in: every row under the id it had, all of it or nothing, owned by whoever brings it."""

import os
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import (
    Assessment,
    AssessmentTemplate,
    Attachment,
    BrandPicture,
    Endpoint,
    Membership,
    Organisation,
    ProbeSchedule,
    QuestionnaireVersion,
    Report,
    Retention,
    Role,
    SignOff,
    User,
)
from assessor.probes.collect.guard import check_key_header
from assessor.questionnaire.loader import from_canonical
from assessor.services import attachments, audit, file_types, logos, reporting, saved_templates
from assessor.services.questionnaires import questionnaire_of
from assessor.services.relocation import form, looking
from assessor.services.relocation.form import ArchiveRefused
from assessor.services.relocation.looking import Preview
from assessor.services.relocation.reading import Incoming, Person
from assessor.services.relocation.rows import RowRefused, unpack
from assessor.services.relocation.tables import CARRIED, name_of
from assessor.services.retention import NOTICE

CARRIED_HERE = N_("It was carried here from another installation: agree again.")
# Accounts that stand for people who are only named: they can never sign in.
NAMED = "carried-"
# Of so many assessments the whole report is tried before they are kept; of further ones the score.
MOST_TRIED = 20


def bring(incoming: Incoming, user: User) -> Organisation:
    """Bring an archive in and return the organisation, which `user` owns.

    Raises `ArchiveRefused`, or another `AssessorError`, with the place of the first fault; then nothing is changed.
    """
    preview = looking.look(incoming)
    if not preview.is_possible:
        raise taken(preview)
    written: list[Path] = []
    try:
        with scopes_disabled(), transaction.atomic():
            organisation = _Bringing(incoming, preview, written).all()
            Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
            count = sum(preview.manifest.tables.values())
            facts = {"file": Path(incoming.source).name, "count": count}
            audit.record("organisation.imported", organisation=organisation, actor=user, subject=organisation, **facts)
        return organisation
    except DatabaseError as error:
        _forget(written)
        raise ArchiveRefused(
            N_("The rows do not fit together: {why}."),
            place=incoming.source,
            remedy=form.AGAIN,
            why=str(error).strip().splitlines()[0][:200],
        ) from error
    except BaseException:
        # What the database forgets must not stay on the disc.
        _forget(written)
        raise


def _forget(written: list[Path]) -> None:
    for path in written:
        path.unlink(missing_ok=True)
    # Nor in the memory of this process.
    reporting.forget_read()


def taken(preview: Preview) -> ArchiveRefused:
    """Return the refusal of an archive whose ids are in use here."""
    return ArchiveRefused(
        N_("What the archive holds is here already, whole or in part: {tables}."),
        remedy=N_("Delete the organisation here for good first, or bring the archive into another installation."),
        tables=", ".join(f"{one.table} ({one.count})" for one in preview.collisions),
    )


class _Bringing:
    """One archive on its way in, within one transaction."""

    def __init__(self, incoming: Incoming, preview: Preview, written: list[Path]) -> None:
        self._incoming, self._written = incoming, written
        self._organisation = Organisation(pk=UUID(preview.manifest.organisation["id"]))
        self._ids = {name: set(ids) for name, ids in looking.ids_of(incoming).items()}
        self._known = {user.email.lower(): user for _person, user in preview.known}
        self._people: dict[str, User] = {}
        self._questionnaires: dict[str, str] = {}
        self._files = {name for name in preview.manifest.members if name.startswith((form.ATTACHMENTS, form.REPORTS))}

    def all(self) -> Organisation:
        """Bring everything in; every file must belong to a row."""
        for model in CARRIED:
            name = f"{form.TABLES}{name_of(model)}.jsonl"
            for number, data in enumerate(self._incoming.rows(model), start=1):
                try:
                    self._one(model, data)
                except ArchiveRefused:
                    raise
                except AssessorError as refusal:
                    raise self._incoming.at(name, number, refusal) from refusal
        if self._files:
            raise self._incoming.fault(sorted(self._files)[0], 0, N_("No row names this file."))
        self._try()
        return self._organisation

    def _one(self, model: type[models.Model], data: dict[str, Any]) -> None:
        if model is QuestionnaireVersion:
            self._questionnaire(data)
            return
        row, lists = unpack(model, data, self._organisation, self._person, self._link)
        self._prepare(row)
        # As it is: moments that are set by saving stay what they were.
        row.save_base(raw=True, force_insert=True)
        if isinstance(row, Organisation):
            self._organisation = row
        for name, ids in lists.items():
            for one in ids:
                getattr(row, name).add(one)

    def _person(self, mark: Any) -> Any:
        person = self._incoming.people.get(mark) if isinstance(mark, str) else None
        if person is None:
            raise RowRefused(N_("A row names a person who is not in the list of people."), remedy=form.AGAIN)
        if mark not in self._people:
            self._people[mark] = self._known.get(person.email.lower()) or self._named(person)
        return self._people[mark].pk

    def _named(self, person: Person) -> User:
        user = User(username=f"{NAMED}{self._organisation.pk.hex}-{len(self._people)}", is_active=False)
        user.first_name = person.name[:150]
        user.set_unusable_password()
        user.save(force_insert=True)
        return user

    def _link(self, model: type[models.Model], named: Any) -> str:
        """Return the id of what a row names, which must have come along: nothing here can be reached by an id."""
        if not isinstance(named, str) or named not in self._ids.get(name_of(model), ()):
            raise RowRefused(N_("A row names another one that is not in the archive."), remedy=form.AGAIN)
        return self._questionnaires[named] if model is QuestionnaireVersion else named

    def _questionnaire(self, data: dict[str, Any]) -> None:
        """Find a questionnaire by its content, or keep it as the organisation's own where nobody here has it."""
        row, _lists = unpack(QuestionnaireVersion, data, None, self._person, self._link)
        wrong = RowRefused(N_("The questionnaire is not the one that its hash names."), remedy=form.AGAIN)
        try:
            found = from_canonical(row.content)
        except (AssessorError, ValueError, TypeError, KeyError) as error:
            raise wrong from error
        if (found.content_hash(), found.id, found.version) != (row.content_hash, row.questionnaire, row.version):
            raise wrong
        whose = None if data.get("own") is not True else self._organisation
        kept = QuestionnaireVersion.objects.filter(content_hash=row.content_hash)
        # One that was installed there and is not here may have come already, as the organisation's own.
        same = kept.filter(organisation=whose).first() or kept.filter(organisation=self._organisation).first()
        if same is not None:
            self._questionnaires[str(row.pk)] = str(same.pk)
            return
        marks = str(row.pk)
        if QuestionnaireVersion.objects.filter(pk=row.pk).exists():
            row.pk = UUID(bytes=os.urandom(16), version=4)
        row.organisation = self._organisation
        row.save_base(raw=True, force_insert=True)
        self._questionnaires[marks] = str(row.pk)

    def _prepare(self, row: models.Model) -> None:
        """See to what a row brings beside its columns; raises for what this product would not have kept."""
        if isinstance(row, Attachment):
            row.file = f"{self._organisation.pk}/{token_hex(20)}"
            self._attachment(row)
        elif isinstance(row, Report):
            row.file = self._report(row, "", row.file_sha256)
            row.board_file = self._report(row, "-board", row.board_sha256)
        elif isinstance(row, BrandPicture):
            logos.check_kept(bytes(row.content), row.media_type, (row.width, row.height))
        elif isinstance(row, SignOff):
            if content_hash(row.snapshot) != row.sha256:
                raise RowRefused(N_("What was signed is not what its hash names."), remedy=form.AGAIN)
        elif isinstance(row, AssessmentTemplate):
            saved_templates.content_of(row)
        elif isinstance(row, Endpoint):
            check_key_header(row.key_header)
        elif isinstance(row, ProbeSchedule) and row.ended_at is None:
            row.ended_at, row.ended_because = timezone.now(), CARRIED_HERE
        elif isinstance(row, Retention):
            row.counts_from, row.done_at = timezone.now() + NOTICE, None

    def _attachment(self, row: Attachment) -> None:
        member = f"{form.ATTACHMENTS}{row.pk}"
        if not self._take(member):
            return
        self._check(member, row.sha256)
        content = self._incoming.archive.read(member)
        kind = file_types.recognise(content, row.name)
        if kind != row.content_type or len(content) != row.size or row.size > settings.UPLOAD_MAX_BYTES:
            raise self._incoming.fault(member, 0, N_("The file is of another type or size than its row says."))
        row.name = attachments.safe_name(row.name, row.content_type)
        self._write(attachments.path_of(row), member)

    def _report(self, row: Report, kind: str, sha256: str) -> str:
        member = f"{form.REPORTS}{row.pk}{kind}.pdf"
        name = f"{self._organisation.pk}/{row.pk}-{row.attempt}{kind}.pdf"
        if not sha256:
            return ""
        if self._take(member):
            self._check(member, sha256)
            self._write(Path(settings.REPORTS_DIR) / name, member)
        return name

    def _take(self, member: str) -> bool:
        """Tell whether a file came along; one that does not must be named as missing."""
        if member in self._files:
            self._files.remove(member)
            return True
        if member not in self._incoming.manifest.missing:
            raise self._incoming.fault(member, 0, N_("The file is not in the archive."))
        return False

    def _check(self, member: str, sha256: str) -> None:
        if self._incoming.manifest.members[member] != sha256:
            raise self._incoming.fault(member, 0, N_("The file is not the one that its row names."))

    def _write(self, path: Path, member: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with path.open("xb") as stream:
                self._written.append(path)
                for piece in self._incoming.archive.chunks(member):
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            path.chmod(0o400)
        except OSError as error:
            raise ArchiveRefused(
                N_("A file could not be stored: {why}."),
                remedy=N_("Check the free space and the permissions of the data directory."),
                why=error.strerror,
            ) from error

    def _try(self) -> None:
        """Read what was brought as its pages do: what they could not show is not kept. Leaves nothing behind."""
        with scope(organisation=self._organisation), transaction.atomic():
            attached = attachments.used_bytes(self._organisation)
            if attached > settings.ATTACHMENT_QUOTA_BYTES:
                raise ArchiveRefused(
                    N_("The attachments take more than the {quota} MB that an organisation has here."),
                    remedy=N_("Ask whoever runs this installation for more room."),
                    quota=settings.ATTACHMENT_QUOTA_BYTES // form.MEGABYTE,
                )
            for number, assessment in enumerate(Assessment.everything.select_related("questionnaire_version")):
                assessment.organisation = self._organisation
                try:
                    if number < MOST_TRIED:
                        reporting.report_input(assessment)
                    else:
                        queries.scorecard(assessment, questionnaire_of(assessment.questionnaire_version.content_hash))
                except DatabaseError:
                    raise
                except Exception as error:
                    raise ArchiveRefused(
                        N_("The assessment “{title}” cannot be shown: its rows do not fit together."),
                        place=self._incoming.source,
                        remedy=form.AGAIN,
                        title=assessment.title[:80],
                    ) from error
            # What reading computed is not what was brought.
            transaction.set_rollback(True)
