"""Which of the few accepted types a file is, by its content alone; nothing is decoded, unpacked or run."""

import re
import struct

PLAIN = "text/plain"
PDF, PNG, JPEG, WEBP = "application/pdf", "image/png", "image/jpeg", "image/webp"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV, YAML, JSON, EML = "text/csv", "application/yaml", "application/json", "message/rfc822"

# The ending a file is handed out with, whatever it was called when it came.
ENDINGS = {
    PDF: ".pdf",
    PNG: ".png",
    JPEG: ".jpg",
    WEBP: ".webp",
    XLSX: ".xlsx",
    DOCX: ".docx",
    CSV: ".csv",
    YAML: ".yaml",
    JSON: ".json",
    EML: ".eml",
    PLAIN: ".txt",
}
ACCEPTED = "PDF, PNG, JPEG, WEBP, TXT, CSV, YAML, JSON, XLSX, DOCX, EML"

_TRAILER = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_TRAILER_SIZE, _ENTRY_SIZE = 22, 46
_MOST_ENTRIES = 2000
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_MAIL_HEADER = re.compile(r"\A(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){3,}")


def recognise(content: bytes, name: str = "") -> str | None:
    """Return the media type of a file, or None for one that is not accepted.

    Among texts, which no mark tells apart, the ending of `name` decides, as far as the content does not speak against.
    """
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return _text(content, name)


def _office(content: bytes) -> str | None:
    """Tell a workbook and a document from other archives by the names in its directory; nothing is unpacked."""
    names = _archive_names(content)
    if names is None or b"[Content_Types].xml" not in names:
        return None
    if any(name.lower().endswith(b"vbaproject.bin") for name in names):
        return None
    if b"xl/workbook.xml" in names:
        return XLSX
    return DOCX if b"word/document.xml" in names else None


def _archive_names(content: bytes) -> set[bytes] | None:
    end = content.rfind(_TRAILER, max(0, len(content) - 65_535 - _TRAILER_SIZE))
    if end < 0 or len(content) < end + _TRAILER_SIZE:
        return None
    count, _size, place = struct.unpack_from("<HII", content, end + 10)
    if count > _MOST_ENTRIES:
        return None
    names = set()
    for _number in range(count):
        if content[place : place + 4] != _ENTRY or len(content) < place + _ENTRY_SIZE:
            return None
        name, extra, comment = struct.unpack_from("<HHH", content, place + 28)
        names.add(content[place + _ENTRY_SIZE : place + _ENTRY_SIZE + name])
        place += _ENTRY_SIZE + name + extra + comment
    return names


def _text(content: bytes, name: str) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Older systems write logs and tables in this code page; bytes it does not know are no text.
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            return None
    if not text.strip() or _CONTROLS.search(text):
        return None
    ending = name.rpartition(".")[2].lower()
    start = text.lstrip()[:1]
    if ending == "json" and start in "{[":
        return JSON
    if ending == "eml" and _MAIL_HEADER.match(text[:20_000].replace("\r\n", "\n")):
        return EML
    return {"csv": CSV, "yaml": YAML, "yml": YAML}.get(ending, PLAIN)
