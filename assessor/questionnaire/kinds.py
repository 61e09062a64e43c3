"""What each kind of question must say and must not: faults that one field alone does not show."""

from collections.abc import Iterator

from assessor.content import Document, Path_
from assessor.errors import N_, ContentError
from assessor.questionnaire.schema import Question, Questionnaire

_OF_A_SCORE = ("find_out", "evidence", "rulings", "weight", "proof")
_ONLY_SCORED = ("weight", "gate", "proof", "may_not_apply", "rulings", "findings", "remedies")
_OWN_KEYS = {
    "ladder": ("choices",),
    "checklist": ("items",),
    "yes-no": ("if_yes", "if_no"),
    "text": (),
    "number": ("unit", "least", "most"),
    "date": (),
}


def kind_faults(
    questionnaire: Questionnaire, question: Question, at: Path_, document: Document
) -> Iterator[ContentError]:
    """Yield what is missing or out of place in a question of its kind, and conditions that lead nowhere."""
    given = {name for name in question.model_fields_set if getattr(question, name) not in (None, (), "")}
    sided = question.kind == "yes-no" and bool({"if_yes", "if_no"} & given)
    scored = question.kind in ("ladder", "checklist") or sided
    for name in _needed(question, scored, sided):
        if name not in given or (name == "weight" and not question.weight):
            yield document.error(
                at,
                N_("“{name}” is missing in {id}, a question of the kind {kind}."),
                N_("Add it, or choose another kind."),
                name=name,
                id=question.id,
                kind=question.kind,
            )
    others = {key for kind, keys in _OWN_KEYS.items() if kind != question.kind for key in keys}
    foreign = (others | (set() if scored else set(_ONLY_SCORED))) & {name for name in given if getattr(question, name)}
    for name in sorted(foreign):
        yield document.error(
            (*at, name),
            N_("“{name}” does not belong to {id}, a question of the kind {kind}."),
            N_("Take it out, or choose another kind."),
            name=name,
            id=question.id,
            kind=question.kind if scored or question.kind != "yes-no" else N_("yes-no without levels"),
        )
    if question.kind == "ladder" and len(question.choices) == 1:
        yield document.error(
            (*at, "choices"), N_("The ladder of {id} has one rung."), N_("Give it two or more."), id=question.id
        )
    yield from _item_faults(question, at, document)
    yield from _number_faults(question, at, document)
    yield from _condition_faults(questionnaire, question, at, document)


def _needed(question: Question, scored: bool, sided: bool) -> tuple[str, ...]:
    own = {"ladder": ("choices",), "checklist": ("items",)}.get(question.kind, ("if_yes", "if_no") if sided else ())
    return (*own, *_OF_A_SCORE) if scored else own


def _item_faults(question: Question, at: Path_, document: Document) -> Iterator[ContentError]:
    seen: set[str] = set()
    for index, item in enumerate(question.items):
        if item.level == 0:
            yield document.error(
                (*at, "items", index, "level"),
                N_("The item “{item}” takes part in level 0, which asks for nothing."),
                N_("Write the first level that cannot hold without it."),
                item=item.id,
            )
        if item.id in seen:
            yield document.error(
                (*at, "items", index, "id"),
                N_("The id “{id}” is used twice."),
                N_("Give each its own id."),
                id=item.id,
            )
        seen.add(item.id)
    if question.if_yes is not None and question.if_no is not None and question.if_yes.level == question.if_no.level:
        yield document.error(
            (*at, "if_yes", "level"),
            N_("Yes and no of {id} have the same level."),
            N_("Give them different levels, or leave both out to make it a fact."),
            id=question.id,
        )


def _number_faults(question: Question, at: Path_, document: Document) -> Iterator[ContentError]:
    if question.least is not None and question.most is not None and question.least > question.most:
        yield document.error(
            (*at, "least"),
            N_("The least number, {least:g}, is above the most, {most:g}."),
            N_("Swap the two."),
            least=question.least,
            most=question.most,
        )


def _condition_faults(
    questionnaire: Questionnaire, question: Question, at: Path_, document: Document
) -> Iterator[ContentError]:
    condition = question.show_if
    if condition is None:
        return
    path = (*at, "show_if")
    tests = [name for name in ("equals", "at_least", "at_most") if getattr(condition, name) is not None]
    asks_profile, asks_question = bool(condition.profile), condition.question is not None
    if asks_profile == asks_question or bool(tests) != asks_question:
        yield document.error(
            path,
            N_("The condition of {id} is not whole."),
            N_("Write either profile, or question with one of is, at_least and at_most."),
            id=question.id,
        )
        return
    for profile in condition.profile:
        if questionnaire.profile(profile) is None:
            yield document.error(
                (*path, "profile"),
                N_("There is no profile “{id}”."),
                N_("Use one of: {known}."),
                id=profile,
                known=", ".join(one.id for one in questionnaire.profiles) or "none",
            )
    if condition.question is not None:
        yield from _tested_question_faults(questionnaire, question, condition.question, tests, path, document)


def _tested_question_faults(
    questionnaire: Questionnaire, question: Question, tested: str, tests: list[str], path: Path_, document: Document
) -> Iterator[ContentError]:
    fact = questionnaire.question(tested)
    if fact is None:
        yield document.error(
            (*path, "question"), N_("There is no question “{id}”."), N_("Write the id of a fact."), id=tested
        )
    elif fact.scored:
        yield document.error(
            (*path, "question"),
            N_("“{id}” carries a score, and a score must not decide what is asked."),
            N_("Let the condition test a fact: a yes-no without levels, or a number."),
            id=tested,
        )
    elif (fact.kind, tests) not in (
        ("yes-no", ["equals"]),
        ("number", ["at_least"]),
        ("number", ["at_most"]),
        ("number", ["at_least", "at_most"]),
    ):
        yield document.error(
            path,
            N_("“{id}” is a question of the kind {kind}, which this condition cannot test."),
            N_("Test a yes-no with is, a number with at_least or at_most."),
            id=tested,
            kind=fact.kind,
        )
    elif _loops(questionnaire, question):
        yield document.error(
            path,
            N_("The condition of {id} leads back to {id} itself."),
            N_("Let one of the questions in the loop be asked always."),
            id=question.id,
        )


def _loops(questionnaire: Questionnaire, question: Question) -> bool:
    seen: set[str] = set()
    at: Question | None = question
    while at is not None and at.show_if is not None and at.show_if.question is not None:
        if at.show_if.question == question.id:
            return True
        if at.id in seen:
            return False
        seen.add(at.id)
        at = questionnaire.question(at.show_if.question)
    return False
