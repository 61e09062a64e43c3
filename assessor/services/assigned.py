"""Who answers which question, how far that is, and what a member sees to whom only their questions are open."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import CharField, DateField, F, QuerySet, UUIDField, Value
from django.utils import timezone
from django_scopes import get_scope, scope

from assessor.errors import N_, AssessorError
from assessor.models import Answer, Assessment, Assignment, Comment, Membership, Organisation, User
from assessor.prepared import Prepared
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.scorecard import GivenAnswer
from assessor.scoring.visibility import hidden_questions
from assessor.services.memberships import holds_today
from assessor.services.questionnaires import questionnaire_of

DUE_SOON = timedelta(days=7)
# What stands in place of a dimension for a comment; no dimension is called so.
COMMENT = "*"
NAMES = ("user__first_name", "user__last_name", "user__username", "invitation__email")
DAY, TEXTS = DateField(), [CharField()] * len(NAMES)
LAST = F("workload").desc(nulls_last=True)
State = Literal["overdue", "soon", "open", "done"]


class NotAssigned(AssessorError):
    """The member sees only what was assigned to them, and this question was not."""


@contextmanager
def scope_of(membership: Membership) -> Iterator[None]:
    """Open the scope of an organisation to a member; for some of them only as far as something is assigned to them."""
    limit = membership.user_id if membership.only_assigned else None
    with scope(organisation=membership.organisation, only_assigned_to=limit):
        yield


def limit() -> UUID | None:
    """Return the id of the person to whose questions the scope is limited; None where it is not."""
    found: UUID | None = get_scope().get("only_assigned_to")
    return found


@dataclass(frozen=True)
class Duty:
    """That a person answers a question, or every question of a dimension that nobody has for itself."""

    question: str
    dimension: str
    user_id: UUID | None
    assigned_by_id: UUID | None
    who: str
    due_on: date | None


# Read by every page of questions, so built once (see `assessor.prepared`): who answers what, and what is said there.
_BESIDE = Prepared(
    lambda assessment: (
        Assignment.objects.filter(assessment=assessment)
        .order_by()
        .values_list("question", "dimension", "user_id", "assigned_by_id", "due_on", *NAMES)
        .union(
            Comment.objects.filter(assessment=assessment, thread=None, resolved_at=None)
            .order_by()
            .values_list(
                "question", Value(COMMENT), *(Value(None, kind) for kind in (UUIDField(), UUIDField(), DAY, *TEXTS))
            ),
            all=True,
        )
    ),
    "assessment",
)


class Duties:
    """Who answers what in one assessment, and how many comments are open on each question: one query."""

    def __init__(self, assessment: Assessment) -> None:
        rows = list(_BESIDE.run(assessment=assessment.pk))
        self.open_threads = Counter(row[0] for row in rows if row[1] == COMMENT)
        self.rows = [_duty(row) for row in rows if row[1] != COMMENT]
        self._questions = {row.question: row for row in self.rows if row.question}
        self._dimensions = {row.dimension: row for row in self.rows if row.dimension}

    def of(self, question: Question) -> Duty | None:
        """Return who answers a question: whoever has it for itself, else whoever has its dimension."""
        return self._questions.get(question.id) or self._dimensions.get(question.dimension)

    def questions_of(self, person: UUID, questionnaire: Questionnaire) -> frozenset[str]:
        """Return the ids of the questions that a person answers."""
        return frozenset(
            one.id for one in questionnaire.questions if (row := self.of(one)) is not None and row.user_id == person
        )


def _duty(row: tuple[Any, ...]) -> Duty:
    question, dimension, user_id, assigned_by_id, due_on, first, last, username, email = row
    return Duty(
        question,
        dimension,
        user_id,
        assigned_by_id,
        f"{first or ''} {last or ''}".strip() or username or email or "",
        due_on,
    )


def of_assessment(assessment: Assessment) -> QuerySet[Assignment]:
    """Return the assignments of an assessment with their people: one query."""
    return Assignment.objects.filter(assessment=assessment).select_related("user", "invitation")


def allowed_in(assessment: Assessment) -> frozenset[str] | None:
    """Return the ids of the questions that the person in scope may see; None for every one, without a query."""
    person = limit()
    if person is None:
        return None
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    in_scope = {one.id for one in questionnaire.asked(assessment.scope)}
    return Duties(assessment).questions_of(person, questionnaire) & in_scope


def is_allowed(assessment: Assessment, question: str) -> bool:
    """Tell whether the person in scope may see a question."""
    allowed = allowed_in(assessment)
    return allowed is None or question in allowed


def require(assessment: Assessment, question: str) -> None:
    """Raise `NotAssigned` unless the person in scope may see and answer a question."""
    if not is_allowed(assessment, question):
        raise NotAssigned(N_("This question was not assigned to you."), remedy=N_("Ask who invited you."))


@dataclass(frozen=True)
class Standing:
    """How far one assignment is: questions answered of those asked, and whether its day has come."""

    row: Assignment
    questionnaire: Questionnaire
    asked: tuple[Question, ...]
    unanswered: tuple[Question, ...]
    state: State

    @property
    def done(self) -> int:
        """How many questions are answered."""
        return len(self.asked) - len(self.unanswered)

    @property
    def title(self) -> str:
        """What is to be answered, in words of the questionnaire; its id where the questionnaire has it no more."""
        row = self.row
        question = self.questionnaire.question(row.question) if row.question else None
        if question is not None:
            return question.title
        names = {one.id: one.title for one in self.questionnaire.dimensions}
        return names.get(row.dimension, row.question or row.dimension)

    @property
    def next(self) -> Question | None:
        """The question to go to: the first without an answer, else the first."""
        return next(iter(self.unanswered or self.asked), None)


def assigned_to(user: User) -> QuerySet[Assignment]:
    """Return what is assigned to a person in the organisations in scope, in assessments that are not archived."""
    rows = Assignment.objects.filter(user=user, assessment__archived_at=None, assessment__deleted_at=None)
    return with_assessments(rows)


def with_assessments(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Return assignments joined with what `standings` reads."""
    joined = rows.select_related("user", "invitation", "assigned_by", "assessment__questionnaire_version")
    return joined.select_related("assessment__organisation").defer("assessment__questionnaire_version__content")


def standings(rows: Collection[Assignment]) -> list[Standing]:
    """Return how far assignments are, what is most urgent first: two queries for any number of them.

    `rows` come from `with_assessments`. A question that an answered fact hides is not asked; what a probe found may
    have it asked all the same, which counts here as not asked until it is answered.
    """
    assessments = {row.assessment_id: row.assessment for row in rows}
    beside: dict[UUID, dict[str, set[str]]] = {pk: {} for pk in assessments}
    for assessment, question, dimension in Assignment.objects.filter(assessment__in=assessments).values_list(
        "assessment_id", "question", "dimension"
    ):
        beside[assessment].setdefault("question" if question else "dimension", set()).add(question or dimension)
    answers = _answers_in(assessments)
    open_in = {pk: _asked_and_open(one, answers.get(pk, {})) for pk, one in assessments.items()}
    today = timezone.localdate()
    found = []
    for row in rows:
        questionnaire, asked, unanswered = open_in[row.assessment_id]
        alone = beside[row.assessment_id].get("question", set())
        mine = tuple(one for one in asked if _covers(row, one, alone))
        left = tuple(one for one in mine if one.id in unanswered)
        found.append(Standing(row, questionnaire, mine, left, state_on(row.due_on, bool(left), today)))
    order = ("overdue", "soon", "open", "done")
    return sorted(found, key=lambda one: (order.index(one.state), one.row.due_on or date.max, one.row.assigned_at))


def _covers(row: Assignment, question: Question, alone: Collection[str]) -> bool:
    if row.question:
        return question.id == row.question
    return question.dimension == row.dimension and question.id not in alone


def state_on(due_on: date | None, is_open: bool, today: date) -> State:
    """Return where something stands that is due on a day: done, overdue, due within a week, or simply open."""
    if not is_open:
        return "done"
    if due_on is None or due_on > today + DUE_SOON:
        return "open"
    return "overdue" if due_on < today else "soon"


def _answers_in(assessments: Iterable[UUID]) -> dict[UUID, dict[str, GivenAnswer]]:
    given: dict[UUID, dict[str, GivenAnswer]] = {}
    rows = Answer.objects.filter(assessment__in=list(assessments)).exclude(state=Answer.State.NOT_ASKED)
    fields = ("assessment_id", "question", "state", "level", "value")
    # The answer about all workloads is read last, and is the one that counts for what is asked.
    for assessment, question, state, level, value in rows.order_by(LAST).values_list(*fields):
        one: dict[str, Any] = {"question": question, "state": state, "level": level, "proofs": (), "others": ()}
        one["value"] = tuple(value) if isinstance(value, list) else value
        given.setdefault(assessment, {})[question] = GivenAnswer.model_construct(**one)
    return given


def _asked_and_open(
    assessment: Assessment, answers: dict[str, GivenAnswer]
) -> tuple[Questionnaire, tuple[Question, ...], frozenset[str]]:
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    asked = questionnaire.asked(assessment.scope)
    hidden = hidden_questions(questionnaire, asked, answers, (), assessment.profile) - set(answers)
    shown = tuple(one for one in asked if one.id not in hidden)
    return questionnaire, shown, frozenset(one.id for one in shown if one.id not in answers)


@dataclass(frozen=True)
class Tasks:
    """What a person is asked for in one organisation; `only`: they see nothing else of it."""

    organisation: Organisation
    only: bool
    overdue: int
    soon: int
    open: int


def overview(user: User) -> list[Tasks]:
    """Return what a person is asked for, organisation by organisation: four queries, one where nothing is."""
    members = list(Membership.objects.filter(holds_today(), user=user).select_related("organisation"))
    with scope(organisation=[one.organisation for one in members]):
        rows = list(assigned_to(user)) if members else []
        found = standings(rows) if rows else []
    tasks = []
    for one in sorted(members, key=lambda member: member.organisation.name):
        states = Counter(each.state for each in found if each.row.organisation_id == one.organisation_id)
        overdue, soon, still = states["overdue"], states["soon"], states["open"]
        if one.only_assigned or overdue or soon or still:
            tasks.append(Tasks(one.organisation, one.only_assigned, overdue, soon, still))
    return tasks
