"""Queries built once and run often: the same rows as the ORM gives, without building the same SQL for every page.

Building a query of two joins takes the ORM several times as long as running it. What a save writes, and what it and
every page read, is therefore compiled once for each database, with marks in place of the values, and run with the
values of the day.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model, QuerySet, UUIDField
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery
from django_scopes import get_scope, scope

from assessor.models import Organisation

_ID = UUIDField()
# The organisation in scope, among the names of the ids.
_SCOPE = "organisation in scope"
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value of the day goes, and the field that knows how the database takes it; None for a plain text."""

    name: str
    field: Any


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    # A place where a value of the day goes; everything else is a value that never changes.
    places: tuple[Any, ...]
    compiler: Any
    # By column: what turns its value into Python's, and what that has to know of it.
    converters: tuple[tuple[int, Callable[..., Any], Any], ...]

    def fetch(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows as the columns hold them, their values turned into Python's."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.given(values))
            rows: list[Any] = cursor.fetchall()
        if not self.converters or not rows:
            return rows
        # Threads share what is compiled, and each has a connection of its own.
        own, found = connections[DEFAULT_DB_ALIAS], [list(row) for row in rows]
        for place, convert, expression in self.converters:
            for row in found:
                # Nothing stays nothing.
                if (value := row[place]) is not None:
                    row[place] = convert(value, expression, own)
        return found

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """Return what goes to the database: the values of the day, each in its place, among those that never change."""
        own = connections[DEFAULT_DB_ALIAS]
        return [
            one
            if not isinstance(one, _Place)
            else values[one.name]
            if one.field is None
            else one.field.get_db_prep_save(values[one.name], own)
            for one in self.places
        ]


class _Query:
    """What all kinds below share.

    `build` gets a mark for each of `names`, which are ids, and for each of `texts`, and returns the query; `run` takes
    a value for each. The organisation in scope is filled in by itself, so a prepared query is bound to its scope as
    any other: outside one it cannot run. Models that know no scope (`scoped` false: who is a member of what) are bound
    by their ids alone.
    """

    def __init__(
        self, build: Callable[..., "QuerySet[Any, Any]"], *names: str, scoped: bool = True, texts: tuple[str, ...] = ()
    ) -> None:
        self._build = build
        self._scoped = scoped
        self._marks = {name: uuid.uuid4() for name in (*names, *((_SCOPE,) if scoped else ()))}
        self._texts = {name: uuid.uuid4().hex for name in texts}
        self._compiled: dict[str, _Compiled] = {}

    def _prepared(self, values: dict[str, Any]) -> _Compiled | None:
        """Return the compiled query and add the scope to `values`; None in a scope of several, or of none."""
        if self._scoped:
            within = get_scope().get("organisation")
            if not isinstance(within, Organisation):
                return None
            values[_SCOPE] = within.pk
        vendor = connection.vendor
        found = self._compiled.get(vendor)
        if found is None:
            found = self._compiled[vendor] = self._compile()
        return found

    def _compile(self) -> _Compiled:
        known: dict[Any, _Place] = {
            _ID.get_db_prep_value(mark, connection): _Place(name, _ID) for name, mark in self._marks.items()
        }
        known |= {mark: _Place(name, None) for name, mark in self._texts.items()}
        marks = {name: mark for name, mark in self._marks.items() if name != _SCOPE}
        if self._scoped:
            with scope(organisation=Organisation(pk=self._marks[_SCOPE])):
                query = self._as_run(self._build(**marks, **self._texts).query)
        else:
            query = self._as_run(self._build(**marks, **self._texts).query)
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = tuple(known.get(one, one) if isinstance(one, str | uuid.UUID | _Place) else one for one in params)
        return _Compiled(sql, places, compiler, _converters(compiler))

    def _as_run(self, query: Any) -> Any:
        return query


def _converters(compiler: Any) -> tuple[tuple[int, Callable[..., Any], Any], ...]:
    if not compiler.select:
        return ()
    found = compiler.get_converters([entry[0] for entry in compiler.select[: compiler.col_count]])
    return tuple(
        (place, convert, expression) for place, (converts, expression) in found.items() for convert in converts
    )


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
        compiler, found, rows = prepared.compiler, [], prepared.fetch(ids)
        if not rows:
            return []
        info = compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [entry[0].target.attname for entry in compiler.select[first:last]]
        joined = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)
        made = info["model"].from_db
        for values in rows:
            row = made(DEFAULT_DB_ALIAS, names, values[first:last])
            for one in joined:
                one.populate(values, row)
            for name, place in compiler.annotation_col_map.items():
                setattr(row, name, values[place])
            found.append(row)
        return found


class PreparedUpdate(_Query):
    """A change of `columns`, by the name of their fields, in the rows of a query. No signal is sent, as by `update`."""

    def __init__(
        self, build: Callable[..., "QuerySet[Any, Any]"], *names: str, columns: tuple[str, ...], scoped: bool = True
    ) -> None:
        super().__init__(build, *names, scoped=scoped)
        self._columns = columns

    def _as_run(self, query: Any) -> Any:
        update = query.chain(UpdateQuery)
        fields: list[Field[Any, Any]] = [update.get_meta().get_field(name) for name in self._columns]
        update.add_update_values({one.name: RawSQL("%s", [_Place(one.name, one)], output_field=one) for one in fields})
        return update

    def run(self, values: Mapping[str, Any], **ids: Any) -> int:
        """Set a value for each column, a row pointed at by its id, and return how many rows there were; one query."""
        given = {**ids, **values}
        prepared = self._prepared(given)
        if prepared is None:
            return self._build(**ids).update(**values)
        with connection.cursor() as cursor:
            cursor.execute(prepared.sql, prepared.given(given))
            return int(cursor.rowcount)
