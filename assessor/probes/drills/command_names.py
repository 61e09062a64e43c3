"""`assessor-probe drill names`: which names does a server ask for, for example while it starts?"""

import argparse
import platform
import re
from datetime import UTC, datetime
from typing import Any

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes import handing_in
from assessor.probes.assemble import stamp
from assessor.probes.collect.names import Asked, Watched, watch
from assessor.probes.detectors.base import params
from assessor.probes.drills import render
from assessor.probes.drills.records import NamesRecord
from assessor.probes.drills.terminal import PASSED, add_output, add_sending, put_and_send, say, stoppable
from assessor.probes.drills.wording import Translate

_LISTEN = re.compile(r"^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$")
SHOWN = 5


def add(kinds: Any, translate: Translate) -> None:
    """Add the sub-command."""
    made: argparse.ArgumentParser = kinds.add_parser(
        "names", help=translate(N_("write down which names a server asks for"))
    )
    made.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        default="127.0.0.1:5300",
        help=translate(N_("where to listen: loopback or a private address of this computer")),
    )
    made.add_argument("--minutes", type=float, default=5.0, help=translate(N_("watch so long")))
    add_output(made, translate)
    add_sending(made, translate)
    made.set_defaults(run=run)


def run(options: Any, translate: Translate) -> int:
    """Listen, write down, report; returns 0 when it could listen, 5 when the record was not taken."""
    match = _LISTEN.match(options.listen)
    if match is None or int(match[3]) > 65535:
        raise ValueError(N_("--listen takes an address and a port, such as 127.0.0.1:5300"))
    if not 0 < options.minutes <= 7 * 24 * 60:
        raise ValueError(N_("--minutes takes up to 10080"))
    token = handing_in.token_for(options)
    begun = datetime.now(UTC)

    def tell(asked: Asked) -> None:
        say(asked.name)

    with stoppable() as stopped:
        say(translate(N_("Listening. Start the server with this as its only name server.")))
        seen = watch(match[1] or match[2], int(match[3]), options.minutes * 60, cancelled=stopped, on_name=tell)
    record = names_record(seen, options.listen, begun, datetime.now(UTC), platform.node())
    return put_and_send(record, render.names_text(record, translate), token, options, translate, PASSED)


def names_record(seen: Watched, listen: str, begun: datetime, ended: datetime, host: str) -> NamesRecord:
    """Return the sealed record of what was asked."""
    rows = sorted(seen.names.values(), key=lambda one: one.first)
    findings: tuple[Finding, ...] = ()
    if rows:
        some = ", ".join(one.name for one in rows[:SHOWN]) + (" …" if len(rows) > SHOWN else "")
        told = params(count=len(rows), names=some)
        findings = (Finding(code="drill.names.asked", strength=Strength.DEFAULT, params=told),)
    record: NamesRecord = NamesRecord(
        host=host,
        listen=listen,
        started=stamp(begun),
        finished=stamp(ended),
        names=tuple(
            {"name": one.name, "first": int(one.first), "count": one.count, "kinds": " ".join(sorted(one.kinds))}
            for one in rows
        ),
        dropped=seen.dropped,
        findings=findings,
    ).sealed()
    return record
