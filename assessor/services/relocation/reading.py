"""Reading an archive of an organisation: nothing in it is believed before directory, signature and hashes agree."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import models

from assessor.errors import N_, AssessorError
from assessor.services.exchange.safe_zip import Archive
from assessor.services.relocation import form, rows
from assessor.services.relocation.form import AGAIN, ArchiveRefused, Manifest
from assessor.services.relocation.rows import RowRefused
from assessor.services.relocation.tables import CARRIED, name_of

MOST_PEOPLE = 20_000


@dataclass(frozen=True)
class Person:
    """Somebody whom the rows name: by name and mail address alone."""

    name: str
    email: str


class Incoming:
    """An archive that was found whole. Raises `ContentError` or `ArchiveRefused` with the member at fault."""

    def __init__(self, stream: BinaryIO, source: str, total: int) -> None:
        self.archive = Archive(stream, source, form.limits(total), AGAIN)
        self.source = source
        self.manifest = self._manifest()
        self._check_members()
        self._check_version()
        self.people = self._people()

    def _refused(self, reason: str, remedy: str = AGAIN, member: str = "", **params: object) -> ArchiveRefused:
        return ArchiveRefused(reason, place=self.archive.place(member), remedy=remedy, **params)

    def _small(self, name: str) -> bytes:
        if name not in self.archive or self.archive.size(name) > form.MAX_MANIFEST:
            raise self._refused(
                N_("This is no archive of a whole organisation."),
                N_("Choose a file that was exported on the page “Data” of an organisation."),
            )
        return self.archive.read(name)

    def _manifest(self) -> Manifest:
        raw, signature = self._small(form.MANIFEST), self._small(form.SIGNATURE)
        changed = self._refused(N_("The manifest was changed after the archive was made."), member=form.MANIFEST)
        try:
            said = json.loads(raw)
            if said["format"] != form.FORMAT:
                raise self._refused(
                    N_("The archive has the form {form}, which this release does not know."),
                    N_("Bring it in with a newer release."),
                    form=str(said["format"])[:60],
                )
            manifest = Manifest(**said)
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest.installation))
            public.verify(bytes.fromhex(signature.decode("ascii")), raw)
            texts = [*manifest.members, *manifest.members.values(), *manifest.migrations, *manifest.missing]
            texts += [*manifest.organisation.values(), manifest.made_at, manifest.program]
            if not all(isinstance(one, str) for one in texts) or set(manifest.organisation) != {"id", "name"}:
                raise changed
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidSignature) as error:
            raise changed from error
        return manifest

    def _check_members(self) -> None:
        listed = {form.MANIFEST, form.SIGNATURE, *self.manifest.members}
        for name in self.archive.names:
            if name not in listed:
                raise self._refused(N_("The manifest does not name this member."), member=name)
        for name, said in self.manifest.members.items():
            if name not in self.archive:
                raise self._refused(N_("The manifest names this member, and it is not there."), member=name)
            if self.archive.sha256(name) != said:
                raise self._refused(N_("The content is not what the manifest says."), member=name)
        known = {f"{form.TABLES}{name_of(one)}.jsonl" for one in CARRIED} | {form.PEOPLE}
        for name in self.manifest.members:
            if name not in known and not name.startswith((form.ATTACHMENTS, form.REPORTS)):
                raise self._refused(
                    N_("This table is not known here."), N_("Bring the archive in with a newer release."), name
                )

    def _check_version(self) -> None:
        if newer := sorted(set(self.manifest.migrations) - set(form.migrations())):
            raise self._refused(
                N_("The archive is of a newer release ({theirs}) than this one ({ours}): it has {step}, unknown here."),
                N_("Install that release or a newer one, and bring it in there."),
                theirs=self.manifest.program[:20],
                ours=settings.VERSION,
                step=newer[-1][:60],
            )

    def _people(self) -> dict[str, Person]:
        wrong = self._refused(N_("This is no list of people."), member=form.PEOPLE)
        try:
            listed = json.loads(self._small(form.PEOPLE))
            people = {one["mark"]: Person(one["name"], one["email"]) for one in listed}
            plain = all(isinstance(text, str) and "\0" not in text for one in listed for text in one.values())
            json.dumps(listed, ensure_ascii=False).encode()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise wrong from error
        if (
            not plain
            or len(people) > MOST_PEOPLE
            or any(len(one.name) > 320 or len(one.email) > 254 for one in people.values())
        ):
            raise wrong
        return people

    def rows(self, model: type[models.Model]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table, checked to be such; a table that an older release did not have has none."""
        name = f"{form.TABLES}{name_of(model)}.jsonl"
        if name not in self.archive:
            return
        for number, line in enumerate(self._lines(name), start=1):
            try:
                data = rows.read(line)
                rows.check_names(model, data)
            except RowRefused as refusal:
                raise self.at(name, number, refusal) from refusal
            yield data

    def at(self, name: str, number: int, refusal: AssessorError) -> ArchiveRefused:
        """Return a refusal of a row with the place where it stands; 0: of the whole member."""
        place = self.archive.place(name) + (f", line {number}" if number else "")
        return ArchiveRefused(refusal.reason, place=place, remedy=refusal.remedy, **refusal.params)

    def fault(self, name: str, number: int, reason: str) -> ArchiveRefused:
        """Return a fault of our own finding at a row, or at a whole member."""
        return self.at(name, number, AssessorError(reason, remedy=AGAIN))

    def _lines(self, name: str) -> Iterator[bytes]:
        left = b""
        for piece in self.archive.chunks(name):
            *whole, left = (left + piece).split(b"\n")
            yield from whole
            if len(left) > form.MAX_ROW:
                raise self._refused(N_("A row is larger than any that this product writes."), member=name)
        if left:
            yield left
