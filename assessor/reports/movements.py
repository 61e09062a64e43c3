"""What moved since an earlier reading, in words: levels, dimensions, and for each question who moved it."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.content import content_hash
from assessor.evidence import Finding
from assessor.questionnaire.schema import Questionnaire
from assessor.reports import labels
from assessor.reports.answers import EVIDENCE_PER_ANSWER, evidence_row, title_of
from assessor.reports.inputs import AnswerRecord, Compared, DisputeRecord
from assessor.reports.model import EvidenceRow, ReportModel
from assessor.reports.moved import DimensionChange, LevelChange, Movement, Mover, MoverCount, QuestionChange
from assessor.reports.text import NAME_LENGTH, clean
from assessor.scoring import movement as core
from assessor.scoring.scorecard import AnswerState, Scorecard

MOVERS: tuple[Mover, ...] = ("you", "questionnaire", "probe", "age")
_BY_CAUSE: dict[core.Cause, Mover] = {
    "answer": "you",
    "evidence": "you",
    "dispute": "you",
    "scope": "you",
    "inventory": "you",
    "questionnaire": "questionnaire",
    "method": "questionnaire",
    "probe": "probe",
    "age": "age",
}


def side_of_report(model: ReportModel, card: Scorecard, questionnaire: Questionnaire) -> core.Side:
    """Return what a stored report says, whatever its language: evidence is told apart by what people wrote of it."""
    entries = [entry for one in model.dimensions for entry in one.answers]
    return core.Side(
        questionnaire,
        card,
        {
            one.id: _marks([*one.evidence, *(row for about in one.workloads for row in about.evidence)])
            for one in entries
            if one.evidence or one.workloads
        },
        frozenset(row.code for one in entries for row in one.disputes if row.state == "accepted"),
    )


def side_of_records(
    questionnaire: Questionnaire,
    card: Scorecard,
    answers: Mapping[str, AnswerRecord],
    single: Mapping[str, Sequence[AnswerRecord]],
    disputes: Iterable[DisputeRecord],
) -> core.Side:
    """Return what an assessment says now, evidence cut and cleaned as a report does."""
    evidence = {}
    for question in {*answers, *single}:
        each = [*([answers[question]] if question in answers else []), *single.get(question, ())]
        rows = [evidence_row(row, None) for one in each for row in one.evidence[:EVIDENCE_PER_ANSWER]]
        if rows:
            evidence[question] = _marks(rows)
    lifted = frozenset(one.code for one in disputes if one.state == "accepted")
    return core.Side(questionnaire, card, evidence, lifted)


def _marks(rows: Iterable[EvidenceRow]) -> dict[str, bool]:
    """Return {what a piece of evidence says: whether it is past its age}, in no language."""
    return {
        content_hash([row.description, row.place, row.version, row.taken_on, row.expires_on, row.link]): row.stale
        for row in rows
    }


def movement(before: Compared, after: Compared) -> Movement:
    """Return what moved from one reading to the other."""
    found = core.movement(before.side, after.side)
    changes = sorted((_question(one, before, after) for one in found.questions), key=_place)
    dimensions = _dimensions(found, before, after)
    claimed, verified = _level(found.claimed), _level(found.verified)
    return Movement(
        headline=_headline(claimed, verified, dimensions),
        before=clean(before.name, NAME_LENGTH),
        before_at=before.made_at,
        after=clean(after.name, NAME_LENGTH),
        after_at=after.made_at,
        claimed=claimed,
        verified=verified,
        dimensions=dimensions,
        movers=tuple(
            MoverCount(mover=one, label=mover_label(one), count=sum(one in row.movers for row in changes))
            for one in MOVERS
        ),
        changes=tuple(changes),
    )


def _place(change: QuestionChange) -> tuple[bool, tuple[int, ...]]:
    """Return where a change stands in a table: what moved first, each part in the order of the printed numbers."""
    return not change.moved, tuple(int(part) for part in change.number.split(".") if part)


def mover_label(mover: Mover) -> str:
    """Return who moved something."""
    return {
        "you": _("You changed"),
        "questionnaire": _("The questionnaire changed"),
        "probe": _("A probe changed"),
        "age": _("Age of evidence"),
    }[mover]


def _movers(causes: Iterable[core.Cause]) -> tuple[Mover, ...]:
    found = {_BY_CAUSE[one] for one in causes}
    return tuple(one for one in MOVERS if one in found)


def _through(movers: Sequence[Mover]) -> str:
    words = {
        "you": _("what you changed"),
        "questionnaire": _("a changed questionnaire"),
        "probe": _("what a probe saw"),
        "age": _("the age of evidence"),
    }
    return labels.listed([words[one] for one in movers])


def _shown(level: int | None) -> str:
    return labels.NOT_STATED if level is None else str(level)


def _level(move: core.LevelMove) -> LevelChange:
    movers = _movers(move.causes)
    return LevelChange(
        reading=move.reading,
        before=move.before,
        after=move.after,
        before_label=_shown(move.before),
        after_label=_shown(move.after),
        movers=movers,
        sentence=_sentence(move, movers),
    )


def _sentence(move: core.LevelMove, movers: Sequence[Mover]) -> str:
    """Return what happened to a level in one sentence."""
    before, after, claimed = move.before, move.after, move.reading == "claimed"
    if before is None and after is None:
        return _("As claimed, no level is shown then or now.") if claimed else _("As verified, no level is shown yet.")
    if before == after:
        words = _("As claimed, it stays at level {after}.") if claimed else _("As verified, it stays at level {after}.")
    elif before is None:
        words = (
            _("As claimed, it now stands at level {after}; no level was shown before.")
            if claimed
            else _("As verified, it now stands at level {after}; no level was shown before.")
        )
    elif after is None:
        words = (
            _("As claimed, no level is shown any more; it was {before}.")
            if claimed
            else _("As verified, too little is evidenced for a level now; it was {before}.")
        )
    elif after > before:
        words = (
            _("As claimed, it rose from level {before} to {after}, through {movers}.")
            if claimed
            else _("As verified, it rose from level {before} to {after}, through {movers}.")
        )
    else:
        words = (
            _("As claimed, it fell from level {before} to {after}, through {movers}.")
            if claimed
            else _("As verified, it fell from level {before} to {after}, through {movers}.")
        )
    return words.format(before=before, after=after, movers=_through(movers))


def _headline(claimed: LevelChange, verified: LevelChange, dimensions: Sequence[DimensionChange]) -> str:
    return " ".join((_overall(claimed.before, claimed.after), verified.sentence, _moved(dimensions)))


def _overall(before: int | None, after: int | None) -> str:
    if after is None:
        return _("Nothing is answered now, so there is no overall level.")
    if before is None:
        return _("The overall level now stands at {after}; nothing was answered before.").format(after=after)
    if before == after:
        return _("The overall level stays at {after} as claimed.").format(after=after)
    words = (
        _("The overall level rose from {before} to {after} as claimed.")
        if after > before
        else _("The overall level fell from {before} to {after} as claimed.")
    )
    return words.format(before=before, after=after)


def _moved(dimensions: Sequence[DimensionChange]) -> str:
    """Return how many dimensions rose and fell; one that does both counts as fallen."""
    fell = sum(any(_step(one) < 0 for one in (row.claimed, row.verified)) for row in dimensions)
    rose = sum(any(_step(one) > 0 for one in (row.claimed, row.verified)) for row in dimensions)
    rose -= sum({_step(row.claimed), _step(row.verified)} == {-1, 1} for row in dimensions)
    if not rose and not fell:
        return _("No dimension moved.")
    risen = ngettext("{count} of {all} dimensions rose", "{count} of {all} dimensions rose", rose)
    fallen = ngettext("{count} of {all} dimensions fell", "{count} of {all} dimensions fell", fell)
    said = [words for words, count in ((risen, rose), (fallen, fell)) if count]
    counts = [count for count in (rose, fell) if count]
    lines = [
        words.format(count=labels.number_word(count), all=labels.number_word(len(dimensions)))
        for words, count in zip(said, counts, strict=True)
    ]
    return labels.capital(labels.listed(lines)) + "."


def _step(change: LevelChange) -> int:
    if change.before is None or change.after is None:
        return 0
    return (change.after > change.before) - (change.after < change.before)


def _dimensions(found: core.Movement, before: Compared, after: Compared) -> tuple[DimensionChange, ...]:
    """Return a row for each dimension, in the order of the newer questionnaire, what is gone at the end."""
    named = {one.id: one for words in (after.words, before.words) for one in reversed(words.dimensions)}
    order = list(
        dict.fromkeys([one.id for one in after.words.dimensions] + [one.id for one in before.words.dimensions])
    )
    moves = {(one.dimension, one.reading): one for one in found.dimensions}
    return tuple(
        DimensionChange(
            dimension=name,
            title=named[name].title,
            short=named[name].short,
            claimed=_level(moves[name, "claimed"]),
            verified=_level(moves[name, "verified"]),
        )
        for name in order
        if (name, "claimed") in moves
    )


def _question(move: core.QuestionMove, before: Compared, after: Compared) -> QuestionChange:
    reading = after if move.presence != "gone" else before
    question = reading.words.question(move.question)
    assert question is not None  # noqa: S101 - it is scored, so its questionnaire asks it
    scores = [one for side in (before.side, after.side) if (one := side.scores.get(move.question)) is not None]
    found = {item.finding.code: item.finding for one in scores for item in one.weighed}
    return QuestionChange(
        question=question.id,
        number=numbers(reading.words, reading.side.card).get(question.id, ""),
        title=question.title,
        text=question.text,
        dimension=question.dimension,
        dimension_title=next(one.title for one in reading.words.dimensions if one.id == question.dimension),
        presence=move.presence,
        moved=move.moved,
        movers=_movers(move.causes),
        movers_label=", ".join(mover_label(one) for one in _movers(move.causes)),
        because=tuple(line for cause in move.causes for line in _because(cause, move, found)),
        claimed=move.claimed,
        verified=move.verified,
        claimed_label=_pair(*move.claimed),
        verified_label=_pair(*move.verified),
    )


def numbers(questionnaire: Questionnaire, card: Scorecard) -> dict[str, str]:
    """Return the printed number of each question in scope: its dimension's place, a dot, its place within."""
    asked = questionnaire.asked(card.scope)
    found: dict[str, str] = {}
    for place, dimension in enumerate(questionnaire.dimensions, start=1):
        own = [one.id for one in asked if one.dimension == dimension.id]
        found |= {question: f"{place}.{index}" for index, question in enumerate(own, start=1)}
    return found


def _pair(before: int | None, after: int | None) -> str:
    return _shown(after) if before == after else f"{_shown(before)} → {_shown(after)}"


def _because(cause: core.Cause, move: core.QuestionMove, found: Mapping[str, Finding]) -> list[str]:
    match cause:
        case "answer":
            return [_answered(move)]
        case "evidence":
            return _attached(move)
        case "scope":
            return [_("It is asked now and was not before.") if move.presence == "new" else _("It is asked no more.")]
        case "questionnaire":
            return [_asked_otherwise(move)]
        case "method":
            return [_("Levels are worked out by another version of the method.")]
        case "dispute" | "probe" | "inventory":
            return _bearing(cause, move, found)
        case "age":
            return _aged(move)


def _answered(move: core.QuestionMove) -> str:
    if move.state[0] == move.state[1] and move.claimed[0] == move.claimed[1]:
        return _("What is said of single workloads weighs otherwise.")
    before, after = (
        _said(state, level) for state, level in zip(move.state, move.claimed, strict=True) if state is not None
    )
    return _("The answer went from “{before}” to “{after}”.").format(before=before, after=after)


def _said(state: AnswerState, level: int | None) -> str:
    if state == "answered" and level is not None:
        return labels.level_only(level)
    return labels.state_label(state)


def _attached(move: core.QuestionMove) -> list[str]:
    lines = []
    if move.attached:
        words = ngettext(
            "{count} piece of evidence was attached.", "{count} pieces of evidence were attached.", move.attached
        )
        lines.append(labels.capital(words.format(count=labels.number_word(move.attached))))
    if move.removed:
        words = ngettext(
            "{count} piece of evidence is there no more.", "{count} pieces of evidence are there no more.", move.removed
        )
        lines.append(labels.capital(words.format(count=labels.number_word(move.removed))))
    return lines


def _aged(move: core.QuestionMove) -> list[str]:
    lines = []
    if move.expired:
        words = ngettext(
            "{count} piece of evidence is past its age now.",
            "{count} pieces of evidence are past their age now.",
            move.expired,
        )
        lines.append(labels.capital(words.format(count=labels.number_word(move.expired))))
    if move.renewed:
        words = ngettext(
            "{count} piece of evidence was past its age and counts in full again.",
            "{count} pieces of evidence were past their age and count in full again.",
            move.renewed,
        )
        lines.append(labels.capital(words.format(count=labels.number_word(move.renewed))))
    return lines or [_("The same findings count otherwise, because of the age of the probe behind them.")]


def _bearing(cause: core.Cause, move: core.QuestionMove, found: Mapping[str, Finding]) -> list[str]:
    mine = [(one, one.startswith(core.SHOWN_BY_SCENARIOS)) for one in (*move.appeared, *move.vanished)]
    told = {code for code, shown in mine if cause == "dispute" or shown == (cause == "inventory")}
    if cause == "inventory":
        what = labels.listed([title_of(found[code]) for code in sorted(told)])
        return [_("Scenarios on your inventory show something else: {what}.").format(what=what)]
    pairs = (
        (move.appeared, _("A probe now sees: {what}."), _("This finding counts, whatever was disputed: {what}.")),
        (move.vanished, _("A probe sees no more: {what}."), _("An accepted dispute lifts this finding: {what}.")),
    )
    lines = []
    for codes, seen, disputed in pairs:
        if titles := [title_of(found[code]) for code in codes if code in told]:
            lines.append((seen if cause == "probe" else disputed).format(what=labels.listed(titles)))
    return lines


def _asked_otherwise(move: core.QuestionMove) -> str:
    if move.presence == "new":
        return _("The questionnaire asks it for the first time.")
    if move.presence == "gone":
        return _("The questionnaire asks it no more.")
    words = {
        "text": _("its wording"),
        "rulings": _("its wording"),
        "choices": _("its choices"),
        "items": _("its choices"),
        "if_yes": _("its choices"),
        "if_no": _("its choices"),
        "unit": _("its unit"),
        "least": _("its bounds"),
        "most": _("its bounds"),
        "weight": _("its weight"),
        "gate": _("whether it is a gate"),
        "proof": _("the evidence it asks for"),
        "may_not_apply": _("whether it may not apply"),
        "findings": _("the findings that bear on it"),
        "show_if": _("when it is asked"),
        "dimension": _("its dimension"),
    }
    changed = list(dict.fromkeys(words[one] for one in move.changed if one in words))
    if not changed:
        return _("Another version of the questionnaire reads it otherwise.")
    return _("The questionnaire changed {what}.").format(what=labels.listed(changed))
