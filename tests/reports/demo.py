"""The demo as a full assessment: every question of the questionnaire answered, two endpoints probed, in any language."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from django.utils import translation

from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Question
from assessor.reports.inputs import ReportInput
from assessor.scoring.tiers import EvidenceKind
from assessor.services import headless
from assessor.services.answer_file import FileAnswer, FileEvidence, read_answer_file
from assessor.services.questionnaires import installed

EXAMPLE = Path(__file__).parents[2] / "examples" / "regional-hospital.yaml"
MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NOTES = (
    "Said by the platform team in the interview of 12 November and read back to them.",
    "",
    "Holds for the discharge letters; the research group keeps its own arrangement, which is out of scope.",
)


def full_demo(language: str = "en", *, draft: bool = False) -> ReportInput:
    """Return the demo's assessment widened to the full questionnaire, with an answer to every question."""
    file, _document = read_answer_file(EXAMPLE)
    with translation.override(language):
        questionnaire = next(one for one in installed() if one.id == file.questionnaire)
        answers = {
            one.id: file.answers.get(one.id) or _answer(one, place) for place, one in enumerate(questionnaire.questions)
        }
        probes = {
            number: ProbeResult.model_validate_json(path.read_bytes())
            for number in range(len(file.endpoints))
            if (path := EXAMPLE.with_name(f"{EXAMPLE.stem}-probe-{number + 1}.json")).exists()
        }
        whole = file.model_copy(update={"scope": "full", "answers": answers})
        made = headless.report_input(whole, questionnaire, probes, MADE_AT)
        return replace(made, language=language, draft=draft, version=2)


def _answer(question: Question, place: int) -> FileAnswer:
    """Return an answer that differs from its neighbours: levels, notes and evidence in turn, some unknown."""
    note = NOTES[place % len(NOTES)]
    if place % 9 == 4:
        return FileAnswer(state="unknown", note="Asked on 12 November; nobody could say.")
    if question.kind in ("ladder", "checklist"):
        level = question.levels[min(place % 4, len(question.levels) - 1)]
        return FileAnswer(level=level, note=note, evidence=_evidence(place))
    if question.kind == "yes-no":
        return FileAnswer(value="yes", note=note, evidence=_evidence(place) if question.scored else ())
    if question.kind == "number":
        return FileAnswer(value=question.least or 1.0, note=note)
    return FileAnswer(value="2026-11-02" if question.kind == "date" else "The platform team keeps the list.", note=note)


def _evidence(place: int) -> tuple[FileEvidence, ...]:
    if place % 2:
        return ()
    return (
        FileEvidence(
            kind=EvidenceKind.CONFIGURATION,
            description=f"Export of the settings in force, sheet {place + 1}",
            place="repository platform, folder exports",
            version="2026-11-02",
            taken_on=date(2026, 11, 2),
            read=True,
        ),
    )
