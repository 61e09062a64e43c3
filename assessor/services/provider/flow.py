"""allauth's OpenID Connect with our door, our check of tokens and a nonce. Loaded only where a provider is set up."""

from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string

from assessor.errors import N_
from assessor.services.provider import asking, tokens
from assessor.services.provider.setup import ProviderFails, ProviderRefused, Setup, provider

SCOPES = ["openid", "email", "profile"]


def app(setup: Setup) -> SocialApp:
    """Return what allauth knows of the provider; it is in no table."""
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=setup.id,
        name=setup.label,
        client_id=setup.client_id,
        secret=setup.secret(),
        settings={"server_url": setup.issuer, "oauth_pkce_enabled": True, "scope": SCOPES},
    )


class Asked(OpenIDConnectOAuth2Adapter):
    """One sign-in at the provider."""

    setup: Setup
    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, checked."""
        return asking.configuration(self.setup)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return where the provider sends people back to: the one address that the operator registers there."""
        return str(build_absolute_uri(request, reverse("openid_connect_callback")))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who it is, by an ID token whose signature was checked."""
        claims = tokens.verify(self.setup, kwargs["response"].get("id_token"), asking.keys(self.setup), self.nonce)
        if "email" not in claims and asking.is_the_providers(self.openid_config.get("userinfo_endpoint"), self.setup):
            claims = self._with_more(claims, token.token)
        return self.get_provider().sociallogin_from_response(request, {"id_token": tokens.told(claims)})

    def _with_more(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """Add address and name from where some providers keep them, if it speaks of the same person."""
        more = self._fetch_user_info(access_token)
        if more.get("sub") != claims["sub"]:
            raise ProviderRefused(N_("The provider speaks of two different people."))
        return {name: more.get(name) for name in ("email", "email_verified", "name", "preferred_username")} | claims


class Provider(OpenIDConnectProvider):
    """The operator's provider as allauth sees it."""

    def get_oauth2_adapter(self, request: HttpRequest) -> Asked:
        """Return one sign-in at it."""
        return asked(request)


def asked(request: HttpRequest) -> Asked:
    """Return a new sign-in at the provider; raises `ProviderFails` where none is set up."""
    setup = provider()
    if setup is None:
        raise ProviderFails(N_("No provider is set up."))
    made = Asked(request, setup.id)
    made.setup = setup
    return made


def begin(request: HttpRequest, setup: Setup, *, process: str, next_url: str | None) -> str:
    """Return the address at the provider to which the browser goes; raises `ProviderFails`."""
    nonce = get_random_string(32)
    answer = Provider(request, app(setup)).redirect(
        request, process, next_url, auth_params={"nonce": nonce}, nonce=nonce
    )
    if "Location" not in answer.headers:
        raise ProviderFails(N_("The provider cannot be asked."))
    return str(answer.headers["Location"])


class _Back(OAuth2CallbackView):
    """The way back, with the nonce that was kept."""

    def _get_state(self, request: HttpRequest, at: Provider) -> tuple[dict[str, Any] | None, Any]:
        state, refused = super()._get_state(request, at)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, refused


def come_back(request: HttpRequest, setup: Setup) -> HttpResponse:
    """Take somebody in who comes back from the provider; raises `ProviderRefused`."""
    issuer = request.GET.get("iss", setup.issuer)
    if issuer != setup.issuer:
        raise ProviderRefused(N_("Another provider than this installation's has sent you here."))
    response: HttpResponse = _Back.adapter_view(asked(request))(request)
    return response
