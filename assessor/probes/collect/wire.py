"""Beneath the HTTP client: dials only the checked address, and ends every exchange in time and within its bytes."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

WIRE_CAP = 2 * 1024 * 1024
# Small, because the clock is asked between two reads: thousands of tiny chunks in one would outlast the deadline.
READ_AT_ONCE = 4096
WRITE_AT_ONCE = 16384
# Longer than this no address is dialled: a thread that dials cannot be called back, and no model works meanwhile.
DIAL_S = 10.0

Made = TypeVar("Made")


class TooManyBytes(httpcore2.ReadError):
    """The server sent more than the cap, headers and interim responses included."""


class Meter:
    """What one exchange may use: bytes read, and a moment (monotonic seconds) at which it ends."""

    def __init__(self, deadline: float, cap: int = WIRE_CAP) -> None:
        self.deadline = deadline
        self.left = cap
        self._sock: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        """Remember the connection that `hang_up` ends."""
        self._sock = sock

    def hang_up(self) -> None:
        """End the exchange now, from another thread: whoever waits for the connection wakes up with no time left."""
        self.deadline = 0.0
        if self._sock is not None:
            with suppress(OSError):
                # Closing it would free its number under the thread that reads.
                self._sock.shutdown(socket.SHUT_RDWR)

    def seconds(self) -> float:
        """Return the time left; raises `ReadTimeout` when there is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the exchange has passed")
        return left


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Return a connection to a checked address; raises OSError."""
    sock = socket.create_connection((address, port), timeout=seconds)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sock.getsockname() == sock.getpeername():
            # A port of our own range on which nobody listens can be given to us while we dial it.
            raise ConnectionRefusedError("connected to itself")
    except OSError:
        sock.close()
        raise
    return sock


class MeteredStream(NetworkStream):
    """A connection that counts every byte and asks the meter before every wait."""

    def __init__(self, sock: socket.socket, meter: Meter) -> None:
        self._sock = sock
        self.meter = meter

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read once; raises `ReadTimeout`, `ReadError` or `TooManyBytes`."""
        self._sock.settimeout(self.meter.seconds())
        try:
            data = self._sock.recv(min(max_bytes, READ_AT_ONCE))
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error
        self.meter.left -= len(data)
        if self.meter.left < 0:
            raise TooManyBytes("the byte cap of the exchange is passed")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything; raises `WriteTimeout` or `WriteError`."""
        try:
            view = memoryview(buffer)
            while view:
                self._sock.settimeout(self.meter.seconds())
                view = view[self._sock.send(view) :]
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        """Shake hands with verification; raises `ConnectTimeout`, `TooManyBytes` or `ConnectError`."""
        secured = SecuredStream(self, ssl_context, server_hostname)
        secured.shake()
        return secured

    def get_extra_info(self, info: str) -> Any:
        """Tell the client what it asks of the connection."""
        return self._sock if info == "socket" else None


class SecuredStream(NetworkStream):
    """TLS whose bytes pass through the metered connection, four kilobytes at a time.

    A socket of the standard library would read inside OpenSSL for as long as records come that carry no data (session
    tickets, alerts, key updates) and would count none of them; here each goes past the clock and the cap.
    """

    def __init__(self, beneath: MeteredStream, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._beneath = beneath
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=server_hostname)

    def shake(self) -> None:
        """Shake hands; raises `ConnectTimeout`, `TooManyBytes` or `ConnectError` (its cause is the TLS error)."""
        try:
            self._carry(self.tls.do_handshake)
        except httpcore2.TimeoutException as error:
            self.close()
            raise httpcore2.ConnectTimeout(str(error)) from error
        except TooManyBytes:
            self.close()
            raise
        except (OSError, httpcore2.NetworkError) as error:
            with suppress(httpcore2.NetworkError, httpcore2.TimeoutException):
                # The alert that tells the server why.
                self._flush()
            self.close()
            raise httpcore2.ConnectError(str(error)) from error

    def _carry(self, step: Callable[[], Made]) -> Made:
        """Repeat a step of OpenSSL's, carrying bytes between it and the connection, until it is done."""
        while True:
            try:
                made = step()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._beneath.read(READ_AT_ONCE):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                self._flush()
                return made

    def _flush(self) -> None:
        if data := self._out.read():
            self._beneath.write(data)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read once; raises `ReadTimeout`, `ReadError` or `TooManyBytes`."""
        self._beneath.meter.seconds()
        try:
            return self._carry(lambda: self.tls.read(min(max_bytes, READ_AT_ONCE)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            # Many servers close without TLS's own farewell; a length or a last chunk tells whether all came.
            return b""
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything; raises `WriteTimeout` or `WriteError`."""
        view = memoryview(buffer)
        try:
            while view:
                part = view[:WRITE_AT_ONCE]
                view = view[self._carry(lambda part=part: self.tls.write(part)) :]  # type: ignore[misc]
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._beneath.close()

    def get_extra_info(self, info: str) -> Any:
        """Tell the client what it asks of the connection."""
        return self.tls if info == "ssl_object" else self._beneath.get_extra_info(info)


class CheckedBackend(NetworkBackend):
    """Dials the checked addresses and no other, whatever name the client asks for."""

    def __init__(self, addresses: tuple[str, ...], meter: Meter) -> None:
        self._addresses = addresses
        self._meter = meter
        self.dialled = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Connect to the first checked address that answers; raises `ConnectTimeout` or `ConnectError`.

        Each address may use an equal share of what is left, so that a silent first one does not hide the others.
        """
        last: OSError = OSError("no address")
        for index, address in enumerate(self._addresses):
            share = self._meter.seconds() / (len(self._addresses) - index)
            try:
                sock = dial(address, port, min(share, DIAL_S))
            except OSError as error:
                last = error
                continue
            self.dialled = address
            self._meter.watch(sock)
            return MeteredStream(sock, self._meter)
        if isinstance(last, TimeoutError):
            raise httpcore2.ConnectTimeout(str(last)) from last
        raise httpcore2.ConnectError(str(last)) from last
