"""A key goes to its server in the header it wants and nowhere else; and what a door tells and holds is bounded."""

import io
import logging
import pickle
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from assessor.probes.collect import dns, wire
from assessor.probes.collect.guard import PolicyRefusal
from assessor.probes.collect.http import USER_AGENT, Door
from assessor.probes.collect.places import IN_ALL, PER_HOST, Places
from assessor.probes.redact import without_key
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import LAPTOP, Key, Policy, Target
from tests.probes import hostile
from tests.probes.hostile import OK, head

CANARY = "sk-canary-0123456789"
KEY = Key(CANARY)
KEYED = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.", with_key=True)
PLAIN = PlannedRequest("look", 1, "GET", "/", "Looks at the first page.")
# A served installation whose operator allows loopback for the sake of these tests, and does not tell.
QUIET = Policy(allow=frozenset({"public"}), allow_cidrs=("127.0.0.0/8",), tell=False)


def fetch(server, request=KEYED, key=KEY, policy=LAPTOP, **options):
    """Send one request to a server and return what came of it."""
    with Door(Target(server.url, key=key), policy, request_deadline_s=0.6, **options) as door:
        return door.fetch(request)


def sent(server):
    """Return everything a server was sent, as text."""
    return b"".join(server.heads).decode("latin-1")


def closed_port():
    """Return a port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def public(monkeypatch):
    """Let loopback pass for a public host, so that the rules for those can be seen."""
    monkeypatch.setattr(dns, "judge", lambda address, policy: "public")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Authorization", f"Authorization: Bearer {CANARY}"),
        ("authorization", f"authorization: Bearer {CANARY}"),
        ("x-api-key", f"x-api-key: {CANARY}"),
        ("api-key", f"api-key: {CANARY}"),
        ("Ocp-Apim-Subscription-Key", f"Ocp-Apim-Subscription-Key: {CANARY}"),
    ],
)
def test_key_goes_into_the_header_that_the_server_wants(header, line):
    with hostile.answering(OK) as server:
        assert fetch(server, key=Key(CANARY, header)).outcome == "answered"
    assert line in sent(server).split("\r\n")
    assert sent(server).count(CANARY) == 1


def test_key_is_sent_only_with_requests_that_ask_for_it():
    with hostile.answering(OK) as server:
        assert fetch(server, PLAIN).outcome == "answered"
    assert CANARY not in sent(server)


def test_request_says_who_asks_and_where():
    with hostile.answering(OK) as server:
        fetch(server, PLAIN)
    lines = sent(server).split("\r\n")
    assert lines[:2] == ["GET / HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    assert f"User-Agent: {USER_AGENT}" in lines
    assert {"Accept-Encoding: identity", "Connection: close"} < set(lines)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("header", ["Authorization", "x-api-key", "api-key"])
def test_key_does_not_follow_a_redirect(status, header):
    with hostile.answering(OK) as other:
        moved = head(f"Location: {other.url}/v1/models", "Content-Length: 0", status=f"{status} Moved")
        with hostile.answering(moved) as server:
            assert fetch(server, key=Key(CANARY, header)).status == status
    assert (server.connections, other.connections) == (1, 0)


def test_key_is_not_sent_over_http_to_a_public_host(public):
    with hostile.answering(OK) as server:
        exchange = fetch(server)
        assert exchange.outcome == "blocked"
        assert "https" in exchange.error
        assert server.connections == 0
        assert fetch(server, PLAIN).outcome == "answered"
    assert CANARY not in sent(server)


def test_one_public_address_among_private_ones_is_enough_to_keep_the_key(monkeypatch):
    kinds = iter(["private", "public"])
    monkeypatch.setattr(dns, "judge", lambda address, policy: next(kinds))
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in ("10.0.0.1", "1.1.1.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with Door(Target("http://models.example", key=KEY), LAPTOP) as door:
        assert door.fetch(KEYED).outcome == "blocked"


@pytest.mark.parametrize(
    "key",
    [
        Key(f"{CANARY}\r\nX-Forged: 1"),
        Key(f"{CANARY}\n"),
        Key(f"{CANARY}\0"),
        Key(f" {CANARY}"),
        Key(f"{CANARY}ü"),
        Key(""),
        Key(CANARY, "Host"),
        Key(CANARY, "content-length"),
        Key(CANARY, "Transfer-Encoding"),
        Key(CANARY, "Connection"),
        Key(CANARY, "X-Key: 1\r\nX-Forged"),
        Key(CANARY, "x key"),
        Key(CANARY, "x-schlüssel"),
        Key(CANARY, ""),
    ],
    ids=lambda key: ascii(f"{key.header}={key.value}"),
)
def test_key_that_would_change_the_request_is_not_sent(key):
    with hostile.answering(OK) as server:
        exchange = fetch(server, key=key)
    assert exchange.outcome == "blocked"
    assert CANARY not in exchange.error
    assert server.connections == 0


@pytest.mark.parametrize(
    "behave",
    [hostile.says(OK), hostile.says(b"garbage\r\n\r\n"), hostile.says_then_resets(b""), lambda visit: visit.hang()],
    ids=["an answer", "garbage", "a reset", "silence"],
)
def test_key_stands_in_nothing_that_can_be_printed_or_logged(behave, caplog):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with hostile.serving(behave) as server:
            door = Door(Target(server.url, key=KEY), LAPTOP, request_deadline_s=0.3)
            exchange = door.fetch(KEYED)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    shown = [repr(door.target), str(door.target), repr(door), repr(exchange), str(asdict(exchange)), stream.getvalue()]
    assert not any(CANARY in text for text in shown)
    assert CANARY.encode() not in pickle.dumps(exchange)
    assert CANARY not in caplog.text


def test_key_stands_in_no_exception_when_the_door_does_not_open():
    for url in (f"http://{CANARY}@127.0.0.1:8080", "http://169.254.169.254", "gopher://127.0.0.1"):
        with pytest.raises(PolicyRefusal) as problem:
            Door(Target(url, key=KEY), LAPTOP)
        assert CANARY not in "".join(traceback.format_exception_only(problem.value)) + problem.value.sentence()


def test_key_that_a_server_repeats_is_taken_out_before_anything_looks():
    answer = head(f"X-Seen: Bearer {CANARY}", f"Location: /?key={CANARY}") + f'{{"error": "no: {CANARY}"}}'.encode()
    with hostile.answering(answer) as server:
        exchange = without_key(fetch(server), Key(CANARY))
    assert exchange.status == 200
    assert CANARY not in repr(exchange)


def silent():
    """A server that accepts and says nothing."""
    return hostile.serving(lambda visit: visit.hang())


def test_served_mode_does_not_tell_a_refusal_from_silence_or_a_missing_route(monkeypatch):
    def outcome(url):
        with Door(Target(url), QUIET, request_deadline_s=0.3) as door:
            return door.fetch(PLAIN)

    refused = outcome(f"http://127.0.0.1:{closed_port()}")
    with silent() as server:
        timed_out = outcome(server.url)

    def create_connection(address, timeout=None, **kwargs):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(wire.socket, "create_connection", create_connection)
    no_route = outcome("http://127.0.0.1:8080")
    assert refused == timed_out == no_route
    assert refused == Exchange(PLAIN, "unreachable", error=refused.error)


def test_laptop_mode_tells_a_refusal_from_silence():
    with Door(Target(f"http://127.0.0.1:{closed_port()}"), LAPTOP, request_deadline_s=0.3) as door:
        assert door.fetch(PLAIN).outcome == "unreachable"
    with silent() as server:
        exchange = fetch(server, PLAIN)
    assert exchange.outcome == "timeout"
    assert exchange.elapsed_ms > 500


def test_served_mode_tells_about_public_servers(public):
    with silent() as server:
        assert fetch(server, PLAIN, policy=QUIET).outcome == "timeout"


@pytest.mark.parametrize(
    ("base", "path", "at_root", "line"),
    [
        ("", "/v1/models", False, "GET /v1/models HTTP/1.1"),
        ("/openai/v1/", "/models", False, "GET /openai/v1/models HTTP/1.1"),
        ("/openai/v1", "/metrics", True, "GET /metrics HTTP/1.1"),
    ],
)
def test_paths_are_asked_below_the_base_path_unless_the_root_was_ticked(base, path, at_root, line):
    request = PlannedRequest("ask", 1, "GET", path, "Asks.", at_root=at_root)
    with hostile.answering(OK) as server:
        for ticked in (True, False):
            with Door(Target(server.url + base, root_paths=ticked), LAPTOP, request_deadline_s=0.6) as door:
                outcome = door.fetch(request).outcome
            assert outcome == ("blocked" if at_root and not ticked else "answered")
    assert sent(server).split("\r\n")[0] == line
    assert server.connections == (1 if at_root else 2)


class Crowd:
    """Counts how many visits there are at one time, while their clients surely still hold their connections."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = self.all = 0

    def __call__(self, visit):
        """Read something, be present for a while, answer."""
        visit.socket.recv(65536)
        with self.lock:
            self.now += 1
            self.all += 1
            self.most = max(self.most, self.now)
        visit.stopped.wait(0.05)
        with self.lock:
            self.now -= 1
        visit.say(OK)


def test_one_server_never_has_more_than_two_requests_at_once():
    crowd = Crowd()
    with hostile.serving(crowd) as server, ThreadPoolExecutor(8) as pool:
        doors = [Door(Target(server.url), LAPTOP, request_deadline_s=3) for _round in range(8)]
        outcomes = list(pool.map(lambda door: door.fetch(PLAIN).outcome, doors))
    assert outcomes == ["answered"] * 8
    assert (crowd.most, crowd.all) == (PER_HOST, 8)


def test_looking_at_certificates_counts_as_well():
    crowd = Crowd()
    with hostile.serving(crowd) as server, ThreadPoolExecutor(6) as pool:
        url = server.url.replace("http:", "https:")
        doors = list(pool.map(lambda _round: Door(Target(url), LAPTOP, request_deadline_s=3), range(6)))
    assert [door.tls for door in doors] == [None] * 6
    assert (crowd.most, crowd.all) == (PER_HOST, 6)


def test_request_that_finds_no_place_in_time_says_so():
    with silent() as server, ThreadPoolExecutor(3) as pool:
        begun = time.monotonic()
        doors = [Door(Target(server.url), LAPTOP, request_deadline_s=0.4) for _round in range(3)]
        exchanges = list(pool.map(lambda door: door.fetch(PLAIN), doors))
        seconds = time.monotonic() - begun
    assert [exchange.outcome for exchange in exchanges] == ["timeout"] * 3
    assert server.connections <= 3
    assert seconds < 0.4 + 0.5


def test_sixteen_connections_are_open_at_most_and_none_is_remembered():
    places = Places()
    barrier = threading.Barrier(IN_ALL + 1)
    release = threading.Event()

    def occupy(number):
        with places.hold("127.0.0.1", 8000 + number // PER_HOST, 5.0) as free:
            barrier.wait(5)
            release.wait(5)
            return free

    with ThreadPoolExecutor(IN_ALL) as pool:
        held = [pool.submit(occupy, number) for number in range(IN_ALL)]
        barrier.wait(5)
        with places.hold("127.0.0.1", 9999, 0.05) as free:
            assert free is False
        release.set()
        assert all(one.result() for one in held)
    with places.hold("127.0.0.1", 9999, 0.05) as free:
        assert free is True
    assert not places._busy


def test_another_spelling_of_an_address_is_the_same_place():
    places = Places()
    with places.hold("127.0.0.1", 80, 0.1) as one, places.hold("::ffff:127.0.0.1", 80, 0.1) as other:
        assert (one, other) == (True, True)
        with places.hold("64:ff9b::7f00:1", 80, 0.05) as third:
            assert third is False


def test_place_is_given_back_when_the_block_ends_in_an_exception():
    places = Places()

    def fail():
        with places.hold("127.0.0.1", 80, 0.0) as free:
            raise ZeroDivisionError(free)

    for _round in range(PER_HOST + 1):
        with pytest.raises(ZeroDivisionError, match="True"):
            fail()
