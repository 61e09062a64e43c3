"""Filters and a chart for the pages of drills: how a request fared, how long it took, the line of time."""

from collections.abc import Callable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.probes.drills import wording
from assessor.probes.drills.disconnect_judge import Stretch, noted_cold_start, timeline
from assessor.probes.drills.disconnect_run import parse_time
from assessor.probes.drills.records import DisconnectRecord, Proof, Reply

register = template.Library()

WIDTH, LEFT, RIGHT = 640.0, 96.0, 632.0
LANE, OUT_LANE, FOOT, HEIGHT = 16.0, 62.0, 96.0, 122.0
INK, LINE, ACCENT, PAPER = "#17212b", "#78858a", "#0e626e", "#ffffff"
MARKS = {"works": "✓", "accepted": "✓", "differs": "~", "breaks": "✗", "absent": "–", "not-sent": "–"}


@register.filter
def state_mark(reply: Reply) -> str:
    """Return the mark of how a request fared; always beside its word."""
    return MARKS[reply.state]


@register.filter
def state_word(reply: Reply) -> str:
    """Return how a request fared in a word."""
    return _(wording.STATES[reply.state])


@register.filter
def verdict_word(verdict: str) -> str:
    """Return what a feature's two replies mean for a move."""
    return _(wording.VERDICTS[verdict])


@register.filter
def note(reply: Reply) -> str:
    """Return what is to be said about a reply; what a server said is quoted, never read as a template."""
    return wording.said(reply.note, reply.params, _)


@register.filter
def proof_words(proof: Proof) -> str:
    """Return what a proof rests on."""
    return wording.said(proof.because, proof.params, _)


@register.filter
def proof_name(proof: Proof) -> str:
    """Return what kind of proof it is."""
    return _(wording.PROOFS[proof.kind])


@register.filter
def lasted(ms: float) -> str:
    """Return a time for people."""
    return wording.seconds(ms)


@register.filter
def clock(past: float) -> str:
    """Return seconds since the way out was closed as +h:mm:ss."""
    return wording.clock(past)


@register.filter
def outcome_word(record: object) -> str:
    """Return how a drill ended."""
    return _(wording.OUTCOMES[str(getattr(record, "outcome", "stopped"))])


@register.filter
def stretch_word(stretch: Stretch) -> str:
    """Return what a stretch of time is."""
    words = {
        "answered": _("answered"),
        "failed": _("no answer"),
        "away": _("the prober itself was away"),
        "open": _("the way out was open"),
    }
    return words[stretch.kind]


def _text(x: float, y: float, text: str, anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="chart-ink" x="{}" y="{}" font-size="12" fill="{}" text-anchor="{}">{}</text>',
        f"{x:.1f}",
        f"{y:.1f}",
        INK,
        anchor,
        text,
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str = "chart-grid", width: float = 1) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>',
        kind,
        f"{x1:.1f}",
        f"{y1:.1f}",
        f"{x2:.1f}",
        f"{y2:.1f}",
        INK if kind == "chart-stem" else LINE,
        f"{width:g}",
    )


def _block(x1: float, x2: float, y: float, *, filled: bool) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="24" fill="{}" stroke="{}" stroke-width="1"/>',
        "chart-step chart-step-reached" if filled else "chart-step",
        f"{x1:.1f}",
        f"{y:.1f}",
        f"{max(1.0, x2 - x1):.1f}",
        ACCENT if filled else PAPER,
        ACCENT if filled else LINE,
    )


def _crossed(x1: float, x2: float, y: float) -> SafeString:
    """Return an empty block with a cross in it: told from a filled one without any colour."""
    middle, half = (x1 + x2) / 2, min(6.0, max(2.0, (x2 - x1) / 2 - 1))
    strokes = [
        _line(middle - half, y + 12 - half, middle + half, y + 12 + half, "chart-stem", 1.5),
        _line(middle - half, y + 12 + half, middle + half, y + 12 - half, "chart-stem", 1.5),
    ]
    return format_html("{}{}", _block(x1, x2, y, filled=False), format_html_join("", "{}", ((one,) for one in strokes)))


@register.simple_tag
def drill_timeline(record: DisconnectRecord) -> SafeString:
    """Return the closed time as a chart: answers above, the way out below; the table beneath says the same."""
    stretches = timeline(record)
    total = max(record.planned_minutes * 60, stretches[-1].until if stretches else 0, 1)

    def at(past: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(max(past, 0), total) / total

    parts = [_text(0, LANE + 17, _("Answers")), _text(0, OUT_LANE + 17, _("Way out"))]
    for stretch in stretches[:400]:
        x1, x2 = at(stretch.start), at(stretch.until)
        if stretch.kind == "answered":
            parts.append(_block(x1, x2, LANE, filled=True))
        elif stretch.kind == "failed":
            parts.append(_crossed(x1, x2, LANE))
        if stretch.kind == "open":
            parts.append(_block(x1, x2, OUT_LANE, filled=False))
            parts.append(_text((x1 + x2) / 2, OUT_LANE + 16, _("open"), "middle"))
        elif stretch.kind != "away" and any(proof.holds for proof in record.proofs):
            parts.append(_line(x1, OUT_LANE + 12, x2, OUT_LANE + 12, "chart-stem", 3))
    for quarter in range(5):
        x = at(total * quarter / 4)
        anchor = "start" if quarter == 0 else "end" if quarter == 4 else "middle"
        parts += [_line(x, FOOT, x, FOOT + 5), _text(x, FOOT + 20, wording.clock(total * quarter / 4), anchor)]
    parts.append(_line(LEFT, FOOT, RIGHT, FOOT))
    parts += _cold_start(record, at)
    title = _("Line of time of the closed time")
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-profile" role="img" '
        'aria-labelledby="time-title time-desc" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<title id="time-title">{}</title><desc id="time-desc">{}</desc>{}</svg>',
        f"{WIDTH:g}",
        f"{HEIGHT:g}",
        f"{WIDTH:g}",
        f"{HEIGHT:g}",
        title,
        summary(record),
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _cold_start(record: DisconnectRecord, at: Callable[[float], float]) -> list[SafeString]:
    noted = noted_cold_start(record)
    if noted in {"", "none"}:
        return []
    past = (parse_time(noted) - parse_time(record.closed_from)).total_seconds()
    x = at(past)
    anchor = "end" if x > (LEFT + RIGHT) / 2 else "start"
    return [
        _line(x, 8, x, FOOT, "chart-stem", 1.5),
        _text(x + (-4 if anchor == "end" else 4), 11, _("cold start"), anchor),
    ]


@register.filter
def summary(record: DisconnectRecord) -> str:
    """Return the line of time as one sentence."""
    words = _("%(answered)s of %(asked)s rounds were answered in %(minutes)s min.")
    text = words % {"answered": record.answered, "asked": record.asked, "minutes": record.minutes}
    stops = [one for one in timeline(record) if one.kind == "failed"]
    if stops:
        longest = max(stops, key=lambda one: one.until - one.start)
        more = _("There were %(count)s stretches without an answer, the longest from %(start)s to %(until)s.")
        told_of = {"count": len(stops), "start": clock(longest.start), "until": clock(longest.until)}
        text += " " + more % told_of
    return text
