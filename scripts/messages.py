"""Collects the words of the interface for translation and compiles them; with --check says what is missing or stale.

Needs the gettext tools (xgettext, msgmerge, msgfmt, msgattrib). Sources are templates, `_("…")`, the mark `N_("…")`,
and the words for findings and operators in the prober's catalogue.
"""

import gettext
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
LOCALE = ROOT / "assessor" / "locale"
WORDS = "finding_words.py"
HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def run(*words: str | Path, into: Path | None = None) -> str:
    """Run a tool of gettext and return what it printed."""
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, cwd=ROOT)
    if into is not None:
        into.write_text(done.stdout, "utf-8")
    return done.stdout


def sources(folder: Path) -> list[Path]:
    """Write every source as something xgettext reads into `folder`, under its own name, and return the paths."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assessor.settings")
    os.environ.setdefault("ASSESSOR_DATA", str(folder / "data"))
    import django

    django.setup()
    from django.utils.translation import templatize

    from assessor.probes.attribution import phrases
    from assessor.probes.words import wording

    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "assessor", "templates").splitlines()
    found = []
    for name in sorted(listed):
        source, copy = ROOT / name, folder / name
        if not source.is_file() or source.suffix not in {".py", ".html", ".txt"} or "migrations" in source.parts:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8")
        copy.write_text(text if source.suffix == ".py" else templatize(text, origin=name), "utf-8")
        found.append(Path(name))
    words = [*phrases(), *(text for one in wording().values() for text in (one.title, one.meaning))]
    (folder / WORDS).write_text("".join(f"N_({text!r})\n" for text in words if text), "utf-8")
    return [*found, Path(WORDS)]


def extract(folder: Path) -> Path:
    """Return a template with every message of the sources."""
    names = sources(folder)
    listing = folder / "names.txt"
    listing.write_text("\n".join(str(name) for name in names), "utf-8")
    template = folder / "django.pot"
    keywords = (
        "gettext_noop gettext_lazy ngettext_lazy:1,2 pgettext:1c,2 npgettext:1c,2,3 pgettext_lazy:1c,2 N_ _".split()
    )
    command = ["xgettext", "--language=Python", "--from-code=UTF-8", "--no-location", "--sort-output", "--no-wrap"]
    command += [f"--keyword={word}" for word in keywords]
    command += ["--add-comments=Translators", "--package-name=Sovereignty Assessor", f"--output={template}"]
    subprocess.run([*command, f"--directory={folder}", f"--files-from={listing}"], check=True, capture_output=True)
    return template


def languages() -> list[Path]:
    """Return the message files, one for each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def merged(po: Path, template: Path, target: Path) -> Path:
    """Write `po` brought up to the template to `target`; nothing is guessed from similar messages."""
    run(
        "msgmerge",
        "--no-fuzzy-matching",
        "--no-location",
        "--sort-output",
        "--no-wrap",
        "-q",
        po,
        template,
        into=target,
    )
    return target


def compiled(po: Path, target: Path) -> Path:
    """Compile `po` to `target`; a message whose fields differ from its source's stops it."""
    run("msgfmt", "--check", "-o", target, po)
    return target


def catalogue(path: Path) -> dict[object, object]:
    """Return what a compiled file says, whatever version of the tools wrote it; {} where there is none."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        told = dict(gettext.GNUTranslations(file)._catalog)
    told.pop("", None)
    return told


def faults_of(po: Path, template: Path, folder: Path) -> list[str]:
    """Return what is wrong with one language."""
    language = po.parent.parent.name
    fresh = merged(po, template, folder / f"{language}.po")
    found = []
    for flag, kind in (
        ("--untranslated", "not translated"),
        ("--only-fuzzy", "uncertain"),
        ("--only-obsolete", "stale"),
    ):
        text = run("msgattrib", flag, "--no-wrap", fresh)
        lines = [line.removeprefix("#~ ") for line in text.splitlines()]
        messages = [line[6:] for line in lines if line.startswith("msgid ") and line != 'msgid ""']
        found += [f"{language}: {kind}: {message}" for message in messages]
    if catalogue(compiled(po, folder / f"{language}.mo")) != catalogue(po.with_suffix(".mo")):
        found.append(f"{language}: the compiled file is stale: run make messages")
    return found


def main() -> int:
    """Bring every language up to the sources; with --check return 1 when one is not."""
    with tempfile.TemporaryDirectory(prefix="messages-") as name:
        folder = Path(name)
        template = extract(folder)
        if "--check" in sys.argv:
            found = [fault for po in languages() for fault in faults_of(po, template, folder)]
            sys.stderr.write("".join(f"{fault}\n" for fault in found))
            return int(bool(found))
        for wanted in [word for word in sys.argv[1:] if not word.startswith("-")]:
            new = LOCALE / wanted / "LC_MESSAGES" / "django.po"
            if not new.exists():
                new.parent.mkdir(parents=True)
                new.write_text(HEAD.format(language=wanted), "utf-8")
        for po in languages():
            fresh = merged(po, template, folder / "fresh.po")
            kept = run("msgattrib", "--no-obsolete", "--no-wrap", fresh)
            po.write_text(kept, "utf-8")
            compiled(po, po.with_suffix(".mo"))
            sys.stdout.write(f"{po.relative_to(ROOT)}: {len(catalogue(po.with_suffix('.mo')))} messages translated\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
