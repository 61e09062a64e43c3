"""Rows as canonical JSON and back: every value by its column, every link by the id of what it names."""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from assessor.content import canonical_json
from assessor.errors import N_, AssessorError
from assessor.models import Endpoint, Job, JobStatus, Organisation, QuestionnaireVersion, User
from assessor.services.relocation.tables import fields_of, name_of

MAX_DEPTH = 60
OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class RowRefused(AssessorError):
    """A row of an archive is not one that this product wrote."""


def _refused(reason: str, **params: object) -> RowRefused:
    return RowRefused(
        reason, remedy=N_("Export the organisation again; do not change what is in the archive."), **params
    )


def pack(row: models.Model, person: Callable[[Any], str | None], carried: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return a row as it is carried; `person` gives the mark of a user's id, `carried` the ids of what goes along.

    A link to what does not go along is empty.
    """
    data: dict[str, Any] = {}
    for field in fields_of(type(row)):
        value = field.value_from_object(row)
        if field.related_model is User:
            value = person(value)
        elif field.is_relation and value is not None:
            value = str(value) if str(value) in carried.get(name_of(field.related_model), ()) else None
        elif isinstance(field, models.BinaryField):
            value = base64.b64encode(bytes(value)).decode("ascii")
        elif not isinstance(field, models.JSONField) and value is not None:
            value = value if isinstance(value, bool | int | float) else field.value_to_string(row)
        data[field.name] = value
    for field in type(row)._meta.many_to_many:
        data[field.name] = _links(row, field)
    if isinstance(row, Endpoint) and row.key_mode != Endpoint.KeyMode.NONE:
        # Wherever the key came from, it is not there where this arrives.
        data["key_mode"] = Endpoint.KeyMode.ONCE
    if isinstance(row, QuestionnaireVersion):
        data["own"] = row.organisation_id is not None
    return data


def _links(row: models.Model, field: "models.ManyToManyField[Any, Any]") -> list[str]:
    """Return the ids on the other side, in the order in which they were linked: it means something."""
    through = field.remote_field.through._base_manager.filter(**{field.m2m_field_name(): row})
    return [str(one) for one in through.order_by("pk").values_list(f"{field.m2m_reverse_field_name()}_id", flat=True)]


def read(line: bytes) -> dict[str, Any]:
    """Return what a line says; raises `RowRefused` unless it is an object in canonical JSON that a database keeps."""
    try:
        data = json.loads(line, parse_constant=_no_number)
        if not isinstance(data, dict) or canonical_json(data).encode() != line:
            raise ValueError("not canonical")
        _check_plain(data, 0)
    except (ValueError, RecursionError, UnicodeDecodeError, OverflowError) as error:
        raise _refused(N_("This is no row as it was written.")) from error
    return data


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _check_plain(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a zero byte")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_plain(key, depth + 1)
            _check_plain(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_plain(inner, depth + 1)


def check_names(model: type[models.Model], data: Mapping[str, Any]) -> None:
    """Raise `RowRefused` for a column that is not carried here; one that is missing takes its default."""
    known = {field.name for field in (*fields_of(model), *model._meta.many_to_many)}
    more = set(data) - known - ({"own"} if model is QuestionnaireVersion else set())
    if more:
        raise _refused(N_("The column “{name}” is not known."), name=sorted(more)[0][:60])
    if not isinstance(data.get(model._meta.pk.name), str):
        raise _refused(N_("A row has no id."))


def unpack(
    model: type[models.Model],
    data: Mapping[str, Any],
    organisation: Organisation | None,
    person: Callable[[Any], Any],
    links: Callable[[type[models.Model], str], str],
) -> tuple[models.Model, dict[str, list[str]]]:
    """Return an unsaved row, and what it is linked with by lists; raises `RowRefused`.

    `person` gives the id of a user for a mark, `links` the id here of what is named; both refuse what is not carried.
    """
    values: dict[str, Any] = {}
    for field in fields_of(model):
        if field.name not in data:
            continue
        value = data[field.name]
        if value is not None and field.related_model is User:
            value = person(value)
        elif value is not None and field.is_relation:
            value = links(field.related_model, value)
        else:
            value = _value(field, value)
        if value is None and not field.null:
            raise _refused(N_("“{name}” is empty and must not be."), name=field.name)
        values[field.attname] = value
    row = model(**values)
    if organisation is not None and model is not Organisation and model is not QuestionnaireVersion:
        row.organisation = organisation  # type: ignore[attr-defined]
    _check_safe(row)
    lists: dict[str, list[str]] = {}
    for field in model._meta.many_to_many:
        named = data.get(field.name, [])
        if not isinstance(named, list) or len(set(map(str, named))) != len(named):
            raise _refused(N_("“{name}” is no list of what it is linked with."), name=field.name)
        lists[field.name] = [links(field.related_model, one) for one in named]
    return row, lists


def _value(field: "models.Field[Any, Any]", value: Any) -> Any:
    """Return a value as its column keeps it; raises `RowRefused` for one that the column would not take."""
    if isinstance(field, models.JSONField):
        return value
    wrong = _refused(N_("“{name}” holds what does not belong there."), name=field.name)
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise wrong from error
    if isinstance(field, models.BooleanField) != isinstance(value, bool) or not isinstance(
        value, bool | int | float | str
    ):
        raise wrong
    if isinstance(field, models.CharField | models.TextField) and not isinstance(value, str):
        raise wrong
    try:
        found = field.to_python(value)
        field.run_validators(found)
    except (ValidationError, TypeError, ValueError, OverflowError) as error:
        raise wrong from error
    if field.choices and found not in ("", None) and found not in dict(field.flatchoices):
        raise wrong
    return found


def _check_safe(row: models.Model) -> None:
    """Refuse what would make this installation do something: work that is not over, keys of this computer."""
    if isinstance(row, Job) and row.status not in OVER:
        raise _refused(N_("Work that is not over is not carried."))
    if isinstance(row, Endpoint) and row.key_mode not in (Endpoint.KeyMode.NONE, Endpoint.KeyMode.ONCE):
        raise _refused(N_("An endpoint names a key of another installation."))
