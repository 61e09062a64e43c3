"""Why a dimension stands where it does, in a few lines that name the questions by number."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from assessor.reports import labels
from assessor.reports.answers import Desk
from assessor.scoring.because import Because, Cap, Conditions, because
from assessor.scoring.scorecard import DimensionScore, Reading
from assessor.scoring.what_if import READINGS


def reasons(desk: Desk, score: DimensionScore) -> tuple[str, ...]:
    """Return what carries the level of a dimension, what counts for less than was said, and what is open."""
    if not score.coverage or score.claimed.level is None:
        return ()
    claimed, verified = (_because(desk, score, reading) for reading in READINGS)
    lines = []
    if score.verified_printed and claimed.here == verified.here:
        lines.append(_carried(desk, claimed.here, _("Level {level}, as claimed and as verified, is carried by")))
    else:
        lines.append(_carried(desk, claimed.here, _("Level {level} as claimed is carried by")))
        if score.verified_printed:
            lines.append(_carried(desk, verified.here, _("Level {level} as verified is carried by")))
    # What caps an answer is worth telling even where too little is evidenced for a verified level.
    if verified.caps:
        lines.append(_("Counts for less than was said: {list}.").format(list="; ".join(_capped(desk, verified.caps))))
    if claimed.left_out:
        named = _numbers(desk, (one.question for one in claimed.left_out))
        lines.append(_("Takes no part: {numbers}.").format(numbers=named))
    if claimed.not_answered:
        named = _numbers(desk, claimed.not_answered)
        lines.append(_("Not answered yet, which lowers coverage: {numbers}.").format(numbers=named))
    if claimed.not_evidenced:
        named = _numbers(desk, claimed.not_evidenced)
        lines.append(_("Without evidence, which lowers confidence: {numbers}.").format(numbers=named))
    return tuple(line for line in lines if line)


def _because(desk: Desk, score: DimensionScore, reading: Reading) -> Because:
    return because(desk.source.questionnaire, desk.source.scorecard, score.dimension, reading)


def _numbers(desk: Desk, questions: Iterable[str]) -> str:
    return ", ".join(desk.numbers[one] for one in questions)


def _carried(desk: Desk, here: Conditions | None, lead: str) -> str:
    """Return what holds at a level; nothing for level 0, which asks for nothing."""
    if here is None or not here.level:
        return ""
    return f"{lead.format(level=here.level)} {_conditions(desk, here)}."


def _conditions(desk: Desk, here: Conditions) -> str:
    parts = [
        _("{reached} of {whole} of the weight, of which {needed} is needed ({numbers})").format(
            reached=here.reached,
            whole=here.whole,
            needed=here.needed,
            numbers=_numbers(desk, (one.question for one in here.counting)),
        )
    ]
    if here.gates:
        named = _numbers(desk, (one.question for one in here.gates))
        parts.append(_("the gates that are there ({numbers})").format(numbers=named))
    if here.floor:
        parts.append(_("no question below {floor}").format(floor=here.floor))
    return labels.listed(parts)


def _capped(desk: Desk, caps: Iterable[Cap]) -> list[str]:
    """Return each question once, with what it was and is, and everything that holds it down."""
    held: dict[str, list[Cap]] = {}
    for cap in caps:
        held.setdefault(cap.question, []).append(cap)
    told = []
    for question, each in held.items():
        said = _("not applicable") if each[0].answered is None else str(each[0].answered)
        why = "; ".join(_why_capped(cap) for cap in each)
        told.append(f"{desk.numbers[question]} ({said} → {each[0].stands}: {why})")
    return told


def _why_capped(cap: Cap) -> str:
    if cap.by == "finding":
        return _("a finding allows no more than {level}").format(level=cap.allows)
    # Evidence that is strong enough and does not carry was given for a lower answer than the one that stands now.
    if cap.needs is None or cap.has.rank >= cap.needs.rank:
        return _("its evidence was given for another answer")
    return _("{has}, and {needs} is asked for").format(
        has=labels.tier_label(cap.has), needs=labels.tier_label(cap.needs)
    )
