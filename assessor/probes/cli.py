"""The command-line prober: `assessor-probe URL`, which needs no Django and sends nothing that it does not show."""

import argparse
import gettext
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

from assessor.content import packaged
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.probes import drift, handing_in, listing, patience, plan_file, render
from assessor.probes.collect.guard import PolicyRefusal, check_url
from assessor.probes.command import (
    DONE,
    NOT_ALL,
    NOT_COMPARED,
    NOT_TAKEN,
    REFUSED,
    USAGE,
    document_of,
    exit_code,
    held,
    read_baseline,
    write,
)
from assessor.probes.integrity import ResultUnreadable, Tampered
from assessor.probes.listing import ListUnusable
from assessor.probes.plan_file import PlanFile, PlanRefused
from assessor.probes.recognise import shown
from assessor.probes.result import ProbeResult
from assessor.probes.result import schema as result_schema
from assessor.probes.target import Allowance, Key, Policy, Target
from assessor.probes.terminal import paint_for

EXIT_CODES = N_(
    "exit codes: 0 every request was answered; 1 some or none were, or the run was stopped; 2 the command line or a"
    " file named in it cannot be used; 3 the policy forbids the target; 4 all was answered, and something changed since"
    " the baseline; 5 the result was made and could not be handed in. Of a list, the code of the endpoint that went"
    " worst: 3, then 1, then 4."
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
    value("--retries", metavar="N", type=int, default=patience.RETRIES, help=translate(RETRIES))
    value("--baseline", metavar="LAST", type=Path, help=translate(BASELINE))
    value("--follow", metavar="PLAN", type=Path, help=translate(N_("follow a signed plan; it names the endpoint")))
    value("--list", metavar="FILE", type=Path, help=translate(N_("probe the endpoints of a list, YAML or CSV")))
    handing_in.add_options(made, translate, N_("send the result to this address of an installation"))
    value(
        "--schema",
        nargs="?",
        const="result",
        choices=("result", "changes", "plan"),
        help=translate(N_("print the JSON Schema of a result, of changes, or of a plan")),
    )
    return made


RETRIES = N_("how often an endpoint that is not reached is tried again (default 2)")
BASELINE = N_("an earlier result: say what changed since; with --list, the folder of earlier results")
# What a signed plan or a list says itself.
FIXED = ("url", "ca", "chat", "root_paths")


def policy_of(where: Sequence[str]) -> Policy:
    """Return the policy that `--allow` asks for; raises `ValueError` for a word that is neither class nor network."""
    if not where:
        return Policy()
    networks = tuple(str(ip_network(word, strict=False)) for word in where if word not in CLASSES)
    return Policy(allow=frozenset(cast(Allowance, word) for word in where if word in CLASSES), allow_cidrs=networks)


def key_of(options: argparse.Namespace, header: str) -> Key | None:
    """Return the key that the options name; raises `ValueError` with a sentence."""
    if not options.key_env:
        return None
    secret = os.environ.get(options.key_env, "")
    if not secret:
        raise ValueError(N_("The environment variable named by --key-env is empty or missing."))
    return Key(secret, header)


def target_of(options: argparse.Namespace) -> Target:
    """Return the target that the options name; raises `ValueError` with a sentence."""
    if options.ca and not options.ca.is_file():
        raise ValueError(N_("The file named by --ca cannot be read."))
    if options.client_cert and not options.client_cert.is_file():
        raise ValueError(N_("The file named by --client-cert cannot be read."))
    if options.out and not options.out.absolute().parent.is_dir():
        raise ValueError(N_("The folder of the file named by --out does not exist."))
    key = key_of(options, options.key_header)
    return Target(options.url, key, options.ca, options.root_paths, options.chat, options.client_cert)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if (words := list(sys.argv[1:] if arguments is None else arguments))[:1] == ["drill"]:
        return int(import_module("assessor.probes.drills.command").drill(words[1:]))
    translate = translator()
    made = parser(translate)
    options = made.parse_args(arguments)
    if options.schema:
        schemas = {"result": result_schema, "changes": drift.schema, "plan": plan_file.schema}
        sys.stdout.write(json.dumps(schemas[options.schema](), indent=2, ensure_ascii=False) + "\n")
        return DONE
    for stream in (sys.stdout, sys.stderr):
        # A name in letters that the terminal lacks must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        policy = policy_of(options.allow)
    except ValueError:
        made.error(translate(N_("--allow takes public, private, loopback or a network such as 10.0.0.0/8")))
    try:
        with ExitStack() as stack:
            return _carry_out(options, policy, translate, stack)
    except ValueError as problem:
        made.error(translate(str(problem)))
    except (PlanRefused, ListUnusable) as refusal:
        made.error(refusal.sentence(translate))
    except ContentError as fault:
        sys.stderr.write(fault.sentence(translate) + "\n")
        return USAGE
    except (ContentErrors, ResultUnreadable, Tampered) as faults:
        made.error("\n" + faults.sentence(translate))


def _carry_out(options: argparse.Namespace, policy: Policy, translate: Callable[[str], str], stack: ExitStack) -> int:
    if options.list:
        if options.follow or any(getattr(options, name) for name in (*FIXED, "key_env", "client_cert", "upload")):
            raise ValueError(N_("a list says itself which endpoints there are, and how to speak to each"))
        return listing.run(options, policy, translate)
    if options.follow:
        target, followed = _followed(options, translate, stack)
    elif options.url:
        target, followed = target_of(options), None
    else:
        raise ValueError(N_("a URL is needed"))
    if options.plan:
        return _show_plan(target, policy, translate)
    token = handing_in.token_for(options)
    before = read_baseline(options.baseline, target.url) if options.baseline else None
    result = held(
        target, policy, translate, options.retries, mark=followed.mark if followed else None, networks=options.networks
    )
    code = _report(result, before, options, translate)
    if options.upload and result.outcome != "refused":
        document = document_of(result)
        if not handing_in.hand_in(options.upload, token, options.upload_ca, document, policy, translate):
            return NOT_TAKEN
    return code


def _followed(
    options: argparse.Namespace, translate: Callable[[str], str], stack: ExitStack
) -> tuple[Target, PlanFile]:
    """Return the target of a signed plan; raises `ValueError` or `PlanRefused`."""
    if any(getattr(options, name) for name in FIXED):
        raise ValueError(N_("a signed plan says itself which endpoint it is for, and what may be sent"))
    source = str(options.follow)
    try:
        with options.follow.open("rb") as handle:
            followed = plan_file.read_plan(handle.read(plan_file.MAX_BYTES + 1), source, datetime.now(UTC).date())
    except OSError as error:
        raise ValueError(N_("The file named by --follow cannot be read.")) from error
    if followed.wants_key and not options.key_env:
        raise ValueError(N_("The plan sends a key: name the variable that holds it with --key-env."))
    if followed.client_certificate and not options.client_cert:
        raise PlanRefused(
            N_("The endpoint asks for a client certificate, which the installation calls “{name}”."),
            remedy=N_("Name its file, which holds its key as well, with --client-cert."),
            place=source,
            name=shown(followed.client_certificate),
        )
    ca_file = None
    if followed.ca_pem:
        ca_file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assessor-ca-"))) / "ca.pem"
        ca_file.write_text(followed.ca_pem, "ascii")
    key = key_of(options, followed.key_header) if followed.wants_key else None
    if options.client_cert and not options.client_cert.is_file():
        raise ValueError(N_("The file named by --client-cert cannot be read."))
    target = Target(followed.target_url, key, ca_file, followed.root_paths, followed.allow_chat, options.client_cert)
    plan_file.check_lines(followed, target, source)
    told = translate(N_("Plan for “{name}”, signed by the installation {installation}: {authority}"))
    sys.stderr.write(
        told.format(name=shown(followed.name), installation=followed.installation, authority=shown(followed.authority))
        + "\n"
    )
    return target, followed


def _show_plan(target: Target, policy: Policy, translate: Callable[[str], str]) -> int:
    try:
        check_url(target.url, policy)
    except AssessorError as refusal:
        sys.stderr.write(refusal.sentence(translate) + "\n")
        return REFUSED if isinstance(refusal, PolicyRefusal) else NOT_ALL
    sys.stdout.write(render.plan_of(target, translate))
    return DONE


def _report(
    result: ProbeResult, before: ProbeResult | None, options: argparse.Namespace, translate: Callable[[str], str]
) -> int:
    changes = drift.compare(before, result) if before and drift.comparable(result) else None
    document, paint = document_of(result), paint_for(sys.stdout)
    if options.json and options.baseline:
        told = {"result": result.model_dump(mode="json"), "changes": changes and changes.model_dump(mode="json")}
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    elif options.json:
        sys.stdout.write(document)
    else:
        sys.stdout.write(render.result_text(result, translate, paint))
        if changes:
            sys.stdout.write("\n" + render.drift_text(changes, translate, paint))
        elif before:
            sys.stdout.write("\n" + translate(NOT_COMPARED) + "\n")
    if options.out and not write(options.out, document, translate):
        return USAGE
    return exit_code(result, changes)
