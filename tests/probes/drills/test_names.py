"""The name server that only writes down: what it notes, what it answers, where it will not listen."""

import socket
import struct
import threading

import pytest

from assessor.probes.collect.names import NotListening, Watched, question, watch


def asked(name: str, kind: int = 1, number: int = 7) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode("latin-1") for part in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def ask(packets: list[bytes]) -> tuple[Watched, list[bytes]]:
    """Send packets to a watching server and return what it wrote down and what it answered."""
    answers: list[bytes] = []
    done = threading.Event()

    def send(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.3)
            for packet in packets:
                client.sendto(packet, ("127.0.0.1", port))
                try:
                    answers.append(client.recv(600))
                except TimeoutError:
                    answers.append(b"")
        done.set()

    def ready(port: int) -> None:
        threading.Thread(target=send, args=(port,), daemon=True).start()

    return watch("127.0.0.1", 0, 20, cancelled=done.is_set, on_ready=ready), answers


def test_it_writes_down_what_is_asked_and_refuses_it():
    seen, answers = ask([asked("Hub.Example.org"), asked("hub.example.org", 28), asked("stats.example.com")])
    assert list(seen.names) == ["hub.example.org", "stats.example.com"]
    assert seen.names["hub.example.org"].count == 2
    assert seen.names["hub.example.org"].kinds == {"A", "AAAA"}
    for answer in answers:
        number, flags, questions, replies, *_rest = struct.unpack_from("!6H", answer)
        assert (number, flags & 0x8000, flags & 0xF, questions, replies) == (7, 0x8000, 5, 1, 0)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 12,
        b"\xff" * 40,
        asked("a.example")[:-6],
        struct.pack("!6H", 1, 0x8180, 1, 0, 0, 0) + b"\1a\0\0\1\0\1",
        struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
        struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\x3fabc\0\0\1\0\1",
        asked(".".join(["x" * 60] * 5)),
        b"\0" * 513,
    ],
)
def test_what_is_no_question_is_counted_and_gets_no_answer(packet):
    if packet:
        seen, answers = ask([packet])
        assert (seen.names, answers) == ({}, [b""])
        assert seen.dropped == 1
    with pytest.raises(ValueError, match=r"length|question|cut|label|name"):
        question(packet)


def test_a_name_with_odd_signs_is_printed_safely():
    seen, _answers = ask([asked("<b>\x1b[31m.example")])
    assert list(seen.names) == ["<b>?[31m.example"]


@pytest.mark.parametrize("address", ["0.0.0.0", "8.8.8.8", "::", "169.254.169.254", "224.0.0.1", "nonsense"])
def test_it_listens_on_loopback_and_private_addresses_only(address):
    with pytest.raises(NotListening):
        watch(address, 0, 0.1)


def test_a_port_in_use_is_said():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(NotListening, match="Nothing can listen"):
            watch("127.0.0.1", held.getsockname()[1], 0.1)
