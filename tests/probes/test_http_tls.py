"""Certificates are read from anybody, and trusted by none but the right authority for the right host and time."""

import hashlib
import socket
import ssl
import time
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from assessor.probes.collect import tls
from assessor.probes.collect.http import BODY_CAP, Door
from assessor.probes.collect.tls import CaUnreadable, verified_context
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes import hostile
from tests.probes.authority import DAY, HERE, Authority, self_signed
from tests.probes.hostile import OK, head

CANARY = "sk-canary-0123456789"
ASK = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.", with_key=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority of the same name that nobody named to us."""
    return Authority(tmp_path_factory.mktemp("stranger"))


def target(server, authority=None):
    """Return an https target with a key that must not leak."""
    return Target(f"https://127.0.0.1:{server.port}", key=Key(CANARY), ca_file=authority.file if authority else None)


def test_own_authority_is_trusted_when_it_is_named(authority):
    with (
        hostile.answering(OK, authority.context()) as server,
        Door(target(server, authority), LAPTOP, request_deadline_s=2) as door,
    ):
        exchange = door.fetch(ASK)
    facts = door.tls
    assert (exchange.outcome, exchange.json) == ("answered", {})
    assert (facts.trusted, facts.reason, facts.self_signed) == (True, "", False)
    assert facts.subject == "127.0.0.1, Nordhafen Clinic"
    assert facts.issuer == "Nordhafen Root, Nordhafen Clinic"
    assert facts.names == ("127.0.0.1", "models.example")
    assert facts.protocol == "TLSv1.3"
    assert datetime.fromisoformat(facts.not_after) - datetime.fromisoformat(facts.not_before) == 2 * DAY
    assert b"Bearer " + CANARY.encode() in b"".join(server.heads)


def test_handshake_that_reads_the_certificate_carries_no_request(authority):
    with hostile.answering(OK, authority.context()) as server:
        Door(target(server, authority), LAPTOP, request_deadline_s=2)
        deadline = time.monotonic() + 1
        while not server.heads and time.monotonic() < deadline:
            time.sleep(0.01)
    assert server.heads == [b""]


UNTRUSTED = {
    "self-signed": (lambda own, other: self_signed(own.folder), True, "self-signed"),
    "of another authority of the same name": (lambda own, other: other.context(), True, "issuer"),
    "of an authority that was not named": (lambda own, other: own.context(), False, "issuer"),
    "for another host": (
        lambda own, other: own.context("other", (x509.DNSName("other.example"),)),
        True,
        "IP address mismatch",
    ),
    "with the host in its common name only": (lambda own, other: own.context("127.0.0.1", ()), True, "mismatch"),
    "with the address written as a name": (
        lambda own, other: own.context(names=(x509.DNSName("127.0.0.1"),)),
        True,
        "mismatch",
    ),
    "for all names": (lambda own, other: own.context("*", (x509.DNSName("*"),)), True, "mismatch"),
    "expired": (lambda own, other: own.context(begins=-3 * DAY, ends=-DAY), True, "expired"),
    "not valid yet": (lambda own, other: own.context(begins=DAY, ends=3 * DAY), True, "not yet valid"),
}


@pytest.mark.parametrize("case", UNTRUSTED)
def test_nothing_is_sent_to_a_server_whose_certificate_is(case, authority, stranger):
    make, is_named, reason = UNTRUSTED[case]
    with hostile.answering(OK, make(authority, stranger)) as server:
        door = Door(target(server, authority if is_named else None), LAPTOP, request_deadline_s=2)
        exchange = door.fetch(ASK)
    assert exchange.outcome == "tls"
    assert "not trusted" in exchange.error
    assert door.tls.trusted is False
    assert reason in door.tls.reason
    assert b"".join(server.heads) == b""
    # The facts are read all the same: they say whose certificate it is.
    assert door.tls.subject
    assert len(door.tls.sha256) == 64
    assert door.tls.not_after > door.tls.not_before
    assert door.tls.self_signed == (case == "self-signed")


def test_certificate_that_changes_between_the_look_and_the_request_gets_no_key(authority, stranger):
    contexts = [authority.context(), stranger.context()]
    heads = []

    def behave(visit):
        context = contexts.pop(0)
        with context.wrap_socket(visit.socket, server_side=True) as secured:
            heads.append(secured.recv(65536))

    with hostile.serving(behave) as server, Door(target(server, authority), LAPTOP, request_deadline_s=2) as door:
        exchange = door.fetch(ASK)
    assert door.tls.trusted
    assert exchange.outcome == "tls"
    assert b"".join(heads) == b""


def test_name_is_sent_and_verified_though_the_address_is_dialled(authority, monkeypatch):
    asked = []
    context = authority.context()
    context.sni_callback = lambda connection, server_name, _context: asked.append(server_name)
    numeric = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        return numeric("127.0.0.1" if host == "models.example" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with hostile.answering(OK, context) as server:
        place = Target(f"https://models.example:{server.port}", ca_file=authority.file)
        with Door(place, LAPTOP, request_deadline_s=2) as door:
            exchange = door.fetch(ASK)
    assert (exchange.outcome, set(asked)) == ("answered", {"models.example"})
    assert f"Host: models.example:{server.port}".encode() in b"".join(server.heads)
    assert door.network.dialled == "127.0.0.1"


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (hostile.after_hello(lambda visit: visit.say(head("Content-Length: 0"))), "tls"),
        (lambda visit: visit.say(b"SSH-2.0-OpenSSH_9.9\r\n"), "tls"),
        (lambda visit: None, "tls"),
        (hostile.after_hello(lambda visit: visit.reset()), "tls"),
        (lambda visit: visit.say(b"\x16\x03\x03\x00\x04\x02\x00\x00\xff"), "tls"),
        (lambda visit: visit.hang(), "timeout"),
        (lambda visit: (visit.say(b"\x16\x03\x03\x40\x00\x02"), visit.drip(bytes(60)))[0], "timeout"),
    ],
    ids=["plain HTTP", "SSH", "a close", "a reset", "garbage in a record", "silence", "one byte now and then"],
)
def test_handshake_answered_by(behave, outcome):
    begun = time.monotonic()
    with hostile.serving(behave) as server:
        door = Door(target(server), LAPTOP, request_deadline_s=0.6)
        opened = time.monotonic()
        exchange = door.fetch(ASK)
        fetched = time.monotonic()
    assert exchange.outcome == outcome
    assert exchange.error
    assert door.tls is None
    assert opened - begun < 1.1
    assert fetched - opened < 1.1


def test_tls_server_asked_in_plain_http_is_no_http_server(authority):
    with hostile.answering(OK, authority.context()) as server, Door(Target(server.url), LAPTOP) as door:
        assert door.fetch(ASK).outcome == "http"


def test_deadline_and_caps_hold_inside_tls(authority):
    with hostile.serving(hostile.endlessly(b"x" * 65536, head()), authority.context()) as server:
        flooded = Door(target(server, authority), LAPTOP, request_deadline_s=2).fetch(ASK)
    assert (flooded.outcome, len(flooded.body)) == ("cut", BODY_CAP)
    with hostile.serving(hostile.endlessly(b"x", head(), pause_s=0.1), authority.context()) as server:
        door = Door(target(server, authority), LAPTOP, request_deadline_s=0.6)
        begun = time.monotonic()
        dripped = door.fetch(ASK)
        seconds = time.monotonic() - begun
    assert dripped.outcome == "cut"
    assert seconds < 1.1


@pytest.mark.parametrize(
    "text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ä"]
)
def test_authority_file_that_holds_no_certificate_is_named(tmp_path, text):
    file = tmp_path / "ca.pem"
    file.write_text(text)
    if text:
        with pytest.raises(CaUnreadable, match=r"ca\.pem"):
            Door(Target("https://127.0.0.1:8443", ca_file=file), LAPTOP, request_deadline_s=0.2)
    else:
        assert verified_context(file).verify_mode == ssl.CERT_REQUIRED


def test_missing_authority_file_is_named(tmp_path):
    with pytest.raises(CaUnreadable, match=r"gone\.pem"):
        verified_context(tmp_path / "gone.pem")


def test_context_is_built_once_and_always_verifies(authority):
    context = verified_context(authority.file)
    assert context is verified_context(authority.file)
    assert context is not verified_context(None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_certificate_that_cannot_be_parsed_is_a_fact_and_not_trusted(authority, monkeypatch):
    key = ec.generate_private_key(ec.SECP256R1())
    der = authority.issue("127.0.0.1", key, HERE).public_bytes(Encoding.DER)
    version, extension = b"\xa0\x03\x02\x01\x02", x509.SubjectKeyIdentifier.oid
    assert version in der
    broken = {
        "version": der.replace(version, b"\xa0\x03\x02\x01\x07"),
        # The authority key identifier becomes a second subject key identifier.
        "twice the same extension": der.replace(b"\x06\x03\x55\x1d\x23", b"\x06\x03\x55\x1d\x0e"),
        "cut off": der[:100],
        "nothing": b"",
    }
    assert extension.dotted_string == "2.5.29.14"
    url = tls.CheckedUrl("https", "127.0.0.1", 8443, "", True)
    for what, certificate in broken.items():
        monkeypatch.setattr(tls, "_handshake", lambda *args, shown=certificate: ([shown], "TLSv1.3"))
        facts = tls.read_certificate(url, "127.0.0.1", authority.file)
        assert (facts.trusted, facts.protocol, facts.sha256) == (False, "TLSv1.3", ""), what
        assert facts.reason == "unreadable certificate"


def test_fingerprint_is_that_of_the_certificate_as_it_was_sent(authority):
    context = authority.context()
    with hostile.answering(OK, context) as server, Door(target(server, authority), LAPTOP) as door:
        shown = ssl.get_server_certificate(("127.0.0.1", server.port), ca_certs=str(authority.file))
    assert door.tls.sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
