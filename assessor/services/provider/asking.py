"""Every request to the provider goes through the one guarded door, to the issuer's host and port and nowhere else."""

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


def _policy(issuer: str) -> Policy:
    """The provider is the operator's choice, so it may be anywhere; metadata services are refused all the same."""
    parts = urlsplit(issuer)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Policy(allow_hosts=(parts.hostname or "",), ports=frozenset({port}))


def is_the_issuers(url: object, issuer: str) -> bool:
    """Return whether an address is on the issuer's scheme, host and port."""
    if not isinstance(url, str):
        return False
    try:
        one, other = urlsplit(url), urlsplit(issuer)
        ports = [part.port or (443 if part.scheme == "https" else 80) for part in (one, other)]
    except ValueError:
        return False
    same = (one.scheme, one.hostname, ports[0]) == (other.scheme, other.hostname, ports[1])
    return same and not one.username and not one.fragment


def ask(
    setup: Setup,
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    """Send one request to the provider and return its whole answer; raises `ProviderFails` for anything else."""
    if not is_the_issuers(url, setup.issuer):
        raise ProviderFails(
            N_("The provider names an address on another host than its own, which is not asked: {url}."), url=url
        )
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
            _policy(setup.issuer),
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
        if not is_the_issuers(said.get(name), setup.issuer):
            raise ProviderFails(
                N_("The provider names no {name}, or one on another host than its own, which is not asked."), name=name
            )
    cache.set(kept, said, REMEMBERED_SECONDS)
    return said


def keys(setup: Setup) -> dict[str, Any]:
    """Return the provider's public keys as it publishes them; raises `ProviderFails`."""
    answer = Session(setup).get(configuration(setup)["jwks_uri"])
    answer.raise_for_status()
    return dict(answer.json())
