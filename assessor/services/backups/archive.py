"""The form of a backup: a ZIP file whose manifest names the hash of every member and is signed by the installation."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assessor.errors import AssessorError
from assessor.services import signing

FORMAT = "sovereignty-assessor-backup-1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.signature"
FILES = "files/"
CHUNK = 256 * 1024
MAX_MANIFEST = 64 * 1024 * 1024


class BackupRefused(AssessorError):
    """A backup cannot be made, or is not one that may be restored here."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `members` gives the sha256 of each, `keys` those of the key files, kept apart."""

    format: str
    made_at: str
    program: str
    database: str
    migrations: list[str]
    installation: str
    keys: dict[str, str]
    members: dict[str, str]


@contextmanager
def made_whole(file: Path) -> Iterator[IO[bytes]]:
    """Give a stream into a file for this user alone that appears under its name when all is written, or not at all."""
    if file.exists():
        raise BackupRefused("The file exists.", place=str(file), remedy="Name another, or move it away.")
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError as error:
        why = error.strerror or error
        raise BackupRefused(
            "Nothing was written: {why}.", place=str(file), remedy="Check the free space and the permissions.", why=why
        ) from error
    finally:
        part.unlink(missing_ok=True)


class Writer:
    """Writes members into a backup and keeps their hashes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self.members: dict[str, str] = {}

    def add(self, name: str, file: Path) -> None:
        """Add a file; one that is gone in the meantime is left out."""
        try:
            source = file.open("rb")
        except FileNotFoundError:
            return
        digest = hashlib.sha256()
        with source, self._zip.open(name, "w", force_zip64=True) as member:
            while piece := source.read(CHUNK):
                digest.update(piece)
                member.write(piece)
        self.members[name] = digest.hexdigest()

    def close(self, **said: Any) -> Manifest:
        """Write manifest and signature, and end the file."""
        manifest = Manifest(format=FORMAT, members=self.members, installation=signing.public_key(), **said)
        raw = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
        self._zip.writestr(MANIFEST, raw)
        self._zip.writestr(SIGNATURE, signing.sign(raw))
        self._zip.close()
        return manifest


class Reader:
    """A backup that was found whole: every member has the hash its signed manifest says. Raises `BackupRefused`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise self._refused("The file cannot be read: {why}.", "Check its name.", why=error.strerror) from error
        except zipfile.BadZipFile as error:
            raise self._refused("This is no backup, or only the beginning of one.", "Name another file.") from error
        try:
            self.manifest = self._manifest()
            self._check_members()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise self._refused("The file is damaged: {why}.", "Use another backup.", why=error) from error

    def _refused(self, reason: str, remedy: str, **params: object) -> BackupRefused:
        return BackupRefused(reason, place=str(self.file), remedy=remedy, **params)

    def _manifest(self) -> Manifest:
        names = self._zip.namelist()
        if MANIFEST not in names or SIGNATURE not in names or self._zip.getinfo(MANIFEST).file_size > MAX_MANIFEST:
            raise self._refused("This is not a backup made by “manage.py backup”.", "Name another file.")
        raw, signature = self._zip.read(MANIFEST), self._zip.read(SIGNATURE)
        try:
            said = json.loads(raw)
            if said["format"] != FORMAT:
                raise self._refused(
                    "The backup has the form {form}, which this release does not know.",
                    "Restore it with the release that made it.",
                    form=str(said["format"])[:60],
                )
            manifest = Manifest(**said)
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest.installation))
            public.verify(bytes.fromhex(signature.decode("ascii")), raw)
        except (ValueError, TypeError, KeyError, InvalidSignature) as error:
            raise self._refused(
                "The manifest was changed after the backup was made.", "Use another backup: this one proves nothing."
            ) from error
        return manifest

    def _check_members(self) -> None:
        names = self._zip.namelist()
        if sorted(names) != sorted([MANIFEST, SIGNATURE, *self.manifest.members]):
            raise self._refused("Members are missing, or are there that the manifest does not name.", "Use another.")
        for name, sha256 in self.manifest.members.items():
            digest = hashlib.sha256()
            with self._zip.open(name) as member:
                while piece := member.read(CHUNK):
                    digest.update(piece)
            if digest.hexdigest() != sha256:
                raise self._refused("The member {name} was changed.", "Use another backup.", name=name)

    def unpack(self, folder: Path) -> None:
        """Write every member below a folder, readable for this user alone; no name may lead out of it."""
        for name in self.manifest.members:
            parts = name.split("/")
            if ".." in parts or "" in parts or "." in parts or "\\" in name:
                raise self._refused("The member {name} leads out of the backup.", "Use another backup.", name=name)
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out, self._zip.open(name) as member:
                while piece := member.read(CHUNK):
                    out.write(piece)

    def close(self) -> None:
        """End reading."""
        self._zip.close()
