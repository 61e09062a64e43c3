"""Whatever a server does, the door says what came of it, in time, and keeps no more than its cap."""

import socket
import time
import tracemalloc
from dataclasses import dataclass

import pytest

from assessor.probes.collect.http import BODY_CAP, Door
from assessor.probes.collect.wire import WIRE_CAP
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import LAPTOP, Target
from tests.probes import hostile
from tests.probes.hostile import (
    Behaviour,
    after_hello,
    after_request,
    bomb,
    deflated,
    endlessly,
    head,
    packed,
    says,
    says_then_resets,
)

DEADLINE_S = 0.6
GRACE_S = 0.5
# For floods that a cap of bytes ends, which a busy machine must have time to reach.
PLENTY_S = 3.0
ASK = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.")
GZIP = "Content-Encoding: gzip"
CHUNKED = "Transfer-Encoding: chunked"
EARLY = head(status="103 Early Hints")
FAT_EARLY = head(f"Link: {'x' * 60_000}", status="103 Early Hints")
FULL = ("cut", 200, BODY_CAP, PLENTY_S)


@dataclass(frozen=True)
class Case:
    """A behaviour and what the door makes of it: outcome, status, and the length of the kept body (-1: any)."""

    behave: Behaviour
    outcome: str
    status: int = 0
    length: int = 0
    deadline_s: float = DEADLINE_S


CASES = {
    # before the head
    "hangs without a word": Case(after_request(lambda visit: visit.hang()), "timeout"),
    "says one byte now and then": Case(after_request(lambda visit: visit.drip(hostile.OK)), "timeout"),
    "closes at once": Case(lambda visit: None, "http"),
    "resets in the middle of the request": Case(after_hello(lambda visit: visit.reset()), "http"),
    "closes when it was asked": Case(says(), "http"),
    "resets when it was asked": Case(says_then_resets(b""), "http"),
    "closes in the middle of the head": Case(says(b"HTTP/1.1 200 OK\r\nContent-Ty"), "http"),
    "sends interim answers without end, slowly": Case(endlessly(EARLY, pause_s=0.1), "timeout"),
    "sends fat interim answers without end": Case(endlessly(FAT_EARLY * 4), "http", deadline_s=PLENTY_S),
    "sends headers without end": Case(endlessly(b"X-More: and more\r\n", b"HTTP/1.1 200 OK\r\n"), "http"),
    "sends one header of 200 kB": Case(says(head(f"X-Long: {'x' * 200_000}")), "http"),
    "sends a status line of 200 kB": Case(says(b"HTTP/1.1 200 " + b"x" * 200_000), "http"),
    "sends headers without end, slowly": Case(
        endlessly(b"X-More: and more\r\n", b"HTTP/1.1 200 OK\r\n", pause_s=0.1), "timeout"
    ),
    "says to go on, and then hangs": Case(endlessly(b"", head(status="100 Continue"), pause_s=0.1), "timeout"),
    "says to go on three times, then answers": Case(
        says(head(status="100 Continue") * 2, EARLY, hostile.OK), "answered", 200, 2
    ),
    # what is no HTTP/1.1
    "answers with HTTP/2's own greeting": Case(says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "http"),
    "calls itself HTTP/2": Case(says(b"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n"), "http"),
    "calls itself HTTP/9.9": Case(says(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"), "answered", 200),
    "turns to HTTP/2 unasked": Case(
        says(head("Connection: Upgrade", "Upgrade: h2c", status="101 Switching Protocols"), bytes(60)), "http"
    ),
    "has a header without a colon": Case(says(head("X-Odd", "Content-Length: 0")), "http"),
    "has a header without a name": Case(says(head(": a", "Content-Length: 0")), "http"),
    "begins with a folded line": Case(says(head(" X-Odd: a", "Content-Length: 0")), "http"),
    "speaks HTTP/0.9": Case(says(b"<html>Hello</html>"), "http"),
    "speaks HTTP/2 at once": Case(says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)), "http"),
    "speaks TLS on a plain port": Case(says(b"\x15\x03\x01\x00\x02\x02\x16"), "http"),
    "greets like SSH": Case(lambda visit: visit.say(b"SSH-2.0-OpenSSH_9.9\r\n"), "http"),
    "sends garbage": Case(says(bytes(range(256)) * 40), "http"),
    "names no number as status": Case(says(b"HTTP/1.1 OK 200\r\n\r\n"), "http"),
    "has a NUL in a header": Case(says(head("X-Odd: a\0b", "Content-Length: 0")), "http"),
    "has a bare CR in a header": Case(says(head("X-Odd: a\rX-Forged: b", "Content-Length: 0")), "http"),
    "has a space in a header's name": Case(says(head("X Odd: a", "Content-Length: 0")), "http"),
    "gives two lengths": Case(says(head("Content-Length: 2", "Content-Length: 3"), b"abc"), "http"),
    "gives a negative length": Case(says(head("Content-Length: -1")), "http"),
    "codes the transfer unknown": Case(says(head("Transfer-Encoding: gzip")), "http"),
    "gives its length in hexadecimal": Case(says(head("Content-Length: 0x3"), b"abc"), "http"),
    "gives its length with a plus": Case(says(head("Content-Length: +3"), b"abc"), "http"),
    "gives its length in a list": Case(says(head("Content-Length: 3, 4"), b"abcd"), "http"),
    "gives a length beyond counting": Case(says(head(f"Content-Length: {'9' * 40}"), b"abc"), "http"),
    "chunks twice": Case(says(head("Transfer-Encoding: chunked, chunked"), b"0\r\n\r\n"), "http"),
    "hides its chunks behind a tab": Case(says(head("Transfer-Encoding: \x0bchunked"), b"0\r\n\r\n"), "http"),
    # smuggling: two ways to tell an end, or more than one answer
    "gives a length and chunks": Case(
        says(head("Content-Length: 99", CHUNKED), b"3\r\nabc\r\n0\r\n\r\n"), "answered", 200, 3
    ),
    "answers twice": Case(says(hostile.OK, head("X-Second: yes", "Content-Length: 6"), b"second"), "answered", 200, 2),
    # the body
    "drips the size of a chunk": Case(endlessly(b"0", head(CHUNKED), pause_s=0.1), "cut", 200),
    "drips what extends a chunk": Case(endlessly(b"x", head(CHUNKED) + b"3;", pause_s=0.1), "cut", 200),
    "drips its trailers": Case(
        endlessly(b"X: y\r\n", head(CHUNKED) + b"3\r\nabc\r\n0\r\n", pause_s=0.1), "cut", 200, 3
    ),
    "ends a chunk with a bare line feed": Case(says(head(CHUNKED), b"3\nabc\n0\n\n"), "cut", 200, -1),
    "gives a length of zero and goes on": Case(endlessly(b"x", head("Content-Length: 0")), "answered", 200),
    "drips a packed body": Case(endlessly(b"\0", head(GZIP) + packed(b"x" * 99)[:12], pause_s=0.1), "cut", 200, -1),
    "packs what is packed": Case(says(head("Content-Encoding: gzip, gzip"), packed(packed(b"x"))), "answered", 200, -1),
    "sends a deflate bomb": Case(says(head("Content-Encoding: deflate"), deflated(bytes(5_000_000))), *FULL),
    "names its packing in gzip's own header": Case(says(head(GZIP), b"\x1f\x8b\x08\x08" + b"x" * 9000), "cut", 200, -1),
    "sends a body without end": Case(endlessly(b"x" * 65536, head()), *FULL),
    "sends chunks without end": Case(endlessly(b"fff\r\n" + b"x" * 4095 + b"\r\n", head(CHUNKED)), *FULL),
    "drips the body": Case(endlessly(b"1", head("Content-Length: 99"), pause_s=0.2), "cut", 200, -1),
    "hangs in the body": Case(endlessly(b"", head("Content-Length: 9") + b"123", pause_s=0.2), "cut", 200, 3),
    "promises more than it sends": Case(says(head("Content-Length: 9"), b"123"), "cut", 200, 3),
    "sends more than it promised": Case(says(head("Content-Length: 3"), b"123456789"), "answered", 200, 3),
    "resets in the body": Case(says_then_resets(head("Content-Length: 9") + b"123"), "cut", 200, 3),
    "promises a terabyte": Case(says(head("Content-Length: 1099511627776"), b"123"), "cut", 200, 3),
    "leaves out the last chunk": Case(says(head(CHUNKED), b"3\r\nabc\r\n"), "cut", 200, 3),
    "gives chunks in words": Case(says(head(CHUNKED), b"three\r\nabc\r\n0\r\n\r\n"), "cut", 200, 0),
    "gives a chunk below zero": Case(says(head(CHUNKED), b"-3\r\nabc\r\n0\r\n\r\n"), "cut", 200, 0),
    "gives a chunk of 2^100": Case(says(head(CHUNKED), b"f" * 25 + b"\r\nabc\r\n"), "cut", 200, 0),
    "lies about a chunk": Case(says(head(CHUNKED), b"2\r\nabc\r\n0\r\n\r\n"), "cut", 200, 2),
    "extends a chunk by 200 kB": Case(says(head(CHUNKED), b"3;" + b"x" * 200_000 + b"\r\nabc\r\n"), "cut", 200, 0),
    "has 200 kB of trailers": Case(says(head(CHUNKED), b"0\r\nX-More: " + b"x" * 200_000), "cut", 200, 0),
    "sends 204 with a body": Case(says(head(status="204 No Content"), b"123456789"), "answered", 204),
    "sends 304 with a body": Case(says(head(status="304 Not Modified"), b"123456789"), "answered", 304),
    # packed bodies
    "sends a gzip bomb": Case(says(head(GZIP), bomb()), *FULL),
    "says gzip and is not": Case(says(head(GZIP, "Content-Length: 9"), b"not gzip!"), "cut", 200, 0),
    "breaks gzip off": Case(says(head(GZIP), packed(b"x" * 5000)[:-9]), "cut", 200, -1),
    "sends gzip as it should": Case(says(head(GZIP), packed(b"x" * 5000)), "answered", 200, 5000),
    "sends gzip, then more without end": Case(endlessly(b"x" * 65536, head(GZIP) + packed(b"{}")), "answered", 200, 2),
    "says gzip and sends nothing": Case(says(head(GZIP, "Content-Length: 0")), "answered", 200),
    "names a packing nobody knows": Case(says(head("Content-Encoding: zstd"), b"\x28\xb5"), "answered", 200, 2),
    # odd, but an answer
    "switches protocols unasked": Case(says(head("Upgrade: websocket", status="101 Switching Protocols")), "http"),
    "shows a page": Case(says(head("Content-Type: text/html"), b"<!doctype html>"), "answered", 200, 15),
    "invents a status": Case(says(head("Content-Length: 0", status="799 Whatever")), "answered", 799),
    "sends 10,000 headers": Case(
        says(head(*(f"X{n}: y" for n in range(10_000)), "Content-Length: 0")), "answered", 200
    ),
}


def ask(url: str, deadline_s: float = DEADLINE_S) -> tuple[Exchange, float]:
    """Ask a server once; returns what came of it and the seconds it took."""
    begun = time.monotonic()
    with Door(Target(url), LAPTOP, request_deadline_s=deadline_s) as door:
        exchange = door.fetch(ASK)
    return exchange, time.monotonic() - begun


def kept_bytes(exchange: Exchange) -> int:
    """Count what an exchange holds in memory."""
    return len(exchange.body) + sum(len(name) + len(value) for name, value in exchange.headers) + len(exchange.error)


@pytest.mark.parametrize("name", CASES)
def test_server_that(name):
    case = CASES[name]
    with hostile.serving(case.behave) as server:
        exchange, seconds = ask(server.url, case.deadline_s)
    assert (exchange.outcome, exchange.status) == (case.outcome, case.status), exchange.error
    assert seconds < case.deadline_s + GRACE_S
    assert kept_bytes(exchange) <= WIRE_CAP
    assert len(exchange.body) <= BODY_CAP
    if case.length >= 0:
        assert len(exchange.body) == case.length
    assert bool(exchange.error) == (case.outcome != "answered")
    assert exchange.truncated == (case.outcome == "cut")
    assert server.connections == 1


@pytest.mark.parametrize(
    ("name", "behave"),
    [
        ("bare interim answers without end", endlessly(head(status="103 Early Hints") * 1000)),
        ("chunks of one byte without end", endlessly(b"1\r\nx\r\n" * 10_000, head(CHUNKED))),
        ("chunks of one byte behind a packed body", endlessly(b"1\r\nx\r\n" * 10_000, head(CHUNKED, GZIP))),
        ("headers of one byte without end", endlessly(b"a:\r\n" * 10_000, b"HTTP/1.1 200 OK\r\n")),
    ],
)
def test_many_small_pieces_end_in_time_however_fast_the_machine(name, behave):
    with hostile.serving(behave) as server:
        exchange, seconds = ask(server.url)
    assert exchange.outcome in {"http", "timeout", "cut"}, name
    assert seconds < DEADLINE_S + GRACE_S
    assert kept_bytes(exchange) <= WIRE_CAP


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "/v2/models", "file:///etc/passwd", "http://127.0.0.1:{port}/"],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_redirect_is_kept_as_evidence_and_never_followed(status, location):
    with hostile.answering(hostile.OK) as other:
        place = location.format(port=other.port)
        with hostile.answering(head(f"Location: {place}", "Content-Length: 0", status=status)) as server:
            exchange, _seconds = ask(server.url)
    assert (exchange.outcome, exchange.header("location")) == ("answered", place)
    assert (server.connections, other.connections) == (1, 0)


def test_refresh_and_alternative_services_are_not_followed_either():
    with hostile.answering(hostile.OK) as other:
        lines = (f"Refresh: 0; url={other.url}", f'Alt-Svc: http/1.1="127.0.0.1:{other.port}"', "Content-Length: 0")
        with hostile.answering(head(*lines)) as server, Door(Target(server.url), LAPTOP) as door:
            assert [door.fetch(ASK).status for _round in range(2)] == [200, 200]
    assert other.connections == 0


def test_proxy_in_the_environment_is_not_asked(monkeypatch):
    with hostile.answering(hostile.OK) as proxy, hostile.answering(hostile.OK) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        exchange, _seconds = ask(server.url)
    assert (exchange.status, proxy.connections) == (200, 0)


def test_cookie_of_one_answer_is_not_sent_with_the_next_request():
    answer = head("Set-Cookie: session=1", "Content-Length: 0")
    with hostile.answering(answer) as server, Door(Target(server.url), LAPTOP) as door:
        door.fetch(ASK)
        door.fetch(ASK)
    assert len(server.heads) == 2
    assert not any(b"cookie" in one.lower() for one in server.heads)


def test_gzip_bomb_costs_little_memory():
    bomb()
    with hostile.serving(says(head(GZIP), bomb())) as server:
        tracemalloc.start()
        try:
            exchange, _seconds = ask(server.url, deadline_s=PLENTY_S)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (exchange.outcome, len(exchange.body)) == ("cut", BODY_CAP)
    assert peak < 20 * 1024 * 1024


def test_request_that_is_never_read_ends_in_time():
    long = PlannedRequest("long", 1, "POST", "/v1/embeddings", "Asks at length.", body=b"x" * 30_000_000)
    begun = time.monotonic()
    with hostile.serving(hostile.never_reads) as server:
        door = Door(Target(server.url), LAPTOP, request_deadline_s=DEADLINE_S)
        exchange = door.fetch(long)
        seconds = time.monotonic() - begun
    assert exchange.outcome == "timeout"
    assert seconds < DEADLINE_S + GRACE_S


def test_nobody_there_is_told_apart_from_silence_on_a_laptop():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    exchange, seconds = ask(f"http://127.0.0.1:{port}")
    assert exchange.outcome == "unreachable"
    assert seconds < DEADLINE_S


def test_time_for_the_whole_probe_ends_further_requests_at_once():
    with hostile.serving(after_request(lambda visit: visit.hang())) as server:
        door = Door(Target(server.url), LAPTOP, request_deadline_s=0.3, total_deadline_s=0.4)
        begun = time.monotonic()
        outcomes = [door.fetch(ASK).outcome for _round in range(5)]
        seconds = time.monotonic() - begun
    assert outcomes == ["timeout"] * 5
    assert seconds < 0.4 + GRACE_S
    assert server.connections <= 2


def test_nesting_past_reason_is_no_json():
    with hostile.answering(head() + b"[" * 500_000) as server:
        exchange, _seconds = ask(server.url)
    assert (exchange.outcome, exchange.json) == ("answered", None)
