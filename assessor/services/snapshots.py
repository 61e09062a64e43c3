"""What a signature freezes: everything a report says of a round, as JSON with a hash, and the way back from it."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

from django.conf import settings
from pydantic import TypeAdapter

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import Assessment, SignOff
from assessor.probes.version import catalogue_version
from assessor.reports.inputs import ReportInput, Signature
from assessor.scoring.crosswalk import Derivation
from assessor.scoring.scorecard import Scorecard
from assessor.services.questionnaires import questionnaire_of

SCHEMA = "1.0"
# What is the same in every language, and what is told in words: the latter is kept in each language there is.
PLAIN = (
    *("title", "organisation", "home_jurisdictions", "workload", "workload_owner", "criticality", "tolerance_hours"),
    *("assessor", "answers", "single", "endpoints", "disputes", "verified_with", "verified_without", "workloads"),
    *("profile", "targets", "owners"),
)
TOLD = ("scorecard", "drills", "scenarios", "derivations")
KEPT = 16
_kept: OrderedDict[tuple[UUID, str], dict[str, Any]] = OrderedDict()


class SnapshotChanged(AssessorError):
    """What was frozen does not fit its hash any more."""


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    if name == "derivations":
        return TypeAdapter(tuple[tuple[str, Derivation], ...])
    return TypeAdapter(get_type_hints(ReportInput)[name])


def _plain(name: str, value: Any) -> Any:
    if name == "derivations":
        # A questionnaire is kept once, by its hash.
        value = tuple((framework.content_hash(), found) for framework, found in value)
    return _adapter(name).dump_python(value, mode="json")


def _read(name: str, data: Any) -> Any:
    value = _adapter(name).validate_python(data)
    if name == "derivations":
        return tuple((questionnaire_of(framework), found) for framework, found in value)
    return value


def content(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said in every language alike, as JSON data; its hash tells whether two moments say the same."""
    return {name: _plain(name, said[name]) for name in PLAIN}


def snapshot(
    assessment: Assessment, told: Mapping[str, Mapping[str, Any]], signature: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is frozen of a round; `told` is what a report says in each language."""
    first = told[next(iter(told))]
    card: Scorecard = first["scorecard"]
    return {
        "schema": SCHEMA,
        "assessment": {
            "id": str(assessment.pk),
            "predecessor": str(assessment.predecessor_id) if assessment.predecessor_id else None,
            "scope": assessment.scope,
            "quick_reading": assessment.quick_reading,
        },
        "versions": {
            "product": settings.VERSION,
            "method": card.method_version,
            "questionnaire": card.questionnaire,
            "questionnaire_version": card.questionnaire_version,
            "questionnaire_hash": card.questionnaire_hash,
            "catalogue": catalogue_version(),
        },
        "signature": dict(signature),
        "content": content(first),
        "told": {language: {name: _plain(name, said[name]) for name in TOLD} for language, said in told.items()},
    }


def fits(signed: SignOff) -> bool:
    """Return whether what is kept of a signed round fits the hash that was taken when it was signed."""
    return content_hash(signed.snapshot) == signed.sha256


def thawed(assessment: Assessment, language: str) -> dict[str, Any]:
    """Return what a report of a signed round says, field by field of `ReportInput`: one query, none where it is known.

    Raises `SnapshotChanged` where it does not fit its hash. What was signed before a language came is told as it was.
    """
    key = (assessment.pk, language)
    if key not in _kept:
        signed = SignOff.objects.get(assessment=assessment)
        if not fits(signed):
            raise SnapshotChanged(
                N_("What was signed off does not fit its hash: it was changed in the database."),
                remedy=N_("Restore the database from a backup."),
            )
        frozen = signed.snapshot
        told = frozen["told"].get(language) or next(iter(frozen["told"].values()))
        said = {name: _read(name, data) for name, data in (frozen["content"] | told).items()}
        _kept[key] = said | {"signed": signature_of(signed)}
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return dict(_kept[key])


def signature_of(signed: SignOff) -> Signature:
    """Return a signature as a report prints it."""
    return Signature(signed.signer, signed.role, signed.signed_at, signed.alone, signed.sha256)
