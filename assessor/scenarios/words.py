"""Words for the codes of scenarios: a title and a meaning for each, in the languages there are overlays for."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from assessor.content import read_yaml_file, validate
from assessor.evidence import Code, Finding
from assessor.questionnaire.overlay import load_overlay, source_hash
from assessor.scenarios.graph import Part, ShortText, Text

FOLDER = Path(__file__).parent / "catalogue"
_FIELD = re.compile(r"\{([a-z_]+)(?:\|([^}]*))?\}")


class Words(Part):
    """Words for a code and all that lie below it; `{name}` takes a parameter, `{name|or this}` has a default."""

    code: Code
    title: ShortText
    meaning: Text


class Wording(Part):
    """The file of words."""

    words: tuple[Words, ...] = Field(min_length=1)


def texts() -> dict[str, str]:
    """Return every text by its key, `code.title` and `code.meaning`, in English."""
    return {f"{one.code}.{field}": getattr(one, field) for one in wording() for field in ("title", "meaning")}


@lru_cache(maxsize=1)
def wording() -> tuple[Words, ...]:
    """Return the words in English; raises `ContentErrors` when the file is wrong."""
    return validate(Wording, read_yaml_file(FOLDER / "findings.yaml")).words


@lru_cache(maxsize=8)
def _told(language: str) -> Mapping[str, str]:
    """Return every text by its key, in a language as far as it is translated."""
    ours = load_overlay(FOLDER, language).texts
    return {
        key: ours[key].text if key in ours and ours[key].of == source_hash(text) else text
        for key, text in texts().items()
    }


def title(finding: Finding, language: str = "en") -> str:
    """Return what a scenario showed, in a few words."""
    return _filled(finding, "title", language) or finding.code


def meaning(finding: Finding, language: str = "en") -> str:
    """Return what that says, and what it does not say."""
    return _filled(finding, "meaning", language)


def _filled(finding: Finding, field: str, language: str) -> str:
    told, code = _told(language[:2]), finding.code
    while code and f"{code}.{field}" not in told:
        code = code.rpartition(".")[0]

    def value(match: re.Match[str]) -> str:
        given = finding.params.get(match.group(1))
        if given is None or given == "":
            return match.group(2) or ""
        return f"{given:g}" if isinstance(given, float) else str(given)

    return _FIELD.sub(value, told[f"{code}.{field}"]) if code else ""
