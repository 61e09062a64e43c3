"""The fonts of the PDF: ours and those an operator adds, where they lie and which characters they hold."""

from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings

FONT_DIRECTORY = Path(__file__).resolve().parents[2] / "static" / "fonts" / "pdf"
FAMILY = "Inter"
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")


def added_directory() -> Path:
    """Return the directory below the data directory where an operator may put further fonts."""
    return Path(settings.DATA_DIR) / "fonts"


def font_files() -> tuple[Path, ...]:
    """Return the TrueType files we ship, in the order of their names."""
    return tuple(sorted(FONT_DIRECTORY.glob("*.ttf")))


def added_files() -> tuple[Path, ...]:
    """Return the fonts an operator added, in the order of their names."""
    directory = added_directory()
    if not directory.is_dir():
        return ()
    return tuple(sorted(one for one in directory.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file()))


def folders() -> tuple[str, ...]:
    """Return the directories to set type from, ours first."""
    return (str(FONT_DIRECTORY), *([str(added_directory())] if added_files() else []))


def configuration(cache: Path, directories: tuple[str, ...]) -> str:
    """Return a fontconfig file that knows the fonts in `directories` only, with its cache below `cache`.

    Without one, the page would be set in whatever the machine has, and on a machine without fonts Pango ends in a
    segmentation fault.
    """
    lines = "".join(f"  <dir>{escape(one)}</dir>\n" for one in directories)
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"{lines}  <cachedir>{escape(str(cache))}</cachedir>\n</fontconfig>\n"
    )


def covered() -> frozenset[int]:
    """Return the code points that a font has a glyph for; of Inter, those that every weight has."""
    return _shipped(FONT_DIRECTORY) | _added(_marks())


def marks() -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of every font file: where these are the same, so is what is printed."""
    return tuple((one.name, one.stat().st_size, 0) for one in font_files()) + _marks()


def unreadable() -> tuple[str, ...]:
    """Return the names of added files that are no fonts."""
    return tuple(one.name for one in added_files() if _read(one) is None)


def _marks() -> tuple[tuple[str, int, int], ...]:
    return tuple((str(one), (facts := one.stat()).st_size, facts.st_mtime_ns) for one in added_files())


@lru_cache(maxsize=2)
def _shipped(directory: Path) -> frozenset[int]:
    maps = {one.stem: _read(one) or frozenset() for one in sorted(directory.glob("*.ttf"))}
    ours = [codes for name, codes in maps.items() if name.startswith(FAMILY)]
    text = frozenset.intersection(*ours) if ours else frozenset()
    return text.union(*(codes for name, codes in maps.items() if not name.startswith(FAMILY)))


@lru_cache(maxsize=2)
def _added(files: tuple[tuple[str, int, int], ...]) -> frozenset[int]:
    return frozenset[int]().union(*(_read(Path(name)) or frozenset() for name, _size, _time in files))


def _read(path: Path) -> frozenset[int] | None:
    """Return the code points of a font file or a collection, None where it is neither."""
    # Imported here: it costs a tenth of a second, and only the PDF needs it.
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]
    from fontTools.ttLib.ttCollection import TTCollection  # type: ignore[import-untyped]

    try:
        with path.open("rb") as stream:
            if path.suffix.lower() in (".ttc", ".otc"):
                fonts = TTCollection(stream, lazy=True).fonts
            else:
                fonts = [TTFont(stream, lazy=True)]
            return frozenset[int]().union(*(one.getBestCmap() or () for one in fonts))
    except (TTLibError, OSError, KeyError, ValueError, AssertionError, IndexError, OverflowError):
        return None
