"""From a checked name to the addresses that may be dialled: resolved once, every answer judged; and its other names."""

import queue
import secrets
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from assessor.errors import N_
from assessor.probes.collect.guard import HOST, CheckedUrl, PolicyRefusal, Unresolved, judge
from assessor.probes.snapshot import ResolvedAddress
from assessor.probes.target import Policy

MAX_ADDRESSES = 16
MAX_NAMES = 8
# Where the operator says which name servers this computer asks.
SYSTEM = Path("/etc/resolv.conf")
NAME_SERVER_PORT = 53
# Names that only this computer or its own segment knows: no name server is asked about them.
LOCAL_ENDINGS = (".localhost", ".local", ".localdomain")

Answer = queue.Queue[list[str] | OSError | UnicodeError]


def _look_up(host: str, port: int, answer: Answer) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        answer.put(error)
        return
    answer.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))


def resolve(url: CheckedUrl, policy: Policy, deadline_s: float = 3.0) -> tuple[ResolvedAddress, ...]:
    """Return the addresses of a host, in the resolver's order.

    Raises `PolicyRefusal` when any one of them is forbidden (a mixed answer is how rebinding looks), `Unresolved` when
    there is none, or none within `deadline_s` seconds.
    """
    if url.is_literal:
        return (ResolvedAddress(url.host, judge(url.host, policy)),)
    answer: Answer = queue.Queue()
    # getaddrinfo cannot be interrupted, so it gets a thread that may outlive us.
    threading.Thread(target=_look_up, args=(url.host, url.port, answer), daemon=True, name="resolver").start()
    try:
        found = answer.get(timeout=deadline_s)
    except queue.Empty:
        raise Unresolved(
            N_("The name “{host}” was not resolved within {seconds} seconds."), host=url.host, seconds=deadline_s
        ) from None
    if not isinstance(found, list) or not found:
        raise Unresolved(
            N_("The name “{host}” leads to no address from here."),
            remedy=N_("Check the spelling, or whether this machine's name server knows it."),
            host=url.host,
        )
    try:
        # Every answer is judged, also those that are too many to be kept.
        judged = tuple(ResolvedAddress(one, judge(one, policy)) for one in found)
    except PolicyRefusal:
        if policy.tell:
            raise
        # The address behind an internal name is nothing that a tenant should learn here.
        raise PolicyRefusal(
            "address",
            N_("The name “{host}” leads to an address that this installation does not probe."),
            remedy=N_("The operator can allow its network."),
            host=url.host,
        ) from None
    return judged[:MAX_ADDRESSES]


def other_names(url: CheckedUrl, deadline_s: float = 1.0) -> tuple[str, ...]:
    """Return the names that a host's name stands for (CNAME), in their order; empty when there is none.

    Asks the name servers of this computer and nobody else. Silence and nonsense are no names, never an exception.
    """
    if url.is_literal or "." not in url.host or url.host.endswith(LOCAL_ENDINGS):
        return ()
    end = time.monotonic() + deadline_s
    servers = name_servers()
    for index, server in enumerate(servers):
        share = (end - time.monotonic()) / (len(servers) - index)
        with suppress(OSError, ValueError):
            return chain(url.host, _ask(server, url.host, share))
    return ()


def name_servers() -> tuple[str, ...]:
    """Return the addresses of the name servers that this computer asks, at most three."""
    try:
        lines = SYSTEM.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    rows = [line.split() for line in lines]
    return tuple(row[1] for row in rows if len(row) > 1 and row[0] == "nameserver")[:3]


def _ask(server: str, host: str, seconds: float) -> bytes:
    """Return a name server's answer about the addresses of a name; raises OSError or ValueError."""
    number = secrets.token_bytes(2)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in host.split("."))
    question = labels + b"\0" + struct.pack("!HH", 1, 1)
    end = time.monotonic() + seconds
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        # Connected: what others send to this port never reaches us.
        sock.connect((server, NAME_SERVER_PORT))
        sock.settimeout(max(0.01, end - time.monotonic()))
        sock.send(number + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + question)
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            packet = sock.recv(4096)
            if packet[:2] == number and packet[12 : 12 + len(question)].lower() == question:
                return packet
    raise TimeoutError("no answer of the name server")


def chain(host: str, packet: bytes) -> tuple[str, ...]:
    """Return the names that follow from a host's name in a name server's answer; raises ValueError for nonsense."""
    try:
        flags, questions, answers = struct.unpack_from("!HHH", packet, 2)
        if not flags & 0x8000 or questions != 1:
            raise ValueError("no answer to one question")
        _name, at = _read_name(packet, 12)
        at += 4
        leads: dict[str, str] = {}
        for _row in range(min(answers, 64)):
            name, at = _read_name(packet, at)
            kind, of, _seconds, length = struct.unpack_from("!HHIH", packet, at)
            at += 10
            if (kind, of) == (5, 1):
                leads[name] = _read_name(packet, at)[0]
            at += length
    except (struct.error, IndexError) as error:
        raise ValueError("the answer breaks off") from error
    found: list[str] = []
    while (host := leads.pop(host, "")) and len(found) < MAX_NAMES:
        if HOST.match(host):
            found.append(host)
    return tuple(found)


def _read_name(packet: bytes, at: int) -> tuple[str, int]:
    """Return a name in lower case and the place behind it; a pointer may only lead backwards, so that none circles."""
    labels: list[str] = []
    behind = 0
    bound = at
    while size := packet[at]:
        if size >= 0xC0:
            behind = behind or at + 2
            at = struct.unpack_from("!H", packet, at)[0] & 0x3FFF
            if at >= bound:
                raise ValueError("a pointer that does not lead backwards")
            bound = at
            continue
        if size > 63 or sum(map(len, labels)) > 255:
            raise ValueError("a label or a name that is too long")
        labels.append(packet[at + 1 : at + 1 + size].decode("ascii", "replace").lower())
        at += 1 + size
    return ".".join(labels), behind or at + 1
