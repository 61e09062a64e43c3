"""Servers on loopback that do what no server should, each for one connection at a time and never for long."""

import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache

# No behaviour outlives this many seconds, whatever its client does.
LONGEST_S = 4.0


@dataclass
class Visit:
    """One connection as a behaviour sees it."""

    socket: socket.socket
    ends: float
    stopped: threading.Event

    def going_on(self) -> bool:
        """Tell whether to go on: the test is not over and the time is not used up."""
        return not self.stopped.is_set() and time.monotonic() < self.ends

    def request(self) -> bytes:
        """Read the request's head."""
        head = b""
        while b"\r\n\r\n" not in head and (more := self.socket.recv(65536)):
            head += more
        return head

    def say(self, data: bytes) -> None:
        """Send everything."""
        self.socket.sendall(data)

    def forever(self, data: bytes, pause_s: float = 0.0) -> None:
        """Send the same again and again."""
        while self.going_on():
            self.socket.sendall(data)
            if pause_s:
                self.stopped.wait(pause_s)

    def drip(self, data: bytes, pause_s: float = 0.2) -> None:
        """Send byte by byte."""
        for position in range(len(data)):
            if not self.going_on():
                return
            self.socket.sendall(data[position : position + 1])
            self.stopped.wait(pause_s)

    def hang(self) -> None:
        """Say nothing more."""
        self.stopped.wait(max(0.0, self.ends - time.monotonic()))

    def reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Visit], None]


@dataclass
class Server:
    """A running server: its port, the heads it was sent, and how many connections it had."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where to find it."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(behave: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve every connection with a behaviour (inside TLS when there is a context) until the block ends."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def visit(connection: socket.socket) -> None:
        connection.settimeout(LONGEST_S)
        with suppress(OSError), connection:
            inner = context.wrap_socket(connection, server_side=True) if context else connection
            with inner:
                behave(Visit(inner, time.monotonic() + LONGEST_S, stopped))

    def accept() -> None:
        while not stopped.is_set():
            with suppress(TimeoutError):
                connection, _address = listener.accept()
                server.connections += 1
                threads.append(threading.Thread(target=visit, args=(connection,), daemon=True))
                threads[-1].start()

    listener.settimeout(0.05)
    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        stopped.set()
        accepting.join()
        listener.close()
        for thread in threads:
            thread.join(LONGEST_S)


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve one answer to everybody, and keep the heads of the requests."""
    kept: list[bytes] = []

    def behave(visit: Visit) -> None:
        kept.append(visit.request())
        visit.say(answer)

    with serving(behave, context) as server:
        server.heads = kept
        yield server


def head(*lines: str, status: str = "200 OK") -> bytes:
    """Return a response head with these header lines."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


OK = head("Content-Type: application/json", "Content-Length: 2") + b"{}"


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """Return about 100 kB that unpack to 100 MB of zeros."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _round in range(100)) + packer.flush()


def packed(data: bytes) -> bytes:
    """Return data in gzip form."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(data) + packer.flush()


def deflated(data: bytes) -> bytes:
    """Return data in zlib's form."""
    return zlib.compress(data)


def after_request(act: Behaviour) -> Behaviour:
    """Let a behaviour begin when the request has come."""

    def behave(visit: Visit) -> None:
        visit.request()
        act(visit)

    return behave


def after_hello(act: Behaviour) -> Behaviour:
    """Let a behaviour begin when anything has come, such as the hello of a TLS client."""

    def behave(visit: Visit) -> None:
        visit.socket.recv(65536)
        act(visit)

    return behave


def says(*parts: bytes) -> Behaviour:
    """Answer with fixed bytes and close."""
    return after_request(lambda visit: visit.say(b"".join(parts)))


def endlessly(data: bytes, start: bytes = b"", pause_s: float = 0.0) -> Behaviour:
    """Answer with a start, then with the same without end."""

    def act(visit: Visit) -> None:
        visit.say(start)
        visit.forever(data, pause_s)

    return after_request(act)


def never_reads(visit: Visit) -> None:
    """Accept and read nothing, so that a long request cannot be sent."""
    visit.hang()


def says_then_resets(data: bytes) -> Behaviour:
    """Answer with fixed bytes, then reset the connection."""

    def act(visit: Visit) -> None:
        if data:
            visit.say(data)
            visit.stopped.wait(0.05)
        visit.reset()

    return after_request(act)
