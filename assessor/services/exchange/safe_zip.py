"""ZIP archives from strangers: what the directory says is judged before anything is unpacked, and held to after."""

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from assessor.errors import N_, ContentError

MEGABYTE = 1024 * 1024
_CHUNK = 256 * 1024
_END, _END_SIZE, _END64 = b"PK\x05\x06", 22, b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
# A member's name as we write it and as spreadsheets do: no way up, no drive, no backslash, nothing invisible.
_NAME = re.compile(r"[A-Za-z0-9_\[\] .()+@#,=-]+(?:/[A-Za-z0-9_\[\] .()+@#,=-]+)*/?")
_ENTRY_ROOM = 600


@dataclass(frozen=True)
class Limits:
    """What an archive may be at most: members, bytes of one member, bytes of all together once unpacked."""

    members: int
    member_bytes: int
    total_bytes: int


class Archive:
    """An archive whose directory was found to be harmless; members are read within the limits, one at a time.

    Every fault is a `ContentError` that names file and member. `whole` is what a person would call a sound file of
    this kind, for the remedy ("Save it again as XLSX.").
    """

    def __init__(self, stream: BinaryIO, source: str, limits: Limits, remedy: str) -> None:
        self.source, self._limits, self._remedy = source, limits, remedy
        self._check_directory(stream)
        try:
            self._zip = zipfile.ZipFile(stream)
            self._members = {one.filename: one for one in self._zip.infolist()}
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
            raise self._broken(error) from error
        self._check_members()

    def _check_directory(self, stream: BinaryIO) -> None:
        """Refuse a directory that is too long before it is read: each entry costs memory."""
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE))
        tail = stream.read()
        stream.seek(0)
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + _END_SIZE:
            raise self._broken("no directory")
        entries, length = struct.unpack_from("<HI", tail, at + 10)
        if (
            entries > self._limits.members
            or length > self._limits.members * _ENTRY_ROOM
            or tail[at - 20 : at - 16] == _END64
        ):
            raise self.fault(
                "",
                N_("The archive has more than {limit} members."),
                self._remedy,
                limit=self._limits.members,
            )

    def _broken(self, why: object) -> ContentError:
        return self.fault("", N_("This is not a whole archive: {why}."), self._remedy, why=str(why).rstrip("."))

    def fault(self, member: str, reason: str, remedy: str, **params: object) -> ContentError:
        """Return a fault at a member ("" for the archive)."""
        return ContentError(reason, source=self.place(member), remedy=remedy, **params)

    def place(self, member: str) -> str:
        """Return how a member is named in messages; hostile marks in its name are written out."""
        return f"{self.source}, member {shown(member)}" if member else self.source

    def _check_members(self) -> None:
        entries = self._zip.infolist()
        if len(entries) > self._limits.members:
            raise self.fault(
                "", N_("The archive has more than {limit} members."), self._remedy, limit=self._limits.members
            )
        seen: set[str] = set()
        for one in entries:
            self._check_member(one, seen)
        total = sum(one.file_size for one in entries)
        if total > self._limits.total_bytes:
            raise self.fault(
                "",
                N_("Unpacked, the archive would take {size} MB; {limit} MB are allowed."),
                N_("Take out what does not belong."),
                size=-(-total // MEGABYTE),
                limit=self._limits.total_bytes // MEGABYTE,
            )

    def _check_member(self, one: zipfile.ZipInfo, seen: set[str]) -> None:
        name = one.orig_filename
        parts = name.rstrip("/").split("/")
        if not _NAME.fullmatch(name) or ".." in parts or "." in parts or len(name) > 200:
            raise self.fault(
                name,
                N_("The name leads out of the archive, or holds marks that no member's name needs."),
                N_("Do not open this file; ask whoever sent it to make it anew."),
            )
        if name.casefold() in seen:
            raise self.fault(name, N_("Two members have this name."), self._remedy)
        seen.add(name.casefold())
        if stat.S_ISLNK(one.external_attr >> 16):
            raise self.fault(name, N_("The member is a link and not a file."), self._remedy)
        if one.flag_bits & 0x1:
            raise self.fault(name, N_("The member is encrypted."), N_("Send it without a password."))
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.fault(name, N_("The member is compressed in a way that is not read here."), self._remedy)
        if one.file_size > self._limits.member_bytes:
            raise self.fault(
                name,
                N_("Unpacked, the member would take {size} MB; {limit} MB are allowed."),
                N_("Take out what does not belong."),
                size=-(-one.file_size // MEGABYTE),
                limit=self._limits.member_bytes // MEGABYTE,
            )

    @property
    def names(self) -> list[str]:
        """The names of the members that are files, in the order of the directory."""
        return [name for name in self._members if not name.endswith("/")]

    def size(self, name: str) -> int:
        """Return how many bytes a member says it has."""
        return self._members[name].file_size

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return a member's content; raises `ContentError` where it is missing, damaged or longer than it says."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's content piece by piece; raises as `read` does."""
        if name not in self._members:
            raise self.fault("", N_("The member “{name}” is missing."), self._remedy, name=name)
        left = min(self._members[name].file_size, self._limits.member_bytes)
        try:
            with self._zip.open(name) as stream:
                while piece := stream.read(_CHUNK):
                    left -= len(piece)
                    if left < 0:
                        raise self.fault(name, N_("The member is longer than the archive says."), self._remedy)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise self.fault(
                name, N_("The member is damaged: {why}."), self._remedy, why=str(error).rstrip(".")
            ) from error

    def sha256(self, name: str) -> str:
        """Return the sha256 of a member's content."""
        digest = hashlib.sha256()
        for piece in self.chunks(name):
            digest.update(piece)
        return digest.hexdigest()


def shown(name: str) -> str:
    """Return a name as it can be shown: marks that turn or hide text are written out, a long one is cut."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in name[:120])
