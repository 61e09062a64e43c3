"""`assessor-probe drill disconnect | canary | join`: does it go on with the way out closed, and who shows that?"""

import argparse
import json
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from assessor.errors import N_, ContentError
from assessor.probes import handing_in
from assessor.probes.drills import disconnect_plan, join, render
from assessor.probes.drills.command_exit import look_at
from assessor.probes.drills.disconnect_run import Drill, State
from assessor.probes.drills.exit_plan import new_drill_id
from assessor.probes.drills.hold import Canary, hold
from assessor.probes.drills.others import DIALECTS
from assessor.probes.drills.outside import check_outside
from assessor.probes.drills.records import CanaryRecord, CanaryRound, DisconnectRecord, Sealed
from assessor.probes.drills.terminal import (
    NOT_PASSED,
    PASSED,
    REFUSED,
    USAGE,
    add_common,
    add_output,
    add_sending,
    agreed,
    put_and_send,
    say,
    stoppable,
    target_of,
)
from assessor.probes.drills.wording import Translate, clock, seconds
from assessor.retelling import retold

Record = TypeVar("Record", bound=Sealed)
MAX_RECORD = 4 * 1024 * 1024
DRILL_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{3,39}$")


def add(kinds: Any, translate: Translate) -> None:
    """Add the three sub-commands."""
    made: argparse.ArgumentParser = kinds.add_parser(
        "disconnect", help=translate(N_("does it go on with the way out closed?"))
    )
    made.add_argument("url", metavar="URL", help=translate(N_("base URL of the endpoint")))
    made.add_argument("--minutes", type=float, required=True, help=translate(N_("length of the closed time")))
    made.add_argument(
        "--pass-mark", metavar="PERCENT", type=int, required=True, help=translate(N_("per cent that must be answered"))
    )
    made.add_argument("--every", metavar="SECONDS", type=float, default=30.0, help=translate(N_("time between rounds")))
    made.add_argument(
        "--on-host", action="store_true", help=translate(N_("this computer serves the endpoint, so its way out counts"))
    )
    made.add_argument(
        "--outside",
        metavar="URL",
        action="append",
        default=[],
        help=translate(N_("an address outside that answers today; repeatable, with --on-host")),
    )
    made.add_argument(
        "--wait", metavar="MINUTES", type=float, default=15.0, help=translate(N_("wait so long for the closing"))
    )
    made.add_argument(
        "--cold-start", metavar="TIME", default="", help=translate(N_("when everything was started from cold, or none"))
    )
    made.add_argument(
        "--share", metavar="PERCENT", type=int, default=0, help=translate(N_("per cent of real requests served by it"))
    )
    made.add_argument("--drill", metavar="NAME", default="", help=translate(N_("name of the drill, for the canary")))
    made.add_argument("--model", metavar="NAME", default="", help=translate(N_("ask this listed model")))
    made.add_argument("--dialect", choices=[one.id for one in DIALECTS], default="", help=translate(N_("speak this")))
    made.add_argument("--key-env", metavar="NAME", help=translate(N_("take the key from this environment variable")))
    made.add_argument("--key-header", metavar="NAME", default="Authorization", help=translate(N_("header for the key")))
    made.add_argument("--ca", metavar="FILE", type=Path, help=translate(N_("trust the certificates in this PEM file")))
    made.add_argument("--root-paths", action="store_true", help=translate(N_("allow paths outside the base path")))
    add_common(made, translate)
    add_sending(made, translate)
    made.set_defaults(run=run_disconnect)
    _add_canary(kinds, translate)
    _add_join(kinds, translate)


def _add_canary(kinds: Any, translate: Translate) -> None:
    made = kinds.add_parser("canary", help=translate(N_("watch the way out on the serving computer; asks no model")))
    made.add_argument("outside", metavar="URL", nargs="+", help=translate(N_("an address outside that answers today")))
    made.add_argument("--minutes", type=float, required=True, help=translate(N_("watch so long")))
    made.add_argument("--every", metavar="SECONDS", type=float, default=10.0, help=translate(N_("time between rounds")))
    made.add_argument("--drill", metavar="NAME", required=True, help=translate(N_("name of the drill it belongs to")))
    add_output(made, translate)
    add_sending(made, translate)
    made.set_defaults(run=run_canary)


def _add_join(kinds: Any, translate: Translate) -> None:
    made = kinds.add_parser("join", help=translate(N_("join what shows the closing to the record of a drill")))
    made.add_argument("record", metavar="RECORD", type=Path, help=translate(N_("the record of the drill")))
    made.add_argument("--canary", metavar="FILE", type=Path, help=translate(N_("the canary's record")))
    made.add_argument(
        "--counters",
        nargs=6,
        metavar=("RULE", "READ-BY", "BEFORE", "AFTER", "TIME", "TIME"),
        help=translate(N_("two readings of the firewall's counter of packets let out")),
    )
    made.add_argument(
        "--cable-pull",
        nargs=4,
        metavar=("WITNESS", "WHAT", "PULLED", "RESTORED"),
        help=translate(N_("a witnessed cable pull, with its times")),
    )
    made.add_argument("--cold-start", metavar="TIME", default="", help=translate(N_("a cold start in it, or none")))
    add_output(made, translate)
    add_sending(made, translate)
    made.set_defaults(run=run_join)


def run_disconnect(options: Any, translate: Translate) -> int:
    """Look at the endpoint, show the plan, hold the drill, report and send the record; returns the exit code."""
    if not 1 <= options.pass_mark <= 100 or not 0 <= options.share <= 100:
        raise ValueError(N_("--pass-mark and --share take a whole number up to 100"))
    if options.drill and not DRILL_ID.match(options.drill):
        raise ValueError(N_("--drill takes 4 to 40 letters, digits and hyphens"))
    token = handing_in.token_for(options)
    target = target_of(options.url, options)
    outside = check_outside(options.outside, options.policy)
    with stoppable() as stopped:
        seen = look_at(target, options.policy, translate, stopped)
        if seen.outcome == "refused":
            sys.stderr.write(f"{target.url}: {retold(seen.error, translate)}\n")
            return REFUSED
        plan = disconnect_plan.make_plan(
            seen,
            now=datetime.now(UTC),
            minutes=options.minutes,
            pass_mark=options.pass_mark,
            every=options.every,
            wanted_dialect=options.dialect,
            wanted_model=options.model,
            share_of_load=options.share,
            cold_start=options.cold_start,
            on_host=options.on_host,
            outside=outside,
            wait_minutes=options.wait,
        ).model_copy(update={"drill": options.drill or new_drill_id()})
        shown = render.disconnect_plan_text(plan, translate)
        if options.plan:
            sys.stdout.write(shown)
            return PASSED
        if not agreed(options, shown, translate):
            return USAGE
        drill = Drill(plan, target, options.policy, cancelled=stopped)
        record = hold(drill, on_state=lambda state: _tell(state, plan.rounds, translate), vantage=platform.node())
    return put_and_send(record, render.disconnect_text(record, translate), token, options, translate, _code(record))


def _code(record: DisconnectRecord) -> int:
    if record.outcome == "refused":
        return REFUSED
    return PASSED if record.passed else NOT_PASSED


def _tell(state: State, rounds: int, translate: Translate) -> None:
    if state.phase == "waiting":
        say(translate(N_("Everything works. Close the way out now; the time begins when nothing outside answers.")))
        return
    held = [one for one in state.rounds if one.at >= 0]
    if held:
        last = held[-1]
        word = seconds(last.ms) if last.ok else translate(N_("no answer"))
        answered = sum(one.ok for one in held)
        told = translate(N_("{clock}  round {number} of {rounds}  {word}  ({answered} answered)"))
        say(told.format(clock=clock(last.at), number=len(held), rounds=rounds, word=word, answered=answered))


def run_canary(options: Any, translate: Translate) -> int:
    """Watch the way out and write down what answered; returns 0 when it watched to the end, else 1, or 5."""
    if not DRILL_ID.match(options.drill):
        raise ValueError(N_("--drill takes 4 to 40 letters, digits and hyphens"))
    if not 0 < options.minutes <= disconnect_plan.MOST_MINUTES or not 1 <= options.every <= 900:
        raise ValueError(N_("--minutes takes up to 10080, --every 1 to 900 seconds"))
    token = handing_in.token_for(options)
    outside = check_outside(options.outside, options.policy)

    def tell(one: CanaryRound) -> None:
        opened = one.outside.count("open")
        words = translate(N_("{open} of {count} outside addresses answer")).format(open=opened, count=len(outside))
        say(f"{one.at[11:19]}  {words}")

    with stoppable() as stopped:
        canary = Canary(options.drill, outside, options.minutes * 60, options.every, options.policy, stopped)
        record = canary.run(on_round=tell, host=platform.node())
        whole = not stopped()
    told = translate(N_("Canary of drill {drill}: {rounds} rounds, in {open} of them something outside answered."))
    opened = sum("open" in one.outside for one in record.rounds)
    text = told.format(drill=record.drill, rounds=len(record.rounds), open=opened) + f"\nsha256 {record.sha256}\n"
    return put_and_send(record, text, token, options, translate, PASSED if whole else NOT_PASSED)


def run_join(options: Any, translate: Translate) -> int:
    """Join proof to a drill's record, print and send the new one; returns 0 when it passed, else 1, or 5."""
    token = handing_in.token_for(options)
    record = read_record(DisconnectRecord, options.record)
    if not any((options.canary, options.counters, options.cable_pull, options.cold_start)):
        raise ValueError(N_("name what is to be joined: --canary, --counters, --cable-pull or --cold-start"))
    if options.canary:
        record = join.join_canary(record, read_record(CanaryRecord, options.canary))
    if options.counters:
        rule, read_by, before, after, first, last = options.counters
        if not (before.isascii() and before.isdigit() and after.isascii() and after.isdigit()):
            raise ValueError(N_("--counters takes two whole numbers as its third and fourth word"))
        record = join.join_counters(
            record,
            rule=rule,
            read_by=read_by,
            before=int(before[:18]),
            after=int(after[:18]),
            read_before=first,
            read_after=last,
        )
    if options.cable_pull:
        witness, what, pulled, restored = options.cable_pull
        record = join.join_cable_pull(record, witness=witness, what=what, pulled=pulled, restored=restored)
    if options.cold_start:
        record = join.note_cold_start(record, options.cold_start)
    return put_and_send(record, render.disconnect_text(record, translate), token, options, translate, _code(record))


def read_record(kind: type[Record], path: Path) -> Record:
    """Read a record from a file; raises `ContentError` for anything else."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_RECORD + 1)
    except OSError as error:
        raise ContentError(
            N_("The file cannot be read: {why}."),
            source=str(path),
            remedy=N_("Check the name and the permissions."),
            why=error.strerror or str(error),
        ) from error
    return record_of(kind, raw, str(path))


def record_of(kind: type[Record], raw: bytes, name: str) -> Record:
    """Return a record from the bytes of a file; raises `ContentError` for anything else."""
    try:
        if len(raw) > MAX_RECORD:
            raise ValueError("size")
        return kind.model_validate(json.loads(raw))
    except (ValueError, RecursionError, ValidationError) as error:
        raise ContentError(
            N_("This is not a record of the kind that is needed here."),
            source=name,
            remedy=N_("Give the file that the drill or the canary wrote with --out."),
        ) from error
