"""The words that stand for answers in a workbook, and back from words to answers in whatever language they are."""

import re
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from assessor.models import Answer, Evidence, Workload
from assessor.questionnaire.schema import Question

LONGEST = 160
_LEVEL = re.compile(r"\s*(\d)(?:\.0)?\s*(?:·.*)?", re.DOTALL)
STATES = (Answer.State.UNKNOWN, Answer.State.NOT_APPLICABLE, Answer.State.NOT_ASKED)


def yes_no() -> dict[str, str]:
    """Return the words for yes and no."""
    return {"yes": _("Yes"), "no": _("No")}


def states(question: Question) -> dict[str, str]:
    """Return the words for an answer that is none, as far as the question takes them."""
    offered = [one for one in STATES if one != Answer.State.NOT_APPLICABLE or question.may_not_apply]
    return {str(one.value): str(one.label) for one in offered}


def rung(level: int, text: str) -> str:
    """Return a rung as one line of a list: its level, and as much of its text as fits."""
    line = f"{level} · {' '.join(text.split())}"
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def offered(question: Question) -> list[str]:
    """Return the lines one can choose from, in order; [] where something is typed instead."""
    if question.kind == "ladder":
        own = [rung(choice.level, choice.text) for choice in question.choices]
    elif question.kind == "yes-no":
        own = list(yes_no().values())
    elif question.kind == "checklist":
        own = []
    else:
        return []
    return own + list(states(question).values())


def kinds() -> dict[str, str]:
    """Return the words for the kinds of evidence."""
    return {str(one.value): str(one.label) for one in Evidence.Kind}


def criticalities() -> dict[str, str]:
    """Return the words for how critical a workload is."""
    return {str(one.value): str(one.label) for one in Workload.Criticality}


def all_states() -> dict[str, str]:
    """Return the words for every state without an answer."""
    return {str(one.value): str(one.label) for one in STATES}


@lru_cache(maxsize=8)
def _in_every_language(words: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Return {word in small letters: code} of every language, the codes themselves among them."""
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {_folded(word): code for code, word in words().items()}
    return found | {code: code for code in words()}


def _folded(word: str) -> str:
    return " ".join(word.replace("’", "'").split()).casefold()


def code_of(words: Callable[[], dict[str, str]], text: str) -> str | None:
    """Return what a word of a list stands for, in whatever language it was chosen; None for another word."""
    return _in_every_language(words).get(_folded(text))


def level_of(text: str) -> int | None:
    """Return the level at the front of a chosen rung, or of a bare number; None for other words."""
    found = _LEVEL.fullmatch(text)
    return int(found[1]) if found else None
