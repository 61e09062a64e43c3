"""Seals a key for the time of one run: AES-256-GCM, bound to organisation, endpoint and field."""

import base64
import binascii
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from assessor.errors import N_, AssessorError

KEY_BYTES, NONCE_BYTES = 32, 12
REFERENCE = re.compile(r"ASSESSOR_KEY_[A-Z0-9_]{1,60}")
CERTIFICATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
MAX_CERTIFICATE = 256 * 1024
MAX_NAME = 200


class SecretUnreadable(AssessorError):
    """A sealed or referenced key cannot be had."""


def _sealing_key() -> tuple[str, bytes]:
    file = Path(settings.DATA_DIR) / "sealing-key"
    try:
        if not file.exists():
            _make_key(file)
        key = file.read_bytes()
    except OSError as error:
        raise SecretUnreadable(
            N_("The file {file}, with which keys are sealed, cannot be read or written: {why}."),
            remedy=N_("Correct its permissions."),
            file=file,
            why=error.strerror,
        ) from error
    if len(key) != KEY_BYTES:
        raise SecretUnreadable(
            N_("The file {file}, with which keys are sealed, is damaged."),
            remedy=N_("Restore it from a backup, or remove it and enter the keys again."),
            file=file,
        )
    return "k1", key


def _make_key(file: Path) -> None:
    """Write a new key beside its place and link it there: it appears whole, and the first of two writers wins."""
    handle, name = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(AESGCM.generate_key(KEY_BYTES * 8))
        with suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()


def seal(value: str, *bound_to: str) -> str:
    """Return `v1:<key id>:<nonce and ciphertext>`, readable only together with the same `bound_to`."""
    key_id, key = _sealing_key()
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, value.encode(), "/".join(bound_to).encode())
    return f"v1:{key_id}:{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(text: str, *bound_to: str) -> str:
    """Return the value; raises `SecretUnreadable` when it was sealed for something else or with another key."""
    key_id, key = _sealing_key()
    try:
        version, named, body = text.split(":")
        sealed = base64.urlsafe_b64decode(body.encode())
        if (version, named) != ("v1", key_id):
            raise InvalidTag
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], "/".join(bound_to).encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise SecretUnreadable(
            N_("The key of this endpoint cannot be read any more."), remedy=N_("Enter it again.")
        ) from error


def referenced(name: str) -> str:
    """Return a key from the server's environment; only names that begin with ASSESSOR_KEY_ are read."""
    if not REFERENCE.fullmatch(name):
        raise SecretUnreadable(
            N_("“{name}” is not a name a key may be read from."),
            remedy=N_("Use a variable whose name begins with ASSESSOR_KEY_, in capitals."),
            name=name,
        )
    value = os.environ.get(name, "")
    if not value:
        raise SecretUnreadable(
            N_("The variable {name} is not set on this server."),
            remedy=N_("Set it and start the server again."),
            name=name,
        )
    return value


def client_certificate(name: str) -> Path | None:
    """Return the file of a client certificate below the operator's folder, None for no name.

    Raises `SecretUnreadable` for what lies elsewhere: no name, no "..", no link leads out of that folder.
    """
    if not name:
        return None
    folder = settings.CLIENT_CERTIFICATES_DIR
    if folder is None:
        raise SecretUnreadable(
            N_("This server has no folder of client certificates."),
            remedy=N_("Whoever operates it sets ASSESSOR_CLIENT_CERTIFICATES; or leave the certificate out."),
        )
    if len(name) > MAX_NAME or not CERTIFICATE.fullmatch(name):
        raise SecretUnreadable(
            N_("“{name}” is not a name a client certificate may have."),
            remedy=N_("Name a file below the operator's folder, such as ward/client.pem."),
            name=name,
        )
    file = (folder / name).resolve()
    try:
        usable = file.is_relative_to(folder.resolve()) and file.is_file() and file.stat().st_size <= MAX_CERTIFICATE
    except OSError:
        usable = False
    if not usable:
        # The same words for what is missing and what lies elsewhere: nobody learns which files there are.
        raise SecretUnreadable(
            N_("There is no client certificate “{name}” in the operator's folder."),
            remedy=N_("Have the certificate and its key, without a password, put there as one PEM file."),
            name=name,
        )
    return file
