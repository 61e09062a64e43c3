"""The board page: one page, so every list is capped and every sentence shortened to what fits."""

from collections.abc import Iterator, Mapping

from assessor.reports import labels, sentences
from assessor.reports.answers import Desk, switch_rows, unknown_rows
from assessor.reports.dimensions import shown_level
from assessor.reports.model import (
    AnswerEntry,
    Board,
    Contradiction,
    Decision,
    DimensionSection,
    KeyFinding,
    SwitchRow,
    UnknownRow,
)
from assessor.reports.planned import Plan
from assessor.reports.text import first_sentence, shorten

SWITCHES = 6
ACTS = 2
ACT_LENGTH = 70
UNKNOWN = 3
FINDINGS = 5
CONTRADICTIONS = 2
DECISIONS = 4
TITLE = 110
CONSEQUENCE = 150
VERDICT_NAME = 48
# A verdict with long names takes a line or two more; then the least of the findings make room for the decisions.
LONG_VERDICTS = (215, 260)


def board(
    desk: Desk,
    dimensions: tuple[DimensionSection, ...],
    contradictions: tuple[Contradiction, ...],
    plans: tuple[Plan, ...],
) -> Board:
    """Return the page that is read in one minute."""
    card = desk.source.scorecard
    scale = desk.source.questionnaire.scale
    assessed = card.coverage > 0
    claimed = shown_level(scale, card.claimed.level, card.claimed.index, printed=True, assessed=assessed)
    verified = shown_level(
        scale, card.verified.level, card.verified.index, printed=card.verified_printed, assessed=assessed
    )
    parties = _by_party(switch_rows(desk))
    unknown = unknown_rows(desk)
    verdict = sentences.verdict(
        shorten(desk.source.organisation, VERDICT_NAME),
        shorten(desk.source.workload, VERDICT_NAME),
        len(parties),
        labels.level_named(card.claimed.level, claimed.name),
        sentences.verified_clause(verified.level, card.claimed.level),
        assessed,
    )
    # Capitals are wide.
    width = len(verdict) + sum(one.isupper() for one in verdict) / 2
    limit = FINDINGS - sum(width > length for length in LONG_VERDICTS)
    findings = _distinct(_findings(desk, dimensions, contradictions), limit)
    return Board(
        verdict=verdict,
        meaning=(verified if verified.level is not None else claimed).meaning,
        claimed=claimed,
        verified=verified,
        held_by=_held_by(desk, dimensions) if assessed else "",
        switches=parties[:SWITCHES],
        more_switches=max(0, len(parties) - SWITCHES),
        unknown=tuple(_short_unknown(one) for one in unknown[:UNKNOWN]),
        more_unknown=max(0, len(unknown) - UNKNOWN),
        findings=findings,
        decisions=_decisions(desk.entries, plans, assessed),
        decisions_effort=plans[0].effort if plans and assessed else "",
    )


def _held_by(desk: Desk, dimensions: tuple[DimensionSection, ...]) -> str:
    overall = desk.source.scorecard.claimed
    return sentences.held_by(
        overall.level,
        [(one.short, one.claimed.level) for one in dimensions],
        [desk.dimension_short(one) for one in overall.held_by],
    )


def _by_party(rows: tuple[SwitchRow, ...]) -> tuple[SwitchRow, ...]:
    """Return one row for each party: its first acts, and whether any of them was seen."""
    parties: dict[str, list[SwitchRow]] = {}
    for row in rows:
        parties.setdefault(row.party, []).append(row)
    return tuple(_party(own) for own in parties.values())


def _party(rows: list[SwitchRow]) -> SwitchRow:
    acts = list(dict.fromkeys(row.by for row in rows))
    more = len(acts) - ACTS
    by = "; ".join(shorten(act, ACT_LENGTH) for act in acts[:ACTS])
    seen = [row for row in rows if row.known == "seen"]
    first = seen[0] if seen else rows[0]
    both = bool(seen) and len(seen) < len(rows)
    return first.model_copy(
        update={
            "party": shorten(first.party, 60),
            "by": f"{by}; {labels.more(more)}" if more > 0 else by,
            "source": labels.known_from(first.known, both),
        }
    )


def _short_unknown(row: UnknownRow) -> UnknownRow:
    return row.model_copy(update={"text": shorten(row.text, TITLE), "why": ""})


def _findings(
    desk: Desk, dimensions: tuple[DimensionSection, ...], contradictions: tuple[Contradiction, ...]
) -> Iterator[KeyFinding]:
    """Yield findings, the heaviest first: said against seen, what holds the level, what is not known, what holds."""
    told: set[str] = set()
    for row in contradictions:
        # One finding often speaks against several answers; the board reads it once.
        seen = next((one for one in row.seen if one.code not in told), None)
        if seen is None or len(told) == CONTRADICTIONS:
            continue
        told.add(seen.code)
        yield KeyFinding(
            title=shorten(sentences.said_but_seen(seen.title), TITLE),
            consequence=f"{first_sentence(seen.because, 100)} {row.sentence}",
            question=row.question,
        )
    holders = set(desk.source.scorecard.claimed.held_by)
    for section in (one for one in dimensions if one.id in holders and one.assessed):
        for entry in section.answers:
            if entry.state == "answered" and entry.event and entry.claimed == section.claimed.level:
                yield KeyFinding(
                    title=shorten(f"{entry.title}: {first_sentence(entry.answer, TITLE)}", TITLE),
                    consequence=first_sentence(entry.event, CONSEQUENCE),
                    question=entry.id,
                )
                break
    for row_unknown in unknown_rows(desk)[:1]:
        yield KeyFinding(
            title=sentences.unknown_count(len(desk.source.scorecard.not_known)),
            consequence=shorten(sentences.unknown_means(row_unknown.title), CONSEQUENCE),
            question=row_unknown.question,
        )
    for section in dimensions:
        if section.holds and section.verified.level is not None:
            strong = max(section.answers, key=lambda one: one.verified or 0)
            yield KeyFinding(
                title=shorten(sentences.strength(section.short, strong.verified or 0), TITLE),
                consequence=first_sentence(strong.answer, CONSEQUENCE),
                question=strong.id,
            )


def _distinct(found: Iterator[KeyFinding], limit: int) -> tuple[KeyFinding, ...]:
    """Return the first findings, none about a question or with a title that stands there already."""
    kept: list[KeyFinding] = []
    for one in found:
        if all(one.question != other.question and one.title != other.title for other in kept):
            kept.append(one)
    return tuple(kept[:limit])


def _decisions(entries: Mapping[str, AnswerEntry], plans: tuple[Plan, ...], assessed: bool) -> tuple[Decision, ...]:
    if not assessed:
        return (Decision(text=sentences.decide_to_answer(), effort="", question=""),)
    asked = []
    for plan in plans:
        if plan.reading == "claimed":
            asked += [
                Decision(
                    text=shorten(f"{move.dimension_title}: {move.actions[0]}", CONSEQUENCE),
                    effort=move.effort,
                    question=move.question,
                )
                for move in plan.moves[: DECISIONS - 1]
            ]
        else:
            # What has to change first stands above; here only answers that are right as they are, but not shown to be.
            unproven = [move.question for move in plan.moves if (entries[move.question].claimed or 0) >= move.to]
            if unproven:
                text = sentences.decide_to_prove(plan.to, len(unproven))
                asked.append(Decision(text=text, effort="", question=unproven[0]))
    return tuple(asked[:DECISIONS])


def fitted(page: Board) -> Board:
    """Return the page with its sentences shortened again.

    Characters without a glyph grow to eight when they are written out, so print calls this last.
    """
    return page.model_copy(
        update={
            "verdict": shorten(page.verdict, 240),
            "unknown": tuple(one.model_copy(update={"text": shorten(one.text, TITLE)}) for one in page.unknown),
            "findings": tuple(
                one.model_copy(
                    update={"title": shorten(one.title, TITLE), "consequence": shorten(one.consequence, 200)}
                )
                for one in page.findings
            ),
        }
    )
