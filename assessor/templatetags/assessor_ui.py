"""Tags for the components of templates/components: level marks, chips, icons, and blocks that wrap content."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_scopes import get_scope

from assessor.errors import N_
from assessor.evidence import Finding, Strength, Tier
from assessor.models import Job
from assessor.services import heard, news, workers

register = template.Library()

MARK_WIDTH, MARK_HEIGHT, MARK_GAP = 36.0, 18.0, 1.5
LOWEST_STEP, EMPTY_STEP = 4.0, 1.5
TOP = 5
# The same values as --accent and --line by day, for a reader that ignores style sheets.
STEP_ON, STEP_OFF = "#0e626e", "#78858a"

TIER_WORDS = {
    Tier.DECLARED: N_("declared"),
    Tier.DOCUMENTED: N_("documented"),
    Tier.OBSERVED: N_("observed"),
    Tier.TESTED: N_("tested"),
}
STRENGTH_WORDS = {
    Strength.PROOF: N_("proof"),
    Strength.STRONG: N_("strong signal"),
    Strength.DEFAULT: N_("default that can be changed"),
    Strength.WEAK: N_("weak signal"),
}
CALLOUT_KINDS = {
    "info": (N_("Note"), "info"),
    "warn": (N_("Caution"), "warn"),
    "error": (N_("Problem"), "error"),
    "success": (N_("Done"), "success"),
}
# Django's message levels, said in our words.
MESSAGE_KINDS = {"debug": "info", "info": "info", "success": "success", "warning": "warn", "error": "error"}


@register.simple_tag
def level_mark(level: int | None, top: int = TOP, hidden: bool = False) -> SafeString:
    """Return the stepped mark: `top` rising steps, filled up to `level`; it reads without colour.

    `hidden` keeps it from screen readers where the number stands beside it as text. No level draws no mark. Without a
    questionnaire at hand `top` is empty, and the mark has five steps.
    """
    if level is None:
        return SafeString("")
    top = top or TOP
    return _drawn_mark(level, top, hidden, _("Level %(level)s of %(top)s") % {"level": level, "top": top})


@lru_cache(maxsize=256)
def _drawn_mark(level: int, top: int, hidden: bool, title: str) -> SafeString:
    width = (MARK_WIDTH - MARK_GAP * (top - 1)) / top
    rise = (MARK_HEIGHT - LOWEST_STEP) / max(top - 1, 1)
    steps = []
    for step in range(top):
        filled = step < level
        height = LOWEST_STEP + rise * step if filled else EMPTY_STEP
        kind, colour = ("step-on", STEP_ON) if filled else ("step-off", STEP_OFF)
        left, upper = f"{step * (width + MARK_GAP):.2f}", f"{MARK_HEIGHT - height:.2f}"
        steps.append((kind, left, upper, f"{width:.2f}", f"{height:.2f}", colour))
    bars = format_html_join(
        "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill="{}"/>', (step for step in steps)
    )
    reader = SafeString('aria-hidden="true"') if hidden else SafeString('role="img"')
    return format_html(
        '<svg class="level-mark level-{}" viewBox="0 0 36 18" width="36" height="18" {}><title>{}</title>{}</svg>',
        level,
        reader,
        title,
        bars,
    )


@register.simple_tag
def level_badge(level: int | None, name: str = "", top: int = TOP, large: bool = False, none: str = "") -> SafeString:
    """Show a level as mark, number and name; `none` is what is said instead where there is no level."""
    # A page shows a dozen of the same few badges. The translated words stand for the language in the cache's key.
    words = (_("not verified yet"), _("Level"))
    return _badge(level, str(name), top or TOP, large, str(none), words)


@lru_cache(maxsize=512)
def _badge(level: int | None, name: str, top: int, large: bool, none: str, _words: tuple[str, str]) -> SafeString:
    context = {"level": level, "name": name, "top": top, "large": large, "none": none}
    return render_to_string("components/_level_badge.html", context)


@register.inclusion_tag("components/_tier_chip.html")
def tier_chip(tier: Tier | str) -> dict[str, object]:
    """Show an evidence tier as a word with one to four pips."""
    found = Tier(tier)
    return {"word": _(TIER_WORDS[found]), "pips": _pips(found.rank + 1), "strong": found.rank >= 2}


@register.inclusion_tag("components/_strength_chip.html")
def strength_chip(strength: Strength | str) -> dict[str, object]:
    """Show a signal's strength as its letter and what the letter means."""
    found = Strength(strength)
    return {"letter": found.value, "word": _(STRENGTH_WORDS[found]), "strong": found.rank >= 2}


@register.inclusion_tag("components/_worker_notice.html", takes_context=True)
def worker_notice(context: Context, job: Job) -> dict[str, object]:
    """Say that no worker lives where a person waits for this job; nothing where one does."""
    return {"missing": workers.nobody_takes(job), "mode": context.get("mode")}


def _pips(filled: int) -> list[dict[str, object]]:
    return [{"x": 4 + 8 * index, "filled": index < filled} for index in range(4)]


@register.inclusion_tag("components/_icon.html")
def icon(name: str) -> dict[str, str]:
    """Draw one of the icons in `_icon.html`; always beside a word, never instead of one."""
    return {"name": name}


@register.simple_block_tag(end_name="endcallout")
def callout(content: str, kind: str = "info", title: str = "", alert: bool = False) -> SafeString:
    """Wrap content in a callout; `alert` has it read out at once."""
    word, icon_name = CALLOUT_KINDS[kind]
    context = {"kind": kind, "word": _(word), "icon_name": icon_name, "title": title, "alert": alert, "body": content}
    return render_to_string("components/_callout.html", context)


@register.inclusion_tag("components/_callout.html")
def message_callout(message: Any) -> dict[str, object]:
    """Show one of Django's messages as a callout."""
    kind = MESSAGE_KINDS.get(message.level_tag, "info")
    word, icon_name = CALLOUT_KINDS[kind]
    return {"kind": kind, "word": _(word), "icon_name": icon_name, "title": str(message), "alert": kind == "error"}


@register.simple_block_tag(end_name="endstat")
def stat(content: str, label: str, unit: str = "", note: str = "") -> SafeString:
    """Show one figure inside `<dl class="stats">`; the content is its value."""
    return render_to_string("components/_stat.html", {"value": content, "label": label, "unit": unit, "note": note})


@register.simple_block_tag(end_name="endfinding")
def finding(
    content: str, title: str, seen: Finding | None = None, exchanges: Sequence[str] = (), facts: str = ""
) -> SafeString:
    """Show one row of `<ul class="findings">`; the content says what the title means.

    `seen` adds strength and code of what a probe saw, `exchanges` the ids of the requests that showed it; `facts` is
    said instead where no probe saw anything.
    """
    detail = content if content.strip() else ""
    context = {"title": title, "detail": detail, "seen": seen, "exchanges": exchanges, "facts": facts}
    return render_to_string("components/_finding.html", context)


@register.simple_tag
def ids(things: Iterable[Any]) -> str:
    """Return the ids of things in a line; a loop of the template takes ten times as long."""
    return " · ".join(one.id for one in things)


@register.simple_tag
def request_problem() -> SafeString:
    """Return what a page keeps ready for a request that fails."""
    return _request_problem(get_language())


@lru_cache(maxsize=8)
def _request_problem(_language: str | None) -> SafeString:
    return render_to_string("components/_request_problem.html")


@register.simple_tag
def asset(path: str) -> str:
    """Return the address of a static file, or nothing when the files are not there: an error page must not fail."""
    try:
        return str(staticfiles_storage.url(path))
    except ValueError:
        return ""


@register.simple_tag
def unread_news(request: HttpRequest) -> str:
    """Return how much the person has not heard of, of the organisation in scope; "" for nothing."""
    if not getattr(request.user, "pk", None) or not get_scope().get("organisation"):
        return ""
    count = news.count_unread(request.user)
    return f"{heard.MOST_COUNTED}+" if count > heard.MOST_COUNTED else str(count or "")
