"""The layout holds: no module outgrows its room, nothing loads from elsewhere, no index host in any file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tracked(*endings):
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return [ROOT / name for name in listed.splitlines() if name.endswith(endings) and (ROOT / name).is_file()]


def test_no_module_is_longer_than_600_lines():
    long = [
        (path.name, len(path.read_text().splitlines()))
        for path in tracked(".py", ".html", ".css", ".js")
        if "migrations" not in path.parts
    ]
    assert [row for row in long if row[1] > 600] == []


def test_our_own_javascript_stays_small():
    lines = sum(len(path.read_text().splitlines()) for path in tracked(".js"))
    assert lines <= 150


def test_every_module_opens_with_a_sentence():
    bare = [
        str(path.relative_to(ROOT))
        for path in tracked(".py")
        if path.read_text().strip()
        and "migrations" not in path.parts
        and not path.read_text().lstrip().startswith(('"""', "#!"))
    ]
    assert bare == []


@pytest.mark.parametrize("path", tracked(".html"), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_carry_no_inline_style_script_or_handler(path):
    text = path.read_text()
    if "reports" in path.parts and path.name == "pdf.html":
        return
    assert not re.search(
        r"""\sstyle\s*=|<style|<script(?![^>]*src=)|\son[a-z]+\s*=\s*["']|hx-on|javascript:|hx-vals=['"]js""", text
    )


def test_lock_files_name_no_index():
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        assert "index-url" not in text
        assert "://" not in re.sub(r"#.*", "", text)
        assert "--hash=sha256:" in text


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_docs_name_every_setting_that_is_read():
    text = (ROOT / "docs" / "configuration.md").read_text()
    source = (ROOT / "assessor" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_no_line_of_python_knows_a_questionnaire_by_name():
    folders = [path.parent.name for path in (ROOT / "questionnaires").glob("*/questionnaire.yaml")]
    words = set(folders)
    for name in folders:
        text = (ROOT / "questionnaires" / name / "questionnaire.yaml").read_text(encoding="utf-8")
        words |= set(re.findall(r"^title: (.+)$", text, flags=re.MULTILINE))
    assert words
    known = [
        (str(path.relative_to(ROOT)), word)
        for path in tracked(".py", ".html")
        if path.relative_to(ROOT).parts[0] in {"assessor", "templates"}
        for word in words
        if re.search(rf"\b{re.escape(word)}\b", path.read_text(encoding="utf-8"))
    ]
    assert known == []


def test_the_server_starts_without_the_large_libraries_that_make_files(tmp_path):
    code = "import sys, django; django.setup(); import assessor.urls, assessor.served, assessor.management.background; "
    large = "{'docx', 'lxml', 'xlsxwriter', 'weasyprint'}"
    done = subprocess.run(
        [sys.executable, "-c", code + f"print(sorted({large} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "assessor.settings", "ASSESSOR_DATA": str(tmp_path)},
    )
    assert done.stdout.strip() == "[]"


def test_what_was_recorded_in_one_instant_has_one_order():
    """A list by time alone is ordered by chance where two rows share it, and by another chance on another database."""
    by_time = re.compile(r"""(?:order_by\(|ordering = \[)[^)\]]*"-?\w+(?:_at|_on)"[)\]]""")
    loose = [
        (str(path.relative_to(ROOT)), found)
        for path in tracked(".py")
        if path.relative_to(ROOT).parts[0] == "assessor" and "migrations" not in path.parts
        for found in by_time.findall(path.read_text())
    ]
    assert loose == []
