"""Make the fonts we ship: TTF for the PDF, and from these the subset WOFF2 for the browser.

    python scripts/make_fonts.py            cut the web fonts anew from static/fonts/pdf
    python scripts/make_fonts.py FOLDER     make the PDF fonts first, from packages that lie in FOLDER

FOLDER takes the packages of `SOURCES` as `npm pack` leaves them; those that are missing are fetched with it. Each must
have the hash below. The same input gives the same bytes: no clock is written. `static/fonts/sources.json` keeps which
file came from which package. The tool needs `fonttools` and `brotli`, both in the locked development packages; the
fonts themselves are committed, so nobody needs it to run the product.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
VARIABLE_FONT = "variable/InterVariable.woff2"


@dataclass(frozen=True)
class Source:
    """A package with a typeface under the OFL: its sha256, its licence text, and how our copy of that is named."""

    package: str
    version: str
    sha256: str
    licence: str
    licence_here: str
    # What is taken as it is, without hints: the file in the package, and its name here.
    files: tuple[tuple[str, str], ...] = ()

    @property
    def archive(self) -> str:
        """The name that `npm pack` gives it."""
        return f"{self.package.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


INTER = Source(
    "inter-ui",
    "4.1.1",
    "e392e4d71f18a7c1f23dfecd833d68fa05eeab41862686584e80fd2b5d87e9c0",
    "LICENSE.txt",
    "OFL.txt",
)
OTHERS = (
    Source(
        "@expo-google-fonts/noto-sans-arabic",
        "0.4.3",
        "29e966f9d48a4ce7dd3c2c4c016f29cd888089538217303fb2c87de9e7f048ed",
        "LICENSE_FONT",
        "OFL-NotoSansArabic.txt",
        (
            ("400Regular/NotoSansArabic_400Regular.ttf", "NotoSansArabic-Regular.ttf"),
            ("600SemiBold/NotoSansArabic_600SemiBold.ttf", "NotoSansArabic-SemiBold.ttf"),
        ),
    ),
    Source(
        "@expo-google-fonts/noto-sans-hebrew",
        "0.4.1",
        "f82f8e852e3355521c511f2762a0130216d208d108bf4739aa977eb6a6d3012c",
        "LICENSE_FONT",
        "OFL-NotoSansHebrew.txt",
        (
            ("400Regular/NotoSansHebrew_400Regular.ttf", "NotoSansHebrew-Regular.ttf"),
            ("600SemiBold/NotoSansHebrew_600SemiBold.ttf", "NotoSansHebrew-SemiBold.ttf"),
        ),
    ),
    Source(
        "@expo-google-fonts/noto-emoji",
        "0.4.7",
        "6a25fd5a4da5bb34bbc2d300531bbf32de86afd866e119314d7e358f61a6104d",
        "LICENSE_FONT",
        "OFL-NotoEmoji.txt",
        (("400Regular/NotoEmoji_400Regular.ttf", "NotoEmoji-Regular.ttf"),),
    ),
)
SOURCES = (INTER, *OTHERS)
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


def write_other_font(source: Path, name: str) -> Path:
    """Write every character of a font, with what joins them, without its hints."""
    options = Options()
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.layout_features = ["*"]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    path = FONTS / "pdf" / name
    font.save(path)
    return path


def unpacked(source: Source, folder: Path) -> Path:
    """Return the unpacked package, fetched where it is not in `folder`; exits when its hash is another."""
    archive = folder / source.archive
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit(f"{archive} is not there, and npm to fetch it is not installed.")
        subprocess.run([npm, "pack", "--silent", f"{source.package}@{source.version}"], cwd=folder, check=True)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != source.sha256:
        sys.exit(f"{archive.name} has the sha256 {found}, expected {source.sha256}.")
    target = folder / archive.stem
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return target / "package"


def renew_pdf_fonts(folder: Path) -> list[Path]:
    """Write every PDF font, the licences, and where each came from."""
    (FONTS / "pdf").mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    written, rows = [], []
    for source in SOURCES:
        package = unpacked(source, folder)
        licence = (package / source.licence).read_text(encoding="utf-8")
        (FONTS / "pdf" / source.licence_here).write_text(licence, encoding="utf-8")
        if source is INTER:
            (FONTS / source.licence_here).write_text(licence, encoding="utf-8")
            made = [write_pdf_font(package / VARIABLE_FONT, style) for style in PDF_WEIGHTS]
        else:
            made = [write_other_font(package / file, name) for file, name in source.files]
        written += made
        rows.append(
            {
                "package": f"{source.package} {source.version}",
                "sha256": source.sha256,
                "licence": source.licence_here,
                "files": {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in made},
            }
        )
    (FONTS / "sources.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return written


def main() -> None:
    """Make the fonts and print what was written, with sizes in bytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="where the packages lie; without it only the web fonts are cut"
    )
    folder: Path | None = parser.parse_args().folder
    written = renew_pdf_fonts(folder) if folder else []
    written += [write_web_font(style) for style in WEB_WEIGHTS]
    for path in written:
        sys.stdout.write(f"{path.relative_to(FONTS)}\t{path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
