"""What the drills' command lines share: options, keys, consent, a polite stop, and where the record goes."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from assessor.errors import N_
from assessor.probes import handing_in
from assessor.probes.command import NOT_TAKEN
from assessor.probes.drills.wording import Translate
from assessor.probes.engine import Progress
from assessor.probes.target import Key, Target

PASSED, NOT_PASSED, USAGE, REFUSED = 0, 1, 2, 3


def add_common(made: argparse.ArgumentParser, translate: Translate) -> None:
    """Add what every drill has."""
    made.add_argument("--plan", action="store_true", help=translate(N_("show the plan and its cost, and send nothing")))
    made.add_argument("--yes", action="store_true", help=translate(N_("do not ask before the drill begins")))
    add_output(made, translate)


def add_output(made: argparse.ArgumentParser, translate: Translate) -> None:
    """Add where the record goes, and where connections may go."""
    made.add_argument("--json", action="store_true", help=translate(N_("print the record as JSON and nothing else")))
    made.add_argument("--out", metavar="FILE", type=Path, help=translate(N_("write the record as JSON to a file")))
    made.add_argument(
        "--allow",
        metavar="WHERE",
        action="append",
        default=[],
        help=translate(N_("public, private, loopback or a network in CIDR form; repeatable; all three without it")),
    )


def key_of(variable: str | None, header: str) -> Key | None:
    """Return the key in an environment variable; raises `ValueError` when the variable is empty."""
    if not variable:
        return None
    value = os.environ.get(variable, "")
    if not value:
        raise ValueError(N_("The environment variable named by --key-env is empty or missing."))
    return Key(value, header)


def target_of(url: str, options: Any, *, suffix: str = "") -> Target:
    """Return a target from the options of one side; raises `ValueError` with a sentence."""
    ca = getattr(options, f"ca{suffix}")
    if ca and not ca.is_file():
        raise ValueError(N_("The file named by --ca cannot be read."))
    key = key_of(getattr(options, f"key_env{suffix}"), getattr(options, f"key_header{suffix}"))
    return Target(url, key, ca, options.root_paths)


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C stop politely, so that what was seen is kept; the second one ends at once."""
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: stopped
    finally:
        signal.signal(signal.SIGINT, before)
        clear_line()


def say(text: str) -> None:
    """Show how far it is, on one line of a terminal; nothing where there is none."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}"[:110])
        sys.stderr.flush()


def clear_line() -> None:
    """Clear that line."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def progress_line(translate: Translate) -> Callable[[Progress], None]:
    """Return a teller of progress."""

    def tell(progress: Progress) -> None:
        if progress.doing:
            say(f"{progress.done + 1}/{progress.total} {translate(progress.doing)}")

    return tell


def agreed(options: Any, plan: str, translate: Translate) -> bool:
    """Show the plan and ask whether to begin; without a terminal only `--yes` begins."""
    if options.yes:
        return True
    sys.stderr.write(plan + "\n")
    if not sys.stdin.isatty():
        sys.stderr.write(translate(N_("Nothing was sent. Add --yes to begin without being asked.")) + "\n")
        return False
    sys.stderr.write(translate(N_("You own both endpoints, or may test them. Begin? [y/N] ")))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "j", "ja"}


def add_sending(made: argparse.ArgumentParser, translate: Translate) -> None:
    """Add that the record is sent to the installation that asked for it."""
    handing_in.add_options(made, translate, N_("send the record to this address of an installation"))


def put_and_send(record: Any, text: str, token: str, options: Any, translate: Translate, code: int) -> int:
    """Print, write and send a record; returns `code`, or `NOT_TAKEN` where the installation did not take it."""
    put(record, text, options, translate)
    if not options.upload:
        return code
    # Without the spaces of the file: the longest drill has to pass through the door that probes pass through.
    document = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    taken = handing_in.hand_in(options.upload, token, options.upload_ca, document, options.policy, translate)
    return code if taken else NOT_TAKEN


def document_of(record: Any) -> str:
    """Return a record as the text of its file."""
    return json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def put(record: Any, text: str, options: Any, translate: Translate) -> None:
    """Print the record, and write it where it was asked for; raises `ValueError` when that fails."""
    document = document_of(record)
    sys.stdout.write(document if options.json else text)
    if options.out:
        try:
            options.out.write_text(document, encoding="utf-8")
        except OSError as error:
            reason = translate(N_("The record could not be written to {file}: {why}."))
            raise ValueError(reason.format(file=options.out, why=error.strerror)) from error
