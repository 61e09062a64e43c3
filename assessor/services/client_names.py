"""What would give a client away in a text: names and addresses of its own, found however they are written."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from assessor.models import Component, Endpoint, Membership, Organisation, User, Workload

# Stands in a text for the client, and is filled with the name of the one that begins.
CLIENT = "[client]"
TAKEN_OUT = "[…]"
# A sign of which no name is made.
_MARK = "\ue000"
# A shorter name is a word of the language too often.
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Name:
    """A name of the client's, with its words as they are looked for."""

    text: str
    words: tuple[str, ...]

    def is_perhaps_in(self, folded: str) -> bool:
        """Tell whether a folded text may hold the name: an inventory has thousands of names, and few are in any."""
        return all(word in folded for word in self.words)

    @property
    def pattern(self) -> "re.Pattern[str]":
        """What finds the name as whole words, however it is written and spaced."""
        words = r"\s+".join(re.escape(word) for word in self.text.split())
        return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _folded(text: str) -> str:
    """Return a text in which nothing is missing that `re.IGNORECASE` would find."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def names_of(organisation: Organisation, saver: User) -> list[Name]:
    """Return what would give a client away in a text: names and addresses of its own, the longest first."""
    found = {organisation.name}
    for workload in Workload.objects.filter(organisation=organisation):
        found |= {workload.name, workload.owner}
    for endpoint in Endpoint.objects.filter(organisation=organisation):
        found |= {endpoint.name, endpoint.url, urlsplit(endpoint.url).hostname or ""}
    kinds = {str(label).casefold() for label in Component.Kind.labels}
    names = Component.objects.filter(organisation=organisation).values_list("name", flat=True)
    found |= {one for one in names if one.casefold() not in kinds}
    for member in Membership.objects.filter(organisation=organisation).exclude(user=saver).select_related("user"):
        found |= {member.user.kept_name, member.user.email}
    told = {one.strip() for one in found if len(one.strip()) >= SHORTEST_NAME}
    return [Name(one, tuple(_folded(one).split())) for one in sorted(told, key=lambda one: (-len(one), one))]


def _perhaps_in(text: str, names: Iterable[Name]) -> Iterator[Name]:
    folded = _folded(text)
    return (name for name in names if name.is_perhaps_in(folded))


def found_in(text: str, names: Iterable[Name]) -> Iterator[Name]:
    """Yield the names that stand in a text, the mark of the client aside."""
    text = text.replace(CLIENT, _MARK)
    return (name for name in _perhaps_in(text, names) if name.pattern.search(text))


def cleaned(text: str, organisation: Organisation, names: Iterable[Name]) -> str:
    """Return a text with the client's names taken out; of the client itself a mark remains."""
    # Not yet written out: a component may be called “Client”.
    text = text.replace(CLIENT, _MARK)
    for name in _perhaps_in(text, names):
        text = name.pattern.sub(_MARK if name.text == organisation.name.strip() else TAKEN_OUT, text)
    return text.replace(_MARK, CLIENT)
