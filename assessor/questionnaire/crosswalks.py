"""What a crosswalk can be held to once the other questionnaire lies beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from assessor.errors import N_, ContentErrors
from assessor.questionnaire.lint import LintFault
from assessor.questionnaire.loader import FILE_NAME, load_questionnaire
from assessor.questionnaire.schema import CrosswalkRow, Questionnaire

RULE = "crosswalk"


def lint_crosswalks(questionnaire: Questionnaire, others: Mapping[str, Questionnaire]) -> list[LintFault]:
    """Return what is to be mended in the crosswalks of a questionnaire; [] when they are clean.

    `others` are the questionnaires at hand, by id. Rows from one that is not at hand are held to their own words only.
    """
    return [
        fault
        for crosswalk in questionnaire.crosswalk
        for row in crosswalk.rows
        for fault in _row_faults(
            row, f"crosswalk {crosswalk.dimension}, {row.question}", others, crosswalk.questionnaire
        )
    ]


def _row_faults(
    row: CrosswalkRow, place: str, others: Mapping[str, Questionnaire], questionnaire: str
) -> Iterator[LintFault]:
    if not row.about:
        yield LintFault(
            place,
            RULE,
            N_("The row does not say which questions it speaks about."),
            N_("List their ids under about, so that a reader sees how much of the dimension is covered."),
        )
    other = others.get(questionnaire)
    if other is None:
        return
    question = other.question(row.question)
    if question is None or not question.scored:
        yield LintFault(
            place,
            RULE,
            N_("“{questionnaire}” has no scored question of this id."),
            N_("Name one of its scored questions; the row says nothing otherwise."),
            {"questionnaire": questionnaire},
        )
    if len(row.levels) != other.scale.top + 1:
        yield LintFault(
            place,
            RULE,
            N_("The row has {count} levels, and the scale of “{questionnaire}” has {levels}."),
            N_("Write one for each, from 0 upward."),
            {"count": len(row.levels), "questionnaire": questionnaire, "levels": other.scale.top + 1},
        )


def beside(path: Path, questionnaire: Questionnaire) -> dict[str, Questionnaire]:
    """Return the questionnaires that the crosswalks name and whose folders lie beside that of the file at `path`.

    One that is faulty itself is left out: it is checked on its own.
    """
    found = {}
    for name in {one.questionnaire for one in questionnaire.crosswalk}:
        file = path.resolve().parent.parent / name / FILE_NAME
        if file.exists():
            try:
                found[name] = load_questionnaire(file)
            except ContentErrors:
                continue
    return found
