"""`assessor-probe drill …`: the drills on the command line; each shows its cost before it sends anything."""

import argparse
import sys
from collections.abc import Sequence

from assessor.errors import N_, AssessorError
from assessor.probes.cli import policy_of, translator
from assessor.probes.collect.guard import PolicyRefusal
from assessor.probes.drills import command_disconnect, command_exit, command_names
from assessor.probes.drills.terminal import REFUSED, USAGE
from assessor.probes.drills.wording import Translate

EXIT_CODES = N_(
    "exit codes: 0 it passed, or nothing breaks; 1 it was held, and did not pass, or ended early; 2 the command line or"
    " a file named in it cannot be used, or nothing could be tested; 3 the policy forbids a target; 5 the record"
    " was made and could not be handed in"
)


def parser(translate: Translate = str) -> argparse.ArgumentParser:
    """Return the parser of `assessor-probe drill`."""
    made = argparse.ArgumentParser(
        prog="assessor-probe drill",
        description=translate(N_("Try whether the same work runs elsewhere, or with the way out closed.")),
        epilog=translate(EXIT_CODES),
    )
    kinds = made.add_subparsers(dest="kind", metavar="exit | disconnect | canary | join | names", required=True)
    for module in (command_exit, command_disconnect, command_names):
        module.add(kinds, translate)
    return made


def drill(arguments: Sequence[str]) -> int:
    """Run a drill's command line and return its exit code."""
    translate = translator()
    made = parser(translate)
    options = made.parse_args(arguments)
    try:
        options.policy = policy_of(options.allow)
    except ValueError:
        made.error(translate(N_("--allow takes public, private, loopback or a network such as 10.0.0.0/8")))
    if options.out and not options.out.absolute().parent.is_dir():
        made.error(translate(N_("The folder of the file named by --out does not exist.")))
    try:
        return int(options.run(options, translate))
    except AssessorError as refusal:
        sys.stderr.write(refusal.sentence(translate) + "\n")
        return REFUSED if isinstance(refusal, PolicyRefusal) else USAGE
    except ValueError as problem:
        made.error(translate(str(problem)))
