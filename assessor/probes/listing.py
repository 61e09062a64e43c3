"""The command line's work on a list of endpoints: one after another, a line for each, a file for each."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from assessor.errors import N_, AssessorError
from assessor.probes import batch, drift, render
from assessor.probes.batch import Entry
from assessor.probes.command import (
    CHANGED,
    DONE,
    NOT_ALL,
    REFUSED,
    USAGE,
    document_of,
    exit_code,
    held,
    read_baseline,
    write,
)
from assessor.probes.drift import Drift
from assessor.probes.result import ProbeResult
from assessor.probes.target import Key, Policy, Target
from assessor.probes.terminal import Paint, paint_for
from assessor.probes.words import behind_words
from assessor.retelling import retold

# The worst comes first.
ORDER = (USAGE, REFUSED, NOT_ALL, CHANGED, DONE)


class ListUnusable(AssessorError):
    """A list names a key or a file that is not there."""


def run(options: argparse.Namespace, policy: Policy, translate: Callable[[str], str]) -> int:
    """Probe the endpoints of a list; everything the list needs is looked at before anything is sent.

    Raises `ContentErrors`, or `ValueError` with a sentence.
    """
    try:
        with options.list.open("rb") as handle:
            raw = handle.read(batch.MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(N_("The file named by --list cannot be read.")) from error
    for folder in (options.out, options.baseline):
        if folder and not folder.is_dir():
            raise ValueError(N_("With --list, --out and --baseline name folders that exist."))
    entries = batch.read_list(raw, str(options.list), policy)
    targets = [_target(entry, options.list.parent) for entry in entries]
    earlier = [_earlier(options.baseline, entry, number) for number, entry in enumerate(entries, 1)]
    paint = paint_for(sys.stdout)
    if options.plan:
        _show_plans(entries, targets, translate, paint)
        return DONE
    codes = []
    for number, (entry, target, before) in enumerate(zip(entries, targets, earlier, strict=True), 1):
        place = f"{number}/{len(entries)} {entry.name} "
        result = held(target, policy, translate, options.retries, before=place, networks=options.networks)
        changes = drift.compare(before, result) if before and drift.comparable(result) else None
        if options.json:
            sys.stdout.write(_line_of_json(entry, result, changes))
        else:
            sys.stdout.write(_line(entry, result, changes, translate, paint))
        sys.stdout.flush()
        is_written = not options.out or write(
            options.out / batch.file_name(entry, number), document_of(result), translate
        )
        codes.append(exit_code(result, changes) if is_written else USAGE)
        if result.outcome == "cancelled":
            break
    return min(codes, key=ORDER.index)


def _target(entry: Entry, folder: Path) -> Target:
    key = None
    if entry.key_env:
        value = os.environ.get(entry.key_env, "")
        if not value:
            raise ListUnusable(
                N_("The variable {name} holds no key for the endpoint “{endpoint}”."),
                remedy=N_("Set it, or take key_env out of the list."),
                name=entry.key_env,
                endpoint=entry.name,
            )
        key = Key(value, entry.key_header)
    ca_file = batch.ca_path(entry, folder)
    if ca_file and not ca_file.is_file():
        raise ListUnusable(
            N_("The file {file} of the endpoint “{endpoint}” cannot be read."), file=ca_file, endpoint=entry.name
        )
    client_file = folder / entry.client_cert if entry.client_cert else None
    if client_file and not client_file.is_file():
        raise ListUnusable(
            N_("The file {file} of the endpoint “{endpoint}” cannot be read."), file=client_file, endpoint=entry.name
        )
    return Target(entry.url, key, ca_file, entry.root_paths, entry.allow_chat, client_file)


def _earlier(folder: Path | None, entry: Entry, number: int) -> ProbeResult | None:
    """Return the earlier result of an endpoint; None for one that is new in the list."""
    file = folder / batch.file_name(entry, number) if folder else None
    return read_baseline(file, entry.url) if file and file.exists() else None


def _show_plans(
    entries: tuple[Entry, ...], targets: list[Target], translate: Callable[[str], str], paint: Paint
) -> None:
    for entry, target in zip(entries, targets, strict=True):
        sys.stdout.write(f"{paint.head(entry.name)}\n{target.url}\n\n{render.plan_of(target, translate)}\n")


def _line_of_json(entry: Entry, result: ProbeResult, changes: Drift | None) -> str:
    row = {"name": entry.name, "result": result.model_dump(mode="json")}
    return json.dumps(row | {"changes": changes and changes.model_dump(mode="json")}, ensure_ascii=False) + "\n"


def _line(
    entry: Entry, result: ProbeResult, changes: Drift | None, translate: Callable[[str], str], paint: Paint
) -> str:
    who = result.identity.name or result.identity.product or translate(N_("not recognised"))
    behind = ", ".join(dict.fromkeys(behind_words(one, translate) for one in result.behind))
    lines = [paint.head(entry.name) + f"  {result.target_url}", "  " + render.outcome_line(result, translate, paint)]
    if result.error:
        lines.append(f"  {retold(result.error, translate)}")
    if any(request.status for request in result.requests):
        lines.append(f"  {who}" + (translate(N_(", behind it {names}")).format(names=behind) if behind else ""))
    if changes:
        lines += ["  " + line for line in render.drift_text(changes, translate, paint).splitlines()]
    return "\n".join(lines) + "\n\n"
