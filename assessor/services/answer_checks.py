"""Whether an answer file fits a questionnaire: every fault at its line, with reason and remedy."""

from collections.abc import Iterator, Mapping

from assessor.content import Document, Path_
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.probes.collect.guard import whole_address
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services.answer_file import AnswerFile, FileAnswer


def check_against(file: AnswerFile, questionnaire: Questionnaire, document: Document) -> None:
    """Raise `ContentErrors` for everything that does not fit the questionnaire, each at its line.

    A file that says it answers another questionnaire, another version or other words is refused as a whole.
    """
    other = _other_questionnaire(file, questionnaire, document)
    if other is not None:
        raise ContentErrors([other])
    faults = list(_answers_faults(file.answers, questionnaire, document, ("answers",)))
    names = {file.workload.name.casefold()}
    for number, workload in enumerate(file.workloads):
        if workload.name.casefold() in names:
            faults.append(
                document.error(
                    ("workloads", number, "name"),
                    N_("The workload “{name}” is named twice."),
                    N_("Give each a name of its own."),
                    name=workload.name,
                )
            )
        names.add(workload.name.casefold())
        faults.extend(_answers_faults(workload.answers, questionnaire, document, ("workloads", number, "answers")))
    faults.extend(_place_faults(file, names, document))
    faults.extend(_target_faults(file, questionnaire, document))
    if faults:
        raise ContentErrors(faults)


def _other_questionnaire(file: AnswerFile, questionnaire: Questionnaire, document: Document) -> ContentError | None:
    if file.questionnaire != questionnaire.id:
        return document.error(
            ("questionnaire",),
            N_("This file answers the questionnaire “{other}”, and here “{id}” is asked."),
            N_("Bring it into an assessment of that questionnaire."),
            other=file.questionnaire,
            id=questionnaire.id,
        )
    if file.questionnaire_version and file.questionnaire_version != questionnaire.version:
        return document.error(
            ("questionnaire_version",),
            N_("This file answers version {other} of “{id}”, and here version {version} is asked."),
            N_("Bring it into an assessment on version {other} and carry that over, or answer a file of this version."),
            other=file.questionnaire_version,
            id=questionnaire.id,
            version=questionnaire.version,
        )
    if file.questionnaire_content and file.questionnaire_content != questionnaire.content_hash():
        return document.error(
            ("questionnaire_content",),
            N_("This file answers a questionnaire of the same name and version, “{id}” {version}, in other words."),
            N_("Compare the two questionnaires; take this line out if the answers hold for both."),
            id=questionnaire.id,
            version=questionnaire.version,
        )
    return None


def _answers_faults(
    answers: Mapping[str, FileAnswer], questionnaire: Questionnaire, document: Document, at: Path_
) -> Iterator[ContentError]:
    for question_id, answer in answers.items():
        path = (*at, question_id)
        question = questionnaire.question(question_id)
        if question is None:
            yield document.error(
                path,
                N_("There is no question “{question}” in {questionnaire} {version}."),
                N_("Known are: {known}."),
                question=question_id,
                questionnaire=questionnaire.id,
                version=questionnaire.version,
                known=", ".join(one.id for one in questionnaire.questions),
            )
        else:
            yield from _answer_faults(answer, question, document, path)


def _answer_faults(answer: FileAnswer, question: Question, document: Document, path: Path_) -> Iterator[ContentError]:
    given = answer.level is not None or answer.value is not None
    if given and answer.state not in (None, "answered"):
        yield document.error(path, N_("An answer has either a level or a state."), N_("Take one of the two out."))
        return
    if not given and answer.state == "answered":
        yield document.error(path, N_("“answered” needs a level."), N_("Write the level instead."))
        return
    level = None
    try:
        level, _value = answer.fitted(question)
    except AssessorError as error:
        yield document.error(path, error.reason, error.remedy, **error.params)
        return
    if answer.answer_state == "not-applicable" and not answer.note.strip():
        yield document.error(path, N_("“Not applicable” needs a reason."), N_("Write it into “note”."))
    if any(row.level_for(level) is None for row in answer.evidence):
        yield document.error(path, N_("Evidence stands behind a level, and none is given."), N_("Give the level."))
    for number, row in enumerate(answer.evidence):
        if row.for_level is not None and row.for_level not in question.levels:
            yield document.error(
                (*path, "evidence", number, "for_level"),
                N_("“{question}” has no choice at level {level}."),
                N_("Choose one of its levels: {levels}."),
                question=question.id,
                level=row.for_level,
                levels=", ".join(str(one) for one in question.levels),
            )


def _place_faults(file: AnswerFile, workloads: set[str], document: Document) -> Iterator[ContentError]:
    for number, endpoint in enumerate(file.endpoints):
        if endpoint.workload and endpoint.workload.casefold() not in workloads:
            yield document.error(
                ("endpoints", number, "workload"),
                N_("There is no workload “{name}” in this file."),
                N_("Name one of them, or leave it out for the first."),
                name=endpoint.workload,
            )
    known = {(one.name, one.url) for one in file.endpoints}
    for number, dispute in enumerate(file.disputes):
        if (dispute.endpoint, dispute.url) not in known:
            yield document.error(
                ("disputes", number, "endpoint"),
                N_("There is no endpoint “{name}” at {url} in this file."),
                N_("Name one of the file's endpoints by its name and address."),
                name=dispute.endpoint,
                url=dispute.url,
            )


def check_endpoints_once(file: AnswerFile, document: Document) -> None:
    """Raise `ContentErrors` for addresses that a file gives twice to a workload in one role, at their lines."""
    faults: list[ContentError] = []
    lines: dict[object, int] = {}
    for number, one in enumerate(file.endpoints):
        place: Path_ = ("endpoints", number, "url")
        given = (whole_address(one.url), one.role, (one.workload or file.workload.name).casefold())
        if one.removed:
            continue
        if given in lines:
            reason = N_("“{value}” stands in line {before} already, for the same workload and in the same role.")
            remedy = N_("Take one of the two out.")
            faults.append(document.error(place, reason, remedy, value=one.url, before=lines[given]))
        lines.setdefault(given, document.line(place))
    if faults:
        raise ContentErrors(faults)


def _target_faults(file: AnswerFile, questionnaire: Questionnaire, document: Document) -> Iterator[ContentError]:
    if file.profile and questionnaire.profile(file.profile) is None:
        yield document.error(
            ("profile",),
            N_("There is no kind of organisation “{profile}” here."),
            N_("Known are: {known}."),
            profile=file.profile,
            known=", ".join(one.id for one in questionnaire.profiles) or "–",
        )
    known = {one.id for one in questionnaire.dimensions}
    for dimension, level in file.targets.items():
        if dimension not in known or level > questionnaire.scale.top:
            yield document.error(
                ("targets", dimension),
                N_("Level {level} is no target for “{dimension}”."),
                N_("Choose a level of the scale."),
                level=level,
                dimension=dimension,
            )
