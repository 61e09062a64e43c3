"""What an ID token must be to be believed: signed by the provider, for us, now, and in answer to this sign-in."""

import hmac
from typing import Any

import jwt

from assessor.errors import N_
from assessor.services.provider.setup import ProviderRefused, Setup

# Signatures with a public key alone: a shared secret or none at all proves nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LEEWAY_SECONDS = 60
MOST_BYTES = 32 * 1024
MOST_NAME = 150


def verify(setup: Setup, token: object, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token; raises `ProviderRefused` for one that does not hold."""
    if not isinstance(token, str) or not 0 < len(token) <= MOST_BYTES:
        raise _refused("no ID token came, or one that is too long")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(token, keys),
            algorithms=list(ALGORITHMS),
            audience=setup.client_id,
            issuer=setup.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise _refused(type(error).__name__) from error
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _refused("the nonce is of another sign-in")
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != setup.client_id:
        raise _refused("it was made for another client")
    return claims


def _key(token: str, keys: dict[str, Any]) -> "jwt.PyJWK":
    """Return the one published key that the token says it was signed with."""
    header = jwt.get_unverified_header(token)
    usable = [
        one
        for one in jwt.PyJWKSet.from_dict(keys).keys
        if one.public_key_use in (None, "sig") and one.key_type != "oct" and header.get("kid") in (None, one.key_id)
    ]
    if len(usable) != 1:
        raise jwt.InvalidKeyError("no such key, or several")
    return usable[0]


def _refused(why: str) -> ProviderRefused:
    return ProviderRefused(
        N_("What the provider sent does not hold ({why})."), remedy=N_("Begin the sign-in again."), why=why
    )


def told(claims: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of claims: who it is, their address and whether the provider has proved it, their name."""
    address = claims.get("email")
    name = claims.get("name") or claims.get("preferred_username") or ""
    return {
        "sub": str(claims["sub"]),
        "email": address if isinstance(address, str) else "",
        # Nothing but a true that is true: a text "false" would count as one.
        "email_verified": claims.get("email_verified") is True,
        "name": str(name)[:MOST_NAME],
    }
