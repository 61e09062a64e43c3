"""What a result file shows of later change: which part of it no longer fits the hashes it was sealed with.

The file is judged as it was written, not as this version reads it, so that fields which came later break no old file.
A whole chain can be computed anew by somebody who means to: it shows later change, not honest origin.
"""

from collections.abc import Mapping
from typing import Any

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.probes.result import SCHEMA_VERSION, ProbeResult, next_link, opening_of


class ResultUnreadable(AssessorError):
    """A file is no result of this prober, or of one that is newer."""


class Tampered(AssessorError):
    """A result does not fit the hashes it was sealed with; the reason names the part."""


def read_result(document: Any, source: str) -> ProbeResult:
    """Return the result that a parsed JSON document holds, checked against its own hashes.

    Raises `ResultUnreadable` for anything else than a result, `Tampered` for one that was changed.
    """
    if not isinstance(document, dict) or "sha256" not in document or "target_url" not in document:
        raise ResultUnreadable(
            N_("This is not the result of a probe."),
            place=source,
            remedy=N_("Give the file that assessor-probe --out wrote, or the web application handed out."),
        )
    version = document.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise ResultUnreadable(
            N_("The result was written by a newer prober (schema {version}; this one knows {known})."),
            place=source,
            remedy=N_("Upgrade this one first."),
            version=str(version)[:20],
            known=SCHEMA_VERSION,
        )
    if changed := first_change(document):
        raise Tampered(changed[0], place=source, remedy=_AGAIN, **changed[1])
    try:
        return ProbeResult.model_validate(document)
    except ValueError as error:
        raise ResultUnreadable(
            N_("The result holds something that no prober writes: {why}."),
            place=source,
            why=" ".join(str(error).split())[:300],
        ) from error


_AGAIN = N_("Get the file anew from where it was made, or probe again.")
_HEAD = N_("What stands at the head (address, versions, plan, start) was changed after the result was made.")
_REQUEST = N_("The request “{request}” was changed, put in or taken out after the result was made.")
_REST = N_("The conclusions (outcome, facts, findings) were changed after the result was made.")


def first_change(document: Mapping[str, Any]) -> tuple[str, dict[str, object]] | None:
    """Return a sentence and its fields for the first part that was changed, None for a result that is whole."""
    requests = document.get("requests") or []
    link = document.get("opening")
    # A result from before there were chains has its one hash only.
    if link:
        if link != opening_of(document):
            return _HEAD, {}
        for request in requests:
            if not isinstance(request, dict) or request.get("link") != next_link(str(link), request):
                name = request.get("id") if isinstance(request, dict) else request
                return _REQUEST, {"request": str(name)[:60]}
            link = request["link"]
    if document.get("sha256") != content_hash({name: value for name, value in document.items() if name != "sha256"}):
        return _REST, {}
    return None
