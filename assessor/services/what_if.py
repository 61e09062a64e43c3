"""Keeping what was tried in the sandbox: all of it as real answers, or nothing."""

from collections.abc import Mapping

from django.db import transaction

from assessor.models import Assessment, User
from assessor.scoring.what_if import Change
from assessor.services.answers import save_answer


@transaction.atomic
def keep_changes(
    assessment: Assessment,
    changes: Mapping[str, Change],
    notes: Mapping[str, str],
    versions: Mapping[str, int],
    user: User,
) -> int:
    """Save every change as the answer about the weakest critical workload and return how many there were.

    `notes` are the notes to keep with them, `versions` those the person saw (0: no answer yet). Raises what
    `save_answer` raises, and then nothing is kept.
    """
    for question, change in changes.items():
        save_answer(
            assessment,
            question,
            change.state,
            change.level,
            notes.get(question, ""),
            user,
            versions.get(question),
            value=list(change.value) if isinstance(change.value, tuple) else change.value,
        )
    return len(changes)
