"""Address to network and country, from a table in a file: the shipped one, or a fuller one that an operator supplies.

The shape is that of the public ip2asn file, plain or packed with gzip: first and last address, AS number, country and
name, parted by tabs. Lines that begin with # are remarks; `# date:`, `# source:` and `# licence:` are kept.
"""

import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from assessor.errors import N_, ContentError
from assessor.probes.products import packaged
from assessor.probes.snapshot import Origin

SHIPPED = "networks.tsv.gz"
# The whole world's table is some 35 MB of text; more than this is no such table.
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Facts:
    """Where a table comes from and how old it is (ISO date, of the data and not of the file where the table says)."""

    date: str
    source: str
    licence: str = ""


@dataclass
class NetworkTable:
    """A read table; `find` answers in the logarithm of its size. Rows are kept as the bytes they were."""

    facts: Facts
    starts: dict[int, list[int]] = field(default_factory=lambda: {4: [], 6: []})
    rows: dict[int, list[bytes]] = field(default_factory=lambda: {4: [], 6: []})

    def find(self, address: str) -> Origin | None:
        """Return the network that an address lies in, or None when it is in no row (or is no address)."""
        try:
            wanted = ip_address(address)
        except ValueError:
            return None
        version, starts = wanted.version, self.starts[wanted.version]
        at = bisect_right(starts, int(wanted)) - 1
        if at < 0:
            return None
        _first, last, number, country, name = _fields(self.rows[version][at])
        if int(wanted) > int(ip_address(last)) or number in {"", "0"}:
            return None
        countries = tuple(part for part in country.split("/") if len(part) == 2 and part.isalpha())
        return Origin(address, int(number), name, countries, self.facts.date, self.facts.source)


def _fields(row: bytes) -> tuple[str, str, str, str, str]:
    first, last, number, country, name = row.decode("utf-8", "replace").split("\t", 4)
    return first, last, number, country, name.strip()


def read_table(path: Path) -> NetworkTable:
    """Read a table; raises `ContentError` naming file, line and remedy when it is not one."""
    try:
        raw = path.read_bytes()
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    return _table(raw, path, modified)


def _table(raw: bytes, path: Path, modified: str) -> NetworkTable:
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = _unpacked(raw)
        except zlib.error as error:
            raise _unreadable(path, str(error)) from error
    said: dict[str, str] = {}
    starts: dict[int, list[int]] = {4: [], 6: []}
    rows: dict[int, list[bytes]] = {4: [], 6: []}
    for number, row in enumerate(raw.splitlines(), 1):
        if row.startswith(b"#"):
            key, _, value = row[1:].decode("utf-8", "replace").partition(":")
            said.setdefault(key.strip(), value.strip())
            continue
        if not row.strip():
            continue
        try:
            version, start = _start(row)
        except (ValueError, IndexError) as error:
            raise _wrong(path, number) from error
        if starts[version] and start < starts[version][-1]:
            raise _wrong(path, number)
        starts[version].append(start)
        rows[version].append(row)
    if not starts[4] and not starts[6]:
        raise _wrong(path, 1)
    facts = Facts(said.get("date", modified), said.get("source", path.name), said.get("licence", ""))
    return NetworkTable(facts, starts, rows)


def _unreadable(path: Path, why: str) -> ContentError:
    return ContentError(
        N_("The table of networks cannot be read: {why}."),
        source=str(path),
        remedy=N_("Check the name, the permissions and that the file is whole."),
        why=why,
    )


def _unpacked(raw: bytes) -> bytes:
    """Return what was packed; raises `zlib.error` when it breaks off or is larger than any such table."""
    packed = zlib.decompressobj(31)
    plain = packed.decompress(raw, MAX_BYTES)
    if not packed.eof:
        raise zlib.error("it breaks off, or is too large")
    return plain


def _start(row: bytes) -> tuple[int, int]:
    """Return version and first address of a row; version 4 is read by hand, which is six times as fast."""
    parts = row.split(b"\t", 4)
    if len(parts) != 5 or not parts[2].isdigit():
        raise ValueError("not five fields")
    octets = parts[0].split(b".")
    if len(octets) == 4:
        a, b, c, d = (int(octet) for octet in octets)
        if max(a, b, c, d) > 255:
            raise ValueError("not an address")
        return 4, a << 24 | b << 16 | c << 8 | d
    address = ip_address(parts[0].decode("ascii", "replace"))
    return address.version, int(address)


def _wrong(path: Path, line: int) -> ContentError:
    return ContentError(
        N_("This is not a row of a table of networks."),
        source=str(path),
        line=line,
        remedy=N_(
            "Each line needs first address, last address, AS number, country and name, parted by tabs, in order."
        ),
    )


@lru_cache(maxsize=1)
def _shipped() -> NetworkTable:
    return _table(packaged(SHIPPED), Path(SHIPPED), "")


@lru_cache(maxsize=1)
def _kept(path: Path, _changed: float) -> NetworkTable:
    return read_table(path)


def network_table(path: Path | None = None) -> NetworkTable:
    """Return the table in a file, the shipped one without a path; read once, and anew when the file has changed."""
    if path is None:
        return _shipped()
    try:
        changed = path.stat().st_mtime
    except OSError:
        # Reading it says what is wrong, in a sentence.
        changed = 0.0
    return _kept(path, changed)
