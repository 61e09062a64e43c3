"""A name server that only writes down: it answers every question with a refusal and nobody can be led by it.

It listens on loopback or a private address only, sends nothing but refusals to whoever asked, and asks nobody itself.
"""

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from assessor.errors import N_, AssessorError
from assessor.probes.collect.addresses import classify

MAX_NAMES = 1000
MAX_PACKET = 512
LOOK_S = 0.2
_TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 65: "HTTPS"}
_HEAD = struct.Struct("!6H")
REFUSED = 5


class NotListening(AssessorError):
    """The name server cannot listen where it was told to."""


@dataclass
class Asked:
    """A name that was asked for: the kinds of record, how often, and when first (seconds from the beginning)."""

    name: str
    first: float
    count: int = 0
    kinds: set[str] = field(default_factory=set)


@dataclass
class Watched:
    """What was asked until now; `dropped` counts packets that were no question, or came after too many names."""

    names: dict[str, Asked] = field(default_factory=dict)
    dropped: int = 0


def question(packet: bytes) -> tuple[str, str]:
    """Return name and kind of record of a question; raises `ValueError` for anything else."""
    if len(packet) < _HEAD.size + 5 or len(packet) > MAX_PACKET:
        raise ValueError("length")
    _id, flags, questions, _answers, _authorities, _more = _HEAD.unpack_from(packet)
    if flags & 0xF800 or questions != 1:
        raise ValueError("not a question")
    labels, at = [], _HEAD.size
    while True:
        if at >= len(packet):
            raise ValueError("cut")
        size = packet[at]
        if not size:
            break
        # The two upper bits would point elsewhere in the packet; a question has no use for that.
        if size > 63 or at + 1 + size > len(packet):
            raise ValueError("label")
        labels.append(packet[at + 1 : at + 1 + size])
        at += 1 + size
    if not labels or at + 5 > len(packet) or at - _HEAD.size > 254:
        raise ValueError("name")
    (kind,) = struct.unpack_from("!H", packet, at + 1)
    text = ".".join("".join(chr(one) if 33 <= one <= 126 else "?" for one in label) for label in labels)
    return text.lower(), _TYPES.get(kind, f"TYPE{kind}")


def refusal(packet: bytes) -> bytes:
    """Return the refusal of a question: the same question, no answer, "refused"."""
    number, flags, *_rest = _HEAD.unpack_from(packet)
    end = packet.index(0, _HEAD.size) + 5
    return _HEAD.pack(number, 0x8000 | (flags & 0x0100) | REFUSED, 1, 0, 0, 0) + packet[_HEAD.size : end]


def watch(
    address: str,
    port: int,
    seconds: float,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    on_name: Callable[[Asked], None] = lambda asked: None,
    on_ready: Callable[[int], None] = lambda port: None,
) -> Watched:
    """Listen for questions over UDP and write them down; raises `NotListening`.

    `on_ready` is told the port once it listens (0 asks for a free one).
    """
    try:
        kind = classify(ip_address(address))
    except ValueError as error:
        raise NotListening(
            N_("“{address}” is not an address."), remedy=N_("Write it like 127.0.0.1:5300."), address=address
        ) from error
    if kind not in {"loopback", "private"}:
        raise NotListening(
            N_("The name server listens on loopback or a private address only, and {address} is neither."),
            remedy=N_("Use 127.0.0.1, or the private address of this computer."),
            address=address,
        )
    seen = Watched()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind((address, port))
        except OSError as error:
            raise NotListening(
                N_("Nothing can listen on {address} port {port}: {why}."),
                remedy=N_("Choose a free port; ports below 1024 want an administrator."),
                address=address,
                port=port,
                why=error.strerror or str(error),
            ) from error
        listener.settimeout(LOOK_S)
        on_ready(int(listener.getsockname()[1]))
        begun = time.monotonic()
        while (past := time.monotonic() - begun) < seconds and not cancelled():
            try:
                packet, asker = listener.recvfrom(MAX_PACKET + 1)
            except TimeoutError:
                continue
            except OSError:
                seen.dropped += 1
                continue
            _take(listener, packet, asker, seen, past, on_name)
    return seen


def _take(
    listener: socket.socket,
    packet: bytes,
    asker: tuple[object, ...],
    seen: Watched,
    past: float,
    on_name: Callable[[Asked], None],
) -> None:
    try:
        name, kind = question(packet)
        asked = seen.names.get(name)
        if asked is None:
            if len(seen.names) >= MAX_NAMES:
                raise ValueError("too many")
            asked = seen.names[name] = Asked(name, round(past, 1))
            on_name(asked)
    except ValueError:
        seen.dropped += 1
        return
    asked.count += 1
    asked.kinds.add(kind)
    try:
        listener.sendto(refusal(packet), asker)
    except OSError:
        # Who asked is gone; that it asked is written down.
        return
