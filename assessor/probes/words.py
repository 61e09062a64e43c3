"""Words for findings: a title and a meaning for every code, from `catalogue/findings.yaml`."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from pydantic import field_validator

from assessor.content import validate
from assessor.errors import N_
from assessor.evidence import Code, Finding
from assessor.probes.drills.wording import STATES
from assessor.probes.products import Row, packaged_yaml, server_of_owner
from assessor.probes.recognise import shown
from assessor.probes.result import Behind
from assessor.retelling import retold, retold_parts

# Parameters that hold a day, or a moment of which only the day matters; a server's own words are under other names.
_DAYS = {"ends", "date"}
_MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_DAY = N_("{day} {month} {year}")
# Parameters that may hold a phrase of ours; every other is a server's word, which is quoted.
_PHRASES = {"because", "memory", "region", "why"}
_FIELD = re.compile(r"\{([a-z_]+)(?:\|([^}]*))?\}")


class Words(Row):
    """Words for a code and all that lie below it; `{name}` takes a parameter, `{name|or this}` has a default."""

    code: Code
    title: str
    meaning: str

    @field_validator("title", "meaning")
    @classmethod
    def _is_a_template(cls, text: str) -> str:
        if "{" in _FIELD.sub("", text) or "}" in _FIELD.sub("", text):
            raise ValueError("write a parameter as {name} or {name|default}")
        return text


class Wording(Row):
    """The file of words."""

    words: tuple[Words, ...]


@lru_cache(maxsize=1)
def wording() -> dict[str, Words]:
    """Return the words by code; raises `ContentError` when the file is wrong."""
    return {words.code: words for words in validate(Wording, packaged_yaml("findings.yaml")).words}


def words_for(code: str) -> Words | None:
    """Return the words of a code, or of the nearest code above it."""
    while code:
        if found := wording().get(code):
            return found
        code = code.rpartition(".")[0]
    return None


def finding_title(finding: Finding, translate: Callable[[str], str] = str) -> str:
    """Return what was found, in a few words."""
    words = words_for(finding.code)
    return _filled(translate(words.title), finding, translate) if words else finding.code


def finding_meaning(finding: Finding, translate: Callable[[str], str] = str) -> str:
    """Return what the finding says about sovereignty, and what it does not say."""
    words = words_for(finding.code)
    return _filled(translate(words.meaning), finding, translate) if words else ""


def _filled(template: str, finding: Finding, translate: Callable[[str], str]) -> str:
    """Fill a template by plain replacement: a server's words are never read as a template themselves."""

    def value(match: re.Match[str]) -> str:
        given = finding.params.get(match.group(1))
        if given is None or given == "":
            return match.group(2) if match.group(2) is not None else finding.code.rpartition(".")[2]
        if match.group(1) in _DAYS:
            return day_in_words(str(given), translate)
        return phrase(match.group(1), shown(given), translate)

    return _FIELD.sub(value, template)


def phrase(name: str, text: str, translate: Callable[[str], str] = str) -> str:
    """Return a parameter of a finding as people read it, by its name."""
    if name == "program":
        return server_of_owner(text)
    if name == "why" and text in STATES:
        return translate(STATES[text])
    return retold_parts(text, translate) if name in _PHRASES else text


def behind_words(item: Behind, translate: Callable[[str], str] = str) -> str:
    """Return who stands behind, by name: a vendor's or a program's, else what is known of it."""
    return retold(server_of_owner(item.provider), translate)


def day_in_words(text: str, translate: Callable[[str], str] = str) -> str:
    """Return a day or a moment of ISO 8601 as pages print days, "21 November 2026"; what is neither stays as it is."""
    try:
        day = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return shown(text)
    return translate(_DAY).format(day=day.day, month=translate(_MONTHS[day.month - 1]), year=day.year)
