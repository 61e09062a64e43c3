"""The child that sets type: limits first, then WeasyPrint with our fonts and nothing from outside."""

import errno
import gc
import logging
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import weasyprint
import weasyprint.svg
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcherResponse

from assessor.reports import chart_text, direction, finish, fonts
from assessor.reports.sheet import STEPS, Asset, Failure, Printed, Sheet, Step, StepName

MEMORY_BYTES = 1024**3
# Characters of HTML, about 150 pages. Up to there the collector costs a tenth of the time and gives back a fiftieth.
COLLECT_ABOVE = 1_000_000
SAY_EVERY_SECONDS = 0.3
PAGE = re.compile(r"Page (\d+)")
# No space, no quota, a file too large, a place that cannot be written.
DISC = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
BASE = "report:///"
DPI = 150

chart_text.set_whole(weasyprint.svg)


class Assets(weasyprint.URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Gives out what was registered and refuses the rest, counting."""

    def __init__(self, registered: Iterable[Asset] = ()) -> None:
        super().__init__(allow_redirects=False)
        self.registered = {asset.url: asset for asset in registered}
        self.refused: list[str] = []

    def fetch(self, url: str, headers: object = None) -> object:
        """Return a registered picture; charts and fonts are part of the document, so all else is refused."""
        asset = self.registered.get(url)
        if asset is None:
            self.refused.append(url)
            raise ValueError("this report loads nothing")
        return URLFetcherResponse(url, asset.content, {"Content-Type": asset.media_type})


def work(sender: Connection, sheet: Sheet, folder: Path, directories: tuple[str, ...]) -> None:
    """Set `sheet` within limits and send what came of it; `folder` is the only place written to.

    Fonts come from `directories` only.
    """
    _confine(folder, directories, sheet.cpu_seconds)
    teller = _Teller(sender)
    progress = logging.getLogger("weasyprint.progress")
    progress.addHandler(teller)
    progress.setLevel(logging.INFO)
    try:
        sender.send(_roomy(press, sheet))
    except MemoryError:
        gc.collect()
        sender.send(Failure("memory", ""))
    except OSError as error:
        sender.send(Failure("disc" if error.errno in DISC else "fault", error.strerror or type(error).__name__))
        raise
    except Exception as error:
        sender.send(Failure("fault", type(error).__name__))
        raise
    finally:
        sender.close()


def _roomy(call: Callable[[Sheet], Printed], sheet: Sheet) -> Printed:
    """Call with room for frames.

    Python keeps frames in pieces of 16 kB, asks the system for the next when one is full and gives it back when that is
    empty: calls that go to and fro over the edge of one do so 60,000 times in 50 pages, a tenth of the time. The
    frame of this function says that it needs a megabyte, gets a piece of two, and all others fit in behind it.
    """
    return call(sheet)


_roomy.__code__ = _roomy.__code__.replace(co_stacksize=2**17 + 1)


class _Teller(logging.Handler):
    """Says how far WeasyPrint is, as far as its log tells."""

    def __init__(self, sender: Connection) -> None:
        super().__init__()
        self.sender = sender
        self.said = 0.0
        self.step = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Send a step; pages not more often than a person can read."""
        text = record.getMessage()
        page = PAGE.search(text)
        if page and time.monotonic() - self.said < SAY_EVERY_SECONDS:
            return
        self.said = time.monotonic()
        name: StepName = "pages" if page else "writing" if "PDF" in text else "reading"
        # A style sheet may be read while pages are set: what was said stands.
        self.step = max(self.step, STEPS.index(name))
        self.sender.send(Step(STEPS[self.step], int(page[1]) if page else 0))


class _Undrawn(logging.Handler):
    """Keeps what WeasyPrint says of characters that no font holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the character's code."""
        if ".notdef" in record.getMessage() and isinstance(record.args, tuple):
            self.found.append(f"U+{record.args[1]:04X}")


def _confine(folder: Path, directories: tuple[str, ...], cpu_seconds: int) -> None:
    configuration = folder / "fonts.conf"
    configuration.write_text(fonts.configuration(folder / "cache", directories), "utf-8")
    os.environ.update(
        TMPDIR=str(folder), HOME=str(folder), XDG_CACHE_HOME=str(folder), FONTCONFIG_FILE=str(configuration)
    )
    tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # The hard limit later than the soft one: at the hard one Linux kills, which would read as a want of memory.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 2))
    sys.addaudithook(_no_network)


def _no_network(event: str, _arguments: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind", "subprocess.Popen", "os.exec"):
        raise PermissionError(f"{event} is not allowed while a report is set")


def press(sheet: Sheet) -> Printed:
    """Set a sheet; PDF/A-3a by WeasyPrint, made PDF/UA-1 as well by our finisher."""
    if len(sheet.html) < COLLECT_ABOVE:
        gc.disable()
    assets, undrawn = Assets(sheet.assets), _Undrawn()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(undrawn)
    configuration = FontConfiguration()
    style = weasyprint.CSS(string=sheet.css, font_config=configuration, base_url=BASE, url_fetcher=assets)
    html = weasyprint.HTML(string=sheet.html, base_url=BASE, url_fetcher=assets)
    direction.turn(html.etree_element, sheet.html)
    document = html.render(font_config=configuration, stylesheets=[style], dpi=DPI, pdf_variant="pdf/a-3a")
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
    logger.removeHandler(undrawn)
    return Printed(pdf, len(document.pages), tuple(assets.refused), tuple(undrawn.found))
