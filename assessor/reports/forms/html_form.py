"""The report as one file of HTML: fonts, style and charts inside, a policy that lets it load nothing, no script."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from assessor.reports import colour, dress
from assessor.reports.model import ReportModel
from assessor.reports.render import form_context, reading
from assessor.reports.shaped import Brand

STATIC = Path(__file__).resolve().parents[3] / "static"
SHEETS = ("tokens", "base", "frame", "components", "levels", "report", "one-file")
# Comments and spare white space are for those who read the sources.
_SPARE = re.compile(r"/\*.*?\*/|\s*\n\s*", re.DOTALL)
_FONT = re.compile(r'url\("\.\./fonts/([a-z-]+\.woff2)"\)')


def html_bytes(model: ReportModel) -> bytes:
    """Return the whole report as one file; the same bytes for the same report."""
    context = form_context(model)
    with reading(model):
        return one_file("reports/one_file.html", context, model.language, context["report"].brand)


def one_file(template: str, context: dict[str, object], language: str, brand: Brand) -> bytes:
    """Return a page with its style, colours and logos inside; the policy allows that style by its hash, and no more."""
    style = dress.dressed_for_screen(_style(), brand)
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{seal}'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    with translation.override(language):
        whole = context | {
            "language": language,
            "policy": policy,
            # Our own sheets from the static folder; no word of a user reaches them.
            "style": SafeString(f"<style>{style}</style>"),
            "brand": brand,
            "logos": [{"src": dress.data_address(one), "picture": one} for _url, one in dress.pictures(brand)],
        }
        html = render_to_string(template, whole)
    return colour.recoloured(html, colour.accent_of(brand.accent)).encode()


@lru_cache(maxsize=1)
def _style() -> str:
    text = "\n".join((STATIC / "css" / f"{name}.css").read_text("utf-8") for name in SHEETS)
    return _FONT.sub(_inline, _SPARE.sub("\n", text)).strip()


def _inline(name: re.Match[str]) -> str:
    font = base64.b64encode((STATIC / "fonts" / name[1]).read_bytes()).decode()
    return f'url("data:font/woff2;base64,{font}")'
