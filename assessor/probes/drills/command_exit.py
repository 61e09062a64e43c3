"""`assessor-probe drill exit A B`: does the same work run on the candidate?"""

import argparse
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assessor.errors import N_
from assessor.probes import engine, handing_in
from assessor.probes.drills import exit_run, render
from assessor.probes.drills.cases import Cases, read_file
from assessor.probes.drills.choose import sides
from assessor.probes.drills.exit_plan import calls, make_plan
from assessor.probes.drills.others import DIALECTS
from assessor.probes.drills.records import ExitRecord
from assessor.probes.drills.terminal import (
    NOT_PASSED,
    PASSED,
    REFUSED,
    USAGE,
    add_common,
    add_sending,
    agreed,
    progress_line,
    put_and_send,
    stoppable,
    target_of,
)
from assessor.probes.drills.wording import Translate
from assessor.probes.result import ProbeResult
from assessor.probes.target import Policy, Target
from assessor.retelling import retold


def add(kinds: Any, translate: Translate) -> None:
    """Add the sub-command."""
    made: argparse.ArgumentParser = kinds.add_parser("exit", help=translate(N_("does the same work run elsewhere?")))
    made.add_argument("a", metavar="A", help=translate(N_("base URL of the endpoint in use")))
    made.add_argument("b", metavar="B", help=translate(N_("base URL of the candidate")))
    for side in ("a", "b"):
        made.add_argument(f"--key-env-{side}", metavar="NAME", help=translate(N_("take its key from this variable")))
        made.add_argument(
            f"--key-header-{side}", metavar="NAME", default="Authorization", help=translate(N_("header for its key"))
        )
        made.add_argument(f"--ca-{side}", metavar="FILE", type=Path, help=translate(N_("trust these certificates")))
        made.add_argument(f"--model-{side}", metavar="NAME", default="", help=translate(N_("ask this listed model")))
        made.add_argument(
            f"--embedding-model-{side}", metavar="NAME", default="", help=translate(N_("make vectors with this model"))
        )
        made.add_argument(
            f"--dialect-{side}",
            choices=[one.id for one in DIALECTS],
            default="",
            help=translate(N_("speak this dialect instead of the one that was seen")),
        )
    made.add_argument("--root-paths", action="store_true", help=translate(N_("allow paths outside the base path")))
    made.add_argument("--cases", metavar="FILE", type=Path, help=translate(N_("own cases, as YAML or CSV")))
    made.add_argument(
        "--pass-mark", metavar="PERCENT", type=int, help=translate(N_("per cent of own cases that must pass"))
    )
    made.add_argument(
        "--share",
        metavar="PERCENT",
        type=int,
        default=0,
        help=translate(N_("per cent of real requests that the candidate carries")),
    )
    made.add_argument(
        "--share-source", metavar="TEXT", default="", help=translate(N_("where that share can be looked up"))
    )
    made.add_argument(
        "--max-tokens", metavar="COUNT", type=int, default=0, help=translate(N_("end when so many are used"))
    )
    add_common(made, translate)
    add_sending(made, translate)
    made.set_defaults(run=run)


def run(options: Any, translate: Translate) -> int:
    """Look at both, show the plan, hold the drill, report and send the record; returns the exit code."""
    for value, most, reason in (
        (options.pass_mark, 100, N_("--pass-mark takes a whole number from 1 to 100")),
        (options.share or None, 100, N_("--share takes a whole number from 1 to 100")),
        (options.max_tokens or None, 500_000, N_("--max-tokens takes a whole number from 1 to 500000")),
    ):
        if value is not None and not 1 <= value <= most:
            raise ValueError(reason)
    token = handing_in.token_for(options)
    targets = target_of(options.a, options, suffix="_a"), target_of(options.b, options, suffix="_b")
    cases = read_file(options.cases) if options.cases else Cases()
    with stoppable() as stopped:
        seen = []
        for target in targets:
            seen.append(look_at(target, options.policy, translate, stopped))
            if seen[-1].outcome == "refused":
                sys.stderr.write(f"{target.url}: {retold(seen[-1].error, translate)}\n")
                return REFUSED
        a, b = sides(
            seen[0],
            seen[1],
            dialects=(options.dialect_a, options.dialect_b),
            models=(options.model_a, options.model_b),
            embedding_models=(options.embedding_model_a, options.embedding_model_b),
        )
        plan = make_plan(
            a,
            b,
            now=datetime.now(UTC),
            cases=cases,
            pass_mark=options.pass_mark,
            share_of_load=options.share,
            share_source=options.share_source,
            token_budget=options.max_tokens,
        )
        shown = render.exit_plan_text(plan, calls(plan, targets), translate)
        if options.plan:
            sys.stdout.write(shown)
            return PASSED
        if not agreed(options, shown, translate):
            return USAGE
        record = exit_run.run(
            plan,
            targets,
            options.policy,
            on_progress=progress_line(translate),
            cancelled=stopped,
            vantage=platform.node(),
        )
    return put_and_send(record, render.exit_text(record, translate), token, options, translate, exit_code(record))


def exit_code(record: ExitRecord) -> int:
    """Return 0 when the own cases passed, or (without any) nothing breaks; 3 for a forbidden target, else 1."""
    if record.outcome == "refused":
        return REFUSED
    breaks = any(row.verdict == "breaks" for row in record.features)
    good = record.passed if record.cases else not breaks
    return PASSED if record.outcome == "completed" and good else NOT_PASSED


def look_at(target: Target, policy: Policy, translate: Translate, stopped: Any) -> ProbeResult:
    """Probe an endpoint without asking any model, to learn which dialects it speaks and which models it lists."""
    return engine.run(target, policy, on_progress=progress_line(translate), cancelled=stopped, vantage=platform.node())
