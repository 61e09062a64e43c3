"""Many rows written at once, made ready before anything is locked: inside the transaction only the database works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


@dataclass(frozen=True)
class Batch:
    """One statement and the values of each row that it is run with."""

    sql: str = ""
    rows: Sequence[Sequence[Any]] = ()

    def write(self) -> None:
        """Run it for every row."""
        if self.rows:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.executemany(self.sql, self.rows)


def added(rows: Sequence[Model], *, but_once: bool = False) -> Batch:
    """Return what adds rows of one model; with `but_once` those that are there already stay as they are."""
    if not rows:
        return Batch()
    model = type(rows[0])
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, AutoField)]
    query = InsertQuery(model, on_conflict=OnConflict.IGNORE if but_once else None)
    query.insert_values(fields, rows[:1])
    compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
    ((sql, _first),) = compiler.as_sql()
    values = [[compiler.prepare_value(one, compiler.pre_save_val(one, row)) for one in fields] for row in rows]
    return Batch(sql, values)


def changed(rows: Sequence[Model], columns: Iterable[str]) -> Batch:
    """Return what changes columns, by the names of their fields, in rows of one model."""
    if not rows:
        return Batch()
    own, meta = connections[DEFAULT_DB_ALIAS], type(rows[0])._meta
    key: Any = meta.pk
    fields: list[Any] = [meta.get_field(name) for name in columns]
    quote = own.ops.quote_name
    sets = ", ".join(f"{quote(one.column)} = %s" for one in fields)
    sql = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {quote(key.column)} = %s"  # noqa: S608
    return Batch(
        sql, [[one.get_db_prep_save(getattr(row, one.attname), own) for one in (*fields, key)] for row in rows]
    )


def as_stored(rows: "QuerySet[Any, Any]") -> list[Any]:
    """Return rows as the database holds them, every column, in the order of their ids: to tell whether any changed."""
    query = rows.order_by("pk").values_list().query
    sql, params = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Any] = cursor.fetchall()
    return found
