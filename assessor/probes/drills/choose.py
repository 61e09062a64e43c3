"""From what a probe saw to how a drill speaks: the dialect of each endpoint, and the models that may be named."""

from assessor.errors import N_, AssessorError
from assessor.probes.drills.others import DIALECTS, dialect
from assessor.probes.drills.records import Side
from assessor.probes.result import ProbeResult

_OTHER = ("embed", "rerank", "whisper", "tts", "moderation", "dall-e", "image", "guard", "bge-", "e5-")
_VECTORS = ("embed", "bge-", "e5-", "gte-")

SPOKEN = N_("The probe saw this dialect.")
TRIED = N_("The probe could not tell which dialects are spoken, so the most common one is tried.")
ASKED = N_("You chose this dialect.")
AS_A = N_("The same dialect as the endpoint's: this is what your programs speak today.")
OTHER = N_("The probe saw that the candidate does not speak the endpoint's dialect, so it is asked in its own.")


class DrillRefused(AssessorError):
    """The drill cannot be held as it was asked for; nothing was sent."""


def states(seen: ProbeResult) -> dict[str, str]:
    """Return what the probe saw of each dialect that drills speak: yes, no or unknown."""
    found = {item.name: item.state for item in seen.dialects}
    return {one.id: found.get(one.id, "unknown") for one in DIALECTS}


def own_dialect(seen: ProbeResult, wanted: str = "") -> tuple[str, str]:
    """Return the dialect an endpoint is spoken to in, and why; raises `DrillRefused` where none can be."""
    if wanted:
        if dialect(wanted) is None:
            raise DrillRefused(
                N_("“{name}” is no dialect that drills speak."),
                remedy=N_("Choose one of: {known}."),
                name=wanted,
                known=", ".join(one.id for one in DIALECTS),
            )
        return wanted, ASKED
    if seen.outcome in {"unreachable", "refused"}:
        raise DrillRefused(
            N_("The probe did not reach this endpoint, so nothing tells how to speak to it."),
            place=seen.target_url,
            remedy=N_("Probe it again, or choose its dialect."),
        )
    found = states(seen)
    for one in DIALECTS:
        if found[one.id] == "yes":
            return one.id, SPOKEN
    for one in DIALECTS:
        if found[one.id] == "unknown":
            return one.id, TRIED
    raise DrillRefused(
        N_("This endpoint speaks no dialect that drills speak ({known})."),
        place=seen.target_url,
        remedy=N_("Choose another endpoint."),
        known=", ".join(one.id for one in DIALECTS),
    )


def candidate_dialect(a: str, seen: ProbeResult, wanted: str = "") -> tuple[str, str, str]:
    """Return how a candidate is asked, its own dialect, and why: as the endpoint is, unless it was seen not to be."""
    own, why = own_dialect(seen, wanted)
    if wanted or own == a:
        return own, own, why
    if states(seen)[a] == "no":
        return own, own, OTHER
    return a, own, AS_A


def model_of(seen: ProbeResult, wanted: str = "") -> str:
    """Return the model to name: the wanted one, else the first listed that can chat. Only listed ones are named.

    A made-up name can make a server fetch a model, so a name that a list does not hold is refused.
    """
    listed = [model.id for model in seen.models]
    if wanted:
        if listed and wanted not in listed:
            raise DrillRefused(
                N_("The model “{name}” is not in the list of this endpoint."),
                place=seen.target_url,
                remedy=N_("Choose one of: {known}."),
                name=wanted,
                known=", ".join(listed[:12]),
            )
        return wanted
    for name in listed:
        if not any(word in name.lower() for word in _OTHER):
            return name
    raise DrillRefused(
        N_("The probe saw no model that could be asked here."),
        place=seen.target_url,
        remedy=N_("Name the model, or probe again with the key that shows the list."),
    )


def embedding_model_of(seen: ProbeResult, wanted: str = "") -> str:
    """Return the model that makes vectors; empty where none is listed under such a name."""
    if wanted:
        return model_of(seen, wanted)
    return next((one.id for one in seen.models if any(word in one.id.lower() for word in _VECTORS)), "")


def sides(
    a: ProbeResult,
    b: ProbeResult,
    *,
    names: tuple[str, str] = ("", ""),
    dialects: tuple[str, str] = ("", ""),
    models: tuple[str, str] = ("", ""),
    embedding_models: tuple[str, str] = ("", ""),
) -> tuple[Side, Side]:
    """Return how both endpoints of an exit drill are spoken to; raises `DrillRefused` with the endpoint as place."""
    own_a, why_a = own_dialect(a, dialects[0])
    as_b, own_b, why_b = candidate_dialect(own_a, b, dialects[1])
    return (
        Side(
            url=a.target_url,
            name=names[0],
            dialect=own_a,
            own_dialect=own_a,
            why=why_a,
            model=model_of(a, models[0]),
            embedding_model=embedding_model_of(a, embedding_models[0]),
            probe_sha256=a.sha256,
        ),
        Side(
            url=b.target_url,
            name=names[1],
            dialect=as_b,
            own_dialect=own_b,
            why=why_b,
            model=model_of(b, models[1]),
            embedding_model=embedding_model_of(b, embedding_models[1]),
            probe_sha256=b.sha256,
        ),
    )
