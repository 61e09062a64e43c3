"""Whether something read from the database would be read the same again, without the work of reading it.

Of what a report takes from the database, the ORM spends nine parts in building statements and rows and one in running
them. So the statements are noted while it is read, with a hash of what each gave; run again, they tell whether the
database still says the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from django.db import connection


@dataclass
class Reading:
    """The statements that something was read with, in order, each with a hash of its rows.

    `repeatable` is False where something was written along the way.
    """

    statements: list[tuple[str, Any, bytes]] = field(default_factory=list)
    repeatable: bool = True

    def unchanged(self) -> bool:
        """Return whether every statement gives the rows it gave before; stops at the first that does not.

        What else the reading hung on, such as the day or the rows it was handed, is for the caller to compare.
        """
        return self.repeatable and all(_rows(sql, params) == before for sql, params, before in self.statements)


@contextmanager
def noted() -> Iterator[Reading]:
    """Note every statement that runs within the block.

    Each runs once more for its hash, and before it runs for its reader: were a row changed between the two, the
    reading would count as changed, never a changed one as the same.
    """
    reading = Reading()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if many or not sql.lstrip().upper().startswith("SELECT"):
            reading.repeatable = False
        elif not running:
            running.append(True)
            try:
                reading.statements.append((sql, params, _rows(sql, params)))
            finally:
                running.clear()
        return execute(sql, params, many, context)

    running: list[bool] = []
    with connection.execute_wrapper(note):
        yield reading


def _rows(sql: str, params: Any) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return blake2b(repr(cursor.fetchall()).encode(), digest_size=16).digest()
