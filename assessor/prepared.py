"""Queries built once and run often: the same rows as the ORM gives, without building the same SQL for every page.

Building a query of two joins takes the ORM several times as long as running it. What a save and every page read is
therefore compiled once for each database, with marks in place of the values, and run with the values of the day.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet, UUIDField
from django.db.models.query import get_related_populators
from django_scopes import get_scope, scope

from assessor.models import Organisation

_ID = UUIDField()
# The organisation in scope, among the names of the ids.
_SCOPE = "organisation in scope"
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    # The name of an id in a tuple where that id goes; everything else is a value that never changes.
    places: tuple[Any, ...]
    compiler: Any
    converters: Any

    def fetch(self, ids: Mapping[str, object]) -> list[Any]:
        """Return the rows as the columns hold them, their values turned into Python's."""
        adapted = {name: _ID.get_db_prep_value(value, connection) for name, value in ids.items()}
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [adapted[one[0]] if isinstance(one, tuple) else one for one in self.places])
            rows: list[Any] = cursor.fetchall()
        if not self.converters:
            return rows
        # Threads share what is compiled, and each has a connection of its own.
        compiler = copy(self.compiler)
        compiler.connection = connection
        return list(compiler.apply_converters(rows, self.converters))


class _Query:
    """What both kinds below share.

    `build` gets a mark for each of `names` and returns the query; `run` takes an id for each. The organisation in scope
    is filled in by itself, so a prepared query is bound to its scope as any other: outside one it cannot run. Models
    that know no scope (`scoped` false: who is a member of what) are bound by their ids alone.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], *names: str, scoped: bool = True) -> None:
        self._build = build
        self._scoped = scoped
        self._marks = {name: uuid.uuid4() for name in (*names, *((_SCOPE,) if scoped else ()))}
        self._compiled: dict[str, _Compiled] = {}

    def _prepared(self, ids: dict[str, object]) -> _Compiled | None:
        """Return the compiled query and add the scope to `ids`; None in a scope of several organisations, or none."""
        if self._scoped:
            within = get_scope().get("organisation")
            if not isinstance(within, Organisation):
                return None
            ids[_SCOPE] = within.pk
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = self._compile()
        return self._compiled[connection.vendor]

    def _compile(self) -> _Compiled:
        known: Mapping[Any, str] = {_ID.get_db_prep_value(mark, connection): name for name, mark in self._marks.items()}
        marks = {name: mark for name, mark in self._marks.items() if name != _SCOPE}
        if self._scoped:
            with scope(organisation=Organisation(pk=self._marks[_SCOPE])):
                query = self._build(**marks).query
        else:
            query = self._build(**marks).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([entry[0] for entry in compiler.select[: compiler.col_count]])
        places = tuple((known[one],) if _is_mark(one, known) else one for one in params)
        return _Compiled(sql, places, compiler, converters)


class Prepared(_Query):
    """A `values_list` query."""

    def run(self, **ids: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows; one query. In a scope of several organisations, or none, the ORM builds it anew."""
        prepared = self._prepared(ids)
        if prepared is None:
            return iter(self._build(**ids))
        return map(tuple, prepared.fetch(ids))


class PreparedRows(_Query, Generic[Row]):
    """A query for rows of a model, with what `select_related` joins to them and what is annotated; what it defers stays
    deferred.
    """

    def run(self, **ids: object) -> list[Row]:
        """Return the rows; one query. In a scope of several organisations, or none, the ORM builds it anew."""
        prepared = self._prepared(ids)
        if prepared is None:
            return list(self._build(**ids))
        compiler, found = prepared.compiler, []
        info = compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [entry[0].target.attname for entry in compiler.select[first:last]]
        joined = get_related_populators(info, compiler.select, connection.alias)
        for values in prepared.fetch(ids):
            row = info["model"].from_db(connection.alias, names, values[first:last])
            for one in joined:
                one.populate(values, row)
            for name, place in compiler.annotation_col_map.items():
                setattr(row, name, values[place])
            found.append(row)
        return found


def _is_mark(value: object, known: Mapping[Any, str]) -> bool:
    return isinstance(value, str | uuid.UUID) and value in known
