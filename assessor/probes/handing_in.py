"""Sending a result to the installation that asked for it, with a token, through the same guarded door as a probe."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assessor.errors import N_, AssessorError
from assessor.probes.collect.http import Door
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import Key, Policy, Target

TOKEN_VARIABLE = "ASSESSOR_UPLOAD_TOKEN"  # noqa: S105 - the name of a variable
MOST_TOKEN_BYTES = 4096
MOST_SAID = 1000
SECONDS = 60.0
TAKEN = {200, 201, 202}


def add_options(made: ArgumentParser, translate: Callable[[str], str], what: str) -> None:
    """Add where a result or record goes; `what` says of `--upload` what it sends."""
    value = made.add_argument
    value("--upload", metavar="ADDRESS", help=translate(what))
    value(
        "--token-file",
        metavar="FILE",
        type=Path,
        help=translate(N_("the token for --upload; without it the variable ASSESSOR_UPLOAD_TOKEN")),
    )
    value(
        "--upload-ca", metavar="FILE", type=Path, help=translate(N_("trust the certificates in this file when sending"))
    )


def token_for(options: Namespace) -> str:
    """Return the token for `--upload`, read before anything is done; raises `ValueError` with a sentence."""
    if options.upload_ca and not options.upload_ca.is_file():
        raise ValueError(N_("The file named by --upload-ca cannot be read."))
    if not options.upload:
        if options.token_file or options.upload_ca:
            raise ValueError(N_("--token-file and --upload-ca belong to --upload ADDRESS."))
        return ""
    return token_of(options)


def token_of(options: Namespace) -> str:
    """Return the token from the file or the environment; raises `ValueError` with a sentence."""
    if options.token_file is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise ValueError(N_("--upload needs a token: --token-file FILE, or the variable ASSESSOR_UPLOAD_TOKEN."))
        return token
    try:
        with Path(options.token_file).open("rb") as handle:
            token = handle.read(MOST_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise ValueError(N_("The file named by --token-file cannot be read.")) from error
    if not token or any(not 33 <= ord(sign) <= 126 for sign in token):
        raise ValueError(N_("The file named by --token-file holds no token."))
    return token


def hand_in(
    address: str, token: str, ca_file: Path | None, document: str, policy: Policy, translate: Callable[[str], str]
) -> bool:
    """Send a result and say on stderr what became of it; returns whether it was taken."""
    sending = PlannedRequest(
        id="upload",
        stage=1,
        method="POST",
        path="/",
        purpose=N_("Hands the result to the installation."),
        with_key=True,
        headers=(("Content-Type", "application/json"),),
        body=document.encode(),
    )
    target = Target(address.rstrip("/"), Key(token), ca_file)
    try:
        with Door(target, policy, request_deadline_s=SECONDS, total_deadline_s=SECONDS) as door:
            exchange = door.fetch(sending)
    except AssessorError as refusal:
        return _told(False, refusal.sentence(translate), translate)
    if exchange.outcome == "answered" and exchange.status:
        return _told(exchange.status in TAKEN, _answer(exchange, translate), translate)
    return _told(False, translate(exchange.error), translate)


def _told(taken: bool, what: str, translate: Callable[[str], str]) -> bool:
    head = translate(N_("Sent:") if taken else N_("The result was not taken:"))
    sys.stderr.write(f"{head} {what}\n")
    return taken


def _answer(exchange: Exchange, translate: Callable[[str], str]) -> str:
    """Return what the installation said; where it was none, what came instead."""
    try:
        told: Any = json.loads(exchange.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("sentence"), str):
        sentence = translate(N_("The address answers with status {status}, and not as an installation does."))
        return sentence.format(status=exchange.status)
    remarks = told.get("remarks")
    more = [one for one in remarks if isinstance(one, str)] if isinstance(remarks, list) else []
    said = " ".join((told["sentence"], *more[:5]))
    # What answers need not be an installation: no control characters reach the terminal.
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[:MOST_SAID]
