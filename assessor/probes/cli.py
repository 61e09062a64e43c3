"""The command-line prober: `assessor-probe URL`, which needs no Django and sends nothing that it does not show."""

import argparse
import gettext
import io
import json
import os
import platform
import re
import signal
import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from types import FrameType
from typing import Any, cast

from assessor.content import packaged
from assessor.errors import N_, AssessorError, ContentError
from assessor.probes import engine, plan, render
from assessor.probes.collect.guard import PolicyRefusal, check_url
from assessor.probes.engine import Progress
from assessor.probes.result import ProbeResult, schema
from assessor.probes.target import Allowance, Key, Policy, Target

DONE, NOT_ALL, USAGE, REFUSED = 0, 1, 2, 3
EXIT_CODES = N_(
    "exit codes: 0 every request was answered; 1 some or none were, or the run was stopped; 2 the command line or a"
    " file named in it cannot be used; 3 the policy forbids the target"
)
CLASSES = ("public", "private", "loopback")


def translator() -> Callable[[str], str]:
    """Return the translation of the surroundings' language, English where there is none."""
    asked = next((told for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if (told := os.environ.get(name))), "")
    for language in re.findall(r"[a-z]{2,3}", asked.partition(":")[0])[:1]:
        try:
            raw = packaged("assessor", f"locale/{language}/LC_MESSAGES/django.mo")
        except OSError:
            continue
        found = gettext.GNUTranslations(io.BytesIO(raw))
        return lambda text: found.gettext(text) if text else ""
    return str


def parser(translate: Callable[[str], str] = str) -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(
        prog="assessor-probe",
        description=translate(N_("Find out who answers at an AI endpoint, and on whom it depends.")),
        epilog=translate(EXIT_CODES),
    )
    made.add_argument("url", nargs="?", metavar="URL", help=translate(N_("base URL, such as http://localhost:8080")))
    flag, value = {"action": "store_true"}, made.add_argument
    value("--plan", help=translate(N_("show both stages of the plan and send nothing")), **cast(Any, flag))
    value("--json", help=translate(N_("print the result as JSON and nothing else")), **cast(Any, flag))
    value("--out", metavar="FILE", type=Path, help=translate(N_("write the result as JSON to a file")))
    value("--key-env", metavar="NAME", help=translate(N_("take the key from this environment variable")))
    value(
        "--key-header",
        metavar="NAME",
        default="Authorization",
        help=translate(N_("header for the key; Authorization (the default) sends “Bearer …”")),
    )
    value("--ca", metavar="FILE", type=Path, help=translate(N_("trust the certificates in this PEM file")))
    value(
        "--client-cert",
        metavar="FILE",
        type=Path,
        help=translate(N_("show the certificate (with key) in this PEM file")),
    )
    value("--chat", help=translate(N_("allow one completion of one token")), **cast(Any, flag))
    value("--root-paths", help=translate(N_("allow paths outside the base path")), **cast(Any, flag))
    value(
        "--allow",
        metavar="WHERE",
        action="append",
        default=[],
        help=translate(N_("public, private, loopback or a network in CIDR form; repeatable; all three without it")),
    )
    value(
        "--networks",
        metavar="FILE",
        type=Path,
        help=translate(N_("take networks from this table (ip2asn, plain or gzip) instead of the one that came along")),
    )
    value("--schema", help=translate(N_("print the JSON Schema of a result")), **cast(Any, flag))
    return made


def policy_of(where: Sequence[str]) -> Policy:
    """Return the policy that `--allow` asks for; raises `ValueError` for a word that is neither class nor network."""
    if not where:
        return Policy()
    networks = tuple(str(ip_network(word, strict=False)) for word in where if word not in CLASSES)
    return Policy(allow=frozenset(cast(Allowance, word) for word in where if word in CLASSES), allow_cidrs=networks)


def target_of(options: argparse.Namespace) -> Target:
    """Return the target that the options name; raises `ValueError` with a sentence."""
    key = None
    if options.key_env:
        secret = os.environ.get(options.key_env, "")
        if not secret:
            raise ValueError(N_("The environment variable named by --key-env is empty or missing."))
        key = Key(secret, options.key_header)
    if options.ca and not options.ca.is_file():
        raise ValueError(N_("The file named by --ca cannot be read."))
    if options.client_cert and not options.client_cert.is_file():
        raise ValueError(N_("The file named by --client-cert cannot be read."))
    if options.out and not options.out.absolute().parent.is_dir():
        raise ValueError(N_("The folder of the file named by --out does not exist."))
    return Target(options.url, key, options.ca, options.root_paths, options.chat, options.client_cert)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    translate = translator()
    made = parser(translate)
    options = made.parse_args(arguments)
    if options.schema:
        sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
        return DONE
    if not options.url:
        made.error(translate(N_("a URL is needed")))
    try:
        policy = policy_of(options.allow)
    except ValueError:
        made.error(translate(N_("--allow takes public, private, loopback or a network such as 10.0.0.0/8")))
    try:
        target = target_of(options)
    except ValueError as problem:
        made.error(translate(str(problem)))
    if options.plan:
        return _show_plan(target, policy, translate)
    try:
        result = _run(target, policy, options.networks, translate)
    except ContentError as fault:
        sys.stderr.write(fault.sentence(translate) + "\n")
        return USAGE
    return _report(result, options, translate)


def _show_plan(target: Target, policy: Policy, translate: Callable[[str], str]) -> int:
    try:
        check_url(target.url, policy)
    except AssessorError as refusal:
        sys.stderr.write(refusal.sentence(translate) + "\n")
        return REFUSED if isinstance(refusal, PolicyRefusal) else NOT_ALL
    sys.stdout.write(render.plan_text(target, plan.common_plan(target), plan.follow_up_plan(target), translate))
    return DONE


def _run(target: Target, policy: Policy, networks: Path | None, translate: Callable[[str], str]) -> ProbeResult:
    """Probe; the first Ctrl-C stops the run politely, so that sessions are ended and what was seen is kept."""
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    def tell(progress: Progress) -> None:
        if sys.stderr.isatty() and progress.doing:
            count = f"{progress.stage}: {progress.done + 1}/{progress.total}"
            sys.stderr.write(f"\r\033[K{count} {translate(progress.doing)}"[:110])
            sys.stderr.flush()

    before = signal.signal(signal.SIGINT, stop)
    try:
        return engine.run(
            target,
            policy,
            on_progress=tell,
            cancelled=lambda: stopped,
            vantage=platform.node(),
            networks=networks,
        )
    finally:
        signal.signal(signal.SIGINT, before)
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")


def _report(result: ProbeResult, options: argparse.Namespace, translate: Callable[[str], str]) -> int:
    document = json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    sys.stdout.write(document if options.json else render.result_text(result, translate))
    if options.out:
        try:
            options.out.write_text(document, encoding="utf-8")
        except OSError as error:
            message = translate(N_("The result could not be written to {file}: {why}."))
            sys.stderr.write(message.format(file=options.out, why=error.strerror) + "\n")
            return USAGE
    if result.outcome == "refused":
        return REFUSED
    return DONE if result.outcome == "completed" else NOT_ALL
