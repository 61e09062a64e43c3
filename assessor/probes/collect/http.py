"""The one guarded door: resolves once, dials what was checked, sends one planned request at a time."""

import re
import time
import zlib
from dataclasses import replace
from types import TracebackType
from typing import Self

import httpcore2

from assessor.errors import N_
from assessor.probes.collect.dns import other_names, resolve
from assessor.probes.collect.guard import CheckedUrl, PolicyRefusal, check_key_header, check_url
from assessor.probes.collect.places import PLACES
from assessor.probes.collect.streams import Listener
from assessor.probes.collect.tls import read_certificate, verified_context
from assessor.probes.collect.wire import CheckedBackend, Meter, TooManyBytes
from assessor.probes.snapshot import Exchange, NetworkFacts, Outcome, PlannedRequest, TlsFacts
from assessor.probes.target import Policy, Target

BODY_CAP = 1024 * 1024
# What all bodies of one probe may hold together: they stay in memory until its end.
BODIES_CAP = 4 * 1024 * 1024
USER_AGENT = "SovereigntyAssessor-Probe/0.1 (read-only test by the operator; see docs/probing.md)"
KEY_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class Door:
    """Everything a probe sends to one endpoint goes through here.

    Opening it checks the URL, resolves the name and (https) reads the certificate; raises `PolicyRefusal`,
    `Unresolved`, `CaUnreadable` or `ClientCertificateUnreadable`. `fetch` never raises for what the network does,
    follows no redirect, and returns within `request_deadline_s` seconds; after `total_deadline_s` every further fetch
    reports a time-out at once.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        *,
        user_agent: str = USER_AGENT,
        request_deadline_s: float = 10.0,
        total_deadline_s: float = 120.0,
    ) -> None:
        self.target = target
        self.policy = policy
        self.url: CheckedUrl = check_url(target.url, policy)
        self._agent = user_agent
        self._request_seconds = request_deadline_s
        self._end = time.monotonic() + total_deadline_s
        self._bodies_left = BODIES_CAP
        self._meter: Meter | None = None
        addresses = resolve(self.url, policy, min(3.0, request_deadline_s))
        here = all(one.kind == "loopback" for one in addresses)
        names = () if here else other_names(self.url, min(1.0, request_deadline_s))
        self.network = NetworkFacts(self.url.scheme, self.url.host, self.url.port, addresses, names=names)
        self.tls: TlsFacts | None = None
        self._context = verified_context(target.ca_file, target.client_file) if self.url.scheme == "https" else None
        if self._context is not None:
            self._read_certificate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing stays open between requests: each has a connection of its own."""

    def hang_up(self) -> None:
        """End the request under way, if there is one, from another thread; every further fetch reports a time-out."""
        self._end = 0.0
        if self._meter is not None:
            self._meter.hang_up()

    @property
    def _is_public(self) -> bool:
        return any(one.kind == "public" for one in self.network.addresses)

    @property
    def _is_blurred(self) -> bool:
        """Whether silence, refusal and no route must look the same (no port scanner for tenants)."""
        return not self.policy.tell and not self._is_public

    def _read_certificate(self) -> None:
        """Look at the certificate in one handshake; without one, `tls` stays None and the first fetch says why."""
        addresses = self.network.addresses
        seconds = min(5.0, self._request_seconds)
        end = time.monotonic() + seconds
        with PLACES.hold(addresses[0].address, self.url.port, seconds) as free:
            for index, one in enumerate(addresses if free else ()):
                share = (end - time.monotonic()) / (len(addresses) - index)
                try:
                    self.tls = read_certificate(self.url, one.address, self.target.ca_file, share)
                except OSError:
                    continue
                self.network = replace(self.network, dialled=one.address)
                return

    def fetch(self, request: PlannedRequest) -> Exchange:
        """Send one request and return what came of it."""
        begun = time.monotonic()
        refusal = self._refusal(request)
        if refusal:
            return Exchange(request, "blocked", error=refusal)
        if self.tls is not None and not self.tls.trusted:
            return Exchange(
                request,
                "tls",
                error=N_(
                    "The certificate is not trusted ({why}), so nothing was sent. Give its authority (--ca FILE)."
                ).format(why=self.tls.reason),
            )
        seconds = min(self._request_seconds, self._end - begun)
        first = self.network.addresses[0].address
        if seconds <= 0:
            return Exchange(request, "timeout", error=N_("The time for the whole probe was used up."))
        with PLACES.hold(first, self.url.port, seconds) as free:
            if not free:
                return Exchange(request, "timeout", error=N_("Other probes of this host took all the time there was."))
            self._meter = Meter(min(begun + seconds, self._end))
            exchange = self._exchange(request, self._meter)
        if exchange.outcome == "unreachable" and self._is_blurred:
            # The time would tell a refusal from a silence.
            return exchange
        return replace(exchange, elapsed_ms=round((time.monotonic() - begun) * 1000, 1))

    def _refusal(self, request: PlannedRequest) -> str:
        if request.at_root and self.url.path and not self.target.root_paths:
            return N_("Paths at the root of the host are asked only if that was ticked (--root-paths).")
        key = self.target.key if request.with_key else None
        if key is None:
            return ""
        if self.url.scheme == "http" and self._is_public:
            return N_("A key is not sent over unencrypted http to a public address. Use https.")
        try:
            check_key_header(key.header)
        except PolicyRefusal as refusal:
            return str(refusal)
        if not KEY_VALUE.fullmatch(key.value):
            return N_("The key is empty, or has characters that no header can carry (a line break, an umlaut).")
        return ""

    def _exchange(self, request: PlannedRequest, meter: Meter) -> Exchange:
        backend = CheckedBackend(tuple(one.address for one in self.network.addresses), meter)
        exchange = Exchange(request, "unreachable")
        try:
            url = self._target_url(request)
            with (
                # One connection and no pool: nothing is kept open, so there is nothing to manage.
                httpcore2.HTTPConnection(
                    url.origin, ssl_context=self._context, network_backend=backend, http1=True, http2=False
                ) as connection,
                connection.stream(
                    request.method, url, headers=self._headers(request), content=request.body
                ) as response,
            ):
                if self.network.dialled != backend.dialled:
                    self.network = replace(self.network, dialled=backend.dialled)
                exchange = Exchange(request, "answered", status=response.status, headers=_headers(response.headers))
                exchange = _with_body(exchange, response, min(BODY_CAP, self._bodies_left))
                self._bodies_left -= len(exchange.body)
                return exchange
        except TooManyBytes:
            return self._cut(exchange, "http", N_("The server sent more than two megabytes before its answer."))
        except httpcore2.TimeoutException:
            return self._cut(exchange, "timeout", N_("No complete answer came within the time limit."))
        except httpcore2.ConnectError as error:
            if self.url.scheme == "https" and backend.dialled:
                return Exchange(request, "tls", error=N_("No TLS connection came about: {why}.").format(why=error))
            return Exchange(request, "unreachable", error=N_("Nothing answers at this address and port."))
        except (httpcore2.ProtocolError, httpcore2.NetworkError) as error:
            why = type(error).__name__
            return self._cut(
                exchange, "http", N_("What came back is not a complete HTTP answer ({why}).").format(why=why)
            )

    def _cut(self, exchange: Exchange, outcome: Outcome, error: str) -> Exchange:
        """Keep a head that arrived; blur what would tell a tenant about networks that are not public."""
        if exchange.status:
            return replace(exchange, outcome="cut", truncated=True, error=error)
        if self._is_blurred and outcome == "timeout":
            return replace(exchange, outcome="unreachable", error=N_("Nothing answers at this address and port."))
        return replace(exchange, outcome=outcome, error=error)

    def _target_url(self, request: PlannedRequest) -> httpcore2.URL:
        base = "" if request.at_root else self.url.path
        return httpcore2.URL(
            scheme=self.url.scheme.encode(),
            host=self.url.host.encode(),
            port=self.url.port,
            target=(base + request.path).encode("ascii"),
        )

    def _headers(self, request: PlannedRequest) -> list[tuple[bytes, bytes]]:
        headers = {
            "Host": self.url.authority,
            "User-Agent": self._agent,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        own = {name.lower() for name, _value in request.headers}
        pairs = [(name, value) for name, value in headers.items() if name.lower() not in own]
        pairs += [*request.headers]
        if request.body is not None:
            pairs.append(("Content-Length", str(len(request.body))))
        if request.with_key and self.target.key is not None:
            pairs.append((self.target.key.header, self.target.key.header_value()))
        return [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in pairs]


def _headers(raw: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)


def _with_body(exchange: Exchange, response: httpcore2.Response, cap: int) -> Exchange:
    """Read the body up to the cap; a compressed one is unpacked up to the same cap and no further.

    A stream of events ends with the one that was asked for: such streams have no end of their own.
    """
    broken = N_("The compressed body cannot be unpacked.")
    packed = exchange.header("content-encoding").lower() in {"gzip", "x-gzip", "deflate"}
    is_stream = exchange.header("content-type").lower().startswith("text/event-stream")
    listener = Listener(exchange.request) if is_stream and not packed else None
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed else None
    body = bytearray()
    is_begun = False
    cut = ""
    try:
        for chunk in response.iter_stream():
            room = cap - len(body) + 1
            body += unpack.decompress(chunk, room) if unpack else chunk[:room]
            if len(body) > cap:
                cut = N_("The body is longer than one megabyte.")
                if cap < BODY_CAP:
                    cut = N_("The bodies of this probe are longer than four megabytes together.")
                break
            if (unpack and unpack.eof) or (listener and listener.has_heard_all(chunk)):
                # What follows would only be gathered unread.
                return replace(exchange, body=bytes(body))
            is_begun = True
    except zlib.error:
        cut = broken
    except TooManyBytes:
        cut = N_("The answer is longer than two megabytes.")
    except httpcore2.TimeoutException:
        cut = N_("The body did not end within the time limit.")
    except (httpcore2.ProtocolError, httpcore2.NetworkError):
        cut = N_("The answer ended before its end.")
    if not cut and unpack and is_begun and not unpack.eof:
        cut = broken
    if cut:
        return replace(exchange, outcome="cut", body=bytes(body[:cap]), truncated=True, error=cut)
    return replace(exchange, body=bytes(body))
