"""The level rule written down a second time, as plainly as can be, for tests to compare with."""

from itertools import product

from assessor.questionnaire.schema import Question, Questionnaire


def counts_as(question: Question, level: int, top: int) -> int:
    """A ladder that ends early counts for everything above once its end is reached."""
    return top if level >= max(question.levels) else level


def holds(questionnaire: Questionnaire, levels: dict[str, int], goal: int) -> bool:
    """Tell whether questions at these levels bring their dimension to `goal`."""
    scale = questionnaire.scale
    rows = [(one, counts_as(one, levels[one.id], scale.top)) for one in questionnaire.questions if one.id in levels]
    whole = sum(one.weight for one, _level in rows)
    return (
        all(level >= goal for one, level in rows if one.gate)
        and all(level >= goal - scale.slack for _one, level in rows)
        and sum(one.weight for one, level in rows if level >= goal) / whole >= scale.share - 0.001
    )


def highest(questionnaire: Questionnaire, levels: dict[str, int]) -> int:
    """Return the highest level that holds."""
    return max(one.level for one in questionnaire.scale.levels if holds(questionnaire, levels, one.level))


def days(question: Question, claimed: int, to: int) -> float:
    """Return the mean person-days from what is claimed up to `to`."""
    return sum(sum(one.effort) / 2 for one in question.remedies if claimed < one.to <= to)


def all_plans(questionnaire, levels: dict[str, int], claimed: dict[str, int], goal: int) -> list[tuple[int, float]]:
    """Return (moves, days) of every way to lift the questions so that `goal` holds: each level each answer can have."""
    names = list(levels)
    asked = {one.id: one for one in questionnaire.questions}
    options = [[levels[name], *(rung for rung in asked[name].levels if rung > levels[name])] for name in names]
    return [
        (
            sum(to > levels[name] for name, to in zip(names, option, strict=True)),
            sum(
                days(asked[name], claimed[name], to)
                for name, to in zip(names, option, strict=True)
                if to > levels[name]
            ),
        )
        for option in product(*options)
        if holds(questionnaire, dict(zip(names, option, strict=True)), goal)
    ]
