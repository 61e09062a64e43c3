"""Certificates: read in a handshake of its own that sends no HTTP, trusted or not."""

import hashlib
import select
import socket
import ssl
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from assessor.errors import N_, AssessorError
from assessor.probes.collect.guard import CheckedUrl
from assessor.probes.snapshot import TlsFacts


class CaUnreadable(AssessorError):
    """The file of an own certificate authority is no PEM certificate."""


@lru_cache(maxsize=32)
def _context(ca_pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    context.set_alpn_protocols(["http/1.1"])
    return context


def verified_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a verifying context (cached: building one takes 30 ms); raises `CaUnreadable`."""
    try:
        return _context(ca_file.read_text("ascii") if ca_file else "")
    except (OSError, ValueError, ssl.SSLError) as error:
        raise CaUnreadable(
            N_("The file of the certificate authority is not a PEM certificate, or cannot be read."),
            place=str(ca_file),
            remedy=N_("Give the authority's own certificate in PEM form."),
        ) from error


def read_certificate(url: CheckedUrl, address: str, ca_file: Path | None, deadline_s: float = 5.0) -> TlsFacts:
    """Return the certificate shown at an address, and whether it is trusted for the URL's host and why not.

    Raises OSError when no TLS connection comes about at all; `CaUnreadable` for a bad authority file.
    """
    end = time.monotonic() + deadline_s
    context = verified_context(ca_file)
    try:
        der, protocol = _handshake(url, address, context, end)
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message or str(error)
    else:
        return _facts(der, protocol, trusted=True, reason="")
    # Only to read the certificate: nothing is sent over this connection, and no key ever is.
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname = False
    bare.verify_mode = ssl.CERT_NONE
    der, protocol = _handshake(url, address, bare, end)
    return _facts(der, protocol, trusted=False, reason=reason)


def _handshake(url: CheckedUrl, address: str, context: ssl.SSLContext, end: float) -> tuple[bytes, str]:
    left = max(0.05, end - time.monotonic())
    with socket.create_connection((address, url.port), timeout=left) as raw:
        raw.settimeout(max(0.05, end - time.monotonic()))
        name = url.host
        with context.wrap_socket(raw, server_hostname=name, do_handshake_on_connect=False) as secured:
            shake_until(secured, end)
            der = secured.getpeercert(binary_form=True)
            return der or b"", secured.version() or ""


def shake_until(secured: ssl.SSLSocket, end: float) -> None:
    """Shake hands within the deadline: a server that sends a byte now and then must not stretch it."""
    secured.setblocking(False)
    while True:
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            waited = select.select([secured], [], [], max(0.0, end - time.monotonic()))[0]
        except ssl.SSLWantWriteError:
            waited = select.select([], [secured], [], max(0.0, end - time.monotonic()))[1]
        else:
            return
        if not waited or time.monotonic() >= end:
            raise TimeoutError("the handshake took too long")


def _facts(der: bytes, protocol: str, *, trusted: bool, reason: str) -> TlsFacts:
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = _names(certificate)
        return TlsFacts(
            trusted=trusted,
            reason=reason,
            protocol=protocol,
            subject=_common_name(certificate.subject),
            issuer=_common_name(certificate.issuer),
            names=names,
            not_before=_iso(certificate.not_valid_before_utc),
            not_after=_iso(certificate.not_valid_after_utc),
            sha256=hashlib.sha256(der).hexdigest(),
            self_signed=certificate.issuer == certificate.subject,
        )
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return TlsFacts(trusted=False, reason=reason or "unreadable certificate", protocol=protocol)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value)[:200] for name in extension.value)[:50]


def _common_name(name: x509.Name) -> str:
    organisation = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return ", ".join(str(part.value)[:200] for part in (*common[:1], *organisation[:1]))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
