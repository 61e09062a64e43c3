"""The installation's own key, with which it signs plans that are carried elsewhere (Ed25519)."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from assessor.errors import N_, AssessorError
from assessor.probes.plan_file import installation_of

KEY_BYTES = 32


class SigningKeyUnusable(AssessorError):
    """The installation's key cannot be read, or is damaged."""


def _key() -> Ed25519PrivateKey:
    file = Path(settings.DATA_DIR) / "signing-key"
    try:
        if not file.exists():
            _make(file)
        raw = file.read_bytes()
    except OSError as error:
        raise SigningKeyUnusable(
            N_("The file {file}, with which plans are signed, cannot be read or written: {why}."),
            remedy=N_("Correct its permissions."),
            file=file,
            why=error.strerror,
        ) from error
    if len(raw) != KEY_BYTES:
        raise SigningKeyUnusable(
            N_("The file {file}, with which plans are signed, is damaged."),
            remedy=N_("Restore it from a backup, or remove it: plans that are under way are then no longer known."),
            file=file,
        )
    return Ed25519PrivateKey.from_private_bytes(raw)


def _make(file: Path) -> None:
    """Write a new key beside its place and link it there: it appears whole, and the first of two writers wins."""
    handle, name = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(os.urandom(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()


def public_key() -> str:
    """Return the public key in hexadecimal digits; raises `SigningKeyUnusable`."""
    return _key().public_key().public_bytes_raw().hex()


def installation() -> str:
    """Return the short name by which plans call this installation; raises `SigningKeyUnusable`."""
    return installation_of(public_key())


def sign(message: bytes) -> str:
    """Return the signature of a message in hexadecimal digits; raises `SigningKeyUnusable`."""
    return _key().sign(message).hex()
