"""What an archive would bring, before anything is changed: how much, who is known here, and what stands against it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from assessor.errors import N_
from assessor.models import Organisation, QuestionnaireVersion, User
from assessor.services import signing
from assessor.services.relocation import form
from assessor.services.relocation.form import Manifest
from assessor.services.relocation.reading import Incoming, Person
from assessor.services.relocation.tables import CARRIED, name_of

AT_ONCE = 500
# Tables whose numbers say something to whoever worked on them.
MAIN = ("Assessment", "Answer", "Evidence", "Endpoint", "Report")


@dataclass(frozen=True)
class Collision:
    """Ids of a table that are taken here, and how many."""

    table: str
    count: int


@dataclass(frozen=True)
class Preview:
    """What an archive holds; `known` are people matched by mail address, `names` those who will be names only."""

    manifest: Manifest
    own: bool
    tables: tuple[tuple[str, int], ...]
    files: int
    bytes: int
    known: tuple[tuple[Person, User], ...]
    names: tuple[Person, ...]
    collisions: tuple[Collision, ...]

    @property
    def made_at(self) -> datetime | None:
        """When the archive says that it was made."""
        try:
            return datetime.fromisoformat(self.manifest.made_at)
        except ValueError:
            return None

    @property
    def main(self) -> dict[str, int]:
        """How many there are of what a person knows by name."""
        counts = dict(self.tables)
        return {name.lower(): counts.get(name, 0) for name in MAIN}

    @property
    def is_possible(self) -> bool:
        """Whether it may be brought in."""
        return not self.collisions


def users_of(people: Iterable[Person]) -> dict[str, User]:
    """Return the accounts that have one of the mail addresses, by the address in small letters."""
    wanted = sorted({one.email.lower() for one in people if one.email})
    found: dict[str, User] = {}
    for some in batches(wanted):
        for user in User.objects.filter(email__in=some, is_active=True):
            found[user.email.lower()] = user
    return found


def batches(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield values in lots that a database takes in one query."""
    left = iter(values)
    while some := tuple(islice(left, AT_ONCE)):
        yield some


def ids_of(incoming: Incoming) -> Mapping[str, list[str]]:
    """Return the ids of every table; raises `ArchiveRefused` for one that is none or is there twice."""
    found: dict[str, list[str]] = {}
    for model in CARRIED:
        name, seen = name_of(model), set()
        for number, row in enumerate(incoming.rows(model), start=1):
            try:
                pk = str(UUID(row[model._meta.pk.name]))
            except ValueError:
                pk = ""
            if pk != row[model._meta.pk.name] or pk in seen:
                raise incoming.fault(f"{form.TABLES}{name}.jsonl", number, N_("The id is none, or stands there twice."))
            seen.add(pk)
        if len(seen) != incoming.manifest.tables.get(name, 0):
            raise incoming.fault(f"{form.TABLES}{name}.jsonl", 0, N_("The manifest says another number of rows."))
        found[name] = sorted(seen)
    if found[name_of(Organisation)] != [incoming.manifest.organisation["id"]]:
        raise incoming.fault(
            form.MANIFEST, 0, N_("The archive is not of the one organisation that its manifest names.")
        )
    return found


def collisions(ids: Mapping[str, list[str]]) -> tuple[Collision, ...]:
    """Return what is taken here already. Questionnaires are known by their content, so none of them collides."""
    found = []
    for model in CARRIED:
        if model is QuestionnaireVersion:
            continue
        # Whoever has it: an id is taken in every organisation alike.
        rows = model._base_manager
        count = sum(rows.filter(pk__in=some).count() for some in batches(ids[name_of(model)]))
        if count:
            found.append(Collision(name_of(model), count))
    return tuple(found)


def look(incoming: Incoming) -> Preview:
    """Return what an archive would bring; reads all of it and changes nothing."""
    ids = ids_of(incoming)
    users = users_of(incoming.people.values())
    files = form.files(incoming.manifest)
    known = [(one, users[one.email.lower()]) for one in incoming.people.values() if one.email.lower() in users]
    return Preview(
        manifest=incoming.manifest,
        own=incoming.manifest.installation == signing.public_key(),
        tables=tuple((name, len(rows)) for name, rows in ids.items() if rows),
        files=len(files),
        bytes=sum(incoming.archive.size(name) for name in incoming.archive.names),
        known=tuple(known),
        names=tuple(one for one in incoming.people.values() if one.email.lower() not in users),
        collisions=collisions(ids),
    )
