"""A host's other names come from this computer's own name servers, and no answer of theirs does harm."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.probes.collect import dns
from assessor.probes.collect.dns import MAX_NAMES, chain, name_servers, other_names
from assessor.probes.collect.guard import check_url
from assessor.probes.collect.http import Door
from assessor.probes.target import LAPTOP, Target

HOST = "ai.nordhafen.example"
URL = check_url(f"https://{HOST}", LAPTOP)


def wire(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(query: bytes, *records: bytes, flags: int = 0x8180) -> bytes:
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + query[12:] + b"".join(records)


QUERY = b"\x12\x34" + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + wire(HOST) + struct.pack("!HH", 1, 1)
ALIAS = record(b"\xc0\x0c", 5, wire("clinic.openai.azure.com"))
NEXT = record(wire("clinic.openai.azure.com"), 5, wire("edge.AZURE-API.net"))
ADDRESS = record(wire("edge.azure-api.net"), 1, bytes([20, 1, 2, 3]))
Replies = Callable[[bytes], list[bytes]]


@contextmanager
def name_server(monkeypatch: pytest.MonkeyPatch, tmp_path: object, replies: Replies) -> Iterator[list[bytes]]:
    """Run a name server on loopback that answers as told; yields the queries it was sent."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    query, client = sock.recvfrom(4096)
                    if query == b"end":
                        return
                    asked.append(query)
                    for reply in replies(query):
                        sock.sendto(reply, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        monkeypatch.setattr(dns, "NAME_SERVER_PORT", sock.getsockname()[1])
        monkeypatch.setattr(dns, "name_servers", lambda: ("127.0.0.1",))
        yield asked
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
            ender.sendto(b"end", sock.getsockname())
        thread.join(5)


def test_aliases_are_followed_in_their_order(monkeypatch, tmp_path):
    replies = lambda query: [answer(query, NEXT, ALIAS, ADDRESS)]  # noqa: E731
    with name_server(monkeypatch, tmp_path, replies) as asked:
        assert other_names(URL) == ("clinic.openai.azure.com", "edge.azure-api.net")
    assert len(asked) == 1
    assert asked[0][2:] == QUERY[2:]


def test_they_stand_in_what_the_door_tells_of_the_network(monkeypatch, tmp_path):
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.9", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with name_server(monkeypatch, tmp_path, lambda query: [answer(query, ALIAS, ADDRESS)]):
        assert Door(Target(f"http://{HOST}"), LAPTOP).network.names == ("clinic.openai.azure.com",)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1", "http://[::1]", "http://1.1.1.1", "http://vllm", "http://localhost:8080"),
        *("http://box.local", "http://a.localhost", "http://a.localdomain"),
    ],
)
def test_no_name_server_is_asked_about_what_only_this_place_knows(monkeypatch, tmp_path, url):
    with name_server(monkeypatch, tmp_path, lambda query: []) as asked:
        assert other_names(check_url(url, LAPTOP)) == ()
    assert asked == []


def test_name_of_this_computer_is_not_asked_about(monkeypatch, tmp_path):
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with name_server(monkeypatch, tmp_path, lambda query: []) as asked:
        assert Door(Target(f"http://{HOST}"), LAPTOP).network.names == ()
    assert asked == []


HOSTILE = {
    "silence": lambda query: [],
    "another's number": lambda query: [b"\0\0" + answer(query, ALIAS)[2:]],
    "another's question": lambda query: [answer(query[:12] + wire("other.example") + query[-4:], ALIAS)],
    "no answer but a question": lambda query: [answer(query, ALIAS, flags=0x0100)],
    "one byte": lambda query: [query[:1]],
    "nothing": lambda query: [b""],
    "broken off": lambda query: [answer(query, ALIAS)[:-3]],
    "a pointer to itself": lambda query: [answer(query, record(b"\xc0\x0c", 5, b"\xc0\x3c") * 2)],
    "a pointer ahead": lambda query: [answer(query, record(b"\xff\xff", 5, b"\xff\xff"))],
    "65535 records announced": lambda query: [answer(query)[:6] + b"\xff\xff" + answer(query)[8:]],
    "a name of control characters": lambda query: [answer(query, record(b"\xc0\x0c", 5, b"\x04a\r\nb\x07example\0"))],
    "a name of markup": lambda query: [answer(query, record(b"\xc0\x0c", 5, b"\x08<script>\x07example\0"))],
    "a name in other letters": lambda query: [answer(query, record(b"\xc0\x0c", 5, "\x04üü\x07example\0".encode()))],
    "an alias of somebody else": lambda query: [answer(query, NEXT)],
    "an alias of itself": lambda query: [answer(query, record(b"\xc0\x0c", 5, b"\xc0\x0c"))],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_answer_is_no_name_and_takes_no_longer_than_silence(monkeypatch, tmp_path, case):
    with name_server(monkeypatch, tmp_path, HOSTILE[case]):
        begun = time.monotonic()
        found = other_names(URL, deadline_s=0.3)
        assert time.monotonic() - begun < 0.8
    assert found in {(), (HOST,)}


def test_answer_behind_a_forged_one_is_still_taken(monkeypatch, tmp_path):
    replies = lambda query: [b"\0\0" + answer(query, NEXT)[2:], answer(query, ALIAS)]  # noqa: E731
    with name_server(monkeypatch, tmp_path, replies):
        assert other_names(URL) == ("clinic.openai.azure.com",)


def test_chain_is_bounded_and_does_not_circle():
    long = [record(wire(f"n{at}.example"), 5, wire(f"n{at + 1}.example")) for at in range(30)]
    first = record(b"\xc0\x0c", 5, wire("n0.example"))
    assert len(chain(HOST, answer(QUERY, first, *long))) == MAX_NAMES
    circle = [record(wire("a.example"), 5, wire("b.example")), record(wire("b.example"), 5, wire("a.example"))]
    start = record(b"\xc0\x0c", 5, wire("a.example"))
    assert chain(HOST, answer(QUERY, start, *circle)) == ("a.example", "b.example", "a.example")


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(answer(QUERY, ALIAS).__add__)))
def test_any_packet_is_names_or_a_value_error(packet):
    with suppress(ValueError):
        assert all(name.isascii() for name in chain(HOST, packet))


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_is_names_or_a_value_error(at, value):
    packet = bytearray(answer(QUERY, ALIAS, NEXT, ADDRESS))
    packet[at % len(packet)] = value
    with suppress(ValueError):
        assert len(chain(HOST, bytes(packet))) <= MAX_NAMES


def test_name_servers_are_those_of_this_computer(monkeypatch, tmp_path):
    file = tmp_path / "resolv.conf"
    file.write_text(
        "# comment\nsearch lan\nnameserver 10.0.0.1\nnameserver\nnameserver ::1 # own\nnameserver 10.0.0.2\n"
    )
    monkeypatch.setattr(dns, "SYSTEM", file)
    assert name_servers() == ("10.0.0.1", "::1", "10.0.0.2")
    monkeypatch.setattr(dns, "SYSTEM", tmp_path / "none")
    assert name_servers() == ()
    assert other_names(URL) == ()


def test_number_of_a_question_is_not_the_same_twice(monkeypatch, tmp_path):
    with name_server(monkeypatch, tmp_path, lambda query: [answer(query)]) as asked:
        for _round in range(8):
            other_names(URL)
    assert len({query[:2] for query in asked}) > 4
