"""Measures the report: run by bench.py in a process that holds nothing else, prints one JSON object.

The report is the demo widened to the full questionnaire, tagged, with its model attached; the list of questions is cut
or repeated until it has the pages that are wanted. `plain` is the same HTML as somebody would set it who has read
WeasyPrint's first page: fonts as WOFF2, tables with automatic widths, a fresh font configuration, the collector on; the
same standard is asked for. Each setting has a process of its own.
"""

import concurrent.futures
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
ROUNDS = 2
PATIENCE_SECONDS = 300
SHORT_PAGES, MIDDLE_PAGES, LONG_PAGES = 36, 75, 150
# The bar for memory is set at so many pages.
BAR_PAGES = 32
# With `anywhere` a column may be one letter wide, and automatic tables try that for every cell: minutes, not seconds.
# Nobody would keep that, so plain breaks words only where they do not fit.
ANYWHERE, FITTING = "overflow-wrap: anywhere;", "overflow-wrap: break-word;"


def sheet() -> Any:
    """Return the sheet of the full demo."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assessor.settings")
    import django

    django.setup()
    from assessor.reports import pdf, viewmodel
    from tests.reports.demo import full_demo

    return pdf.sheet_of(viewmodel.build(full_demo()))


def lengthened(html: str, times: float) -> str:
    """Return the document with its questions repeated, or only a part of them, so that it has more or fewer pages."""
    head, begin, rest = html.partition('id="questions"')
    body, end, tail = rest.partition('id="integrity"')
    entries = re.split(r'(?=<div class="entry)', body)
    first, rows = entries[0], entries[1:]
    whole, part = int(times), times - int(times)
    kept = rows * whole + rows[: round(len(rows) * part)]
    seen: set[str] = set()

    def once(found: "re.Match[str]") -> str:
        known = found[0] in seen
        seen.add(found[0])
        return "" if known else found[0]

    return head + begin + re.sub(r' id="[^"]+"', once, first + "".join(kept)) + end + tail


def child(file: Path, manner: str) -> None:
    """Set one document in this process and print what that took."""
    from assessor.reports import fonts, press
    from assessor.reports.sheet import Sheet

    data = json.loads(file.read_text("utf-8"))
    folder = file.parent
    if manner == "plain":
        directories: tuple[str, ...] = ()
    else:
        directories = (str(fonts.FONT_DIRECTORY),)
    (folder / "fonts.conf").write_text(fonts.configuration(folder / "cache", directories), "utf-8")
    os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    begun = time.process_time()
    pages = _plain(data, folder) if manner == "plain" else press.press(Sheet(**data)).pages
    cpu = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "pages": pages, "mib": peak}))


def _plain(data: dict[str, Any], folder: Path) -> int:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    faces = "".join(
        f'@font-face {{ font-family: "{name}"; font-weight: {weight}; src: url("{file.as_uri()}"); }}\n'
        for name, weight, file in _woff2(folder)
    )
    css = faces + data["css"].replace("table-layout: fixed", "table-layout: auto").replace(ANYWHERE, FITTING)
    attachment = weasyprint.Attachment(string=data["attachment"], name=data["name"], relationship="Data")
    document = weasyprint.HTML(string=data["html"], base_url="report:///").render(
        stylesheets=[weasyprint.CSS(string=css, font_config=configuration)],
        font_config=configuration,
        dpi=150,
        pdf_variant="pdf/a-3a",
    )
    document.write_pdf(pdf_variant="pdf/a-3a", dpi=150, attachments=[attachment])
    return len(document.pages)


def _woff2(folder: Path) -> list[tuple[str, int, Path]]:
    weights = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
    found = []
    for file in sorted((folder.parent / "woff2").glob("Inter-*.woff2")):
        found.append(("Inter", weights[file.stem.split("-")[1]], file))
    return found


def measured(sheets: Path, html: str, base: dict[str, Any], manner: str, rounds: int = 1) -> dict[str, float]:
    """Return CPU seconds, pages and peak memory of one setting; of several, the one with the least CPU."""
    runs = []
    for _number in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix=f"{manner}-", dir=sheets))
        (folder / "sheet.json").write_text(json.dumps(base | {"html": html}), "utf-8")
        command = [sys.executable, __file__, str(folder / "sheet.json"), manner]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_SECONDS)
        runs.append(json.loads(done.stdout))
    return min(runs, key=lambda one: one["cpu"])


def walls(made: Any) -> tuple[float, float]:
    """Return the wall time of one report, and of two at once, in seconds."""
    from assessor.reports import pdf

    pdf.printed(made)

    def one() -> float:
        begun = time.perf_counter()
        pdf.printed(made)
        return time.perf_counter() - begun

    alone = [one() for _ in range(ROUNDS)]
    both = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            list(pool.map(lambda _number: one(), range(2)))
            both.append(time.perf_counter() - begun)
    return statistics.median(alone), statistics.median(both)


def main() -> None:
    """Print the figures."""
    from fontTools.ttLib import TTFont

    with tempfile.TemporaryDirectory(prefix="bench-reports-") as name:
        os.environ["ASSESSOR_DATA"] = name
        folder = Path(name)
        made = sheet()
        (folder / "woff2").mkdir()
        from assessor.reports import fonts

        for file in fonts.font_files():
            if file.stem.startswith("Inter"):
                font = TTFont(file)
                font.flavor = "woff2"
                font.save(folder / "woff2" / f"{file.stem}.woff2")
        base = {key: value for key, value in vars(made).items() if key != "html"}
        whole, bare = (measured(folder, lengthened(made.html, times), base, "ours")["pages"] for times in (1.0, 0.0))

        def of(pages: int) -> str:
            return lengthened(made.html, max(0.0, (pages - bare) / max(1, whole - bare)))

        sample = of(SHORT_PAGES)
        ours = measured(folder, sample, base, "ours", ROUNDS)
        plain = measured(folder, sample, base, "plain", ROUNDS)
        middle = measured(folder, of(MIDDLE_PAGES), base, "ours", ROUNDS)
        long = measured(folder, of(LONG_PAGES), base, "ours", ROUNDS)
        alone, both = walls(replace(made, html=sample))
    print(
        json.dumps(
            {
                "report_pages": ours["pages"],
                "report_plain_pages": plain["pages"],
                "report_middle_pages": middle["pages"],
                "report_long_pages": long["pages"],
                "report_cpu_s": ours["cpu"],
                "report_page_ms": 1000 * middle["cpu"] / middle["pages"],
                "report_plain": ours["cpu"] / plain["cpu"],
                "report_short_mib": ours["mib"] - 2.5 * max(0, ours["pages"] - BAR_PAGES),
                "report_page_mib": (long["mib"] - ours["mib"]) / (long["pages"] - ours["pages"]),
                "report_linear": (long["cpu"] / long["pages"]) / (middle["cpu"] / middle["pages"]),
                "report_two": both / alone,
            }
        )
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        child(Path(sys.argv[1]), sys.argv[2])
    else:
        main()
