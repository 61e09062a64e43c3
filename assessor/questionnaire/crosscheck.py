"""What no single field shows: ids that lead nowhere, ladders out of order, levels beyond the scale."""

from collections import Counter
from collections.abc import Iterator

from assessor.content import Document, Path_
from assessor.errors import N_, ContentError
from assessor.questionnaire.kinds import kind_faults
from assessor.questionnaire.schema import Control, Question, Questionnaire


def cross_faults(questionnaire: Questionnaire, document: Document) -> Iterator[ContentError]:
    """Yield every fault that takes two places to see, each at its line in `document`."""
    yield from _duplicates(questionnaire, document)
    yield from _scale_faults(questionnaire, document)
    asked_about = {question.dimension for question in questionnaire.questions}
    for index, dimension in enumerate(questionnaire.dimensions):
        if dimension.id not in asked_about:
            yield document.error(
                ("dimensions", index),
                N_("No question asks about the dimension “{id}”."),
                N_("Add a question, or take the dimension out."),
                id=dimension.id,
            )
    yield from _head_faults(questionnaire, document)
    for index, question in enumerate(questionnaire.questions):
        yield from _question_faults(questionnaire, question, ("questions", index), document)


def _head_faults(questionnaire: Questionnaire, document: Document) -> Iterator[ContentError]:
    """Yield what is wrong in dimensions, profiles and crosswalks."""
    top = questionnaire.scale.top
    known = [dimension.id for dimension in questionnaire.dimensions]
    for index, dimension in enumerate(questionnaire.dimensions):
        if dimension.levels and len(dimension.levels) != top + 1:
            yield document.error(
                ("dimensions", index, "levels"),
                N_("“{id}” says what {count} levels mean, and the scale has {levels}."),
                N_("Write one text for each level, from 0 upward."),
                id=dimension.id,
                count=len(dimension.levels),
                levels=top + 1,
            )
        if dimension.minimum is not None and dimension.minimum > top:
            yield _beyond(document, ("dimensions", index, "minimum"), dimension.minimum, top)
    for index, profile in enumerate(questionnaire.profiles):
        for name, target in profile.targets.items():
            path = ("profiles", index, "targets", name)
            if name not in known:
                yield _no_dimension(document, path, name, known)
            elif target > top:
                yield _beyond(document, path, target, top)
    yield from _crosswalk_faults(questionnaire, document, known)


def _crosswalk_faults(questionnaire: Questionnaire, document: Document, known: list[str]) -> Iterator[ContentError]:
    """Yield what is wrong in crosswalks as far as this file shows it; the other questionnaire is not at hand here."""
    top = questionnaire.scale.top
    seen: set[tuple[str, str, str]] = set()
    for index, crosswalk in enumerate(questionnaire.crosswalk):
        if crosswalk.dimension not in known:
            yield _no_dimension(document, ("crosswalk", index, "dimension"), crosswalk.dimension, known)
        if crosswalk.questionnaire == questionnaire.id:
            yield document.error(
                ("crosswalk", index, "questionnaire"),
                N_("The crosswalk leads from “{id}” to itself."),
                N_("Name the other questionnaire, whose answers say something here."),
                id=questionnaire.id,
            )
        own = {one.id for one in questionnaire.questions if one.dimension == crosswalk.dimension and one.scored}
        for place, row in enumerate(crosswalk.rows):
            at = ("crosswalk", index, "rows", place)
            if list(row.levels) != sorted(row.levels) or row.levels[-1] > top:
                yield document.error(
                    (*at, "levels"),
                    N_("The levels of this row do not ascend within the scale, which ends at {top}."),
                    N_("Write for each level of the other questionnaire what it amounts to here."),
                    top=top,
                )
            if row.up_to and (
                len(row.up_to) != len(row.levels)
                or list(row.up_to) != sorted(row.up_to)
                or row.up_to[-1] > top
                or any(most < least for least, most in zip(row.levels, row.up_to, strict=True))
            ):
                yield document.error(
                    (*at, "up_to"),
                    N_(
                        "What this row may amount to at most does not fit its levels or the scale, which ends at {top}."
                    ),
                    N_("Write one for each entry of levels, ascending and none below it; or leave it out."),
                    top=top,
                )
            key = (crosswalk.questionnaire, crosswalk.dimension, row.question)
            if key in seen:
                yield document.error(
                    (*at, "question"),
                    N_("“{id}” has two rows for the same dimension."),
                    N_("Keep one of the two."),
                    id=row.question,
                )
            seen.add(key)
            for number, name in enumerate(row.about):
                if name not in own:
                    yield document.error(
                        (*at, "about", number),
                        N_("“{id}” is no scored question of the dimension “{dimension}”."),
                        N_("Use some of: {known}."),
                        id=name,
                        dimension=crosswalk.dimension,
                        known=", ".join(sorted(own)) or "none",
                    )


def _no_dimension(document: Document, path: Path_, name: str, known: list[str]) -> ContentError:
    return document.error(
        path,
        N_("There is no dimension “{id}”."),
        N_("Use one of: {known}."),
        id=name,
        known=", ".join(known),
    )


def _duplicates(questionnaire: Questionnaire, document: Document) -> Iterator[ContentError]:
    lists = {
        "dimensions": [dimension.id for dimension in questionnaire.dimensions],
        "parties": [party.id for party in questionnaire.parties],
        "profiles": [profile.id for profile in questionnaire.profiles],
        "questions": [question.id for question in questionnaire.questions],
    }
    for name, ids in lists.items():
        seen: Counter[str] = Counter()
        for index, one in enumerate(ids):
            seen[one] += 1
            if seen[one] > 1:
                yield document.error(
                    (name, index, "id"), N_("The id “{id}” is used twice."), N_("Give each its own id."), id=one
                )


def _scale_faults(questionnaire: Questionnaire, document: Document) -> Iterator[ContentError]:
    scale, caps = questionnaire.scale, questionnaire.scale.caps
    steps = (caps.declared, caps.documented, caps.observed)
    if list(steps) != sorted(steps):
        yield document.error(
            ("scale", "caps"),
            N_("Better evidence carries less than weaker evidence."),
            N_("Let the caps rise from declared to documented to observed."),
        )
    named: dict[Path_, int] = {
        ("scale", "needs_no_proof"): scale.needs_no_proof,
        ("scale", "slack"): scale.slack,
        ("scale", "caps", "observed"): caps.observed,
    }
    for path, level in named.items():
        if level > scale.top:
            yield _beyond(document, path, level, scale.top)


def _question_faults(
    questionnaire: Questionnaire, question: Question, at: Path_, document: Document
) -> Iterator[ContentError]:
    top = questionnaire.scale.top
    if question.dimension not in {dimension.id for dimension in questionnaire.dimensions}:
        known = [dimension.id for dimension in questionnaire.dimensions]
        yield _no_dimension(document, (*at, "dimension"), question.dimension, known)
    elif not question.id.startswith(question.dimension + "."):
        yield document.error(
            (*at, "id"),
            N_("The id “{id}” does not begin with its dimension, “{dimension}”."),
            N_("Write “{dimension}.subject”."),
            id=question.id,
            dimension=question.dimension,
        )
    yield from kind_faults(questionnaire, question, at, document)
    yield from _ladder_faults(question, top, at, document)
    yield from _beyond_faults(question, top, at, document)
    yield from _remedy_faults(question, top, at, document)
    for path, control in _controls(question, at):
        if control.party not in {party.id for party in questionnaire.parties}:
            yield document.error(
                (*path, "party"),
                N_("There is no party “{id}”."),
                N_("Use one of: {known}."),
                id=control.party,
                known=", ".join(party.id for party in questionnaire.parties) or "none",
            )
    for index, bearing in enumerate(question.findings):
        kind = "caps" if bearing.caps is not None else "supports"
        level = bearing.caps if bearing.caps is not None else bearing.supports
        if level is not None and level > top:
            yield _beyond(document, (*at, "findings", index, kind), level, top)


def _ladder_faults(question: Question, top: int, at: Path_, document: Document) -> Iterator[ContentError]:
    before = -1
    for index, choice in enumerate(question.choices):
        path = (*at, "choices", index, "level")
        if choice.level > top:
            yield _beyond(document, path, choice.level, top)
        if index == 0 and choice.level != 0:
            yield document.error(
                path,
                N_("The ladder of {id} begins at level {level}."),
                N_("Begin with level 0: it is not so, or nobody can say."),
                id=question.id,
                level=choice.level,
            )
        elif choice.level <= before:
            yield document.error(
                path,
                N_("Level {level} does not rise above the rung before it, level {before}."),
                N_("Put the rungs in ascending order, each level once."),
                level=choice.level,
                before=before,
            )
        before = choice.level


def _beyond_faults(question: Question, top: int, at: Path_, document: Document) -> Iterator[ContentError]:
    for index, item in enumerate(question.items):
        if item.level > top:
            yield _beyond(document, (*at, "items", index, "level"), item.level, top)
    for name, side in (("if_yes", question.if_yes), ("if_no", question.if_no)):
        if side is not None and side.level > top:
            yield _beyond(document, (*at, name, "level"), side.level, top)


def _remedy_faults(question: Question, top: int, at: Path_, document: Document) -> Iterator[ContentError]:
    seen: set[int] = set()
    for index, remedy in enumerate(question.remedies):
        path = (*at, "remedies", index, "to")
        if remedy.to > top:
            yield _beyond(document, path, remedy.to, top)
        elif remedy.to <= min(question.levels, default=0) or remedy.to not in question.levels:
            yield document.error(
                path,
                N_("The remedy leads to level {level}, which is no step of this question."),
                N_("Let each remedy lead to a rung above the first."),
                level=remedy.to,
            )
        elif remedy.to in seen:
            yield document.error(
                path, N_("There are two remedies to level {level}."), N_("Keep one of the two."), level=remedy.to
            )
        seen.add(remedy.to)


def _controls(question: Question, at: Path_) -> Iterator[tuple[Path_, Control]]:
    for index, choice in enumerate(question.choices):
        for place, control in enumerate(choice.controlled_by):
            yield (*at, "choices", index, "controlled_by", place), control
    for name, side in (("if_yes", question.if_yes), ("if_no", question.if_no)):
        for place, control in enumerate(side.controlled_by if side is not None else ()):
            yield (*at, name, "controlled_by", place), control
    for index, item in enumerate(question.items):
        for place, control in enumerate(item.controlled_by):
            yield (*at, "items", index, "controlled_by", place), control
    for index, bearing in enumerate(question.findings):
        if bearing.controlled_by is not None:
            yield (*at, "findings", index, "controlled_by"), bearing.controlled_by


def _beyond(document: Document, path: Path_, level: int, top: int) -> ContentError:
    return document.error(
        path,
        N_("Level {level} is above the scale, which ends at {top}."),
        N_("Use a level of the scale, or add the level to it."),
        level=level,
        top=top,
    )
