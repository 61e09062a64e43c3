"""Plans of large files, kept beside them when they were made: a page reads its own rows and no others."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assessor.errors import AssessorError, ContentErrors
from assessor.services.inventory.plan import Change, Plan

# More lines say no more on one page; the rest follows on further ones, and wrong rows are all named.
PER_PAGE = 100
MOST_FAULTS = 200
MOST_NOTICES = 20
# What is changed is looked at more closely than what comes in addition; what stays as it is is only counted.
ORDER = ("changed", "added")


def keep(plan: Plan, path: Path) -> dict[str, Any]:
    """Write the rows of a plan, and return what stands above them, with where each page of rows begins."""
    rows = [one for kind in ORDER for one in plan.of_kind(kind)]
    offsets = []
    with path.open("xb") as stream:
        for number, one in enumerate(rows):
            if number % PER_PAGE == 0:
                offsets.append(stream.tell())
            line = [one.kind, one.table, one.line, one.key, one.title, one.values, one.ends]
            stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    path.chmod(0o400)
    return {
        "counts": plan.counts,
        "rows": len(rows),
        "offsets": offsets,
        **_first("faults", [_told(one) for one in plan.faults], MOST_FAULTS),
        **_first("notices", [_told(one) for one in plan.notices], MOST_NOTICES),
        **_first("suppliers", list(plan.suppliers_unknown), MOST_NOTICES),
    }


def _first(name: str, found: list[Any], most: int) -> dict[str, Any]:
    return {name: found[:most], f"more_{name}": max(0, len(found) - most)}


def refused(error: AssessorError) -> list[dict[str, Any]]:
    """Return what refuses a file as data, one for each fault, so that it can be said in any language."""
    errors = error.errors if isinstance(error, ContentErrors) else [error]
    return [_told(one) for one in errors[:MOST_FAULTS]]


def _told(fault: Any) -> dict[str, Any]:
    params = {name: value if isinstance(value, int | float) else str(value) for name, value in fault.params.items()}
    return {"place": getattr(fault, "place", ""), "reason": fault.reason, "remedy": fault.remedy, "params": params}


def sentence(told: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """Return a fault that was kept as a sentence."""
    fault = AssessorError(told["reason"], place=told["place"], remedy=told["remedy"], **told["params"])
    return fault.sentence(translate)


@dataclass(frozen=True)
class RowsOfPage:
    """The rows of a kept plan as a sequence that a paginator cuts: only what is asked for is read."""

    path: Path
    seen: Mapping[str, Any]

    def __len__(self) -> int:
        return int(self.seen["rows"])

    def __getitem__(self, wanted: slice) -> list[Change]:
        number = wanted.start // PER_PAGE
        if number >= len(self.seen["offsets"]):
            return []
        with self.path.open("rb") as stream:
            stream.seek(self.seen["offsets"][number])
            lines = [stream.readline() for _ in range(min(PER_PAGE, len(self) - wanted.start))]
        return [_change(*json.loads(line)) for line in lines]


def _change(kind: Any, table: str, line: int, key: str, title: str, values: Mapping[str, Any], ends: Any) -> Change:
    return Change(kind, table, line, key, title, {name: (old, new) for name, (old, new) in values.items()}, tuple(ends))
