"""What the answers already say about other frameworks: derived, said so in every row, and apart from the results."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from assessor.questionnaire.schema import Questionnaire
from assessor.reports import labels
from assessor.reports.answers import Desk
from assessor.reports.model import DerivedLine, DerivedReason, FrameworkSection
from assessor.scoring.crosswalk import Derivation, DerivedLevel, DerivedRow, DerivedStanding

UNASKED = frozenset({"not-asked", "absent"})


def framework_sections(desk: Desk) -> tuple[FrameworkSection, ...]:
    """Return a section for each framework that has a crosswalk from the questionnaire that was answered."""
    return tuple(_section(desk, framework, found) for framework, found in desk.source.derivations)


def _section(desk: Desk, framework: Questionnaire, found: Derivation) -> FrameworkSection:
    whole = sum(one.weight for one in framework.dimensions)
    return FrameworkSection(
        id=framework.id,
        title=framework.title,
        version=framework.version,
        content_hash=found.questionnaire_hash,
        headline=headline(framework.title, found),
        indicative=found.scope == "quick",
        lines=tuple(_line(desk, framework, one, whole) for one in found.dimensions),
    )


def headline(title: str, found: Derivation) -> str:
    """Return how many objectives stand how; the word “derived” is part of it."""
    parts = [
        _("{count} met as far as said").format(count=found.count("met")),
        _("{count} not met").format(count=found.count("not-met")),
        _("{count} not said").format(count=found.count("not-said")),
    ]
    if found.count("no-minimum"):
        parts.append(_("{count} without a minimum").format(count=found.count("no-minimum")))
    return _("{title}, derived: {counts}").format(title=title, counts=", ".join(parts))


def _line(desk: Desk, framework: Questionnaire, level: DerivedLevel, whole: float) -> DerivedLine:
    dimension = next(one for one in framework.dimensions if one.id == level.dimension)
    titles = {one.id: one.title for one in framework.questions}
    return DerivedLine(
        dimension=level.dimension,
        title=dimension.title,
        weight=round(level.weight / whole, 4),
        minimum=level.minimum,
        minimum_label=labels.NOT_STATED if level.minimum is None else labels.level_only(level.minimum),
        worst=level.worst,
        best=level.best,
        level_label=derived_label(level.worst, level.best),
        verified=level.verified,
        verified_label=_verified_label(level),
        standing=level.standing,
        standing_label=standing_label(level.standing),
        covered=len(level.covered),
        asked=len(level.asked),
        covered_label=_("{covered} of {asked}").format(covered=len(level.covered), asked=len(level.asked)),
        because=tuple(_reason(desk, row) for row in level.rows if row.state not in UNASKED),
        unasked=tuple(_title(desk, row) for row in level.rows if row.state in UNASKED),
        remark=_remark(level),
        silent=tuple(titles[one] for one in level.silent),
    )


def derived_label(worst: int | None, best: int | None) -> str:
    """Return a derived level or range in words; never without the word “derived”."""
    if worst is None or best is None:
        return _("nothing said")
    if worst == best:
        return _("Level {level} (derived)").format(level=worst)
    return _("Level {worst} to {best} (derived)").format(worst=worst, best=best)


def _verified_label(level: DerivedLevel) -> str:
    if level.worst is None:
        return labels.NOT_STATED
    if level.verified is None:
        return _("not verified yet")
    return derived_label(level.verified, level.verified)


def standing_label(standing: DerivedStanding) -> str:
    """Return whether a minimum is met, in words."""
    words: Mapping[DerivedStanding, str] = {
        "met": _("met, as far as said"),
        "not-met": _("not met"),
        "not-said": _("not said"),
        "no-minimum": _("no minimum"),
    }
    return words[standing]


def _remark(level: DerivedLevel) -> str:
    if not level.rows:
        return _("No question of this assessment speaks about it.")
    if level.minimum is not None and level.ceiling is not None and level.ceiling < level.minimum:
        return _("These questions can show level {ceiling} at most; the minimum is {minimum}.").format(
            ceiling=level.ceiling, minimum=level.minimum
        )
    return ""


def _reason(desk: Desk, row: DerivedRow) -> DerivedReason:
    return DerivedReason(
        question=row.question if row.question in desk.numbers else "",
        number=desk.numbers.get(row.question, ""),
        title=_title(desk, row),
        sentence=f"{_said(row)}; {_amounts(row)}" if row.worst is not None else f"{_said(row)}.",
        says=row.says,
        holds=row.holds,
    )


def _title(desk: Desk, row: DerivedRow) -> str:
    question = desk.source.questionnaire.question(row.question)
    return question.title if question else row.question


def _said(row: DerivedRow) -> str:
    if row.state != "answered":
        return {
            "unknown": _("answered “I don’t know”"),
            "not-applicable": _("said not to apply, so it takes no part"),
            "hidden": _("not asked, because of a fact, so it takes no part"),
        }[row.state]
    if row.verified is not None and row.verified != row.answered:
        return _("answered {level}, of which {verified} is verified").format(level=row.answered, verified=row.verified)
    return _("answered {level}").format(level=row.answered)


def _amounts(row: DerivedRow) -> str:
    if row.worst == row.best:
        return _("amounts to {level} here.").format(level=row.worst)
    return _("that leaves {worst} to {best} open here.").format(worst=row.worst, best=row.best)
