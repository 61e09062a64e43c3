"""What every command of the command line does: hold a run that can be stopped, compare, write, tell by a code."""

import json
import platform
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from assessor.errors import N_
from assessor.probes import drift, patience
from assessor.probes.assemble import plain_url
from assessor.probes.drift import Drift
from assessor.probes.integrity import ResultUnreadable, read_result
from assessor.probes.result import PlanMark, ProbeResult
from assessor.probes.target import Policy, Target
from assessor.probes.terminal import Bar

DONE, NOT_ALL, USAGE, REFUSED, CHANGED, NOT_TAKEN = 0, 1, 2, 3, 4, 5
MAX_RETRIES = 20

NOT_COMPARED = N_("Nothing was compared with the baseline: the endpoint could not be tested.")


def read_baseline(file: Path, url: str) -> ProbeResult:
    """Return an earlier result of an endpoint; raises `ValueError`, `ResultUnreadable` or `Tampered`."""
    try:
        before = read_result(json.loads(file.read_bytes()), str(file))
    except OSError as error:
        raise ValueError(N_("The file named by --baseline cannot be read.")) from error
    except (ValueError, RecursionError) as error:
        raise ResultUnreadable(N_("This is not the result of a probe."), place=str(file)) from error
    if before.target_url.rstrip("/") != plain_url(Target(url)).rstrip("/"):
        raise ResultUnreadable(
            N_("The baseline is the result of another endpoint, {url}."), place=str(file), url=before.target_url
        )
    if not drift.comparable(before):
        raise ResultUnreadable(N_("The baseline tested nothing, so nothing can be compared with it."), place=str(file))
    return before


def held(
    target: Target,
    policy: Policy,
    translate: Callable[[str], str],
    retries: int,
    *,
    mark: PlanMark | None = None,
    before: str = "",
    networks: Path | None = None,
) -> ProbeResult:
    """Probe; the first Ctrl-C stops the run politely, so that sessions are ended and what was seen is kept."""
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    bar = Bar(sys.stderr, translate, before)
    earlier = signal.signal(signal.SIGINT, stop)
    try:
        return patience.run(
            target,
            policy,
            retries=max(0, min(retries, MAX_RETRIES)),
            plan=mark,
            on_progress=bar.tell,
            cancelled=lambda: stopped,
            vantage=platform.node(),
            networks=networks,
        )
    finally:
        signal.signal(signal.SIGINT, earlier)
        bar.close()


def exit_code(result: ProbeResult, changes: Drift | None) -> int:
    """Return the exit code of one run."""
    if result.outcome == "refused":
        return REFUSED
    if result.outcome != "completed":
        return NOT_ALL
    return CHANGED if changes and changes.changes else DONE


def document_of(result: ProbeResult) -> str:
    """Return a result as the text of its file."""
    return json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def write(file: Path, document: str, translate: Callable[[str], str]) -> bool:
    """Write a result; where that fails, say so and return False."""
    try:
        file.write_text(document, encoding="utf-8")
    except OSError as error:
        message = translate(N_("The result could not be written to {file}: {why}."))
        sys.stderr.write(message.format(file=file, why=error.strerror) + "\n")
        return False
    return True
