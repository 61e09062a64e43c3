"""Certificates: read in a handshake of its own that sends no HTTP, trusted or not."""

import hashlib
import ssl
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpcore2

from assessor.errors import N_, AssessorError
from assessor.probes.collect.certificate import read
from assessor.probes.collect.guard import CheckedUrl
from assessor.probes.collect.wire import Meter, MeteredStream, SecuredStream, dial
from assessor.probes.snapshot import TlsFacts, TlsLink

MAX_LINKS = 10


class CaUnreadable(AssessorError):
    """The file of an own certificate authority is no PEM certificate."""


class ClientCertificateUnreadable(AssessorError):
    """The file of a client certificate holds no certificate with its key."""


def _new_context(ca_pem: str) -> ssl.SSLContext:
    # Not `create_default_context`: it would write the keys of sessions to a file that the environment may name.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    context.set_alpn_protocols(["http/1.1"])
    return context


_context = lru_cache(maxsize=32)(_new_context)


def verified_context(ca_file: Path | None, client_file: Path | None = None) -> ssl.SSLContext:
    """Return a verifying context; raises `CaUnreadable` or `ClientCertificateUnreadable`.

    It is cached (building one takes 30 ms), except with a client certificate, whose private key is not kept.
    """
    try:
        ca_pem = ca_file.read_text("ascii") if ca_file else ""
        context = _new_context(ca_pem) if client_file else _context(ca_pem)
    except (OSError, ValueError, ssl.SSLError) as error:
        raise CaUnreadable(
            N_("The file of the certificate authority is not a PEM certificate, or cannot be read."),
            place=str(ca_file),
            remedy=N_("Give the authority's own certificate in PEM form."),
        ) from error
    if client_file:
        try:
            # Without the empty password OpenSSL would ask the terminal for one.
            context.load_cert_chain(client_file, password=lambda: "")
        except (OSError, ValueError, ssl.SSLError) as error:
            raise ClientCertificateUnreadable(
                N_("The file of the client certificate cannot be used."),
                place=str(client_file),
                remedy=N_("Put the certificate and its key, without a password, into one PEM file."),
            ) from error
    return context


def read_certificate(url: CheckedUrl, address: str, ca_file: Path | None, deadline_s: float = 5.0) -> TlsFacts:
    """Return the certificate shown at an address, and whether it is trusted for the URL's host and why not.

    Raises OSError when no TLS connection comes about at all; `CaUnreadable` for a bad authority file.
    """
    end = time.monotonic() + deadline_s
    context = verified_context(ca_file)
    try:
        shown, protocol = _handshake(url, address, context, end)
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message or str(error)
    else:
        return _facts(shown, protocol, trusted=True, reason="")
    # Only to read the certificate: nothing is sent over this connection, and no key ever is.
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname = False
    bare.verify_mode = ssl.CERT_NONE
    # A key or a signature too weak for us would else end the handshake, and nobody could say whose it is.
    bare.set_ciphers("DEFAULT:@SECLEVEL=0")
    shown, protocol = _handshake(url, address, bare, end)
    return _facts(shown, protocol, trusted=False, reason=reason)


def _handshake(url: CheckedUrl, address: str, context: ssl.SSLContext, end: float) -> tuple[list[bytes], str]:
    """Return the certificates shown, the server's first, in DER form, and the protocol; raises OSError."""
    stream = MeteredStream(dial(address, url.port, max(0.05, end - time.monotonic())), Meter(end))
    try:
        secured = SecuredStream(stream, context, url.host)
        secured.shake()
        own = secured.tls.getpeercert(binary_form=True)
        return (_chain(secured.tls, verified=context.verify_mode == ssl.CERT_REQUIRED) or [own or b""]), (
            secured.tls.version() or ""
        )
    except httpcore2.ConnectError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise error.__cause__ from error
        raise OSError(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise TimeoutError("the handshake took too long") from error
    except httpcore2.NetworkError as error:
        raise OSError(str(error)) from error
    finally:
        stream.close()


def _chain(connection: ssl.SSLObject, *, verified: bool) -> list[bytes]:
    """Return the chain in DER form: up to the authority that is trusted, or as the server sent it."""
    name = "get_verified_chain" if verified else "get_unverified_chain"
    # Public from Python 3.13 on; before, it stands one object further in.
    get: Any = getattr(connection, name, None) or getattr(getattr(connection, "_sslobj", None), name, None)
    links = (get() if get else None) or []
    return [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in links]


def _facts(shown: list[bytes], protocol: str, *, trusted: bool, reason: str) -> TlsFacts:
    der = shown[0]
    try:
        own = read(der)
    except ValueError:
        return TlsFacts(trusted=False, reason=reason or "unreadable certificate", protocol=protocol)
    return TlsFacts(
        trusted=trusted,
        reason=reason,
        protocol=protocol,
        subject=own.subject,
        issuer=own.issuer,
        names=own.names,
        not_before=own.not_before.isoformat(timespec="seconds"),
        not_after=own.not_after.isoformat(timespec="seconds"),
        sha256=hashlib.sha256(der).hexdigest(),
        self_signed=own.self_issued,
        key=own.key,
        signature=own.signature,
        chain=tuple(link for one in shown[:MAX_LINKS] if (link := _link(one))),
        read=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _link(der: bytes) -> TlsLink | None:
    try:
        one = read(der)
    except ValueError:
        return None
    digest = hashlib.sha256(der).hexdigest()
    return TlsLink(one.subject, one.issuer, one.issuer_country, one.key, one.signature, digest)
