"""Streams of server-sent events: which of their messages was asked for, so that nobody waits for an end."""

from assessor.probes.events import END, MAX_EVENTS, is_reply, messages
from assessor.probes.snapshot import PlannedRequest


class Listener:
    """Hears a stream piece by piece, each byte once, until it has said what was asked."""

    def __init__(self, request: PlannedRequest) -> None:
        # To a call its reply is awaited, to a look the first event.
        self._awaits_reply = request.method == "POST"
        self._rest = bytearray()
        self._events = 0

    def has_heard_all(self, piece: bytes) -> bool:
        """Take the next piece; tell whether the message that was asked for, or any number of others, has come."""
        # Only the last bytes of what was heard can begin the sign of an end.
        fresh = max(0, len(self._rest) - 3)
        self._rest += piece
        last = max((self._rest.rfind(sign, fresh) + len(sign) for sign in END if sign in self._rest[fresh:]), default=0)
        if not last:
            return False
        complete = bytes(self._rest[:last])
        del self._rest[:last]
        self._events += sum(complete.count(sign) for sign in END)
        if not self._awaits_reply or self._events >= MAX_EVENTS:
            return True
        return any(is_reply(one) for one in messages(complete))
