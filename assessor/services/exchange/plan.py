"""What an import would change, row by row with before and after; nothing is changed by finding it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import UUID

from assessor.content import Document, content_hash
from assessor.models import Endpoint, Evidence, User, Workload
from assessor.probes.result import ProbeResult
from assessor.services.answer_file import AnswerFile
from assessor.services.exchange.gather import Standing
from assessor.services.exchange.shape import Shape

# new: nothing stood there. changed: the file says something else, and knows what stands. conflict: it does not know
# what stands, so a person chooses. kept: changed here since, not in the file. skipped: cannot be taken over, with why.
Kind = Literal["new", "changed", "conflict", "kept", "unchanged", "skipped"]
Group = Literal["scope", "workloads", "endpoints", "probes", "answers", "evidence", "files", "disputes", "report"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True)
class Said:
    """A state in words, with the note or the facts beside it."""

    words: str = ""
    note: str = ""


@dataclass(frozen=True)
class Incoming:
    """A file as it was read: its answers, how a file's content is had by its sha256, results of probes by theirs.

    `shape` is how the reports look and what people wrote for them, None where the file does not say.
    """

    file: AnswerFile
    document: Document
    format: str
    contents: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    results: Mapping[str, ProbeResult] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shape: Shape | None = None


@dataclass
class Doing:
    """What carrying out a plan needs and leaves: rows by the names the file knows them by, files written so far."""

    now: Standing
    user: User
    incoming: Incoming
    workloads: dict[str, Workload | None]
    endpoints: dict[tuple[str, object], Endpoint]
    evidence: dict[str, Evidence] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """One row. `key` names it in a choice; `detail` is the workload or the file it is about; `do` carries it out."""

    key: str
    group: Group
    kind: Kind
    title: str
    before: Said = Said()
    after: Said = Said()
    detail: str = ""
    why: str = ""
    raw: Any = None
    outside: bool = False
    do: Callable[[Doing], None] | None = field(default=None, compare=False, repr=False)

    @property
    def mark(self) -> str:
        """The key as a form can carry it, whatever names are in it."""
        return content_hash(self.key)[:16]


@dataclass(frozen=True)
class Plan:
    """Every row of an import, in the order in which it is carried out."""

    changes: tuple[Change, ...]

    @property
    def fingerprint(self) -> str:
        """The hash of what was shown; another one means that something changed meanwhile."""
        return content_hash([[one.key, one.kind, one.raw] for one in self.changes])

    def of_kind(self, *kinds: Kind) -> list[Change]:
        """Return the rows of some kinds."""
        return [one for one in self.changes if one.kind in kinds]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind."""
        kinds: tuple[Kind, ...] = ("new", "changed", "conflict", "kept", "unchanged", "skipped")
        return {kind: len(self.of_kind(kind)) for kind in kinds}

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to confirm."""
        return bool(self.of_kind("new", "changed", "conflict"))


def as_uuid(text: str) -> UUID | None:
    """Return an id of a file, None where it gives none."""
    return UUID(text) if text else None
