"""Which questions are asked now: a known fact may hide one, an unknown fact hides none."""

from collections.abc import Mapping, Sequence

from assessor.questionnaire.schema import Condition, Question, Questionnaire
from assessor.scoring import rules
from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint


def hidden_questions(
    questionnaire: Questionnaire,
    asked: Sequence[Question],
    answers: Mapping[str, GivenAnswer],
    endpoints: Sequence[ProbedEndpoint] = (),
    profile: str = "",
) -> frozenset[str]:
    """Return the ids of the questions among `asked` that a known fact hides.

    Only facts that carry no score are looked at, so no scored answer changes what is asked. A finding that caps a
    hidden question shows that the thing exists after all: such a question is asked. A fact that is itself hidden, or
    outside the scope, is unknown.
    """
    in_scope = {question.id: question for question in asked}
    hidden: set[str] = set()
    for question in asked:
        if question.show_if is not None and _is_hidden(question, in_scope, answers, profile):
            capped = rules.finding_cap(rules.weigh(question, rules.sightings(endpoints))) is not None
            if not capped:
                hidden.add(question.id)
    return frozenset(hidden)


def _is_hidden(
    question: Question, in_scope: Mapping[str, Question], answers: Mapping[str, GivenAnswer], profile: str
) -> bool:
    condition = question.show_if
    if condition is None:
        return False
    if condition.profile:
        return bool(profile) and profile not in condition.profile
    fact = in_scope.get(condition.question or "")
    if fact is None or _is_hidden(fact, in_scope, answers, profile):
        return False
    answer = answers.get(fact.id)
    if answer is None or answer.state != "answered" or answer.others:
        return False
    return not _holds(condition, answer.value)


def _holds(condition: Condition, value: object) -> bool:
    if condition.equals is not None:
        return value == condition.equals
    if not isinstance(value, int | float):
        return True
    low, high = condition.at_least, condition.at_most
    return (low is None or value >= low) and (high is None or value <= high)
