"""Tags for scenarios: the sign of a state, and the matrix, which is drawn in one go because it may be large."""

from collections.abc import Iterator
from functools import lru_cache

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessor.reports import scenario_words as words
from assessor.reports.dependency_map import mark
from assessor.reports.scenario_map import Line, Map
from assessor.reports.scenario_matrix import Matrix

register = template.Library()


@register.simple_tag
def state_mark(state: str) -> SafeString:
    """Return the sign of a state; the word stands beside it, so readers are spared it."""
    return _sign(state)


@lru_cache(maxsize=16)
def _sign(state: str) -> SafeString:
    return format_html(
        '<svg class="state-mark state-{}" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{}</svg>',
        state,
        mark(state, 0, 0),
    )


@lru_cache(maxsize=256)
def _cell(worst: str, best: str, beyond: bool, language: str) -> SafeString:
    """Return one cell: sign and word, a range where a fallback is untested, a note where the tolerance is passed."""
    said = _(words.STATES[worst])
    if best != worst:
        said = _("%(best)s to %(worst)s") % {"best": _(words.STATES[best]), "worst": said}
    late = format_html(' <span class="state-late">{}</span>', _("too long")) if beyond else ""
    return format_html(
        '<td class="state state-{}">{}<span class="state-word">{}</span>{}</td>', worst, _sign(worst), said, late
    )


@register.simple_tag
def map_lines(chart: Map) -> SafeString:
    """Return the map as an indented list, written in one go because it may have many thousands of lines."""
    unknown, above = _("not known who controls it"), _("(listed above)")
    return SafeString("".join(part for line in chart.lines for part in _line(line, unknown, above)))


def _line(line: Line, unknown: str, above: str) -> Iterator[str]:
    yield "<li>"
    if line.edge:
        yield f'<span class="soft">{_escaped(line.edge)}</span> '
    name = _escaped(line.name)
    if line.href:
        name = f'<a href="{_escaped(line.href)}">{name}</a>'
    yield f'<strong data-content>{name}</strong> <span class="small soft">{_escaped(line.kind)}'
    if line.depth:
        yield f" · <span data-content>{_escaped(line.band or unknown)}</span>"
    yield "</span>"
    if line.mark_word:
        yield f" {_sign(line.mark)} {_escaped(line.mark_word)}"
    if line.again:
        yield f' <span class="small soft">{_escaped(above)}</span>'
    if line.children:
        yield "<ul>"
        for child in line.children:
            yield from _line(child, unknown, above)
        yield "</ul>"
    yield "</li>"


@lru_cache(maxsize=2048)
def _escaped(text: str) -> str:
    return str(escape(text))


@register.simple_tag
def matrix_rows(matrix: Matrix) -> SafeString:
    """Return the rows of the matrix: a scenario with its address, then a cell for each workload."""
    language = get_language() or ""
    return format_html_join(
        "\n",
        '<tr><th scope="row"><a href="{}" data-content>{}</a><span class="small soft">{}</span></th>{}</tr>',
        (
            (
                row.url,
                row.title,
                row.causes,
                # Every cell was escaped when it was made.
                SafeString("".join([_cell(*cell, language) for cell in row.cells])),
            )
            for row in matrix.rows
        ),
    )
