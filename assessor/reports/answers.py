"""The questions of a report: what was said, what was seen, what counts, and where the two part."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessor.evidence import Finding, Strength
from assessor.probes.words import finding_title
from assessor.questionnaire.schema import Question
from assessor.reports import labels, sentences
from assessor.reports.inputs import AnswerRecord, EvidenceRecord, ReportInput
from assessor.reports.model import (
    AnswerEntry,
    Contradiction,
    DisputeRow,
    EvidenceRow,
    FileRow,
    FindingRow,
    SwitchRow,
    UnknownRow,
    WorkloadAnswer,
)
from assessor.reports.text import LINE_LENGTH, NAME_LENGTH, clean, clean_lines, day, moment
from assessor.retelling import named, retold
from assessor.scenarios import words as scenario_finding
from assessor.scoring import rules
from assessor.scoring.roadmap import Roadmap, roadmap
from assessor.scoring.scorecard import QuestionScore, Reading, Weighed

# The place that findings of scenarios name where others name an endpoint.
SCENARIOS = "scenarios"
EVIDENCE_PER_ANSWER = 12
FINDINGS_PER_ANSWER = 12
WORKLOADS_PER_ANSWER = 40


@dataclass(frozen=True)
class Desk:
    """A report's input with the look-ups that every section needs."""

    source: ReportInput

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions in scope by id, in the order they are asked."""
        return {one.id: one for one in self.source.questionnaire.asked(self.source.scorecard.scope)}

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """The printed number of each question: its dimension's place, a dot, its place within."""
        numbers: dict[str, str] = {}
        for place, dimension in enumerate(self.source.questionnaire.dimensions, start=1):
            within = [one.id for one in self.questions.values() if one.dimension == dimension.id]
            numbers |= {question: f"{place}.{index}" for index, question in enumerate(within, start=1)}
        return numbers

    @cached_property
    def endpoint_names(self) -> Mapping[str, str]:
        """The names of the endpoints in scope by id."""
        named = {one.id: clean(one.name, NAME_LENGTH) for one in self.source.endpoints}
        return named | {SCENARIOS: _("the play-through of the scenarios")}

    @cached_property
    def entries(self) -> Mapping[str, AnswerEntry]:
        """Every question in scope as the report prints it, by id."""
        return {one.question: _entry(self, one) for one in self.source.scorecard.questions}

    @cached_property
    def roadmaps(self) -> tuple[Roadmap, ...]:
        """The way to the next overall level and on to the targets, claimed and verified."""
        readings: tuple[Reading, ...] = ("claimed", "verified")
        source = self.source
        return tuple(roadmap(source.questionnaire, source.scorecard, one, source.targets) for one in readings)

    def seen_at(self, endpoint: str, code: str) -> Finding | None:
        """Return what the latest probe of an endpoint found by this code; None where it did not."""
        found = (row.probe.findings for row in self.source.endpoints if row.id == endpoint and row.probe is not None)
        return next((finding for findings in found for finding in findings if finding.code == code), None)

    def dimension_title(self, dimension_id: str) -> str:
        """Return the title of a dimension."""
        return next(one.title for one in self.source.questionnaire.dimensions if one.id == dimension_id)

    def dimension_short(self, dimension_id: str) -> str:
        """Return the short name of a dimension."""
        return next(one.short for one in self.source.questionnaire.dimensions if one.id == dimension_id)


def _entry(desk: Desk, score: QuestionScore) -> AnswerEntry:
    question = desk.questions[score.question]
    record = desk.source.answers.get(score.question) or AnswerRecord(state="not-asked")
    single = desk.source.single.get(score.question, ())
    choice = question.choice(score.claimed) if score.state == "answered" and score.claimed is not None else None
    state_label = labels.state_label(score.state)
    return AnswerEntry(
        id=question.id,
        number=desk.numbers[question.id],
        title=question.title,
        text=question.text,
        why=question.why,
        state=score.state,
        state_label=state_label,
        answer=_said(question, _counted(score, record, single), score.claimed)
        if score.state == "answered"
        else state_label,
        event=(choice.event or "") if choice else "",
        claimed=score.claimed,
        verified=score.verified,
        claimed_label=_level(score.claimed),
        verified_label=_level(score.verified),
        tier=score.tier,
        tier_label=labels.tier_label(score.tier),
        proof=question.proof,
        proof_label=labels.tier_label(question.proof),
        gate=score.gate,
        weight=score.weight,
        contradicted=score.contradicted,
        because=_because(desk, question, score),
        note=clean_lines(record.note),
        answered_by=named(clean(record.answered_by, NAME_LENGTH), _),
        answered_at=moment(record.answered_at),
        evidence=tuple(evidence_row(one, record.level) for one in record.evidence[:EVIDENCE_PER_ANSWER]),
        workloads=tuple(_about_workload(question, one) for one in single[:WORKLOADS_PER_ANSWER]),
        findings=tuple(finding_row(desk, one) for one in score.weighed[:FINDINGS_PER_ANSWER]),
        disputes=_disputes(desk, question),
    )


def _counted(score: QuestionScore, record: AnswerRecord, single: tuple[AnswerRecord, ...]) -> AnswerRecord:
    """Return the answer that the score rests on: the lowest, where critical workloads were asked one by one."""
    each = [*(one for one in single if one.counts), record]
    return next((one for one in each if (one.state, one.level) == (score.state, score.claimed)), record)


def _about_workload(question: Question, record: AnswerRecord) -> WorkloadAnswer:
    answered = record.state == "answered"
    return WorkloadAnswer(
        workload=clean(record.workload, NAME_LENGTH),
        counts=record.counts,
        state=record.state,
        state_label=labels.state_label(record.state),
        level=record.level if answered else None,
        answer=_said(question, record, record.level) if answered else "",
        note=clean_lines(record.note),
        answered_by=named(clean(record.answered_by, NAME_LENGTH), _),
        answered_at=moment(record.answered_at),
        evidence=tuple(evidence_row(one, record.level) for one in record.evidence[:EVIDENCE_PER_ANSWER]),
    )


def _because(desk: Desk, question: Question, score: QuestionScore) -> str:
    if not question.scored:
        return sentences.fact_because(score.state)
    scale = desk.source.questionnaire.scale
    return sentences.answer_because(
        score.state,
        score.claimed,
        score.verified,
        score.tier,
        rules.weakest_tier_for(score.claimed or 0, question.proof, scale),
        score.finding_cap,
        score.supported is not None,
    )


def _said(question: Question, record: AnswerRecord, level: int | None) -> str:
    """Return what was answered, in the words of the question; lists say what holds and what does not, line by line."""
    if question.kind == "checklist":
        ticked = record.value if isinstance(record.value, tuple) else ()
        lines = [
            (_("Holds: {text}") if item.id in ticked else _("Does not hold: {text}"), item.text)
            for item in question.items
        ]
        lead = sentences.statements(sum(item.id in ticked for item in question.items), len(question.items))
        return "\n".join([lead, *(words.format(text=text) for words, text in lines)])
    if question.kind == "yes-no":
        side = question.if_yes if record.value == "yes" else question.if_no
        return " ".join(
            [_("Yes.") if record.value == "yes" else _("No."), side.text if side is not None else ""]
        ).strip()
    rung = question.choice(level) if level is not None else None
    if rung is not None:
        return rung.text
    # A unit is written for many: "1 people" reads wrong in every language.
    unit = f"({question.unit})" if question.unit and record.value == 1 else question.unit
    return clean_lines(f"{'' if record.value is None else record.value} {unit}".strip())


def _level(level: int | None) -> str:
    return labels.NOT_STATED if level is None else str(level)


def evidence_row(record: EvidenceRecord, level: int | None) -> EvidenceRow:
    """Return one piece of evidence in words; `level` is that of the answer it stands behind."""
    other = record.given_for is not None and level is not None and record.given_for != level
    return EvidenceRow(
        tier=record.tier,
        tier_label=labels.tier_label(record.tier),
        kind=labels.evidence_label(record.kind),
        kind_id=clean(record.kind, NAME_LENGTH),
        description=clean(retold(record.description, _)),
        place=clean(record.place),
        version=clean(record.version, NAME_LENGTH),
        taken_on=day(record.taken_on),
        expires_on=day(record.expires_on),
        stale=record.stale,
        counts_until=day(record.counts_until),
        link=clean(record.link),
        result=clean(retold(record.result, _)),
        remarks=sentences.evidence_remarks(record.failed, record.unsigned, record.given_for if other else None),
        files=tuple(
            FileRow(name=clean(one.name, NAME_LENGTH), size=one.size, sha256=clean(one.sha256, NAME_LENGTH))
            for one in record.files
        ),
    )


def _disputes(desk: Desk, question: Question) -> tuple[DisputeRow, ...]:
    rows = []
    for one in desk.source.disputes:
        finding = Finding(code=one.code, strength=Strength.WEAK)
        if not any(finding.is_under(bearing.code) for bearing in question.findings):
            continue
        values = ""
        if one.state in {"open", "accepted"}:
            with_it = _level(desk.source.verified_with.get(question.id))
            values = sentences.both_values(with_it, _level(desk.source.verified_without.get(question.id)))
        rows.append(
            DisputeRow(
                endpoint=clean(one.endpoint, NAME_LENGTH),
                endpoint_name=desk.endpoint_names.get(one.endpoint, clean(one.endpoint, NAME_LENGTH)),
                code=one.code,
                title=title_of(desk.seen_at(one.endpoint, one.code) or finding),
                state=one.state,
                state_label=labels.dispute_label(one.state),
                reason=clean(one.reason),
                raised=sentences.by_at(named(clean(one.raised_by, NAME_LENGTH), _), one.raised_at),
                decided=sentences.by_at(named(clean(one.decided_by, NAME_LENGTH), _), one.decided_at),
                note=clean(one.note),
                values=values,
            )
        )
    return tuple(rows)


def finding_row(desk: Desk, weighed: Weighed) -> FindingRow:
    """Return a finding that bears on a question, in words."""
    return FindingRow(
        endpoint=clean(weighed.endpoint, NAME_LENGTH),
        endpoint_name=desk.endpoint_names.get(weighed.endpoint, weighed.endpoint),
        code=weighed.finding.code,
        title=title_of(weighed.finding),
        because=weighed.because,
        weight=sentences.finding_weight(weighed.supports, weighed.caps),
        supports=weighed.supports,
        caps=weighed.caps,
    )


def title_of(finding: Finding) -> str:
    """Return a finding's title, cleaned: its parameters come from a stranger's server."""
    if finding.code.startswith("scenario."):
        return clean(scenario_finding.title(finding, get_language() or "en"), LINE_LENGTH)
    return clean(finding_title(finding, _), LINE_LENGTH)


def _resolution(entry: AnswerEntry) -> str:
    """Return how a contradiction stands: disputed and by whom, or open."""
    told = [one for one in entry.disputes if one.state in ("open", "rejected")]
    if told:
        lines = (f"{labels.capital(one.state_label)} ({one.decided or one.raised})." for one in told)
        # The same finding may be disputed at many endpoints on one day.
        return " ".join(dict.fromkeys(lines))
    return _("Open: nobody has disputed it, and no later probe has disproved it.")


def settled(desk: Desk) -> tuple[DisputeRow, ...]:
    """Return the disputes that are over: accepted, or settled by a later probe; each once."""
    rows = {
        (row.endpoint, row.code, row.raised): row
        for entry in desk.entries.values()
        for row in entry.disputes
        if row.state in ("accepted", "resolved", "moved")
    }
    return tuple(rows.values())


def switch_rows(desk: Desk) -> tuple[SwitchRow, ...]:
    """Return who can act today, what was seen before what was only said."""
    rows = []
    for switch in desk.source.scorecard.switches:
        number = desk.numbers[switch.question]
        place = desk.endpoint_names.get(switch.endpoint, "")
        source = sentences.seen_at(place, number) if switch.known == "seen" else sentences.said_in(number)
        rows.append(
            SwitchRow(
                party=desk.source.questionnaire.party(switch.party).name,
                by=switch.by,
                known=switch.known,
                source=source,
                question=switch.question,
                endpoint=clean(switch.endpoint, NAME_LENGTH),
            )
        )
    return tuple(rows)


def unknown_rows(desk: Desk) -> tuple[UnknownRow, ...]:
    """Return the questions that nobody could answer."""
    return tuple(
        UnknownRow(
            question=one,
            number=desk.numbers[one],
            title=desk.questions[one].title,
            text=desk.questions[one].text,
            why=desk.questions[one].why,
        )
        for one in desk.source.scorecard.not_known
    )


def contradictions(desk: Desk) -> tuple[Contradiction, ...]:
    """Return the answers that a finding speaks against, with both values."""
    rows = []
    for score in desk.source.scorecard.contradictions:
        entry = desk.entries[score.question]
        cap = score.finding_cap or 0
        rows.append(
            Contradiction(
                question=entry.id,
                number=entry.number,
                title=entry.title,
                text=entry.text,
                dimension_title=desk.dimension_title(score.dimension),
                said=entry.answer,
                said_level=entry.claimed_label,
                seen=tuple(one for one in entry.findings if one.caps is not None),
                verified_level=entry.verified_label,
                sentence=sentences.contradiction(score.claimed, cap, score.verified),
                resolution=_resolution(entry),
            )
        )
    return tuple(rows)
