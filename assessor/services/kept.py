"""What somebody typed when their session ended: kept until they have signed in again, then shown to be sent anew."""

import re
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import QueryDict

SLOT = "kept"
# The field by which a form says that it holds what was kept.
MARK = "was_kept"
MAX_CHARACTERS = 64_000
KEEP_SECONDS = 24 * 3600
# Nobody without a sign-in writes more than this into the table of sessions from one address.
MOST_AN_HOUR = 60
SECRET = re.compile(r"passw|secret|token|credential|code|key|csrf", re.IGNORECASE)


@dataclass(frozen=True)
class Kept:
    """A form that was not taken in: where it goes, and what was typed, by field."""

    path: str
    fields: dict[str, list[str]]
    without_files: bool = False
    without_secrets: bool = False


def typed_in(path: str, sent: QueryDict, *, has_files: bool) -> Kept | None:
    """Return what a form holds, without anything that may be a secret; None where it is too long to be kept."""
    fields = {name: sent.getlist(name) for name in sent if not SECRET.search(name) and name != MARK}
    dropped = any(sent[name] for name in sent if name not in fields and name not in (MARK, "csrfmiddlewaretoken"))
    length = sum(len(name) + sum(map(len, values)) for name, values in fields.items())
    # Two slashes at the start would name another host.
    if length > MAX_CHARACTERS or path.startswith("//"):
        return None
    return Kept(path, fields, has_files, dropped)


def keep(session: MutableMapping[str, Any], kept: Kept, address: str) -> bool:
    """Put a form into a session; returns False where this address has done so too often."""
    count = f"kept:{address}"
    cache.add(count, 0, timeout=3600)
    if cache.incr(count) > MOST_AN_HOUR:
        return False
    session[SLOT] = {
        "path": kept.path,
        "fields": kept.fields,
        "without_files": kept.without_files,
        "without_secrets": kept.without_secrets,
        "at": int(time.time()),
    }
    return True


def kept_in(session: Mapping[str, Any]) -> Kept | None:
    """Return what a session keeps, None where that is nothing or too old."""
    row = session.get(SLOT)
    if not isinstance(row, dict) or row["at"] < time.time() - KEEP_SECONDS:
        return None
    return Kept(row["path"], row["fields"], row["without_files"], row["without_secrets"])


def forget(session: MutableMapping[str, Any]) -> None:
    """Take what was kept out of a session: it was sent, or is not wanted."""
    session.pop(SLOT, None)
