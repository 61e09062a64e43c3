"""Measures the figures the product promises; with --check a missed bar is a failure.

Server time is what Django takes for a request in this process (SQLite file, worker not running), measured over many
requests one after another; sizes are bytes over the wire from a served installation; memory is the proportional set
size of supervisor, web server and worker at rest. The prober's figures: `bench_probes.py`.
"""

import gzip
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
from stage import Stage, measured, stage

ROUNDS = 200
WARM_UP = 20


def median_ms(call: Callable[[int], object], rounds: int = ROUNDS, warm_up: int = WARM_UP) -> float:
    """Return the median wall time of `call` in milliseconds after a warm-up."""
    times = []
    for number in range(warm_up + rounds):
        begun = time.perf_counter()
        call(number)
        if number >= warm_up:
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def server_times() -> dict[str, float]:
    """Return medians of saving an answer and of the question page, and the queries of a save."""
    with measured():
        from django.db import connection, reset_queries
        from django.test import Client
        from django.test.utils import CaptureQueriesContext
        from django_scopes import scopes_disabled

        from assessor.management.supervisor import settle_memory
        from assessor.models import Answer, Assessment

        client = Client(SERVER_NAME="localhost")
        client.get("/about/")
        # As the supervisor does before it forks the web server.
        settle_memory()
        with scopes_disabled():
            assessment = Assessment.objects.get()
            answer = Answer.objects.order_by("question")[0]
        base = f"/o/{assessment.organisation_id}/a/{assessment.pk}/"
        quick = Scan(client, base, answer.question, answer.version)

        def report(_number: int) -> None:
            assert client.get(f"{base}report/").status_code == 200

        results = {"file_ms": unchanged_ms(client, base, assessment)}
        results |= {"save_ms": median_ms(quick.save), "page_ms": median_ms(quick.page), "report_ms": median_ms(report)}
        reset_queries()
        with CaptureQueriesContext(connection) as queries:
            quick.save(WARM_UP + ROUNDS + 1)
        results["save_queries"] = float(len(queries))
        assert client.post(f"{base}widen/").status_code == 302
        full, large = quick, large_scan(client, assessment)
        results["full_save_ms"], results["full_page_ms"] = median_ms(full.save, 100), median_ms(full.page, 100)
        results["large_save"] = median_ms(large.save, 100) / results["full_save_ms"]
        results["large_page"] = median_ms(large.page, 100) / results["full_page_ms"]
        results["floor_ms"] = floor(client, answer)
        return results


def unchanged_ms(client: Any, base: str, assessment: Any) -> float:
    """Return the median of handing out a report that is made and has not changed since."""
    from django_scopes import scopes_disabled

    from assessor.models import Report
    from assessor.services import reporting

    assert client.post(f"{base}reports/make/", {"kind": "draft"}).status_code == 302
    with scopes_disabled():
        report = Report.objects.get(assessment=assessment)
    reporting.carry_out(report.pk)

    def file(_number: int) -> None:
        assert client.get(f"{base}reports/{report.pk}/file/").status_code == 200

    return median_ms(file, 100)


def floor(client: Any, answer: Any) -> float:
    """Return the median of the least that Django does to change one row: what the figures above stand on."""
    from django.test import override_settings

    with override_settings(ROOT_URLCONF="floor", MIDDLEWARE=[]):
        return median_ms(lambda _number: client.post(f"/{answer.pk}/"))


@dataclass
class Scan:
    """An assessment that somebody works on: one answer saved over and over, one page of questions read."""

    client: Any
    base: str
    question: str
    version: int = 0

    def save(self, number: int) -> None:
        """Save the other of two answers, as htmx does."""
        data = {"answer": str(1 + number % 2), "note": "", "expected_version": self.version}
        response = self.client.post(f"{self.base}answers/{self.question}/", data, headers={"HX-Request": "true"})
        assert response.status_code == 200, response.content[:500]
        self.version = _version(response.content.decode(), self.question)

    def page(self, _number: int) -> None:
        """Read the first page of the first dimension."""
        assert self.client.get(f"{self.base}questions/data/").status_code == 200


def large_scan(client: Any, beside: Any) -> Scan:
    """Return an assessment of a questionnaire of 400 questions: the shipped ladders over and over, all answered."""
    from django_scopes import scope

    from assessor.questionnaire.loader import from_canonical
    from assessor.services.answers import save_answer
    from assessor.services.assessments import ScopeFacts, start_assessment
    from assessor.services.questionnaires import questionnaire_of

    content = questionnaire_of(beside.questionnaire_version.content_hash).model_dump(mode="json")
    ladders = [one for one in content["questions"] if one["kind"] == "ladder" and not one["show_if"]]
    many = [dict(ladders[place % len(ladders)]) for place in range(400)]
    for place, one in enumerate(many):
        one["id"] = f"{one['dimension']}.copy-{place}"
    large = from_canonical(content | {"id": "large", "questions": many, "crosswalk": []})
    user = beside.created_by
    facts = ScopeFacts("Large", ("Germany",), "Letters")
    found = start_assessment(user, large, facts, "full")
    with scope(organisation=found.organisation):
        for question in large.questions:
            save_answer(found, question.id, "answered", question.levels[1], "", user)
    first = next(one.id for one in large.questions if one.dimension == "data")
    return Scan(client, f"/o/{found.organisation_id}/a/{found.pk}/", first, 1)


def pure_times() -> dict[str, float]:
    """Return medians of scoring the largest shipped questionnaire in full, and of loading all that are shipped.

    Every question is answered and has a document; the findings are those of the two endpoints of the example.
    """
    from assessor.evidence import Finding, Tier
    from assessor.questionnaire.loader import find_questionnaires, load_questionnaire
    from assessor.scoring.score import score
    from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint, Proof

    files = find_questionnaires(ROOT / "questionnaires").values()
    form = max((load_questionnaire(file) for file in files), key=lambda one: len(one.questions))
    answers = {
        one.id: GivenAnswer(
            question=one.id,
            state="answered",
            level=one.levels[place % len(one.levels)],
            proofs=(Proof(tier=Tier.DOCUMENTED, level=one.top),),
        )
        for place, one in enumerate(form.questions)
        if one.scored
    }
    endpoints = []
    for file in sorted((ROOT / "examples").glob("*-probe-*.json")):
        findings = [Finding.model_validate(one) for one in json.loads(file.read_text("utf-8"))["findings"]]
        endpoints.append(ProbedEndpoint(id=file.stem, name=file.stem, role="model", findings=tuple(findings)))
    seen = sum(len(one.findings) for one in endpoints)
    print(f"scored: {len(form.questions)} questions, {seen} findings; loaded: {len(files)} questionnaires")

    def load(_number: int) -> None:
        for file in files:
            load_questionnaire(file)

    score_ms = median_ms(lambda _number: score(form, answers, endpoints, "full"))
    return {"score_ms": score_ms, "load_ms": median_ms(load, rounds=20, warm_up=2)}


def _version(text: str, question: str) -> int:
    anchor = f"q-{question.replace('.', '-')}"
    found = re.search(rf'id="version-{anchor}" value="(\d+)"', text)
    assert found, "the answer carries no version"
    return int(found.group(1))


def fetch(url: str) -> tuple[int, str]:
    """Return the bytes over the wire and the text of one address, compressed as a browser asks for it."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=20) as response:
        body = response.read()
        head = sum(len(name) + len(value) + 4 for name, value in response.headers.items())
        plain = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
    return len(body) + head, plain.decode("utf-8", "replace")


def wire_sizes(here: Stage) -> dict[str, float]:
    """Return kB of the quick-scan page alone (warm: assets are cached) and with everything it loads (cold)."""
    _size, home = fetch(f"{here.url}/")
    base = re.search(r'href="(/o/[^"]+/)"', home)
    assert base
    page, text = fetch(f"{here.url}{base.group(1)}questions/data/")
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
    cold = page
    for asset in sorted(assets):
        size, content = fetch(here.url + asset)
        cold += size
        if asset.endswith(".css"):
            for font in re.findall(r"url\([\"']?([^)\"']+\.woff2)", content):
                address = urljoin(asset, font)
                if address not in assets:
                    cold += fetch(here.url + address)[0]
    return {"warm_kb": page / 1000, "cold_kb": cold / 1000}


def rest_memory(here: Stage) -> dict[str, float]:
    """Return the MiB of proportional set size of the supervisor and all its descendants."""
    time.sleep(3)
    pids, grown = {here.pid}, True
    while grown:
        grown = False
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in pids:
                try:
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
                if parent in pids:
                    pids.add(int(entry.name))
                    grown = True
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
        total += int(found.group(1)) if found else 0
    return {"rest_mib": total / 1024, "processes": float(len(pids))}


def probe_figures() -> dict[str, float]:
    """Return what the prober takes, measured in a process that holds nothing else."""
    return own_process("bench_probes.py")


def own_process(script: str) -> dict[str, float]:
    """Return the figures that another script prints."""
    command = [sys.executable, str(ROOT / "scripts" / script)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def scenario_figures() -> dict[str, float]:
    """Return what playing scenarios takes, measured in a process that holds nothing else."""
    found = own_process("bench_scenarios.py")
    # Its floor is another than that of the pages.
    found["scenario_floor_ms"] = found.pop("floor_ms")
    return found


BARS = {
    "portfolio_ms": ("portfolio of 10,000 assessments, slowest filter, median", "ms", 60),
    "portfolio_queries": ("queries of that list", "", 15),
    "portfolio_page": ("a page of one assessment beside these, times alone", "x", 1.3),
    "report_plain": ("a report's CPU, times the same rendered plainly", "x", 0.65),
    "file_ms": ("an unchanged report handed out, median", "ms", 20),
    "report_short_mib": ("process that sets a report of 32 pages", "MiB", 180),
    "report_page_mib": ("each further page", "MiB", 2.5),
    "report_linear": ("CPU a page at 150 pages, times that at 75", "x", 1.15),
    "report_two": ("two reports at once, times the wall of one", "x", 1.25),
    "report_ms": ("report on screen, median", "ms", 25),
    "scenarios_ms": ("25 scenarios on a large inventory, CPU", "ms", 300),
    "map_ms": ("map of 200 workloads and 500 components, CPU", "ms", 300),
    "matrix_page_ms": ("matrix of 200 workloads and all scenarios, CPU", "ms", 60),
    "probe_crowd": ("200 endpoints of 50 ms each, times the bound", "x", 1.5),
    "guard_cost": ("a guarded plan, times the bare client's", "x", 1.15),
    "probe_ms": ("one probe of a fast server, median", "ms", 150),
    "probe_growth_mib": ("growth of memory over 2,000 probes", "MiB", 2),
    "large_save": ("saving among 400 questions, times that of the full", "x", 3),
    "large_page": ("a page of 400 questions, times that of the full", "x", 3),
    "score_ms": ("score the full questionnaire with findings, median", "ms", 1),
    "load_ms": ("load and validate both questionnaires, median", "ms", 150),
    "save_ms": ("save one answer and redraw its effect, median", "ms", 8),
    "save_queries": ("queries of a save", "", 12),
    "page_ms": ("quick-scan page, median", "ms", 15),
    "warm_kb": ("quick-scan page over the wire, warm", "kB", 60),
    "cold_kb": ("quick-scan page over the wire, cold", "kB", 250),
    "rest_mib": ("supervisor, web server and worker at rest, PSS", "MiB", 170),
}


def main() -> int:
    """Print the figures; with --check return 1 when a bar is missed."""
    # First, while nothing else of ours is in memory or at work.
    figures = probe_figures() | scenario_figures() | own_process("bench_maps.py")
    figures |= own_process("bench_reports.py") | own_process("bench_portfolio.py")
    figures |= pure_times() | server_times()
    with stage(demo=True) as here:
        figures |= rest_memory(here)
        figures |= wire_sizes(here)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, SQLite")
    for name, label in (
        ("floor_ms", "floor: bare Django reads and saves one row, median"),
        ("single_change_median_ms", "the single change in one of 25 scenarios, CPU"),
        ("scenario_floor_ms", "the same process making and looking up 60,000 tuples, CPU"),
        ("map_page_ms", "page of that map with its list, CPU"),
        ("full_save_ms", "save one answer of the full questionnaire, median"),
        ("full_page_ms", "page of the full questionnaire, median"),
    ):
        print(f"{label:52} {figures[name]:8.1f} ms")
    for name, label in (("save_ms", "saving an answer"), ("page_ms", "the quick-scan page")):
        print(f"{label + ', times the floor':52} {figures[name] / figures['floor_ms']:8.1f} x")
    missed = []
    sizes = [round(figures[f"report_{name}"]) for name in ("pages", "middle_pages", "long_pages", "plain_pages")]
    print("reports of {0} pages (plainly {3}), {1} and {2}".format(*sizes))
    print(f"the first: {figures['report_cpu_s']:.1f} s of CPU; of the next, a page: {figures['report_page_ms']:.0f} ms")
    for name, (label, unit, bar) in BARS.items():
        if name not in figures:
            # The portfolio needs a PostgreSQL; its script says so.
            print(f"{label:52} not measured")
            missed += [label]
            continue
        value = figures[name]
        met = value <= bar
        missed += [] if met else [label]
        print(f"{label:52} {value:8.2f} {unit:4} bar {bar:4} {'met' if met else 'MISSED'}")
    return int(bool(missed) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
