"""Sign a round off in one call, as its only author does on a laptop."""

from assessor.models import Assessment, SignOff, User
from assessor.services import rounds


def sign(assessment: Assessment, user: User) -> SignOff:
    """Submit the round and sign what it says now."""
    rounds.submit(assessment, user)
    assessment.refresh_from_db(fields=["status", "submitted_at"])
    return rounds.sign_off(assessment, user, rounds.seen(assessment))
