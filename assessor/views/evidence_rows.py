"""Evidence and disputes in words: which tier and why, what is missing, what still needs a look."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessor import queries
from assessor.errors import N_
from assessor.evidence import Finding, Strength, Tier
from assessor.models import Answer, Dispute, Evidence
from assessor.probes.words import finding_title
from assessor.questionnaire.schema import Question
from assessor.scoring.proofs import failed_last, proven_level
from assessor.scoring.tiers import (
    DOCUMENTS,
    EvidenceKind,
    counts_until,
    fresh_tier,
    is_stale,
    missing_for_tier,
    own_tier,
)
from assessor.templatetags.assessor_ui import TIER_WORDS
from assessor.views.rendering import Sheet

K = EvidenceKind
EARNED = {
    K.STATEMENT: N_("somebody said so"),
    **dict.fromkeys(DOCUMENTS, N_("place, version and date are given, and somebody marked it as read")),
    K.INSPECTION: N_("what was looked at, where and when is on record"),
    K.PROBE: N_("a probe held in this installation saw it at work"),
    K.DRILL: N_("pass mark, scope, length, share of load and result are on record"),
    K.SWITCH: N_("pass mark, scope, length, share of load and result are on record"),
    K.OUTAGE: N_("scope, length, share of load and result are on record"),
    K.TABLE_TOP: N_("it shows who decides, which is what this question asks"),
}
MISSING = {
    "place": N_("the place"),
    "taken_on": N_("the date"),
    "version": N_("the version"),
    "read": N_("the mark that somebody has read it"),
    "pass_mark": N_("the pass mark set beforehand"),
    "minutes": N_("the length"),
    "share_of_load": N_("the share of load"),
    "result": N_("the result"),
    "supports": N_("a strong finding that supports this level at every endpoint of the role"),
    "shown": N_("what the drill's own record leaves open"),
    "signed": N_("a plan signed by this installation (the result came as a file: unsigned)"),
}
NEXT = {
    Tier.DECLARED: N_("To count as documented: a signed clause, licence, certificate, configuration or log."),
    Tier.DOCUMENTED: N_("To count as observed: an inspection on the host, or a probe that sees it at work."),
    Tier.OBSERVED: N_("To count as tested: a drill, a switch or an outage on record."),
}
STATES = {
    "open": N_("disputed, not decided: the finding still counts"),
    "accepted": N_("dispute accepted: the finding does not count"),
    "rejected": N_("dispute rejected: the finding still counts"),
    "resolved": N_("settled: a later probe or drill no longer finds it"),
    "moved": N_("past: the endpoint has another address now"),
    "again": N_("past: a later drill found it anew, and that counts"),
}


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def tier_word(tier: Tier) -> str:
    return _(TIER_WORDS[tier])


def tier_reason(row: Evidence, question: Question, today: date) -> str:
    """Return the sentence that says which tier a piece of evidence has, why, and until when."""
    facts = row.facts
    proves = question.proves_at(row.level)
    tier, fresh = row.tier(today, proves), fresh_tier(facts, proves)
    missing = missing_for_tier(facts, proves)
    until = counts_until(facts)
    if "counts_here" in missing:
        return _("declared: a table-top proves only who decides, and this level asks for more.")
    if missing:
        wanted = ", ".join(_(MISSING[name]) for name in missing)
        said = _("%(tier)s: missing for %(own)s: %(missing)s")
        text = said % {"tier": tier_word(tier), "own": tier_word(own_tier(facts.kind)), "missing": wanted}
    else:
        text = _("%(tier)s: %(because)s") % {"tier": tier_word(tier), "because": _(EARNED[facts.kind])}
    if facts.failed and not missing:
        level = proven_level(question, row.attached)
        text += "; " + _("it failed, so it proves level %(level)s, the rung below") % {"level": level}
    if is_stale(facts, today) and until is not None:
        text += "; " + (
            _("stale since %(day)s, until then %(tier)s") % {"day": _day(until), "tier": tier_word(fresh)}
            if fresh.rank
            else _("past its end on %(day)s") % {"day": _day(until)}
        )
    elif until is not None and fresh.rank:
        text += "; " + _("counts until %(day)s") % {"day": _day(until)}
    return text + "."


def evidence_item(row: Evidence, answer: Answer, question: Question, today: date) -> dict[str, Any]:
    """Return what a page shows of one piece of evidence."""
    link = row.link
    return {
        "row": row,
        "tier": row.tier(today, question.proves_at(row.level)),
        "reason": tier_reason(row, question, today),
        "stale": row.is_stale(today),
        "confirm": row.level != answer.level,
        "failed": row.facts.failed,
        "unsigned": row.probe_run is not None and row.probe_run.imported,
        "clickable": link.lower().startswith(("http://", "https://")),
    }


def evidence_items(answer: Answer | None, question: Question, today: date) -> list[dict[str, Any]]:
    """Return the evidence in force behind an answer."""
    return [evidence_item(row, answer, question, today) for row in answer.proofs()] if answer else []


def held_by_failure(answer: Answer | None, question: Question) -> int | None:
    """Return the level at which a failed test holds an answer; None where none does."""
    if answer is None:
        return None
    failed = failed_last(question, [row.attached for row in answer.proofs()])
    return None if failed is None else proven_level(question, failed)


def next_tier(items: Iterable[Mapping[str, Any]], question: Question) -> str:
    """Return what would earn the next tier, in words; empty where the question asks for no more."""
    best = max((item["tier"] for item in items), key=lambda tier: tier.rank, default=Tier.DECLARED)
    return _(NEXT[best]) if best.rank < question.proof.rank else ""


def dispute_rows(sheet: Sheet, question: Question) -> list[dict[str, Any]]:
    """Return the disputes about findings that bear on a question, with their states; one query where there is any."""
    bearing_on = []
    for one in sheet.disputes or ():
        found = Finding(code=one.code, strength=Strength.WEAK)
        bearing = next((row for row in question.findings if found.is_under(row.code)), None)
        if bearing is not None:
            bearing_on.append((one, bearing))
    return [
        dispute_row(one, sheet.dispute_states[one.pk])
        | {"because": bearing.because, "caps": bearing.caps, "supports": bearing.supports}
        for one, bearing in bearing_on
    ]


def dispute_row(dispute: Dispute, state: queries.DisputeState) -> dict[str, Any]:
    """Return what a page shows of one dispute."""
    finding = Finding(code=dispute.code, strength=Strength.WEAK)
    return {"row": dispute, "state": state, "words": _(STATES[state]), "title": finding_title(finding, _)}


def two_values(sheet: Sheet, question: Question, rows: Iterable[Mapping[str, Any]]) -> dict[str, int | None] | None:
    """Return the verified level with every disputed finding and with none; None where nothing is in dispute."""
    if not any(row["state"] in {"open", "accepted"} for row in rows):
        return None
    values: dict[str, int | None] = {}
    readings: tuple[tuple[str, queries.Heeding], ...] = (("with", "none"), ("without", "all"))
    for name, heeding in readings:
        card = queries.scorecard(
            sheet.assessment, sheet.questionnaire, sheet.all_answers, sheet.disputes, heeding=heeding
        )
        values[name] = card.question(question.id).verified
    return values
