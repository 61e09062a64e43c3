"""People with accounts and browsers of their own, for the tests of what several of them do together."""

from django.test import Client

from assessor.models import User
from assessor.services import accounts

PASSWORD = "harbour lantern seven"


def person(name: str) -> User:
    """Return somebody new, called as their mail address begins."""
    return accounts.make_account(name.title(), f"{name}@example.org", PASSWORD)


def signed_in(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client
