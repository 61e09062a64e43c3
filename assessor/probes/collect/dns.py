"""From a checked name to the addresses that may be dialled: resolved once, every answer judged."""

import queue
import socket
import threading

from assessor.errors import N_
from assessor.probes.collect.guard import CheckedUrl, PolicyRefusal, Unresolved, judge
from assessor.probes.snapshot import ResolvedAddress
from assessor.probes.target import Policy

MAX_ADDRESSES = 16


def _look_up(host: str, port: int, answer: "queue.Queue[list[str] | OSError | UnicodeError]") -> None:
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
    answer: queue.Queue[list[str] | OSError | UnicodeError] = queue.Queue()
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
