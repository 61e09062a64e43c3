"""Writes the list of public certificate authorities from a bundle of roots: `scripts/authorities.py cacert.pem`.

The bundle is the one that the package certifi carries; where it comes from and its date are kept in authorities.yaml.
"""

import hashlib
import re
import ssl
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.probes.collect.certificate import read

OUT = ROOT / "assessor" / "probes" / "catalogue" / "authorities.tsv"
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def main() -> int:
    """Write sha256, country and name of each root."""
    lines = []
    for pem in PEM.findall(Path(sys.argv[1]).read_text("utf-8")):
        der = ssl.PEM_cert_to_DER_cert(pem)
        root = read(der)
        lines.append(f"{hashlib.sha256(der).hexdigest()}\t{root.issuer_country}\t{root.subject}")
    OUT.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(lines)} authorities, {OUT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
