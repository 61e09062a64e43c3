"""The answer file: one YAML file that holds a whole assessment, read with the same care as a questionnaire."""

import textwrap
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assessor.content import Document, read_yaml_file, validate
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.proofs import Attached, weigh
from assessor.scoring.scorecard import AnswerState, GivenAnswer
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services.answers import check_answer
from assessor.services.assessments import ScopeFacts

STATES = ("unknown", "not-applicable", "not-asked")
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


def _plain(value: Any) -> Any:
    """Accept `2`, `unknown` and the like for the long form with a mapping."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"level": value}
    if isinstance(value, str):
        return {"state": value}
    return value


class Part(BaseModel):
    """A part of the file; a key that is not known is refused (so nobody can claim an evidence tier)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEvidence(Part):
    """One piece of evidence: facts only; the tier follows from them."""

    kind: EvidenceKind
    description: Annotated[str, Field(min_length=1, max_length=300)]
    place: Annotated[str, Field(max_length=300)] = ""
    version: Annotated[str, Field(max_length=100)] = ""
    taken_on: date | None = None
    expires_on: date | None = None
    read: bool = False
    pass_mark: Annotated[str, Field(max_length=300)] = ""
    minutes: Annotated[int, Field(ge=0, le=5_000_000)] = 0
    passed: bool = False
    share_of_load: Annotated[int, Field(ge=0, le=100)] | None = None
    result: Annotated[str, Field(max_length=2000)] = ""
    witness: Annotated[str, Field(max_length=200)] = ""
    link: Annotated[str, Field(max_length=500)] = ""

    @property
    def facts(self) -> EvidenceFacts:
        """The facts that decide the tier."""
        return EvidenceFacts(**self.model_dump(exclude={"description", "witness", "link"}))


class FileAnswer(Part):
    """One answer: `level`, or `state` when there is none."""

    level: Annotated[int, Field(ge=0, le=9)] | None = None
    state: AnswerState | None = None
    note: Annotated[str, Field(max_length=4000)] = ""
    evidence: tuple[FileEvidence, ...] = Field(default=(), max_length=50)

    @property
    def answer_state(self) -> AnswerState:
        """The state in force: answered when a level is given."""
        return "answered" if self.level is not None else self.state or "not-asked"


class FileOrganisation(Part):
    """Whose AI, under whose law."""

    name: ShortText
    home_jurisdictions: tuple[ShortText, ...] = Field(min_length=1, max_length=20)


class FileWorkload(Part):
    """The workload every answer is about; `tolerance_hours` is the longest stop its owner has signed for."""

    name: ShortText
    owner: Annotated[str, Field(max_length=200)] = ""
    criticality: Literal["critical", "important", "supporting"] = "critical"
    tolerance_hours: Annotated[float, Field(ge=0, le=100_000)] | None = None


class FileEndpoint(Part):
    """An endpoint; its key comes from the environment variable `key_env`, never from the file."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    role: Literal["model", "safety", "embedding", "tools", "fallback"] = "model"
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,100}$")] | None = None
    key_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,80}$")] = "Authorization"
    ca_file: Path | None = None
    root_paths: bool = False
    allow_chat: bool = False


class AnswerFile(Part):
    """The whole file."""

    questionnaire: ShortText
    scope: Literal["quick", "full"] = "quick"
    title: Annotated[str, Field(max_length=200)] = ""
    assessor: Annotated[str, Field(max_length=200)] = ""
    organisation: FileOrganisation
    workload: FileWorkload
    answers: dict[str, Annotated[FileAnswer, BeforeValidator(_plain)]] = Field(default_factory=dict)
    endpoints: tuple[FileEndpoint, ...] = Field(default=(), max_length=100)

    @property
    def facts(self) -> ScopeFacts:
        """The scope as the services want it."""
        return ScopeFacts(
            organisation=self.organisation.name,
            home_jurisdictions=self.organisation.home_jurisdictions,
            workload=self.workload.name,
            workload_owner=self.workload.owner,
            criticality=self.workload.criticality,
            tolerance_hours=self.workload.tolerance_hours,
            title=self.title,
        )

    def given(self, today: date, questionnaire: Questionnaire) -> dict[str, GivenAnswer]:
        """Return the answers as the score sees them; `questionnaire` says what each kind of evidence proves."""
        questions = {question: questionnaire.question(question) for question in self.answers}
        return {
            question: GivenAnswer(
                question=question,
                state=answer.answer_state,
                level=answer.level,
                proofs=weigh(asked, [Attached(row.facts, answer.level or 0) for row in answer.evidence], today)
                if (asked := questions[question]) is not None
                else (),
            )
            for question, answer in self.answers.items()
            if answer.answer_state != "not-asked"
        }


def read_answer_file(path: Path) -> tuple[AnswerFile, Document]:
    """Read and check the shape of an answer file; raises `ContentError` or `ContentErrors`."""
    document = read_yaml_file(path)
    return validate(AnswerFile, document), document


def check_against(file: AnswerFile, questionnaire: Questionnaire, document: Document) -> None:
    """Raise `ContentErrors` for every answer that does not fit the questionnaire, each at its line."""
    faults: list[ContentError] = []
    known = {question.id: question for question in questionnaire.questions}
    for question_id, answer in file.answers.items():
        path = ("answers", question_id)
        question = known.get(question_id)
        if question is None:
            faults.append(
                document.error(
                    path,
                    N_("There is no question “{question}” in {questionnaire} {version}."),
                    N_("Known are: {known}."),
                    question=question_id,
                    questionnaire=questionnaire.id,
                    version=questionnaire.version,
                    known=", ".join(known),
                )
            )
            continue
        faults.extend(_answer_faults(answer, question, document, path))
    if faults:
        raise ContentErrors(faults)


def _answer_faults(
    answer: FileAnswer, question: Question, document: Document, path: tuple[str, str]
) -> list[ContentError]:
    if answer.level is not None and answer.state not in (None, "answered"):
        return [document.error(path, N_("An answer has either a level or a state."), N_("Take one of the two out."))]
    if answer.level is None and answer.state == "answered":
        return [document.error(path, N_("“answered” needs a level."), N_("Write the level instead."))]
    faults = []
    try:
        check_answer(question, answer.answer_state, answer.level)
    except AssessorError as error:
        faults.append(document.error(path, error.reason, error.remedy, **error.params))
    if answer.answer_state == "not-applicable" and not answer.note.strip():
        faults.append(document.error(path, N_("“Not applicable” needs a reason."), N_("Write it into “note”.")))
    if answer.evidence and answer.level is None:
        faults.append(
            document.error(path, N_("Evidence stands behind a level, and none is given."), N_("Give the level."))
        )
    return faults


def blank_file(questionnaire: Questionnaire, scope: Literal["quick", "full"] = "quick") -> str:
    """Return an answer file with every question and choice as comments, valid as it stands."""
    lines = [
        f"# {questionnaire.title} ({questionnaire.id} {questionnaire.version})",
        "# Write a level behind each question, or: unknown, not-applicable (with a note), not-asked.",
        f"questionnaire: {questionnaire.id}",
        f"scope: {scope}",
        'title: ""',
        'assessor: ""',
        "organisation:",
        "  name: Your organisation",
        "  home_jurisdictions: [Your country]",
        "workload:",
        "  name: Your most critical AI workload",
        '  owner: ""',
        "  criticality: critical  # critical, important, supporting",
        "  tolerance_hours: null  # the longest stop its owner has signed for",
        "# The long form of an answer, with evidence (the tier follows from the facts):",
        "#   data.example:",
        "#     level: 2",
        "#     note: why",
        "#     evidence:",
        f"#       - kind: contract  # {', '.join(kind.value for kind in EvidenceKind)}",
        "#         description: what it shows",
        "#         place: where it lies",
        '#         version: "1.0"',
        "#         taken_on: 2026-11-21",
        "#         read: true",
        "answers:",
    ]
    for question in questionnaire.asked(scope):
        lines += ["", *_comment(f"{question.id}: {question.text}")]
        for choice in question.choices:
            lines += _comment(f"{choice.level} = {choice.text}", "    ")
        lines.append(f"  {question.id}: not-asked")
    lines += [
        "",
        "# Endpoints that serve the workload; keys come from the environment, never from this file:",
        "#   - name: Gateway",
        "#     url: http://localhost:4000",
        "#     role: model  # model, safety, embedding, tools, fallback",
        "#     key_env: GATEWAY_KEY",
        "endpoints: []",
        "",
    ]
    return "\n".join(lines)


def _comment(text: str, indent: str = "") -> list[str]:

    folded = textwrap.wrap(" ".join(text.split()), 110 - len(indent), subsequent_indent=indent)
    return [f"  # {indent}{line}" for line in folded]
