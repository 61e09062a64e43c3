"""Translations of a questionnaire: every text by a key, tied to the English it was made from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, RootModel

from assessor.content import Document, read_yaml_file, validate
from assessor.errors import N_, ContentError, ContentErrors
from assessor.questionnaire.schema import Part, Questionnaire, Text

FOLDER = "i18n"
# Lists whose items carry an id of their own are keyed by it, so that a new item moves no key.
_KEYED_BY = {
    "dimensions": "id",
    "parties": "id",
    "profiles": "id",
    "questions": "id",
    "items": "id",
    "choices": "level",
    "remedies": "to",
}
# Everything a reader sees; all other fields are structure and are never translated.
_TEXT_FIELDS = frozenset(
    "title text why find_out evidence rulings event by because introduction inspired_by name meaning horizon short "
    "asks term means says unit".split()
)
# `levels` is text where a dimension says what each level means there, and a list of levels or numbers elsewhere.
_LEVELS = "levels"


class Translation(Part):
    """One translated text, and the first 12 hex digits of the sha256 of the English it was made from."""

    of: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    text: Text


class _File(RootModel[dict[str, Translation]]):
    pass


@dataclass(frozen=True)
class Overlay:
    """The translations into one language (two letters), by key, with the document and line of each."""

    language: str
    texts: Mapping[str, Translation]
    places: Mapping[str, tuple[str, int]]

    def hash(self) -> str:
        """Return the sha256 of what it says, which a report keeps beside the hash of the questionnaire."""
        told = "\n".join(f"{key}\t{one.of}\t{one.text}" for key, one in sorted(self.texts.items()))
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class OverlayFault:
    """A text that is `missing`, `stale` (the English changed since) or `unknown` (nothing has that key)."""

    key: str
    kind: str
    place: str = ""

    def sentence(self) -> str:
        """Return the fault in one line."""
        said = {
            "missing": "is not translated",
            "stale": "was made from another English text",
            "unknown": "translates nothing in this questionnaire",
        }[self.kind]
        return f"{self.place}: {self.key} {said}" if self.place else f"{self.key} {said}"


def source_hash(text: str) -> str:
    """Return what ties a translation to its source: 12 hex digits of the sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def texts(questionnaire: Questionnaire) -> dict[str, str]:
    """Return every translatable text by its key, in the order of the questionnaire."""
    return dict(_texts(questionnaire.model_dump(mode="json"), (), ""))


def _texts(value: Any, path: tuple[str, ...], field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name), name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            key = _KEYED_BY.get(field)
            yield from _texts(inner, (*path, str(inner[key]) if key and isinstance(inner, dict) else str(index)), field)
    elif isinstance(value, str) and value and _is_text(path, field):
        yield ".".join(path), value


def _is_text(path: tuple[str, ...], field: str) -> bool:
    if field == _LEVELS:
        return path[0] == "dimensions"
    if field == "title" and len(path) == 1:
        return True
    # The source of a reference and the ids beside it stay as they are, whatever the language.
    return field in _TEXT_FIELDS and "references" not in path


def faults(questionnaire: Questionnaire, overlay: Overlay) -> list[OverlayFault]:
    """Return what an overlay lacks or has too much, in the order of the questionnaire; [] when it is complete."""
    return faults_against(texts(questionnaire), overlay)


def faults_against(source: Mapping[str, str], overlay: Overlay) -> list[OverlayFault]:
    """Return what an overlay lacks, has too much or has of an older text, given the texts it translates, by key."""
    found = []
    for key, text in source.items():
        translation = overlay.texts.get(key)
        if translation is None:
            found.append(OverlayFault(key, "missing"))
        elif translation.of != source_hash(text):
            found.append(OverlayFault(key, "stale", _place(overlay, key)))
    found += [OverlayFault(key, "unknown", _place(overlay, key)) for key in overlay.texts if key not in source]
    return found


def _place(overlay: Overlay, key: str) -> str:
    source, line = overlay.places.get(key, ("", 0))
    return f"{source}, line {line}" if line else source


def translate(questionnaire: Questionnaire, overlay: Overlay) -> Questionnaire:
    """Return the questionnaire in the language of the overlay.

    A question that lacks a text, or has a stale one, stays whole in the source language and is named in `foreign`:
    half of each would help nobody. Ids, levels, weights and the hash are those of the source, so a score is the same
    in every language.
    """
    data = questionnaire.model_dump(mode="json")
    fallbacks: set[str] = set()
    translated = _replaced(data, (), "", overlay, fallbacks)
    foreign = {
        one.id for one in questionnaire.questions if any(key.startswith(f"questions.{one.id}.") for key in fallbacks)
    }
    translated["questions"] = [
        source if source["id"] in foreign else ours
        for source, ours in zip(data["questions"], translated["questions"], strict=True)
    ]
    translated["language"] = overlay.language
    return Questionnaire.model_validate(translated).in_place_of(questionnaire, frozenset(foreign))


def _replaced(value: Any, path: tuple[str, ...], field: str, overlay: Overlay, fallbacks: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(inner, (*path, name), name, overlay, fallbacks) for name, inner in value.items()}
    if isinstance(value, list):
        key = _KEYED_BY.get(field)
        return [
            _replaced(
                inner,
                (*path, str(inner[key]) if key and isinstance(inner, dict) else str(index)),
                field,
                overlay,
                fallbacks,
            )
            for index, inner in enumerate(value)
        ]
    if isinstance(value, str) and value and _is_text(path, field):
        name = ".".join(path)
        found = overlay.texts.get(name)
        if found is not None and found.of == source_hash(value):
            return found.text
        fallbacks.add(name)
    return value


def overlay_files(folder: Path, language: str) -> list[Path]:
    """Return the files of one language beside a questionnaire: `i18n/de.yaml` and those in `i18n/de/`."""
    single = folder / FOLDER / f"{language}.yaml"
    return [*([single] if single.exists() else []), *sorted((folder / FOLDER / language).glob("*.yaml"))]


def languages(folder: Path) -> list[str]:
    """Return the languages, two letters each, in which a questionnaire's folder has translations."""
    home = folder / FOLDER
    names = {path.stem for path in home.glob("*.yaml")} | {path.parent.name for path in home.glob("*/*.yaml")}
    return sorted(names)


def load_overlay(folder: Path, language: str) -> Overlay:
    """Read the translations of one language; raises `ContentErrors` for a wrong file or a key given twice."""
    found: dict[str, Translation] = {}
    places: dict[str, tuple[str, int]] = {}
    for path in overlay_files(folder, language):
        try:
            document = read_yaml_file(path)
        except ContentError as error:
            raise ContentErrors([error]) from error
        for key, translation in validate(_File, document).root.items():
            if key in found:
                raise ContentErrors([_twice(document, key, places[key][0])])
            found[key], places[key] = translation, (document.source, document.line((key,)))
    return Overlay(language, found, places)


def _twice(document: Document, key: str, first: str) -> ContentError:
    return document.error(
        (key,), N_("“{key}” is translated in {first} already."), N_("Keep one of the two."), key=key, first=first
    )


def skeleton(questionnaire: Questionnaire, overlay: Overlay, prefix: str = "") -> str:
    """Return YAML with every missing or stale entry whose key begins with `prefix`, the English as comment above it."""
    source = texts(questionnaire)
    lines: list[str] = []
    for fault in faults(questionnaire, overlay):
        if fault.kind == "unknown" or not fault.key.startswith(prefix):
            continue
        english = " ".join(source[fault.key].split())
        lines += [f"# {english}", f'{fault.key}: {{of: "{source_hash(source[fault.key])}", text: ""}}', ""]
    return "\n".join(lines)
