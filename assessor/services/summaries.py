"""What lists and filters say of an assessment: written with every change of it, and when age alone has changed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.models import Assessment, Endpoint, Organisation
from assessor.prepared import PreparedUpdate
from assessor.scoring.scorecard import Scorecard
from assessor.scoring.tiers import EvidenceFacts, counts_until, is_stale
from assessor.services.questionnaires import questionnaire_of

# Evidence that ends within so many days is due.
DUE_WITHIN = timedelta(days=60)
# A sum that nothing of its own ends is looked at again after so long.
LONGEST = timedelta(days=365)
# The states of questions that nobody has answered, or that are not asked.
OPEN = ("hidden", "not-asked")
SWEPT_AT_ONCE = 2000
# Every save ends with it: built once (see `assessor.prepared`).
_SUMMED = PreparedUpdate(
    lambda assessment: Assessment.objects.filter(pk=assessment),
    "assessment",
    columns=(
        *("level", "verified_level", "weakest", "dimension_levels", "coverage", "contradictions"),
        *("stale", "due", "summed_on", "summed_until"),
    ),
)


@dataclass(frozen=True)
class Ageing:
    """How many pieces of evidence are past their age and how many will be soon; age changes that on `until`."""

    stale: int
    due: int
    until: date


def ageing(evidence: Iterable[EvidenceFacts], today: date) -> Ageing:
    """Count evidence by age on a day, and tell on which later day the counts are others."""
    stale = due = 0
    turns = [today + LONGEST]
    for facts in evidence:
        end = counts_until(facts)
        if is_stale(facts, today):
            stale += 1
            # Taken in the future: it counts from that day.
            if facts.taken_on is not None and facts.taken_on > today:
                turns.append(facts.taken_on)
        elif end is not None:
            due += end <= today + DUE_WITHIN
            turns.append(end - DUE_WITHIN if end > today + DUE_WITHIN else end + timedelta(days=1))
    return Ageing(stale, due, min(turns))


def _said(card: Scorecard) -> dict[str, object]:
    started = any(one.state not in OPEN for one in card.questions)
    held = card.claimed.held_by if started else ()
    return {
        "level": card.claimed.level if started else None,
        "verified_level": card.verified.level if started and card.verified_printed else None,
        # Commas around each, so that one dimension is found without those whose names hold it.
        "weakest": f",{','.join(held)}," if held else "",
        "dimension_levels": {one.dimension: one.claimed.level for one in card.dimensions} if started else {},
        "coverage": round(card.coverage * 100),
        "contradictions": len(card.contradictions),
    }


def refresh(assessment: Assessment) -> None:
    """Sum an assessment up as it stands in this transaction: five queries.

    What was read for that is left on the object, so that the page shown after a save need not read it again.
    """
    answers = queries.scored_answers(assessment)
    card = queries.scorecard(assessment, questionnaire_of(assessment.questionnaire_version.content_hash), answers)
    today = timezone.localdate()
    aged = ageing((one.facts for answer in answers for one in answer.attached), today)
    # Findings age too, each by a rule of its own: where there are any, every day counts.
    until = today + timedelta(days=1) if any(one.weighed for one in card.questions) else aged.until
    summary = _said(card) | {
        "stale": aged.stale,
        "due": aged.due,
        "summed_on": today,
        "summed_until": min(until, aged.until),
    }
    _SUMMED.run(summary, assessment=assessment.pk)
    for name, value in summary.items():
        setattr(assessment, name, value)
    assessment.weighed = (answers, card)


def refresh_at(endpoint: Endpoint) -> None:
    """Sum up every assessment in which an endpoint has a role, after something was found at it or it was changed."""
    _refresh_later(Assessment.objects.filter(endpoint_roles__endpoint=endpoint))


def refresh_beside(assessment: Assessment) -> None:
    """Sum up every assessment that speaks of the same workloads, after one of those was changed."""
    _refresh_later(Assessment.objects.filter(workloads__in=assessment.workloads.all()))


def refresh_soon(assessment: Assessment) -> None:
    """Sum one assessment up once what was found about it is committed."""
    _refresh_later(Assessment.objects.filter(pk=assessment.pk))


def _refresh_later(rows: "QuerySet[Assessment]") -> None:
    # After the commit and each on its own: two changes that lock several assessments would wait for one another.
    for pk, organisation in set(rows.values_list("pk", "organisation")):
        transaction.on_commit(partial(_refresh_locked, pk, organisation))


def _refresh_locked(pk: UUID, organisation: UUID) -> None:
    with scope(organisation=Organisation.objects.get(pk=organisation)), transaction.atomic():
        rows = Assessment.objects.select_related("questionnaire_version").defer("questionnaire_version__content")
        found = rows.select_for_update(of=("self",)).filter(pk=pk).first()
        if found is not None:
            refresh(found)


def refresh_due(most: int = SWEPT_AT_ONCE) -> int:
    """Sum up what age has changed, and what was never summed up; returns how many assessments that were."""
    today = timezone.localdate()
    with scopes_disabled():
        rows = Assessment.objects.filter(Q(summed_until=None) | Q(summed_until__lte=today), archived_at=None)
        found = list(rows.order_by("organisation_id").values_list("pk", "organisation")[:most])
    for pk, organisation in found:
        _refresh_locked(pk, organisation)
    return len(found)
