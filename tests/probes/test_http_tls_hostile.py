"""TLS servers that are weak, half-hearted or hostile: nothing is sent to them, and none of them takes long."""

import socket
import ssl
import time
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from assessor.probes.collect.http import Door
from assessor.probes.collect.tls import ClientCertificateUnreadable, verified_context
from assessor.probes.collect.wire import WIRE_CAP
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes import hostile
from tests.probes.authority import DAY, HERE, Authority, new_key, serving_with
from tests.probes.hostile import OK, head

CANARY = "sk-canary-0123456789"
ASK = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.", with_key=True)
DEADLINE_S, GRACE_S = 0.6, 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def root(folder):
    return Authority(folder)


def target(server, root, host="127.0.0.1", **more):
    """Return an https target with a key that must not leak."""
    return Target(f"https://{host}:{server.port}", key=Key(CANARY), ca_file=root.file, **more)


def weak_key(root):
    return root.context(key=rsa.generate_private_key(65537, 1024))


def expired_between(root):
    below = Authority(root.folder, "Expired intermediate", above=root, begins=-3 * DAY, ends=-DAY)
    return serving_with(below.pair(chain=[below.certificate]))


def left_out(root):
    below = Authority(root.folder, "Missing intermediate", above=root)
    return serving_with(below.pair())


def no_authority(root):
    """A server's own certificate that signs another one."""
    below = Authority(root.folder, "Only a server", above=root, is_authority=False)
    return serving_with(below.pair(chain=[below.certificate]))


def outside_its_names(root):
    limits = x509.NameConstraints(permitted_subtrees=[x509.DNSName("elsewhere.example")], excluded_subtrees=None)
    below = Authority(root.folder, "Limited intermediate", above=root, extensions=[(limits, True)])
    return serving_with(below.pair(names=(*HERE, x509.DNSName("models.example")), chain=[below.certificate]))


def for_clients(root):
    return root.context(extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)])


def unknown_demand(root):
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    return root.context(extensions=[(odd, True)])


DISTRUSTED = {
    "has a key of 1024 bits": (weak_key, "key too weak", "RSA 1024"),
    "is signed by an authority that has expired": (expired_between, "expired", "EC 256"),
    "comes without the authority between": (left_out, "unable to get local issuer", "EC 256"),
    "is signed by a server's certificate": (no_authority, "invalid CA certificate", "EC 256"),
    "is outside of what its authority may sign": (outside_its_names, "permitted subtree violation", "EC 256"),
    "is meant for clients": (for_clients, "unsuitable certificate purpose", "EC 256"),
    "demands what nobody knows": (unknown_demand, "unhandled critical extension", "EC 256"),
}


@pytest.mark.parametrize("case", DISTRUSTED)
def test_nothing_is_sent_when_the_certificate(case, root):
    make, reason, key = DISTRUSTED[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = make(root)
    with hostile.answering(OK, context) as server:
        door = Door(target(server, root), LAPTOP, request_deadline_s=2)
        exchange = door.fetch(ASK)
    assert (exchange.outcome, door.tls.trusted) == ("tls", False)
    assert reason in door.tls.reason
    assert door.tls.key == key
    assert door.tls.subject == "127.0.0.1, Nordhafen Clinic"
    assert b"".join(server.heads) == b""


def flight(visit, context):
    """Return what a real server says to the client's hello."""
    received, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(received, said, server_side=True)
    while not said.pending:
        received.write(visit.socket.recv(65536))
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return said.read()


def half_a_flight(context):
    def behave(visit):
        said = flight(visit, context)
        visit.say(said[: len(said) // 2])
        visit.hang()

    return behave


def dripped_flight(context):
    return lambda visit: visit.drip(flight(visit, context), pause_s=0.05)


def broken_flight(context):
    def behave(visit):
        said = bytearray(flight(visit, context))
        said[-20] ^= 0xFF
        visit.say(bytes(said))
        visit.hang()

    return behave


def repeated_flight(context):
    def behave(visit):
        said = flight(visit, context)
        visit.forever(said)

    return behave


def records(kind, content):
    """Send records of one kind without end in answer to the hello."""
    return lambda _context: hostile.after_hello(
        lambda visit: visit.forever((bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content) * 500)
    )


HALF = {
    "stops in the middle of its hello": (half_a_flight, "timeout"),
    "drips its hello": (dripped_flight, "timeout"),
    "breaks its proof": (broken_flight, "tls"),
    "repeats its hello without end": (repeated_flight, "http"),
    "floods with warnings": (records(21, b"\x01\x5a"), "tls"),
    "floods with empty records": (records(22, b""), "tls"),
    "floods with changes of cipher": (records(20, b"\x01"), "tls"),
    "sends data before it shook hands": (records(23, b"x" * 1000), "tls"),
}


@pytest.mark.parametrize("name", HALF)
def test_handshake_with_a_server_that(name, root):
    make, outcome = HALF[name]
    with hostile.serving(make(root.context())) as server:
        begun = time.monotonic()
        door = Door(target(server, root), LAPTOP, request_deadline_s=DEADLINE_S)
        opened = time.monotonic()
        exchange = door.fetch(ASK)
        fetched = time.monotonic()
    assert exchange.outcome == outcome, exchange.error
    # Only the one that repeats itself has shaken hands once, before what it says makes no sense.
    assert (door.tls is None) == (outcome != "http")
    # Reading the certificate may take two handshakes, but no more time than one.
    assert opened - begun < DEADLINE_S + GRACE_S
    assert fetched - opened < DEADLINE_S + GRACE_S


def with_tickets(root, number):
    """A context that sends this many session tickets after its handshake."""
    context = root.context()
    context.num_tickets = number
    return context


def test_flood_of_session_tickets_counts_as_bytes(root):
    with hostile.answering(OK, with_tickets(root, 20_000)) as server:
        begun = time.monotonic()
        door = Door(target(server, root), LAPTOP, request_deadline_s=2)
        exchange = door.fetch(ASK)
    assert exchange.outcome in {"http", "timeout"}
    assert time.monotonic() - begun < 4 + GRACE_S


def test_chain_of_a_thousand_certificates_is_refused(root):
    file = root.pair(chain=[root.certificate] * 1000)
    with hostile.answering(OK, serving_with(file)) as server:
        door = Door(target(server, root), LAPTOP, request_deadline_s=2)
        assert door.fetch(ASK).outcome == "tls"
    assert server.heads == [] or b"".join(server.heads) == b""
    assert file.stat().st_size < WIRE_CAP


def test_server_that_speaks_only_what_is_broken_is_told_nothing(root):
    context = root.context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with hostile.answering(OK, context) as server:
        door = Door(target(server, root), LAPTOP, request_deadline_s=2)
        exchange = door.fetch(ASK)
    assert (exchange.outcome, door.tls) == ("tls", None)
    assert b"".join(server.heads) == b""


def test_server_that_wants_http_2_and_nothing_else_gets_no_request(root):
    context = root.context()
    context.set_alpn_protocols(["h2"])
    with hostile.answering(head("Content-Length: 0"), context) as server:
        exchange = Door(target(server, root), LAPTOP, request_deadline_s=2).fetch(ASK)
    # OpenSSL's servers go on without agreement; what counts is that HTTP/1.1 is all that is ever spoken.
    assert exchange.outcome in {"answered", "tls"}
    assert not any(one.startswith(b"PRI *") for one in server.heads)


def resolving(monkeypatch, name):
    numeric = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        return numeric("127.0.0.1" if host == name else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_server_that_shows_another_certificate_without_a_name_is_asked_by_its_name(root, folder, monkeypatch):
    """As shared hosts and ingress controllers do: the right certificate only for the name in the greeting."""
    default = Authority(folder, "Somebody else").context("default", (x509.DNSName("default.example"),))
    by_name = {"models.example": root.context()}

    def choose(connection, asked, _context):
        if asked in by_name:
            connection.context = by_name[asked]

    default.sni_callback = choose
    resolving(monkeypatch, "models.example")
    with hostile.answering(OK, default) as server:
        named = Door(target(server, root, "models.example"), LAPTOP, request_deadline_s=2)
        assert named.fetch(ASK).outcome == "answered"
        bare = Door(target(server, root), LAPTOP, request_deadline_s=2)
        assert bare.fetch(ASK).outcome == "tls"
    assert (named.tls.trusted, bare.tls.trusted) == (True, False)
    assert bare.tls.names == ("default.example",)


def test_chain_is_told_up_to_the_authority_that_is_trusted(root):
    below = Authority(root.folder, "Nordhafen Issuing", above=root)
    with hostile.answering(OK, serving_with(below.pair(chain=[below.certificate]))) as server:
        trusted = Door(target(server, root), LAPTOP, request_deadline_s=2).tls
        untrusted = Door(Target(f"https://127.0.0.1:{server.port}"), LAPTOP, request_deadline_s=2).tls
    clinic = "Nordhafen Clinic"
    assert [link.subject for link in trusted.chain] == [
        f"127.0.0.1, {clinic}",
        f"Nordhafen Issuing, {clinic}",
        f"Nordhafen Root, {clinic}",
    ]
    assert [link.issuer for link in untrusted.chain] == [f"Nordhafen Issuing, {clinic}", f"Nordhafen Root, {clinic}"]
    assert {link.country for link in trusted.chain} == {"DE"}
    assert (trusted.key, trusted.signature) == ("EC 256", "sha256")


def test_kinds_of_keys_are_named(root):
    for key, told in (
        (rsa.generate_private_key(65537, 2048), "RSA 2048"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ):
        with hostile.answering(OK, root.context(key=key)) as server:
            assert Door(target(server, root), LAPTOP, request_deadline_s=2).tls.key == told


def demanding(root, clients):
    """A server that lets in only those whose certificate its own authority issued."""
    context = root.context()
    context.load_verify_locations(clients.file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_client_certificate_is_shown_to_the_server_that_asks_for_one(root, folder):
    clients = Authority(folder, "Clients")
    client = clients.pair("assessor")
    stranger = Authority(folder, "Strangers").pair("assessor")
    with hostile.answering(OK, demanding(root, clients)) as server:
        outcomes = [
            Door(target(server, root, client_file=file), LAPTOP, request_deadline_s=2).fetch(ASK).outcome
            for file in (client, None, stranger)
        ]
    assert outcomes[0] == "answered"
    assert set(outcomes[1:]) <= {"http", "tls"}


def test_client_certificate_is_not_shown_to_a_server_that_is_not_trusted(root, folder):
    clients = Authority(folder, "Other clients")
    client = clients.pair("assessor")
    seen = []
    context = demanding(Authority(folder, "Untrusted root"), clients)

    def behave(visit):
        with context.wrap_socket(visit.socket, server_side=True) as secured:
            seen.append(secured.getpeercert())

    with hostile.serving(behave) as server:
        Door(target(server, root, client_file=client), LAPTOP, request_deadline_s=1).fetch(ASK)
    assert seen == []


@pytest.mark.parametrize("what", ["missing", "empty", "no key", "key with a password"])
def test_client_certificate_that_cannot_be_used_is_named_and_no_terminal_is_asked(folder, root, what):
    file = folder / f"{what}.pem"
    if what == "empty":
        file.write_text("")
    elif what == "no key":
        file.write_bytes(root.file.read_bytes())
    elif what == "key with a password":
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        locked = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        file.write_bytes(root.file.read_bytes() + locked)
    with pytest.raises(ClientCertificateUnreadable, match=what):
        verified_context(None, file)


def test_keys_of_sessions_are_written_nowhere(root, folder, monkeypatch):
    log = folder / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with hostile.answering(OK, root.context()) as server:
        # A client certificate makes the context anew, and so under this environment.
        door = Door(target(server, root, client_file=root.pair("assessor")), LAPTOP, request_deadline_s=2)
        assert door.fetch(ASK).outcome == "answered"
    assert not log.exists()
