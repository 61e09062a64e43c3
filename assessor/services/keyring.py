"""The keys with which secrets are sealed: from the environment or a file for this user alone. The first one seals."""

import base64
import binascii
import os
import re
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from assessor.errors import N_, AssessorError

KEY_BYTES = 32
IDENT = re.compile(r"[A-Za-z0-9_-]{1,16}")
# What a file holds that was made before keys had names: one key, as bytes.
UNNAMED = "k1"


class KeyringUnusable(AssessorError):
    """There are no keys to seal with, or they cannot be read."""


@dataclass(frozen=True)
class SealingKey:
    """A key by its id; the id is no secret."""

    ident: str
    key: bytes = field(repr=False)

    @property
    def line(self) -> str:
        """The key as it stands in the file or the variable."""
        return f"{self.ident}:{base64.b64encode(self.key).decode()}"


def at_hand() -> tuple[SealingKey, ...]:
    """Return every key, the one that seals first; raises `KeyringUnusable`."""
    if settings.SEALING_KEYS:
        return _parsed(settings.SEALING_KEYS.replace(",", "\n"), "ASSESSOR_KEYS")
    return _in_file(file())


def file() -> Path:
    """Return the file the keys are read from, where they are not in the environment."""
    return Path(settings.SEALING_KEYS_FILE or Path(settings.DATA_DIR) / "sealing-key")


def is_of_operator() -> bool:
    """Return whether the operator gave the keys or their file, so that they need not lie beside the data."""
    return bool(settings.SEALING_KEYS or settings.SEALING_KEYS_FILE)


@sensitive_variables("raw")
def _in_file(path: Path) -> tuple[SealingKey, ...]:
    try:
        if not path.exists() and not settings.SEALING_KEYS_FILE:
            _write(path, (new_key(),), replace=False)
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise KeyringUnusable(
            N_("The file {file}, with which keys are sealed, cannot be read or written: {why}."),
            remedy=N_("Correct its name or its permissions; a lost one is restored from a backup."),
            file=path,
            why=error.strerror,
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyringUnusable(
            N_("The file {file}, with which keys are sealed, is open to others (mode {mode})."),
            remedy=N_("Take their rights away: chmod 600."),
            file=path,
            mode=f"{stat.S_IMODE(mode):04o}",
        )
    if len(raw) == KEY_BYTES:
        return (SealingKey(UNNAMED, raw),)
    return _parsed(raw.decode("utf-8", "replace"), str(path))


@sensitive_variables("text", "line", "body", "key", "found")
def _parsed(text: str, where: str) -> tuple[SealingKey, ...]:
    found: list[SealingKey] = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        if line.startswith("#"):
            continue
        ident, _colon, body = line.partition(":")
        try:
            key = base64.b64decode(body.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not IDENT.fullmatch(ident) or len(key) != KEY_BYTES or ident in {one.ident for one in found}:
            # What stands there is never repeated: it may be a key.
            raise _damaged(where)
        found.append(SealingKey(ident, key))
    if not found:
        raise _damaged(where)
    return tuple(found)


def _damaged(where: str) -> KeyringUnusable:
    return KeyringUnusable(
        N_("{where}, with which keys are sealed, is damaged."),
        remedy=N_(
            "Restore it from a backup, or write each key as its own id, a colon and 32 bytes in base64 "
            "(manage.py rotate_keys --print-new makes one)."
        ),
        where=where,
    )


def new_key() -> SealingKey:
    """Return a new key under a new id."""
    return SealingKey(f"k{secrets.token_hex(3)}", AESGCM.generate_key(KEY_BYTES * 8))


def add_new() -> SealingKey:
    """Put a new key in front of those of the file and return it; raises `KeyringUnusable` for the environment's."""
    if settings.SEALING_KEYS:
        raise KeyringUnusable(
            N_("The keys are in the variable ASSESSOR_KEYS, which this command cannot change."),
            remedy=N_(
                "Put the key that “manage.py rotate_keys --print-new” prints in front of the others, start the product "
                "again, then run “manage.py rotate_keys”."
            ),
        )
    made = new_key()
    try:
        _write(file(), (made, *at_hand()), replace=True)
    except OSError as error:
        raise KeyringUnusable(
            N_("The file {file}, with which keys are sealed, cannot be read or written: {why}."),
            remedy=N_("Correct its name or its permissions; a lost one is restored from a backup."),
            file=file(),
            why=error.strerror,
        ) from error
    return made


def _write(path: Path, them: tuple[SealingKey, ...], *, replace: bool) -> None:
    """Write beside the place and move or link it there: it appears whole; without `replace` the first writer wins."""
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write("".join(f"{one.line}\n" for one in them))
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            aside.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
