"""Signing in through the operator's OpenID Connect provider: what is asked of it, and what is believed."""
