"""What is new for one person, in words: comments that name them, and what was assigned to them."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from assessor.models import Assessment, Mention, User
from assessor.services import assigned, commenting, news
from assessor.services.questionnaires import questionnaire_of
from assessor.views.comments import place_of

# So many of the latest; older ones stand at their questions and under “Mine”.
MOST = 50
MOST_ASSIGNED = 500


@dataclass(frozen=True)
class ForOne:
    """What is new for a person, the latest first, and how much of what they are asked for is due."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    overdue: int = 0
    soon: int = 0


def news_for(user: User, *, everything: bool) -> ForOne:
    """Return what is new for a person in the organisation in scope; with `everything` what they have read too.

    Four queries; none in laptop mode, where nobody else is there to name or to ask somebody.
    """
    if settings.MODE == "laptop":
        return ForOne()
    mentions = list((commenting.mentions_of(user) if everything else news.new_mentions(user))[:MOST])
    allowed = {one.comment.assessment_id: assigned.allowed_in(one.comment.assessment) for one in mentions}
    rows = [_mention(one) for one in mentions if _is_open(allowed[one.comment.assessment_id], one)]
    standing = assigned.standings(list(assigned.assigned_to(user)[:MOST_ASSIGNED]))
    rows += [
        {
            "kind": "assigned",
            "id": one.row.pk,
            "at": one.row.assigned_at,
            "is_read": one.row.seen_at,
            "one": one,
            "title": one.title,
        }
        for one in standing
        if everything or one.row.seen_at is None
    ]
    states = [one.state for one in standing]
    latest = sorted(rows, key=lambda row: row["at"], reverse=True)[:MOST]
    return ForOne(latest, states.count("overdue"), states.count("soon"))


def _is_open(allowed: frozenset[str] | None, row: Mention) -> bool:
    return allowed is None or row.comment.question in allowed


def _mention(row: Mention) -> dict[str, Any]:
    comment = row.comment
    return {
        "kind": "mention",
        "id": row.pk,
        "at": comment.made_at,
        "is_read": row.read_at,
        "comment": comment,
        "title": _title(comment.assessment, comment.question),
        "place": place_of(comment),
    }


def _title(assessment: Assessment, question: str) -> str:
    found = questionnaire_of(assessment.questionnaire_version.content_hash).question(question)
    return found.title if found is not None else question
