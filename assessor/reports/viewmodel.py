"""From the input of a report to its model: pure, and the same for the same input."""

from unicodedata import normalize

from django.utils import translation
from django.utils.translation import gettext as _

from assessor.reports import clock, labels, outline, sentences
from assessor.reports.answers import Desk, contradictions, settled, switch_rows, unknown_rows
from assessor.reports.board import board
from assessor.reports.calendar import calendar, headline, log
from assessor.reports.dimensions import sections
from assessor.reports.drills import drill_entries
from assessor.reports.endpoints import ENDPOINTS_SHOWN, entries
from assessor.reports.frameworks import framework_sections
from assessor.reports.inputs import ReportInput, WorkloadRecord
from assessor.reports.model import (
    Cover,
    DimensionSection,
    Fact,
    Method,
    ReportBody,
    ReportModel,
    Results,
    ScaleLevel,
    Signed,
)
from assessor.reports.movements import movement
from assessor.reports.roadmaps import first_plans, plans, targets
from assessor.reports.scenario_chapter import chapter
from assessor.reports.shaped import LeftOut
from assessor.reports.text import LINE_LENGTH, NAME_LENGTH, clean, clean_lines, moment
from assessor.reports.told import TermRow, WorkloadRow
from assessor.retelling import named

PERIOD = "."


def build(source: ReportInput) -> ReportModel:
    """Return the report of an assessment, in the language of the input."""
    with translation.override(source.language), clock.reading(source.dates):
        return ReportModel.sealed(_body(Desk(_cleaned(source))))


def _cleaned(source: ReportInput) -> ReportInput:
    """Return the input with the names people typed made fit to print."""
    from dataclasses import replace

    return replace(
        source,
        title=clean(source.title, NAME_LENGTH) or clean(source.questionnaire.title, NAME_LENGTH),
        organisation=clean(source.organisation, NAME_LENGTH) or _("The organisation"),
        home_jurisdictions=tuple(clean(one, NAME_LENGTH) for one in source.home_jurisdictions[:20]),
        workload=clean(source.workload, NAME_LENGTH) or _("the workload"),
        workload_owner=clean(source.workload_owner, NAME_LENGTH),
        assessor=named(clean(source.assessor, NAME_LENGTH), _),
    )


def _body(desk: Desk) -> ReportBody:
    source = desk.source
    drills = drill_entries(desk)
    dimensions = sections(desk, drills)
    days = calendar(desk, drills)
    differing = contradictions(desk)
    return ReportBody(
        language=source.language,
        cover=_cover(source),
        control=_control(source),
        board=board(desk, dimensions, differing, first_plans(desk)),
        scope=_scope(source),
        method=_method(desk),
        results=_results(desk, dimensions),
        movement=movement(*source.since) if source.since else None,
        scenarios=chapter(source.scenarios) if source.scenarios else None,
        switches=switch_rows(desk),
        unknown=unknown_rows(desk),
        dimensions=dimensions,
        contradictions=differing,
        targets=targets(desk),
        plans=plans(desk),
        frameworks=framework_sections(desk),
        endpoints=entries(source),
        limits=_limits(source),
        not_assessed=_not_assessed(desk, dimensions),
        integrity=_integrity(source),
        workloads=_workloads(source),
        drills=drills,
        log=log(desk, drills),
        calendar=days,
        calendar_headline=headline(desk, days),
        settled=settled(desk),
        glossary=_glossary(source),
        brand=source.brand,
        words=source.words,
        dates=source.dates,
        left_out=_left_out(source),
        signed=_signed(source),
    )


def _signed(source: ReportInput) -> Signed | None:
    one = source.signed
    if one is None:
        return None
    by = named(clean(one.by, NAME_LENGTH), _)
    return Signed(by=by, role=one.role, at=moment(one.at), alone=one.alone, sha256=one.sha256)


def _signature(source: ReportInput) -> tuple[Fact, ...]:
    """Return who signed and when, and that nobody else looked where nobody did."""
    one = _signed(source)
    if one is None:
        return ()
    alone = _("none: whoever signed gave all the answers")
    return (
        Fact(label=_("Signed off by"), value=f"{one.by} ({labels.member_role(one.role)})"),
        Fact(label=_("Signed off on"), value=labels.moment_words(one.at)),
        Fact(label=_("Second person"), value=alone if one.alone else _("the signer did not give all the answers")),
    )


def _status(source: ReportInput) -> str:
    if not source.draft:
        return _("Issued")
    return _("Draft, not signed off") if source.signed is None else _("Draft")


def _left_out(source: ReportInput) -> tuple[LeftOut, ...]:
    return outline.left_out(source.left_out, [(one.id, one.title) for one in source.questionnaire.dimensions])


def _classification(source: ReportInput) -> str:
    return clean(source.classification, NAME_LENGTH) or _("Confidential")


def _edition(source: ReportInput) -> str:
    return _("Quick scan, indicative") if source.scorecard.scope == "quick" else _("Full questionnaire")


def _cover(source: ReportInput) -> Cover:
    return Cover(
        title=source.title,
        organisation=source.organisation,
        assessor=source.assessor,
        made_at=moment(source.made_at),
        version=source.version,
        draft=source.draft,
        classification=_classification(source),
        edition=_edition(source),
        inspired_by=clean_lines(source.questionnaire.inspired_by or ""),
    )


def _control(source: ReportInput) -> tuple[Fact, ...]:
    card = source.scorecard
    return (
        Fact(label=_("Report"), value=source.title),
        Fact(label=_("About"), value=source.organisation),
        Fact(label=_("Made by"), value=source.assessor or _("not stated")),
        Fact(label=_("Made on"), value=labels.moment_words(moment(source.made_at))),
        Fact(label=_("Version"), value=str(source.version)),
        Fact(label=_("Status"), value=_status(source)),
        *_signature(source),
        Fact(label=_("Classification"), value=_classification(source)),
        Fact(label=_("Questionnaire"), value=f"{source.questionnaire.title}, {card.questionnaire_version}"),
        Fact(label=_("Edition"), value=_edition(source)),
        Fact(
            label=_("Left out of this report"),
            value="; ".join(one.title for one in _left_out(source)) or _("nothing: every section is printed"),
        ),
    )


def _criticality(value: str) -> str:
    return {"critical": _("critical"), "important": _("important"), "supporting": _("supporting")}[value]


def _workloads(source: ReportInput) -> tuple[WorkloadRow, ...]:
    """Return every workload in scope; the one the answers describe where nothing else was given."""
    first = WorkloadRecord(source.workload, source.workload_owner, source.criticality, source.tolerance_hours)
    return tuple(
        WorkloadRow(
            name=clean(one.name, NAME_LENGTH),
            owner=clean(one.owner, NAME_LENGTH) or _("not stated"),
            criticality=_criticality(one.criticality),
            tolerance=labels.hours(one.tolerance_hours),
        )
        for one in (source.workloads or (first,))
    )


def _scope(source: ReportInput) -> tuple[Fact, ...]:
    return (
        Fact(label=_("Organisation"), value=source.organisation),
        Fact(
            label=_("Home jurisdictions"), value=", ".join(filter(None, source.home_jurisdictions)) or _("not stated")
        ),
        Fact(label=_("Workload the answers describe"), value=source.workload),
        Fact(label=_("Owner of the workload"), value=source.workload_owner or _("not stated")),
        Fact(label=_("Criticality"), value=_criticality(source.criticality)),
        Fact(label=_("Longest stop its owner accepts"), value=labels.hours(source.tolerance_hours)),
        Fact(
            label=_("Endpoints in scope"),
            value=labels.endpoint_count(
                sum(not one.removed_because for one in source.endpoints),
                sum(one.probe is not None and not one.removed_because for one in source.endpoints),
            ),
        ),
    )


def _method(desk: Desk) -> Method:
    source, card, scale = desk.source, desk.source.scorecard, desk.source.questionnaire.scale
    reasons = []
    if card.indicative:
        reasons.append(sentences.indicative(len(card.questions)))
    if card.coverage < scale.coverage:
        reasons.append(sentences.low_coverage(card.coverage, scale.coverage))
    thin = [desk.dimension_title(one.dimension) for one in card.dimensions if one.provisional]
    if thin:
        reasons.append(_("Provisional dimensions: {names}.").format(names=labels.listed(thin)))
    if not card.verified_printed and card.coverage > 0:
        reasons.append(sentences.not_verified(card.confidence, scale.evidenced_share))
    return Method(
        paragraphs=(
            source.questionnaire.introduction,
            _(
                "Every answer describes the weakest critical workload in scope. The claimed level takes each answer at "
                "its word. The verified level counts it only as far as evidence carries it, and never further than a "
                "finding allows."
            ),
            sentences.level_rule(scale.share, scale.slack),
            _(
                "Evidence is declared, documented, observed or tested. Which of these holds follows from what is "
                "attached; nobody chooses it."
            ),
        ),
        scale=tuple(
            ScaleLevel(level=one.level, name=one.name, meaning=one.meaning, horizon=one.horizon) for one in scale.levels
        ),
        scope=card.scope,
        indicative=card.indicative,
        provisional=card.provisional,
        reasons=tuple(reasons),
        coverage=card.coverage,
        confidence=card.confidence,
        best_if_unknown_known=card.best_if_unknown_known,
        questions=len(card.questions),
        answered=sum(one.state != "not-asked" for one in card.questions),
    )


def _results(desk: Desk, dimensions: tuple[DimensionSection, ...]) -> Results:
    card = desk.source.scorecard
    levels = [one.claimed.level for one in dimensions if one.claimed.level is not None]
    assessed = card.coverage > 0
    best = card.best_if_unknown_known
    titles = {one.id: one.short for one in dimensions}
    return Results(
        headline=sentences.results_headline(levels, card.claimed.level, assessed),
        chart_title=_("Claimed and verified level of each dimension"),
        chart_description="; ".join(
            _("{title}: claimed {claimed}, verified {verified}").format(
                title=one.title, claimed=one.claimed.label, verified=one.verified.label
            )
            for one in dimensions
        )
        + PERIOD,
        best_if_unknown_known=sentences.best_case(best) if assessed and best > card.claimed.level else "",
        minimum=sentences.minimums(
            [titles[one.dimension] for one in card.dimensions if one.below_minimum],
            sum(one.minimum is not None for one in card.dimensions),
        )
        if assessed
        else "",
        index=sentences.index(card.claimed.index, card.verified.index if card.verified_printed else None)
        if assessed and desk.source.questionnaire.weighted
        else "",
        heat_headline=_heat(desk, dimensions) if assessed else "",
        gap_headline=sentences.gap_headline(card.claimed.index, card.verified.index) if assessed else "",
        target_headline=targets(desk).headline if assessed else "",
    )


def _heat(desk: Desk, dimensions: tuple[DimensionSection, ...]) -> str:
    """Return which dimensions are far from the level after the overall one."""
    level = min(desk.source.scorecard.claimed.level + 1, desk.source.questionnaire.scale.top)
    return sentences.heat_headline([one.short for one in dimensions if one.reached and one.reached[level] < 0.5], level)


def _limits(source: ReportInput) -> tuple[str, ...]:
    card = source.scorecard
    lines = [
        _(
            "This report is not an audit, not a certification and not legal advice. It repeats what was said and adds "
            "what was seen from one place at one time."
        ),
        _("“Not assessed” means that nobody looked or nobody answered. It never means that there is nothing to find."),
        _(
            "A probe sees the front of an endpoint. It can lower an answer; that a model runs on your own machines can "
            "only be shown by looking at the machines or by a drill."
        ),
    ]
    if card.indicative:
        lines.append(sentences.indicative(len(card.questions)))
    unprobed = [one for one in source.endpoints if one.probe is None and not one.removed_because]
    if unprobed:
        lines.append(sentences.unprobed([clean(one.name, NAME_LENGTH) for one in unprobed[:10]], len(unprobed)))
    elif not source.endpoints:
        lines.append(_("No endpoint was registered, so nothing in this report was seen by a probe."))
    if len(source.endpoints) > ENDPOINTS_SHOWN:
        lines.append(sentences.left_out_endpoints(len(source.endpoints) - ENDPOINTS_SHOWN))
    return tuple(lines + [clean(one, LINE_LENGTH) for one in source.limits])


def _not_assessed(desk: Desk, dimensions: tuple[DimensionSection, ...]) -> tuple[str, ...]:
    lines = [_("Dimension not assessed: {title}.").format(title=one.title) for one in dimensions if not one.assessed]
    open_ = [one for one in desk.entries.values() if one.state == "not-asked"]
    if open_ and desk.source.scorecard.coverage > 0:
        lines += [
            _("Question {number} not asked yet: {text}").format(number=one.number, text=one.text) for one in open_
        ]
    if desk.source.scenarios is None:
        lines.append(_("Dependencies and scenarios: no inventory of components was made."))
    if not any(one.probe is not None and not one.removed_because for one in desk.source.endpoints):
        lines.append(_("What endpoints show: no endpoint was probed."))
    if not desk.source.drills:
        lines.append(_("Drills: none was held here."))
    return tuple(lines)


def _glossary(source: ReportInput) -> tuple[TermRow, ...]:
    """Return the words in the order of the report's language; an umlaut stands with its letter."""
    rows = [TermRow(term=one.term, means=one.means) for one in source.questionnaire.glossary]
    return tuple(sorted(rows, key=lambda one: normalize("NFKD", one.term).encode("ascii", "ignore").lower()))


def _integrity(source: ReportInput) -> tuple[Fact, ...]:
    card = source.scorecard
    probes = [one.probe for one in source.endpoints if one.probe is not None]
    versions = sorted({f"{one.prober_version} / {one.catalogue_version}" for one in probes})
    return (
        Fact(label=_("Product version"), value=source.product_version),
        Fact(label=_("Method version"), value=card.method_version),
        Fact(label=_("Questionnaire"), value=f"{card.questionnaire} {card.questionnaire_version}"),
        Fact(label=_("Questionnaire content (sha256)"), value=card.questionnaire_hash),
        *([Fact(label=_("Translation (sha256)"), value=source.translation_hash)] if source.translation_hash else []),
        Fact(label=_("Prober / catalogue version"), value=", ".join(versions) or _("no probe in this report")),
        *([Fact(label=_("Snapshot that was signed (sha256)"), value=source.signed.sha256)] if source.signed else []),
    )
