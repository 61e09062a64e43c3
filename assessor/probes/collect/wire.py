"""Beneath the HTTP client: dials only the checked address, and ends every exchange in time and within its bytes."""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

from assessor.probes.collect.tls import shake_until

WIRE_CAP = 2 * 1024 * 1024
# Small, because the clock is asked between two reads: thousands of tiny chunks in one would outlast the deadline.
READ_AT_ONCE = 4096


class TooManyBytes(httpcore2.ReadError):
    """The server sent more than the cap, headers and interim responses included."""


class Meter:
    """What one exchange may use: bytes read, and a moment (monotonic seconds) at which it ends."""

    def __init__(self, deadline: float, cap: int = WIRE_CAP) -> None:
        self.deadline = deadline
        self.left = cap

    def seconds(self) -> float:
        """Return the time left; raises `ReadTimeout` when there is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the exchange has passed")
        return left


class MeteredStream(NetworkStream):
    """A connection that counts every byte and asks the meter before every wait."""

    def __init__(self, sock: socket.socket, meter: Meter) -> None:
        self._sock = sock
        self._meter = meter

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read once; raises `ReadTimeout`, `ReadError` or `TooManyBytes`."""
        self._sock.settimeout(self._meter.seconds())
        try:
            data = self._sock.recv(min(max_bytes, READ_AT_ONCE))
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error
        self._meter.left -= len(data)
        if self._meter.left < 0:
            raise TooManyBytes("the byte cap of the exchange is passed")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything; raises `WriteTimeout` or `WriteError`."""
        try:
            view = memoryview(buffer)
            while view:
                self._sock.settimeout(self._meter.seconds())
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
        """Shake hands with verification; raises `ConnectTimeout` or `ConnectError`."""
        try:
            secured = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._sock = secured
            shake_until(secured, self._meter.deadline)
        except TimeoutError as error:
            self.close()
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise httpcore2.ConnectError(str(error)) from error
        return MeteredStream(secured, self._meter)

    def get_extra_info(self, info: str) -> Any:
        """Tell the client what it asks of the connection."""
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "socket":
            return self._sock
        return None


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
                sock = socket.create_connection((address, port), timeout=share)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                last = error
                continue
            self.dialled = address
            return MeteredStream(sock, self._meter)
        if isinstance(last, TimeoutError):
            raise httpcore2.ConnectTimeout(str(last)) from last
        raise httpcore2.ConnectError(str(last)) from last
