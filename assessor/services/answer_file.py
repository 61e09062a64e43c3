"""The answer file: one YAML file that holds a whole assessment, read with the same care as a questionnaire."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assessor.content import Document, read_yaml_file, validate
from assessor.evidence import Code
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.proofs import Attached, weigh
from assessor.scoring.scorecard import AnswerState, GivenAnswer
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services.answers import Value, check_answer
from assessor.services.assessments import ScopeFacts

ANSWER_STATES = ("answered", "unknown", "not-applicable", "not-asked")
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
SHA256_PATTERN = r"^[0-9a-f]{64}$"
UUID_PATTERN = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"


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


class FileAttachment(Part):
    """A file behind evidence, by its content; the content itself travels in an archive only."""

    name: ShortText
    sha256: Annotated[str, Field(pattern=SHA256_PATTERN)]
    size: Annotated[int, Field(ge=1)]


# What a row of evidence says beside the facts that decide its tier.
BESIDE_FACTS = {"description", "witness", "link", "id", "for_level", "files"}


class FileEvidence(Part):
    """One piece of evidence: facts only; the tier follows from them.

    `observed_only` marks a drill whose own record does not make it a test; a file can say it, never undo it.
    `id` tells it from others when a file comes back. `for_level` is the level it was given for, where that is not the
    level of the answer any more.
    """

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
    observed_only: bool = False
    witness: Annotated[str, Field(max_length=200)] = ""
    link: Annotated[str, Field(max_length=500)] = ""
    id: Annotated[str, Field(pattern=UUID_PATTERN)] = ""
    for_level: Annotated[int, Field(ge=0, le=9)] | None = None
    files: tuple[FileAttachment, ...] = Field(default=(), max_length=10)

    @property
    def facts(self) -> EvidenceFacts:
        """The facts that decide the tier."""
        return EvidenceFacts(**self.model_dump(exclude=BESIDE_FACTS))

    def level_for(self, answered: int | None) -> int | None:
        """Return the level it was given for, that of the answer unless the file says otherwise."""
        return answered if self.for_level is None else self.for_level


class FileAnswer(Part):
    """One answer: the `level` of a ladder, the `value` of another question, or `state` when there is neither.

    `was` is the mark of the answer that stood when the file was made: by it a change in the file is told from a change
    made elsewhere meanwhile.

    A value is a list of items that are so, “yes” or “no”, a text, a number or a day. A bare number stands for a level
    or for the number asked for, as the question is.
    """

    level: Annotated[int, Field(ge=0)] | None = None
    value: bool | float | Annotated[str, Field(max_length=2000)] | tuple[ShortText, ...] | None = None
    state: AnswerState | None = None
    note: Annotated[str, Field(max_length=4000)] = ""
    evidence: tuple[FileEvidence, ...] = Field(default=(), max_length=200)
    was: Annotated[str, Field(pattern=r"^([0-9a-f]{12})?$")] = ""

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


class FurtherWorkload(FileWorkload):
    """A workload beyond the first, with the answers about it alone."""

    answers: dict[str, Annotated[FileAnswer, BeforeValidator(_plain)]] = Field(default_factory=dict)


class FileDispute(Part):
    """Somebody's objection to a finding; a decision made elsewhere is told and not obeyed."""

    endpoint: Annotated[str, Field(min_length=1, max_length=120)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    code: Code
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    raised_by: Annotated[str, Field(max_length=200)] = ""
    raised_at: datetime
    decision: Literal["accepted", "rejected"] | None = None
    decided_by: Annotated[str, Field(max_length=200)] = ""
    decided_at: datetime | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


class FileEndpoint(Part):
    """An endpoint; its key comes from the environment variable `key_env`, never from the file.

    `asks_key` tells that a key is asked for at each run. `workload` is the one it serves, the first unless named.
    `probes` are the sha256 of results that an archive brings with it. `removed` is why it was taken out.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    role: Literal["model", "safety", "embedding", "tools", "fallback"] = "model"
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,100}$")] | None = None
    key_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,80}$")] = "Authorization"
    ca_file: Path | None = None
    root_paths: bool = False
    allow_chat: bool = False
    workload: Annotated[str, Field(max_length=200)] = ""
    asks_key: bool = False
    ca_pem: Annotated[str, Field(max_length=20_000)] = ""
    probes: tuple[Annotated[str, Field(pattern=SHA256_PATTERN)], ...] = Field(default=(), max_length=100)
    removed: Annotated[str, Field(max_length=300)] = ""


class AnswerFile(Part):
    """The whole file.

    `questionnaire_version` and `questionnaire_content` (a hash) are written by the product, so that answers are not
    read against other words than those they were given to; a file written by hand may leave them out.
    """

    questionnaire: ShortText
    questionnaire_version: Annotated[str, Field(max_length=20)] = ""
    questionnaire_content: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    scope: Literal["quick", "full"] = "quick"
    title: Annotated[str, Field(max_length=200)] = ""
    assessor: Annotated[str, Field(max_length=200)] = ""
    organisation: FileOrganisation
    workload: FileWorkload
    profile: Annotated[str, Field(max_length=60)] = ""
    targets: dict[str, Annotated[int, Field(ge=0, le=9)]] = Field(default_factory=dict)
    answers: dict[str, Annotated[FileAnswer, BeforeValidator(_plain)]] = Field(default_factory=dict)
    workloads: tuple[FurtherWorkload, ...] = Field(default=(), max_length=40)
    endpoints: tuple[FileEndpoint, ...] = Field(default=(), max_length=100)
    disputes: tuple[FileDispute, ...] = Field(default=(), max_length=500)

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
            profile=self.profile,
        )

    def given(self, today: date, questionnaire: Questionnaire) -> dict[str, GivenAnswer]:
        """Return the answers as the score sees them; `questionnaire` says what each kind of evidence proves.

        Where a question is answered for single workloads, every critical one counts, as in a stored assessment.
        """
        general = _given(self.answers, questionnaire, today)
        single = {one.name: _given(one.answers, questionnaire, today) for one in self.workloads}
        everybody = (self.workload, *self.workloads)
        critical = [one.name for one in everybody if one.criticality == "critical"] or [one.name for one in everybody]
        for question in {question for name in critical for question in single.get(name, {})}:
            nothing = GivenAnswer(question=question, state="not-asked")
            each = [single.get(name, {}).get(question, general.get(question, nothing)) for name in critical]
            each.sort(key=lambda one: one.state != "not-asked")
            general[question] = each[0].model_copy(update={"others": tuple(each[1:])})
        return general


def _given(answers: Mapping[str, FileAnswer], questionnaire: Questionnaire, today: date) -> dict[str, GivenAnswer]:
    given: dict[str, GivenAnswer] = {}
    for name, answer in answers.items():
        question = questionnaire.question(name)
        if question is None or answer.answer_state == "not-asked":
            continue
        level, value = answer.fitted(question)
        rows = [Attached(row.facts, row.level_for(level) or 0) for row in answer.evidence]
        given[name] = GivenAnswer(
            question=name,
            state=answer.answer_state,
            level=level,
            value=tuple(value) if isinstance(value, list) else value,
            proofs=weigh(question, rows, today),
        )
    return given


def read_answer_file(path: Path) -> tuple[AnswerFile, Document]:
    """Read and check the shape of an answer file; raises `ContentError` or `ContentErrors`."""
    document = read_yaml_file(path)
    return validate(AnswerFile, document), document
