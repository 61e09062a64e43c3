"""Seals keys (AES-256-GCM, bound to organisation, endpoint and field), and reads those the operator keeps elsewhere."""

import base64
import binascii
import os
import re
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from assessor.errors import N_, AssessorError
from assessor.services import keyring

NONCE_BYTES, TAG_BYTES = 12, 16
REFERENCE = re.compile(r"(env:)?(ASSESSOR_KEY_[A-Z0-9_]{1,60})")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}"
FILE = re.compile(rf"file:({NAME})")
CERTIFICATE = re.compile(NAME)
MAX_CERTIFICATE = 256 * 1024
MAX_KEY_FILE = 16 * 1024
MAX_NAME = 200


class SecretUnreadable(AssessorError):
    """A sealed or referenced key cannot be had."""


@sensitive_variables("value")
def seal(value: str, *bound_to: str) -> str:
    """Return `v1:<key id>:<nonce and ciphertext>`, readable only together with the same `bound_to`."""
    first = keyring.at_hand()[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(first.key).encrypt(nonce, value.encode(), "/".join(bound_to).encode())
    return f"v1:{first.ident}:{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(text: str, *bound_to: str) -> str:
    """Return the value; raises `SecretUnreadable` when it was sealed for something else or with another key."""
    version, _colon, rest = text.partition(":")
    ident, _colon, body = rest.partition(":")
    if version != "v1" or not keyring.IDENT.fullmatch(ident):
        raise _unreadable()
    known = {one.ident: one.key for one in keyring.at_hand()}
    if ident not in known:
        raise SecretUnreadable(
            N_("The key of this endpoint was sealed with the key “{ident}”, which this installation does not have."),
            remedy=N_("Whoever operates it gives that key back, or the endpoint's key is entered again."),
            ident=ident,
        )
    try:
        sealed = base64.b64decode(body.encode("ascii"), altchars=b"-_", validate=True)
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise InvalidTag
        opened = AESGCM(known[ident]).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], "/".join(bound_to).encode())
        return opened.decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise _unreadable() from error


def _unreadable() -> SecretUnreadable:
    return SecretUnreadable(N_("The key of this endpoint cannot be read any more."), remedy=N_("Enter it again."))


def sealed_with(text: str) -> str:
    """Return the id of the key a text was sealed with, "" for one that is none of ours."""
    version, _colon, rest = text.partition(":")
    return rest.partition(":")[0] if version == "v1" else ""


@sensitive_variables("value")
def referenced(name: str, organisation: UUID | None = None) -> str:
    """Return a key that the operator keeps: `env:NAME`, or the name alone, or `file:NAME` below a folder of theirs.

    Of the environment only names that begin with ASSESSOR_KEY_ are read, of files only those below that folder. In
    served mode the name must be one of the organisation's own: who registers an endpoint says where its key is sent.
    """
    if settings.MODE == "served" and organisation is not None:
        _check_own(name, organisation)
    if name.startswith("file:"):
        return _in_file(name)
    found = REFERENCE.fullmatch(name)
    if found is None:
        raise SecretUnreadable(
            N_("“{name}” is not a name a key may be read from."),
            remedy=N_("Use a variable whose name begins with ASSESSOR_KEY_, in capitals, or file: and a file's name."),
            name=name,
        )
    value = os.environ.get(found[2], "")
    if not value:
        raise SecretUnreadable(
            N_("The variable {name} is not set on this server."),
            remedy=N_("Set it and start the server again."),
            name=found[2],
        )
    return value


def own_names(organisation: UUID) -> tuple[str, str]:
    """Return how the references of an organisation begin in served mode: of variables, and of files."""
    return f"env:ASSESSOR_KEY_{organisation.hex[:8].upper()}_", f"file:{organisation}/"


def _check_own(name: str, organisation: UUID) -> None:
    variable, folder = own_names(organisation)
    if not name.startswith((variable, variable.removeprefix("env:"), folder)):
        raise SecretUnreadable(
            N_("“{name}” is not a name of a key of this organisation."),
            remedy=N_("On this server its names begin with {variable} or {folder}."),
            name=name[:MAX_NAME],
            variable=variable,
            folder=folder,
        )


@sensitive_variables("value")
def _in_file(name: str) -> str:
    folder = settings.ENDPOINT_KEYS_DIR
    if folder is None:
        raise SecretUnreadable(
            N_("This server has no folder of keys."),
            remedy=N_("Whoever operates it sets ASSESSOR_ENDPOINT_KEYS; or choose another way to keep the key."),
        )
    found = FILE.fullmatch(name)
    file = _below(folder, found[1], MAX_KEY_FILE) if found else None
    value = ""
    if file is not None:
        try:
            value = file.read_text("utf-8").strip()
        except (OSError, ValueError):
            value = ""
    if not value or not value.isprintable():
        # The same words for what is missing and what lies elsewhere: nobody learns which files there are.
        raise SecretUnreadable(
            N_("There is no key “{name}” in the operator's folder."),
            remedy=N_("Have it put there as a file of one line, such as file:ward/gateway.key."),
            name=name[:MAX_NAME],
        )
    return value


def _below(folder: Path, name: str, most: int) -> Path | None:
    """Return a file below a folder, None for one that is not there, leads out of it or is larger than `most` bytes."""
    file = (folder / name).resolve()
    try:
        usable = file.is_relative_to(folder.resolve()) and file.is_file() and file.stat().st_size <= most
    except OSError:
        usable = False
    return file if usable else None


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
    file = _below(folder, name, MAX_CERTIFICATE)
    if file is None:
        # The same words for what is missing and what lies elsewhere: nobody learns which files there are.
        raise SecretUnreadable(
            N_("There is no client certificate “{name}” in the operator's folder."),
            remedy=N_("Have the certificate and its key, without a password, put there as one PEM file."),
            name=name,
        )
    return file
