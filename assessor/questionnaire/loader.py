"""From a YAML file to a checked questionnaire; every fault names file, line, reason and remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assessor.content import Document, read_yaml_file, validate
from assessor.errors import N_, ContentError, ContentErrors
from assessor.questionnaire.crosscheck import cross_faults
from assessor.questionnaire.schema import Questionnaire

FILE_NAME = "questionnaire.yaml"
PARTS_FOLDER = "questions"
GLOSSARY_FILE = "glossary.yaml"

# What to write where a value does not fit; keyed by the name of the field.
_REMEDIES = {
    "id": N_("Write lower-case letters, digits and hyphens; a question is “dimension.subject”."),
    "dimension": N_("Write the id of one of the dimensions above."),
    "version": N_("Write year and month in quotes, such as “2026.11”."),
    "language": N_("Write the two letters of the language, such as “en”."),
    "level": N_("Write a level of the scale as a whole number."),
    "to": N_("Write the level that the step leads to, as a whole number."),
    "supports": N_("Give either supports or caps, as a level of the scale."),
    "caps": N_("Give either supports or caps, as a level of the scale."),
    "weight": N_("Write 1, 2 or 3."),
    "proof": N_("Write declared, documented, observed or tested."),
    "kind": N_("Write ladder, checklist, yes-no, text, number or date."),
    "is": N_("Write “yes” or “no” in quotes."),
    "effort": N_("Write two numbers of person-days, the lower first: [2, 5]."),
    "checked": N_("Write the day of the check as year-month-day."),
    "code": N_("Write a finding code or the beginning of one, such as “hosted” or “safety.hosted”."),
    "levels": N_("List the levels from 0 upward without a gap."),
}
_TEXT_REMEDY = N_("Write text here; put it in quotes if it contains a colon, or looks like a number.")
_ANY_REMEDY = N_("See questionnaires/README.md for what belongs here.")


def read_questionnaire(path: Path) -> Document:
    """Read one questionnaire with the files of questions beside it; raises `ContentErrors`.

    Questions may lie in files of their own in the folder `questions`, one file for each dimension; the glossary in
    `glossary.yaml`.
    """
    try:
        document = read_yaml_file(path)
        if path.name == FILE_NAME and isinstance(document.data, dict):
            files = sorted((path.parent / PARTS_FOLDER).glob("*.yaml"), key=_place(document.data))
            document = document.joined("questions", [read_yaml_file(file) for file in files])
            words = [file for file in [path.parent / GLOSSARY_FILE] if file.exists()]
            return document.joined("glossary", [read_yaml_file(file) for file in words])
    except ContentError as error:
        raise ContentErrors([error]) from error
    return document


def load_questionnaire(path: Path) -> Questionnaire:
    """Read and check one questionnaire; raises `ContentErrors` with every fault in the order of its lines."""
    document = read_questionnaire(path)
    questionnaire = parse_questionnaire(document)
    if path.name == FILE_NAME and path.resolve().parent.name != questionnaire.id:
        raise ContentErrors(
            [
                document.error(
                    ("id",),
                    N_("The id “{id}” is not the name of the folder, “{folder}”."),
                    N_("Give both the same name."),
                    id=questionnaire.id,
                    folder=path.resolve().parent.name,
                )
            ]
        )
    return questionnaire


def _place(data: dict[str, Any]) -> Callable[[Path], tuple[int, str]]:
    """Return the sort key that puts the files of questions into the order of the dimensions they are named after."""
    dimensions = data.get("dimensions")
    ids = [one.get("id") for one in dimensions if isinstance(one, dict)] if isinstance(dimensions, list) else []
    return lambda file: (ids.index(file.stem) if file.stem in ids else len(ids), file.name)


def parse_questionnaire(document: Document) -> Questionnaire:
    """Build a questionnaire from parsed YAML; raises `ContentErrors`."""
    if not isinstance(document.data, dict):
        fault = document.error(
            (),
            N_("There is no questionnaire in this file."),
            N_("Begin with id, version, language and title; see questionnaires/README.md."),
        )
        raise ContentErrors([fault])
    try:
        questionnaire = validate(Questionnaire, document)
    except ContentErrors as faults:
        raise ContentErrors([_with_remedy(fault) for fault in faults.errors if not _echoes(fault, faults)]) from faults
    dangling = list(cross_faults(questionnaire, document))
    if dangling:
        raise ContentErrors(dangling)
    return questionnaire


def from_canonical(data: dict[str, Any]) -> Questionnaire:
    """Build a questionnaire from stored content, which was checked when it was stored; raises `ContentErrors`."""
    try:
        return Questionnaire.model_validate(data)
    except ValidationError as error:
        fault = ContentError(
            N_("Stored content does not fit this version of the program: {problem}."),
            source=str(data.get("id", "questionnaire")),
            remedy=N_("Open it with the version that stored it."),
            problem=error.errors(include_url=False)[0]["msg"],
        )
        raise ContentErrors([fault]) from error


def find_questionnaires(folder: Path) -> dict[str, Path]:
    """Return the questionnaire files below `folder` by the name of the folder each lies in; {} where there is none."""
    return {path.parent.name: path for path in sorted(folder.glob(f"*/{FILE_NAME}"))}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a questionnaire file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Questionnaire.model_json_schema()}


def _echoes(fault: ContentError, faults: ContentErrors) -> bool:
    """Tell whether a list is called too short only because its items are faulty, which is told already."""
    inside = f"{fault.params.get('where', '')}."
    return "after validation" in str(fault.params.get("problem")) and any(
        str(other.params.get("where", "")).startswith(inside) for other in faults.errors
    )


def _with_remedy(fault: ContentError) -> ContentError:
    where = str(fault.params.get("where", "")).split(".")
    too_short = fault.remedy and where[-1].isdigit()
    if fault.remedy and not too_short:
        return fault
    names = [name for name in reversed(where) if not name.isdigit()]
    fallback = _TEXT_REMEDY if "valid string" in str(fault.params.get("problem")) else _ANY_REMEDY
    remedy = next((_REMEDIES[name] for name in names[:2] if name in _REMEDIES), fallback)
    reason = N_("“{where}” is missing: the list is too short.") if too_short else fault.reason
    return ContentError(reason, source=fault.source, line=fault.line, remedy=remedy, **fault.params)
