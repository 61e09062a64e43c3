"""No test talks to anybody outside this computer: installed in the tests' process and, by PYTHONPATH, in its children.

A breach raises in the process that tries, and is written to the file that the environment names, so that it counts even
where the attempt was caught. What is not Python (the browser, the database's client) is kept in by its own settings.
"""

import os
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

LOG = "ASSESSOR_TEST_CANARY"
HERE = {"", "localhost", "localhost.localdomain"}


def is_here(host: object) -> bool:
    """Tell whether a host is this computer itself."""
    if host is None:
        return True
    text = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    if text.lower().rstrip(".") in HERE:
        return True
    with suppress(ValueError):
        address = ip_address(text.partition("%")[0])
        inner = getattr(address, "ipv4_mapped", None) or address
        return bool(inner.is_loopback or inner.is_unspecified)
    return False


def is_number(host: object) -> bool:
    """Tell whether a host is an address already, so that looking it up asks nobody."""
    with suppress(ValueError):
        return bool(ip_address(str(host).partition("%")[0]))
    return False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise, and write down, when a socket is about to leave this computer or a name server is about to be asked."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        sock, address = arguments[:2]
        if sock.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
            return
        allowed, what = is_here(address[0]), f"{event} {address[0]}:{address[1]}"
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        allowed, what = is_here(arguments[0]) or is_number(arguments[0]), f"{event} {arguments[0]}"
    else:
        return
    if not allowed:
        with suppress(OSError), open(os.environ[LOG], "a", encoding="utf-8") as log:  # noqa: PTH123 - at start-up
            log.write(f"{what} in process {os.getpid()}: {' '.join(sys.argv[:3])}\n")
        raise PermissionError(f"a test reaches out of this computer: {what}")


if os.environ.get(LOG):
    sys.addaudithook(watch)
