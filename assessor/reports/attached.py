"""The report model inside a PDF of ours, read without a PDF library: one attached file, found by its dictionary."""

import json
import re
import zlib
from typing import Any

from assessor.errors import N_, AssessorError

LARGEST_FILE = 64 * 1024 * 1024
LARGEST_JSON = 64 * 1024 * 1024
ATTACHED = re.compile(rb"/Type\s*/EmbeddedFile\b(.{0,2000}?)stream\r?\n", re.DOTALL)
LENGTH = re.compile(rb"/Length\s+(\d+)(?!\s+\d+\s+R)")
MAKER = re.compile(rb"Sovereignty Assessor \(([0-9a-f]{16})\)")


class NoReport(AssessorError):
    """The file is no report of this product."""


def maker_of(pdf: bytes) -> str:
    """Return the key of release, engine, templates and fonts that the file names, "" where it names none."""
    found = MAKER.search(pdf)
    return found[1].decode() if found else ""


def model_data(pdf: bytes) -> dict[str, Any]:
    """Return the attached report model, unchecked; raises `NoReport`."""
    if len(pdf) > LARGEST_FILE or not pdf.startswith(b"%PDF-"):
        raise NoReport(
            N_("This is no PDF, or larger than any report."), remedy=N_("Name a report as it was handed out.")
        )
    found = list(ATTACHED.finditer(pdf))
    if len(found) != 1:
        raise NoReport(
            N_("The PDF carries {count} attached files; a report of this product carries one, its data."),
            remedy=N_("Name the file as it was handed out: saving it in another program can take the data out."),
            count=len(found),
        )
    return _read(pdf, found[0])


def _read(pdf: bytes, found: "re.Match[bytes]") -> dict[str, Any]:
    head = found[1]
    length = LENGTH.search(head)
    raw = pdf[found.end() : found.end() + int(length[1])] if length else b""
    try:
        if b"/FlateDecode" in head:
            unpacker = zlib.decompressobj()
            raw = unpacker.decompress(raw, LARGEST_JSON)
        data = json.loads(raw)
    except (zlib.error, ValueError, RecursionError) as error:
        raise NoReport(
            N_("The data attached to the PDF cannot be read: they were changed or cut off."),
            remedy=N_("Ask for the file again from who made it."),
        ) from error
    if not isinstance(data, dict) or "input_hash" not in data:
        raise NoReport(
            N_("The file attached to the PDF is no report model."), remedy=N_("Name a report, not another document.")
        )
    return data
