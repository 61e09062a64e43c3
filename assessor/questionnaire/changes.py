"""What parts two versions of a questionnaire: which questions stayed, were reworded, came or went."""

from dataclasses import dataclass
from typing import Literal

from assessor.questionnaire.schema import Question, Questionnaire

ChangeKind = Literal["unchanged", "reworded", "rebuilt", "new", "gone"]

# What a person reads before answering: a change here asks for another look at the answer.
_ASKED = ("text", "choices", "items", "if_yes", "if_no", "rulings", "unit", "least", "most")
# What decides what an answer is worth, though the same words are read.
_WEIGHED = ("weight", "gate", "proof", "may_not_apply", "findings", "show_if", "dimension")


@dataclass(frozen=True)
class Change:
    """One question in both versions.

    `kind` is `unchanged`, `reworded` (asked in other words, or weighed otherwise: the answer is kept and wants another
    look), `rebuilt` (another kind or other levels), `new` or `gone`. `fields` names what differs.
    """

    question: str
    kind: ChangeKind
    fields: tuple[str, ...] = ()


def compare(old: Questionnaire, new: Questionnaire) -> tuple[Change, ...]:
    """Return a change for every question of either version, in the order of the new one, what is gone at the end."""
    changes = []
    for question in new.questions:
        before = old.question(question.id)
        changes.append(_change(before, question) if before is not None else Change(question.id, "new"))
    changes += [Change(one.id, "gone") for one in old.questions if new.question(one.id) is None]
    return tuple(changes)


def _change(before: Question, after: Question) -> Change:
    differing = tuple(name for name in (*_ASKED, *_WEIGHED) if getattr(before, name) != getattr(after, name))
    if before.kind != after.kind or before.levels != after.levels:
        return Change(after.id, "rebuilt", differing)
    return Change(after.id, "reworded" if differing else "unchanged", differing)
