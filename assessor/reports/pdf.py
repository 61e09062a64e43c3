"""A PDF from a report model: set in a child process with limits, without network, the same bytes each time."""

import ctypes
import importlib.util
import multiprocessing
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from assessor.errors import N_, AssessorError
from assessor.reports import dress, fonts
from assessor.reports.model import ReportModel
from assessor.reports.render import pdf_html
from assessor.reports.sheet import Failure, Printed, Sheet, Step

STYLE = Path(__file__).resolve().parents[2] / "templates" / "reports" / "print.css"
# The one library that pulls in all the others that setting type needs, by its name on Linux, macOS and Windows.
PANGO_NAMES = ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0", "libpangoft2-1.0-0.dll")
APT_LINE = "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0"
MAX_HTML = 8_000_000
# Called with how far it is, every so often even when nothing is new; where it returns False the making is given up.
Watch = Callable[[Step], bool]
ASK_EVERY_SECONDS = 0.5
# After so many seconds without a report the fork server, with WeasyPrint loaded, is ended.
IDLE_SECONDS = 600.0


class PdfUnavailable(AssessorError):
    """This machine cannot make PDFs; everything else works."""


class PdfFailed(AssessorError):
    """A PDF could not be made of this report."""


class PdfAbandoned(AssessorError):
    """The PDF is not wanted any more."""


def pdf_available() -> PdfUnavailable | None:
    """Return None where PDFs can be made, or what is missing; cheap enough for every page."""
    if importlib.util.find_spec("weasyprint") is None:
        return PdfUnavailable(
            N_("PDFs need the Python package WeasyPrint, which is not installed."),
            remedy=N_("Run: make install"),
        )
    if not any(_loads(name) for name in PANGO_NAMES):
        return PdfUnavailable(
            N_("PDFs need the library Pango, which this machine does not have."),
            remedy=N_("Install it: {command}"),
            command=APT_LINE,
        )
    if not fonts.font_files():
        return PdfUnavailable(
            N_("PDFs need the fonts in {directory}, which are not there."),
            remedy=N_("Restore them from the release."),
            directory=fonts.FONT_DIRECTORY,
        )
    return None


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def make_pdf(
    model: ReportModel, *, wall_seconds: float | None = None, watch: Watch | None = None, board_only: bool = False
) -> bytes:
    """Return the report, or its board page alone, as a tagged PDF with the model attached as JSON.

    `watch` is told how far it is.

    The same model gives the same bytes on one installation. Raises `PdfUnavailable` where libraries or fonts are
    missing, `PdfFailed` when setting takes longer than `wall_seconds` (by default what the sheet says) or passes the
    limits of the child, and `PdfAbandoned` when `watch` says so.
    """
    problem = pdf_available()
    if problem is not None:
        raise problem
    return printed(sheet_of(model, board_only=board_only), wall_seconds, watch).pdf


def sheet_of(model: ReportModel, *, board_only: bool = False) -> Sheet:
    """Return everything the child needs to set the report, or its board page alone."""
    html = pdf_html(model, board_only=board_only)
    if len(html) > MAX_HTML:
        raise PdfFailed(
            N_("The report is too long to be set: {size} characters of HTML, {limit} are allowed."),
            remedy=N_("Shorten notes and evidence."),
            size=len(html),
            limit=MAX_HTML,
        )
    return Sheet(
        html=html,
        css=dress.dressed(STYLE.read_text("utf-8"), model.brand),
        attachment=model.json_text(),
        made_at=model.cover.made_at,
        name="report.json",
        assets=dress.assets(model.brand),
    )


def printed(sheet: Sheet, wall_seconds: float | None = None, watch: Watch | None = None) -> Printed:
    """Set a sheet in a child of the fork server and return what came of it; raises `PdfFailed` or `PdfAbandoned`."""
    with _press_room:
        return _printed(sheet, sheet.wall_seconds if wall_seconds is None else wall_seconds, watch)


class _PressRoom:
    """Counts who prints, so that the fork server is put to rest only when nobody does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.printing = 0
        self.last_use: float | None = None

    def __enter__(self) -> None:
        with self.lock:
            self.printing += 1

    def __exit__(self, *_error: object) -> None:
        with self.lock:
            self.printing -= 1
            self.last_use = time.monotonic()


_press_room = _PressRoom()


def rest_when_idle(idle_seconds: float = IDLE_SECONDS) -> bool:
    """End the fork server, and give back its memory, after `idle_seconds` without a report; returns whether it did."""
    with _press_room.lock:
        last = _press_room.last_use
        if _press_room.printing or last is None or time.monotonic() - last < idle_seconds:
            return False
        # The standard library has no public word for it; the next report starts the server anew.
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        _press_room.last_use = None
        return True


def _printed(sheet: Sheet, wall_seconds: float, watch: Watch | None) -> Printed:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["weasyprint", "assessor.reports.press"])
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_press, args=(sender, sheet, folder, fonts.folders()), daemon=True)
        try:
            process.start()
        except OSError as error:
            # The fork server listens on a socket below TMPDIR, whose path the system limits to about 100 characters.
            raise PdfFailed(
                N_("No process could be started to set the report: {detail}."),
                remedy=N_("Make room on the disc, and let TMPDIR name a folder with a short path; then try again."),
                detail=error.strerror or str(error),
            ) from error
        sender.close()
        try:
            result = _received(receiver, wall_seconds, watch)
            process.join(1)
        finally:
            receiver.close()
            late = process.is_alive()
            if late:
                process.kill()
            process.join()
            code = None if late else process.exitcode
            process.close()
    if not isinstance(result, Printed):
        raise _failed(result, code, sheet, wall_seconds)
    if result.refused:
        raise PdfFailed(
            N_("The report asked for something from outside, which was refused: {what}."),
            remedy=N_("Report this as a fault."),
            what=", ".join(result.refused[:3]),
        )
    return result


def _failed(failure: Failure | None, code: int | None, sheet: Sheet, wall_seconds: float) -> PdfFailed:
    """Return why there is no PDF, in words."""
    shorten = N_("Shorten long notes, or leave sections out; then try again.")
    if failure is not None and failure.kind == "disc":
        return PdfFailed(
            N_("The temporary files of the PDF could not be written: {detail}."),
            remedy=N_("Make room on the disc, then try again."),
            detail=failure.detail,
        )
    if code == -signal.SIGXCPU:
        return PdfFailed(
            N_("Setting the report took more computing time than the {seconds} s that one of its length may take."),
            remedy=shorten,
            seconds=sheet.cpu_seconds,
        )
    if (failure is not None and failure.kind == "memory") or code == -signal.SIGKILL:
        return PdfFailed(N_("Setting the report took more memory than it may, or than there is."), remedy=shorten)
    if failure is not None:
        return PdfFailed(
            N_("The report could not be set ({detail}); the log of the worker says where."),
            remedy=N_("Report this as a fault."),
            detail=failure.detail,
        )
    if code is None:
        return PdfFailed(
            N_("The PDF was not finished within {seconds} s, though the computing time it may take was not used up."),
            remedy=N_("Try again when the machine has less to do."),
            seconds=wall_seconds,
        )
    return PdfFailed(
        N_("Setting the report ended without a result (exit code {code}); the log of the worker may say why."),
        remedy=N_("Try again; if it happens again, report the fault."),
        code=code,
    )


def _received(receiver: Connection, wall_seconds: float, watch: Watch | None) -> Printed | Failure | None:
    step, deadline = Step("reading"), time.monotonic() + wall_seconds
    while (left := deadline - time.monotonic()) > 0:
        if receiver.poll(min(ASK_EVERY_SECONDS, left)):
            try:
                result = receiver.recv()
            except EOFError:
                return None
            if not isinstance(result, Step):
                return result if isinstance(result, Printed | Failure) else None
            step = result
        if watch is not None and not watch(step):
            raise PdfAbandoned(N_("The report is not wanted any more."))
    return None


def _press(sender: Connection, sheet: Sheet, folder: str, directories: tuple[str, ...]) -> None:
    """Run in the child: the press is imported there, never in a web process."""
    from assessor.reports import press

    press.work(sender, sheet, Path(folder), directories)
