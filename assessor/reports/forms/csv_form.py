"""Tables as CSV: UTF-8 with its mark, quoted, nothing that a spreadsheet computes; all of them in one ZIP."""

import csv
import io
import zipfile
from collections.abc import Iterable

from assessor.reports.forms.tables import Table, harmless

BYTE_ORDER_MARK = "\ufeff"
# The earliest day a ZIP can name: the same tables give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def csv_bytes(table: Table) -> bytes:
    """Return one table; numbers as they are, text made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(column.head) for column in table.columns])
    for row in table.rows:
        writer.writerow(["" if cell is None else harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return (BYTE_ORDER_MARK + stream.getvalue()).encode()


def zip_bytes(tables: Iterable[Table]) -> bytes:
    """Return every table as a CSV file of its name, in one ZIP; the same bytes for the same tables."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            member = zipfile.ZipInfo(f"{table.name}.csv", EPOCH)
            member.external_attr = 0o600 << 16
            archive.writestr(member, csv_bytes(table), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
