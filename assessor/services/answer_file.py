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
from assessor.services.answers import Value, check_answer
from assessor.services.assessments import ScopeFacts

ANSWER_STATES = ("answered", "unknown", "not-applicable", "not-asked")
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


def _plain(value: Any) -> Any:
    """Accept `2`, `unknown`, `yes`, a list of items and the like for the long form with a mapping."""
    if isinstance(value, bool):
        # YAML reads a bare yes as true; that is what was meant.
        return {"value": "yes" if value else "no"}
    if isinstance(value, int):
        return {"level": value}
    if isinstance(value, str):
        return {"state": value} if value in ANSWER_STATES else {"value": value}
    if isinstance(value, list | float):
        return {"value": value}
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
    """One answer: the `level` of a ladder, the `value` of another question, or `state` when there is neither.

    A value is a list of items that are so, “yes” or “no”, a text, a number or a day. A bare number stands for a level
    or for the number asked for, as the question is.
    """

    level: Annotated[int, Field(ge=0)] | None = None
    value: bool | float | Annotated[str, Field(max_length=2000)] | tuple[ShortText, ...] | None = None
    state: AnswerState | None = None
    note: Annotated[str, Field(max_length=4000)] = ""
    evidence: tuple[FileEvidence, ...] = Field(default=(), max_length=50)

    @property
    def answer_state(self) -> AnswerState:
        """The state in force: answered when a level or a value is given."""
        given = self.level is not None or self.value is not None
        return "answered" if given else self.state or "not-asked"

    def fitted(self, question: Question) -> tuple[int | None, Value]:
        """Return level and value as the question keeps them; raises `AnswerRefused` where they are no answer to it."""
        value: Any = list(self.value) if isinstance(self.value, tuple) else self.value
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if question.kind in ("number", "text") and value is None and self.level is not None:
            value = self.level if question.kind == "number" else str(self.level)
        if question.kind == "checklist" and value is None:
            # A level alone says which items are so: all that take part up to it.
            value = [item.id for item in question.items if item.level <= (self.level or 0)]
        if question.kind == "yes-no" and value is None and self.level is not None and question.scored:
            value = next((side for side in ("no", "yes") if question.level_of(side) == self.level), None)
        return check_answer(question, self.answer_state, self.level, value)


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
        given: dict[str, GivenAnswer] = {}
        for name, answer in self.answers.items():
            question = questionnaire.question(name)
            if question is None or answer.answer_state == "not-asked":
                continue
            level, value = answer.fitted(question)
            given[name] = GivenAnswer(
                question=name,
                state=answer.answer_state,
                level=level,
                value=tuple(value) if isinstance(value, list) else value,
                proofs=weigh(question, [Attached(row.facts, level or 0) for row in answer.evidence], today),
            )
        return given


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
    given = answer.level is not None or answer.value is not None
    if given and answer.state not in (None, "answered"):
        return [document.error(path, N_("An answer has either a level or a state."), N_("Take one of the two out."))]
    if not given and answer.state == "answered":
        return [document.error(path, N_("“answered” needs a level."), N_("Write the level instead."))]
    faults, level = [], None
    try:
        level, _value = answer.fitted(question)
    except AssessorError as error:
        faults.append(document.error(path, error.reason, error.remedy, **error.params))
    if answer.answer_state == "not-applicable" and not answer.note.strip():
        faults.append(document.error(path, N_("“Not applicable” needs a reason."), N_("Write it into “note”.")))
    if answer.evidence and level is None and not faults:
        faults.append(
            document.error(path, N_("Evidence stands behind a level, and none is given."), N_("Give the level."))
        )
    return faults


def blank_file(questionnaire: Questionnaire, scope: Literal["quick", "full"] = "quick") -> str:
    """Return an answer file with every question and what can be answered as comments, valid as it stands."""
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
        "  name: Your most critical workload",
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
        for line in _answers_to(question):
            lines += _comment(line, "    ")
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


def _answers_to(question: Question) -> list[str]:
    """Return what can be written behind a question, a line each."""
    match question.kind:
        case "ladder":
            return [f"{choice.level} = {choice.text}" for choice in question.choices]
        case "checklist":
            return [
                "a list of what is so, such as [first, second], or [] for nothing:",
                *(f"{item.id} (level {item.level}) = {item.text}" for item in question.items),
            ]
        case "yes-no":
            sides = (("yes", question.if_yes), ("no", question.if_no))
            return [f"{name} = {side.text}" if side is not None else name for name, side in sides]
        case "number":
            return [f"a number{f' ({question.unit})' if question.unit else ''}"]
        case "date":
            return ["a day, written 2026-11-21"]
        case _:
            return ["a few words in quotes"]


def _comment(text: str, indent: str = "") -> list[str]:

    folded = textwrap.wrap(" ".join(text.split()), 110 - len(indent), subsequent_indent=indent)
    return [f"  # {indent}{line}" for line in folded]
