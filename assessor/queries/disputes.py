"""Who disputes what was seen, and where each dispute stands."""

from collections.abc import Iterable
from typing import Any, Literal

from django.db.models import QuerySet

from assessor.models import Assessment, Dispute
from assessor.prepared import PreparedRows
from assessor.queries.seen import Drilled, drills_at, found_by, runs_at
from assessor.scoring.drilled import HeldDrill, later_word

# `moved`: the endpoint has another address by now, so the dispute is about something that is not asked any more;
# `again`: a later drill found the same, which is a new fact.
DisputeState = Literal["open", "accepted", "rejected", "resolved", "moved", "again"]
_DISPUTES = PreparedRows[Dispute](lambda assessment: dispute_rows(assessment=assessment), "assessment")


def dispute_rows(**of: object) -> "QuerySet[Dispute]":
    """Return disputes that were not withdrawn, the oldest first, with their people."""
    rows = Dispute.objects.filter(withdrawn_at=None, **of)
    return rows.select_related("endpoint", "raised_by", "decided_by").order_by("raised_at", "pk")


def disputes_of(assessment: Assessment) -> list[Dispute]:
    """Return every dispute of an assessment that was not withdrawn, the oldest first, with its people: one query."""
    return _DISPUTES.run(assessment=assessment.pk)


def _drill_dispute(dispute: Dispute, kinds: dict[str, list[HeldDrill]]) -> DisputeState:
    # The second part of the code names the kind of drill.
    held = kinds.get(dispute.code.split(".")[1], [])
    found = {pk: frozenset(one.code for one in findings) for pk, findings in found_by(held).items()}
    return later_word(held, found, dispute.code, dispute.raised_at) or _decision(dispute)


def _decision(dispute: Dispute) -> DisputeState:
    if dispute.decided_at is None:
        return "open"
    return "accepted" if dispute.accepted else "rejected"


def dispute_state(dispute: Dispute, runs: list[dict[str, Any]]) -> DisputeState:
    """Return where a dispute stands, given the good runs of its endpoint at its present address, oldest first.

    A later run that does not show the code settles it for good: should the code come back, that is something new.
    """
    if not runs or runs[0]["finished_at"] > dispute.raised_at:
        return "moved"
    later = [run["findings"] for run in runs if run["finished_at"] > dispute.raised_at]
    if any(dispute.code not in {one.code for one in findings} for findings in later):
        return "resolved"
    return _decision(dispute)


def is_of_drill(code: str) -> bool:
    """Tell whether a drill found it, and no probe."""
    return code.startswith("drill.")


def dispute_states(disputes: Iterable[Dispute]) -> dict[object, DisputeState]:
    """Return the state of each dispute by its id; two queries for those about probes, two about drills."""
    rows = list(disputes)
    about_drills = {one.endpoint_id: one.endpoint.url for one in rows if is_of_drill(one.code)}
    about_probes = {one.endpoint_id: one.endpoint.url for one in rows if not is_of_drill(one.code)}
    runs = runs_at(about_probes) if about_probes else {}
    drills = drills_at(about_drills) if about_drills else {}
    return {one.pk: state_of(one, runs, drills) for one in rows}


def state_of(dispute: Dispute, runs: dict[object, list[dict[str, Any]]], drills: Drilled) -> DisputeState:
    """Return where a dispute stands, given the runs and the drills of the endpoints it can be about."""
    if is_of_drill(dispute.code):
        return _drill_dispute(dispute, drills.get(dispute.endpoint_id, {}))
    return dispute_state(dispute, runs.get(dispute.endpoint_id, []))
