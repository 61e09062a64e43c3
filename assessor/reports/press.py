"""The child that sets type: limits first, then WeasyPrint with our fonts and nothing from outside."""

import gc
import os
import resource
import sys
import tempfile
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from assessor.reports import finish, fonts
from assessor.reports.sheet import Printed, Sheet

MEMORY_BYTES = 1024**3
CPU_SECONDS = 60
# Above about 60 pages the collector saves more memory than it costs time.
COLLECT_ABOVE = 600_000
BASE = "report:///"
DPI = 150


class Assets(weasyprint.URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Gives out what was registered and refuses the rest, counting."""

    def __init__(self) -> None:
        super().__init__(allow_redirects=False)
        self.refused: list[str] = []

    def fetch(self, url: str, headers: object = None) -> object:
        """Refuse `url`: charts and fonts are part of the document, so nothing is registered yet."""
        self.refused.append(url)
        raise ValueError("this report loads nothing")


def work(sender: Connection, sheet: Sheet, folder: Path) -> None:
    """Set `sheet` within limits and send what came of it; `folder` is the only place written to."""
    _confine(folder)
    sender.send(press(sheet))
    sender.close()


def _confine(folder: Path) -> None:
    configuration = folder / "fonts.conf"
    configuration.write_text(fonts.configuration(folder / "cache"), "utf-8")
    os.environ.update(
        TMPDIR=str(folder), HOME=str(folder), XDG_CACHE_HOME=str(folder), FONTCONFIG_FILE=str(configuration)
    )
    tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    sys.addaudithook(_no_network)


def _no_network(event: str, _arguments: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind", "subprocess.Popen", "os.exec"):
        raise PermissionError(f"{event} is not allowed while a report is set")


def press(sheet: Sheet) -> Printed:
    """Set a sheet; PDF/A-3a by WeasyPrint, made PDF/UA-1 as well by our finisher."""
    if len(sheet.html) < COLLECT_ABOVE:
        gc.disable()
    assets = Assets()
    configuration = FontConfiguration()
    style = weasyprint.CSS(string=sheet.css, font_config=configuration, base_url=BASE, url_fetcher=assets)
    document = weasyprint.HTML(string=sheet.html, base_url=BASE, url_fetcher=assets).render(
        font_config=configuration, stylesheets=[style], dpi=DPI, pdf_variant="pdf/a-3a"
    )
    made_at = datetime.fromisoformat(sheet.made_at)
    attachment = weasyprint.Attachment(
        string=sheet.attachment,
        name=sheet.name,
        description=sheet.description,
        relationship="Data",
        created=made_at,
        modified=made_at,
        url_fetcher=assets,
    )
    pdf = document.write_pdf(
        finisher=finish.finish,
        pdf_variant="pdf/a-3a",
        dpi=DPI,
        attachments=[attachment],
        uncompressed_pdf=sheet.uncompressed,
    )
    return Printed(pdf=pdf, pages=len(document.pages), refused=tuple(assets.refused))
