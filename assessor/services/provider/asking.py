"""Every request to the provider goes through the one guarded door, to hosts the operator named and nowhere else."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache

from assessor.errors import N_, AssessorError
from assessor.probes.collect.http import Door
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import Policy, Target
from assessor.services.provider.setup import ProviderFails, Setup

AGENT = "SovereigntyAssessor-SignIn/0.1"
SECONDS = 5.0
REMEMBERED_SECONDS = 300
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
REDIRECTS = range(300, 400)


def _policy(host: str, port: int) -> Policy:
    """The provider is the operator's choice, so it may be anywhere; metadata services are refused all the same."""
    return Policy(allow_hosts=(host,), ports=frozenset({port}))


def _place(url: object) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an address, None for what is none or says more than it should."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if not parts.hostname or parts.username or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port


def is_the_providers(url: object, setup: Setup) -> bool:
    """Return whether an address is on the issuer's host and port, or on one of those the operator named beside it.

    The scheme is always the issuer's: without TLS it is this computer only.
    """
    place, issuer = _place(url), _place(setup.issuer)
    if place is None or issuer is None or place[0] != issuer[0]:
        return False
    return place == issuer or place[1:] in setup.hosts


def _elsewhere(name: str, url: object) -> ProviderFails:
    """Return the refusal of an address on a host that the operator did not name."""
    place = _place(url)
    if place is None:
        return ProviderFails(N_("The provider names no {name} that is an address."), name=name)
    _scheme, host, port = place
    return ProviderFails(
        N_("The provider names a {name} on another host than its own, which is not asked: {host}."),
        remedy=N_(
            "If that host is the provider's too, whoever runs this installation names it in ASSESSOR_OIDC_HOSTS."
        ),
        name=name,
        host=(host if port == 443 else f"{host}:{port}")[:200],
    )


def ask(
    setup: Setup,
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    """Send one request to the provider and return its whole answer; raises `ProviderFails` for anything else."""
    place = _place(url)
    if place is None or not is_the_providers(url, setup):
        raise _elsewhere("page", url)
    parts = urlsplit(url)
    request = PlannedRequest(
        id="provider",
        stage=1,
        method="POST" if method == "POST" else "GET",
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        purpose="",
        headers=headers,
        body=body,
    )
    try:
        with Door(
            Target(f"{parts.scheme}://{parts.netloc}", ca_file=settings.OIDC_CA),
            _policy(*place[1:]),
            user_agent=AGENT,
            request_deadline_s=SECONDS,
            total_deadline_s=SECONDS,
        ) as door:
            exchange = door.fetch(request)
    except AssessorError as refusal:
        raise ProviderFails(N_("The provider cannot be asked: {why}"), why=refusal) from refusal
    if exchange.outcome != "answered":
        raise ProviderFails(N_("The provider does not answer: {why}"), why=exchange.error)
    if exchange.status in REDIRECTS:
        raise ProviderFails(N_("The provider answers with a redirect, which is not followed."))
    return exchange


class Answer:
    """An answer in the form in which allauth reads it."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code = exchange.status
        self.content = exchange.body
        self.headers = {"content-type": exchange.header("content-type")}

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return what the body says; raises `ProviderFails` where it is no JSON object."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise ProviderFails(N_("The provider's answer is no JSON.")) from error
        if not isinstance(found, dict):
            raise ProviderFails(N_("The provider's answer is no JSON object."))
        return found

    def raise_for_status(self) -> None:
        """Raise `ProviderFails` for an answer that is none."""
        if self.status_code != 200:
            raise ProviderFails(N_("The provider answers with status {status}."), status=self.status_code)


class Session:
    """What allauth takes for a session of `requests`; it sends through the door and keeps no cookie."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is kept open."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for an address."""
        return Answer(ask(self._setup, url, headers=tuple((headers or {}).items())))

    def request(
        self,
        method: str,
        url: str,
        params: object = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
    ) -> Answer:
        """Send a form; `auth` is the client's name and secret in a header instead of in the form."""
        sent = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
        if auth is not None:
            pair = f"{quote(auth.username, safe='')}:{quote(auth.password, safe='')}"
            sent["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = urlencode(data or {}).encode()
        return Answer(ask(self._setup, url, method=method, body=body, headers=tuple(sent.items())))


def configuration(setup: Setup) -> dict[str, Any]:
    """Return what the provider says of itself, remembered for five minutes; raises `ProviderFails`."""
    kept = f"{setup.id}:configuration"
    found: dict[str, Any] | None = cache.get(kept)
    if found is not None:
        return found
    answer = Session(setup).get(setup.issuer.rstrip("/") + WELL_KNOWN)
    answer.raise_for_status()
    said = answer.json()
    if said.get("issuer") != setup.issuer:
        raise ProviderFails(
            N_("The provider calls itself {issuer}."),
            remedy=N_("ASSESSOR_OIDC_ISSUER has to be just that."),
            issuer=str(said.get("issuer"))[:200],
        )
    for name in ENDPOINTS:
        if not is_the_providers(said.get(name), setup):
            raise _elsewhere(name, said.get(name))
    cache.set(kept, said, REMEMBERED_SECONDS)
    return said


def keys(setup: Setup) -> dict[str, Any]:
    """Return the provider's public keys as it publishes them; raises `ProviderFails`."""
    answer = Session(setup).get(configuration(setup)["jwks_uri"])
    answer.raise_for_status()
    return dict(answer.json())
