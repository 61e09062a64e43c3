"""The operator's own scanner for files that come in: what it finds is refused, and so is what it could not look at."""

import logging
import math
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from assessor.errors import N_, AssessorError
from assessor.models import Organisation, User
from assessor.reports.text import clean
from assessor.services import audit

# Stands in the command for the path of the file; without it the file is given on standard input.
PLACE = "{}"
CLEAN, FOUND = 0, 1
# Of what the scanner says: enough for a name, too little to fill a page.
MOST_SAID = 200
MOST_READ = 4000
# So much longer than its computing time a scanner may be stopped by the kernel before we stop it.
SLACK = 2
NOT_SCANNED = "not scanned"
log = logging.getLogger("assessor.scanning")


class ScanRefused(AssessorError):
    """A file is not taken in: the scanner found something in it, or did not get to look."""


class ScanFailed(Exception):
    """The scanner gave no verdict; says why."""


def is_on() -> bool:
    """Return whether the operator named a scanner."""
    return bool(settings.SCAN_COMMAND)


def check_upload(upload: UploadedFile) -> None:
    """Have a file looked at that a browser sent; raises `ScanRefused`. Who sent it is known from its request."""
    if not is_on() or getattr(upload, "was_scanned", False):
        return
    request: HttpRequest | None = getattr(upload, "came_with", None)
    membership = getattr(request, "membership", None)
    sender = getattr(request, "user", None)
    check(
        upload.chunks(),
        upload.name or "",
        organisation=membership.organisation if membership else None,
        user=sender if getattr(sender, "is_authenticated", False) else None,
    )
    upload.seek(0)
    upload.was_scanned = True  # type: ignore[attr-defined]


def check_each(
    files: Iterable[tuple[str, Iterable[bytes]]], name: str, *, organisation: Organisation | None, user: User | None
) -> None:
    """Have the files within an archive looked at, one by one; raises `ScanRefused` for the first that is refused."""
    if is_on():
        for inside, pieces in files:
            check(pieces, f"{name}: {inside}", organisation=organisation, user=user)


def check(
    pieces: Iterable[bytes], name: str, *, organisation: Organisation | None, user: User | None, by: str = ""
) -> None:
    """Have the operator's scanner look at a file, piece by piece, before any of it is stored; without one do nothing.

    Raises `ScanRefused`, with a line in the audit trail, where something was found, and where the scanner gave no
    verdict: what nobody looked at is not taken in. Call it outside of a transaction, or the line goes with it.
    """
    if not is_on():
        return
    name = clean(name, MOST_SAID) or "file"
    try:
        found = scan(pieces, name)
    except ScanFailed as failure:
        log.warning("not scanned, so not taken in: %s", failure)
        _note(organisation, user, by, name, NOT_SCANNED)
        raise ScanRefused(
            N_("“{file}” was not taken in: the scanner of this installation could not look at it."),
            remedy=N_("Try again later, and tell whoever runs this installation: it is in the log, with the reason."),
            file=name,
        ) from failure
    if found is not None:
        _note(organisation, user, by, name, found)
        raise ScanRefused(
            N_("“{file}” was not taken in: the scanner of this installation found something in it ({found})."),
            remedy=N_("Give it to nobody and have the computer that it comes from looked at, then bring a clean file."),
            file=name,
            found=found or "-",
        )


def _note(organisation: Organisation | None, user: User | None, by: str, name: str, reason: str) -> None:
    audit.record("file.refused", organisation=organisation, actor=user, by=by, file=name, reason=reason)


def scan(pieces: Iterable[bytes], name: str) -> str | None:
    """Return what the scanner says it found in a file, None where it found nothing; raises `ScanFailed`."""
    command: Sequence[str] = settings.SCAN_COMMAND
    try:
        with tempfile.NamedTemporaryFile(prefix="scan-") as copy, tempfile.TemporaryFile() as said:
            copy.writelines(pieces)
            copy.seek(0)
            ended = _run([copy.name if word == PLACE else word for word in command], copy, said)
            said.seek(0)
            words = said.read(MOST_READ).decode("utf-8", "replace")
            place = copy.name
    except OSError as error:
        raise ScanFailed(f"{Path(command[0]).name}: {error.strerror or type(error).__name__}") from error
    if ended == CLEAN:
        return None
    first = next((line for line in words.splitlines() if line.strip()), "")
    if ended == FOUND:
        return clean(first.replace(place, name), MOST_SAID)
    # The log holds nothing that was typed, so not the file's name.
    raise ScanFailed(f"{Path(command[0]).name} ended with {ended}: {clean(first, MOST_SAID) or '-'}")


def _run(command: Sequence[str], given: IO[bytes], said: IO[bytes]) -> int:
    """Return how the command ended. No shell, nothing of our environment, a group of its own that ends with it."""
    seconds: float = settings.SCAN_SECONDS
    computing = math.ceil(seconds)
    process = subprocess.Popen(
        command,
        stdin=given,
        stdout=said,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    try:
        # From outside: what runs between fork and exec in a server with threads can hang it.
        with suppress(ProcessLookupError, PermissionError):
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (computing, computing + SLACK))
        return process.wait(timeout=seconds)
    except BaseException as stopped:
        # With whatever it started; not yet waited for, so the number is still its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(stopped, subprocess.TimeoutExpired):
            raise ScanFailed(f"{Path(command[0]).name} took longer than {seconds} seconds") from stopped
        raise


def try_out() -> str:
    """Have harmless words scanned and return the scanner's name, empty where there is none; raises `ScanFailed`."""
    if not is_on():
        return ""
    found = scan([b"Harmless words, to see whether files can be scanned.\n"], "words.txt")
    if found is not None:
        raise ScanFailed(f"{Path(settings.SCAN_COMMAND[0]).name} finds something in harmless words: {found or '-'}")
    return Path(settings.SCAN_COMMAND[0]).name
