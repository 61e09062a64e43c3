"""A first draft of the words people put into a report, written from the report itself, in the marks of `richtext`."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from assessor.reports import labels, sentences
from assessor.reports.model import BlockerRow, DimensionSection, ReportBody
from assessor.reports.shaped import SUMMARY

SWITCHES = 5
MOVES = 3
HOLDS = 3
BLOCKERS = 4


def draft(report: ReportBody, part: str) -> str:
    """Return the draft of the summary, or of the comment on a dimension; an unknown part has none."""
    if part == SUMMARY:
        return summary(report)
    found = next((one for one in report.dimensions if one.id == part), None)
    return comment(found) if found else ""


def summary(report: ReportBody) -> str:
    """Return what the board page says as a text to go on from."""
    board = report.board
    parts = [board.verdict]
    if board.held_by:
        parts.append(_("{levels}. {meaning}").format(levels=board.held_by, meaning=board.meaning).strip())
    if report.method.indicative and board.held_by:
        parts.append(sentences.indicative(report.method.questions))
    if board.switches:
        lines = [f"**{one.party}**: {one.by} ({one.source})" for one in board.switches[:SWITCHES]]
        parts.append(_list(_("Who can act today:"), lines))
    if report.contradictions:
        parts.append(sentences.contradictions_heading(len(report.contradictions), report.probed) + ".")
    if board.findings:
        lines = [f"**{_stopped(one.title)}** {one.consequence}" for one in board.findings]
        parts.append(_list(_("What follows from the findings:"), lines))
    if board.decisions:
        lines = [f"{one.text} ({one.effort})" if one.effort else one.text for one in board.decisions]
        parts.append(_list(_("Decisions we ask for:"), lines, numbered=True))
    if board.held_by:
        line = _("{coverage} of the weight is answered, {confidence} of it is backed by evidence.")
        parts.append(
            line.format(
                coverage=labels.percent(report.method.coverage), confidence=labels.percent(report.method.confidence)
            )
        )
    return "\n\n".join(parts)


def comment(section: DimensionSection) -> str:
    """Return what a dimension's section says as a text to go on from."""
    parts = [section.headline.rstrip(".") + "."]
    parts += section.because[:2]
    if section.assessed and section.holds:
        parts.append(_list(_("What holds:"), section.holds[:HOLDS]))
    if section.assessed and section.blockers:
        lines = [_blocker(section, row) for row in section.blockers[:BLOCKERS]]
        parts.append(_list(_("What keeps the next level away:"), lines))
    if section.assessed and section.moves:
        lines = [
            f"{move.number} {move.title}: {' '.join(move.actions)} ({move.effort})" for move in section.moves[:MOVES]
        ]
        parts.append(_list(_("What to do next:"), lines, numbered=True))
    return "\n\n".join(parts)


def _blocker(section: DimensionSection, row: BlockerRow) -> str:
    """Return a question in the way and where it stands; the share of the weight was told before, once for all."""
    if row.kind != "share":
        return f"{row.number} {row.title}: {row.sentence}"
    entry = next(one for one in section.answers if one.id == row.question)
    level = entry.claimed_label if row.reading == "claimed" else entry.verified_label
    stands = _("stands at {level}") if row.reading == "claimed" else _("verified at {level}")
    return f"{row.number} {row.title}: {stands.format(level=level)}"


def _stopped(words: str) -> str:
    """Return words as a sentence: some titles of findings end with a stop, others do not."""
    return words if words.endswith((".", "!", "?", "…", "...")) else f"{words}."


def _list(lead: str, lines: Iterable[str], *, numbered: bool = False) -> str:
    rows = [f"{number}. {line}" if numbered else f"- {line}" for number, line in enumerate(lines, 1)]
    return "\n".join([lead, *rows])
