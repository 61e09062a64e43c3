"""Queries built once and run often: the same rows as the ORM gives, without building the same SQL for every page.

Building a query of two joins takes the ORM several times as long as running it. What a save and every page read is
therefore compiled once for each database, with marks in place of the values, and run with the values of the day.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet, UUIDField
from django_scopes import get_scope, scope

from assessor.models import Organisation

_ID = UUIDField()


class Prepared:
    """A `values_list` query on rows of one organisation, by ids.

    `build` gets a mark for each of `names` and returns the query; `run` takes an id for each. The organisation in scope
    is filled in by itself, so a prepared query is bound to its scope as any other: outside one it cannot run.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], *names: str) -> None:
        self._build = build
        self._marks = {name: uuid.uuid4() for name in ("organisation", *names)}
        self._compiled: dict[str, tuple[str, tuple[Any, ...], Any, Any]] = {}

    def run(self, **ids: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows; one query. In a scope of several organisations, or none, the ORM builds it anew."""
        within = get_scope().get("organisation")
        if not isinstance(within, Organisation):
            return iter(self._build(**ids))
        ids["organisation"] = within.pk
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = self._compile()
        sql, places, compiler, converters = self._compiled[connection.vendor]
        adapted = {name: _ID.get_db_prep_value(value, connection) for name, value in ids.items()}
        with connection.cursor() as cursor:
            cursor.execute(sql, [adapted[place[0]] if isinstance(place, tuple) else place for place in places])
            rows = cursor.fetchall()
        compiler.connection = connection
        return (tuple(row) for row in (compiler.apply_converters(rows, converters) if converters else rows))

    def _compile(self) -> tuple[str, tuple[Any, ...], Any, Any]:
        known: Mapping[Any, str] = {_ID.get_db_prep_value(mark, connection): name for name, mark in self._marks.items()}
        marks = {name: mark for name, mark in self._marks.items() if name != "organisation"}
        with scope(organisation=Organisation(pk=self._marks["organisation"])):
            query = self._build(**marks).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([entry[0] for entry in compiler.select[: compiler.col_count]])
        # A tuple stands where an id goes; everything else is a value that never changes.
        places = tuple((known[one],) if _is_mark(one, known) else one for one in params)
        return sql, places, compiler, converters


def _is_mark(value: object, known: Mapping[Any, str]) -> bool:
    return isinstance(value, str | uuid.UUID) and value in known
