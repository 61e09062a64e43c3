"""Make the fonts we ship: whole TTF for the PDF, and from these the subset WOFF2 for the browser.

    python scripts/make_fonts.py            cut the web fonts anew from static/fonts/pdf
    python scripts/make_fonts.py FOLDER     make the PDF fonts first, from a new release of Inter

FOLDER is the unpacked `inter-ui` package (or any folder that holds `InterVariable.woff2` and its licence text). The
same input gives the same bytes: no clock is written. The tool needs `fonttools` and `brotli`, both in the locked
development packages; the fonts themselves are committed, so nobody needs it to run the product.
"""

import argparse
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
VARIABLE_FONT = "InterVariable.woff2"
# Inter draws a text and a display cut; 14 is the text cut, right for 9 pt print and 16 px screens alike.
TEXT_CUT = 14
PDF_WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
WEB_WEIGHTS = ("Regular", "Medium", "SemiBold")
WEB_BYTES_LIMIT = 30_000

WEB_CODE_POINTS = (
    *range(0x20, 0x7F),  # Basic Latin
    *range(0xA0, 0x180),  # Latin-1, Latin Extended-A
    *range(0x218, 0x21C),  # Romanian s and t with comma
    0x1E9E,  # capital sharp s
    *range(0x2010, 0x2016),  # hyphens and dashes
    *range(0x2018, 0x201F),  # quotation marks
    *(0x2009, 0x200A, 0x2011, 0x202F),  # narrow spaces, for figures with units
    *(0x2020, 0x2022, 0x2026, 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2116, 0x2122),
    *range(0x2190, 0x2194),  # arrows left, up, right, down
    *(0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x2713, 0x2717),  # minus, comparison, check, cross
)
WEB_FEATURES = ("kern", "ccmp", "locl", "mark", "mkmk", "tnum", "case", "calt")


def cut_weight(source: Path, style: str) -> TTFont:
    """Return the static text cut of one weight, named Inter with its style."""
    font = TTFont(source, recalcTimestamp=False)
    weight = PDF_WEIGHTS[style]
    instance = instantiateVariableFont(font, {"opsz": TEXT_CUT, "wght": weight})
    rename(instance, style)
    instance["OS/2"].usWeightClass = weight
    # A viewer that trusts the style bits must find Bold bold and the rest regular.
    bold = style == "Bold"
    instance["head"].macStyle = int(bold)
    instance["OS/2"].fsSelection = (instance["OS/2"].fsSelection & ~0x61) | (0x20 if bold else 0x40)
    instance.flavor = None
    return instance


def rename(font: TTFont, style: str) -> None:
    """Write family and style where old (1, 2) and new (16, 17) readers look, and drop the variable font's names."""
    names = font["name"]
    plain = style in ("Regular", "Bold")
    for name_id in (16, 17, 21, 22, 25):
        names.removeNames(nameID=name_id)
    values = {
        1: "Inter" if plain else f"Inter {style}",
        2: style if plain else "Regular",
        3: f"Inter {style} text",
        4: f"Inter {style}",
        6: f"Inter-{style}",
    }
    if not plain:
        values |= {16: "Inter", 17: style}
    for name_id, value in values.items():
        names.removeNames(nameID=name_id)
        names.setName(value, name_id, 3, 1, 0x409)


def write_pdf_font(source: Path, style: str) -> Path:
    """Write the whole glyph set as TTF: the PDF engine subsets it itself, and reads TTF faster than WOFF2."""
    path = FONTS / "pdf" / f"Inter-{style}.ttf"
    cut_weight(source, style).save(path)
    return path


def write_web_font(style: str) -> Path:
    """Write the subset of a PDF font that pages need; exits when it outgrows the page budget."""
    options = Options()
    options.layout_features = list(WEB_FEATURES)
    options.hinting = False
    options.desubroutinize = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.notdef_outline = True
    font = TTFont(FONTS / "pdf" / f"Inter-{style}.ttf", recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=WEB_CODE_POINTS)
    subsetter.subset(font)
    font.flavor = "woff2"
    path = FONTS / f"inter-{style.lower()}.woff2"
    font.save(path)
    if path.stat().st_size > WEB_BYTES_LIMIT:
        sys.exit(f"{path.name} has {path.stat().st_size} bytes, over {WEB_BYTES_LIMIT}: ship fewer code points.")
    return path


def renew_pdf_fonts(folder: Path) -> list[Path]:
    """Write every PDF font and the licence from a release of Inter; exits when the folder holds none."""
    sources = sorted(folder.rglob(VARIABLE_FONT))
    licences = sorted(folder.rglob("LICENSE*"))
    if not sources or not licences:
        sys.exit(f"{folder} holds no {VARIABLE_FONT} with a licence text. Unpack the inter-ui package there.")
    (FONTS / "pdf").mkdir(parents=True, exist_ok=True)
    licence = licences[0].read_text(encoding="utf-8")
    for target in (FONTS / "OFL.txt", FONTS / "pdf" / "OFL.txt"):
        target.write_text(licence, encoding="utf-8")
    return [write_pdf_font(sources[0], style) for style in PDF_WEIGHTS]


def main() -> None:
    """Make the fonts and print what was written, with sizes in bytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="a release of Inter; without it only the web fonts are cut"
    )
    folder: Path | None = parser.parse_args().folder
    written = renew_pdf_fonts(folder) if folder else []
    written += [write_web_font(style) for style in WEB_WEIGHTS]
    for path in written:
        sys.stdout.write(f"{path.relative_to(FONTS)}\t{path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
