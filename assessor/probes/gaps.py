"""What a run leaves open, and what it did not try: sentences, because silence would read as an answer."""

from assessor.errors import N_
from assessor.evidence import Finding
from assessor.probes.plan import left_out
from assessor.probes.result import RunOutcome
from assessor.probes.snapshot import Snapshot
from assessor.probes.target import Target

WHO = N_("Who answers at this address.")
WEIGHTS = N_("Whether the models run on the machine that answers: a reply only shows the program at the door.")
BEHIND = N_("Whom the program at the door forwards to: it did not tell, and silence proves nothing.")
UNNAMED = N_("Who runs the server behind it: only a label or an address was told, and neither is in the catalogue.")
FILTERS = N_("Whether filters run: none was seen, and a harmless question cannot show a filter that blocks.")
PARTS = N_("Which services the guardrail program calls: its rails may run here or in a vendor's cloud.")
SILENT = N_("Whether a gateway stands in front that shows no sign of its own: some, such as Traefik Hub, show none.")
CONFLICT = N_(
    "Which of the signs that contradict each other is true: a server can imitate another, or pass its signs on."
)
ADDRESS = N_(
    "Whose network the address is in: the table of networks holds the providers of the catalogue, and not this one."
)
REGION = N_("Where requests are processed: neither the name nor a reply says so, and an address does not tell.")
UNPLACED = N_("Where some of the filters run: they were seen by name only.")
TOOLS = N_("What the tools reach: a tool server here may act on any service elsewhere.")
NETWORK = N_("Whether it goes on working without the internet: only a drill with the way out closed can show that.")

NO_KEY = N_("Nothing was asked with a key, because none was given.")
NO_CHAT = N_("No completion was asked for, so signs that only a completion carries were not looked for.")
NO_MODEL = N_("No completion was asked for, because no model was listed.")
NO_ROOT = N_("Paths outside the registered base path were not asked, because root paths are not allowed.")
NO_ROUTES = N_("Routes could not be told apart: the server answers existing and missing ones alike.")
STOPPED = N_("The rest of the plan was not sent, because the run was stopped.")
GIVEN_UP = N_("The rest of the plan was not sent, because the server did not answer.")


def unknown(snapshot: Snapshot | None, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return what stays unknown after a run, most important first."""
    if snapshot is None or not snapshot.answered:
        return (WHO, NETWORK)

    def seen(*prefixes: str) -> bool:
        return any(finding.is_under(prefix) for finding in findings for prefix in prefixes)

    hosted_directly = any(item.is_under("hosted") and item.params.get("via") == "direct" for item in findings)
    hosted_somewhere = any(item.is_under("hosted") for item in findings)
    relay = seen("gateway") or any(item.params.get("program") is True for item in findings)
    told = seen("forwards") or any(item.is_under("hosted") and item.params.get("via") != "direct" for item in findings)
    open_questions = [
        (WHO, seen("identity.unknown")),
        (WEIGHTS, seen("server", "forwards.local")),
        (BEHIND, relay and not told),
        (UNNAMED, seen("forwards.unknown")),
        (FILTERS, not seen("safety") and (not seen("tools") or relay or seen("server", "hosted"))),
        (PARTS, any(item.params.get("program") is True for item in findings)),
        (UNPLACED, seen("safety.unplaced")),
        (CONFLICT, seen("conflict")),
        (SILENT, seen("server") and not relay),
        (REGION, hosted_somewhere and not seen("region.processing")),
        (ADDRESS, seen("network.address.public") and not seen("network.operator")),
        (TOOLS, seen("tools.mcp")),
        (NETWORK, not hosted_directly),
    ]
    return tuple(sentence for sentence, holds in open_questions if holds)


def not_tested(target: Target, snapshot: Snapshot, outcome: RunOutcome) -> tuple[str, ...]:
    """Return what was not tried, and why."""
    answered = bool(snapshot.answered)
    chat, missing = snapshot.exchange("chat"), snapshot.exchange("missing")
    route = snapshot.exchange("chat-route")
    tells = route is not None and missing is not None and route.status == 405 and missing.status == 404
    gaps = [
        (STOPPED, outcome == "cancelled"),
        (GIVEN_UP, outcome in {"unreachable", "refused"}),
        (NO_KEY, answered and target.key is None),
        (NO_CHAT, answered and not target.allow_chat),
        (NO_MODEL, answered and target.allow_chat and chat is None),
        (NO_ROOT, left_out(target)),
        (NO_ROUTES, answered and route is not None and not tells),
    ]
    return tuple(sentence for sentence, holds in gaps if holds)
